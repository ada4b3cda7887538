//! Both directions of a connection put in order, and in the order in which the two sides saw them.
//!
//! Evidence has an order of trust: what a packet acknowledges was there before it, whatever the capture's order and
//! clocks say; a wrong checksum shows that bytes are not those that were sent. Clocks and packet order come last.

mod ends;
mod foreign;
mod release;
mod troubles;

use super::connection::{Conflict, Connection, ConnectionEvent, Out, StreamDoubt};
use super::copies::{Copies, Difference};
use super::damaged::Condition;
use super::health::Health;
use super::lane::{AwaitedEnd, EARLY, Lane, WindowScale, unplaced};
use super::patience::{AwaitedBytes, Clocks, SYN_PATIENCE};
use super::window::tiny;
use crate::model::{
    Checksum, Chunk, Flags, Gap, GapCause, Limits, Peer, PerPeer, ResetMark, Segment, SegmentHeader, Stamp,
    StreamEvent, Timestamp,
};
use std::cmp::Ordering;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) limits: Limits,
    pub(super) copies: Copies,
    /// Segments that repeat what was captured because they were captured twice.
    pub(super) copied_segments: u64,
}

impl Common {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), copies: Copies::new(limits.copies_bytes), copied_segments: 0 }
    }
}

/// What a SYN is to a connection between the same ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// It is its own.
    This,
    /// It begins another one: this one is over.
    Another,
    /// It begins another one if it is answered: a stray one is not, and this one goes on (RFC 9293 §3.10.7.4).
    Perhaps,
}

impl Opens {
    /// What a SYN, with or without ACK, is to a connection that is over, in which its sender's stream began at `origin`, and whose
    /// SYN of the other side, if it was `refused`, began that at this number.
    pub(super) fn after(origin: Option<u32>, refused: Option<u32>, header: &SegmentHeader) -> Self {
        // The client tried once more with the same SYN, and was let in.
        if header.flags.ack() && origin.is_none() && refused == Some(header.acknowledgment) {
            return Self::Another;
        }
        let is_known = origin == Some(header.sequence.wrapping_add(1));
        if is_known || (header.flags.ack() && origin.is_none()) { Self::This } else { Self::Another }
    }
}

/// The moving parts of a connection.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came so far")]
pub(super) struct Reassembly {
    lanes: PerPeer<Lane>,
    waiting: Option<AwaitedBytes>,
    clocks: Clocks,
    /// Boxed, as most connections do well.
    health: Option<Box<Health>>,
    ignored: bool,
    closed: bool,
    /// The sender of the latest segment that was taken for one of another connection, and where the two streams would be after it.
    foreign: Option<(Peer, PerPeer<u32>)>,
    /// The SYN was answered by a reset.
    refused: bool,
    /// Both sides have begun, and nothing waits, is missing or has ended.
    steady: bool,
}

impl Reassembly {
    /// Whether both directions ended.
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the SYN was answered by a reset.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// The sequence numbers that its streams begin with, as far as they are known.
    pub(super) fn origins(&self) -> PerPeer<Option<u32>> {
        PerPeer::from_fn(|peer| self.lanes.of(peer).origin)
    }

    /// When this connection gives up waiting, if it waits.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.as_ref().map(|waiting| waiting.deadline)
    }

    /// Touches each of its parts, so that all of them are already on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        let (client, server) = (&self.lanes.client, &self.lanes.server);
        client.bytes.next() ^ server.bytes.next() ^ client.released ^ server.released
    }

    /// Bytes held in memory.
    pub(super) fn held_bytes(&self) -> u64 {
        self.lanes.client.held_bytes() + self.lanes.server.held_bytes()
    }

    /// Whether it waits, perhaps for packets of another clock.
    pub(super) fn is_patient(&self, connection: &Connection) -> bool {
        self.waiting.is_some() && self.clocks.are_apart(connection)
    }

    /// Whether both directions ended, or will as soon as what is missing is given up.
    fn is_ending(&self) -> bool {
        let (client, server) = (&self.lanes.client, &self.lanes.server);
        let reset = client.rst.is_some() || server.rst.is_some();
        self.closed || reset || (client.has_ended() && server.has_ended())
    }

    /// What a SYN, with or without ACK, is to this connection.
    pub(super) fn place(&self, connection: &Connection, from: Peer, header: &SegmentHeader) -> Opens {
        let (lane, other) = (self.lanes.of(from), self.lanes.of(!from));
        let start = header.sequence.wrapping_add(1);
        let is_answer = header.flags.ack();
        let fits = lane.origin == Some(start);
        let untouched = !connection.start_seen.of(from) && lane.bytes.next() == 0 && lane.released == 0;
        if self.closed {
            return Opens::after(lane.origin, other.origin.filter(|_| self.refused), header);
        }
        if fits {
            return Opens::This;
        }
        // A SYN-ACK is bound to the SYN that it acknowledges, and the first packet to be captured need not have been the first.
        let bound = is_answer
            && other.origin.is_some_and(|origin| {
                // What the other side sent first may not be in the capture, and it has acknowledged what comes next.
                let missing = origin.wrapping_sub(header.acknowledgment);
                let answers =
                    other.unplaced.is_some_and(|number| number.wrapping_sub(start) < EARLY.unsigned_abs());
                missing == 0 || missing < EARLY.unsigned_abs() && answers
            });
        // What was captured before its SYN waited for it no longer than this.
        let is_late = header.stamp.time.since(connection.opened.time) > SYN_PATIENCE;
        let unbound = !is_late && (!is_answer || other.origin.is_none());
        // Nor need a SYN have come in time, if the other side's data wait for what follows it, as more than one of them acknowledges.
        let is_behind = |number: u32| number.wrapping_sub(start) < EARLY.unsigned_abs();
        let is_awaited = !is_answer
            && connection.has_reported_nothing()
            && other
                .asked
                .is_some_and(|(first, latest)| first != latest && is_behind(first) && is_behind(latest));
        let is_first = lane.origin.is_none() && (bound || unbound || is_awaited);
        if is_first || (untouched && (bound || (unbound && lane.may_begin_at(start)))) {
            return Opens::This;
        }
        let unanswered = !is_answer && other.origin.is_none();
        let stray = connection.has_reported_nothing()
            && !connection.start_seen.client
            && !connection.start_seen.server;
        if self.is_ending() || unanswered || stray { Opens::Another } else { Opens::Perhaps }
    }

    /// Whether a segment is the next one of `from`.
    pub(super) fn expects(&self, from: Peer, header: &SegmentHeader) -> bool {
        self.lanes.of(from).expected() == Some(header.sequence)
    }

    /// The fast path, for segments like nearly all: the next bytes or none, and an acknowledgment of bytes that were
    /// reported. Returns whether this is such a segment; its bytes are then the next to be reported.
    ///
    /// It does what [`push`](Self::push) would do, but skips the checks that cannot apply. TCP receivers call that
    /// header prediction.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly every segment takes it")]
    pub(super) fn push_expected(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        segment: &Segment<'_>,
        copies: &mut Copies,
    ) -> bool {
        let (lane, other) = self.lanes.split_mut(from);
        let marks = &segment.header.marks;
        let whole = segment.header.cut == 0 && marks.checksum != Checksum::Wrong;
        let plain = segment.header.flags == Flags::ACK && whole && marks.window >= lane.tiny;
        if !(self.steady
            && plain
            && lane.pulse.is_usual(marks.hops)
            && lane.expected() == Some(segment.header.sequence))
        {
            return false;
        }
        let Some(Ok(acked)) = other.offset(segment.header.acknowledgment).map(u64::try_from) else {
            return false;
        };
        if acked > other.bytes.next() {
            return false;
        }
        connection.last = segment.header.stamp;
        *connection.seen.of_mut(from) = true;
        lane.pulse.beat_as_usual(segment.header);
        let known = connection.acked.of_mut(!from);
        *known = acked.max(*known);
        if !segment.payload.is_empty() {
            let length = segment.payload.len() as u64;
            lane.recent.note(lane.bytes.next(), segment.payload, copies);
            lane.bytes.advance(length);
            *connection.delivered.of_mut(from) += length;
        }
        true
    }

    /// Takes one segment that `from` sent.
    pub(super) fn push(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        segment: &Segment<'_>,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        connection.last = segment.header.stamp;
        let is_first = !std::mem::replace(connection.seen.of_mut(from), true);
        self.steady = false;
        if self.closed {
            return;
        }
        if is_first {
            *connection.hops.of_mut(from) = segment.header.marks.hops;
        }
        self.compare_clocks(connection, from, segment, &common.limits, out);
        let is_overdue = is_first && self.is_overdue(segment.header.stamp.time, &common.limits);
        let lane = self.lanes.of_mut(from);
        match lane.damaged.judge(segment) {
            Condition::Damaged if self.ignored => {}
            Condition::Damaged => lane.put_aside(segment),
            condition @ (Condition::Whole | Condition::AfterDamaged) => {
                if condition == Condition::AfterDamaged {
                    *connection.disputed.of_mut(from) = true;
                    let (doubt, stamp) = (StreamDoubt::Damaged, segment.header.stamp);
                    out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
                }
                self.take(connection, from, is_first, segment, common, out);
            }
        }
        if self.closed || self.ignored {
            return;
        }
        if is_overdue {
            self.compare_beginnings(connection, from, segment.header, &common.limits, out);
        }
        if !(self.lanes.client.is_quiet() && self.lanes.server.is_quiet()) {
            self.drain(connection, common, out);
        }
        self.wait_or_give_up(connection, segment.header.stamp, common, out);
        let is_over = self.closed || self.ignored;
        for lane in [&mut self.lanes.client, &mut self.lanes.server] {
            let next = lane.bytes.next();
            lane.missing.take_if(|missing| missing.at < next);
        }
        connection.hampered = self.health.as_ref().is_some_and(|health| health.is_watching());
        self.steady = !is_over
            && self.waiting.is_none()
            && !connection.is_retrying_syn()
            && !connection.hampered
            && Peer::BOTH.iter().all(|&peer| self.lanes.of(peer).is_steady(*connection.acked.of(peer)));
    }

    /// Takes a segment that is not damaged.
    fn take(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        is_first: bool,
        segment: &Segment<'_>,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        let Segment { header, .. } = segment;
        if self.is_foreign(connection, from, segment) {
            *connection.seen.of_mut(from) = !is_first;
            *connection.strays.of_mut(from) = true;
            return;
        }
        if header.cut > 0 {
            connection.cut_packets += 1;
            connection.cut_bytes += u64::from(header.cut);
        }
        // Whoever asks for it alone does not have it.
        let agreed = !header.flags.syn() || header.flags.ack();
        if header.marks.options.is_multipath() && agreed && !connection.multipath {
            connection.multipath = true;
            let (from, doubt, stamp) = (Peer::Client, StreamDoubt::Multipath, header.stamp);
            out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
        }
        let begun = self.lanes.client.origin.is_some() && self.lanes.server.origin.is_some();
        let mut first_sequence = header.sequence;
        if header.flags.syn() {
            first_sequence = first_sequence.wrapping_add(1);
            self.lanes.of_mut(from).scale = WindowScale::of_syn(header.marks.options);
            for peer in Peer::BOTH {
                if let Some(scale) = self.scale(peer) {
                    self.lanes.of_mut(peer).tiny = tiny(scale);
                }
            }
            // An answer that is older than the question, or younger than all that its receiver said after it.
            let (lane, other) = self.lanes.split_mut(from);
            let far =
                |earlier: Timestamp, later: Timestamp| later.since(earlier) > common.limits.reorder_wait();
            let is_early = far(header.stamp.time, connection.opened.time);
            let is_known = is_first && lane.origin == Some(first_sequence);
            let is_late = is_known && far(other.pulse.heard, header.stamp.time);
            if header.flags.ack() && (is_early || is_late) && !connection.two_clocks {
                doubt_clocks(connection, header.stamp, out);
            }
            if !std::mem::replace(connection.start_seen.of_mut(from), true) {
                *connection.initial.of_mut(from) = header.sequence;
                let ahead = self.lanes.of_mut(from).begin_at(first_sequence);
                let acked = connection.acked.of_mut(from);
                *acked += if *acked > 0 { ahead } else { 0 };
            }
        }
        let needs = self.acknowledge(connection, from, segment);
        let is_older = !is_first && self.lanes.of(from).pulse.is_older(header);
        let is_copy = self.watch(connection, from, is_first, first_sequence, segment, out);
        if header.flags.rst() {
            self.take_reset(connection, from, segment, needs, &common.limits, out);
        } else {
            let copies = &mut common.copies;
            // One that is captured once more was sent before as well.
            let place = (needs, is_older || is_copy);
            let differing = self.take_bytes(connection, from, first_sequence, segment, place, copies, out);
            // Other bytes are no copy of the same packet.
            common.copied_segments += u64::from(is_copy && differing == 0);
        }
        if !begun && self.lanes.client.origin.is_some() && self.lanes.server.origin.is_some() {
            for from in Peer::BOTH {
                let (lane, other) = self.lanes.split_mut(from);
                let placed = other.proven(lane.place(Some(other)));
                if placed > 0 {
                    other.foretell(0, placed);
                }
                let acked = connection.acked.of_mut(!from);
                *acked = placed.max(*acked);
            }
        }
        if self.ignored {
            self.close_ignored(connection, out);
        }
    }

    /// Notes what `from` acknowledges. Returns the offset of the other side's stream up to which it had seen it, its end
    /// counted as one.
    fn acknowledge(&mut self, connection: &mut Connection, from: Peer, segment: &Segment<'_>) -> u64 {
        let header = segment.header;
        if !header.flags.ack() {
            return 0;
        }
        let (lane, other) = self.lanes.split_mut(from);
        if other.origin.is_none() && !segment.payload.is_empty() {
            lane.asked =
                Some((lane.asked.map_or(header.acknowledgment, |asked| asked.0), header.acknowledgment));
        }
        // Who has sent nothing but a SYN has seen nothing but a SYN.
        let has_sent_nothing = *connection.start_seen.of(from) && lane.origin == Some(header.sequence);
        let is_start = match other.origin {
            None => header.flags.syn() || has_sent_nothing,
            // What was captured of the server begins behind that, and waits. A server has sent nothing and yet seen a request.
            Some(_) if from == Peer::Client && has_sent_nothing && !connection.start_seen.server => {
                let is_held = connection.has_reported_nothing() && other.bytes.next() + other.released == 0;
                is_held && !other.is_cropped && other.may_begin_at(header.acknowledgment)
            }
            Some(_) => false,
        };
        if is_start && !header.flags.rst() {
            let ahead = other.begin_at(header.acknowledgment);
            let acked = connection.acked.of_mut(!from);
            *acked += if *acked > 0 { ahead } else { 0 };
            *connection.start_seen.of_mut(!from) = true;
            *connection.initial.of_mut(!from) = header.acknowledgment.wrapping_sub(1);
        }
        if other.origin.is_none() {
            // It was captured before the other side's first packet, and stands behind what it acknowledges all the same.
            lane.unplaced = Some(header.acknowledgment);
            return if self.clocks.is_alone(connection) { 0 } else { unplaced(header.acknowledgment) };
        }
        let Some(offset) = other.offset(header.acknowledgment).and_then(|offset| u64::try_from(offset).ok())
        else {
            return 0;
        };
        let proven = other.proven(offset);
        if proven > other.floor() {
            other.proof.get_or_insert_with(|| Box::new(header.stamp));
        }
        let acked = connection.acked.of_mut(!from);
        let next = other.bytes.next();
        if proven > next && proven > *acked && !other.bytes.holds(next, proven - next) {
            other.foretell(next, proven);
        }
        *acked = proven.max(*acked);
        if other.missing.is_some() && !header.flags.rst() {
            other.note_acknowledged(offset, header.stamp);
        }
        offset
    }

    /// Takes the payload and the FIN of a segment. Returns how many bytes differ from those that were captured before.
    #[expect(
        clippy::too_many_arguments,
        reason = "what the segment is to its connection, and where what it shows goes"
    )]
    fn take_bytes(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        first_sequence: u32,
        segment: &Segment<'_>,
        (needs, is_older): (u64, bool),
        copies: &mut Copies,
        out: &mut Out<'_>,
    ) -> u64 {
        let stamp = segment.header.stamp;
        let length = segment.payload.len() as u64 + u64::from(segment.header.cut);
        self.find_origin(connection, from, first_sequence, length, segment.header, out);
        let lane = self.lanes.of_mut(from);
        let Some(start) = lane.offset(first_sequence) else { return 0 };
        let end = start + length.cast_signed();
        if start > lane.bytes.next().cast_signed() {
            lane.note_place(start.unsigned_abs(), length, stamp);
        }
        // Of two FINs, the one right behind all that was sent is this stream's, and one further on an older connection's.
        let is_first = |fin: Option<&AwaitedEnd>| {
            fin.is_none_or(|fin| start == lane.bytes.next().cast_signed() && end < fin.at.cast_signed())
        };
        if segment.header.flags.fin()
            && end >= lane.bytes.next().cast_signed()
            && is_first(lane.fin.as_deref())
            && !lane.ended
        {
            lane.fin = Some(Box::new(AwaitedEnd {
                at: end.cast_unsigned(),
                stamp,
                needs,
                acknowledges: segment.header.flags.ack(),
                again: None,
                answers: false,
                early: false,
            }));
        }
        // Nor does data follow one.
        let is_next = start == lane.bytes.next().cast_signed() && !lane.ended;
        lane.fin.take_if(|fin| is_next && length > 0 && end > fin.at.cast_signed());
        if let Some(reset) = lane.rst.as_mut().filter(|_| length > 0 || segment.header.flags.syn()) {
            let (is_behind, reset_at) = (start >= reset.at.cast_signed(), reset.stamp);
            // What is sent again as a packet of its own is sent now, and not before the reset.
            let is_known = end <= lane.bytes.next().cast_signed()
                || u64::try_from(start).is_ok_and(|start| lane.bytes.holds(start, length));
            let goes_on = is_behind || is_known && lane.pulse.is_identified(segment.header);
            reset.early |= !is_behind || reset_at.time >= stamp.time || is_older;
            if goes_on && length > 0 && !self.ignored && !is_older {
                match reset_at.time.cmp(&stamp.time) {
                    // Whatever became of the receiver, the sender is still there.
                    Ordering::Less => {
                        lane.rst = None;
                        self.marked(from, reset_at, ResetMark::WentOn);
                    }
                    Ordering::Equal => return 0,
                    // It was captured late: it was sent before the reset.
                    Ordering::Greater => {}
                }
            }
        }
        let (lane, other) = self.lanes.split_mut(from);
        if length == 0 || lane.ended || self.ignored {
            return 0;
        }
        let next = lane.bytes.next();
        let mut difference = Difference::default();
        if start < next.cast_signed()
            && let Ok(start) = u64::try_from(start)
        {
            difference = lane.recent.difference(start, segment.payload, copies);
        }
        lane.is_cropped |= start < 0;
        let acked = *connection.acked.of(from);
        if end > next.cast_signed() {
            let old = usize::try_from(next.cast_signed().saturating_sub(start).max(0)).unwrap_or(usize::MAX);
            let cut = u64::from(segment.header.cut);
            let (offset, bytes, cut) = if let Ok(start) = u64::try_from(start) {
                (start, segment.payload, cut)
            } else {
                // It reaches back beyond the captured start: its new part begins at offset 0 or later.
                let new = segment.payload.get(old..).unwrap_or_default();
                (next, new, cut.min(end.cast_unsigned() - next))
            };
            // Where the other side's packets wait for this one to know what they acknowledge, all of them take their turns.
            let is_next = lane.bytes.is_empty() && offset <= next && needs <= other.floor();
            if is_next && other.unplaced.is_none() {
                let skip = usize::try_from(next - offset).unwrap_or(usize::MAX);
                let fresh = bytes.get(skip..).unwrap_or_default();
                let gap = end.cast_unsigned() - next - fresh.len() as u64;
                lane.recent.note(next, fresh, copies);
                lane.bytes.advance(fresh.len() as u64 + gap);
                self.report(connection, from, (fresh, gap), (stamp, needs), out);
            } else if length > 1 || !lane.bytes.holds(offset, length) {
                // A keep-alive repeats one byte, and not always the right one.
                let held = lane.bytes.hold(offset, bytes, cut, stamp, needs);
                difference.bytes += held.bytes;
                difference.end = difference.end.max(held.end);
            }
        }
        // What the first packet had, which was damaged, nobody sent.
        let is_mended = self.lanes.of(from).damaged.was_first(first_sequence, length);
        if difference.bytes > 0 && !is_mended {
            // What had been acknowledged before it was captured was sent before that.
            let is_late = start <= next.cast_signed() && next < acked.min(end.cast_unsigned());
            let is_foretold = self.lanes.of(from).is_foretold(start.max(0).unsigned_abs(), difference.end);
            let settled = acked >= difference.end && !is_late && !is_foretold;
            let cut = connection.cut_packets > 0;
            let conflict = Conflict { from, bytes: difference.bytes, stamp, cut, settled };
            *connection.disputed.of_mut(from) |= !settled;
            if connection.has_reported_nothing() {
                connection.conflict.get_or_insert_with(|| Box::new(conflict));
            } else {
                out(connection, ConnectionEvent::Conflict(conflict));
            }
        }
        difference.bytes
    }

    /// Reports bytes in order, and the cut ones after them, of a packet that acknowledges the other stream up to `needs`.
    fn report(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        (bytes, cut): (&[u8], u64),
        (stamp, needs): (Stamp, u64),
        out: &mut Out<'_>,
    ) {
        if !bytes.is_empty() {
            let extent =
                connection.deliver(from, bytes.len() as u64).acknowledging(super::lane::acknowledged(needs));
            let chunk = Chunk { bytes, stamp, extent };
            self.stream(connection, from, StreamEvent::Data(chunk), out);
        }
        if cut > 0 {
            self.gap(connection, from, cut, GapCause::Snaplen, stamp, out);
        }
    }

    /// Reports that the next `missing` bytes are not in the capture.
    fn gap(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        missing: u64,
        cause: GapCause,
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        let gap = Gap::plain(cause, stamp, connection.deliver(from, missing));
        self.stream(connection, from, StreamEvent::Gap(gap), out);
    }

    fn stream(&mut self, connection: &Connection, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        if !self.ignored {
            out(connection, ConnectionEvent::Stream { from, event });
        }
    }
}

/// The packets of the two sides bear the times of different clocks, as `stamp` shows.
fn doubt_clocks(connection: &mut Connection, stamp: Stamp, out: &mut Out<'_>) {
    connection.two_clocks = true;
    let (from, doubt) = (Peer::Client, StreamDoubt::Clocks);
    out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
}
