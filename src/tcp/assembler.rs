//! One direction's bytes put in order: a pure data structure that knows offsets, holes and nothing else.
//!
//! Offsets count the bytes of the direction from 0 (the byte after the SYN, or the first one captured).

use super::copies::Difference;
use crate::model::{Footprint, Stamp};
use std::collections::BTreeMap;

/// Bytes that wait for earlier ones, or for the bytes of the other side that their sender had already seen.
#[derive(Debug)]
pub(super) struct HeldPiece {
    /// What was captured of them.
    pub(super) bytes: Box<[u8]>,
    /// How many more the snap length cut off after `bytes`.
    pub(super) cut: u64,
    /// The packet that carried them.
    pub(super) stamp: Stamp,
    /// The offset in the other direction that their sender had acknowledged.
    pub(super) needs: u64,
}

impl HeldPiece {
    fn length(&self) -> u64 {
        self.bytes.len() as u64 + self.cut
    }

    /// What it takes of the caps on memory: many small pieces, or cut ones without a byte, cost more than their bytes.
    fn cost(&self) -> u64 {
        const PLACE: u64 = (Footprint::entry::<u64, HeldPiece>() + Footprint::ALLOCATION) as u64;
        self.bytes.len() as u64 + PLACE
    }
}

/// Bytes that the first piece takes besides: a node of the map has room for eleven.
const NODE: u64 = 11 * size_of::<(u64, HeldPiece)>() as u64;

/// The bytes of one direction that are not yet in order.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    next: u64,
    /// By offset, never overlapping, never below `next`.
    held: BTreeMap<u64, HeldPiece>,
    held_cost: u64,
}

impl Assembler {
    /// The offset of the next byte to report.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// How many bytes of memory what is held takes.
    pub(super) fn held_bytes(&self) -> u64 {
        if self.is_empty() { 0 } else { NODE + self.held_cost }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Moves on by `length` bytes that were reported without being held.
    pub(super) const fn advance(&mut self, length: u64) {
        self.next += length;
    }

    /// The offset of the first held piece, and what it needs of the other direction.
    pub(super) fn head(&self) -> Option<(u64, &HeldPiece)> {
        self.held.first_key_value().map(|(offset, piece)| (*offset, piece))
    }

    /// Takes the first held piece where it is the next in order, and moves past it.
    pub(super) fn pop(&mut self) -> Option<HeldPiece> {
        let entry = self.held.first_entry().filter(|entry| *entry.key() == self.next)?;
        let piece = entry.remove();
        if self.held.is_empty() {
            // An empty map keeps the room of its last pieces, a kilobyte.
            self.held = BTreeMap::new();
        }
        self.held_cost -= piece.cost();
        self.next += piece.length();
        Some(piece)
    }

    /// Gives up on the bytes before `offset`, which must not lie beyond the first held piece.
    pub(super) fn skip_to(&mut self, offset: u64) {
        debug_assert!(self.head().is_none_or(|(head, _)| offset <= head));
        self.next = self.next.max(offset);
    }

    /// Nothing was reported yet, and the stream turns out to begin this many bytes earlier.
    pub(super) fn shift(&mut self, ahead: u64) {
        self.held =
            std::mem::take(&mut self.held).into_iter().map(|(at, piece)| (at + ahead, piece)).collect();
    }

    /// Lets `place` change what each held piece needs of the other direction.
    pub(super) fn place(&mut self, mut place: impl FnMut(&mut u64)) {
        self.held.values_mut().for_each(|piece| place(&mut piece.needs));
    }

    /// The offset behind all that was captured, whatever is missing before it.
    pub(super) fn reach(&self) -> u64 {
        self.held.last_key_value().map_or(self.next, |(offset, piece)| offset + piece.length())
    }

    /// Whether all `length` bytes from `offset` on are held.
    pub(super) fn holds(&self, offset: u64, length: u64) -> bool {
        let end = offset + length;
        let first = self.held.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
        let reached = self
            .held
            .range(first..end)
            .try_fold(offset, |at, (start, piece)| (*start <= at).then(|| at.max(*start + piece.length())));
        length > 0 && reached.is_some_and(|reached| reached >= end)
    }

    /// Lets go of everything held.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.held_cost = 0;
    }

    /// Holds what is new of `bytes` (and of the `cut` ones after them), which begin at `offset`.
    ///
    /// Where they overlap with held bytes the first to come stay. Returns which overlapping bytes differed.
    pub(super) fn hold(
        &mut self,
        offset: u64,
        bytes: &[u8],
        cut: u64,
        stamp: Stamp,
        needs: u64,
    ) -> Difference {
        let end = offset + bytes.len() as u64 + cut;
        let mut at = offset.max(self.next);
        let mut conflicts = Difference::default();
        // A held piece that begins before `at` may reach into the new range.
        let from = self.held.range(..=at).next_back().map_or(at, |(start, _)| *start);
        let occupied: Vec<(u64, u64)> =
            self.held.range(from..end).map(|(start, piece)| (*start, *start + piece.length())).collect();
        for (start, stop) in occupied {
            if at < start {
                self.insert(at, start, offset, bytes, stamp, needs);
            }
            if let Some(piece) = self.held.get(&start) {
                differing(&piece.bytes, start, bytes, offset, &mut conflicts);
            }
            at = at.max(stop);
        }
        if at < end {
            self.insert(at, end, offset, bytes, stamp, needs);
        }
        conflicts
    }

    /// Inserts the part `from..to` of a segment whose captured `bytes` begin at `offset`.
    fn insert(&mut self, from: u64, to: u64, offset: u64, bytes: &[u8], stamp: Stamp, needs: u64) {
        let captured_end = offset + bytes.len() as u64;
        let slice = slice(bytes, from - offset, to.min(captured_end).saturating_sub(offset));
        let cut = to - from - slice.len() as u64;
        let piece = HeldPiece { bytes: slice.into(), cut, stamp, needs };
        self.held_cost += piece.cost();
        self.held.insert(from, piece);
    }
}

/// The part `from..to` of `bytes`, as far as it exists.
fn slice(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else { return &[] };
    bytes.get(from..to.min(bytes.len())).unwrap_or_default()
}

/// Adds which bytes differ where `a`, which begins at offset `a_at`, and `b`, which begins at `b_at`, overlap.
fn differing(a: &[u8], a_at: u64, b: &[u8], b_at: u64, found: &mut Difference) {
    let from = a_at.max(b_at);
    let to = (a_at + a.len() as u64).min(b_at + b.len() as u64);
    if from >= to {
        return;
    }
    let (a, b) = (slice(a, from - a_at, to - a_at), slice(b, from - b_at, to - b_at));
    found.compare(from, a, b);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lies where: held text, `.` for a hole, `-` for a cut byte.
    fn picture(assembler: &Assembler) -> String {
        let mut text = ".".repeat(usize::try_from(assembler.next()).unwrap());
        for (offset, piece) in &assembler.held {
            while (text.len() as u64) < *offset {
                text.push('.');
            }
            text.push_str(std::str::from_utf8(&piece.bytes).unwrap());
            text.push_str(&"-".repeat(usize::try_from(piece.cut).unwrap()));
        }
        text
    }

    fn held(segments: &[(u64, &str, u64)]) -> (Assembler, u64) {
        let mut assembler = Assembler::default();
        let mut conflicts = 0;
        for (offset, text, cut) in segments {
            conflicts += assembler.hold(*offset, text.as_bytes(), *cut, Stamp::default(), 0).bytes;
        }
        (assembler, conflicts)
    }

    #[test]
    fn the_first_to_come_stays_and_conflicts_are_counted() {
        let (assembler, conflicts) = held(&[(2, "cd", 0), (6, "gh", 0), (0, "abXdefgY", 0)]);
        assert_eq!(picture(&assembler), "abcdefgh");
        assert_eq!(conflicts, 2);
    }

    #[test]
    fn holes_stay_until_filled() {
        let (mut assembler, _) = held(&[(3, "def", 0), (8, "i", 0)]);
        assert_eq!(picture(&assembler), "...def..i");
        assert!(assembler.pop().is_none());
        assembler.hold(0, b"abcd", 0, Stamp::default(), 0);
        let popped: Vec<u8> = std::iter::from_fn(|| assembler.pop()).flat_map(|piece| piece.bytes).collect();
        assert_eq!(popped, b"abcdef");
        assembler.skip_to(8);
        assert_eq!(assembler.pop().unwrap().bytes.as_ref(), b"i");
        assert_eq!((assembler.next(), assembler.held_bytes()), (9, 0));
    }

    #[test]
    fn cut_bytes_take_their_place() {
        let (assembler, _) = held(&[(0, "ab", 3), (5, "fg", 0), (1, "bcdefgh", 0)]);
        assert_eq!(picture(&assembler), "ab---fgh");
    }

    #[test]
    fn a_segment_inside_a_held_one_adds_nothing() {
        let (assembler, conflicts) = held(&[(1, "bcdef", 0), (2, "cd", 0), (2, "cX", 0)]);
        assert_eq!(picture(&assembler), ".bcdef");
        assert_eq!((conflicts, assembler.held.len()), (1, 1));
    }

    #[test]
    fn pieces_without_a_captured_byte_count_as_well() {
        let (mut assembler, _) = held(&[(3, "", 4), (9, "", 2), (11, "a", 0)]);
        assert!(assembler.held_bytes() >= 3 * size_of::<(u64, HeldPiece)>() as u64);
        assembler.skip_to(3);
        assembler.pop();
        assembler.skip_to(9);
        while assembler.pop().is_some() {}
        assert_eq!(assembler.held_bytes(), 0);
    }
}
