//! One way through the proxy: what goes in, compared with what comes out.

use crate::model::{Stamp, Timestamp};
use crate::ws::{Frame, Message, MessageKind};
use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Messages that come out sooner were not held back.
const HELD_BACK: Duration = Duration::from_secs(1);
/// Messages that may be skipped before the one that comes out: more of them have nothing to do with each other.
const SKIPPED: usize = 64;
/// Messages remembered of those that did not come out in their turn.
const MISSING: usize = 256;

/// Something that a leg carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    content: ContentDigest,
    number: u64,
    /// Which of its side's messages it is, from 1; 0 for a Close frame.
    ordinal: u64,
    first: Stamp,
    last: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContentDigest {
    kind: ContentKind,
    length: u64,
    digest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContentKind {
    Message(MessageKind),
    Close,
}

impl Passed {
    /// Bytes of a message that are compared, besides its length.
    pub(crate) const COMPARED: usize = 64;

    /// A message that is complete, with at least its first [`COMPARED`](Self::COMPARED) bytes: the `ordinal`-th of its side, from 1.
    pub(crate) fn message(message: &Message<'_>, ordinal: u64) -> Self {
        let mut hasher = DefaultHasher::new();
        message.payload.get(..Self::COMPARED).unwrap_or(message.payload).hash(&mut hasher);
        let content = ContentDigest {
            kind: ContentKind::Message(message.kind),
            length: message.length,
            digest: hasher.finish(),
        };
        Self { content, number: message.number, ordinal, first: message.first, last: message.last }
    }

    /// A Close frame; what it says is not compared here.
    pub(super) const fn close(frame: &Frame<'_>) -> Self {
        let content = ContentDigest { kind: ContentKind::Close, length: 0, digest: 0 };
        Self { content, number: 0, ordinal: 0, first: frame.first, last: frame.last }
    }

    /// Its number in its session; 0 for a Close frame.
    pub(super) const fn number(self) -> u64 {
        self.number
    }

    /// The packet that completes it.
    pub(super) const fn last(self) -> Stamp {
        self.last
    }

    /// What shows of it without a look at its bytes.
    pub(super) const fn shape(&self) -> (Option<MessageKind>, u64) {
        match self.content.kind {
            ContentKind::Message(kind) => (Some(kind), self.content.length),
            ContentKind::Close => (None, 0),
        }
    }

    fn is_close(&self) -> bool {
        self.content.kind == ContentKind::Close
    }
}

/// `a text of 12 bytes`.
impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.content.kind {
            ContentKind::Message(MessageKind::Text) => "a text",
            ContentKind::Message(MessageKind::Binary) => "a binary message",
            ContentKind::Close => return f.write_str("a Close frame"),
        };
        write!(f, "{kind} of {}", super::super::words::bytes_of(self.content.length))
    }
}

/// Messages of which the same is to be said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) first: Passed,
    /// What came out instead of it.
    pub(super) became: Option<Passed>,
    /// The longest time that one of them took.
    pub(super) longest: Duration,
    /// It can be otherwise.
    pub(super) is_doubtful: bool,
}

/// Messages that went in when the leg had been over for long on which they should have come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stranded {
    pub(super) count: u64,
    pub(super) first: Passed,
    /// How long it had been over when the first of them came.
    pub(super) after: Duration,
}

/// Messages that came out, and had not gone in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surplus {
    pub(super) count: u64,
    /// As it came out.
    pub(super) first: Passed,
    /// The message that it is once more, as that went in.
    pub(super) repeats: Option<Passed>,
    /// It can be otherwise.
    pub(super) is_doubtful: bool,
}

/// How the leg ended on which messages come out.
pub(super) struct LegTail {
    pub(super) ended: Timestamp,
    /// The proxy ended it, and not who was to get the messages.
    pub(super) by_proxy: bool,
    /// When the proxy began to end the leg on which they go in: what comes then, nobody has to pass on.
    pub(super) entry_left: Option<Timestamp>,
    /// When who sent the messages reset the leg on which they went in: its receiver throws away what it has not read (RFC 9293
    /// §3.10.7.4).
    pub(super) discarded_by: Option<Timestamp>,
}

impl LegTail {
    /// How long the leg was over when this message went in, if the proxy cannot have met its end just then, and was still to be
    /// spoken to.
    fn strands(&self, passed: &Passed) -> Option<Duration> {
        let went_in = passed.last.time;
        let is_wanted = !passed.is_close() && self.entry_left.is_none_or(|left| went_in < left);
        went_in.passed_since(self.ended).filter(|after| is_wanted && *after >= HELD_BACK)
    }
}

/// What a Close is on the leg on which it comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CloseTurn {
    /// The first one on it.
    First,
    /// The answer to that of the other side: no other leg has to do with it.
    Answer,
}

/// A message that did not come out in its turn.
#[derive(Clone, Copy, Debug)]
struct MissingMessage {
    passed: Passed,
    /// Nothing that came after it shows that it will not come.
    is_doubtful: bool,
}

/// Where something is seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Door {
    /// On its way into the proxy.
    In,
    /// On its way out.
    Out,
}

/// What one side says, on its way through the proxy.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// What went in, and has not come out.
    waiting: VecDeque<Passed>,
    /// What came out, and had not gone in.
    strange: VecDeque<Passed>,
    missing: Vec<MissingMessage>,
    matched: u64,
    /// What came out last as it had gone in, as it had gone in.
    latest: Option<Passed>,
    changed: Option<Group>,
    delayed: Option<Group>,
    /// What came out once more.
    repeated: Option<Box<Surplus>>,
    /// What came out and was never said before.
    own: Option<Box<Surplus>>,
    /// Which messages were the first to be seen on each leg: those before them came before anybody looked.
    first_in: Option<u64>,
    first_out: Option<u64>,
    /// Both legs were seen from their first message on.
    is_whole: bool,
}

impl Way {
    pub(super) fn remembered(&self) -> usize {
        self.waiting.len() + self.strange.len() + self.missing.len()
    }

    /// How many came out as they had gone in.
    pub(super) const fn matched(&self) -> u64 {
        self.matched
    }

    /// How many came out that had not gone in.
    pub(super) fn unmatched(&self) -> u64 {
        let changed = self.changed.map_or(0, |changed| changed.count);
        (self.strange.len() + self.missing.len()) as u64 + changed
    }

    /// Whether something did not come out, or not as it had gone in, although what follows it did.
    pub(super) const fn differs(&self) -> bool {
        !self.missing.is_empty() || self.changed.is_some()
    }

    /// Both legs are seen from their first message on: nothing came before anybody looked.
    pub(super) const fn begin_whole(&mut self) {
        (self.first_in, self.first_out, self.is_whole) = (Some(1), Some(1), true);
    }

    /// Forgets what has no counterpart because that came before anybody looked: a server may speak before the client's leg
    /// is open, and a capture may show late what a leg is.
    fn align(&mut self) {
        if let (Some(first_in), Some(first_out)) = (self.first_in, self.first_out) {
            let is_late = |passed: &Passed, first: u64| passed.is_close() || passed.ordinal >= first;
            self.waiting.retain(|passed| is_late(passed, first_out));
            self.missing.retain(|missing| is_late(&missing.passed, first_out));
            self.strange.retain(|passed| is_late(passed, first_in));
        }
    }

    /// Whether it is the first message on its leg, or came after the first one that was seen on the other.
    fn is_comparable(&mut self, passed: &Passed, door: Door) -> bool {
        if passed.is_close() {
            return true;
        }
        let (own, other) = match door {
            Door::In => (&mut self.first_in, self.first_out),
            Door::Out => (&mut self.first_out, self.first_in),
        };
        let is_first = own.is_none();
        own.get_or_insert(passed.ordinal);
        if is_first {
            self.align();
        }
        other.is_none_or(|first| passed.ordinal >= first)
    }

    /// Something went into the proxy.
    pub(super) fn goes_in(&mut self, passed: Passed) {
        if !self.is_comparable(&passed, Door::In) {
            return;
        }
        let came_before = self.strange.iter().position(|other| other.content == passed.content);
        match came_before {
            // Captured in another order than it was sent in.
            Some(at) => match self.came_before_it(at, &passed) {
                Some(went_in) => {
                    self.settle(went_in, at);
                    self.strange.pop_front();
                    self.matched += 1;
                    self.latest = Some(passed);
                }
                None => self.waiting.push_back(passed),
            },
            None => self.waiting.push_back(passed),
        }
    }

    /// How many of those that wait went in before the strange one at `at` came out, which is like this one that goes in now; nothing
    /// where this one cannot be it. Close frames are all alike, and one that came out long before was sent for another reason.
    fn came_before_it(&self, at: usize, passed: &Passed) -> Option<usize> {
        if !passed.is_close() {
            return Some(self.waiting.len());
        }
        let came_out = self.strange.get(at)?.first.time;
        let is_soon = passed.last.time.since(came_out) < HELD_BACK;
        is_soon.then(|| self.waiting.iter().take_while(|other| other.last.time <= came_out).count())
    }

    /// Something came out of the proxy.
    pub(super) fn comes_out(&mut self, passed: Passed) {
        if !self.is_comparable(&passed, Door::Out) {
            return;
        }
        let is_it = |other: &Passed| other.content == passed.content;
        if let Some(first) = self.waiting.iter().take(SKIPPED).position(is_it) {
            let at = self.prompt_alike(first, &passed);
            // Nothing that the Close of its leg had come before comes from there.
            let closed =
                self.waiting.get(at).filter(|went_in| went_in.is_close()).map(|went_in| went_in.last.time);
            let is_before = |other: &&Passed| closed.is_none_or(|closed| other.first.time <= closed);
            self.settle(at, self.strange.iter().take_while(is_before).count());
            if let Some(went_in) = self.waiting.pop_front() {
                self.arrives(went_in, passed);
            }
        } else if let Some(at) = self.missing.iter().position(|missing| is_it(&missing.passed)) {
            // It was overtaken, not lost.
            let went_in = self.missing.remove(at).passed;
            self.arrives(went_in, passed);
        } else {
            self.strange.push_back(passed);
        }
    }

    /// A Close came out.
    pub(super) fn closes(&mut self, passed: Passed, turn: CloseTurn) {
        match turn {
            CloseTurn::First => self.comes_out(passed),
            // That nothing came out any more for what waits is the work of the other side; what came out instead of it is not.
            CloseTurn::Answer => {
                let Some(before) = self.waiting.iter().position(Passed::is_close) else { return };
                let instead = before.min(self.strange.len());
                if instead > 0 {
                    self.settle(instead, instead);
                }
                if let Some(went_in) = self.waiting.front().copied().filter(Passed::is_close) {
                    self.waiting.pop_front();
                    self.arrives(went_in, passed);
                }
            }
        }
    }

    /// Which of several messages with the same content came out, of which the one at `first` waits longest: that one, unless it
    /// would have been held back and another one would not. Heartbeats are alike, and one of them that is lost holds back none
    /// of those that follow.
    fn prompt_alike(&self, first: usize, came_out: &Passed) -> usize {
        let prompt = |other: &Passed| came_out.first.time.since(other.last.time) < HELD_BACK;
        if self.waiting.get(first).is_none_or(prompt) {
            return first;
        }
        let alike = self.waiting.iter().enumerate().take(SKIPPED).skip(first);
        let mut alike = alike.filter(|(_, other)| other.content == came_out.content && prompt(other));
        alike.next().map_or(first, |(at, _)| at)
    }

    fn arrives(&mut self, went_in: Passed, came_out: Passed) {
        self.matched += 1;
        self.latest = Some(went_in);
        let took = came_out.first.time.since(went_in.last.time);
        if took >= HELD_BACK && !went_in.is_close() {
            let fresh =
                Group { count: 0, first: went_in, became: None, longest: Duration::ZERO, is_doubtful: false };
            let group = self.delayed.get_or_insert(fresh);
            group.count += 1;
            group.longest = group.longest.max(took);
        }
    }

    /// What follows came out as it had gone in: of what stands before it, the first `went_in` and `came_out` correspond to
    /// each other, or to nothing.
    fn settle(&mut self, went_in: usize, came_out: usize) {
        let is_anchored = self.matched > 0 || self.is_whole;
        let beside = [self.waiting.get(went_in), self.latest.as_ref()]
            .map(|beside| beside.map(|passed| passed.content));
        let mut instead = self.strange.drain(..came_out).collect::<Vec<_>>().into_iter();
        for passed in self.waiting.drain(..went_in) {
            match instead.next().filter(|instead| !passed.is_close() && !instead.is_close()) {
                Some(became) => {
                    let fresh = Group {
                        count: 0,
                        first: passed,
                        became: Some(became),
                        longest: Duration::ZERO,
                        is_doubtful: !is_anchored,
                    };
                    self.changed.get_or_insert(fresh).count += 1;
                }
                None if self.missing.len() < MISSING => {
                    // It may be this one which came out, and one beside it that is lost.
                    let is_doubtful = !is_anchored || beside.contains(&Some(passed.content));
                    self.missing.push(MissingMessage { passed, is_doubtful });
                }
                None => {}
            }
        }
        // Of a message that was changed, more than one may have become.
        if went_in == 0 {
            instead.for_each(|came_out| self.adds(came_out, !is_anchored));
        }
    }

    /// Something came out that had not gone in.
    fn adds(&mut self, came_out: Passed, is_doubtful: bool) {
        if came_out.is_close() {
            return;
        }
        let repeats = self.latest.filter(|latest| latest.content == came_out.content);
        let surplus = if repeats.is_some() { &mut self.repeated } else { &mut self.own };
        let fresh = Surplus { count: 0, first: came_out, repeats, is_doubtful };
        surplus.get_or_insert_with(|| Box::new(fresh)).count += 1;
    }

    /// The leg is over on which this door is, after so many messages. If none of them was compared, all came before the two legs
    /// were known for what they are.
    pub(super) fn ends(&mut self, door: Door, messages: u64) {
        let first = match door {
            Door::In => &mut self.first_in,
            Door::Out => &mut self.first_out,
        };
        if first.is_none() {
            *first = Some(messages + 1);
            self.align();
        }
    }

    /// Nothing more goes in after `entry_ended`: what came out before without having gone in never will.
    pub(super) fn finish_entry(&mut self, entry_ended: Timestamp) {
        for came_out in std::mem::take(&mut self.strange) {
            if came_out.first.time <= entry_ended {
                self.adds(came_out, true);
            }
        }
    }

    /// Whether something came out after this time that had not gone in: it comes from elsewhere, or the proxy speaks for itself.
    pub(super) fn is_heard_since(&self, time: Timestamp) -> bool {
        self.strange.iter().any(|passed| !passed.is_close() && passed.first.time > time)
    }

    /// Whether it did so long after it that it is nothing that the proxy says as it leaves.
    pub(super) fn is_heard_long_since(&self, time: Timestamp) -> bool {
        let is_late = |passed: &Passed| passed.first.time.since(time) >= HELD_BACK;
        self.strange.iter().any(|passed| !passed.is_close() && is_late(passed))
    }

    /// Nothing more will come out. What that means for what waits depends on the end of the leg. Returns what went in long after it.
    pub(super) fn finish(&mut self, tail: &LegTail) -> Option<Stranded> {
        /// A receiver that a reset reaches so soon behind a message may not have read that.
        const UNREAD: Duration = Duration::from_millis(10);
        let mut stranded: Option<Stranded> = None;
        for passed in self.waiting.drain(..) {
            if tail.discarded_by.is_some_and(|reset| reset.since(passed.last.time) <= UNREAD) {
                continue;
            }
            let left = tail.ended.since(passed.last.time);
            let is_lost = if tail.by_proxy { !left.is_zero() } else { left >= HELD_BACK };
            if is_lost {
                self.missing.push(MissingMessage { passed, is_doubtful: true });
            } else if let Some(after) = tail.strands(&passed) {
                stranded.get_or_insert(Stranded { count: 0, first: passed, after }).count += 1;
            }
        }
        stranded
    }

    /// Messages that never came out: those of which that is certain, if there are any.
    pub(super) fn lost(&self) -> Option<Group> {
        let lost = |is_doubtful: bool| {
            let is_such = move |missing: &&MissingMessage| {
                missing.is_doubtful == is_doubtful && !missing.passed.is_close()
            };
            let mut such = self.missing.iter().filter(is_such).map(|missing| missing.passed);
            let first = such.next()?;
            let count = 1 + such.count() as u64;
            Some(Group { count, first, became: None, longest: Duration::ZERO, is_doubtful })
        };
        lost(false).or_else(|| lost(true))
    }

    /// Messages that came out as something else.
    pub(super) const fn changed(&self) -> Option<Group> {
        self.changed
    }

    /// Messages that were held back.
    pub(super) const fn delayed(&self) -> Option<Group> {
        self.delayed
    }

    /// Messages that came out once more, and those that were never said before.
    pub(super) fn surplus(&self) -> impl Iterator<Item = &Surplus> {
        [&self.repeated, &self.own].into_iter().filter_map(Option::as_deref)
    }
}
