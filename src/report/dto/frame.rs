//! Frames and messages.

use super::value::{Base64, Hex, LineContext, Word};
use crate::analyzer::Place;
use crate::model::text_so_far;
use crate::report::sink::Payload;
use crate::report::times::Rfc3339;
use crate::ws::{ClosePayload, Frame, Inflation, Message, MessageKind};
use std::borrow::Cow;

/// A frame; `packet` and `time` are those of its first byte, `last_packet` completes it.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "frame")]
pub(in crate::report) struct FrameLine<'a> {
    session: u64,
    frame: u64,
    from: Word,
    time: Rfc3339<'a>,
    packet: u64,
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    opcode: Word,
    fin: bool,
    rsv: u8,
    masked: bool,
    length: u64,
    received: u64,
    complete: bool,
    /// What was received of a control frame's payload, at most 4096 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_hex: Option<Hex<'a>>,
    /// A Close frame's; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
}

impl<'a> FrameLine<'a> {
    pub(in crate::report) fn new(place: &Place, frame: &'a Frame<'a>, context: &'a LineContext) -> Self {
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Code(code, reason) if frame.header.opcode == crate::ws::Opcode::Close => {
                (Some(code.0), Some(String::from_utf8_lossy(reason)))
            }
            ClosePayload::Empty | ClosePayload::Code(..) | ClosePayload::TooShort(_) => (None, None),
        };
        let shows_payload = frame.header.opcode.is_control() && context.payload != Payload::None;
        Self {
            session: place.session.0,
            frame: frame.number,
            from: Word(frame.from.name()),
            time: context.times.rfc3339(frame.first.time),
            packet: frame.first.packet.0,
            last_packet: frame.last.packet.0,
            file: context.file(frame.first),
            last_file: context.last_file(frame.first, frame.last),
            opcode: Word(frame.header.opcode.name()),
            fin: frame.header.fin,
            rsv: frame.header.rsv,
            masked: frame.header.mask.is_some(),
            length: frame.header.length,
            received: frame.received,
            complete: frame.is_complete(),
            payload_hex: shows_payload.then_some(Hex(frame.payload)),
            code,
            reason,
        }
    }
}

/// A message; `packet` and `time` are those of its first byte, `last_packet` completes it.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "message")]
pub(in crate::report) struct MessageLine<'a> {
    session: u64,
    message: u64,
    from: Word,
    time: Rfc3339<'a>,
    packet: u64,
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    kind: Word,
    /// How many frames it came in.
    frames: u64,
    /// The number of its first frame.
    first_frame: u64,
    wire_length: u64,
    /// Inflated where it was compressed.
    length: u64,
    compressed: bool,
    complete: bool,
    /// Neither `text` nor `data_base64` where the message is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// What is binary, or is not UTF-8 although it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<Base64<'a>>,
    /// There is more of it than is printed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

impl<'a> MessageLine<'a> {
    pub(in crate::report) fn new(place: &Place, message: &'a Message<'a>, context: &'a LineContext) -> Self {
        let shown = message.complete && context.payload != Payload::None;
        let payload = if shown { message.payload } else { &[] };
        let cut = payload.get(..payload.len().min(context.payload.bytes())).unwrap_or_default();
        let text = text_of(message, cut).filter(|_| shown);
        let printed = text.map_or(cut.len(), str::len);
        Self {
            session: place.session.0,
            message: message.number,
            from: Word(message.from.name()),
            time: context.times.rfc3339(message.first.time),
            packet: message.first.packet.0,
            last_packet: message.last.packet.0,
            file: context.file(message.first),
            last_file: context.last_file(message.first, message.last),
            kind: Word(message.kind.name()),
            frames: message.frames,
            first_frame: message.first_frame,
            wire_length: message.wire_length,
            length: message.length,
            compressed: message.inflation != Inflation::None,
            complete: message.complete,
            text,
            data_base64: (shown && text.is_none()).then_some(Base64(cut)),
            truncated: shown && (printed as u64) < message.length,
        }
    }
}

/// The message's beginning as text, cut where a character ends.
fn text_of<'a>(message: &Message<'_>, cut: &'a [u8]) -> Option<&'a str> {
    if message.kind == MessageKind::Binary || message.invalid_utf8.is_some() {
        return None;
    }
    text_so_far(cut)
}
