//! The packets of stored captures, dealt out to several captures in one reading.

use super::copying::{CopiedInterface, InterfaceKey, place};
use super::error::CaptureError;
use super::files::Files;
use super::reader::PendingRecord;
use super::source::{Progress, Source as _};
use super::writer::{Described, SavedSecrets, Statistics, Writer};
use crate::model::{Drops, LinkType, Packet, Stamp, Timestamp};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// How far behind its last packet a part may say that it ends: readers believe no more than a day.
const LATEST_END: Duration = Duration::from_secs(24 * 60 * 60 - 1);

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deal {
    /// It is written to this part, from 0, behind the packets that wait under these numbers.
    To {
        /// The part.
        part: usize,
        /// What waits for the same.
        after: Vec<u64>,
    },
    /// It waits under this number for the packet that tells its part, and so do those that wait under the others.
    Waits {
        /// The number.
        under: u64,
        /// What waits with it from now on.
        with: Vec<u64>,
    },
    /// Nobody wants it.
    LeaveOut,
}

/// What was read.
#[derive(Debug)]
pub enum DealtRecord {
    /// A packet, or what concerns every part.
    Dealt,
    /// An input could not be read, or not to its end. There may be more inputs.
    Failed(CaptureError),
    /// All is read.
    End,
}

/// Deals packets out to captures, which are pcapng. Each part describes the interfaces of its packets as the input does; what
/// concerns all packets of an input (TLS secrets, dropped packets, how long it went on) stands in each part.
pub struct Dealing<W: Write> {
    files: Files,
    parts: Vec<Part<W>>,
    secrets: SavedSecrets,
    waiting: BTreeMap<u64, Vec<WaitingPacket>>,
    /// The time of the last packet of all.
    last: Timestamp,
}

/// A capture that is written.
struct Part<W: Write> {
    writer: Writer<W>,
    known: Vec<CopiedInterface>,
    /// Reports of dropped packets of inputs of which there is no packet yet.
    untold: Vec<Drops>,
    packets: u64,
    last: Timestamp,
}

/// A packet that waits, and its interface.
struct WaitingPacket {
    origin: InterfaceKey,
    name: Option<String>,
    snaplen: u32,
    stamp: Stamp,
    link: LinkType,
    wire_length: u32,
    bytes: Vec<u8>,
}

impl<W: Write> Dealing<W> {
    /// Deals the packets of `files` out to `parts`, with the TLS secrets that the inputs hold or without.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn new(files: Files, parts: impl IntoIterator<Item = W>, secrets: SavedSecrets) -> io::Result<Self> {
        let part = |out| {
            let writer = Writer::new(out)?;
            let (known, untold) = (Vec::new(), Vec::new());
            Ok(Part { writer, known, untold, packets: 0, last: Timestamp::default() })
        };
        let parts = parts.into_iter().map(part).collect::<io::Result<_>>()?;
        Ok(Self { files, parts, secrets, waiting: BTreeMap::new(), last: Timestamp::default() })
    }

    /// Takes the next record; `deal` says what becomes of a packet.
    ///
    /// # Errors
    /// A part cannot be written.
    pub fn step(&mut self, deal: &mut dyn FnMut(&Packet<'_>) -> Deal) -> io::Result<DealtRecord> {
        let waiting = match self.files.find() {
            Ok(Some(waiting)) => waiting,
            Ok(None) => return Ok(DealtRecord::End),
            Err(error) => return Ok(DealtRecord::Failed(error)),
        };
        match waiting {
            PendingRecord::Packet(found) => {
                let Some(reader) = self.files.current() else { return Ok(DealtRecord::Dealt) };
                let packet = reader.packet(found);
                let origin = (packet.stamp.file, reader.section(), found.interface);
                let described = reader.described(&found);
                let Self { parts, waiting, last, .. } = self;
                match deal(&packet) {
                    Deal::To { part, after } => {
                        for waiting in after.iter().filter_map(|number| waiting.remove(number)).flatten() {
                            waiting.write(parts, part)?;
                        }
                        if let Some(part) = parts.get_mut(part) {
                            part.packet(origin, &described, &packet)?;
                        }
                    }
                    Deal::Waits { under, with } => {
                        let mut all: Vec<WaitingPacket> =
                            with.iter().filter_map(|number| waiting.remove(number)).flatten().collect();
                        all.push(WaitingPacket::new(origin, &described, &packet));
                        waiting.entry(under).or_default().extend(all);
                    }
                    Deal::LeaveOut => {}
                }
                *last = packet.stamp.time.max(*last);
            }
            PendingRecord::Drops(drops) => {
                self.parts.iter_mut().try_for_each(|part| part.drops((*drops).clone()))?;
            }
            PendingRecord::Secrets(block) => {
                if self.secrets == SavedSecrets::Kept {
                    self.parts.iter_mut().try_for_each(|part| part.writer.secrets(&block.log))?;
                }
            }
            PendingRecord::Clock(now) => self.last = now.max(self.last),
            PendingRecord::Pause => {}
        }
        Ok(DealtRecord::Dealt)
    }

    /// How much of the inputs was read.
    pub fn progress(&self) -> Progress {
        self.files.progress()
    }

    /// Writes what waits under `number` to a part: nothing will tell another one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn give_up(&mut self, number: u64, part: usize) -> io::Result<()> {
        let waiting = self.waiting.remove(&number).unwrap_or_default();
        waiting.into_iter().try_for_each(|waiting| waiting.write(&mut self.parts, part))
    }

    /// Nothing follows. Returns how many packets each part has.
    ///
    /// # Errors
    /// A part cannot be written.
    pub fn finish(mut self) -> io::Result<Vec<u64>> {
        self.parts.iter_mut().try_for_each(|part| part.end(self.last))?;
        Ok(self.parts.iter().map(|part| part.packets).collect())
    }
}

impl<W: Write> Part<W> {
    fn packet(
        &mut self,
        origin: InterfaceKey,
        described: &Described<'_>,
        packet: &Packet<'_>,
    ) -> io::Result<()> {
        let at = place(&mut self.known, &mut self.writer, origin, described)?;
        self.writer.packet(at, packet)?;
        self.packets += 1;
        self.last = packet.stamp.time.max(self.last);
        std::mem::take(&mut self.untold).into_iter().try_for_each(|drops| self.drops(drops))
    }

    /// Packets were dropped: another interface of the same input reports them if none of their own has a packet here.
    fn drops(&mut self, drops: Drops) -> io::Result<()> {
        let of_input = (0..).zip(&mut self.known).filter(|(_, known)| known.origin.0 == drops.stamp.file);
        let Some((at, known)) = of_input.min_by_key(|(_, known)| known.name != drops.interface) else {
            self.untold.push(drops);
            return Ok(());
        };
        known.dropped += drops.dropped;
        let statistics = Statistics { dropped_by_system: known.dropped, ..Statistics::default() };
        self.writer.statistics(at, self.last, statistics)
    }

    /// Says how long the captures went on: whoever waits for an answer has to know that none came.
    fn end(&mut self, last: Timestamp) -> io::Result<()> {
        let end = last.min(self.last.plus(LATEST_END));
        if let Some(first) = self.known.first().filter(|_| end > self.last) {
            let statistics = Statistics { dropped_by_system: first.dropped, ..Statistics::default() };
            self.writer.statistics(0, end, statistics)?;
        }
        self.writer.flush()
    }
}

impl WaitingPacket {
    fn new(origin: InterfaceKey, described: &Described<'_>, packet: &Packet<'_>) -> Self {
        Self {
            origin,
            name: described.name.map(str::to_owned),
            snaplen: described.snaplen,
            stamp: packet.stamp,
            link: packet.link,
            wire_length: packet.wire_length,
            bytes: packet.bytes.to_vec(),
        }
    }

    fn write<W: Write>(&self, parts: &mut [Part<W>], part: usize) -> io::Result<()> {
        let Self { origin, name, snaplen, stamp, link, wire_length, bytes } = self;
        let described = Described { name: name.as_deref(), link: *link, snaplen: *snaplen, filter: None };
        let packet = Packet { stamp: *stamp, link: *link, wire_length: *wire_length, bytes };
        parts.get_mut(part).map_or(Ok(()), |part| part.packet(*origin, &described, &packet))
    }
}
