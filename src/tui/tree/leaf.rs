//! What trees consist of.

/// A line of a tree, and how deep it is.
pub(in crate::tui) type Leaf = (usize, String);

/// Levels after which a payload is taken for none of these formats.
pub(super) const DEEPEST: usize = 32;

/// Lines after which nobody reads on.
pub(super) const MOST: usize = 20_000;
