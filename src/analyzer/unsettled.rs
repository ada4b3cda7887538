//! Accusations, and ends of sessions, that rest on bytes which nobody has acknowledged yet: they may be sent again with other
//! content, and then nobody knows which version was received.

use super::accounts::SessionEntry;
use super::output::Place;
use crate::findings::Finding;
use crate::model::{Attempt, Footprint, Peer, PerPeer, Stamp};
use crate::tcp::COMPARED_SEGMENTS;
use crate::upgrade::Upgrade;

/// The accusations of a connection that wait, and what was found after them: findings are told in the order in which they
/// are made. Few connections have any.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    findings: Vec<HeldFinding>,
    /// Sessions that are over: what their ends are judged to be comes last.
    ended: Vec<EndedSession>,
}

/// A session that is over while its connection goes on, as far as the bytes that show it can be trusted.
#[derive(Debug)]
pub(super) struct EndedSession {
    pub(super) entry: SessionEntry,
    /// The packet with its end.
    pub(super) last: Stamp,
    rests_on: Basis,
}

/// What is settled: findings, and then sessions that are over.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) findings: Vec<HeldFinding>,
    pub(super) ended: Vec<EndedSession>,
}

/// One of them, as it was made.
#[derive(Debug)]
pub(super) struct HeldFinding {
    /// The attempt that it is about, or whose session, if it is about one.
    pub(super) attempt: Option<Attempt>,
    pub(super) finding: Finding,
    /// The attempt that failed, if this is the first thing that was found in it: it is told with what was found.
    pub(super) failed: Option<Box<FailedAttempt>>,
    rests_on: Basis,
}

/// An attempt that no session follows.
#[derive(Debug)]
pub(super) struct FailedAttempt {
    pub(super) place: Place,
    pub(super) upgrade: Upgrade,
}

/// What an accusation rests on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Basis {
    /// No bytes that may still come in another version.
    Nothing,
    /// The bytes of both sides, by TCP's roles, that were read by then.
    Bytes(PerPeer<BytesRead>),
}

/// Bytes of one side that an accusation rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct BytesRead {
    /// Where they end.
    end: u64,
    /// How many segments with more of them came since.
    later: usize,
}

impl Unsettled {
    /// More than this many are not worth waiting for.
    const MOST: usize = 256;

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        let of_attempt =
            |failed: &FailedAttempt| Footprint::allocation(size_of::<Place>() + failed.upgrade.memory());
        let of = |held: &HeldFinding| held.finding.memory() + held.failed.as_deref().map_or(0, of_attempt);
        let findings: usize = self.findings.iter().map(of).sum();
        let ended: Footprint = self.ended.iter().map(|ended| ended.entry.account.footprint()).sum();
        let own = size_of::<Self>()
            + self.findings.capacity() * size_of::<HeldFinding>()
            + self.ended.capacity() * size_of::<EndedSession>()
            + 3 * Footprint::ALLOCATION;
        ended.and_least(own + findings)
    }

    /// Whether no more of them wait.
    pub(super) const fn is_full(&self) -> bool {
        self.findings.len() + self.ended.len() >= Self::MOST
    }

    /// A finding waits.
    pub(super) fn hold(&mut self, attempt: Option<Attempt>, finding: Finding, rests_on: Basis) {
        self.findings.push(HeldFinding { attempt, finding, failed: None, rests_on });
    }

    /// A session is over, with the packet `last`.
    pub(super) fn end(&mut self, entry: SessionEntry, last: Stamp, rests_on: Basis) {
        self.ended.push(EndedSession { entry, last, rests_on });
    }

    /// The session that `attempt` began, if it is over.
    pub(super) fn ended_mut(&mut self, attempt: Attempt) -> Option<&mut SessionEntry> {
        self.ended.iter_mut().map(|ended| &mut ended.entry).find(|entry| entry.attempt == attempt)
    }

    /// Whether something that was found in the session that `attempt` began waits.
    pub(super) fn has(&self, attempt: Attempt) -> bool {
        self.findings.iter().any(|held| held.attempt == Some(attempt))
    }

    /// How many findings wait.
    pub(super) const fn len(&self) -> usize {
        self.findings.len()
    }

    /// An attempt failed, in which was found what waits from the one with this number on. Returns it if none of that waits.
    pub(super) fn hold_attempt(
        &mut self,
        number: usize,
        failed: Box<FailedAttempt>,
    ) -> Option<Box<FailedAttempt>> {
        match self.findings.get_mut(number) {
            Some(held) => held.failed.replace(failed),
            None => Some(failed),
        }
    }

    /// A segment of this side was read, up to this place.
    pub(super) fn note(&mut self, from: Peer, end: u64) {
        let of_findings = self.findings.iter_mut().map(|held| &mut held.rests_on);
        for rests_on in of_findings.chain(self.ended.iter_mut().map(|ended| &mut ended.rests_on)) {
            match rests_on {
                Basis::Nothing => {}
                Basis::Bytes(read) => {
                    let read = read.of_mut(from);
                    read.later += usize::from(read.end < end);
                }
            }
        }
    }

    /// Takes out the first ones, up to one that is not settled where so many bytes of each side are acknowledged.
    pub(super) fn take_settled(&mut self, acked: &PerPeer<u64>) -> Settled {
        let findings = self.findings.iter().take_while(|held| held.rests_on.is_settled(acked)).count();
        let ended = self.ended.iter().take_while(|ended| ended.rests_on.is_settled(acked)).count();
        Settled {
            findings: self.findings.drain(..findings).collect(),
            ended: self.ended.drain(..ended).collect(),
        }
    }

    /// Takes out those of `attempt` and of the session that it began.
    pub(super) fn take_of(&mut self, attempt: Attempt) -> Settled {
        let findings = self.findings.extract_if(.., |held| held.attempt == Some(attempt)).collect();
        Settled { findings, ended: Vec::new() }
    }

    /// Takes out all of them.
    pub(super) fn take_all(&mut self) -> Settled {
        let Self { findings, ended } = std::mem::take(self);
        Settled { findings, ended }
    }

    /// Whether none waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.ended.is_empty()
    }
}

impl Basis {
    /// Everything that was read of both sides, up to these places.
    pub(super) fn bytes(read: &PerPeer<u64>) -> Self {
        Self::Bytes(PerPeer::from_fn(|peer| BytesRead { end: *read.of(peer), later: 0 }))
    }

    /// Whether no other version of the bytes counts any more: they are acknowledged, or so far behind that copies are not
    /// compared with them.
    pub(super) fn is_settled(&self, acked: &PerPeer<u64>) -> bool {
        match self {
            Self::Nothing => true,
            Self::Bytes(read) => Peer::BOTH.into_iter().all(|peer| {
                let BytesRead { end, later } = *read.of(peer);
                end <= *acked.of(peer) || later >= COMPARED_SEGMENTS
            }),
        }
    }
}
