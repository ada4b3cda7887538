//! Who has to give something up: everyone in turn.

/// A place in a list of slots that moves on in a circle, as in the clock algorithm of page replacement. Where something
/// has to be given up, a few slots are looked at from there on, so that all of them come up in turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hand(usize);

impl Hand {
    /// Moves on to the next of this many slots.
    #[inline]
    pub(crate) const fn turn(&mut self, slots: usize) -> usize {
        self.0 = if self.0 + 1 < slots { self.0 + 1 } else { 0 };
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_round_even_where_slots_are_gone() {
        let mut hand = Hand::default();
        assert_eq!([3, 3, 3, 3, 9, 2, 0].map(|slots| hand.turn(slots)), [1, 2, 0, 1, 2, 0, 0]);
    }
}
