//! Payloads: as text, as JSON, as hex with ASCII, masked beside unmasked.

use super::super::model::{Model, View};
use super::super::text::{shown, wrap};
use super::super::theme::Role;
use super::{plain, span};
use crate::index::FrameRow;
use crate::ws::{ClosePayload, Opcode};
use ratatui::text::{Line, Span};
use std::fmt::Write;

/// Bytes of a payload that are drawn; `w` saves all of it.
const DRAWN: usize = 64 << 10;

/// A payload to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    /// As it was meant.
    pub(super) plain: &'a [u8],
    /// As it was sent.
    pub(super) wire: &'a [u8],
    pub(super) opcode: Option<Opcode>,
    /// A byte that a finding is about.
    pub(super) at: Option<usize>,
}

/// The payload in this view.
pub(super) fn lines(model: &Model, view: View, bytes: Bytes<'_>, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    if model.is_hidden {
        return vec![Line::from(span(theme, Role::Faint, "  ▒▒▒ hidden; x shows it"))];
    }
    if bytes.plain.is_empty() && bytes.wire.is_empty() {
        return vec![Line::from(span(theme, Role::Faint, "  no payload"))];
    }
    let drawn = bytes.plain.get(..bytes.plain.len().min(DRAWN)).unwrap_or_default();
    let mut lines = match view {
        View::Text => text(drawn, bytes.opcode, width),
        View::Json => json(model, drawn, width),
        View::Hex => hex(model, drawn, bytes.at, width),
        View::Masked => beside(model, bytes, width),
    };
    if drawn.len() < bytes.plain.len() {
        let words = format!(
            "  … {} more; w saves all",
            super::super::text::count((bytes.plain.len() - drawn.len()) as u64, "byte")
        );
        lines.push(Line::from(span(theme, Role::Faint, words)));
    }
    lines
}

fn text(bytes: &[u8], opcode: Option<Opcode>, width: usize) -> Vec<Line<'static>> {
    if opcode == Some(Opcode::Close) {
        let words = close(bytes);
        return wrap(&words, width.saturating_sub(3))
            .into_iter()
            .map(|line| Line::from(format!("  {line}")))
            .collect();
    }
    // Line ends are the one control character that is worth obeying here.
    let lines = bytes.split(|byte| *byte == b'\n');
    lines
        .flat_map(|line| wrap(&shown(line), width.saturating_sub(3)))
        .map(|line| Line::from(format!("  {line}")))
        .collect()
}

fn json(model: &Model, bytes: &[u8], width: usize) -> Vec<Line<'static>> {
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
    let pretty = parsed
        .map_err(|error| error.to_string())
        .and_then(|value| serde_json::to_string_pretty(&value).map_err(|error| error.to_string()));
    match pretty {
        Ok(pretty) => text(pretty.as_bytes(), None, width),
        Err(error) => {
            let words = format!("  no JSON: {}", shown(error.as_bytes()));
            let mut lines = vec![Line::from(span(model.theme, Role::Faint, words))];
            lines.extend(text(bytes, None, width));
            lines
        }
    }
}

/// A row of hex with ASCII; the byte at `marked` has a `>` in front of it.
fn row(model: &Model, bytes: &[u8], marked: Option<usize>, per_row: usize) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for at in 0..per_row {
        let is_marked = marked == Some(at);
        let sign = if is_marked { ">" } else { " " };
        let role = if is_marked { Role::Differs } else { Role::Plain };
        let byte = bytes.get(at).map_or_else(
            || if is_marked { "--".to_owned() } else { "  ".to_owned() },
            |byte| format!("{byte:02x}"),
        );
        spans.push(plain(sign));
        spans.push(span(model.theme, role, byte));
    }
    let ascii: String =
        bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }).collect();
    spans.push(span(model.theme, Role::Faint, format!("  {ascii:<per_row$}")));
    spans
}

fn hex(model: &Model, bytes: &[u8], at: Option<usize>, width: usize) -> Vec<Line<'static>> {
    let per_row = if width >= 2 + 6 + 16 * 4 + 2 { 16 } else { 8 };
    let at = at.filter(|at| *at <= bytes.len());
    let mut lines = Vec::new();
    // A byte that is missing at the end can begin a row of its own.
    let rows = bytes.len().div_ceil(per_row).max(at.map_or(1, |at| at / per_row + 1));
    for begin in (0..rows).map(|row| row * per_row) {
        let piece = bytes.get(begin..bytes.len().min(begin + per_row)).unwrap_or_default();
        let marked = at.and_then(|at| at.checked_sub(begin)).filter(|at| *at < per_row);
        let mut line = vec![span(model.theme, Role::Faint, format!("  {begin:04x} "))];
        line.extend(row(model, piece, marked, per_row));
        lines.push(Line::from(line));
    }
    lines
}

/// As sent at the left, as meant at the right.
fn beside(model: &Model, bytes: Bytes<'_>, width: usize) -> Vec<Line<'static>> {
    let per_row = if width >= 2 + 7 + 2 * (8 * 4 + 2) { 8 } else { 4 };
    let column = per_row * 4 + 2;
    let heading = format!("  {:5}{:<column$}  as meant", "", " on the wire");
    let mut lines = vec![Line::from(span(model.theme, Role::Faint, heading))];
    let wire = bytes.wire.get(..bytes.wire.len().min(DRAWN)).unwrap_or_default();
    for begin in (0..wire.len()).step_by(per_row) {
        let of = |bytes: &[u8]| {
            bytes.get(begin.min(bytes.len())..bytes.len().min(begin + per_row)).unwrap_or_default().to_vec()
        };
        let mut line = vec![span(model.theme, Role::Faint, format!("  {begin:04x} "))];
        line.extend(row(model, &of(wire), None, per_row));
        line.push(span(model.theme, Role::Faint, " │"));
        let marked = bytes.at.and_then(|at| at.checked_sub(begin)).filter(|at| *at < per_row);
        line.extend(row(model, &of(bytes.plain), marked, per_row));
        lines.push(Line::from(line));
    }
    lines
}

fn close(bytes: &[u8]) -> String {
    match ClosePayload::parse(bytes) {
        ClosePayload::Empty => String::new(),
        ClosePayload::TooShort(byte) => format!("{byte:02x}: one byte is no close code"),
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
    if header.rsv != 0 {
        return first_bytes(bytes, row.length(), false);
    }
    let is_plain = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    first_bytes(bytes, row.length(), header.opcode == Opcode::Text || is_plain)
}

/// The first of `length` bytes, as quoted text or in hexadecimal.
pub(super) fn first_bytes(bytes: &[u8], length: u64, is_text: bool) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let more = if (bytes.len() as u64) < length { "…" } else { "" };
    if is_text {
        // A character that the preview cuts is not shown as broken bytes.
        let whole = match std::str::from_utf8(bytes) {
            Err(error) if !more.is_empty() && error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
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
