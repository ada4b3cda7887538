//! One connection captured with several addresses, as on both sides of address translation: it is followed once.

use super::beginnings::{AlikeBeginning, SynClock, SynMarks};
use super::{ConnectionTable, Out, Slot, Tracked};
use crate::model::{ConnectionId, PerPeer, SegmentHeader};
use crate::tcp::ends::KeyEnd;

/// As many other pairs of addresses are remembered of a connection.
const PAIRS: usize = 4;

impl ConnectionTable {
    /// Whether the capture has no packet of the server in this connection, and its client has told the number of the server's SYN by
    /// acknowledging it.
    #[inline]
    pub(super) fn lacks_syn_answer(&self, slot: Slot) -> bool {
        self.followed(slot).is_some_and(|Tracked { connection, .. }| {
            !connection.seen.server
                && connection.initial_numbers().is_some()
                && connection.has_reported_nothing()
        })
    }

    /// A SYN or its answer was taken, or what acknowledges an answer that is not in the capture. If another connection had the same
    /// two, the later one of them is the same connection with other addresses, and ignored.
    #[cold]
    pub(super) fn note_syn(&mut self, slot: Slot, sender: KeyEnd, header: &SegmentHeader, out: &mut Out<'_>) {
        let Some(entry) = self.followed(slot) else { return };
        let (id, from) = (entry.connection.id, entry.peer(sender));
        let clock = header.marks.options.clock().map_or(SynClock::Absent, SynClock::At);
        let own = SynMarks { sequence: header.sequence, clock };
        // What it acknowledges is the other side's SYN and nothing more, as far as that has not been seen.
        let acknowledged = header.acknowledgment.wrapping_sub(1);
        let others = SynMarks { sequence: acknowledged, clock: SynClock::Unseen };
        let noted = PerPeer::from_fn(|peer| {
            if peer == from {
                header.flags.syn().then_some(own)
            } else {
                header.flags.ack().then_some(others)
            }
        });
        let same = self.beginnings.note(slot, id, noted);
        // Programs that write captures give all connections the same numbers, but not two of them at a time to one socket.
        let is_same = |other: &AlikeBeginning| other.is_timed || self.is_same_client(id, other.id);
        let mut same: Vec<ConnectionId> = same.into_iter().filter(is_same).map(|other| other.id).collect();
        if same.is_empty() {
            return;
        }
        same.push(id);
        same.sort_unstable();
        let Some((original, copies)) = same.split_first() else { return };
        for copy in copies {
            self.fold(*original, *copy, out);
        }
    }

    /// Whether two connections have one socket for their client: then the address of their server is translated.
    fn is_same_client(&self, one: ConnectionId, other: ConnectionId) -> bool {
        let client = |id: ConnectionId| {
            let entry = self.followed(self.beginnings.slot(id)?)?;
            (entry.connection.id == id).then_some(entry.connection.addresses.client)
        };
        client(one).zip(client(other)).is_some_and(|(one, other)| one == other)
    }

    /// `copy` is the same connection as `original`, with other addresses.
    fn fold(&mut self, original: ConnectionId, copy: ConnectionId, out: &mut Out<'_>) {
        let (Some(kept), Some(slot)) = (self.beginnings.slot(original), self.beginnings.slot(copy)) else {
            return;
        };
        let Some(entry) = self.followed_mut(slot).filter(|entry| entry.connection.id == copy) else { return };
        if !entry.connection.has_reported_nothing() {
            return;
        }
        let mut pairs = vec![entry.connection.addresses];
        pairs.extend(entry.connection.translated.take().into_iter().flat_map(|pairs| *pairs));
        let Some(entry) = self.followed_mut(kept).filter(|entry| entry.connection.id == original) else {
            return;
        };
        let known = entry.connection.translated.get_or_insert_default();
        known.extend(pairs);
        known.truncate(PAIRS);
        self.beginnings.forget(copy);
        self.ignore(slot, copy, out);
    }
}
