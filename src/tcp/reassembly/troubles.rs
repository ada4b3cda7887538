//! What each segment shows of how the connection is doing.

use super::Reassembly;
use crate::model::{
    Extent, Peer, PerPeer, ResetMark, Segment, SegmentHeader, Stamp, SynRetries, Trouble, Unacknowledged,
};
use crate::tcp::beat::Beat;
use crate::tcp::connection::{Connection, ConnectionEvent, Out};
use crate::tcp::health::{LastPacket, never_came};
use crate::tcp::lane::{Act, WindowScale};
use crate::tcp::pulse::{Pulse, TOGETHER};

/// What a packet is among those captured of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    First,
    Later,
    /// The one before it, captured once more.
    Copy,
}

/// Counts the SYNs of a client and the answers to them, and notes how the handshake went if there was more than one.
fn note_syn(connection: &mut Connection, from: Peer, arrival: Arrival, header: &SegmentHeader) {
    let (syn, ack, rst) = (header.flags.syn(), header.flags.ack(), header.flags.rst());
    let is_first = arrival == Arrival::First;
    let new = u16::from(arrival != Arrival::Copy);
    match from {
        Peer::Client if syn && !ack && !rst && (is_first || connection.syns > 0) => {
            connection.syns = connection.syns.saturating_add(new);
        }
        Peer::Server if syn && ack && connection.syns > 0 => {
            connection.syn_answers = connection.syn_answers.saturating_add(new);
        }
        Peer::Client if connection.syns > 0 && (connection.is_retrying_syn() || !connection.seen.server) => {
            let (syns, answers) = (std::mem::take(&mut connection.syns), connection.syn_answers);
            let took = header.stamp.time.since(connection.opened.time);
            if ack && !rst && answers > 0 && syns.max(answers) > 1 && !connection.two_clocks {
                connection.syn_retries = Some(Box::new(SynRetries { syns, answers, took }));
            }
        }
        Peer::Client | Peer::Server => {}
    }
}

impl Reassembly {
    /// Notes what a segment shows of how the connection is doing, before its bytes are taken. Returns whether it repeats what
    /// was captured, and was captured twice rather than sent again.
    pub(super) fn watch(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        is_first: bool,
        first_sequence: u32,
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) -> bool {
        let (header, length) = (segment.header, segment.payload.len() as u64 + u64::from(segment.header.cut));
        let pulses = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        let pulse = pulses.of(from);
        let arrival = match is_first {
            true => Arrival::First,
            false if pulse.is_copy(header) => Arrival::Copy,
            false => Arrival::Later,
        };
        if !header.flags.rst() {
            let own = &mut self.lanes.of_mut(from).pulse;
            own.beat(header);
            if arrival == Arrival::Copy {
                own.was_copy(pulse, header);
            }
        }
        note_syn(connection, from, arrival, header);
        if is_first || header.flags.rst() || self.ignored {
            return false;
        }
        let act = self.lanes.of(from).act(header.flags, first_sequence, length);
        let is_copy = match act {
            Act::Again { start }
                if !header.flags.syn()
                    && !pulse.is_identified(header)
                    && !pulse.is_of_other_place(header) =>
            {
                let time = header.stamp.time;
                let health = self.health.get_or_insert_default();
                let is_lacking = health.is_lacking(from, start, *connection.acked.of(from));
                // What stands there was captured at an unknown time before: the latest packet has to do, unless its receiver waits for it.
                let may_be_copy = arrival == Arrival::Copy && !is_lacking;
                let before = health.is_captured_again(from, start, time);
                // Two places capture a packet twice: where there are no times, what comes a third time is sent again.
                before.map_or(may_be_copy, |before| !time.is_unknown() && time.since(before) < TOGETHER)
            }
            Act::Again { .. } | Act::Probe => arrival == Arrival::Copy,
            Act::New | Act::Nothing => false,
        };
        if is_copy {
            self.lanes.of_mut(from).pulse.note_copy(pulse, header);
            return true;
        }
        if matches!(act, Act::Again { .. }) {
            *connection.sent_again.of_mut(from) += 1;
            self.tell(connection, from, &Trouble::SentAgain(header.stamp), out);
        }
        if let Some(other) = pulse.other_path(header)
            && length > 0
            && act == Act::New
            && self.lanes.of(from).bytes.next() == 0
        {
            self.tell(connection, from, &Trouble::OtherPath(other), out);
        }
        let is_open = header.marks.window >= self.lanes.of(from).tiny;
        // A block that begins before what is acknowledged shows a copy (RFC 2883 §4).
        let block = header.marks.options.first_block().and_then(|(start, length)| {
            let start = self.lanes.of(!from).offset(start)?;
            let is_beyond = start > connection.acked.of(!from).cast_signed();
            is_beyond.then(|| Extent::new(start.unsigned_abs(), length.into()))
        });
        let is_ordinary = matches!(act, Act::New | Act::Nothing) && is_open && block.is_none();
        if self.health.is_none() && is_ordinary {
            return false;
        }
        let acked = self.lanes.of(!from).offset(header.acknowledgment);
        let own = self.lanes.of(from);
        let sent = own.offset(first_sequence).is_some_and(|at| at < own.bytes.next().cast_signed());
        let is_old = acked.is_some_and(|acked| acked < connection.acked.of(!from).cast_signed())
            || act == Act::Nothing && sent;
        let (acked, sent) = (connection.acked, self.sent());
        let room = self.scale(from).map(|scale| u32::from(header.marks.window) << scale);
        let longest_acked = match act {
            Act::Again { .. } => own.recent.longest_of(*acked.of(from)),
            Act::New | Act::Probe | Act::Nothing => None,
        };
        let beat =
            Beat { from, header, length, act, is_old, pulses, acked, sent, room, block, longest_acked };
        let troubles = self.health.get_or_insert_default().observe(&beat);
        for (peer, trouble) in troubles.into_iter().flatten() {
            self.tell(connection, peer, &trouble, out);
        }
        false
    }

    /// By how many bits the windows of `from` are shifted, as far as the SYNs that were captured tell (RFC 7323 §2.2).
    pub(super) fn scale(&self, from: Peer) -> Option<u8> {
        match (self.lanes.of(from).scale, self.lanes.of(!from).scale) {
            (WindowScale::Absent, _) | (_, WindowScale::Absent) => Some(0),
            (WindowScale::Bits(bits), WindowScale::Bits(_)) => Some(bits),
            // A SYN-ACK names a scale only if the SYN did.
            (WindowScale::Bits(bits), WindowScale::Unseen) => Some(bits).filter(|_| from == Peer::Server),
            (WindowScale::Unseen, WindowScale::Bits(_) | WindowScale::Unseen) => None,
        }
    }

    /// Whether `from` may have sent a segment with this number: others talk about other connections, or lie (RFC 5927 §4).
    pub(in crate::tcp) fn has_sent(&self, from: Peer, sequence: u32) -> bool {
        let lane = self.lanes.of(from);
        let end = lane.bytes.next().cast_signed();
        lane.offset(sequence).is_some_and(|at| (-1..=end).contains(&at))
    }

    /// ICMP said something about one of its segments: whether that mattered is known at the end.
    pub(in crate::tcp) fn is_noticed(&mut self) {
        if !self.closed {
            self.health.get_or_insert_default();
        }
    }

    /// All has come that may have stood behind the resets: do they look as if their senders sent them?
    pub(super) fn doubt_resets(&mut self, connection: &Connection) {
        for from in Peer::BOTH {
            let lane = self.lanes.of_mut(from);
            let shown = lane.missing().map_or(0, |missing| missing.sent);
            let sent = lane.bytes.reach().max(shown).max(*connection.acked.of(from));
            // Who answers several segments of the other side resets at places that are behind what it sent.
            if let Some(reset) = &mut lane.rst
                && let Some(again) = reset.again
                && (reset.at.min(again)..reset.at.max(again)).contains(&sent)
            {
                reset.at = reset.at.min(again);
                let stamp = reset.stamp;
                self.marked(from, stamp, ResetMark::Sequence);
            }
        }
        let reset = |peer: Peer| self.lanes.of(peer).rst.as_ref().map(|rst| (rst.stamp, rst.answers));
        let is_closing = Peer::BOTH.iter().any(|&peer| {
            let lane = self.lanes.of(peer);
            lane.ended || lane.fin.is_some()
        });
        if let (Some(client), Some(server)) = (reset(Peer::Client), reset(Peer::Server))
            && !is_closing
        {
            let is_first = |own: (Stamp, bool), other: (Stamp, bool)| own.0 <= other.0;
            let (first, stamp, later) = if is_first(client, server) {
                (Peer::Client, client.0, server)
            } else {
                (Peer::Server, server.0, client)
            };
            // Nobody answers a reset with a reset (RFC 9293 §3.10.7.1), but bytes that came late.
            if !later.1 {
                self.marked(first, stamp, ResetMark::BothSides);
            }
        }
    }

    /// A reset in the name of `from` that its sender did not send.
    pub(super) fn marked(&mut self, from: Peer, stamp: Stamp, mark: ResetMark) {
        let reset = self.lanes.of(from).pulse.marked_reset(stamp, mark);
        self.health.get_or_insert_default().is_reset(from, reset);
    }

    /// Bytes of each side's stream that were captured up to now, in order.
    fn sent(&self) -> PerPeer<u64> {
        PerPeer::from_fn(|peer| self.lanes.of(peer).bytes.next())
    }

    /// The connection ends with the packet `last`, or nothing more is known of it: tells what is still wrong with it.
    pub(super) fn last_words(&mut self, connection: &Connection, last: Stamp, out: &mut Out<'_>) {
        let Some(health) = self.health.take() else { return };
        let pulses: PerPeer<Pulse> = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        // Of a side whose packets are not captured nobody knows what it acknowledges.
        let both = connection.seen.client && connection.seen.server;
        let notices = PerPeer::from_fn(|peer| {
            connection.notice_about(peer).filter(|notice| {
                let acked = connection.acked.of(peer).cast_signed();
                self.lanes.of(peer).offset(notice.sequence).is_some_and(|at| at >= acked)
            })
        });
        let is_reset = Peer::BOTH.iter().any(|&peer| self.lanes.of(peer).rst.is_some());
        let end = LastPacket { stamp: last, is_reset };
        let troubles =
            both.then(|| health.last_words(&pulses, &connection.acked, &self.sent(), &notices, end));
        for (peer, trouble) in troubles.into_iter().flatten().chain(health.resets(&pulses)) {
            self.tell(connection, peer, &trouble, out);
        }
    }

    /// Nothing more comes of what either side sent and the capture does not hold: tells first of that which the other side said it did
    /// not get. What a side sent again in vain, and that is here, says more.
    pub(super) fn never_came(&mut self, connection: &Connection, out: &mut Out<'_>) {
        if !(connection.seen.client && connection.seen.server) {
            return;
        }
        for from in Peer::BOTH {
            let lane = self.lanes.of(from);
            let acked = *connection.acked.of(from);
            let Some(missing) = lane.missing().filter(|missing| acked <= missing.at) else { continue };
            let end = lane.bytes.head().map_or(missing.sent, |(offset, _)| offset);
            let Some(lost) = never_came(missing, end) else { continue };
            self.unreached(connection, from, connection.last, out);
            if self.health.get_or_insert_default().is_news(from) {
                let notice = connection.notice_about(from);
                self.tell(connection, from, &Trouble::Unacknowledged(Unacknowledged { notice, ..lost }), out);
            }
        }
    }

    /// Who ends its direction takes nothing more of what `to` sent: tells first what never arrived.
    pub(super) fn unreached(&mut self, connection: &Connection, to: Peer, ended: Stamp, out: &mut Out<'_>) {
        if !(connection.seen.client && connection.seen.server) {
            return;
        }
        let pulses: PerPeer<Pulse> = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        let (acked, sent) = (*connection.acked.of(to), *self.sent().of(to));
        let notice = connection.notice_about(to);
        let lost = self.health.as_mut().and_then(|health| health.unreached(to, &pulses, acked, sent, ended));
        if let Some(lost) = lost {
            self.tell(connection, to, &Trouble::Unacknowledged(Unacknowledged { notice, ..lost }), out);
        }
    }

    /// Who ends its direction while the window of `to` is closed may have had more to say: tells of that first.
    pub(super) fn closed_window(
        &mut self,
        connection: &Connection,
        to: Peer,
        last: Stamp,
        out: &mut Out<'_>,
    ) {
        if let Some(closed) = self.health.as_mut().and_then(|health| health.closed_window(to, last)) {
            self.tell(connection, to, &Trouble::WindowClosed(closed), out);
        }
    }

    fn tell(&self, connection: &Connection, from: Peer, trouble: &Trouble, out: &mut Out<'_>) {
        if !self.ignored {
            out(connection, ConnectionEvent::Trouble { from, trouble });
        }
    }
}
