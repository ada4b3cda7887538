//! One direction of an upgraded connection: from bytes to frames and messages (RFC 6455 §5).

use super::event::{Event, Frame, FrameEnd, MessageKind, PartialHeader, Wait};
use super::header::FrameHeader;
use super::looks::looks_like;
use super::mask::unmask;
use super::message::{Compression, MessageReader, Part};
use super::opcode::Opcode;
use super::sync::{ENOUGH_IN_SESSION, Rules, Search, SearchBuffer, evidence};
use crate::model::{Chunk, End, Gap, GapCause, Peer, Stamp, Timestamp};
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

/// Numbers that count over both directions.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) frames: u64,
    pub(super) messages: u64,
}

/// How to read one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) from: Peer,
    pub(super) compression: Compression,
    /// Some other extension was negotiated: what the reserved bits mean is its matter.
    pub(super) foreign_extension: bool,
    /// Bytes of a data frame's payload to keep.
    pub(super) preview: u64,
    /// Bytes of a message to keep.
    pub(super) keep: u64,
    /// Bytes at which inflating a message stops.
    pub(super) inflate_cap: u64,
    /// Bytes of the stream before the first frame.
    pub(super) position: u64,
}

#[derive(Debug)]
enum State {
    /// Between frames, or inside a header of which so many bytes are there.
    Header {
        bytes: Vec<u8>,
        first: Stamp,
        number: u64,
    },
    Payload(InFlight),
    /// A header that no sane endpoint would send, as yet too few bytes to tell whether something else stands here.
    Strange {
        buffer: SearchBuffer,
        number: u64,
        enough: usize,
    },
    /// Where the next frame begins is not known.
    Searching {
        search: Box<Search>,
        after_gap: bool,
    },
    /// Something else than frames.
    Foreign,
    Ended,
}

impl State {
    fn between() -> Self {
        Self::Header { bytes: Vec::new(), first: Stamp::default(), number: 0 }
    }
}

/// A frame whose payload is coming.
#[derive(Clone, Copy, Debug)]
struct InFlight {
    number: u64,
    header: FrameHeader,
    first: Stamp,
    last: Stamp,
    received: u64,
    /// Payload bytes that the capture misses, and why.
    lost: u64,
    cause: GapCause,
    /// A part of a message.
    in_message: bool,
}

impl InFlight {
    const fn left(&self) -> u64 {
        self.header.length - self.received - self.lost
    }
}

/// Reads the frames of one direction.
#[derive(Debug)]
pub(super) struct FrameReader {
    setup: Setup,
    state: State,
    message: MessageReader,
    /// The first payload bytes of the frame in flight.
    kept: Vec<u8>,
    /// The last wire bytes of the frame before, and its number and length: a header that makes no sense may begin
    /// among them.
    tail: Tail,
    before: Option<(u64, u64)>,
    /// Bytes of the stream up to here; those of a header, or of a search, count once it is known what they are.
    position: u64,
}

/// How far the length of a frame may be wrong for its successor still to be found.
const OFF_BY: usize = 16;

/// The last bytes of a frame, at most [`OFF_BY`].
#[derive(Debug, Default)]
struct Tail {
    bytes: [u8; OFF_BY],
    length: usize,
}

impl Tail {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(OFF_BY - self.length..).unwrap_or_default()
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
        self.length = OFF_BY.min(self.length + bytes.len());
    }
}

impl FrameReader {
    /// Something of each of its parts, so that they are on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.position ^ self.before.map_or(0, |(number, _)| number) ^ self.tail.length as u64
    }

    /// A reader that begins at a frame.
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            state: State::between(),
            message: MessageReader::new(setup.compression, setup.keep, setup.inflate_cap),
            kept: Vec::new(),
            tail: Tail::default(),
            before: None,
            position: setup.position,
        }
    }

    /// A reader that first has to find one, because of a gap or because the capture begins late.
    pub(super) fn searching(setup: Setup, after_gap: bool) -> Self {
        Self { state: State::Searching { search: Box::default(), after_gap }, ..Self::new(setup) }
    }

    /// Bytes of memory that [`rest`](Self::rest) and [`shed`](Self::shed) can give back, roughly.
    pub(super) fn memory(&self) -> usize {
        let search = if let State::Searching { search, .. } = &self.state { search.memory() } else { 0 };
        self.message.memory() + search + self.kept.capacity()
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
            self.position += search.held().end();
            **search = Search::default();
        }
    }

    fn rules(&self) -> Rules {
        let rsv1 = self.setup.compression != Compression::Off || self.setup.foreign_extension;
        Rules { from: Some(self.setup.from), rsv1 }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, chunk: Chunk<'_>, numbers: &mut Numbers, out: &mut Out<'_>) {
        let mut bytes = chunk.bytes;
        while !bytes.is_empty() {
            match &mut self.state {
                State::Header { bytes: held, .. } => {
                    if held.is_empty()
                        && let Some(header) = FrameHeader::parse(bytes)
                    {
                        numbers.frames += 1;
                        if self.is_strange(&header) {
                            self.state = strange(SearchBuffer::default(), numbers.frames, &header);
                            continue;
                        }
                        self.begin(header, chunk.stamp, numbers.frames, out);
                        bytes = bytes.get(header.size()..).unwrap_or_default();
                    } else {
                        bytes = self.collect_header(bytes, chunk.stamp, numbers, out);
                        self.settle_strange(false, numbers, out);
                    }
                    self.finish_if_whole(numbers, out);
                }
                State::Payload(frame) => {
                    let taken = bytes.len().min(usize::try_from(frame.left()).unwrap_or(usize::MAX));
                    let (payload, rest) = bytes.split_at_checked(taken).unwrap_or((bytes, &[]));
                    bytes = rest;
                    if frame.last.time != chunk.stamp.time {
                        let frame = *frame;
                        self.tell_pause(&frame, chunk.stamp.time, out);
                    }
                    self.position += taken as u64;
                    self.take_payload(payload, chunk.stamp);
                    self.finish_if_whole(numbers, out);
                }
                State::Strange { buffer, .. } => {
                    buffer.push(Chunk { bytes, ..chunk });
                    self.settle_strange(false, numbers, out);
                    return;
                }
                State::Searching { .. } => {
                    self.search(Chunk { bytes, ..chunk }, numbers, out);
                    return;
                }
                State::Foreign | State::Ended => {
                    self.position += bytes.len() as u64;
                    return;
                }
            }
        }
    }

    /// Takes bytes of a header that came in pieces; returns what is left.
    fn collect_header<'b>(
        &mut self,
        bytes: &'b [u8],
        stamp: Stamp,
        numbers: &mut Numbers,
        out: &mut Out<'_>,
    ) -> &'b [u8] {
        let State::Header { bytes: held, first, number } = &mut self.state else { return bytes };
        if held.is_empty() {
            numbers.frames += 1;
            (*first, *number) = (stamp, numbers.frames);
        }
        let had = held.len();
        for &byte in bytes.iter().take(FrameHeader::MAX_SIZE) {
            held.push(byte);
            let Some(header) = FrameHeader::parse(held) else { continue };
            let (first, number) = (*first, *number);
            let used = held.len() - had;
            let start = std::mem::take(held);
            if self.is_strange(&header) {
                let mut buffer = SearchBuffer::default();
                let (before, after) = start.split_at_checked(had).unwrap_or_default();
                buffer.push(Chunk { bytes: before, stamp: first });
                buffer.push(Chunk { bytes: after, stamp });
                self.state = strange(buffer, number, &header);
                return bytes.get(used..).unwrap_or_default();
            }
            self.begin(header, first, number, out);
            if let State::Payload(frame) = &mut self.state {
                frame.last = stamp;
            }
            return bytes.get(used..).unwrap_or_default();
        }
        &[]
    }

    /// Decides what the bytes behind a strange header are, as soon as that can be told; at the end, or at a gap, from
    /// what there is.
    fn settle_strange(&mut self, at_end: bool, numbers: &mut Numbers, out: &mut Out<'_>) {
        let State::Strange { buffer, number, enough } = &mut self.state else { return };
        if !at_end && buffer.len() < *enough {
            return;
        }
        let (buffer, number, enough) = (std::mem::take(buffer), *number, *enough);
        let bytes = buffer.bytes().get(..buffer.len().min(enough)).unwrap_or_default();
        let mut chunks = buffer.chunks_from(0);
        let first = chunks.next().map(|chunk| chunk.stamp).unwrap_or_default();
        if let Some(looks_like) = looks_like(bytes) {
            let from = self.setup.from;
            out(Event::Foreign { from, looks_like, preview: bytes, stamp: first, frame: number });
            self.position += buffer.len() as u64;
            self.message.lose_sync();
            self.state = State::Foreign;
            return;
        }
        if let Some(at) = self.misaligned(bytes) {
            numbers.frames = number - 1;
            self.realign(at, &buffer, first, numbers, out);
            return;
        }
        let Some(header) = FrameHeader::parse(bytes) else { return };
        self.begin(header, first, number, out);
        self.finish_if_whole(numbers, out);
        for chunk in buffer.chunks_from(header.size() as u64) {
            self.push(chunk, numbers, out);
        }
    }

    /// Where frames go on if the frame before declared a few bytes too many or too few: a place in its last bytes and
    /// `bytes` together.
    fn misaligned(&self, bytes: &[u8]) -> Option<usize> {
        /// More than one readable header gives: behind a wrong place, three of four bytes of a masked text are still right.
        const EVIDENCE: i32 = 22;
        self.before?;
        let bytes = [self.tail.as_bytes(), bytes].concat();
        let here = self.tail.as_bytes().len();
        let places = (0..=here + OFF_BY).filter(|at| *at != here);
        let evidence = |at: usize| evidence(bytes.get(at..)?, self.rules()).filter(|bits| *bits >= EVIDENCE);
        let found = places.filter_map(|at| Some((evidence(at)?, std::cmp::Reverse(at.abs_diff(here)), at)));
        found.max().map(|(_, _, at)| at)
    }

    /// Goes on at another place than the frame before declared.
    fn realign(
        &mut self,
        at: usize,
        buffer: &SearchBuffer,
        stamp: Stamp,
        numbers: &mut Numbers,
        out: &mut Out<'_>,
    ) {
        let (tail, from) = (std::mem::take(&mut self.tail), self.setup.from);
        let tail = tail.as_bytes();
        let Some((frame, declared)) = self.before.take() else { return };
        let actual = (declared + at as u64).saturating_sub(tail.len() as u64);
        out(Event::Misaligned { from, frame, declared, actual, stamp });
        self.state = State::between();
        self.position = (self.position + at as u64).saturating_sub(tail.len() as u64);
        if let Some(bytes) = tail.get(at..).filter(|bytes| !bytes.is_empty()) {
            self.push(Chunk { bytes, stamp }, numbers, out);
        }
        for chunk in buffer.chunks_from(at.saturating_sub(tail.len()) as u64) {
            self.push(chunk, numbers, out);
        }
    }

    /// A header is complete.
    fn begin(&mut self, header: FrameHeader, first: Stamp, number: u64, out: &mut Out<'_>) {
        let compressed = is_compressed(&header);
        let deflate = if self.setup.compression == Compression::Off { 0 } else { FrameHeader::RSV1 };
        let foreign = self.setup.foreign_extension && header.rsv & !deflate != 0;
        let part = match header.opcode {
            Opcode::Text => Some(Part::First { kind: MessageKind::Text, compressed, foreign }),
            Opcode::Binary => Some(Part::First { kind: MessageKind::Binary, compressed, foreign }),
            Opcode::Continuation => Some(Part::Next { foreign }),
            _ => None,
        };
        if let Some(part) = part {
            self.message.begin(part, number, first);
        }
        self.kept.clear();
        self.tail = Tail::default();
        self.position += header.size() as u64;
        let frame = InFlight {
            number,
            header,
            first,
            last: first,
            received: 0,
            lost: 0,
            cause: GapCause::Lost,
            in_message: part.is_some(),
        };
        out(Event::Header(&self.frame(&frame, FrameEnd::Pending)));
        self.state = State::Payload(frame);
    }

    /// Whether a header is one that no sane endpoint would send: something else may stand here.
    fn is_strange(&self, header: &FrameHeader) -> bool {
        let allowed = if self.setup.foreign_extension {
            7
        } else if self.setup.compression == Compression::Off || header.opcode.is_control() {
            0
        } else {
            FrameHeader::RSV1
        };
        let wrong_side = header.mask.is_some() != (self.setup.from == Peer::Client);
        header.rsv & !allowed != 0 || matches!(header.opcode, Opcode::Reserved(_)) || wrong_side
    }

    fn frame<'f>(&'f self, frame: &InFlight, end: FrameEnd) -> Frame<'f> {
        Frame {
            number: frame.number,
            from: self.setup.from,
            header: frame.header,
            first: frame.first,
            last: frame.last,
            received: frame.received,
            lost: frame.lost,
            end,
            payload: &self.kept,
            stream_end: self.position,
        }
    }

    /// Tells of a frame whose payload has not come whole.
    pub(super) fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        if let State::Payload(frame) = &self.state {
            out(Wait::Payload(&self.frame(frame, FrameEnd::Pending)));
        }
    }

    /// Tells that nothing came for a while before `now`.
    fn tell_pause(&self, frame: &InFlight, now: Timestamp, out: &mut Out<'_>) {
        let waited = now.since(frame.last.time);
        if waited >= PAUSE {
            out(Event::Stalled { frame: &self.frame(frame, FrameEnd::Pending), waited });
        }
    }

    fn take_payload(&mut self, bytes: &[u8], stamp: Stamp) {
        let State::Payload(frame) = &mut self.state else { return };
        frame.last = stamp;
        self.tail.push(bytes);
        let Some(key) = frame.header.mask else {
            self.take_plain(bytes, bytes.len());
            return;
        };
        if bytes.len() <= SMALL {
            self.take_masked::<SMALL>(key, bytes);
        } else {
            self.take_masked::<BLOCK>(key, bytes);
        }
    }

    /// Unmasks what somebody looks at, a block at a time: no buffer stays behind in an idle session.
    fn take_masked<const SIZE: usize>(&mut self, key: [u8; 4], bytes: &[u8]) {
        let mut block = [0; SIZE];
        for masked in bytes.chunks(SIZE) {
            let State::Payload(frame) = &self.state else { return };
            let needed =
                if self.wants_payload(frame) { masked.len() } else { masked.len().min(self.room(frame)) };
            let (position, plain) =
                (frame.received + frame.lost, block.get_mut(..needed).unwrap_or_default());
            plain.copy_from_slice(masked.get(..needed).unwrap_or_default());
            unmask(key, position, plain);
            self.take_plain(plain, masked.len());
        }
    }

    /// Whether the message looks at the frame's payload.
    fn wants_payload(&self, frame: &InFlight) -> bool {
        frame.in_message && self.message.wants_bytes()
    }

    /// How many more bytes of the frame are to be kept.
    fn room(&self, frame: &InFlight) -> usize {
        let least = if frame.header.opcode.is_control() { CONTROL_KEPT } else { 0 };
        let keep = self.setup.preview.max(least);
        // Bytes behind a gap are not the next ones, so none of them is kept.
        let room = if frame.lost == 0 { keep.saturating_sub(self.kept.len() as u64) } else { 0 };
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Takes `length` payload bytes, of which `plain` are those somebody looks at.
    fn take_plain(&mut self, plain: &[u8], length: usize) {
        let State::Payload(frame) = &self.state else { return };
        let (room, wanted, in_message) = (self.room(frame), self.wants_payload(frame), frame.in_message);
        self.kept.extend_from_slice(plain.get(..plain.len().min(room)).unwrap_or_default());
        if wanted {
            self.message.push(plain);
        } else if in_message {
            self.message.skip(length as u64);
        }
        if let State::Payload(frame) = &mut self.state {
            frame.received += length as u64;
        }
    }

    /// Where the frame in flight has come to its declared end, reports it.
    fn finish_if_whole(&mut self, numbers: &mut Numbers, out: &mut Out<'_>) {
        let State::Payload(frame) = &self.state else { return };
        if frame.left() > 0 {
            return;
        }
        let end = if frame.lost == 0 { FrameEnd::Complete } else { FrameEnd::Lost(frame.cause) };
        out(Event::Frame(&self.frame(frame, end)));
        let (last, ends_message) = (frame.last, frame.in_message && frame.header.fin);
        self.before = (frame.lost == 0).then_some((frame.number, frame.header.length));
        self.state = State::between();
        if ends_message {
            let from = self.setup.from;
            self.message.finish(from, &mut numbers.messages, last, self.position, &mut |message| {
                out(Event::Message(message));
            });
        }
    }

    /// The capture misses bytes here.
    pub(super) fn gap(&mut self, gap: Gap, numbers: &mut Numbers, out: &mut Out<'_>) {
        let from = self.setup.from;
        self.settle_strange(true, numbers, out);
        self.position += gap.missing;
        if let State::Payload(frame) = &mut self.state {
            let inside = gap.missing.min(frame.left());
            (frame.lost, frame.cause) = (frame.lost + inside, gap.cause);
            if frame.in_message && inside > 0 {
                self.message.lose(inside);
            }
            if inside == gap.missing {
                out(Event::Gap { from, gap, sync_lost: false });
                self.finish_if_whole(numbers, out);
                return;
            }
            self.finish_if_whole(numbers, out);
        }
        let sync_lost = !matches!(self.state, State::Foreign | State::Ended);
        out(Event::Gap { from, gap, sync_lost });
        if let State::Header { bytes, first, number } = &mut self.state
            && !bytes.is_empty()
        {
            let (first, number, bytes) = (*first, *number, std::mem::take(bytes));
            let end = FrameEnd::Lost(gap.cause);
            out(Event::PartialHeader(&PartialHeader { number, from, bytes, first, end, last: gap.stamp }));
        }
        if sync_lost {
            self.before = None;
            if let State::Searching { search, .. } = &self.state {
                self.position += search.held().end();
            }
            self.message.lose_sync();
            self.state = State::Searching { search: Box::default(), after_gap: true };
        }
    }

    /// Looks for a boundary in what came since it was lost.
    fn search(&mut self, chunk: Chunk<'_>, numbers: &mut Numbers, out: &mut Out<'_>) {
        let rules = self.rules();
        let State::Searching { search, after_gap } = &mut self.state else { return };
        search.push(chunk, rules);
        let believed = search.best(self.setup.from).filter(|chain| chain.evidence >= ENOUGH_IN_SESSION);
        let Some(at) = believed.and_then(|chain| search.boundary(chain)) else { return };
        let (search, after_gap) = (std::mem::take(search), *after_gap);
        self.position += at;
        self.state = State::between();
        let mut chunks = search.held().chunks_from(at).peekable();
        if after_gap {
            let stamp = chunks.peek().map_or(chunk.stamp, |first| first.stamp);
            out(Event::Resynchronized { from: self.setup.from, skipped: at, stamp });
        }
        for chunk in chunks {
            self.push(chunk, numbers, out);
        }
    }

    /// The stream ends.
    pub(super) fn end(&mut self, end: End, numbers: &mut Numbers, out: &mut Out<'_>) {
        let from = self.setup.from;
        self.settle_strange(true, numbers, out);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Payload(frame) => {
                self.tell_pause(&frame, end.at, out);
                let cut = FrameEnd::Cut(end.cause);
                out(Event::Frame(&self.frame(&frame, cut)));
            }
            State::Header { bytes, first, number } if !bytes.is_empty() => {
                let partial = PartialHeader {
                    number,
                    from,
                    bytes,
                    first,
                    end: FrameEnd::Cut(end.cause),
                    last: end.stamp,
                };
                out(Event::PartialHeader(&partial));
            }
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
    State::Strange { buffer, number, enough: size.min(PREVIEW) }
}

/// Whether RSV1 says that the message is compressed, where compression was negotiated (RFC 7692 §6).
const fn is_compressed(header: &FrameHeader) -> bool {
    header.rsv & FrameHeader::RSV1 != 0
}
