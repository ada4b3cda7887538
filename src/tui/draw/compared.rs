//! Two sessions, frames or messages beside each other, with what differs marked.

use super::super::compare::Compared;
use super::super::diff::pairs;
use super::super::model::Model;
use super::super::sessions::{duration, state};
use super::super::text::{columns, count, cut, left, shown, thousands};
use super::super::theme::Role;
use super::super::tree::json;
use super::super::words::opcode;
use super::paint::{plain, span};
use super::sessions::hidden;
use crate::index::{Compressed, Index, SessionRow};
use crate::model::{Peer, Timestamp, in_words, phrase};
use crate::upgrade::Outcome;
use ratatui::text::{Line, Span};
use std::collections::BTreeSet;

/// Bytes of each payload that are compared.
const COMPARED: usize = 16 << 10;

/// Columns of the sign of a difference, and of the name in front of two values.
const NAME: usize = 15;

/// A field of both.
type FieldPair = (&'static str, String, String);

/// The page.
pub(super) fn lines(model: &Model, index: &Index, compared: Compared, width: usize) -> Vec<Line<'static>> {
    let (fields, payloads) = match compared {
        Compared::Sessions(one, other) => (sessions(model, index, one, other), None),
        Compared::Frames(one, other) => (
            frames(index, one, other),
            Some([one, other].map(|(session, number)| {
                model
                    .payloads
                    .frame(session, number)
                    .map(|read| read.as_ref().map(|read| read.plain.as_slice()))
            })),
        ),
        Compared::Messages(one, other) => (
            messages(index, one, other),
            Some([one, other].map(|(session, number)| {
                model
                    .payloads
                    .message(session, number)
                    .map(|read| read.as_ref().map(|read| read.plain.as_slice()))
            })),
        ),
    };
    let half = width.saturating_sub(NAME + 4) / 2;
    let mut lines: Vec<Line<'static>> = fields.iter().map(|field| of_field(model, field, half)).collect();
    match payloads {
        None => {}
        Some(_) if model.is_hidden => {
            lines.push(Line::from(span(model.theme, Role::Faint, "  ▒▒▒ hidden; x shows it")));
        }
        Some([Some(Ok(one)), Some(Ok(other))]) => lines.extend(payload(model, one, other, width)),
        Some([Some(Err(error)), _] | [_, Some(Err(error))]) => {
            let words = format!("  not readable: {}", shown(error.as_bytes()));
            lines.push(Line::from(span(model.theme, Role::Warning, words)));
        }
        Some([None, _] | [_, None]) => {
            lines.push(Line::from(span(model.theme, Role::Faint, "  reading …")));
        }
    }
    lines
}

fn of_field(model: &Model, (name, one, other): &FieldPair, half: usize) -> Line<'static> {
    let differs = one != other;
    let role = if differs { Role::Differs } else { Role::Plain };
    let padded = |text: &str| " ".repeat(half.saturating_sub(columns(text)));
    let (one, other) = (cut(one, half), cut(other, half));
    let gap = padded(&one);
    Line::from(vec![
        span(model.theme, Role::Error, if differs { " ≠ " } else { "   " }),
        span(model.theme, Role::Faint, left(name, NAME - 3)),
        span(model.theme, role, one),
        plain(format!("{gap} │ ")),
        span(model.theme, role, other),
    ])
}

fn since_start(index: &Index, session: usize, time: Timestamp) -> String {
    let start = index.sessions().get(session).map(|row| row.first().time).unwrap_or_default();
    phrase("", time.passed_since(start), "")
}

fn name_of(index: &Index, session: usize, what: &str, number: u64) -> String {
    let id = index.sessions().get(session).map_or_else(String::new, |row| row.session.to_string());
    format!("session {id}, {what} {number}")
}

fn frames(index: &Index, one: (usize, u64), other: (usize, u64)) -> Vec<FieldPair> {
    let row = |(session, number): (usize, u64)| index.frames(session).get(index.frame_row(session, number)?);
    let (Some(a), Some(b)) = (row(one), row(other)) else { return Vec::new() };
    let flag = |is: bool| if is { "yes" } else { "no" }.to_owned();
    vec![
        ("", name_of(index, one.0, "frame", one.1), name_of(index, other.0, "frame", other.1)),
        ("from", a.from().to_string(), b.from().to_string()),
        ("opcode", opcode(a.opcode()), opcode(b.opcode())),
        ("FIN", flag(a.header().fin), flag(b.header().fin)),
        ("RSV", format!("{:03b}", a.header().rsv), format!("{:03b}", b.header().rsv)),
        ("masked", flag(a.header().mask.is_some()), flag(b.header().mask.is_some())),
        ("length", thousands(a.length()), thousands(b.length())),
        ("received", thousands(a.received()), thousands(b.received())),
        ("packet", a.first_packet().to_string(), b.first_packet().to_string()),
        ("after", since_start(index, one.0, a.time()), since_start(index, other.0, b.time())),
    ]
}

fn messages(index: &Index, one: (usize, u64), other: (usize, u64)) -> Vec<FieldPair> {
    let row = |(session, number): (usize, u64)| {
        index.messages(session).get(usize::try_from(number.checked_sub(1)?).ok()?)
    };
    let (Some(a), Some(b)) = (row(one), row(other)) else { return Vec::new() };
    vec![
        ("", name_of(index, one.0, "message", one.1), name_of(index, other.0, "message", other.1)),
        ("from", a.from.to_string(), b.from.to_string()),
        ("kind", a.kind.name().to_owned(), b.kind.name().to_owned()),
        ("length", thousands(a.length), thousands(b.length)),
        ("on the wire", thousands(a.wire_length), thousands(b.wire_length)),
        ("frames", a.frames.to_string(), b.frames.to_string()),
        ("packet", a.first_packet.to_string(), b.first_packet.to_string()),
        ("after", since_start(index, one.0, a.time), since_start(index, other.0, b.time)),
    ]
}

fn sessions(model: &Model, index: &Index, one: usize, other: usize) -> Vec<FieldPair> {
    let (Some(a), Some(b)) = (index.sessions().get(one), index.sessions().get(other)) else {
        return Vec::new();
    };
    let both = |of: &dyn Fn(&SessionRow) -> String| (of(a), of(b));
    let text = |text: Option<&str>| text.map_or_else(|| "–".to_owned(), |text| hidden(model, text));
    // What is encrypted cannot be counted.
    let counted = |row: &SessionRow, sides: [u64; 2]| match row.outcome {
        Outcome::Dark => "–".to_owned(),
        Outcome::Accepted | Outcome::Rejected | Outcome::Failed | Outcome::NotWebSocket | Outcome::Unseen => {
            format!("→{} ←{}", thousands(sides[0]), thousands(sides[1]))
        }
    };
    let found = |place: usize| {
        let found = index.findings_of(place).filter_map(|at| index.findings().get(at));
        let ids: BTreeSet<&str> = found.map(|finding| finding.id.name()).collect();
        if ids.is_empty() { "none".to_owned() } else { ids.into_iter().collect::<Vec<_>>().join(", ") }
    };
    let field = |name, (one, other)| (name, one, other);
    vec![
        field("", both(&|row| format!("session {}", row.session))),
        field("client", both(&|row| hidden(model, &row.addresses().client.to_string()))),
        field("server", both(&|row| hidden(model, &row.addresses().server.to_string()))),
        field("host", both(&|row| text(row.label.host.as_deref()))),
        field("target", both(&|row| text(row.label.target.as_deref()))),
        field("upgrade", both(&|row| row.outcome.name().to_owned())),
        field("TLS", both(&|row| if row.label.is_secure { "yes" } else { "no" }.to_owned())),
        field("subprotocol", both(&|row| text(row.label.subprotocol.as_deref()))),
        field("compression", both(&|row| text(row.label.compression.map(Compressed::name)))),
        field("state", both(&state)),
        field("began", both(&|row| model.clock.show(row.first().time))),
        field("lasted", both(&|row| duration(row).map_or_else(String::new, in_words))),
        field("frames", both(&|row| counted(row, Peer::BOTH.map(|peer| (*row.frames.of(peer)).into())))),
        field("messages", both(&|row| counted(row, Peer::BOTH.map(|peer| (*row.messages.of(peer)).into())))),
        field("bytes", both(&|row| counted(row, Peer::BOTH.map(|peer| *row.bytes.of(peer))))),
        field("round trip", both(&|row| row.median_rtt().map_or_else(|| "–".to_owned(), in_words))),
        field("findings", (found(one), found(other))),
    ]
}

/// Two payloads: as lines where both are text, of which JSON is indented first; else byte by byte.
fn payload(model: &Model, one: &[u8], other: &[u8], width: usize) -> Vec<Line<'static>> {
    let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let words = if one == other {
        " Payloads are the same".to_owned()
    } else {
        format!(" Payloads differ from byte {} on", thousands(at as u64))
    };
    let mut lines = vec![Line::from(span(model.theme, Role::Title, words))];
    let part = |bytes: &[u8]| bytes.get(..bytes.len().min(COMPARED)).map(<[u8]>::to_vec).unwrap_or_default();
    let (one, other, longest) = (part(one), part(other), one.len().max(other.len()));
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?.to_owned();
        Some(json::indented(&text).unwrap_or(text))
    };
    match (text(&one), text(&other)) {
        (Some(one), Some(other)) => lines.extend(by_line(model, &one, &other, width)),
        _ => lines.extend(by_byte(model, &one, &other, width)),
    }
    if longest > COMPARED {
        let words = format!("  … {} more are not compared", count((longest - COMPARED) as u64, "byte"));
        lines.push(Line::from(span(model.theme, Role::Faint, words)));
    }
    lines
}

fn by_line(model: &Model, one: &str, other: &str, width: usize) -> Vec<Line<'static>> {
    let shown_lines = |text: &str| text.lines().map(|line| shown(line.as_bytes())).collect::<Vec<_>>();
    let (one, other) = (shown_lines(one), shown_lines(other));
    let (a, b): (Vec<&str>, Vec<&str>) =
        (one.iter().map(String::as_str).collect(), other.iter().map(String::as_str).collect());
    let half = width.saturating_sub(6) / 2;
    let line =
        |lines: &[&str], at: Option<usize>| at.and_then(|at| lines.get(at).map(|line| (*line).to_owned()));
    let row = |(at, other_at)| {
        let (one, other) = (line(&a, at), line(&b, other_at));
        let differs = one != other;
        let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
        let mut spans = vec![span(model.theme, Role::Error, if differs { " ≠ " } else { "   " })];
        spans.extend(marked(model, &one, &other, half));
        spans.push(plain(" │ "));
        spans.extend(marked(model, &other, &one, half));
        Line::from(spans)
    };
    pairs(&a, &b).into_iter().map(row).collect()
}

/// A line in exactly this many columns, with the part marked in which it differs from another one.
fn marked(model: &Model, line: &str, other: &str, half: usize) -> Vec<Span<'static>> {
    let same: usize =
        line.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (start, rest) = line.split_at(same);
    let other_rest = other.get(same..).unwrap_or_default();
    let same_end: usize = rest
        .chars()
        .rev()
        .zip(other_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let (middle, end) = rest.split_at(rest.len() - same_end);
    let mut room = half;
    let mut spans = Vec::new();
    for (role, text) in [(Role::Plain, start), (Role::Differs, middle), (Role::Plain, end)] {
        let text = cut(text, room);
        room -= columns(&text);
        spans.push(span(model.theme, role, text));
    }
    spans.push(plain(" ".repeat(room)));
    spans
}

fn by_byte(model: &Model, one: &[u8], other: &[u8], width: usize) -> Vec<Line<'static>> {
    let per_row = if width >= 9 + 2 * 16 * 4 + 3 { 16 } else { 8 };
    let per_row = if width >= 9 + 2 * per_row * 4 + 3 { per_row } else { 4 };
    let side = |bytes: &[u8], other: &[u8], begin: usize| {
        let mut spans = Vec::new();
        let mut ascii = vec![plain(" ")];
        for at in begin..begin + per_row {
            let byte = bytes.get(at).copied();
            let differs = byte != other.get(at).copied();
            let role = if differs { Role::Differs } else { Role::Plain };
            spans.push(span(
                model.theme,
                role,
                byte.map_or_else(
                    || if differs { "--" } else { "  " }.to_owned(),
                    |byte| format!("{byte:02x}"),
                ),
            ));
            spans.push(plain(" "));
            let letter =
                byte.map_or(' ', |byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' });
            ascii.push(span(model.theme, if differs { Role::Differs } else { Role::Faint }, letter));
        }
        spans.extend(ascii);
        spans
    };
    let rows = one.len().max(other.len()).div_ceil(per_row);
    let row = |begin: usize| {
        let is_same = one.get(begin..).unwrap_or_default().iter().take(per_row).eq(other
            .get(begin..)
            .unwrap_or_default()
            .iter()
            .take(per_row));
        let mut spans = vec![
            span(model.theme, Role::Error, if is_same { "   " } else { " ≠ " }),
            span(model.theme, Role::Faint, format!("{begin:04x} ")),
        ];
        spans.extend(side(one, other, begin));
        spans.push(plain("│ "));
        spans.extend(side(other, one, begin));
        Line::from(spans)
    };
    (0..rows).map(|row| row * per_row).map(row).collect()
}
