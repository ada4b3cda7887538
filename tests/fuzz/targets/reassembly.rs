//! Segments of one connection in any order, cut, repeated, lost and reset, against a model that keeps everything: each
//! byte that is told is the one sent at its place, each is told once, and with patience no captured byte is missing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::SocketAddr;
use wsight::model::{
    ConnectionId, Extent, Flags, Limits, Marks, Missing, Peer, PerPeer, Segment, SegmentHeader, StreamEvent,
};
use wsight::tcp::{Connection, ConnectionEvent, ConnectionTable};
use wsight_fuzz::{Input, stamp};

/// The byte that `from` sends at `offset`.
fn sent(from: Peer, offset: u64) -> u8 {
    let seed = offset ^ if from == Peer::Client { 0 } else { 0x5555_5555 };
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

/// One direction as the model and as the table tells it.
struct Side {
    /// Which offsets some segment carried.
    captured: Vec<bool>,
    /// Where the told stream may begin: without a SYN, what was sent first is known by the bytes alone.
    origins: Option<Vec<u64>>,
    /// Bytes told so far, gaps included.
    position: u64,
    /// Told positions that are missing.
    missing: Vec<(u64, u64)>,
    ended: bool,
}

impl Side {
    fn new() -> Self {
        Self { captured: vec![false; 1 << 16], origins: None, position: 0, missing: Vec::new(), ended: false }
    }

    fn has(&self, offset: u64) -> bool {
        self.captured.get(offset as usize).is_some_and(|captured| *captured)
    }

    fn data(&mut self, from: Peer, bytes: &[u8]) {
        assert!(!self.ended && !bytes.is_empty());
        let at = self.position;
        let fits = |origin: &u64| {
            (origin + at..).zip(bytes).all(|(offset, byte)| *byte == sent(from, offset) && self.has(offset))
        };
        let origins: Vec<u64> = match &self.origins {
            Some(origins) => origins.iter().copied().filter(fits).collect(),
            None => (0..1 << 16).filter(fits).collect(),
        };
        assert!(!origins.is_empty(), "{from}: what is told at {at} was not sent there: {bytes:?}");
        self.origins = Some(origins);
        self.position += bytes.len() as u64;
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mode = input.byte();
    let patient = mode & 1 == 0;
    let isn =
        PerPeer { client: u32::from(input.short()) << 16, server: u32::from(input.short()) << 16 | 0xff00 };
    let length = PerPeer { client: u64::from(input.short()), server: u64::from(input.short()) };
    let ends: PerPeer<SocketAddr> =
        PerPeer { client: ([10, 0, 0, 1], 40_000).into(), server: ([10, 0, 0, 2], 80).into() };
    let limits = if patient {
        Limits {
            reorder_packets: u64::MAX,
            reorder_ms: 1 << 32,
            reorder_bytes: u64::MAX,
            reorder_total_bytes: u64::MAX,
            ..Limits::default()
        }
    } else {
        Limits {
            reorder_packets: 8,
            reorder_ms: 20,
            reorder_bytes: 4_000,
            reorder_total_bytes: 6_000,
            ..Limits::default()
        }
    };
    let mut table = ConnectionTable::new(&limits, &[80]);
    let mut sides = PerPeer::from_fn(|_| Side::new());
    let (mut resets, mut late_syn, mut number) = (false, false, 0);
    let take = |sides: &mut PerPeer<Side>, connection: &Connection, event: ConnectionEvent<'_>| {
        assert!(!matches!(event, ConnectionEvent::Conflict { .. }), "every copy has the same bytes");
        let ConnectionEvent::Stream { from, event } = event else { return };
        // Who sends the first SYN is the client of the table, whoever it is here.
        let from = if connection.addresses == ends { from } else { !from };
        let side = sides.of_mut(from);
        assert!(!side.ended, "nothing follows an end");
        match event {
            StreamEvent::Data(chunk) => {
                let extent = Extent::new(side.position, chunk.bytes.len() as u64);
                assert_eq!(chunk.extent, extent.acknowledging(chunk.extent.acknowledged));
                side.data(from, chunk.bytes);
            }
            StreamEvent::Gap(gap) => {
                assert_eq!(
                    (gap.extent.start, gap.missing),
                    (side.position, Missing::Bytes(gap.extent.length()))
                );
                assert!(gap.extent.length() > 0);
                side.missing.push((gap.extent.start, gap.extent.end));
                side.position = gap.extent.end;
            }
            StreamEvent::End(_) => side.ended = true,
        }
    };
    while !input.is_over() && number < 500 {
        let (kind, offset, size, seen) = (input.byte(), input.short(), input.byte(), input.short());
        let from = if kind & 1 == 0 { Peer::Client } else { Peer::Server };
        let (whole, other) = (*length.of(from), *length.of(!from));
        number += 1;
        let syn = kind & 0x0e == 0x02;
        let start = if syn { 0 } else { u64::from(offset).min(whole) };
        let end = if syn { 0 } else { (start + u64::from(size)).min(whole) };
        let payload: Vec<u8> = (start..end).map(|offset| sent(from, offset)).collect();
        let flags = Flags::SYN.when(syn)
            | Flags::ACK.when(kind & 0x10 == 0)
            | Flags::FIN.when(!syn && kind & 0x20 != 0 && end == whole)
            | Flags::RST.when(!syn && kind & 0xc0 == 0xc0);
        resets |= flags.rst();
        let side = sides.of_mut(from);
        // Only a SYN shows that bytes belong to the stream that came before it and in front of where the stream seemed to
        // begin; by then they are gone.
        late_syn |= syn && side.captured.contains(&true);
        if !flags.rst() {
            side.captured[start as usize..end as usize].fill(true);
        }
        let header = SegmentHeader {
            stamp: stamp(number),
            source: *ends.of(from),
            destination: *ends.of(!from),
            sequence: isn.of(from).wrapping_add(start as u32).wrapping_add(u32::from(!syn)),
            acknowledgment: isn.of(!from).wrapping_add(u64::from(seen).min(other + 1) as u32).wrapping_add(1),
            flags,
            cut: 0,
            marks: Marks::default(),
        };
        let segment = Segment { header: &header, payload: if flags.rst() { &[] } else { &payload } };
        table.push(&segment, &mut |_, connection, event| {
            if connection.id == ConnectionId(1) {
                take(&mut sides, connection, event);
            }
        });
        if table.opened() > 1 {
            // The ports are used again; one connection is enough here.
            return;
        }
    }
    table.finish(&mut |_, connection, event| take(&mut sides, connection, event));
    if !patient || resets || late_syn {
        return;
    }
    for from in Peer::BOTH {
        let side = sides.of(from);
        let Some([origin]) = side.origins.as_deref() else { continue };
        for (from_position, to) in &side.missing {
            let lost = (origin + from_position..origin + to).find(|offset| side.has(*offset));
            assert!(lost.is_none(), "{from}: captured, and told to be missing: {lost:?}");
        }
        let behind = (origin + side.position..1 << 16).find(|offset| side.has(*offset));
        assert!(behind.is_none(), "{from}: captured, and not told: {behind:?}");
    }
});
