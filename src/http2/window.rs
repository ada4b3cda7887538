//! Flow control: how many bytes one side may still send, on a stream or on the connection (RFC 9113 §5.2).

use crate::model::Stamp;
use std::time::Duration;

/// A window that stayed closed for less is no sign of a receiver that does not read.
const STALL: Duration = Duration::from_secs(1);

/// How many bytes one side may send.
#[derive(Debug)]
pub(super) struct Window {
    left: i64,
    /// What was noticed of it while it was closed; boxed, as most windows never close.
    closed: Option<Box<Closed>>,
}

/// A window that lets nothing through.
#[derive(Clone, Copy, Debug)]
struct Closed {
    since: Stamp,
    reopened: Option<Stamp>,
    by: ClosedBy,
    /// More was sent than it allowed: what follows until it is open again is more of the same.
    is_exceeded: bool,
}

/// What closed a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// Bytes that used it up: its sender may have had more of them.
    Bytes,
    /// Its receiver's settings, by which it becomes smaller than what is on its way, so that it is negative (RFC 9113 §6.9.2). That
    /// alone does not show that its sender had something to send.
    Settings,
    /// Its receiver's settings, by which it begins closed: until it is opened nothing can be sent at all.
    Start,
}

/// A window that was closed for long while its sender had something to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The packet with what closed it.
    pub since: Stamp,
    /// The packet that opened it again, if one did.
    pub until: Option<Stamp>,
    /// How long it was closed.
    pub lasted: Duration,
    /// What closed it.
    pub by: ClosedBy,
}

/// What sending some bytes showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// This many bytes more than the window allowed.
    pub(super) beyond: u64,
    /// They had waited for a window that was closed for long.
    pub(super) waited: Option<Stall>,
}

impl Window {
    pub(super) fn new(size: u32) -> Self {
        Self { left: i64::from(size), closed: None }
    }

    /// One of a stream that begins with this packet.
    pub(super) fn of_stream(size: i64, stamp: Stamp) -> Self {
        let mut window = Self { left: size, closed: None };
        if size <= 0 {
            window.close(stamp, ClosedBy::Start);
        }
        window
    }

    fn close(&mut self, since: Stamp, by: ClosedBy) {
        self.closed = Some(Box::new(Closed { since, reopened: None, by, is_exceeded: false }));
    }

    /// From now on its sender may use it: if settings have closed it, nothing waited for it before.
    pub(super) fn is_usable_from(&mut self, stamp: Stamp) {
        if let Some(closed) = self.closed.as_mut().filter(|closed| closed.by != ClosedBy::Bytes) {
            closed.since = stamp;
        }
    }

    /// Its sender sends this many bytes.
    pub(super) fn spend(&mut self, bytes: u32, stamp: Stamp) -> Spent {
        if bytes == 0 {
            return Spent::default();
        }
        let reopened = self.closed.take_if(|closed| closed.reopened.is_some());
        let waited = reopened.and_then(|closed| closed.stall(stamp));
        let before = self.left.max(0);
        self.left -= i64::from(bytes);
        match &mut self.closed {
            // Its sender had something to send.
            Some(closed) => closed.by = ClosedBy::Bytes,
            None if self.left <= 0 => self.close(stamp, ClosedBy::Bytes),
            None => {}
        }
        let beyond = i64::from(bytes).saturating_sub(before).max(0).unsigned_abs();
        let closed = self.closed.as_mut().filter(|_| beyond > 0);
        let is_told = closed.is_some_and(|closed| std::mem::replace(&mut closed.is_exceeded, true));
        Spent { beyond: if is_told { 0 } else { beyond }, waited }
    }

    /// Whether its sender may send this many bytes, and there is nothing to say about that: it stays open.
    pub(super) const fn is_wide_for(&self, bytes: u32) -> bool {
        self.closed.is_none() && self.left > bytes as i64
    }

    /// Its sender sends bytes that it [is wide for](Self::is_wide_for).
    pub(super) const fn spend_of_plenty(&mut self, bytes: u32) {
        self.left -= bytes as i64;
    }

    /// Whether this many bytes more make it larger than any may be (RFC 9113 §6.9.1).
    pub(super) fn is_too_large_with(&self, bytes: i64) -> bool {
        self.left.saturating_add(bytes) > i64::from(i32::MAX)
    }

    /// Its receiver takes more bytes, or fewer.
    pub(super) fn change(&mut self, bytes: i64, stamp: Stamp) {
        let was_open = self.left > 0;
        self.left = self.left.saturating_add(bytes);
        match (was_open, self.left > 0) {
            (true, false) => self.close(stamp, ClosedBy::Settings),
            (false, true) => {
                if let Some(closed) = &mut self.closed {
                    closed.reopened.get_or_insert(stamp);
                }
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Nothing more will be sent: whether it was closed for long up to now. That is said once.
    pub(super) fn end(&mut self, now: Stamp) -> Option<Stall> {
        let stall = self.stall(now)?;
        self.closed = None;
        Some(stall)
    }

    /// Whether it has been closed for long.
    pub(super) fn stall(&self, now: Stamp) -> Option<Stall> {
        let closed = self.closed.as_ref().filter(|closed| closed.reopened.is_none())?;
        let lasted = now.time.since(closed.since.time);
        (lasted >= STALL).then_some(Stall { since: closed.since, until: None, lasted, by: closed.by })
    }
}

impl Closed {
    /// Bytes were sent as soon as it was open again: they had waited for that.
    fn stall(&self, sent: Stamp) -> Option<Stall> {
        let until = self.reopened.filter(|until| sent.time.since(until.time) < STALL)?;
        let lasted = until.time.since(self.since.time);
        (lasted >= STALL).then_some(Stall { since: self.since, until: Some(until), lasted, by: self.by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn at(seconds: i64) -> Stamp {
        Stamp { time: Timestamp::from_nanos(seconds * 1_000_000_000), ..Stamp::default() }
    }

    #[test]
    fn a_window_that_is_used_up_and_opened_late_was_stalled() {
        let mut window = Window::new(10);
        assert_eq!(window.spend(10, at(1)), Spent::default());
        window.change(5, at(3));
        let waited = window.spend(5, at(3)).waited.unwrap();
        assert_eq!((waited.lasted, waited.until), (Duration::from_secs(2), Some(at(3))));
        assert_eq!(window.end(at(3)), None);
        assert_eq!(window.end(at(5)).unwrap().until, None);
    }

    #[test]
    fn settings_close_a_window_and_open_it_again() {
        let mut window = Window::of_stream(10, at(0));
        window.spend(6, at(1));
        window.change(-8, at(2));
        assert_eq!(window.stall(at(9)).unwrap().by, ClosedBy::Settings);
        window.change(4, at(5));
        window.change(4, at(6));
        let waited = window.spend(2, at(6)).waited.unwrap();
        assert_eq!((waited.since, waited.until, waited.by), (at(2), Some(at(6)), ClosedBy::Settings));
        // Nothing was sent while it was open.
        window.change(-8, at(7));
        window.change(8, at(8));
        window.change(-8, at(9));
        assert_eq!(window.stall(at(11)).unwrap().since, at(9));
    }

    #[test]
    fn a_window_that_begins_closed_counts_from_when_it_can_be_used() {
        let mut window = Window::of_stream(0, at(0));
        window.is_usable_from(at(5));
        window.change(4, at(5));
        assert_eq!(window.spend(2, at(5)).waited, None);
        let mut window = Window::of_stream(0, at(0));
        window.is_usable_from(at(5));
        window.change(4, at(8));
        assert_eq!(window.spend(2, at(8)).waited.unwrap().lasted, Duration::from_secs(3));
    }

    #[test]
    fn bytes_beyond_the_window_are_counted() {
        let mut window = Window::new(10);
        assert_eq!(window.spend(12, at(0)).beyond, 2);
        // What follows is more of the same.
        assert_eq!(window.spend(3, at(0)).beyond, 0);
        window.change(100, at(0));
        assert_eq!(window.spend(3, at(0)).beyond, 0);
        // Once it was open again, it may be exceeded again: 10 - 12 - 3 + 100 - 3 = 92.
        assert_eq!(window.spend(93, at(0)).beyond, 1);
    }
}
