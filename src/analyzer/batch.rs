//! What some packets show about their connections. The half that follows TCP hands it to the half that reads what TCP
//! carries, and gets it back with a reply. So the two halves can run at the same time.

use crate::model::{
    ConnectionId, Drops, End, Footprint, Gap, LinkType, Packet, Peer, Shortage, SkipReason, Stamp, Trouble,
};
use crate::tcp::{Conflict, Connection, Slot, StreamDoubt};
use std::collections::BTreeMap;
use std::ops::Range;
use zeroize::Zeroizing;

/// Some packets on their way through the analysis. See [`Transport`](super::Transport).
#[derive(Debug, Default)]
pub struct Batch {
    /// Payloads of segments.
    pub(super) payloads: Vec<u8>,
    /// What happened in connections, in order.
    pub(super) happenings: Vec<BatchEvent>,
    /// Bytes that had waited for earlier ones.
    pub(super) late: Vec<u8>,
    /// Connections as they were when something happened.
    pub(super) connections: Vec<Connection>,
    pub(super) drops: Vec<Drops>,
    pub(super) troubles: Vec<Trouble>,
    /// Key logs.
    pub(super) secrets: Vec<Zeroizing<Vec<u8>>>,
    pub(super) seen: PacketCounts,
    /// How much memory TCP takes.
    pub(super) tcp: Footprint,
    /// Bytes that sessions give back when they take this batch.
    pub(super) freed: u64,
    pub(super) reply: BatchReply,
}

impl Batch {
    /// A batch with this many packets is handed on: enough to make that rare, few enough to stay in a cache.
    const PACKETS: usize = 4096;
    /// So is one with this many beginnings and ends of connections: what they cost the other half, this half learns
    /// only later.
    const CONNECTIONS: usize = 512;
    /// So is one with this many bytes of payload.
    const BYTES: usize = 256 << 10;

    /// An empty batch with room for all it will hold: a buffer that grows is copied again and again.
    pub fn with_room() -> Self {
        /// What the last packet may add.
        const LARGEST: usize = 64 << 10;
        Self {
            payloads: Vec::with_capacity(Self::BYTES + LARGEST),
            happenings: Vec::with_capacity(Self::PACKETS),
            ..Self::default()
        }
    }

    /// Whether it is worth handing on.
    pub fn is_full(&self) -> bool {
        self.seen.packets >= Self::PACKETS as u64
            || self.connections.len() >= Self::CONNECTIONS
            || self.happenings.len() >= 2 * Self::PACKETS
            || self.payloads.len() + self.late.len() >= Self::BYTES
    }

    /// The earliest packet in it and the latest, by their times.
    pub const fn span(&self) -> Option<(Stamp, Stamp)> {
        self.seen.span
    }

    /// Removes everything that was handed on and answered; the allocations stay.
    pub(super) fn clear(&mut self) {
        /// Allocations larger than this are freed.
        const KEPT: usize = 4 * Batch::BYTES;
        self.payloads.clear();
        self.happenings.clear();
        self.late.clear();
        self.connections.clear();
        self.drops.clear();
        self.troubles.clear();
        self.secrets.clear();
        self.payloads.shrink_to(KEPT);
        self.late.shrink_to(KEPT);
        self.seen = PacketCounts::default();
        self.freed = 0;
    }

    /// Keeps a copy of the connection's present state. Returns its place in the list.
    pub(super) fn remember(&mut self, connection: &Connection) -> usize {
        self.connections.push(connection.clone());
        self.connections.len() - 1
    }

    /// Notes that `what` happened in the connection in `slot`.
    #[inline]
    pub(super) fn note(&mut self, slot: Slot, from: Peer, what: ConnectionFact) {
        self.happenings.push(BatchEvent { slot, from, what });
    }
}

/// Something that happened in a connection.
#[derive(Clone, Debug)]
pub(super) struct BatchEvent {
    pub(super) slot: Slot,
    pub(super) from: Peer,
    pub(super) what: ConnectionFact,
}

/// What happened. Numbers are places in the batch's lists.
#[derive(Clone, Debug)]
pub(super) enum ConnectionFact {
    /// Its first bytes come.
    Begins(usize),
    Data {
        place: BytesAt,
        stamp: Stamp,
        /// Where in the sender's stream they begin.
        start: u64,
        /// Bytes of the other side that are acknowledged by now.
        acked: u64,
        /// Those that their packet acknowledges ([`acknowledged`](crate::model::Extent::acknowledged)).
        acknowledged: u64,
        /// Packets that the sender has retransmitted so far.
        again: u64,
    },
    Gap(Gap),
    End(End),
    Conflict(Conflict),
    /// The packet that shows it.
    Doubtful(StreamDoubt, Stamp),
    /// The end of the other side's stream follows: so many bytes of this one are acknowledged by then.
    Acked(u64),
    Refused {
        connection: usize,
        stamp: Stamp,
    },
    Closed(usize),
    /// TCP shows why a stream makes progress or does not.
    Trouble(usize),
    /// A cap was reached, of this or of all connections.
    Limit {
        shortage: Shortage,
        stamp: Stamp,
    },
    /// The capture dropped packets: of any connection.
    Drops(usize),
    /// Secrets came: of any connection.
    Secrets(usize),
}

impl ConnectionFact {
    /// The packet that shows what comes next in a stream.
    pub(super) const fn stamp(&self) -> Option<Stamp> {
        match self {
            Self::Data { stamp, .. } => Some(*stamp),
            Self::Gap(gap) => Some(gap.stamp),
            Self::End(end) => Some(end.stamp),
            Self::Begins(_)
            | Self::Conflict(_)
            | Self::Doubtful(..)
            | Self::Acked(_)
            | Self::Refused { .. }
            | Self::Closed(_)
            | Self::Trouble(_)
            | Self::Limit { .. }
            | Self::Drops(_)
            | Self::Secrets(_) => None,
        }
    }
}

/// Where bytes are in a batch.
#[derive(Clone, Debug)]
pub(super) enum BytesAt {
    Payload(Range<u32>),
    Late(Range<u32>),
}

/// Packets by what they are.
#[derive(Debug, Default)]
pub(super) struct PacketCounts {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) segments: u64,
    pub(super) skipped: BTreeMap<SkipReason, u64>,
    /// Of those whose link type is unknown, by that.
    pub(super) links: BTreeMap<LinkType, u64>,
    pub(super) span: Option<(Stamp, Stamp)>,
    /// Connections so far.
    pub(super) connections: u64,
    /// Segments so far that were captured twice.
    pub(super) copied_segments: u64,
    /// Inputs that could not be read, or not to their end.
    pub(super) unread_inputs: u64,
}

impl PacketCounts {
    /// Counts a packet.
    #[inline]
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        self.bytes += packet.bytes.len() as u64;
        widen(&mut self.span, (packet.stamp, packet.stamp));
    }
}

/// Packets may be captured in another order than that of their times.
#[inline]
pub(super) fn widen(span: &mut Option<(Stamp, Stamp)>, (earliest, latest): (Stamp, Stamp)) {
    let (first, last) = span.get_or_insert((earliest, latest));
    if latest.time >= last.time {
        *last = latest;
    }
    if earliest.time < first.time {
        *first = earliest;
    }
}

/// The sessions' reply, which TCP acts on when the batch comes back.
#[derive(Debug, Default)]
pub(super) struct BatchReply {
    /// Connections that have nothing more to show.
    pub(super) ignore: Vec<(Slot, ConnectionId)>,
    /// Bytes that sessions leave for TCP, where the cap is exceeded and they have nothing left to free; negative where they
    /// exceed it by themselves.
    pub(super) room: Option<i64>,
    /// Bytes that one session takes at least, on average.
    pub(super) each: u64,
}

/// A part of the batch's bytes.
#[inline]
pub(super) fn part<'a>(bytes: &'a [u8], place: &Range<u32>) -> &'a [u8] {
    bytes.get(place.start as usize..place.end as usize).unwrap_or_default()
}

/// Adds bytes to those of the batch. Returns where they are.
#[inline(always)]
#[expect(clippy::inline_always, reason = "nearly every packet needs it")]
pub(super) fn append(bytes: &mut Vec<u8>, more: &[u8]) -> Range<u32> {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let start = bytes.len();
    bytes.extend_from_slice(more);
    place(start)..place(bytes.len())
}

/// Where `part` lies in `whole`, if it is a part of it.
#[inline]
pub(super) fn find(whole: &[u8], part: &[u8]) -> Option<Range<u32>> {
    let (whole, part) = (whole.as_ptr_range(), part.as_ptr_range());
    let place = |at: *const u8| u32::try_from(at.addr() - whole.start.addr()).unwrap_or(u32::MAX);
    (whole.start <= part.start && part.end <= whole.end).then(|| place(part.start)..place(part.end))
}
