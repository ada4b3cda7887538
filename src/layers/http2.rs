//! HTTP/2 as far as it leads to WebSockets: requests for one on a stream (RFC 8441), their answers, and what follows.

mod answers;
mod asked;
mod streams;

use super::Out;
use super::event::Event;
use crate::http1::{ExchangeLimits, Stranger, Switch, Transition};
use crate::http2::{
    self, ClosedBy, Demultiplexer, HeadKind, Headed, Options, Reset, Scope, Stall, StreamFact,
};
use crate::model;
use crate::model::{
    Attempt, Chunk, EndCause, Extent, Footprint, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent,
    StreamId,
};
use crate::upgrade::{ForeignAnswer, OverHttp2, Via};
use crate::ws;
use answers::EarlyContent;
use asked::{Hearing, PendingRequest};
use std::time::Duration;
use streams::{Loss, OpenStream, StreamLayer, StreamLayers};

/// A stream whose window begins closed and is not opened for this long was never meant to be read.
const NEVER_OPENED: Duration = Duration::from_secs(5);

/// An HTTP/2 connection, and what its streams carry.
#[derive(Debug)]
pub(super) struct Http2 {
    connection: Demultiplexer,
    streams: StreamLayers,
}

impl Http2 {
    /// A connection of which nothing was seen yet, inside of the tunnel to this `host:port`.
    pub(super) fn new(
        options: Options,
        http1: ExchangeLimits,
        websocket: ws::Options,
        tunnel: Option<String>,
    ) -> Self {
        Self {
            connection: Demultiplexer::new(&options),
            streams: StreamLayers::new(&options, http1, websocket, tunnel),
        }
    }

    /// A connection after an upgrade from HTTP/1.1 whose request carried these settings.
    pub(super) fn upgraded(
        options: Options,
        http1: ExchangeLimits,
        websocket: ws::Options,
        tunnel: Option<String>,
        settings: &[u8],
    ) -> Self {
        let connection = Demultiplexer::upgraded(&options, settings);
        Self { connection, streams: StreamLayers::new(&options, http1, websocket, tunnel) }
    }

    /// Frames of `peer` came before those that will be pushed.
    pub(super) fn miss_beginning(&mut self, peer: Peer) {
        self.connection.miss_beginning(peer);
        *self.streams.losses.of_mut(peer) = Loss::Beginning;
    }

    /// Whether it is known that this is HTTP/2.
    pub(super) const fn is_certain(&self) -> bool {
        self.connection.is_http2()
    }

    /// Takes what comes next from `from`.
    pub(super) fn push(&mut self, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        let Self { connection, streams } = self;
        streams.is_ending = matches!(event, StreamEvent::End(_));
        if let StreamEvent::End(end) = event {
            let who = if end.cause == EndCause::RstByPeer { !from } else { from };
            let who = streams.role(who);
            streams.ended_first.get_or_insert(who);
        }
        connection.push(from, event, &mut |event| streams.take(&event, out));
        if streams.is_ending {
            *streams.ended.of_mut(from) = true;
            streams.judge_beginning(out);
        }
    }

    /// Tells which frames wait for the rest of themselves.
    pub(super) fn waits(&self, out: &mut dyn FnMut(Attempt, &ws::Frame<'_>)) {
        for (id, open) in &self.streams.open {
            if let StreamLayer::WebSocket(websocket) = &open.stream {
                websocket.waits(&mut |frame| out(Attempt::Stream(*id), frame));
            }
        }
    }

    /// What it takes of memory besides itself.
    pub(super) fn footprint(&self) -> Footprint {
        Footprint::of::<Self>() + self.connection.footprint() + self.streams.footprint
    }

    /// Gives memory back that is not needed right now.
    pub(super) fn rest(&mut self) {
        self.streams.each(|stream| {
            if let StreamLayer::WebSocket(websocket) = stream {
                websocket.rest();
            }
        });
    }

    /// Gives back what it can, at the price of what is reported.
    pub(super) fn shed(&mut self) {
        self.streams.each(|stream| match stream {
            StreamLayer::WebSocket(websocket) => websocket.shed(),
            StreamLayer::Asked(asked) => asked.shed(),
            StreamLayer::Unknown(_) => *stream = StreamLayer::Other,
            StreamLayer::Other => {}
        });
    }
}

impl StreamLayers {
    /// Takes a fact of the connection.
    fn take(&mut self, event: &http2::Event<'_>, out: &mut Out<'_>) {
        match *event {
            http2::Event::Stream { stream, from, event } => {
                self.content(stream, self.role(from), event, out);
            }
            http2::Event::Data { from, frame } => {
                out(Event::Data(Attempt::Stream(frame.header.stream), self.role(from), frame));
            }
            http2::Event::Placed { from, placed } => out(Event::Placed(self.role(from), placed)),
            http2::Event::Head(Headed { stream, from, head }) => {
                self.head(stream, self.role(from), head, out);
                self.weigh(stream);
            }
            http2::Event::Settings { from, settings, .. } if self.role(from) == Peer::Server => {
                // It may have been said in what is missing, and is never taken back (RFC 8441 §3).
                if settings.enable_connect_protocol || self.losses.server == Loss::Nothing {
                    self.enabled = Some(settings.enable_connect_protocol);
                }
            }
            http2::Event::Reset { stream, from, code, stamp, place } => {
                let reset = Reset { from: self.role(from), code, stamp, place };
                match self.open.get_mut(&stream).map(|open| &mut open.stream) {
                    Some(StreamLayer::Asked(asked)) => asked.over.reset = Some(reset),
                    Some(StreamLayer::WebSocket(_)) => {
                        out(Event::Stream(Attempt::Stream(stream), StreamFact::Reset(reset)));
                    }
                    Some(StreamLayer::Unknown(_) | StreamLayer::Other) | None => {}
                }
            }
            http2::Event::GoAway { from, gone, debug } => {
                let from = self.role(from);
                self.awaiting = None;
                if from == Peer::Server {
                    self.gone = Some(gone);
                }
                out(Event::GoAway { from, gone, debug, coverage: self.coverage() });
            }
            http2::Event::Stalled { from, scope, waited, stall, told } => {
                let from = self.role(from);
                let of = if scope.is_some() { Scope::Stream } else { Scope::Connection };
                for id in self.stalled(from, scope, &stall, told) {
                    let wanted = waited.is_none_or(|waited| waited == id);
                    let fact = StreamFact::Stalled { from, scope: of, stall, wanted };
                    out(Event::Stream(Attempt::Stream(id), fact));
                }
            }
            http2::Event::Exceeded { from, stream, of_stream, beyond, stamp }
                if self.is_websocket(stream) =>
            {
                let scope = if of_stream { Scope::Stream } else { Scope::Connection };
                let fact = StreamFact::Exceeded { from: self.role(from), scope, beyond, stamp };
                out(Event::Stream(Attempt::Stream(stream), fact));
            }
            http2::Event::Gap { from, gap, sync_lost } => {
                if self.role(from) == Peer::Server {
                    self.lost_of_server = gap.extent.end;
                }
                self.is_lossy |= sync_lost;
                // Of a side that is not in the capture nothing will come.
                let is_unseen = gap.cause == GapCause::Unseen;
                let loss = if is_unseen { Loss::Beginning } else { Loss::UpTo(gap.stamp) };
                *self.losses.of_mut(self.role(from)) = loss;
                let is_unheard = is_unseen || gap.cause == GapCause::Sealed;
                let hearing = if is_unheard { Hearing::Unheard } else { Hearing::Heard };
                *self.hearing.of_mut(self.role(from)) = hearing;
            }
            http2::Event::Foreign { from, preview, stamp } => {
                if self.role(from) == Peer::Server && self.losses.server == Loss::Nothing {
                    self.foreign
                        .get_or_insert_with(|| Box::new(ForeignAnswer { preview: preview.into(), stamp }));
                }
                out(Event::Stranger(Stranger { from: self.role(from), preview, stamp }));
            }
            http2::Event::LimitReached { from, stream, shortage, stamp } => {
                out(Event::LimitReached { on: Some((self.role(from), stream)), shortage, stamp });
            }
            http2::Event::FrameInvalid { from, header, fault, stamp } => {
                out(Event::FrameInvalid { from: self.role(from), header, fault, stamp });
            }
            http2::Event::Unframed { from, preview, stamp } => {
                out(Event::Unframed { from: self.role(from), preview, stamp });
            }
            http2::Event::HeadBroken { from, stream, fault, stamp } => {
                self.break_answer(stream, self.role(from), stamp, out);
                out(Event::HeadBroken { from: self.role(from), stream, fault, stamp });
            }
            // If the frames of a WebSocket showed this earlier, it has been reported already.
            http2::Event::Flipped if std::mem::take(&mut self.flipped) => {}
            http2::Event::Flipped => self.flip(out),
            // From here on it is heard.
            http2::Event::Resynchronized { from, skipped, stamp } => {
                let from = self.role(from);
                *self.hearing.of_mut(from) = Hearing::Heard;
                if from == Peer::Client && self.losses.client == Loss::Beginning {
                    self.losses.client = Loss::UpTo(stamp);
                    if skipped > 0 {
                        self.miss_of_client(stamp, out);
                    }
                    self.answered_unread = Vec::new();
                }
            }
            http2::Event::Preface(stamp) => self.awaiting = Some(stamp),
            http2::Event::Settings { .. } | http2::Event::Exceeded { .. } => {}
        }
    }

    /// Both sides are over: tells a beginning that led to nothing.
    fn judge_beginning(&mut self, out: &mut Out<'_>) {
        let is_whole = self.losses == PerPeer { client: Loss::Nothing, server: Loss::Nothing };
        if self.ended.client
            && self.ended.server
            && is_whole
            && self.enabled.is_none()
            && let Some(stamp) = self.awaiting.take()
        {
            out(Event::SettingsAwaited(stamp));
        }
    }

    /// Up to this packet, the client's bytes were not understood: what was answered before may have had some of them.
    fn miss_of_client(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let extent = Extent::new(0, 0);
        // No bytes of the capture are missing, so that none are told.
        let gap = Gap { missing: Missing::Unknown, cause: GapCause::Unseen, stamp, extent };
        for id in std::mem::take(&mut self.answered_unread) {
            let open = self.open.get_mut(&id).map(|open| &mut open.stream);
            if let Some(StreamLayer::WebSocket(websocket)) = open {
                let mut tell = |event: ws::Event<'_>| out(Event::WebSocket(Attempt::Stream(id), &event));
                websocket.push(Peer::Client, StreamEvent::Gap(gap), &mut tell);
            }
        }
    }

    /// The WebSockets to tell of a window that stayed closed to what `from` sends.
    fn stalled(
        &self,
        from: Peer,
        scope: Option<StreamId>,
        stall: &Stall,
        told: &[StreamId],
    ) -> Vec<StreamId> {
        let Some(stream) = scope else {
            // The connection's window is shared: whichever stream shows that it was closed, no WebSocket could send. Where the
            // window of a WebSocket's own stream was closed as well, that says it all.
            let open = self.open.keys().copied();
            return open.filter(|id| self.is_websocket(*id) && !told.contains(id)).collect();
        };
        let Some(OpenStream { stream: StreamLayer::WebSocket(websocket), .. }) = self.open.get(&stream)
        else {
            return Vec::new();
        };
        let mut waits = stall.until.is_some()
            || match stall.by {
                ClosedBy::Bytes => true,
                ClosedBy::Settings => false,
                // Not even a Close could be answered.
                ClosedBy::Start => stall.lasted >= NEVER_OPENED,
            };
        // Settings closed it, to the end: that something waited shows in a frame without its rest.
        websocket.waits(&mut |frame| waits |= frame.from == from);
        Vec::from_iter(waits.then_some(stream))
    }

    /// The client is the side that was taken for the server.
    fn flip(&mut self, out: &mut Out<'_>) {
        out(Event::Flipped);
        self.hearing = PerPeer { client: Hearing::Heard, server: Hearing::Heard };
        for open in self.open.values_mut() {
            std::mem::swap(&mut open.ended.client, &mut open.ended.server);
            if let StreamLayer::Unknown(exchange) = &mut open.stream {
                exchange.flip();
            }
        }
    }

    fn head(&mut self, id: StreamId, from: Peer, head: &http2::Head, out: &mut Out<'_>) {
        *self.hearing.of_mut(from) = Hearing::Heard;
        self.awaiting = None;
        match (head.kind, self.open.get_mut(&id).map(|open| &mut open.stream)) {
            (HeadKind::Request, None) => {
                let stream = self.asked(id, head);
                if let StreamLayer::Asked(asked) = &stream {
                    let PendingRequest { request, doubtful, over, .. } = &**asked;
                    out(Event::Asked { request, is_known: !doubtful && over.is_certain() });
                }
                self.insert(id, stream);
            }
            (HeadKind::Interim, Some(StreamLayer::Asked(asked))) => {
                asked.interim.extend(head.fields.status());
            }
            (HeadKind::Response, Some(stream @ StreamLayer::Asked(_))) => {
                if let StreamLayer::Asked(asked) = std::mem::replace(stream, StreamLayer::Other) {
                    self.answered(id, *asked, head, out);
                }
            }
            // The request that this answers is not in the capture, or not known for what it is.
            (HeadKind::Response, None) if from == Peer::Server => {
                self.unasked = Some(head.first);
                self.answered_unasked(id, head, out);
            }
            (HeadKind::Response, Some(StreamLayer::Unknown(exchange)))
                if from == Peer::Server && exchange.is_untouched() =>
            {
                self.answered_unasked(id, head, out);
            }
            (_, None) if from == Peer::Server => {
                self.unasked = Some(head.first);
                let stream = self.unknown();
                self.insert(id, stream);
            }
            // A head that changes nothing: trailers, one too many, or of a stream that is no request for a WebSocket.
            (HeadKind::Interim | HeadKind::Response | HeadKind::Trailers, None)
            | (HeadKind::Request | HeadKind::Trailers, Some(StreamLayer::Asked(_)))
            | (_, Some(StreamLayer::Unknown(_) | StreamLayer::WebSocket(_) | StreamLayer::Other)) => {}
        }
    }

    /// What a stream carries.
    fn content(&mut self, id: StreamId, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
        let is_data = matches!(event, StreamEvent::Data(_));
        // This is nearly all that streams carry, and is looked up once.
        if let Some(open) =
            self.open.get_mut(&id).filter(|open| is_data && !(open.ended.client && open.ended.server))
            && let StreamLayer::WebSocket(websocket) = &mut open.stream
        {
            websocket.push(from, event, &mut |event| out(Event::WebSocket(Attempt::Stream(id), &event)));
            let now = open.weigh();
            self.footprint = self.footprint - std::mem::replace(&mut open.footprint, now) + now;
        } else {
            self.content_of_any(id, from, event, out);
        }
    }

    /// What a stream carries, whatever that is.
    fn content_of_any(&mut self, id: StreamId, from: Peer, event: StreamEvent<'_>, out: &mut Out<'_>) {
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
            StreamLayer::WebSocket(websocket) => {
                if let StreamEvent::End(end) = event
                    && self.is_ending
                    && matches!(end.cause, EndCause::Fin | EndCause::Rst | EndCause::RstByPeer)
                    && let Some(first) = self.ended_first
                {
                    out(Event::Stream(Attempt::Stream(id), StreamFact::ConnectionEnds { first }));
                }
                websocket.push(from, event, &mut |event| out(Event::WebSocket(Attempt::Stream(id), &event)));
            }
            StreamLayer::Unknown(exchange) => {
                let (next, rest) = match event {
                    StreamEvent::Data(chunk) => {
                        let (next, rest) = exchange.push(from, chunk, &mut |_| {});
                        (next, Some(rest))
                    }
                    StreamEvent::Gap(gap) => (exchange.gap(from, gap, &mut |_| {}), None),
                    StreamEvent::End(end) => (exchange.end(from, end, &mut |_| {}), None),
                };
                self.found(id, from, next, rest, out);
            }
            // Its answer came before, and is lost.
            StreamLayer::Asked(asked)
                if asked.was_answered(from, &event, self.hearing.server, self.http1.early_bytes) =>
            {
                if from == Peer::Server {
                    self.hearing.server = Hearing::Heard;
                }
                let stream = std::mem::replace(&mut open.stream, StreamLayer::Other);
                if let StreamLayer::Asked(asked) = stream {
                    self.unanswered(id, *asked, None, event.stamp(), out);
                    return self.content(id, from, event, out);
                }
            }
            StreamLayer::Asked(asked) => match event {
                StreamEvent::Data(chunk) => {
                    if let Some(shortage) = asked.early.keep(chunk, self.http1.early_bytes) {
                        out(Event::LimitReached { on: Some((from, id)), shortage, stamp: chunk.stamp });
                    }
                }
                StreamEvent::Gap(_) if from == Peer::Client => asked.early.lose(),
                // It may have been the answer, or anything else: what comes next tells.
                StreamEvent::Gap(gap) => {
                    asked.gap.get_or_insert(gap);
                }
                StreamEvent::End(end) => {
                    *asked.ends.of_mut(from) = Some(end);
                    let who = if end.cause == EndCause::RstByPeer { !from } else { from };
                    // The client's own end may be among what is missing.
                    let may_be_missed =
                        who == Peer::Server && self.losses.client.may_follow(asked.request.head.last);
                    if !may_be_missed {
                        asked.ended_first =
                            Some(model::ended_first(asked.ended_first.unwrap_or(who), &asked.ends));
                    }
                    if is_over || from == Peer::Server {
                        let stream = std::mem::replace(&mut open.stream, StreamLayer::Other);
                        if let StreamLayer::Asked(asked) = stream {
                            self.give_up(id, *asked, end, out);
                        }
                    }
                }
            },
            StreamLayer::Other => {}
        }
        if is_over {
            let stream = self.remove(id);
            if !self.is_ending && matches!(stream, Some(StreamLayer::WebSocket(_))) {
                out(Event::Over(Attempt::Stream(id), event.stamp()));
            }
        } else {
            self.weigh(id);
        }
    }

    /// A head is broken: if it was to answer a request, that will have no other answer.
    fn break_answer(&mut self, id: StreamId, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let Some(open) = self.open.get_mut(&id).filter(|_| from == Peer::Server) else { return };
        if let StreamLayer::Asked(_) = open.stream
            && let StreamLayer::Asked(asked) = std::mem::replace(&mut open.stream, StreamLayer::Other)
        {
            self.unanswered(id, *asked, None, stamp, out);
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
                open.stream = StreamLayer::Other;
            }
            return;
        };
        let Switch { mut upgrade, negotiated, held, flipped } = *switch;
        let mut from = from;
        if flipped {
            if self.open.values().any(|open| matches!(open.stream, StreamLayer::WebSocket(_))) {
                // Other streams showed that the roles are right, so this is not a WebSocket.
                self.insert(id, StreamLayer::Other);
                return;
            }
            self.flipped = !self.flipped;
            from = !from;
            // The stream itself was read the other way round.
            self.insert(id, StreamLayer::Other);
            self.flip(out);
        }
        let over = OverHttp2 { enabled: self.enabled, ..OverHttp2::on(id) };
        upgrade.via = Via::Http2(Box::new(over));
        let early = EarlyContent { held, ..EarlyContent::default() };
        self.follow(id, &upgrade, negotiated.start, early, out);
        if let Some(rest) = rest.filter(|rest| !rest.bytes.is_empty()) {
            self.content(id, from, StreamEvent::Data(rest), out);
        }
    }
}
