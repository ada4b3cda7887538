//! Any key log, and any records: however they are cut into segments, the same text comes of them. Some bytes may be missing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsight::model::{Chunk, End, EndCause, Gap, GapCause, Missing, Peer, PerPeer, StreamEvent};
use wsight::tls::{Event, Expecting, KeyLog, Origin, Secrets, Tls};
use wsight_fuzz::{Input, record, stamp};

/// What each side said, and how it ended; `None` where the beginning of a record had to be guessed.
fn facts(data: &[u8], secrets: &Secrets, expecting: Expecting, size: usize) -> Option<String> {
    let mut tls = Tls::new(expecting);
    let (mut texts, mut foreign) = (PerPeer::<Vec<u8>>::default(), false);
    let mut take = |event: Event<'_>| match event {
        Event::Stream(from, StreamEvent::Data(chunk)) => texts.of_mut(from).extend(chunk.bytes),
        Event::Stream(from, StreamEvent::Gap(_)) => texts.of_mut(from).extend(b"|"),
        Event::Foreign(..) => foreign = true,
        _ => {}
    };
    let (mut input, mut number, mut lost) = (Input(data), 0, false);
    let mut places = PerPeer::<u64>::default();
    while !input.is_over() {
        number += 1;
        let (from, bytes) = record(&mut input);
        if bytes.is_empty() {
            // So many bytes are missing.
            let (missing, from) =
                (u64::from(input.byte()), if number % 2 == 0 { Peer::Client } else { Peer::Server });
            lost |= missing > 0;
            let chunk = Chunk::plain(&[], stamp(number), *places.of(from));
            *places.of_mut(from) += missing;
            let gap = Gap {
                missing: Missing::Bytes(missing),
                cause: GapCause::Lost,
                stamp: chunk.stamp,
                extent: chunk.extent,
            };
            tls.push(from, StreamEvent::Gap(gap), secrets, &mut take);
            continue;
        }
        let mut chunk = Chunk::plain(bytes, stamp(number), *places.of(from));
        *places.of_mut(from) = chunk.extent.end;
        while !chunk.bytes.is_empty() {
            let (piece, rest) = chunk.split_at(if size == 0 { usize::MAX } else { size });
            tls.push(from, StreamEvent::Data(piece), secrets, &mut take);
            chunk = rest;
        }
    }
    for from in Peer::BOTH {
        tls.push(
            from,
            StreamEvent::End(End::by_packet(EndCause::Fin, stamp(number + 1))),
            secrets,
            &mut take,
        );
    }
    let facts = tls.facts();
    let told = format!(
        "{texts:?} {:?} {:?} {:?}",
        facts.readable,
        facts.reason,
        facts.alert.map(|alert| alert.description)
    );
    (!foreign && !lost).then_some(told)
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    let expecting = match input.byte() % 4 {
        0 => Expecting::Secrets { held_bytes: 300 },
        _ => Expecting::Nothing,
    };
    let length = usize::from(input.short());
    let mut secrets = Secrets::default();
    let mut log = KeyLog::new(Origin::KeyLog);
    log.push(input.take(length), &mut secrets);
    log.finish(&mut secrets);
    if let (Some(whole), Some(pieces)) =
        (facts(input.0, &secrets, expecting, 0), facts(input.0, &secrets, expecting, size))
    {
        assert_eq!(whole, pieces);
    }
});
