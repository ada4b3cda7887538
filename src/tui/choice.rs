//! The choice of columns: a cursor among them, and what its keys do.

use super::action::{Motion, Towards};
use super::area;
use super::columns::SessionColumn;
use super::model::{Model, PageSubject};
use crate::index::Index;

/// Moves the cursor.
pub(super) fn go(model: &mut Model, motion: Motion) {
    let height = usize::from(area::areas(model).detail.height);
    let Some(page) = &mut model.page else { return };
    let PageSubject::Columns(at) = &mut page.subject else { return };
    *at = motion.from(*at, SessionColumn::ALL.len(), height);
    page.scroll = page.scroll.clamp((*at + 1).saturating_sub(height), *at);
}

/// Shows or hides the column at the cursor.
pub(super) fn show(model: &mut Model) {
    if let Some(column) = at_cursor(model) {
        model.sessions.columns.show(column);
        follow(model, column);
    }
}

/// Moves the column at the cursor.
pub(super) fn shift(model: &mut Model, towards: Towards) {
    if let Some(column) = at_cursor(model)
        && model.sessions.columns.shift(column, towards)
    {
        follow(model, column);
    }
}

/// Sorts by the column at the cursor, or the other way around.
pub(super) fn sort(model: &mut Model, index: &Index) {
    match at_cursor(model) {
        Some(column) if column.is_sortable() => {
            model.sessions.columns.sort_by(column);
            model.sessions.make(index, model.clock.zone(), &model.picks);
        }
        Some(column) => model.notice = Some(format!("rows cannot be sorted by {}", column.heading())),
        None => {}
    }
}

fn at_cursor(model: &Model) -> Option<SessionColumn> {
    let Some(PageSubject::Columns(at)) = model.page.map(|page| page.subject) else { return None };
    model.columns().choice().get(at).copied()
}

/// The cursor goes with its column.
fn follow(model: &mut Model, column: SessionColumn) {
    let place = model.columns().choice().iter().position(|other| *other == column);
    if let (Some(page), Some(place)) = (&mut model.page, place) {
        page.subject = PageSubject::Columns(place);
    }
}
