//! Tunnels: GRE, which IP announces, and VXLAN, Geneve and GTP-U, which only a UDP port suggests.

use super::ip;
use super::next::NextHeader;
use super::quic;
use super::view::View;
use crate::model::SkipReason;
use etherparse::EtherType;

/// RFC 2784 §2 and RFC 2890 §2: flags, version, an `EtherType`, then the fields that the flags announce.
pub(super) fn gre<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    /// A mirrored Ethernet frame (draft-foschiano-erspan-03 §4).
    const ERSPAN: u16 = 0x88be;
    /// The same, of type III (§4.3).
    const ERSPAN_3: u16 = 0x22eb;

    let [flags, version, high, low] = view.take()?;
    // Routing went away with RFC 2784; version 1 is PPTP's (RFC 2637 §4.1). Nobody sends a WebSocket by either.
    if flags & ROUTING != 0 || version & 0x07 != 0 {
        return Err(SkipReason::NotTcp);
    }
    for field in [CHECKSUM, KEY, SEQUENCE] {
        if flags & field != 0 {
            view.skip(4)?;
        }
    }
    match u16::from_be_bytes([high, low]) {
        // Type II has a sequence number and a header of its own, type I neither.
        ERSPAN => {
            view.skip(if flags & SEQUENCE == 0 { 0 } else { 8 })?;
            Ok(NextHeader::Ethernet)
        }
        ERSPAN_3 => erspan_3(view),
        other => Ok(NextHeader::EtherType(EtherType(other))),
    }
}

/// draft-foschiano-erspan-03 §4.3: 12 bytes, and 8 more where the last bit of them says so; then an Ethernet frame.
fn erspan_3<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const MORE: u8 = 0x01;
    let [.., last] = view.take::<12>()?;
    if last & MORE != 0 {
        view.skip(8)?;
    }
    Ok(NextHeader::Ethernet)
}

/// UDP, for the sake of the tunnels that its destination port may mean, and of QUIC, which is told from all else.
pub(super) fn udp<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [_, _, high, low, ..] = view.take::<8>()?;
    match u16::from_be_bytes([high, low]) {
        // RFC 7348 §5, and the port that Linux used before there was one
        4789 | 8472 => vxlan(view),
        // RFC 8926 §3.3
        6081 => geneve(view),
        // 3GPP TS 29.281 §4.4.2.3
        2152 => gtp_u(view),
        _ if quic::has_long_header(view.captured()) => Err(SkipReason::Quic),
        _ => Err(SkipReason::NotTcp),
    }
}

/// RFC 7348 §5: a network identifier, valid only with its flag, then an Ethernet frame.
fn vxlan<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const VALID: u8 = 0x08;
    let [flags, ..] = view.take::<8>()?;
    if flags & VALID == 0 {
        return Err(SkipReason::NotTcp);
    }
    Ok(NextHeader::Ethernet)
}

/// RFC 8926 §3.4: version 0, options counted in words of four bytes, an `EtherType`.
fn geneve<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [first, _, high, low, ..] = view.take::<8>()?;
    if first >> 6 != 0 {
        return Err(SkipReason::NotTcp);
    }
    view.skip(usize::from(first & 0x3f) * 4)?;
    Ok(NextHeader::EtherType(EtherType(u16::from_be_bytes([high, low]))))
}

/// 3GPP TS 29.281 §5.1: version 1 of GTP, message type 255 for user data, which is IP as its version shows.
fn gtp_u<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    const VERSION_AND_PROTOCOL: u8 = 0xf0;
    const OPTIONAL_FIELDS: u8 = 0x07;
    const EXTENSION: u8 = 0x04;
    const USER_DATA: u8 = 255;

    let [flags, message, ..] = view.take::<8>()?;
    if flags & VERSION_AND_PROTOCOL != 0x30 || message != USER_DATA {
        return Err(SkipReason::NotTcp);
    }
    if flags & OPTIONAL_FIELDS != 0 {
        let [_, _, _, mut extension] = view.take()?;
        // §5.2.1: a length in words of four bytes, the content, the type of the next one, which is 0 after the last.
        while flags & EXTENSION != 0 && extension != 0 {
            let [words] = view.take()?;
            view.skip((usize::from(words) * 4).checked_sub(2).ok_or(SkipReason::NotTcp)?)?;
            [extension] = view.take()?;
        }
    }
    ip::version(view, SkipReason::NotTcp)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, decode_cut, ether, ip_v4, udp, v4, v6};
    use crate::model::SkipReason;

    const GRE: u8 = 47;

    #[track_caller]
    fn carries(packet: &[u8]) {
        assert_eq!(decode(101, packet).payload(), b"hello", "{packet:02x?}");
    }

    #[track_caller]
    fn not_tcp(packet: &[u8]) {
        assert_eq!(decode(101, packet), Outcome::Skipped(SkipReason::NotTcp), "{packet:02x?}");
    }

    fn gre(header: &[u8], inner: &[u8]) -> Vec<u8> {
        ip_v4(GRE, &[header, inner].concat())
    }

    fn framed(ip: &[u8]) -> Vec<u8> {
        [&ether(0x0800)[..], ip].concat()
    }

    #[test]
    fn gre_with_every_optional_field() {
        carries(&gre(&[0, 0, 0x08, 0x00], &v4(b"hello")));
        carries(&gre(&[0, 0, 0x86, 0xdd], &v6(b"hello")));
        carries(&gre(&[0x20, 0, 0x08, 0x00, 1, 2, 3, 4], &v4(b"hello")));
        carries(&gre(&[0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], &v6(b"hello")));
        carries(&gre(&[0, 0, 0x65, 0x58], &framed(&v4(b"hello"))));
    }

    #[test]
    fn gre_of_other_kinds_is_not_tcp() {
        not_tcp(&gre(&[0x40, 0, 0x08, 0x00], &v4(b"hello")));
        not_tcp(&gre(&[0x30, 1, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0], &v4(b"hello")));
        not_tcp(&gre(&[0, 0, 0x08, 0x06], &[0; 28]));
    }

    #[test]
    fn mirrored_frames() {
        carries(&gre(&[0, 0, 0x88, 0xbe], &framed(&v4(b"hello"))));
        let header = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 9, 0x10, 7, 0, 1, 0, 0, 0, 0];
        carries(&gre(&header, &framed(&v4(b"hello"))));
        let header = [&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 9, 0x20][..], &[0; 11]].concat();
        carries(&gre(&header, &framed(&v4(b"hello"))));
        let header = [&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 9, 0x20][..], &[0; 10], &[1], &[7; 8]].concat();
        carries(&gre(&header, &framed(&v4(b"hello"))));
    }

    #[test]
    fn vxlan_on_both_ports() {
        for port in [4789, 8472] {
            carries(&udp(port, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &framed(&v4(b"hello"))].concat()));
            not_tcp(&udp(port, &[&[0, 0, 0, 0, 0, 0, 7, 0][..], &framed(&v4(b"hello"))].concat()));
        }
    }

    #[test]
    fn geneve_with_and_without_options() {
        carries(&udp(6081, &[&[0, 0, 0x65, 0x58, 0, 0, 7, 0][..], &framed(&v4(b"hello"))].concat()));
        let options = [2, 0, 0x86, 0xdd, 0, 0, 7, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        carries(&udp(6081, &[&options[..], &v6(b"hello")].concat()));
        not_tcp(&udp(6081, &[&[0x40, 0, 8, 0, 0, 0, 7, 0][..], &v4(b"hello")].concat()));
    }

    #[test]
    fn gtp_u_with_and_without_extensions() {
        carries(&udp(2152, &[&[0x30, 255, 0, 45, 0, 0, 0, 1][..], &v4(b"hello")].concat()));
        // A sequence number; the byte where an extension's type would stand means nothing then.
        carries(&udp(2152, &[&[0x32, 255, 0, 69, 0, 0, 0, 1, 0, 5, 0, 0x85][..], &v6(b"hello")].concat()));
        let extended = [0x34, 255, 0, 57, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0xc0, 1, 0, 0, 0];
        carries(&udp(2152, &[&extended[..], &v4(b"hello")].concat()));
        not_tcp(&udp(2152, &[&[0x30, 1, 0, 45, 0, 0, 0, 1][..], &v4(b"hello")].concat()));
        not_tcp(&udp(2152, &[&[0x34, 255, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0][..], &v4(b"")].concat()));
    }

    #[test]
    fn quic_is_named_and_other_udp_is_not() {
        let quic = |port, bytes: &[u8]| {
            assert_eq!(decode(101, &udp(port, bytes)), Outcome::Skipped(SkipReason::Quic));
        };
        let initial = [&[0xc3, 0, 0, 0, 1, 8][..], &[7; 8], &[0, 0], &[9; 1180]].concat();
        quic(443, &initial);
        quic(50_000, &initial);
        let second = [&[0xd3, 0x6b, 0x33, 0x43, 0xcf, 0, 4][..], &[7; 40]].concat();
        quic(8443, &second);
        // a short header, which may be anything; a version that nobody speaks; connection IDs that are too long
        not_tcp(&udp(443, &[0x43, 0, 0, 0, 1, 8, 7, 7, 7, 7, 7, 7, 7, 7, 0]));
        not_tcp(&udp(443, &[&[0xc3, 0, 0, 0, 2, 8][..], &[7; 40]].concat()));
        not_tcp(&udp(443, &[&[0xc3, 0, 0, 0, 1, 21][..], &[7; 40]].concat()));
        not_tcp(&udp(443, &[&[0xc3, 0, 0, 0, 1, 0, 21][..], &[7; 40]].concat()));
        // a query of DNS whose identification has the first bits of a long header
        not_tcp(&udp(53, b"\xc0\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x00\x00\x01\x00\x01"));
        for length in 0..7 {
            not_tcp(&udp(443, &initial[..length]));
        }
    }

    #[test]
    fn udp_that_only_shares_a_port_is_never_malformed() {
        for port in [53, 4789, 8472, 6081, 2152] {
            for byte in 0..=255_u8 {
                for length in 0..40 {
                    not_tcp(&udp(port, &vec![byte; length]));
                }
            }
        }
        let broken = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &ether(0x0800), &[0x41; 20]].concat();
        not_tcp(&udp(4789, &broken));
    }

    #[test]
    fn tunnels_nest() {
        let inner = gre(&[0, 0, 0x08, 0x00], &ip_v4(4, &ip_v4(41, &v6(b"hello"))));
        let packet = udp(4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &framed(&inner)].concat());
        carries(&packet);
        let headers = packet.len() - 5;
        for captured in 0..packet.len() {
            let outcome = decode_cut(101, &packet, captured);
            if captured < headers {
                assert_eq!(outcome, Outcome::Skipped(SkipReason::HeadersCut), "{captured} bytes");
            } else {
                let Outcome::Segment(segment) = outcome else { panic!("a segment") };
                assert_eq!(segment.payload.len() + segment.cut as usize, 5);
            }
        }
    }

    #[test]
    fn tunnels_nest_eight_deep_and_not_without_end() {
        let nested = |depth| (0..depth).fold(v4(b"hello"), |inner, _| ip_v4(4, &inner));
        carries(&nested(8));
        not_tcp(&nested(100));
    }
}
