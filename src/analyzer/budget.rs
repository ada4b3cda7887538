//! The cap on memory, and what all connections take of it.

use super::batch::Reply;
use super::case::Inside;
use crate::model::Footprint;

/// The cap on memory, what all connections use of it, and the hand that goes round among them.
#[derive(Debug)]
pub(super) struct Budget {
    /// [`Limits::memory_bytes`](crate::model::Limits::memory_bytes).
    cap: u64,
    /// What all connections with bytes take, besides what TCP takes.
    pub(super) sum: Footprint,
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

    /// Updates how much memory a connection takes.
    #[inline]
    pub(super) fn weigh(&mut self, inside: &mut Inside) {
        let now = inside.footprint();
        if now != inside.footprint {
            self.sum = self.sum + now - std::mem::replace(&mut inside.footprint, now);
        }
    }

    /// Whether the cap is exceeded if TCP takes `tcp` bytes.
    #[inline]
    pub(super) const fn is_exceeded(&self, tcp: u64) -> bool {
        tcp + self.sum.total() > self.cap
    }

    /// Tells TCP how much memory sessions take, and how much one connection takes at least.
    pub(super) fn reply(&self, reply: &mut Reply) {
        reply.memory = self.sum.total();
        reply.each = self.sum.least.checked_div(self.connections).unwrap_or_default();
    }

    /// Moves the hand to the next slot, of this many.
    pub(super) const fn turn(&mut self, slots: usize) -> usize {
        self.hand = if self.hand + 1 < slots { self.hand + 1 } else { 0 };
        self.hand
    }
}

impl Inside {
    /// What it takes of memory.
    #[inline]
    fn footprint(&mut self) -> Footprint {
        Footprint::of::<Self>() + self.layers.footprint() + self.case.accounts.footprint()
    }
}
