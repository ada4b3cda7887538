//! Frames and messages.

use super::{Case, opened, opened_deflate};

const CLIENT: (&str, &str) = ("from", r#""client""#);
const SERVER: (&str, &str) = ("from", r#""server""#);

/// Findings about frames and messages.
pub const CASES: &[Case] = &[
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< text len=202 199*61   S< fin   C> fin"),
        clean: opened!("S< text 202*61   S< close   C> close   S< fin   C> fin"),
        expect: &[
            SERVER,
            ("severity", r#""error""#),
            ("frame", "1"),
            ("declared", "202"),
            ("received", "199"),
            ("missing", "3"),
            ("cause", r#""fin""#),
        ],
    },
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< text len=202 199*61   S< rst"),
        clean: opened!("S< text 202*61   S< close   C> close   S< rst"),
        expect: &[SERVER, ("received", "199"), ("missing", "3"), ("cause", r#""rst""#)],
    },
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< text len=202 199*61"),
        clean: opened!("S< text 202*61"),
        expect: &[
            SERVER,
            ("severity", r#""warning""#),
            ("received", "199"),
            ("missing", "3"),
            ("cause", r#""capture-end""#),
        ],
    },
    // The header takes 4 bytes. The frame after the hole begins where the length says.
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< lose-part 10..20 text 202*61   S< text \"after\""),
        clean: opened!("S< text 202*61   S< text \"after\""),
        expect: &[
            SERVER,
            ("severity", r#""warning""#),
            ("frame", "1"),
            ("declared", "202"),
            ("received", "192"),
            ("missing", "10"),
            ("cause", r#""gap""#),
        ],
    },
    // Of 154 bytes, 54 are headers below WebSocket and 4 the frame's.
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< cut 154 text 202*61   S< text \"after\""),
        clean: opened!("S< text 202*61   S< text \"after\""),
        expect: &[
            SERVER,
            ("severity", r#""warning""#),
            ("declared", "202"),
            ("received", "96"),
            ("missing", "106"),
            ("cause", r#""snaplen""#),
        ],
    },
    // Beyond what 32 bits hold: 4 GiB + 5.
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< binary len=0x100000005 \"hello\"   S< fin   C> fin"),
        clean: opened!("S< binary \"hello\"   S< close   C> close   S< fin   C> fin"),
        expect: &[
            ("declared", "4294967301"),
            ("received", "5"),
            ("missing", "4294967296"),
            ("cause", r#""fin""#),
        ],
    },
    Case {
        id: "frame-incomplete",
        faulty: opened!("S< raw 82 7f 00 00   S< fin   C> fin"),
        clean: opened!("S< raw 82 00   S< close   C> close   S< fin   C> fin"),
        expect: &[SERVER, ("header_bytes", "4"), ("cause", r#""fin""#)],
    },
    // The first part and its acknowledgment take 1 ms each.
    Case {
        id: "frame-stalled",
        faulty: opened!("S< raw 81 05 \"hel\"\nwait 6s\nS< raw \"lo\""),
        clean: opened!("S< raw 81 05 \"hel\"\nwait 4s\nS< raw \"lo\""),
        expect: &[SERVER, ("declared", "5"), ("received", "3"), ("waited_ms", "6002")],
    },
    Case {
        id: "frame-reserved-bits",
        faulty: opened!("C> text rsv=4 \"hi\""),
        clean: opened!("C> text rsv=0 \"hi\""),
        expect: &[CLIENT, ("frame", "1"), ("rsv", "4")],
    },
    Case {
        id: "frame-reserved-bits",
        faulty: opened_deflate!("C> ping rsv=4 01   S< pong 01"),
        clean: opened_deflate!("C> ping 01   S< pong 01"),
        expect: &[CLIENT, ("frame", "1"), ("rsv", "4")],
    },
    Case {
        id: "frame-reserved-bits",
        faulty: opened_deflate!("S< text-deflate-part \"hel\"   S< continuation-deflate rsv=4 \"lo\""),
        clean: opened_deflate!("S< text-deflate-part \"hel\"   S< continuation-deflate \"lo\""),
        expect: &[SERVER, ("frame", "2"), ("rsv", "4")],
    },
    Case {
        id: "frame-reserved-bits",
        faulty: opened_deflate!("S< text-deflate rsv=6 \"hi\""),
        clean: opened_deflate!("S< text-deflate \"hi\""),
        expect: &[SERVER, ("rsv", "6")],
    },
    Case {
        id: "frame-reserved-opcode",
        faulty: opened!("S< frame opcode=3 \"hi\""),
        clean: opened!("S< frame opcode=1 \"hi\""),
        expect: &[SERVER, ("opcode", "3")],
    },
    Case {
        id: "frame-unmasked",
        faulty: opened!("C> text mask=none \"hi\""),
        clean: opened!("C> text mask=auto \"hi\""),
        expect: &[CLIENT, ("frame", "1")],
    },
    Case {
        id: "frame-masked",
        faulty: opened!("S< text mask=auto \"hi\""),
        clean: opened!("S< text mask=none \"hi\""),
        expect: &[SERVER, ("frame", "1")],
    },
    Case {
        id: "frame-mask-weak",
        faulty: opened!("C> text mask=00000000 \"hi\""),
        clean: opened!("C> text mask=00000001 \"hi\""),
        expect: &[CLIENT],
    },
    Case {
        id: "frame-mask-weak",
        faulty: opened!("C> times 4 text mask=01020304 \"hi\""),
        clean: opened!("C> times 3 text mask=01020304 \"hi\""),
        expect: &[CLIENT],
    },
    Case {
        id: "frame-length-not-minimal",
        faulty: opened!("S< text form=16 \"hi\""),
        clean: opened!("S< text \"hi\""),
        expect: &[SERVER, ("declared", "2")],
    },
    Case {
        id: "frame-length-not-minimal",
        faulty: opened!("S< binary form=64 126*00"),
        clean: opened!("S< binary 126*00"),
        expect: &[SERVER, ("declared", "126")],
    },
    Case {
        id: "frame-length-invalid",
        faulty: opened!("S< binary len=0x8000000000000001 ff"),
        clean: opened!("S< binary ff"),
        expect: &[SERVER, ("declared", "9223372036854775809")],
    },
    Case {
        id: "control-fragmented",
        faulty: opened!("S< ping fin=0 01   C> pong 01"),
        clean: opened!("S< ping fin=1 01   C> pong 01"),
        expect: &[SERVER, ("frame", "1")],
    },
    Case {
        id: "control-too-long",
        faulty: opened!("S< ping 126*00   C> pong 126*00"),
        clean: opened!("S< ping 125*00   C> pong 125*00"),
        expect: &[SERVER, ("frame", "1")],
    },
    Case {
        id: "message-continuation-unexpected",
        faulty: opened!("S< text \"a\"   S< continuation \"b\""),
        clean: opened!("S< text-part \"a\"   S< continuation \"b\""),
        expect: &[SERVER, ("frame", "2")],
    },
    // A ping between two fragments is legal (RFC 6455 §5.4).
    Case {
        id: "message-interrupted",
        faulty: opened!("S< text-part \"a\"   S< ping   C> pong   S< text \"b\""),
        clean: opened!("S< text-part \"a\"   S< ping   C> pong   S< continuation \"b\""),
        expect: &[SERVER],
    },
    Case {
        id: "message-unfinished",
        faulty: opened!("S< text-part \"a\"\nS< close   C> close   S< fin   C> fin"),
        clean: opened!("S< text \"a\"\nS< close   C> close   S< fin   C> fin"),
        expect: &[SERVER],
    },
    Case {
        id: "message-invalid-utf8",
        faulty: opened!("C> text \"abc\" ff"),
        clean: opened!("C> text \"abc\" c3bf"),
        expect: &[CLIENT, ("offset", "3")],
    },
    // A character may be cut by a fragment (RFC 6455 §8.1).
    Case {
        id: "message-invalid-utf8",
        faulty: opened!("S< text-part \"ab\" c3   S< continuation 28"),
        clean: opened!("S< text-part \"ab\" c3   S< continuation a9"),
        expect: &[SERVER, ("offset", "2")],
    },
    // With a header of its own, it is the application's matter.
    Case {
        id: "message-compressed-unmarked",
        faulty: opened!(
            "S< binary aa562aa92c4855b252ca48cdc9c957d2512a2d4e2d0272137332935381dca2fcfc5c2037273f29a952a91600"
        ),
        clean: opened!(
            "S< binary 78daab562aa92c4855b252ca48cdc9c957d2512a2d4e2d0272137332935381dca2fcfc5c2037273f29a952a91600609f0eff"
        ),
        expect: &[SERVER, ("message", "1"), ("certainty", r#""tentative""#)],
    },
    // A last block of the reserved type 11 (RFC 1951 §3.2.3).
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("S< text rsv=4 ff ff ff"),
        clean: opened_deflate!("S< text-deflate \"hi\""),
        expect: &[SERVER, ("certainty", r#""certain""#)],
    },
    // The second message refers to the first, of which the capture has only the header.
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("S< lose-part 2..9 text-deflate \"Hello\"   S< text-deflate \"Hello\""),
        clean: opened_deflate!("S< text-deflate \"Hello\"   S< text-deflate \"Hello\""),
        expect: &[SERVER, ("certainty", r#""tentative""#)],
    },
    // What a sender removes from each message is still there: the fault is that message's (RFC 7692 §7.2.1).
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("S< text rsv=4 f248cdc9c907000000ffff   S< text rsv=4 f248cdc9c90700"),
        clean: opened_deflate!("S< text rsv=4 f248cdc9c90700   S< text rsv=4 f248cdc9c90700"),
        expect: &[SERVER, ("frame", "1"), ("flaw", r#""tail-kept""#), ("certainty", r#""certain""#)],
    },
    // An empty message has one byte when it is compressed (RFC 7692 §7.2.3.6).
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("C> text rsv=4   C> text rsv=4 f248cdc9c90700"),
        clean: opened_deflate!("C> text rsv=4 00   C> text rsv=4 f248cdc9c90700"),
        expect: &[CLIENT, ("frame", "1"), ("flaw", r#""empty""#)],
    },
    // After a block that says it is the last one there has to be another, of which 00 is left (RFC 7692 §7.2.3.4).
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("S< text rsv=4 f348cdc9c90700   S< text rsv=4 f248cdc9c90700"),
        clean: opened_deflate!("S< text rsv=4 f348cdc9c9070000   S< text rsv=4 f248cdc9c90700"),
        expect: &[SERVER, ("frame", "1"), ("flaw", r#""last-block""#)],
    },
    // The block has no end.
    Case {
        id: "message-inflate-failed",
        faulty: opened_deflate!("S< text rsv=4 f248cdc9c9   S< text \"plain\""),
        clean: opened_deflate!("S< text rsv=4 f248cdc9c90700   S< text \"plain\""),
        expect: &[SERVER, ("frame", "1"), ("flaw", r#""unfinished""#)],
    },
    // The second "the quick brown fox jumps" refers to the first, 1425 bytes back.
    Case {
        id: "message-inflate-failed",
        faulty: "C> upgrade /chat deflate   S< 101 +Sec-WebSocket-Extensions: permessage-deflate; \
                 server_max_window_bits=10\n\
                 S< text-deflate \"the quick brown fox jumps\" 1400*61 \"the quick brown fox jumps\"",
        clean: "C> upgrade /chat deflate   S< 101 +Sec-WebSocket-Extensions: permessage-deflate; \
                server_max_window_bits=11\n\
                S< text-deflate \"the quick brown fox jumps\" 1400*61 \"the quick brown fox jumps\"",
        expect: &[SERVER, ("flaw", r#""window""#), ("certainty", r#""certain""#)],
    },
    Case {
        id: "message-inflate-failed",
        faulty: "C> upgrade /chat deflate   S< 101 +Sec-WebSocket-Extensions: permessage-deflate; \
                 server_no_context_takeover\n\
                 S< text-deflate \"the quick brown fox\"   S< text-deflate \"the quick brown fox\"",
        clean: "C> upgrade /chat deflate   S< 101 +Sec-WebSocket-Extensions: permessage-deflate; \
                server_no_context_takeover\n\
                S< text-deflate fresh \"the quick brown fox\"   S< text-deflate fresh \"the quick brown fox\"",
        expect: &[SERVER, ("frame", "2"), ("flaw", r#""context""#)],
    },
    // 422 kB that inflate to 67121281 times "a"; 14 repetitions of 13 bytes inflate to some 30 kB.
    Case {
        id: "message-too-large",
        faulty: opened_deflate!(
            "S< text rsv=4 4a1c05a360148c8251300a46c128 32519*1805a360148c8251300a46c128 0000"
        ),
        clean: opened_deflate!(
            "S< text rsv=4 4a1c05a360148c8251300a46c128 14*1805a360148c8251300a46c128 0000"
        ),
        expect: &[SERVER, ("limit", "67108864")],
    },
    // Read as a frame, "H" has RSV1 set and is a Close that is not final.
    Case {
        id: "stream-not-websocket",
        faulty: opened!(
            "S< text \"a\"   S< raw \"HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n\""
        ),
        clean: opened!(
            "S< text \"a\"   S< text \"HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n\""
        ),
        expect: &[SERVER],
    },
    Case {
        id: "stream-not-websocket",
        faulty: opened!("S< [ text \"a\" | raw \"0\\r\\n\\r\\n\" ]   S< fin   C> fin"),
        clean: opened!("S< text \"a\"   S< close   C> close   S< fin   C> fin"),
        expect: &[SERVER],
    },
    // The text has 7 bytes; what follows is a frame all the same.
    Case {
        id: "stream-not-websocket",
        faulty: opened!(
            "S< frame opcode=1 len=10 \"seven b\"   S< text \"and then another\"   S< text \"and one more\""
        ),
        clean: opened!(
            "S< frame opcode=1 len=7 \"seven b\"   S< text \"and then another\"   S< text \"and one more\""
        ),
        expect: &[SERVER, ("frame", "1"), ("declared", "10"), ("actual", "7")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: opened!(
            "S< frame opcode=1 len=4 \"seven b\"   S< text \"and then another\"   S< text \"and one more\""
        ),
        clean: opened!(
            "S< frame opcode=1 len=7 \"seven b\"   S< text \"and then another\"   S< text \"and one more\""
        ),
        expect: &[SERVER, ("frame", "1"), ("declared", "4"), ("actual", "7")],
    },
    // A text of 40 bytes, but after 20 of them another frame of 7 bytes; then its rest.
    Case {
        id: "frame-interleaved",
        faulty: opened!(
            "S< raw 81 28 20*61   S< text \"inner\"   S< raw 20*62   S< close   C> close   S< fin   C> fin"
        ),
        clean: opened!(
            "S< raw 81 28 20*61   S< raw 20*62   S< text \"inner\"   S< close   C> close   S< fin   C> fin"
        ),
        expect: &[SERVER, ("frame", "1"), ("declared", "40"), ("offset", "20"), ("skipped", "7")],
    },
    // The same by a client, whose payloads are masked.
    Case {
        id: "frame-interleaved",
        faulty: opened!(
            "C> raw 81 a8 01 02 03 04 20*61   C> text \"inner\"   C> raw 20*62   C> text \"and then\"   C> close   \
             S< close   S< fin   C> fin"
        ),
        clean: opened!(
            "C> raw 81 a8 01 02 03 04 20*61   C> raw 20*62   C> text \"inner\"   C> text \"and then\"   C> close   \
             S< close   S< fin   C> fin"
        ),
        expect: &[CLIENT, ("frame", "1"), ("declared", "40"), ("offset", "20"), ("skipped", "11")],
    },
    // A frame of 96 bytes was begun and never written; others came instead.
    Case {
        id: "stream-not-websocket",
        faulty: opened!(
            "S< raw 81 60   S< text 40*61   S< text 40*62   S< text 40*63   S< text 40*64   S< text 40*65   S< close"
        ),
        clean: opened!(
            "S< text 40*61   S< text 40*62   S< text 40*63   S< text 40*64   S< text 40*65   S< close   C> close"
        ),
        expect: &[SERVER, ("frame", "1"), ("declared", "96"), ("offset", "0"), ("skipped", "30")],
    },
    // So large that the session ends first.
    Case {
        id: "stream-not-websocket",
        faulty: opened!(
            "S< raw 81 7e 40 00   S< text 40*61   S< text 40*62   S< close   C> close   S< fin   C> fin"
        ),
        clean: opened!("S< text 40*61   S< text 40*62   S< close   C> close   S< fin   C> fin"),
        expect: &[SERVER, ("frame", "1"), ("declared", "16384"), ("offset", "0")],
    },
    // 60 bytes were counted where 90 are.
    Case {
        id: "stream-not-websocket",
        faulty: opened!("S< frame opcode=1 len=60 90*61   S< times 3 text \"and then another\""),
        clean: opened!("S< frame opcode=1 len=90 90*61   S< times 3 text \"and then another\""),
        expect: &[SERVER, ("frame", "1"), ("declared", "60"), ("skipped", "30")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: "C> upgrade /chat   S< 101   S< raw \"\\n\"\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        clean: "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        expect: &[SERVER, ("looks_like", r#""line ends after the HTTP head""#), ("skipped", "1")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: "C> upgrade /chat   S< 101   C> raw \"\\r\\n\"\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        clean: "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        expect: &[CLIENT, ("looks_like", r#""line ends after the HTTP head""#), ("skipped", "2")],
    },
    // Two of them, in one packet with the answer and by themselves.
    Case {
        id: "stream-not-websocket",
        faulty: "C> upgrade /chat   S< [ 101 | raw \"\\n\\n\" ]\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        clean: "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        expect: &[SERVER, ("looks_like", r#""line ends after the HTTP head""#), ("skipped", "2")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: "C> upgrade /chat   S< 101   S< raw \"\\r\\n\\r\\n\"\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        clean: "C> upgrade /chat   S< 101\nC> text \"a\"   S< text \"b\"   C> close   S< close",
        expect: &[SERVER, ("looks_like", r#""line ends after the HTTP head""#), ("skipped", "4")],
    },
    // A carriage return alone, and only a Close behind it.
    Case {
        id: "stream-not-websocket",
        faulty: "C> [ upgrade /chat | raw 0d ]   S< 101\nC> close 1000   S< close 1002   S< fin   C> fin",
        clean: "C> upgrade /chat   S< 101\nC> close 1000   S< close 1000   S< fin   C> fin",
        expect: &[CLIENT, ("looks_like", r#""line ends after the HTTP head""#), ("skipped", "1")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: opened!("S< text \"a\"   S< raw 0d   S< text \"b\"   C> close   S< close"),
        clean: opened!("S< text \"a\"   S< text \"\\r\"   S< text \"b\"   C> close   S< close"),
        expect: &[SERVER, ("frame", "1"), ("looks_like", r#""line ends between frames""#), ("skipped", "1")],
    },
    // Between frames, after each.
    Case {
        id: "stream-not-websocket",
        faulty: opened!("S< times 3 [ text \"{}\" | raw \"\\n\" ]   C> close   S< close"),
        clean: opened!("S< times 3 [ text \"{}\" | text \"\\n\" ]   C> close   S< close"),
        expect: &[SERVER, ("frame", "1"), ("looks_like", r#""line ends between frames""#), ("skipped", "1")],
    },
    Case {
        id: "stream-not-websocket",
        faulty: opened!("S< text \"a\"   S< raw \"Traceback (most recent call last):\\n\"   S< fin   C> fin"),
        clean: opened!(
            "S< text \"a\"   S< text \"Traceback (most recent call last):\\n\"   S< close   C> close"
        ),
        expect: &[SERVER, ("frame", "1"), ("looks_like", r#""text without a frame around it""#)],
    },
    // "plain text" as it stands on the wire, although the mask bit is set.
    Case {
        id: "stream-not-websocket",
        faulty: opened!("C> raw 81 8a 91 a2 b3 c4 \"plain text\""),
        clean: opened!("C> text \"plain text\""),
        expect: &[CLIENT, ("frame", "1"), ("looks_like", r#""a frame masked twice""#)],
    },
    // The header and 8 bytes of the payload are lost; 42 bytes follow of which nobody knows what they are.
    Case {
        id: "stream-resynchronized",
        faulty: opened!(
            "S< lose-part 0..10 text 50*61   S< text \"two\"   S< text \"three\"   S< text \"four\""
        ),
        clean: opened!("S< text 50*61   S< text \"two\"   S< text \"three\"   S< text \"four\""),
        expect: &[SERVER, ("skipped", "42")],
    },
];
