//! Packets and the capture files made of them.

use std::fs::File;
use std::path::Path;
use wsight::capture::{Reader, Source};
use wsight::model::{Captured, FileId, LinkType, Packet, PacketNumber, Stamp, Timestamp};

/// The most bytes a packet may have in these files.
const SNAPLEN: u32 = 262_144;

/// One captured packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedPacket {
    /// When, in nanoseconds since 1970.
    pub time_ns: i64,
    /// How many bytes it had on the wire.
    pub wire_length: u32,
    /// What its bytes begin with; always Ethernet.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}

impl OwnedPacket {
    /// The packets of a file.
    pub fn all_of(path: &Path) -> Vec<Self> {
        let mut reader = Reader::new(File::open(path).unwrap(), FileId(0));
        let mut packets = Vec::new();
        while let Some(captured) = reader.next().unwrap() {
            if let Captured::Packet(packet) = captured {
                packets.push(Self {
                    time_ns: packet.stamp.time.as_nanos(),
                    wire_length: packet.wire_length,
                    link: packet.link,
                    bytes: packet.bytes.to_vec(),
                });
            }
        }
        packets
    }

    /// The same as the library takes it, as packet `number` of its first input, at `offset` in it.
    pub fn borrowed(&self, number: u64, offset: u64) -> Packet<'_> {
        Packet {
            stamp: Stamp {
                file: FileId(0),
                packet: PacketNumber(number),
                time: Timestamp::from_nanos(self.time_ns),
                offset,
            },
            link: self.link,
            wire_length: self.wire_length,
            bytes: &self.bytes,
        }
    }

    fn captured_length(&self) -> u32 {
        u32::try_from(self.bytes.len()).expect("a packet is small")
    }
}

/// A little-endian pcap file with nanoseconds (draft-ietf-opsawg-pcap).
pub fn pcap(packets: &[OwnedPacket]) -> Vec<u8> {
    let mut file = Vec::new();
    words(&mut file, &[0xa1b2_3c4d, 0x0004_0002, 0, 0, SNAPLEN, 1]);
    for packet in packets {
        let seconds = packet.time_ns.div_euclid(1_000_000_000);
        let nanos = packet.time_ns.rem_euclid(1_000_000_000);
        let fit = |value: i64| u32::try_from(value).expect("times lie between 1970 and 2106");
        words(&mut file, &[fit(seconds), fit(nanos), packet.captured_length(), packet.wire_length]);
        file.extend(&packet.bytes);
    }
    file
}

/// A little-endian pcapng file of one interface that says how many packets it `dropped`
/// (draft-ietf-opsawg-pcapng §4).
pub fn pcapng(packets: &[OwnedPacket], dropped: Option<u64>) -> Vec<u8> {
    let mut file = Vec::new();
    // Section header: byte-order magic, version 1.0, length of the section not given.
    block(&mut file, 0x0a0d_0d0a, &[0x1a2b_3c4d, 1, u32::MAX, u32::MAX], &[]);
    // Interface: Ethernet, and times in units of 10^-9 s (option 9).
    block(&mut file, 1, &[1, SNAPLEN, 0x0001_0009, 9, 0], &[]);
    let mut time = 0;
    for packet in packets {
        time = packet.time_ns.unsigned_abs();
        let fields = [0, high(time), low(time), packet.captured_length(), packet.wire_length];
        block(&mut file, 6, &fields, &packet.bytes);
    }
    if let Some(dropped) = dropped {
        // Interface statistics: packets dropped by the interface (option 5, 8 bytes).
        let fields = [0, high(time), low(time), 0x0008_0005, low(dropped), high(dropped), 0];
        block(&mut file, 5, &fields, &[]);
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u32, fields: &[u32], data: &[u8]) {
    let padded = data.len().next_multiple_of(4);
    let length = u32::try_from(12 + 4 * fields.len() + padded).expect("a block is small");
    words(file, &[kind, length]);
    words(file, fields);
    file.extend(data);
    file.extend(vec![0; padded - data.len()]);
    words(file, &[length]);
}

fn words(file: &mut Vec<u8>, words: &[u32]) {
    file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(value: u64) -> u32 {
    value as u32
}
