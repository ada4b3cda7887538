//! Which part of the screen shows what: for drawing, and for pages, clicks and the wheel.

use super::action::{Motion, Tab};
use super::draw;
use super::model::{Model, Pane};
use super::theme::Role;
use super::update::scroll;
use crate::index::Index;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns from which on the detail stands beside the rows.
const WIDE: u16 = 120;

/// The parts of the screen; what is not shown has no size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) title: Rect,
    /// What is said of all rows.
    pub(super) head: Rect,
    pub(super) rows: Rect,
    /// The line between rows and detail.
    pub(super) rule: Rect,
    pub(super) detail: Rect,
    pub(super) status: Rect,
}

/// The parts of the screen as it stands.
pub(super) fn areas(model: &Model) -> Areas {
    let (width, height) = model.size;
    let line = |y: u16, lines: u16| Rect { x: 0, y, width, height: lines.min(height.saturating_sub(y)) };
    let body = height.saturating_sub(2);
    let mut areas =
        Areas { title: line(0, 1), status: line(height.saturating_sub(1), 1), ..Areas::default() };
    if model.page.is_some() || model.tab == Tab::Plots {
        areas.detail = line(1, body);
        return areas;
    }
    let Some(open) = &model.open else {
        if model.tab == Tab::Sessions {
            areas.head = line(1, 1);
            areas.rows = line(2, body.saturating_sub(1));
        } else {
            let detail = if height < 20 { 5 } else { 9 };
            let rows = body.saturating_sub(detail + 1);
            areas.rows = line(1, rows);
            areas.rule = line(1 + rows, 1);
            areas.detail = line(2 + rows, detail);
        }
        return areas;
    };
    let head = if height < 20 { 1 } else { 2 };
    areas.head = line(1, head);
    let (top, body) = (1 + head, body.saturating_sub(head));
    if open.is_ladder {
        areas.rows = line(top, body);
    } else if width >= WIDE {
        // So many that the header fits beside its meanings in the detail, where there is room for both.
        let rows = width.saturating_sub(79).clamp(56, 90);
        areas.rows = Rect { width: rows, ..line(top, body) };
        areas.rule = Rect { x: rows, width: 1, ..line(top, body) };
        areas.detail = Rect { x: rows + 1, width: width - rows - 1, ..line(top, body) };
    } else {
        let rows = match open.pane {
            Pane::Rows => (body * 2 / 5).max(3),
            Pane::Detail => (body / 5).max(1),
        };
        areas.rows = line(top, rows);
        areas.rule = line(top + rows, 1);
        areas.detail = line(top + rows + 1, body.saturating_sub(rows + 1));
    }
    areas
}

/// How many rows a page of the list has.
pub(super) fn rows(model: &Model) -> usize {
    let areas = areas(model);
    usize::from(areas.rows.height).max(1)
}

/// How many lines the text in view has, and how many of them fit.
pub(super) fn text(model: &Model, index: &Index) -> (usize, usize) {
    let area = areas(model).detail;
    (draw::text(model, index, area.width).len(), usize::from(area.height))
}

/// The line of the text that holds what was searched for, and how many lines fit.
pub(super) fn found(model: &Model, index: &Index) -> (Option<usize>, usize) {
    let area = areas(model).detail;
    let lines = draw::text(model, index, area.width);
    let style = model.theme.style(Role::Found);
    let is_found = |line: &Line<'_>| line.spans.iter().any(|span| span.style == style);
    (lines.iter().position(is_found), usize::from(area.height))
}

fn holds(area: Rect, (column, row): (u16, u16)) -> bool {
    area.contains(ratatui::layout::Position { x: column, y: row })
}

/// The wheel was turned over a place of the screen.
pub(super) fn wheel(model: &mut Model, index: &Index, motion: Motion, at: (u16, u16)) {
    const LINES: usize = 3;
    let areas = areas(model);
    if holds(areas.detail, at) {
        (0..LINES).for_each(|_| scroll(model, index, motion));
        return;
    }
    let page = rows(model);
    let (list, rows) = match (&mut model.open, model.tab) {
        (Some(open), _) => {
            let rows = open.len(index);
            (&mut open.list, rows)
        }
        (None, Tab::Findings) => (&mut model.findings.list, model.findings.rows.len()),
        (None, _) => (&mut model.sessions.list, model.sessions.rows.len()),
    };
    (0..LINES).for_each(|_| list.go(motion, rows, page));
}

/// A place of the screen was clicked. Returns whether that opens what is there.
pub(super) fn click(model: &mut Model, index: &Index, at: (u16, u16)) -> bool {
    let areas = areas(model);
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
    if let Some(open) = &mut model.open {
        open.pane = if holds(areas.detail, at) { Pane::Detail } else { Pane::Rows };
    }
    if !holds(areas.rows, at) || model.page.is_some() {
        return false;
    }
    let (list, rows) = match (&mut model.open, model.tab) {
        (Some(open), _) => {
            let rows = open.len(index);
            (&mut open.list, rows)
        }
        (None, Tab::Findings) => (&mut model.findings.list, model.findings.rows.len()),
        (None, _) => (&mut model.sessions.list, model.sessions.rows.len()),
    };
    let row = list.top + usize::from(at.1 - areas.rows.y);
    let is_again = list.selected == row;
    if row < rows {
        list.selected = row;
    }
    is_again && row < rows && model.open.is_none()
}
