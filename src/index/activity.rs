//! When a session carried how much: what a sparkline shows.

use crate::model::Timestamp;
use std::time::Duration;

/// How many buckets there are.
const BUCKETS: usize = 16;

/// The width to begin with.
const NARROWEST: Duration = Duration::from_millis(1);

/// Bytes over a session's time, in 16 buckets that double their width whenever the session outgrows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    start: Timestamp,
    width: Duration,
    /// Bytes; at most `u32::MAX` are counted in one.
    buckets: [u32; BUCKETS],
}

impl Activity {
    pub(super) const fn starting_at(start: Timestamp) -> Self {
        Self { start, width: NARROWEST, buckets: [0; BUCKETS] }
    }

    /// Counts bytes; those before the start count as if at it.
    pub(super) fn add(&mut self, time: Timestamp, bytes: u64) {
        let since = time.since(self.start);
        loop {
            let index =
                usize::try_from(since.as_nanos() / self.width.as_nanos().max(1)).unwrap_or(usize::MAX);
            if let Some(bucket) = self.buckets.get_mut(index) {
                *bucket = bucket.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
                return;
            }
            let pairs = self.buckets;
            let (pairs, _) = pairs.as_chunks::<2>();
            self.buckets = [0; BUCKETS];
            for (bucket, [a, b]) in self.buckets.iter_mut().zip(pairs) {
                *bucket = a.saturating_add(*b);
            }
            self.width = self.width.saturating_mul(2);
        }
    }

    /// Bytes in each bucket. The last ones may lie beyond the session's end.
    pub const fn buckets(&self) -> &[u32; BUCKETS] {
        &self.buckets
    }

    /// How much time a bucket covers.
    pub const fn width(&self) -> Duration {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_when_the_buckets_widen() {
        let mut activity = Activity::starting_at(Timestamp::from_nanos(1_000));
        for second in 0..100_i64 {
            activity.add(Timestamp::from_nanos(second * 1_000_000_000), 3);
        }
        assert_eq!(activity.buckets().iter().sum::<u32>(), 300);
        assert!(activity.width() > Duration::from_secs(99) / 16);
        assert!(activity.buckets()[8] > 0);
        activity.add(Timestamp::from_nanos(i64::MAX), u64::MAX);
        assert_eq!(activity.buckets().iter().max(), Some(&u32::MAX));
    }
}
