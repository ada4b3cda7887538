//! A capture that begins inside a session: how often frames are found where there are none, and how soon where there
//! are some.
//!
//! The rates in `docs/LATE_START.md` come from
//! `WSIGHT_ROUNDS=10000 cargo test --release --test late_start -- --nocapture`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::format_push_string
)]

mod common;
mod noise;
mod talks;

use common::{Dice, OwnedSegment};
use noise::PROTOCOLS;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use talks::{KINDS, Sent, Talk};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::layers::{Event, Layers, Options};
use wsight::model::{Chunk, LinkType, Packet, PacketNumber, Peer, PerPeer, Stamp, StreamEvent};
use wsight::upgrade::Outcome;
use wsight::ws;

/// Streams of each protocol.
fn rounds() -> usize {
    std::env::var("WSIGHT_ROUNDS").map_or(30, |rounds| rounds.parse().unwrap())
}

/// What was found in segments of a connection of which no beginning was captured.
#[derive(Debug, Default)]
struct Found {
    /// The segment at which the session was recognized, from 0.
    at: Option<usize>,
    /// The segment at which TLS was recognized, from 0.
    tls: Option<usize>,
    flipped: bool,
    frames: Vec<Sent>,
}

fn find(segments: &[(Peer, Vec<u8>)]) -> Found {
    let mut found = Found::default();
    let midstream = PerPeer { client: true, server: true };
    let websocket = ws::Options { keep: 1 << 24, ..ws::Options::default() };
    let mut layers = Layers::new(Options { midstream, websocket, ..Options::default() });
    for (index, (from, bytes)) in segments.iter().enumerate() {
        let stamp = Stamp { packet: PacketNumber(index as u64 + 1), ..Stamp::default() };
        layers.push(*from, StreamEvent::Data(Chunk::plain(bytes, stamp, 0)), &mut |event| match event {
            // Ordinary requests are reported as well.
            Event::Secured => found.tls = found.tls.or(Some(index)),
            Event::Flipped => found.flipped = !found.flipped,
            Event::Upgrade(_, upgrade) if upgrade.outcome == Outcome::Unseen => found.at = Some(index),
            Event::WebSocket(_, ws::Event::Frame(frame)) => {
                let [first, last] = [frame.first, frame.last].map(|stamp| stamp.packet.0 as usize - 1);
                found.frames.push((frame.from, first, last, frame.header.length as usize));
            }
            _ => {}
        });
    }
    found
}

/// Does `work` for every number below `count`, on all processors.
fn in_parallel(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < count) {
                    work(number);
                }
            });
        }
    });
}

#[test]
fn other_protocols_are_not_mistaken() {
    let rounds = rounds();
    let wrong: Vec<AtomicUsize> = PROTOCOLS.iter().map(|_| AtomicUsize::new(0)).collect();
    let bytes: Vec<AtomicUsize> = PROTOCOLS.iter().map(|_| AtomicUsize::new(0)).collect();
    in_parallel(PROTOCOLS.len(), |index| {
        for seed in 0..rounds {
            let mut dice = Dice((index * 1_000_003 + seed) as u64);
            let talk = PROTOCOLS[index].1(&mut dice);
            let talk = noise::segments(talk, &mut dice);
            bytes[index].fetch_add(talk.iter().map(|(_, bytes)| bytes.len()).sum(), Ordering::Relaxed);
            let found = find(&talk);
            if found.at.is_some() || found.tls.is_some() && PROTOCOLS[index].0 != "TLS records" {
                wrong[index].fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let mut total = 0;
    println!("{:<45} {:>8} {:>8} {:>6}", "protocol", "streams", "MB", "wrong");
    for (index, (name, _)) in PROTOCOLS.iter().enumerate() {
        let count = wrong[index].load(Ordering::Relaxed);
        total += count;
        assert!(count * 1000 <= rounds, "{name}: {count} of {rounds}");
        println!(
            "{name:<45} {rounds:>8} {:>8.1} {count:>6}",
            bytes[index].load(Ordering::Relaxed) as f64 / 1e6
        );
    }
    let streams = rounds * PROTOCOLS.len();
    println!("{total} of {streams} streams were mistaken");
    assert!(total * 10_000 <= streams);
}

/// Records are longer than segments: a capture hardly ever begins where one does.
#[test]
fn tls_is_recognized_from_the_middle_of_a_record_on() {
    for seed in 0..rounds() as u64 {
        let mut dice = Dice(seed);
        let from = if dice.roll(2) == 0 { Peer::Client } else { Peer::Server };
        let mut stream = Vec::new();
        for _ in 0..8 {
            let length = 1_500 + dice.roll(14_900);
            stream.extend([&[23, 3, 3][..], &u16::try_from(length).unwrap().to_be_bytes()].concat());
            stream.extend((0..length).map(|_| dice.roll(256) as u8));
        }
        let segments: Vec<_> = stream[6..].chunks(1_448).map(|bytes| (from, bytes.to_vec())).collect();
        let found = find(&segments);
        assert!(found.tls.is_some(), "seed {seed}");
        assert_eq!(found.at, None, "seed {seed}");
        // A record whose end nobody saw shows nothing yet.
        assert_eq!(find(&segments[..1]).tls, None, "seed {seed}");
    }
}

/// Which packets of a session were captured.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Both,
    Only(Peer),
}

/// How well sessions were recognized.
#[derive(Debug, Default)]
struct Tally {
    /// Late starts after which both frames and segments are left.
    starts: usize,
    recognized: usize,
    wrong_roles: usize,
    /// Frames that had to begin until the session was recognized.
    waited: Vec<usize>,
    /// Frames after the start; those of them that were found; others.
    frames: usize,
    found: usize,
    invented: usize,
}

impl Tally {
    fn add(&mut self, talk: &Talk, start: usize, seen: Seen, swapped: bool) {
        let is_seen = |from: Peer| seen == Seen::Both || seen == Seen::Only(from);
        let kept: Vec<usize> =
            (start..talk.segments.len()).filter(|index| is_seen(talk.segments[*index].0)).collect();
        let frames: Vec<Sent> = talk
            .frames
            .iter()
            .filter(|(from, first, ..)| *first >= start && is_seen(*from))
            .copied()
            .collect();
        if frames.len() < 5 {
            return;
        }
        let segments: Vec<(Peer, Vec<u8>)> = kept
            .iter()
            .map(|index| {
                let (from, bytes) = &talk.segments[*index];
                (if swapped { !*from } else { *from }, bytes.clone())
            })
            .collect();
        let found = find(&segments);
        self.starts += 1;
        self.frames += frames.len();
        let Some(at) = found.at else { return };
        self.recognized += 1;
        self.wrong_roles += usize::from(found.flipped != swapped);
        self.waited.push(frames.iter().filter(|(_, first, ..)| *first <= kept[at]).count());
        let mut left = frames;
        for (from, first, last, length) in found.frames {
            let frame = (from, kept[first], kept[last], length);
            match left.iter().position(|other| *other == frame) {
                Some(index) => {
                    left.swap_remove(index);
                    self.found += 1;
                }
                None => {
                    self.invented += 1;
                }
            }
        }
    }

    fn line(&mut self, name: &str) {
        self.waited.sort_unstable();
        let at = |share: usize| {
            let frames = self.waited.get(self.waited.len() * share / 100);
            frames.map_or_else(|| "-".to_owned(), ToString::to_string)
        };
        println!(
            "{name:<52} {:>7} {:>6.2} %  {:>4} {:>4} {:>6.2} % {:>8} {:>5}",
            self.starts,
            100.0 * self.recognized as f64 / self.starts.max(1) as f64,
            at(50),
            at(95),
            100.0 * self.found as f64 / self.frames.max(1) as f64,
            self.invented,
            self.wrong_roles,
        );
    }
}

#[test]
fn sessions_are_recognized() {
    let seeds = rounds().div_ceil(500);
    let tallies: Mutex<Vec<(String, Tally)>> = Mutex::default();
    in_parallel(KINDS.len(), |index| {
        let (name, kind) = KINDS[index];
        for (seen, how) in [
            (Seen::Both, ""),
            (Seen::Only(Peer::Client), ", client only"),
            (Seen::Only(Peer::Server), ", server only"),
        ] {
            let mut tally = Tally::default();
            for seed in 0..seeds {
                let mut dice = Dice((index * 1_000_003 + seed) as u64);
                let talk = kind(&mut dice);
                // Of long sessions, not every segment.
                for start in (0..talk.segments.len()).step_by(1 + talk.segments.len() / 100) {
                    tally.add(&talk, start, seen, dice.roll(2) == 0);
                }
            }
            if tally.starts > 0 {
                tallies.lock().unwrap().push((format!("{index:02} {name}{how}"), tally));
            }
        }
    });
    let mut tallies = tallies.into_inner().unwrap();
    tallies.sort_by(|a, b| a.0.cmp(&b.0));
    heading();
    for (name, tally) in &mut tallies {
        tally.line(&name[3..]);
        // Of small fragments without their other side little can be said: see the page.
        let least = if name.contains("16 to 100") { 75 } else { 97 };
        assert!(tally.recognized * 100 >= tally.starts * least, "{name}");
        assert!(tally.found * 100 >= tally.frames * (least - 2), "{name}");
        assert!(tally.invented * 200 <= tally.found, "{name}");
        assert_eq!(tally.wrong_roles, 0, "{name}");
    }
}

/// A frame of a capture: the client's address, the sender, its first and last packet, its payload's length.
type Captured = (SocketAddr, Peer, u64, u64, u64);

/// The frames in segments, and whether a session was recognized.
fn analyze(segments: &[OwnedSegment]) -> (Vec<Captured>, bool) {
    let mut analyzer = Analyzer::new(Config::default());
    let (mut frames, mut recognized) = (Vec::new(), false);
    let mut take = |output: &Output<'_>| match output {
        Output::Frame(place, frame) if frame.is_complete() => {
            let (first, last) = (frame.first.packet.0, frame.last.packet.0);
            frames.push((place.addresses.client, frame.from, first, last, frame.header.length));
        }
        Output::Upgrade(_, upgrade) => {
            recognized |= matches!(upgrade.outcome, Outcome::Unseen | Outcome::Accepted);
        }
        _ => {}
    };
    for segment in segments {
        let bytes = segment.to_ip();
        let wire_length = u32::try_from(bytes.len()).unwrap() + segment.cut;
        let packet = Packet { stamp: segment.stamp, link: LinkType(101), wire_length, bytes: &bytes };
        analyzer.push(&packet, &mut take);
    }
    analyzer.finish(&mut take);
    (frames, recognized)
}

/// Without a SYN the lower port is taken for the server's; who masks its frames is the client all the same.
#[test]
fn the_client_is_named_whichever_port_is_lower() {
    let mut named = 0;
    for path in common::captures() {
        let capture = common::segments(&path);
        if !common::analyze(&capture).accusations.is_empty() {
            continue;
        }
        let (frames, _) = analyze(&capture);
        let Some(&(client, _, begin, ..)) = frames.first() else { continue };
        let moved = |address: SocketAddr| {
            let port = if address == client { 1_024 } else { 60_000 };
            SocketAddr::new(address.ip(), port)
        };
        let late: Vec<_> = capture
            .iter()
            .filter(|segment| segment.stamp.packet.0 >= begin)
            .filter(|segment| segment.source == client || segment.destination == client)
            .map(|segment| OwnedSegment {
                source: moved(segment.source),
                destination: moved(segment.destination),
                ..segment.clone()
            })
            .collect();
        for (told, from, packet, ..) in analyze(&late).0 {
            let sender = late.iter().find(|segment| segment.stamp.packet.0 == packet).unwrap().source;
            assert_eq!(told, moved(client), "{}", path.display());
            assert_eq!(from == Peer::Client, sender == moved(client), "{}", path.display());
            named += 1;
        }
    }
    assert!(named > 100, "{named} frames");
}

/// Recorded sessions of real peers, begun at every packet after the upgrade.
#[test]
fn recorded_sessions_are_recognized() {
    let mut tallies: Vec<_> = ["recorded", "recorded, client only", "recorded, server only"]
        .map(|name| (name, Tally::default()))
        .into();
    for path in common::captures() {
        let capture = common::segments(&path);
        if !common::analyze(&capture).accusations.is_empty() || path.ends_with("snaplen-96.pcap") {
            continue;
        }
        let ends = |segment: &OwnedSegment| {
            let (a, b) = (segment.source, segment.destination);
            if a < b { (a, b) } else { (b, a) }
        };
        let mut connections: Vec<_> = capture.iter().map(ends).collect();
        connections.sort_unstable();
        connections.dedup();
        for connection in connections {
            let segments: Vec<_> =
                capture.iter().filter(|segment| ends(segment) == connection).cloned().collect();
            let (frames, _) = analyze(&segments);
            let Some(&(client, _, begin, ..)) = frames.first() else { continue };
            for start in segments.iter().filter(|segment| segment.stamp.packet.0 >= begin) {
                for (index, (_, tally)) in tallies.iter_mut().enumerate() {
                    let is_seen = |peer| index == 0 || (index == 1) == (peer == Peer::Client);
                    let from = start.stamp.packet.0;
                    let late: Vec<_> = segments
                        .iter()
                        .filter(|segment| segment.stamp.packet.0 >= from)
                        .filter(|s| is_seen(if s.source == client { Peer::Client } else { Peer::Server }))
                        .cloned()
                        .collect();
                    let mut left = frames.clone();
                    left.retain(|(_, peer, first, ..)| *first >= from && is_seen(*peer));
                    if left.len() < 5 {
                        continue;
                    }
                    let (found, recognized) = analyze(&late);
                    tally.starts += 1;
                    tally.frames += left.len();
                    tally.recognized += usize::from(recognized);
                    tally.wrong_roles += usize::from(found.iter().any(|frame| frame.0 != client));
                    for frame in found {
                        match left.iter().position(|other| *other == frame) {
                            Some(at) => {
                                left.swap_remove(at);
                                tally.found += 1;
                            }
                            None => tally.invented += 1,
                        }
                    }
                }
            }
        }
    }
    heading();
    for (name, tally) in &mut tallies {
        tally.line(name);
        assert!(tally.starts > 100, "{name}");
        assert!(tally.recognized * 100 >= tally.starts * 97, "{name}");
        assert!(tally.found * 100 >= tally.frames * 95, "{name}");
        assert!(tally.invented * 200 <= tally.found, "{name}");
        assert_eq!(tally.wrong_roles, 0, "{name}");
    }
}

fn heading() {
    println!(
        "{:<52} {:>7} {:>8}  {:>4} {:>4} {:>8} {:>8} {:>5}",
        "session", "starts", "known", "half", "95 %", "frames", "invented", "roles"
    );
}
