//! How long to wait for bytes that were acknowledged: they are somewhere in the capture, or it lost them. And for a SYN.

use super::connection::Connection;
use crate::model::{Limits, PerPeer, Timestamp};
use std::time::Duration;

/// How long a first packet waits for the SYN: one that comes later is not that of its connection.
pub(super) const SYN_PATIENCE: Duration = Duration::from_secs(1);

/// A packet may have been captured this many packets of its connection too late, however much time passed meanwhile.
const PLACES: u64 = 20;

/// Packets of a connection, and bytes of them, that wait for those of another clock.
const APART_PACKETS: u64 = 4096;
const APART_BYTES: u64 = 256 << 10;

/// Whether the packets of the two sides bear the times of one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Clocks {
    /// As far as is known.
    #[default]
    One,
    /// They do not: one side's packets come later than they should.
    Two,
    /// They do, and yet one side's packets stand behind those of the other: two captures that were put one behind the other.
    OneBehind,
    /// One side's packets were waited for in vain.
    Alone,
}

impl Clocks {
    /// Packets may come much later than what they are answered by: it is known that they do, or one side has not been seen yet.
    pub(super) fn are_apart(self, connection: &Connection) -> bool {
        match self {
            Self::Two | Self::OneBehind => true,
            Self::One => !both_seen(connection),
            Self::Alone => false,
        }
    }

    /// There is nothing to wait for.
    pub(super) fn is_alone(self, connection: &Connection) -> bool {
        self == Self::Alone && !both_seen(connection)
    }

    /// They differ. Returns whether that is news.
    pub(super) fn differ(&mut self) -> bool {
        std::mem::replace(self, Self::Two) != Self::Two
    }

    /// What was waited for did not come.
    pub(super) fn gave_up(&mut self, connection: &Connection) {
        if !both_seen(connection) {
            *self = Self::Alone;
        }
    }
}

const fn both_seen(connection: &Connection) -> bool {
    connection.seen.client && connection.seen.server
}

/// Which of the bytes that are missing are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holes {
    /// Those that were sent, as acknowledgments show.
    Proven,
    /// Also those that nobody acknowledged.
    All,
}

/// Since when, and through how many packets, a connection waits for bytes that should be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct AwaitedBytes {
    pub(super) begun: Timestamp,
    packets: u64,
    /// How far each stream had been reported.
    next: PerPeer<u64>,
    /// When the wait is over at last.
    pub(super) deadline: Timestamp,
}

impl AwaitedBytes {
    /// A wait that begins now, with the streams reported up to `next`.
    pub(super) const fn new(begun: Timestamp, next: PerPeer<u64>) -> Self {
        Self { begun, packets: 0, next, deadline: begun }
    }

    /// How long it is by now.
    pub(super) fn since(&self, now: Timestamp) -> Duration {
        now.since(self.begun)
    }

    /// Whether it is longer than packets come late.
    pub(super) fn is_long(&self, now: Timestamp, limits: &Limits) -> bool {
        self.since(now) > limits.reorder_wait() || self.packets > limits.reorder_packets
    }

    /// Whether a stream got on since it began.
    pub(super) const fn has_come(&self, next: PerPeer<u64>) -> bool {
        next.client > self.next.client || next.server > self.next.server
    }

    /// Another packet came: whether that is enough.
    pub(super) fn is_over(&mut self, now: Timestamp, patience: Patience, held: u64, limits: &Limits) -> bool {
        self.packets += 1;
        let waited = self.since(now);
        let (usual, longest) = (limits.reorder_wait(), limits.skew_wait());
        match patience {
            Patience::Apart => {
                self.deadline = self.begun.plus(longest);
                waited > longest || self.packets > APART_PACKETS || held > APART_BYTES
            }
            Patience::Hole => {
                self.deadline = self.begun.plus(longest);
                let enough = self.packets > PLACES && waited > usual;
                waited > longest || self.packets > limits.reorder_packets || enough
            }
            Patience::Reset => {
                self.deadline = self.begun.plus(usual);
                waited > usual || self.packets > limits.reorder_packets
            }
        }
    }
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Packets of another clock.
    Apart,
    /// Bytes that were acknowledged.
    Hole,
    /// What may stand after a reset in the capture, although it came before.
    Reset,
}
