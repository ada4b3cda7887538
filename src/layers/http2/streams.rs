//! The streams of an HTTP/2 connection: what each is for, and what it takes of memory.

use super::super::event::Coverage;
use super::asked::{Hearing, PendingRequest};
use crate::http1::{Exchange, ExchangeLimits};
use crate::http2::{GoAway, Options};
use crate::model::{Footprint, Peer, PerPeer, Stamp, StreamId};
use crate::upgrade::ForeignAnswer;
use crate::ws::{self, WebSocket};
use std::collections::BTreeMap;

/// What the streams are for.
#[derive(Debug)]
pub(super) struct StreamLayers {
    pub(super) websocket: ws::Options,
    pub(super) http1: ExchangeLimits,
    pub(super) tunnel: Option<String>,
    pub(super) open: BTreeMap<StreamId, OpenStream>,
    /// What all of them take of memory.
    pub(super) footprint: Footprint,
    /// Where the latest bytes of the server end that the capture lacks.
    pub(super) lost_of_server: u64,
    /// Whether the server announced that it takes extended CONNECT; `None` while it has announced nothing.
    pub(super) enabled: Option<bool>,
    /// The capture misses bytes of the connection: streams may have begun in them.
    pub(super) is_lossy: bool,
    /// What the capture misses of each side, which may have announced or answered something in it.
    pub(super) losses: PerPeer<Loss>,
    /// Whether each side can be heard: whether an answer of the server can be waited for.
    pub(super) hearing: PerPeer<Hearing>,
    /// The latest head of the server on a stream whose request had not been read.
    pub(super) unasked: Option<Stamp>,
    /// Streams on which WebSockets were granted before anything of the client was read.
    pub(super) answered_unread: Vec<StreamId>,
    /// The server takes no more streams.
    pub(super) gone: Option<GoAway>,
    /// The server does not speak HTTP/2.
    pub(super) foreign: Option<Box<ForeignAnswer>>,
    /// The client began with its preface, which ends in this packet, and nobody sent a head yet.
    pub(super) awaiting: Option<Stamp>,
    /// Sides of the connection that are over.
    pub(super) ended: PerPeer<bool>,
    /// Frames of a WebSocket show that the connection's roles are the other way round.
    pub(super) flipped: bool,
    /// A side of the connection ends, and its streams with it.
    pub(super) is_ending: bool,
    /// The side that ended the connection first, by its role.
    pub(super) ended_first: Option<Peer>,
}

/// What the capture misses of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    Nothing,
    /// What it sent before the capture began.
    Beginning,
    /// Bytes that show up as missing in this packet at the latest.
    UpTo(Stamp),
}

impl Loss {
    /// Whether the capture has all that the side sent after this packet, as far as is known by then.
    pub(super) fn is_over(self, stamp: Stamp) -> bool {
        match self {
            Self::Nothing => true,
            Self::Beginning => false,
            Self::UpTo(latest) => latest.packet <= stamp.packet,
        }
    }

    /// Whether the capture may miss what the side sent after this packet.
    pub(super) fn may_follow(self, stamp: Stamp) -> bool {
        matches!(self, Self::UpTo(latest) if latest.packet > stamp.packet)
    }
}

/// A stream that is not over, and what it takes of memory.
#[derive(Debug)]
pub(super) struct OpenStream {
    pub(super) stream: StreamLayer,
    pub(super) footprint: Footprint,
    pub(super) ended: PerPeer<bool>,
}

/// What a stream is for.
#[derive(Debug)]
pub(super) enum StreamLayer {
    /// Its request waits for an answer.
    Asked(Box<PendingRequest>),
    /// Nobody knows; it may carry a WebSocket.
    Unknown(Box<Exchange>),
    WebSocket(Box<WebSocket>),
    /// Something else.
    Other,
}

impl OpenStream {
    pub(super) fn new(stream: StreamLayer) -> Self {
        Self { stream, footprint: Footprint::default(), ended: PerPeer::default() }
    }

    pub(super) fn weigh(&self) -> Footprint {
        let own = match &self.stream {
            StreamLayer::Asked(asked) => {
                let interim = Footprint::allocation(asked.interim.capacity() * size_of::<u16>());
                let held = asked.request.memory() + asked.early.memory() + interim;
                Footprint::of::<PendingRequest>().and_held(held)
            }
            StreamLayer::Unknown(exchange) => exchange.footprint(),
            StreamLayer::WebSocket(websocket) => websocket.footprint(),
            StreamLayer::Other => Footprint::default(),
        };
        own + Footprint::of_entry::<StreamId, Self>()
    }
}

impl StreamLayers {
    pub(super) fn new(
        options: &Options,
        http1: ExchangeLimits,
        websocket: ws::Options,
        tunnel: Option<String>,
    ) -> Self {
        let lost = |is_midstream: bool| if is_midstream { Loss::Beginning } else { Loss::Nothing };
        Self {
            websocket,
            http1,
            tunnel,
            open: BTreeMap::new(),
            footprint: Footprint::default(),
            lost_of_server: 0,
            enabled: None,
            hearing: PerPeer { client: Hearing::Heard, server: Hearing::Heard },
            unasked: None,
            answered_unread: Vec::new(),
            gone: None,
            foreign: None,
            awaiting: None,
            ended: PerPeer::default(),
            is_lossy: options.midstream.client || options.midstream.server,
            losses: PerPeer::from_fn(|peer| lost(*options.midstream.of(peer))),
            flipped: false,
            is_ending: false,
            ended_first: None,
        }
    }

    /// What the capture holds of the connection, as far as is known by now.
    pub(super) fn coverage(&self) -> Coverage {
        let is_unheard = |peer| *self.hearing.of(peer) == Hearing::Unheard;
        match self.is_lossy {
            _ if Peer::BOTH.into_iter().any(is_unheard) => Coverage::OneSided,
            true => Coverage::Lossy,
            false => Coverage::Whole,
        }
    }

    /// Does something to every stream, after which it may take less memory.
    pub(super) fn each(&mut self, change: impl Fn(&mut StreamLayer)) {
        for open in self.open.values_mut() {
            change(&mut open.stream);
            open.footprint = open.weigh();
        }
        self.footprint = self.open.values().map(|open| open.footprint).sum();
    }

    /// Notes what a stream takes now.
    pub(super) fn weigh(&mut self, id: StreamId) {
        if let Some(open) = self.open.get_mut(&id) {
            let now = open.weigh();
            self.footprint = self.footprint - std::mem::replace(&mut open.footprint, now) + now;
        }
    }

    pub(super) fn insert(&mut self, id: StreamId, stream: StreamLayer) {
        match self.open.get_mut(&id) {
            Some(open) => open.stream = stream,
            None => {
                self.open.insert(id, OpenStream::new(stream));
            }
        }
        self.weigh(id);
    }

    pub(super) fn remove(&mut self, id: StreamId) -> Option<StreamLayer> {
        let open = self.open.remove(&id)?;
        self.footprint = self.footprint - open.footprint;
        Some(open.stream)
    }

    pub(super) fn role(&self, from: Peer) -> Peer {
        if self.flipped { !from } else { from }
    }

    pub(super) fn is_websocket(&self, id: StreamId) -> bool {
        matches!(self.open.get(&id), Some(OpenStream { stream: StreamLayer::WebSocket(_), .. }))
    }

    /// A stream of which nobody knows what it is for: frames are looked for in it.
    pub(super) fn unknown(&self) -> StreamLayer {
        let midstream = PerPeer { client: true, server: true };
        StreamLayer::Unknown(Box::new(Exchange::new(self.http1, midstream, self.tunnel.clone())))
    }
}
