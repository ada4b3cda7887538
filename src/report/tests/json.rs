//! The JSON lines.

use super::samples::{at, frame, message, mismatch, place, report, session, summary, upgrade};
use crate::analyzer::Output;
use crate::model::{FileId, GapCause, Peer};
use crate::report::{InputNames, JsonLines, Kind, OnlyKinds, Payload};
use crate::upgrade::Outcome;
use crate::ws::{FrameEnd, Inflation, MessageKind, Opcode};

fn lines(payload: Payload, inputs: &[&str], outputs: &[Output<'_>]) -> String {
    let names = InputNames(inputs.iter().map(ToString::to_string).collect());
    report(|out| JsonLines::new(out, payload, names), outputs)
}

fn line(output: Output<'_>) -> String {
    lines(Payload::Preview, &["a.pcap"], &[output])
}

#[test]
fn an_upgrade() {
    let answer: &[(&str, &[u8])] =
        &[("Sec-WebSocket-Protocol", b"chat"), ("Sec-WebSocket-Extensions", b"permessage-deflate")];
    let upgrade = upgrade(Outcome::Accepted, 101, "Switching Protocols", answer);
    assert_eq!(
        line(Output::Upgrade(&place(1), &upgrade)),
        concat!(
            r#"{"type":"upgrade","session":1,"connection":2,"time":"2026-01-31T12:00:00.004000000Z","packet":4,"#,
            r#""last_packet":16,"client":"10.0.0.7:51234","server":"[::1]:8080","via":"http/1.1","#,
            r#""outcome":"accepted","method":"GET","target":"/chat","host":"example.org","#,
            r#""origin":"https://a"#,
            "\u{fffd}",
            r#".example","status":101,"reason":"Switching Protocols","#,
            r#""subprotocols_offered":["chat","superchat"],"subprotocol":"chat","#,
            r#""extensions_offered":["permessage-deflate; client_max_window_bits"],"#,
            r#""extensions":["permessage-deflate"],"duration_ms":12}"#,
            "\n"
        )
    );
}

#[test]
fn frames() {
    let ping = frame(3, Peer::Server, Opcode::Ping, b"\x0d\x90");
    assert_eq!(
        line(Output::Frame(&place(1), &ping)),
        concat!(
            r#"{"type":"frame","session":1,"frame":3,"from":"server","time":"2026-01-31T12:00:00.023000000Z","#,
            r#""packet":23,"last_packet":23,"opcode":"ping","fin":true,"rsv":0,"masked":false,"length":2,"#,
            r#""received":2,"complete":true,"payload_hex":"0d90"}"#,
            "\n"
        )
    );
    let close = frame(4, Peer::Client, Opcode::Close, b"\x03\xe8bye\xff");
    assert!(line(Output::Frame(&place(1), &close)).ends_with(concat!(
        r#""masked":true,"length":6,"received":6,"complete":true,"payload_hex":"03e8627965ff","code":1000,"#,
        "\"reason\":\"bye\u{fffd}\"}\n"
    )));
    let mut cut = frame(5, Peer::Client, Opcode::Reserved(3), b"");
    (cut.header.length, cut.received, cut.end) = (u64::MAX, 199, FrameEnd::Lost(GapCause::Lost));
    assert!(line(Output::Frame(&place(1), &cut)).ends_with(
        "\"opcode\":\"reserved-3\",\"fin\":true,\"rsv\":0,\"masked\":true,\"length\":18446744073709551615,\
         \"received\":199,\"complete\":false}\n"
    ));
    let bare = lines(Payload::None, &["a"], &[Output::Frame(&place(1), &ping)]);
    assert!(!bare.contains("payload_hex"), "{bare}");
}

#[test]
fn messages_carry_what_was_asked_for() {
    let long = "ä".repeat(40);
    let odd = format!("x{long}");
    let place = place(1);
    let end = |payload, message| {
        let line = lines(payload, &["a"], &[Output::Message(&place, &message)]);
        let (_, end) = line.split_once("\"complete\":").unwrap();
        end.trim_end().to_owned()
    };
    let text = |payload: &'static [u8]| message(1, MessageKind::Text, payload);
    assert_eq!(
        line(Output::Message(&place, &text(b"hi \"you\" \x1b\x7f"))),
        concat!(
            r#"{"type":"message","session":1,"message":1,"from":"server","time":"2026-01-31T12:00:00.021000000Z","#,
            r#""packet":21,"last_packet":21,"kind":"text","frames":1,"first_frame":1,"wire_length":11,"length":11,"#,
            r#""compressed":false,"complete":true,"text":"hi \"you\" \u001b\u007f"}"#,
            "\n"
        )
    );
    // 64 bytes end within a character.
    let kept = "ä".repeat(31);
    assert_eq!(
        end(Payload::Preview, message(1, MessageKind::Text, odd.as_bytes())),
        format!("true,\"text\":\"x{kept}\",\"truncated\":true}}")
    );
    assert_eq!(
        end(Payload::Full, message(1, MessageKind::Text, odd.as_bytes())),
        format!("true,\"text\":\"{odd}\"}}")
    );
    assert_eq!(end(Payload::None, text(b"hi")), "true}");
    assert_eq!(end(Payload::Preview, text(b"a\xff")), r#"true,"data_base64":"Yf8="}"#);
    assert_eq!(end(Payload::Preview, message(1, MessageKind::Binary, b"")), r#"true,"data_base64":""}"#);
    let mut lost = text(b"");
    (lost.complete, lost.length, lost.inflation) = (false, 9, Inflation::Failed);
    assert_eq!(end(Payload::Full, lost), "false}");
}

#[test]
fn no_line_moves_a_cursor_or_turns_text_around() {
    let hostile = "\u{9b}2J\u{202e}gpj.exe\u{200d}\u{e0041}\u{85}";
    let line = line(Output::Message(&place(1), &message(1, MessageKind::Text, hostile.as_bytes())));
    let text = r#""text":"\u009b2J\u202egpj.exe\u200d\udb40\udc41\u0085""#;
    assert!(line.contains(text), "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["text"], hostile);
}

#[test]
fn a_finding_has_its_figures_as_fields() {
    assert_eq!(
        line(Output::Finding(&mismatch(1, 4))),
        concat!(
            r#"{"type":"finding","id":"pong-mismatch","severity":"error","class":"violation","certainty":"certain","#,
            r#""summary":"the server's pong does not echo the ping of frame 2","rfc":"RFC 6455 §5.5.3","#,
            r#""time":"2026-01-31T12:00:00.024000000Z","packet":24,"connection":2,"session":1,"from":"server","#,
            r#""frame":4,"expected_hex":"0d900f00","ping_frame":2,"whole":true}"#,
            "\n"
        )
    );
}

#[test]
fn a_session_and_the_summary() {
    assert_eq!(
        line(Output::Session(&session(1))),
        concat!(
            r#"{"type":"session","session":1,"connection":2,"client":"10.0.0.7:51234","server":"[::1]:8080","#,
            r#""via":"http/1.1","#,
            r#""time":"2026-01-31T12:00:00.004000000Z","packet":4,"last_packet":1504,"target":"/chat","host":"localhost","duration_ms":1500,"#,
            r#""frames":{"client":3,"server":2},"messages":{"client":1,"server":1},"#,
            r#""bytes":{"client":1234,"server":20},"pings":{"sent":1,"answered":0},"#,
            r#""retransmissions":{"client":0,"server":0},"#,
            r#""close":{"by":"client","code":1000,"reason":"bye","answered":true},"end":"fin","ended_by":"server","#,
            r#""findings":1}"#,
            "\n"
        )
    );
    assert_eq!(
        line(Output::Summary(&summary(1))),
        concat!(
            r#"{"type":"summary","packets":1504,"bytes":99000,"segments":1500,"skipped":{"not-tcp":4},"#,
            r#""connections":2,"sessions":1,"upgrades":{"accepted":1},"frames":{"text":3,"reserved-3":1},"#,
            r#""messages":2,"payload_bytes":1254,"findings":{},"capture_ns":1503000000}"#,
            "\n"
        )
    );
}

#[test]
fn inputs_are_named_where_there_are_several() {
    let mut ping = frame(3, Peer::Server, Opcode::Ping, b"");
    ping.last.file = FileId(1);
    let two = lines(Payload::Preview, &["a.pcap", "b.pcap"], &[Output::Frame(&place(1), &ping)]);
    assert!(two.contains(r#""last_packet":23,"file":"a.pcap","last_file":"b.pcap","opcode""#), "{two}");
}

#[test]
fn fractions_have_at_most_three_digits() {
    let mut session = session(1);
    session.last.time = at(4).time.plus(std::time::Duration::from_nanos(1_234_567));
    assert!(line(Output::Session(&session)).contains("\"duration_ms\":1.235,"));
}

#[test]
fn only_some_types() {
    let make = |out| {
        OnlyKinds::new(
            [Kind::Finding].into_iter().collect(),
            JsonLines::new(out, Payload::None, InputNames::default()),
        )
    };
    let text = report(make, &[Output::Session(&session(1)), Output::Finding(&mismatch(1, 2))]);
    assert_eq!((text.lines().count(), text.starts_with(r#"{"type":"finding""#)), (1, true));
}
