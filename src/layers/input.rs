//! What a layer takes, and what its first bytes look like.

use crate::http2::{self, FrameHeader};
use crate::model::{HeldChunk, Peer, StreamEvent};
use crate::tls::{Beginning, beginning};

/// Something that a layer is to take.
#[derive(Debug)]
pub(super) enum LayerInput<'c> {
    Now(Peer, StreamEvent<'c>),
    Held(HeldChunk),
}

impl LayerInput<'_> {
    /// Whose it is.
    pub(super) const fn from(&self) -> Peer {
        match self {
            Self::Now(from, _) => *from,
            Self::Held(held) => held.from,
        }
    }

    /// Whether it is the end of this side.
    pub(super) fn is_end_of(&self, peer: Peer) -> bool {
        matches!(self, Self::Now(from, StreamEvent::End(_)) if *from == peer)
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Now(..) => size_of::<Self>(),
            Self::Held(held) => held.memory(),
        }
    }

    /// The roles turn out to be the other way round.
    pub(super) fn flip(&mut self) {
        match self {
            Self::Now(from, _) => *from = !*from,
            Self::Held(held) => held.from = !held.from,
        }
    }
}

/// Bytes that were held back, as what a layer is to take.
pub(super) fn as_inputs(held: Vec<HeldChunk>) -> Vec<LayerInput<'static>> {
    held.into_iter().map(LayerInput::Held).collect()
}

/// Whether a TLS record begins with this event.
pub(super) fn begins_tls(event: &StreamEvent<'_>) -> bool {
    let StreamEvent::Data(chunk) = event else { return false };
    matches!(beginning(chunk.bytes), Beginning::ClientHello | Beginning::ServerHello | Beginning::Record)
}

/// Whether a `ClientHello` of the client begins with this event.
pub(super) fn begins_client_hello(from: Peer, event: &StreamEvent<'_>) -> bool {
    let StreamEvent::Data(chunk) = event else { return false };
    from == Peer::Client && beginning(chunk.bytes) == Beginning::ClientHello
}

/// Whether the event begins with a `ServerHello`.
pub(super) fn begins_server_hello(event: &StreamEvent<'_>) -> bool {
    matches!(event, StreamEvent::Data(chunk) if beginning(chunk.bytes) == Beginning::ServerHello)
}

/// Whether the event begins with what a client of HTTP/2 sends first.
pub(super) fn begins_preface(event: &StreamEvent<'_>) -> bool {
    matches!(event, StreamEvent::Data(chunk) if chunk.bytes.starts_with(http2::PREFACE))
}

/// Whether the event begins with the whole header of a SETTINGS frame, which looks like nothing in HTTP/1.1. If the
/// first SETTINGS is lost too, the acknowledgment of the client's (RFC 9113 §6.5.3) comes next.
pub(super) fn begins_http2(event: &StreamEvent<'_>) -> bool {
    pub(super) const ACKNOWLEDGMENT: [u8; FrameHeader::SIZE] = [0, 0, 0, 4, 1, 0, 0, 0, 0];
    let StreamEvent::Data(chunk) = event else { return false };
    let is_whole = chunk.bytes.len() >= FrameHeader::SIZE;
    is_whole && (http2::may_begin_with_settings(chunk.bytes) || chunk.bytes.starts_with(&ACKNOWLEDGMENT))
}

/// What a side begins TLS with.
pub(super) const fn hello_of(peer: Peer) -> Beginning {
    match peer {
        Peer::Client => Beginning::ClientHello,
        Peer::Server => Beginning::ServerHello,
    }
}

/// What is left of an event that waited still waits.
pub(super) fn hold(from: Peer, rest: StreamEvent<'_>) -> LayerInput<'static> {
    match rest {
        StreamEvent::Data(chunk) => LayerInput::Held(chunk.hold(from)),
        StreamEvent::Gap(gap) => LayerInput::Now(from, StreamEvent::Gap(gap)),
        StreamEvent::End(end) => LayerInput::Now(from, StreamEvent::End(end)),
    }
}
