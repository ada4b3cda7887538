//! Numbers with a meaning.

use std::fmt;
use std::net::SocketAddr;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A packet's number in its file, from 1, counted over every packet as Wireshark does.
    PacketNumber(u64)
}
number! {
    /// A TCP connection's number in this run, from 1, in the order of first packets.
    ConnectionId(u64)
}
number! {
    /// A WebSocket attempt's number in this run, from 1: one for every upgrade, successful or not.
    SessionId(u64)
}
number! {
    /// An HTTP/2 stream's number in its connection (RFC 9113 §5.1.1); 0 stands for the connection.
    StreamId(u32)
}
number! {
    /// Which of the inputs named on the command line, from 0.
    FileId(u16)
}

/// The two ends of connections, whichever of them sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoints([SocketAddr; 2]);

impl Endpoints {
    /// Those of connections between these two.
    pub fn between(a: SocketAddr, b: SocketAddr) -> Self {
        if a <= b { Self([a, b]) } else { Self([b, a]) }
    }
}

/// Which of its connection's attempts: it tells the sessions of one connection apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Attempt {
    /// The number of requests before it, whatever they asked for: HTTP/1.1 has one after another.
    Ordinal(u32),
    /// HTTP/2 has one on each stream (RFC 8441).
    Stream(StreamId),
}

impl Attempt {
    /// Its stream, where it has one of its own.
    pub const fn stream(self) -> Option<StreamId> {
        match self {
            Self::Ordinal(_) => None,
            Self::Stream(stream) => Some(stream),
        }
    }
}

/// Identifies a session in any reading of the capture. The numbers of connections and sessions depend on what a reading
/// had to drop to stay within its limits; packet numbers do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// The input with the connection's first packet.
    pub file: FileId,
    /// That packet.
    pub packet: PacketNumber,
    /// The attempt in that connection.
    pub attempt: Attempt,
}
