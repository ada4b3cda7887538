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

/// What comes of the messages: how inflating went, and their bytes.
fn messages(messages: &[Vec<u8>], extension: &str, size: usize) -> Vec<(Outcome, Vec<u8>)> {
    let mut layers =
        upgraded(Options { keep: u64::MAX, message_bytes: CAP, ..Options::default() }, extension);
    let mut found = Vec::new();
    let mut take = |event: Event<'_>| {
        if let Event::WebSocket(_, ws::Event::Message(message)) = event {
            assert!(message.length <= CAP.max(message.wire_length));
            found.push(((message.inflation, message.flaw), message.payload.to_vec()));
        }
    };
    for (number, payload) in (1..).zip(messages) {
        let mut frame = vec![0xc2, 127];
        frame.extend((payload.len() as u64).to_be_bytes());
        frame.extend(payload);
        push(&mut layers, Peer::Server, &frame, size, stamp(number), &mut take);
    }
    end(&mut layers, stamp(1_000_000), &mut take);
    found
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
    let found = messages(&sent, extension, size);
    let whole = messages(&sent, extension, 0);
    // Behind a message that is broken, where packets begin says which bytes are the next frame.
    let broken = found.iter().position(|(outcome, _)| *outcome != (Inflation::Whole, None));
    let known = broken.map_or(found.len().max(whole.len()), |at| at + 1);
    assert_eq!(found.get(..known), whole.get(..known));
    if found.len() != sent.len() {
        assert!(broken.is_some());
        return;
    }
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
