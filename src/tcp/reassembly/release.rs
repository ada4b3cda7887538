//! What waits for bytes of either side: released in causal order, or without what is missing.

use super::{Common, Reassembly, doubt_clocks};
use crate::model::{
    End, EndCause, EndPlace, GapCause, Limits, Peer, PerPeer, Segment, SegmentHeader, Shortage, Stamp,
    Timestamp,
};
use crate::tcp::connection::{Connection, ConnectionEvent, Out, StreamDoubt};
use crate::tcp::lane::AwaitedEnd;
use crate::tcp::patience::{AwaitedBytes, Clocks, Holes, Patience};

impl Reassembly {
    /// Reports everything whose turn has come.
    pub(super) fn drain(&mut self, connection: &mut Connection, common: &mut Common, out: &mut Out<'_>) {
        while !self.closed && !self.ignored {
            // Where neither stands behind the other, the one that was captured first.
            let due = |from: Peer| {
                let (_, piece) = self.lanes.of(from).bytes.head()?;
                (piece.needs <= self.lanes.of(!from).floor()).then_some((piece.stamp, from))
            };
            let first = Peer::BOTH.into_iter().filter_map(due).min_by_key(|(stamp, _)| *stamp);
            if let Some((_, from)) = first {
                let lane = self.lanes.of_mut(from);
                let offset = lane.bytes.next();
                let Some(piece) = lane.bytes.pop() else { break };
                lane.recent.note(offset, &piece.bytes, &mut common.copies);
                self.report(connection, from, (&piece.bytes, piece.cut), (piece.stamp, piece.needs), out);
            }
            let ended = Peer::BOTH.map(|from| self.drain_ends(connection, from, out));
            if first.is_none() && ended == [false, false] {
                break;
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
        let due = |mark: &AwaitedEnd| mark.at <= next && mark.needs <= other.floor();
        // A reset waits until the reorder window is over: what was sent before it may stand behind it in the capture.
        let Some(fin) = lane.fin.as_deref().copied().filter(due) else { return false };
        // It acknowledges one more than there were bytes: a FIN that the capture does not hold came first.
        let answers = other.awaits_nothing() && fin.needs == other.bytes.next() + 1;
        if answers {
            let place = Some(EndPlace { at: other.bytes.next(), acknowledged: None });
            self.end(connection, !from, End::at_place(EndCause::Fin, fin.stamp, place), out);
        }
        self.end(connection, from, fin.end(EndCause::Fin), out);
        true
    }

    /// Bytes that were acknowledged so long before they were captured bear the time of another clock.
    pub(super) fn compare_clocks(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        segment: &Segment<'_>,
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        let Some(waiting) = &self.waiting else { return };
        let lane = self.lanes.of(from);
        let fills = self.expects(from, segment.header)
            && !segment.payload.is_empty()
            && *connection.acked.of(from) > lane.bytes.next();
        let stamp = segment.header.stamp;
        if fills && waiting.since(stamp.time) > limits.reorder_wait() && self.clocks.differ() {
            doubt_clocks(connection, stamp, out);
        }
    }

    /// Whether what one side sent has waited for longer than packets come late, as the other one was not to be seen.
    pub(super) fn is_overdue(&self, now: Timestamp, limits: &Limits) -> bool {
        let is_long = |waiting: &AwaitedBytes| waiting.is_long(now, limits);
        self.clocks == Clocks::Alone || self.waiting.as_ref().is_some_and(is_long)
    }

    /// The first packet of `from` came long after the other side's first ones. If it was sent before what those acknowledge, it
    /// bears the time of another clock, or stands in another place than its time says, and so do the packets that follow it.
    pub(super) fn compare_beginnings(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        header: &SegmentHeader,
        limits: &Limits,
        out: &mut Out<'_>,
    ) {
        let place = self.lanes.of(from).offset(header.sequence);
        let acked = connection.acked.of(from).cast_signed();
        if place.is_none_or(|place| place >= acked) {
            return;
        }
        if self.clocks == Clocks::Alone {
            let (shortage, stamp) = (Shortage::Skew, header.stamp);
            out(connection, ConnectionEvent::LimitReached { shortage, stamp });
        }
        let is_in_time = |waiting: &AwaitedBytes| waiting.since(header.stamp.time) <= limits.reorder_wait();
        if self.clocks == Clocks::One && self.waiting.as_ref().is_some_and(is_in_time) {
            self.clocks = Clocks::OneBehind;
        } else if self.clocks.differ() && !connection.two_clocks {
            doubt_clocks(connection, header.stamp, out);
        }
    }

    /// A segment may be the first of `from` that is captured, and then shows where its stream begins: behind bytes that are missing, if
    /// the other side had acknowledged some while it sent data.
    pub(super) fn find_origin(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        first_sequence: u32,
        length: u64,
        header: &SegmentHeader,
        out: &mut Out<'_>,
    ) {
        let (lane, other) = self.lanes.split_mut(from);
        if lane.find_origin(first_sequence, length, header.flags.syn(), other.asked) {
            *connection.headless.of_mut(from) = true;
            let (doubt, stamp) = (StreamDoubt::Headless, header.stamp);
            out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
        }
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

    /// Whether a reset was captured so early that what came before it may take its time.
    fn has_early_reset(&self) -> bool {
        Peer::BOTH.iter().any(|&peer| self.lanes.of(peer).rst.as_ref().is_some_and(|reset| reset.early))
    }

    /// After a segment: starts, goes on or stops waiting for what is missing, and keeps to the caps.
    pub(super) fn wait_or_give_up(
        &mut self,
        connection: &mut Connection,
        stamp: Stamp,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        let held = Peer::BOTH.map(|peer| self.lanes.of(peer).held_bytes());
        if held.iter().any(|held| *held > common.limits.reorder_bytes) {
            out(connection, ConnectionEvent::LimitReached { shortage: Shortage::Reorder, stamp });
            self.give_up(connection, Holes::All, GapCause::Limit, common, out);
        }
        let next = PerPeer::from_fn(|peer| self.lanes.of(peer).bytes.next());
        let is_stuck = !self.closed && !self.ignored && self.is_stuck(connection);
        let past = self.waiting.take_if(|waiting| !is_stuck || waiting.has_come(next));
        if !is_stuck {
            return;
        }
        let patience = match self.clocks.are_apart(connection) {
            true => Patience::Apart,
            false if self.is_missing(connection) || self.has_early_reset() => Patience::Hole,
            false => Patience::Reset,
        };
        // What waits may bear a later time than what comes now: it was captured too early.
        let begun = past.map_or(stamp.time, |past| past.begun.max(stamp.time));
        let waiting = self.waiting.get_or_insert_with(|| AwaitedBytes::new(begun, next));
        let is_over = waiting.is_over(stamp.time, patience, held.iter().sum(), &common.limits);
        if is_over || self.clocks.is_alone(connection) {
            self.expire(connection, common, out);
        }
    }

    /// The time is up: what is missing will not come.
    pub(in crate::tcp) fn expire(
        &mut self,
        connection: &mut Connection,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        self.clocks.gave_up(connection);
        self.give_up(connection, Holes::Proven, GapCause::Lost, common, out);
    }

    /// Turns these missing bytes into gaps.
    pub(in crate::tcp) fn give_up(
        &mut self,
        connection: &mut Connection,
        holes: Holes,
        cause: GapCause,
        common: &mut Common,
        out: &mut Out<'_>,
    ) {
        self.waiting = None;
        self.steady = false;
        self.doubt_resets(connection);
        let is_reset = Peer::BOTH.iter().any(|&peer| self.lanes.of(peer).rst.is_some());
        if cause == GapCause::Lost && (holes == Holes::All || is_reset) {
            self.never_came(connection, out);
        }
        loop {
            self.drain(connection, common, out);
            if self.closed || self.ignored {
                return;
            }
            if !self.pass_hole(connection, holes, cause, common, out) && !self.untie() {
                break;
            }
        }
        // Of two resets the earlier one ended the connection.
        let reset = |peer: Peer| self.lanes.of(peer).rst.as_ref().map(|rst| rst.stamp);
        let earlier = match (reset(Peer::Client), reset(Peer::Server)) {
            (Some(client), Some(server)) if server < client => Peer::Server,
            _ => Peer::Client,
        };
        for from in [earlier, !earlier] {
            let lane = self.lanes.of_mut(from);
            // A reset that lies beyond bytes nobody acknowledged still resets.
            if let Some(reset) = lane.rst.as_deref().copied()
                && !lane.ended
            {
                // One position before it without a byte is a FIN that was not captured: its sender had left by then.
                let behind_fin = lane.released == reset.at && reset.at == lane.bytes.next() + 1;
                let (cause, at) =
                    if behind_fin { (EndCause::Fin, lane.bytes.next()) } else { (EndCause::Rst, reset.at) };
                self.end(connection, from, AwaitedEnd { at, ..reset }.end(cause), out);
            }
            if let Some(reset) = self.lanes.of(from).rst.as_deref().copied() {
                self.end(connection, !from, reset.end(EndCause::RstByPeer), out);
            }
        }
    }

    /// Reports one hole as a gap, or lets go what waits for a FIN that was not captured. Returns whether it did.
    fn pass_hole(
        &mut self,
        connection: &mut Connection,
        holes: Holes,
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
            let (received, proven) = (lane.proven(acked), lane.proven(acked.max(sent)));
            let head = lane.bytes.head().map(|(offset, piece)| (offset, piece.stamp));
            let mark = lane.fin.as_ref().map(|fin| (fin.at, fin.stamp));
            let sent = lane.missing().map_or(0, |missing| missing.sent);
            let last = match holes {
                Holes::All => proven.max(sent).max(lane.damaged.end()),
                Holes::Proven => proven,
            };
            let (limit, stamp) =
                head.or(mark).unwrap_or((last, lane.proof.as_deref().copied().unwrap_or(connection.last)));
            let target = match holes {
                Holes::All => limit,
                Holes::Proven => limit.min(proven),
            };
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
                *connection.disputed.of_mut(from) = true;
                let doubt = StreamDoubt::Damaged;
                out(connection, ConnectionEvent::Doubtful { from, doubt, stamp });
                self.report(connection, from, (&bytes, 0), (stamp, 0), out);
                return true;
            }
            let target = lane.damaged.start_behind(next).map_or(target, |start| start.min(target));
            // What was acknowledged was received, and what comes behind that was not, as far as is known.
            let is_received = received > next || !*connection.seen.of(!from);
            let target = if received > next { target.min(received) } else { target };
            lane.bytes.skip_to(target);
            lane.proof = None;
            let cause = if !*connection.seen.of(from) {
                GapCause::Unseen
            } else if cause == GapCause::Lost && !is_received {
                GapCause::Unacknowledged
            } else {
                cause
            };
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
            if other.origin.is_none() && needs > other.floor() {
                lane.place(None);
                return true;
            }
            if needs > other.floor() {
                other.released = needs;
                return true;
            }
        }
        false
    }
}
