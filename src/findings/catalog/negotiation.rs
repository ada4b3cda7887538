//! The headers of an upgrade: what is missing, wrong or was not agreed on.

use super::{CatalogEntry, Id};
use crate::findings::field::FindingField;

pub(super) static UPGRADE_HEADER_MISSING: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHeaderMissing,
    rfc: "RFC 6455 §4.1",
    title: "A header that the upgrade needs is missing",
    meaning: "The peer that receives this head has to refuse it. A request needs Host, Upgrade, \
              Connection, Sec-WebSocket-Key and Sec-WebSocket-Version; a 101 needs Upgrade, Connection \
              and Sec-WebSocket-Accept. The side named is the one whose head lacks the header at the \
              place of the capture. A hop before that point may have removed it: see \
              `upgrade-header-stripped`.",
    fields: &[(FindingField::Header, "the header that is missing")],
    causes: &[
        "A proxy that forwards no hop-by-hop headers (nginx without `proxy_set_header Upgrade` and \
         `Connection`, an ALB or CDN with WebSockets switched off).",
        "A plain HTTP client or a browser's address bar used on a WebSocket URL.",
        "A hand-written client or server that leaves the header out.",
        "A web framework whose middleware answers before the WebSocket handler and sets only some headers.",
    ],
    advice: &[
        "nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header \
         Connection \"upgrade\";`.",
        "Apache: `ProxyPass \"/ws\" \"http://HOST:PORT/ws\" upgrade=websocket` (2.4.47 and later).",
        "Capture on both sides of the proxy and compare the heads.",
    ],
    messages: &[
        ("Rust tungstenite", "Missing, duplicated or incorrect header …"),
        ("python websockets", "missing Upgrade header"),
        ("python websockets", "missing Connection header"),
        ("python websockets", "missing Sec-WebSocket-Key header"),
        ("python websockets", "missing Sec-WebSocket-Version header"),
        ("python websockets", "missing Sec-WebSocket-Accept header"),
        ("Chrome", "Error during WebSocket handshake: 'Upgrade' header is missing"),
        ("Chrome", "Error during WebSocket handshake: 'Connection' header is missing"),
        ("Chrome", "Error during WebSocket handshake: 'Sec-WebSocket-Accept' header is missing"),
        ("Rust tungstenite", "No \"Upgrade: websocket\" header"),
        ("Rust tungstenite", "No \"Connection: upgrade\" header"),
        ("Rust tungstenite", "No \"Sec-WebSocket-Key\" header"),
        ("Rust tungstenite", "No \"Sec-WebSocket-Version: 13\" header"),
        ("Node ws", "Missing or invalid Sec-WebSocket-Key header"),
        ("Node ws", "Missing or invalid Sec-WebSocket-Version header"),
        ("Node ws", "Invalid Upgrade header"),
        ("wsproto", "Missing header, 'Connection: Upgrade'"),
        ("wsproto", "Missing header, 'Upgrade: websocket'"),
        ("wsproto", "Missing header, 'Sec-WebSocket-Key'"),
        ("wsproto", "Missing header, 'Sec-WebSocket-Version'"),
        ("wsproto", "Missing header, 'Host'"),
        (
            "gorilla/websocket",
            "websocket: not a websocket handshake: 'websocket' token not found in 'Upgrade' header",
        ),
        (
            "gorilla/websocket",
            "websocket: the client is not using the websocket protocol: 'upgrade' token not found in \
             'Connection' header",
        ),
        ("aiohttp", "No WebSocket UPGRADE hdr: None"),
        ("aiohttp", "Invalid upgrade header"),
        ("websocket-client", "Invalid WebSocket Header"),
        ("OkHttp", "Expected 'Connection' header value 'Upgrade' but was 'null'"),
        ("OkHttp", "Expected 'Upgrade' header value 'websocket' but was 'null'"),
        ("Spring", "Handshake failed due to invalid Upgrade header: null"),
        ("Netty", "not a WebSocket handshake request: missing upgrade"),
    ],
};

pub(super) static UPGRADE_HEADER_INVALID: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHeaderInvalid,
    rfc: "RFC 6455 §4.1",
    title: "A header of the upgrade has an invalid value",
    meaning: "The peer that receives this head refuses it, or misreads what follows. Upgrade has to \
              contain `websocket` and Connection has to contain `Upgrade`, in any case; other tokens next \
              to them are fine, and Sec-WebSocket-Protocol, where a request has it, must not be empty. A 101 must not have Transfer-Encoding (RFC 9112 §6.1), as some peers would \
              take frames for chunks, nor Content-Length (RFC 9110 §8.6); a length of 0 is a note. The \
              summary quotes the value. The side named sent it as captured; a proxy may have written it.",
    fields: &[(FindingField::Header, "the header"), (FindingField::Value, "its value as sent")],
    causes: &[
        "A proxy that sets `Connection: close` or `keep-alive` (nginx without `proxy_set_header Connection \
         \"upgrade\"`).",
        "`Upgrade: h2c` from a client that tries HTTP/2 first.",
        "A hand-written client or server with a misspelt value.",
    ],
    advice: &[
        "nginx: `proxy_set_header Connection \"upgrade\";`, or a `map $http_upgrade $connection_upgrade` \
         where one location serves both kinds.",
        "Capture on both sides of the proxy and compare the heads.",
    ],
    messages: &[
        ("Rust tungstenite", "Missing, duplicated or incorrect header …"),
        ("Node ws", "Invalid Upgrade header"),
        ("python websockets", "invalid Upgrade header: …"),
        ("python websockets", "invalid Connection header: …"),
        ("python websockets", "empty Upgrade header"),
        ("Chrome", "Error during WebSocket handshake: 'Upgrade' header value is not 'WebSocket': …"),
        ("Chrome", "Error during WebSocket handshake: 'Connection' header value must contain 'Upgrade'"),
        ("Rust tungstenite", "No \"Connection: upgrade\" header"),
        ("Rust tungstenite", "No \"Upgrade: websocket\" header"),
        (
            "gorilla/websocket",
            "websocket: the client is not using the websocket protocol: 'upgrade' token not found in \
             'Connection' header",
        ),
        (
            "gorilla/websocket",
            "websocket: the client is not using the websocket protocol: 'websocket' token not found in \
             'Upgrade' header",
        ),
        ("aiohttp", "Invalid connection header"),
        ("aiohttp", "No CONNECTION upgrade hdr: …"),
        ("wsproto", "Missing header, 'Connection: Upgrade'"),
        ("undici", "Server did not set Connection header to \"upgrade\"."),
        ("undici", "Server did not set Upgrade header to \"websocket\"."),
        ("OkHttp", "Expected 'Connection' header value 'Upgrade' but was …"),
        ("OkHttp", "Expected 'Upgrade' header value 'websocket' but was …"),
        (".NET", "The 'Upgrade' header value … is invalid."),
        (".NET", "The 'Connection' header value … is invalid."),
        ("Java", "Upgrade responses cannot have a transfer coding"),
        ("Envoy", "transfer encoding not allowed in 1xx or 204"),
        (".NET", "The WebSocket response contained invalid header(s)"),
    ],
};

pub(super) static UPGRADE_HEADER_DUPLICATE: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHeaderDuplicate,
    rfc: "RFC 6455 §11.3",
    title: "A header that may appear only once appears more than once",
    meaning: "Most peers refuse this head, because two lines leave open which value counts. Host, \
              Sec-WebSocket-Key and Sec-WebSocket-Version may appear only once in the request; so may \
              Sec-WebSocket-Accept and Sec-WebSocket-Protocol in the answer.",
    fields: &[(FindingField::Header, "the header"), (FindingField::Value, "the first of its values")],
    causes: &[
        "A proxy that adds the header although the client already sent it.",
        "Client code that sets the WebSocket headers by hand on top of those of its library.",
        "A server framework and a WebSocket library that both write the 101.",
    ],
    advice: &[
        "Remove hand-set Sec-WebSocket-* headers from the client's options.",
        "In nginx, `add_header` and `proxy_set_header` for Sec-WebSocket-* are not needed.",
    ],
    messages: &[
        ("python websockets", "invalid Sec-WebSocket-Key header: multiple values"),
        ("python websockets", "invalid Sec-WebSocket-Version header: multiple values"),
        ("python websockets", "invalid Sec-WebSocket-Accept header: multiple values"),
        (
            "python websockets 8.1",
            "invalid Sec-WebSocket-Accept header: more than one Sec-WebSocket-Accept header found",
        ),
        (
            "Chrome",
            "Error during WebSocket handshake: 'Sec-WebSocket-Accept' header must not appear more than \
             once in a response",
        ),
        ("Rust tungstenite", "Missing, duplicated or incorrect header …"),
        ("gorilla/websocket", "websocket: duplicate header not allowed: …"),
        ("Chrome", "'Sec-WebSocket-Protocol' header must not appear more than once in a response"),
    ],
};

pub(super) static UPGRADE_HEADER_STRIPPED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeHeaderStripped,
    rfc: "RFC 9110 §7.6.1",
    title: "A hop in between has most likely removed a header of the handshake",
    meaning: "The server sees an ordinary request and cannot switch: the request has Sec-WebSocket-* \
              headers but lacks Upgrade, Connection or both. These two are hop-by-hop headers, which a \
              proxy drops unless it is told to pass the upgrade on. If the request bears the mark of a \
              proxy (Via, X-Forwarded-For, a replaced Connection), the finding is certain; otherwise it \
              is tentative, as the client may have left them out. Where Upgrade is gone and Connection still names it, that it is \
              missing is tentative as well. Where both legs of a proxy are captured, \
              it is told as well that the proxy's 101 lacks the Sec-WebSocket-Extensions of the server's, \
              though compressed messages pass.",
    fields: &[(FindingField::Header, "the headers that are missing, separated by a comma")],
    causes: &[
        "nginx without `proxy_set_header Upgrade $http_upgrade` and `proxy_set_header Connection \
         \"upgrade\"`.",
        "Apache without mod_proxy_wstunnel or `upgrade=websocket`.",
        "A CDN or a corporate proxy with WebSockets switched off.",
        "A service mesh or API gateway route without upgrade support (Envoy: `upgrade_configs`).",
        "A proxy or virus scanner that passes on only headers that it knows.",
    ],
    advice: &[
        "nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header \
         Connection \"upgrade\";`.",
        "Envoy: `upgrade_configs: [{upgrade_type: websocket}]`.",
        "Use `wss://`: proxies that do not terminate TLS cannot touch the headers.",
        "Capture in front of the proxy to prove that the client sent them.",
    ],
    messages: &[
        (
            "gorilla/websocket",
            "websocket: the client is not using the websocket protocol: 'upgrade' token not found in \
             'Connection' header",
        ),
        ("python websockets", "invalid Connection header: close"),
        ("python websockets", "invalid Connection header: keep-alive"),
        ("python websockets", "missing Connection header"),
        ("python websockets", "missing Upgrade header"),
        ("aiohttp", "Can \"Upgrade\" only to \"WebSocket\"."),
        ("Action Cable", "Failed to upgrade to WebSocket (REQUEST_METHOD: GET, HTTP_CONNECTION: …"),
    ],
};

pub(super) static UPGRADE_VERSION_UNSUPPORTED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeVersionUnsupported,
    rfc: "RFC 6455 §4.4",
    title: "Sec-WebSocket-Version is not 13",
    meaning: "The server will most likely refuse with 426: 13 is the only version in use. A server that \
              does not support the version answers with a Sec-WebSocket-Version header that lists those \
              it does.",
    fields: &[(FindingField::Version, "the version as sent")],
    causes: &[
        "A client from before RFC 6455 (versions 7 and 8), often in an old device.",
        "A hand-written client with a wrong or empty version.",
        "A test tool that sends a wrong version on purpose.",
    ],
    advice: &["Update the client or its library.", "In hand-written clients: `Sec-WebSocket-Version: 13`."],
    messages: &[
        ("python websockets", "invalid Sec-WebSocket-Version header: …"),
        (
            "gorilla/websocket",
            "websocket: unsupported version: 13 not found in 'Sec-Websocket-Version' header",
        ),
        ("Node ws", "Missing or invalid Sec-WebSocket-Version header"),
        ("Rust tungstenite", "No \"Sec-WebSocket-Version: 13\" header"),
        ("aiohttp", "Unsupported version: …"),
    ],
};

pub(super) static UPGRADE_KEY_INVALID: CatalogEntry = CatalogEntry {
    id: Id::UpgradeKeyInvalid,
    rfc: "RFC 6455 §11.3.1",
    title: "Sec-WebSocket-Key is not 16 bytes in base64",
    meaning: "Strict servers refuse this request with 400, lenient ones accept it, so it fails with some \
              servers only. The key has to be 16 random bytes in base64: 24 characters that end in `==`. If only the four bits \
              at its end are wrong that stand for no byte (RFC 4648 §3.5), it is a note.",
    fields: &[(FindingField::Value, "the key as sent")],
    causes: &[
        "A hand-written client that sends a fixed text, hexadecimal, or another number of bytes.",
        "base64 in its URL form (`-` and `_`) or without padding.",
        "A header that a filter or a template cut or quoted.",
    ],
    advice: &["In hand-written clients: `base64.b64encode(os.urandom(16))`, new for each attempt."],
    messages: &[
        ("python websockets", "invalid Sec-WebSocket-Key header: …"),
        ("Rust tungstenite", "Invalid \"Sec-WebSocket-Key\" header value"),
        ("Node ws", "Missing or invalid Sec-WebSocket-Key header"),
        (
            "gorilla/websocket",
            "websocket: not a websocket handshake: 'Sec-WebSocket-Key' header must be Base64 encoded value \
             of 16-byte in length",
        ),
        ("aiohttp", "Handshake error: …"),
    ],
};

pub(super) static UPGRADE_ACCEPT_MISMATCH: CatalogEntry = CatalogEntry {
    id: Id::UpgradeAcceptMismatch,
    rfc: "RFC 6455 §4.2.2",
    title: "Sec-WebSocket-Accept does not match the client's key",
    meaning: "Clients have to fail this connection: the 101 does not prove that its sender read this \
              request. Sec-WebSocket-Accept has to be the base64 of the SHA-1 of the key and a fixed \
              GUID. `expected` is what this request's key requires; wsight compares the two heads as \
              captured.",
    fields: &[
        (FindingField::Expected, "the value that the request's key requires"),
        (FindingField::Found, "the value in the 101"),
        (
            FindingField::AnswerOf,
            "the packet with the earlier request that the value is right for, if there is one",
        ),
    ],
    causes: &[
        "A hand-written server: key decoded before hashing, a mistyped GUID, hexadecimal instead of \
         base64, or a line end in the value.",
        "A cache or proxy that answered with the response of another request.",
        "A proxy that opened its own upgrade to the server and passed the server's answer back unchanged.",
        "A mock or test server with a fixed value.",
    ],
    advice: &[
        "Check the server with RFC 6455's example: key `dGhlIHNhbXBsZSBub25jZQ==` gives \
         `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`.",
        "`printf '%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11' KEY | openssl sha1 -binary | base64` computes it.",
        "Keep caches away from the WebSocket's path.",
    ],
    messages: &[
        ("Chrome", "Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value"),
        ("python websockets", "invalid Sec-WebSocket-Accept header: …"),
        ("Node ws", "Invalid Sec-WebSocket-Accept header"),
        ("Rust tungstenite", "Key mismatch in \"Sec-WebSocket-Accept\" header"),
        ("WebKit", "Error during WebSocket handshake: Sec-WebSocket-Accept mismatch"),
        ("wsproto", "Bad accept token"),
        ("aiohttp", "Invalid challenge response"),
        ("gorilla/websocket", "websocket: bad handshake"),
        ("websocket-client", "Invalid WebSocket Header"),
        ("undici", "Incorrect hash received in Sec-WebSocket-Accept header."),
        ("OkHttp", "Expected 'Sec-WebSocket-Accept' header value … but was …"),
        (".NET", "The 'Sec-WebSocket-Accept' header value … is invalid."),
    ],
};

pub(super) static UPGRADE_SUBPROTOCOL_UNOFFERED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeSubprotocolUnoffered,
    rfc: "RFC 6455 §4.1",
    title: "The server chose a subprotocol the client did not offer",
    meaning: "Clients have to fail this connection. A server may choose one of the names that the client \
              sent in Sec-WebSocket-Protocol, or none. Names are compared exactly, including their case.",
    fields: &[(FindingField::Value, "the subprotocol the server chose")],
    causes: &[
        "The server always sends its subprotocol, even if the client offered none.",
        "Different case or spelling on the two sides.",
        "Two versions of an application that renamed the subprotocol.",
        "A proxy that removed the client's Sec-WebSocket-Protocol.",
    ],
    advice: &[
        "Offer the name in the client: `new WebSocket(url, ['NAME'])`, python websockets \
         `subprotocols=['NAME']`.",
        "Let the server send the header only if the client offered that name.",
    ],
    messages: &[
        (
            "Chrome",
            "Error during WebSocket handshake: Response must not include 'Sec-WebSocket-Protocol' header \
             if not present in request: …",
        ),
        (
            "Chrome",
            "Error during WebSocket handshake: 'Sec-WebSocket-Protocol' header value … in response does \
             not match any of sent values",
        ),
        ("Node ws", "Server sent a subprotocol but none was requested"),
        ("Node ws", "Server sent an invalid subprotocol"),
        ("Rust tungstenite", "SubProtocol error: Server sent a subprotocol but none was requested"),
        ("Rust tungstenite", "SubProtocol error: Server sent an invalid subprotocol"),
        ("python websockets", "no subprotocols supported"),
        ("python websockets", "unsupported subprotocol: …"),
        ("wsproto", "unrecognized subprotocol …"),
        ("websocket-client", "Invalid WebSocket Header"),
        ("Chrome", "Response must not include 'Sec-WebSocket-Protocol' header if not present in request: …"),
        ("Chrome", "'Sec-WebSocket-Protocol' header value … in response does not match any of sent values"),
        ("undici", "Protocol was not set in the opening handshake."),
        (
            ".NET",
            "The WebSocket client request requested … protocol(s), but server is only accepting … protocol(s).",
        ),
        ("coder/websocket", "WebSocket protocol violation: unexpected Sec-WebSocket-Protocol from server"),
        ("Chrome", "Error during WebSocket handshake: protocol mismatch: …"),
    ],
};

pub(super) static SUBPROTOCOL_UNCHOSEN: CatalogEntry = CatalogEntry {
    id: Id::SubprotocolUnchosen,
    rfc: "RFC 6455 §4.2.2",
    title: "The client offered subprotocols and the server chose none",
    meaning: "Browsers fail this connection without a Close frame; many other clients carry on. The client \
              offered subprotocols, and the 101 has no Sec-WebSocket-Protocol, which RFC 6455 allows. It \
              is a warning if the client left right after this 101, otherwise a note.",
    fields: &[(FindingField::Offered, "the subprotocols that the client offered, in quotes")],
    causes: &[
        "The server does not support subprotocols, or none of these.",
        "A token is passed in the place of a subprotocol (`new WebSocket(url, [token])`), and the server \
         reads it but does not send it back.",
        "A proxy that removes Sec-WebSocket-Protocol from the request or from the answer.",
        "Different case or spelling on the two sides.",
    ],
    advice: &[
        "Let the server choose one of the offered names: python websockets `subprotocols=['NAME']`, Node ws \
         `handleProtocols`, gorilla `Upgrader.Subprotocols`, Spring `setSupportedProtocols`.",
        "Or do not offer any in the client: `new WebSocket(url)`.",
        "Compare the request on both sides of the proxy.",
    ],
    messages: &[
        (
            "Chrome",
            "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was \
             received",
        ),
        ("Node ws", "Server sent no subprotocol"),
        ("Safari", "Sec-WebSocket-Protocol mismatch"),
        ("python websockets", "missing subprotocol"),
        ("Rust tungstenite", "SubProtocol error: Server sent no subprotocol"),
        ("Rust tungstenite", "NoSubProtocol"),
        ("Chrome", "Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received"),
        ("Netty", "Invalid subprotocol. Actual: null. Expected one of: …"),
    ],
};

pub(super) static KEY_REUSED: CatalogEntry = CatalogEntry {
    id: Id::KeyReused,
    rfc: "RFC 6455 §4.1",
    title: "The same Sec-WebSocket-Key is sent on several connections",
    meaning: "The handshake no longer proves that an answer belongs to its request, and a cache may replay \
              it. The key has to be 16 random bytes, new for each connection; the same one was sent on at least 3, by one \
              client or by several that have it in common. Servers do not notice. Copies of one attempt on both sides of a \
              proxy are not counted, nor is what a proxy passes on, or sends to the next server when one fails.",
    fields: &[
        (FindingField::Count, "connections on which this key was sent"),
        (FindingField::Clients, "clients that sent it, where there are several"),
    ],
    causes: &[
        "A hand-written client or a load test with a constant key, often the example of the RFC \
         (`dGhlIHNhbXBsZSBub25jZQ==`).",
        "A `curl` or `wscat` command with a fixed header.",
        "A program that was installed on many devices with a constant key, or with a generator that begins alike on each.",
        "A library that makes the key once per client object instead of once per connection, or a random \
         generator seeded with a constant.",
    ],
    advice: &[
        "Make a new key for each connection: 16 bytes from the system's random source, in base64.",
        "If it is a health check or a test, it does no harm; use `--ignore key-reused`.",
    ],
    messages: &[],
};

pub(super) static UPGRADE_EXTENSION_UNOFFERED: CatalogEntry = CatalogEntry {
    id: Id::UpgradeExtensionUnoffered,
    rfc: "RFC 6455 §9.1",
    title: "The server accepted an extension the client did not offer",
    meaning: "Clients have to fail this connection, because the two sides would read the frames \
              differently. A server may accept only what the client offered in Sec-WebSocket-Extensions.",
    fields: &[(FindingField::Value, "the extension as the server sent it")],
    causes: &[
        "The server or a framework always sends `permessage-deflate`.",
        "A proxy or security device removed the client's offer and let the server's own header pass.",
        "`x-webkit-deflate-frame` from an old library.",
    ],
    advice: &[
        "Switch compression off at the server to confirm: Node ws `perMessageDeflate: false`, python \
         websockets `compression=None`.",
        "Capture on both sides of the proxy and compare Sec-WebSocket-Extensions.",
    ],
    messages: &[
        ("Node ws", "Server indicated an extension that was not requested"),
        ("Chrome", "Error during WebSocket handshake: Found an unsupported extension …"),
        ("python websockets", "no extensions supported"),
        ("python websockets", "Unsupported extension: name = …"),
        ("wsproto", "unrecognized extension …"),
        ("Chrome", "Found an unsupported extension … in 'Sec-WebSocket-Extensions' header"),
    ],
};

pub(super) static UPGRADE_EXTENSION_INVALID: CatalogEntry = CatalogEntry {
    id: Id::UpgradeExtensionInvalid,
    rfc: "RFC 7692 §7.1",
    title: "The server's answer to the extension offer is invalid",
    meaning: "Clients have to fail this connection: the extension was offered, but the parameters in the \
              answer break RFC 7692. The summary says how: an unknown or repeated parameter, a window \
              size outside 8 to 15, `client_max_window_bits` that was not offered, something the client \
              required and the server did not grant, or an offer that was itself invalid and should have \
              been declined. A larger `client_max_window_bits` than the client offered is tentative: the value of the offer is a \
              hint, yet many clients refuse such an answer.",
    fields: &[(FindingField::Value, "the extension as the server sent it")],
    causes: &[
        "A server that echoes the client's offer instead of answering it: `client_max_window_bits` without \
         a value is allowed in the offer only.",
        "A home-made permessage-deflate negotiation.",
        "A proxy that merged or duplicated the header.",
    ],
    advice: &[
        "Switch compression off at the server to confirm, then update its library.",
        "Compare offer and answer in `wsight FILE --format json --only upgrade`.",
    ],
    messages: &[
        ("Chrome", "Error during WebSocket handshake: Error in permessage-deflate: …"),
        ("Node ws", "Invalid Sec-WebSocket-Extensions header"),
        ("Node ws", "Unexpected or invalid parameter \"client_max_window_bits\""),
        ("python websockets", "unexpected client_max_window_bits"),
        ("python websockets", "unsupported server_max_window_bits"),
        ("python websockets", "expected server_no_context_takeover"),
        ("python websockets", "expected server_max_window_bits"),
        ("python websockets", "duplicate parameter: …"),
        ("python websockets", "invalid parameter name: …"),
        ("python websockets", "invalid value for parameter …"),
        ("python websockets", "received duplicate permessage-deflate"),
        ("gorilla/websocket", "websocket: invalid compression negotiation"),
        ("aiohttp", "Handshake error"),
        ("Chrome", "'Sec-WebSocket-Extensions' header value is rejected by the parser: …"),
    ],
};
