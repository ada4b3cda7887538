//! Who frees memory, and what, once the cap is reached.

use super::Out;
use super::batch::Reply;
use super::case::Followed;
use super::sessions::Sessions;
use crate::model::{Limit, Stamp};

/// Connections that are looked at to find the one that takes most.
const LOOKED_AT: usize = 16;

impl Sessions {
    /// If connections exceed the cap, with `tcp` bytes for TCP, makes some of them free what they can.
    #[cold]
    pub(super) fn give_back(
        &mut self,
        latest: usize,
        tcp: u64,
        stamp: Stamp,
        reply: &mut Reply,
        out: &mut Out<'_>,
    ) {
        /// How many sessions free memory at each event: enough to outweigh what the event can add.
        const AT_ONCE: usize = 4;
        /// Smaller amounts are not worth freeing.
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
                // Other sessions have idle memory, which costs nothing to free; their turn comes next.
            } else if inside.footprint.held >= SMALL {
                inside.layers.shed();
                inside.case.accounts.iter_mut().for_each(|entry| entry.account.shed());
                let summary = "connections would need more memory than the limit: the largest sessions are \
                               reported in less detail, and compressed messages may not be inflated";
                ledger.limit(Limit::MemoryBytes, stamp, summary.to_owned(), out);
            } else {
                // No session has anything left to free but its slot.
                reply.cramped = true;
            }
            budget.weigh(inside);
        }
    }

    /// The connection that takes most memory, counting idle memory first, among the next few and the one of the latest
    /// event.
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
