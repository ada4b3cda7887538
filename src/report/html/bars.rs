//! Bars of the same width, one for each stretch of time.

use crate::model::{Thousands, Timestamp, Zone};
use crate::report::overview::Timeline;
use std::fmt::Write as _;

/// Units of the drawing for each bar, and for the highest.
const WIDTH: usize = 10;
const HEIGHT: u64 = 40;

/// A plot of bars. It is stretched to the room there is, so it has no words in it.
#[derive(Debug)]
pub(super) struct Bars {
    /// `0 0 310 40`
    pub(super) view: String,
    pub(super) outline: String,
    /// What is drawn, in words.
    pub(super) words: String,
    /// Where the axis begins and ends.
    pub(super) begin: String,
    pub(super) end: String,
}

impl Bars {
    /// `None` where one bar would be all.
    pub(super) fn new(counts: &[u64], timeline: Timeline) -> Option<Self> {
        let most = counts.iter().copied().max().filter(|most| *most > 0 && counts.len() > 1)?;
        let mut outline = String::new();
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let height =
                u64::try_from(u128::from(*count) * u128::from(HEIGHT) / u128::from(most)).unwrap_or(HEIGHT);
            let (height, width) = (height.max(2), WIDTH - 1);
            // Writing to a String cannot fail.
            let _ = write!(outline, "M{} {}h{width}v{height}h-{width}z", at * WIDTH, HEIGHT - height);
        }
        let name = |at: usize| {
            let hours = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(i64::from(timeline.hours));
            let nanos = hours.saturating_mul(3_600_000_000_000);
            let begin = moment(Timestamp::from_nanos(timeline.begin.as_nanos().saturating_add(nanos)));
            if timeline.hours < 24 { begin } else { begin.split(' ').next().unwrap_or_default().to_owned() }
        };
        let highest = counts.iter().position(|count| *count == most).unwrap_or_default();
        let each = match timeline.hours {
            1 => "an hour".to_owned(),
            24 => "a day".to_owned(),
            hours => format!("{} days", hours / 24),
        };
        Some(Self {
            view: format!("0 0 {} {HEIGHT}", counts.len() * WIDTH),
            outline,
            words: format!("Findings by time: at most {} in {each}, from {}", Thousands(most), name(highest)),
            begin: name(0),
            end: name(counts.len() - 1),
        })
    }
}

/// A moment to the minute, in UTC: `2026-11-27 14:02`.
pub(super) fn moment(time: Timestamp) -> String {
    let spoken = Zone::UTC.spoken(time);
    spoken.get(.."2026-11-27 14:02".len()).unwrap_or(&spoken).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_is_named_and_reaches_the_top() {
        let begin = Timestamp::from_nanos(1_700_006_400_000_000_000);
        let days = Timeline { begin, hours: 24, count: 3 };
        let bars = Bars::new(&[1, 0, 80], days).unwrap();
        assert_eq!(bars.outline, "M0 38h9v2h-9zM20 0h9v40h-9z");
        assert_eq!(bars.words, "Findings by time: at most 80 in a day, from 2023-11-17");
        assert_eq!((bars.begin.as_str(), bars.end.as_str()), ("2023-11-15", "2023-11-17"));
        let hours = Bars::new(&[2, 2], Timeline { hours: 1, count: 2, ..days }).unwrap();
        assert_eq!(hours.end, "2023-11-15 01:00");
        assert!(Bars::new(&[7], Timeline { count: 1, ..days }).is_none());
        assert!(Bars::new(&[0, 0], days).is_none());
    }
}
