//! Captures made of hostile bytes.

use etherparse::PacketBuilder;

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [10, 0, 0, 2];

/// What a packet does to the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Syn,
    Fin,
}

/// A connection whose packets are written as they are sent.
struct Wire {
    /// The next sequence numbers: the client's, the server's.
    next: [u32; 2],
    /// The client's port.
    port: u16,
    /// When the latest packet was sent: one comes each second.
    second: u32,
    pcap: Vec<u8>,
}

impl Wire {
    fn new() -> Self {
        // Little endian, version 2.4, LINKTYPE_IPV4.
        let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 228];
        let pcap = header.iter().flat_map(|word| word.to_le_bytes()).collect();
        Self { next: [1000, 5000], port: 40_000, second: 1_700_000_000, pcap }
    }

    /// A packet of the client (0) or the server (1).
    fn send(&mut self, side: usize, flag: Flag, payload: &[u8]) {
        let (ip, port) =
            if side == 0 { ((CLIENT, SERVER), (self.port, 80)) } else { ((SERVER, CLIENT), (80, self.port)) };
        let packet = PacketBuilder::ipv4(ip.0, ip.1, 64).tcp(port.0, port.1, self.next[side], 65_535);
        let packet = match flag {
            Flag::None => packet,
            Flag::Syn => packet.syn(),
            Flag::Fin => packet.fin(),
        };
        let is_first = flag == Flag::Syn && side == 0;
        let packet = if is_first { packet } else { packet.ack(self.next[1 - side]) };
        let mut bytes = Vec::new();
        packet.write(&mut bytes, payload).unwrap();
        self.second += 1;
        let length = u32::try_from(bytes.len()).unwrap();
        for word in [self.second, 0, length, length] {
            self.pcap.extend(word.to_le_bytes());
        }
        self.pcap.extend(bytes);
        self.next[side] += u32::try_from(payload.len()).unwrap() + u32::from(flag != Flag::None);
    }

    /// A frame; the client's are masked with zeros, which changes no byte.
    fn frame(&mut self, side: usize, opcode: u8, payload: &[u8]) {
        let mask = if side == 0 { 0x80 } else { 0 };
        let length = u16::try_from(payload.len()).unwrap();
        let mut frame = vec![0x80 | opcode];
        if let Ok(short @ 0..126) = u8::try_from(length) {
            frame.push(mask | short);
        } else {
            frame.push(mask | 0x7e);
            frame.extend(length.to_be_bytes());
        }
        frame.extend([0; 4].iter().take(if side == 0 { 4 } else { 0 }));
        frame.extend(payload);
        self.send(side, Flag::None, &frame);
    }
}

/// A connection with an upgrade that has these bytes wherever a peer can put some.
fn upgraded(bytes: &[u8]) -> Wire {
    upgraded_over(Wire::new(), bytes)
}

fn upgraded_over(mut wire: Wire, bytes: &[u8]) -> Wire {
    let target: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b' ').collect();
    wire.send(0, Flag::Syn, b"");
    wire.send(1, Flag::Syn, b"");
    let request: [&[u8]; 9] = [
        b"GET /",
        &target,
        b" HTTP/1.1\r\nHost: ",
        bytes,
        b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ",
        bytes,
        b"\r\nX-Other: ",
        bytes,
        b"\r\n\r\n",
    ];
    wire.send(0, Flag::None, &request.concat());
    let response: [&[u8]; 5] = [
        b"HTTP/1.1 101 ",
        bytes,
        b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: ",
        bytes,
        b"\r\n\r\n",
    ];
    wire.send(1, Flag::None, &response.concat());
    wire
}

/// A capture of an upgrade with these bytes in its heads, which may be no HTTP then.
#[allow(dead_code, reason = "the tests in a real terminal need no such capture")]
pub(super) fn attempt_of(bytes: &[u8]) -> Vec<u8> {
    upgraded(bytes).pcap
}

/// A capture of a session with these bytes in all it has; in its heads as far as they stay HTTP.
pub(super) fn session_of(bytes: &[u8]) -> Vec<u8> {
    let heads: Vec<u8> = bytes.iter().copied().filter(|byte| *byte >= b' ' && *byte != 0x7f).collect();
    let mut wire = upgraded(&heads);
    let cut = |length: usize| &bytes[..bytes.len().min(length)];
    let long = bytes.repeat(40);
    for side in [0, 1] {
        for opcode in [1, 2, 3, 9] {
            wire.frame(side, opcode, cut(125));
        }
        wire.frame(side, 1, &long[..long.len().min(60_000)]);
    }
    // An answer to a ping that differs from it, and reasons for closing.
    wire.frame(1, 10, cut(50));
    let reason = [&[0x03, 0xe8], cut(120)].concat();
    wire.frame(0, 8, &reason);
    wire.frame(1, 8, &reason);
    wire.pcap
}

/// A capture of a session in which the server sends these frames, in one packet.
#[allow(dead_code, reason = "the tests in a real terminal need no such capture")]
pub(super) fn session_with(frames: &[u8]) -> Vec<u8> {
    let mut wire = upgraded(b"x");
    wire.send(1, Flag::None, frames);
    wire.pcap
}

/// A capture of three sessions: the second begins two years after the first, the third minutes after the first.
#[allow(dead_code, reason = "the tests in a real terminal need no such capture")]
pub(super) fn three_years() -> Vec<u8> {
    let mut first = half_closed();
    for (port, later) in [(40_001, 730 * 86_400), (40_002, 120)] {
        let wire = Wire { port, second: 1_700_000_000 + later, ..Wire::new() };
        first.extend(half_close(upgraded_over(wire, b"x")).split_off(24));
    }
    first
}

/// A capture of two sessions, the second a day after the first.
#[allow(dead_code, reason = "the tests in a real terminal need no such capture")]
pub(super) fn two_days() -> Vec<u8> {
    let mut first = half_closed();
    let wire = Wire { port: 40_001, second: 1_700_000_000 + 86_400, ..Wire::new() };
    first.extend(half_close(upgraded_over(wire, b"x")).split_off(24));
    first
}

/// A capture of a session in which the server still sends a message after the client has ended TCP.
#[allow(dead_code, reason = "the tests in a real terminal need no such capture")]
pub(super) fn half_closed() -> Vec<u8> {
    half_close(upgraded(b"x"))
}

fn half_close(mut wire: Wire) -> Vec<u8> {
    wire.frame(0, 1, b"before");
    wire.send(0, Flag::Fin, b"");
    wire.frame(1, 1, b"afterwards");
    wire.send(1, Flag::Fin, b"");
    wire.pcap
}
