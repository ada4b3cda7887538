//! What sessions take of memory, and how they keep to the cap on it.

use super::Out;
use super::batch::Reply;
use super::session::Account;
use super::sessions::{Followed, Inside, Sessions};
use crate::model::{Limit, Stamp};
use crate::ws::Session;

/// What the allocator adds to a piece of memory.
const ALLOCATION: usize = 16;

/// Sessions that are looked at to find the one that takes most.
const LOOKED_AT: usize = 16;

/// Bytes of memory that sessions take, roughly.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// Even if they hold nothing.
    least: u64,
    /// What they hold besides, …
    held: u64,
    /// … and of that what nobody would miss.
    idle: u64,
}

impl Memory {
    pub(super) const fn total(self) -> u64 {
        self.least + self.held
    }

    /// One of those summed up here takes other memory than before.
    pub(super) const fn replace(&mut self, before: Self, now: Self) {
        self.least = self.least + now.least - before.least;
        self.held = self.held + now.held - before.held;
        self.idle = self.idle + now.idle - before.idle;
    }
}

impl Inside {
    /// What it takes beside its session.
    const BESIDE: usize = size_of::<Self>() - size_of::<Session>() + 2 * ALLOCATION;

    /// Bytes of memory that it takes with a WebSocket, even if it holds nothing.
    pub(super) const LEAST_MEMORY: u64 = (Self::BESIDE + Session::LEAST_MEMORY) as u64;

    /// How much memory it takes now.
    fn weigh(&self) -> Memory {
        let (least, held) =
            self.case.account.as_ref().map_or((0, 0), |account| (account.least_memory(), account.memory()));
        let least = (Self::BESIDE + self.session.least_memory() + least) as u64;
        let held = (self.session.memory() + held) as u64;
        Memory { least, held, idle: self.session.idle_memory() as u64 }
    }
}

impl Sessions {
    /// Notes how much memory a connection takes now.
    #[inline]
    pub(super) fn weigh(memory: &mut Memory, inside: &mut Inside) {
        let now = inside.weigh();
        memory.replace(std::mem::replace(&mut inside.memory, now), now);
    }

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
            if reply.cramped || tcp + self.memory.total() <= self.ledger.config.limits.memory_bytes {
                return;
            }
            let heaviest = self.heaviest(latest);
            let Self { followed, ledger, memory, .. } = self;
            let inside = followed.get_mut(heaviest).and_then(|followed| followed.inside.as_mut());
            let Some(inside) = inside else {
                reply.cramped = true;
                return;
            };
            if inside.memory.idle >= SMALL {
                inside.session.rest();
            } else if memory.idle > memory.total() / 32 {
                // Others have memory to give that costs nothing; they come next.
            } else if inside.memory.held >= SMALL {
                inside.session.shed();
                inside.case.account.iter_mut().for_each(Account::shed);
                let summary = "connections would take more memory than the limit: of those that take most less is \
                               told, and compressed messages may not be inflated";
                ledger.limit(Limit::MemoryBytes, stamp, summary.to_owned(), out);
            } else {
                // Nobody has anything to give but his place.
                reply.cramped = true;
            }
            Self::weigh(memory, inside);
        }
    }

    /// The one that takes most, first of what nobody misses, among the next few and the one of the latest event.
    fn heaviest(&mut self, latest: usize) -> usize {
        let weight = |followed: Option<&Followed>| {
            followed
                .and_then(|followed| followed.inside.as_ref())
                .map(|inside| (inside.memory.idle, inside.memory.held))
        };
        let mut heaviest = (weight(self.followed.get(latest)), latest);
        let mut left = LOOKED_AT;
        for _ in 0..self.followed.len().min(4 * LOOKED_AT) {
            self.hand = if self.hand + 1 < self.followed.len() { self.hand + 1 } else { 0 };
            let candidate = (weight(self.followed.get(self.hand)), self.hand);
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
