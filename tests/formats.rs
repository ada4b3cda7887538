//! What is handed on to other programs: reports of tests, HTTP archives, tables; and the files that they are written to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod flood;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::{capture, captures, skip};
use flood::many_sessions;
use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use wsight::model::Timestamp;
use wsight::report::{Column, ColumnType, Table};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wsight")).args(args).output().unwrap()
}

fn json(path: &Path) -> Vec<Value> {
    let output = run(&["-f", "json", "--payload", "full", path.to_str().unwrap()]);
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["type"] == kind)
}

/// A file that is written as `format`, whole.
fn written(path: &Path, name: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    let to = [&["-o", file.to_str().unwrap(), path.to_str().unwrap()], more].concat();
    let output = run(&to);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    fs::read_to_string(file).unwrap()
}

#[test]
fn archives_hold_every_message_of_every_session() {
    for path in captures() {
        let lines = json(&path);
        let text = written(&path, "trace.har", &[]);
        // As a library that knows nothing of WebSockets reads it.
        let har = har::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let har::Spec::V1_2(log) = har.log else { panic!("HAR 1.2") };
        let archive: Value = serde_json::from_str(&text).unwrap();
        let entries = archive["log"]["entries"].as_array().unwrap();
        assert_eq!(log.entries.len(), entries.len());
        assert_eq!(entries.len(), of_type(&lines, "upgrade").count(), "{}", path.display());
        let all = of_type(&lines, "finding").filter(|line| line["waiting"] != true).count();
        let of_none = archive["log"]["_findings"].as_array().unwrap();
        let of_entries = entries.iter().map(|entry| entry["_findings"].as_array().unwrap().len());
        assert_eq!(of_entries.sum::<usize>() + of_none.len(), all, "{}", path.display());
        for (kept, said) in
            of_none.iter().zip(of_type(&lines, "finding").filter(|line| line["session"].is_null()))
        {
            for name in ["id", "summary", "packet", "connection"] {
                assert_eq!(kept[name], said[name], "{}", path.display());
            }
        }
        for entry in entries {
            let session = &entry["_session"];
            let said = of_type(&lines, "message").filter(|line| line["session"] == *session);
            let said: Vec<&Value> = said.collect();
            let kept = entry["_webSocketMessages"].as_array().unwrap();
            assert_eq!(kept.len(), said.len(), "{}", path.display());
            for (kept, said) in kept.iter().zip(said) {
                assert_eq!(kept["_packet"], said["packet"]);
                assert_eq!(kept["type"] == "send", said["from"] == "client");
                let whole = said["text"].as_str().or(said["data_base64"].as_str()).unwrap_or_default();
                assert_eq!(kept["data"], whole, "{}", path.display());
            }
            let found = of_type(&lines, "finding").filter(|line| line["session"] == *session).count();
            assert_eq!(entry["_findings"].as_array().unwrap().len(), found, "{}", path.display());
        }
    }
}

#[test]
fn without_payload_nobody_reads_what_was_said() {
    let (mut messages, mut control, mut bodies) = (0, 0, BTreeSet::new());
    for path in captures() {
        let without = &["--payload", "none"];
        let archive: Value = serde_json::from_str(&written(&path, "trace.har", without)).unwrap();
        for entry in archive["log"]["entries"].as_array().unwrap() {
            for message in entry["_webSocketMessages"].as_array().unwrap() {
                messages += 1;
                assert_eq!(message["data"], "", "{}", path.display());
                assert_eq!(message["_truncated"] == true, message["_length"] != 0, "{message}");
            }
            for frame in entry["_controlFrames"].as_array().unwrap() {
                control += 1;
                assert!(frame.get("data").is_none(), "{}: {frame}", path.display());
            }
            assert!(entry["response"]["content"].get("text").is_none(), "{}", path.display());
        }
        // A preview is the first 64 bytes.
        let archive: Value =
            serde_json::from_str(&written(&path, "trace.har", &["--payload", "preview"])).unwrap();
        for entry in archive["log"]["entries"].as_array().unwrap() {
            for message in entry["_webSocketMessages"].as_array().unwrap() {
                let data = message["data"].as_str().unwrap();
                let length = if message["opcode"] == 1 {
                    data.len()
                } else {
                    BASE64_STANDARD.decode(data).unwrap().len()
                };
                assert!(length <= 64, "{}: {message}", path.display());
                assert!(message["_truncated"] == true || message["_length"] == length, "{message}");
            }
        }
        // The body of a refusal is payload as well.
        let lines = json(&path);
        let begins = |line: &Value| {
            let body = line["body"].as_str()?.trim_start();
            let word: String = body.chars().take_while(char::is_ascii_alphanumeric).collect();
            Some(format!("body: {word}")).filter(|_| !word.is_empty())
        };
        for body in of_type(&lines, "upgrade").filter_map(begins).take(1) {
            for format in [&["-f", "text"][..], &["--oneline"], &["-f", "html"], &["-f", "junit"]] {
                let print = |payload: &str| {
                    let more = ["--payload", payload, path.to_str().unwrap()];
                    String::from_utf8(run(&[format, &more].concat()).stdout).unwrap()
                };
                if print("preview").contains(&body) {
                    bodies.insert(format);
                }
                assert!(!print("none").contains(&body), "{}: {format:?}", path.display());
            }
        }
    }
    assert!(messages > 100 && control > 100, "{messages} messages, {control} control frames");
    assert_eq!(bodies.len(), 4, "{bodies:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let trace = capture("bots-and-bad-clients.pcap");
    let fails = |arguments: &[&str], place: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wsight"));
        let output = program.current_dir(folder.path()).args(arguments).arg(&trace).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        let sentence = format!(
            "wsight: {place}: the output cannot be written there: No space left on device (os error 28)\n"
        );
        assert_eq!(told, sentence, "{arguments:?}");
    };
    for format in ["text", "json", "summary", "html", "har", "junit", "pcapng"] {
        fails(&["-f", format, "-o", "/dev/full"], "/dev/full");
    }
    fails(&["--oneline", "-o", "/dev/full"], "/dev/full");
    for (format, table) in [("csv", "frames.csv"), ("parquet", "frames.parquet")] {
        std::os::unix::fs::symlink("/dev/full", folder.path().join(table)).unwrap();
        fails(&["-f", format, "-o", "."], &format!("./{table}"));
    }
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wsight")).arg(&trace).stdout(full).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("wsight: standard output: the output cannot be written there: No space left"),
        "{told}"
    );
}

#[test]
fn a_commented_copy_of_what_was_cut_off_is_whole_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert!(
        run(&["-o", &path("whole.pcapng"), capture("bots-and-bad-clients.pcap").to_str().unwrap()])
            .status
            .success()
    );
    let whole = fs::read(path("whole.pcapng")).unwrap();
    let pcap = fs::read(capture("bots-and-bad-clients.pcap")).unwrap();
    fs::write(path("cut.pcapng"), &whole[..whole.len() * 2 / 3]).unwrap();
    fs::write(path("cut.pcap"), &pcap[..pcap.len() * 2 / 3]).unwrap();
    // A block in the middle whose two lengths contradict each other.
    let mut wrong = whole.clone();
    let at = wrong.windows(4).rposition(|bytes| bytes == [6, 0, 0, 0]).unwrap();
    wrong[at + 4] ^= 4;
    fs::write(path("wrong.pcapng"), wrong).unwrap();
    let told = "1 input could not be read to the end: this is about what came before.";
    let has = |bytes: &[u8], words: &str| bytes.windows(words.len()).any(|window| window == words.as_bytes());
    let found = |name: &str| {
        let output = run(&["-f", "json", "--only", "finding,frame,upgrade", &path(name)]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert!(!has(&whole, told));
    for name in ["cut.pcapng", "cut.pcap", "wrong.pcapng"] {
        for options in [&[][..], &["--redact"]] {
            let (input, output) = (path(name), path("copy.pcapng"));
            let arguments = [options, &["--force", "-o", &output, &input]].concat();
            assert_eq!(run(&arguments).status.code(), Some(2), "{name} {options:?}");
            assert!(has(&fs::read(path("copy.pcapng")).unwrap(), told), "{name} {options:?}");
            let (status, lines) = found("copy.pcapng");
            assert_eq!(status, Some(0), "{name} {options:?}: it is whole");
            if options.is_empty() {
                assert_eq!(lines, found(name).1, "{name}");
                // Whoever comments it once more keeps that.
                assert_eq!(
                    run(&["--force", "-o", &path("again.pcapng"), &path("copy.pcapng")]).status.code(),
                    Some(0)
                );
                assert_eq!(
                    fs::read(path("again.pcapng")).unwrap(),
                    fs::read(path("copy.pcapng")).unwrap(),
                    "{name}"
                );
            }
            if let Some(of_tshark) = comments(Path::new(&path("copy.pcapng"))) {
                assert!(!of_tshark.is_empty(), "{name} {options:?}");
            }
        }
    }
    // What follows in another file is there.
    let both = &["--force", "-o", &path("copy.pcapng"), &path("cut.pcapng"), &path("whole.pcapng")];
    assert_eq!(run(both).status.code(), Some(2));
    assert_eq!(found("copy.pcapng").0, Some(0));
}

#[test]
fn pages_hold_every_finding_and_load_nothing() {
    for path in captures() {
        let lines = json(&path);
        let page = written(&path, "report.html", &[]);
        let named = |page: &str, words: &str| page.contains(words);
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{}", path.display());
        for line in of_type(&lines, "finding").filter(|line| line["waiting"] != true) {
            let filter = format!("data-copy=\"frame.number == {}\"", line["packet"]);
            // Of attempts that fail alike only a few have cards.
            let brief = format!("packet {}", line["packet"]);
            assert!(named(&page, &filter) || named(&page, &brief), "{}: {line}", path.display());
            assert!(named(&page, &format!("id=\"k-{}\"", line["id"].as_str().unwrap())), "it is explained");
        }
        for line in of_type(&lines, "upgrade") {
            assert!(named(&page, &format!("id=\"s{}\"", line["session"])), "{}: {line}", path.display());
        }
        let sessions = &of_type(&lines, "summary").next().unwrap()["sessions"];
        let name = if *sessions == 1 { "session" } else { "sessions" };
        assert!(named(&page, &format!("<dt>{name}</dt><dd>{sessions}</dd>")), "{}", path.display());
        // Every link inside the page leads somewhere.
        let targets: BTreeSet<&str> = parts(&page, " id=\"").collect();
        for link in parts(&page, "href=\"#") {
            assert!(targets.contains(link), "{}: {link}", path.display());
        }
        assert_eq!(parts(&page, " id=\"").count(), targets.len(), "{}: names are unique", path.display());
        assert!(!page.contains(" src=") && !page.contains("url(") && !page.contains("@import"));
        assert!(!page.contains(" style=") && !page.contains("javascript:"));
    }
}

#[test]
fn what_archives_have_of_their_own_is_documented() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OUTPUT.md")).unwrap();
    let (_, table) = page.split_once("| field of an entry | what it holds |\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
    let documented: BTreeSet<String> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let mut found = BTreeSet::new();
    for path in captures() {
        let archive: Value =
            serde_json::from_str(&written(&path, "trace.har", &["--payload", "preview"])).unwrap();
        for entry in archive["log"]["entries"].as_array().unwrap() {
            for (name, value) in entry.as_object().unwrap() {
                match value {
                    Value::Array(list) if name.starts_with('_') => {
                        let keys = list.iter().flat_map(|object| object.as_object().unwrap().keys());
                        // Those of messages without the sign are Chrome's.
                        let own = keys.filter(|key| name != "_webSocketMessages" || key.starts_with('_'));
                        found.extend(own.map(|key| format!("{name}[].{key}")));
                    }
                    _ if name.starts_with('_') && name != "_resourceType" => {
                        found.insert(name.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    assert_eq!(found, documented);
}

/// The comments of a capture by packet, as tshark reads them; nothing where there is no tshark.
fn comments(path: &Path) -> Option<BTreeMap<u64, Vec<String>>> {
    let mut command = Command::new("tshark");
    command.args(["-Y", "frame.comment", "-T", "json", "-e", "frame.number", "-e", "frame.comment", "-r"]);
    let Ok(output) = command.arg(path).output() else {
        skip("there is no tshark");
        return None;
    };
    assert!(output.status.success(), "{output:?}");
    let packets: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let packet = |packet: &Value| {
        let layers = &packet["_source"]["layers"];
        (texts(&layers["frame.number"])[0].parse().unwrap(), texts(&layers["frame.comment"]))
    };
    Some(packets.iter().map(packet).collect())
}

#[test]
fn every_finding_is_a_comment_that_wireshark_shows_once() {
    for path in captures() {
        let lines = json(&path);
        let folder = tempfile::tempdir().unwrap();
        let (once, twice) = (folder.path().join("once.pcapng"), folder.path().join("twice.pcapng"));
        for (from, to) in [(&path, &once), (&once, &twice)] {
            let output = run(&["-o", to.to_str().unwrap(), from.to_str().unwrap()]);
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
        let copy = fs::read(&once).unwrap();
        assert!(copy == fs::read(&twice).unwrap(), "{}: nothing is doubled", path.display());
        assert_eq!(lines, json(&once), "{}: it is the same capture", path.display());
        let mut expected: BTreeMap<u64, usize> = BTreeMap::new();
        let findings = of_type(&lines, "finding").filter(|line| line["waiting"] != true);
        let sessions: BTreeSet<u64> =
            of_type(&lines, "session").map(|line| line["session"].as_u64().unwrap()).collect();
        let failed =
            of_type(&lines, "upgrade").filter(|line| !sessions.contains(&line["session"].as_u64().unwrap()));
        for line in findings.chain(of_type(&lines, "session")).chain(failed) {
            *expected.entry(line["packet"].as_u64().unwrap()).or_default() += 1;
        }
        let Some(comments) = comments(&once) else { return };
        let counts: BTreeMap<u64, usize> =
            comments.iter().map(|(packet, texts)| (*packet, texts.len())).collect();
        assert_eq!(counts, expected, "{}", path.display());
        for line in of_type(&lines, "finding") {
            let texts = &comments[&line["packet"].as_u64().unwrap()];
            let start =
                format!("wsight: {} {}", line["severity"].as_str().unwrap(), line["id"].as_str().unwrap());
            assert!(texts.iter().any(|text| text.starts_with(&start)), "{}: {texts:?}", path.display());
        }
    }
}

/// What stands between `before` and the next quote, each time.
fn parts<'a>(page: &'a str, before: &str) -> impl Iterator<Item = &'a str> {
    page.split(before).skip(1).map(|rest| rest.split('"').next().unwrap())
}

#[test]
fn a_page_allows_its_own_style_and_script_and_nothing_else() {
    let page = written(&capture("pong-nul-cut.pcap"), "report.html", &[]);
    let policy = parts(&page, "Content-Security-Policy\" content=\"").next().unwrap().replace("&#39;", "'");
    let hash = |element: &str| {
        let (_, rest) = page.split_once(&format!("<{element}>")).unwrap();
        let (text, _) = rest.split_once(&format!("</{element}>")).unwrap();
        BASE64_STANDARD.encode(Sha256::digest(text))
    };
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash("style"),
        hash("script")
    );
    assert_eq!(policy, expected);
    assert!(page.contains("0d 90 0f <mark>--</mark>"), "the byte that is missing is marked");
}

#[test]
fn ten_thousand_sessions_fit_into_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("many.pcap");
    fs::write(&trace, many_sessions(10_000)).unwrap();
    let page = written(&trace, "report.html", &[]);
    assert_eq!(parts(&page, "<details class=\"session note\" id=\"").count(), 10_000);
    assert_eq!(
        page.matches("<figure class=\"ladder\">").count(),
        100,
        "those that are quiet are not all drawn"
    );
    assert!(page.len() < 25 << 20, "{} bytes", page.len());
}

/// The cases of a report: how many, how many of them failed, and of each its name and what its failure tells of.
fn cases(xml: &str) -> (u64, u64, Vec<(String, Vec<String>)>) {
    let mut reader = Reader::from_str(xml);
    let (mut counts, mut errors, mut cases) = ((0, 0), 0_i64, Vec::<(String, Vec<String>)>::new());
    let mut inside = String::new();
    loop {
        let event = reader.read_event().unwrap();
        if let (Event::Text(text), "failure") = (&event, inside.as_str()) {
            let told = &mut cases.last_mut().unwrap().1;
            let kind = |words: &str| words.split_once("):").unwrap().0.to_owned();
            told.extend(text.split("(wsight explain ").skip(1).map(kind));
        }
        let (Event::Start(start) | Event::Empty(start)) = &event else {
            if event == Event::Eof {
                assert_eq!(errors, 0, "as many as the report counts");
                return (counts.0, counts.1, cases);
            }
            continue;
        };
        let attribute = |name: &str| {
            let found = start.try_get_attribute(name).unwrap().unwrap();
            found.value.into_owned()
        };
        // What Jenkins's schema of these reports (junit-10.xsd) allows.
        let allowed: &[&str] = match start.name().as_ref() {
            "testsuites" => &["name", "tests", "failures", "errors", "time"],
            "testsuite" => &["name", "tests", "failures", "errors", "time", "skipped", "timestamp"],
            "testcase" => &["name", "classname", "time"],
            "failure" | "error" => &["type", "message"],
            "system-out" => &[],
            name => panic!("{name}"),
        };
        for found in start.attributes().map(Result::unwrap) {
            assert!(allowed.contains(&found.key.as_ref()), "{found:?}");
            if found.key.as_ref() == "time" {
                assert_eq!(found.value.rsplit('.').next().map(str::len), Some(3), "{found:?}");
            }
        }
        match start.name().as_ref() {
            "testsuite" => {
                errors = attribute("errors").parse().unwrap();
                counts = (attribute("tests").parse().unwrap(), attribute("failures").parse().unwrap());
            }
            "testcase" => cases.push((attribute("name"), Vec::new())),
            // Of several many readers show the first.
            "failure" => assert!(cases.last().unwrap().1.is_empty() && inside == "testcase", "{xml}"),
            "error" => errors -= 1,
            _ => {}
        }
        start.name().as_ref().clone_into(&mut inside);
    }
}

#[test]
fn reports_of_tests_have_a_case_for_each_session_and_tell_of_each_error() {
    for path in captures() {
        let lines = json(&path);
        let (tests, failures, cases) = cases(&written(&path, "report.xml", &[]));
        let attempts = of_type(&lines, "upgrade").count();
        let own = cases.iter().filter(|(name, _)| name.starts_with("session ")).count();
        assert_eq!(own, attempts, "{}", path.display());
        assert_eq!(tests, cases.len() as u64);
        for line in of_type(&lines, "session") {
            let part = |name: &str| line[name].as_str().unwrap_or_default();
            let (start, url) =
                (format!("session {}: ", line["session"]), [part("host"), part("target")].concat());
            let case = cases.iter().find(|(name, _)| name.starts_with(&start));
            assert!(case.is_some_and(|(name, _)| name.ends_with(&url)), "{}: {case:?}", path.display());
        }
        assert_eq!(failures, cases.iter().filter(|(_, failures)| !failures.is_empty()).count() as u64);
        let mut told: Vec<&str> =
            cases.iter().flat_map(|(_, failures)| failures).map(String::as_str).collect();
        let errors = of_type(&lines, "finding").filter(|line| line["severity"] == "error");
        let mut found: Vec<&str> = errors.map(|line| line["id"].as_str().unwrap()).collect();
        told.sort_unstable();
        found.sort_unstable();
        assert_eq!(told, found, "{}", path.display());
    }
}

#[test]
fn a_capture_that_is_cut_off_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let (trace, report) = (folder.path().join("half.pcap"), folder.path().join("report.xml"));
    let bytes = fs::read(capture("clean-python-newest.pcap")).unwrap();
    fs::write(&trace, &bytes[..bytes.len() - 7]).unwrap();
    for more in [&[][..], &["--session", "1"], &["--redact"]] {
        let to = ["--force", "-o", report.to_str().unwrap(), trace.to_str().unwrap()];
        assert_eq!(run(&[&to, more].concat()).status.code(), Some(2));
        let xml = fs::read_to_string(&report).unwrap();
        let (tests, _, cases) = cases(&xml);
        assert_eq!(tests, cases.len() as u64);
        assert_eq!(cases.last().unwrap().0, "all inputs can be read");
        assert!(
            xml.contains("errors=\"1\"") && xml.contains("1 input could not be read to the end"),
            "{xml}"
        );
    }
}

#[test]
fn a_dash_is_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("close-missing.pcap");
    let in_folder = |args: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wsight"));
        program.current_dir(folder.path()).args(args).arg(&path).output().unwrap()
    };
    for format in ["json", "text", "summary", "html", "har", "junit", "pcapng"] {
        let named = in_folder(&["-f", format, "-o", "-"]);
        assert!(named.status.success() && !named.stdout.is_empty(), "{named:?}");
        assert_eq!(named.stdout, in_folder(&["-f", format]).stdout, "{format}");
    }
    for format in ["csv", "parquet"] {
        let refused = in_folder(&["-f", format, "-o", "-"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(said.contains("a file for each table, which standard output cannot hold"), "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn folders_are_made_only_for_tables_that_come_into_being() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(folder.path().join("there")).unwrap();
    let trace = capture("close-missing.pcap");
    for format in ["csv", "parquet"] {
        for name in ["new", "new/and/deep", "there", "there/new"] {
            assert_eq!(run(&["-f", format, "-o", &path(name), &path("gone.pcap")]).status.code(), Some(2));
            assert!(!folder.path().join("new").exists() && folder.path().join("there").exists(), "{name}");
            assert_eq!(fs::read_dir(path("there")).unwrap().count(), 0);
        }
        assert!(run(&["-f", format, "-o", &path(format), trace.to_str().unwrap()]).status.success());
        assert!(fs::read_dir(path(format)).unwrap().count() > 3);
    }
}

#[test]
fn what_fails_a_build_is_what_the_report_calls_a_failure() {
    let path = capture("close-missing.pcap");
    let path = path.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.xml");
    let report = report.to_str().unwrap();
    assert_eq!(run(&["--fail-on", "error", "-o", report, path]).status.code(), Some(0));
    assert_eq!(cases(&fs::read_to_string(report).unwrap()).1, 0);
    let failing = run(&["--fail-on", "warning", "--force", "-o", report, path]);
    assert_eq!(failing.status.code(), Some(1));
    let told = format!("wsight: there is a finding of severity warning: see {report}\n");
    assert_eq!(String::from_utf8_lossy(&failing.stderr), told);
    assert_eq!(cases(&fs::read_to_string(report).unwrap()).1, 1);
}

/// What a column should have of a line.
fn expected(column: &Column, line: &Value) -> Value {
    let value = column.field().split('.').fold(line, |value, part| &value[part]);
    match (column.kind(), value) {
        (_, Value::Null) => Value::Null,
        (ColumnType::Json, _) => unreachable!("figures are no field"),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (ColumnType::Microseconds, number) => ((number.as_f64().unwrap() * 1e3).round() as u64).into(),
        (_, Value::Array(list)) => {
            let texts: Vec<&str> = list.iter().map(|text| text.as_str().unwrap()).collect();
            texts.join(", ").into()
        }
        (_, Value::String(address)) if column.name().ends_with("_ip") => {
            address.parse::<SocketAddr>().unwrap().ip().to_string().into()
        }
        (_, Value::String(address)) if column.name().ends_with("_port") => {
            address.parse::<SocketAddr>().unwrap().port().into()
        }
        (_, value) => value.clone(),
    }
}

/// Whether figures are those of a finding.
fn are_figures(text: &str, line: &Value) -> bool {
    let figures: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    figures.iter().all(|(name, value)| line[name] == *value)
}

/// Calls `compare` with each table that is written as `format`, and the lines it should have as rows.
fn tables(format: &str, compare: impl Fn(&Path, Table, &[&Value])) {
    for path in captures() {
        let lines = json(&path);
        let folder = tempfile::tempdir().unwrap();
        let tables = folder.path().join("new/tables");
        let output =
            run(&["-f", format, "--payload", "full", "-o", tables.to_str().unwrap(), path.to_str().unwrap()]);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        for table in Table::ALL {
            // A finding that waits is told again once it is certain.
            let wanted = of_type(&lines, table.kind().name()).filter(|line| line["waiting"] != true);
            let wanted: Vec<&Value> = wanted.collect();
            compare(&tables.join(format!("{}.{format}", table.name())), table, &wanted);
        }
    }
}

#[test]
fn tables_have_a_row_for_each_line_and_their_columns() {
    tables("csv", |path, table, lines| {
        let mut rows = csv::Reader::from_path(path).unwrap();
        // Times have nanoseconds there.
        let columns: Vec<Column> =
            table.columns().into_iter().filter(|column| column.name() != "time_ns").collect();
        let names: Vec<&str> = columns.iter().map(Column::name).collect();
        assert_eq!(rows.headers().unwrap(), &csv::StringRecord::from(names));
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), lines.len(), "{table:?}");
        for (row, line) in rows.iter().zip(lines) {
            for (column, cell) in columns.iter().zip(row) {
                if column.kind() == ColumnType::Json {
                    assert!(are_figures(cell, line), "{cell}");
                    continue;
                }
                match expected(column, line) {
                    Value::Null => assert_eq!(cell, ""),
                    Value::String(text) => assert!(*cell == text || cell == format!("'{text}"), "{cell}"),
                    other => assert_eq!(cell, other.to_string(), "{}", column.name()),
                }
            }
        }
    });
}

#[test]
fn tables_with_types_hold_what_the_lines_do() {
    tables("parquet", |path, table, lines| {
        let file = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        let columns = table.columns();
        for group in file.metadata().row_groups() {
            for chunk in group.columns() {
                assert_eq!(chunk.compression(), Compression::SNAPPY);
                assert!(chunk.statistics().is_some(), "{}", chunk.column_path());
            }
        }
        let rows: Vec<parquet::record::Row> = file.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), lines.len(), "{table:?}");
        for (row, line) in rows.iter().zip(lines) {
            let mut cells = row.get_column_iter();
            for column in &columns {
                let (name, cell) = cells.next().unwrap();
                assert_eq!(name, column.name());
                match (column.kind(), cell) {
                    (ColumnType::Json, Field::Str(text)) => assert!(are_figures(text, line), "{text}"),
                    (ColumnType::Nanoseconds, Field::Long(nanos)) => {
                        let time = Timestamp::from_nanos(*nanos).to_string();
                        assert_eq!(Value::from(time), expected(column, line));
                    }
                    (ColumnType::Time, Field::TimestampMicros(micros)) => {
                        // Six of nine decimals.
                        let time = Timestamp::from_nanos(*micros * 1_000).to_string();
                        let whole = expected(column, line);
                        assert_eq!(time.split_at(26).0, whole.as_str().unwrap().split_at(26).0);
                    }
                    (_, cell) => {
                        let found = match cell {
                            Field::Null => Value::Null,
                            Field::Str(text) => text.as_str().into(),
                            Field::Bool(flag) => (*flag).into(),
                            // What RFC 6455 §5.2 forbids and 64 bits with a sign cannot hold.
                            Field::Long(i64::MAX) => (1_u64 << 63).into(),
                            Field::Long(number) => (*number).into(),
                            other => panic!("{other:?}"),
                        };
                        assert_eq!(found, expected(column, line), "{name}");
                    }
                }
            }
            assert!(cells.next().is_none());
        }
    });
}

/// `DuckDB`, pyarrow and pandas, where `tests/witnesses/requirements.txt` is installed for them.
#[test]
fn databases_and_data_frames_read_the_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/witnesses/bin/python");
    if !python.exists() {
        let reason = format!("{} is not there; the README says how to install it", python.display());
        assert!(std::env::var_os("CI").is_none(), "CI asks DuckDB and pandas, but {reason}");
        eprintln!("skipped: {reason}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The test above has compared every value; here the types count.
    for path in captures().into_iter().step_by(3) {
        let (tables, path) = (folder.path().join(path.file_stem().unwrap()), path.to_str().unwrap());
        let tables = tables.to_str().unwrap();
        for args in [&["-f", "parquet", "-o", tables, path], &["-f", "csv", "-o", tables, path]] {
            assert!(run(args).status.success());
        }
        let lines = format!("{tables}/lines.json");
        assert!(run(&["-f", "json", "-o", &lines, path]).status.success());
    }
    let script = root.join("tests/witnesses/tables.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn nothing_that_is_there_is_overwritten_and_nothing_half_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let trace = path("trace.pcap");
    fs::copy(capture("pong-nul-cut.pcap"), &trace).unwrap();
    let there = path("there.har");
    fs::write(&there, "precious").unwrap();
    let fails = |args: &[&str], why: &str| {
        let output = run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    };
    fails(&["-o", &there, &trace], "there.har: it exists; --force replaces it");
    assert_eq!(fs::read_to_string(&there).unwrap(), "precious");
    fails(&["-o", &trace, "--force", &trace], "it is one of the captures to read");
    fails(&["-o", &path(""), &trace], "it is a folder; name a file for -o");
    fails(&["-f", "csv", &trace], "name their folder with -o");
    fails(&["-f", "parquet", &trace], "name their folder with -o");
    // A folder of tables is whole or not there.
    let tables = path("tables");
    fs::create_dir(&tables).unwrap();
    fs::write(format!("{tables}/frames.parquet"), "precious").unwrap();
    fails(&["-f", "parquet", "-o", &tables, &trace], "frames.parquet: it exists; --force replaces it");
    assert_eq!(fs::read_dir(&tables).unwrap().count(), 1);
    assert!(run(&["-f", "parquet", "-o", &tables, "--force", &trace]).status.success());
    assert!(fs::read(format!("{tables}/frames.parquet")).unwrap().starts_with(b"PAR1"));
    fs::remove_dir_all(&tables).unwrap();
    fails(&["-o", &path("no/such/folder.har"), &trace], "the output cannot be written there");
    // A file that cannot be read to its end keeps what was found, and the exit status tells.
    let half = path("half.pcap");
    let bytes = fs::read(&trace).unwrap();
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(run(&["-o", &path("half.har"), &half]).status.code(), Some(2));
    let archive: Value = serde_json::from_str(&fs::read_to_string(path("half.har")).unwrap()).unwrap();
    let told = "1 input could not be read to the end: this is about what came before.";
    assert_eq!(archive["log"]["comment"], told);
    assert_eq!(archive["log"]["_unreadInputs"], 1);
    assert_eq!(run(&["-f", "parquet", "-o", &tables, &half]).status.code(), Some(2));
    let table = fs::File::open(format!("{tables}/frames.parquet")).unwrap();
    let table = SerializedFileReader::new(table).unwrap();
    let told_there = table.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(
        told_there
            .iter()
            .any(|pair| pair.key == "wsight.unread_inputs" && pair.value.as_deref() == Some(told))
    );
    // A folder of tables says it where everybody looks, and not of captures that were read whole.
    let words = Path::new(&tables).join("unread_inputs.txt");
    for format in ["parquet", "csv"] {
        assert!(run(&["-f", format, "-o", &tables, "--force", &trace]).status.success());
        assert!(!words.exists());
        assert_eq!(run(&["-f", format, "-o", &tables, "--force", &half]).status.code(), Some(2));
        assert_eq!(fs::read_to_string(&words).unwrap(), format!("{told}\n"));
        fails(&["-f", format, "-o", &tables, "--only", "tls", &trace], "it would stay beside new tables");
    }
    fs::remove_dir_all(&tables).unwrap();
    assert!(run(&["-o", &there, "--force", &trace]).status.success());
    let archive = fs::read_to_string(&there).unwrap();
    assert!(archive.contains("\"_webSocketMessages\"") && !archive.contains("could not be read"));
    // Of inputs that cannot be read at all nothing is written, and what is there stays.
    let whole = fs::read(&there).unwrap();
    let gone = path("gone.pcap");
    let unread = "not written, as nothing could be read";
    fails(&["-o", &there, "--force", &gone], unread);
    assert_eq!(fs::read(&there).unwrap(), whole);
    for name in ["new.html", "new.pcapng", "new.xml"] {
        fails(&["-o", &path(name), &gone], unread);
    }
    let mut left: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["half.har", "half.pcap", "there.har", "trace.pcap"]);
}

/// How many cells are in each row of a table, for a spreadsheet that takes `;` and tabs as separators, too, as `LibreOffice` does
/// unless told otherwise.
fn cells_in_rows(table: &str) -> Vec<usize> {
    let (mut rows, mut quoted, mut at_start) = (vec![1], false, true);
    for c in table.trim_end().chars() {
        match c {
            // Two of them are a quote in a text, and change nothing.
            '"' if at_start || quoted => quoted = !quoted,
            '"' => quoted = true,
            ',' | ';' | '\t' if !quoted => *rows.last_mut().unwrap() += 1,
            '\n' if !quoted => rows.push(1),
            _ => {}
        }
        at_start = !quoted && matches!(c, ',' | ';' | '\t' | '\n');
    }
    rows
}

#[test]
fn a_spreadsheet_finds_every_cell_in_its_column() {
    // Extensions with parameters, bodies and reasons.
    for name in ["deflate-node-ws.pcap", "http2-deflate-hypercorn.pcap", "nginx-502.pcap"] {
        let folder = tempfile::tempdir().unwrap();
        let path = capture(name);
        assert!(
            run(&["-f", "csv", "-o", folder.path().to_str().unwrap(), path.to_str().unwrap()])
                .status
                .success()
        );
        for entry in fs::read_dir(folder.path()).unwrap() {
            let rows = cells_in_rows(&fs::read_to_string(entry.unwrap().path()).unwrap());
            assert!(rows.iter().all(|cells| *cells == rows[0]), "{name}: {rows:?}");
        }
    }
}

#[test]
fn a_spreadsheet_takes_nothing_for_a_formula() {
    let folder = tempfile::tempdir().unwrap();
    let tables = folder.path().to_str().unwrap();
    let path = capture("bots-and-bad-clients.pcap");
    assert!(run(&["-f", "csv", "-o", tables, path.to_str().unwrap()]).status.success());
    for entry in fs::read_dir(tables).unwrap() {
        for row in csv::Reader::from_path(entry.unwrap().path()).unwrap().records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '+', '@']), "{cell}");
            }
        }
    }
}
