//! Who left first, and what was captured late, twice, in part or not at all.

use super::{GAP_OF_BOTH, Situation, answer, both_sides, session};

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the server's clock is five seconds behind, and the packets are in the order in which they were sent",
        scenario: "C> syn\nwait -5s\nS< synack\nwait 5s\nC> upgrade +Sec-WebSocket-Protocol: chat\nwait -5s\nS< 101\nwait 5s\nC> fin   S< fin",
        must: &["subprotocol-unchosen@server"],
        must_not: &["accuse@client", "says=silence"],
    },
    Situation {
        what: "the client leaves inside the server's frame, and the server's FIN answers its FIN",
        scenario: "C> upgrade   S< 101\nS< text len=202 199*61\nC> fin   S< fin",
        must: &["frame-incomplete"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the same, and only the server's packets are captured: who left first is not known",
        scenario: "tap server\nC> upgrade   S< 101\nS< text len=202 199*61\nC> fin   S< fin",
        must: &["frame-incomplete", "direction-missing"],
        must_not: &["accuse", "says=still open"],
    },
    Situation {
        what: "the client leaves inside the server's fragmented message, and only the server's packets are captured",
        scenario: "tap server\nC> upgrade   S< 101\nS< text-part \"a\"\nC> fin   S< fin",
        must: &["direction-missing"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server leaves inside the client's frame, and only the client's packets are captured",
        scenario: "tap client\nC> upgrade   S< 101\nC> text len=202 199*61\nS< fin   C> fin",
        must: &["frame-incomplete", "direction-missing"],
        must_not: &["accuse", "says=still open"],
    },
    Situation {
        what: "the client gives up on an answer without an empty line",
        scenario: concat!("C> upgrade\n", answer!(), "\nwait 30s\nC> fin   S< fin"),
        must: &["upgrade-response-truncated|upgrade-unanswered|upgrade-response-malformed"],
        must_not: &["says=the server closed"],
    },
    Situation {
        what: "the client's FIN is not captured; the server's FIN acknowledges it",
        scenario: "C> upgrade\nwait 1s\nC> lose fin   S< fin",
        must: &[],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server's FIN is not captured; the client's FIN acknowledges it",
        scenario: "C> upgrade   S< 101\nS< text \"a\"   S< lose fin   C> fin",
        must: &[],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a message is captured after its acknowledgment, and then the server leaves",
        scenario: "C> upgrade   S< 101\nS< late text \"a\"   S< fin   C> fin",
        must: &["close-missing@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the client ends its direction without a Close, and the server says goodbye",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> fin   S< close 1006   S< fin",
        must: &["close-missing@client"],
        must_not: &["close-missing@server"],
    },
    Situation {
        what: "the client leaves without a Close and resets when the server's comes",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> fin   S< noack close 1001   C> rst",
        must: &["close-missing@client"],
        must_not: &["close-missing@server"],
    },
    Situation {
        what: "both sides end TCP, and their FINs cross: neither was first",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> vanish fin   S< fin",
        must: &[
            "once=close-missing",
            "says=the client and the server ended the TCP connection (FIN) at the same time",
        ],
        must_not: &["close-missing@client", "close-missing@server"],
    },
    Situation {
        what: "the same, with the server's captured first",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< vanish fin   C> fin",
        must: &[
            "once=close-missing",
            "says=the client and the server ended the TCP connection (FIN) at the same time",
        ],
        must_not: &["close-missing@client", "close-missing@server"],
    },
    Situation {
        what: "the FINs cross inside the client's frame",
        scenario: "C> upgrade   S< 101\nC> text len=202 199*61\nC> vanish fin   S< fin",
        must: &["frame-incomplete", "says=then the client and the server ended TCP (FIN) at the same time"],
        must_not: &["accuse@client", "accuse@server", "frame-incomplete@client", "frame-incomplete@server"],
    },
    Situation {
        what: "the same, with the server's captured first",
        scenario: "C> upgrade   S< 101\nC> text len=202 199*61\nS< vanish fin   C> fin",
        must: &["frame-incomplete", "says=then the client and the server ended TCP (FIN) at the same time"],
        must_not: &["accuse@client", "accuse@server", "frame-incomplete@client", "frame-incomplete@server"],
    },
    Situation {
        what: "the FINs cross inside the server's frame",
        scenario: "C> upgrade   S< 101\nS< text len=202 199*61\nC> vanish fin   S< fin",
        must: &["frame-incomplete", "says=then the client and the server ended TCP (FIN) at the same time"],
        must_not: &["accuse@client", "accuse@server", "frame-incomplete@client", "frame-incomplete@server"],
    },
    Situation {
        what: "the FINs cross inside the header of the server's frame, with the server's captured first",
        scenario: "C> upgrade   S< 101\nS< raw 817e\nS< vanish fin   C> fin",
        must: &["frame-incomplete", "says=then the client and the server ended TCP (FIN) at the same time"],
        must_not: &["accuse@client", "accuse@server", "frame-incomplete@client", "frame-incomplete@server"],
    },
    Situation {
        what: "the client's Close and FIN cross the server's FIN inside its frame",
        scenario: "C> upgrade   S< 101\nS< text len=202 199*61\nC> vanish [ close 1000 | fin ]   S< fin",
        must: &["frame-incomplete", "close-missing@server"],
        must_not: &["frame-incomplete@client", "frame-incomplete@server", "accuse@client"],
    },
    Situation {
        what: "clean: two Close frames cross, each with a code of its own",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< vanish [ close 1001 | fin ]   C> [ close 1000 | fin ]",
        must: &[
            "clean",
            "ends=the client and the server closed at the same time, the client with 1000 (normal closure), the \
             server with 1001 (going away)",
        ],
        must_not: &["accuse", "ends=answered"],
    },
    Situation {
        what: "clean: FINs cross behind the closing handshake",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nC> close   S< close   S< vanish fin   C> fin",
        must: &["clean"],
        must_not: &[],
    },
    Situation {
        what: "the server's Close is on its way when the client leaves",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< vanish close 1000   C> fin   S< ack   S< fin",
        must: &["close-missing@client"],
        must_not: &["says=instead of answering it", "accuse@server"],
    },
    Situation {
        what: "the client has the server's Close and leaves without an answer",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< close 1000   C> fin   S< ack   S< fin",
        must: &["close-unanswered@client", "says=instead of answering it"],
        must_not: &["close-missing", "accuse@server"],
    },
    Situation {
        what: "clean: two Close frames cross, and each side ends TCP with its own",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< vanish [ close 1000 | fin ]   C> [ close 1000 | fin ]",
        must: &["clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a stray packet of an earlier connection on the same ports comes first",
        scenario: concat!("2: client 40001\n2: isn 9000000\n2: no-handshake\n2S< ack\n", session!()),
        must: &["clean", "outcome=accepted"],
        must_not: &[],
    },
    Situation {
        what: "a SYN outside the window and the challenge that answers it",
        scenario: session!("2: client 40001\n2: isn 9000000\nC> text \"x\"   2C> syn   S< ack"),
        must: &["sessions=1"],
        must_not: &["accuse"],
    },
    Situation {
        what: "two versions of just the byte that would break a rule",
        scenario: session!("S< order 2 2~1 1 split-at 5 text \"hello\""),
        must: &["tcp-overlap-conflict"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a text with a wrong byte is not acknowledged before it is sent again without it",
        scenario: session!("S< noack order 1~1 1 text \"hello\"   C> text \"c\""),
        must: &["tcp-overlap-conflict@server", "message-invalid-utf8@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same of a close code, and of the client",
        scenario: "C> upgrade   S< 101\nC> noack order 1~1 1 close mask=01020304 1000\nS< close 1000   S< fin   C> fin",
        must: &["tcp-overlap-conflict@client", "close-code-invalid@client"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a frame with an opcode that is not assigned is sent again as another, and nothing is acknowledged",
        scenario: "C> upgrade   S< 101\nS< noack order 1~2 1 raw 7cff\nS< noack text \"a\"\nwait 2s\nS< rst",
        must: &["tcp-overlap-conflict@server", "frame-reserved-opcode@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the 101 has a wrong accept value, is not acknowledged, and is sent again with the right one",
        scenario: "C> upgrade   S< noack order 1 2~2 3 2 split-at 110,112 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["tcp-overlap-conflict@server", "upgrade-accept-mismatch@server", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the 101 is acknowledged with a wrong accept value, and only then sent again with the right one",
        scenario: "C> upgrade   S< order 1 2~2 3 2 split-at 110,112 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["tcp-overlap-conflict@server", "upgrade-accept-mismatch@server", "accuse@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an answer that refuses is sent again with other bytes before it is acknowledged",
        scenario: "C> upgrade   S< noack order 1 2~2 3 2 split-at 18,20 http 403 \"no\"   C> fin   S< fin",
        must: &["upgrade-rejected@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same of one that invites to try again",
        scenario: "C> upgrade\nS< noack order 1 2~2 3 2 split-at 18,20 http 401 \"no\" +WWW-Authenticate: Basic\nwait 5s\nC> fin   S< fin",
        must: &["upgrade-rejected@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a text with a wrong byte is acknowledged, and only then sent again without it",
        scenario: session!("S< overlap-conflict 1 raw 810568656c6c90"),
        must: &["tcp-overlap-conflict@server", "message-invalid-utf8@server", "accuse@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a frame with an opcode that is not assigned comes where only the server's packets are captured",
        scenario: "tap server\nC> upgrade   S< 101\nS< raw 830161   S< times 9 text \"a\"",
        must: &["frame-reserved-opcode@server", "accuse@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "only the client's packets are captured, and it compresses its first message",
        scenario: "tap client\nC> upgrade deflate   S< 101 deflate\nC> text-deflate \"Hello\"   C> text-deflate \"Hello\"\nC> close   S< close   S< fin   C> fin",
        must: &["direction-missing", "frames>=3"],
        must_not: &["message-inflate-failed", "accuse"],
    },
    Situation {
        what: "only the client's packets are captured, from the middle of the session on: what the message refers to is not known",
        scenario: "tap client\nno-handshake\nC> lose text-deflate \"Hello\"   C> text-deflate \"Hello\"   C> text-deflate \"Hello\"   C> text \"and so on\"",
        must: &["message-inflate-failed"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the client's Close is not captured, but the server acknowledges it",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> lose close 1000   S< fin   C> fin",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "two hours of silence, a keep-alive, and frames",
        scenario: "C> upgrade   S< 101\nS< text \"a\"\nwait 7200s\nC> keepalive   S< ack\nwait 3600s\nS< text \"b\"",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["outcome=unseen"],
    },
    Situation {
        what: "packets without times",
        scenario: "step 0us\nC> upgrade   S< 101\nS< text \"a\"   S< close 1000   C> close 1000",
        must: &[],
        must_not: &["close-right-after-data"],
    },
    Situation {
        what: "clean: the clock is set for the first time while a session is open",
        scenario: "wait -1700000000s\nC> upgrade   S< 101\nC> text \"a\"\nwait 1700000000s\n\
                   S< text \"b\"   C> ping 01   S< pong 01   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "sessions=1", "outcome=accepted"],
        must_not: &["says= h "],
    },
    Situation {
        what: "clean: the clock is set between a request and its answer",
        scenario: "C> upgrade\nwait 300000000s\nS< 101\nC> text \"a\"   S< text \"b\"   \
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "sessions=1", "outcome=accepted"],
        must_not: &["says= h "],
    },
    Situation {
        what: "clean: one packet in the middle bears a time of ten years later",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nwait 300000000s\nS< text \"b\"\nwait -300000000s\n\
                   C> ping 01   S< pong 01   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "sessions=1", "outcome=accepted"],
        must_not: &["says= h "],
    },
    Situation {
        what: "pongs in the reverse order of the pings",
        scenario: session!("C> ping 01   C> ping 02   S< pong 02   S< pong 01"),
        must: &[],
        must_not: &["accuse", "pong-unsolicited"],
    },
    Situation {
        what: "clean: a segment is damaged on the way and sent again",
        scenario: session!("S< damage text \"hello\"", "C> damage text \"world\""),
        must: &["clean", "frames>=6", "outcome=accepted"],
        must_not: &["tcp-overlap-conflict", "accuse"],
    },
    Situation {
        what: "clean: a damaged Close is sent again",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< damage close 1000   C> close 1000   S< fin   C> fin",
        must: &["clean"],
        must_not: &["accuse", "close-code-invalid", "data-after-close"],
    },
    Situation {
        what: "clean: a packet is captured five places before its time",
        scenario: session!("C> text \"x\"   S< text \"y\"", "S< early 5 text \"hello\""),
        must: &["clean", "outcome=accepted"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "clean: the server's Close is captured four places before its time",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"   C> text \"c\"   S< early 4 close 1000   C> close 1000   S< fin   C> fin",
        must: &["clean"],
        must_not: &["accuse", "data-after-close", "close-unanswered"],
    },
    Situation {
        what: "clean: a SYN outside the window and the challenge that answers it",
        scenario: session!("2: client 40001\n2: isn 9000000\nC> text \"x\"   2C> syn   S< ack"),
        must: &["clean", "sessions=1", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: two taps, that of the server with a clock 500ms ahead",
        scenario: concat!(
            "skew server 500ms\n",
            session!("C> ping 01   S< pong 01", "S< ping 02   C> pong 02")
        ),
        must: &["clean", "outcome=accepted"],
        must_not: &["accuse", "tcp-gap", "pong-unsolicited", "ping-unanswered"],
    },
    Situation {
        what: "clean: two taps, that of the client with a clock 500ms ahead",
        scenario: concat!(
            "skew client 500ms\n",
            session!("C> ping 01   S< pong 01", "S< ping 02   C> pong 02")
        ),
        must: &["clean", "outcome=accepted"],
        must_not: &["accuse", "tcp-gap", "pong-unsolicited", "ping-unanswered"],
    },
    Situation {
        what: "clean: two taps, that of the server with a clock 3s ahead",
        scenario: concat!("skew server 3s\n", session!("C> ping 01   S< pong 01", "S< ping 02   C> pong 02")),
        must: &["clean", "outcome=accepted"],
        must_not: &["accuse", "tcp-gap", "pong-unsolicited", "ping-unanswered"],
    },
    Situation {
        what: "clean: pongs in reverse order, and the first of them captured right after the SYN",
        scenario: concat!(
            "C> upgrade /chat   S< noack 101\nwait 2s\nS< noack ping 61\nwait 1s\nS< noack ping 62   S< noack ping 63\n",
            "C> early 8 noack pong 63   C> pong 62   C> pong 61\nwait 3s\nC> close 1000   S< close 1000   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["accuse", "ping-unanswered"],
    },
    Situation {
        what: "clean: Multipath TCP, and every byte on this subflow",
        scenario: concat!("syn-options 1e0c00810102030405060708\n", session!("S< text \"x\"")),
        must: &["clean", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "Multipath TCP, and the server's Close on another subflow",
        scenario: "syn-options 1e0c00810102030405060708\nC> upgrade   S< 101\nC> text \"a\"   C> close 1000   S< lose close 1000   S< fin   C> fin",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: the client ends its direction with its Close, the server goes on and closes",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   C> [ close 1000 | fin ]   S< text \"b\"   S< text \"c\"   S< [ close 1000 | fin ]",
        must: &["clean", "frames>=5"],
        must_not: &["accuse", "data-after-close"],
    },
    Situation {
        what: "clean: the server's FIN is not in the capture",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< lose fin   C> fin",
        must: &["clean"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "clean: TCP Fast Open, the request on the SYN",
        scenario: "C> on-syn upgrade   S< 101\nC> text \"a\"   S< text \"b\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["accuse", "upgrade-data-early"],
    },
    Situation {
        what: "conflicting copies that come before anything of the connection can be told: the request is not in the capture",
        scenario: "C> lose upgrade /chat   S< 101\nS< noack order 2~1 2 1 split-at 12 raw 810a30313233343536373839810a6162636465666768696a\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["tcp-overlap-conflict@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a copy that fills a hole which had been acknowledged was sent before that: nobody knows which one counts",
        scenario: "C> upgrade /chat   S< 101\nS< noack order 2~1 split-at 5 text \"hello world\"\nS< late order 1 2 split-at 5 text \"hello world\"",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "a connection over a dead path, and its reset captured as the first packet",
        scenario: "C> upgrade /chat   S< 101\nC> text \"hello\"   S< text \"hello\"\n\
                   C> vanish resend 4 300ms text 1400*61   C> early 19 rst",
        must: &["data-unacknowledged"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server's packets bear a time 5 s ahead, and the client's FIN is not in the capture",
        scenario: "skew server 5s\nC> upgrade /chat\nwait 2s\nC> lose fin   S< fin   C> ack",
        must: &[],
        must_not: &["accuse"],
    },
    Situation {
        what: "a line feed behind the request: the server is not accused",
        scenario: "C> [ upgrade /chat | raw 0a ]   S< 101\nC> ping 61   S< pong 61   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=accepted"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "one connection on both sides of address translation, and a third time in between",
        scenario: both_sides!(
            "syn-options 0101080a0000002a00000000\nisn 7777\n2: client 10.0.0.9\n2: server 10.0.0.3:9001\n3: server 10.0.0.3:9001",
            "C> syn   3C> syn   2C> syn   2S< synack   3S< synack   S< synack"
        ),
        must: &["sessions=1", "once=address-translated", "outcome=accepted", "clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server's address is translated, no packet has a time of its own, and the client makes one mistake",
        scenario: both_sides!(
            "isn 7777\n2: client 40001\n2: server 10.0.0.3:9001",
            "C> syn   2C> syn   2S< synack   S< synack",
            "text mask=none \"a\""
        ),
        must: &["sessions=1", "once=address-translated", "once=frame-unmasked", "outcome=accepted"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "clean: two clients whose connections have the same numbers, as programs write captures",
        scenario: both_sides!(
            "isn 7777\n2: client 40009\n2: server 10.0.0.3:9001",
            "C> syn   2C> syn   2S< synack   S< synack"
        ),
        must: &["sessions=2"],
        must_not: &["address-translated", "accuse"],
    },
    Situation {
        what: "the server gives up on half a request",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 5s\nS< fin   C> fin",
        must: &["upgrade-request-truncated@server"],
        must_not: &["accuse", "upgrade-request-truncated@client"],
    },
    Situation {
        what: "the server resets inside the request",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 5s\nS< rst",
        must: &["upgrade-request-truncated@server"],
        must_not: &["accuse", "upgrade-request-truncated@client"],
    },
    Situation {
        what: "the FINs cross inside the request",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 5s\nS< vanish fin   C> fin",
        must: &["upgrade-request-truncated", "says=the client and the server closed (FIN) at the same time"],
        must_not: &["accuse", "upgrade-request-truncated@client", "upgrade-request-truncated@server"],
    },
    Situation {
        what: "the client leaves inside its request",
        scenario: "C> raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\"\nwait 5s\nC> fin   S< fin",
        must: &["upgrade-request-truncated@client"],
        must_not: &["upgrade-request-truncated@server"],
    },
    Situation {
        what: "a frame in the packet of a request that is refused later",
        scenario: "C> [ upgrade /chat | text \"a\" ]   S< http 403   S< fin   C> fin",
        must: &["upgrade-rejected@server", "upgrade-data-early@client"],
        must_not: &["upgrade-request-malformed", "says=it does not look at the status"],
    },
    Situation {
        what: "a frame that crosses the refusal on its way",
        scenario: "C> upgrade /chat   S< vanish http 502   C> text \"a\"   S< fin   C> fin",
        must: &["upgrade-rejected@server", "upgrade-data-early@client"],
        must_not: &["upgrade-request-malformed"],
    },
    Situation {
        what: "a frame after the client has the refusal",
        scenario: "C> upgrade /chat   S< http 502   C> text \"a\"   S< fin   C> fin",
        must: &["upgrade-rejected@server", "upgrade-request-malformed@client"],
        must_not: &["upgrade-data-early"],
    },
    Situation {
        what: "clean: a reset of an older connection between the SYN and its answer",
        scenario: concat!(
            "C> syn\npacket 02000000000102000000000208004500002800004000400626ce0a0000020a0000011f909c4104a2cb7100000000500400000ff90000\nS< synack\n",
            session!()
        ),
        must: &["clean", "sessions=1", "outcome=accepted", "frames>=4"],
        must_not: &["connection-refused"],
    },
    Situation {
        what: "the client tries once more with the same SYN after a refusal, and is let in",
        scenario: concat!("C> syn   S< rst\nwait 500ms\nC> syn   S< synack\n", session!()),
        must: &["clean", "sessions=1", "outcome=accepted", "frames>=4", "once=connection-refused"],
        must_not: &["says=nothing listens"],
    },
    Situation {
        what: "the same, and the second SYN is refused, too",
        scenario: "C> syn   S< rst\nwait 500ms\nC> syn   S< rst\nwait 500ms\n2C> upgrade   2S< 101",
        must: &["connection-refused@server", "says=refused connections from 10.0.0.1 once", "accuse@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "clean: the server's clock is half a second ahead in a long session",
        scenario: concat!(
            "skew server 500ms\n",
            session!(
                "C> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\n"
            )
        ),
        must: &["clean", "sessions=1", "outcome=accepted", "frames>=28"],
        must_not: &["accuse", "tcp-gap", "pong-unsolicited"],
    },
    Situation {
        what: "clean: the client's clock is three seconds ahead in a long session",
        scenario: concat!(
            "skew client 3s\n",
            session!(
                "C> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\n"
            )
        ),
        must: &["clean", "sessions=1", "outcome=accepted", "frames>=28"],
        must_not: &["accuse", "tcp-gap", "pong-unsolicited"],
    },
    Situation {
        what: "the faults of both sides, whose clocks are half a second apart",
        scenario: concat!(
            "skew server 500ms\n",
            session!(
                "C> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\n",
                "C> frame opcode=3 \"x\"   S< frame opcode=4 \"y\""
            )
        ),
        must: &["frame-reserved-opcode@client", "frame-reserved-opcode@server"],
        must_not: &["tcp-gap"],
    },
    Situation {
        what: "a late start, and the server's clock is half a second ahead",
        scenario: "skew server 500ms\nno-handshake\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> text \"a\"   S< text \"b\"\nC> ping 61   S< pong 61",
        must: &["frames>=26"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "the server's clock is further ahead than one waits",
        scenario: "skew server 9s\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["limit-reached"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "a hole in the request",
        scenario: "C> lose-part 40..80 upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["tcp-gap@client", "outcome=accepted", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the request is not in the capture",
        scenario: "C> lose upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["tcp-gap@client", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a hole in a harmless header of the 101",
        scenario: "C> upgrade /chat   S< lose-part 160..180 101 +X-Harmless: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n\
                   C> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["tcp-gap@server", "outcome=accepted", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a hole in the first line of the 101",
        scenario: "C> upgrade /chat   S< lose-part 4..14 101\nC> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["tcp-gap@server", "outcome=unseen", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a hole in the body of a refusal",
        scenario: "C> upgrade /chat   S< lose-part 100..200 http 403 300*62   S< fin   C> fin",
        must: &["tcp-gap@server", "upgrade-rejected@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a hole in the second request of a connection, whose first one was refused",
        scenario: "C> upgrade /chat   S< http 403 4*62\nC> lose-part 40..80 upgrade /chat   S< 101\n\
                   C> text \"a\"   S< text \"b\"   C> close   S< close   S< fin   C> fin",
        must: &["once=tcp-gap", "frames>=4"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "both sides go on 20 MB later, on a path that is fast enough",
        scenario: GAP_OF_BOTH,
        must: &["tcp-gap", "frames>=8", "sessions=1"],
        must_not: &["accuse"],
    },
];
