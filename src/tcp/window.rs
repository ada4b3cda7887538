//! A side's receive window: whether it is closed for long while the other side has something to send.

use super::beat::Beat;
use super::lane::{Act, TINY};
use crate::model::{Stamp, WindowClosed};
use std::time::Duration;

/// A window that is closed for no longer than this is flow control at work.
const CLOSED_LONG: Duration = Duration::from_secs(1);

/// A window of fewer bytes is closed but in name: a sender waits for more (RFC 9293 §3.8.6.2.1).
const SMALL: u32 = 256;

/// A smaller number in the header stands for a window that is as good as closed, shifted by `scale` bits (RFC 7323 §2.3). However far
/// that is, 0 stands for one that is closed.
pub(super) fn tiny(scale: u8) -> u16 {
    let tiny = SMALL.checked_shr(scale.into()).unwrap_or_default().max(1);
    u16::try_from(tiny).unwrap_or(TINY)
}

/// A sender with something to send probes a closed window before this long is over (RFC 9293 §3.8.6.1): most do within a second, BSD
/// after 5 s.
const PROBED: Duration = Duration::from_secs(15);

/// A side's receive window.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum ReceiveWindow {
    #[default]
    Open,
    Closed(ClosedWindow),
    /// It was closed for long, and whether anyone minded is seen by what comes next.
    Reopened(WindowClosed),
}

/// A window that is closed, or as good as that.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClosedWindow {
    since: Stamp,
    /// The other side shows that it has something to send.
    wanted: bool,
    waiting: u64,
    room: u32,
    /// How far into the other side's stream it reached.
    edge: u64,
    /// It has no room at all now: the packet that said so first, and how much of the other side's stream is acknowledged.
    shut: Option<(Stamp, u64)>,
    /// It had no room at all for long before, and whether anyone minded is seen by what comes next.
    before: Option<WindowClosed>,
    /// The latest segment that filled it.
    filled: Stamp,
    /// It is in the way at this moment: something is sent again, is asked for, or waits beyond it.
    is_stuck: bool,
}

impl ReceiveWindow {
    /// The other side sends something: was, or is, this window in its way?
    pub(super) fn is_sent_to(&mut self, beat: &Beat<'_>) -> Option<WindowClosed> {
        match self {
            // It was acknowledged before it was captured: it was sent before this window was announced.
            Self::Closed(_) | Self::Reopened(_) if beat.is_acknowledged() => None,
            Self::Open => None,
            // A probe is one byte (RFC 9293 §3.8.6.1).
            Self::Closed(closed) if beat.act == Act::New && beat.length > u64::from(closed.room.max(1)) => {
                // Its sender knows better: the scale of it got lost, or what opened it again. Of no room at all the scale does not matter.
                let was = ClosedWindow { is_stuck: true, ..*closed };
                *self = Self::Open;
                if was.wanted && was.shut.is_some() { was.reopened(beat.header.stamp) } else { None }
            }
            Self::Closed(closed) => {
                let room = if closed.shut.is_some() { 0 } else { u64::from(closed.room) };
                let stamp = beat.header.stamp;
                let again = beat.act != Act::New;
                let is_answer =
                    |before: &WindowClosed| !again && beat.length > 0 && is_followed(before, stamp);
                let before = closed.before.take().filter(is_answer);
                let before = before.map(|before| WindowClosed { wanted: true, ..before });
                if again || beat.length > 0 && beat.length >= room {
                    // What fills a small window would have done so before, had it been there.
                    if room > 0 && !closed.wanted {
                        closed.since = stamp;
                    }
                    (closed.wanted, closed.filled) = (true, stamp);
                    closed.is_stuck |= again;
                    before
                } else if beat.length > 0 {
                    // It fits with room to spare: its sender has no more than that.
                    let was = *closed;
                    (closed.wanted, closed.is_stuck, closed.since) = (false, false, stamp);
                    before.or_else(|| was.reopened(stamp).filter(|_| was.wanted))
                } else {
                    None
                }
            }
            Self::Reopened(closed) => {
                let closed = *closed;
                *self = Self::Open;
                let is_followed = is_followed(&closed, beat.header.stamp);
                (is_followed && beat.act == Act::New && beat.length > 0)
                    .then_some(WindowClosed { wanted: true, ..closed })
            }
        }
    }

    /// This window's owner says how large it is. What it says in a SYN is never shifted, nor ever 0.
    pub(super) fn is_announced(&mut self, beat: &Beat<'_>) -> Option<WindowClosed> {
        let flags = beat.header.flags;
        // An acknowledgment that is older than the latest one says nothing of the window (RFC 9293 §3.10.7.4).
        if flags.syn() || flags.rst() || !flags.ack() || beat.is_old {
            return None;
        }
        let room = if beat.header.marks.window == 0 { Some(0) } else { beat.room };
        let room = room.filter(|room| *room < SMALL);
        let is_closed = room.is_some();
        let room = room.unwrap_or_default();
        let acked = *beat.acked.of(!beat.from);
        let edge = acked + u64::from(room);
        let waiting = beat.sent.of(!beat.from).saturating_sub(acked);
        let (since, is_stuck) = (beat.header.stamp, waiting > u64::from(room));
        let shut = (room == 0).then_some((since, acked));
        let (filled, wanted) = (since, is_stuck);
        let anew = ClosedWindow { since, wanted, waiting, room, edge, shut, before: None, filled, is_stuck };
        match *self {
            Self::Open | Self::Reopened(_) if is_closed => {
                *self = Self::Closed(anew);
                None
            }
            // Who had no room at all for long has read a little.
            Self::Closed(closed) if is_closed && room > 0 && closed.was_shut_long(since) => {
                let long = ClosedWindow { is_stuck: true, ..closed }.reopened(since);
                let (known, unknown) = if closed.is_stuck { (long, None) } else { (None, long) };
                let before = unknown.filter(|long| beat.length == 0 && long.lasted < PROBED);
                *self = Self::Closed(ClosedWindow { before, ..anew });
                known
            }
            Self::Closed(closed) if is_closed => {
                let shut = shut.map(|shut| closed.shut.map_or(shut, |(since, _)| (since, acked)));
                // The answer to a probe takes nothing.
                let is_denied = shut.is_some() && closed.shut.is_some_and(|(_, before)| before == acked);
                let is_stuck = closed.is_stuck && (waiting > 0 || is_denied);
                // What comes now may be the answer to this.
                let before = closed.before.filter(|_| beat.length == 0);
                let room = closed.room.max(room);
                let has_read = edge >= closed.edge + u64::from(SMALL);
                let is_long = closed.wanted && closed.filled.time.since(closed.since.time) > CLOSED_LONG;
                *self = Self::Closed(if has_read && !is_long {
                    // Its owner reads as fast as so small a window allows.
                    ClosedWindow { wanted: anew.wanted || closed.wanted, room, ..anew }
                } else {
                    let edge = if has_read { edge } else { closed.edge };
                    ClosedWindow { room, edge, shut, before, is_stuck, ..closed }
                });
                None
            }
            Self::Closed(closed) if !is_closed => {
                let is_known = closed.wanted && (closed.room == 0 || closed.is_stuck);
                let long = ClosedWindow { is_stuck: true, ..closed }.reopened(beat.header.stamp);
                *self = match long {
                    Some(long) if !is_known && beat.length == 0 && long.lasted < PROBED => {
                        Self::Reopened(long)
                    }
                    Some(_) | None => Self::Open,
                };
                long.filter(|_| is_known)
            }
            // What comes now may be the answer to this.
            Self::Reopened(_) if beat.length > 0 => {
                *self = Self::Open;
                None
            }
            Self::Open | Self::Closed(_) | Self::Reopened(_) => None,
        }
    }
}

/// Whether what comes then comes because this window was opened.
fn is_followed(closed: &WindowClosed, then: Stamp) -> bool {
    then.time.since(closed.until.time) <= CLOSED_LONG
}

impl ClosedWindow {
    /// Whether it had no room at all for long by now.
    fn was_shut_long(self, now: Stamp) -> bool {
        self.shut.is_some_and(|(since, _)| now.time.since(since.time) > CLOSED_LONG)
    }

    /// What is to be said of a window that is closed until then, if that is long.
    pub(super) fn until(self, until: Stamp) -> Option<WindowClosed> {
        // A small window that its owner has emptied again is in nobody's way.
        let until = if self.room > 0 && !self.is_stuck { self.filled } else { until };
        let lasted = until.time.since(self.since.time);
        let Self { since, wanted, waiting, room, edge: _, shut: _, before: _, filled: _, is_stuck: _ } = self;
        (lasted > CLOSED_LONG).then_some(WindowClosed {
            since,
            until,
            lasted,
            reopened: false,
            wanted,
            waiting,
            room,
        })
    }

    /// The same if its owner opens it then.
    fn reopened(self, at: Stamp) -> Option<WindowClosed> {
        self.until(at).map(|closed| WindowClosed { reopened: true, ..closed })
    }
}
