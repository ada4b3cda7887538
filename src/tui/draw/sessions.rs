//! The list of sessions and failed upgrades.

use super::super::area::areas;
use super::super::columns::SessionColumn;
use super::super::model::Model;
use super::super::sessions::{ListRow, duration, state};
use super::super::text::{columns, count, cut, left, right, shown, size, wrap};
use super::super::theme::{Role, mark, of_severity};
use super::super::words::StartForm;
use super::findings;
use super::paint::{put, put_line, select, span};
use crate::findings::{Certainty, Class, Finding, Severity};
use crate::index::{Activity, Compressed, Index, SessionRow, SessionState};
use crate::model::{Peer, in_words};
use crate::report::no_websocket;
use crate::upgrade::Outcome;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::cmp::Reverse;

/// What the widths of columns go by: the longest of the rows in view.
#[derive(Debug, Default)]
struct Longest {
    target: usize,
    client: usize,
    peers: usize,
    /// The worst finding with its name.
    worst: usize,
    /// When they began.
    start: usize,
}

/// Columns that the sign and the number of the findings take.
const SIGN: usize = 6;

impl Longest {
    /// In the order of worth, up to how many columns each part of the list gets: first those without which it says nothing,
    /// later more. The client's address is never cut, nor is the unit of a time.
    fn worth(&self) -> [(SessionColumn, usize); 21] {
        let Self { target, client, peers, worst, start } = *self;
        [
            (SessionColumn::Worst, SIGN),
            (SessionColumn::State, 13),
            (SessionColumn::Peers, (client + SERVER).clamp(21, 34)),
            (SessionColumn::Target, 8),
            (SessionColumn::Number, 6),
            (SessionColumn::Peers, client + SERVER),
            (SessionColumn::Frames, 11),
            (SessionColumn::Target, target.min(14)),
            (SessionColumn::Worst, worst.min(28)),
            (SessionColumn::Start, start),
            (SessionColumn::Duration, 11),
            (SessionColumn::Peers, peers),
            (SessionColumn::Host, 14),
            (SessionColumn::Target, target.min(40)),
            (SessionColumn::Bytes, 13),
            (SessionColumn::RoundTrip, 11),
            (SessionColumn::Activity, 16),
            (SessionColumn::Worst, worst),
            (SessionColumn::State, 22),
            (SessionColumn::Negotiated, 16),
            (SessionColumn::Host, 30),
        ]
    }
}

/// What the server takes at least: the arrow, and the end of its address.
const SERVER: usize = 9;

/// Those of the shown columns that fit, and their widths.
fn layout(shown: &[SessionColumn], width: usize, longest: &Longest) -> Vec<(SessionColumn, usize)> {
    let mut room = width.saturating_sub(1);
    let mut chosen: Vec<(SessionColumn, usize)> = Vec::new();
    let mut is_full = false;
    for (wanted, most) in longest.worth().into_iter().filter(|(column, _)| shown.contains(column)) {
        if let Some((column, width)) = chosen.iter_mut().find(|(column, _)| *column == wanted) {
            let more = most.saturating_sub(*width);
            // Of a name, the beginning says nothing.
            let more = if *column == SessionColumn::Worst && more > room { 0 } else { more.min(room) };
            *width += more;
            room -= more;
        } else if let Some(rest) = room.checked_sub(most + 1).filter(|_| !is_full) {
            room = rest;
            chosen.push((wanted, most));
        } else {
            // What is worth less does not take its place.
            is_full = true;
        }
    }
    shown.iter().filter_map(|column| chosen.iter().find(|(chosen, _)| chosen == column).copied()).collect()
}

/// The columns as they stand on the screen, and their widths.
fn fields(model: &Model, index: &Index, head: Rect, area: Rect) -> Vec<(SessionColumn, usize)> {
    let sessions = &model.sessions;
    let start = StartForm::of(index, &model.clock).width();
    let mut longest = Longest { start, ..Longest::default() };
    for entry in sessions.rows.iter().skip(sessions.list.top).take(usize::from(area.height)) {
        let ListRow::Session(place) = entry else { continue };
        let Some(row) = index.sessions().get(*place) else { continue };
        let addresses = row.addresses();
        let (target, client) = (row.label.target.as_deref(), addresses.client.to_string());
        longest.target = longest.target.max(target.map_or(0, columns));
        longest.client = longest.client.max(client.len());
        longest.peers =
            longest.peers.max(client.len() + " → ".chars().count() + addresses.server.to_string().len());
        longest.worst =
            longest.worst.max(columns(&worst_words(model, index, *place, row).unwrap_or_default()));
    }
    layout(&sessions.columns.shown, usize::from(head.width), &longest)
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

/// The columns that there is room for.
pub(in super::super) fn in_view(model: &Model, index: &Index) -> Vec<SessionColumn> {
    let areas = areas(model);
    fields(model, index, areas.head, areas.rows).into_iter().map(|(column, _)| column).collect()
}

/// Draws the names of the columns and the rows.
pub(super) fn draw(model: &Model, index: &Index, buffer: &mut Buffer, head: Rect, area: Rect) {
    let theme = model.theme;
    let sessions = &model.sessions;
    let fields = fields(model, index, head, area);
    let mut names = vec![Span::raw(" ")];
    for (field, width) in &fields {
        let (name, is_sorted) = (field.heading(), *field == sessions.columns.sort);
        let arrow = sessions.columns.arrow();
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

/// The worst finding, if one says why something failed.
fn told_first(index: &Index) -> Option<&Finding> {
    let rank = |finding: &&Finding| (finding.severity, finding.certainty == Certainty::Certain);
    let tells = |finding: &&Finding| {
        finding.severity > Severity::Note || matches!(finding.id.class(), Class::Failure | Class::Violation)
    };
    // Of equals the first.
    index.findings().iter().rev().filter(tells).max_by_key(rank)
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
            // What was found says more about the end of a connection than what to try.
            if let Some(finding) = told_first(index) {
                let doubt = if finding.certainty == Certainty::Tentative { " (tentative)" } else { "" };
                let words =
                    format!("{} {}{doubt}", mark(finding.severity), findings::summary(model, finding));
                lines.extend(wrapped(&words));
                let packet = finding.stamp.packet;
                lines.extend(wrapped(&format!("  {} in packet {packet}; 2 shows all findings", finding.id)));
                lines.push(String::new());
            }
            lines.extend(no_websocket(summary).lines().flat_map(wrapped));
        }
        (true, Some(_)) => lines.extend(wrapped("O opens another file; q quits")),
        (true, None) if model.loading.is_over => lines.extend(wrapped("no WebSocket in this capture")),
        (true, None) => {
            let read = model.loading.read;
            let seen = if read == 0 {
                "nothing was captured".to_owned()
            } else {
                format!("{} bytes were read", size(read))
            };
            lines.extend(wrapped(&format!("no WebSocket yet; {seen} so far")));
            if read > 0 {
                lines.push(String::new());
                lines.extend(wrapped(
                    "A WebSocket that was opened before is not recognized by itself: --port N names its server's port.",
                ));
            }
        }
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
            let sign = marked(model, place);
            match row.worst {
                Some(worst) => {
                    let words = worst_words(model, index, place, row).unwrap_or_default();
                    // A name of which only the beginning fits says nothing.
                    let words =
                        if width > SIGN { words } else { format!("{} {}{sign}", mark(worst), row.findings) };
                    (of_severity(worst), left(&cut(&words, width), width))
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
        SessionColumn::Start => {
            let start = StartForm::of(index, &model.clock).show(row, &model.clock);
            (Role::Faint, left(&start, width))
        }
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
        // Where there never was a session there is nothing to count, and nothing can be counted that is encrypted.
        SessionColumn::Frames | SessionColumn::Bytes
            if row.state == SessionState::Failed || row.outcome == Outcome::Dark =>
        {
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

/// The sign of a marked session.
fn marked(model: &Model, place: usize) -> &'static str {
    if model.marks.contains(&(place, None)) { "*" } else { "" }
}

/// The worst finding of a session by its name, and how many there are.
fn worst_words(model: &Model, index: &Index, place: usize, row: &SessionRow) -> Option<String> {
    let name = worst_of(index, place).map_or("", |finding| finding.id.name());
    let words = format!("{} {}{} {name}", mark(row.worst?), row.findings, marked(model, place));
    Some(words.trim_end().to_owned())
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
