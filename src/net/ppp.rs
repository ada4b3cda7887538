//! PPP with and without HDLC framing, and Cisco's HDLC.

use super::next::NextHeader;
use super::view::View;
use crate::model::SkipReason;
use etherparse::EtherType;

/// One reader for the link types PPP and `PPP_HDLC` and for `PPPoE`: the first byte tells the framings apart, as none
/// of their address bytes is the beginning of an assigned protocol number.
pub(super) fn decode<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [mut first] = view.take()?;
    match first {
        // Cisco HDLC, unicast and multicast: a control byte and an EtherType (RFC 1547 §4.3.1).
        0x0f | 0x8f => {
            let [_, high, low] = view.take()?;
            return Ok(NextHeader::EtherType(EtherType(u16::from_be_bytes([high, low]))));
        }
        // HDLC-like framing: all stations, unnumbered information (RFC 1662 §3.1).
        0xff => [_, first] = view.take()?,
        _ => {}
    }
    match protocol(first, view)? {
        0x0021 => Ok(NextHeader::Ipv4),
        0x0057 => Ok(NextHeader::Ipv6),
        // MPLS unicast and multicast (RFC 3032 §4.3)
        0x0281 | 0x0283 => Ok(NextHeader::EtherType(EtherType(0x8847))),
        _ => Err(SkipReason::NotIp),
    }
}

/// RFC 1661 §2: the last byte of a protocol number is odd, the first is even and may be left out where it is zero.
fn protocol(first: u8, view: &mut View<'_>) -> Result<u16, SkipReason> {
    if first & 1 == 1 {
        return Ok(u16::from(first));
    }
    let [second] = view.take()?;
    Ok(u16::from_be_bytes([first, second]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, v4, v6};
    use crate::model::SkipReason;

    #[track_caller]
    fn carries(header: &[u8], ip: &[u8]) {
        for link in [9, 50] {
            let outcome = decode(link, &[header, ip].concat());
            assert_eq!(outcome.payload(), b"hello", "link type {link}, header {header:02x?}");
        }
    }

    #[test]
    fn with_and_without_framing_and_compressed() {
        carries(&[0x00, 0x21], &v4(b"hello"));
        carries(&[0x21], &v4(b"hello"));
        carries(&[0x00, 0x57], &v6(b"hello"));
        carries(&[0xff, 0x03, 0x00, 0x21], &v4(b"hello"));
        carries(&[0xff, 0x03, 0x57], &v6(b"hello"));
    }

    #[test]
    fn mpls_inside() {
        carries(&[0xff, 0x03, 0x02, 0x81, 0, 1, 0x01, 64], &v4(b"hello"));
    }

    #[test]
    fn cisco_hdlc() {
        carries(&[0x0f, 0x00, 0x08, 0x00], &v4(b"hello"));
        carries(&[0x8f, 0x00, 0x86, 0xdd], &v6(b"hello"));
    }

    #[test]
    fn other_protocols_are_not_ip() {
        assert_eq!(decode(9, &[0xff, 0x03, 0xc0, 0x21, 1, 2]), Outcome::Skipped(SkipReason::NotIp));
        assert_eq!(decode(50, &[0x8f, 0x00, 0x80, 0x35, 1, 2]), Outcome::Skipped(SkipReason::NotIp));
    }
}
