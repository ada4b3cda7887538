//! The pings and pongs of a session: which of them wait, and how long round trips took.

use super::shape::Shape;
use crate::findings::finding::Finding;
use crate::findings::words::quoted;
use crate::model::{Footprint, Peer, PerPeer, Stamp, Timestamp, phrase};
use crate::ws::{CloseCode, ClosePayload, Frame, Opcode, names_ping};
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
    /// The frame of the other side in which it came, once that is over.
    pub(super) held_up: Option<HeldUp>,
}

/// A frame in which a ping came: before its end no pong can be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldUp {
    pub(super) opcode: Opcode,
    /// As its header declares it.
    pub(super) length: u64,
    /// When it ended, if it was sent to its end.
    pub(super) until: Option<Timestamp>,
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

/// Bytes of memory that the payload of a ping or a pong takes at most (RFC 6455 §5.5).
const PAYLOAD: usize = 125 + Footprint::ALLOCATION;

/// A pong that echoes no ping.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    pub(super) shape: Shape,
    /// What to say about it.
    pub(super) finding: Finding,
}

impl Suspect {
    fn memory(&self) -> usize {
        size_of::<Self>() + Footprint::ALLOCATION + self.finding.memory()
    }
}

/// Pings of one side that wait for their pong, in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pings: VecDeque<Ping>,
    /// Bytes of memory that their suspects take.
    suspects: usize,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.pings.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pings.is_empty()
    }

    pub(super) fn oldest(&self) -> Option<&Ping> {
        self.pings.front()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Ping> {
        self.pings.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Ping> {
        self.pings.iter_mut()
    }

    /// One more is sent.
    pub(super) fn push(&mut self, ping: Ping) {
        self.pings.push_back(ping);
    }

    /// Removes the first `count`.
    pub(super) fn take(&mut self, count: usize) -> Vec<Ping> {
        let taken: Vec<Ping> = self.pings.drain(..count.min(self.pings.len())).collect();
        self.suspects -= suspects(&taken);
        taken
    }

    /// This pong came in the place of the right one. The first one counts.
    pub(super) fn suspect(&mut self, place: usize, suspect: impl FnOnce(&Ping) -> Suspect) {
        let Some(ping) = self.pings.get_mut(place) else { return };
        ping.mismatched = true;
        if ping.suspect.is_none() {
            let suspect = suspect(ping);
            self.suspects += suspect.memory();
            ping.suspect = Some(Box::new(suspect));
        }
    }

    fn memory(&self) -> usize {
        self.pings.capacity() * size_of::<Ping>() + self.pings.len() * PAYLOAD + self.suspects
    }
}

/// Bytes of memory that the suspects of these pings take.
fn suspects(pings: &[Ping]) -> usize {
    pings.iter().filter_map(|ping| ping.suspect.as_ref()).map(|suspect| suspect.memory()).sum()
}

/// The pings and pongs of a session that has any.
#[derive(Debug, Default)]
pub(super) struct Heartbeats {
    /// By the side that sent them.
    pub(super) outstanding: PerPeer<Waiting>,
    /// It was told that pings of this side were forgotten over the limit.
    pub(super) forgotten: PerPeer<bool>,
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

/// A Close by a side whose ping had waited for its pong for long, or for too long as it says.
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
    /// Whether the reason is that a ping got no pong in time.
    pub(super) fn names_ping(&self) -> bool {
        names_ping(&self.reason)
    }

    /// That the other side's pong came at `answered`, too late, as an addition to a sentence.
    pub(super) fn in_words(&self, answered: Timestamp) -> String {
        let code = self.code.map_or_else(String::new, |code| format!(" with {code}"));
        let why = if self.reason.is_empty() { String::new() } else { format!(" {}", quoted(&self.reason)) };
        let before = phrase("", answered.passed_since(self.at), " ");
        format!("; the {} had closed{code}{why} {before}before", self.by)
    }
}

impl Heartbeats {
    /// `frame` closes the session: perhaps because a ping is overdue.
    pub(super) fn close(&mut self, frame: &Frame<'_>) {
        let (by, at) = (frame.from, frame.first.time);
        let oldest = self.outstanding.of(by).oldest();
        let Some(waited) = oldest.map(|ping| at.since(ping.sent.time)) else { return };
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Code(code, reason) => (Some(code), reason.to_vec()),
            ClosePayload::Empty | ClosePayload::TooShort(_) => (None, Vec::new()),
        };
        // A client that is done with it closes with 1000 or 1001, whatever it still waits for.
        let gave_up = GaveUp { by, at, code, reason };
        if code.is_some_and(CloseCode::is_abnormal) && (waited > LATE || gave_up.names_ping()) {
            self.gave_up = Some(Box::new(gave_up));
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

    pub(super) fn measure(&mut self, trip: Option<Duration>) {
        let Some(trip) = trip else { return };
        if self.measured.is_multiple_of(1 << self.thinned_out.min(u64::BITS - 1)) {
            self.round_trips.push(trip);
        }
        self.measured += 1;
        if self.round_trips.len() >= KEPT {
            self.thin_out();
        }
    }

    /// What it takes of memory: pings that wait and round trips can be given back. Asked after every packet, it leaves out
    /// what the allocator adds to each list.
    pub(super) fn footprint(&self) -> Footprint {
        let passed = PerPeer::from_fn(|peer| {
            let passed = self.passed.of(peer);
            passed.capacity() * size_of::<Vec<u8>>() + passed.len() * PAYLOAD
        });
        let early = PerPeer::from_fn(|peer| {
            let early = self.early.of(peer);
            early.capacity() * size_of::<(Vec<u8>, Stamp)>() + early.len() * PAYLOAD
        });
        let gave_up = self.gave_up.as_ref().map_or(0, |gave_up| {
            Footprint::allocation(size_of::<GaveUp>()) + Footprint::allocation(gave_up.reason.capacity())
        });
        Footprint::of::<Self>()
            .and_least(passed.client + passed.server + early.client + early.server + gave_up)
            .and_held(self.outstanding.client.memory() + self.outstanding.server.memory())
            .and_held(self.round_trips.capacity() * size_of::<Duration>())
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
