//! Both legs of one WebSocket, on the two sides of a proxy.

use super::Case;

/// A client speaks HTTP/2 to a proxy, and that HTTP/1.1 to the server, as connection 2.
macro_rules! proxied {
    ($text:literal) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n",
            "C> connect 1 /chat   2C> upgrade /chat   2S< 101   S< answer 1 200\n",
            "C> on 1 text mask=a1b2c3d4 \"hello\"   2C> text mask=a1b2c3d4 \"hello\"\n",
            "2S< text \"good day\"   S< on 1 text \"good day\"\n",
            $text
        )
    };
}

/// Both legs speak HTTP/1.1, and the proxy passes the key on.
macro_rules! passed_on {
    ($text:literal) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text \"good day\"   S< text \"good day\"\n",
            $text
        )
    };
}

/// As [`passed_on`], but the server speaks at once.
macro_rules! early {
    ($answer:literal) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   2S< text \"welcome\"   ",
            $answer,
            "\nwait 25s\n2S< text \"2\"   S< text \"2\"\nwait 25s\n2S< text \"2\"   S< text \"2\"\n",
            "C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        )
    };
}

/// The server's heartbeats go through a proxy; this is what comes out of the second one.
macro_rules! heartbeats {
    ($second:literal) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text \"good day\"   S< text \"good day\"\n",
            "wait 25s\n2S< text \"2\"   S< text \"2\"\nwait 25s\n2S< text \"2\"   ",
            $second,
            "\nwait 25s\n2S< text \"2\"   S< text \"2\"\nwait 25s\n2S< text \"2\"   S< text \"2\"\n",
            "C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        )
    };
}

/// Findings about proxies.
pub const CASES: &[Case] = &[
    // The Close that came after it came out.
    Case {
        id: "hop-lost-message",
        faulty: proxied!(
            "2S< text \"lost\"   2S< close 1000   S< on 1 close 1000\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000   2S< fin   2C> fin   S< h2-frame 0 1 1"
        ),
        clean: proxied!(
            "2S< text \"lost\"   S< on 1 text \"lost\"   2S< close 1000   S< on 1 close 1000\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000   2S< fin   2C> fin   S< h2-frame 0 1 1"
        ),
        expect: &[
            ("certainty", r#""certain""#),
            ("count", "1"),
            ("message", "3"),
            ("entry", "1"),
            ("exit", "2"),
        ],
    },
    // Nothing came out after it, and the proxy ended the client's leg.
    Case {
        id: "hop-lost-message",
        faulty: passed_on!("2S< text \"the last\"   2S< fin   S< fin   C> fin   2C> fin"),
        clean: passed_on!(
            "2S< text \"the last\"   S< text \"the last\"\n\
             C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        expect: &[("certainty", r#""tentative""#), ("message", "2")],
    },
    // The server speaks before the client's leg is open, and the proxy drops what it said; what follows is numbered otherwise.
    Case {
        id: "hop-lost-message",
        faulty: early!("S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        clean: early!("S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< text \"welcome\""),
        expect: &[
            ("certainty", r#""certain""#),
            ("count", "1"),
            ("message", "1"),
            ("entry", "1"),
            ("exit", "2"),
        ],
    },
    // Of messages that are alike, it is the one that would have been held back for the longest, and not the last one.
    Case {
        id: "hop-lost-message",
        faulty: heartbeats!(""),
        clean: heartbeats!("S< text \"2\""),
        expect: &[("certainty", r#""tentative""#), ("count", "1"), ("message", "3")],
    },
    Case {
        id: "hop-changed-message",
        faulty: passed_on!(
            "2S< text \"one\"   S< text \"two\"   2S< text \"three\"   S< text \"three\"\n\
             C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        clean: passed_on!(
            "2S< text \"one\"   S< text \"one\"   2S< text \"three\"   S< text \"three\"\n\
             C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        expect: &[("certainty", r#""certain""#), ("count", "1"), ("message", "2")],
    },
    // One message comes out twice.
    Case {
        id: "hop-added-message",
        faulty: passed_on!(
            "2S< text \"one\"   S< text \"one\"   S< text \"one\"   2S< text \"two\"   S< text \"two\"\n\
             C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        clean: passed_on!(
            "2S< text \"one\"   S< text \"one\"   2S< text \"one\"   S< text \"one\"   2S< text \"two\"   S< text \"two\"\n\
             C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        expect: &[
            ("certainty", r#""certain""#),
            ("severity", r#""warning""#),
            ("count", "1"),
            ("message", "3"),
        ],
    },
    Case {
        id: "hop-delayed-message",
        faulty: proxied!(
            "C> on 1 text mask=01020304 \"slow\"\nwait 2s\n2C> text mask=01020304 \"slow\"\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< on 1 end close 1000\n\
             2S< fin   2C> fin"
        ),
        clean: proxied!(
            "C> on 1 text mask=01020304 \"fast\"\n2C> text mask=01020304 \"fast\"\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< on 1 end close 1000\n\
             2S< fin   2C> fin"
        ),
        expect: &[("count", "1"), ("longest_ms", "2002"), ("entry", "2"), ("exit", "1")],
    },
    // A timeout of the proxy.
    Case {
        id: "hop-closed",
        faulty: proxied!("wait 9s\nS< h2-frame 0 1 1   2C> rst   S< reset 1 8"),
        clean: proxied!(
            "C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< on 1 end close 1000\n\
             2S< fin   2C> fin"
        ),
        expect: &[("cause", r#""proxy""#), ("downstream", "2"), ("upstream", "1")],
    },
    // The proxy has a code of its own.
    Case {
        id: "hop-closed",
        faulty: passed_on!(
            "2S< close 4404   S< close 1011   C> close mask=01020304 1011   2C> close mask=01020304 4404\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        clean: passed_on!(
            "2S< close 4404   S< close 4404   C> close mask=01020304 4404   2C> close mask=01020304 4404\n\
             2S< fin   2C> fin   S< fin   C> fin"
        ),
        expect: &[("severity", r#""warning""#), ("cause", r#""server""#)],
    },
    // The server's program ends.
    Case {
        id: "hop-closed",
        faulty: proxied!("2S< rst   S< reset 1 2"),
        clean: proxied!(
            "2S< close 1001   S< on 1 close 1001\n\
             C> on 1 end close mask=01020304 1001   2C> close mask=01020304 1001   S< h2-frame 0 1 1   2S< fin   2C> fin"
        ),
        expect: &[("cause", r#""server""#)],
    },
];
