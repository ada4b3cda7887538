//! What the packets acknowledge says who came first, whatever the capture holds and in whatever order.

use super::Situation;

/// A connection of HTTP/2 with a WebSocket on stream 1.
macro_rules! http2 {
    ($($steps:literal),*) => {
        concat!(
            "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n",
            "C> on 1 text \"a\"   S< on 1 text \"b\"\n",
            $($steps),*
        )
    };
}

/// A plain alert of TLS, in a record of its own.
macro_rules! alert {
    ($side:literal, $number:literal) => {
        concat!("no-handshake\nclient 1100\nserver 21212\n", $side, " raw 15 03 03 00 02 02 ", $number)
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the server's FIN is not captured; the client ends its stream of HTTP/2 in a packet that acknowledges it",
        scenario: http2!("S< lose fin   C> on 1 end   C> fin"),
        must: &["close-missing@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the same, and the client resets the stream as well",
        scenario: http2!("S< lose fin   C> on 1 end   C> reset 1 8   C> fin"),
        must: &["close-missing@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the client ends its stream of HTTP/2, and then the server leaves",
        scenario: http2!("C> on 1 end   S< lose fin   C> fin"),
        must: &["close-missing@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client's FIN is not captured; the server ends the stream in a packet that acknowledges it",
        scenario: http2!("C> lose fin   S< on 1 end   S< fin"),
        must: &["close-missing@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server ends the stream, and then the client leaves",
        scenario: http2!("S< on 1 end   C> lose fin   S< fin"),
        must: &["close-missing@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the capture begins late and lacks the answer to the first request; the second one acknowledges it",
        scenario: "no-handshake\nC> upgrade   S< lose raw \"HTTP/1.1 304 Not Modified\\r\\n\\r\\n\"\n\
                   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server's answer over HTTP/2 is lost behind all that was captured of it, and the client gives the stream up",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nS< lose answer 1 200\n\
                   C> reset 1 8",
        must: &["http2-stream-reset"],
        must_not: &["accuse", "says=before any answer"],
    },
    Situation {
        what: "no answer comes over HTTP/2, and the client gives the stream up",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nwait 2s\nC> reset 1 8",
        must: &["http2-stream-reset@client", "says=before any answer"],
        must_not: &[],
    },
    Situation {
        what: "a capture of one alert of the server, whose port is the higher one: who sent it is not known",
        scenario: alert!("S<", "28"),
        must: &["tls-alert", "says=one side refused TLS"],
        must_not: &["accuse", "tls-alert@client", "tls-alert@server"],
    },
    Situation {
        what: "the same of the client's",
        scenario: alert!("C>", "30"),
        must: &["tls-alert", "says=one side refused TLS"],
        must_not: &["accuse", "tls-alert@client", "tls-alert@server"],
    },
];
