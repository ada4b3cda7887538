//! What TLS says. The suite does not encrypt, so that its records can be written down; their MACs are not looked at.

use super::Case;

/// A handshake with `TLS_RSA_WITH_NULL_SHA256`, and an upgrade.
macro_rules! opened {
    ($end:literal) => {
        concat!(
            "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100\n",
            "S< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000\n",
            "C> raw 1403030001 01 1603030030 1400000c 12*07 32*00\n",
            "S< raw 1403030001 01 1603030030 1400000c 12*07 32*00\n",
            "C> raw 17030300b0 \"GET /chat HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n\" 32*00\n",
            "S< raw 17030300a1 \"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\\r\\n\" 32*00\n",
            $end
        )
    };
}

/// The same, with the Close frames of both sides.
macro_rules! closed {
    ($end:literal) => {
        concat!(
            opened!(""),
            "C> raw 1703030028 8882 01020304 02ea 32*00\n",
            "S< raw 1703030024 8802 03e8 32*00\n",
            $end
        )
    };
}

/// Findings about TLS.
pub const CASES: &[Case] = &[
    // Fatal, and a warning that is none.
    Case {
        id: "tls-alert",
        faulty: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 15030300020228   S< fin",
        clean: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 15030300020100   S< fin",
        expect: &[("from", r#""server""#), ("alert", r#""handshake_failure""#), ("code", "40")],
    },
    // What a server says to a client that connects and leaves is no refusal.
    Case {
        id: "tls-alert",
        faulty: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 15030300020232   S< fin",
        clean: "C> fin   S< raw 15030300020232   S< fin",
        expect: &[("from", r#""server""#), ("alert", r#""decode_error""#)],
    },
    // The reset behind an alert is its sender's own.
    Case {
        id: "tls-alert",
        faulty: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100\nS< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000\n\
                 C> raw 15030300020230   C> rst",
        clean: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 15030300020100   S< fin",
        expect: &[("from", r#""client""#), ("alert", r#""unknown_ca""#)],
    },
    Case {
        id: "tls-closed-early",
        faulty: closed!("S< fin   C> fin"),
        clean: closed!("S< raw 1503030022 0100 32*00   S< fin   C> fin"),
        expect: &[("from", r#""server""#)],
    },
    // TLS behind a dialogue in another protocol.
    Case {
        id: "tls-closed-early",
        faulty: concat!(
            "C> raw \"STARTTLS\\r\\n\"   S< raw \"220 go ahead\\r\\n\"\n",
            closed!("S< fin   C> fin")
        ),
        clean: concat!(
            "C> raw \"STARTTLS\\r\\n\"   S< raw \"220 go ahead\\r\\n\"\n",
            closed!("S< raw 1503030022 0100 32*00   S< fin   C> fin")
        ),
        expect: &[("from", r#""server""#)],
    },
    // A client that has seen the certificate leaves without a word.
    Case {
        id: "tls-handshake-broken",
        faulty: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000   C> fin   S< fin",
        clean: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000   C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   C> raw 1503030022 0100 32*00   C> fin   S< fin",
        expect: &[
            ("side", r#""client""#),
            ("severity", r#""warning""#),
            ("after", r#""server-hello""#),
            ("count", "1"),
        ],
    },
    // The first connection shows that the server speaks WebSocket, inside TLS.
    Case {
        id: "tls-handshake-broken",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< rst"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> raw 1503030022 0100 32*00   2C> fin   2S< fin"
        ),
        expect: &[
            ("side", r#""server""#),
            ("ended_by", r#""rst""#),
            ("severity", r#""warning""#),
            ("count", "1"),
        ],
    },
    Case {
        id: "tls-handshake-broken",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< fin   2C> fin"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> raw 1503030022 0100 32*00   2C> fin   2S< fin"
        ),
        expect: &[("ended_by", r#""fin""#), ("severity", r#""error""#), ("after", r#""client-hello""#)],
    },
    // Something in between resets the connection when it has seen the ClientHello.
    Case {
        id: "reset-foreign",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< ttl 47 rst"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> raw 1503030022 0100 32*00   2C> fin   2S< fin"
        ),
        expect: &[("mark", r#""hop-count""#), ("ttl", "47"), ("usual_ttl", "64")],
    },
    Case {
        id: "tls-handshake-broken",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< ttl 47 rst"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> raw 1503030022 0100 32*00   2C> fin   2S< fin"
        ),
        expect: &[("ended_by", r#""rst""#), ("severity", r#""warning""#), ("certainty", r#""tentative""#)],
    },
    // It ends TLS, and says so.
    Case {
        id: "tls-handshake-broken",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 15030300020100   2C> fin   2S< fin"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> raw 1503030022 0100 32*00   2C> fin   2S< fin"
        ),
        expect: &[
            ("ended_by", r#""close-notify""#),
            ("severity", r#""error""#),
            ("after", r#""client-hello""#),
        ],
    },
    // The server has the last word of a handshake that resumes nothing (RFC 5246 §7.3).
    Case {
        id: "tls-handshake-broken",
        faulty: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000   C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   S< fin   C> fin",
        clean: "C> raw 160301002d01000029 0303 32*11 00 0002003b 0100   S< raw 160303002a02000026 0303 32*22 00 003b 00 16030300040e000000   C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   S< fin   C> fin",
        expect: &[("side", r#""server""#), ("after", r#""client-finished""#)],
    },
    // A server that speaks WebSocket, and a client that leaves as soon as it has its Finished message.
    Case {
        id: "tls-handshake-broken",
        faulty: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00   2C> fin   2S< fin"
        ),
        clean: closed!(
            "S< raw 1503030022 0100 32*00   S< fin   C> fin\nclient 10.0.0.7\n2C> raw 160301002d01000029 0303 32*33 00 0002003b 0100   2S< raw 160303002a02000026 0303 32*44 00 003b 00 16030300040e000000\n2C> raw 1403030001 01 1603030030 1400000c 12*07 32*00   2S< raw 1403030001 01 1603030030 1400000c 12*07 32*00\nwait 2s\n2C> fin   2S< fin"
        ),
        expect: &[
            ("side", r#""client""#),
            ("after", r#""finished""#),
            ("certainty", r#""tentative""#),
            ("severity", r#""warning""#),
        ],
    },
    // Nobody can read a record of which only a part came.
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< raw 1703030fc6 827e0fa0 8*41   S< fin   C> fin"),
        clean: closed!("S< raw 1503030022 0100 32*00   S< fin   C> fin"),
        expect: &[
            ("from", r#""server""#),
            ("declared", "4038"),
            ("received", "12"),
            ("missing", "4026"),
            ("cause", r#""fin""#),
            ("severity", r#""error""#),
        ],
    },
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< raw 1703   S< fin   C> fin"),
        clean: closed!("S< raw 1703   S< fin   C> fin"),
        expect: &[("from", r#""server""#), ("header_bytes", "2"), ("cause", r#""fin""#)],
    },
    // The client leaves because it waits in vain.
    Case {
        id: "frame-stalled",
        faulty: opened!("S< raw 1703030fc6 827e0fa0 8*41\nwait 6s\nC> fin   S< fin"),
        clean: opened!(
            "S< raw 1703030024 82\nwait 6s\nS< raw 02 4141 32*00\nC> raw 1703030028 8882 01020304 02ea 32*00   S< raw 1703030024 8802 03e8 32*00\nS< raw 1503030022 0100 32*00   S< fin   C> fin"
        ),
        expect: &[("from", r#""server""#), ("declared", "4038"), ("received", "12"), ("waited_ms", "6004")],
    },
];
