//! What can go wrong with an input: one sentence for a person at two in the morning, with the place and the way out.

use super::appearance::Appearance;
use super::compression::{Compression, Foreign};
use super::growing::Succession;
use crate::model::{Count, PacketNumber};
use std::fmt;
use std::io;

/// Why an input could not be read, or not to its end.
///
/// `input` is the name as it may be printed on a terminal; `packets` counts the packets handed out before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The operating system does not open it.
    #[error("{input}: it cannot be opened: {error}")]
    Open {
        /// Its name.
        input: String,
        /// The system's reason.
        error: io::Error,
    },
    /// It is a directory.
    #[error("{input}: it is a directory; name the capture files in it")]
    Directory {
        /// Its name.
        input: String,
    },
    /// There is nothing in it.
    #[error("{input}: it is empty{}; was the capture stopped before its first packet was written?", InsideCompression(*.inside))]
    Empty {
        /// Its name.
        input: String,
        /// What it is compressed with.
        inside: Option<Compression>,
    },
    /// It is something else.
    #[error("{input}: it is not a packet capture but {appearance}{} (its first bytes are {}); {}",
        InsideCompression(*.inside), Hex(.first_bytes), .appearance.advice())]
    NotACapture {
        /// Its name.
        input: String,
        /// What it looks like.
        appearance: Appearance,
        /// What it is compressed with.
        inside: Option<Compression>,
        /// What it begins with.
        first_bytes: Vec<u8>,
    },
    /// It is compressed in a way wsight does not undo.
    #[error("{input}: it is compressed with {compression}, which wsight does not read; run `{} FILE | wsight -`",
        .compression.command())]
    UnsupportedCompression {
        /// Its name.
        input: String,
        /// The compression.
        compression: Foreign,
    },
    /// A packet filter does not fit its packets.
    #[error("{input}: the packet filter does not fit its packets: {reason}; {}", Before(*.packets))]
    Unsifted {
        /// Its name.
        input: String,
        /// Why, fit for a terminal.
        reason: String,
        /// Packets before.
        packets: u64,
    },
    /// It ends where more should follow: a capture that was cut off or is still being written.
    #[error("{input}: the file ends inside {cut} at {at} (the capture was cut off); {}", Before(*.packets))]
    Truncated {
        /// Its name.
        input: String,
        /// Inside what.
        cut: CutIn,
        /// Where it ends.
        at: FileOffset,
        /// Packets before.
        packets: u64,
    },
    /// Its bytes contradict themselves.
    #[error("{input}: it is damaged at {at}: {damage}; {}, and what follows cannot be trusted: \
        if there is another copy of the file, read that", Before(*.packets))]
    Damaged {
        /// Its name.
        input: String,
        /// What is wrong.
        damage: Damage,
        /// Where the damaged packet or block begins.
        at: FileOffset,
        /// Packets before.
        packets: u64,
    },
    /// The operating system does not give the rest of it.
    #[error("{input}: reading stopped at {at}: {error}; {}", Before(*.packets))]
    Read {
        /// Its name.
        input: String,
        /// The system's reason.
        error: io::Error,
        /// The place in the file.
        at: FileOffset,
        /// Packets before.
        packets: u64,
    },
    /// Its compressed data ends early.
    #[error("{input}: the {compression} data ends early, at {at} (the file was cut off); {}", Before(*.packets))]
    CompressedTruncated {
        /// Its name.
        input: String,
        /// The compression.
        compression: Compression,
        /// The place in the file.
        at: FileOffset,
        /// Packets before.
        packets: u64,
    },
    /// Its compressed data contradicts itself.
    #[error("{input}: the {compression} data is damaged at {at} ({reason}); {}: \
        if there is another copy of the file, read that", Before(*.packets))]
    Corrupt {
        /// Its name.
        input: String,
        /// The compression.
        compression: Compression,
        /// The decoder's reason.
        reason: String,
        /// The place in the file.
        at: FileOffset,
        /// Packets before.
        packets: u64,
    },
    /// An interface no longer gives packets.
    #[error("{input}: capturing stopped: {reason}; {}", Before(*.packets))]
    Interface {
        /// Its name.
        input: String,
        /// The system's reason.
        reason: String,
        /// Packets before, of all interfaces.
        packets: u64,
    },
    /// A file that is followed came to its end, and another one has its name: that one is read next.
    #[error("{input}: {}, which is followed now; its packets are counted from 1 again", match rotation {
        Succession::Replaced => "another file has taken its place",
        Succession::Emptied => "it was emptied, and is a new capture",
    })]
    Rotated {
        /// Its name.
        input: String,
        /// How it was changed.
        rotation: Succession,
    },
    /// Captured packets can no longer be saved. The analysis continues.
    #[error(
        "{file}: no more packets can be saved: {error}; it holds {packets} of them, and the analysis \
        continues"
    )]
    Save {
        /// The file's name.
        file: String,
        /// The system's reason.
        error: io::Error,
        /// Packets that were saved before.
        packets: u64,
    },
    /// Another file has the name of a key log, and the process may not open it.
    #[error(
        "{file}: another file has taken its place, which wsight may no longer open: secrets in it are not read; start wsight \
         again, or have the file kept and added to"
    )]
    KeyLogLost {
        /// The key log's name.
        file: String,
    },
    /// Secrets came so late that they stand behind packets that they open.
    #[error(
        "{file}: the TLS secrets of {} came so late that they stand behind packets that they open, which tools that read a file \
         once do not decrypt; `wsight {file} -w COPY` puts them in front",
        Count(*connections, "connection")
    )]
    SecretsBehind {
        /// The name of the file that was saved.
        file: String,
        /// How many.
        connections: u64,
    },
}

impl CaptureError {
    /// Whether packets are missing in the analysis because of it.
    pub const fn loses_packets(&self) -> bool {
        matches!(self.loss(), Loss::Packets)
    }

    /// Whether it is worth knowing, but nothing went wrong.
    pub const fn is_note(&self) -> bool {
        matches!(self.loss(), Loss::Nothing)
    }

    const fn loss(&self) -> Loss {
        match self {
            Self::Open { .. }
            | Self::Directory { .. }
            | Self::Empty { .. }
            | Self::NotACapture { .. }
            | Self::UnsupportedCompression { .. }
            | Self::Unsifted { .. }
            | Self::Truncated { .. }
            | Self::Damaged { .. }
            | Self::Read { .. }
            | Self::CompressedTruncated { .. }
            | Self::Corrupt { .. }
            | Self::Interface { .. } => Loss::Packets,
            Self::Save { .. } => Loss::Saved,
            Self::Rotated { .. } | Self::KeyLogLost { .. } | Self::SecretsBehind { .. } => Loss::Nothing,
        }
    }

    /// The name of the input, fit for a terminal.
    pub fn input(&self) -> &str {
        match self {
            Self::Open { input, .. }
            | Self::Directory { input }
            | Self::Empty { input, .. }
            | Self::NotACapture { input, .. }
            | Self::UnsupportedCompression { input, .. }
            | Self::Unsifted { input, .. }
            | Self::Truncated { input, .. }
            | Self::Damaged { input, .. }
            | Self::Read { input, .. }
            | Self::CompressedTruncated { input, .. }
            | Self::Corrupt { input, .. }
            | Self::Interface { input, .. }
            | Self::Rotated { input, .. }
            | Self::Save { file: input, .. }
            | Self::KeyLogLost { file: input }
            | Self::SecretsBehind { file: input, .. } => input,
        }
    }

    /// The place in the input from which on it cannot be read, where there is one.
    pub const fn at(&self) -> Option<FileOffset> {
        match self {
            Self::Truncated { at, .. }
            | Self::Damaged { at, .. }
            | Self::Read { at, .. }
            | Self::CompressedTruncated { at, .. }
            | Self::Corrupt { at, .. } => Some(*at),
            Self::Open { .. }
            | Self::Directory { .. }
            | Self::Empty { .. }
            | Self::NotACapture { .. }
            | Self::UnsupportedCompression { .. }
            | Self::Unsifted { .. }
            | Self::Interface { .. }
            | Self::Rotated { .. }
            | Self::Save { .. }
            | Self::KeyLogLost { .. }
            | Self::SecretsBehind { .. } => None,
        }
    }
}

/// What is lost where something goes wrong.
enum Loss {
    /// Packets that the analysis does not see.
    Packets,
    /// Packets that it sees and that are not saved.
    Saved,
    Nothing,
}

/// A place in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOffset {
    /// Bytes from the start of the capture, decompressed.
    pub offset: u64,
    /// What the file is compressed with, where it is.
    pub inside: Option<Compression>,
}

impl fmt::Display for FileOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.offset)?;
        if self.inside.is_some() { f.write_str(" of the decompressed data") } else { Ok(()) }
    }
}

/// What a file ends inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CutIn {
    /// Its header, before any packet.
    Header,
    /// This packet.
    Packet(PacketNumber),
    /// A pcapng block that is not a packet, or does not say so far.
    Block,
}

impl fmt::Display for CutIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("its header"),
            Self::Packet(number) => write!(f, "packet {number}"),
            Self::Block => f.write_str("a block"),
        }
    }
}

/// How bytes of a capture contradict themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A pcap record claims more bytes than the file's snap length, and than any packet has.
    #[error("packet {packet} claims {captured} captured bytes, where at most {longest} are possible")]
    CapturedLength {
        /// Its number.
        packet: PacketNumber,
        /// What it claims.
        captured: u32,
        /// What the file allows.
        longest: u32,
    },
    /// A block length that no block can have.
    #[error(
        "a block claims a length of {length} bytes, which is not a multiple of 4 between 12 and 67108864"
    )]
    BlockLength {
        /// What it claims.
        length: u32,
    },
    /// A block's length at its end is not the one at its start.
    #[error("a block's length is {leading} at its start and {trailing} at its end")]
    TrailingLength {
        /// At its start.
        leading: u32,
        /// At its end.
        trailing: u32,
    },
    /// A block whose contents do not fit its length.
    #[error("the contents of {block} do not fit its length")]
    Contents {
        /// What kind of block.
        block: &'static str,
    },
    /// A packet on an interface that the section did not describe.
    #[error(
        "packet {packet} names interface {interface} (from 0), but its section has described only {described}"
    )]
    Interface {
        /// The packet's number.
        packet: PacketNumber,
        /// The interface it names, from 0.
        interface: u32,
        /// How many interfaces there are.
        described: usize,
    },
    /// A section header whose byte-order mark is none.
    #[error("a section's byte-order mark is {found:08x}, neither 1a2b3c4d nor 4d3c2b1a")]
    ByteOrder {
        /// What stands there.
        found: u32,
    },
    /// A section of a pcapng that does not exist yet.
    #[error("a section has pcapng version {major}.{minor}, of which wsight knows only 1")]
    Version {
        /// The part before the dot.
        major: u16,
        /// The part after the dot.
        minor: u16,
    },
}

/// What became of the packets before an error.
struct Before(u64);

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("there is no packet before it"),
            1 => f.write_str("the 1 packet before it was analyzed"),
            n => write!(f, "the {n} packets before it were analyzed"),
        }
    }
}

/// The compression around something that is wrong.
struct InsideCompression(Option<Compression>);

impl fmt::Display for InsideCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |compression| write!(f, " inside its {compression} compression"))
    }
}

/// Bytes as `0a 0d`.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut space = "";
        self.0.iter().try_for_each(|byte| write!(f, "{}{byte:02x}", std::mem::replace(&mut space, " ")))
    }
}
