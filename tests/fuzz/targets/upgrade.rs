//! Any conversation where heads belong: however it is cut into segments, the same facts come of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::http1::HeadLimits;
use wsight::layers::{Event, Layers, Options};
use wsight::ws;
use wsight_fuzz::{Input, end, push, record, stamp};

/// How an HTTP/2 client begins (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// The facts; `None` where a frame boundary had to be guessed: there, where segments begin is evidence.
fn facts(data: &[u8], size: usize) -> Option<Vec<String>> {
    let heads = HeadLimits { lines: 32, line_bytes: 512 };
    let mut layers = Layers::new(Options { heads, ..Options::default() });
    let (mut facts, mut guessed) = (Vec::new(), false);
    let mut take = |event: Event<'_>| {
        guessed |= matches!(
            event,
            Event::WebSocket(
                _,
                ws::Event::Resynchronized { .. } | ws::Event::Misaligned { .. } | ws::Event::LostFraming(_)
            )
        );
        facts.push(format!("{event:?}"));
    };
    let mut input = Input(data);
    let mut number = 0;
    while !input.is_over() && layers.is_interested() {
        number += 1;
        let (from, bytes) = record(&mut input);
        push(&mut layers, from, bytes, size, stamp(number), &mut take);
    }
    end(&mut layers, stamp(number + 1), &mut take);
    (!guessed).then_some(facts)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    let (whole, pieces) = (facts(input.0, 0), facts(input.0, size));
    // Where HTTP/2 frames make no sense the next one is looked for, and there too segments are evidence.
    let is_http2 = input.0.windows(PREFACE.len()).any(|bytes| bytes == PREFACE)
        || whole.iter().chain(&pieces).flatten().any(|fact| fact.contains("StreamId("));
    if let (false, Some(whole), Some(pieces)) = (is_http2, whole, pieces) {
        assert_eq!(whole, pieces);
    }
});
