//! What is read again is what was read before, for every capture of this repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use base64::Engine;
use common::captures;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use wsight::analyzer::Config;
use wsight::capture::Input;
use wsight::model::SessionId;
use wsight::replay::Load;
use wsight::replay::{Case, Fact, Needle, Replay};
use wsight::report::{Inputs, JsonLines, Payload, Sink};

fn loaded(path: &Path) -> Load {
    loaded_all(&[path.to_owned()])
}

fn loaded_all(paths: &[PathBuf]) -> Load {
    let load = Load::start(paths.iter().cloned().map(Input::File).collect(), Config::default());
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
                assert_eq!(*found, expected, "{place}");
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

/// What is told again of a session is told as it was, to the byte.
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
                // Whether others of its server's exchanges are told depends on other connections.
                "upgrade" if fields["outcome"] != "not-websocket" => Fact::Upgrade,
                "frame" => Fact::Frame(number(&fields, "frame")),
                "message" => Fact::Message(number(&fields, "message")),
                "session" => Fact::Session,
                _ => continue,
            };
            let mut again = Vec::new();
            let session = SessionId(number(&fields, "session"));
            replay
                .tell(session, fact, &mut |output| {
                    let mut json = JsonLines::new(&mut again, Payload::Preview, Inputs::default());
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
                assert_eq!(whole, *replay.message(id, message.number).unwrap(), "{}", path.display());
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
                assert_eq!(preview, payload.plain[..payload.plain.len().min(64)]);
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
                let cut = &payload[..payload.len().min(30)];
                let mut needles = vec![Needle::hex(&hex::encode(cut)).unwrap()];
                if let Ok(text) = str::from_utf8(cut) {
                    needles.push(Needle::text(&text.to_ascii_uppercase(), Case::Ignored).unwrap());
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
