//! The first half of the analysis: turns packets into connection events.

use super::batch::{Batch, BatchReply, BytesAt, ConnectionFact, append, find, part};
use super::config::{BetweenEnds, Config};
use crate::model::{
    Captured, Chunk, Decoded, Drops, EndCause, Notice, Packet, Peer, SecretsBlock, Segment, SegmentHeader,
    Shortage, SkipReason, Stamp, StreamEvent, Timestamp,
};
use crate::net::Net;
use crate::tcp::{Connection, ConnectionEvent, ConnectionTable, FoundConnection, Slot, StreamDoubt};
use std::ops::Range;
use std::vec;
use zeroize::Zeroizing;

/// How many packets are looked up together before the first of them is processed, so that their connections are fetched
/// from memory at once.
const TOGETHER: usize = 32;

/// A packet whose turn is to come.
#[derive(Debug)]
enum Queued {
    /// A segment with its payload at this place of the batch.
    Segment(SegmentHeader, Range<u32>),
    /// What became of a segment.
    Notice(Notice),
    /// A segment of connections that are not followed: its time counts all the same.
    Time(Timestamp),
}

/// Remembers a segment until its turn comes: one of `only` these connections, if not of all.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the header is then written where it stays, not copied there")]
fn remember(
    records: &mut Vec<Queued>,
    header: SegmentHeader,
    payload: &[u8],
    only: Option<&BetweenEnds>,
    batch: &mut Batch,
) {
    batch.seen.segments += 1;
    if only.is_some_and(|only| !only.lets_through([header.source, header.destination], header.stamp)) {
        records.push(Queued::Time(header.stamp.time));
    } else {
        records.push(Queued::Segment(header, append(&mut batch.payloads, payload)));
    }
}

/// Follows TCP. What it sees is for [`Sessions`](super::Sessions), by way of a [`Batch`]:
///
/// 1. [`begin`](Self::begin) with a new batch or one that came back,
/// 2. have it [`take`](Self::take) what the capture holds,
/// 3. [`settle`](Self::settle) it, after the last packet [`finish`](Self::finish) as well,
/// 4. have [`Sessions::take`](super::Sessions::take) it, on whatever thread.
///
/// A reply takes effect with the first packet of the batch's next round. So the result depends on how many batches are
/// in flight and on what each holds, not on which half is faster.
#[derive(Debug)]
pub struct Transport {
    net: Net,
    table: ConnectionTable,
    /// The latest packets.
    records: Vec<Queued>,
    /// Where those of them that are segments probably belong.
    found: Vec<FoundConnection>,
    /// Boxed, as it is large, and rare.
    only: Option<Box<BetweenEnds>>,
    /// Bytes of memory that sessions will free, but that no batch has confirmed yet.
    to_be_freed: u64,
    /// The latest packet, or one shortly before it.
    last: Stamp,
    /// What is still to be finished at the end.
    ending: Option<vec::IntoIter<Slot>>,
}

impl Transport {
    /// Ready for the first packet.
    pub fn new(config: &Config) -> Self {
        Self {
            net: Net::new(&config.limits),
            table: ConnectionTable::new(&config.limits, &config.server_ports),
            records: Vec::with_capacity(TOGETHER),
            found: Vec::with_capacity(TOGETHER),
            only: config.only.map(Box::new),
            to_be_freed: 0,
            last: Stamp::default(),
            ending: None,
        }
    }

    /// Begins with a batch, a new one or one that came back: acts on the sessions' reply.
    pub fn begin(&mut self, batch: &mut Batch) {
        self.to_be_freed -= batch.freed;
        let BatchReply { mut ignore, room, each } = std::mem::take(&mut batch.reply);
        batch.clear();
        for (slot, id) in ignore.drain(..) {
            self.table.ignore(slot, id, &mut |slot, connection, event| note(batch, slot, connection, event));
        }
        // The allocation stays.
        batch.reply.ignore = ignore;
        if let Some(room) = room {
            self.make_room(room, each, batch);
        }
    }

    /// Forgets connections until TCP fits into the `room` that sessions leave it. Each session frees at least `each` bytes.
    #[cold]
    fn make_room(&mut self, room: i64, each: u64, batch: &mut Batch) {
        for _ in 0..self.table.len() {
            let freed = self.to_be_freed + batch.freed;
            if self.table.footprint().total().cast_signed() <= room + freed.cast_signed() {
                break;
            }
            self.table.make_room(Shortage::Memory, self.last, &mut |slot, connection, event| {
                if matches!(event, ConnectionEvent::Closed { .. }) && has_begun(connection) {
                    batch.freed += each;
                }
                note(batch, slot, connection, event);
            });
        }
        self.to_be_freed += batch.freed;
    }

    /// Takes the next packet.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is read of a packet then stays in registers")]
    pub fn push(&mut self, packet: &Packet<'_>, batch: &mut Batch) {
        batch.seen.packet(packet);
        let Self { records, only, .. } = self;
        if let Some((header, payload)) = Net::ipv4_at_once(packet) {
            remember(records, header, payload, only.as_deref(), batch);
        } else if let Some((header, payload)) = Net::ipv6_at_once(packet) {
            remember(records, header, payload, only.as_deref(), batch);
        } else {
            // A copy, so that the packet itself need not be in memory.
            self.push_uncommon(&{ *packet }, batch);
        }
        if self.records.len() >= TOGETHER {
            self.put_in_order(batch);
        }
    }

    /// The same for a packet of any shape.
    #[inline(never)]
    fn push_uncommon(&mut self, packet: &Packet<'_>, batch: &mut Batch) {
        let Self { net, records, only, .. } = self;
        let over_limit = net.datagrams_over_limit();
        net.push_uncommon(packet, &mut |decoded| match decoded {
            Decoded::Segment(segment) => {
                remember(records, *segment.header, segment.payload, only.as_deref(), batch);
            }
            Decoded::Notice(notice) => {
                *batch.seen.skipped.entry(SkipReason::NotTcp).or_default() += 1;
                let ends = [notice.source, notice.destination];
                if only.as_ref().is_none_or(|only| only.lets_through(ends, notice.stamp)) {
                    records.push(Queued::Notice(*notice));
                }
            }
            Decoded::Skipped(reason) => {
                *batch.seen.skipped.entry(*reason).or_default() += 1;
                if *reason == SkipReason::LinkUnsupported {
                    *batch.seen.links.entry(packet.link).or_default() += 1;
                }
            }
        });
        if net.datagrams_over_limit() > over_limit {
            self.put_in_order(batch);
            let what = ConnectionFact::Limit { shortage: Shortage::Fragments, stamp: packet.stamp };
            batch.note(Slot::default(), Peer::Client, what);
        }
    }

    /// Capture time reached `now`, and no earlier packet is still to come: waits whose time is up by then are over.
    pub fn advance_to(&mut self, now: Timestamp, batch: &mut Batch) {
        self.put_in_order(batch);
        self.table.advance_to(now, &mut |slot, connection, event| note(batch, slot, connection, event));
    }

    /// The kernel or an interface dropped packets while capturing.
    pub fn drops(&mut self, drops: &Drops, batch: &mut Batch) {
        self.put_in_order(batch);
        batch.note(Slot::default(), Peer::Client, ConnectionFact::Drops(batch.drops.len()));
        batch.drops.push(drops.clone());
    }

    /// Secrets of TLS connections: the text of a key log.
    pub fn secrets(&mut self, secrets: &SecretsBlock, batch: &mut Batch) {
        self.put_in_order(batch);
        batch.note(Slot::default(), Peer::Client, ConnectionFact::Secrets(batch.secrets.len()));
        batch.secrets.push(Zeroizing::new(secrets.log.clone()));
    }

    /// An input could not be read, or not to its end.
    pub const fn input_failed(&mut self, batch: &mut Batch) {
        batch.seen.unread_inputs += 1;
    }

    /// Takes whatever a capture holds next.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `push`")]
    pub fn take(&mut self, captured: &Captured<'_>, batch: &mut Batch) {
        match captured {
            Captured::Packet(packet) => self.push(packet, batch),
            Captured::Drops(drops) => self.drops(drops, batch),
            Captured::Clock(now) => self.advance_to(*now, batch),
            Captured::Secrets(secrets) => self.secrets(secrets, batch),
            Captured::Pause => {}
        }
    }

    /// All packets of the batch are there: puts the last ones in order as well.
    pub fn settle(&mut self, batch: &mut Batch) {
        self.put_in_order(batch);
        batch.seen.connections = self.table.opened();
        batch.seen.copied_segments = self.table.copied_segments();
        batch.tcp = self.table.footprint();
    }

    /// The turn of the latest packets has come.
    fn put_in_order(&mut self, batch: &mut Batch) {
        let Self { table, records, found, last, .. } = self;
        let segments = records.iter().filter_map(|record| match record {
            Queued::Segment(header, _) => Some(header),
            Queued::Notice(_) | Queued::Time(_) => None,
        });
        table.find(segments, found);
        let mut found = found.drain(..);
        let payloads = std::mem::take(&mut batch.payloads);
        for record in &*records {
            match record {
                Queued::Segment(header, place) => {
                    let Some(found) = found.next() else { continue };
                    let segment = Segment { header, payload: part(&payloads, place) };
                    let note = &mut |slot, connection: &Connection, event: ConnectionEvent<'_>| {
                        if let ConnectionEvent::Stream { from, event: StreamEvent::Data(chunk) } = event {
                            note_data(batch, &payloads, slot, connection, (from, &chunk));
                        } else {
                            note_of(batch, &payloads, slot, connection, event);
                        }
                    };
                    table.push_found(&segment, found, note);
                }
                Queued::Notice(notice) => table.notice(notice),
                Queued::Time(now) => {
                    table.advance_to(*now, &mut |slot, connection, event| {
                        note(batch, slot, connection, event);
                    });
                }
            }
        }
        if let Some(Queued::Segment(header, _)) = records.last() {
            *last = header.stamp;
        }
        records.clear();
        batch.payloads = payloads;
    }

    /// Lets every connection go that is over or idle for too long, as far as the clock is known.
    pub(super) fn sweep(&mut self, batch: &mut Batch) {
        self.table.sweep(&mut |slot, connection, event| note(batch, slot, connection, event));
    }

    /// Shows every connection, in no order.
    pub(super) fn each(&self, look: &mut dyn FnMut(Slot, &Connection)) {
        self.table.each(look);
    }

    /// The capture is over, and the batch settled: finishes what is still open, as far as the batch has room. Returns
    /// whether another one is needed.
    pub fn finish(&mut self, batch: &mut Batch) -> bool {
        let Self { table, ending, .. } = self;
        let ending = ending.get_or_insert_with(|| table.in_order().into_iter());
        while !batch.is_full() {
            let Some(slot) = ending.next() else { return false };
            table.forget(slot, &mut |slot, connection, event| note(batch, slot, connection, event));
        }
        true
    }
}

/// Whether bytes of it were handed on.
const fn has_begun(connection: &Connection) -> bool {
    connection.delivered.client + connection.delivered.server > 0
}

/// Notes what happens by itself: of no packet of the batch.
fn note(batch: &mut Batch, slot: Slot, connection: &Connection, event: ConnectionEvent<'_>) {
    note_of(batch, &[], slot, connection, event);
}

/// Notes bytes of a connection; most often they are among the batch's `payloads`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "nearly all that happens is this, and need not be put together before"
)]
fn note_data(
    batch: &mut Batch,
    payloads: &[u8],
    slot: Slot,
    connection: &Connection,
    (from, chunk): (Peer, &Chunk<'_>),
) {
    note_beginning(batch, slot, connection, from, chunk.bytes.len() as u64);
    let place = match find(payloads, chunk.bytes) {
        Some(place) => BytesAt::Payload(place),
        None => BytesAt::Late(append(&mut batch.late, chunk.bytes)),
    };
    let what = ConnectionFact::Data {
        place,
        stamp: chunk.stamp,
        start: chunk.extent.start,
        acked: *connection.acked.of(!from),
        acknowledged: chunk.extent.acknowledged,
        again: *connection.sent_again.of(from),
    };
    batch.note(slot, from, what);
}

/// Notes that a connection begins, if these are its first bytes, `length` of them.
#[inline]
fn note_beginning(batch: &mut Batch, slot: Slot, connection: &Connection, from: Peer, length: u64) {
    if length > 0 && connection.delivered.client + connection.delivered.server == length {
        let number = batch.remember(connection);
        batch.note(slot, from, ConnectionFact::Begins(number));
    }
}

/// Notes what happens in a connection.
fn note_of(
    batch: &mut Batch,
    payloads: &[u8],
    slot: Slot,
    connection: &Connection,
    event: ConnectionEvent<'_>,
) {
    let (from, what) = match event {
        ConnectionEvent::Stream { from, event: StreamEvent::Data(chunk) } => {
            return note_data(batch, payloads, slot, connection, (from, &chunk));
        }
        ConnectionEvent::Stream { from, event: StreamEvent::Gap(gap) } => {
            note_beginning(batch, slot, connection, from, gap.extent.length());
            (from, ConnectionFact::Gap(gap))
        }
        ConnectionEvent::Stream { from, event: StreamEvent::End(end) } => {
            if matches!(end.cause, EndCause::Fin | EndCause::Rst) && !connection.seen.of(!from) {
                batch.note(slot, from, ConnectionFact::Doubtful(StreamDoubt::OneSided, end.stamp));
            }
            batch.note(slot, !from, ConnectionFact::Acked(*connection.acked.of(!from)));
            (from, ConnectionFact::End(end))
        }
        ConnectionEvent::Conflict(conflict) => (conflict.from, ConnectionFact::Conflict(conflict)),
        ConnectionEvent::Doubtful { from, doubt, stamp } => (from, ConnectionFact::Doubtful(doubt, stamp)),
        ConnectionEvent::Refused { stamp } => {
            (Peer::Server, ConnectionFact::Refused { connection: batch.remember(connection), stamp })
        }
        ConnectionEvent::LimitReached { shortage, stamp } => {
            (Peer::Client, ConnectionFact::Limit { shortage, stamp })
        }
        ConnectionEvent::Trouble { from, trouble } => {
            batch.troubles.push(*trouble);
            (from, ConnectionFact::Trouble(batch.troubles.len() - 1))
        }
        ConnectionEvent::Closed { .. } => (Peer::Client, ConnectionFact::Closed(batch.remember(connection))),
    };
    batch.note(slot, from, what);
}
