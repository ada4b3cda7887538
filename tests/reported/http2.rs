//! HTTP/2 of which a part is missing.

use super::Situation;

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the preface of HTTP/2 is not in the capture, the server's settings are",
        scenario: "C> lose preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "neither the preface of HTTP/2 nor the server's settings are in the capture",
        scenario: "C> lose preface   S< lose settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the capture begins with a request over HTTP/2, and shows late that it is one",
        scenario: "no-handshake\nC> connect 3 /chat   S< answer 3 200\nC> on 3 text \"a\"   S< on 3 text \"b\"\n\
                   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse", "upgrade-data-early"],
    },
    Situation {
        what: "later requests over HTTP/2 refer to the head of one that is not in the capture",
        scenario: "C> preface   S< settings connect-protocol\nC> lose connect 1 /first +x-token: abcdefgh\n\
                   S< answer 1 200\nC> connect 3 /other +x-token: abcdefgh +sec-websocket-protocol: chat\n\
                   S< answer 3 200 +sec-websocket-protocol: chat\n\
                   C> on 3 text \"a\"   S< on 3 text \"b\"\nC> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse", "http2-connect-invalid", "upgrade-rejected", "outcome=not-websocket"],
    },
    Situation {
        what: "a server of HTTP/2 announces that it will go away",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< goaway 2147483647 0\nC> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "says=is about to take no more streams"],
        must_not: &["accuse", "says=2147483647"],
    },
];
