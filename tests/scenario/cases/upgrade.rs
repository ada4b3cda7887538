//! Upgrades that fail, or should have.

use super::{Case, opened};

const CLIENT: (&str, &str) = ("from", r#""client""#);
const SERVER: (&str, &str) = ("from", r#""server""#);

const fn rejected(faulty: &'static str, expect: &'static [(&'static str, &'static str)]) -> Case {
    Case { id: "upgrade-rejected", faulty, clean: "C> upgrade /chat   S< 101", expect }
}

const fn header(
    id: &'static str,
    faulty: &'static str,
    expect: &'static [(&'static str, &'static str)],
) -> Case {
    Case { id, faulty, clean: "C> upgrade /chat   S< 101", expect }
}

/// Findings about upgrades.
pub const CASES: &[Case] = &[
    Case {
        id: "connection-refused",
        faulty: "C> syn   S< rst",
        clean: "C> syn   S< synack",
        expect: &[("severity", r#""note""#), ("count", "1")],
    },
    // The server speaks WebSocket elsewhere in the capture.
    Case {
        id: "connection-refused",
        faulty: "C> syn   S< rst\n2C> syn   2S< rst\n3C> upgrade /chat   3S< 101",
        clean: "3C> upgrade /chat   3S< 101",
        expect: &[("severity", r#""warning""#), ("count", "2")],
    },
    Case {
        id: "upgrade-no-response",
        faulty: "C> upgrade /chat   S< fin   C> fin",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("ended_by", r#""fin""#)],
    },
    Case {
        id: "upgrade-no-response",
        faulty: "C> upgrade /chat   S< rst",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("ended_by", r#""rst""#)],
    },
    Case {
        id: "upgrade-unanswered",
        // 1 ms for the request, 1 ms for its acknowledgment, 3 s.
        faulty: "C> upgrade /chat\nwait 3s\nC> keepalive",
        clean: "C> upgrade /chat   S< 101\nwait 3s\nC> keepalive",
        expect: &[("waited_ms", "3002")],
    },
    // The client gives up, and the answer comes afterwards.
    Case {
        id: "upgrade-unanswered",
        faulty: "C> upgrade /chat\nwait 10s\nC> fin\nwait 500ms\nS< vanish 101   C> rst",
        clean: "C> upgrade /chat\nwait 10s\nS< 101\nC> close   S< close   S< fin   C> fin",
        expect: &[
            ("from", r#""server""#),
            ("severity", r#""warning""#),
            ("waited_ms", "10002"),
            ("duration_ms", "10504"),
        ],
    },
    // So soon that it is no fault of the server's.
    Case {
        id: "upgrade-unanswered",
        faulty: "C> upgrade /chat\nwait 1s\nC> fin\nwait 500ms\nS< vanish 101   C> rst",
        clean: "C> upgrade /chat\nwait 1s\nS< 101   C> close   S< close   S< fin   C> fin",
        expect: &[("from", r#""client""#), ("class", r#""anomaly""#)],
    },
    Case {
        id: "upgrade-response-truncated",
        // 34 bytes of status line, 20 of the header.
        faulty: r#"C> upgrade /chat
                   S< raw "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   S< fin   C> fin"#,
        clean: "C> upgrade /chat\nS< 101\nS< close   C> close   S< fin   C> fin",
        expect: &[("received", "54")],
    },
    Case {
        id: "upgrade-request-truncated",
        faulty: r#"C> raw "GET /chat HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\n"
                   C> fin   S< fin"#,
        clean: r#"C> raw "GET /chat HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\n"
                  C> raw "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                  C> raw "Sec-WebSocket-Version: 13\r\n\r\n"
                  S< 101"#,
        expect: &[],
    },
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< raw "SSH-2.0-OpenSSH_9.6\r\n""#,
        clean: "C> upgrade /chat   S< 101",
        expect: &[("from", r#""server""#)],
    },
    // The header line has no colon.
    Case {
        id: "upgrade-request-malformed",
        faulty: r#"C> upgrade /chat +X: "1\r\nOrigin http://chat.test"   S< 101"#,
        clean: r#"C> upgrade /chat +X: "1\r\nOrigin: http://chat.test"   S< 101"#,
        expect: &[("from", r#""client""#)],
    },
    // What lenient peers take: the session goes on after it.
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\r\n folded"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("flaw", r#""folded""#)],
    },
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\r\nno colon here"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1\r\na: colon here"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("flaw", r#""no-colon""#)],
    },
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\r\nName : value"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1\r\nName: value"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("flaw", r#""space-before-colon""#)],
    },
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\02"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1\xe4\xff2"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("flaw", r#""value""#)],
    },
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\r\nN\xc3\xa4me: value"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1\r\nName: value"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("flaw", r#""name""#)],
    },
    // Here the client refuses it: that it leaves without a Close is not its fault.
    Case {
        id: "upgrade-response-malformed",
        faulty: r#"C> upgrade /chat   S< 101 +X: "1\nY: 2"   C> fin   S< fin"#,
        clean: r#"C> upgrade /chat   S< 101 +X: "1\r\nY: 2"   C> close   S< close   S< fin   C> fin"#,
        expect: &[SERVER, ("flaw", r#""line-feed""#)],
    },
    Case {
        id: "upgrade-request-malformed",
        faulty: r#"C> upgrade /chat +X: "1\r\n folded"   S< http 400"#,
        clean: "C> upgrade /chat HTTP/1.2   S< 101",
        expect: &[CLIENT, ("flaw", r#""folded""#)],
    },
    Case {
        id: "upgrade-head-too-large",
        faulty: r#"C> upgrade /chat   S< 101 +X-Pad: 9000*"a"   C> fin   S< fin"#,
        clean: r#"C> upgrade /chat   S< 101 +X-Pad: 8000*"a"   C> close   S< close   S< fin   C> fin"#,
        expect: &[SERVER, ("severity", r#""error""#)],
    },
    // The client went on after it, so that it was not too large for it.
    Case {
        id: "upgrade-head-too-large",
        faulty: r#"C> upgrade /chat   S< 101 +X-Pad: 9000*"a"   C> text "a"   S< text "b""#,
        clean: r#"C> upgrade /chat   S< 101 +X-Pad: 8000*"a"   C> text "a"   S< text "b""#,
        expect: &[SERVER, ("severity", r#""note""#)],
    },
    // A 101 that nobody asked for.
    Case {
        id: "upgrade-header-invalid",
        faulty: "C> http GET /chat   S< 101   C> text \"a\"   S< text \"b\"",
        clean: "C> upgrade /chat   S< 101   C> text \"a\"   S< text \"b\"",
        expect: &[SERVER, ("header", r#""Upgrade""#), ("value", r#""websocket""#)],
    },
    // RFC 9112 §6.1: a 101 has no body.
    Case {
        id: "upgrade-header-invalid",
        faulty: "C> upgrade /chat   S< 101 +Transfer-Encoding: chunked   C> text \"a\"",
        clean: "C> upgrade /chat   S< 101 +Content-Type: text/plain   C> text \"a\"",
        expect: &[SERVER, ("header", r#""Transfer-Encoding""#)],
    },
    Case {
        id: "upgrade-header-invalid",
        faulty: "C> upgrade /chat   S< 101 +Content-Length: 0   C> text \"a\"",
        clean: "C> upgrade /chat   S< 101   C> text \"a\"",
        expect: &[SERVER, ("header", r#""Content-Length""#), ("severity", r#""note""#)],
    },
    Case {
        id: "upgrade-header-invalid",
        faulty: "C> upgrade /chat   S< 101 +Content-Length: 12   C> text \"a\"",
        clean: "C> upgrade /chat   S< 101   C> text \"a\"",
        expect: &[SERVER, ("header", r#""Content-Length""#)],
    },
    Case {
        id: "upgrade-header-invalid",
        faulty: "C> upgrade /chat +Sec-WebSocket-Protocol: \"my chat\"   S< 101 +Sec-WebSocket-Protocol: \"my chat\"",
        clean: "C> upgrade /chat +Sec-WebSocket-Protocol: my-chat   S< 101 +Sec-WebSocket-Protocol: my-chat",
        expect: &[CLIENT, ("header", r#""Sec-WebSocket-Protocol""#)],
    },
    Case {
        id: "upgrade-subprotocol-unoffered",
        faulty: "C> upgrade /chat +Sec-WebSocket-Protocol: \"a, b\"   S< 101 +Sec-WebSocket-Protocol: \"a, b\"",
        clean: "C> upgrade /chat +Sec-WebSocket-Protocol: \"a, b\"   S< 101 +Sec-WebSocket-Protocol: b",
        expect: &[SERVER, ("value", r#""a, b""#)],
    },
    // The draft of 2010.
    Case {
        id: "upgrade-version-unsupported",
        faulty: "C> http GET /chat +Upgrade: WebSocket +Connection: Upgrade +Sec-WebSocket-Key1: \"1 2\" \
                 +Sec-WebSocket-Key2: \"3 4\"   S< http 400",
        clean: "C> upgrade /chat   S< 101",
        expect: &[CLIENT, ("version", r#""hixie-76""#)],
    },
    Case {
        id: "upgrade-head-too-large",
        faulty: r#"C> upgrade /chat +X-Pad: 9000*"a"   S< 101"#,
        clean: r#"C> upgrade /chat +X-Pad: 8000*"a"   S< 101"#,
        expect: &[("from", r#""client""#), ("limit", "8192")],
    },
    // Five headers of the upgrade and 124 (here 123) more.
    Case {
        id: "upgrade-head-too-large",
        faulty: r#"C> upgrade /chat +X-Pad: 123*"1\r\nX-Pad: "   S< 101"#,
        clean: r#"C> upgrade /chat +X-Pad: 122*"1\r\nX-Pad: "   S< 101"#,
        expect: &[("from", r#""client""#), ("limit", "128")],
    },
    rejected(
        "C> upgrade /chat   S< http 401 +WWW-Authenticate: Basic",
        &[("status", "401"), ("cause", r#""auth""#)],
    ),
    rejected("C> upgrade /chat   S< http 403", &[("status", "403"), ("cause", r#""forbidden""#)]),
    rejected(
        r#"C> upgrade /chat +Origin: http://evil.test   S< http 403 "Origin not allowed""#,
        &[("status", "403"), ("cause", r#""origin""#)],
    ),
    rejected(r#"C> upgrade /chat   S< http 404 "no""#, &[("status", "404"), ("cause", r#""not-found""#)]),
    rejected(
        "C> upgrade /chat   S< http 426 +Sec-WebSocket-Version: 13",
        &[("status", "426"), ("cause", r#""upgrade-required""#)],
    ),
    rejected(
        "C> upgrade /chat   S< http 302 +Location: /login",
        &[("status", "302"), ("cause", r#""redirect""#)],
    ),
    rejected("C> upgrade /chat   S< http 400", &[("status", "400"), ("cause", r#""bad-request""#)]),
    rejected("C> upgrade /chat   S< http 503", &[("status", "503"), ("cause", r#""server-error""#)]),
    rejected(
        r#"C> upgrade /chat   S< http 200 "hi""#,
        &[("status", "200"), ("cause", r#""ok-not-upgraded""#)],
    ),
    rejected("C> upgrade /chat   S< http 429", &[("status", "429"), ("cause", r#""other""#)]),
    // The client comes back with what the server wants: that is how HTTP does it.
    Case {
        id: "upgrade-rejected",
        faulty: "C> upgrade /chat   S< http 401 +WWW-Authenticate: Basic   C> upgrade /chat   S< 101",
        clean: "C> upgrade /chat +Authorization: \"Basic YTpi\"   S< 101",
        expect: &[("status", "401"), ("severity", r#""error""#)],
    },
    Case {
        id: "upgrade-rejected",
        faulty: "C> upgrade /chat   S< http 401 +WWW-Authenticate: Basic
                 C> upgrade /chat +Authorization: \"Basic YTpi\"   S< 101",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("severity", r#""note""#), ("class", r#""anomaly""#), ("taken_up", "true")],
    },
    // On another connection, to another server.
    Case {
        id: "upgrade-rejected",
        faulty: "2: server 9000
                 C> upgrade /chat   S< http 302 +Location: http://other.test/ws   S< fin   C> fin
                 2C> upgrade /ws =Host: other.test   2S< 101",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("severity", r#""note""#), ("status", "302"), ("taken_up", "true")],
    },
    Case {
        id: "upgrade-rejected",
        faulty: "2: server 9000
                 C> upgrade /chat   S< http 302 +Location: http://other.test/ws   S< fin   C> fin
                 2C> upgrade /elsewhere =Host: other.test   2S< 101",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("severity", r#""error""#)],
    },
    // RFC 6455 §4.4.
    Case {
        id: "upgrade-rejected",
        faulty: "C> upgrade /chat =Sec-WebSocket-Version: 13   S< http 426 +Sec-WebSocket-Version: 8
                 C> upgrade /chat =Sec-WebSocket-Version: 8   S< 101",
        clean: "C> upgrade /chat   S< 101",
        expect: &[("severity", r#""note""#)],
    },
    // An interim answer is not the final one (RFC 9110 §15.2).
    rejected(
        r#"C> upgrade /chat   S< raw "HTTP/1.1 100 Continue\r\n\r\n"   S< http 403"#,
        &[("status", "403"), ("cause", r#""forbidden""#)],
    ),
    Case {
        id: "upgrade-method-invalid",
        faulty: "C> upgrade POST /chat   S< 101",
        clean: "C> upgrade GET /chat   S< 101",
        expect: &[("from", r#""client""#)],
    },
    Case {
        id: "upgrade-http-version",
        faulty: "C> upgrade /chat HTTP/1.0   S< 101",
        clean: "C> upgrade /chat HTTP/1.1   S< 101",
        expect: &[("from", r#""client""#)],
    },
    header("upgrade-header-missing", "C> upgrade /chat -Host   S< 101", &[CLIENT, ("header", r#""Host""#)]),
    header(
        "upgrade-header-missing",
        "C> upgrade /chat -Sec-WebSocket-Key   S< 101",
        &[CLIENT, ("header", r#""Sec-WebSocket-Key""#)],
    ),
    header(
        "upgrade-header-missing",
        "C> upgrade /chat -Sec-WebSocket-Version   S< 101",
        &[CLIENT, ("header", r#""Sec-WebSocket-Version""#)],
    ),
    header(
        "upgrade-header-missing",
        "C> upgrade /chat   S< 101 -Sec-WebSocket-Accept",
        &[SERVER, ("header", r#""Sec-WebSocket-Accept""#)],
    ),
    header(
        "upgrade-header-invalid",
        "C> upgrade /chat =Upgrade: h2c   S< 101",
        &[CLIENT, ("header", r#""Upgrade""#), ("value", r#""h2c""#)],
    ),
    header(
        "upgrade-header-invalid",
        "C> upgrade /chat   S< 101 =Connection: keep-alive",
        &[SERVER, ("header", r#""Connection""#), ("value", r#""keep-alive""#)],
    ),
    // A 101 has no body (RFC 9112 §6.1).
    header(
        "upgrade-header-invalid",
        "C> upgrade /chat   S< 101 +Transfer-Encoding: chunked",
        &[SERVER, ("header", r#""Transfer-Encoding""#), ("value", r#""chunked""#)],
    ),
    header(
        "upgrade-header-duplicate",
        "C> upgrade /chat +Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==   S< 101",
        &[CLIENT, ("header", r#""Sec-WebSocket-Key""#)],
    ),
    header(
        "upgrade-header-duplicate",
        "C> upgrade /chat   S< 101 +Sec-WebSocket-Accept: \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"",
        &[SERVER, ("header", r#""Sec-WebSocket-Accept""#)],
    ),
    header("upgrade-header-stripped", "C> upgrade /chat -Upgrade   S< 101", &[CLIENT]),
    header("upgrade-header-stripped", "C> upgrade /chat -Connection   S< 101", &[CLIENT]),
    header("upgrade-header-stripped", "C> upgrade /chat   S< 101 -Upgrade -Connection", &[SERVER]),
    Case {
        id: "upgrade-version-unsupported",
        faulty: "C> upgrade /chat =Sec-WebSocket-Version: 8   S< 101",
        clean: "C> upgrade /chat =Sec-WebSocket-Version: 13   S< 101",
        expect: &[CLIENT, ("version", r#""8""#)],
    },
    // Base64 of "short".
    Case {
        id: "upgrade-key-invalid",
        faulty: "C> upgrade /chat =Sec-WebSocket-Key: c2hvcnQ=   S< 101",
        clean: "C> upgrade /chat =Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==   S< 101",
        expect: &[CLIENT],
    },
    // The answer to the key x3JJHMbDL1EzLkh9GBhXDw==.
    Case {
        id: "upgrade-accept-mismatch",
        faulty: "C> upgrade /chat   S< 101 =Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        clean: "C> upgrade /chat   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        expect: &[
            SERVER,
            ("expected", r#""s3pPLMBiTxaQ9kYGzzhZRbK+xOo=""#),
            ("found", r#""HSmrc0sMlYUkAGmm5OPpG2HaGWk=""#),
        ],
    },
    // The answer to the first request, once more.
    Case {
        id: "upgrade-accept-mismatch",
        faulty: "C> upgrade /chat =Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==   S< 101\nC> close   S< close   S< fin   C> fin
                 2C> upgrade /chat   2S< 101 =Sec-WebSocket-Accept: \"+I6SyLIaWoDVyDga6eYd6AAeTAo=\"",
        clean: "C> upgrade /chat =Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==   S< 101\nC> close   S< close   S< fin   C> fin
                2C> upgrade /chat   2S< 101",
        expect: &[SERVER, ("answer_of", "4")],
    },
    Case {
        id: "upgrade-subprotocol-unoffered",
        faulty: "C> upgrade /chat +Sec-WebSocket-Protocol: chat   S< 101 +Sec-WebSocket-Protocol: soap",
        clean: "C> upgrade /chat +Sec-WebSocket-Protocol: chat   S< 101 +Sec-WebSocket-Protocol: chat",
        expect: &[SERVER],
    },
    Case {
        id: "upgrade-extension-unoffered",
        faulty: "C> upgrade /chat   S< 101 deflate",
        clean: "C> upgrade /chat deflate   S< 101 deflate",
        expect: &[SERVER],
    },
    // A window has 8 to 15 bits (RFC 7692 §7.1.2.1).
    Case {
        id: "upgrade-extension-invalid",
        faulty: "C> upgrade /chat deflate
                 S< 101 +Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16",
        clean: "C> upgrade /chat deflate
                S< 101 +Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15",
        expect: &[SERVER],
    },
    Case {
        id: "upgrade-data-early",
        faulty: "C> upgrade /chat   C> text \"hello\"   S< 101",
        clean: "C> upgrade /chat   S< 101   C> text \"hello\"",
        expect: &[CLIENT],
    },
    Case {
        id: "upgrade-slow",
        // The request and its acknowledgment take 1 ms each.
        faulty: "C> upgrade /chat\nwait 1.5s\nS< 101",
        clean: "C> upgrade /chat\nwait 0.5s\nS< 101",
        expect: &[("duration_ms", "1502")],
    },
    // Three packets to open, two for the request, two for the answer: an attempt each second.
    Case {
        id: "upgrade-failures-repeated",
        faulty: "C> upgrade /chat   S< http 503\nwait 993ms
                 2C> upgrade /chat   2S< http 503\nwait 993ms
                 3C> upgrade /chat   3S< http 503\nwait 993ms
                 4C> upgrade /chat   4S< http 503\nwait 993ms
                 5C> upgrade /chat   5S< http 503",
        clean: "C> upgrade /chat   S< 101\nwait 993ms
                2C> upgrade /chat   2S< 101\nwait 993ms
                3C> upgrade /chat   3S< 101\nwait 993ms
                4C> upgrade /chat   4S< 101\nwait 993ms
                5C> upgrade /chat   5S< 101",
        expect: &[("count", "5"), ("interval_ms", "1000")],
    },
    Case {
        id: "tls-on-plain-port",
        faulty: "C> raw 16 0301 0005 01 000001 00   S< http 400 \"bad\"   S< fin   C> fin",
        clean: "C> upgrade /chat   S< 101",
        expect: &[CLIENT, ("severity", r#""warning""#), ("count", "1")],
    },
    // Something that others speak WebSocket with is only looked at.
    Case {
        id: "tls-on-plain-port",
        faulty: opened!("client 10.0.0.7\n2C> raw 16 0301 0005 01 000001 00   2S< http 400 \"bad\"   2S< fin   2C> fin"),
        clean: opened!("client 10.0.0.7\n2C> upgrade /chat   2S< 101"),
        expect: &[CLIENT, ("severity", r#""note""#)],
    },
    Case {
        id: "tunnel-refused",
        faulty: "C> raw \"CONNECT a.test:443 HTTP/1.1\\r\\nHost: a.test:443\\r\\n\\r\\n\"   S< http 407 \"no\"   S< fin   C> fin",
        clean: "C> raw \"CONNECT a.test:443 HTTP/1.1\\r\\nHost: a.test:443\\r\\n\\r\\n\"   S< raw \"HTTP/1.1 200 OK\\r\\n\\r\\n\"
                C> upgrade /chat   S< 101",
        expect: &[
            SERVER,
            ("severity", r#""warning""#),
            ("status", "407"),
            ("target", r#""a.test:443""#),
            ("count", "1"),
        ],
    },
    // SOCKS 5: the target refuses, and the proxy wants a password that is wrong.
    Case {
        id: "tunnel-refused",
        faulty: "C> raw 050100   S< raw 0500\nC> raw 05010003 06 \"h.test\" 0050   S< raw 05050001 00000000 0000\nS< fin   C> fin",
        clean: "C> raw 050100   S< raw 0500\nC> raw 05010003 06 \"h.test\" 0050   S< raw 05000001 00000000 0000\n\
                C> upgrade /chat   S< 101",
        expect: &[
            SERVER,
            ("severity", r#""warning""#),
            ("stage", r#""socks5-request""#),
            ("code", "5"),
            ("target", r#""h.test:80""#),
            ("count", "1"),
        ],
    },
    Case {
        id: "tunnel-refused",
        faulty: "C> raw 050102   S< raw 0502\nC> raw 0102 \"me\" 02 \"no\"   S< raw 0101   S< fin   C> fin",
        clean: "C> raw 050102   S< raw 0502\nC> raw 0102 \"me\" 02 \"pw\"   S< raw 0100\n\
                C> raw 05010001 0a000002 0050   S< raw 05000001 00000000 0000\nC> upgrade /chat   S< 101",
        expect: &[SERVER, ("stage", r#""socks5-password""#), ("code", "1")],
    },
    // SOCKS 4a.
    Case {
        id: "tunnel-refused",
        faulty: "C> raw 04010050 00000001 00 \"h.test\" 00   S< raw 005b 0000 00000000   S< fin   C> fin",
        clean: "C> raw 04010050 00000001 00 \"h.test\" 00   S< raw 005a 0000 00000000\nC> upgrade /chat   S< 101",
        expect: &[SERVER, ("stage", r#""socks4-request""#), ("code", "91"), ("target", r#""h.test:80""#)],
    },
    // No proxy at all.
    Case {
        id: "tunnel-refused",
        faulty: "C> raw \"CONNECT a.test:443 HTTP/1.1\\r\\nHost: a.test:443\\r\\n\\r\\n\"   S< http 405   S< fin   C> fin",
        clean: "C> http GET /   S< http 405   S< fin   C> fin",
        expect: &[SERVER, ("severity", r#""note""#), ("status", "405")],
    },
    Case {
        id: "reconnect-loop",
        faulty: "C> upgrade   S< 101   S< close 1011   C> close 1011   S< fin   C> fin\nwait 988ms
                 2C> upgrade   2S< 101   2S< close 1011   2C> close 1011   2S< fin   2C> fin\nwait 988ms
                 3C> upgrade   3S< 101   3S< close 1011   3C> close 1011   3S< fin   3C> fin\nwait 988ms
                 4C> upgrade   4S< 101   4S< close 1011   4C> close 1011   4S< fin   4C> fin\nwait 988ms
                 5C> upgrade   5S< 101   5S< close 1011   5C> close 1011   5S< fin   5C> fin",
        clean: "C> upgrade   S< 101   S< close 1000   C> close 1000   S< fin   C> fin\nwait 988ms
                2C> upgrade   2S< 101   2S< close 1000   2C> close 1000   2S< fin   2C> fin\nwait 988ms
                3C> upgrade   3S< 101   3S< close 1000   3C> close 1000   3S< fin   3C> fin\nwait 988ms
                4C> upgrade   4S< 101   4S< close 1000   4C> close 1000   4S< fin   4C> fin\nwait 988ms
                5C> upgrade   5S< 101   5S< close 1000   5C> close 1000   5S< fin   5C> fin",
        expect: &[SERVER, ("count", "5"), ("code", "1011"), ("ended_by", r#""close""#)],
    },
    // Without a Close, and after the client's first message.
    Case {
        id: "reconnect-loop",
        faulty: "C> upgrade   S< 101   C> text \"a\"   S< fin   C> fin
                 2C> upgrade   2S< 101   2C> text \"a\"   2S< fin   2C> fin
                 3C> upgrade   3S< 101   3C> text \"a\"   3S< fin   3C> fin
                 4C> upgrade   4S< 101   4C> text \"a\"   4S< fin   4C> fin
                 5C> upgrade   5S< 101   5C> text \"a\"   5S< fin   5C> fin",
        clean: "C> upgrade   S< 101   C> text \"a\"   S< close   C> close   S< fin   C> fin
                2C> upgrade   2S< 101   2C> text \"a\"   2S< close   2C> close   2S< fin   2C> fin",
        expect: &[SERVER, ("count", "5"), ("ended_by", r#""fin""#)],
    },
    Case {
        id: "upgrade-request-malformed",
        faulty: "C> upgrade /chat   S< http 403 \"no\"   C> text \"hello\"   C> fin   S< fin",
        clean: "C> upgrade /chat   S< 101   C> text \"hello\"",
        expect: &[CLIENT, ("looks_like", r#""a WebSocket frame""#)],
    },
    Case {
        id: "upgrade-rejected",
        faulty: "C> upgrade /chat   S< http 400 \"<title>400 The plain HTTP request was sent to HTTPS port</title>\"",
        clean: "C> upgrade /chat   S< 101",
        expect: &[SERVER, ("cause", r#""plain-http-on-tls-port""#)],
    },
    Case {
        id: "probe",
        faulty: opened!("2C> fin   2S< fin\n3C> rst"),
        clean: opened!("2C> upgrade /chat   2S< 101"),
        expect: &[("kind", r#""empty""#), ("count", "2")],
    },
    Case {
        id: "probe",
        faulty: opened!("2C> http GET /   2S< http 404"),
        clean: opened!("2C> upgrade /chat   2S< 101"),
        expect: &[("kind", r#""http""#), ("count", "1")],
    },
    // Socket.IO polls before it upgrades, and is answered.
    Case {
        id: "probe",
        faulty: opened!("2C> http GET /poll   2S< http 404"),
        clean: opened!("2C> http GET /poll   2S< http 200 \"0{}\""),
        expect: &[("kind", r#""http""#), ("count", "1")],
    },
    Case {
        id: "probe",
        faulty: opened!("2C> raw 16 0301 0005 01 000001 00   2S< fin   2C> fin"),
        clean: opened!("2C> upgrade /chat   2S< 101"),
        expect: &[("kind", r#""tls""#), ("count", "1")],
    },
    Case {
        id: "probe",
        faulty: opened!("2C> raw \"\\x00\\x01\\x02\\n\"   2S< fin   2C> fin"),
        clean: opened!("2C> upgrade /chat   2S< 101"),
        expect: &[("kind", r#""other""#), ("count", "1")],
    },
    // A client of HTTP/2 waits for settings, at a server that does not speak it.
    Case {
        id: "probe",
        faulty: opened!("2C> preface   2S< http 400   2S< fin   2C> fin"),
        clean: opened!("2C> preface   2S< settings connect-protocol   2S< fin   2C> fin"),
        expect: &[("kind", r#""http2""#), ("count", "1")],
    },
    Case {
        id: "probe",
        faulty: opened!("2C> preface\nwait 10s\n2C> fin   2S< fin"),
        clean: opened!("2C> preface\nwait 10s\n2S< settings   2C> fin   2S< fin"),
        expect: &[("kind", r#""http2""#), ("count", "1")],
    },
    Case {
        id: "connect-unanswered",
        faulty: concat!(
            "C> syn\nwait 1s\nC> syn\nwait 2s\nC> syn\nwait 4s\n",
            "2C> upgrade   2S< 101   2C> text \"a\""
        ),
        // One SYN is lost, the next one is answered.
        clean: "C> syn\nwait 1s\nC> syn   S< synack   C> upgrade   S< 101   C> text \"a\"",
        expect: &[("count", "3"), ("connections", "1"), ("severity", r#""warning""#)],
    },
    // Browsers leave without a Close frame.
    Case {
        id: "subprotocol-unchosen",
        faulty: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\nS< 101   C> fin   S< fin",
        clean: "C> upgrade +Sec-WebSocket-Protocol: chat, superchat\nS< 101 +Sec-WebSocket-Protocol: chat
                C> close   S< close   S< fin   C> fin",
        expect: &[
            ("from", r#""server""#),
            ("severity", r#""warning""#),
            ("offered", r#""'chat', 'superchat'""#),
        ],
    },
    // Other clients continue.
    Case {
        id: "subprotocol-unchosen",
        faulty: "C> upgrade +Sec-WebSocket-Protocol: chat\nS< 101   C> text \"a\"   C> close   S< close   S< fin   C> fin",
        clean: "C> upgrade\nS< 101   C> text \"a\"   C> close   S< close   S< fin   C> fin",
        expect: &[("severity", r#""note""#)],
    },
    Case {
        id: "key-reused",
        faulty: "C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                 2C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                 3C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        // Copies of one attempt on both sides of a proxy: the second begins and ends inside the first.
        clean: "3: server 9000
                C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                2C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                3C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        expect: &[("from", r#""client""#), ("count", "3")],
    },
    Case {
        id: "key-reused",
        faulty: "2: client 10.0.0.7
                 3: client 10.0.0.8
                 C> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                 2C> upgrade /b =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                 3C> upgrade /c =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                 3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        // Two clients with one key may have it by chance of what was captured: a copy with another address and clock.
        clean: "2: client 10.0.0.7
                C> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
                2C> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        expect: &[
            ("from", r#""client""#),
            ("count", "3"),
            ("clients", "3"),
            ("certainty", r#""certain""#),
        ],
    },
    // The second request is the one that arrives.
    Case {
        id: "upgrade-slow",
        faulty: "C> upgrade\nwait 1.2s\nS< 101",
        clean: "C> noack resend 1 1.2s upgrade\nS< 101",
        expect: &[],
    },
];
