//! A request that waits for its answer on a stream.

use crate::http1::{Head, Header, Headers, OverHttp2, Request};
use crate::http2;
use crate::model::{Chunk, End, HeldChunk, Peer, PerPeer};

/// Bytes kept of what a client sends on a stream before its request is answered.
const EARLY_KEPT: u64 = 64 << 10;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct PendingRequest {
    pub(super) request: Request,
    pub(super) over: OverHttp2,
    pub(super) interim: Vec<u16>,
    /// What the client sent meanwhile.
    pub(super) early: Vec<HeldChunk>,
    pub(super) early_bytes: u64,
    pub(super) early_lost: bool,
    pub(super) ends: PerPeer<Option<End>>,
    pub(super) ended_first: Option<Peer>,
    pub(super) doubtful: bool,
    /// Its answer may have come before: bytes are lost in front of it, so that it was held until it was known for what it is.
    pub(super) came_late: bool,
}

impl PendingRequest {
    /// What the client sent up to here is lost, or some of it: frames are looked for in what comes next.
    pub(super) fn lose_early(&mut self) {
        self.early = Vec::new();
        self.early_lost = true;
    }

    /// Keeps what the client sends meanwhile.
    pub(super) fn keep_early(&mut self, chunk: Chunk<'_>) {
        self.early_bytes += chunk.bytes.len() as u64;
        if self.early_bytes > EARLY_KEPT {
            self.lose_early();
        } else {
            self.early.push(chunk.hold(Peer::Client));
        }
    }
}

/// A head as those of HTTP/1.1 are kept. The fields that stand for its first line are among the others.
pub(super) fn converted(head: &http2::Head) -> Head {
    let known =
        head.fields.list.iter().filter_map(|field| Some((field.name.as_deref()?, field.value.as_deref()?)));
    let lines: Vec<Header<'_>> = known.map(|(name, value)| Header { name, value }).collect();
    Head {
        minor_version: 1,
        headers: Headers::new(lines.iter().copied()),
        first: head.first,
        last: head.last,
        flaws: Box::default(),
    }
}
