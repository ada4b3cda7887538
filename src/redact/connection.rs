//! What is known of a connection while it is open: its bytes, and what they are.

use super::records::Records;
use crate::layers::{Event, Layers, Options, TlsKeys};
use crate::model::{Chunk, Extent, Gap, Limits, PacketPlace, Peer, PerPeer, StreamEvent};
use crate::tcp::Connection;
use crate::upgrade::Via;
use crate::ws::{self, DeflateFlaw, Frame, FrameHeader, Inflation, LostShape, Message};
use std::collections::HashMap;
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

/// What was seen in such a stream.
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
    /// Why nothing can be put in place of its bytes.
    pub(super) opaque: Option<Opaque>,
}

/// Why the bytes of a connection are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Opaque {
    /// They are HTTP/2.
    Http2,
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
                "with compressed data that refers further back than it may, which is not found any more"
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
        let options = Options { midstream, tls_content: true, ..Options::new(limits, 0) };
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
        self.stream.seen.reaches().then_some(Unlike::Reach)
    }
}

impl OpenStream {
    fn new(options: Options, depth: u8) -> Self {
        Self { layers: Layers::new(options), options, depth, seen: ConnectionContent::default() }
    }

    /// Bytes that are kept of it.
    pub(super) fn kept(&self) -> u64 {
        self.seen.kept()
    }

    /// Those of them that TLS carries, and its records.
    pub(super) fn kept_inside(&self) -> u64 {
        self.seen.kept_inside()
    }

    /// Takes what comes next from `from`, if no more than `room` bytes.
    pub(super) fn push(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, room: u64) {
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
        (self.streams.client.len() + self.streams.server.len()) as u64 + self.kept_inside()
    }

    fn kept_inside(&self) -> u64 {
        let kept = |secured: &SecuredContent| secured.records.kept() + secured.inside.kept();
        self.secured.as_deref().map_or(0, kept)
    }

    /// Whether compressed data refers further back than it may.
    fn reaches(&self) -> bool {
        let reaches = |message: &MessageSeen| match message.flaw {
            Some(DeflateFlaw::Window | DeflateFlaw::Context) => true,
            Some(
                DeflateFlaw::TailKept | DeflateFlaw::Unfinished | DeflateFlaw::LastBlock | DeflateFlaw::Empty,
            )
            | None => false,
        };
        self.messages.values().any(reaches)
            || self.secured.as_ref().is_some_and(|secured| secured.inside.seen.reaches())
    }

    /// What `side` sent in front of TLS; all of it where there is none.
    pub(super) fn in_the_clear(&self, side: Peer) -> &[u8] {
        let stream = self.streams.of(side);
        let begin = self.secured.as_ref().map(|secured| secured.records.begin(side, stream));
        stream.get(..begin.unwrap_or(stream.len())).unwrap_or_default()
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
            Event::Stream(..)
            | Event::GoAway { .. }
            | Event::HeadBroken { .. }
            | Event::FrameInvalid { .. }
            | Event::Over(..) => self.give_up(Opaque::Http2),
            Event::Upgrade(_, upgrade) if matches!(upgrade.via, Via::Http2(_)) => self.give_up(Opaque::Http2),
            Event::WebSocket(_, event) => self.take_websocket(event),
            Event::Secured
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
            | Event::LimitReached { .. } => {}
        }
    }

    fn take_websocket(&mut self, event: &ws::Event<'_>) {
        match event {
            ws::Event::Header(frame) => self.take_header(frame, frame.extent_end),
            // Some are found when they are over.
            ws::Event::Frame(frame) => {
                let payload = frame.received + frame.lost;
                self.take_header(frame, frame.extent_end.saturating_sub(payload));
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
    fn take_header(&mut self, frame: &Frame<'_>, end: u64) {
        let from = self.side(frame.from);
        let header = frame.header;
        let Some(start) = usize::try_from(end).ok().and_then(|end| end.checked_sub(header.size())) else {
            return;
        };
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
