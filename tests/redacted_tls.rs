//! What `--redact` leaves in packets of TLS: the same sessions in the same places, sealed with secrets that tell nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{capture, captures, key_logs, segments, skip};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wsight::capture::{Copying, Files, Input};
use wsight::model::Packet;

fn run(args: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    let output = command.args(args).arg(path).env_remove("SSLKEYLOGFILE").output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", path.display());
    output
}

fn text(args: &[&str], path: &Path) -> String {
    String::from_utf8(run(args, path).stdout).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let printed = text(&["-f", "json", "--payload", "full"], path);
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A redacted copy of a capture, and what was said about it besides what stays.
fn redacted(path: &Path, to: &Path, args: &[&str]) -> String {
    let to = ["--redact", "--force", "-f", "pcapng", "-o", to.to_str().unwrap()];
    let output = run(&[&to, args].concat(), path);
    let said = String::from_utf8(output.stderr).unwrap();
    said.lines().skip(1).collect::<Vec<_>>().join("\n")
}

/// Captures with TLS.
fn with_tls() -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let captures = captures().into_iter();
    captures.filter(|path| name(path).starts_with("tls-")).collect()
}

/// What stays of each line that is printed, as often as it stands there.
fn facts(lines: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        let kept: &[&str] = match line["type"].as_str().unwrap() {
            "upgrade" => {
                &["session", "packet", "last_packet", "outcome", "status", "via", "tls", "extensions"]
            }
            "frame" => {
                &["session", "from", "opcode", "fin", "rsv", "masked", "length", "packet", "last_packet"]
            }
            "session" => &["session", "packet", "close", "frames", "messages", "ended_by", "connection"],
            "finding" => {
                &["id", "severity", "class", "certainty", "packet", "session", "from", "frame", "connection"]
            }
            "tls" => &[
                "session",
                "connection",
                "packet",
                "running",
                "version",
                "cipher",
                "resumed",
                "early_data",
                "alert",
                "readable",
                "ended_by",
                "alpn",
            ],
            _ => continue,
        };
        let key = kept.iter().map(|name| line[*name].to_string()).collect::<Vec<_>>().join(" ");
        *counts.entry(format!("{}: {key}", line["type"])).or_default() += 1;
    }
    counts
}

/// Hexadecimal digits in a row, as many as a key log has of a random or a secret.
fn logged(capture: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(capture);
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    words.filter(|word| word.len() >= 64).map(str::to_ascii_lowercase).collect()
}

/// Adds all texts in a value but for the names of fields.
fn values(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => {
            texts.push_str(text);
            texts.push('\n');
        }
        Value::Array(inside) => inside.iter().for_each(|value| values(value, texts)),
        Value::Object(inside) => inside.values().for_each(|value| values(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_redacted_capture_shows_the_same_inside_tls() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let (mut frames, mut findings, mut opened) = (0, 0, 0);
    for path in with_tls() {
        let said = redacted(&path, &to, &[]);
        assert_eq!(said, "", "{}", path.display());
        let (before, after) = (facts(&lines(&path)), facts(&lines(&to)));
        assert_eq!(before, after, "{}", path.display());
        let count = |kind: &str| before.keys().filter(|key| key.starts_with(kind)).count();
        frames += count("\"frame\"");
        findings += count("\"finding\"");
        opened += usize::from(count("\"frame\"") > 0);
    }
    assert!(frames > 150 && findings > 10 && opened > 35, "{frames} frames, {findings} findings, {opened}");
}

/// A copy of a capture and its secrets without one packet. Returns whether it had that.
fn copy_without(number: u64, path: &Path, to: &Path) -> bool {
    let mut copying =
        Copying::new(Files::new(vec![Input::File(path.to_owned())]), fs::File::create(to).unwrap()).unwrap();
    for log in key_logs(path) {
        copying.secrets(&log).unwrap();
    }
    let mut is_there = false;
    let mut wants = |packet: &Packet<'_>| {
        is_there |= packet.stamp.packet.0 == number;
        packet.stamp.packet.0 != number
    };
    while copying.step(&mut wants).unwrap() {}
    copying.finish().unwrap();
    is_there
}

#[test]
fn the_same_is_found_inside_tls_whichever_packet_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let [path, to] = ["a.pcapng", "redacted.pcapng"].map(|name| folder.path().join(name));
    for name in ["tls-1.2-cbc", "tls-1.3-key-update", "tls-after-connect"] {
        let mut number = 1;
        while copy_without(number, &capture(&format!("{name}.pcapng")), &path) {
            redacted(&path, &to, &[]);
            assert_eq!(facts(&lines(&path)), facts(&lines(&to)), "{name} without packet {number}");
            number += 1;
        }
        assert!(number > 20, "{name} has {number} packets");
    }
}

#[test]
fn neither_what_was_said_nor_a_secret_is_in_a_redacted_capture() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let (mut words, mut secrets) = (BTreeSet::new(), 0);
    for path in with_tls() {
        redacted(&path, &to, &[]);
        let (original, copy) = (fs::read(&path).unwrap(), fs::read(&to).unwrap());
        let logged = logged(&original);
        secrets += logged.len();
        for secret in logged {
            assert!(!holds(&copy, secret.as_bytes()), "{}: {secret}", path.display());
            assert!(!holds(&copy, &hex::decode(&secret[..64]).unwrap()), "{}: {secret}", path.display());
        }
        // What its packets hold, and what can be read in them, without what wsight says of it in comments.
        let packets: Vec<u8> = segments(&to).into_iter().flat_map(|segment| segment.payload).collect();
        let mut shown = String::new();
        let of_json = text(&["-f", "json", "--only", "upgrade,message,frame,tls", "--payload", "full"], &to);
        for printed in of_json.lines().chain([text(&["-f", "har"], &to).as_str()]) {
            values(&serde_json::from_str(printed).unwrap(), &mut shown);
        }
        for line in lines(&path) {
            for name in ["text", "sni", "host", "origin", "target", "client_random", "subprotocol"] {
                let said = line[name].as_str().unwrap_or_default();
                for part in said.as_bytes().windows(6) {
                    let letters = part.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
                    let is_masked = part.iter().all(|byte| matches!(byte, b'x' | b'X' | b'1' | b' '));
                    // Words of the protocol, and of wsight.
                    let is_public = holds(b"https:// client server websocket", part);
                    if letters >= 4 && !is_masked && !is_public {
                        words.insert(part.to_vec());
                        let said = String::from_utf8_lossy(part).into_owned();
                        assert!(!holds(shown.as_bytes(), part), "{} tells {said:?}", path.display());
                        assert!(!holds(&packets, part), "{} holds {said:?}", path.display());
                    }
                }
            }
        }
    }
    assert!(secrets > 200 && words.len() > 100, "{secrets} secrets, {} words", words.len());
}

#[test]
fn the_same_capture_gives_the_same_copy_whatever_format_it_comes_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("tls-1.3-resumed.pcapng");
    let [once, again, written] = ["once", "again", "written"].map(|name| folder.path().join(name));
    redacted(&path, &once, &[]);
    redacted(&path, &again, &[]);
    assert_eq!(fs::read(&once).unwrap(), fs::read(&again).unwrap());
    text(&["--redact", "-f", "json", "--session", "2", "-w", written.to_str().unwrap()], &path);
    // One of its two sessions, with its secrets and no others.
    let frames = |path: &Path| lines(path).iter().filter(|line| line["type"] == "frame").count();
    assert!(frames(&written) > 0 && frames(&written) < frames(&once));
    let secrets = |path: &Path| logged(&fs::read(path).unwrap());
    assert!(secrets(&written).is_subset(&secrets(&once)) && secrets(&written).len() < secrets(&once).len());
}

#[test]
fn what_is_inside_counts_for_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let path = capture("tls-1.3.pcapng");
    let limited = |bytes: usize| redacted(&path, &to, &["--limit", &format!("redact-bytes={bytes}")]);
    assert_eq!(limited(1 << 20), "");
    // As much as TCP carries, and no more.
    let tcp: usize = segments(&path).iter().map(|segment| segment.payload.len()).sum();
    let told = limited(tcp + 10);
    assert!(told.contains("without the payload, which passes the limit redact-bytes"), "{told}");
}

/// The opcodes of all frames that tshark finds in a capture; nothing where there is no tshark.
fn frames_of_tshark(path: &Path) -> Option<Vec<String>> {
    let mut command = Command::new("tshark");
    command.args(["-Y", "websocket", "-T", "fields", "-e", "websocket.opcode", "-r"]).arg(path);
    let Ok(output) = command.output() else {
        skip("there is no tshark");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    Some(printed.split(['\n', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

#[test]
fn tshark_finds_the_same_frames_without_a_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    for name in [
        "tls-1.2-cbc",
        "tls-1.2-chacha20",
        "tls-1.2-renegotiation",
        "tls-1.2-rsa-gcm",
        "tls-1.3-aes-128-ccm-8",
        "tls-1.3-key-update",
        "tls-1.3-retry",
    ] {
        let path = capture(&format!("{name}.pcapng"));
        redacted(&path, &to, &[]);
        let Some((before, after)) = frames_of_tshark(&path).zip(frames_of_tshark(&to)) else { return };
        assert!(before.len() >= 4, "{name}: {before:?}");
        assert_eq!(before, after, "{name}");
    }
}
