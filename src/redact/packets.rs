//! The second reading: packets with other bytes, in which the same is wrong as before.
//!
//! A packet is made of what is known of it: its headers without addresses, and what takes the place of its payload. Of
//! anything else nothing is left but that there was a packet, and how long it was.

use super::connection::{Opaque, Unlike};
use super::learning::Learned;
use super::names::SharedNames;
use crate::model::{Checksum, Decoded, Limits, LinkType, Packet, SegmentHeader};
use crate::net::{Anatomy, Net, Prefix};
use etherparse::checksum::Sum16BitWords;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The link type of packets that begin with IP.
const RAW: LinkType = LinkType(101);

/// Redacts packets, one after the other.
pub struct Redaction {
    learned: Learned,
    names: SharedNames,
    net: Net,
    left_out: BTreeMap<Omitted, u64>,
}

/// What is left out of packets, because nothing can take its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Omitted {
    /// The payload of a connection.
    Payload(Opaque),
    /// A tunnel around the innermost IP packet.
    Tunnel,
    /// Everything: it is no TCP, or a fragment.
    Packet,
}

impl Omitted {
    /// What it is, to be read behind a number of packets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payload(Opaque::TooMany) => "without the payload, which passes the limit redact-bytes",
            Self::Tunnel => "without the tunnel around the innermost packet",
            Self::Packet => "without any byte, being no TCP, or a fragment",
        }
    }
}

/// A packet that anybody may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedPacket {
    /// What its bytes begin with.
    pub link: LinkType,
    /// How many bytes it had on the wire.
    pub wire_length: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The lines of a key log that have to stand in front of it: pseudonyms of secrets, with which its connection was sealed.
    pub key_lines: String,
}

impl Redaction {
    /// Redacts by what was learned.
    pub fn new(learned: Learned, names: SharedNames, limits: &Limits) -> Self {
        Self { learned, names, net: Net::new(limits), left_out: BTreeMap::new() }
    }

    /// In how many packets what is left out.
    pub const fn left_out(&self) -> &BTreeMap<Omitted, u64> {
        &self.left_out
    }

    /// In how many connections something else may be found, and why.
    pub const fn unlike(&self) -> &BTreeMap<Unlike, u64> {
        &self.learned.unlike
    }

    fn leave_out(&mut self, what: Omitted) {
        *self.left_out.entry(what).or_default() += 1;
    }

    /// What is left of the next packet.
    pub fn packet(&mut self, packet: &Packet<'_>) -> RedactedPacket {
        let (mut segment, mut is_notice) = (None, false);
        self.net.push(packet, &mut |decoded| match decoded {
            Decoded::Segment(found) => segment = Some(*found.header),
            Decoded::Notice(_) => is_notice = true,
            Decoded::Skipped(_) => {}
        });
        let made = match (Net::anatomy(packet), segment) {
            (Some(anatomy), Some(header)) => self.segment(packet, &anatomy, &header),
            (Some(anatomy), None) if is_notice => self.notice(packet, &anatomy),
            (Some(_) | None, _) => None,
        };
        made.unwrap_or_else(|| {
            self.leave_out(Omitted::Packet);
            RedactedPacket {
                link: packet.link,
                wire_length: packet.wire_length,
                bytes: Vec::new(),
                key_lines: String::new(),
            }
        })
    }

    fn segment(
        &mut self,
        packet: &Packet<'_>,
        anatomy: &Anatomy,
        header: &SegmentHeader,
    ) -> Option<RedactedPacket> {
        let segment = packet.bytes.get(anatomy.transport..anatomy.end)?;
        let (tcp, payload) = split_tcp(segment)?;
        let first = header.sequence.wrapping_add(u32::from(header.flags.syn()));
        let between = (header.source, header.destination);
        let (payload, is_left_out) = match self.learned.payload(between, packet.stamp.place(), first, payload)
        {
            Ok(redacted) => (redacted, false),
            Err(_) if payload.is_empty() => (Vec::new(), false),
            Err(opaque) => {
                self.leave_out(Omitted::Payload(opaque));
                (Vec::new(), true)
            }
        };
        let mut redacted = [&without_options(tcp)[..], &payload].concat();
        let mut headers = self.headers(packet, anatomy)?;
        let sum = if is_left_out || !anatomy.is_whole {
            0
        } else {
            let (source, destination) = headers.addresses;
            let pseudo = pseudo_header(source, destination, 6, redacted.len());
            put(&mut redacted, 16, [0; 2])?;
            let right = checksum(&[&pseudo, &redacted]);
            match header.marks.checksum {
                Checksum::Right => right,
                Checksum::Wrong => right ^ 0x5a5a,
                // As network cards are given it, unless that happens to be right.
                Checksum::Unknown if right == 0 => !checksum(&[&pseudo]),
                Checksum::Unknown => 0,
            }
        };
        put(&mut redacted, 16, sum.to_be_bytes())?;
        headers.bytes.extend(redacted);
        if !is_left_out {
            headers.pad(packet, anatomy);
        }
        let key_lines = self.learned.take_key_lines(between, packet.stamp.place());
        Some(headers.made).map(|made| RedactedPacket { bytes: headers.bytes, key_lines, ..made })
    }

    /// An ICMP message about a segment: its own header, and the headers of the packet that it quotes.
    fn notice(&mut self, packet: &Packet<'_>, anatomy: &Anatomy) -> Option<RedactedPacket> {
        let message = packet.bytes.get(anatomy.transport..anatomy.end)?;
        let mut headers = self.headers(packet, anatomy)?;
        let (own, quoted) = message.split_at_checked(8)?;
        let is_v4 = quoted.first()? >> 4 == 4;
        let length = if is_v4 { usize::from(quoted.first()? & 0x0f) * 4 } else { 40 };
        let (ip, _) = self.ip_header(quoted.get(..length)?, None)?;
        let ports = quoted.get(length..length + 8)?;
        let mut redacted = [own, &ip, ports].concat();
        redacted.resize(message.len(), 0);
        put(&mut redacted, 2, [0; 2])?;
        let (source, destination) = headers.addresses;
        let pseudo = match source {
            IpAddr::V4(_) => Vec::new(),
            IpAddr::V6(_) => pseudo_header(source, destination, 58, redacted.len()),
        };
        let sum = if anatomy.is_whole { checksum(&[&pseudo, &redacted]) } else { 0 };
        put(&mut redacted, 2, sum.to_be_bytes())?;
        headers.bytes.extend(redacted);
        headers.pad(packet, anatomy);
        Some(headers.made).map(|made| RedactedPacket { bytes: headers.bytes, ..made })
    }

    /// All headers before TCP or ICMP.
    fn headers(&mut self, packet: &Packet<'_>, anatomy: &Anatomy) -> Option<PacketHeaders> {
        // A source route ends where it leads to.
        let (_, end) = Net::addresses(packet)?;
        let (ip, addresses) = self.ip_header(packet.bytes.get(anatomy.ip..anatomy.transport)?, Some(end))?;
        let made = RedactedPacket {
            link: packet.link,
            wire_length: packet.wire_length,
            bytes: Vec::new(),
            key_lines: String::new(),
        };
        let Some(prefix) = prefix(packet, anatomy) else {
            self.leave_out(Omitted::Tunnel);
            let before = u32::try_from(anatomy.ip).ok()?;
            let wire_length = packet.wire_length.saturating_sub(before);
            return Some(PacketHeaders {
                made: RedactedPacket { link: RAW, wire_length, ..made },
                bytes: ip,
                addresses,
            });
        };
        Some(PacketHeaders { made, bytes: [prefix, ip].concat(), addresses })
    }

    /// An IP header with other addresses, which are returned too: it leads to `end`, if that is known, as its options name
    /// more addresses and become nothing.
    fn ip_header(&self, header: &[u8], end: Option<IpAddr>) -> Option<(Vec<u8>, (IpAddr, IpAddr))> {
        let mut names = self.names.lend();
        let mut redacted = header.to_vec();
        if header.first()? >> 4 == 4 {
            let (source, destination) = (header.get(12..16)?, header.get(16..20)?);
            let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
            let (source, destination) = (ip(source)?, end.or_else(|| ip(destination))?);
            let (source, destination) = (names.ip(source), names.ip(destination));
            if let (IpAddr::V4(source), IpAddr::V4(destination)) = (source, destination) {
                put(&mut redacted, 12, source.octets())?;
                put(&mut redacted, 16, destination.octets())?;
            }
            // No operation (RFC 791 §3.1).
            redacted.get_mut(20..)?.fill(1);
            put(&mut redacted, 10, [0; 2])?;
            let sum = checksum(&[&redacted]);
            put(&mut redacted, 10, sum.to_be_bytes())?;
            return Some((redacted, (source, destination)));
        }
        let ip = |bytes: &[u8]| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
        let (source, destination) = (ip(header.get(8..24)?)?, end.or_else(|| ip(header.get(24..40)?))?);
        let (source, destination) = (names.ip(source), names.ip(destination));
        if let (IpAddr::V6(source), IpAddr::V6(destination)) = (source, destination) {
            put(&mut redacted, 8, source.octets())?;
            put(&mut redacted, 24, destination.octets())?;
        }
        // The flow label is of no use to anybody who cannot look it up.
        put(&mut redacted, 1, [header.get(1)? & 0xf0, 0, 0])?;
        let (fixed, extensions) = redacted.split_at_mut_checked(40)?;
        empty_extensions(*fixed.get(6)?, extensions)?;
        Some((redacted, (source, destination)))
    }
}

/// Takes the content out of IPv6 extension headers, which may name more addresses: options become padding, and no routing header
/// leads anywhere (RFC 8200 §4). `first` is the type of the first one.
fn empty_extensions(first: u8, extensions: &mut [u8]) -> Option<()> {
    let (mut kind, mut rest) = (first, extensions);
    while let [next, length, ..] = *rest {
        let length = match kind {
            FRAGMENT => 8,
            AUTHENTICATION => (usize::from(length) + 2) * 4,
            _ => (usize::from(length) + 1) * 8,
        };
        let (header, behind) = rest.split_at_mut_checked(length)?;
        // The type of a routing header says no more than that.
        let kept = if kind == ROUTING { 3 } else { 2 };
        header.get_mut(kept..)?.fill(0);
        (kind, rest) = (next, behind);
    }
    rest.is_empty().then_some(())
}

/// Types of IPv6 extension headers.
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;

/// The headers of a packet that is being made.
struct PacketHeaders {
    made: RedactedPacket,
    bytes: Vec<u8>,
    addresses: (IpAddr, IpAddr),
}

impl PacketHeaders {
    /// What follows what IP carries, as zeros.
    fn pad(&mut self, packet: &Packet<'_>, anatomy: &Anatomy) {
        if self.made.link != RAW || packet.link == RAW {
            let behind = packet.bytes.len().saturating_sub(anatomy.end);
            self.bytes.resize(self.bytes.len() + behind, 0);
        }
    }
}

/// What stands before IP, without addresses; `None` where that is not known, or a tunnel.
fn prefix(packet: &Packet<'_>, anatomy: &Anatomy) -> Option<Vec<u8>> {
    let Prefix::Link(link) = anatomy.prefix else { return None };
    if anatomy.outer != anatomy.ip {
        return None;
    }
    let mut prefix = packet.bytes.get(..anatomy.ip)?.to_vec();
    let addresses = match link.0 {
        1 => 0..12,
        113 => 6..14,
        276 => 12..20,
        _ => 0..0,
    };
    prefix.get_mut(addresses)?.fill(0);
    Some(prefix)
}

/// A TCP header, and what is behind it; as much of it as was captured.
fn split_tcp(segment: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(segment.get(12)? >> 4) * 4;
    segment.split_at_checked(length.min(segment.len()))
}

/// A TCP header in which only options have a content that say nothing but how the connection is used.
fn without_options(header: &[u8]) -> Vec<u8> {
    const FIXED: usize = 20;
    let mut redacted = header.to_vec();
    let mut at = FIXED;
    while let Some(kind) = header.get(at) {
        let length = match (kind, header.get(at + 1)) {
            (0, _) | (_, None) => break,
            (1, _) => 1,
            (_, Some(length)) => usize::from(*length).max(2),
        };
        // Segment size, window scale, selective acknowledgments, timestamps.
        if !matches!(kind, 1..=5 | 8) {
            let content = redacted.get_mut(at + 2..(at + length).min(header.len()));
            content.unwrap_or_default().fill(0);
        }
        at += length;
    }
    redacted.get_mut(at..).unwrap_or_default().fill(0);
    redacted
}

fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) -> Option<()> {
    bytes.get_mut(at..at + N)?.copy_from_slice(&value);
    Some(())
}

/// RFC 9293 §3.1 and RFC 8200 §8.1.
fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            [&source.octets()[..], &destination.octets(), &[0, protocol], length.get(2..).unwrap_or_default()]
                .concat()
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            [&source.octets()[..], &destination.octets(), &length, &[0, 0, 0, protocol]].concat()
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Vec::new(),
    }
}

/// RFC 1071. All parts but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let sum = parts.iter().fold(Sum16BitWords::new(), |sum, part| sum.add_slice(part));
    sum.ones_complement().to_be()
}
