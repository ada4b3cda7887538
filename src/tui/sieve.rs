//! Which rows of a long list a filter lets through, in little more than a bit a row.

/// Rows let through, found by their place in either list.
#[derive(Clone, Debug, Default)]
pub(super) struct Sieve {
    /// A bit for each row, set if it is let through.
    bits: Vec<u64>,
    /// How many are let through before each 64 rows.
    before: Vec<u32>,
    looked: usize,
    kept: usize,
}

const WORD: usize = 64;

impl Sieve {
    /// How many rows were looked at.
    pub(super) const fn looked(&self) -> usize {
        self.looked
    }

    /// How many of them were let through.
    pub(super) const fn len(&self) -> usize {
        self.kept
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, is_let_through: bool) {
        let at = self.looked % WORD;
        if at == 0 {
            self.bits.push(0);
            self.before.push(u32::try_from(self.kept).unwrap_or(u32::MAX));
        }
        if let Some(word) = self.bits.last_mut() {
            *word |= u64::from(is_let_through) << at;
        }
        self.looked += 1;
        self.kept += usize::from(is_let_through);
    }

    /// Where the row stands that is let through as number `at`, from 0.
    pub(super) fn place(&self, at: usize) -> Option<usize> {
        if at >= self.kept {
            return None;
        }
        let word = self.before.partition_point(|before| *before as usize <= at).checked_sub(1)?;
        let mut bits = *self.bits.get(word)?;
        for _ in *self.before.get(word)? as usize..at {
            bits &= bits - 1;
        }
        Some(word * WORD + bits.trailing_zeros() as usize)
    }

    /// How many of the rows before this place are let through.
    pub(super) fn before(&self, place: usize) -> usize {
        match (self.bits.get(place / WORD), self.before.get(place / WORD)) {
            (Some(bits), Some(before)) => {
                let earlier = bits & ((1 << (place % WORD)) - 1);
                *before as usize + earlier.count_ones() as usize
            }
            _ => self.kept,
        }
    }

    /// As which number a row is let through, from 0.
    pub(super) fn at(&self, place: usize) -> Option<usize> {
        let word = place / WORD;
        let (bits, before) = (*self.bits.get(word)?, *self.before.get(word)?);
        let bit = 1 << (place % WORD);
        (bits & bit != 0).then(|| before as usize + (bits & (bit - 1)).count_ones() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_let_through_is_found_by_either_place() {
        for rows in [0, 1, 63, 64, 65, 10_000] {
            for every in [1, 2, 63, 64, 65, 300] {
                let mut sieve = Sieve::default();
                (0..rows).for_each(|row| sieve.push(row % every == every - 1));
                let kept: Vec<usize> = (0..rows).filter(|row| row % every == every - 1).collect();
                assert_eq!((sieve.looked(), sieve.len()), (rows, kept.len()));
                assert_eq!((0..=kept.len()).map_while(|at| sieve.place(at)).collect::<Vec<_>>(), kept);
                for place in 0..rows + 100 {
                    assert_eq!(sieve.before(place), kept.iter().filter(|kept| **kept < place).count());
                    assert_eq!(sieve.at(place), kept.iter().position(|kept| *kept == place));
                }
            }
        }
    }
}
