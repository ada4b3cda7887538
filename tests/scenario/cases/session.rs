//! Ping, pong and close.

use super::{Case, opened};

const CLIENT: (&str, &str) = ("from", r#""client""#);
const SERVER: (&str, &str) = ("from", r#""server""#);

/// Findings about ping, pong and close.
pub const CASES: &[Case] = &[
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping 01 02   S< pong 01 03"),
        clean: opened!("C> ping 01 02   S< pong 01 02"),
        expect: &[
            SERVER,
            ("frame", "2"),
            ("ping_frame", "1"),
            ("expected_hex", r#""0102""#),
            ("found_hex", r#""0103""#),
            ("shape", r#""other""#),
        ],
    },
    // In a tunnel of SOCKS 5.
    Case {
        id: "pong-mismatch",
        faulty: "C> raw 050100   S< raw 0500\nC> raw 05010001 0a000002 0050   S< raw 05000001 00000000 0000\n\
                 C> upgrade /chat   S< 101\nC> ping 01 02   S< pong 01 03",
        clean: "C> raw 050100   S< raw 0500\nC> raw 05010001 0a000002 0050   S< raw 05000001 00000000 0000\n\
                C> upgrade /chat   S< 101\nC> ping 01 02   S< pong 01 02",
        expect: &[SERVER, ("frame", "2"), ("expected_hex", r#""0102""#), ("found_hex", r#""0103""#)],
    },
    Case {
        id: "pong-mismatch",
        faulty: opened!("S< ping 01 02   C> pong"),
        clean: opened!("S< ping 01 02   C> pong 01 02"),
        expect: &[CLIENT, ("found_hex", r#""""#), ("shape", r#""empty""#)],
    },
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping 01 02   S< pong 01"),
        clean: opened!("C> ping 01 02   S< pong 01 02"),
        expect: &[("found_hex", r#""01""#), ("shape", r#""truncated""#)],
    },
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping 01 02   S< pong 01 02 03"),
        clean: opened!("C> ping 01 02   S< pong 01 02"),
        expect: &[("found_hex", r#""010203""#), ("shape", r#""extended""#)],
    },
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping \"ab\\0cd\"   S< pong \"ab\""),
        clean: opened!("C> ping \"ab\\0cd\"   S< pong \"ab\\0cd\""),
        expect: &[
            ("expected_hex", r#""6162006364""#),
            ("found_hex", r#""6162""#),
            ("shape", r#""nul-truncated""#),
        ],
    },
    // 61 xor 01, 62 xor 02 and so on: each gives 60.
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping mask=01020304 \"abcd\"   S< pong 4*60"),
        clean: opened!("C> ping mask=01020304 \"abcd\"   S< pong \"abcd\""),
        expect: &[("found_hex", r#""60606060""#), ("shape", r#""still-masked""#)],
    },
    // A pong may come at any time, as a heartbeat, also while the round trip is longer than the interval of the pings.
    Case {
        id: "pong-mismatch",
        faulty: opened!("S< ping 01   C> pong   S< ping 02   C> pong"),
        clean: opened!("S< ping 01   C> pong   S< ping 02   C> pong 01   C> pong 02"),
        expect: &[CLIENT, ("shape", r#""empty""#)],
    },
    // A heartbeat that looks like a part of the ping.
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping \"11\"   S< pong \"1\"   C> ping \"12\"   S< pong \"12\""),
        clean: opened!("C> ping \"11\"   S< pong \"1\"   C> ping \"12\"   S< pong \"11\"   S< pong \"12\""),
        expect: &[SERVER, ("shape", r#""truncated""#), ("ping_frame", "1")],
    },
    // The pongs in another order than the pings.
    Case {
        id: "pong-mismatch",
        faulty: opened!("C> ping \"1\"   C> ping \"2\"   S< pong \"2\"   C> ping \"11\"   S< pong \"3\""),
        clean: opened!(
            "C> ping \"1\"   C> ping \"2\"   S< pong \"2\"   C> ping \"11\"   S< pong \"1\"   S< pong \"11\""
        ),
        expect: &[SERVER, ("shape", r#""other""#), ("ping_frame", "4")],
    },
    Case {
        id: "pong-unsolicited",
        faulty: opened!("C> ping 01   C> ping 02   S< pong 02   S< pong 03"),
        clean: opened!("C> ping 01   C> ping 02   S< pong 02   S< pong 01"),
        expect: &[SERVER],
    },
    Case {
        id: "pong-unsolicited",
        faulty: opened!("S< pong 01"),
        clean: opened!("C> ping 01   S< pong 01"),
        expect: &[SERVER, ("frame", "1")],
    },
    Case {
        id: "ping-unanswered",
        faulty: opened!("C> ping 01 02\nwait 2s\nC> close   S< close   S< fin   C> fin"),
        clean: opened!("C> ping 01 02   S< pong 01 02\nwait 2s\nC> close   S< close   S< fin   C> fin"),
        expect: &[("payload_hex", r#""0102""#)],
    },
    // A later pong acknowledges earlier pings (RFC 6455 §5.5.3), not later ones.
    Case {
        id: "ping-unanswered",
        faulty: opened!(
            "C> ping 01   C> ping 02   S< pong 01\nwait 1s\nC> close   S< close   S< fin   C> fin"
        ),
        clean: opened!(
            "C> ping 01   C> ping 02   S< pong 02\nwait 1s\nC> close   S< close   S< fin   C> fin"
        ),
        expect: &[("payload_hex", r#""02""#)],
    },
    // What a keepalive timeout looks like: no pong for long, then the side that pinged resets.
    Case {
        id: "ping-unanswered",
        faulty: opened!("S< ping 01 02\nwait 20s\nS< rst"),
        clean: opened!("S< ping 01 02   C> pong 01 02\nwait 20s\nS< close   C> close   S< fin   C> fin"),
        expect: &[CLIENT, ("payload_hex", r#""0102""#)],
    },
    // The ping and its acknowledgment take 1 ms each.
    Case {
        id: "pong-late",
        faulty: opened!("C> ping 01\nwait 6s\nS< pong 01"),
        clean: opened!("C> ping 01\nwait 4s\nS< pong 01"),
        expect: &[SERVER, ("rtt_ms", "6002")],
    },
    // The pinger had given up for want of it: that is what ended the session.
    Case {
        id: "pong-late",
        faulty: opened!("C> ping 01\nwait 20s\nC> close 1011 \"keepalive ping timeout\"\nwait 1s\nS< pong 01   S< close 1011"),
        clean: opened!("C> ping 01\nwait 4s\nS< pong 01\nwait 17s\nC> close 1000   S< close 1000"),
        expect: &[SERVER, ("severity", r#""warning""#), ("rtt_ms", "21004")],
    },
    // Closing in order is no giving up.
    Case {
        id: "pong-late",
        faulty: opened!("C> ping 01\nwait 20s\nC> close 1000\nwait 1s\nS< pong 01   S< close 1000"),
        clean: opened!("C> ping 01   S< pong 01\nC> close 1000   S< close 1000"),
        expect: &[SERVER, ("severity", r#""note""#)],
    },
    Case {
        id: "close-missing",
        faulty: opened!("S< text \"a\"\nS< fin   C> fin"),
        clean: opened!("S< text \"a\"\nS< close   C> close   S< fin   C> fin"),
        expect: &[("ended_by", r#""fin""#)],
    },
    Case {
        id: "close-missing",
        faulty: opened!("S< text \"a\"\nS< rst"),
        clean: opened!("S< text \"a\"\nS< close   C> close   S< rst"),
        expect: &[("ended_by", r#""rst""#)],
    },
    Case {
        id: "close-missing",
        faulty: opened!("S< text \"a\"\nwait 60s\nS< fin   C> fin"),
        clean: opened!("S< text \"a\"\nwait 60s\nS< close   C> close   S< fin   C> fin"),
        expect: &[SERVER, ("silence_ms", "60002")],
    },
    Case {
        id: "connection-reset",
        faulty: opened!("S< text \"a\"\nwait 60s\nC> rst"),
        clean: opened!("S< text \"a\"\nwait 60s\nC> close   S< close   C> rst"),
        expect: &[CLIENT, ("silence_ms", "60002")],
    },
    // Whoever waits in vain is not to blame for ending TCP.
    Case {
        id: "close-unanswered",
        faulty: opened!("C> close 1000\nwait 10s\nC> fin   S< fin"),
        clean: opened!("C> close 1000\nwait 10s\nS< close 1000   S< fin   C> fin"),
        expect: &[SERVER, ("severity", r#""warning""#)],
    },
    // Nobody can answer a side that does not wait, so the other one is not blamed.
    Case {
        id: "close-unanswered",
        faulty: opened!("S< close 1000   S< fin   C> fin"),
        clean: opened!("S< close 1000   C> close 1000   S< fin   C> fin"),
        expect: &[SERVER, ("severity", r#""note""#)],
    },
    // Whoever fails the connection need not wait (RFC 6455 §7.1.7).
    Case {
        id: "close-abnormal",
        faulty: opened!("S< close 1011   S< fin   C> fin"),
        clean: opened!("S< close 1000   C> close 1000   S< fin   C> fin"),
        expect: &[SERVER],
    },
    Case {
        id: "close-unanswered",
        faulty: opened!("C> close 1000   S< fin   C> fin"),
        clean: opened!("C> close 1000   S< close 1000   S< fin   C> fin"),
        expect: &[],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 1005   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "1005")],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 1006   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "1006")],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 1015   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "1015")],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 999   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "999")],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 1016   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "1016")],
    },
    Case {
        id: "close-code-invalid",
        faulty: opened!("S< close 65535   C> close"),
        clean: opened!("S< close 1000   C> close"),
        expect: &[SERVER, ("code", "65535")],
    },
    Case {
        id: "close-payload-invalid",
        faulty: opened!("S< close 03   C> close"),
        clean: opened!("S< close 03e8   C> close"),
        expect: &[SERVER],
    },
    Case {
        id: "close-reason-invalid-utf8",
        faulty: opened!("S< close 1000 \"bye\" ff   C> close 1000"),
        clean: opened!("S< close 1000 \"bye\" c3bf   C> close 1000"),
        expect: &[SERVER, ("code", "1000")],
    },
    Case {
        id: "close-abnormal",
        faulty: opened!("S< close 1011 \"crash\"   C> close 1011"),
        clean: opened!("S< close 1000 \"crash\"   C> close 1000"),
        expect: &[SERVER, ("code", "1011"), ("reason", r#""crash""#)],
    },
    // Going away is a normal end.
    Case {
        id: "close-abnormal",
        faulty: opened!("S< close 1007   C> close 1007"),
        clean: opened!("S< close 1001   C> close 1001"),
        expect: &[SERVER, ("code", "1007")],
    },
    // The IANA registry: 3000 unauthorized, 3003 forbidden, 3008 timeout.
    Case {
        id: "close-abnormal",
        faulty: opened!("S< close 3000 \"Unauthorized\"   C> close 3000"),
        clean: opened!("S< close 1000   C> close 1000"),
        expect: &[SERVER, ("code", "3000"), ("severity", r#""note""#)],
    },
    // In the middle of the other side's frame, which is told with it.
    Case {
        id: "close-abnormal",
        faulty: opened!("C> binary len=2000000 20000*ab   S< close 1009 \"too big\"   S< fin   C> rst"),
        clean: opened!("C> binary 20000*ab   S< close 1000   C> close 1000   S< fin   C> fin"),
        expect: &[SERVER, ("code", "1009"), ("severity", r#""warning""#)],
    },
    Case {
        id: "close-right-after-data",
        faulty: opened!("S< [ text \"bye\" | close 1000 ]   C> close 1000"),
        clean: opened!("S< [ text \"bye\" ]   S< [ close 1000 ]   C> close 1000"),
        expect: &[SERVER, ("message", "1"), ("acked", "true")],
    },
    // Two packets 0.9 ms apart.
    Case {
        id: "close-right-after-data",
        faulty: opened!("step 450us\nS< text \"bye\"   S< close 1000   C> close 1000"),
        clean: opened!("step 550us\nS< text \"bye\"   S< close 1000   C> close 1000"),
        expect: &[SERVER, ("message", "1"), ("acked", "true")],
    },
    Case {
        id: "data-after-close",
        faulty: opened!("S< close 1000   S< text \"more\"   C> close 1000"),
        clean: opened!("S< text \"more\"   S< close 1000   C> close 1000"),
        expect: &[SERVER, ("frame", "2")],
    },
    // The other side may still send until it answers (RFC 6455 §5.5.1).
    Case {
        id: "data-after-close",
        faulty: opened!("S< close 1000   C> text \"more\"   C> close 1000   C> ping 01"),
        clean: opened!("S< close 1000   C> text \"more\"   C> close 1000"),
        expect: &[CLIENT, ("frame", "4")],
    },
    Case {
        id: "connection-reset",
        faulty: opened!("S< rst"),
        clean: opened!("S< close   C> close   S< rst"),
        expect: &[SERVER],
    },
    // Each session ends 60 s after its last packet with data; a silence of 59.999 s and 1 ms for that packet.
    Case {
        id: "idle-timeout",
        faulty: "C> upgrade /chat   S< 101   C> noack text \"a\"\nwait 59.999s\nS< fin   C> fin
                 2C> upgrade /chat   2S< 101   2C> noack text \"a\"\nwait 59.999s\n2S< fin   2C> fin
                 3C> upgrade /chat   3S< 101   3C> noack text \"a\"\nwait 59.999s\n3S< fin   3C> fin",
        clean: "C> upgrade /chat   S< 101   C> noack text \"a\"
                wait 10s
                S< close   C> close   S< fin   C> fin
                2C> upgrade /chat   2S< 101   2C> noack text \"a\"
                wait 20s
                2S< close   2C> close   2S< fin   2C> fin
                3C> upgrade /chat   3S< 101   3C> noack text \"a\"
                wait 40s
                3S< close   3C> close   3S< fin   3C> fin",
        expect: &[("idle_ms", "60000"), ("sessions", "3")],
    },
    // The Close is not acknowledged, and a message of the client lies unread.
    Case {
        id: "reset-after-close",
        faulty: opened!("S< vanish close 1001   C> noack text \"x\"   S< rst"),
        clean: opened!("S< close 1001   C> text \"x\"   C> close 1001   S< rst"),
        expect: &[SERVER],
    },
    // The other way round; the answer came in time.
    Case {
        id: "reset-after-close",
        faulty: opened!("C> close 1000   S< text \"x\"   C> rst"),
        clean: opened!("C> close 1000   S< text \"x\"   S< close 1000   C> rst"),
        expect: &[CLIENT],
    },
    // Each session ends 15 s after its 101, whatever was sent.
    Case {
        id: "lifetime-limit",
        faulty: "C> upgrade   S< 101\nwait 7s\nC> text \"a\"\nwait 7.993s\nS< fin   C> fin
                 2C> upgrade   2S< 101\nwait 14s\n2C> text \"a\"\nwait 0.993s\n2S< fin   2C> fin
                 3C> upgrade   3S< 101\nwait 10s\n3C> text \"a\"\nwait 4.993s\n3S< fin   3C> fin",
        clean: "C> upgrade   S< 101\nwait 7s\nC> text \"a\"\nwait 8s\nS< close   C> close   S< fin   C> fin
                2C> upgrade   2S< 101\nwait 14s\n2C> text \"a\"\nwait 2s\n2S< close   2C> close   2S< fin   2C> fin
                3C> upgrade   3S< 101\nwait 10s\n3C> text \"a\"\nwait 9s\n3S< close   3C> close   3S< fin   3C> fin",
        expect: &[SERVER, ("age_ms", "14997"), ("sessions", "3")],
    },
    // A restart ends all of them at once, however long each was silent.
    Case {
        id: "idle-timeout",
        faulty: "C> upgrade   S< 101   C> text \"a\"\nwait 300ms
                 2C> upgrade   2S< 101   2C> text \"a\"\nwait 300ms
                 3C> upgrade   3S< 101   3C> text \"a\"\nwait 20s
                 S< close 1001   C> close 1001   S< fin   C> fin\nwait 300ms
                 2S< close 1001   2C> close 1001   2S< fin   2C> fin\nwait 300ms
                 3S< close 1001   3C> close 1001   3S< fin   3C> fin",
        clean: "C> upgrade   S< 101   C> text \"a\"\nwait 300ms
                2C> upgrade   2S< 101   2C> text \"a\"\nwait 300ms
                3C> upgrade   3S< 101   3C> text \"a\"\nwait 20s
                S< close 1001   2S< close 1001   3S< close 1001
                C> close 1001   S< fin   C> fin
                2C> close 1001   2S< fin   2C> fin
                3C> close 1001   3S< fin   3C> fin",
        expect: &[SERVER, ("sessions", "3")],
    },
    // So does it where their ages, which differ by the second in which they began, are nearly the same.
    Case {
        id: "lifetime-limit",
        faulty: "C> upgrade   S< 101\nwait 1s\n2C> upgrade   2S< 101\nwait 1s\n3C> upgrade   3S< 101\nwait 435s
                 C> text \"a\"   2C> text \"a\"   3C> text \"a\"\nwait 5s
                 S< fin   C> fin\nwait 1s\n2S< fin   2C> fin\nwait 1s\n3S< fin   3C> fin",
        clean: "C> upgrade   S< 101\nwait 1s\n2C> upgrade   2S< 101\nwait 1s\n3C> upgrade   3S< 101\nwait 435s
                C> text \"a\"   2C> text \"a\"   3C> text \"a\"\nwait 5s
                S< close 1001   2S< close 1001   3S< close 1001
                C> close 1001   S< fin   C> fin
                2C> close 1001   2S< fin   2C> fin
                3C> close 1001   3S< fin   3C> fin",
        expect: &[SERVER, ("sessions", "3")],
    },
    // A reason that names another cause is believed.
    Case {
        id: "idle-timeout",
        faulty: "C> upgrade   S< 101\nwait 30s\nS< close 1000 \"idle timeout\"   C> close 1000   S< fin   C> fin
                 2C> upgrade   2S< 101\nwait 30s\n2S< close 1000 \"idle timeout\"   2C> close 1000   2S< fin   2C> fin
                 3C> upgrade   3S< 101\nwait 30s\n3S< close 1000 \"idle timeout\"   3C> close 1000   3S< fin   3C> fin",
        clean: "C> upgrade   S< 101\nwait 30s\nS< close 1000 \"game over\"   C> close 1000   S< fin   C> fin
                2C> upgrade   2S< 101\nwait 30s\n2S< close 1000 \"game over\"   2C> close 1000   2S< fin   2C> fin
                3C> upgrade   3S< 101\nwait 30s\n3S< close 1000 \"game over\"   3C> close 1000   3S< fin   3C> fin",
        expect: &[SERVER, ("sessions", "3")],
    },
    // Who ends them is the client, or something in front of it.
    Case {
        id: "idle-timeout",
        faulty: "C> upgrade   S< 101   C> text \"a\"\nwait 10s\nC> fin   S< fin
                 2C> upgrade   2S< 101   2C> text \"a\"\nwait 10s\n2C> fin   2S< fin
                 3C> upgrade   3S< 101   3C> text \"a\"\nwait 10s\n3C> fin   3S< fin",
        // A client that says goodbye has reasons of its own.
        clean: "C> upgrade   S< 101   C> text \"a\"\nwait 10s\nC> close   S< close   S< fin   C> fin
                2C> upgrade   2S< 101   2C> text \"a\"\nwait 10s\n2C> close   2S< close   2S< fin   2C> fin
                3C> upgrade   3S< 101   3C> text \"a\"\nwait 10s\n3C> close   3S< close   3S< fin   3C> fin",
        expect: &[CLIENT, ("sessions", "3")],
    },
];
