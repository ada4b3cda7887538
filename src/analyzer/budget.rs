//! The cap on memory, what all connections take of it, and who frees what once it is reached.

use super::Out;
use super::batch::BatchReply;
use super::case::{FollowedConnection, LayeredConnection};
use super::ledger::Ledger;
use crate::model::{Footprint, Hand, Limit, Stamp};

/// Connections that are looked at to find the one that takes most.
const LOOKED_AT: usize = 16;

/// The cap on memory, what all connections use of it, and the hand that goes round among them.
#[derive(Debug)]
pub(super) struct Budget {
    /// [`Limits::memory_bytes`](crate::model::Limits::memory_bytes).
    cap: u64,
    /// What all connections with bytes take, besides what TCP takes.
    sum: Footprint,
    /// How many they are.
    connections: u64,
    /// The slot that was looked at last.
    hand: Hand,
    /// The cap is exceeded, and sessions have nothing left to free.
    is_cramped: bool,
}

impl Budget {
    pub(super) fn new(cap: u64) -> Self {
        Self { cap, sum: Footprint::default(), connections: 0, hand: Hand::default(), is_cramped: false }
    }

    /// A connection begins.
    pub(super) fn begin(&mut self, inside: &mut LayeredConnection) {
        self.connections += 1;
        self.weigh(inside);
    }

    /// A connection is over.
    pub(super) fn end(&mut self, inside: &LayeredConnection) {
        self.connections -= 1;
        self.sum = self.sum - inside.footprint;
    }

    /// Updates how much memory a connection takes.
    #[inline]
    pub(super) fn weigh(&mut self, inside: &mut LayeredConnection) {
        let now = inside.footprint();
        if now != inside.footprint {
            self.sum = self.sum + now - std::mem::replace(&mut inside.footprint, now);
        }
    }

    /// Whether the cap is exceeded, together with what TCP takes.
    #[inline]
    pub(super) const fn is_exceeded(&self, tcp: Footprint) -> bool {
        tcp.total() + self.sum.total() > self.cap
    }

    /// If connections exceed the cap, together with what TCP takes, makes some of them free what they can.
    #[cold]
    pub(super) fn give_back(
        &mut self,
        followed: &mut [FollowedConnection],
        ledger: &mut Ledger,
        (latest, events): (usize, usize),
        tcp: Footprint,
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        /// How many sessions free memory for each event: enough to outweigh what the event can add.
        const AT_ONCE: usize = 4;
        /// Smaller amounts are not worth freeing, nor are smaller shares of what a session takes in any case: freeing looks
        /// at each of its streams.
        const SMALL: u64 = 512;
        const SHARE: u64 = 16;
        for _ in 0..AT_ONCE * events {
            if self.is_cramped || !self.is_exceeded(tcp) {
                return;
            }
            let heaviest = self.heaviest(followed, latest);
            let inside = followed.get_mut(heaviest).and_then(|followed| followed.inside.as_mut());
            let Some(inside) = inside else {
                self.is_cramped = true;
                return;
            };
            let small = SMALL.max(inside.footprint.least / SHARE);
            if inside.footprint.idle >= small {
                inside.layers.rest();
            } else if self.sum.idle > self.sum.total() / 32 {
                // Other sessions have idle memory, which costs nothing to free; their turn comes next.
            } else if inside.can_shed() >= small {
                inside.layers.shed();
                inside.case.accounts.iter_mut().for_each(|entry| entry.account.shed());
                let summary = "connections would need more memory than the limit: the largest sessions are \
                               reported in less detail, and compressed messages may not be inflated";
                ledger.limit(Limit::MemoryBytes, stamp, summary.to_owned(), out);
                self.weigh(inside);
                inside.kept = inside.footprint.held;
                continue;
            } else {
                // No session has anything left to free but its slot.
                self.is_cramped = true;
            }
            self.weigh(inside);
        }
    }

    /// The connection that takes most memory, counting idle memory first, among the next few and the one of the latest
    /// event.
    fn heaviest(&mut self, followed: &[FollowedConnection], latest: usize) -> usize {
        let weight = |followed: Option<&FollowedConnection>| {
            followed
                .and_then(|followed| followed.inside.as_ref())
                .map(|inside| (inside.footprint.idle, inside.can_shed()))
        };
        let mut heaviest = (weight(followed.get(latest)), latest);
        let mut left = LOOKED_AT;
        for _ in 0..followed.len().min(4 * LOOKED_AT) {
            let hand = self.hand.turn(followed.len());
            let candidate = (weight(followed.get(hand)), hand);
            left -= usize::from(candidate.0.is_some());
            if candidate.0 > heaviest.0 {
                heaviest = candidate;
            }
            if left == 0 {
                break;
            }
        }
        heaviest.1
    }

    /// Tells TCP how much room there is for it, if too little, and how much one session takes at least.
    pub(super) fn reply(&mut self, reply: &mut BatchReply) {
        let room = self.cap.cast_signed() - self.sum.total().cast_signed();
        reply.room = std::mem::take(&mut self.is_cramped).then_some(room);
        reply.each = self.sum.least.checked_div(self.connections).unwrap_or_default();
    }
}
