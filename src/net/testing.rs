//! What the tests of this room share: packets to push and outcomes to compare.

use super::{Net, common};
use crate::model::{
    Decoded, Flags, Limits, LinkType, Marks, Notice, Packet, PacketNumber, SkipReason, Stamp, Timestamp,
};
use etherparse::{IpNumber, Ipv4Header, Ipv6Header, PacketBuilder};
use std::net::SocketAddr;
use std::time::Duration;

/// A [`Decoded`] that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Segment(OwnedSegment),
    Notice(Notice),
    Skipped(SkipReason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnedSegment {
    pub(super) packet: u64,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: Flags,
    pub(super) payload: Vec<u8>,
    pub(super) cut: u32,
    pub(super) marks: Marks,
}

impl Outcome {
    /// The payload of a whole segment.
    #[track_caller]
    pub(super) fn payload(&self) -> &[u8] {
        match self {
            Self::Segment(segment) if segment.cut == 0 => &segment.payload,
            other => panic!("not a whole segment: {other:?}"),
        }
    }
}

/// A [`Net`] that numbers what it gets.
pub(super) struct Tester {
    pub(super) net: Net,
    packets: u64,
    now: Timestamp,
    /// Packets whose headers were read at once.
    pub(super) at_once: u64,
}

impl Tester {
    pub(super) fn new(fragment_datagrams: u64) -> Self {
        let net = Net::new(&Limits { fragment_datagrams, ..Limits::default() });
        Self { net, packets: 0, now: Timestamp::default(), at_once: 0 }
    }

    pub(super) fn wait(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    pub(super) fn push(&mut self, link: u32, bytes: &[u8]) -> Outcome {
        self.push_cut(link, bytes, bytes.len())
    }

    /// Pushes the first `captured` bytes of a packet.
    pub(super) fn push_cut(&mut self, link: u32, bytes: &[u8], captured: usize) -> Outcome {
        self.packets += 1;
        let packet = Packet {
            stamp: Stamp { packet: PacketNumber(self.packets), time: self.now, ..Stamp::default() },
            link: LinkType(link),
            wire_length: u32::try_from(bytes.len()).unwrap(),
            bytes: &bytes[..captured],
        };
        let mut outcomes = Vec::new();
        self.net.push(&packet, &mut |decoded| outcomes.push(own(decoded)));
        assert_eq!(outcomes.len(), 1, "one packet in, one outcome out");
        let outcome = outcomes.remove(0);
        // A fragment is remembered, so it is not pushed twice; none is among the shapes that are read at once.
        if let Outcome::Segment(_) = outcome
            && (common::segment_in_v4(&packet).is_some() || common::segment_in_v6(&packet).is_some())
        {
            self.net.push_uncommon(&packet, &mut |decoded| outcomes.push(own(decoded)));
            assert_eq!(outcomes.first(), Some(&outcome), "read at once and header by header it is the same");
            self.at_once += 1;
        }
        outcome
    }
}

fn own(decoded: &Decoded<'_>) -> Outcome {
    match decoded {
        Decoded::Segment(segment) => Outcome::Segment(OwnedSegment {
            packet: segment.header.stamp.packet.0,
            source: segment.header.source,
            destination: segment.header.destination,
            sequence: segment.header.sequence,
            acknowledgment: segment.header.acknowledgment,
            flags: segment.header.flags,
            payload: segment.payload.to_vec(),
            cut: segment.header.cut,
            marks: segment.header.marks,
        }),
        Decoded::Notice(notice) => Outcome::Notice(*notice),
        Decoded::Skipped(reason) => Outcome::Skipped(*reason),
    }
}

/// What one packet alone turns out to be.
pub(super) fn decode(link: u32, bytes: &[u8]) -> Outcome {
    Tester::new(256).push(link, bytes)
}

/// What the first `captured` bytes of one packet turn out to be.
pub(super) fn decode_cut(link: u32, bytes: &[u8], captured: usize) -> Outcome {
    Tester::new(256).push_cut(link, bytes, captured)
}

const CLIENT_V6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const SERVER_V6: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// TCP with sequence number 1000 in IPv4.
pub(super) fn v4(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packet = PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64).tcp(40_000, 80, 1000, 64);
    packet.write(&mut bytes, payload).unwrap();
    bytes
}

/// TCP with sequence number 1000 in IPv6.
pub(super) fn v6(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packet = PacketBuilder::ipv6(CLIENT_V6, SERVER_V6, 64).tcp(40_000, 80, 1000, 64);
    packet.write(&mut bytes, payload).unwrap();
    bytes
}

/// Any protocol in IPv4.
pub(super) fn ip_v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let header = Ipv4Header::new(length, 64, IpNumber(protocol), [192, 0, 2, 1], [192, 0, 2, 2]).unwrap();
    [&header.to_bytes(), payload].concat()
}

/// Any protocol in IPv6.
pub(super) fn ip_v6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let header = Ipv6Header {
        payload_length: u16::try_from(payload.len()).unwrap(),
        next_header: IpNumber(protocol),
        hop_limit: 64,
        source: CLIENT_V6,
        destination: SERVER_V6,
        ..Ipv6Header::default()
    };
    [&header.to_bytes(), payload].concat()
}

/// UDP to `port` in IPv4.
pub(super) fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packet = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(50_000, port);
    packet.write(&mut bytes, payload).unwrap();
    bytes
}

/// An Ethernet header with this type or length.
pub(super) fn ether(ether_type: u16) -> [u8; 14] {
    let [high, low] = ether_type.to_be_bytes();
    [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, high, low]
}
