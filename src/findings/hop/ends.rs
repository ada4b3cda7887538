//! How the end of one leg follows from that of the other.

use super::leg::{Leg, PerLeg};
use super::way::{CloseTurn, LegTail, Way};
use crate::findings::catalog::{Id, Severity};
use crate::findings::endings::{Farewell, SessionEnd};
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::findings::words::quoted;
use crate::model::{Count, Peer, PerPeer, SessionId, Stamp, Timestamp, phrase};
use crate::ws::{CloseCode, ClosePayload, Frame};
use std::fmt;

/// What is known of the ends of both legs.
#[derive(Debug, Default)]
pub(super) struct LegEnds {
    ends: PerLeg<Option<SessionEnd>>,
    /// Each side's first Close.
    closes: PerLeg<PerPeer<Option<LegClose>>>,
    /// How many pings and pongs each side sent.
    pings: PerLeg<PerPeer<u64>>,
    pongs: PerLeg<PerPeer<u64>>,
    /// The peer on this leg is a proxy as well.
    chained: PerLeg<bool>,
    /// A leg was ended by a reset.
    reset: PerLeg<bool>,
}

/// A Close frame on a leg.
#[derive(Debug)]
struct LegClose {
    stamp: Stamp,
    code: Option<CloseCode>,
    reason: Box<[u8]>,
}

impl LegClose {
    fn new(frame: &Frame<'_>) -> Self {
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Code(code, reason) => (Some(code), reason),
            ClosePayload::Empty | ClosePayload::TooShort(_) => (None, &[][..]),
        };
        Self { stamp: frame.first, code, reason: reason.into() }
    }

    /// Whether it says that all is well.
    fn is_ordinary(&self) -> bool {
        self.code.is_none_or(|code| matches!(code.0, 1000 | 1001))
    }

    /// Whether it says something else than another one: ways to say that all is well are alike.
    fn differs(&self, other: &Self) -> bool {
        self.code != other.code && !(self.is_ordinary() && other.is_ordinary())
    }
}

/// `close code 4404 (private to the application), 'Document deleted'`.
impl fmt::Display for LegClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.code else { return f.write_str("a Close frame that has no code") };
        write!(f, "close code {code} ({})", code.meaning())?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ", {}", quoted(&self.reason)) }
    }
}

impl LegEnds {
    /// A side sends its first Close on a leg. Returns what it is there; nothing if it had sent one before.
    pub(super) fn close(&mut self, leg: Leg, frame: &Frame<'_>) -> Option<CloseTurn> {
        let closes = self.closes.of_mut(leg);
        if closes.of(frame.from).is_some() {
            return None;
        }
        *closes.of_mut(frame.from) = Some(LegClose::new(frame));
        Some(if closes.of(!frame.from).is_some() { CloseTurn::Answer } else { CloseTurn::First })
    }

    /// A side sends a ping on a leg.
    pub(super) const fn ping(&mut self, leg: Leg, from: Peer) {
        *self.pings.of_mut(leg).of_mut(from) += 1;
    }

    /// A side sends a pong on a leg.
    pub(super) const fn pong(&mut self, leg: Leg, from: Peer) {
        *self.pongs.of_mut(leg).of_mut(from) += 1;
    }

    /// The peer on this leg is a proxy as well: how it left was told of where it comes from.
    pub(super) const fn chain(&mut self, leg: Leg) {
        *self.chained.of_mut(leg) = true;
    }

    /// A reset ends this leg.
    pub(super) const fn reset(&mut self, leg: Leg) {
        *self.reset.of_mut(leg) = true;
    }

    /// A leg is over: this is how it ended, if it did.
    pub(super) const fn end(&mut self, leg: Leg, end: Option<SessionEnd>) {
        *self.ends.of_mut(leg) = end;
    }

    /// When a leg ended, if it did.
    pub(super) fn ended(&self, leg: Leg) -> Option<Timestamp> {
        self.ends.of(leg).map(|end| end.at.time)
    }

    /// What is to be thought of messages that had not come out on this leg when it ended.
    pub(super) fn tail(&self, exit: Leg) -> Option<LegTail> {
        let end = (*self.ends.of(exit))?;
        let entry = !exit;
        let by_sender = |end: &SessionEnd| end.by == Some(!entry.of_proxy());
        let reset = self.ends.of(entry).filter(|end| *self.reset.of(entry) && by_sender(end));
        Some(LegTail {
            ended: end.at.time,
            by_proxy: end.by == Some(exit.of_proxy()),
            entry_left: self.left_by_proxy(entry),
            discarded_by: reset.map(|end| end.at.time),
        })
    }

    /// When the proxy began to end this leg.
    fn left_by_proxy(&self, leg: Leg) -> Option<Timestamp> {
        let close = self.closes.of(leg).of(leg.of_proxy()).as_ref().map(|close| close.stamp.time);
        let end = (*self.ends.of(leg)).filter(|end| end.by == Some(leg.of_proxy()));
        [close, end.map(|end| end.at.time)].into_iter().flatten().min()
    }

    /// The first end, where the proxy ended both legs by itself, as far as it is known.
    pub(super) fn let_go(&self) -> Option<SessionEnd> {
        let (downstream, upstream) = (self.ends.downstream?, self.ends.upstream?);
        let by_proxy = |leg: Leg, end: &SessionEnd| end.by == Some(leg.of_proxy());
        // Somebody may have left before in what the capture misses.
        let is_known = !downstream.doubtful && !upstream.doubtful;
        let is_both = by_proxy(Leg::Downstream, &downstream) && by_proxy(Leg::Upstream, &upstream);
        let first = if upstream.at < downstream.at { upstream } else { downstream };
        Some(first).filter(|_| is_known && is_both)
    }

    /// Which end led to the other one, of legs of which the capture misses bytes or not.
    pub(super) fn closed(
        &self,
        sessions: &PerLeg<SessionId>,
        lossy: PerLeg<bool>,
        ways: &PerPeer<Way>,
    ) -> Option<Finding> {
        let (downstream, upstream) = (self.ends.downstream?, self.ends.upstream?);
        let is_doubtful = downstream.doubtful || upstream.doubtful;
        let ends = PerLeg { downstream, upstream };
        let by_proxy = |leg: Leg| ends.of(leg).by == Some(leg.of_proxy());
        let finding = if by_proxy(Leg::Downstream) && by_proxy(Leg::Upstream) {
            ended_both(sessions, self.let_go()?)
        } else {
            let led = |leg: &Leg| {
                let (cause, effect) = (ends.of(*leg), ends.of(!*leg));
                // A leg that goes on with what comes from elsewhere ends for another reason.
                let goes_on = ways.of(!leg.of_proxy()).is_heard_long_since(cause.at.time);
                let is_first = cause.by == Some(!leg.of_proxy()) && cause.at.time <= effect.at.time;
                by_proxy(!*leg) && is_first && !goes_on
            };
            let leg = [Leg::Upstream, Leg::Downstream].into_iter().find(led)?;
            self.passed_on(leg, sessions, &ends, lossy)?
        };
        let (near_end, far_end) = (downstream.at.time, upstream.at.time);
        let between = near_end.max(far_end).passed_since(near_end.min(far_end));
        Some(
            finding
                .with(FindingField::Downstream, sessions.downstream.0)
                .with(FindingField::Upstream, sessions.upstream.0)
                .lasting(FindingField::ApartMs, between)
                .tentative_if(is_doubtful),
        )
    }

    /// The peer left on this leg, and then the proxy on the other one: nothing where a Close went through as it was.
    fn passed_on(
        &self,
        leg: Leg,
        sessions: &PerLeg<SessionId>,
        ends: &PerLeg<SessionEnd>,
        lossy: PerLeg<bool>,
    ) -> Option<Finding> {
        let (peer, cause, effect) = (!leg.of_proxy(), ends.of(leg), ends.of(!leg));
        let said = self.closes.of(leg).of(peer).as_ref();
        let told = self.closes.of(!leg).of(peer).as_ref();
        let (entry, exit) = (sessions.of(leg), sessions.of(!leg));
        let passed = effect.at.time.told_since(cause.at.time);
        let later = phrase(" ", passed, " later");
        let (with_close, is_passed) = (is_close(cause.farewell), is_close(effect.farewell));
        let changed = said.zip(told).filter(|(said, told)| said.differs(told));
        let (what, severity) = match (with_close, is_passed, changed) {
            (true, true, None) => return None,
            (true, true, Some((_, told))) => {
                let later = phrase("", passed, " later ");
                (format!("{later}the proxy closed session {exit} with {told} instead"), Severity::Warning)
            }
            (true, false, _) => (
                format!(
                    "the proxy did not pass that on, but ended session {exit} without a Close frame{later}"
                ),
                Id::HopClosed.severity(),
            ),
            // That was told of the leg that the other proxy passed on.
            (false, ..) if *self.chained.of(leg) => return None,
            (false, ..) => (
                format!("the proxy passed that on{later}, and so session {exit} ended"),
                Id::HopClosed.severity(),
            ),
        };
        let who = if *self.chained.of(leg) { "next proxy" } else { peer.name() };
        let farewell = match said.filter(|_| with_close) {
            Some(said) => format!("with {said}"),
            None if with_close => "with a Close frame".to_owned(),
            None => "without a Close frame".to_owned(),
        };
        let pings = self.swallowed(leg, lossy);
        let summary =
            format!("the {who} left session {entry}, its leg of the WebSocket, {farewell}{pings}; {what}");
        // A Close may be in what the capture misses.
        let is_hidden = with_close && !is_passed && *lossy.of(!leg);
        Some(
            Finding::new(Id::HopClosed, cause.at, summary)
                .severity(severity)
                .with(FindingField::Cause, peer.name())
                .tentative_if(is_hidden),
        )
    }

    /// What is to be said of pings that the peer on this leg sent to the proxy, if they are why it left.
    fn swallowed(&self, leg: Leg, lossy: PerLeg<bool>) -> String {
        /// One that was sent last may have met the end.
        const SEVERAL: u64 = 2;
        let (proxy, peer) = (leg.of_proxy(), !leg.of_proxy());
        let pings = *self.pings.of(leg).of(peer);
        let is_heard = *self.pongs.of(leg).of(proxy) > 0 || *self.pings.of(!leg).of(peer) > 0;
        if pings < SEVERAL || is_heard || lossy.downstream || lossy.upstream {
            return String::new();
        }
        format!(", after {} that the proxy neither answered nor passed on", Count(pings, "ping"))
    }
}

/// Neither the client nor the server left first.
fn ended_both(sessions: &PerLeg<SessionId>, first: SessionEnd) -> Finding {
    let PerLeg { downstream: near, upstream: far } = sessions;
    let silence = first.last_word.and_then(|word| first.at.time.passed_since(word));
    let silence = phrase(", after ", silence, " without a word from either side");
    let summary = format!(
        "the proxy between sessions {near} and {far} ended both of them by itself{silence}: neither the client in front of \
         it nor the server behind it left first"
    );
    Finding::new(Id::HopClosed, first.at, summary).with(FindingField::Cause, "proxy")
}

const fn is_close(farewell: Farewell) -> bool {
    match farewell {
        Farewell::Close | Farewell::Explained => true,
        Farewell::None | Farewell::Together => false,
    }
}
