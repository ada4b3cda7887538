//! What each stage costs by itself: `cargo bench`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, unreachable_pub)]

#[allow(dead_code, reason = "shared with a test that needs the capture as a file")]
mod traffic;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use flate2::{Compress, Compression, FlushCompress};
use std::io;
use traffic::{Traffic, frame, text, upgrade};
use wsight::analyzer::{Analyzer, Config};
use wsight::capture::{Reader, Source};
use wsight::layers::{Layers, Options};
use wsight::model::{Chunk, Decoded, FileId, Limits, LinkType, Packet, Peer, Stamp, StreamEvent};
use wsight::net::Net;
use wsight::report::{InputNames, JsonLines, Payload, Sink};
use wsight::tcp::{ConnectionEvent, ConnectionTable};
use wsight::ws::{self, FrameHeader};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const COMPRESSED_TEXT: u8 = 0xc1;

fn main() {
    divan::main();
}

/// A thousand small text messages of both sides.
fn small() -> Traffic {
    let mut traffic = Traffic::upgraded("");
    for number in 0..1000 {
        let from = if number % 2 == 0 { Peer::Client } else { Peer::Server };
        traffic.frame(from, TEXT, &text(number, 20 + number % 40));
    }
    traffic
}

fn packets(traffic: &Traffic) -> Vec<Packet<'_>> {
    let packets = traffic.packets.iter().map(|bytes| Packet {
        stamp: Stamp::default(),
        link: LinkType(1),
        wire_length: u32::try_from(bytes.len()).unwrap(),
        bytes,
    });
    packets.collect()
}

/// Packets out of a file.
#[divan::bench]
fn capture(bencher: Bencher<'_, '_>) {
    let traffic = small();
    let file = traffic.pcap();
    bencher.counter(ItemsCount::new(traffic.packets.len())).bench_local(|| {
        let mut reader = Reader::new(file.as_slice(), FileId(0));
        let mut packets = 0;
        while reader.next().unwrap().is_some() {
            packets += 1;
        }
        packets
    });
}

/// Packets to segments.
#[divan::bench]
fn decode(bencher: Bencher<'_, '_>) {
    let traffic = small();
    let packets = packets(&traffic);
    let mut net = Net::new(&Limits::default());
    bencher.counter(ItemsCount::new(packets.len())).bench_local(|| {
        for packet in &packets {
            net.push(packet, &mut |decoded| {
                black_box(decoded);
            });
        }
    });
}

/// Packets to bytes in order, decoding included: as they come, and every eighth one place late.
#[divan::bench(args = [false, true])]
fn reassembly(bencher: Bencher<'_, '_>, swapped: bool) {
    let traffic = small();
    let mut packets = packets(&traffic);
    if swapped {
        packets.chunks_exact_mut(8).for_each(|eight| eight.swap(6, 7));
    }
    bencher.counter(ItemsCount::new(packets.len())).bench_local(|| {
        let mut net = Net::new(&Limits::default());
        let mut table = ConnectionTable::new(&Limits::default(), &[]);
        let mut bytes = 0;
        for packet in &packets {
            net.push(packet, &mut |decoded| {
                let Decoded::Segment(segment) = decoded else { return };
                table.push(segment, &mut |_, _, event| {
                    if let ConnectionEvent::Stream { event: StreamEvent::Data(chunk), .. } = event {
                        bytes += chunk.bytes.len();
                    }
                });
            });
        }
        bytes
    });
}

/// Frame headers of every form.
#[divan::bench]
fn header(bencher: Bencher<'_, '_>) {
    let headers: Vec<Vec<u8>> = [5, 200, 70_000]
        .iter()
        .flat_map(|length| Peer::BOTH.map(|from| frame(from, BINARY, &vec![0; *length])))
        .collect();
    bencher.counter(ItemsCount::new(headers.len())).bench_local(|| {
        for header in &headers {
            black_box(FrameHeader::parse(black_box(header)));
        }
    });
}

/// Messages of 64 KiB through a session that keeps `keep` bytes of each.
fn messages(bencher: Bencher<'_, '_>, extensions: &str, keep: u64, from: Peer, first: u8, payload: &[u8]) {
    const INFLATED: usize = 64 << 10;
    let websocket = ws::Options { keep, ..ws::Options::default() };
    let mut layers = Layers::new(Options { websocket, ..Options::default() });
    let mut push = |from, bytes: &[u8]| {
        let chunk = Chunk::plain(bytes, Stamp::default(), 0);
        layers.push(from, StreamEvent::Data(chunk), &mut |event| {
            black_box(&event);
        });
    };
    let [request, answer] = upgrade(extensions);
    push(Peer::Client, request.as_bytes());
    push(Peer::Server, answer.as_bytes());
    let message = frame(from, first, payload);
    bencher.counter(BytesCount::new(INFLATED)).bench_local(|| {
        for segment in message.chunks(1448) {
            push(from, segment);
        }
    });
}

/// Payload that is unmasked and kept.
#[divan::bench]
fn unmask(bencher: Bencher<'_, '_>) {
    messages(bencher, "", u64::MAX, Peer::Client, BINARY, &text(0, 64 << 10));
}

/// Text that nobody masked: whether it is UTF-8, plain ASCII and not.
#[divan::bench(args = ["plain ", "größer κόσμε "])]
fn utf8(bencher: Bencher<'_, '_>, words: &str) {
    let text = words.repeat((64 << 10) / words.len());
    messages(bencher, "", 0, Peer::Server, TEXT, text.as_bytes());
}

/// Text that is compressed.
#[divan::bench]
fn inflate(bencher: Bencher<'_, '_>) {
    let mut compress = Compress::new(Compression::default(), false);
    let mut deflated = Vec::with_capacity(64 << 10);
    compress.compress_vec(&text(0, 64 << 10), &mut deflated, FlushCompress::Sync).unwrap();
    deflated.truncate(deflated.len() - 4);
    let extension = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    messages(bencher, extension, 0, Peer::Server, COMPRESSED_TEXT, &deflated);
}

/// The whole core, and its outputs as JSON lines.
#[divan::bench(args = [false, true])]
fn analysis(bencher: Bencher<'_, '_>, json: bool) {
    let traffic = small();
    let packets = packets(&traffic);
    bencher.counter(ItemsCount::new(packets.len())).bench_local(|| {
        let mut analyzer = Analyzer::new(Config::default());
        let mut sink = JsonLines::new(io::sink(), Payload::None, InputNames::default());
        for packet in &packets {
            analyzer.push(packet, &mut |output| {
                if json {
                    sink.output(output).unwrap();
                }
            });
        }
    });
}
