//! TCP: the last header.

use super::checksum;
use super::next::Ip;
use super::view::View;
use crate::model::{Checksum, Flags, Marks, SegmentHeader, SkipReason, Stamp, TcpOptions};
use std::net::SocketAddr;

/// Reads the fixed header by hand (RFC 9293 §3.1): etherparse wants the options captured, too, yet where only they or
/// the payload are cut off, the sequence numbers still say what the capture is missing.
#[inline(always)]
pub(super) fn decode<'a>(
    ip: &Ip,
    mut view: View<'a>,
    stamp: Stamp,
) -> Result<(SegmentHeader, &'a [u8]), SkipReason> {
    const FIXED: usize = 20;
    let (whole, is_whole) = (view.captured(), view.is_whole());
    let [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1, c0, c1, ..] =
        view.take::<FIXED>()?;
    let header = usize::from(offset >> 4) * 4;
    let options = header.checked_sub(FIXED).ok_or(SkipReason::Malformed)?;
    let length = view.wire().checked_sub(options).ok_or(SkipReason::Malformed)?;
    let captured = view.captured();
    let (options, payload, rest) = match captured.split_at_checked(options) {
        Some((options, payload)) => (options, payload, Rest::None),
        None => (captured, &[][..], Rest::Cut),
    };
    let (options, selective) = read_options(options, rest);
    let marks = Marks {
        window: u16::from_be_bytes([w0, w1]),
        identification: ip.identification,
        hops: ip.hops,
        checksum: if is_whole {
            checksum::judge(checksum::addresses(ip), whole, [c0, c1])
        } else {
            Checksum::Unknown
        },
        options,
    };
    let header = SegmentHeader {
        stamp,
        source: SocketAddr::new(ip.source, u16::from_be_bytes([s0, s1])),
        destination: SocketAddr::new(ip.destination, u16::from_be_bytes([d0, d1])),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: Flags::of_header(flags) | selective,
        cut: u32::try_from(length - payload.len()).unwrap_or(u32::MAX),
        marks,
    };
    Ok((header, payload))
}

/// RFC 9293 §3.2; and [`Flags::SACK`] if they acknowledge selectively.
#[inline]
fn read_options(options: &[u8], rest: Rest) -> (TcpOptions, Flags) {
    // Nothing, or a time alone (RFC 7323, Appendix A), as in nearly every segment.
    if let ([] | [1, 1, 8, 10, _, _, _, _, _, _, _, _], Rest::None) = (options, rest) {
        return (TcpOptions::default(), Flags::default());
    }
    let options = read_other_options(options, rest);
    (options, Flags::SACK.when(options.first_block().is_some()))
}

/// What follows the captured options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// The payload, or nothing.
    None,
    /// More of them, which the snap length cut.
    Cut,
}

#[inline(never)]
fn read_other_options(mut options: &[u8], rest: Rest) -> TcpOptions {
    let mut known = TcpOptions::default();
    loop {
        options = match options {
            // Nothing but padding follows.
            [0, ..] => return known,
            [1, others @ ..] => others,
            [kind, length, ..] if (2..=options.len()).contains(&usize::from(*length)) => {
                let (option, others) = options.split_at_checked(usize::from(*length)).unwrap_or_default();
                known.note(*kind, option.get(2..).unwrap_or_default());
                others
            }
            [] | [_, ..] => {
                if rest == Rest::Cut {
                    known.cut();
                }
                return known;
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, decode_cut, v4, v6};
    use super::*;
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
        assert_eq!(segment.flags, Flags::SYN | Flags::ACK);
        assert_eq!((&segment.payload[..], segment.cut), (&b"early"[..], 0));
        let Marks { window, identification, hops, checksum, options } = segment.marks;
        assert_eq!((window, identification, hops, checksum), (1000, 0, 64, Checksum::Right));
        assert_eq!((options.mss(), options.window_scale()), (Some(1460), Some(7)));
        assert!(!options.sack_permitted() && !options.is_multipath());
    }

    #[test]
    fn options_end_where_they_contradict_themselves() {
        let read = |options: &[u8]| {
            let (options, _) = read_options(options, Rest::None);
            (options.mss(), options.window_scale(), options.sack_permitted(), options.is_multipath())
        };
        assert_eq!(read(&[]), (None, None, false, false));
        assert_eq!(read(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]), (None, None, false, false));
        assert_eq!(read(&[2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 99]), (Some(1460), Some(14), true, false));
        assert_eq!(read(&[30, 4, 0, 1, 3, 3, 0, 0]), (None, Some(0), false, true));
        assert_eq!(read(&[0, 2, 4, 5, 0xb4]), (None, None, false, false));
        for broken in [&[2][..], &[2, 0, 5], &[2, 1, 5], &[2, 5, 5, 0xb4]] {
            assert_eq!(read(broken), (None, None, false, false));
        }
    }

    #[test]
    fn of_options_that_the_snap_length_cuts_it_is_known_that_others_may_follow() {
        let read = |options: &[u8], rest| {
            let (options, _) = read_options(options, rest);
            (options.window_scale(), options.is_cut())
        };
        let begun = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0];
        assert_eq!(read(&begun, Rest::Cut), (None, true));
        assert_eq!(read(&begun, Rest::None), (None, false));
        assert_eq!(read(&[], Rest::Cut), (None, true));
        assert_eq!(read(&[3, 3, 7, 4, 2], Rest::Cut), (Some(7), true));
        // Nothing but padding follows.
        assert_eq!(read(&[2, 4, 5, 0xb4, 0], Rest::Cut), (None, false));
    }

    #[test]
    fn selective_acknowledgments_are_told_from_what_a_syn_announces() {
        let read = |options: &[u8]| read_options(options, Rest::None);
        let (options, flags) =
            read(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 5, 10, 0, 0, 1, 0, 0, 0, 3, 0]);
        assert_eq!((options.first_block(), flags), (Some((0x100, 0x200)), Flags::SACK));
        assert_eq!((options.mss(), options.clock()), (None, None));
        let (options, flags) = read(&[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
        assert_eq!((options.first_block(), flags), (None, Flags::default()));
        assert_eq!((options.mss(), options.clock()), (Some(1460), Some(1)));
    }

    #[test]
    fn each_flag_is_its_own_bit() {
        let flags = |bits| {
            let mut bytes = v4(b"");
            bytes[33] = bits;
            match decode(101, &bytes) {
                Outcome::Segment(segment) => segment.flags,
                Outcome::Notice(notice) => panic!("{notice:?}"),
                Outcome::Skipped(reason) => panic!("{reason:?}"),
            }
        };
        assert_eq!(flags(0x01), Flags::FIN);
        assert_eq!(flags(0x02), Flags::SYN);
        assert_eq!(flags(0x04), Flags::RST);
        assert_eq!(flags(0x10), Flags::ACK);
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
