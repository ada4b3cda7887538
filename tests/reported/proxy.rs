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

/// A WebSocket of which the capture holds the packets twice, as connection 2 with other addresses, and these settings.
macro_rules! translated {
    ($settings:literal, $request:literal, $text:literal) => {
        concat!(
            $settings,
            "\nC> upgrade /chat   ",
            $request,
            " =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            $text,
            "2S< text \"b\"   S< text \"b\"\n2S< close 1011   S< close 1011\n2S< fin   S< fin"
        )
    };
}

/// These situations.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "addresses and ports of both ends are translated: what is not are the sequence numbers",
        scenario: translated!(
            "isn 777000\n2: client 10.0.0.9:5555\n2: server 10.0.0.3:9000",
            "2C> upgrade /chat",
            "C> text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"\n"
        ),
        must: &["leg=same", "close-abnormal@server"],
        must_not: &[
            "leg=upstream",
            "leg=downstream",
            "hop-closed",
            "hop-lost-message",
            "hop-delayed-message",
        ],
    },
    Situation {
        what: "the same, where the capture holds one direction only with the other addresses",
        scenario: translated!(
            "isn 777000\n2: client 10.0.0.9:5555\n2: server 10.0.0.3:9000",
            "2C> lose upgrade /chat",
            "C> text \"a\"   2C> lose text \"a\"\n"
        ),
        must: &["leg=same"],
        must_not: &["leg=upstream", "leg=downstream", "hop-closed", "hop-lost-message"],
    },
    Situation {
        what: "addresses are translated, and the client's port stays",
        scenario: translated!(
            "2: client 10.0.0.9:40001\n2: server 10.0.0.3:9000",
            "2C> upgrade /chat",
            "C> text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"\n"
        ),
        must: &["leg=same"],
        must_not: &["leg=upstream", "leg=downstream", "hop-closed"],
    },
    Situation {
        what: "clean twin: a proxy that passes on keys and masks has a port and sequence numbers of its own",
        scenario: translated!(
            "2: client 10.0.0.2:5555\n2: server 10.0.0.3:9000",
            "2C> upgrade /chat",
            "C> text mask=a1b2c3d4 \"a\"   2C> text mask=a1b2c3d4 \"a\"\n"
        ),
        must: &["leg=upstream", "leg=downstream"],
        must_not: &["leg=same"],
    },
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
