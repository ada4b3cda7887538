//! The bytes of one step, and how they are cut into segments.

use super::Result;
use super::step::{Loss, Split, Transport};
use std::collections::BTreeSet;
use std::ops::Range;

/// What a step sends, as one stretch of the stream.
#[derive(Debug, Default)]
pub struct Burst {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the end of the direction follows them.
    pub fin: bool,
    /// Where a segment must end.
    pub borders: BTreeSet<usize>,
    /// The segments, once they are cut.
    pub segments: Vec<Range<usize>>,
}

impl Burst {
    /// Cuts the bytes at the borders, where `transport` says, and at `size` bytes.
    pub fn cut(&mut self, transport: &Transport, size: usize) -> Result<()> {
        let length = self.bytes.len();
        match &transport.split {
            Split::BySize => {}
            Split::Every(0) => return Err("segments of no bytes".to_owned()),
            Split::Every(count) => self.borders.extend((0..length).step_by(*count)),
            Split::At(places) => self.borders.extend(places),
        }
        if let Loss::CapturePart(part) | Loss::BehindPart(part) = &transport.loss {
            if part.start >= part.end || part.end > length {
                return Err(format!("the step has {length} bytes: there is no part {part:?}"));
            }
            self.borders.extend([part.start, part.end]);
        }
        self.borders.insert(length);
        let mut start = 0;
        for &border in &self.borders {
            if border > length {
                return Err(format!("the step has {length} bytes: it cannot be split at {border}"));
            }
            while start < border {
                let end = border.min(start + size);
                self.segments.push(start..end);
                start = end;
            }
        }
        if self.segments.is_empty() {
            if !self.fin {
                return Err("a step without bytes".to_owned());
            }
            self.segments.push(0..0);
        }
        Ok(())
    }
}
