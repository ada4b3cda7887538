//! How TLS that no secret opens ends is told as far as TCP and the sizes and types of records show it, and no further.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{OwnedSegment, analyze_as, capture, segments};
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
    story.findings.iter().map(|line| line.split(" Some(Packet").next().unwrap().to_owned()).collect()
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
