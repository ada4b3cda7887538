//! WebSockets over HTTP/2.

use super::Case;

/// A connection that may carry WebSockets.
macro_rules! connected {
    ($text:literal) => {
        concat!("C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n", $text)
    };
}

/// The same with a WebSocket on stream 1.
macro_rules! opened {
    ($text:literal) => {
        concat!(
            "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n",
            "C> connect 1 /chat   S< answer 1 200\n",
            $text
        )
    };
}

const CLOSED: &str = opened!("C> on 1 end close 1000   S< on 1 end close 1000");

/// Findings about HTTP/2.
pub const CASES: &[Case] = &[
    Case {
        id: "http2-connect-refused",
        faulty: connected!("C> connect 1 /chat   S< answer 1 403 end"),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("status", "403"), ("cause", r#""forbidden""#)],
    },
    Case {
        id: "http2-connect-not-enabled",
        faulty: "C> preface   S< settings\nC> connect 1 /chat   S< answer 1 501 end",
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("from", r#""client""#)],
    },
    // The client does not wait for the settings.
    Case {
        id: "http2-connect-not-enabled",
        faulty: "C> preface   C> connect 1 /chat   S< settings   S< answer 1 501 end",
        clean: "C> preface   C> connect 1 /chat   S< settings connect-protocol   S< answer 1 200",
        expect: &[("from", r#""client""#)],
    },
    Case {
        id: "http2-connect-invalid",
        faulty: connected!("C> connect 1 /chat -:path   S< reset 1 1"),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("header", r#"":path""#), ("from", r#""client""#)],
    },
    Case {
        id: "http2-connect-invalid",
        faulty: connected!("C> connect 1 /chat -:method   S< reset 1 1"),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("header", r#"":method""#), ("from", r#""client""#), ("certainty", r#""certain""#)],
    },
    Case {
        id: "http2-connect-invalid",
        faulty: connected!("C> connect 1 /chat +te: gzip   S< reset 1 1"),
        clean: connected!("C> connect 1 /chat +te: trailers   S< answer 1 200"),
        expect: &[("header", r#""te""#), ("from", r#""client""#), ("certainty", r#""certain""#)],
    },
    // Its END_STREAM leaves nothing to send.
    Case {
        id: "http2-connect-invalid",
        faulty: connected!("C> connect 1 /chat end   S< reset 1 1"),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("from", r#""client""#), ("certainty", r#""certain""#)],
    },
    // As in HTTP/1.1.
    Case {
        id: "http2-connect-invalid",
        faulty: connected!(
            "C> request 1 /chat +upgrade: websocket +connection: Upgrade   S< answer 1 400 end"
        ),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("header", r#"":protocol""#)],
    },
    Case {
        id: "http2-connect-invalid",
        faulty: connected!("C> connect 1 /chat   S< answer 1 101"),
        clean: connected!("C> connect 1 /chat   S< answer 1 200"),
        expect: &[("header", r#"":status""#), ("from", r#""server""#)],
    },
    Case {
        id: "http2-stream-reset",
        faulty: opened!("C> on 1 text \"hello\"   S< reset 1 2"),
        clean: CLOSED,
        expect: &[("code", "2"), ("name", r#""INTERNAL_ERROR""#), ("from", r#""server""#)],
    },
    // Before any answer.
    Case {
        id: "http2-stream-reset",
        faulty: connected!("C> connect 1 /chat   S< reset 1 7"),
        clean: CLOSED,
        expect: &[("code", "7"), ("severity", r#""error""#)],
    },
    Case {
        id: "http2-goaway",
        faulty: opened!("C> on 1 text \"hello\"   S< goaway 1 11 \"too_many_pings\"   S< fin   C> fin"),
        clean: opened!("C> on 1 end close 1000   S< on 1 end close 1000   S< goaway 1 0   S< fin   C> fin"),
        expect: &[("code", "11"), ("sessions", "1"), ("last_stream", "1")],
    },
    // The request crossed it.
    Case {
        id: "http2-goaway",
        faulty: opened!("C> on 1 text \"hello\"   C> connect 3 /late   S< goaway 1 0   S< fin   C> fin"),
        clean: opened!("C> on 1 end close 1000   S< on 1 end close 1000   S< goaway 1 0   S< fin   C> fin"),
        expect: &[("code", "0"), ("severity", r#""error""#), ("last_stream", "1"), ("session", "2")],
    },
    // Two bytes of header and nineteen of text.
    Case {
        id: "http2-window-exceeded",
        faulty: "C> preface window=10   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                 S< on 1 text \"more than ten bytes\"",
        clean: "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                S< on 1 text \"more than ten bytes\"",
        expect: &[("scope", r#""stream""#), ("bytes", "11"), ("from", r#""server""#)],
    },
    Case {
        id: "http2-head-broken",
        faulty: opened!("C> raw 000001 01 00 00000003 82   C> raw 000008 06 00 00000000 0102030405060708"),
        clean: opened!("C> raw 000008 06 00 00000000 0102030405060708   C> raw 000001 01 05 00000003 82"),
        expect: &[
            ("fault", r#""interrupted""#),
            ("frame_type", r#""PING""#),
            ("stream", "3"),
            ("from", r#""client""#),
        ],
    },
    Case {
        id: "http2-head-broken",
        faulty: opened!("C> raw 000002 01 05 00000003 ff10"),
        clean: opened!("C> raw 000001 01 05 00000003 82"),
        expect: &[("fault", r#""not-decompressed""#), ("stream", "3")],
    },
    // A stream is cancelled that was never opened.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> h2-frame 3 0 0 00000008   S< goaway 1 1   S< fin   C> fin"),
        clean: CLOSED,
        expect: &[
            ("fault", r#""no-stream""#),
            ("frame_type", r#""RST_STREAM""#),
            ("stream", "0"),
            ("from", r#""client""#),
            ("certainty", r#""certain""#),
        ],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< h2-frame 6 0 1 0102030405060708"),
        clean: opened!("S< h2-frame 6 0 0 0102030405060708"),
        expect: &[("fault", r#""on-stream""#), ("stream", "1"), ("from", r#""server""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< h2-frame 8 0 1 000000"),
        clean: opened!("S< h2-frame 8 0 1 00000064"),
        expect: &[("fault", r#""size""#), ("declared", "3")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< h2-frame 8 0 1 00000000"),
        clean: opened!("S< h2-frame 8 0 1 00000001"),
        expect: &[("fault", r#""no-increment""#), ("from", r#""server""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> window 0 2147483647   S< goaway 1 3"),
        clean: opened!("C> window 0 2147418112"),
        expect: &[("fault", r#""window-too-large""#), ("stream", "0"), ("from", r#""client""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> settings window=2147483648"),
        clean: opened!("C> settings window=2147483647   S< settings ack"),
        expect: &[("fault", r#""window-too-large""#), ("frame_type", r#""SETTINGS""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> raw 000003 00 08 00000001 030000"),
        clean: opened!("C> raw 000003 00 08 00000001 020000"),
        expect: &[("fault", r#""padding""#), ("from", r#""client""#), ("stream", "1")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> raw 000003 00 00 00000005 030000"),
        clean: CLOSED,
        expect: &[("fault", r#""idle-stream""#), ("from", r#""client""#), ("stream", "5")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> reset 5 8   S< goaway 1 1"),
        clean: opened!("C> request 5 /file   C> reset 5 8"),
        expect: &[
            ("fault", r#""idle-stream""#),
            ("frame_type", r#""RST_STREAM""#),
            ("from", r#""client""#),
            ("certainty", r#""certain""#),
        ],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< window 3 100   C> goaway 0 1"),
        clean: opened!("C> request 3 /file   S< window 3 100   S< answer 3 200 end"),
        expect: &[
            ("fault", r#""idle-stream""#),
            ("frame_type", r#""WINDOW_UPDATE""#),
            ("from", r#""server""#),
        ],
    },
    // An answer to nothing.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< answer 3 200 end   C> goaway 0 1"),
        clean: opened!("C> request 3 /file   S< answer 3 200 end"),
        expect: &[("fault", r#""idle-stream""#), ("frame_type", r#""HEADERS""#), ("from", r#""server""#)],
    },
    // A server may speak of a stream that it has promised.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< reset 2 8   C> goaway 0 1"),
        clean: opened!("S< h2-frame 5 4 1 00000002 828684   S< reset 2 8"),
        expect: &[("fault", r#""idle-stream""#), ("stream", "2"), ("from", r#""server""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> settings 2=2   S< goaway 1 1"),
        clean: opened!("C> settings 2=1   S< settings ack"),
        expect: &[("fault", r#""setting-value""#), ("frame_type", r#""SETTINGS""#), ("from", r#""client""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< settings 2=1   C> goaway 0 1"),
        clean: opened!("S< settings 2=0   C> settings ack"),
        expect: &[("fault", r#""setting-value""#), ("from", r#""server""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> settings frame=16383   S< goaway 1 1"),
        clean: opened!("C> settings frame=16384   S< settings ack"),
        expect: &[("fault", r#""setting-value""#), ("from", r#""client""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< settings 8=2   C> goaway 0 1"),
        clean: opened!("S< settings 8=1   C> settings ack"),
        expect: &[("fault", r#""setting-value""#), ("from", r#""server""#)],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< settings 8=0   C> goaway 0 1"),
        clean: opened!("S< settings   C> settings ack"),
        expect: &[("fault", r#""setting-withdrawn""#), ("from", r#""server""#)],
    },
    // In the first settings, before a WebSocket is asked for.
    Case {
        id: "http2-frame-invalid",
        faulty: "C> preface 2=2   S< settings connect-protocol   C> connect 1 /chat   S< answer 1 200",
        clean: "C> preface 2=0   S< settings connect-protocol   C> connect 1 /chat   S< answer 1 200",
        expect: &[("fault", r#""setting-value""#), ("from", r#""client""#), ("session", "1")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> h2-frame 2 0 1 00000000"),
        clean: opened!("C> h2-frame 2 0 1 0000000010"),
        expect: &[("fault", r#""size""#), ("frame_type", r#""PRIORITY""#), ("declared", "4")],
    },
    // Its padding is announced, and there is none.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> raw 000000 00 08 00000001   S< goaway 1 6"),
        clean: opened!("C> raw 000001 00 08 00000001 00"),
        expect: &[("fault", r#""size""#), ("frame_type", r#""DATA""#), ("declared", "0")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> on 1 end close 1000   C> on 1 text \"late\"   S< reset 1 5"),
        clean: CLOSED,
        expect: &[("fault", r#""ended-stream""#), ("from", r#""client""#), ("stream", "1")],
    },
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> on 1 size=20000 binary 19992*00   S< goaway 1 6"),
        clean: opened!("C> on 1 binary 19992*00"),
        expect: &[("fault", r#""too-large""#), ("declared", "20000"), ("from", r#""client""#)],
    },
    // A frame of WebSocket without DATA around it; the same in DATA.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< raw 810d \"without DATA.\"   S< fin   C> fin"),
        clean: opened!(
            "S< on 1 raw 810d \"without DATA.\"   S< on 1 end close 1000   C> on 1 end close 1000"
        ),
        expect: &[
            ("fault", r#""no-frame""#),
            ("from", r#""server""#),
            ("preview_hex", r#""810d776974686f757420444154412e""#),
            ("certainty", r#""certain""#),
        ],
    },
    // A request of HTTP/1.1 inside of HTTP/2.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("C> raw \"GET /other HTTP/1.1\\r\\n\\r\\n\"   S< goaway 1 6"),
        clean: opened!("C> request 3 GET /other   S< answer 3 200 end"),
        expect: &[
            ("fault", r#""no-frame""#),
            ("from", r#""client""#),
            ("looks_like", r#""an HTTP request""#),
        ],
    },
    // A larger one that its receiver announced.
    Case {
        id: "http2-frame-invalid",
        faulty: opened!("S< on 1 size=20000 raw 827e4e1c 19996*00   C> goaway 1 6"),
        clean: "C> preface frame=20000   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                C> connect 1 /chat   S< answer 1 200   S< on 1 size=20000 raw 827e4e1c 19996*00",
        expect: &[("fault", r#""too-large""#), ("from", r#""server""#)],
    },
    // Its receiver takes no more so large ones, which counts once the sender has acknowledged that.
    Case {
        id: "http2-frame-invalid",
        faulty: "C> preface frame=20000   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                 C> connect 1 /chat   S< answer 1 200   C> settings frame=16384   S< settings ack\n\
                 S< on 1 size=20000 raw 827e4e1c 19996*00   C> goaway 1 6",
        clean: "C> preface frame=20000   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                C> connect 1 /chat   S< answer 1 200   C> settings frame=16384\n\
                S< on 1 size=20000 raw 827e4e1c 19996*00   S< settings ack",
        expect: &[("fault", r#""too-large""#), ("from", r#""server""#)],
    },
    // 1 ms for the data, 1 ms for its acknowledgment, 2 s.
    Case {
        id: "receiver-stalled",
        faulty: "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                 S< on 1 text \"more than ten bytes\"\nwait 2s\nC> window 1 100   S< on 1 text \"the rest\"",
        clean: "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                S< on 1 text \"more than ten bytes\"\nC> window 1 100   S< on 1 text \"the rest\"",
        expect: &[("scope", r#""stream""#), ("stalled_ms", "2002"), ("from", r#""client""#)],
    },
    // Streams begin with a closed window, which has to be opened once there is an answer.
    Case {
        id: "receiver-stalled",
        faulty: "C> preface window=0   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                 wait 3s\nC> window 1 100   S< on 1 text \"hello\"",
        clean: "C> preface window=0   S< settings connect-protocol\nC> connect 1 /chat\nwait 3s\nS< answer 1 200\n\
                C> window 1 100   S< on 1 text \"hello\"",
        expect: &[("scope", r#""stream""#), ("certainty", r#""tentative""#), ("from", r#""client""#)],
    },
    // Smaller windows are negative by what is on its way (RFC 9113 §6.9.2).
    Case {
        id: "receiver-stalled",
        faulty: opened!(
            "S< on 1 text \"hello\"   C> settings window=3   S< settings ack\nwait 2s\n\
             C> settings window=100   S< on 1 text \"the rest\""
        ),
        clean: opened!(
            "S< on 1 text \"hello\"   C> settings window=90   S< settings ack\nwait 2s\n\
             C> settings window=100   S< on 1 text \"the rest\""
        ),
        expect: &[("scope", r#""stream""#), ("certainty", r#""tentative""#), ("from", r#""client""#)],
    },
    // To the end: half a frame waits for its rest.
    Case {
        id: "receiver-stalled",
        faulty: opened!(
            "S< on 1 raw 810a 68656c6c6f   C> settings window=3   S< settings ack\nwait 5s\nC> rst"
        ),
        clean: opened!("S< on 1 text \"hello\"   C> settings window=3   S< settings ack\nwait 5s"),
        expect: &[("scope", r#""stream""#), ("certainty", r#""tentative""#), ("from", r#""client""#)],
    },
    // The window that all streams share, used up by another one.
    Case {
        id: "receiver-stalled",
        faulty: "C> preface window=99999   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                 C> request 3 /file   S< answer 3 200   S< on 3 raw 65535*00\n\
                 wait 2s\nC> window 0 99999   S< on 3 raw 100*00   S< on 1 text \"hello\"",
        clean: "C> preface window=99999   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                C> request 3 /file   S< answer 3 200   S< on 3 raw 65535*00\n\
                C> window 0 99999   S< on 3 raw 100*00   S< on 1 text \"hello\"",
        expect: &[("scope", r#""connection""#), ("from", r#""client""#), ("session", "1")],
    },
];
