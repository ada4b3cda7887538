//! The list of findings: those of one kind are one row until they are unfolded.

use super::filter::ListFilter;
use super::list::List;
use super::order::{Occasion, Order};
use crate::findings::{Id, Severity};
use crate::index::Index;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What findings are grouped by.
pub(super) type FindingKind = (Severity, Id);

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FindingRow {
    /// Several findings of one kind: the place in [`Findings::all`] of the first, and how many there are.
    Kind { first: usize, count: usize },
    /// One finding: a place in [`Findings::all`].
    Finding(usize),
}

impl FindingRow {
    /// The place in [`Findings::all`] of the finding that it stands for.
    pub(super) const fn first(self) -> usize {
        match self {
            Self::Kind { first, .. } | Self::Finding(first) => first,
        }
    }
}

/// The list of findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: List,
    /// Places in [`Index::findings`], the worst first, and those of one kind together.
    pub(super) all: Vec<usize>,
    /// What of it is shown.
    pub(super) rows: Vec<FindingRow>,
    /// The kinds of which all findings are shown.
    pub(super) unfolded: BTreeSet<FindingKind>,
    /// The first finding of each kind: where it stands, the whole kind does.
    pub(super) firsts: BTreeMap<Id, usize>,
    pub(super) filter: String,
    /// The finding that `n` came to, as a place in [`Index::findings`].
    pub(super) current: Option<usize>,
    /// How many there were when the rows, or those in the making, were made.
    pub(super) seen: usize,
    pub(super) making: Option<Judged>,
    /// Turns until the rows are made anew: as many as it took to make them.
    pub(super) pause: usize,
}

/// Rows of findings in the making; the old ones are shown until they are done.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) order: Order<(Reverse<Severity>, usize)>,
    pub(super) filter: ListFilter,
    pub(super) turns: usize,
    pub(super) occasion: Occasion,
}

impl Findings {
    /// The place in [`Index::findings`] of what stands in a row.
    pub(super) fn at(&self, row: usize) -> Option<usize> {
        self.all.get(self.rows.get(row)?.first()).copied()
    }

    /// The place in [`Index::findings`] of the selected finding; of a kind, of its first.
    pub(super) fn selected(&self) -> Option<usize> {
        self.at(self.list.selected)
    }

    /// The kind of what stands in a row.
    pub(super) fn kind(&self, row: usize, index: &Index) -> Option<FindingKind> {
        index.findings().get(self.at(row)?).map(|finding| (finding.severity, finding.id))
    }

    /// Which of all findings is selected, from 1.
    pub(super) fn position(&self) -> usize {
        self.rows.get(self.list.selected).map_or(0, |row| row.first() + 1)
    }

    /// The row of a finding, or of its kind where that is folded.
    pub(super) fn row_of(&self, finding: usize) -> Option<usize> {
        let place = self.all.iter().position(|other| *other == finding)?;
        // Rows are in the order of their findings, a kind before its first.
        self.rows.partition_point(|row| row.first() <= place).checked_sub(1)
    }

    /// Lists these findings, which are places in [`Index::findings`].
    pub(super) fn take(&mut self, all: Vec<usize>, index: &Index) {
        let finding = self.selected();
        self.all = all;
        self.fold_around(finding, index);
    }

    /// Makes the rows of what is unfolded.
    fn fold(&mut self, index: &Index) {
        self.fold_around(self.selected(), index);
    }

    /// Makes the rows. What is selected, this finding, stays selected, and in its place.
    fn fold_around(&mut self, finding: Option<usize>, index: &Index) {
        let kind = |at: &usize| index.findings().get(*at).map(|finding| (finding.severity, finding.id));
        let selected = self.rows.get(self.list.selected).copied();
        self.rows.clear();
        let mut first = 0;
        for group in self.all.chunk_by(|one, other| kind(one) == kind(other)) {
            let count = group.len();
            if count > 1 {
                self.rows.push(FindingRow::Kind { first, count });
            }
            let is_unfolded = group.first().and_then(kind).is_some_and(|kind| self.unfolded.contains(&kind));
            if count == 1 || is_unfolded {
                self.rows.extend((first..first + count).map(FindingRow::Finding));
            }
            first += count;
        }
        let Some(row) = finding.and_then(|finding| self.row_of(finding)) else { return };
        // The row of a kind stands before its first finding.
        let is_kind = |row: &usize| matches!(self.rows.get(*row), Some(FindingRow::Kind { .. }));
        let before = row.checked_sub(1).filter(is_kind);
        let row = match selected {
            Some(FindingRow::Kind { .. }) => before.unwrap_or(row),
            Some(FindingRow::Finding(_)) | None => row,
        };
        self.list.keep(row);
    }

    /// Shows all findings of the selected kind, or the kind alone, and selects it.
    pub(super) fn unfold(&mut self, index: &Index) {
        let Some(kind) = self.kind(self.list.selected, index) else { return };
        if !self.unfolded.remove(&kind) {
            self.unfolded.insert(kind);
        }
        self.fold(index);
        if let Some(row) = (0..self.rows.len()).find(|row| self.kind(*row, index) == Some(kind)) {
            self.list.keep(row);
        }
    }
}
