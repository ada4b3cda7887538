//! What the packets acknowledge says who came first, whatever the capture holds and in whatever order.

use super::{Situation, answer};

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
        scenario: "no-handshake\nC> lose-ack upgrade   S< lose raw \"HTTP/1.1 304 Not Modified\\r\\n\\r\\n\"\n\
                   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"",
        must: &["outcome=failed", "outcome=accepted", "sessions=1", "frames>=2", "tcp-gap"],
        must_not: &[
            "clean",
            "accuse",
            "stream-not-websocket",
            "upgrade-data-early",
            "upgrade-accept-mismatch",
        ],
    },
    Situation {
        what: "twin: nothing came before the second request",
        scenario: "no-handshake\nC> upgrade   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"",
        must: &["stream-not-websocket@client"],
        must_not: &["tcp-gap", "accuse@server"],
    },
    Situation {
        what: "clean: bytes of the server were on their way when the capture began; the client's second message acknowledges them",
        scenario: "no-handshake\nC> lose-ack text \"a\"   S< lose text \"z\"\nC> text \"b\"   S< text \"c\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "tcp-gap", "frames>=5"],
        must_not: &["certain=tcp-gap"],
    },
    Situation {
        what: "clean: the same before the server's answer",
        scenario: "no-handshake\nC> lose-ack http GET /page   S< lose http 204\nC> lose-ack upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "tcp-gap", "outcome=accepted", "frames>=4"],
        must_not: &["certain=tcp-gap"],
    },
    Situation {
        what: "twin: they are lost while it runs",
        scenario: "no-handshake\nC> text \"a\"   S< text \"b\"\nS< lose text \"z\"\nC> text \"b\"   S< text \"c\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["certain=tcp-gap", "frames>=6"],
        must_not: &["clean"],
    },
    Situation {
        what: "clean: of the server the capture has nothing but its FIN; the client acknowledges all that it sent",
        scenario: "no-handshake\nC> lose-ack upgrade   S< lose 101\nC> lose-ack text \"a\"   S< lose text \"b\"\n\
                   C> lose-ack close 1000   S< lose close 1000   S< fin   C> fin",
        must: &["outcome=unseen", "sessions=1", "frames>=2", "tcp-gap"],
        must_not: &["accuse", "upgrade-no-response"],
    },
    Situation {
        what: "clean: the client's clock is 5 s ahead, and the server's first packets are not captured",
        scenario: "skew client 5s\nC> syn   S< lose synack   C> ack\nC> lose-ack upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "outcome=accepted", "sessions=1", "frames>=4"],
        must_not: &["direction-missing", "tcp-gap"],
    },
    Situation {
        what: "the same, and of the server even less: what the client acknowledges first shows where that begins",
        scenario: "skew client 5s\nC> syn   S< lose synack   C> ack\nC> lose-ack upgrade   S< lose 101\n\
                   C> lose-ack text \"a\"   S< text \"b\"   C> text \"c\"   S< text \"d\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=unseen", "sessions=1", "frames>=6", "tcp-gap"],
        must_not: &["accuse", "direction-missing", "data-unacknowledged"],
    },
    Situation {
        what: "clean twin: only the server was captured, and the ports are used again",
        scenario: "C> lose syn   S< synack   C> lose ack\nC> lose upgrade /a   S< lose-ack 101\n\
                   C> lose text \"one\"   S< lose-ack text \"two\"   S< lose-ack fin\n\
                   2: client 40001\n2: isn 9000000\n2C> upgrade /b   2S< 101   2C> text \"three\"   2S< text \"four\"\n\
                   2C> close 1000   2S< close 1000   2S< fin   2C> fin",
        must: &["sessions=2", "outcome=accepted", "frames>=5"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a 101 behind an ordinary request, where the capture begins late: it answers another one",
        scenario: concat!(
            "no-handshake\nC> http GET /page\n",
            answer!("\"\\r\\n\""),
            "\nS< text \"hello\"   C> text \"a\"   C> close 1000   S< close 1000   S< fin   C> fin"
        ),
        must: &["outcome=accepted", "outcome=not-websocket", "sessions=1", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: the capture begins with a request that is sent again after 1.2 s, and then answered at once",
        scenario: "no-handshake\nC> lose-ack vanish resend 1 1200ms upgrade\nS< 101\n\
                   C> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=4"],
        must_not: &["accuse", "upgrade-slow"],
    },
    Situation {
        what: "twin: it is not sent again",
        scenario: "no-handshake\nC> lose-ack upgrade\nwait 1200ms\nS< 101\n\
                   C> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["upgrade-slow@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the capture of HTTP/2 begins late, the server's clock is ahead, and a message refers to one before the capture",
        scenario: "no-handshake\nskew server 100ms\nC> lose preface   S< lose settings connect-protocol\n\
                   C> lose lose-ack connect 1 /chat deflate\nS< lose-ack answer 1 200 deflate\n\
                   C> lose lose-ack on 1 text-deflate \"all the same words\"\n\
                   S< lose-ack on 1 text-deflate \"all the same words\"\n\
                   C> on 1 text-deflate \"all the same words\"\nS< on 1 text-deflate \"all the same words\"",
        must: &["outcome=accepted", "tcp-gap", "message-inflate-failed", "says=refer to earlier ones"],
        must_not: &["accuse", "says=not valid DEFLATE"],
    },
    Situation {
        what: "twin: what does not inflate refers to nothing",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat deflate   S< answer 1 200 deflate\n\
                   C> on 1 frame opcode=1 rsv=4 ffffffffffff",
        must: &["message-inflate-failed@client", "says=not valid DEFLATE"],
        must_not: &["says=refer to earlier ones"],
    },
    Situation {
        what: "the capture lacks the request, and plain text has RSV1 behind a message that inflates",
        scenario: "C> lose upgrade deflate   S< 101 deflate\nC> text-deflate \"so far, so good\"   S< text-deflate \"so far, so good\"\n\
                   C> frame opcode=1 rsv=4 \"this was never compressed\"\nS< close 1007   C> close 1007   S< fin   C> fin",
        must: &["message-inflate-failed@client", "says=it is plain text"],
        must_not: &["says=refer to earlier ones", "certain=message-inflate-failed"],
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
