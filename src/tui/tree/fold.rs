//! Folding a tree: by levels, and node by node.

use super::leaf::Leaf;
use crate::tui::action::Motion;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The level from which the first fold begins.
const LEVELS: usize = 4;

/// What of a tree is folded, and where its cursor is. Nodes are known by their lines in the whole tree.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Folds {
    /// Nodes from this level on are folded; none of them without one.
    level: Option<usize>,
    /// Those that were folded or unfolded one by one since.
    turned: BTreeSet<usize>,
    cursor: usize,
}

/// A line of a tree as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Node {
    /// Its line in the whole tree.
    at: usize,
    pub(in super::super) depth: usize,
    pub(in super::super) text: String,
    pub(in super::super) state: NodeState,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum NodeState {
    /// There is nothing below it.
    Leaf,
    Unfolded,
    Folded,
}

impl Folds {
    /// Another tree is shown: its nodes are folded as the level says.
    pub(in super::super) fn forget_nodes(&mut self) {
        self.turned.clear();
        self.cursor = 0;
    }

    /// Folds by a level. Returns what is folded now, in words.
    pub(in super::super) fn fold_level(&mut self) -> String {
        self.set_level(Some(self.level.unwrap_or(LEVELS).saturating_sub(1)))
    }

    /// Unfolds by a level. Returns what is folded now, in words.
    pub(in super::super) fn unfold_level(&mut self) -> String {
        self.set_level(self.level.map(|level| level + 1).filter(|level| *level < LEVELS))
    }

    fn set_level(&mut self, level: Option<usize>) -> String {
        self.level = level;
        self.turned.clear();
        level.map_or_else(|| "all levels".to_owned(), |level| format!("folded below level {level}"))
    }

    fn is_folded(&self, at: usize, depth: usize) -> bool {
        self.level.is_some_and(|level| depth >= level) != self.turned.contains(&at)
    }

    /// The lines that are shown: a folded node says how many nodes are in it.
    pub(in super::super) fn nodes(&self, leaves: &[Leaf]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = 0;
        while let Some((depth, text)) = leaves.get(at) {
            let below = leaves.iter().skip(at + 1).take_while(|(inner, _)| inner > depth).count();
            let mut node = Node { at, depth: *depth, text: text.clone(), state: NodeState::Leaf };
            at += 1;
            if below > 0 {
                node.state = NodeState::Unfolded;
            }
            if below > 0 && self.is_folded(node.at, *depth) {
                node.state = NodeState::Folded;
                let is_inside = |(inner, text): &&Leaf| *inner == depth + 1 && !text.starts_with(['}', ']']);
                let inside = leaves.iter().skip(at).take(below).filter(is_inside).count();
                // Writing to a String cannot fail.
                let _ = write!(node.text, " …{inside}");
                at += below;
                // The bracket that closes it needs no line of its own.
                if let Some((_, closing)) = leaves.get(at).filter(|(_, text)| text.starts_with(['}', ']'])) {
                    node.text.push(' ');
                    node.text.push_str(closing);
                    at += 1;
                }
            }
            nodes.push(node);
        }
        nodes
    }

    /// Which of these nodes has the cursor: the one that was chosen, or the one it is folded into.
    pub(in super::super) fn cursor(&self, nodes: &[Node]) -> usize {
        nodes.partition_point(|node| node.at <= self.cursor).saturating_sub(1)
    }

    /// Moves the cursor. Returns whether there was a node to move it to.
    pub(in super::super) fn go(&mut self, nodes: &[Node], motion: Motion, page: usize) -> bool {
        let place = self.cursor(nodes);
        let Some(node) = nodes.get(motion.from(place, nodes.len(), page)) else { return false };
        let is_moved = nodes.get(place).is_some_and(|before| before.at != node.at);
        self.cursor = node.at;
        is_moved
    }

    /// Puts the cursor on a node, and folds or unfolds it if there is something below it.
    pub(in super::super) fn click(&mut self, nodes: &[Node], place: usize) {
        let Some(node) = nodes.get(place) else { return };
        self.cursor = node.at;
        if node.state != NodeState::Leaf {
            self.turn(nodes);
        }
    }

    /// Folds or unfolds the node at the cursor; where there is nothing below it, the one it is in.
    pub(in super::super) fn turn(&mut self, nodes: &[Node]) {
        let place = self.cursor(nodes);
        let Some(here) = nodes.get(place) else { return };
        let is_around =
            |node: &&Node| node.at == here.at && node.state != NodeState::Leaf || node.depth < here.depth;
        let Some(node) = nodes.iter().take(place + 1).rev().find(is_around) else { return };
        self.cursor = node.at;
        if !self.turned.remove(&node.at) {
            self.turned.insert(node.at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(lines: &[(usize, &str)]) -> Vec<Leaf> {
        lines.iter().map(|(depth, text)| (*depth, (*text).to_owned())).collect()
    }

    fn texts(folds: &Folds, leaves: &[Leaf]) -> Vec<String> {
        folds.nodes(leaves).into_iter().map(|node| node.text).collect()
    }

    #[test]
    fn trees_are_folded_by_levels() {
        let leaves = leaves(&[(0, "a"), (1, "b"), (2, "c"), (2, "d"), (1, "e")]);
        let mut folds = Folds::default();
        assert_eq!(texts(&folds, &leaves), ["a", "b", "c", "d", "e"]);
        (0..3).for_each(|_| drop(folds.fold_level()));
        assert_eq!(texts(&folds, &leaves), ["a", "b …2", "e"]);
        folds.fold_level();
        assert_eq!(texts(&folds, &leaves), ["a …2"]);
        (0..4).for_each(|_| drop(folds.unfold_level()));
        assert_eq!(texts(&folds, &leaves), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn any_node_is_folded_and_unfolded_at_the_cursor() {
        let leaves = leaves(&[
            (0, "{"),
            (1, "\"a\": {"),
            (2, "1"),
            (1, "},"),
            (1, "\"b\": ["),
            (2, "2"),
            (1, "]"),
            (0, "}"),
        ]);
        let mut folds = Folds::default();
        let go = |folds: &mut Folds, motion| folds.go(&folds.nodes(&leaves), motion, 10);
        let turn = |folds: &mut Folds| folds.turn(&folds.nodes(&leaves));
        assert!(go(&mut folds, Motion::Down));
        turn(&mut folds);
        assert_eq!(texts(&folds, &leaves), ["{", "\"a\": { …1 },", "\"b\": [", "2", "]", "}"]);
        assert!(go(&mut folds, Motion::Down) && go(&mut folds, Motion::Down));
        // What holds nothing folds what it is in, and the cursor goes there.
        turn(&mut folds);
        assert_eq!(texts(&folds, &leaves), ["{", "\"a\": { …1 },", "\"b\": [ …1 ]", "}"]);
        assert_eq!(folds.cursor(&folds.nodes(&leaves)), 2);
        turn(&mut folds);
        assert!(go(&mut folds, Motion::Last) && !go(&mut folds, Motion::Down));
        assert!(go(&mut folds, Motion::First) && !go(&mut folds, Motion::Up));
        // A level folds all alike, but for the node that is unfolded afterwards.
        (0..4).for_each(|_| drop(folds.fold_level()));
        turn(&mut folds);
        assert_eq!(texts(&folds, &leaves), ["{", "\"a\": { …1 },", "\"b\": [ …1 ]", "}"]);
        folds.forget_nodes();
        assert_eq!(texts(&folds, &leaves), ["{ …2 }"]);
    }
}
