//! Judges what a proxy makes of a WebSocket of which the capture holds both legs: messages that it loses, changes or
//! holds back, and how the end of one leg follows from that of the other.

mod way;

use super::catalog::{Certainty, Id};
use super::endings::{Farewell, SessionEnd};
use super::field::FindingField;
use super::finding::Finding;
use super::words::millis;
use crate::model::{Count, Peer, PerPeer, SessionId, in_words, phrase};
use std::ops::Not;
use std::time::Duration;
use way::{Door, Group, LegTail, Way};

pub(crate) use way::Passed;

/// What comes less than this before a proxy ends both legs may still be under way through it.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// A leg of a WebSocket that goes through a reverse proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leg {
    /// Between the client and the proxy.
    Downstream,
    /// Between the proxy and the server.
    Upstream,
}

impl Leg {
    /// The leg on which what `from` sends goes into the proxy.
    const fn entry(from: Peer) -> Self {
        match from {
            Peer::Client => Self::Downstream,
            Peer::Server => Self::Upstream,
        }
    }

    /// The side of this leg that is the proxy.
    const fn of_proxy(self) -> Peer {
        match self {
            Self::Downstream => Peer::Server,
            Self::Upstream => Peer::Client,
        }
    }
}

/// The other leg.
impl Not for Leg {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Downstream => Self::Upstream,
            Self::Upstream => Self::Downstream,
        }
    }
}

/// One value for each leg.
#[derive(Clone, Copy, Debug, Default)]
struct PerLeg<T> {
    downstream: T,
    upstream: T,
}

impl<T> PerLeg<T> {
    const fn of(&self, leg: Leg) -> &T {
        match leg {
            Leg::Downstream => &self.downstream,
            Leg::Upstream => &self.upstream,
        }
    }

    const fn of_mut(&mut self, leg: Leg) -> &mut T {
        match leg {
            Leg::Downstream => &mut self.downstream,
            Leg::Upstream => &mut self.upstream,
        }
    }
}

/// Compares the two legs of a WebSocket.
#[derive(Debug)]
pub(crate) struct Hop {
    sessions: PerLeg<SessionId>,
    ways: PerPeer<Way>,
    /// The capture misses bytes of this leg.
    lossy: PerLeg<bool>,
    /// A frame of this leg was not sent to its end.
    cut: PerLeg<bool>,
    /// What it sends does not get through, or is not read: of that there are findings of its own.
    troubled: PerLeg<bool>,
    ends: PerLeg<Option<SessionEnd>>,
}

impl Hop {
    /// Two sessions that may be the legs of one WebSocket.
    pub(crate) fn new(downstream: SessionId, upstream: SessionId) -> Self {
        Self {
            sessions: PerLeg { downstream, upstream },
            ways: PerPeer::default(),
            lossy: PerLeg::default(),
            cut: PerLeg::default(),
            troubled: PerLeg::default(),
            ends: PerLeg::default(),
        }
    }

    /// Both legs are seen from their first message on.
    pub(crate) const fn begin_whole(&mut self) {
        self.ways.client.begin_whole();
        self.ways.server.begin_whole();
    }

    /// Whether the two legs differ though the capture has all of both.
    pub(crate) fn differs(&self) -> bool {
        let is_whole = !self.lossy.downstream && !self.lossy.upstream;
        is_whole && Peer::BOTH.iter().any(|&from| self.ways.of(from).differs())
    }

    /// Messages that it remembers.
    pub(crate) fn remembered(&self) -> usize {
        self.ways.client.remembered() + self.ways.server.remembered()
    }

    /// A leg carries something that `from` sent.
    pub(crate) fn pass(&mut self, leg: Leg, from: Peer, passed: Passed) {
        let way = self.ways.of_mut(from);
        if Leg::entry(from) == leg { way.goes_in(passed) } else { way.comes_out(passed) }
    }

    /// The capture misses bytes of a leg, or what it carries cannot be compared any more.
    pub(crate) const fn miss(&mut self, leg: Leg) {
        *self.lossy.of_mut(leg) = true;
    }

    /// A frame of a leg was not sent to its end.
    pub(crate) const fn cut(&mut self, leg: Leg) {
        *self.cut.of_mut(leg) = true;
    }

    /// The receiver or the path of a leg was found to be the cause of delays.
    pub(crate) const fn trouble(&mut self, leg: Leg) {
        *self.troubled.of_mut(leg) = true;
    }

    /// A leg is over: this is how it ended, if it did, and so many messages each side sent on it.
    pub(crate) fn end(&mut self, leg: Leg, end: Option<SessionEnd>, messages: &PerPeer<u64>) {
        *self.ends.of_mut(leg) = end;
        // What was on its way when the other side ended the leg is not lost in the proxy.
        let by_proxy = end.is_some_and(|end| end.by == Some(leg.of_proxy()));
        *self.lossy.of_mut(leg) |= *self.cut.of(leg) && !by_proxy;
        for from in Peer::BOTH {
            let door = if Leg::entry(from) == leg { Door::In } else { Door::Out };
            self.ways.of_mut(from).ends(door, *messages.of(from));
        }
    }

    /// How many messages came out as they had gone in, and how many did not.
    pub(crate) fn agreement(&self) -> (u64, u64) {
        let PerPeer { client, server } = &self.ways;
        (client.matched() + server.matched(), client.unmatched() + server.unmatched())
    }

    /// Whether what the client said is something else on each leg: at least so many messages are.
    pub(crate) fn contradicts(&self, enough: u64) -> bool {
        self.ways.client.matched() == 0 && self.ways.client.unmatched() >= enough
    }

    /// Both legs are over: tells what the proxy did, where it is this certain that they belong together.
    pub(crate) fn finish(&mut self, certainty: Certainty, out: &mut dyn FnMut(Finding)) {
        let mut tell = |finding: Finding| out(finding.tentative_if(certainty == Certainty::Tentative));
        let let_go = self.let_go();
        for from in Peer::BOTH {
            let (entry, exit) = (Leg::entry(from), !Leg::entry(from));
            let is_clear = !*self.troubled.of(exit);
            let tail = self.tail(exit).filter(|_| is_clear);
            let way = self.ways.of_mut(from);
            way.finish(tail.as_ref());
            let about = Passage { from, entry: *self.sessions.of(entry), exit: *self.sessions.of(exit) };
            if !*self.lossy.of(exit)
                && let Some(lost) = way.lost()
            {
                tell(about.lost(&lost, let_go));
            }
            if !self.lossy.downstream
                && !self.lossy.upstream
                && let Some(changed) = way.changed()
            {
                tell(about.changed(&changed));
            }
            if is_clear && let Some(delayed) = way.delayed() {
                tell(about.delayed(&delayed));
            }
        }
        if let Some(closed) = self.closed() {
            tell(closed);
        }
    }

    /// What is to be thought of messages that had not come out on this leg when it ended.
    fn tail(&self, exit: Leg) -> Option<LegTail> {
        let end = (*self.ends.of(exit))?;
        Some(LegTail { ended: end.at.time, by_proxy: end.by == Some(exit.of_proxy()) })
    }

    /// The first end, where the proxy ended both legs by itself, as far as it is known.
    fn let_go(&self) -> Option<SessionEnd> {
        let (downstream, upstream) = (self.ends.downstream?, self.ends.upstream?);
        let by_proxy = |leg: Leg, end: &SessionEnd| end.by == Some(leg.of_proxy());
        let is_known = !downstream.doubtful && !upstream.doubtful;
        let is_both = by_proxy(Leg::Downstream, &downstream) && by_proxy(Leg::Upstream, &upstream);
        let first = if upstream.at < downstream.at { upstream } else { downstream };
        Some(first).filter(|_| is_known && is_both)
    }

    /// Which end led to the other one.
    fn closed(&self) -> Option<Finding> {
        let (downstream, upstream) = (self.ends.downstream?, self.ends.upstream?);
        let PerLeg { downstream: near, upstream: far } = self.sessions;
        let ends = PerLeg { downstream, upstream };
        let by_proxy = |leg: Leg| ends.of(leg).by == Some(leg.of_proxy());
        let (cause, summary, stamp) = if by_proxy(Leg::Downstream) && by_proxy(Leg::Upstream) {
            // Somebody may have left before in what the capture misses.
            let first = self.let_go()?;
            let silence = first.last_word.and_then(|word| first.at.time.passed_since(word));
            let silence = phrase(", after ", silence, " without a word from either side");
            let summary = format!(
                "the proxy between sessions {near} and {far} ended both of them by itself{silence}: neither the client in front \
                 of it nor the server behind it left first"
            );
            ("proxy", summary, first.at)
        } else if [downstream, upstream]
            .iter()
            .all(|end| !matches!(end.farewell, Farewell::None | Farewell::Together))
        {
            // As it should be, where the Close went through.
            return None;
        } else {
            let led = |leg: &Leg| {
                let (cause, effect) = (ends.of(*leg), ends.of(!*leg));
                by_proxy(!*leg) && cause.by == Some(!leg.of_proxy()) && cause.at.time <= effect.at.time
            };
            let leg = [Leg::Upstream, Leg::Downstream].into_iter().find(led)?;
            let (peer, end) = (!leg.of_proxy(), ends.of(leg));
            let summary = format!(
                "the {peer} left session {}, its leg of the WebSocket, {}; the proxy passed that on{}, and so session {} ended",
                self.sessions.of(leg),
                farewell(end.farewell),
                phrase(" ", ends.of(!leg).at.time.told_since(end.at.time), " later"),
                self.sessions.of(!leg)
            );
            (peer.name(), summary, end.at)
        };
        let (near_end, far_end) = (downstream.at.time, upstream.at.time);
        let between = near_end.max(far_end).passed_since(near_end.min(far_end));
        let finding = Finding::new(Id::HopClosed, stamp, summary)
            .with(FindingField::Cause, cause)
            .with(FindingField::Downstream, near.0)
            .with(FindingField::Upstream, far.0)
            .lasting(FindingField::ApartMs, between)
            .tentative_if(downstream.doubtful || upstream.doubtful);
        Some(finding)
    }
}

const fn farewell(farewell: Farewell) -> &'static str {
    match farewell {
        Farewell::Close | Farewell::Explained => "with a Close frame",
        Farewell::None | Farewell::Together => "without a Close frame",
    }
}

/// What a finding is about: messages of one side, and the sessions on whose legs they go into the proxy and come out.
struct Passage {
    from: Peer,
    entry: SessionId,
    exit: SessionId,
}

impl Passage {
    fn finding(&self, id: Id, group: &Group, summary: String) -> Finding {
        Finding::new(id, group.first.last(), summary)
            .with(FindingField::Count, group.count)
            .with(FindingField::Message, group.first.number())
            .with(FindingField::Entry, self.entry.0)
            .with(FindingField::Exit, self.exit.0)
            .tentative_if(group.is_doubtful)
    }

    /// `a message of the client`.
    fn messages(&self, count: u64) -> String {
        match count {
            1 => format!("a message of the {}", self.from),
            count => format!("{} of the {}", Count(count, "message"), self.from),
        }
    }

    /// Messages were lost. What had come only just before the proxy `let_go` of both legs was under way.
    fn lost(&self, lost: &Group, let_go: Option<SessionEnd>) -> Finding {
        let Self { entry, exit, .. } = self;
        let (what, number) = (self.messages(lost.count), lost.first.number());
        let summary = if lost.count == 1 {
            format!(
                "{what} was lost in the proxy: message {number} of session {entry}, {}, is not in session {exit}",
                lost.first
            )
        } else {
            format!(
                "{what} were lost in the proxy: message {number} of session {entry}, {}, is the first that is not in session \
                 {exit}",
                lost.first
            )
        };
        let finding = self.finding(Id::HopLostMessage, lost, summary);
        let came = lost.first.last().time;
        let is_under_way = |end: &SessionEnd| lost.is_doubtful && end.at.time.since(came) < UNDER_WAY;
        let why = let_go.filter(is_under_way).map(|end| {
            let later = phrase(" ", end.at.time.told_since(came), " later");
            format!("the proxy ended both sessions{later}, see hop-closed")
        });
        finding.because(why)
    }

    fn changed(&self, changed: &Group) -> Finding {
        let Self { entry, exit, .. } = self;
        let (what, number) = (self.messages(changed.count), changed.first.number());
        let which = if changed.count == 1 { "" } else { "the first is " };
        let became = match changed.became {
            Some(became) if became.shape() != changed.first.shape() => became.to_string(),
            _ => "other bytes of the same length".to_owned(),
        };
        let summary = format!(
            "the proxy changed {what}: {which}message {number} of session {entry}, {}, which comes out as {became} in session \
             {exit}",
            changed.first
        );
        self.finding(Id::HopChangedMessage, changed, summary)
    }

    fn delayed(&self, delayed: &Group) -> Finding {
        let Self { entry, exit, .. } = self;
        let what = self.messages(delayed.count);
        let longest = in_words(delayed.longest);
        let summary = if delayed.count == 1 {
            format!(
                "{what} stayed in the proxy for {longest}: message {} of session {entry}, on its way to session {exit}",
                delayed.first.number()
            )
        } else {
            format!(
                "{what} stayed in the proxy for a second or more, the slowest for {longest}: the first is message \
                 {} of session {entry}, on its way to session {exit}",
                delayed.first.number()
            )
        };
        self.finding(Id::HopDelayedMessage, delayed, summary)
            .with(FindingField::LongestMs, millis(delayed.longest))
    }
}
