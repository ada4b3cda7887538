//! Where things stand in a drawn ladder: arrows by their time, to one scale, and each with a row of words beside it.
//!
//! Rows are as high as a line of text, so what follows each other fast has its words further down than its arrow, and a
//! line leads from one to the other. Long silences are cut: a row says how long they were, and behind it arrows and
//! words start level again.

use crate::model::Timestamp;
use std::time::Duration;

/// How high a row is, in the units of the drawing.
pub(super) const ROW: u64 = 24;

/// Rows that a silence takes at most; longer ones are cut.
const LONGEST: u64 = 6;

/// Rows that the median of the times between two arrows takes at most.
const USUAL: u64 = 2;

/// How many times the median of the times between two arrows a silence may last before it is cut. More would draw half
/// of the arrows on top of each other.
const FAR: u64 = 24;

/// What a silence between two arrows is taken for where none is known: a millisecond.
const UNKNOWN: u64 = 1_000_000;

/// Rows of a block. A block is drawn in one piece, and fits on a printed page.
const BLOCK: usize = 30;

/// What stands in a ladder.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// It happened then.
    Time(Timestamp),
    /// It belongs to what stands above.
    Beneath,
    /// Things are left out here, so no time can be measured across.
    Fold,
}

/// A part of a ladder that is drawn in one piece.
#[derive(Debug)]
pub(super) struct Block<T> {
    pub(super) rungs: Vec<Rung<T>>,
    /// Its height.
    pub(super) height: u64,
}

/// A row of words, with what is drawn for it.
#[derive(Debug)]
pub(super) struct Rung<T> {
    /// How many rows are empty above the words.
    pub(super) space: u64,
    /// The middle of the words.
    pub(super) words: u64,
    /// The height of the arrow, for what has a time.
    pub(super) arrow: Option<u64>,
    pub(super) what: RungContent<T>,
}

/// What a row tells.
#[derive(Debug)]
pub(super) enum RungContent<T> {
    Told(T),
    /// Nothing happened for so long.
    Silence(Duration),
}

/// How long something takes that is as high as a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    nanos: u64,
    /// A silence that lasts longer is cut, in nanoseconds.
    longest: u64,
}

impl Scale {
    /// The scale at which things of these times can be told apart.
    pub(super) fn of(times: impl Iterator<Item = Timestamp>) -> Self {
        let times: Vec<Timestamp> = times.collect();
        let pairs = times.iter().zip(times.iter().skip(1));
        let mut gaps: Vec<u64> = pairs.map(|(a, b)| b.nanos_since(*a)).filter(|gap| *gap > 0).collect();
        gaps.sort_unstable();
        let median = gaps.get(gaps.len().saturating_sub(1) / 2).copied().unwrap_or(UNKNOWN);
        let longest = gaps.iter().rev().find(|gap| **gap / FAR <= median).copied().unwrap_or(UNKNOWN);
        Self { nanos: (longest / LONGEST).max(median / USUAL).max(1), longest }
    }

    /// How high a time is.
    fn height(self, nanos: u64) -> u64 {
        u64::try_from(u128::from(nanos) * u128::from(ROW) / u128::from(self.nanos)).unwrap_or(u64::MAX)
    }

    /// A round time to measure with, and its height: one or two rows.
    pub(super) fn bar(self) -> (Duration, u64) {
        let most = self.nanos.saturating_mul(2);
        let tens = 10_u64.saturating_pow(most.ilog10());
        let round = [5, 2, 1].into_iter().map(|n| tens.saturating_mul(n)).find(|round| *round <= most);
        let round = round.unwrap_or(tens);
        (Duration::from_nanos(round), self.height(round))
    }
}

/// The blocks of a ladder of these things, from top to bottom.
pub(super) fn blocks<T>(things: impl IntoIterator<Item = (At, T)>, scale: Scale) -> Vec<Block<T>> {
    let mut blocks = Vec::new();
    let mut block = Drawn::default();
    let mut before: Option<Timestamp> = None;
    for (at, thing) in things {
        // What is about the row above stays with it.
        if block.rungs.len() >= BLOCK && !matches!(at, At::Beneath) {
            blocks.push(block.end());
            block = Drawn::default();
        }
        match at {
            At::Time(time) => {
                let gap = before.map(|before| time.nanos_since(before));
                match gap {
                    Some(gap) if gap > scale.longest => {
                        block.level(RungContent::Silence(Duration::from_nanos(gap)), Level::Words);
                        block.level(RungContent::Told(thing), Level::Arrow);
                    }
                    Some(gap) if block.arrow.is_some() => block.after(scale.height(gap), thing),
                    Some(_) | None => block.level(RungContent::Told(thing), Level::Arrow),
                }
                before = Some(before.map_or(time, |before| before.max(time)));
            }
            At::Beneath => block.beneath(thing),
            At::Fold => {
                block.level(RungContent::Told(thing), Level::Words);
                (block.arrow, before) = (None, None);
            }
        }
    }
    if !block.rungs.is_empty() {
        blocks.push(block.end());
    }
    blocks
}

/// Whether a row that starts level has an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Arrow,
    Words,
}

/// A block in the making.
#[derive(Debug)]
struct Drawn<T> {
    rungs: Vec<Rung<T>>,
    /// Rows used.
    rows: u64,
    /// The height of the last arrow, unless a cut follows it.
    arrow: Option<u64>,
    /// How far down anything is drawn.
    lowest: u64,
}

impl<T> Default for Drawn<T> {
    fn default() -> Self {
        Self { rungs: Vec::new(), rows: 0, arrow: None, lowest: 0 }
    }
}

impl<T> Drawn<T> {
    /// A row whose words are in the row of this number, or further down.
    fn row(&mut self, row: u64, arrow: Option<u64>, what: RungContent<T>) {
        let row = row.max(self.rows);
        let words = row * ROW + ROW / 2;
        self.rungs.push(Rung { space: row - self.rows, words, arrow, what });
        self.rows = row + 1;
        self.lowest = self.lowest.max(arrow.unwrap_or(0));
    }

    /// A row below everything there is, whose arrow is where its words are.
    fn level(&mut self, what: RungContent<T>, level: Level) {
        let row = self.rows.max(self.lowest.div_ceil(ROW));
        let arrow = (level == Level::Arrow).then_some(row * ROW + ROW / 2);
        self.row(row, arrow, what);
        self.arrow = arrow;
    }

    /// A row whose arrow is so far below the last one.
    fn after(&mut self, height: u64, thing: T) {
        let arrow = self.arrow.unwrap_or(0).saturating_add(height);
        self.row(arrow / ROW, Some(arrow), RungContent::Told(thing));
        self.arrow = Some(arrow);
    }

    fn beneath(&mut self, thing: T) {
        self.row(self.rows, None, RungContent::Told(thing));
    }

    fn end(self) -> Block<T> {
        let height = self.rows.max((self.lowest + ROW / 2).div_ceil(ROW)) * ROW;
        Block { rungs: self.rungs, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(times: &[i64]) -> (Vec<Block<usize>>, Scale) {
        let times: Vec<Timestamp> = times.iter().map(|time| Timestamp::from_nanos(*time)).collect();
        let scale = Scale::of(times.iter().copied());
        (blocks(times.into_iter().enumerate().map(|(at, time)| (At::Time(time), at)), scale), scale)
    }

    #[test]
    fn time_is_to_scale_and_long_silences_are_cut() {
        let (blocks, scale) = drawn(&[0, 1_000, 3_000, 4_000, 10_000_000, 10_002_000]);
        let [block] = blocks.as_slice() else { panic!("{blocks:#?}") };
        let arrows: Vec<u64> = block.rungs.iter().filter_map(|rung| rung.arrow).collect();
        let steps: Vec<u64> = arrows.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let [one, two, same, cut, behind] = steps.as_slice() else { panic!("{arrows:?}") };
        assert_eq!((*two, same, behind), (2 * one, one, two), "the same scale behind the cut");
        assert!(*cut < scale.height(9_996_000) / 100);
        let silence = &block.rungs[4];
        assert!(matches!(silence.what, RungContent::Silence(long) if long.as_nanos() == 9_996_000));
        assert_eq!(silence.arrow, None);
        assert_eq!(block.rungs[5].arrow, Some(block.rungs[5].words), "words and arrows start level");
    }

    #[test]
    fn words_never_overlap_and_never_stand_above_their_arrow() {
        let times: Vec<i64> = (0..400)
            .map(|n: i64| n * n * n % 7_919 + n * 50)
            .scan(0, |at, step| {
                *at += step;
                Some(*at)
            })
            .collect();
        let (blocks, _) = drawn(&times);
        let mut told = 0;
        for Block { rungs, height } in &blocks {
            let mut rows = 0;
            for rung in rungs {
                assert_eq!(rung.words, (rows + rung.space) * ROW + ROW / 2);
                rows += rung.space + 1;
                let arrow = rung.arrow.unwrap_or(rung.words);
                assert!(arrow <= rung.words + ROW / 2 && rung.words < *height, "{rung:?}");
                told += usize::from(matches!(rung.what, RungContent::Told(_)));
            }
            assert!(rungs.len() <= BLOCK + 1 && rows * ROW <= *height);
        }
        assert_eq!(told, times.len());
    }

    #[test]
    fn what_has_no_time_of_its_own_takes_a_row() {
        let at = |time| At::Time(Timestamp::from_nanos(time));
        let things = [(at(0), "ping"), (At::Beneath, "finding"), (At::Fold, "…"), (at(0), "pong")];
        let scale = Scale::of([0, 5].into_iter().map(Timestamp::from_nanos));
        let blocks = blocks(things, scale);
        let words: Vec<u64> = blocks[0].rungs.iter().map(|rung| rung.words).collect();
        assert_eq!(words, [12, 36, 60, 84]);
        assert_eq!(blocks[0].rungs[3].arrow, Some(84));
    }

    #[test]
    fn the_bar_is_round() {
        let bar = |nanos| Scale { nanos, longest: nanos }.bar();
        assert_eq!(bar(1), (Duration::from_nanos(2), 48));
        assert_eq!(bar(70), (Duration::from_nanos(100), 34));
        assert_eq!(bar(1_000_000), (Duration::from_millis(2), 48));
        assert_eq!(bar(u64::MAX / 4).0, Duration::from_secs(5_000_000_000));
    }
}
