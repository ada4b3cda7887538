//! A 101 that a strict client refuses, or an answer that the capture lost: what it came to is seen from what the client sends next.

use super::early::memory_of;
use crate::model::{Chunk, End, EndCause, Footprint, HeldChunk, Peer, PerPeer, Timestamp};
use crate::upgrade::{HeadPart, Outcome, Response, Upgrade};
use crate::ws::{Looks, Start, looks_like};
use std::time::Duration;

/// A client that refuses an answer does not take this many bytes after it.
const MOST: usize = 64 << 10;

/// A client that refuses an answer which it may take as well leaves sooner than this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Bytes of the client that tell how it took the answer.
const TELLING: usize = 16;

/// A 101 that may be refused, or an answer that may have been one.
#[derive(Debug)]
pub(super) struct Doubted {
    upgrade: Upgrade,
    start: PerPeer<Start>,
    /// What came before it, and after it.
    held: Vec<HeldChunk>,
    /// Bytes after it.
    bytes: usize,
    /// The client's first bytes after it, as many as tell what it does.
    client: Vec<u8>,
    /// What stands in front of it, in its place: a client that refuses it had this for an answer.
    strange: Option<Box<HeadPart<Response>>>,
}

impl Doubted {
    /// This one, with what came before it.
    pub(super) const fn new(upgrade: Upgrade, start: PerPeer<Start>, held: Vec<HeldChunk>) -> Self {
        Self { upgrade, start, held, bytes: 0, client: Vec::new(), strange: None }
    }

    /// The same, behind something `strange` that stands where the answer should begin.
    pub(super) fn behind(self, strange: Option<Box<HeadPart<Response>>>) -> Self {
        Self { strange, ..self }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        let own = Footprint::allocation(size_of::<Self>() - size_of::<Upgrade>());
        own + self.upgrade.memory() + Footprint::allocation(self.client.capacity()) + memory_of(&self.held)
    }

    /// Whether the capture lost the answer.
    pub(super) fn is_lost(&self) -> bool {
        self.upgrade.response == HeadPart::Lost
    }

    /// Takes bytes that `from` sent after the answer. Returns how the client took it, once that is known.
    pub(super) fn take(&mut self, from: Peer, chunk: Chunk<'_>) -> Option<Outcome> {
        self.held.push(chunk.hold(from));
        let bytes = chunk.bytes;
        self.bytes += bytes.len();
        if from == Peer::Client {
            let room = TELLING.saturating_sub(self.client.len()).min(bytes.len());
            self.client.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        let is_taken = self.bytes > MOST || self.is_outlived(chunk.stamp.time);
        self.outcome().or_else(|| is_taken.then(|| self.outcome_if_taken()))
    }

    /// What came of it if frames follow.
    pub(super) fn outcome_if_taken(&self) -> Outcome {
        if self.is_lost() { Outcome::Unseen } else { Outcome::Accepted }
    }

    /// How the client took it that said nothing until this `end`.
    pub(super) fn at_end(&self, end: &End) -> Outcome {
        let is_open = end.cause == EndCause::Open && !self.upgrade.must_be_refused();
        let is_taken = is_open || self.is_outlived(end.at) || self.is_lost();
        if is_taken { self.outcome_if_taken() } else { Outcome::Failed }
    }

    /// Whether the client has stayed for longer than one that refuses it would have.
    fn is_outlived(&self, now: Timestamp) -> bool {
        // The two sides may have clocks of their own.
        let since = [self.upgrade.requested, self.upgrade.last].map(|stamp| now.since(stamp.time));
        since.into_iter().all(|passed| passed >= AT_ONCE) && !self.upgrade.must_be_refused()
    }

    /// The capture misses bytes of `from`.
    pub(super) const fn skip(&mut self, from: Peer) {
        *self.start.of_mut(from) = Start::AfterGap;
    }

    /// The upgrade with this outcome, where frames begin, and what was held.
    pub(super) fn settle(mut self, outcome: Outcome) -> (Upgrade, PerPeer<Start>, Vec<HeldChunk>) {
        self.upgrade.outcome = outcome;
        if let Some(strange) = self.strange.take().filter(|_| outcome == Outcome::Failed) {
            self.upgrade.response = *strange;
        }
        (self.upgrade, self.start, self.held)
    }

    /// What the client's bytes say; `None` if there are too few.
    fn outcome(&self) -> Option<Outcome> {
        /// A Close frame with its code: a header, a masking key, two bytes.
        const CLOSE: usize = 8;
        /// The codes by which a client says that it does not take the answer.
        const REFUSING: [u16; 4] = [1002, 1003, 1007, 1010];
        if self.is_lost() {
            return self.outcome_of_lost();
        }
        let first = self.client.first()?;
        if first & 0x0f != 8 || self.client.get(1).is_some_and(|second| second & 0x7f < 2) {
            let is_frame = looks_like(&self.client).is_none();
            return Some(if is_frame { Outcome::Accepted } else { Outcome::Failed });
        }
        let &[_, _, key0, key1, _, _, high, low] = self.client.first_chunk::<CLOSE>()?;
        let code = u16::from_be_bytes([high ^ key0, low ^ key1]);
        Some(if REFUSING.contains(&code) { Outcome::Failed } else { Outcome::Accepted })
    }

    /// What the client's bytes say of an answer that is lost: whoever asks again was not let in.
    fn outcome_of_lost(&self) -> Option<Outcome> {
        /// The longest method of HTTP, and the blank behind it.
        const METHOD: usize = 8;
        if looks_like(&self.client) == Some(Looks::HttpRequest) {
            return Some(Outcome::Failed);
        }
        let may_be_method = self.client.len() < METHOD && self.client.iter().all(u8::is_ascii_uppercase);
        (!may_be_method).then_some(Outcome::Unseen)
    }
}
