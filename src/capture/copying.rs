//! Some packets of stored captures, copied into a capture of their own.

use super::files::Files;
use super::reader::PendingRecord;
use super::source::{Progress, Source as _};
use super::writer::{Described, Statistics, Writer};
use crate::model::{Drops, FileId, LinkType, Packet, PacketNumber, Timestamp};
use std::io::{self, Write};

/// What tells interfaces apart: the input, the section in it, and the number there.
pub(super) type InterfaceKey = (FileId, u32, u32);

/// A packet as it is written instead of the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// What its bytes begin with.
    pub link: LinkType,
    /// How many bytes it had on the wire.
    pub wire_length: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What people read beside it.
    pub comments: Vec<String>,
    /// The text of a TLS key log that goes before it, if there is any.
    pub key_lines: String,
}

/// Changes packets on their way.
type PacketChange = Box<dyn FnMut(&Packet<'_>) -> io::Result<Changed>>;

/// Copies packets in their order. Each is on an interface that is described as the one it was captured on, and says how
/// many packets that one dropped.
pub struct Copying<W: Write> {
    files: Files,
    writer: Writer<W>,
    known: Vec<CopiedInterface>,
    /// Packets copied.
    copied: u64,
    last: Timestamp,
    change: Option<PacketChange>,
    /// The latest packet that was read, where what has a number stays.
    numbered: Option<(FileId, PacketNumber)>,
}

/// An interface in the copy.
pub(super) struct CopiedInterface {
    pub(super) origin: InterfaceKey,
    pub(super) name: Option<String>,
    link: LinkType,
    pub(super) dropped: u64,
}

impl<W: Write> Copying<W> {
    /// Copies from `files` to `out`, which should be buffered.
    ///
    /// # Errors
    /// `out` does not take it.
    pub fn new(files: Files, out: W) -> io::Result<Self> {
        Self::remarking(files, out, None)
    }

    /// The same, with a comment on the copy.
    ///
    /// # Errors
    /// `out` does not take it.
    pub fn remarking(files: Files, out: W, remark: Option<&str>) -> io::Result<Self> {
        let writer = Writer::remarking(out, remark)?;
        let last = Timestamp::default();
        Ok(Self { files, writer, known: Vec::new(), copied: 0, last, change: None, numbered: None })
    }

    /// Has packets keep their numbers where all of them are copied: what is counted as one and is none, such as a custom
    /// block, becomes an empty custom block.
    #[must_use]
    pub fn with_all_numbers(self) -> Self {
        Self { numbered: Some((FileId(0), PacketNumber(0))), ..self }
    }

    /// How far the inputs were read.
    pub fn progress(&self) -> Progress {
        self.files.progress()
    }

    /// Has `change` make another packet of each one, on an interface without a name.
    #[must_use]
    pub fn changing(self, change: impl FnMut(&Packet<'_>) -> io::Result<Changed> + 'static) -> Self {
        Self { change: Some(Box::new(change)), ..self }
    }

    /// Writes the text of a TLS key log, which goes before the packets that it opens.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn secrets(&mut self, log: &[u8]) -> io::Result<()> {
        self.writer.secrets(log)
    }

    /// Copies the next packet if it is wanted. Returns whether there may be more. Inputs are read as far as they can be.
    ///
    /// # Errors
    /// The copy cannot be written.
    pub fn step(&mut self, wants: &mut dyn FnMut(&Packet<'_>) -> bool) -> io::Result<bool> {
        let waiting = match self.files.find() {
            Ok(Some(waiting)) => waiting,
            Ok(None) => return Ok(false),
            Err(_) => return Ok(true),
        };
        match waiting {
            PendingRecord::Packet(found) => {
                let Some(reader) = self.files.current() else { return Ok(true) };
                let packet = reader.packet(found);
                if let Some((file, number)) = &mut self.numbered {
                    let before = if *file == packet.stamp.file { number.0 } else { 0 };
                    for _ in before + 1..packet.stamp.packet.0 {
                        self.writer.placeholder()?;
                    }
                    (*file, *number) = (packet.stamp.file, packet.stamp.packet);
                }
                if wants(&packet) {
                    let origin = (packet.stamp.file, reader.section(), found.interface);
                    let described = reader.described(&found);
                    let Self { known, writer, change, .. } = self;
                    if let Some(change) = change {
                        let Changed { link, wire_length, bytes, comments, key_lines } = change(&packet)?;
                        if !key_lines.is_empty() {
                            writer.secrets(key_lines.as_bytes())?;
                        }
                        let described = Described { name: None, link, filter: None, ..described };
                        let changed = Packet { link, wire_length, bytes: &bytes, ..packet };
                        let at = place(known, writer, origin, &described)?;
                        writer.commented_packet(at, &changed, &comments)?;
                    } else {
                        let at = place(known, writer, origin, &described)?;
                        writer.packet(at, &packet)?;
                    }
                    self.copied += 1;
                    self.last = self.last.max(packet.stamp.time);
                }
            }
            PendingRecord::Drops(drops) => self.drops(&drops)?,
            PendingRecord::Clock(_) | PendingRecord::Secrets(_) | PendingRecord::Pause => {}
        }
        Ok(true)
    }

    /// Packets were dropped. If none of their interface's packets was copied, another interface of the same input
    /// reports them: at the end, or where every packet is copied, as changed ones are, at once.
    fn drops(&mut self, drops: &Drops) -> io::Result<()> {
        let Self { known, writer, last, change, .. } = self;
        let of_input = known.iter_mut().enumerate().filter(|(_, known)| known.origin.0 == drops.stamp.file);
        if let Some((at, known)) = of_input.min_by_key(|(_, known)| known.name != drops.interface) {
            known.dropped += drops.dropped;
            if change.is_some() {
                let statistics = Statistics { dropped_by_system: known.dropped, ..Statistics::default() };
                writer.statistics(u32::try_from(at).map_err(io::Error::other)?, *last, statistics)?;
            }
        }
        Ok(())
    }

    /// Nothing follows. Returns how many packets were copied.
    ///
    /// # Errors
    /// The copy cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        for (number, known) in (0..).zip(&self.known) {
            if known.dropped > 0 && self.change.is_none() {
                let statistics = Statistics { dropped_by_system: known.dropped, ..Statistics::default() };
                self.writer.statistics(number, self.last, statistics)?;
            }
        }
        self.writer.flush()?;
        Ok(self.copied)
    }
}

/// The number of an interface in the copy, where it is described with its first packet.
pub(super) fn place<W: Write>(
    known: &mut Vec<CopiedInterface>,
    writer: &mut Writer<W>,
    origin: InterfaceKey,
    described: &Described<'_>,
) -> io::Result<u32> {
    let is_same = |known: &CopiedInterface| known.origin == origin && known.link == described.link;
    if let Some(at) = known.iter().position(is_same) {
        return u32::try_from(at).map_err(io::Error::other);
    }
    let name = described.name.map(str::to_owned);
    known.push(CopiedInterface { origin, name, link: described.link, dropped: 0 });
    writer.interface(described)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Input, Reader, Source};
    use crate::model::{Captured, Stamp};
    use std::fs;

    /// A capture with two interfaces, three packets and a report of dropped ones.
    fn capture() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).unwrap();
        for (name, link) in [("eth0", 1), ("tun0", 101)] {
            let described = Described { name: Some(name), link: LinkType(link), snaplen: 96, filter: None };
            writer.interface(&described).unwrap();
        }
        for (interface, link, byte) in [(0, 1, 1), (1, 101, 2), (0, 1, 3)] {
            let stamp = Stamp { time: Timestamp::from_nanos(byte), ..Stamp::default() };
            let bytes = [u8::try_from(byte).unwrap()];
            let packet = Packet { stamp, link: LinkType(link), wire_length: 1500, bytes: &bytes };
            writer.packet(interface, &packet).unwrap();
        }
        let lost = Statistics { dropped_by_system: 7, ..Statistics::default() };
        writer.statistics(1, Timestamp::from_nanos(3), lost).unwrap();
        writer.flush().unwrap();
        drop(writer);
        bytes
    }

    #[test]
    fn order_interfaces_and_losses_are_kept_and_secrets_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        fs::write(&path, capture()).unwrap();
        let files = Files::new(vec![Input::File(path.clone()), Input::File(path)]);
        let mut copy = Vec::new();
        let mut copying = Copying::new(files, &mut copy).unwrap();
        copying.secrets(b"CLIENT_RANDOM 00 00\n").unwrap();
        while copying.step(&mut |packet| packet.bytes != [3]).unwrap() {}
        assert_eq!(copying.finish().unwrap(), 4);
        let mut reader = Reader::new(copy.as_slice(), FileId(0));
        let (mut told, mut dropped) = (Vec::new(), Vec::new());
        while let Some(captured) = reader.next().unwrap() {
            match captured {
                Captured::Packet(packet) => {
                    assert_eq!(
                        (packet.wire_length, packet.stamp.time.as_nanos()),
                        (1500, packet.bytes[0].into())
                    );
                    told.push((packet.link.0, packet.bytes[0]));
                }
                Captured::Drops(drops) => dropped.push((drops.interface, drops.dropped)),
                Captured::Secrets(secrets) => {
                    assert!(told.is_empty());
                    assert_eq!(secrets.log, b"CLIENT_RANDOM 00 00\n");
                }
                Captured::Clock(_) | Captured::Pause => {}
            }
        }
        assert_eq!(told, [(1, 1), (101, 2), (1, 1), (101, 2)]);
        let tunnel = Some("tun0".to_owned());
        assert_eq!(dropped, [(tunnel.clone(), 7), (tunnel, 7)]);
    }
}
