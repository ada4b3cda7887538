//! Situations that people reported, as scenarios, each with what has to be told of it and what must not.
#![allow(dead_code, reason = "of which each test crate uses its own part")]

mod acknowledged;
mod apart;
mod consequences;
mod endings;
mod framing;
mod halfway;
mod http;
mod http2;
mod leaving;
mod legs;
mod lengths;
mod losses;
mod offers;
mod order;
mod path;
mod proxy;
mod reused;
mod stalled;

/// One situation.
pub(crate) struct Situation {
    /// In words.
    pub(crate) what: &'static str,
    /// As a scenario.
    pub(crate) scenario: &'static str,
    /// Terms that all hold; of those with `|` between them one.
    pub(crate) must: &'static [&'static str],
    /// Terms of which none holds.
    pub(crate) must_not: &'static [&'static str],
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Situation> {
    [
        order::SITUATIONS,
        endings::SITUATIONS,
        offers::SITUATIONS,
        acknowledged::SITUATIONS,
        leaving::SITUATIONS,
        http::SITUATIONS,
        http2::SITUATIONS,
        framing::SITUATIONS,
        lengths::SITUATIONS,
        path::SITUATIONS,
        losses::SITUATIONS,
        halfway::SITUATIONS,
        reused::SITUATIONS,
        proxy::SITUATIONS,
        legs::SITUATIONS,
        stalled::SITUATIONS,
        apart::SITUATIONS,
        consequences::SITUATIONS,
    ]
    .into_iter()
    .flatten()
}

/// Steps that open and close a session without a fault.
macro_rules! session {
    ($($middle:literal),*) => {
        concat!("C> upgrade\nS< 101\n", $($middle, "\n",)* "C> text \"a\"   S< text \"b\"\n\
                 C> close 1000   S< close 1000   S< fin   C> fin")
    };
}

/// A session of which 20 MB of both sides are missing after the first messages, sent in 100 ms.
pub(crate) const GAP_OF_BOTH: &str = "isn 5000000\n2: client 40001\n2: isn 25000000\n2: no-handshake\n\
    C> upgrade   S< 101\nC> text \"the first of all\"   S< text \"the first answer\"\nwait 100ms\n\
    2C> text \"here we are again\"   2S< text \"so we are, both\"\n\
    2C> text \"and now we go on\"   2S< text \"as if nothing were\"\n\
    2C> close 1000   2S< close 1000   2S< fin   2C> fin";

/// An answer with these lines in it, to the first key of a scenario, without its last empty line.
macro_rules! answer {
    ($($line:literal),*) => {
        concat!(
            "S< raw \"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\" ",
            "\"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\" ", $($line, " ",)*
        )
    };
}

/// One connection on both sides of address translation, the other one as connection 2, with these settings, SYNs and answers, and a
/// message of the client.
macro_rules! both_sides {
    ($settings:literal, $handshake:literal $(, $message:literal)?) => {
        concat!(
            $settings, "\n", $handshake, "   C> ack   2C> ack\n",
            "C> upgrade /chat   2C> upgrade /chat   2S< 101   S< 101\n",
            $("C> ", $message, "   2C> ", $message, "\n",)?
            "C> close   2C> close   2S< close   S< close   2S< fin   S< fin   C> fin   2C> fin"
        )
    };
}

use {answer, both_sides, session};
