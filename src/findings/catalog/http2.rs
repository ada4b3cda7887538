//! WebSockets over HTTP/2: extended CONNECT, streams that are reset, connections that end, windows.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static HTTP2_CONNECT_REFUSED: CatalogEntry = CatalogEntry {
    id: Id::Http2ConnectRefused,
    rfc: "RFC 8441 §5",
    title: "The server refused a WebSocket over HTTP/2",
    meaning: "There is no WebSocket on this stream: the client asked for one with an extended CONNECT, and \
              the final status is not 200. Other streams of the connection are not affected.",
    fields: &[
        (FindingField::Status, "the status code"),
        (
            FindingField::Cause,
            "what the status points to: `auth`, `forbidden`, `origin`, `not-found`, `upgrade-required`, `redirect`, \
             `bad-request`, `server-error`, `ok-not-upgraded`, `other`",
        ),
        (
            FindingField::TakenUp,
            "true where the client then did what the answer asks for, as with `upgrade-rejected`",
        ),
    ],
    causes: &[
        "The path is served over HTTP/1.1 only: the application behind it does not support extended \
        CONNECT (404, 405, 501).",
        "Missing or expired credentials, or an Origin that the server does not allow (401, 403).",
        "A proxy in front announces extended CONNECT but cannot reach its server, or not over HTTP/1.1 \
        (502 to 504).",
    ],
    advice: &[
        "Compare with the same request over HTTP/1.1: `curl --http1.1` with the upgrade headers.",
        "A server that cannot do it should not announce SETTINGS_ENABLE_CONNECT_PROTOCOL: browsers then \
         open an HTTP/1.1 connection.",
    ],
    messages: &[("Jetty", "Failed to upgrade to websocket: Unexpected HTTP Response Status Code: …")],
};

pub(super) static HTTP2_CONNECT_NOT_ENABLED: CatalogEntry = CatalogEntry {
    id: Id::Http2ConnectNotEnabled,
    rfc: "RFC 8441 §3",
    title: "A WebSocket was requested over HTTP/2, although the server had not enabled it",
    meaning: "The server may take this request for malformed and reset the stream. A client may use \
              extended CONNECT only after the server has announced SETTINGS_ENABLE_CONNECT_PROTOCOL with \
              the value 1. The server's settings are in the capture, and it is not among them.",
    fields: &[],
    causes: &[
        "A client that speaks HTTP/2 by prior knowledge and does not wait for the server's settings.",
        "A server, or a proxy in front of it, where WebSockets over HTTP/2 are switched off or not supported.",
    ],
    advice: &[
        "Client: wait for the server's SETTINGS, and use HTTP/1.1 if the setting is missing.",
        "Server: switch it on (`enableConnectProtocol` in Node, `http2_connect_protocol` or `allow_connect` in Envoy).",
    ],
    messages: &[("nghttp2", "PROTOCOL_ERROR"), ("Node", "ERR_HTTP2_STREAM_ERROR")],
};

pub(super) static HTTP2_CONNECT_INVALID: CatalogEntry = CatalogEntry {
    id: Id::Http2ConnectInvalid,
    rfc: "RFC 8441 §4",
    title: "A request for a WebSocket over HTTP/2, or the answer to it, is invalid",
    meaning: "The peer has to treat such a stream as malformed, and may reset it. Over HTTP/2 a WebSocket \
              is requested with `:method CONNECT`, `:protocol websocket`, `:scheme`, `:path` and \
              `:authority`, and granted with 200. The fields of the HTTP/1.1 handshake (Connection, \
              Upgrade, Sec-WebSocket-Key, Sec-WebSocket-Accept) have no place there, and `te` is 'trailers' or absent. Names of \
              fields are in lower case, those that begin with a colon come first and once each, and no value has a line end. The \
              request does not end its stream.",
    fields: &[(
        FindingField::Header,
        "the field that is wrong or missing; absent where the request ends its stream",
    )],
    causes: &[
        "A client or a proxy that passes an HTTP/1.1 request on to HTTP/2 unchanged.",
        "Hand-written code that forgets pseudo-fields, or answers 101.",
    ],
    advice: &[
        "Use a library that knows RFC 8441, or HTTP/1.1.",
        "In a proxy: let it translate the handshake (HAProxy, Envoy and nghttpx do), or terminate HTTP/2 \
        in front of it.",
    ],
    messages: &[
        ("python h2", "Received header block has connection-specific header field"),
        ("Node", "HTTP/1 Connection specific headers are forbidden: \"…\""),
    ],
};

pub(super) static HTTP2_STREAM_RESET: CatalogEntry = CatalogEntry {
    id: Id::Http2StreamReset,
    rfc: "RFC 9113 §6.4",
    title: "The HTTP/2 stream of a WebSocket was reset",
    meaning: "What was on its way is lost, and the peer's program sees an abnormal end (1006): RST_STREAM \
              ends a stream at once, as a TCP reset ends a connection. The error code says why, as far as \
              its sender knows. The other streams of the connection continue.",
    fields: &[(FindingField::Code, "the error code"), (FindingField::Name, "its name, if it has one")],
    causes: &[
        "CANCEL: the program closed without a Close frame, a browser tab was closed, or a proxy's timeout \
        expired.",
        "PROTOCOL_ERROR or an answer that never came: the request was malformed, or extended CONNECT is not enabled.",
        "REFUSED_STREAM: too many streams at once, or a server that is shutting down. Nothing was done, so \
        it can be tried again.",
        "INTERNAL_ERROR: the program behind it failed.",
        "FLOW_CONTROL_ERROR, STREAM_CLOSED: a fault of one side's HTTP/2 implementation.",
    ],
    advice: &[
        "Look at the log of the side named, at that time.",
        "If it happens after a fixed time of silence: raise the proxy's tunnel or stream idle timeout, or send pings.",
    ],
    messages: &[
        ("Chrome", "net::ERR_HTTP2_PROTOCOL_ERROR"),
        ("Node", "Stream closed with error code NGHTTP2_…"),
        ("Node", "NGHTTP2_CANCEL"),
        ("Node", "NGHTTP2_INTERNAL_ERROR"),
        ("Go net", "stream error: stream ID …; …"),
        ("nghttp2", "RST_STREAM"),
    ],
};

pub(super) static HTTP2_GOAWAY: CatalogEntry = CatalogEntry {
    id: Id::Http2Goaway,
    rfc: "RFC 9113 §6.8",
    title: "A side ends the HTTP/2 connection that carries WebSockets",
    meaning: "With an error code the connection ends, and with it every WebSocket on it; without one (a \
              note), sessions may go on until the server stops waiting for them. GOAWAY says that no new \
              streams are accepted; a request on a stream after the last one that it names was not processed, and can be \
              sent again elsewhere.",
    fields: &[
        (FindingField::Code, "the error code"),
        (FindingField::Name, "its name, if it has one"),
        (FindingField::LastStream, "the last stream that the side may have looked at"),
        (
            FindingField::Sessions,
            "WebSockets that were open on the connection, if the capture holds both sides; the finding is reported for each",
        ),
    ],
    causes: &[
        "A server or proxy that restarts, reloads, or ends connections of a certain age or number of requests.",
        "ENHANCE_YOUR_CALM: too many pings, resets or small frames.",
        "PROTOCOL_ERROR, COMPRESSION_ERROR, FLOW_CONTROL_ERROR: a fault of the peer's HTTP/2 implementation.",
    ],
    advice: &[
        "Clients: open a new connection on GOAWAY, before the old one ends.",
        "With an error code: the text that comes with it often names the rule that was broken.",
    ],
    messages: &[
        ("Go net", "http2: server sent GOAWAY and closed the connection; LastStreamID=…, ErrCode=…"),
        ("gRPC", "too_many_pings"),
        ("Node", "ERR_HTTP2_SESSION_ERROR"),
        ("Node", "Session closed with error code NGHTTP2_ENHANCE_YOUR_CALM"),
    ],
};

pub(super) static HTTP2_WINDOW_EXCEEDED: CatalogEntry = CatalogEntry {
    id: Id::Http2WindowExceeded,
    rfc: "RFC 9113 §6.9.1",
    title: "A side sent more than an HTTP/2 window allowed",
    meaning: "The receiver may end the stream or the connection with FLOW_CONTROL_ERROR; many do not \
              notice. The DATA frames of a stream, or of the whole connection, exceed what the receiver \
              announced with SETTINGS and WINDOW_UPDATE. Every byte involved is in the capture.",
    fields: &[
        (FindingField::Scope, "`stream` or `connection`"),
        (FindingField::Bytes, "bytes beyond the window"),
    ],
    causes: &["An HTTP/2 implementation that forgets padding, or a smaller SETTINGS_INITIAL_WINDOW_SIZE."],
    advice: &["Update or report the implementation of the side named."],
    messages: &[("nghttp2", "FLOW_CONTROL_ERROR"), ("python h2", "Flow control window shrunk below zero")],
};

pub(super) static HTTP2_HEAD_BROKEN: CatalogEntry = CatalogEntry {
    id: Id::Http2HeadBroken,
    rfc: "RFC 9113 §4.3, §6.10",
    title: "A side sent an HTTP/2 head that nobody can read",
    meaning: "Every WebSocket on this connection is lost with it: the receiver has to end the connection with \
              PROTOCOL_ERROR or COMPRESSION_ERROR. Each side compresses all its heads with one table, so after a \
              head that cannot be read, no later one can be read either. Reported once for each side, if the \
              connection or its server carries WebSockets.",
    fields: &[
        (FindingField::Stream, "the stream of the head"),
        (
            FindingField::Fault,
            "`interrupted`: another frame before its rest; `headless`: a rest without a beginning; `not-decompressed`",
        ),
        (FindingField::FrameType, "with `interrupted`: the name of that frame in RFC 9113"),
    ],
    causes: &[
        "An HTTP/2 implementation that sends from several threads and does not keep HEADERS and CONTINUATION together.",
        "A table size that one side changed and the other did not notice.",
        "A proxy that copies compressed heads from one connection to another.",
    ],
    advice: &[
        "Update or report the implementation of the side named; until then, use HTTP/1.1 for WebSockets.",
    ],
    messages: &[
        ("Go", "http2: connection error: COMPRESSION_ERROR"),
        ("Node.js", "Error [ERR_HTTP2_ERROR]: Header compression error"),
        ("Chrome", "net::ERR_HTTP2_COMPRESSION_ERROR"),
    ],
};

pub(super) static HTTP2_FRAME_INVALID: CatalogEntry = CatalogEntry {
    id: Id::Http2FrameInvalid,
    rfc: "RFC 9113 §4.2, §5.1, §6",
    title: "A side sent an HTTP/2 frame that no peer may send",
    meaning: "Its receiver has to end the connection, and every WebSocket on it, with PROTOCOL_ERROR, FRAME_SIZE_ERROR or \
              FLOW_CONTROL_ERROR, or at least reset the stream. DATA, HEADERS, PRIORITY, RST_STREAM, PUSH_PROMISE and CONTINUATION belong to a stream, which is never 0; \
              SETTINGS, PING and GOAWAY belong to the connection, which is always 0; several types have a fixed \
              size, and none may be larger than its receiver announced. Padding is shorter than the frame, a WINDOW_UPDATE adds \
              at least one byte to a window and never lets it grow beyond 2^31-1, and DATA belongs to a stream that its \
              sender has not ended. Before the HEADERS of the side that begins it nothing but PRIORITY names a stream, and settings \
              have values that they can have, and none that takes back extended CONNECT. Reported once for each side, if the connection or its server carries WebSockets.",
    fields: &[
        (FindingField::Stream, "the stream that the frame names; not with `no-frame`"),
        (
            FindingField::Fault,
            "`no-stream`: it belongs to a stream and names none (0); `on-stream`: it belongs to the connection and names a \
             stream; `size`: its length is not one that its type can have; `too-large`: its receiver does not take so many \
             bytes; `padding`: its padding is longer than the frame; `no-increment`: it adds nothing to a window; \
             `window-too-large`: it lets a window grow beyond 2^31-1 bytes; `idle-stream`: it is on a stream that \
             nobody has begun, and does not begin it; `ended-stream`: it is DATA on a stream that its sender has ended; \
             `setting-value`: it announces a value that its setting cannot have; `setting-withdrawn`: it takes back that its \
             sender takes extended CONNECT; \
             `no-frame`: what stands where a frame belongs is none, or one that is larger than anybody takes",
        ),
        (
            FindingField::FrameType,
            "the type of the frame, as RFC 9113 spells it; absent with `no-frame`, and for a type that it does not have",
        ),
        (FindingField::Declared, "with `size` and `too-large`: the length of its payload"),
        (FindingField::PreviewHex, "with `no-frame`: up to 64 bytes of what stands there, in hexadecimal"),
        (FindingField::LooksLike, "with `no-frame`: what it looks like, if that is known"),
    ],
    causes: &[
        "An HTTP/2 implementation that cancels a stream which it never opened, and so has number 0 for it.",
        "A proxy that forwards frames of one connection on another and renumbers their streams wrongly.",
        "Something wrote bytes into the stream that are not frames (with `no-frame`), or happen to look like one: a WebSocket \
         frame without DATA around it, an answer of HTTP/1.1.",
    ],
    advice: &[
        "Update or report the implementation of the side named; until then, use HTTP/1.1 for WebSockets.",
        "Look for a GOAWAY of the other side that follows: it shows what that made of the frame.",
    ],
    messages: &[
        ("Go", "http2: server connection error from …: connection error: PROTOCOL_ERROR"),
        ("nghttp2", "RST_STREAM: stream_id == 0"),
        ("Netty", "Frame of type RST_STREAM must be associated with a stream."),
        ("Netty", "Frame of type SETTINGS cannot be associated with a stream."),
        ("nghttp2", "SETTINGS: invalid SETTINGS_ENBLE_PUSH"),
        ("nghttp2", "WINDOW_UPDATE to idle stream"),
        ("Chrome", "net::ERR_HTTP2_FRAME_SIZE_ERROR"),
        ("Node.js", "Error [ERR_HTTP2_ERROR]: Protocol error"),
    ],
};
