//! Traffic over time: what plots show, counted once for each frame.

use super::frame_row::FrameRow;
use super::message_row::MessageRow;
use crate::model::{Peer, PerPeer, Timestamp};
use std::time::Duration;

/// How many buckets of time there are. Half of them are used at least, once there are as many nanoseconds: many to each
/// column of a screen, so that columns cover about the same time.
const BUCKETS: usize = 4096;

/// What was sent when, in buckets that double their width whenever the time outgrows them.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// When the first bucket begins, and the times of the first and the last frame.
    span: Option<(Timestamp, Timestamp, Timestamp)>,
    /// Nanoseconds to a bucket, as a power of 2.
    width: u32,
    bytes: PerPeer<Buckets>,
    frames: PerPeer<Buckets>,
    trips: Buckets,
    sizes: PerPeer<Vec<u64>>,
}

/// A figure over time. It takes room only up to the last time that has one.
#[derive(Clone, Debug, Default)]
struct Buckets(Vec<u64>);

impl Buckets {
    fn at(&mut self, at: usize) -> Option<&mut u64> {
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0.get_mut(at)
    }

    /// Two become one; `ahead` buckets come before them.
    fn halve(&mut self, ahead: usize, join: fn(u64, u64) -> u64) {
        let padded = std::iter::repeat_n(0, ahead).chain(self.0.iter().copied()).collect::<Vec<_>>();
        self.0 = padded.chunks(2).map(|pair| pair.iter().copied().fold(0, join)).collect();
    }
}

/// A part of the time in stretches of equal length, one for each column of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretches {
    /// When the first one begins.
    pub begin: Timestamp,
    /// A time in the last one.
    pub end: Timestamp,
    /// How many there are.
    pub count: usize,
}

impl Traffic {
    /// Counts a frame.
    pub fn add_frame(&mut self, row: &FrameRow) {
        self.add(row.from(), row.time(), row.received(), row.round_trip());
    }

    /// Counts a frame of so many bytes of payload; of a pong, how long its ping waited.
    pub fn add(&mut self, from: Peer, time: Timestamp, received: u64, round_trip: Option<Duration>) {
        let at = self.bucket(time);
        if let Some(bytes) = self.bytes.of_mut(from).at(at) {
            *bytes = bytes.saturating_add(received);
        }
        if let Some(frames) = self.frames.of_mut(from).at(at) {
            *frames += 1;
        }
        if let Some(trip) = round_trip
            && let Some(longest) = self.trips.at(at)
        {
            *longest = (*longest).max(u64::try_from(trip.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// Counts a message.
    pub fn add_message(&mut self, row: &MessageRow) {
        self.add_size(row.from, row.length);
    }

    /// Counts a message of this length.
    pub fn add_size(&mut self, from: Peer, length: u64) {
        let sizes = self.sizes.of_mut(from);
        let digits = usize::try_from(u64::BITS - length.leading_zeros()).unwrap_or(0);
        if sizes.len() <= digits {
            sizes.resize(digits + 1, 0);
        }
        if let Some(count) = sizes.get_mut(digits) {
            *count += 1;
        }
    }

    /// The bucket of a time, which the buckets make room for.
    fn bucket(&mut self, time: Timestamp) -> usize {
        let (start, first, last) = self.span.unwrap_or((time, time, time));
        self.span = Some((start, first.min(time), last.max(time)));
        let mut start = start;
        while time < start {
            let before = (BUCKETS as u64).saturating_mul(1 << self.width.min(63));
            start = Timestamp::from_nanos(start.as_nanos().saturating_sub_unsigned(before));
            self.widen(BUCKETS);
        }
        if let Some((begin, ..)) = &mut self.span {
            *begin = start;
        }
        loop {
            let at = time.nanos_from(start) >> self.width;
            match usize::try_from(at) {
                Ok(at) if at < BUCKETS => return at,
                _ => self.widen(0),
            }
        }
    }

    fn widen(&mut self, ahead: usize) {
        self.width += 1;
        for peer in Peer::BOTH {
            self.bytes.of_mut(peer).halve(ahead, u64::saturating_add);
            self.frames.of_mut(peer).halve(ahead, u64::saturating_add);
        }
        self.trips.halve(ahead, u64::max);
    }

    /// The times of the first and the last frame.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span.map(|(_, first, last)| (first, last))
    }

    /// The shortest stretch that can be told from the next one.
    pub fn resolution(&self) -> Duration {
        Duration::from_nanos(1_u64.checked_shl(self.width).unwrap_or(u64::MAX))
    }

    /// Payload bytes that a side sent, in each stretch.
    pub fn bytes(&self, from: Peer, stretches: Stretches) -> Vec<u64> {
        self.stretched(self.bytes.of(from), stretches, u64::saturating_add)
    }

    /// Frames that a side sent, in each stretch.
    pub fn frames(&self, from: Peer, stretches: Stretches) -> Vec<u64> {
        self.stretched(self.frames.of(from), stretches, u64::saturating_add)
    }

    /// The longest round trip in each stretch, in nanoseconds.
    pub fn round_trips(&self, stretches: Stretches) -> Vec<u64> {
        self.stretched(&self.trips, stretches, u64::max)
    }

    /// The stretch that a time lies in, from 0.
    pub fn stretch_of(&self, time: Timestamp, stretches: Stretches) -> usize {
        let (first, used) = self.used(stretches);
        let at = self.place(time).clamp(first, first + used - 1) - first;
        (at * stretches.count / used).min(stretches.count.saturating_sub(1))
    }

    /// When a stretch begins, and when the next one does.
    pub fn times_of(&self, stretch: usize, stretches: Stretches) -> (Timestamp, Timestamp) {
        let (first, used) = self.used(stretches);
        let start = self.span.map(|(start, ..)| start).unwrap_or_default();
        let begin = |stretch: usize| {
            let bucket = (first + (stretch * used).div_ceil(stretches.count.max(1))) as u64;
            start.plus(Duration::from_nanos(
                bucket.saturating_mul(1_u64.checked_shl(self.width).unwrap_or(u64::MAX)),
            ))
        };
        (begin(stretch), begin(stretch + 1))
    }

    /// The bucket in which a time lies, however late it is.
    fn place(&self, time: Timestamp) -> usize {
        let start = self.span.map(|(start, ..)| start).unwrap_or_default();
        usize::try_from(time.nanos_from(start) >> self.width.min(63)).unwrap_or(0)
    }

    /// The first bucket of what is looked at, and how many there are.
    fn used(&self, stretches: Stretches) -> (usize, usize) {
        let first = self.place(stretches.begin);
        (first, self.place(stretches.end).saturating_sub(first) + 1)
    }

    /// How many messages of a side have this many binary digits of length: those of 0 bytes first, then of 1, of 2
    /// and 3.
    pub fn sizes(&self, from: Peer) -> &[u64] {
        self.sizes.of(from)
    }

    fn stretched(&self, buckets: &Buckets, stretches: Stretches, join: fn(u64, u64) -> u64) -> Vec<u64> {
        let mut joined = vec![0; stretches.count];
        let (first, used) = self.used(stretches);
        for (at, value) in buckets.0.iter().skip(first).take(used).enumerate() {
            if let Some(stretch) = joined.get_mut(at * stretches.count / used) {
                *stretch = join(*stretch, *value);
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where times fall, in this many stretches.
    fn counted(times: &[i64], stretches: usize) -> Vec<u64> {
        let mut traffic = Traffic::default();
        for time in times {
            let at = traffic.bucket(Timestamp::from_nanos(*time));
            *traffic.frames.client.at(at).unwrap() += 1;
        }
        let (begin, end) = traffic.span().unwrap_or_default();
        traffic.frames(Peer::Client, Stretches { begin, end, count: stretches })
    }

    #[test]
    fn stretches_and_times_lead_to_each_other() {
        let mut traffic = Traffic::default();
        for time in (0..100_000).map(|n| n * 1_000_003) {
            traffic.bucket(Timestamp::from_nanos(time));
        }
        let (first, last) = traffic.span().unwrap();
        let middle = Timestamp::from_nanos(last.as_nanos() / 2);
        for (begin, end) in [(first, last), (middle, last), (first, middle)] {
            let stretches = Stretches { begin, end, count: 80 };
            let mut before = None;
            for stretch in 0..80 {
                let (begin, end) = traffic.times_of(stretch, stretches);
                assert!(begin < end && before.is_none_or(|before| before == begin));
                assert_eq!(traffic.stretch_of(begin, stretches), stretch);
                before = Some(end);
            }
            assert!(before.unwrap() > end);
        }
    }

    #[test]
    fn no_frame_is_lost_however_far_times_lie_apart() {
        let times: Vec<i64> = (0..100_000).map(|n| n * 1_000_003).collect();
        let counts = counted(&times, 80);
        assert_eq!(counts.iter().sum::<u64>(), 100_000);
        // Steady traffic looks steady.
        assert!(counts.iter().all(|count| (1150..=1350).contains(count)), "{counts:?}");
        assert_eq!(counted(&[5], 3), [1, 0, 0]);
        assert_eq!(counted(&[], 3), [0, 0, 0]);
        assert_eq!(counted(&[0, i64::MAX], 2), [1, 1]);
    }

    #[test]
    fn what_comes_earlier_than_the_first_is_put_before_it() {
        let late: Vec<i64> = (1..=1000).map(|n| n * 1_000_000).collect();
        let mut turned = late.clone();
        turned.reverse();
        let (counts, other) = (counted(&late, 10), counted(&turned, 10));
        assert_eq!(other.iter().sum::<u64>(), 1000);
        assert!(counts.iter().zip(&other).all(|(a, b)| a.abs_diff(*b) <= 5), "{counts:?} {other:?}");
        assert_eq!(counted(&[1_000_000_000, 0], 2), [1, 1]);
    }

    #[test]
    fn sizes_are_counted_by_digits() {
        let mut traffic = Traffic::default();
        for length in [0, 1, 2, 3, 200, u64::MAX] {
            traffic.add_size(Peer::Server, length);
        }
        let sizes = traffic.sizes(Peer::Server);
        assert_eq!((sizes[0], sizes[1], sizes[2], sizes[8], sizes[64]), (1, 1, 2, 1, 1));
        assert!(traffic.sizes(Peer::Client).is_empty());
    }
}
