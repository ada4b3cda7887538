//! The two sides of a connection, and what there is of each.

use std::fmt;
use std::ops::Not;

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

    /// The server's value for the client, and the client's for the server.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { client: self.server, server: self.client }
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
