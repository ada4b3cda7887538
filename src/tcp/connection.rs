//! One TCP connection: both directions put in order, and in the order in which the two sides saw them.

use super::health::{Act, Beat, Health, Pulse};
use super::lane::{Lane, Mark};
use crate::model::{
    Chunk, ConnectionId, End, EndCause, Extent, Flags, Gap, GapCause, Limits, Peer, PerPeer, Segment,
    Shortage, Stamp, StreamEvent, Timestamp, Trouble,
};
use std::net::SocketAddr;

/// What is known of a connection so far.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number in this run.
    pub id: ConnectionId,
    /// The two ends. The client is who sent the SYN; without one, who does not own the lower (or `--port`) port.
    pub addresses: PerPeer<SocketAddr>,
    /// Its first packet.
    pub opened: Stamp,
    /// Its latest packet.
    pub last: Stamp,
    /// Whether it is known where each side's stream begins; otherwise the capture began inside it.
    pub start_seen: PerPeer<bool>,
    /// Which sides' packets the capture holds at all.
    pub seen: PerPeer<bool>,
    /// Bytes of each side's stream reported so far, gaps included.
    pub delivered: PerPeer<u64>,
    /// Bytes of each side's stream that the other side acknowledged.
    pub acked: PerPeer<u64>,
    /// Packets that the snap length cut.
    pub cut_packets: u64,
    /// Payload bytes that it cut off.
    pub cut_bytes: u64,
    /// Packets in which each side sent again what the capture holds already.
    pub sent_again: PerPeer<u64>,
    /// SYNs of the client, as long as there is nothing else.
    pub syns: u16,
}

impl Connection {
    /// One of which nothing is known but its first packet, which is yet to be taken.
    pub(super) const fn new(id: ConnectionId, addresses: PerPeer<SocketAddr>, opened: Stamp) -> Self {
        Self {
            id,
            addresses,
            opened,
            last: opened,
            start_seen: PerPeer { client: false, server: false },
            seen: PerPeer { client: false, server: false },
            delivered: PerPeer { client: 0, server: 0 },
            acked: PerPeer { client: 0, server: 0 },
            cut_packets: 0,
            cut_bytes: 0,
            sent_again: PerPeer { client: 0, server: 0 },
            syns: 0,
        }
    }

    /// The next `length` bytes of `from` are reported. Returns where they are in its stream.
    #[inline]
    pub(super) const fn deliver(&mut self, from: Peer, length: u64) -> Extent {
        let delivered = self.delivered.of_mut(from);
        let extent = Extent::new(*delivered, length);
        *delivered = extent.end;
        extent
    }

    /// The payload of `segment`, which was the latest of `from` to be reported.
    #[inline]
    pub(super) fn delivered_by<'s>(&self, from: Peer, segment: &Segment<'s>) -> Chunk<'s> {
        let bytes = segment.payload;
        Chunk::plain(bytes, segment.header.stamp, self.delivered.of(from) - bytes.len() as u64)
    }
}

/// What happens in a connection.
#[derive(Clone, Copy, Debug)]
pub enum ConnectionEvent<'a> {
    /// The stream of one side goes on.
    Stream {
        /// Whose bytes.
        from: Peer,
        /// What comes next in them.
        event: StreamEvent<'a>,
    },
    /// A side sent other bytes in place of some it had sent already. The first ones were reported.
    Conflict {
        /// Who.
        from: Peer,
        /// How many bytes are known to differ; at least that many.
        bytes: u64,
        /// In which packet.
        stamp: Stamp,
    },
    /// The SYN was answered by a reset: nobody listens, or a firewall says so.
    Refused {
        /// The reset.
        stamp: Stamp,
    },
    /// TCP shows why a side's stream goes on as it does.
    Trouble {
        /// Which side's.
        from: Peer,
        /// What it shows.
        trouble: &'a Trouble,
    },
    /// A cap was reached, and bytes or a connection were let go.
    LimitReached {
        /// Which.
        shortage: Shortage,
        /// At which packet.
        stamp: Stamp,
    },
    /// Both directions ended; nothing follows.
    Closed,
}

/// Takes the events of one connection.
pub(super) type Out<'o> = dyn FnMut(&Connection, ConnectionEvent<'_>) + 'o;

/// Since when, and through how many packets, a connection waits for bytes that should be there.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    deadline: Timestamp,
    packets: u64,
}

/// The moving parts of a connection.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    lanes: PerPeer<Lane>,
    waiting: Option<Waiting>,
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
        self.waiting.map(|waiting| waiting.deadline)
    }

    /// Something of each of its parts, so that all of them are on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        let (client, server) = (&self.lanes.client, &self.lanes.server);
        client.bytes.next() ^ server.bytes.next() ^ client.released ^ server.released
    }

    /// Bytes held in memory.
    pub(super) fn held_bytes(&self) -> u64 {
        self.lanes.client.bytes.held_bytes() + self.lanes.server.bytes.held_bytes()
    }

    /// Whether a SYN with this sequence number opened this connection, rather than one that follows on its ports.
    pub(super) fn opened_by(&self, from: Peer, sequence: u32) -> bool {
        let lane = self.lanes.of(from);
        lane.origin.is_none_or(|origin| origin == sequence.wrapping_add(1))
            && (lane.origin.is_some() || !self.closed)
    }

    /// Whether a SYN-ACK with this sequence number is this connection's, rather than the answer to a SYN that the capture
    /// does not hold, on the ports of a connection that is over.
    pub(super) fn answered_by(&self, from: Peer, sequence: u32) -> bool {
        !self.closed || self.lanes.of(from).origin.is_none_or(|origin| origin == sequence.wrapping_add(1))
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
    ) -> bool {
        let (lane, other) = self.lanes.split_mut(from);
        let marks = &segment.header.marks;
        let plain = segment.header.flags == Flags::ACK && segment.header.cut == 0 && marks.window != 0;
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
            lane.recent.note(lane.bytes.next(), segment.payload);
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
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        connection.last = segment.header.stamp;
        let is_first = !std::mem::replace(connection.seen.of_mut(from), true);
        self.steady = false;
        if self.closed {
            return;
        }
        if segment.header.cut > 0 {
            connection.cut_packets += 1;
            connection.cut_bytes += u64::from(segment.header.cut);
        }
        let needs = self.acknowledge(connection, from, segment);
        let first_sequence = if segment.header.flags.syn {
            *connection.start_seen.of_mut(from) = true;
            segment.header.sequence.wrapping_add(1)
        } else {
            segment.header.sequence
        };
        self.watch(connection, from, is_first, first_sequence, segment, out);
        if segment.header.flags.rst {
            let (lane, other) = self.lanes.split_mut(from);
            let unanswered = lane.origin.is_none() && from == Peer::Server && connection.start_seen.client;
            if unanswered && other.bytes.next() == 0 && other.bytes.is_empty() {
                out(connection, ConnectionEvent::Refused { stamp: segment.header.stamp });
                self.close(connection, out);
                return;
            }
            // A receiver ignores a reset outside its window (RFC 9293 §3.10.7.4).
            let acked = *connection.acked.of(from);
            let farthest = lane.bytes.next().max(acked).saturating_add(limits.reorder_bytes);
            let at = lane.origin.map_or(Some(0), |_| lane.offset(first_sequence));
            if let Some(at) = at.and_then(|at| u64::try_from(at).ok())
                && (acked..=farthest).contains(&at)
                && lane.rst.is_none()
            {
                lane.rst = Some(Box::new(Mark { at, stamp: segment.header.stamp, needs }));
                if let Some(reset) = lane.pulse.foreign_reset(segment.header) {
                    self.health.get_or_insert_default().is_reset(from, reset);
                }
            }
        } else {
            self.take_bytes(connection, from, first_sequence, segment, needs, out);
        }
        if self.ignored {
            self.close_ignored(connection, out);
            return;
        }
        if !(self.lanes.client.is_quiet() && self.lanes.server.is_quiet()) {
            self.drain(connection, out);
        }
        self.wait_or_give_up(connection, segment.header.stamp, limits, out);
        let is_over = self.closed || self.ignored;
        self.steady = !is_over
            && self.waiting.is_none()
            && !self.health.as_ref().is_some_and(|health| health.is_watching())
            && Peer::BOTH.iter().all(|&peer| self.lanes.of(peer).is_steady(*connection.acked.of(peer)));
    }

    /// Notes what `from` acknowledges. Returns the offset of the other side's bytes that it had seen.
    fn acknowledge(&mut self, connection: &mut Connection, from: Peer, segment: &Segment<'_>) -> u64 {
        if !segment.header.flags.ack {
            return 0;
        }
        let other = self.lanes.of_mut(!from);
        if other.origin.is_none() && segment.header.flags.syn {
            other.origin = Some(segment.header.acknowledgment);
            *connection.start_seen.of_mut(!from) = true;
        }
        let Some(offset) =
            other.offset(segment.header.acknowledgment).and_then(|offset| u64::try_from(offset).ok())
        else {
            return 0;
        };
        let proven = other.proven(offset);
        if proven > other.floor() {
            other.proof.get_or_insert_with(|| Box::new(segment.header.stamp));
        }
        let acked = connection.acked.of_mut(!from);
        *acked = proven.max(*acked);
        proven
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
    fn take_bytes(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        first_sequence: u32,
        segment: &Segment<'_>,
        needs: u64,
        out: &mut Out<'_>,
    ) {
        let length = segment.payload.len() as u64 + u64::from(segment.header.cut);
        let (lane, other) = self.lanes.split_mut(from);
        if lane.origin.is_none() {
            // In mid-stream a lone byte is a keep-alive's, not the stream's (RFC 9293 §3.8.4).
            let probe = !segment.header.flags.syn && length <= 1;
            lane.loose = !segment.header.flags.syn && length == 0;
            #[expect(clippy::cast_possible_truncation, reason = "at most 1")]
            let skipped = if probe { length as u32 } else { 0 };
            lane.origin = Some(first_sequence.wrapping_add(skipped));
        } else if lane.loose && length > 0 {
            if lane.offset(first_sequence) == Some(1) && lane.bytes.next() == 0 {
                lane.origin = Some(first_sequence);
            }
            lane.loose = false;
        }
        let Some(start) = lane.offset(first_sequence) else { return };
        let end = start + length.cast_signed();
        if segment.header.flags.fin && lane.fin.is_none() && end >= lane.bytes.next().cast_signed() {
            lane.fin = Some(Box::new(Mark { at: end.cast_unsigned(), stamp: segment.header.stamp, needs }));
        }
        let after_reset = lane.rst.as_ref().is_some_and(|rst| start >= rst.at.cast_signed());
        if length == 0 || lane.ended || after_reset || self.ignored {
            return;
        }
        let next = lane.bytes.next();
        if end <= next.cast_signed() {
            if let Ok(start) = u64::try_from(start)
                && lane.recent.contradicts(start, segment.payload)
            {
                let event = ConnectionEvent::Conflict {
                    from,
                    bytes: segment.payload.len() as u64,
                    stamp: segment.header.stamp,
                };
                out(connection, event);
            }
            return;
        }
        let old = usize::try_from(next.cast_signed().saturating_sub(start).max(0)).unwrap_or(usize::MAX);
        let cut = u64::from(segment.header.cut);
        let (offset, bytes, cut) = match u64::try_from(start) {
            Ok(start) => (start, segment.payload, cut),
            // The segment reaches back beyond the captured start: its new part begins at offset 0 or later.
            Err(_) => {
                (next, segment.payload.get(old..).unwrap_or_default(), cut.min(end.cast_unsigned() - next))
            }
        };
        if lane.bytes.is_empty() && offset <= next && needs <= other.floor() {
            let skip = usize::try_from(next - offset).unwrap_or(usize::MAX);
            let fresh = bytes.get(skip..).unwrap_or_default();
            let gap = end.cast_unsigned() - next - fresh.len() as u64;
            lane.recent.note(next, fresh);
            lane.bytes.advance(fresh.len() as u64 + gap);
            self.report(connection, from, fresh, gap, segment.header.stamp, out);
        } else {
            let conflicts = lane.bytes.hold(offset, bytes, cut, segment.header.stamp, needs);
            if conflicts > 0 {
                out(
                    connection,
                    ConnectionEvent::Conflict { from, bytes: conflicts, stamp: segment.header.stamp },
                );
            }
        }
    }

    /// Reports bytes in order, and the cut ones behind them.
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
            self.lanes.of_mut(peer).bytes.clear();
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
    fn drain(&mut self, connection: &mut Connection, out: &mut Out<'_>) {
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
                    lane.recent.note(offset, &piece.bytes);
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
        let fin = lane.fin.as_deref().copied().filter(due);
        if let Some(fin) = fin {
            self.end(connection, from, End::by_packet(EndCause::Fin, fin.stamp), out);
        }
        fin.is_some()
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

    /// After a segment: starts, goes on or stops waiting for what is missing, and keeps to the caps.
    fn wait_or_give_up(
        &mut self,
        connection: &mut Connection,
        stamp: Stamp,
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        if self.closed || self.ignored {
            return;
        }
        let over =
            Peer::BOTH.iter().any(|&peer| self.lanes.of(peer).bytes.held_bytes() > limits.reorder_bytes);
        if over {
            out(connection, ConnectionEvent::LimitReached { shortage: Shortage::Reorder, stamp });
            self.give_up(connection, true, GapCause::Limit, out);
        }
        if !self.is_stuck(connection) {
            self.waiting = None;
            return;
        }
        let fresh = Waiting { deadline: stamp.time.plus(limits.reorder_wait()), packets: 0 };
        let waiting = self.waiting.get_or_insert(fresh);
        waiting.packets += 1;
        if waiting.packets > limits.reorder_packets {
            self.give_up(connection, false, GapCause::Lost, out);
        }
    }

    /// The time is up: what is missing will not come.
    pub(super) fn expire(&mut self, connection: &mut Connection, out: &mut Out<'_>) {
        self.give_up(connection, false, GapCause::Lost, out);
    }

    /// Turns missing bytes into gaps: those that were acknowledged, or with `all` those never acknowledged as well.
    pub(super) fn give_up(
        &mut self,
        connection: &mut Connection,
        all: bool,
        cause: GapCause,
        out: &mut Out<'_>,
    ) {
        self.waiting = None;
        self.steady = false;
        loop {
            self.drain(connection, out);
            if self.closed || self.ignored {
                return;
            }
            if !self.pass_hole(connection, all, cause, out) && !self.untie() {
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
            let (limit, stamp) =
                head.or(mark).unwrap_or((proven, lane.proof.as_deref().copied().unwrap_or(connection.last)));
            let target = if all { limit } else { limit.min(proven) };
            if target <= next || (head.is_none() && mark.is_none() && target <= lane.released) {
                continue;
            }
            if head.is_none() && mark.is_none() && target == next + 1 {
                // One acknowledged position without a byte is most often a FIN that was not captured.
                lane.released = target;
                return true;
            }
            lane.bytes.skip_to(target);
            lane.proof = None;
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
    pub(super) fn finish(&mut self, connection: &mut Connection, until: Timestamp, out: &mut Out<'_>) {
        if self.closed {
            return;
        }
        if !self.ignored {
            self.give_up(connection, true, GapCause::Lost, out);
            for from in Peer::BOTH {
                let cause = if *connection.seen.of(from) { EndCause::Open } else { EndCause::Unseen };
                self.end(connection, from, End { cause, stamp: connection.last, at: until }, out);
            }
        }
        self.close(connection, out);
    }
}
