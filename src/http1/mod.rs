//! HTTP/1.x as far as it leads to a WebSocket: requests, answers, proxies (RFC 9112, RFC 6455 §4).
//!
//! [`Exchange`] reads one connection, or what is inside a proxy's tunnel, from its first byte to the one that switches
//! to frames. Like everything here it does no I/O and never fails, and says what it saw as [`Event`]s.

mod answer;
mod body;
mod doubted;
mod early;
mod exchange;
mod granted;
mod midstream;
mod pending;
mod reader;
mod refused;
mod stop;
mod transition;

pub(crate) use early::Early;
pub use exchange::{Exchange, ExchangeLimits};
pub use reader::HeadLimits;
pub use transition::{Switch, Transition};

use crate::model::{Gap, LayerShortage, Peer, Stamp};
use crate::upgrade::Upgrade;

/// A fact about HTTP.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request was answered, or will not be.
    Upgrade(&'a Upgrade),
    /// What came is not HTTP.
    Stranger(Stranger<'a>),
    /// Bytes that lead to a WebSocket, or may, are not in the capture.
    Gap {
        /// Whose bytes.
        from: Peer,
        /// How many, and why.
        gap: Gap,
    },
    /// The client sends WebSocket frames, although its upgrade was refused or will be.
    Undeterred(Undeterred<'a>),
    /// A cap was reached; what it concerns is no longer told.
    LimitReached {
        /// What there was too much of.
        shortage: LayerShortage,
        /// The packet that reached it.
        stamp: Stamp,
    },
}

/// A peer that speaks something else.
#[derive(Clone, Copy, Debug)]
pub struct Stranger<'a> {
    /// Whose bytes show it.
    pub from: Peer,
    /// Its first bytes, at most 64; empty where none came.
    pub preview: &'a [u8],
    /// The packet that shows it.
    pub stamp: Stamp,
}

/// A client that goes on with frames without an upgrade.
#[derive(Clone, Copy, Debug)]
pub struct Undeterred<'a> {
    /// The status that refused it.
    pub status: u16,
    /// Where the head of that answer ends in the server's TCP stream: who has acknowledged less has not seen it.
    pub answer_end: u64,
    /// The header of the first frame.
    pub header: &'a [u8],
    /// The packet with the first of them.
    pub stamp: Stamp,
}

/// Takes the facts as they appear.
pub type Out<'o> = dyn FnMut(Event<'_>) + 'o;
