//! What TCP shows about the progress of a stream: facts that are not in its bytes.

use super::{Notice, Stamp};
use std::time::Duration;

/// A fact about one side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It retransmitted bytes, in this packet.
    SentAgain(Stamp),
    /// It retransmitted bytes again and again, and they were never acknowledged.
    Unacknowledged(Unacknowledged),
    /// What it sent was acknowledged after it had been retransmitted.
    Delivered(Delivered),
    /// Its window stayed closed while the other side had something to send.
    WindowClosed(WindowClosed),
    /// A reset came in its name, but not by the path that its packets take.
    ForeignReset(ForeignReset),
    /// The first bytes in its name did not come by the path that its packets before them took.
    OtherPath(OtherPath),
}

/// The first bytes of a side came with another hop count than all its packets before them: those that opened the connection, and
/// that acknowledged what the other side sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherPath {
    /// The packet with the bytes.
    pub stamp: Stamp,
    /// Its time to live, or hop limit.
    pub hops: u8,
    /// That of the packets before it.
    pub usual: u8,
}

/// How the handshake of a connection went that took more than one SYN (RFC 9293 §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynRetries {
    /// How often the client sent its SYN.
    pub syns: u16,
    /// How often the server answered it, as far as the capture shows.
    pub answers: u16,
    /// From the first SYN to the client's acknowledgment of the answer.
    pub took: Duration,
}

/// Bytes that were retransmitted again and again and never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unacknowledged {
    /// How many bytes of the side are not acknowledged. Keep-alive probes and a FIN do not count.
    pub bytes: u64,
    /// What was retransmitted.
    pub what: Retransmitted,
    /// How often the first of them was retransmitted.
    pub times: u64,
    /// From the last sign that they might arrive to the last packet of the connection.
    pub waited: Duration,
    /// Whether packets of the other side still came meanwhile.
    pub heard: Heard,
    /// Payload bytes of the shortest retransmission.
    pub shortest: u64,
    /// Payload bytes of the longest segment before them that is known to have been acknowledged; all that had been acknowledged of the
    /// side if none is known.
    pub longest_before: u64,
    /// What ICMP said about them.
    pub notice: Option<Notice>,
    /// The packet of the first retransmission.
    pub first: Stamp,
    /// The packet of the last retransmission.
    pub last: Stamp,
}

/// Bytes that arrived after they had been retransmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Where they begin in their sender's stream.
    pub start: u64,
    /// How often the first of them was retransmitted.
    pub times: u64,
    /// From when they were sent, at the latest, to their acknowledgment.
    pub took: Duration,
    /// The packet that acknowledges them.
    pub stamp: Stamp,
}

/// What a side retransmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retransmitted {
    /// Bytes of its stream, or its FIN.
    Data,
    /// Bytes of its stream that the capture does not hold: they were lost before they came as far. That they were sent is shown by what
    /// their sender sent afterwards.
    Unseen {
        /// Payload bytes of the largest segment of those that were sent after them and came.
        largest: u64,
    },
    /// Probes that want nothing but an acknowledgment (RFC 9293 §3.8.4, §3.8.6.1).
    Probes,
}

/// Whether packets of a side still came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing more came from it.
    No,
    /// Packets from it still came.
    Yes,
    /// It acknowledged smaller segments that were sent after those it never got (RFC 2018).
    OfSmaller,
}

/// A window that stayed closed (RFC 9293 §3.8.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowClosed {
    /// The packet that closed it.
    pub since: Stamp,
    /// The packet that opened it again, or the last one of the connection.
    pub until: Stamp,
    /// How long it was closed.
    pub lasted: Duration,
    /// Whether it opened again before the connection's end.
    pub reopened: bool,
    /// Whether the other side showed that it had something to send meanwhile.
    pub wanted: bool,
    /// Bytes of the other side that were in flight when it closed, as far as the capture shows.
    pub waiting: u64,
    /// The most bytes for which it had room meanwhile: a window of a few bytes is as good as none (RFC 9293 §3.8.6.2.2).
    pub room: u32,
}

/// What tells a reset from one that its alleged sender sent.
///
/// The identification, the window, the MAC address and a missing timestamp do not: what hosts put into a reset for a
/// connection that they no longer have is their own affair (RFC 6864 §4.1, RFC 7323 §3.2), and routes change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResetMark {
    /// Its hop count is none of the sender's.
    HopCount,
    /// The sender went on sending: it knew nothing of the reset.
    WentOn,
    /// Several came, and some lie beyond everything that was sent: they were guesses (RFC 5961 §3).
    Sequence,
    /// Both sides seem to have reset the connection at once.
    BothSides,
}

impl ResetMark {
    /// As a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HopCount => "hop-count",
            Self::WentOn => "went-on",
            Self::Sequence => "sequence",
            Self::BothSides => "both-sides",
        }
    }
}

/// A reset that someone other than its alleged sender seems to have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignReset {
    /// The reset.
    pub stamp: Stamp,
    /// What gives it away.
    pub mark: ResetMark,
    /// Its time to live, or hop limit.
    pub hops: u8,
    /// That of the alleged sender's packets.
    pub usual: u8,
    /// The time since the alleged sender's last packet.
    pub silence: Option<Duration>,
}

impl ForeignReset {
    /// Routes between two hosts may differ by so many hops, and a host behind several of them may change to another.
    const OTHER_ROUTE: u8 = 3;

    /// Whether nothing else explains it: other marks may come of packets that were captured in another order, or of two sides that
    /// give up at once.
    pub const fn is_certain(&self) -> bool {
        match self.mark {
            ResetMark::HopCount => self.hops.abs_diff(self.usual) > Self::OTHER_ROUTE,
            ResetMark::WentOn | ResetMark::Sequence | ResetMark::BothSides => false,
        }
    }
}
