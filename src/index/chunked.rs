//! A list that grows without ever needing room for two copies of itself.

use std::ops::Range;

/// Rows in one full chunk.
const CHUNK: usize = 1024;

/// A list in chunks of equal length. Only its last chunk is ever copied, and only while it is the first one: a short
/// list holds hardly more room than it needs, a long one grows by whole chunks.
#[derive(Clone, Debug)]
pub(super) struct Chunked<T> {
    /// Boxed: most lists have none.
    #[expect(clippy::box_collection, reason = "a third of the place, where there is nothing")]
    full: Option<Box<Vec<Vec<T>>>>,
    tail: Vec<T>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { full: None, tail: Vec::new() }
    }
}

impl<T> Chunked<T> {
    pub(super) fn push(&mut self, row: T) {
        if self.tail.len() == CHUNK {
            self.full.get_or_insert_default().push(std::mem::take(&mut self.tail));
        }
        if self.tail.len() == self.tail.capacity() {
            let more = if self.full.is_none() {
                (self.tail.len() / 8).clamp(1, CHUNK - self.tail.len())
            } else {
                CHUNK
            };
            self.tail.reserve_exact(more);
        }
        self.tail.push(row);
    }

    pub(super) fn len(&self) -> usize {
        self.chunks() * CHUNK + self.tail.len()
    }

    pub(super) fn at(&self, index: usize) -> Option<&T> {
        let full = self.full.as_ref().and_then(|full| full.get(index / CHUNK));
        full.unwrap_or(&self.tail).get(self.inside(index))
    }

    pub(super) fn at_mut(&mut self, index: usize) -> Option<&mut T> {
        let inside = self.inside(index);
        let full = self.full.as_mut().and_then(|full| full.get_mut(index / CHUNK));
        full.unwrap_or(&mut self.tail).get_mut(inside)
    }

    /// How many chunks are full.
    fn chunks(&self) -> usize {
        self.full.as_ref().map_or(0, |full| full.len())
    }

    /// The place in its chunk; one past the end if there is no such chunk.
    fn inside(&self, index: usize) -> usize {
        if index / CHUNK <= self.chunks() { index % CHUNK } else { CHUNK }
    }

    /// Bytes allocated.
    pub(super) fn bytes_held(&self) -> usize {
        let listed = self.full.as_ref().map_or(0, |full| (full.capacity() + 1) * size_of::<Vec<T>>());
        (self.chunks() * CHUNK + self.tail.capacity()) * size_of::<T>() + listed
    }
}

/// Rows to look at, in order; a row is a copy.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a, T>(Option<&'a Chunked<T>>);

impl<'a, T: Copy> Rows<'a, T> {
    pub(super) const fn new(rows: Option<&'a Chunked<T>>) -> Self {
        Self(rows)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.map_or(0, Chunked::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<T> {
        self.0?.at(index).copied()
    }

    /// All of them, from either end.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + 'a
    where
        T: 'a,
    {
        Walk { rows: self, left: 0..self.len() }
    }

    /// Those in `range`, as far as they exist, from either end.
    pub fn range(self, range: Range<usize>) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + 'a
    where
        T: 'a,
    {
        let end = range.end.min(self.len());
        Walk { rows: self, left: range.start.min(end)..end }
    }
}

/// What is listed, in order, to look at where it is.
#[derive(Debug)]
pub struct RowRefs<'a, T>(&'a Chunked<T>);

impl<T> Clone for RowRefs<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RowRefs<'_, T> {}

impl<'a, T> RowRefs<'a, T> {
    pub(super) const fn new(list: &'a Chunked<T>) -> Self {
        Self(list)
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The one at `index`, from 0.
    pub fn get(self, index: usize) -> Option<&'a T> {
        self.0.at(index)
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = &'a T> {
        self.from(0)
    }

    /// Those from `index` on.
    pub fn from(self, index: usize) -> impl Iterator<Item = &'a T> {
        (index..self.len()).filter_map(move |at| self.get(at))
    }
}

struct Walk<'a, T> {
    rows: Rows<'a, T>,
    left: Range<usize>,
}

impl<T: Copy> Iterator for Walk<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.rows.get(self.left.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl<T: Copy> DoubleEndedIterator for Walk<'_, T> {
    fn next_back(&mut self) -> Option<T> {
        self.rows.get(self.left.next_back()?)
    }
}

impl<T: Copy> ExactSizeIterator for Walk<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_gives_every_row_back() {
        let mut rows = Chunked::default();
        for number in 0..5000_u32 {
            assert_eq!(rows.at(rows.len()), None);
            rows.push(number);
            assert_eq!(rows.len(), number as usize + 1);
            assert!(rows.bytes_held() <= rows.len() * 4 + rows.len() / 2 + CHUNK * 4 + 8 * 24);
        }
        let view = Rows::new(Some(&rows));
        assert_eq!(view.iter().len(), 5000);
        assert!(view.iter().eq(0..5000));
        assert!(view.iter().rev().eq((0..5000).rev()));
        assert!(view.range(1020..1030).eq(1020..1030));
        assert!(view.range(4999..9999).eq(4999..5000));
        assert_eq!(view.range(9000..9999).len(), 0);
        for index in 0..5000 {
            *rows.at_mut(index).unwrap() += 1;
        }
        assert_eq!(
            (rows.at(0), rows.at(1024), rows.at(4999), rows.at(5000)),
            (Some(&1), Some(&1025), Some(&5000), None)
        );
        assert_eq!(rows.at(9999), None);
    }

    #[test]
    fn a_short_list_holds_little() {
        let mut rows = Chunked::default();
        rows.push(0_u64);
        assert_eq!(rows.bytes_held(), 8);
    }
}
