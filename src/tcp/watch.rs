//! The stretch of capture time in which nothing can have been missed between two packets.

use crate::model::{FileId, Stamp, Timestamp};
use std::time::Duration;

/// Several captures that follow each other within this are one that was written in pieces.
const SEAM: Duration = Duration::from_secs(1);

/// The stretch of capture time that was watched without a break up to now: of the time between two captures nothing is
/// known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    file: Option<FileId>,
    since: Timestamp,
    now: Timestamp,
}

impl Watch {
    /// A packet comes: with the first of another file the watch begins anew, unless it goes on where the last one ended.
    pub(super) fn begin(&mut self, stamp: Stamp) {
        if self.file.replace(stamp.file) != Some(stamp.file) {
            let is_next = stamp.time >= self.now && stamp.time <= self.now.plus(SEAM);
            if !is_next {
                (self.since, self.now) = (stamp.time, stamp.time);
            }
        }
    }

    /// Capture time reached `now`: it goes back only where the clock was set.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp) {
        if now > self.now || now.is_apart(self.now) {
            self.now = now;
        }
    }

    /// The latest time.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether a packet at `time` comes so far behind later ones that another clock stamped it.
    pub(super) fn is_behind(&self, time: Timestamp) -> bool {
        self.now.since(time) > SEAM
    }

    /// Until when it is known that nothing came after a packet at `last`.
    pub(super) fn until(&self, last: Timestamp) -> Timestamp {
        if last >= self.since && !last.is_apart(self.now) { self.now.max(last) } else { last }
    }
}
