//! Both ends of a connection as a key, and how it is hashed.

use crate::model::{Peer, SegmentHeader};
use foldhash::fast::FixedState;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};

/// Both ends of a connection, whichever sends: IPv4 addresses as IPv4-mapped IPv6 ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FourTuple {
    pub(super) low: u128,
    pub(super) high: u128,
    pub(super) ports: u32,
}

/// One of the two ends of a [`FourTuple`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyEnd {
    High,
    Low,
}

impl KeyEnd {
    /// The client's end, if this is the one that `peer` is at.
    pub(super) const fn client_beside(self, peer: Peer) -> Self {
        match (peer, self) {
            (Peer::Client, end) => end,
            (Peer::Server, Self::Low) => Self::High,
            (Peer::Server, Self::High) => Self::Low,
        }
    }
}

/// An end in a form that compares and hashes fast.
#[inline]
fn end_bits(end: SocketAddr) -> (u128, u16) {
    let ip = match end.ip() {
        IpAddr::V4(ip) => 0xffff_0000_0000 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    (ip, end.port())
}

impl FourTuple {
    /// The key of a segment's connection, and the end that the segment comes from.
    #[inline]
    pub(super) fn of(segment: &SegmentHeader) -> (Self, KeyEnd) {
        Self::between(segment.source, segment.destination)
    }

    /// The same for what goes from one end to another.
    #[inline]
    pub(super) fn between(source: SocketAddr, destination: SocketAddr) -> (Self, KeyEnd) {
        let (a, b) = (end_bits(source), end_bits(destination));
        // By the ports, which differ most often.
        let (low, high, sender) =
            if (a.1, a.0) <= (b.1, b.0) { (a, b, KeyEnd::Low) } else { (b, a, KeyEnd::High) };
        (Self { low: low.0, high: high.0, ports: u32::from(low.1) << 16 | u32::from(high.1) }, sender)
    }
}

/// A random value that keys are hashed with. Whoever sends the captured packets chooses the addresses and ports, and
/// must not be able to choose keys that collide. Only the time that lookups take depends on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(FourTuple);

impl Seed {
    /// A seed that nobody can predict.
    pub(super) fn random() -> Self {
        let state = RandomState::new();
        let wide = |part: u8| u128::from(state.hash_one(part)) << 64 | u128::from(state.hash_one(!part));
        Self::new(wide(0), wide(1), wide(2))
    }

    pub(super) const fn new(low: u128, high: u128, ports: u128) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
        Self(FourTuple { low, high, ports: ports as u32 })
    }

    #[inline]
    pub(super) fn hash(self, key: &FourTuple) -> u64 {
        let Self(seed) = self;
        let (low, high, ports) = (key.low ^ seed.low, key.high ^ seed.high, key.ports ^ seed.ports);
        FixedState::default().hash_one(FourTuple { low, high, ports })
    }
}
