//! What is told of packets, and of what redaction leaves of them.
#![allow(dead_code, reason = "of which each test crate uses its own part")]

use crate::scenario::OwnedPacket;
use std::collections::BTreeSet;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Finding, FindingValue};
use wsight::model::Limits;
use wsight::redact::{Learning, Redaction, SharedNames};
use wsight::upgrade::Upgrade;

/// What the analysis of packets tells.
#[derive(Default)]
pub(crate) struct Told {
    /// Attempts, sessions, frames and findings: all that redaction leaves as it is.
    pub(crate) facts: Vec<String>,
    pub(crate) over_http2: usize,
    pub(crate) sessions: usize,
    pub(crate) findings: usize,
    /// What was said by somebody: values of headers, and messages.
    said: Vec<Vec<u8>>,
}

impl Told {
    pub(crate) fn of(packets: &[OwnedPacket]) -> Self {
        let mut told = Self::default();
        let mut analyzer = Analyzer::new(Config { keep: 1 << 20, ..Config::default() });
        let mut take = |output: &Output<'_>| told.take(output);
        for (number, packet) in (1..).zip(packets) {
            analyzer.push(&packet.borrowed(number, number), &mut take);
        }
        analyzer.finish(&mut take);
        told
    }

    fn take(&mut self, output: &Output<'_>) {
        match output {
            Output::Upgrade(place, upgrade) => {
                let over = upgrade.via.http2();
                self.over_http2 += usize::from(over.is_some());
                let fields = over.map(|over| (over.stream, over.unknown_fields, over.guessed_fields));
                let (first, last) = (upgrade.first.packet, upgrade.last.packet);
                let outcome = upgrade.outcome.name();
                self.facts.push(format!("upgrade {} {outcome} {fields:?} {first} {last}", place.session));
                self.listen(upgrade);
            }
            Output::Frame(place, frame) => {
                let (header, end) = (frame.header, frame.end);
                self.facts.push(format!(
                    "frame {} {} {} {header:?} {end:?} {} {}",
                    place.session, frame.from, frame.number, frame.first.packet, frame.last.packet
                ));
            }
            Output::Message(_, message) => self.said.push(message.payload.to_vec()),
            Output::Session(summary) => {
                self.sessions += 1;
                let (frames, bytes) = (summary.frames, summary.bytes);
                self.facts.push(format!("session {} {frames:?} {bytes:?}", summary.place.session));
            }
            Output::Finding(finding) => {
                self.findings += 1;
                self.facts.push(in_words(finding));
            }
            _ => {}
        }
    }

    /// Takes what the heads of an attempt say.
    fn listen(&mut self, upgrade: &Upgrade) {
        let request = upgrade.request.whole().map(|request| &request.head);
        let response = upgrade.response.whole().map(|response| &response.head);
        for header in request.into_iter().chain(response).flat_map(|head| head.headers.iter()) {
            self.said.push(header.value.to_vec());
        }
    }

    /// Every six bytes in a row of what was said, as far as they say something.
    pub(crate) fn words(&self) -> BTreeSet<&[u8]> {
        /// Words of the protocol.
        const PUBLIC: &str = "connect websocket https:// http2-settings AAMAAABkAAQAAP__ permessage-deflate; client_max_window_bits=15 server_max_window_bits=15 \
            server_no_context_takeover; client_no_context_takeover upgrade, keep-alive chunked trailers graphql-ws";
        let is_public =
            |word: &[u8]| PUBLIC.as_bytes().windows(6).any(|public| public.eq_ignore_ascii_case(word));
        let says_something = |word: &&[u8]| {
            word.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 5
                && !word.iter().all(|byte| b"xX1 ".contains(byte))
                && !is_public(word)
        };
        self.said.iter().flat_map(|said| said.windows(6)).filter(says_something).collect()
    }
}

/// What stays of a finding.
fn in_words(finding: &Finding) -> String {
    let Finding { id, class, severity, certainty, stamp, session, from, frame, .. } = finding;
    // Compressed messages inflate to others.
    let is_of_http2 = id.name().starts_with("http2-");
    let figures =
        finding.fields.iter().filter(|(_, value)| matches!(value, FindingValue::Number(_)) && is_of_http2);
    let figures: Vec<String> = figures.map(|figure| format!("{figure:?}")).collect();
    format!(
        "finding {} {class:?} {severity:?} {certainty:?} {} {session:?} {from:?} {frame:?} {figures:?}",
        id.name(),
        stamp.packet
    )
}

/// What is left of packets, and whether that is all of them.
pub(crate) fn redacted(packets: &[OwnedPacket]) -> (Vec<OwnedPacket>, bool) {
    redacted_under(&Limits::default(), packets)
}

pub(crate) fn redacted_under(limits: &Limits, packets: &[OwnedPacket]) -> (Vec<OwnedPacket>, bool) {
    let names = SharedNames::new(limits);
    let mut learning = Learning::new(limits, &[], names.clone(), std::sync::Arc::default());
    for (number, packet) in (1..).zip(packets) {
        learning.push(&packet.borrowed(number, number));
    }
    let mut redaction = Redaction::new(learning.finish(), names, limits);
    let left = (1..).zip(packets).map(|(number, packet)| {
        let left = redaction.packet(&packet.borrowed(number, number));
        OwnedPacket { wire_length: left.wire_length, link: left.link, bytes: left.bytes, ..*packet }
    });
    let left = left.collect();
    (left, redaction.left_out().is_empty())
}

/// The same is told of what is left of these packets, but nothing of what was said. Returns what is left, and what is told.
pub(crate) fn stays_the_same(packets: &[OwnedPacket], what: &str) -> (Vec<OwnedPacket>, Told) {
    let (left, is_whole) = redacted(packets);
    assert!(is_whole, "{what}");
    let (before, after) = (Told::of(packets), Told::of(&left));
    assert_eq!(before.facts, after.facts, "{what}");
    let (words, still) = (before.words(), after.words());
    let telling: Vec<_> = words.intersection(&still).map(|word| String::from_utf8_lossy(word)).collect();
    assert!(telling.is_empty(), "{what}: {telling:?}");
    for packet in &left {
        let told = packet.bytes.windows(6).find(|window| words.contains(window));
        assert_eq!(told.map(String::from_utf8_lossy), None, "{what}");
    }
    (left, after)
}
