//! Judges an answer that refuses a WebSocket, and why it does (RFC 6455 §4.1, RFC 9110 §15).

use super::super::catalog::{Class, Id, Severity};
use super::super::finding::Finding;
use super::super::words::{quoted, reason_phrase};
use crate::findings::field::FindingField;
use crate::findings::likeness::Likeness;
use crate::model::{Peer, Stamp};
use crate::upgrade::{HeadPart, Invitation, OverHttp2, Request, Response, Sequel, Upgrade};

pub(super) fn judge_rejection(
    upgrade: &Upgrade,
    response: &Response,
    sequel: Sequel,
    tell: &mut dyn FnMut(Finding),
) {
    let cause = Refusal::of(upgrade, response);
    let reason = reason_phrase(&response.reason);
    let hint = match cause {
        Refusal::Auth => ": it requires credentials".to_owned(),
        Refusal::PlainHttpOnTlsPort => {
            ": the client spoke plain HTTP to a port that speaks TLS, so its URL has to be wss://".to_owned()
        }
        Refusal::ProxyHeader => {
            ": most likely it does not expect the PROXY protocol header in front of the request".to_owned()
        }
        Refusal::Origin => {
            let origin = upgrade.request.whole().and_then(|r| r.head.value("origin")).unwrap_or_default();
            format!(": most likely it does not accept the Origin {}", quoted(origin))
        }
        Refusal::Redirect => {
            // What is not known of the answer may name it.
            let is_certain = upgrade.via.http2().is_none_or(OverHttp2::is_certain);
            let unnamed = if is_certain { "a place it does not name" } else { "a place that is not known" };
            let named = response.head.value("location").filter(|place| !place.trim_ascii().is_empty());
            let to = named.map_or(unnamed.to_owned(), quoted);
            let rarely = if sequel == Sequel::None {
                ", which WebSocket clients do not follow by themselves"
            } else {
                ""
            };
            format!(": it redirects to {to}{rarely}")
        }
        Refusal::NotFound => {
            let target = upgrade.request.whole().map(|r| r.target.clone()).unwrap_or_default();
            format!(": nothing at {}", quoted(target.as_bytes()))
        }
        Refusal::UpgradeRequired => {
            ": it does not see a WebSocket request, or not one of a version it supports".to_owned()
        }
        Refusal::OkNotUpgraded => {
            ": it answers as if to an ordinary request, so it saw no upgrade".to_owned()
        }
        Refusal::ServerError => server_error(response.status).to_owned(),
        Refusal::Unfinished => ": the client's request had not come to its end".to_owned(),
        Refusal::Forbidden | Refusal::BadRequest | Refusal::Other => String::new(),
    };
    let then = upgrade.invitation().filter(|_| sequel == Sequel::TakenUp).map_or("", taken_up);
    let summary =
        format!("the server refused the upgrade with status {}{reason}{hint}{then}", response.status);
    let extended = upgrade.request.whole().is_some_and(Request::is_extended_connect);
    let id = if extended { Id::Http2ConnectRefused } else { Id::UpgradeRejected };
    let mut finding = Finding::new(id, response.head.first, summary)
        .with(FindingField::Status, u64::from(response.status))
        .with(FindingField::Cause, cause.name());
    if sequel == Sequel::TakenUp {
        // The first half of an exchange that goes on is no failure, whatever becomes of the second.
        (finding.class, finding.severity) = (Class::Anomaly, Severity::Note);
        finding = finding.with(FindingField::TakenUp, true);
    }
    // A server that does not speak the client's draft can only refuse it, a strict one refuses a request that is written wrong, and none
    // waits for ever for the rest of one: what is wrong is the request.
    let is_flawed = upgrade.request.whole().is_some_and(|request| !request.head.flaws.is_empty());
    if upgrade.is_hixie() && matches!(response.status, 400..=499)
        || is_flawed && matches!(cause, Refusal::BadRequest)
        || cause == Refusal::Unfinished
    {
        (finding.class, finding.severity) = (Class::Anomaly, Severity::Note);
    }
    // It may as well know the header, and dislike the request.
    tell(finding.tentative_if(cause == Refusal::ProxyHeader));
}

/// The client sends frames after its upgrade was refused with `status`.
pub(crate) fn undeterred(status: u16, header: &[u8], stamp: Stamp) -> Finding {
    let summary = format!(
        "the client sent WebSocket frames although the server had refused its upgrade with {status}: it does not look at \
         the status"
    );
    looks_like_frame(Finding::new(Id::UpgradeRequestMalformed, stamp, summary), header)
}

/// The finding that the client sent a frame with this header.
fn looks_like_frame(finding: Finding, header: &[u8]) -> Finding {
    finding
        .from(Peer::Client)
        .with(FindingField::LooksLike, Likeness::Frame)
        .with(FindingField::PreviewHex, hex::encode(header))
}

/// The client sends frames before it can have seen that its upgrade is refused with `status`.
pub(crate) fn sent_before_refusal(status: u16, header: &[u8], stamp: Stamp) -> Finding {
    let summary = format!(
        "the client sent WebSocket frames before it had the answer to its upgrade request, which was {status}"
    );
    looks_like_frame(Finding::new(Id::UpgradeDataEarly, stamp, summary), header)
}

/// What a status of 500 to 599 says about the server, or what is in front of it (RFC 9110 §15.6).
const fn server_error(status: u16) -> &'static str {
    match status {
        502 => ": a proxy in front got no valid answer from the server behind it",
        503 => ": it is overloaded or shutting down, or a proxy in front has no server to ask",
        504 => ": a proxy in front did not get an answer in time from the server behind it",
        _ => "",
    }
}

/// That the client did what it was invited to.
const fn taken_up(invitation: Invitation) -> &'static str {
    match invitation {
        Invitation::Credentials => "; the client asked again with credentials",
        Invitation::Redirect => "; the client went there",
        Invitation::Version => "; the client asked again for another version",
    }
}

/// Why a server refuses, as far as its answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// It wants credentials.
    Auth,
    /// It does not accept the Origin, most likely.
    Origin,
    /// It forbids it, and does not say why.
    Forbidden,
    /// There is nothing at that target.
    NotFound,
    /// It sees no WebSocket request, or none of a version it supports.
    UpgradeRequired,
    /// It has waited for the rest of the request (RFC 9110 §15.5.9).
    Unfinished,
    /// Its port speaks TLS, as the body says.
    PlainHttpOnTlsPort,
    /// It takes the PROXY protocol header in front of the request for a part of that, most likely.
    ProxyHeader,
    /// It takes the request for malformed.
    BadRequest,
    /// It answers as if to an ordinary request.
    OkNotUpgraded,
    /// It names another place.
    Redirect,
    /// It, or what is behind it, failed.
    ServerError,
    /// The status says no more.
    Other,
}

impl Refusal {
    fn of(upgrade: &Upgrade, response: &Response) -> Self {
        match response.status {
            401 | 407 => Self::Auth,
            403 if is_cross_origin(upgrade) => Self::Origin,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            408 if matches!(upgrade.request, HeadPart::Partial { .. }) => Self::Unfinished,
            426 => Self::UpgradeRequired,
            400 if says_port_speaks_tls(&upgrade.body) => Self::PlainHttpOnTlsPort,
            400 if upgrade.is_behind_proxy_header => Self::ProxyHeader,
            400 => Self::BadRequest,
            200..=299 => Self::OkNotUpgraded,
            301..=303 | 307 | 308 => Self::Redirect,
            500..=599 => Self::ServerError,
            _ => Self::Other,
        }
    }

    /// Its name in the field `cause`.
    const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Origin => "origin",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::UpgradeRequired => "upgrade-required",
            Self::Unfinished => "request-unfinished",
            Self::PlainHttpOnTlsPort => "plain-http-on-tls-port",
            Self::ProxyHeader => "proxy-header",
            Self::BadRequest => "bad-request",
            Self::OkNotUpgraded => "ok-not-upgraded",
            Self::Redirect => "redirect",
            Self::ServerError => "server-error",
            Self::Other => "other",
        }
    }
}

/// Whether the body of a 400 says that TLS was expected, as those of nginx, Go, Apache and Tomcat do.
fn says_port_speaks_tls(body: &[u8]) -> bool {
    const SAYINGS: [&str; 4] = [
        "plain http request was sent to https port",
        "client sent an http request to an https server",
        "speaking plain http to an ssl-enabled server port",
        "this combination of host and port requires tls",
    ];
    let body = String::from_utf8_lossy(body).to_lowercase();
    SAYINGS.iter().any(|saying| body.contains(saying))
}

/// Whether the request's Origin names another host than the one it asks.
fn is_cross_origin(upgrade: &Upgrade) -> bool {
    let Some(request) = upgrade.request.whole() else { return false };
    let (Some(origin), Some(host)) = (request.head.text("origin"), request.host()) else { return false };
    let host = String::from_utf8_lossy(host).into_owned();
    let name = |authority: &str| authority.rsplit_once(':').map_or(authority, |(name, _)| name).to_owned();
    origin.split_once("://").is_none_or(|(_, authority)| name(authority) != name(&host))
}
