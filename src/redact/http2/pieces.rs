//! Where what a side sends on a stream of HTTP/2 stands in all that it sends.

use std::ops::Range;

/// The content of one direction of a stream, in pieces: one in each DATA frame.
#[derive(Debug, Default)]
pub(in crate::redact) struct Pieces {
    list: Vec<Piece>,
    /// Those before this one have been taken.
    next: usize,
    /// How often the side's frames had been lost when the latest piece began.
    losses: u32,
}

/// The content of a DATA frame.
#[derive(Debug)]
struct Piece {
    /// The payload of the frame.
    payload: Range<usize>,
    is_padded: bool,
    /// Where in the stream's content it begins, once it does.
    start: Option<usize>,
    /// Before it others may be lost.
    is_behind_loss: bool,
}

impl Piece {
    /// Where it stands: between its own length and its padding (RFC 9113 §6.1).
    fn place(&self, bytes: &[u8], holes: &[Range<usize>]) -> Range<usize> {
        let Range { start, end } = self.payload;
        if !self.is_padded {
            return start..end;
        }
        let begin = start.saturating_add(1).min(end);
        match padding(bytes, holes, start) {
            Some(padding) => begin..end.saturating_sub(padding).max(begin),
            // Nobody knows where it ends.
            None => begin..begin,
        }
    }
}

/// The length of the padding that stands here, if it was captured.
pub(super) fn padding(bytes: &[u8], holes: &[Range<usize>], at: usize) -> Option<usize> {
    let hole = holes.get(holes.partition_point(|hole| hole.end <= at));
    let is_lost = hole.is_some_and(|hole| hole.start <= at);
    bytes.get(at).filter(|_| !is_lost).map(|padding| usize::from(*padding))
}

impl Pieces {
    /// Bytes of memory that a piece takes.
    pub(super) const SIZE: usize = size_of::<Piece>();

    /// Another DATA frame follows, when the side's frames have been lost so often.
    pub(super) fn push(&mut self, payload: Range<usize>, is_padded: bool, losses: u32) {
        let is_behind_loss = !self.list.is_empty() && self.losses != losses;
        self.losses = losses;
        self.list.push(Piece { payload, is_padded, start: None, is_behind_loss });
    }

    /// The payload of the latest DATA frame goes on to here at most.
    pub(super) fn cut(&mut self, end: usize) {
        if let Some(latest) = self.list.last_mut() {
            latest.payload.end = latest.payload.end.min(end).max(latest.payload.start);
        }
    }

    /// Adds what has come of the content to `content`, and where it has holes to `content_holes`. `bytes` are all that the
    /// side sent, which has `holes`.
    pub(in crate::redact) fn take(
        &mut self,
        (bytes, holes): (&[u8], &[Range<usize>]),
        (content, content_holes): (&mut Vec<u8>, &mut Vec<Range<usize>>),
    ) {
        while let Some(piece) = self.list.get_mut(self.next) {
            let place = piece.place(bytes, holes);
            let start = *piece.start.get_or_insert_with(|| {
                if piece.is_behind_loss {
                    content_holes.push(content.len()..content.len());
                }
                content.len()
            });
            let from = place.start + (content.len() - start);
            let to = place.end.min(bytes.len());
            if let Some(more) = bytes.get(from..to) {
                let here = content.len();
                let first = holes.partition_point(|hole| hole.end <= from);
                let lost = holes.iter().skip(first).take_while(|hole| hole.start < to);
                content_holes.extend(
                    lost.map(|hole| (hole.start.max(from) - from + here)..(hole.end.min(to) - from + here)),
                );
                content.extend_from_slice(more);
            }
            if self.next + 1 == self.list.len() {
                return;
            }
            self.next += 1;
        }
    }

    /// Where in the content it is what stands in front of this byte of all that the side sent.
    pub(in crate::redact) fn position(
        &self,
        (bytes, holes): (&[u8], &[Range<usize>]),
        at: u64,
    ) -> Option<usize> {
        let at = usize::try_from(at).ok()?;
        let behind = self.list.partition_point(|piece| piece.payload.start < at);
        let piece = self.list.get(behind.checked_sub(1)?)?;
        let place = piece.place(bytes, holes);
        Some(piece.start? + at.saturating_sub(place.start).min(place.len()))
    }

    /// Gives each part of `content` with the place where it belongs.
    pub(super) fn spread<'c>(
        &self,
        (bytes, holes): (&[u8], &[Range<usize>]),
        content: &'c [u8],
        mut put: impl FnMut(usize, &'c [u8]),
    ) {
        for piece in &self.list {
            let Some(start) = piece.start else { continue };
            let place = piece.place(bytes, holes);
            let end = start.saturating_add(place.len()).min(content.len());
            put(place.start, content.get(start..end).unwrap_or_default());
        }
    }
}
