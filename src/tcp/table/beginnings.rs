//! Which connections began last, and by which SYNs.

use super::slot::Slot;
use crate::model::{ConnectionId, PerPeer};
use std::collections::VecDeque;

/// Connections that began last: the copies of one packet follow one another closely.
const RECENT: usize = 64;

/// What translation leaves as it is in a SYN and its answer. Both numbers are random, so nobody else has the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SynMarks {
    pub(super) sequence: u32,
    pub(super) clock: SynClock,
}

/// The time in the options of a SYN (RFC 7323 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SynClock {
    /// It has this one.
    At(u32),
    /// It has none.
    Absent,
    /// The SYN is not in the capture: its number is known by the packet that acknowledges it.
    Unseen,
}

/// Another connection that had the same SYN and the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct AlikeBeginning {
    pub(super) id: ConnectionId,
    /// Whether a SYN of both has the same time, too.
    pub(super) is_timed: bool,
}

impl SynMarks {
    fn fits(&self, other: &Self) -> bool {
        let is_unseen = self.clock == SynClock::Unseen || other.clock == SynClock::Unseen;
        self.sequence == other.sequence && (is_unseen || self.clock == other.clock)
    }

    fn has_time_of(&self, other: &Self) -> bool {
        matches!(self.clock, SynClock::At(_)) && self.clock == other.clock
    }
}

/// A connection that began.
#[derive(Debug)]
struct BegunConnection {
    slot: Slot,
    id: ConnectionId,
    syns: PerPeer<Option<SynMarks>>,
}

/// The connections that began last.
#[derive(Debug, Default)]
pub(super) struct Beginnings(VecDeque<BegunConnection>);

impl Beginnings {
    /// Notes what is known of the SYN of a connection, or of its answer. Returns the connections that had the same two.
    pub(super) fn note(
        &mut self,
        slot: Slot,
        id: ConnectionId,
        noted: PerPeer<Option<SynMarks>>,
    ) -> Vec<AlikeBeginning> {
        let known = self.0.iter().position(|beginning| (beginning.slot, beginning.id) == (slot, id));
        let at = known.unwrap_or_else(|| {
            if self.0.len() == RECENT {
                self.0.pop_front();
            }
            self.0.push_back(BegunConnection { slot, id, syns: PerPeer::default() });
            self.0.len() - 1
        });
        let Some(beginning) = self.0.get_mut(at) else { return Vec::new() };
        let PerPeer { client, server } = noted;
        beginning.syns.client = beginning.syns.client.or(client);
        beginning.syns.server = beginning.syns.server.or(server);
        let PerPeer { client: Some(syn), server: Some(answer) } = beginning.syns else { return Vec::new() };
        let alike = |other: &BegunConnection| {
            let (other_syn, other_answer) = other.syns.client.zip(other.syns.server)?;
            let is_timed = syn.has_time_of(&other_syn) || answer.has_time_of(&other_answer);
            let is_alike = other.id != id && syn.fits(&other_syn) && answer.fits(&other_answer);
            is_alike.then_some(AlikeBeginning { id: other.id, is_timed })
        };
        self.0.iter().filter_map(alike).collect()
    }

    /// The slot of a connection that is remembered.
    pub(super) fn slot(&self, id: ConnectionId) -> Option<Slot> {
        self.0.iter().find(|beginning| beginning.id == id).map(|beginning| beginning.slot)
    }

    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.0.retain(|beginning| beginning.id != id);
    }
}
