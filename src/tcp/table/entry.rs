//! What stands in a slot: a connection that is followed, or what is left of one that is over.

use crate::model::{ConnectionId, Peer, PerPeer, SegmentHeader, Timestamp};
use crate::tcp::connection::Connection;
use crate::tcp::ends::{FourTuple, KeyEnd};
use crate::tcp::handshake::Aside;
use crate::tcp::reassembly::{Opens, Reassembly};

/// What stands in a slot.
#[derive(Debug)]
pub(super) enum Entry {
    Followed(Box<Tracked>),
    /// Most connections of a long capture are over: an eighth of the memory is enough to know their late packets.
    Over(Box<Remembered>),
}

/// A connection that is followed.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) key: FourTuple,
    /// Which end of the key is the client's.
    pub(super) client: KeyEnd,
    pub(super) connection: Connection,
    pub(super) reassembly: Reassembly,
    /// Boxed, as most connections have none of it.
    pub(super) beside: Option<Box<Aside>>,
}

/// A connection that is over: nothing more is reported about it.
#[derive(Debug)]
pub(super) struct Remembered {
    key: FourTuple,
    client: KeyEnd,
    id: ConnectionId,
    /// When its latest packet came.
    pub(super) last: Timestamp,
    /// Where its streams began, to know a late SYN again.
    origins: PerPeer<Option<u32>>,
    /// Its SYN was answered by a reset.
    refused: bool,
}

impl Tracked {
    /// Touches each of its parts, so that all of them are already on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        u64::from(self.key.ports)
            ^ self.connection.id.0
            ^ self.connection.acked.client
            ^ self.reassembly.glance()
    }

    /// When something of it has waited long enough.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match self.beside.as_deref() {
            Some(Aside::First { until, .. }) => Some(*until),
            Some(Aside::Again(_)) | None => self.reassembly.deadline(),
        }
    }

    /// The peer at this end of the key.
    pub(super) fn peer(&self, end: KeyEnd) -> Peer {
        peer_at(end, self.client)
    }

    /// Whether nothing more will be reported about it, and nothing waits beside it.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.reassembly.is_closed() && self.beside.is_none()
    }

    /// What to remember of it once it is over.
    pub(super) fn remembered(&self) -> Remembered {
        Remembered {
            key: self.key,
            client: self.client,
            id: self.connection.id,
            last: self.connection.last.time,
            origins: self.reassembly.origins(),
            refused: self.reassembly.is_refused(),
        }
    }
}

impl Remembered {
    /// What a SYN, with or without ACK, is to it.
    pub(super) fn place(&self, sender: KeyEnd, header: &SegmentHeader) -> Opens {
        let from = peer_at(sender, self.client);
        let refused = self.origins.of(!from).filter(|_| self.refused);
        Opens::after(*self.origins.of(from), refused, header)
    }
}

impl Entry {
    #[inline]
    pub(super) const fn key(&self) -> &FourTuple {
        match self {
            Self::Followed(tracked) => &tracked.key,
            Self::Over(remembered) => &remembered.key,
        }
    }

    #[inline]
    pub(super) const fn id(&self) -> ConnectionId {
        match self {
            Self::Followed(tracked) => tracked.connection.id,
            Self::Over(remembered) => remembered.id,
        }
    }

    /// The connection, if it is followed.
    #[inline]
    pub(super) fn followed(&self) -> Option<&Tracked> {
        match self {
            Self::Followed(tracked) => Some(tracked),
            Self::Over(_) => None,
        }
    }

    /// The same to change it.
    #[inline]
    pub(super) fn followed_mut(&mut self) -> Option<&mut Tracked> {
        match self {
            Self::Followed(tracked) => Some(tracked),
            Self::Over(_) => None,
        }
    }

    /// When its latest packet came.
    pub(super) const fn last(&self) -> Timestamp {
        match self {
            Self::Followed(tracked) => tracked.connection.last.time,
            Self::Over(remembered) => remembered.last,
        }
    }

    /// Whether both directions ended.
    pub(super) const fn is_over(&self) -> bool {
        match self {
            Self::Followed(tracked) => tracked.reassembly.is_closed(),
            Self::Over(_) => true,
        }
    }
}

fn peer_at(end: KeyEnd, client: KeyEnd) -> Peer {
    if end == client { Peer::Client } else { Peer::Server }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_takes_little() {
        assert!(size_of::<Remembered>() <= 96 && size_of::<Remembered>() * 6 < size_of::<Tracked>());
    }
}
