//! What stands where a frame belongs: the sentences about lost framing.

use crate::findings::catalog::{Id, Severity};
use crate::findings::cut::IMPOSSIBLE;
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::findings::likeness::Likeness;
use crate::findings::words::{bytes_of, quoted, spaced_hex};
use crate::model::{Count, Peer, Thousands, text_so_far};
use crate::ws::{LostFraming, LostShape};

/// Bytes of a frame's header at most (RFC 6455 §5.2). A length that is too large by so much may count it as well.
const LARGEST_HEADER: u64 = 14;

/// What comes behind the place where frames were lost; `resumed` are the bytes between it and the next frame.
fn how_it_goes_on(shape: &LostShape, resumed: Option<u64>) -> String {
    match resumed {
        Some(_) if matches!(shape, LostShape::Interleaved { .. }) => {
            "; the rest of its payload follows, and then frames continue".to_owned()
        }
        Some(skipped) => format!("; frames continue {} after its end", bytes_of(skipped)),
        None if matches!(shape, LostShape::Interleaved { .. } | LostShape::Inside { .. }) => {
            "; what comes behind it is not read".to_owned()
        }
        None => "; no frame follows".to_owned(),
    }
}

/// What the mask bit stands for where it belongs to a length.
const MASK_BIT: u64 = 0x80;

/// Where a frame belongs there is none. The length of the one before `overflows` its seven bits, perhaps.
pub(super) fn lost_framing(lost: &LostFraming, overflows: bool) -> Finding {
    let LostFraming { from, frame, declared, shape, preview, stamp, resumed, doubtful: _ } = lost;
    let declares = bytes_of(*declared);
    let then = how_it_goes_on(shape, *resumed);
    let (id, likeness, summary) = match shape {
        LostShape::Interleaved { at } => {
            let summary = format!(
                "at byte {} of frame {frame} from the {from}, which declares {declares}, a whole frame begins: two \
                 writers without a lock{then}",
                Thousands(*at)
            );
            (Id::FrameInterleaved, Likeness::InterleavedFrame, summary)
        }
        LostShape::Inside { at, or_before } => {
            let why = if is_swapped(*declared, *at) {
                "the bytes of its length are in the wrong order (RFC 6455 §5.2: network byte order)"
                    .to_owned()
            } else if let Some(why) = length_left_out(*declared, *at) {
                why
            } else {
                let what = if *at == 0 { "the payload" } else { "the rest of the payload" };
                let never = format!("{what} was never written, or two writers share no lock");
                match declared.saturating_sub(*at) {
                    too_large @ 1..=LARGEST_HEADER => {
                        format!("its length is {too_large} too large, or {never}")
                    }
                    _ => never,
                }
            };
            let at = match at {
                0 => "right behind the header".to_owned(),
                at => format!("at byte {}{}", Thousands(*at), if *or_before { " or before" } else { "" }),
            };
            let summary = format!(
                "{at} of frame {frame} from the {from}, which declares {declares}, another frame begins: {why}{then}"
            );
            (Id::StreamNotWebsocket, Likeness::FrameInPayload, summary)
        }
        LostShape::InCut { at, or_before } => {
            let summary = format!(
                "frame {frame} from the {from}, which declares {declares}, was cut off, and from byte {}{} on what came \
                 of it looks like frames: it carries another WebSocket, or the rest of its payload was never written",
                Thousands(*at),
                if *or_before { " or before" } else { "" }
            );
            (Id::StreamNotWebsocket, Likeness::FrameInPayload, summary)
        }
        LostShape::LineEnds => line_ends_sent(*from, *frame, preview),
        LostShape::Padding => padding_sent(*from, *frame, preview),
        LostShape::KeyWithoutBit | LostShape::KeyAsPayload => return key_without_bit(lost),
        LostShape::Unknown if *frame == 0 => {
            let summary = format!(
                "where the {from}'s first frame should be there are other bytes, beginning {}{}",
                quoted(preview.get(..preview.len().min(16)).unwrap_or_default()),
                resumed.map_or_else(String::new, |skipped| format!(
                    "; frames continue {} further on",
                    bytes_of(skipped)
                ))
            );
            (Id::StreamNotWebsocket, strays(preview), summary)
        }
        LostShape::Unknown => {
            let why = if resumed.is_some_and(|skipped| skipped % (1 << 16) == 0) {
                "its length has lost its upper bits: it needs the 64-bit form".to_owned()
            } else if overflows {
                format!(
                    "a length of {} was written into seven bits, the upper bit of which is that of the mask (RFC 6455 §5.2)",
                    declared + MASK_BIT
                )
            } else if is_text(preview) {
                "something wrote text without a frame around it into the stream".to_owned()
            } else {
                "its length is wrong, or something else was written into the stream".to_owned()
            };
            let summary = format!(
                "after frame {frame} from the {from}, which declares {declares}, stands {} where the next frame \
                 should begin: {why}{then}",
                shown(*from, preview)
            );
            (Id::StreamNotWebsocket, strays(preview), summary)
        }
    };
    let mut finding = Finding::new(id, *stamp, summary)
        .from(*from)
        .with(FindingField::LooksLike, likeness)
        .with(FindingField::PreviewHex, hex::encode(preview));
    if *frame > 0 {
        finding = finding.frame(*frame).with(FindingField::Declared, *declared);
    }
    if let LostShape::Interleaved { at } | LostShape::Inside { at, .. } | LostShape::InCut { at, .. } = shape
    {
        finding = finding.with(FindingField::Offset, *at);
    }
    // What a tunnel carries is no fault, and that the frame was cut off is another finding.
    if let LostShape::InCut { .. } = shape {
        finding = finding.severity(Severity::Warning).tentative();
    }
    match resumed {
        Some(skipped) => finding.with(FindingField::Skipped, *skipped),
        None => finding,
    }
}

/// Line ends stand between frames.
fn line_ends_sent(from: Peer, frame: u64, preview: &[u8]) -> (Id, Likeness, String) {
    let sent = quoted(preview.get(..line_ends(preview)).unwrap_or_default());
    let summary = if frame == 0 {
        format!(
            "the {from} sent {sent} after the empty line of its HTTP head, where the first frame should be"
        )
    } else {
        format!(
            "the {from} sent {sent} after frame {frame}, where its next frame should be: it belongs to no frame"
        )
    };
    let likeness = if frame == 0 { Likeness::LineEndsAfterHead } else { Likeness::LineEndsBetween };
    (Id::StreamNotWebsocket, likeness, summary)
}

/// NULs stand between frames.
fn padding_sent(from: Peer, frame: u64, preview: &[u8]) -> (Id, Likeness, String) {
    let count = preview.iter().take_while(|byte| **byte == 0).count() as u64;
    let sent = match count {
        1 => "a NUL byte".to_owned(),
        64.. => format!("{} or more", Count(count, "NUL byte")),
        _ => Count(count, "NUL byte").to_string(),
    };
    let place = if frame == 0 {
        "the empty line of its HTTP head, where the first frame should be".to_owned()
    } else {
        format!("frame {frame}, where its next frame should be")
    };
    let summary = format!(
        "the {from} sent {sent} after {place}: a buffer is sent that is longer than its frame, or a text with its \
         terminator"
    );
    (Id::StreamNotWebsocket, Likeness::Padding, summary)
}

/// The mask bit is missing, and nothing else.
pub(super) fn key_without_bit(lost: &LostFraming) -> Finding {
    let from = lost.from;
    let summary = format!(
        "the {from} sent a frame without the mask bit, although a masking key follows and the payload is masked with \
         it: a server takes the key for payload and has to close with 1002"
    );
    Finding::new(Id::FrameUnmasked, lost.stamp, summary).from(from).frame(lost.frame)
}

/// Whether a length of 16 bits is the one that ends here, in the byte order of most processors.
fn is_swapped(declared: u64, at: u64) -> bool {
    let swapped = u16::try_from(declared).map(u16::swap_bytes);
    at > 125 && swapped.is_ok_and(|swapped| u64::from(swapped) == at)
}

/// Why the next frame begins there, if that is where a payload of 126 or 127 bytes ends whose length stands in the seven bits of the
/// second byte: then the first bytes of the payload are taken for the length.
fn length_left_out(declared: u64, at: u64) -> Option<String> {
    let (length, left_out, unused) = match (declared, at) {
        (126..=0xffff, 124) => (126, "two", 6),
        (0x1_0000.., 119) => (127, "eight", 0),
        _ => return None,
    };
    let is_text = declared.to_be_bytes().iter().skip(unused).all(|byte| matches!(byte, b' '..=b'~'));
    let or =
        if is_text || declared >= IMPOSSIBLE { "" } else { ", or the rest of the payload was never written" };
    Some(format!(
        "the {left_out} bytes of its length are missing: it has {length} bytes, and {length} in the seven bits stands for a length in \
         {left_out} bytes (RFC 6455 §5.2){or}"
    ))
}

/// What bytes are that are no frame.
fn strays(preview: &[u8]) -> Likeness {
    if is_text(preview) { Likeness::BareText } else { Likeness::Unknown }
}

/// The first of these bytes as they can be read best: those of a client are masked, unless something wrote text.
fn shown(from: Peer, preview: &[u8]) -> String {
    const TEXT: usize = 48;
    const BYTES: usize = 16;
    match from {
        Peer::Client if !is_text(preview) => {
            let more = if preview.len() > BYTES { " …" } else { "" };
            format!("{}{more}", spaced_hex(preview.get(..BYTES).unwrap_or(preview)))
        }
        Peer::Client | Peer::Server => quoted(preview.get(..TEXT).unwrap_or(preview)),
    }
}

/// Whether bytes, which may be cut off anywhere, are lines of text.
fn is_text(bytes: &[u8]) -> bool {
    const ENOUGH: usize = 4;
    let text = text_so_far(bytes).unwrap_or_default();
    text.len() >= ENOUGH && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

/// How many bytes of line ends, or of blanks that stand for one, come first.
fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count()
}
