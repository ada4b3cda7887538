//! The HTTP part of a connection: requests and their answers, up to the one that switches to frames.

use super::body::Body;
use super::event::{Event, Wait};
use super::frame::Out;
use super::http::{HeadLimits, HeadPart, HeadReader, Request, Response, Step};
use super::looks::looks_like;
use super::sync::{Chain, ENOUGH_FOR_STRANGER, ENOUGH_IN_SESSION, Rules, Search};
use super::upgrade::{Outcome, Upgrade};
use crate::model::{Chunk, End, EndCause, Extent, Gap, Held, Peer, PerPeer, Stamp};
use std::collections::VecDeque;

/// Requests without an answer that are remembered; a client that pipelines more is no WebSocket client.
const PIPELINED: usize = 64;
/// Bytes kept that a client sends before the answer.
const EARLY_KEPT: usize = 64 << 10;
/// Bytes looked through, in both directions, for something familiar where the beginning was not captured.
const STRANGE_BYTES: u64 = 1 << 20;

/// What the HTTP part leads to.
#[derive(Debug)]
pub(super) enum Next {
    /// More of the same.
    Http,
    /// Frames, from here on; the other direction's bytes that wait for that come with it.
    Frames {
        /// The attempt that led here.
        upgrade: Box<Upgrade>,
        /// The bytes up to now, as they came.
        held: Vec<Held>,
        /// Which directions have to look for a boundary first, …
        searching: PerPeer<bool>,
        /// … and whether a gap is to blame for that.
        after_gap: bool,
        /// The client is the side that was taken for the server.
        flipped: bool,
    },
    /// A proxy's tunnel: everything begins anew in it.
    Tunnel {
        /// To this address.
        target: String,
        /// The client's bytes up to now, sent before the proxy granted it.
        client: Vec<Held>,
    },
    /// Nothing for us.
    Ignore,
}

/// A request that waits for its answer.
#[derive(Debug)]
struct Pending {
    request: HeadPart<Request>,
    first: Stamp,
    last: Stamp,
    interim: Vec<u16>,
    kind: Kind,
    /// Bytes of memory that the request takes.
    memory: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Upgrade,
    Connect,
}

/// What one direction is doing.
#[derive(Debug)]
enum Reading {
    Head(HeadReader),
    Body(Body),
    /// The client waits for an answer that may switch protocols; what it sends meanwhile is kept.
    Waiting,
    /// The beginning was not captured: looks for a head or a frame.
    Searching(Box<Search>),
    /// What comes cannot be read.
    Broken,
}

impl Reading {
    fn head() -> Self {
        Self::Head(HeadReader::default())
    }

    fn body(body: Body) -> Self {
        if body.is_over() { Self::head() } else { Self::Body(body) }
    }
}

/// The beginning of a client's stream, held back while it may be a PROXY protocol header.
#[derive(Debug, Default)]
struct Preamble {
    held: Vec<u8>,
    first: Stamp,
    extent: Extent,
}

/// The longest PROXY protocol header: 16 bytes and a 16-bit length.
const PREAMBLE: usize = 16 + 0xffff;

/// The HTTP part of a connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came so far")]
pub(super) struct Exchange {
    limits: HeadLimits,
    reading: PerPeer<Reading>,
    pending: VecDeque<Pending>,
    /// Bytes the client sent while it waited.
    early: Vec<Held>,
    early_bytes: u64,
    early_lost: bool,
    ends: PerPeer<Option<End>>,
    ended_first: Option<Peer>,
    /// The capture began inside the connection: the roles are a guess.
    midstream: bool,
    /// Who sent the chunks that were searched, one behind the other as they came.
    searched: Vec<Peer>,
    strange_bytes: u64,
    said_anything: bool,
    /// The capture misses bytes of the HTTP part: an answer may belong to another request than it seems.
    lossy: bool,
    tunnel: Option<String>,
    /// The client's first bytes, while they may be a PROXY protocol header.
    preamble: Option<Preamble>,
    /// What the server said, other than HTTP, before it was asked anything.
    premature: Option<HeadPart<Response>>,
}

impl Exchange {
    /// The beginning of a connection, or of a proxy's tunnel; sides that are `midstream` start somewhere in their middle.
    pub(super) fn new(limits: HeadLimits, midstream: PerPeer<bool>, tunnel: Option<String>) -> Self {
        let start = |peer| {
            if *midstream.of(peer) { Reading::Searching(Box::default()) } else { Reading::head() }
        };
        Self {
            limits,
            reading: PerPeer::from_fn(start),
            pending: VecDeque::new(),
            early: Vec::new(),
            early_bytes: 0,
            early_lost: false,
            ends: PerPeer::default(),
            ended_first: None,
            midstream: midstream.client && midstream.server,
            searched: Vec::new(),
            strange_bytes: 0,
            said_anything: false,
            lossy: midstream.client || midstream.server,
            tunnel,
            preamble: (!midstream.client).then(Preamble::default),
            premature: None,
        }
    }

    /// Bytes of memory that it takes beside itself, roughly.
    pub(super) fn memory(&self) -> usize {
        let reading = |peer| match self.reading.of(peer) {
            Reading::Head(reader) => reader.memory(),
            Reading::Searching(search) => search.memory(),
            Reading::Body(_) | Reading::Waiting | Reading::Broken => 0,
        };
        let early = self.early.iter().map(Held::memory);
        let pending = self.pending.iter().map(|pending| size_of::<Pending>() + pending.memory);
        let preamble = self.preamble.as_ref().map_or(0, |preamble| preamble.held.capacity());
        let premature = self.premature.as_ref().and_then(HeadPart::whole).map_or(0, |r| r.head.memory());
        let heads: usize = Peer::BOTH.into_iter().map(reading).sum();
        heads
            + self.searched.capacity()
            + early.sum::<usize>()
            + pending.sum::<usize>()
            + preamble
            + premature
    }

    /// Whether the roles were guessed, and `chunk`, thought to be from `from`, shows that the guess is wrong.
    pub(super) fn contradicts_roles(&self, from: Peer, chunk: &Chunk<'_>) -> bool {
        if !self.midstream || !matches!(self.reading.of(from), Reading::Searching(_)) || self.said_anything {
            return false;
        }
        begins_head(!from, chunk.bytes)
    }

    /// Takes the next bytes of `from`. Returns what follows, and how many of the bytes it did not take.
    pub(super) fn push(&mut self, from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) -> (Next, usize) {
        let Some(mut chunk) = self.skip_preamble(from, chunk, out) else { return (Next::Http, 0) };
        while !chunk.bytes.is_empty() {
            match self.reading.of_mut(from) {
                Reading::Broken => return (Next::Http, 0),
                Reading::Waiting => {
                    self.keep_early(chunk);
                    return (Next::Http, 0);
                }
                Reading::Body(body) => {
                    let taken = body.push(chunk.bytes);
                    chunk = chunk.advance(taken);
                    if body.is_over() {
                        self.after_body(from);
                    }
                }
                Reading::Searching(_) => return (self.search(from, chunk, out), 0),
                Reading::Head(_) => {
                    let (next, taken) = match from {
                        Peer::Client => self.read_request(chunk.bytes, chunk.stamp, out),
                        Peer::Server => self.read_response(chunk.bytes, chunk.stamp, out),
                    };
                    chunk = chunk.advance(taken);
                    if !matches!(next, Next::Http) {
                        return (next, chunk.bytes.len());
                    }
                }
            }
        }
        (Next::Http, 0)
    }

    /// Takes the PROXY protocol's header, which a load balancer may put before the client's bytes. Returns what of the
    /// chunk lies behind it; `None` if nothing does, or it cannot be told yet.
    fn skip_preamble<'b>(&mut self, from: Peer, chunk: Chunk<'b>, out: &mut Out<'_>) -> Option<Chunk<'b>> {
        if from != Peer::Server
            && let Some(Preamble { held, first, extent }) = &mut self.preamble
        {
            if held.is_empty() {
                (*first, *extent) = (chunk.stamp, chunk.extent);
            }
            let (had, before) = (held.len(), *extent);
            *extent = extent.to(chunk.extent);
            held.extend_from_slice(chunk.split_at(PREAMBLE - had).0.bytes);
            let length = proxy_header(held)?;
            let Preamble { held, first, .. } = self.preamble.take()?;
            if length == 0 && had > 0 {
                // No such header: what was held back comes first.
                let held = held.get(..had).unwrap_or_default();
                self.push(from, Chunk { bytes: held, stamp: first, extent: before }, out);
            }
            return Some(chunk.advance(length.saturating_sub(had))).filter(|chunk| !chunk.bytes.is_empty());
        }
        Some(chunk)
    }

    /// A client's body is over: if it waits for a switch, it waits from now on.
    fn after_body(&mut self, from: Peer) {
        let waits = from == Peer::Client && self.pending.back().is_some_and(|p| p.kind != Kind::Ordinary);
        *self.reading.of_mut(from) = if waits { Reading::Waiting } else { Reading::head() };
    }

    fn keep_early(&mut self, chunk: Chunk<'_>) {
        self.early_bytes += chunk.bytes.len() as u64;
        if self.early_bytes > EARLY_KEPT as u64 {
            self.early_lost = true;
        } else {
            self.early.push(chunk.hold(Peer::Client));
        }
    }

    fn read_request(&mut self, bytes: &[u8], stamp: Stamp, out: &mut Out<'_>) -> (Next, usize) {
        let Reading::Head(reader) = &mut self.reading.client else { return (Next::Http, bytes.len()) };
        let (part, used) = match reader.push::<Request>(bytes, stamp, self.limits) {
            Step::More => return (Next::Http, bytes.len()),
            Step::Done(part, used) => (part, used),
        };
        if self.pending.len() >= PIPELINED {
            return (Next::Ignore, 0);
        }
        let first = part_stamp(&part).unwrap_or(stamp);
        match &part {
            HeadPart::Whole(request) => {
                self.said_anything = true;
                let kind = match request.method.as_str() {
                    "CONNECT" => Kind::Connect,
                    _ if request.asks_for_websocket() => Kind::Upgrade,
                    _ => Kind::Ordinary,
                };
                let body = Body::of_request(&request.head);
                let memory = request.head.memory() + request.target.len();
                self.pending.push_back(Pending {
                    request: part,
                    first,
                    last: stamp,
                    interim: Vec::new(),
                    kind,
                    memory,
                });
                self.reading.client = Reading::Body(body);
                if body.is_over() {
                    self.after_body(Peer::Client);
                }
                if let Some(premature) = self.premature.take() {
                    let reading = std::mem::replace(&mut self.reading.server, Reading::Broken);
                    let next = self.answer(premature, stamp, out);
                    self.reading.server = reading;
                    return (next, used);
                }
                (Next::Http, used)
            }
            _ if part.hints_at_websocket() => {
                self.said_anything = true;
                let kind = Kind::Upgrade;
                self.pending.push_back(Pending {
                    request: part,
                    first,
                    last: stamp,
                    interim: Vec::new(),
                    kind,
                    memory: 0,
                });
                self.reading.client = Reading::Broken;
                (Next::Http, bytes.len())
            }
            HeadPart::Malformed { preview, .. } => {
                if self.said_anything {
                    // Rubbish behind good requests: no WebSocket will come of it.
                    self.give_up(stamp, out);
                } else {
                    out(Event::Stranger { from: Peer::Client, preview, stamp: first });
                }
                (Next::Ignore, 0)
            }
            _ => (Next::Ignore, 0),
        }
    }

    fn read_response(&mut self, bytes: &[u8], stamp: Stamp, out: &mut Out<'_>) -> (Next, usize) {
        let Reading::Head(reader) = &mut self.reading.server else { return (Next::Http, bytes.len()) };
        let (part, used) = match reader.push::<Response>(bytes, stamp, self.limits) {
            Step::More => return (Next::Http, bytes.len()),
            Step::Done(part, used) => (part, used),
        };
        if let HeadPart::Whole(response) = &part
            && (100..200).contains(&response.status)
            && response.status != 101
        {
            if let Some(pending) = self.pending.front_mut() {
                pending.interim.push(response.status);
            }
            return (Next::Http, used);
        }
        (self.answer(part, stamp, out), used)
    }

    /// A final response came, or something in its place.
    fn answer(&mut self, part: HeadPart<Response>, stamp: Stamp, out: &mut Out<'_>) -> Next {
        let pending = self.pending.pop_front();
        let kind_unknown = pending.is_none();
        let kind = pending.as_ref().map_or(Kind::Ordinary, |pending| pending.kind);
        let Some(response) = part.whole() else {
            return match pending {
                Some(pending) if kind == Kind::Upgrade => {
                    out(Event::Upgrade(&self.upgrade(Outcome::Failed, pending, part, stamp)));
                    Next::Ignore
                }
                None if !self.said_anything => {
                    // A server that greets before it is asked (SSH, SMTP) may still be asked for a WebSocket.
                    self.premature = Some(part);
                    self.reading.server = Reading::Broken;
                    Next::Http
                }
                _ => Next::Ignore,
            };
        };
        let status = response.status;
        if pending.is_none() && !self.said_anything && !self.lossy && status != 101 {
            // A server that has waited too long says so before it is asked; whoever asks then has that for an answer.
            self.reading.server = Reading::body(Body::of_response(response, None));
            self.premature = Some(part);
            return Next::Http;
        }
        let method = pending.as_ref().and_then(|p| p.request.whole()).map(|request| request.method.as_str());
        let body = Body::of_response(response, method);
        let is_websocket =
            kind == Kind::Upgrade || (pending.is_none() && response.head.has_token("upgrade", "websocket"));
        match kind {
            Kind::Connect if (200..300).contains(&status) => {
                let target = pending.and_then(|p| match p.request {
                    HeadPart::Whole(request) => Some(request.target),
                    _ => None,
                });
                let client = std::mem::take(&mut self.early);
                return Next::Tunnel { target: target.unwrap_or_default(), client };
            }
            _ if status == 101 && is_websocket => {
                let pending = pending.unwrap_or(Pending {
                    request: HeadPart::Lost,
                    first: stamp,
                    last: stamp,
                    interim: Vec::new(),
                    kind: Kind::Upgrade,
                    memory: 0,
                });
                let lost = self.early_lost || pending.request == HeadPart::Lost;
                let mut upgrade = self.upgrade(Outcome::Accepted, pending, part, stamp);
                if upgrade.must_be_refused() {
                    upgrade.outcome = Outcome::Failed;
                }
                return Next::Frames {
                    upgrade: Box::new(upgrade),
                    held: std::mem::take(&mut self.early),
                    searching: PerPeer { client: lost, server: false },
                    after_gap: true,
                    flipped: false,
                };
            }
            Kind::Upgrade => {
                if let Some(pending) = pending {
                    out(Event::Upgrade(&self.upgrade(Outcome::Rejected, pending, part, stamp)));
                }
            }
            Kind::Ordinary | Kind::Connect => {
                if let Some(pending) = pending {
                    out(Event::Upgrade(&self.upgrade(Outcome::NotWebSocket, pending, part, stamp)));
                }
                if status == 101 {
                    return Next::Ignore;
                }
            }
        }
        // Without its request the length of an answer is not known: a HEAD or a CONNECT may have asked.
        self.reading.server =
            if kind_unknown && self.lossy { Reading::Searching(Box::default()) } else { Reading::body(body) };
        self.resume_client(out)
    }

    /// The client need not wait any more: what it sent meanwhile is its next request.
    fn resume_client(&mut self, out: &mut Out<'_>) -> Next {
        // Behind the request that was answered another may wait for a switch.
        let waits = self.pending.iter().any(|pending| pending.kind != Kind::Ordinary);
        if matches!(self.reading.client, Reading::Waiting) && !waits {
            self.reading.client = Reading::head();
            let (early, lost) = (std::mem::take(&mut self.early), std::mem::take(&mut self.early_lost));
            self.early_bytes = 0;
            for held in early {
                let (next, _) = self.push(held.from, held.chunk(), out);
                if !matches!(next, Next::Http) {
                    return next;
                }
            }
            if lost {
                self.reading.client = Reading::Searching(Box::default());
            }
        }
        Next::Http
    }

    fn upgrade(
        &self,
        outcome: Outcome,
        pending: Pending,
        response: HeadPart<Response>,
        last: Stamp,
    ) -> Upgrade {
        Upgrade {
            outcome,
            request: pending.request,
            response,
            interim: pending.interim,
            early_bytes: self.early_bytes,
            early: self.early.first().map(|held| held.chunk().stamp),
            ends: self.ends,
            ended_first: self.ended_first,
            doubtful: self.lossy,
            first: pending.first,
            requested: pending.last,
            last,
            tunnel: self.tunnel.clone(),
        }
    }

    /// Looks for a head, or for frames, where the beginning is unknown.
    fn search(&mut self, from: Peer, chunk: Chunk<'_>, out: &mut Out<'_>) -> Next {
        if begins_head(from, chunk.bytes) {
            *self.reading.of_mut(from) = Reading::head();
            if from == Peer::Server && !self.said_anything {
                // The request this answers is not in the capture.
                self.pending.clear();
            }
            let (mut next, left) = self.push(from, chunk, out);
            if let Next::Frames { held, .. } = &mut next {
                let mut searched = self.in_order(PerPeer { client: Some(0), server: None });
                searched.append(held);
                searched.push(chunk.advance(chunk.bytes.len() - left).hold(from));
                *held = searched;
            }
            return next;
        }
        self.strange_bytes += chunk.bytes.len() as u64;
        if self.strange_bytes > STRANGE_BYTES {
            return Next::Ignore;
        }
        let rules = Rules { from: if self.midstream { None } else { Some(from) }, rsv1: true };
        let Reading::Searching(search) = self.reading.of_mut(from) else { return Next::Http };
        search.push(chunk, rules);
        self.searched.push(from);
        let Some(role) = Peer::BOTH.into_iter().find(|role| self.is_believed(from, *role)) else {
            return Next::Http;
        };
        let flipped = role != from;
        let after_gap = !self.midstream;
        // Behind a gap, the readers look for the boundary themselves, and tell it.
        let start = |peer: Peer| {
            let role = if flipped { !peer } else { peer };
            self.best(peer, role).filter(|(_, chain)| !after_gap && chain.evidence >= ENOUGH_IN_SESSION)
        };
        let start = |peer| start(peer).and_then(|(search, chain)| search.boundary(chain));
        let starts = PerPeer::from_fn(start);
        let mut held = self.in_order(PerPeer::from_fn(|peer| Some(starts.of(peer).unwrap_or(0))));
        let mut searching = PerPeer::from_fn(|peer| starts.of(peer).is_none());
        if flipped {
            for held in &mut held {
                held.from = !held.from;
            }
            std::mem::swap(&mut searching.client, &mut searching.server);
        }
        let lost = HeadPart::Lost;
        // The session is known from its first frame on.
        let begins = held.iter().find(|held| !searching.of(held.from));
        let first = begins.map_or(chunk.stamp, |held| held.chunk().stamp);
        let kind = Kind::Upgrade;
        let pending = self.pending.pop_back().filter(|pending| pending.kind == Kind::Upgrade && !flipped);
        let pending = pending.unwrap_or(Pending {
            request: HeadPart::Lost,
            first,
            last: first,
            interim: Vec::new(),
            kind,
            memory: 0,
        });
        let upgrade = Box::new(self.upgrade(Outcome::Unseen, pending, lost, chunk.stamp));
        Next::Frames { upgrade, held, searching, after_gap, flipped }
    }

    /// What was found of `peer` in the role of `role`.
    fn best(&self, peer: Peer, role: Peer) -> Option<(&Search, &Chain)> {
        let Reading::Searching(search) = self.reading.of(peer) else { return None };
        search.best(role).map(|chain| (&**search, chain))
    }

    /// Whether `from` sends frames as `role`. Frames that the other side sends as the other role speak for it.
    fn is_believed(&self, from: Peer, role: Peer) -> bool {
        let other = self.best(!from, !role).map_or(0, |(_, chain)| chain.evidence.max(0));
        self.best(from, role).is_some_and(|(search, chain)| {
            chain.evidence + other >= ENOUGH_FOR_STRANGER && search.boundary(chain).is_some()
        })
    }

    /// The roles were guessed wrong.
    pub(super) fn flip(&mut self) {
        std::mem::swap(&mut self.reading.client, &mut self.reading.server);
        std::mem::swap(&mut self.ends.client, &mut self.ends.server);
        for peer in &mut self.searched {
            *peer = !*peer;
        }
    }

    /// The bytes that were searched, of each side from where it says on, as they came.
    fn in_order(&self, starts: PerPeer<Option<u64>>) -> Vec<Held> {
        let of_side = |peer: Peer| match (self.reading.of(peer), *starts.of(peer)) {
            (Reading::Searching(search), Some(at)) => {
                search.held().chunks_from(at).map(|chunk| chunk.hold(peer)).collect()
            }
            _ => Vec::new(),
        };
        let mut sides = PerPeer::from_fn(of_side);
        // Of what was searched the first may be gone: the latest is here.
        let latest_first = self.searched.iter().rev().filter_map(|peer| sides.of_mut(*peer).pop());
        let mut held: Vec<Held> = latest_first.collect();
        held.reverse();
        held
    }

    /// The capture misses bytes of `from`.
    pub(super) fn gap(&mut self, from: Peer, gap: Gap, out: &mut Out<'_>) -> Next {
        if let Reading::Body(body) = self.reading.of_mut(from)
            && body.skip(gap.missing) == Some(0)
        {
            if body.is_over() {
                self.after_body(from);
            }
            return Next::Http;
        }
        match (from, self.reading.of(from)) {
            (Peer::Client, Reading::Waiting) => {
                self.early_lost = true;
                self.lossy = true;
                return Next::Http;
            }
            (_, Reading::Broken) => return Next::Http,
            _ => {}
        }
        self.lossy = true;
        if from == Peer::Client {
            self.preamble = None;
        }
        out(Event::Gap { from, gap, sync_lost: true });
        *self.reading.of_mut(from) = Reading::Searching(Box::default());
        let waits = self.pending.front().is_some_and(|pending| pending.kind == Kind::Upgrade);
        if from == Peer::Server && waits {
            // The answer may have been in there, and frames may follow.
            let Some(pending) = self.pending.pop_front() else { return Next::Http };
            let upgrade = self.upgrade(Outcome::Unseen, pending, HeadPart::Lost, gap.stamp);
            return Next::Frames {
                upgrade: Box::new(upgrade),
                held: std::mem::take(&mut self.early),
                searching: PerPeer { client: self.early_lost, server: true },
                after_gap: true,
                flipped: false,
            };
        }
        Next::Http
    }

    /// Tells of a request to upgrade of which no answer byte has come.
    pub(super) fn waits(&self, out: &mut dyn FnMut(Wait<'_>)) {
        let Some(pending) = self.pending.front().filter(|pending| pending.kind == Kind::Upgrade) else {
            return;
        };
        let is_whole = pending.request.whole().is_some() && !self.lossy;
        if is_whole && matches!(&self.reading.server, Reading::Head(reader) if reader.is_empty()) {
            out(Wait::Answer(pending.last));
        }
    }

    /// One direction ended.
    pub(super) fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) -> Next {
        *self.ends.of_mut(from) = Some(end);
        self.ended_first.get_or_insert(from);
        if from == Peer::Client
            && let Reading::Head(reader) = &self.reading.client
            && !reader.is_empty()
        {
            self.cut_request(reader.cut(), end.stamp, out);
        }
        if from == Peer::Server || self.ends.server.is_some() {
            self.give_up(end.stamp, out);
        }
        if self.ends.client.is_some() && self.ends.server.is_some() {
            if !self.said_anything && !self.midstream && self.strange_bytes == 0 {
                match &self.premature {
                    Some(HeadPart::Malformed { preview, first, .. }) => {
                        out(Event::Stranger { from: Peer::Server, preview, stamp: *first });
                    }
                    _ => out(Event::Stranger { from: Peer::Client, preview: &[], stamp: end.stamp }),
                }
            }
            return Next::Ignore;
        }
        Next::Http
    }

    /// The client ended inside a request, or what it sent is none.
    fn cut_request(&mut self, request: HeadPart<Request>, stamp: Stamp, out: &mut Out<'_>) {
        let first = part_stamp(&request).unwrap_or(stamp);
        let kind = if request.hints_at_websocket() { Kind::Upgrade } else { Kind::Ordinary };
        if let (false, Kind::Ordinary, HeadPart::Malformed { preview, .. }) =
            (self.said_anything, kind, &request)
        {
            out(Event::Stranger { from: Peer::Client, preview, stamp: first });
        } else {
            self.pending.push_back(Pending {
                request,
                first,
                last: stamp,
                interim: Vec::new(),
                kind,
                memory: 0,
            });
        }
        self.said_anything = true;
        self.reading.client = Reading::Broken;
    }

    /// No answer will come any more.
    fn give_up(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let mut cut: HeadPart<Response> = match (&self.reading.server, &mut self.premature) {
            // It was said before the request was whole.
            (_, Some(premature)) if !self.pending.is_empty() => std::mem::take(premature),
            (Reading::Head(reader), _) => reader.cut(),
            (Reading::Searching(_), _) => HeadPart::Lost,
            _ => HeadPart::Absent,
        };
        if self.ends.server.is_some_and(|end| end.cause == EndCause::Unseen) {
            cut = HeadPart::Lost;
        }
        while let Some(pending) = self.pending.pop_front() {
            // Only the first of them can have had the beginning of an answer; what the capture lost stays lost.
            let rest = if cut == HeadPart::Lost { HeadPart::Lost } else { HeadPart::Absent };
            let response = std::mem::replace(&mut cut, rest);
            let cut_by_capture = matches!(pending.request, HeadPart::Partial { .. })
                && self.ends.client.is_none_or(|end| matches!(end.cause, EndCause::Open | EndCause::Unseen));
            let answer_cut = matches!(response, HeadPart::Partial { .. })
                && self.ends.server.is_none_or(|end| end.cause == EndCause::Open);
            let outcome = match pending.kind {
                Kind::Ordinary | Kind::Connect => Outcome::NotWebSocket,
                Kind::Upgrade if response == HeadPart::Lost || cut_by_capture || answer_cut => {
                    Outcome::Unseen
                }
                Kind::Upgrade if response.whole().is_some() => Outcome::Rejected,
                Kind::Upgrade => Outcome::Failed,
            };
            out(Event::Upgrade(&self.upgrade(outcome, pending, response, stamp)));
        }
    }
}

/// Whether `bytes` begin with a head as `from` sends it.
fn begins_head(from: Peer, bytes: &[u8]) -> bool {
    let head = match from {
        Peer::Client => "an HTTP request",
        Peer::Server => "an HTTP response",
    };
    looks_like(bytes) == Some(head)
}

/// The first packet of a head, if any of it came.
fn part_stamp(part: &HeadPart<Request>) -> Option<Stamp> {
    match part {
        HeadPart::Absent | HeadPart::Lost => None,
        HeadPart::Partial { first, .. }
        | HeadPart::Malformed { first, .. }
        | HeadPart::TooLarge { first, .. } => Some(*first),
        HeadPart::Whole(request) => Some(request.head.first),
    }
}

/// How long the PROXY protocol's header is that a load balancer put first (versions 1 and 2), 0 if it is none; `None`
/// while that cannot be told.
fn proxy_header(bytes: &[u8]) -> Option<usize> {
    const V1: &[u8] = b"PROXY ";
    const V1_MOST: usize = 107;
    const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    if V1.starts_with(bytes) || V2.starts_with(bytes) {
        return None;
    }
    if bytes.starts_with(V1) {
        let end = bytes.iter().take(V1_MOST).position(|byte| *byte == b'\n');
        return match end {
            None if bytes.len() < V1_MOST => None,
            end => Some(end.map_or(0, |end| end + 1)),
        };
    }
    if !bytes.starts_with(V2) {
        return Some(0);
    }
    let &[_, _, high, low] = bytes.get(V2.len()..)?.first_chunk()?;
    let length = V2.len() + 4 + usize::from(u16::from_be_bytes([high, low]));
    (bytes.len() >= length).then_some(length)
}
