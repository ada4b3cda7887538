//! The shapes that nearly all packets have, read at once: Ethernet, IPv4 or IPv6 without options, TCP.

#![expect(clippy::inline_always, reason = "a header is then written where it stays, not copied there")]

use super::next::Ip;
use super::segment;
use super::view::View;
use crate::model::{LinkType, Packet, SegmentHeader, Stamp};
use etherparse::IpNumber;
use std::net::IpAddr;

const ETHERNET: LinkType = LinkType(1);

/// The segment in IPv4 in Ethernet, header and payload, that the loop in `stack` would find. `None` where the packet has
/// another shape, or something is wrong with it: then the loop finds out what.
///
/// Each version of IP has a function of its own, so that the compiler knows what an address is made of.
#[inline(always)]
pub(super) fn segment_in_v4<'a>(packet: &Packet<'a>) -> Option<(SegmentHeader, &'a [u8])> {
    tcp(v4(datagram(packet, 0x0800)?)?, packet.stamp)
}

/// The same in IPv6.
#[inline(always)]
pub(super) fn segment_in_v6<'a>(packet: &Packet<'a>) -> Option<(SegmentHeader, &'a [u8])> {
    tcp(v6(datagram(packet, 0x86dd)?)?, packet.stamp)
}

/// What an Ethernet frame carries, if that is of this type.
#[inline(always)]
fn datagram<'a>(packet: &Packet<'a>, ether_type: u16) -> Option<&'a [u8]> {
    let (&[.., high, low], datagram) = packet.bytes.split_first_chunk::<14>()?;
    (packet.link == ETHERNET && u16::from_be_bytes([high, low]) == ether_type).then_some(datagram)
}

#[inline(always)]
fn tcp((ip, length, rest): (Ip, usize, &[u8]), stamp: Stamp) -> Option<(SegmentHeader, &[u8])> {
    let captured = rest.get(..length).unwrap_or(rest);
    segment::decode(&ip, View::new(captured, length), stamp).ok()
}

/// RFC 791 §3.1: version 4, five words of header, no fragment, a total length. The length is that of what follows.
#[inline(always)]
fn v4(datagram: &[u8]) -> Option<(Ip, usize, &[u8])> {
    let (header, rest) = datagram.split_first_chunk::<20>()?;
    let &[0x45, _, l0, l1, i0, i1, f0, f1, hops, 6, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = header else {
        return None;
    };
    let is_fragment = u16::from_be_bytes([f0, f1]) & 0x3fff != 0;
    let length =
        usize::from(u16::from_be_bytes([l0, l1])).checked_sub(header.len()).filter(|_| !is_fragment)?;
    let (source, destination) = (IpAddr::from([s0, s1, s2, s3]), IpAddr::from([d0, d1, d2, d3]));
    let identification = u16::from_be_bytes([i0, i1]);
    Some((Ip { source, destination, protocol: IpNumber::TCP, hops, identification }, length, rest))
}

/// RFC 8200 §3: version 6, no extension header, a payload length.
#[inline(always)]
fn v6(datagram: &[u8]) -> Option<(Ip, usize, &[u8])> {
    let (&[version, _, _, _, l0, l1, 6, hops], rest) = datagram.split_first_chunk::<8>()? else {
        return None;
    };
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let (source, destination) = (IpAddr::from(*source), IpAddr::from(*destination));
    (version >> 4 == 6 && length > 0).then_some((
        Ip { source, destination, protocol: IpNumber::TCP, hops, identification: 0 },
        length,
        rest,
    ))
}
