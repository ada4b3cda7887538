//! The Huffman code of strings in heads (RFC 7541 §5.2, Appendix B).
//!
//! The code is canonical: symbols of one length have consecutive codes in the order of their values, and longer codes
//! follow shorter ones. So the lengths are everything there is to know.

/// Bits of the code of each byte.
#[rustfmt::skip]
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

/// Bits of the longest code.
const LONGEST: usize = 30;

/// Codes of one length.
#[derive(Clone, Copy)]
struct Length {
    /// The first of them.
    first: u32,
    /// How many there are.
    count: u32,
    /// Where in the list of symbols theirs begin.
    symbols: u32,
}

/// The codes by their length in bits. The sign for the end of a string, thirty ones, is none of them.
const CODES: [Length; LONGEST + 1] = codes();

/// The symbols in the order of their codes.
const SYMBOLS: [u8; 256] = symbols();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const fn codes() -> [Length; LONGEST + 1] {
    let mut codes = [Length { first: 0, count: 0, symbols: 0 }; LONGEST + 1];
    let mut symbol = 0;
    while symbol < LENGTHS.len() {
        codes[LENGTHS[symbol] as usize].count += 1;
        symbol += 1;
    }
    let mut bits = 1;
    while bits <= LONGEST {
        let before = codes[bits - 1];
        codes[bits].first = (before.first + before.count) << 1;
        codes[bits].symbols = before.symbols + before.count;
        bits += 1;
    }
    codes
}

#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
const fn symbols() -> [u8; 256] {
    let mut symbols = [0; 256];
    let (mut bits, mut next) = (1, 0);
    while bits <= LONGEST {
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == bits {
                symbols[next] = symbol as u8;
                next += 1;
            }
            symbol += 1;
        }
        bits += 1;
    }
    symbols
}

/// Bits of a byte's code.
#[cfg(any(feature = "report", test))]
pub(crate) fn code_length(byte: u8) -> usize {
    LENGTHS.get(usize::from(byte)).copied().map_or(0, usize::from)
}

/// The string in this code.
#[cfg(any(feature = "report", test))]
pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::with_capacity(bytes.len());
    let (mut held, mut count) = (0u64, 0usize);
    for byte in bytes {
        let (code, bits) = code(*byte);
        held = held << bits | u64::from(code);
        count += bits;
        while count >= 8 {
            count -= 8;
            coded.extend((held >> count).to_be_bytes().last());
        }
    }
    if count > 0 {
        // The rest of the last byte is the beginning of the sign for the end.
        coded.extend((held << (8 - count) | (0xff >> count)).to_be_bytes().last());
    }
    coded
}

/// The code of a byte, and how many bits it has.
#[cfg(any(feature = "report", test))]
fn code(byte: u8) -> (u32, usize) {
    let bits = code_length(byte);
    let is_earlier = |other: &&u8| **other < byte && code_length(**other) == bits;
    let first = CODES.get(bits).map_or(0, |length| length.first);
    let before = SYMBOLS.iter().filter(is_earlier).count();
    (first + u32::try_from(before).unwrap_or(0), bits)
}

/// Decodes a string; `None` if it is none in this code.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    // The shortest codes have five bits.
    let mut decoded = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut code, mut bits) = (0u32, 0usize);
    for byte in bytes {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(byte >> shift & 1);
            bits += 1;
            let length = CODES.get(bits)?;
            if let Some(place) = code.checked_sub(length.first).filter(|place| *place < length.count) {
                decoded.push(*SYMBOLS.get((length.symbols + place) as usize)?);
                (code, bits) = (0, 0);
            }
        }
    }
    // What fills the last byte is the beginning of the sign for the end: at most seven ones.
    (bits < 8 && code == (1 << bits) - 1).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        // RFC 7541 Appendix C.4 and C.6.
        let decode = |hex: &str| decode(&hex::decode(hex).unwrap()).map(|s| String::from_utf8(s).unwrap());
        assert_eq!(decode("f1e3c2e5f23a6ba0ab90f4ff").unwrap(), "www.example.com");
        assert_eq!(decode("a8eb10649cbf").unwrap(), "no-cache");
        assert_eq!(
            decode("d07abe941054d444a8200595040b8166e082a62d1bff").unwrap(),
            "Mon, 21 Oct 2013 20:13:21 GMT"
        );
    }

    #[test]
    fn every_byte_has_its_code() {
        let all: Vec<u8> = (0..=255).collect();
        for length in 0..=all.len() {
            let (bytes, _) = all.split_at(length);
            let coded = encode(bytes);
            assert_eq!(coded.len(), bytes.iter().map(|byte| code_length(*byte)).sum::<usize>().div_ceil(8));
            assert_eq!(decode(&coded).unwrap(), bytes);
        }
    }

    #[test]
    fn what_fills_the_last_byte_is_ones_and_less_than_a_byte() {
        assert_eq!(decode(&[0b0000_0111]).unwrap(), b"0");
        assert_eq!(decode(&[0b0000_0110]), None);
        assert_eq!(decode(&[0b0000_0111, 0xff]), None);
        assert_eq!(decode(&[0xff; 4]), None);
        assert_eq!(decode(&[]).unwrap(), b"");
    }
}
