//! The pings and pongs of a session: which of them wait, and how long round trips took.

use super::shape::Shape;
use crate::findings::finding::Finding;
use crate::findings::words::quoted;
use crate::model::{Peer, PerPeer, Stamp, Timestamp, in_words};
use crate::ws::{CloseCode, ClosePayload, Frame};
use std::collections::VecDeque;
use std::time::Duration;

/// A round trip longer than this is worth a note.
pub(super) const LATE: Duration = Duration::from_secs(5);

/// Payloads kept of pings that a later pong acknowledged.
pub(super) const PASSED_KEPT: usize = 16;

/// A ping that no pong has acknowledged yet.
#[derive(Clone, Debug)]
pub(super) struct Ping {
    pub(super) frame: u64,
    pub(super) payload: Vec<u8>,
    pub(super) key: Option<[u8; 4]>,
    pub(super) sent: Stamp,
    /// Where it ends in its sender's stream: acknowledged beyond, it was received.
    pub(super) extent_end: u64,
    /// A pong that does not match it was reported, or is held back.
    pub(super) mismatched: bool,
    /// The first pong that came in the place of the right one. Should the right one still come, it was a heartbeat,
    /// which is legal at any time (RFC 6455 §5.5.3).
    pub(super) suspect: Option<Box<Suspect>>,
    /// Its pong may be among the bytes that the capture lost.
    pub(super) perhaps_answered: bool,
    /// It was told that it waits.
    pub(super) wait_told: bool,
}

impl Ping {
    /// What to say about the pong that came instead of the right one, which will not come any more. Where the right one
    /// may be among what the capture lost, a pong that looks nothing like it was most likely a heartbeat.
    pub(super) fn mismatch(&mut self) -> Option<Finding> {
        let suspect = self.suspect.take()?;
        let tells = !self.perhaps_answered || suspect.shape.is_damaged_echo();
        tells.then(|| suspect.finding.tentative_if(self.perhaps_answered))
    }
}

/// A pong that echoes no ping.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    pub(super) shape: Shape,
    /// What to say about it.
    pub(super) finding: Finding,
}

/// The pings and pongs of a session that has any.
#[derive(Debug, Default)]
pub(super) struct Heartbeats {
    /// By the side that sent them.
    pub(super) outstanding: PerPeer<VecDeque<Ping>>,
    /// The payloads of pings that a pong for a later one acknowledged: their own pongs may come after it.
    pub(super) passed: PerPeer<VecDeque<Vec<u8>>>,
    /// Pongs of this side that match no ping, at a time when pings may have been missed.
    pub(super) early: PerPeer<VecDeque<(Vec<u8>, Stamp)>>,
    pub(super) told_unsolicited: PerPeer<bool>,
    /// Who closed while a ping of theirs was overdue; boxed, as few do.
    pub(super) gave_up: Option<Box<GaveUp>>,
    pub(super) sent: u64,
    pub(super) answered: u64,
    pub(super) round_trips: Vec<Duration>,
    /// How often every other one of them was let go; of as many twos multiplied one is measured.
    pub(super) thinned_out: u32,
    pub(super) measured: u64,
}

/// A Close by a side whose ping had waited for its pong for long.
#[derive(Debug)]
pub(super) struct GaveUp {
    pub(super) by: Peer,
    pub(super) at: Timestamp,
    pub(super) code: Option<CloseCode>,
    pub(super) reason: Vec<u8>,
}

/// Shortest, median and longest.
pub(super) type RoundTripSpread = (Duration, Duration, Duration);

/// Round trips kept for the median.
pub(super) const KEPT: usize = 2048;

impl GaveUp {
    /// That the other side's pong came at `answered`, too late, as an addition to a sentence.
    pub(super) fn in_words(&self, answered: Timestamp) -> String {
        let code = self.code.map_or_else(String::new, |code| format!(" with {code}"));
        let why = if self.reason.is_empty() { String::new() } else { format!(" {}", quoted(&self.reason)) };
        format!("; the {} had closed{code}{why} {} before", self.by, in_words(answered.since(self.at)))
    }
}

impl Heartbeats {
    /// `frame` closes the session: perhaps because a ping is overdue.
    pub(super) fn close(&mut self, frame: &Frame<'_>) {
        let (by, at) = (frame.from, frame.first.time);
        let oldest = self.outstanding.of(by).front();
        if oldest.is_none_or(|ping| at.since(ping.sent.time) <= LATE) {
            return;
        }
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Code(code, reason) => (Some(code), reason.to_vec()),
            ClosePayload::Empty | ClosePayload::TooShort(_) => (None, Vec::new()),
        };
        // A client that is done with it closes with 1000 or 1001, whatever it still waits for.
        if code.is_some_and(CloseCode::is_abnormal) {
            self.gave_up = Some(Box::new(GaveUp { by, at, code, reason }));
        }
    }

    /// These pings of `pinger` are acknowledged by the pong for a later one. Each may have its own pong still.
    pub(super) fn pass(&mut self, pinger: Peer, answered: Vec<Ping>, out: &mut dyn FnMut(Finding)) {
        let passed = self.passed.of_mut(pinger);
        for mut ping in answered {
            // A pong that is nearly right is none of the peer's own heartbeats, and the right one did not come before
            // that for a later ping.
            let is_damaged = ping.suspect.as_ref().is_some_and(|suspect| suspect.shape.is_damaged_echo());
            if let Some(finding) = ping.mismatch().filter(|_| is_damaged) {
                out(finding);
                continue;
            }
            if passed.len() >= PASSED_KEPT {
                passed.pop_front();
            }
            passed.push_back(ping.payload);
        }
    }

    pub(super) fn measure(&mut self, trip: Duration) {
        if self.measured.is_multiple_of(1 << self.thinned_out.min(u64::BITS - 1)) {
            self.round_trips.push(trip);
        }
        self.measured += 1;
        if self.round_trips.len() >= KEPT {
            self.thin_out();
        }
    }

    pub(super) fn memory(&self) -> usize {
        /// A ping with its payload of at most 125 bytes.
        const PING: usize = size_of::<Ping>() + 128;
        let waiting = self.outstanding.client.len() + self.outstanding.server.len();
        size_of::<Self>() + waiting * PING + self.round_trips.capacity() * size_of::<Duration>()
    }

    pub(super) fn shed_round_trips(&mut self) {
        const STAY: usize = 16;
        while self.round_trips.len() > STAY {
            self.thin_out();
        }
        self.round_trips.shrink_to_fit();
    }

    /// Forgets every other round trip, and measures only this many from now on.
    pub(super) fn thin_out(&mut self) {
        let mut keep = false;
        self.round_trips.retain(|_| {
            keep = !keep;
            keep
        });
        self.thinned_out += 1;
    }

    pub(super) fn round_trips(&self) -> Option<RoundTripSpread> {
        let mut sorted = self.round_trips.clone();
        sorted.sort_unstable();
        Some((*sorted.first()?, *sorted.get((sorted.len() - 1) / 2)?, *sorted.last()?))
    }
}
