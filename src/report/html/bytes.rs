//! The bytes that a finding is about, with those marked that are wrong.

use crate::findings::{Finding, FindingField, Id};
use crate::model::Escaped;
use crate::report::row::Row;
use crate::ws::{FrameHeader, LengthForm};
use std::ops::Range;

/// Bytes of a payload to show, around what is marked.
const AROUND: usize = 16;

/// A line of bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ByteLine {
    pub(super) label: &'static str,
    /// What stands in front of the marked bytes, these, and what follows: in hexadecimal, or as text.
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// The bytes that a finding is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ShownBytes {
    pub(super) lines: Vec<ByteLine>,
    /// Which byte is wrong, in words.
    pub(super) words: String,
}

/// The bytes of a finding, and those of the frame that it is about.
pub(super) fn shown(finding: &Finding, row: Option<&Row>) -> ShownBytes {
    let mut shown = ShownBytes::default();
    if let (Some(expected), Some(found)) =
        (finding.decoded(FindingField::ExpectedHex), finding.decoded(FindingField::FoundHex))
    {
        compare(&mut shown, &expected, &found);
        return shown;
    }
    if let (Some(expected), Some(found)) =
        (finding.text(FindingField::Expected), finding.text(FindingField::Found))
    {
        compare_text(&mut shown, expected, found);
        return shown;
    }
    if let Some(row) = row {
        mark_frame(&mut shown, finding, row);
    }
    for (field, label, beside) in [
        (FindingField::HeaderHex, "header", Beside::Nothing),
        (FindingField::PreviewHex, "found", Beside::Text),
        (FindingField::PayloadHex, "payload", Beside::Nothing),
        (FindingField::KeyHex, "key", Beside::Nothing),
    ] {
        if let Some(bytes) = finding.decoded(field) {
            let text = match beside {
                Beside::Text => format!("  {}", Escaped(&bytes)),
                Beside::Nothing => String::new(),
            };
            shown.lines.push(ByteLine { label, marked: hex(&bytes), after: text, ..ByteLine::default() });
        }
    }
    shown
}

/// What stands beside bytes in hex.
#[derive(Clone, Copy, Debug)]
enum Beside {
    Nothing,
    /// The same as text: it may say what it is.
    Text,
}

/// What of a frame's header a kind of finding is about.
#[derive(Clone, Copy, Debug)]
enum HeaderPart {
    Flags,
    MaskBit,
    Length,
    Key,
}

impl HeaderPart {
    const fn of(id: Id) -> Option<Self> {
        if matches!(
            id,
            Id::FrameReservedBits
                | Id::FrameReservedOpcode
                | Id::ControlFragmented
                | Id::MessageContinuationUnexpected
                | Id::MessageInterrupted
        ) {
            Some(Self::Flags)
        } else if matches!(id, Id::FrameUnmasked | Id::FrameMasked) {
            Some(Self::MaskBit)
        } else if matches!(
            id,
            Id::FrameLengthNotMinimal
                | Id::FrameLengthInvalid
                | Id::ControlTooLong
                | Id::FrameIncomplete
                | Id::FrameStalled
        ) {
            Some(Self::Length)
        } else if matches!(id, Id::FrameMaskWeak) {
            Some(Self::Key)
        } else {
            None
        }
    }

    /// Its bytes in the header, and what they say.
    fn bytes(self, header: &FrameHeader) -> (Range<usize>, String) {
        let key = header.mask.map_or(header.size(), |_| header.size() - 4);
        match self {
            Self::Flags => {
                let FrameHeader { fin, rsv, opcode, .. } = header;
                (0..1, format!("FIN {}, RSV {rsv:03b}, opcode {:#x}", u8::from(*fin), opcode.bits()))
            }
            Self::MaskBit => (1..2, format!("MASK {}", u8::from(header.mask.is_some()))),
            Self::Length => (1..key, format!("length {}", header.length)),
            Self::Key => (key..header.size(), "the masking key".to_owned()),
        }
    }
}

/// What of a payload a finding is about.
fn payload_part(finding: &Finding, payload: &[u8]) -> Option<Range<usize>> {
    let part = if matches!(finding.id, Id::CloseCodeInvalid | Id::CloseAbnormal) {
        0..2
    } else if matches!(finding.id, Id::ClosePayloadInvalid) {
        0..1
    } else if matches!(finding.id, Id::CloseReasonInvalidUtf8) {
        let valid = std::str::from_utf8(payload.get(2..)?).map_or_else(|error| error.valid_up_to(), str::len);
        valid + 2..valid + 3
    } else {
        let offset = usize::try_from(finding.number(FindingField::Offset)?).ok()?;
        offset..offset.checked_add(1)?
    };
    (part.end <= payload.len()).then_some(part)
}

fn mark_frame(shown: &mut ShownBytes, finding: &Finding, row: &Row) {
    if let Some(part) = HeaderPart::of(finding.id) {
        let header = encoded(&row.header);
        let (marked, says) = part.bytes(&row.header);
        let [before, wrong, after] = parted(&header, &marked, header.len());
        let words = match marked.len() {
            1 => format!("byte {} of the frame: {says}", marked.start),
            _ => format!("bytes {} to {} of the frame: {says}", marked.start, marked.end.saturating_sub(1)),
        };
        shown.lines.push(ByteLine { label: "header", before, marked: wrong, after });
        shown.words = words;
    } else if let Some(marked) = payload_part(finding, &row.payload) {
        let [before, wrong, after] = parted(&row.payload, &marked, AROUND);
        shown.lines.push(ByteLine { label: "payload", before, marked: wrong, after });
        shown.words = match marked.len() {
            1 => format!("byte {} of the payload", marked.start),
            _ => format!("bytes {} to {} of the payload", marked.start, marked.end.saturating_sub(1)),
        };
    }
}

/// Two lines of bytes, and the first at which they differ.
fn compare(shown: &mut ShownBytes, expected: &[u8], found: &[u8]) {
    let same = expected.iter().zip(found).take_while(|(a, b)| a == b).count();
    for (label, bytes) in [("expected", expected), ("found", found)] {
        let [before, mut marked, after] = parted(bytes, &(same..same + 1), AROUND);
        if marked.is_empty() {
            "--".clone_into(&mut marked);
        }
        shown.lines.push(ByteLine { label, before, marked, after });
    }
    let name = |byte: Option<&u8>| byte.map_or_else(|| "nothing".to_owned(), |byte| format!("{byte:02x}"));
    shown.words =
        format!("byte {same}: expected {}, found {}", name(expected.get(same)), name(found.get(same)));
}

fn compare_text(shown: &mut ShownBytes, expected: &str, found: &str) {
    let pairs = expected.char_indices().zip(found.chars());
    let same = pairs.take_while(|((_, a), b)| a == b).last().map_or(0, |((at, c), _)| at + c.len_utf8());
    for (label, text) in [("expected", expected), ("found", found)] {
        let (before, rest) = text.split_at_checked(same).unwrap_or((text, ""));
        let text = |text: &str| Escaped(text.as_bytes()).to_string();
        let marked = if rest.is_empty() { "--".to_owned() } else { text(rest) };
        shown.lines.push(ByteLine { label, before: text(before), marked, after: String::new() });
    }
}

/// What stands before a range, in it and behind it, in hexadecimal: at most so many bytes on either side.
fn parted(bytes: &[u8], range: &Range<usize>, around: usize) -> [String; 3] {
    let from = range.start.saturating_sub(around);
    let to = range.end.saturating_add(around).min(bytes.len());
    let part = |range: Range<usize>| bytes.get(range).map(hex).unwrap_or_default();
    let end = range.end.min(bytes.len());
    let mut parts =
        [part(from..range.start.min(bytes.len())), part(range.start.min(end)..end), part(end..to)];
    let [before, _, after] = &mut parts;
    if from > 0 {
        before.insert_str(0, "… ");
    }
    if !before.is_empty() {
        before.push(' ');
    }
    if !after.is_empty() {
        after.insert(0, ' ');
    }
    if to < bytes.len() {
        after.push_str(" …");
    }
    parts
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// A header as it stood on the wire (RFC 6455 §5.2).
fn encoded(header: &FrameHeader) -> Vec<u8> {
    let first = u8::from(header.fin) << 7 | header.rsv << 4 | header.opcode.bits();
    let length = header.length.to_be_bytes();
    let (short, long) = match header.form {
        LengthForm::Bits7 => (header.length.to_le_bytes()[0], &length[8..]),
        LengthForm::Bits16 => (126, &length[6..]),
        LengthForm::Bits64 => (127, &length[..]),
    };
    let mut bytes = vec![first, u8::from(header.mask.is_some()) << 7 | short];
    bytes.extend(long);
    bytes.extend(header.mask.iter().flatten());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    #[test]
    fn the_first_byte_that_differs_is_marked() {
        let finding = Finding::new(Id::PongMismatch, Stamp::default(), "")
            .with(FindingField::ExpectedHex, "0d900f00")
            .with(FindingField::FoundHex, "0d900f");
        let ShownBytes { lines, words } = shown(&finding, None);
        assert_eq!(words, "byte 3: expected 00, found nothing");
        let parts: Vec<[&str; 4]> =
            lines.iter().map(|line| [line.label, &line.before, &line.marked, &line.after]).collect();
        assert_eq!(parts, [["expected", "0d 90 0f ", "00", ""], ["found", "0d 90 0f ", "--", ""]]);
    }

    #[test]
    fn a_header_is_what_it_was_on_the_wire() {
        for bytes in [
            &[0x81, 0x05][..],
            &[0x01, 0xfe, 0x01, 0x00, 1, 2, 3, 4],
            &[0xf3, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
            &[0x89, 0x80, 9, 9, 9, 9],
        ] {
            assert_eq!(encoded(&FrameHeader::parse(bytes).unwrap()), bytes);
        }
    }

    #[test]
    fn long_payloads_are_shown_around_what_is_wrong() {
        let bytes: Vec<u8> = (0..=255).collect();
        let [before, marked, after] = parted(&bytes, &(100..101), 2);
        assert_eq!([&*before, &*marked, &*after], ["… 62 63 ", "64", " 65 66 …"]);
        assert_eq!(parted(&[1, 2], &(2..3), 9), ["01 02 ", "", ""]);
    }
}
