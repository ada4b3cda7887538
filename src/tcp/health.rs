//! How a connection is doing below its streams: what is retransmitted, whose window is closed, who is still heard from.
//!
//! None of this changes what the streams hold. It explains why they make progress or do not.

use super::lane::{Act, TINY};
use super::pulse::Pulse;
use crate::model::{
    Delivered, ForeignReset, Heard, Notice, Peer, PerPeer, Retransmitted, SegmentHeader, Stamp, Timestamp,
    Trouble, Unacknowledged, WindowClosed,
};
use std::time::Duration;

/// A window that is closed for no longer than this is flow control at work.
const CLOSED_LONG: Duration = Duration::from_secs(1);

/// A window of fewer bytes is closed but in name: a sender waits for more (RFC 9293 §3.8.6.2.1).
const SMALL: u32 = 256;

/// A smaller number in the header stands for a window that is as good as closed, shifted by `scale` bits (RFC 7323 §2.3).
pub(super) fn tiny(scale: u8) -> u16 {
    u16::try_from(SMALL.checked_shr(scale.into()).unwrap_or_default()).unwrap_or(TINY)
}

/// A sender with something to send probes a closed window before this long is over (RFC 9293 §3.8.6.1): most do within a second, BSD
/// after 5 s.
const PROBED: Duration = Duration::from_secs(15);

/// Bytes that took no longer to arrive are no cause of anything.
const SLOW: Duration = Duration::from_secs(1);

/// How often bytes have to be retransmitted before they count as lost for good.
const OFTEN: u64 = 3;

/// The retransmissions also have to span at least this long: a burst of copies does not count.
const LONG: Duration = Duration::from_secs(1);

/// A segment as it is watched, before its bytes are taken.
#[derive(Debug)]
pub(super) struct Beat<'a> {
    pub(super) from: Peer,
    pub(super) header: &'a SegmentHeader,
    /// Its payload bytes on the wire.
    pub(super) length: u64,
    pub(super) act: Act,
    /// It was sent before another that was captured earlier: it acknowledges less, or stands before bytes that came.
    pub(super) is_old: bool,
    /// What was known of both sides before it.
    pub(super) pulses: PerPeer<Pulse>,
    /// Bytes of each side that the other one acknowledged.
    pub(super) acked: PerPeer<u64>,
    /// Bytes of each side that were captured.
    pub(super) sent: PerPeer<u64>,
    /// For how many bytes its sender has room; nothing where the scale of that is not known.
    pub(super) room: Option<u32>,
    /// Of bytes of the other side behind some that are missing, how many it acknowledges selectively in one block.
    pub(super) block: Option<u64>,
}

/// The packet with which a connection ends, or after which nothing more is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastPacket {
    pub(super) stamp: Stamp,
    /// A reset ended it.
    pub(super) is_reset: bool,
}

/// Something that a side sends again and again.
#[derive(Clone, Copy, Debug)]
struct Resent {
    /// The byte in its stream that is sent again. Acknowledgments may be captured late, so it is no less than them.
    start: u64,
    times: u64,
    /// The last packet of this side before, of the other side for probes.
    since: Timestamp,
    first: Stamp,
    last: Stamp,
    shortest: u64,
}

/// A side's receive window.
#[derive(Clone, Copy, Debug, Default)]
enum ReceiveWindow {
    #[default]
    Open,
    Closed(ClosedWindow),
    /// It was closed for long, and whether anyone minded is seen by what comes next.
    Reopened(WindowClosed),
}

#[derive(Clone, Copy, Debug)]
struct ClosedWindow {
    since: Stamp,
    /// The other side shows that it has something to send.
    wanted: bool,
    waiting: u64,
    room: u32,
    /// How far into the other side's stream it reached.
    edge: u64,
    /// The latest segment that filled it.
    filled: Stamp,
    /// It is in the way at this moment: something is sent again, is asked for, or waits beyond it.
    is_stuck: bool,
}

#[derive(Debug, Default)]
struct SideHealth {
    again: Option<Resent>,
    /// Which bytes were captured again last, and when, where packets have no identification.
    captured: Option<(u64, Timestamp)>,
    probes: Option<Resent>,
    window: ReceiveWindow,
    /// What was acknowledged of its bytes when the other side acknowledged later ones selectively, and the shortest block of those.
    beyond: Option<(u64, u64)>,
    /// That its bytes do not arrive was told.
    is_told: bool,
}

/// What is watched of a connection that does not do well.
#[derive(Debug, Default)]
pub(super) struct Health {
    sides: PerPeer<SideHealth>,
    /// The reset in the name of a side, if that was strange or came before all its packets.
    resets: PerPeer<Option<ForeignReset>>,
}

/// What a segment shows: of each side something about its window, and that bytes of the other side arrived.
type Troubles = [Option<(Peer, Trouble)>; 3];

impl Health {
    /// Whether every packet is of interest now.
    pub(super) fn is_watching(&self) -> bool {
        Peer::BOTH.iter().any(|&peer| {
            let side = self.sides.of(peer);
            side.again.is_some() || !matches!(side.window, ReceiveWindow::Open)
        })
    }

    /// Takes a segment.
    pub(super) fn observe(&mut self, beat: &Beat<'_>) -> Troubles {
        let from = beat.from;
        let (own, other) = self.sides.split_mut(from);
        let sent = if beat.act == Act::Nothing { None } else { other.window.is_sent_to(beat) };
        match beat.act {
            // What is sent to a closed window is a probe of it.
            Act::Again { .. }
                if beat.header.flags.syn() || matches!(other.window, ReceiveWindow::Closed(_)) => {}
            Act::Again { start } => own.sends_again(beat, start),
            Act::Probe => own.probes(beat),
            Act::New | Act::Nothing => {}
        }
        let acked = own.window.is_announced(beat);
        let [sent, acked] = [sent.map(|closed| (!from, closed)), acked.map(|closed| (from, closed))]
            .map(|closed| closed.map(|(peer, closed)| (peer, Trouble::WindowClosed(closed))));
        let delivered = other.is_acknowledged(beat).map(|late| (!from, Trouble::Delivered(late)));
        [sent, acked, delivered]
    }

    /// What begins at `start` in the stream of `from` was captured again. Returns when that was the case before, if nothing else
    /// was since.
    pub(super) fn is_captured_again(&mut self, from: Peer, start: u64, now: Timestamp) -> Option<Timestamp> {
        let before = self.sides.of_mut(from).captured.replace((start, now));
        before.filter(|(at, _)| *at == start).map(|(_, before)| before)
    }

    /// A reset that is strange, or may be, came in the name of `from`: the first mark that gives it away counts.
    pub(super) fn is_reset(&mut self, from: Peer, reset: ForeignReset) {
        self.resets.of_mut(from).get_or_insert(reset);
    }

    /// The strange resets, what is certain first.
    pub(super) fn resets(&self, pulses: &PerPeer<Pulse>) -> impl Iterator<Item = (Peer, Trouble)> {
        let mut resets =
            Peer::BOTH.map(|peer| Some((peer, pulses.of(peer).compare((*self.resets.of(peer))?)?)));
        resets.sort_by_key(|reset| reset.is_none_or(|(_, reset)| !reset.is_certain()));
        resets.into_iter().flatten().map(|(peer, reset)| (peer, Trouble::ForeignReset(reset)))
    }

    /// The window of `peer`, if it is closed for long by now: that is told once.
    pub(super) fn closed_window(&mut self, peer: Peer, last: Stamp) -> Option<WindowClosed> {
        let window = &mut self.sides.of_mut(peer).window;
        let ReceiveWindow::Closed(closed) = *window else { return None };
        let closed = closed.until(last)?;
        *window = ReceiveWindow::Open;
        Some(closed)
    }

    /// The other side of `peer` ends its direction: what it will not take any more of what `peer` sent again and again. That is told
    /// once.
    pub(super) fn unreached(
        &mut self,
        peer: Peer,
        pulses: &PerPeer<Pulse>,
        acked: u64,
        sent: u64,
        ended: Stamp,
    ) -> Option<Unacknowledged> {
        let side = self.sides.of_mut(peer);
        let outstanding = sent.saturating_sub(acked);
        let lost = side.unacknowledged(acked, outstanding, pulses.of(!peer).heard, ended);
        let lost = lost.filter(|lost| outstanding > 0 && lost.what == Retransmitted::Data)?;
        side.is_told = true;
        Some(lost)
    }

    /// The connection ends: what is still wrong.
    pub(super) fn last_words(
        &self,
        pulses: &PerPeer<Pulse>,
        acked: &PerPeer<u64>,
        sent: &PerPeer<u64>,
        notices: &PerPeer<Option<Notice>>,
        last: LastPacket,
    ) -> Vec<(Peer, Trouble)> {
        let mut troubles = Vec::new();
        for peer in Peer::BOTH {
            let side = self.sides.of(peer);
            if let ReceiveWindow::Closed(closed) = side.window
                && let Some(closed) = closed.until(last.stamp)
            {
                troubles.push((peer, Trouble::WindowClosed(closed)));
            }
            let outstanding = sent.of(peer).saturating_sub(*acked.of(peer));
            let (heard, notice) = (pulses.of(!peer).heard, *notices.of(peer));
            let often = side.unacknowledged(*acked.of(peer), outstanding, heard, last.stamp);
            let undelivered = || side.undelivered(*acked.of(peer), outstanding, heard, notice?, last);
            if let Some(lost) = often.or_else(undelivered).filter(|_| !side.is_told) {
                troubles.push((peer, Trouble::Unacknowledged(Unacknowledged { notice, ..lost })));
            }
        }
        troubles
    }
}

impl SideHealth {
    /// It retransmits what begins at `start`.
    fn sends_again(&mut self, beat: &Beat<'_>, start: u64) {
        let (acked, stamp) = (*beat.acked.of(beat.from), beat.header.stamp);
        let end = start + beat.length + u64::from(beat.header.flags.fin());
        match &mut self.again {
            Some(again) if acked <= again.start && (start..end).contains(&again.start) => {
                again.times += 1;
                again.last = stamp;
                again.shortest = again.shortest.min(beat.length);
            }
            // What follows the lost bytes is retransmitted with them.
            Some(again) if acked <= again.start && again.start < start => {}
            again if acked < end => {
                let since = beat.pulses.of(beat.from).heard.min(stamp.time);
                *again = Some(Resent {
                    start: acked.max(start),
                    times: 1,
                    since,
                    first: stamp,
                    last: stamp,
                    shortest: beat.length,
                });
            }
            Some(_) | None => {}
        }
    }

    /// The other side acknowledges something: if that is what was sent again, it is over.
    fn is_acknowledged(&mut self, beat: &Beat<'_>) -> Option<Delivered> {
        let (from, stamp) = (!beat.from, beat.header.stamp);
        let acked = *beat.acked.of(from);
        if let Some(block) = beat.block {
            let shortest =
                self.beyond.filter(|(at, _)| *at == acked).map_or(block, |(_, known)| known.min(block));
            self.beyond = Some((acked, shortest));
        }
        let again = self.again.take_if(|again| acked > again.start)?;
        let took = stamp.time.since(again.since);
        (took > SLOW).then_some(Delivered { times: again.times, took, stamp })
    }

    /// It asks for a sign of life.
    fn probes(&mut self, beat: &Beat<'_>) {
        let (heard, stamp) = (beat.pulses.of(!beat.from).heard, beat.header.stamp);
        match &mut self.probes {
            Some(probes) if heard <= probes.last.time => {
                probes.times += 1;
                probes.last = stamp;
            }
            probes => {
                let start = *beat.acked.of(beat.from);
                *probes =
                    Some(Resent { start, times: 1, since: heard, first: stamp, last: stamp, shortest: 0 });
            }
        }
    }

    /// What it sent again and again, if nothing of it was `acked` to the end, and the other side was last `heard` of then.
    fn unacknowledged(
        &self,
        acked: u64,
        outstanding: u64,
        heard: Timestamp,
        last: Stamp,
    ) -> Option<Unacknowledged> {
        let is_lost = |again: &&Resent| {
            // That a FIN was acknowledged is not known here: who is heard of has it, most likely.
            again.start >= acked && (outstanding > 0 || heard <= again.first.time)
        };
        let probes = || self.probes.as_ref().filter(|probes| heard <= probes.first.time);
        let (what, row) = match self.again.as_ref().filter(is_lost).filter(|again| again.times >= OFTEN) {
            Some(again) => (Retransmitted::Data, again),
            None => (Retransmitted::Probes, probes()?),
        };
        let waited = last.time.max(row.last.time).since(row.since);
        // Without times it is not known how long that took: one more has to do.
        let is_timeless = row.first.time.is_unknown() && row.last.time.is_unknown() && row.times > OFTEN;
        (row.times >= OFTEN && (waited >= LONG || is_timeless)).then(|| Unacknowledged {
            bytes: outstanding,
            what,
            times: row.times,
            waited,
            heard: if self.is_beyond(acked, row) {
                Heard::OfSmaller
            } else if heard > row.first.time {
                Heard::Yes
            } else {
                Heard::No
            },
            shortest: row.shortest,
            notice: None,
            first: row.first,
            last: row.last,
        })
    }
}

impl SideHealth {
    /// Whether smaller segments arrived that were sent after what is sent again.
    fn is_beyond(&self, acked: u64, again: &Resent) -> bool {
        self.beyond.is_some_and(|(at, block)| at == acked && again.start == acked && block < again.shortest)
    }

    /// The bytes that it sent for the last time before ICMP said why they do not arrive, and before the end: then no
    /// retransmissions are needed to see that.
    fn undelivered(
        &self,
        acked: u64,
        outstanding: u64,
        heard: Timestamp,
        notice: Notice,
        last: LastPacket,
    ) -> Option<Unacknowledged> {
        let again = self.again.as_ref().filter(|again| again.start >= acked);
        let since = again.map_or(notice.stamp.time, |again| again.since.min(notice.stamp.time));
        let waited = last.stamp.time.since(since);
        // Where packets still come, what is missing may come as well.
        let is_over = last.is_reset || waited >= LONG && heard <= notice.stamp.time;
        (outstanding > 0 && is_over).then(|| Unacknowledged {
            bytes: outstanding,
            what: Retransmitted::Data,
            times: again.map_or(0, |again| again.times),
            waited,
            heard: if heard > notice.stamp.time { Heard::Yes } else { Heard::No },
            shortest: again.map_or(outstanding, |again| again.shortest),
            notice: None,
            first: again.map_or(notice.stamp, |again| again.first),
            last: again.map_or(notice.stamp, |again| again.last),
        })
    }
}

impl ReceiveWindow {
    /// The other side sends something: was, or is, this window in its way?
    fn is_sent_to(&mut self, beat: &Beat<'_>) -> Option<WindowClosed> {
        match self {
            Self::Open => None,
            Self::Closed(closed) if closed.room > 0 && beat.length > u64::from(closed.room) => {
                // Its sender knows better: the scale of it got lost.
                *self = Self::Open;
                None
            }
            Self::Closed(closed) => {
                let (room, stamp) = (u64::from(closed.room), beat.header.stamp);
                let again = beat.act != Act::New;
                if again || beat.length > 0 && beat.length >= room {
                    // What fills a small window would have done so before, had it been there.
                    if room > 0 && !closed.wanted {
                        closed.since = stamp;
                    }
                    (closed.wanted, closed.filled) = (true, stamp);
                    closed.is_stuck |= again;
                    None
                } else if beat.length > 0 {
                    // It fits with room to spare: its sender has no more than that.
                    let was = *closed;
                    (closed.wanted, closed.is_stuck, closed.since) = (false, false, stamp);
                    was.reopened(stamp).filter(|_| was.wanted)
                } else {
                    None
                }
            }
            Self::Reopened(closed) => {
                let closed = *closed;
                *self = Self::Open;
                let soon = beat.header.stamp.time.since(closed.until.time) <= CLOSED_LONG;
                (soon && beat.act == Act::New && beat.length > 0)
                    .then_some(WindowClosed { wanted: true, ..closed })
            }
        }
    }

    /// This window's owner says how large it is. What it says in a SYN is never shifted, nor ever 0.
    fn is_announced(&mut self, beat: &Beat<'_>) -> Option<WindowClosed> {
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
        let anew = ClosedWindow { since, wanted: is_stuck, waiting, room, edge, filled: since, is_stuck };
        match *self {
            Self::Open | Self::Reopened(_) if is_closed => {
                *self = Self::Closed(anew);
                None
            }
            Self::Closed(closed) if is_closed => {
                let room = closed.room.max(room);
                let has_read = edge >= closed.edge + u64::from(SMALL);
                let is_long = closed.wanted && closed.filled.time.since(closed.since.time) > CLOSED_LONG;
                *self = Self::Closed(if has_read && !is_long {
                    // Its owner reads as fast as so small a window allows.
                    ClosedWindow { wanted: anew.wanted || closed.wanted, room, ..anew }
                } else {
                    let edge = if has_read { edge } else { closed.edge };
                    ClosedWindow { room, edge, is_stuck: closed.is_stuck && waiting > 0, ..closed }
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

impl ClosedWindow {
    /// What is to be said of a window that is closed until then, if that is long.
    fn until(self, until: Stamp) -> Option<WindowClosed> {
        // A small window that its owner has emptied again is in nobody's way.
        let until = if self.room > 0 && !self.is_stuck { self.filled } else { until };
        let lasted = until.time.since(self.since.time);
        let Self { since, wanted, waiting, room, edge: _, filled: _, is_stuck: _ } = self;
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
