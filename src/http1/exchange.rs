//! The HTTP part of a connection: requests and their answers, up to the one that switches to frames.

use super::body::Body;
use super::doubted::Doubted;
use super::early::Early;
use super::pending::{Pending, RequestKind};
use super::reader::{HeadLimits, HeadProgress, HeadReader};
use super::refused::{Refusal, Refused};
use super::transition::Transition;
use super::{Event, Out, Stranger, Undeterred};
use crate::model::{Chunk, End, EndPlace, Footprint, Gap, LayerShortage, Limits, Peer, PerPeer, Stamp};
use crate::upgrade::{Agreement, HeadPart, Outcome, Request, Response};
use crate::ws::{BoundarySearch, FrameHeader};
use std::collections::VecDeque;

/// The caps on HTTP/1.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeLimits {
    /// Those on a head.
    pub heads: HeadLimits,
    /// [`Limits::pipelined_requests`].
    pub pipelined_requests: u64,
    /// [`Limits::early_bytes`].
    pub early_bytes: u64,
}

impl ExchangeLimits {
    /// Those of `limits`.
    pub const fn new(limits: &Limits) -> Self {
        Self {
            heads: HeadLimits::new(limits),
            pipelined_requests: limits.pipelined_requests,
            early_bytes: limits.early_bytes,
        }
    }
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
    pub(super) limits: ExchangeLimits,
    pub(super) reading: PerPeer<Reading>,
    pub(super) pending: VecDeque<Pending>,
    /// Bytes the client sent while it waited.
    pub(super) early: Early,
    pub(super) ends: PerPeer<Option<End>>,
    pub(super) ended_first: Option<Peer>,
    /// Where the head of the latest answer ends between the two streams, if that is known.
    pub(super) answer_place: Option<EndPlace>,
    /// The capture began inside the connection: the roles are a guess.
    pub(super) midstream: bool,
    /// Who sent the chunks that were searched, one after the other as they came.
    pub(super) searched: Vec<Peer>,
    pub(super) strange_bytes: u64,
    /// A frame of the server in the place of the answer that is still looked for, read as that; boxed, as it is rare.
    pub(super) strange_answer: Option<Box<HeadPart<Response>>>,
    pub(super) said_anything: bool,
    /// The capture misses bytes of the HTTP part: an answer may belong to another request than it seems.
    pub(super) lossy: bool,
    pub(super) tunnel: Option<String>,
    /// A PROXY protocol header stood in front of the first request, which has no final answer yet.
    pub(super) is_behind_proxy_header: bool,
    /// Whether this is what TLS agreed on.
    pub(super) agreement: Agreement,
    /// The capture has no packet of the server.
    pub(super) unheard: bool,
    /// Where records were lost that an answer to an upgrade may have been in: what the server says next tells whether it was.
    pub(super) answer_gap: Option<Stamp>,
    /// What the client said behind something else than a request is missing here.
    pub(super) strange_gap: Option<Gap>,
    /// Where the answer to a CONNECT may be missing: what comes next tells whether it was granted.
    pub(super) grant_gap: Option<Gap>,
    /// What the server said, other than HTTP, before it was asked anything.
    pub(super) premature: Option<HeadPart<Response>>,
    /// An attempt that was refused, while the body that may say why is coming.
    pub(super) refused: Option<Box<Refused>>,
    /// What refused the last attempt.
    pub(super) refused_with: Option<Refusal>,
    /// Where the head of the latest answer ends in the server's TCP stream.
    pub(super) answer_end: u64,
    /// A 101 that the client may refuse, or an answer that is lost: what the client does next tells.
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

    /// Whether the client began with something else than a request.
    pub(crate) fn is_strange(&self) -> bool {
        matches!(&self.reading.client, Reading::Head(reader) if reader.is_rubbish()) && !self.said_anything
    }

    /// Where the client's words are missing after it began with something else than a request: a `ClientHello` may be among them.
    pub(crate) const fn lost_behind_strange(&self) -> Option<Gap> {
        self.strange_gap
    }

    /// Whether the server said something else than HTTP and nothing else is known of the connection.
    pub(crate) fn is_greeted(&self) -> bool {
        let is_greeting = match (&self.reading.server, &self.premature) {
            (Reading::Head(reader), _) => reader.is_rubbish(),
            (_, premature) => matches!(premature, Some(HeadPart::Malformed { .. })),
        };
        is_greeting && !self.said_anything && self.pending.is_empty()
    }

    /// Whether no bytes came of either side.
    pub(crate) fn is_untouched(&self) -> bool {
        self.searched.is_empty() && self.strange_bytes == 0 && !self.said_anything
    }

    /// Whether bytes of `from` may have come that nobody understood.
    pub const fn is_searching(&self, from: Peer) -> bool {
        matches!(self.reading.of(from), Reading::Searching(_))
    }

    /// The settings of a request to switch to HTTP/2 (RFC 7540 §3.2) which the server may have granted, as bytes of it are missing.
    pub(crate) fn perhaps_granted_http2(&self) -> Option<Vec<u8>> {
        let Reading::Searching(_) = self.reading.server else { return None };
        let request = self.pending.back()?.request.whole()?;
        request.head.has_token("upgrade", "h2c").then(|| request.http2_settings())
    }

    /// The beginning of a connection, or of a proxy's `tunnel`; sides that are `midstream` start somewhere in their middle.
    pub fn new(limits: ExchangeLimits, midstream: PerPeer<bool>, tunnel: Option<String>) -> Self {
        let start = |peer| {
            if *midstream.of(peer) { Reading::Searching(Box::default()) } else { Reading::head() }
        };
        Self {
            limits,
            reading: PerPeer::from_fn(start),
            pending: VecDeque::new(),
            early: Early::default(),
            ends: PerPeer::default(),
            ended_first: None,
            answer_place: None,
            midstream: midstream.client && midstream.server,
            searched: Vec::new(),
            strange_bytes: 0,
            strange_answer: None,
            said_anything: false,
            lossy: midstream.client || midstream.server,
            tunnel,
            is_behind_proxy_header: false,
            agreement: Agreement::Kept,
            unheard: false,
            answer_gap: None,
            strange_gap: None,
            grant_gap: None,
            premature: None,
            refused: None,
            refused_with: None,
            answer_end: 0,
            doubted: None,
        }
    }

    /// A PROXY protocol header stood in front of what is read here.
    pub(crate) const fn comes_behind_proxy_header(&mut self) {
        self.is_behind_proxy_header = true;
    }

    /// TLS had agreed on HTTP/2 for what is read here.
    pub(crate) const fn breaks_agreement(&mut self) {
        self.agreement = Agreement::Broken;
    }

    /// What it takes of memory.
    pub fn footprint(&self) -> Footprint {
        let reading = |peer| match self.reading.of(peer) {
            Reading::Head(reader) => Footprint::allocation(reader.memory()),
            Reading::Searching(search) => {
                Footprint::allocation(size_of::<BoundarySearch>()) + search.memory()
            }
            Reading::Body(_) | Reading::Waiting | Reading::Broken => 0,
        };
        let heads: usize = Peer::BOTH.into_iter().map(reading).sum();
        let pending: usize = self.pending.iter().map(Pending::memory).sum();
        let queue = Footprint::allocation(self.pending.capacity() * size_of::<Pending>());
        let premature = self.premature.as_ref().and_then(HeadPart::whole).map_or(0, Response::memory);
        let searched = Footprint::allocation(self.searched.capacity());
        let doubted = self.doubted.as_ref().map_or(0, |doubted| doubted.memory());
        let refused = self.refused.as_ref().map_or(0, |refused| refused.memory());
        Footprint::of::<Self>()
            .and_least(queue)
            .and_held(refused + doubted + heads + searched + self.early.memory() + pending + premature)
    }

    /// Takes the next bytes of `from`. Returns what follows, and what of the bytes it did not take.
    pub fn push<'c>(&mut self, from: Peer, chunk: Chunk<'c>, out: &mut Out<'_>) -> (Transition, Chunk<'c>) {
        let mut found = None;
        let (next, rest) = self.read(from, chunk, &mut found, out);
        if found.is_some() { (self.with_searched(next, from, rest), nothing_of(rest)) } else { (next, rest) }
    }

    /// The same; `found` is how many bytes were left where the latest head was found that was looked for.
    fn read<'c>(
        &mut self,
        from: Peer,
        mut chunk: Chunk<'c>,
        found: &mut Option<usize>,
        out: &mut Out<'_>,
    ) -> (Transition, Chunk<'c>) {
        while !chunk.bytes.is_empty() {
            if self.doubted.is_some() {
                return (self.doubt(from, chunk, out), nothing_of(chunk));
            }
            if self.shows_grant(from, &chunk) {
                return (self.granted(), chunk);
            }
            let is_client_lost = matches!(self.reading.client, Reading::Searching(_));
            if from == Peer::Server && is_client_lost && Self::begins_answer(&chunk) {
                self.forget_greeting();
            }
            match self.reading.of_mut(from) {
                Reading::Broken => break,
                Reading::Waiting => {
                    // No answer can come that is worth waiting for.
                    if self.unheard && self.waits_unheard(chunk.stamp, out) {
                        if Self::begins_request(&chunk) {
                            self.refuse_unheard(chunk.stamp, out);
                            continue;
                        }
                        let next = self.doubt_lost(chunk.stamp, out);
                        if !matches!(next, Transition::Http) {
                            return (next, chunk);
                        }
                        continue;
                    }
                    if let Some(shortage) = self.early.keep(chunk, self.limits.early_bytes) {
                        out(Event::LimitReached { shortage, stamp: chunk.stamp });
                    }
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
                Reading::Searching(_) => {
                    if from == Peer::Server
                        && let Some(stamp) = self.answer_gap.take()
                        && !Self::begins_answer(&chunk)
                    {
                        let next = self.doubt_lost(stamp, out);
                        if !matches!(next, Transition::Http) {
                            return (next, chunk);
                        }
                        continue;
                    }
                    // Where one turned out to be none, it is not found again.
                    let left = Some(chunk.bytes.len());
                    if *found == left || !self.finds_head(from, &chunk) {
                        if from == Peer::Server {
                            self.note_strange_answer(&chunk);
                        }
                        return (self.search(from, chunk), nothing_of(chunk));
                    }
                    *found = left;
                }
                Reading::Head(_) => {
                    let (next, taken) = match from {
                        Peer::Client => self.read_request(chunk, out),
                        Peer::Server => self.read_response(chunk, out),
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
    pub(super) fn tell_refused_if_complete(&mut self, out: &mut Out<'_>) {
        if self.refused.as_ref().is_some_and(|refused| refused.is_complete()) {
            self.tell_refused(out);
        }
    }

    /// Whether an attempt is yet to be reported.
    pub(crate) const fn owes_report(&self) -> bool {
        self.refused.is_some()
    }

    /// Tells once that the client has not understood a refusal, or not seen it, if what it sends are frames.
    pub(super) fn tell_undeterred(&mut self, part: &HeadPart<Request>, out: &mut Out<'_>) {
        let HeadPart::Malformed { preview, first, .. } = part else { return };
        // FIN, no reserved bits but perhaps that of compression, a known opcode, and a mask.
        if let [0x81 | 0x82 | 0x88..=0x8a | 0xc1 | 0xc2, 0x80..=0xff, ..] = preview.as_slice()
            // What has come behind its header depends on how the bytes were cut into segments.
            && let Some(header) = FrameHeader::parse(preview).and_then(|header| preview.get(..header.size()))
            && let Some(Refusal { status, end }) = self.refused_with.take()
        {
            self.tell_refused(out);
            out(Event::Undeterred(Undeterred { status, answer_end: end, header, stamp: *first }));
        }
    }

    /// What the client said first is missing: if the server said something else than HTTP, it may have answered that.
    pub(super) fn forget_greeting(&mut self) {
        if self.is_greeted() {
            self.premature = None;
            self.reading.server = Reading::Searching(Box::default());
        }
    }

    pub(super) fn waits_for_upgrade(&self) -> bool {
        self.pending.front().is_some_and(|pending| pending.kind == RequestKind::Upgrade)
    }

    /// Whether a request to upgrade waits for a server that is not in the capture. The requests before it have been answered by then:
    /// nothing more comes to be known of them.
    pub(super) fn waits_unheard(&mut self, stamp: Stamp, out: &mut Out<'_>) -> bool {
        if self.pending.iter().any(|pending| pending.kind == RequestKind::Upgrade) {
            while self.pending.front().is_some_and(|pending| pending.kind == RequestKind::Ordinary)
                && let Some(ordinary) = self.pending.pop_front()
            {
                let unanswered = self.upgrade(Outcome::NotWebSocket, ordinary, HeadPart::Lost, stamp);
                out(Event::Upgrade(&unanswered));
            }
        }
        self.waits_for_upgrade()
    }

    /// The packet with the last byte of a request to upgrade, if it waits for the first byte of its answer.
    pub fn waits(&self) -> Option<Stamp> {
        let pending = self.pending.front().filter(|pending| pending.kind == RequestKind::Upgrade)?;
        let is_whole = pending.request.whole().is_some() && !self.lossy;
        let answered = !matches!(&self.reading.server, Reading::Head(reader) if reader.is_empty());
        (is_whole && !answered).then_some(pending.last)
    }

    /// A client's body is over: if it waits for a switch, it waits from now on.
    pub(super) fn after_body(&mut self, from: Peer) {
        let waits =
            from == Peer::Client && self.pending.back().is_some_and(|p| p.kind != RequestKind::Ordinary);
        *self.reading.of_mut(from) = if waits { Reading::Waiting } else { Reading::head() };
    }

    fn read_request(&mut self, chunk: Chunk<'_>, out: &mut Out<'_>) -> (Transition, usize) {
        let Chunk { bytes, stamp, .. } = chunk;
        let Reading::Head(reader) = &mut self.reading.client else { return (Transition::Http, bytes.len()) };
        let (part, used) = match reader.push::<Request>(bytes, stamp, self.limits.heads) {
            HeadProgress::More => {
                // What it had seen by now counts, not what it sees until there is more.
                if self.refused_with.is_some() {
                    let part = reader.cut();
                    self.tell_undeterred(&part, out);
                }
                return (Transition::Http, bytes.len());
            }
            HeadProgress::Done(part, used) => (part, used),
        };
        // Whatever follows comes after it.
        self.tell_refused(out);
        if self.pending.len() as u64 >= self.limits.pipelined_requests {
            out(Event::LimitReached { shortage: LayerShortage::PipelinedRequests, stamp });
            return (Transition::Ignore, 0);
        }
        tell_if_unread(&part, stamp, out);
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
                let end = chunk.split_at(used).0.extent.end;
                self.pending.push_back(Pending { end, ..Pending::new(part, kind, first, stamp) });
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
                self.tell_undeterred(&part, out);
                self.said_anything = true;
                self.pending.push_back(Pending::new(part, RequestKind::Upgrade, first, stamp));
                self.reading.client = Reading::Broken;
                (Transition::Http, bytes.len())
            }
            HeadPart::Malformed { preview, .. } => {
                self.tell_undeterred(&part, out);
                if self.said_anything {
                    // Rubbish after good requests: no WebSocket will come of it.
                    self.give_up(stamp, out);
                } else {
                    out(Event::Stranger(Stranger { from: Peer::Client, preview, stamp: first }));
                }
                (Transition::Ignore, 0)
            }
            HeadPart::Absent | HeadPart::Partial { .. } | HeadPart::TooLarge { .. } | HeadPart::Lost => {
                (Transition::Ignore, 0)
            }
        }
    }

    fn read_response(&mut self, chunk: Chunk<'_>, out: &mut Out<'_>) -> (Transition, usize) {
        let Chunk { bytes, stamp, .. } = chunk;
        let Reading::Head(reader) = &mut self.reading.server else { return (Transition::Http, bytes.len()) };
        let (part, used) = match reader.push::<Response>(bytes, stamp, self.limits.heads) {
            HeadProgress::More => return (Transition::Http, bytes.len()),
            HeadProgress::Done(part, used) => (part, used),
        };
        tell_if_unread(&part, stamp, out);
        if let HeadPart::Whole(response) = &part
            && (100..200).contains(&response.status)
            && response.status != 101
        {
            if let Some(pending) = self.pending.front_mut() {
                pending.interim.push(response.status);
            }
            return (Transition::Http, used);
        }
        let head = chunk.split_at(used).0.extent;
        (self.answer_end, self.answer_place) = (head.end, head.place());
        (self.answer(part, stamp, out), used)
    }
}

/// All of a chunk was taken.
const fn nothing_of(chunk: Chunk<'_>) -> Chunk<'_> {
    chunk.advance(chunk.bytes.len())
}

/// Tells of a head that is not read to its end, as it is longer than the cap.
fn tell_if_unread<T>(part: &HeadPart<T>, stamp: Stamp, out: &mut Out<'_>) {
    if let HeadPart::TooLarge { .. } = part {
        out(Event::LimitReached { shortage: LayerShortage::HeadBytes, stamp });
    }
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
