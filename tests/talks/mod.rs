//! Made-up sessions: the segments of both sides, and which frames are in them.

use crate::common::Dice;
use flate2::{Compress, Compression, FlushCompress};
use wsight::model::{Peer, PerPeer};

/// A frame: who sent it, the segments with its first and last byte, its payload's length.
pub(crate) type Sent = (Peer, usize, usize, usize);

/// A session, or a part of one.
#[derive(Default)]
pub(crate) struct Talk {
    pub(crate) segments: Vec<(Peer, Vec<u8>)>,
    pub(crate) frames: Vec<Sent>,
}

/// A kind of session, and a generator of such.
pub(crate) type Kind = (&'static str, fn(&mut Dice) -> Talk);

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// All of them.
pub(crate) const KINDS: &[Kind] = &[
    ("JSON", |d| chat(d, |d| (TEXT, json(d)))),
    ("text of a few bytes", |d| chat(d, |d| (TEXT, (0..=d.roll(6)).map(|_| letter(d)).collect()))),
    ("binary, 7-bit lengths", |d| chat(d, |d| (BINARY, bytes(d, 126)))),
    ("binary, 16-bit lengths", |d| chat(d, |d| (BINARY, bytes(d, 5000)))),
    ("JSON from the server, pings", |d| news(d, |d| (TEXT, json(d)), 0)),
    ("binary from the server, empty pings", |d| news(d, |d| (BINARY, bytes(d, 126)), 4)),
    ("pings of 4 bytes", |d| pings(d, 4)),
    ("empty pings", |d| pings(d, 0)),
    ("compressed JSON", |d| chat_deflated(d, false)),
    ("compressed JSON, context kept", |d| chat_deflated(d, true)),
    ("fragments of 16 to 100 bytes", |d| fragments(d, 16, 100)),
    ("fragments of 1000 to 9000 bytes", |d| fragments(d, 1000, 9000)),
    ("messages of 100 to 300 KiB", |d| huge(d)),
    ("JSON, segments filled", |d| filled(d, |d| (TEXT, json(d)))),
    ("binary, segments filled", |d| filled(d, |d| (BINARY, bytes(d, 126)))),
    ("binary of 4 KiB, segments filled", |d| filled(d, |d| (BINARY, (0..4096).map(|_| byte(d)).collect()))),
];

fn byte(d: &mut Dice) -> u8 {
    u8::try_from(d.roll(256)).unwrap()
}

fn letter(d: &mut Dice) -> u8 {
    b"etaoinshrdlucmfw"[d.roll(16)]
}

fn bytes(d: &mut Dice, below: usize) -> Vec<u8> {
    (0..=d.roll(below - 1)).map(|_| byte(d)).collect()
}

fn json(d: &mut Dice) -> Vec<u8> {
    let mut text = b"{".to_vec();
    for _ in 0..=d.roll(12) {
        text.push(b'"');
        text.extend((0..3 + d.roll(7)).map(|_| letter(d)));
        text.extend(format!("\":{},", d.roll(1 << 20)).bytes());
    }
    *text.last_mut().unwrap() = b'}';
    text
}

/// A session that is being written.
struct Writer {
    talk: Talk,
    /// Bytes of each side that fill no segment yet, and the frames in them.
    open: PerPeer<Vec<u8>>,
    unsent: Vec<(Peer, u64, u64, usize)>,
    /// Bytes of each side so far, and where its segments end.
    written: PerPeer<u64>,
}

const MOST: usize = 1448;

impl Writer {
    fn new() -> Self {
        Self {
            talk: Talk::default(),
            open: PerPeer::default(),
            unsent: Vec::new(),
            written: PerPeer::default(),
        }
    }

    /// Writes a frame.
    fn write(&mut self, d: &mut Dice, from: Peer, first: u8, payload: &[u8]) {
        let length = payload.len();
        let masked = if from == Peer::Client { 0x80 } else { 0 };
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(masked | u8::try_from(length).unwrap()),
            126..=0xffff => {
                frame.push(masked | 0x7e);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(masked | 0x7f);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        if from == Peer::Client {
            let key = [byte(d), byte(d), byte(d), byte(d)];
            frame.extend(key);
            frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        } else {
            frame.extend(payload);
        }
        let start = *self.written.of(from);
        *self.written.of_mut(from) += frame.len() as u64;
        self.unsent.push((from, start, *self.written.of(from), length));
        self.open.of_mut(from).extend(frame);
    }

    /// Sends what `from` wrote; unless it is `all`, only what fills segments.
    fn flush(&mut self, from: Peer, all: bool) {
        let open = std::mem::take(self.open.of_mut(from));
        let sent = if all { open.len() } else { open.len() / MOST * MOST };
        let mut position = *self.written.of(from) - open.len() as u64;
        for piece in open[..sent].chunks(MOST) {
            let index = self.talk.segments.len();
            self.talk.segments.push((from, piece.to_vec()));
            let end = position + piece.len() as u64;
            for (of, start, stop, length) in &mut self.unsent {
                if *of == from && (position..end).contains(start) {
                    self.talk.frames.push((from, index, usize::MAX, *length));
                }
                if *of == from && (position + 1..=end).contains(stop) {
                    let frame = self
                        .talk
                        .frames
                        .iter_mut()
                        .find(|(of, _, last, _)| *of == from && *last == usize::MAX);
                    frame.unwrap().2 = index;
                    *stop = 0;
                }
            }
            self.unsent.retain(|(.., stop, _)| *stop != 0);
            position = end;
        }
        *self.open.of_mut(from) = open[sent..].to_vec();
    }

    fn send(&mut self, d: &mut Dice, from: Peer, first: u8, payload: &[u8]) {
        self.write(d, from, first, payload);
        self.flush(from, true);
    }

    fn done(self) -> Talk {
        self.talk
    }
}

fn peer(d: &mut Dice) -> Peer {
    if d.roll(2) == 0 { Peer::Client } else { Peer::Server }
}

/// Both sides send messages.
fn chat(d: &mut Dice, message: impl Fn(&mut Dice) -> (u8, Vec<u8>)) -> Talk {
    let mut writer = Writer::new();
    for _ in 0..40 {
        let (from, (first, payload)) = (peer(d), message(d));
        writer.write(d, from, first, &payload);
        // Now and then several at once.
        if d.roll(5) > 0 {
            writer.flush(from, true);
        }
    }
    writer.flush(Peer::Client, true);
    writer.flush(Peer::Server, true);
    writer.done()
}

/// The server sends messages, the client answers pings.
fn news(d: &mut Dice, message: impl Fn(&mut Dice) -> (u8, Vec<u8>), ping: usize) -> Talk {
    let mut writer = Writer::new();
    for number in 0..40 {
        let (first, payload) = message(d);
        writer.send(d, Peer::Server, first, &payload);
        if number % 5 == 4 {
            let payload: Vec<u8> = (0..ping).map(|_| byte(d)).collect();
            writer.send(d, Peer::Server, PING, &payload);
            writer.send(d, Peer::Client, PONG, &payload);
        }
    }
    writer.done()
}

fn pings(d: &mut Dice, length: usize) -> Talk {
    let mut writer = Writer::new();
    for _ in 0..15 {
        let payload: Vec<u8> = (0..length).map(|_| byte(d)).collect();
        writer.send(d, Peer::Server, PING, &payload);
        writer.send(d, Peer::Client, PONG, &payload);
    }
    writer.done()
}

fn chat_deflated(d: &mut Dice, keeps_context: bool) -> Talk {
    let mut writer = Writer::new();
    let new = |_| Compress::new(Compression::default(), false);
    let mut compress = PerPeer::from_fn(new);
    for _ in 0..40 {
        let from = peer(d);
        let compress = compress.of_mut(from);
        if !keeps_context {
            compress.reset();
        }
        let mut payload = Vec::with_capacity(4096);
        compress.compress_vec(&json(d), &mut payload, FlushCompress::Sync).unwrap();
        payload.truncate(payload.len() - 4);
        writer.send(d, from, 0xc1, &payload);
    }
    writer.done()
}

fn fragments(d: &mut Dice, least: usize, most: usize) -> Talk {
    let mut writer = Writer::new();
    for _ in 0..10 {
        let (from, count) = (peer(d), 2 + d.roll(8));
        for number in 0..count {
            let fin = if number + 1 == count { 0x80 } else { 0 };
            let payload: Vec<u8> = (0..least + d.roll(most - least)).map(|_| byte(d)).collect();
            writer.send(d, from, fin | if number == 0 { 2 } else { 0 }, &payload);
        }
    }
    writer.done()
}

fn huge(d: &mut Dice) -> Talk {
    let mut writer = Writer::new();
    for _ in 0..4 {
        let length = (100 << 10) + d.roll(200 << 10);
        let payload: Vec<u8> = (0..length).map(|_| byte(d)).collect();
        writer.send(d, Peer::Server, BINARY, &payload);
        let answer = json(d);
        writer.send(d, Peer::Client, TEXT, &answer);
    }
    writer.done()
}

/// The server sends faster than the network takes it.
fn filled(d: &mut Dice, message: impl Fn(&mut Dice) -> (u8, Vec<u8>)) -> Talk {
    let mut writer = Writer::new();
    while writer.talk.segments.len() < 80 {
        let (first, payload) = message(d);
        writer.write(d, Peer::Server, first, &payload);
        writer.flush(Peer::Server, false);
    }
    writer.flush(Peer::Server, true);
    writer.done()
}
