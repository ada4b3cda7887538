//! The first line: where one is, and how far the capture is read.

use super::super::action::{Action, Tab};
use super::super::model::Model;
use super::super::text::{columns, count, size};
use super::super::theme::Role;
use super::paint::{put_line, span};
use crate::capture::LastInput;
use crate::index::Index;
use crate::model::{in_words, phrase};
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
        let lasted = phrase(", ", summary.duration(), "");
        words.insert(0, format!("{}{lasted}", count(summary.packets, "packet")));
        words.insert(0, format!("{}  {}", model.capture, words.first().cloned().unwrap_or_default()));
        // What cannot be judged counts as much as what was found; the Findings say why.
        if summary.dark > 0 {
            for words in &mut words {
                *words = format!("🔒 {} unread, {words}", summary.dark);
            }
        }
    }
    if !model.loading.remarks.is_empty() {
        // They were told once, and stand in the help.
        let help = model.keymap.key(Action::Help);
        words = words.into_iter().map(|words| format!("! {help} says more  {words}")).collect();
        words.push(format!("! {help} says more"));
        words.push(format!("! {help}"));
    }
    if !model.loading.errors.is_empty() {
        words.insert(0, "! not read to the end".to_owned());
    }
    words
}
