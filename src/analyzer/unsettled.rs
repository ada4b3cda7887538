//! Accusations that rest on bytes which nobody has acknowledged yet: they may be sent again with other content, and then
//! nobody knows which version was received.

use super::output::Place;
use crate::findings::Finding;
use crate::model::{Attempt, Footprint, Peer, PerPeer};
use crate::tcp::COMPARED_SEGMENTS;

/// The accusations of a connection that wait, and what was found after them: findings are told in the order in which they
/// are made. Few connections have any.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Vec<HeldFinding>);

/// One of them, as it was made.
#[derive(Debug)]
pub(super) struct HeldFinding {
    pub(super) place: Place,
    pub(super) finding: Finding,
    rests_on: Basis,
}

/// What an accusation rests on.
#[derive(Clone, Copy, Debug)]
enum Basis {
    /// The bytes of the event that is going on.
    ThisEvent,
    /// No bytes that may still come in another version.
    Nothing,
    /// The bytes of this side, by TCP's roles, up to `end`, after which so many segments with more of them came.
    Bytes { from: Peer, end: u64, later: usize },
}

impl Unsettled {
    /// More than this many are not worth waiting for.
    const MOST: usize = 256;

    /// What it takes of memory.
    pub(super) fn footprint(&self) -> Footprint {
        let findings: usize = self.0.iter().map(|held| held.finding.memory()).sum();
        let own =
            size_of::<Self>() + self.0.capacity() * size_of::<HeldFinding>() + 2 * Footprint::ALLOCATION;
        Footprint::default().and_least(own + findings)
    }

    /// Whether no more of them wait.
    pub(super) const fn is_full(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    /// A finding of the event that is going on waits.
    pub(super) fn hold(&mut self, place: Place, finding: Finding) {
        self.0.push(HeldFinding { place, finding, rests_on: Basis::ThisEvent });
    }

    /// An event is over, in which bytes of a side up to this place were `read`, or none.
    pub(super) fn note(&mut self, read: Option<(Peer, u64)>) {
        for HeldFinding { rests_on, .. } in &mut self.0 {
            match (&mut *rests_on, read) {
                (Basis::ThisEvent, Some((from, end))) => *rests_on = Basis::Bytes { from, end, later: 0 },
                (Basis::ThisEvent, None) => *rests_on = Basis::Nothing,
                (Basis::Bytes { from, later, .. }, Some((reader, _))) if *from == reader => *later += 1,
                (Basis::Nothing | Basis::Bytes { .. }, _) => {}
            }
        }
    }

    /// Takes out the first ones, up to one that is not settled where so many bytes of each side are acknowledged.
    pub(super) fn take_settled(&mut self, acked: &PerPeer<u64>) -> Vec<HeldFinding> {
        let settled = self.0.iter().take_while(|held| held.rests_on.is_settled(acked)).count();
        self.0.drain(..settled).collect()
    }

    /// Takes out those of the session that `attempt` began.
    pub(super) fn take_of(&mut self, attempt: Attempt) -> Vec<HeldFinding> {
        self.0.extract_if(.., |held| held.place.attempt == attempt).collect()
    }

    /// Takes out all of them.
    pub(super) fn take_all(&mut self) -> Vec<HeldFinding> {
        std::mem::take(&mut self.0)
    }

    /// Whether none waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Basis {
    /// Whether no other version of the bytes counts any more: they are acknowledged, or so far behind that copies are not
    /// compared with them.
    fn is_settled(self, acked: &PerPeer<u64>) -> bool {
        match self {
            Self::ThisEvent => false,
            Self::Nothing => true,
            Self::Bytes { from, end, later } => end <= *acked.of(from) || later >= COMPARED_SEGMENTS,
        }
    }
}
