//! TCP: the last header.

use super::ip::Ip;
use super::view::View;
use crate::model::{Flags, SegmentHeader, SkipReason, Stamp};
use std::net::SocketAddr;

/// Reads the fixed header by hand (RFC 9293 §3.1): etherparse wants the options captured, too, yet where only they or
/// the payload are cut off, the sequence numbers still say what the capture is missing. Checksums are not looked at:
/// with offload the sending host captures them unfinished.
#[inline]
pub(super) fn decode<'a>(
    ip: &Ip,
    mut view: View<'a>,
    stamp: Stamp,
) -> Result<(SegmentHeader, &'a [u8]), SkipReason> {
    const FIXED: usize = 20;
    let [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, ..] = view.take::<FIXED>()?;
    let header = usize::from(offset >> 4) * 4;
    let options = header.checked_sub(FIXED).ok_or(SkipReason::Malformed)?;
    let length = view.wire().checked_sub(options).ok_or(SkipReason::Malformed)?;
    let payload = view.captured().get(options..).unwrap_or_default();
    let header = SegmentHeader {
        stamp,
        source: SocketAddr::new(ip.source, u16::from_be_bytes([s0, s1])),
        destination: SocketAddr::new(ip.destination, u16::from_be_bytes([d0, d1])),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: Flags {
            fin: flags & 0x01 != 0,
            syn: flags & 0x02 != 0,
            rst: flags & 0x04 != 0,
            ack: flags & 0x10 != 0,
        },
        cut: u32::try_from(length - payload.len()).unwrap_or(u32::MAX),
    };
    Ok((header, payload))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, decode_cut, v4, v6};
    use crate::model::{Flags, SkipReason};
    use etherparse::{PacketBuilder, TcpOptionElement};

    #[test]
    fn every_field_arrives() {
        let mut bytes = Vec::new();
        PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
            .tcp(40_000, 443, 0x0102_0304, 1000)
            .syn()
            .ack(0x0506_0708)
            .options(&[TcpOptionElement::MaximumSegmentSize(1460), TcpOptionElement::WindowScale(7)])
            .unwrap()
            .write(&mut bytes, b"early")
            .unwrap();
        let Outcome::Segment(segment) = decode(101, &bytes) else { panic!("a segment") };
        assert_eq!(segment.source, "10.0.0.1:40000".parse().unwrap());
        assert_eq!(segment.destination, "10.0.0.2:443".parse().unwrap());
        assert_eq!((segment.sequence, segment.acknowledgment), (0x0102_0304, 0x0506_0708));
        assert_eq!(segment.flags, Flags { syn: true, ack: true, ..Flags::default() });
        assert_eq!((&segment.payload[..], segment.cut), (&b"early"[..], 0));
    }

    #[test]
    fn each_flag_is_its_own_bit() {
        let flags = |bits| {
            let mut bytes = v4(b"");
            bytes[33] = bits;
            match decode(101, &bytes) {
                Outcome::Segment(segment) => segment.flags,
                Outcome::Skipped(reason) => panic!("{reason:?}"),
            }
        };
        assert_eq!(flags(0x01), Flags { fin: true, ..Flags::default() });
        assert_eq!(flags(0x02), Flags { syn: true, ..Flags::default() });
        assert_eq!(flags(0x04), Flags { rst: true, ..Flags::default() });
        assert_eq!(flags(0x10), Flags { ack: true, ..Flags::default() });
        assert_eq!(flags(0xe8), Flags::default());
    }

    #[test]
    fn ipv6_endpoints_carry_no_scope() {
        let Outcome::Segment(segment) = decode(101, &v6(b"hello")) else { panic!("a segment") };
        assert_eq!(segment.source.to_string(), "[2001:db8::1]:40000");
        assert_eq!(segment.destination.to_string(), "[2001:db8::2]:80");
    }

    #[test]
    fn a_data_offset_below_the_fixed_header_or_beyond_the_datagram_is_malformed() {
        let with_offset = |offset: u8| {
            let mut bytes = v4(b"hello");
            bytes[32] = offset << 4;
            decode(101, &bytes)
        };
        for offset in 0..5 {
            assert_eq!(with_offset(offset), Outcome::Skipped(SkipReason::Malformed));
        }
        assert_eq!(with_offset(6).payload(), b"o");
        assert_eq!(with_offset(7), Outcome::Skipped(SkipReason::Malformed));
    }

    #[test]
    fn cut_options_leave_the_sequence_number_and_the_length() {
        let mut bytes = v4(b"12345678hello");
        bytes[32] = 7 << 4;
        for captured in 40..=48 {
            let Outcome::Segment(segment) = decode_cut(101, &bytes, captured) else { panic!("a segment") };
            assert_eq!((segment.sequence, &segment.payload[..], segment.cut), (1000, &b""[..], 5));
        }
    }
}
