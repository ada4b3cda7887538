//! One TCP segment as the bytes of an Ethernet packet.

use etherparse::{
    IpHeaders, IpNumber, Ipv4Extensions, Ipv4Header, Ipv6Extensions, Ipv6Header, PacketBuilder, VlanId,
};
use std::net::{IpAddr, SocketAddr};
use wsight::model::{Flags, Peer, PerPeer};

/// What the link adds to every packet.
#[derive(Clone, Debug)]
pub struct Link {
    /// VLAN tags, outer first.
    pub vlan: Vec<u16>,
    /// How many packets have been sent: the next one's IPv4 identification.
    pub sent: u16,
    /// The hop count of each side's packets.
    pub hops: PerPeer<u8>,
    /// The receive window in each side's packets, but its SYN's.
    pub window: PerPeer<u16>,
    /// The hop count of the packets of a step, where it is another one.
    pub hops_of_step: Option<u8>,
    /// Options of the next packet that is no SYN.
    pub options_of_step: Vec<u8>,
    /// Options of every SYN besides the maximum segment size.
    pub syn_options: Vec<u8>,
}

impl Default for Link {
    fn default() -> Self {
        let both = |hops| PerPeer { client: hops, server: hops };
        Self {
            vlan: Vec::new(),
            sent: 0,
            hops: both(64),
            window: PerPeer { client: 65_535, server: 65_535 },
            hops_of_step: None,
            options_of_step: Vec::new(),
            syn_options: Vec::new(),
        }
    }
}

/// A segment to send.
pub struct Outgoing<'a> {
    /// Who sends it: decides the MAC addresses.
    pub from: Peer,
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// The sequence number.
    pub sequence: u32,
    /// The acknowledgment number, if `flags.ack()`.
    pub acknowledgment: u32,
    /// The flags; PSH goes with every last segment of a step.
    pub flags: Flags,
    /// Whether this is the last segment of a step.
    pub push: bool,
    /// The payload.
    pub payload: &'a [u8],
}

/// The most payload bytes of a segment between these addresses on Ethernet.
pub fn segment_size(address: IpAddr) -> u16 {
    if address.is_ipv4() { 1460 } else { 1440 }
}

impl Link {
    /// The bytes of the packet that carries `segment`.
    pub fn bytes(&mut self, segment: &Outgoing<'_>) -> Vec<u8> {
        let macs = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
        let (source, destination) = match segment.from {
            Peer::Client => (macs[0], macs[1]),
            Peer::Server => (macs[1], macs[0]),
        };
        let ethernet = PacketBuilder::ethernet2(source, destination);
        let ip = self.ip(segment);
        let tag = |number: u16| VlanId::try_new(number).expect("a VLAN number is below 4096");
        let builder = match *self.vlan.as_slice() {
            [] => ethernet.ip(ip),
            [tag_only] => ethernet.single_vlan(tag(tag_only)).ip(ip),
            [outer, inner, ..] => ethernet.double_vlan(tag(outer), tag(inner)).ip(ip),
        };
        let (from, to) = (segment.source.port(), segment.destination.port());
        let flags = segment.flags;
        let window = if flags.syn() { 65_535 } else { *self.window.of(segment.from) };
        let mut builder = builder.tcp(from, to, segment.sequence, window);
        if flags.ack() {
            builder = builder.ack(segment.acknowledgment);
        }
        if flags.syn() {
            let [high, low] = segment_size(segment.source.ip()).to_be_bytes();
            let options = [&[2, 4, high, low], self.syn_options.as_slice()].concat();
            builder = builder.syn().options_raw(&options).expect("the options fit");
        } else {
            let options = std::mem::take(&mut self.options_of_step);
            builder = builder.options_raw(&options).expect("the options fit");
        }
        if flags.fin() {
            builder = builder.fin();
        }
        if flags.rst() {
            builder = builder.rst();
        }
        if segment.push && !segment.payload.is_empty() {
            builder = builder.psh();
        }
        let mut bytes = Vec::with_capacity(builder.size(segment.payload.len()));
        builder.write_to_vec(&mut bytes, segment.payload).expect("a segment fits in a packet");
        bytes
    }

    fn ip(&mut self, segment: &Outgoing<'_>) -> IpHeaders {
        self.sent = self.sent.wrapping_add(1);
        let hops = self.hops_of_step.unwrap_or(*self.hops.of(segment.from));
        match (segment.source.ip(), segment.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                // The builder fills in lengths and checksums.
                let header = Ipv4Header::new(0, hops, IpNumber::TCP, source.octets(), destination.octets());
                let mut header = header.expect("no length is short enough");
                header.identification = self.sent;
                IpHeaders::Ipv4(header, Ipv4Extensions::default())
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let header = Ipv6Header {
                    next_header: IpNumber::TCP,
                    hop_limit: hops,
                    source: source.octets(),
                    destination: destination.octets(),
                    ..Ipv6Header::default()
                };
                IpHeaders::Ipv6(header, Ipv6Extensions::default())
            }
            (source, destination) => panic!("{source} and {destination} are of different families"),
        }
    }
}
