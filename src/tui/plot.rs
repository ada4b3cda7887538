//! The traffic of a session over time, counted a piece at a time; that of the capture stands in the index.

use crate::index::{Index, Traffic};

/// Frames that are counted in one step: some milliseconds.
const STEP: usize = 200_000;

/// What the plots show.
#[derive(Debug, Default)]
pub(super) struct Plots {
    /// One session's, or all of them.
    pub(super) session: Option<usize>,
    /// What was counted of the session, and how many of its frames and messages that is.
    counted: Traffic,
    frames: usize,
    messages: usize,
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
}
