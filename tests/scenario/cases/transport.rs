//! What the network and the capture do.

use super::{Case, opened};

/// Findings about transport and capture.
pub const CASES: &[Case] = &[
    // A frame of 7 bytes.
    Case {
        id: "tcp-gap",
        faulty: opened!("S< lose text \"hello\"   S< text \"after\"   S< text \"that\""),
        clean: opened!("S< text \"hello\"   S< text \"after\"   S< text \"that\""),
        expect: &[("from", r#""server""#), ("missing", "7")],
    },
    // A session that is whole, were it not for the tap.
    Case {
        id: "direction-missing",
        faulty: "tap client\nC> upgrade /chat   S< 101   C> text \"hello\"   C> ping 01   S< pong 01\n\
                 C> close 1000   S< close 1000   S< fin   C> fin",
        clean: "C> upgrade /chat   S< 101   C> text \"hello\"   C> ping 01   S< pong 01\n\
                C> close 1000   S< close 1000   S< fin   C> fin",
        expect: &[("side", r#""server""#)],
    },
    Case {
        id: "direction-missing",
        faulty: "tap server\nC> upgrade /chat   S< 101   C> text \"hello\"   C> ping 01   S< pong 01\n\
                 C> close 1000   S< close 1000   S< fin   C> fin",
        clean: "C> upgrade /chat   S< 101   C> text \"hello\"   C> ping 01   S< pong 01\n\
                C> close 1000   S< close 1000   S< fin   C> fin",
        expect: &[("side", r#""client""#)],
    },
    // The same segment twice with different ends, before the one that goes before it.
    Case {
        id: "tcp-overlap-conflict",
        faulty: opened!("S< order 2 2~3 1 split-at 5 text \"hello world\""),
        clean: opened!("S< order 2 2 1 split-at 5 text \"hello world\""),
        expect: &[("from", r#""server""#), ("bytes", "3")],
    },
    // 54 bytes of headers, 4 of the frame's header and 202 of payload, of which 100 are kept in all.
    Case {
        id: "packet-truncated",
        faulty: opened!("S< cut 100 text 202*61   C> text \"after\""),
        clean: opened!("S< cut 260 text 202*61   C> text \"after\""),
        expect: &[("packets", "1"), ("bytes", "160")],
    },
    // Only pcapng files can say this: take `to_pcapng`.
    Case {
        id: "capture-drops",
        faulty: opened!("drops 17"),
        clean: opened!("drops 0"),
        expect: &[("dropped", "17")],
    },
    // 1024 pings are remembered; the pong answers the last one and with it all others.
    Case {
        id: "limit-reached",
        faulty: opened!("C> times 1024 ping 01   C> ping 02   S< pong 02"),
        clean: opened!("C> times 1023 ping 01   C> ping 02   S< pong 02"),
        expect: &[("limit", r#""outstanding-pings""#)],
    },
    // A ping that is sent five times in 3.1 s, and nothing more of the client.
    Case {
        id: "data-unacknowledged",
        faulty: opened!("S< text \"a\"\nwait 10s\nS< vanish resend 4 200ms ping 01 02 03 04"),
        clean: opened!("S< text \"a\"\nwait 10s\nS< ping 01 02 03 04   C> pong 01 02 03 04"),
        expect: &[("retransmissions", "4"), ("bytes", "6"), ("shape", r#""all""#), ("from", "null")],
    },
    // The client continues, but what the server sends does not arrive.
    Case {
        id: "data-unacknowledged",
        faulty: opened!("S< vanish resend 4 200ms text \"a\"   C> noack text \"b\"   C> noack text \"c\""),
        clean: opened!("S< resend 1 200ms text \"a\"   C> text \"b\"   C> text \"c\""),
        expect: &[("shape", r#""all""#)],
    },
    // Large segments get lost, small ones do not.
    Case {
        id: "data-unacknowledged",
        faulty: opened!(
            "C> text \"hello\"   S< text \"hello\"   C> vanish resend 5 300ms text 1400*61   S< ping 01   C> rst"
        ),
        clean: opened!("C> text \"hello\"   S< text \"hello\"   C> text 1400*61   S< ping 01   C> pong 01"),
        expect: &[("shape", r#""full-size""#), ("retransmissions", "5"), ("bytes", "1408")],
    },
    // The side that dies after its Close does not acknowledge the answer to it.
    Case {
        id: "data-unacknowledged",
        faulty: opened!("C> close 1000   S< vanish resend 4 200ms [ close 1000 | fin ]"),
        clean: opened!("C> close 1000   S< [ close 1000 | fin ]   C> fin"),
        expect: &[("shape", r#""all""#), ("bytes", "4")],
    },
    // Nothing to send, and nobody who answers.
    Case {
        id: "data-unacknowledged",
        faulty: opened!(
            "S< text \"a\"\nwait 60s\nS< keepalive\nwait 10s\nS< keepalive\nwait 10s\nS< keepalive"
        ),
        clean: opened!(
            "S< text \"a\"\nwait 60s\nS< keepalive   C> ack\nwait 60s\nS< keepalive   C> ack\nwait 60s
            S< keepalive   C> ack   S< close   C> close   S< fin   C> fin"
        ),
        expect: &[("retransmissions", "3"), ("bytes", "0"), ("shape", r#""all""#)],
    },
    // The client's window is closed for 8 s: the pong cannot come.
    Case {
        id: "receiver-stalled",
        faulty: opened!(
            "S< text \"a\"\nwindow client 0\nC> ack\nwait 1s\nS< keepalive   C> noack ping 01\nwait 7s\nC> rst"
        ),
        clean: opened!(
            "S< text \"a\"\nwindow client 0\nC> ack\nwait 500ms\nwindow client 63\nC> ping 01   S< pong 01
             C> close   S< close   S< fin   C> fin"
        ),
        expect: &[("from", r#""client""#), ("scope", r#""tcp""#), ("stalled_ms", "8003")],
    },
    // It opens again, and what had to wait comes at once: the sender is not the one that stalled.
    Case {
        id: "receiver-stalled",
        faulty: opened!(
            "C> split-at 100 noack text 200*61\nwindow server 0\nS< ack\nwait 12s\nwindow server 500\nS< ack
             C> text \"b\"   S< text \"c\""
        ),
        // Nobody wants to send anything.
        clean: opened!(
            "C> text 200*61\nwindow server 0\nS< ack\nwait 12s\nwindow server 500\nS< ack\nwait 2s\nC> text \"b\""
        ),
        expect: &[("from", r#""server""#), ("stalled_ms", "12001")],
    },
    // A load balancer forgot the connection, and answers in the client's name.
    Case {
        id: "reset-foreign",
        faulty: opened!("S< text \"a\"\nwait 371s\nS< vanish text \"b\"   C> ttl 255 rst"),
        clean: opened!("S< text \"a\"\nwait 10s\nS< text \"b\"   C> close   S< close   S< rst"),
        expect: &[("ttl", "255"), ("usual_ttl", "64"), ("from", "null"), ("silence_ms", "371002")],
    },
    Case {
        id: "reset-foreign",
        faulty: concat!("ipv6\nttl server 57\n", opened!("S< text \"a\"   S< ttl 61 rst")),
        clean: concat!("ipv6\nttl server 57\n", opened!("S< text \"a\"   S< close   C> close   S< rst")),
        expect: &[("ttl", "61"), ("usual_ttl", "57"), ("certainty", r#""certain""#)],
    },
    // Another route may be a few hops shorter.
    Case {
        id: "reset-foreign",
        faulty: concat!("ttl server 57\n", opened!("S< text \"a\"   S< ttl 60 rst")),
        clean: concat!("ttl server 57\n", opened!("S< text \"a\"   S< close   C> close   S< rst")),
        expect: &[("ttl", "60"), ("certainty", r#""tentative""#)],
    },
    // Captured on both sides of a host that translates both addresses.
    Case {
        id: "address-translated",
        faulty: "syn-options 0101080a0000002a00000000\nisn 7777\n2: client 10.0.0.9\n2: server 10.0.0.3:9001
            C> syn   2C> syn   2S< synack   S< synack   C> ack   2C> ack
            C> upgrade /chat   2C> upgrade /chat   2S< 101   S< 101
            C> close   2C> close   2S< close   S< close   2S< fin   S< fin   C> fin   2C> fin",
        // Two connections with the same numbers and other clocks are two.
        clean: "syn-options 0101080a0000002a00000000\nisn 7777\n2: client 10.0.0.9\n2: server 10.0.0.3:9001
            C> syn   S< synack   C> ack\nsyn-options 0101080a0000002b00000000\n2C> syn   2S< synack   2C> ack
            C> upgrade /chat   2C> upgrade /chat   2S< 101   S< 101
            C> close   2C> close   2S< close   S< close   2S< fin   S< fin   C> fin   2C> fin",
        expect: &[
            ("other_client", r#""10.0.0.9:40002""#),
            ("other_server", r#""10.0.0.3:9001""#),
            ("count", "1"),
            ("severity", r#""note""#),
        ],
    },
];
