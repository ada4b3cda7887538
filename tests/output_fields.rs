//! docs/OUTPUT.md and the program agree about every field of the JSON lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::captures;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use wsight::filter::{FIELDS, FieldType};
use wsight::findings::Id;
use wsight::model::SkipReason;
use wsight::report::Kind;
use wsight::upgrade::Outcome;

/// Fields of the summary whose names are counts by reason, outcome, opcode or id.
const COUNTS: [&str; 4] = ["skipped", "upgrades", "frames", "findings"];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The first cells of the tables between the heading `title` and the next heading.
fn table(page: &str, title: &str) -> Vec<String> {
    let (_, section) = page.split_once(&format!("{title}\n")).unwrap_or_else(|| panic!("no '{title}'"));
    let lines = section.lines().take_while(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(ToOwned::to_owned)).collect()
}

/// The documented fields of a type; those of nested objects after a dot.
fn documented(kind: &str) -> BTreeSet<String> {
    let rows = table(&read("docs/OUTPUT.md"), &format!("### `{kind}`"));
    let fields: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(fields.len(), rows.len(), "a field of {kind} is documented twice");
    fields
}

/// The fields of an object; those of nested objects after a dot.
fn fields(object: &Map<String, Value>, prefix: &str, found: &mut BTreeSet<String>) {
    for (name, value) in object {
        let path = format!("{prefix}{name}");
        if let Some(inner) = value.as_object() {
            fields(inner, &format!("{path}."), found);
        }
        found.insert(path);
    }
}

/// The lines that the program prints about inputs: all of them, none only counted.
fn print(inputs: &[&Path]) -> Vec<Map<String, Value>> {
    let output = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .args(["--format", "json", "--payload", "full", "--limit", "findings-per-session=1000000"])
        .args(inputs)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_printed_field_is_documented() {
    let known: BTreeMap<&str, BTreeSet<String>> =
        Kind::ALL.iter().map(|kind| (kind.name(), documented(kind.name()))).collect();
    let mut seen = BTreeSet::new();
    let captures = captures();
    let one_by_one = captures.iter().flat_map(|path| print(&[path]));
    for mut line in one_by_one.chain(print(&[&captures[0], &captures[1]])) {
        let kind = line["type"].as_str().unwrap().to_owned();
        if kind == "summary" {
            for counts in COUNTS {
                assert!(line[counts].is_object(), "{counts} is documented as an object of counts");
                line[counts] = Value::Null;
            }
        }
        if let Some(tls) = line.get_mut("tls").filter(|_| kind == "summary") {
            assert!(tls.is_object(), "tls is documented as an object of counts");
            *tls = Value::Null;
        }
        let mut found = BTreeSet::new();
        fields(&line, "", &mut found);
        if kind == "finding" {
            let id = Id::from_name(line["id"].as_str().unwrap()).unwrap();
            let own: Vec<&str> = id.entry().fields.iter().map(|(field, _)| field.name()).collect();
            found.retain(|field| !own.contains(&field.as_str()));
        }
        let unknown: Vec<&String> = found.difference(&known[kind.as_str()]).collect();
        assert!(unknown.is_empty(), "{unknown:?} of the type {kind} are not in docs/OUTPUT.md");
        seen.insert(kind);
    }
    assert_eq!(seen.len(), Kind::ALL.len(), "the captures show every type");
}

#[test]
fn what_adds_up_adds_up() {
    for path in captures() {
        let lines = print(&[&path]);
        let printed = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count() as u64;
        let summary = lines.last().unwrap();
        let sum = |name: &str| match &summary[name] {
            Value::Object(counts) => counts.values().map(|count| count.as_u64().unwrap()).sum(),
            count => count.as_u64().unwrap(),
        };
        assert_eq!(sum("packets"), sum("segments") + sum("skipped"), "{}", path.display());
        for (name, kind) in [
            ("upgrades", "upgrade"),
            ("frames", "frame"),
            ("messages", "message"),
            ("sessions", "session"),
            ("findings", "finding"),
        ] {
            assert_eq!(sum(name), printed(kind), "{name} of {}", path.display());
        }
    }
}

/// The structs of src/report/dto with their fields and the fields' types.
fn structs() -> BTreeMap<String, Vec<(String, String)>> {
    let mut source = read("src/report/dto.rs") + &read("src/report/tls.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/dto");
    for file in std::fs::read_dir(folder).unwrap() {
        source += &std::fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let mut structs: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut current: Option<String> = None;
    let mut flattened = false;
    for line in source.lines() {
        if let Some((_, rest)) = line.split_once("struct ").filter(|_| line.ends_with('{')) {
            current = rest.split(|c: char| !c.is_alphanumeric()).next().map(ToOwned::to_owned);
        } else if line == "}" {
            current = None;
        } else if let Some(name) = &current {
            let code = line.trim();
            if code.starts_with('#') {
                flattened |= code.contains("flatten");
            } else if let (false, Some((field, kind))) = (code.starts_with("//"), code.split_once(": ")) {
                // What is flattened is another struct's matter.
                let is_own = !std::mem::take(&mut flattened);
                let field = field
                    .trim_start_matches("pub(super) ")
                    .trim_start_matches("pub(in crate::report) ")
                    .to_owned();
                structs.entry(name.clone()).or_default().extend(is_own.then(|| (field, kind.to_owned())));
            }
        }
    }
    structs
}

/// The fields of a struct; those of structs in them after a dot.
fn declared(
    structs: &BTreeMap<String, Vec<(String, String)>>,
    name: &str,
    prefix: &str,
    found: &mut BTreeSet<String>,
) {
    for (field, kind) in structs.get(name).unwrap_or_else(|| panic!("no struct {name}")) {
        let path = format!("{prefix}{field}");
        for inner in kind.split(|c: char| !c.is_alphanumeric()).filter(|word| structs.contains_key(*word)) {
            declared(structs, inner, &format!("{path}."), found);
        }
        found.insert(path);
    }
}

#[test]
fn the_documented_fields_are_those_of_the_objects() {
    let structs = structs();
    for kind in Kind::ALL.map(Kind::name) {
        let mut first = kind.to_owned();
        first[..1].make_ascii_uppercase();
        let mut found = BTreeSet::from(["type".to_owned()]);
        declared(&structs, &format!("{first}Line"), "", &mut found);
        assert_eq!(
            documented(kind),
            found,
            "the fields of {kind}: docs/OUTPUT.md on the left, src/report/dto.rs"
        );
    }
}

#[test]
fn names_that_are_counted_are_documented() {
    let page = read("docs/OUTPUT.md");
    assert_eq!(table(&page, "## What adds up"), SkipReason::ALL.map(SkipReason::name));
    assert_eq!(table(&page, "## Outcomes of an upgrade"), Outcome::ALL.map(Outcome::name));
}

/// Fields that filters have for what the objects have in other words: parts of addresses.
const DERIVED: [&str; 4] = ["client.ip", "client.port", "server.ip", "server.port"];

#[test]
fn filters_know_every_field_and_no_other() {
    let structs = structs();
    for kind in Kind::ALL.map(Kind::name).into_iter().filter(|kind| *kind != "summary") {
        let mut first = kind.to_owned();
        first[..1].make_ascii_uppercase();
        let mut found = BTreeSet::new();
        declared(&structs, &format!("{first}Line"), "", &mut found);
        let is_field = |name: &str| {
            let owned = format!("{kind}.{name}");
            FIELDS.iter().any(|(path, ..)| *path == name || *path == owned)
        };
        let has_parts = |name: &String| found.iter().any(|other| other.starts_with(&format!("{name}.")));
        // The names of inputs, where things end, and payload that is not text say nothing that one would choose by.
        let left_out =
            ["file", "last_file", "last_packet", "first_frame", "data_base64", "truncated", "rfc", "waiting"];
        let unknown: Vec<&String> = found
            .iter()
            .filter(|name| !is_field(name) && !has_parts(name) && !left_out.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "no filter can name {unknown:?} of {kind}");
        for (path, ..) in FIELDS {
            if let Some(name) = path.strip_prefix(&format!("{kind}.")) {
                assert!(found.contains(name) || DERIVED.contains(path), "{kind} has no field {name}");
            }
        }
    }
}

/// Every word that a list of a filter's field has is printed in that field somewhere, or documented; and none is printed
/// that the list lacks.
#[test]
fn filters_know_every_word_that_is_printed() {
    let words = |path: &str| match FIELDS.iter().find(|(other, ..)| *other == path) {
        Some((_, FieldType::Word(words), _)) => Some(words.all()),
        _ => None,
    };
    let captures = captures();
    for line in captures.iter().flat_map(|path| print(&[path])) {
        let kind = line["type"].as_str().unwrap().to_owned();
        let mut paths = BTreeSet::new();
        fields(&line, "", &mut paths);
        for name in paths {
            let pointer = format!("/{}", name.replace('.', "/"));
            let object = Value::Object(line.clone());
            let Some(value) = object.pointer(&pointer).and_then(Value::as_str) else { continue };
            if kind == "summary" {
                continue;
            }
            if let Some(words) = words(&format!("{kind}.{name}")).or_else(|| words(&name)) {
                assert!(words.contains(&value), "{kind}.{name} can be {value}, which no filter can ask for");
            }
        }
    }
    assert_eq!(words("upgrade.outcome").unwrap(), Outcome::ALL.map(Outcome::name));
    assert_eq!(words("tls.reason").unwrap(), table(&read("docs/OUTPUT.md"), "## Why TLS stays dark"));
}
