//! How long the text in view is, and moving in it.

use super::action::Motion;
use super::model::Model;
use super::theme::Role;
use super::{area, draw};
use crate::index::Index;
use ratatui::text::Line;

/// How many lines the text in view has, and how many of them fit.
pub(super) fn text(model: &Model, index: &Index) -> (usize, usize) {
    let area = area::areas(model).detail;
    (draw::text(model, index, area.width).len(), usize::from(area.height))
}

/// The line of the text that holds what was searched for, and how many lines fit.
pub(super) fn found(model: &Model, index: &Index) -> (Option<usize>, usize) {
    let area = area::areas(model).detail;
    let lines = draw::text(model, index, area.width);
    let style = model.theme.style(Role::Found);
    let is_found = |line: &Line<'_>| line.spans.iter().any(|span| span.style == style);
    (lines.iter().position(is_found), usize::from(area.height))
}

/// Scrolls the page, or the detail of a session.
pub(super) fn scroll(model: &mut Model, index: &Index, motion: Motion) {
    let (lines, height) = text(model, index);
    let last = lines.saturating_sub(height);
    let at = match (&mut model.page, &mut model.open) {
        (Some(page), _) => &mut page.scroll,
        (None, Some(open)) => &mut open.scroll,
        (None, None) => return,
    };
    *at = motion.from(*at, last + 1, height);
}
