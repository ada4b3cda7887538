//! Who gives back memory, and what, once the cap is reached.

use super::Out;
use super::batch::Reply;
use super::case::Followed;
use super::sessions::Sessions;
use crate::model::{Limit, Stamp};

/// Connections that are looked at to find the one that takes most.
const LOOKED_AT: usize = 16;

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
