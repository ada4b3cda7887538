//! One thing that was told of a session, told once more.

use super::run::Listener;
use super::{PACKETS, Replay, ReplayError, position};
use crate::analyzer::{Output, Place, SessionSummary};
use crate::index::SessionRow;
use crate::model::SessionId;
use crate::ws::{Frame, Message, Upgrade};
use std::sync::atomic::Ordering;

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// Waits for one fact, and tells it with the numbers that it had when it was told first.
struct Once<'a> {
    fact: Fact,
    place: Place,
    row: SessionRow,
    is_told: bool,
    out: &'a mut dyn FnMut(&Output<'_>),
}

impl Once<'_> {
    fn tell(&mut self, fact: Fact, output: &Output<'_>) {
        if fact == self.fact && !self.is_told {
            self.is_told = true;
            (self.out)(output);
        }
    }
}

impl Listener for Once<'_> {
    fn upgrade(&mut self, upgrade: &Upgrade) {
        let place = self.place;
        self.tell(Fact::Upgrade, &Output::Upgrade(&place, upgrade));
    }

    fn frame(&mut self, _row: usize, frame: &Frame<'_>) {
        let place = self.place;
        self.tell(Fact::Frame(frame.number), &Output::Frame(&place, frame));
    }

    fn message(&mut self, message: &Message<'_>) {
        let place = self.place;
        self.tell(Fact::Message(message.number), &Output::Message(&place, message));
    }

    fn session(&mut self, summary: &SessionSummary) {
        let row = &self.row;
        // Findings that came of other connections as well are counted there only.
        let (findings, worst) = (row.findings.into(), row.worst);
        let summary = SessionSummary { place: self.place, findings, worst, ..summary.clone() };
        self.tell(Fact::Session, &Output::Session(&summary));
    }
}

impl Replay {
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
        let row = self.look().sessions().get(position(session)?).cloned().ok_or(ReplayError::Absent)?;
        let mut once = Once { fact, place: row.place(), row, is_told: false, out };
        let mut run = self.start(session)?;
        let mut patience = PACKETS;
        while !once.is_told && !run.is_over() {
            run.step(&mut once);
            self.check(&mut patience)?;
            if patience == PACKETS && self.pause_flag().load(Ordering::Relaxed) {
                return Err(ReplayError::Cancelled);
            }
        }
        if once.is_told { Ok(()) } else { Err(ReplayError::Absent) }
    }
}
