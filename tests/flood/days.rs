//! Writes weeks of traffic as a pcap to standard output: sessions that open, talk, compress, ping, break rules and close,
//! again and again, shifted in time and ports.
//!
//! `cargo run --release --example days -- 100000000 | wsight -f json --only summary -`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "mod.rs"]
mod flood;

use flood::{Deflater, Flood, Packets, RST, SYN, Talk, frame};
use std::io::{self, BufWriter, Write};
use wsight::model::{Packet, Peer};

/// Capture time between two rounds of sessions, in nanoseconds: with 48 packets a round, 100 million are two weeks.
const ROUND: i64 = 600_000_000;

fn main() -> io::Result<()> {
    let packets: u64 =
        std::env::args().nth(1).and_then(|count| count.parse().ok()).expect("a number of packets");
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 65_535, flood::LINK.0] {
        out.write_all(&word.to_le_bytes())?;
    }
    let mut failed = None;
    let mut write = |packet: &Packet<'_>| {
        let nanos = packet.stamp.time.as_nanos();
        let length = u32::try_from(packet.bytes.len()).unwrap();
        let mut header = [0; 16];
        let words = [
            u32::try_from(nanos / 1_000_000_000).unwrap(),
            u32::try_from(nanos % 1_000_000_000).unwrap(),
            length,
            length,
        ];
        for (place, word) in header.chunks_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        if let Err(error) = out.write_all(&header).and_then(|()| out.write_all(packet.bytes)) {
            failed.get_or_insert(error);
        }
    };
    let mut flood: Packets<'_> = Flood::new(&mut write);
    let compressed: Vec<Vec<u8>> = {
        let mut deflater = Deflater::new();
        (0..4).map(|number| deflater.message(format!("{{\"number\":{number}}}").as_bytes())).collect()
    };
    let mut client = 0;
    while flood.packets < packets {
        round(&mut flood, client, &compressed);
        client = (client + 4) % (1 << 28);
        flood.now += ROUND;
    }
    drop(flood);
    match failed {
        Some(error) => Err(error),
        None => out.flush(),
    }
}

/// One round: a good session, one that compresses, one that breaks rules and is reset, and a scanner.
fn round(flood: &mut Packets<'_>, client: u32, compressed: &[Vec<u8>]) {
    let close = [0x03, 0xe8];
    let mut good = Talk::new(client);
    flood.upgrade(&mut good, "");
    for text in [&b"hello"[..], &[b'x'; 300]] {
        for from in Peer::BOTH {
            flood.send(&mut good, from, &frame(from, 0x81, text));
        }
    }
    flood.send(&mut good, Peer::Server, &frame(Peer::Server, 0x89, b"ping"));
    flood.send(&mut good, Peer::Client, &frame(Peer::Client, 0x8a, b"ping"));
    for from in Peer::BOTH {
        flood.send(&mut good, from, &frame(from, 0x88, &close));
    }
    flood.close(&mut good);
    let mut small = Talk::new(client + 1);
    flood.upgrade(&mut small, "permessage-deflate");
    for message in compressed {
        for from in Peer::BOTH {
            flood.send(&mut small, from, &frame(from, 0xc1, message));
        }
    }
    // It is never closed: an end that the capture does not hold.
    let mut bad = Talk::new(client + 2);
    flood.upgrade(&mut bad, "");
    flood.send(&mut bad, Peer::Client, &[0x81, 0x02, b'n', b'o']);
    flood.send(&mut bad, Peer::Server, &[0x81, 0x7e, 0x00, 0x05, b'h', b'e']);
    let sent = bad.sent[1];
    flood.packet(&bad, Peer::Server, RST, sent, &[]);
    let scanner = Talk::new(client + 3);
    flood.packet(&scanner, Peer::Client, SYN, 0, &[]);
    flood.packet(&scanner, Peer::Server, RST | flood::ACK, 0, &[]);
}
