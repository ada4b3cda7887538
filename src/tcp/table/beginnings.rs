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
    /// The time in its options (RFC 7323 §3.2), if it has one.
    pub(super) clock: Option<u32>,
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
    /// Notes a SYN of a connection, or its answer. Returns the connections that had the same two.
    pub(super) fn note(
        &mut self,
        slot: Slot,
        id: ConnectionId,
        noted: PerPeer<Option<SynMarks>>,
    ) -> Vec<ConnectionId> {
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
        let syns = beginning.syns;
        if syns.client.is_none() || syns.server.is_none() {
            return Vec::new();
        }
        self.0.iter().filter(|other| other.syns == syns && other.id != id).map(|other| other.id).collect()
    }

    /// The slot of a connection that is remembered.
    pub(super) fn slot(&self, id: ConnectionId) -> Option<Slot> {
        self.0.iter().find(|beginning| beginning.id == id).map(|beginning| beginning.slot)
    }

    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.0.retain(|beginning| beginning.id != id);
    }
}
