//! One direction of an upgraded connection: from bytes to frames and messages (RFC 6455 §5).

// Nearly every frame comes whole in one packet: what it passes is one piece of code, without calls, which took a tenth.
#![expect(clippy::inline_always, reason = "left to itself the compiler inlines what has one caller")]

use super::event::{Event, Frame, FrameEnd, MessageKind, PartialHeader, Wait};
use super::header::FrameHeader;
use super::looks::looks_like;
use super::mask::{unmask, unmask_into};
use super::message::{Compression, MessageReader, Part};
use super::opcode::Opcode;
use super::sync::{ENOUGH_IN_SESSION, Rules, Search, SearchBuffer, evidence};
use crate::model::{Chunk, End, Extent, Gap, GapCause, Missing, Peer, Stamp, Timestamp};
use std::time::Duration;

/// Takes the facts as they appear.
pub(super) type Out<'o> = dyn FnMut(Event<'_>) + 'o;

/// Payload bytes kept of a control frame: they may not have more than 125, but some do.
const CONTROL_KEPT: u64 = 4096;

/// A pause in a frame's payload that is worth telling.
const PAUSE: Duration = Duration::from_secs(1);

/// Payload bytes unmasked at once, and those of a small payload, which need no larger block cleared for them.
const BLOCK: usize = 1024;
const SMALL: usize = 128;

/// What the readers of both directions share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Frames so far: their numbers count over both directions, …
    pub(super) frames: u64,
    /// … as do those of messages.
    pub(super) messages: u64,
    /// Some other extension than permessage-deflate was negotiated: what the reserved bits mean is its matter.
    pub(super) foreign_extension: bool,
    /// Bytes of a data frame's payload to keep.
    pub(super) preview: u64,
    /// Bytes of a message to keep.
    pub(super) keep: u64,
    /// Bytes at which inflating a message stops.
    pub(super) inflate_cap: u64,
}

/// What is not needed between two frames is boxed: there most sessions are most of the time.
#[derive(Debug)]
enum State {
    /// Between frames.
    Between,
    Header(Box<HalfHeader>),
    Payload(Box<InFlight>),
    Strange(Box<Strange>),
    /// Where the next frame begins is not known.
    Searching {
        search: Box<Search>,
        after_gap: bool,
    },
    /// Something else than frames.
    Foreign,
    Ended,
}

/// A header whose rest is coming.
#[derive(Debug)]
struct HalfHeader {
    bytes: Vec<u8>,
    first: Stamp,
    extent: Extent,
    number: u64,
}

impl HalfHeader {
    /// It stays half a header.
    fn partial(self, from: Peer, end: FrameEnd, last: Stamp) -> PartialHeader {
        let Self { bytes, first, extent: _, number } = self;
        PartialHeader { number, from, bytes, first, end, last }
    }
}

/// A header that no sane endpoint would send, as yet too few bytes to tell whether something else stands here.
#[derive(Debug)]
struct Strange {
    buffer: SearchBuffer,
    number: u64,
    enough: usize,
}

/// A frame whose payload is coming.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    /// All but its payload, of which the reader keeps the first bytes.
    frame: Frame<'static>,
    /// Why the capture misses bytes of it, should it do so.
    cause: GapCause,
}

/// What of `chunk` is the payload of `frame`, and what lies behind it.
fn payload_in<'b>(frame: &Frame<'_>, chunk: Chunk<'b>) -> (Chunk<'b>, Chunk<'b>) {
    chunk.split_at(usize::try_from(frame.left()).unwrap_or(usize::MAX))
}

/// Reads the frames of one direction.
#[derive(Debug)]
pub(super) struct FrameReader {
    from: Peer,
    state: State,
    message: MessageReader,
    /// The first payload bytes of the frame in flight, unless it comes whole in one packet.
    kept: Vec<u8>,
    /// The last wire bytes of the frame before, and its number and length: a header that makes no sense may begin
    /// among them.
    tail: Tail,
    before: Option<(u64, u64)>,
    /// Where what carried the latest byte of a frame, or the latest gap, ends in the sender's TCP stream.
    extent_end: u64,
}

/// How far the length of a frame may be wrong for its successor still to be found.
const OFF_BY: usize = 16;

/// The last bytes of a frame, at most [`OFF_BY`].
#[derive(Debug, Default)]
struct Tail {
    bytes: [u8; OFF_BY],
    length: u8,
}

impl Tail {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(OFF_BY - usize::from(self.length)..).unwrap_or_default()
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.bytes = *last;
        } else {
            self.bytes.copy_within(bytes.len().., 0);
            if let Some(place) = self.bytes.get_mut(OFF_BY - bytes.len()..) {
                place.copy_from_slice(bytes);
            }
        }
        let length = OFF_BY.min(usize::from(self.length) + bytes.len());
        self.length = u8::try_from(length).unwrap_or(u8::MAX);
    }
}

impl FrameReader {
    /// Something of each of its parts, so that they are on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.extent_end ^ self.before.map_or(0, |(number, _)| number) ^ u64::from(self.tail.length)
    }

    /// A reader that begins at a frame.
    pub(super) fn new(from: Peer, compression: Compression) -> Self {
        Self {
            from,
            state: State::Between,
            message: MessageReader::new(compression),
            kept: Vec::new(),
            tail: Tail::default(),
            before: None,
            extent_end: 0,
        }
    }

    /// It first has to find a frame, because of a gap or because the capture begins late.
    pub(super) fn search_first(&mut self, after_gap: bool) {
        self.state = State::Searching { search: Box::default(), after_gap };
    }

    /// Bytes of memory that [`rest`](Self::rest) and [`shed`](Self::shed) can give back, roughly.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        let state = match &self.state {
            State::Searching { search, .. } => search.memory(),
            State::Payload(_) => size_of::<InFlight>(),
            _ => 0,
        };
        self.message.memory() + state + self.kept.capacity()
    }

    /// Bytes that [`rest`](Self::rest) would give back right now.
    pub(super) fn idle_memory(&self) -> usize {
        self.message.idle_memory()
    }

    /// Gives back what is not needed right now.
    pub(super) fn rest(&mut self) {
        self.message.rest();
        if !matches!(self.state, State::Payload(_)) {
            self.kept = Vec::new();
        }
    }

    /// Gives back what it can, at the price of what is told.
    pub(super) fn shed(&mut self) {
        self.message.shed();
        if let State::Searching { search, .. } = &mut self.state {
            **search = Search::default();
        }
    }

    fn rules(&self, shared: &Shared) -> Rules {
        let rsv1 = self.message.compression != Compression::Off || shared.foreign_extension;
        Rules { from: Some(self.from), rsv1 }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut chunk: Chunk<'_>, shared: &mut Shared, out: &mut Out<'_>) {
        while !chunk.bytes.is_empty() {
            match std::mem::replace(&mut self.state, State::Between) {
                State::Between => chunk = self.read_header(chunk, shared, out),
                State::Header(half) => chunk = self.collect_header(half, chunk, shared, out),
                State::Payload(mut in_flight) => {
                    if in_flight.frame.last.time != chunk.stamp.time {
                        self.tell_pause(&in_flight, chunk.stamp.time, out);
                    }
                    let (payload, rest) = payload_in(&in_flight.frame, chunk);
                    chunk = rest;
                    self.take_payload(&mut in_flight.frame, payload, shared);
                    if !self.finish_if_whole(&in_flight, shared, out) {
                        self.state = State::Payload(in_flight);
                    }
                }
                State::Strange(mut strange) => {
                    // No more than it takes to decide: what is behind may be as strange, again and again.
                    let missing = strange.enough.saturating_sub(strange.buffer.len()).max(1);
                    let (now, rest) = chunk.split_at(missing);
                    strange.buffer.push(now);
                    chunk = rest;
                    self.state = State::Strange(strange);
                    self.settle_strange(false, shared, out);
                }
                State::Searching { search, after_gap } => {
                    self.search(search, after_gap, chunk, shared, out);
                    return;
                }
                state @ (State::Foreign | State::Ended) => {
                    self.state = state;
                    return;
                }
            }
        }
    }

    /// Takes the header that `chunk` begins with, and of the frame what there is; returns what is left.
    #[inline]
    fn read_header<'b>(&mut self, chunk: Chunk<'b>, shared: &mut Shared, out: &mut Out<'_>) -> Chunk<'b> {
        shared.frames += 1;
        let number = shared.frames;
        let Some(header) = FrameHeader::parse(chunk.bytes) else {
            let Chunk { bytes, stamp: first, extent } = chunk;
            let half = HalfHeader { bytes: bytes.to_vec(), first, extent, number };
            self.state = State::Header(Box::new(half));
            return chunk.advance(bytes.len());
        };
        if self.is_strange(&header, shared) {
            self.state = strange(SearchBuffer::default(), number, &header);
            return chunk;
        }
        let (head, rest) = chunk.split_at(header.size());
        self.extent_end = head.extent.end;
        self.begin(header, number, chunk.stamp, rest, shared, out)
    }

    /// Takes bytes of a header that came in pieces; returns what is left.
    fn collect_header<'b>(
        &mut self,
        mut half: Box<HalfHeader>,
        chunk: Chunk<'b>,
        shared: &mut Shared,
        out: &mut Out<'_>,
    ) -> Chunk<'b> {
        let had = half.bytes.len();
        for &byte in chunk.bytes.iter().take(FrameHeader::MAX_SIZE) {
            half.bytes.push(byte);
            let Some(header) = FrameHeader::parse(&half.bytes) else { continue };
            let HalfHeader { bytes: start, first, extent, number } = *half;
            let (last, rest) = chunk.split_at(start.len() - had);
            if self.is_strange(&header, shared) {
                let mut buffer = SearchBuffer::default();
                let bytes = start.get(..had).unwrap_or_default();
                buffer.push(Chunk { bytes, stamp: first, extent });
                buffer.push(last);
                self.state = strange(buffer, number, &header);
                self.settle_strange(false, shared, out);
                return rest;
            }
            self.extent_end = last.extent.end;
            return self.begin(header, number, first, rest, shared, out);
        }
        half.extent = half.extent.to(chunk.extent);
        self.state = State::Header(half);
        chunk.advance(usize::MAX)
    }

    /// Decides what the bytes behind a strange header are, as soon as that can be told; at the end, or at a gap, from
    /// what there is.
    fn settle_strange(&mut self, at_end: bool, shared: &mut Shared, out: &mut Out<'_>) {
        let State::Strange(strange) = &mut self.state else { return };
        if !at_end && strange.buffer.len() < strange.enough {
            return;
        }
        let (buffer, number) = (std::mem::take(&mut strange.buffer), strange.number);
        let bytes = buffer.bytes().get(..buffer.len().min(strange.enough)).unwrap_or_default();
        let mut chunks = buffer.chunks_from(0);
        let first = chunks.next().map(|chunk| chunk.stamp).unwrap_or_default();
        if let Some(looks_like) = looks_like(bytes) {
            out(Event::Foreign { from: self.from, looks_like, preview: bytes, stamp: first, frame: number });
            self.message.lose_sync();
            self.state = State::Foreign;
            return;
        }
        if let Some(at) = self.misaligned(bytes, shared) {
            shared.frames = number - 1;
            self.realign(at, &buffer, first, shared, out);
            return;
        }
        let Some(header) = FrameHeader::parse(bytes) else { return };
        self.state = State::Between;
        self.extent_end = buffer.extent_end(header.size()).unwrap_or(self.extent_end);
        let nothing = Chunk::plain(&[], first, self.extent_end);
        self.begin(header, number, first, nothing, shared, out);
        for chunk in buffer.chunks_from(header.size() as u64) {
            self.push(chunk, shared, out);
        }
    }

    /// Where frames go on if the frame before declared a few bytes too many or too few: a place in its last bytes and
    /// `bytes` together.
    fn misaligned(&self, bytes: &[u8], shared: &Shared) -> Option<usize> {
        /// More than one readable header gives: behind a wrong place, three of four bytes of a masked text are still right.
        const EVIDENCE: i32 = 22;
        self.before?;
        let bytes = [self.tail.as_bytes(), bytes].concat();
        let here = self.tail.as_bytes().len();
        let places = (0..=here + OFF_BY).filter(|at| *at != here);
        let evidence =
            |at: usize| evidence(bytes.get(at..)?, self.rules(shared)).filter(|bits| *bits >= EVIDENCE);
        let found = places.filter_map(|at| Some((evidence(at)?, std::cmp::Reverse(at.abs_diff(here)), at)));
        found.max().map(|(_, _, at)| at)
    }

    /// Goes on at another place than the frame before declared.
    fn realign(
        &mut self,
        at: usize,
        buffer: &SearchBuffer,
        stamp: Stamp,
        shared: &mut Shared,
        out: &mut Out<'_>,
    ) {
        let (tail, from) = (std::mem::take(&mut self.tail), self.from);
        let tail = tail.as_bytes();
        let Some((frame, declared)) = self.before.take() else { return };
        let actual = (declared + at as u64).saturating_sub(tail.len() as u64);
        out(Event::Misaligned { from, frame, declared, actual, stamp });
        self.state = State::Between;
        if let Some(bytes) = tail.get(at..).filter(|bytes| !bytes.is_empty()) {
            // What carried them is known by its end only.
            let extent = Extent::new(self.extent_end, 0);
            self.push(Chunk { bytes, stamp, extent }, shared, out);
        }
        for chunk in buffer.chunks_from(at.saturating_sub(tail.len()) as u64) {
            self.push(chunk, shared, out);
        }
    }

    /// A header is complete: takes what `chunk` has of the frame's payload. Returns what is left.
    #[inline(always)]
    fn begin<'b>(
        &mut self,
        header: FrameHeader,
        number: u64,
        first: Stamp,
        chunk: Chunk<'b>,
        shared: &mut Shared,
        out: &mut Out<'_>,
    ) -> Chunk<'b> {
        self.begin_in_message(&header, number, first, shared);
        self.kept.clear();
        self.tail = Tail::default();
        let mut block;
        let mut frame = Frame {
            number,
            from: self.from,
            header,
            first,
            last: chunk.stamp,
            received: 0,
            lost: 0,
            end: FrameEnd::Pending,
            payload: &[],
            extent_end: self.extent_end,
        };
        out(Event::Header(&frame));
        let (payload, rest) = payload_in(&frame, chunk);
        let is_whole = payload.bytes.len() as u64 == header.length;
        let plain = match header.mask {
            None if is_whole => payload.bytes,
            Some(key) if is_whole && payload.bytes.len() <= SMALL => {
                block = [0; SMALL];
                unmask_into(&mut block, key, payload.bytes)
            }
            _ => {
                let mut frame = frame.without_payload();
                self.take_payload(&mut frame, payload, shared);
                let in_flight = InFlight { frame, cause: GapCause::Lost };
                if !self.finish_if_whole(&in_flight, shared, out) {
                    self.state = State::Payload(Box::new(in_flight));
                }
                return rest;
            }
        };
        // It came whole in one packet, as nearly all do: nothing of it need be kept.
        self.extent_end = payload.extent.end;
        self.tail.push(payload.bytes);
        self.take_plain(&mut frame, plain, plain.len(), shared);
        frame.end = FrameEnd::Complete;
        frame.payload = plain.get(..plain.len().min(self.room(&frame, shared))).unwrap_or_default();
        frame.extent_end = self.extent_end;
        self.finish(&frame, shared, out);
        rest
    }

    /// A data frame is a part of a message.
    #[inline(always)]
    fn begin_in_message(&mut self, header: &FrameHeader, number: u64, first: Stamp, shared: &Shared) {
        let compressed = is_compressed(header);
        let deflate = if self.message.compression == Compression::Off { 0 } else { FrameHeader::RSV1 };
        let foreign = shared.foreign_extension && header.rsv & !deflate != 0;
        let part = match header.opcode {
            Opcode::Text => Part::First { kind: MessageKind::Text, compressed, foreign },
            Opcode::Binary => Part::First { kind: MessageKind::Binary, compressed, foreign },
            Opcode::Continuation => Part::Next { foreign },
            _ => return,
        };
        self.message.begin(part, number, first);
    }

    /// Whether a header is one that no sane endpoint would send: something else may stand here.
    fn is_strange(&self, header: &FrameHeader, shared: &Shared) -> bool {
        let allowed = if shared.foreign_extension {
            7
        } else if self.message.compression == Compression::Off || header.opcode.is_control() {
            0
        } else {
            FrameHeader::RSV1
        };
        let wrong_side = header.mask.is_some() != (self.from == Peer::Client);
        header.rsv & !allowed != 0 || matches!(header.opcode, Opcode::Reserved(_)) || wrong_side
    }

    /// A frame in flight as it is told.
    fn so_far(&self, in_flight: &InFlight, end: FrameEnd) -> Frame<'_> {
        Frame { end, payload: &self.kept, extent_end: self.extent_end, ..in_flight.frame }
    }

    /// Tells of a frame whose payload has not come whole.
    pub(super) fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        if let State::Payload(in_flight) = &self.state {
            out(Wait::Payload(&self.so_far(in_flight, FrameEnd::Pending)));
        }
    }

    /// Tells that nothing came for a while before `now`.
    fn tell_pause(&self, in_flight: &InFlight, now: Timestamp, out: &mut Out<'_>) {
        let waited = now.since(in_flight.frame.last.time);
        if waited >= PAUSE {
            out(Event::Stalled { frame: &self.so_far(in_flight, FrameEnd::Pending), waited });
        }
    }

    /// Takes the next bytes of a payload.
    fn take_payload(&mut self, frame: &mut Frame<'_>, chunk: Chunk<'_>, shared: &Shared) {
        let bytes = chunk.bytes;
        frame.last = chunk.stamp;
        self.extent_end = chunk.extent.end;
        self.tail.push(bytes);
        match frame.header.mask {
            None => self.keep_and_take(frame, bytes, bytes.len(), shared),
            Some(key) if bytes.len() <= SMALL => self.take_masked::<SMALL>(frame, key, bytes, shared),
            Some(key) => self.take_masked::<BLOCK>(frame, key, bytes, shared),
        }
    }

    /// Unmasks what somebody looks at, a block at a time: no buffer stays behind in an idle session.
    fn take_masked<const SIZE: usize>(
        &mut self,
        frame: &mut Frame<'_>,
        key: [u8; 4],
        bytes: &[u8],
        shared: &Shared,
    ) {
        let mut block = [0; SIZE];
        for masked in bytes.chunks(SIZE) {
            let needed = if self.wants_payload(frame, shared) {
                masked.len()
            } else {
                masked.len().min(self.room(frame, shared))
            };
            let plain = block.get_mut(..needed).unwrap_or_default();
            plain.copy_from_slice(masked.get(..needed).unwrap_or_default());
            unmask(key, frame.received + frame.lost, plain);
            self.keep_and_take(frame, plain, masked.len(), shared);
        }
    }

    /// Whether the message looks at the frame's payload.
    fn wants_payload(&self, frame: &Frame<'_>, shared: &Shared) -> bool {
        frame.header.opcode.is_data() && self.message.wants_bytes(shared)
    }

    /// How many more bytes of the frame are to be kept.
    fn room(&self, frame: &Frame<'_>, shared: &Shared) -> usize {
        let least = if frame.header.opcode.is_control() { CONTROL_KEPT } else { 0 };
        let keep = shared.preview.max(least);
        // Bytes behind a gap are not the next ones, so none of them is kept.
        let room = if frame.lost == 0 { keep.saturating_sub(self.kept.len() as u64) } else { 0 };
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Keeps of `plain` what is to be shown, and takes it.
    fn keep_and_take(&mut self, frame: &mut Frame<'_>, plain: &[u8], length: usize, shared: &Shared) {
        let room = self.room(frame, shared);
        self.kept.extend_from_slice(plain.get(..plain.len().min(room)).unwrap_or_default());
        self.take_plain(frame, plain, length, shared);
    }

    /// Takes `length` payload bytes, of which `plain` are those somebody looks at.
    #[inline(always)]
    fn take_plain(&mut self, frame: &mut Frame<'_>, plain: &[u8], length: usize, shared: &Shared) {
        if self.wants_payload(frame, shared) {
            self.message.push(plain, shared);
        } else if frame.header.opcode.is_data() {
            self.message.skip(length as u64);
        }
        frame.received += length as u64;
    }

    /// Where a frame has come to its declared end, reports it. Returns whether it has.
    fn finish_if_whole(&mut self, in_flight: &InFlight, shared: &mut Shared, out: &mut Out<'_>) -> bool {
        let InFlight { frame, cause } = *in_flight;
        let is_whole = frame.left() == 0;
        if is_whole {
            let kept = std::mem::take(&mut self.kept);
            let end = if frame.lost == 0 { FrameEnd::Complete } else { FrameEnd::Lost(cause) };
            let frame = Frame { end, payload: &kept, extent_end: self.extent_end, ..frame };
            self.finish(&frame, shared, out);
            self.kept = kept;
        }
        is_whole
    }

    /// A frame has come to its end.
    #[inline(always)]
    fn finish(&mut self, frame: &Frame<'_>, shared: &mut Shared, out: &mut Out<'_>) {
        out(Event::Frame(frame));
        self.before = (frame.lost == 0).then_some((frame.number, frame.header.length));
        if frame.header.fin && frame.header.opcode.is_data() {
            self.message.finish(frame, shared, out);
        }
    }

    /// The capture misses bytes here.
    pub(super) fn gap(&mut self, gap: Gap, shared: &mut Shared, out: &mut Out<'_>) {
        let from = self.from;
        self.settle_strange(true, shared, out);
        self.extent_end = gap.extent.end;
        let state = std::mem::replace(&mut self.state, State::Between);
        let sync_lost = !matches!(state, State::Foreign | State::Ended);
        match state {
            State::Payload(mut in_flight) => {
                let frame = &mut in_flight.frame;
                let left = frame.left();
                let (inside, is_inside) = match gap.missing {
                    Missing::Bytes(missing) => (missing.min(left), missing <= left),
                    // Where the frame ends cannot be counted any more: the rest of it counts as lost.
                    Missing::Unknown => (left, false),
                };
                frame.lost += inside;
                in_flight.cause = gap.cause;
                if frame.header.opcode.is_data() && inside > 0 {
                    self.message.lose(inside);
                }
                if is_inside {
                    out(Event::Gap { from, gap, sync_lost: false });
                }
                if !self.finish_if_whole(&in_flight, shared, out) {
                    self.state = State::Payload(in_flight);
                }
                if is_inside {
                    return;
                }
                out(Event::Gap { from, gap, sync_lost });
            }
            State::Header(half) => {
                out(Event::Gap { from, gap, sync_lost });
                out(Event::PartialHeader(&half.partial(from, FrameEnd::Lost(gap.cause), gap.stamp)));
            }
            State::Searching { .. } => out(Event::Gap { from, gap, sync_lost }),
            state => {
                out(Event::Gap { from, gap, sync_lost });
                self.state = state;
            }
        }
        if sync_lost {
            self.before = None;
            self.message.lose_sync();
            self.search_first(true);
        }
    }

    /// Looks for a boundary in what came since it was lost.
    fn search(
        &mut self,
        mut search: Box<Search>,
        after_gap: bool,
        chunk: Chunk<'_>,
        shared: &mut Shared,
        out: &mut Out<'_>,
    ) {
        search.push(chunk, self.rules(shared));
        let believed = search.best(self.from).filter(|chain| chain.evidence >= ENOUGH_IN_SESSION);
        let Some(at) = believed.and_then(|chain| search.boundary(chain)) else {
            self.state = State::Searching { search, after_gap };
            return;
        };
        let mut chunks = search.held().chunks_from(at).peekable();
        if after_gap {
            let stamp = chunks.peek().map_or(chunk.stamp, |first| first.stamp);
            out(Event::Resynchronized { from: self.from, skipped: at, stamp });
        }
        for chunk in chunks {
            self.push(chunk, shared, out);
        }
    }

    /// The stream ends.
    pub(super) fn end(&mut self, end: End, shared: &mut Shared, out: &mut Out<'_>) {
        let (from, cut) = (self.from, FrameEnd::Cut(end.cause));
        self.settle_strange(true, shared, out);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Payload(in_flight) => {
                self.tell_pause(&in_flight, end.at, out);
                out(Event::Frame(&self.so_far(&in_flight, cut)));
            }
            State::Header(half) => out(Event::PartialHeader(&half.partial(from, cut, end.stamp))),
            State::Ended => return,
            _ => {}
        }
        out(Event::End { from, end });
    }
}

/// The state behind a strange header: up to 64 bytes tell what it is, or all of the frame if it has fewer.
fn strange(buffer: SearchBuffer, number: u64, header: &FrameHeader) -> State {
    const PREVIEW: usize = 64;
    let size = usize::try_from(header.length).unwrap_or(usize::MAX).saturating_add(header.size());
    State::Strange(Box::new(Strange { buffer, number, enough: size.min(PREVIEW) }))
}

/// Whether RSV1 says that the message is compressed, where compression was negotiated (RFC 7692 §6).
const fn is_compressed(header: &FrameHeader) -> bool {
    header.rsv & FrameHeader::RSV1 != 0
}
