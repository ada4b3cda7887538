//! Segments of an older connection between the same ends: their numbers are foreign to this one.

use super::Reassembly;
use crate::model::{Peer, PerPeer, Segment, Timestamp};
use crate::tcp::connection::Connection;
use crate::tcp::lane::{EARLY, Lane};

/// Bytes in a microsecond that no path carries: 100 Gbit/s.
const FASTEST: u128 = 12_500;

impl Reassembly {
    /// Whether a segment cannot be of this connection. A receiver drops it: its bytes are outside of the window, and what it
    /// acknowledges is nothing that was sent (RFC 9293 §3.10.7.4). Where the capture misses bytes numbers are far ahead as well, but not
    /// before the start, and not further than the time since the last packet allows.
    ///
    /// What the other side acknowledges is of this connection after all.
    pub(super) fn is_foreign(&mut self, connection: &Connection, from: Peer, segment: &Segment<'_>) -> bool {
        let is_late = !connection.start_seen.client && !connection.start_seen.server;
        if is_late {
            self.doubt_place(from, segment);
        }
        let may_be = if is_late {
            self.is_stray(from, segment)
        } else {
            self.may_be_foreign(connection, from, segment)
        };
        if !may_be {
            return false;
        }
        let header = segment.header;
        let answers = |(side, before): &(Peer, PerPeer<u32>)| {
            let numbers = [(header.sequence, from), (header.acknowledgment, !from)];
            let mut ahead = numbers.into_iter().map(|(number, peer)| number.wrapping_sub(*before.of(peer)));
            *side != from && ahead.all(|ahead| ahead < EARLY.unsigned_abs())
        };
        if self.foreign.as_ref().is_some_and(answers) {
            return false;
        }
        let length = u32::try_from(segment.payload.len()).unwrap_or_default() + u32::from(header.flags.fin());
        let mut ends = PerPeer { client: header.acknowledgment, server: header.acknowledgment };
        *ends.of_mut(from) = header.sequence.wrapping_add(length);
        self.foreign = Some((from, ends));
        true
    }

    /// The capture began inside the connection. What is known of a stream is the number of one packet without data, which lies nowhere near
    /// the numbers of one with data: that packet was an older connection's.
    fn doubt_place(&mut self, from: Peer, segment: &Segment<'_>) {
        let header = segment.header;
        if segment.payload.is_empty() || !header.flags.ack() {
            return;
        }
        for (peer, number) in [(from, header.sequence), (!from, header.acknowledgment)] {
            let lane = self.lanes.of_mut(peer);
            if lane.is_only_placed() && lane.is_far(number) {
                (lane.origin, lane.loose) = (None, false);
            }
        }
    }

    /// The same where the capture began inside the connection: numbers that are far from all that is known count if its sender's next
    /// segment goes on there.
    fn is_stray(&self, from: Peer, segment: &Segment<'_>) -> bool {
        let (header, lane, other) = (segment.header, self.lanes.of(from), self.lanes.of(!from));
        let goes_on = self.foreign.as_ref().is_some_and(|(side, before)| {
            *side == from && header.sequence.wrapping_sub(*before.of(from)) < EARLY.unsigned_abs()
        });
        let is_data = header.flags.ack() && !header.flags.syn() && !header.flags.rst();
        is_data
            && !goes_on
            && other.origin.is_some()
            && !other.is_only_placed()
            && other.is_far(header.acknowledgment)
            && (lane.origin.is_none() || lane.is_far(header.sequence))
    }

    fn may_be_foreign(&self, connection: &Connection, from: Peer, segment: &Segment<'_>) -> bool {
        let (header, started) = (segment.header, &connection.start_seen);
        let (lane, other) = (self.lanes.of(from), self.lanes.of(!from));
        let own = match lane.origin {
            Some(_) if *started.of(from) => Some(lead(lane, header.sequence)),
            Some(_) => return false,
            None => None,
        };
        let is_far = |lead: Option<u64>| lead.is_none_or(|lead| lead > EARLY.unsigned_abs().into());
        if own.is_some_and(|own| !is_far(own)) || !*started.of(!from) {
            return false;
        }
        let (flags, acked) = (header.flags, lead(other, header.acknowledgment));
        if flags.syn() || flags.rst() || !flags.ack() || !is_far(acked) {
            return false;
        }
        let (Some(own), Some(acked)) = (own.unwrap_or(Some(0)), acked) else { return true };
        let heard: Timestamp = lane.pulse.heard.max(other.pulse.heard);
        let passed = header.stamp.time.passed_since(heard);
        passed.is_some_and(|passed| u128::from(own.max(acked)) > passed.as_micros() * FASTEST)
    }
}

/// How far a number of this lane is ahead of the bytes captured, also those that wait for others before them: where both sides'
/// are missing, the first packet behind the gap shows where the other side's go on. There is none before its start, nor beyond
/// reach.
fn lead(lane: &Lane, number: u32) -> Option<u64> {
    // A keep-alive has the number of the SYN.
    let at = lane.offset(number).filter(|at| *at >= -1)?;
    Some(at.saturating_sub(lane.bytes.reach().cast_signed()).max(0).unsigned_abs())
}
