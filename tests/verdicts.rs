//! The verdict at the end of a report, over every capture, case and situation: it names a side, or says that it is neither,
//! and it never says that nothing is wrong where something brought the reader here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod reported;
mod scenario;

use scenario::program::{report, values};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What is to blame where it is neither the client nor the server.
const NEITHER: [&str; 7] = [
    "in between",
    "the path",
    "the network",
    "on the way",
    "capture",
    "No WebSocket in this capture",
    "no secret opens",
];

/// The first line of the last block.
fn verdict(text: &str) -> &str {
    text.trim_end().rsplit("\n\n").next().unwrap().lines().next().unwrap()
}

/// Whether a peer gave up for a reason that is its own (RFC 6455 §7.4.1, §7.4.2).
fn is_complaint(code: &Value) -> bool {
    matches!(code.as_u64(), Some(1002..=1003 | 1007..=1014 | 4000..=4999))
}

/// What in the JSON lines of a capture is not well, although no peer may have made a mistake.
fn is_not_well(event: &Value) -> bool {
    /// Milliseconds.
    const LONG: f64 = 1_000.0;
    let long = |value: &Value| value.as_f64().is_some_and(|took| took > LONG);
    match event["type"].as_str().unwrap() {
        "frame" => is_complaint(&event["code"]),
        "session" => long(&event["pings"]["rtt_ms"]["max"]),
        "upgrade" => event["outcome"] == "accepted" && long(&event["duration_ms"]),
        "finding" => {
            let is_told = ["ping-unanswered", "hop-delayed-message", "hop-added-message", "hop-closed"];
            event["severity"] != "note" || is_told.iter().any(|id| event["id"] == *id)
        }
        _ => false,
    }
}

/// What is wrong with the verdict about a capture; nothing if all is well.
fn check(text: &str, events: &[Value]) -> Option<String> {
    let verdict = verdict(text);
    if verdict.contains("Nothing wrong found") {
        let event = events.iter().find(|event| is_not_well(event))?;
        return Some(format!("{verdict}, but {event}"));
    }
    let is_told = ["client", "server"].iter().chain(&NEITHER).any(|word| verdict.contains(word));
    (!is_told).then(|| format!("nobody is named: {verdict}"))
}

fn program(path: &Path, format: &str) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_wsight")).arg(path).args(["--format", format]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_verdict_names_a_side_and_none_says_that_all_is_well_where_it_is_not() {
    let mut wrong = Vec::new();
    for path in common::captures() {
        let fault = check(&program(&path, "text"), &values(&program(&path, "json")));
        wrong.extend(fault.map(|fault| format!("{}: {fault}", path.display())));
    }
    let cases = scenario::cases::all().flat_map(|case| [case.faulty, case.clean]);
    let situations = reported::all().map(|situation| situation.scenario);
    for scenario in cases.chain(situations) {
        let fault = check(&report(scenario, "text", &[]), &values(&report(scenario, "json", &[])));
        wrong.extend(fault.map(|fault| format!("{fault}\n{scenario}")));
    }
    assert!(wrong.is_empty(), "{} verdicts:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_took_seconds_to_arrive_is_told() {
    let session = |step: &str| {
        format!(
            "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n{step}\nC> close 1000   S< close 1000   S< fin   C> fin"
        )
    };
    for format in ["text", "summary"] {
        // A message that is sent again four times, each after twice as long, until it is acknowledged.
        let late = report(&session("S< noack resend 4 200ms text \"c\"   C> ack"), format, &[]);
        assert!(
            verdict(&late)
                .contains("something that the server sent took 3.0 s to arrive, after 4 retransmissions"),
            "{late}"
        );
        let soon = report(&session("S< resend 1 200ms text \"c\""), format, &[]);
        assert!(verdict(&soon).contains("Nothing wrong found"), "{soon}");
    }
}

#[test]
fn the_verdict_says_what_the_side_that_left_says() {
    let session = |steps: &str| {
        let text =
            report(&format!("C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n{steps}\n"), "text", &[]);
        verdict(&text).to_owned()
    };
    let closed = |with: &str| session(&format!("S< close {with}   C> close 1000   S< fin   C> fin"));
    // Who says that it failed says that there is a fault.
    assert_eq!(closed("1011"), "· The server closed with 1011 (internal error).");
    assert!(closed("1013").contains("No fault in what was captured, but the server closed with 1013"));
    assert!(
        closed("1011 \"keepalive ping timeout\"").contains("No fault in what was captured, but the server")
    );
    let slow = session("C> ping 01\nwait 6s\nS< pong 01\nS< close 1011   C> close 1011   S< fin   C> fin");
    assert!(slow.contains("The server closed with 1011"), "{slow}");
    // A code that says that all is well, and a reason that does not.
    for code in ["1000", "1001"] {
        let said = closed(&format!("{code} \"heartbeat timeout\""));
        assert!(said.contains("No fault in what was captured, but the server closed with 100"), "{said}");
        assert!(said.contains("'heartbeat timeout'"), "{said}");
        assert!(closed(&format!("{code} \"session over\"")).contains("Nothing wrong found"));
    }
    let met = session("S< close 1000   S< fin   C> close 1000   S< rst-bare");
    assert!(met.contains("but the server ended TCP") && met.contains("with a reset"), "{met}");
    let left = session("C> close 1000   S< close 1000   C> fin\nwait 80s\nS< keepalive   C> ack");
    assert!(
        left.contains("but the client ended TCP (FIN), and the server still had not 80.0 s later"),
        "{left}"
    );
}

#[test]
fn what_several_sessions_have_in_common_leads() {
    let sessions = |close: &str| -> String {
        let session = |number: usize| {
            format!(
                "{number}C> upgrade   {number}S< 101\n{number}C> text \"a\"   {number}S< text \"b\"\nwait 60s\n\
                 {number}S< {close}   {number}C> close\n{number}S< fin   {number}C> fin\nwait 7s\n"
            )
        };
        (1..=3).map(session).collect()
    };
    for close in ["close 1001 \"Going away\"", "close 1008 \"idle\"", "close 4000"] {
        assert_eq!(lead(&sessions(close)), "idle-timeout", "{close}");
    }
    assert_eq!(lead(&sessions("close 4000 \"kicked\"")), "close-abnormal");
    let open =
        |number: usize| format!("{number}C> upgrade   {number}S< 101\n{number}C> text \"a\"\nwait 9s\n");
    let opened: String = (1..=3).map(open).collect();
    let text = report(
        &format!("{opened}wait 30s\n1S< fin   2S< fin   3S< fin\n1C> fin   2C> fin   3C> fin"),
        "text",
        &[],
    );
    let said = verdict(&text);
    assert!(said.starts_with("! 3 sessions of 10.0.0.2:8080 were ended by the server within"), "{said}");
    assert_eq!(lead("C> upgrade -Upgrade\nS< http 400   S< fin   C> fin"), "upgrade-header-stripped");
}

#[test]
fn of_several_clients_the_one_is_named_whose_requests_are_wrong() {
    let attempt = |number: usize, client: &str, more: &str, answer: &str| {
        format!(
            "{number}: client {client}:4000{number}\n{number}C> upgrade {more}   {number}S< {answer}   {number}S< fin   {number}C> fin\n"
        )
    };
    let bad = |number| attempt(number, "10.0.0.7", "-Connection", "http 400");
    let good = |number| {
        attempt(number, "10.0.0.8", "", "101   {number}S< close 1000   {number}C> close 1000")
            .replace("{number}", &number.to_string())
    };
    let said = |scenario: String, format| {
        let text = report(&scenario, format, &[]);
        let from = text.find("The client's request has no Connection header").unwrap();
        let words: Vec<&str> = text[from..].split_whitespace().collect();
        words.join(" ")
    };
    for format in ["text", "summary"] {
        let several = said(format!("{}{}{}", good(2), bad(3), bad(4)), format);
        assert!(several.contains("client 10.0.0.7 (2 times): upgrade-header-missing"), "{several}");
        // There is no other whom it could be about.
        let alone = said(format!("{}{}", bad(3), bad(4)), format);
        assert!(!alone.contains("client 10.0.0.7"), "{alone}");
    }
}

/// The kind of finding that the verdict about a scenario names.
fn lead(scenario: &str) -> String {
    let text = report(scenario, "text", &[]);
    let block = text.trim_end().rsplit("\n\n").next().unwrap();
    let hint = block.split("`wsight explain ").nth(1);
    hint.map_or_else(String::new, |hint| hint.split('`').next().unwrap().to_owned())
}

/// Sessions one after the other, each with these steps.
fn sessions(count: usize, steps: &str) -> String {
    let session = |number: usize| {
        let steps = format!("C> upgrade   S< 101\n{steps}\n");
        steps.replace("C>", &format!("{number}C>")).replace("S<", &format!("{number}S<"))
    };
    (1..=count).map(session).collect()
}

/// A WebSocket on both sides of a proxy: connection 1 is the client's leg, connection 2 the server's.
fn legs(steps: &str) -> String {
    format!(
        "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n\
         C> upgrade /chat   2C> upgrade /chat   2S< 101   S< 101\n\
         C> text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"   2S< text \"b\"   S< text \"b\"\n{steps}"
    )
}

#[test]
fn what_explains_leads_and_not_what_it_explains() {
    let session = |steps: &str| format!("C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n{steps}");
    let window = "window client 0\nS< binary len=3000 1000*61\nwait 300ms\nS< keepalive   C> ack\nwait 20s\n";
    let dead = "S< binary len=3000 1000*61\nS< vanish resend 5 300ms raw 1000*62\nwait 20s\n";
    let close = "C> close 1011 \"timeout\"   C> fin";
    let silent = "C> text \"a\"   S< text \"b\"\nwait 60s\nS< rst";
    let masked = "mask=01020304 \"hello\"";
    let end = "C> close 1000   S< close 1000   S< fin   C> fin";
    for (scenario, id) in [
        // Who does not read, or is not reached, gives up in the middle of a frame.
        (session(&format!("{window}{close}")), "receiver-stalled"),
        (session(&format!("{dead}{close}")), "data-unacknowledged"),
        (session(&format!("S< binary len=3000 1000*61\nwait 4s\n{close}")), "close-abnormal"),
        (session(&format!("{window}C> close 1009 \"too big\"   C> fin")), "close-abnormal"),
        (session(&format!("{dead}S< fin")), "data-unacknowledged"),
        // The capture lacks much, but not what shows that.
        (format!("snaplen 96\n{}", session(&format!("S< text 300*61\n{dead}"))), "data-unacknowledged"),
        (format!("snaplen 96\n{}", session(&format!("S< text 300*61\n{end}"))), "packet-truncated"),
        // Who is cut off by a reset is sent things in vain.
        (format!("ttl server 49\n{}", session(&format!("S< ttl 47 rst\n{dead}"))), "reset-foreign"),
        (format!("ttl server 49\n{}", session(&format!("{dead}S< ttl 47 rst"))), "data-unacknowledged"),
        // The path of one leg of a proxy dies, and the other one ends for that.
        (legs("2S< ping 01   S< vanish resend 5 300ms ping 01\n2S< fin   2C> fin"), "data-unacknowledged"),
        (
            legs("2S< ping 01   S< ping 01   C> pong 01   2C> pong 01\n2S< fin   2C> fin   S< fin   C> fin"),
            "hop-closed",
        ),
        // A proxy ends both legs while a message is under way, or keeps one.
        (legs("2S< text \"late\"   S< rst   2C> rst"), "hop-closed"),
        (legs("2S< text \"kept\"\nwait 3s\nS< rst   2C> rst"), "hop-lost-message"),
        // A timer ends sessions, however it does.
        (sessions(4, silent), "idle-timeout"),
        (sessions(4, &silent.replace("rst", "fin   C> fin")), "idle-timeout"),
        (sessions(2, silent), "connection-reset"),
        // Bytes came in two versions: of the same side, of the other, and not at all.
        (session(&format!("S< noack overlap-conflict 3 text {masked}\n{end}")), "tcp-overlap-conflict"),
        (
            session(&format!("C> noack overlap-conflict 3 text \"hello\"\nS< text {masked}\n{end}")),
            "frame-masked",
        ),
        (session(&format!("S< text {masked}\n{end}")), "frame-masked"),
    ] {
        assert_eq!(lead(&scenario), id, "{scenario}");
    }
}
