//! Pages of text: the keys, and what a finding means.

use super::super::columns::{Columns, SessionColumn};
use super::super::keymap::{Keymap, names};
use super::super::keys::KeyContext;
use super::super::model::Loading;
use super::super::text::{columns, cut, left, wrap};
use super::super::theme::{Role, Theme, mark, of_severity};
use super::paint::{plain, span};
use crate::findings::Id;
use ratatui::text::Line;

/// What the signs of the screens mean.
const SIGNS: [(&str, &str); 9] = [
    ("✗ ! ·", "an error, a warning, a note; ✓ nothing is wrong"),
    ("→ ←", "from the client, from the server"),
    ("+", "more frames of the message follow"),
    ("z r", "compressed, a message to so many bytes; other reserved bits are set"),
    ("×", "so many frames of the message, findings of the kind"),
    ("<", "part of the frame is missing"),
    ("*", "marked with Space"),
    ("▒", "hidden with x"),
    ("mouse", "the wheel scrolls, a click selects or folds, a second click opens"),
];

/// What there is to say of the capture, and the keys, from the table that dispatches them.
pub(super) fn help(keymap: &Keymap, loading: &Loading, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    // The last line may have had no room for all of it.
    for told in loading.errors.iter().chain(&loading.remarks) {
        let told = wrap(told, width.saturating_sub(4)).into_iter();
        let heads = std::iter::once(" ! ").chain(std::iter::repeat("   "));
        lines.extend(heads.zip(told).map(|(head, line)| plain(format!("{head}{line}")).into()));
        lines.push(Line::default());
    }
    lines.push(Line::from(span(theme, Role::Title, " Keys")));
    let keys_width = keymap.all().map(|(_, keys)| columns(&names(keys))).max().unwrap_or(0);
    for (binding, keys) in keymap.all().filter(|(_, keys)| !keys.is_empty()) {
        let places: Vec<&str> = binding.places.iter().map(|place| place.name()).collect();
        let does = if binding.places.len() + 1 >= KeyContext::ALL.len() {
            binding.does.to_owned()
        } else {
            format!("{} ({})", binding.does, places.join(", "))
        };
        lines.extend(point(theme, &names(keys), &does, keys_width, width));
    }
    lines.push(Line::default());
    lines.push(Line::from(span(theme, Role::Title, " Signs")));
    for (sign, means) in SIGNS {
        lines.extend(point(theme, sign, means, keys_width, width));
    }
    lines
}

fn point(theme: Theme, key: &str, does: &str, keys_width: usize, width: usize) -> Vec<Line<'static>> {
    let mut head = left(key, keys_width);
    wrap(does, width.saturating_sub(keys_width + 5))
        .into_iter()
        .map(|line| {
            let key = std::mem::replace(&mut head, " ".repeat(keys_width));
            Line::from(vec![span(theme, Role::Key, format!("  {key}  ")), plain(line)])
        })
        .collect()
}

/// The columns of the list of sessions, with the cursor at one of them.
pub(super) fn choice(of: &Columns, at: usize, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let line = |(row, column): (usize, SessionColumn)| {
        let cursor = if row == at { ">" } else { " " };
        let sign = if of.shown.contains(&column) { "[x]" } else { "[ ]" };
        let sorted = if column == of.sort { of.arrow() } else { " " };
        let role = if row == at { Role::Strong } else { Role::Plain };
        let text = format!("{cursor}{sign} {}{sorted}  {}", left(column.heading(), 15), column.shows());
        Line::from(span(theme, role, cut(&text, width)))
    };
    of.choice().into_iter().enumerate().map(line).collect()
}

/// What a kind of finding means, whose fault it is likely to be and what to do.
pub(super) fn explanation(id: Id, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let entry = id.entry();
    let severity = id.severity();
    let text = |text: &str, first: &str, rest: &str| -> Vec<Line<'static>> {
        let mut indent = first.to_owned();
        wrap(text, width.saturating_sub(columns(first) + 2))
            .into_iter()
            .map(|line| Line::from(format!("{}{line}", std::mem::replace(&mut indent, rest.to_owned()))))
            .collect()
    };
    let mut lines = vec![Line::from(vec![
        span(theme, of_severity(severity), format!(" {} {id}  ", mark(severity))),
        span(theme, Role::Strong, entry.title),
    ])];
    let rfc = if entry.rfc.is_empty() { String::new() } else { format!(", {}", entry.rfc) };
    let class = format!("   {}, {}{rfc}", severity.name(), id.class().name());
    lines.push(Line::from(span(theme, Role::Faint, class)));
    lines.push(Line::default());
    lines.extend(text(entry.meaning, "   ", "   "));
    for (title, points) in [("Likely causes", entry.causes), ("What to do", entry.advice)] {
        if !points.is_empty() {
            lines.push(Line::default());
            lines.push(Line::from(span(theme, Role::Title, format!(" {title}"))));
            lines.extend(points.iter().flat_map(|point| text(point, "   • ", "     ")));
        }
    }
    if !entry.messages.is_empty() {
        lines.push(Line::default());
        lines.push(Line::from(span(theme, Role::Title, " What libraries say")));
        for (library, message) in entry.messages {
            lines.extend(text(&format!("{library}: {message}"), "   ", "     "));
        }
    }
    lines
}
