//! How sessions end: by timers, all at one moment, or without an end of the other side.

use super::{Situation, session};

/// One session after another, each silent for a minute before the server does this, and then the client closes.
macro_rules! idle {
    ($end:literal) => {
        concat!(idle!("1", $end), idle!("2", $end), idle!("3", $end))
    };
    ($number:literal, $end:literal) => {
        concat!(
            $number,
            "C> upgrade   ",
            $number,
            "S< 101\n",
            $number,
            "C> text \"a\"   ",
            $number,
            "S< text \"b\"\nwait 60s\n",
            $number,
            "S< ",
            $end,
            "   ",
            $number,
            "C> close\n",
            $number,
            "S< fin   ",
            $number,
            "C> fin\nwait 7s\n"
        )
    };
}

/// The same of sessions that last for a minute, whatever is sent in them.
macro_rules! limited {
    ($end:literal) => {
        concat!(limited!("1", $end, "9s"), limited!("2", $end, "20s"), limited!("3", $end, "31s"))
    };
    ($number:literal, $end:literal, $wait:literal) => {
        concat!(
            $number,
            "C> upgrade   ",
            $number,
            "S< 101\nwait ",
            $wait,
            "\n",
            $number,
            "C> text \"a\"\nwait 40s\nwait -",
            $wait,
            "\n",
            $number,
            "S< text \"b\"\nwait 20s\n",
            $number,
            "S< ",
            $end,
            "   ",
            $number,
            "C> close\n",
            $number,
            "S< fin   ",
            $number,
            "C> fin\nwait 7s\n"
        )
    };
}

/// Three sessions, opened one after another, that are open at the same time.
macro_rules! open {
    ($($end:literal),*) => {
        concat!(
            "1C> upgrade   1S< 101\n1C> text \"a\"   1S< text \"b\"\nwait 10s\n2C> upgrade   2S< 101\n2C> text \"a\"   2S< text \"b\"\n",
            "wait 17s\n3C> upgrade   3S< 101\n3C> text \"a\"   3S< text \"b\"\nwait 30s\n", $($end, "\n",)*
        )
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "an idle timeout whose reason repeats the code",
        scenario: idle!("close 1001 \"Going away\""),
        must: &["idle-timeout@server", "clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the same with the code of an ordinary end",
        scenario: idle!("close 1000 \"Connection closed by server\""),
        must: &["idle-timeout@server", "clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "an idle timeout whose reason says so in other words",
        scenario: idle!("close 1000 \"no activity for 60 seconds\""),
        must: &["idle-timeout@server", "clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: equal silences before a Close whose reason is another one",
        scenario: idle!("close 1000 \"job 17 is done\""),
        must: &["clean"],
        must_not: &["idle-timeout", "lifetime-limit"],
    },
    Situation {
        what: "a limit on how long a session may last, whose reason repeats the code",
        scenario: limited!("close 1001 \"Going away\""),
        must: &["lifetime-limit@server", "clean"],
        must_not: &["idle-timeout", "accuse"],
    },
    Situation {
        what: "clean: sessions as old as one another, and a reason that is another one",
        scenario: limited!("close 1001 \"user logged out\""),
        must: &["clean"],
        must_not: &["idle-timeout", "lifetime-limit"],
    },
    Situation {
        what: "a server ends all sessions at one moment, without a Close",
        scenario: open!("1S< fin   2S< fin   3S< fin", "1C> fin   2C> fin   3C> fin"),
        must: &["says=3 sessions of 10.0.0.2:8080 were ended by the server within", "close-missing@server"],
        must_not: &["idle-timeout", "lifetime-limit", "accuse@client"],
    },
    Situation {
        what: "twin: it ends them seconds apart",
        scenario: open!("1S< fin   1C> fin", "wait 3s", "2S< fin   2C> fin", "wait 4s", "3S< fin   3C> fin"),
        must: &["close-missing@server"],
        must_not: &["says=of one another", "idle-timeout", "lifetime-limit", "accuse@client"],
    },
    Situation {
        what: "clean: it ends them at one moment, with a Close",
        scenario: open!(
            "1S< close 1001   2S< close 1001   3S< close 1001",
            "1C> close 1001   2C> close 1001   3C> close 1001",
            "1S< fin   2S< fin   3S< fin   1C> fin   2C> fin   3C> fin"
        ),
        must: &["clean"],
        must_not: &["says=of one another", "idle-timeout", "lifetime-limit"],
    },
    Situation {
        what: "a server sends Close and FIN at once, and the client's Close meets a reset",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< close 1000   S< fin\nC> close 1000   S< rst-bare",
        must: &["reset-after-close@server", "says=without waiting for the answer", "clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: a server that waits for the answer, and resets what comes behind it",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nS< close 1000   C> close 1000\nS< fin   C> fin   S< rst-bare",
        must: &["clean"],
        must_not: &["reset-after-close"],
    },
    Situation {
        what: "a server whose host answers, and that never ends its side after the client did",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> fin\nwait 40s\nS< keepalive   C> ack\nwait 40s\n\
                   S< keepalive   C> ack",
        must: &["close-missing@client", "says=the server still had not ended its side 80.0 s later"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "twin: it ends its side at once",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> fin   S< fin",
        must: &["close-missing@client"],
        must_not: &["accuse@server", "says=still had not"],
    },
    Situation {
        what: "twin: the path is dead, and nobody knows what the server did",
        scenario: "C> upgrade   S< 101\nC> text \"a\"   S< text \"b\"\nC> vanish resend 6 2s fin",
        must: &["data-unacknowledged"],
        must_not: &["accuse@server", "says=still had not"],
    },
    Situation {
        what: "a ping that is lost several times on the way, and answered as soon as it comes",
        scenario: session!("S< noack resend 6 200ms ping 01   C> pong 01"),
        must: &["pong-late", "says=packets got lost on the way", "clean"],
        must_not: &["pong-late@client", "accuse"],
    },
    Situation {
        what: "the same of a client's ping, which is acknowledged before the pong comes",
        scenario: session!("C> noack resend 6 200ms ping 01   S< ack\nwait 20ms\nS< pong 01"),
        must: &["pong-late", "says=after 6 retransmissions: packets got lost on the way", "clean"],
        must_not: &["pong-late@server", "accuse"],
    },
    Situation {
        what: "twin: a ping that comes at once, and is answered late",
        scenario: session!("S< ping 01\nwait 12s\nC> pong 01"),
        must: &["pong-late@client", "clean"],
        must_not: &["says=packets got lost on the way", "accuse"],
    },
    Situation {
        what: "twin: a ping that is lost on the way, and answered late after it has come",
        scenario: session!("S< noack resend 4 200ms ping 01   C> ack\nwait 9s\nC> pong 01"),
        must: &["pong-late@client", "clean"],
        must_not: &["says=packets got lost on the way", "accuse"],
    },
];
