//! What waits: behind a closed window or on a dead path, and who gives up because of that.

use super::Situation;

/// Steps between an upgrade and a Close.
macro_rules! between {
    ($($step:literal),*) => {
        concat!("C> upgrade   S< 101\nC> text \"a\"\n", $($step, "\n",)* "C> close 1000   S< close 1000   S< fin   C> fin")
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a small device reads 128 bytes each 6 s, and the server asks for more room meanwhile",
        scenario: between!(
            "window client 0\nS< binary len=1000 496*61",
            "wait 300ms\nS< keepalive   C> ack\nwait 6s\nwindow client 128\nC> ack",
            "window client 0\nS< raw 128*61",
            "wait 300ms\nS< keepalive   C> ack\nwait 6s\nwindow client 128\nC> ack",
            "window client 0\nS< raw 128*61",
            "wait 300ms\nS< keepalive   C> ack\nwait 6s\nwindow client 500\nC> ack   S< raw 248*61"
        ),
        must: &["receiver-stalled@client", "frames>=4"],
        must_not: &["frame-stalled", "receiver-stalled@server", "accuse"],
    },
    Situation {
        what: "the same device, and the server asks for nothing, yet sends as soon as there is room",
        scenario: between!(
            "window client 0\nS< binary len=1000 496*61",
            "wait 6s\nwindow client 128\nC> ack",
            "window client 0\nS< raw 128*61",
            "wait 6s\nwindow client 128\nC> ack",
            "window client 0\nS< raw 128*61",
            "wait 6s\nwindow client 500\nC> ack   S< raw 248*61"
        ),
        must: &["receiver-stalled@client", "frames>=4"],
        must_not: &["frame-stalled", "receiver-stalled@server", "accuse"],
    },
    Situation {
        what: "a window of no room is probed, and what opens it is not in the capture, but the data behind it",
        scenario: between!(
            "window client 0\nS< binary len=1000 496*61",
            "wait 300ms\nS< keepalive   C> ack\nwait 6s\nwindow client 5000\nC> lose ack   S< raw 504*61"
        ),
        must: &["receiver-stalled@client", "frames>=4"],
        must_not: &["frame-stalled", "accuse@server"],
    },
    Situation {
        what: "clean: a small device has no room for 6 s, then for 128 bytes, and the server has nothing to send until later",
        scenario: between!(
            "window client 0\nS< text 100*61",
            "wait 6s\nwindow client 128\nC> ack",
            "wait 3s\nS< text \"b\""
        ),
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: the same, and what opens the window is a question",
        scenario: between!(
            "window client 0\nS< text 100*61",
            "wait 6s\nwindow client 128\nC> text \"more\"   S< text \"here\""
        ),
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "clean: a small device with a window of 200 bytes answers a keep-alive probe, and has room again later",
        scenario: between!(
            "window client 200\nS< text \"b\"",
            "wait 5s\nS< keepalive   C> ack\nwait 5s\nwindow client 500\nC> ack"
        ),
        must: &["clean"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "a client that does not read gets its pong late",
        scenario: between!(
            "window client 0\nS< binary len=1000 496*61",
            "C> ping 01\nwait 300ms\nS< keepalive   C> ack\nwait 6s\nwindow client 900\nC> ack   S< raw 504*61",
            "S< pong 01"
        ),
        must: &["receiver-stalled@client", "pong-late", "says=the client had not read what came meanwhile"],
        must_not: &["pong-late@server", "frame-stalled", "accuse"],
    },
    Situation {
        what: "twin: a server that does not read answers a ping late",
        scenario: between!(
            "window server 0\nC> binary len=1000 496*61\nwait 300ms\nC> keepalive   S< ack\nwait 6s",
            "window server 900\nS< ack   C> raw 504*61   C> ping 01\nwait 6s\nS< pong 01"
        ),
        must: &["receiver-stalled@server", "pong-late@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "what a client sends no longer arrives: a segment as large as those that were acknowledged",
        scenario: "C> upgrade   S< 101\nC> times 3 text 1400*61\n\
                   C> vanish resend 5 300ms text 1400*62\nS< ping 01   C> rst",
        must: &["data-unacknowledged", "says=what the client sends no longer arrives"],
        must_not: &["says=MTU", "says=nothing that large", "accuse"],
    },
    Situation {
        what: "twin: the segments before were small, and packets of the server still come: an MTU black hole",
        scenario: "C> upgrade   S< 101\nC> times 3 text 100*61\n\
                   C> vanish resend 5 300ms text 1400*62\nS< ping 01   C> rst",
        must: &["data-unacknowledged", "says=segments of 1,408 bytes or more do not"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a server whose path is dead inside a frame ends with FIN",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< binary len=3000 1000*61\n\
                   S< vanish resend 5 300ms raw 1000*62\nwait 6s\nS< fin",
        must: &["data-unacknowledged", "frame-stalled@server", "says=then nothing for", "frame-incomplete"],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: a server that stops inside a frame, of which all arrived, and ends with FIN",
        scenario: "C> upgrade   S< 101\nC> text \"a\"\nS< binary len=3000 1000*61\nwait 16s\nS< fin   C> fin",
        must: &["frame-stalled@server", "frame-incomplete@server", "accuse@server"],
        must_not: &["data-unacknowledged", "says=see data-unacknowledged"],
    },
];
