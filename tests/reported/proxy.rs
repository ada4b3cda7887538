//! Both legs of a WebSocket, on the two sides of a proxy.

use super::Situation;

/// A WebSocket over HTTP/2 to a proxy, which passes it on over HTTP/1.1 as connection 2.
macro_rules! proxied {
    ($steps:literal) => {
        concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\nC> preface   S< settings connect-protocol\n",
            "C> connect 1 /chat   2C> upgrade /chat   2S< 101   S< answer 1 200\n",
            "C> on 1 text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"   2S< text \"b\"   S< on 1 text \"b\"\n",
            $steps
        )
    };
}

/// These situations.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "the capture misses on one side of a proxy what it holds on the other",
        scenario: proxied!(
            "2S< text \"seen once\"   S< lose on 1 text \"seen once\"   2S< text \"again\"   S< on 1 text \"again\"\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000\n\
             2S< close 1000   S< on 1 end close 1000   2S< fin   2C> fin"
        ),
        must: &["sessions=2"],
        must_not: &["hop-lost-message", "hop-changed-message"],
    },
    Situation {
        what: "a proxy packs messages otherwise, and sends one of its own in between",
        scenario: proxied!(
            "2S< text-part \"in two \"   2S< continuation \"parts\"   S< on 1 text \"in two parts\"\n\
             S< on 1 text \"by the proxy\"   2S< text \"again\"   S< on 1 text \"again\"\n\
             C> on 1 end close mask=01020304 1000   2C> close mask=01020304 1000\n\
             2S< close 1000   S< on 1 end close 1000   2S< fin   2C> fin"
        ),
        must: &["sessions=2", "clean"],
        must_not: &["hop-lost-message", "hop-changed-message"],
    },
    Situation {
        what: "a message crosses the client's end on its way through a proxy",
        scenario: proxied!("C> reset 1 8   2S< text \"too late\"   2C> rst"),
        must: &["hop-closed"],
        must_not: &["hop-lost-message"],
    },
];
