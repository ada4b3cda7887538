//! RFC 3339 times: most lines are of the same moment as the line before, or of the same second.

use crate::model::Timestamp;
use serde::ser::{Serialize, Serializer};
use std::cell::Cell;
use std::ops::Range;

/// A time as [`Timestamp`] prints it, nine decimals and all: `2026-01-31T12:00:00.123456789Z`. It is put into words where
/// somebody prints it.
#[derive(Debug)]
pub(super) struct Rfc3339<'a> {
    time: Timestamp,
    times: &'a Times,
}

/// The years that nanoseconds in 64 bits can tell, 1677 to 2262, all have four digits.
const LENGTH: usize = 30;
/// Where the decimals stand.
const DECIMALS: Range<usize> = 20..29;

/// Remembers the last time printed.
#[derive(Debug, Default)]
pub(super) struct Times {
    last: Cell<Option<(Timestamp, [u8; LENGTH])>>,
}

impl Times {
    /// How `time` is printed.
    pub(super) const fn rfc3339(&self, time: Timestamp) -> Rfc3339<'_> {
        Rfc3339 { time, times: self }
    }

    fn text(&self, time: Timestamp) -> [u8; LENGTH] {
        const SECOND: i64 = 1_000_000_000;
        let second = |time: Timestamp| time.as_nanos().div_euclid(SECOND);
        let text = match self.last.get() {
            Some((last, text)) if last == time => return text,
            Some((last, mut text)) if second(last) == second(time) => {
                let mut nanos = time.as_nanos().rem_euclid(SECOND).unsigned_abs();
                for digit in text.get_mut(DECIMALS).unwrap_or_default().iter_mut().rev() {
                    *digit = b'0' + u8::try_from(nanos % 10).unwrap_or(0);
                    nanos /= 10;
                }
                text
            }
            _ => in_full(time),
        };
        self.last.set(Some((time, text)));
        text
    }
}

fn in_full(time: Timestamp) -> [u8; LENGTH] {
    time.to_string().as_bytes().try_into().unwrap_or([b'?'; LENGTH])
}

impl Serialize for Rfc3339<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.times.text(self.time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_time_is_printed_as_it_prints_itself() {
        let times = Times::default();
        let nanos =
            [0, 1, 999_999_999, 1_000_000_000, -1, -1_000_000_000, -1_000_000_001, i64::MIN, i64::MAX];
        for nanos in nanos.into_iter().chain([1_769_860_800_123_456_789, 1_769_860_800_000_000_001]) {
            let time = Timestamp::from_nanos(nanos);
            assert_eq!(str::from_utf8(&times.text(time)).unwrap(), time.to_string());
        }
    }
}
