//! What `--redact` leaves: every finding where it was, and nothing of what was said, by whom and to whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{capture, captures};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use wsight::capture::{Reader, Source};
use wsight::findings::catalog;
use wsight::model::{Captured, Decoded, FileId, Limits, SegmentHeader};
use wsight::net::Net;

fn run(args: &[&str], path: &Path) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_wsight")).args(args).arg(path).output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", path.display());
    output
}

fn text(args: &[&str], path: &Path) -> String {
    String::from_utf8(run(args, path).stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything in the capture that may tell somebody something.
fn secrets(lines: &[Value], har: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |text: &str| {
        // The beginning, because a preview has no more. What is as short as a word of wsight's own proves nothing.
        let start: String = text.chars().take(24).collect();
        // What is nothing but punctuation stays as it is.
        // Some payloads are as they would be redacted.
        if start.chars().any(|c| !matches!(c, 'x' | 'X' | '1'))
            && start.len() >= 6
            && start.chars().filter(|c| c.is_alphanumeric()).count() >= 4
        {
            found.insert(start);
        }
    };
    for line in lines {
        for side in ["client", "server"] {
            if let Some(address) = line[side].as_str() {
                add(&address.parse::<SocketAddr>().unwrap().ip().to_string());
            }
        }
        for name in
            ["text", "reason", "sni", "host", "origin", "body", "client_random", "subprotocol", "offered"]
        {
            // Reason phrases say no more than their status.
            if !(name == "reason" && matches!(line["type"].as_str(), Some("upgrade" | "tls"))) {
                add(line[name].as_str().unwrap_or_default());
            }
        }
        let target = line["target"].as_str().unwrap_or_default();
        target.split(['/', '?', '&', '=']).for_each(&mut add);
    }
    for entry in har["log"]["entries"].as_array().unwrap() {
        for side in ["request", "response"] {
            for header in entry[side]["headers"].as_array().unwrap() {
                let name = header["name"].as_str().unwrap().to_ascii_lowercase();
                let is_public = matches!(
                    name.as_str(),
                    "connection" | "upgrade" | "sec-websocket-extensions" | "sec-fetch-site" | ":protocol"
                );
                if !is_public {
                    add(header["value"].as_str().unwrap());
                }
            }
        }
    }
    // Values that are words of the protocol, or of wsight.
    for word in [
        "websocket",
        "permessage-deflate",
        "CONNECT",
        "https",
        "chunked",
        "upgrade",
        "graphql-ws",
        "graphql-transport-ws",
    ] {
        found.remove(word);
    }
    // What peers say as well as the explanations of findings proves nothing where these are printed.
    let explained = catalog::markdown();
    found.retain(|secret| !explained.contains(secret.as_str()));
    found
}

/// What stays of a finding: all but the texts in it.
fn judged(line: &Value) -> Vec<(String, Value)> {
    const KEPT: [&str; 10] =
        ["id", "severity", "class", "certainty", "rfc", "time", "packet", "session", "from", "frame"];
    let fields = line.as_object().unwrap().iter();
    let kept = fields
        .filter(|(name, value)| KEPT.contains(&name.as_str()) || value.is_number() || value.is_boolean());
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn no_output_tells_what_was_said_and_every_finding_stays() {
    let (mut seen, mut told_all) = (0, Vec::new());
    for path in captures() {
        let original = text(&["-f", "json", "--payload", "full"], &path);
        let original = lines(&original);
        let har: Value = serde_json::from_str(&text(&["-f", "har"], &path)).unwrap();
        let secrets = secrets(&original, &har);
        seen += secrets.len();
        for format in ["json", "text", "summary", "junit", "har", "html"] {
            let output = run(&["--redact", "-f", format, "--payload", "full"], &path);
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.starts_with("wsight: redacted: ") && said.lines().count() == 1, "{said}");
            let shown = String::from_utf8(output.stdout).unwrap();
            let shown_path = path.display();
            let told = secrets.iter().filter(|secret| shown.contains(secret.as_str()));
            told_all.extend(told.map(|secret| format!("{shown_path} as {format} tells {secret:?}")));
            if format == "json" {
                let redacted = lines(&shown);
                assert_eq!(redacted.len(), original.len());
                for (redacted, original) in redacted.iter().zip(&original) {
                    if original["type"] == "finding" {
                        assert_eq!(judged(redacted), judged(original), "{}", path.display());
                    }
                    for length in ["text", "data_base64", "payload_hex"] {
                        let length = |line: &Value| line[length].as_str().map(str::len);
                        assert_eq!(length(redacted), length(original), "{}: {original}", path.display());
                    }
                }
            }
        }
    }
    assert!(told_all.is_empty(), "{}", told_all.join("\n"));
    assert!(seen > 500, "{seen} secrets");
}

#[test]
fn tables_are_redacted_as_well_and_the_same_capture_gives_the_same_pseudonyms() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("clean-python-newest.pcap");
    for name in ["once", "again"] {
        let to = folder.path().join(name);
        run(&["--redact", "-f", "csv", "-o", to.to_str().unwrap()], &path);
    }
    for entry in fs::read_dir(folder.path().join("once")).unwrap() {
        let entry = entry.unwrap();
        let table = fs::read_to_string(entry.path()).unwrap();
        assert_eq!(table, fs::read_to_string(folder.path().join("again").join(entry.file_name())).unwrap());
        assert!(!table.contains("127.0.0.1"), "{table}");
        if entry.file_name() == "sessions.csv" {
            assert!(table.contains("240.0.0.1"), "{table}");
        }
    }
}

/// Words of the protocol, which stay in heads of HTTP, so that finding them proves nothing.
const PUBLIC: &str = "Sec-WebSocket-Key Sec-WebSocket-Version Sec-WebSocket-Accept Sec-WebSocket-Extensions \
    Sec-WebSocket-Protocol: websocket WebSocket HTTP/1.1 Connection: keep-alive Connection: Upgrade\r\nUpgrade: websocket \
    Content-Type: Content-Length: Transfer-Encoding: chunked permessage-deflate; client_max_window_bits https:// \
    400 Bad Request\r\n 502 Bad Gateway\r\n 426 Upgrade Required\r\n 101 Switching Protocols\r\n 403 Forbidden\r\n \
    404 Not Found\r\n 505 HTTP Version Not Supported Version: HTTP/1.0 Origin: https:// 1002 Protocol error server: Server: User-Agent: Accept-Encoding: Accept-Language: GET / HTTP/1.1\r\n";

/// Every eight bytes in a row of what was said in a capture, as far as they say something.
fn said(lines: &[Value]) -> BTreeSet<Vec<u8>> {
    let mut said = BTreeSet::new();
    for line in lines {
        let is_status = matches!(line["type"].as_str(), Some("upgrade" | "tls"));
        for field in ["text", "reason", "body", "target", "origin"] {
            if is_status && field == "reason" {
                continue;
            }
            for window in line[field].as_str().unwrap_or_default().as_bytes().windows(8) {
                let letters = window.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
                let is_masked = window.iter().all(|byte| matches!(byte, b'x' | b'X' | b'1' | b' '));
                let is_public =
                    PUBLIC.as_bytes().windows(8).any(|public| public.eq_ignore_ascii_case(window));
                if letters >= 5 && !is_masked && !is_public {
                    said.insert(window.to_vec());
                }
            }
        }
    }
    said
}

/// The packets of a capture: what each holds, and the segment in it.
fn packets(path: &Path) -> Vec<(Vec<u8>, u32, Option<SegmentHeader>)> {
    let mut reader = Reader::new(fs::File::open(path).unwrap(), FileId(0));
    let mut net = Net::new(&Limits::default());
    let mut packets = Vec::new();
    while let Some(captured) = reader.next().unwrap() {
        if let Captured::Packet(packet) = captured {
            let mut segment = None;
            net.push(&packet, &mut |decoded| {
                if let Decoded::Segment(found) = decoded {
                    segment = Some(*found.header);
                }
            });
            packets.push((packet.bytes.to_vec(), packet.wire_length, segment));
        }
    }
    packets
}

/// A redacted copy of a capture, and what was said about it.
fn redacted(path: &Path, to: &Path) -> String {
    let output = run(&["--redact", "--force", "-f", "pcapng", "-o", to.to_str().unwrap()], path);
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_redacted_capture_says_nothing_and_the_same_is_wrong_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let (mut whole, mut words, mut findings, mut wrong) = (0, 0, 0, Vec::new());
    for path in captures() {
        let name = path.display();
        let told = redacted(&path, &to);
        let original = lines(&text(&["-f", "json", "--payload", "full"], &path));
        let left = lines(&text(&["-f", "json", "--payload", "full"], &to));
        let judged = |lines: &[Value]| -> BTreeMap<String, usize> {
            const KEPT: [&str; 8] =
                ["id", "severity", "class", "certainty", "packet", "session", "from", "frame"];
            let mut counts = BTreeMap::new();
            for line in lines.iter().filter(|line| line["type"] == "finding") {
                let key = KEPT.map(|name| line[name].to_string()).join(" ");
                *counts.entry(key).or_default() += 1;
            }
            counts
        };
        let (before, after) = (judged(&original), judged(&left));
        findings += after.len();
        // Of what is encrypted, or HTTP/2, less can be said. Nothing else is said of it, either.
        if told.contains("payload, which") {
            let new: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).collect();
            if !new.is_empty() {
                wrong.push(format!("{name}: {new:?}"));
            }
        } else {
            whole += 1;
            if before != after {
                wrong.push(format!("{name}: {before:#?} became {after:#?}"));
            }
        }
        let packets_before = packets(&path);
        let packets_after = packets(&to);
        assert_eq!(packets_before.len(), packets_after.len(), "{name}");
        let bytes: Vec<u8> = packets_after.iter().flat_map(|(bytes, ..)| bytes.clone()).collect();
        for said in said(&original) {
            words += 1;
            if bytes.windows(8).any(|window| window == said) {
                wrong.push(format!("{name} tells {:?}", String::from_utf8_lossy(&said)));
            }
        }
        for (before, after) in packets_before.iter().zip(&packets_after) {
            assert_eq!(before.1, after.1, "{name}");
            let (Some(before), Some(after)) = (before.2, after.2) else { continue };
            let same = |header: &SegmentHeader| {
                let ports = (header.source.port(), header.destination.port());
                (header.stamp.time, ports, header.sequence, header.acknowledgment, header.flags)
            };
            assert_eq!(same(&before), same(&after), "{name}");
            if before.cut == after.cut {
                assert_eq!(before.marks, after.marks, "{name}: packet {}", after.stamp.packet);
            }
            assert_ne!(before.source.ip(), after.source.ip(), "{name}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        whole > 90 && words > 3_000 && findings > 500,
        "{whole} captures, {words} words, {findings} findings"
    );
}

#[test]
fn packets_that_are_saved_have_the_pseudonyms_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written.pcapng");
    let path = capture("afternoon.pcap");
    let report = text(&["--redact", "-f", "json", "-w", written.to_str().unwrap()], &path);
    let sessions = |text: &str| -> Vec<(String, String)> {
        let of_session = lines(text).into_iter().filter(|line| line["type"] == "session");
        of_session.map(|line| (line["client"].to_string(), line["server"].to_string())).collect()
    };
    assert!(sessions(&report).len() > 3);
    assert_eq!(sessions(&report), sessions(&text(&["-f", "json"], &written)));
    // Once more it is the same file.
    let again = folder.path().join("again.pcapng");
    text(&["--redact", "-f", "json", "-w", again.to_str().unwrap()], &path);
    assert_eq!(fs::read(&written).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn beyond_the_limit_only_headers_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("redacted.pcapng");
    let path = capture("clean-python-newest.pcap");
    let limited = ["--redact", "--limit", "redact-bytes=100", "-f", "pcapng", "-o", to.to_str().unwrap()];
    let told = String::from_utf8(run(&limited, &path).stderr).unwrap();
    assert!(told.contains("packets without their payload, which passes the limit redact-bytes"), "{told}");
    for (before, after) in packets(&path).iter().zip(packets(&to)) {
        assert_eq!(before.1, after.1);
        assert!(after.0.len() <= before.0.len() && after.0.len() <= 14 + 20 + 60, "{after:?}");
    }
}
