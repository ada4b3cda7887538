//! What an attacker can make wsight remember: each flood stays under 256 MiB of allocations, and where a
//! cap was reached it says so. Here they are short; `cargo test --release --test memory -- --ignored --nocapture` runs
//! them at full length and prints the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod flood;

use flood::{
    ACK, Deflater, Flood, Packets, SYN, Talk, begins_tls, frame, heads, http2_field, http2_frame,
    http2_upgrade, opens_stream, speaks_http2,
};
use peak_alloc::PeakAlloc;
use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::findings::{Certainty, Class, FindingField, Id};
use wsight::model::{Chunk, Limit, Limits, Packet, Peer, Stamp, StreamEvent};
use wsight::report::{InputNames, JsonLines, Kinds, ParquetTables, Payload, Sink, Text, TextOptions};
use wsight::tls::Expecting;
use wsight::ws::{self, Deflate, Extensions, Negotiated, WebSocket};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What no flood may exceed.
const MOST: usize = 256 << 20;

/// One flood at a time: memory is counted for the whole process.
static TURN: Mutex<()> = Mutex::new(());

/// What a flood cost and what was said about it.
#[derive(Debug)]
struct Cost {
    packets: u64,
    peak: usize,
    /// How long each quarter of it took.
    quarters: [Duration; 4],
    /// Caps that were told to be reached.
    limits: BTreeSet<String>,
    /// Findings that accuse a peer.
    findings: BTreeSet<Id>,
}

/// Runs a flood of `size` units through the analysis, JSON and text; `make` makes unit by unit.
fn flood(size: u64, payload: Payload, make: &mut dyn FnMut(&mut Packets<'_>, u64)) -> Cost {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let limits = Limits::default();
    let keep = if payload == Payload::Full { limits.message_bytes } else { Payload::PREVIEW as u64 };
    let mut json = JsonLines::new(io::sink(), payload, InputNames::default());
    let mut text = Text::new(io::sink(), TextOptions { payload, ..TextOptions::new(&limits) });
    let (mut reached, mut findings) = (BTreeSet::new(), BTreeSet::new());
    let mut take = |output: &Output<'_>| {
        json.output(output).unwrap();
        text.output(output).unwrap();
        match output {
            Output::Finding(finding) if finding.id == Id::LimitReached => {
                reached.insert(finding.text(FindingField::Limit).expect("a limit has a name").to_owned());
            }
            Output::Finding(finding)
                if matches!(finding.class, Class::Violation | Class::Failure)
                    && finding.certainty == Certainty::Certain =>
            {
                findings.insert(finding.id);
            }
            _ => {}
        }
    };
    // As from a pipe: what is encrypted waits for secrets.
    let expecting = Expecting::Secrets { held_bytes: limits.tls_held_bytes };
    let mut analyzer = Analyzer::new(Config { keep, limits: limits.clone(), expecting, ..Config::default() });
    let mut push = |packet: &Packet<'_>| analyzer.push(packet, &mut take);
    let mut flood: Packets<'_> = Flood::new(&mut push);
    let mut quarters = [Duration::ZERO; 4];
    for (quarter, time) in (0..).zip(&mut quarters) {
        let start = Instant::now();
        for unit in size * quarter / 4..size * (quarter + 1) / 4 {
            make(&mut flood, unit);
        }
        *time = start.elapsed();
    }
    let packets = flood.packets;
    analyzer.finish(&mut take);
    text.finish().unwrap();
    let peak = MEMORY.peak_usage() - before;
    Cost { packets, peak, quarters, limits: reached, findings }
}

impl Cost {
    /// Prints the figures, and asserts what holds for every flood.
    fn hold(self, name: &str) -> Self {
        let [first, .., last] = self.quarters;
        println!(
            "{name}: {} packets, {} MiB at most, {:.1?} in all, first quarter {first:.1?}, last {last:.1?}, limits {:?}",
            self.packets,
            self.peak >> 20,
            self.quarters.iter().sum::<Duration>(),
            self.limits
        );
        assert!(self.peak < MOST, "{name} costs {} MiB", self.peak >> 20);
        self
    }

    /// It is told that one of `limits` was reached.
    fn reaches(self, limits: &[&str]) -> Self {
        assert!(limits.iter().any(|limit| self.limits.contains(*limit)), "{limits:?}: {:?}", self.limits);
        self
    }

    fn accuses_nobody(self) -> Self {
        assert!(self.findings.is_empty(), "{:?}", self.findings);
        self
    }
}

/// A flood in two lengths: short in every run, and full where it is asked for.
macro_rules! floods {
    ($($(#[doc = $doc:literal])* $name:ident($short:literal, $full:literal) = $check:expr;)*) => {
        $(
            mod $name {
                use super::*;

                $(#[doc = $doc])*
                fn run(size: u64) -> Cost {
                    let check: fn(u64) -> Cost = $check;
                    check(size).hold(stringify!($name))
                }

                #[test]
                fn short() {
                    run($short);
                }

                #[test]
                #[ignore = "takes minutes in a debug build"]
                fn full() {
                    run($full);
                }
            }
        )*
    };
}

/// One HTTP/2 connection, to which `add` adds, with the number of the unit.
fn http2_flood(size: u64, add: &dyn Fn(&mut Packets<'_>, &mut Talk, u32)) -> Cost {
    let mut talk = Talk::new(1);
    flood(size, Payload::Preview, &mut |flood, unit| {
        if unit == 0 {
            talk = speaks_http2(flood, 1);
        }
        add(flood, &mut talk, u32::try_from(unit).unwrap());
    })
}

/// The request and the answer have taken place in connection `number`.
fn upgraded(flood: &mut Packets<'_>, number: u64, extension: &str) -> Talk {
    let mut talk = Talk::new(u32::try_from(number).unwrap());
    flood.upgrade(&mut talk, extension);
    talk
}

floods! {
    /// TLS records without content, in many connections, that wait for secrets: each takes more memory than bytes.
    empty_records(300, 5_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = begins_tls(flood, unit);
            for _ in 0..30 {
                flood.send(&mut talk, Peer::Server, &[23, 3, 3, 0, 0].repeat(280));
            }
        }).accuses_nobody()
    };

    /// TLS sessions with all that a handshake leaves behind.
    tls_sessions(5_000, 200_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = begins_tls(flood, unit);
            flood.send(&mut talk, Peer::Server, &[&[23, 3, 3, 0, 100][..], &[0x55; 100]].concat());
        }).accuses_nobody()
    };

    /// Connections that are opened and never answered.
    half_open(250_000, 5_000_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            flood.packet(&Talk::new(u32::try_from(unit).unwrap()), Peer::Client, SYN, 0, &[]);
        }).reaches(&["connections"]).accuses_nobody()
    };

    /// One connection, of which every second segment is missing.
    holes(10_000, 766_958) = |size| {
        let mut talk = Talk::new(1);
        flood(size, Payload::Preview, &mut |flood, unit| {
            if unit == 0 {
                flood.upgrade(&mut talk, "");
            }
            let offset = talk.sent[1] + 1400 * (2 * u32::try_from(unit).unwrap() + 1);
            flood.packet(&talk, Peer::Server, ACK, offset, &[0x55; 1400]);
        }).reaches(&["reorder-bytes"])
    };

    /// Holes in many connections at once.
    holes_everywhere(2_000, 100_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let talk = upgraded(flood, unit, "");
            for hole in 0..40 {
                let offset = talk.sent[1] + 1400 * (2 * hole + 1);
                flood.packet(&talk, Peer::Server, ACK, offset, &[0x55; 1400]);
            }
        }).reaches(&["reorder-total-bytes", "memory-bytes"])
    };

    /// Sessions that keep their compression's context.
    compressed_sessions(5_000, 100_000) = |size| {
        let mut deflater = Deflater::new();
        let messages: Vec<Vec<u8>> =
            ["{\"hello\":1}", "{\"hello\":2}"].iter().map(|text| deflater.message(text.as_bytes())).collect();
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "permessage-deflate");
            for message in &messages {
                flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0xc2, message));
                flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0xc2, message));
            }
        }).accuses_nobody()
    };

    /// Sessions whose contexts are as long as they can be.
    long_contexts(1_000, 20_000) = |size| {
        let text: Vec<u8> =
            (0..10_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut deflater = Deflater::new();
        let messages = [deflater.message(&text), deflater.message(&text[..20_000])];
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "permessage-deflate");
            for message in &messages {
                for from in Peer::BOTH {
                    flood.send(&mut talk, from, &frame(from, 0xc2, message));
                }
            }
        }).accuses_nobody()
    };

    /// Heads whose lines go on and on, in many connections.
    heads_without_end(1_000, 20_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = Talk::new(u32::try_from(unit).unwrap());
            flood.open(&talk);
            flood.send(&mut talk, Peer::Client, b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n");
            for _ in 0..100 {
                flood.send(&mut talk, Peer::Client, &[b'x'; 1000]);
            }
        })
    };

    /// Streams of one HTTP/2 connection, each with a WebSocket that stays open.
    http2_streams(6_000, 1_000_000) = |size| {
        http2_flood(size, &|flood, talk, unit| {
            let stream = unit * 2 + 1;
            opens_stream(flood, talk, stream);
            let text = http2_frame(0, 0, stream, &frame(Peer::Client, 0x81, b"hello"));
            flood.send(talk, Peer::Client, &text);
        }).reaches(&["http2-streams"]).accuses_nobody()
    };

    /// The same, 4,000 of them in each of many connections.
    http2_streams_everywhere(3, 100) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = speaks_http2(flood, unit);
            for stream in (1..8_000).step_by(2) {
                opens_stream(flood, &mut talk, stream);
            }
        }).accuses_nobody()
    };

    /// WebSockets one after the other on one HTTP/2 connection, each with its end.
    http2_sessions(5_000, 1_000_000) = |size| {
        http2_flood(size, &|flood, talk, unit| {
            let stream = unit * 2 + 1;
            opens_stream(flood, talk, stream);
            // The window of the connection would be used up.
            let more = http2_frame(8, 0, 0, &[0, 0, 0, 16]);
            for from in Peer::BOTH {
                let close = http2_frame(0, 1, stream, &frame(from, 0x88, &[]));
                flood.send(talk, from, &[&more[..], &close[..]].concat());
            }
        }).accuses_nobody()
    };

    /// A head that goes on in one CONTINUATION after the other.
    http2_continuation(10_000, 1_000_000) = |size| {
        http2_flood(size, &|flood, talk, unit| {
            if unit == 0 {
                flood.send(talk, Peer::Client, &http2_frame(1, 0, 1, &http2_field(":method", "GET")));
            }
            flood.send(talk, Peer::Client, &http2_frame(9, 0, 1, &http2_field("a", "b").repeat(200)));
        }).reaches(&["http2-head-bytes"]).accuses_nobody()
    };

    /// Frames that cost their sender nothing, beside 4,000 WebSockets: settings, pings, empty DATA and CONTINUATION, windows.
    http2_empty(10_000, 1_000_000) = |size| {
        let cheap = [
            http2_frame(4, 0, 0, &[0, 4, 0, 0, 0, 1, 0, 4, 0, 1, 0, 0]),
            http2_frame(6, 0, 0, &[7; 8]),
            http2_frame(0, 0, 1, &[]),
            http2_frame(8, 0, 1, &[0, 0, 0, 1]),
            http2_frame(1, 0, 9_001, &[]),
            http2_frame(9, 0, 9_001, &[]).repeat(4),
            http2_frame(9, 4, 9_001, &[]),
        ].concat();
        http2_flood(size, &|flood, talk, unit| {
            if unit == 0 {
                (1..8_000).step_by(2).for_each(|stream| opens_stream(flood, talk, stream));
            }
            flood.send(talk, Peer::Client, &cheap);
        }).accuses_nobody()
    };

    /// Requests for a WebSocket that their client resets at once.
    http2_rapid_reset(5_000, 1_000_000) = |size| {
        http2_flood(size, &|flood, talk, unit| {
            let stream = unit * 2 + 1;
            let [request, _] = http2_upgrade(stream);
            let reset = http2_frame(3, 0, stream, &[0, 0, 0, 8]);
            flood.send(talk, Peer::Client, &[request, reset].concat());
        })
    };

    /// Heads of 16 KB that stand for 64 MB: each byte is a field of the table.
    http2_bombs(20, 2_000) = |size| {
        // A field of 4,000 bytes becomes the first of the table, 62.
        let long = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'x'; 4_000]].concat();
        let bomb = [0xbe].repeat(16_000);
        http2_flood(size, &|flood, talk, unit| {
            if unit == 0 {
                flood.send(talk, Peer::Client, &http2_frame(1, 4, 1, &long));
            }
            flood.send(talk, Peer::Client, &http2_frame(1, 4, unit * 2 + 3, &bomb));
        }).reaches(&["http2-head-bytes"]).accuses_nobody()
    };

    /// Requests for a WebSocket that nobody answers, each with a head of 240 KB for which a few bytes stand.
    http2_unanswered(500, 80_000) = |size| {
        let long = [&[0x40, 1, b'x', 0x7f, 0xbd, 0x1d][..], &[b'v'; 3_900]].concat();
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = speaks_http2(flood, unit);
            flood.send(&mut talk, Peer::Client, &http2_frame(1, 5, 1, &long));
            for stream in (3..43).step_by(2) {
                let [request, _] = http2_upgrade(stream);
                let head = [&request[9..], &[0xbe; 60]].concat();
                flood.send(&mut talk, Peer::Client, &http2_frame(1, 4, stream, &head));
            }
        })
    };

    /// Tables of heads as large as they can be, resized again and again, in many connections.
    http2_tables(200, 20_000) = |size| {
        let long = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'x'; 4_000]].concat();
        // To nothing, and to the most that there is.
        let resized = [&[0x20, 0x3f, 0xe0, 0xff, 0x3f][..], &long].concat();
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = speaks_http2(flood, unit);
            for stream in (1..60).step_by(2) {
                let head = if stream == 1 { &resized } else { &long };
                flood.send(&mut talk, Peer::Client, &http2_frame(1, 4, stream, head));
            }
        }).accuses_nobody()
    };

    /// A line of a head that never ends.
    line_without_end(10_000, 1_000_000) = |size| {
        let mut talk = Talk::new(1);
        flood(size, Payload::Preview, &mut |flood, unit| {
            if unit == 0 {
                flood.open(&talk);
                flood.send(&mut talk, Peer::Client, b"GET /chat HTTP/1.1\r\nSec-WebSocket-Key: ");
            }
            flood.send(&mut talk, Peer::Client, &[b'x'; 1400]);
        })
    };

    /// Requests that nobody answers, one after the other.
    pipelined(300, 10_000) = |size| {
        let long = format!("GET /{} HTTP/1.1\r\nHost: h\r\n{}\r\n", "x".repeat(8_000), "A: b\r\n".repeat(100));
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = Talk::new(u32::try_from(unit).unwrap());
            flood.open(&talk);
            for _ in 0..60 {
                flood.send(&mut talk, Peer::Client, long.as_bytes());
            }
        })
    };

    /// Ordinary exchanges with long heads, before it is known that their server speaks WebSocket.
    ordinary(600, 20_000) = |size| {
        let lines = format!("A: {}\r\n", "x".repeat(8_000)).repeat(30);
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = Talk::new(u32::try_from(unit).unwrap());
            flood.open(&talk);
            flood.send(&mut talk, Peer::Client, format!("GET / HTTP/1.1\r\n{lines}\r\n").as_bytes());
            flood.send(&mut talk, Peer::Server, format!("HTTP/1.1 204 No\r\n{lines}\r\n").as_bytes());
            flood.close(&mut talk);
        })
    };

    /// Frames of 2^63 bytes, of which a little comes.
    endless_frames(2_000, 100_000) = |size| {
        flood(size, Payload::Full, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "");
            let mut header = vec![0x82, 127];
            header.extend((1_u64 << 63).to_be_bytes());
            flood.send(&mut talk, Peer::Server, &header);
            for _ in 0..10 {
                flood.send(&mut talk, Peer::Server, &[0; 1400]);
            }
        })
    };

    /// One frame of 2^62 bytes that keeps coming, kept for `--payload full`.
    endless_frame(60_000, 1_000_000) = |size| {
        let mut talk = Talk::new(1);
        flood(size, Payload::Full, &mut |flood, unit| {
            if unit == 0 {
                flood.upgrade(&mut talk, "");
                let mut header = vec![0x82, 127];
                header.extend((1_u64 << 62).to_be_bytes());
                flood.send(&mut talk, Peer::Server, &header);
            }
            flood.send(&mut talk, Peer::Server, &[0; 1400]);
        })
    };

    /// A message in fragments of one byte.
    fragments(100_000, 1_000_000) = |size| {
        let mut talk = Talk::new(1);
        flood(size, Payload::Full, &mut |flood, unit| {
            if unit == 0 {
                flood.upgrade(&mut talk, "");
            }
            let first = match unit {
                0 => 0x02,
                unit if unit + 1 == size => 0x80,
                _ => 0x00,
            };
            flood.send(&mut talk, Peer::Client, &frame(Peer::Client, first, b"x"));
        }).accuses_nobody()
    };

    /// Messages of a megabyte that inflate to a gigabyte.
    bombs(2, 40) = |size| {
        let mut deflater = flate2::Compress::new(flate2::Compression::best(), false);
        let mut bomb = Vec::with_capacity(2 << 20);
        let zeros = vec![0; 1 << 20];
        for _ in 0..1000 {
            deflater.compress_vec(&zeros, &mut bomb, flate2::FlushCompress::None).unwrap();
        }
        deflater.compress_vec(&[], &mut bomb, flate2::FlushCompress::Sync).unwrap();
        flood(size, Payload::Full, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "permessage-deflate");
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0xc2, &bomb));
        })
    };

    /// Client's frames without a mask: a finding each.
    findings(200_000, 10_000_000) = |size| {
        let mut talk = Talk::new(1);
        flood(size / 500, Payload::Preview, &mut |flood, unit| {
            if unit == 0 {
                flood.upgrade(&mut talk, "");
            }
            flood.send(&mut talk, Peer::Client, &[0x82, 0x00].repeat(500));
        }).reaches(&["findings-per-session"])
    };

    /// Findings of several kinds, as many of each as are reported, in many sessions that all stay open.
    findings_everywhere(200, 20_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "");
            // Unmasked from a client; a continuation of nothing; an impossible length form.
            flood.send(&mut talk, Peer::Client, &[0x82, 0x00].repeat(100));
            flood.send(&mut talk, Peer::Server, &[0x80, 0x00].repeat(100));
            flood.send(&mut talk, Peer::Server, &[0x82, 0x7e, 0x00, 0x01, 0x55].repeat(100));
        })
    };

    /// Pings that nobody answers, in many sessions.
    pings(200, 10_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "");
            for number in 0..1_000_u32 {
                let payload = [&number.to_be_bytes()[..], &[0x55; 121]].concat();
                flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x89, &payload));
            }
        })
    };

    /// Pings and their pongs, for a long time, in many sessions.
    round_trips(100, 5_000) = |size| {
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "");
            for _ in 0..2_000 {
                flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x89, b"x"));
                flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x8a, b"x"));
            }
        }).accuses_nobody()
    };

    /// Connections that wait for lost bytes again and again, while capture time stands still.
    waits_without_time(30_000, 3_000_000) = |size| {
        let mut talk = Talk::new(1);
        flood(size, Payload::Preview, &mut |flood, unit| {
            if unit == 0 {
                flood.upgrade(&mut talk, "");
            }
            flood.now -= 2_000;
            // The byte is acknowledged before it comes.
            talk.sent[1] += 1;
            flood.packet(&talk, Peer::Client, ACK, talk.sent[0], &[]);
            flood.packet(&talk, Peer::Server, ACK, talk.sent[1] - 1, b"\x82");
        })
    };

    /// Connections whose beginning the capture missed, with bytes that are not WebSocket.
    midstream(300, 20_000) = |size| {
        let mut seed = 1_u32;
        flood(size, Payload::Preview, &mut |flood, unit| {
            let mut talk = Talk::new(u32::try_from(unit).unwrap());
            for _ in 0..150 {
                let bytes: Vec<u8> = (0..1400).map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                }).collect();
                flood.send(&mut talk, Peer::Server, &bytes);
            }
        }).accuses_nobody()
    };

    /// Whole messages of 2 MiB that are never finished, in many sessions, kept for `--payload full`.
    unfinished_messages(20, 500) = |size| {
        flood(size, Payload::Full, &mut |flood, unit| {
            let mut talk = upgraded(flood, unit, "");
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x02, &vec![0; 2 << 20]));
        })
    };
}

/// Bytes of memory in use after `make`, and what it made.
fn taken<T>(make: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    let result = make();
    (MEMORY.current_usage() - before, result)
}

/// What decompressors take is known only from measuring it: a session is to take what its footprint says.
#[test]
fn compressed_sessions_take_what_they_say() {
    const SESSIONS: usize = 50;
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text: Vec<u8> = (0..20_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for length in [10, 1_000, 10_000, 80_000] {
        let message = frame(Peer::Server, 0xc2, &Deflater::new().message(&text[..length]));
        let (bytes, sessions) = taken(|| {
            let session = || {
                let extensions = Extensions::Seen { deflate: Some(Deflate::default()), foreign: false };
                let options = ws::Options::default();
                let mut websocket = Box::new(WebSocket::new(&Negotiated::new(extensions), &options));
                let chunk = Chunk::plain(&message, Stamp::default(), 0);
                websocket.push(Peer::Server, StreamEvent::Data(chunk), &mut |_| {});
                websocket
            };
            (0..SESSIONS).map(|_| session()).collect::<Vec<_>>()
        });
        let said: u64 = sessions.iter().map(|session| session.footprint().total()).sum();
        let said = usize::try_from(said).unwrap();
        println!("{length}: {} taken, {} said for each", bytes / SESSIONS, said / SESSIONS);
        assert!(said.abs_diff(bytes) < bytes / 100, "{length} bytes inflated: {said} said, {bytes} taken");
    }
}

/// The figures of the help are those of a connection each.
#[test]
fn connections_take_what_the_help_says() {
    type Make = fn(&mut Packets<'_>, &mut Talk);
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let open: Make = |flood, talk| flood.open(talk);
    let upgrade: Make = |flood, talk| flood.upgrade(talk, "");
    let close: Make = |flood, talk| {
        flood.upgrade(talk, "");
        flood.close(talk);
    };
    let figures = [
        (open, "without data costs about 850 bytes", 850),
        (upgrade, "with a WebSocket about 2,800 bytes", 2_800),
        (close, "that is over about 130 bytes", 130),
    ];
    for (make, figure, bytes) in figures {
        assert!(Limit::Connections.meaning().contains(figure), "{figure}");
        let mut analyzer = Analyzer::new(Config::default());
        let mut push = |packet: &Packet<'_>| analyzer.push(packet, &mut |_| {});
        let mut flood: Packets<'_> = Flood::new(&mut push);
        let mut before = 0;
        for client in 0..60_000 {
            if client == 20_000 {
                before = MEMORY.current_usage();
            }
            make(&mut flood, &mut Talk::new(client));
        }
        let each = (MEMORY.current_usage() - before) / 40_000;
        println!("{figure}: {each}");
        assert!(each * 100 >= bytes * 85 && each * 100 <= bytes * 115, "{figure}: {each} bytes");
    }
}

/// What a client does; it has a number.
type Make = fn(&mut Packets<'_>, u32);

/// Connections that hold something, each of another kind.
const KINDS: [(&str, Make); 12] = [
    ("pings that wait", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        for number in 0..50_u32 {
            let payload = [&number.to_be_bytes()[..], &[0x55; 121]].concat();
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x89, &payload));
        }
    }),
    ("pongs that answer nothing", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        for number in 0..50_u32 {
            let payload = [&number.to_be_bytes()[..], &[0x55; 121]].concat();
            flood.send(&mut talk, Peer::Server, &frame(Peer::Server, 0x89, &payload));
        }
        for number in 0..50_u32 {
            let payload = [&number.to_le_bytes()[..], &[0xaa; 121]].concat();
            flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x8a, &payload));
        }
    }),
    ("pieces of one byte", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        for hole in 0..200 {
            flood.packet(&talk, Peer::Server, ACK, talk.sent[1] + 2 * hole + 1, b"x");
        }
    }),
    ("pieces of many bytes", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        for hole in 0..20 {
            flood.packet(&talk, Peer::Server, ACK, talk.sent[1] + 2_000 * hole + 1, &[0x55; 1400]);
        }
    }),
    ("decompressors", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "permessage-deflate");
        let text: Vec<u8> =
            (0..5_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let message = frame(Peer::Server, 0xc2, &Deflater::new().message(&text));
        flood.send(&mut talk, Peer::Server, &message[..message.len() / 2]);
    }),
    ("streams of HTTP/2", |flood, client| {
        let mut talk = speaks_http2(flood, client.into());
        for stream in (1..60).step_by(2) {
            opens_stream(flood, &mut talk, stream);
        }
    }),
    ("TLS", |flood, client| {
        let mut talk = begins_tls(flood, client.into());
        flood.send(&mut talk, Peer::Server, &[&[23, 3, 3, 0, 100][..], &[0x55; 100]].concat());
    }),
    ("requests that wait", |flood, client| {
        let mut talk = Talk::new(client);
        flood.open(&talk);
        let request = format!("GET /{} HTTP/1.1\r\nHost: h\r\nCookie: c\r\n\r\n", "a".repeat(40));
        flood.send(&mut talk, Peer::Client, request.repeat(40).as_bytes());
    }),
    ("frames before the answer", |flood, client| {
        let mut talk = Talk::new(client);
        flood.open(&talk);
        flood.send(&mut talk, Peer::Client, heads(client.into(), "").0.as_bytes());
        for _ in 0..100 {
            flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x81, b"early"));
        }
    }),
    ("attempts that are open", |flood, client| {
        let mut talk = Talk::new(client);
        flood.open(&talk);
        flood.send(&mut talk, Peer::Client, heads(client.into(), "").0.as_bytes());
    }),
    ("sessions in which nothing happens", |flood, client| {
        flood.upgrade(&mut Talk::new(client), "");
    }),
    ("places where a frame may begin", |flood, client| {
        let mut talk = Talk::new(client);
        flood.upgrade(&mut talk, "");
        talk.sent[1] += 700;
        let junk: Vec<u8> = (0..40_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        flood.send(&mut talk, Peer::Server, &junk);
        flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x81, b"heard all of it"));
    }),
];

/// What is counted towards a cap is what is taken: at the cap on memory, an analysis takes about as much.
#[test]
fn what_is_counted_is_what_is_taken() {
    /// Large beside what an analysis takes in any case.
    const CAP: u64 = 24 << 20;
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut faults = Vec::new();
    for (name, make) in KINDS {
        // Until the cap is told to be reached.
        let reached = std::cell::Cell::new(false);
        let mut take = |output: &Output<'_>| {
            if let Output::Finding(finding) = output {
                reached.set(reached.get() || finding.id == Id::LimitReached);
            }
        };
        let limits = Limits { memory_bytes: CAP, reorder_total_bytes: CAP * 2, ..Limits::default() };
        let before = MEMORY.current_usage();
        let mut analyzer = Analyzer::new(Config { keep: 64, limits, ..Config::default() });
        let mut push = |packet: &Packet<'_>| analyzer.push(packet, &mut take);
        let mut flood: Packets<'_> = Flood::new(&mut push);
        let mut most = 0;
        for client in 0..100_000 {
            make(&mut flood, client);
            if reached.get() {
                break;
            }
            most = MEMORY.current_usage() - before;
        }
        let share = most as u64 * 100 / CAP;
        println!("{name}: {share} % of the cap is taken when it is reached");
        if !reached.get() || !(80..=115).contains(&share) {
            faults.push((name, share, reached.get()));
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

/// Tables are written as a stream, whatever is in them: a row group waits, and nothing of those before it.
#[test]
fn tables_take_as_much_whatever_is_in_them() {
    /// Of it an analysis of sessions that follow one another takes a few MiB.
    const MOST: usize = 16 << 20;
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (sessions, path) in [(12_000, 10), (6_000, 800), (2_000, 7_000)] {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let open = |_| Ok(io::sink());
        let mut tables =
            ParquetTables::new(Payload::Preview, InputNames::default(), Kinds::ALL, open).unwrap();
        let mut take = |output: &Output<'_>| tables.output(output).unwrap();
        let mut analyzer = Analyzer::new(Config { keep: 64, ..Config::default() });
        let mut push = |packet: &Packet<'_>| analyzer.push(packet, &mut take);
        let mut flood: Packets<'_> = Flood::new(&mut push);
        for number in 0..sessions {
            let mut talk = Talk::new(number);
            flood.open(&talk);
            let (request, response) = heads(number.into(), "");
            let (_, headers) = request.split_once("\r\n").unwrap();
            let request = format!("GET /{number:0path$} HTTP/1.1\r\n{headers}");
            flood.send(&mut talk, Peer::Client, request.as_bytes());
            flood.send(&mut talk, Peer::Server, response.as_bytes());
            flood.send(&mut talk, Peer::Client, &frame(Peer::Client, 0x81, b"hello"));
            flood.close(&mut talk);
        }
        analyzer.finish(&mut take);
        tables.finish().unwrap();
        let peak = MEMORY.peak_usage() - before;
        println!("{sessions} sessions with paths of {path} bytes: {} KiB at most", peak >> 10);
        assert!(peak < MOST, "{} MiB for {sessions} sessions with paths of {path} bytes", peak >> 20);
    }
}
