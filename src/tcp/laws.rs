//! What holds for any segments: the fast path that nearly all of them take must lead to the same result as the slow
//! one.

use super::connection::{Connection, ConnectionEvent};
use super::ends::Seed;
use super::reassembly::{Common, Reassembly};
use super::table::{ConnectionTable, Slot};
use crate::model::{
    Checksum, ConnectionId, Flags, Limits, Marks, PacketNumber, Peer, PerPeer, Segment, SegmentHeader, Stamp,
    StreamEvent,
};
use proptest::prelude::*;
use std::mem::take;

/// A connection, and what was told of it.
struct Followed {
    connection: Connection,
    reassembly: Reassembly,
    common: Common,
    events: Vec<String>,
    /// Segments that took the fast path.
    short: usize,
}

impl Followed {
    fn new(limits: &Limits) -> Self {
        let addresses = PerPeer { client: ends(Peer::Client), server: ends(Peer::Server) };
        let connection = Connection::new(ConnectionId(1), addresses, Stamp::default());
        let common = Common::new(limits);
        Self { connection, reassembly: Reassembly::default(), common, events: Vec::new(), short: 0 }
    }

    fn push_short(&mut self, from: Peer, segment: &Segment<'_>) {
        if !self.reassembly.push_expected(&mut self.connection, from, segment, &mut self.common.copies) {
            return self.push(from, segment);
        }
        self.short += 1;
        if !segment.payload.is_empty() {
            let event = StreamEvent::Data(self.connection.delivered_by(from, segment));
            self.events.push(format!("{:?}", ConnectionEvent::Stream { from, event }));
        }
    }

    fn push(&mut self, from: Peer, segment: &Segment<'_>) {
        let Self { connection, reassembly, common, events, .. } = self;
        reassembly.push(connection, from, segment, common, &mut |_, event| events.push(format!("{event:?}")));
    }

    fn expire(&mut self) {
        let Self { connection, reassembly, common, events, .. } = self;
        reassembly.expire(connection, common, &mut |_, event| events.push(format!("{event:?}")));
    }

    /// Everything that can be seen of it.
    fn shows(&mut self) -> String {
        let (deadline, held) = (self.reassembly.deadline(), self.reassembly.held_bytes());
        format!("{:?} {:?} {deadline:?} {held}", take(&mut self.events), self.connection)
    }
}

fn ends(peer: Peer) -> std::net::SocketAddr {
    match peer {
        Peer::Client => ([10, 0, 0, 1], 40_000),
        Peer::Server => ([10, 0, 0, 2], 80),
    }
    .into()
}

/// What happens next: who sends how many bytes, and what becomes of the segment.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    Lost,
    /// It comes, and comes again.
    Twice,
    /// It comes after the next one.
    Late,
    /// The snap length cuts it.
    Cut,
    /// It comes after the wait for what was lost is over.
    Waits,
    Fin,
    Rst,
}

fn steps() -> impl Strategy<Value = Vec<(bool, u8, Fate)>> {
    let fate = prop_oneof![
        30 => Just(Fate::Arrives),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Late),
        1 => Just(Fate::Cut),
        1 => Just(Fate::Waits),
        1 => Just(Fate::Fin),
        1 => Just(Fate::Rst),
    ];
    proptest::collection::vec((any::<bool>(), 0..20_u8, fate), 0..60)
}

proptest! {
    #[test]
    fn the_short_way_leads_where_the_long_one_does(begins in any::<bool>(), steps in steps()) {
        let limits = Limits { reorder_packets: 4, ..Limits::default() };
        let (mut short, mut long) = (Followed::new(&limits), Followed::new(&limits));
        // Sequence numbers wrap on the way.
        let mut next = PerPeer { client: u32::MAX - 100, server: u32::MAX - 50 };
        let mut late = None;
        let mut number = 0;
        let greeting = [(Peer::Client, true, false), (Peer::Server, true, true)];
        let greeting = greeting.into_iter().filter(|_| begins).map(|(from, syn, ack)| {
            (from, vec![], Flags::SYN.when(syn) | Flags::ACK.when(ack), Fate::Arrives)
        });
        let talk = steps.into_iter().map(|(is_client, length, fate)| {
            let from = if is_client { Peer::Client } else { Peer::Server };
            let flags = Flags::FIN.when(matches!(fate, Fate::Fin))
                | Flags::RST.when(matches!(fate, Fate::Rst))
                | Flags::ACK;
            (from, vec![length; length.into()], flags, fate)
        });
        for (from, bytes, flags, fate) in greeting.chain(talk) {
            number += 1;
            let cut = if matches!(fate, Fate::Cut) { bytes.len() / 2 } else { 0 };
            let header = SegmentHeader {
                stamp: Stamp { packet: PacketNumber(number), ..Stamp::default() },
                source: ends(from),
                destination: ends(!from),
                sequence: *next.of(from),
                acknowledgment: *next.of(!from),
                flags,
                cut: u32::try_from(cut).unwrap(),
                marks: Marks { window: 65_535, ..Marks::default() },
            };
            let length = bytes.len() + usize::from(flags.syn()) + usize::from(flags.fin());
            *next.of_mut(from) = header.sequence.wrapping_add(u32::try_from(length).unwrap());
            let segment = (from, header, bytes[..bytes.len() - cut].to_vec());
            let mut come = match fate {
                Fate::Lost => vec![],
                Fate::Twice => vec![segment.clone(), segment],
                Fate::Late => {
                    late = Some(segment);
                    continue;
                }
                _ => vec![segment],
            };
            come.extend(late.take());
            if matches!(fate, Fate::Waits) {
                short.expire();
                long.expire();
            }
            for (from, header, payload) in come {
                let segment = Segment { header: &header, payload: &payload };
                short.push_short(from, &segment);
                long.push(from, &segment);
                prop_assert_eq!(short.shows(), long.shows());
            }
        }
    }
}

/// Everything a table reports about connections that come and go, more of them than there is room for.
fn told_by_table(seed: Seed) -> Vec<String> {
    let limits = Limits { connections: 40, ..Limits::default() };
    let mut table = ConnectionTable::seeded(&limits, &[], seed);
    let mut told = Vec::new();
    let mut out = |slot: Slot, connection: &Connection, event: ConnectionEvent<'_>| {
        told.push(format!("{slot:?} {} {event:?}", connection.id));
    };
    for number in 0..2000_u32 {
        // A hundred clients, in an order that repeats only after all of them came.
        let client = number.wrapping_mul(37) % 100;
        let header = SegmentHeader {
            stamp: Stamp { packet: PacketNumber(number.into()), ..Stamp::default() },
            source: ([10, 0, 0, 1], 40_000 + u16::try_from(client).unwrap()).into(),
            destination: ends(Peer::Server),
            sequence: number / 100 * 5,
            acknowledgment: 1,
            flags: Flags::FIN.when(number % 7 == 0) | Flags::ACK,
            cut: 0,
            marks: Marks::default(),
        };
        table.push(&Segment { header: &header, payload: b"bytes" }, &mut out);
        if number % 500 == 0 {
            table.each(&mut |slot, connection| {
                out(slot, connection, ConnectionEvent::Closed { origins: PerPeer::default() });
            });
        }
    }
    table.finish(&mut out);
    told
}

/// The order of keys in the table must not show in the output.
#[test]
fn what_is_told_does_not_depend_on_the_seed() {
    let told = told_by_table(Seed::new(0, 0, 0));
    assert!(told.len() > 4000);
    for number in 1..10_u128 {
        let wide = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        assert!(told_by_table(Seed::new(wide, !wide, wide >> 64)) == told);
    }
}

#[test]
fn a_conversation_in_order_takes_the_short_way() {
    let mut followed = Followed::new(&Limits::default());
    let mut push = |from, syn, sequence, acknowledgment, payload: &[u8]| {
        let flags = Flags::SYN.when(syn) | Flags::ACK.when(acknowledgment > 0);
        let header = SegmentHeader {
            stamp: Stamp::default(),
            source: ends(from),
            destination: ends(!from),
            sequence,
            acknowledgment,
            flags,
            cut: 0,
            marks: Marks { window: 65_535, ..Marks::default() },
        };
        followed.push_short(from, &Segment { header: &header, payload });
        take(&mut followed.short)
    };
    assert_eq!(push(Peer::Client, true, 99, 0, b""), 0);
    assert_eq!(push(Peer::Server, true, 199, 100, b""), 0);
    assert_eq!(push(Peer::Client, false, 100, 200, b""), 1);
    assert_eq!(push(Peer::Client, false, 100, 200, b"question"), 1);
    assert_eq!(push(Peer::Server, false, 200, 108, b""), 1);
    assert_eq!(push(Peer::Server, false, 200, 108, b"answer"), 1);
    // What was there before, and what is missing one byte.
    assert_eq!(push(Peer::Server, false, 200, 108, b"answer"), 0);
    assert_eq!(push(Peer::Client, false, 109, 206, b"later"), 0);
}

#[test]
fn a_damaged_segment_of_a_connection_that_nobody_wants_is_given_back() {
    let mut table = ConnectionTable::new(&Limits::default(), &[80]);
    let mut slots = Vec::new();
    let mut push = |table: &mut ConnectionTable, sequence: u32, checksum| {
        let syn = sequence == 999;
        let header = SegmentHeader {
            stamp: Stamp::default(),
            source: ([10, 0, 0, 1], 40_000).into(),
            destination: ([10, 0, 0, 2], 80).into(),
            sequence,
            acknowledgment: 0,
            flags: Flags::SYN.when(syn) | Flags::ACK.when(!syn),
            cut: 0,
            marks: Marks { checksum, ..Marks::default() },
        };
        let segment = Segment { header: &header, payload: if syn { b"" } else { b"GET / HTTP/1.1" } };
        table.push(&segment, &mut |slot, connection: &Connection, _| slots.push((slot, connection.id)));
        slots.first().copied()
    };
    push(&mut table, 999, Checksum::Right);
    let (slot, id) = push(&mut table, 1_000, Checksum::Right).unwrap();
    let before = table.footprint().held;
    push(&mut table, 2_000, Checksum::Wrong);
    assert!(table.footprint().held > before, "it is held");
    table.ignore(slot, id, &mut |_, _, _| {});
    assert_eq!(table.footprint().held, before);
    push(&mut table, 3_000, Checksum::Wrong);
    assert_eq!(table.footprint().held, before, "nobody wants it");
    table.finish(&mut |_, _, _| {});
}
