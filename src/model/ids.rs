//! Numbers with a meaning, and the two sides of a connection.

use std::fmt;
use std::ops::Not;

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

/// One side of a connection.
///
/// In [`tcp`](crate::tcp) the client is the side that opened the connection, or that appears to have if its start was
/// not captured; in [`ws`](crate::ws) it is the side that sent the upgrade request (RFC 6455 §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// The side that asks.
    Client,
    /// The side that answers.
    Server,
}

impl Peer {
    /// Both sides, client first.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// `client` or `server`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// The other side.
impl Not for Peer {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerPeer<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

impl<T> PerPeer<T> {
    /// One value for each side, made by `make`.
    pub fn from_fn(mut make: impl FnMut(Peer) -> T) -> Self {
        Self { client: make(Peer::Client), server: make(Peer::Server) }
    }

    /// The value of `peer`.
    pub const fn of(&self, peer: Peer) -> &T {
        match peer {
            Peer::Client => &self.client,
            Peer::Server => &self.server,
        }
    }

    /// The value of `peer`, to change.
    pub const fn of_mut(&mut self, peer: Peer) -> &mut T {
        match peer {
            Peer::Client => &mut self.client,
            Peer::Server => &mut self.server,
        }
    }

    /// The values of `peer` and of the other side, both to change.
    pub const fn split_mut(&mut self, peer: Peer) -> (&mut T, &mut T) {
        match peer {
            Peer::Client => (&mut self.client, &mut self.server),
            Peer::Server => (&mut self.server, &mut self.client),
        }
    }
}
