//! What follows from a cause below WebSocket, from a proxy or from what the capture lacks, and is not what is wrong.

use super::Situation;

/// A WebSocket on both sides of a proxy: connection 1 is the client's leg, connection 2 the server's.
macro_rules! two_legs {
    ($($step:literal),*) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat   2S< 101   S< 101\n",
            "C> text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"   2S< text \"b\"   S< text \"b\"\n",
            $($step),*
        )
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a client does not read, begins to again, and is reset in the middle of a frame",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   window client 0\nS< binary len=3000 1000*61\nwait 300ms\nS< keepalive   C> ack\nwait 6s\n\
                   window client 65535\nC> ack   S< raw 500*62   S< rst",
        must: &[
            "receiver-stalled@client",
            "frame-incomplete",
            "says=window had been closed for 6.3 s until then: the client had not read",
        ],
        must_not: &["accuse@server", "certain=frame-incomplete"],
    },
    Situation {
        what: "twin: it reads again for half a minute before the server resets",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   window client 0\nS< binary len=3000 1000*61\nwait 300ms\nS< keepalive   C> ack\nwait 6s\n\
                   window client 65535\nC> ack   S< raw 500*62\nwait 30s\nS< raw 500*63   S< rst",
        must: &["receiver-stalled@client", "certain=frame-incomplete", "accuse@server"],
        must_not: &["says=had not read"],
    },
    Situation {
        what: "something in between resets the server's leg of the path, and the server sends on in vain",
        scenario: "ttl server 49\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   S< ttl 47 rst\nS< vanish resend 4 300ms text \"c\"",
        must: &["reset-foreign", "says=the reset came from something in between (hop count 47, not 49)"],
        must_not: &["accuse", "says=the path had been dead"],
    },
    Situation {
        what: "twin: the path is dead, and then something in between resets",
        scenario: "ttl server 49\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   S< vanish resend 4 300ms text \"c\"\nS< ttl 47 rst",
        must: &["data-unacknowledged", "says=see data-unacknowledged"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a proxy resets both legs just after a message of the server came",
        scenario: two_legs!("2S< text \"late\"   S< rst   2C> rst"),
        must: &["hop-closed", "hop-lost-message", "says=the proxy ended both sessions"],
        must_not: &["certain=hop-lost-message"],
    },
    Situation {
        what: "twin: it had kept the message for 3 s",
        scenario: two_legs!("2S< text \"kept\"\nwait 3s\nS< rst   2C> rst"),
        must: &["hop-closed", "hop-lost-message"],
        must_not: &["says=the proxy ended both sessions"],
    },
    Situation {
        what: "a message is missing, then the server closes with 1007, and the client answers that",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> lose text \"not in the capture\"\n\
                   S< close 1007   C> close 1007   S< fin   C> fin",
        must: &["tcp-gap@client", "certain=close-abnormal", "once=close-abnormal"],
        must_not: &["says=it may answer a Close"],
    },
    Situation {
        what: "twin: what is missing may be the Close of the client, for no other comes",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> lose close 1007\n\
                   S< close 1007   S< fin   C> fin",
        must: &[
            "tcp-gap@client",
            "close-abnormal@server",
            "says=it may answer a Close of the client that the capture lacks",
        ],
        must_not: &["certain=close-abnormal"],
    },
    Situation {
        what: "a length of 126 without its two bytes: the client complains while frames seem to be payload",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< raw 817e7b22 124*61   C> text \"ok\"\n\
                   S< text \"short message 2\"   C> text \"ok\"   S< text \"short message 3\"   C> text \"ok\"\nwait 1s\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "close-abnormal@client"],
        must_not: &["says=in the middle of the server's frame"],
    },
    Situation {
        what: "twin: it complains in the middle of a frame",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< binary len=31522 124*61\nwait 1s\n\
                   C> close 1002   C> fin   S< fin",
        must: &["says=closed with 1002 (protocol error) in the middle of the server's frame"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "an MTU black hole, and one of its segments is not in the capture",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> vanish resend 5 300ms binary len=2500 1000*61\nC> drop raw 500*62   C> noack raw 1000*63\n\
                   wait 3s\nS< ping 01",
        must: &["data-unacknowledged", "frame-incomplete"],
        must_not: &["certain=frame-incomplete", "accuse"],
    },
    Situation {
        what: "the same, and it is the last one",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> vanish resend 5 300ms binary len=2500 1000*61\nC> drop raw 1508*62\nwait 3s\nS< ping 01",
        must: &["data-unacknowledged", "frame-incomplete"],
        must_not: &["certain=frame-incomplete", "accuse"],
    },
    Situation {
        what: "the path is dead, and the snap length cuts the window scale off the SYNs",
        scenario: "syn-options 020405b40402080a000000010000000001030307\nsnaplen 68\n\
                   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nwindow client 63\nC> text \"c\"\n\
                   S< vanish resend 5 300ms ping 01020304",
        must: &["data-unacknowledged"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "twin: so it does where the scale stands in front of the cut",
        scenario: "syn-options 010303070402080a000000010000000001010101\nsnaplen 68\n\
                   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nwindow client 63\nC> text \"c\"\n\
                   S< vanish resend 5 300ms ping 01020304",
        must: &["data-unacknowledged"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "twin: SYNs without options are whole, and 63 bytes are a closed window",
        scenario: "snaplen 68\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nwindow client 63\nC> text \"c\"\n\
                   S< binary len=3000 63*61\nwait 2s\nS< raw 63*61\nwait 4s\nS< raw 63*61",
        must: &["receiver-stalled@client"],
        must_not: &["data-unacknowledged"],
    },
    Situation {
        what: "a router prohibits each of the client's packets, and the client gives up within a second",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> vanish resend 3 100ms text \"data\"\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030d00000000000045000028004d4000400600000a0000010a0000029c411f90000f69f0",
        must: &["data-unacknowledged", "says=a firewall prohibits it"],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: it prohibited them for a moment, and the last one arrived",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> resend 3 100ms text \"data\"\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030d00000000000045000028004d4000400600000a0000010a0000029c411f90000f69f0",
        must: &["clean"],
        must_not: &["data-unacknowledged"],
    },
];
