//! Which parts of a session's story are told, and in what order.

use crate::findings::Id;
use crate::report::remark::Remark;
use crate::report::row::Row;
use crate::report::sink::Payload;
use crate::report::upgrade::UpgradeLine;
use std::collections::{BTreeMap, BTreeSet};

/// Up to this many frames in a row with exactly the same findings are all shown; of more, the first two and the last.
const ALIKE: usize = 4;

/// What a story tells next.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) enum StoryPart<'a> {
    /// What was asked, or answered.
    Opening(&'a UpgradeLine),
    /// A frame.
    Row(&'a Row),
    /// A finding about the frame above.
    Beneath(NotedRemark<'a>),
    /// A finding without a frame to stand beneath.
    Alone(NotedRemark<'a>),
    /// So many rows are not shown.
    Folded(u64, FoldedRows),
    /// So many rows would say the same again.
    Alike(u64),
}

/// What is known of rows that are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum FoldedRows {
    /// No finding is about them.
    Quiet,
    /// A finding may be about them that came when they had been let go.
    Any,
}

/// A finding of a story, and how many of those that the story keeps came before it.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct NotedRemark<'a> {
    #[cfg_attr(not(feature = "html"), expect(dead_code, reason = "pages alone ask for it"))]
    pub(in crate::report) at: usize,
    pub(in crate::report) remark: &'a Remark,
}

/// What is kept of a session.
#[derive(Debug)]
pub(super) struct KeptStory<'a> {
    /// What was asked, and answered.
    pub(super) opening: &'a [UpgradeLine],
    pub(super) rows: Vec<&'a Row>,
    pub(super) remarks: &'a [Remark],
    /// How many frames there were, kept or not.
    pub(super) frames: u64,
}

/// The parts of a story in the making.
#[derive(Debug)]
struct Parts<'a> {
    list: Vec<StoryPart<'a>>,
    /// The first row that is neither told nor folded.
    next: u64,
    /// Frames that are told before their place, as they began before those that ended earlier.
    late: BTreeSet<u64>,
    /// A finding came so late that its frame had been let go.
    folds_findings: bool,
}

impl Parts<'_> {
    /// The rows up to `to` are not shown.
    fn fold(&mut self, to: u64) {
        if to > self.next {
            let told = self.late.range(self.next..to).count() as u64;
            if to - self.next > told {
                let what = if self.folds_findings { FoldedRows::Any } else { FoldedRows::Quiet };
                self.list.push(StoryPart::Folded(to - self.next - told, what));
            }
            self.next = to;
        }
    }
}

/// The parts of a story, in order.
pub(super) fn in_order(kept: KeptStory<'_>, payload: Payload) -> Vec<StoryPart<'_>> {
    let KeptStory { opening, mut rows, remarks, frames } = kept;
    let remarks = remarks.iter().enumerate().map(|(at, remark)| NotedRemark { at, remark });
    let late = put_in_order(&mut rows);
    let shown: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
    let (under, mut alone): (Vec<NotedRemark<'_>>, Vec<NotedRemark<'_>>) =
        remarks.partition(|noted| noted.remark.frame().is_some_and(|frame| shown.contains(&frame)));
    let folds_findings = alone.iter().any(|noted| noted.remark.frame().is_some_and(|frame| frame <= frames));
    let alike = if payload == Payload::Full { BTreeMap::new() } else { frames_alike(&rows, &under, &alone) };
    alone.sort_by_key(|noted| noted.remark.stamp());
    // The last comes first, to be popped.
    alone.reverse();
    let mut parts = Parts { list: Vec::with_capacity(rows.len()), next: 0, late, folds_findings };
    for line in opening {
        // What is wrong with the request stands beneath it, not beneath the answer.
        while let Some(noted) = alone.pop_if(|noted| noted.remark.stamp() < line.stamp()) {
            parts.list.push(StoryPart::Alone(noted));
        }
        parts.list.push(StoryPart::Opening(line));
    }
    for row in rows {
        let is_late = parts.late.contains(&row.index);
        while let Some(noted) = alone.pop_if(|noted| {
            noted.remark.stamp() < row.stamp() || noted.remark.after() <= row.index && !is_late
        }) {
            if !is_late {
                parts.fold(noted.remark.after().min(row.index));
            }
            parts.list.push(StoryPart::Alone(noted));
        }
        if !is_late {
            parts.fold(row.index);
            parts.next = row.index + 1;
        }
        if let Some((first, last)) = alike.range(..=row.index).next_back()
            && row.index <= *last
        {
            if row.index == *first {
                parts.list.push(StoryPart::Alike(last - first + 1));
            }
            continue;
        }
        parts.list.push(StoryPart::Row(row));
        let beneath = under.iter().filter(|noted| noted.remark.frame() == Some(row.number));
        parts.list.extend(beneath.map(|noted| StoryPart::Beneath(*noted)));
    }
    while let Some(noted) = alone.pop() {
        parts.fold(noted.remark.after());
        parts.list.push(StoryPart::Alone(noted));
    }
    parts.list
}

/// Puts rows in the order in which their frames began. Returns the places of those that ended after frames that began
/// later, as a frame of many packets does.
fn put_in_order(rows: &mut [&Row]) -> BTreeSet<u64> {
    let mut highest = 0;
    let mut late = BTreeSet::new();
    for row in rows.iter() {
        if row.number < highest {
            late.insert(row.index);
        }
        highest = highest.max(row.number);
    }
    rows.sort_by_key(|row| row.number);
    late
}

/// The frames not to tell because those around them say the same: the first of each such run, and its last, by index.
fn frames_alike(rows: &[&Row], under: &[NotedRemark<'_>], alone: &[NotedRemark<'_>]) -> BTreeMap<u64, u64> {
    let said = |row: &Row| -> Vec<(Id, &str)> {
        let here = under.iter().map(|noted| noted.remark).filter(|remark| remark.frame() == Some(row.number));
        here.map(|remark| (remark.id(), remark.summary())).collect()
    };
    let runs = rows.chunk_by(|row, next| {
        let same = row.from == next.from && row.index + 1 == next.index;
        let parted = || alone.iter().any(|noted| noted.remark.after() == next.index);
        same && !parted() && !said(row).is_empty() && said(row) == said(next)
    });
    runs.filter(|run| run.len() > ALIKE)
        .filter_map(|run| match run {
            [_, _, first, .., before_last, _] => Some((first.index, before_last.index)),
            _ => None,
        })
        .collect()
}
