//! Lengths that their sender counts wrong, and frames that two writers write into each other: one finding with the cause, the
//! figure and the place.

use super::Situation;

/// One of the two sides, or the other one, in front of what it sends.
macro_rules! from {
    (server) => {
        "S< "
    };
    (client) => {
        "C> "
    };
    (not server) => {
        from!(client)
    };
    (not client) => {
        from!(server)
    };
}

/// The name of the side that is not this one.
macro_rules! other {
    (server) => {
        "client"
    };
    (client) => {
        "server"
    };
}

/// What messages of a kind are called.
macro_rules! kind {
    (json) => {
        "JSON"
    };
    ($kind:ident) => {
        stringify!($kind)
    };
}

/// Message `$n` of a kind, with this length in its header: in truth it has 33 bytes, or 28 if it is a text.
macro_rules! message {
    (json, $length:literal, $n:literal) => {
        concat!("text len=", $length, " \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":", $n, ",\\\"ok\\\":true}\"")
    };
    (text, $length:literal, $n:literal) => {
        concat!("text len=", $length, " \"plain text message ", $n, " of many\"")
    };
    (binary, $length:literal, $n:literal) => {
        concat!("binary len=", $length, " 1", $n, "c5 30*a", $n, " f7")
    };
}

/// A side declares this length for each of five messages of a kind, until the other one refuses that.
macro_rules! always {
    ($side:ident, $kind:ident, $length:literal, $how:literal, $off:literal) => {
        Situation {
            what: concat!("each length of the ", stringify!($side), ", of ", kind!($kind), " messages, ", $how),
            scenario: always!(@steps $side, $kind, $length, [1 2 3 4 5]),
            must: &[
                "once=stream-not-websocket",
                concat!("stream-not-websocket@", stringify!($side)),
                concat!("says=declares ", $length, " bytes, ", $off),
            ],
            must_not: &[
                "message-invalid-utf8",
                "frame-incomplete",
                "frame-reserved-bits",
                "frame-reserved-opcode",
                "says=JSON",
                concat!("accuse@", other!($side)),
            ],
        }
    };
    (@steps $side:ident, $kind:ident, $length:literal, [$($n:literal)*]) => {
        concat!(
            "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n",
            $(from!($side), message!($kind, $length, $n), "   ", from!(not $side), "text \"ack\"\n",)*
            from!(not $side), "close 1002   ", from!(not $side), "fin   ", from!($side), "fin"
        )
    };
}

/// A side declares this length for the second of five long messages of JSON, each of 309 bytes, until the other one refuses that.
macro_rules! once {
    ($side:ident, $length:literal, $off:literal) => {
        Situation {
            what: concat!(
                "one length of the ",
                stringify!($side),
                ", of a long JSON message among others, counts the header as well"
            ),
            scenario: concat!(
                "C> upgrade   S< 101\n",
                once!(@message $side, "", "1"),
                once!(@message $side, concat!("len=", $length, " "), "2"),
                once!(@message $side, "", "3"),
                once!(@message $side, "", "4"),
                once!(@message $side, "", "5"),
                from!(not $side), "close 1002   ", from!(not $side), "fin   ", from!($side), "fin"
            ),
            must: &[
                "once=stream-not-websocket",
                concat!("stream-not-websocket@", stringify!($side)),
                concat!("says=declares ", $length, " bytes, ", $off),
            ],
            must_not: &[
                "message-invalid-utf8",
                "says=JSON",
                "frame-reserved-bits",
                concat!("accuse@", other!($side)),
            ],
        }
    };
    (@message $side:ident, $length:expr, $n:literal) => {
        concat!(
            from!($side), "text ", $length, "\"{\\\"id\\\":", $n, ",\" 300*61 \"}\"   ", from!(not $side), "text \"ack\"\n"
        )
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a Close is written into a text by another thread",
        scenario: "C> upgrade   S< 101\nS< [ raw 817e07d0 1000*61 | close 1000 | raw 1000*61 ]\nC> close 1002   S< fin   C> fin",
        must: &["once=frame-interleaved", "frame-interleaved@server", "says=at byte 1,000 of frame 1"],
        must_not: &["message-invalid-utf8", "stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "clean: a Close stands behind a text",
        scenario: "C> upgrade   S< 101\nS< [ text 2000*61 | close 1000 ]\nC> close 1000   S< fin   C> fin",
        must: &["clean"],
        must_not: &["frame-interleaved"],
    },
    always!(server, json, 35, "counts the first two bytes of the header as well", "2 too many"),
    always!(server, json, 34, "counts the NUL behind its text", "1 too many"),
    always!(server, json, 32, "leaves out the last byte", "1 too few"),
    always!(server, text, 30, "counts the first two bytes of the header as well", "2 too many"),
    always!(server, text, 29, "counts the NUL behind its text", "1 too many"),
    always!(server, text, 27, "leaves out the last byte", "1 too few"),
    always!(server, binary, 35, "counts the first two bytes of the header as well", "2 too many"),
    always!(server, binary, 34, "counts the NUL behind its text", "1 too many"),
    always!(server, binary, 32, "leaves out the last byte", "1 too few"),
    always!(client, json, 35, "counts the first two bytes of the header as well", "2 too many"),
    always!(client, json, 37, "counts the key, or the header, as well", "4 too many"),
    always!(client, json, 34, "counts the NUL behind its text", "1 too many"),
    always!(client, json, 32, "leaves out the last byte", "1 too few"),
    always!(client, text, 30, "counts the first two bytes of the header as well", "2 too many"),
    always!(client, text, 32, "counts the key, or the header, as well", "4 too many"),
    always!(client, text, 29, "counts the NUL behind its text", "1 too many"),
    always!(client, text, 27, "leaves out the last byte", "1 too few"),
    always!(client, binary, 35, "counts the first two bytes of the header as well", "2 too many"),
    always!(client, binary, 37, "counts the key, or the header, as well", "4 too many"),
    always!(client, binary, 34, "counts the NUL behind its text", "1 too many"),
    always!(client, binary, 32, "leaves out the last byte", "1 too few"),
    once!(server, 313, "4 too many"),
    once!(client, 317, "8 too many"),
    Situation {
        what: "clean: the same messages with the right lengths",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   C> text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< binary 11c5 30*a1 f7   C> binary 11c5 30*a1 f7\n\
                   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   C> text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   S< binary 12c5 30*b2 f7   C> binary 12c5 30*b2 f7\n\
                   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   C> text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   S< binary 13c5 30*c3 f7   C> binary 13c5 30*c3 f7\nC> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &[],
    },
    Situation {
        what: "126 bytes of JSON have the 126 in the seven bits of the server's length, and no other length",
        scenario: "C> upgrade   S< 101\nS< raw 817e \"{\\\"text\\\":\\\"\" 115*61 \"\\\"}\"\n\
                   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=the two bytes of its length are missing",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "says=share no lock", "accuse@client"],
    },
    Situation {
        what: "127 bytes of JSON have the 127 in the seven bits of the server's length, and no other length",
        scenario: "C> upgrade   S< 101\nS< raw 817f \"{\\\"text\\\":\\\"\" 116*61 \"\\\"}\"\n\
                   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=the eight bytes of its length are missing",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "says=share no lock", "accuse@client"],
    },
    Situation {
        what: "clean: 126 and 127 bytes of JSON with their lengths in two bytes",
        scenario: "C> upgrade   S< 101\nS< text \"{\\\"text\\\":\\\"\" 115*61 \"\\\"}\"   C> text \"{\\\"text\\\":\\\"\" 116*61 \"\\\"}\"\nC> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &[],
    },
    Situation {
        what: "a plain text is written into a compressed message by another thread",
        scenario: "C> upgrade deflate   S< 101 deflate\nS< [ raw c17e00af0c8ddb0d003108c356a284e73850cafe23dc297f96ecec605fe3262bb5a74b652b475b1a0c7c4aecb4ea5bd5f67eb51394f5effdc62f9441788b763a9a53267daf1dc2245364b36ee923e42a57bca8d43519d3c87bd64384cc54f85d04510c706607cdce | text \"{ping: 1}\" | raw 720cc72de5f1beb0bfe1ed2e208347abc027ca558d796cbca8256e93c4b26770de2afb4f37320befecb19e2b7a6f3cb6308c2eda1715562cd239f4f33f8b98f7b786f00604791b3a6cf800 ]\n\
                   S< text-deflate \"after that\"   S< text-deflate \"and after that\"\nC> close 1007   S< close 1007   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@server", "says=two writers"],
        must_not: &["message-inflate-failed", "message-invalid-utf8", "frame-reserved-bits", "accuse@client"],
    },
    Situation {
        what: "clean: the same message, and the text behind it",
        scenario: "C> upgrade deflate   S< 101 deflate\nS< [ raw c17e00af0c8ddb0d003108c356a284e73850cafe23dc297f96ecec605fe3262bb5a74b652b475b1a0c7c4aecb4ea5bd5f67eb51394f5effdc62f9441788b763a9a53267daf1dc2245364b36ee923e42a57bca8d43519d3c87bd64384cc54f85d04510c706607cdce720cc72de5f1beb0bfe1ed2e208347abc027ca558d796cbca8256e93c4b26770de2afb4f37320befecb19e2b7a6f3cb6308c2eda1715562cd239f4f33f8b98f7b786f00604791b3a6cf800 | text \"{ping: 1}\" ]\n\
                   S< text-deflate \"after that\"\nC> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &[],
    },
    Situation {
        what: "a Close behind a text that is not UTF-8 in one write, of which one packet ends with the header of the Close",
        scenario: "C> upgrade   S< 101\nS< split-at 17 [ raw 810d7468e5206c61737420776f7264 | close 1000 ]\n\
                   C> close 1000   S< fin   C> fin",
        must: &[
            "message-invalid-utf8@server",
            "ends=the server closed with 1000",
            "ends=the client answered",
        ],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a compressed message that ends inside a block is the fault, where the next frame stands where it should",
        scenario: "C> upgrade deflate   S< 101 deflate\nS< text rsv=4 f248cdc9c9   S< text \"plain text\"\nC> close 1007   S< close 1007   S< fin   C> fin",
        must: &["message-inflate-failed@server", "accuse@server"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
];
