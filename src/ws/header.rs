//! The header of a frame (RFC 6455 §5.2).

use super::Opcode;

/// How a frame's length is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LengthForm {
    /// In seven bits: 0 to 125.
    Bits7,
    /// In 16 bits after 126.
    Bits16,
    /// In 64 bits after 127.
    Bits64,
}

/// A whole frame header, valid or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The last frame of its message.
    pub fin: bool,
    /// RSV1, RSV2 and RSV3 as a number: RSV1 is 4.
    pub rsv: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// The declared payload length in bytes, all 64 bits of it.
    pub length: u64,
    /// How it was written.
    pub form: LengthForm,
}

impl FrameHeader {
    /// The longest header in bytes.
    pub const MAX_SIZE: usize = 14;

    /// RSV1, the bit that permessage-deflate uses (RFC 7692 §6), in [`rsv`](Self::rsv).
    pub const RSV1: u8 = 4;

    /// Parses the header that `bytes` begin with; `None` while it is incomplete.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
        let (length, form, rest) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), LengthForm::Bits16, rest)
            }
            127 => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), LengthForm::Bits64, rest)
            }
            length => (u64::from(length), LengthForm::Bits7, rest),
        };
        let mask = if second & 0x80 == 0 { None } else { Some(*rest.first_chunk()?) };
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, Opcode::from_bits(first));
        Some(Self { fin, rsv, opcode, mask, length, form })
    }

    /// Its size on the wire in bytes: 2 to 14.
    pub const fn size(&self) -> usize {
        let length = match self.form {
            LengthForm::Bits7 => 0,
            LengthForm::Bits16 => 2,
            LengthForm::Bits64 => 8,
        };
        2 + length + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Whether the length is written as RFC 6455 §5.2 wants: "the minimal number of bytes MUST be used".
    pub const fn is_minimal(&self) -> bool {
        match self.form {
            LengthForm::Bits7 => true,
            LengthForm::Bits16 => self.length > 125,
            LengthForm::Bits64 => self.length > 0xffff,
        }
    }

    /// Takes off the length what it is too large by, in the form that the right one has. `None` if it is not as large.
    pub(super) fn correct(&mut self, by: i8) -> Option<()> {
        if by != 0 {
            self.length = self.length.checked_add_signed(-i64::from(by))?;
            if self.form == LengthForm::Bits16 && self.length <= 125 {
                self.form = LengthForm::Bits7;
            }
        }
        Some(())
    }

    /// Whether the length's most significant bit is set, which "MUST be 0".
    pub const fn is_length_invalid(&self) -> bool {
        self.length >> 63 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> FrameHeader {
        for short in 0..bytes.len() {
            assert_eq!(FrameHeader::parse(&bytes[..short]), None, "{short} of {} bytes", bytes.len());
        }
        let header = FrameHeader::parse(bytes).unwrap();
        assert_eq!(header.size(), bytes.len());
        header
    }

    #[test]
    fn the_rfc_examples() {
        // RFC 6455 §5.7.
        let ping = header(&[0x89, 0x05]);
        assert_eq!((ping.fin, ping.opcode, ping.length, ping.mask), (true, Opcode::Ping, 5, None));
        let first = header(&[0x01, 0x03]);
        assert_eq!((first.fin, first.opcode), (false, Opcode::Text));
        assert_eq!(header(&[0x82, 0x7e, 0x01, 0x00]).length, 256);
        assert_eq!(header(&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]).length, 65536);
        assert_eq!(header(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]).mask, Some([0x37, 0xfa, 0x21, 0x3d]));
    }

    #[test]
    fn lengths_keep_all_64_bits() {
        let header = header(&[0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 5]);
        assert_eq!(header.length, (1 << 32) + 5);
        assert!(header.is_minimal() && !header.is_length_invalid());
        assert!(!FrameHeader::parse(&[0x82, 0x7e, 0, 125]).unwrap().is_minimal());
        assert!(FrameHeader::parse(&[0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0]).unwrap().is_length_invalid());
    }
}
