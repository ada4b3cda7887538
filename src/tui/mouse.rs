//! The wheel and clicks.

use super::action::{Motion, Tab};
use super::keys::KeyContext;
use super::list::List;
use super::model::{Model, Pane};
use super::plot::{self, LABEL};
use super::scroll::scroll;
use super::{area, draw, folding, resize};
use crate::index::Index;
use ratatui::layout::Rect;

/// The wheel was turned over a place of the screen.
pub(super) fn wheel(model: &mut Model, index: &Index, motion: Motion, at: (u16, u16)) {
    const LINES: usize = 3;
    let areas = area::areas(model);
    if holds(areas.detail, at) {
        (0..LINES).for_each(|_| scroll(model, index, motion));
        return;
    }
    let page = area::rows(model);
    let (list, rows) = list_in_view(model, index);
    (0..LINES).for_each(|_| list.go(motion, rows, page));
}

/// The list that is in view, and how many rows it has.
fn list_in_view<'m>(model: &'m mut Model, index: &Index) -> (&'m mut List, usize) {
    match (&mut model.open, model.tab) {
        (Some(open), _) => {
            let rows = open.len(index);
            (&mut open.list, rows)
        }
        (None, Tab::Findings) => (&mut model.findings.list, model.findings.rows.len()),
        (None, Tab::Sessions | Tab::Plots) => (&mut model.sessions.list, model.sessions.rows.len()),
    }
}

/// A place of the screen was clicked. Returns whether that opens what is there.
pub(super) fn click(model: &mut Model, index: &Index, at: (u16, u16)) -> bool {
    let areas = area::areas(model);
    if holds(areas.title, at) {
        if let Some(tab) = draw::tab_at(model, at.0) {
            model.page = None;
            if tab != Tab::Plots {
                model.open = None;
            }
            model.tab = tab;
        }
        return false;
    }
    if model.page.is_none()
        && areas.rule.height == 1
        && holds(areas.rule, at)
        && let Some(open) = &mut model.open
        && let Some(view) = draw::view_at(index, open, at.0)
    {
        open.view = view;
        return false;
    }
    model.panes.is_dragged = model.page.is_none() && holds(areas.rule, at);
    if model.panes.is_dragged {
        return false;
    }
    if model.page.is_none() && holds(areas.head, at) && model.place() == KeyContext::Sessions {
        if let Some(column) = draw::column_at(model, index, at.0).filter(|column| column.is_sortable()) {
            model.sessions.columns.sort_by(column);
            model.sessions.make(index, model.clock.zone(), &model.picks);
        }
        return false;
    }
    if model.page.is_none() && model.tab == Tab::Plots {
        let columns = plot::columns(model.size.0);
        if let Some(column) = usize::from(at.0).checked_sub(LABEL + 1).filter(|column| *column < columns) {
            model.plots.put(index, columns, column);
        }
        return false;
    }
    let is_detail = holds(areas.detail, at);
    // The detail may grow once it has the focus: what was clicked is found before.
    let row = at.1.saturating_sub(areas.detail.y);
    let node = if is_detail { folding::node_at(model, index, row) } else { None };
    if let Some(open) = &mut model.open {
        open.pane = if is_detail { Pane::Detail } else { Pane::Rows };
    }
    if let Some(place) = node {
        folding::click(model, index, place);
    }
    if !holds(areas.rows, at) || model.page.is_some() {
        return false;
    }
    let (list, rows) = list_in_view(model, index);
    let row = list.top + usize::from(at.1 - areas.rows.y);
    let is_again = list.selected == row;
    if row < rows {
        list.selected = row;
    }
    is_again && row < rows && model.open.is_none()
}

/// The mouse was moved with a button pressed: the line between rows and detail goes with it, if that is where it began.
pub(super) fn drag(model: &mut Model, (column, row): (u16, u16)) {
    if model.panes.is_dragged {
        let areas = area::areas(model);
        let is_beside = areas.rule.height > 1;
        resize::put_rule(model, if is_beside { column } else { row.saturating_sub(areas.rows.y) });
    }
}

fn holds(area: Rect, (column, row): (u16, u16)) -> bool {
    area.contains(ratatui::layout::Position { x: column, y: row })
}
