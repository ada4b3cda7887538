//! Folding the tree of a payload, and moving in it.

use super::action::Motion;
use super::model::{Model, Pane, View};
use super::tree::Folds;
use super::{area, draw};
use crate::index::Index;

/// Shows the payload as a tree that is folded to another level.
pub(super) fn level(model: &mut Model, change: fn(&mut Folds) -> String) {
    if let Some(open) = &mut model.open {
        open.view = View::Json;
        model.notice = Some(change(&mut open.folds));
    }
}

/// Goes to the tree, or folds or unfolds the node at its cursor.
pub(super) fn node(model: &mut Model, index: &Index) {
    let Some(open) = &mut model.open else { return };
    let is_there = open.pane == Pane::Detail && open.view == View::Json;
    open.pane = Pane::Detail;
    open.view = View::Json;
    if is_there {
        turn(model, index);
    } else {
        reveal(model, index);
    }
}

/// Folds or unfolds the node at the cursor, where a tree is in view.
pub(super) fn turn(model: &mut Model, index: &Index) {
    let nodes = draw::nodes_in_view(model, index);
    if let Some(open) = model.open.as_mut().filter(|_| !nodes.is_empty()) {
        open.folds.turn(&nodes);
        reveal(model, index);
    }
}

/// Moves the cursor of the tree in view. Returns whether there was a node to move it to.
pub(super) fn go(model: &mut Model, index: &Index, motion: Motion) -> bool {
    let page = usize::from(area::areas(model).detail.height).max(1);
    let nodes = draw::nodes_in_view(model, index);
    let is_moved = model.open.as_mut().is_some_and(|open| open.folds.go(&nodes, motion, page));
    if is_moved {
        reveal(model, index);
    }
    is_moved
}

/// Brings the cursor into view.
fn reveal(model: &mut Model, index: &Index) {
    let area = area::areas(model).detail;
    let line = draw::cursor_line(&draw::text(model, index, area.width));
    if let (Some(open), Some(line)) = (&mut model.open, line) {
        let height = usize::from(area.height).max(1);
        open.scroll = open.scroll.clamp((line + 1).saturating_sub(height), line);
    }
}
