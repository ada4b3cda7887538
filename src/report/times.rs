//! RFC 3339 times: most lines are of the same second as the line before.

use crate::model::Timestamp;
use serde::ser::{Serialize, Serializer};
use std::cell::Cell;

/// A time as [`Timestamp`] prints it, nine decimals and all: `2026-01-31T12:00:00.123456789Z`.
#[derive(Debug)]
pub(super) struct Rfc3339([u8; LENGTH]);

/// The years that nanoseconds in 64 bits can tell, 1677 to 2262, all have four digits.
const LENGTH: usize = 30;
const DECIMALS: usize = 9;

/// Remembers the last second printed.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// It, and a time of it in full.
    last: Cell<Option<(i64, [u8; LENGTH])>>,
}

impl Times {
    /// How `time` is printed.
    pub(super) fn rfc3339(&self, time: Timestamp) -> Rfc3339 {
        let second = time.as_nanos().div_euclid(1_000_000_000);
        let mut text = match self.last.get().filter(|(last, _)| *last == second) {
            Some((_, text)) => text,
            None => in_full(time),
        };
        let mut nanos = time.as_nanos().rem_euclid(1_000_000_000).unsigned_abs();
        for digit in text.iter_mut().rev().skip(1).take(DECIMALS) {
            *digit = b'0' + u8::try_from(nanos % 10).unwrap_or(0);
            nanos /= 10;
        }
        self.last.set(Some((second, text)));
        Rfc3339(text)
    }
}

fn in_full(time: Timestamp) -> [u8; LENGTH] {
    time.to_string().as_bytes().try_into().unwrap_or([b'?'; LENGTH])
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.0).unwrap_or_default())
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
            assert_eq!(str::from_utf8(&times.rfc3339(time).0).unwrap(), time.to_string());
        }
    }
}
