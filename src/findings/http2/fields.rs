//! Judges the fields of a head of HTTP/2: how they are written, and which have no place there (RFC 9113 §8.2, §8.3).

use super::super::catalog::{Id, Severity};
use super::super::finding::Finding;
use super::super::words::quoted;
use crate::findings::field::FindingField;
use crate::http2::ErrorCode;
use crate::model::Peer;
use crate::upgrade::Head;

/// Fields that belong to one connection, which HTTP/2 has no use for (RFC 9113 §8.2.2), and those of the handshake that
/// RFC 8441 §5 does away with.
const OF_HTTP1: [&str; 7] = [
    "connection",
    "upgrade",
    "proxy-connection",
    "keep-alive",
    "transfer-encoding",
    "sec-websocket-key",
    "sec-websocket-accept",
];

/// What makes a head one that no peer may take (RFC 9113 §8.2, §8.3): the field, and what is wrong with it.
pub(super) fn malformed_field(head: &Head, from: Peer) -> Option<(String, &'static str)> {
    let of_requests = [":method", ":scheme", ":path", ":authority", ":protocol"];
    let known: &[&str] = if from == Peer::Client { &of_requests } else { &[":status"] };
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut is_behind = false;
    for line in head.headers.iter() {
        let is_pseudo = line.name.starts_with(b":");
        is_behind |= !is_pseudo;
        let what = if line.name.iter().any(u8::is_ascii_uppercase) {
            "with upper case in its name"
        } else if line.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            "with a line end or a NUL in its value"
        } else if is_pseudo && !known.iter().any(|name| name.as_bytes() == line.name) {
            "which has no place there"
        } else if is_pseudo && is_behind {
            "behind fields that it has to stand before"
        } else if is_pseudo && seen.contains(&line.name) {
            "twice"
        } else if line.name == b":path" && line.value.is_empty() {
            "without a value"
        } else {
            seen.push(line.name);
            continue;
        };
        return Some((String::from_utf8_lossy(line.name).into_owned(), what));
    }
    None
}

/// Judges how the fields of a head are written.
pub(super) fn judge_form(head: &Head, from: Peer, tell: &mut dyn FnMut(Finding)) {
    let Some((name, what)) = malformed_field(head, from) else { return };
    let what_head = if from == Peer::Client { "request" } else { "answer" };
    let summary = format!(
        "the {from}'s {what_head} over HTTP/2 has the field {} {what}: its peer has to take the stream for malformed, and to \
         reset it with {}",
        quoted(name.as_bytes()),
        ErrorCode::PROTOCOL_ERROR
    );
    tell(
        Finding::new(Id::Http2ConnectInvalid, head.first, summary)
            .with(FindingField::Header, name)
            .from(from),
    );
}

/// Judges fields that only HTTP/1.1 has.
pub(super) fn judge_fields(head: &Head, from: Peer, tell: &mut dyn FnMut(Finding)) {
    let found: Vec<&str> = OF_HTTP1.into_iter().filter(|name| head.value(name).is_some()).collect();
    if let Some(first) = found.first() {
        // A key alone is pointless and does no harm.
        let harmless = found.iter().all(|name| name.starts_with("sec-websocket-"));
        let found = found.join(", ");
        let summary = if harmless {
            format!("the {from} sends {found} over HTTP/2, where nobody looks at it (RFC 8441 §5)")
        } else {
            format!(
                "the {from} sends {found} over HTTP/2, which belongs to HTTP/1.1: a strict peer takes the stream for \
                 malformed"
            )
        };
        let finding = Finding::new(Id::Http2ConnectInvalid, head.first, summary)
            .with(FindingField::Header, (*first).to_owned());
        let finding = if harmless { finding.severity(Severity::Note) } else { finding };
        tell(finding.from(from));
    }
}
