//! Streams that look like other protocols, from somewhere in their middle: what a search for WebSocket frames must not
//! take for any.

use crate::common::Dice;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use wsight::model::Peer;

/// What the two sides say, a message each.
pub(crate) type Talk = Vec<(Peer, Vec<u8>)>;

const C: Peer = Peer::Client;
const S: Peer = Peer::Server;

/// A protocol's name, and a generator of its streams.
pub(crate) type Protocol = (&'static str, fn(&mut Dice) -> Talk);

/// All of them.
pub(crate) const PROTOCOLS: &[Protocol] = &[
    ("TLS records", tls),
    ("SSH", ssh),
    ("MQTT", mqtt),
    ("MQTT, subscriptions only", mqtt_subscriptions),
    ("HTTP/2", http2),
    ("HTTP/2 with gRPC", grpc),
    ("HTTP/1.1, JSON", |d| http(d, |d| json(d).into_bytes())),
    ("HTTP/1.1, HTML in Cyrillic, Greek, Japanese", |d| http(d, html)),
    ("HTTP/1.1, gzip", |d| http(d, |d| gzip(&json_of(d, 4000)))),
    ("HTTP/1.1, chunked", chunked),
    ("HTTP/1.1, machine code", |d| http(d, machine_code)),
    ("memcached, text", memcached_text),
    ("memcached, binary", memcached_binary),
    ("Redis", redis),
    ("PostgreSQL", postgres),
    ("MySQL", mysql),
    ("AMQP", amqp),
    ("Kafka", |d| framed(d, 4, kafka)),
    ("protobuf, varint lengths", protobuf),
    ("MessagePack", |d| repeat(d, |d, _| message_pack(d, 0))),
    ("CBOR in 2-byte lengths", |d| framed(d, 2, |d| message_pack(d, 0))),
    ("LDAP (BER)", ldap),
    ("DNS over TCP", |d| framed(d, 2, dns)),
    ("SMB", |d| framed(d, 4, |d| [b"\xfeSMB\x40\0".to_vec(), sparse(d, 58), some_sparse(d)].concat())),
    ("Modbus", modbus),
    ("TDS", tds),
    ("RTP in 2-byte lengths", |d| framed(d, 2, rtp)),
    ("RTP in RTSP", |d| {
        repeat(d, |d, _| {
            let p = rtp(d);
            [vec![b'$', 0], be(2, p.len()), p].concat()
        })
    }),
    ("1-byte lengths", |d| framed(d, 1, some_sparse)),
    ("2-byte lengths", |d| framed(d, 2, some_sparse)),
    ("4-byte lengths", |d| framed(d, 4, some_sparse)),
    ("type, 1-byte length", |d| {
        repeat(d, |d, _| {
            let p = some_sparse(d);
            let n = p.len().min(255);
            [vec![d.byte(), byte(n)], p[..n].to_vec()].concat()
        })
    }),
    ("small type, 1-byte length", |d| {
        repeat(d, |d, _| {
            let n = d.roll(120);
            [vec![byte(d.roll(4)), byte(n)], sparse(d, n)].concat()
        })
    }),
    ("type, 2-byte length", |d| {
        repeat(d, |d, _| {
            let p = some_sparse(d);
            [vec![d.byte()], be(2, p.len()), p].concat()
        })
    }),
    ("zeros", |d| {
        bulk(d, |d, n| {
            let mut z = vec![0; n];
            for _ in 0..d.roll(4) {
                let at = d.roll(n);
                z[at] = d.byte();
            }
            z
        })
    }),
    ("0xff", |d| bulk(d, |_, n| vec![0xff; n])),
    ("log lines", |d| {
        repeat(d, |d, _| {
            format!("{} {} [{}] {}\n", d.roll(1 << 30), d.word(), d.word(), d.words(12)).into_bytes()
        })
    }),
    ("base64", |d| {
        bulk(d, |d, n| {
            (0..n)
                .map(|_| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[d.roll(64)])
                .collect()
        })
    }),
    ("random bytes", |d| bulk(d, More::bytes)),
    ("random bytes, small segments", |d| {
        repeat(d, |d, _| {
            let n = 1 + d.roll(130);
            d.bytes(n)
        })
    }),
    ("UTF-16", |d| bulk(d, |d, n| d.words(n / 10).encode_utf16().flat_map(u16::to_be_bytes).collect())),
    ("tables, records of one size", |d| {
        let n = 1 + d.roll(200);
        let record = d.bytes(n);
        bulk(d, move |d, n| {
            let mut table = record.repeat(n / record.len() + 1);
            for _ in 0..table.len() / 20 {
                let at = d.roll(table.len());
                table[at] = d.byte();
            }
            table
        })
    }),
    ("32-bit numbers", |d| {
        bulk(d, |d, n| {
            let big = d.roll(2) == 0;
            let bits = d.roll(31);
            (0..n / 4)
                .flat_map(|_| {
                    let v = u32::try_from(d.roll(2 << bits)).unwrap();
                    if big { v.to_be_bytes() } else { v.to_le_bytes() }
                })
                .collect()
        })
    }),
    ("64-bit floats", |d| {
        bulk(d, |d, n| {
            (0..n / 8)
                .flat_map(|_| (f64::from(u32::try_from(d.roll(100_000)).unwrap()) / 8.0).to_be_bytes())
                .collect()
        })
    }),
    ("audio, 16 bits", |d| {
        let loud = 1 << d.roll(12);
        bulk(d, move |d, n| {
            let mut v = 0_i16;
            (0..n / 2)
                .flat_map(|_| {
                    v = v / 2 + i16::try_from(d.roll(2 * loud)).unwrap() - i16::try_from(loud).unwrap();
                    v.to_le_bytes()
                })
                .collect()
        })
    }),
    ("audio, 8 bits", |d| {
        let loud = 2 + d.roll(20);
        bulk(d, move |d, n| (0..n).map(|_| byte(128 + d.roll(loud) - loud / 2)).collect())
    }),
    ("audio, A-law", |d| {
        let loud = 1 + d.roll(60);
        bulk(d, move |d, n| (0..n).map(|_| (byte(d.roll(loud)) | (byte(d.roll(2)) << 7)) ^ 0x55).collect())
    }),
];

/// Cuts a talk into the segments in which it might have been sent, from somewhere in its middle on.
pub(crate) fn segments(talk: Talk, dice: &mut Dice) -> Talk {
    let most = [1448, 1448, 1448, 536, 1400, 8948][dice.roll(6)];
    let mut segments: Talk = Vec::new();
    // Senders that wait for each other begin a segment with a message; others fill one after the other.
    let streaming = dice.roll(3) == 0;
    for (from, bytes) in talk {
        let mut rest = &bytes[..];
        if streaming
            && let Some((last_from, last)) = segments.last_mut()
            && *last_from == from
            && last.len() < most
        {
            let taken = rest.len().min(most - last.len());
            last.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
        }
        segments.extend(rest.chunks(most).map(|piece| (from, piece.to_vec())));
    }
    if streaming && let Some((_, first)) = segments.first_mut() {
        let lost = dice.roll(first.len().max(1));
        first.drain(..lost);
    }
    match dice.roll(4) {
        // Of one direction nothing was captured.
        0 => segments.retain(|(from, _)| *from == C),
        1 => segments.retain(|(from, _)| *from == S),
        _ => {}
    }
    segments.retain(|(_, bytes)| !bytes.is_empty());
    segments
}

/// More of a [`Dice`].
trait More {
    fn byte(&mut self) -> u8;
    fn bytes(&mut self, length: usize) -> Vec<u8>;
    fn size(&mut self, bits: usize) -> usize;
    fn word(&mut self) -> String;
    fn words(&mut self, count: usize) -> String;
    fn peer(&mut self) -> Peer;
}

impl More for Dice {
    fn byte(&mut self) -> u8 {
        byte(self.roll(256))
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::with_capacity(length + 4);
        while bytes.len() < length {
            bytes.extend(u32::try_from(self.roll(1 << 32)).unwrap().to_be_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// A number with up to this many bits, small ones as often as big ones.
    fn size(&mut self, bits: usize) -> usize {
        let bits = self.roll(bits);
        (1 << bits) + self.roll(1 << bits)
    }

    fn word(&mut self) -> String {
        (0..2 + self.roll(9)).map(|_| char::from(b"etaoinshrdlucmfw"[self.roll(16)])).collect()
    }

    fn words(&mut self, count: usize) -> String {
        (0..=self.roll(count.max(1))).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    fn peer(&mut self) -> Peer {
        if self.roll(2) == 0 { C } else { S }
    }
}

fn byte(number: usize) -> u8 {
    u8::try_from(number & 0xff).unwrap()
}

/// `number` in this many bytes, the highest first.
fn be(bytes: usize, number: usize) -> Vec<u8> {
    number.to_be_bytes()[8 - bytes..].to_vec()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(byte(number | 128));
        number >>= 7;
    }
    bytes.push(byte(number));
    bytes
}

/// Bytes as binary formats have them: many zeros, small numbers, names.
fn sparse(d: &mut Dice, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match d.roll(6) {
            0 => bytes.extend(be(4, d.roll(1000))),
            1 => bytes.extend(be(2, d.roll(300))),
            2 => bytes.extend(d.word().bytes()),
            3 => bytes.extend([0; 3]),
            4 => bytes.push(d.byte()),
            _ => {
                let n = d.size(5);
                bytes.extend(d.bytes(n));
            }
        }
    }
    bytes.truncate(length);
    bytes
}

fn some_sparse(d: &mut Dice) -> Vec<u8> {
    let length = d.size(9);
    sparse(d, length)
}

fn repeat(d: &mut Dice, mut message: impl FnMut(&mut Dice, Peer) -> Vec<u8>) -> Talk {
    let one_way = d.roll(3) == 0;
    let first = d.peer();
    let talk = (0..d.size(6)).map(|_| {
        let from = if one_way { first } else { d.peer() };
        let mut bytes = message(d, from);
        // Several in a row, handed over at once.
        while d.roll(5) == 0 {
            bytes.extend(message(d, from));
        }
        (from, bytes)
    });
    talk.collect()
}

/// Few, long messages of one side.
fn bulk(d: &mut Dice, mut bytes: impl FnMut(&mut Dice, usize) -> Vec<u8>) -> Talk {
    let from = d.peer();
    let talk = (0..=d.roll(4)).map(|_| {
        let length = 8 + d.size(14);
        (from, bytes(d, length))
    });
    talk.collect()
}

/// Messages, each preceded by its length in this many bytes.
fn framed(d: &mut Dice, width: usize, mut message: impl FnMut(&mut Dice) -> Vec<u8>) -> Talk {
    repeat(d, |d, _| {
        let mut bytes = message(d);
        if width == 1 {
            bytes.truncate(255);
        }
        [be(width, bytes.len()), bytes].concat()
    })
}

fn tls(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let length = 17 + d.size(14);
        let length = length.min(16401);
        [vec![0x17, 3, 3], be(2, length), d.bytes(length)].concat()
    })
}

fn ssh(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let length = 20 + 16 * d.size(7);
        let tail = d.bytes(length);
        if d.roll(3) == 0 { [be(4, length - 20), tail].concat() } else { tail }
    })
}

fn mqtt(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let packet = |first: u8, body: Vec<u8>| [vec![first], varint(body.len()), body].concat();
        let id = be(2, 1 + d.roll(65535));
        match d.roll(if from == C { 8 } else { 6 }) {
            0 => packet(0x40, id),
            1 => packet(0x90, [id, vec![byte(d.roll(3))]].concat()),
            2 => packet(if from == C { 0xc0 } else { 0xd0 }, Vec::new()),
            3..=5 => {
                let topic = d.words(3).replace(' ', "/");
                let payload = if d.roll(2) == 0 { d.words(20).into_bytes() } else { some_sparse(d) };
                packet(0x30, [be(2, topic.len()), topic.into_bytes(), payload].concat())
            }
            _ => subscription(d),
        }
    })
}

fn subscription(d: &mut Dice) -> Vec<u8> {
    let mut body = be(2, 1 + d.roll(65535));
    if d.roll(2) == 0 {
        body.push(0);
    }
    for _ in 0..=d.roll(3) {
        let topic = format!("{}/{}/#", d.word(), d.word());
        body.extend(be(2, topic.len()));
        body.extend(topic.bytes());
        body.push(byte(d.roll(3)));
    }
    [vec![0x82], varint(body.len()), body].concat()
}

fn mqtt_subscriptions(d: &mut Dice) -> Talk {
    (0..d.size(5))
        .flat_map(|_| {
            let ack = [vec![0x90, 3], be(2, 1 + d.roll(65535)), vec![0]].concat();
            [(C, subscription(d)), (S, ack)]
        })
        .collect()
}

fn http2_frame(kind: u8, flags: u8, stream: usize, payload: Vec<u8>) -> Vec<u8> {
    [be(3, payload.len()), vec![kind, flags], be(4, stream), payload].concat()
}

fn http2(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let stream = 1 + 2 * d.size(10);
        match d.roll(6) {
            0 => {
                let length = d.size(7);
                http2_frame(1, 4 | byte(d.roll(2)), stream, (0..length).map(|_| d.byte() | 0x80).collect())
            }
            1 => http2_frame(8, 0, [0, stream][d.roll(2)], be(4, 1 + d.size(20))),
            2 => http2_frame(6, byte(d.roll(2)), 0, if d.roll(2) == 0 { vec![0; 8] } else { d.bytes(8) }),
            3 => http2_frame(4, 1, 0, Vec::new()),
            _ => {
                let body = if d.roll(2) == 0 { json(d).into_bytes() } else { some_sparse(d) };
                http2_frame(0, byte(d.roll(2)), stream, body)
            }
        }
    })
}

fn grpc(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let message = fields(d, 0);
        http2_frame(0, byte(d.roll(2)), 1, [vec![0], be(4, message.len()), message].concat())
    })
}

fn fields(d: &mut Dice, depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 1..2 + d.roll(6) {
        let key = number << 3;
        match d.roll(if depth < 3 { 5 } else { 3 }) {
            0 => bytes.extend([varint(key), varint(d.size(30))].concat()),
            1 => {
                let text = d.words(6);
                bytes.extend([varint(key | 2), varint(text.len()), text.into_bytes()].concat());
            }
            2 => bytes.extend([varint(key | 1), d.bytes(8)].concat()),
            _ => {
                let inner = fields(d, depth + 1);
                bytes.extend([varint(key | 2), varint(inner.len()), inner].concat());
            }
        }
    }
    bytes
}

fn protobuf(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let message = fields(d, 0);
        [varint(message.len()), message].concat()
    })
}

fn json(d: &mut Dice) -> String {
    json_of(d, 300)
}

fn json_of(d: &mut Dice, length: usize) -> String {
    let mut text = String::from("{");
    for _ in 0..=d.roll(length / 20) {
        let value = if d.roll(2) == 0 { d.roll(100_000).to_string() } else { format!("\"{}\"", d.words(4)) };
        text += &format!("\"{}\":{value},", d.word());
    }
    text.pop();
    text + "}"
}

/// Text whose letters take two or three bytes, some of which could begin frames.
fn html(d: &mut Dice) -> Vec<u8> {
    let first = [0x430, 0x3b1, 0x3040, 0x4e00, 0x5d0, 0x627][d.roll(6)];
    let mut text = String::from("<!doctype html>");
    for _ in 0..d.size(8) {
        let word: String = (0..=d.roll(9))
            .map(|_| {
                char::from_u32(first + u32::try_from(d.roll(if first < 0x3000 { 28 } else { 90 })).unwrap())
                    .unwrap()
            })
            .collect();
        text += &match d.roll(6) {
            0 => format!("<a href=\"/{}\">{word}</a>", d.word()),
            1 => format!("</p>\n<p class=\"{}\">{word} ", d.word()),
            2 => format!("{word}: {}, ", d.words(3)),
            _ => format!("{word} "),
        };
    }
    text.into_bytes()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn http(d: &mut Dice, mut body: impl FnMut(&mut Dice) -> Vec<u8>) -> Talk {
    let mut talk = Vec::new();
    for _ in 0..d.size(4) {
        talk.push((C, format!("GET /{} HTTP/1.1\r\nHost: {}\r\n\r\n", d.word(), d.word()).into_bytes()));
        let body = body(d);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        talk.push((S, [head.into_bytes(), body].concat()));
    }
    // Most late starts are inside a body, where no head helps.
    if d.roll(4) > 0
        && let Some((_, first)) = talk.get_mut(1)
    {
        let lost = d.roll(first.len());
        first.drain(..lost);
        talk.remove(0);
    }
    talk
}

fn chunked(d: &mut Dice) -> Talk {
    let talk = (0..d.size(6)).map(|_| {
        let text = if d.roll(2) == 0 { json(d).into_bytes() } else { gzip(&json(d)) };
        (S, [format!("{:x}\r\n", text.len()).into_bytes(), text, b"\r\n".to_vec()].concat())
    });
    talk.collect()
}

/// Something like x86-64 instructions, of which many begin with 0x80 to 0x8b.
fn machine_code(d: &mut Dice) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=d.size(10) {
        let register = byte(0xc0 | d.roll(64));
        match d.roll(12) {
            0 => bytes.extend([0x48, 0x89, register]),
            1 => bytes.extend([0x48, 0x8b, 0x45, byte(0xf8 & d.roll(256))]),
            2 => bytes.extend([0x89, byte(0x40 | d.roll(64)), d.byte()]),
            3 => bytes.extend([vec![0xe8], (d.roll(1 << 20)).to_le_bytes()[..4].to_vec()].concat()),
            4 => bytes.extend([0x81, register, d.byte(), 1, 0, 0]),
            5 => bytes.extend([0x83, register, byte(d.roll(64))]),
            6 => bytes.extend([0x88, byte(0x40 | d.roll(64)), d.byte()]),
            7 => bytes.extend([0x8a, byte(d.roll(64))]),
            8 => bytes.extend([0x80, byte(0x78 | d.roll(8)), d.byte(), d.byte()]),
            9 => bytes.extend([0x0f, 0x84, d.byte(), 0, 0, 0]),
            10 => bytes.extend([0x01, register]),
            _ => bytes.extend([0x48, 0x8d, 0x05, d.byte(), d.byte(), 0, 0]),
        }
    }
    bytes
}

fn memcached_text(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let value = if d.roll(2) == 0 { d.words(9).into_bytes() } else { some_sparse(d) };
        let line = |line: String| [line.into_bytes(), value.clone(), b"\r\n".to_vec()].concat();
        match (from, d.roll(2)) {
            (Peer::Client, 0) => format!("get {}\r\n", d.word()).into_bytes(),
            (Peer::Client, _) => line(format!("set {} 0 0 {}\r\n", d.word(), value.len())),
            (Peer::Server, 0) => b"STORED\r\n".to_vec(),
            (Peer::Server, _) => line(format!("VALUE {} 0 {}\r\n", d.word(), value.len())),
        }
    })
}

fn memcached_binary(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let (key, value) = (d.word(), if d.roll(2) == 0 { some_sparse(d) } else { Vec::new() });
        let (magic, key, extras) =
            if from == C { (0x80, key, 8 * d.roll(2)) } else { (0x81, String::new(), 4 * d.roll(2)) };
        [
            vec![magic, byte(d.roll(30))],
            be(2, key.len()),
            vec![byte(extras), 0],
            be(2, d.roll(6) / 5),
            be(4, key.len() + extras + value.len()),
            be(4, d.roll(1 << 20)),
            be(8, d.roll(1 << 30)),
            vec![0; extras],
            key.into_bytes(),
            value,
        ]
        .concat()
    })
}

fn redis(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let value = if d.roll(2) == 0 { d.words(9).into_bytes() } else { some_sparse(d) };
        let bulk = [format!("${}\r\n", value.len()).into_bytes(), value, b"\r\n".to_vec()].concat();
        match (from, d.roll(3)) {
            (Peer::Client, _) => [b"*2\r\n$3\r\nGET\r\n".to_vec(), bulk].concat(),
            (Peer::Server, 0) => b"+OK\r\n".to_vec(),
            (Peer::Server, 1) => format!(":{}\r\n", d.roll(1000)).into_bytes(),
            (Peer::Server, _) => bulk,
        }
    })
}

fn postgres(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let message = |kind: u8, body: Vec<u8>| [vec![kind], be(4, body.len() + 4), body].concat();
        if from == C {
            let query = format!("select {} from {}\0", d.word(), d.word()).into_bytes();
            return match d.roll(2) {
                0 => message(b'Q', query),
                _ => [
                    message(b'P', [vec![0], query, vec![0, 0]].concat()),
                    message(
                        b'B',
                        [vec![0, 0], be(2, 0), be(2, 1), be(4, 4), be(4, d.roll(999)), be(2, 0)].concat(),
                    ),
                    message(b'E', vec![0; 5]),
                    message(b'S', Vec::new()),
                ]
                .concat(),
            };
        }
        let mut bytes = Vec::new();
        for _ in 0..d.size(5) {
            let (a, b) = (d.words(4), some_sparse(d));
            bytes.extend(message(
                b'D',
                [be(2, 2), be(4, a.len()), a.into_bytes(), be(4, b.len()), b].concat(),
            ));
        }
        bytes.extend(message(b'C', b"SELECT 1\0".to_vec()));
        bytes.extend(message(b'Z', b"I".to_vec()));
        bytes
    })
}

fn mysql(d: &mut Dice) -> Talk {
    let packet = |number: usize, body: Vec<u8>| {
        [body.len().to_le_bytes()[..3].to_vec(), vec![byte(number)], body].concat()
    };
    repeat(d, |d, from| {
        if from == C {
            return packet(
                0,
                [vec![3], format!("SELECT {} FROM {}", d.words(5), d.word()).into_bytes()].concat(),
            );
        }
        if d.roll(3) == 0 {
            return packet(1, vec![0, 0, 0, 2, 0, 0, 0]);
        }
        let mut bytes = packet(1, vec![1]);
        for number in 2..2 + d.size(6) {
            let text = d.words(8);
            bytes.extend(packet(number, [vec![byte(text.len())], text.into_bytes()].concat()));
        }
        bytes
    })
}

fn amqp(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let frame = |kind: u8, payload: Vec<u8>| {
            [vec![kind], be(2, 1), be(4, payload.len()), payload, vec![0xce]].concat()
        };
        let key = d.word();
        let publish =
            [be(2, 60), be(2, 40), vec![0; 3], vec![byte(key.len())], key.into_bytes(), vec![0]].concat();
        let body = if d.roll(2) == 0 { json(d).into_bytes() } else { some_sparse(d) };
        let head =
            [be(2, 60), be(2, 0), be(8, body.len()), vec![0x90, 0, 10], b"text/plain".to_vec(), vec![2]]
                .concat();
        match d.roll(4) {
            0 => frame(8, Vec::new()),
            1 => frame(1, [be(2, 60), be(2, 80), be(8, d.roll(9999)), vec![0]].concat()),
            _ => [frame(1, publish), frame(2, head), frame(3, body)].concat(),
        }
    })
}

fn kafka(d: &mut Dice) -> Vec<u8> {
    let client = d.word();
    let records = some_sparse(d);
    [
        be(2, d.roll(20)),
        be(2, d.roll(12)),
        be(4, d.roll(100_000)),
        be(2, client.len()),
        client.into_bytes(),
        be(4, records.len()),
        records,
    ]
    .concat()
}

fn message_pack(d: &mut Dice, depth: usize) -> Vec<u8> {
    let count = 1 + d.roll(4);
    // A map, or an array as CBOR writes it, with few entries: 0x81 to 0x84.
    let mut bytes = vec![byte(0x80 + count)];
    for _ in 0..count {
        let key = d.word();
        bytes.push(byte(0xa0 + key.len()));
        bytes.extend(key.bytes());
        match d.roll(if depth < 3 { 5 } else { 4 }) {
            0 => bytes.push(byte(d.roll(128))),
            1 => bytes.extend([vec![0xcd], be(2, d.roll(65536))].concat()),
            2 => {
                let text = d.words(6);
                bytes.extend([vec![0xd9, byte(text.len())], text.into_bytes()].concat());
            }
            3 => bytes.extend([vec![0xcb], d.bytes(8)].concat()),
            _ => bytes.extend(message_pack(d, depth + 1)),
        }
    }
    bytes
}

fn ber(tag: u8, body: Vec<u8>) -> Vec<u8> {
    let length = match body.len() {
        short @ 0..=127 => vec![byte(short)],
        middle @ 128..=255 => vec![0x81, byte(middle)],
        long => [vec![0x82], be(2, long)].concat(),
    };
    [vec![tag], length, body].concat()
}

fn ldap(d: &mut Dice) -> Talk {
    repeat(d, |d, _| {
        let attributes = (0..d.size(5)).map(|_| {
            let value = some_sparse(d);
            ber(0x30, [ber(4, d.word().into_bytes()), ber(0x31, ber(4, value))].concat())
        });
        let attributes = attributes.collect::<Vec<_>>().concat();
        let entry = ber(0x64, [ber(4, d.words(5).into_bytes()), ber(0x30, attributes)].concat());
        ber(0x30, [ber(2, be(2, d.roll(32768))), entry].concat())
    })
}

fn dns(d: &mut Dice) -> Vec<u8> {
    let name = |d: &mut Dice| -> Vec<u8> {
        let labels: Vec<String> = (0..=d.roll(3)).map(|_| d.word()).collect();
        let bytes =
            labels.iter().flat_map(|label| [vec![byte(label.len())], label.clone().into_bytes()].concat());
        bytes.chain([0]).collect()
    };
    let answers = d.roll(5);
    let flags = if answers == 0 { be(2, 0x100) } else { be(2, 0x8180) };
    let mut bytes =
        [d.bytes(2), flags, be(2, 1), be(2, answers), be(4, 0), name(d), be(2, 1), be(2, 1)].concat();
    for _ in 0..answers {
        bytes.extend([be(2, 0xc00c), be(2, 1), be(2, 1), be(4, d.roll(3600)), be(2, 4), d.bytes(4)].concat());
    }
    bytes
}

fn modbus(d: &mut Dice) -> Talk {
    let mut number = d.roll(65536);
    repeat(d, |d, _| {
        number = (number + 1) & 0xffff;
        let body = if d.roll(2) == 0 {
            vec![1, 3, 0, d.byte(), 0, 2]
        } else {
            let count = 2 * d.size(5);
            [vec![1, 3, byte(count)], (0..count / 2).flat_map(|_| be(2, d.roll(400))).collect()].concat()
        };
        [be(2, number), be(2, 0), be(2, body.len()), body].concat()
    })
}

fn tds(d: &mut Dice) -> Talk {
    repeat(d, |d, from| {
        let body = if from == C {
            d.words(9).encode_utf16().flat_map(u16::to_le_bytes).collect()
        } else {
            [vec![0x81], some_sparse(d), vec![0xfd, 0x10, 0, 0xc1, 0], vec![0; 8]].concat()
        };
        [vec![if from == C { 1 } else { 4 }, 1], be(2, body.len() + 8), vec![0, 0x35, 1, 0], body].concat()
    })
}

fn rtp(d: &mut Dice) -> Vec<u8> {
    let (kind, length) = [(0, 160), (8, 160), (96, 40), (97, 900), (101, 4), (0xe0, 1200)][d.roll(6)];
    let length = length / 2 + d.roll(length);
    [vec![0x80, kind], be(2, d.roll(65536)), be(4, d.roll(1 << 32)), be(4, 0x1234_5678), d.bytes(length)]
        .concat()
}
