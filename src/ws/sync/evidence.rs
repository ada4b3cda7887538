//! How much bytes look like frames.

use super::super::close::{CloseCode, ClosePayload};
use super::super::header::{FrameHeader, LengthForm};
use super::super::mask::unmask;
use super::super::opcode::Opcode;
use crate::model::{Peer, text_so_far};

/// What may stand in the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Whose stream it is, where that is known: a client masks, a server does not.
    pub(crate) from: Option<Peer>,
    /// Whether RSV1 may be set (a compressed message), as far as that is known.
    pub(crate) rsv1: bool,
}

/// A frame longer than this is not believed without proof.
pub(crate) const PLAUSIBLE_LENGTH: u64 = 16 << 20;
/// Payload bytes looked at: all of them where the length has seven bits.
pub(super) const LOOKED_AT: usize = 128;

/// Whether there is as much of the payload as is looked at.
pub(super) fn is_enough(header: &FrameHeader, bytes: &[u8]) -> bool {
    let wanted =
        if is_read(header) { usize::try_from(header.length).unwrap_or(LOOKED_AT).min(LOOKED_AT) } else { 0 };
    bytes.len() >= header.size() + wanted
}

/// Whether the payload can tell something.
pub(super) fn is_read(header: &FrameHeader) -> bool {
    header.rsv == 0 && !matches!(header.opcode, Opcode::Continuation | Opcode::Ping | Opcode::Pong)
}

/// Whether a frame can follow (RFC 6455 §5.4).
pub(super) const fn may_follow(header: &FrameHeader, fragmented: Option<bool>) -> bool {
    !matches!(
        (header.opcode, fragmented),
        (Opcode::Continuation, Some(false)) | (Opcode::Text | Opcode::Binary, Some(true))
    )
}

/// What one frame is worth, in bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameWeight {
    /// Its header.
    pub(super) head: i32,
    /// What else can be seen at once.
    pub(super) said: i32,
    /// If a segment ends with it.
    pub(super) at_segment_end: i32,
}

impl FrameWeight {
    /// `None` if no endpoint would send it.
    pub(super) fn of(header: &FrameHeader, payload: &[u8], rsv1: bool) -> Option<Self> {
        let compressed =
            header.rsv == FrameHeader::RSV1 && matches!(header.opcode, Opcode::Text | Opcode::Binary);
        let control_fits = !header.opcode.is_control() || (header.fin && header.length <= 125);
        if !header.is_minimal()
            || header.length > PLAUSIBLE_LENGTH
            || !control_fits
            || !(header.rsv == 0 || (compressed && rsv1))
        {
            return None;
        }
        let said = payload_evidence(header, payload)?;
        if is_mqtt_subscribe(header, payload) {
            return Some(Self { head: 0, said: 0, at_segment_end: 0 });
        }
        let is_first = header.opcode != Opcode::Continuation;
        let head = match (header.fin, header.mask) {
            (_, Some(key)) if is_weak(key) => 0,
            // About one byte in twenty can begin a frame, and one of the two mask bits is right.
            (true, _) => 5,
            // Small numbers stand everywhere.
            (false, _) if is_first => 2,
            (false, _) => 0,
        };
        let (long, at_segment_end) = match header.form {
            // A zero byte and a length is how many a protocol frames its messages (DNS, SMB, RTP over TCP), a small
            // number and a length how some do.
            LengthForm::Bits7 if !header.fin && header.mask.is_none() => (0, if is_first { 4 } else { 0 }),
            LengthForm::Bits7 => (0, 7),
            // Five bytes of such a length are zero, but so are five bytes of many other things.
            LengthForm::Bits64 if is_first => (if header.fin { 24 } else { 8 }, 20),
            // That a length of 16 bits is right by chance is as rare as that.
            LengthForm::Bits16 | LengthForm::Bits64 => (0, 20),
        };
        Some(Self { head, said: long + said, at_segment_end })
    }
}

/// Whether a masking key looks like bytes that are often something else: zeros, samples of silence, UTF-8. One in
/// forty random keys does.
fn is_weak(key: [u8; 4]) -> bool {
    let mut halves = key.map(|byte| byte >> 4);
    halves.sort_unstable();
    let changes = halves.iter().zip(halves.iter().skip(1)).filter(|(a, b)| a != b).count();
    changes < 2
}

/// The evidence for frames from the beginning of `bytes` on, a segment's rest; `None` if something contradicts it.
pub(crate) fn evidence(bytes: &[u8], rules: Rules) -> Option<i32> {
    evidence_if_miscounted(bytes, 0, rules)
}

/// The same if each of the frames declares `by` bytes too many, or too few where that is negative.
pub(crate) fn evidence_if_miscounted(bytes: &[u8], by: i8, rules: Rules) -> Option<i32> {
    let (mut rest, mut fragmented, mut sum) = (bytes, None, 0);
    while let Some(mut header) = FrameHeader::parse(rest) {
        let payload = rest.get(header.size()..).unwrap_or_default();
        header.correct(by)?;
        if !fits_side(&header, rules) || !may_follow(&header, fragmented) {
            return None;
        }
        let looked_at = payload.get(..LOOKED_AT.min(payload.len())).unwrap_or_default();
        let evidence = FrameWeight::of(&header, looked_at, rules.rsv1)?;
        sum += evidence.head + evidence.said;
        let Some(behind) = usize::try_from(header.length).ok().and_then(|length| payload.get(length..))
        else {
            break;
        };
        if behind.is_empty() {
            sum += evidence.at_segment_end;
        }
        if !header.opcode.is_control() {
            fragmented = Some(!header.fin);
        }
        rest = behind;
    }
    Some(sum)
}

/// The evidence for the frame that `bytes` begin with, whatever stands behind it; `None` if something contradicts it.
pub(crate) fn frame_evidence(bytes: &[u8], rules: Rules) -> Option<i32> {
    let header = FrameHeader::parse(bytes).filter(|header| fits_side(header, rules))?;
    let payload = bytes.get(header.size()..).unwrap_or_default();
    let looked_at = payload.get(..LOOKED_AT.min(payload.len())).unwrap_or_default();
    FrameWeight::of(&header, looked_at, rules.rsv1).map(|evidence| evidence.head + evidence.said)
}

/// Whether the side whose stream it is masks like that.
fn fits_side(header: &FrameHeader, rules: Rules) -> bool {
    let from = if header.mask.is_some() { Peer::Client } else { Peer::Server };
    rules.from.is_none_or(|expected| expected == from)
}

/// Whether a header repeats the one before it, as the records of a table do. Keys do not.
pub(super) fn is_repetition(last: &FrameHeader, header: &FrameHeader) -> bool {
    let alike = |(a, b): ([u8; 4], [u8; 4])| a.iter().zip(b).filter(|(a, b)| **a == *b).count() > 1;
    header.form == LengthForm::Bits7
        && (last.fin, last.opcode, last.length) == (header.fin, header.opcode, header.length)
        && last.mask.zip(header.mask).is_none_or(alike)
}

/// MQTT's SUBSCRIBE begins with 0x82 and a length, too; what follows is a number, perhaps properties, and topics.
fn is_mqtt_subscribe(header: &FrameHeader, payload: &[u8]) -> bool {
    let topics = |mut rest: &[u8]| {
        while let Some((length, behind)) = rest.split_first_chunk::<2>() {
            match behind.get(usize::from(u16::from_be_bytes(*length))..) {
                Some([0..=0x2f, behind @ ..]) => rest = behind,
                _ => return false,
            }
        }
        rest.is_empty()
    };
    header.opcode == Opcode::Binary
        && header.mask.is_none()
        && header.form == LengthForm::Bits7
        && payload.len() > 5
        && [2, 3].iter().filter_map(|start| payload.get(*start..)).any(topics)
}

/// What a payload says, in bits; `None` if it cannot belong to its header.
fn payload_evidence(header: &FrameHeader, payload: &[u8]) -> Option<i32> {
    if !is_read(header) {
        return Some(0);
    }
    let length = usize::try_from(header.length).unwrap_or(usize::MAX);
    let payload = payload.get(..length.min(payload.len())).unwrap_or_default();
    let mut plain = payload.to_vec();
    if let Some(key) = header.mask {
        unmask(key, 0, &mut plain);
    }
    match header.opcode {
        Opcode::Close => match ClosePayload::parse(&plain) {
            ClosePayload::Code(CloseCode(code), reason) => {
                let allowed = CloseCode(code).is_allowed() && text_so_far(reason).is_some();
                allowed.then_some(if code < 1015 { 10 } else { 5 })
            }
            ClosePayload::Empty => Some(0),
            ClosePayload::TooShort(_) => None,
        },
        Opcode::Text if text_so_far(&plain).is_none() => None,
        Opcode::Text => {
            // Printable ASCII is much rarer among random bytes than valid UTF-8.
            let printable = plain.iter().filter(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()).count();
            let is_plain = printable * 4 >= plain.len() * 3;
            Some(if is_plain { i32::try_from(printable.min(12)).unwrap_or(0) } else { 0 })
        }
        Opcode::Continuation | Opcode::Binary | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => Some(0),
    }
}
