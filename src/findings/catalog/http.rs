//! Upgrade attempts that fail in HTTP: heads that cannot be read, and refusals.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static UPGRADE_RESPONSE_MALFORMED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeResponseMalformed,
    rfc: "RFC 9112 §4",
    title: "The answer to the upgrade request is not HTTP/1.x",
    meaning: "Strict clients give up here: what came back does not start with an HTTP/1.x status line, or \
              stops being HTTP/1.x further on. If wsight recognizes the bytes, it says what they look \
              like. They may come from a proxy rather than the server. A response that lenient clients \
              accept and strict ones refuse is reported here too: `flaw` says why.",
    fields: &[
        (FindingField::PreviewHex, "the first bytes, at most 64, in hexadecimal"),
        (FindingField::LooksLike, "what the bytes look like, if wsight knows"),
        (
            FindingField::Flaw,
            "where it is a head all the same: `folded`, `space-before-colon`, `no-colon`, `name`, `value`, `first-line`, \
             `line-feed`, `version` or `byte-order-mark`",
        ),
    ],
    causes: &[
        "A TLS port was asked in plain text: the answer is a TLS alert (`15 03 …`).",
        "The port belongs to another service, such as SSH, SMTP or a database.",
        "The server answers in HTTP/2.",
        "Hand-written server code: wrong line ends, a header line without a colon, text before the status \
         line.",
    ],
    advice: &[
        "Check scheme and port of the URL: `wss://` for TLS.",
        "`openssl s_client -connect HOST:PORT` shows whether the port speaks TLS.",
        "For HTTP/2-only servers: enable HTTP/1.1, or RFC 8441 on both sides.",
    ],
    messages: &[
        ("WebKit", "Invalid UTF-8 sequence in header value"),
        ("WebKit", "Status line contains embedded null"),
        ("python websockets", "did not receive a valid HTTP response"),
        ("python websockets", "invalid HTTP status line: …"),
        ("python websockets", "unsupported protocol; expected HTTP/1.1 or HTTP/1.0: …"),
        ("python websockets 14.0", "unsupported protocol; expected HTTP/1.1: …"),
        ("python websockets", "invalid HTTP header line: …"),
        ("python websockets", "invalid HTTP header name: …"),
        ("Chrome", "Error during WebSocket handshake: Invalid status line"),
        ("Chrome", "Error during WebSocket handshake: net::ERR_INVALID_HTTP_RESPONSE"),
        ("Node", "Parse Error: Expected HTTP/"),
        ("Rust tungstenite", "httparse error: invalid HTTP version"),
        ("Rust tungstenite", "httparse error: …"),
        ("wsproto", "Bad HTTP message"),
        ("websocket-client", "Invalid status line: …"),
        ("Go net", "malformed HTTP response …"),
        ("nginx", "upstream sent invalid header while reading response header from upstream"),
    ],
};

pub(super) static UPGRADE_REQUEST_MALFORMED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeRequestMalformed,
    rfc: "RFC 9112 §3",
    title: "The client's request is not valid HTTP/1.x",
    meaning: "Strict servers refuse this request, or cannot read it at all: the bytes where an upgrade \
              request belongs are not valid HTTP/1.x. If wsight recognizes them, it says what they look \
              like. It does not claim that the sender meant to speak WebSocket. A request that lenient \
              servers accept and strict ones refuse is reported here too: `flaw` says why.",
    fields: &[
        (FindingField::PreviewHex, "the first bytes, at most 64, in hexadecimal"),
        (FindingField::LooksLike, "what the bytes look like, if wsight knows"),
        (
            FindingField::Flaw,
            "where it is a head all the same: `folded`, `space-before-colon`, `no-colon`, `name`, `value`, `first-line`, \
             `line-feed`, `version` or `byte-order-mark`",
        ),
    ],
    causes: &[
        "The client speaks TLS (`wss://`) to a plain port.",
        "A load balancer sends a PROXY protocol line that the server is not set up to read.",
        "The client speaks HTTP/2 without asking first (`PRI * HTTP/2.0`).",
        "The client has its TLS library offer HTTP/2 (ALPN: h2), the server agrees, and the client sends HTTP/1.1 all the same.",
        "Hand-written client code: wrong line ends, spaces in the path, control characters in a header.",
    ],
    advice: &[
        "Check scheme and port of the URL: `ws://` for plain text.",
        "For a PROXY line: switch it on at the server (nginx: `listen 80 proxy_protocol;`) or off at the \
         load balancer.",
        "Percent-encode path and query.",
        "Where h2 was agreed on: offer http/1.1 alone in ALPN.",
    ],
    messages: &[
        ("python websockets", "did not receive a valid HTTP request"),
        ("python websockets", "invalid HTTP request line: …"),
        ("python websockets", "invalid HTTP header line: …"),
        ("python websockets", "invalid HTTP header name: …"),
        ("Rust tungstenite", "httparse error: …"),
        ("wsproto", "Bad HTTP message"),
        ("Node", "Parse Error: Invalid method encountered"),
        ("uvicorn", "Invalid HTTP request received."),
    ],
};

pub(super) static UPGRADE_HEAD_TOO_LARGE: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHeadTooLarge,
    rfc: "RFC 6585 §5",
    title: "A request or response head is larger than common software allows",
    meaning: "Many servers and clients refuse a head of this size: it has more than 128 header lines, or a \
              line longer than 8 KiB. No RFC sets these figures; they are what common software allows \
              (`--limit head-lines`, `--limit head-line-bytes`). Of a head with short lines that never ends, \
              256 KiB are read (`--limit head-bytes`). If the session went on all the same, its \
              receiver allows more, and the finding is only a note.",
    fields: &[
        (FindingField::Limit, "the limit that was passed: lines, bytes of one line, or bytes of all"),
        (FindingField::Found, "how much there is; absent if the head is not read to its end"),
    ],
    causes: &[
        "Cookies that grow, or a large token (JWT, Kerberos) in a header or in the query string.",
        "Several proxies that each add their headers.",
        "A redirect loop that appends to the URL.",
        "A scanner or an attack.",
    ],
    advice: &[
        "Shrink cookies and tokens, or send the token in the first message.",
        "Raise the limit at every hop: nginx `large_client_header_buffers 4 16k;`, Node \
         `--max-http-header-size=32768`, python websockets `WEBSOCKETS_MAX_LINE_LENGTH=16384`.",
    ],
    messages: &[
        ("python websockets", "line too long"),
        ("python websockets", "too many HTTP headers"),
        ("python websockets", "expected no more than 128 headers"),
        ("python websockets", "read … bytes, expected no more than … bytes"),
        ("Rust tungstenite", "Too many headers"),
        ("Node", "Parse Error: Header overflow"),
        ("Chrome", "Error during WebSocket handshake: net::ERR_RESPONSE_HEADERS_TOO_BIG"),
        ("Node", "431 Request Header Fields Too Large"),
        ("nginx", "400 Request Header Or Cookie Too Large"),
        ("Rust tungstenite", "Attack attempt detected"),
    ],
};

pub(super) static UPGRADE_REJECTED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeRejected,
    rfc: "RFC 6455 §4.1",
    title: "The server refused the upgrade with an HTTP status",
    meaning: "There is no WebSocket: the server answered with a final status other than 101. A refusal is \
              often what the server was told to do, and the status says who has to act. The answer may \
              come from a proxy in front of the server: look at its Server and Via headers.",
    fields: &[
        (FindingField::Status, "the HTTP status code"),
        (
            FindingField::Cause,
            "what the status most likely means: `auth`, `forbidden`, `origin`, `not-found`, \
             `upgrade-required`, `redirect`, `bad-request`, `plain-http-on-tls-port`, `proxy-header`, `request-unfinished`, `server-error`, \
             `ok-not-upgraded` or `other`",
        ),
        (
            FindingField::TakenUp,
            "true where the client did what the answer asks for: it brought credentials, followed the redirect, or asked \
             for another version. Then this is a note, and the next attempt tells what came of it",
        ),
    ],
    causes: &[
        "`auth` (401, 407): no credentials, or expired ones. Browsers cannot set an Authorization header \
         on a WebSocket.",
        "`origin` (403): the server does not allow the page's Origin.",
        "`not-found` (404, 410): wrong path, or a proxy that does not route it to the WebSocket server.",
        "`upgrade-required` (426) or `bad-request` (400): a proxy removed Upgrade and Connection, so the \
         server sees a plain request.",
        "`plain-http-on-tls-port` (400): the client's URL is ws://, and the port speaks TLS, as the body says.",
        "`proxy-header` (400): a load balancer puts a PROXY protocol header (HAProxy's `send-proxy`) in front of the request, \
         and the server does not expect one.",
        "`request-unfinished` (408): the server waited for the rest of the request, which never came: see upgrade-request-truncated. \
         This is a note then.",
        "`ok-not-upgraded` (200): a web server or a single-page app answered its index page.",
        "`redirect` (301, 302, 307, 308): http to https, a missing slash, or a login page.",
        "`server-error` (500 to 599): the handler failed, the server is overloaded or shutting down, or a proxy in front did not reach it.",
    ],
    advice: &[
        "Read the response's body: `body` in `wsight FILE --format json --only upgrade` has its beginning.",
        "nginx in front: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header \
         Connection \"upgrade\";`.",
        "For 403: add the page's origin to the server's list (python websockets `origins=[…]`, gorilla \
         `CheckOrigin`, Django `ALLOWED_HOSTS`).",
        "For redirects: use the final URL, with `wss://`, from the start.",
    ],
    messages: &[
        ("Jetty", "Failed to upgrade to websocket: Unexpected HTTP Response Status Code: …"),
        ("python websockets", "server rejected WebSocket connection: HTTP …"),
        ("Chrome", "Error during WebSocket handshake: Unexpected response code: …"),
        ("Node ws", "Unexpected server response: …"),
        ("Rust tungstenite", "HTTP error: …"),
        ("gorilla/websocket", "websocket: bad handshake"),
        ("websocket-client", "Handshake status …"),
        ("aiohttp", "Invalid response status"),
        ("gorilla/websocket", "websocket: request origin not allowed by Upgrader.CheckOrigin"),
        ("python websockets", "invalid Origin header: …"),
        ("Node ws", "Maximum redirects exceeded"),
        ("Firefox", "Firefox can’t establish a connection to the server at …"),
        ("Chrome", "HTTP Authentication failed; no valid credentials available"),
        ("Safari", "There was a bad response from the server."),
        ("undici", "Received network error or non-101 status code."),
        ("nhooyr.io/websocket", "expected handshake response status code 101 but got …"),
        ("Tyrus", "Response code was not 101: …"),
        ("Jetty", "Didn't switch protocols, expected status <101>, but got …"),
        ("OkHttp", "Expected HTTP 101 response but was …"),
        (".NET", "The server returned status code … when status code '101' was expected."),
        ("Envoy", "upstream connect error or disconnect/reset before headers. reset reason: …"),
        ("AWS", "Endpoint request timed out"),
        ("Tomcat", "The HTTP response from the server … did not permit the HTTP upgrade to WebSocket"),
        ("Safari", "Unexpected response code: …"),
        ("Netty", "WebSocketClientHandshakeException: Invalid handshake response getStatus: …"),
        ("Mint.WebSocket", "%Mint.WebSocket.UpgradeFailureError{status_code: …"),
        ("Dart", "WebSocketException: Connection to … was not upgraded to websocket"),
        ("libwebsockets", "got bad HTTP response …"),
        ("Boost.Beast", "The WebSocket handshake was declined by the remote peer"),
        ("uvicorn", "Unsupported upgrade request."),
        ("HTTP", "426 Upgrade Required"),
        ("Java", "Unexpected HTTP response status code 403"),
        ("Java", "java.net.http.WebSocketHandshakeException"),
        ("Safari", "NSURLErrorDomain error -1011"),
        ("gorilla/websocket", "websocket: response does not implement http.Hijacker"),
        ("engine.io", "Session ID unknown"),
        ("websockify", "code 400, message Client must support 'binary' or 'base64' protocol"),
        ("Jupyter", "Blocking Cross Origin WebSocket Attempt"),
        ("Java-WebSocket", "Invalid status code received: … Status line: …"),
    ],
};

pub(super) static UPGRADE_METHOD_INVALID: CatalogEntry = CatalogEntry {
    id: Id::UpgradeMethodInvalid,
    rfc: "RFC 6455 §4.1",
    title: "The upgrade request does not use GET",
    meaning: "Servers refuse this request, usually with 400 or 405: it has WebSocket headers, but its \
              method is not GET. Over HTTP/1.1 a WebSocket is always requested with GET.",
    fields: &[(FindingField::Method, "the method as sent")],
    causes: &[
        "A hand-written client or an HTTP tool with POST or HEAD.",
        "A monitoring check that copies WebSocket headers onto HEAD or OPTIONS.",
        "CONNECT, which is right for HTTP/2 (RFC 8441), used over HTTP/1.1.",
    ],
    advice: &["Use GET. Put data into the query string, headers or the first message."],
    messages: &[
        ("python websockets", "unsupported HTTP method: …"),
        ("python websockets 14.0", "unsupported HTTP method; expected GET; got …"),
        ("Rust tungstenite", "Unsupported HTTP method used - only GET is allowed"),
        ("Node ws", "Invalid HTTP method"),
        ("gorilla/websocket", "websocket: not a websocket handshake: request method is not GET"),
        (
            "gorilla/websocket",
            "websocket: the client is not using the websocket protocol: request method is not GET",
        ),
        ("wsproto", "Request method must be GET"),
    ],
};

pub(super) static UPGRADE_HTTP_VERSION: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHttpVersion,
    rfc: "RFC 6455 §4.1",
    title: "The head says HTTP/1.0",
    meaning: "An upgrade cannot work over HTTP/1.0, which has no Upgrade header; a server ignores or \
              refuses it. The side named is the one that sent the head as captured; a proxy may have \
              rewritten it.",
    fields: &[],
    causes: &[
        "nginx as a proxy without `proxy_http_version 1.1;`: its long-time default is HTTP/1.0.",
        "ApacheBench, old monitoring tools, or hand-written clients that send HTTP/1.0.",
        "A hand-written server that answers `HTTP/1.0 101`, as Python's `http.server` does by default.",
    ],
    advice: &[
        "nginx: `proxy_http_version 1.1;` in the location of the WebSocket.",
        "Python `http.server`: `protocol_version = 'HTTP/1.1'`.",
        "Capture on both sides of the proxy to see who says HTTP/1.0.",
    ],
    messages: &[
        ("python websockets", "unsupported HTTP version: …"),
        ("Rust tungstenite", "HTTP version must be 1.1 or higher"),
        ("python websockets 14.0", "unsupported protocol; expected HTTP/1.1: …"),
        ("aiohttp", "Invalid upgrade header"),
    ],
};
