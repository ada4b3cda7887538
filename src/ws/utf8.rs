//! UTF-8 checked over a whole message, whatever frames and segments it comes in (RFC 6455 §5.6, §8.1).

/// Below this `simdutf8` uses no vectors.
const SHORT: usize = 64;

/// The state of the check.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose rest is in the next piece, in this many bytes.
    pending: [u8; 4],
    waiting: u8,
    /// Valid bytes before `pending`.
    valid: u64,
    invalid: bool,
}

impl Utf8 {
    /// Takes the next bytes of the message.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Short ones are mostly ASCII.
        if self.waiting == 0 && !self.invalid && bytes.len() < SHORT && bytes.is_ascii() {
            self.valid += bytes.len() as u64;
        } else {
            self.push_any(bytes);
        }
    }

    fn push_any(&mut self, mut bytes: &[u8]) {
        while !self.invalid && self.waiting > 0 && !bytes.is_empty() {
            let Some((first, rest)) = bytes.split_first() else { return };
            self.wait(&[*first]);
            bytes = rest;
            self.settle_pending();
        }
        if self.invalid || bytes.is_empty() {
            return;
        }
        // A plain yes is what most messages need, and faster than an error that says where.
        if simdutf8::basic::from_utf8(bytes).is_ok() {
            self.valid += bytes.len() as u64;
        } else if let Err(error) = simdutf8::compat::from_utf8(bytes) {
            self.valid += error.valid_up_to() as u64;
            match error.error_len() {
                Some(_) => self.invalid = true,
                None => self.wait(bytes.get(error.valid_up_to()..).unwrap_or_default()),
            }
        }
    }

    /// Adds to the beginning of a character, which is never longer than three bytes before its last one.
    fn wait(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.pending.get_mut(usize::from(self.waiting)) {
                *place = *byte;
                self.waiting += 1;
            }
        }
    }

    fn settle_pending(&mut self) {
        let pending = self.pending.get(..usize::from(self.waiting)).unwrap_or_default();
        match std::str::from_utf8(pending) {
            Ok(_) => {
                self.valid += u64::from(self.waiting);
                self.waiting = 0;
            }
            Err(error) => self.invalid = error.error_len().is_some(),
        }
    }

    /// The message ends: where its first invalid byte is, if there is one, counted from 0.
    pub(super) fn finish(&self) -> Option<u64> {
        (self.invalid || self.waiting > 0).then_some(self.valid)
    }

    /// Whether a byte was found that no UTF-8 has; a character that is not whole is none.
    pub(super) const fn is_invalid(&self) -> bool {
        self.invalid
    }

    /// Ready for the next message.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Option<u64> {
        let expected = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to() as u64);
        for split in 0..=bytes.len() {
            let mut utf8 = Utf8::default();
            utf8.push(&bytes[..split]);
            utf8.push(&bytes[split..]);
            assert_eq!(utf8.finish(), expected, "{bytes:x?} split at {split}");
        }
        let mut utf8 = Utf8::default();
        for byte in bytes {
            utf8.push(&[*byte]);
        }
        assert_eq!(utf8.finish(), expected, "{bytes:x?} byte by byte");
        expected
    }

    #[test]
    fn every_split_gives_the_same_verdict() {
        assert_eq!(check("κόσμε 🦀 plain".as_bytes()), None);
        assert_eq!(check(b"ab\xed\xa0\x80cd"), Some(2)); // a surrogate
        assert_eq!(check(b"abc\xf4\x90\x80\x80"), Some(3)); // above U+10FFFF
        assert_eq!(check(b"abcd\xe2\x82"), Some(4)); // cut inside a character
        assert_eq!(check(b"\x80"), Some(0));
    }
}
