//! One session: what is said about all of it, its rows, and the line between rows and detail.

use super::super::about::findings_about;
use super::super::model::{Model, OpenSession, Pane, PayloadView, RowKind, SessionItem};
use super::super::sessions::state;
use super::super::text::{columns, cut, left, right, shown, size};
use super::super::theme::{Role, mark, of_peer, of_severity};
use super::super::words::{arrow, end_flag, of_end, opcode, seconds, seconds_since, sent, silence_before};
use super::paint::{plain, put_line, select, span};
use super::payload;
use super::sessions::{hidden, peers};
use crate::findings::Severity;
use crate::index::{FrameRow, Index, MessageRow, SessionState};
use crate::model::{PacketNumber, Timestamp};
use crate::upgrade::Outcome;
use crate::ws::MessageKind;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Columns that addresses take at least, down to their ports.
const ADDRESSES: usize = 18;

/// Draws who speaks with whom, and how it ended where there is room for it.
pub(super) fn head(model: &Model, index: &Index, open: &OpenSession, buffer: &mut Buffer, area: Rect) {
    let theme = model.theme;
    let Some(row) = index.sessions().get(open.session) else { return };
    let is_dark = row.outcome == Outcome::Dark;
    let (role, sign) = match (row.worst, &row.state) {
        (Some(worst), _) => (of_severity(worst), mark(worst)),
        (None, SessionState::Failed) => (Role::Faint, "–"),
        (None, SessionState::Open | SessionState::Closed { .. } | SessionState::Ended { .. }) => {
            if is_dark {
                (Role::Faint, "🔒")
            } else {
                (Role::Good, "✓")
            }
        }
    };
    let name = format!(" {sign} Session {}  ", row.session);
    let state = state(row);
    let target = hidden(model, row.label.target.as_deref().unwrap_or(""));
    // The target stands there as a whole where it can: the addresses are shortened for it, or left out.
    let room = usize::from(area.width).saturating_sub(columns(&name) + columns(&state) + 3);
    let beside = room.saturating_sub(columns(&target) + 2);
    let ends = match beside {
        ADDRESSES.. => format!("{}  ", peers(model, row, beside.min(60))),
        _ if columns(&target) <= room => String::new(),
        _ => format!("{}  ", peers(model, row, ADDRESSES)),
    };
    let target = cut(&target, room.saturating_sub(columns(&ends)));
    put_line(
        buffer,
        area,
        0,
        &Line::from(vec![
            span(theme, role, name),
            plain(ends),
            span(theme, Role::Strong, format!("{target}  ")),
            plain(state),
        ]),
    );
    // While a dark session goes on, why it is dark is all there is to say.
    let why = index.tls(row.connection).filter(|_| is_dark);
    let story = row.close_story();
    let story = story.as_deref().or(why).unwrap_or_default();
    let story = if model.is_hidden { "▒▒▒" } else { story };
    let story = if story.is_empty() { String::new() } else { shown(story.as_bytes()) };
    put_line(
        buffer,
        area,
        1,
        &Line::from(span(theme, Role::Faint, cut(&format!("   {story}"), area.width.into()))),
    );
}

/// Draws the frames or messages.
pub(super) fn rows(model: &Model, index: &Index, open: &OpenSession, buffer: &mut Buffer, area: Rect) {
    let theme = model.theme;
    let last = open.len(index);
    for (y, at) in (0..area.height).zip(open.list.top..last) {
        let is_selected = at == open.list.selected;
        let cursor = if is_selected { ">" } else { " " };
        let mut line = vec![plain(cursor)];
        line.extend(match open.item(at, index) {
            SessionItem::Whole => whole(model, index, open),
            SessionItem::Frame(place) => frame(model, index, open, place, usize::from(area.width)),
            SessionItem::Message(place) => message(model, index, open, place),
            SessionItem::End(place) => end(model, index, open, place, usize::from(area.width)),
        });
        put_line(buffer, area, y, &fitted(line, usize::from(area.width)));
        // Without the keys the row is marked by its sign alone.
        if is_selected && open.pane == Pane::Rows {
            select(buffer, area, y, theme);
        }
    }
}

/// A row as long as there is room, with an ellipsis where something is missing.
fn fitted(mut line: Vec<Span<'static>>, width: usize) -> Line<'static> {
    let before: usize = line.iter().rev().skip(1).map(Span::width).sum();
    if let Some(last) = line.last_mut()
        && before < width
    {
        last.content = cut(&last.content, width - before).into();
    }
    Line::from(line)
}

fn whole(model: &Model, index: &Index, open: &OpenSession) -> Vec<Span<'static>> {
    let theme = model.theme;
    let Some(row) = index.sessions().get(open.session) else { return Vec::new() };
    let worst = worst_about(index, open, SessionItem::Whole);
    let (kind, words) = match &row.label.failure {
        Some(failure) => ("upgrade", failure.to_string()),
        None => ("upgrade", row.outcome.name().to_owned()),
    };
    let host =
        row.label.host.as_deref().map_or_else(String::new, |host| format!("  {}", hidden(model, host)));
    vec![
        sign(model, worst, model.marks.contains(&(open.session, None))),
        span(
            theme,
            Role::Faint,
            format!("{} {}  ", packet(index, open, row.first().packet), left("0.000000", 9)),
        ),
        plain(format!("{kind} {words}{host}")),
    ]
}

/// The worst severity of the findings about a row.
fn worst_about(index: &Index, open: &OpenSession, item: SessionItem) -> Option<Severity> {
    let found = findings_about(open, item, index);
    found.first().and_then(|at| index.findings().get(*at)).map(|finding| finding.severity)
}

/// How a side ended TCP.
fn end(model: &Model, index: &Index, open: &OpenSession, place: usize, width: usize) -> Vec<Span<'static>> {
    let theme = model.theme;
    let Some(row) = index.ends(open.session).get(place) else { return Vec::new() };
    let silence = silence_before(index, open.session, row);
    // Messages have no such column: what came last before it may not be listed.
    let has_delta = width >= 74 && open.kind == RowKind::Frames;
    let delta = if has_delta { left(&delta_of(silence), 11) } else { String::new() };
    let since = seconds_since(row.stamp().time, start(index, open));
    // The Close is a frame, and not listed among messages: without a word on it, this looks like an end without one.
    let state = index.sessions().get(open.session).map(|row| &row.state).filter(|_| place == 0);
    let closed = match (open.kind, state) {
        (RowKind::Messages, Some(SessionState::Closed { code: Some(code), .. })) => {
            format!("closed {code}; ")
        }
        (RowKind::Messages, Some(SessionState::Closed { code: None, .. })) => "closed; ".to_owned(),
        (
            RowKind::Messages,
            Some(SessionState::Open | SessionState::Ended { .. } | SessionState::Failed) | None,
        )
        | (RowKind::Frames, _) => String::new(),
    };
    vec![
        sign(model, worst_about(index, open, SessionItem::End(place)), false),
        span(
            theme,
            Role::Faint,
            format!("{} {} {delta}", packet(index, open, row.stamp().packet), left(&since, 10)),
        ),
        span(theme, of_peer(row.from), format!("{} ", arrow(row.from))),
        plain(format!("{} {closed}{}", left(end_flag(row.kind), 6), of_end(row, silence))),
    ]
}

/// The time since what stands above, if it is known.
fn delta_of(passed: Option<Duration>) -> String {
    passed.map_or_else(String::new, |passed| format!("+{}", seconds(passed)))
}

fn sign(model: &Model, severity: Option<Severity>, is_marked: bool) -> Span<'static> {
    let star = if is_marked { "*" } else { " " };
    match severity {
        Some(severity) => span(model.theme, of_severity(severity), format!("{}{star}", mark(severity))),
        None => plain(format!(" {star}")),
    }
}

fn start(index: &Index, open: &OpenSession) -> Timestamp {
    index.sessions().get(open.session).map(|row| row.first().time).unwrap_or_default()
}

/// The number of a packet, as wide as the session's last one.
fn packet(index: &Index, open: &OpenSession, packet: PacketNumber) -> String {
    let last = index.sessions().get(open.session).map(|row| row.last().packet).unwrap_or_default();
    right(&packet.to_string(), last.to_string().len().max(4))
}

fn frame(model: &Model, index: &Index, open: &OpenSession, place: usize, width: usize) -> Vec<Span<'static>> {
    let theme = model.theme;
    let frames = index.frames(open.session);
    let Some(row) = frames.get(place) else { return Vec::new() };
    let start = start(index, open);
    let before = place.checked_sub(1).and_then(|before| frames.get(before)).map_or(start, |row| row.time());
    let is_marked = model.marks.contains(&(open.session, Some(row.number())));
    let delta = if width < 74 { String::new() } else { left(&delta_of(row.time().passed_since(before)), 11) };
    let mut line = vec![
        sign(model, row.severity(), is_marked),
        span(
            theme,
            Role::Faint,
            format!(
                "{} {} {delta}",
                packet(index, open, row.first_packet()),
                left(&seconds_since(row.time(), start), 10)
            ),
        ),
        span(theme, of_peer(row.from()), format!("{} ", arrow(row.from()))),
        plain(format!(
            "{} {} {} ",
            left(&opcode(row.opcode()), 6),
            right(&size(row.length()), 6),
            flags(row)
        )),
    ];
    let preview = model
        .payloads
        .preview(RowKind::Frames, open.session, row.number())
        .map(|bytes| payload::preview(row, bytes))
        .unwrap_or_default();
    let preview = if model.is_hidden { "▒".repeat(columns(&preview).min(8)) } else { preview };
    if let Some(round_trip) = row.round_trip() {
        line.push(span(theme, Role::Faint, format!("after {}  ", crate::model::in_words(round_trip))));
    }
    line.push(plain(preview));
    line
}

/// `+` more frames of the message follow, `z` compressed (RSV1), `r` other reserved bits, `<` not all of it came.
fn flags(row: FrameRow) -> String {
    let header = row.header();
    let mut flags = String::new();
    if !header.fin {
        flags.push('+');
    }
    match header.rsv {
        0 => {}
        4 => flags.push('z'),
        _ => flags.push('r'),
    }
    if !row.is_complete() {
        flags.push('<');
    }
    left(&flags, 3)
}

fn message(model: &Model, index: &Index, open: &OpenSession, place: usize) -> Vec<Span<'static>> {
    let theme = model.theme;
    let Some(row) = index.messages(open.session).get(place) else { return Vec::new() };
    let is_marked = model.marks.contains(&(open.session, Some(row.first_frame)));
    let start = start(index, open);
    vec![
        sign(model, row.severity, is_marked),
        span(
            theme,
            Role::Faint,
            format!(
                "{} {} ",
                packet(index, open, row.first_packet),
                left(&seconds_since(row.time, start), 10)
            ),
        ),
        span(theme, of_peer(row.from), format!("{} ", arrow(row.from))),
        plain(format!("{} {} ", left(row.kind.name(), 6), right(&size(row.length), 6))),
        plain(format!("{} ", left(&sent(&row), 7))),
        plain(if model.is_hidden { String::new() } else { message_preview(model, open, &row) }),
    ]
}

/// The first bytes of a message, inflated.
pub(super) fn message_preview(model: &Model, open: &OpenSession, row: &MessageRow) -> String {
    let bytes = model.payloads.preview(RowKind::Messages, open.session, row.number);
    bytes
        .map(|bytes| payload::first_bytes(bytes, row.length, row.kind == MessageKind::Text))
        .unwrap_or_default()
}

/// Draws the line between rows and detail, with what the detail shows: the first line that is shown, how many there
/// are, and how many fit.
pub(super) fn rule(
    model: &Model,
    index: &Index,
    open: &OpenSession,
    buffer: &mut Buffer,
    area: Rect,
    (scroll, lines, height): (usize, usize, u16),
) {
    let theme = model.theme;
    if area.height > 1 {
        let role = if open.pane == Pane::Detail { Role::Selected } else { Role::Faint };
        for y in 0..area.height {
            put_line(buffer, area, y, &Line::from(span(theme, role, "│")));
        }
        return;
    }
    let role = if open.pane == Pane::Detail { Role::Strong } else { Role::Faint };
    let views: Vec<String> = views(open).map(|(_, name)| name).collect();
    let seen = (scroll + usize::from(height)).min(lines);
    let more = if lines > usize::from(height) { format!(" {seen}/{lines} ─") } else { String::new() };
    let text = format!("{}{} ", before_views(index, open), views.join(" "));
    let width = usize::from(area.width);
    let fill = "─".repeat(width.saturating_sub(columns(&text) + columns(&more)));
    put_line(buffer, area, 0, &Line::from(span(theme, role, format!("{text}{fill}{more}"))));
}

/// What stands in the line before the names of the views.
fn before_views(index: &Index, open: &OpenSession) -> String {
    let kind = match open.kind {
        RowKind::Frames => format!("frames {}", index.frames(open.session).len()),
        RowKind::Messages => format!("messages {}", index.messages(open.session).len()),
    };
    let filter = if open.filter.is_empty() {
        String::new()
    } else {
        format!(" ─ filter: {}", shown(open.filter.as_bytes()))
    };
    format!("── {kind}{filter} ── v: ")
}

/// The views of payloads with their names, that of the present one in brackets.
fn views(open: &OpenSession) -> impl Iterator<Item = (PayloadView, String)> {
    PayloadView::ALL.into_iter().map(|view| {
        let name = view.name();
        (view, if view == open.view { format!("[{name}]") } else { name.to_owned() })
    })
}

/// The view whose name stands in this column of the line between rows and detail.
pub(in super::super) fn view_at(index: &Index, open: &OpenSession, column: u16) -> Option<PayloadView> {
    let mut end = columns(&before_views(index, open));
    views(open)
        .find(|(_, name)| {
            let begin = end;
            end = begin + columns(name) + 1;
            (begin..end - 1).contains(&usize::from(column))
        })
        .map(|(view, _)| view)
}
