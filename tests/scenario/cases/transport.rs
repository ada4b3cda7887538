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
];
