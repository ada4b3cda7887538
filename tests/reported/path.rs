//! What happens below WebSocket, between the two: resets from elsewhere, windows, dead paths and what routers say of them.

use super::Situation;

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a reset comes in the name of each side after a long silence",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   wait 350s\n\
                   S< rst   C> rst",
        must: &["reset-foreign", "says=in the client's name as well"],
        must_not: &["connection-reset", "close-missing@client", "close-missing@server"],
    },
    Situation {
        what: "a reset in the name of the server, which goes on sending",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   wait 5s\n\
                   S< rst   S< noack text \"c\"",
        must: &["reset-foreign", "says=went on sending", "frames>=3"],
        must_not: &["connection-reset", "close-missing@server"],
    },
    Situation {
        what: "a forged reset that nobody heeds",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   wait 5s\n\
                   S< rst   S< text \"c\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["reset-foreign", "frames>=5"],
        must_not: &["connection-reset", "close-missing", "accuse"],
    },
    Situation {
        what: "clean: the server closes, and resets when the client still sends",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> close   S< close   S< fin   C> fin   S< rst",
        must: &["clean"],
        must_not: &["reset-foreign"],
    },
    Situation {
        what: "a window of a few bytes",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   window client 40\n\
                   C> ack\n\
                   S< binary len=156 36*61\n\
                   wait 400ms\n\
                   S< raw 40*61\n\
                   wait 800ms\n\
                   S< raw 40*61\n\
                   wait 1600ms\n\
                   S< raw 40*61",
        must: &["receiver-stalled@client", "says=had room for 40 bytes at most"],
        must_not: &["receiver-stalled@server", "accuse"],
    },
    Situation {
        what: "a window of 200 bytes, without scaling, that does not grow",
        scenario: "ipv6\n\
                   C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   window server 200\n\
                   S< ack\n\
                   C> binary len=792 192*61\n\
                   wait 400ms\n\
                   C> raw 200*61\n\
                   wait 800ms\n\
                   C> raw 200*61\n\
                   wait 1600ms\n\
                   C> raw 200*61",
        must: &["receiver-stalled@server", "says=had room for 200 bytes at most"],
        must_not: &["receiver-stalled@client", "accuse"],
    },
    Situation {
        what: "clean: a small device has a window of 200 bytes and reads what comes",
        scenario: "window client 200\n\
                   C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   S< split 200 binary 496*61\n\
                   wait 60s\n\
                   S< text 40*61\n\
                   wait 60s\n\
                   S< split 200 binary 496*61\n\
                   wait 60s\n\
                   S< text 192*61\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: a window of 200 with a scale, which is none of a few bytes",
        scenario: "syn-options 01030307\n\
                   C> upgrade   S< 101\n\
                   window client 200\n\
                   C> ack\n\
                   S< binary 1000*61\n\
                   wait 5s\n\
                   S< binary 1000*61\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: a window of a few bytes, and messages that are smaller",
        scenario: "C> upgrade   S< 101\n\
                   window client 60\n\
                   C> ack\n\
                   S< text \"a\"\n\
                   wait 3s\n\
                   S< text \"b\"\n\
                   wait 3s\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: a window is closed for long, and nobody has anything to send until its owner asks",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   window client 0\n\
                   C> ack\n\
                   wait 20s\n\
                   window client 500\n\
                   C> ack   C> text \"more\"   S< text \"here\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: the same, and the window is opened by the question",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   window client 0\n\
                   C> ack\n\
                   wait 4s\n\
                   window client 500\n\
                   C> text \"more\"   S< text \"here\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "a window is closed for 4 s, nobody asks for anything, and then the server sends at once",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   window client 0\n\
                   C> ack\n\
                   wait 4s\n\
                   window client 500\n\
                   C> ack   S< text \"here\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["receiver-stalled@client"],
        must_not: &["receiver-stalled@server"],
    },
    Situation {
        what: "the answers to a client's SYNs do not arrive",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hi\"   C> close   S< close   S< fin   C> fin\n\
                   2: client 10.0.0.7\n\
                   2C> syn   2S< synack\n\
                   wait 1s\n\
                   2C> syn   2S< synack\n\
                   wait 2s\n\
                   2C> syn   2S< synack\n\
                   wait 4s\n\
                   3: client 10.0.0.8\n\
                   3C> upgrade   3S< 101   3C> close   3S< close   3S< fin   3C> fin",
        must: &["connect-unanswered", "says=3 SYN-ACKs in answer", "sessions=2"],
        must_not: &["accuse@client", "accuse@server"],
    },
    Situation {
        what: "clean: one SYN, whose answer is sent three times: the client may never have meant to connect",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hi\"   C> close   S< close   S< fin   C> fin\n\
                   2: client 10.0.0.7\n\
                   2C> syn   2S< synack\n\
                   wait 1s\n\
                   2S< synack\n\
                   wait 4s\n\
                   2S< synack",
        must: &["sessions=1"],
        must_not: &["connect-unanswered", "accuse"],
    },
    Situation {
        what: "a firewall says in ICMP that it lets no SYN through",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hi\"\n\
                   2: client 10.0.0.7\n\
                   2C> syn\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000007030d00000000000045000028004d4000400600000a0000070a0000029c421f90000f9060\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["connect-unanswered", "says=10.9.9.9 on the way says in ICMP that a firewall prohibits it"],
        must_not: &["accuse@server", "accuse@client"],
    },
    Situation {
        what: "full-sized segments are lost, and a router says why",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> vanish resend 5 300ms text 1400*61\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030400000000057845000028004d4000400600000a0000010a0000029c411f90000f69f0\n\
                   S< ping 01   C> rst",
        must: &["data-unacknowledged", "says=1400 bytes fit the path"],
        must_not: &["accuse", "close-missing@server"],
    },
    Situation {
        what: "a router says that there is no route, and the client gives up",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> vanish resend 1 300ms text \"data\"\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030100000000000045000028004d4000400600000a0000010a0000029c411f90000f69f0\n\
                   wait 3s\n\
                   C> rst",
        must: &["data-unacknowledged", "says=there is no route to the host, see data-unacknowledged"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the host says that the port is gone, and the server gives up at once",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   S< vanish text \"data\"\n\
                   packet 02000000000202000000000108004500003800004000400100000a0000010a00000203030000000000004500002800004000400600000a0000020a0000011f909c41004c72d9\n\
                   S< rst",
        must: &["data-unacknowledged", "says=that host says in ICMP that the port is unreachable"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: there was no route for a while",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> resend 1 300ms text \"data\"\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030100000000000045000028004d4000400600000a0000010a0000029c411f90000f69f0\n\
                   wait 3s\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["data-unacknowledged"],
    },
    Situation {
        what: "the third SYN is answered",
        scenario: "C> syn\n\
                   wait 1s\n\
                   C> syn\n\
                   wait 2s\n\
                   C> syn\n\
                   C> upgrade   S< 101\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["upgrade-slow", "says=the client's SYN was sent 3 times before an answer came"],
        must_not: &["accuse", "upgrade-slow@server"],
    },
    Situation {
        what: "ICMP about a connection that has no such bytes is a lie or a mistake",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"hello\"   S< text \"hello\"\n\
                   C> vanish resend 5 300ms text 1400*61\n\
                   packet 0200000000010200000000fe080045000038004d4000400100000a0909090a000001030400000000057845000028004d4000400600000a0000010a0000029c411f9000170b10\n\
                   S< ping 01   C> rst",
        must: &["data-unacknowledged"],
        must_not: &["says=in ICMP"],
    },
    Situation {
        what: "a request that never arrives: the server's FIN acknowledges nothing of it",
        scenario: "C> vanish resend 5 300ms upgrade /chat   S< fin   C> fin",
        must: &[
            "data-unacknowledged",
            "once=data-unacknowledged",
            "upgrade-no-response",
            "says=see data-unacknowledged",
        ],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same, and the server says 408 before it closes",
        scenario: "C> vanish resend 5 300ms upgrade /chat   S< http 408   S< fin   C> fin",
        must: &["once=data-unacknowledged", "upgrade-rejected@server", "says=may never have arrived"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server closes while the request is on its way",
        scenario: "C> vanish upgrade /chat   S< fin   C> fin",
        must: &["upgrade-no-response@server", "says=may never have arrived"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server has the request and closes without an answer",
        scenario: "C> upgrade /chat   S< fin   C> fin",
        must: &["upgrade-no-response@server", "accuse@server"],
        must_not: &["says=may never have arrived"],
    },
    Situation {
        what: "a request that nobody acknowledged, and the client gives up after 6 s",
        scenario: "C> vanish upgrade /chat\nwait 6s\nC> fin",
        must: &[
            "upgrade-unanswered@server",
            "says=never acknowledged all of the request, which may never have arrived",
        ],
        must_not: &["accuse", "says=though sent again"],
    },
    Situation {
        what: "the same, and the client sends it again twice and resets",
        scenario: "C> vanish resend 2 300ms upgrade /chat\nwait 6s\nC> rst",
        must: &["upgrade-unanswered@server", "says=which, though sent again, may never have arrived"],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: a request that the server acknowledged, and the client gives up after 6 s",
        scenario: "C> upgrade /chat\nwait 6s\nC> fin",
        must: &["upgrade-unanswered@server", "accuse@server"],
        must_not: &["says=acknowledged"],
    },
    Situation {
        what: "twin: a request that arrives when it is sent again, and the client gives up after 6 s",
        scenario: "C> resend 1 300ms upgrade /chat\nwait 6s\nC> fin",
        must: &["upgrade-unanswered@server", "accuse@server"],
        must_not: &["says=acknowledged"],
    },
    Situation {
        what: "what a side sends again and again does not arrive, and the other one ends TCP",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> vanish resend 4 300ms text \"c\"   S< fin   C> fin",
        must: &["once=data-unacknowledged"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "an MTU black hole: of two segments the large one never arrives, and the small one is acknowledged selectively",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> vanish-part 0..1408 sack resend 5 300ms [ text 1400*61 | text 700*62 ]   C> rst",
        must: &["data-unacknowledged", "says=segments of 1,408 bytes or more do not"],
        must_not: &["says=the path to it is dead", "accuse@server"],
    },
    Situation {
        what: "the same without selective acknowledgments",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> vanish-part 0..1408 noack resend 5 300ms [ text 1400*61 | text 700*62 ]   C> rst",
        must: &["data-unacknowledged", "says=the path to it is dead"],
        must_not: &["says=segments of"],
    },
    Situation {
        what: "of two segments the first never arrives, and an equally large one is acknowledged selectively: no MTU",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> vanish-part 0..708 sack resend 5 300ms [ text 700*61 | text 700*62 ]   C> rst",
        must: &["data-unacknowledged"],
        must_not: &["says=segments of"],
    },
    Situation {
        what: "a large request of which only the end arrives, and the server's FIN: an MTU black hole",
        scenario: "C> vanish-part 0..1400 sack resend 5 300ms upgrade /chat +Cookie: \"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\"\nS< fin   C> fin",
        must: &[
            "once=data-unacknowledged",
            "upgrade-no-response",
            "says=segments of 1,400 bytes or more do not",
        ],
        must_not: &["accuse"],
    },
    Situation {
        what: "a device on the way resets in both names, and one of the two hop counts leaves no doubt",
        scenario: "ttl server 49\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< ttl 64 rst   C> ttl 63 rst",
        must: &["once=reset-foreign", "says=with hop count 64 (its packets have 49)"],
        must_not: &["says=hop count 63", "connection-reset"],
    },
];
