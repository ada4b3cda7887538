//! Judges a 101: what it has to say, and whether it fits what the client asked for (RFC 6455 §4.1, §4.2.2).

use super::super::catalog::{Class, Id, Severity};
use super::super::finding::Finding;
use super::super::http2;
use super::super::keys::Replayed;
use super::super::words::quoted;
use super::heads::{SERVERS, header_duplicate, judge_tokens, lossy, require_one};
use crate::findings::field::FindingField;
use crate::model::{Peer, Stamp, escape};
use crate::upgrade::{
    Extension, Head, HttpVersion, OfferFault, OverHttp2, Request, Response, Upgrade, Via, is_token,
};

pub(super) fn judge_switch(
    upgrade: &Upgrade,
    response: &Response,
    replayed: Option<Replayed>,
    tell: &mut dyn FnMut(Finding),
) {
    match &upgrade.via {
        Via::Http1 => judge_handshake(upgrade, &response.head, replayed, tell),
        Via::Http2(over) => http2::judge_grant(response, over, tell),
    }
    let head = &response.head;
    if upgrade.via.http2().is_some_and(|over| over.guessed_fields > 0) {
        return;
    }
    // A request may have several lines of it, an answer one (RFC 6455 §11.3.4); extensions may have several (erratum 3433).
    let protocols = head.values("sec-websocket-protocol").count();
    if protocols > 1 {
        tell(header_duplicate(head, "Sec-WebSocket-Protocol", SERVERS, protocols));
    }
    judge_subprotocol_names(head, SERVERS, tell);
    // What was offered may stand in fields that are not known.
    let is_certain = upgrade.via.http2().is_none_or(OverHttp2::is_certain);
    if let Some(request) = upgrade.request.whole().filter(|_| is_certain) {
        judge_subprotocol(request, head, tell);
        judge_extensions(upgrade, head.first, tell);
    }
}

/// Judges what an answer over HTTP/1.1 has to say besides.
fn judge_handshake(
    upgrade: &Upgrade,
    head: &Head,
    replayed: Option<Replayed>,
    tell: &mut dyn FnMut(Finding),
) {
    if head.version < HttpVersion::ONE_ONE {
        let summary = format!("the server's 101 answer is {}; it has to be HTTP/1.1", head.version);
        tell(Finding::new(Id::UpgradeHttpVersion, head.first, summary));
    }
    judge_length(head, tell);
    if upgrade.request.whole().is_some_and(|request| !request.asks_for_websocket()) {
        let summary = "the server switched to a WebSocket (101), though the request did not ask for it";
        tell(
            Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
                .with(FindingField::Header, "Upgrade")
                .with(FindingField::Value, head.text("upgrade").unwrap_or_default()),
        );
        return;
    }
    // To a request that the capture holds there is one right answer.
    let is_right = upgrade.request.whole().is_some() && !upgrade.must_be_refused();
    if !is_right {
        judge_tokens(head, Peer::Server, tell);
    }
    let other = head.value("upgrade").is_some() && !head.has_token("upgrade", "websocket");
    if other && head.value("sec-websocket-accept").is_none() {
        // It switched to another protocol, which knows no such header.
        return;
    }
    if require_one(head, "Sec-WebSocket-Accept", SERVERS, tell)
        && !is_right
        && let (Some(found), Some(expected)) = (head.value("sec-websocket-accept"), upgrade.expected_accept())
        && found != expected.as_bytes()
    {
        let right_for = replayed.map_or_else(String::new, |Replayed { request, answer }| {
            format!(
                "; it is the right one for the request of packet {request}, answered in packet {answer}: the response \
                 was cached or replayed"
            )
        });
        let summary = format!(
            "the server's Sec-WebSocket-Accept is {}; the client's key requires '{expected}': a client has to fail the \
             connection{right_for}",
            quoted(found)
        );
        let finding = Finding::new(Id::UpgradeAcceptMismatch, head.first, summary)
            .with(FindingField::Expected, expected)
            .with(FindingField::Found, lossy(found));
        tell(match replayed {
            Some(replayed) => finding.with(FindingField::AnswerOf, replayed.request.0),
            None => finding,
        });
    }
    if let Some(coding) = head.value("transfer-encoding") {
        // Some peers wait for chunks after it (RFC 9112 §6.1: a server MUST NOT send it with a 1xx status).
        let summary = format!(
            "the server's 101 answer has Transfer-Encoding: {}; it has no body to encode",
            quoted(coding)
        );
        tell(
            Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
                .with(FindingField::Header, "Transfer-Encoding")
                .with(FindingField::Value, lossy(coding)),
        );
    }
}

/// A 101 has no body, and no length of one (RFC 9110 §8.6).
fn judge_length(head: &Head, tell: &mut dyn FnMut(Finding)) {
    let Some(value) = head.value("content-length") else { return };
    let is_zero = value == b"0";
    let why = if is_zero {
        "which a 101 must not have: a proxy may take the exchange for over"
    } else {
        "but a 101 has no body: a proxy may take the frames for one"
    };
    let summary = format!("the server's 101 answer has Content-Length: {}, {why}", quoted(value));
    let finding = Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
        .with(FindingField::Header, "Content-Length")
        .with(FindingField::Value, lossy(value));
    // Hardly anybody takes a length of 0 amiss.
    tell(if is_zero {
        Finding { class: Class::Anomaly, ..finding.severity(Severity::Note) }
    } else {
        finding
    });
}

/// The subprotocols that `head` names have to be tokens (RFC 6455 §4.1, §11.3.4).
pub(super) fn judge_subprotocol_names(head: &Head, what: &str, tell: &mut dyn FnMut(Finding)) {
    let odd = head.elements("sec-websocket-protocol").find(|name| !name.iter().all(|byte| is_token(*byte)));
    if let Some(name) = odd {
        let summary = format!("the {what} names the subprotocol {}, which is not a token", quoted(name));
        tell(
            Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
                .with(FindingField::Header, "Sec-WebSocket-Protocol")
                .with(FindingField::Value, lossy(name)),
        );
    }
}

/// A client that offers no subprotocol sends no header for them: its elements must be non-empty (RFC 6455 §4.1, item 10).
pub(super) fn judge_empty_offer(head: &Head, tell: &mut dyn FnMut(Finding)) {
    let header = "Sec-WebSocket-Protocol";
    if head.value(header).is_some() && head.elements(header).next().is_none() {
        let summary = format!(
            "the client's request has {header} with nothing in it: a client that offers no subprotocol leaves it out"
        );
        tell(
            Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
                .with(FindingField::Header, header)
                .with(FindingField::Value, head.text(header).unwrap_or_default()),
        );
    }
}

fn judge_subprotocol(request: &Request, head: &Head, tell: &mut dyn FnMut(Finding)) {
    let Some(chosen) = head.value("sec-websocket-protocol") else { return };
    let is_offered = |name: &[u8]| request.head.elements("sec-websocket-protocol").any(|offer| offer == name);
    let several = head.elements("sec-websocket-protocol").count();
    if several > 1
        && head.values("sec-websocket-protocol").count() == 1
        && head.elements("sec-websocket-protocol").all(is_offered)
    {
        let summary =
            format!("the server chose {several} subprotocols, {}; it may choose one", quoted(chosen));
        tell(
            Finding::new(Id::UpgradeSubprotocolUnoffered, head.first, summary)
                .with(FindingField::Value, lossy(chosen)),
        );
        return;
    }
    if !request.head.elements("sec-websocket-protocol").any(|offer| offer == chosen) {
        let offers: Vec<String> = request.head.elements("sec-websocket-protocol").map(quoted).collect();
        let offered = if offers.is_empty() { "none".to_owned() } else { offers.join(", ") };
        let summary = format!(
            "the server chose the subprotocol {}; the client offered {offered}: a client has to fail the connection",
            quoted(chosen)
        );
        tell(
            Finding::new(Id::UpgradeSubprotocolUnoffered, head.first, summary)
                .with(FindingField::Value, lossy(chosen)),
        );
    }
}

fn judge_extensions(upgrade: &Upgrade, stamp: Stamp, tell: &mut dyn FnMut(Finding)) {
    let accepted = upgrade.accepted();
    let offered = if accepted.is_empty() { Vec::new() } else { upgrade.offered() };
    for (index, extension) in accepted.iter().enumerate() {
        let name = quoted(extension.name.as_bytes());
        let same = |other: &&Extension| other.name.eq_ignore_ascii_case(&extension.name);
        let offers: Vec<&Extension> = offered.iter().filter(same).collect();
        if offers.is_empty() {
            let summary = format!(
                "the server accepted the extension {name}, which the client did not offer: a client has to fail \
                 the connection"
            );
            tell(
                Finding::new(Id::UpgradeExtensionUnoffered, stamp, summary)
                    .with(FindingField::Value, extension.to_string()),
            );
        } else if accepted.iter().take(index).any(|earlier| same(&earlier)) {
            let summary = format!("the server accepted the extension {name} twice");
            tell(
                Finding::new(Id::UpgradeExtensionInvalid, stamp, summary)
                    .with(FindingField::Value, extension.to_string()),
            );
        } else if extension.is_deflate() {
            for fault in OfferFault::all(&offers, extension) {
                let what = escape(fault.to_string().as_bytes());
                let summary =
                    format!("the server's answer to the offer of permessage-deflate is invalid: {what}");
                tell(
                    Finding::new(Id::UpgradeExtensionInvalid, stamp, summary)
                        .with(FindingField::Value, extension.to_string())
                        .tentative_if(!fault.must_be_refused()),
                );
            }
        }
    }
}
