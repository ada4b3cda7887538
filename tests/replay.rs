//! What is read again is what was read before, for every capture of this repository; where a limit was reached it may
//! also be said that it cannot be shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod common;
mod flood;

use base64::Engine;
use common::{Dice, captures};
use flood::{Deflater, Flood, Packets, Talk, frame};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Described, Files, Input, SavedSecrets, Source, Writer, secrets_in};
use wsight::model::{Captured, Limit, Limits, Peer, SessionId};
use wsight::replay::{Fact, LetterCase, Load, Needle, Replay, ReplayError, header_bytes};
use wsight::report::{InputNames, JsonLines, Payload, Sink};
use wsight::tls::{KeyLog, Origin, Secrets};
use wsight::ws::FrameEnd;

fn loaded(path: &Path) -> Load {
    loaded_all(&[path.to_owned()])
}

fn loaded_all(paths: &[PathBuf]) -> Load {
    loaded_with(paths, Config::default())
}

fn loaded_with(paths: &[PathBuf], mut config: Config) -> Load {
    // As the program does: secrets may stand after the packets that they open.
    let mut secrets = Secrets::default();
    for path in paths {
        let mut log = KeyLog::new(Origin::Capture);
        secrets_in(path, &mut |bytes| {
            log.push(bytes, &mut secrets);
            log.finish(&mut secrets);
        })
        .unwrap();
    }
    config.secrets = Arc::new(secrets);
    let load = Load::start(paths.iter().cloned().map(Input::File).collect(), config);
    while !load.is_done() {
        thread::yield_now();
    }
    load
}

/// What `--payload full` prints as JSON.
fn printed(paths: &[PathBuf]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .args(["--format", "json", "--payload", "full"])
        .args(paths)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn payload(line: &Value) -> Option<Vec<u8>> {
    let text = line["text"].as_str().map(|text| text.as_bytes().to_vec());
    let base64 = |field: &Value| base64::prelude::BASE64_STANDARD.decode(field.as_str()?).ok();
    text.or_else(|| hex::decode(line["payload_hex"].as_str()?).ok()).or_else(|| base64(&line["data_base64"]))
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_else(|| panic!("no {field} in {line}"))
}

/// Asks for the payload of every complete message and control frame, forwards and backwards, and compares it with what
/// the JSON has. Returns how many messages and control frames there were.
fn compare(paths: &[PathBuf]) -> (usize, usize) {
    let (mut messages, mut controls) = (0, 0);
    let load = loaded_all(paths);
    let mut replay = load.replay();
    let lines = printed(paths);
    for line in lines.iter().chain(lines.iter().rev()) {
        let Some(expected) = payload(line) else { continue };
        let place = format!("{paths:?}: {line}");
        let session = || SessionId(number(line, "session"));
        match line["type"].as_str().unwrap() {
            "message" if line["complete"] == true => {
                messages += 1;
                let found = replay.message(session(), number(line, "message")).expect(&place);
                assert_eq!((&found.plain, found.cut), (&expected, 0), "{place}");
            }
            "frame" => {
                controls += 1;
                let found = replay.frame(session(), number(line, "frame")).expect(&place);
                assert_eq!(found.plain, expected, "{place}");
            }
            _ => {}
        }
    }
    (messages, controls)
}

#[test]
fn packets_that_two_inputs_hold_count_once_whenever_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/bots-and-bad-clients.pcap");
    let paths = ["a.pcap", "b.pcap"].map(|name| folder.path().join(name));
    for path in &paths {
        std::fs::copy(&whole, path).unwrap();
    }
    assert_eq!(compare(&paths), compare(std::slice::from_ref(&whole)));
    let read = |load: &Load| {
        let sessions: Vec<SessionId> =
            load.index.read().unwrap().sessions().iter().map(|row| row.session).collect();
        let mut search = load.search(Needle::parse("e").unwrap()).unwrap();
        let mut hits = 0;
        while let Some(found) = search.step(4096) {
            hits += found.len();
        }
        let saved = load.replay().copy(&sessions, None, SavedSecrets::Kept, &mut Vec::new()).unwrap();
        (sessions, hits, search.doubt(), saved)
    };
    let (twice, once) = (loaded_all(&paths), loaded(&whole));
    assert_eq!(read(&twice), read(&once));
    assert!(read(&once).1 > 0 && read(&once).3 > 0);
    let repeated: Vec<u64> = twice.overlaps().found().pairs.values().map(|pair| pair.repeated).collect();
    let packets = once.index.read().unwrap().summary().unwrap().packets;
    assert_eq!(repeated, [packets]);
}

#[test]
fn payloads_are_what_the_json_prints() {
    let (mut messages, mut controls) = (0, 0);
    for path in captures() {
        let counts = compare(&[path]);
        messages += counts.0;
        controls += counts.1;
    }
    assert!(messages > 400 && controls > 200, "{messages} messages, {controls} control frames");
}

/// All captures as one: many connections between the same ends, one after another.
#[test]
fn payloads_of_several_inputs_are_what_the_json_prints() {
    let (messages, controls) = compare(&captures());
    assert!(messages > 400 && controls > 200, "{messages} messages, {controls} control frames");
}

/// What is reported again of a session is reported as it was, to the byte.
#[test]
fn facts_are_told_again_as_the_json_prints_them() {
    let mut told = 0;
    for path in captures() {
        let output =
            Command::new(env!("CARGO_BIN_EXE_wsight")).args(["-f", "json"]).arg(&path).output().unwrap();
        let load = loaded(&path);
        let mut replay = load.replay();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let fields: Value = serde_json::from_str(line).unwrap();
            let fact = match fields["type"].as_str().unwrap() {
                "upgrade" => Fact::Upgrade,
                "frame" => Fact::Frame(number(&fields, "frame")),
                "message" => Fact::Message(number(&fields, "message")),
                "session" => Fact::Session,
                _ => continue,
            };
            let mut again = Vec::new();
            let session = SessionId(number(&fields, "session"));
            replay
                .tell(session, fact, &mut |output| {
                    let mut json = JsonLines::new(&mut again, Payload::Preview, InputNames::default());
                    json.output(output).unwrap();
                })
                .unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()));
            assert_eq!(String::from_utf8(again).unwrap(), format!("{line}\n"), "{}", path.display());
            told += 1;
        }
    }
    assert!(told > 1000, "{told}");
}

/// Rows say what the JSON says.
#[test]
fn rows_are_what_the_json_prints() {
    for path in captures() {
        let load = loaded(&path);
        let index = load.index.read().unwrap();
        let mut told: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let mut findings = 0;
        for line in printed(std::slice::from_ref(&path)) {
            let place = format!("{}: {line}", path.display());
            let session = || usize::try_from(number(&line, "session")).unwrap() - 1;
            match line["type"].as_str().unwrap() {
                "frame" => {
                    let (frames, _) = told.entry(session()).or_default();
                    let row = index.frames(session()).get(*frames).expect(&place);
                    assert_eq!(index.frame_row(session(), row.number()), Some(*frames), "{place}");
                    *frames += 1;
                    assert_eq!(row.number(), number(&line, "frame"), "{place}");
                    assert_eq!(row.from().name(), line["from"], "{place}");
                    assert_eq!(row.first_packet().0, number(&line, "packet"), "{place}");
                    assert_eq!(row.last_packet().0, number(&line, "last_packet"), "{place}");
                    assert_eq!(row.length(), number(&line, "length"), "{place}");
                    assert_eq!(row.received(), number(&line, "received"), "{place}");
                    assert_eq!(row.opcode().to_string(), line["opcode"], "{place}");
                    assert_eq!(row.is_fin(), line["fin"], "{place}");
                    assert_eq!(row.is_complete(), line["complete"], "{place}");
                    assert_eq!(row.time().to_string(), line["time"], "{place}");
                }
                "message" => {
                    let (_, messages) = told.entry(session()).or_default();
                    let row = index.messages(session()).get(*messages).expect(&place);
                    *messages += 1;
                    assert_eq!(row.number, number(&line, "message"), "{place}");
                    assert_eq!(row.from.name(), line["from"], "{place}");
                    assert_eq!(row.kind.name(), line["kind"], "{place}");
                    assert_eq!(row.first_packet.0, number(&line, "packet"), "{place}");
                    assert_eq!(row.last_packet.0, number(&line, "last_packet"), "{place}");
                    assert_eq!(row.frames, number(&line, "frames"), "{place}");
                    assert_eq!(row.first_frame, number(&line, "first_frame"), "{place}");
                    assert_eq!(row.wire_length, number(&line, "wire_length"), "{place}");
                    assert_eq!(row.is_compressed(), line["compressed"], "{place}");
                    assert_eq!(row.length, number(&line, "length"), "{place}");
                    assert_eq!(row.complete, line["complete"], "{place}");
                    assert_eq!(row.time.to_string(), line["time"], "{place}");
                }
                "finding" => {
                    let finding = &index.findings()[findings];
                    findings += 1;
                    assert_eq!(finding.summary, line["summary"], "{place}");
                    if let Some(session) = finding.session {
                        let session = usize::try_from(session.0).unwrap() - 1;
                        assert!(index.findings_of(session).any(|at| at == findings - 1), "{place}");
                        let row = finding.frame.and_then(|frame| index.frame_row(session, frame));
                        let row = row.and_then(|row| index.frames(session).get(row));
                        assert!(row.is_none_or(|row| row.severity() >= Some(finding.severity)), "{place}");
                    }
                }
                _ => {}
            }
        }
        assert_eq!(index.findings().len(), findings);
        for session in 0..index.sessions().len() {
            let (frames, messages) = told.get(&session).copied().unwrap_or_default();
            assert_eq!((index.frames(session).len(), index.messages(session).len()), (frames, messages));
        }
    }
}

/// The frames of an uncompressed message make up the message, and masking the plain bytes gives the wire bytes.
#[test]
fn frames_make_up_their_messages() {
    for path in captures() {
        let load = loaded(&path);
        let index = load.index.read().unwrap();
        let mut replay = load.replay();
        for (at, session) in index.sessions().iter().enumerate() {
            let id = session.session;
            for message in index.messages(at).iter().filter(|m| m.complete && !m.is_compressed()) {
                let parts = index.frames(at).iter().filter(|frame| {
                    let inside = (message.first_frame..=message.last_frame).contains(&frame.number());
                    inside && frame.from() == message.from && !frame.opcode().is_control()
                });
                let mut whole = Vec::new();
                for frame in parts.collect::<Vec<_>>() {
                    let payload = replay.frame(id, frame.number()).unwrap();
                    assert_eq!(payload.plain.len() as u64, frame.length());
                    let key = frame.mask().unwrap_or_default();
                    let masked: Vec<u8> =
                        payload.plain.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b).collect();
                    assert_eq!(payload.wire, masked);
                    whole.extend_from_slice(&payload.plain);
                }
                assert_eq!(whole, replay.message(id, message.number).unwrap().plain, "{}", path.display());
            }
        }
    }
}

/// Previews are the beginnings of the payloads.
#[test]
fn previews_are_beginnings() {
    for path in captures() {
        let load = loaded(&path);
        let index = load.index.read().unwrap();
        for (at, session) in index.sessions().iter().enumerate() {
            let (id, count) = (session.session, index.frames(at).len());
            let mut replay: Replay = load.replay();
            let previews = replay.previews(id, &(1..count as u64 + 10).collect::<Vec<_>>()).unwrap();
            assert_eq!(previews.len(), count);
            for (frame, preview) in previews {
                let payload = replay.frame(id, frame).unwrap();
                assert_eq!(preview, payload.plain[..payload.plain.len().min(PREVIEW)]);
            }
        }
    }
}

/// Every message is found by its own bytes.
#[test]
fn a_search_finds_what_is_there() {
    let mut searched = 0;
    for path in captures() {
        let load = loaded(&path);
        let index = load.index.read().unwrap();
        for (at, session) in index.sessions().iter().enumerate() {
            for message in index.messages(at).iter().filter(|m| m.complete && m.length > 0).take(3) {
                let id = session.session;
                let payload = load.replay().message(id, message.number).unwrap();
                let cut = &payload.plain[..payload.plain.len().min(30)];
                let mut needles = vec![Needle::hex(&hex::encode(cut)).unwrap()];
                if let Ok(text) = str::from_utf8(cut) {
                    needles.push(Needle::text(&text.to_ascii_uppercase(), LetterCase::Ignored).unwrap());
                }
                for needle in needles {
                    let mut search = load.search(needle).unwrap();
                    let mut hits = Vec::new();
                    while let Some(more) = search.step(7) {
                        hits.extend(more);
                    }
                    let progress = search.progress();
                    assert_eq!(Some(progress.read), progress.total);
                    let is_it = |hit: &&wsight::replay::Hit| {
                        (hit.session, hit.message, hit.offset) == (id, Some(message.number), 0)
                    };
                    let hit =
                        hits.iter().find(is_it).unwrap_or_else(|| panic!("{}: {message:?}", path.display()));
                    assert_eq!(hit.frame, message.first_frame);
                    searched += 1;
                }
            }
        }
    }
    assert!(searched > 100);
}

/// Payload bytes that the first reading keeps.
const KEPT: usize = 64;

/// The same of messages, which are compared whole: more than some limits keep of them.
const KEPT_OF_MESSAGES: u64 = 1024;

/// Payload bytes that a preview has at most.
const PREVIEW: usize = 192;

/// What the first reading saw.
#[derive(Default)]
struct First {
    /// Session, frame, whether it is a control frame, and how its payload begins.
    frames: Vec<(SessionId, u64, bool, Vec<u8>)>,
    /// Session, message, its first frame, and its payload if all of it was kept.
    messages: Vec<(SessionId, u64, u64, Option<Vec<u8>>)>,
}

impl First {
    fn take(&mut self, output: &Output<'_>) {
        match output {
            Output::Frame(place, frame) => {
                let preview = frame.payload[..frame.payload.len().min(KEPT)].to_vec();
                let is_control = frame.header.opcode.is_control();
                self.frames.push((place.session, frame.number, is_control, preview));
            }
            Output::Message(place, message) if message.complete => {
                // A longer one is not all here, nor one for which memory ran out.
                let whole =
                    (message.payload.len() as u64 == message.length).then(|| message.payload.to_vec());
                self.messages.push((place.session, message.number, message.first_frame, whole));
            }
            _ => {}
        }
    }

    fn read(path: &Path, config: &Config) -> Self {
        let mut files = Files::new(vec![Input::File(path.to_owned())]);
        let mut analyzer = Analyzer::new(config.clone());
        let mut first = Self::default();
        let mut take = |output: &Output<'_>| first.take(output);
        loop {
            match files.next() {
                Ok(Some(captured)) => analyzer.take(&captured, &mut take),
                Err(_) => {}
                Ok(None) => break,
            }
        }
        analyzer.finish(&mut take);
        first
    }
}

/// Payloads that were shown, and those of which it was said that they cannot be.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    shown: usize,
    refused: usize,
    found: usize,
    doubted: usize,
}

/// Reads everything again that a first reading with these limits lists: it is shown as it was seen then, or not at all.
fn read_again(path: &Path, limits: &Limits, tally: &mut Tally) {
    let config = Config { limits: limits.clone(), keep: KEPT_OF_MESSAGES, ..Config::default() };
    let first = First::read(path, &config);
    let load = loaded_with(&[path.to_owned()], config);
    let index = load.index.read().unwrap();
    let mut replay = load.replay();
    for (session, number, _, preview) in &first.frames {
        let at = usize::try_from(session.0).unwrap() - 1;
        let Some(row) = index.frame_row(at, *number) else { continue };
        let row = index.frames(at).get(row).unwrap();
        match replay.frame(*session, *number) {
            Ok(payload) => {
                assert!(payload.plain.starts_with(preview), "{}: {row:?}", path.display());
                assert_eq!(payload.header, header_bytes(&row.header()), "{}", path.display());
                if row.end() == FrameEnd::Complete {
                    let told = payload.plain.len() as u64 + payload.cut;
                    assert_eq!(told, row.length(), "{}: {row:?}", path.display());
                }
                tally.shown += 1;
                let shown = replay.previews(*session, &[*number]).unwrap();
                let plain = &payload.plain[..payload.plain.len().min(PREVIEW)];
                assert_eq!(shown, [(*number, plain.to_vec())], "{}: {row:?}", path.display());
            }
            Err(ReplayError::Differs) => {
                tally.refused += 1;
                assert_eq!(replay.previews(*session, &[*number]).unwrap(), [], "{}", path.display());
            }
            Err(error) => panic!("{}: {error}: {row:?}", path.display()),
        }
    }
    for (session, number, _, whole) in &first.messages {
        let at = usize::try_from(session.0).unwrap() - 1;
        if index.messages(at).get(usize::try_from(*number).unwrap() - 1).is_none() {
            continue;
        }
        match replay.message(*session, *number) {
            Ok(payload) => {
                tally.shown += 1;
                let Some(whole) = whole else { continue };
                assert!(whole.starts_with(&payload.plain), "{}: {session} {number}", path.display());
                let told = payload.plain.len() as u64 + payload.cut;
                assert_eq!(told, whole.len() as u64, "{}: {session} {number}", path.display());
            }
            Err(ReplayError::Differs) => tally.refused += 1,
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    // What is found is where it is said to be, and nothing is missed in silence, wherever in a message it stands.
    let wholes = || first.messages.iter().filter_map(|(.., whole)| whole.as_ref());
    if let Some(needle) = wholes().find_map(|whole| whole.first_chunk::<4>()) {
        search_again(&load, &first, needle, path, tally);
    }
    if let Some(needle) = wholes().max_by_key(|whole| whole.len()).and_then(|whole| whole.last_chunk::<4>()) {
        search_again(&load, &first, needle, path, tally);
    }
}

/// Looks for `needle` in what a first reading lists.
fn search_again(load: &Load, first: &First, needle: &[u8], path: &Path, tally: &mut Tally) {
    let index = load.index.read().unwrap();
    let mut search = load.search(Needle::hex(&hex::encode(needle)).unwrap()).unwrap();
    let mut hits = Vec::new();
    while let Some(more) = search.step(100) {
        hits.extend(more.into_iter().map(|hit| (hit.session, hit.message, hit.frame, hit.offset)));
    }
    let place = |payload: &[u8]| {
        payload.windows(needle.len()).position(|bytes| bytes == needle).map(|place| place as u64)
    };
    let is_seen = |(session, message, frame, offset): &(SessionId, Option<u64>, u64, u64)| match message {
        Some(message) => first.messages.iter().any(|(other, number, first_frame, whole)| {
            let is_there = whole.as_ref().is_none_or(|whole| place(whole) == Some(*offset));
            (other, number, first_frame) == (session, message, frame) && is_there
        }),
        // Of a control frame more than is kept of it may have been searched.
        None => first.frames.iter().any(|(other, number, is_control, kept)| {
            let is_there = place(kept) == Some(*offset) || *offset + needle.len() as u64 > KEPT as u64;
            (other, number) == (session, frame) && *is_control && is_there
        }),
    };
    for hit in &hits {
        assert!(is_seen(hit), "{}: {hit:?}", path.display());
    }
    tally.found += hits.len();
    tally.doubted += usize::from(search.doubt().is_some());
    if search.doubt().is_none() {
        for (session, number, frame, whole) in &first.messages {
            let Some(offset) = whole.as_ref().and_then(|whole| place(whole)) else { continue };
            let at = usize::try_from(session.0).unwrap() - 1;
            let is_listed = index.messages(at).get(usize::try_from(*number).unwrap() - 1).is_some();
            let hit = (*session, Some(*number), *frame, offset);
            assert!(!is_listed || hits.contains(&hit), "{}: {hit:?}", path.display());
        }
    }
}

/// Limits, each of those on what is read in turn so low that most traffic reaches it.
fn low_limits() -> impl Iterator<Item = Limits> {
    let value = |limit: Limit| match limit {
        Limit::MemoryBytes => Some(20_000),
        Limit::MessageBytes => Some(100),
        Limit::IndexRows => Some(50),
        Limit::ReorderBytes | Limit::TlsHeldBytes | Limit::ReorderTotalBytes => Some(0),
        Limit::Connections
        | Limit::IdleSeconds
        | Limit::ReorderPackets
        | Limit::ReorderMs
        | Limit::SkewMs
        | Limit::FragmentDatagrams
        | Limit::HeadLines
        | Limit::HeadLineBytes
        | Limit::HeadBytes
        | Limit::PipelinedRequests
        | Limit::EarlyBytes
        | Limit::Http2Streams
        | Limit::Http2HeadBytes
        | Limit::Http2TableBytes
        | Limit::OutstandingPings
        | Limit::OrdinaryExchanges => Some(1),
        // These are about what is reported, about several inputs, about a pause, or about live captures.
        Limit::FindingsPerSession
        | Limit::ComparedPackets
        | Limit::PausedRows
        | Limit::CopiesBytes
        | Limit::StoryFrames
        | Limit::StoryTotalFrames
        | Limit::QuietStories
        | Limit::Pseudonyms
        | Limit::RedactBytes
        | Limit::InvitedBytes
        | Limit::RememberedPeers
        | Limit::LegMessages
        | Limit::QueueBytes
        | Limit::SpoolBytes => None,
        other => panic!("is {} a limit on what is read?", other.name()),
    };
    Limit::ALL.iter().filter_map(move |limit| value(*limit).map(|value| with(*limit, value)))
}

fn with(limit: Limit, value: u64) -> Limits {
    let mut limits = Limits::default();
    *limits.of_mut(limit) = value;
    limits
}

/// Sessions of all kinds at the same time, under which some wait for a frame boundary for long.
fn traffic(flood: &mut Packets<'_>) {
    let mut dice = Dice(1);
    let mut junk = |length: usize| -> Vec<u8> { (0..length).map(|_| 48 + dice.roll(79) as u8).collect() };
    let text = |text: &str| frame(Peer::Server, 0x81, text.as_bytes());
    let mut talks: Vec<Talk> = (0..20).map(Talk::new).collect();
    for talk in &mut talks {
        flood.upgrade(talk, "");
        flood.send(talk, Peer::Server, &text("the first frame"));
        // Bytes that the capture misses, bytes that tell nothing, and a frame that only a long memory makes one.
        talk.sent[1] += 700;
        flood.send(talk, Peer::Server, &junk(900));
        flood.send(talk, Peer::Client, &frame(Peer::Client, 0x81, b"the answer"));
        flood.send(talk, Peer::Server, &frame(Peer::Server, 0x82, b"AAA"));
    }
    let mut deflated: Vec<(Talk, Deflater)> = (100..110).map(|n| (Talk::new(n), Deflater::new())).collect();
    for (talk, _) in &mut deflated {
        flood.upgrade(talk, "permessage-deflate");
    }
    let mut others: Vec<Talk> = (200..280).map(Talk::new).collect();
    for talk in &mut others {
        flood.upgrade(talk, "");
        talk.sent[1] += 700;
        flood.send(talk, Peer::Server, &junk(1000));
    }
    for round in 0..4 {
        for (talk, deflater) in &mut deflated {
            let message =
                deflater.message(&format!("the message {round} of {}", talk.client).repeat(40).into_bytes());
            flood.send(talk, Peer::Server, &frame(Peer::Server, 0xc1, &message));
            flood.send(talk, Peer::Client, &frame(Peer::Client, 0x89, b"the ping"));
        }
        for talk in &mut others {
            flood.send(talk, Peer::Server, &junk(1300));
        }
    }
    // Several frames in a packet, which differ in nothing but where they stand.
    for talk in &mut talks {
        for number in 0..4 {
            let both =
                [text(&format!("the frame {number} of {:03}", talk.client)), text("the frame 9 of 999")];
            flood.send(talk, Peer::Server, &both.concat());
        }
    }
    for (talk, _) in &mut deflated {
        flood.close(talk);
    }
    // A connection with several attempts, of which one is none.
    for client in 400..403 {
        let mut talk = Talk::new(client);
        flood.open(&talk);
        for _ in 0..2 {
            flood.send(&mut talk, Peer::Client, b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n");
            flood.send(&mut talk, Peer::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
        let (request, response) = flood::heads(1, "");
        flood.send(&mut talk, Peer::Client, request.as_bytes());
        flood.send(&mut talk, Peer::Server, b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
        flood.send(&mut talk, Peer::Client, request.as_bytes());
        flood.send(&mut talk, Peer::Server, response.as_bytes());
        // Out of order.
        let (one, two) = (text("the frame that comes late"), text("the frame that comes early"));
        let early = Talk { sent: [talk.sent[0], talk.sent[1]], ..talk };
        flood.packet(&early, Peer::Server, flood::ACK, early.sent[1] + one.len() as u32, &two);
        flood.packet(&early, Peer::Server, flood::ACK, early.sent[1], &one);
        talk.sent[1] += (one.len() + two.len()) as u32;
        flood.close(&mut talk);
    }
}

/// A capture of it.
fn written(make: &mut dyn FnMut(&mut Packets<'_>)) -> tempfile::NamedTempFile {
    let mut bytes = Vec::new();
    for word in [0xa1b2_3c4d, 0x0004_0002, 0, 0, 0x4_0000, flood::LINK.0] {
        bytes.extend(u32::to_le_bytes(word));
    }
    make(&mut Flood::new(&mut |packet| {
        let nanos = packet.stamp.time.as_nanos();
        let (seconds, nanos) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        let length = packet.bytes.len() as u32;
        for word in [seconds as u32, nanos as u32, length, packet.wire_length] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(packet.bytes);
    }));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

#[test]
fn what_another_reading_sees_otherwise_is_not_shown() {
    let capture = written(&mut traffic);
    let mut tally = Tally::default();
    read_again(capture.path(), &Limits::default(), &mut tally);
    assert!(tally.shown > 200 && tally.found > 200, "{tally:?}");
    assert_eq!((tally.refused, tally.doubted), (0, 0), "no limit is reached");
    let memory = [200_000, 300_000, 450_000, 700_000].map(|bytes| with(Limit::MemoryBytes, bytes));
    for limits in low_limits().chain(memory).chain([with(Limit::Connections, 20)]) {
        read_again(capture.path(), &limits, &mut tally);
    }
    assert!(tally.doubted > 2, "some limits have the two readings differ: {tally:?}");
}

#[test]
fn what_a_file_holds_that_changed_meanwhile_is_not_shown() {
    let capture = written(&mut traffic);
    let first = First::read(capture.path(), &Config::default());
    let load = loaded(capture.path());
    let bytes = std::fs::read(capture.path()).unwrap();
    let mut packets = Vec::new();
    let (header, mut rest) = bytes.split_at(24);
    while !rest.is_empty() {
        let packet;
        (packet, rest) = rest.split_at(16 + u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize);
        packets.push(packet);
    }
    // A packet moves to the end: each after it has another number, and stands where another one stood.
    packets[200..].rotate_left(1);
    let modified = capture.as_file().metadata().unwrap().modified().unwrap();
    std::fs::write(capture.path(), [header, &packets.concat()].concat()).unwrap();
    // Some file systems keep times so roughly that it seems to be the same file.
    capture.as_file().set_modified(modified).unwrap();
    let mut replay = load.replay();
    let (mut shown, mut refused) = (0, 0);
    for (session, number, _, preview) in &first.frames {
        match replay.frame(*session, *number) {
            Ok(payload) => {
                assert!(payload.plain.starts_with(preview), "{session} {number}");
                shown += 1;
            }
            Err(ReplayError::Differs) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(shown > 20 && refused > 100, "{shown} {refused}");
    let mut search = load.search(Needle::parse("the frame 9 of 999").unwrap()).unwrap();
    while search.step(100).is_some() {}
    assert!(search.doubt().is_some(), "what was not found is not said to be missing");
}

/// What is left of a capture without its first packets, with all its secrets; `None` where nothing is.
fn begun_late(path: &Path, missing: usize) -> Option<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new(&mut file).unwrap();
    secrets_in(path, &mut |log| writer.secrets(log).unwrap()).unwrap();
    let (mut interfaces, mut seen) = (BTreeMap::new(), 0);
    let mut files = Files::new(vec![Input::File(path.to_owned())]);
    while let Some(captured) = files.next().unwrap() {
        let Captured::Packet(packet) = captured else { continue };
        seen += 1;
        if seen > missing {
            let described = Described { name: None, link: packet.link, snaplen: 0, filter: None };
            let number =
                *interfaces.entry(packet.link.0).or_insert_with(|| writer.interface(&described).unwrap());
            writer.packet(number, &packet).unwrap();
        }
    }
    writer.flush().unwrap();
    drop(writer);
    (seen > missing).then_some(file)
}

#[test]
fn what_begins_late_is_read_again_as_it_was() {
    let mut tally = Tally::default();
    for path in captures() {
        for late in [2, 4, 9].into_iter().filter_map(|missing| begun_late(&path, missing)) {
            read_again(late.path(), &Limits::default(), &mut tally);
        }
    }
    assert!(tally.shown > 1000 && tally.found > 100, "{tally:?}");
    assert_eq!((tally.refused, tally.doubted), (0, 0), "no limit is reached");
}

#[test]
fn what_begins_late_and_reaches_a_limit_is_shown_as_it_was_or_not_at_all() {
    let mut tally = Tally::default();
    let mut limits = low_limits().collect::<Vec<_>>().into_iter().cycle();
    for path in captures() {
        for late in [2, 4, 9].into_iter().filter_map(|missing| begun_late(&path, missing)) {
            // All limits for all captures take too long; with each capture it goes on where the last one left off.
            for limits in limits.by_ref().take(4) {
                read_again(late.path(), &limits, &mut tally);
            }
        }
    }
    assert!(tally.shown > 1000 && tally.found > 100, "{tally:?}");
}

#[test]
fn whatever_limit_a_capture_reaches_nothing_else_is_shown() {
    let mut tally = Tally::default();
    for path in captures() {
        for limits in low_limits() {
            read_again(&path, &limits, &mut tally);
        }
    }
    assert!(tally.shown > 10_000 && tally.found > 1000, "{tally:?}");
}
