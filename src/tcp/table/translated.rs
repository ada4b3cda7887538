//! One connection captured with several addresses, as on both sides of address translation: it is followed once.

use super::beginnings::SynMarks;
use super::{ConnectionTable, Out, Slot};
use crate::model::{ConnectionId, PerPeer, SegmentHeader};
use crate::tcp::ends::KeyEnd;

/// As many other pairs of addresses are remembered of a connection.
const PAIRS: usize = 4;

impl ConnectionTable {
    /// A SYN or its answer was taken. If another connection had the same two, the later one of them is the same connection
    /// with other addresses, and ignored.
    #[cold]
    pub(super) fn note_syn(&mut self, slot: Slot, sender: KeyEnd, header: &SegmentHeader, out: &mut Out<'_>) {
        let Some(entry) = self.followed(slot) else { return };
        let (id, from) = (entry.connection.id, entry.peer(sender));
        let marks = SynMarks { sequence: header.sequence, clock: header.marks.options.clock() };
        let noted = PerPeer::from_fn(|peer| (peer == from).then_some(marks));
        let mut same = self.beginnings.note(slot, id, noted);
        if marks.clock.is_none() {
            // Programs that write captures give all connections the same numbers, but not two of them at a time to one socket.
            same.retain(|other| self.is_same_client(id, *other));
        }
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
