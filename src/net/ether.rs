//! Ethernet and what an `EtherType` announces: tags, labels and sessions until there is IP.

use super::ip;
use super::next::NextHeader;
use super::view::View;
use crate::model::SkipReason;
use etherparse::EtherType;

/// MPLS, RFC 3032 §5: one value for unicast and one for upstream-assigned labels.
const MPLS: EtherType = EtherType(0x8847);
const MPLS_UPSTREAM: EtherType = EtherType(0x8848);
/// `PPPoE` session stage, RFC 2516 §4.
const PPPOE_SESSION: EtherType = EtherType(0x8864);
/// Transparent Ethernet bridging, RFC 1701 §7: a whole frame inside GRE or Geneve.
const BRIDGED: EtherType = EtherType(0x6558);
/// The smallest `EtherType`; what is below counts the bytes of an IEEE 802.3 frame (IEEE 802.3 §3.2.6).
pub(super) const SMALLEST: u16 = 0x0600;

/// Two addresses, then the type.
#[inline]
pub(super) fn frame<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [.., high, low] = view.take::<14>()?;
    Ok(NextHeader::EtherType(EtherType(u16::from_be_bytes([high, low]))))
}

/// What `ether_type` announces.
#[inline]
pub(super) fn payload<'a>(ether_type: EtherType, view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match ether_type {
        EtherType::IPV4 => Ok(NextHeader::Ipv4),
        EtherType::IPV6 => Ok(NextHeader::Ipv6),
        EtherType::VLAN_TAGGED_FRAME | EtherType::PROVIDER_BRIDGING | EtherType::VLAN_DOUBLE_TAGGED_FRAME => {
            vlan(view)
        }
        MPLS | MPLS_UPSTREAM => mpls(view),
        PPPOE_SESSION => pppoe(view),
        BRIDGED => Ok(NextHeader::Ethernet),
        EtherType(length) if length < SMALLEST => Ok(NextHeader::Llc),
        _ => Err(SkipReason::NotIp),
    }
}

/// IEEE 802.1Q §9.6: two bytes of tag, then the type of what is tagged.
fn vlan<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [_, _, high, low] = view.take()?;
    Ok(NextHeader::EtherType(EtherType(u16::from_be_bytes([high, low]))))
}

/// RFC 3032 §2.1. The labels do not say what they carry; IP shows by its version, as routers guess, too (RFC 4928 §2).
fn mpls<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const BOTTOM_OF_STACK: u8 = 1;
    let [_, _, third, _] = view.take()?;
    if third & BOTTOM_OF_STACK == 0 {
        return Ok(NextHeader::EtherType(MPLS));
    }
    ip::version(view, SkipReason::NotIp)
}

/// RFC 2516 §4: version and type 1, code 0 for session data, session, length; then PPP.
fn pppoe<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match view.take()? {
        [0x11, 0, _, _, _, _] => Ok(NextHeader::Ppp),
        _ => Err(SkipReason::NotIp),
    }
}

/// IEEE 802.2: IP by its own service access point, or inside SNAP by its `EtherType` (RFC 1042).
pub(super) fn llc<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match view.take()? {
        [0x06, 0x06, 0x03] => Ok(NextHeader::Ipv4),
        [0xaa, 0xaa, 0x03] => match view.take()? {
            [0, 0, 0, high, low] if high >= 0x06 => {
                Ok(NextHeader::EtherType(EtherType(u16::from_be_bytes([high, low]))))
            }
            _ => Err(SkipReason::NotIp),
        },
        _ => Err(SkipReason::NotIp),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, ether, v4, v6};
    use crate::model::SkipReason;

    #[track_caller]
    fn carries(headers: &[&[u8]], ip: &[u8]) {
        let outcome = decode(1, &[&headers.concat(), ip].concat());
        assert_eq!(outcome.payload(), b"hello", "{headers:02x?}");
    }

    #[track_caller]
    fn skipped(headers: &[&[u8]], reason: SkipReason) {
        assert_eq!(decode(1, &[&headers.concat()[..], &v4(b"hello")].concat()), Outcome::Skipped(reason));
    }

    #[test]
    fn vlan_tags_of_every_kind_and_depth() {
        for tag in [0x8100, 0x88a8, 0x9100] {
            carries(&[&ether(tag), &[0, 7, 0x08, 0x00]], &v4(b"hello"));
            carries(&[&ether(tag), &[0, 7, 0x81, 0x00, 0, 9, 0x86, 0xdd]], &v6(b"hello"));
        }
        carries(&[&ether(0x88a8), &[0, 1, 0x81, 0].repeat(6), &[0, 1, 8, 0]], &v4(b"hello"));
        skipped(&[&ether(0x8100), &[0, 7, 0x08, 0x06]], SkipReason::NotIp);
    }

    #[test]
    fn tags_without_end_are_given_up() {
        skipped(&[&ether(0x8100), &[0, 1, 0x81, 0].repeat(100), &[0, 1, 8, 0]], SkipReason::NotIp);
    }

    #[test]
    fn mpls_labels_are_looked_through() {
        for mpls in [0x8847, 0x8848] {
            carries(&[&ether(mpls), &[0, 1, 0x01, 64]], &v4(b"hello"));
            carries(&[&ether(mpls), &[0, 1, 0x00, 64, 0, 2, 0x00, 64, 0, 3, 0x01, 64]], &v6(b"hello"));
            skipped(&[&ether(mpls), &[0, 1, 0x01, 64, 0, 0, 0, 0]], SkipReason::NotIp);
        }
    }

    #[test]
    fn pppoe_sessions() {
        carries(&[&ether(0x8864), &[0x11, 0, 0, 9, 0, 47, 0x00, 0x21]], &v4(b"hello"));
        carries(&[&ether(0x8864), &[0x11, 0, 0, 9, 0, 67, 0x00, 0x57]], &v6(b"hello"));
        skipped(&[&ether(0x8864), &[0x11, 0, 0, 9, 0, 47, 0xc0, 0x21]], SkipReason::NotIp);
        skipped(&[&ether(0x8864), &[0x11, 7, 0, 9, 0, 47, 0x00, 0x21]], SkipReason::NotIp);
        skipped(&[&ether(0x8863), &[0x11, 9, 0, 0, 0, 4]], SkipReason::NotIp);
    }

    #[test]
    fn lengths_instead_of_types_mean_llc() {
        carries(&[&ether(53), &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00]], &v4(b"hello"));
        carries(&[&ether(48), &[0x06, 0x06, 3]], &v4(b"hello"));
        skipped(&[&ether(38), &[0x42, 0x42, 3]], SkipReason::NotIp);
        skipped(&[&ether(53), &[0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00]], SkipReason::NotIp);
    }

    #[test]
    fn other_types_are_not_ip() {
        for other in [0x0806, 0x88cc, 0x8035, 0x0600, 0xffff] {
            skipped(&[&ether(other)], SkipReason::NotIp);
        }
    }
}
