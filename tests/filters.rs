//! What `--where` and its short forms print, from captures, by the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

fn wsight(arguments: &[&str], name: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    command.args(arguments).arg(capture(name)).output().unwrap()
}

/// The JSON lines that the program prints of a capture.
fn lines(arguments: &[&str], name: &str) -> Vec<Value> {
    let output = wsight(&[&["-f", "json"], arguments].concat(), name);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn types(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["type"].as_str().unwrap()).collect()
}

#[test]
fn an_event_brings_its_upgrade_and_its_session() {
    let found = lines(&["--where", "frame.opcode == ping"], "pong-nul-cut.pcap");
    assert_eq!(types(&found), ["upgrade", "frame", "session", "summary"]);
    assert_eq!(found[1]["payload_hex"], "0d900f00");
    let found = lines(&["--where", "finding.id == pong-mismatch"], "pong-nul-cut.pcap");
    assert_eq!(types(&found), ["upgrade", "finding", "session", "summary"]);
    let found = lines(&["--where", "frame.code == 4321"], "pong-nul-cut.pcap");
    assert_eq!(types(&found), ["summary"]);
}

#[test]
fn the_end_of_a_session_chooses_all_of_it() {
    let all = lines(&[], "nginx-idle-timeout.pcap");
    let long = lines(&["--where", "session.duration > 5s"], "nginx-idle-timeout.pcap");
    let short = lines(&["--where", "session.duration <= 5s"], "nginx-idle-timeout.pcap");
    let of = |lines: &[Value], kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert!(of(&long, "frame") > 0 && of(&long, "session") > 0);
    for kind in ["upgrade", "frame", "message", "session"] {
        assert_eq!(of(&long, kind) + of(&short, kind), of(&all, kind), "{kind}");
    }
}

#[test]
fn what_is_counted_is_what_is_printed() {
    let name = "bots-and-bad-clients.pcap";
    for arguments in [
        &["--session", "3"][..],
        &["--where", "upgrade.status == 426"],
        &["--where", "finding.severity == error"],
        &["--from", "client"],
        &["--host", "127.0.0.1"],
    ] {
        let lines = lines(arguments, name);
        let summary = lines.last().unwrap();
        let sum = |field: &str| match &summary[field] {
            Value::Object(counts) => counts.values().map(|count| count.as_u64().unwrap()).sum(),
            count => count.as_u64().unwrap(),
        };
        for (field, kind) in
            [("upgrades", "upgrade"), ("frames", "frame"), ("sessions", "session"), ("findings", "finding")]
        {
            let printed = lines.iter().filter(|line| line["type"] == kind).count() as u64;
            assert_eq!(sum(field), printed, "{field} with {arguments:?}");
        }
    }
}

#[test]
fn messages_are_searched_whole_and_printed_as_asked() {
    let found = lines(&["--from", "server", "--grep", "(?i)GREET"], "frame-202-of-199.pcap");
    assert_eq!(types(&found), ["upgrade", "message", "session", "summary"]);
    assert_eq!(found[1]["text"], "a short greeting");
    let found = lines(&["--grep", "greeting", "--payload", "none"], "frame-202-of-199.pcap");
    assert!(found[1].get("text").is_none(), "{}", found[1]);
}

#[test]
fn a_pipe_is_not_read_twice_and_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    let file = std::fs::File::open(capture("pong-nul-cut.pcap")).unwrap();
    let piped = command
        .args(["-f", "json", "--where", "session.duration > 1ms", "-"])
        .stdin(Stdio::from(file))
        .output()
        .unwrap();
    assert!(piped.status.success());
    let told = String::from_utf8(piped.stderr).unwrap();
    assert!(told.contains("known only at its end"), "{told}");
    let text = String::from_utf8(piped.stdout).unwrap();
    let kinds: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(types(&kinds), ["upgrade", "session", "summary"]);
}

#[test]
fn what_cannot_be_read_is_shown_and_nothing_is_analyzed() {
    let output = wsight(&["-f", "json", "--where", "opcde == ping"], "pong-nul-cut.pcap");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("did you mean `opcode`?\n  opcde == ping\n  ^^^^^\n"), "{told}");
    let output = wsight(&["-f", "json", "--until", "noon"], "pong-nul-cut.pcap");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("wsight: --until: `noon` is not a valid time")
    );
}
