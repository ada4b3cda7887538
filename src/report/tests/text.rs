//! The stories.

use super::samples::{SharedBuffer, frame, message, mismatch, place, report, session, summary, upgrade};
use crate::analyzer::{Output, SessionSummary, Summary};
use crate::findings::{Finding, Id, Severity};
use crate::model::{Limits, Peer, SkipReason};
use crate::report::{Figures, InputNames, Kind, Kinds, Look, Payload, Sink as _, Text, TextOptions};
use crate::tls::Readable;
use crate::upgrade::Outcome;
use crate::ws::{Inflation, MessageKind, Opcode};

fn options() -> TextOptions {
    TextOptions::new(&Limits::default())
}

fn text(options: TextOptions, outputs: &[Output<'_>]) -> String {
    report(|out| Text::new(out, options), outputs)
}

#[test]
fn a_session_is_a_story_and_the_fault_stands_out() {
    let place = place(1);
    let upgrade =
        upgrade(Outcome::Accepted, 101, "Switching Protocols", &[("Sec-WebSocket-Protocol", b"chat")]);
    let mut deflated = frame(1, Peer::Client, Opcode::Text, b"\xf2\x48");
    deflated.header.rsv = 4;
    let mut inflated = message(1, MessageKind::Text, "{\"hi\": \"\u{1b}[2J\"}".as_bytes());
    inflated.inflation = Inflation::Whole;
    let finding = mismatch(1, 3);
    let outputs = [
        Output::Upgrade(&place, &upgrade),
        Output::Frame(&place, &deflated),
        Output::Message(&place, &inflated),
        Output::Frame(&place, &frame(2, Peer::Client, Opcode::Ping, b"\x0d\x90\x0f\0")),
        Output::Frame(&place, &frame(3, Peer::Server, Opcode::Pong, b"\x0d\x90\x0f")),
        Output::Finding(&finding),
        Output::Frame(&place, &frame(4, Peer::Server, Opcode::Pong, b"\x0d\x90\x0f\0")),
        Output::Frame(&place, &frame(5, Peer::Client, Opcode::Close, b"\x03\xe8bye")),
        Output::Session(&session(1)),
        Output::Summary(&summary(1)),
    ];
    let expected = "\
✗ Session 1  10.0.0.7:51234 → [::1]:8080  /chat  2026-01-31 12:00:00.004 UTC, 1.5 s
      4  0.000000  → GET /chat HTTP/1.1  Host: example.org  Origin: https://a\\x9b.example
     16  0.012000  ← 101 Switching Protocols  after 12.0 ms  subprotocol chat
     21  0.017000  → text           2 B  inflates to 14 B  \"{\"hi\": \"\\x1b[2J\"}\"
     22  0.018000  → ping           4 B  0d 90 0f 00
     23  0.019000  ← pong           3 B  0d 90 0f
                   ✗ error pong-mismatch: the server's pong does not echo the ping of frame 2
     24  0.020000  ← pong           4 B  after 2.0 ms  0d 90 0f 00
     25  0.021000  → close          5 B  1000 normal closure \"bye\"
  The client closed with 1000 (normal closure), the server answered 2.0 ms later; the server ended TCP (FIN) 1.5 s later.
  the client sent 3 frames, 1,234 bytes; the server sent 2 frames, 20 bytes; 0 of 1 ping answered

✗ The server's pong does not echo the ping of frame 2.
  packet 23, session 1: pong-mismatch; `wsight explain pong-mismatch` says what it means and what to do
1 session, 0 failed upgrades, 1,504 packets in 1.5 s; findings: 1 error
";
    assert_eq!(text(options(), &outputs), expected);
}

#[test]
fn a_failed_upgrade_is_told_when_something_else_happens() {
    let (one, two) = (place(1), place(2));
    let upgrade = upgrade(Outcome::Rejected, 401, "Unauthorized", &[("Server", b"nginx")]);
    let mut finding =
        Finding::new(Id::UpgradeRejected, super::samples::at(16), "the server refused the upgrade");
    finding.session = Some(one.session);
    let hello = frame(1, Peer::Server, Opcode::Text, b"hello");
    let outputs = [
        Output::Upgrade(&one, &upgrade),
        Output::Finding(&finding),
        Output::Frame(&two, &hello),
        Output::Session(&session(2)),
    ];
    let expected = "\
✗ Session 1  10.0.0.7:51234 → [::1]:8080  /chat  upgrade rejected with 401  2026-01-31 12:00:00.004 UTC
      4  0.000000  → GET /chat HTTP/1.1  Host: example.org  Origin: https://a\\x9b.example
     16  0.012000  ← 401 Unauthorized  after 12.0 ms  server: nginx
                   ✗ error upgrade-rejected: the server refused the upgrade

";
    assert!(text(options(), &outputs).starts_with(expected), "{}", text(options(), &outputs));
}

#[test]
fn a_client_in_a_retry_loop_does_not_bury_the_rest() {
    let upgrade = upgrade(Outcome::Rejected, 503, "Service Unavailable", &[]);
    let places: Vec<_> = (1..=10).map(place).collect();
    let outputs: Vec<_> = places.iter().map(|place| Output::Upgrade(place, &upgrade)).collect();
    let text = text(options(), &outputs);
    assert_eq!(text.matches("503 Service Unavailable").count(), 3, "{text}");
    let rest = "⋮ 7 more sessions as session 3: upgrade rejected with 503 (10.0.0.7 → [::1]:8080)\n\n";
    assert!(text.ends_with(rest), "{text}");
}

#[test]
fn a_crowd_of_sessions_without_a_fault_does_not_bury_the_rest() {
    let quiet: Vec<_> =
        (1..=10).map(|n| SessionSummary { worst: Some(Severity::Note), ..session(n) }).collect();
    let faulty = session(11);
    let outputs: Vec<_> = quiet.iter().chain([&faulty]).map(Output::Session).collect();
    let text = text(TextOptions { quiet_stories: 2, ..options() }, &outputs);
    assert_eq!(text.matches("Session ").count(), 3, "{text}");
    assert!(text.contains("Session 11 "), "{text}");
    let rest =
        "⋮ 8 more sessions with nothing worse than a note (`--limit quiet-stories=10` shows them all)\n\n";
    assert!(text.ends_with(rest), "{text}");
}

#[test]
fn the_middle_of_a_long_session_is_folded_but_for_findings() {
    let place = place(1);
    let frames: Vec<_> = (1..=20).map(|number| frame(number, Peer::Client, Opcode::Text, b"x")).collect();
    let finding = mismatch(1, 9);
    let mut outputs: Vec<Output<'_>> = frames.iter().map(|frame| Output::Frame(&place, frame)).collect();
    outputs.insert(9, Output::Finding(&finding));
    let session = session(1);
    outputs.push(Output::Session(&session));
    let kinds = [Kind::Frame, Kind::Finding].into_iter().collect();
    let text = text(TextOptions { story_frames: 4, kinds, ..options() }, &outputs);
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim_start).collect();
    let starts = ["21 ", "22 ", "⋮ 6 frames without", "29 ", "✗ error pong", "⋮ 9 frames", "39 ", "40 ", ""];
    assert_eq!(lines.len(), starts.len(), "{text}");
    assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{text}");
}

#[test]
fn frames_stay_in_order_when_other_sessions_end_and_leave_more_room() {
    let places: Vec<_> = (1..=5).map(place).collect();
    let frames: Vec<_> = (1..=8).map(|number| frame(number, Peer::Client, Opcode::Text, b"x")).collect();
    let sessions: Vec<_> = (2..=5).map(session).collect();
    // Five open sessions share the room, so of the first one few frames are kept.
    let mut outputs: Vec<_> = places.iter().map(|place| Output::Frame(place, &frames[0])).collect();
    outputs.extend(frames[1..4].iter().map(|frame| Output::Frame(&places[0], frame)));
    outputs.extend(sessions.iter().map(Output::Session));
    outputs.extend(frames[4..].iter().map(|frame| Output::Frame(&places[0], frame)));
    let last = session(1);
    outputs.push(Output::Session(&last));
    let text = text(TextOptions { story_total_frames: 20, ..options() }, &outputs);
    let told = text.split("Session 1 ").nth(1).unwrap();
    let packets: Vec<u64> = told.lines().filter_map(|row| row.get(..7)?.trim().parse().ok()).collect();
    assert!(packets.len() > 4 && packets.is_sorted(), "{text}");
}

#[test]
fn frames_running_that_say_the_same_are_folded() {
    let place = place(1);
    let frames: Vec<_> = (1..=12).map(|number| frame(number, Peer::Server, Opcode::Pong, b"x")).collect();
    let findings: Vec<_> = (2..=11).map(|number| mismatch(1, number)).collect();
    let mut outputs = vec![Output::Frame(&place, &frames[0])];
    for (frame, finding) in frames[1..].iter().zip(&findings) {
        outputs.extend([Output::Frame(&place, frame), Output::Finding(finding)]);
    }
    outputs.push(Output::Frame(&place, &frames[11]));
    let session = session(1);
    outputs.push(Output::Session(&session));
    let kinds: Kinds = [Kind::Frame, Kind::Finding].into_iter().collect();
    let told = text(TextOptions { kinds, ..options() }, &outputs);
    let lines: Vec<&str> = told.lines().skip(1).map(str::trim_start).collect();
    let starts = ["21 ", "22 ", "✗", "23 ", "✗", "⋮ the same of 7 more frames", "31 ", "✗", "32 ", ""];
    assert_eq!(lines.len(), starts.len(), "{told}");
    assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{told}");
    let told = text(TextOptions { kinds, payload: Payload::Full, ..options() }, &outputs);
    assert_eq!(told.matches('✗').count(), 11, "{told}");
}

#[test]
fn a_finding_about_a_folded_frame_keeps_its_place() {
    let place = place(1);
    let frames: Vec<_> = (1..=20).map(|number| frame(number, Peer::Client, Opcode::Text, b"x")).collect();
    let mut late = mismatch(1, 9);
    late.stamp = super::samples::at(41);
    let mut outputs: Vec<Output<'_>> = frames.iter().map(|frame| Output::Frame(&place, frame)).collect();
    outputs.push(Output::Finding(&late));
    let session = session(1);
    outputs.push(Output::Session(&session));
    let text = text(TextOptions { story_frames: 4, ..options() }, &outputs);
    assert!(text.contains("⋮ 16 frames\n"), "{text}");
    assert!(text.contains("     41  0.037000  ✗ error pong-mismatch (frame 9): "), "{text}");
}

#[test]
fn quic_is_named_with_what_would_help_whether_or_not_there_is_a_websocket() {
    for sessions in [0, 1] {
        let mut summary = summary(sessions);
        let without = text(options(), &[Output::Summary(&summary)]);
        assert!(!without.contains("QUIC"), "{without}");
        summary.skipped.insert(SkipReason::Quic, 3);
        let told = text(options(), &[Output::Summary(&summary)]).replace("\n  ", " ").replace("  ", " ");
        assert!(told.contains("3 packets with a long header") && told.contains("--disable-quic"), "{told}");
    }
}

#[test]
fn packets_that_were_cut_are_named_where_they_may_hide_a_websocket() {
    for cut_packets in [0, 35] {
        let summary = Summary { cut_packets, ..summary(0) };
        let told = text(options(), &[Output::Summary(&summary)]);
        assert_eq!(told.contains("35 packets were cut short"), cut_packets == 35, "{told}");
    }
    // Cut inside their headers, they tell nothing at all: the interface was the right one.
    let skipped = [(SkipReason::HeadersCut, 30)].into();
    let summary = Summary { segments: 0, cut_packets: 5, skipped, ..summary(0) };
    let told = text(options(), &[Output::Summary(&summary)]);
    assert!(told.contains("35 packets were cut short") && !told.contains("interface"), "{told}");
}

#[test]
fn secrets_are_asked_for_where_they_would_show_something() {
    for (tls, is_asked) in
        [(vec![], true), (vec![Readable::All], false), (vec![Readable::All, Readable::Part], true)]
    {
        let summary = Summary { tls: tls.into_iter().map(|readable| (readable, 1)).collect(), ..summary(0) };
        let told = text(options(), &[Output::Summary(&summary)]);
        assert_eq!(told.contains("--keys keys.log"), is_asked, "{told}");
    }
}

#[test]
fn clean_captures_and_those_without_a_websocket_say_so() {
    let clean = text(options(), &[Output::Summary(&summary(1))]);
    assert_eq!(
        clean,
        "✓ Nothing wrong found.\n\
         1 session, 0 failed upgrades, 1,504 packets in 1.5 s; findings: none\n"
    );
    let none = text(options(), &[Output::Summary(&summary(0))]);
    assert!(
        none.starts_with("No WebSocket in this capture.\n  TCP: 1,500 of 1,504 packets, in 2 connections; "),
        "{none}"
    );
    assert!(none.contains("--port 8080") && none.contains("wss://"), "{none}");
}

#[test]
fn a_peer_that_gave_up_is_named_where_nothing_is_wrong() {
    let mut finding = Finding::new(
        Id::CloseAbnormal,
        super::samples::at(25),
        "the server closed with 1011 (internal error)",
    );
    finding.session = Some(place(1).session);
    let kinds: Kinds = [Kind::Summary].into_iter().collect();
    let outputs = [Output::Finding(&finding), Output::Summary(&summary(1))];
    let expected = "\
· No fault in what was captured, but the server closed with 1011 (internal error).
  packet 25, session 1: close-abnormal; `wsight explain close-abnormal` says what it means and what to do
1 session, 0 failed upgrades, 1,504 packets in 1.5 s; findings: 1 note
";
    assert_eq!(text(TextOptions { kinds, ..options() }, &outputs), expected);
    let wrong = mismatch(1, 3);
    let outputs = [Output::Finding(&finding), Output::Finding(&wrong), Output::Summary(&summary(1))];
    let text = text(TextOptions { kinds, ..options() }, &outputs);
    assert!(text.starts_with("✗ The server's pong does not echo"), "{text}");
}

#[test]
fn the_verdict_fits_a_narrow_screen() {
    let look = Look { color: false, width: Some(60) };
    let kinds: Kinds = [Kind::Summary].into_iter().collect();
    let mut late = mismatch(1, 9);
    late.id = Id::CloseAbnormal;
    let outputs = [Output::Finding(&mismatch(1, 3)), Output::Finding(&late), Output::Summary(&summary(1))];
    let text = text(TextOptions { look, kinds, ..options() }, &outputs);
    assert!(text.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 60), "{text}");
}

#[test]
fn findings_of_no_session_stand_elsewhere_and_are_counted_after_some() {
    let probe = Finding::new(Id::Probe, super::samples::at(7), "3 connections of 10.0.0.9 asked for nothing");
    let mut summary = summary(1);
    summary.findings = [(Id::Probe, 5)].into();
    let outputs = [
        Output::Finding(&probe),
        Output::Finding(&probe),
        Output::Finding(&probe),
        Output::Summary(&summary),
    ];
    let expected = "\
Elsewhere in the capture
      7  0.006000  · note probe: 3 connections of 10.0.0.9 asked for nothing
                   ⋮ 2 findings more of probe

✓ Nothing wrong found.
  ·     5 × probe                           first in packet 7
1 session, 0 failed upgrades, 1,504 packets in 1.5 s; findings: 5 notes
";
    assert_eq!(text(TextOptions { findings_per_kind: 1, ..options() }, &outputs), expected);
}

#[test]
fn rows_fit_the_screen_and_sentences_are_wrapped() {
    let place = place(1);
    let payload = "漢字".repeat(40);
    let look = Look { color: false, width: Some(72) };
    let mut finding = mismatch(1, 1);
    finding.summary = "word ".repeat(30);
    let frame = frame(1, Peer::Client, Opcode::Text, payload.as_bytes());
    let kinds = [Kind::Frame, Kind::Finding].into_iter().collect();
    let outputs = [Output::Frame(&place, &frame), Output::Finding(&finding)];
    let text = text(TextOptions { look, kinds, ..options() }, &outputs);
    let mut lines = text.lines().skip(1);
    assert!(
        lines
            .next()
            .is_some_and(|row| row.ends_with('…') && unicode_width::UnicodeWidthStr::width(row) <= 72)
    );
    let wrapped: Vec<&str> = lines.collect();
    assert!(
        wrapped.len() > 3 && wrapped.iter().all(|line| unicode_width::UnicodeWidthStr::width(*line) <= 72)
    );
    assert!(wrapped[1].starts_with("                     word "), "{text}");
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let outputs = [Output::Finding(&mismatch(1, 1)), Output::Summary(&summary(1))];
    let plain = text(options(), &outputs);
    assert!(!plain.contains('\u{1b}'));
    for width in [None, Some(80)] {
        let look = Look { color: true, width };
        let painted = text(TextOptions { look, ..options() }, &outputs);
        assert!(painted.contains("\u{1b}[1m\u{1b}[31merror pong-mismatch (frame 1):\u{1b}[0m"), "{painted}");
        let stripped = anstream::adapter::strip_str(&painted).to_string();
        assert_eq!(
            stripped.split_whitespace().collect::<Vec<_>>(),
            plain.split_whitespace().collect::<Vec<_>>()
        );
    }
}

#[test]
fn payload_is_shown_as_asked() {
    let place = place(1);
    let frame = frame(1, Peer::Client, Opcode::Text, b"secret");
    for (payload, shows) in [(Payload::None, false), (Payload::Preview, true), (Payload::Full, true)] {
        let text = text(TextOptions { payload, ..options() }, &[Output::Frame(&place, &frame)]);
        assert_eq!(text.contains("\"secret\""), shows, "{text}");
    }
}

#[test]
fn several_inputs_are_told_apart() {
    let mut finding = mismatch(1, 4);
    finding.stamp.file = crate::model::FileId(1);
    let inputs = InputNames(vec!["a.pcap".to_owned(), "b.pcap".to_owned()]);
    let text =
        text(TextOptions { inputs, ..options() }, &[Output::Finding(&finding), Output::Summary(&summary(1))]);
    assert!(text.starts_with("✗ Session 1  2026-01-31 12:00:00.024 UTC  b.pcap\n"), "{text}");
    assert!(text.contains("\n  packet 24 of b.pcap, session 1: pong-mismatch;"), "{text}");
}

#[test]
fn figures() {
    let mut summary = summary(1);
    summary.findings = [(Id::PongMismatch, 3)].into();
    let outputs = [Output::Finding(&mismatch(1, 4)), Output::Summary(&summary)];
    let expected = "\
Capture
  from 2026-01-31T12:00:00.001000000Z
  to   2026-01-31T12:00:01.504000000Z
  1,504 packets, 99,000 bytes, 2 TCP connections
Packets without a TCP segment
                4  not-tcp
Upgrades
                1  accepted
Frames
                3  text
                1  reserved-3
Messages
                2  messages
            1,254  bytes of payload

✗ The server's pong does not echo the ping of frame 2.
  packet 24, session 1: pong-mismatch; `wsight explain pong-mismatch` says what it means and what to do
  ✗     3 × pong-mismatch                   first in packet 24, session 1
1 session, 0 failed upgrades, 1,504 packets in 1.5 s; findings: 3 errors
";
    assert_eq!(report(|out| Figures::new(out, Look::default(), InputNames::default()), &outputs), expected);
}

#[test]
fn what_is_wrong_is_told_at_once_where_a_session_may_go_on_for_days_and_only_then() {
    let place = place(1);
    let upgrade = upgrade(Outcome::Accepted, 101, "Switching Protocols", &[]);
    let pong = frame(1, Peer::Server, Opcode::Pong, b"\x0d\x90\x0f");
    let finding = mismatch(1, 1);
    let told = |flush_before_the_end: bool, at_once: bool| {
        let page = SharedBuffer::default();
        let mut sink = Text::new(page.clone(), TextOptions { at_once, ..options() });
        for output in
            [Output::Upgrade(&place, &upgrade), Output::Frame(&place, &pong), Output::Finding(&finding)]
        {
            sink.output(&output).unwrap();
        }
        if flush_before_the_end {
            sink.flush().unwrap();
        }
        let early = page.text();
        sink.output(&Output::Session(&session(1))).unwrap();
        sink.flush().unwrap();
        (early, page.text().matches("pong-mismatch").count())
    };
    let (early, _) = told(true, true);
    let line = "2026-01-31T12:00:00.021Z session 1\n                   ✗ error pong-mismatch (frame 1): the server's \
        pong does not echo the ping of frame 2\n";
    assert_eq!((early.as_str(), told(true, true).1), (line, 2));
    // A session that ends in the same breath tells it in its story.
    assert_eq!(told(false, true), (String::new(), 1));
    assert_eq!(told(true, false), (String::new(), 1));
}
