//! What is known of a connection while it is open: its bytes, and what they are.

use super::http2::Http2Places;
use super::records::Records;
use crate::layers::{Event, Layers, Options, TlsKeys};
use crate::model::{Attempt, Chunk, Extent, Gap, Limits, PacketPlace, Peer, PerPeer, StreamEvent, StreamId};
use crate::tcp::Connection;
use crate::ws::{self, DeflateFlaw, Frame, FrameHeader, Inflation, LostShape, Message};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::ops::Range;

/// A connection that is open.
pub(super) struct OpenConnection {
    pub(super) opened: PacketPlace,
    /// By TCP's roles.
    pub(super) addresses: PerPeer<SocketAddr>,
    pub(super) stream: OpenStream,
}

/// How many TLS sessions may be inside of each other. What is further inside has no place of its own.
const DEEPEST: u8 = 4;

/// Bytes in both directions, in TCP or inside of something that it carries.
pub(super) struct OpenStream {
    layers: Layers,
    options: Options,
    /// How many TLS sessions it is inside of.
    depth: u8,
    pub(super) seen: ConnectionContent,
}

/// A TLS session, and what it carries.
pub(super) struct SecuredContent {
    pub(super) records: Records,
    /// By the roles that the session has.
    pub(super) inside: OpenStream,
}

/// What was seen in such a stream, or in anything else that carries bytes both ways.
#[derive(Default)]
pub(super) struct ConnectionContent {
    /// What each side sent; zeros where the capture has nothing.
    pub(super) streams: PerPeer<Vec<u8>>,
    /// Where that is, in order.
    pub(super) holes: PerPeer<Vec<Range<usize>>>,
    pub(super) frames: Vec<FrameAt>,
    /// By side and number of the first frame.
    pub(super) messages: HashMap<(Peer, u64), MessageSeen>,
    /// Frames whose payload ends elsewhere than they declare.
    pub(super) ends: HashMap<(Peer, u64), PayloadEnd>,
    /// Where the latest frame header stands that was never finished.
    pub(super) partial: PerPeer<Option<Range<usize>>>,
    /// What stands in it behind what is in the clear.
    pub(super) secured: Option<Box<SecuredContent>>,
    /// The client is the side that TCP takes for the server.
    pub(super) flipped: bool,
    /// What stands where, if it is HTTP/2.
    pub(super) http2: Http2Places,
    /// What was seen in each stream of HTTP/2 that carries a WebSocket.
    pub(super) websockets: BTreeMap<StreamId, Self>,
    /// Why nothing can be put in place of its bytes.
    pub(super) opaque: Option<Opaque>,
}

/// Why the bytes of a connection are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Opaque {
    /// There are too many.
    TooMany,
}

/// Why something else may be found in what takes the place of a connection's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Unlike {
    /// It is a part of Multipath TCP.
    Multipath,
    /// Compressed data refers further back than it may.
    Reach,
}

impl Unlike {
    /// What it is, to be read behind a number of connections.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multipath => "of Multipath TCP, in which something else may be found",
            Self::Reach => {
                "with compressed data that refers further back than it may, which may not be found any more"
            }
        }
    }
}

/// A frame in the stream of one side.
#[derive(Clone, Copy)]
pub(super) struct FrameAt {
    pub(super) from: Peer,
    pub(super) number: u64,
    pub(super) header: FrameHeader,
    /// Where its header begins.
    pub(super) start: usize,
}

/// Where the payload of a frame ends that is not as long as the frame says.
#[derive(Clone, Copy)]
pub(super) enum PayloadEnd {
    /// After so many bytes.
    After(u64),
    /// Behind another frame, which stands at this byte of it.
    Around(u64),
}

/// A message.
#[derive(Clone, Copy)]
pub(super) struct MessageSeen {
    pub(super) inflation: Inflation,
    pub(super) flaw: Option<DeflateFlaw>,
}

impl OpenConnection {
    pub(super) fn new(connection: &Connection, limits: &Limits) -> Self {
        let midstream = PerPeer::from_fn(|peer| !connection.start_seen.of(peer));
        let options = Options { midstream, tls_content: true, http2_places: true, ..Options::new(limits, 0) };
        Self {
            opened: connection.opened.place(),
            addresses: connection.addresses,
            stream: OpenStream::new(options, 0),
        }
    }

    /// Why something else may be found in what takes the place of its bytes.
    pub(super) fn unlike(&self, connection: &Connection) -> Option<Unlike> {
        if connection.multipath {
            return Some(Unlike::Multipath);
        }
        self.stream.seen.reaches_too_far().then_some(Unlike::Reach)
    }
}

impl OpenStream {
    fn new(options: Options, depth: u8) -> Self {
        Self { layers: Layers::new(options), options, depth, seen: ConnectionContent::default() }
    }

    /// Bytes that are kept of it while it is open: those that both sides sent, and what else has to be known of them.
    pub(super) fn kept(&self) -> u64 {
        self.seen.kept()
    }

    /// Takes what comes next from `from`, if no more than `room` bytes.
    pub(super) fn push(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, room: u64) {
        let most = self.kept().saturating_add(room);
        let Self { layers, options, depth, seen } = self;
        if seen.opaque.is_none() {
            let end = match event {
                StreamEvent::Data(chunk) => chunk.extent.end,
                StreamEvent::Gap(gap) => gap.extent.end,
                StreamEvent::End(_) => 0,
            };
            let stream = seen.streams.of_mut(from);
            let known = stream.len() as u64;
            match usize::try_from(end) {
                Ok(end) if end as u64 <= known.saturating_add(room) => {
                    let start = stream.len();
                    if start < end {
                        stream.resize(end, 0);
                    }
                    match event {
                        StreamEvent::Data(chunk) => {
                            if let Some(place) = stream.get_mut(end - chunk.bytes.len()..end) {
                                place.copy_from_slice(chunk.bytes);
                            }
                        }
                        StreamEvent::Gap(_) if start < end => seen.holes.of_mut(from).push(start..end),
                        StreamEvent::Gap(_) | StreamEvent::End(_) => {}
                    }
                }
                Ok(_) | Err(_) => seen.give_up(Opaque::TooMany),
            }
        }
        let inside = Options { midstream: PerPeer::default(), ..*options };
        // Where TLS begins, if it does with this.
        let start = PerPeer::from_fn(|peer| match event {
            StreamEvent::Data(chunk) if peer == from => {
                usize::try_from(chunk.extent.start).unwrap_or(usize::MAX)
            }
            StreamEvent::Data(_) | StreamEvent::Gap(_) | StreamEvent::End(_) => seen.streams.of(peer).len(),
        });
        layers.push_with(from, event, keys, &mut |event| {
            if matches!(event, Event::Secured) && *depth < DEEPEST {
                seen.begin_tls(start, Self::new(inside, *depth + 1));
            } else if let Event::Carried(from, event) = event {
                seen.carry(from, event, keys, room);
            } else {
                seen.take(&event);
            }
        });
        if seen.kept() > most {
            seen.give_up(Opaque::TooMany);
        }
    }

    /// Takes what something else carries. It has places of its own, in which what is missing takes one byte.
    fn push_carried(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, room: u64) {
        let start = self.seen.streams.of(from).len() as u64;
        let event = match event {
            StreamEvent::Data(chunk) => StreamEvent::Data(Chunk::plain(chunk.bytes, chunk.stamp, start)),
            StreamEvent::Gap(gap) => StreamEvent::Gap(Gap { extent: Extent::new(start, 1), ..gap }),
            StreamEvent::End(end) => StreamEvent::End(end),
        };
        self.push(from, event, keys, room);
    }
}

impl ConnectionContent {
    fn give_up(&mut self, why: Opaque) {
        *self = Self { opaque: Some(why), ..Self::default() };
    }

    fn kept(&self) -> u64 {
        let inside = |secured: &SecuredContent| secured.records.kept() + secured.inside.kept();
        self.sent() + self.http2.size() + self.secured.as_deref().map_or(0, inside)
    }

    /// Bytes that both sides sent.
    pub(super) const fn sent(&self) -> u64 {
        (self.streams.client.len() + self.streams.server.len()) as u64
    }

    /// Whether compressed data refers further back than it may.
    fn reaches_too_far(&self) -> bool {
        let reaches = |message: &MessageSeen| match message.flaw {
            // It may have reached into earlier messages, of which less is left.
            Some(DeflateFlaw::Window) => true,
            Some(
                DeflateFlaw::TailKept
                | DeflateFlaw::Unfinished
                | DeflateFlaw::LastBlock
                | DeflateFlaw::Empty
                | DeflateFlaw::Context,
            )
            | None => false,
        };
        self.messages.values().any(reaches)
            || self.websockets.values().any(Self::reaches_too_far)
            || self.secured.as_ref().is_some_and(|secured| secured.inside.seen.reaches_too_far())
    }

    /// What `side` sent in front of TLS and of HTTP/2; all of it where there is neither.
    pub(super) fn in_front(&self, side: Peer) -> &[u8] {
        let stream = self.streams.of(side);
        let secured = self.secured.as_ref().map(|secured| secured.records.begin(side, stream));
        let begin = secured.or_else(|| self.http2.begin(side));
        begin.and_then(|begin| stream.get(..begin)).unwrap_or(stream)
    }

    fn side(&self, from: Peer) -> Peer {
        if self.flipped { !from } else { from }
    }

    /// TLS begins, which carries `inside`.
    fn begin_tls(&mut self, start: PerPeer<usize>, inside: OpenStream) {
        if self.opaque.is_none() {
            self.secured = Some(Box::new(SecuredContent { records: Records::new(start), inside }));
        }
    }

    /// Takes what comes next inside TLS.
    fn carry(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, room: u64) {
        let Some(secured) = &mut self.secured else { return };
        secured.inside.push_carried(from, event, keys, room);
        if let Some(why) = secured.inside.seen.opaque {
            self.give_up(why);
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        if self.opaque.is_some() {
            return;
        }
        match event {
            Event::Flipped => self.flipped = !self.flipped,
            Event::Record(record) => {
                let side = self.side(record.from);
                if let Some(secured) = &mut self.secured {
                    let inside = secured.inside.seen.streams.of(record.from).len();
                    secured.records.push(side, record, inside);
                }
            }
            Event::Agreed(protocol) => {
                if let Some(secured) = &mut self.secured {
                    secured.inside.layers.expect(protocol);
                }
            }
            Event::Placed(from, placed) => self.http2.take(self.side(*from), *placed),
            Event::WebSocket(Attempt::Ordinal(_), event) => {
                self.take_websocket(event, &|_, at| usize::try_from(at).ok());
            }
            Event::WebSocket(Attempt::Stream(stream), event) => {
                self.take_content(*stream);
                let Self { streams, holes, http2, websockets, .. } = self;
                if let (Some(content), Some(pieces)) = (websockets.get_mut(stream), http2.streams.get(stream))
                {
                    content.take_websocket(event, &|side, at| {
                        pieces.of(side).position((streams.of(side), holes.of(side)), at)
                    });
                }
            }
            Event::Secured
            | Event::ServerName(_)
            | Event::Carried(..)
            | Event::Sealed(..)
            | Event::Secrets(_)
            | Event::SecretsGivenUp(..)
            | Event::Alert(_)
            | Event::Upgrade(..)
            | Event::Stranger(_)
            | Event::Gap { .. }
            | Event::Undeterred(_)
            | Event::Tunnel(_)
            | Event::SocksRefused { .. }
            | Event::Data(..)
            | Event::Stream(..)
            | Event::GoAway { .. }
            | Event::SettingsAwaited(_)
            | Event::Asked { .. }
            | Event::HeadBroken { .. }
            | Event::FrameInvalid { .. }
            | Event::Unframed { .. }
            | Event::Over(..)
            | Event::LimitReached { .. } => {}
        }
    }

    /// Takes what has come of the content of a stream that carries a WebSocket.
    fn take_content(&mut self, stream: StreamId) {
        let Self { streams, holes, http2, websockets, flipped, .. } = self;
        let content = websockets.entry(stream).or_insert_with(|| {
            http2.keep(size_of::<Self>() as u64);
            Self::default()
        });
        content.flipped = *flipped;
        let before = content.sent();
        if let Some(pieces) = http2.streams.get_mut(&stream) {
            for side in Peer::BOTH {
                let to = (content.streams.of_mut(side), content.holes.of_mut(side));
                pieces.of_mut(side).take((streams.of(side), holes.of(side)), to);
            }
        }
        http2.keep(content.sent() - before);
    }

    /// Takes the rest of what its streams carry, as nothing follows.
    pub(super) fn complete(&mut self) {
        for side in Peer::BOTH {
            self.http2.look_in_front(side, (self.streams.of(side), self.holes.of(side)));
        }
        let streams: Vec<StreamId> = self.websockets.keys().copied().collect();
        for stream in streams {
            self.take_content(stream);
        }
    }

    /// Takes a fact about a WebSocket. `at` says where in a side's bytes it is what carried it up to some byte.
    fn take_websocket(&mut self, event: &ws::Event<'_>, at: &dyn Fn(Peer, u64) -> Option<usize>) {
        match event {
            ws::Event::Header(frame) => {
                let end = at(self.side(frame.from), frame.extent_end);
                self.take_header(frame, end);
            }
            // Some are found when they are over.
            ws::Event::Frame(frame) => {
                let end = at(self.side(frame.from), frame.extent_end);
                let payload = usize::try_from(frame.received + frame.lost).ok();
                self.take_header(frame, end.zip(payload).and_then(|(end, payload)| end.checked_sub(payload)));
            }
            ws::Event::PartialHeader(partial) => {
                let side = self.side(partial.from);
                let stream = self.streams.of(side);
                let start = stream.len().checked_sub(partial.bytes.len());
                // In front of a gap it stands elsewhere, and is lost.
                let place =
                    start.filter(|_| stream.ends_with(&partial.bytes)).map(|start| start..stream.len());
                *self.partial.of_mut(side) = place;
            }
            ws::Event::Message(message) => self.take_message(message),
            ws::Event::LostFraming(lost) => {
                let end = match lost.shape {
                    LostShape::Interleaved { at } => PayloadEnd::Around(at),
                    LostShape::Inside { at, .. } => PayloadEnd::After(at),
                    LostShape::InCut { .. }
                    | LostShape::LineEnds
                    | LostShape::Padding
                    | LostShape::KeyWithoutBit
                    | LostShape::KeyAsPayload
                    | LostShape::Unknown => return,
                };
                let side = self.side(lost.from);
                self.ends.insert((side, lost.frame), end);
                if let PayloadEnd::Around(at) = end {
                    self.take_intruder(side, lost.frame, at);
                }
            }
            ws::Event::Misaligned { from, frame, actual, .. } => {
                self.ends.insert((self.side(*from), *frame), PayloadEnd::After(*actual));
            }
            ws::Event::Stalled { .. }
            | ws::Event::Gap { .. }
            | ws::Event::Resynchronized { .. }
            | ws::Event::Foreign { .. }
            | ws::Event::End { .. } => {}
        }
    }

    /// A frame whose header ends at `end`, if there is one.
    fn take_header(&mut self, frame: &Frame<'_>, end: Option<usize>) {
        let from = self.side(frame.from);
        let header = frame.header;
        let Some(start) = end.and_then(|end| end.checked_sub(header.size())) else { return };
        let stands_here = |found: FrameHeader| {
            (found.opcode, found.fin, found.rsv, found.length)
                == (header.opcode, header.fin, header.rsv, header.length)
        };
        let bytes = self.streams.of(from).get(start..).unwrap_or_default();
        let is_known =
            self.frames.iter().rev().take(64).any(|known| (known.from, known.number) == (from, frame.number));
        if !is_known && FrameHeader::parse(bytes).is_some_and(stands_here) {
            self.frames.push(FrameAt { from, number: frame.number, header, start });
        }
    }

    /// The frame that stands at this byte of another one's payload, which nobody reports by itself.
    fn take_intruder(&mut self, from: Peer, outer: u64, at: u64) {
        let outer = self.frames.iter().rev().find(|known| (known.from, known.number) == (from, outer));
        let start = outer.map(|outer| outer.start.saturating_add(outer.header.size()));
        let Some(start) = start.zip(usize::try_from(at).ok()).map(|(start, at)| start.saturating_add(at))
        else {
            return;
        };
        let bytes = self.streams.of(from).get(start..).unwrap_or_default();
        if let Some(header) = FrameHeader::parse(bytes) {
            self.frames.push(FrameAt { from, number: 0, header, start });
        }
    }

    fn take_message(&mut self, message: &Message<'_>) {
        if message.inflation != Inflation::None {
            let seen = MessageSeen { inflation: message.inflation, flaw: message.flaw };
            self.messages.insert((self.side(message.from), message.first_frame), seen);
        }
    }
}
