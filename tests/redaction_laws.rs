//! The law of redacted packets: what was wrong is wrong in them, where it was, and what was right is right, in whatever
//! happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod redacted;
mod reported;
mod scenario;

use redacted::{Told, redacted};
use scenario::{OwnedPacket, Scenario};

/// What differs between these packets and what redaction leaves of them.
fn difference(packets: &[OwnedPacket]) -> Option<String> {
    let (left, _) = redacted(packets);
    let (before, after) = (Told::of(packets), Told::of(&left));
    // A message that is another one on the other side of a proxy, or that is there once more, is told only if its length shows it,
    // which is said.
    let is_unlike = |fact: &str| {
        ["changed", "added"].iter().any(|what| fact.starts_with(&format!("finding hop-{what}-message ")))
    };
    let is_told = |fact: &String| !is_unlike(fact);
    let [before, after] = [before, after].map(|told| {
        let mut facts: Vec<String> = told.facts.into_iter().filter(is_told).collect();
        facts.sort();
        facts
    });
    let gone = before.iter().filter(|fact| !after.contains(fact));
    let new = after.iter().filter(|fact| !before.contains(fact));
    let told: Vec<String> = gone
        .map(|fact| format!("  gone: {fact}\n"))
        .chain(new.map(|fact| format!("  new: {fact}\n")))
        .collect();
    (before != after).then(|| told.concat())
}

#[test]
fn every_fault_stays_the_same_and_what_is_right_stays_right() {
    let mut wrong = Vec::new();
    for case in scenario::cases::all() {
        for (kind, text) in [("faulty", case.faulty), ("clean", case.clean)] {
            if let Some(told) = difference(Scenario::parse(text).packets()) {
                wrong.push(format!("{} {kind}: {text}\n{told}", case.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether there is a `ClientHello` of TLS in this packet, behind headers without options.
fn is_client_hello(packet: &OwnedPacket) -> bool {
    packet
        .bytes
        .get(54..)
        .is_some_and(|payload| payload.starts_with(&[22, 3, 1]) && payload.get(5) == Some(&1))
}

#[test]
fn every_fault_stays_the_same_whichever_packet_was_lost() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for case in scenario::cases::all() {
        let scenario = Scenario::parse(case.faulty);
        let packets = scenario.packets();
        if packets.len() > 60 {
            continue;
        }
        for lost in 0..packets.len() {
            // Without the random of a `ClientHello` a key log cannot name the secrets of a copy, not even for a suite that has none.
            if is_client_hello(&packets[lost]) {
                continue;
            }
            let mut left = packets.to_vec();
            left.remove(lost);
            seen += 1;
            if let Some(told) = difference(&left) {
                wrong.push(format!("{} without packet {lost}: {}\n{told}", case.id, case.faulty));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}\n{}", wrong.len(), wrong.join("\n"));
}

/// Situations of which a copy shows less: what decides there is what bytes say that are no frames, or that were sent twice with
/// other bytes. docs/OUTPUT.md says so.
const UNLIKE: [&str; 15] = [
    "the capture begins with a request; the server sends a frame before its 101, and the client leaves",
    "the same, and the client stays",
    "the capture begins with what the server says before its 101, and the rest of the client is lost",
    "a frame of the server is all that comes before the request, and the server ends what it accepted then",
    "an answer that refuses is sent again with other bytes before it is acknowledged",
    "the same of one that invites to try again",
    "client's bytes are lost before the answer over HTTP/2 is read, which is lost as well",
    "a bogus header is cut by the end of the stream: not the other side's fault, and not certain",
    "the client leaves inside a binary frame that carries another WebSocket, as a tunnel sends it",
    "the same, and the capture ends there",
    "a frame full of frames is cut off when the client leaves",
    "each length of the client, of text messages, leaves out the last byte",
    "each length of the client, of binary messages, leaves out the last byte",
    "a plain text is written into a compressed message by another thread",
    "the capture lacks the request, and plain text has RSV1 behind a message that inflates",
];

#[test]
fn what_is_told_of_other_situations_stays_the_same() {
    let mut wrong = Vec::new();
    for situation in reported::all().filter(|situation| !UNLIKE.contains(&situation.what)) {
        if let Some(told) = difference(Scenario::parse(situation.scenario).packets()) {
            wrong.push(format!("{}: {}\n{told}", situation.what, situation.scenario));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
