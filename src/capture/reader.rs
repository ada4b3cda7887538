//! One capture, from its bytes to packets with their stamps.

use super::appearance::{Appearance, HEAD};
use super::compression::Foreign;
use super::error::{CaptureError, CutIn, FileOffset};
use super::kept::Copier;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::record::{CaptureRecord, Fault, FilePart, PacketSpan, ReadFault};
use super::source::{Progress, Source};
use super::window::ReadWindow;
use super::writer::Described;
use crate::model::{Captured, Drops, FileId, Packet, PacketNumber, SecretsBlock, Stamp, Timestamp};
use std::io::{self, Read};
use std::time::Duration;

/// How many of the first bytes of something that is not a capture are shown.
const SHOWN: usize = 8;

/// How long after the last packet a capture may say that it ended: writers that mix up their clock's units are off by
/// thousands of years.
const BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads one capture of either format, compressed or not, from anything that can be read.
///
/// Packets borrow from its buffer. It reads no further than the packet it hands out needs, so that a capture that
/// comes through a pipe is reported as it comes.
pub struct Reader<R: Read> {
    name: String,
    window: ReadWindow<R>,
    format: CaptureFormat,
    /// Of the last packet.
    stamp: Stamp,
    /// The number last given, to packets and to the few blocks that Wireshark numbers like packets.
    numbered: PacketNumber,
    /// Packets handed out.
    packets: u64,
}

enum CaptureFormat {
    Unknown,
    Pcap(Pcap),
    Pcapng(Pcapng),
    Done,
}

/// A record that waits to be looked at: packets borrow from the reader only then.
pub(super) enum PendingRecord {
    Packet(PacketSpan),
    Drops(Box<Drops>),
    Clock(Timestamp),
    Secrets(Box<SecretsBlock>),
    Pause,
}

impl<R: Read> Reader<R> {
    /// Reads the capture that `read` gives; messages call it `capture`.
    pub fn new(read: R, file: FileId) -> Self {
        Self::named(read, file, "capture".to_owned())
    }

    /// Reads the capture that `read` gives; messages call it `name`, which is fit for a terminal.
    pub(super) fn named(read: R, file: FileId, name: String) -> Self {
        Self::over(ReadWindow::new(read), file, name)
    }

    fn over(window: ReadWindow<R>, file: FileId, name: String) -> Self {
        Self {
            name,
            window,
            format: CaptureFormat::Unknown,
            stamp: Stamp { file, ..Stamp::default() },
            numbered: PacketNumber::default(),
            packets: 0,
        }
    }

    /// Says so when nothing has come for this long.
    pub(super) const fn pause_after(&mut self, silence: Duration) {
        self.window.pause_after(silence);
    }

    /// Shows `copier` everything that is read, decompressed.
    pub(super) fn copy_to(&mut self, copier: Copier) {
        self.window.copy_to(copier);
    }

    /// The next packet, if all of it is in memory and nothing has to be reported before it; [`Reader::packet`] gives it
    /// to the caller. This is the fast path that nearly every packet takes.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is read of a packet then stays in registers")]
    pub(super) fn at_hand(&mut self) -> Option<PacketSpan> {
        let found = match &self.format {
            CaptureFormat::Pcap(pcap) => pcap.at_hand(&mut self.window),
            CaptureFormat::Pcapng(pcapng) => pcapng.at_hand(&mut self.window),
            CaptureFormat::Unknown | CaptureFormat::Done => None,
        }?;
        self.count(&found);
        Some(found)
    }

    /// Finds the next record; [`Reader::show`] gives it to the caller.
    pub(super) fn find(&mut self) -> Result<Option<PendingRecord>, CaptureError> {
        let found = match self.find_record() {
            // Nothing was consumed: the next attempt begins with the same record.
            Err(Fault::Read(ReadFault::Pause)) => return Ok(Some(PendingRecord::Pause)),
            found => found.map_err(|fault| self.explain(fault)),
        };
        if !matches!(found, Ok(Some(_))) {
            self.format = CaptureFormat::Done;
        }
        found
    }

    /// The packet that was found, borrowed from the buffer.
    #[inline]
    pub(super) fn packet(&self, found: PacketSpan) -> Packet<'_> {
        Packet {
            stamp: self.stamp,
            link: found.link,
            // Some writers leave the field empty; a packet was never shorter than what was captured of it.
            wire_length: found.wire_length.max(u32::try_from(found.length).unwrap_or(u32::MAX)),
            bytes: self.window.slice(found.start, found.length),
        }
    }

    /// Which section of the file is being read.
    pub(super) const fn section(&self) -> u32 {
        match &self.format {
            CaptureFormat::Pcapng(pcapng) => pcapng.section(),
            CaptureFormat::Unknown | CaptureFormat::Pcap(_) | CaptureFormat::Done => 0,
        }
    }

    /// What is known about the interface of a packet.
    pub(super) fn described(&self, found: &PacketSpan) -> Described<'_> {
        let plain = Described { name: None, link: found.link, snaplen: 0, filter: None };
        match &self.format {
            CaptureFormat::Pcapng(pcapng) => match pcapng.interface(found.interface) {
                Some(known) => Described { name: known.name.as_deref(), snaplen: known.snaplen, ..plain },
                None => plain,
            },
            CaptureFormat::Unknown | CaptureFormat::Pcap(_) | CaptureFormat::Done => plain,
        }
    }

    /// What was found, borrowed from the buffer.
    pub(super) fn show(&self, waiting: PendingRecord) -> Captured<'_> {
        match waiting {
            PendingRecord::Drops(drops) => Captured::Drops(drops),
            PendingRecord::Clock(now) => Captured::Clock(now),
            PendingRecord::Secrets(secrets) => Captured::Secrets(secrets),
            PendingRecord::Pause => Captured::Pause,
            PendingRecord::Packet(found) => Captured::Packet(self.packet(found)),
        }
    }

    /// Bytes read so far.
    pub(super) fn read_so_far(&self) -> u64 {
        self.window.read_so_far()
    }

    /// A packet filter cannot say whether it wants the packets of this input.
    pub(super) fn unsifted(&self, reason: String) -> CaptureError {
        CaptureError::Unsifted { input: self.name.clone(), reason, packets: self.packets }
    }

    fn find_record(&mut self) -> Result<Option<PendingRecord>, Fault> {
        loop {
            let number = PacketNumber(self.numbered.0 + 1);
            let record = match &mut self.format {
                CaptureFormat::Done => return Ok(None),
                CaptureFormat::Unknown => {
                    self.open()?;
                    continue;
                }
                CaptureFormat::Pcap(pcap) => {
                    pcap.next(&mut self.window, number).map(|found| found.map(CaptureRecord::Packet))
                }
                CaptureFormat::Pcapng(pcapng) => pcapng.next(&mut self.window, number),
            };
            match record? {
                None => return Ok(self.without_packet()),
                Some(CaptureRecord::Numbered) => self.numbered = number,
                Some(CaptureRecord::Clock(now)) => {
                    if now > self.stamp.time && now < self.stamp.time.plus(BELIEVED) {
                        return Ok(Some(PendingRecord::Clock(now)));
                    }
                }
                Some(CaptureRecord::Drops { interface, dropped }) => {
                    if self.packets == 0
                        && let CaptureFormat::Pcapng(pcapng) = &mut self.format
                    {
                        pcapng.keep_for_first(interface, dropped);
                        continue;
                    }
                    return Ok(Some(self.drops(interface, dropped)));
                }
                Some(CaptureRecord::Secrets(log)) => {
                    return Ok(Some(PendingRecord::Secrets(Box::new(SecretsBlock {
                        log,
                        stamp: self.stamp,
                    }))));
                }
                Some(CaptureRecord::Packet(found)) => {
                    self.count(&found);
                    return Ok(Some(PendingRecord::Packet(found)));
                }
            }
        }
    }

    fn drops(&self, interface: Option<String>, dropped: u64) -> PendingRecord {
        PendingRecord::Drops(Box::new(Drops { interface, dropped, stamp: self.stamp }))
    }

    /// What was dropped, in a capture that has no packet.
    fn without_packet(&mut self) -> Option<PendingRecord> {
        let CaptureFormat::Pcapng(pcapng) = &mut self.format else { return None };
        let (interface, dropped) = pcapng.early()?;
        Some(self.drops(interface, dropped))
    }

    /// A packet was found.
    #[inline]
    fn count(&mut self, found: &PacketSpan) {
        self.numbered = PacketNumber(self.numbered.0 + 1);
        self.packets += 1;
        self.stamp.packet = self.numbered;
        // One without a time came after the packet before it, and that is all that is known.
        self.stamp.time = found.time.filter(|time| !time.is_unknown()).unwrap_or(self.stamp.time);
        self.stamp.offset = found.offset;
    }

    /// Finds out what the input is.
    fn open(&mut self) -> Result<(), Fault> {
        let head = self.window.ahead(4)?;
        if head.is_empty() {
            return Err(Fault::Empty);
        }
        self.format = if Pcap::detect(head) {
            CaptureFormat::Pcap(Pcap::open(&mut self.window)?)
        } else if Pcapng::detect(head) {
            CaptureFormat::Pcapng(Pcapng::default())
        } else {
            return Err(self.refuse()?);
        };
        Ok(())
    }

    /// Says what the input is if it is not a capture.
    fn refuse(&mut self) -> Result<Fault, ReadFault> {
        let inside = self.window.compression();
        let head = self.window.ahead(HEAD)?;
        // No more than that: what is said does not depend on how many more there are by now.
        let head = head.get(..HEAD).unwrap_or(head);
        if let (Some(compression), None) = (Foreign::detect(head), inside) {
            return Ok(Fault::Read(ReadFault::Foreign(compression)));
        }
        let first_bytes = head.iter().copied().take(SHOWN).collect();
        Ok(Fault::NotACapture { appearance: Appearance::of(head), first_bytes })
    }

    /// Adds the input and the place to a fault.
    fn explain(&self, fault: Fault) -> CaptureError {
        let input = self.name.clone();
        let packets = self.packets;
        let inside = self.window.compression();
        let at = FileOffset { offset: self.window.end_offset(), inside };
        match fault {
            Fault::Empty => CaptureError::Empty { input, inside },
            Fault::NotACapture { appearance, first_bytes } => {
                CaptureError::NotACapture { input, appearance, inside, first_bytes }
            }
            Fault::Ends(part) => {
                let cut = match part {
                    FilePart::Header => CutIn::Header,
                    FilePart::Packet => CutIn::Packet(PacketNumber(self.numbered.0 + 1)),
                    FilePart::Block => CutIn::Block,
                };
                CaptureError::Truncated { input, cut, at, packets }
            }
            Fault::Damaged { offset, damage } => {
                CaptureError::Damaged { input, damage, at: FileOffset { offset, inside }, packets }
            }
            Fault::Read(ReadFault::Os(error)) => CaptureError::Read { input, error, at, packets },
            // To whoever cannot wait, which nobody asks for.
            Fault::Read(ReadFault::Pause) => {
                CaptureError::Read { input, error: io::ErrorKind::TimedOut.into(), at, packets }
            }
            Fault::Read(ReadFault::Foreign(compression)) => {
                CaptureError::UnsupportedCompression { input, compression }
            }
            Fault::Read(ReadFault::CutOff(compression)) => {
                CaptureError::CompressedTruncated { input, compression, at, packets }
            }
            Fault::Read(ReadFault::Corrupt(compression, reason)) => {
                CaptureError::Corrupt { input, compression, reason, at, packets }
            }
        }
    }
}

impl<R: Read + Send + 'static> Reader<R> {
    /// Reads on a thread of its own, as far ahead as a few buffers allow.
    pub(super) fn ahead(read: R, file: FileId, name: String) -> io::Result<Self> {
        Ok(Self::over(ReadWindow::read_ahead(read)?, file, name))
    }
}

impl<R: Read> Source for Reader<R> {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        if let Some(found) = self.at_hand() {
            return Ok(Some(Captured::Packet(self.packet(found))));
        }
        let waiting = self.find()?;
        Ok(waiting.map(|waiting| self.show(waiting)))
    }

    fn progress(&self) -> Progress {
        Progress { read: self.read_so_far(), ..Progress::default() }
    }
}
