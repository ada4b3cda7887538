//! Frames by themselves: header bits, masks, lengths, and frames that never arrived whole.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static FRAME_INCOMPLETE: CatalogEntry = CatalogEntry {
    id: Id::FrameIncomplete,
    rfc: "RFC 6455 §5.2",
    title: "A frame declares more bytes than arrived",
    meaning: "The receiver never got this frame: its header declares a length, and the stream ended or was \
              lost before that many payload bytes, or inside the header itself. With the cause `fin`, \
              `rst` or `unframed` it is an error: the sender closed in the middle of a frame. It is a warning, and no fault of the \
              sender, if the receiver left first or both did at once (their FINs crossed), nor of any peer with `capture-end`, `gap`, \
              `snaplen`, `limit` or `tls`. A frame of 126 bytes whose length was written into \
              seven bits looks like that as well, as these bytes are followed by no length: it is tentative then. Inside TLS a frame can \
              be read only when the whole record is there that carries it: where a side ended inside a record, the figures are those \
              of that record, and `frame` is absent.",
    fields: &[
        (
            FindingField::Declared,
            "payload bytes the header declares; of a record of TLS, the bytes behind its header",
        ),
        (FindingField::Received, "those of them that arrived"),
        (FindingField::Missing, "`declared` minus `received`"),
        (
            FindingField::Cause,
            "what ended it: `fin`, `rst`, `capture-end`, `gap`, `snaplen`, `limit` (wsight let the rest go when a \
            limit was reached), `tls` (the rest could not be decrypted) or `unframed` (the sender broke the framing of \
            HTTP/2)",
        ),
        (
            FindingField::HeaderBytes,
            "bytes of the header that arrived, if only part of it did; there are no lengths then",
        ),
        (FindingField::HeaderHex, "those bytes in hexadecimal"),
    ],
    causes: &[
        "The sender wrote a wrong length: characters counted instead of UTF-8 bytes, or the length of the \
         uncompressed message.",
        "The sender's process ended, or the socket was closed while a frame was still being written.",
        "A short write: `send()` took a part, and the rest was dropped.",
        "A proxy or load balancer cut the connection (timeout, restart, size limit).",
        "The capture stopped, or dropped packets (`capture-end`, `gap`, `snaplen`).",
    ],
    advice: &[
        "Compare `declared` with `received`: a small difference points to a wrong length, a large one to a \
         cut.",
        "See who closed first: the `session` line and the FIN or RST in Wireshark.",
        "In hand-written senders, take the length of the encoded bytes and loop until all of them are \
         written.",
        "For `snaplen`: capture again with `tcpdump -s 0`.",
    ],
    messages: &[
        ("python websockets", "stream ends after … bytes, expected … bytes"),
        ("Python asyncio", "… bytes read on a total of … expected bytes"),
        ("python websockets", "unexpected end of stream"),
        ("gorilla/websocket", "unexpected EOF"),
        ("Rust tungstenite", "Connection reset without closing handshake"),
        ("websocket-client", "Connection to remote host was lost."),
    ],
};

pub(super) static FRAME_STALLED: CatalogEntry = CatalogEntry {
    id: Id::FrameStalled,
    rfc: "RFC 6455 §5.2",
    title: "A frame has been waiting for its remaining bytes for more than 5 s",
    meaning: "The receiver is stuck in the middle of a frame, and pings, pongs and the Close behind it \
              have to wait too: for more than 5 s none of the remaining bytes came, while the connection \
              stayed open. The frame may still be completed later; the finding says how long it had \
              waited by then. Inside TLS it may be the record that never became whole: the figures are those of that, and `frame` is \
              absent.",
    fields: &[
        (
            FindingField::Declared,
            "payload bytes the header declares; of a record of TLS, the bytes behind its header",
        ),
        (FindingField::Received, "those of them that had arrived"),
        (FindingField::WaitedMs, "milliseconds without progress"),
    ],
    causes: &[
        "The sender wrote a length larger than the payload, so the next frames are swallowed as part of it.",
        "The sender writes the header first and the payload later, and is blocked in between.",
        "The receiver's TCP window is full (zero window): it does not read.",
        "Packet loss with long retransmission timeouts.",
    ],
    advice: &[
        "In Wireshark, look for `tcp.analysis.zero_window` and `tcp.analysis.retransmission` on this stream.",
        "If the missing bytes look like the next frame's header, the length was wrong.",
        "Write the header and the payload in one call.",
    ],
    messages: &[
        ("websocket-client", "WebSocketTimeoutException: Connection timed out"),
        ("python websockets", "keepalive ping timeout"),
    ],
};

pub(super) static FRAME_RESERVED_BITS: CatalogEntry = CatalogEntry {
    id: Id::FrameReservedBits,
    rfc: "RFC 6455 §5.2",
    title: "A reserved bit is set that no negotiated extension allows",
    meaning: "The receiver has to fail the connection. RSV1, RSV2 and RSV3 must be 0 unless an extension \
              gives them a meaning. permessage-deflate does so for RSV1, but only on the first frame of a \
              message, and only if the 101 accepted it.",
    fields: &[(FindingField::Rsv, "the three bits as a number: 4 is RSV1, 2 is RSV2, 1 is RSV3")],
    causes: &[
        "One side compresses although permessage-deflate was not agreed, often because a proxy removed \
         Sec-WebSocket-Extensions from one of the heads.",
        "The sender sets RSV1 on every fragment, or on control frames, instead of on the first frame alone.",
        "Bytes that are not a frame: an HTTP error (`H` is `0x48`) or text written straight to the socket. \
         See `stream-not-websocket`.",
        "An earlier frame with a wrong length, so the receiver reads payload as a header.",
    ],
    advice: &[
        "Look at the upgrade's `extensions`: is permessage-deflate there?",
        "Switch compression off to confirm: Node ws `perMessageDeflate: false`, python websockets \
         `compression=None`.",
        "Look at the first frame with a finding in the session: later ones may only follow from it.",
    ],
    messages: &[
        ("Node ws", "Invalid WebSocket frame: RSV1 must be clear"),
        ("python websockets", "reserved bits must be 0"),
        ("Rust tungstenite", "Reserved bits are non-zero"),
        ("Tyrus", "RSV bit(s) incorrectly set."),
        ("Node ws", "Invalid WebSocket frame: RSV2 and RSV3 must be clear"),
        ("Node ws", "WS_ERR_UNEXPECTED_RSV_1"),
        ("Node ws", "WS_ERR_UNEXPECTED_RSV_2_3"),
        ("python websockets", "RSV1 bit set in continuation frame"),
        ("wsproto", "Reserved bit set unexpectedly"),
        ("Chrome", "One or more reserved bits are on: reserved1 = …, reserved2 = …, reserved3 = …"),
        ("gorilla/websocket", "websocket: RSV1 set"),
        ("gorilla/websocket", "websocket: RSV2 set"),
        ("gorilla/websocket", "websocket: RSV3 set"),
        ("gorilla/websocket", "websocket: unexpected reserved bits 0x40"),
        ("aiohttp", "Received frame with non-zero reserved bits"),
        ("websocket-client", "rsv is not implemented, yet"),
        ("undici", "Invalid frame encountered."),
        ("nhooyr.io/websocket", "received header with unexpected rsv bits set"),
        (".NET", "The WebSocket received a frame with one or more reserved bits set."),
        ("Tomcat", "The client frame set the reserved bits to […] for a message with opCode"),
        ("OkHttp", "Unexpected rsv1 flag"),
        (".NET", "The WebSocket received compressed frame when compression is not enabled"),
        ("Java-WebSocket", "InvalidFrameException: bad rsv …"),
        ("Java-WebSocket", "bad rsv …"),
    ],
};

pub(super) static FRAME_RESERVED_OPCODE: CatalogEntry = CatalogEntry {
    id: Id::FrameReservedOpcode,
    rfc: "RFC 6455 §5.2",
    title: "A frame has an opcode that is not assigned",
    meaning: "The receiver has to fail the connection. Opcodes 3 to 7 and 11 to 15 are reserved.",
    fields: &[(FindingField::Opcode, "the opcode, 3 to 7 or 11 to 15")],
    causes: &[
        "An earlier frame with a wrong length, so the receiver reads payload as a header.",
        "Bytes that are not a frame, such as HTTP or plain text. See `stream-not-websocket`.",
        "Two threads write to one socket, and their frames are mixed.",
        "A hand-written sender with a wrong opcode.",
    ],
    advice: &[
        "Look at the previous frame: does its declared length fit its content?",
        "Guard the socket with one lock or one writer task.",
    ],
    messages: &[
        ("Node ws", "Invalid WebSocket frame: invalid opcode …"),
        ("Rust tungstenite", "Encountered invalid opcode: …"),
        ("gorilla/websocket", "websocket: bad opcode …"),
        ("Node ws", "WS_ERR_INVALID_OPCODE"),
        ("python websockets", "invalid opcode"),
        ("python websockets 8.1", "invalid opcode: …"),
        ("Rust tungstenite", "Unknown control frame type: …"),
        ("Rust tungstenite", "Unknown data frame type: …"),
        ("wsproto", "Invalid opcode 0x3"),
        ("Chrome", "Unrecognized frame opcode: …"),
        ("gorilla/websocket", "websocket: unknown opcode …"),
        ("aiohttp", "Unexpected opcode=…"),
        ("websocket-client", "Invalid opcode …"),
    ],
};

pub(super) static FRAME_UNMASKED: CatalogEntry = CatalogEntry {
    id: Id::FrameUnmasked,
    rfc: "RFC 6455 §5.1",
    title: "A client's frame has no mask",
    meaning: "The server has to close the connection, usually with 1002, because every frame from a client \
              must be masked. The capture shows the frame as it arrived there, so the fault lies with the \
              client or with something between it and the capture.",
    fields: &[],
    causes: &[
        "A hand-written or embedded client that leaves the mask out, or masks and does not set the mask bit.",
        "A library in the server role used on the client's side.",
        "A proxy or test tool that writes its own frames towards the server.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &[
        "Use the library's client role: wsproto `ConnectionType.CLIENT`, tungstenite `Role::Client`.",
        "If earlier frames are masked, look at the length of the last good one.",
    ],
    messages: &[
        ("Rust tungstenite", "Received an unmasked frame from client"),
        ("Node ws", "Invalid WebSocket frame: MASK must be set"),
        ("Node ws", "WS_ERR_EXPECTED_MASK"),
        ("python websockets", "incorrect masking"),
        ("wsproto", "server received unexpected unmasked frame"),
        ("gorilla/websocket", "websocket: bad MASK"),
        ("gorilla/websocket", "websocket: incorrect mask flag"),
        ("Jetty", "Client MUST mask all frames"),
        ("Netty", "received a frame that is not masked as expected"),
        ("OkHttp", "Client-sent frames must be masked."),
        ("ESP-IDF", "httpd_ws_recv_frame: WS frame is not properly masked."),
    ],
};

pub(super) static FRAME_MASKED: CatalogEntry = CatalogEntry {
    id: Id::FrameMasked,
    rfc: "RFC 6455 §5.1",
    title: "A server's frame has a mask",
    meaning: "The client has to close the connection. A server must not mask its frames; wsight shows the \
              unmasked payload all the same.",
    fields: &[],
    causes: &[
        "A hand-written server that uses one routine for both directions.",
        "A library in the client role used on the server's side.",
        "A proxy that forwards the client's own frames back, or a loop.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &[
        "Use the library's server role.",
        "Compare with the client's frames: equal bytes point to an echo below the WebSocket layer.",
    ],
    messages: &[
        ("Rust tungstenite", "Received a masked frame from server"),
        ("Node ws", "Invalid WebSocket frame: MASK must be clear"),
        ("Node ws", "WS_ERR_UNEXPECTED_MASK"),
        ("Chrome", "A server must not mask any frames that it sends to the client."),
        ("wsproto", "client received unexpected masked frame"),
        ("python websockets", "incorrect masking"),
        ("gorilla/websocket", "websocket: bad MASK"),
        ("gorilla/websocket", "websocket: incorrect mask flag"),
        ("OkHttp", "Server-sent frames must not be masked."),
        (".NET", "The WebSocket server sent a masked frame."),
        ("Jetty", "Server MUST NOT mask any frames"),
    ],
};

pub(super) static FRAME_MASK_WEAK: CatalogEntry = CatalogEntry {
    id: Id::FrameMaskWeak,
    rfc: "RFC 6455 §5.3",
    title: "The client's masking key is not random",
    meaning: "This is a weakness, not the reason why a session fails: peers accept such frames. The key is \
              all zeros, or 4 frames in a row have the same one. The RFC requires a fresh, unpredictable \
              key for each frame, so that a web page cannot choose the bytes on the wire. It is reported \
              once per session.",
    fields: &[(FindingField::KeyHex, "the key in hexadecimal")],
    causes: &[
        "An embedded client that masks with zeros to save time.",
        "A client that draws one key per connection.",
        "A random generator that was never seeded.",
    ],
    advice: &[
        "Draw 4 random bytes for each frame from the system's generator.",
        "If the client is a trusted device on a closed network, silence it: `--ignore frame-mask-weak`.",
    ],
    messages: &[],
};

pub(super) static FRAME_LENGTH_NOT_MINIMAL: CatalogEntry = CatalogEntry {
    id: Id::FrameLengthNotMinimal,
    rfc: "RFC 6455 §5.2",
    title: "A length is written in a longer form than it needs",
    meaning: "Strict receivers fail the connection, many others accept the frame. Lengths up to 125 have \
              to use 7 bits, lengths up to 65535 the 16-bit form, and only larger ones the 64-bit form.",
    fields: &[(FindingField::Declared, "the length")],
    causes: &[
        "A hand-written or embedded sender that always writes the 16-bit or 64-bit form.",
        "An off-by-one at 125/126 or 65535/65536.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &["Correct the sender: `< 126` takes the short form, `< 65536` the 16-bit form."],
    messages: &[
        ("wsproto", "Payload length used 2 bytes when 1 would have sufficed"),
        ("wsproto", "Payload length used 8 bytes when 2 would have sufficed"),
    ],
};

pub(super) static FRAME_LENGTH_INVALID: CatalogEntry = CatalogEntry {
    id: Id::FrameLengthInvalid,
    rfc: "RFC 6455 §5.2",
    title: "The 64-bit length has its top bit set",
    meaning: "No frame can be this long: the most significant bit of a 64-bit length must be 0. In \
              practice it means that the receiver is not looking at a header at all.",
    fields: &[(FindingField::Declared, "the length as an unsigned 64-bit number")],
    causes: &[
        "An earlier frame with a wrong length, so payload is read as a header.",
        "The sender writes the length in little-endian order.",
        "A negative length, such as -1 from a failed call, cast to 64 bits.",
    ],
    advice: &["Look at the previous frame, and at the 8 length bytes: do they make sense in reverse order?"],
    messages: &[
        ("wsproto", "8-byte payload length with non-zero MSB"),
        ("Node ws", "Unsupported WebSocket frame: payload length > 2^53 - 1"),
        ("Node ws", "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH"),
        ("Chrome", "Invalid frame header"),
    ],
};

pub(super) static CONTROL_FRAGMENTED: CatalogEntry = CatalogEntry {
    id: Id::ControlFragmented,
    rfc: "RFC 6455 §5.5",
    title: "A control frame without FIN",
    meaning: "The receiver has to fail the connection. Close, ping and pong frames must not be fragmented.",
    fields: &[],
    causes: &[
        "A hand-written sender that clears FIN while it sends a fragmented message and pings in between.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &["Set FIN on every control frame (first byte `0x88`, `0x89` or `0x8a`)."],
    messages: &[
        ("python websockets", "fragmented control frame"),
        ("Node ws", "Invalid WebSocket frame: FIN must be set"),
        ("Node ws", "WS_ERR_EXPECTED_FIN"),
        ("Rust tungstenite", "Fragmented control frame"),
        ("wsproto", "Invalid attempt to fragment control frame"),
        ("gorilla/websocket", "websocket: FIN not set on control"),
        ("gorilla/websocket", "websocket: control frame not final"),
        ("aiohttp", "Received fragmented control frame"),
        ("WebKit", "Received fragmented control frame: opcode = …"),
        ("websocket-client", "Invalid ping frame."),
        ("OkHttp", "Control frames must be final."),
    ],
};

pub(super) static CONTROL_TOO_LONG: CatalogEntry = CatalogEntry {
    id: Id::ControlTooLong,
    rfc: "RFC 6455 §5.5",
    title: "A control frame with more than 125 payload bytes",
    meaning: "The receiver has to fail the connection. Close, ping and pong frames may carry at most 125 \
              bytes, which leaves 123 for a close reason.",
    fields: &[(FindingField::Declared, "payload bytes the header declares")],
    causes: &[
        "A close reason with a long error message or stack trace.",
        "Application data sent in a ping.",
        "An earlier frame with a wrong length, so payload is read as a header.",
    ],
    advice: &[
        "Cut the close reason to 123 bytes of UTF-8, at a character's boundary.",
        "Send data in messages, and put no more than an identifier into a ping.",
    ],
    messages: &[
        ("python websockets", "control frame too long"),
        ("Node ws", "Invalid WebSocket frame: invalid payload length …"),
        ("Node ws", "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"),
        ("Rust tungstenite", "Control frame too big (payload must be 125 bytes or less)"),
        ("wsproto", "Control frame with payload len > 125"),
        ("gorilla/websocket", "websocket: len > 125 for control"),
        ("gorilla/websocket", "websocket: control frame length > 125"),
        ("aiohttp", "Control frame payload cannot be larger than 125 bytes"),
        ("WebKit", "Received control frame having too long payload: … bytes"),
    ],
};
