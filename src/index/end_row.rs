//! How a side ended TCP, as a row among the frames and messages.

use super::packed::PackedStamp;
use crate::findings::{EndKind, StreamEnd};
use crate::model::{Peer, Stamp};

/// What is remembered of the end of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndRow {
    stamp: PackedStamp,
    /// Frames, and messages, that had ended before.
    frames: u32,
    messages: u32,
    /// The side that ended it, or the one in whose name something in between did.
    pub from: Peer,
    /// What it did.
    pub kind: EndKind,
}

impl EndRow {
    /// The row of `end`, before which so many frames and messages had ended.
    pub(super) fn new(end: &StreamEnd, frames: usize, messages: usize) -> Self {
        let short = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            stamp: end.stamp.into(),
            frames: short(frames),
            messages: short(messages),
            from: end.from,
            kind: end.kind,
        }
    }

    /// The packet that ended it, without its place in the file.
    pub const fn stamp(&self) -> Stamp {
        self.stamp.stamp()
    }

    /// How many frames had ended before.
    pub const fn frames_before(&self) -> usize {
        self.frames as usize
    }

    /// How many messages had ended before.
    pub const fn messages_before(&self) -> usize {
        self.messages as usize
    }
}
