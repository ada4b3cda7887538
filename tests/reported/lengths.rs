//! Lengths that their sender counts wrong, and frames that two writers write into each other: one finding with the cause, the
//! figure and the place.

use super::Situation;

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
    Situation {
        what: "each length of the server, of JSON messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 35 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of JSON messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 34 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of JSON messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   S< text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 32 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of text messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=30 \"plain text message 1 of many\"   C> text \"ack\"\n\
                   S< text len=30 \"plain text message 2 of many\"   C> text \"ack\"\n\
                   S< text len=30 \"plain text message 3 of many\"   C> text \"ack\"\n\
                   S< text len=30 \"plain text message 4 of many\"   C> text \"ack\"\n\
                   S< text len=30 \"plain text message 5 of many\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 30 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of text messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=29 \"plain text message 1 of many\"   C> text \"ack\"\n\
                   S< text len=29 \"plain text message 2 of many\"   C> text \"ack\"\n\
                   S< text len=29 \"plain text message 3 of many\"   C> text \"ack\"\n\
                   S< text len=29 \"plain text message 4 of many\"   C> text \"ack\"\n\
                   S< text len=29 \"plain text message 5 of many\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 29 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of text messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< text len=27 \"plain text message 1 of many\"   C> text \"ack\"\n\
                   S< text len=27 \"plain text message 2 of many\"   C> text \"ack\"\n\
                   S< text len=27 \"plain text message 3 of many\"   C> text \"ack\"\n\
                   S< text len=27 \"plain text message 4 of many\"   C> text \"ack\"\n\
                   S< text len=27 \"plain text message 5 of many\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 27 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of binary messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< binary len=35 11c5 30*a1 f7   C> text \"ack\"\n\
                   S< binary len=35 12c5 30*b2 f7   C> text \"ack\"\n\
                   S< binary len=35 13c5 30*c3 f7   C> text \"ack\"\n\
                   S< binary len=35 14c5 30*d4 f7   C> text \"ack\"\n\
                   S< binary len=35 15c5 30*e5 f7   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 35 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of binary messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< binary len=34 11c5 30*a1 f7   C> text \"ack\"\n\
                   S< binary len=34 12c5 30*b2 f7   C> text \"ack\"\n\
                   S< binary len=34 13c5 30*c3 f7   C> text \"ack\"\n\
                   S< binary len=34 14c5 30*d4 f7   C> text \"ack\"\n\
                   S< binary len=34 15c5 30*e5 f7   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 34 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the server, of binary messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   S< binary len=32 11c5 30*a1 f7   C> text \"ack\"\n\
                   S< binary len=32 12c5 30*b2 f7   C> text \"ack\"\n\
                   S< binary len=32 13c5 30*c3 f7   C> text \"ack\"\n\
                   S< binary len=32 14c5 30*d4 f7   C> text \"ack\"\n\
                   S< binary len=32 15c5 30*e5 f7   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 32 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@client",
        ],
    },
    Situation {
        what: "each length of the client, of JSON messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=35 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 35 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of JSON messages, counts the key, or the header, as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=37 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=37 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=37 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=37 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=37 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 37 bytes, 4 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of JSON messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=34 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 34 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of JSON messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":1,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":2,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":3,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":4,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   C> text len=32 \"{\\\"type\\\":\\\"state\\\",\\\"id\\\":5,\\\"ok\\\":true}\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 32 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of text messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=30 \"plain text message 1 of many\"   S< text \"ack\"\n\
                   C> text len=30 \"plain text message 2 of many\"   S< text \"ack\"\n\
                   C> text len=30 \"plain text message 3 of many\"   S< text \"ack\"\n\
                   C> text len=30 \"plain text message 4 of many\"   S< text \"ack\"\n\
                   C> text len=30 \"plain text message 5 of many\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 30 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of text messages, counts the key, or the header, as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=32 \"plain text message 1 of many\"   S< text \"ack\"\n\
                   C> text len=32 \"plain text message 2 of many\"   S< text \"ack\"\n\
                   C> text len=32 \"plain text message 3 of many\"   S< text \"ack\"\n\
                   C> text len=32 \"plain text message 4 of many\"   S< text \"ack\"\n\
                   C> text len=32 \"plain text message 5 of many\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 32 bytes, 4 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of text messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=29 \"plain text message 1 of many\"   S< text \"ack\"\n\
                   C> text len=29 \"plain text message 2 of many\"   S< text \"ack\"\n\
                   C> text len=29 \"plain text message 3 of many\"   S< text \"ack\"\n\
                   C> text len=29 \"plain text message 4 of many\"   S< text \"ack\"\n\
                   C> text len=29 \"plain text message 5 of many\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 29 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of text messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> text len=27 \"plain text message 1 of many\"   S< text \"ack\"\n\
                   C> text len=27 \"plain text message 2 of many\"   S< text \"ack\"\n\
                   C> text len=27 \"plain text message 3 of many\"   S< text \"ack\"\n\
                   C> text len=27 \"plain text message 4 of many\"   S< text \"ack\"\n\
                   C> text len=27 \"plain text message 5 of many\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 27 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of binary messages, counts the first two bytes of the header as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> binary len=35 11c5 30*a1 f7   S< text \"ack\"\n\
                   C> binary len=35 12c5 30*b2 f7   S< text \"ack\"\n\
                   C> binary len=35 13c5 30*c3 f7   S< text \"ack\"\n\
                   C> binary len=35 14c5 30*d4 f7   S< text \"ack\"\n\
                   C> binary len=35 15c5 30*e5 f7   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 35 bytes, 2 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of binary messages, counts the key, or the header, as well",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> binary len=37 11c5 30*a1 f7   S< text \"ack\"\n\
                   C> binary len=37 12c5 30*b2 f7   S< text \"ack\"\n\
                   C> binary len=37 13c5 30*c3 f7   S< text \"ack\"\n\
                   C> binary len=37 14c5 30*d4 f7   S< text \"ack\"\n\
                   C> binary len=37 15c5 30*e5 f7   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 37 bytes, 4 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of binary messages, counts the NUL behind its text",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> binary len=34 11c5 30*a1 f7   S< text \"ack\"\n\
                   C> binary len=34 12c5 30*b2 f7   S< text \"ack\"\n\
                   C> binary len=34 13c5 30*c3 f7   S< text \"ack\"\n\
                   C> binary len=34 14c5 30*d4 f7   S< text \"ack\"\n\
                   C> binary len=34 15c5 30*e5 f7   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 34 bytes, 1 too many",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "each length of the client, of binary messages, leaves out the last byte",
        scenario: "C> upgrade   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> binary len=32 11c5 30*a1 f7   S< text \"ack\"\n\
                   C> binary len=32 12c5 30*b2 f7   S< text \"ack\"\n\
                   C> binary len=32 13c5 30*c3 f7   S< text \"ack\"\n\
                   C> binary len=32 14c5 30*d4 f7   S< text \"ack\"\n\
                   C> binary len=32 15c5 30*e5 f7   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 32 bytes, 1 too few",
        ],
        must_not: &[
            "message-invalid-utf8",
            "frame-incomplete",
            "frame-reserved-bits",
            "frame-reserved-opcode",
            "says=JSON",
            "accuse@server",
        ],
    },
    Situation {
        what: "one length of the server, of a long JSON message among others, counts the header as well",
        scenario: "C> upgrade   S< 101\n\
                   S< text \"{\\\"id\\\":1,\" 300*61 \"}\"   C> text \"ack\"\n\
                   S< text len=313 \"{\\\"id\\\":2,\" 300*61 \"}\"   C> text \"ack\"\n\
                   S< text \"{\\\"id\\\":3,\" 300*61 \"}\"   C> text \"ack\"\n\
                   S< text \"{\\\"id\\\":4,\" 300*61 \"}\"   C> text \"ack\"\n\
                   S< text \"{\\\"id\\\":5,\" 300*61 \"}\"   C> text \"ack\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 313 bytes, 4 too many",
        ],
        must_not: &["message-invalid-utf8", "says=JSON", "frame-reserved-bits", "accuse@client"],
    },
    Situation {
        what: "one length of the client, of a long JSON message among others, counts the header as well",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"{\\\"id\\\":1,\" 300*61 \"}\"   S< text \"ack\"\n\
                   C> text len=317 \"{\\\"id\\\":2,\" 300*61 \"}\"   S< text \"ack\"\n\
                   C> text \"{\\\"id\\\":3,\" 300*61 \"}\"   S< text \"ack\"\n\
                   C> text \"{\\\"id\\\":4,\" 300*61 \"}\"   S< text \"ack\"\n\
                   C> text \"{\\\"id\\\":5,\" 300*61 \"}\"   S< text \"ack\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=declares 317 bytes, 8 too many",
        ],
        must_not: &["message-invalid-utf8", "says=JSON", "frame-reserved-bits", "accuse@server"],
    },
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
        what: "a compressed message that ends inside a block is the fault, where the next frame stands where it should",
        scenario: "C> upgrade deflate   S< 101 deflate\nS< text rsv=4 f248cdc9c9   S< text \"plain text\"\nC> close 1007   S< close 1007   S< fin   C> fin",
        must: &["message-inflate-failed@server", "accuse@server"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
];
