//! What real peers make of every violation, in `captures/victims.tsv`, and what wsight says about the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A row of the table.
struct Row {
    capture: String,
    connection: u64,
    finding: String,
    library: String,
    victim: String,
    answer: String,
    code: Option<u64>,
}

impl Row {
    fn offender(&self) -> &'static str {
        if self.victim == "client" { "server" } else { "client" }
    }
}

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(captures().join("victims.tsv")).unwrap();
    let mut lines = text.lines();
    let header = "capture\tconnection\tfinding\tlibrary\tversion\tvictim\tanswer\tcode";
    assert_eq!(lines.next(), Some(header));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |index: usize| cells[index].to_owned();
        Row {
            capture: cell(0),
            connection: cells[1].parse().unwrap(),
            finding: cell(2),
            library: format!("{} {}", cells[3], cells[4]),
            victim: cell(5),
            answer: cell(6),
            code: cells[7].parse().ok(),
        }
    };
    lines.map(row).collect()
}

/// The findings of each capture of the table.
fn findings(rows: &[Row]) -> BTreeMap<String, Vec<Value>> {
    let mut told = BTreeMap::new();
    for row in rows {
        told.entry(row.capture.clone()).or_insert_with(|| {
            let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
                .arg(captures().join(format!("{}.pcap", row.capture)))
                .args(["--format", "json", "--only", "finding"])
                .output()
                .unwrap();
            assert!(output.status.success());
            let text = String::from_utf8(output.stdout).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        });
    }
    told
}

#[test]
fn every_violation_is_told_of_its_offender() {
    let rows = rows();
    assert!(rows.len() > 100, "the table is there");
    let told = findings(&rows);
    let mut wrong = Vec::new();
    for row in &rows {
        let name = format!("{}, connection {}: {}", row.capture, row.connection, row.finding);
        let of_row: Vec<&Value> =
            told[&row.capture].iter().filter(|finding| finding["connection"] == row.connection).collect();
        let is_error = |finding: &&&Value| finding["severity"] == "error";
        // Each victim is a library that does nothing wrong.
        for finding in of_row.iter().filter(is_error).filter(|finding| finding["from"] == row.victim) {
            wrong.push(format!("{name}: the victim is blamed: {finding}"));
        }
        let fits = |finding: &&Value| finding["id"] == row.finding && finding["from"] == row.offender();
        if !of_row.iter().any(fits) {
            wrong.push(format!("{name} is not told of the {}: {of_row:#?}", row.offender()));
        }
        // Who objects is not contradicted: there is an error to object to, and the objection is reported.
        if row.answer == "close" {
            let objection = |finding: &&&Value| {
                finding["id"] == "close-abnormal"
                    && finding["from"] == row.victim
                    && finding["code"].as_u64() == row.code
            };
            if !of_row.iter().any(|finding| objection(&finding)) || !of_row.iter().any(|f| is_error(&f)) {
                wrong.push(format!("{name}: the victim's Close is not told, or without a cause"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who did not object stands in docs/CONFORMANCE.md.
#[test]
fn victims_that_put_up_with_it_are_listed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFORMANCE.md");
    let page = std::fs::read_to_string(page).unwrap();
    for row in rows().iter().filter(|row| row.answer == "accepted" || row.answer == "silence") {
        let listed = page
            .lines()
            .any(|line| line.starts_with(&format!("| `{}` ", row.finding)) && line.contains(&row.library));
        assert!(listed, "{} as a {}: {}", row.library, row.victim, row.finding);
    }
}
