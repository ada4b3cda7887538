//! Any bytes as compressed messages, in any pieces, against an inflater that keeps everything and starts anew each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use miniz_oxide::inflate::stream::{self, InflateState};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use wsight::layers::Event;
use wsight::model::Peer;
use wsight::ws::{self, DeflateFlaw, Inflation, Options};
use wsight_fuzz::{Input, end, push, stamp, upgraded};

/// Where inflating stops.
const CAP: u64 = 1 << 18;

/// How inflating a message went.
type Outcome = (Inflation, Option<DeflateFlaw>);

/// Behind a message that is broken, so many bytes of what is read at once are looked at for where the next frame begins.
const BEGINNING: usize = 128;

/// What comes of the messages.
#[derive(Debug, PartialEq)]
struct Told {
    /// How inflating went, and their bytes.
    messages: Vec<(Outcome, Vec<u8>)>,
    /// How many of them came before a frame was found elsewhere than the length of the one before says: from there on, where
    /// packets begin is evidence.
    sure: Option<usize>,
}

impl Told {
    /// The first message that is broken, or whose sender is mistaken.
    fn broken(&self) -> Option<usize> {
        self.messages.iter().position(|(outcome, _)| *outcome != (Inflation::Whole, None))
    }
}

/// What comes of messages that are read in pieces of `size` (0: whole); those behind `broken` begin with a longer one.
fn tell(messages: &[Vec<u8>], extension: &str, size: usize, broken: Option<usize>) -> Told {
    let mut layers =
        upgraded(Options { keep: u64::MAX, message_bytes: CAP, ..Options::default() }, extension);
    let mut told = Told { messages: Vec::new(), sure: None };
    let mut take = |event: Event<'_>| match event {
        Event::WebSocket(_, ws::Event::Message(message)) => {
            assert!(message.length <= CAP.max(message.wire_length));
            told.messages.push(((message.inflation, message.flaw), message.payload.to_vec()));
        }
        Event::WebSocket(
            _,
            ws::Event::Misaligned { .. } | ws::Event::LostFraming(_) | ws::Event::Foreign { .. },
        ) => {
            told.sure.get_or_insert(told.messages.len());
        }
        _ => {}
    };
    for (index, payload) in messages.iter().enumerate() {
        let mut frame = vec![0xc2];
        match payload.len() {
            length @ ..126 => frame.push(length as u8),
            length @ ..0x1_0000 => {
                frame.push(126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        let at_once = if broken.is_some_and(|broken| index > broken) { BEGINNING } else { 0 };
        let (beginning, rest) = frame.split_at(at_once.min(frame.len()));
        let stamp = stamp(index as u64 + 1);
        push(&mut layers, Peer::Server, beginning, 0, stamp, &mut take);
        push(&mut layers, Peer::Server, rest, size, stamp, &mut take);
    }
    end(&mut layers, stamp(1_000_000), &mut take);
    told
}

/// All of `bytes`; behind a block with BFINAL another stream begins (RFC 7692 §7.2.3.4).
fn inflate(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    loop {
        let step = stream::inflate(&mut state, bytes, &mut buffer, MZFlush::None);
        bytes = &bytes[step.bytes_consumed..];
        all.extend(&buffer[..step.bytes_written]);
        match step.status {
            Ok(MZStatus::StreamEnd) if bytes.is_empty() => return Some(all),
            Ok(MZStatus::StreamEnd) => state.reset(DataFormat::Raw),
            Ok(_) if step.bytes_written > 0 || !bytes.is_empty() => {}
            Ok(_) | Err(MZError::Buf) => return Some(all),
            Err(_) => return None,
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (takeover, size) = (input.byte() & 1 == 0, usize::from(input.byte()));
    let mut sent = Vec::new();
    while !input.is_over() && sent.len() < 32 {
        let length = usize::from(input.short());
        sent.push(input.take(length).to_vec());
    }
    let extension =
        if takeover { "permessage-deflate" } else { "permessage-deflate; server_no_context_takeover" };
    let whole = tell(&sent, extension, 0, None);
    let told = tell(&sent, extension, size, whole.broken());
    assert_eq!(told.sure, whole.sure);
    let sure = whole.sure.unwrap_or(usize::MAX);
    let found = told.messages.get(..sure).unwrap_or(&told.messages);
    assert_eq!(found, whole.messages.get(..sure).unwrap_or(&whole.messages));
    assert!(whole.sure.map_or(found.len() == sent.len(), |_| whole.broken().is_some()));
    let (mut stream, mut before) = (Vec::new(), 0);
    for ((outcome, payload), message) in found.iter().zip(&sent) {
        if *outcome != (Inflation::Whole, None) {
            // The other inflater mends no flaws, so it makes something else of this message, and what follows may refer
            // to it; also where its sender kept a context in spite of what was agreed.
            if takeover || outcome.1 == Some(DeflateFlaw::Context) {
                return;
            }
            continue;
        }
        if !takeover {
            (stream, before) = (Vec::new(), 0);
        }
        stream.extend(message);
        stream.extend([0x00, 0x00, 0xff, 0xff]);
        // Of codes that no data uses the two have different opinions.
        let Some(all) = inflate(&stream) else { return };
        assert!(
            all.get(before..) == Some(payload),
            "other bytes than those of an inflater that has everything"
        );
        before = all.len();
    }
});
