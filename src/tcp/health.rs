//! How a connection is doing below its streams: what is retransmitted, whose window is closed, who is still heard from.
//!
//! None of this changes what the streams hold. It explains why they make progress or do not.

use super::beat::Beat;
use super::lane::{Act, MissingBytes};
use super::pulse::Pulse;
use super::window::ReceiveWindow;
use crate::model::{
    Delivered, ForeignReset, Heard, Notice, Peer, PerPeer, Retransmitted, Stamp, Timestamp, Trouble,
    Unacknowledged, WindowClosed,
};
use std::time::Duration;

/// Bytes that took no longer to arrive are no cause of anything.
const SLOW: Duration = Duration::from_secs(1);

/// How often bytes have to be retransmitted before they count as lost for good.
const OFTEN: u64 = 3;

/// The retransmissions also have to span at least this long: a burst of copies does not count.
const LONG: Duration = Duration::from_secs(1);

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
    /// [`Unacknowledged::longest_before`].
    longest_before: u64,
    /// Packets have no times, and one of the other side came since the first: otherwise its time tells.
    is_heard: bool,
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
    /// How far the other side acknowledged its bytes selectively.
    selective: u64,
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

/// What is to be said of `missing` bytes up to `end`, if the other side kept saying that it has not got them.
pub(super) fn never_came(missing: &MissingBytes, end: u64) -> Option<Unacknowledged> {
    let denied = missing.denied?;
    let waited = denied.time.since(missing.shown.time);
    (waited >= LONG).then_some(Unacknowledged {
        bytes: end - missing.at,
        what: Retransmitted::Unseen { largest: missing.largest },
        times: 0,
        waited,
        heard: Heard::Yes,
        shortest: 0,
        longest_before: 0,
        notice: None,
        first: missing.shown,
        last: denied,
    })
}

impl Health {
    /// That bytes of this side do not arrive is told now: whether it was not told before.
    pub(super) fn is_news(&mut self, peer: Peer) -> bool {
        !std::mem::replace(&mut self.sides.of_mut(peer).is_told, true)
    }

    /// Whether every packet is of interest now.
    pub(super) fn is_watching(&self) -> bool {
        Peer::BOTH.iter().any(|&peer| {
            let side = self.sides.of(peer);
            let is_probing = side.probes.is_some_and(|probes| probes.last.time.is_unknown());
            is_probing || side.again.is_some() || !matches!(side.window, ReceiveWindow::Open)
        })
    }

    /// Takes a segment.
    pub(super) fn observe(&mut self, beat: &Beat<'_>) -> Troubles {
        let from = beat.from;
        let (own, other) = self.sides.split_mut(from);
        if beat.header.stamp.time.is_unknown() {
            other.hears();
        }
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

    /// Whether the other side of `from` lacks what begins at `start` in the stream of that, and has some of what was sent later: then it
    /// is sent again (RFC 6675).
    pub(super) fn is_lacking(&self, from: Peer, start: u64, acked: u64) -> bool {
        (acked..self.sides.of(from).selective).contains(&start)
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
                    longest_before: beat.longest_acked.unwrap_or(acked),
                    is_heard: false,
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
            self.selective = self.selective.max(block.end);
            let block = block.length();
            let shortest =
                self.beyond.filter(|(at, _)| *at == acked).map_or(block, |(_, known)| known.min(block));
            self.beyond = Some((acked, shortest));
        }
        let again = self.again.take_if(|again| acked > again.start)?;
        let took = stamp.time.since(again.since);
        (took > SLOW).then_some(Delivered { start: again.start, times: again.times, took, stamp })
    }

    /// A packet of the other side came, and packets have no times.
    fn hears(&mut self) {
        self.probes = None;
        self.again.iter_mut().for_each(|again| again.is_heard = true);
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
                *probes = Some(Resent {
                    start,
                    times: 1,
                    since: heard,
                    first: stamp,
                    last: stamp,
                    shortest: 0,
                    longest_before: 0,
                    is_heard: false,
                });
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
            } else if heard > row.first.time || row.is_heard {
                Heard::Yes
            } else {
                Heard::No
            },
            shortest: row.shortest,
            longest_before: row.longest_before,
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
        // Where packets still come, what is missing may come as well. And what ICMP has said of a retransmission, too, is no accident.
        let is_said_again = again.is_some_and(|again| {
            again.times >= OFTEN && heard <= again.first.time && again.first < notice.stamp
        });
        let is_over = last.is_reset || waited >= LONG && heard <= notice.stamp.time || is_said_again;
        (outstanding > 0 && is_over).then(|| Unacknowledged {
            bytes: outstanding,
            what: Retransmitted::Data,
            times: again.map_or(0, |again| again.times),
            waited,
            heard: if heard > notice.stamp.time || again.is_some_and(|again| again.is_heard) {
                Heard::Yes
            } else {
                Heard::No
            },
            shortest: again.map_or(outstanding, |again| again.shortest),
            longest_before: again.map_or(acked, |again| again.longest_before),
            notice: None,
            first: again.map_or(notice.stamp, |again| again.first),
            last: again.map_or(notice.stamp, |again| again.last),
        })
    }
}
