//! The cap on memory, and who gives back what where it is reached.

use super::Out;
use super::batch::Reply;
use super::sessions::{Followed, Inside, Sessions};
use crate::model::{Footprint, Limit, Stamp};

/// Connections that are looked at to find the one that takes most.
const LOOKED_AT: usize = 16;

/// The cap on memory, what all connections take of it, and the hand that goes round among them.
#[derive(Debug)]
pub(super) struct Budget {
    /// [`Limits::memory_bytes`](crate::model::Limits::memory_bytes).
    cap: u64,
    /// What all connections with bytes take, besides what TCP takes.
    sum: Footprint,
    /// How many they are.
    connections: u64,
    /// The slot that was looked at last.
    hand: usize,
}

impl Budget {
    pub(super) fn new(cap: u64) -> Self {
        Self { cap, sum: Footprint::default(), connections: 0, hand: 0 }
    }

    /// A connection begins.
    pub(super) fn begin(&mut self, inside: &mut Inside) {
        self.connections += 1;
        self.weigh(inside);
    }

    /// A connection is over.
    pub(super) fn end(&mut self, inside: &Inside) {
        self.connections -= 1;
        self.sum = self.sum - inside.footprint;
    }

    /// Asks a connection how much memory it takes now.
    #[inline]
    pub(super) fn weigh(&mut self, inside: &mut Inside) {
        let now = inside.footprint();
        self.sum = self.sum + now - std::mem::replace(&mut inside.footprint, now);
    }

    /// Whether it is too much, where TCP takes `tcp` bytes.
    #[inline]
    pub(super) const fn is_exceeded(&self, tcp: u64) -> bool {
        tcp + self.sum.total() > self.cap
    }

    /// Tells TCP what there is, and how much of it one connection takes at least.
    pub(super) fn reply(&self, reply: &mut Reply) {
        reply.memory = self.sum.total();
        reply.each = self.sum.least.checked_div(self.connections).unwrap_or_default();
    }

    /// Moves the hand to the next slot, of this many.
    const fn turn(&mut self, slots: usize) -> usize {
        self.hand = if self.hand + 1 < slots { self.hand + 1 } else { 0 };
        self.hand
    }
}

impl Inside {
    /// What it takes of memory.
    #[inline]
    fn footprint(&self) -> Footprint {
        Footprint::of::<Self>() + self.layers.footprint() + self.case.accounts.footprint()
    }
}

impl Sessions {
    /// Where connections take more memory than they may, `tcp` bytes of it for TCP, has some give back what they can.
    #[cold]
    pub(super) fn give_back(
        &mut self,
        latest: usize,
        tcp: u64,
        stamp: Stamp,
        reply: &mut Reply,
        out: &mut Out<'_>,
    ) {
        /// Sessions that give back at each event: more than an event can make them take.
        const AT_ONCE: usize = 4;
        /// What takes less is no use to shorten.
        const SMALL: u64 = 512;
        for _ in 0..AT_ONCE {
            if reply.cramped || !self.budget.is_exceeded(tcp) {
                return;
            }
            let heaviest = self.heaviest(latest);
            let Self { followed, ledger, budget, .. } = self;
            let inside = followed.get_mut(heaviest).and_then(|followed| followed.inside.as_mut());
            let Some(inside) = inside else {
                reply.cramped = true;
                return;
            };
            if inside.footprint.idle >= SMALL {
                inside.layers.rest();
            } else if budget.sum.idle > budget.sum.total() / 32 {
                // Others have memory to give that costs nothing; they come next.
            } else if inside.footprint.held >= SMALL {
                inside.layers.shed();
                inside.case.accounts.iter_mut().for_each(|entry| entry.account.shed());
                let summary = "connections would need more memory than the limit: the largest sessions are \
                               reported in less detail, and compressed messages may not be inflated";
                ledger.limit(Limit::MemoryBytes, stamp, summary.to_owned(), out);
            } else {
                // Nobody has anything to give but his place.
                reply.cramped = true;
            }
            budget.weigh(inside);
        }
    }

    /// The one that takes most, first of what nobody misses, among the next few and the one of the latest event.
    fn heaviest(&mut self, latest: usize) -> usize {
        let weight = |followed: Option<&Followed>| {
            followed
                .and_then(|followed| followed.inside.as_ref())
                .map(|inside| (inside.footprint.idle, inside.footprint.held))
        };
        let mut heaviest = (weight(self.followed.get(latest)), latest);
        let mut left = LOOKED_AT;
        for _ in 0..self.followed.len().min(4 * LOOKED_AT) {
            let hand = self.budget.turn(self.followed.len());
            let candidate = (weight(self.followed.get(hand)), hand);
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
}
