//! The traffic over time, counted once whenever there is more of it.

use crate::index::Index;
use crate::model::{PerPeer, Timestamp};
use std::time::Duration;

/// Buckets of time.
pub(super) const BUCKETS: usize = 240;

/// Sizes of messages are counted by their number of binary digits.
pub(super) const SIZES: usize = 33;

/// What the plots show.
#[derive(Debug, Default)]
pub(super) struct Plots {
    /// One session's, or all of them.
    pub(super) session: Option<usize>,
    seen: Option<(Option<usize>, u64)>,
    /// From the first frame to the last.
    pub(super) span: Duration,
    pub(super) bytes: PerPeer<Vec<u64>>,
    pub(super) frames: PerPeer<Vec<u64>>,
    /// The longest round trip in each bucket, in microseconds.
    pub(super) trips: Vec<u64>,
    pub(super) sizes: PerPeer<Vec<u64>>,
}

impl Plots {
    /// Counts anew where the capture grew, or another session is looked at.
    pub(super) fn refresh(&mut self, index: &Index, session: Option<usize>) {
        let frames = session.map_or(index.frames_total(), |session| index.frames(session).len() as u64);
        if self.seen == Some((session, frames)) {
            return;
        }
        *self = Self {
            session,
            seen: Some((session, frames)),
            bytes: PerPeer::from_fn(|_| vec![0; BUCKETS]),
            frames: PerPeer::from_fn(|_| vec![0; BUCKETS]),
            trips: vec![0; BUCKETS],
            sizes: PerPeer::from_fn(|_| vec![0; SIZES]),
            ..Self::default()
        };
        let sessions = || session.map_or(0..index.sessions().len(), |session| session..session + 1);
        let rows = || sessions().filter_map(|at| index.sessions().get(at));
        let first = rows().map(|row| row.first.time).min().unwrap_or_default();
        let last = rows().map(|row| row.last.time).max().unwrap_or_default();
        self.span = last.since(first);
        for row in sessions().flat_map(|at| index.frames(at).iter()) {
            let at = self.bucket(first, row.time());
            let from = row.from();
            add(self.bytes.of_mut(from), at, row.received());
            add(self.frames.of_mut(from), at, 1);
            if let (Some(trip), Some(bucket)) = (row.round_trip(), self.trips.get_mut(at)) {
                *bucket = (*bucket).max(u64::try_from(trip.as_micros()).unwrap_or(u64::MAX));
            }
        }
        for row in sessions().flat_map(|at| index.messages(at).iter()) {
            let digits = usize::try_from(u64::BITS - row.length.leading_zeros()).unwrap_or(0);
            add(self.sizes.of_mut(row.from), digits.min(SIZES - 1), 1);
        }
    }

    fn bucket(&self, first: Timestamp, time: Timestamp) -> usize {
        let at = time.since(first).as_nanos() * BUCKETS as u128 / (self.span.as_nanos() + 1);
        usize::try_from(at).unwrap_or(0).min(BUCKETS - 1)
    }
}

fn add(buckets: &mut [u64], at: usize, more: u64) {
    if let Some(bucket) = buckets.get_mut(at) {
        *bucket = bucket.saturating_add(more);
    }
}

/// `buckets` in so many columns: the sum, or the greatest, of those that share one.
pub(super) fn squeezed(buckets: &[u64], columns: usize, join: fn(u64, u64) -> u64) -> Vec<u64> {
    let columns = columns.clamp(1, buckets.len().max(1));
    let mut squeezed = vec![0; columns];
    for (at, value) in buckets.iter().enumerate() {
        if let Some(column) = squeezed.get_mut(at * columns / buckets.len()) {
            *column = join(*column, *value);
        }
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_when_buckets_share_a_column() {
        let buckets: Vec<u64> = (0..240).collect();
        assert_eq!(
            squeezed(&buckets, 77, u64::saturating_add).iter().sum::<u64>(),
            buckets.iter().sum::<u64>()
        );
        assert_eq!(squeezed(&buckets, 60, u64::max).last(), Some(&239));
        assert_eq!(squeezed(&buckets, 500, u64::max), buckets);
    }
}
