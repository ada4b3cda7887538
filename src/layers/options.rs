//! How to follow a connection.

use crate::http1::ExchangeLimits;
use crate::http2;
use crate::model::{Limits, PerPeer};
use crate::ws;

/// How to follow a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How to read WebSockets.
    pub websocket: ws::Options,
    /// The caps on HTTP/1.x.
    pub http1: ExchangeLimits,
    /// The caps on HTTP/2.
    pub http2: http2::DemultiplexerLimits,
    /// Sides whose stream the capture began inside of: there a familiar place is looked for, instead of expecting a
    /// beginning at once. Where it is both, the roles are found as well.
    pub midstream: PerPeer<bool>,
    /// Whether to tell the DATA frames of HTTP/2 that carry WebSockets.
    pub data_frames: bool,
    /// Whether to tell what TLS carries as it comes, record by record, and to follow none of it.
    pub tls_content: bool,
    /// Whether to tell where each frame of HTTP/2 stands, and the strings in each head.
    pub http2_places: bool,
}

impl Options {
    /// The options that `limits` stand for, keeping `keep` bytes of each message.
    pub const fn new(limits: &Limits, keep: u64) -> Self {
        Self {
            websocket: ws::Options::new(limits, keep),
            http1: ExchangeLimits::new(limits),
            http2: http2::DemultiplexerLimits::new(limits),
            midstream: PerPeer { client: false, server: false },
            data_frames: false,
            tls_content: false,
            http2_places: false,
        }
    }

    /// The part of them that is about HTTP/2, with these sides somewhere in their middle.
    pub(super) const fn http2_from(&self, midstream: PerPeer<bool>) -> http2::Options {
        let Self { http2: limits, data_frames, http2_places: places, .. } = *self;
        http2::Options { limits, midstream, data_frames, places }
    }
}

/// The default limits, and 64 bytes of each message.
impl Default for Options {
    fn default() -> Self {
        Self::new(&Limits::default(), 64)
    }
}
