//! A selection in rows of which a page is shown.

use super::action::Motion;

/// Which row is selected, and which one is shown first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) selected: usize,
    pub(super) top: usize,
}

impl List {
    /// Moves the selection among `rows` rows with `page` of them in view.
    pub(super) fn go(&mut self, motion: Motion, rows: usize, page: usize) {
        self.selected = motion.from(self.selected, rows, page);
        self.reveal(rows, page);
    }

    /// Selects a row and brings it into view, with some of what stands before it where it has to be looked for.
    pub(super) fn select(&mut self, row: usize, rows: usize, page: usize) {
        self.selected = row;
        if row < self.top || row >= self.top.saturating_add(page) {
            self.top = row.saturating_sub(page / 3);
        }
        self.reveal(rows, page);
    }

    /// The selected row stands at `row` now: it stays where it is on the screen.
    pub(super) fn keep(&mut self, row: usize) {
        let offset = self.selected.saturating_sub(self.top);
        self.selected = row;
        self.top = row.saturating_sub(offset);
    }

    /// Scrolls so far that the selection is in view, and no page is shown half empty without need.
    pub(super) fn reveal(&mut self, rows: usize, page: usize) {
        self.show(rows, page);
        self.top = self.top.min(rows.saturating_sub(page.max(1)));
    }

    /// Scrolls so far that the selection is in view, and no further: rows that arrive must not move it.
    pub(super) fn show(&mut self, rows: usize, page: usize) {
        let page = page.max(1);
        self.selected = self.selected.min(rows.saturating_sub(1));
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top.saturating_add(page) {
            self.top = self.selected + 1 - page;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_stays_in_view() {
        let mut list = List::default();
        list.go(Motion::Last, 100, 10);
        assert_eq!((list.selected, list.top), (99, 90));
        list.go(Motion::PageUp, 100, 10);
        assert_eq!((list.selected, list.top), (90, 90));
        list.go(Motion::Up, 100, 10);
        assert_eq!((list.selected, list.top), (89, 89));
        list.go(Motion::First, 0, 10);
        assert_eq!((list.selected, list.top), (0, 0));
    }

    #[test]
    fn rows_that_arrive_before_it_do_not_move_it_on_the_screen() {
        let mut list = List { selected: 12, top: 10 };
        list.keep(20);
        assert_eq!((list.selected, list.top), (20, 18));
    }
}
