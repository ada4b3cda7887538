//! What is remembered of each stream (RFC 9113 §5.1).

use super::StreamId;
use super::window::Window;
use crate::model::{Footprint, Peer, PerPeer, Stamp};
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
    /// How far the windows of all streams had been shifted when that was last applied to this one.
    shifted: PerPeer<i64>,
    /// How often the connection's bytes of each side had been lost when this stream last heard of that.
    pub(super) losses: PerPeer<u32>,
    /// Its DATA frames so far, where they are told; boxed, as few readings want to know.
    pub(super) data: Option<Box<PerPeer<DataCount>>>,
}

/// DATA frames of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DataCount {
    pub(super) frames: u64,
    /// Bytes of their content.
    pub(super) content: u64,
}

/// The streams of a connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<StreamId, Stream>,
    /// The highest number so far.
    highest: StreamId,
    /// How far the windows of what each side sends were shifted so far, all of them, and by which packet last. Each stream takes
    /// that over when it is looked at: a peer that announces windows again and again does not make work of all streams.
    shift: PerPeer<Shift>,
}

/// A change of all windows.
#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    by: i64,
    stamp: Stamp,
}

impl Stream {
    /// A stream with these windows, whose sides' bytes were lost so often before it began.
    pub(super) fn new(window: PerPeer<Window>, losses: PerPeer<u32>) -> Self {
        Self {
            headed: PerPeer::default(),
            ended: PerPeer::default(),
            window,
            shifted: PerPeer::default(),
            losses,
            data: None,
        }
    }

    /// Takes over how far all windows were shifted.
    fn catch_up(&mut self, shift: &PerPeer<Shift>) {
        for peer in Peer::BOTH {
            let Shift { by, stamp } = *shift.of(peer);
            let before = std::mem::replace(self.shifted.of_mut(peer), by);
            if by != before {
                self.window.of_mut(peer).change(by.saturating_sub(before), stamp);
            }
        }
    }

    /// The sides change their roles.
    pub(super) const fn flip(&mut self) {
        const fn swap<T>(PerPeer { client, server }: &mut PerPeer<T>) {
            std::mem::swap(client, server);
        }
        swap(&mut self.headed);
        swap(&mut self.ended);
        swap(&mut self.window);
        swap(&mut self.shifted);
        swap(&mut self.losses);
        if let Some(data) = &mut self.data {
            swap(data);
        }
    }
}

impl Streams {
    /// Bytes of memory they take, roughly.
    pub(super) fn memory(&self) -> usize {
        self.open.len() * Footprint::entry::<StreamId, Stream>()
    }

    pub(super) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.open.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        let stream = self.open.get_mut(&id)?;
        stream.catch_up(&self.shift);
        Some(stream)
    }

    /// The windows of what `sender` sends change on all streams.
    pub(super) const fn shift(&mut self, sender: Peer, by: i64, stamp: Stamp) {
        let shift = self.shift.of_mut(sender);
        *shift = Shift { by: shift.by.saturating_add(by), stamp };
    }

    /// The sides change their roles.
    pub(super) fn flip(&mut self) {
        let PerPeer { client, server } = &mut self.shift;
        std::mem::swap(client, server);
        self.open.values_mut().for_each(Stream::flip);
    }

    /// Whether the stream was open once, and is not any more, as far as its number tells.
    pub(super) fn is_past(&self, id: StreamId) -> bool {
        id <= self.highest && !self.open.contains_key(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn insert(&mut self, id: StreamId, mut stream: Stream) {
        // Its windows are as wide as was announced last.
        stream.shifted = PerPeer { client: self.shift.client.by, server: self.shift.server.by };
        self.highest = self.highest.max(id);
        self.open.insert(id, stream);
    }

    pub(super) fn remove(&mut self, id: StreamId) {
        self.open.remove(&id);
    }

    /// Whether all that are open are like that.
    pub(super) fn all(&mut self, is_so: impl Fn(&Stream) -> bool) -> bool {
        let Self { open, shift, .. } = self;
        open.values_mut().all(|stream| {
            stream.catch_up(shift);
            is_so(stream)
        })
    }

    /// The numbers of all open ones.
    pub(super) fn ids(&self) -> Vec<StreamId> {
        self.open.keys().copied().collect()
    }
}
