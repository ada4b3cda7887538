//! What a proxy does with a WebSocket of which both legs are in the capture.

use super::Situation;

/// Two legs that share the key, after a question of the client and its answer. Connection 1 is the client's.
macro_rules! legs {
    ($($steps:expr),*) => {
        concat!(
            "2: client 10.0.0.2:45002\n2: server 10.0.0.3:9000\n3: server 10.0.0.3:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "C> text mask=01020304 \"question 1\"   2C> text mask=01020304 \"question 1\"\n",
            "2S< text \"answer 1\"   S< text \"answer 1\"\n",
            $($steps, "\n",)*
        )
    };
}

/// The client says goodbye, and the proxy passes that on.
macro_rules! goodbye {
    () => {
        "C> close mask=21222324 1000   2C> close mask=21222324 1000   2S< close 1000   S< close 1000\n\
         2S< fin   2C> fin   S< fin   C> fin"
    };
}

/// The server leaves, and the proxy answers.
macro_rules! server_leaves {
    ($code:literal) => {
        concat!("2S< close ", $code, "   2C> close mask=31323334 ", $code, "   2S< fin   2C> fin")
    };
}

/// Two proxies in a row: connection 1 leads to the first one, 2 from there to the second one, 3 to the server.
macro_rules! chain {
    ($steps:literal) => {
        concat!(
            "2: client 10.0.0.2:45002\n2: server 10.0.0.3:9000\n3: client 10.0.0.3:45003\n3: server 10.0.0.4:9000\n",
            "C> upgrade /chat   2C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==   ",
            "3C> upgrade /chat =Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
            "3S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   2S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=   ",
            "S< 101 =Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "C> text mask=01020304 \"question 1\"   2C> text mask=01020304 \"question 1\"   3C> text mask=01020304 \"question 1\"\n",
            "3S< text \"answer 1\"   2S< text \"answer 1\"   S< text \"answer 1\"\n",
            $steps
        )
    };
}

/// These situations.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a proxy opens another leg to the server, which has left with 1012, behind the client's open leg",
        scenario: legs!(
            server_leaves!("1012"),
            "3: client 10.0.0.2:45003\nwait 500ms\n3C> upgrade /chat   3S< 101\nwait 2s",
            "C> text \"question 2\"   3C> text \"question 2\"   3S< text \"answer 2\"   S< text \"answer 2\"\nwait 2s",
            "C> text \"question 3\"   3C> text \"question 3\"   3S< text \"answer 3\"   S< text \"answer 3\"\nwait 2s",
            "C> close 1000   3C> close 1000   3S< close 1000   S< close 1000   3S< fin   3C> fin   S< fin   C> fin"
        ),
        must: &["clean", "sessions=3", "leg=upstream"],
        must_not: &["hop-lost-message", "hop-changed-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "the same, and the proxy ends the client's leg",
        scenario: legs!(
            server_leaves!("1012"),
            "3: client 10.0.0.2:45003\nwait 500ms\n3C> upgrade /chat   3S< 101\nwait 2s",
            "C> text \"question 2\"   3C> text \"question 2\"   3S< text \"answer 2\"   S< text \"answer 2\"\nwait 2s",
            "3S< close 1001   S< close 1001   C> close 1001   3C> close 1001   3S< fin   3C> fin   S< fin   C> fin"
        ),
        must: &["clean", "sessions=3"],
        must_not: &["hop-lost-message", "hop-changed-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "the same, and the second leg is not in the capture: the client gets its answers",
        scenario: legs!(
            server_leaves!("1000"),
            "wait 2s\nC> text \"question 2\"   S< text \"answer 2\"\nwait 2s\nC> text \"question 3\"   S< text \"answer 3\"\nwait 2s",
            "C> close 1000   S< close 1000   S< fin   C> fin"
        ),
        must: &["clean", "sessions=2"],
        must_not: &["hop-lost-message", "hop-changed-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "the client comes back, and the proxy has kept its leg to the server",
        scenario: legs!(
            "C> close mask=21222324 1001   S< close 1001   S< fin   C> fin",
            "3: client 10.0.0.1:45003\n3: server 10.0.0.2:8080\nwait 1s\n3C> upgrade /chat   3S< 101\nwait 2s",
            "3C> text \"question 2\"   2C> text \"question 2\"   2S< text \"answer 2\"   3S< text \"answer 2\"\nwait 2s",
            "3C> close 1000   2C> close 1000   2S< close 1000   3S< close 1000   2S< fin   2C> fin   3S< fin   3C> fin"
        ),
        must: &["clean", "sessions=3"],
        must_not: &["hop-lost-message", "hop-changed-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "the server has left, and the proxy lets the client speak to nobody",
        scenario: legs!(
            server_leaves!("1000"),
            "wait 20s\nC> text \"still there?\"\nwait 20s\nC> text \"anybody?\""
        ),
        must: &[
            "hop-lost-message",
            "says=2 messages of the client went into the proxy, whose other leg was over",
            "says=20.0 s after the end of session",
        ],
        must_not: &["certain=hop-lost-message", "accuse"],
    },
    Situation {
        what: "the same, and the client says goodbye",
        scenario: legs!(
            server_leaves!("1000"),
            "wait 20s\nC> text \"still there?\"\nwait 20s\nC> close 1000   S< close 1000   S< fin   C> fin"
        ),
        must: &["hop-lost-message", "says=whose other leg was over"],
        must_not: &["certain=hop-lost-message", "accuse", "hop-closed"],
    },
    Situation {
        what: "the server has ended TCP, and the proxy lets the client speak to nobody",
        scenario: legs!("2S< fin   2C> fin", "wait 20s\nC> text \"still there?\""),
        must: &[
            "hop-lost-message",
            "says=a message of the client went into the proxy, whose other leg was over",
        ],
        must_not: &["certain=hop-lost-message"],
    },
    Situation {
        what: "the client has left, and the proxy lets the server speak to nobody",
        scenario: legs!(
            "C> close mask=21222324 1000   S< close 1000   S< fin   C> fin",
            "wait 20s\n2S< text \"news 1\"\nwait 20s\n2S< text \"news 2\""
        ),
        must: &[
            "hop-lost-message",
            "says=2 messages of the server went into the proxy, whose other leg was over",
        ],
        must_not: &["certain=hop-lost-message", "accuse"],
    },
    Situation {
        what: "clean twin: a message crosses the server's Close, which the proxy passes on",
        scenario: legs!(
            "2S< close 1000   2C> close mask=31323334 1000   C> text \"question 2\"   S< close 1000   C> close 1000",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["hop-lost-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "clean twin: the server goes on for 5 s after the client's Close, which the proxy has answered and passed on",
        scenario: legs!(
            "C> close mask=21222324 1000   S< close 1000   S< fin   C> fin   2C> close mask=21222324 1000",
            "wait 2s\n2S< text \"news 1\"\nwait 3s\n2S< text \"news 2\"   2S< close 1000   2S< fin   2C> fin"
        ),
        must: &["sessions=2"],
        must_not: &["hop-lost-message", "hop-added-message", "hop-closed"],
    },
    Situation {
        what: "a proxy passes one message on three times",
        scenario: legs!(
            "C> text mask=01020305 \"buy one\"   2C> text mask=01020305 \"buy one\"",
            "2C> text mask=01020306 \"buy one\"   2C> text mask=01020307 \"buy one\"",
            goodbye!()
        ),
        must: &[
            "once=hop-added-message",
            "certain=hop-added-message",
            "says=2 too many came out, the first as message 4 of session",
        ],
        must_not: &["clean", "accuse", "hop-changed-message"],
    },
    Situation {
        what: "a proxy passes the server's last message on twice",
        scenario: legs!(
            "2S< text \"sold\"   S< text \"sold\"   S< text \"sold\"   2S< close 1000   S< close 1000",
            "C> close mask=21222324 1000   2C> close mask=21222324 1000   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["once=hop-added-message", "says=the proxy passed a message of the server on twice"],
        must_not: &["clean", "accuse"],
    },
    Situation {
        what: "a proxy sends a message of its own in the client's name",
        scenario: legs!(
            "C> text mask=01020305 \"buy one\"   2C> text mask=01020305 \"buy one\"   2C> text \"sell all\"",
            "C> text mask=01020306 \"buy two\"   2C> text mask=01020306 \"buy two\"",
            goodbye!()
        ),
        must: &[
            "clean",
            "once=hop-added-message",
            "says=a message came out of the proxy that the client had not sent into it: message 4 of session",
        ],
        must_not: &["hop-changed-message", "hop-lost-message"],
    },
    Situation {
        what: "clean twin: the client says the same three times",
        scenario: legs!(
            "C> text mask=01020305 \"buy one\"   C> text mask=01020306 \"buy one\"   2C> text mask=01020305 \"buy one\"",
            "2C> text mask=01020306 \"buy one\"   C> text mask=01020307 \"buy one\"   2C> text mask=01020307 \"buy one\"",
            goodbye!()
        ),
        must: &["clean"],
        must_not: &["hop-added-message", "hop-lost-message"],
    },
    Situation {
        what: "two clients of a proxy that has one leg to the server say the same",
        scenario: legs!(
            "3: client 10.0.0.7:45003\n3: server 10.0.0.2:8080\n3C> upgrade /chat   3S< 101",
            "C> text mask=01020305 \"buy one\"   2C> text mask=01020305 \"buy one\"",
            "3C> text mask=01020306 \"buy one\"   2C> text mask=01020306 \"buy one\"",
            "C> text mask=01020307 \"buy two\"   2C> text mask=01020307 \"buy two\"",
            goodbye!()
        ),
        must: &["clean"],
        must_not: &["certain=hop-added-message", "hop-lost-message"],
    },
    Situation {
        what: "the server closes with a code and a reason, and the proxy just ends the client's leg",
        scenario: legs!(
            "2S< close 4400 \"session expired\"   2C> close mask=31323334 4400   S< fin   C> fin   2S< fin   2C> fin"
        ),
        must: &[
            "hop-closed",
            "says=with close code 4400 (private to the application), 'session expired'; the proxy did not pass that on",
        ],
        must_not: &["says=the proxy passed that on", "accuse@client"],
    },
    Situation {
        what: "the same, and the proxy ends its leg to the server as well, without an answer",
        scenario: legs!("2S< close 1000   2C> fin   S< fin   C> fin   2S< fin"),
        must: &[
            "hop-closed",
            "says=the proxy did not pass that on",
            "says=this client is a proxy, and its other leg",
        ],
        must_not: &["certain=close-unanswered", "accuse@client"],
    },
    Situation {
        what: "a proxy has a code of its own for each end",
        scenario: legs!(
            "2S< close 4404 \"Document deleted\"   2C> close mask=31323334 4404   S< close 1011   C> close 1011",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &[
            "certain=hop-closed",
            "says='Document deleted'; 4.0 ms later the proxy closed session",
            "says=with close code 1011 (internal error) instead",
        ],
        must_not: &["clean", "accuse"],
    },
    Situation {
        what: "a proxy passes a Close on without its code",
        scenario: legs!(
            "2S< close 4400   2C> close mask=31323334 4400   S< close   C> close   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["says=with a Close frame that has no code instead"],
        must_not: &["clean", "accuse"],
    },
    Situation {
        what: "clean twin: it passes the code on",
        scenario: legs!(
            "2S< close 4404 \"Document deleted\"   S< close 4404 \"Document deleted\"",
            "C> close mask=21222324 4404   2C> close mask=21222324 4404   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["hop-closed"],
    },
    Situation {
        what: "clean twin: a Close without a code becomes one with 1000",
        scenario: legs!(
            "2S< close   2C> close mask=31323334   S< close 1000   C> close 1000   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean"],
        must_not: &["hop-closed"],
    },
    Situation {
        what: "the client ends TCP, and the proxy writes 1006 into a Close",
        scenario: legs!(
            "C> fin   2C> close mask=21222324 1006   S< fin   2S< close 1002   2S< fin   2C> fin"
        ),
        must: &["close-code-invalid", "says=Close frame; this client is a proxy"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a proxy neither answers the server's pings nor passes them on, until the server leaves",
        scenario: legs!(
            "wait 10s\n2S< ping \"1\"\nwait 10s\n2S< ping \"2\"\nwait 10s\n2S< ping \"3\"\nwait 10s",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &[
            "hop-closed",
            "says=without a Close frame, after 3 pings that the proxy neither answered nor passed on",
        ],
        must_not: &["certain=ping-unanswered"],
    },
    Situation {
        what: "twin: it answers them",
        scenario: legs!(
            "wait 10s\n2S< ping \"1\"   2C> pong \"1\"\nwait 10s\n2S< ping \"2\"   2C> pong \"2\"\nwait 10s",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["hop-closed"],
        must_not: &["says=neither answered"],
    },
    Situation {
        what: "twin: it passes them on, and the client does not answer",
        scenario: legs!(
            "wait 10s\n2S< ping \"1\"   S< ping \"1\"\nwait 10s\n2S< ping \"2\"   S< ping \"2\"\nwait 10s",
            "2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["hop-closed", "ping-unanswered@client"],
        must_not: &["says=neither answered"],
    },
    Situation {
        what: "the second of two proxies loses a message",
        scenario: chain!(
            "C> text mask=01020305 \"the second question\"   2C> text mask=01020305 \"the second question\"\n\
             C> text mask=01020306 \"question 3\"   2C> text mask=01020306 \"question 3\"   3C> text mask=01020306 \"question 3\"\n\
             C> close mask=21222324 1000   2C> close mask=21222324 1000   3C> close mask=21222324 1000\n\
             3S< close 1000   2S< close 1000   S< close 1000\n\
             3S< fin   3C> fin   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["once=hop-lost-message", "certain=hop-lost-message", "sessions=3"],
        must_not: &["hop-closed", "hop-added-message"],
    },
    Situation {
        what: "the second of two proxies passes a Close on as a mere end, and the first one passes that on",
        scenario: chain!(
            "3S< close 1000   3C> close mask=31323334 1000   2S< fin   2C> fin   S< fin   C> fin   3S< fin   3C> fin"
        ),
        must: &["once=hop-closed", "says=the proxy did not pass that on", "sessions=3"],
        must_not: &["hop-lost-message"],
    },
    Situation {
        what: "clean twin: both pass all on",
        scenario: chain!(
            "C> close mask=21222324 1000   2C> close mask=21222324 1000   3C> close mask=21222324 1000\n\
             3S< close 1000   2S< close 1000   S< close 1000\n\
             3S< fin   3C> fin   2S< fin   2C> fin   S< fin   C> fin"
        ),
        must: &["clean", "sessions=3"],
        must_not: &["hop-closed", "hop-lost-message", "hop-added-message"],
    },
];
