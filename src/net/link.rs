//! Link types: what the bytes of a packet begin with, by the numbers of <https://www.tcpdump.org/linktypes.html>.

use super::next::NextHeader;
use super::view::View;
use super::{ether, ip};
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
        // LINUX_SLL
        113 => linux_cooked(view),
        // IPV4, IPV6
        228 => Ok(NextHeader::Ipv4),
        229 => Ok(NextHeader::Ipv6),
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
    fn a_link_type_without_a_row_is_counted() {
        assert_eq!(decode(147, &v4(b"hello")), Outcome::Skipped(SkipReason::LinkUnsupported));
    }
}
