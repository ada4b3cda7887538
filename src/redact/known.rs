//! Words that say nothing about anybody, and stay as they are.

use crate::upgrade::is_usual_reason;

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

pub(crate) fn is_scheme(text: &str) -> bool {
    is_one_of(&["ws", "wss", "http", "https", "file"], text)
}

pub(crate) fn is_method(text: &str) -> bool {
    const METHODS: [&str; 10] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"];
    METHODS.contains(&text)
}

pub(crate) fn is_reason(text: &str) -> bool {
    is_usual_reason(text)
}

/// Names of common headers: any other may tell whose software it is.
pub(crate) fn is_header(text: &str) -> bool {
    const HEADERS: [&str; 53] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "age",
        "allow",
        "alt-svc",
        "authorization",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
        "cookie",
        "date",
        "etag",
        "expires",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "last-modified",
        "location",
        "origin",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "referer",
        "retry-after",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-key1",
        "sec-websocket-key2",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "server",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "vary",
        "via",
        "www-authenticate",
        "x-forwarded-for",
        "x-forwarded-proto",
    ];
    is_one_of(&HEADERS, text)
        || matches!(text, ":method" | ":path" | ":scheme" | ":authority" | ":protocol" | ":status")
}

/// Headers whose values are the protocol's, as long as those are [plain](is_plain).
pub(crate) fn is_public(header: &str) -> bool {
    const PUBLIC: [&str; 15] = [
        "upgrade",
        "connection",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "content-length",
        "transfer-encoding",
        "te",
        ":scheme",
        ":protocol",
        ":status",
        "keep-alive",
        "proxy-connection",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
    ];
    PUBLIC.contains(&header)
}

/// Names of subprotocols that are registered, or in common use, and of what ALPN chooses.
pub(crate) fn is_protocol(text: &str) -> bool {
    const PROTOCOLS: [&str; 30] = [
        "h2",
        "h3",
        "http/1.0",
        "http/1.1",
        "mqtt",
        "mqttv3.1",
        "graphql-ws",
        "graphql-transport-ws",
        "v10.stomp",
        "v11.stomp",
        "v12.stomp",
        "wamp.2.json",
        "wamp.2.msgpack",
        "wamp.2.cbor",
        "soap",
        "xmpp",
        "sip",
        "msrp",
        "amqp",
        "jsonrpc",
        "ocpp1.2",
        "ocpp1.5",
        "ocpp1.6",
        "ocpp2.0",
        "ocpp2.0.1",
        "actioncable-v1-json",
        "json",
        "binary",
        "base64",
        "vite-hmr",
    ];
    is_one_of(&PROTOCOLS, text)
}

/// Words of the protocol in values of headers.
const WORDS: [&str; 27] = [
    "websocket",
    "upgrade",
    "keep-alive",
    "close",
    "h2c",
    "http2-settings",
    "hixie-76",
    "te",
    "trailers",
    "chunked",
    "gzip",
    "identity",
    "permessage-deflate",
    "x-webkit-deflate-frame",
    "client_max_window_bits",
    "server_max_window_bits",
    "client_no_context_takeover",
    "server_no_context_takeover",
    "http",
    "https",
    "connect",
    "timeout",
    "max",
    "cross-site",
    "same-origin",
    "same-site",
    "none",
];

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split([',', ';', '=', ' ', '\t', '"']).filter(|word| !word.is_empty())
}

/// Whether all words of a text are the protocol's, or small numbers.
pub(crate) fn is_plain(text: &str) -> bool {
    words(text).all(|word| is_one_of(&WORDS, word) || is_number(word))
}

/// Whether they may be, if more of the text followed.
pub(crate) fn may_be_plain(text: &str) -> bool {
    let last = words(text).next_back().unwrap_or_default();
    let begins = |word: &&str| word.get(..last.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(last));
    is_plain(text.strip_suffix(last).unwrap_or(text)) && WORDS.iter().any(begins)
}

fn is_number(word: &str) -> bool {
    word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit())
}
