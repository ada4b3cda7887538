//! A faulty scenario and its clean twin for every finding.
//!
//! A clean twin differs by as little as makes it right: it gets no finding at all, except notes.
//! `expect` names fields that the finding must have, each with its value as JSON text; `severity` and `certainty`
//! stand there where they are not the usual ones of the finding.
//! `frame-stalled` and the findings of time have figures to the millisecond: every packet takes 1 ms.

mod frames;
mod hop;
mod http2;
mod session;
mod tls;
mod transport;
mod upgrade;

/// One way to get a finding, and how not to.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The finding.
    pub id: &'static str,
    /// A scenario that has it.
    pub faulty: &'static str,
    /// Nearly the same without any fault.
    pub clean: &'static str,
    /// Fields of the finding and their values as JSON text.
    pub expect: &'static [(&'static str, &'static str)],
}

/// All cases, by subject: upgrades, frames and messages, ping, pong and close, TLS, proxies, transport.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [upgrade::CASES, http2::CASES, frames::CASES, session::CASES, tls::CASES, hop::CASES, transport::CASES]
        .into_iter()
        .flatten()
}

/// A scenario that begins with an open WebSocket.
macro_rules! opened {
    ($text:literal) => {
        concat!("C> upgrade /chat   S< 101\n", $text)
    };
}

/// A scenario that begins with an open WebSocket that compresses.
macro_rules! opened_deflate {
    ($text:literal) => {
        concat!("C> upgrade /chat deflate   S< 101 deflate\n", $text)
    };
}

use {opened, opened_deflate};
