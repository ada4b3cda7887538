//! What follows a layer, and what the next one needs to know about the connection.

use super::Out;
use super::connection::Layers;
use super::event::Event;
use super::http2::Http2;
use super::input::{LayerInput, as_inputs, begins_http2, begins_preface};
use super::middle::{Middle, Recognized};
use super::opening::Opening;
use super::options::Options;
use super::prelude::Prelude;
use super::secured::Secured;
use super::socks::{RefusedRequest, Socks, SocksEnd};
use crate::http1::Exchange;
use crate::model::{Attempt, End, Gap, GapCause, Peer, PerPeer, StreamEvent};
use crate::tls::{RecordSearch, Tls};
use crate::ws::WebSocket;

/// The deepest nesting of TLS inside TLS that is followed: only a capture made for the purpose goes further.
const DEEPEST: u8 = 4;

/// What reads the bytes now.
#[derive(Debug)]
pub(super) enum Layer {
    /// It is not known yet what they are.
    Opening(Box<Opening>),
    Socks(Box<Socks>),
    /// The capture begins inside of it.
    Middle(Box<Middle>),
    Http1(Box<Exchange>),
    /// TLS, and all of this again inside it.
    Tls(Box<Secured>),
    Http2(Box<Http2>),
    /// Frames, which came of this attempt.
    WebSocket(Attempt, Box<WebSocket>),
    /// Nothing that is read, which may go over to TLS.
    Prelude(Prelude),
    /// There is nothing to learn from them.
    Ignored,
}

impl Layer {
    pub(super) fn opening() -> Self {
        Self::Opening(Box::default())
    }
}

/// What TLS agreed on for what is inside of it (ALPN, RFC 7301).
#[derive(Clone, Copy, Debug)]
pub(super) enum Agreed {
    Http1,
    Http2,
}

impl Agreed {
    /// By its name in the registry; `None` for what does not lead to WebSockets.
    pub(super) fn of(protocol: &str) -> Option<Self> {
        match protocol {
            "http/1.0" | "http/1.1" => Some(Self::Http1),
            "h2" => Some(Self::Http2),
            _ => None,
        }
    }
}

/// What follows a layer: the next one, and what it takes first.
#[derive(Debug)]
pub(super) struct NextLayer<'c> {
    pub(super) layer: Layer,
    /// Bytes and gaps that were held back, in the order in which they came.
    pub(super) held: Vec<LayerInput<'static>>,
    /// What was not taken of the latest event, if it continues, and whose that is.
    pub(super) rest: Option<(Peer, StreamEvent<'c>)>,
}

impl<'c> NextLayer<'c> {
    /// A layer that takes what `from` sends first.
    pub(super) const fn of(layer: Layer, from: Peer, rest: StreamEvent<'c>) -> Self {
        Self { layer, held: Vec::new(), rest: Some((from, rest)) }
    }
}

/// What the next layer needs to know about the connection.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) options: Options,
    /// The `host:port` of the tunnel that the current layer is inside of.
    tunnel: Option<String>,
    /// A PROXY protocol header stood in front of what the current layer reads.
    pub(super) is_behind_proxy_header: bool,
    /// The start of the client's stream is missing.
    pub(super) beginning_lost: bool,
    /// Nothing of the server was read in the tunnel, though it may have said something. Who is the client is known all the same,
    /// also in TLS inside of the tunnel, so that this is another thing than both sides' `midstream` in the options.
    pub(super) server_unread: bool,
    /// Where it showed that the capture has no packet of a side.
    unseen: PerPeer<Option<Gap>>,
    /// What TLS agreed on for what is inside of it.
    pub(super) agreed: Option<Agreed>,
    /// Attempts so far.
    attempts: u32,
    /// How many TLS sessions the current layer is inside of.
    depth: u8,
    /// Records of TLS in what each side sends, where the capture begins inside of the connection.
    records: PerPeer<RecordSearch>,
    /// How each side ended, if it did.
    ended: PerPeer<Option<End>>,
    /// Whether the current layer has been told of that end.
    told: PerPeer<bool>,
}

impl Context {
    /// For a connection of which nothing was seen yet.
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            tunnel: None,
            is_behind_proxy_header: false,
            beginning_lost: options.midstream.client,
            server_unread: false,
            unseen: PerPeer::default(),
            agreed: None,
            attempts: 0,
            depth: 0,
            records: PerPeer::default(),
            ended: PerPeer::default(),
            told: PerPeer::default(),
        }
    }

    /// HTTP, from here on.
    pub(super) fn http1(&self) -> Layer {
        let Options { http1, midstream, .. } = self.options;
        let midstream = PerPeer {
            client: midstream.client || self.beginning_lost,
            server: midstream.server || self.server_unread,
        };
        let mut exchange = Exchange::new(http1, midstream, self.tunnel.clone());
        if self.is_behind_proxy_header {
            exchange.comes_behind_proxy_header();
        }
        if let Some(Agreed::Http2) = self.agreed {
            exchange.breaks_agreement();
        }
        Layer::Http1(Box::new(exchange))
    }

    /// HTTP/2, from here on.
    pub(super) fn http2(&self) -> Http2 {
        self.http2_from(self.options.midstream)
    }

    /// HTTP/2, with these sides somewhere in their middle.
    fn http2_from(&self, midstream: PerPeer<bool>) -> Http2 {
        let Options { http1, websocket, .. } = self.options;
        Http2::new(self.options.http2_from(midstream), http1, websocket, self.tunnel.clone())
    }

    /// HTTP/2, of which the client's first bytes are missing.
    pub(super) fn http2_without_preface(&mut self) -> Http2 {
        self.options.midstream.client = true;
        self.http2()
    }

    /// What follows where the server alone is in the capture, and begins as one of HTTP/2 does.
    pub(super) fn of_server(&mut self) -> Layer {
        match self.agreed {
            Some(Agreed::Http1) => self.http1(),
            Some(Agreed::Http2) | None => Layer::Http2(Box::new(self.http2_without_preface())),
        }
    }

    /// HTTP/2, if frames show that it is.
    fn http2_perhaps(&self) -> Http2 {
        self.http2_from(PerPeer { client: true, server: true })
    }

    /// What follows where the client's first bytes are missing.
    pub(super) fn without_beginning(&mut self) -> Layer {
        match self.agreed {
            Some(Agreed::Http2) => Layer::Http2(Box::new(self.http2_without_preface())),
            Some(Agreed::Http1) => self.http1(),
            None => Layer::Middle(Box::default()),
        }
    }

    /// Looks for HTTP/2 where the beginning is missing.
    pub(super) fn look_for_http2<'c>(
        &mut self,
        middle: &mut Middle,
        from: Peer,
        event: StreamEvent<'c>,
        out: &mut Out<'_>,
    ) -> Option<NextLayer<'c>> {
        // The client's preface is lost, and the server begins as one of HTTP/2 does.
        if !self.options.midstream.server && from == Peer::Server && begins_http2(&event) {
            let http2 = Layer::Http2(Box::new(self.http2_without_preface()));
            return Some(NextLayer { held: middle.give_back(), ..NextLayer::of(http2, from, event) });
        }
        let recognized = middle.push(from, event, || self.http2_perhaps(), out)?;
        Some(self.recognized(recognized, from))
    }

    /// HTTP/2, where the client's preface shows that its request to switch was granted in what is missing of the server.
    pub(super) fn granted_http2(
        &self,
        exchange: &Exchange,
        from: Peer,
        event: &StreamEvent<'_>,
    ) -> Option<Http2> {
        let is_preface = from == Peer::Client && begins_preface(event);
        let settings = is_preface.then(|| exchange.perhaps_granted_http2())??;
        Some(self.upgraded_to_http2(&settings, PerPeer { client: false, server: true }))
    }

    /// What a connection that the capture begins inside of turns out to be, with what `from` sent last.
    fn recognized<'c>(&self, recognized: Recognized<'c>, from: Peer) -> NextLayer<'c> {
        match recognized {
            Recognized::Http2(http2) => {
                NextLayer { layer: Layer::Http2(http2), held: Vec::new(), rest: None }
            }
            Recognized::Http1(held, rest) => NextLayer { held, ..NextLayer::of(self.http1(), from, rest) },
        }
    }

    /// HTTP/2, after an upgrade that carried the client's settings, with these sides somewhere in their middle.
    pub(super) fn upgraded_to_http2(&self, settings: &[u8], midstream: PerPeer<bool>) -> Http2 {
        let Options { http1, websocket, .. } = self.options;
        Http2::upgraded(self.options.http2_from(midstream), http1, websocket, self.tunnel.clone(), settings)
    }

    /// A tunnel begins: in it everything is new.
    pub(super) fn tunnel(&mut self, target: String) -> Layer {
        self.tunnel = Some(target);
        self.is_behind_proxy_header = false;
        self.options.midstream = PerPeer::default();
        self.beginning_lost = false;
        self.agreed = None;
        Layer::opening()
    }

    /// What the client sent first was not kept.
    pub(super) fn begun_unread(&mut self) -> Layer {
        self.options.midstream.client = true;
        self.beginning_lost = true;
        self.without_beginning()
    }

    /// What a SOCKS handshake leads to, with what was held back of it.
    pub(super) fn behind_socks(
        &mut self,
        end: SocksEnd,
        out: &mut Out<'_>,
    ) -> (Layer, Vec<LayerInput<'static>>) {
        let (layer, held) = match end {
            SocksEnd::Tunnel(target, held) => {
                out(Event::Tunnel(&target));
                (self.tunnel(target), held)
            }
            SocksEnd::Refused(RefusedRequest { target, refusal }, stamp) => {
                out(Event::SocksRefused { target: target.as_deref(), refusal, stamp });
                (Layer::Ignored, Vec::new())
            }
            SocksEnd::Nowhere(held) => (self.http1(), held),
        };
        // Nor is there anything of a side in the tunnel that the capture lacks.
        let of_side = |peer| self.unseen.of(peer).map(|gap| LayerInput::Now(peer, StreamEvent::Gap(gap)));
        let gaps = Peer::BOTH.into_iter().filter_map(of_side);
        (layer, gaps.chain(as_inputs(held)).collect())
    }

    /// TLS begins, and in it everything is new but the count of attempts.
    pub(super) fn tls(&self, session: Tls, out: &mut Out<'_>) -> Layer {
        if self.depth == DEEPEST {
            return Layer::Ignored;
        }
        out(Event::Secured);
        let options = Options { midstream: PerPeer::default(), ..self.options };
        let context = Self {
            tunnel: self.tunnel.clone(),
            server_unread: self.server_unread,
            attempts: self.attempts,
            depth: self.depth + 1,
            ..Self::new(options)
        };
        let inside = Layers::within(context, Layer::opening());
        Layer::Tls(Box::new(Secured::new(inside, session, options.tls_content)))
    }

    /// TLS begins with this event behind something else, which was told what is missing of each side: so has TLS to be. Of the
    /// client this gap is `lost`.
    pub(super) fn tls_behind<'c>(
        &self,
        lost: Option<Gap>,
        session: Tls,
        (from, event): (Peer, StreamEvent<'c>),
        out: &mut Out<'_>,
    ) -> NextLayer<'c> {
        let gaps = PerPeer { client: lost.or(self.unseen.client), server: self.unseen.server };
        let of_side = |peer| gaps.of(peer).map(|gap| LayerInput::Now(peer, StreamEvent::Gap(gap)));
        let held = Peer::BOTH.into_iter().filter_map(of_side).collect();
        NextLayer { held, ..NextLayer::of(self.tls(session, out), from, event) }
    }

    /// What follows where the client began with something that nobody reads.
    pub(super) fn prelude(&self) -> Layer {
        Layer::Prelude(Prelude::new(self.unseen.client))
    }

    /// Where the client is not in the capture and its words are missing in front of what the server says.
    pub(super) const fn unseen_client(&self) -> Option<Gap> {
        self.unseen.client
    }

    /// Bytes of this side are missing.
    pub(super) fn gap(&mut self, from: Peer, gap: Gap) {
        if gap.cause == GapCause::Unseen {
            self.unseen.of_mut(from).get_or_insert(gap);
        }
    }

    /// Looks for records of TLS where both sides begin somewhere in their middle. Returns what is left of the event from the first
    /// one on that is found.
    pub(super) fn first_record<'c>(&mut self, from: Peer, event: StreamEvent<'c>) -> Option<StreamEvent<'c>> {
        let PerPeer { client: true, server: true } = self.options.midstream else { return None };
        let search = self.records.of_mut(from);
        match event {
            StreamEvent::Data(chunk) => Some(StreamEvent::Data(chunk.advance(search.push(chunk.bytes)?))),
            StreamEvent::Gap(_) | StreamEvent::End(_) => {
                *search = RecordSearch::default();
                None
            }
        }
    }

    /// This side has ended, and the current layer is told.
    pub(super) const fn end(&mut self, from: Peer, end: End) {
        *self.ended.of_mut(from) = Some(end);
        *self.told.of_mut(from) = true;
    }

    /// Another layer follows, which has to be told of the ends again.
    pub(super) fn begin_layer(&mut self) {
        self.told = PerPeer::default();
    }

    /// The client is the side that was taken for the server.
    pub(super) const fn flip(&mut self) {
        std::mem::swap(&mut self.ended.client, &mut self.ended.server);
        std::mem::swap(&mut self.told.client, &mut self.told.server);
        std::mem::swap(&mut self.records.client, &mut self.records.server);
        std::mem::swap(&mut self.unseen.client, &mut self.unseen.server);
    }

    /// The next attempt.
    pub(super) const fn next_attempt(&mut self) -> Attempt {
        let attempt = Attempt::Ordinal(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        attempt
    }

    /// An end that came while the bytes before it waited.
    pub(super) fn untold_end(&self) -> Option<LayerInput<'static>> {
        Peer::BOTH.into_iter().find_map(|peer| self.untold_end_of(peer))
    }

    /// The end of this side, if it came and was not told.
    pub(super) fn untold_end_of(&self, peer: Peer) -> Option<LayerInput<'static>> {
        let end = self.ended.of(peer).filter(|_| !self.told.of(peer))?;
        Some(LayerInput::Now(peer, StreamEvent::End(end)))
    }
}
