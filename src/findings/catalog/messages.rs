//! Messages: how frames make them up, what they contain, and streams that are not WebSocket at all.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static MESSAGE_CONTINUATION_UNEXPECTED: CatalogEntry = CatalogEntry {
    id: Id::MessageContinuationUnexpected,
    rfc: "RFC 6455 §5.4",
    title: "A continuation frame with nothing to continue",
    meaning: "The receiver has to fail the connection: a frame with opcode 0 came while no message was in \
              progress. After a gap in the capture the beginning may be what is missing; then the finding \
              is tentative.",
    fields: &[],
    causes: &[
        "The sender finishes a message with FIN and goes on with continuations.",
        "Two threads or tasks send fragmented messages on one connection, and the frames mix.",
        "A proxy or filter dropped the first frame.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &[
        "Send each message under one lock, from its first frame to its last.",
        "List the frames: `wsight FILE --format json --only frame`, and look at `opcode` and `fin`.",
    ],
    messages: &[
        ("python websockets", "unexpected continuation frame"),
        ("python websockets 8.1", "unexpected opcode"),
        ("Node ws", "Invalid WebSocket frame: invalid opcode 0"),
        ("Rust tungstenite", "Continue frame but nothing to continue"),
        ("wsproto", "unexpected CONTINUATION"),
        ("Chrome", "Received unexpected continuation frame."),
        ("gorilla/websocket", "websocket: continuation after FIN"),
        ("gorilla/websocket", "websocket: continuation after final message frame"),
        ("aiohttp", "Continuation frame for non started message"),
        ("websocket-client", "Illegal frame"),
        ("Netty", "received continuation data frame outside fragmented message"),
        (".NET", "The WebSocket received a continuation frame from a previous final message"),
    ],
};

pub(super) static MESSAGE_INTERRUPTED: CatalogEntry = CatalogEntry {
    id: Id::MessageInterrupted,
    rfc: "RFC 6455 §5.4",
    title: "A new message began inside a fragmented one",
    meaning: "The receiver has to fail the connection: a text or binary frame came while an earlier \
              message was still waiting for its last fragment. Control frames may come between fragments; \
              data frames may not.",
    fields: &[],
    causes: &[
        "Two threads or tasks send on one connection, and one message is fragmented.",
        "The sender forgot FIN on the last fragment.",
        "The sender gave up a message half-way, after an error, and began the next.",
    ],
    advice: &[
        "Send each message under one lock, from its first frame to its last.",
        "Look for `message-unfinished` and for errors in the sender's log at the first fragment's time.",
    ],
    messages: &[
        ("Jetty", "Unexpected … frame, was expecting CONTINUATION"),
        ("python websockets", "expected a continuation frame"),
        ("Rust tungstenite", "While waiting for more fragments received: …"),
        ("wsproto", "expected CONTINUATION, got …"),
        ("Chrome", "Received start of new message but previous message is unfinished."),
        ("Node ws", "Invalid WebSocket frame: invalid opcode …"),
        ("gorilla/websocket", "websocket: data before FIN"),
        ("gorilla/websocket", "websocket: message start before final message frame"),
        ("aiohttp", "The opcode in non-fin frame is expected to be zero, got …"),
        ("websocket-client", "Illegal frame"),
    ],
};

pub(super) static MESSAGE_UNFINISHED: CatalogEntry = CatalogEntry {
    id: Id::MessageUnfinished,
    rfc: "RFC 6455 §5.4",
    title: "A fragmented message was never finished",
    meaning: "The receiving application never got this message: its first fragments came, and the session \
              ended without a frame with FIN. wsight does not show what came as a message. If it was the \
              capture that ended, the rest may exist, and the finding is tentative.",
    fields: &[],
    causes: &[
        "The sender closed, or failed, in the middle of a message.",
        "The sender never sets FIN on its last fragment.",
        "The connection was cut by a proxy while a large message was sent.",
        "The capture was stopped too early.",
    ],
    advice: &[
        "See how the session ended: `close-missing` or `connection-reset` next to this finding means that \
         it was cut off.",
        "If the sender closes by itself, finish or await the message before the close.",
    ],
    messages: &[
        ("python websockets", "incomplete fragmented message"),
        ("python websockets", "close during fragmented message"),
        ("python websockets", "error in fragmented message"),
        ("gorilla/websocket", "unexpected EOF"),
    ],
};

pub(super) static MESSAGE_INVALID_UTF8: CatalogEntry = CatalogEntry {
    id: Id::MessageInvalidUtf8,
    rfc: "RFC 6455 §8.1",
    title: "A text message is not UTF-8",
    meaning: "The receiver has to fail the connection, usually with 1007: the text, taken over all its \
              fragments and after inflating, is not valid UTF-8. A character split between two fragments \
              is legal and does not cause this.",
    fields: &[
        (FindingField::Offset, "the byte of the message at which it stops being UTF-8, from 0"),
        (FindingField::Message, "the number of the message in its session"),
    ],
    causes: &[
        "Binary data (an image, a protobuf, a compressed body) sent as text.",
        "Text in Latin-1, Windows-1252 or UTF-16.",
        "A string cut at a byte count, in the middle of a character.",
        "Lone surrogates from JavaScript or Java strings (`ED A0 …`).",
    ],
    advice: &[
        "Look at the bytes around `offset`: `wsight FILE --format json --only message --payload full`.",
        "Send binary data as binary frames, and encode text as UTF-8 at the edge.",
    ],
    messages: &[
        ("Chrome", "Could not decode a text frame as UTF-8."),
        ("Node ws", "Invalid WebSocket frame: invalid UTF-8 sequence"),
        ("python websockets", "invalid start byte at position …"),
        ("python websockets", "invalid continuation byte at position …"),
        ("python websockets", "unexpected end of data at position …"),
        ("Node ws", "WS_ERR_INVALID_UTF8"),
        ("Rust tungstenite", "UTF-8 encoding error: …"),
        ("wsproto", "'utf-8' codec can't decode byte …"),
        ("aiohttp", "Invalid UTF-8 text message"),
        ("websocket-client", "cannot decode: …"),
        ("gorilla/websocket", "websocket: close 1007 (invalid payload data)"),
        ("uWebSockets", "Received invalid UTF-8"),
    ],
};

pub(super) static MESSAGE_INFLATE_FAILED: CatalogEntry = CatalogEntry {
    id: Id::MessageInflateFailed,
    rfc: "RFC 7692 §7.2.2",
    title: "A compressed message does not inflate",
    meaning: "The receiver cannot decompress this message, or a strict receiver cannot. permessage-deflate \
              was negotiated and RSV1 is set, but the data is not a valid deflate stream, or it breaks a \
              rule that `flaw` names; in that case a receiver may fail on a later message because of this \
              one. With context takeover a message depends on all earlier ones of its direction, so bytes \
              missing from the capture have the same effect, and after a gap the finding is tentative. \
              From then on wsight shows the messages of that direction that need nothing of what is missing.",
    fields: &[
        (FindingField::Message, "the number of the message in its session"),
        (
            FindingField::Flaw,
            "if wsight could inflate it and a strict receiver cannot: `tail-kept`, `unfinished`, \
             `last-block`, `empty`, `window` or `context`",
        ),
    ],
    causes: &[
        "`context`: the sender keeps its compressor's context although `no_context_takeover` was agreed.",
        "`window`: the sender's window is larger than the agreed `max_window_bits`; most libraries take 15 bits \
         unless told otherwise.",
        "`tail-kept`: the sender leaves the four bytes `00 00 ff ff` in.",
        "`unfinished`, `last-block`: the sender does not flush each message with `Z_SYNC_FLUSH`.",
        "`empty`: the sender sets RSV1 on an empty message without compressing it to the byte `00`.",
        "The sender sets RSV1 without compressing, or resets its compressor although the context has to be \
        kept.",
        "A proxy that changed the frames or the agreed extensions.",
        "The capture misses earlier messages.",
    ],
    advice: &[
        "Switch compression off to confirm: Node ws `perMessageDeflate: false`, python websockets \
         `compression=None`.",
        "Compare the agreed parameters with the sender's settings: `wsight FILE --format json --only \
         upgrade`.",
        "Look for `tcp-gap`, `packet-truncated` and `capture-drops` in the same connection.",
    ],
    messages: &[
        ("python websockets", "decompression failed"),
        ("wsproto", "error in extension"),
        ("Node", "invalid stored block lengths"),
        ("Node", "invalid distance too far back"),
        ("Node", "invalid block type"),
        ("Node", "incorrect header check"),
        ("Go net", "flate: corrupt input before offset …"),
        ("Python", "Error … while decompressing data: …"),
        ("Chrome", "Invalid frame header"),
    ],
};

pub(super) static MESSAGE_TOO_LARGE: CatalogEntry = CatalogEntry {
    id: Id::MessageTooLarge,
    rfc: "RFC 6455 §10.4",
    title: "A message is larger than wsight's own cap",
    meaning: "wsight says nothing about the content of this message: it, or what it inflates to, is larger \
              than wsight's own cap (`--limit message-bytes`, 64 MiB). The peer may have taken it without \
              trouble, as its limits are its own: a peer that refuses a message for its size closes with 1009, which \
              is `close-abnormal`.",
    fields: &[
        (FindingField::Limit, "the cap in bytes"),
        (FindingField::Message, "the number of the message in its session"),
    ],
    causes: &[
        "A legitimate large transfer in one message.",
        "A compression bomb: a small message that inflates to a huge one.",
        "An application that batches without bound while the peer is slow.",
    ],
    advice: &[
        "Raise the cap to look inside: `--limit message-bytes=268435456`.",
        "Split large transfers into several messages.",
        "Set a limit in the receiver: python websockets `max_size` (1 MiB by default), Node ws \
         `maxPayload` (100 MiB), tungstenite `max_message_size` (64 MiB).",
    ],
    messages: &[],
};

pub(super) static FRAME_INTERLEAVED: CatalogEntry = CatalogEntry {
    id: Id::FrameInterleaved,
    rfc: "RFC 6455 §5.4",
    title: "A whole frame stands inside another frame's payload",
    meaning: "The receiver takes a frame for payload and payload for frames, and fails the connection: a \
              whole frame stands inside another frame's payload. What the receiver complains about \
              (reserved bits, unknown opcodes, text that is not UTF-8) only follows from that and is not \
              reported separately. The finding is made only if the text stops being UTF-8 exactly where \
              the other frame begins, and if frames continue exactly where the rest of the payload would \
              end.",
    fields: &[
        (FindingField::Offset, "the byte of the payload at which the other frame begins, from 0"),
        (FindingField::Declared, "the length that the interrupted frame declares"),
        (FindingField::Skipped, "how many bytes after its declared end the frames continue"),
        (FindingField::LooksLike, "always `a whole frame inside another frame's payload`"),
        (FindingField::PreviewHex, "what is there instead of the next frame's header, in hexadecimal"),
    ],
    causes: &[
        "Two threads or tasks write to one connection without a lock: one is in the middle of a large \
         frame when the other sends its own.",
        "A ping timer that writes directly to the socket while a large message is being sent.",
        "A short write whose remainder is sent later, after something else.",
    ],
    advice: &[
        "Let one task own the connection and give it messages through a queue, or hold a lock from the first byte \
         of a frame to its last.",
        "Look for a second place in the program that writes: pings, broadcasts, logging.",
    ],
    messages: &[
        ("gorilla/websocket", "concurrent write to websocket connection"),
        ("python websockets", "reserved bits must be 0"),
        ("Node ws", "Invalid WebSocket frame: RSV1 must be clear"),
        (".NET", "There is already one outstanding 'SendAsync' call for this WebSocket instance."),
        (
            "Tomcat",
            "The remote endpoint was in state [TEXT_FULL_WRITING] which is an invalid state for called method",
        ),
        (
            "Tomcat",
            "The remote endpoint was in state [TEXT_PARTIAL_WRITING] which is an invalid state for called method",
        ),
        (
            "Tomcat",
            "The remote endpoint was in state [BINARY_FULL_WRITING] which is an invalid state for called method",
        ),
        ("Chrome", "Invalid frame header"),
        ("Chrome", "Could not decode a text frame as UTF-8."),
    ],
};

pub(super) static STREAM_NOT_WEBSOCKET: CatalogEntry = CatalogEntry {
    id: Id::StreamNotWebsocket,
    rfc: "RFC 6455 §5.2",
    title: "Something other than a WebSocket frame came where a frame should begin",
    meaning: "The receiver cannot read the stream from here on: where a frame should begin there is \
              something else, such as an HTTP response, JSON or TLS, or the rest of a frame whose length \
              is wrong. wsight says what it looks like; it does not know which program wrote it. If \
              frames continue further on, wsight carries on there; what a receiver would take for faulty \
              frames in between is a consequence and is not reported. Where a binary frame was cut off and what came of it \
              looks like frames, this is a warning: it may as well be a tunnel that carries them.",
    fields: &[
        (FindingField::LooksLike, "what the bytes look like"),
        (FindingField::PreviewHex, "the first bytes in hexadecimal"),
        (FindingField::Declared, "if a frame came before: the length it declares"),
        (FindingField::Offset, "the byte of that frame's payload at which another frame begins, from 0"),
        (FindingField::Skipped, "how many bytes further on the frames continue"),
        (FindingField::Actual, "the length after which the next frames do begin"),
    ],
    causes: &[
        "A web framework or proxy writes an HTTP error into the upgraded connection (`HTTP/1.1 500`, `400`).",
        "The HTTP server ends its chunked response: `0\\r\\n\\r\\n` after the 101.",
        "Code that writes to the raw socket: JSON or log text without a frame.",
        "A length in characters instead of bytes, or one computed before the payload changed.",
        "A length that counts the header, the masking key or the NUL behind a text as well; what is wrong by the same in each frame \
         is reported once, of the first.",
        "A payload of 126 or 127 bytes with that number in the seven bits of the length, where it announces a longer form.",
        "A write that failed half-way: the header of a large frame was sent, its payload never was.",
        "An HTTP head or a frame followed by an extra line ending; reported once for each side.",
        "The 101 was sent twice, by the framework and by the WebSocket library.",
        "A length whose bytes are in the wrong order, or in a form that is too short for it.",
        "Frames masked or framed twice, by two layers that both speak WebSocket.",
        "A PROXY line or a new HTTP request on a connection that a proxy considered idle and reused.",
    ],
    advice: &[
        "Read the preview: it often contains the error's text.",
        "Take the socket away from the HTTP server at the upgrade (hijack), and let only the WebSocket \
         library write.",
        "Send through the library's `send`, never through the socket.",
    ],
    messages: &[
        ("Chrome", "Invalid frame header"),
        ("Node ws", "Invalid WebSocket frame: RSV1 must be clear"),
        ("Node ws", "Invalid WebSocket frame: invalid opcode …"),
        ("python websockets", "reserved bits must be 0"),
        ("Rust tungstenite", "Reserved bits are non-zero"),
        ("Rust tungstenite", "Encountered invalid opcode: …"),
        ("gorilla/websocket", "websocket: bad opcode …"),
        (
            "Node ws",
            "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration",
        ),
    ],
};

pub(super) static STREAM_RESYNCHRONIZED: CatalogEntry = CatalogEntry {
    id: Id::StreamResynchronized,
    rfc: "",
    title: "The frame boundary was lost after a gap and found again",
    meaning: "No peer did anything wrong: bytes are missing from the capture across a frame header, so \
              wsight did not know where the next frame begins. It looked for a place where headers, \
              masking and lengths fit, and continued from there. Everything after that place is tentative.",
    fields: &[(FindingField::Skipped, "bytes skipped until the boundary was found")],
    causes: &[
        "The capture dropped packets: see `tcp-gap` and `capture-drops`.",
        "The capture began in the middle of the connection.",
    ],
    advice: &[
        "Capture again with a larger buffer (`tcpdump -B 65536`) and a filter on host and port.",
        "Do not count frames or messages across this point.",
    ],
    messages: &[],
};

pub(super) static MESSAGE_COMPRESSED_UNMARKED: CatalogEntry = CatalogEntry {
    id: Id::MessageCompressedUnmarked,
    rfc: "RFC 7692 §6",
    title: "A binary message looks compressed by permessage-deflate, and RSV1 does not say so",
    meaning: "The receiver hands compressed bytes to its application as they are. The data of this binary message is raw DEFLATE \
              that begins with readable text and is not finished, which is how permessage-deflate writes messages; but \
              RSV1 is not set, or compression was not agreed on. An application may compress its own data, though most \
              use zlib or gzip, which have headers of their own. It is reported once for each side.",
    fields: &[(FindingField::Message, "the number of the message in its session")],
    causes: &[
        "A library that compresses although the answer did not accept permessage-deflate.",
        "A proxy that removed the extension from the handshake, or RSV1 from the frames, and passed the payload on.",
        "An application that compresses its messages itself with raw DEFLATE: then nothing is wrong.",
    ],
    advice: &[
        "Switch compression off on the side named and look whether the receiver can read its messages then.",
        "Capture on both sides of the proxy and compare the first bytes of the frames.",
    ],
    messages: &[],
};
