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

/// What has to be given up is looked for everywhere before a connection is forgotten.
#[test]
fn no_connection_is_forgotten_while_another_one_has_something_to_free() {
    const SMALL: u32 = 400;
    const LARGE: u32 = 300;
    let (mut freed, mut fitted) = (0, 0);
    // Enough for what cannot be freed, and at last for all of it. Where the cap is reached depends on it.
    for memory_bytes in (1_400_000..2_600_000).step_by(50_000) {
        // A message of which half a megabyte has come, among sessions that hold nothing.
        let (findings, messages) = told(Limits { memory_bytes, ..Limits::default() }, &mut |flood| {
            let mut talks: Vec<Talk> = (0..SMALL).map(Talk::new).collect();
            for talk in &mut talks {
                flood.upgrade(talk, "");
                if talk.client == LARGE {
                    let half = &frame(Peer::Server, 0x02, &vec![0x55; 1 << 20])[..1 << 19];
                    flood.send(talk, Peer::Server, half);
                }
            }
            for talk in talks.iter_mut().filter(|talk| talk.client != LARGE) {
                flood.send(talk, Peer::Server, &frame(Peer::Server, 0x81, b"still here"));
            }
        });
        let is_limit = |finding: &&Finding| finding.id == Id::LimitReached;
        let reached: Vec<&str> = findings.iter().filter(is_limit).map(|finding| &*finding.summary).collect();
        let told_to_be = |what: &str| reached.iter().any(|summary| summary.contains(what));
        assert!(!told_to_be("forgotten"), "{memory_bytes}: {reached:?}");
        assert_eq!(messages.len() + 1, SMALL as usize, "{memory_bytes}");
        freed += usize::from(told_to_be("in less detail"));
        fitted += usize::from(reached.is_empty());
    }
    assert!(freed > 5 && fitted > 0, "{freed} {fitted}");
}

/// However little each session could free at no cost, the cap is one.
#[test]
fn sessions_with_a_little_idle_memory_each_do_not_exceed_the_cap_together() {
    let (findings, _) = told(Limits { memory_bytes: 400_000, ..Limits::default() }, &mut |flood| {
        for client in 0..400 {
            let mut talk = Talk::new(client);
            flood.upgrade(&mut talk, "");
            for from in Peer::BOTH {
                flood.send(&mut talk, from, &frame(from, 0x81, &[b'x'; 120]));
            }
        }
    });
    assert!(ids(&findings).contains(&"limit-reached".to_owned()), "{:?}", ids(&findings));
}
