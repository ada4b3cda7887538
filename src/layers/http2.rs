//! HTTP/2 as far as it leads to WebSockets: requests for one on a stream (RFC 8441), their answers, and what follows.

use super::Out;
use super::event::Event;
use crate::http1::{
    Exchange, Head, HeadLimits, HeadPart, Header, Headers, Outcome, OverHttp2, Request, Response, Switch,
    Transition, Upgrade, Via,
};
use crate::http2::{self, Connection, GoAway, HeadKind, Headed, Options, Reset, Scope, StreamFact};
use crate::model::{
    Attempt, Chunk, End, EndCause, Footprint, Held, Peer, PerPeer, Stamp, StreamEvent, StreamId,
};
use crate::ws::{self, Negotiated, Start, WebSocket};
use std::collections::BTreeMap;

/// Bytes kept of what a client sends on a stream before its request is answered.
const EARLY_KEPT: u64 = 64 << 10;

/// An HTTP/2 connection, and what its streams carry.
#[derive(Debug)]
pub(super) struct Http2 {
    connection: Connection,
    streams: Streams,
}

/// What the streams are for.
#[derive(Debug)]
struct Streams {
    websocket: ws::Options,
    heads: HeadLimits,
    tunnel: Option<String>,
    open: BTreeMap<StreamId, Open>,
    /// What all of them take of memory.
    footprint: Footprint,
    /// Whether the server announced that it takes extended CONNECT; `None` while it has announced nothing.
    enabled: Option<bool>,
    /// The capture misses bytes of the connection: streams may have begun in them.
    is_lossy: bool,
    /// The server takes no more streams.
    gone: Option<GoAway>,
    /// Frames of a WebSocket show that the connection's roles are the other way round.
    flipped: bool,
    /// A side of the connection ends, and its streams with it.
    is_ending: bool,
}

/// A stream that is not over, and what it takes of memory.
#[derive(Debug)]
struct Open {
    stream: Stream,
    footprint: Footprint,
    ended: PerPeer<bool>,
}

/// What a stream is for.
#[derive(Debug)]
enum Stream {
    /// Its request waits for an answer.
    Asked(Box<Asked>),
    /// Nobody knows; it may carry a WebSocket.
    Unknown(Box<Exchange>),
    WebSocket(Box<WebSocket>),
    /// Something else.
    Other,
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Asked {
    request: Request,
    over: OverHttp2,
    interim: Vec<u16>,
    /// What the client sent meanwhile.
    early: Vec<Held>,
    early_bytes: u64,
    early_lost: bool,
    ends: PerPeer<Option<End>>,
    ended_first: Option<Peer>,
    doubtful: bool,
}

impl Http2 {
    /// A connection of which nothing was seen yet, inside of the tunnel to this `host:port`.
    pub(super) fn new(
        options: Options,
        heads: HeadLimits,
        websocket: ws::Options,
        tunnel: Option<String>,
    ) -> Self {
        Self {
            connection: Connection::new(&options),
            streams: Streams::new(&options, heads, websocket, tunnel),
        }
    }

    /// A connection after an upgrade from HTTP/1.1 whose request carried these settings.
    pub(super) fn upgraded(
        options: Options,
        heads: HeadLimits,
        websocket: ws::Options,
        tunnel: Option<String>,
        settings: &[u8],
    ) -> Self {
        let connection = Connection::upgraded(&options, settings);
        Self { connection, streams: Streams::new(&options, heads, websocket, tunnel) }
    }

    /// Whether it is known that this is HTTP/2.
    pub(super) const fn is_certain(&self) -> bool {
        self.connection.is_http2()
    }

    /// Takes what comes next from `from`.
    pub(super) fn push(&mut self, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        let Self { connection, streams } = self;
        streams.is_ending = matches!(event, StreamEvent::End(_));
        connection.push(from, event, &mut |event| streams.take(&event, out));
    }

    /// Tells which frames wait for the rest of themselves.
    pub(super) fn waits(&self, out: &mut dyn FnMut(Attempt, &ws::Frame<'_>)) {
        for (id, open) in &self.streams.open {
            if let Stream::WebSocket(websocket) = &open.stream {
                websocket.waits(&mut |frame| out(Attempt::Stream(*id), frame));
            }
        }
    }

    /// What it takes of memory besides itself.
    pub(super) fn footprint(&self) -> Footprint {
        Footprint::of::<Self>().and_held(self.connection.memory()) + self.streams.footprint
    }

    /// Gives memory back that is not needed right now.
    pub(super) fn rest(&mut self) {
        self.streams.each(|stream| {
            if let Stream::WebSocket(websocket) = stream {
                websocket.rest();
            }
        });
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        self.streams.each(|stream| match stream {
            Stream::WebSocket(websocket) => websocket.shed(),
            Stream::Asked(asked) => {
                asked.early_lost |= !asked.early.is_empty();
                asked.early = Vec::new();
            }
            Stream::Unknown(_) => *stream = Stream::Other,
            Stream::Other => {}
        });
    }
}

impl Open {
    fn new(stream: Stream) -> Self {
        Self { stream, footprint: Footprint::default(), ended: PerPeer::default() }
    }

    fn weigh(&self) -> Footprint {
        /// A stream's part of a node of the map, which is two thirds full.
        const EACH: usize = (size_of::<Open>() + size_of::<StreamId>()) * 3 / 2;
        let own = match &self.stream {
            Stream::Asked(asked) => {
                let early: usize = asked.early.iter().map(Held::memory).sum();
                Footprint::of::<Asked>().and_held(asked.request.head.memory() + early)
            }
            Stream::Unknown(exchange) => exchange.footprint(),
            Stream::WebSocket(websocket) => websocket.footprint(),
            Stream::Other => Footprint::default(),
        };
        own.and_least(EACH)
    }
}

impl Streams {
    fn new(options: &Options, heads: HeadLimits, websocket: ws::Options, tunnel: Option<String>) -> Self {
        Self {
            websocket,
            heads,
            tunnel,
            open: BTreeMap::new(),
            footprint: Footprint::default(),
            enabled: None,
            gone: None,
            is_lossy: options.midstream.client || options.midstream.server,
            flipped: false,
            is_ending: false,
        }
    }

    /// Does something to every stream, after which it may take less memory.
    fn each(&mut self, change: impl Fn(&mut Stream)) {
        for open in self.open.values_mut() {
            change(&mut open.stream);
            open.footprint = open.weigh();
        }
        self.footprint = self.open.values().map(|open| open.footprint).sum();
    }

    /// Notes what a stream takes now.
    fn weigh(&mut self, id: StreamId) {
        if let Some(open) = self.open.get_mut(&id) {
            let now = open.weigh();
            self.footprint = self.footprint - std::mem::replace(&mut open.footprint, now) + now;
        }
    }

    fn insert(&mut self, id: StreamId, stream: Stream) {
        match self.open.get_mut(&id) {
            Some(open) => open.stream = stream,
            None => {
                self.open.insert(id, Open::new(stream));
            }
        }
        self.weigh(id);
    }

    fn remove(&mut self, id: StreamId) -> Option<Stream> {
        let open = self.open.remove(&id)?;
        self.footprint = self.footprint - open.footprint;
        Some(open.stream)
    }

    fn role(&self, from: Peer) -> Peer {
        if self.flipped { !from } else { from }
    }

    /// Takes a fact of the connection.
    fn take(&mut self, event: &http2::Event<'_>, out: &mut Out<'_>) {
        match *event {
            http2::Event::Stream { stream, from, event } => {
                self.content(stream, self.role(from), event, out);
            }
            http2::Event::Head(Headed { stream, from, head }) => {
                self.head(stream, self.role(from), head, out);
                self.weigh(stream);
            }
            http2::Event::Settings { from, settings, .. } if self.role(from) == Peer::Server => {
                self.enabled = Some(settings.enable_connect_protocol);
            }
            http2::Event::Reset { stream, from, code, stamp } => {
                let reset = Reset { from: self.role(from), code, stamp };
                match self.open.get_mut(&stream).map(|open| &mut open.stream) {
                    Some(Stream::Asked(asked)) => asked.over.reset = Some(reset),
                    Some(Stream::WebSocket(_)) => {
                        out(Event::Stream(Attempt::Stream(stream), StreamFact::Reset(reset)));
                    }
                    _ => {}
                }
            }
            http2::Event::GoAway { from, gone, debug } => {
                let from = self.role(from);
                if from == Peer::Server {
                    self.gone = Some(gone);
                }
                out(Event::GoAway { from, gone, debug });
            }
            http2::Event::Stalled { from, scope, waited, stall } => {
                // A stall of the connection's window is reported for the stream that waited; at the end, for any
                // stream.
                let any = || self.open.keys().copied().find(|id| self.is_websocket(*id));
                let about = scope.or(waited).or_else(any).filter(|id| self.is_websocket(*id));
                let fact = StreamFact::Stalled {
                    from: self.role(from),
                    scope: if scope.is_some() { Scope::Stream } else { Scope::Connection },
                    stall,
                };
                if let Some(id) = about {
                    out(Event::Stream(Attempt::Stream(id), fact));
                }
            }
            http2::Event::Exceeded { from, stream, of_stream, beyond, stamp }
                if self.is_websocket(stream) =>
            {
                let (from, scope) =
                    (self.role(from), if of_stream { Scope::Stream } else { Scope::Connection });
                out(Event::Stream(
                    Attempt::Stream(stream),
                    StreamFact::Exceeded { from, scope, beyond, stamp },
                ));
            }
            http2::Event::Gap { sync_lost, .. } => self.is_lossy |= sync_lost,
            http2::Event::Foreign { from, preview, stamp } => {
                out(Event::Stranger { from: self.role(from), preview, stamp });
            }
            http2::Event::LimitReached { shortage, stamp } => {
                out(Event::LimitReached { shortage, stamp });
            }
            // If the frames of a WebSocket showed this earlier, it has been reported already.
            http2::Event::Flipped if std::mem::take(&mut self.flipped) => {}
            http2::Event::Flipped => self.flip(out),
            http2::Event::Preface(_)
            | http2::Event::Settings { .. }
            | http2::Event::Exceeded { .. }
            | http2::Event::Uncompressable { .. }
            | http2::Event::Resynchronized { .. } => {}
        }
    }

    /// The client is the side that was taken for the server.
    fn flip(&mut self, out: &mut Out<'_>) {
        out(Event::Flipped);
        for open in self.open.values_mut() {
            std::mem::swap(&mut open.ended.client, &mut open.ended.server);
            if let Stream::Unknown(exchange) = &mut open.stream {
                exchange.flip();
            }
        }
    }

    fn is_websocket(&self, id: StreamId) -> bool {
        matches!(self.open.get(&id), Some(Open { stream: Stream::WebSocket(_), .. }))
    }

    fn head(&mut self, id: StreamId, from: Peer, head: &http2::Head, out: &mut Out<'_>) {
        match (head.kind, self.open.get_mut(&id).map(|open| &mut open.stream)) {
            (HeadKind::Request, None) => {
                let stream = self.asked(id, head);
                self.insert(id, stream);
            }
            (HeadKind::Interim, Some(Stream::Asked(asked))) => asked.interim.extend(head.fields.status()),
            (HeadKind::Response, Some(stream @ Stream::Asked(_))) => {
                if let Stream::Asked(asked) = std::mem::replace(stream, Stream::Other) {
                    self.answered(id, *asked, head, out);
                }
            }
            // The request that this answers is not in the capture.
            (_, None) if from == Peer::Server => {
                let stream = self.unknown();
                self.insert(id, stream);
            }
            _ => {}
        }
    }

    /// A stream that begins with this request.
    fn asked(&self, stream: StreamId, head: &http2::Head) -> Stream {
        let fields = &head.fields;
        if fields.value(":method").is_none() {
            return self.unknown();
        }
        let text = |name| String::from_utf8_lossy(fields.value(name).unwrap_or_default()).into_owned();
        Stream::Asked(Box::new(Asked {
            request: Request { method: text(":method"), target: text(":path"), head: converted(head) },
            over: OverHttp2 {
                stream,
                enabled: self.enabled,
                reset: None,
                left_out: None,
                unknown_fields: fields.unknown(),
            },
            interim: Vec::new(),
            early: Vec::new(),
            early_bytes: 0,
            early_lost: false,
            ends: PerPeer::default(),
            ended_first: None,
            doubtful: fields.is_guessed() || fields.unknown() > 0,
        }))
    }

    /// A stream of which nobody knows what it is for: frames are looked for in it.
    fn unknown(&self) -> Stream {
        let midstream = PerPeer { client: true, server: true };
        Stream::Unknown(Box::new(Exchange::new(self.heads, midstream, self.tunnel.clone())))
    }

    /// A final response came.
    fn answered(&mut self, id: StreamId, mut asked: Asked, head: &http2::Head, out: &mut Out<'_>) {
        let fields = &head.fields;
        let grants = fields.status().is_some_and(|status| (200..300).contains(&status));
        if asked.doubtful && grants && !asked.request.is_extended_connect() {
            // Another request may be lost in what is known of this one: what follows tells.
            let stream = self.unknown();
            return self.insert(id, stream);
        }
        asked.over.unknown_fields += fields.unknown();
        // What was offered may be among the fields that are not known.
        asked.doubtful |= fields.is_guessed() || asked.over.unknown_fields > 0;
        let Some(status) = fields.status().filter(|_| fields.unknown() == 0 && fields.left_out == 0) else {
            // What follows tells what it was, and what was agreed on.
            return self.unanswered(id, asked, head.last, out);
        };
        let response = Response { status, reason: String::new(), head: converted(head) };
        let early = std::mem::take(&mut asked.early);
        let asks = asked.request.asks_for_websocket();
        let early_lost = asked.early_lost;
        let start = if early_lost { Start::AfterGap } else { Start::Frame };
        let ends = asked.ends;
        let mut upgrade = self.upgrade(asked, HeadPart::Whole(response), head.last);
        upgrade.searching.client = early_lost;
        // Where the server's side was understood late, what came after the answer waits here, too.
        let answered_in = head.first.packet;
        upgrade.early =
            early.first().map(|held| held.chunk().stamp).filter(|early| early.packet < answered_in);
        upgrade.outcome = match upgrade.is_switched() {
            _ if !asks => Outcome::NotWebSocket,
            false => Outcome::Rejected,
            true if !upgrade.doubtful && upgrade.must_be_refused() => Outcome::Failed,
            true => Outcome::Accepted,
        };
        if asks && upgrade.is_switched() {
            self.follow(id, &upgrade, PerPeer { client: start, server: Start::Frame }, early, ends, out);
        } else {
            out(Event::Upgrade(Attempt::Stream(id), &upgrade));
        }
    }

    /// The answer is not in the capture: frames may follow.
    fn unanswered(&mut self, id: StreamId, mut asked: Asked, stamp: Stamp, out: &mut Out<'_>) {
        if !asked.request.asks_for_websocket() {
            return;
        }
        let (early, ends) = (std::mem::take(&mut asked.early), asked.ends);
        let early_lost = asked.early_lost;
        let client = if early_lost { Start::AfterGap } else { Start::Frame };
        let mut upgrade = self.upgrade(asked, HeadPart::Lost, stamp);
        upgrade.searching = PerPeer { client: early_lost, server: true };
        self.follow(id, &upgrade, PerPeer { client, server: Start::AfterGap }, early, ends, out);
    }

    /// Frames follow an attempt.
    fn follow(
        &mut self,
        id: StreamId,
        upgrade: &Upgrade,
        start: PerPeer<Start>,
        held: Vec<Held>,
        ends: PerPeer<Option<End>>,
        out: &mut Out<'_>,
    ) {
        let attempt = Attempt::Stream(id);
        out(Event::Upgrade(attempt, upgrade));
        let negotiated = Negotiated { extensions: upgrade.extensions(), start };
        let mut websocket = WebSocket::new(&negotiated, &self.websocket);
        let mut tell = |event: ws::Event<'_>| out(Event::WebSocket(attempt, event));
        for held in held {
            websocket.push(held.from, StreamEvent::Data(held.chunk()), &mut tell);
        }
        for peer in Peer::BOTH {
            if let Some(end) = *ends.of(peer) {
                websocket.push(peer, StreamEvent::End(end), &mut tell);
            }
        }
        self.insert(id, Stream::WebSocket(Box::new(websocket)));
    }

    /// An attempt whose outcome is not known, unless it stays so.
    fn upgrade(&self, asked: Asked, response: HeadPart<Response>, last: Stamp) -> Upgrade {
        let Asked { request, mut over, interim, early_bytes, ends, ended_first, doubtful, .. } = asked;
        // A client that did not wait for the settings asked all the same for what they do not allow.
        over.enabled = over.enabled.or(self.enabled.filter(|enabled| !enabled));
        Upgrade {
            outcome: Outcome::Unseen,
            via: Via::Http2(Box::new(over)),
            first: request.head.first,
            requested: request.head.last,
            request: HeadPart::Whole(request),
            response,
            interim,
            early: None,
            early_bytes,
            ends,
            ended_first,
            doubtful,
            last,
            tunnel: self.tunnel.clone(),
            searching: PerPeer::default(),
        }
    }

    /// What a stream carries.
    fn content(&mut self, id: StreamId, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        if !self.open.contains_key(&id) {
            if !self.is_lossy || !matches!(event, StreamEvent::Data(_)) {
                return;
            }
            let stream = self.unknown();
            self.insert(id, stream);
        }
        let Some(open) = self.open.get_mut(&id) else { return };
        if let StreamEvent::End(_) = event {
            *open.ended.of_mut(from) = true;
        }
        let is_over = open.ended.client && open.ended.server;
        match &mut open.stream {
            Stream::WebSocket(websocket) => {
                websocket.push(from, event, &mut |event| out(Event::WebSocket(Attempt::Stream(id), event)));
            }
            Stream::Unknown(exchange) => {
                let (next, rest) = match event {
                    StreamEvent::Data(chunk) => {
                        let (next, rest) = exchange.push(from, chunk, &mut |_| {});
                        (next, Some(rest))
                    }
                    StreamEvent::Gap(gap) => (exchange.gap(from, gap), None),
                    StreamEvent::End(end) => (exchange.end(from, end, &mut |_| {}), None),
                };
                self.found(id, from, next, rest, out);
            }
            Stream::Asked(asked) => match event {
                StreamEvent::Data(chunk) if from == Peer::Client => asked.keep_early(chunk),
                StreamEvent::Gap(_) if from == Peer::Client => asked.early_lost = true,
                // A head must have come before: it is lost.
                StreamEvent::Data(_) | StreamEvent::Gap(_) => {
                    let stream = std::mem::replace(&mut open.stream, Stream::Other);
                    if let Stream::Asked(asked) = stream {
                        self.unanswered(id, *asked, event.stamp(), out);
                        return self.content(id, from, event, out);
                    }
                }
                StreamEvent::End(end) => {
                    *asked.ends.of_mut(from) = Some(end);
                    let who = if end.cause == EndCause::RstByPeer { !from } else { from };
                    asked.ended_first.get_or_insert(who);
                    if is_over || from == Peer::Server {
                        let stream = std::mem::replace(&mut open.stream, Stream::Other);
                        if let Stream::Asked(asked) = stream {
                            self.give_up(id, *asked, end, out);
                        }
                    }
                }
            },
            Stream::Other => {}
        }
        if is_over {
            let stream = self.remove(id);
            if !self.is_ending && matches!(stream, Some(Stream::WebSocket(_))) {
                out(Event::Over(Attempt::Stream(id), event.stamp()));
            }
        } else {
            self.weigh(id);
        }
    }

    /// Where looking for frames leads.
    fn found(
        &mut self,
        id: StreamId,
        from: Peer,
        next: Transition,
        rest: Option<Chunk<'_>>,
        out: &mut Out<'_>,
    ) {
        let Transition::WebSocket(switch) = next else {
            if let (Transition::Ignore, Some(open)) = (&next, self.open.get_mut(&id)) {
                open.stream = Stream::Other;
            }
            return;
        };
        let Switch { mut upgrade, negotiated, held, flipped } = *switch;
        let mut from = from;
        if flipped {
            if self.open.values().any(|open| matches!(open.stream, Stream::WebSocket(_))) {
                // Other streams showed that the roles are right, so this is not a WebSocket.
                self.insert(id, Stream::Other);
                return;
            }
            self.flipped = !self.flipped;
            from = !from;
            // The stream itself was read the other way round.
            self.insert(id, Stream::Other);
            self.flip(out);
        }
        let over =
            OverHttp2 { stream: id, enabled: self.enabled, reset: None, left_out: None, unknown_fields: 0 };
        upgrade.via = Via::Http2(Box::new(over));
        self.follow(id, &upgrade, negotiated.start, held, PerPeer::default(), out);
        if let Some(rest) = rest.filter(|rest| !rest.bytes.is_empty()) {
            self.content(id, from, StreamEvent::Data(rest), out);
        }
    }

    /// No answer will come.
    fn give_up(&self, id: StreamId, asked: Asked, end: End, out: &mut Out<'_>) {
        let asks = asked.request.asks_for_websocket();
        let is_cut = asked.ends.server.is_none_or(|end| end.cause == EndCause::Open) && self.is_lossy;
        // Of a server that has not even announced its settings, no packets are in the capture, or not yet.
        let is_silent = asks && self.enabled.is_none();
        let unseen =
            asked.ends.server.is_some_and(|end| end.cause == EndCause::Unseen) || is_cut || is_silent;
        let response = if unseen { HeadPart::Lost } else { HeadPart::Absent };
        let mut upgrade = self.upgrade(asked, response, end.stamp);
        if let Via::Http2(over) = &mut upgrade.via {
            over.left_out = self.gone.filter(|gone| gone.last < id);
        }
        upgrade.outcome = match (asks, unseen) {
            (false, _) => Outcome::NotWebSocket,
            (true, true) => Outcome::Unseen,
            (true, false) => Outcome::Failed,
        };
        out(Event::Upgrade(Attempt::Stream(id), &upgrade));
    }
}

impl Asked {
    fn keep_early(&mut self, chunk: Chunk<'_>) {
        self.early_bytes += chunk.bytes.len() as u64;
        if self.early_bytes > EARLY_KEPT {
            self.early_lost = true;
        } else {
            self.early.push(chunk.hold(Peer::Client));
        }
    }
}

/// A head as those of HTTP/1.1 are kept. The fields that stand for its first line are among the others.
fn converted(head: &http2::Head) -> Head {
    let known =
        head.fields.list.iter().filter_map(|field| Some((field.name.as_deref()?, field.value.as_deref()?)));
    let lines: Vec<Header<'_>> = known.map(|(name, value)| Header { name, value }).collect();
    Head {
        minor_version: 1,
        headers: Headers::new(lines.iter().copied()),
        first: head.first,
        last: head.last,
        flaws: Box::default(),
    }
}
