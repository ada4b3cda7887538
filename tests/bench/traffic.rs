//! Made-up traffic for measuring: one WebSocket session as the packets of a capture.

use etherparse::PacketBuilder;
use wsight::model::Peer;
use wsight::upgrade::accept_for;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 1], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 2], 8080);
const SEGMENT: usize = 1448;

/// A session in the making.
#[derive(Default)]
pub(crate) struct Traffic {
    /// Its packets, Ethernet header first.
    pub(crate) packets: Vec<Vec<u8>>,
    sent: [u32; 2],
}

impl Traffic {
    /// A session whose upgrade negotiated `extensions`.
    pub(crate) fn upgraded(extensions: &str) -> Self {
        let mut traffic = Self::default();
        traffic.packet(Peer::Client, &[], true);
        traffic.packet(Peer::Server, &[], true);
        let [request, answer] = upgrade(extensions);
        traffic.send(Peer::Client, request.as_bytes());
        traffic.send(Peer::Server, answer.as_bytes());
        traffic
    }

    /// Sends a frame, acknowledged by the other side. `first` is its first byte.
    pub(crate) fn frame(&mut self, from: Peer, first: u8, payload: &[u8]) {
        self.send(from, &frame(from, first, payload));
    }

    fn send(&mut self, from: Peer, bytes: &[u8]) {
        for segment in bytes.chunks(SEGMENT) {
            self.packet(from, segment, false);
        }
        self.packet(!from, &[], false);
    }

    fn packet(&mut self, from: Peer, payload: &[u8], syn: bool) {
        let [client, server] = self.sent;
        let (source, destination, sequence, acknowledged) = match from {
            Peer::Client => (CLIENT, SERVER, client, server),
            Peer::Server => (SERVER, CLIENT, server, client),
        };
        let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4(source.0, destination.0, 64)
            .tcp(source.1, destination.1, sequence, 65_535);
        let builder = if syn { builder.syn() } else { builder };
        let builder = if syn && from == Peer::Client { builder } else { builder.ack(acknowledged) };
        let mut packet = Vec::new();
        builder.write(&mut packet, payload).unwrap();
        self.packets.push(packet);
        let sent = &mut self.sent[usize::from(from == Peer::Server)];
        *sent += u32::try_from(payload.len()).unwrap() + u32::from(syn);
    }

    /// The capture as a pcap file, a microsecond a packet.
    pub(crate) fn pcap(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1_u32] {
            file.extend(word.to_le_bytes());
        }
        for (micros, packet) in (0..).zip(&self.packets) {
            let length = u32::try_from(packet.len()).unwrap();
            for word in [1_700_000_000, micros, length, length] {
                file.extend(word.to_le_bytes());
            }
            file.extend(packet);
        }
        file
    }
}

/// An upgrade that negotiates `extensions`, and its answer.
pub(crate) fn upgrade(extensions: &str) -> [String; 2] {
    let extensions = match extensions {
        "" => String::new(),
        named => format!("Sec-WebSocket-Extensions: {named}\r\n"),
    };
    let accept = accept_for(KEY.as_bytes());
    [
        format!(
            "GET /feed HTTP/1.1\r\nHost: example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{extensions}\r\n"
        ),
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
        ),
    ]
}

/// A frame as `from` has to send it. `first` is its first byte.
pub(crate) fn frame(from: Peer, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if from == Peer::Client { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(mask | u8::try_from(length).unwrap()),
        length @ 126..0x1_0000 => {
            bytes.push(mask | 0x7e);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(mask | 0x7f);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if from == Peer::Client {
        // Of each frame another key.
        let key = number_of(payload).to_be_bytes();
        bytes.extend(key);
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// Some number of the bytes.
fn number_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x9e37_79b9, |sum, byte| {
        sum.rotate_left(7).wrapping_add(u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// Text of `length` bytes, another one for each `number`.
pub(crate) fn text(number: usize, length: usize) -> Vec<u8> {
    let record = format!(
        "{{\"number\":{number},\"symbol\":\"ABC\",\"price\":123.45,\"note\":\"the quick brown fox\"}},"
    );
    record.bytes().cycle().take(length).collect()
}
