//! ICMP as far as it says what became of a TCP segment (RFC 792, RFC 4443 §3).

use super::next::Ip;
use super::view::View;
use crate::model::{Notice, Problem, SkipReason, Stamp};
use etherparse::IpNumber;
use std::net::{IpAddr, SocketAddr};

/// The message about a segment, if it is one.
pub(super) fn decode(ip: &Ip, view: &View<'_>, stamp: Stamp) -> Result<Notice, SkipReason> {
    notice(ip, view.captured(), stamp).ok_or(SkipReason::NotTcp)
}

fn notice(ip: &Ip, bytes: &[u8], stamp: Stamp) -> Option<Notice> {
    let &[kind, code, _, _, r0, r1, r2, r3, ref quoted @ ..] = bytes else { return None };
    let is_v4 = ip.protocol == IpNumber::ICMP;
    let problem = if is_v4 {
        v4(kind, code, u32::from(u16::from_be_bytes([r2, r3])))
    } else {
        v6(kind, code, u32::from_be_bytes([r0, r1, r2, r3]))
    }?;
    let (source, destination, tcp) = if is_v4 { quoted_v4(quoted) } else { quoted_v6(quoted) }?;
    // Of the quoted segment there are eight bytes at least (RFC 792).
    let &[s0, s1, d0, d1, q0, q1, q2, q3, ..] = tcp else { return None };
    Some(Notice {
        stamp,
        reporter: ip.source,
        source: SocketAddr::new(source, u16::from_be_bytes([s0, s1])),
        destination: SocketAddr::new(destination, u16::from_be_bytes([d0, d1])),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        problem,
    })
}

/// RFC 792; RFC 1191 §4; RFC 1812 §5.2.7.1.
const fn v4(kind: u8, code: u8, mtu: u32) -> Option<Problem> {
    Some(match (kind, code) {
        (3, 4) => Problem::TooBig { mtu },
        (3, 2 | 3) => Problem::NoPort,
        (3, 9 | 10 | 13) => Problem::Prohibited,
        (3, _) => Problem::NoRoute,
        (11, 0) => Problem::TimeExceeded,
        _ => return None,
    })
}

/// RFC 4443 §3.
const fn v6(kind: u8, code: u8, mtu: u32) -> Option<Problem> {
    Some(match (kind, code) {
        (2, _) => Problem::TooBig { mtu },
        (1, 4) => Problem::NoPort,
        (1, 1 | 5 | 6) => Problem::Prohibited,
        (1, _) => Problem::NoRoute,
        (3, 0) => Problem::TimeExceeded,
        _ => return None,
    })
}

/// The header of the quoted packet, and what it carries.
fn quoted_v4(bytes: &[u8]) -> Option<(IpAddr, IpAddr, &[u8])> {
    let &[first, _, _, _, _, _, _, _, _, 6, _, _, s0, s1, s2, s3, d0, d1, d2, d3, ..] = bytes else {
        return None;
    };
    let behind = bytes.get(usize::from(first & 0x0f) * 4..)?;
    (first >> 4 == 4).then_some((IpAddr::from([s0, s1, s2, s3]), IpAddr::from([d0, d1, d2, d3]), behind))
}

fn quoted_v6(bytes: &[u8]) -> Option<(IpAddr, IpAddr, &[u8])> {
    let (&[version, _, _, _, _, _, 6, _], rest) = bytes.split_first_chunk::<8>()? else { return None };
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    (version >> 4 == 6).then_some((IpAddr::from(*source), IpAddr::from(*destination), rest))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, v4, v6};
    use super::Problem;
    use crate::model::SkipReason;
    use etherparse::PacketBuilder;

    fn about(quoted: &[u8], kind: u8, code: u8, rest: [u8; 4]) -> Outcome {
        let mut message = vec![kind, code, 0, 0];
        message.extend(rest);
        message.extend(quoted);
        let mut bytes = Vec::new();
        let builder = PacketBuilder::ipv4([10, 9, 9, 9], [10, 0, 0, 1], 64);
        builder.write(&mut bytes, etherparse::IpNumber::ICMP, &message).unwrap();
        decode(101, &bytes)
    }

    #[test]
    fn a_router_says_which_segment_was_too_large() {
        let quoted = v4(b"hello");
        let Outcome::Notice(notice) = about(&quoted[..28], 3, 4, [0, 0, 5, 120]) else { panic!("a notice") };
        assert_eq!(notice.reporter, std::net::IpAddr::from([10, 9, 9, 9]));
        let Outcome::Segment(segment) = decode(101, &quoted) else { panic!("a segment") };
        assert_eq!((notice.source, notice.destination), (segment.source, segment.destination));
        assert_eq!((notice.sequence, notice.problem), (segment.sequence, Problem::TooBig { mtu: 1400 }));
    }

    #[test]
    fn what_is_not_about_tcp_is_no_notice() {
        let quoted = v4(b"hello");
        assert_eq!(about(&quoted[..28], 8, 0, [0; 4]), Outcome::Skipped(SkipReason::NotTcp));
        assert_eq!(about(&quoted[..27], 3, 1, [0; 4]), Outcome::Skipped(SkipReason::NotTcp));
        assert_eq!(about(&v6(b"hello"), 3, 1, [0; 4]), Outcome::Skipped(SkipReason::NotTcp));
    }
}
