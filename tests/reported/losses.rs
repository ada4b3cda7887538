//! What gets lost on the way, as each end sees it: what a side sent and the capture never got is no fault of that side.

use super::Situation;

/// These situations.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a window is closed whose scale is 10",
        scenario: "syn-options 0103030a\n\
                   C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   window client 0\n\
                   C> ack   S< keepalive   C> ack\n\
                   wait 2s\n\
                   S< keepalive   C> ack\n\
                   wait 4s\n\
                   window client 500\n\
                   C> ack   S< text \"here\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["receiver-stalled@client", "says=the client's TCP window was closed for 6.0 s"],
        must_not: &["receiver-stalled@server", "accuse@server"],
    },
    Situation {
        what: "clean: a window of 1 whose scale is 10 has room for a kilobyte",
        scenario: "syn-options 0103030a\n\
                   C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   window client 1\n\
                   C> ack   S< text 500*61\n\
                   wait 4s\n\
                   S< text 500*61\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "a firewall resets SYNs to a server whose packets come from further away",
        scenario: "ttl server 59\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   2C> syn   2S< ttl 62 rst\n\
                   C> text \"c\"\nC> close   S< close   S< fin   C> fin",
        must: &["connection-refused", "says=something in between may have sent it"],
        must_not: &["connection-refused@server", "accuse"],
    },
    Situation {
        what: "twin: the server resets them itself",
        scenario: "ttl server 59\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close   S< close   S< fin   C> fin\n\
                   2C> syn   2S< rst",
        must: &["connection-refused@server", "says=nothing listens there"],
        must_not: &["says=something in between"],
    },
    Situation {
        what: "the pong of the server gets lost, as the numbers of its acknowledgments show, and so does its Close",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> ping 01   S< drop pong 01\n\
                   C> text \"c\"\n\
                   wait 6s\n\
                   C> text \"d\"\n\
                   C> close 1000   S< drop close 1000\n\
                   wait 3s\n\
                   C> fin   S< ack",
        must: &[
            "data-unacknowledged",
            "says=they got lost on the way, while the server's acknowledgments came",
        ],
        must_not: &["accuse", "ping-unanswered", "close-unanswered", "tcp-gap"],
    },
    Situation {
        what: "twin: the pong and the Close were received, and the capture missed them",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> ping 01   S< lose pong 01\n\
                   C> text \"c\"\n\
                   wait 6s\n\
                   C> text \"d\"\n\
                   C> close 1000   S< lose close 1000\n\
                   wait 3s\n\
                   C> fin   S< ack",
        must: &["tcp-gap@server"],
        must_not: &["accuse", "data-unacknowledged", "says=lost on the way"],
    },
    Situation {
        what: "twin: the server acknowledges, and sends neither pong nor Close",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> ping 01\n\
                   C> text \"c\"\n\
                   wait 6s\n\
                   C> text \"d\"\n\
                   C> close 1000\n\
                   wait 3s\n\
                   C> fin   S< ack",
        must: &["ping-unanswered@server", "close-unanswered@server", "accuse@server"],
        must_not: &["data-unacknowledged", "tcp-gap"],
    },
    Situation {
        what: "the 101 gets lost, and the client gives up after 6 s",
        scenario: "C> upgrade   S< drop 101\n\
                   wait 6s\n\
                   C> fin",
        must: &["says=they may have been lost on the way"],
        must_not: &["accuse", "upgrade-unanswered"],
    },
    Situation {
        what: "an MTU black hole as the receiver sees it: a large frame never comes, and small ones do",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< drop binary 2000*61   S< sack text \"small\"\n\
                   wait 1s\n\
                   C> ping 01\n\
                   wait 4s\n\
                   C> close 1011 \"keepalive ping timeout\"\n\
                   C> fin   S< ack",
        must: &[
            "once=data-unacknowledged",
            "says=an MTU black hole",
            "says=2,004 bytes that the server sent",
        ],
        must_not: &["tcp-gap", "accuse", "ping-unanswered"],
    },
    Situation {
        what: "twin: the large frame was received, and the capture missed it",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< lose binary 2000*61   S< text \"small\"\n\
                   wait 1s\n\
                   C> text \"c\"\n\
                   wait 4s\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["tcp-gap@server"],
        must_not: &["data-unacknowledged", "accuse", "says=never acknowledged"],
    },
    Situation {
        what: "the server leaves, and what the client sent last gets lost: that cannot be why it left",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< fin   C> drop text \"lost\"   C> fin   S< rst",
        must: &["close-missing@server", "accuse@server", "says=and the server never acknowledged them"],
        must_not: &["close-missing@client", "data-unacknowledged"],
    },
    Situation {
        what: "twin: the server leaves after something that it received and the capture missed",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> lose text \"lost\"   S< fin   C> fin",
        must: &["tcp-gap@client"],
        must_not: &["close-missing", "says=never acknowledged"],
    },
    Situation {
        what: "a ping comes 1 s before its sender ends TCP, which the other side only answers",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< ping\n\
                   wait 2s\n\
                   S< fin   C> fin",
        must: &["close-missing@server"],
        must_not: &["ping-unanswered"],
    },
    Situation {
        what: "twin: the other side ends TCP instead of a pong",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< ping\n\
                   wait 2s\n\
                   C> fin   S< fin",
        must: &["ping-unanswered@client"],
        must_not: &["ping-unanswered@server"],
    },
    Situation {
        what: "the pong comes after a Close that says that it is overdue",
        scenario: "C> upgrade   S< 101\n\
                   C> ping 01\n\
                   wait 2s\n\
                   C> close 1011 \"keepalive ping timeout\"\n\
                   wait 2s\n\
                   S< pong 01   S< close 1011   S< fin   C> fin",
        must: &[
            "pong-late@server",
            "says=the client had closed with 1011 'keepalive ping timeout' 2.0 s before",
        ],
        must_not: &["ping-unanswered"],
    },
    Situation {
        what: "twin: the Close has another reason",
        scenario: "C> upgrade   S< 101\n\
                   C> ping 01\n\
                   wait 2s\n\
                   C> close 1011 \"out of memory\"\n\
                   wait 2s\n\
                   S< pong 01   S< close 1011   S< fin   C> fin",
        must: &["close-abnormal@client"],
        must_not: &["pong-late"],
    },
    Situation {
        what: "what is captured cut and damaged may be the same bytes",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   snaplen 96\n\
                   C> binary 300*61\n\
                   C> overlap-conflict 1 text \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["tcp-overlap-conflict", "says=or damaged"],
        must_not: &["tcp-overlap-conflict@client"],
    },
    Situation {
        what: "twin: whole packets with the right checksum and other content",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"\n\
                   C> overlap-conflict 1 text \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["tcp-overlap-conflict@client"],
        must_not: &["says=or damaged"],
    },
    Situation {
        what: "a proxy passes half of a message on and ends both legs",
        scenario: "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n\
                   C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\
                   2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\
                   C> text mask=01020304 \"a\"   2C> text mask=01020304 \"a\"\n\
                   C> binary mask=01020305 1000*61   2C> binary mask=01020305 len=1000 400*61\n\
                   S< fin   2C> fin   2S< fin   C> fin",
        must: &["leg=upstream", "hop-lost-message", "says=this client is a proxy, and its other leg"],
        must_not: &["frame-incomplete@server"],
    },
    Situation {
        what: "twin: the server leaves inside of the message",
        scenario: "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n\
                   C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\
                   2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\
                   C> text mask=01020304 \"a\"   2C> text mask=01020304 \"a\"\n\
                   C> binary mask=01020305 1000*61   2C> binary mask=01020305 len=1000 400*61\n\
                   2S< fin   2C> fin   S< fin   C> fin",
        must: &["leg=upstream", "close-missing@server"],
        must_not: &["hop-lost-message"],
    },
    Situation {
        what: "a reset behind a hole, and others that answer what acknowledges the bytes before it",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   S< drop text \"hole\"   S< sack text \"behind\"\n\
                   S< rst   S< rst-bare   S< rst-bare",
        must: &["connection-reset@server"],
        must_not: &["reset-foreign"],
    },
    Situation {
        what: "an outage is over, both programs have given up: what each sends again is answered with a reset",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> vanish text \"c\"   S< vanish text \"d\"\n\
                   wait 7s\n\
                   C> rst-bare   S< rst-bare",
        must: &["connection-reset"],
        must_not: &["reset-foreign", "accuse"],
    },
];
