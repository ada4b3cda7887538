//! Of the handshake a packet is not in the capture, or comes late, and the clocks of the two directions are apart.

use super::Situation;

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the client's SYN is lost: nobody knows what its small windows stand for, and it is gone",
        scenario: "syn-options 03030a01\nwindow client 63\nC> lose syn   S< synack   C> ack\nC> upgrade   S< 101\n\
                   S< vanish resend 6 500ms text \"abc\"",
        must: &["data-unacknowledged"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "the same without the SYN-ACK",
        scenario: "syn-options 03030a01\nwindow client 63\nC> syn   S< lose synack   C> ack\nC> upgrade   S< 101\n\
                   S< vanish resend 6 500ms text \"abc\"",
        must: &["data-unacknowledged"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "the SYN-ACK comes after what acknowledges it",
        scenario: "skew server 5ms\nsyn-options 03030a01\nwindow client 64\nC> syn   S< synack   C> ack\nC> upgrade\n\
                   wait 1500ms\nS< 101\nC> text \"a\"   S< text \"b\"",
        must: &["frames>=2"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "the client's SYN is lost, and windows are not scaled, as the SYN-ACK shows: it does not read",
        scenario: "window client 63\nC> lose syn   S< synack   C> ack\nC> upgrade   S< 101\n\
                   S< vanish resend 6 500ms text \"abc\"",
        must: &["receiver-stalled@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client's SYN is lost, and its window is closed, whatever the scale",
        scenario: "syn-options 03030a01\nC> lose syn   S< synack   C> ack\nC> upgrade   S< 101\nS< text \"a\"\n\
                   window client 0\nC> ack\nwait 1s\nS< keepalive   C> noack ping 01\nwait 7s\nC> rst",
        must: &["receiver-stalled@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server leaves inside its frame, the client's SYN is lost, and the server's clock is two seconds ahead",
        scenario: "skew server 2s\nC> lose syn   S< lose synack   C> lose ack\nC> upgrade   S< 101\n\
                   S< text len=202 199*61   S< fin   C> fin",
        must: &["frame-incomplete@server"],
        must_not: &["accuse@client", "says=the client ended"],
    },
    Situation {
        what: "the same, and the client leaves first",
        scenario: "skew server 2s\nC> lose syn   S< lose synack   C> lose ack\nC> upgrade   S< 101\n\
                   S< text len=202 199*61   C> fin   S< fin",
        must: &["frame-incomplete"],
        must_not: &["accuse@server", "says=the server closed"],
    },
    Situation {
        what: "the pong stands before its ping, as the server's clock is five seconds ahead and the capture begins late",
        scenario: "no-handshake\nskew server 5s\nC> upgrade   S< 101\nC> text \"a\"   S< noack ping \"p\"   C> noack pong \"p\"\n\
                   wait 5s\nC> text \"b\"",
        must: &["frames>=3"],
        must_not: &["ping-unanswered", "pong-unsolicited"],
    },
    Situation {
        what: "the same without a pong",
        scenario: "no-handshake\nskew server 5s\nC> upgrade   S< 101\nC> text \"a\"   S< ping \"p\"\n\
                   wait 30s\nC> text \"b\"   S< fin   C> fin",
        must: &["ping-unanswered@client"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the server had the client's message when it closed; the client's clock is ahead",
        scenario: "skew client 500ms\nC> upgrade   S< 101\nC> text \"a\"   S< close 1000   S< rst",
        must: &[],
        must_not: &["says=unread message"],
    },
    Situation {
        what: "the client's message comes after the server's Close",
        scenario: "C> upgrade   S< 101\nS< close 1000   C> text \"a\"   S< rst",
        must: &["reset-after-close@server", "says=unread message"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "both sides open the connection, and the client's SYN-ACK is the only packet of that in the capture",
        scenario: "C> lose syn   S< lose syn   C> synack   C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=4", "sessions=1"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same, and the request is cut inside of its method",
        scenario: "C> lose syn   S< lose syn   C> synack   C> split-at 2 upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["outcome=accepted", "frames>=4", "sessions=1"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server answers the request with the request",
        scenario: "C> upgrade   S< raw \"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\n\\r\\n\"   S< fin   C> fin",
        must: &["upgrade-response-malformed@server"],
        must_not: &["accuse@client"],
    },
];
