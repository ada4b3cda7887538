//! The bytes of a packet that an alteration changes: hop count, hardware addresses, checksum, payload.

use crate::scenario::OwnedPacket;
use std::ops::Range;

/// Where the headers of a TCP segment lie in a packet that holds all of it.
#[derive(Clone, Debug)]
pub struct Layout {
    ip: usize,
    is_v4: bool,
    tcp: usize,
    /// Where its payload lies.
    pub payload: Range<usize>,
}

impl Layout {
    /// Of a whole segment directly in IP, after one of the link headers that the captures have.
    pub fn of(packet: &OwnedPacket) -> Option<Self> {
        let bytes = &packet.bytes;
        let ip = match packet.link.0 {
            0 => 4,
            1 => {
                let tags = bytes.get(12..)?.chunks(4).take_while(|tag| tag.starts_with(&[0x81, 0])).count();
                14 + 4 * tags
            }
            101 => 0,
            113 => 16,
            276 => 20,
            _ => return None,
        };
        let word = |at: usize| Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
        let is_v4 = bytes.get(ip)? >> 4 == 4;
        let (tcp, end, protocol) = if is_v4 {
            if word(ip + 6)? & 0x3fff != 0 {
                return None;
            }
            (ip + 4 * usize::from(bytes[ip] & 15), ip + word(ip + 2)?, *bytes.get(ip + 9)?)
        } else {
            (ip + 40, ip + 40 + word(ip + 4)?, *bytes.get(ip + 6)?)
        };
        let begin = tcp + 4 * usize::from(bytes.get(tcp + 12)? >> 4);
        let is_whole = protocol == 6 && begin <= end && end <= bytes.len();
        is_whole.then_some(Self { ip, is_v4, tcp, payload: begin..end })
    }

    /// Gives the segment the checksum it should have (RFC 9293 §3.1).
    pub fn mend_checksum(&self, bytes: &mut [u8]) {
        let addresses = if self.is_v4 { self.ip + 12..self.ip + 20 } else { self.ip + 8..self.ip + 40 };
        let segment = self.tcp..self.payload.end;
        let field = self.tcp + 16..self.tcp + 18;
        bytes[field.clone()].fill(0);
        let length = u32::try_from(segment.len()).unwrap();
        let pseudo = sum(&bytes[addresses]) + length + 6;
        let checksum = folded(pseudo + sum(&bytes[segment]));
        bytes[field].copy_from_slice(&checksum.to_be_bytes());
    }

    /// Gives it another one.
    pub fn break_checksum(&self, bytes: &mut [u8]) {
        self.mend_checksum(bytes);
        bytes[self.tcp + 16] ^= 0x5a;
    }

    /// Whether it is the one that it should have.
    pub fn has_right_checksum(&self, bytes: &[u8]) -> bool {
        let mut mended = bytes.to_vec();
        self.mend_checksum(&mut mended);
        mended == bytes
    }

    /// As a router hands it on: one hop less to live (RFC 791 §3.2, RFC 8200 §3), and other hardware addresses.
    pub fn route(&self, bytes: &mut [u8]) {
        let hops = self.ip + if self.is_v4 { 8 } else { 7 };
        bytes[hops] = bytes[hops].saturating_sub(1);
        if self.is_v4 {
            let field = self.ip + 10..self.ip + 12;
            bytes[field.clone()].fill(0);
            let checksum = folded(sum(&bytes[self.ip..self.tcp]));
            bytes[field].copy_from_slice(&checksum.to_be_bytes());
        }
        self.bridge(bytes);
    }

    /// As another interface of the same host shows it: other hardware addresses, where there are any.
    pub fn bridge(&self, bytes: &mut [u8]) {
        // The last bytes of the destination's address in Ethernet, of the link layer's address type in cooked captures.
        if self.ip >= 14 {
            bytes[4..6].iter_mut().for_each(|byte| *byte ^= 0x5a);
        }
    }
}

/// The sum of 16-bit words that IP and TCP take the complement of (RFC 1071).
fn sum(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    bytes.chunks(2).map(word).sum()
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
