//! Any bytes behind an upgrade, against a decoder that has them all at hand and follows RFC 6455 §5.2 word by word.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::layers;
use wsight::model::Peer;
use wsight::ws::{Event, FrameEnd, MessageKind, Options};
use wsight_fuzz::{Input, end, push, stamp, upgraded};

/// What there is to compare of a frame or a message.
#[derive(Debug, PartialEq)]
enum Fact {
    Frame { fin: bool, opcode: u8, masked: bool, length: u64, received: u64, whole: bool, payload: Vec<u8> },
    PartialHeader(Vec<u8>),
    Message { text: bool, frames: u64, payload: Vec<u8> },
}

/// What the decoder reads.
struct Expected {
    facts: Vec<Fact>,
    /// No byte is such as no sane endpoint would send it; the facts end in front of one.
    is_sane: bool,
    /// The first fact that shows that a length may be wrong: a text that is no UTF-8, a frame that is incomplete.
    doubtful: Option<usize>,
}

/// The decoder.
fn naive(from: Peer, bytes: &[u8]) -> Expected {
    let (mut facts, mut doubtful) = (Vec::new(), None);
    let mut message: Option<(bool, u64, Vec<u8>)> = None;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let short = rest.get(1).map_or(0, |second| second & 0x7f);
        let extra = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = rest.get(1).is_some_and(|second| second & 0x80 != 0);
        let size = 2 + extra + if masked { 4 } else { 0 };
        let (fin, rsv, opcode) = (rest[0] & 0x80 != 0, rest[0] & 0x70, rest[0] & 0x0f);
        // What reads as a pong in fragments, or as a reserved opcode.
        let is_line_end = matches!(rest[0], b'\r' | b'\n');
        // What reads as a frame that goes on with a message, and there is none: padding, perhaps.
        let is_padding = rest[0] == 0 && message.is_none();
        // The first byte says it, even where it is all that came.
        let is_odd = rsv != 0 || matches!(opcode, 3..=7 | 11..=15);
        let is_mask_wrong = rest.len() > 1 && masked != (from == Peer::Client);
        // RFC 6455 §5.5: a control frame is one frame, with the short form of the length.
        let is_cut_control = opcode >= 8 && rest.len() > 1 && (!fin || extra > 0);
        if is_line_end || is_padding || is_odd || is_mask_wrong || is_cut_control {
            return Expected { facts, is_sane: false, doubtful };
        }
        if rest.len() < size {
            facts.push(Fact::PartialHeader(rest.to_vec()));
            break;
        }
        let length = match extra {
            0 => u64::from(short),
            _ => rest[2..2 + extra].iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let received = length.min((rest.len() - size) as u64);
        let mut payload = rest[size..size + received as usize].to_vec();
        if masked {
            let key = &rest[size - 4..size];
            payload.iter_mut().enumerate().for_each(|(index, byte)| *byte ^= key[index % 4]);
        }
        let whole = received == length;
        at += size + payload.len();
        let kept = if opcode >= 8 { 4096 } else { 64 };
        let shown = payload[..payload.len().min(kept)].to_vec();
        facts.push(Fact::Frame { fin, opcode, masked, length, received, whole, payload: shown });
        if !whole {
            doubtful.get_or_insert(facts.len() - 1);
        }
        if opcode >= 8 {
            continue;
        }
        match (opcode, &mut message) {
            (0, Some((_, frames, bytes))) => {
                *frames += 1;
                bytes.extend(payload);
            }
            (0, None) => continue,
            _ => message = Some((opcode == 1, 1, payload)),
        }
        if let Some((true, _, text)) = &message
            && let Err(error) = std::str::from_utf8(text)
            && (fin || error.error_len().is_some())
        {
            doubtful.get_or_insert(facts.len() - 1);
        }
        if fin
            && whole
            && let Some((text, frames, payload)) = message.take()
        {
            facts.push(Fact::Message { text, frames, payload });
        }
    }
    Expected { facts, is_sane: true, doubtful }
}

/// What the decoder tells, and whether it took the bytes for something other than frames; where the framing was lost
/// that may be said of sane bytes only if the last frame is incomplete, as its length may be what is wrong.
fn facts(from: Peer, bytes: &[u8], size: usize) -> (Vec<Fact>, bool) {
    let mut layers = upgraded(Options { keep: u64::MAX, ..Options::default() }, "");
    let (mut facts, mut guessed, mut lost) = (Vec::new(), false, false);
    let mut take = |event: layers::Event<'_>| {
        let layers::Event::WebSocket(_, event) = event else { return };
        match event {
            Event::Frame(frame) => facts.push(Fact::Frame {
                fin: frame.header.fin,
                opcode: frame.header.opcode.bits(),
                masked: frame.header.mask.is_some(),
                length: frame.header.length,
                received: frame.received,
                whole: frame.end == FrameEnd::Complete,
                payload: frame.payload.to_vec(),
            }),
            Event::PartialHeader(partial) => facts.push(Fact::PartialHeader(partial.bytes.clone())),
            Event::Message(message) => facts.push(Fact::Message {
                text: message.kind == MessageKind::Text,
                frames: message.frames,
                payload: message.payload.to_vec(),
            }),
            Event::Misaligned { .. } | Event::Foreign { .. } => guessed = true,
            Event::LostFraming(_) => lost = true,
            _ => {}
        }
    };
    push(&mut layers, from, bytes, size, stamp(1), &mut take);
    end(&mut layers, stamp(2), &mut take);
    let is_torn = matches!(facts.last(), Some(Fact::Frame { whole: false, .. }));
    (facts, guessed || (lost && !is_torn))
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let from = if input.byte() & 1 == 0 { Peer::Client } else { Peer::Server };
    let size = usize::from(input.byte());
    let Expected { facts: expected, is_sane, doubtful } = naive(from, input.0);
    let (found, guessed) = facts(from, input.0, size);
    let same = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
    if same < expected.len() || is_sane && found != expected {
        // The frames that a wrong length swallowed are read. It also shows in a Close that ends where the stream does.
        let is_closed = matches!(found.last(), Some(Fact::Frame { opcode: 8, whole: true, .. }));
        assert!(
            is_closed || doubtful.is_some_and(|doubtful| same >= doubtful),
            "sane bytes are read otherwise: {found:?}, {expected:?}"
        );
    } else if is_sane {
        assert!(!guessed, "sane bytes are taken for what they say");
    }
});
