//! Caps: what is beyond one is told to be, and what one costs accuses nobody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod flood;

use flood::{Deflater, Flood, Packets, Talk, frame};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, Finding, Id};
use wsight::model::{Limits, Peer};

/// Findings, and payloads of complete messages, of what `make` makes, within `limits`.
fn told(limits: Limits, make: &mut dyn FnMut(&mut Packets<'_>)) -> (Vec<Finding>, Vec<Vec<u8>>) {
    let (mut findings, mut messages) = (Vec::new(), Vec::new());
    let mut take = |output: &Output<'_>| match output {
        Output::Finding(finding) => findings.push((*finding).clone()),
        Output::Message(_, message) if message.complete => messages.push(message.payload.to_vec()),
        _ => {}
    };
    let mut analyzer = Analyzer::new(Config { keep: 1 << 20, limits, ..Config::default() });
    make(&mut Flood::new(&mut |packet| analyzer.push(packet, &mut take)));
    analyzer.finish(&mut take);
    (findings, messages)
}

fn ids(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.id.to_string()).collect()
}

#[test]
fn findings_of_an_attempt_beyond_the_limit_are_told_to_be_counted() {
    let (findings, _) = told(Limits { findings_per_session: 1, ..Limits::default() }, &mut |flood| {
        let mut talk = Talk::new(1);
        flood.open(&talk);
        // Without Host and Connection: two findings of one kind.
        flood.send(
            &mut talk,
            Peer::Client,
            b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
              Sec-WebSocket-Version: 13\r\n\r\n",
        );
        flood.send(&mut talk, Peer::Server, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        flood.close(&mut talk);
    });
    let ids = ids(&findings);
    assert_eq!(ids.iter().filter(|id| *id == "upgrade-header-missing").count(), 1, "{ids:?}");
    assert!(ids.contains(&"limit-reached".to_owned()), "{ids:?}");
}

/// Sessions that each send the same text again and again, compressed, in turn.
fn compressed(sessions: u32, rounds: u32, extension: &str, limits: Limits) -> (Vec<Finding>, Vec<Vec<u8>>) {
    let text: Vec<u8> = (0..4_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    told(limits, &mut |flood| {
        let mut talks: Vec<(Talk, Deflater)> =
            (0..sessions).map(|client| (Talk::new(client), Deflater::new())).collect();
        for (talk, _) in &mut talks {
            flood.upgrade(talk, extension);
        }
        for _ in 0..rounds {
            for (talk, deflater) in &mut talks {
                if extension.contains("server_no_context_takeover") {
                    *deflater = Deflater::new();
                }
                let message = deflater.message(&text);
                flood.send(talk, Peer::Server, &frame(Peer::Server, 0xc2, &message));
            }
        }
        for (talk, _) in &mut talks {
            flood.send(talk, Peer::Server, &frame(Peer::Server, 0x88, &[0x03, 0xe8]));
            flood.send(talk, Peer::Client, &frame(Peer::Client, 0x88, &[0x03, 0xe8]));
            flood.close(talk);
        }
    })
}

/// Where many sessions compress, decompressors rest between messages: every message is read all the same.
#[test]
fn contexts_survive_that_memory_is_short() {
    let plenty = compressed(60, 4, "permessage-deflate", Limits::default());
    // Less than the decompressors would take, more than the contexts do.
    let scarce =
        compressed(60, 4, "permessage-deflate", Limits { memory_bytes: 2_600_000, ..Limits::default() });
    assert_eq!(plenty.1.len(), 240);
    assert!(scarce.1 == plenty.1, "{} messages", scarce.1.len());
    assert_eq!(ids(&scarce.0), ids(&plenty.0), "nothing is told of it");
}

/// Where not even the contexts have room, some messages are not read, it is reported, and nobody is to blame.
#[test]
fn contexts_without_room_are_told_to_be_forgotten() {
    for extension in ["permessage-deflate", "permessage-deflate; server_no_context_takeover"] {
        let limits = Limits { memory_bytes: 600_000, ..Limits::default() };
        let (findings, messages) = compressed(60, 4, extension, limits);
        // The flood does ask with one key on all its connections.
        let accused = |finding: &&Finding| {
            finding.id != Id::KeyReused
                && matches!(finding.class, Class::Violation | Class::Failure)
                && finding.certainty == Certainty::Certain
        };
        let blamed: Vec<&Finding> = findings.iter().filter(accused).collect();
        assert!(blamed.is_empty(), "{blamed:?}");
        if extension.contains("no_context") {
            assert_eq!(messages.len(), 240, "each message stands for itself");
        } else {
            assert!(ids(&findings).contains(&"limit-reached".to_owned()), "{:?}", ids(&findings));
            assert!(messages.len() < 240);
        }
    }
}

/// Each may be the beginning of something that is not a frame: a packet full of them is no deeper than one.
#[test]
fn a_packet_full_of_strange_headers_takes_no_more_stack_than_one() {
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let play = small.spawn(|| {
        told(Limits { findings_per_session: 1, ..Limits::default() }, &mut |flood| {
            let mut talk = Talk::new(1);
            flood.upgrade(&mut talk, "");
            // A reserved opcode, and no payload.
            flood.send(&mut talk, Peer::Server, &[0x83, 0].repeat(30_000));
        })
    });
    let (findings, _) = play.unwrap().join().unwrap();
    assert!(ids(&findings).contains(&"frame-reserved-opcode".to_owned()));
}

#[test]
fn a_packet_of_many_tunnels_takes_no_more_stack_than_one() {
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let play = small.spawn(|| {
        told(Limits::default(), &mut |flood| {
            let mut talk = Talk::new(1);
            flood.open(&talk);
            flood.send(&mut talk, Peer::Client, &b"CONNECT a HTTP/1.1\r\n\r\n".repeat(2_500));
            flood.send(&mut talk, Peer::Server, &b"HTTP/1.1 200\r\n\r\n".repeat(2_500));
        })
    });
    play.unwrap().join().unwrap();
}
