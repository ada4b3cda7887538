//! Packets that two inputs hold: parts of one capture that overlap, and one traffic captured at two places.

use crate::capture::{Input, Sift, begins};
use crate::model::{Decoded, FileId, Limits, Packet, Segment, Timestamp};
use crate::net::Net;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Fewer segments that two inputs have in common may be retransmissions.
const FEW: u64 = 3;

/// What two inputs have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Packets of the later one that the earlier one holds too, with the same time and bytes.
    pub repeated: u64,
    /// Segments of the later one that the earlier one holds too, but of another time, or in a packet with other headers.
    elsewhere: u64,
    /// Segments of the later one that were compared, without those in repeated packets.
    compared: u64,
}

impl Overlap {
    /// How many segments both hold because they were captured at two places; none where they may as well have been sent
    /// again.
    pub const fn elsewhere(&self) -> u64 {
        if self.elsewhere >= FEW && self.elsewhere * 2 >= self.compared { self.elsewhere } else { 0 }
    }
}

/// What inputs have in common, as far as is known.
#[derive(Clone, Debug, Default)]
pub struct SharedPackets {
    /// What any two of them do, the earlier one first.
    pub pairs: BTreeMap<(FileId, FileId), Overlap>,
    /// The limit `compared-packets` was reached: not all packets were compared.
    pub is_cut: bool,
}

/// Where those who compare inputs say what these have in common.
#[derive(Clone, Debug, Default)]
pub struct Overlaps(Arc<Mutex<SharedPackets>>);

impl Overlaps {
    /// What was found so far.
    pub fn found(&self) -> SharedPackets {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, SharedPackets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, pair: (FileId, FileId), note: impl FnOnce(&mut Overlap)) {
        note(self.locked().pairs.entry(pair).or_default());
    }
}

/// Leaves out packets that an earlier input holds as well, and counts the segments that it holds in other packets.
///
/// Only packets of times that several inputs have are compared: parts of one capture that follow each other cost a
/// look at the clock for each packet. An input whose beginning cannot be looked at, such as a pipe, is compared with none.
pub struct Repeats {
    /// When each input begins.
    begins: Vec<Option<Timestamp>>,
    /// When the first of those behind each input begins: there may be thousands, and every packet asks.
    next: Vec<Option<Timestamp>>,
    /// Up to when the inputs that were read have packets.
    ends: Vec<Timestamp>,
    skew: Duration,
    net: Net,
    hasher: RandomState,
    /// Hashes of packets, and of what segments have in common wherever they are captured, with the input that held them
    /// first.
    seen: HashMap<u64, FileId, RandomState>,
    /// How many of them to remember at most.
    most: usize,
    overlaps: Overlaps,
    repeated: u64,
    /// What else decides.
    inner: Option<Box<dyn Sift>>,
}

impl Repeats {
    /// Compares the packets of these inputs; those that are left have to pass `inner` as well.
    pub fn new(inputs: &[Input], limits: &Limits, overlaps: Overlaps, inner: Option<Box<dyn Sift>>) -> Self {
        let begins: Vec<Option<Timestamp>> = inputs.iter().map(begins).collect();
        let mut next = Vec::with_capacity(begins.len());
        let mut first = None;
        for begin in begins.iter().rev() {
            next.push(first);
            first = first.into_iter().chain(*begin).min();
        }
        next.reverse();
        Self {
            begins,
            next,
            ends: Vec::new(),
            skew: limits.skew_wait(),
            net: Net::new(limits),
            hasher: RandomState::default(),
            seen: HashMap::default(),
            most: usize::try_from(limits.compared_packets).unwrap_or(usize::MAX),
            overlaps,
            repeated: 0,
            inner,
        }
    }

    /// Whether an earlier input holds this packet.
    fn is_repeated(&mut self, packet: &Packet<'_>) -> bool {
        let (file, time) = (packet.stamp.file, packet.stamp.time);
        let at = usize::from(file.0);
        if self.ends.len() <= at {
            self.begin(at, time);
        }
        if let Some(end) = self.ends.get_mut(at) {
            *end = time.max(*end);
        }
        let next = self.next.get(at).copied().flatten();
        let is_awaited = next.is_some_and(|begin| time.plus(self.skew) >= begin);
        if self.seen.is_empty() && !is_awaited {
            return false;
        }
        // Formats differ in how much of a microsecond they keep.
        let whole = self.hasher.hash_one((time.as_nanos() / 1_000, packet.wire_length, packet.bytes));
        if let Some(earlier) = self.seen.get(&whole).filter(|earlier| **earlier != file) {
            self.overlaps.note((*earlier, file), |overlap| overlap.repeated += 1);
            self.repeated += 1;
            return true;
        }
        let segment = self.segment(packet);
        if let Some(segment) = segment {
            let earlier = self.seen.get(&segment).copied().filter(|earlier| *earlier != file);
            if let Some(other) = earlier.or_else(|| self.beside(at, time)) {
                self.overlaps.note((other, file), |overlap| {
                    overlap.compared += 1;
                    overlap.elsewhere += u64::from(earlier.is_some());
                });
            }
        }
        if is_awaited && self.seen.len() >= self.most {
            self.overlaps.locked().is_cut = true;
        } else if is_awaited {
            for hash in std::iter::once(whole).chain(segment) {
                self.seen.entry(hash).or_insert(file);
            }
        }
        false
    }

    /// An input begins: packets of those that ended before it are no longer needed.
    fn begin(&mut self, at: usize, time: Timestamp) {
        let first = self.begins.iter().skip(at).flatten().min().copied().unwrap_or(time).min(time);
        let (ends, skew) = (&self.ends, self.skew);
        let is_needed =
            |file: FileId| ends.get(usize::from(file.0)).is_some_and(|end| end.plus(skew) >= first);
        self.seen.retain(|_, file| is_needed(*file));
        self.ends.resize(at + 1, time);
    }

    /// The latest of the earlier inputs that have packets of this time as well.
    fn beside(&self, at: usize, time: Timestamp) -> Option<FileId> {
        let has_time = |(begin, end): (&Option<Timestamp>, &Timestamp)| {
            begin.is_some_and(|begin| begin <= time.plus(self.skew)) && time <= end.plus(self.skew)
        };
        let at = self.begins.iter().zip(&self.ends).take(at).rposition(has_time)?;
        u16::try_from(at).ok().map(FileId)
    }

    /// What a packet's TCP segment has in common with the same one captured elsewhere.
    fn segment(&mut self, packet: &Packet<'_>) -> Option<u64> {
        let mut common = None;
        let hasher = &self.hasher;
        self.net.push(packet, &mut |decoded| {
            if let Decoded::Segment(Segment { header, payload, .. }) = decoded {
                let place = (header.sequence, header.acknowledgment, payload.len());
                let flags = header.flags;
                let flags = (flags.syn(), flags.ack(), flags.fin(), flags.rst());
                let rest = (flags, header.marks.identification);
                common = Some(hasher.hash_one((header.source, header.destination, place, rest)));
            }
        });
        common
    }
}

impl Sift for Repeats {
    fn wants(&mut self, packet: &Packet<'_>) -> Result<bool, String> {
        if self.is_repeated(packet) {
            return Ok(false);
        }
        self.inner.as_mut().map_or(Ok(true), |inner| inner.wants(packet))
    }

    fn repeated(&self) -> u64 {
        self.repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limit;

    #[test]
    fn a_packet_takes_what_the_help_says() {
        // A table has a byte for each place besides, and after it grew seven of sixteen places are taken.
        let most = (size_of::<(u64, FileId)>() + 1) * 16 / 7;
        assert!(
            most <= 40 && Limit::ComparedPackets.meaning().ends_with("each takes at most 40 bytes."),
            "{most}"
        );
    }
}
