//! A session in figures.

use super::value::{Displayed, LineContext, Millis, Sides};
use crate::analyzer::SessionSummary;
use crate::report::times::Rfc3339;
use std::borrow::Cow;
use std::net::SocketAddr;

/// A session in figures; `packet` and `time` are those of its first packet.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "session")]
pub(in crate::report) struct SessionLine<'a> {
    session: u64,
    connection: u64,
    client: Displayed<SocketAddr>,
    server: Displayed<SocketAddr>,
    /// Absent where nothing can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<&'static str>,
    /// Absent over HTTP/1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u32>,
    time: Rfc3339<'a>,
    packet: u64,
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    /// Absent where no whole request was captured, as is host.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    /// The one the server chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    subprotocol: Option<&'a str>,
    /// Another session that carries the same WebSocket; absent if the capture holds none.
    #[serde(skip_serializing_if = "Option::is_none")]
    leg_of: Option<OtherLeg>,
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<Millis>,
    /// Absent where nothing can be read, as are messages, bytes and pings.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Sides>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Sides>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Sides>,
    /// Only where nothing can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pings: Option<PingCounts>,
    /// On the whole TCP connection.
    retransmissions: Sides,
    /// The first Close frame; absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<CloseFields<'a>>,
    end: &'static str,
    /// Who ended TCP first; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<&'static str>,
    findings: u64,
}

/// Another session, and what this one is to it.
#[derive(Debug, serde::Serialize)]
struct OtherLeg {
    session: u64,
    role: &'static str,
}

/// What was sent in TLS that no secret opens.
#[derive(Debug, serde::Serialize)]
struct SealedFields {
    records: Sides,
    bytes: Sides,
}

/// Pings of both sides.
#[derive(Debug, serde::Serialize)]
struct PingCounts {
    sent: u64,
    answered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_ms: Option<Rtt>,
}

#[derive(Debug, serde::Serialize)]
struct Rtt {
    min: Millis,
    median: Millis,
    max: Millis,
}

#[derive(Debug, serde::Serialize)]
struct CloseFields<'a> {
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    answered: bool,
}

impl<'a> SessionLine<'a> {
    pub(in crate::report) fn new(session: &'a SessionSummary, context: &'a LineContext) -> Self {
        let asked = session.asked.as_deref();
        let is_legible = session.sealed.is_none();
        Self {
            session: session.place.session.0,
            connection: session.place.connection.0,
            via: is_legible.then(|| session.place.attempt.stream().map_or("http/1.1", |_| "http/2")),
            stream: session.place.attempt.stream().map(|stream| stream.0),
            client: Displayed(session.place.addresses.client),
            server: Displayed(session.place.addresses.server),
            time: context.times.rfc3339(session.first.time),
            packet: session.first.packet.0,
            last_packet: session.last.packet.0,
            file: context.file(session.first),
            last_file: context.last_file(session.first, session.last),
            target: asked.and_then(|asked| asked.target.as_deref()),
            host: asked.and_then(|asked| asked.host.as_deref()),
            subprotocol: asked.and_then(|asked| asked.subprotocol.as_deref()),
            leg_of: session
                .leg_of
                .map(|leg_of| OtherLeg { session: leg_of.session.0, role: leg_of.role.name() }),
            duration_ms: session.duration().map(Millis),
            frames: is_legible.then(|| session.frames.into()),
            messages: is_legible.then(|| session.messages.into()),
            bytes: is_legible.then(|| session.bytes.into()),
            sealed: session
                .sealed
                .map(|sealed| SealedFields { records: sealed.records.into(), bytes: sealed.bytes.into() }),
            pings: is_legible.then(|| PingCounts {
                sent: session.pings_sent,
                answered: session.pings_answered,
                rtt_ms: session.round_trips.map(|trips| Rtt {
                    min: Millis(trips.min),
                    median: Millis(trips.median),
                    max: Millis(trips.max),
                }),
            }),
            retransmissions: session.sent_again.into(),
            close: session.close.as_ref().map(|close| CloseFields {
                by: close.by.name(),
                code: close.code.map(|code| code.0),
                reason: close.code.map(|_| String::from_utf8_lossy(&close.reason)),
                answered: close.answered,
            }),
            end: session.end.name(),
            ended_by: session.ended_by.map(crate::model::Peer::name),
            findings: session.findings,
        }
    }
}
