//! Folding the tree of a payload, and moving in it.

use super::action::Motion;
use super::model::{Model, Pane, PayloadView};
use super::tree::Folds;
use super::{area, draw};
use crate::index::Index;

/// Shows the payload as a tree that is folded to another level.
pub(super) fn level(model: &mut Model, index: &Index, change: fn(&mut Folds) -> String) {
    if let Some(open) = &mut model.open {
        open.view = PayloadView::Json;
        let told = change(&mut open.folds);
        let is_tree = !draw::nodes_in_view(model, index).is_empty();
        model.notice = Some(if is_tree { told } else { "there is no tree to fold here".to_owned() });
    }
}

/// Goes to the tree, or folds or unfolds the node at its cursor.
pub(super) fn node(model: &mut Model, index: &Index) {
    let Some(open) = &mut model.open else { return };
    let is_there = open.pane == Pane::Detail && open.view == PayloadView::Json;
    open.pane = Pane::Detail;
    open.view = PayloadView::Json;
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

/// The place of the node that stands in this row of the detail.
pub(super) fn node_at(model: &Model, index: &Index, row: u16) -> Option<usize> {
    let open = model.open.as_ref()?;
    let lines = draw::detail(model, index);
    let height = usize::from(area::areas(model).detail.height);
    // As it is drawn.
    let scroll = open.scroll.min(lines.len().saturating_sub(height));
    lines.node_at(scroll + usize::from(row))
}

/// Goes to the node at this place, and folds or unfolds it.
pub(super) fn click(model: &mut Model, index: &Index, place: usize) {
    let nodes = draw::nodes_in_view(model, index);
    if let Some(open) = &mut model.open {
        open.folds.click(&nodes, place);
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
    let nodes = draw::nodes_in_view(model, index);
    let lines = draw::detail(model, index);
    if let Some(open) = &mut model.open
        && let Some(line) = lines.first_of(open.folds.cursor(&nodes))
    {
        let height = usize::from(area.height).max(1);
        open.scroll = open.scroll.clamp((line + 1).saturating_sub(height), line);
    }
}
