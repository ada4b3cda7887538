//! Both legs of a WebSocket, on the two sides of a proxy.

use super::{Situation, both_sides};

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

/// A session of this connection in which the server sends something each second, and ends it right behind its last message.
macro_rules! job {
    ($n:literal) => {
        concat!(
            $n,
            "C> upgrade   ",
            $n,
            "S< 101\nwait 1s\n",
            $n,
            "S< text \"one\"\nwait 1s\n",
            $n,
            "S< text \"two\"\nwait 1s\n",
            $n,
            "S< text \"three\"\nwait 1s\n",
            $n,
            "S< text \"four\"\nwait 1s\n",
            $n,
            "S< text \"five\"\nwait 1s\n",
            $n,
            "S< text \"final\"\n",
            $n,
            "S< close 1000   ",
            $n,
            "C> close 1000   ",
            $n,
            "S< fin   ",
            $n,
            "C> fin\nwait 10s\n"
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
    Situation {
        what: "a reverse proxy whose upstreams refuse tries one after the other with its client's key",
        scenario: "2: client 10.0.0.2:45002\n2: server 10.0.0.12:8080\n3: client 10.0.0.2:45003\n3: server 10.0.0.13:8080\n4: client 10.0.0.2:45004\n4: server 10.0.0.14:8080\nC> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< fin   2C> fin\n3C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< fin   3C> fin\n4C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n4S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        must: &["outcome=accepted"],
        must_not: &["key-reused"],
    },
    Situation {
        what: "the same, and the client is not in the capture",
        scenario: "2: client 10.0.0.2:45002\n2: server 10.0.0.12:8080\n3: client 10.0.0.2:45003\n3: server 10.0.0.13:8080\n4: client 10.0.0.2:45004\n4: server 10.0.0.14:8080\n2C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< fin   2C> fin\n3C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< fin   3C> fin\n4C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n4S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["outcome=accepted"],
        must_not: &["key-reused"],
    },
    Situation {
        what: "five clients with one key, two of them twice",
        scenario: "2: client 10.0.0.7\n3: client 10.0.0.8\n4: client 10.0.0.9\n5: client 10.0.0.10\n6: client 10.0.0.7:45007\n7: client 10.0.0.8:45008\nC> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n2C> upgrade /b =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n3C> upgrade /c =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n4C> upgrade /d =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n4S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n5C> upgrade /e =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n5S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n6C> upgrade /f =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n6S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n7C> upgrade /g =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n7S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &[
            "once=key-reused",
            "accuse@client",
            "says=5 clients sent",
            "says=on 7 connections",
            "says=and 2 others",
        ],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the requests of three clients with one key are alike: they may be copies of one, with clocks apart",
        scenario: "2: client 10.0.0.7\n3: client 10.0.0.8\nC> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n2C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n3C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["once=key-reused", "says=3 clients sent"],
        must_not: &["accuse"],
    },
    Situation {
        what: "one client passes through three proxies, which are captured with clocks of their own",
        scenario: "2: client 10.0.0.7\n2: server 10.0.0.12:8080\n3: client 10.0.0.8\n3: server 10.0.0.13:8080\nC> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n2C> upgrade /b =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n3C> upgrade /c =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: one connection is captured with three addresses of its client, at the same time",
        scenario: "2: client 10.0.0.7\n3: client 10.0.0.8\nC> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["outcome=accepted"],
        must_not: &["key-reused"],
    },
    Situation {
        what: "a client with one key for all connections behind a reverse proxy, which passes it on",
        scenario: "2: client 10.0.0.2:45002\n2: server 10.0.0.11:8080\n4: client 10.0.0.2:45004\n4: server 10.0.0.11:8080\n6: client 10.0.0.2:45006\n6: server 10.0.0.11:8080\n1C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n1S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n3C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n4C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n4S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n5C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n6C> upgrade =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n6S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n5S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["once=key-reused", "accuse@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a health check asks a question every 5 s, has its answer and leaves without a Close",
        scenario: "1C> upgrade   1S< 101\n1C> text \"question\"   1S< text \"answer\"\n1C> fin   1S< fin\nwait 5s\n2C> upgrade   2S< 101\n2C> text \"question\"   2S< text \"answer\"\n2C> fin   2S< fin\nwait 5s\n3C> upgrade   3S< 101\n3C> text \"question\"   3S< text \"answer\"\n3C> fin   3S< fin\nwait 5s\n4C> upgrade   4S< 101\n4C> text \"question\"   4S< text \"answer\"\n4C> fin   4S< fin\nwait 5s\n5C> upgrade   5S< 101\n5C> text \"question\"   5S< text \"answer\"\n5C> fin   5S< fin\nwait 5s\n6C> upgrade   6S< 101\n6C> text \"question\"   6S< text \"answer\"\n6C> fin   6S< fin\nwait 5s\n7C> upgrade   7S< 101\n7C> text \"question\"   7S< text \"answer\"\n7C> fin   7S< fin\nwait 5s\n",
        must: &["close-missing@client"],
        must_not: &["reconnect-loop"],
    },
    Situation {
        what: "a client leaves again and again before it has an answer",
        scenario: "1C> upgrade   1S< 101\n1C> text \"question\"\n1C> fin   1S< fin\nwait 5s\n2C> upgrade   2S< 101\n2C> text \"question\"\n2C> fin   2S< fin\nwait 5s\n3C> upgrade   3S< 101\n3C> text \"question\"\n3C> fin   3S< fin\nwait 5s\n4C> upgrade   4S< 101\n4C> text \"question\"\n4C> fin   4S< fin\nwait 5s\n5C> upgrade   5S< 101\n5C> text \"question\"\n5C> fin   5S< fin\nwait 5s\n6C> upgrade   6S< 101\n6C> text \"question\"\n6C> fin   6S< fin\nwait 5s\n7C> upgrade   7S< 101\n7C> text \"question\"\n7C> fin   7S< fin\nwait 5s\n",
        must: &["reconnect-loop"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a server refuses one client again and again: that is not the client's fault",
        scenario: "1C> upgrade   1S< http 503   1S< fin   1C> fin\nwait 2s\n2C> upgrade   2S< http 503   2S< fin   2C> fin\nwait 2s\n3C> upgrade   3S< http 503   3S< fin   3C> fin\nwait 2s\n4C> upgrade   4S< http 503   4S< fin   4C> fin\nwait 2s\n5C> upgrade   5S< http 503   5S< fin   5C> fin\nwait 2s\n6C> upgrade   6S< http 503   6S< fin   6C> fin\nwait 2s\n",
        must: &["upgrade-failures-repeated", "upgrade-rejected@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a proxy removes the extensions from the server's 101 and passes compressed messages on",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat deflate   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== deflate\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo= deflate   ",
            "S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text-deflate \"world of frames, world of frames\"   S< text-deflate \"world of frames, world of frames\"\n",
            "C> close mask=01020304 1002   2C> close mask=01020304 1002   2S< close 1002   S< close 1002\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["upgrade-header-stripped", "once=upgrade-header-stripped", "leg=downstream"],
        must_not: &["frame-reserved-bits", "accuse@server", "hop-changed-message", "message-invalid-utf8"],
    },
    Situation {
        what: "the same, and only the client's leg is captured",
        scenario: "C> upgrade /chat deflate   S< 101\nS< text-deflate \"world of frames, world of frames\"\n\
                   C> close 1002   S< close 1002   S< fin   C> fin",
        must: &["frame-reserved-bits@server"],
        must_not: &["upgrade-header-stripped"],
    },
    Situation {
        what: "clean twin: a proxy compresses on its leg to the server only",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat deflate   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== deflate\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo= deflate   ",
            "S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text-deflate \"world of frames, world of frames\"   S< text \"world of frames, world of frames\"\n",
            "C> close mask=01020304 1000   2C> close mask=01020304 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["upgrade-header-stripped", "hop-changed-message"],
    },
    Situation {
        what: "a load balancer sends a PROXY protocol header, and the server refuses what it takes for a bad request",
        scenario: "C> [ raw \"PROXY TCP4 10.0.0.7 10.0.0.2 40001 8080\\r\\n\" | upgrade /chat ]\nS< http 400   S< fin   C> fin",
        must: &["upgrade-rejected@server", "says=it does not expect the PROXY protocol header"],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: the server takes such a header, as it has answered a request behind it, and refuses the upgrade",
        scenario: "C> [ raw \"PROXY TCP4 10.0.0.7 10.0.0.2 40001 8080\\r\\n\" | http GET /page ]\nS< http 200 \"page\"\n\
                   C> upgrade /chat   S< http 400   S< fin   C> fin",
        must: &["upgrade-rejected@server", "accuse@server"],
        must_not: &["says=PROXY"],
    },
    Situation {
        what: "twin: the same refusal without such a header",
        scenario: "C> upgrade /chat\nS< http 400   S< fin   C> fin",
        must: &["upgrade-rejected@server", "accuse@server"],
        must_not: &["says=PROXY"],
    },
    Situation {
        what: "clean twin: the server takes such a header",
        scenario: "C> [ raw \"PROXY TCP4 10.0.0.7 10.0.0.2 40001 8080\\r\\n\" | upgrade /chat ]\nS< 101\nC> text \"a\"   S< text \"b\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean", "outcome=accepted", "frames>=4"],
        must_not: &["says=PROXY"],
    },
    Situation {
        what: "clean: a session through two proxies is captured at three places, the clocks of which are apart",
        scenario: "2: client 10.0.0.2:45002\n2: server 10.0.0.3:8080\n3: client 10.0.0.3:45003\n3: server 10.0.0.4:8080\nC> upgrade /a =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n2C> upgrade /b =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n3C> upgrade /c =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["outcome=accepted"],
        must_not: &["key-reused"],
    },
    Situation {
        what: "clean: a connection is captured with three addresses of its client, by clocks that are apart",
        scenario: "isn 7777\n2: client 10.0.0.7\n3: client 10.0.0.8\nC> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nS< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n2C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nwait 3s\n3C> upgrade / =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
        must: &["outcome=accepted"],
        must_not: &["key-reused"],
    },
    Situation {
        what: "one connection on both sides of address translation, of which one SYN is not in the capture, and the client's mistake",
        scenario: both_sides!(
            "syn-options 0101080a0000002a00000000\nisn 7777\n2: client 10.0.0.9\n2: server 10.0.0.3:9001",
            "C> syn   2C> lose syn   2S< synack   S< synack",
            "text mask=none \"a\""
        ),
        must: &["sessions=1", "once=address-translated", "once=frame-unmasked", "outcome=accepted"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the same, and it is the answer to one SYN that is not in the capture",
        scenario: both_sides!(
            "syn-options 0101080a0000002a00000000\nisn 7777\n2: client 10.0.0.9\n2: server 10.0.0.3:9001",
            "C> syn   2C> syn   2S< lose synack   S< synack",
            "text mask=none \"a\""
        ),
        must: &["sessions=1", "once=address-translated", "once=frame-unmasked", "outcome=accepted"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a server that has sent the same to all at once is restarted 12 minutes later",
        scenario: "C> upgrade   S< 101\nwait 1s\n2C> upgrade   2S< 101\nwait 1s\n3C> upgrade   3S< 101\nwait 1s\n4C> upgrade   4S< 101\nwait 540s\n\
                   S< text \"tick\"   2S< text \"tick\"   3S< text \"tick\"   4S< text \"tick\"\nwait 720s\n\
                   S< fin   C> fin\nwait 10ms\n2S< fin   2C> fin\nwait 10ms\n3S< fin   3C> fin\nwait 10ms\n4S< fin   4C> fin",
        must: &["close-missing@server"],
        must_not: &["idle-timeout", "lifetime-limit"],
    },
    Situation {
        what: "twin: the server ends each session 60 s after its last word, and all were opened at different times",
        scenario: "C> upgrade   S< 101\nwait 1s\n2C> upgrade   2S< 101\nwait 1s\n3C> upgrade   3S< 101\nwait 1s\n4C> upgrade   4S< 101\nwait 30s\n\
                   S< text \"tick\"\nwait 2s\n2S< text \"tick\"\nwait 3s\n3S< text \"tick\"\nwait 5s\n4S< text \"tick\"\nwait 50s\n\
                   S< fin   C> fin\nwait 2s\n2S< fin   2C> fin\nwait 3s\n3S< fin   3C> fin\nwait 5s\n4S< fin   4C> fin",
        must: &["idle-timeout@server"],
        must_not: &["lifetime-limit"],
    },
    Situation {
        what: "jobs of the same length, each of which ends with a result and a Close right behind it",
        scenario: concat!(job!(""), job!("2"), job!("3"), job!("4")),
        must: &["clean", "sessions=4"],
        must_not: &["lifetime-limit", "idle-timeout"],
    },
    Situation {
        what: "four sessions of which each is silent from its beginning, ended after the same time, and a packet more or less in each",
        scenario: "C> upgrade   S< 101   S< text \"a\"\nwait 1s\n2C> upgrade   2S< 101   2S< text \"a\"   2C> ack   2S< text \"b\"\nwait 1s\n\
                   3C> upgrade   3S< 101   3S< text \"a\"\nwait 1s\n4C> upgrade   4S< 101   4S< text \"a\"\nwait 7s\n\
                   S< fin   C> fin\nwait 1s\n2S< fin   2C> fin\nwait 1s\n3S< fin   3C> fin\nwait 1s\n4S< fin   4C> fin",
        must: &["idle-timeout@server"],
        must_not: &["lifetime-limit"],
    },
    Situation {
        what: "a proxy with a key and masks of its own loses one message of several",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat =Host: a.test   2C> upgrade /chat =Host: a.test   2S< 101   S< 101\n",
            "2S< text \"event one, of some length\"   S< text \"event one, of some length\"\n",
            "2S< text \"event two, of some length\"   \n",
            "C> text mask=01020304 \"question one\"   2C> text mask=51525354 \"question one\"\n",
            "2S< text \"event three\"   S< text \"event three\"\n",
            "C> text mask=11121314 \"question two\"   2C> text mask=61626364 \"question two\"\n",
            "2S< text \"event four\"   S< text \"event four\"\n",
            "C> close mask=21222324 1000   2C> close mask=71727374 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["hop-lost-message", "leg=upstream"],
        must_not: &["hop-changed-message", "accuse"],
    },
    Situation {
        what: "clean twin: it loses none",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat =Host: a.test   2C> upgrade /chat =Host: a.test   2S< 101   S< 101\n",
            "2S< text \"event one, of some length\"   S< text \"event one, of some length\"\n",
            "2S< text \"event two, of some length\"   S< text \"event two, of some length\"\n",
            "C> text mask=01020304 \"question one\"   2C> text mask=51525354 \"question one\"\n",
            "2S< text \"event three\"   S< text \"event three\"\n",
            "C> text mask=11121314 \"question two\"   2C> text mask=61626364 \"question two\"\n",
            "2S< text \"event four\"   S< text \"event four\"\n",
            "C> close mask=21222324 1000   2C> close mask=71727374 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean", "leg=upstream"],
        must_not: &["hop-lost-message"],
    },
    Situation {
        what: "twin: two sessions of which only that the proxy opened one shows nothing, and a message is in one alone",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat =Host: a.test   2C> upgrade /other =Host: a.test   2S< 101   S< 101\n",
            "2S< text \"event one, of some length\"   S< text \"event one, of some length\"\n",
            "2S< text \"event two, of some length\"   \n",
            "C> text mask=01020304 \"question one\"   2C> text mask=51525354 \"question one\"\n",
            "2S< text \"event three\"   S< text \"event three\"\n",
            "C> text mask=11121314 \"question two\"   2C> text mask=61626364 \"question two\"\n",
            "2S< text \"event four\"   S< text \"event four\"\n",
            "C> close mask=21222324 1000   2C> close mask=71727374 1000   2S< close 1000   S< close 1000\n",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["hop-lost-message"],
    },
    Situation {
        what: "the server resets its leg right behind a message, which the proxy may not have read by then",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text \"good day\"   S< text \"good day\"\n2S< text \"the last\"\n2S< rst   S< fin   C> fin"
        ),
        must: &["connection-reset@server", "leg=upstream"],
        must_not: &["hop-lost-message"],
    },
    Situation {
        what: "twin: a second later the proxy had every chance to pass it on",
        scenario: concat!(
            "2: client 10.0.0.2\n2: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "2S< text \"good day\"   S< text \"good day\"\n2S< text \"the last\"\nwait 1s\n2S< rst   S< fin   C> fin"
        ),
        must: &["connection-reset@server", "hop-lost-message"],
        must_not: &["clean"],
    },
];
