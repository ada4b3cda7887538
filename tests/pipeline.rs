//! Two threads tell what one tells, whichever of them is faster.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod flood;

use common::captures;
use flood::{
    Deflater, Flood, Packets, RST, SYN, Talk, begins_tls, frame, http2_frame, opens_stream, speaks_http2,
};
use std::collections::VecDeque;
use std::thread;
use std::time::Duration;
use wsight::analyzer::{Analyzer, Batch, Config, Output, Sessions, Transport};
use wsight::capture::{CaptureError, Files, Input, Progress, Source};
use wsight::model::{Captured, Limit, Limits, Packet, Peer, SecretsBlock, Stamp};
use wsight::pipeline::Pipeline;
use wsight::report::{InputNames, JsonLines, Payload, Sink};
use wsight::tls::Expecting;

/// What the outputs that `run` gives are as JSON.
fn json(run: impl FnOnce(&mut dyn FnMut(&Output<'_>))) -> String {
    let mut bytes = Vec::new();
    let mut lines = JsonLines::new(&mut bytes, Payload::Full, InputNames(Vec::new()));
    run(&mut |output| lines.output(output).unwrap());
    lines.finish().unwrap();
    drop(lines);
    String::from_utf8(bytes).unwrap()
}

/// More secrets may come, as through a pipe.
fn config(limits: Limits) -> Config {
    let expecting = Expecting::Secrets { held_bytes: limits.tls_held_bytes };
    Config { keep: limits.message_bytes, limits, expecting, ..Config::default() }
}

/// Packet by packet, on one thread.
fn at_once(source: &mut dyn Source, limits: Limits) -> String {
    json(|out| {
        let mut analyzer = Analyzer::new(config(limits));
        while let Some(captured) = source.next().unwrap() {
            analyzer.take(&captured, out);
        }
        analyzer.finish(out);
    })
}

/// On two threads, of which the second one pauses after this many steps, again and again.
fn on_two(source: impl Source + Send + 'static, limits: Limits, rests: Option<usize>) -> String {
    json(|out| {
        let mut pipeline = Pipeline::new(source, config(limits), None).unwrap();
        let mut steps = 0;
        while let Some(step) = pipeline.step(out) {
            assert!(step.fault.is_none());
            steps += 1;
            if rests.is_some_and(|rests| steps % rests == 0) {
                // Not to wait for anything: only so that the other thread gets ahead as far as it may.
                thread::sleep(Duration::from_micros(300));
            }
        }
        pipeline.finish(out);
    })
}

/// In batches as on two threads, but one after the other.
fn in_turn(source: &mut dyn Source, limits: Limits) -> String {
    /// As many as go around in the pipeline.
    const AROUND: usize = 4;
    json(|out| {
        let config = config(limits);
        let mut transport = Transport::new(&config);
        let mut sessions = Sessions::new(config);
        let mut around: VecDeque<Batch> = (0..AROUND).map(|_| Batch::default()).collect();
        let (mut reads, mut more, mut begun) = (true, true, false);
        while more {
            let mut batch = around.pop_front().unwrap();
            transport.begin(&mut batch);
            while reads && !batch.is_full() {
                match source.next().unwrap() {
                    None => reads = false,
                    Some(Captured::Packet(packet)) => {
                        transport.push(&packet, &mut batch);
                        if !std::mem::replace(&mut begun, true) {
                            break;
                        }
                    }
                    Some(other) => panic!("floods have packets only: {other:?}"),
                }
            }
            transport.settle(&mut batch);
            more = reads || transport.finish(&mut batch);
            sessions.take(&mut batch, out);
            around.push_back(batch);
        }
        sessions.finish(out);
    })
}

/// When secrets come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecretsCome {
    /// Before what they open.
    First,
    /// After everything else.
    Last,
}

/// A source that begins late: its first packets are missing, though not the secrets among them.
struct Late<S> {
    missing: u64,
    source: S,
    when: SecretsCome,
    secrets: VecDeque<Box<SecretsBlock>>,
}

impl<S: Source> Source for Late<S> {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        while self.missing > 0 {
            match self.source.next()? {
                None => break,
                Some(Captured::Packet(_)) => self.missing -= 1,
                Some(Captured::Secrets(secrets)) => self.secrets.push_back(secrets),
                Some(Captured::Drops(_) | Captured::Clock(_) | Captured::Pause) => {}
            }
        }
        let waits = self.when == SecretsCome::Last;
        if !waits && let Some(secrets) = self.secrets.pop_front() {
            return Ok(Some(Captured::Secrets(secrets)));
        }
        match self.source.next()? {
            Some(Captured::Secrets(secrets)) if waits => {
                self.secrets.push_back(secrets);
                Ok(Some(Captured::Pause))
            }
            None if waits => Ok(self.secrets.pop_front().map(Captured::Secrets)),
            next => Ok(next),
        }
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }
}

/// Limits that most captures reach, but for those on what both halves hold together: of that, one thread knows at every
/// packet what two know at every batch.
fn tight() -> Limits {
    let mut limits = Limits::default();
    for (limit, value) in [
        (Limit::Connections, 1),
        (Limit::ReorderPackets, 1),
        (Limit::ReorderMs, 1),
        (Limit::FragmentDatagrams, 1),
        (Limit::HeadLines, 4),
        (Limit::Http2Streams, 1),
        (Limit::MessageBytes, 10),
        (Limit::OutstandingPings, 1),
        (Limit::FindingsPerSession, 1),
        (Limit::OrdinaryExchanges, 1),
    ] {
        *limits.of_mut(limit) = value;
    }
    limits
}

/// Caps on what is inside HTTP/2 and TLS, which hide what those of `tight` are about.
fn sealed() -> Limits {
    let mut limits = Limits::default();
    for (limit, value) in
        [(Limit::TlsHeldBytes, 600), (Limit::Http2HeadBytes, 60), (Limit::Http2TableBytes, 1)]
    {
        *limits.of_mut(limit) = value;
    }
    limits
}

#[test]
fn two_threads_tell_what_one_tells() {
    let mut counted = 0;
    for path in captures() {
        // The whole capture, and what is left of it inside a handshake and inside a session.
        for missing in [0, 2, 4, 9] {
            let source = || Files::new(vec![Input::File(path.clone())]);
            let cases = [
                (Limits::default(), SecretsCome::First),
                (Limits::default(), SecretsCome::Last),
                (tight(), SecretsCome::First),
                (sealed(), SecretsCome::Last),
            ];
            for (limits, when) in cases {
                let late = || Late { missing, source: source(), when, secrets: VecDeque::new() };
                let one = at_once(&mut late(), limits.clone());
                let two = on_two(late(), limits, None);
                assert!(one == two, "{} without its first {missing} packets", path.display());
                counted += 1;
            }
        }
    }
    assert!(counted > 2_000, "{counted} readings");
}

/// Packets that were made before.
struct Made {
    packets: Vec<(Stamp, Vec<u8>)>,
    next: usize,
}

impl Made {
    fn new(make: &mut dyn FnMut(&mut Packets<'_>)) -> Self {
        let mut packets = Vec::new();
        make(&mut Flood::new(&mut |packet| packets.push((packet.stamp, packet.bytes.to_vec()))));
        Self { packets, next: 0 }
    }
}

impl Source for Made {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        self.next += 1;
        Ok(self.packets.get(self.next - 1).map(|(stamp, bytes)| {
            let wire_length = u32::try_from(bytes.len()).unwrap();
            Captured::Packet(Packet { stamp: *stamp, link: flood::LINK, wire_length, bytes })
        }))
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }
}

/// More of everything than there is room for: sessions that compress, holes, strangers, HTTP that is none of ours, TLS,
/// sessions over HTTP/2, and sessions whose beginning is missing.
fn crowd(flood: &mut Packets<'_>) {
    let text: Vec<u8> = (0..3_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut talks: Vec<(Talk, Deflater)> =
        (0..120).map(|client| (Talk::new(client), Deflater::new())).collect();
    for (number, (talk, _)) in talks.iter_mut().enumerate() {
        match number % 4 {
            0 => flood.upgrade(talk, "permessage-deflate"),
            1 => flood.upgrade(talk, ""),
            2 => {
                flood.open(talk);
                flood.send(talk, Peer::Client, b"\x16\x03\x01 nothing that is HTTP, and much of it\r\n\r\n");
            }
            _ => {
                flood.open(talk);
                flood.send(talk, Peer::Client, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            }
        }
    }
    let mut sealed: Vec<Talk> = (10_000..10_020).map(|client| begins_tls(flood, client)).collect();
    let mut carriers: Vec<Talk> = (11_000..11_010).map(|client| speaks_http2(flood, client)).collect();
    let mut late: Vec<Talk> = (12_000..12_020).map(Talk::new).collect();
    for round in 0..40_u32 {
        for talk in &mut sealed {
            // A record of which the first part comes now, and the rest with the next round.
            let record = [&[23, 3, 3, 1, 0][..], &[round.to_be_bytes()[3]; 256]].concat();
            let half = if round % 2 == 0 { &record[..100] } else { &record[100..] };
            flood.send(talk, Peer::Server, half);
        }
        for talk in &mut carriers {
            let stream = 2 * round + 1;
            opens_stream(flood, talk, stream);
            // Half a message, and on the stream before it a ping.
            let half = &frame(Peer::Server, 0x01, &text[..2_000])[..1_000];
            flood.send(talk, Peer::Server, &http2_frame(0, 0, stream, half));
            if round > 0 {
                let ping = frame(Peer::Client, 0x89, &round.to_be_bytes());
                flood.send(talk, Peer::Client, &http2_frame(0, 0, stream - 2, &ping));
            }
        }
        for talk in &mut late {
            let from = if round % 3 == 0 { Peer::Client } else { Peer::Server };
            flood.send(talk, from, &frame(from, 0x81, &text[..30]));
        }
        for (number, (talk, deflater)) in talks.iter_mut().enumerate() {
            match number % 4 {
                0 => {
                    let message = deflater.message(&text);
                    flood.send(talk, Peer::Server, &frame(Peer::Server, 0xc2, &message));
                }
                // Every seventh round a segment is missing, and all that follow wait for it.
                1 if round % 7 == 3 => talk.sent[1] += 40,
                _ => flood.send(talk, Peer::Server, &frame(Peer::Server, 0x81, &text[..40])),
            }
        }
        for client in 0..50 {
            let half = Talk::new(1_000 + round * 50 + client);
            flood.packet(&half, Peer::Client, SYN, 0, &[]);
            if client % 3 == 0 {
                flood.packet(&half, Peer::Server, RST, 0, &[]);
            }
        }
    }
}

/// With every cap reached, what is reported depends neither on threads nor on which of them is slow.
#[test]
fn caps_are_reached_at_the_same_packets() {
    let limits = Limits {
        memory_bytes: 1_000_000,
        connections: 900,
        reorder_bytes: 2_000,
        reorder_total_bytes: 9_000,
        ..Limits::default()
    };
    let expected = in_turn(&mut Made::new(&mut crowd), limits.clone());
    for kind in [r#""via":"http/2""#, r#""outcome":"unseen""#, r#""type":"tls""#] {
        assert!(expected.contains(kind), "{kind} is among it");
    }
    for limit in ["memory-bytes", "connections", "reorder-bytes"] {
        assert!(expected.contains(&format!(r#""limit":"{limit}""#)), "{limit} is reached");
    }
    for rests in [None, Some(1), Some(2), Some(7)] {
        let told = on_two(Made::new(&mut crowd), limits.clone(), rests);
        assert!(told == expected, "with rests {rests:?}");
    }
}
