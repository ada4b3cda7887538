//! Every finding of the catalog in a scenario that shows it, and beside it a clean twin that does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::cases::{self, Case};
use scenario::program::analyze;
use serde_json::Value;
use std::collections::BTreeSet;
use wsight::findings::Id;

fn findings(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["type"] == "finding").collect()
}

/// What is wrong with how a case is reported; nothing if all is well.
fn check(case: &Case) -> Result<(), String> {
    let lines = analyze(case.faulty, &[]);
    let told = findings(&lines);
    let fits = |finding: &&&Value| {
        finding["id"] == case.id
            && case
                .expect
                .iter()
                .all(|(field, text)| serde_json::from_str::<Value>(text).unwrap() == finding[*field])
    };
    if !told.iter().any(|finding| fits(&finding)) {
        return Err(format!("expected {:?} among {told:#?}", case.expect));
    }
    let lines = analyze(case.clean, &[]);
    let loud: Vec<&Value> =
        findings(&lines).into_iter().filter(|finding| finding["severity"] != "note").collect();
    if !loud.is_empty() || findings(&lines).iter().any(|finding| finding["id"] == case.id) {
        return Err(format!("the clean twin is not: {:#?}", findings(&lines)));
    }
    Ok(())
}

#[test]
fn every_case_is_told_and_its_clean_twin_is_not() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        if let Err(why) = check(case) {
            wrong.push(format!("{}\n{}\n{why}", case.id, case.faulty));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn every_finding_has_a_case() {
    let covered: BTreeSet<&str> = cases::all().map(|case| case.id).collect();
    let missing: Vec<&str> = Id::ALL.iter().map(|id| id.name()).filter(|id| !covered.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What `-f summary` shows of a finding, and the verdict, is its sentence alone.
#[test]
fn every_sentence_names_the_side_that_it_is_about() {
    let mut silent = BTreeSet::new();
    let mut check = |finding: &Value| {
        let summary = finding["summary"].as_str().unwrap();
        if finding["from"].as_str().is_some_and(|side| !summary.contains(side)) {
            silent.insert(format!("{}: {summary}", finding["id"]));
        }
    };
    for case in cases::all() {
        findings(&analyze(case.faulty, &[])).into_iter().for_each(&mut check);
    }
    let expected = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/expected");
    for file in std::fs::read_dir(expected).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "jsonl") {
            let text = std::fs::read_to_string(file).unwrap();
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            findings(&lines).into_iter().for_each(&mut check);
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_field_of_a_finding_is_documented() {
    const COMMON: [&str; 13] = [
        "type",
        "id",
        "severity",
        "class",
        "certainty",
        "summary",
        "rfc",
        "time",
        "packet",
        "connection",
        "session",
        "from",
        "frame",
    ];
    let mut unexplained = BTreeSet::new();
    for case in cases::all() {
        for finding in findings(&analyze(case.faulty, &[])) {
            let id = Id::from_name(finding["id"].as_str().unwrap()).unwrap();
            let known =
                |field: &&String| id.entry().fields.iter().any(|(known, _)| known.name() == field.as_str());
            let fields =
                finding.as_object().unwrap().keys().filter(|field| !COMMON.contains(&field.as_str()));
            unexplained.extend(fields.filter(|field| !known(field)).map(|field| format!("{id}: {field}")));
        }
    }
    assert!(unexplained.is_empty(), "{unexplained:?}");
}
