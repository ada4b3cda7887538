//! What carries bytes decides when they were delivered, not how many they are: a stand-in for TLS between `tcp` and
//! `layers`, over every capture that can be wrapped in its records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, OwnedSegment, captures, segments};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use wsight::findings::{Certainty, Class, Finding, FindingField, Judge, Surroundings};
use wsight::layers::{Event, Layers, Options};
use wsight::model::{
    Attempt, Chunk, ConnectionId, Extent, Gap, Limits, Marks, Missing, PerPeer, Segment, SegmentHeader,
    StreamEvent,
};
use wsight::tcp::{Connection, ConnectionEvent, ConnectionTable, Slot};
use wsight::ws;

/// A record's header, of which the last two bytes are the length of what follows, and what stands after its bytes.
const HEADER: usize = 5;
const TAG: usize = 16;

/// `bytes` as records of at most `most` bytes.
fn records(bytes: &[u8], most: usize) -> Vec<u8> {
    let wrap = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len() + TAG).unwrap().to_be_bytes();
        [&[23, 3, 3, length[0], length[1]], bytes, &[0xff; TAG]].concat()
    };
    bytes.chunks(most).flat_map(wrap).collect()
}

/// One direction of a connection, as it was and as records make it.
#[derive(Debug, Default)]
struct Wrapped {
    origin: u32,
    /// Where each segment ends, and by how much records have moved what follows; offsets from the origin.
    ends: Vec<(u32, u32)>,
}

impl Wrapped {
    /// How much is moved that stands at `offset`.
    fn moved(&self, offset: u32) -> u32 {
        let before = self.ends.partition_point(|(end, _)| *end <= offset);
        before.checked_sub(1).map_or(0, |last| self.ends[last].1)
    }

    fn end(&self) -> u32 {
        self.ends.last().map_or(0, |(end, _)| *end)
    }
}

/// The same conversation with each segment's bytes in records of at most `most` bytes; nothing where its segments are not
/// all in order, from the SYN on.
fn wrap(segments: &[OwnedSegment], most: usize) -> Option<Vec<OwnedSegment>> {
    let mut ways: BTreeMap<(SocketAddr, SocketAddr), Wrapped> = BTreeMap::new();
    let mut wrapped = Vec::new();
    for segment in segments {
        let mut copy = segment.clone();
        let way = (segment.source, segment.destination);
        if segment.flags.syn() {
            if ways.contains_key(&way) {
                return None;
            }
            ways.insert(way, Wrapped { origin: segment.sequence.wrapping_add(1), ends: Vec::new() });
        } else {
            let way = ways.get_mut(&way)?;
            let offset = segment.sequence.wrapping_sub(way.origin);
            let moved = way.moved(offset);
            copy.sequence = segment.sequence.wrapping_add(moved);
            if !segment.payload.is_empty() {
                if offset != way.end() || segment.cut > 0 {
                    return None;
                }
                copy.payload = records(&segment.payload, most);
                let more = u32::try_from(copy.payload.len() - segment.payload.len()).unwrap();
                way.ends.push((offset + u32::try_from(segment.payload.len()).unwrap(), moved + more));
            }
        }
        if segment.flags.ack()
            && let Some(other) = ways.get(&(segment.destination, segment.source))
        {
            let offset = segment.acknowledgment.wrapping_sub(other.origin);
            copy.acknowledgment = segment.acknowledgment.wrapping_add(other.moved(offset));
        }
        wrapped.push(copy);
    }
    Some(wrapped)
}

/// Takes records apart, as the layer for TLS does.
#[derive(Debug, Default)]
struct Records {
    bytes: Vec<u8>,
    extent: Extent,
}

impl Records {
    fn push(&mut self, event: StreamEvent<'_>, out: &mut dyn FnMut(StreamEvent<'_>)) {
        let chunk = match event {
            StreamEvent::Data(chunk) => chunk,
            StreamEvent::Gap(gap) => {
                // Segments hold whole records here.
                self.bytes.clear();
                return out(StreamEvent::Gap(Gap { missing: Missing::Unknown, ..gap }));
            }
            StreamEvent::End(_) => return out(event),
        };
        let mut rest = chunk;
        while !rest.bytes.is_empty() {
            let wanted = match self.bytes.get(HEADER - 2..HEADER) {
                None => HEADER,
                Some(length) => HEADER + usize::from(u16::from_be_bytes([length[0], length[1]])),
            };
            let (now, later) = rest.split_at(wanted - self.bytes.len());
            self.extent = if self.bytes.is_empty() { now.extent } else { self.extent.to(now.extent) };
            self.bytes.extend_from_slice(now.bytes);
            rest = later;
            if self.bytes.len() == wanted && wanted > HEADER {
                let bytes = &self.bytes[HEADER..wanted - TAG];
                out(StreamEvent::Data(Chunk { bytes, stamp: chunk.stamp, extent: self.extent }));
                self.bytes.clear();
            }
        }
    }
}

/// A connection on its way to judgement.
struct Followed {
    layers: Layers,
    records: Option<PerPeer<Records>>,
    flipped: bool,
    judges: BTreeMap<Attempt, (Judge, PerPeer<u64>)>,
}

/// What is judged of the connections of a capture, a line each, and for certain against a peer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Judged {
    lines: Vec<String>,
    accusations: Vec<String>,
}

impl Judged {
    fn finding(&mut self, finding: &Finding) {
        let acked = finding.field(FindingField::Acked);
        let who = (finding.from, finding.frame);
        self.lines.push(format!("{} {} {who:?} {acked:?}", finding.id, finding.certainty.name()));
        if matches!(finding.class, Class::Violation | Class::Failure)
            && finding.certainty == Certainty::Certain
        {
            self.accusations.push(format!("{}: {}", finding.id, finding.summary));
        }
    }

    fn fact(
        &mut self,
        flipped: &mut bool,
        judges: &mut BTreeMap<Attempt, (Judge, PerPeer<u64>)>,
        event: &Event<'_>,
    ) {
        match event {
            Event::Flipped => *flipped = !*flipped,
            Event::Upgrade(attempt, upgrade) => {
                let around = Surroundings::default();
                Judge::attempt(upgrade, around, &mut |finding| self.finding(&finding));
                judges.insert(*attempt, (Judge::new(upgrade, None, &Limits::default()), PerPeer::default()));
            }
            Event::WebSocket(attempt, event) => {
                let (judge, messages) = judges.get_mut(attempt).unwrap();
                if let ws::Event::Message(message) = event {
                    *messages.of_mut(message.from) += 1;
                }
                judge.observe(event, &mut |finding| self.finding(&finding));
            }
            Event::Stream(attempt, fact) => {
                let (judge, _) = judges.get_mut(attempt).unwrap();
                judge.observe_stream(fact, &mut |finding| self.finding(&finding));
            }
            _ => {}
        }
    }

    fn happen(
        &mut self,
        followed: &mut BTreeMap<ConnectionId, Followed>,
        in_records: bool,
        connection: &Connection,
        event: ConnectionEvent<'_>,
    ) {
        let new = || Followed {
            layers: Layers::new(Options {
                midstream: PerPeer::from_fn(|peer| !connection.start_seen.of(peer)),
                ..Options::default()
            }),
            records: in_records.then(PerPeer::default),
            flipped: false,
            judges: BTreeMap::new(),
        };
        match event {
            ConnectionEvent::Stream { from, event } => {
                let Followed { layers, records, flipped, judges } =
                    followed.entry(connection.id).or_insert_with(new);
                let mut take = |event: StreamEvent<'_>| {
                    layers.push(from, event, &mut |event| self.fact(flipped, judges, &event));
                };
                match records {
                    Some(records) => records.of_mut(from).push(event, &mut take),
                    None => take(event),
                }
            }
            ConnectionEvent::Closed { .. } => {
                let Some(Followed { flipped, judges, .. }) = followed.remove(&connection.id) else { return };
                let acked = PerPeer::from_fn(|peer| *connection.acked.of(if flipped { !peer } else { peer }));
                for (mut judge, messages) in judges.into_values() {
                    let verdict =
                        judge.finish(None, &messages, &acked, &mut |finding| self.finding(&finding));
                    self.lines.push(verdict.story.to_string());
                }
            }
            _ => {}
        }
    }
}

fn header(segment: &OwnedSegment) -> SegmentHeader {
    SegmentHeader {
        stamp: segment.stamp,
        source: segment.source,
        destination: segment.destination,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        flags: segment.flags,
        cut: segment.cut,
        marks: Marks::default(),
    }
}

/// What is judged of these segments, with or without records around the bytes.
fn judge(segments: &[OwnedSegment], in_records: bool) -> Judged {
    let mut table = ConnectionTable::new(&Limits::default(), &[]);
    let (mut judged, mut followed) = (Judged::default(), BTreeMap::new());
    let mut take = |_: Slot, connection: &Connection, event: ConnectionEvent<'_>| {
        judged.happen(&mut followed, in_records, connection, event);
    };
    for segment in segments {
        let header = header(segment);
        table.push(&Segment { header: &header, payload: &segment.payload }, &mut take);
    }
    table.finish(&mut take);
    judged
}

/// The captures that can be wrapped, with their segments.
fn wrappable() -> Vec<(String, Vec<OwnedSegment>)> {
    let all = captures().into_iter().map(|path| (path.display().to_string(), segments(&path)));
    let wrappable: Vec<_> = all.filter(|(_, segments)| wrap(segments, 100).is_some()).collect();
    assert!(wrappable.len() >= 30, "only {} captures can be wrapped", wrappable.len());
    wrappable
}

#[test]
fn records_change_no_verdict() {
    let mut acked = 0;
    for (name, segments) in wrappable() {
        let plain = judge(&segments, false);
        acked += plain.lines.iter().filter(|line| line.contains("acknowledged before")).count();
        for most in [16_000, 100, 7] {
            let wrapped = wrap(&segments, most).unwrap();
            assert_eq!(judge(&wrapped, true), plain, "{name}: records of {most} bytes");
            let pieces: Vec<OwnedSegment> = wrapped.iter().flat_map(|segment| segment.split(50)).collect();
            assert_eq!(judge(&pieces, true), plain, "{name}: records of {most} bytes in small segments");
        }
    }
    assert!(acked >= 10, "only {acked} sessions tell what was delivered");
}

#[test]
fn lost_records_are_nobodys_fault() {
    for (name, segments) in wrappable() {
        if !judge(&segments, false).accusations.is_empty() {
            continue;
        }
        let wrapped = wrap(&segments, 16_000).unwrap();
        for seed in 0..30 {
            let mut dice = Dice(seed);
            let mut rest = wrapped.clone();
            rest.retain(|segment| segment.payload.is_empty() || dice.roll(6) != 0);
            let judged = judge(&rest, true);
            assert_eq!(judged.accusations, [""; 0], "{name}, seed {seed}");
        }
    }
}
