//! WebSockets over HTTP/2: how they end, and where a part is missing.

use super::Situation;

/// A connection of HTTP/2 with a WebSocket on stream 1.
macro_rules! http2 {
    ($steps:literal) => {
        concat!(
            "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n",
            "C> on 1 text \"a\"   S< on 1 text \"b\"\n",
            $steps
        )
    };
}

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a GOAWAY with an error is not acknowledged, and is sent again without one",
        scenario: http2!(
            "S< noack order 1~1 1 goaway 1 0   C> on 1 end close 1000   S< on 1 end close 1000   S< fin   C> fin"
        ),
        must: &["http2-goaway@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a WINDOW_UPDATE of 0 bytes is not acknowledged, and is sent again with another number",
        scenario: http2!(
            "S< noack order 1 1~1 window 1 255   C> on 1 text \"c\"   S< noack order 1~1 1 window 1 255   C> on 1 end close 1000   S< on 1 end close 1000   S< fin   C> fin"
        ),
        must: &["tcp-overlap-conflict@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "more than the window allows is not acknowledged, and is sent again with other bytes",
        scenario: "C> preface window=10   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< noack order 1 1~1 on 1 text \"more than ten bytes\"   C> on 1 text \"a\"",
        must: &["http2-window-exceeded@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the capture misses that the client ends its stream, and then the server ends it without an answer",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nwait 30s\nC> lose on 1 end\nS< on 1 end",
        must: &["upgrade-no-response"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the preface of HTTP/2 is not in the capture, the server's settings are",
        scenario: "C> lose preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "neither the preface of HTTP/2 nor the server's settings are in the capture",
        scenario: "C> lose preface   S< lose settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 text \"a\"   S< on 1 text \"b\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the capture lacks the settings that allow the client a larger table",
        scenario: "C> preface   S< lose lose-ack settings connect-protocol table=65536\n\
                   C> h2-frame 1 5 1 3fe1ff03 828487410161   S< settings ack   S< answer 1 200 end\n\
                   C> connect 3 /chat   S< answer 3 200   C> on 3 text \"a\"   S< on 3 text \"b\"\n\
                   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["tcp-gap", "sessions=1"],
        must_not: &["http2-head-broken", "accuse"],
    },
    Situation {
        what: "twin: nothing allows it",
        scenario: "C> preface   S< settings connect-protocol\n\
                   C> h2-frame 1 5 1 3fe1ff03 828487410161   S< settings ack   S< answer 1 200 end\n\
                   C> connect 3 /chat   S< answer 3 200   C> on 3 text \"a\"   S< on 3 text \"b\"\n\
                   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["certain=http2-head-broken"],
        must_not: &[],
    },
    Situation {
        what: "the capture lacks the settings that allow the server larger frames",
        scenario: "C> preface   S< settings connect-protocol   C> lose lose-ack settings frame=65536\n\
                   S< h2-frame 0 0 0 \"\"   S< settings ack\n\
                   C> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 size=20000 raw 827e4e1c 19996*00   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1"],
        must_not: &["certain=http2-frame-invalid@server"],
    },
    Situation {
        what: "a frame that is too large was captured before what it acknowledges, and the server complains",
        scenario: http2!("S< on 1 text \"c\"   C> early 2 on 1 size=20000 binary 19992*00   S< goaway 1 6"),
        must: &["http2-frame-invalid@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server blames the client of what the capture may lack: it resets the stream of the request",
        scenario: "C> preface   S< settings   C> settings ack   S< lose settings ack\n\
                   C> connect 1 /chat\nS< reset 1 1   C> fin   S< fin",
        must: &["http2-stream-reset@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "twin: it blames nobody",
        scenario: "C> preface   S< settings connect-protocol   C> settings ack   S< lose settings ack\n\
                   C> connect 1 /chat\nS< reset 1 7   C> fin   S< fin",
        must: &["certain=http2-stream-reset"],
        must_not: &[],
    },
    Situation {
        what: "twin: nothing is missing, and nothing shows what it blames the client of",
        scenario: "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat\nS< reset 1 1   C> fin   S< fin",
        must: &["certain=http2-stream-reset"],
        must_not: &[],
    },
    Situation {
        what: "twin: nothing is missing, and the client asked for what the server did not announce",
        scenario: "C> preface   S< settings   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat\nS< reset 1 1   C> fin   S< fin",
        must: &["certain=http2-connect-not-enabled"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the server blames the client of what the capture may lack: it ends the connection",
        scenario: http2!("C> lose on 1 text \"c\"   C> on 1 text \"d\"   S< goaway 1 1   S< fin   C> fin"),
        must: &["http2-goaway@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the server blames the client, and the two sides have different clocks",
        scenario: "skew server 500ms\nC> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   C> on 1 text \"a\"   S< on 1 text \"b\"\nS< reset 1 1",
        must: &["http2-stream-reset@server"],
        must_not: &["certain=http2-stream-reset"],
    },
    Situation {
        what: "the server ends the connection with an error instead of an answer, and the client leaves",
        scenario: "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat\nS< goaway 1 1\nC> fin   S< fin",
        must: &[
            "once=http2-goaway",
            "certain=http2-goaway",
            "says=after the request on stream 1, which it did not answer",
        ],
        must_not: &["upgrade-unanswered"],
    },
    Situation {
        what: "twin: bytes are missing, in which the client may have done what the server blames it of",
        scenario: "C> preface   S< settings connect-protocol   C> settings ack   S< lose settings ack\n\
                   C> connect 1 /chat\nS< goaway 1 1\nC> fin   S< fin",
        must: &["http2-goaway@server"],
        must_not: &["upgrade-unanswered", "accuse"],
    },
    Situation {
        what: "twin: the server takes no more streams, and the client does not wait for the answer",
        scenario: "C> preface   S< settings connect-protocol   C> settings ack   S< settings ack\n\
                   C> connect 1 /chat\nS< goaway 1 0\nC> fin   S< fin",
        must: &["upgrade-unanswered"],
        must_not: &["http2-goaway@server"],
    },
    Situation {
        what: "the capture begins with a request over HTTP/2, and shows late that it is one",
        scenario: "no-handshake\nC> connect 3 /chat   S< answer 3 200\nC> on 3 text \"a\"   S< on 3 text \"b\"\n\
                   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "outcome=accepted"],
        must_not: &["accuse", "upgrade-data-early"],
    },
    Situation {
        what: "later requests over HTTP/2 refer to the head of one that is not in the capture",
        scenario: "C> preface   S< settings connect-protocol\nC> lose connect 1 /first +x-token: abcdefgh\n\
                   S< answer 1 200\nC> connect 3 /other +x-token: abcdefgh +sec-websocket-protocol: chat\n\
                   S< answer 3 200 +sec-websocket-protocol: chat\n\
                   C> on 3 text \"a\"   S< on 3 text \"b\"\nC> on 3 end close 1000   S< on 3 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse", "http2-connect-invalid", "upgrade-rejected", "outcome=not-websocket"],
    },
    Situation {
        what: "bytes are lost in front of a request over HTTP/2, which is known for what it is only after its answer",
        scenario: "C> preface   S< settings connect-protocol   C> lose settings ack\n\
                   C> [ connect 1 /chat | raw 000008 06 00 ]   S< answer 1 503 end   S< reset 1 0\n\
                   C> raw 00000000 0102030405060708   C> goaway 0 0   S< fin   C> fin",
        must: &["outcome=unseen"],
        must_not: &["accuse", "upgrade-no-response"],
    },
    Situation {
        what: "the first settings of a server are lost, and later ones say nothing about extended CONNECT",
        scenario: "C> preface   S< lose settings connect-protocol   S< settings\nC> connect 1 /chat   S< answer 1 403 end",
        must: &["http2-connect-refused"],
        must_not: &["http2-connect-not-enabled"],
    },
    Situation {
        what: "the answer over HTTP/2 is lost, and the client resets the stream",
        scenario: "C> preface   S< settings connect-protocol   S< settings ack\nC> connect 1 /chat   S< lose answer 1 403 end   C> reset 1 8",
        must: &["outcome=unseen"],
        must_not: &["accuse"],
    },
    Situation {
        what: "client's bytes are lost before the answer over HTTP/2 is read, which is lost as well",
        scenario: "C> preface   S< lose settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   C> on 1 text \"before\"   C> lose-part 12..14 on 1 text \"lost in the middle\"\n\
                   C> on 1 text \"behind\"   S< on 1 text \"hello\"",
        must: &["sessions=1"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a server of HTTP/2 announces that it will go away",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< goaway 2147483647 0\nC> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1", "says=is about to take no more streams"],
        must_not: &["accuse", "says=2147483647"],
    },
    Situation {
        what: "a server of HTTP/2 goes away in two steps, as RFC 9113 wants it: that is one announcement",
        scenario: http2!(
            "S< goaway 2147483647 0   S< goaway 1 0\nC> on 1 end close 1000   S< on 1 end close 1000"
        ),
        must: &["sessions=1", "says=is about to take no more streams"],
        must_not: &["accuse", "says=takes no more streams after 1"],
    },
    Situation {
        what: "GOAWAY names an earlier stream than that of an open WebSocket",
        scenario: http2!(
            "C> connect 3 /other   S< answer 3 200\nS< goaway 1 0\nS< reset 3 7\n\
             C> on 1 end close 1000   S< on 1 end close 1000"
        ),
        must: &["says=one of them on a later stream, which the server thereby gives up"],
        must_not: &["says=may continue"],
    },
    Situation {
        what: "a stream that both sides have closed is reset, with whatever code",
        scenario: http2!("C> on 1 close 1000   S< on 1 close 1000   C> reset 1 5"),
        must: &["clean", "says=after both sides had sent Close"],
        must_not: &["accuse"],
    },
    Situation {
        what: "the client resets its stream right behind its Close",
        scenario: http2!("C> on 1 close 1000   C> reset 1 8"),
        must: &["reset-after-close@client", "says=without waiting for the answer of the server"],
        must_not: &["says=acknowledged the Close", "close-unanswered"],
    },
    Situation {
        what: "over HTTP/2 the server chooses a subprotocol that was not offered, and the client resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +sec-websocket-protocol: a\n\
                   S< answer 1 200 +sec-websocket-protocol: b   C> reset 1 1",
        must: &["upgrade-subprotocol-unoffered", "outcome=failed"],
        must_not: &["http2-stream-reset", "accuse@client"],
    },
    Situation {
        what: "the whole TCP connection of HTTP/2 ends under an open WebSocket",
        scenario: http2!("S< fin   C> fin"),
        must: &["close-missing@server", "says=ended the TCP connection (FIN)"],
        must_not: &["says=HTTP/2 stream"],
    },
    Situation {
        what: "the client never opens its HTTP/2 window, and the server gives up inside a frame",
        scenario: "C> preface window=100   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text len=500 96*61\nwait 30s\nS< reset 1 8",
        must: &["receiver-stalled@client", "says=the client does not read"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a request over HTTP/2 without a version is refused",
        scenario: "C> preface   S< settings connect-protocol\n\
                   C> connect 1 /chat -sec-websocket-version   S< answer 1 400 end",
        must: &["upgrade-header-missing", "http2-connect-refused"],
        must_not: &[],
    },
    Situation {
        what: "an HTML page comes over HTTP/2 where a WebSocket was granted, and the client resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 end raw \"<!DOCTYPE html><html><body>hello</body></html>\"   C> reset 1 1",
        must: &["stream-not-websocket@server"],
        must_not: &["says=after a Close", "accuse@client"],
    },
    Situation {
        what: "a frame ends with END_STREAM before it is whole",
        scenario: http2!("S< on 1 end text len=300 199*61   C> reset 1 8"),
        must: &["frame-incomplete@server", "says=then the server ended the HTTP/2 stream"],
        must_not: &["says=closed the connection"],
    },
    Situation {
        what: "a request over HTTP/2 is recognized only when its stream is reset, and the answer before that is lost",
        scenario: "C> preface   S< settings connect-protocol   C> lose settings ack\nC> connect 1 /chat   S< lose answer 1 200\n\
                   C> reset 1 8\nC> connect 3 /other   S< answer 3 200   C> on 3 end close 1000   S< on 3 end close 1000",
        must: &["outcome=unseen", "outcome=accepted"],
        must_not: &["accuse"],
    },
    Situation {
        what: "later settings of a server are lost, which may have announced extended CONNECT",
        scenario: "C> preface   S< settings   S< lose settings connect-protocol\nC> connect 1 /chat   S< answer 1 403 end",
        must: &["http2-connect-refused"],
        must_not: &["http2-connect-not-enabled"],
    },
    Situation {
        what: "neither the preface of HTTP/2 nor the server's first settings are in the capture, and later ones are",
        scenario: "C> lose preface   S< lose settings connect-protocol   S< settings window=1000\n\
                   C> connect 1 /chat   S< answer 1 200\nC> on 1 end close 1000   S< on 1 end close 1000\n\
                   C> connect 3 /other   S< answer 3 200\nC> on 3 end close 1000   S< on 3 end close 1000",
        must: &["outcome=accepted"],
        must_not: &["accuse", "http2-connect-not-enabled"],
    },
    Situation {
        what: "a server of HTTP/2 goes away with an error, and whether a WebSocket was still open is lost",
        scenario: http2!(
            "C> lose on 1 end close 1000   S< lose on 1 end close 1000   S< goaway 1 11 \"too_many_pings\"   S< fin   C> fin"
        ),
        must: &["http2-goaway@server"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a server of HTTP/2 goes away with an error from an open WebSocket",
        scenario: http2!("S< goaway 1 11 \"too_many_pings\"   S< fin   C> fin"),
        must: &["accuse@server", "says=one WebSocket is open on it"],
        must_not: &[],
    },
    Situation {
        what: "the window of a stream was opened in a packet that the capture lacks",
        scenario: "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text \"more than ten bytes\"   C> lose window 1 100\nwait 2s\nS< on 1 text \"the rest\"\n\
                   S< on 1 end close 1000   C> on 1 end close 1000",
        must: &["sessions=1", "frames>=4"],
        must_not: &["accuse", "receiver-stalled", "http2-window-exceeded"],
    },
    Situation {
        what: "the client's settings allow larger windows of streams, and the capture lacks them",
        scenario: "C> lose preface window=1000000   S< settings connect-protocol   C> window 0 1000000\n\
                   C> connect 1 /chat   S< answer 1 200\nS< on 1 size=16000 binary 70000*61\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1"],
        must_not: &["accuse", "receiver-stalled", "http2-window-exceeded"],
    },
    Situation {
        what: "only the server's packets of HTTP/2 are in the capture, who may send more than the first windows",
        scenario: "tap server\nC> preface window=1000000   S< settings connect-protocol   C> window 0 1000000\n\
                   C> connect 1 /chat   S< answer 1 200\nS< on 1 size=16000 binary 70000*61\nwait 2s\n\
                   S< on 1 text \"more\"\nC> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1"],
        must_not: &["accuse", "receiver-stalled", "http2-window-exceeded"],
    },
    Situation {
        what: "the window of the connection is closed while that of the stream is open",
        scenario: "C> preface window=1000000   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 size=16383 binary 65531*61\nwait 3s\nC> window 0 100\nS< on 1 text \"the rest\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["receiver-stalled@client", "says=which all streams share"],
        must_not: &["receiver-stalled@server", "http2-window-exceeded"],
    },
    Situation {
        what: "the window of a stream is used up, and its sender has nothing more to say for a while",
        scenario: "C> preface window=21   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text \"more than ten bytes\"\nC> window 1 100\nwait 5s\nS< on 1 text \"the rest\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["sessions=1"],
        must_not: &["receiver-stalled"],
    },
    Situation {
        what: "the server writes JSON between the frames of HTTP/2, and ends the connection: nothing is missing",
        scenario: http2!("S< raw \"{\\\"type\\\":\\\"shutdown\\\"}\"   S< fin   C> fin"),
        must: &["http2-frame-invalid@server", "close-missing@server", "certain=close-missing", "says=JSON"],
        must_not: &["tcp-gap", "stream-resynchronized", "accuse@client"],
    },
    Situation {
        what: "the server writes an answer of HTTP/1.1 between the frames of HTTP/2, and the client ends the connection for that",
        scenario: http2!("S< raw \"HTTP/1.1 400 Bad Request\\r\\n\\r\\n\"   C> goaway 0 6   C> fin   S< fin"),
        must: &["http2-frame-invalid@server", "says=an HTTP response"],
        must_not: &["tcp-gap", "accuse@client"],
    },
    Situation {
        what: "bytes are lost in front of what is no frame of HTTP/2: it may have been one",
        scenario: http2!(
            "S< lose on 1 text \"lost\"   S< raw \"GET / HTTP/1.1\\r\\n\\r\\n\"   S< on 1 text \"b\"   S< fin   C> fin"
        ),
        must: &["tcp-gap"],
        must_not: &["http2-frame-invalid", "accuse"],
    },
    Situation {
        what: "over HTTP/2 the server masks a frame, and the client resets the stream",
        scenario: http2!("S< on 1 text mask=auto \"m\"   C> reset 1 1"),
        must: &["frame-masked@server", "http2-stream-reset", "close-missing"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "over HTTP/2 the client sends a reserved opcode, and the server cancels the stream",
        scenario: http2!("C> on 1 frame opcode=11 \"x\"   S< reset 1 8"),
        must: &["frame-reserved-opcode@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client resets the stream while nothing is wrong",
        scenario: http2!("C> reset 1 1"),
        must: &["http2-stream-reset@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the server masks a frame, the client goes on for seconds, and resets the stream then",
        scenario: http2!(
            "S< on 1 text mask=auto \"m\"\nwait 1s\nC> on 1 text \"c\"\nwait 3s\nC> on 1 text \"d\"\nC> reset 1 2"
        ),
        must: &["http2-stream-reset@client", "accuse@client"],
        must_not: &[],
    },
    Situation {
        what: "over HTTP/2 the server answers with both subprotocols that were offered, and the client ends the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +sec-websocket-protocol: \"a, b\"\n\
                   S< answer 1 200 +sec-websocket-protocol: \"a, b\"\nC> on 1 end",
        must: &["upgrade-subprotocol-unoffered@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the same, and the client resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +sec-websocket-protocol: \"a, b\"\n\
                   S< answer 1 200 +sec-websocket-protocol: \"a, b\"\nC> reset 1 1",
        must: &["upgrade-subprotocol-unoffered@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "over HTTP/2 the server chooses one subprotocol that was offered, and the client ends the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +sec-websocket-protocol: \"a, b\"\n\
                   S< answer 1 200 +sec-websocket-protocol: b\nC> on 1 end",
        must: &["close-missing@client", "accuse@client"],
        must_not: &["upgrade-subprotocol-unoffered"],
    },
    Situation {
        what: "over HTTP/2 the server does not answer for ten seconds, and the client cancels its request",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nwait 10s\nC> reset 1 8",
        must: &["upgrade-unanswered@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "over HTTP/2 the client cancels its request after a second",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nwait 1s\nC> reset 1 8",
        must: &["http2-stream-reset@client"],
        must_not: &["accuse@server", "upgrade-unanswered"],
    },
    Situation {
        what: "over HTTP/2 the client's request has no method, and the server ends the connection",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat -:method   S< goaway 0 1   S< fin   C> fin",
        must: &["http2-connect-invalid@client", "says=has no :method"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client's path has no slash, and the server ends the connection",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat =:path: chat   S< goaway 1 1   S< fin   C> fin",
        must: &["http2-connect-invalid@client", "says=whose value does not begin with a slash"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client asks for an empty path, and the server resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat =:path: \"\"   S< reset 1 1",
        must: &["http2-connect-invalid@client", "says=':path' without a value", "http2-stream-reset"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client's request has no method, and the server resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat -:method   S< reset 1 1",
        must: &["http2-connect-invalid@client", "says=has no :method", "http2-stream-reset"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client's request may have lost its method to the capture",
        scenario: "C> preface   S< settings connect-protocol\nC> lose connect 1 /first +x-token: abcdefgh\n\
                   S< answer 1 200\nC> connect 3 /other -:method +x-token: abcdefgh   S< reset 3 1",
        must: &[],
        must_not: &["http2-connect-invalid", "accuse"],
    },
    Situation {
        what: "over HTTP/2 the client's request has no scheme, and the server resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat -:scheme   S< reset 1 1",
        must: &["http2-connect-invalid@client", "says=has no :scheme", "http2-stream-reset"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client sends te with gzip, and the server resets the stream",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +te: gzip   S< reset 1 1",
        must: &["http2-connect-invalid@client", "says=te with 'gzip'"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "over HTTP/2 the client ends the stream with its request, and the server grants the WebSocket",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat end   S< answer 1 200\n\
                   S< on 1 text \"a\"   S< on 1 end close 1000",
        must: &["http2-connect-invalid@client", "says=END_STREAM"],
        must_not: &["accuse@server", "upgrade-unanswered"],
    },
    Situation {
        what: "over HTTP/2 the client asks without leave, and the server resets the stream",
        scenario: "C> preface   S< settings\nC> connect 1 /chat   S< reset 1 1",
        must: &["http2-connect-not-enabled@client", "http2-stream-reset"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client's first settings are wrong, and the server ends the connection",
        scenario: "C> preface 2=2   S< settings connect-protocol\nC> connect 1 /chat\n\
                   S< goaway 0 1 \"invalid SETTINGS_ENABLE_PUSH\"   S< fin   C> fin",
        must: &["http2-frame-invalid@client", "says=SETTINGS_ENABLE_PUSH 2"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the client sends what ends the connection before its request is answered",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat\nC> h2-frame 3 0 0 00000008\n\
                   S< goaway 1 1   S< fin   C> fin",
        must: &["http2-frame-invalid@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the capture lacks bytes of the server that its client had acknowledged before the request that it cancels",
        scenario: "C> preface   S< lose h2-frame 6 0 0 0102030405060708   S< settings connect-protocol   C> settings ack\n\
                   C> h2-frame 6 1 0 0102030405060708   C> connect 1 /chat   C> reset 1 8",
        must: &["http2-stream-reset@client", "certain=http2-stream-reset", "says=before any answer"],
        must_not: &["outcome=unseen"],
    },
    Situation {
        what: "a request over HTTP/2 is lost, and its stream reset",
        scenario: http2!(
            "C> lose request 3 /file   S< reset 3 7\nC> on 1 end close 1000   S< on 1 end close 1000"
        ),
        must: &["sessions=1"],
        must_not: &["http2-frame-invalid", "accuse"],
    },
    Situation {
        what: "the server sends more than a window allows, and the client resets the stream",
        scenario: "C> preface window=10   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text \"more than ten bytes\"   C> reset 1 3",
        must: &["http2-window-exceeded@server", "http2-stream-reset"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "the server sends more than a window allows, and the client ends the connection",
        scenario: "C> preface window=10   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text \"more than ten bytes\"   C> goaway 0 3   C> fin   S< fin",
        must: &["http2-window-exceeded@server", "http2-goaway"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a client of HTTP/2 gets its settings in what the capture lacks, and asks for nothing",
        scenario: "C> upgrade /chat   S< 101   C> text \"a\"\n2C> preface   2S< lose settings   2C> settings ack\n\
                   2C> fin   2S< fin\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["sessions=1"],
        must_not: &["probe", "accuse"],
    },
    Situation {
        what: "only the server's packets of HTTP/2 are in the capture, which says why it goes away",
        scenario: "tap server\nC> preface   S< settings connect-protocol\nC> connect 1 /chat +sec-websocket-protocol: chat\n\
                   S< answer 1 200 +sec-websocket-protocol: chat\n\
                   C> on 1 text \"a\"   S< on 1 text \"b\"\nS< goaway 1 0 \"shutdown\"\n\
                   C> on 1 end close 1000   S< on 1 end close 1000",
        must: &["http2-goaway@server", "says=with the text 'shutdown'", "says=is not known"],
        must_not: &["accuse", "says=one WebSocket is open"],
    },
    Situation {
        what: "over HTTP/2 the server resets the stream of a request in which nothing is wrong",
        scenario: "C> preface   S< settings connect-protocol\nC> connect 1 /chat +x-note: a +te: trailers   S< reset 1 1",
        must: &["http2-stream-reset@server", "accuse@server"],
        must_not: &["http2-connect-invalid"],
    },
    Situation {
        what: "over HTTP/2 a window is exceeded by two frames: that is told once",
        scenario: "C> preface window=10   S< settings connect-protocol\nC> connect 1 /chat   S< answer 1 200\n\
                   S< on 1 text \"more than ten bytes\"   S< on 1 text \"and again\"",
        must: &["http2-window-exceeded@server", "once=http2-window-exceeded"],
        must_not: &[],
    },
    Situation {
        what: "a proxy of HTTP/2 refuses a tunnel",
        scenario: "C> preface   S< settings\nC> h2-frame 1 4 1 4207434f4e4e4543544109612e746573743a3831   S< answer 1 403 end",
        must: &["tunnel-refused", "says='a.test:81'"],
        must_not: &["says=no WebSocket gets through"],
    },
];
