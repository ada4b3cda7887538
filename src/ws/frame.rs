//! One direction of an upgraded connection: from bytes to frames and messages (RFC 6455 §5).

// Nearly every frame arrives whole in one packet. All code on that path is inlined: calls took a tenth of the time.
#![expect(clippy::inline_always, reason = "left to itself the compiler inlines what has one caller")]

mod followed;
mod keyless;
mod lost;
mod misaligned;
mod odd;
mod payload;
mod state;
mod stop;
mod strays;
mod torn;

use self::state::{
    Coverage, DeclaredLengths, Further, InFlight, LastBytes, Lost, OFF_BY, Place, PreviousFrame, State,
    Strange,
};
use self::torn::LatestPayload;
use super::Out;
use super::event::{Event, Frame, FrameEnd, MessageKind};
use super::header::FrameHeader;
use super::intruder::Intruder;
use super::mask::unmask_into;
use super::message::{FramePosition, Integrity, MessageCompression, MessageReader};
use super::negotiated::{Extensions, Negotiated, Start};
use super::opcode::Opcode;
use super::shared::BothReaders;
use super::sync::{BoundarySearch, Rules};
use crate::model::{Chunk, Extent, Footprint, GapCause, Peer, Stamp, Timestamp};
use std::time::Duration;

/// Bytes of a small payload, which needs no larger block cleared for it.
const SMALL: usize = 128;

/// A pause in a frame's payload that is worth reporting.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes off `chunk` what of it is the payload of `frame`.
fn payload_of<'b>(frame: &Frame<'_>, chunk: &mut Chunk<'b>) -> Chunk<'b> {
    chunk.split_to(usize::try_from(frame.left()).unwrap_or(usize::MAX))
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
    tail: LastBytes,
    before: Option<PreviousFrame>,
    /// Nothing came before, and nothing is missing.
    is_first: bool,
    /// This client masks its frames and does not set the mask bit.
    forgets_bit: bool,
    /// What is known of the lengths that it declares.
    lengths: DeclaredLengths,
    /// Bytes that look like another frame in the payload of the one that is coming, or that came last.
    intruder: Option<Box<Intruder>>,
    /// The latest bytes of the payload that is coming, or that came last, if it may be any bytes.
    latest: Option<Box<LatestPayload>>,
    /// Where what carried the latest byte of a frame, or the latest gap, ends in the sender's TCP stream.
    extent_end: u64,
    /// What the packet acknowledges that carried it.
    acknowledged: u64,
}

impl FrameReader {
    /// Touches each of its parts, so that they are already on their way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.extent_end ^ self.before.map_or(0, |before| before.number) ^ u64::from(self.tail.length)
    }

    /// A reader of the frames of `from`, as the handshake wants them.
    pub(super) fn new(from: Peer, negotiated: Negotiated) -> Self {
        let compression = match negotiated.extensions {
            Extensions::Unseen | Extensions::Unanswered => MessageCompression::Unknown,
            Extensions::Seen { deflate: None, .. } => MessageCompression::Off,
            Extensions::Seen { deflate: Some(deflate), .. } => MessageCompression::Deflate(*deflate.of(from)),
        };
        let start = *negotiated.start.of(from);
        let is_from_first = negotiated.extensions != Extensions::Unseen && start == Start::Frame;
        let mut reader = Self {
            from,
            state: State::Between,
            message: MessageReader::new(compression, is_from_first),
            kept: Vec::new(),
            tail: LastBytes::default(),
            before: None,
            is_first: true,
            forgets_bit: false,
            lengths: DeclaredLengths::Right,
            intruder: None,
            latest: None,
            extent_end: 0,
            acknowledged: 0,
        };
        reader.begin_at(start);
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
    #[inline(always)]
    pub(super) fn footprint(&self) -> Footprint {
        let state = match &self.state {
            State::Searching { search, .. } => search.memory(),
            State::Lost(lost) => size_of::<Lost>() + lost.search.memory(),
            State::Payload(in_flight) => size_of::<InFlight>() + in_flight.wire.capacity(),
            State::Strange(strange) => size_of::<Strange>() + strange.buffer.memory(),
            State::Between | State::Doubtful | State::Header(_) | State::Foreign | State::Ended => 0,
        };
        let intruder = self.intruder.as_ref().map_or(0, |intruder| intruder.memory());
        let latest = self.latest.as_ref().map_or(0, |latest| latest.memory());
        self.message.footprint().and_held(state + self.kept.capacity() + intruder + latest)
    }

    /// Gives back what is not needed right now.
    pub(super) fn rest(&mut self) {
        self.message.rest();
        if !matches!(self.state, State::Payload(_)) {
            self.kept = Vec::new();
            self.latest = None;
        }
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        self.message.shed();
        self.intruder = None;
        self.latest = None;
        if let State::Lost(lost) = &mut self.state {
            lost.search = BoundarySearch::default();
            lost.intruder = None;
        }
        if let State::Searching { search, .. } = &mut self.state {
            **search = BoundarySearch::default();
        }
    }

    /// The latest byte of a frame came in this.
    #[inline(always)]
    const fn came_in(&mut self, extent: Extent) {
        self.extent_end = extent.end;
        self.acknowledged = extent.acknowledged;
    }

    /// What carried the latest byte of a frame, of which no more than its end is known.
    const fn latest_extent(&self) -> Extent {
        Extent::new(self.extent_end, 0).acknowledging(self.acknowledged)
    }

    fn rules(&self, shared: &BothReaders) -> Rules {
        let rsv1 = self.message.compression != MessageCompression::Off || shared.foreign_extension;
        Rules { from: Some(self.from), rsv1 }
    }

    /// Takes the next bytes: all of `chunk`.
    pub(super) fn push(&mut self, chunk: &mut Chunk<'_>, shared: &mut BothReaders, out: &mut Out<'_>) {
        let came = chunk.bytes.len();
        while !chunk.bytes.is_empty() {
            let place = if chunk.bytes.len() == came { Place::First } else { Place::Behind };
            if let State::Between = self.state {
                self.read_header(place, chunk, shared, out);
            } else {
                self.go_on(place, chunk, shared, out);
            }
        }
    }

    /// Takes the next bytes where they are not the beginning of a frame.
    #[inline(never)]
    fn go_on(&mut self, place: Place, chunk: &mut Chunk<'_>, shared: &mut BothReaders, out: &mut Out<'_>) {
        match std::mem::replace(&mut self.state, State::Between) {
            State::Between => {}
            State::Doubtful => {
                shared.frames += 1;
                let header = FrameHeader::parse(chunk.bytes);
                self.read_odd_header(header, shared.frames, place, chunk, shared);
            }
            State::Header(half) => self.collect_header(half, chunk, shared, out),
            State::Payload(mut in_flight) => {
                if in_flight.frame.last.time != chunk.stamp.time {
                    self.tell_pause(&in_flight, (chunk.stamp.time, FrameEnd::Pending), out);
                }
                let payload = payload_of(&in_flight.frame, chunk);
                let before = in_flight.frame.received;
                self.take_payload(&mut in_flight.frame, payload, shared);
                let frame = &in_flight.frame;
                if torn::is_opaque(&frame.header) && frame.lost == 0 {
                    self.keep_latest(frame.number, before, payload.bytes, payload.stamp);
                }
                if !self.finish_if_whole(&in_flight, shared, out) {
                    in_flight.keep(payload.bytes);
                    self.state = State::Payload(in_flight);
                }
            }
            State::Strange(mut strange) => {
                // No more than it takes to decide: what follows may be just as strange, again and again.
                let missing = strange.enough.saturating_sub(strange.buffer.len()).max(1);
                strange.buffer.push(chunk.split_to(missing));
                self.state = State::Strange(strange);
                self.settle_strange(Further::behind(chunk), shared, out);
            }
            State::Lost(lost) => self.look_behind_loss(lost, chunk.split_to(usize::MAX), shared, out),
            State::Searching { search, after_gap } => {
                self.search(search, after_gap, chunk.split_to(usize::MAX), shared, out);
            }
            state @ (State::Foreign | State::Ended) => {
                *chunk = chunk.advance(usize::MAX);
                self.state = state;
            }
        }
        if let State::Between = self.state {
            self.state = self.between();
        }
    }

    /// Takes the header that `chunk` begins with, and of the frame what there is.
    #[inline]
    fn read_header(
        &mut self,
        place: Place,
        chunk: &mut Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        shared.frames += 1;
        let number = shared.frames;
        match FrameHeader::parse(chunk.bytes) {
            Some(header) if !self.is_strange(&header, shared) => {
                self.came_in(chunk.split_to(header.size()).extent);
                self.begin(header, number, chunk.stamp, chunk, shared, out);
            }
            header => self.read_odd_header(header, number, place, chunk, shared),
        }
    }

    /// A header is complete: takes what `chunk` has of the frame's payload.
    #[inline(always)]
    fn begin(
        &mut self,
        header: FrameHeader,
        number: u64,
        first: Stamp,
        chunk: &mut Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        self.begin_in_message(&header, number, first, shared);
        self.kept.clear();
        self.tail = LastBytes::default();
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
            acknowledged: self.acknowledged,
        };
        out(Event::Header(&frame));
        let payload = payload_of(&frame, chunk);
        let is_whole = payload.bytes.len() as u64 == header.length;
        let plain = match header.mask {
            None if is_whole => {
                if torn::is_opaque(&header) {
                    self.keep_latest(number, 0, payload.bytes, payload.stamp);
                }
                payload.bytes
            }
            // Too small to be opaque.
            Some(key) if is_whole && payload.bytes.len() <= SMALL => {
                block = [0; SMALL];
                unmask_into(&mut block, key, payload.bytes)
            }
            _ => return self.begin_in_parts(frame.without_payload(), payload, shared, out),
        };
        // It arrived whole in one packet, as nearly all do: nothing of it need be kept.
        self.came_in(payload.extent);
        self.take_plain(&mut frame, plain, plain.len(), shared);
        if self.message.is_invalid() {
            self.suspect_intruder(&frame, payload.bytes, payload.stamp);
        }
        self.tail.push(payload.bytes);
        frame.end = FrameEnd::Complete;
        frame.payload = plain.get(..plain.len().min(self.room(&frame, shared))).unwrap_or_default();
        (frame.extent_end, frame.acknowledged) = (self.extent_end, self.acknowledged);
        self.finish(&frame, shared, out);
    }

    /// Takes the first part of the payload of a frame that is not whole in one packet, or too large to be unmasked at once.
    #[inline(never)]
    fn begin_in_parts(
        &mut self,
        mut frame: Frame<'static>,
        payload: Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        self.take_payload(&mut frame, payload, shared);
        if torn::is_opaque(&frame.header) {
            self.keep_latest(frame.number, 0, payload.bytes, payload.stamp);
        }
        let mut in_flight = InFlight { frame, cause: GapCause::Lost, wire: Vec::new() };
        if !self.finish_if_whole(&in_flight, shared, out) {
            in_flight.keep(payload.bytes);
            self.state = State::Payload(Box::new(in_flight));
        }
    }

    /// A data frame is a part of a message.
    #[inline(always)]
    fn begin_in_message(&mut self, header: &FrameHeader, number: u64, first: Stamp, shared: &BothReaders) {
        let compressed = is_compressed(header);
        let deflate = if self.message.compression == MessageCompression::Off { 0 } else { FrameHeader::RSV1 };
        let foreign = shared.foreign_extension && header.rsv & !deflate != 0;
        let part = match header.opcode {
            Opcode::Text => FramePosition::First { kind: MessageKind::Text, compressed, foreign },
            Opcode::Binary => FramePosition::First { kind: MessageKind::Binary, compressed, foreign },
            Opcode::Continuation => FramePosition::Next { foreign },
            Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return,
        };
        self.message.begin(part, number, first);
    }

    /// A frame in flight as it is reported.
    fn so_far(&self, in_flight: &InFlight, end: FrameEnd) -> Frame<'_> {
        let (extent_end, acknowledged) = (self.extent_end, self.acknowledged);
        Frame { end, payload: &self.kept, extent_end, acknowledged, ..in_flight.frame }
    }

    /// Reports a frame whose payload is incomplete.
    pub(super) fn waits(&self, out: &mut dyn FnMut(&Frame<'_>)) {
        if let State::Payload(in_flight) = &self.state {
            out(&self.so_far(in_flight, FrameEnd::Pending));
        }
    }

    /// Tells that nothing came for a while before `now`, when the frame goes on or ends.
    fn tell_pause(&self, in_flight: &InFlight, (now, end): (Timestamp, FrameEnd), out: &mut Out<'_>) {
        let waited = now.since(in_flight.frame.last.time);
        if waited >= PAUSE {
            out(Event::Stalled { frame: &self.so_far(in_flight, end), waited });
        }
    }

    /// Where a frame has come to its declared end, reports it. Returns whether it has.
    fn finish_if_whole(&mut self, in_flight: &InFlight, shared: &mut BothReaders, out: &mut Out<'_>) -> bool {
        let (frame, cause) = (in_flight.frame, in_flight.cause);
        let is_whole = frame.left() == 0;
        if is_whole {
            let kept = std::mem::take(&mut self.kept);
            let end = if frame.lost == 0 { FrameEnd::Complete } else { FrameEnd::Lost(cause) };
            let (extent_end, acknowledged) = (self.extent_end, self.acknowledged);
            let frame = Frame { end, payload: &kept, extent_end, acknowledged, ..frame };
            self.finish(&frame, shared, out);
            self.kept = kept;
        }
        is_whole
    }

    /// A frame has come to its end.
    #[inline(always)]
    fn finish(&mut self, frame: &Frame<'_>, shared: &mut BothReaders, out: &mut Out<'_>) {
        out(Event::Frame(frame));
        let mut content = Integrity::Sound;
        if frame.header.opcode.is_data() {
            if self.message.is_invalid() {
                content = Integrity::Broken;
                self.suspect_framing(frame, shared);
            }
            if frame.header.fin && self.message.finish(frame, shared, out) == Integrity::Broken {
                content = Integrity::Broken;
                self.doubt_end();
            }
        }
        let faults = self.faults(&frame.header, shared);
        self.is_first = false;
        self.before = Some(PreviousFrame {
            number: frame.number,
            length: frame.header.length,
            faults,
            content,
            came: if frame.lost == 0 { Coverage::Whole } else { Coverage::InPart },
        });
    }
}

/// Whether RSV1 says that the message is compressed, where compression was negotiated (RFC 7692 §6).
const fn is_compressed(header: &FrameHeader) -> bool {
    header.rsv & FrameHeader::RSV1 != 0
}
