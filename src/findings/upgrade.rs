//! Judges one attempt to upgrade (RFC 6455 §4).

mod handshake;
mod heads;
mod refusal;

use super::catalog::{Certainty, Class, Id, Severity};
use super::field::FindingField;
use super::finding::Finding;
use super::http2;
use super::keys::Replayed;
use super::likeness::Likeness;
use super::transport::Path;
use super::words::{bytes_of, millis, quoted, tcp_end, times};
use crate::http2::{ErrorCode, Reset};
use crate::model::{End, EndCause, OVERDUE, Peer, Stamp, SynRetries, Thousands, Timestamp, in_words, phrase};
use crate::upgrade::{
    Agreement, Head, HeadExcess, HeadFault, HeadFlaw, HeadPart, HttpVersion, Outcome, Request, Response,
    Sequel, Upgrade, Via,
};
use crate::ws::{Looks, looks_like};
use handshake::{judge_empty_offer, judge_subprotocol_names, judge_switch};
use heads::{
    CLIENTS, judge_cut_request, judge_key, judge_tokens, judge_unfinished_request, lossy, require_one,
    stopped,
};
use refusal::judge_rejection;
pub(crate) use refusal::{sent_before_refusal, undeterred};
use std::time::Duration;

/// A 101 that took longer than this is worth a note.
const SLOW: Duration = Duration::from_secs(1);

/// How far the request of an attempt had come when that was over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrival {
    /// As far as the server, or that is not known.
    #[default]
    Acknowledged,
    /// The server had not acknowledged all of it (RFC 9293 §3.4).
    Unacknowledged,
}

/// What is known about an attempt from elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// What TCP showed of the path that it took.
    pub path: Option<&'a Path>,
    /// What the client made of the answer.
    pub sequel: Sequel,
    /// How far its request had come when it was over.
    pub arrival: Arrival,
    /// The request that its wrong `Sec-WebSocket-Accept` is the right one for.
    pub replayed: Option<Replayed>,
    /// The client had broken a rule of the HTTP/2 that carries it, for which the server may end all of that.
    pub is_provoked: bool,
}

/// Tells everything that is worth telling about an attempt.
pub(super) fn judge(upgrade: &Upgrade, around: Surroundings<'_>, out: &mut dyn FnMut(Finding)) {
    if upgrade.outcome == Outcome::NotWebSocket {
        return;
    }
    let mut tell = |finding: Finding| out(finding.tentative_if(upgrade.doubtful));
    judge_request(upgrade, &mut tell);
    let is_excused = around.is_provoked && upgrade.response.whole().is_none();
    judge_response(upgrade, around, &mut |finding| {
        let is_excused = is_excused && finding.from == Some(Peer::Server);
        tell(if is_excused { finding.severity(Severity::Note) } else { finding });
    });
}

fn judge_request(upgrade: &Upgrade, out: &mut dyn FnMut(Finding)) {
    if let HeadPart::Partial { received, first, .. } = &upgrade.request {
        match upgrade.response.whole() {
            Some(answer) if answer.status == 408 => {
                out(judge_unfinished_request(*received, *first, &answer.head));
            }
            // A client that is answered before its request ends need not finish it.
            Some(_) => {}
            None => judge_cut_request(upgrade, *received, *first).into_iter().for_each(out),
        }
        return;
    }
    let mut tell = |finding: Finding| out(finding.from(Peer::Client));
    match &upgrade.request {
        HeadPart::Absent | HeadPart::Lost | HeadPart::Partial { .. } => {}
        HeadPart::Malformed { preview, fault, first, .. } => {
            let summary = not_http("the client's request", *fault, preview, "");
            tell(looks(Finding::new(Id::UpgradeRequestMalformed, *first, summary), preview));
        }
        HeadPart::TooLarge { what, limit, found, first, .. } => {
            tell(head_too_large(Peer::Client, *what, *limit, *found, *first));
        }
        HeadPart::Whole(request) if !request.asks_for_websocket() => {}
        HeadPart::Whole(request) => {
            judge_flaws(&request.head, Peer::Client, upgrade, &mut tell);
            if upgrade.agreement == Agreement::Broken
                && matches!(upgrade.response, HeadPart::Absent | HeadPart::Malformed { .. })
            {
                let answer = if let HeadPart::Malformed { preview, .. } = &upgrade.response
                    && looks_like(preview) == Some(Looks::Http2Settings)
                {
                    "; the server answered in HTTP/2"
                } else {
                    ""
                };
                let summary = format!(
                    "the client's request is one of HTTP/1.1, although it had agreed on HTTP/2 with the server (ALPN: h2){answer}: who sends \
                     HTTP/1.1 must not offer h2"
                );
                tell(Finding::new(Id::UpgradeRequestMalformed, request.head.first, summary));
            }
            if request.is_hixie() {
                let summary = "the client speaks the draft hixie-76 of 2010 (Sec-WebSocket-Key1 and \
                               -Key2), not the protocol of RFC 6455";
                tell(
                    Finding::new(Id::UpgradeVersionUnsupported, request.head.first, summary)
                        .with(FindingField::Version, "hixie-76"),
                );
            } else if let Some(over) = upgrade.via.http2() {
                http2::judge_request(request, over, &mut tell);
            } else {
                judge_request_head(request, &mut tell);
            }
        }
    }
}

/// Where a head belongs is something else, and what follows from that.
fn not_http(what: &str, fault: HeadFault, preview: &[u8], so: &str) -> String {
    let begins = quoted(preview);
    if fault != HeadFault::NoHead {
        return format!("{what} is not valid HTTP/1.x{so}: it has {fault}, and begins {begins}");
    }
    match looks_like(preview) {
        Some(like) => format!("{what} looks like {like} and is not HTTP/1.x{so}: it begins {begins}"),
        None => format!("{what} is not HTTP/1.x{so}: it begins {begins}"),
    }
}

/// A head that `from` wrote passes a limit.
fn head_too_large(from: Peer, what: HeadExcess, limit: u64, found: u64, first: Stamp) -> Finding {
    let (head, reader) = match from {
        Peer::Client => ("request", "server"),
        Peer::Server => ("answer", "client"),
    };
    let (most, found_of) = (Thousands(limit), Thousands(found));
    match what {
        HeadExcess::Lines | HeadExcess::LineBytes => {
            let summary =
                format!("the {from}'s {head} has {found_of} {what}; common {reader}s take at most {most}");
            Finding::new(Id::UpgradeHeadTooLarge, first, summary)
                .with(FindingField::Limit, limit)
                .with(FindingField::Found, found)
        }
        // It is not read further, which says nothing of those who do.
        HeadExcess::Bytes => {
            let summary =
                format!("the {from}'s {head} has more than {most} {what}; many a {reader} takes far fewer");
            Finding::new(Id::UpgradeHeadTooLarge, first, summary).with(FindingField::Limit, limit).tentative()
        }
    }
}

/// Tells what a strict peer would refuse in a head that `from` wrote, although others take it.
fn judge_flaws(head: &Head, from: Peer, upgrade: &Upgrade, tell: &mut dyn FnMut(Finding)) {
    let (what, reader, id) = match from {
        Peer::Client => ("request", "server", Id::UpgradeRequestMalformed),
        Peer::Server => ("answer", "client", Id::UpgradeResponseMalformed),
    };
    for flaw in &head.flaws {
        let (name, fault) = match *flaw {
            HeadFlaw::TooLarge { what: of, limit, found } => {
                let summary = format!(
                    "the {from}'s {what} has {} {of}; common {reader}s take at most {}",
                    Thousands(found),
                    Thousands(limit)
                );
                let mut finding = Finding::new(Id::UpgradeHeadTooLarge, head.first, summary)
                    .with(FindingField::Limit, limit)
                    .with(FindingField::Found, found);
                if upgrade.outcome == Outcome::Accepted {
                    // This one took more, so that nobody's limit was passed.
                    (finding.severity, finding.class) = (Severity::Note, Class::Anomaly);
                }
                // Nor can it be said while the answer may still come, or where it was lost.
                let has_ended = |end: End| matches!(end.cause, EndCause::Fin | EndCause::Rst);
                let is_answered = matches!(upgrade.response, HeadPart::Whole(_));
                let is_open = !is_answered && !upgrade.ends.server.is_some_and(has_ended);
                tell(finding.tentative_if(upgrade.outcome == Outcome::Unseen || is_open));
                continue;
            }
            HeadFlaw::Folded => ("folded", "a header line continues on the next line".to_owned()),
            HeadFlaw::SpaceBeforeColon => {
                ("space-before-colon", "there is white space before the colon of a header line".to_owned())
            }
            HeadFlaw::NoColon => ("no-colon", "a header line has no colon".to_owned()),
            HeadFlaw::Name(byte) => ("name", format!("a header's name has the byte {byte:02x}")),
            HeadFlaw::Value(byte) => {
                ("value", format!("a header's value has the control character {byte:02x}"))
            }
            HeadFlaw::FirstLine(byte) => {
                ("first-line", format!("the first line has the byte {byte:02x} in the wrong place"))
            }
            HeadFlaw::LineFeed => ("line-feed", "lines end with LF instead of CR LF".to_owned()),
            HeadFlaw::Version(version) => {
                ("version", format!("the first line says {version} instead of HTTP/1.1"))
            }
            HeadFlaw::ByteOrderMark => (
                "byte-order-mark",
                "a byte order mark (ef bb bf) stands in front of the first line".to_owned(),
            ),
        };
        let summary = format!("in the {from}'s {what} {fault}: a strict {reader} refuses that");
        tell(Finding::new(id, head.first, summary).with(FindingField::Flaw, name));
    }
}

fn judge_request_head(request: &Request, tell: &mut dyn FnMut(Finding)) {
    let (head, stamp) = (&request.head, request.head.first);
    if request.method != "GET" {
        let method = quoted(request.method.as_bytes());
        let summary =
            format!("the client's request has the method {method}; a WebSocket is requested with GET");
        tell(
            Finding::new(Id::UpgradeMethodInvalid, stamp, summary)
                .with(FindingField::Method, request.method.as_str()),
        );
    }
    judge_tokens(head, Peer::Client, tell);
    if head.version < HttpVersion::ONE_ONE {
        let summary = format!(
            "the client's request is {}; an upgrade needs HTTP/1.1, so a server ignores or refuses it",
            head.version
        );
        tell(Finding::new(Id::UpgradeHttpVersion, stamp, summary));
    }
    judge_subprotocol_names(head, CLIENTS, tell);
    judge_empty_offer(head, tell);
    require_one(head, "Host", CLIENTS, tell);
    if require_one(head, "Sec-WebSocket-Key", CLIENTS, tell)
        && let Some(key) = head.value("sec-websocket-key")
        && let Some(finding) = judge_key(key, stamp)
    {
        tell(finding);
    }
    if require_one(head, "Sec-WebSocket-Version", CLIENTS, tell)
        && let Some(version) = head.value("sec-websocket-version")
        && version != b"13"
    {
        let summary = format!(
            "the client asks for WebSocket version {}; the only one in use is 13 (RFC 6455)",
            quoted(version)
        );
        tell(
            Finding::new(Id::UpgradeVersionUnsupported, stamp, summary)
                .with(FindingField::Version, lossy(version)),
        );
    }
}

fn judge_response(upgrade: &Upgrade, around: Surroundings<'_>, out: &mut dyn FnMut(Finding)) {
    let path = around.path;
    let reset = upgrade.via.http2().and_then(|over| over.reset.as_ref());
    match &upgrade.response {
        HeadPart::Lost => {
            if let Some(reset) = reset {
                http2::judge_reset(upgrade, reset, out);
            }
        }
        // The server cannot answer that, and what it sends in HTTP/2 is no answer to it: told with the request.
        HeadPart::Absent | HeadPart::Malformed { .. } if upgrade.agreement == Agreement::Broken => {}
        HeadPart::Absent => {
            let is_in_vain = |reset: &&Reset| {
                reset.from == Peer::Client
                    && matches!(reset.code, ErrorCode::NO_ERROR | ErrorCode::CANCEL)
                    && reset.stamp.time.since(upgrade.requested.time) > OVERDUE
            };
            if let Some(reset) = reset.filter(|reset| !is_in_vain(reset)) {
                http2::judge_reset(upgrade, reset, out);
            } else if let Some(over) = upgrade.via.http2()
                && let Some(gone) = over.gone
            {
                out(http2::unanswered(over.stream, gone, upgrade.requested));
            } else {
                let why = path.and_then(|path| path.hindrance(Peer::Client).or(path.hindrance(Peer::Server)));
                let why = why.or_else(|| unacknowledged(upgrade, around));
                judge_silence(upgrade, &mut |finding| out(finding.because(why.clone())));
            }
        }
        HeadPart::Partial { received, first, .. } => {
            let ended = upgrade.ends.server.filter(|end| end.cause != EndCause::Open);
            if let Some(end) = upgrade.ends.server.filter(|end| end.cause == EndCause::Open)
                && upgrade.outcome == Outcome::Failed
            {
                let why = path.and_then(|path| path.hindrance(Peer::Server));
                out(stopped(Peer::Server, *received, *first, end).because(why));
            }
            // Where it said that it switches, the capture lost the rest.
            if let Some(end) = ended.filter(|_| upgrade.outcome != Outcome::Accepted) {
                let by_client = end.cause == EndCause::RstByPeer || upgrade.ended_first == Some(Peer::Client);
                let by = if by_client { Peer::Client } else { Peer::Server };
                let end = upgrade.ends.client.filter(|_| by_client).unwrap_or(end);
                let waited =
                    end.stamp.time.told_since(first.time).filter(|waited| by_client && *waited > SLOW);
                let whose = if by_client { "the server's" } else { "its" };
                let summary = format!(
                    "the {by} closed ({}) inside {whose} answer, after {}{} and before \
                     the empty line that ends the headers",
                    tcp_end(end.cause),
                    bytes_of(*received),
                    phrase(", ", waited, " after the first of them")
                );
                let finding = Finding::new(Id::UpgradeResponseTruncated, *first, summary);
                out(left_by(by, finding.with(FindingField::Received, *received)));
            }
        }
        HeadPart::Malformed { preview, fault, first, .. } => {
            out(malformed_answer(upgrade, preview, *fault, *first));
        }
        HeadPart::TooLarge { what, limit, found, first, .. } => {
            out(head_too_large(Peer::Server, *what, *limit, *found, *first).from(Peer::Server));
        }
        HeadPart::Whole(response) => {
            let mut tell = |finding: Finding| out(finding.from(Peer::Server));
            judge_flaws(&response.head, Peer::Server, upgrade, &mut tell);
            // The answer to a request of the draft of 2010 is another, too.
            if response.status == 101 && upgrade.is_hixie() {
                // Told with the request.
            } else if upgrade.is_switched() || response.status == 101 {
                judge_switch(upgrade, response, around.replayed, &mut tell);
                if upgrade.came_too_late() {
                    judge_too_late(upgrade, response, out);
                } else {
                    judge_time(upgrade, response, path, &mut tell);
                    judge_connect(path, response.head.last, out);
                }
            } else {
                let first = response.head.first;
                let stranger = || path.and_then(|path| path.stranger(Peer::Server, first));
                let mut tell = |finding: Finding| tell(finding.because(unarrived(around).or_else(stranger)));
                judge_rejection(upgrade, response, around.sequel, &mut tell);
            }
        }
    }
    if upgrade.is_switched()
        // Its requests have eight bytes of a third key behind them.
        && !upgrade.is_hixie()
        && upgrade.early_bytes > 0
        && let Some(stamp) = upgrade.early
    {
        let summary = match upgrade.via {
            Via::Http1 => {
                format!("the client sent {} before the 101 allowed it", bytes_of(upgrade.early_bytes))
            }
            Via::Http2(_) => {
                format!("the client sent {} before the 200 allowed it", bytes_of(upgrade.early_bytes))
            }
        };
        out(Finding::new(Id::UpgradeDataEarly, stamp, summary)
            .from(Peer::Client)
            .with(FindingField::Bytes, upgrade.early_bytes));
    }
}

/// What answers the request is no head of HTTP/1.x.
fn malformed_answer(upgrade: &Upgrade, preview: &[u8], fault: HeadFault, first: Stamp) -> Finding {
    let is_asked = upgrade.request.whole().is_some();
    let like = looks_like(preview).filter(|_| is_asked);
    let is_http2 = like == Some(Looks::Http2Settings);
    let so = if like == Some(Looks::Tls) {
        ", so the client's URL has to be wss://"
    } else if is_http2 {
        ", so the client has to speak HTTP/2 here"
    } else {
        ""
    };
    let summary = not_http("the server's answer", fault, preview, so);
    let finding = looks(Finding::new(Id::UpgradeResponseMalformed, first, summary), preview)
        .tentative_if(upgrade.doubtful);
    // Which of the two speaks the wrong version, nobody has said.
    if is_http2 { finding } else { finding.from(Peer::Server) }
}

/// Why nobody can expect an answer to the request: an addition to a sentence.
fn unarrived(around: Surroundings<'_>) -> Option<String> {
    match around.arrival {
        Arrival::Acknowledged => None,
        Arrival::Unacknowledged => Some(
            "by then it had not acknowledged all of the request, which may never have arrived".to_owned(),
        ),
    }
}

/// Why nobody can blame the server for its silence: nothing shows that it has the request. A reset is an answer to something.
fn unacknowledged(upgrade: &Upgrade, around: Surroundings<'_>) -> Option<String> {
    let unarrived = unarrived(around)?;
    let server = upgrade.ends.server.map(|end| end.cause);
    if server == Some(EndCause::Fin) {
        return Some(unarrived);
    }
    if server == Some(EndCause::Rst) && upgrade.ended_first != Some(Peer::Client) {
        return None;
    }
    let left = upgrade.ends.client.filter(|end| end.cause.is_captured()).map(|end| end.stamp.packet);
    let again = around.path.and_then(|path| path.sent_again(Peer::Client)).map(|stamp| stamp.packet);
    let is_sent_again =
        again.is_some_and(|again| again > upgrade.requested.packet && left.is_none_or(|left| again < left));
    let though = if is_sent_again { ", though sent again," } else { "" };
    Some(format!("the server never acknowledged all of the request, which{though} may never have arrived"))
}

/// The finding that `by` left before the server had answered: if it was the client, that is no fault of the server.
fn left_by(by: Peer, mut finding: Finding) -> Finding {
    if by == Peer::Client {
        finding.severity = Severity::Warning;
        finding.class = Class::Anomaly;
    }
    finding.from(by)
}

/// No answer byte has come to a request that was complete at `requested`.
pub(super) fn still_unanswered(requested: Stamp, now: Timestamp) -> Option<Finding> {
    let waited = now.since(requested.time);
    let summary =
        || format!("the server has not answered the upgrade request for {} so far", in_words(waited));
    (waited > OVERDUE).then(|| {
        Finding::new(Id::UpgradeUnanswered, requested, summary()).with(FindingField::WaitedMs, millis(waited))
    })
}

/// No answer byte came.
fn judge_silence(upgrade: &Upgrade, tell: &mut dyn FnMut(Finding)) {
    // A request that a strict server refuses has its own finding.
    if upgrade.request.whole().is_none_or(|request| !request.head.flaws.is_empty()) {
        return;
    }
    if upgrade.is_discarded {
        let summary = "the client asked for the WebSocket in early data of TLS (0-RTT), which the server threw away, and did \
                       not ask again: nobody read its request";
        let waited = upgrade.last.time.passed_since(upgrade.requested.time);
        tell(
            Finding::new(Id::UpgradeUnanswered, upgrade.requested, summary)
                .lasting(FindingField::WaitedMs, waited)
                .from(Peer::Client),
        );
        return;
    }
    // Where nothing ended it the capture went on after the last packet.
    let silent = upgrade.ends.server.filter(|end| end.cause == EndCause::Open);
    let until = silent.map_or(upgrade.last.time, |end| end.at.max(upgrade.last.time));
    let waited = until.told_since(upgrade.requested.time);
    let closed = upgrade.ends.server.filter(|end| matches!(end.cause, EndCause::Fin | EndCause::Rst));
    if let Some(foreign) = upgrade.via.http2().and_then(|over| over.foreign.as_deref()) {
        let summary = format!(
            "the server does not speak HTTP/2, and so never answered the request for a WebSocket: what it sent begins with {}",
            quoted(&foreign.preview)
        );
        let finding = Finding::new(Id::UpgradeNoResponse, foreign.stamp, summary)
            .lasting(FindingField::WaitedMs, waited)
            .from(Peer::Server);
        tell(match closed {
            Some(end) => finding.with(FindingField::EndedBy, end.cause.name()),
            None => finding,
        });
        return;
    }
    if let Some(end) = closed
        && upgrade.ended_first != Some(Peer::Client)
    {
        let without = match upgrade.interim.last() {
            Some(status) => format!("after {status}, without a final answer"),
            None => "without a single byte in answer".to_owned(),
        };
        let summary = format!(
            "the server closed the {} ({}) {without} to the upgrade request",
            carrier(upgrade),
            tcp_end(end.cause)
        );
        let finding = Finding::new(Id::UpgradeNoResponse, end.stamp, summary)
            .with(FindingField::EndedBy, end.cause.name())
            .lasting(FindingField::WaitedMs, waited)
            .from(Peer::Server);
        // Where it is not known who ended first, the client may have left before.
        tell(finding.tentative_if(upgrade.ended_first.is_none()));
        return;
    }
    // Over HTTP/2 END_STREAM may be the end of the request, as any without a body has it.
    let gave_up = upgrade.ends.client.filter(|end| match end.cause {
        EndCause::Fin => upgrade.via.http2().is_none() || end.stamp.packet > upgrade.requested.packet,
        EndCause::Rst => true,
        EndCause::RstByPeer | EndCause::Open | EndCause::Unseen => false,
    });
    let waited = gave_up.map_or(waited, |end| end.stamp.time.told_since(upgrade.requested.time));
    let (when, certain) = match gave_up {
        Some(end) => (format!("when the client gave up ({})", tcp_end(end.cause)), true),
        None => ("when the capture ends".to_owned(), false),
    };
    let after = phrase(", ", waited, " after it");
    let summary = match upgrade.interim.last() {
        Some(status) => {
            format!("the server had sent {status}, and no final answer to the upgrade request, {when}{after}")
        }
        None => format!("the server had not answered the upgrade request {when}{after}"),
    };
    let mut finding = Finding::new(Id::UpgradeUnanswered, upgrade.requested, summary)
        .lasting(FindingField::WaitedMs, waited);
    if !certain {
        finding.certainty = Certainty::Tentative;
    }
    // A client that soon gives up does not show that the server would not have answered.
    let impatient = certain && waited.is_none_or(|waited| waited <= OVERDUE);
    tell(left_by(if impatient { Peer::Client } else { Peer::Server }, finding));
}

/// The client gave up before the answer came.
fn judge_too_late(upgrade: &Upgrade, response: &Response, tell: &mut dyn FnMut(Finding)) {
    let Some(end) = upgrade.ends.client else { return };
    let (asked, answered) = (upgrade.requested.time, response.head.last.time);
    let waited = end.stamp.time.told_since(asked);
    let summary = format!(
        "the server had not answered the upgrade request when the client gave up ({}){}; its {} came{} later",
        tcp_end(end.cause),
        phrase(", ", waited, " after it"),
        response.status,
        phrase(" ", answered.told_since(end.stamp.time), "")
    );
    let is_patient = waited.is_some_and(|waited| waited > OVERDUE);
    let by = if is_patient { Peer::Server } else { Peer::Client };
    let finding = Finding::new(Id::UpgradeUnanswered, end.stamp, summary)
        .lasting(FindingField::WaitedMs, waited)
        .lasting(FindingField::DurationMs, answered.passed_since(asked));
    tell(left_by(by, finding));
}

/// What the attempt was made on.
const fn carrier(upgrade: &Upgrade) -> &'static str {
    match upgrade.via {
        Via::Http1 => "connection",
        Via::Http2(_) => "stream",
    }
}

/// Judges how long the 101 took: from the time when the request was sent again, if the first one was lost.
fn judge_time(upgrade: &Upgrade, response: &Response, path: Option<&Path>, tell: &mut dyn FnMut(Finding)) {
    let Some(request) = upgrade.request.whole() else { return };
    let (asked, answered) = (request.head.last, response.head.last);
    let again = path.and_then(|path| path.sent_again(Peer::Client));
    let again = again.filter(|again| again.time > asked.time && again.time <= answered.time);
    let took = answered.time.since(again.unwrap_or(asked).time);
    if took <= SLOW || asked.time.is_whole_seconds() && answered.time.is_whole_seconds() {
        return;
    }
    let then = if again.is_some() { " was retransmitted" } else { "" };
    let summary = format!("the server's {} came {} after the request{then}", response.status, in_words(took));
    tell(Finding::new(Id::UpgradeSlow, answered, summary).with(FindingField::DurationMs, millis(took)));
}

/// Judges how long TCP took to open the connection of an upgrade.
fn judge_connect(path: Option<&Path>, answered: Stamp, out: &mut dyn FnMut(Finding)) {
    let retries = path.and_then(Path::syn_retries).filter(|retries| retries.took > SLOW);
    let Some(&SynRetries { syns, answers, took }) = retries else { return };
    let sent = match (syns, answers) {
        (1, answers) => format!("the server's answer to the client's SYN was sent {}", times(answers.into())),
        (syns, 1) => format!("the client's SYN was sent {} before an answer came", times(syns.into())),
        (syns, answers) => format!(
            "the client's SYN was sent {}, and the server's answer to it {}",
            times(syns.into()),
            times(answers.into())
        ),
    };
    let summary =
        format!("the client and the server took {} to open the TCP connection: {sent}", in_words(took));
    out(Finding::new(Id::UpgradeSlow, answered, summary)
        .with(FindingField::DurationMs, millis(took))
        .with(FindingField::Syns, u64::from(syns)));
}

fn looks(finding: Finding, preview: &[u8]) -> Finding {
    let finding = finding.with(FindingField::PreviewHex, hex::encode(preview));
    match looks_like(preview) {
        Some(like) => finding.with(FindingField::LooksLike, Likeness::Known(like)),
        None => finding,
    }
}
