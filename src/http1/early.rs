//! What a client sends before its request is answered: frames, if the answer lets it in.

use crate::model::{Chunk, Footprint, HeldChunk, LayerShortage, Peer, Stamp};
use crate::ws::Start;

/// Bytes of memory that a list of bytes that wait takes besides itself.
pub(super) fn memory_of(held: &Vec<HeldChunk>) -> usize {
    let spare = (held.capacity() - held.len()) * size_of::<HeldChunk>();
    let list = if held.capacity() == 0 { 0 } else { spare + Footprint::ALLOCATION };
    list + held.iter().map(HeldChunk::memory).sum::<usize>()
}

/// What a client sent early, as far as it is kept.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// What came last, without a hole in it.
    held: Vec<HeldChunk>,
    /// How many bytes came, kept or not.
    pub(crate) bytes: u64,
    /// The packet with the first of them.
    pub(crate) first: Option<Stamp>,
    /// Some that came before what is held are lost.
    is_lossy: bool,
}

impl Early {
    /// Keeps more, unless with that more than `most` bytes have come. Returns the cap if they are the first beyond it.
    pub(crate) fn keep(&mut self, chunk: Chunk<'_>, most: u64) -> Option<LayerShortage> {
        let had = self.bytes;
        self.bytes += chunk.bytes.len() as u64;
        self.first.get_or_insert(chunk.stamp);
        if self.bytes <= most {
            self.held.push(chunk.hold(Peer::Client));
            return None;
        }
        self.lose();
        (had <= most).then_some(LayerShortage::EarlyBytes)
    }

    /// What was sent up to here is lost, or some of it: whatever it was is looked for in what comes next.
    pub(crate) fn lose(&mut self) {
        self.held = Vec::new();
        self.is_lossy = true;
    }

    /// Whether nothing is kept.
    pub(crate) const fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether it is nothing but line ends and blanks: an empty line behind a request is no frame, and servers ignore it
    /// (RFC 9112 §2.2).
    pub(crate) fn is_blank(&self) -> bool {
        let is_blank =
            |held: &HeldChunk| held.chunk().bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' '));
        !self.is_lossy && self.held.iter().all(is_blank)
    }

    /// Where frames begin in it, or behind it.
    pub(crate) const fn start(&self) -> Start {
        if self.is_lossy { Start::AfterGap } else { Start::Frame }
    }

    /// What is kept, in the order in which it came. From here on nothing has come.
    pub(crate) fn take(&mut self) -> Vec<HeldChunk> {
        std::mem::take(self).held
    }

    /// Bytes of memory it takes.
    pub(crate) fn memory(&self) -> usize {
        memory_of(&self.held)
    }
}
