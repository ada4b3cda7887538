//! Which part of the screen shows what: for drawing, and for pages, clicks and the wheel.

use super::action::Tab;
use super::model::{Model, OpenSession, Pane};
use ratatui::layout::Rect;

/// Columns from which on the detail stands beside the rows.
const WIDE: u16 = 120;

/// The same for a ladder.
const WIDE_LADDER: u16 = 160;

/// The parts of the screen; what is not shown has no size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) title: Rect,
    /// What is said about all rows.
    pub(super) head: Rect,
    pub(super) rows: Rect,
    /// The line between rows and detail.
    pub(super) rule: Rect,
    pub(super) detail: Rect,
    pub(super) status: Rect,
}

/// What covers the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Above {
    Nothing,
    Page,
}

/// The parts of the screen as it stands.
pub(super) fn areas(model: &Model) -> Areas {
    let is_covered = model.page.is_some() || model.tab == Tab::Plots;
    parts(model, if is_covered { Above::Page } else { Above::Nothing })
}

fn parts(model: &Model, above: Above) -> Areas {
    let (width, height) = model.size;
    let line = |y: u16, lines: u16| Rect { x: 0, y, width, height: lines.min(height.saturating_sub(y)) };
    let body = height.saturating_sub(2);
    let mut areas =
        Areas { title: line(0, 1), status: line(height.saturating_sub(1), 1), ..Areas::default() };
    if above == Above::Page {
        areas.detail = line(1, body);
        return areas;
    }
    let Some(open) = &model.open else {
        if model.tab == Tab::Sessions {
            areas.head = line(1, 1);
            areas.rows = line(2, body.saturating_sub(1));
        } else if model.panes.is_full {
            areas.rows = line(1, body);
        } else {
            let detail = if height < 20 { 5 } else { 9 };
            let rows = model.panes.rows(body, body.saturating_sub(detail + 1));
            areas.rows = line(1, rows);
            areas.rule = line(1 + rows, 1);
            areas.detail = line(2 + rows, body.saturating_sub(rows + 1));
        }
        return areas;
    };
    let head = if height < 20 { 1 } else { 2 };
    areas.head = line(1, head);
    let (top, body) = (1 + head, body.saturating_sub(head));
    if model.panes.is_full {
        match open.pane {
            Pane::Rows => areas.rows = line(top, body),
            Pane::Detail => areas.detail = line(top, body),
        }
    } else if is_beside(open, width) {
        let usual = if open.is_ladder {
            width / 2
        } else {
            // Wide enough for the header to fit next to its meanings in the detail, where there is room for both.
            width.saturating_sub(79).clamp(56, 90)
        };
        let rows = model.panes.rows(width, usual);
        areas.rows = Rect { width: rows, ..line(top, body) };
        areas.rule = Rect { x: rows, width: 1, ..line(top, body) };
        areas.detail = Rect { x: rows + 1, width: width - rows - 1, ..line(top, body) };
    } else {
        let usual = match (open.is_ladder, open.pane) {
            (true, Pane::Rows) => body * 3 / 5,
            (false, Pane::Rows) => body * 2 / 5,
            (_, Pane::Detail) => body / 5,
        };
        let rows = model.panes.rows(body, usual.max(if open.pane == Pane::Rows { 3 } else { 1 }));
        areas.rows = line(top, rows);
        areas.rule = line(top + rows, 1);
        areas.detail = line(top + rows + 1, body.saturating_sub(rows + 1));
    }
    areas
}

/// Whether the detail stands beside the rows; a ladder takes more room.
const fn is_beside(open: &OpenSession, width: u16) -> bool {
    width >= if open.is_ladder { WIDE_LADDER } else { WIDE }
}

/// What the rows have of the room that they share with the detail, and how much that is: columns or lines.
pub(super) fn divided(model: &Model) -> (u16, u16) {
    let parts = areas(model);
    let is_beside = model.open.as_ref().is_some_and(|open| is_beside(open, model.size.0));
    if is_beside {
        (parts.rows.width, model.size.0)
    } else {
        (parts.rows.height, parts.rows.height + parts.rule.height + parts.detail.height)
    }
}

/// How many rows a page of the list has: also of one that lies beneath a page of text, from where it may be sorted.
pub(super) fn rows(model: &Model) -> usize {
    usize::from(parts(model, Above::Nothing).rows.height).max(1)
}
