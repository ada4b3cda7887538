//! A length in two bytes that its sender left out, so that the first bytes of the payload are taken for it (RFC 6455 §5.2).

use crate::ws::{Frame, FrameEnd, FrameHeader, LengthForm, Opcode};

/// That a frame may have been sent to its end: a payload of 126 bytes, the first two of which were taken for its length.
pub(super) fn left_out_length(frame: &Frame<'_>) -> Option<&'static str> {
    /// 126 bytes without those that were taken for the length.
    const REST: u64 = 124;
    let FrameHeader { opcode, mask, rsv, length, form, .. } = frame.header;
    let is_text = opcode == Opcode::Text && mask.is_none() && rsv == 0;
    let is_control = |byte: u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let may_be_payload = !is_text || !length.to_be_bytes().iter().skip(6).any(|byte| is_control(*byte));
    let is_all = frame.received == REST && frame.lost == 0 && !matches!(frame.end, FrameEnd::Lost(_));
    (is_all && may_be_payload && form == LengthForm::Bits16 && opcode.is_data()).then_some(
        "; or it is whole, as 126 bytes came behind the first two: 126 in their seven bits stands for a length in two bytes \
         (RFC 6455 §5.2), which may have been left out",
    )
}
