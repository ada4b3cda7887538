//! Pings and pongs.

use super::{Entry, Id};

pub(super) static PONG_MISMATCH: Entry = Entry {
    id: Id::PongMismatch,
    rfc: "RFC 6455 §5.5.3",
    title: "A pong does not echo the ping it answers",
    meaning: "A ping was outstanding, and a pong came whose payload is not that of any outstanding ping. A \
              pong has to carry the ping's payload unchanged. Libraries that match payloads ignore such a \
              pong and then time out. `shape` says how the two differ, which often names the bug. As a pong \
              may be a heartbeat (it may come at any time), this is told once the right pong fails to come.",
    fields: &[
        ("expected_hex", "the outstanding ping's payload in hexadecimal"),
        ("found_hex", "the pong's payload in hexadecimal"),
        (
            "shape",
            "how it differs: `empty`, `truncated`, `extended`, `nul-truncated`, `still-masked` or `other`",
        ),
        ("ping_frame", "the number of the ping's frame"),
    ],
    causes: &[
        "`nul-truncated`: the payload was handled as a C string and cut at its first NUL byte (`strlen`, \
         `strcpy`). It shows only with pings that contain a zero byte, so at random.",
        "`empty`: the library answers every ping with an empty pong.",
        "`still-masked`: the payload was echoed without removing the client's mask.",
        "`truncated` or `extended`: a fixed buffer size, or a length off by one.",
        "`other`: the payload was changed as text (UTF-8 replacement characters), or an old payload was \
         sent again.",
    ],
    advice: &[
        "Send a ping with a zero byte in it and compare: python websockets `await ws.ping(b'a\\0b')`.",
        "In C: copy by length (`memcpy(p, data, len)`), never by `strlen`.",
        "Until it is fixed, let the pinging side not time out on pongs: python websockets \
         `ping_timeout=None`.",
    ],
    messages: &[("python websockets", "sent … keepalive ping timeout; …")],
};

pub(super) static PONG_UNSOLICITED: Entry = Entry {
    id: Id::PongUnsolicited,
    rfc: "RFC 6455 §5.5.3",
    title: "A pong with no ping outstanding",
    meaning: "A pong came that answers no ping seen. This is legal: it serves as a one-way heartbeat. If \
              the capture began late, the ping may lie before it.",
    fields: &[],
    causes: &[
        "A client or device that sends pongs as a heartbeat.",
        "A second answer to a ping that was already answered.",
        "The capture began after the ping.",
    ],
    advice: &["Nothing, if it is meant. Silence it with `--ignore pong-unsolicited`."],
    messages: &[("python websockets 8.1", "received unsolicited pong: …")],
};

pub(super) static PING_UNANSWERED: Entry = Entry {
    id: Id::PingUnanswered,
    rfc: "RFC 6455 §5.5.2",
    title: "A ping got no pong",
    meaning: "The session ended, or the capture did, without a pong for this ping. A pong for a later ping \
              counts for this one as well. A Close releases a peer from answering; what the peer would \
              have sent after the session's end nobody knows.",
    fields: &[
        ("payload_hex", "the ping's payload in hexadecimal"),
        ("waited_ms", "milliseconds from the ping to the session's or the capture's end"),
    ],
    causes: &[
        "The receiving application is blocked: a long computation or a blocking call in its event loop.",
        "The peer is gone without a word: sleep, lost network, power off.",
        "The pong waits behind a large message that is being sent, or the peer's receive window is full.",
        "A firewall or NAT forgot the connection and drops its packets.",
        "A hand-written peer that ignores pings.",
    ],
    advice: &[
        "See whether TCP acknowledged the ping. If it did, the machine is there and the application is \
         stuck; if it is retransmitted, the path is dead.",
        "Look for blocking calls at the peer: python `await asyncio.to_thread(…)`.",
        "Raise the timeout only if the work is really that long: python websockets `ping_timeout=60`.",
    ],
    messages: &[
        ("python websockets", "keepalive ping timeout"),
        ("python websockets", "sent 1011 (internal error) keepalive ping timeout; no close frame received"),
        (
            "python websockets 10.4",
            "sent 1011 (unexpected error) keepalive ping timeout; no close frame received",
        ),
        ("websocket-client", "ping/pong timed out"),
        ("aiohttp", "No PONG received after … seconds"),
        ("Go net", "i/o timeout"),
        ("socket.io", "ping timeout"),
        ("python websockets 8.1", "code = 1006 (connection closed abnormally [internal]), no reason"),
    ],
};

pub(super) static PONG_LATE: Entry = Entry {
    id: Id::PongLate,
    rfc: "RFC 6455 §5.5.2",
    title: "A pong took more than 5 s",
    meaning: "The pong echoes its ping, but more than 5 s later. A peer should answer as soon as is \
              practical. Keepalive timeouts (20 s in python websockets) are near.",
    fields: &[
        ("ping_frame", "the number of the ping's frame"),
        ("rtt_ms", "milliseconds from ping to pong, where the capture was taken"),
    ],
    causes: &[
        "The receiving application was blocked for that time.",
        "The pong waited behind a large message.",
        "Retransmissions, or a path with deep buffers.",
        "A device that was asleep.",
    ],
    advice: &[
        "Compare with the TCP acknowledgment of the ping: early ACK and late pong mean a busy application.",
        "Compare with the session's median in `session.pings.rtt_ms`.",
    ],
    messages: &[("python websockets", "keepalive ping timeout")],
};
