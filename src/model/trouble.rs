//! What TCP shows about the progress of a stream: facts that are not in its bytes.

use super::Stamp;
use std::time::Duration;

/// A fact about one side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It retransmitted bytes, in this packet.
    SentAgain(Stamp),
    /// It retransmitted bytes again and again, and they were never acknowledged.
    Unacknowledged(Unacknowledged),
    /// Its window stayed closed while the other side had something to send.
    WindowClosed(WindowClosed),
    /// A reset came in its name, but not by the path that its packets take.
    ForeignReset(ForeignReset),
}

/// Bytes that were retransmitted again and again and never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unacknowledged {
    /// How many bytes of the side are not acknowledged. Keep-alive probes and a FIN do not count.
    pub bytes: u64,
    /// What was retransmitted.
    pub what: Unanswered,
    /// How often the first of them was retransmitted.
    pub times: u64,
    /// From the last sign that they might arrive to the last packet of the connection.
    pub waited: Duration,
    /// Whether packets of the other side still came meanwhile.
    pub heard: Heard,
    /// Payload bytes of the shortest retransmission.
    pub shortest: u64,
    /// The packet of the first retransmission.
    pub first: Stamp,
    /// The packet of the last retransmission.
    pub last: Stamp,
}

/// What a side retransmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Bytes of its stream, or its FIN.
    Data,
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
}

/// A reset that someone other than its alleged sender seems to have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignReset {
    /// The reset.
    pub stamp: Stamp,
    /// Its time to live, or hop limit.
    pub hops: u8,
    /// That of the alleged sender's packets.
    pub usual: u8,
    /// The time since the alleged sender's last packet.
    pub silence: Duration,
}
