//! Any HTTP/2 frames, against a naive reader of them whose heads another library decompresses: the same heads, bytes and ends
//! of streams come of them, however they are cut into segments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loona_hpack::Decoder;
use std::collections::BTreeMap;
use wsight::http2::{Demultiplexer, Event, Options, PREFACE};
use wsight::model::{Chunk, EndCause, Peer, PerPeer, StreamEvent};
use wsight_fuzz::{Input, record, stamp};

/// What is compared.
#[derive(Debug, PartialEq, Eq)]
enum Fact {
    Head(u32, Peer, Vec<(Vec<u8>, Vec<u8>)>),
    Data(u32, Peer, Vec<u8>),
    End(u32, Peer, &'static str),
    Reset(u32, Peer, u32),
    GoAway(Peer, u32, u32, Vec<u8>),
}

/// Adds a fact; bytes that follow others of the same stream are one fact with them.
fn add(facts: &mut Vec<Fact>, fact: Fact) {
    if let (Some(Fact::Data(stream, from, bytes)), Fact::Data(next, who, more)) = (facts.last_mut(), &fact)
        && (*stream, *from) == (*next, *who)
    {
        bytes.extend(more);
        return;
    }
    facts.push(fact);
}

/// The frames of an input: who sends it, its bytes.
fn frames(data: &[u8]) -> Vec<(Peer, Vec<u8>)> {
    let mut input = Input(data);
    let mut frames = Vec::new();
    while !input.is_over() {
        let (from, bytes) = record(&mut input);
        let mut body = Input(bytes);
        // Few kinds and few streams, so that frames have to do with each other.
        let (kind, flags, stream) = (body.byte() % 11, body.byte(), u32::from(body.byte() % 8));
        let payload = body.take(16_384);
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        frames.push((from, frame));
    }
    frames
}

/// What wsight says; `None` where it looked for the beginning of a frame, as where segments begin is evidence there.
fn told(frames: &[(Peer, Vec<u8>)], size: usize) -> Option<Vec<Fact>> {
    let mut demultiplexer = Demultiplexer::new(&Options::default());
    let (mut facts, mut searched) = (Vec::new(), false);
    let mut take = |event: Event<'_>| match event {
        Event::Head(headed) => {
            let part = |part: Option<&[u8]>| part.unwrap_or(b"?").to_vec();
            let list = headed.head.fields.list.iter();
            let fields =
                list.map(|field| (part(field.name.as_deref()), part(field.value.as_deref()))).collect();
            add(&mut facts, Fact::Head(headed.stream.0, headed.from, fields));
        }
        Event::Stream { stream, from, event: StreamEvent::Data(chunk) } => {
            add(&mut facts, Fact::Data(stream.0, from, chunk.bytes.to_vec()));
        }
        Event::Stream { stream, from, event: StreamEvent::End(end) } => {
            let how = match end.cause {
                EndCause::Fin => "fin",
                EndCause::Rst => "rst",
                EndCause::RstByPeer => "rst by peer",
                _ => "else",
            };
            add(&mut facts, Fact::End(stream.0, from, how));
        }
        Event::Reset { stream, from, code, .. } => add(&mut facts, Fact::Reset(stream.0, from, code.0)),
        Event::GoAway { from, gone, debug } => {
            add(&mut facts, Fact::GoAway(from, gone.last.0, gone.code.0, debug.to_vec()));
        }
        Event::Resynchronized { .. } | Event::Gap { .. } | Event::Foreign { .. } => searched = true,
        _ => {}
    };
    let mut sent = PerPeer { client: 0_u64, server: 0 };
    let preface = (Peer::Client, PREFACE.to_vec());
    for (number, (from, bytes)) in (1..).zip(std::iter::once(&preface).chain(frames)) {
        let place = sent.of_mut(*from);
        let mut chunk = Chunk::plain(bytes, stamp(number), *place);
        *place += bytes.len() as u64;
        while !chunk.bytes.is_empty() {
            let (piece, rest) = chunk.split_at(if size == 0 { usize::MAX } else { size });
            demultiplexer.push(*from, StreamEvent::Data(piece), &mut take);
            chunk = rest;
        }
    }
    (!searched).then_some(facts)
}

/// The naive reader.
#[derive(Default)]
struct Naive {
    /// The streams that are open, and which sides have ended them.
    open: BTreeMap<u32, PerPeer<bool>>,
    /// The highest number of those that each side begins: even ones the server, odd ones the client.
    highest: [u32; 2],
    facts: Vec<Fact>,
}

/// A head on its way.
struct Block {
    stream: u32,
    bytes: Vec<u8>,
    ends: bool,
    is_promise: bool,
}

impl Naive {
    /// Whether the stream is open, from now on if it is new.
    fn is_open(&mut self, stream: u32) -> bool {
        if !self.open.contains_key(&stream) {
            let highest = &mut self.highest[stream as usize % 2];
            if stream == 0 || stream <= *highest {
                return false;
            }
            *highest = stream;
            self.open.insert(stream, PerPeer::default());
        }
        true
    }

    fn end(&mut self, stream: u32, from: Peer, how: &'static str) {
        let Some(ended) = self.open.get_mut(&stream) else { return };
        if std::mem::replace(ended.of_mut(from), true) {
            return;
        }
        if ended.client && ended.server {
            self.open.remove(&stream);
        }
        add(&mut self.facts, Fact::End(stream, from, how));
    }

    fn head(&mut self, from: Peer, block: Block, decoder: &mut Decoder<'_>) -> Option<()> {
        let fields = decoder.decode(&block.bytes).ok()?;
        if !block.is_promise && self.is_open(block.stream) {
            add(&mut self.facts, Fact::Head(block.stream, from, fields));
            if block.ends {
                self.end(block.stream, from, "fin");
            }
        }
        Some(())
    }

    /// Takes a frame; `None` where it breaks a rule.
    fn take(
        &mut self,
        from: Peer,
        frame: &[u8],
        decoder: &mut Decoder<'_>,
        block: &mut Option<Block>,
    ) -> Option<()> {
        let (kind, flags, stream) = (frame[3], frame[4], u32::from_be_bytes(frame[5..9].try_into().unwrap()));
        let mut payload = &frame[9..];
        let has = |flag: u8| flags & flag != 0;
        if kind == 9 {
            let mut rest = block.take().filter(|block| block.stream == stream)?;
            rest.bytes.extend(payload);
            if has(4) {
                return self.head(from, rest, decoder);
            }
            *block = Some(rest);
            return Some(());
        }
        if block.is_some() {
            return None;
        }
        if has(8) && matches!(kind, 0 | 1 | 5) {
            let (padding, rest) = payload.split_first()?;
            payload = rest.get(..rest.len().checked_sub(usize::from(*padding))?)?;
        }
        let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.get(..4)?.try_into().unwrap()));
        match kind {
            0 => {
                if self.is_open(stream) && !payload.is_empty() && !self.open[&stream].of(from) {
                    add(&mut self.facts, Fact::Data(stream, from, payload.to_vec()));
                }
                if has(1) {
                    self.end(stream, from, "fin");
                }
            }
            1 | 5 => {
                let skipped = match kind {
                    5 => 4,
                    _ if has(0x20) => 5,
                    _ => 0,
                };
                let bytes = payload.get(skipped..)?.to_vec();
                let begun = Block { stream, bytes, ends: kind == 1 && has(1), is_promise: kind == 5 };
                if has(4) {
                    return self.head(from, begun, decoder);
                }
                *block = Some(begun);
            }
            3 if self.open.contains_key(&stream) => {
                add(&mut self.facts, Fact::Reset(stream, from, number(payload)?));
                self.end(stream, from, "rst");
                self.end(stream, !from, "rst by peer");
            }
            // A table of another size is for the tests of the decoder.
            4 if !has(1) && payload.chunks_exact(6).any(|setting| setting[..2] == [0, 1]) => return None,
            7 => {
                let (last, code) = (number(payload)? & !(1 << 31), number(payload.get(4..)?)?);
                let debug = &payload[8..];
                let debug = debug.get(..256).unwrap_or(debug).to_vec();
                add(&mut self.facts, Fact::GoAway(from, last, code, debug));
            }
            _ => {}
        }
        Some(())
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    let frames = frames(input.0);
    let Some(whole) = told(&frames, 0) else { return };
    if let Some(pieces) = told(&frames, size) {
        assert_eq!(whole, pieces, "in pieces of {size}");
    }
    let mut naive = Naive::default();
    let mut decoders = PerPeer { client: Decoder::new(), server: Decoder::new() };
    let mut blocks: PerPeer<Option<Block>> = PerPeer { client: None, server: None };
    for (from, frame) in &frames {
        if naive.take(*from, frame, decoders.of_mut(*from), blocks.of_mut(*from)).is_none() {
            break;
        }
    }
    // What follows a fault may be read in more than one way, and the last bytes may go on behind it.
    let compared = naive.facts.len().saturating_sub(1);
    assert_eq!(whole.get(..compared), naive.facts.get(..compared));
});
