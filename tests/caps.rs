//! What holds for every capture where a cap is reached, TLS, HTTP/2 and late starts included: however its packets are
//! cut, ordered or repeated, a cap that changes what is told is told itself, and nothing is invented, nobody accused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, OwnedSegment, Story, analyze_before, captures, key_logs, mixed, secrets, segments};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use wsight::analyzer::Config;
use wsight::model::{Limit, Limits};
use wsight::tls::{Expecting, Secrets};

/// Caps on memory and on waiting, so low that captures reach them.
const CAPS: [(Limit, u64); 23] = [
    (Limit::MemoryBytes, 3_000),
    (Limit::MemoryBytes, 20_000),
    (Limit::MemoryBytes, 60_000),
    (Limit::Connections, 1),
    (Limit::ReorderBytes, 0),
    (Limit::ReorderTotalBytes, 0),
    (Limit::ReorderPackets, 1),
    (Limit::SkewMs, 1),
    (Limit::TlsHeldBytes, 0),
    (Limit::TlsHeldBytes, 600),
    (Limit::HeadBytes, 60),
    (Limit::PipelinedRequests, 0),
    (Limit::EarlyBytes, 0),
    (Limit::Http2Streams, 1),
    (Limit::Http2HeadBytes, 60),
    (Limit::Http2TableBytes, 1),
    (Limit::MessageBytes, 10),
    (Limit::OutstandingPings, 1),
    (Limit::FindingsPerSession, 1),
    (Limit::OrdinaryExchanges, 0),
    (Limit::InvitedBytes, 0),
    (Limit::RememberedPeers, 1),
    (Limit::LegMessages, 1),
];

/// A capture, and what opens the TLS in it.
struct Recording {
    name: String,
    segments: Vec<OwnedSegment>,
    secrets: Arc<Secrets>,
    logs: Vec<Vec<u8>>,
}

impl Recording {
    fn new(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Self { name, segments: segments(path), secrets: secrets(path), logs: key_logs(path) }
    }

    /// What is told of these segments of it. Where `waits`, its secrets come after the last one, as through a pipe.
    fn told(&self, segments: &[OwnedSegment], limits: &Limits, waits: bool) -> Story {
        let config = Config { keep: limits.message_bytes, limits: limits.clone(), ..Config::default() };
        if waits {
            let expecting = Expecting::Secrets { held_bytes: limits.tls_held_bytes };
            analyze_before(Config { expecting, ..config }, segments, &self.logs)
        } else {
            analyze_before(Config { secrets: Arc::clone(&self.secrets), ..config }, segments, &[])
        }
        .sorted()
    }

    /// Its packets as several captures of it may have them: cut, repeated, in another order, and each of that from a later
    /// one on.
    fn shapes(&self) -> Vec<(String, Vec<OwnedSegment>)> {
        let mut shapes = Vec::new();
        for seed in 0..3 {
            let mut dice = Dice(seed);
            let start = if seed == 0 { 0 } else { dice.roll(self.segments.len()) };
            let rest = &self.segments[start..];
            let cut = rest.iter().flat_map(|segment| segment.split(20)).collect();
            let twice = rest.iter().flat_map(|segment| [segment.clone(), segment.clone()]).collect();
            shapes.push((format!("from {start}"), rest.to_vec()));
            shapes.push((format!("from {start}, in pieces of 20"), cut));
            shapes.push((format!("from {start}, twice"), twice));
            shapes.push((format!("from {start}, mixed"), mixed(rest, &mut dice)));
        }
        shapes
    }
}

/// Whether the end of the wait is told, as what it leads to, rather than the limit.
const fn is_wait(limit: Limit) -> bool {
    matches!(limit, Limit::ReorderPackets | Limit::ReorderMs | Limit::SkewMs)
}

/// Whether something tells that a cap was reached. What waited for secrets is told to have waited too long, and a message
/// that inflates to more than the limit has a finding of its own.
fn is_told(story: &Story) -> bool {
    let is_about_a_limit =
        |line: &String| line.starts_with("limit-reached") || line.starts_with("message-too-large");
    story.findings.iter().any(is_about_a_limit)
        || story.facts.iter().any(|fact| fact.contains("SecretsTooLate"))
}

/// Whether `accusation` is one of those, with other figures: the number of a frame depends on what was read before it. Of
/// writers that share no lock less is known where memory is short.
fn is_one_of(accusation: &str, accusations: &[String]) -> bool {
    let id = |line: &str| line.split(':').next().unwrap().to_owned();
    let is_like = |known: &String| {
        id(known) == id(accusation)
            || id(known) == "frame-interleaved" && id(accusation) == "stream-not-websocket"
    };
    accusations.iter().any(is_like)
}

/// The story without why a TLS session stays closed.
fn without_reasons(story: &Story) -> Story {
    let mut story = story.clone();
    for fact in story.facts.iter_mut().filter(|fact| fact.starts_with("tls ")) {
        if let Some(at) = fact.find(" none Some(") {
            fact.truncate(at);
        }
    }
    story
}

#[test]
fn a_cap_that_changes_what_is_told_is_told_and_accuses_nobody() {
    // How many tellings each cap changed: over TLS, over HTTP/2, and others.
    let mut reached: BTreeMap<(Limit, u64), [usize; 3]> = BTreeMap::new();
    let mut faults = Vec::new();
    for recording in captures().iter().map(|path| Recording::new(path)) {
        // Of two contents the first one counts: which that is depends on order.
        if recording.name == "tcp-overlap-conflict" {
            continue;
        }
        let kind = match &*recording.name {
            name if name.starts_with("tls-") || name == "nghttpx-tls" => 0,
            name if name.contains("http2") => 1,
            _ => 2,
        };
        let whole = recording.told(&recording.segments, &Limits::default(), false);
        for (shape, segments) in recording.shapes() {
            let free = [false, true].map(|waits| recording.told(&segments, &Limits::default(), waits));
            for (limit, value) in CAPS {
                let mut limits = Limits::default();
                *limits.of_mut(limit) = value;
                let waits = limit == Limit::TlsHeldBytes;
                let free = &free[usize::from(waits)];
                let told = recording.told(&segments, &limits, waits);
                if told == *free {
                    continue;
                }
                reached.entry((limit, value)).or_default()[kind] += 1;
                let mut fault = |what: &str| {
                    faults.push(format!("{}, {shape}, {limit} = {value}: {what}", recording.name));
                };
                // What stays closed has its reason by the secrets that were there when it was told: those that would open
                // it never came.
                let is_reason = waits && without_reasons(&told) == without_reasons(free);
                if !is_wait(limit) && !is_told(&told) && !is_reason {
                    fault("changed in silence");
                }
                for message in &told.messages {
                    // Of a message that memory is too short for, the beginning is kept.
                    let is_sent = |story: &Story| story.messages.iter().any(|sent| sent.starts_with(message));
                    // A connection that is forgotten goes on as one that the capture begins inside of: of those, other
                    // secrets are tried.
                    let begun_late = || {
                        [&recording.segments, &segments].into_iter().any(|segments| {
                            let mut starts = 1..segments.len();
                            starts.any(|start| {
                                is_sent(&recording.told(&segments[start..], &Limits::default(), waits))
                            })
                        })
                    };
                    if !is_sent(&whole) && !is_sent(free) && !begun_late() {
                        fault(&format!("invented {message:?}"));
                    }
                }
                for accusation in &told.accusations {
                    if !is_one_of(accusation, &whole.accusations) && !is_one_of(accusation, &free.accusations)
                    {
                        fault(accusation);
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults: {faults:#?}", faults.len());
    assert!(CAPS.iter().all(|cap| reached.contains_key(cap)), "each cap is reached: {reached:?}");
    for cap in [
        (Limit::MemoryBytes, 3_000),
        (Limit::ReorderBytes, 0),
        (Limit::TlsHeldBytes, 600),
        (Limit::Http2Streams, 1),
    ] {
        assert!(reached[&cap][0] > 0, "{} over TLS: {reached:?}", cap.0);
    }
    for cap in [
        (Limit::MemoryBytes, 20_000),
        (Limit::Http2Streams, 1),
        (Limit::Http2HeadBytes, 60),
        (Limit::Http2TableBytes, 1),
    ] {
        assert!(reached[&cap][1] > 0, "{} over HTTP/2: {reached:?}", cap.0);
    }
}
