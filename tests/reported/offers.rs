//! What a client offers in its upgrade, and what comes of it.

use super::Situation;

/// An offer of permessage-deflate and the answer, and what follows.
macro_rules! deflate {
    ($offer:literal, $answer:literal, $then:literal) => {
        concat!(
            "C> upgrade +Sec-WebSocket-Extensions: \"permessage-deflate; ",
            $offer,
            "\"\nS< 101 +Sec-WebSocket-Extensions: \"permessage-deflate; ",
            $answer,
            "\"\n",
            $then
        )
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "an answer with a larger window than the client offered for itself, and a client that leaves",
        scenario: deflate!("client_max_window_bits=10", "client_max_window_bits=15", "C> fin   S< fin"),
        must: &["upgrade-extension-invalid@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing", "certain=upgrade-extension-invalid"],
    },
    Situation {
        what: "the same, and a client that goes on",
        scenario: deflate!(
            "client_max_window_bits=10",
            "client_max_window_bits=15",
            "C> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin"
        ),
        must: &["upgrade-extension-invalid@server", "outcome=accepted", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: an answer with the window that the client offered",
        scenario: deflate!(
            "client_max_window_bits=10",
            "client_max_window_bits=10",
            "C> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["upgrade-extension-invalid"],
    },
    Situation {
        what: "clean: any window for a client that leaves it open",
        scenario: deflate!(
            "client_max_window_bits",
            "client_max_window_bits=15",
            "C> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["upgrade-extension-invalid"],
    },
    Situation {
        what: "a request with an empty Sec-WebSocket-Protocol, which the server refuses",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: \"\"\nS< http 400   S< fin   C> fin",
        must: &["upgrade-header-invalid@client", "says=with nothing in it"],
        must_not: &[],
    },
    Situation {
        what: "the same, which the server takes",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: \"\"\nS< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["upgrade-header-invalid@client", "outcome=accepted"],
        must_not: &["accuse@server", "subprotocol-unchosen"],
    },
    Situation {
        what: "clean: a request with a subprotocol",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat\nS< 101 +Sec-WebSocket-Protocol: chat\nC> text \"a\"   S< text \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["upgrade-header-invalid"],
    },
    Situation {
        what: "a tunnel drops Upgrade, and leaves Connection as it was",
        scenario: "C> upgrade -Upgrade\nS< http 400   S< fin   C> fin",
        must: &["upgrade-header-stripped", "upgrade-header-missing@client", "says=Connection still names it"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "twin: a request without Connection",
        scenario: "C> upgrade -Connection\nS< http 400   S< fin   C> fin",
        must: &["certain=upgrade-header-missing", "accuse@client"],
        must_not: &["says=still names it"],
    },
    Situation {
        what: "a length of 126 in seven bits, and nothing behind it",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< raw 817e \"{\\\"list\\\":[\\\"\" 113*76 \"\\\"]}\"\nwait 6s\nC> fin   S< fin",
        must: &["frame-incomplete@server", "says=which may have been left out"],
        must_not: &["certain=frame-incomplete", "frame-incomplete@client"],
    },
    Situation {
        what: "the same, and a client that closes with an error at once",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< raw 817e \"{\\\"list\\\":[\\\"\" 113*76 \"\\\"]}\"\nC> close 1002   C> fin   S< fin",
        must: &["frame-incomplete@server", "says=which may have been left out"],
        must_not: &["certain=frame-incomplete"],
    },
    Situation {
        what: "a client's length of 126 in seven bits, and nothing behind it",
        scenario: "C> upgrade   S< 101\nS< text \"a\"\nC> raw 81fe 12345678 126*76\nwait 6s\nS< fin   C> fin",
        must: &["frame-incomplete@client", "says=which may have been left out"],
        must_not: &["certain=frame-incomplete", "frame-incomplete@server"],
    },
    Situation {
        what: "a length of 126 in seven bits, and one frame behind it",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< raw 817e \"{\\\"list\\\":[\\\"\" 113*76 \"\\\"]}\"\n\
                   S< text \"{\\\"n\\\":1,\\\"t\\\":\\\"qqqqqqqqqqqqqqqqqqqq\\\"}\"\nwait 6s\nC> fin   S< fin",
        must: &["stream-not-websocket@server", "says=the two bytes of its length are missing"],
        must_not: &["frame-incomplete"],
    },
    Situation {
        what: "twin: a frame of which some more came",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< text len=31522 125*76\nwait 6s\nS< fin   C> fin",
        must: &["certain=frame-incomplete", "frame-incomplete@server"],
        must_not: &["says=left out", "stream-not-websocket"],
    },
];
