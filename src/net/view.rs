//! The bytes of a packet that are still to be read, and how many of them there were on the wire.

use crate::model::SkipReason;

/// What is left of a packet.
///
/// Never holds more captured bytes than `wire` says: [`View::new`] and [`View::limit`] see to that, the rest keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    captured: &'a [u8],
    wire: usize,
}

impl<'a> View<'a> {
    /// `captured`, the front of what had `wire` bytes. Some writers record a wire length smaller than what they saved.
    pub(super) fn new(captured: &'a [u8], wire: usize) -> Self {
        Self { captured, wire: wire.max(captured.len()) }
    }

    /// The captured bytes.
    pub(super) const fn captured(&self) -> &'a [u8] {
        self.captured
    }

    /// How many bytes there were on the wire.
    pub(super) const fn wire(&self) -> usize {
        self.wire
    }

    /// Whether every byte was captured.
    pub(super) const fn is_whole(&self) -> bool {
        self.captured.len() == self.wire
    }

    /// The next `N` bytes, taken off the front.
    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], SkipReason> {
        let Some((head, rest)) = self.captured.split_first_chunk() else {
            return Err(self.short(N));
        };
        self.captured = rest;
        self.wire -= N;
        Ok(*head)
    }

    /// Leaves `length` bytes out.
    #[inline]
    pub(super) fn skip(&mut self, length: usize) -> Result<(), SkipReason> {
        self.captured = self.captured.get(length..).ok_or_else(|| self.short(length))?;
        self.wire -= length;
        Ok(())
    }

    /// Ends after `length` bytes, as a header says: what follows is padding, what is missing was not captured.
    #[inline]
    pub(super) fn limit(&mut self, length: usize) {
        self.captured = self.captured.get(..length).unwrap_or(self.captured);
        self.wire = length;
    }

    /// Why `needed` bytes cannot be read although a header needs them: cut off, or never there.
    pub(super) const fn short(&self, needed: usize) -> SkipReason {
        if needed <= self.wire { SkipReason::HeadersCut } else { SkipReason::Malformed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_beyond_the_captured_bytes_was_cut_and_beyond_the_wire_length_is_malformed() {
        let mut view = View::new(&[1, 2, 3], 5);
        assert_eq!(view.take::<6>(), Err(SkipReason::Malformed));
        assert_eq!(view.skip(5), Err(SkipReason::HeadersCut));
        assert_eq!(view.take(), Ok([1, 2]));
        assert_eq!(view.take::<3>(), Err(SkipReason::HeadersCut));
        assert_eq!(view.skip(4), Err(SkipReason::Malformed));
        assert_eq!((view.captured(), view.wire()), (&[3][..], 3));
    }

    #[test]
    fn a_limit_cuts_padding_off_and_shows_what_is_missing() {
        let mut view = View::new(&[1, 2, 3], 3);
        view.limit(2);
        assert_eq!((view.captured(), view.is_whole()), (&[1, 2][..], true));
        view.limit(9);
        assert_eq!((view.wire(), view.is_whole()), (9, false));
    }

    #[test]
    fn a_wire_length_below_the_captured_length_is_not_believed() {
        assert_eq!(View::new(&[1, 2, 3], 0).wire(), 3);
    }
}
