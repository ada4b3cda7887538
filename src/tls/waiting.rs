//! What waits: early data for what the server decides about it, and everything for secrets.

use std::collections::VecDeque;

use crate::model::Peer;

use super::reason::Reason;
use super::secrets::Secrets;
use super::session::{Event, Expecting, RecordEvent, Tls, WaitingFor};

/// How many bytes a peer sends before the other one answers, at most: what early data waits for its key with.
const EARLY: u64 = 1 << 20;

impl Tls {
    /// Goes on with what waits for secrets, if more have come.
    pub fn unlock(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        if secrets.revision() == self.revision {
            return;
        }
        match self.hold {
            WaitingFor::Secrets => {
                self.hold = WaitingFor::Nothing;
                self.release(secrets, out);
            }
            WaitingFor::GivenUp => {
                self.revision = secrets.revision();
                self.come_too_late(secrets);
            }
            WaitingFor::Nothing | WaitingFor::Early | WaitingFor::Over => {}
        }
    }

    /// No more secrets will come: what waits for them is told without.
    pub fn expect_no_more(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        self.expecting = Expecting::Nothing;
        if self.hold == WaitingFor::Secrets {
            self.hold = WaitingFor::Over;
            self.release(secrets, out);
        }
    }

    /// Whether records wait for secrets.
    pub fn is_waiting(&self) -> bool {
        self.hold == WaitingFor::Secrets
    }

    /// Whether secrets that come now change what is told of it: records wait for them, or did until they were let go, and that
    /// these came too late is why they stay closed.
    pub fn is_concerned(&self) -> bool {
        let lacks = |peer| self.lanes.of(peer).reason.is_some_and(Reason::is_lack);
        self.is_waiting() || self.hold == WaitingFor::GivenUp && Peer::BOTH.into_iter().any(lacks)
    }

    /// Records were let go for want of secrets that are there by now.
    fn come_too_late(&mut self, secrets: &Secrets) {
        let is_there = |random| !secrets.about(&random).entries.is_empty();
        if !self.facts.client_random.is_some_and(is_there) {
            return;
        }
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            if lane.reason.is_some_and(Reason::is_lack) {
                lane.reason = Some(Reason::SecretsTooLate);
            }
        }
    }

    pub(super) fn take(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let ends = matches!(item, RecordEvent::End(_));
        let waits = match self.hold {
            WaitingFor::Secrets => true,
            WaitingFor::Early => from == Peer::Client,
            WaitingFor::Nothing | WaitingFor::GivenUp | WaitingFor::Over => false,
        };
        if waits {
            self.hold_back(from, item, secrets, out);
            if self.hold == WaitingFor::Early {
                self.try_held(secrets, out);
            }
        } else if let Some(item) = self.follow(from, item, secrets, out) {
            self.hold_back(from, item, secrets, out);
        }
        *self.over.of_mut(from) |= ends;
        let may_come = self.hold == WaitingFor::Secrets && self.expecting != Expecting::Nothing;
        if self.over.client && self.over.server && !self.held.is_empty() && !may_come {
            // What waits is told without.
            self.hold = WaitingFor::Over;
            self.release(secrets, out);
        }
    }

    /// Holds an item until it can be read.
    fn hold_back(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let mut came = None;
        if let RecordEvent::Record(record) = &item {
            came = Some(record.stamp);
        }
        self.held_bytes += item.weight();
        self.held.push_back((from, item));
        let most = match (self.hold, self.expecting) {
            (WaitingFor::Secrets, Expecting::Secrets { held_bytes }) => held_bytes,
            (WaitingFor::Secrets, Expecting::Nothing)
            | (
                WaitingFor::Nothing | WaitingFor::Early | WaitingFor::GivenUp | WaitingFor::Over,
                Expecting::Nothing | Expecting::Secrets { .. },
            ) => EARLY,
        };
        if self.held_bytes > most {
            if let (WaitingFor::Secrets, Some(stamp), Some(random)) =
                (self.hold, came, self.facts.client_random)
            {
                out(Event::GaveUp(random, stamp));
            }
            self.hold = WaitingFor::GivenUp;
            self.tries_early |= self.trial.take().is_some();
            self.release(secrets, out);
        } else if let Some(stamp) = came.filter(|_| self.hold == WaitingFor::Secrets) {
            self.tell_sealed(stamp, out);
        }
    }

    /// Follows what was held, until something has to wait again.
    pub(super) fn release(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        while let Some((from, item)) = self.held.pop_front() {
            let weight = item.weight();
            self.held_bytes = self.held_bytes.saturating_sub(weight);
            if let Some(item) = self.follow(from, item, secrets, out) {
                self.held_bytes += weight;
                self.held.push_front((from, item));
                return;
            }
        }
        // The room of what waited is not kept for what may never wait again.
        self.held = VecDeque::new();
    }

    /// Follows an item, or gives it back because it has to wait.
    fn follow(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Option<RecordEvent> {
        match item {
            RecordEvent::Record(record) => self.record(from, record, secrets, out).map(RecordEvent::Record),
            RecordEvent::Gap(gap) => {
                self.lose(from, gap, out);
                None
            }
            RecordEvent::End(end) => {
                self.end(from, end, secrets, out);
                None
            }
        }
    }
}
