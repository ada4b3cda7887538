//! Where the headers of a packet stand, for whoever writes it anew.

use super::next::NextHeader;
use super::view::View;
use crate::model::LinkType;
use etherparse::IpNumber;

/// Where what matters of a packet stands in it, in bytes from its first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anatomy {
    /// Where the outermost IP header begins.
    pub outer: usize,
    /// Where the innermost IP header begins. It is another one in tunnels.
    pub ip: usize,
    /// Where the TCP or ICMP header begins.
    pub transport: usize,
    /// Where the captured part of what IP carries ends: what follows is padding, or the end of a tunnel.
    pub end: usize,
    /// Whether all that IP carries was captured.
    pub is_whole: bool,
    /// What stands before the outermost IP header.
    pub prefix: Prefix,
}

/// What stands before the outermost IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prefix {
    /// The header of this link type, which may be empty, and tags.
    Link(LinkType),
    /// Something else.
    Other,
}

/// Notes where headers begin.
pub(super) struct HeaderNotes<'a> {
    packet: &'a [u8],
    link: LinkType,
    outer: Option<usize>,
    ip: usize,
    found: Option<Anatomy>,
}

impl<'a> HeaderNotes<'a> {
    pub(super) const fn new(packet: &'a [u8], link: LinkType) -> Self {
        Self { packet, link, outer: None, ip: 0, found: None }
    }

    /// A header begins where `view` does.
    pub(super) fn note(&mut self, next: &NextHeader<'_>, view: &View<'_>) {
        let captured = view.captured();
        // The view is a part of the packet.
        let at = captured.as_ptr().addr().saturating_sub(self.packet.as_ptr().addr());
        match next {
            NextHeader::Ipv4 | NextHeader::Ipv6 => {
                self.outer.get_or_insert(at);
                self.ip = at;
            }
            NextHeader::Protocol(ip)
                if matches!(ip.protocol, IpNumber::TCP | IpNumber::ICMP | IpNumber::IPV6_ICMP) =>
            {
                let outer = self.outer.unwrap_or(self.ip);
                let prefix = match self.link.0 {
                    0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276 => Prefix::Link(self.link),
                    _ => Prefix::Other,
                };
                self.found = Some(Anatomy {
                    outer,
                    ip: self.ip,
                    transport: at,
                    end: at + captured.len(),
                    is_whole: view.is_whole(),
                    prefix,
                });
            }
            NextHeader::Link(_)
            | NextHeader::Ethernet
            | NextHeader::EtherType(_)
            | NextHeader::Llc
            | NextHeader::Wireless(_)
            | NextHeader::Ppp
            | NextHeader::Protocol(_)
            | NextHeader::Fragment(_) => {}
        }
    }

    pub(super) const fn found(&self) -> Option<Anatomy> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::super::Net;
    use super::super::testing::{ether, ip_v4, v4, v6};
    use super::*;
    use crate::model::{Packet, Stamp};

    fn of(link: u32, bytes: &[u8]) -> Option<Anatomy> {
        let wire_length = u32::try_from(bytes.len()).unwrap();
        Net::anatomy(&Packet { stamp: Stamp::default(), link: LinkType(link), wire_length, bytes })
    }

    #[test]
    fn headers_are_found_where_they_are() {
        let plain = of(101, &v4(b"hello")).unwrap();
        let prefix = Prefix::Link(LinkType(101));
        let expected = Anatomy { outer: 0, ip: 0, transport: 20, end: 45, is_whole: true, prefix };
        assert_eq!(plain, expected);
        let padded = [&ether(0x86dd)[..], &v6(b"hello"), &[0; 4]].concat();
        let found = of(1, &padded).unwrap();
        assert_eq!((found.outer, found.ip, found.transport, found.end), (14, 14, 54, padded.len() - 4));
        let tunnel = of(101, &ip_v4(47, &[&[0, 0, 8, 0], &v4(b"hello")[..]].concat())).unwrap();
        assert_eq!((tunnel.outer, tunnel.ip, tunnel.transport), (0, 24, 44));
        assert_eq!(of(1, &ether(0x0806)), None);
    }
}
