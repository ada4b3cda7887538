//! Writes pcapng: what a live capture saves, and what the terminal UI exports.
//!
//! Specification: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>. Whole blocks are handed on, so
//! that what was written so far can always be read.

use super::order::ByteOrder;
use super::secrets::TLS_KEY_LOG;
use crate::model::{LinkType, Packet, Timestamp};
use pcap_parser::{DCB_MAGIC, DSB_MAGIC};
use std::io::{self, Write};

/// Bytes after which whole blocks are handed on.
const STEP: usize = 64 << 10;

/// `opt_comment`, which any block may have.
pub(super) const COMMENT: u16 = 1;

/// The end of a block's options.
const NO_MORE: [u8; 4] = [0; 4];

/// What an interface description block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described<'a> {
    /// The interface's name, where there is one.
    pub name: Option<&'a str>,
    /// What its packets begin with.
    pub link: LinkType,
    /// The most bytes captured of a packet; 0 for no limit.
    pub snaplen: u32,
    /// What the kernel lets through, as libpcap reads it.
    pub filter: Option<&'a str>,
}

/// Whether secrets are saved with the packets that they open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SavedSecrets {
    /// They are: whoever opens the file reads what is inside TLS.
    #[default]
    Kept,
    /// They are left out.
    LeftOut,
}

/// Whether a file that is there may be written over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// It stays as it is, and writing fails.
    #[default]
    Never,
    /// It goes.
    Always,
}

/// What became of an interface's packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that passed the filter.
    pub received: u64,
    /// Packets the interface had no room for.
    pub dropped_by_interface: u64,
    /// Packets the system, or who read from it, had no room for.
    pub dropped_by_system: u64,
}

/// Writes one section of pcapng, times in nanoseconds.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    /// Whole blocks that wait to be handed on.
    waiting: Vec<u8>,
    /// Where among them the next secrets go: in front of all packets.
    secrets_at: usize,
    /// Bytes after which they are handed on.
    most: usize,
    interfaces: u32,
    /// Bytes of all blocks so far.
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a section.
    ///
    /// # Errors
    /// `out` does not take it.
    pub fn new(out: W) -> io::Result<Self> {
        Self::remarking(out, None)
    }

    /// Begins a section with a comment on it.
    ///
    /// # Errors
    /// `out` does not take it.
    pub(super) fn remarking(out: W, remark: Option<&str>) -> io::Result<Self> {
        let waiting = Vec::with_capacity(2 * STEP);
        let mut writer = Self { out, waiting, secrets_at: 0, most: STEP, interfaces: 0, written: 0 };
        // Byte order, version 1.0, length unknown; shb_userappl.
        let application = option(4, concat!("wsight ", env!("CARGO_PKG_VERSION")).as_bytes());
        let remark = remark.map(|remark| option(COMMENT, remark.as_bytes())).unwrap_or_default();
        writer.block(
            0x0a0d_0d0a,
            &[&0x1a2b_3c4d_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xff; 8], &application, &remark, &NO_MORE],
        )?;
        writer.secrets_at = writer.waiting.len();
        Ok(writer)
    }

    /// Lets up to `most` bytes wait, so that secrets which come a little later still stand in front of the packets that they
    /// open: tools that read a capture once need them there.
    #[must_use]
    pub const fn waiting_for_secrets(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Describes an interface; returns its number, from 0.
    ///
    /// # Errors
    /// It does not fit the format, or cannot be written.
    pub fn interface(&mut self, interface: &Described<'_>) -> io::Result<u32> {
        let link = u16::try_from(interface.link.0).map_err(io::Error::other)?.to_le_bytes();
        // if_tsresol: nanoseconds.
        let mut options = option(9, &[9]);
        if let Some(name) = interface.name {
            options.extend(option(2, name.as_bytes()));
        }
        if let Some(filter) = interface.filter {
            // if_filter: 0 says that libpcap's words follow.
            options.extend(option(11, &[&[0], filter.as_bytes()].concat()));
        }
        self.block(1, &[&link, &[0; 2], &interface.snaplen.to_le_bytes(), &options, &NO_MORE])?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Writes the text of a TLS key log, in front of all packets that were not handed on yet.
    ///
    /// # Errors
    /// It does not fit the format, or cannot be written.
    pub fn secrets(&mut self, log: &[u8]) -> io::Result<()> {
        let length = u32::try_from(log.len()).map_err(io::Error::other)?.to_le_bytes();
        let before = self.waiting.len();
        self.append(DSB_MAGIC, &[&TLS_KEY_LOG.to_le_bytes(), &length, log])?;
        let size = self.waiting.len() - before;
        self.waiting.get_mut(self.secrets_at..).unwrap_or_default().rotate_right(size);
        self.secrets_at += size;
        self.hand_on_if_full()
    }

    /// Writes a packet of an interface. Returns where its bytes begin, in bytes from the start of the section.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn packet(&mut self, interface: u32, packet: &Packet<'_>) -> io::Result<u64> {
        let start = self.written + 28;
        let captured = u32::try_from(packet.bytes.len()).map_err(io::Error::other)?.to_le_bytes();
        let time = halves(packet.stamp.time);
        self.block(
            6,
            &[&interface.to_le_bytes(), &time, &captured, &packet.wire_length.to_le_bytes(), packet.bytes],
        )?;
        Ok(start)
    }

    /// Writes a packet of an interface with comments.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn commented_packet(
        &mut self,
        interface: u32,
        packet: &Packet<'_>,
        comments: &[String],
    ) -> io::Result<()> {
        if comments.is_empty() {
            return self.packet(interface, packet).map(drop);
        }
        let captured = u32::try_from(packet.bytes.len()).map_err(io::Error::other)?;
        let padding = packet.bytes.len().next_multiple_of(4) - packet.bytes.len();
        let words = [captured, packet.wire_length].map(u32::to_le_bytes).concat();
        let options: Vec<u8> =
            comments.iter().flat_map(|comment| option(COMMENT, comment.as_bytes())).collect();
        let padding = NO_MORE.get(..padding).unwrap_or_default();
        let (interface, time) = (interface.to_le_bytes(), halves(packet.stamp.time));
        self.block(6, &[&interface, &time, &words, packet.bytes, padding, &options, &NO_MORE])
    }

    /// Writes an empty custom block, which readers count as they do packets.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn placeholder(&mut self) -> io::Result<()> {
        /// The enterprise number of examples (RFC 5612).
        const NOBODY: u32 = 32_473;
        self.block(DCB_MAGIC, &[&NOBODY.to_le_bytes()])
    }

    /// Writes what became of an interface's packets up to `until`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn statistics(&mut self, interface: u32, until: Timestamp, statistics: Statistics) -> io::Result<()> {
        let time = halves(until);
        // isb_endtime, isb_ifrecv, isb_ifdrop, isb_osdrop
        let options = [
            option(3, &time),
            option(4, &statistics.received.to_le_bytes()),
            option(5, &statistics.dropped_by_interface.to_le_bytes()),
            option(7, &statistics.dropped_by_system.to_le_bytes()),
        ];
        self.block(5, &[&interface.to_le_bytes(), &time, &options.concat(), &NO_MORE])
    }

    /// Bytes of the section so far.
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// Whether blocks wait to be handed on.
    pub const fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Hands on everything.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.hand_on(self.waiting.len())?;
        self.out.flush()
    }

    /// Hands on what was written up to `written` bytes of the section.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flush_up_to(&mut self, written: u64) -> io::Result<()> {
        let newer = usize::try_from(self.written.saturating_sub(written)).unwrap_or(usize::MAX);
        self.hand_on(self.waiting.len().saturating_sub(newer))?;
        self.out.flush()
    }

    fn hand_on(&mut self, count: usize) -> io::Result<()> {
        if count > 0 {
            self.out.write_all(self.waiting.get(..count).unwrap_or_default())?;
            self.waiting.drain(..count);
            self.secrets_at = self.secrets_at.saturating_sub(count);
        }
        Ok(())
    }

    fn hand_on_if_full(&mut self) -> io::Result<()> {
        if self.waiting.len() < self.most { Ok(()) } else { self.hand_on(self.waiting.len()) }
    }

    fn block(&mut self, kind: u32, body: &[&[u8]]) -> io::Result<()> {
        self.append(kind, body)?;
        self.hand_on_if_full()
    }

    fn append(&mut self, kind: u32, body: &[&[u8]]) -> io::Result<()> {
        let length: usize = body.iter().map(|part| part.len()).sum();
        let padding = length.next_multiple_of(4) - length;
        let total = length + padding + 12;
        let long = u32::try_from(total).map_err(io::Error::other)?.to_le_bytes();
        self.waiting.extend_from_slice(&kind.to_le_bytes());
        self.waiting.extend_from_slice(&long);
        for part in body {
            self.waiting.extend_from_slice(part);
        }
        self.waiting.extend_from_slice([0; 3].get(..padding).unwrap_or_default());
        self.waiting.extend_from_slice(&long);
        self.written += total as u64;
        Ok(())
    }
}

/// An option of a block.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    ByteOrder::Little.option(code, value)
}

/// A time as pcapng has it: its upper half, then its lower one.
fn halves(time: Timestamp) -> [u8; 8] {
    time.as_nanos().cast_unsigned().rotate_left(32).to_le_bytes()
}
