//! Requests for a WebSocket on a stream, and what becomes of them (RFC 8441).

use super::super::Out;
use super::super::event::Event;
use super::asked::{PendingRequest, converted};
use super::streams::{Loss, StreamLayer, StreamLayers};
use crate::http1::Early;
use crate::http2::{self, ErrorCode, FieldSection, Reset, StreamFact};
use crate::model::{Attempt, End, EndCause, Gap, HeldChunk, Peer, PerPeer, Stamp, StreamEvent, StreamId};
use crate::upgrade::{Agreement, HeadPart, Outcome, OverHttp2, Request, Response, Upgrade, Via};
use crate::ws::{self, Negotiated, Start, WebSocket};

/// WebSockets that a server grants before anything of its client is read: where frames begin is looked for in others.
const UNREAD: usize = 256;

/// What came on a stream before it was known that frames follow.
#[derive(Default)]
pub(super) struct EarlyContent {
    /// What it carried.
    pub(super) held: Vec<HeldChunk>,
    /// What is missing of the server in front of its first frame.
    pub(super) gap: Option<Gap>,
    /// What ended it, after all that is held.
    pub(super) reset: Option<Reset>,
    pub(super) ends: PerPeer<Option<End>>,
}

impl StreamLayers {
    /// A stream that begins with this request.
    pub(super) fn asked(&self, stream: StreamId, head: &http2::Head) -> StreamLayer {
        let fields = &head.fields;
        let known = converted(head);
        // What seems to lack a method may be the rest of another head.
        if fields.value(":method").is_none() && !(fields.is_known() && known.value(":protocol").is_some()) {
            return self.unknown();
        }
        let text = |name| String::from_utf8_lossy(known.value(name).unwrap_or_default()).into_owned();
        let method = text(":method");
        // What asks for a tunnel has no path (RFC 9113 §8.5).
        let is_tunnel = method == "CONNECT" && known.value(":path").is_none();
        let target = text(if is_tunnel { ":authority" } else { ":path" });
        let mut asked = PendingRequest {
            request: Request { method, target, head: known },
            over: OverHttp2 {
                enabled: self.announced(),
                unknown_fields: fields.unknown() + fields.left_out,
                guessed_fields: fields.guessed(),
                ends_stream: head.end_stream,
                ..OverHttp2::on(stream)
            },
            interim: Vec::new(),
            early: Early::default(),
            gap: None,
            ends: PerPeer::default(),
            ended_first: None,
            doubtful: !fields.is_known(),
            came_late: self.unasked.is_some_and(|unasked| head.last.packet <= unasked.packet),
            acknowledged: head.place.and_then(|place| place.acknowledged),
        };
        asked.keep_within_bounds();
        StreamLayer::Asked(Box::new(asked))
    }

    /// A final response came.
    pub(super) fn answered(
        &mut self,
        id: StreamId,
        mut asked: PendingRequest,
        head: &http2::Head,
        out: &mut Out<'_>,
    ) {
        let fields = &head.fields;
        let grants = fields.status().is_some_and(|status| (200..300).contains(&status));
        if asked.doubtful && grants && !asked.request.is_extended_connect() {
            // Another request may be lost in what is known of this one: what follows tells.
            let stream = self.unknown();
            return self.insert(id, stream);
        }
        note_fields(&mut asked.over, fields);
        // What was offered may be among the fields that are not known.
        asked.doubtful |= !fields.is_known() || asked.over.unknown_fields > 0;
        let Some(status) = fields.known_status() else {
            // What follows tells what it was, and what was agreed on.
            return self.unanswered(id, asked, Some(head), head.last, out);
        };
        let response = Response { status, reason: String::new(), head: converted(head) };
        let mut early = std::mem::take(&mut asked.early);
        let asks = asked.request.asks_for_websocket();
        let (start, ends) = (early.start(), asked.ends);
        let mut upgrade = self.upgrade(asked, HeadPart::Whole(response), head.last);
        upgrade.searching.client = start != Start::Frame;
        // Where the server's side was understood late, what came after the answer waits here, too.
        (upgrade.early_bytes, upgrade.early) = (early.bytes, early.sent_before(&head.said()));
        upgrade.outcome = match upgrade.is_switched() {
            _ if !asks => Outcome::NotWebSocket,
            false => Outcome::Rejected,
            true if !upgrade.doubtful && upgrade.must_be_refused() => Outcome::Failed,
            true => Outcome::Accepted,
        };
        if asks && upgrade.is_switched() {
            let start = PerPeer { client: start, server: Start::Frame };
            self.follow(
                id,
                &upgrade,
                start,
                EarlyContent { held: early.take(), ends, ..EarlyContent::default() },
                out,
            );
        } else {
            out(Event::Upgrade(Attempt::Stream(id), &upgrade));
        }
    }

    /// A final response to a request that is not known. Where it grants a WebSocket, what it agreed on is in force.
    pub(super) fn answered_unasked(&mut self, id: StreamId, head: &http2::Head, out: &mut Out<'_>) {
        let fields = &head.fields;
        let known = converted(head);
        // Nothing but a WebSocket is granted with such a header.
        let agrees = fields.has_websocket_field();
        let Some(status) = fields.known_status().filter(|_| agrees) else {
            return self.insert_unknown(id);
        };
        let response = Response { status, reason: String::new(), head: known };
        // What a client says on a stream comes after its answer. Where the capture begins inside the connection, that is all in it;
        // where the server's beginning is there, nothing of the client may be.
        let begins_late = Peer::BOTH.into_iter().all(|peer| *self.losses.of(peer) == Loss::Beginning)
            && self.answered_unread.len() < UNREAD;
        let is_behind = begins_late || self.losses.client.is_over(head.first);
        let client = if is_behind { Start::Frame } else { Start::AfterGap };
        let mut over = OverHttp2 { enabled: self.enabled, ..OverHttp2::on(id) };
        note_fields(&mut over, fields);
        let upgrade = Upgrade {
            outcome: Outcome::Accepted,
            via: Via::Http2(Box::new(over)),
            first: head.first,
            requested: head.first,
            request: HeadPart::Lost,
            response: HeadPart::Whole(response),
            body: Vec::new(),
            interim: Vec::new(),
            early: None,
            early_bytes: 0,
            ends: PerPeer::default(),
            ended_first: None,
            doubtful: true,
            request_end: 0,
            last: head.last,
            tunnel: self.tunnel.clone(),
            searching: PerPeer { client: client != Start::Frame, server: false },
            is_discarded: false,
            is_behind_proxy_header: false,
            agreement: Agreement::Kept,
        };
        if upgrade.is_switched() {
            let start = PerPeer { client, server: Start::Frame };
            if begins_late {
                self.answered_unread.push(id);
            }
            self.follow(id, &upgrade, start, EarlyContent::default(), out);
        } else {
            self.insert_unknown(id);
        }
    }

    /// Nobody knows what this stream is for, unless it is known already.
    fn insert_unknown(&mut self, id: StreamId) {
        if !self.open.contains_key(&id) {
            let stream = self.unknown();
            self.insert(id, stream);
        }
    }

    /// The answer cannot be read, or only a part of it that does not say what it is: frames may follow.
    pub(super) fn unanswered(
        &mut self,
        id: StreamId,
        mut asked: PendingRequest,
        answer: Option<&http2::Head>,
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        if !asked.request.asks_for_websocket() {
            return;
        }
        // What is missing in front of a head is no part of what follows it.
        let (client, ends, gap) = (asked.early.start(), asked.ends, asked.gap.filter(|_| answer.is_none()));
        let bytes = asked.early.bytes;
        // A client that has sent frames had its answer: a reset is one of the session.
        let reset = asked.over.reset.take_if(|_| bytes > 0);
        let held = asked.early.take();
        // Behind the answer, and where nothing of the server is missing, its first bytes on the stream are those of a frame.
        let is_beginning = answer.is_some() || self.losses.server == Loss::Nothing;
        let server = if is_beginning { Start::Frame } else { Start::AfterGap };
        let start = PerPeer { client, server };
        let mut upgrade = self.upgrade(asked, HeadPart::Lost, stamp);
        upgrade.early_bytes = bytes;
        upgrade.searching = PerPeer::from_fn(|peer| *start.of(peer) != Start::Frame);
        self.follow(id, &upgrade, start, EarlyContent { held, gap, reset, ends }, out);
    }

    /// Frames follow an attempt.
    pub(super) fn follow(
        &mut self,
        id: StreamId,
        upgrade: &Upgrade,
        start: PerPeer<Start>,
        early: EarlyContent,
        out: &mut Out<'_>,
    ) {
        let EarlyContent { held, gap, reset, ends } = early;
        let attempt = Attempt::Stream(id);
        out(Event::Upgrade(attempt, upgrade));
        let negotiated = Negotiated { extensions: upgrade.extensions(), start };
        let mut websocket = WebSocket::new(&negotiated, &self.websocket);
        let mut tell = |event: ws::Event<'_>| out(Event::WebSocket(attempt, &event));
        if let Some(gap) = gap {
            websocket.push(Peer::Server, StreamEvent::Gap(gap), &mut tell);
        }
        for held in held {
            websocket.push(held.from, StreamEvent::Data(held.chunk()), &mut tell);
        }
        if let Some(reset) = reset {
            out(Event::Stream(attempt, StreamFact::Reset(reset)));
        }
        let mut tell = |event: ws::Event<'_>| out(Event::WebSocket(attempt, &event));
        for peer in Peer::BOTH {
            if let Some(end) = *ends.of(peer) {
                websocket.push(peer, StreamEvent::End(end), &mut tell);
            }
        }
        self.insert(id, StreamLayer::WebSocket(Box::new(websocket)));
    }

    /// An attempt whose outcome is not known, unless it stays so.
    pub(super) fn upgrade(
        &self,
        asked: PendingRequest,
        response: HeadPart<Response>,
        last: Stamp,
    ) -> Upgrade {
        let PendingRequest { request, mut over, interim, early, ends, ended_first, doubtful, .. } = asked;
        // A client that did not wait for the settings asked all the same for what they do not allow.
        over.enabled = over.enabled.or(self.announced().filter(|enabled| !enabled));
        Upgrade {
            outcome: Outcome::Unseen,
            via: Via::Http2(Box::new(over)),
            first: request.head.first,
            requested: request.head.last,
            request: HeadPart::Whole(request),
            response,
            body: Vec::new(),
            interim,
            early: None,
            early_bytes: early.bytes,
            ends,
            ended_first,
            doubtful,
            request_end: 0,
            last,
            tunnel: self.tunnel.clone(),
            searching: PerPeer::default(),
            is_discarded: false,
            is_behind_proxy_header: false,
            agreement: Agreement::Kept,
        }
    }

    /// Whether the server announced that it takes extended CONNECT. That it does not is known only where nothing of it is missing.
    fn announced(&self) -> Option<bool> {
        self.enabled.filter(|enabled| *enabled || self.losses.server == Loss::Nothing)
    }

    /// No answer will come.
    pub(super) fn give_up(&mut self, id: StreamId, asked: PendingRequest, end: End, out: &mut Out<'_>) {
        let asks = asked.request.asks_for_websocket();
        let is_cut = asked.ends.server.is_none_or(|end| end.cause == EndCause::Open) && self.is_lossy;
        // Of a server that has not even announced its settings, no packets are in the capture, or not yet, unless it is there
        // to see that it ended instead, or spoke another protocol. Others may have answered in what is missing.
        // What the client had acknowledged with its request came before.
        let is_lost_since = match asked.acknowledged {
            Some(up_to) => up_to < self.lost_of_server,
            None => self.losses.server.may_follow(asked.request.head.last),
        };
        let may_be_missed = asked.came_late || is_lost_since;
        let ended_unheard = self.losses.server == Loss::Nothing
            && asked.ends.server.is_some_and(|end| matches!(end.cause, EndCause::Fin | EndCause::Rst));
        let is_heard = self.enabled.is_some() || self.foreign.is_some() || ended_unheard;
        let is_silent = asks && (!is_heard || may_be_missed);
        let unseen =
            asked.ends.server.is_some_and(|end| end.cause == EndCause::Unseen) || is_cut || is_silent;
        if asks && unseen {
            return self.unanswered(id, asked, None, end.stamp, out);
        }
        let response = if unseen { HeadPart::Lost } else { HeadPart::Absent };
        let ended = asked.ends.client.unwrap_or(end).stamp.packet;
        let mut upgrade = self.upgrade(asked, response, end.stamp);
        if let Via::Http2(over) = &mut upgrade.via {
            over.gone = self.gone.filter(|gone| {
                gone.last < id || (gone.code != ErrorCode::NO_ERROR && gone.stamp.packet < ended)
            });
            over.foreign.clone_from(&self.foreign);
        }
        upgrade.outcome = if asks { Outcome::Failed } else { Outcome::NotWebSocket };
        out(Event::Upgrade(Attempt::Stream(id), &upgrade));
    }
}

/// Notes what is not known of an answer.
fn note_fields(over: &mut OverHttp2, fields: &FieldSection) {
    over.unknown_fields += fields.unknown() + fields.left_out;
    over.guessed_fields += fields.guessed();
    over.extensions_known = fields.is_known_of("sec-websocket-extensions");
    over.subprotocol_known = fields.is_known_of("sec-websocket-protocol");
}
