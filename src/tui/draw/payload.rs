//! Payloads: as text, as JSON, as hex with ASCII, masked beside unmasked.

use super::super::model::{Model, PayloadView};
use super::super::text::{count as count_of, shown, shown_with, size, wrap};
use super::super::theme::Role;
use super::super::tree::{Parsed, parsed};
use super::found::{found_in, hits};
use super::nodes::{self, DetailLines};
use super::paint::{plain, span};
use crate::index::FrameRow;
use crate::model::text_so_far;
use crate::ws::{ClosePayload, Opcode};
use ratatui::text::{Line, Span};
use std::fmt::Write;

/// Bytes of a payload that are drawn; `w` saves all of it.
const DRAWN: usize = 64 << 10;

/// A payload to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownPayload<'a> {
    /// As it was meant.
    pub(super) plain: &'a [u8],
    /// As it was sent.
    pub(super) wire: &'a [u8],
    pub(super) opcode: Option<Opcode>,
    /// A byte that a finding is about.
    pub(super) at: Option<usize>,
}

/// The payload in this view.
pub(super) fn lines(model: &Model, view: PayloadView, bytes: ShownPayload<'_>, width: usize) -> DetailLines {
    let theme = model.theme;
    if model.is_hidden {
        return vec![Line::from(span(theme, Role::Faint, "  ▒▒▒ hidden; x shows it"))].into();
    }
    if bytes.plain.is_empty() && bytes.wire.is_empty() {
        return vec![Line::from(span(theme, Role::Faint, "  no payload"))].into();
    }
    let no_tree = match view {
        PayloadView::Json => match tree(model, bytes.plain, width) {
            Ok(lines) => return lines,
            Err(why) => Some(why),
        },
        PayloadView::Text | PayloadView::Hex | PayloadView::Masked => None,
    };
    // Of a long one the part with what is looked for.
    let hit = model.hunt.as_ref().and_then(|hunt| hunt.needle.as_ref()?.find(bytes.plain));
    let sought = hit.map(|(at, length)| at + length).or(bytes.at).filter(|end| *end > DRAWN);
    let from = sought.map_or(0, |end| end.saturating_sub(DRAWN / 2) & !15);
    let part = |bytes: &'_ [u8]| {
        let from = from.min(bytes.len());
        from..bytes.len().min(from + DRAWN)
    };
    let drawn = Excerpt {
        plain: bytes.plain.get(part(bytes.plain)).unwrap_or_default(),
        wire: bytes.wire.get(part(bytes.wire)).unwrap_or_default(),
        from,
        at: bytes.at.filter(|at| *at <= bytes.plain.len()).and_then(|at| at.checked_sub(from)),
    };
    let more = |count: usize, what: &str| {
        let words = format!("  … {} {what}; w saves all", count_of(count as u64, "byte"));
        Line::from(span(theme, Role::Faint, words))
    };
    let mut lines: Vec<Line<'static>> = no_tree.into_iter().collect();
    if from > 0 {
        lines.push(more(from, "before"));
    }
    lines.extend(match view {
        PayloadView::Text => text(model, drawn.plain, bytes.opcode, width),
        PayloadView::Json => text(model, drawn.plain, None, width),
        PayloadView::Hex => hex(model, drawn, width),
        PayloadView::Masked => beside(model, drawn, width),
    });
    let rest = bytes.plain.len().saturating_sub(from + drawn.plain.len());
    if rest > 0 {
        lines.push(more(rest, "more"));
    }
    lines.into()
}

/// What is drawn of a payload.
#[derive(Clone, Copy, Debug)]
struct Excerpt<'a> {
    plain: &'a [u8],
    wire: &'a [u8],
    /// How many bytes come before it.
    from: usize,
    /// The byte of it that a finding is about; the one after the last where it is missing.
    at: Option<usize>,
}

fn text(model: &Model, bytes: &[u8], opcode: Option<Opcode>, width: usize) -> Vec<Line<'static>> {
    let width = width.saturating_sub(3);
    if opcode == Some(Opcode::Close) {
        let words = close(bytes);
        return wrap(&words, width).into_iter().map(|line| Line::from(format!("  {line}"))).collect();
    }
    // Line ends are the one control character that is worth obeying here.
    let lines = bytes.split(|byte| *byte == b'\n');
    lines
        .flat_map(|line| {
            let (text, found) = shown_with(line, hits(model, line));
            let lines = super::super::text::lines(&text, width);
            lines.into_iter().map(move |line| found_in(model, &text, line, &found)).collect::<Vec<_>>()
        })
        .collect()
}

/// A payload as a tree; where it is none, what keeps it from being JSON, and nothing more.
fn tree(model: &Model, bytes: &[u8], width: usize) -> Result<DetailLines, Line<'static>> {
    let words = |words: String| Line::from(span(model.theme, Role::Faint, words));
    if bytes.len() > nodes::MOST_BYTES {
        return Err(words(format!(
            "  longer than {} bytes: no tree is made of it",
            size(nodes::MOST_BYTES as u64)
        )));
    }
    match parsed(bytes) {
        Parsed::Json(leaves) => Ok(nodes::lines(model, &leaves, width)),
        Parsed::Binary(format, leaves) => {
            let begin = words(format!("  no JSON, but it can be read as {format}"));
            let mut lines = DetailLines::from(vec![begin]);
            lines.append(nodes::lines(model, &leaves, width));
            Ok(lines)
        }
        Parsed::Other(fault) => Err(words(format!("  no JSON: {fault}"))),
    }
}

/// A row of hex with ASCII: bytes from `begin` on. The byte at `marked` has a `>` in front of it.
fn row(
    model: &Model,
    bytes: &[u8],
    begin: usize,
    marked: Option<usize>,
    (per_row, found): (usize, &[(usize, usize)]),
) -> Vec<Span<'static>> {
    let is_found = |at: usize| found.iter().any(|(begin, length)| (*begin..begin + length).contains(&at));
    let mut spans = Vec::new();
    let mut ascii = vec![plain("  ")];
    for at in begin..begin + per_row {
        let is_marked = marked == Some(at);
        let role = match (is_marked, is_found(at)) {
            (true, _) => Role::Differs,
            (false, true) => Role::Found,
            _ => Role::Plain,
        };
        let byte = bytes.get(at).copied();
        let hex = byte.map_or_else(
            || if is_marked { "--".to_owned() } else { "  ".to_owned() },
            |byte| format!("{byte:02x}"),
        );
        spans.push(plain(if is_marked { ">" } else { " " }));
        spans.push(span(model.theme, role, hex));
        let letter =
            byte.map_or(' ', |byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' });
        let role = if role == Role::Plain { Role::Faint } else { role };
        ascii.push(span(model.theme, if byte.is_some() { role } else { Role::Plain }, letter));
    }
    spans.extend(ascii);
    spans
}

fn hex(model: &Model, part: Excerpt<'_>, width: usize) -> Vec<Line<'static>> {
    let per_row = if width >= 2 + 6 + 16 * 4 + 2 { 16 } else { 8 };
    let found: Vec<_> = hits(model, part.plain).collect();
    // A byte that is missing at the end can begin a row of its own.
    let rows = part.plain.len().div_ceil(per_row).max(part.at.map_or(1, |at| at / per_row + 1));
    (0..rows)
        .map(|row| row * per_row)
        .map(|begin| {
            let mut line = vec![span(model.theme, Role::Faint, format!("  {:04x} ", part.from + begin))];
            line.extend(row(model, part.plain, begin, part.at, (per_row, &found)));
            Line::from(line)
        })
        .collect()
}

/// As sent at the left, as meant at the right.
fn beside(model: &Model, part: Excerpt<'_>, width: usize) -> Vec<Line<'static>> {
    let per_row = if width >= 2 + 7 + 2 * (8 * 4 + 2) { 8 } else { 4 };
    let column = per_row * 4 + 2;
    let heading = format!("  {:5}{:<column$}  as meant", "", " on the wire");
    let mut lines = vec![Line::from(span(model.theme, Role::Faint, heading))];
    let found: Vec<_> = hits(model, part.plain).collect();
    let rows = part.wire.len().div_ceil(per_row).max(part.at.map_or(0, |at| at / per_row + 1));
    for begin in (0..rows).map(|row| row * per_row) {
        let mut line = vec![span(model.theme, Role::Faint, format!("  {:04x} ", part.from + begin))];
        line.extend(row(model, part.wire, begin, None, (per_row, &[])));
        line.push(span(model.theme, Role::Faint, " │"));
        line.extend(row(model, part.plain, begin, part.at, (per_row, &found)));
        lines.push(Line::from(line));
    }
    lines
}

fn close(bytes: &[u8]) -> String {
    match ClosePayload::parse(bytes) {
        ClosePayload::Empty => String::new(),
        ClosePayload::TooShort(byte) => format!("{byte:02x}: one byte is not a close code"),
        ClosePayload::Code(code, []) => format!("{code} {}", code.meaning()),
        ClosePayload::Code(code, reason) => format!("{code} {} \"{}\"", code.meaning(), shown(reason)),
    }
}

/// The first bytes of a frame's payload, in one line.
pub(super) fn preview(row: FrameRow, bytes: &[u8]) -> String {
    let header = row.header();
    if bytes.is_empty() {
        return String::new();
    }
    if header.opcode == Opcode::Close {
        return close(bytes);
    }
    let is_plain = || bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let is_text = header.rsv == 0 && (header.opcode == Opcode::Text || is_plain());
    first_bytes(bytes, row.length(), is_text)
}

/// The first of `length` bytes, as quoted text or in hexadecimal.
pub(super) fn first_bytes(bytes: &[u8], length: u64, is_text: bool) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let more = if (bytes.len() as u64) < length { "…" } else { "" };
    if is_text {
        // A character that the preview cuts is not shown as broken bytes.
        let cut = text_so_far(bytes).filter(|_| !more.is_empty());
        let whole = cut.map_or(bytes.len(), str::len);
        return format!("\"{}{more}\"", shown(bytes.get(..whole).unwrap_or_default()));
    }
    let mut preview = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(preview, "{byte:02x} ");
    }
    preview.pop();
    preview.push_str(more);
    preview
}
