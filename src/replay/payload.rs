//! What a frame or a message carried.

use super::carriers::Carried;
use crate::ws::{Frame, FrameHeader, LengthForm, Message};

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
    /// Payload bytes behind these that the capture holds as well, but that were not kept: it is longer than the limit
    /// `message-bytes`.
    pub cut: u64,
}

/// A message's bytes, put together and inflated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePayload {
    /// From its first on.
    pub plain: Vec<u8>,
    /// Bytes behind these that were not kept: it is longer than the limit `message-bytes`.
    pub cut: u64,
}

impl MessagePayload {
    /// Of a message that the capture holds whole.
    pub(super) fn new(message: &Message<'_>) -> Self {
        let plain = message.payload.to_vec();
        let cut = message.length.saturating_sub(plain.len() as u64);
        Self { plain, cut }
    }

    /// Bytes of memory it takes.
    pub(super) const fn size(&self) -> usize {
        self.plain.capacity() + size_of::<Self>()
    }
}

impl FramePayload {
    /// Of a frame of which all payload that is there was kept.
    pub(super) fn new(frame: &Frame<'_>, carried: Carried) -> Self {
        let plain = frame.payload.to_vec();
        let wire = match frame.header.mask {
            None => plain.clone(),
            Some(key) => plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect(),
        };
        // Where bytes are missing from the capture, what was kept ends there.
        let is_whole = frame.is_complete();
        let cut = if is_whole { frame.header.length.saturating_sub(plain.len() as u64) } else { 0 };
        Self { header: header_bytes(&frame.header), wire, plain, extent_end: frame.extent_end, carried, cut }
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
