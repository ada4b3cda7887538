//! Connections that go: those that are over, idle for too long, or in the way where a cap is reached.

use super::entry::{Entry, Tracked};
use super::{ConnectionTable, Out, Slot};
use crate::model::{GapCause, Shortage, Stamp, Timestamp};
use crate::tcp::connection::ConnectionEvent;
use crate::tcp::patience::Holes;
use std::time::Duration;

/// How long a closed connection is remembered, so that its late packets do not open a new one.
const TIME_WAIT: Duration = Duration::from_secs(60);

/// How many connections are looked at to find the one that should go.
const VICTIMS: usize = 16;

impl ConnectionTable {
    /// Finishes the connection in `slot` and frees the slot.
    pub(crate) fn forget(&mut self, slot: Slot, out: &mut Out<'_>) {
        self.begin(slot, out);
        let Some(mut entry) = self.entries.get_mut(slot.index()).and_then(Option::take) else { return };
        match &mut entry {
            Entry::Followed(tracked) => {
                let Tracked { connection, reassembly, .. } = &mut **tracked;
                self.held_bytes -= reassembly.held_bytes();
                let until = self.watch.until(connection.last.time);
                let common = &mut self.common;
                reassembly
                    .finish(connection, until, common, &mut |connection, event| out(slot, connection, event));
            }
            Entry::Over(_) => self.over -= 1,
        }
        if let Ok(place) = self.index.find_entry(self.seed.hash(entry.key()), |other| *other == slot) {
            place.remove();
        }
        self.free.push(slot);
    }

    /// Nothing came for a while, as the source's clock tells: lets every connection go that is over or idle for too
    /// long, which otherwise later packets would do one by one.
    pub(crate) fn sweep(&mut self, out: &mut Out<'_>) {
        for _ in 0..self.entries.len() {
            self.sweep_one(self.watch.now(), out);
        }
    }

    /// Looks at one connection and forgets it if it is over or idle for too long.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "every packet pays for it")]
    pub(super) fn sweep_one(&mut self, now: Timestamp, out: &mut Out<'_>) {
        let slot = self.turn();
        let idle = self.common.limits.idle();
        let over = self
            .entry(slot)
            .is_some_and(|entry| now.since(entry.last()) > if entry.is_over() { TIME_WAIT } else { idle });
        if over {
            self.forget_idle(slot, out);
        }
    }

    /// Forgets a connection that is over or idle for too long.
    #[cold]
    fn forget_idle(&mut self, slot: Slot, out: &mut Out<'_>) {
        if let Some(entry) = self.followed(slot).filter(|entry| !entry.reassembly.is_closed()) {
            let stamp = entry.connection.last;
            out(slot, &entry.connection, ConnectionEvent::LimitReached { shortage: Shortage::Idle, stamp });
        }
        self.forget(slot, out);
    }

    /// The next slot in turn.
    fn turn(&mut self) -> Slot {
        // There are no more than a cap allows, which counts in tens of thousands.
        Slot(u32::try_from(self.hand.turn(self.entries.len())).unwrap_or(u32::MAX))
    }

    /// There is no room: forgets the connection that was quiet longest among the next few, closed ones first.
    pub(crate) fn make_room(&mut self, shortage: Shortage, stamp: Stamp, out: &mut Out<'_>) {
        let mut victim: Option<(bool, Timestamp, Slot)> = None;
        let mut found = 0;
        for _ in 0..self.entries.len() {
            let slot = self.turn();
            let Some(entry) = self.entry(slot) else { continue };
            let candidate = (!entry.is_over(), entry.last(), slot);
            victim = Some(victim.map_or(candidate, |best| best.min(candidate)));
            found += 1;
            if found == VICTIMS {
                break;
            }
        }
        let Some((open, _, slot)) = victim else { return };
        if open && let Some(entry) = self.followed(slot) {
            out(slot, &entry.connection, ConnectionEvent::LimitReached { shortage, stamp });
        }
        self.forget(slot, out);
    }

    /// Too many bytes wait in all connections together: this one goes on without what it waits for.
    pub(super) fn let_go_of_held(&mut self, slot: Slot, out: &mut Out<'_>) {
        let Some(Tracked { connection, reassembly, .. }) = self.followed(slot) else { return };
        if reassembly.is_patient(connection) {
            // What it waits for may never come.
            return self.expire(slot, out);
        }
        let event =
            ConnectionEvent::LimitReached { shortage: Shortage::ReorderTotal, stamp: connection.last };
        out(slot, connection, event);
        self.change(slot, |Tracked { connection, reassembly, .. }, common| {
            reassembly.give_up(connection, Holes::All, GapCause::Limit, common, &mut |connection, event| {
                out(slot, connection, event);
            });
        });
    }
}
