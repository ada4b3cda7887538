//! The first line: where one is, and how far the capture is read. The last line: what to press.

use super::super::action::{Action, Motion, Tab};
use super::super::filter;
use super::super::keys::{Binding, KeyContext};
use super::super::model::{Kind, Model, SessionItem};
use super::super::prompt::Prompt;
use super::super::request::FilteredList;
use super::super::sessions::ListRow;
use super::super::text::{columns, count, cut, shown, size, wrap};
use super::super::theme::Role;
use super::paint::{put_line, span};
use crate::capture::LastInput;
use crate::index::Index;
use crate::model::in_words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

const NAME: &str = " wsight ";

/// The tabs as they are written, with what they stand for.
fn tabs() -> impl Iterator<Item = (Tab, String)> {
    (1..).zip(Tab::ALL).map(|(number, tab)| (tab, format!(" {number} {} ", tab.title())))
}

/// The tab that is written over this column of the first line.
pub(in super::super) fn tab_at(_model: &Model, column: u16) -> Option<Tab> {
    let mut end = columns(NAME);
    tabs()
        .find(|(_, title)| {
            let begin = end;
            end += columns(title);
            (begin..end).contains(&usize::from(column))
        })
        .map(|(tab, _)| tab)
}

/// Draws the first line.
pub(super) fn title(model: &Model, index: &Index, buffer: &mut Buffer, area: Rect) {
    let theme = model.theme;
    let mut line = vec![span(theme, Role::Title, NAME)];
    for (tab, title) in tabs() {
        let role = if tab == model.tab { Role::Selected } else { Role::Plain };
        line.push(span(theme, role, title));
    }
    let left: usize = line.iter().map(Span::width).sum();
    put_line(buffer, area, 0, &Line::from(line));
    let room = usize::from(area.width).saturating_sub(left + 1);
    let words = if model.loading.is_over { summary(model, index) } else { gauge(model) };
    let Some(words) = words.into_iter().find(|words| columns(words) <= room) else { return };
    let width = u16::try_from(columns(&words)).unwrap_or(0);
    let right = Rect { x: area.x + area.width.saturating_sub(width + 1), width, ..area };
    put_line(buffer, right, 0, &Line::from(span(theme, Role::Faint, words)));
}

/// How far reading is: the longest words first.
fn gauge(model: &Model) -> Vec<String> {
    const CELLS: usize = 10;
    let loading = &model.loading;
    if let Some(dropped) = loading.dropped {
        let live = format!("live on {}, {} bytes", model.capture, size(loading.read));
        let lost =
            if dropped == 0 { String::new() } else { format!("  ! {} dropped", count(dropped, "packet")) };
        let short = if dropped == 0 { "live".to_owned() } else { format!("! {dropped} dropped") };
        return vec![format!("{live}{lost}"), format!("live{lost}"), short];
    }
    if loading.last == LastInput::Growing {
        let read = size(loading.read);
        return vec![
            format!("following {}, {read} bytes", model.capture),
            format!("following, {read}"),
            "following".to_owned(),
        ];
    }
    let Some(done) = loading.done else {
        return vec![format!("reading, {} bytes so far", size(loading.read)), size(loading.read)];
    };
    let full = usize::from(done) * CELLS / 1000;
    let bar = format!("{}{}", "█".repeat(full.min(CELLS)), "░".repeat(CELLS.saturating_sub(full)));
    let percent = format!("{} %", done / 10);
    let mut words = vec![format!("reading {bar} {percent}"), percent.clone()];
    if let Some(remaining) = loading.remaining {
        let left = format!("{percent}, {} left", in_words(remaining));
        words.insert(0, format!("reading {bar} {left}"));
        words.insert(1, left);
    }
    words
}

fn summary(model: &Model, index: &Index) -> Vec<String> {
    let mut words = vec![count(index.findings().len() as u64, "finding")];
    if let Some(summary) = index.summary() {
        words.insert(0, format!("{}, {}", count(summary.packets, "packet"), in_words(summary.duration())));
        words.insert(0, format!("{}  {}", model.capture, words.first().cloned().unwrap_or_default()));
    }
    if !model.loading.errors.is_empty() {
        words.insert(0, "! not read to the end".to_owned());
    }
    words
}

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
    if unseen > 0 && place == KeyContext::Session {
        let down = Action::Scroll(Motion::Down);
        hints.insert(0, Hint::new(down, model.keymap.key(down), "more"));
    }
    let state = state(model, index, width / 2);
    let needed: usize = hints.iter().filter(|hint| hint.is_needed).map(Hint::width).sum();
    let mut room = width.saturating_sub(1 + needed);
    let mut line: Vec<Span<'static>> = Vec::new();
    let said = said(model);
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

/// Draws above a filter that is being typed where it is wrong, or how its last word may go on.
fn explain(model: &Model, prompt: &Prompt, buffer: &mut Buffer, area: Rect) {
    let Prompt::Filter { line, .. } = prompt else { return };
    let above = Rect { y: area.y.saturating_sub(1), ..area };
    let width = usize::from(area.width);
    let mut put = |y: u16, role: Role, words: &str| {
        let words = cut(words, width);
        let fill = width.saturating_sub(columns(&words));
        let line = Line::from(span(model.theme, role, format!("{words}{:fill$}", "")));
        put_line(buffer, Rect { y, ..above }, 0, &line);
    };
    let (role, words) = if let Some((at, words)) = filter::fault(line, model.clock.zone()) {
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
        let names = filter::continuations(line);
        if names.is_empty() {
            return;
        }
        (Role::Faint, format!(" Tab: {}", names.join(" ")))
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
                Kind::Frames => (index.frames(open.session).len(), "frame"),
                Kind::Messages => (index.messages(open.session).len(), "message"),
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
    if filter.is_empty() {
        return Some((Role::Faint, words));
    }
    words = format!("{words} of {all}  filter: {}", shown(filter.as_bytes()));
    Some((Role::Strong, cut(&words, width.max(20))))
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
        said.push(match (hunt.is_over, hunt.done) {
            (true, _) if hits == 0 => format!("{needle}: not found"),
            (true, _) => format!("{needle}: {at} of {hits}  ] next"),
            (false, Some(done)) => format!("{needle}: {hits} so far, {} %  Esc stops", done / 10),
            (false, None) => format!("{needle}: {hits} so far  Esc stops"),
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
