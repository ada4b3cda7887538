//! One connection from its first byte to its last: the layer at work, and the list of what waits for the next one.

use super::Out;
use super::event::{Event, Wait};
use super::http2::Http2;
use super::input::{
    LayerInput, as_inputs, begins_client_hello, begins_http2, begins_preface, begins_tls, hello_of, hold,
};
use super::middle::{Middle, Recognized};
use super::opening::{FirstProtocol, Opening};
use super::options::Options;
use super::prelude::{Prelude, PreludeEnd};
use super::secured::{Secured, TlsKeys};
use super::socks::{RefusedRequest, Socks, SocksEnd};
use crate::http1::{self, Exchange, Switch, Transition};
use crate::http2;
use crate::model::{Attempt, End, EndCause, Footprint, HeldChunk, Peer, PerPeer, Stamp, StreamEvent};
use crate::tls::{Facts, RecordSearch, Tls, beginning};
use crate::ws::WebSocket;
use std::collections::VecDeque;

/// The deepest nesting of TLS inside TLS that is followed: only a capture made for the purpose goes further.
const DEEPEST: u8 = 4;

/// What reads the bytes now.
#[derive(Debug)]
enum Layer {
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

/// What TLS agreed on for what is inside of it (ALPN, RFC 7301).
#[derive(Clone, Copy, Debug)]
enum Agreed {
    Http1,
    Http2,
}

/// What follows a layer: the next one, and what it takes first.
#[derive(Debug)]
struct NextLayer<'c> {
    layer: Layer,
    /// Bytes and gaps that were held back, in the order in which they came.
    held: Vec<LayerInput<'static>>,
    /// What was not taken of the latest event, if it continues, and whose that is.
    rest: Option<(Peer, StreamEvent<'c>)>,
}

/// What the next layer needs to know about the connection.
#[derive(Debug)]
struct Context {
    options: Options,
    /// The `host:port` of the tunnel that the current layer is inside of.
    tunnel: Option<String>,
    /// The start of the client's stream is missing.
    beginning_lost: bool,
    /// What TLS agreed on for what is inside of it.
    agreed: Option<Agreed>,
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

/// Follows one connection. See the [module](super) for an example.
#[derive(Debug)]
pub struct Layers {
    layer: Layer,
    /// `None` once no other layer can follow.
    context: Option<Box<Context>>,
    /// The client is the side that the caller takes for the server.
    flipped: bool,
}

impl Layers {
    /// A connection of which nothing was seen yet.
    pub fn new(options: Options) -> Self {
        let context = Context {
            options,
            tunnel: None,
            beginning_lost: options.midstream.client,
            agreed: None,
            attempts: 0,
            depth: 0,
            records: PerPeer::default(),
            ended: PerPeer::default(),
            told: PerPeer::default(),
        };
        // If the start of the client's stream was not captured, its first bytes cannot show which protocol follows.
        let layer = if options.midstream.client { Layer::Middle(Box::default()) } else { Layer::opening() };
        Self { layer, context: Some(Box::new(context)), flipped: false }
    }

    /// Whether there is still something to learn from its bytes.
    pub const fn is_interested(&self) -> bool {
        !matches!(self.layer, Layer::Ignored)
    }

    /// Takes what comes next from `from`, without secrets. Any bytes will do: nothing here can fail.
    #[inline]
    pub fn push(&mut self, from: Peer, event: StreamEvent<'_>, out: &mut (impl FnMut(Event<'_>) + ?Sized)) {
        self.push_with(from, event, TlsKeys::default(), out);
    }

    /// Takes what comes next from `from`, and opens TLS with `keys`.
    #[inline]
    pub fn push_with(
        &mut self,
        from: Peer,
        event: StreamEvent<'_>,
        keys: TlsKeys<'_>,
        out: &mut (impl FnMut(Event<'_>) + ?Sized),
    ) {
        let from = if self.flipped { !from } else { from };
        match &mut self.layer {
            Layer::WebSocket(attempt, websocket) => {
                websocket.push(from, event, &mut |event| out(Event::WebSocket(*attempt, &event)));
            }
            Layer::Tls(secured) => secured.push(from, event, keys, &mut |event| out(event)),
            Layer::Http2(http2) => http2.push(from, event, &mut |event| out(event)),
            Layer::Ignored => {}
            Layer::Opening(_) | Layer::Socks(_) | Layer::Middle(_) | Layer::Http1(_) | Layer::Prelude(_) => {
                self.lead(from, event, keys, &mut |event| out(event));
            }
        }
    }

    /// The WebSocket that takes all that comes, with its attempt and who `from` is to it; `None` where
    /// [`push_with`](Self::push_with) has to ask another layer.
    #[inline]
    pub(crate) fn websocket(&mut self, from: Peer) -> Option<(Attempt, Peer, &mut WebSocket)> {
        let from = if self.flipped { !from } else { from };
        match &mut self.layer {
            Layer::WebSocket(attempt, websocket) => Some((*attempt, from, websocket)),
            Layer::Opening(_)
            | Layer::Socks(_)
            | Layer::Middle(_)
            | Layer::Http1(_)
            | Layer::Tls(_)
            | Layer::Http2(_)
            | Layer::Prelude(_)
            | Layer::Ignored => None,
        }
    }

    /// Goes on with what waits for secrets, if more have come.
    pub fn unlock(&mut self, keys: TlsKeys<'_>, out: &mut (impl FnMut(Event<'_>) + ?Sized)) {
        if let Layer::Tls(secured) = &mut self.layer {
            secured.unlock(keys, &mut |event| out(event));
        }
    }

    /// No more secrets will come: what waits for them is told without.
    pub fn expect_no_more(&mut self, keys: TlsKeys<'_>, out: &mut (impl FnMut(Event<'_>) + ?Sized)) {
        if let Layer::Tls(secured) = &mut self.layer {
            secured.expect_no_more(keys, &mut |event| out(event));
        }
    }

    /// TLS, which carries it, agreed on this protocol (ALPN).
    pub(super) fn expect(&mut self, protocol: &str) {
        if let Some(context) = &mut self.context {
            context.agreed = Agreed::of(protocol);
        }
    }

    /// Whether records of TLS wait for secrets.
    pub fn is_waiting_for_secrets(&self) -> bool {
        matches!(&self.layer, Layer::Tls(secured) if secured.is_waiting())
    }

    /// Takes an event that may lead to another layer. Whatever the next layer has to take waits in a list: bytes that
    /// lead through many tunnels make the list longer, but never the stack deeper.
    fn lead(&mut self, from: Peer, event: StreamEvent<'_>, keys: TlsKeys<'_>, out: &mut Out<'_>) {
        let Some(mut context) = self.context.take() else { return };
        let mut waiting = VecDeque::from([LayerInput::Now(from, event)]);
        while let Some(input) = waiting.pop_front().or_else(|| context.untold_end()) {
            let was_flipped = self.flipped;
            let (held, rest) = match input {
                LayerInput::Now(from, event) => match self.take(from, event, keys, &mut context, out) {
                    Some(turn) => self.turn(turn, &mut context, LayerInput::Now),
                    None => continue,
                },
                LayerInput::Held(held) => {
                    let event = StreamEvent::Data(held.chunk());
                    match self.take(held.from, event, keys, &mut context, out) {
                        Some(turn) => self.turn(turn, &mut context, hold),
                        None => continue,
                    }
                }
            };
            if self.flipped != was_flipped {
                waiting.iter_mut().for_each(LayerInput::flip);
            }
            if let Some(rest) = rest {
                // If the other side has ended, that was before.
                let other = !rest.from();
                let end =
                    context.untold_end_of(other).filter(|_| !waiting.iter().any(|it| it.is_end_of(other)));
                waiting.push_front(rest);
                if let Some(end) = end {
                    waiting.push_front(end);
                }
            }
            for held in held.into_iter().rev() {
                waiting.push_front(held);
            }
        }
        if matches!(
            self.layer,
            Layer::Opening(_) | Layer::Socks(_) | Layer::Middle(_) | Layer::Http1(_) | Layer::Prelude(_)
        ) {
            self.context = Some(context);
        }
    }

    /// Goes on with the next layer. Returns what it takes first.
    fn turn<'i, 'c>(
        &mut self,
        turn: NextLayer<'c>,
        context: &mut Context,
        wait: impl Fn(Peer, StreamEvent<'c>) -> LayerInput<'i>,
    ) -> (Vec<LayerInput<'static>>, Option<LayerInput<'i>>) {
        let NextLayer { layer, held, rest } = turn;
        self.layer = layer;
        context.told = PerPeer::default();
        (held, rest.map(|(from, rest)| wait(from, rest)))
    }

    /// Gives `event` to the layer at work. Returns where that leads, if it leads somewhere.
    fn take<'c>(
        &mut self,
        mut from: Peer,
        event: StreamEvent<'c>,
        keys: TlsKeys<'_>,
        context: &mut Context,
        out: &mut Out<'_>,
    ) -> Option<NextLayer<'c>> {
        if let StreamEvent::End(end) = event {
            *context.ended.of_mut(from) = Some(end);
            *context.told.of_mut(from) = true;
        }
        match &mut self.layer {
            Layer::WebSocket(attempt, websocket) => {
                websocket.push(from, event, &mut |event| out(Event::WebSocket(*attempt, &event)));
                None
            }
            Layer::Tls(secured) => {
                secured.push(from, event, keys, out);
                None
            }
            Layer::Http2(http2) => {
                http2.push(from, event, out);
                None
            }
            Layer::Ignored => None,
            Layer::Prelude(prelude) => match prelude.push(from, &event)? {
                PreludeEnd::Tls => {
                    Some(NextLayer::of(context.tls(Tls::new(keys.expecting), out), from, event))
                }
                PreludeEnd::Nothing => Some(NextLayer::of(Layer::Ignored, from, event)),
            },
            Layer::Middle(middle) => context.look_for_http2(middle, from, event, out),
            Layer::Opening(opening) => {
                context.beginning_lost |= from == Peer::Client && matches!(event, StreamEvent::Gap(_));
                let (begins, held, rest) =
                    opening.push(from, event, context.options.http1.early_bytes, out)?;
                let layer = match begins {
                    FirstProtocol::Proxy => Layer::opening(),
                    FirstProtocol::Socks => Layer::Socks(Box::default()),
                    FirstProtocol::Tls => context.tls(Tls::new(keys.expecting), out),
                    FirstProtocol::Http2 => Layer::Http2(Box::new(context.http2())),
                    FirstProtocol::Http => context.http1(),
                    FirstProtocol::Lost => context.without_beginning(),
                };
                Some(NextLayer { layer, held, rest: Some((from, rest)) })
            }
            Layer::Socks(socks) => {
                let leads = socks.push(from, &event, context.options.http1.early_bytes, out)?;
                // If the event is bytes, those that are not SOCKS are among `held` already.
                let rest = Some((from, event)).filter(|_| !matches!(event, StreamEvent::Data(_)));
                let (layer, held) = context.behind_socks(leads, out);
                Some(NextLayer { layer, held: as_inputs(held), rest })
            }
            // The client's preface is lost, and the server begins as one of HTTP/2 does.
            Layer::Http1(exchange)
                if context.beginning_lost
                    && from == Peer::Server
                    && exchange.is_blank(from)
                    && begins_http2(&event) =>
            {
                let mut http2 = context.http2_without_preface();
                if exchange.is_searching(from) {
                    http2.miss_beginning(from);
                }
                Some(NextLayer::of(Layer::Http2(Box::new(http2)), from, event))
            }
            Layer::Http1(exchange) if exchange.is_strange() && begins_client_hello(from, &event) => {
                Some(NextLayer::of(context.tls(Tls::new(keys.expecting), out), from, event))
            }
            Layer::Http1(exchange) if exchange.is_blank(from) && begins_tls(&event) => {
                let is_role_of_other =
                    matches!(event, StreamEvent::Data(chunk) if beginning(chunk.bytes) == hello_of(!from));
                if is_role_of_other && context.options.midstream == (PerPeer { client: true, server: true }) {
                    self.flip(context, out);
                    from = !from;
                }
                Some(NextLayer::of(context.tls(Tls::new(keys.expecting), out), from, event))
            }
            Layer::Http1(_) => self.take_http1(from, event, keys, context, out),
        }
    }

    /// Gives `event` to HTTP. Returns where that leads, if it leads somewhere.
    fn take_http1<'c>(
        &mut self,
        mut from: Peer,
        event: StreamEvent<'c>,
        keys: TlsKeys<'_>,
        context: &mut Context,
        out: &mut Out<'_>,
    ) -> Option<NextLayer<'c>> {
        let Layer::Http1(exchange) = &mut self.layer else { return None };
        if let Some(http2) = context.granted_http2(exchange, from, &event) {
            return Some(NextLayer::of(Layer::Http2(Box::new(http2)), from, event));
        }
        if exchange.is_blank(from)
            && let Some(rest) = context.first_record(from, event)
        {
            return Some(NextLayer::of(context.tls(Tls::midway(keys.expecting), out), from, rest));
        }
        let mut is_strange = false;
        let mut tell = |event: http1::Event<'_>| match event {
            http1::Event::Upgrade(upgrade) => out(Event::Upgrade(context.next_attempt(), upgrade)),
            http1::Event::Stranger { from, preview, stamp } => {
                is_strange = true;
                out(Event::Stranger { from, preview, stamp });
            }
            http1::Event::Gap { from, gap } => out(Event::Gap { from, gap }),
            http1::Event::Undeterred { status, answer_end, header, stamp } => {
                out(Event::Undeterred { status, answer_end, header, stamp });
            }
            http1::Event::LimitReached { shortage, stamp } => {
                out(Event::LimitReached { on: None, shortage, stamp });
            }
        };
        let (next, rest) = match event {
            StreamEvent::Data(chunk) => {
                if exchange.contradicts_roles(from, &chunk) {
                    exchange.flip();
                    from = !from;
                    self.flip(context, out);
                    return self.take(from, event, keys, context, out);
                }
                let (next, rest) = exchange.push(from, chunk, &mut tell);
                (next, Some(StreamEvent::Data(rest)))
            }
            StreamEvent::Gap(gap) => (exchange.gap(from, gap, &mut tell), None),
            StreamEvent::End(end) => (exchange.end(from, end, &mut tell), None),
        };
        if is_strange && matches!(next, Transition::Ignore) {
            return Some(NextLayer {
                layer: Layer::Prelude(Prelude::default()),
                held: Vec::new(),
                rest: None,
            });
        }
        self.follow(next, from, rest, context, out)
    }

    /// Where HTTP leads.
    fn follow<'c>(
        &mut self,
        next: Transition,
        mut from: Peer,
        rest: Option<StreamEvent<'c>>,
        context: &mut Context,
        out: &mut Out<'_>,
    ) -> Option<NextLayer<'c>> {
        let (layer, held) = match next {
            Transition::Http => return None,
            Transition::Ignore => (Layer::Ignored, Vec::new()),
            Transition::Other(upgrade) => {
                let attempt = context.next_attempt();
                out(Event::Upgrade(attempt, &upgrade));
                (Layer::Ignored, Vec::new())
            }
            Transition::Tunnel { target, held, is_whole } => {
                out(Event::Tunnel(&target));
                let tunnel = context.tunnel(target);
                (if is_whole { tunnel } else { context.begun_unread() }, held)
            }
            Transition::Http2 { settings } => {
                (Layer::Http2(Box::new(context.upgraded_to_http2(&settings, PerPeer::default()))), Vec::new())
            }
            Transition::WebSocket(switch) => {
                let Switch { upgrade, negotiated, held, flipped } = *switch;
                if flipped {
                    self.flip(context, out);
                    from = !from;
                }
                let attempt = context.next_attempt();
                out(Event::Upgrade(attempt, &upgrade));
                let websocket = WebSocket::new(&negotiated, &context.options.websocket);
                (Layer::WebSocket(attempt, Box::new(websocket)), held)
            }
        };
        Some(NextLayer { layer, held: as_inputs(held), rest: rest.map(|rest| (from, rest)) })
    }

    /// The client is the side that was taken for the server.
    fn flip(&mut self, context: &mut Context, out: &mut Out<'_>) {
        out(Event::Flipped);
        self.flipped = !self.flipped;
        std::mem::swap(&mut context.ended.client, &mut context.ended.server);
        std::mem::swap(&mut context.told.client, &mut context.told.server);
        std::mem::swap(&mut context.records.client, &mut context.records.server);
    }

    /// Reports what is incomplete and may still be completed, as it stands.
    pub fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        match &self.layer {
            Layer::Http1(exchange) => exchange.waits().into_iter().for_each(|last| out(Wait::Answer(last))),
            Layer::WebSocket(attempt, websocket) => {
                websocket.waits(&mut |frame| out(Wait::Payload(*attempt, frame)));
            }
            Layer::Tls(secured) => secured.inside.waits(out),
            Layer::Http2(http2) => http2.waits(&mut |attempt, frame| out(Wait::Payload(attempt, frame))),
            Layer::Opening(_) | Layer::Socks(_) | Layer::Middle(_) | Layer::Prelude(_) | Layer::Ignored => {}
        }
    }

    /// Nothing follows: ends what has not ended, as at the end of a capture.
    pub fn finish(&mut self, stamp: Stamp, out: &mut (impl FnMut(Event<'_>) + ?Sized)) {
        for peer in Peer::BOTH {
            self.push(peer, StreamEvent::End(End::by_packet(EndCause::Open, stamp)), out);
        }
        self.expect_no_more(TlsKeys::default(), out);
        (self.layer, self.context) = (Layer::Ignored, None);
    }

    /// What it takes of memory besides itself.
    #[inline]
    pub fn footprint(&self) -> Footprint {
        let context = if self.context.is_some() { Footprint::of::<Context>() } else { Footprint::default() };
        context
            + match &self.layer {
                Layer::WebSocket(_, websocket) => websocket.footprint(),
                Layer::Http1(exchange) => exchange.footprint(),
                Layer::Http2(http2) => http2.footprint(),
                Layer::Middle(middle) => middle.footprint(),
                Layer::Opening(opening) => opening.footprint(),
                Layer::Socks(socks) => socks.footprint(),
                Layer::Tls(secured) => secured.footprint(),
                Layer::Prelude(_) | Layer::Ignored => Footprint::default(),
            }
    }

    /// Gives what is known about each TLS session, the outermost first.
    pub fn each_tls(&mut self, out: &mut dyn FnMut(&Facts)) {
        if let Layer::Tls(secured) = &mut self.layer {
            secured.each_tls(out);
        }
    }

    /// Touches the data that reading the next bytes of `from` needs, so that it is already on its way from memory.
    #[inline]
    pub(crate) fn glance(&self, from: Peer) -> u64 {
        match &self.layer {
            Layer::WebSocket(_, websocket) => websocket.glance(if self.flipped { !from } else { from }),
            Layer::Opening(_)
            | Layer::Socks(_)
            | Layer::Middle(_)
            | Layer::Http1(_)
            | Layer::Http2(_)
            | Layer::Tls(_)
            | Layer::Prelude(_)
            | Layer::Ignored => 0,
        }
    }

    /// Gives memory back that is not needed right now, at the price of time alone.
    pub(crate) fn rest(&mut self) {
        match &mut self.layer {
            Layer::WebSocket(_, websocket) => websocket.rest(),
            Layer::Tls(secured) => secured.inside.rest(),
            Layer::Http2(http2) => http2.rest(),
            Layer::Middle(middle) => middle.rest(),
            Layer::Opening(_) | Layer::Socks(_) | Layer::Http1(_) | Layer::Prelude(_) | Layer::Ignored => {}
        }
    }

    /// Frees what it can, at the cost of detail in the report: a connection that has not led anywhere yet is no longer
    /// followed.
    pub(crate) fn shed(&mut self) {
        match &mut self.layer {
            Layer::WebSocket(_, websocket) => websocket.shed(),
            Layer::Tls(secured) => secured.shed(),
            Layer::Http2(http2) => http2.shed(),
            Layer::Http1(exchange) if exchange.owes_report() => {}
            Layer::Opening(_)
            | Layer::Socks(_)
            | Layer::Middle(_)
            | Layer::Http1(_)
            | Layer::Prelude(_)
            | Layer::Ignored => {
                (self.layer, self.context) = (Layer::Ignored, None);
            }
        }
    }
}

impl<'c> NextLayer<'c> {
    /// A layer that takes what `from` sends first.
    const fn of(layer: Layer, from: Peer, rest: StreamEvent<'c>) -> Self {
        Self { layer, held: Vec::new(), rest: Some((from, rest)) }
    }
}

impl Agreed {
    /// By its name in the registry; `None` for what does not lead to WebSockets.
    fn of(protocol: &str) -> Option<Self> {
        match protocol {
            "http/1.0" | "http/1.1" => Some(Self::Http1),
            "h2" => Some(Self::Http2),
            _ => None,
        }
    }
}

impl Layer {
    fn opening() -> Self {
        Self::Opening(Box::default())
    }
}

impl Context {
    /// HTTP, from here on.
    fn http1(&self) -> Layer {
        let Options { http1, midstream, .. } = self.options;
        Layer::Http1(Box::new(Exchange::new(http1, midstream, self.tunnel.clone())))
    }

    /// HTTP/2, from here on.
    fn http2(&self) -> Http2 {
        self.http2_from(self.options.midstream)
    }

    /// HTTP/2, with these sides somewhere in their middle.
    fn http2_from(&self, midstream: PerPeer<bool>) -> Http2 {
        let Options { http1, http2: limits, websocket, data_frames, .. } = self.options;
        Http2::new(http2::Options { limits, midstream, data_frames }, http1, websocket, self.tunnel.clone())
    }

    /// HTTP/2, of which the client's first bytes are missing.
    fn http2_without_preface(&mut self) -> Http2 {
        self.options.midstream.client = true;
        self.http2()
    }

    /// HTTP/2, if frames show that it is.
    fn http2_perhaps(&self) -> Http2 {
        self.http2_from(PerPeer { client: true, server: true })
    }

    /// What follows where the client's first bytes are missing.
    fn without_beginning(&mut self) -> Layer {
        match self.agreed {
            Some(Agreed::Http2) => Layer::Http2(Box::new(self.http2())),
            Some(Agreed::Http1) => self.http1(),
            None => Layer::Middle(Box::default()),
        }
    }

    /// Looks for HTTP/2 where the beginning is missing.
    fn look_for_http2<'c>(
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
    fn granted_http2(&self, exchange: &Exchange, from: Peer, event: &StreamEvent<'_>) -> Option<Http2> {
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
    fn upgraded_to_http2(&self, settings: &[u8], midstream: PerPeer<bool>) -> Http2 {
        let Options { http1, http2: limits, websocket, data_frames, .. } = self.options;
        let options = http2::Options { limits, midstream, data_frames };
        Http2::upgraded(options, http1, websocket, self.tunnel.clone(), settings)
    }

    /// A tunnel begins: in it everything is new.
    fn tunnel(&mut self, target: String) -> Layer {
        self.tunnel = Some(target);
        self.options.midstream = PerPeer::default();
        self.beginning_lost = false;
        self.agreed = None;
        Layer::opening()
    }

    /// What the client sent first was not kept.
    fn begun_unread(&mut self) -> Layer {
        self.options.midstream.client = true;
        self.beginning_lost = true;
        self.without_beginning()
    }

    /// What a SOCKS handshake leads to, with what was held back of it.
    fn behind_socks(&mut self, end: SocksEnd, out: &mut Out<'_>) -> (Layer, Vec<HeldChunk>) {
        match end {
            SocksEnd::Tunnel(target, held) => {
                out(Event::Tunnel(&target));
                (self.tunnel(target), held)
            }
            SocksEnd::Refused(RefusedRequest { target, refusal }, stamp) => {
                out(Event::SocksRefused { target: target.as_deref(), refusal, stamp });
                (Layer::Ignored, Vec::new())
            }
            SocksEnd::Nowhere(held) => (self.http1(), held),
        }
    }

    /// TLS begins, and in it everything is new but the count of attempts.
    fn tls(&self, session: Tls, out: &mut Out<'_>) -> Layer {
        if self.depth == DEEPEST {
            return Layer::Ignored;
        }
        out(Event::Secured);
        let options = Options { midstream: PerPeer::default(), ..self.options };
        let context = Self {
            options,
            tunnel: self.tunnel.clone(),
            beginning_lost: false,
            agreed: None,
            attempts: self.attempts,
            depth: self.depth + 1,
            records: PerPeer::default(),
            ended: PerPeer::default(),
            told: PerPeer::default(),
        };
        let inside = Layers { layer: Layer::opening(), context: Some(Box::new(context)), flipped: false };
        Layer::Tls(Box::new(Secured::new(inside, session)))
    }

    /// Looks for records of TLS where both sides begin somewhere in their middle. Returns what is left of the event from the first
    /// one on that is found.
    fn first_record<'c>(&mut self, from: Peer, event: StreamEvent<'c>) -> Option<StreamEvent<'c>> {
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

    /// The next attempt.
    const fn next_attempt(&mut self) -> Attempt {
        let attempt = Attempt::Ordinal(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        attempt
    }

    /// An end that came while the bytes before it waited.
    fn untold_end(&self) -> Option<LayerInput<'static>> {
        Peer::BOTH.into_iter().find_map(|peer| self.untold_end_of(peer))
    }

    /// The end of this side, if it came and was not told.
    fn untold_end_of(&self, peer: Peer) -> Option<LayerInput<'static>> {
        let end = self.ended.of(peer).filter(|_| !self.told.of(peer))?;
        Some(LayerInput::Now(peer, StreamEvent::End(end)))
    }
}
