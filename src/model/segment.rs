//! A TCP segment, and what else a packet can turn out to be.

use super::{Notice, Stamp};
use std::net::SocketAddr;
use std::ops::BitOr;

/// The TCP flags that matter to an observer, as the bits of the header (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Opens a direction.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// The acknowledgment number means something: most segments have this one alone.
    pub const ACK: Self = Self(0x10);
    /// No bit of the header: a selective acknowledgment is among the options (RFC 2018 §3).
    pub const SACK: Self = Self(0x80);

    /// Those of the header's byte.
    #[inline]
    pub const fn of_header(byte: u8) -> Self {
        Self(byte & (Self::FIN.0 | Self::SYN.0 | Self::RST.0 | Self::ACK.0))
    }

    /// Whether FIN is set.
    #[inline]
    pub const fn fin(self) -> bool {
        self.0 & Self::FIN.0 != 0
    }

    /// Whether SYN is set.
    #[inline]
    pub const fn syn(self) -> bool {
        self.0 & Self::SYN.0 != 0
    }

    /// Whether RST is set.
    #[inline]
    pub const fn rst(self) -> bool {
        self.0 & Self::RST.0 != 0
    }

    /// Whether ACK is set.
    #[inline]
    pub const fn ack(self) -> bool {
        self.0 & Self::ACK.0 != 0
    }

    /// These if `is_set`, else none.
    #[must_use]
    pub const fn when(self, is_set: bool) -> Self {
        if is_set { self } else { Self(0) }
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a segment's TCP checksum says about it (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// It is the one of the captured bytes.
    Right,
    /// It is not: these are not the bytes that were sent, or whoever sent them left the checksum to another.
    Wrong,
    /// It says nothing: the snap length cut the segment, or its sender left the sum to the network card.
    #[default]
    Unknown,
}

/// What the options of a SYN announce (RFC 9293 §3.2), what others acknowledge selectively, and whether any segment has those of
/// Multipath TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// The maximum segment size; in a selective acknowledgment, the length of its first block.
    size: u16,
    /// [`Self::NO_SCALE`] if there is none.
    scale: u8,
    bits: u8,
    /// The sender's clock, 0 if there is none; in a selective acknowledgment, where its first block begins.
    number: u32,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self { size: 0, scale: Self::NO_SCALE, bits: 0, number: 0 }
    }
}

impl TcpOptions {
    const NO_SCALE: u8 = u8::MAX;
    const SACK: u8 = 1;
    const MULTIPATH: u8 = 2;
    const BLOCKS: u8 = 4;
    const CUT: u8 = 8;

    /// Adds the option of this kind with this content, if it is one of those that matter.
    pub fn note(&mut self, kind: u8, content: &[u8]) {
        match (kind, content) {
            (2, &[high, low]) => self.size = u16::from_be_bytes([high, low]),
            (3, &[scale]) => self.scale = scale,
            (4, _) => self.bits |= Self::SACK,
            (5, blocks) => {
                let (edges, _) = blocks.as_chunks::<4>();
                if let [from, to, ..] = *edges {
                    let [from, to] = [from, to].map(u32::from_be_bytes);
                    self.bits |= Self::BLOCKS;
                    self.number = from;
                    self.size = u16::try_from(to.wrapping_sub(from)).unwrap_or(u16::MAX);
                }
            }
            (8, &[a, b, c, d, ..]) if !self.has_blocks() => self.number = u32::from_be_bytes([a, b, c, d]),
            (30, _) => self.bits |= Self::MULTIPATH,
            _ => {}
        }
    }

    /// The snap length cut those that follow.
    pub const fn cut(&mut self) {
        self.bits |= Self::CUT;
    }

    /// Whether the snap length cut some of them: an option that is not here may have been among those.
    pub const fn is_cut(self) -> bool {
        self.bits & Self::CUT != 0
    }

    /// The most payload bytes the sender wants in one segment (RFC 9293 §3.7.1).
    pub fn mss(self) -> Option<u16> {
        Some(self.size).filter(|mss| *mss > 0 && !self.has_blocks())
    }

    /// How many bits to shift the sender's windows by from now on, at most 14, if the other side has the option too
    /// (RFC 7323 §2.2).
    pub fn window_scale(self) -> Option<u8> {
        Some(self.scale).filter(|scale| *scale != Self::NO_SCALE).map(|scale| scale.min(14))
    }

    /// The time by the sender's clock, unless nothing else stands among the options (RFC 7323 §3.2): then it is not read.
    pub fn clock(self) -> Option<u32> {
        Some(self.number).filter(|clock| *clock != 0 && !self.has_blocks())
    }

    /// Whether it is a selective acknowledgment.
    const fn has_blocks(self) -> bool {
        self.bits & Self::BLOCKS != 0
    }

    /// The first block of a selective acknowledgment, which the latest segment to arrive is in (RFC 2018 §4): the sequence number
    /// where it begins, and its length, at most 65535.
    pub fn first_block(self) -> Option<(u32, u16)> {
        self.has_blocks().then_some((self.number, self.size))
    }

    /// The sender understands selective acknowledgments (RFC 2018 §2).
    pub const fn sack_permitted(self) -> bool {
        self.bits & Self::SACK != 0
    }

    /// Multipath TCP (RFC 8684): parts of the stream may go through other connections.
    pub const fn is_multipath(self) -> bool {
        self.bits & Self::MULTIPATH != 0
    }
}

/// Other header fields. They do not affect the stream, but help to explain why it makes progress or does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The window as it stands in the header: shifted by the scale of the sender's SYN, except in a SYN itself.
    pub window: u16,
    /// IPv4's identification; 0 in IPv6. A packet captured twice has the same one both times, a retransmission seldom
    /// does.
    pub identification: u16,
    /// IPv4's time to live, IPv6's hop limit.
    pub hops: u8,
    /// Whether the bytes are those that were sent.
    pub checksum: Checksum,
    /// The options.
    pub options: TcpOptions,
}

/// One TCP segment, borrowed from the packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// What its headers say.
    pub header: &'a SegmentHeader,
    /// The captured part of the payload.
    pub payload: &'a [u8],
}

/// What the headers of a TCP segment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The packet that carried it (for IP fragments: the one that completed it).
    pub stamp: Stamp,
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it was sent.
    pub destination: SocketAddr,
    /// Sequence number of the SYN, or of the first payload byte.
    pub sequence: u32,
    /// The next sequence number the sender expects; meaningless unless `flags.ack()`.
    pub acknowledgment: u32,
    /// The flags.
    pub flags: Flags,
    /// How many payload bytes followed on the wire that the capture's snap length cut off.
    pub cut: u32,
    /// What else there is.
    pub marks: Marks,
}

/// What a packet turned out to be: exactly one of these for each packet.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// An ICMP message about a TCP segment. It counts as [`SkipReason::NotTcp`].
    Notice(Notice),
    /// Anything else, counted by reason.
    Skipped(SkipReason),
}

/// Why a packet gave no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// The link type is not one wsight knows.
    LinkUnsupported,
    /// The link layer encrypts what it carries (802.11 with a password).
    LinkEncrypted,
    /// The link layer carries something other than IP (ARP, LLDP, …).
    NotIp,
    /// IP, but not TCP (UDP, ICMP, …).
    NotTcp,
    /// QUIC in UDP, which carries HTTP/3: packets with a long header (RFC 9000 §17.2), which begin a connection. Later
    /// ones have a short header, which does not show what they are.
    Quic,
    /// An IP fragment that did not complete its datagram; its bytes are used once the rest arrives.
    IpFragment,
    /// An IP fragment dropped because the cap on fragments was reached or it contradicts earlier ones.
    IpFragmentDropped,
    /// The snap length cut the packet inside its headers.
    HeadersCut,
    /// Headers that contradict themselves (lengths, versions).
    Malformed,
}

impl SkipReason {
    /// Every reason, in the order it is printed.
    pub const ALL: [Self; 9] = [
        Self::LinkUnsupported,
        Self::LinkEncrypted,
        Self::NotIp,
        Self::NotTcp,
        Self::Quic,
        Self::IpFragment,
        Self::IpFragmentDropped,
        Self::HeadersCut,
        Self::Malformed,
    ];

    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkUnsupported => "link-unsupported",
            Self::LinkEncrypted => "link-encrypted",
            Self::NotIp => "not-ip",
            Self::NotTcp => "not-tcp",
            Self::Quic => "quic",
            Self::IpFragment => "ip-fragment",
            Self::IpFragmentDropped => "ip-fragment-dropped",
            Self::HeadersCut => "headers-cut",
            Self::Malformed => "malformed",
        }
    }
}
