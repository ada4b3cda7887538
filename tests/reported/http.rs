//! HTTP/1.1 as peers write it and as others take it.

use super::{Situation, answer};

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "an answer whose lines end in a bare LF, and a client that refuses it",
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 101 Switching Protocols\\nUpgrade: websocket\\nConnection: Upgrade\\n\" \
                   \"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\n\\n\"\nC> fin   S< fin",
        must: &["upgrade-response-malformed@server"],
        must_not: &["close-missing@client"],
    },
    Situation {
        what: "a folded line in an answer, and a client that goes on",
        scenario: concat!(
            "C> upgrade\n",
            answer!("\"X-Note: one\\r\\n two\\r\\n\\r\\n\""),
            "\nC> text \"a\"   S< text \"b\""
        ),
        must: &["frames>=2", "outcome=accepted"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a line of 8500 bytes in an answer, and a client that goes on",
        scenario: concat!(
            "C> upgrade\n",
            answer!("\"X-Policy: \" 8500*61 \"\\r\\n\\r\\n\""),
            "\nC> text \"a\"   S< text \"b\""
        ),
        must: &["frames>=2", "outcome=accepted"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer that says HTTP/2.0 although it is written as HTTP/1.1 is, and a client that goes on",
        scenario: "C> upgrade\nS< 101 HTTP/2.0\nC> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin",
        must: &["upgrade-response-malformed@server", "says=HTTP/2.0", "outcome=accepted", "frames>=4"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the same, and a client that leaves",
        scenario: "C> upgrade\nS< 101 HTTP/2.0\nC> fin   S< fin",
        must: &["upgrade-response-malformed@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "an answer that says HTTP/0.9, and a client that goes on",
        scenario: "C> upgrade\nS< 101 HTTP/0.9\nC> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin",
        must: &["upgrade-http-version@server", "says=HTTP/0.9", "outcome=accepted", "frames>=4"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer behind a byte order mark, and a client that goes on",
        scenario: "C> upgrade\nS< [ raw efbbbf | 101 ]\nC> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin",
        must: &["upgrade-response-malformed@server", "says=byte order mark", "outcome=accepted", "frames>=4"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer behind a byte order mark that comes byte by byte, and a client that leaves",
        scenario: "C> upgrade\nS< split 1 [ raw efbbbf | 101 ]\nC> fin   S< fin",
        must: &["upgrade-response-malformed@server", "says=byte order mark", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "a request that says HTTP/2.0, which is answered as one of HTTP/1.1",
        scenario: "C> upgrade / HTTP/2.0\nS< 101\nC> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin",
        must: &["upgrade-request-malformed@client", "says=HTTP/2.0", "outcome=accepted", "frames>=4"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a refusal that says HTTP/2.0",
        scenario: "C> upgrade\nS< http 403 HTTP/2.0   S< fin   C> fin",
        must: &["upgrade-rejected@server", "outcome=rejected"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a request that says HTTP/1.2, which is at least 1.1",
        scenario: "C> upgrade HTTP/1.2\nS< 101\nC> text \"a\"   S< text \"b\"",
        must: &["frames>=2"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a 101 that nobody asked for",
        scenario: "C> http GET /\nS< 101",
        must: &["upgrade-header-invalid@server|upgrade-header-missing@server"],
        must_not: &[],
    },
    Situation {
        what: "100 Continue, and then the end",
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 100 Continue\\r\\n\\r\\n\"   S< fin   C> fin",
        must: &["accuse@server"],
        must_not: &["says=without a single byte"],
    },
    Situation {
        what: "Not Modified names no other place",
        scenario: "C> upgrade\nS< raw \"HTTP/1.1 304 Not Modified\\r\\n\\r\\n\"   S< fin   C> fin",
        must: &["upgrade-rejected@server"],
        must_not: &["says=redirects to ''"],
    },
    Situation {
        what: "an answer with Transfer-Encoding (RFC 9112 §6.1)",
        scenario: "C> upgrade\nS< 101 +Transfer-Encoding: chunked\nC> text \"a\"   S< text \"b\"",
        must: &["upgrade-header-invalid@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer that announces a body, and a client that leaves at once",
        scenario: "C> upgrade\nS< 101 +Content-Length: 5\nC> fin   S< fin",
        must: &["upgrade-header-invalid@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "an answer that announces a body of no bytes, and a client that listens for long and leaves without a Close",
        scenario: "C> upgrade\nS< 101 +Content-Length: 0\nwait 10s\nS< text \"a\"\nwait 10s\nC> fin   S< fin",
        must: &["outcome=accepted", "close-missing@client"],
        must_not: &[],
    },
    Situation {
        what: "an answer that announces a body, and a client that listens for long and leaves without a Close",
        scenario: "C> upgrade\nS< 101 +Content-Length: 5\nwait 10s\nC> fin   S< fin",
        must: &["outcome=accepted", "upgrade-header-invalid@server", "close-missing@client"],
        must_not: &[],
    },
    Situation {
        what: "an answer that announces a body and chooses no subprotocol, and a client that leaves at once",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: mqtt\nS< 101 +Content-Length: 5\nC> fin   S< fin",
        must: &["upgrade-header-invalid@server", "subprotocol-unchosen"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer of HTTP/1.0, and a client that resets at once",
        scenario: "C> upgrade\nS< 101 HTTP/1.0\nC> rst",
        must: &["upgrade-http-version@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "a subprotocol without a name, and a client that leaves at once",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat\nS< 101 +Sec-WebSocket-Protocol:\nC> fin   S< fin",
        must: &["accuse@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "two subprotocols in one line of the answer, and a client that leaves at once",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\nS< 101 +Sec-WebSocket-Protocol: chat, superchat\n\
                   C> fin   S< fin",
        must: &["upgrade-subprotocol-unoffered@server", "accuse@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "two lines with a subprotocol in the answer, and a client that resets at once",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\n\
                   S< 101 +Sec-WebSocket-Protocol: chat +Sec-WebSocket-Protocol: chat\nC> rst",
        must: &["upgrade-header-duplicate@server", "accuse@server", "outcome=failed"],
        must_not: &["accuse@client", "close-missing"],
    },
    Situation {
        what: "twin: two subprotocols in one line of the answer, and a client that takes it and leaves without a Close",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\nS< 101 +Sec-WebSocket-Protocol: chat, superchat\n\
                   C> text \"a\"   S< text \"b\"\nwait 10s\nC> fin   S< fin",
        must: &[
            "upgrade-subprotocol-unoffered@server",
            "outcome=accepted",
            "close-missing@client",
            "frames>=2",
        ],
        must_not: &[],
    },
    Situation {
        what: "twin: one of two subprotocols is chosen, and a client that leaves at once",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\nS< 101 +Sec-WebSocket-Protocol: superchat\nC> fin   S< fin",
        must: &["close-missing@client", "outcome=accepted"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a strict server refuses a request whose lines end in LF",
        scenario: "C> raw \"GET / HTTP/1.1\\nHost: a\\nUpgrade: websocket\\nConnection: Upgrade\\nSec-WebSocket-Version: 13\\n\" \
                   \"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\n\\n\"\nS< http 400   S< fin   C> fin",
        must: &[
            "upgrade-request-malformed@client",
            "accuse@client",
            "upgrade-rejected@server",
            "outcome=rejected",
        ],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a server refuses a client of the draft hixie-76, as it has to",
        scenario: "C> http GET /chat +Upgrade: WebSocket +Connection: Upgrade +Sec-WebSocket-Key1: \"1 2\" \
                   +Sec-WebSocket-Key2: \"3 4\"\nS< http 400   S< fin   C> fin",
        must: &["upgrade-version-unsupported@client", "upgrade-rejected@server"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the capture lacks all that a client asked, which is not nothing",
        scenario: "C> upgrade   S< 101\n2C> lose http GET /   2S< http 200   2C> fin   2S< fin",
        must: &[],
        must_not: &["probe"],
    },
    Situation {
        what: "a client connects, and leaves without a word",
        scenario: "C> upgrade   S< 101\n2C> fin   2S< fin",
        must: &["probe", "says=connected and sent nothing"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a key in which the unused bits are set, and a server that takes it",
        scenario: "C> upgrade =Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==\nS< 101   C> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &[
            "clean",
            "upgrade-key-invalid@client",
            "says=unused bits at the end are not 0",
            "outcome=accepted",
        ],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: a key of 15 bytes",
        scenario: "C> upgrade =Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\nS< 101   C> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["accuse@client", "says=which is not 16 bytes in base64"],
        must_not: &[],
    },
    Situation {
        what: "a 101 with a length of 0, which a balancer in front takes for the end",
        scenario: "C> upgrade   S< 101 +Content-Length: 0\nC> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &[
            "clean",
            "upgrade-header-invalid@server",
            "says=Content-Length: '0', which a 101 must not have",
            "outcome=accepted",
        ],
        must_not: &["accuse"],
    },
    Situation {
        what: "something in between refuses in the server's name, whose own 101 comes later",
        scenario: "C> upgrade\nS< noack ttl 58 http 403 \"blocked\"\nC> ack   C> fin   S< fin",
        must: &[
            "upgrade-rejected@server",
            "says=it came with hop count 58, and the server's packets before it with 64",
        ],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "twin: the server refuses by itself",
        scenario: "C> upgrade\nS< noack http 403 \"blocked\"\nC> ack   C> fin   S< fin",
        must: &["upgrade-rejected@server", "accuse@server"],
        must_not: &["says=hop count"],
    },
    Situation {
        what: "a client forgets the empty line behind its request, and the server answers 408 after 30 s",
        scenario: concat!(
            "C> raw \"GET /chat HTTP/1.1\\r\\nHost: a.test\\r\\nUpgrade: websocket\\r\\n\"\nwait 30s\n",
            "S< http 408   S< fin   C> fin"
        ),
        must: &[
            "upgrade-request-truncated@client",
            "upgrade-rejected@server",
            "outcome=rejected",
            "says=when the server answered 408",
        ],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same behind another request",
        scenario: concat!(
            "C> http GET /page\nS< http 200 \"page\"\n",
            "C> raw \"GET /chat HTTP/1.1\\r\\nHost: a.test\\r\\nUpgrade: websocket\\r\\n\"\nwait 30s\n",
            "S< http 408   S< fin   C> fin"
        ),
        must: &["upgrade-request-truncated@client", "upgrade-rejected@server", "outcome=rejected"],
        must_not: &["accuse", "upgrade-no-response"],
    },
    Situation {
        what: "twin: a server that has the whole request answers 408",
        scenario: "C> upgrade /chat\nwait 30s\nS< http 408   S< fin   C> fin",
        must: &["upgrade-rejected@server", "accuse@server"],
        must_not: &["upgrade-request-truncated"],
    },
    Situation {
        what: "twin: a server refuses a request for its size before it has all of it",
        scenario: concat!(
            "C> http GET /page\nS< http 200 \"page\"\n",
            "C> raw \"GET /chat HTTP/1.1\\r\\nHost: a.test\\r\\nUpgrade: websocket\\r\\nCookie: aaaa\"\n",
            "S< http 431   S< fin   C> fin"
        ),
        must: &["upgrade-rejected@server", "outcome=rejected", "accuse@server"],
        must_not: &["upgrade-request-truncated"],
    },
    Situation {
        what: "clean: a server ends a connection that it kept open with 408, and the client asks on another one",
        scenario: "C> http GET /page\nS< http 200 \"page\"\nwait 30s\nS< http 408   S< fin   C> fin\n\
                   2C> upgrade   2S< 101   2C> close 1000   2S< close 1000   2S< fin   2C> fin",
        must: &["clean", "outcome=accepted"],
        must_not: &["upgrade-rejected", "upgrade-request-truncated"],
    },
    Situation {
        what: "the answer names the subprotocol with a comma behind it, and the client leaves",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: a\nS< 101 +Sec-WebSocket-Protocol: \"a,\"\nC> fin   S< fin",
        must: &["upgrade-subprotocol-unoffered@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the same, and the client goes on",
        scenario: "C> upgrade +Sec-WebSocket-Protocol: a\nS< 101 +Sec-WebSocket-Protocol: \"a,\"\n\
                   C> text \"a\"   S< text \"b\"\nC> close   S< close   S< fin   C> fin",
        must: &["upgrade-subprotocol-unoffered@server", "outcome=accepted", "frames>=4"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a redirect that names no place",
        scenario: "C> upgrade\nS< http 302 +Location: \"\"",
        must: &["upgrade-rejected@server", "says=a place it does not name"],
        must_not: &["says=''"],
    },
    Situation {
        what: "the server speaks HTTP/2 on a port without TLS, and the client HTTP/1.1",
        scenario: "C> upgrade\nS< raw 000006 04 00 00000000 000800000001\nS< raw 000008 07 00 00000000 0000000000000001   S< fin   C> fin",
        must: &["upgrade-response-malformed", "says=the client has to speak HTTP/2 here", "outcome=failed"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server answers in bytes that are nothing known",
        scenario: "C> upgrade\nS< raw 000006 44 00 00000000 000800000001\nS< fin   C> fin",
        must: &["upgrade-response-malformed@server"],
        must_not: &["says=HTTP/2 here"],
    },
];
