//! Situations that people reported, as scenarios, each with what has to be told of it and what must not.
#![allow(dead_code, reason = "of which each test crate uses its own part")]

mod framing;
mod halfway;
mod http;
mod http2;
mod order;
mod path;
mod proxy;
mod reused;

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
        http::SITUATIONS,
        http2::SITUATIONS,
        framing::SITUATIONS,
        path::SITUATIONS,
        halfway::SITUATIONS,
        reused::SITUATIONS,
        proxy::SITUATIONS,
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

/// An answer with these lines in it, to the first key of a scenario, without its last empty line.
macro_rules! answer {
    ($($line:literal),*) => {
        concat!(
            "S< raw \"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\" ",
            "\"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\" ", $($line, " ",)*
        )
    };
}

use {answer, session};
