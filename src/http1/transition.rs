//! What the HTTP part of a connection leads to.

use crate::model::{Gap, HeldChunk, PerPeer};
use crate::upgrade::Upgrade;
use crate::ws::{Negotiated, Start};

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
        /// Whether those are all that the client sent in it.
        is_whole: bool,
        /// Where the proxy's answer is missing, and perhaps what the server said first in it.
        gap: Option<Gap>,
    },
    /// HTTP/2, from here on: the request that was answered is its first stream (RFC 7540 §3.2).
    Http2 {
        /// The client's first settings, which its request carried.
        settings: Vec<u8>,
    },
    /// Nothing for us.
    Ignore,
}

impl Transition {
    /// From here on come frames, after this attempt: first those that are held.
    pub(super) fn to_frames(mut upgrade: Upgrade, start: PerPeer<Start>, held: Vec<HeldChunk>) -> Self {
        upgrade.searching = PerPeer::from_fn(|peer| *start.of(peer) != Start::Frame);
        let negotiated = Negotiated { start, ..Negotiated::new(upgrade.extensions()) };
        Self::WebSocket(Box::new(Switch { upgrade, negotiated, held, flipped: false }))
    }
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
