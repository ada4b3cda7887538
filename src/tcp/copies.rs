//! Bytes sent again: whether they are those that were reported.

/// The latest reported bytes of all connections, to compare with copies of them: a ring.
#[derive(Debug)]
pub(super) struct Copies {
    ring: Vec<u8>,
    /// How many blocks were written so far.
    written: u64,
    blocks: u64,
}

/// What places in the ring count in.
const BLOCK: usize = 16;

impl Copies {
    /// Remembers about this many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let blocks = (bytes / BLOCK as u64).min(u64::from(u32::MAX / 2));
        Self { ring: Vec::new(), written: 0, blocks }
    }

    /// Keeps `bytes`. Returns where; they stay there until as many were written as the ring has room for.
    fn keep(&mut self, bytes: &[u8]) -> Option<u32> {
        let needed = bytes.len().div_ceil(BLOCK) as u64;
        if needed > self.blocks {
            return None;
        }
        if self.ring.is_empty() {
            self.ring = vec![0; usize::try_from(self.blocks).ok()? * BLOCK];
        }
        let mut at = self.written % self.blocks;
        if at + needed > self.blocks {
            // In one piece: what is left of this round stays unused.
            self.written += self.blocks - at;
            at = 0;
        }
        let place = self.written;
        let start = usize::try_from(at).ok()? * BLOCK;
        self.ring.get_mut(start..start + bytes.len())?.copy_from_slice(bytes);
        self.written += needed;
        #[expect(clippy::cast_possible_truncation, reason = "compared modulo 2^32")]
        Some(place as u32)
    }

    /// The `length` bytes that were kept at `place`, while they are still there.
    fn at(&self, place: u32, length: u32) -> Option<&[u8]> {
        #[expect(clippy::cast_possible_truncation, reason = "compared modulo 2^32")]
        let age = u64::from((self.written as u32).wrapping_sub(place));
        if age > self.blocks || age > self.written {
            return None;
        }
        let start = usize::try_from((self.written - age) % self.blocks).ok()? * BLOCK;
        self.ring.get(start..start + usize::try_from(length).ok()?)
    }
}

/// How many of a direction's latest segments are compared with bytes that are sent again.
pub(crate) const COMPARED_SEGMENTS: usize = 8;

/// The latest reported segments of one direction.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// A ring; those without length are still free.
    segments: [Reported; COMPARED_SEGMENTS],
    at: u8,
}

/// A reported segment, and where its bytes are kept.
#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    /// Modulo 2^32, as sequence numbers are: the latest few are no 4 GiB apart.
    offset: u32,
    length: u32,
    place: u32,
}

/// How a copy differs from what was reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// How many bytes do.
    pub(super) bytes: u64,
    /// The offset after the last of them.
    pub(super) end: u64,
}

impl Difference {
    /// Adds what differs between two copies of the bytes at `offset`, as far as both reach.
    pub(super) fn compare(&mut self, offset: u64, a: &[u8], b: &[u8]) {
        for (at, _) in (offset..).zip(a.iter().zip(b)).filter(|(_, (a, b))| a != b) {
            self.bytes += 1;
            self.end = self.end.max(at + 1);
        }
    }
}

impl Recent {
    /// Remembers reported bytes.
    #[inline]
    pub(super) fn note(&mut self, offset: u64, bytes: &[u8], copies: &mut Copies) {
        let Some(place) = copies.keep(bytes) else { return };
        if let Some(slot) = self.segments.get_mut(usize::from(self.at) % COMPARED_SEGMENTS) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "modulo 2^32; a segment is shorter than 4 GiB"
            )]
            let reported = Reported { offset: offset as u32, length: bytes.len() as u32, place };
            *slot = reported;
        }
        self.at = self.at.wrapping_add(1);
    }

    /// The length of the longest of these segments that ends where so many bytes of the direction are acknowledged, or before.
    pub(super) fn longest_of(&self, acked: u64) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32")]
        let acked = acked as u32;
        let is_acked = |segment: &&Reported| {
            let end = segment.offset.wrapping_add(segment.length);
            segment.length > 0 && acked.wrapping_sub(end).cast_signed() >= 0
        };
        self.segments.iter().filter(is_acked).map(|segment| u64::from(segment.length)).max()
    }

    /// How `bytes`, sent again at `offset`, differ from what was reported, whatever the borders of the two.
    pub(super) fn difference(&self, offset: u64, bytes: &[u8], copies: &Copies) -> Difference {
        let mut found = Difference::default();
        // A keep-alive repeats one byte, and not always the right one (RFC 9293 §3.8.4).
        if bytes.len() <= 1 {
            return found;
        }
        for segment in self.segments.iter().filter(|segment| segment.length > 0) {
            #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32")]
            let ahead = i64::from((offset as u32).wrapping_sub(segment.offset).cast_signed());
            let Some(kept) = copies.at(segment.place, segment.length) else { continue };
            // Where the copy begins in the segment, or the segment in the copy.
            let inside = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
            let (kept, copy) = if ahead >= 0 {
                (kept.get(inside..), Some(bytes))
            } else {
                (Some(kept), bytes.get(inside..))
            };
            let (Some(kept), Some(copy)) = (kept, copy) else { continue };
            found.compare(offset + (bytes.len() - copy.len()) as u64, kept, copy);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(recent: &Recent, copies: &Copies, offset: u64, bytes: &[u8]) -> (u64, u64) {
        let Difference { bytes, end } = recent.difference(offset, bytes, copies);
        (bytes, end)
    }

    #[test]
    fn copies_with_other_borders_are_compared() {
        let (mut recent, mut copies) = (Recent::default(), Copies::new(1024));
        recent.note(100, b"abcdef", &mut copies);
        recent.note(106, b"ghijkl", &mut copies);
        assert_eq!(told(&recent, &copies, 100, b"abcdef"), (0, 0));
        assert_eq!(told(&recent, &copies, 100, b"abcdefghijkl"), (0, 0));
        assert_eq!(told(&recent, &copies, 98, b"??abcdEfgH"), (2, 108));
        assert_eq!(told(&recent, &copies, 104, b"efgh"), (0, 0));
        assert_eq!(told(&recent, &copies, 104, b"eFGh"), (2, 107));
        assert_eq!(told(&recent, &copies, 110, b"kL and what is new"), (1, 112));
        assert_eq!(told(&recent, &copies, 111, b"?"), (0, 0), "a keep-alive");
    }

    #[test]
    fn the_longest_acknowledged_segment_is_known_while_it_is_recent() {
        let (mut recent, mut copies) = (Recent::default(), Copies::new(1024));
        assert_eq!(recent.longest_of(100), None);
        recent.note(100, b"abcdef", &mut copies);
        recent.note(106, b"gh", &mut copies);
        assert_eq!([105, 106, 108].map(|acked| recent.longest_of(acked)), [None, Some(6), Some(6)]);
        for offset in 108..115 {
            recent.note(offset, b"x", &mut copies);
        }
        assert_eq!(recent.longest_of(115), Some(2));
    }

    #[test]
    fn what_was_written_over_is_not_compared() {
        let (mut recent, mut copies) = (Recent::default(), Copies::new(64));
        recent.note(0, b"abcdef", &mut copies);
        for round in 0..3 {
            assert_eq!(told(&recent, &copies, 0, b"XXXXXX").0, 6, "{round}");
            copies.keep(b"others");
        }
        copies.keep(b"others");
        assert_eq!(told(&recent, &copies, 0, b"XXXXXX"), (0, 0));
        assert_eq!(copies.keep(&[0; 65]), None);
    }
}
