//! What `--where` and its short forms print, from captures, by the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod scenario;

use scenario::Scenario;
use serde_json::Value;
use std::io::{BufRead, BufReader};
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

/// A message that a filter chose without its frames is shown, by every output for people.
#[test]
fn a_chosen_message_is_shown_where_no_frame_of_it_was_chosen() {
    let errors = ["\"error\":\"no such symbol", "error: nobody else is here"];
    let chosen = ["--from", "server", "--grep", "(?i)error"];
    for format in [
        &["-f", "text"][..],
        &["--oneline"],
        &["--only", "frame,message"],
        &["--oneline", "--only", "frame,message"],
        &["--only", "message"],
    ] {
        let (text, _) = told(&[format, &chosen].concat(), "afternoon.pcap");
        for error in errors {
            assert_eq!(text.matches(error).count(), 1, "{format:?}: {text}");
        }
        assert!(!text.contains("welcome"), "{format:?}: {text}");
    }
    // Frames alone were asked for.
    let (text, _) = told(&[&["--only", "frame"], &chosen[..]].concat(), "afternoon.pcap");
    assert!(!text.contains("nobody else"), "{text}");
    // Where both are chosen it is told once.
    for format in ["-f=text", "--oneline"] {
        let both = "frame.opcode == text or message.text contains error";
        let (text, _) = told(&[format, "--where", both], "afternoon.pcap");
        assert_eq!(text.matches(errors[1]).count(), 1, "{text}");
        // A ping between the frames of a message, and its last frame alone.
        let (text, _) =
            told(&[format, "--where", "frame.opcode == ping or message.kind == text"], "afternoon.pcap");
        assert_eq!(text.matches(errors[1]).count(), 1, "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("r.html");
    if cfg!(feature = "html") {
        wsight(&[&["-o", page.to_str().unwrap()], &chosen[..]].concat(), "afternoon.pcap");
        assert!(std::fs::read_to_string(page).unwrap().contains("nobody else is here"));
    }
}

#[test]
fn sessions_are_numbered_from_one_and_hosts_may_have_a_port() {
    let output = wsight(&["--session", "0"], "afternoon.pcap");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("sessions are numbered from 1"));
    let sessions = |host: &str| {
        let found = lines(&["--only", "session", "--host", host], "afternoon.pcap");
        found.iter().filter(|line| line["type"] == "session").count()
    };
    assert_eq!(sessions("chat.example:8080"), sessions("chat.example"));
    assert!(sessions("chat.example:8080") > 0 && sessions("chat.example:8081") == 0);
}

#[test]
fn a_message_that_is_searched_in_part_is_not_called_searched() {
    let arguments = ["-f", "text", "--limit", "message-bytes=10", "--grep", "again, the same words again"];
    let (text, _) = told(&arguments, "deflate-python-14.0.pcap");
    assert!(text.contains("inflates to more than the limit"), "{text}");
    let (text, _) =
        told(&["-f", "text", "--grep", "again, the same words again"], "deflate-python-14.0.pcap");
    assert!(!text.contains("may have been missed"), "{text}");
    let cut = "a message of 256 bytes is longer than the limit";
    let search = ["--limit", "message-bytes=100", "--grep", "nothing like it"];
    for format in
        [&["-f", "text"][..], &["--oneline", "-f", "text"], &["--oneline", "-f", "text", "--only", "message"]]
    {
        let (text, _) = told(&[format, &search].concat(), "clean-python-newest.pcap");
        assert!(text.contains(&format!("Something may have been missed: {cut}")), "{format:?}: {text}");
    }
    let summary = lines(&search, "clean-python-newest.pcap").pop().unwrap();
    assert!(summary["left_out"]["limits"][0].as_str().unwrap().starts_with(cut), "{summary}");
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
    for (option, value, wrong) in [
        ("--until", "noon", "`noon` is not a valid time"),
        ("--since", "14:99", "`14:99` is not a valid time"),
        ("--where", "message.from == srv", "did you mean `server`?"),
        ("--where", "finding.id == close-misssing", "did you mean `close-missing`?"),
        ("--where", "finding.severity == eror", "did you mean `error`?"),
        ("--where", "frame.opcode == txt", "did you mean `text`?"),
        ("--where", "select(.type == \"message\")", "write the condition alone"),
        ("--where", ".message.text | test(\"error\")", "write `message.text ~ "),
        ("--where", "has(\"close\")", "asks whether it is there"),
        ("--where", "close-missing", "write `finding.id == close-missing`"),
        ("--where", "session == 3.5", "`session` is a whole number"),
    ] {
        let output = wsight(&["-f", "json", option, value], "pong-nul-cut.pcap");
        assert_eq!(output.status.code(), Some(2), "{option} {value}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.stdout.is_empty() && told.contains(wrong) && told.contains("^^^\n"), "{told}");
    }
}

/// What the program prints for people, and its exit status.
fn told(arguments: &[&str], name: &str) -> (String, i32) {
    let output = wsight(arguments, name);
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// One session, in which the server's message stays incomplete: one error.
const ONE_ERROR: &str = "frame-202-of-199.pcap";

#[test]
fn a_filter_that_chooses_nothing_says_so_and_not_that_nothing_is_there() {
    for format in ["text", "summary"] {
        for filter in [
            &["--session", "9"][..],
            &["--host", "1.2.3.4"],
            &["--since", "2099-01-01"],
            &["--where", "message.from == server and message.text contains \"error\""],
        ] {
            let (text, status) = told(&[&["-f", format], filter].concat(), ONE_ERROR);
            assert!(text.contains("1 session, but none matches the filter."), "{filter:?}: {text}");
            assert!(text.contains(" hidden by the filter: 1 error"), "{filter:?}: {text}");
            assert!(text.contains("0 of 1 session, "), "{filter:?}: {text}");
            assert!(text.contains("findings: none shown"), "{filter:?}: {text}");
            for wrong in ["No WebSocket", "--keys", "--port"] {
                assert!(!text.contains(wrong), "{filter:?}: {text}");
            }
            assert_eq!(status, 0);
        }
    }
    let (text, _) = told(&["-f", "text", "--session", "9"], "connection-refused.pcap");
    assert!(text.contains("No WebSocket in this capture.") || text.contains("none matches"), "{text}");
}

#[test]
fn what_a_filter_hides_is_not_called_well() {
    let (text, _) = told(&["-f", "text", "--grep", "greeting"], ONE_ERROR);
    assert!(text.contains("Nothing wrong found in what the filter chose."), "{text}");
    assert!(
        text.contains("about it are hidden by the filter") || text.contains("about it is hidden"),
        "{text}"
    );
    assert!(text.contains(" hidden by the filter: 1 error"), "{text}");
    // Where a filter hides nothing that is wrong, nothing is said of it.
    let (text, _) = told(&["-f", "text", "--session", "1"], "clean-python-newest.pcap");
    assert!(text.contains("✓ Nothing wrong found.") && !text.contains("hidden"), "{text}");
    let summary = lines(&["--grep", "greeting"], ONE_ERROR).pop().unwrap();
    assert_eq!(summary["left_out"]["sessions"], 0, "{summary}");
    let all = lines(&[], ONE_ERROR).pop().unwrap();
    let count =
        |findings: &Value| findings.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!(summary["left_out"]["findings"], count(&all["findings"]), "{summary}");
    assert!(all.get("left_out").is_none(), "{all}");
}

#[test]
fn fail_on_judges_what_the_filter_chose() {
    for (filter, expected) in [
        (&[][..], 1),
        (&["--session", "1"], 1),
        (&["--session", "9"], 0),
        (&["--from", "client"], 0),
        (&["--where", "finding.id == frame-incomplete"], 1),
        (&["--grep", "greeting"], 0),
    ] {
        for format in ["text", "json", "summary"] {
            let arguments = [&["-f", format, "--fail-on", "error"], filter].concat();
            let (text, status) = told(&arguments, ONE_ERROR);
            assert_eq!(status, expected, "{arguments:?}: {text}");
            let is_told = if format == "json" {
                text.contains("\"severity\":\"error\"")
            } else {
                text.contains("findings: 1 error")
            };
            assert_eq!(is_told, expected == 1, "{arguments:?}: {text}");
        }
    }
}

#[test]
fn fail_on_judges_findings_that_are_only_counted() {
    let scenario = "C> upgrade\nS< 101\nC> times 3 frame opcode=3 \"x\"\nS< frame opcode=3 \"x\"\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    std::fs::write(&path, Scenario::parse(scenario).to_pcap()).unwrap();
    for (side, limit, printed) in [("client", 100, 3), ("server", 100, 1), ("client", 2, 2), ("server", 2, 0)]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
        command.args(["-f", "json", "--fail-on", "error", "--from", side, "--limit"]);
        let output = command.arg(format!("findings-per-session={limit}")).arg(&path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = || text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told = lines().filter(|line| line["id"] == "frame-reserved-opcode").count();
        assert_eq!((output.status.code(), told), (Some(1), printed), "{side}, {limit}: {text}");
        let counted = &lines().next_back().unwrap()["findings"]["frame-reserved-opcode"];
        assert_eq!(*counted, if side == "client" { 3 } else { 1 }, "{side}, {limit}: {text}");
    }
}

#[test]
fn times_are_printed_and_read_in_the_zone_that_was_asked_for() {
    let lines = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
        command.args(["--oneline", "--only", "session"]).args(options).arg(capture("afternoon.pcap"));
        // As POSIX has it: an hour ahead of UTC in winter.
        let output = command.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let utc = ["2023-11-15T14:02:32.039Z"];
    let local = ["2023-11-15T15:02:32.039+01:00"];
    let since_14 = ["--since", "14:02", "--until", "14:02:40"];
    let since_15 = ["--since", "2023-11-15T15:02", "--until", "15:02:40"];
    assert_eq!(lines(&since_14), utc);
    assert_eq!(lines(&[&["--local"][..], &since_15].concat()), local);
    assert_eq!(lines(&["--local", "--utc", "--since", "14:02", "--until", "14:02:40"]), utc);
    assert_eq!(lines(&["--local", "--where", "time >= 14:02Z and time < 15:02:40"]), local);
    assert!(lines(&[&["--local"][..], &since_14].concat()).is_empty());
}

#[test]
#[cfg(feature = "live")]
fn packets_that_no_packet_filter_wants_were_read_all_the_same() {
    let all = lines(&[], ONE_ERROR).pop().unwrap()["packets"].as_u64().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wsight"));
    let output = command
        .args(["-f", "text", "-r"])
        .arg(capture(ONE_ERROR))
        .args(["tcp", "port", "81"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(&format!("{all} packets were read, and none matches the packet filter.")),
        "{text}"
    );
    assert!(text.contains(&format!("0 of {all} packets")) && !text.contains("No packet was read"), "{text}");
}

/// `--oneline` is text: with another format nothing is written, and it says so.
#[test]
fn one_line_for_each_event_is_text_and_no_other_format() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["r.html", "r.har", "r.xml", "r.pcapng", "r.json"] {
        let path = folder.path().join(name);
        let output = wsight(&["--oneline", "-o", path.to_str().unwrap()], "afternoon.pcap");
        assert_eq!(output.status.code(), Some(2), "{name}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("--oneline prints text") && told.contains("-f text"), "{told}");
        assert!(!path.exists() && output.stdout.is_empty());
    }
    for format in ["json", "summary", "junit", "har", "csv"] {
        let output = wsight(&["--oneline", "-f", format], "afternoon.pcap");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(&format!("or -f {format}")), "{told}");
        assert!(output.status.code() == Some(2) && output.stdout.is_empty());
    }
    let path = folder.path().join("lines.txt");
    assert!(wsight(&["--oneline", "-o", path.to_str().unwrap()], "afternoon.pcap").status.success());
    assert!(std::fs::read_to_string(path).unwrap().lines().count() > 20);
}

/// `-w -` is standard output, as `-` is everywhere, and nothing else comes there.
#[test]
fn packets_can_be_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let passed = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .args(["--session", "4", "-w", "-"])
        .arg(capture("afternoon.pcap"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(passed.status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file is called `-`");
    let file = folder.path().join("4.pcapng");
    assert!(wsight(&["--session", "4", "-w", file.to_str().unwrap()], "afternoon.pcap").status.success());
    assert_eq!(passed.stdout, std::fs::read(file).unwrap());
    let told = String::from_utf8(passed.stderr).unwrap();
    assert!(told.contains("standard output: ") && told.contains("saved"), "{told}");
}

/// The program itself tells what filters can ask.
#[test]
fn the_fields_are_explained() {
    let explain = |what: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_wsight")).arg("explain").args(what).output().unwrap();
        assert!(output.status.success(), "{what:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let page = explain(&["fields"]);
    for (path, ..) in wsight::filter::FIELDS {
        assert!(page.lines().any(|line| line.split_whitespace().next() == Some(path)), "{path}");
    }
    assert!(page.contains("5s, 200ms or 3m"), "{page}");
    let close = explain(&["session.close"]);
    assert_eq!(close.lines().count(), 4, "{close}");
    assert!(explain(&["tls.reason"]).contains("no-secrets"));
    assert!(explain(&["pong-mismatch"]).contains("Likely causes"));
}

/// A file that is followed need not be there yet.
#[test]
fn a_file_that_is_followed_may_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later.pcap");
    let mut follower = Command::new(env!("CARGO_BIN_EXE_wsight"))
        .args(["--follow", "-c", "8", "-f", "text"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(follower.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("later.pcap: not there yet; waiting for it"), "{line}");
    let whole = folder.path().join("whole");
    std::fs::copy(capture("pong-nul-cut.pcap"), &whole).unwrap();
    std::fs::rename(whole, &path).unwrap();
    let output = follower.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Session 1"));
}

/// The ids of the findings among these lines.
fn finding_ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter(|line| line["type"] == "finding").map(|line| line["id"].as_str().unwrap()).collect()
}

#[test]
fn a_name_chooses_what_concerns_its_server_without_a_session() {
    for (name, host, id) in [
        ("tls-alert.pcapng", "example.org", "tls-alert"),
        ("tls-handshake-broken.pcapng", "EXAMPLE.org", "tls-handshake-broken"),
        ("lifetime-limit.pcap", "chat.test", "lifetime-limit"),
    ] {
        let found = lines(&["--host", host], name);
        assert!(finding_ids(&found).contains(&id), "{name}: {found:?}");
        let port = format!("{host}:443");
        let is_told = finding_ids(&lines(&["--host", &port], name)).contains(&id);
        assert_eq!(is_told, name.starts_with("tls"), "{name}");
        let other = lines(&["--host", "other.example"], name);
        assert_eq!(finding_ids(&other), [""; 0], "{name}: {other:?}");
        let server = lines(&["--where", "server.port in {443, 8080}"], name);
        assert!(finding_ids(&server).contains(&id), "{name}: {server:?}");
    }
}

#[test]
fn the_name_that_tls_asks_for_chooses_a_session_whether_it_can_be_read_or_not() {
    // Without a request there is no header Host.
    let dark = "tls-dark-no-secret-for-this-client-random.pcapng";
    assert!(types(&lines(&["--host", "example.org"], dark)).contains(&"session"));
    let read = lines(&["--where", "tls.sni == example.org"], "tls-1.3.pcapng");
    assert!(types(&read).contains(&"message"), "{read:?}");
    let other = lines(&["--where", "tls.sni == example.com"], "tls-1.3.pcapng");
    assert_eq!(types(&other), ["summary"]);
}
