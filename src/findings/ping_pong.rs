//! Judges pings and their pongs (RFC 6455 §5.5.2, §5.5.3) and measures round trips.

mod heartbeats;
mod shape;

use self::heartbeats::{Heartbeats, HeldUp, LATE, Ping, RoundTripSpread, Suspect, Waiting};
use self::shape::{Shape, bytes_in_words};
use super::catalog::{Class, Id, Severity};
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::words::millis;
use crate::model::{Count, End, EndCause, Footprint, Limit, Peer, PerPeer, Timestamp, in_words, phrase};
use crate::ws::{Event, Frame, LostFraming, Opcode};
use std::time::Duration;

/// A ping that nobody answered for this long, with the capture ending before the session, counts as unanswered.
const PATIENCE: Duration = Duration::from_secs(5);

/// A ping need not be answered by a side that has received a Close (RFC 6455 §5.5.2): one that comes this soon after
/// the ping may have come first, as may the end of TCP.
const GRACE: Duration = Duration::from_secs(1);

/// Judges the pings of one session.
#[derive(Debug, Default)]
pub(super) struct PingPong {
    /// Pings of this side may have been sent that the capture does not hold.
    unseen_pings: PerPeer<bool>,
    /// When the first Close was sent, or TCP ended: afterwards nobody need answer.
    closing: Option<Timestamp>,
    cap: u64,
    /// Pings that nobody could be blamed for, but that died all the same.
    lost: u64,
    /// A frame of this side, in which a ping came, is not over.
    is_inside: PerPeer<bool>,
    /// Boxed, as many sessions have none.
    pings: Option<Box<Heartbeats>>,
}

/// Pongs kept whose ping may still be read.
const EARLY_KEPT: usize = 16;

impl PingPong {
    pub(super) fn new(unseen_pings: PerPeer<bool>, cap: u64) -> Self {
        Self { unseen_pings, cap, ..Self::default() }
    }

    /// A frame is over.
    #[inline]
    pub(super) fn ends(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        if !frame.header.opcode.is_data() {
            self.control_ends(frame, doubt, out);
        } else if *self.is_inside.of(frame.from) {
            self.frame_ends(frame);
        }
    }

    /// A ping of this side comes while the other one is inside a frame.
    pub(super) fn comes_inside_frame(&mut self, from: Peer) {
        *self.is_inside.of_mut(!from) = true;
    }

    /// A frame is over in which pings came: from now on, if ever, their pongs can be sent (RFC 6455 §5.5).
    #[cold]
    fn frame_ends(&mut self, frame: &Frame<'_>) {
        *self.is_inside.of_mut(frame.from) = false;
        let held = HeldUp { opcode: frame.header.opcode, length: frame.header.length, until: None };
        // Also one of which the capture misses a part came to its end.
        let is_over = frame.received.saturating_add(frame.lost) >= frame.header.length;
        let until = is_over.then_some(frame.last.time);
        for ping in self.pings.iter_mut().flat_map(|pings| pings.outstanding.of_mut(!frame.from).iter_mut()) {
            if ping.held_up.is_none() && frame.first <= ping.sent {
                ping.held_up = Some(HeldUp { until, ..held });
            }
        }
    }

    /// A control frame is over.
    fn control_ends(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        match frame.header.opcode {
            // A fragmented or an overlong ping is a fault of its own: nobody has to answer it.
            Opcode::Ping | Opcode::Pong if !frame.header.fin || frame.header.length > 125 => {}
            Opcode::Ping if frame.is_complete() => self.ping(frame, out),
            Opcode::Pong if frame.is_complete() => self.pong(frame, doubt, out),
            Opcode::Ping => *self.unseen_pings.of_mut(frame.from) = true,
            Opcode::Pong => self.lose_pongs(frame.from),
            Opcode::Close => {
                if self.closing.is_none() {
                    self.pings.iter_mut().for_each(|pings| pings.close(frame));
                }
                self.closing.get_or_insert(frame.first.time);
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Reserved(_) => {}
        }
    }

    /// Takes what else there is to judge.
    pub(super) fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::End { end, .. } if end.cause.is_captured() => {
                self.closing.get_or_insert(end.stamp.time);
            }
            Event::Gap { from, sync_lost: true, .. } | Event::LostFraming(LostFraming { from, .. }) => {
                *self.unseen_pings.of_mut(*from) = true;
                self.lose_pongs(*from);
            }
            Event::Header(_)
            | Event::Stalled { .. }
            | Event::Frame(_)
            | Event::PartialHeader(_)
            | Event::Message(_)
            | Event::Gap { .. }
            | Event::Resynchronized { .. }
            | Event::Foreign { .. }
            | Event::Misaligned { .. }
            | Event::End { .. } => {}
        }
    }

    fn lose_pongs(&mut self, from: Peer) {
        for ping in self.pings.iter_mut().flat_map(|pings| pings.outstanding.of_mut(!from).iter_mut()) {
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
                pings.measure(pong.time.passed_since(frame.last.time));
            }
            return;
        }
        let outstanding = pings.outstanding.of_mut(frame.from);
        if outstanding.len() as u64 >= self.cap {
            if !std::mem::replace(pings.forgotten.of_mut(frame.from), true) {
                let summary = format!(
                    "more than {} of the {} are waiting for a pong; the oldest are forgotten",
                    Count(self.cap, "ping"),
                    frame.from
                );
                out(Finding::new(Id::LimitReached, frame.last, summary)
                    .with(FindingField::Limit, Limit::OutstandingPings));
            }
            let oldest = outstanding.take(1);
            oldest.into_iter().filter_map(|mut ping| ping.mismatch()).for_each(&mut *out);
            *self.unseen_pings.of_mut(frame.from) = true;
        }
        outstanding.push(Ping {
            frame: frame.number,
            payload: frame.payload.to_vec(),
            key: frame.header.mask,
            sent: frame.last,
            extent_end: frame.extent_end,
            mismatched: false,
            suspect: None,
            perhaps_answered: false,
            wait_told: false,
            held_up: None,
        });
    }

    fn pong(&mut self, frame: &Frame<'_>, doubt: &Doubt, out: &mut dyn FnMut(Finding)) {
        let (from, pinger) = (frame.from, !frame.from);
        let pings = self.pings.get_or_insert_default();
        let outstanding = pings.outstanding.of_mut(pinger);
        let answered = outstanding.iter().position(|ping| ping.payload == frame.payload);
        if let Some(index) = answered {
            // A pong for a later ping acknowledges the earlier ones (RFC 6455 §5.5.3).
            pings.answered += index as u64 + 1;
            let mut answered = outstanding.take(index + 1);
            let Some(ping) = answered.pop() else { return };
            pings.pass(pinger, answered, out);
            let outstanding = pings.outstanding.of_mut(pinger);
            // With equal payloads it may be a later one that was answered.
            for later in outstanding.iter_mut().filter(|later| later.payload == ping.payload) {
                later.perhaps_answered = true;
            }
            *self.unseen_pings.of_mut(pinger) = false;
            let trip = frame.first.time.passed_since(ping.sent.time);
            pings.measure(trip);
            let is_fine = !(frame.first.time.is_whole_seconds() && ping.sent.time.is_whole_seconds());
            let gave_up = pings.gave_up.as_ref().filter(|gave_up| gave_up.by == pinger);
            // Who says that the pong is overdue has other limits.
            let is_late = |trip: Duration| trip > LATE || gave_up.is_some_and(|gave_up| gave_up.names_ping());
            if let Some(trip) = trip.filter(|trip| is_late(*trip) && is_fine) {
                let then = gave_up.map_or_else(String::new, |gave_up| gave_up.in_words(frame.first.time));
                let (unread, why) = unread_meanwhile(ping.sent.time, frame, doubt);
                let lost = lost_on_the_way(&ping, frame, doubt);
                let why = if why.is_empty() { lost.clone().unwrap_or_default() } else { why };
                let summary =
                    format!("the {from}'s pong came {} after the {pinger}'s ping{then}{why}", in_words(trip));
                let finding = Finding::new(Id::PongLate, frame.first, summary)
                    .frame(frame.number)
                    .with(FindingField::RttMs, millis(trip))
                    .with(FindingField::PingFrame, ping.frame);
                // Who does not read cannot be sent a pong, and who has no ping cannot answer it.
                let is_own = unread != Some(pinger) && lost.is_none();
                let finding = if is_own { finding.from(from) } else { finding };
                // What ended the session is more than worth knowing.
                out(if gave_up.is_some() { finding.severity(Severity::Warning) } else { finding });
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
        let passed = pings.passed.of_mut(pinger);
        if let Some(index) = passed.iter().position(|payload| payload == frame.payload) {
            // Its ping is acknowledged already: the pongs come in another order than the pings.
            passed.remove(index);
            return;
        }
        if outstanding.is_empty() {
            if !std::mem::replace(pings.told_unsolicited.of_mut(from), true) {
                let summary =
                    format!("the {from} sends pongs that answer no ping: legal, a heartbeat of its own");
                out(Finding::new(Id::PongUnsolicited, frame.first, summary).from(from).frame(frame.number));
            }
            return;
        }
        let is_doubtful = doubt.of(from) || doubt.of(pinger);
        let place = most_like(outstanding, frame.payload);
        outstanding.suspect(place, |ping| suspect(ping, frame, is_doubtful));
    }

    /// What it takes of memory besides itself: [`shed`](Self::shed) can give back what is held.
    pub(super) fn footprint(&self) -> Footprint {
        self.pings.as_ref().map_or(Footprint::default(), |pings| pings.footprint())
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
    pub(super) fn figures(&self) -> ((u64, u64), Option<RoundTripSpread>) {
        let Some(pings) = &self.pings else { return ((0, 0), None) };
        ((pings.sent, pings.answered), pings.round_trips())
    }

    /// Pings that nobody could be blamed for, but that died all the same.
    pub(super) const fn lost(&self) -> u64 {
        self.lost
    }

    /// The capture dropped packets: pongs may have been among them.
    pub(super) fn drops(&mut self) {
        for peer in Peer::BOTH {
            self.lose_pongs(peer);
        }
    }

    /// Reports once each ping that was received and has waited for its pong for long, `now`, and what came instead of the pong. `acked`
    /// are the bytes of each side's stream that the other acknowledged.
    pub(super) fn waits(
        &mut self,
        now: Timestamp,
        acked: &PerPeer<u64>,
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        if self.closing.is_some() {
            return;
        }
        for pinger in Peer::BOTH.into_iter().filter(|pinger| !doubt.is_blind(!*pinger)) {
            // What is inside a frame is told of when that is over.
            if *self.is_inside.of(!pinger) {
                continue;
            }
            for ping in self.pings.iter_mut().flat_map(|pings| pings.outstanding.of_mut(pinger).iter_mut()) {
                let waited = now.since(ping.sent.time);
                let arrived = *acked.of(pinger) >= ping.extent_end;
                if !arrived || is_explained(ping, pinger, doubt) {
                    continue;
                }
                if waited <= PATIENCE || std::mem::replace(&mut ping.wait_told, true) || ping.perhaps_answered
                {
                    continue;
                }
                // The final finding is made when the wait is over.
                if let Some(suspect) = &ping.suspect {
                    out(suspect.finding.clone());
                } else if !ping.mismatched {
                    out(unanswered(ping, pinger, Some(waited), "so far").tentative_if(doubt.of(!pinger)));
                }
            }
        }
    }

    /// The session is over: reports pings that had every chance of a pong. `acked` are the bytes of each side's
    /// stream that the other acknowledged, `ends` how the sides ended, and `first` who did so first, if
    /// nobody sent a Close.
    pub(super) fn finish(
        &mut self,
        acked: &PerPeer<u64>,
        (ends, first): (&PerPeer<Option<End>>, Option<Peer>),
        doubt: &Doubt,
        out: &mut dyn FnMut(Finding),
    ) {
        let Some(pings) = &mut self.pings else { return };
        for pinger in Peer::BOTH {
            let answerer = !pinger;
            let outstanding = pings.outstanding.of_mut(pinger);
            let mut waiting = outstanding.take(outstanding.len());
            waiting.iter_mut().filter_map(Ping::mismatch).for_each(&mut *out);
            // A side that is not captured cannot be blamed for what did not come.
            let (Some(end), false) = (ends.of(answerer), doubt.is_blind(answerer)) else { continue };
            let patience = match end.cause {
                EndCause::Rst if doubt.is_cut_off() => PATIENCE,
                // It only answers the end of the pinger, who did not wait any longer.
                EndCause::Fin if first == Some(pinger) => PATIENCE,
                EndCause::Fin | EndCause::Rst => Duration::ZERO,
                // The pinger's own reset cuts an answer off that was just about to come, but not one that is overdue.
                EndCause::Open | EndCause::RstByPeer => PATIENCE,
                EndCause::Unseen => continue,
            };
            for ping in waiting {
                let waited = end.at.passed_since(ping.sent.time);
                if ping.mismatched
                    || ping.perhaps_answered
                    || self.closing.is_some_and(|closing| closing.since(ping.sent.time) < GRACE)
                {
                    continue;
                }
                let arrived = *acked.of(pinger) >= ping.extent_end;
                let at_least = waited.unwrap_or_default();
                if at_least < patience || !arrived || is_explained(&ping, pinger, doubt) {
                    self.lost += u64::from(at_least >= GRACE);
                    continue;
                }
                let free = ping.held_up.map(|held| held.until.and_then(|until| end.at.passed_since(until)));
                if let (Some(held), Some(free)) = (ping.held_up, free)
                    && free.is_none_or(|free| free < GRACE.max(patience))
                {
                    out(held_up(&ping, pinger, waited, held));
                    continue;
                }
                out(unanswered(&ping, pinger, waited, "until the session's end")
                    .tentative_if(doubt.of(answerer) || doubt.of(pinger)));
            }
        }
    }
}

/// Who did not read what the other one sent while a ping waited for this pong, and that as an addition to a sentence.
fn unread_meanwhile(sent: Timestamp, pong: &Frame<'_>, doubt: &Doubt) -> (Option<Peer>, String) {
    let is_meanwhile = |who: &Peer| {
        let closed = doubt.path.as_ref().and_then(|path| path.closed(*who));
        closed.is_some_and(|closed| closed.until.time >= sent && closed.since.time <= pong.first.time)
    };
    let unread = [!pong.from, pong.from].into_iter().find(is_meanwhile);
    let why = unread.map_or_else(String::new, |who| {
        format!(": the {who} had not read what came meanwhile, see receiver-stalled")
    });
    (unread, why)
}

/// That the ping itself came late, having been sent again, and was answered soon then, as an addition to a sentence.
fn lost_on_the_way(ping: &Ping, answer: &Frame<'_>, doubt: &Doubt) -> Option<String> {
    let late = doubt.path.as_ref()?.held_up(!answer.from, ping.extent_end, (ping.sent, answer.first))?;
    let after = answer.first.time.passed_since(late.stamp.time)?;
    (after <= LATE).then(|| {
        format!(
            ", which took {} to arrive, after {}: packets got lost on the way",
            in_words(late.stamp.time.since(ping.sent.time)),
            Count(late.times, "retransmission")
        )
    })
}

/// Whether TCP shows why the ping has no pong: the pinger does not read, the answerer does not either, which is told of it
/// already, or the path died.
fn is_explained(ping: &Ping, pinger: Peer, doubt: &Doubt) -> bool {
    let Some(path) = &doubt.path else { return false };
    let closed = Peer::BOTH.iter().filter_map(|peer| path.closed(*peer));
    let unread = closed.into_iter().any(|closed| {
        !closed.reopened
            || closed.until.time >= ping.sent.time && closed.since.time <= ping.sent.time.plus(PATIENCE)
    });
    let lost = [path.unacknowledged(!pinger), path.unacknowledged(pinger)].into_iter().flatten();
    unread || lost.into_iter().any(|lost| lost.first.time.since(ping.sent.time) < PATIENCE)
}

fn unanswered(ping: &Ping, pinger: Peer, waited: Option<Duration>, then: &str) -> Finding {
    let ping_in_words = match ping.payload.as_slice() {
        [] => "empty ping".to_owned(),
        payload => format!("ping {}", bytes_in_words(payload)),
    };
    let summary = format!(
        "the {pinger}'s {ping_in_words} got no pong from the {}{} {then}",
        !pinger,
        phrase(" in the ", waited, "")
    );
    Finding::new(Id::PingUnanswered, ping.sent, summary)
        .from(!pinger)
        .frame(ping.frame)
        .with(FindingField::PayloadHex, hex::encode(&ping.payload))
        .lasting(FindingField::WaitedMs, waited)
}

/// Nobody can send a pong inside of a frame: control frames stand between the fragments of a message (RFC 6455 §5.4).
fn held_up(ping: &Ping, pinger: Peer, waited: Option<Duration>, held: HeldUp) -> Finding {
    let answerer = !pinger;
    let busy = held.until.and_then(|until| until.passed_since(ping.sent.time));
    let mut finding = unanswered(ping, pinger, waited, "until the session's end");
    let why = format!(
        ": for {} the {answerer} was in the middle of a {} frame of {}, in which no pong can stand (RFC 6455 §5.4); \
         fragments let one through",
        busy.map_or_else(
            || "all of that time".to_owned(),
            |busy| format!("the first {} of that", in_words(busy))
        ),
        held.opcode,
        Count(held.length, "byte")
    );
    finding.summary.push_str(&why);
    Finding { from: None, class: Class::Anomaly, ..finding }
}

/// Which of the pings that wait a pong with another payload was most likely meant for.
fn most_like(waiting: &Waiting, found: &[u8]) -> usize {
    let alike = waiting
        .iter()
        .position(|ping| !ping.mismatched && Shape::of(&ping.payload, ping.key, found).is_damaged_echo());
    let fresh = waiting.iter().position(|ping| !ping.mismatched);
    alike.or(fresh).unwrap_or(0)
}

/// What to say about this pong if the right one for `ping` does not come.
fn suspect(ping: &Ping, frame: &Frame<'_>, is_doubtful: bool) -> Suspect {
    let from = frame.from;
    let shape = Shape::of(&ping.payload, ping.key, frame.payload);
    let (expected, found) = (bytes_in_words(&ping.payload), bytes_in_words(frame.payload));
    let summary = [
        format!("the {from}'s pong does not echo the ping of frame {}", ping.frame),
        format!(": expected {expected}, found {found}"),
        shape.in_words(&ping.payload, frame.payload),
    ];
    let finding = Finding::with_bytes(Id::PongMismatch, frame.first, summary)
        .from(from)
        .frame(frame.number)
        .with(FindingField::ExpectedHex, hex::encode(&ping.payload))
        .with(FindingField::FoundHex, hex::encode(frame.payload))
        .with(FindingField::Shape, shape.name())
        .with(FindingField::PingFrame, ping.frame)
        .tentative_if(is_doubtful);
    Suspect { shape, finding }
}
