//! One connection taken apart: both sides' frames, and the streams they make.

use super::StreamId;
use super::event::{Event, Placed};
use super::frame::{DataFrame, FrameHeader};
use super::reader::FramePart;
use super::search::SearchContext;
use super::settings::Settings;
use super::side::Side;
use super::stream::{Stream, Streams, opener};
use super::window::Window;
use crate::model;
use crate::model::{
    Chunk, End, EndCause, EndPlace, Extent, Footprint, Gap, GapCause, HeldChunk, LayerShortage, Missing,
    Peer, PerPeer, Stamp, StreamEvent,
};
use std::collections::VecDeque;

/// Bytes shown of what is not HTTP/2.
pub(super) const PREVIEW: usize = 64;

/// Takes the facts as they appear.
pub(super) type Out<'o> = dyn FnMut(Event<'_>) + 'o;

/// The caps on what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemultiplexerLimits {
    /// Streams at once.
    pub streams: u64,
    /// Bytes of a head.
    pub head_bytes: u64,
    /// Bytes of the table of each side's heads.
    pub table_bytes: u64,
}

impl DemultiplexerLimits {
    /// Those among `limits`.
    pub const fn new(limits: &model::Limits) -> Self {
        Self {
            streams: limits.http2_streams,
            head_bytes: limits.http2_head_bytes,
            table_bytes: limits.http2_table_bytes,
        }
    }
}

/// The default ones.
impl Default for DemultiplexerLimits {
    fn default() -> Self {
        Self::new(&model::Limits::default())
    }
}

/// How to follow a connection: by default from its first byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The caps.
    pub limits: DemultiplexerLimits,
    /// Sides whose bytes the capture began inside of. Where it is both, the roles are found as well.
    pub midstream: PerPeer<bool>,
    /// Whether to tell each DATA frame before what it carries.
    pub data_frames: bool,
    /// Whether to tell where each frame stands, and the strings in each head.
    pub places: bool,
}

/// Follows one connection. See the [module](super) for an example.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came so far")]
pub struct Demultiplexer {
    pub(super) sides: PerPeer<Side>,
    pub(super) streams: Streams,
    most_streams: u64,
    pub(super) head_bytes: usize,
    /// The client is the side that the caller takes for the server.
    flipped: bool,
    /// Who is the client is a guess.
    pub(super) roles_guessed: bool,
    /// It is known that this is HTTP/2.
    is_http2: bool,
    /// The capture misses bytes of it: streams may exist that were never seen to begin.
    pub(super) is_lossy: bool,
    /// Everything that counts for the windows was seen so far.
    pub(super) windows_known: bool,
    /// That there are too many streams was reported.
    pub(super) streams_told: bool,
    pub(super) tells_data: bool,
    pub(super) tells_places: bool,
    /// Resets of streams whose heads are held until they are known for what they are, or until all of them came.
    pub(super) early_resets: VecDeque<FoundReset>,
}

/// A reset of a stream, which may not be known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundReset {
    pub(super) from: Peer,
    pub(super) stream: StreamId,
    pub(super) code: u32,
    pub(super) stamp: Stamp,
    pub(super) place: Option<EndPlace>,
}

impl Demultiplexer {
    /// A connection of which nothing was seen yet.
    pub fn new(options: &Options) -> Self {
        let bytes = |cap: u64| usize::try_from(cap).unwrap_or(usize::MAX);
        let side = |from| {
            let midstream = *options.midstream.of(from);
            Side::new(from, midstream, bytes(options.limits.table_bytes), bytes(options.limits.head_bytes))
        };
        let PerPeer { client, server } = options.midstream;
        Self {
            sides: PerPeer::from_fn(side),
            streams: Streams::default(),
            most_streams: options.limits.streams,
            head_bytes: bytes(options.limits.head_bytes),
            flipped: false,
            roles_guessed: client && server,
            is_http2: !(client && server),
            is_lossy: client || server,
            windows_known: !(client || server),
            streams_told: false,
            tells_data: options.data_frames,
            tells_places: options.places,
            early_resets: VecDeque::new(),
        }
    }

    /// A connection after an upgrade from HTTP/1.1, with the settings that its request carried: stream 1 is that
    /// request (RFC 7540 §3.2).
    pub fn upgraded(options: &Options, settings: &[u8]) -> Self {
        let mut upgraded = Self::new(options);
        let client = &mut upgraded.sides.client;
        client.begin_with(Peer::Client, settings);
        let size = client.settings.header_table_size;
        upgraded.sides.server.decoder.allow(size);
        let mut stream = upgraded.stream(StreamId(1), Stamp::default());
        stream.headed.client = true;
        stream.ended.client = true;
        upgraded.streams.insert(StreamId(1), stream);
        upgraded
    }

    /// Frames of `peer` came before the first one that will be pushed: what they announced is not known.
    pub fn miss_beginning(&mut self, peer: Peer) {
        self.is_lossy = true;
        self.windows_known = false;
        self.sides.of_mut(peer).decoder.forget();
    }

    /// What it takes of memory besides itself.
    pub fn footprint(&self) -> Footprint {
        let held = self.sides.client.memory() + self.sides.server.memory() + self.streams.memory();
        Footprint::default().and_held(held)
    }

    /// Whether frames were found, or the connection was seen from its first byte.
    pub const fn is_http2(&self) -> bool {
        self.is_http2
    }

    /// Whether `stream` is open.
    pub fn is_open(&self, stream: StreamId) -> bool {
        self.streams.get(stream).is_some()
    }

    /// What `peer` announced so far.
    pub const fn settings(&self, peer: Peer) -> &Settings {
        &self.sides.of(peer).settings
    }

    /// Takes what comes next from `from`. Any bytes will do: nothing here can fail.
    pub fn push(&mut self, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        match event {
            StreamEvent::Data(chunk) => self.data(from, chunk, out),
            StreamEvent::Gap(gap) => self.gap(self.role(from), gap, out),
            StreamEvent::End(end) => self.end(self.role(from), end, out),
        }
    }

    /// Who it is that the caller calls so.
    fn role(&self, from: Peer) -> Peer {
        if self.flipped { !from } else { from }
    }

    fn data(&mut self, from: Peer, mut chunk: Chunk<'_>, out: &mut Out<'_>) {
        self.sides.of_mut(self.role(from)).received = chunk.extent.end;
        while self.whole_data(from, &mut chunk, out) {}
        if chunk.bytes.is_empty() {
            return;
        }
        let was_known = self.is_http2;
        let mut waiting = VecDeque::new();
        self.chunk(from, chunk, &mut waiting, out);
        self.chunks(from, waiting, out);
        if self.is_http2 && !was_known {
            self.look_again(!from, out);
        }
    }

    fn chunks(&mut self, from: Peer, mut waiting: VecDeque<HeldChunk>, out: &mut Out<'_>) {
        while let Some(held) = waiting.pop_front() {
            self.chunk(from, held.chunk(), &mut waiting, out);
        }
    }

    /// Frames of the other side show what the connection speaks, and on which streams: what this side sent meanwhile may
    /// be enough for a frame now. Otherwise its frames would come when their streams are over.
    fn look_again(&mut self, from: Peer, out: &mut Out<'_>) {
        let role = self.role(from);
        let (side, known) = self.searching(role);
        let Some(found) = side.reader.look_again(known) else { return };
        self.frames_go_on(role);
        out(Event::Resynchronized { from: role, skipped: found.skipped, stamp: found.stamp });
        self.chunks(from, found.held.into(), out);
    }

    /// A side, and what a search for its frames knows about the connection.
    #[inline]
    fn searching(&mut self, role: Peer) -> (&mut Side, SearchContext<'_>) {
        let (side, other) = self.sides.split_mut(role);
        let max_frame_size = other.settings.max_frame_size;
        (side, SearchContext { http2: self.is_http2, max_frame_size, streams: Some(&self.streams) })
    }

    /// Takes a DATA frame of an open stream about which there is nothing to say besides what it carries, all in one go, as nearly
    /// all are. Returns whether there was one; the long way leads to the same.
    fn whole_data(&mut self, from: Peer, chunk: &mut Chunk<'_>, out: &mut Out<'_>) -> bool {
        let role = self.role(from);
        let (side, other) = self.sides.split_mut(role);
        // Inside of a head it would be out of place.
        let header = if side.block.is_none() { side.reader.whole_data(chunk) } else { None };
        let Some(header @ FrameHeader { stream, length, .. }) = header else { return false };
        let Some(open) = self.streams.get_mut(stream) else { return false };
        let window = open.window.of_mut(role);
        let is_wide = !self.windows_known || side.window.is_wide_for(length) && window.is_wide_for(length);
        // A frame larger than all peers take may be one that nobody may send.
        let is_large = length > Settings::default().max_frame_size;
        let is_loss_told = *open.losses.of(role) == side.losses && *open.losses.of(!role) == other.losses;
        if !is_wide || is_large || *open.ended.of(role) || !is_loss_told {
            return false;
        }
        if self.windows_known {
            side.window.spend_of_plenty(length);
            window.spend_of_plenty(length);
        }
        side.reader.pass();
        if self.tells_places {
            let payload = chunk.extent.start.saturating_add(FrameHeader::SIZE as u64);
            out(Event::Placed { from: role, placed: Placed::Frame { header, payload } });
        }
        if self.tells_data {
            self.tell_data(role, header, chunk.stamp, length, out);
        }
        let (content, rest) = chunk.advance(FrameHeader::SIZE).split_at(length as usize);
        *chunk = rest;
        out(Event::Stream { stream, from: role, event: StreamEvent::Data(content) });
        true
    }

    /// Says that a DATA frame begins, of whose payload so much is content.
    pub(super) fn tell_data(
        &mut self,
        from: Peer,
        header: FrameHeader,
        first: Stamp,
        content: u32,
        out: &mut Out<'_>,
    ) {
        let Some(stream) = self.streams.get_mut(header.stream).filter(|_| self.tells_data) else { return };
        let count = stream.data.get_or_insert_default().of_mut(from);
        let frame = DataFrame { header, number: count.frames + 1, offset: count.content, content, first };
        (count.frames, count.content) = (frame.number, frame.end());
        out(Event::Data { from, frame });
    }

    /// Takes bytes; those to be taken again, now that a frame was found in them, are put before what waits.
    fn chunk(
        &mut self,
        from: Peer,
        mut chunk: Chunk<'_>,
        waiting: &mut VecDeque<HeldChunk>,
        out: &mut Out<'_>,
    ) {
        loop {
            let role = self.role(from);
            let (side, known) = self.searching(role);
            let Some(part) = side.reader.next(&mut chunk, known) else { return };
            side.reaches(&chunk);
            match part {
                FramePart::FoundFrame(found) => {
                    self.is_http2 = true;
                    self.frames_go_on(role);
                    out(Event::Resynchronized { from: role, skipped: found.skipped, stamp: found.stamp });
                    for held in found.held.into_iter().rev() {
                        waiting.push_front(held);
                    }
                }
                FramePart::Unframed(header, first) => self.break_framing(role, header, first, &chunk, out),
                FramePart::Begins(header, _) if self.tells_places => {
                    let placed = Placed::Frame { header, payload: chunk.extent.start };
                    out(Event::Placed { from: role, placed });
                    self.part(role, &part, out);
                }
                FramePart::Preface(_)
                | FramePart::Begins(..)
                | FramePart::Payload(_)
                | FramePart::Missing(_)
                | FramePart::Ends(_)
                | FramePart::Lost
                | FramePart::Foreign(_) => self.part(role, &part, out),
            }
        }
    }

    /// Where a frame of `from` belongs stands something else, with these first bytes, and then the `rest`. Its peer cannot read on: only if
    /// frames follow all the same, some may have stood in between.
    fn break_framing(
        &mut self,
        from: Peer,
        header: [u8; FrameHeader::SIZE],
        first: Stamp,
        rest: &Chunk<'_>,
        out: &mut Out<'_>,
    ) {
        let (stamp, extent) = (rest.stamp, Extent::new(rest.extent.start, 0));
        let gap = Gap { missing: Missing::Unknown, cause: GapCause::Unframed, stamp, extent };
        // Behind a loss it may be that no frame was found before.
        if std::mem::replace(&mut self.is_lossy, true) {
            return self.lost(from, gap);
        }
        self.windows_known = false;
        self.sides.of_mut(from).unframed = Some(gap);
        let more = rest.bytes.get(..PREVIEW - header.len()).unwrap_or(rest.bytes);
        out(Event::Unframed { from, preview: &[&header[..], more].concat(), stamp: first });
    }

    /// Another frame of `from` is found: where its framing was broken, frames may have stood in between.
    fn frames_go_on(&mut self, from: Peer) {
        if let Some(unframed) = self.sides.of_mut(from).unframed.take() {
            self.lost(from, unframed);
        }
    }

    /// The capture misses bytes of `from`.
    fn gap(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) {
        let side = self.sides.of_mut(from);
        side.received = gap.extent.end;
        let parts = side.reader.gap(gap);
        let sync_lost = parts.iter().flatten().any(|part| matches!(part, FramePart::Lost));
        if parts.iter().flatten().next().is_some() {
            out(Event::Gap { from, gap, sync_lost });
        }
        for part in parts.into_iter().flatten() {
            if let FramePart::Lost = part {
                self.lost(from, gap);
            } else {
                self.part(from, &part, out);
            }
        }
    }

    /// Bytes of `from` are lost, and with them where the next frame begins: any stream may have had some of them, any
    /// head may have been among them.
    fn lost(&mut self, from: Peer, gap: Gap) {
        self.is_lossy = true;
        self.windows_known = false;
        let side = self.sides.of_mut(from);
        side.losses = side.losses.wrapping_add(1);
        side.unframed = None;
        side.loss = Some(Gap { missing: Missing::Unknown, ..gap });
        match side.block.take() {
            Some(_) => side.decoder.forget(),
            None => side.decoder.doubt(),
        }
    }

    /// One side ended, and with it all its streams.
    fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) {
        self.sides.of_mut(from).ended = true;
        let now = Stamp { time: end.at, ..end.stamp };
        if self.windows_known
            && let Some(stall) = self.sides.of_mut(from).window.end(now)
        {
            let told = self.streams.ids_where(|stream| stream.window.of(from).stall(now).is_some());
            out(Event::Stalled { from, scope: None, waited: None, stall, told: &told });
        }
        for id in self.streams.ids() {
            self.end_stream(id, from, end, out);
        }
    }

    /// `END_STREAM` ends one direction of a stream. If it acknowledges a FIN that the capture does not hold, the other one was over
    /// before.
    pub(super) fn end_in_order(&mut self, id: StreamId, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let (place, other) = (self.sides.of(from).reached, self.sides.of(!from));
        let acknowledged = place.and_then(|place| place.acknowledged);
        if !other.ended && acknowledged == Some(other.received + 1) {
            let fin = EndPlace { at: other.received, acknowledged: None };
            self.end_stream(id, !from, End::at_place(EndCause::Fin, stamp, Some(fin)), out);
        }
        self.end_stream(id, from, End::at_place(EndCause::Fin, stamp, place), out);
    }

    /// One direction of a stream is over.
    pub(super) fn end_stream(&mut self, id: StreamId, from: Peer, end: End, out: &mut Out<'_>) {
        self.tell_losses(id, out);
        self.tell_stall(id, from, Stamp { time: end.at, ..end.stamp }, out);
        let Some(stream) = self.streams.get_mut(id) else { return };
        if std::mem::replace(stream.ended.of_mut(from), true) {
            return;
        }
        if stream.ended.client && stream.ended.server {
            self.streams.remove(id);
            // A reset ends both sides at once.
            if end.cause == EndCause::Fin {
                self.streams.finish(id);
            }
        }
        out(Event::Stream { stream: id, from, event: StreamEvent::End(end) });
    }

    /// Says that the window of what `from` sends on a stream has been closed for long, now that nothing more will be sent.
    pub(super) fn tell_stall(&mut self, id: StreamId, from: Peer, now: Stamp, out: &mut Out<'_>) {
        let Some(stream) = self.streams.get_mut(id).filter(|stream| !stream.ended.of(from)) else { return };
        if let Some(stall) = stream.window.of_mut(from).end(now).filter(|_| self.windows_known) {
            out(Event::Stalled { from, scope: Some(id), waited: None, stall, told: &[] });
        }
    }

    /// Says on a stream that bytes of either side were lost which may have been its own, before anything else on it is
    /// reported: that may be an answer to what is lost.
    pub(super) fn tell_losses(&mut self, id: StreamId, out: &mut Out<'_>) {
        for from in Peer::BOTH {
            let side = self.sides.of(from);
            let Some(stream) = self.streams.get_mut(id) else { return };
            if std::mem::replace(stream.losses.of_mut(from), side.losses) != side.losses
                && let Some(gap) = side.loss.filter(|_| !stream.ended.of(from))
            {
                out(Event::Stream { stream: id, from, event: StreamEvent::Gap(gap) });
            }
        }
    }

    /// A stream of which nothing was seen before this packet.
    fn stream(&self, id: StreamId, stamp: Stamp) -> Stream {
        let opener = opener(id);
        // Each side's window is as large as the other one announced. Whoever learns of a stream has read what its opener announced
        // before; the opener itself may not yet know that windows get smaller.
        let pending = |sender: Peer| self.sides.of(!sender).unacknowledged();
        let window = |sender: Peer| {
            let size = i64::from(self.sides.of(!sender).settings.initial_window_size);
            let later = if sender == opener { pending(sender) } else { 0 };
            Window::of_stream(size.saturating_sub(later), stamp)
        };
        let known = |sender: Peer| if sender == opener { 0 } else { pending(sender) };
        let losses = PerPeer { client: self.sides.client.losses, server: self.sides.server.losses };
        Stream::new(PerPeer::from_fn(window), PerPeer::from_fn(known), losses)
    }

    /// Finds a stream, or begins it; `None` if it is over, or not followed.
    pub(super) fn open(&mut self, id: StreamId, stamp: Stamp, out: &mut Out<'_>) -> Option<&mut Stream> {
        if self.streams.get(id).is_none() {
            // Where the capture misses bytes, a stream may have begun in them.
            if id == StreamId(0) || (self.streams.is_past(id) && !self.is_lossy) {
                return None;
            }
            if self.streams.len() as u64 >= self.most_streams {
                if !std::mem::replace(&mut self.streams_told, true) {
                    out(Event::LimitReached {
                        from: opener(id),
                        stream: id,
                        shortage: LayerShortage::Http2Streams,
                        stamp,
                    });
                }
                return None;
            }
            let mut stream = self.stream(id, stamp);
            stream.ended = PerPeer::from_fn(|peer| self.sides.of(peer).ended);
            self.streams.insert(id, stream);
        }
        self.streams.get_mut(id)
    }

    /// The client is the side that was taken for the server.
    pub(super) fn flip(&mut self, out: &mut Out<'_>) {
        out(Event::Flipped);
        self.roles_guessed = false;
        self.flipped = !self.flipped;
        let PerPeer { client, server } = &mut self.sides;
        std::mem::swap(client, server);
        self.streams.flip();
        self.early_resets.iter_mut().for_each(|reset| reset.from = !reset.from);
    }

    /// Nothing follows: ends what has not ended, as at the end of a capture.
    pub fn finish(&mut self, end: End, out: &mut Out<'_>) {
        for peer in Peer::BOTH {
            self.end(peer, end, out);
        }
    }
}

#[cfg(test)]
mod tests;
