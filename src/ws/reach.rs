//! How far back compressed data refers: what a decompressor with a smaller window could not follow (RFC 7692 §7.1.2).
//!
//! Only the structure of DEFLATE is read (RFC 1951 §3.2), no byte of its content is put together.

/// The longest code in bits.
const LONGEST: usize = 15;

/// Extra bits of the symbols for lengths, 257 to 285.
const LENGTH_BITS: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

/// The order in which the lengths of codes for lengths of codes stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The longest distance, in bytes, that the blocks in `bytes` refer back; 0 if there is none. The first block begins
/// with the first bit, and what comes after damage is not read.
pub(super) fn farthest(bytes: &[u8]) -> u32 {
    let (mut bits, mut farthest) = (BitReader { bytes, at: 0 }, 0);
    while block(&mut bits, &mut farthest).is_some() {}
    farthest
}

/// Bits, the lowest of each byte first.
struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl BitReader<'_> {
    fn one(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    fn number(&mut self, width: u8) -> Option<u32> {
        (0..width).try_fold(0, |number, place| Some(number | self.one()? << place))
    }
}

/// A Huffman code, by the lengths of its codes.
struct Code {
    /// How many codes there are of each length.
    counts: [u16; LONGEST + 1],
    /// The symbols in the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    fn new(lengths: &[u8]) -> Self {
        let (mut counts, mut symbols) = ([0; LONGEST + 1], Vec::with_capacity(lengths.len()));
        for length in 1..=LONGEST {
            let of_length = |(_, other): &(u16, &u8)| usize::from(**other) == length;
            let before = symbols.len();
            symbols.extend((0..).zip(lengths).filter(of_length).map(|(symbol, _)| symbol));
            if let Some(count) = counts.get_mut(length) {
                *count = u16::try_from(symbols.len() - before).unwrap_or(u16::MAX);
            }
        }
        Self { counts, symbols }
    }

    fn symbol(&self, bits: &mut BitReader<'_>) -> Option<u16> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in self.counts.iter().skip(1).map(|count| u32::from(*count)) {
            code |= bits.one()?;
            if code < first + count {
                return self.symbols.get(usize::try_from(index + code - first).ok()?).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// Reads one block; `None` where it has no end.
fn block(bits: &mut BitReader<'_>, farthest: &mut u32) -> Option<()> {
    bits.one()?;
    match bits.number(2)? {
        0 => {
            bits.at = bits.at.next_multiple_of(8);
            let length = bits.number(16)?;
            bits.number(16)?;
            bits.at += 8 * usize::try_from(length).ok()?;
            Some(())
        }
        1 => {
            let lengths: Vec<u8> = [(8, 144), (9, 112), (7, 24), (8, 8)]
                .into_iter()
                .flat_map(|(length, count)| vec![length; count])
                .collect();
            symbols(&Code::new(&lengths), &Code::new(&[5; 30]), bits, farthest)
        }
        2 => {
            let (literals, distances) = codes(bits)?;
            symbols(&literals, &distances, bits, farthest)
        }
        _ => None,
    }
}

/// Reads the codes of a block that brings its own.
fn codes(bits: &mut BitReader<'_>) -> Option<(Code, Code)> {
    let literals = usize::try_from(bits.number(5)?).ok()? + 257;
    let distances = usize::try_from(bits.number(5)?).ok()? + 1;
    let given = usize::try_from(bits.number(4)?).ok()? + 4;
    let mut of_lengths = [0; 19];
    for place in ORDER.iter().take(given) {
        *of_lengths.get_mut(*place)? = u8::try_from(bits.number(3)?).ok()?;
    }
    let code = Code::new(&of_lengths);
    let mut lengths: Vec<u8> = Vec::with_capacity(literals + distances);
    while lengths.len() < literals + distances {
        let (value, times) = match code.symbol(bits)? {
            16 => (*lengths.last()?, 3 + bits.number(2)?),
            17 => (0, 3 + bits.number(3)?),
            18 => (0, 11 + bits.number(7)?),
            length => (u8::try_from(length).ok()?, 1),
        };
        lengths.extend((0..times).map(|_| value));
    }
    let (of_literals, rest) = lengths.split_at_checked(literals)?;
    Some((Code::new(of_literals), Code::new(rest)))
}

/// Reads symbols up to the end of a block.
fn symbols(literals: &Code, distances: &Code, bits: &mut BitReader<'_>, farthest: &mut u32) -> Option<()> {
    loop {
        match literals.symbol(bits)? {
            0..=255 => {}
            256 => return Some(()),
            length => {
                bits.number(*LENGTH_BITS.get(usize::from(length) - 257)?)?;
                let symbol = distances.symbol(bits)?;
                // Two symbols for each number of extra bits, but for the first four (RFC 1951 §3.2.5).
                let extra = u8::try_from(symbol / 2).ok()?.saturating_sub(1);
                let base = if symbol < 4 {
                    u32::from(symbol) + 1
                } else {
                    ((2 + u32::from(symbol % 2)) << extra) + 1
                };
                *farthest = (*farthest).max(base + bits.number(extra)?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::farthest;
    use flate2::{Compress, Compression, FlushCompress};

    /// `text` compressed, and so again after it.
    fn compressed(text: &[u8], level: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * text.len() + 100);
        let mut deflater = Compress::new(Compression::new(level), false);
        deflater.compress_vec(text, &mut bytes, FlushCompress::Sync).unwrap();
        bytes
    }

    #[test]
    fn a_repetition_is_as_far_as_it_is() {
        for between in [10, 700, 5000, 20_000] {
            let text =
                [b"something to repeat".to_vec(), vec![b'-'; between], b"something to repeat".to_vec()];
            let text = text.concat();
            for level in [1, 6, 9] {
                let distance = u32::try_from(between + 19).unwrap();
                assert_eq!(farthest(&compressed(&text, level)), distance, "at level {level}");
            }
        }
    }

    #[test]
    fn codes_of_their_own_are_read() {
        let words = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit"];
        let text: String = (0..4000_usize).map(|n| words[(n * n / 7 + n % 5) % words.len()]).collect();
        let bytes = compressed(text.as_bytes(), 9);
        // The second and third bit say that the block brings its codes.
        assert_eq!(bytes[0] >> 1 & 3, 2);
        assert!((1..=32_768).contains(&farthest(&bytes)));
        assert_eq!(farthest(&compressed(b"nothing twice", 6)), 0);
    }

    #[test]
    fn what_is_no_deflate_is_not_read() {
        assert_eq!(farthest(&[]), 0);
        assert_eq!(farthest(&[0xff; 40]), 0);
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(167) ^ length).collect();
            assert!(farthest(&bytes) <= 32_768);
        }
    }
}
