//! What expressions mean, and what is said about those that mean nothing.

use super::{Field, FieldValues, Filter, Known, Value};
use crate::model::{Timestamp, Zone};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Fields by their paths.
struct Event(BTreeMap<&'static str, Value>);

impl FieldValues for Event {
    fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
        self.0.get(field.path()).map(Cow::Borrowed)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A text message of a server that has a chat.
fn event() -> Event {
    Event(BTreeMap::from([
        ("type", text("message")),
        ("session", Value::Number(23.0)),
        // 2026-01-31T14:02:05.25Z
        ("time", Value::Time(Timestamp::from_nanos(1_769_868_125_250_000_000))),
        ("client", text("10.0.0.7:40000")),
        ("client.ip", text("10.0.0.7")),
        ("client.port", Value::Number(40_000.0)),
        ("server", text("[2001:db8::1]:443")),
        ("message.from", Value::Word("server")),
        ("message.text", text("an Error: 42 % of \"it\"")),
        ("message.length", Value::Number(70_000.0)),
        ("message.compressed", Value::Flag(false)),
        ("message.complete", Value::Flag(true)),
        ("session.duration_ms", Value::Number(5_500.0)),
        ("session.target", text("/chat?room=1")),
        ("upgrade.subprotocols_offered", Value::List(vec!["mqtt".to_owned(), "chat".to_owned()])),
        ("finding.missing", Value::Number(3.0)),
        ("finding.severity", Value::Word("warning")),
    ]))
}

#[test]
fn what_people_write_means_what_they_mean() {
    let event = event();
    let holds = [
        "message.from == server and message.text contains \"Error\"",
        "message.from = server && text ~ /error/i",
        "message.from eq 'server' and text matches \"E.ror\"",
        "session.target ~ \"/chat\" and session.duration > 5s",
        "session.duration_ms >= 5500 and session.duration <= 5.5s and session.duration < 1m",
        "client.ip in 10.0.0.0/8",
        "client == 10.0.0.7 and client == 10.0.0.7:40000 and client != 10.0.0.8",
        "client.port in {80, 40000} and client.port in {1..65535}",
        "server == 2001:db8::1 and server == [2001:db8::1]:443 and server in 2001:db8::/32",
        "time >= 14:02 and time < 14:05",
        "time == 14:02 and time > 14:02:05.1 and time >= 2026-01-31 and time < 2026-01-31T14:03",
        "message.length > 64k and message.length == 70000 and message.length >= 0x100 and message.length < 1MiB",
        "message.complete and not message.compressed",
        "message.complete == true and !(message.compressed)",
        "type in {message frame}",
        "session == 23",
        "upgrade.subprotocols_offered == mqtt and upgrade.subprotocols_offered contains cha",
        "finding.missing == 3 and finding.missing in {1..5}",
        "not frame.opcode == ping",
        "frame.opcode == ping or message.from == server",
        ".session == 23",
        "message.text contains 'of \"it\"'",
        "message.text !~ /warning/",
        "message.from ~ /^serv/ and message.from contains erv",
        "finding.severity > note and finding.severity <= warning and not finding.severity >= error",
        "time >= 2024-02-29T23:59:59.5",
        "time == 2026-01-31T15:02+01:00 and time == 09:32:05.25-04:30 and time == 14:02:05Z",
        "time == 2026-01-31T14:02:05.250000000Z and time != 2026-01-31T14:02:05.250000001Z",
    ];
    for expression in holds {
        let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{error}"));
        assert!(filter.matches(&event), "{expression}");
        let negated = format!("not ({expression})");
        assert!(!Filter::parse(&negated).unwrap().matches(&event), "{negated}");
    }
    for expression in
        ["frame.opcode == ping", "frame.opcode != ping", "message.text contains \"error\"", "frame.fin"]
    {
        assert!(!Filter::parse(expression).unwrap().matches(&event), "{expression}");
    }
}

#[test]
fn times_are_those_of_the_zone() {
    let zone = Zone::offset(2, 0).unwrap();
    for (expression, utc, there) in [
        ("time == 16:02", false, true),
        ("time == 14:02", true, false),
        ("time == 14:02Z", true, true),
        ("time == 2026-01-31T16:02:05", false, true),
        ("time >= 2026-01-31T16:00 and time < 2026-01-31T17:00", false, true),
        ("time == 2026-01-31", true, true),
    ] {
        let holds = |filter: Filter| filter.matches(&event());
        assert_eq!(holds(Filter::parse(expression).unwrap()), utc, "{expression}");
        assert_eq!(holds(Filter::parse_in(expression, &zone).unwrap()), there, "{expression}");
    }
}

/// `>` is behind the moment that is written, and no part of what `==` chooses is left out by `<=` or `>=`.
#[test]
fn an_order_of_times_begins_at_the_moment_that_is_written() {
    // The event is at 14:02:05.25 on 2026-01-31.
    for (expression, expected) in [
        ("time > 14:02", true),
        ("time >= 14:02", true),
        ("time < 14:02", false),
        ("time <= 14:02", true),
        ("time == 14:02", true),
        ("time != 14:02", false),
        ("time > 14:02:05", true),
        ("time > 14:02:05.25", false),
        ("time >= 14:02:05.25", true),
        ("time <= 14:02:05", true),
        ("time <= 14:01", false),
        ("time > 14:03", false),
        ("time > 2026-01-31", true),
        ("time <= 2026-01-31", true),
        ("time < 2026-01-31", false),
        ("time > 2026-01-31 14:02", true),
        ("time in {14:01..14:02}", true),
    ] {
        assert_eq!(Filter::parse(expression).unwrap().matches(&event()), expected, "{expression}");
    }
}

/// Times as text output has them, and numbers with a space before their unit.
#[test]
fn one_value_may_be_several_words() {
    for expression in [
        "time == 2026-01-31 14:02:05.250 UTC",
        "time >= 2026-01-31 14:02 and session == 23",
        "time == 2026-01-31 15:02:05.250 +01:00",
        "time == \"2026-01-31 14:02:05.250 UTC\"",
        "session.duration > 5 s and message.length > 64 k",
        "message.length < 1 MiB",
    ] {
        let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{error}"));
        assert!(filter.matches(&event()), "{expression}");
    }
}

#[test]
fn a_duration_has_a_unit() {
    for (expression, message) in [
        ("session.duration > 5", "`5` has no unit: write `5s` or `5ms`"),
        ("session.duration in {1s..5}", "`5` has no unit: write `5s` or `5ms`"),
        ("session.duration > -5s", "`session.duration_ms` is never negative"),
    ] {
        assert_eq!(Filter::parse(expression).unwrap_err().message(), message, "{expression}");
    }
    for expression in [
        "session.duration_ms > 5000",
        "session.duration > 0",
        "session.pings.rtt_ms.max < 3 or session == 23",
    ] {
        assert!(Filter::parse(expression).unwrap().matches(&event()), "{expression}");
    }
}

#[test]
fn what_is_known_beforehand_is_not_asked() {
    let known = |field: &Field| match field.path() {
        "type" => Known::Value(Value::Word("message")),
        "frame.opcode" => Known::Absent,
        _ => Known::Open,
    };
    for (expression, expected) in [
        ("frame.opcode == ping", Err(false)),
        ("not frame.opcode == ping", Err(true)),
        ("type == message", Err(true)),
        ("frame.opcode == ping and session == 3", Err(false)),
        ("frame.opcode == ping or session == 23", Ok("session")),
        ("type == message and not session == 3", Ok("session")),
        ("type == message or session == 3", Err(true)),
    ] {
        let filter = Filter::parse(expression).unwrap();
        let narrowed = filter.narrowed(&known);
        let asks = narrowed.as_ref().map(|rest| rest.fields()[0].path()).map_err(|holds| *holds);
        assert_eq!(asks, expected, "{expression}");
        assert_eq!(
            narrowed.map_or_else(|holds| holds, |rest| rest.matches(&event())),
            filter.matches(&event())
        );
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let holds = |expression| Filter::parse(expression).unwrap().matches(&event());
    assert!(holds("session == 23 or session == 1 and session == 2"));
    assert!(!holds("(session == 23 or session == 1) and session == 2"));
    assert!(!holds("not session == 23 and session == 23"));
    assert!(holds("not (session == 1 and session == 23)"));
}

#[test]
fn what_other_tools_call_it_is_known() {
    let cases = [
        ("frame.opcode == 9", "`frame.opcode` is a word: here `9` is `ping`", 16..17),
        (
            "message contains error",
            "`message` is the number of a message; what it says is `message.text`",
            17..22,
        ),
        (
            "ping.rtt > 1s",
            "there is no field `ping.rtt`; here it is `session.pings.rtt_ms.max`, the longest round trip of a \
          session's pings",
            0..8,
        ),
        (
            "frame.rtt > 1s",
            "there is no field `frame.rtt`; here it is `session.pings.rtt_ms.max`, the longest round trip of \
          a session's pings",
            0..9,
        ),
        ("session.id == 3", "there is no field `session.id`; here it is `session`", 0..10),
        (
            "session.close",
            "`session.close` has several parts: `session.close.by`, `session.close.code`, \
          `session.close.reason` or `session.close.answered`",
            0..13,
        ),
        (
            "session.bytes > 64k",
            "`session.bytes` has several parts: `session.bytes.client` or `session.bytes.server`",
            0..13,
        ),
        (
            "session.frames > 3",
            "`session.frames` has several parts: `session.frames.client` or `session.frames.server`",
            0..14,
        ),
        ("upgrade", "`upgrade` has 18 parts; `wsight explain upgrade` lists them", 0..7),
        ("true", "there is no field `true`; here it is the name of a flag alone, as in `frame.fin`", 0..4),
        (
            "session.close.code == null",
            "`null` is no value: `not session.close.code` asks whether it is absent",
            22..26,
        ),
        (
            "session.close.by != null",
            "`null` is no value: `session.close.by` asks whether it is there",
            20..24,
        ),
        ("frame.opcode in (ping, pong)", "a set stands in braces, such as {1000, 1001}", 16..17),
        ("frame.code in [1000, 1001]", "a set stands in braces, such as {1000, 1001}", 14..19),
        ("client.port == 70000", "`client.port` is never more than 65535", 15..20),
        ("frame.length == -1", "`frame.length` is never negative", 16..18),
        ("path == \"/chat\"", "there is no field `path`; here it is `session.target`", 0..4),
        (
            "close.code == 1006",
            "1006 is what libraries report where no Close frame came: write `finding.id == close-missing`; where a frame \
             says it, that is `close-code-invalid`",
            14..18,
        ),
    ];
    for (expression, message, at) in cases {
        let error = Filter::parse(expression).unwrap_err();
        assert_eq!((error.message(), error.at()), (message, &at), "{expression}");
    }
}

#[test]
fn what_is_wrong_is_said_and_shown() {
    let cases = [
        ("", "the expression is empty; try `frame.opcode == ping`", 0..0),
        ("frame.opcod == ping", "there is no field `frame.opcod`; did you mean `frame.opcode`?", 0..11),
        ("tcp.port == 80", "there is no field `tcp.port`; here it is `client.port` or `server.port`", 0..8),
        ("frame.number == 7", "there is no field `frame.number`; here it is `packet`", 0..12),
        ("nonsense == 1", "there is no field `nonsense`; `wsight explain fields` lists them all", 0..8),
        ("length > 5", "`length` can be `frame.length` or `message.length`: write which", 0..6),
        ("session.duration > fast", "`fast` is not a valid duration; write it like 5s, 200ms or 3m", 19..23),
        ("frame.length == 5 parsecs", "`and` or `or` is missing before this", 18..25),
        (
            "client == 10.0.0.300",
            "`10.0.0.300` is not a valid address; write it like 10.0.0.7, 10.0.0.7:8080 or 10.0.0.0/8",
            10..20,
        ),
        (
            "session.durration > 5s",
            "there is no field `session.durration`; did you mean `session.duration`?",
            0..17,
        ),
        ("frame.opcode > ping", "word cannot be compared with `>`", 15..19),
        ("message.text > ping", "text cannot be compared with `>`", 15..19),
        ("message.from == srv", "`message.from` is never `srv`; did you mean `server`?", 16..19),
        ("message.from == sender", "`message.from` is never `sender`; did you mean `server`?", 16..22),
        ("from == nobody", "`from` is never `nobody`: it is client or server", 8..14),
        ("frame.opcode == txt", "`frame.opcode` is never `txt`; did you mean `text`?", 16..19),
        (
            "frame.opcode in {ping, pong, PING}",
            "`frame.opcode` is never `PING`; did you mean `ping`?",
            29..33,
        ),
        (
            "frame.opcode != 'gibberish'",
            "`frame.opcode` is never `gibberish`; `wsight explain frame.opcode` says what it can be",
            16..27,
        ),
        (
            "finding.id == close-misssing",
            "`finding.id` is never `close-misssing`; did you mean `close-missing`?",
            14..28,
        ),
        (
            "finding.id == gibberish",
            "there is no finding `gibberish`; `wsight explain` lists them all",
            14..23,
        ),
        ("finding.severity == eror", "`finding.severity` is never `eror`; did you mean `error`?", 20..24),
        ("finding.severity >= eror", "`finding.severity` is never `eror`; did you mean `error`?", 20..24),
        (
            "time >= 14:99",
            "`14:99` is not a valid time; write it like 14:02, 14:02:05.5, 2026-01-31 or 2026-01-31T14:02",
            8..13,
        ),
        ("message.text contains \"x", "the text has no closing \"", 22..24),
        ("message.text ~ \"(\"", "the pattern cannot be read: unclosed group", 15..18),
        ("frame.length ~ /5/", "`frame.length` is a number and has no text to match", 15..18),
        ("(frame.fin", "a ) is missing here", 10..10),
        ("frame.fin)", "there is no ( for this )", 9..10),
        ("frame.opcode ==", "a value is missing here", 15..15),
        ("frame.opcode ping", "an operator belongs here: == != < > <= >= ~ contains in", 13..17),
        ("frame.opcode in ping", "a set belongs here, such as {ping, pong}", 16..20),
        ("frame.opcode in {ping", "a } is missing here", 21..21),
        ("frame.fin and", "a field is missing here", 13..13),
        ("frame.fin == maybe", "`maybe` is not a valid flag; write it like true or false", 13..18),
        (
            "time > noon",
            "`noon` is not a valid time; write it like 14:02, 14:02:05.5, 2026-01-31 or 2026-01-31T14:02",
            7..11,
        ),
    ];
    for (expression, message, at) in cases {
        let error = Filter::parse(expression).expect_err(expression);
        assert_eq!((error.message(), error.at()), (message, &at), "{expression}");
    }
    for none in [
        "25:00",
        "24:00",
        "14:60",
        "14:02:60",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "2026-04-31",
        "2026-01-00",
    ] {
        assert!(Filter::parse(&format!("time >= {none}")).is_err(), "there is no {none}");
    }
    let nested = "!".repeat(1_000) + "frame.fin";
    assert_eq!(Filter::parse(&nested).unwrap_err().message(), "the expression is nested too deeply");
    let shown = Filter::parse("grüße == 1 and frame.fin").unwrap_err().to_string();
    assert!(shown.ends_with("\n  grüße == 1 and frame.fin\n  ^^^^^"), "{shown}");
}

#[test]
fn any_line_has_an_end() {
    // Every sign alone, and every two of them.
    let signs: Vec<char> = (' '..='~').filter(|c| !c.is_ascii_alphanumeric()).chain(['é']).collect();
    for one in &signs {
        for other in &signs {
            let _ = Filter::parse(&format!("frame.fin {one}{other}"));
        }
    }
    assert!(Filter::parse("frame.fin & frame.masked").is_ok());
}

#[test]
fn it_knows_which_fields_it_needs() {
    let filter = Filter::parse("opcode == ping and (frame.fin or frame.opcode == pong)").unwrap();
    let paths: Vec<&str> = filter.fields().iter().map(Field::path).collect();
    assert_eq!(paths, ["frame.opcode", "frame.fin"]);
}
