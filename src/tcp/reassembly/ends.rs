//! How the streams of a connection end: by FIN, by a reset, or with the capture.

use super::{Common, Reassembly};
use crate::model::{End, EndCause, GapCause, Limits, Peer, Segment, StreamEvent, Timestamp};
use crate::tcp::connection::{Connection, ConnectionEvent, Out};
use crate::tcp::lane::{AwaitedEnd, Lane};
use crate::tcp::patience::Holes;

impl Reassembly {
    /// Takes a reset, to act on it in its turn.
    pub(super) fn take_reset(
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
        let acknowledges_syn = other.origin == Some(segment.header.acknowledgment);
        let unanswered = lane.origin.is_none() && from == Peer::Server && connection.start_seen.client;
        if unanswered && other.bytes.next() == 0 && other.bytes.is_empty() {
            match segment.header.flags.ack() {
                // It acknowledges the SYN that it refuses (RFC 9293 §3.10.7.1).
                true if acknowledges_syn => {
                    self.refused = true;
                    out(connection, ConnectionEvent::Refused { stamp });
                    self.close(connection, out);
                    return;
                }
                true => {}
                // A client that waits for the answer to its SYN drops it (RFC 9293 §3.10.7.3): it is an older connection's.
                false => {
                    *connection.seen.of_mut(from) = false;
                    return;
                }
            }
        }
        if segment.header.flags.ack() && !acknowledges_syn {
            // It was captured before the SYN of its side.
            self.find_origin(connection, from, segment.header.sequence, 0, segment.header, out);
        }
        let (lane, other) = self.lanes.split_mut(from);
        // A receiver ignores a reset outside its window (RFC 9293 §3.10.7.4).
        let acked = *connection.acked.of(from);
        let farthest = lane.bytes.next().max(acked).saturating_add(limits.reorder_bytes);
        let at = lane.origin.map_or(Some(0), |_| lane.offset(segment.header.sequence));
        if let Some(at) = at.and_then(|at| u64::try_from(at).ok())
            && (acked..=farthest).contains(&at)
        {
            if let Some(first) = &mut lane.rst {
                first.again = Some(at).filter(|at| *at != first.at).or(first.again);
                return;
            }
            let is_waiting = other.bytes.reach() > *connection.acked.of(!from);
            lane.rst = Some(Box::new(AwaitedEnd {
                at,
                stamp,
                needs,
                acknowledges: segment.header.flags.ack(),
                again: None,
                answers: !segment.header.flags.ack() && at == acked && is_waiting,
                early: false,
            }));
            if let Some(reset) = lane.pulse.foreign_reset(segment.header) {
                self.health.get_or_insert_default().is_reset(from, reset);
            }
        }
    }

    /// The stream of `from` is over.
    pub(super) fn end(&mut self, connection: &Connection, from: Peer, end: End, out: &mut Out<'_>) {
        if end.cause == EndCause::Fin {
            self.closed_window(connection, !from, end.stamp, out);
            self.unreached(connection, !from, end.stamp, out);
        } else {
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

    /// The connection is over.
    pub(super) fn close(&mut self, connection: &Connection, out: &mut Out<'_>) {
        if !self.closed {
            self.last_words(connection, connection.last, out);
            self.closed = true;
            self.waiting = None;
            // Nothing of the streams is needed any more but where they began, to know a late SYN again.
            for peer in Peer::BOTH {
                let lane = self.lanes.of_mut(peer);
                *lane = Lane { origin: lane.origin, ..Lane::default() };
            }
            out(connection, ConnectionEvent::Closed { origins: self.origins() });
        }
    }

    /// Nothing more is to be reported about it: only [`ConnectionEvent::Closed`] follows.
    pub(in crate::tcp) fn ignore(&mut self, connection: &Connection, out: &mut Out<'_>) {
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
    pub(super) fn close_ignored(&mut self, connection: &Connection, out: &mut Out<'_>) {
        let (client, server) = (&self.lanes.client, &self.lanes.server);
        if client.rst.is_some() || server.rst.is_some() || (client.fin.is_some() && server.fin.is_some()) {
            self.close(connection, out);
        }
    }

    /// The capture ends, or the connection is forgotten: reports all that is held, then the ends. `until` then nothing
    /// more is known to have come.
    pub(in crate::tcp) fn finish(
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
            self.give_up(connection, Holes::All, GapCause::Lost, common, out);
            for from in Peer::BOTH {
                let cause = if *connection.seen.of(from) { EndCause::Open } else { EndCause::Unseen };
                self.end(connection, from, End { at: until, ..End::by_packet(cause, connection.last) }, out);
            }
        }
        self.close(connection, out);
    }
}
