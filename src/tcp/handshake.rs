//! Segments that do not fit the connection on their ports: packets captured before its SYN, and a SYN that may never be
//! answered.

use super::patience::SYN_PATIENCE;
use super::reassembly::Reassembly;
use crate::model::{Peer, Segment, SegmentHeader, Timestamp};

/// A packet may have been captured this many packets of its connection too early.
pub(super) const PLACES: usize = 20;

/// How far sequence numbers get in the first few packets.
const FIRST_BYTES: u32 = 1 << 18;

/// A segment kept for later.
#[derive(Clone, Debug)]
pub(super) struct KeptSegment {
    pub(super) header: SegmentHeader,
    payload: Box<[u8]>,
}

impl KeptSegment {
    pub(super) fn new(segment: &Segment<'_>) -> Self {
        Self { header: *segment.header, payload: segment.payload.into() }
    }

    pub(super) fn segment(&self) -> Segment<'_> {
        Segment { header: &self.header, payload: &self.payload }
    }

    fn is_syn(&self) -> bool {
        self.header.flags.syn() && !self.header.flags.ack()
    }

    fn is_syn_ack(&self) -> bool {
        self.header.flags.syn() && self.header.flags.ack()
    }

    /// Whether this SYN-ACK answers `syn`, or the other way round.
    fn goes_with(&self, other: &SegmentHeader) -> bool {
        let (mine, other_flags) = (&self.header, other.flags);
        let answers = |answer: &SegmentHeader, syn: &SegmentHeader| {
            answer.source == syn.destination && answer.acknowledgment == syn.sequence.wrapping_add(1)
        };
        match (self.is_syn_ack(), other_flags.syn() && other_flags.ack()) {
            (true, false) => other_flags.syn() && answers(mine, other),
            (false, true) => answers(other, mine),
            _ => false,
        }
    }
}

/// What waits beside a connection.
#[derive(Debug)]
pub(super) enum Aside {
    /// Its first packets: the SYN may still come.
    First {
        held: Vec<KeptSegment>,
        /// How long they wait at most.
        until: Timestamp,
    },
    /// A SYN or a SYN-ACK that is none of this connection's. If its counterpart comes a new one begins.
    Again(KeptSegment),
}

impl Aside {
    /// The beginning of a connection without its SYN.
    pub(super) fn first(segment: &Segment<'_>) -> Self {
        let until = segment.header.stamp.time.plus(SYN_PATIENCE);
        Self::First { held: vec![KeptSegment::new(segment)], until }
    }

    /// Whether the segment shows that a new connection has begun with what waits.
    pub(super) fn is_answered_by(&self, header: &SegmentHeader, from: Peer, old: &Reassembly) -> bool {
        let Self::Again(held) = self else { return false };
        if header.flags.syn() {
            return held.goes_with(header);
        }
        // What answers it was not captured, but what its sender said after that. A SYN-ACK is another connection's only where the
        // sender's stream had begun with another number.
        let follows = header.sequence == held.header.sequence.wrapping_add(1);
        let is_other = held.is_syn() || old.origins().of(from).is_some();
        let same_side = is_other && header.source == held.header.source;
        same_side && follows && header.flags.ack() && !header.flags.rst() && !old.expects(from, header)
    }
}

/// Whether these first packets are enough to begin: both SYN and SYN-ACK are there, or no more can be waited for.
pub(super) fn is_enough(held: &[KeptSegment]) -> bool {
    let complete = held
        .iter()
        .filter(|held| held.is_syn())
        .any(|syn| held.iter().any(|answer| answer.is_syn_ack() && syn.goes_with(&answer.header)));
    complete || held.len() >= PLACES
}

/// Puts the first packets into the order in which they must have been sent: the SYN, its answer, the others, without
/// those that belong to an older connection on the same ports.
pub(super) fn in_order(mut held: Vec<KeptSegment>) -> Vec<KeptSegment> {
    let syn = held.iter().rev().find(|held| held.is_syn()).map(|held| held.header);
    let answers = |answer: &&KeptSegment| answer.is_syn_ack() && syn.is_none_or(|syn| answer.goes_with(&syn));
    let answer = held.iter().rev().find(answers).map(|held| held.header);
    if syn.is_none() && answer.is_none() {
        return held;
    }
    held.retain(|held| {
        let start = |opening: Option<SegmentHeader>| {
            opening.map(|opening| (opening.source, opening.sequence.wrapping_add(1)))
        };
        let fits = |source, number: u32| {
            [start(syn), start(answer)]
                .into_iter()
                .flatten()
                .all(|(of, first)| of != source || number.wrapping_sub(first.wrapping_sub(1)) <= FIRST_BYTES)
        };
        let header = &held.header;
        let acknowledges = header.flags.ack() && !header.flags.rst();
        fits(header.source, header.sequence)
            && (!acknowledges || fits(header.destination, header.acknowledgment))
    });
    held.sort_by_key(|held| match () {
        () if held.is_syn() => 0,
        () if held.is_syn_ack() => 1,
        () => 2,
    });
    held
}
