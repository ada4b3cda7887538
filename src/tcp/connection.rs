//! One TCP connection: both directions put in order, and in the order in which the two sides saw them.

use super::assembler::Assembler;
use crate::model::{
    Chunk, ConnectionId, End, EndCause, Gap, GapCause, Limits, Peer, PerPeer, Segment, Stamp, StreamEvent,
    Timestamp,
};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;
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
    /// A cap was reached, and bytes or a connection were let go.
    LimitReached {
        /// The cap's name in [`Limits::NAMES`].
        limit: &'static str,
        /// At which packet.
        stamp: Stamp,
    },
    /// Both directions ended; nothing follows.
    Closed,
}

/// Takes the events of one connection.
pub(super) type Out<'o> = dyn FnMut(&Connection, ConnectionEvent<'_>) + 'o;

/// An end of the stream that waits for the bytes before it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: u64,
    stamp: Stamp,
    needs: u64,
}

/// How far two positions may lie apart before one of them cannot belong to this stream: sequence numbers wrap at 2^32.
const REACH: i64 = 1 << 30;

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    /// The sequence number of offset 0, once known.
    origin: Option<u32>,
    /// The origin comes from a packet without data in mid-stream, which may have been a keep-alive: one too low.
    loose: bool,
    bytes: Assembler,
    /// The other side may be reported up to what it knew of this offset, although the bytes are not here.
    released: u64,
    /// Boxed, as most connections are nowhere near their end.
    fin: Option<Box<Mark>>,
    rst: Option<Box<Mark>>,
    /// The packet that acknowledged bytes of this lane which are not here; boxed, as it is rare.
    proof: Option<Box<Stamp>>,
    ended: bool,
    recent: Recent,
}

impl Lane {
    /// The offset that `sequence` stands for; negative before the captured start.
    fn offset(&self, sequence: u32) -> Option<i64> {
        let origin = self.origin?;
        let next = self.bytes.next();
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers are offsets modulo 2^32")]
        let expected = origin.wrapping_add(next as u32);
        let ahead = i64::from(sequence.wrapping_sub(expected).cast_signed());
        let offset = next.cast_signed() + ahead;
        (-REACH..=REACH).contains(&ahead).then_some(offset)
    }

    /// Whether nothing waits for its turn.
    fn is_quiet(&self) -> bool {
        self.bytes.is_empty() && self.fin.is_none() && self.rst.is_none()
    }

    /// How far the other side's packets may be reported that had seen bytes of this lane.
    fn floor(&self) -> u64 {
        self.bytes.next().max(self.released)
    }

    /// The bytes of this lane that an acknowledgment `acked` proves: a FIN counts as one in TCP, but is no byte.
    fn proven(&self, acked: u64) -> u64 {
        self.fin.as_ref().map_or(acked, |fin| acked.min(fin.at))
    }
}

/// The latest reported segments, to notice that a retransmission carries other bytes.
#[derive(Debug, Default)]
struct Recent {
    /// A ring; those without length are still free.
    segments: [Reported; Self::KEPT],
    at: u8,
}

/// A segment as it is remembered: two of the same place and length, but with other bytes, have another hash, but for
/// one in four billion.
#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    /// Modulo 2^32, as sequence numbers are: the latest few are no 4 GiB apart.
    offset: u32,
    length: u32,
    hash: u32,
}

impl Reported {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "offsets modulo 2^32; a segment is shorter than 4 GiB; half of the hash will do"
    )]
    fn new(offset: u64, bytes: &[u8]) -> Self {
        let hash = FixedState::default().hash_one(bytes);
        Self { offset: offset as u32, length: bytes.len() as u32, hash: (hash >> 32) as u32 }
    }
}

impl Recent {
    const KEPT: usize = 8;

    fn note(&mut self, offset: u64, bytes: &[u8]) {
        if let Some(slot) = self.segments.get_mut(usize::from(self.at) % Self::KEPT) {
            *slot = Reported::new(offset, bytes);
        }
        self.at = self.at.wrapping_add(1);
    }

    /// Whether the very range was reported with other bytes. Retransmissions with other borders cannot be compared.
    fn contradicts(&self, offset: u64, bytes: &[u8]) -> bool {
        // A keep-alive repeats one byte, and not always the right one (RFC 9293 §3.8.4).
        if bytes.len() <= 1 {
            return false;
        }
        let now = Reported::new(offset, bytes);
        let same = |then: &&Reported| (then.offset, then.length) == (now.offset, now.length);
        self.segments.iter().find(same).is_some_and(|then| then.hash != now.hash)
    }
}

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
    ignored: bool,
    closed: bool,
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
    pub(super) const fn held_bytes(&self) -> u64 {
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

    /// Takes one segment that `from` sent.
    pub(super) fn push(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        segment: &Segment<'_>,
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        connection.last = connection.last.max(segment.stamp);
        *connection.seen.of_mut(from) = true;
        if self.closed {
            return;
        }
        if segment.cut > 0 {
            connection.cut_packets += 1;
            connection.cut_bytes += u64::from(segment.cut);
        }
        let needs = self.acknowledge(connection, from, segment);
        let first_sequence = if segment.flags.syn {
            *connection.start_seen.of_mut(from) = true;
            segment.sequence.wrapping_add(1)
        } else {
            segment.sequence
        };
        if segment.flags.rst {
            let (lane, other) = self.lanes.split_mut(from);
            let unanswered = lane.origin.is_none() && from == Peer::Server && connection.start_seen.client;
            if unanswered && other.bytes.next() == 0 && other.bytes.is_empty() {
                out(connection, ConnectionEvent::Refused { stamp: segment.stamp });
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
                lane.rst = Some(Box::new(Mark { at, stamp: segment.stamp, needs }));
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
        self.wait_or_give_up(connection, segment.stamp, limits, out);
    }

    /// Notes what `from` acknowledges. Returns the offset of the other side's bytes that it had seen.
    fn acknowledge(&mut self, connection: &mut Connection, from: Peer, segment: &Segment<'_>) -> u64 {
        if !segment.flags.ack {
            return 0;
        }
        let other = self.lanes.of_mut(!from);
        if other.origin.is_none() && segment.flags.syn {
            other.origin = Some(segment.acknowledgment);
            *connection.start_seen.of_mut(!from) = true;
        }
        let Some(offset) = other.offset(segment.acknowledgment).and_then(|offset| u64::try_from(offset).ok())
        else {
            return 0;
        };
        let proven = other.proven(offset);
        if proven > other.floor() {
            other.proof.get_or_insert_with(|| Box::new(segment.stamp));
        }
        let acked = connection.acked.of_mut(!from);
        *acked = proven.max(*acked);
        proven
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
        let length = segment.payload.len() as u64 + u64::from(segment.cut);
        let (lane, other) = self.lanes.split_mut(from);
        if lane.origin.is_none() {
            // In mid-stream a lone byte is a keep-alive's, not the stream's (RFC 9293 §3.8.4).
            let probe = !segment.flags.syn && length <= 1;
            lane.loose = !segment.flags.syn && length == 0;
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
        if segment.flags.fin && lane.fin.is_none() && end >= lane.bytes.next().cast_signed() {
            lane.fin = Some(Box::new(Mark { at: end.cast_unsigned(), stamp: segment.stamp, needs }));
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
                    stamp: segment.stamp,
                };
                out(connection, event);
            }
            return;
        }
        let old = usize::try_from(next.cast_signed().saturating_sub(start).max(0)).unwrap_or(usize::MAX);
        let cut = u64::from(segment.cut);
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
            self.report(connection, from, fresh, gap, segment.stamp, out);
        } else {
            let conflicts = lane.bytes.hold(offset, bytes, cut, segment.stamp, needs);
            if conflicts > 0 {
                out(connection, ConnectionEvent::Conflict { from, bytes: conflicts, stamp: segment.stamp });
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
            *connection.delivered.of_mut(from) += bytes.len() as u64;
            self.stream(connection, from, StreamEvent::Data(Chunk { bytes, stamp }), out);
        }
        if cut > 0 {
            self.gap(connection, from, Gap { missing: cut, cause: GapCause::Snaplen, stamp }, out);
        }
    }

    fn gap(&mut self, connection: &mut Connection, from: Peer, gap: Gap, out: &mut Out<'_>) {
        *connection.delivered.of_mut(from) += gap.missing;
        self.stream(connection, from, StreamEvent::Gap(gap), out);
    }

    fn stream(&mut self, connection: &Connection, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        if !self.ignored {
            out(connection, ConnectionEvent::Stream { from, event });
        }
    }

    fn end(&mut self, connection: &Connection, from: Peer, end: End, out: &mut Out<'_>) {
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
            out(connection, ConnectionEvent::LimitReached { limit: "reorder-bytes", stamp });
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
            self.gap(connection, from, Gap { missing: target - next, cause, stamp }, out);
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
