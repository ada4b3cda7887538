//! What a client sends before its request is answered: frames, if the answer lets it in.

use crate::model::{Chunk, Footprint, HeldChunk, LayerShortage, Peer, Said, Stamp};
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
    /// Where the first of them were said.
    first: Option<Said>,
    /// Some that came before what is held are lost.
    is_lossy: bool,
}

impl Early {
    /// Keeps more, unless with that more than `most` bytes have come. Returns the cap if they are the first beyond it.
    pub(crate) fn keep(&mut self, chunk: Chunk<'_>, most: u64) -> Option<LayerShortage> {
        let had = self.bytes;
        self.bytes += chunk.bytes.len() as u64;
        self.first.get_or_insert(chunk.said());
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

    /// The packet with the first of it, if that was sent before this `answer` had come.
    pub(crate) fn sent_before(&self, answer: &Said) -> Option<Stamp> {
        self.first.filter(|first| first.precedes(answer)).map(|first| first.stamp)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Extent, PacketNumber};

    #[test]
    fn what_acknowledges_the_answer_was_not_sent_before_it() {
        let at = |packet| Stamp { packet: PacketNumber(packet), ..Stamp::default() };
        let answer = Said { stamp: at(5), place: Extent::new(0, 100).acknowledging(40).place() };
        for (packet, start, acknowledged, is_early) in [
            (4, 50, 100, false),
            (4, 50, 99, true),
            // The answer acknowledges it.
            (6, 30, 0, true),
            // Neither says anything of the other one.
            (4, 50, 0, true),
            (6, 50, 0, false),
        ] {
            let mut early = Early::default();
            let extent = Extent::new(start, 8).acknowledging(acknowledged);
            early.keep(Chunk { bytes: &[0; 8], stamp: at(packet), extent }, 100);
            let told = early.sent_before(&answer);
            assert_eq!(told, is_early.then(|| at(packet)), "packet {packet} acknowledges {acknowledged}");
        }
    }
}
