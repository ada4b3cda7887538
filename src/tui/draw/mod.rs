//! The model on the screen. Nothing here changes it, or reads anything but it and the index.

mod bits;
mod compared;
mod detail;
mod findings;
mod found;
mod heads;
mod judged;
mod ladder;
mod nodes;
mod pages;
mod paint;
mod payload;
mod plots;
mod session;
mod sessions;
mod status;
mod title;

pub(super) use nodes::{DetailLines, in_view as nodes_in_view};
pub(super) use session::view_at;
pub(super) use sessions::{column_at, in_view as columns_in_view};
pub(super) use title::tab_at;

use super::action::Tab;
use super::area;
use super::model::{Model, PageSubject};
use crate::index::Index;
use paint::{put, put_line};
use ratatui::style::Style;
use ratatui::text::Line;

/// The smallest screen: columns and rows.
const SMALLEST: (u16, u16) = (40, 8);

/// Draws everything.
pub fn draw(model: &Model, index: &Index, frame: &mut ratatui::Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        put(buffer, area, 0, "wsight needs 40×8", Style::new());
        return;
    }
    let areas = area::areas(model);
    title::title(model, index, buffer, areas.title);
    let lines = text(model, index, areas.detail.width);
    let scroll = match (&model.page, &model.open) {
        (Some(page), _) => page.scroll,
        (None, Some(open)) if model.tab != Tab::Plots => open.scroll,
        (None, Some(_) | None) => 0,
    };
    // A payload that came, or another width, can leave less to scroll.
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(areas.detail.height)));
    for (y, line) in (0..areas.detail.height).zip(lines.iter().skip(scroll)) {
        put_line(buffer, areas.detail, y, line);
    }
    if model.page.is_none() && model.tab != Tab::Plots {
        match (&model.open, model.tab) {
            (Some(open), _) => {
                session::head(model, index, open, buffer, areas.head);
                if open.is_ladder {
                    ladder::draw(model, index, open, buffer, areas.rows);
                } else {
                    session::rows(model, index, open, buffer, areas.rows);
                }
                let shown = (scroll, lines.len(), areas.detail.height);
                session::rule(model, index, open, buffer, areas.rule, shown);
            }
            (None, Tab::Findings) => findings::draw(model, index, buffer, areas.rows, areas.rule),
            (None, Tab::Sessions | Tab::Plots) => {
                sessions::draw(model, index, buffer, areas.head, areas.rows);
            }
        }
    }
    let unseen = lines.len().saturating_sub(scroll + usize::from(areas.detail.height));
    status::status(model, index, buffer, areas.status, unseen);
}

/// The lines of the detail of what is selected in a session, where that is in view.
pub(super) fn detail(model: &Model, index: &Index) -> DetailLines {
    let width = usize::from(area::areas(model).detail.width);
    match &model.open {
        Some(open) if width > 0 && model.page.is_none() && model.tab != Tab::Plots => {
            detail::lines(model, index, open, width)
        }
        Some(_) | None => DetailLines::default(),
    }
}

/// The lines of the detail, or of the page above everything.
pub(super) fn text(model: &Model, index: &Index, width: u16) -> Vec<Line<'static>> {
    if width == 0 {
        return Vec::new();
    }
    let width = usize::from(width);
    match (&model.page, &model.open, model.tab) {
        (Some(page), ..) => match page.subject {
            PageSubject::Help => pages::help(&model.keymap, &model.loading, model.theme, width),
            PageSubject::Compared(compared) => compared::lines(model, index, compared, width),
            PageSubject::Columns(at) => pages::choice(model.columns(), at, model.theme, width),
            PageSubject::Finding(id) => pages::explanation(id, model.theme, width),
        },
        (None, _, Tab::Plots) => {
            plots::lines(model, index, width, usize::from(model.size.1).saturating_sub(2))
        }
        (None, Some(open), _) => detail::lines(model, index, open, width).all,
        (None, None, Tab::Findings) => findings::lines(model, index, width),
        (None, None, Tab::Sessions) => Vec::new(),
    }
}
