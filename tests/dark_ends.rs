//! How TLS that no secret opens ends is told as far as TCP and the sizes and types of records show it, and no further.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{OwnedSegment, analyze_as, capture, segments};
use std::time::Duration;
use wsight::analyzer::Config;
use wsight::model::Flags;

const PORT: u16 = 443;

/// How the server ends TCP.
const FIN: u8 = 0x11;
const RST: u8 = 0x14;

/// What is said of segments when no secret is there, and the user named the server's port.
fn told(segments: &[OwnedSegment]) -> Vec<String> {
    let config = Config { server_ports: vec![PORT], ..Config::default() };
    let story = analyze_as(config, segments);
    assert!(story.facts.iter().any(|fact| fact.contains(" dark ")), "{:?}", story.facts);
    story.findings.iter().map(|line| line.split(" PacketNumber").next().unwrap().to_owned()).collect()
}

/// A recording up to the last bytes of which `is_kept` says so, and the server's end of TCP behind them.
fn ended_by_server(name: &str, bits: u8, is_kept: impl Fn(&OwnedSegment) -> bool) -> Vec<OwnedSegment> {
    let mut all = segments(&capture(name));
    let last = all.iter().rposition(|segment| !segment.payload.is_empty() && is_kept(segment)).unwrap();
    all.truncate(last + 1);
    let of = |port_of: fn(&OwnedSegment) -> u16| {
        all.iter().rfind(|segment| port_of(segment) == PORT && !segment.flags.syn()).unwrap().clone()
    };
    let (server, client) = (of(|segment| segment.source.port()), of(|segment| segment.destination.port()));
    let next =
        |segment: &OwnedSegment| segment.sequence.wrapping_add(u32::try_from(segment.payload.len()).unwrap());
    let mut stamp = all.last().unwrap().stamp;
    stamp.packet.0 += 1;
    let (sequence, acknowledgment) = (next(&server), next(&client));
    all.push(OwnedSegment {
        stamp,
        sequence,
        acknowledgment,
        payload: Vec::new(),
        flags: Flags::of_header(bits),
        ..server
    });
    all
}

/// Whether a segment has a record with an alert: by its type, or in TLS 1.3 by its size.
fn is_alert(segment: &OwnedSegment) -> bool {
    segment.payload[0] == 21 || segment.payload.len() == 24
}

const TLS_13: &str = "tls-1.3.pcapng";
const TLS_12: &str = "tls-1.2-aes-128-gcm.pcapng";

#[test]
fn a_reset_while_tls_is_open_is_told_with_a_doubt() {
    for name in [TLS_13, TLS_12] {
        let reset = ended_by_server(name, RST, |segment| !is_alert(segment));
        let findings = told(&reset);
        assert!(
            findings.iter().any(|line| line.starts_with("connection-reset tentative Some(Server)")),
            "{findings:?}"
        );
    }
}

#[test]
fn a_reset_after_what_may_be_a_close_notify_accuses_nobody() {
    for name in [TLS_13, TLS_12] {
        let findings = told(&ended_by_server(name, RST, |_| true));
        assert!(findings.iter().all(|line| !line.starts_with("connection-reset")), "{name}: {findings:?}");
    }
}

#[test]
fn an_end_without_close_notify_is_certain_where_records_bear_their_type() {
    for (name, certainty) in [(TLS_13, "tentative"), (TLS_12, "certain")] {
        let findings = told(&ended_by_server(name, FIN, |segment| !is_alert(segment)));
        let expected = format!("tls-closed-early {certainty} Some(Server)");
        assert!(findings.iter().any(|line| line.starts_with(&expected)), "{name}: {findings:?}");
    }
}

#[test]
fn an_orderly_end_in_the_dark_is_nothing_to_tell() {
    for name in [TLS_13, TLS_12] {
        let whole = segments(&capture(name));
        let findings = told(&whole);
        assert_eq!(findings, [""; 0], "{name}");
    }
}

#[test]
fn an_alert_that_is_captured_late_still_says_why_the_handshake_broke_off() {
    let mut all = segments(&capture("tls-alert.pcapng"));
    let alert = all.iter().position(|segment| !segment.payload.is_empty() && is_alert(segment)).unwrap();
    let end = all.iter().rposition(|segment| segment.flags.fin()).unwrap();
    // The server's FIN, which acknowledges the alert, comes before it.
    assert_eq!(all[end].source.port(), PORT);
    all[alert..=end].rotate_left(1);
    for (number, segment) in (1..).zip(&mut all) {
        segment.stamp.packet.0 = number;
    }
    let findings = analyze_as(Config::default(), &all).findings;
    assert!(findings.iter().any(|line| line.starts_with("tls-alert certain")), "{findings:?}");
    assert!(findings.iter().all(|line| !line.starts_with("tls-handshake-broken")), "{findings:?}");
}

/// What the recordings have said when both sides have exchanged a message.
const TALK: u64 = 19;
/// What they have said when the server's ping was answered, and before the client's Close.
const PONG: u64 = 27;

/// A recording up to this packet, in which what comes from packet 16 on comes `word` later, and in which the server ends TCP so, `end`
/// after it began.
fn talk(name: &str, last: u64, word: Duration, (bits, end): (u8, Duration)) -> Vec<OwnedSegment> {
    let mut talk = ended_by_server(name, bits, |segment| segment.stamp.packet.0 <= last);
    let begun = talk[0].stamp.time;
    for segment in &mut talk {
        let is_word = segment.stamp.packet.0 >= 16;
        segment.stamp.time = if is_word { segment.stamp.time.plus(word) } else { segment.stamp.time };
    }
    talk.last_mut().unwrap().stamp.time = begun.plus(end);
    talk
}

/// Several sessions, one after the other, each with a port of its own.
fn in_turn(sessions: Vec<Vec<OwnedSegment>>) -> Vec<OwnedSegment> {
    let mut all = Vec::new();
    for (port, mut session) in (40_001..).zip(sessions) {
        let after = Duration::from_secs(100) * (u32::from(port) - 40_000);
        for segment in &mut session {
            let client =
                if segment.source.port() == PORT { &mut segment.destination } else { &mut segment.source };
            client.set_port(port);
            segment.stamp.time = segment.stamp.time.plus(after);
        }
        all.extend(session);
    }
    for (number, segment) in (1..).zip(&mut all) {
        segment.stamp.packet.0 = number;
    }
    all
}

/// What is said of sessions whose last word comes so many seconds after they began, and their end so many seconds.
fn told_of(name: &str, bits: u8, sessions: &[(u64, u64)]) -> Vec<String> {
    let session = |&(word, end): &(u64, u64)| {
        talk(name, TALK, Duration::from_secs(word), (bits, Duration::from_secs(end)))
    };
    told(&in_turn(sessions.iter().map(session).collect()))
}

/// Whether something was found in all sessions together, and what.
fn limits(findings: &[String]) -> Vec<&str> {
    findings
        .iter()
        .filter(|line| line.starts_with("idle-timeout") || line.starts_with("lifetime-limit"))
        .map(String::as_str)
        .collect()
}

#[test]
fn limits_in_the_dark_are_told_by_when_records_came() {
    for name in [TLS_13, TLS_12] {
        for bits in [FIN, RST] {
            let idle = told_of(name, bits, &[(2, 9), (4, 11), (6, 13)]);
            assert_eq!(limits(&idle), ["idle-timeout tentative Some(Server)"], "{name}");
            let aged = told_of(name, bits, &[(11, 20), (13, 20), (15, 20)]);
            assert_eq!(limits(&aged), ["lifetime-limit tentative Some(Server)"], "{name}");
            let neither = told_of(name, bits, &[(2, 9), (4, 15), (6, 24)]);
            assert_eq!(limits(&neither), [""; 0], "{name}: they were silent for 7, 11 and 18 seconds");
        }
    }
}

#[test]
fn a_client_that_may_have_said_goodbye_had_its_own_reasons() {
    let whole = || {
        let mut whole = segments(&capture(TLS_13));
        for segment in &mut whole {
            let is_close = segment.stamp.packet.0 > PONG;
            let time = segment.stamp.time;
            segment.stamp.time = if is_close { time.plus(Duration::from_secs(20)) } else { time };
        }
        whole
    };
    let findings = told(&in_turn(vec![whole(), whole(), whole()]));
    assert_eq!(limits(&findings), [""; 0]);
}

/// The talk of a recording, 3 s later the last record of the server's in it, and a reset of the server `after` that.
fn reset_behind_notice(talk: u64, notice: &[u8], after: u64) -> Vec<OwnedSegment> {
    let mut all = ended_by_server(TLS_13, RST, |segment| segment.stamp.packet.0 <= talk);
    let mut reset = all.pop().unwrap();
    let mut record = reset.clone();
    (record.flags, record.payload) = (Flags::of_header(0x18), notice.to_vec());
    record.stamp.time = record.stamp.time.plus(Duration::from_secs(3));
    reset.sequence = reset.sequence.wrapping_add(u32::try_from(notice.len()).unwrap());
    reset.stamp.packet.0 += 1;
    reset.stamp.time = record.stamp.time.plus(Duration::from_millis(after));
    all.extend([record, reset]);
    all
}

#[test]
fn a_record_that_is_as_long_as_an_alert_is_no_end_where_nobody_ends() {
    let all = segments(&capture(TLS_13));
    let notice = &all.iter().find(|segment| segment.stamp.packet.0 == 32).unwrap().payload;
    let told = |talk: u64, after: u64| {
        let findings = told(&reset_behind_notice(talk, notice, after));
        findings.iter().any(|line| line.starts_with("connection-reset tentative Some(Server)"))
    };
    assert!(told(PONG, 1_500), "a close_notify would end TCP");
    assert!(!told(PONG, 10));
    // The server said its Close right before it.
    let mut lingers = ended_by_server(TLS_13, RST, |segment| segment.stamp.packet.0 <= 33);
    let stamp = &mut lingers.last_mut().unwrap().stamp;
    stamp.time = stamp.time.plus(Duration::from_millis(1_500));
    let findings = self::told(&lingers);
    assert!(findings.iter().all(|line| !line.starts_with("connection-reset")), "{findings:?}");
}

#[test]
fn a_request_that_is_answered_by_a_reset_is_told_where_the_user_named_the_server() {
    for name in [TLS_13, TLS_12] {
        // Packet 12 has the request.
        let reset = ended_by_server(name, RST, |segment| segment.stamp.packet.0 <= 12);
        let findings = told(&reset);
        assert_eq!(findings, ["connection-reset tentative Some(Server)"], "{name}");
        // Whoever only looks whether TLS is there has asked for nothing.
        let config = Config { server_ports: vec![PORT], ..Config::default() };
        let silent = ended_by_server(name, RST, |segment| segment.stamp.packet.0 <= 10);
        let story = analyze_as(config, &silent);
        assert!(story.facts.iter().all(|fact| !fact.contains(" dark ")), "{name}: {:?}", story.facts);
        assert!(story.findings.iter().all(|line| !line.starts_with("connection-reset")), "{name}");
        // Nor is it told of a server that nobody named.
        assert_eq!(analyze_as(Config::default(), &reset).findings, [""; 0], "{name}");
    }
}

/// A recording up to a packet, the bytes of which are sent again and again, and never acknowledged.
fn cut_off(name: &str, packet: u64) -> Vec<OwnedSegment> {
    let mut all = segments(&capture(name));
    all.retain(|segment| segment.stamp.packet.0 <= packet);
    let last = all.last().unwrap().clone();
    for times in 1..7 {
        let mut again = last.clone();
        again.stamp.packet.0 += times;
        again.stamp.time = again.stamp.time.plus(Duration::from_millis(200 << times));
        all.push(again);
    }
    all
}

#[test]
fn a_path_that_dies_in_the_handshake_is_told_where_the_user_named_the_server() {
    // The ClientHello, and the server's answer to it.
    for packet in [4, 6] {
        let dead = cut_off(TLS_13, packet);
        let config = Config { server_ports: vec![PORT], ..Config::default() };
        let story = analyze_as(config, &dead);
        assert_eq!(story.findings.len(), 1, "{:?}", story.findings);
        assert!(story.findings[0].starts_with("data-unacknowledged tentative None"), "{:?}", story.findings);
        assert_eq!(analyze_as(Config::default(), &dead).findings, [""; 0]);
        // No secret would help.
        assert!(story.facts.iter().all(|fact| !fact.contains("NoSecrets")), "{:?}", story.facts);
    }
    // The same packets, but answered.
    let mut answered = cut_off(TLS_13, 6);
    answered.extend(segments(&capture(TLS_13)).into_iter().filter(|segment| segment.stamp.packet.0 > 6).map(
        |mut segment| {
            segment.stamp.packet.0 += 10;
            segment.stamp.time = segment.stamp.time.plus(Duration::from_secs(20));
            segment
        },
    ));
    let config = Config { server_ports: vec![PORT], ..Config::default() };
    let findings = analyze_as(config, &answered).findings;
    assert!(findings.iter().all(|line| !line.starts_with("data-unacknowledged")), "{findings:?}");
}

#[test]
fn what_a_side_of_tls_says_with_an_alert_that_cannot_be_read_needs_no_secrets() {
    // In place of its Finished message, the client sends an alert: packet 34 has one.
    let all = segments(&capture(TLS_13));
    let alert = all.iter().find(|segment| segment.stamp.packet.0 == 34).unwrap().payload.clone();
    let mut refused = ended_by_server(TLS_13, FIN, |segment| segment.stamp.packet.0 <= 7);
    let mut finished = all.iter().find(|segment| segment.stamp.packet.0 == 8).unwrap().clone();
    finished.payload = alert;
    refused.pop();
    let mut left = finished.clone();
    left.sequence = left.sequence.wrapping_add(24);
    (left.payload, left.flags) = (Vec::new(), Flags::of_header(FIN));
    left.stamp.packet.0 += 1;
    refused.extend([finished, left]);
    let story = analyze_as(Config::default(), &refused);
    assert!(story.facts.iter().any(|fact| fact.contains("HandshakeBroken")), "{:?}", story.facts);
    // Whose handshake comes to its end has said what secrets would show.
    let story = analyze_as(Config::default(), &all);
    assert!(story.facts.iter().all(|fact| !fact.contains("HandshakeBroken")), "{:?}", story.facts);
}
