//! Which part a packet belongs to, so that every connection is whole in one of them.
//!
//! The part follows from the two ends of the connection alone. So it is the same whichever files are read, in whatever order
//! and by whom, and what several readings put into one part belongs together.

use crate::capture::Deal;
use crate::model::{Decoded, Limits, Packet, SkipReason};
use crate::net::Net;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Connections that are watched for being the largest: whatever has more than one part in so many of all bytes is found.
const WATCHED: usize = 512;

/// Bytes of packets that wait for the rest of one datagram. Its parts have at most 64 KiB, and may be captured twice.
const MOST_WAITING: u64 = 256 << 10;

/// Tells the part of each packet.
#[derive(Debug)]
pub struct Splitter {
    net: Net,
    parts: usize,
    /// How many datagrams wait at most.
    most: u64,
    /// Datagrams that are not complete: the part by their addresses, and bytes of packets that wait.
    datagrams: BTreeMap<u64, (usize, u64)>,
    heavy: Heavy,
}

impl Splitter {
    /// Into so many parts, at least one.
    pub fn new(parts: usize, limits: &Limits) -> Self {
        Self {
            net: Net::new(limits),
            parts: parts.max(1),
            most: limits.fragment_datagrams,
            datagrams: BTreeMap::new(),
            heavy: Heavy::default(),
        }
    }

    /// What becomes of a packet: the packets of a connection, and ICMP messages about it, have one part. Fragments wait for
    /// the rest of their datagram. Other packets go by the addresses of their innermost IP header, and those without one into
    /// the first part.
    pub fn deal(&mut self, packet: &Packet<'_>) -> Deal {
        let mut ends = None;
        let mut is_incomplete = false;
        self.net.push(packet, &mut |decoded| match decoded {
            Decoded::Segment(segment) => ends = Some((segment.header.source, segment.header.destination)),
            Decoded::Notice(notice) => ends = Some((notice.source, notice.destination)),
            Decoded::Skipped(reason) => {
                is_incomplete = matches!(reason, SkipReason::IpFragment | SkipReason::IpFragmentDropped);
            }
        });
        let part = match ends {
            Some(ends) => {
                self.heavy.add(in_order(ends), u64::from(packet.wire_length));
                self.part(&bytes_of(in_order(ends)))
            }
            None => self.by_addresses(packet),
        };
        let mut with = self.net.datagrams().to_vec();
        let under = if is_incomplete { with.pop() } else { None };
        let Some(under) = under else {
            for number in &with {
                self.datagrams.remove(number);
            }
            return Deal::To { part, after: with };
        };
        let before: u64 =
            with.iter().filter_map(|number| self.datagrams.remove(number)).map(|(_, held)| held).sum();
        let (_, held) = self.datagrams.entry(under).or_insert((part, 0));
        if *held + before >= MOST_WAITING {
            with.push(under);
            self.datagrams.remove(&under);
            return Deal::To { part, after: with };
        }
        *held += before + packet.bytes.len() as u64;
        Deal::Waits { under, with }
    }

    /// A datagram of which too many others came after it, with the part that its packets go to all the same.
    pub fn given_up(&mut self) -> Option<(u64, usize)> {
        if self.datagrams.len() as u64 <= self.most { None } else { self.incomplete() }
    }

    /// Another datagram that is not complete, once nothing follows, and the part that its packets go to.
    pub fn incomplete(&mut self) -> Option<(u64, usize)> {
        self.datagrams.pop_first().map(|(number, (part, _))| (number, part))
    }

    /// The connection with the most bytes, if it has more than a part should: its ends, how many bytes it has at least, and how
    /// many all have.
    pub fn too_heavy(&self) -> Option<([SocketAddr; 2], u64, u64)> {
        let (ends, bytes) = self.heavy.largest()?;
        let total = self.heavy.total;
        (self.parts > 1 && u128::from(bytes) * self.parts as u128 > u128::from(total))
            .then_some((ends, bytes, total))
    }

    fn by_addresses(&self, packet: &Packet<'_>) -> usize {
        let Some((from, to)) = Net::addresses(packet) else { return 0 };
        let mut bytes = Vec::with_capacity(32);
        for address in [from.min(to), from.max(to)] {
            add(address, &mut bytes);
        }
        self.part(&bytes)
    }

    fn part(&self, key: &[u8]) -> usize {
        usize::try_from(hash(key) % self.parts as u64).unwrap_or_default()
    }
}

fn in_order((a, b): (SocketAddr, SocketAddr)) -> [SocketAddr; 2] {
    if a <= b { [a, b] } else { [b, a] }
}

fn bytes_of(ends: [SocketAddr; 2]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(36);
    for end in ends {
        add(end.ip(), &mut bytes);
        bytes.extend(end.port().to_be_bytes());
    }
    bytes
}

fn add(address: IpAddr, bytes: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => bytes.extend(address.octets()),
        IpAddr::V6(address) => bytes.extend(address.octets()),
    }
}

/// FNV-1a with 64 bits, and the last step of `SplitMix64`, which spreads what FNV leaves in the lower bits. It never changes:
/// parts of different machines and versions are put together.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Finds the connections with the most bytes among any number of them (Misra and Gries): each that has more than one part in
/// [`WATCHED`] of all bytes is among those that are left, with at least the bytes that are counted.
#[derive(Debug, Default)]
struct Heavy {
    counts: BTreeMap<[SocketAddr; 2], u64>,
    total: u64,
}

impl Heavy {
    /// Counts bytes of a connection.
    fn add(&mut self, ends: [SocketAddr; 2], bytes: u64) {
        self.total += bytes;
        if let Some(count) = self.counts.get_mut(&ends) {
            *count += bytes;
            return;
        }
        if self.counts.len() < WATCHED {
            self.counts.insert(ends, bytes);
            return;
        }
        let least = self.counts.values().min().copied().unwrap_or_default().min(bytes);
        self.counts.retain(|_, count| {
            *count -= least;
            *count > 0
        });
        if bytes > least {
            self.counts.insert(ends, bytes - least);
        }
    }

    /// The connection with the most, and how many it has at least.
    fn largest(&self) -> Option<([SocketAddr; 2], u64)> {
        self.counts.iter().max_by_key(|(_, bytes)| **bytes).map(|(ends, bytes)| (*ends, *bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(port: u16) -> [SocketAddr; 2] {
        [SocketAddr::from(([10, 0, 0, 1], port)), SocketAddr::from(([10, 0, 0, 2], 80))]
    }

    #[test]
    fn the_heaviest_connection_is_found_among_many() {
        let mut heavy = Heavy::default();
        for port in 1..20_000 {
            heavy.add(ends(port), 60);
            heavy.add(ends(30_000), 600);
        }
        let (found, bytes) = heavy.largest().unwrap();
        assert_eq!(found, ends(30_000));
        let really = 19_999 * 600;
        assert!(bytes <= really && bytes > really - heavy.total / WATCHED as u64, "{bytes}");
    }

    #[test]
    fn connections_are_spread_evenly_and_always_alike() {
        let split = Splitter::new(8, &Limits::default());
        let mut counts = [0_u32; 8];
        for port in 1..8_001 {
            let [a, b] = ends(port);
            let part = split.part(&bytes_of(in_order((a, b))));
            assert_eq!(part, split.part(&bytes_of(in_order((b, a)))));
            counts[part] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        // What other machines have computed.
        assert_eq!(hash(b""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(hash(b"wsight"), 0x312e_8af9_0e8a_bb73);
    }
}
