//! Capture time, the only time the core knows.

use std::fmt;
use std::time::Duration;

/// A year in nanoseconds.
const APART: u64 = 365 * 24 * 60 * 60 * 1_000_000_000;

/// A moment of capture time: nanoseconds since 1970-01-01T00:00:00Z, as the capture file or interface gave it.
///
/// The core never reads a clock, so what it says about a saved capture does not depend on when it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment from nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The time that passed since `earlier`; zero where that is [not known](Self::passed_since).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// [`since`](Self::since) in nanoseconds.
    pub fn nanos_since(self, earlier: Self) -> u64 {
        if self < earlier || self.is_apart(earlier) { 0 } else { self.0.abs_diff(earlier.0) }
    }

    /// The time that passed since `earlier`, for whoever tells it; nothing where it is not known: `earlier` lies later
    /// (clocks step back), the clock [was set](Self::is_apart) between the two, or the capture
    /// [has no times](Self::is_unknown).
    pub fn passed_since(self, earlier: Self) -> Option<Duration> {
        (self >= earlier && !self.is_apart(earlier) && !self.is_unknown()).then(|| self.since(earlier))
    }

    /// The same for sentences: nothing as well where a clock of whole seconds shows that none passed, as it shows no less.
    pub fn told_since(self, earlier: Self) -> Option<Duration> {
        self.passed_since(earlier).filter(|passed| !(passed.is_zero() && self.is_whole_seconds()))
    }

    /// How far from `begin` it stands, and whether it lies before it, as packets may that are captured in another order than they were
    /// sent in; nothing where that is [not known](Self::passed_since).
    pub fn offset_from(self, begin: Self) -> Option<(Duration, bool)> {
        let after = self.passed_since(begin).map(|after| (after, false));
        after.or_else(|| begin.passed_since(self).map(|before| (before, true)))
    }

    /// How many nanoseconds after `begin` it stands on an axis of time, where the clock may have been set as well; zero
    /// when `begin` lies later.
    pub fn nanos_from(self, begin: Self) -> u64 {
        self.0.saturating_sub(begin.0).max(0).unsigned_abs()
    }

    /// Whether more than a year lies between this moment and the `other`. Nobody watches a connection for that long: the
    /// clock was set meanwhile (a device counts from 1970 or from its firmware's date until it knows the time), or one
    /// of the two packets has no time.
    pub const fn is_apart(self, other: Self) -> bool {
        self.0.abs_diff(other.0) > APART
    }

    /// Whether the capture has no time there: no packet was captured in 1970.
    pub const fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// Whether it has no fraction of a second. By chance that is rare; in a capture without times, or with whole
    /// seconds only, it is always so.
    pub const fn is_whole_seconds(self) -> bool {
        self.0 % 1_000_000_000 == 0
    }

    /// Whether it has no fraction of a millisecond.
    pub const fn is_whole_milliseconds(self) -> bool {
        self.0 % 1_000_000 == 0
    }

    /// The day that it belongs to, in UTC.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(Day::NANOS))
    }

    /// This moment moved `by` into the future, at most to the end of the representable range.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// This moment moved `by` into the past, at most to the beginning of the representable range.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// A day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    const NANOS: i64 = 86_400_000_000_000;
}

/// Year, month and day (RFC 3339 `full-date`): `2026-01-31`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.saturating_mul(86_400)) {
            Ok(time) => time.strftime("%F").fmt(f),
            Err(_) => f.write_str("time out of range"),
        }
    }
}

/// A duration as a person would say it: `800 µs`, `12.3 ms`, `4.2 s`, `3 min 20 s`.
pub fn in_words(duration: Duration) -> String {
    let micros = duration.as_micros();
    // To the nearest: whoever looks for a timeout of five minutes finds it in 299.997 s.
    let seconds = (duration.as_millis() + 500) / 1_000;
    let minutes = (seconds + 30) / 60;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        1_000_000..100_000_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ if seconds < 6_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// A part of a sentence that says how long something took, with what stands before and after the duration; nothing where
/// that is not known.
pub fn phrase(before: &str, duration: Option<Duration>, after: &str) -> String {
    duration.map_or_else(String::new, |duration| format!("{before}{}{after}", in_words(duration)))
}

/// RFC 3339 in UTC with nine decimals, as every output prints it: `2026-01-31T12:00:00.123456789Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => write!(f, "{time:.9}"),
            Err(_) => f.write_str("time out of range"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nine_decimals_in_utc() {
        assert_eq!(Timestamp::from_nanos(0).to_string(), "1970-01-01T00:00:00.000000000Z");
        // `date -u -d @1700000000` prints 2023-11-14T22:13:20.
        let time = Timestamp::from_nanos(1_700_000_000_000_000_007);
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.000000007Z");
    }

    #[test]
    fn long_durations_are_rounded_to_the_nearest() {
        let words = |millis| in_words(Duration::from_millis(millis));
        assert_eq!(words(299_997), "5 min 0 s");
        assert_eq!(words(200_400), "3 min 20 s");
        assert_eq!(words(7_199_997), "2 h 0 min");
        assert_eq!(words(5_999_499), "99 min 59 s");
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let day = |nanos| Timestamp::from_nanos(nanos).day().to_string();
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(-1), "1969-12-31");
        // `date -u -d 2023-11-15 +%s` prints 1700006400.
        assert_eq!(day(1_700_006_400_000_000_000 - 1), "2023-11-14");
        assert_eq!(day(1_700_006_400_000_000_000), "2023-11-15");
    }

    #[test]
    fn a_clock_that_steps_back_gives_no_time_at_all() {
        let (early, late) = (Timestamp::from_nanos(5), Timestamp::from_nanos(9));
        assert_eq!(late.since(early), Duration::from_nanos(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(late.passed_since(early), Some(Duration::from_nanos(4)));
        assert_eq!(early.passed_since(early), Some(Duration::ZERO));
        assert_eq!(early.passed_since(late), None);
        let second = Timestamp::from_nanos(1_000_000_000);
        assert_eq!((early.told_since(early), second.told_since(second)), (Some(Duration::ZERO), None));
        assert_eq!(late.told_since(early), Some(Duration::from_nanos(4)));
        let apart = Duration::from_nanos(4);
        assert_eq!(
            (late.offset_from(early), early.offset_from(late)),
            (Some((apart, false)), Some((apart, true)))
        );
    }

    #[test]
    fn no_time_is_told_across_a_clock_that_was_set() {
        let (booted, set) =
            (Timestamp::from_nanos(5_000_000_000), Timestamp::from_nanos(1_700_000_000_000_000_000));
        assert!(booted.is_apart(set) && set.is_apart(booted));
        assert_eq!((set.since(booted), booted.since(set)), (Duration::ZERO, Duration::ZERO));
        assert_eq!((set.passed_since(booted), booted.passed_since(set)), (None, None));
        assert_eq!((set.offset_from(booted), booted.offset_from(set)), (None, None));
        let half_a_year = Duration::from_secs(182 * 24 * 60 * 60);
        let later = set.plus(half_a_year);
        assert!(!later.is_apart(set));
        assert_eq!(later.since(set), half_a_year);
    }
}
