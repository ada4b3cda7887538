//! The fields that an expression can name: those of the JSON output, by type.

use super::words::{self, Words};
use crate::findings::Id;
use std::fmt::Write as _;

/// What values a field has, and so what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// A number: `session == 3`. Sizes can have a unit: `64k`, `1MiB`.
    Number,
    /// A time span: `5s`, `200ms`, `3m`, `1h`. A bare number is milliseconds where the field is written with `_ms`.
    Duration,
    /// A moment: `14:02`, `14:02:05.25` (time of day, UTC), `2026-01-31`, `2026-01-31T14:02`.
    Time,
    /// An address: `10.0.0.7`, `10.0.0.7:8080`, `10.0.0.0/8`, `[2001:db8::1]:443`.
    Address,
    /// Text; words need no quotes.
    Text,
    /// One of a few words, and nothing else.
    Word(Words),
    /// `true` or `false`; the bare name means `true`.
    Flag,
    /// A figure of a finding, whatever it is.
    Any,
}

impl FieldType {
    /// The name that the documentation and messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Duration => "duration",
            Self::Time => "time",
            Self::Address => "address",
            Self::Text => "text",
            Self::Word(_) => "word",
            Self::Flag => "flag",
            Self::Any => "number, text or flag",
        }
    }

    /// Values of it, as they are written.
    pub const fn examples(self) -> &'static str {
        match self {
            Self::Number => "1000 or 64k",
            Self::Duration => "5s, 200ms or 3m",
            Self::Time => "14:02, 14:02:05.5, 2026-01-31 or 2026-01-31T14:02",
            Self::Address => "10.0.0.7, 10.0.0.7:8080 or 10.0.0.0/8",
            Self::Text => "chat or \"two words\"",
            Self::Word(_) => "one of its words",
            Self::Flag => "true or false",
            Self::Any => "100",
        }
    }

    /// The operators that it can be compared with.
    pub const fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Number | Self::Duration | Self::Time => &["==", "!=", "<", "<=", ">", ">=", "in"],
            Self::Text => &["==", "!=", "contains", "~", "in"],
            Self::Word(words) if words.is_ranked() => &["==", "!=", "<", "<=", ">", ">=", "in"],
            Self::Word(_) | Self::Address => &["==", "!=", "in", "~"],
            Self::Flag => &["==", "!=", "and", "or"],
            Self::Any => &["==", "!=", "<", "<=", ">", ">=", "contains", "~", "in"],
        }
    }

    /// The values that it can have, where these are few.
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Word(words) => words.all(),
            Self::Flag => vec!["true", "false"],
            Self::Number | Self::Duration | Self::Time | Self::Address | Self::Text | Self::Any => Vec::new(),
        }
    }
}

/// A field by its path, such as `frame.opcode`. The part before the dot is the type of output; fields that all types
/// have in common stand alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub(super) path: String,
    pub(super) kind: FieldType,
}

impl Field {
    /// As it is written: `frame.opcode`, `client`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The type of output that has it, and its name there; no type where all have it.
    pub fn parts(&self) -> (Option<&str>, &str) {
        match self.path.split_once('.') {
            Some((owner, name)) if OWNERS.contains(&owner) => (Some(owner), name),
            _ => (None, &self.path),
        }
    }

    /// What its values are.
    pub const fn kind(&self) -> FieldType {
        self.kind
    }

    /// The largest number that its place in a packet can hold.
    pub(super) fn most(&self) -> Option<u32> {
        match self.path.as_str() {
            "client.port" | "server.port" | "frame.code" | "session.close.code" => Some(65_535),
            "tls.alert.code" => Some(255),
            "frame.rsv" => Some(7),
            _ => None,
        }
    }
}

/// The types of output that have fields of their own.
pub(super) const OWNERS: [&str; 6] = ["upgrade", "tls", "frame", "message", "finding", "session"];

use FieldType::{Address, Duration, Flag, Number, Text, Time, Word};

/// Every field with its type and its meaning. `tests/output_fields.rs` holds the list against the JSON output.
pub const FIELDS: &[(&str, FieldType, &str)] = &[
    (
        "type",
        Word(words::TYPES),
        "the type of output: `upgrade`, `tls`, `frame`, `message`, `finding`, `session`",
    ),
    ("time", Time, "when its first byte was captured"),
    ("packet", Number, "the packet with its first byte"),
    ("session", Number, "the session's number"),
    ("connection", Number, "the TCP connection's number"),
    ("client", Address, "who asked for the WebSocket"),
    ("client.ip", Address, "its IP address"),
    ("client.port", Number, "its port"),
    ("server", Address, "who was asked"),
    ("server.ip", Address, "its IP address"),
    ("server.port", Number, "its port"),
    ("from", Word(words::SIDES), "the side that sent it, or that a finding is about: `client` or `server`"),
    (
        "upgrade.outcome",
        Word(words::OUTCOMES),
        "`accepted`, `rejected`, `failed`, `not-websocket`, `unseen`, `dark`",
    ),
    ("upgrade.method", Text, "of the request"),
    ("upgrade.target", Text, "of the request: path and query"),
    ("upgrade.host", Text, "the header Host"),
    ("upgrade.origin", Text, "the header Origin"),
    ("upgrade.via", Word(words::VERSIONS), "the version of HTTP: `http/1.1` or `http/2`"),
    ("upgrade.stream", Number, "the HTTP/2 stream"),
    ("upgrade.unknown_fields", Number, "fields of its HTTP/2 heads that are not known"),
    ("upgrade.guessed_fields", Number, "fields of its HTTP/2 heads that may be other ones"),
    ("upgrade.status", Number, "of the final response"),
    ("upgrade.reason", Text, "the response's reason phrase"),
    ("upgrade.body", Text, "the beginning of the body of a response that refuses the upgrade"),
    ("upgrade.subprotocols_offered", Text, "what the client offered"),
    ("upgrade.subprotocol", Text, "the one the server chose"),
    ("upgrade.extensions_offered", Text, "what the client offered, with parameters"),
    ("upgrade.extensions", Text, "those the server accepted"),
    ("upgrade.duration_ms", Duration, "from the request's last packet to the response's"),
    ("upgrade.tls", Flag, "whether it is inside TLS"),
    ("tls.sni", Text, "the name that the client asked for"),
    ("tls.alpn", Text, "the protocol that the server chose"),
    ("tls.alpn_offered", Text, "what the client offered"),
    ("tls.version", Text, "such as `TLS 1.3`"),
    ("tls.cipher", Text, "the cipher suite's name"),
    ("tls.resumed", Flag, "whether it continues an earlier session"),
    ("tls.early_data", Word(words::EARLY_DATA), "`offered`, `accepted` or `rejected`"),
    ("tls.client_random", Text, "what names it in a key log"),
    ("tls.readable", Word(words::READABLE), "`all`, `client`, `server`, `part` or `none`"),
    ("tls.reason", Word(words::DARK), "why not all could be read"),
    ("tls.help", Text, "the same in a sentence"),
    ("tls.dark_from.client", Number, "the packet from which on nothing more was read of the client"),
    ("tls.dark_from.server", Number, "the same of the server"),
    ("tls.secrets", Word(words::ORIGINS), "where they came from: `keylog` or `pcapng`"),
    ("tls.running", Flag, "whether it goes on, and is a dark session"),
    ("tls.end", Word(words::TLS_ENDS), "`close-notify`, `alert`, `fin`, `rst` or `open`"),
    ("tls.alert.from", Word(words::SIDES), "who sent the alert that ended it"),
    ("tls.alert.level", Word(words::ALERTS), "`fatal` or `warning`"),
    ("tls.alert.description", Text, "its name, such as `unknown_ca`"),
    ("tls.alert.code", Number, "its number"),
    ("tls.alert.packet", Number, "the packet with it"),
    ("frame.frame", Number, "its number in the session"),
    ("frame.from", Word(words::SIDES), "who sent it"),
    (
        "frame.opcode",
        Word(words::OPCODES),
        "`text`, `binary`, `continuation`, `close`, `ping`, `pong`, `reserved-N`",
    ),
    ("frame.fin", Flag, "whether it ends its message"),
    ("frame.rsv", Number, "the reserved bits, 0 to 7"),
    ("frame.masked", Flag, "whether it has a masking key"),
    ("frame.length", Number, "bytes of payload it declares"),
    ("frame.received", Number, "bytes of payload the capture holds"),
    ("frame.complete", Flag, "whether these are all"),
    ("frame.payload_hex", Text, "a control frame's payload in lower-case hexadecimal"),
    ("frame.code", Number, "a Close frame's status code"),
    ("frame.reason", Text, "a Close frame's reason"),
    ("message.message", Number, "its number in the session"),
    ("message.from", Word(words::SIDES), "who sent it"),
    ("message.kind", Word(words::KINDS), "`text` or `binary`"),
    ("message.frames", Number, "how many frames it came in"),
    ("message.wire_length", Number, "bytes of payload in its frames"),
    ("message.length", Number, "bytes of the message, decompressed"),
    ("message.compressed", Flag, "whether it was compressed"),
    ("message.complete", Flag, "whether all of it was captured and could be read"),
    ("message.text", Text, "a text message, whole"),
    ("finding.id", Word(Words::FindingIds), "its kind, such as `pong-mismatch`"),
    ("finding.severity", Word(words::SEVERITIES), "`error`, `warning` or `note`"),
    ("finding.class", Word(words::CLASSES), "`violation`, `failure`, `anomaly`, `capture`, `noise`"),
    ("finding.certainty", Word(words::CERTAINTIES), "`certain` or `tentative`"),
    ("finding.summary", Text, "the sentence for people"),
    ("finding.from", Word(words::SIDES), "the side it is about"),
    ("finding.frame", Number, "the frame it is about"),
    ("session.duration_ms", Duration, "from its first packet to its last"),
    ("session.frames.client", Number, "frames the client sent"),
    ("session.frames.server", Number, "frames the server sent"),
    ("session.messages.client", Number, "messages the client sent"),
    ("session.messages.server", Number, "messages the server sent"),
    ("session.bytes.client", Number, "bytes of payload the client sent"),
    ("session.bytes.server", Number, "bytes of payload the server sent"),
    ("session.sealed.records.client", Number, "records the client sent in TLS that no secret opens"),
    ("session.sealed.records.server", Number, "records the server sent in it"),
    ("session.sealed.bytes.client", Number, "bytes of the client's records in it"),
    ("session.sealed.bytes.server", Number, "bytes of the server's records in it"),
    ("session.pings.sent", Number, "pings of both sides"),
    ("session.pings.answered", Number, "those that were answered"),
    ("session.pings.rtt_ms.min", Duration, "the shortest round trip of a ping"),
    ("session.pings.rtt_ms.median", Duration, "the median"),
    ("session.pings.rtt_ms.max", Duration, "the longest"),
    ("session.retransmissions.client", Number, "packets the client sent again"),
    ("session.retransmissions.server", Number, "packets the server sent again"),
    ("session.close.by", Word(words::SIDES), "who sent the first Close frame"),
    ("session.close.code", Number, "its status code"),
    ("session.close.reason", Text, "its reason"),
    ("session.close.answered", Flag, "whether the other side sent a Close too"),
    ("session.end", Word(words::ENDS), "how TCP ended: `fin`, `rst`, `open`"),
    ("session.ended_by", Word(words::SIDES), "who ended TCP first"),
    ("session.findings", Number, "how many findings there are about it"),
    ("session.target", Text, "of its upgrade"),
    ("session.host", Text, "of its upgrade"),
    ("session.via", Word(words::VERSIONS), "the version of HTTP: `http/1.1` or `http/2`"),
    ("session.stream", Number, "the HTTP/2 stream"),
    ("session.subprotocol", Text, "of its upgrade"),
    ("session.leg_of.session", Number, "another session that carries the same WebSocket"),
    ("session.leg_of.role", Text, "what this one is to it: `upstream`, `downstream`, `same`"),
];

/// The field called `name`: its path, a path without its unit (`session.duration` for `session.duration_ms`), the last
/// part of a path if only one type has it (`opcode`), or a figure of a finding.
///
/// # Errors
/// Why there is none, in a sentence.
pub(super) fn find(name: &str) -> Result<Field, String> {
    // As jq writes it.
    let name = name.strip_prefix('.').unwrap_or(name);
    let is_called = |path: &str| path == name || path.contains("_ms") && path.replace("_ms", "") == name;
    if let Some((path, kind, _)) = FIELDS.iter().find(|(path, ..)| is_called(path)) {
        return Ok(Field { path: (*path).to_owned(), kind: *kind });
    }
    let short = FIELDS.iter().filter(|(path, ..)| {
        path.split_once('.').is_some_and(|(owner, rest)| OWNERS.contains(&owner) && is_called_in(rest, name))
    });
    match short.collect::<Vec<_>>().as_slice() {
        [(path, kind, _)] => return Ok(Field { path: (*path).to_owned(), kind: *kind }),
        [] => {}
        several => {
            let paths: Vec<String> = several.iter().map(|(path, ..)| format!("`{path}`")).collect();
            return Err(format!("`{name}` can be {}: write which", paths.join(" or ")));
        }
    }
    if let Some(figure) = name.strip_prefix("finding.").filter(|figure| !figure.is_empty()) {
        let has_it = |id: &Id| id.entry().fields.iter().any(|(field, _)| field.name() == figure);
        if Id::ALL.iter().any(has_it) {
            return Ok(Field { path: name.to_owned(), kind: FieldType::Any });
        }
    }
    Err(no_field(name))
}

fn is_called_in(rest: &str, name: &str) -> bool {
    rest == name || rest.contains("_ms") && rest.replace("_ms", "") == name
}

/// What Wireshark's display filters, and people, call some of the fields.
const ELSEWHERE: [(&str, &str); 43] = [
    ("ip.addr", "`client` or `server`"),
    ("ipv6.addr", "`client` or `server`"),
    ("ip.src", "`client` or `server`, with `from`"),
    ("ip.dst", "`client` or `server`, with `from`"),
    ("tcp.port", "`client.port` or `server.port`"),
    ("tcp.srcport", "`client.port` or `server.port`, with `from`"),
    ("tcp.dstport", "`client.port` or `server.port`, with `from`"),
    ("tcp.stream", "`connection`"),
    ("frame.number", "`packet`"),
    ("frame.time", "`time`"),
    ("frame.len", "`frame.length`"),
    ("websocket.opcode", "`frame.opcode`"),
    ("websocket.fin", "`frame.fin`"),
    ("websocket.rsv", "`frame.rsv`"),
    ("websocket.mask", "`frame.masked`"),
    ("websocket.payload_length", "`frame.length`"),
    ("websocket.payload", "`message.text`"),
    ("websocket.payload.text", "`message.text`"),
    ("websocket.payload.close.status_code", "`session.close.code`, or `frame.code`"),
    ("ws.opcode", "`frame.opcode`"),
    ("tcp.flags.reset", "`session.end`, which is `rst`"),
    ("tls.handshake.extensions_server_name", "`tls.sni`"),
    ("http.host", "`upgrade.host` or `session.host`"),
    ("http.request.uri", "`upgrade.target` or `session.target`"),
    ("http.response.code", "`upgrade.status`"),
    ("ip", "`client` or `server`"),
    ("port", "`client.port` or `server.port`"),
    ("url", "`session.target`, with `session.host`"),
    ("uri", "`session.target`"),
    ("path", "`session.target`"),
    ("payload", "`message.text`"),
    ("rtt", ROUND_TRIP),
    ("ping", "`frame.opcode`, as in `frame.opcode == ping`"),
    ("pong", "`frame.opcode`, as in `frame.opcode == pong`"),
    ("ping.rtt", ROUND_TRIP),
    ("pong.rtt", ROUND_TRIP),
    ("frame.rtt", ROUND_TRIP),
    ("session.rtt", ROUND_TRIP),
    ("session.id", "`session`"),
    ("session.number", "`session`"),
    ("true", "the name of a flag alone, as in `frame.fin`"),
    ("false", "`not` before the name of a flag, as in `not frame.fin`"),
    ("finding", "`finding.id`"),
];

const ROUND_TRIP: &str = "`session.pings.rtt_ms.max`, the longest round trip of a session's pings";

/// Parts of a name that a sentence can list.
const LISTED: usize = 8;

fn no_field(name: &str) -> String {
    if Id::ALL.iter().any(|id| id.name() == name) {
        return format!("there is no field `{name}`, which is a finding: write `finding.id == {name}`");
    }
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name) {
        return format!("there is no field `{name}`; here it is {ours}");
    }
    let parts: Vec<String> = FIELDS
        .iter()
        .filter(|(path, ..)| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
        .map(|(path, ..)| format!("`{path}`"))
        .collect();
    match parts.split_last() {
        Some((last, others)) if !others.is_empty() && others.len() < LISTED => {
            return format!("`{name}` has several parts: {} or {last}", others.join(", "));
        }
        Some((_, others)) if !others.is_empty() => {
            return format!("`{name}` has {} parts; `wsight explain {name}` lists them", parts.len());
        }
        Some(_) | None => {}
    }
    let without_type = |path: &'static str| match path.split_once('.') {
        Some((owner, rest)) if OWNERS.contains(&owner) && !name.contains('.') => rest,
        _ => path,
    };
    // People leave the unit out, as the language allows.
    let bare = FIELDS.iter().filter_map(|(path, ..)| without_type(path).strip_suffix("_ms"));
    match super::error::nearest(name, FIELDS.iter().map(|(path, ..)| without_type(path)).chain(bare)) {
        Some(near) => format!("there is no field `{name}`; did you mean `{near}`?"),
        None => format!("there is no field `{name}`; `wsight explain fields` lists them all"),
    }
}

/// The table of fields for the documentation.
pub fn markdown() -> String {
    let mut page = String::from("| field | type | meaning |\n|---|---|---|\n");
    for (path, kind, meaning) in FIELDS {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{path}` | {} | {meaning} |", kind.name());
    }
    page
}
