//! Reading the vectors of the TLS presentation language (RFC 8446 §3) off a slice.

/// What is left to read. Whatever is not there is `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteReader<'a>(pub(super) &'a [u8]);

impl<'a> ByteReader<'a> {
    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        let (first, tail) = self.0.split_first()?;
        self.0 = tail;
        Some(*first)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(u16::from_be_bytes(*head))
    }

    /// A vector with a length of one byte.
    pub(super) fn vector8(&mut self) -> Option<ByteReader<'a>> {
        let length = self.u8()?;
        self.take(usize::from(length)).map(ByteReader)
    }

    /// A vector with a length of two bytes.
    pub(super) fn vector16(&mut self) -> Option<ByteReader<'a>> {
        let length = self.u16()?;
        self.take(usize::from(length)).map(ByteReader)
    }
}
