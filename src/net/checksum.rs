//! The TCP checksum (RFC 9293 §3.1, RFC 1071): whether the captured bytes are those that were sent.

use super::next::Ip;
use crate::model::Checksum;
use std::net::IpAddr;

/// The number of TCP in the pseudo header.
const TCP: u64 = 6;

/// Judges a whole segment that has this `field` for its checksum.
///
/// A host whose network card computes checksums captures what it sends before that: with the sum of the pseudo header
/// alone in the field, or with nothing. Segments that were joined on arrival look the same. Nothing can be said about
/// those.
#[inline]
pub(super) fn judge(ip: &Ip, segment: &[u8], field: [u8; 2]) -> Checksum {
    let addresses = match (ip.source, ip.destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            u64::from(u32::from_ne_bytes(a.octets())) + u64::from(u32::from_ne_bytes(b.octets()))
        }
        (a, b) => add(sum_of(a), sum_of(b)),
    };
    let pseudo = add(addresses, u64::from_be(TCP << 48));
    let length = u64::from_be((segment.len() as u64) << 32);
    let whole = add(add(pseudo, length), sum(segment));
    if fold(whole) == u16::MAX { Checksum::Right } else { judge_wrong(pseudo, length, field) }
}

/// A segment whose checksum is wrong.
#[cold]
fn judge_wrong(pseudo: u64, length: u64, field: [u8; 2]) -> Checksum {
    let field = u16::from_ne_bytes(field);
    // Cards that cut a segment into several want it without the length.
    let is_unfinished = field == 0 || field == fold(add(pseudo, length)) || field == fold(pseudo);
    if is_unfinished { Checksum::Unknown } else { Checksum::Wrong }
}

fn sum_of(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => sum(&address.octets()),
        IpAddr::V6(address) => sum(&address.octets()),
    }
}

/// One's complement addition.
#[inline]
const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    sum + carry as u64
}

/// The one's complement sum of words in the byte order of the machine, which is that of the network but for the order of
/// its bytes (RFC 1071 §2, B); wider words have the same sum (C). Carries are counted in the upper half.
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    let mut total = 0_u128;
    let mut take = |word: &[u8; 8]| total += u128::from(u64::from_ne_bytes(*word));
    let (rounds, rest) = bytes.as_chunks::<64>();
    for round in rounds {
        round.as_chunks().0.iter().for_each(&mut take);
    }
    let (words, rest) = rest.as_chunks();
    words.iter().for_each(&mut take);
    total += u128::from(sum_of_rest(rest));
    #[expect(clippy::cast_possible_truncation, reason = "one half, then the other")]
    let halves = add(total as u64, (total >> 64) as u64);
    halves
}

/// The sum of fewer than eight bytes.
#[inline]
fn sum_of_rest(bytes: &[u8]) -> u64 {
    let (four, rest) = bytes.as_chunks();
    let (two, rest) = rest.as_chunks();
    let half = four.first().map_or(0, |word| u64::from(u32::from_ne_bytes(*word)));
    let quarter = two.first().map_or(0, |word| u64::from(u16::from_ne_bytes(*word)));
    let last = rest.first().map_or(0, |byte| u64::from(u16::from_ne_bytes([*byte, 0])));
    half + quarter + last
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
