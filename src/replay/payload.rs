//! What a frame carried.

use super::carriers::Carried;
use crate::ws::{Frame, FrameHeader, LengthForm};

/// A frame's bytes, as far as the capture holds them without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramePayload {
    /// Its header, as on the wire: 2 to 14 bytes.
    pub header: Vec<u8>,
    /// Its payload, as on the wire: masked if it was.
    pub wire: Vec<u8>,
    /// Its payload, unmasked.
    pub plain: Vec<u8>,
    /// Where what carried its last byte (inside TLS the record) ends in the sender's TCP stream.
    pub extent_end: u64,
    /// The DATA frames that carried it over HTTP/2.
    pub carried: Carried,
}

impl FramePayload {
    /// Of a frame of which all payload that is there was kept.
    pub(super) fn new(frame: &Frame<'_>, carried: Carried) -> Self {
        let plain = frame.payload.to_vec();
        let wire = match frame.header.mask {
            None => plain.clone(),
            Some(key) => plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        };
        Self { header: header_bytes(&frame.header), wire, plain, extent_end: frame.extent_end, carried }
    }

    /// Bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        self.header.capacity()
            + self.wire.capacity()
            + self.plain.capacity()
            + size_of_val(self.carried.first.as_slice())
            + size_of::<Self>()
    }
}

/// A header as it was on the wire (RFC 6455 §5.2).
pub fn header_bytes(header: &FrameHeader) -> Vec<u8> {
    let first = u8::from(header.fin) << 7 | header.rsv << 4 | header.opcode.bits();
    let masked = u8::from(header.mask.is_some()) << 7;
    let length = header.length.to_be_bytes();
    let [.., high, low] = length;
    let mut bytes = Vec::with_capacity(FrameHeader::MAX_SIZE);
    match header.form {
        LengthForm::Bits7 => bytes.extend([first, masked | low]),
        LengthForm::Bits16 => bytes.extend([first, masked | 0x7e, high, low]),
        LengthForm::Bits64 => {
            bytes.extend([first, masked | 0x7f]);
            bytes.extend(length);
        }
    }
    bytes.extend(header.mask.iter().flatten());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_written_as_it_was_read() {
        let headers: [&[u8]; 5] = [
            &[0x89, 0x05],
            &[0x41, 0x85, 0x37, 0xfa, 0x21, 0x3d],
            &[0x82, 0x7e, 0x00, 0x05],
            &[0x72, 0x7f, 0, 0, 0, 1, 0, 0, 0, 5],
            &[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4],
        ];
        for bytes in headers {
            assert_eq!(header_bytes(&FrameHeader::parse(bytes).unwrap()), bytes);
        }
    }
}
