//! A TCP segment, and what else a packet can turn out to be.

use super::Stamp;
use std::net::SocketAddr;

/// The TCP flags that matter to an observer (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are the header's independent bits")]
pub struct Flags {
    /// Opens a direction.
    pub syn: bool,
    /// The acknowledgment number means something.
    pub ack: bool,
    /// No more data from the sender.
    pub fin: bool,
    /// Reset the connection.
    pub rst: bool,
}

impl Flags {
    /// What most segments have.
    pub const ACK: Self = Self { syn: false, ack: true, fin: false, rst: false };
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
    /// Who sent it.
    pub source: SocketAddr,
    /// To whom.
    pub destination: SocketAddr,
    /// Sequence number of the SYN, or of the first payload byte.
    pub sequence: u32,
    /// The next sequence number the sender expects; meaningless unless `flags.ack`.
    pub acknowledgment: u32,
    /// The flags.
    pub flags: Flags,
    /// How many payload bytes followed on the wire that the capture's snap length cut off.
    pub cut: u32,
}

/// What a packet turned out to be: exactly one of these for each packet.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// Anything else, counted by reason.
    Skipped(SkipReason),
}

/// Why a packet gave no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// The link type is not one wsight knows.
    LinkUnsupported,
    /// The link layer carries something other than IP (ARP, LLDP, …).
    NotIp,
    /// IP, but not TCP (UDP, ICMP, …).
    NotTcp,
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
    pub const ALL: [Self; 7] = [
        Self::LinkUnsupported,
        Self::NotIp,
        Self::NotTcp,
        Self::IpFragment,
        Self::IpFragmentDropped,
        Self::HeadersCut,
        Self::Malformed,
    ];

    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkUnsupported => "link-unsupported",
            Self::NotIp => "not-ip",
            Self::NotTcp => "not-tcp",
            Self::IpFragment => "ip-fragment",
            Self::IpFragmentDropped => "ip-fragment-dropped",
            Self::HeadersCut => "headers-cut",
            Self::Malformed => "malformed",
        }
    }
}
