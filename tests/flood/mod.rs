//! Packets out of nothing: floods of any size that never stand in a file or in memory.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compress, Compression, FlushCompress};
use std::sync::atomic::{AtomicU32, Ordering};
use wsight::model::{LinkType, Packet, PacketNumber, Peer, Stamp, Timestamp};
use wsight::upgrade::accept_for;

pub const SYN: u8 = 0x02;
pub const ACK: u8 = 0x10;
pub const FIN: u8 = 0x11;
pub const RST: u8 = 0x04;

/// The link type of the packets: raw IP.
pub const LINK: LinkType = LinkType(101);

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

/// One connection as its packets see it.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Which client: its address and port.
    pub client: u32,
    /// The next offset of each side.
    pub sent: [u32; 2],
}

impl Talk {
    /// Of client number `client`.
    pub const fn new(client: u32) -> Self {
        Self { client, sent: [0, 0] }
    }
}

/// A flood whose packets any function takes.
pub type Packets<'t> = Flood<&'t mut dyn FnMut(&Packet<'_>)>;

/// Makes packets, a microsecond apart, and hands each to `take`.
pub struct Flood<F> {
    pub take: F,
    pub packets: u64,
    /// Nanoseconds since 1970.
    pub now: i64,
    buffer: Vec<u8>,
}

impl<F: FnMut(&Packet<'_>)> Flood<F> {
    pub fn new(take: F) -> Self {
        Self { take, packets: 0, now: 1_700_000_000_000_000_000, buffer: Vec::new() }
    }

    /// One packet of `talk`. `offset` counts the bytes after the SYN; a SYN has none.
    pub fn packet(&mut self, talk: &Talk, from: Peer, flags: u8, offset: u32, payload: &[u8]) {
        let client = ((10 << 24 | talk.client >> 15).to_be_bytes(), 0x8000 | (talk.client & 0x7fff) as u16);
        let server = ([172, 16, 0, 1], 80);
        let ((source, source_port), (target, target_port)) =
            if from == Peer::Client { (client, server) } else { (server, client) };
        let sequence = 1000_u32.wrapping_add(offset).wrapping_add(u32::from(flags & SYN == 0));
        let seen = 1001_u32.wrapping_add(talk.sent[usize::from(from == Peer::Client)]);
        let acknowledgment = if flags & ACK == 0 { 0 } else { seen };
        let buffer = &mut self.buffer;
        buffer.clear();
        buffer.extend([0x45, 0]);
        buffer.extend((40 + payload.len() as u16).to_be_bytes());
        buffer.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        buffer.extend(source);
        buffer.extend(target);
        buffer.extend(source_port.to_be_bytes());
        buffer.extend(u16::to_be_bytes(target_port));
        buffer.extend(sequence.to_be_bytes());
        buffer.extend(acknowledgment.to_be_bytes());
        buffer.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        buffer.extend(payload);
        self.packets += 1;
        self.now += 1_000;
        let stamp = Stamp {
            packet: PacketNumber(self.packets),
            time: Timestamp::from_nanos(self.now),
            offset: self.packets * 100,
            ..Stamp::default()
        };
        let wire_length = self.buffer.len() as u32;
        (self.take)(&Packet { stamp, link: LINK, wire_length, bytes: &self.buffer });
    }

    /// Bytes of `from`, in order, in segments.
    pub fn send(&mut self, talk: &mut Talk, from: Peer, bytes: &[u8]) {
        for bytes in bytes.chunks(1400) {
            let side = usize::from(from == Peer::Server);
            self.packet(talk, from, ACK, talk.sent[side], bytes);
            talk.sent[side] = talk.sent[side].wrapping_add(bytes.len() as u32);
        }
    }

    /// The three packets with which a connection opens.
    pub fn open(&mut self, talk: &Talk) {
        self.packet(talk, Peer::Client, SYN, 0, &[]);
        self.packet(talk, Peer::Server, SYN | ACK, 0, &[]);
        self.packet(talk, Peer::Client, ACK, 0, &[]);
    }

    /// A connection opens and is upgraded, with `extension` offered and accepted.
    pub fn upgrade(&mut self, talk: &mut Talk, extension: &str) {
        self.open(talk);
        let (request, response) = heads(self.packets, extension);
        self.send(talk, Peer::Client, request.as_bytes());
        self.send(talk, Peer::Server, response.as_bytes());
    }

    /// Both sides end in order.
    pub fn close(&mut self, talk: &mut Talk) {
        let [client, server] = talk.sent;
        self.packet(talk, Peer::Client, FIN, client, &[]);
        talk.sent[0] += 1;
        self.packet(talk, Peer::Server, FIN, server, &[]);
    }
}

/// The request and the answer of upgrade `number`, with a key of its own, and `extension` offered and accepted.
pub fn heads(number: u64, extension: &str) -> (String, String) {
    let key = BASE64_STANDARD.encode(u128::from(number).to_be_bytes());
    let accept = accept_for(key.as_bytes());
    let extension = match extension {
        "" => String::new(),
        extension => format!("Sec-WebSocket-Extensions: {extension}\r\n"),
    };
    (
        format!("{REQUEST}Sec-WebSocket-Key: {key}\r\n{extension}\r\n"),
        format!("{RESPONSE}Sec-WebSocket-Accept: {accept}\r\n{extension}\r\n"),
    )
}

/// A frame's bytes; a client's is masked with a key of its own.
pub fn frame(from: Peer, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mask = if from == Peer::Client { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..126 => bytes.push(mask + length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(mask + 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(mask + 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if from == Peer::Client {
        static FRAMES: AtomicU32 = AtomicU32::new(1);
        // A key of its own, as RFC 6455 §5.3 wants.
        let key = FRAMES.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b1).to_be_bytes();
        bytes.extend(key);
        bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
pub fn http2_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A field of a head that is in no table (RFC 7541 §6.2.2); name and value are short.
pub fn http2_field(name: &str, value: &str) -> Vec<u8> {
    [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
}

/// What a client sends first over HTTP/2, and what a server that takes WebSockets does.
pub fn http2_prefaces() -> [Vec<u8>; 2] {
    let client = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), http2_frame(4, 0, 0, &[])].concat();
    // SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3), and the largest table of heads.
    let server = http2_frame(4, 0, 0, &[0, 8, 0, 0, 0, 1, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    [client, server]
}

/// A request for a WebSocket on a stream, and its answer.
pub fn http2_upgrade(stream: u32) -> [Vec<u8>; 2] {
    let request = [
        http2_field(":method", "CONNECT"),
        http2_field(":protocol", "websocket"),
        http2_field(":scheme", "http"),
        http2_field(":path", "/chat"),
        http2_field(":authority", "h"),
        http2_field("sec-websocket-version", "13"),
    ]
    .concat();
    // 8 of the static table is `:status 200`.
    [http2_frame(1, 4, stream, &request), http2_frame(1, 4, stream, &[0x88])]
}

/// Connection `number` speaks HTTP/2.
pub fn speaks_http2(flood: &mut Packets<'_>, number: u64) -> Talk {
    let mut talk = Talk::new(u32::try_from(number).unwrap());
    flood.open(&talk);
    let [client, server] = http2_prefaces();
    flood.send(&mut talk, Peer::Client, &client);
    flood.send(&mut talk, Peer::Server, &server);
    talk
}

/// A WebSocket begins on `stream`.
pub fn opens_stream(flood: &mut Packets<'_>, talk: &mut Talk, stream: u32) {
    for (from, head) in Peer::BOTH.into_iter().zip(http2_upgrade(stream)) {
        flood.send(talk, from, &head);
    }
}

/// A TLS 1.3 handshake up to where it is encrypted, in connection `number` (RFC 8446 §4.1.2, §4.1.3).
pub fn begins_tls(flood: &mut Packets<'_>, number: u64) -> Talk {
    let mut talk = Talk::new(u32::try_from(number).unwrap());
    flood.open(&talk);
    let hello = |kind: u8, body: &[&[u8]]| {
        let body = body.concat();
        let length = u8::try_from(body.len()).unwrap();
        [&[22, 3, 3, 0, length + 4, kind, 0, 0, length][..], &body].concat()
    };
    let random: Vec<u8> = number.to_be_bytes().repeat(4);
    // No session id, TLS_AES_128_GCM_SHA256, no compression, supported_versions.
    let client = hello(1, &[&[3, 3], &random, &[0, 0, 2, 0x13, 1, 1, 0, 0, 7, 0, 43, 0, 3, 2, 3, 4]]);
    let server = hello(2, &[&[3, 3], &random, &[0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]]);
    flood.send(&mut talk, Peer::Client, &client);
    flood.send(&mut talk, Peer::Server, &server);
    talk
}

/// Compresses messages of one direction as RFC 7692 wants them.
pub struct Deflater(Compress);

impl Deflater {
    pub fn new() -> Self {
        Self(Compress::new(Compression::best(), false))
    }

    pub fn message(&mut self, text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() + 1_000);
        self.0.compress_vec(text, &mut bytes, FlushCompress::Sync).unwrap();
        assert!(bytes.len() < bytes.capacity(), "all of it was written");
        assert!(bytes.ends_with(&[0, 0, 0xff, 0xff]));
        bytes.truncate(bytes.len() - 4);
        bytes
    }
}

/// A capture of so many sessions, one after another.
pub fn many_sessions(count: u32) -> Vec<u8> {
    // A pcap file with nanoseconds.
    let mut file = [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 0x4_0000, LINK.0].map(u32::to_le_bytes).concat();
    let mut keep = |packet: &Packet<'_>| {
        let nanos = packet.stamp.time.as_nanos();
        let length = packet.wire_length;
        let times = [nanos / 1_000_000_000, nanos % 1_000_000_000].map(|part| u32::try_from(part).unwrap());
        file.extend([times[0], times[1], length, length].map(u32::to_le_bytes).concat());
        file.extend(packet.bytes);
    };
    let mut flood: Packets<'_> = Flood::new(&mut keep);
    for client in 0..count {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x81, b"hello"));
        for from in Peer::BOTH {
            flood.send(&mut talk, from, &frame(from, 0x88, &[3, 0xe8]));
        }
        flood.close(&mut talk);
    }
    file
}
