//! Characters that fill what room a pseudonym leaves: so many, with so many bits in the Huffman code of HTTP/2's heads
//! (RFC 7541 Appendix B).

use crate::http2::code_length;

/// Characters whose codes have 5, 6, 7 and 8 bits.
#[derive(Clone, Copy)]
pub(super) struct Filler([char; 4]);

/// Characters with longer codes, and how long these are. Names and tokens may have them (RFC 9110 §5.6.2), and they divide no
/// URL.
const RARE: [(char, usize); 5] = [('!', 10), ('|', 11), ('~', 13), ('^', 14), ('`', 15)];

impl Filler {
    pub(super) const LOWER: Self = Self(['o', 'n', 'x', 'X']);
    const UPPER: Self = Self(['0', 'A', 'R', 'X']);
    /// In front of a number it does not change what that is.
    pub(super) const ZERO: Self = Self(['0', 'n', 'x', 'X']);

    /// The one that looks most like `text`.
    pub(super) fn like(text: &[u8]) -> Self {
        let is_upper = text.iter().any(u8::is_ascii_uppercase) && !text.iter().any(u8::is_ascii_lowercase);
        if is_upper { Self::UPPER } else { Self::LOWER }
    }

    /// So many characters with so many bits; `None` if there are none.
    pub(super) fn fill(self, count: usize, bits: usize) -> Option<String> {
        self.letters(count, bits).or_else(|| RARE.into_iter().find_map(|rare| self.with(rare, count, bits)))
    }

    /// The same of characters that base64 has (RFC 4648 §4).
    pub(super) fn base64(count: usize, bits: usize) -> Option<String> {
        const LONG: (char, usize) = ('+', 11);
        Self::ZERO.letters(count, bits).or_else(|| Self::ZERO.with(LONG, count, bits))
    }

    /// So many characters with so many bits, among them some that are rare.
    fn with(self, (rare, length): (char, usize), count: usize, bits: usize) -> Option<String> {
        // As few as can be: the letters take the rest with the longest of their codes.
        let many = bits.checked_sub(8 * count)?.div_ceil(length - 8);
        let letters = self.letters(count.checked_sub(many)?, bits.checked_sub(many * length)?)?;
        Some(letters + &String::from(rare).repeat(many))
    }

    /// The same with the four characters alone.
    fn letters(self, count: usize, bits: usize) -> Option<String> {
        if count == 0 {
            return (bits == 0).then(String::new);
        }
        let (length, longer) = (bits / count, bits % count);
        let letter =
            |at| length.checked_sub(5).and_then(|place| self.0.get(place + usize::from(at < longer)));
        (0..count).map(letter).collect()
    }
}

/// Bits of a string in the Huffman code.
pub(super) fn bits_of(text: &[u8]) -> usize {
    text.iter().map(|byte| code_length(*byte)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_characters_and_bits_as_asked_for() {
        for filler in [Filler::LOWER, Filler::UPPER, Filler::ZERO] {
            for count in 0..40 {
                for bits in 0..16 * count {
                    let Some(filled) = filler.fill(count, bits) else {
                        assert!(bits < 5 * count || bits > 8 * count, "{count} with {bits}");
                        continue;
                    };
                    assert_eq!((filled.len(), bits_of(filled.as_bytes())), (count, bits), "{filled}");
                }
            }
        }
    }
}
