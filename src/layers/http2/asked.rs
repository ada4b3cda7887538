//! A request that waits for its answer on a stream.

use crate::http1::Early;
use crate::http2::{self, FieldLine};
use crate::model::{End, Gap, Peer, PerPeer, StreamEvent};
use crate::upgrade::{Head, Header, Headers, HttpVersion, OverHttp2, Request};

/// Bytes of a request's head, of which no more is kept while it waits than is needed. Servers take no larger ones, while a few bytes
/// can stand for as much of the table of heads.
const HEAD_KEPT: usize = 16 << 10;
/// Bytes of a header that is kept when not all are.
const SHORT: usize = 256;

/// Whether a side can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    Heard,
    /// The latest of it was nothing: none of its packets are in the capture, or nothing opens them.
    Unheard,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct PendingRequest {
    pub(super) request: Request,
    pub(super) over: OverHttp2,
    pub(super) interim: Vec<u16>,
    /// What the client sent meanwhile.
    pub(super) early: Early,
    /// What is missing of the server since: its answer, or something else.
    pub(super) gap: Option<Gap>,
    pub(super) ends: PerPeer<Option<End>>,
    pub(super) ended_first: Option<Peer>,
    pub(super) doubtful: bool,
    /// Its answer may have come before: bytes are lost in front of it, so that it was held until it was known for what it is.
    pub(super) came_late: bool,
    /// How much of the server's stream the client had acknowledged with it, if that is known.
    pub(super) acknowledged: Option<u64>,
}

impl PendingRequest {
    /// Whether what comes of `from` shows that the answer came before, in what is missing of the server: something of the server
    /// itself, or more of the client than the answer can be waited for.
    pub(super) fn was_answered(
        &self,
        from: Peer,
        event: &StreamEvent<'_>,
        server: Hearing,
        most_early: u64,
    ) -> bool {
        let asks = self.request.asks_for_websocket();
        let is_unheard = server == Hearing::Unheard;
        match (from, event) {
            (Peer::Server, StreamEvent::Data(_)) => true,
            (Peer::Client, StreamEvent::Data(chunk)) => {
                let is_too_much = self.early.bytes + chunk.bytes.len() as u64 > most_early;
                asks && (is_unheard || self.gap.is_some() && is_too_much)
            }
            // What it sent before is not to be lost with what follows.
            (Peer::Client, StreamEvent::Gap(_)) => {
                asks && !self.early.is_empty() && (is_unheard || self.gap.is_some())
            }
            (Peer::Server, StreamEvent::Gap(_)) | (_, StreamEvent::End(_)) => false,
        }
    }

    /// Gives back what it can.
    pub(super) fn shed(&mut self) {
        if !self.early.is_empty() {
            self.early.lose();
        }
        self.shed_headers();
    }

    /// Lets go of most headers, if they take much.
    pub(super) fn keep_within_bounds(&mut self) {
        if self.request.head.memory() > HEAD_KEPT {
            self.shed_headers();
        }
    }

    /// Lets go of headers that say nothing of the WebSocket, or are long.
    fn shed_headers(&mut self) {
        let is_kept = |line: &Header<'_>| {
            let of_websocket =
                [&b":"[..], b"sec-websocket-"].iter().any(|start| line.name.starts_with(start));
            let names = of_websocket || [&b"host"[..], b"origin"].contains(&line.name);
            names && line.value.len() <= SHORT
        };
        let headers = &self.request.head.headers;
        let kept: Vec<Header<'_>> = headers.iter().filter(is_kept).collect();
        let lost = headers.iter().count() - kept.len();
        if lost > 0 {
            self.over.unknown_fields += lost as u64;
            self.request.head.headers = Headers::new(kept.into_iter());
        }
    }
}

/// A field as a header line, if it is known. What names a request is never a guess: what looks like one may be that of another.
fn line(field: &FieldLine) -> Option<Header<'_>> {
    let (name, value) = (field.name.as_deref()?, field.value.as_deref()?);
    let is_name = matches!(name, b":path" | b":authority");
    (!(field.guessed && is_name)).then_some(Header { name, value })
}

/// A head as those of HTTP/1.1 are kept. The fields that stand for its first line are among the others.
pub(super) fn converted(head: &http2::Head) -> Head {
    let lines: Vec<Header<'_>> = head.fields.list.iter().filter_map(line).collect();
    Head {
        version: HttpVersion::TWO,
        headers: Headers::new(lines.iter().copied()),
        first: head.first,
        last: head.last,
        flaws: Box::default(),
    }
}
