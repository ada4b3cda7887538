//! What TCP shows of why a stream goes on as it does, or does not: facts that its bytes do not tell.

use super::Stamp;
use std::time::Duration;

/// A fact about one side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// It sent bytes again, in this packet.
    SentAgain(Stamp),
    /// It sent bytes again and again, and they were never acknowledged.
    Unacknowledged(Unacknowledged),
    /// Its window stayed closed while the other side had something to send.
    WindowClosed(WindowClosed),
    /// A reset came in its name, but not the way that its packets come.
    ForeignReset(ForeignReset),
}

/// Bytes that were sent again and again and never acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unacknowledged {
    /// How many bytes of the side are not acknowledged. Keep-alive probes and a FIN are none.
    pub bytes: u64,
    /// What was sent again.
    pub what: Unanswered,
    /// How often the first of them was sent after the first time.
    pub times: u64,
    /// From the last sign that they might arrive to the last packet of the connection.
    pub waited: Duration,
    /// Whether packets of the other side still came meanwhile.
    pub heard: Heard,
    /// Payload bytes of the shortest packet that was sent again.
    pub shortest: u64,
    /// The packet in which they were first sent again.
    pub first: Stamp,
    /// The packet in which they were last sent again.
    pub last: Stamp,
}

/// What a side sent again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Bytes of its stream, or its FIN.
    Data,
    /// Probes that want nothing but an acknowledgment (RFC 9293 §3.8.4, §3.8.6.1).
    Probes,
}

/// Whether a side was still heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing more came of it.
    No,
    /// Packets of it still came.
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
    /// Bytes of the other side that were on the way when it closed, as far as the capture shows.
    pub waiting: u64,
}

/// A reset that another than its alleged sender seems to have sent.
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
