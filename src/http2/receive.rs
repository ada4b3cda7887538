//! What each frame does to the connection and its streams (RFC 9113 §6).

use super::StreamId;
use super::demultiplexer::{Demultiplexer, FoundReset, Out, PREVIEW};
use super::error::ErrorCode;
use super::event::{Event, GoAway, HeadFault, Placed};
use super::frame::{FrameFault, FrameHeader, FrameType};
use super::head::{Head, HeadKind, Headed};
use super::hpack::FieldSection;
use super::reader::FramePart;
use super::side::{FieldBlock, OpenFrame};
use super::window::Spent;
use crate::model::{Chunk, End, EndCause, Gap, LayerShortage, Missing, Peer, Stamp, StreamEvent};

/// Bytes kept of the payload of a frame that is not a head: more settings than there are.
const PAYLOAD: usize = 16 << 10;
/// Bytes told of what comes with a GOAWAY.
const DEBUG: usize = 256;
/// Resets that wait for the heads of their streams, at most.
const EARLY_RESETS: usize = 64;

impl Demultiplexer {
    /// Takes the next part of what `from` sends.
    pub(super) fn part(&mut self, from: Peer, part: &FramePart<'_>, out: &mut Out<'_>) {
        match *part {
            FramePart::Preface(stamp) => {
                self.roles_guessed = false;
                out(Event::Preface(stamp));
            }
            FramePart::Begins(header, stamp) => self.begins(from, header, stamp, out),
            FramePart::Payload(chunk) => self.payload(from, chunk, out),
            FramePart::Missing(gap) => self.missing(from, gap, out),
            FramePart::Ends(stamp) => self.ends(from, stamp, out),
            FramePart::Foreign(chunk) => {
                let preview = chunk.bytes.get(..PREVIEW).unwrap_or(chunk.bytes);
                out(Event::Foreign { from, preview, stamp: chunk.stamp });
            }
            FramePart::Lost | FramePart::Unframed(..) | FramePart::FoundFrame(_) => {}
        }
    }

    fn begins(&mut self, from: Peer, header: FrameHeader, first: Stamp, out: &mut Out<'_>) {
        if let Some(fault) = header.fault().or_else(|| self.misplaced(from, header)) {
            self.invalid(from, header, fault, first, out);
        }
        let side = self.sides.of_mut(from);
        let mut payload = std::mem::take(&mut side.frame.payload);
        payload.clear();
        let content = (!header.has(FrameHeader::PADDED)).then_some(header.length);
        side.frame = OpenFrame { header, first, payload, content, is_damaged: false };
        let is_rest = header.kind == FrameType::Continuation
            && side.block.as_ref().is_some_and(|block| block.stream == header.stream);
        if !is_rest && let Some(block) = side.block.take() {
            // Nothing may stand between a head and its rest: the rest is lost, or was never sent.
            side.decoder.forget();
            if !block.is_damaged {
                self.break_head(from, block.stream, HeadFault::Interrupted(header.kind), first, out);
            }
        }
        if header.kind == FrameType::Data && self.open(header.stream, first, out).is_some() {
            self.tell_losses(header.stream, out);
            if let Some(content) = content {
                self.tell_data(from, header, first, content, out);
            }
        }
        if header.kind == FrameType::Data && self.windows_known {
            self.spend(from, header, first, out);
        }
    }

    /// A frame is one that no peer may send, if all that came before it is there.
    fn invalid(&self, from: Peer, header: FrameHeader, fault: FrameFault, stamp: Stamp, out: &mut Out<'_>) {
        if !self.is_lossy {
            out(Event::FrameInvalid { from, header, fault, stamp });
        }
    }

    /// All of a DATA frame's payload, with its padding, counts for the windows (RFC 9113 §6.9.1).
    fn spend(&mut self, from: Peer, header: FrameHeader, stamp: Stamp, out: &mut Out<'_>) {
        let stream = header.stream;
        let of_connection = self.sides.of_mut(from).window.spend(header.length, stamp);
        let of_stream =
            self.streams.get_mut(stream).map(|stream| stream.window.of_mut(from).spend(header.length, stamp));
        let of_stream = of_stream.unwrap_or_default();
        let both = [stream];
        let told = if of_stream.waited.is_some() { &both[..] } else { &[] };
        // A frame that is too much for both windows is so once.
        let of_connection =
            if of_stream.beyond > 0 { Spent { beyond: 0, ..of_connection } } else { of_connection };
        for (spent, scope, told) in [(of_connection, None, told), (of_stream, Some(stream), &[])] {
            if let Some(stall) = spent.waited {
                out(Event::Stalled { from, scope, waited: Some(stream), stall, told });
            }
            if spent.beyond > 0 {
                let of_stream = scope.is_some();
                out(Event::Exceeded { from, stream, of_stream, beyond: spent.beyond, stamp });
            }
        }
    }

    fn payload(&mut self, from: Peer, mut chunk: Chunk<'_>, out: &mut Out<'_>) {
        let head_bytes = self.head_bytes;
        let frame = &mut self.sides.of_mut(from).frame;
        let FrameHeader { kind, stream, length, .. } = frame.header;
        if kind == FrameType::Data {
            if frame.content.is_none() {
                let padding = chunk.bytes.first().copied().map_or(0, u32::from);
                let (header, first) = (frame.header, frame.first);
                let content = length.saturating_sub(1 + padding);
                frame.content = Some(content);
                chunk = chunk.advance(1);
                if padding >= length {
                    self.invalid(from, header, FrameFault::Padding, first, out);
                }
                self.tell_data(from, header, first, content, out);
            }
            let frame = &mut self.sides.of_mut(from).frame;
            let left = frame.content.get_or_insert(0);
            let (content, _) = chunk.split_at(*left as usize);
            *left -= u32::try_from(content.bytes.len()).unwrap_or(*left);
            if !content.bytes.is_empty()
                && self.streams.get(stream).is_some_and(|stream| !stream.ended.of(from))
            {
                out(Event::Stream { stream, from, event: StreamEvent::Data(content) });
            }
            return;
        }
        let room = if frame.header.is_head() { head_bytes } else { PAYLOAD };
        let room = room.saturating_sub(frame.payload.len());
        let kept = chunk.bytes.get(..room).unwrap_or(chunk.bytes);
        let is_too_long = kept.len() < chunk.bytes.len();
        frame.is_damaged |= is_too_long;
        if !matches!(kind, FrameType::Other(_)) {
            frame.payload.extend_from_slice(kept);
        }
        if is_too_long && frame.header.is_head() {
            let shortage = LayerShortage::Http2HeadBytes;
            out(Event::LimitReached { from, stream, shortage, stamp: chunk.stamp });
        }
    }

    /// Bytes inside the payload of a frame are missing.
    fn missing(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) {
        let side = self.sides.of_mut(from);
        let frame = &mut side.frame;
        frame.is_damaged = true;
        let FrameHeader { kind, stream, .. } = frame.header;
        match kind {
            FrameType::Data => {
                let missing = match (gap.missing, &mut frame.content) {
                    // How much of it is padding is missing as well: nobody knows where its content ends.
                    (_, None) => {
                        frame.content = Some(0);
                        Missing::Unknown
                    }
                    (Missing::Bytes(missing), Some(left)) => {
                        let missing = missing.min(u64::from(*left));
                        *left -= u32::try_from(missing).unwrap_or(*left);
                        Missing::Bytes(missing)
                    }
                    (Missing::Unknown, Some(_)) => Missing::Unknown,
                };
                let losses = side.losses.wrapping_add(u32::from(gap.missing == Missing::Unknown));
                let Some(open) = self.streams.get_mut(stream).filter(|stream| !stream.ended.of(from)) else {
                    return;
                };
                // That more may be missing is reported with it.
                *open.losses.of_mut(from) = losses;
                out(Event::Stream { stream, from, event: StreamEvent::Gap(Gap { missing, ..gap }) });
            }
            FrameType::WindowUpdate | FrameType::Settings => self.windows_known = false,
            FrameType::Headers
            | FrameType::Priority
            | FrameType::RstStream
            | FrameType::PushPromise
            | FrameType::Ping
            | FrameType::GoAway
            | FrameType::Continuation
            | FrameType::Other(_) => {}
        }
    }

    /// A frame is over.
    fn ends(&mut self, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let header = self.sides.of(from).frame.header;
        let stream = header.stream;
        match header.kind {
            FrameType::Data => {
                if header.has(FrameHeader::END_STREAM) {
                    self.end_in_order(stream, from, stamp, out);
                }
            }
            FrameType::Headers | FrameType::PushPromise => self.begin_block(from, stamp, out),
            FrameType::Continuation => self.continue_block(from, stamp, out),
            FrameType::Priority | FrameType::Ping | FrameType::Other(_) => {}
            FrameType::RstStream | FrameType::Settings | FrameType::GoAway | FrameType::WindowUpdate => {
                let payload = std::mem::take(&mut self.sides.of_mut(from).frame.payload);
                self.control(from, header, &payload, stamp, out);
                self.sides.of_mut(from).frame.payload = payload;
            }
        }
    }

    /// A frame that is about the connection or a stream arrived whole.
    fn control(&mut self, from: Peer, header: FrameHeader, payload: &[u8], stamp: Stamp, out: &mut Out<'_>) {
        let stream = header.stream;
        match header.kind {
            FrameType::RstStream => {
                let place = self.sides.of(from).reached;
                self.reset(FoundReset { from, stream, code: number(payload), stamp, place }, out);
            }
            FrameType::Settings if header.has(FrameHeader::ACK) => self.acknowledged(from, stamp),
            FrameType::Settings => self.settings_of(from, header, payload, stamp, out),
            FrameType::GoAway => {
                let [last, code] = [number(payload), number(payload.get(4..).unwrap_or_default())];
                let debug = payload.get(8..).unwrap_or_default();
                let debug = debug.get(..DEBUG).unwrap_or(debug);
                let gone = GoAway { last: StreamId(last & !(1 << 31)), code: ErrorCode(code), stamp };
                out(Event::GoAway { from, gone, debug });
            }
            FrameType::WindowUpdate => {
                let bytes = i64::from(number(payload) & !(1 << 31));
                let window = if stream == StreamId(0) {
                    Some(&mut self.sides.of_mut(!from).window)
                } else {
                    self.streams.get_mut(stream).map(|stream| stream.window.of_mut(!from))
                };
                let mut is_too_large = false;
                if let Some(window) = window {
                    is_too_large = window.is_too_large_with(bytes);
                    window.change(bytes, stamp);
                }
                if bytes == 0 && payload.len() == 4 {
                    self.invalid(from, header, FrameFault::NoIncrement, stamp, out);
                } else if is_too_large && self.windows_known {
                    self.invalid(from, header, FrameFault::WindowTooLarge, stamp, out);
                }
            }
            FrameType::Data
            | FrameType::Headers
            | FrameType::Priority
            | FrameType::PushPromise
            | FrameType::Ping
            | FrameType::Continuation
            | FrameType::Other(_) => {}
        }
    }

    /// A stream is reset: neither side sends anything more on it (RFC 9113 §5.4.2).
    fn reset(&mut self, reset: FoundReset, out: &mut Out<'_>) {
        let FoundReset { from, stream, code, stamp, place } = reset;
        // A reset that shows up where the capture misses bytes may be all that is left of a stream, or come before its head is
        // known for what it is.
        if self.streams.get(stream).is_none() {
            if self.sides.of(!from).may_hold_head(stream) {
                if self.early_resets.len() >= EARLY_RESETS {
                    self.early_resets.pop_front();
                }
                self.early_resets.push_back(reset);
            }
            return;
        }
        self.tell_losses(stream, out);
        // Why comes first.
        for peer in Peer::BOTH {
            self.tell_stall(stream, peer, stamp, out);
        }
        out(Event::Reset { stream, from, code: ErrorCode(code), stamp, place });
        self.end_stream(stream, from, End::by_packet(EndCause::Rst, stamp), out);
        self.end_stream(stream, !from, End::by_packet(EndCause::RstByPeer, stamp), out);
    }

    fn settings_of(
        &mut self,
        from: Peer,
        header: FrameHeader,
        payload: &[u8],
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        let side = self.sides.of_mut(from);
        let before = side.settings.initial_window_size;
        let fault = side.announce(from, payload);
        let change = side.resize(before);
        let settings = side.settings;
        self.sides.of_mut(!from).decoder.allow(settings.header_table_size);
        match change {
            Some(change) => self.streams.shift(!from, change, stamp),
            None => self.windows_known = false,
        }
        out(Event::Settings { from, settings: &settings, stamp });
        if let Some(fault) = fault {
            self.invalid(from, header, fault, stamp, out);
        }
    }

    /// `from` acknowledges the oldest settings of its peer that it has not yet.
    fn acknowledged(&mut self, from: Peer, stamp: Stamp) {
        if let Some(change) = self.sides.of_mut(!from).is_acknowledged() {
            self.streams.shift(from, change, stamp);
        }
    }

    /// A head begins.
    fn begin_block(&mut self, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let side = self.sides.of_mut(from);
        let frame = &side.frame;
        let header = frame.header;
        let mut bytes = frame.payload.as_slice();
        let mut is_overpadded = false;
        if header.has(FrameHeader::PADDED) {
            let (padding, rest) =
                bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first), rest));
            is_overpadded = padding > rest.len() && !frame.is_damaged && !bytes.is_empty();
            bytes = rest.get(..rest.len().saturating_sub(padding)).unwrap_or_default();
        }
        // A priority, or the number of the promised stream.
        let skipped = if header.kind == FrameType::PushPromise {
            4
        } else if header.has(FrameHeader::PRIORITY) {
            5
        } else {
            0
        };
        // Where its number is not known, it may be any.
        let any = StreamId(u32::MAX >> 1);
        let promised = bytes
            .first_chunk()
            .filter(|_| !frame.is_damaged)
            .map_or(any, |bytes| StreamId(u32::from_be_bytes(*bytes) & any.0));
        let block = FieldBlock {
            stream: header.stream,
            first: frame.first,
            bytes: bytes.get(skipped..).unwrap_or_default().to_vec(),
            end_stream: header.kind == FrameType::Headers && header.has(FrameHeader::END_STREAM),
            is_promise: header.kind == FrameType::PushPromise,
            pieces: 0,
            is_damaged: frame.is_damaged,
        };
        if is_overpadded {
            self.invalid(from, header, FrameFault::Padding, stamp, out);
        }
        if header.kind == FrameType::PushPromise {
            self.streams.promise(promised);
        }
        if header.has(FrameHeader::END_HEADERS) {
            self.head(from, block, stamp, out);
        } else {
            self.sides.of_mut(from).block = Some(block);
        }
    }

    /// A head continues.
    fn continue_block(&mut self, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let head_bytes = self.head_bytes;
        let side = self.sides.of_mut(from);
        let header = side.frame.header;
        let is_headless = side.block.is_none();
        // Its beginning may be lost.
        let mut block = side.block.take().unwrap_or_else(|| FieldBlock {
            stream: header.stream,
            first: side.frame.first,
            bytes: Vec::new(),
            end_stream: false,
            is_promise: false,
            pieces: 0,
            is_damaged: true,
        });
        block.is_damaged |= side.frame.is_damaged;
        // What its frames take counts as well: a head may go on and on with frames that are empty.
        block.pieces += 1;
        let taken = block.bytes.len() + side.frame.payload.len() + block.pieces * FrameHeader::SIZE;
        if !block.is_damaged && taken > head_bytes {
            block.is_damaged = true;
            out(Event::LimitReached {
                from,
                stream: header.stream,
                shortage: LayerShortage::Http2HeadBytes,
                stamp,
            });
        }
        if block.is_damaged {
            block.bytes = Vec::new();
        } else {
            block.bytes.extend_from_slice(&side.frame.payload);
        }
        if header.has(FrameHeader::END_HEADERS) {
            self.head(from, block, stamp, out);
        } else {
            side.block = Some(block);
        }
        if is_headless {
            self.break_head(from, header.stream, HeadFault::Headless, stamp, out);
        }
    }

    /// A head is wrong, if all that came before it is there.
    fn break_head(&self, from: Peer, stream: StreamId, fault: HeadFault, stamp: Stamp, out: &mut Out<'_>) {
        if !self.is_lossy {
            out(Event::HeadBroken { from, stream, fault, stamp });
        }
    }

    /// A head is whole.
    fn head(&mut self, mut from: Peer, block: FieldBlock, last: Stamp, out: &mut Out<'_>) {
        let FieldBlock { stream, first, bytes, end_stream, is_promise, is_damaged, pieces: _ } = block;
        let decoder = &mut self.sides.of_mut(from).decoder;
        let mut fields = if is_damaged {
            FieldSection::default()
        } else if self.tells_places {
            let (fields, strings) = decoder.decode_with_strings(&bytes);
            out(Event::Placed { from, placed: Placed::Head(&strings) });
            fields
        } else {
            decoder.decode(&bytes)
        };
        let is_table_cut = decoder.is_cut();
        if is_damaged {
            decoder.forget();
        } else if fields.is_guessed() && !fields.guesses_fit() {
            decoder.drop_guesses();
            for field in fields.list.iter_mut().filter(|field| field.guessed) {
                (field.name, field.value, field.guessed) = (None, None, false);
            }
        }
        if is_table_cut {
            out(Event::LimitReached { from, stream, shortage: LayerShortage::Http2TableBytes, stamp: last });
        }
        if is_promise {
            return;
        }
        if self.roles_guessed {
            match (fields.kind_of_later(), from) {
                (HeadKind::Request, Peer::Server)
                | (HeadKind::Response | HeadKind::Interim, Peer::Client) => {
                    self.flip(out);
                    from = !from;
                }
                (HeadKind::Trailers, _) => {}
                (HeadKind::Request, Peer::Client)
                | (HeadKind::Response | HeadKind::Interim, Peer::Server) => self.roles_guessed = false,
            }
        }
        if fields.left_out > 0 {
            out(Event::LimitReached { from, stream, shortage: LayerShortage::Http2HeadBytes, stamp: last });
        }
        if let Some(fault) = fields.fault {
            self.break_head(from, stream, HeadFault::Hpack(fault), last, out);
        }
        let Some(open) = self.open(stream, first, out) else { return };
        let is_later = *open.headed.of(from);
        let kind = if is_later { fields.kind_of_later() } else { fields.kind_of_first(from) };
        *open.headed.of_mut(from) |= kind != HeadKind::Interim;
        if kind == HeadKind::Response {
            // Before it is answered, neither side has anything to send on it.
            for peer in Peer::BOTH {
                open.window.of_mut(peer).is_usable_from(last);
            }
        }
        self.tell_losses(stream, out);
        let place = self.sides.of(from).reached;
        let head = Head { kind, fields, lost: is_damaged, first, last, place, end_stream };
        out(Event::Head(Headed { stream, from, head: &head }));
        if end_stream {
            self.end_in_order(stream, from, last, out);
        }
        let came_early = self.early_resets.iter().position(|reset| reset.stream == stream);
        if let Some(reset) = came_early.and_then(|at| self.early_resets.remove(at)) {
            self.reset(reset, out);
        }
    }
}

/// The number that four bytes stand for; 0 where they are not all there.
fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
