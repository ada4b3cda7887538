//! The one currency between byte-stream layers: data, a gap, the end.

use super::{Stamp, Timestamp};

/// What happens next in one direction of a byte stream.
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent<'a> {
    /// Bytes, in order, each exactly once.
    Data(Chunk<'a>),
    /// Bytes that were sent and that the capture does not hold.
    Gap(Gap),
    /// Nothing follows.
    End(End),
}

impl StreamEvent<'_> {
    /// The packet that shows it.
    pub const fn stamp(&self) -> Stamp {
        match self {
            Self::Data(chunk) => chunk.stamp,
            Self::Gap(gap) => gap.stamp,
            Self::End(end) => end.stamp,
        }
    }
}

/// Consecutive bytes that one packet carried.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The bytes; never empty.
    pub bytes: &'a [u8],
    /// The packet that carried them.
    pub stamp: Stamp,
}

/// A stretch of the stream that the capture does not hold: never the sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many bytes are missing.
    pub missing: u64,
    /// Why.
    pub cause: GapCause,
    /// The packet at which the hole was passed.
    pub stamp: Stamp,
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// The capture missed packets.
    Lost,
    /// The snap length cut packets.
    Snaplen,
    /// A memory cap made wsight let go of them.
    Limit,
}

/// The end of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// What ended it.
    pub cause: EndCause,
    /// The packet that ended it; for [`EndCause::Open`] the connection's last one.
    pub stamp: Stamp,
    /// When that was: the packet's time; for [`EndCause::Open`] the capture time up to which nothing more came.
    pub at: Timestamp,
}

impl End {
    /// A packet ended it.
    pub const fn by_packet(cause: EndCause, stamp: Stamp) -> Self {
        Self { cause, stamp, at: stamp.time }
    }
}

/// What ended one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// The sender closed its direction in order (FIN).
    Fin,
    /// The sender reset the connection (RST).
    Rst,
    /// The other side reset the connection (RST).
    RstByPeer,
    /// Nothing did: the capture ends, or wsight forgot an idle connection.
    Open,
    /// The capture holds no packet of this direction at all.
    Unseen,
}

impl EndCause {
    /// `fin`, `rst` or `open`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst | Self::RstByPeer => "rst",
            Self::Open | Self::Unseen => "open",
        }
    }
}
