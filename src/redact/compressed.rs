//! What takes the place of compressed messages: as many bytes, which inflate to as many letters as there is room for.

use crate::ws::{DeflateFlaw, Inflation};
use flate2::{Compress, Compression, FlushCompress};

/// DEFLATE data of this length, in which the same is wrong. It needs nothing of earlier messages (RFC 1951 §3.2.6), unless that is
/// what is wrong.
///
/// Of a message that grows beyond the limit of so many bytes, another one does.
pub(super) fn deflated(
    length: usize,
    inflation: Inflation,
    flaw: Option<DeflateFlaw>,
    limit: u64,
) -> Vec<u8> {
    const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
    // What earlier messages would make of it cannot be made of others: it does not inflate, and the reason is missing as before.
    if matches!(inflation, Inflation::Failed | Inflation::NoContext) {
        // A block of the type that there is not.
        return vec![0x07; length];
    }
    if inflation == Inflation::TooLarge {
        return bomb(length, limit);
    }
    match flaw {
        Some(DeflateFlaw::TailKept) if length > TAIL.len() => {
            let mut data = letters(length - TAIL.len(), Ending::Flushed);
            data.extend(TAIL);
            data
        }
        Some(DeflateFlaw::Unfinished) => letters(length, Ending::Open),
        Some(DeflateFlaw::LastBlock) => letters(length, Ending::Last),
        Some(DeflateFlaw::Window) => reaching(length, 1 + runs(length, limit) * RUN),
        Some(DeflateFlaw::Context) => reaching(length, 0),
        Some(DeflateFlaw::TailKept | DeflateFlaw::Empty) | None => letters(length, Ending::Flushed),
    }
}

/// What inflates to more than `limit` bytes, if that much fits.
fn bomb(length: usize, limit: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(length);
    let mut compress = Compress::new(Compression::best(), false);
    let letters = [b'x'; 1 << 14];
    let mut is_over = false;
    while !is_over && out.len() < length {
        is_over = compress.total_in() > limit;
        // To memory that is there.
        out.reserve(1 << 14);
        let flush = if is_over { FlushCompress::Sync } else { FlushCompress::None };
        if compress.compress_vec(&letters, &mut out, flush).is_err() {
            break;
        }
    }
    // The limit is passed by then.
    out.resize(length, 0);
    out
}

/// How a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// With an empty block behind it, of which the last four bytes are left out (RFC 7692 §7.2.1).
    Flushed,
    /// It says that it is the last one.
    Last,
    /// It does not.
    Open,
}

/// A block with fixed codes, in which as many letters stand as fit.
fn letters(length: usize, ending: Ending) -> Vec<u8> {
    // An empty block by itself.
    if length < 2 {
        return vec![0; length];
    }
    let mut bits = BitWriter::default();
    bits.push(u32::from(ending == Ending::Last), 1);
    bits.push(1, 2);
    let count = if ending == Ending::Open { length } else { length - 2 };
    for _ in 0..count {
        bits.code(LETTER, 8);
    }
    // The end of the block has seven bits, all zero, and the empty block three.
    bits.bytes.push(bits.held);
    bits.bytes.resize(length, 0);
    bits.bytes
}

/// Bytes that the longest reference stands for, and the bits it takes if it is to the byte in front of it.
const RUN: usize = 258;
const RUN_BITS: usize = 13;

/// How many of these there may be in front of a reference to all that they stand for, which goes back 32,768 bytes at most.
fn runs(length: usize, limit: u64) -> usize {
    // The beginning and the end of the block, a letter, and the reference.
    const REST_BITS: usize = 3 + 10 + 8 + 7 + 18;
    let most = usize::try_from(limit).unwrap_or(usize::MAX).min(1 << 15);
    ((length * 8).saturating_sub(REST_BITS) / RUN_BITS).min(most.saturating_sub(1) / RUN)
}

/// A block that refers as far back as so many letters reach with which it begins; without any, to an earlier message.
fn reaching(length: usize, behind: usize) -> Vec<u8> {
    const END_BITS: usize = 10;
    let mut bits = BitWriter::default();
    bits.push(1 << 1, 3);
    if behind > 0 {
        bits.code(LETTER, 8);
        for _ in 0..behind / RUN {
            bits.code(0b1100_0101, 8);
            bits.distance(1);
        }
    }
    // Three bytes.
    bits.code(1, 7);
    bits.distance(behind.max(1));
    while bits.bytes.len() * 8 + bits.count as usize + 8 + END_BITS <= length * 8 {
        bits.code(LETTER, 8);
    }
    bits.bytes.push(bits.held);
    bits.bytes.resize(length, 0);
    bits.bytes
}

/// The fixed code of `x`, which is 0x78 (RFC 1951 §3.2.6).
const LETTER: u32 = 0x30 + 0x78;

/// Bits, the least significant first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    held: u8,
    count: u32,
}

impl BitWriter {
    /// A Huffman code: the most significant bit first.
    fn code(&mut self, value: u32, bits: u32) {
        self.push(value.reverse_bits() >> (32 - bits), bits);
    }

    /// The code of a distance, from 1 to 32,768, and the bits behind it (RFC 1951 §3.2.5).
    fn distance(&mut self, distance: usize) {
        let back = u32::try_from(distance).unwrap_or(u32::MAX).saturating_sub(1);
        let Some(extra) = back.checked_ilog2().and_then(|bits| bits.checked_sub(1)) else {
            return self.code(back, 5);
        };
        self.code(2 * (extra + 1) + (back >> extra & 1), 5);
        self.push(back & ((1 << extra) - 1), extra);
    }

    fn push(&mut self, value: u32, bits: u32) {
        for bit in 0..bits {
            let is_set = value >> bit & 1 == 1;
            self.held |= u8::from(is_set) << self.count;
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.held);
                (self.held, self.count) = (0, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::inflate_beginning;
    use flate2::{Decompress, FlushDecompress};

    #[test]
    fn what_reached_too_far_back_still_does() {
        for length in 8..400 {
            let behind = 1 + runs(length, 1 << 20) * RUN;
            let mut data = deflated(length, Inflation::Whole, Some(DeflateFlaw::Window), 1 << 20);
            assert_eq!(data.len(), length);
            data.extend([0, 0, 0xff, 0xff]);
            let mut out = Vec::with_capacity(1 << 16);
            let mut inflater = Decompress::new(false);
            inflater.decompress_vec(&data, &mut out, FlushDecompress::Sync).unwrap();
            assert_eq!(inflater.total_in(), data.len() as u64, "{length}");
            assert!(out.len() >= behind + 3 && out.iter().all(|letter| *letter == b'x'), "{length}");
        }
        assert_eq!(runs(400, 1 << 20), 127);
        // Nothing is in front of it.
        let alone = deflated(9, Inflation::Whole, Some(DeflateFlaw::Context), 1 << 20);
        assert!(inflate_beginning(&alone).is_empty());
    }

    #[test]
    fn what_is_left_of_a_message_inflates_to_letters() {
        for length in 1..200 {
            let mut data = deflated(length, Inflation::Whole, None, 1 << 20);
            assert_eq!(data.len(), length);
            data.extend([0, 0, 0xff, 0xff]);
            let mut out = Vec::with_capacity(1 << 12);
            let mut inflater = Decompress::new(false);
            inflater.decompress_vec(&data, &mut out, FlushDecompress::Sync).unwrap();
            assert_eq!(out, vec![b'x'; length.saturating_sub(2)], "{length}");
            assert_eq!(inflater.total_in(), data.len() as u64, "{length}");
        }
        assert!(inflate_beginning(&deflated(9, Inflation::Failed, None, 1 << 20)).is_empty());
    }
}
