//! Rows filtered and sorted a piece at a time: a key is answered meanwhile, however many there are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::vec::IntoIter;

/// Rows that are looked at in one step: some milliseconds, with a filter.
const LOOKED: usize = 4096;

/// Rows that are merged in one step.
const MERGED: usize = 16_384;

/// Why rows are made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The user asked for another order or other rows.
    Asked,
    /// There is more of the capture.
    Grown,
}

/// An order in the making. Rows with equal keys stay in their order.
#[derive(Debug)]
pub(super) struct Order<K> {
    /// The next row to look at, and the one after the last.
    next: usize,
    end: usize,
    /// Sorted pieces.
    pieces: Vec<IntoIter<(K, usize)>>,
    /// The first row of each piece that has any left.
    heads: BinaryHeap<Reverse<(K, usize, usize)>>,
    rows: Vec<usize>,
}

impl<K: Ord> Order<K> {
    /// For this many rows.
    pub(super) const fn new(rows: usize) -> Self {
        Self { next: 0, end: rows, pieces: Vec::new(), heads: BinaryHeap::new(), rows: Vec::new() }
    }

    /// Takes a step. `key` tells where a row belongs; a row without a key belongs nowhere. Returns whether that was the
    /// last one.
    pub(super) fn step(&mut self, mut key: impl FnMut(usize) -> Option<K>) -> bool {
        if self.next < self.end {
            let end = self.end.min(self.next + LOOKED);
            let mut piece: Vec<(K, usize)> =
                (self.next..end).filter_map(|row| Some((key(row)?, row))).collect();
            piece.sort_unstable();
            self.pieces.push(piece.into_iter());
            self.next = end;
            if end < self.end {
                return false;
            }
            (0..self.pieces.len()).for_each(|piece| self.advance(piece));
        }
        for _ in 0..MERGED {
            let Some(Reverse((_, row, piece))) = self.heads.pop() else { return true };
            self.rows.push(row);
            self.advance(piece);
        }
        self.heads.is_empty()
    }

    fn advance(&mut self, at: usize) {
        if let Some((key, row)) = self.pieces.get_mut(at).and_then(Iterator::next) {
            self.heads.push(Reverse((key, row, at)));
        }
    }

    /// The rows in order, after the last step.
    pub(super) fn into_rows(self) -> Vec<usize> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_give_what_one_sort_would() {
        for rows in [0, 1, LOOKED, LOOKED + 1, 200_000] {
            let key = |row: usize| (row % 7 != 3).then_some(row.wrapping_mul(2_654_435_761) % 1009);
            let mut order = Order::new(rows);
            let mut steps = 1;
            while !order.step(key) {
                steps += 1;
            }
            let mut expected: Vec<usize> = (0..rows).filter(|row| key(*row).is_some()).collect();
            expected.sort_by_key(|row| key(*row));
            assert_eq!(order.into_rows(), expected);
            assert!(steps <= rows / LOOKED + rows / MERGED + 2, "{steps} steps for {rows} rows");
            // Short lists are there at once.
            assert!(rows > LOOKED || steps == 1);
        }
    }
}
