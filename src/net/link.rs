//! Link types: what the bytes of a packet begin with, by the numbers of <https://www.tcpdump.org/linktypes.html>.

use super::next::{DataPad, NextHeader};
use super::view::View;
use super::{ether, ip, wireless};
use crate::model::{LinkType, SkipReason};
use etherparse::EtherType;

/// Reads the link header, one row a type.
#[inline]
pub(super) fn decode<'a>(link: LinkType, view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match link.0 {
        // ETHERNET
        1 => Ok(NextHeader::Ethernet),
        // NULL and LOOP: BSD loopback, the address family in host and in network byte order
        0 | 108 => loopback(view),
        // PPP, PPP_HDLC
        9 | 50 => Ok(NextHeader::Ppp),
        // RAW, by the values that systems gave it before it had a number of its own, and by that number
        12 | 14 | 101 => ip::version(view, SkipReason::Malformed),
        // IEEE802_11, and with the headers of radios: PRISM, RADIOTAP, AVS, PPI
        105 => Ok(NextHeader::Wireless(DataPad::None)),
        119 => wireless::prism(view),
        127 => wireless::radiotap(view),
        163 => wireless::avs(view),
        192 => ppi(view),
        // LINUX_SLL
        113 => linux_cooked(view),
        // IPV4, IPV6
        228 => Ok(NextHeader::Ipv4),
        229 => Ok(NextHeader::Ipv6),
        // NFLOG
        239 => nflog(view),
        // PKTAP
        258 => pktap(view),
        // LINUX_SLL2
        276 => linux_cooked_2(view),
        _ => Err(SkipReason::LinkUnsupported),
    }
}

/// An address family as the capturing machine's system numbers it, in that machine's byte order, which the file need
/// not share. All families are small numbers, so the order shows.
fn loopback<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let family = u32::from_be_bytes(view.take()?);
    match family.min(family.swap_bytes()) {
        // AF_INET is the same everywhere.
        2 => Ok(NextHeader::Ipv4),
        // AF_INET6 on Linux; Windows; NetBSD and OpenBSD; FreeBSD; macOS
        10 | 23 | 24 | 28 | 30 => Ok(NextHeader::Ipv6),
        _ => Err(SkipReason::NotIp),
    }
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>: 14 bytes about the interface, then the protocol.
///
/// Not through etherparse, which refuses interface kinds it has no name for; what they carry is IP all the same.
fn linux_cooked<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [.., high, low] = view.take::<16>()?;
    cooked_protocol(u16::from_be_bytes([high, low]))
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>: the protocol, then 18 bytes about the interface.
fn linux_cooked_2<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [high, low, ..] = view.take::<20>()?;
    cooked_protocol(u16::from_be_bytes([high, low]))
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_PPI.html>: version, flags, the header's length, the link type behind it.
fn ppi<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [_, _, low, high, link @ ..] = view.take::<8>()?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    view.skip(length.checked_sub(8).ok_or(SkipReason::Malformed)?)?;
    Ok(NextHeader::Link(LinkType(u32::from_le_bytes(link))))
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_PKTAP.html>: the header's length, its kind, the link type behind it, each in
/// the capturing Mac's byte order, which is little-endian.
fn pktap<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let length = usize::try_from(u32::from_le_bytes(view.take()?)).unwrap_or(usize::MAX);
    let [_, _, _, _, link @ ..] = view.take::<8>()?;
    view.skip(length.checked_sub(12).ok_or(SkipReason::Malformed)?)?;
    Ok(NextHeader::Link(LinkType(u32::from_le_bytes(link))))
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html>: an address family, then attributes, one of which is the packet.
/// Their numbers are in the byte order of the capturing machine, which shows by the length of the first.
fn nflog<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const PAYLOAD: u16 = 9;
    const HEADER: usize = 4;
    let [_, version, _, _] = view.take()?;
    if version != 0 {
        return Err(SkipReason::LinkUnsupported);
    }
    loop {
        let [a, b, c, d] = view.take()?;
        let fits = |length: u16| (HEADER..=view.wire() + HEADER).contains(&usize::from(length));
        let little = fits(u16::from_le_bytes([a, b])) && !fits(u16::from_be_bytes([a, b]))
            || u16::from_le_bytes([c, d]) & 0x7fff < 0x100;
        let number = |pair| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
        let length = usize::from(number([a, b])).checked_sub(HEADER).ok_or(SkipReason::Malformed)?;
        if number([c, d]) & 0x7fff == PAYLOAD {
            view.limit(length);
            return ip::version(view, SkipReason::NotIp);
        }
        view.skip(length.next_multiple_of(4))?;
    }
}

/// What Linux calls a packet's protocol: an `EtherType`, or one of its own small numbers, of which 4 is an LLC header.
const fn cooked_protocol<'a>(protocol: u16) -> Result<NextHeader<'a>, SkipReason> {
    match protocol {
        4 => Ok(NextHeader::Llc),
        0..ether::SMALLEST => Err(SkipReason::NotIp),
        other => Ok(NextHeader::EtherType(EtherType(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, ether, v4, v6};
    use super::*;

    /// `header` then an IP packet; the segment must come out whole.
    #[track_caller]
    fn carries(link: u32, header: &[u8], ip: &[u8]) {
        let outcome = decode(link, &[header, ip].concat());
        assert_eq!(outcome.payload(), b"hello", "link type {link}, header {header:02x?}");
    }

    #[test]
    fn ethernet() {
        carries(1, &ether(0x0800), &v4(b"hello"));
        carries(1, &ether(0x86dd), &v6(b"hello"));
    }

    #[test]
    fn loopback_in_both_byte_orders_and_every_dialect() {
        for link in [0, 108] {
            carries(link, &[2, 0, 0, 0], &v4(b"hello"));
            carries(link, &[0, 0, 0, 2], &v4(b"hello"));
            for family in [10, 23, 24, 28, 30] {
                carries(link, &[family, 0, 0, 0], &v6(b"hello"));
                carries(link, &[0, 0, 0, family], &v6(b"hello"));
            }
            assert_eq!(decode(link, &[7, 0, 0, 0, 1]), Outcome::Skipped(SkipReason::NotIp));
        }
    }

    #[test]
    fn raw_ip() {
        for link in [12, 14, 101] {
            carries(link, &[], &v4(b"hello"));
            carries(link, &[], &v6(b"hello"));
            assert_eq!(decode(link, &[0x50; 40]), Outcome::Skipped(SkipReason::Malformed));
        }
        carries(228, &[], &v4(b"hello"));
        carries(229, &[], &v6(b"hello"));
        assert_eq!(decode(228, &v6(b"hello")), Outcome::Skipped(SkipReason::Malformed));
        assert_eq!(decode(229, &v4(b"hello")), Outcome::Skipped(SkipReason::Malformed));
    }

    #[test]
    fn linux_cooked_of_any_interface_kind() {
        for kind in [1, 512, 772, 65534_u16] {
            let [high, low] = kind.to_be_bytes();
            let address = [0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
            let header = |protocol: [u8; 2]| [&[0, 4, high, low][..], &address, &protocol].concat();
            carries(113, &header([8, 0]), &v4(b"hello"));
            carries(113, &header([0x86, 0xdd]), &v6(b"hello"));
            carries(113, &[&header([0x81, 0])[..], &[0, 7, 8, 0]].concat(), &v4(b"hello"));
            carries(113, &[&header([0, 4])[..], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat(), &v4(b"hello"));
            assert_eq!(decode(113, &header([8, 6])), Outcome::Skipped(SkipReason::NotIp));
        }
    }

    #[test]
    fn linux_cooked_2() {
        let header = |high, low| {
            [&[high, low][..], &[0, 0, 0, 0, 0, 2, 0, 1, 4, 6], &[1, 2, 3, 4, 5, 6, 0, 0]].concat()
        };
        carries(276, &header(8, 0), &v4(b"hello"));
        carries(276, &header(0x86, 0xdd), &v6(b"hello"));
        assert_eq!(decode(276, &header(8, 6)), Outcome::Skipped(SkipReason::NotIp));
    }

    #[test]
    fn headers_that_name_the_link_type_behind_them() {
        let ppi = |link: u8| [0, 0, 12, 0, link, 0, 0, 0, 1, 2, 3, 4];
        carries(192, &[&ppi(1)[..], &ether(0x0800)].concat(), &v4(b"hello"));
        carries(192, &ppi(101), &v6(b"hello"));
        let pktap = |link: u8| [&[20, 0, 0, 0, 1, 0, 0, 0, link, 0, 0, 0][..], &[0; 8]].concat();
        carries(258, &[&pktap(1)[..], &ether(0x86dd)].concat(), &v6(b"hello"));
        carries(258, &pktap(12), &v4(b"hello"));
        assert_eq!(
            decode(258, &[3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]),
            Outcome::Skipped(SkipReason::Malformed)
        );
    }

    #[test]
    fn packets_that_netfilter_logs() {
        let packet = v4(b"hello");
        let length = u16::try_from(packet.len() + 4).unwrap();
        let [low, high] = length.to_le_bytes();
        let little = [2, 0, 0, 7, 8, 0, 1, 0, 8, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, low, high, 9, 0];
        carries(239, &little, &packet);
        let big = [2, 0, 0, 7, 0, 8, 0, 1, 8, 0, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, high, low, 0, 9];
        carries(239, &big, &packet);
        assert_eq!(decode(239, &[2, 0, 0, 7, 3, 0, 1, 0]), Outcome::Skipped(SkipReason::Malformed));
    }

    #[test]
    fn a_link_type_without_a_row_is_counted() {
        assert_eq!(decode(147, &v4(b"hello")), Outcome::Skipped(SkipReason::LinkUnsupported));
    }
}
