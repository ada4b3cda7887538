//! Ports that are used again: what is left of an earlier connection between the same ends.

use super::{Situation, session};

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "only the server is captured, and the ports of a session that its client has reset are used again",
        scenario: "tap server\nC> upgrade /a   S< 101   C> text \"one\"   S< text \"two\"   C> rst\nwait 1s\n\
                   2: client 40001\n2: isn 9000000\n2C> upgrade /b   2S< 101   2C> text \"three\"   2S< text \"four\"\n\
                   2C> close 1000   2S< close 1000   2S< fin   2C> fin",
        must: &["sessions=2", "frames>=3"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "clean: only the server is captured, and a SYN-ACK of other numbers comes that nothing follows",
        scenario: "tap server\nC> upgrade /a   S< 101   C> text \"one\"   S< text \"two\"\n\
                   2: client 40001\n2: isn 9000000\n2: no-handshake\n2S< noack synack\n\
                   C> text \"three\"   S< text \"four\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["sessions=1", "frames>=3"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "clean: the server's FIN of an earlier connection on the same ports, 1.5 s before the SYN",
        scenario: concat!(
            "2: client 40001\n2: isn 9000000\n2: no-handshake\n2S< noack fin\nwait 1500ms\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["upgrade-no-response", "tcp-gap"],
    },
    Situation {
        what: "clean: the server's goodbye of an earlier connection on the same ports, 8 s before the SYN",
        scenario: concat!(
            "2: client 40001\n2: isn 9000000\n2: no-handshake\n2S< noack [ close 1001 | fin ]\nwait 8s\n",
            session!()
        ),
        must: &["outcome=accepted", "sessions=2", "frames>=5"],
        must_not: &["accuse", "upgrade-no-response", "tcp-gap"],
    },
    Situation {
        what: "clean: a text of an earlier connection's server, 8 s before the SYN, with lower numbers",
        scenario: concat!(
            "2: client 40001\n2: isn 900000\n2: no-handshake\n2S< noack text \"old\"\nwait 8s\n",
            session!()
        ),
        must: &["outcome=accepted", "frames>=4"],
        must_not: &["accuse", "tcp-gap"],
    },
    Situation {
        what: "clean: the client's FIN of an earlier connection on the same ports, with numbers a little higher",
        scenario: concat!(
            "2: client 40001\n2: isn 1050000\n2: no-handshake\n2C> noack fin\nwait 8s\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap"],
    },
    Situation {
        what: "clean: a FIN of an earlier connection right before the SYN, with numbers that are not far",
        scenario: concat!(
            "isn 5000000\n2: client 40001\n2: isn 5400000\n2: no-handshake\n2C> noack fin\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap"],
    },
    Situation {
        what: "clean: a text of an earlier connection's server behind the new SYN-ACK, with numbers far ahead",
        scenario: concat!(
            "2: client 40001\n2: isn 475000000\n2: no-handshake\nC> syn   S< synack\n2S< noack text \"old\"\nC> ack\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap", "data-after-close", "frames>=5"],
    },
    Situation {
        what: "clean: the same between the SYN and its answer, and again inside the session, with lower numbers",
        scenario: concat!(
            "2: client 40001\n2: isn 900000\n2: no-handshake\n3: client 40001\n3: isn 475000000\n3: no-handshake\n",
            "C> syn   3S< noack text \"old\"   S< synack   C> ack\n",
            session!("2S< noack text \"old\"", "3C> noack text \"older\"", "2S< noack fin")
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap", "data-after-close", "frames>=5"],
    },
    Situation {
        what: "clean: a FIN of an earlier connection right before the SYN, with a number a little beyond this one's end",
        scenario: concat!(
            "isn 5000000\n2: client 40001\n2: isn 5000400\n2: no-handshake\n2C> noack fin\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap"],
    },
    Situation {
        what: "clean: the same with a number inside the request",
        scenario: concat!(
            "isn 5000000\n2: client 40001\n2: isn 5000050\n2: no-handshake\n2C> noack fin\n",
            session!()
        ),
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["tcp-gap", "upgrade-request-truncated"],
    },
    Situation {
        what: "of the server the capture has nothing but a FIN of an earlier connection",
        scenario: "no-handshake\n2: client 40001\n2: isn 3000000000\n2: no-handshake\nC> lose-ack upgrade\n\
                   2S< noack fin\nS< lose 101   C> lose-ack text \"a\"   S< lose text \"b\"   C> lose-ack text \"c\"",
        must: &["direction-missing", "says=of an older connection"],
        must_not: &["accuse", "certain=direction-missing"],
    },
];
