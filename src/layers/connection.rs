//! One connection from its first byte to its last: the layer at work, and the list of what waits for the next one.

use super::Out;
use super::context::{Agreed, Context, Layer, NextLayer};
use super::event::{Event, Wait};
use super::input::{
    LayerInput, as_inputs, begins_client_hello, begins_http2, begins_server_hello, begins_tls, hello_of, hold,
};
use super::opening::FirstProtocol;
use super::options::Options;
use super::prelude::PreludeEnd;
use super::secured::TlsKeys;
use crate::http1::{self, Exchange, Switch, Transition};
use crate::model::{Attempt, End, EndCause, Footprint, Peer, PerPeer, Stamp, StreamEvent};
use crate::tls::{Facts, Tls, beginning};
use crate::ws::WebSocket;
use std::collections::VecDeque;

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
        // If the start of the client's stream was not captured, its first bytes cannot show which protocol follows.
        let layer = if options.midstream.client { Layer::Middle(Box::default()) } else { Layer::opening() };
        Self::within(Context::new(options), layer)
    }

    /// A connection that begins with this layer, in this context.
    pub(super) fn within(context: Context, layer: Layer) -> Self {
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
    pub(crate) fn expect(&mut self, protocol: &str) {
        if let Some(context) = &mut self.context {
            context.agreed = Agreed::of(protocol);
        }
    }

    /// An attempt of its own, and a reader, for what the client asks in early data that nobody reads.
    pub(super) fn discarded(&mut self) -> Option<(Attempt, Box<Exchange>)> {
        let context = self.context.as_mut()?;
        let Layer::Http1(exchange) = context.http1() else { return None };
        Some((context.next_attempt(), exchange))
    }

    /// Whether records of TLS wait for secrets.
    pub fn is_waiting_for_secrets(&self) -> bool {
        matches!(&self.layer, Layer::Tls(secured) if secured.is_waiting())
    }

    /// Whether secrets that come now change what is told of TLS: records wait for them, or were let go before they came.
    pub fn is_concerned_by_secrets(&self) -> bool {
        matches!(&self.layer, Layer::Tls(secured) if secured.is_concerned())
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
        context.begin_layer();
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
        match event {
            StreamEvent::Data(_) => {}
            StreamEvent::Gap(gap) => context.gap(from, gap),
            StreamEvent::End(end) => context.end(from, end),
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
                PreludeEnd::Tls(lost) => {
                    Some(context.tls_behind(lost, Tls::new(keys.expecting), (from, event), out))
                }
                PreludeEnd::Nothing => Some(NextLayer::of(Layer::Ignored, from, event)),
            },
            Layer::Middle(middle) => context.look_for_http2(middle, from, event, out),
            Layer::Opening(opening) => {
                context.beginning_lost |= from == Peer::Client && matches!(event, StreamEvent::Gap(_));
                let (begins, held, rest) =
                    opening.push(from, event, context.options.http1.early_bytes, out)?;
                let layer = match begins {
                    FirstProtocol::Proxy => {
                        context.is_behind_proxy_header = true;
                        Layer::opening()
                    }
                    FirstProtocol::Socks => Layer::Socks(Box::default()),
                    FirstProtocol::Tls => context.tls(Tls::new(keys.expecting), out),
                    FirstProtocol::Http2 => Layer::Http2(Box::new(context.http2())),
                    FirstProtocol::Http2OfServer => context.of_server(),
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
                Some(NextLayer { layer, held, rest })
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
                Some(context.tls_behind(None, Tls::new(keys.expecting), (from, event), out))
            }
            Layer::Http1(exchange)
                if from == Peer::Server
                    && begins_server_hello(&event)
                    && (exchange.lost_behind_strange().is_some()
                        || exchange.is_greeted() && context.unseen_client().is_some()) =>
            {
                let lost = exchange.lost_behind_strange();
                Some(context.tls_behind(lost, Tls::new(keys.expecting), (from, event), out))
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
            http1::Event::Stranger(stranger) => {
                is_strange = true;
                out(Event::Stranger(stranger));
            }
            http1::Event::Gap { from, gap } => out(Event::Gap { from, gap }),
            http1::Event::Undeterred(undeterred) => out(Event::Undeterred(undeterred)),
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
            return Some(NextLayer { layer: context.prelude(), held: Vec::new(), rest: None });
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
            Transition::Tunnel { target, held, is_whole, gap } => {
                out(Event::Tunnel(&target));
                let tunnel = context.tunnel(target);
                let layer = if is_whole { tunnel } else { context.begun_unread() };
                // A server's first words in it show that nothing but the answer is missing.
                let gap = gap.filter(|_| !rest.as_ref().is_some_and(begins_server_hello));
                let lost = gap.map(|gap| LayerInput::Now(Peer::Server, StreamEvent::Gap(gap)));
                // If the server is not heard in it, its words there are missing as well: whatever the client begins has to know.
                let is_heard = from == Peer::Server && matches!(rest, Some(StreamEvent::Data(_)));
                context.server_unread |= !is_heard && gap.is_some();
                let (before, after) = if is_heard { (lost, None) } else { (None, lost) };
                let held = before.into_iter().chain(as_inputs(held)).chain(after).collect();
                return Some(NextLayer { layer, held, rest: rest.map(|rest| (from, rest)) });
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
        context.flip();
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
