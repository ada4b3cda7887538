//! Answers to requests, or the end of waiting for them: what becomes of each attempt.

use super::body::Body;
use super::doubted::Doubted;
use super::exchange::{Exchange, Reading, part_stamp};
use super::pending::{Pending, RequestKind};
use super::refused::{Refusal, Refused};
use super::transition::Transition;
use super::{Event, Out, Stranger};
use crate::model::{Chunk, EndCause, Peer, PerPeer, Said, Stamp};
use crate::upgrade::{HeadPart, Outcome, Request, Response, Upgrade, Via};
use crate::ws::Start;

impl Exchange {
    /// A final response came, or something in its place.
    pub(super) fn answer(&mut self, part: HeadPart<Response>, stamp: Stamp, out: &mut Out<'_>) -> Transition {
        let strange = self.strange_answer.take();
        let mut pending = self.pending.pop_front();
        let kind_unknown = pending.is_none();
        if kind_unknown && self.lossy && part.whole().is_some_and(refuses_websocket) {
            pending = Some(Pending::new(HeadPart::Lost, RequestKind::Upgrade, stamp, stamp));
        }
        let kind = pending.as_ref().map_or(RequestKind::Ordinary, |pending| pending.kind);
        let Some(response) = part.whole() else {
            return match pending {
                Some(pending) if kind == RequestKind::Upgrade => {
                    // What was not read to its end may have been the answer that was asked for.
                    let is_unread = matches!(part, HeadPart::TooLarge { .. });
                    let outcome = if is_unread { Outcome::Unseen } else { Outcome::Failed };
                    out(Event::Upgrade(&self.upgrade(outcome, pending, part, stamp)));
                    Transition::Ignore
                }
                None if !self.said_anything => {
                    // A server that greets before it is asked (SSH, SMTP) may still be asked for a WebSocket.
                    self.premature = Some(part);
                    self.reading.server = Reading::Broken;
                    Transition::Http
                }
                Some(_) | None => Transition::Ignore,
            };
        };
        let status = response.status;
        let is_asking = matches!(&self.reading.client, Reading::Head(reader) if !reader.is_empty());
        if pending.is_none() && (!self.said_anything || is_asking) && !self.lossy && status != 101 {
            // A server that has waited too long says so before it is asked, or is asked all; whoever asks then has that for an answer.
            self.reading.server = Reading::body(Body::of_response(response, None));
            self.premature = Some(part);
            return Transition::Http;
        }
        let method = pending.as_ref().and_then(|p| p.request.whole()).map(|request| request.method.as_str());
        let body = Body::of_response(response, method);
        let is_websocket = kind == RequestKind::Upgrade
            || (pending.is_none() && response.head.has_token("upgrade", "websocket"));
        match kind {
            RequestKind::Connect if (200..300).contains(&status) => return self.tunnel(pending, None),
            _ if status == 101 && (is_websocket || is_websocket_switch(response)) => {
                // Where bytes are missing, it is the answer to another request than this one.
                if let Some(other) = pending.take_if(|_| !is_websocket && self.lossy) {
                    out(Event::Upgrade(&self.upgrade(Outcome::NotWebSocket, other, HeadPart::Lost, stamp)));
                }
                let unseen = || Pending::new(HeadPart::Lost, RequestKind::Upgrade, stamp, stamp);
                let pending = pending.unwrap_or_else(unseen);
                let is_lost = pending.request == HeadPart::Lost;
                let mut upgrade = self.upgrade(Outcome::Accepted, pending, part, stamp);
                if !upgrade.speaks_frames() {
                    // Another protocol, or one of WebSocket's drafts, whose frames are others.
                    upgrade.outcome = Outcome::Failed;
                    return Transition::Other(Box::new(upgrade));
                }
                let client = if is_lost { Start::AfterGap } else { self.early.start() };
                let start = PerPeer { client, server: Start::Frame };
                let held = self.early.take();
                if upgrade.came_too_late() {
                    upgrade.outcome = Outcome::Failed;
                    return Transition::to_frames(upgrade, start, held);
                }
                // A frame in front of the answer may be why a client refuses it.
                if !upgrade.may_be_refused() && strange.is_none() {
                    return Transition::to_frames(upgrade, start, held);
                }
                self.doubted = Some(Box::new(Doubted::new(upgrade, start, held).behind(strange)));
                // A client that left before the answer does not follow it.
                return if self.ends.client.is_some() {
                    self.decide(Outcome::Failed)
                } else {
                    Transition::Http
                };
            }
            RequestKind::Upgrade => {
                if let Some(pending) = pending {
                    self.refused_with = Some(Refusal { status, end: self.answer_end });
                    let upgrade = self.upgrade(Outcome::Rejected, pending, part, stamp);
                    // What the client makes of an invitation may come before the body is over.
                    if kind_unknown || body.is_over() || upgrade.invitation().is_some() {
                        out(Event::Upgrade(&upgrade));
                    } else {
                        self.refused = Some(Box::new(Refused::new(upgrade)));
                    }
                }
            }
            RequestKind::Ordinary | RequestKind::Connect => {
                let settings =
                    pending.as_ref().and_then(|pending| pending.request.whole()).map(Request::http2_settings);
                let to_http2 = status == 101 && response.head.has_token("upgrade", "h2c");
                if let Some(pending) = pending {
                    out(Event::Upgrade(&self.upgrade(Outcome::NotWebSocket, pending, part, stamp)));
                }
                if to_http2 {
                    return Transition::Http2 { settings: settings.unwrap_or_default() };
                }
                if status == 101 {
                    return Transition::Ignore;
                }
            }
        }
        self.is_behind_proxy_header = false;
        // Without its request the length of an answer is not known: a HEAD or a CONNECT may have asked.
        self.reading.server =
            if kind_unknown && self.lossy { Reading::Searching(Box::default()) } else { Reading::body(body) };
        self.resume_client(out)
    }

    /// The client need not wait any more: what it sent meanwhile is its next request.
    fn resume_client(&mut self, out: &mut Out<'_>) -> Transition {
        // After the request that was answered another may wait for a switch.
        let waits = self.pending.iter().any(|pending| pending.kind != RequestKind::Ordinary);
        if matches!(self.reading.client, Reading::Waiting) && !waits {
            self.reading.client = match self.early.start() {
                Start::Frame => Reading::head(),
                Start::AfterGap | Start::Middle => Reading::Searching(Box::default()),
            };
            for held in self.early.take() {
                let (next, _) = self.push(held.from, held.chunk(), out);
                if !matches!(next, Transition::Http) {
                    return next;
                }
            }
        }
        Transition::Http
    }

    /// What is known about an attempt that ends so.
    pub(super) fn upgrade(
        &self,
        outcome: Outcome,
        pending: Pending,
        response: HeadPart<Response>,
        last: Stamp,
    ) -> Upgrade {
        Upgrade {
            outcome,
            via: Via::Http1,
            request: pending.request,
            response,
            body: Vec::new(),
            interim: pending.interim,
            early_bytes: if self.early.is_blank() { 0 } else { self.early.bytes },
            early: self.early.sent_before(&Said { stamp: last, place: self.answer_place }),
            ends: self.ends,
            ended_first: self.ended_first,
            searching: PerPeer::default(),
            is_discarded: false,
            is_behind_proxy_header: self.is_behind_proxy_header,
            agreement: self.agreement,
            doubtful: self.lossy,
            first: pending.first,
            requested: pending.last,
            request_end: pending.end,
            last,
            tunnel: self.tunnel.clone(),
        }
    }

    /// The client ended inside a request, or what it sent is none.
    pub(super) fn cut_request(&mut self, request: HeadPart<Request>, stamp: Stamp, out: &mut Out<'_>) {
        let first = part_stamp(&request).unwrap_or(stamp);
        self.tell_undeterred(&request, out);
        let kind = if request.hints_at_websocket() { RequestKind::Upgrade } else { RequestKind::Ordinary };
        if let (false, RequestKind::Ordinary, HeadPart::Malformed { preview, .. }) =
            (self.said_anything, kind, &request)
        {
            out(Event::Stranger(Stranger { from: Peer::Client, preview, stamp: first }));
        } else {
            self.pending.push_back(Pending::new(request, kind, first, stamp));
        }
        self.said_anything = true;
        self.reading.client = Reading::Broken;
    }

    /// No answer will come any more.
    pub(super) fn give_up(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let mut cut: HeadPart<Response> = match (&self.reading.server, &mut self.premature) {
            // It was said before the request was whole.
            (_, Some(premature)) if !self.pending.is_empty() => std::mem::take(premature),
            (Reading::Head(reader), _) => reader.cut(),
            (Reading::Searching(_), _) => HeadPart::Lost,
            (Reading::Body(_) | Reading::Waiting | Reading::Broken, _) => HeadPart::Absent,
        };
        if self.ends.server.is_some_and(|end| end.cause == EndCause::Unseen) {
            cut = HeadPart::Lost;
        }
        while let Some(pending) = self.pending.pop_front() {
            // Only the first of them can have had the beginning of an answer; what the capture lost stays lost.
            let rest = if cut == HeadPart::Lost { HeadPart::Lost } else { HeadPart::Absent };
            let response = std::mem::replace(&mut cut, rest);
            let cut_by_capture = matches!(pending.request, HeadPart::Partial { .. })
                && self.ends.client.is_none_or(|end| !end.cause.is_captured() && !end.has_stopped());
            let answer_cut = matches!(response, HeadPart::Partial { .. })
                && self.ends.server.is_none_or(|end| end.cause == EndCause::Open && !end.has_stopped());
            let outcome = match pending.kind {
                RequestKind::Ordinary | RequestKind::Connect => Outcome::NotWebSocket,
                RequestKind::Upgrade if response == HeadPart::Lost || cut_by_capture || answer_cut => {
                    Outcome::Unseen
                }
                RequestKind::Upgrade if response.whole().is_some() => Outcome::Rejected,
                RequestKind::Upgrade => Outcome::Failed,
            };
            out(Event::Upgrade(&self.upgrade(outcome, pending, response, stamp)));
        }
    }

    /// It is known how the client took the 101.
    pub(super) fn decide(&mut self, outcome: Outcome) -> Transition {
        let Some(doubted) = self.doubted.take() else { return Transition::Http };
        let (upgrade, start, held) = doubted.settle(outcome);
        Transition::to_frames(upgrade, start, held)
    }

    /// Takes bytes after an answer that the client may not follow.
    pub(super) fn doubt(&mut self, from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) -> Transition {
        let Some(doubted) = &mut self.doubted else { return Transition::Http };
        let is_lost = doubted.is_lost();
        match doubted.take(from, chunk) {
            None => Transition::Http,
            Some(Outcome::Failed) if is_lost => self.refused_unseen(out),
            Some(outcome) => self.decide(outcome),
        }
    }

    /// The capture misses bytes after such an answer.
    pub(super) fn doubt_across_gap(&mut self, from: Peer) -> Transition {
        let Some(doubted) = &mut self.doubted else { return Transition::Http };
        doubted.skip(from);
        let outcome = doubted.outcome_if_taken();
        self.decide(outcome)
    }

    /// The answer to an upgrade may be missing: what the client sends next tells whether it let frames in.
    pub(super) fn doubt_lost(&mut self, stamp: Stamp, out: &mut Out<'_>) -> Transition {
        let Some(pending) = self.pending.pop_front() else { return Transition::Http };
        let upgrade = self.upgrade(Outcome::Unseen, pending, HeadPart::Lost, stamp);
        let start = PerPeer { client: self.early.start(), server: Start::AfterGap };
        self.doubted = Some(Box::new(Doubted::new(upgrade, start, Vec::new())));
        let mut early = self.early.take().into_iter();
        while let Some(held) = early.next() {
            let (mut next, _) = self.push(held.from, held.chunk(), out);
            if let Transition::WebSocket(switch) = &mut next {
                switch.held.extend(early.by_ref());
            }
            if !matches!(next, Transition::Http) {
                return next;
            }
        }
        Transition::Http
    }

    /// The client asks for something else of a server that is not in the capture: what it asked for before was refused.
    pub(super) fn refuse_unheard(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        if let Some(pending) = self.pending.pop_front() {
            out(Event::Upgrade(&self.upgrade(Outcome::Failed, pending, HeadPart::Lost, stamp)));
        }
        self.reading.client = Reading::head();
    }

    /// An answer that is lost was a refusal: the client asks for something else, with what waits.
    fn refused_unseen(&mut self, out: &mut Out<'_>) -> Transition {
        let Some(doubted) = self.doubted.take() else { return Transition::Http };
        let (upgrade, _, held) = doubted.settle(Outcome::Failed);
        out(Event::Upgrade(&upgrade));
        self.reading.client = Reading::head();
        for held in held {
            let (next, _) = self.push(held.from, held.chunk(), out);
            if !matches!(next, Transition::Http) {
                return next;
            }
        }
        Transition::Http
    }
}

/// Whether an answer says by itself that a WebSocket was asked for, and refuses that.
fn refuses_websocket(response: &Response) -> bool {
    response.status >= 400
        && (response.head.has_websocket_header()
            || response.status == 426 && response.head.has_token("upgrade", "websocket"))
}

/// Whether an answer switches to WebSocket, asked or not.
fn is_websocket_switch(response: &Response) -> bool {
    response.head.has_token("upgrade", "websocket") || response.head.has_websocket_header()
}
