//! The traffic of a session over time, counted a piece at a time; that of the capture stands in the index. A part of the time
//! is looked at, and a cursor is at one moment of it.

use super::action::{Motion, Towards};
use crate::index::{Index, Stretches, Traffic};
use crate::model::{Peer, Timestamp};
use std::time::Duration;

/// Frames that are counted in one step: some milliseconds.
const STEP: usize = 200_000;

/// Columns in front of the bars.
pub(super) const LABEL: usize = 10;

/// What the plots show.
#[derive(Debug, Default)]
pub(super) struct Plots {
    /// One session's, or all of them.
    pub(super) session: Option<usize>,
    /// What was counted of the session, and how many of its frames and messages that is.
    counted: Traffic,
    frames: usize,
    messages: usize,
    /// The part of the time that is looked at, if not all of it.
    window: Option<(Timestamp, Timestamp)>,
    cursor: Option<Timestamp>,
}

/// What becomes of the part that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zoom {
    In,
    Out,
}

/// How many columns of bars fit into this width.
pub(super) fn columns(width: u16) -> usize {
    usize::from(width).saturating_sub(LABEL + 2).max(8)
}

impl Plots {
    /// Counts on: what is new of the session, or another one from its beginning. Returns whether there is more.
    pub(super) fn refresh(&mut self, index: &Index, session: Option<usize>) -> bool {
        if self.session != session {
            *self = Self { session, ..Self::default() };
        }
        let Some(session) = session else { return false };
        let (frames, messages) = (index.frames(session), index.messages(session));
        let end = self.frames + STEP;
        frames.range(self.frames..end).for_each(|row| self.counted.add_frame(&row));
        self.frames = end.min(frames.len());
        let end = self.messages + STEP;
        messages.range(self.messages..end).for_each(|row| self.counted.add_message(&row));
        self.messages = end.min(messages.len());
        self.frames < frames.len() || self.messages < messages.len()
    }

    /// What to draw.
    pub(super) const fn traffic<'a>(&'a self, index: &'a Index) -> &'a Traffic {
        if self.session.is_none() { index.traffic() } else { &self.counted }
    }

    /// Whether only a part of the time is looked at.
    pub(super) const fn is_zoomed(&self) -> bool {
        self.window.is_some()
    }

    /// The time that is looked at, in this many columns.
    pub(super) fn stretches(&self, index: &Index, count: usize) -> Stretches {
        let (begin, end) = self.window.or_else(|| self.traffic(index).span()).unwrap_or_default();
        Stretches { begin, end, count }
    }

    /// The column of the cursor.
    pub(super) fn column(&self, index: &Index, count: usize) -> usize {
        let stretches = self.stretches(index, count);
        self.traffic(index).stretch_of(self.cursor.unwrap_or(stretches.begin), stretches)
    }

    /// When the column of the cursor begins, and when it ends.
    pub(super) fn times(&self, index: &Index, count: usize) -> (Timestamp, Timestamp) {
        self.traffic(index).times_of(self.column(index, count), self.stretches(index, count))
    }

    /// Moves the cursor by a column.
    pub(super) fn step(&mut self, index: &Index, count: usize, towards: Towards) {
        let column = self.column(index, count);
        self.put(
            index,
            count,
            match towards {
                Towards::Left => column.saturating_sub(1),
                Towards::Right => column + 1,
            },
        );
    }

    /// Moves the cursor to an end, or by a page.
    pub(super) fn go(&mut self, index: &Index, count: usize, motion: Motion) {
        let column = self.column(index, count);
        match motion {
            Motion::Up | Motion::Down => {}
            Motion::PageUp | Motion::PageDown | Motion::First | Motion::Last => {
                self.put(index, count, motion.from(column, count, count / 4));
            }
        }
    }

    /// Puts the cursor into a column.
    pub(super) fn put(&mut self, index: &Index, count: usize, column: usize) {
        let (begin, _) =
            self.traffic(index).times_of(column.min(count.saturating_sub(1)), self.stretches(index, count));
        self.cursor = Some(begin);
    }

    /// Looks at half of the time around the cursor, or at twice as much. The cursor stays with what it was at.
    pub(super) fn zoom(&mut self, index: &Index, count: usize, zoom: Zoom) {
        let traffic = self.traffic(index);
        let Some((first, last)) = traffic.span() else { return };
        let Stretches { begin, end, .. } = self.stretches(index, count);
        let (from, to) = self.times(index, count);
        let (from, to) = (from.max(first), to.min(last).max(from));
        let shown = Duration::from_nanos(end.nanos_from(begin));
        let wanted = match zoom {
            // As long as each column has a time of its own.
            Zoom::In => (shown / 2).max(traffic.resolution() * u32::try_from(count).unwrap_or(u32::MAX)),
            Zoom::Out => shown * 2,
        };
        let part = Duration::from_nanos(from.nanos_from(begin)).as_secs_f64()
            / shown.as_secs_f64().max(f64::MIN_POSITIVE);
        let before = wanted.mul_f64(part.clamp(0.0, 1.0));
        // All that the cursor was at stays in view.
        let end = from.minus(before).plus(wanted).max(to).min(last);
        let begin = end.minus(wanted).max(first);
        let end = begin.plus(wanted).min(last);
        self.window = (begin > first || end < last).then_some((begin, end));
        let (traffic, stretches) = (self.traffic(index), self.stretches(index, count));
        let columns = traffic.stretch_of(from, stretches)..=traffic.stretch_of(to, stretches);
        let frames = Peer::BOTH.map(|peer| traffic.frames(peer, stretches));
        let most = columns
            .rev()
            .max_by_key(|column| frames.iter().filter_map(|frames| frames.get(*column)).sum::<u64>());
        self.cursor = Some(most.map_or(from, |column| traffic.times_of(column, stretches).0));
    }

    /// Looks at all of the time. Returns whether that was only a part before.
    pub(super) fn whole(&mut self) -> bool {
        self.window.take().is_some()
    }
}

/// The first frame at or after a time and before another one: its session and its row.
pub(super) fn first_frame(
    index: &Index,
    session: Option<usize>,
    (begin, end): (Timestamp, Timestamp),
) -> Option<(usize, u64)> {
    let sessions = match session {
        Some(session) => session..session + 1,
        None => 0..index.sessions().len(),
    };
    let first = |session: usize| {
        let row = index.sessions().get(session)?;
        if row.first().time >= end || row.last().time < begin {
            return None;
        }
        let frames = index.frames(session);
        // Frames are in the order of their first bytes.
        let (mut from, mut to) = (0, frames.len());
        while from < to {
            let middle = from.midpoint(to);
            if frames.get(middle).is_some_and(|row| row.time() < begin) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        let frame = frames.get(from).filter(|row| row.time() < end)?;
        Some((frame.time(), session, frame.number()))
    };
    sessions.filter_map(first).min().map(|(_, session, number)| (session, number))
}
