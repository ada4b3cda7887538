//! Puts fragmented IP datagrams together.

use super::next::{Fragment, Ip};
use crate::model::{Limits, SkipReason, Timestamp};
use etherparse::IpNumber;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

/// How long the rest of a datagram may take, in capture time: what Linux allows (`net.ipv4.ipfrag_time`), and half of
/// RFC 8200 §4.5. Later bytes under the same identification belong to another datagram.
const PATIENCE: Duration = Duration::from_secs(30);

/// No payload reaches further: both headers count it in 16 bits, and fragments are not jumbograms (RFC 2675 §3).
const LONGEST: usize = 65_535;

/// The payload of a datagram whose fragments are all there.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) ip: Ip,
    pub(super) bytes: Vec<u8>,
}

/// The unfinished datagrams: at most `cap` of them, each of at most 64 KiB.
#[derive(Debug)]
pub(super) struct Fragments {
    cap: u64,
    over_limit: u64,
    /// Datagrams begun so far.
    begun: u64,
    /// Which of them is unfinished under which key.
    by_key: HashMap<FragmentKey, u64>,
    /// The unfinished ones, oldest first.
    unfinished: BTreeMap<u64, Unfinished>,
    /// The datagrams that the latest packet is a part of, the outermost first.
    latest: Vec<u64>,
}

/// What the fragments of one datagram have in common: RFC 791 §3.2 counts the protocol in, RFC 8200 §4.5 does not.
type FragmentKey = (IpAddr, IpAddr, IpNumber, u32);

#[derive(Debug)]
struct Unfinished {
    key: FragmentKey,
    since: Timestamp,
    /// As the first fragment has it, once that is there.
    ip: Ip,
    /// The bytes up to the furthest one held, zero in the holes.
    bytes: Vec<u8>,
    /// Which of them are held: in order, never touching each other.
    held: Vec<Range<usize>>,
    /// Where the last fragment ends, once that is there.
    end: Option<usize>,
}

/// A fragment says something else than the ones before it.
struct Contradiction;

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            cap: limits.fragment_datagrams,
            over_limit: 0,
            begun: 0,
            by_key: HashMap::new(),
            unfinished: BTreeMap::new(),
            latest: Vec::new(),
        }
    }

    /// Another packet comes.
    pub(super) fn begin_packet(&mut self) {
        self.latest.clear();
    }

    /// The datagrams that the latest packet is a part of, the outermost first.
    pub(super) fn latest(&self) -> &[u64] {
        &self.latest
    }

    /// How many unfinished datagrams the cap has cost.
    pub(super) const fn over_limit(&self) -> u64 {
        self.over_limit
    }

    /// The datagram that `fragment`, captured at `now`, completes, or why there is none.
    pub(super) fn push(&mut self, fragment: &Fragment<'_>, now: Timestamp) -> Result<Datagram, SkipReason> {
        let bytes = fragment.data.captured();
        if !fragment.data.is_whole() {
            return Err(SkipReason::IpFragmentDropped);
        }
        // RFC 791 §3.2: every fragment but the last is a multiple of eight bytes long.
        if bytes.is_empty()
            || (fragment.more && !bytes.len().is_multiple_of(8))
            || fragment.offset + bytes.len() > LONGEST
        {
            return Err(SkipReason::Malformed);
        }

        self.forget_stale(now);
        let over_limit = self.over_limit;
        let number = match self.by_key.get(&fragment.key()) {
            Some(number) => *number,
            None => self.begin(fragment, now),
        };
        self.latest.push(number);
        let Some(datagram) = self.unfinished.get_mut(&number) else {
            // The cap is zero.
            return Err(SkipReason::IpFragmentDropped);
        };
        if datagram.add(fragment, bytes).is_err() {
            self.remove(number);
            return Err(SkipReason::IpFragmentDropped);
        }
        if datagram.is_complete() {
            return self.remove(number).ok_or(SkipReason::IpFragment);
        }
        // Where this fragment took another datagram's place, it stands for the one dropped: a count for each.
        Err(if self.over_limit == over_limit {
            SkipReason::IpFragment
        } else {
            SkipReason::IpFragmentDropped
        })
    }

    /// Makes room for a datagram and begins it, if there may be any; gives its number.
    fn begin(&mut self, fragment: &Fragment<'_>, now: Timestamp) -> u64 {
        let number = self.begun;
        self.begun += 1;
        if self.unfinished.len() as u64 >= self.cap {
            self.over_limit += 1;
            self.remove_oldest();
        }
        if self.cap > 0 {
            let key = fragment.key();
            self.by_key.insert(key, number);
            self.unfinished.insert(
                number,
                Unfinished {
                    key,
                    since: now,
                    ip: fragment.ip,
                    bytes: Vec::new(),
                    held: Vec::new(),
                    end: None,
                },
            );
        }
        number
    }

    fn forget_stale(&mut self, now: Timestamp) {
        while let Some(oldest) = self.unfinished.first_entry()
            && now.since(oldest.get().since) > PATIENCE
        {
            self.remove_oldest();
        }
    }

    fn remove_oldest(&mut self) {
        if let Some((_, datagram)) = self.unfinished.pop_first() {
            self.by_key.remove(&datagram.key);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Datagram> {
        let Unfinished { key, ip, bytes, .. } = self.unfinished.remove(&number)?;
        self.by_key.remove(&key);
        Some(Datagram { ip, bytes })
    }
}

impl Fragment<'_> {
    const fn key(&self) -> FragmentKey {
        let protocol = match self.ip.source {
            IpAddr::V4(_) => self.ip.protocol,
            IpAddr::V6(_) => IpNumber::IPV6_FRAGMENTATION_HEADER,
        };
        (self.ip.source, self.ip.destination, protocol, self.identification)
    }
}

impl Unfinished {
    /// Takes `bytes` in. Those that are there already must be the same: RFC 5722 §4 has hosts drop the datagram at
    /// any overlap, yet a packet captured twice, as on two ports of a switch, is not an overlap on the wire.
    fn add(&mut self, fragment: &Fragment<'_>, bytes: &[u8]) -> Result<(), Contradiction> {
        let range = fragment.offset..fragment.offset + bytes.len();
        let furthest = range.end.max(self.bytes.len());
        if !fragment.more {
            if self.end.is_some_and(|end| end != range.end) {
                return Err(Contradiction);
            }
            self.end = Some(range.end);
        }
        if self.end.is_some_and(|end| furthest > end) {
            return Err(Contradiction);
        }
        for held in &self.held {
            let both = held.start.max(range.start)..held.end.min(range.end);
            if both.start < both.end
                && self.bytes.get(both.clone()) != bytes.get(both.start - range.start..both.end - range.start)
            {
                return Err(Contradiction);
            }
        }

        // RFC 8200 §4.5: what the payload is, the first fragment says.
        if fragment.offset == 0 {
            self.ip = fragment.ip;
        }
        self.bytes.resize(furthest, 0);
        if let Some(place) = self.bytes.get_mut(range.clone()) {
            place.copy_from_slice(bytes);
        }
        let position = self.held.partition_point(|held| held.start < range.start);
        self.held.insert(position, range);
        self.held.dedup_by(|next, kept| {
            let joined = next.start <= kept.end;
            if joined {
                kept.end = kept.end.max(next.end);
            }
            joined
        });
        Ok(())
    }

    fn is_complete(&self) -> bool {
        matches!(self.held.as_slice(), [all] if all.start == 0 && Some(all.end) == self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, Tester, ether, ip_v4, udp, v4, v6};
    use super::*;

    const DROPPED: Outcome = Outcome::Skipped(SkipReason::IpFragmentDropped);
    const WAITING: Outcome = Outcome::Skipped(SkipReason::IpFragment);

    /// Cuts the payload of an IP packet without options at multiples of eight, under one identification.
    fn fragment(packet: &[u8], identification: u8, cuts: &[usize]) -> Vec<Vec<u8>> {
        let (header, payload) = packet.split_at(if packet[0] >> 4 == 4 { 20 } else { 40 });
        let ends = cuts.iter().copied().chain([payload.len()]);
        let mut start = 0;
        ends.map(|end| {
            let part = piece(header, identification, start, end < payload.len(), &payload[start..end]);
            start = end;
            part
        })
        .collect()
    }

    fn piece(header: &[u8], identification: u8, offset: usize, more: bool, data: &[u8]) -> Vec<u8> {
        let mut header = header.to_vec();
        if header.len() == 20 {
            header[2..4].copy_from_slice(&u16::try_from(20 + data.len()).unwrap().to_be_bytes());
            header[4..6].copy_from_slice(&[0, identification]);
            let field = u16::try_from(offset / 8).unwrap() | if more { 0x2000 } else { 0 };
            header[6..8].copy_from_slice(&field.to_be_bytes());
        } else {
            let [high, low] = (u16::try_from(offset).unwrap() | u16::from(more)).to_be_bytes();
            header[4..6].copy_from_slice(&u16::try_from(8 + data.len()).unwrap().to_be_bytes());
            header.extend([header[6], 0, high, low, 0, 0, 0, identification]);
            header[6] = 44;
        }
        [header, data.to_vec()].concat()
    }

    fn payload() -> Vec<u8> {
        (0..200).collect()
    }

    #[test]
    fn any_order_gives_the_datagram_with_the_stamp_of_its_last_packet() {
        for packet in [v4(&payload()), v6(&payload())] {
            let parts = fragment(&packet, 7, &[8, 64, 128]);
            for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [3, 0, 2, 1]] {
                let mut tester = Tester::new(256);
                let (last, first) = order.split_last().unwrap();
                for index in first {
                    assert_eq!(tester.push(101, &parts[*index]), WAITING, "{order:?}");
                }
                let Outcome::Segment(segment) = tester.push(101, &parts[*last]) else { panic!("{order:?}") };
                assert_eq!((segment.payload, segment.cut), (payload(), 0));
                assert_eq!(segment.packet, 4);
            }
        }
    }

    #[test]
    fn datagrams_do_not_mix() {
        let (one, two) = (v4(&[1; 64]), v4(&[2; 64]));
        let mut tester = Tester::new(256);
        let (one, two) = (fragment(&one, 1, &[24]), fragment(&two, 2, &[24]));
        assert_eq!(tester.push(101, &one[0]), WAITING);
        assert_eq!(tester.push(101, &two[1]), WAITING);
        assert_eq!(tester.push(101, &one[1]).payload(), [1; 64]);
        assert_eq!(tester.push(101, &two[0]).payload(), [2; 64]);
    }

    #[test]
    fn duplicates_and_overlaps_that_agree_are_ignored() {
        let packet = v4(&payload());
        let parts = fragment(&packet, 7, &[64, 128]);
        let mut tester = Tester::new(256);
        assert_eq!(tester.push(101, &parts[0]), WAITING);
        assert_eq!(tester.push(101, &parts[0]), WAITING);
        assert_eq!(tester.push(101, &fragment(&packet, 7, &[48, 136])[1]), WAITING);
        assert_eq!(tester.push(101, &parts[2]).payload(), payload());
    }

    #[test]
    fn fragments_that_contradict_each_other_lose_the_datagram() {
        let packet = v4(&payload());
        let parts = fragment(&packet, 7, &[64, 128]);
        let header = &packet[..20];
        for liar in [
            piece(header, 7, 56, true, &[9; 16]),
            piece(header, 7, 216, true, &[9; 8]),
            piece(header, 7, 128, false, &[9; 8]),
            piece(header, 7, 8, false, &packet[28..36]),
        ] {
            let mut tester = Tester::new(256);
            assert_eq!(tester.push(101, &parts[0]), WAITING);
            assert_eq!(tester.push(101, &parts[2]), WAITING);
            assert_eq!(tester.push(101, &liar), DROPPED);
            assert_eq!(tester.push(101, &parts[1]), WAITING, "nothing is left to complete");
        }
    }

    #[test]
    fn a_new_datagram_pushes_the_oldest_out_at_the_cap() {
        let mut tester = Tester::new(2);
        let parts: Vec<_> = (0..3).map(|number| fragment(&v4(&[number; 64]), number, &[24])).collect();
        assert_eq!(tester.push(101, &parts[0][0]), WAITING);
        assert_eq!(tester.push(101, &parts[1][0]), WAITING);
        assert_eq!(tester.net.datagrams_over_limit(), 0);
        assert_eq!(tester.push(101, &parts[2][0]), DROPPED);
        assert_eq!(tester.net.datagrams_over_limit(), 1);
        assert_eq!(tester.push(101, &parts[1][1]).payload(), [1; 64]);
        assert_eq!(tester.push(101, &parts[2][1]).payload(), [2; 64]);
        assert_eq!(tester.push(101, &parts[0][1]), WAITING);
    }

    #[test]
    fn a_cap_of_zero_keeps_nothing() {
        let mut tester = Tester::new(0);
        for part in fragment(&v4(&payload()), 7, &[64]) {
            assert_eq!(tester.push(101, &part), DROPPED);
        }
    }

    #[test]
    fn a_datagram_that_takes_too_long_is_forgotten() {
        for (seconds, complete) in [(30, true), (31, false)] {
            let mut tester = Tester::new(256);
            let parts = fragment(&v4(&payload()), 7, &[64]);
            assert_eq!(tester.push(101, &parts[0]), WAITING);
            tester.wait(Duration::from_secs(seconds));
            assert_eq!(matches!(tester.push(101, &parts[1]), Outcome::Segment(_)), complete);
        }
    }

    #[test]
    fn cut_odd_empty_and_overlong_fragments_are_not_used() {
        let packet = v4(&payload());
        let mut tester = Tester::new(256);
        let parts = fragment(&packet, 7, &[64]);
        assert_eq!(tester.push_cut(101, &parts[0], 83), DROPPED);
        let header = &packet[..20];
        for (offset, more, data) in [(0, true, &[1; 9][..]), (8, false, &[]), (65_528, false, &[1; 8])] {
            let malformed = Outcome::Skipped(SkipReason::Malformed);
            assert_eq!(tester.push(101, &piece(header, 7, offset, more, data)), malformed);
        }
        assert_eq!(tester.push(101, &parts[1]), WAITING);
        assert_eq!(tester.push(101, &parts[0]).payload(), payload());
    }

    #[test]
    fn fragments_inside_tunnels_and_of_tunnels() {
        // A tunnelled datagram in fragments, the tunnel's own packets in fragments again.
        let frame = |ip: &[u8]| [&[8, 0, 0, 0, 0, 0, 7, 0][..], &ether(0x0800), ip].concat();
        let inner = fragment(&v4(&payload()), 3, &[64]);
        let mut tester = Tester::new(256);
        assert_eq!(tester.push(101, &udp(4789, &frame(&inner[0]))), WAITING);
        let outer = fragment(&ip_v4(4, &udp(4789, &frame(&inner[1]))), 4, &[40]);
        assert_eq!(tester.push(101, &outer[1]), WAITING);
        assert_eq!(tester.push(101, &outer[0]).payload(), payload());
    }

    #[test]
    fn fragments_of_something_else_complete_to_something_else() {
        let mut tester = Tester::new(256);
        let parts = fragment(&udp(53, &payload()), 7, &[64]);
        assert_eq!(tester.push(101, &parts[0]), WAITING);
        assert_eq!(tester.push(101, &parts[1]), Outcome::Skipped(SkipReason::NotTcp));
    }
}
