//! One direction of an upgraded connection: from bytes to frames and messages (RFC 6455 §5).

// Nearly every frame arrives whole in one packet: what it passes is one piece of code, without calls, which took a
// tenth.
#![expect(clippy::inline_always, reason = "left to itself the compiler inlines what has one caller")]

use super::Out;
use super::event::{Event, Frame, FrameEnd, LostFraming, LostShape, MessageKind, PartialHeader};
use super::header::FrameHeader;
use super::intruder::{Intruder, IntrudingFrame};
use super::looks::looks_like;
use super::mask::{unmask, unmask_into};
use super::message::{Compression, FramePosition, Integrity, MessageReader};
use super::negotiated::{Extensions, Negotiated, Start};
use super::opcode::Opcode;
use super::shared::Shared;
use super::sync::{BoundarySearch, ENOUGH_IN_SESSION, Rules, SearchBuffer, evidence, may_begin};
use crate::model::{Chunk, End, Extent, Footprint, Gap, GapCause, Missing, Peer, Stamp, Timestamp};
use std::time::Duration;

/// Payload bytes kept of a control frame: they may not have more than 125, but some do.
const CONTROL_KEPT: u64 = 4096;

/// A pause in a frame's payload that is worth reporting.
const PAUSE: Duration = Duration::from_secs(1);

/// Payload bytes unmasked at once, and those of a small payload, which need no larger block cleared for them.
const BLOCK: usize = 1024;
const SMALL: usize = 128;

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
        search: Box<BoundarySearch>,
        after_gap: bool,
    },
    /// Nor is it here, by the sender's own fault, of which nothing was reported yet.
    Lost(Box<Lost>),
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

/// A header that no reasonable endpoint would send, with too few bytes so far to know whether it is something else.
#[derive(Debug)]
struct Strange {
    buffer: SearchBuffer,
    number: u64,
    enough: usize,
}

/// A place where no frame stands, and what comes there.
#[derive(Debug)]
struct Lost {
    /// What is known so far.
    told: LostFraming,
    search: BoundarySearch,
    /// The size of the whole frame that stands in the payload of the one before, and how much of that payload came
    /// before it.
    intruder: Option<(u64, u64)>,
}

/// The frame before, while the next one is not known to be one.
#[derive(Clone, Copy, Debug)]
struct PreviousFrame {
    number: u64,
    length: u64,
    /// What was strange about its header.
    faults: u8,
    content: Integrity,
    came: Came,
}

/// Whether the capture holds a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Whole,
    /// It misses bytes of it.
    InPart,
}

/// A frame whose payload is coming.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    /// All but its payload, of which the reader keeps the first bytes.
    frame: Frame<'static>,
    /// Why the capture misses bytes of it, should it do so.
    cause: GapCause,
}

/// What of `chunk` is the payload of `frame`, and what lies after it.
fn payload_in<'b>(frame: &Frame<'_>, chunk: Chunk<'b>) -> (Chunk<'b>, Chunk<'b>) {
    chunk.split_at(usize::try_from(frame.left()).unwrap_or(usize::MAX))
}

/// Reads the frames of one direction.
#[derive(Debug)]
pub(super) struct FrameReader {
    from: Peer,
    state: State,
    message: MessageReader,
    /// The first payload bytes of the frame in flight, unless it arrives whole in one packet.
    kept: Vec<u8>,
    /// The last wire bytes of the frame before, and its number and length: a header that makes no sense may begin
    /// among them.
    tail: Tail,
    before: Option<PreviousFrame>,
    /// Nothing came before, and nothing is missing.
    is_first: bool,
    /// Bytes that look like another frame in the payload of the one that is coming, or that came last.
    intruder: Option<Box<Intruder>>,
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
        self.extent_end ^ self.before.map_or(0, |before| before.number) ^ u64::from(self.tail.length)
    }

    /// A reader of the frames of `from`, as the handshake wants them.
    pub(super) fn new(from: Peer, negotiated: Negotiated) -> Self {
        let compression = match negotiated.extensions {
            Extensions::Unseen => Compression::Unknown,
            Extensions::Seen { deflate: None, .. } => Compression::Off,
            Extensions::Seen { deflate: Some(deflate), .. } => Compression::Deflate(*deflate.of(from)),
        };
        let mut reader = Self {
            from,
            state: State::Between,
            message: MessageReader::new(compression),
            kept: Vec::new(),
            tail: Tail::default(),
            before: None,
            is_first: true,
            intruder: None,
            extent_end: 0,
        };
        reader.begin_at(*negotiated.start.of(from));
        reader
    }

    /// It begins there, not where it is.
    fn begin_at(&mut self, start: Start) {
        self.is_first = start == Start::Frame;
        self.state = match start {
            Start::Frame => State::Between,
            Start::Middle => State::Searching { search: Box::default(), after_gap: false },
            Start::AfterGap => State::Searching { search: Box::default(), after_gap: true },
        };
    }

    /// What it takes of memory besides itself.
    #[inline]
    pub(super) fn footprint(&self) -> Footprint {
        let state = match &self.state {
            State::Searching { search, .. } => search.memory(),
            State::Lost(lost) => size_of::<Lost>() + lost.search.memory(),
            State::Payload(_) => size_of::<InFlight>(),
            State::Between | State::Header(_) | State::Strange(_) | State::Foreign | State::Ended => 0,
        };
        let intruder = self.intruder.as_ref().map_or(0, |intruder| intruder.memory());
        self.message.footprint().and_held(state + self.kept.capacity() + intruder)
    }

    /// Gives back what is not needed right now.
    pub(super) fn rest(&mut self) {
        self.message.rest();
        if !matches!(self.state, State::Payload(_)) {
            self.kept = Vec::new();
        }
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        self.message.shed();
        self.intruder = None;
        if let State::Lost(lost) = &mut self.state {
            lost.search = BoundarySearch::default();
            lost.intruder = None;
        }
        if let State::Searching { search, .. } = &mut self.state {
            **search = BoundarySearch::default();
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
                    // No more than it takes to decide: what follows may be just as strange, again and again.
                    let missing = strange.enough.saturating_sub(strange.buffer.len()).max(1);
                    let (now, rest) = chunk.split_at(missing);
                    strange.buffer.push(now);
                    chunk = rest;
                    self.state = State::Strange(strange);
                    self.settle_strange(false, shared, out);
                }
                State::Lost(lost) => {
                    self.look_behind_loss(lost, chunk, shared, out);
                    return;
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
            if let Some(enough) = self.begins_with_line_end(chunk.bytes) {
                self.state = strange(SearchBuffer::default(), number, enough);
                return chunk;
            }
            let Chunk { bytes, stamp: first, extent } = chunk;
            let half = HalfHeader { bytes: bytes.to_vec(), first, extent, number };
            self.state = State::Header(Box::new(half));
            return chunk.advance(bytes.len());
        };
        if self.is_strange(&header, shared) {
            let enough =
                self.begins_with_line_end(chunk.bytes).unwrap_or_else(|| self.enough(&header, shared));
            self.state = strange(SearchBuffer::default(), number, enough);
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
            let header = FrameHeader::parse(&half.bytes);
            let line_end = self.begins_with_line_end(&half.bytes);
            if header.is_none() && line_end.is_none() {
                continue;
            }
            let HalfHeader { bytes: start, first, extent, number } = *half;
            let (last, rest) = chunk.split_at(start.len() - had);
            let enough = line_end.or_else(|| Some(self.enough(&header?, shared)));
            if let Some(enough) =
                enough.filter(|_| header.is_none_or(|header| self.is_strange(&header, shared)))
            {
                let mut buffer = SearchBuffer::default();
                let bytes = start.get(..had).unwrap_or_default();
                buffer.push(Chunk { bytes, stamp: first, extent });
                buffer.push(last);
                self.state = strange(buffer, number, enough);
                self.settle_strange(false, shared, out);
                return rest;
            }
            let Some(header) = header else { return rest };
            self.extent_end = last.extent.end;
            return self.begin(header, number, first, rest, shared, out);
        }
        half.extent = half.extent.to(chunk.extent);
        self.state = State::Header(half);
        chunk.advance(usize::MAX)
    }

    /// Decides what the bytes after a strange header are, as soon as that is known; at the end, or at a gap, from
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
        if let Some(lost) = self.lost_framing(bytes, first, shared) {
            shared.give_back(number);
            self.message.lose_sync();
            self.before = None;
            let held = buffer.chunks_from(0);
            self.state = State::Lost(lost);
            held.for_each(|chunk| self.push(chunk, shared, out));
            return;
        }
        if let Some(looks_like) = looks_like(bytes) {
            out(Event::Foreign { from: self.from, looks_like, preview: bytes, stamp: first, frame: number });
            self.message.lose_sync();
            self.state = State::Foreign;
            return;
        }
        if let Some(at) = self.misaligned(bytes, shared) {
            shared.give_back(number);
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

    /// Whether the `bytes` that stand where a frame belongs show that the framing is lost, and not that one frame has a
    /// fault.
    fn lost_framing(&self, bytes: &[u8], stamp: Stamp, shared: &Shared) -> Option<Box<Lost>> {
        let (number, length) = self.before.map_or((0, 0), |before| (before.number, before.length));
        let lost = |shape, stamp, expected, intruder| {
            let (from, preview) = (self.from, bytes.to_vec());
            let lossy = self.before.is_some_and(|before| before.came == Came::InPart);
            let told = LostFraming {
                from,
                frame: number,
                declared: length,
                shape,
                preview,
                stamp,
                resumed: None,
                lossy,
            };
            Some(Box::new(Lost { told, search: BoundarySearch::expecting(expected), intruder }))
        };
        if self.is_first
            && let Some(end) = self.line_end(bytes, shared)
        {
            return lost(LostShape::LineEnds, stamp, vec![end as u64], None);
        }
        if self.before.is_none() && !self.is_first {
            // The capture misses what came before.
            return None;
        }
        let header = FrameHeader::parse(bytes)?;
        let intruder = self.intruder_before(&header, shared);
        if intruder.is_none_or(|(_, found)| length - found.at <= OFF_BY as u64)
            && (looks_like(bytes).is_some() || self.misaligned(bytes, shared).is_some())
        {
            return None;
        }
        if let Some((stamp, found)) = intruder {
            // Either the rest of the payload or more frames follow it.
            let expected = [Some(found.size), (found.at + found.size).checked_sub(length)];
            let shape = LostShape::Inside { at: found.at };
            return lost(
                shape,
                stamp,
                expected.into_iter().flatten().collect(),
                Some((found.size, found.at)),
            );
        }
        // Text has letters where a header has its bits and its length.
        let is_text = header.rsv != 0 && bytes.iter().take(2).all(|byte| matches!(byte, b' '..=b'~'));
        let is_invalid = !header.is_minimal() || header.is_length_invalid();
        let is_control = matches!(header.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong);
        let is_cut = is_control && (!header.fin || header.length > 125);
        let more = u32::from(is_text) + u32::from(is_invalid) + u32::from(is_cut);
        let new = self.new_faults(&header, shared);
        let broken = self.before.is_some_and(|before| before.content == Integrity::Broken);
        let is_lost = new != 0 && (broken || new.count_ones() + more > 1);
        if is_lost { lost(LostShape::Unknown, stamp, Vec::new(), None) } else { None }
    }

    /// Whether `bytes`, of which there are two, are a line end where the first frame belongs, as their side sends
    /// nothing else that begins like that: a server does not mask a pong, and 13 is not an opcode. How many bytes,
    /// two of another frame included, then show that.
    fn begins_with_line_end(&self, bytes: &[u8]) -> Option<usize> {
        match (self.from, bytes) {
            _ if !self.is_first => None,
            (Peer::Server, [b'\n', second, ..]) if second & 0x80 != 0 => Some(3),
            (_, [b'\r', b'\n', ..]) => Some(4),
            _ => None,
        }
    }

    /// How long the line end is that stands before what can be a frame.
    fn line_end(&self, bytes: &[u8], shared: &Shared) -> Option<usize> {
        let end = [1, 2].into_iter().find(|end| bytes.get(end - 1) == Some(&b'\n'))?;
        let behind = bytes.get(end..).filter(|_| end == 1 || bytes.first() == Some(&b'\r'))?;
        let is_certain = self.begins_with_line_end(bytes).is_some();
        let rules = self.rules(shared);
        let fits = match behind {
            [first, second, ..] if is_certain => {
                let masked = if self.from == Peer::Client { 0x80 } else { 0 };
                may_begin(*first, rules.rsv1) && second & 0x80 == masked
            }
            _ => evidence(behind, rules).is_some_and(|evidence| evidence >= ENOUGH_IN_SESSION),
        };
        fits.then_some(end)
    }

    /// What is strange about a header and was not about the one before: who always makes the same mistake sends frames
    /// all the same.
    fn new_faults(&self, header: &FrameHeader, shared: &Shared) -> u8 {
        self.faults(header, shared) & !self.before.map_or(0, |before| before.faults)
    }

    /// Another frame in the payload of the one before, if this strange header can be its consequence: the packet where
    /// it begins, and where that is.
    fn intruder_before(&self, header: &FrameHeader, shared: &Shared) -> Option<(Stamp, IntrudingFrame)> {
        let before = self.before?;
        let intruder = self.intruder.as_ref().filter(|intruder| intruder.frame == before.number)?;
        let found = intruder.find(self.rules(shared)).filter(|found| found.at < before.length)?;
        (self.new_faults(header, shared) != 0).then_some((intruder.stamp, found))
    }

    /// Looks for the next frame after a place where none stands.
    fn look_behind_loss(
        &mut self,
        mut lost: Box<Lost>,
        chunk: Chunk<'_>,
        shared: &mut Shared,
        out: &mut Out<'_>,
    ) {
        lost.search.push(chunk, self.rules(shared));
        let believed = lost.search.best(self.from).filter(|chain| chain.evidence >= ENOUGH_IN_SESSION);
        let Some(at) = believed.and_then(|chain| lost.search.boundary(chain)) else {
            if lost.search.held().is_whole() {
                self.state = State::Lost(lost);
            } else {
                // So much of it is not a frame that nothing more is needed to say so.
                out(Event::LostFraming(&lost.told));
                self.state = State::Searching { search: Box::new(lost.search), after_gap: false };
            }
            return;
        };
        lost.resume(at);
        out(Event::LostFraming(&lost.told));
        for chunk in lost.search.held().chunks_from(at) {
            self.push(chunk, shared, out);
        }
    }

    /// Where frames go on if the frame before declared a few bytes too many or too few: a place in its last bytes and
    /// `bytes` together.
    fn misaligned(&self, bytes: &[u8], shared: &Shared) -> Option<usize> {
        /// More than one readable header gives: after a wrong place, three of four bytes of a masked text are still
        /// right.
        const EVIDENCE: i32 = 22;
        self.before.filter(|before| before.came == Came::Whole)?;
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
        let Some(PreviousFrame { number: frame, length: declared, .. }) = self.before.take() else { return };
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
        // It arrived whole in one packet, as nearly all do: nothing of it need be kept.
        self.extent_end = payload.extent.end;
        self.take_plain(&mut frame, plain, plain.len(), shared);
        if self.message.is_invalid() {
            self.suspect_intruder(&frame, payload.bytes, payload.stamp);
        }
        self.tail.push(payload.bytes);
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
            Opcode::Text => FramePosition::First { kind: MessageKind::Text, compressed, foreign },
            Opcode::Binary => FramePosition::First { kind: MessageKind::Binary, compressed, foreign },
            Opcode::Continuation => FramePosition::Next { foreign },
            Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return,
        };
        self.message.begin(part, number, first);
    }

    /// How many bytes tell what a strange header is: up to 64, or all of the frame if it has fewer. Where it is known
    /// already that something is wrong with what came before, the header is enough.
    fn enough(&self, header: &FrameHeader, shared: &Shared) -> usize {
        const PREVIEW: usize = 64;
        let is_far = |(_, found): (Stamp, IntrudingFrame)| {
            self.before.is_some_and(|before| before.length - found.at > OFF_BY as u64)
        };
        if self.intruder_before(header, shared).is_some_and(is_far) {
            header.size()
        } else {
            usize::try_from(header.length)
                .map_or(PREVIEW, |length| length.saturating_add(header.size()).min(PREVIEW))
        }
    }

    /// Whether no reasonable endpoint would send this header, so that it may be something else.
    fn is_strange(&self, header: &FrameHeader, shared: &Shared) -> bool {
        // A line feed looks like the beginning of a pong that is not final.
        let may_be_line_feed = self.is_first && header.opcode == Opcode::Pong && !header.fin;
        self.faults(header, shared) != 0 || may_be_line_feed
    }

    /// What is strange about a header: a bit for each kind of fault.
    fn faults(&self, header: &FrameHeader, shared: &Shared) -> u8 {
        let allowed = if shared.foreign_extension {
            7
        } else if self.message.compression == Compression::Off || header.opcode.is_control() {
            0
        } else {
            FrameHeader::RSV1
        };
        let wrong_side = header.mask.is_some() != (self.from == Peer::Client);
        u8::from(header.rsv & !allowed != 0)
            | u8::from(matches!(header.opcode, Opcode::Reserved(_))) << 1
            | u8::from(wrong_side) << 2
    }

    /// A frame in flight as it is reported.
    fn so_far(&self, in_flight: &InFlight, end: FrameEnd) -> Frame<'_> {
        Frame { end, payload: &self.kept, extent_end: self.extent_end, ..in_flight.frame }
    }

    /// Reports a frame whose payload is incomplete.
    pub(super) fn waits(&self, out: &mut dyn FnMut(&Frame<'_>)) {
        if let State::Payload(in_flight) = &self.state {
            out(&self.so_far(in_flight, FrameEnd::Pending));
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
        match frame.header.mask {
            None => self.keep_and_take(frame, bytes, bytes.len(), shared),
            Some(key) if bytes.len() <= SMALL => self.take_masked::<SMALL>(frame, key, bytes, shared),
            Some(key) => self.take_masked::<BLOCK>(frame, key, bytes, shared),
        }
        if self.message.is_invalid() {
            self.suspect_intruder(frame, bytes, chunk.stamp);
        }
        self.tail.push(bytes);
    }

    /// A text is not UTF-8: perhaps another frame begins there. Takes the bytes on the wire that came last.
    #[cold]
    fn suspect_intruder(&mut self, frame: &Frame<'_>, bytes: &[u8], stamp: Stamp) {
        if !frame.header.opcode.is_data() || frame.lost > 0 {
            return;
        }
        if let Some(intruder) = self.intruder.as_mut().filter(|intruder| intruder.frame == frame.number) {
            intruder.push(bytes);
        } else if let Some(at) = self.message.invalid_at(frame.received) {
            let before = frame.received - bytes.len() as u64;
            self.intruder =
                Some(Box::new(Intruder::new(frame.number, at, before, [self.tail.as_bytes(), bytes], stamp)));
        }
    }

    /// Unmasks what somebody looks at, a block at a time: an idle session keeps no buffer.
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
        // Bytes after a gap are not the next ones, so none of them is kept.
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
        let mut content = Integrity::Sound;
        if frame.header.opcode.is_data() {
            if self.message.is_invalid() {
                content = Integrity::Broken;
                let rules = self.rules(shared);
                let intruder = self.intruder.as_ref().filter(|intruder| intruder.frame == frame.number);
                if intruder.is_some_and(|intruder| intruder.is_possible(rules)) {
                    self.message.doubt_framing();
                }
            }
            if frame.header.fin && self.message.finish(frame, shared, out) == Integrity::Broken {
                content = Integrity::Broken;
            }
        }
        let faults = self.faults(&frame.header, shared);
        self.is_first = false;
        self.before = Some(PreviousFrame {
            number: frame.number,
            length: frame.header.length,
            faults,
            content,
            came: if frame.lost == 0 { Came::Whole } else { Came::InPart },
        });
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
            State::Lost(lost) => {
                out(Event::LostFraming(&lost.told));
                out(Event::Gap { from, gap, sync_lost });
            }
            state @ (State::Between | State::Strange(_) | State::Foreign | State::Ended) => {
                out(Event::Gap { from, gap, sync_lost });
                self.state = state;
            }
        }
        if sync_lost {
            self.before = None;
            self.message.lose_sync();
            self.begin_at(Start::AfterGap);
        }
    }

    /// Looks for a boundary in what came since it was lost.
    fn search(
        &mut self,
        mut search: Box<BoundarySearch>,
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

    /// A frame does not arrive whole, and whole frames stand in what came of it.
    fn torn(&self, frame: &Frame<'_>, shared: &Shared) -> Option<LostFraming> {
        let intruder = self.intruder.as_ref().filter(|intruder| intruder.frame == frame.number)?;
        let found = intruder.find(self.rules(shared)).filter(IntrudingFrame::is_certain)?;
        Some(LostFraming {
            from: self.from,
            frame: frame.number,
            declared: frame.header.length,
            shape: LostShape::Inside { at: found.at },
            preview: intruder.preview(found.at),
            stamp: intruder.stamp,
            resumed: None,
            lossy: frame.lost > 0,
        })
    }

    /// The stream ends.
    pub(super) fn end(&mut self, end: End, shared: &mut Shared, out: &mut Out<'_>) {
        let (from, cut) = (self.from, FrameEnd::Cut(end.cause));
        self.settle_strange(true, shared, out);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Payload(in_flight) => {
                self.tell_pause(&in_flight, end.at, out);
                if let Some(told) = self.torn(&in_flight.frame, shared) {
                    out(Event::LostFraming(&told));
                }
                out(Event::Frame(&self.so_far(&in_flight, cut)));
            }
            State::Header(half) => out(Event::PartialHeader(&half.partial(from, cut, end.stamp))),
            State::Lost(mut lost) => {
                lost.resume(lost.search.held().end());
                lost.told.resumed = None;
                out(Event::LostFraming(&lost.told));
            }
            State::Ended => return,
            State::Between | State::Strange(_) | State::Searching { .. } | State::Foreign => {}
        }
        out(Event::End { from, end });
    }
}

impl Lost {
    /// Frames continue this many bytes after the place where one should begin.
    fn resume(&mut self, at: u64) {
        self.told.resumed = Some(at);
        if let Some((size, before)) = self.intruder
            && at == size
            && before < self.told.declared
        {
            self.told.shape = LostShape::Interleaved { at: before };
        }
    }
}

/// The state at a header that no reasonable endpoint sends, until this many bytes of it have come.
fn strange(buffer: SearchBuffer, number: u64, enough: usize) -> State {
    State::Strange(Box::new(Strange { buffer, number, enough }))
}

/// Whether RSV1 says that the message is compressed, where compression was negotiated (RFC 7692 §6).
const fn is_compressed(header: &FrameHeader) -> bool {
    header.rsv & FrameHeader::RSV1 != 0
}
