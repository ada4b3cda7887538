//! A start in the middle: looks for a head, or for frames, where the beginning is not in the capture.

use super::exchange::{Exchange, Reading};
use super::pending::{Pending, RequestKind};
use super::reader::{HeadProgress, HeadReader};
use super::transition::{Switch, Transition};
use crate::model::{Chunk, HeldChunk, Peer, PerPeer, Stamp};
use crate::upgrade::{HeadPart, Outcome, Request, Response};
use crate::ws::{
    BoundarySearch, Chain, ENOUGH_FOR_STRANGER, ENOUGH_IN_SESSION, Extensions, FrameHeader, Looks,
    Negotiated, Opcode, Rules, Start, looks_like,
};

/// Bytes looked through, in both directions, for something familiar where the beginning was not captured.
const STRANGE_BYTES: u64 = 1 << 20;

impl Exchange {
    /// Whether the roles were guessed, and `chunk`, thought to be from `from`, shows that the guess is wrong. Who sent the SYN-ACK is no
    /// proof, as both sides do if they open the connection at once (RFC 9293 §3.5): who is the first to speak, and asks, is the client.
    pub(crate) fn contradicts_roles(&self, from: Peer, chunk: &Chunk<'_>) -> bool {
        if !self.midstream {
            let is_first = from == Peer::Server && self.tunnel.is_none() && self.is_blank(Peer::Client);
            return is_first
                && match &self.reading.server {
                    Reading::Head(reader) => reader.asks_with(chunk.bytes),
                    Reading::Searching(_) => begins_head(Peer::Client, chunk.bytes),
                    Reading::Body(_) | Reading::Waiting | Reading::Broken => false,
                };
        }
        if !matches!(self.reading.of(from), Reading::Searching(_)) || self.said_anything {
            return false;
        }
        begins_head(!from, chunk.bytes)
    }

    /// Whether a server's `chunk` begins with the head of an answer.
    pub(super) fn begins_answer(chunk: &Chunk<'_>) -> bool {
        begins_head(Peer::Server, chunk.bytes)
    }

    /// Whether a client's `chunk` begins with the head of a request.
    pub(super) fn begins_request(chunk: &Chunk<'_>) -> bool {
        begins_head(Peer::Client, chunk.bytes)
    }

    /// Whether a head begins here, where the beginning of something was looked for: that is read next.
    pub(super) fn finds_head(&mut self, from: Peer, chunk: &Chunk<'_>) -> bool {
        if !begins_head(from, chunk.bytes) {
            return false;
        }
        *self.reading.of_mut(from) = Reading::head();
        if from == Peer::Server && !self.said_anything {
            // The request this answers is not in the capture.
            self.pending.clear();
        }
        if from == Peer::Client {
            self.forget_greeting();
        }
        true
    }

    /// Gives what follows a head that was looked for also what was looked through, and the `rest` of the bytes of `from`.
    #[cold]
    pub(super) fn with_searched(&self, mut next: Transition, from: Peer, rest: Chunk<'_>) -> Transition {
        if let Transition::WebSocket(switch) = &mut next {
            let mut held = self.in_order(PerPeer { client: Some(0), server: None });
            held.append(&mut switch.held);
            held.push(rest.hold(from));
            switch.held = held;
        }
        next
    }

    /// Keeps what a server says first after a whole request to upgrade, where the answer should begin, if it is a frame. What came
    /// before the request may be the rest of an answer the beginning of which the capture lacks.
    pub(super) fn note_strange_answer(&mut self, chunk: &Chunk<'_>) {
        let is_asked = self
            .pending
            .front()
            .is_some_and(|first| first.kind == RequestKind::Upgrade && first.request.whole().is_some());
        if !is_asked || self.searched.contains(&Peer::Server) || !is_frame_of_server(chunk.bytes) {
            return;
        }
        let mut reader = HeadReader::default();
        let part = match reader.push::<Response>(chunk.bytes, chunk.stamp, self.limits.heads) {
            HeadProgress::Done(part, _) => part,
            HeadProgress::More => reader.cut(),
        };
        self.strange_answer = Some(Box::new(part));
    }

    /// Looks for frames where the beginning is unknown, and no head is found.
    pub(super) fn search(&mut self, from: Peer, chunk: Chunk<'_>) -> Transition {
        self.strange_bytes += chunk.bytes.len() as u64;
        if self.strange_bytes > STRANGE_BYTES {
            return Transition::Ignore;
        }
        let rules = Rules { from: if self.midstream { None } else { Some(from) }, rsv1: true };
        let Reading::Searching(search) = self.reading.of_mut(from) else { return Transition::Http };
        search.push(chunk, rules);
        self.searched.push(from);
        self.found(from, chunk.stamp)
    }

    /// The stream of `from` ends here, in which frames are looked for.
    pub(super) fn search_to_end(&mut self, from: Peer, stamp: Stamp) -> Transition {
        let Reading::Searching(search) = self.reading.of_mut(from) else { return Transition::Http };
        search.end();
        self.found(from, stamp)
    }

    /// Reads frames, where those of `from` were found with what came in the packet at `stamp`.
    fn found(&mut self, from: Peer, stamp: Stamp) -> Transition {
        let Some(role) = Peer::BOTH.into_iter().find(|role| self.is_believed(from, *role)) else {
            return Transition::Http;
        };
        let flipped = role != from;
        let after_gap = !self.midstream;
        // After a gap, the readers look for the boundary themselves, and tell it.
        let start = |peer: Peer| {
            let role = if flipped { !peer } else { peer };
            self.best(peer, role).filter(|(_, chain)| !after_gap && chain.evidence >= ENOUGH_IN_SESSION)
        };
        let start = |peer| start(peer).and_then(|(search, chain)| search.boundary(chain));
        let starts = PerPeer::from_fn(start);
        let mut held = self.in_order(PerPeer::from_fn(|peer| Some(starts.of(peer).unwrap_or(0))));
        let unknown = if after_gap { Start::AfterGap } else { Start::Middle };
        let mut start =
            PerPeer::from_fn(|peer| if starts.of(peer).is_some() { Start::Frame } else { unknown });
        if flipped {
            for held in &mut held {
                held.from = !held.from;
            }
            std::mem::swap(&mut start.client, &mut start.server);
        }
        // The session is known from its first frame on.
        let begins = held.iter().find(|held| *start.of(held.from) == Start::Frame);
        let first = begins.map_or(stamp, |held| held.chunk().stamp);
        let pending =
            self.pending.pop_back().filter(|pending| pending.kind == RequestKind::Upgrade && !flipped);
        let unseen = || Pending::new(HeadPart::Lost, RequestKind::Upgrade, first, first);
        let pending = pending.unwrap_or_else(unseen);
        let upgrade = self.upgrade(Outcome::Unseen, pending, HeadPart::Lost, stamp);
        let negotiated = Negotiated { extensions: Extensions::Unseen, start };
        Transition::WebSocket(Box::new(Switch { upgrade, negotiated, held, flipped }))
    }

    /// What was found of `peer` in the role of `role`.
    fn best(&self, peer: Peer, role: Peer) -> Option<(&BoundarySearch, &Chain)> {
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
    pub(crate) fn flip(&mut self) {
        std::mem::swap(&mut self.reading.client, &mut self.reading.server);
        std::mem::swap(&mut self.ends.client, &mut self.ends.server);
        if let Reading::Head(reader) = &mut self.reading.client {
            reader.reconsider::<Request>();
        }
        for peer in &mut self.searched {
            *peer = !*peer;
        }
    }

    /// The bytes that were searched, of each side from where it says on, as they came.
    fn in_order(&self, starts: PerPeer<Option<u64>>) -> Vec<HeldChunk> {
        let of_side = |peer: Peer| match (self.reading.of(peer), *starts.of(peer)) {
            (Reading::Searching(search), Some(at)) => {
                search.held().chunks_from(at).map(|chunk| chunk.hold(peer)).collect()
            }
            (
                Reading::Searching(_)
                | Reading::Head(_)
                | Reading::Body(_)
                | Reading::Waiting
                | Reading::Broken,
                _,
            ) => Vec::new(),
        };
        let mut sides = PerPeer::from_fn(of_side);
        // Of what was searched the first may be gone: the latest is here.
        let latest_first = self.searched.iter().rev().filter_map(|peer| sides.of_mut(*peer).pop());
        let mut held: Vec<HeldChunk> = latest_first.collect();
        held.reverse();
        held
    }
}

/// Whether `bytes` are one whole frame as a server sends it.
fn is_frame_of_server(bytes: &[u8]) -> bool {
    FrameHeader::parse(bytes).is_some_and(|header| {
        let is_sound = header.fin && header.rsv == 0 && header.mask.is_none();
        let is_known = matches!(header.opcode, Opcode::Text | Opcode::Binary | Opcode::Ping | Opcode::Pong);
        is_sound && is_known && header.length.checked_add(header.size() as u64) == Some(bytes.len() as u64)
    })
}

/// Whether `bytes` begin with a head as `from` sends it.
fn begins_head(from: Peer, bytes: &[u8]) -> bool {
    let head = match from {
        Peer::Client => Looks::HttpRequest,
        Peer::Server => Looks::HttpResponse,
    };
    looks_like(bytes) == Some(head)
}
