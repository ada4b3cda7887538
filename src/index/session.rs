//! The frames and messages of one session.

use super::activity::Activity;
use super::chunked::{Chunked, Rows};
use super::end_row::EndRow;
use super::frame_row::FrameRow;
use super::message_row::{EndedMessage, MessageRows, Store};
use super::pings::{PingOrPong, UnansweredPings};
use crate::findings::{Severity, StreamEnd};
use crate::model::{Stamp, Timestamp};

/// Findings kept of frames that have not ended: each side has one frame at a time.
const EARLY: usize = 16;

/// Frames of which the activity is counted whenever somebody looks: most sessions have no more.
const FEW: usize = 1024;

/// What is remembered of a session besides its row in the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    frames: Chunked<FrameRow>,
    messages: Store,
    /// How far a frame's row lies from where its number would have it, at most: rows are in the order of last bytes,
    /// numbers in that of first ones.
    spread: usize,
    /// Of a session with more than a few frames.
    activity: Option<Box<Activity>>,
    phase: SessionPhase,
    /// Indexes of its findings. Boxed: most sessions have none.
    #[expect(clippy::box_collection, reason = "a third of the place, where there is nothing")]
    findings: Option<Box<Vec<u32>>>,
}

/// What is needed of a session besides its contents. Boxed: most of its life a session needs nothing.
#[derive(Clone, Debug, Default)]
enum SessionPhase {
    /// Nothing yet, or it is over and nobody ended it.
    #[default]
    Plain,
    /// It is open.
    Ongoing(Box<OngoingSession>),
    /// One side has ended TCP.
    OneEnd(Box<[EndRow; 1]>),
    /// Both sides have.
    BothEnds(Box<[EndRow; 2]>),
}

impl SessionPhase {
    /// Bytes allocated.
    fn bytes_held(&self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Ongoing(open) => size_of::<OngoingSession>() + open.pings.bytes_held(),
            Self::OneEnd(end) => size_of_val(&**end),
            Self::BothEnds(ends) => size_of_val(&**ends),
        }
    }
}

/// What is needed while a session is open.
#[derive(Clone, Debug, Default)]
struct OngoingSession {
    /// Of the frames that have not ended the findings made already.
    early: Vec<(u64, Severity)>,
    pings: UnansweredPings,
}

impl Contents {
    pub(super) const fn frames(&self) -> Rows<'_, FrameRow> {
        Rows::new(Some(&self.frames))
    }

    pub(super) const fn messages(&self) -> MessageRows<'_> {
        MessageRows::new(Some(&self.messages), self.frames())
    }

    /// Adds a frame to the session that began at `start`. Returns its row.
    pub(super) fn add_frame(
        &mut self,
        mut row: FrameRow,
        beat: Option<PingOrPong>,
        start: Timestamp,
    ) -> FrameRow {
        let at = self.frames.len();
        self.spread = self.spread.max(at.abs_diff(place_of(row.number())));
        if let SessionPhase::Ongoing(open) = &mut self.phase {
            open.early.retain(|(number, severity)| {
                let is_it = *number == row.number();
                if is_it {
                    row.add_severity(*severity);
                }
                !is_it
            });
        }
        if let Some(beat) = beat
            && let Some(open) = self.ongoing()
            && let Some(round_trip) = open.pings.take(row.from(), beat)
        {
            row.set_round_trip(round_trip);
        }
        self.frames.push(row);
        if let Some(activity) = &mut self.activity {
            activity.add(row.time(), row.received());
        } else if self.frames.len() > FEW {
            self.activity = Some(Box::new(self.activity(start)));
        }
        row
    }

    /// Its bytes over its time, from `start` on.
    pub(super) fn activity(&self, start: Timestamp) -> Activity {
        if let Some(activity) = &self.activity {
            return **activity;
        }
        let mut activity = Activity::starting_at(start);
        self.frames().iter().for_each(|row| activity.add(row.time(), row.received()));
        activity
    }

    /// Adds a message that ended with the last frame added.
    pub(super) fn add_message(&mut self, message: &EndedMessage) {
        let Some(last) = self.frames.len().checked_sub(1) else { return };
        let first = self.row_of(message.first_frame).unwrap_or(last);
        self.messages.push(message, (first, last));
        if let Some(row) = self.frames.at_mut(last) {
            row.set_message_bits(message.bits());
        }
    }

    /// The finding at this index is about it.
    pub(super) fn add_finding(&mut self, index: u32) {
        self.findings.get_or_insert_default().push(index);
    }

    /// Indexes of its findings.
    pub(super) fn findings(&self) -> &[u32] {
        self.findings.as_ref().map_or(&[], |findings| findings)
    }

    /// Marks a frame, now or when its row comes.
    pub(super) fn mark(&mut self, number: u64, severity: Severity) {
        if let Some(row) = self.row_of(number).and_then(|row| self.frames.at_mut(row)) {
            row.add_severity(severity);
            return;
        }
        if let Some(OngoingSession { early, .. }) = self.ongoing()
            && early.len() < EARLY
        {
            early.push((number, severity));
        }
    }

    /// What is needed while it is open, unless that is over.
    fn ongoing(&mut self) -> Option<&mut OngoingSession> {
        if matches!(self.phase, SessionPhase::Plain) {
            self.phase = SessionPhase::Ongoing(Box::default());
        }
        match &mut self.phase {
            SessionPhase::Ongoing(open) => Some(open),
            SessionPhase::Plain | SessionPhase::OneEnd(_) | SessionPhase::BothEnds(_) => None,
        }
    }

    /// Where the frame of this number stands among the frames.
    pub(super) fn row_of(&self, number: u64) -> Option<usize> {
        let place = place_of(number);
        let is_it = |at: &usize| self.frames.at(*at).is_some_and(|row| row.number() == number);
        // Most often it is close by.
        (0..=self.spread)
            .flat_map(|away| [place.checked_sub(away), place.checked_add(away)])
            .flatten()
            .find(is_it)
    }

    /// TCP ended so, and nothing follows: what was only needed for that goes.
    pub(super) fn finish(&mut self, ends: &[StreamEnd]) {
        if let Some(findings) = &mut self.findings {
            findings.shrink_to_fit();
        }
        let row = |end: &StreamEnd| {
            let frames = self.frames_before(end.stamp);
            EndRow::new(end, frames, self.messages().ended_before(frames))
        };
        self.phase = match ends {
            [] => SessionPhase::Plain,
            [one] => SessionPhase::OneEnd(Box::new([row(one)])),
            [first, second, ..] => SessionPhase::BothEnds(Box::new([row(first), row(second)])),
        };
    }

    /// How each side ended TCP, once it is over.
    pub(super) fn ends(&self) -> &[EndRow] {
        match &self.phase {
            SessionPhase::Plain | SessionPhase::Ongoing(_) => &[],
            SessionPhase::OneEnd(end) => &**end,
            SessionPhase::BothEnds(ends) => &**ends,
        }
    }

    /// How many frames had ended before this packet or in it: those of the other side may go on after a FIN.
    fn frames_before(&self, stamp: Stamp) -> usize {
        let end = (stamp.file, stamp.packet);
        let is_later =
            |at: usize| self.frames.at(at).is_some_and(|row| (row.last_file(), row.last_packet()) > end);
        (0..self.frames.len()).rev().find(|at| !is_later(*at)).map_or(0, |at| at + 1)
    }

    pub(super) fn bytes_held(&self) -> usize {
        self.frames.bytes_held()
            + self.messages.bytes_held()
            + self
                .findings
                .as_ref()
                .map_or(0, |list| size_of::<Vec<u32>>() + list.capacity() * size_of::<u32>())
            + self.activity.as_ref().map_or(0, |_| size_of::<Activity>())
            + self.phase.bytes_held()
    }
}

/// The row that a frame would have if frames ended in the order in which they began.
fn place_of(number: u64) -> usize {
    usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX)
}
