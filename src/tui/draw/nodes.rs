//! The tree of a payload: its nodes in lines, with the cursor.

use super::super::model::{Model, Pane, PayloadView, SessionItem};
use super::super::text::{count, lines as wrapped, shown_with};
use super::super::theme::Role;
use super::super::tree::{Leaf, Node, NodeState, parsed};
use super::found::{found_in, hits};
use super::paint::span;
use crate::index::Index;
use ratatui::text::Line;
use std::ops::Range;

/// Bytes of a payload that are read as a tree; a longer one is shown as text.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// Nodes that are drawn; folding shows those that follow.
const DRAWN: usize = 5_000;

/// In front of the node at the cursor.
const CURSOR: &str = ">";

/// The nodes of what is selected in a session, where they are in view.
pub(in super::super) fn in_view(model: &Model, index: &Index) -> Vec<Node> {
    let Some(open) = model.open.as_ref().filter(|open| open.view == PayloadView::Json && !model.is_hidden)
    else {
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
            .map(|payload| read(&payload.plain)),
        SessionItem::Whole | SessionItem::End(_) => None,
    }
    .unwrap_or_default()
}

/// Lines, and which of them show the nodes of a tree.
#[derive(Debug, Default)]
pub(in super::super) struct DetailLines {
    pub(super) all: Vec<Line<'static>>,
    /// The lines of each node that is drawn, and its place among the nodes.
    nodes: Vec<(Range<usize>, usize)>,
}

impl DetailLines {
    /// How many there are.
    pub(in super::super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The first line of the node at this place.
    pub(in super::super) fn first_of(&self, place: usize) -> Option<usize> {
        self.nodes.iter().find(|(_, node)| *node == place).map(|(lines, _)| lines.start)
    }

    /// The place of the node that this line shows.
    pub(in super::super) fn node_at(&self, line: usize) -> Option<usize> {
        self.nodes.iter().find(|(lines, _)| lines.contains(&line)).map(|(_, node)| *node)
    }

    pub(super) fn push(&mut self, line: Line<'static>) {
        self.all.push(line);
    }

    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = Line<'static>>) {
        self.all.extend(lines);
    }

    /// Takes lines with nodes among them.
    pub(super) fn append(&mut self, other: Self) {
        let before = self.len();
        let moved = |(lines, node): (Range<usize>, usize)| (lines.start + before..lines.end + before, node);
        self.nodes.extend(other.nodes.into_iter().map(moved));
        self.all.extend(other.all);
    }
}

impl From<Vec<Line<'static>>> for DetailLines {
    fn from(all: Vec<Line<'static>>) -> Self {
        Self { all, nodes: Vec::new() }
    }
}

/// The nodes of a tree, in lines.
pub(super) fn lines(model: &Model, leaves: &[Leaf], width: usize) -> DetailLines {
    let Some(open) = &model.open else { return DetailLines::default() };
    let nodes = open.folds.nodes(leaves);
    let cursor = (open.pane == Pane::Detail).then(|| open.folds.cursor(&nodes));
    // What is drawn of a long tree has the cursor in it.
    let from = cursor.filter(|cursor| *cursor >= DRAWN).map_or(0, |cursor| cursor - DRAWN / 2);
    let mut lines = DetailLines::default();
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
        lines.nodes.push((lines.len()..lines.len() + drawn.len(), place));
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
