//! The cap on memory, what all connections take of it, and who frees what once it is reached.

use super::Out;
use super::batch::BatchReply;
use super::case::{FollowedConnection, LayeredConnection};
use super::ledger::Ledger;
use crate::model::{Footprint, Hand, Limit, Stamp};

/// What a connection can free that is worth it: freeing looks at each of its streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Spare {
    /// Nothing.
    #[default]
    Nothing,
    /// This many bytes, at the cost of detail in the report.
    Held(u64),
    /// This many bytes, at the cost of time alone.
    Idle(u64),
}

impl Spare {
    fn of(inside: &LayeredConnection) -> Self {
        /// Smaller amounts are not worth shedding, nor are smaller shares of what a connection takes in any case.
        const SMALL: u64 = 512;
        const SHARE: u64 = 16;
        if is_much_idle(inside.footprint) {
            Self::Idle(inside.footprint.idle)
        } else if inside.can_shed() >= SMALL.max(inside.footprint.least / SHARE) {
            Self::Held(inside.can_shed())
        } else {
            Self::Nothing
        }
    }
}

/// Whether more than a small share of it is idle. If that is so for all connections together, it is so for at least one
/// of them.
const fn is_much_idle(footprint: Footprint) -> bool {
    const SHARE: u64 = 32;
    footprint.idle > footprint.total() / SHARE
}

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
    /// How many slots in a row the hand has passed where there was nothing to free.
    passed: usize,
    /// The cap is exceeded, and the hand has gone round without finding anything to free.
    is_cramped: bool,
}

impl Budget {
    pub(super) fn new(cap: u64) -> Self {
        Self {
            cap,
            sum: Footprint::default(),
            connections: 0,
            hand: Hand::default(),
            passed: 0,
            is_cramped: false,
        }
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

    /// The cap is not exceeded: connections may hold more again without being asked to free it.
    #[inline]
    pub(super) const fn relax(&mut self) {
        self.passed = 0;
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
        for _ in 0..AT_ONCE * events {
            if self.is_cramped || !self.is_exceeded(tcp) {
                return;
            }
            let (spare, heaviest) = self.most_to_spare(followed, latest);
            let inside = followed.get_mut(heaviest).and_then(|followed| followed.inside.as_mut());
            match (spare, inside) {
                (Spare::Idle(_), Some(inside)) => {
                    inside.layers.rest();
                    self.weigh(inside);
                }
                // Others have idle memory, which costs nothing to free: their turn comes next.
                (Spare::Held(_), Some(_)) if is_much_idle(self.sum) => {}
                (Spare::Held(_), Some(inside)) => {
                    inside.layers.shed();
                    inside.case.accounts.iter_mut().for_each(|entry| entry.account.shed());
                    let summary = "connections would need more memory than the limit: the largest sessions are \
                                   reported in less detail, and compressed messages may not be inflated";
                    ledger.limit(Limit::MemoryBytes, stamp, summary.to_owned(), out);
                    self.weigh(inside);
                    inside.kept = inside.footprint.held;
                }
                (Spare::Nothing, _) | (_, None) => {
                    // No session has anything left to free but its slot.
                    self.is_cramped = self.passed >= followed.len();
                }
            }
        }
    }

    /// The connection that can free most, idle memory first, among the next few and the one of the latest event.
    fn most_to_spare(&mut self, followed: &[FollowedConnection], latest: usize) -> (Spare, usize) {
        /// Slots that are looked at.
        const SLOTS: usize = 64;
        /// Connections that are compared if one of them has something to free.
        const COMPARED: usize = 16;
        let inside = |slot: usize| followed.get(slot).and_then(|followed| followed.inside.as_ref());
        let (mut most, mut place, mut compared) = (Spare::Nothing, latest, 0);
        for _ in 0..followed.len().min(SLOTS) {
            let slot = self.hand.turn(followed.len());
            self.passed += 1;
            let Some(inside) = inside(slot) else { continue };
            compared += 1;
            let spare = Spare::of(inside);
            if spare > most {
                (most, place) = (spare, slot);
            }
            if most > Spare::Nothing {
                self.passed = 0;
                if compared >= COMPARED {
                    break;
                }
            }
        }
        // What the latest connection adds it frees at once: that does not keep the hand from going round.
        let latest = inside(latest).map_or((Spare::Nothing, latest), |inside| (Spare::of(inside), latest));
        latest.max((most, place))
    }

    /// Tells TCP how much room there is for it, if too little, and how much one session takes at least.
    pub(super) fn reply(&mut self, reply: &mut BatchReply) {
        let room = self.cap.cast_signed() - self.sum.total().cast_signed();
        reply.room = std::mem::take(&mut self.is_cramped).then_some(room);
        if reply.room.is_some() {
            // TCP makes room now; whether that is enough is seen when the hand has gone round once more.
            self.passed = 0;
        }
        reply.each = self.sum.least.checked_div(self.connections).unwrap_or_default();
    }
}
