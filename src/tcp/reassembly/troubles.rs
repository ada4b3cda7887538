//! What each segment shows of how the connection is doing.

use super::Reassembly;
use crate::model::{Flags, Peer, PerPeer, Segment, Stamp, Trouble};
use crate::tcp::connection::{Connection, ConnectionEvent, Out};
use crate::tcp::health::Beat;
use crate::tcp::lane::Act;
use crate::tcp::pulse::Pulse;

impl Reassembly {
    /// Notes what a segment shows of how the connection is doing, before its bytes are taken.
    pub(super) fn watch(
        &mut self,
        connection: &mut Connection,
        from: Peer,
        is_first: bool,
        first_sequence: u32,
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) {
        let (header, length) = (segment.header, segment.payload.len() as u64 + u64::from(segment.header.cut));
        let pulses = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        let pulse = pulses.of(from);
        let is_copy = !is_first && pulse.is_copy(header);
        if !header.flags.rst {
            self.lanes.of_mut(from).pulse.beat(header);
        }
        let lone = header.flags == Flags { syn: true, ..Flags::default() };
        if lone && from == Peer::Client && (is_first || connection.syns > 0) {
            connection.syns = connection.syns.saturating_add(u16::from(!is_copy));
        } else {
            connection.syns = 0;
        }
        if is_first || header.flags.rst || self.ignored {
            return;
        }
        let act = self.lanes.of(from).act(header.flags, first_sequence, length);
        if is_copy && matches!(act, Act::Again { .. } | Act::Probe) {
            return;
        }
        if matches!(act, Act::Again { .. }) {
            *connection.sent_again.of_mut(from) += 1;
            self.tell(connection, from, &Trouble::SentAgain(header.stamp), out);
        }
        if self.health.is_none() && matches!(act, Act::New | Act::Nothing) && header.marks.window > 0 {
            return;
        }
        let acked = self.lanes.of(!from).offset(header.acknowledgment);
        let own = self.lanes.of(from);
        let sent = own.offset(first_sequence).is_some_and(|at| at < own.bytes.next().cast_signed());
        let is_old = acked.is_some_and(|acked| acked < connection.acked.of(!from).cast_signed())
            || act == Act::Nothing && sent;
        let (acked, sent) = (connection.acked, self.sent());
        let beat = Beat { from, header, length, act, is_old, pulses, acked, sent };
        let troubles = self.health.get_or_insert_default().observe(&beat);
        for (peer, trouble) in troubles.into_iter().flatten() {
            self.tell(connection, peer, &trouble, out);
        }
    }

    /// Bytes of each side's stream that were captured up to now, in order.
    fn sent(&self) -> PerPeer<u64> {
        PerPeer::from_fn(|peer| self.lanes.of(peer).bytes.next())
    }

    /// The connection ends with the packet `last`, or nothing more is known of it: tells what is still wrong with it.
    pub(super) fn last_words(&mut self, connection: &Connection, last: Stamp, out: &mut Out<'_>) {
        let Some(health) = self.health.take() else { return };
        let pulses: PerPeer<Pulse> = PerPeer::from_fn(|peer| self.lanes.of(peer).pulse);
        // Of a side whose packets are not captured nobody knows what it acknowledges.
        let both = connection.seen.client && connection.seen.server;
        let troubles = both.then(|| health.last_words(&pulses, &connection.acked, &self.sent(), last));
        for (peer, trouble) in troubles.into_iter().flatten().chain(health.resets(&pulses)) {
            self.tell(connection, peer, &trouble, out);
        }
    }

    fn tell(&self, connection: &Connection, from: Peer, trouble: &Trouble, out: &mut Out<'_>) {
        if !self.ignored {
            out(connection, ConnectionEvent::Trouble { from, trouble });
        }
    }
}
