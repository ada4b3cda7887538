//! Any conversation where heads belong: however it is cut into segments, the same facts come of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::http1::{ExchangeLimits, HeadLimits};
use wsight::http2::PREFACE;
use wsight::layers::{Event, Layers, Options};
use wsight::model::{Attempt, Peer};
use wsight::ws;
use wsight_fuzz::{Input, end, push, record, stamp};

/// Whether it comes of HTTP/2.
fn is_http2(event: &Event<'_>) -> bool {
    match event {
        Event::Upgrade(attempt, _) | Event::WebSocket(attempt, _) | Event::Over(attempt, _) => {
            matches!(attempt, Attempt::Stream(_))
        }
        Event::Stream(..) | Event::GoAway { .. } => true,
        _ => false,
    }
}

/// Whether it is the header of a frame that breaks a rule: whether it is one at all is decided by what stands in front of it
/// and behind it in its packet.
fn is_faulty(event: &Event<'_>) -> bool {
    let Event::WebSocket(_, ws::Event::Header(frame)) = event else { return false };
    let header = &frame.header;
    header.rsv != 0
        || matches!(header.opcode, ws::Opcode::Reserved(_))
        || header.mask.is_some() != (frame.from == Peer::Client)
}

/// The facts; `None` where the beginning of a WebSocket frame had to be guessed, or that of one of HTTP/2 may have been:
/// there, where segments begin is evidence.
fn facts(data: &[u8], size: usize) -> Option<Vec<String>> {
    let options = Options::default();
    let heads = HeadLimits { lines: 32, line_bytes: 512, ..options.http1.heads };
    let mut layers = Layers::new(Options { http1: ExchangeLimits { heads, ..options.http1 }, ..options });
    let (mut facts, mut guessed) = (Vec::new(), false);
    let mut take = |event: Event<'_>| {
        guessed |= is_http2(&event) || is_faulty(&event);
        // Inside a session, TLS is recognized where a segment begins with a record.
        guessed |= matches!(event, Event::Secured);
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
    // The first line of it is enough.
    let line = &PREFACE[..14];
    let has_preface = input.0.windows(line.len()).any(|bytes| bytes == line);
    if let (Some(whole), Some(pieces)) = (facts(input.0, 0), facts(input.0, size)) {
        assert!(has_preface || whole == pieces, "{whole:#?} are not {pieces:#?}");
    }
});
