//! The list of sessions and failed upgrades.

use super::super::area::areas;
use super::super::columns::SessionColumn;
use super::super::model::Model;
use super::super::sessions::{ListRow, duration, state};
use super::super::text::{columns, count, cut, left, right, shown, size, wrap};
use super::super::theme::{Role, mark, of_severity};
use super::super::words::start_of;
use super::paint::{put, put_line, select, span};
use crate::findings::Finding;
use crate::http1::Outcome;
use crate::index::{Activity, Compressed, Index, SessionRow, SessionState};
use crate::model::{Peer, in_words};
use crate::report::no_websocket;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::cmp::Reverse;

/// In the order of worth, with the columns they take at least; what does not fit is left out.
const WORTH: [(SessionColumn, usize); 13] = [
    (SessionColumn::Worst, 6),
    (SessionColumn::State, 13),
    (SessionColumn::Peers, 21),
    (SessionColumn::Target, 14),
    (SessionColumn::Number, 6),
    (SessionColumn::Frames, 11),
    (SessionColumn::Start, 8),
    (SessionColumn::Host, 14),
    (SessionColumn::Duration, 8),
    (SessionColumn::Bytes, 13),
    (SessionColumn::Activity, 16),
    (SessionColumn::RoundTrip, 9),
    (SessionColumn::Negotiated, 16),
];

/// Those of the shown columns that fit, and their widths.
fn layout(shown: &[SessionColumn], width: usize, target: usize) -> Vec<(SessionColumn, usize)> {
    let mut room = width.saturating_sub(1);
    let mut chosen: Vec<(SessionColumn, usize)> = Vec::new();
    for (field, least) in WORTH.into_iter().filter(|(column, _)| shown.contains(column)) {
        let least = if field == SessionColumn::Target { least.min(target) } else { least };
        let Some(rest) = room.checked_sub(least + 1) else { break };
        room = rest;
        chosen.push((field, least));
    }
    // What is left goes to the addresses, to the name of the worst finding, to what addresses lack of it, then to the
    // target, then to the state and what was negotiated.
    for (wanted, most) in [
        (SessionColumn::Peers, 33),
        (SessionColumn::Worst, 28),
        (SessionColumn::Peers, 45),
        (SessionColumn::Target, target.min(40)),
        (SessionColumn::State, 22),
        (SessionColumn::Host, 30),
        (SessionColumn::Negotiated, 40),
    ] {
        if let Some((_, width)) = chosen.iter_mut().find(|(field, _)| *field == wanted) {
            let more = room.min(most.saturating_sub(*width));
            *width += more;
            room -= more;
        }
    }
    shown.iter().filter_map(|field| chosen.iter().find(|(chosen, _)| chosen == field).copied()).collect()
}

/// The columns as they stand on the screen, and their widths.
fn fields(model: &Model, index: &Index, head: Rect, area: Rect) -> Vec<(SessionColumn, usize)> {
    let sessions = &model.sessions;
    let in_view = sessions.rows.iter().skip(sessions.list.top).take(usize::from(area.height));
    let target = in_view
        .filter_map(|entry| match entry {
            ListRow::Session(place) => index.sessions().get(*place)?.label.target.as_deref(),
            ListRow::Noise(_) => None,
        })
        .map(columns)
        .max()
        .unwrap_or(0);
    layout(&sessions.columns.shown, usize::from(head.width), target.max(8))
}

/// The column whose name stands at this place of the head.
pub(in super::super) fn column_at(model: &Model, index: &Index, x: u16) -> Option<SessionColumn> {
    let areas = areas(model);
    let mut end = 1;
    let fields = fields(model, index, areas.head, areas.rows);
    fields.into_iter().find_map(|(column, width)| {
        let begin = end;
        end += width + 1;
        (begin..end).contains(&usize::from(x)).then_some(column)
    })
}

/// Draws the names of the columns and the rows.
pub(super) fn draw(model: &Model, index: &Index, buffer: &mut Buffer, head: Rect, area: Rect) {
    let theme = model.theme;
    let sessions = &model.sessions;
    let fields = fields(model, index, head, area);
    let mut names = vec![Span::raw(" ")];
    for (field, width) in &fields {
        let (name, is_sorted) = (field.heading(), *field == sessions.columns.sort);
        let arrow = if sessions.columns.is_reversed { "▲" } else { "▼" };
        let name = if is_sorted { format!("{name}{arrow}") } else { name.to_owned() };
        let role = if is_sorted { Role::Strong } else { Role::Faint };
        names.push(span(theme, role, format!("{} ", left(&name, *width))));
    }
    put_line(buffer, head, 0, &Line::from(names));
    if sessions.rows.is_empty() {
        for (y, line) in (1..area.height).zip(empty(model, index, usize::from(area.width))) {
            put(buffer, area, y, &line, theme.style(Role::Plain));
        }
    }
    for (y, (at, entry)) in (0..area.height).zip(sessions.rows.iter().enumerate().skip(sessions.list.top)) {
        let is_selected = at == sessions.list.selected;
        let cursor = if is_selected { ">" } else { " " };
        let mut line = vec![Span::raw(cursor)];
        match entry {
            ListRow::Noise(connections) => {
                let words = format!(
                    "⋮ {} that never was a WebSocket (o shows)",
                    count(*connections as u64, "exchange")
                );
                line.push(span(theme, Role::Faint, words));
            }
            ListRow::Session(place) => {
                if let Some(row) = index.sessions().get(*place) {
                    let cells =
                        fields.iter().map(|(field, width)| cell(model, index, *place, row, *field, *width));
                    line.extend(cells);
                }
            }
        }
        put_line(buffer, area, y, &Line::from(line));
        if is_selected {
            select(buffer, area, y, theme);
        }
    }
}

/// What to say where there is no row: what could not be read, or what was seen and what to try.
fn empty(model: &Model, index: &Index, width: usize) -> Vec<String> {
    let wrapped =
        |text: &str| wrap(text, width.saturating_sub(4)).into_iter().map(|line| format!("  {line}"));
    let mut lines = Vec::new();
    for error in &model.loading.errors {
        lines.extend(wrapped(error));
        lines.push(String::new());
    }
    match (model.sessions.filter.is_empty(), index.summary()) {
        (false, _) => lines.extend(wrapped("no session matches this filter; Esc clears it")),
        (true, Some(summary)) if summary.packets > 0 || model.loading.errors.is_empty() => {
            lines.extend(no_websocket(summary).lines().flat_map(wrapped));
        }
        (true, Some(_)) => lines.extend(wrapped("O opens another file; q quits")),
        (true, None) if model.loading.is_over => lines.extend(wrapped("no WebSocket in this capture")),
        (true, None) => lines.extend(wrapped("no WebSocket yet")),
    }
    lines
}

fn cell(
    model: &Model,
    index: &Index,
    place: usize,
    row: &SessionRow,
    field: SessionColumn,
    width: usize,
) -> Span<'static> {
    let theme = model.theme;
    let (role, text) = match field {
        SessionColumn::Worst => {
            let sign = if model.marks.contains(&(place, None)) { "*" } else { "" };
            match row.worst {
                Some(worst) => {
                    // A name of which only the beginning fits says nothing.
                    let name = worst_of(index, place).filter(|_| width >= 16);
                    let name = name.map_or("", |finding| finding.id.name());
                    let words = format!("{} {}{sign} {name}", mark(worst), row.findings);
                    (of_severity(worst), left(&cut(words.trim_end(), width), width))
                }
                None => match row.state {
                    SessionState::Failed => (Role::Faint, left(&format!("–{sign}"), width)),
                    SessionState::Open | SessionState::Closed { .. } | SessionState::Ended { .. }
                        if row.outcome == Outcome::Dark =>
                    {
                        (Role::Faint, left(&format!("🔒{sign}"), width))
                    }
                    SessionState::Open | SessionState::Closed { .. } | SessionState::Ended { .. } => {
                        (Role::Good, left(&format!("✓{sign}"), width))
                    }
                },
            }
        }
        SessionColumn::Number => (Role::Faint, right(&row.session.to_string(), width)),
        SessionColumn::Host => {
            let host = row.label.host.as_deref().map_or_else(String::new, |host| hidden(model, host));
            (Role::Plain, left(&host, width))
        }
        SessionColumn::Start => (Role::Faint, left(&start_of(row, index, &model.clock), width)),
        SessionColumn::Peers => (Role::Plain, left(&peers(model, row, width), width)),
        SessionColumn::Target => {
            let target = row.label.target.as_deref().unwrap_or("–");
            (Role::Strong, left(&hidden(model, target), width))
        }
        SessionColumn::State => {
            let role = match row.state {
                SessionState::Failed => Role::Warning,
                SessionState::Open => Role::Good,
                SessionState::Closed { .. } | SessionState::Ended { .. } => Role::Plain,
            };
            (role, left(&state(row), width))
        }
        SessionColumn::Duration => {
            (Role::Plain, left(&duration(row).map_or_else(String::new, in_words), width))
        }
        // Where there never was a session there is nothing to count.
        SessionColumn::Frames | SessionColumn::Bytes if row.state == SessionState::Failed => {
            (Role::Plain, " ".repeat(width))
        }
        SessionColumn::Frames => {
            let of = |peer| size(u64::from(*row.frames.of(peer)));
            (Role::Plain, left(&format!("→{} ←{}", of(Peer::Client), of(Peer::Server)), width))
        }
        SessionColumn::Bytes => {
            let of = |peer| size(*row.bytes.of(peer));
            (Role::Plain, left(&format!("→{} ←{}", of(Peer::Client), of(Peer::Server)), width))
        }
        SessionColumn::RoundTrip => {
            (Role::Plain, right(&row.median_rtt().map_or_else(String::new, in_words), width))
        }
        SessionColumn::Activity => {
            let activity = index.activity(place).as_ref().map_or_else(String::new, sparkline);
            (Role::Client, left(&activity, width))
        }
        SessionColumn::Negotiated => {
            let secure = row.label.is_secure.then_some("tls");
            let agreed = row
                .label
                .subprotocol
                .as_deref()
                .into_iter()
                .chain(row.label.compression.map(Compressed::name));
            let words: Vec<&str> = secure.into_iter().chain(agreed).collect();
            (Role::Faint, left(&shown(words.join(" ").as_bytes()), width))
        }
    };
    span(theme, role, format!("{text} "))
}

/// The worst finding about a session, and the first of those.
fn worst_of(index: &Index, place: usize) -> Option<&Finding> {
    let findings = index.findings_of(place).filter_map(|at| index.findings().get(at));
    findings.min_by_key(|finding| Reverse(finding.severity))
}

/// Who asked whom, as far as it fits: the client's port always does, then as much of the ends of both as there is room for.
pub(super) fn peers(model: &Model, row: &SessionRow, width: usize) -> String {
    if model.is_hidden {
        return "client → server".to_owned();
    }
    let addresses = row.addresses();
    let whole = format!("{} → {}", addresses.client, addresses.server);
    if whole.len() <= width + 2 {
        return whole;
    }
    if addresses.client.ip() == addresses.server.ip() {
        let same = format!("{} → :{}", addresses.client, addresses.server.port());
        if same.len() <= width + 2 {
            return same;
        }
    }
    let room = width.saturating_sub(3);
    let server = if addresses.client.ip() == addresses.server.ip() {
        format!(":{}", addresses.server.port())
    } else {
        addresses.server.to_string()
    };
    let client = end(&addresses.client.to_string(), room.saturating_sub(server.len().min(6)));
    let rest = room.saturating_sub(columns(&client));
    format!("{client} → {}", end(&server, rest))
}

/// The end of an address, with an ellipsis where its beginning is missing.
fn end(address: &str, room: usize) -> String {
    match address.len().checked_sub(room) {
        None | Some(0) => address.to_owned(),
        Some(over) => format!("…{}", address.get(over + 1..).unwrap_or_default()),
    }
}

/// A text that may have to be hidden.
pub(super) fn hidden(model: &Model, text: &str) -> String {
    if model.is_hidden { "▒".repeat(text.chars().count().min(12)) } else { shown(text.as_bytes()) }
}

/// The bytes of the session over its time, as eight heights.
fn sparkline(activity: &Activity) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let buckets = activity.buckets();
    let most = buckets.iter().copied().max().unwrap_or(0);
    let end = buckets.iter().rposition(|bytes| *bytes > 0).map_or(0, |at| at + 1);
    let height = |bytes: u32| {
        let at = u64::from(bytes) * 7 / u64::from(most.max(1));
        HEIGHTS.get(usize::try_from(at).unwrap_or(7)).copied().unwrap_or('█')
    };
    buckets.iter().take(end).map(|bytes| if *bytes == 0 { ' ' } else { height(*bytes) }).collect()
}
