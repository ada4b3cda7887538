//! The tree of a payload: its nodes in lines, with the cursor.

use super::super::model::{Model, Pane, SessionItem, View};
use super::super::text::{count, lines as wrapped, shown_with};
use super::super::theme::Role;
use super::super::tree::{Leaf, Node, NodeState, parsed};
use super::found::{found_in, hits};
use super::paint::span;
use crate::index::Index;
use ratatui::text::Line;

/// Bytes of a payload that are read as a tree; a longer one is shown as text.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Nodes that are drawn; folding shows those that follow.
const DRAWN: usize = 5_000;

/// In front of the node at the cursor.
const CURSOR: &str = ">";

/// The nodes of what is selected in a session, where they are in view.
pub(in super::super) fn in_view(model: &Model, index: &Index) -> Vec<Node> {
    let Some(open) = model.open.as_ref().filter(|open| open.view == View::Json && !model.is_hidden) else {
        return Vec::new();
    };
    let session = open.session;
    let read = |bytes: &[u8]| {
        let bytes = bytes.get(..MOST_BYTES).unwrap_or(bytes);
        open.folds.nodes(parsed(bytes).leaves())
    };
    match open.selected(index) {
        SessionItem::Frame(place) => index
            .frames(session)
            .get(place)
            .and_then(|row| model.payloads.frame(session, row.number())?.as_ref().ok())
            .map(|payload| read(&payload.plain)),
        SessionItem::Message(place) => index
            .messages(session)
            .get(place)
            .and_then(|row| model.payloads.message(session, row.number)?.as_ref().ok())
            .map(|payload| read(payload)),
        SessionItem::Whole | SessionItem::End(_) => None,
    }
    .unwrap_or_default()
}

/// The line with the cursor, among those of the detail.
pub(in super::super) fn cursor_line(lines: &[Line<'_>]) -> Option<usize> {
    lines.iter().position(|line| line.spans.first().is_some_and(|first| first.content == CURSOR))
}

/// The nodes of a tree, in lines.
pub(super) fn lines(model: &Model, leaves: &[Leaf], width: usize) -> Vec<Line<'static>> {
    let Some(open) = &model.open else { return Vec::new() };
    let nodes = open.folds.nodes(leaves);
    let cursor = (open.pane == Pane::Detail).then(|| open.folds.cursor(&nodes));
    // What is drawn of a long tree has the cursor in it.
    let from = cursor.filter(|cursor| *cursor >= DRAWN).map_or(0, |cursor| cursor - DRAWN / 2);
    let mut lines = Vec::new();
    let more = |nodes: usize, what| {
        let words = format!("  … {} {what}; ( folds a level", count(nodes as u64, "line"));
        Line::from(span(model.theme, Role::Faint, words))
    };
    if from > 0 {
        lines.push(more(from, "before"));
    }
    for (place, node) in nodes.iter().enumerate().skip(from).take(DRAWN) {
        let drawn = node_lines(model, node, width);
        let is_cursor = cursor == Some(place);
        let sign = match node.state {
            NodeState::Leaf => " ",
            NodeState::Unfolded => "▾",
            NodeState::Folded => "▸",
        };
        for (at, mut line) in drawn.into_iter().enumerate() {
            if at == 0 {
                // Instead of the margin.
                let margin = [
                    span(model.theme, Role::Strong, if is_cursor { CURSOR } else { " " }),
                    span(model.theme, Role::Faint, sign),
                ];
                line.spans.splice(..1, margin);
            }
            if is_cursor {
                line.style = model.theme.style(Role::Selected);
            }
            lines.push(line);
        }
    }
    if let Some(rest @ 1..) = nodes.len().checked_sub(from + DRAWN) {
        lines.push(more(rest, "more"));
    }
    lines
}

fn node_lines(model: &Model, node: &Node, width: usize) -> Vec<Line<'static>> {
    let text = format!("{:indent$}{}", "", node.text, indent = 2 * node.depth);
    let (text, found) = shown_with(text.as_bytes(), hits(model, text.as_bytes()));
    let lines = wrapped(&text, width.saturating_sub(3));
    lines.into_iter().map(|line| found_in(model, &text, line, &found)).collect()
}
