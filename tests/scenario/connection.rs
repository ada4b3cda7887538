//! One TCP connection: who has sent and received how much.

use super::frame::Deflater;
use super::http2::Heads;
use super::step::Setting;
use super::{Result, http};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use wsight::model::{Peer, PerPeer};

/// How far the opening of a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Nothing sent.
    Unopened,
    /// The SYN is sent.
    SynSent,
    /// The SYN is answered.
    SynAnswered,
    /// Open, or refused: nothing is sent any more that the scenario does not say.
    Done,
}

/// One connection.
pub struct Connection {
    /// Where the two sides are.
    pub endpoints: PerPeer<SocketAddr>,
    /// How far its opening has come.
    pub opening: Opening,
    /// What each side has sent and received.
    pub sides: PerPeer<Side>,
    /// The last Sec-WebSocket-Key.
    pub key: String,
}

/// One side of a connection; places count from its SYN, which is place 0.
pub struct Side {
    /// The sequence number of the SYN.
    pub first_sequence: u32,
    /// The place of the next byte it sends.
    pub next: u64,
    /// What it has received from the other side.
    pub received: Received,
    /// Its permessage-deflate context.
    pub deflater: Deflater,
    /// Those of the WebSockets on HTTP/2 streams.
    pub deflaters: BTreeMap<u32, Deflater>,
    /// What compresses its HTTP/2 heads.
    pub heads: Heads,
}

impl Side {
    fn new(first_sequence: u32, begun: u64) -> Self {
        let received = Received { contiguous: begun, ahead: BTreeMap::new() };
        Self {
            first_sequence,
            next: begun,
            received,
            deflater: Deflater::new(),
            deflaters: BTreeMap::new(),
            heads: Heads::new(),
        }
    }

    /// The sequence number of `place`.
    pub fn sequence(&self, place: u64) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers count modulo 2^32")]
        self.first_sequence.wrapping_add(place as u32)
    }
}

/// What has arrived: everything before a place, and stretches beyond holes.
pub struct Received {
    /// Everything before this place.
    pub contiguous: u64,
    ahead: BTreeMap<u64, u64>,
}

impl Received {
    /// The first stretch beyond a hole.
    pub fn first_ahead(&self) -> Option<(u64, u64)> {
        self.ahead.first_key_value().map(|(from, to)| (*from, *to))
    }

    /// Notes that the places `from..to` have arrived.
    pub fn add(&mut self, from: u64, to: u64) {
        let known = self.ahead.entry(from).or_insert(to);
        *known = to.max(*known);
        while let Some((&start, &end)) = self.ahead.first_key_value() {
            if start > self.contiguous {
                break;
            }
            self.contiguous = self.contiguous.max(end);
            self.ahead.remove(&start);
        }
    }
}

/// What settings say about connections that have not begun.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    client: (Option<IpAddr>, Option<u16>),
    server: (Option<IpAddr>, Option<u16>),
    handshake: Handshake,
    first_sequence: Option<u32>,
    family: Family,
}

#[derive(Clone, Copy, Debug, Default)]
enum Handshake {
    #[default]
    Captured,
    Before,
}

#[derive(Clone, Copy, Debug, Default)]
enum Family {
    #[default]
    V4,
    V6,
}

impl Plan {
    /// Takes over a setting, if it is about connections.
    pub fn set(&mut self, setting: &Setting) -> Result<()> {
        match *setting {
            Setting::Endpoint(peer, address, port) => {
                let endpoint = if peer == Peer::Client { &mut self.client } else { &mut self.server };
                *endpoint = (address.or(endpoint.0), port.or(endpoint.1));
            }
            Setting::NoHandshake => self.handshake = Handshake::Before,
            Setting::FirstSequence(sequence) => self.first_sequence = Some(sequence),
            Setting::Ipv6 => self.family = Family::V6,
            _ => return Err("this setting is not about a connection".to_owned()),
        }
        Ok(())
    }

    /// Connection `number`, as planned.
    pub fn begin(&self, number: u32) -> Connection {
        let address = |last: u8| match self.family {
            Family::V4 => IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
            Family::V6 => IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last.into())),
        };
        let port = u16::try_from(number).ok().and_then(|number| number.checked_add(40_000));
        let port = self.client.1.or(port).expect("a connection's number is below 25536");
        let client = SocketAddr::new(self.client.0.unwrap_or_else(|| address(1)), port);
        let server =
            SocketAddr::new(self.server.0.unwrap_or_else(|| address(2)), self.server.1.unwrap_or(8080));
        let (begun, opening) = match self.handshake {
            Handshake::Captured => (0, Opening::Unopened),
            Handshake::Before => (1, Opening::Done),
        };
        let side = |base: u32| Side::new(self.first_sequence.unwrap_or(base + number * 10_000), begun);
        Connection {
            endpoints: PerPeer { client, server },
            opening,
            sides: PerPeer { client: side(1_000_000), server: side(5_000_000) },
            key: http::key(0),
        }
    }
}
