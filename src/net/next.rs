//! What a header says about the bytes after it: the currency between the files of this room.

use super::view::View;
use crate::model::LinkType;
use etherparse::{EtherType, IpNumber};
use std::net::IpAddr;

/// What the bytes at the front of a view are.
#[derive(Clone, Copy, Debug)]
pub(super) enum NextHeader<'a> {
    Link(LinkType),
    Ethernet,
    EtherType(EtherType),
    Llc,
    /// An 802.11 frame, with this between its header and its data.
    Wireless(DataPad),
    Ppp,
    Ipv4,
    Ipv6,
    /// What an IP header, its extensions or a complete datagram announced.
    Protocol(Ip),
    /// Nothing more to be read before the rest of the datagram is there.
    Fragment(Fragment<'a>),
}

/// What stands between the header of an 802.11 frame and its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataPad {
    None,
    /// Zeros up to a multiple of four bytes, which some drivers leave there.
    ToFourBytes,
}

/// What an IP header says about its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ip {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpNumber,
    /// The time to live, or the hop limit.
    pub(super) hops: u8,
    /// 0 in IPv6.
    pub(super) identification: u16,
}

/// One fragment of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    pub(super) ip: Ip,
    pub(super) identification: u32,
    /// Where in the datagram its bytes stand.
    pub(super) offset: usize,
    /// Whether others follow after it.
    pub(super) more: bool,
    pub(super) data: View<'a>,
}
