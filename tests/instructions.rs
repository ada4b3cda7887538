//! What a packet costs, in instructions: a measure that no clock and no neighbour on the machine can change.
//!
//! `cargo test --release --locked --test instructions -- --nocapture`, where valgrind is installed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "bench/traffic.rs"]
#[allow(dead_code)]
mod traffic;

use std::fs;
use std::process::Command;
use traffic::{Traffic, text};
use wsight::model::Peer;

/// How far above what was measured last the cost may lie: another compiler counts a little differently.
const MARGIN: f64 = 1.02;

/// The format, the size of the messages, and what a packet cost when this was last looked at, on all threads together.
const MEASURED: [(&str, usize, f64); 4] =
    [("summary", 40, 1600.0), ("json", 40, 3142.0), ("summary", 3000, 2484.0), ("json", 3000, 3276.0)];

/// A session with this many messages of about this many bytes.
fn session(messages: usize, length: usize) -> Traffic {
    let mut traffic = Traffic::upgraded("");
    for number in 0..messages {
        let from = if number % 2 == 0 { Peer::Client } else { Peer::Server };
        traffic.frame(from, 0x81, &text(number, length + number % 20));
    }
    traffic
}

/// The instructions it takes to analyze `traffic`.
fn instructions(format: &str, traffic: &Traffic) -> f64 {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), traffic.pcap()).unwrap();
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_wsight")])
        .args(["--format", format, "--payload", "none"])
        .arg(file.path())
        .output()
        .expect("valgrind is installed, as the README's test command does");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let collected = said.lines().find_map(|line| line.split_once("Collected :")).unwrap();
    collected.1.trim().parse().unwrap()
}

/// Of two captures of different length, so that what the start of the program costs is left out.
#[test]
#[cfg_attr(debug_assertions, ignore = "what is measured is what people run: cargo test --release")]
fn a_packet_costs_no_more_than_it_did() {
    let mut over = Vec::new();
    for (format, length, measured) in MEASURED {
        let (short, long) = (session(200, length), session(2200, length));
        let packets = long.packets.len() - short.packets.len();
        #[expect(clippy::cast_precision_loss, reason = "some thousand packets")]
        let cost = (instructions(format, &long) - instructions(format, &short)) / packets as f64;
        let allowed = measured * MARGIN;
        let line = format!(
            "{format:7} messages of {length:4} bytes: {cost:5.0} instructions a packet, allowed are {allowed:5.0}"
        );
        println!("{line}");
        if cost > allowed {
            over.push(line);
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}
