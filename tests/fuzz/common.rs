//! What several targets need: layers that tell their facts, and inputs that are made of records.

use wsight::layers::{Event, Layers, Options};
use wsight::model::{Chunk, End, EndCause, PacketNumber, Peer, Stamp, StreamEvent, Timestamp};
use wsight::ws;

/// Takes bytes from the front of an input; an input that is too short gives zeros.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    /// The next two bytes, little end first.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// Up to `length` bytes.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Whether nothing is left.
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

/// A record of a conversation: who sends which bytes. A length whose top bit is set is of the server's.
pub fn record<'a>(input: &mut Input<'a>) -> (Peer, &'a [u8]) {
    let length = input.short();
    let from = if length & 0x8000 == 0 { Peer::Client } else { Peer::Server };
    (from, input.take(usize::from(length & 0x7fff)))
}

/// Packet `number`, a millisecond after the one before.
pub fn stamp(number: u64) -> Stamp {
    let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + number as i64 * 1_000_000);
    Stamp { packet: PacketNumber(number), time, offset: number * 100, ..Stamp::default() }
}

/// Gives `layers` bytes in pieces of `size` (0: whole), all with one stamp, each packet's at a place of its own.
pub fn push(
    layers: &mut Layers,
    from: Peer,
    bytes: &[u8],
    size: usize,
    stamp: Stamp,
    out: &mut dyn FnMut(Event<'_>),
) {
    let mut chunk = Chunk::plain(bytes, stamp, stamp.packet.0 << 32);
    while !chunk.bytes.is_empty() {
        let (piece, rest) = chunk.split_at(if size == 0 { usize::MAX } else { size });
        layers.push(from, StreamEvent::Data(piece), out);
        chunk = rest;
    }
}

/// Both sides end.
pub fn end(layers: &mut Layers, stamp: Stamp, out: &mut dyn FnMut(Event<'_>)) {
    for from in Peer::BOTH {
        layers.push(from, StreamEvent::End(End::by_packet(EndCause::Fin, stamp)), out);
    }
    layers.finish(stamp, out);
}

/// An upgrade, with `extensions` accepted, has taken place.
pub fn upgraded(websocket: ws::Options, extensions: &str) -> Layers {
    let mut layers = Layers::new(Options { websocket, ..Options::default() });
    let mut accepted = false;
    let lines = if extensions.is_empty() {
        String::new()
    } else {
        format!("Sec-WebSocket-Extensions: {extensions}\r\n")
    };
    let request = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    );
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{lines}\r\n"
    );
    for (from, head) in [(Peer::Client, request), (Peer::Server, response)] {
        push(&mut layers, from, head.as_bytes(), 0, stamp(0), &mut |event| {
            accepted |= matches!(event, Event::Upgrade(..));
        });
    }
    assert!(accepted, "the upgrade takes place");
    layers
}
