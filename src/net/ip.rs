//! IPv4, IPv6 and the extension headers.

use super::next::{Fragment, Ip, NextHeader};
use super::view::View;
use crate::model::SkipReason;
use etherparse::err::{ipv4, ipv6};
use etherparse::{IpNumber, Ipv4HeaderSlice, Ipv6HeaderSlice};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IP of the version in its first four bits; `otherwise` where they hold neither.
pub(super) fn version<'a>(view: &View<'a>, otherwise: SkipReason) -> Result<NextHeader<'a>, SkipReason> {
    match view.captured().first().map(|first| first >> 4) {
        Some(4) => Ok(NextHeader::Ipv4),
        Some(6) => Ok(NextHeader::Ipv6),
        Some(_) => Err(otherwise),
        None => Err(view.short(1)),
    }
}

/// RFC 791 §3.1.
#[inline]
pub(super) fn v4<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let header = Ipv4HeaderSlice::from_slice(view.captured()).map_err(|error| match error {
        ipv4::HeaderSliceError::Len(error) => view.short(error.required_len),
        ipv4::HeaderSliceError::Content(_) => SkipReason::Malformed,
    })?;
    let header_length = header.slice().len();
    match usize::from(header.total_len()) {
        // Captured before the network card cut it into segments, and longer than the field can say.
        0 => {}
        length if length < header_length => return Err(SkipReason::Malformed),
        length => view.limit(length),
    }
    view.skip(header_length)?;
    let ip = Ip {
        source: header.source_addr().into(),
        destination: end_of_route(header.options()).unwrap_or(header.destination_addr()).into(),
        protocol: header.protocol(),
        hops: header.ttl(),
        identification: header.identification(),
    };
    if header.is_fragmenting_payload() {
        return Ok(NextHeader::Fragment(Fragment {
            ip,
            identification: u32::from(header.identification()),
            offset: usize::from(header.fragments_offset().value()) * 8,
            more: header.more_fragments(),
            data: *view,
        }));
    }
    Ok(NextHeader::Protocol(ip))
}

/// Where a datagram goes in the end, if its options have the route to there, and not all of it lies behind (RFC 791 §3.1,
/// loose and strict source routing): TCP counts that address into its checksum (RFC 1122 §4.2.3.8), and its connection is
/// with that host.
fn end_of_route(options: &[u8]) -> Option<Ipv4Addr> {
    let mut rest = options;
    while let [kind, behind @ ..] = rest {
        rest = match (*kind, behind) {
            // The end of the list, and no operation.
            (0, _) => return None,
            (1, behind) => behind,
            (131 | 137, [length, pointer, ..]) => {
                let route = rest.get(3..usize::from(*length)).filter(|_| pointer <= length)?;
                return route.as_chunks::<4>().0.last().map(|address| Ipv4Addr::from(*address));
            }
            (_, behind) => rest.get(usize::from(*behind.first()?).max(2)..)?,
        };
    }
    None
}

/// Where a datagram goes in the end, by a routing header without its first two bytes; `None` where it is there, or the type
/// of the header does not tell. The checksum of TCP is about that address (RFC 8200 §8.1).
fn end_of_route_v6(header: &[u8]) -> Option<Ipv6Addr> {
    let (&[kind, segments_left], data) = header.split_first_chunk()?;
    let addresses = data.get(4..)?.as_chunks::<16>().0;
    let last = match kind {
        _ if segments_left == 0 => None,
        // The source route of RFC 2460, which RFC 5095 deprecates, and the home address of RFC 6275 §6.4.
        0 | 2 => addresses.last(),
        // Segments in reverse order (RFC 8754 §2).
        4 => addresses.first(),
        _ => None,
    };
    last.map(|address| Ipv6Addr::from(*address))
}

/// RFC 8200 §3.
#[inline]
pub(super) fn v6<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let header = Ipv6HeaderSlice::from_slice(view.captured()).map_err(|error| match error {
        ipv6::HeaderSliceError::Len(error) => view.short(error.required_len),
        ipv6::HeaderSliceError::Content(_) => SkipReason::Malformed,
    })?;
    view.skip(header.slice().len())?;
    match usize::from(header.payload_length()) {
        // A jumbogram (RFC 2675 §3), or captured before the network card cut it into segments.
        0 => {}
        length => view.limit(length),
    }
    Ok(NextHeader::Protocol(Ip {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol: header.next_header(),
        hops: header.hop_limit(),
        identification: 0,
    }))
}

/// What neither ends at TCP nor is a tunnel with a header of its own: IP in IP, and extension headers.
pub(super) fn protocol<'a>(ip: Ip, view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match ip.protocol {
        IpNumber::IPV4 => Ok(NextHeader::Ipv4),
        IpNumber::IPV6 => Ok(NextHeader::Ipv6),
        // RFC 4302 §2.2: words of four bytes, two of them not counted
        IpNumber::AUTHENTICATION_HEADER => extension(ip, view, |length| (length + 2) * 4),
        _ if ip.source.is_ipv6() => extension_v6(ip, view),
        _ => Err(SkipReason::NotTcp),
    }
}

/// RFC 8200 §4, and the headers that RFC 6275, RFC 7401 and RFC 5533 add in the same form.
fn extension_v6<'a>(ip: Ip, view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    match ip.protocol {
        IpNumber::IPV6_HEADER_HOP_BY_HOP
        | IpNumber::IPV6_ROUTE_HEADER
        | IpNumber::IPV6_DESTINATION_OPTIONS
        | IpNumber::MOBILITY_HEADER
        | IpNumber::HIP
        // Words of eight bytes, the first of them not counted
        | IpNumber::SHIM6 => extension(ip, view, |length| (length + 1) * 8),
        IpNumber::IPV6_FRAGMENTATION_HEADER => fragment_v6(ip, view),
        _ => Err(SkipReason::NotTcp),
    }
}

/// A header that begins with the number of the next one and its own length, which `bytes` converts.
fn extension<'a>(
    ip: Ip,
    view: &mut View<'a>,
    bytes: fn(usize) -> usize,
) -> Result<NextHeader<'a>, SkipReason> {
    let [next, length] = view.take()?;
    let length = bytes(usize::from(length)) - 2;
    let header = view.captured().get(..length).unwrap_or_default();
    let is_route = ip.protocol == IpNumber::IPV6_ROUTE_HEADER;
    let end = if is_route { end_of_route_v6(header).map(IpAddr::from) } else { None };
    view.skip(length)?;
    Ok(NextHeader::Protocol(Ip {
        protocol: IpNumber(next),
        destination: end.unwrap_or(ip.destination),
        ..ip
    }))
}

/// RFC 8200 §4.5.
fn fragment_v6<'a>(ip: Ip, view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [next, _, high, low, i0, i1, i2, i3] = view.take()?;
    let ip = Ip { protocol: IpNumber(next), ..ip };
    let offset_and_flags = u16::from_be_bytes([high, low]);
    let (offset, more) = (usize::from(offset_and_flags & !0x07), offset_and_flags & 1 == 1);
    if offset == 0 && !more {
        // An atomic fragment, whole by itself whatever else has the same identification (RFC 6946 §4).
        return Ok(NextHeader::Protocol(ip));
    }
    let identification = u32::from_be_bytes([i0, i1, i2, i3]);
    Ok(NextHeader::Fragment(Fragment { ip, identification, offset, more, data: *view }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, decode_cut, ether, ip_v4, ip_v6, v4, v6};
    use super::*;
    use crate::model::Checksum;

    const TCP: u8 = 6;

    #[track_caller]
    fn carries(packet: &[u8]) {
        assert_eq!(decode(101, packet).payload(), b"hello", "{packet:02x?}");
    }

    #[track_caller]
    fn skipped(packet: &[u8], reason: SkipReason) {
        assert_eq!(decode(101, packet), Outcome::Skipped(reason), "{packet:02x?}");
    }

    /// A TCP header and `hello`.
    fn tcp() -> Vec<u8> {
        v4(b"hello").split_off(20)
    }

    #[test]
    fn options_are_skipped() {
        let mut packet = v4(b"hello");
        packet.splice(20..20, [1; 8]);
        packet[0] = 0x47;
        packet[3] += 8;
        carries(&packet);
        packet[0] = 0x44;
        skipped(&packet, SkipReason::Malformed);
        packet[0] = 0x4f;
        skipped(&packet, SkipReason::Malformed);
    }

    #[test]
    fn ethernet_padding_is_not_payload() {
        let mut packet = [&ether(0x0800)[..], &v4(b"hi")].concat();
        packet.resize(60, 0xee);
        assert_eq!(decode(1, &packet).payload(), b"hi");
        // A snap length that cuts only padding cuts nothing.
        assert_eq!(decode_cut(1, &packet, 57).payload(), b"hi");
        let mut packet = [&ether(0x86dd)[..], &v6(b"")].concat();
        packet.extend([0; 6]);
        assert_eq!(decode(1, &packet).payload(), b"");
    }

    #[test]
    fn a_length_of_zero_means_all_there_is() {
        let mut packet = v4(&vec![7; 60_000]);
        packet[2..4].fill(0);
        packet.extend([7; 10_000]);
        assert_eq!(decode(101, &packet).payload().len(), 70_000);
        let Outcome::Segment(segment) = decode_cut(101, &packet, 1000) else { panic!("a segment") };
        assert_eq!((segment.payload.len(), segment.cut), (960, 69_040));

        let mut packet = v6(&vec![7; 60_000]);
        packet[4..6].fill(0);
        packet.extend([7; 10_000]);
        assert_eq!(decode(101, &packet).payload().len(), 70_000);
    }

    #[test]
    fn a_total_length_below_the_headers_is_malformed() {
        for length in 1..40 {
            let mut packet = v4(b"hello");
            packet[3] = length;
            skipped(&packet, SkipReason::Malformed);
        }
    }

    #[test]
    fn what_the_total_length_claims_beyond_the_packet_was_cut() {
        for (mut packet, length) in [(v4(b"hello"), 3), (v6(b"hello"), 5)] {
            packet[length] += 9;
            let Outcome::Segment(segment) = decode(101, &packet) else { panic!("a segment") };
            assert_eq!((&segment.payload[..], segment.cut), (&b"hello"[..], 9));
        }
    }

    #[test]
    fn extension_headers_in_any_order() {
        let (hop, route, destination, auth, atomic) = (0, 43, 60, 51, 44);
        let short = |next| [next, 0, 1, 4, 0, 0, 0, 0];
        let tcp = &tcp()[..];
        carries(&ip_v6(hop, &[&short(TCP), tcp].concat()));
        carries(&ip_v6(route, &[&[TCP, 2][..], &[0; 22], tcp].concat()));
        carries(&ip_v6(auth, &[&[TCP, 4][..], &[0; 22], tcp].concat()));
        carries(&ip_v6(atomic, &[&[TCP, 0, 0, 0, 9, 9, 9, 9], tcp].concat()));
        let chain =
            [short(destination), short(route), short(atomic), [destination, 0, 0, 0, 1, 2, 3, 4], short(TCP)];
        carries(&ip_v6(hop, &[&chain.concat(), tcp].concat()));
        carries(&ip_v4(auth, &[&[TCP, 4][..], &[0; 22], tcp].concat()));
    }

    #[test]
    fn a_source_route_ends_where_it_leads_to() {
        let end = |packet: &[u8]| {
            let Outcome::Segment(segment) = decode(101, packet) else { panic!("a segment: {packet:02x?}") };
            // It was computed for the end of the route.
            assert_eq!(segment.marks.checksum, Checksum::Right, "{packet:02x?}");
            segment.destination.ip()
        };
        let plain = v4(b"hello");
        let (last, hop) = (<[u8; 4]>::try_from(&plain[16..20]).unwrap(), [10, 9, 9, 9]);
        for kind in [131, 137] {
            for (pointer, header) in [(4, hop), (8, hop), (12, last)] {
                let route = [&[1, kind, 11, pointer][..], &[10, 8, 8, 8], &last].concat();
                let mut packet = plain.clone();
                packet[16..20].copy_from_slice(&header);
                packet.splice(20..20, route);
                packet[0] += 3;
                packet[3] += 12;
                assert_eq!(end(&packet), IpAddr::from(last), "{kind}, {pointer}");
            }
        }
        let plain = v6(b"hello");
        let last = <[u8; 16]>::try_from(&plain[24..40]).unwrap();
        let (hop, between) = ([0xee; 16], [0xdd; 16]);
        for (kind, left, header, addresses) in [
            (0, 2, hop, [between, last]),
            (0, 0, last, [hop, between]),
            (4, 1, hop, [last, hop]),
            (4, 0, last, [last, hop]),
            // What nobody knows does not change the address.
            (200, 0, last, [hop, between]),
            (200, 1, last, [hop, between]),
        ] {
            let mut packet = plain.clone();
            packet[24..40].copy_from_slice(&header);
            packet.splice(40..40, [&[TCP, 4, kind, left, 0, 0, 0, 0][..], &addresses.concat()].concat());
            packet[5] += 40;
            packet[6] = 43;
            assert_eq!(end(&packet), IpAddr::from(last), "{kind}, {left}");
        }
    }

    #[test]
    fn options_that_contradict_themselves_lead_nowhere() {
        for options in
            [&[131][..], &[131, 7], &[131, 200, 4, 1], &[131, 3, 4, 0], &[7, 0, 0, 0], &[131, 2, 1, 0]]
        {
            assert_eq!(end_of_route(options), None, "{options:?}");
        }
        for header in [&[][..], &[0, 1], &[0, 1, 0, 0, 0, 0, 9], &[4, 1, 0, 0, 0, 0]] {
            assert_eq!(end_of_route_v6(header), None, "{header:?}");
        }
    }

    #[test]
    fn other_protocols_are_not_tcp() {
        for other in [1, 2, 17, 50, 58, 59, 89, 132, 253] {
            skipped(&ip_v4(other, &[0; 30]), SkipReason::NotTcp);
            skipped(&ip_v6(other, &[0; 30]), SkipReason::NotTcp);
        }
        // Extension headers of IPv6 mean nothing in IPv4.
        skipped(&ip_v4(60, &[&[TCP, 0, 1, 4, 0, 0, 0, 0], &tcp()[..]].concat()), SkipReason::NotTcp);
    }

    #[test]
    fn extension_headers_that_run_past_the_end_are_malformed() {
        skipped(&ip_v6(60, &[TCP, 9, 0, 0, 0, 0, 0, 0]), SkipReason::Malformed);
        skipped(&ip_v6(0, &[TCP]), SkipReason::Malformed);
    }

    #[test]
    fn ip_in_ip_of_every_pair() {
        carries(&ip_v4(4, &v4(b"hello")));
        carries(&ip_v4(41, &v6(b"hello")));
        carries(&ip_v6(4, &v4(b"hello")));
        carries(&ip_v6(41, &v6(b"hello")));
        let Outcome::Segment(segment) = decode(101, &ip_v6(4, &v4(b"hello"))) else { panic!("a segment") };
        assert!(segment.source.is_ipv4(), "the endpoints are the inner ones");
        skipped(&ip_v4(4, &v6(b"hello")), SkipReason::Malformed);
    }
}
