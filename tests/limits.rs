//! Caps: what is beyond one is told to be, and what one costs accuses nobody.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod flood;

use flood::{Deflater, Flood, Packets, Talk, frame, heads, http2_frame, http2_prefaces, http2_upgrade};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, Finding, FindingField, Id, Severity};
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

/// The limits that are told to be reached.
fn reached(findings: &[Finding]) -> Vec<String> {
    let of = |finding: &Finding| finding.text(FindingField::Limit).unwrap().to_owned();
    findings.iter().filter(|finding| finding.id == Id::LimitReached).map(of).collect()
}

/// Requests without an answer wait, so many of them that the connection is not followed: not in silence.
#[test]
fn a_client_that_pipelines_too_many_requests_is_told_to_be_given_up() {
    let pipelined = |limits: Limits| {
        told(limits, &mut |flood| {
            let mut talk = Talk::new(1);
            flood.open(&talk);
            flood.send(&mut talk, Peer::Client, &b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(65));
            let (request, response) = heads(1, "");
            let answers = b"HTTP/1.1 204 No Content\r\n\r\n".repeat(65);
            flood.send(&mut talk, Peer::Server, &answers);
            flood.send(&mut talk, Peer::Client, request.as_bytes());
            flood.send(&mut talk, Peer::Server, response.as_bytes());
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x81, b"let in"));
        })
    };
    let (findings, messages) = pipelined(Limits::default());
    assert_eq!(reached(&findings), ["pipelined-requests"]);
    assert!(messages.is_empty());
    let (findings, messages) = pipelined(Limits { pipelined_requests: 65, ..Limits::default() });
    assert!(reached(&findings).is_empty());
    assert_eq!(messages, [b"let in"]);
}

/// What a client sends before it is let in is kept up to a limit. Beyond it all of that is lost, and what follows is read
/// all the same, on nobody's account.
#[test]
fn what_a_client_sends_too_early_is_told_to_be_lost() {
    type Play<'p> = &'p dyn Fn(&mut Packets<'_>, &[u8], &[u8]);
    let over_http1 = |flood: &mut Packets<'_>, early: &[u8], late: &[u8]| {
        let mut talk = Talk::new(1);
        flood.open(&talk);
        let (request, response) = heads(1, "");
        flood.send(&mut talk, Peer::Client, request.as_bytes());
        flood.send(&mut talk, Peer::Client, early);
        flood.send(&mut talk, Peer::Server, response.as_bytes());
        flood.send(&mut talk, Peer::Client, late);
    };
    let over_http2 = |flood: &mut Packets<'_>, early: &[u8], late: &[u8]| {
        let mut talk = Talk::new(1);
        flood.open(&talk);
        let [client, server] = http2_prefaces();
        flood.send(&mut talk, Peer::Client, &client);
        flood.send(&mut talk, Peer::Server, &server);
        let [request, response] = http2_upgrade(1);
        flood.send(&mut talk, Peer::Client, &request);
        // The frames of WebSocket are cut where those of HTTP/2 end.
        for data in early.chunks(16_000) {
            flood.send(&mut talk, Peer::Client, &http2_frame(0, 0, 1, data));
        }
        flood.send(&mut talk, Peer::Server, &response);
        flood.send(&mut talk, Peer::Client, &http2_frame(0, 0, 1, late));
    };
    let carriers: [(&str, Play<'_>); 2] = [("HTTP/1.1", &over_http1), ("HTTP/2", &over_http2)];
    let text = |payload: &[u8]| frame(Peer::Client, 0x81, payload);
    let early: Vec<u8> = (b'a'..b'd').flat_map(|letter| text(&vec![letter; 30_000])).collect();
    let late: Vec<u8> = [&b"first"[..], b"second", b"third"].into_iter().flat_map(text).collect();
    for (carrier, play) in carriers {
        let (findings, messages) = told(Limits::default(), &mut |flood| play(flood, &early, &late));
        assert_eq!(reached(&findings), ["early-bytes"], "{carrier}");
        assert!(messages.iter().any(|message| message == b"third"), "{carrier}: {} messages", messages.len());
        let is_of_early = |finding: &&Finding| finding.id != Id::UpgradeDataEarly;
        let accused = |finding: &&Finding| matches!(finding.class, Class::Violation | Class::Failure);
        let accused: Vec<&Finding> = findings
            .iter()
            .filter(is_of_early)
            .filter(accused)
            .filter(|f| f.certainty == Certainty::Certain)
            .collect();
        assert!(accused.is_empty(), "{carrier}: {accused:#?}");
        let plenty = Limits { early_bytes: 1 << 20, ..Limits::default() };
        let (findings, messages) = told(plenty, &mut |flood| play(flood, &early, &late));
        assert!(reached(&findings).is_empty(), "{carrier}");
        assert_eq!(messages.len(), 6, "{carrier}");
    }
}

/// A server of HTTP/2 that goes on and on before its client has said a word, as far as the capture has it: it is known by its
/// first bytes, and read without the client.
#[test]
fn a_server_that_speaks_first_for_long_is_read_alone() {
    let (findings, _) = told(Limits::default(), &mut |flood| {
        let mut talk = Talk::new(1);
        flood.open(&talk);
        let [_, server] = http2_prefaces();
        flood.send(&mut talk, Peer::Server, &server);
        for _ in 0..5 {
            flood.send(&mut talk, Peer::Server, &http2_frame(0, 0, 1, &[0; 16_000]));
        }
    });
    assert_eq!(reached(&findings), [""; 0]);
}

/// A head is read to its end even where it passes the limits of common peers, but not for ever.
#[test]
fn a_head_that_is_not_read_to_its_end_is_told() {
    // Without and with a hint at a WebSocket in what is read of it, and in front of its answer.
    for hint in ["", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"] {
        let long = |limits: Limits| {
            told(limits, &mut |flood| {
                let mut talk = Talk::new(1);
                flood.open(&talk);
                let (request, response) = heads(1, "");
                let cookies = format!("Cookie: {}\r\n", "c".repeat(4_000)).repeat(70);
                let request = request.replacen("\r\n", &format!("\r\n{hint}{cookies}"), 1);
                flood.send(&mut talk, Peer::Client, request.as_bytes());
                flood.send(&mut talk, Peer::Server, response.as_bytes());
                flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x81, b"let in"));
            })
        };
        let (findings, _) = long(Limits::default());
        assert_eq!(reached(&findings), ["head-bytes"], "{hint:?}");
        let (findings, messages) = long(Limits { head_bytes: 1 << 20, ..Limits::default() });
        assert!(reached(&findings).is_empty(), "{hint:?}");
        assert_eq!(messages, [b"let in"], "{hint:?}");
    }
}

/// Clients that are asked for a password all at once and then send it: no refusal is a failure, however many there are.
#[test]
fn refusals_that_are_not_seen_to_be_taken_up_are_told_to_be_beyond_the_limit() {
    let asked = |limits: Limits| {
        told(limits, &mut |flood| {
            let mut talks: Vec<Talk> = (0..100).map(Talk::new).collect();
            for talk in &mut talks {
                flood.open(talk);
                flood.send(talk, Peer::Client, heads(talk.client.into(), "").0.as_bytes());
                let refusal =
                    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
                flood.send(talk, Peer::Server, refusal);
            }
            for talk in &mut talks {
                let (request, response) = heads(u64::from(talk.client) + 1_000, "");
                let request = request.replacen("\r\n", "\r\nAuthorization: Basic YTpi\r\n", 1);
                flood.send(talk, Peer::Client, request.as_bytes());
                flood.send(talk, Peer::Server, response.as_bytes());
            }
        })
    };
    let worse = |finding: &&Finding| finding.id == Id::UpgradeRejected && finding.severity > Severity::Note;
    let (findings, _) = asked(Limits::default());
    assert!(reached(&findings).is_empty());
    assert_eq!(findings.iter().filter(worse).count(), 0);
    let (findings, _) = asked(Limits { invited_bytes: 50_000, ..Limits::default() });
    assert_eq!(reached(&findings), ["invited-bytes"]);
    assert!(findings.iter().filter(worse).count() > 0);
}

/// A client of SOCKS that sends all it has to say before the proxy has opened the tunnel.
#[test]
fn what_comes_before_the_tunnel_is_told_not_to_be_read_beyond_the_limit() {
    let through = |limits: Limits| {
        told(limits, &mut |flood| {
            let mut talk = Talk::new(1);
            flood.open(&talk);
            flood.send(&mut talk, Peer::Client, b"\x04\x01\0\x50\x0a\0\0\x02me\0");
            let (request, response) = heads(1, "");
            flood.send(&mut talk, Peer::Client, request.as_bytes());
            flood.send(&mut talk, Peer::Server, b"\0\x5a\0\0\0\0\0\0");
            flood.send(&mut talk, Peer::Server, response.as_bytes());
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x81, b"let in"));
        })
    };
    let (findings, messages) = through(Limits::default());
    assert_eq!((reached(&findings).len(), messages.len()), (0, 1));
    let (findings, _) = through(Limits { early_bytes: 50, ..Limits::default() });
    assert_eq!(reached(&findings), ["early-bytes"]);
}
