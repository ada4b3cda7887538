//! The list of sessions and failed upgrades.

use super::super::model::Model;
use super::super::sessions::{Column, ListRow, state};
use super::super::text::{columns, count, cut, left, right, shown, size};
use super::super::theme::{Role, mark, of_severity};
use super::super::words::time_of_day;
use super::paint::{put, put_line, select, span};
use crate::index::{Activity, Index, SessionRow, SessionState};
use crate::model::{Peer, in_words};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A column of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TableColumn {
    Sorted(Column),
    Activity,
    Negotiated,
}

/// In the order of the screen.
const ORDER: [TableColumn; 10] = [
    TableColumn::Sorted(Column::Worst),
    TableColumn::Sorted(Column::Start),
    TableColumn::Sorted(Column::Peers),
    TableColumn::Sorted(Column::Target),
    TableColumn::Sorted(Column::State),
    TableColumn::Negotiated,
    TableColumn::Sorted(Column::Frames),
    TableColumn::Sorted(Column::Bytes),
    TableColumn::Sorted(Column::RoundTrip),
    TableColumn::Activity,
];

/// In the order of worth, with the columns they take at least; what does not fit is left out.
const WORTH: [(TableColumn, usize); 10] = [
    (TableColumn::Sorted(Column::Worst), 6),
    (TableColumn::Sorted(Column::State), 13),
    (TableColumn::Sorted(Column::Peers), 21),
    (TableColumn::Sorted(Column::Target), 14),
    (TableColumn::Sorted(Column::Frames), 11),
    (TableColumn::Sorted(Column::Start), 8),
    (TableColumn::Sorted(Column::Bytes), 13),
    (TableColumn::Activity, 16),
    (TableColumn::Sorted(Column::RoundTrip), 9),
    (TableColumn::Negotiated, 16),
];

/// The fields that fit, and their widths.
fn layout(width: usize, target: usize) -> Vec<(TableColumn, usize)> {
    let mut room = width.saturating_sub(1);
    let mut chosen: Vec<(TableColumn, usize)> = Vec::new();
    for (field, least) in WORTH {
        let least = if field == TableColumn::Sorted(Column::Target) { least.min(target) } else { least };
        let Some(rest) = room.checked_sub(least + 1) else { break };
        room = rest;
        chosen.push((field, least));
    }
    // What is left goes to the addresses, then to the target, then to the state and what was negotiated.
    for (wanted, most) in [
        (TableColumn::Sorted(Column::Peers), 45),
        (TableColumn::Sorted(Column::Target), target.min(40)),
        (TableColumn::Sorted(Column::State), 22),
        (TableColumn::Negotiated, 40),
    ] {
        if let Some((_, width)) = chosen.iter_mut().find(|(field, _)| *field == wanted) {
            let more = room.min(most.saturating_sub(*width));
            *width += more;
            room -= more;
        }
    }
    ORDER
        .into_iter()
        .filter_map(|field| chosen.iter().find(|(chosen, _)| *chosen == field).copied())
        .collect()
}

/// Draws the names of the columns and the rows.
pub(super) fn draw(model: &Model, index: &Index, buffer: &mut Buffer, head: Rect, area: Rect) {
    let theme = model.theme;
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
    let fields = layout(usize::from(area.width), target.max(8));
    let mut names = vec![Span::raw(" ")];
    for (field, width) in &fields {
        let (name, is_sorted) = match field {
            TableColumn::Sorted(column) => (column.name(), *column == sessions.sort),
            TableColumn::Activity => ("activity", false),
            TableColumn::Negotiated => ("negotiated", false),
        };
        let arrow = if sessions.is_reversed { "▲" } else { "▼" };
        let name = if is_sorted { format!("{name}{arrow}") } else { name.to_owned() };
        let role = if is_sorted { Role::Strong } else { Role::Faint };
        names.push(span(theme, role, format!("{} ", left(&name, *width))));
    }
    put_line(buffer, head, 0, &Line::from(names));
    if sessions.rows.is_empty() {
        let words = match (model.loading.is_over, sessions.filter.is_empty()) {
            (_, false) => "no session contains these words; f, then Esc removes the filter",
            (true, true) => "no WebSocket in this capture",
            (false, true) => "no WebSocket yet",
        };
        put(buffer, area, 1, &format!("  {words}"), theme.style(Role::Faint));
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

fn cell(
    model: &Model,
    index: &Index,
    place: usize,
    row: &SessionRow,
    field: TableColumn,
    width: usize,
) -> Span<'static> {
    let theme = model.theme;
    let (role, text) = match field {
        TableColumn::Sorted(Column::Worst) => {
            let sign = if model.marks.contains(&(place, None)) { "*" } else { "" };
            match row.worst {
                Some(worst) => {
                    (of_severity(worst), left(&format!("{} {}{sign}", mark(worst), row.findings), width))
                }
                None => match row.state {
                    SessionState::Failed => (Role::Faint, left(&format!("–{sign}"), width)),
                    _ => (Role::Good, left(&format!("✓{sign}"), width)),
                },
            }
        }
        TableColumn::Sorted(Column::Start) => (Role::Faint, left(&time_of_day(row.first().time), width)),
        TableColumn::Sorted(Column::Peers) => (Role::Plain, left(&peers(model, row, width), width)),
        TableColumn::Sorted(Column::Target) => {
            let target = row.label.target.as_deref().unwrap_or("–");
            (Role::Strong, left(&hidden(model, target), width))
        }
        TableColumn::Sorted(Column::State) => {
            let role = match row.state {
                SessionState::Failed => Role::Warning,
                SessionState::Open => Role::Good,
                _ => Role::Plain,
            };
            (role, left(&state(row), width))
        }
        // Where there never was a session there is nothing to count.
        TableColumn::Sorted(Column::Frames | Column::Bytes) if row.state == SessionState::Failed => {
            (Role::Plain, " ".repeat(width))
        }
        TableColumn::Sorted(Column::Frames) => {
            let of = |peer| size(u64::from(*row.frames.of(peer)));
            (Role::Plain, left(&format!("→{} ←{}", of(Peer::Client), of(Peer::Server)), width))
        }
        TableColumn::Sorted(Column::Bytes) => {
            let of = |peer| size(*row.bytes.of(peer));
            (Role::Plain, left(&format!("→{} ←{}", of(Peer::Client), of(Peer::Server)), width))
        }
        TableColumn::Sorted(Column::RoundTrip) => {
            (Role::Plain, right(&row.median_rtt.map_or_else(String::new, in_words), width))
        }
        TableColumn::Activity => {
            let activity = index.activity(place).as_ref().map_or_else(String::new, sparkline);
            (Role::Client, left(&activity, width))
        }
        TableColumn::Negotiated => {
            let secure = row.label.is_secure.then_some("tls");
            let agreed = row.label.subprotocol.as_deref().into_iter().chain(row.label.compression);
            let words: Vec<&str> = secure.into_iter().chain(agreed).collect();
            (Role::Faint, left(&shown(words.join(" ").as_bytes()), width))
        }
    };
    span(theme, role, format!("{text} "))
}

/// Who asked whom, as far as it fits: first the client's port goes, then the middle of addresses.
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
    let client = addresses.client.ip();
    let short = if client == addresses.server.ip() {
        format!("{client} → :{}", addresses.server.port())
    } else {
        format!("{client} → {}", addresses.server)
    };
    if short.len() <= width + 2 {
        return short;
    }
    let half = width.saturating_sub(3) / 2;
    let client = cut(&addresses.client.ip().to_string(), half);
    format!(
        "{client} → {}",
        cut(&addresses.server.to_string(), width.saturating_sub(3 + client.chars().count()))
    )
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
