//! The last line: a question, what there is to say, or what to press.

use super::super::action::{Action, Motion, Tab};
use super::super::keys::{Binding, KeyContext};
use super::super::model::{Model, RowKind, SessionItem};
use super::super::prompt::Prompt;
use super::super::request::{FilteredList, ReadProgress};
use super::super::sessions::ListRow;
use super::super::text::{columns, count, cut, left, shown, wrap};
use super::super::theme::Role;
use super::super::{filter, marks};
use super::paint::{put_line, span};
use crate::index::Index;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::ops::Range;

/// Draws the last line: the question, what there is to say, or the keys. `unseen` lines of the text do not fit.
pub(super) fn status(model: &Model, index: &Index, buffer: &mut Buffer, area: Rect, unseen: usize) {
    let theme = model.theme;
    let width = usize::from(area.width);
    if let Some(prompt) = &model.prompt {
        explain(model, prompt, buffer, area);
        let (question, answer) = prompt.words(width);
        let answer = shown(answer.as_bytes());
        let line = Line::from(vec![
            span(theme, Role::Key, format!(" {question}")),
            span(theme, Role::Strong, tail(&answer, width.saturating_sub(columns(&question) + 2))),
            span(theme, Role::Selected, " "),
        ]);
        return put_line(buffer, area, 0, &line);
    }
    // What is always needed has its room; what there is to say comes before the other keys, as far as they fit.
    let place = model.place();
    let hinted = model.keymap.of(place).filter(|(binding, _)| !binding.hint.is_empty());
    let mut hints: Vec<Hint> = hinted
        .filter(|(binding, _)| !is_idle(model, index, binding))
        .filter_map(|(binding, keys)| {
            Some(Hint::new(binding.action, keys.first()?.to_string(), binding.hint))
        })
        .collect();
    if unseen > 0 && matches!(place, KeyContext::Session | KeyContext::Page) {
        let down =
            if place == KeyContext::Page { Action::Move(Motion::Down) } else { Action::Scroll(Motion::Down) };
        hints.insert(0, Hint::new(down, model.keymap.key(down), "more"));
    }
    let state = state(model, index, width / 2);
    let needed: usize = hints.iter().filter(|hint| hint.is_needed).map(Hint::width).sum();
    let mut room = width.saturating_sub(1 + needed);
    let mut line: Vec<Span<'static>> = Vec::new();
    let mut said = said(model);
    // What has no room in the line stands above it.
    if let Some(notice) = model.notice.as_ref().filter(|notice| columns(notice) + 3 > room) {
        said.clear();
        above(model, notice, buffer, area);
    }
    // Without a filter it makes way for what there is to say.
    let fits = |words: &str| columns(words) + columns(&said) + 5 <= room;
    if let Some((role, words)) =
        state.filter(|(role, words)| *role == Role::Strong || said.is_empty() || fits(words))
    {
        room = room.saturating_sub(columns(&words) + 2);
        line.push(span(theme, role, format!(" {words} ")));
    }
    if !said.is_empty() {
        let said = cut(&said, room.saturating_sub(3));
        room = room.saturating_sub(columns(&said) + 3);
        line.push(span(theme, Role::Strong, format!(" {said}  ")));
    }
    for hint in &hints {
        if !hint.is_needed {
            let Some(rest) = room.checked_sub(hint.width()) else { continue };
            room = rest;
        }
        line.push(span(theme, Role::Key, format!(" {}", hint.key)));
        line.push(span(theme, Role::Plain, format!(" {} ", hint.does)));
    }
    put_line(buffer, area, 0, &Line::from(line));
}

/// A key, and in a word what it does.
struct Hint {
    key: String,
    does: &'static str,
    /// Whether it is there however little room there is: help, and the ways out.
    is_needed: bool,
}

impl Hint {
    fn new(action: Action, key: String, does: &'static str) -> Self {
        Self { key, does, is_needed: matches!(action, Action::Help | Action::Back | Action::Quit) }
    }

    /// Columns that it takes, with the blanks around it.
    fn width(&self) -> usize {
        columns(&self.key) + columns(self.does) + 3
    }
}

/// Draws a notice over the lines above the last one.
fn above(model: &Model, notice: &str, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    for (y, line) in (0..area.y).rev().zip(wrap(notice, width.saturating_sub(2)).iter().rev()) {
        let line = span(model.theme, Role::Strong, left(&format!(" {line}"), width));
        put_line(buffer, Rect { y, ..area }, 0, &Line::from(line));
    }
}

/// How a filter that is being typed may go on, in one line: the words from the one that it has, and which one that is
/// where they do not all fit.
fn offer(prompt: &Prompt, width: usize) -> Option<String> {
    let (found, at) = prompt.continuation()?;
    // The parts of a name that are typed need not be repeated.
    let known = found.word.rfind('.').map_or(0, |dot| dot + 1);
    let mut words: Vec<&str> = found.words.iter().filter_map(|word| word.get(known..)).collect();
    if words.is_empty() {
        let kind = found.value.filter(|_| found.word.is_empty())?;
        return Some(format!(" {}: {}", kind.name(), kind.examples()));
    }
    let all = format!(" Tab: {}", words.join(" "));
    if columns(&all) <= width {
        return Some(all);
    }
    words.rotate_left(at.unwrap_or(0));
    Some(format!(" Tab {}/{}: {}", at.map_or(0, |at| at + 1), words.len(), words.join(" ")))
}

/// Draws above a filter that is being typed where it is wrong, or how its last word may go on.
fn explain(model: &Model, prompt: &Prompt, buffer: &mut Buffer, area: Rect) {
    let Prompt::Filter { line, offered, .. } = prompt else { return };
    let above = Rect { y: area.y.saturating_sub(1), ..area };
    let width = usize::from(area.width);
    let mut put = |y: u16, role: Role, words: &str| {
        let words = cut(words, width);
        let fill = width.saturating_sub(columns(&words));
        let line = Line::from(span(model.theme, role, format!("{words}{:fill$}", "")));
        put_line(buffer, Rect { y, ..above }, 0, &line);
    };
    let offer = offer(prompt, width);
    // What is not typed to its end is not wrong yet.
    let is_at_end = |at: &Range<usize>| at.end >= line.trim_end().len() && offer.is_some();
    let fault = filter::fault(line, model.clock.zone()).filter(|(at, _)| offered.is_none() && !is_at_end(at));
    let (role, words) = if let Some((at, words)) = fault {
        let column = columns(&shown(line.get(..at.start).unwrap_or_default().as_bytes()));
        let marks = "▾".repeat(columns(line.get(at).unwrap_or_default()).clamp(1, 20));
        let words = shown(words.as_bytes());
        // Above the part that is wrong, behind the question's own words; what there is to say stands where it fits.
        let column = column + columns(" filter: ");
        match column.checked_sub(columns(&words) + 2) {
            Some(indent) => (Role::Warning, format!("{:indent$} {words} {marks}", "")),
            None if column + columns(&marks) + columns(&words) < width => {
                (Role::Warning, format!("{:column$}{marks} {words}", ""))
            }
            None => {
                // Where neither has room, it stands above the marks.
                let lines = wrap(&words, width.saturating_sub(2));
                for (y, line) in (0..above.y).rev().zip(lines.iter().rev()) {
                    put(y, Role::Warning, &format!(" {line}"));
                }
                (Role::Warning, format!("{:column$}{marks}", ""))
            }
        }
    } else {
        let Some(offer) = offer else { return };
        (Role::Faint, offer)
    };
    put(above.y, role, &words);
}

/// Where one is in the list in view, how much of it is shown, and what hides the rest; it is there at every width.
fn state(model: &Model, index: &Index, width: usize) -> Option<(Role, String)> {
    if model.page.is_some() || model.tab == Tab::Plots {
        return None;
    }
    let (at, shown_rows, all, what, filter) = match (&model.open, model.tab) {
        (Some(open), _) => {
            let (all, what) = match open.kind {
                RowKind::Frames => (index.frames(open.session).len(), "frame"),
                RowKind::Messages => (index.messages(open.session).len(), "message"),
            };
            (open.position(index), open.listed(index), all, what, &open.filter)
        }
        (None, Tab::Findings) => {
            let findings = &model.findings;
            (findings.position(), findings.all.len(), index.findings().len(), "finding", &findings.filter)
        }
        (None, Tab::Sessions | Tab::Plots) => {
            let sessions = &model.sessions;
            let rows = sessions.rows.iter().filter(|row| matches!(row, ListRow::Session(_))).count();
            (sessions.list.selected + 1, rows, index.sessions().len(), "session", &sessions.filter)
        }
    };
    let mut words = format!("{what} {}/{shown_rows}", at.min(shown_rows));
    if shown_rows == 0 {
        words = format!("0 {what}s");
    }
    let marks = match marks::counted(model, index) {
        (0, _) => String::new(),
        (marked, 0) => format!(", {marked} marked"),
        (marked, hidden) if marked == hidden => format!(", {marked}* hidden"),
        (marked, hidden) => format!(", {marked}*, {hidden} hidden"),
    };
    if filter.is_empty() {
        return Some((Role::Faint, words + &marks));
    }
    // What they add does not take from the room of the filter.
    let width = width.max(20) + columns(&marks);
    words = format!("{words} of {all}{marks}  filter: {}", shown(filter.as_bytes()));
    Some((Role::Strong, cut(&words, width)))
}

/// A key that has nothing to do here is not worth a hint.
#[expect(clippy::wildcard_enum_match_arm, reason = "any other key is worth its hint")]
fn is_idle(model: &Model, index: &Index, binding: &Binding) -> bool {
    match binding.action {
        // In the list of sessions the way back is the way out, which has a key of its own.
        Action::Back => model.place() == KeyContext::Sessions,
        Action::NextView => model.open.as_ref().is_some_and(|open| {
            !matches!(open.selected(index), SessionItem::Frame(_) | SessionItem::Message(_))
        }),
        Action::NextFinding => index.findings().is_empty() || model.place() == KeyContext::Columns,
        Action::Explain => super::super::about::finding_in_view(model, index).is_none(),
        _ => false,
    }
}

/// What there is to say: about the search, the last key, or what could not be read.
fn said(model: &Model) -> String {
    let mut said = Vec::new();
    if model.is_paused {
        said.push(match model.loading.held {
            0 => "paused: p continues".to_owned(),
            held => format!("paused: {} arrived since; p continues", count(held, "frame")),
        });
    }
    if let Some(hunt) = &model.hunt {
        let needle = cut(&shown(hunt.typed.as_bytes()), 16);
        let hits = hunt.hits.len();
        let at = hunt.at.map_or(0, |at| at + 1);
        said.push(match hunt.progress {
            ReadProgress::Over if hits == 0 && matches!(&*needle, "1005" | "1006" | "1015") => {
                format!("{needle} is never sent; f {needle} finds its sessions")
            }
            ReadProgress::Over if hits == 0 => format!("{needle}: not found"),
            ReadProgress::Over => format!("{needle}: {at} of {hits}  ] next"),
            ReadProgress::Reading(Some(done)) => {
                format!("{needle}: {hits} so far, {} %  Esc stops", done / 10)
            }
            ReadProgress::Reading(None) => format!("{needle}: {hits} so far  Esc stops"),
        });
        said.extend(hunt.doubt.as_ref().map(|doubt| format!("({doubt})")));
    }
    let list = match (&model.open, model.tab) {
        (Some(open), _) => open.listing(),
        (None, Tab::Findings) => FilteredList::Findings,
        (None, Tab::Sessions | Tab::Plots) => FilteredList::Sessions,
    };
    said.extend(model.picks.said(list).map(|words| shown(words.as_bytes())));
    said.extend(model.notice.clone());
    if said.is_empty() {
        said.extend(model.loading.errors.first().map(|error| format!("! {error}")));
    }
    said.join("  ")
}

/// The end of a line that is being typed.
fn tail(text: &str, room: usize) -> String {
    let mut from = 0;
    while columns(text.get(from..).unwrap_or_default()) > room {
        from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
    text.get(from..).unwrap_or_default().to_owned()
}
