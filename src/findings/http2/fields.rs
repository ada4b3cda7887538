//! Judges the fields of a head of HTTP/2: how they are written, and which have no place there (RFC 9113 §8.2, §8.3).

use super::super::catalog::{Id, Severity};
use super::super::finding::Finding;
use super::super::words::quoted;
use crate::findings::field::FindingField;
use crate::http2::ErrorCode;
use crate::model::Peer;
use crate::upgrade::{Head, Request};

/// Fields that belong to one connection, which HTTP/2 has no use for (RFC 9113 §8.2.2).
const OF_CONNECTION: [&str; 5] =
    ["connection", "upgrade", "proxy-connection", "keep-alive", "transfer-encoding"];
/// Those of the handshake that RFC 8441 §5 does away with.
const OF_HANDSHAKE: [&str; 2] = ["sec-websocket-key", "sec-websocket-accept"];

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
        } else if line.name == b":path" && !matches!(line.value, [b'/', ..] | b"*") {
            "whose value does not begin with a slash"
        } else {
            seen.push(line.name);
            continue;
        };
        return Some((String::from_utf8_lossy(line.name).into_owned(), what));
    }
    None
}

/// The pseudo-fields that a request has to have and does not (RFC 9113 §8.3.1, RFC 8441 §4).
pub(super) fn missing_fields(request: &Request) -> impl Iterator<Item = &'static str> {
    let needed: &[&str] = if request.head.value(":protocol").is_some() {
        &[":method", ":scheme", ":path", ":authority"]
    } else if request.method == "CONNECT" {
        &[]
    } else {
        &[":method", ":scheme", ":path"]
    };
    needed.iter().copied().filter(|name| request.head.value(name).is_none())
}

/// What a head says in `te` besides the only thing that a request may say there (RFC 9113 §8.2.2).
fn wrong_te(head: &Head, from: Peer) -> Option<&[u8]> {
    head.values("te").find(|value| from == Peer::Server || !value.eq_ignore_ascii_case(b"trailers"))
}

/// Whether the server has to take a request, all of which is known, for malformed (RFC 9113 §8.1.1), or may.
pub(crate) fn is_malformed(request: &Request) -> bool {
    let head = &request.head;
    let is_of_connection = OF_CONNECTION.into_iter().any(|name| head.value(name).is_some());
    let is_method_wrong = head.value(":protocol").is_some() && request.method != "CONNECT";
    malformed_field(head, Peer::Client).is_some()
        || missing_fields(request).next().is_some()
        || wrong_te(head, Peer::Client).is_some()
        || is_of_connection
        || is_method_wrong
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
    let of_http1 = OF_CONNECTION.into_iter().chain(OF_HANDSHAKE);
    let found: Vec<&str> = of_http1.filter(|name| head.value(name).is_some()).collect();
    if let Some(value) = wrong_te(head, from) {
        let allowed = match from {
            Peer::Client => "HTTP/2 allows nothing but 'trailers' there",
            Peer::Server => "no answer of HTTP/2 has that field",
        };
        let summary = format!(
            "the {from} sends the field te with {}: {allowed} (RFC 9113 §8.2.2), and a strict peer takes the stream for \
             malformed",
            quoted(value)
        );
        tell(
            Finding::new(Id::Http2ConnectInvalid, head.first, summary)
                .with(FindingField::Header, "te")
                .from(from),
        );
    }
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
