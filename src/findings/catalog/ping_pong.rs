//! Pings and pongs.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static PONG_MISMATCH: CatalogEntry = CatalogEntry {
    id: Id::PongMismatch,
    rfc: "RFC 6455 §5.5.3",
    title: "A pong does not echo the ping it answers",
    meaning: "Libraries that compare payloads ignore such a pong, and then time out. A pong has to carry \
              the payload of the ping it answers, unchanged; this one matches no outstanding ping. \
              `shape` says how the two differ, which often names the bug. As a pong may come at any time \
              as a heartbeat, the finding is made only once the right pong has failed to come.",
    fields: &[
        (FindingField::ExpectedHex, "the outstanding ping's payload in hexadecimal"),
        (FindingField::FoundHex, "the pong's payload in hexadecimal"),
        (
            FindingField::Shape,
            "how it differs: `empty`, `truncated`, `extended`, `nul-truncated`, `still-masked` or `other`",
        ),
        (FindingField::PingFrame, "the number of the ping's frame"),
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
        "Until it is fixed, keep the pinging side from timing out on pongs: python websockets \
         `ping_timeout=None`.",
    ],
    messages: &[("python websockets", "sent … keepalive ping timeout; …")],
};

pub(super) static PONG_UNSOLICITED: CatalogEntry = CatalogEntry {
    id: Id::PongUnsolicited,
    rfc: "RFC 6455 §5.5.3",
    title: "A pong with no ping outstanding",
    meaning: "This is legal and usually harmless: a pong that answers no ping serves as a one-way \
              heartbeat. If the capture began late, the ping may have come before it.",
    fields: &[],
    causes: &[
        "A client or device that sends pongs as a heartbeat.",
        "A second answer to a ping that was already answered.",
        "The capture began after the ping.",
    ],
    advice: &["Nothing, if it is intended. Silence it with `--ignore pong-unsolicited`."],
    messages: &[("python websockets 8.1", "received unsolicited pong: …")],
};

pub(super) static PING_UNANSWERED: CatalogEntry = CatalogEntry {
    id: Id::PingUnanswered,
    rfc: "RFC 6455 §5.5.2",
    title: "A ping got no pong",
    meaning: "The side that sent this ping may believe that the connection is dead: the session or the \
              capture ended without a pong. A pong for a later ping answers this one as well. After a \
              Close a peer need not answer, and what it would have sent after the end of the session is \
              unknown. A peer that is inside one long frame cannot answer before its end: that is told, and nobody is blamed; \
              where the peer is a proxy whose other leg is captured as well, the finding is tentative.",
    fields: &[
        (FindingField::PayloadHex, "the ping's payload in hexadecimal"),
        (FindingField::WaitedMs, "milliseconds from the ping to the session's or the capture's end"),
    ],
    causes: &[
        "The receiving application is blocked: a long computation or a blocking call in its event loop.",
        "The peer vanished: sleep, lost network, power off.",
        "The pong waits behind a large message that is being sent, or the peer's receive window is full.",
        "A firewall or NAT forgot the connection and drops its packets.",
        "A hand-written peer that ignores pings.",
    ],
    advice: &[
        "See whether TCP acknowledged the ping. If it did, the machine is alive and the application is \
         stuck; if the ping is retransmitted, the path is dead.",
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
        ("what people call it", "pong timeout"),
        ("python websockets 8.1", "code = 1006 (connection closed abnormally [internal]), no reason"),
        ("OkHttp", "sent ping but didn't receive pong within …ms (after … successful ping/pongs)"),
        ("nhooyr.io/websocket", "failed to wait for pong: context deadline exceeded"),
        (
            ".NET",
            "The WebSocket didn't receive a Pong frame in response to a Ping frame within the configured KeepAliveTimeout.",
        ),
    ],
};

pub(super) static PONG_LATE: CatalogEntry = CatalogEntry {
    id: Id::PongLate,
    rfc: "RFC 6455 §5.5.2",
    title: "A pong took more than 5 s",
    meaning: "Keepalive timeouts are close (20 s in python websockets): the pong echoes its ping, but came \
              more than 5 s later. A peer should answer as soon as it practically can. It is a warning if the \
              other side had closed with an error meanwhile: most likely for want of this pong; if the reason of that Close \
              says so, 5 s are not asked for. It names nobody if the ping itself took so long to arrive, having been retransmitted.",
    fields: &[
        (FindingField::PingFrame, "the number of the ping's frame"),
        (FindingField::RttMs, "milliseconds from ping to pong, where the capture was taken"),
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
