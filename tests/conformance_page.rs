//! docs/CONFORMANCE.md names tests, captures and findings that exist, and leaves out no violation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::cases;
use std::collections::BTreeSet;
use std::path::Path;
use wsight::findings::{Class, Id};

/// A row of the page: its finding column and its last column.
struct Row {
    line: String,
    finding: String,
    shown_by: String,
}

/// The rows of the tables that are about clauses.
fn rows() -> Vec<Row> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFORMANCE.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut rows = Vec::new();
    let mut of_clauses = false;
    for line in page.lines() {
        if !line.starts_with('|') || line.starts_with("|---") {
            continue;
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if matches!(cells[0], "§" | "finding" | "capture") {
            of_clauses = cells[0] == "§";
        } else if of_clauses {
            assert_eq!(cells.len(), 5, "{line}");
            let (finding, shown_by) = (cells[3].to_owned(), cells[4].to_owned());
            rows.push(Row { line: line.to_owned(), finding, shown_by });
        }
    }
    assert!(rows.len() > 100, "the tables are there");
    rows
}

/// The words in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether the test of this kind exists.
fn exists(kind: &str, name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match kind {
        "case" => cases::all().any(|case| case.id == name),
        "capture" => {
            ["pcap", "pcapng"].iter().any(|ending| root.join(format!("captures/{name}.{ending}")).exists())
        }
        "rule" => {
            let (module, test) = name.split_once("::").unwrap();
            let source =
                std::fs::read_to_string(root.join(format!("tests/rules/{module}.rs"))).unwrap_or_default();
            source.contains(&format!("#[test]\nfn {test}()"))
        }
        _ => false,
    }
}

#[test]
fn every_test_and_finding_of_the_page_exists() {
    for row in rows() {
        let ids: Vec<&str> = quoted(&row.finding).collect();
        for id in &ids {
            assert!(Id::from_name(id).is_some(), "there is no {id}: {}", row.line);
        }
        let references: Vec<&str> = row.shown_by.split(", ").filter(|text| !text.is_empty()).collect();
        for reference in &references {
            let (kind, name) = reference.split_once(' ').unwrap();
            assert!(exists(kind, name.trim_matches('`')), "there is no {reference}: {}", row.line);
        }
        let is_judged = !ids.is_empty() && !row.finding.starts_with('*');
        assert!(!is_judged || !references.is_empty(), "nothing shows it: {}", row.line);
    }
}

#[test]
fn every_violation_has_a_clause() {
    let rows = rows();
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(&row.finding)).collect();
    let violations = Id::ALL.iter().filter(|id| id.class() == Class::Violation).map(|id| id.name());
    let missing: Vec<&str> = violations.filter(|id| !named.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
