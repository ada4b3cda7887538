//! Header lines that a request and a 101 have in common, and a request that is not whole.

use super::super::catalog::{Certainty, Class, Id, Severity};
use super::super::finding::Finding;
use super::super::words::{bytes_of, quoted, tcp_end, times};
use crate::findings::field::FindingField;
use crate::model::{End, EndCause, Peer, Stamp, in_words, phrase};
use crate::upgrade::{Head, Outcome, Upgrade};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, PAD};
use base64::prelude::BASE64_STANDARD;

/// What the request is called in sentences.
pub(super) const CLIENTS: &str = "client's request";
/// And the answer that grants it.
pub(super) const SERVERS: &str = "server's 101 answer";

/// Judges `Upgrade` and `Connection`, of a request or of a 101.
pub(super) fn judge_tokens(head: &Head, from: Peer, tell: &mut dyn FnMut(Finding)) {
    let what = if from == Peer::Client { CLIENTS } else { SERVERS };
    // What a proxy did comes first, as the cause; that it may have done so comes last.
    let stripped = stripped(head, what);
    let is_sure = stripped.as_ref().is_some_and(|finding| finding.certainty == Certainty::Certain);
    // Who writes that Connection names Upgrade has written that as well, most likely.
    let is_named =
        head.value("Upgrade").is_none() && head.has_token("Connection", "Upgrade") && stripped.is_some();
    let (cause, guess) = if is_sure || is_named { (stripped, None) } else { (None, stripped) };
    cause.into_iter().for_each(&mut *tell);
    for (header, token) in [("Upgrade", "websocket"), ("Connection", "Upgrade")] {
        let Some(value) = head.value(header) else {
            tell(header_missing(header, what, head.first).tentative_if(is_named));
            continue;
        };
        if !head.has_token(header, token) {
            let summary = format!("{header} in the {what} is {}; it has to contain '{token}'", quoted(value));
            tell(
                Finding::new(Id::UpgradeHeaderInvalid, head.first, summary)
                    .with(FindingField::Header, header)
                    .with(FindingField::Value, lossy(value)),
            );
        }
    }
    guess.into_iter().for_each(tell);
}

/// `Upgrade` or `Connection` was removed on the way, where anything hints at that. Proxies drop hop-by-hop headers unless told
/// otherwise, and often say `Connection: close` instead (RFC 9110 §7.6.1).
fn stripped(head: &Head, what: &str) -> Option<Finding> {
    let is_missing = |header| head.value(header).is_none();
    let (missing, gone) = match (is_missing("Upgrade"), is_missing("Connection")) {
        (false, false) => return None,
        (true, true) => ("Upgrade, Connection", "Upgrade and Connection are gone"),
        (true, false) => ("Upgrade", "Upgrade is gone"),
        (false, true) => ("Connection", "Connection is gone"),
    };
    if !head.has_websocket_header() {
        return None;
    }
    let names = ["via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];
    let hop = names.iter().find(|name| head.value(name).is_some());
    let replaced = !is_missing("Connection") && !head.has_token("connection", "upgrade");
    let trace = match (hop, replaced) {
        (Some(name), _) => format!("; the header {name} shows that a proxy forwarded it"),
        (None, true) => "; Connection was replaced, as proxies do".to_owned(),
        (None, false) if missing == "Upgrade" => "; Connection still names it".to_owned(),
        (None, false) => String::new(),
    };
    let summary =
        format!("the {what} has Sec-WebSocket headers, but {gone}: most likely a proxy removed them{trace}");
    let finding =
        Finding::new(Id::UpgradeHeaderStripped, head.first, summary).with(FindingField::Header, missing);
    Some(finding.tentative_if(hop.is_none() && !replaced))
}

/// Tells if `header` is missing or stands more than once. Returns whether there is exactly one.
pub(super) fn require_one(
    head: &Head,
    header: &'static str,
    what: &str,
    tell: &mut dyn FnMut(Finding),
) -> bool {
    let count = head.values(header).count();
    if count == 0 {
        tell(header_missing(header, what, head.first));
    } else if count > 1 {
        tell(header_duplicate(head, header, what, count));
    }
    count == 1
}

pub(super) fn header_duplicate(head: &Head, header: &'static str, what: &str, count: usize) -> Finding {
    let summary = format!("{header} appears {} in the {what}; it may appear only once", times(count as u64));
    Finding::new(Id::UpgradeHeaderDuplicate, head.first, summary)
        .with(FindingField::Header, header)
        .with(FindingField::Value, head.text(header).unwrap_or_default())
}

pub(super) fn header_missing(header: &'static str, what: &str, stamp: Stamp) -> Finding {
    Finding::new(Id::UpgradeHeaderMissing, stamp, format!("the {what} has no {header} header"))
        .with(FindingField::Header, header)
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `from` stopped inside its head, and did not go on until the capture ended.
pub(super) fn stopped(from: Peer, received: u64, first: Stamp, open: End) -> Finding {
    let (id, what) = match from {
        Peer::Client => (Id::UpgradeRequestTruncated, "request"),
        Peer::Server => (Id::UpgradeResponseTruncated, "answer"),
    };
    let waited = open.at.passed_since(open.stamp.time);
    let summary = format!(
        "the {from}'s {what} stops after {}, before the empty line that ends the headers{}",
        bytes_of(received),
        phrase(", and the rest had not come ", waited, " later, when the capture ends")
    );
    Finding::new(id, first, summary)
        .with(FindingField::Received, received)
        .lasting(FindingField::WaitedMs, waited)
        .from(from)
        .severity(Severity::Warning)
        .tentative()
}

/// Of a request only `received` bytes came when the server had waited for the rest, which it said in this `answer`.
pub(super) fn judge_unfinished_request(received: u64, first: Stamp, answer: &Head) -> Finding {
    let waited = answer.first.time.told_since(first.time);
    let summary = format!(
        "the client's request stops after {}, before the empty line that ends the headers{}",
        bytes_of(received),
        phrase(", and the rest had not come ", waited, " later, when the server answered 408")
    );
    // It may have been lost on the way.
    Finding::new(Id::UpgradeRequestTruncated, first, summary)
        .with(FindingField::Received, received)
        .lasting(FindingField::WaitedMs, waited)
        .from(Peer::Client)
        .tentative()
}

/// Of a request only `received` bytes came: who ended TCP there?
pub(super) fn judge_cut_request(upgrade: &Upgrade, received: u64, first: Stamp) -> Option<Finding> {
    let open = upgrade.ends.client.filter(|end| end.cause == EndCause::Open);
    if let Some(open) = open.filter(|_| upgrade.outcome == Outcome::Failed) {
        return Some(stopped(Peer::Client, received, first, open));
    }
    let is_own = |end: &End| matches!(end.cause, EndCause::Fin | EndCause::Rst);
    let [client, server] = [upgrade.ends.client, upgrade.ends.server].map(|end| end.filter(is_own));
    let (earlier, by) = match upgrade.ended_first {
        Some(Peer::Server) => (server, Peer::Server),
        Some(Peer::Client) | None => (client, Peer::Client),
    };
    let (end, by) = earlier.map(|end| (end, by)).or(server.map(|end| (end, Peer::Server)))?;
    let later = if by == Peer::Client { server } else { client };
    // A FIN that does not acknowledge the other one was sent without knowing of it (RFC 9293 §3.6, case 3).
    let crosses = later
        .zip(end.fin())
        .is_some_and(|(later, fin)| later.fin().is_some_and(|later| later.acknowledged <= Some(fin.at)));
    let who = if crosses { "the client and the server".to_owned() } else { format!("the {by}") };
    let when = if crosses { " at the same time" } else { "" };
    let whose = if by == Peer::Client && !crosses { "its" } else { "the client's" };
    let since = if by == Peer::Server && !crosses {
        format!(", {} after the first of them", in_words(end.stamp.time.since(first.time)))
    } else {
        String::new()
    };
    let summary = format!(
        "{who} closed ({}){when} inside {whose} request, after {}{since} and before the empty line that ends the headers",
        tcp_end(end.cause),
        bytes_of(received)
    );
    let mut finding =
        Finding::new(Id::UpgradeRequestTruncated, first, summary).with(FindingField::Received, received);
    if crosses {
        return Some(finding.tentative());
    }
    if by == Peer::Server {
        // It need not wait for the rest for ever.
        finding.class = Class::Anomaly;
    }
    Some(finding.from(by))
}

/// A key has to be 16 bytes in base64 (RFC 6455 §4.1).
pub(super) fn judge_key(key: &[u8], stamp: Stamp) -> Option<Finding> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));
    let is_key = |engine: &GeneralPurpose| engine.decode(key).is_ok_and(|key| key.len() == 16);
    if is_key(&BASE64_STANDARD) {
        return None;
    }
    let found = format!("the client's Sec-WebSocket-Key is {}", quoted(key));
    let finding =
        |summary| Finding::new(Id::UpgradeKeyInvalid, stamp, summary).with(FindingField::Value, lossy(key));
    if !is_key(&LENIENT) {
        return Some(finding(format!("{found}, which is not 16 bytes in base64")));
    }
    let summary = format!(
        "{found}: 16 bytes in base64, of which the unused bits at the end are not 0, so that a strict server refuses it \
         (RFC 4648 §3.5)"
    );
    let finding = finding(summary).severity(Severity::Note);
    Some(Finding { class: Class::Anomaly, ..finding })
}
