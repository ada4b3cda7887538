//! The TCP checksum (RFC 9293 §3.1, RFC 1071): whether the captured bytes are those that were sent.

use super::next::Ip;
use crate::model::Checksum;
use std::net::IpAddr;

/// The number of TCP in the pseudo header.
const TCP: u16 = 6;

/// Judges a whole segment that has this `field` for its checksum.
///
/// A host whose network card computes checksums captures what it sends before that: with the sum of the pseudo header
/// alone in the field, or with nothing. Segments that were joined on arrival look the same. Nothing can be said about
/// those.
pub(super) fn judge(addresses: u64, segment: &[u8], field: [u8; 2]) -> Checksum {
    let pseudo = add(addresses, u64::from(TCP.swap_bytes()));
    #[expect(clippy::cast_possible_truncation, reason = "the length of a datagram")]
    let length = u64::from((segment.len() as u32).swap_bytes());
    let whole = add(add(pseudo, length), sum(segment));
    if fold(whole) == u16::MAX { Checksum::Right } else { judge_wrong(pseudo, length, field) }
}

/// The sum of the addresses in the pseudo header.
#[inline(always)]
#[expect(clippy::inline_always, reason = "of each version of IP only a part of it is left")]
pub(super) fn addresses(ip: &Ip) -> u64 {
    match (ip.source, ip.destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            u64::from(u32::from_le_bytes(a.octets())) + u64::from(u32::from_le_bytes(b.octets()))
        }
        (a, b) => add(sum_of(a), sum_of(b)),
    }
}

/// A segment whose checksum is wrong.
#[cold]
fn judge_wrong(pseudo: u64, length: u64, field: [u8; 2]) -> Checksum {
    let field = u16::from_le_bytes(field);
    // Cards that cut a segment into several want it without the length.
    let is_unfinished = field == 0 || field == fold(add(pseudo, length)) || field == fold(pseudo);
    if is_unfinished { Checksum::Unknown } else { Checksum::Wrong }
}

fn sum_of(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => u64::from(u32::from_le_bytes(address.octets())),
        IpAddr::V6(address) => sum(&address.octets()),
    }
}

/// One's complement addition.
#[inline]
const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    sum + carry as u64
}

/// The one's complement sum of little-endian words, which is that of the network's but for the order of its bytes
/// (RFC 1071 §2, B); wider words have the same sum (C).
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    let (rounds, rest) = bytes.as_chunks::<64>();
    let mut total = rounds.iter().fold(0, |total, round| add_words(total, round));
    let (half, rest) = rest.as_chunks::<32>();
    total = half.first().map_or(total, |half| add_words(total, half));
    let (quarter, rest) = rest.as_chunks::<16>();
    total = quarter.first().map_or(total, |quarter| add_words(total, quarter));
    let (word, rest) = rest.as_chunks::<8>();
    total = word.first().map_or(total, |word| add_words(total, word));
    total += u128::from(last(bytes, rest.len()));
    #[expect(clippy::cast_possible_truncation, reason = "one half, then the other")]
    let halves = add(total as u64, (total >> 64) as u64);
    halves
}

/// Adds words of eight bytes. Carries are counted in the upper half.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is no loop where the length is known")]
fn add_words(total: u128, bytes: &[u8]) -> u128 {
    bytes.as_chunks().0.iter().fold(total, |total, word| total + u128::from(u64::from_le_bytes(*word)))
}

/// The last `count` bytes as a word, fewer than eight. They are taken from the last eight, which any segment has.
#[inline]
fn last(bytes: &[u8], count: usize) -> u64 {
    let word = bytes.last_chunk().map_or(0, |last| u64::from_le_bytes(*last));
    if count == 0 { 0 } else { word >> (64 - 8 * count) }
}

/// A sum in 16 bits.
#[inline]
const fn fold(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    #[expect(clippy::cast_possible_truncation, reason = "folded until it fits")]
    let folded = ((sum >> 16) + (sum & 0xffff)) as u16;
    folded
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, decode_cut, v4, v6};
    use crate::model::Checksum;

    fn judged(packet: &[u8]) -> Checksum {
        let Outcome::Segment(segment) = decode(101, packet) else { panic!("a segment") };
        segment.marks.checksum
    }

    #[test]
    fn of_any_length_one_wrong_bit_is_seen() {
        for length in 0..150 {
            let body: Vec<u8> = (100..100 + length).collect();
            for (mut packet, tcp) in [(v4(&body), 20), (v6(&body), 40)] {
                assert_eq!(judged(&packet), Checksum::Right, "{length} bytes");
                for at in tcp + 20..packet.len() {
                    packet[at] ^= 0x10;
                    assert_eq!(judged(&packet), Checksum::Wrong, "{length} bytes, at {at}");
                    packet[at] ^= 0x10;
                }
            }
        }
    }

    #[test]
    fn what_the_network_card_has_yet_to_compute_says_nothing() {
        let mut packet = v4(b"hello");
        // 10.0.0.1, 10.0.0.2, TCP, with and without 25 bytes
        for unfinished in [0x1404_u16, 0x1409 + 25, 0x1409, 0] {
            packet[36..38].copy_from_slice(&unfinished.to_be_bytes());
            let is_unfinished = unfinished != 0x1404;
            let expected = if is_unfinished { Checksum::Unknown } else { Checksum::Wrong };
            assert_eq!(judged(&packet), expected, "{unfinished:04x}");
        }
    }

    #[test]
    fn a_cut_segment_cannot_be_judged() {
        let packet = v4(b"hello");
        let Outcome::Segment(segment) = decode_cut(101, &packet, packet.len() - 1) else {
            panic!("a segment")
        };
        assert_eq!(segment.marks.checksum, Checksum::Unknown);
    }
}
