//! Captures to read, and what was read in words that tests can compare.

use crate::capture::{Reader, Source};
use crate::model::{Captured, FileId};
use std::io::{self, Cursor, Read};

/// Numbers in either byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    pub(super) fn short(self, value: u16) -> [u8; 2] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub(super) fn word(self, value: u32) -> [u8; 4] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub(super) fn long(self, value: u64) -> [u8; 8] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub(super) fn words(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|&value| self.word(value)).collect()
    }
}

/// A pcap file header.
pub(super) fn pcap_header(endian: Endian, magic: u32, snaplen: u32, link: u32) -> Vec<u8> {
    [&endian.word(magic)[..], &endian.short(2), &endian.short(4), &endian.words(&[0, 0, snaplen, link])]
        .concat()
}

/// A little-endian microsecond pcap of Ethernet packets, one a second from second 1 on.
pub(super) fn pcap(packets: &[&[u8]]) -> Vec<u8> {
    let mut file = pcap_header(Endian::Little, 0xa1b2_c3d4, 65_535, 1);
    for (second, bytes) in (1..).zip(packets) {
        let length = u32::try_from(bytes.len()).unwrap();
        file.extend(Endian::Little.words(&[second, 0, length, length]));
        file.extend_from_slice(bytes);
    }
    file
}

/// A pcapng block with its two lengths.
pub(super) fn block(endian: Endian, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = u32::try_from(padded + 12).unwrap();
    let mut block = endian.words(&[kind, length]);
    block.extend_from_slice(body);
    block.resize(8 + padded, 0);
    block.extend(endian.word(length));
    block
}

/// An option, padded.
pub(super) fn option(endian: Endian, code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let mut option = [endian.short(code), endian.short(length)].concat();
    option.extend_from_slice(value);
    option.resize(4 + value.len().next_multiple_of(4), 0);
    option
}

/// A section header block.
pub(super) fn section(endian: Endian) -> Vec<u8> {
    let version = [endian.short(1), endian.short(0)].concat();
    block(endian, 0x0a0d_0d0a, &[&endian.word(0x1a2b_3c4d)[..], &version, &[0xff; 8]].concat())
}

/// An interface description block.
pub(super) fn interface(endian: Endian, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
    let link = [endian.short(link), endian.short(0)].concat();
    block(endian, 1, &[&link[..], &endian.word(snaplen), options].concat())
}

/// An enhanced packet block.
pub(super) fn enhanced(endian: Endian, interface: u32, ticks: u64, bytes: &[u8], options: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
    let mut body = endian.words(&[interface, high, low, length, length + 100]);
    body.extend_from_slice(bytes);
    body.resize(20 + bytes.len().next_multiple_of(4), 0);
    body.extend_from_slice(options);
    block(endian, 6, &body)
}

/// Everything a source gives, one line each, the error last:
/// `number@nanoseconds link/wire_length offset:bytes`, `drops N on NAME after NUMBER`, `clock nanoseconds`,
/// `secrets TEXT after NUMBER`.
pub(super) fn told(source: &mut impl Source) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        lines.push(match source.next() {
            Ok(None) => return lines,
            Ok(Some(Captured::Packet(packet))) => {
                let (stamp, link) = (packet.stamp, packet.link.0);
                let (time, bytes) = (stamp.time.as_nanos(), packet.bytes.escape_ascii());
                let (file, number, offset) = (stamp.file, stamp.packet, stamp.offset);
                let file = if file == FileId(0) { String::new() } else { format!("file {file}: ") };
                format!("{file}{number}@{time} {link}/{} {offset}:{bytes}", packet.wire_length)
            }
            Ok(Some(Captured::Drops(drops))) => {
                let name = drops.interface.unwrap_or_default();
                format!("drops {} on {name:?} after {}", drops.dropped, drops.stamp.packet)
            }
            Ok(Some(Captured::Clock(now))) => format!("clock {}", now.as_nanos()),
            Ok(Some(Captured::Secrets(secrets))) => {
                format!("secrets {} after {}", secrets.log.escape_ascii(), secrets.stamp.packet)
            }
            Ok(Some(Captured::Pause)) => "pause".to_owned(),
            Err(error) => error.to_string(),
        });
    }
}

/// What a capture in memory gives.
pub(super) fn read(bytes: &[u8]) -> Vec<String> {
    let whole = told(&mut Reader::new(bytes, FileId(0)));
    let dripping = told(&mut Reader::new(Drip(bytes), FileId(0)));
    assert_eq!(whole, dripping, "the result depends on how the bytes arrive");
    let input = Cursor::new(bytes.to_vec());
    let ahead = told(&mut Reader::ahead(input, FileId(0), "capture".to_owned()).unwrap());
    assert_eq!(whole, ahead, "the result depends on which thread reads");
    whole
}

/// The last thing a capture gives: where there is an error, its message.
pub(super) fn last(bytes: &[u8]) -> String {
    read(bytes).pop().unwrap_or_default()
}

/// Gives one byte at a time, as a slow pipe does.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let step = out.len().min(1);
        self.0.read(&mut out[..step])
    }
}
