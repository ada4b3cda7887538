//! What `--redact` leaves: every finding where it was, and nothing of what was said, by whom and to whom.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{capture, captures};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use wsight::findings::catalog;

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

#[test]
fn packets_are_not_written_with_what_the_output_hides() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("written.pcapng");
    let path = written.to_str().unwrap();
    for args in [&["-f", "text", "-w", path][..], &["-f", "pcapng", "-o", path]] {
        let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
            .arg("--redact")
            .args(args)
            .arg(capture("clean-python-newest.pcap"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("write packets as they were captured"));
        assert!(!written.exists());
    }
}
