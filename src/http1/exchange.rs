//! The HTTP part of a connection: requests and their answers, up to the one that switches to frames.

use super::body::Body;
use super::doubted::Doubted;
use super::head::{HeadPart, Request, Response};
use super::pending::{Pending, RequestKind};
use super::reader::{HeadLimits, HeadProgress, HeadReader};
use super::refused::Refused;
use super::upgrade::{Outcome, Upgrade};
use super::{Event, Out};
use crate::model::{Chunk, End, Footprint, Gap, HeldChunk, Peer, PerPeer, Stamp};
use crate::ws::{BoundarySearch, Negotiated, Start};
use std::collections::VecDeque;

/// Requests without an answer that are remembered; a client that pipelines more is not a WebSocket client.
const PIPELINED: usize = 64;
/// Bytes kept that a client sends before the answer.
const EARLY_KEPT: usize = 64 << 10;

/// What the HTTP part of a connection leads to.
#[derive(Debug)]
#[non_exhaustive]
pub enum Transition {
    /// More of the same.
    Http,
    /// Frames, from here on.
    WebSocket(Box<Switch>),
    /// A switch to something else than frames, which this attempt led to.
    Other(Box<Upgrade>),
    /// A proxy's tunnel: everything begins anew in it.
    Tunnel {
        /// To this `host:port`.
        target: String,
        /// The client's bytes up to now, sent before the proxy granted it.
        held: Vec<HeldChunk>,
    },
    /// HTTP/2, from here on: the request that was answered is its first stream (RFC 7540 §3.2).
    Http2 {
        /// The client's first settings, which its request carried.
        settings: Vec<u8>,
    },
    /// Nothing for us.
    Ignore,
}

/// From HTTP to frames.
#[derive(Debug)]
pub struct Switch {
    /// The attempt that led here.
    pub upgrade: Upgrade,
    /// What it agreed on, and where frames begin.
    pub negotiated: Negotiated,
    /// The bytes up to now that are not HTTP, in the order in which they came.
    pub held: Vec<HeldChunk>,
    /// The client is the side that was taken for the server. `held` has the right roles.
    pub flipped: bool,
}

/// What one direction is doing.
#[derive(Debug)]
pub(super) enum Reading {
    Head(HeadReader),
    Body(Body),
    /// The client waits for an answer that may switch protocols; what it sends meanwhile is kept.
    Waiting,
    /// The beginning was not captured: looks for a head or a frame.
    Searching(Box<BoundarySearch>),
    /// What comes cannot be read.
    Broken,
}

impl Reading {
    pub(super) fn head() -> Self {
        Self::Head(HeadReader::default())
    }

    pub(super) fn body(body: Body) -> Self {
        if body.is_over() { Self::head() } else { Self::Body(body) }
    }
}

/// The HTTP part of a connection.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came so far")]
pub struct Exchange {
    pub(super) limits: HeadLimits,
    pub(super) reading: PerPeer<Reading>,
    pub(super) pending: VecDeque<Pending>,
    /// Bytes the client sent while it waited.
    pub(super) early: Vec<HeldChunk>,
    pub(super) early_bytes: u64,
    pub(super) early_lost: bool,
    pub(super) ends: PerPeer<Option<End>>,
    pub(super) ended_first: Option<Peer>,
    /// The capture began inside the connection: the roles are a guess.
    pub(super) midstream: bool,
    /// Who sent the chunks that were searched, one after the other as they came.
    pub(super) searched: Vec<Peer>,
    pub(super) strange_bytes: u64,
    pub(super) said_anything: bool,
    /// The capture misses bytes of the HTTP part: an answer may belong to another request than it seems.
    pub(super) lossy: bool,
    pub(super) tunnel: Option<String>,
    /// What the server said, other than HTTP, before it was asked anything.
    pub(super) premature: Option<HeadPart<Response>>,
    /// An attempt that was refused, while the body that may say why is coming.
    pub(super) refused: Option<Box<Refused>>,
    /// The status that refused the last attempt.
    pub(super) refused_with: Option<u16>,
    /// A 101 that the client may refuse: what it does next tells.
    pub(super) doubted: Option<Box<Doubted>>,
}

impl Exchange {
    /// Whether nothing was understood yet of the connection, and what `from` says begins here, or may.
    pub fn is_blank(&self, from: Peer) -> bool {
        let is_open = match self.reading.of(from) {
            Reading::Head(reader) => reader.is_empty(),
            Reading::Searching(_) => true,
            Reading::Body(_) | Reading::Waiting | Reading::Broken => false,
        };
        is_open && !self.said_anything && self.pending.is_empty() && self.premature.is_none()
    }

    /// Whether bytes of `from` may have come that nobody understood.
    pub const fn is_searching(&self, from: Peer) -> bool {
        matches!(self.reading.of(from), Reading::Searching(_))
    }

    /// The beginning of a connection, or of a proxy's `tunnel`; sides that are `midstream` start somewhere in their middle.
    pub fn new(limits: HeadLimits, midstream: PerPeer<bool>, tunnel: Option<String>) -> Self {
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
            premature: None,
            refused: None,
            refused_with: None,
            doubted: None,
        }
    }

    /// What it takes of memory.
    pub fn footprint(&self) -> Footprint {
        let reading = |peer| match self.reading.of(peer) {
            Reading::Head(reader) => reader.memory(),
            Reading::Searching(search) => search.memory(),
            Reading::Body(_) | Reading::Waiting | Reading::Broken => 0,
        };
        let heads: usize = Peer::BOTH.into_iter().map(reading).sum();
        let early: usize = self.early.iter().map(HeldChunk::memory).sum();
        let pending: usize = self.pending.iter().map(Pending::memory).sum();
        let premature = self.premature.as_ref().and_then(HeadPart::whole).map_or(0, |r| r.head.memory());
        let doubted = self.doubted.as_ref().map_or(0, |doubted| doubted.memory());
        let refused = self.refused.as_ref().map_or(0, |refused| refused.memory());
        Footprint::of::<Self>()
            .and_held(refused + doubted + heads + self.searched.capacity() + early + pending + premature)
    }

    /// Takes the next bytes of `from`. Returns what follows, and what of the bytes it did not take.
    pub fn push<'c>(
        &mut self,
        from: Peer,
        mut chunk: Chunk<'c>,
        out: &mut Out<'_>,
    ) -> (Transition, Chunk<'c>) {
        while !chunk.bytes.is_empty() {
            if self.doubted.is_some() {
                return (self.doubt(from, chunk), nothing_of(chunk));
            }
            match self.reading.of_mut(from) {
                Reading::Broken => break,
                Reading::Waiting => {
                    self.keep_early(chunk);
                    break;
                }
                Reading::Body(body) => {
                    let mut refused = self.refused.as_mut().filter(|_| from == Peer::Server);
                    let mut keep = |data: &[u8]| refused.iter_mut().for_each(|refused| refused.take(data));
                    let taken = body.push(chunk.bytes, &mut keep);
                    chunk = chunk.advance(taken);
                    let is_over = body.is_over();
                    match from {
                        Peer::Server if is_over => self.tell_refused(out),
                        Peer::Server => self.tell_refused_if_complete(out),
                        Peer::Client => {}
                    }
                    if is_over {
                        self.after_body(from);
                    }
                }
                Reading::Searching(_) => return (self.search(from, chunk, out), nothing_of(chunk)),
                Reading::Head(_) => {
                    let (next, taken) = match from {
                        Peer::Client => self.read_request(chunk.bytes, chunk.stamp, out),
                        Peer::Server => self.read_response(chunk.bytes, chunk.stamp, out),
                    };
                    chunk = chunk.advance(taken);
                    if !matches!(next, Transition::Http) {
                        return (next, chunk);
                    }
                }
            }
        }
        (Transition::Http, nothing_of(chunk))
    }

    /// Reports the attempt that was refused, whether or not all of the body has come.
    pub(super) fn tell_refused(&mut self, out: &mut Out<'_>) {
        if let Some(refused) = self.refused.take() {
            out(Event::Upgrade(&refused.upgrade));
        }
    }

    /// Reports the attempt that was refused if enough of the body has come.
    fn tell_refused_if_complete(&mut self, out: &mut Out<'_>) {
        if self.refused.as_ref().is_some_and(|refused| refused.is_complete()) {
            self.tell_refused(out);
        }
    }

    /// Whether an attempt is yet to be reported.
    pub(crate) const fn owes_report(&self) -> bool {
        self.refused.is_some()
    }

    /// The status of the refusal that the client has not understood, if what it sends are frames.
    pub(super) fn undeterred(&self, part: &HeadPart<Request>) -> Option<u16> {
        let HeadPart::Malformed { preview, .. } = part else { return None };
        match preview.as_slice() {
            // FIN, no reserved bits but perhaps that of compression, a known opcode, and a mask.
            [0x81 | 0x82 | 0x88..=0x8a | 0xc1 | 0xc2, 0x80..=0xff, ..] => self.refused_with,
            _ => None,
        }
    }

    /// A client's body is over: if it waits for a switch, it waits from now on.
    fn after_body(&mut self, from: Peer) {
        let waits =
            from == Peer::Client && self.pending.back().is_some_and(|p| p.kind != RequestKind::Ordinary);
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

    fn read_request(&mut self, bytes: &[u8], stamp: Stamp, out: &mut Out<'_>) -> (Transition, usize) {
        let Reading::Head(reader) = &mut self.reading.client else { return (Transition::Http, bytes.len()) };
        let (part, used) = match reader.push::<Request>(bytes, stamp, self.limits) {
            HeadProgress::More => return (Transition::Http, bytes.len()),
            HeadProgress::Done(part, used) => (part, used),
        };
        // Whatever follows comes after it.
        self.tell_refused(out);
        if self.pending.len() >= PIPELINED {
            return (Transition::Ignore, 0);
        }
        let first = part_stamp(&part).unwrap_or(stamp);
        match &part {
            HeadPart::Whole(request) => {
                self.said_anything = true;
                let kind = match request.method.as_str() {
                    "CONNECT" => RequestKind::Connect,
                    _ if request.asks_for_websocket() => RequestKind::Upgrade,
                    _ => RequestKind::Ordinary,
                };
                let body = Body::of_request(&request.head);
                self.pending.push_back(Pending::new(part, kind, first, stamp));
                self.reading.client = Reading::Body(body);
                if body.is_over() {
                    self.after_body(Peer::Client);
                }
                if let Some(premature) = self.premature.take() {
                    let reading = std::mem::replace(&mut self.reading.server, Reading::Broken);
                    let next = self.answer(premature, stamp, out);
                    self.tell_refused(out);
                    self.reading.server = reading;
                    return (next, used);
                }
                (Transition::Http, used)
            }
            _ if part.hints_at_websocket() => {
                self.said_anything = true;
                self.pending.push_back(Pending::new(part, RequestKind::Upgrade, first, stamp));
                self.reading.client = Reading::Broken;
                (Transition::Http, bytes.len())
            }
            HeadPart::Malformed { preview, .. } => {
                if let Some(status) = self.undeterred(&part) {
                    out(Event::Undeterred { status, preview, stamp: first });
                }
                if self.said_anything {
                    // Rubbish after good requests: no WebSocket will come of it.
                    self.give_up(stamp, out);
                } else {
                    out(Event::Stranger { from: Peer::Client, preview, stamp: first });
                }
                (Transition::Ignore, 0)
            }
            HeadPart::Absent | HeadPart::Partial { .. } | HeadPart::TooLarge { .. } | HeadPart::Lost => {
                (Transition::Ignore, 0)
            }
        }
    }

    fn read_response(&mut self, bytes: &[u8], stamp: Stamp, out: &mut Out<'_>) -> (Transition, usize) {
        let Reading::Head(reader) = &mut self.reading.server else { return (Transition::Http, bytes.len()) };
        let (part, used) = match reader.push::<Response>(bytes, stamp, self.limits) {
            HeadProgress::More => return (Transition::Http, bytes.len()),
            HeadProgress::Done(part, used) => (part, used),
        };
        if let HeadPart::Whole(response) = &part
            && (100..200).contains(&response.status)
            && response.status != 101
        {
            if let Some(pending) = self.pending.front_mut() {
                pending.interim.push(response.status);
            }
            return (Transition::Http, used);
        }
        (self.answer(part, stamp, out), used)
    }

    /// The capture misses bytes of `from`.
    pub fn gap(&mut self, from: Peer, gap: Gap) -> Transition {
        if self.doubted.is_some() {
            return self.doubt_across_gap(from);
        }
        if from == Peer::Server {
            self.refused.iter_mut().for_each(|refused| refused.miss());
        }
        if let Reading::Body(body) = self.reading.of_mut(from)
            && body.skip(gap.missing) == Some(0)
        {
            if body.is_over() {
                self.after_body(from);
            }
            return Transition::Http;
        }
        match (from, self.reading.of(from)) {
            (Peer::Client, Reading::Waiting) => {
                self.early_lost = true;
                self.lossy = true;
                return Transition::Http;
            }
            (_, Reading::Broken) => return Transition::Http,
            (Peer::Server, Reading::Waiting)
            | (_, Reading::Head(_) | Reading::Body(_) | Reading::Searching(_)) => {}
        }
        self.lossy = true;
        *self.reading.of_mut(from) = Reading::Searching(Box::default());
        let waits = self.pending.front().is_some_and(|pending| pending.kind == RequestKind::Upgrade);
        if from == Peer::Server && waits {
            // The answer may have been in there, and frames may follow.
            let Some(pending) = self.pending.pop_front() else { return Transition::Http };
            let upgrade = self.upgrade(Outcome::Unseen, pending, HeadPart::Lost, gap.stamp);
            let client = if self.early_lost { Start::AfterGap } else { Start::Frame };
            return self.switch(upgrade, PerPeer { client, server: Start::AfterGap });
        }
        Transition::Http
    }

    /// The packet with the last byte of a request to upgrade, if it waits for the first byte of its answer.
    pub fn waits(&self) -> Option<Stamp> {
        let pending = self.pending.front().filter(|pending| pending.kind == RequestKind::Upgrade)?;
        let is_whole = pending.request.whole().is_some() && !self.lossy;
        let answered = !matches!(&self.reading.server, Reading::Head(reader) if reader.is_empty());
        (is_whole && !answered).then_some(pending.last)
    }

    /// One direction ended.
    pub fn end(&mut self, from: Peer, end: End, out: &mut Out<'_>) -> Transition {
        *self.ends.of_mut(from) = Some(end);
        self.ended_first.get_or_insert(from);
        if self.doubted.is_some() {
            let is_over = from == Peer::Client || self.ends.client.is_some();
            return if is_over { self.decide(Outcome::Failed) } else { Transition::Http };
        }
        if self.ends.server.is_some() {
            self.tell_refused(out);
        } else {
            self.tell_refused_if_complete(out);
        }
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
                    Some(
                        HeadPart::Absent
                        | HeadPart::Partial { .. }
                        | HeadPart::TooLarge { .. }
                        | HeadPart::Lost
                        | HeadPart::Whole(_),
                    )
                    | None => out(Event::Stranger { from: Peer::Client, preview: &[], stamp: end.stamp }),
                }
            }
            return Transition::Ignore;
        }
        Transition::Http
    }
}

/// All of a chunk was taken.
const fn nothing_of(chunk: Chunk<'_>) -> Chunk<'_> {
    chunk.advance(chunk.bytes.len())
}

/// The first packet of a head, if any of it came.
pub(super) fn part_stamp(part: &HeadPart<Request>) -> Option<Stamp> {
    match part {
        HeadPart::Absent | HeadPart::Lost => None,
        HeadPart::Partial { first, .. }
        | HeadPart::Malformed { first, .. }
        | HeadPart::TooLarge { first, .. } => Some(*first),
        HeadPart::Whole(request) => Some(request.head.first),
    }
}
