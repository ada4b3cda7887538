//! What proxies do with a WebSocket of which the capture holds both legs.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static HOP_LOST_MESSAGE: CatalogEntry = CatalogEntry {
    id: Id::HopLostMessage,
    rfc: "",
    title: "A message went into a proxy and never came out",
    meaning: "Neither the client nor the server is to blame: the capture holds both legs of the WebSocket, the message is complete on one \
              and missing on the other. A proxy, gateway or load balancer in between lost it. Messages are \
              compared by kind, length and first 64 bytes. What came less than a second before the proxy ended both legs was \
              under way: that is a warning. Where they went in only when the other leg was over, this is \
              tentative: the proxy may have opened another one that the capture does not hold.",
    fields: &[
        (FindingField::Count, "how many"),
        (FindingField::Message, "the number of the first one, in the session `entry`"),
        (FindingField::Entry, "the session on which they went in"),
        (FindingField::Exit, "the session on which they should have come out"),
    ],
    causes: &[
        "The proxy ended one leg while it still held bytes for it: the last messages before the end are lost.",
        "A gateway that handles messages, and drops those that it cannot route, that are too large, or that come too fast.",
        "A proxy that was reloaded: its old process was stopped before its buffers were empty.",
        "A proxy that does not end the one leg when the other one has ended: whoever is left speaks to nobody.",
    ],
    advice: &[
        "Look at the log of the proxy at that time, and whether it ended or reloaded then.",
        "Have the application acknowledge messages that must not get lost: a proxy may always fail between two of them.",
        "Compare the sessions `entry` and `exit`: `wsight --session N,M`.",
    ],
    messages: &[
        ("what people call it", "message loss behind a reverse proxy"),
        ("what people call it", "lost message"),
    ],
};

pub(super) static HOP_CHANGED_MESSAGE: CatalogEntry = CatalogEntry {
    id: Id::HopChangedMessage,
    rfc: "",
    title: "A message came out of a proxy as something else",
    meaning: "What the receiver got is not what the sender sent: the capture holds both legs of the WebSocket, the messages \
              around this one are the same on both, and it is not. Whatever is wrong with it comes from the proxy, gateway \
              or filter in between. Messages are compared by kind, length and first 64 bytes, so a change further on that keeps the length is not noticed.",
    fields: &[
        (FindingField::Count, "how many"),
        (FindingField::Message, "the number of the first one, in the session `entry`"),
        (FindingField::Entry, "the session on which they went in"),
        (FindingField::Exit, "the session on which they came out"),
    ],
    causes: &[
        "A gateway or web application firewall that rewrites, masks or filters content on purpose.",
        "A proxy that decodes text and encodes it again: line ends, Unicode normalization, numbers in JSON.",
        "A faulty proxy, or faulty memory in it.",
    ],
    advice: &[
        "Look at both messages side by side: `wsight --session N,M --payload full`.",
        "Switch the proxy's inspection of WebSockets off for this path, and compare.",
    ],
    messages: &[
        ("what people call it", "message modified by a proxy"),
        ("what people call it", "corrupted message behind a proxy"),
    ],
};

pub(super) static HOP_ADDED_MESSAGE: CatalogEntry = CatalogEntry {
    id: Id::HopAddedMessage,
    rfc: "",
    title: "A message came out of a proxy that had not gone in",
    meaning: "The receiver got a message that its peer did not send, or got it more often than it was sent: the capture holds both legs of \
              the WebSocket, and the messages around this one are the same on both. Where it is once more what came out \
              before, this is a warning; where it is something else, a gateway may have sent it on purpose, and this is a note. Messages are \
              compared by kind, length and first 64 bytes.",
    fields: &[
        (FindingField::Count, "how many"),
        (FindingField::Message, "the number of the first one, in the session `exit`"),
        (FindingField::Entry, "the session on which they did not go in"),
        (FindingField::Exit, "the session on which they came out"),
    ],
    causes: &[
        "A proxy or plugin whose handler for a message is registered several times, once for each connection or retry: what is \
         passed on twice is processed twice.",
        "A gateway that sends again what it has no answer for, although the receiver has it.",
        "A gateway that speaks for itself: acknowledgments, heartbeats of the application, messages injected by a script.",
        "A proxy that puts several clients on one leg to the server.",
    ],
    advice: &[
        "Compare the sessions `entry` and `exit`: `wsight --session N,M --payload full`.",
        "Look for scripts, plugins and listeners of the proxy that handle messages.",
        "Give messages an identifier, so that a receiver can tell that it has one already.",
    ],
    messages: &[
        ("what people call it", "duplicate message behind a proxy"),
        ("what people call it", "message injected by a proxy"),
        ("what people call it", "message delivered twice"),
    ],
};

pub(super) static HOP_DELAYED_MESSAGE: CatalogEntry = CatalogEntry {
    id: Id::HopDelayedMessage,
    rfc: "",
    title: "A proxy held messages back",
    meaning: "The time was lost in the proxy or gateway, not on either side's network: at least a second passed between the \
              packet with which a message went in and the one with which it came out. Where the receiver did not read, or \
              its path was dead, that is reported instead.",
    fields: &[
        (FindingField::Count, "how many messages were held back for at least a second"),
        (FindingField::Message, "the number of the first one, in the session `entry`"),
        (FindingField::Entry, "the session on which they went in"),
        (FindingField::Exit, "the session on which they came out"),
        (FindingField::LongestMs, "the longest time that one of them took"),
    ],
    causes: &[
        "A proxy that buffers (`proxy_buffering`), or that inspects whole messages before it passes them on.",
        "A proxy that is overloaded, throttled (CPU limits of a container), or stopped for a while.",
        "A rate limit.",
    ],
    advice: &[
        "Look at the proxy's CPU and at its limits at that time.",
        "Switch buffering and inspection off for WebSockets.",
    ],
    messages: &[("what people call it", "latency behind a reverse proxy")],
};

pub(super) static HOP_CLOSED: CatalogEntry = CatalogEntry {
    id: Id::HopClosed,
    rfc: "",
    title: "A proxy ended a leg of the WebSocket",
    meaning: "The WebSocket was ended on the other leg, or by the proxy: the capture holds both legs, and `cause` says who left \
              first. With `client` or `server` that side left: without a Close frame, which the proxy passed on, or with one that the proxy \
              dropped, or to which it gave another code (then this is a warning). With \
              `proxy` neither of them left: the proxy ended both legs by itself, usually because of a timeout.",
    fields: &[
        (FindingField::Cause, "who ended it: `client`, `server`, or the `proxy` itself"),
        (FindingField::Downstream, "the session between the client and the proxy"),
        (FindingField::Upstream, "the session between the proxy and the server"),
        (FindingField::ApartMs, "how long one leg ended after the other"),
    ],
    causes: &[
        "`proxy`: an idle timeout (HAProxy `timeout tunnel`, nginx `proxy_read_timeout`, Envoy `idle_timeout` and \
         `stream_idle_timeout`), a reload, or a limit on how long a connection may last.",
        "`server`: the program behind the proxy ended, or was killed; the client sees the proxy leave (1006).",
        "A proxy that handles frames by itself, and ends TCP where it should pass a Close on, or has a code of its own for \
         everything: what the peer wanted to say by its code does not arrive.",
        "A proxy that neither answers pings nor passes them on: whoever sent them leaves for want of a pong.",
        "`client`: the client vanished, or its network did; the server sees the proxy leave.",
    ],
    advice: &[
        "`proxy`: raise the timeout named above, or send pings more often than it allows.",
        "`server`, `client`: look at that side first; the other one only sees the consequence.",
    ],
    messages: &[
        ("what people call it", "proxy closed the websocket"),
        ("the words", "1006 behind a reverse proxy"),
    ],
};
