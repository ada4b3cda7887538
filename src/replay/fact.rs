//! One thing that was told of a session, told once more.

use super::ReplayError;
use super::carriers::Carried;
use super::payloads::{PACKETS, Replay, position};
use super::run::Listener;
use super::seen::{Listed, Sighting};
use crate::analyzer::{Output, Place, SessionSummary};
use crate::index::{Index, SessionRow};
use crate::model::{Peer, SessionId};
use crate::upgrade::Upgrade;
use crate::ws::{Frame, Message};
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock};

/// What is to be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fact {
    /// The attempt that it began with.
    Upgrade,
    /// The frame of this number.
    Frame(u64),
    /// The message of this number.
    Message(u64),
    /// The session in figures, once it is over.
    Session,
}

/// Waits for one fact, and tells it with the numbers that it had when it was reported first.
struct Once<'a> {
    fact: Fact,
    place: Place,
    row: SessionRow,
    position: usize,
    index: &'a RwLock<Index>,
    /// What became of it, once it came.
    told: Option<Result<(), ReplayError>>,
    out: &'a mut dyn FnMut(&Output<'_>),
}

impl Once<'_> {
    fn tell(&mut self, fact: Fact, output: &Output<'_>, is_same: impl FnOnce(&Self) -> bool) {
        if fact == self.fact && self.told.is_none() {
            let is_same = is_same(self);
            self.told = Some(if is_same { Ok(()) } else { Err(ReplayError::Differs) });
            if is_same {
                (self.out)(output);
            }
        }
    }

    fn is_listed(&self, seen: Sighting) -> bool {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        seen.look_up(&index, self.position) == Listed::Same
    }
}

impl Listener for Once<'_> {
    fn upgrade(&mut self, upgrade: &Upgrade) {
        let place = self.place;
        self.tell(Fact::Upgrade, &Output::Upgrade(&place, upgrade), |once| once.row.is_attempt(upgrade));
    }

    fn frame(&mut self, _row: usize, frame: &Frame<'_>, _carried: Carried, seen: Sighting) {
        let place = self.place;
        self.tell(Fact::Frame(frame.number), &Output::Frame(&place, frame), |once| once.is_listed(seen));
    }

    fn message(&mut self, message: &Message<'_>, seen: Sighting) {
        let place = self.place;
        let fact = Fact::Message(message.number);
        self.tell(fact, &Output::Message(&place, message), |once| once.is_listed(seen));
    }

    fn session(&mut self, summary: &SessionSummary) {
        let row = &self.row;
        // Findings that came of other connections as well are counted there only, and other legs are not looked at.
        let (findings, worst) = (row.findings.into(), row.worst);
        let leg_of = row.leg_of.as_deref().copied();
        let summary = SessionSummary { place: self.place, leg_of, findings, worst, ..summary.clone() };
        self.tell(Fact::Session, &Output::Session(&summary), |once| once.row.is_summed_up(&summary));
    }
}

/// Tells the messages of one side.
struct Every<'a> {
    from: Peer,
    place: Place,
    out: &'a mut dyn FnMut(&Output<'_>),
}

impl Listener for Every<'_> {
    fn frame(&mut self, _row: usize, _frame: &Frame<'_>, _carried: Carried, _seen: Sighting) {}

    fn message(&mut self, message: &Message<'_>, _seen: Sighting) {
        if message.from == self.from {
            (self.out)(&Output::Message(&self.place, message));
        }
    }
}

impl Replay {
    /// Has `out` told every message that a side sent in a session, payload and all.
    ///
    /// # Errors
    /// The capture cannot be read again.
    pub fn tell_messages(
        &mut self,
        session: SessionId,
        from: Peer,
        out: &mut dyn FnMut(&Output<'_>),
    ) -> Result<(), ReplayError> {
        let row = self.look().sessions().get(position(session)?).cloned().ok_or(ReplayError::Absent)?;
        let mut every = Every { from, place: row.place(), out };
        let mut run = self.start(session)?;
        let mut patience = PACKETS;
        while !run.is_over() {
            run.step(&mut every);
            self.check(&mut patience)?;
        }
        Ok(())
    }

    /// Has `out` told one thing about a session as the analyzer told it first, payload and all.
    ///
    /// # Errors
    /// The capture cannot be read again, or does not hold it.
    pub fn tell(
        &mut self,
        session: SessionId,
        fact: Fact,
        out: &mut dyn FnMut(&Output<'_>),
    ) -> Result<(), ReplayError> {
        let position = position(session)?;
        let row = self.look().sessions().get(position).cloned().ok_or(ReplayError::Absent)?;
        let index = &self.index;
        let mut once = Once { fact, place: row.place(), row, position, index, told: None, out };
        let mut run = self.start(session)?;
        let mut patience = PACKETS;
        while once.told.is_none() && !run.is_over() {
            run.step(&mut once);
            self.check(&mut patience)?;
            if patience == PACKETS && self.pause_flag().load(Ordering::Relaxed) {
                return Err(ReplayError::Cancelled);
            }
        }
        once.told.unwrap_or(Err(ReplayError::Absent))
    }
}
