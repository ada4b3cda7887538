//! The two legs of a WebSocket that goes through a proxy.

use crate::model::Peer;
use std::ops::Not;

/// A leg of a WebSocket that goes through a reverse proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leg {
    /// Between the client and the proxy.
    Downstream,
    /// Between the proxy and the server.
    Upstream,
}

impl Leg {
    /// The leg on which what `from` sends goes into the proxy.
    pub(super) const fn entry(from: Peer) -> Self {
        match from {
            Peer::Client => Self::Downstream,
            Peer::Server => Self::Upstream,
        }
    }

    /// The side of this leg that is the proxy.
    pub(super) const fn of_proxy(self) -> Peer {
        match self {
            Self::Downstream => Peer::Server,
            Self::Upstream => Peer::Client,
        }
    }
}

/// The other leg.
impl Not for Leg {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Downstream => Self::Upstream,
            Self::Upstream => Self::Downstream,
        }
    }
}

/// One value for each leg.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PerLeg<T> {
    pub(super) downstream: T,
    pub(super) upstream: T,
}

impl<T> PerLeg<T> {
    pub(super) const fn of(&self, leg: Leg) -> &T {
        match leg {
            Leg::Downstream => &self.downstream,
            Leg::Upstream => &self.upstream,
        }
    }

    pub(super) const fn of_mut(&mut self, leg: Leg) -> &mut T {
        match leg {
            Leg::Downstream => &mut self.downstream,
            Leg::Upstream => &mut self.upstream,
        }
    }
}
