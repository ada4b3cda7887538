//! Judges pings and their pongs (RFC 6455 §5.5.2, §5.5.3) and measures round trips.

use super::catalog::Id;
use super::doubt::Doubt;
use super::finding::Finding;
use super::words::millis;
use super::words::spaced_hex;
use crate::model::{End, EndCause, Limit, Peer, PerPeer, Stamp, Timestamp, in_words};
use crate::ws::{Event, Frame, Opcode};
use std::collections::VecDeque;
use std::time::Duration;

/// A round trip longer than this is worth a note.
const LATE: Duration = Duration::from_secs(5);

/// A ping that nobody answered for so long, with the capture ending before the session, counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(5);

/// A ping need not be answered by a side that has received a Close (RFC 6455 §5.5.2): one that comes so soon after the
/// ping may have come first, as may the end of TCP.
const GRACE: Duration = Duration::from_secs(1);

/// A ping that no pong has acknowledged yet.
#[derive(Clone, Debug)]
struct Ping {
    frame: u64,
    payload: Vec<u8>,
    key: Option<[u8; 4]>,
    sent: Stamp,
    /// Where it ends in its sender's stream: acknowledged beyond, it was received.
    extent_end: u64,
    /// A pong that does not match was told about it, or is kept back.
    mismatched: bool,
    /// What is to be said of a pong that looks nothing like this ping: should the right one still come, it was a
    /// heartbeat, which is legal at any time (RFC 6455 §5.5.3).
    suspect: Option<Box<Finding>>,
    /// Its pong may be among the bytes that the capture lost.
    perhaps_answered: bool,
    /// It was told that it waits.
    wait_told: bool,
}

/// Judges the pings of one session.
#[derive(Debug, Default)]
pub(super) struct PingPong {
    /// Pings of this side may have been sent that the capture does not hold.
    unseen_pings: PerPeer<bool>,
    /// When the first Close was sent, or TCP ended: afterwards nobody need answer.
    closing: Option<Timestamp>,
    cap: u64,
    /// Boxed, as many sessions have none.
    pings: Option<Box<Pings>>,
}

/// The pings and pongs of a session that has any.
#[derive(Debug, Default)]
struct Pings {
    /// By the side that sent them.
    outstanding: PerPeer<VecDeque<Ping>>,
    /// Pongs of this side that match no ping, at a time when pings may have been missed.
    early: PerPeer<VecDeque<(Vec<u8>, Stamp)>>,
    told_unsolicited: PerPeer<bool>,
    sent: u64,
    answered: u64,
    round_trips: Vec<Duration>,
    /// How often every other one of them was let go; of as many twos multiplied one is measured.
    thinned_out: u32,
    measured: u64,
}

/// Shortest, median and longest.
type RoundTrips = (Duration, Duration, Duration);

/// Pongs kept whose ping may still be read.
const EARLY_KEPT: usize = 16;

/// Round trips kept for the median.
const KEPT: usize = 2048;

impl PingPong {
    pub(super) fn new(unseen: bool, cap: u64) -> Self {
        Self { unseen_pings: PerPeer { client: unseen, server: unseen }, cap, ..Self::default() }
    }

    /// A frame is over.
    #[inline]
    pub(super) fn ends(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        match frame.header.opcode {
            // A fragmented or an overlong ping is a fault of its own: nobody has to answer it.
            Opcode::Ping | Opcode::Pong if !frame.header.fin || frame.header.length > 125 => {}
            Opcode::Ping if frame.is_complete() => self.ping(frame, out),
            Opcode::Pong if frame.is_complete() => self.pong(frame, doubt, out),
            Opcode::Ping => *self.unseen_pings.of_mut(frame.from) = true,
            Opcode::Pong => self.lose_pongs(frame.from),
            Opcode::Close => {
                self.closing.get_or_insert(frame.first.time);
            }
            _ => {}
        }
    }

    /// Takes what else there is to judge.
    pub(super) fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::End { end, .. } if !matches!(end.cause, EndCause::Open | EndCause::Unseen) => {
                self.closing.get_or_insert(end.stamp.time);
            }
            Event::Gap { from, sync_lost: true, .. } => {
                *self.unseen_pings.of_mut(*from) = true;
                self.lose_pongs(*from);
            }
            _ => {}
        }
    }

    fn lose_pongs(&mut self, from: Peer) {
        for ping in self.pings.iter_mut().flat_map(|pings| pings.outstanding.of_mut(!from)) {
            ping.perhaps_answered = true;
        }
    }

    fn ping(&mut self, frame: &Frame<'_>, out: &mut dyn FnMut(Finding)) {
        let pings = self.pings.get_or_insert_default();
        pings.sent += 1;
        // Where a boundary had to be looked for, a ping is read after its pong.
        let early = pings.early.of_mut(!frame.from);
        if let Some(index) =
            early.iter().position(|(payload, pong)| payload == frame.payload && *pong >= frame.last)
        {
            pings.answered += 1;
            if let Some((_, pong)) = early.remove(index) {
                pings.measure(pong.time.since(frame.last.time));
            }
            return;
        }
        let outstanding = pings.outstanding.of_mut(frame.from);
        // Who pings again has not got the right pong.
        outstanding.iter_mut().filter_map(|ping| ping.suspect.take()).for_each(|suspect| out(*suspect));
        if outstanding.len() as u64 >= self.cap {
            if !*self.unseen_pings.of(frame.from) {
                let summary = format!(
                    "more than {} pings of the {} wait for a pong; the oldest are let go",
                    self.cap, frame.from
                );
                out(Finding::new(Id::LimitReached, frame.last, summary)
                    .with("limit", Limit::OutstandingPings));
            }
            outstanding.pop_front();
            *self.unseen_pings.of_mut(frame.from) = true;
        }
        outstanding.push_back(Ping {
            frame: frame.number,
            payload: frame.payload.to_vec(),
            key: frame.header.mask,
            sent: frame.last,
            extent_end: frame.extent_end,
            mismatched: false,
            suspect: None,
            perhaps_answered: false,
            wait_told: false,
        });
    }

    fn pong(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let (from, pinger) = (frame.from, !frame.from);
        let pings = self.pings.get_or_insert_default();
        let outstanding = pings.outstanding.of_mut(pinger);
        if let Some(index) = outstanding.iter().position(|ping| ping.payload == frame.payload) {
            // A pong for a later ping acknowledges the earlier ones (RFC 6455 §5.5.3).
            pings.answered += index as u64 + 1;
            let Some(ping) = outstanding.drain(..=index).next_back() else { return };
            // With equal payloads it may be a later one that was answered.
            for later in outstanding.iter_mut().filter(|later| later.payload == ping.payload) {
                later.perhaps_answered = true;
            }
            *self.unseen_pings.of_mut(pinger) = false;
            let trip = frame.first.time.since(ping.sent.time);
            pings.measure(trip);
            if trip > LATE {
                let summary = format!("the {from}'s pong came {} after the {pinger}'s ping", in_words(trip));
                out(Finding::new(Id::PongLate, frame.first, summary)
                    .from(from)
                    .frame(frame.number)
                    .with("rtt_ms", millis(trip))
                    .with("ping_frame", ping.frame));
            }
            return;
        }
        if *self.unseen_pings.of(pinger) {
            // Its ping may be one that came after these and is not captured: then it acknowledges them too.
            for ping in outstanding.iter_mut() {
                ping.perhaps_answered = true;
            }
            let early = pings.early.of_mut(from);
            if early.len() >= EARLY_KEPT {
                early.pop_front();
            }
            early.push_back((frame.payload.to_vec(), frame.first));
            return;
        }
        let Some(ping) = most_like(outstanding, frame.payload) else {
            if !std::mem::replace(pings.told_unsolicited.of_mut(from), true) {
                let summary =
                    format!("the {from} sends pongs that answer no ping: legal, a heartbeat of its own");
                out(Finding::new(Id::PongUnsolicited, frame.first, summary).from(from).frame(frame.number));
            }
            return;
        };
        let shape = shape(&ping.payload, ping.key, frame.payload);
        let summary = format!(
            "the {from}'s pong does not echo the ping of frame {}: expected {}, found {}{}",
            ping.frame,
            bytes_in_words(&ping.payload),
            bytes_in_words(frame.payload),
            shape_in_words(shape, &ping.payload, frame.payload)
        );
        let again = std::mem::replace(&mut ping.mismatched, true);
        let finding = Finding::new(Id::PongMismatch, frame.first, summary)
            .from(from)
            .frame(frame.number)
            .with("expected_hex", hex::encode(&ping.payload))
            .with("found_hex", hex::encode(frame.payload))
            .with("shape", shape)
            .with("ping_frame", ping.frame)
            .tentative_if(doubt.of(from) || doubt.of(pinger));
        if !matches!(shape, "other" | "empty") {
            out(finding);
        } else if !again {
            ping.suspect = Some(Box::new(finding));
        }
    }

    /// Bytes of memory that [`shed`](Self::shed) can give back, roughly.
    pub(super) fn memory(&self) -> usize {
        self.pings.as_ref().map_or(0, |pings| pings.memory())
    }

    /// Forgets pings that wait, as if the capture had missed them, and most round trips.
    pub(super) fn shed(&mut self) {
        let Some(pings) = &mut self.pings else { return };
        for peer in Peer::BOTH {
            let outstanding = std::mem::take(pings.outstanding.of_mut(peer));
            *self.unseen_pings.of_mut(peer) |= !outstanding.is_empty();
        }
        pings.shed_round_trips();
    }

    /// Pings sent and pings acknowledged, and their round trips if there were any.
    pub(super) fn figures(&self) -> ((u64, u64), Option<RoundTrips>) {
        let Some(pings) = &self.pings else { return ((0, 0), None) };
        ((pings.sent, pings.answered), pings.round_trips())
    }

    /// The capture dropped packets: pongs may have been among them.
    pub(super) fn drops(&mut self) {
        for peer in Peer::BOTH {
            self.lose_pongs(peer);
        }
    }

    /// Tells once of each ping that has waited for its pong for long, `now`, and of what came in the pong's place.
    pub(super) fn waits(&mut self, now: Timestamp, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if self.closing.is_some() {
            return;
        }
        for pinger in Peer::BOTH.into_iter().filter(|pinger| !doubt.is_blind(!*pinger)) {
            for ping in self.pings.iter_mut().flat_map(|pings| pings.outstanding.of_mut(pinger)) {
                let waited = now.since(ping.sent.time);
                if waited <= PATIENCE || std::mem::replace(&mut ping.wait_told, true) || ping.perhaps_answered
                {
                    continue;
                }
                if let Some(suspect) = &ping.suspect {
                    out((**suspect).clone());
                } else if !ping.mismatched {
                    out(unanswered(ping, pinger, waited, "so far").tentative_if(doubt.of(!pinger)));
                }
            }
        }
    }

    /// The session is over: tells of pings that had every chance of a pong. `acked` are the bytes of each side's
    /// stream that the other acknowledged, `ends` how the sides ended.
    pub(super) fn finish(
        &mut self,
        acked: &PerPeer<u64>,
        ends: &PerPeer<Option<End>>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let Some(pings) = &mut self.pings else { return };
        for pinger in Peer::BOTH {
            let answerer = !pinger;
            let outstanding = pings.outstanding.of_mut(pinger);
            outstanding.iter_mut().filter_map(|ping| ping.suspect.take()).for_each(|suspect| out(*suspect));
            // A side that is not captured cannot be blamed for what did not come.
            let (Some(end), false) = (ends.of(answerer), doubt.is_blind(answerer)) else { continue };
            let patience = match end.cause {
                EndCause::Fin | EndCause::Rst => Duration::ZERO,
                // The pinger's own reset cuts an answer off that was just about to come, but not one that is overdue.
                EndCause::Open | EndCause::RstByPeer => PATIENCE,
                EndCause::Unseen => continue,
            };
            for ping in outstanding.drain(..) {
                let waited = end.at.since(ping.sent.time);
                let excused = ping.mismatched
                    || ping.perhaps_answered
                    || waited < patience
                    || *acked.of(pinger) < ping.extent_end
                    || self.closing.is_some_and(|closing| closing.since(ping.sent.time) < GRACE);
                if excused {
                    continue;
                }
                out(unanswered(&ping, pinger, waited, "until the session's end")
                    .tentative_if(doubt.of(answerer) || doubt.of(pinger)));
            }
        }
    }
}

impl Pings {
    fn measure(&mut self, trip: Duration) {
        if self.measured.is_multiple_of(1 << self.thinned_out.min(u64::BITS - 1)) {
            self.round_trips.push(trip);
        }
        self.measured += 1;
        if self.round_trips.len() >= KEPT {
            self.thin_out();
        }
    }

    fn memory(&self) -> usize {
        /// A ping with its payload of at most 125 bytes.
        const PING: usize = size_of::<Ping>() + 128;
        let waiting = self.outstanding.client.len() + self.outstanding.server.len();
        size_of::<Self>() + waiting * PING + self.round_trips.capacity() * size_of::<Duration>()
    }

    fn shed_round_trips(&mut self) {
        const STAY: usize = 16;
        while self.round_trips.len() > STAY {
            self.thin_out();
        }
        self.round_trips.shrink_to_fit();
    }

    /// Forgets every other round trip, and measures only so many from now on.
    fn thin_out(&mut self) {
        let mut keep = false;
        self.round_trips.retain(|_| {
            keep = !keep;
            keep
        });
        self.thinned_out += 1;
    }

    fn round_trips(&self) -> Option<RoundTrips> {
        let mut sorted = self.round_trips.clone();
        sorted.sort_unstable();
        Some((*sorted.first()?, *sorted.get((sorted.len() - 1) / 2)?, *sorted.last()?))
    }
}

fn unanswered(ping: &Ping, pinger: Peer, waited: Duration, then: &str) -> Finding {
    let payload = bytes_in_words(&ping.payload);
    let summary = format!("the {pinger}'s ping {payload} got no pong in the {} {then}", in_words(waited));
    Finding::new(Id::PingUnanswered, ping.sent, summary)
        .from(!pinger)
        .frame(ping.frame)
        .with("payload_hex", hex::encode(&ping.payload))
        .with("waited_ms", millis(waited))
}

/// The outstanding ping that a pong with another payload was most likely meant for.
fn most_like<'p>(outstanding: &'p mut VecDeque<Ping>, found: &[u8]) -> Option<&'p mut Ping> {
    let alike = outstanding.iter().position(|ping| {
        !ping.mismatched && !matches!(shape(&ping.payload, ping.key, found), "other" | "empty")
    });
    let fresh = outstanding.iter().position(|ping| !ping.mismatched);
    outstanding.get_mut(alike.or(fresh).unwrap_or(0))
}

/// How `found` differs from what was expected.
fn shape(expected: &[u8], key: Option<[u8; 4]>, found: &[u8]) -> &'static str {
    let is_masked = |key: [u8; 4]| {
        let masked = expected.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        found.len() == expected.len() && masked.eq(found.iter().copied())
    };
    let nul = expected.iter().position(|byte| *byte == 0);
    if found.is_empty() {
        "empty"
    } else if key.is_some_and(is_masked) {
        "still-masked"
    } else if nul == Some(found.len()) && expected.starts_with(found) {
        "nul-truncated"
    } else if expected.starts_with(found) {
        "truncated"
    } else if found.starts_with(expected) {
        "extended"
    } else {
        "other"
    }
}

fn shape_in_words(shape: &str, expected: &[u8], found: &[u8]) -> String {
    let cut = expected.len().saturating_sub(found.len());
    let bytes = if cut == 1 { "byte" } else { "bytes" };
    match shape {
        "nul-truncated" => format!(": it ends where the ping has its first NUL, {cut} {bytes} short"),
        "truncated" => format!(": the last {cut} {bytes} are cut off"),
        "extended" => format!(": {} more than the ping had", found.len() - expected.len()),
        "still-masked" => ": the ping's payload was echoed without unmasking it".to_owned(),
        _ => String::new(),
    }
}

fn bytes_in_words(bytes: &[u8]) -> String {
    if bytes.is_empty() { "no bytes".to_owned() } else { format!("`{}`", spaced_hex(bytes)) }
}
