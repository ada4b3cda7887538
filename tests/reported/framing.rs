//! Framing that a peer's own fault destroys: one finding with the cause and the place, and its consequences folded.

use super::{Situation, session};

/// As told above.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        what: "a stray line feed behind the request, and the server leaves before the client sends anything",
        scenario: "C> [ upgrade | raw \"\\n\" ]   S< 101   S< text \"a\"   S< fin   C> fin",
        must: &["frame-incomplete", "says=it may as well be a stray line end"],
        must_not: &["accuse@client", "pong-unsolicited", "stream-not-websocket"],
    },
    Situation {
        what: "a blank stands behind the client's request",
        scenario: "C> [ upgrade | raw \" \" ]   S< 101\nC> text \"hello\"   S< text \"hello to you\"\nC> text \"more of it\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@client", "outcome=accepted", "frames>=5"],
        must_not: &[
            "frame-reserved-bits",
            "message-continuation-unexpected",
            "upgrade-data-early",
            "accuse@server",
        ],
    },
    Situation {
        what: "a carriage return does",
        scenario: "C> [ upgrade | raw 0d ]   S< 101\nC> text \"hello\"   S< text \"hello to you\"\nC> text \"more of it\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@client", "outcome=accepted", "frames>=5"],
        must_not: &[
            "frame-reserved-opcode",
            "message-continuation-unexpected",
            "upgrade-data-early",
            "accuse@server",
        ],
    },
    Situation {
        what: "a blank stands behind the server's answer",
        scenario: "C> upgrade   S< [ 101 | raw \" \" ]\nC> text \"hello\"   S< text \"hello to you\"\nS< text \"more of it\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@server", "outcome=accepted", "frames>=5"],
        must_not: &["frame-reserved-bits", "message-continuation-unexpected", "accuse@client"],
    },
    Situation {
        what: "the server sends a buffer that is longer than its frame",
        scenario: "C> upgrade   S< 101\n\
                   S< [ text \"hello\" | raw 9*00 ]   S< [ text \"again\" | raw 9*00 ]\n\
                   C> close 1002   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@server", "says=9 NUL bytes", "frames>=3"],
        must_not: &["message-continuation-unexpected", "frame-masked", "accuse@client"],
    },
    Situation {
        what: "the client sends the NUL that ends its text, too",
        scenario: "C> upgrade   S< 101\n\
                   C> [ text \"hello\" | raw 00 ]\nwait 1s\nC> [ text \"again\" | raw 00 ]\n\
                   S< close 1002   C> fin   S< fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@client", "says=a NUL byte", "frames>=3"],
        must_not: &["message-continuation-unexpected", "accuse@server"],
    },
    Situation {
        what: "a frame that continues no message is a frame, although it begins with a NUL",
        scenario: "C> upgrade   S< 101\nS< continuation-part \"hello\"   S< continuation \"world\"\n\
                   C> close 1002   S< fin   C> fin",
        must: &["message-continuation-unexpected@server"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "clean: a message goes on in frames that begin with a NUL",
        scenario: "C> upgrade   S< 101\nS< text-part \"a\"   S< continuation-part   S< continuation \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &[],
    },
    Situation {
        what: "clean: the first of several fragments is lost, and one of them could be a NUL in front of a ping",
        scenario: "C> upgrade   S< 101\nC> lose text-part \"fragm\"   C> continuation-part \"0123456789\"\n\
                   C> continuation-part mask=daa66d2b \"123456789\"   C> continuation \"x\"   C> ping \"abc\"\n\
                   S< pong \"abc\"   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=6"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "clean: the header of a frame full of NULs is lost, and another frame follows it",
        scenario: "C> upgrade   S< 101\nS< lose-part 0..100 binary 5000*00   S< text \"hello there\"\n\
                   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &["frames>=3", "stream-resynchronized"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "the rest of a binary frame was never written, and whole frames stand where it should",
        scenario: "C> upgrade   S< 101\nS< binary len=4300   S< binary 50*01   S< binary 60*02   S< binary 70*03\n\
                   C> close 1002   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=the payload was never written",
        ],
        must_not: &["frame-reserved-bits", "accuse@client"],
    },
    Situation {
        what: "the same from the client",
        scenario: "C> upgrade   S< 101\nC> binary len=4300   C> binary 50*01   C> binary 60*02   C> binary 70*03\n\
                   C> rst",
        must: &["once=stream-not-websocket", "stream-not-websocket@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "a binary frame of the server is torn, and other frames stand where its rest should be",
        scenario: "C> upgrade   S< 101\nS< binary len=4000 300*c5   S< times 4 text \"{tick: one}\"\nwait 20s\nC> close 1001   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@server", "says=at byte 300 of frame 1"],
        must_not: &["frame-incomplete", "accuse@client"],
    },
    Situation {
        what: "the same from the client",
        scenario: "C> upgrade   S< 101\nC> binary len=4000 300*c5   C> times 4 text \"{tick: one}\"\nwait 20s\nS< close 1001   C> fin   S< fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@client", "says=at byte 300 of frame 1"],
        must_not: &["frame-incomplete", "accuse@server"],
    },
    Situation {
        what: "the same with so many other frames that they fill what the first one declares",
        scenario: "C> upgrade   S< 101\nS< binary len=4000 300*c5   S< times 300 text \"{tick: one}\"\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=or before of frame 1 from the server",
        ],
        must_not: &["says=too many", "says=too few", "frame-incomplete", "accuse@client"],
    },
    Situation {
        what: "a small binary frame of the client is torn, and texts follow: what is left of the second one looks like a pong",
        scenario: "C> upgrade   S< 101\nC> binary len=90 40*c5   C> text 120*78   C> text 120*78   C> text 120*78\n\
                   C> text 120*78   C> close 1000   S< close 1000   S< fin   C> fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@client",
            "says=after frame 1 from the client",
        ],
        must_not: &["frame-reserved-bits", "frame-unmasked", "message-interrupted", "accuse@server"],
    },
    Situation {
        what: "a bogus header is cut by the end of the stream: not the other side's fault, and not certain",
        scenario: "C> upgrade   S< 101\nC> [ binary 4*01 | raw 85f0 01020304 05060708 ]   S< fin   C> fin",
        must: &["stream-not-websocket@client"],
        must_not: &["frame-reserved-opcode", "frame-incomplete", "accuse"],
    },
    Situation {
        what: "one frame with a reserved bit among good ones in one packet",
        scenario: "C> upgrade   S< 101\nS< [ binary 9*01 | text rsv=2 \"b\" | text \"c\" | text \"d\" ]\n\
                   C> close 1002   S< close 1002   S< fin   C> fin",
        must: &["once=frame-reserved-bits", "frame-reserved-bits@server", "accuse@server", "frames>=6"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "the same with an opcode that is not assigned, the last one of its packet",
        scenario: "C> upgrade   S< 101\nC> [ text \"a\" | binary opcode=3 9*01 ]   S< close 1002   C> fin   S< fin",
        must: &["once=frame-reserved-opcode", "frame-reserved-opcode@client", "frames>=3"],
        must_not: &["stream-not-websocket", "accuse@server"],
    },
    Situation {
        what: "the same with a masked frame of a server that masks all that follow, too",
        scenario: "C> upgrade   S< 101\nS< [ text \"a\" | text mask=auto \"b\" | text mask=auto \"c\" | text mask=auto \"d\" ]\n\
                   C> close 1002   S< fin   C> fin",
        must: &["frame-masked@server", "accuse@server", "frames>=5"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "a continuation of no message among good frames in one packet",
        scenario: "C> upgrade   S< 101\nS< [ text \"a\" | continuation \"b\" | text \"c\" | text \"d\" ]\n\
                   C> close 1002   S< fin   C> fin",
        must: &["once=message-continuation-unexpected", "accuse@server", "frames>=5"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "data behind a Close in one packet",
        scenario: "C> upgrade   S< 101\nS< [ text \"a\" | close 1000 | text \"b\" ]   C> close 1000   S< fin   C> fin",
        must: &["data-after-close@server", "frames>=4"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "clean: a tunnel carries frames, and its Close comes in the packet of the last ones",
        scenario: "C> upgrade   S< 101\n\
                   S< [ binary 8106 68656c6c6f30 8106 68656c6c6f31 8106 68656c6c6f32 8106 68656c6c6f33 8106 68656c6c6f34 \
                   8106 68656c6c6f35 8106 68656c6c6f36 8106 68656c6c6f37 8106 68656c6c6f38 8106 68656c6c6f39 \
                   8106 68656c6c6f30 8106 68656c6c6f31 8106 68656c6c6f32 8106 68656c6c6f33 8106 68656c6c6f34 \
                   8106 68656c6c6f35 8106 68656c6c6f36 8106 68656c6c6f37 8106 68656c6c6f38 8106 68656c6c6f39 \
                   | close 1000 ]   C> close 1000   S< fin   C> fin",
        must: &["clean", "frames>=3"],
        must_not: &[],
    },
    Situation {
        what: "a binary frame of the server is cut, and nothing else stands in it",
        scenario: "C> upgrade   S< 101\nS< binary len=4000 300*c5   S< raw 500*c6   S< fin   C> fin",
        must: &["frame-incomplete@server"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "a client masks its payload and forgets the mask bit",
        scenario: "C> upgrade   S< 101\nC> raw 810c a12b3cf4 c94e5098ce0b4b9bd34758d5\n\
                   S< close 1002   S< fin   C> fin",
        must: &["once=frame-unmasked", "frame-unmasked@client", "says=without the mask bit", "frames>=2"],
        must_not: &["message-invalid-utf8", "stream-not-websocket", "accuse@server"],
    },
    Situation {
        what: "the same with binary frames, of which only what follows them shows it",
        scenario: "C> upgrade   S< 101\nC> raw 8205 a12b3cf4 a02a3ff7a4\nC> raw 8203 17e8557a 16ea56\n\
                   C> raw 8900 01020304\nS< close 1002   S< fin   C> fin",
        must: &["frame-unmasked@client", "says=without the mask bit", "frames>=4"],
        must_not: &[
            "message-invalid-utf8",
            "stream-not-websocket",
            "frame-reserved-bits",
            "frame-incomplete",
            "says=without a mask;",
            "accuse@server",
        ],
    },
    Situation {
        what: "the same with one binary frame, the last one",
        scenario: "C> upgrade   S< 101\nC> raw 8205 a12b3cf4 a02a3ff7a4\nS< close 1002   S< fin   C> fin",
        must: &["once=frame-unmasked", "frame-unmasked@client", "says=without the mask bit"],
        must_not: &["stream-not-websocket", "frame-incomplete", "accuse@server"],
    },
    Situation {
        what: "the same with a text too short to tell by itself",
        scenario: "C> upgrade   S< 101\nC> raw 8102 a12b3cf4 c942\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["once=frame-unmasked", "frame-unmasked@client", "says=without the mask bit"],
        must_not: &["message-invalid-utf8", "stream-not-websocket", "accuse@server"],
    },
    Situation {
        what: "binary frames without mask or key",
        scenario: "C> upgrade   S< 101\nC> binary mask=none 0102030405   C> binary mask=none fffe   C> close 1000\n\
                   S< close 1002   S< fin   C> fin",
        must: &["frame-unmasked@client", "says=without a mask;"],
        must_not: &["says=without the mask bit", "stream-not-websocket", "accuse@server"],
    },
    Situation {
        what: "a client that does not mask at all closes, in four bytes that could be a key",
        scenario: "C> upgrade   S< 101\nC> binary mask=none 0102030405   C> close mask=none 1000\n\
                   S< close 1000   S< fin   C> fin",
        must: &["frame-unmasked@client", "says=without a mask;", "frames>=3"],
        must_not: &["says=without the mask bit", "stream-not-websocket", "accuse@server"],
    },
    Situation {
        what: "a client that does not mask at all",
        scenario: "C> upgrade   S< 101\nC> text mask=none \"hello world!\"\nS< close 1002   S< fin   C> fin",
        must: &["once=frame-unmasked", "says=without a mask"],
        must_not: &["message-invalid-utf8", "says=without the mask bit", "accuse@server"],
    },
    Situation {
        what: "a line feed stands behind every frame of the server",
        scenario: "C> upgrade   S< 101\n\
                   S< [ text \"one\" | raw \"\\n\" ]   S< [ text \"two\" | raw \"\\n\" ]   S< [ text \"three\" | raw \"\\n\" ]\n\
                   C> close 1002   S< fin   C> fin",
        must: &[
            "stream-not-websocket@server",
            "once=stream-not-websocket",
            "frames>=4",
            "says=belongs to no frame",
        ],
        must_not: &["control-fragmented", "frame-reserved-opcode", "frame-incomplete", "frame-masked"],
    },
    Situation {
        what: "an empty line stands between two frames of the server",
        scenario: "C> upgrade   S< 101\n\
                   S< text \"{\\\"a\\\":1}\"   S< raw \"\\r\\n\"   S< text \"{\\\"b\\\":2}\"   C> text \"x\"\n\
                   S< close   C> close   S< fin   C> fin",
        must: &["stream-not-websocket@server", "frames>=4"],
        must_not: &["frame-reserved-opcode", "control-fragmented"],
    },
    Situation {
        what: "the answer to the upgrade is sent twice, and frames follow",
        scenario: "C> upgrade   S< 101\n\
                   S< 101\n\
                   C> text \"a\"   S< text \"hello world\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["stream-not-websocket@server", "says=a second 101", "frames>=4"],
        must_not: &["close-unanswered", "accuse@client"],
    },
    Situation {
        what: "an HTTP error stands in the stream, and a Close follows",
        scenario: "C> upgrade   S< 101\n\
                   S< text \"a\"   S< raw \"HTTP/1.1 500 Oops\\r\\nContent-Length: 0\\r\\n\\r\\n\"   S< close 1011\n\
                   C> close   S< fin   C> fin",
        must: &["stream-not-websocket@server", "says=an HTTP response", "close-abnormal@server"],
        must_not: &["close-missing", "accuse@client"],
    },
    Situation {
        what: "a length is one byte too many, in front of JSON",
        scenario: "C> upgrade   S< 101\n\
                   S< text len=301 300*61\n\
                   S< text \"{\\\"a\\\":1,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":2,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":3,\\\"b\\\":\\\"hello\\\"}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=1 too many", "frames>=4"],
        must_not: &["message-invalid-utf8", "says=JSON", "frame-reserved-opcode"],
    },
    Situation {
        what: "a length is two bytes too many, in front of JSON",
        scenario: "C> upgrade   S< 101\n\
                   S< text len=302 300*61\n\
                   S< text \"{\\\"a\\\":1,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":2,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":3,\\\"b\\\":\\\"hello\\\"}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=2 too many", "frames>=4"],
        must_not: &["message-invalid-utf8", "says=JSON", "frame-reserved-opcode"],
    },
    Situation {
        what: "a length is four bytes too many, in front of JSON",
        scenario: "C> upgrade   S< 101\n\
                   S< text len=304 300*61\n\
                   S< text \"{\\\"a\\\":1,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":2,\\\"b\\\":\\\"hello\\\"}\"   S< text \"{\\\"a\\\":3,\\\"b\\\":\\\"hello\\\"}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=4 too many", "frames>=4"],
        must_not: &["message-invalid-utf8", "says=JSON", "frame-reserved-opcode"],
    },
    Situation {
        what: "a client's length is four bytes too few",
        scenario: "C> upgrade   S< 101\n\
                   C> text len=296 300*61\n\
                   C> text \"{\\\"a\\\":1,\\\"b\\\":\\\"hello\\\"}\"   C> text \"{\\\"a\\\":2,\\\"b\\\":\\\"hello\\\"}\"   C> text \"{\\\"a\\\":3,\\\"b\\\":\\\"hello\\\"}\"\n\
                   S< close 1002   S< fin   C> fin",
        must: &["stream-not-websocket@client", "says=4 too few", "frames>=5"],
        must_not: &["accuse@server", "frame-unmasked", "frame-reserved-bits"],
    },
    Situation {
        what: "a text's length is one byte too large, and the Close is taken for its end",
        scenario: "C> upgrade   S< 101\nS< text len=301 300*61   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 301 bytes, 1 too many",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "a text's length is two bytes too large, and the Close is taken for its end",
        scenario: "C> upgrade   S< 101\nS< text len=302 300*61   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 302 bytes, 2 too many",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "a text's length is three bytes too large, and the Close is taken for its end",
        scenario: "C> upgrade   S< 101\nS< text len=303 300*61   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 303 bytes, 3 too many",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "a text's length is four bytes too large, and the Close is taken for its end",
        scenario: "C> upgrade   S< 101\nS< text len=304 300*61   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 304 bytes, 4 too many",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "a text's length is six bytes too large, and the Close is taken for its end",
        scenario: "C> upgrade   S< 101\nS< text len=306 300*61   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &[
            "once=stream-not-websocket",
            "stream-not-websocket@server",
            "says=declares 306 bytes, 6 too many",
        ],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "the same, and the server leaves",
        scenario: "C> upgrade   S< 101\nS< text len=303 300*61   S< close 1001 \"bye\"   S< fin   C> fin",
        must: &["once=stream-not-websocket", "says=3 too many"],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "the same from the client",
        scenario: "C> upgrade   S< 101\nC> text len=303 300*61   C> close 1000\nS< close 1002   S< fin   C> fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@client", "says=3 too many"],
        must_not: &["message-invalid-utf8", "frame-incomplete", "close-missing", "accuse@server"],
    },
    Situation {
        what: "the same of a binary message that was never whole",
        scenario: "C> upgrade   S< 101\nS< binary len=306 300*c5   S< close 1000\nC> close 1002   C> fin   S< fin",
        must: &["once=stream-not-websocket", "says=6 too many"],
        must_not: &["frame-incomplete", "close-missing", "accuse@client"],
    },
    Situation {
        what: "a text that is not UTF-8 at its end has a length that is right",
        scenario: "C> upgrade   S< 101\nS< text 300*61 88   S< close 1000\nC> close 1007   C> fin   S< fin",
        must: &["message-invalid-utf8@server"],
        must_not: &["stream-not-websocket", "accuse@client"],
    },
    Situation {
        what: "the client leaves inside a binary frame that carries another WebSocket, as a tunnel sends it",
        scenario: "C> upgrade   S< 101\n\
                   S< raw 827e1388 10*8102616181036262628104636363638105646464646481066565656565658107666666666666668108676767676767676781096868686868686868\n\
                   C> fin   S< fin",
        must: &["frame-incomplete", "close-missing@client"],
        must_not: &["accuse@server"],
    },
    Situation {
        what: "the same, and the capture ends there",
        scenario: "C> upgrade   S< 101\n\
                   S< raw 827e1388 10*8102616181036262628104636363638105646464646481066565656565658107666666666666668108676767676767676781096868686868686868",
        must: &["frame-incomplete"],
        must_not: &["accuse"],
    },
    Situation {
        what: "a client uploads zeros, masked with what looks like the beginning of a frame, and leaves",
        scenario: "C> upgrade   S< 101\nC> binary len=4000 mask=82821020 2800*00\nC> fin   S< fin",
        must: &["frame-incomplete@client", "close-missing@client"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "the server leaves inside a table whose rows look like frames",
        scenario: "C> upgrade   S< 101\nS< binary len=4000 500*82020700\nS< fin   C> fin",
        must: &["frame-incomplete@server", "close-missing@server"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "clean: a whole binary frame carries another WebSocket, with its Close",
        scenario: "C> upgrade   S< 101\nS< binary 30*810568656c6c6f 880203e8\nC> close   S< close   S< fin   C> fin",
        must: &["clean"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "clean: a binary message that ends as a Close looks",
        scenario: "C> upgrade   S< 101\nS< binary 300*c5 880203e8\nC> close 1000   S< close 1000   S< fin   C> fin",
        must: &["clean"],
        must_not: &["stream-not-websocket"],
    },
    Situation {
        what: "compressed text is sent with RSV1 although nothing was agreed",
        scenario: "C> upgrade   S< 101\nC> text rsv=4 aa564a49   S< close 1002   S< fin   C> fin",
        must: &["frame-reserved-bits@client"],
        must_not: &["message-invalid-utf8", "accuse@server"],
    },
    Situation {
        what: "two Close frames are written into each other",
        scenario: "C> upgrade   S< 101\nS< raw 88028802 03e903e8   C> close 1002   C> fin   S< fin",
        must: &["close-code-invalid@server", "says=two writers share no lock"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a ping is written into a large text by another thread",
        scenario: "C> upgrade   S< 101\n\
                   S< [ raw 817e07d0 1000*61 | ping | raw 1000*61 ]\n\
                   S< text \"after\"   S< text \"and after\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["frame-interleaved@server", "once=frame-interleaved"],
        must_not: &["message-invalid-utf8", "stream-not-websocket"],
    },
    Situation {
        what: "a frame is written into a large binary by another thread",
        scenario: "C> upgrade   S< 101\n\
                   S< [ raw 827e07d0 1000*ff | text \"inner\" | raw 1000*ff ]\n\
                   S< text \"after that\"   S< text \"and after that\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["stream-not-websocket@server", "says=two writers"],
        must_not: &["frame-reserved-bits", "frame-masked"],
    },
    Situation {
        what: "a length of 16 bits is in the byte order of the processor",
        scenario: "C> upgrade   S< 101\n\
                   S< raw 817e2c01 300*61\n\
                   S< text \"{\\\"a\\\":1}\"   S< text \"{\\\"b\\\":22}\"   S< text \"{\\\"c\\\":333}\"   S< text \"{\\\"d\\\":4444}\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=wrong order"],
        must_not: &["frame-incomplete", "close-unanswered"],
    },
    Situation {
        what: "a length of 64 bits has only 32",
        scenario: "C> upgrade   S< 101\n\
                   S< raw 817f00011170 3000*61\n\
                   C> close 1002   C> fin   S< fin",
        must: &["frame-incomplete@server"],
        must_not: &["accuse", "frame-incomplete@client"],
    },
    Situation {
        what: "a client sets the mask bit, writes a key and masks nothing",
        scenario: "C> upgrade   S< 101\n\
                   C> raw 8195 a1b2c3d4 \"{\\\"type\\\":\\\"ping\\\",\\\"n\\\":1}\"   C> raw 8195 51f2e3d4 \"{\\\"type\\\":\\\"ping\\\",\\\"n\\\":2}\"\n\
                   S< close 1007   C> close   S< fin   C> fin",
        must: &["stream-not-websocket@client", "says=masked twice, or not at all"],
        must_not: &["message-invalid-utf8"],
    },
    Situation {
        what: "text is sent as compressed, and is not",
        scenario: "C> upgrade deflate   S< 101 deflate\n\
                   S< text rsv=4 \"this is plain text, and nothing compressed it\"\n\
                   C> close 1007   S< close   S< fin   C> fin",
        must: &["message-inflate-failed@server", "says=it is plain text"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "gzip is sent as text",
        scenario: "C> upgrade   S< 101\n\
                   S< text 1f8b0800000000000003ab56ca4d2d2e4e4c4f55b2525048cb4c4955a80500000000\n\
                   C> close 1007   S< close   S< fin   C> fin",
        must: &["message-invalid-utf8@server", "says=compressed data"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "STOMP is written past the framing",
        scenario: "C> upgrade   S< 101\n\
                   S< raw \"MESSAGE\\ndestination:/topic/a\\n\\nhello\\0\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=STOMP"],
        must_not: &["close-unanswered", "close-missing"],
    },
    Situation {
        what: "MQTT is written past the framing",
        scenario: "C> upgrade   S< 101\n\
                   C> raw 101000044d5154540402003c000474657374\n\
                   S< close 1002   S< fin   C> fin",
        must: &["stream-not-websocket@client", "says=MQTT"],
        must_not: &["close-unanswered", "frame-unmasked"],
    },
    Situation {
        what: "a line of a log is written past the framing",
        scenario: "C> upgrade   S< 101\n\
                   S< text \"a\"   S< raw \"[2023-11-14 22:13:20] INFO listening on 8080\\n\"\n\
                   C> close 1002   C> fin   S< fin",
        must: &["stream-not-websocket@server", "says=something wrote text without a frame around it"],
        must_not: &["says=JSON", "close-unanswered"],
    },
    Situation {
        what: "an empty line follows the request, before the answer",
        scenario: "C> upgrade   C> raw \"\\r\\n\"   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> close   S< close   S< fin   C> fin",
        must: &["stream-not-websocket@client", "frames>=4"],
        must_not: &["upgrade-data-early", "accuse@server"],
    },
    Situation {
        what: "a client that leaves right after its Close is owed no answer",
        scenario: "C> upgrade   S< 101\n\
                   C> text \"a\"   S< text \"b\"\n\
                   C> close 1001   C> fin   S< fin",
        must: &["clean"],
        must_not: &["accuse"],
    },
    Situation {
        what: "clean: texts that end in line feeds, and pings between the parts of one",
        scenario: session!(
            r#"S< text "one\n"   S< text "two\r\n""#,
            r#"S< text-part "a\n"   S< ping   S< continuation "b"   C> pong"#
        ),
        must: &["clean", "frames>=9"],
        must_not: &["accuse", "stream-not-websocket"],
    },
    Situation {
        what: "a line end behind each of three texts, of which nothing follows the last",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"\nS< times 3 [ text \"message\" | raw \"\\r\\n\" ]\nC> close 1002\nC> fin   S< fin",
        must: &["once=stream-not-websocket", "stream-not-websocket@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a length in four bytes where eight have to be: what follows them is payload",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"\nS< raw 827f00011170 70000*41\nC> close 1002\nC> fin   S< fin",
        must: &["frame-incomplete@server", "says=its first four bytes alone say 70,000"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a frame that violates the protocol and a good one, each in its own segment, and then text without a frame",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"   S< text \"one\"\nS< frame opcode=3 \"bad\"   S< text \"all fine\"\n\
                   S< raw \"Internal error: bla\\n\"\nS< fin   C> fin",
        must: &[
            "certain=frame-reserved-opcode",
            "certain=stream-not-websocket",
            "frame-reserved-opcode@server",
        ],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "twin: all of that in one segment: it may have been no frame",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"   S< text \"one\"\n\
                   S< [ frame opcode=3 \"bad\" | text \"all fine\" | raw \"Internal error: bla\\n\" ]\nS< fin   C> fin",
        must: &["frame-reserved-opcode@server", "certain=stream-not-websocket"],
        must_not: &["certain=frame-reserved-opcode", "accuse@client"],
    },
    Situation {
        what: "twin: nothing but the text follows it",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"   S< text \"one\"\nS< frame opcode=3 \"bad\"\n\
                   S< raw \"Internal error: bla\\n\"\nS< fin   C> fin",
        must: &["frame-reserved-opcode@server", "certain=stream-not-websocket"],
        must_not: &["certain=frame-reserved-opcode", "accuse@client"],
    },
    Situation {
        what: "a Close with a code that must not be sent, answered with 1002, and then bytes that are no frame",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"   S< text \"one\"\nS< close 1005   C> close 1002\nS< raw bbff 40*71\nS< fin   C> fin",
        must: &["certain=close-code-invalid", "close-code-invalid@server"],
        must_not: &["accuse@client"],
    },
    Situation {
        what: "a length of 200 in seven bits, of which the upper one is taken for that of a mask",
        scenario: "C> upgrade   S< 101\nC> text \"hi\"   S< text \"short\"\nS< raw 81c8 20*\"{'id': 12}\"\nS< text \"next\"\nC> close 1002\n\
                   S< close 1002   S< fin   C> fin",
        must: &["stream-not-websocket@server", "says=a length of 200 was written into seven bits"],
        must_not: &["frame-masked", "accuse@client"],
    },
];
