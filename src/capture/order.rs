//! Byte order: both capture formats are written in the order of the machine that captured.

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// Lowest byte first.
    #[default]
    Little,
    /// Highest byte first.
    Big,
}

impl ByteOrder {
    /// The first `N` 32-bit numbers of `bytes`, if that many are there.
    #[inline]
    pub(super) fn words<const N: usize>(self, bytes: &[u8]) -> Option<[u32; N]> {
        let words = bytes.as_chunks::<4>().0.first_chunk::<N>()?;
        Some(match self {
            Self::Little => words.map(u32::from_le_bytes),
            Self::Big => words.map(u32::from_be_bytes),
        })
    }

    /// The 64-bit number that `bytes` begins with, if it is there.
    pub(super) fn long(self, bytes: &[u8]) -> Option<u64> {
        let long = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u64::from_le_bytes(long),
            Self::Big => u64::from_be_bytes(long),
        })
    }

    /// The 16-bit number that these bytes are.
    pub(super) const fn half(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// The bytes of a 32-bit number.
    pub(super) const fn word(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    /// An option of a block of pcapng, padded. What is longer than the format can say is cut.
    pub(super) fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let value = value.get(..value.len().min(usize::from(u16::MAX) - 3)).unwrap_or_default();
        let length = u16::try_from(value.len()).unwrap_or_default();
        let [code, length] = [code, length].map(|half| match self {
            Self::Little => half.to_le_bytes(),
            Self::Big => half.to_be_bytes(),
        });
        let mut option = [&code[..], &length, value].concat();
        option.resize(option.len().next_multiple_of(4), 0);
        option
    }

    /// The two 16-bit numbers that share a 32-bit number, in file order.
    pub(super) fn halves(self, word: u32) -> [u32; 2] {
        match self {
            Self::Little => [word & 0xffff, word >> 16],
            Self::Big => [word >> 16, word & 0xffff],
        }
    }
}
