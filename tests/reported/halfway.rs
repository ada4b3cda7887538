//! Requests and answers that take their time, stop halfway or never come.

use super::{Situation, answer};

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a refusal is lost but for the end of its body, and the client asks again on the same connection",
        scenario: "C> upgrade   S< lose-part 0..48 http 401 \"not you\"   C> upgrade   S< 101\n\
                   S< text \"hello\"   C> text \"a\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=failed", "outcome=accepted", "sessions=1", "frames>=4", "tcp-gap"],
        must_not: &["accuse", "stream-not-websocket", "upgrade-no-response", "stream-resynchronized"],
    },
    Situation {
        what: "only the client is captured, and it asks again on the same connection",
        scenario: "tap client\nC> upgrade   S< http 401 \"not you\"   C> upgrade   S< 101\n\
                   S< text \"hello\"   C> text \"a\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=failed", "outcome=unseen", "sessions=1", "frames>=2", "direction-missing"],
        must_not: &["accuse", "stream-not-websocket", "upgrade-no-response"],
    },
    Situation {
        what: "clean: an answer is lost that let the client in, and the server speaks first",
        scenario: "C> upgrade   S< lose 101\nS< text \"hello\"   S< text \"you\"   C> text \"a\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=unseen", "sessions=1", "frames>=5", "tcp-gap"],
        must_not: &["accuse", "outcome=failed"],
    },
    Situation {
        what: "the client stops inside its request, and the capture goes on for 30 s",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 30s\n\
                   2: client 10.0.0.7\n2C> upgrade   2S< 101   2C> close   2S< close   2S< fin   2C> fin",
        must: &["upgrade-request-truncated@client", "outcome=failed", "says=30.0 s"],
        must_not: &["accuse", "upgrade-request-truncated@server", "upgrade-unanswered"],
    },
    Situation {
        what: "the capture ends inside the request",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"",
        must: &["outcome=unseen"],
        must_not: &["accuse", "upgrade-request-truncated"],
    },
    Situation {
        what: "the client sends its request in two parts, 8 s apart, and is answered at once",
        scenario: concat!(
            "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 8s\n",
            "C> raw \"Connection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n\" ",
            "\"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n\"\n",
            answer!("\"\\r\\n\""),
            "\nC> text \"a\"   C> close 1000   S< close 1000   S< fin   C> fin"
        ),
        must: &["outcome=accepted", "frames>=3"],
        must_not: &["accuse", "upgrade-slow"],
    },
    Situation {
        what: "the server stops inside the head of its answer, and the capture goes on for 30 s",
        scenario: concat!(
            "C> upgrade\n",
            answer!(),
            "\nwait 30s\n2: client 10.0.0.7\n2C> upgrade   2S< 101   2C> close   2S< close   2S< fin   2C> fin"
        ),
        must: &["upgrade-response-truncated@server", "outcome=failed", "says=30.0 s"],
        must_not: &["accuse", "outcome=unseen"],
    },
    Situation {
        what: "the capture ends inside the head of the answer",
        scenario: concat!("C> upgrade\n", answer!()),
        must: &["outcome=unseen"],
        must_not: &["accuse", "upgrade-response-truncated"],
    },
    Situation {
        what: "a request without an answer, and the capture goes on for 40 s with others",
        scenario: "C> upgrade\nwait 40s\n\
                   2: client 10.0.0.7\n2C> upgrade   2S< 101   2C> close   2S< close   2S< fin   2C> fin",
        must: &["upgrade-unanswered@server", "says=40.0 s"],
        must_not: &["accuse"],
    },
    Situation {
        what: "only the client is captured, and its upgrade is the third request of the connection",
        scenario: "tap client\nC> http GET /page   S< http 200 \"page\"   C> http GET /style   S< http 304\n\
                   C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> text \"c\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=unseen", "outcome=not-websocket", "frames>=3", "sessions=1", "direction-missing"],
        must_not: &["accuse", "frames>=4"],
    },
    Situation {
        what: "clean twin: the upgrade is the first request",
        scenario: "tap client\nC> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> text \"c\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=unseen", "frames>=3", "sessions=1", "direction-missing"],
        must_not: &["accuse", "frames>=4"],
    },
    Situation {
        what: "only the server is captured, and it asks for another version of the protocol",
        scenario: "tap server\nC> upgrade /chat   S< http 426 +Upgrade: websocket +Connection: Upgrade +Sec-WebSocket-Version: 13\n\
                   S< fin   C> fin",
        must: &["outcome=rejected", "upgrade-rejected@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean twin: only the server is captured, and asks for TLS",
        scenario: "tap server\nC> http GET /chat   S< http 426 +Upgrade: TLS/1.0 +Connection: Upgrade\nS< fin   C> fin",
        must: &["clean"],
        must_not: &["outcome=rejected", "upgrade-rejected"],
    },
    Situation {
        what: "the first frame that is captured holds forty whole frames, as where one WebSocket goes through another",
        scenario: "no-handshake\nS< binary 40*810c696e6e657220616e73776572\nC> text \"next one 0\"   S< text \"reply 0\"\n\
                   C> text \"next one 1\"   S< text \"reply 1\"\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=7"],
        must_not: &["frames>=8", "accuse"],
    },
    Situation {
        what: "it holds masked frames",
        scenario: "no-handshake\nS< binary 30*8184a1b2c3d4c0d3a2b5\nC> text \"next one 0\"   S< text \"reply 0\"\n\
                   C> text \"next one 1\"   S< text \"reply 1\"\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=7"],
        must_not: &["frames>=8", "frame-unmasked", "frame-masked"],
    },
    Situation {
        what: "clean twin: forty frames in one segment",
        scenario: "no-handshake\nS< raw 40*810c696e6e657220616e73776572\nC> text \"next one 0\"   S< text \"reply 0\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=44"],
        must_not: &["accuse"],
    },
    Situation {
        what: "it is short, and all of its payload is frames",
        scenario: "no-handshake\nS< binary 5*810c696e6e657220616e73776572\nC> text \"next one 0\"   S< text \"reply 0\"\n\
                   C> text \"next one 1\"   S< text \"reply 1\"\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=7"],
        must_not: &["frames>=8", "accuse"],
    },
    Situation {
        what: "it takes several segments",
        scenario: "no-handshake\nS< binary 400*810c696e6e657220616e73776572\nC> text \"next one 0\"   S< text \"reply 0\"\n\
                   C> text \"next one 1\"   S< text \"reply 1\"\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=7"],
        must_not: &["frames>=8", "accuse"],
    },
    Situation {
        what: "only the header of a frame is in its segment, and other frames follow, each in its own",
        scenario: "no-handshake\nS< raw 827eea60\nS< times 8 text 300*61\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=10"],
        must_not: &["accuse", "frames>=11"],
    },
    Situation {
        what: "a frame full of frames is cut off when the client leaves",
        scenario: "no-handshake\nS< binary len=56000 200*810c696e6e657220616e73776572\nC> text \"hm\"\nC> fin   S< fin",
        must: &["sessions=1", "frame-incomplete", "says=declares 56,000 bytes, 2,800 came"],
        must_not: &["accuse", "frames>=3"],
    },
    Situation {
        what: "the capture begins with a request; the server sends a frame before its 101, and the client leaves",
        scenario: "no-handshake\nC> upgrade\nS< text \"early\"\nS< 101\nC> fin   S< fin",
        must: &["outcome=failed", "upgrade-response-malformed@server"],
        must_not: &["accuse", "close-missing"],
    },
    Situation {
        what: "the same, and the client stays",
        scenario: "no-handshake\nC> upgrade\nS< text \"early\"\nS< 101\nC> text \"a\"   S< text \"b\"   C> fin   S< fin",
        must: &["outcome=accepted", "frames>=2", "close-missing@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the capture begins inside the body of an earlier answer, and the server resets what it accepted then",
        scenario: "no-handshake\nS< raw \"end of the page\"\nC> upgrade\nS< 101\nS< rst",
        must: &["outcome=accepted", "connection-reset@server|close-missing@server"],
        must_not: &["outcome=failed", "upgrade-response-malformed"],
    },
    Situation {
        what: "a frame of the server is all that comes before the request, and the server ends what it accepted then",
        scenario: "no-handshake\nS< text \"early\"\nC> upgrade\nS< 101\nS< close 1008   S< fin   C> fin",
        must: &["outcome=accepted", "close-abnormal"],
        must_not: &["outcome=failed", "upgrade-response-malformed"],
    },
    Situation {
        what: "clean: of two attempts on one connection only the server is captured",
        scenario: "tap server\nC> http GET /page   S< http 200 \"page\"\nC> upgrade   S< 101   S< text \"a\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=2"],
        must_not: &["outcome=failed", "accuse"],
    },
    Situation {
        what: "clean: the requests came before the capture, and the server only pushes",
        scenario: "no-handshake\nC> lose lose-ack http GET /page   S< http 200 \"page\"\nC> lose lose-ack upgrade   S< 101\n\
                   S< text \"a\"   S< text \"b\"   S< close 1000   C> close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=4"],
        must_not: &["outcome=failed", "accuse"],
    },
    Situation {
        what: "the packet with the request is lost, and the server's Close is answered at once",
        scenario: "C> http GET /page   S< http 200 \"page\"\nC> lose upgrade   S< 101\n\
                   S< text \"a\"   S< close 1000   C> close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=3", "tcp-gap"],
        must_not: &["outcome=failed", "accuse"],
    },
    Situation {
        what: "the capture begins with what the server says before its 101, and the rest of the client is lost",
        scenario: "no-handshake\nC> upgrade\nS< text \"early\"\nS< 101\nC> lose text \"a\"   C> fin   S< fin",
        must: &["outcome=accepted"],
        must_not: &["outcome=failed", "accuse@server"],
    },
    Situation {
        what: "twin: the 101 is the first that it sends",
        scenario: "no-handshake\nC> upgrade\nS< 101\nC> fin   S< fin",
        must: &["outcome=accepted", "accuse@client", "certain=close-missing"],
        must_not: &["accuse@server"],
    },
];
