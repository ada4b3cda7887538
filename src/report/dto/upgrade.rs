//! An attempt to upgrade.

use super::value::{Displayed, LineContext, Millis};
use crate::analyzer::Place;
use crate::report::sink::Payload;
use crate::report::times::Rfc3339;
use crate::upgrade::{Outcome, Request, Upgrade};
use std::borrow::Cow;
use std::net::SocketAddr;

/// An attempt to upgrade; `packet` and `time` are those of its first byte.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "upgrade")]
pub(in crate::report) struct UpgradeLine<'a> {
    session: u64,
    connection: u64,
    time: Rfc3339<'a>,
    packet: u64,
    /// The packet at which the outcome was known.
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    client: Displayed<SocketAddr>,
    server: Displayed<SocketAddr>,
    /// `http/1.1` or `http/2`; absent where nothing can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<&'static str>,
    /// Absent where it is not inside TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<bool>,
    /// The HTTP/2 stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u32>,
    /// Fields of its heads that are not known, or guessed; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_fields: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guessed_fields: Option<u64>,
    outcome: &'static str,
    /// Absent where no whole request was captured, as are target, host, origin and what was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Cow<'a, str>>,
    /// Absent where no whole response was captured, as are reason and what was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The beginning of the body of a refusal, if that is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subprotocols_offered: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subprotocol: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions_offered: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<String>,
    /// From the whole request to the whole response; absent without the two, and where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<Millis>,
}

impl<'a> UpgradeLine<'a> {
    pub(in crate::report) fn new(place: &Place, upgrade: &'a Upgrade, context: &'a LineContext) -> Self {
        let (request, response) = (upgrade.request.whole(), upgrade.response.whole());
        let over = upgrade.via.http2();
        let asked = |name| request.and_then(|r| r.head.value(name)).map(String::from_utf8_lossy);
        Self {
            session: place.session.0,
            connection: place.connection.0,
            time: context.times.rfc3339(upgrade.first.time),
            packet: upgrade.first.packet.0,
            last_packet: upgrade.last.packet.0,
            file: context.file(upgrade.first),
            last_file: context.last_file(upgrade.first, upgrade.last),
            client: Displayed(place.addresses.client),
            server: Displayed(place.addresses.server),
            via: (upgrade.outcome != Outcome::Dark).then(|| upgrade.via.name()),
            stream: place.attempt.stream().map(|stream| stream.0),
            tls: place.is_secure.then_some(true),
            unknown_fields: over.map(|over| over.unknown_fields).filter(|count| *count > 0),
            guessed_fields: over.map(|over| over.guessed_fields).filter(|count| *count > 0),
            outcome: upgrade.outcome.name(),
            method: request.and_then(Request::known_method),
            target: request.and_then(Request::known_target),
            host: request.and_then(Request::host).map(String::from_utf8_lossy),
            origin: asked("origin"),
            status: response.map(|response| response.status),
            reason: response.map(|response| response.reason.as_str()).filter(|reason| !reason.is_empty()),
            body: upgrade.body_text().filter(|_| context.payload != Payload::None),
            subprotocols_offered: request
                .map(|r| r.head.elements("sec-websocket-protocol").map(String::from_utf8_lossy).collect())
                .unwrap_or_default(),
            subprotocol: response
                .and_then(|r| r.head.value("sec-websocket-protocol"))
                .map(String::from_utf8_lossy),
            extensions_offered: upgrade.offered().iter().map(ToString::to_string).collect(),
            extensions: upgrade.accepted().iter().map(ToString::to_string).collect(),
            duration_ms: request
                .and(response)
                .and_then(|response| response.head.last.time.passed_since(upgrade.requested.time))
                .map(Millis),
        }
    }
}
