//! What a handshake agreed on, as far as frames depend on it (RFC 6455 §9, RFC 7692 §7).

use crate::model::{Peer, PerPeer};

/// What one direction agreed to compress with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateSide {
    /// Whether a message may refer back to earlier messages.
    pub takeover: bool,
    /// The base-2 logarithm of the window size, 8 to 15.
    pub window_bits: u8,
}

/// The permessage-deflate parameters in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deflate {
    /// For messages of the client.
    pub client: DeflateSide,
    /// For messages of the server.
    pub server: DeflateSide,
}

/// Without parameters: each side has a window of 32 KiB, and messages may refer to earlier ones (RFC 7692 §7.1).
impl Default for Deflate {
    fn default() -> Self {
        let side = DeflateSide { takeover: true, window_bits: 15 };
        Self { client: side, server: side }
    }
}

impl Deflate {
    /// What `peer` agreed to compress with.
    pub const fn of(&self, peer: Peer) -> &DeflateSide {
        match peer {
            Peer::Client => &self.client,
            Peer::Server => &self.server,
        }
    }
}

/// What is known about the extensions in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extensions {
    /// The handshake is not in the capture: messages may be compressed or not.
    Unseen,
    /// Of the handshake only the request is in the capture. Messages may be compressed or not, but where frames are read
    /// from a side's first one none is missing.
    Unanswered,
    /// The handshake was seen.
    Seen {
        /// How messages are compressed, if they are.
        deflate: Option<Deflate>,
        /// Some other extension than permessage-deflate was accepted: what the reserved bits mean is its matter.
        foreign: bool,
    },
}

/// Where in one direction reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At a frame.
    Frame,
    /// Somewhere: the capture began late, and a frame has to be found first.
    Middle,
    /// After a gap; that a frame was found is reported as [`Event::Resynchronized`](super::Event::Resynchronized).
    AfterGap,
}

/// What a handshake agreed on, and where frames begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The extensions in force.
    pub extensions: Extensions,
    /// Where each side's frames begin.
    pub start: PerPeer<Start>,
}

impl Negotiated {
    /// These extensions; the next byte of each side begins a frame.
    pub const fn new(extensions: Extensions) -> Self {
        Self { extensions, start: PerPeer { client: Start::Frame, server: Start::Frame } }
    }
}

/// No extensions; the next byte of each side begins a frame.
impl Default for Negotiated {
    fn default() -> Self {
        Self::new(Extensions::Seen { deflate: None, foreign: false })
    }
}
