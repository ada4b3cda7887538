//! Who leaves because of what the other side did, or before it could do anything.

use super::Situation;

/// A session in which both sides speak, up to what comes next.
macro_rules! begun {
    ($($then:literal),*) => { concat!("C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\n", $($then),*) };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the client leaves at once after a masked frame of the server, as it has to",
        scenario: begun!("S< text mask=01020304 \"hi there\"\nC> fin   S< fin"),
        must: &[
            "frame-masked@server",
            "close-missing@client",
            "says=who fails a connection for that may leave so",
        ],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the client resets after it",
        scenario: begun!("S< text mask=01020304 \"hi there\"\nC> rst"),
        must: &["frame-masked@server", "once=close-missing"],
        must_not: &["accuse@client", "connection-reset"],
    },
    Situation {
        what: "the server resets after RSV1 that nobody agreed on",
        scenario: begun!("C> frame rsv=4 \"hi there\"\nS< rst"),
        must: &["frame-reserved-bits@client"],
        must_not: &["accuse@server", "connection-reset"],
    },
    Situation {
        what: "the server leaves after a text that is not UTF-8",
        scenario: begun!("C> text ff\nS< fin   C> fin"),
        must: &["message-invalid-utf8@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the same, of which the clocks of the two sides are 5 s apart",
        scenario: "skew server 5s\nC> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> text ff\nS< fin   C> fin",
        must: &["message-invalid-utf8@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client goes on for long after a masked frame, and then leaves",
        scenario: begun!(
            "S< text mask=01020304 \"bad\"\nC> text \"on\"   S< text \"and on\"\nwait 6s\n\
             C> text \"on\"   S< text \"and on\"\nwait 6s\nC> fin   S< fin"
        ),
        must: &["frame-masked@server", "close-missing@client", "accuse@client"],
        must_not: &["says=may leave so"],
    },
    Situation {
        what: "whoever violates the protocol leaves as well",
        scenario: begun!("S< text mask=01020304 \"hi there\"\nS< fin   C> fin"),
        must: &["frame-masked@server", "close-missing@server", "says=1006"],
        must_not: &["accuse@client", "says=may leave so"],
    },
    Situation {
        what: "the client has to leave because no subprotocol was chosen, and comes back, again and again",
        scenario: concat!(
            "C> upgrade +Sec-WebSocket-Protocol: graphql-ws\nS< 101\nC> fin   S< fin\nwait 1s\n",
            "2C> upgrade +Sec-WebSocket-Protocol: graphql-ws\n2S< 101\n2C> fin   2S< fin\nwait 1s\n",
            "3C> upgrade +Sec-WebSocket-Protocol: graphql-ws\n3S< 101\n3C> fin   3S< fin\nwait 1s\n",
            "4C> upgrade +Sec-WebSocket-Protocol: graphql-ws\n4S< 101\n4C> fin   4S< fin\nwait 1s\n",
            "5C> upgrade +Sec-WebSocket-Protocol: graphql-ws\n5S< 101\n5C> fin   5S< fin"
        ),
        must: &["subprotocol-unchosen@server", "reconnect-loop"],
        must_not: &["accuse@client", "reconnect-loop@client"],
    },
    Situation {
        what: "the server is inside one long frame, and the client's ping times out",
        scenario: begun!(
            "S< binary len=200000 1000*61\nwait 3s\nS< raw 1000*61\nC> ping 61\nwait 6s\nS< raw 1000*61\nwait 10s\n\
             S< raw 1000*61\nwait 10s\nS< raw 1000*61\nC> close 1011 \"keepalive ping timeout\"\nwait 100ms\nC> fin   S< fin"
        ),
        must: &["ping-unanswered", "says=was in the middle of a binary frame of 200,000 bytes"],
        must_not: &["accuse@server", "ping-unanswered@server"],
    },
    Situation {
        what: "the client is inside one long frame, and the server's ping times out",
        scenario: begun!(
            "C> binary len=200000 1000*61\nwait 3s\nC> raw 1000*61\nS< ping 61\nwait 6s\nC> raw 1000*61\nwait 10s\n\
             C> raw 1000*61\nwait 10s\nC> raw 1000*61\nS< close 1011 \"keepalive ping timeout\"\nwait 100ms\nS< fin   C> fin"
        ),
        must: &["says=was in the middle of a binary frame of 200,000 bytes"],
        must_not: &["accuse@client", "ping-unanswered@client"],
    },
    Situation {
        what: "the long frame ends just before the session does",
        scenario: begun!(
            "S< binary len=3000 1000*61\nC> ping 61\nwait 20s\nS< raw 2000*61\nwait 100ms\n\
             C> close 1011 \"keepalive ping timeout\"\nwait 100ms\nC> fin   S< fin"
        ),
        must: &[
            "says=for the first 20.0 s of that the server was in the middle of a binary frame of 3,000 bytes",
        ],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "clean twin: fragments let the pong through",
        scenario: begun!(
            "S< binary-part 1000*61\nC> ping 61\nwait 6s\nS< continuation-part 1000*61\nwait 20s\nS< continuation-part 1000*61\n\
             C> close 1011 \"keepalive ping timeout\"\nwait 100ms\nC> fin   S< fin"
        ),
        must: &["ping-unanswered@server", "accuse@server"],
        must_not: &["says=in the middle of"],
    },
    Situation {
        what: "clean twin: the frame ends at once, and no pong follows",
        scenario: begun!(
            "S< binary len=3000 1000*61\nC> ping 61\nwait 200ms\nS< raw 2000*61\nwait 20s\n\
             C> close 1011 \"keepalive ping timeout\"\nwait 100ms\nC> fin   S< fin"
        ),
        must: &["ping-unanswered@server", "accuse@server"],
        must_not: &["says=in the middle of"],
    },
    Situation {
        what: "a Close is acknowledged, and its sender resets before an answer can come",
        scenario: begun!("C> close 1000\nwait 300us\nC> rst"),
        must: &[
            "close-unanswered@client",
            "says=before an answer could come",
            "ends=left no time for an answer",
        ],
        must_not: &["accuse", "ends=did not answer"],
    },
    Situation {
        what: "a Close is acknowledged, and its sender resets when no answer has come for 20 s",
        scenario: begun!("C> close 1000\nwait 20s\nC> rst"),
        must: &["close-unanswered@server", "says=in 20.0 s; then the client"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a Close is sent twice and never acknowledged, until its sender ends TCP",
        scenario: begun!("C> vanish resend 1 300ms close 1000\nwait 12s\nC> fin"),
        must: &["close-unanswered", "says=never acknowledged it"],
        must_not: &["accuse", "clean"],
    },
    Situation {
        what: "the same while the capture goes on",
        scenario: begun!(
            "C> vanish resend 1 300ms close 1000\nwait 12s\n2C> upgrade   2S< 101\n2C> close 1000   2S< close 1000\n2S< fin   2C> fin"
        ),
        must: &["close-unanswered", "says=never acknowledged it"],
        must_not: &["accuse", "clean"],
    },
    Situation {
        what: "clean twin: the capture ends soon after",
        scenario: begun!("C> vanish resend 1 300ms close 1000"),
        must: &["clean"],
        must_not: &["close-unanswered"],
    },
    Situation {
        what: "a Close 1009 inside the client's frame, FIN, more of the frame, and a reset",
        scenario: begun!(
            "C> binary len=100000 40000*61\nS< vanish close 1009 \"message too big\"   S< vanish fin\nC> noack raw 1000*61   S< rst"
        ),
        must: &["reset-after-close@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the server leaves, and the client violates the protocol 300 ms later: that is not why",
        scenario: begun!("S< fin\nwait 300ms\nC> text mask=none \"late\"   C> fin"),
        must: &["frame-unmasked@client", "close-missing@server", "accuse@server"],
        must_not: &["says=may leave so"],
    },
    Situation {
        what: "the server's reset crosses the frame in which the client violates the protocol",
        scenario: begun!("S< vanish rst\nC> noack text mask=none \"late\""),
        must: &["close-missing@server", "connection-reset@server", "accuse@server"],
        must_not: &["says=may leave so"],
    },
    Situation {
        what: "the client goes on for a moment after a text that is not UTF-8, and then resets",
        scenario: begun!("S< text ff\nwait 400ms\nC> text \"thanks\"   S< text \"tick\"\nwait 400ms\nC> rst"),
        must: &["close-missing@client", "connection-reset@client", "accuse@client"],
        must_not: &["says=may leave so"],
    },
    Situation {
        what: "the server answers a frame without a mask at once, and resets 1.5 s later: nobody knows why",
        scenario: begun!("C> text mask=none \"hi\"   S< text \"ok\"\nwait 1500ms\nS< rst"),
        must: &["close-missing@server", "says=the server went on, but it may have left for that"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "clean twin: an answer that was on its way, and a reset right behind it",
        scenario: begun!("C> text mask=none \"hi\"   S< text \"ok\"   S< rst"),
        must: &["frame-unmasked@client", "once=close-missing", "says=may leave so"],
        must_not: &["accuse@server", "connection-reset"],
    },
    Situation {
        what: "the client puts up with bad texts for long, and leaves 300 ms after a mistake of another kind",
        scenario: begun!("S< text ff\nwait 3s\nS< text form=16 \"a\"\nwait 300ms\nC> fin   S< fin"),
        must: &["close-missing@client", "says=the client went on, but it may have left for that"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the client goes on for 30 s after a masked frame, and the clocks of the two sides are half a second apart",
        scenario: concat!(
            "skew server 500ms\n",
            begun!(
                "C> text \"a\"   S< text \"b\"\nS< text mask=01020304 \"bad\"\nwait 30s\n\
                 C> text \"on\"   S< text \"and on\"\nC> text \"on\"   S< text \"and on\"\nC> fin   S< fin"
            )
        ),
        must: &["frame-masked@server", "close-missing@client", "accuse@client"],
        must_not: &["says=may leave so"],
    },
    Situation {
        what: "clean twin: with such clocks it leaves at once",
        scenario: concat!(
            "skew server 500ms\n",
            begun!("C> text \"a\"   S< text \"b\"\nS< text mask=01020304 \"bad\"\nC> fin   S< fin")
        ),
        must: &["frame-masked@server", "says=may leave so"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a Close is never acknowledged, while its receiver goes on sending",
        scenario: begun!(
            "C> vanish resend 1 300ms close 1000\n",
            "S< text \"tick\"\nwait 3s\nS< text \"tick\"\nwait 3s\nS< text \"tick\"\nwait 3s\nS< text \"tick\""
        ),
        must: &["close-unanswered", "says=though it went on sending: the way from the client to it was gone"],
        must_not: &["accuse", "close-unanswered@server", "says=host, was gone"],
    },
    Situation {
        what: "the client leaves in the middle of a long text as soon as it is not UTF-8, and the server writes it to its end",
        scenario: begun!("S< raw 817e0bb8ff 999*61\nC> fin\nwait 300ms\nS< raw 2000*61\nS< fin"),
        must: &["message-invalid-utf8@server", "close-missing@client", "says=may leave so"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "clean twin: it leaves in the middle of a text that is UTF-8",
        scenario: begun!("S< raw 817e0bb8 1000*61\nC> fin\nwait 300ms\nS< raw 2000*61\nS< fin"),
        must: &["close-missing@client"],
        must_not: &["says=may leave so"],
    },
];
