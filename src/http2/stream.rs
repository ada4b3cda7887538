//! What is remembered of each stream (RFC 9113 §5.1).

use super::StreamId;
use super::window::Window;
use crate::model::PerPeer;
use std::collections::BTreeMap;

/// A stream that is not over.
#[derive(Debug)]
pub(super) struct Stream {
    /// Who sent a head of it, other than an interim one.
    pub(super) headed: PerPeer<bool>,
    /// Who will send nothing more.
    pub(super) ended: PerPeer<bool>,
    /// What each side may still send.
    pub(super) window: PerPeer<Window>,
    /// How often the connection's bytes of each side had been lost when this stream last heard of that.
    pub(super) losses: PerPeer<u32>,
}

/// The streams of a connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<StreamId, Stream>,
    /// The highest number so far.
    highest: StreamId,
}

impl Streams {
    /// Bytes of memory they take, roughly.
    pub(super) fn memory(&self) -> usize {
        /// A stream's part of a node of the map, which is two thirds full.
        const EACH: usize = (size_of::<Stream>() + size_of::<StreamId>()) * 3 / 2;
        self.open.len() * EACH
    }

    pub(super) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.open.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.open.get_mut(&id)
    }

    /// Whether the stream was open once, and is not any more, as far as its number tells.
    pub(super) fn is_past(&self, id: StreamId) -> bool {
        id <= self.highest && !self.open.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn insert(&mut self, id: StreamId, stream: Stream) {
        self.highest = self.highest.max(id);
        self.open.insert(id, stream);
    }

    pub(super) fn remove(&mut self, id: StreamId) {
        self.open.remove(&id);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (StreamId, &Stream)> {
        self.open.iter().map(|(id, stream)| (*id, stream))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (StreamId, &mut Stream)> {
        self.open.iter_mut().map(|(id, stream)| (*id, stream))
    }

    /// The numbers of all open ones.
    pub(super) fn ids(&self) -> Vec<StreamId> {
        self.open.keys().copied().collect()
    }
}
