//! Both directions of a connection put in order, and in the order in which the two sides saw them.
//!
//! Evidence has an order of trust: what a packet acknowledges was there before it, whatever the capture's order and
//! clocks say; a wrong checksum shows that bytes are not those that were sent. Clocks and packet order come last.

use super::connection::{Connection, ConnectionEvent, Out, StreamDoubt};
use super::copies::{Copies, Difference};
use super::health::{Beat, Health};
use super::lane::{Act, Lane, Mark};
use super::patience::{Clocks, Patience, Waiting};
use super::pulse::Pulse;
use crate::model::{
    Checksum, Chunk, End, EndCause, Flags, Gap, GapCause, Limits, Peer, PerPeer, Segment, SegmentHeader,
    Shortage, Stamp, StreamEvent, Timestamp, Trouble,
};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) limits: Limits,
    pub(super) copies: Copies,
}

impl Common {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), copies: Copies::new(limits.copies_bytes) }
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

/// The moving parts of a connection.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    lanes: PerPeer<Lane>,
    waiting: Option<Waiting>,
    clocks: Clocks,
    /// Boxed, as most connections do well.
    health: Option<Box<Health>>,
    ignored: bool,
    closed: bool,
    /// Both sides have begun, and nothing waits, is missing or has ended.
    steady: bool,
}

impl Reassembly {
    /// Whether both directions ended.
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// When this connection gives up waiting, if it waits.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.waiting.as_ref().map(|waiting| waiting.deadline)
    }

    /// Something of each of its parts, so that all of them are on their way from memory.
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
        let is_answer = header.flags.ack;
        let fits = lane.origin == Some(start);
        let untouched = !connection.start_seen.of(from) && lane.bytes.next() == 0 && lane.released == 0;
        if self.closed {
            let known = fits || (is_answer && lane.origin.is_none());
            return if known { Opens::This } else { Opens::Another };
        }
        if fits {
            return Opens::This;
        }
        // A SYN-ACK is bound to the SYN that it acknowledges, and the first packet to be captured need not have been the first.
        let bound = is_answer && other.origin == Some(header.acknowledgment);
        let unbound = !is_answer || other.origin.is_none();
        let is_first = lane.origin.is_none() && (bound || unbound);
        if is_first || (untouched && (bound || (unbound && lane.may_begin_at(start)))) {
            return Opens::This;
        }
        let unanswered = !is_answer && other.origin.is_none();
        let nothing_yet = connection.delivered.client + connection.delivered.server == 0;
        let stray = nothing_yet && !connection.start_seen.client && !connection.start_seen.server;
        if self.is_ending() || unanswered || stray { Opens::Another } else { Opens::Perhaps }
    }

    /// Whether a segment is the next one of `from`.
    pub(super) fn expects(&self, from: Peer, header: &SegmentHeader) -> bool {
        self.lanes.of(from).expected() == Some(header.sequence)
    }

    /// Takes a segment as nearly all are, if it is one: the next bytes or none, and an acknowledgment of bytes that were
    /// reported. Returns whether it was; its bytes are then the next to be reported.
    ///
    /// It does what [`push`](Self::push) would do, without looking for what cannot be; receivers call that header
    /// prediction.
    #[inline]
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
        let plain = segment.header.flags == Flags::ACK && whole && marks.window != 0;
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
        lane.pulse.beat(segment.header);
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
        let lane = self.lanes.of_mut(from);
        if lane.damaged.judge(segment) {
            if !self.ignored {
                lane.put_aside(segment);
            }
        } else {
            self.take(connection, from, is_first, segment, common, out);
        }
        if self.closed || self.ignored {
            return;
        }
        if !(self.lanes.client.is_quiet() && self.lanes.server.is_quiet()) {
            self.drain(connection, common, out);
        }
        self.wait_or_give_up(connection, segment.header.stamp, common, out);
        let is_over = self.closed || self.ignored;
        self.steady = !is_over
            && self.waiting.is_none()
            && !self.health.as_ref().is_some_and(|health| health.is_watching())
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
        if header.cut > 0 {
            connection.cut_packets += 1;
            connection.cut_bytes += u64::from(header.cut);
        }
        // Whoever asks for it alone does not have it.
        let agreed = !header.flags.syn || header.flags.ack;
        if header.marks.options.is_multipath() && agreed && !connection.multipath {
            connection.multipath = true;
            let (from, doubt, stamp) = (Peer::Client, StreamDoubt::Multipath, header.stamp);
            out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
        }
        let mut first_sequence = header.sequence;
        if header.flags.syn {
            first_sequence = first_sequence.wrapping_add(1);
            if !std::mem::replace(connection.start_seen.of_mut(from), true) {
                *connection.acked.of_mut(from) += self.lanes.of_mut(from).begin_at(first_sequence);
            }
        }
        let needs = self.acknowledge(connection, from, segment);
        self.watch(connection, from, is_first, first_sequence, segment, out);
        if header.flags.rst {
            self.take_reset(connection, from, segment, needs, &common.limits, out);
        } else {
            self.take_bytes(connection, from, first_sequence, segment, needs, &mut common.copies, out);
        }
        if self.ignored {
            self.close_ignored(connection, out);
        }
    }

    fn take_reset(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        segment: &Segment<'_>,
        needs: u64,
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        let stamp = segment.header.stamp;
        let (lane, other) = self.lanes.split_mut(from);
        let unanswered = lane.origin.is_none() && from == Peer::Server && connection.start_seen.client;
        if unanswered && other.bytes.next() == 0 && other.bytes.is_empty() {
            out(connection, ConnectionEvent::Refused { stamp });
            self.close(connection, out);
            return;
        }
        // A receiver ignores a reset outside its window (RFC 9293 §3.10.7.4).
        let acked = *connection.acked.of(from);
        let farthest = lane.bytes.next().max(acked).saturating_add(limits.reorder_bytes);
        let at = lane.origin.map_or(Some(0), |_| lane.offset(segment.header.sequence));
        if let Some(at) = at.and_then(|at| u64::try_from(at).ok())
            && (acked..=farthest).contains(&at)
            && lane.rst.is_none()
        {
            lane.rst = Some(Box::new(Mark { at, stamp, needs }));
            if let Some(reset) = lane.pulse.foreign_reset(segment.header) {
                self.health.get_or_insert_default().is_reset(from, reset);
            }
        }
    }

    /// Notes what `from` acknowledges. Returns the offset of the other side's stream up to which it had seen it, its end
    /// counted as one.
    fn acknowledge(&mut self, connection: &mut Connection, from: Peer, segment: &Segment<'_>) -> u64 {
        let header = segment.header;
        if !header.flags.ack {
            return 0;
        }
        let (lane, other) = self.lanes.split_mut(from);
        // Who has sent nothing but a SYN has seen nothing but a SYN.
        let has_sent_nothing = *connection.start_seen.of(from) && lane.origin == Some(header.sequence);
        if other.origin.is_none() && !header.flags.rst && (header.flags.syn || has_sent_nothing) {
            other.origin = Some(header.acknowledgment);
            *connection.start_seen.of_mut(!from) = true;
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
        *acked = proven.max(*acked);
        offset
    }

    /// Notes what a segment shows of how the connection is doing, before its bytes are taken.
    fn watch(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        is_first: bool,
        first_sequence: u32,
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) {
        let (header, length) = (segment.header, segment.payload.len() as u64 + u64::from(segment.header.cut));
        let pulses = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        let pulse = pulses.of(from);
        let is_copy = !is_first && pulse.is_copy(header);
        if !header.flags.rst {
            self.lanes.of_mut(from).pulse.beat(header);
        }
        let lone = header.flags == Flags { syn: true, ..Flags::default() };
        if lone && from == Peer::Client && (is_first || connection.syns > 0) {
            connection.syns = connection.syns.saturating_add(u16::from(!is_copy));
        } else {
            connection.syns = 0;
        }
        if is_first || header.flags.rst || self.ignored {
            return;
        }
        let act = self.lanes.of(from).act(header.flags, first_sequence, length);
        if is_copy && matches!(act, Act::Again { .. } | Act::Probe) {
            return;
        }
        if matches!(act, Act::Again { .. }) {
            *connection.sent_again.of_mut(from) += 1;
            self.tell(connection, from, &Trouble::SentAgain(header.stamp), out);
        }
        if self.health.is_none() && matches!(act, Act::New | Act::Nothing) && header.marks.window > 0 {
            return;
        }
        let beat = Beat { from, header, length, act, pulses, acked: connection.acked, sent: self.sent() };
        let troubles = self.health.get_or_insert_default().observe(&beat);
        for (peer, trouble) in troubles.into_iter().flatten() {
            self.tell(connection, peer, &trouble, out);
        }
    }

    /// Bytes of each side's stream that were captured up to now, in order.
    fn sent(&self) -> PerPeer<u64> {
        PerPeer::from_fn(|peer| self.lanes.of(peer).bytes.next())
    }

    /// The connection ends with the packet `last`, or nothing more is known of it: tells what is still wrong with it.
    fn last_words(&mut self, connection: &Connection, last: Stamp, out: &mut Out<'_>) {
        let Some(health) = self.health.take() else { return };
        let pulses: PerPeer<Pulse> = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        // Of a side whose packets are not captured nobody knows what it acknowledges.
        let both = connection.seen.client && connection.seen.server;
        let troubles = both.then(|| health.last_words(&pulses, &connection.acked, &self.sent(), last));
        for (peer, trouble) in troubles.into_iter().flatten().chain(health.resets()) {
            self.tell(connection, peer, &trouble, out);
        }
    }

    fn tell(&self, connection: &Connection, from: Peer, trouble: &Trouble, out: &mut Out<'_>) {
        if !self.ignored {
            out(connection, ConnectionEvent::Trouble { from, trouble });
        }
    }

    /// Takes the payload and the FIN of a segment.
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
        needs: u64,
        copies: &mut Copies,
        out: &mut Out<'_>,
    ) {
        let stamp = segment.header.stamp;
        let length = segment.payload.len() as u64 + u64::from(segment.header.cut);
        let (lane, other) = self.lanes.split_mut(from);
        lane.find_origin(first_sequence, length, segment.header.flags.syn);
        let Some(start) = lane.offset(first_sequence) else { return };
        let end = start + length.cast_signed();
        if segment.header.flags.fin && lane.fin.is_none() && end >= lane.bytes.next().cast_signed() {
            lane.fin = Some(Box::new(Mark { at: end.cast_unsigned(), stamp, needs }));
        }
        let after_reset = lane.rst.as_ref().is_some_and(|rst| start >= rst.at.cast_signed());
        if length == 0 || lane.ended || after_reset || self.ignored {
            return;
        }
        let next = lane.bytes.next();
        let mut difference = Difference::default();
        if start < next.cast_signed()
            && let Ok(start) = u64::try_from(start)
        {
            difference = lane.recent.difference(start, segment.payload, copies);
        }
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
            if lane.bytes.is_empty() && offset <= next && needs <= other.floor() {
                let skip = usize::try_from(next - offset).unwrap_or(usize::MAX);
                let fresh = bytes.get(skip..).unwrap_or_default();
                let gap = end.cast_unsigned() - next - fresh.len() as u64;
                lane.recent.note(next, fresh, copies);
                lane.bytes.advance(fresh.len() as u64 + gap);
                self.report(connection, from, fresh, gap, stamp, out);
            } else {
                let held = lane.bytes.hold(offset, bytes, cut, stamp, needs);
                difference.bytes += held.bytes;
                difference.end = difference.end.max(held.end);
            }
        }
        if difference.bytes > 0 {
            let settled = acked >= difference.end;
            let event = ConnectionEvent::Conflict { from, bytes: difference.bytes, stamp, settled };
            out(connection, event);
        }
    }

    /// Reports bytes in order, and the cut ones after them.
    fn report(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        bytes: &[u8],
        cut: u64,
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        if !bytes.is_empty() {
            let chunk = Chunk { bytes, stamp, extent: connection.deliver(from, bytes.len() as u64) };
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

    fn end(&mut self, connection: &Connection, from: Peer, end: End, out: &mut Out<'_>) {
        if end.cause != EndCause::Fin {
            self.last_words(connection, end.stamp, out);
        }
        let lane = self.lanes.of_mut(from);
        if !lane.ended && !self.closed {
            lane.ended = true;
            lane.bytes.clear();
            self.stream(connection, from, StreamEvent::End(end), out);
        }
        if self.lanes.client.ended && self.lanes.server.ended {
            self.close(connection, out);
        }
    }

    fn close(&mut self, connection: &Connection, out: &mut Out<'_>) {
        if !self.closed {
            self.last_words(connection, connection.last, out);
            self.closed = true;
            self.waiting = None;
            // Nothing of the streams is needed any more but where they began, to know a late SYN again.
            for peer in Peer::BOTH {
                let lane = self.lanes.of_mut(peer);
                *lane = Lane { origin: lane.origin, ..Lane::default() };
            }
            out(connection, ConnectionEvent::Closed);
        }
    }

    /// Nobody wants to hear more of it: only [`ConnectionEvent::Closed`] follows.
    pub(super) fn ignore(&mut self, connection: &Connection, out: &mut Out<'_>) {
        self.ignored = true;
        self.steady = false;
        self.waiting = None;
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            lane.bytes.clear();
            lane.damaged.forget();
        }
        self.close_ignored(connection, out);
    }

    /// An ignored connection is over as soon as its ends were seen, whatever is missing before them.
    fn close_ignored(&mut self, connection: &Connection, out: &mut Out<'_>) {
        let (client, server) = (&self.lanes.client, &self.lanes.server);
        if client.rst.is_some() || server.rst.is_some() || (client.fin.is_some() && server.fin.is_some()) {
            self.close(connection, out);
        }
    }

    /// Reports everything whose turn has come.
    fn drain(&mut self, connection: &mut Connection, common: &mut Common, out: &mut Out<'_>) {
        let mut progress = true;
        while progress && !self.closed && !self.ignored {
            progress = false;
            for from in Peer::BOTH {
                loop {
                    let (lane, other) = self.lanes.split_mut(from);
                    let floor = other.floor();
                    if lane.bytes.head().is_none_or(|(_, piece)| piece.needs > floor) {
                        break;
                    }
                    let offset = lane.bytes.next();
                    let Some(piece) = lane.bytes.pop() else { break };
                    lane.recent.note(offset, &piece.bytes, &mut common.copies);
                    self.report(connection, from, &piece.bytes, piece.cut, piece.stamp, out);
                    progress = true;
                }
                progress |= self.drain_ends(connection, from, out);
            }
        }
    }

    /// Reports the end of `from`'s direction where its turn has come.
    fn drain_ends(&mut self, connection: &Connection, from: Peer, out: &mut Out<'_>) -> bool {
        let (lane, other) = self.lanes.split_mut(from);
        if lane.ended || !lane.bytes.is_empty() {
            return false;
        }
        let next = lane.bytes.next();
        let due = |mark: &Mark| mark.at <= next && mark.needs <= other.floor();
        // A reset waits until the reorder window is over: what was sent before it may stand behind it in the capture.
        let Some(fin) = lane.fin.as_deref().copied().filter(due) else { return false };
        // It acknowledges one more than there were bytes: a FIN that the capture does not hold came first.
        let answers = other.awaits_nothing() && fin.needs == other.bytes.next() + 1;
        if answers {
            self.end(connection, !from, End::by_packet(EndCause::Fin, fin.stamp), out);
        }
        self.end(connection, from, End::by_packet(EndCause::Fin, fin.stamp), out);
        true
    }

    /// Whether something waits that need not wait for ever.
    fn is_stuck(&self, connection: &Connection) -> bool {
        // Nearly always nothing waits, and nothing is missing.
        let at_rest = |peer: Peer| {
            let lane = self.lanes.of(peer);
            lane.is_quiet() && *connection.acked.of(peer) <= lane.bytes.next()
        };
        if at_rest(Peer::Client) && at_rest(Peer::Server) {
            return false;
        }
        Peer::BOTH.iter().any(|&from| {
            let (lane, other) = (self.lanes.of(from), self.lanes.of(!from));
            let next = lane.bytes.next();
            let proven = lane.proven(*connection.acked.of(from)) > lane.floor();
            let blocked = lane
                .bytes
                .head()
                .is_some_and(|(offset, piece)| offset == next && piece.needs > other.floor());
            let reset = lane.rst.is_some() && !(lane.ended && other.ended);
            let marked = lane.fin.as_ref().is_some_and(|fin| fin.at == next && !lane.ended);
            (!lane.ended && proven) || blocked || reset || marked
        })
    }

    /// Whether bytes are missing that something waits for, rather than a reset waiting for what may stand behind it.
    fn is_missing(&self, connection: &Connection) -> bool {
        Peer::BOTH.iter().any(|&from| {
            let lane = self.lanes.of(from);
            !lane.ended && lane.proven(*connection.acked.of(from)) > lane.floor()
        })
    }

    /// After a segment: starts, goes on or stops waiting for what is missing, and keeps to the caps.
    fn wait_or_give_up(
        &mut self,
        connection: &mut Connection,
        stamp: Stamp,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        let held = Peer::BOTH.map(|peer| self.lanes.of(peer).held_bytes());
        if held.iter().any(|held| *held > common.limits.reorder_bytes) {
            out(connection, ConnectionEvent::LimitReached { shortage: Shortage::Reorder, stamp });
            self.give_up(connection, true, GapCause::Limit, common, out);
        }
        let next = PerPeer::from_fn(|peer| self.lanes.of(peer).bytes.next());
        let is_stuck = !self.closed && !self.ignored && self.is_stuck(connection);
        if let Some(waiting) = &self.waiting
            && (!is_stuck || waiting.has_come(next))
        {
            // What was acknowledged so long before it was captured bears the time of another clock.
            let late = waiting.since(stamp.time) > common.limits.reorder_wait();
            if late && waiting.has_come(next) && self.clocks.differ() {
                connection.two_clocks = true;
                let (from, doubt) = (Peer::Client, StreamDoubt::Clocks);
                out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
            }
            self.waiting = None;
        }
        if !is_stuck {
            return;
        }
        let patience = match self.clocks.are_apart(connection) {
            true => Patience::Apart,
            false if self.is_missing(connection) => Patience::Hole,
            false => Patience::Reset,
        };
        let waiting = self.waiting.get_or_insert_with(|| Waiting::new(stamp.time, next));
        let is_over = waiting.is_over(stamp.time, patience, held.iter().sum(), &common.limits);
        if is_over || self.clocks.is_alone(connection) {
            self.expire(connection, common, out);
        }
    }

    /// The time is up: what is missing will not come.
    pub(super) fn expire(&mut self, connection: &mut Connection, common: &mut Common, out: &mut Out<'_>) {
        self.clocks.gave_up(connection);
        self.give_up(connection, false, GapCause::Lost, common, out);
    }

    /// Turns missing bytes into gaps: those that were acknowledged, or with `all` those never acknowledged as well.
    pub(super) fn give_up(
        &mut self,
        connection: &mut Connection,
        all: bool,
        cause: GapCause,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        self.waiting = None;
        self.steady = false;
        loop {
            self.drain(connection, common, out);
            if self.closed || self.ignored {
                return;
            }
            if !self.pass_hole(connection, all, cause, common, out) && !self.untie() {
                break;
            }
        }
        for from in Peer::BOTH {
            let lane = self.lanes.of_mut(from);
            // A reset that lies beyond bytes nobody acknowledged still resets.
            if let Some(reset) = lane.rst.as_ref().map(|rst| rst.stamp)
                && !lane.ended
            {
                self.end(connection, from, End::by_packet(EndCause::Rst, reset), out);
            }
            if let Some(reset) = self.lanes.of(from).rst.as_ref().map(|rst| rst.stamp) {
                self.end(connection, !from, End::by_packet(EndCause::RstByPeer, reset), out);
            }
        }
    }

    /// Reports one hole as a gap, or lets go what waits for a FIN that was not captured. Returns whether it did.
    fn pass_hole(
        &mut self,
        connection: &mut Connection,
        all: bool,
        cause: GapCause,
        common: &mut Common,
        out: &mut Out<'_>,
    ) -> bool {
        for from in Peer::BOTH {
            let acked = *connection.acked.of(from);
            let lane = self.lanes.of_mut(from);
            if lane.ended {
                continue;
            }
            let next = lane.bytes.next();
            // Who resets sent everything before, although nobody will acknowledge it any more.
            let sent = lane.rst.as_ref().map_or(0, |rst| rst.at);
            let proven = lane.proven(acked.max(sent));
            let head = lane.bytes.head().map(|(offset, piece)| (offset, piece.stamp));
            let mark = lane.fin.as_ref().map(|fin| (fin.at, fin.stamp));
            let last = if all { proven.max(lane.damaged.end()) } else { proven };
            let (limit, stamp) =
                head.or(mark).unwrap_or((last, lane.proof.as_deref().copied().unwrap_or(connection.last)));
            let target = if all { limit } else { limit.min(proven) };
            if target <= next || (head.is_none() && mark.is_none() && target <= lane.released) {
                continue;
            }
            if head.is_none() && mark.is_none() && target == next + 1 {
                // One acknowledged position without a byte is most often a FIN that was not captured.
                lane.released = target;
                return true;
            }
            if let Some((bytes, stamp)) = lane.damaged.take(next, target) {
                lane.recent.note(next, &bytes, &mut common.copies);
                lane.bytes.skip_to(next + bytes.len() as u64);
                *connection.damaged.of_mut(from) = true;
                let doubt = StreamDoubt::Damaged;
                out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
                self.report(connection, from, &bytes, 0, stamp, out);
                return true;
            }
            let target = lane.damaged.start_behind(next).map_or(target, |start| start.min(target));
            lane.bytes.skip_to(target);
            lane.proof = None;
            let cause = if *connection.seen.of(from) { cause } else { GapCause::Unseen };
            self.gap(connection, from, target - next, cause, stamp, out);
            return true;
        }
        false
    }

    /// Lets a piece go whose sender had seen bytes that will not come. Returns whether there was one.
    fn untie(&mut self) -> bool {
        for from in Peer::BOTH {
            let (lane, other) = self.lanes.split_mut(from);
            let next = lane.bytes.next();
            let head = lane.bytes.head().filter(|(offset, _)| *offset == next).map(|(_, piece)| piece.needs);
            let mark = lane
                .fin
                .as_ref()
                .or(lane.rst.as_ref())
                .filter(|mark| mark.at <= next && !lane.ended)
                .map(|mark| mark.needs);
            let Some(needs) = head.or(mark) else { continue };
            if needs > other.floor() {
                other.released = needs;
                return true;
            }
        }
        false
    }

    /// The capture ends, or the connection is forgotten: reports all that is held, then the ends. `until` then nothing
    /// more is known to have come.
    pub(super) fn finish(
        &mut self,
        connection: &mut Connection,
        until: Timestamp,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        if self.closed {
            return;
        }
        if !self.ignored {
            self.give_up(connection, true, GapCause::Lost, common, out);
            for from in Peer::BOTH {
                let cause = if *connection.seen.of(from) { EndCause::Open } else { EndCause::Unseen };
                self.end(connection, from, End { cause, stamp: connection.last, at: until }, out);
            }
        }
        self.close(connection, out);
    }
}
