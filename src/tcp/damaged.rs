//! Segments whose checksum is wrong: a receiver drops them, so their bytes count only where it acknowledged them all the
//! same and no better copy came.

use crate::model::{Checksum, Footprint, Segment, Stamp};

/// Bytes put aside for one direction.
const KEPT: usize = 64 << 10;

/// What the checksums of a sender are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Worth {
    /// None was judged yet.
    #[default]
    Unknown,
    /// They are right: one that is not shows damage.
    Right,
    /// The first one is wrong: either so are all, or it is damaged.
    FirstWrong,
    /// They are wrong from the first one on, as where the network card computes them: they say nothing.
    Nothing,
}

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// As it was sent, as far as is known.
    Whole,
    /// The same, and it shows that the one before, which was taken, is not.
    AfterDamaged,
    /// Damaged: its receiver drops it.
    Damaged,
}

/// The bytes of a damaged segment.
#[derive(Debug)]
struct DamagedBytes {
    offset: u64,
    bytes: Box<[u8]>,
    stamp: Stamp,
}

/// What is known about one sender's checksums, and what was put aside.
#[derive(Debug, Default)]
pub(super) struct Damaged {
    worth: Worth,
    /// Where the first segment begins and how long it is, if its checksum is wrong.
    first: Option<(u32, u32)>,
    /// Boxed, as it is rare.
    #[expect(clippy::box_collection, reason = "a connection has two of them, and hardly one is ever used")]
    aside: Option<Box<Vec<DamagedBytes>>>,
}

impl Damaged {
    /// What the segment is, as far as its sender's other segments show what its checksums are worth.
    pub(super) fn judge(&mut self, segment: &Segment<'_>) -> Condition {
        let before = self.worth;
        let checksum = segment.header.marks.checksum;
        self.worth = match (before, checksum) {
            (Worth::Unknown | Worth::FirstWrong, Checksum::Right) => Worth::Right,
            (Worth::Unknown, Checksum::Wrong) => Worth::FirstWrong,
            (Worth::FirstWrong, Checksum::Wrong) => Worth::Nothing,
            (Worth::Unknown | Worth::FirstWrong, Checksum::Unknown) | (Worth::Right | Worth::Nothing, _) => {
                before
            }
        };
        if self.worth == Worth::FirstWrong && before == Worth::Unknown {
            self.first =
                Some((segment.header.sequence, u32::try_from(segment.payload.len()).unwrap_or(u32::MAX)));
        }
        match (self.worth, checksum) {
            (Worth::Right, Checksum::Wrong) => Condition::Damaged,
            (Worth::Right, _) if before == Worth::FirstWrong => Condition::AfterDamaged,
            (Worth::Right, Checksum::Right | Checksum::Unknown)
            | (Worth::Unknown | Worth::FirstWrong | Worth::Nothing, _) => Condition::Whole,
        }
    }

    /// Whether these bytes are, in a part, those of the first segment, which was taken although it was damaged.
    pub(super) fn was_first(&self, sequence: u32, length: u64) -> bool {
        self.worth == Worth::Right
            && self.first.is_some_and(|(start, first)| {
                let ahead = i64::from(sequence.wrapping_sub(start).cast_signed());
                ahead < i64::from(first) && ahead.saturating_add_unsigned(length) > 0
            })
    }

    /// Puts a damaged segment aside that begins at `offset`.
    pub(super) fn put(&mut self, offset: u64, bytes: &[u8], stamp: Stamp) {
        let aside = self.aside.get_or_insert_default();
        let held: usize = aside.iter().map(|aside| aside.bytes.len()).sum();
        if !bytes.is_empty() && held + bytes.len() <= KEPT {
            aside.push(DamagedBytes { offset, bytes: bytes.into(), stamp });
        }
    }

    /// The bytes at `next` that came damaged and never better, at most up to `end`; what lies before is forgotten.
    pub(super) fn take(&mut self, next: u64, end: u64) -> Option<(Vec<u8>, Stamp)> {
        let aside = self.aside.as_mut()?;
        aside.retain(|aside| aside.offset + aside.bytes.len() as u64 > next);
        let found = aside.iter().find(|aside| aside.offset <= next).map(|aside| {
            let skip = usize::try_from(next - aside.offset).unwrap_or(usize::MAX);
            let length = usize::try_from(end - next).unwrap_or(usize::MAX);
            let bytes = aside.bytes.get(skip..).unwrap_or_default();
            (bytes.get(..length).unwrap_or(bytes).to_vec(), aside.stamp)
        });
        if aside.is_empty() {
            self.aside = None;
        }
        found.filter(|(bytes, _)| !bytes.is_empty())
    }

    /// Where the first bytes begin that were put aside after `next`.
    pub(super) fn start_behind(&self, next: u64) -> Option<u64> {
        let starts = self.aside.iter().flat_map(|aside| aside.iter()).map(|aside| aside.offset);
        starts.filter(|start| *start > next).min()
    }

    /// The offset after the last byte put aside.
    pub(super) fn end(&self) -> u64 {
        let ends = self.aside.iter().flat_map(|aside| aside.iter());
        ends.map(|aside| aside.offset + aside.bytes.len() as u64).max().unwrap_or(0)
    }

    /// Nobody wants the bytes any more.
    pub(super) fn forget(&mut self) {
        self.aside = None;
    }

    /// Bytes of memory that it takes besides.
    pub(super) fn memory(&self) -> u64 {
        let Some(aside) = &self.aside else { return 0 };
        let bytes: usize = aside.iter().map(|aside| Footprint::allocation(aside.bytes.len())).sum();
        let list = Footprint::allocation(aside.capacity() * size_of::<DamagedBytes>());
        (Footprint::allocation(size_of::<Vec<DamagedBytes>>()) + list + bytes) as u64
    }
}
