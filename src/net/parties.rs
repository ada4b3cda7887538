//! Between which addresses a packet goes, for whoever distributes packets of any kind.

use super::next::{Fragment, NextHeader};
use super::view::View;
use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};
use std::net::IpAddr;

/// Keeps the addresses of the innermost IP header.
#[derive(Debug, Default)]
pub(super) struct Parties(Option<(IpAddr, IpAddr)>);

impl Parties {
    /// A header begins where `view` does.
    pub(super) fn note(&mut self, next: &NextHeader<'_>, view: &View<'_>) {
        let found = match next {
            NextHeader::Ipv4 => Ipv4HeaderSlice::from_slice(view.captured())
                .map(|header| (header.source_addr().into(), header.destination_addr().into()))
                .ok(),
            NextHeader::Ipv6 => Ipv6HeaderSlice::from_slice(view.captured())
                .map(|header| (header.source_addr().into(), header.destination_addr().into()))
                .ok(),
            NextHeader::Link(_)
            | NextHeader::Ethernet
            | NextHeader::EtherType(_)
            | NextHeader::Llc
            | NextHeader::Wireless(_)
            | NextHeader::Ppp => None,
            // Where a source route ends.
            NextHeader::Protocol(ip) | NextHeader::Fragment(Fragment { ip, .. }) => {
                Some((ip.source, ip.destination))
            }
        };
        self.0 = found.or(self.0);
    }

    /// From where, and to where.
    pub(super) const fn found(&self) -> Option<(IpAddr, IpAddr)> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::Net;
    use super::super::testing::{ether, ip_v4, v4, v6};
    use crate::model::{LinkType, Packet, Stamp};
    use std::net::IpAddr;

    fn of(link: u32, bytes: &[u8]) -> Option<(IpAddr, IpAddr)> {
        let wire_length = u32::try_from(bytes.len()).unwrap();
        Net::addresses(&Packet { stamp: Stamp::default(), link: LinkType(link), wire_length, bytes })
    }

    #[test]
    fn the_innermost_header_counts_whatever_follows_it() {
        let plain = of(101, &v4(b"hello")).unwrap();
        let tunnel = [&[0, 0, 8, 0], &v4(b"hello")[..]].concat();
        assert_eq!(of(101, &ip_v4(47, &tunnel)), Some(plain));
        assert!(of(1, &[&ether(0x86dd)[..], &v6(b"hello")].concat()).unwrap().0.is_ipv6());
        // A loose source route leads on from its first stop.
        let mut routed = v4(b"hello");
        let end = <[u8; 4]>::try_from(&routed[16..20]).unwrap();
        routed[16..20].fill(9);
        routed.splice(20..20, [&[1, 131, 7, 4][..], &end].concat());
        routed[0] += 2;
        routed[3] += 8;
        assert_eq!(of(101, &routed), Some(plain));
        // OSPF is neither TCP nor a tunnel, and a TCP header may be cut.
        assert!(of(101, &ip_v4(89, b"hello")).is_some());
        assert_eq!(of(101, &v4(b"hello")[..24]), Some(plain));
        assert_eq!(of(1, &ether(0x0806)), None);
    }
}
