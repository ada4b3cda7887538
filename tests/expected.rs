//! What the program says about every capture of this repository stands beside it, read by a person.
//!
//! `WSIGHT_REWRITE=1 cargo test --test expected` writes all of it anew; read the difference before it is accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::captures;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use wsight::findings::Id;

/// What the program prints about a capture.
fn told(path: &Path, format: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .current_dir(path.parent().unwrap())
        .arg(path.file_name().unwrap())
        .args(["--format", format, "--color", "never"])
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn check(format: &str, ending: &str) {
    let mut wrong = Vec::new();
    for path in captures() {
        let name = format!("{}.{ending}", path.file_stem().unwrap().to_str().unwrap());
        let expected = path.parent().unwrap().join("expected").join(&name);
        let told = told(&path, format);
        if std::env::var_os("WSIGHT_REWRITE").is_some() {
            std::fs::create_dir_all(expected.parent().unwrap()).unwrap();
            std::fs::write(&expected, &told).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != told {
            wrong.push(name);
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} differ; `WSIGHT_REWRITE=1 cargo test --test expected` writes them anew, `git diff` shows how"
    );
}

#[test]
fn every_finding_is_in_a_capture() {
    let mut missing: BTreeSet<Id> = Id::ALL.iter().copied().collect();
    for path in captures() {
        for line in told(&path, "json").lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            missing.retain(|id| line["id"] != id.name());
        }
    }
    assert!(missing.is_empty(), "no capture shows {missing:?}");
}

#[test]
fn the_text_is_as_expected() {
    check("text", "txt");
}

#[test]
fn the_json_is_as_expected() {
    check("json", "jsonl");
}
