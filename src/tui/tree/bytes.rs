//! Bytes that are taken from the front, and the lines that come of them.

use super::leaf::{DEEPEST, Leaf, MOST};
use crate::model::Escaped;

/// What is left of a payload, and the tree so far.
pub(super) struct PayloadReader<'a> {
    rest: &'a [u8],
    pub(super) leaves: Vec<Leaf>,
}

impl<'a> PayloadReader<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, leaves: Vec::new() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn first(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next bytes.
    pub(super) fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of this many bytes, the most significant first.
    pub(super) fn number(&mut self, bytes: u64) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Adds a line, unless there are too many, or it is too deep.
    pub(super) fn add(&mut self, depth: usize, text: String) -> Option<()> {
        if depth > DEEPEST || self.leaves.len() >= MOST {
            return None;
        }
        self.leaves.push((depth, text));
        Some(())
    }

    /// The tree, if nothing is left.
    pub(super) fn whole(self) -> Option<Vec<Leaf>> {
        self.rest.is_empty().then_some(self.leaves)
    }
}

/// A text as it is shown.
pub(super) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", Escaped(bytes))
}

/// Bytes in hexadecimal, as many as tell something.
pub(super) fn in_hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 32;
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!(
        "{} bytes {}{more}",
        bytes.len(),
        hex::encode(bytes.get(..bytes.len().min(SHOWN)).unwrap_or_default())
    )
}
