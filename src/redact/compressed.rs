//! What takes the place of compressed messages: as many bytes, which inflate to as many letters as there is room for.

use crate::ws::{DeflateFlaw, Inflation};
use flate2::{Compress, Compression, FlushCompress};

/// DEFLATE data of this length, in which the same is wrong. It needs nothing of earlier messages (RFC 1951 §3.2.6).
///
/// Of a message that grows beyond the limit of so many bytes, another one does.
pub(super) fn deflated(
    length: usize,
    inflation: Inflation,
    flaw: Option<DeflateFlaw>,
    limit: u64,
) -> Vec<u8> {
    const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
    if inflation == Inflation::Failed {
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
        Some(DeflateFlaw::TailKept | DeflateFlaw::Empty | DeflateFlaw::Window | DeflateFlaw::Context)
        | None => letters(length, Ending::Flushed),
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
    // Each letter has eight bits, the most significant first.
    let letter = u32::from((0x30 + b'x').reverse_bits());
    let count = if ending == Ending::Open { length } else { length - 2 };
    for _ in 0..count {
        bits.push(letter, 8);
    }
    // The end of the block has seven bits, all zero, and the empty block three.
    bits.bytes.push(bits.held);
    bits.bytes.resize(length, 0);
    bits.bytes
}

/// Bits, the least significant first.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    held: u8,
    count: u32,
}

impl BitWriter {
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
