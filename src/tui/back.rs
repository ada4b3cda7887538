//! The ways back: out of a page, a pane, a search, a filter, a session, and out of the program.

use super::action::Tab;
use super::happening::Effect;
use super::model::{Model, Pane};
use super::prompt::{Prompt, Unsaved};
use super::request::{ReadProgress, ReplayRequest};
use super::{answer, rows};
use crate::index::Index;

/// Undoes the last layer.
pub(super) fn back(model: &mut Model, index: &Index, effects: &mut Vec<Effect>) {
    if model.page.take().is_some() || cancel_search(model, effects) {
        return;
    }
    let is_on_rows = model.tab != Tab::Plots;
    if is_on_rows && std::mem::take(&mut model.panes.is_full) {
        return;
    }
    if let Some(open) = model.open.as_mut().filter(|_| is_on_rows)
        && (open.pane == Pane::Detail || open.is_ladder)
    {
        if open.pane == Pane::Rows {
            open.is_ladder = false;
        }
        open.pane = Pane::Rows;
    } else if is_on_rows && model.hunt.take().is_some() {
        model.notice = Some("search ended".to_owned());
    } else if is_on_rows && !answer::filter(model).is_empty() {
        answer::set_filter(model, index, String::new());
        model.notice = Some("filter taken away".to_owned());
    } else if let Some(line) = is_on_rows.then(|| model.open.as_mut()?.set_aside.take()).flatten() {
        answer::set_filter(model, index, line);
        model.notice = Some("the filter is back".to_owned());
    } else if is_on_rows && model.open.as_ref().is_some_and(|open| !open.other_filter.is_empty()) {
        rows::turn(model, index);
    } else if !up(model) {
        model.notice = Some("this is the first screen; q quits".to_owned());
    }
}

/// Leaves the screen, and the program from the list of sessions.
pub(super) fn leave(model: &mut Model, index: &Index, effects: &mut Vec<Effect>) {
    if model.page.take().is_some() || cancel_search(model, effects) {
        return;
    }
    let is_on_rows = model.tab != Tab::Plots;
    if let Some(open) = model.open.as_mut().filter(|open| is_on_rows && open.pane == Pane::Detail) {
        open.pane = Pane::Rows;
    } else if up(model) {
        // One screen less.
    } else if let Some(unsaved) = unsaved(model, index) {
        model.prompt = Some(Prompt::Quit(unsaved));
    } else {
        effects.push(Effect::Quit);
    }
}

/// What of a live capture would be lost.
fn unsaved(model: &Model, index: &Index) -> Option<Unsaved> {
    match model.saved.filter(|_| model.is_unsaved) {
        None => model.is_unsaved.then_some(Unsaved::Everything),
        Some(saved) => (saved != answer::so_far(index)).then_some(Unsaved::Later),
    }
}

/// Ends a search that goes on. Returns whether there was one.
fn cancel_search(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(hunt) = model.hunt.as_mut().filter(|hunt| !hunt.progress.is_over()) else { return false };
    hunt.progress = ReadProgress::Over;
    effects.push(Effect::Ask(ReplayRequest::Cancel));
    model.notice = Some("search cancelled".to_owned());
    true
}

/// Goes to the screen from which this one was reached. Returns whether there is one.
fn up(model: &mut Model) -> bool {
    if model.tab == Tab::Plots {
        if model.plots.whole() {
            return true;
        }
        model.tab = Tab::Sessions;
        return true;
    }
    if model.open.take().is_some() {
        return true;
    }
    std::mem::replace(&mut model.tab, Tab::Sessions) != Tab::Sessions
}
