//! One attempt to turn an HTTP connection, or a stream of one, into a WebSocket (RFC 6455 §4, RFC 8441): what was seen of it.

use super::extension::{Extension, OfferFault};
use super::head::{Head, HeadPart, HttpVersion, Request, Response};
use crate::http2::{GoAway, Reset};
use crate::model::{Count, End, EndCause, Footprint, Peer, PerPeer, Stamp, StreamId, text_so_far};
use crate::ws::{Deflate, Extensions};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The server answered 101, and the client went on with frames; or the answer is one that a client may accept.
    Accepted,
    /// The server answered with another final status.
    Rejected,
    /// There was no answer, none that could be read, or a 101 that the RFC tells the client to refuse and that it did
    /// not follow.
    Failed,
    /// The client never asked for a WebSocket.
    NotWebSocket,
    /// The upgrade, or the answer to it, is not in the capture.
    Unseen,
    /// It would be inside TLS, which no secret opens.
    Dark,
}

impl Outcome {
    /// Every outcome, in the order it is printed.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Rejected, Self::Failed, Self::NotWebSocket, Self::Unseen, Self::Dark];

    /// Whether a session follows although its beginning cannot be read.
    pub const fn is_unread(self) -> bool {
        matches!(self, Self::Unseen | Self::Dark)
    }

    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::NotWebSocket => "not-websocket",
            Self::Unseen => "unseen",
            Self::Dark => "dark",
        }
    }
}

/// Whether a client speaks what TLS agreed on for it (ALPN, RFC 7301).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Agreement {
    /// It does, or nothing was agreed on as far as is known.
    #[default]
    Kept,
    /// Agreed on was HTTP/2, and it sent HTTP/1.1.
    Broken,
}

/// What an attempt was made over.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Via {
    /// An HTTP/1.1 connection, or another version of it that is no HTTP/2.
    #[default]
    Http1,
    /// A stream of an HTTP/2 connection (RFC 8441).
    Http2(Box<OverHttp2>),
}

impl Via {
    /// The name JSON prints.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Http1 => "http/1.1",
            Self::Http2(_) => "http/2",
        }
    }

    /// What there is to know besides of an attempt over HTTP/2.
    pub fn http2(&self) -> Option<&OverHttp2> {
        match self {
            Self::Http1 => None,
            Self::Http2(over) => Some(over),
        }
    }
}

/// An attempt over HTTP/2.
#[derive(Clone, Debug)]
pub struct OverHttp2 {
    /// Its stream.
    pub stream: StreamId,
    /// Whether the server had announced by then that it takes extended CONNECT; `None` where it had announced nothing,
    /// and did announce it before the attempt was over, if it announced anything.
    pub enabled: Option<bool>,
    /// Nothing of the client follows the request (`END_STREAM`).
    pub ends_stream: bool,
    /// Who reset the stream before the request was answered, and why.
    pub reset: Option<Reset>,
    /// The server's GOAWAY for which the request has no answer: it leaves out the stream, or ends the connection with an error.
    pub gone: Option<GoAway>,
    /// Bytes that the server answered in another protocol than HTTP/2, at most 64.
    pub foreign: Option<Box<ForeignAnswer>>,
    /// Fields of the two heads that refer to what the capture lost, or that there was no room for.
    pub unknown_fields: u64,
    /// Fields of the two heads that may be other ones than they seem: bytes that the capture lost may have changed what they
    /// refer to. Of a request, `:path` and `:authority` are not among its headers then.
    pub guessed_fields: u64,
    /// Whether it is known what the answer says of extensions. Where it seems to say nothing, or what it says is guessed, it may
    /// say it in fields that are not known.
    pub extensions_known: bool,
    /// Whether it is known what the answer says of a subprotocol.
    pub subprotocol_known: bool,
}

/// What a server said that does not speak HTTP/2.
#[derive(Clone, Debug)]
pub struct ForeignAnswer {
    /// Its first bytes, at most 64.
    pub preview: Box<[u8]>,
    /// The packet with them.
    pub stamp: Stamp,
}

impl OverHttp2 {
    /// Nothing is known of it yet but its stream.
    pub(crate) const fn on(stream: StreamId) -> Self {
        Self {
            stream,
            enabled: None,
            ends_stream: false,
            reset: None,
            gone: None,
            foreign: None,
            unknown_fields: 0,
            guessed_fields: 0,
            extensions_known: true,
            subprotocol_known: true,
        }
    }

    /// Whether both heads are known as they were sent. What is not known cannot be missed, and nobody is to blame for what is
    /// guessed.
    pub const fn is_certain(&self) -> bool {
        self.unknown_fields == 0 && self.guessed_fields == 0
    }

    /// How much of the two heads is uncertain, in words; nothing where all of it is known.
    pub fn uncertainty(&self) -> Option<String> {
        let count =
            |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", Count(count, "header field")));
        let parts = [count(self.unknown_fields, "not known"), count(self.guessed_fields, "guessed")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// How it ended.
    pub outcome: Outcome,
    /// What it was made over.
    pub via: Via,
    /// The request.
    pub request: HeadPart<Request>,
    /// The final response.
    pub response: HeadPart<Response>,
    /// The beginning of the body of a response that refuses the upgrade, at most 512 bytes, without the framing of chunks.
    pub body: Vec<u8>,
    /// The status codes of interim responses before it (1xx).
    pub interim: Vec<u16>,
    /// Bytes of a request body, and other bytes the client sent before the answer: nothing it may have sent yet.
    pub early_bytes: u64,
    /// The packet with the first of them.
    pub early: Option<Stamp>,
    /// The ends of the two directions, as far as they were seen when the attempt was given up.
    pub ends: PerPeer<Option<End>>,
    /// Who ended its direction first, if anyone did.
    pub ended_first: Option<Peer>,
    /// The capture misses bytes before or in this attempt: the answer may belong to another request.
    pub doubtful: bool,
    /// Sides of whose stream the capture misses bytes before the frames, so that where those begin has to be looked for.
    pub searching: PerPeer<bool>,
    /// The request came in early data of TLS that the server threw away (RFC 8446 §4.2.10), and was not made again.
    pub is_discarded: bool,
    /// A PROXY protocol header stands in front of the request, and nothing shows that the server takes one.
    pub is_behind_proxy_header: bool,
    /// Whether the client spoke what TLS had agreed on.
    pub agreement: Agreement,
    /// The first packet of the attempt.
    pub first: Stamp,
    /// The packet with the last byte of the request's head.
    pub requested: Stamp,
    /// Where the request's head ends in the client's TCP stream, to compare it with what the server acknowledged; 0 where that is
    /// not known.
    pub request_end: u64,
    /// The packet at which its outcome was known.
    pub last: Stamp,
    /// The `host:port` to which a proxy opened a tunnel before it (CONNECT or SOCKS).
    pub tunnel: Option<String>,
}

impl Upgrade {
    /// One over HTTP/1.1 of which no byte was read; this packet shows how it ended.
    pub(crate) fn unread(outcome: Outcome, stamp: Stamp) -> Self {
        Self {
            outcome,
            via: Via::Http1,
            request: HeadPart::Lost,
            response: HeadPart::Lost,
            body: Vec::new(),
            interim: Vec::new(),
            early_bytes: 0,
            early: None,
            ends: PerPeer::default(),
            ended_first: None,
            doubtful: false,
            searching: PerPeer::default(),
            is_discarded: false,
            is_behind_proxy_header: false,
            agreement: Agreement::Kept,
            first: stamp,
            requested: stamp,
            request_end: 0,
            last: stamp,
            tunnel: None,
        }
    }

    /// Bytes of memory it takes, itself included.
    pub(crate) fn memory(&self) -> usize {
        let request = self.request.whole().map_or(0, Request::memory);
        let response = self.response.whole().map_or(0, Response::memory);
        let over = self.via.http2().map_or(0, |_| Footprint::allocation(size_of::<OverHttp2>()));
        let interim = Footprint::allocation(self.interim.capacity() * size_of::<u16>());
        let tunnel = self.tunnel.as_ref().map_or(0, |tunnel| Footprint::allocation(tunnel.capacity()));
        size_of::<Self>()
            + request
            + response
            + over
            + interim
            + tunnel
            + Footprint::allocation(self.body.capacity())
    }

    /// The beginning of the body of a refusal, at most 200 bytes, if it is text.
    pub fn body_text(&self) -> Option<&str> {
        const SHOWN: usize = 200;
        let shown = self.body.get(..self.body.len().min(SHOWN))?;
        let text = text_so_far(shown)?;
        let is_text = !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
        is_text.then_some(text)
    }

    /// The extensions the client offered.
    pub fn offered(&self) -> Vec<Extension> {
        self.request.whole().map(|request| Extension::list(&request.head)).unwrap_or_default()
    }

    /// The extensions the server accepted.
    pub fn accepted(&self) -> Vec<Extension> {
        self.response.whole().map(|response| Extension::list(&response.head)).unwrap_or_default()
    }

    /// The compression in force, if the server accepted one.
    pub fn deflate(&self) -> Option<Deflate> {
        self.accepted().iter().find(|extension| extension.is_deflate()).map(Extension::deflate)
    }

    /// What is known of the extensions in force.
    pub fn extensions(&self) -> Extensions {
        // What the capture lost of the answer may have agreed on some.
        if matches!(self.response, HeadPart::Partial { .. }) {
            return Extensions::Unseen;
        }
        if self.outcome.is_unread() {
            let is_asked = self.request.whole().is_some();
            return if is_asked { Extensions::Unanswered } else { Extensions::Unseen };
        }
        if self.via.http2().is_some_and(|over| !over.extensions_known) {
            return Extensions::Unanswered;
        }
        let foreign = self.accepted().iter().any(|extension| !extension.is_deflate());
        Extensions::Seen { deflate: self.deflate(), foreign }
    }

    /// Whether a session follows it.
    pub fn goes_on(&self) -> bool {
        self.outcome == Outcome::Accepted || self.outcome.is_unread() || self.is_switched()
    }

    /// Whether the server granted a WebSocket, well or badly: frames follow. Over HTTP/1.1 it does so with 101, over HTTP/2
    /// with 200 to an extended CONNECT (RFC 8441 §5), and 101 there is a mistake that some peers share.
    pub fn is_switched(&self) -> bool {
        let Some(response) = self.response.whole().filter(|_| self.outcome != Outcome::NotWebSocket) else {
            return false;
        };
        match self.via {
            Via::Http1 => response.status == 101,
            Via::Http2(_) => {
                let is_asked = match &self.request {
                    HeadPart::Whole(request) => request.is_extended_connect(),
                    // Nothing else is answered with what a WebSocket agrees on.
                    HeadPart::Lost => response.head.has_websocket_header(),
                    HeadPart::Absent
                    | HeadPart::Partial { .. }
                    | HeadPart::Malformed { .. }
                    | HeadPart::TooLarge { .. } => false,
                };
                is_asked && matches!(response.status, 101 | 200..=299)
            }
        }
    }

    /// Whether the client had left before the answer came, and sent nothing that should follow it.
    pub fn came_too_late(&self) -> bool {
        let has_left = |end: End| matches!(end.cause, EndCause::Fin | EndCause::Rst);
        // What ends with its request need not have left.
        let ends_with_request = self.via.http2().is_some_and(|over| over.ends_stream);
        self.ends.client.is_some_and(has_left)
            && !ends_with_request
            && self.request.whole().is_some()
            && self.early_bytes == 0
            && !self.doubtful
    }

    /// The `Sec-WebSocket-Accept` that the request's key demands.
    pub fn expected_accept(&self) -> Option<String> {
        self.request.whole()?.head.value("sec-websocket-key").map(accept_for)
    }

    /// Whether the server accepted only what was offered, in a form that the client can take: it has none of these faults.
    fn extensions_fit(&self, is_fault: impl Fn(&OfferFault) -> bool) -> bool {
        let accepted = self.accepted();
        let offered = if accepted.is_empty() { Vec::new() } else { self.offered() };
        accepted.iter().all(|answer| {
            let same = |offer: &&Extension| offer.name.eq_ignore_ascii_case(&answer.name);
            let offers: Vec<&Extension> = offered.iter().filter(same).collect();
            !offers.is_empty()
                && (!answer.is_deflate() || !OfferFault::all(&offers, answer).iter().any(&is_fault))
        })
    }

    /// Whether the 101 leads to frames as RFC 6455 has them, and neither to HTTP/2 nor to those of the draft of 2010.
    pub(crate) fn speaks_frames(&self) -> bool {
        let to_other = self.response.whole().is_some_and(|response| {
            !response.head.has_token("upgrade", "websocket") && response.head.has_token("upgrade", "h2c")
        });
        !to_other && !self.is_hixie()
    }

    /// Whether the request is that of the draft hixie-76 of 2010, which is another protocol.
    pub(crate) fn is_hixie(&self) -> bool {
        self.request.whole().is_some_and(Request::is_hixie)
    }

    /// Whether a strict client would refuse a 101, if only because of how it is written.
    pub(crate) fn may_be_refused(&self) -> bool {
        let head = self.response.whole().map(|response| &response.head);
        // A subprotocol that is missing is the better reason to leave, and is told of a session.
        let is_dubious = |head: &Head| is_dubious(head) && !self.lacks_subprotocol(head);
        head.is_some_and(|head| !head.flaws.is_empty() || is_dubious(head))
            || !self.extensions_fit(|_| true)
            || self.must_be_refused()
    }

    /// Whether the client offered subprotocols, and the server says nothing of any.
    fn lacks_subprotocol(&self, head: &Head) -> bool {
        let offer = self.request.whole().and_then(|request| request.head.value("sec-websocket-protocol"));
        offer.is_some() && head.value("sec-websocket-protocol").is_none()
    }

    /// Whether a 101, or what stands for it over HTTP/2, is one that a client must refuse (RFC 6455 §4.1, the list behind
    /// "The client MUST validate"). There is no key over HTTP/2, and no answer to it (RFC 8441 §5).
    pub(crate) fn must_be_refused(&self) -> bool {
        let (Some(request), Some(response)) = (self.request.whole(), self.response.whole()) else {
            return false;
        };
        let head = &response.head;
        let accept = head.value("sec-websocket-accept").map(<[u8]>::trim_ascii);
        let handshake_fails = match self.via {
            Via::Http1 => {
                !head.has_token("upgrade", "websocket")
                    || !head.has_token("connection", "upgrade")
                    || accept != self.expected_accept().as_deref().map(str::as_bytes)
            }
            Via::Http2(_) => response.status == 101,
        };
        handshake_fails
            || !self.extensions_fit(OfferFault::must_be_refused)
            || head
                .elements("sec-websocket-protocol")
                .any(|chosen| !request.head.elements("sec-websocket-protocol").any(|offer| offer == chosen))
    }
}

/// Whether clients differ in what they make of the head of a 101: it is of HTTP/1.0 or less, announces a body that a 101 cannot have
/// (RFC 9112 §6.3), answers twice, or chooses a subprotocol without a name, or several (RFC 6455 §11.3.4).
fn is_dubious(head: &Head) -> bool {
    let is_there = |name| head.value(name).is_some();
    head.version < HttpVersion::ONE_ONE
        || is_there("transfer-encoding")
        || head.value("content-length").is_some_and(|length| length != b"0")
        || head.values("sec-websocket-accept").count() > 1
        || head.values("sec-websocket-protocol").count() > 1
        || head.value("sec-websocket-protocol").is_some_and(|name| name.is_empty() || name.contains(&b','))
}

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 §4.2.2, step 5.4).
pub fn accept_for(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key.trim_ascii());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rfc_example() {
        // RFC 6455 §1.3.
        assert_eq!(super::accept_for(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
