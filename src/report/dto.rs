//! The JSON objects: documented shapes of their own, so that the domain types can change and scripts go on working.
//! A field that has nothing to say is left out.

use super::sink::{Inputs, Payload};
use super::times::{Rfc3339, Times};
use crate::analyzer::{Place, SessionSummary, Summary};
use crate::findings::{Finding, Value};
use crate::http1::{Request, Upgrade};
use crate::model::{PerPeer, Stamp, text_so_far};
use crate::ws::{ClosePayload, Frame, Inflation, Message, MessageKind};
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// What holds for every line.
#[derive(Debug)]
pub(super) struct LineContext {
    pub(super) payload: Payload,
    pub(super) inputs: Inputs,
    pub(super) times: Times,
}

impl LineContext {
    pub(super) fn file(&self, stamp: Stamp) -> Option<&str> {
        self.inputs.file(stamp)
    }

    /// The name of the input that holds `last`, where it is not the one that holds `first`.
    fn last_file(&self, first: Stamp, last: Stamp) -> Option<&str> {
        if first.file == last.file { None } else { self.file(last) }
    }
}

/// Anything by what it prints.
#[derive(Debug)]
pub(super) struct Displayed<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A word of our own, in which nothing needs escaping.
#[derive(Debug)]
pub(super) struct Word(&'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Word", 0, self.0)
    }
}

/// A duration in milliseconds, with at most three decimals.
#[derive(Debug)]
pub(super) struct Millis(pub(super) Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = u64::try_from((self.0.as_nanos() + 500) / 1_000).unwrap_or(u64::MAX);
        if micros.is_multiple_of(1_000) {
            return serializer.serialize_u64(micros / 1_000);
        }
        // Exact up to 2^53 µs, which is 285 years.
        #[expect(clippy::cast_precision_loss)]
        serializer.serialize_f64(micros as f64 / 1_000.0)
    }
}

/// Bytes in hexadecimal.
#[derive(Debug)]
pub(super) struct Hex<'a>(&'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(hex::encode(self.0).as_bytes())
    }
}

/// Bytes in base64.
#[derive(Debug)]
pub(super) struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &BASE64_STANDARD))
    }
}

/// Names and their figures, in this order.
#[derive(Debug)]
pub(super) struct Counts<K>(Vec<(K, u64)>);

impl<K> Counts<K> {
    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: fmt::Display> Serialize for Counts<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, figure)| (Displayed(name), figure)))
    }
}

/// One value for each side.
#[derive(Debug, serde::Serialize)]
pub(super) struct Sides {
    client: u64,
    server: u64,
}

impl From<PerPeer<u64>> for Sides {
    fn from(PerPeer { client, server }: PerPeer<u64>) -> Self {
        Self { client, server }
    }
}

/// An attempt to upgrade; `packet` and `time` are those of its first byte.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "upgrade")]
pub(super) struct UpgradeLine<'a> {
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
    /// `http/1.1` or `http/2`.
    via: &'static str,
    /// Absent where it is not inside TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<bool>,
    /// The HTTP/2 stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u32>,
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
    /// From the whole request to the whole response; absent without the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<Millis>,
}

impl<'a> UpgradeLine<'a> {
    pub(super) fn new(place: &Place, upgrade: &'a Upgrade, context: &'a LineContext) -> Self {
        let (request, response) = (upgrade.request.whole(), upgrade.response.whole());
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
            via: upgrade.via.name(),
            stream: place.attempt.stream().map(|stream| stream.0),
            tls: place.is_secure.then_some(true),
            outcome: upgrade.outcome.name(),
            method: request.map(|request| request.method.as_str()),
            target: request.map(|request| request.target.as_str()),
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
                .map(|response| Millis(response.head.last.time.since(upgrade.requested.time))),
        }
    }
}

/// A frame; `packet` and `time` are those of its first byte, `last_packet` completes it.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "frame")]
pub(super) struct FrameLine<'a> {
    session: u64,
    frame: u64,
    from: Word,
    time: Rfc3339<'a>,
    packet: u64,
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    opcode: Word,
    fin: bool,
    rsv: u8,
    masked: bool,
    length: u64,
    received: u64,
    complete: bool,
    /// What was received of a control frame's payload, at most 4096 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_hex: Option<Hex<'a>>,
    /// A Close frame's; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
}

impl<'a> FrameLine<'a> {
    pub(super) fn new(place: &Place, frame: &'a Frame<'a>, context: &'a LineContext) -> Self {
        let (code, reason) = match ClosePayload::parse(frame.payload) {
            ClosePayload::Code(code, reason) if frame.header.opcode == crate::ws::Opcode::Close => {
                (Some(code.0), Some(String::from_utf8_lossy(reason)))
            }
            ClosePayload::Empty | ClosePayload::Code(..) | ClosePayload::TooShort(_) => (None, None),
        };
        let shows_payload = frame.header.opcode.is_control() && context.payload != Payload::None;
        Self {
            session: place.session.0,
            frame: frame.number,
            from: Word(frame.from.name()),
            time: context.times.rfc3339(frame.first.time),
            packet: frame.first.packet.0,
            last_packet: frame.last.packet.0,
            file: context.file(frame.first),
            last_file: context.last_file(frame.first, frame.last),
            opcode: Word(frame.header.opcode.name()),
            fin: frame.header.fin,
            rsv: frame.header.rsv,
            masked: frame.header.mask.is_some(),
            length: frame.header.length,
            received: frame.received,
            complete: frame.is_complete(),
            payload_hex: shows_payload.then_some(Hex(frame.payload)),
            code,
            reason,
        }
    }
}

/// A message; `packet` and `time` are those of its first byte, `last_packet` completes it.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "message")]
pub(super) struct MessageLine<'a> {
    session: u64,
    message: u64,
    from: Word,
    time: Rfc3339<'a>,
    packet: u64,
    last_packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_file: Option<&'a str>,
    kind: Word,
    /// How many frames it came in.
    frames: u64,
    /// The number of its first frame.
    first_frame: u64,
    wire_length: u64,
    /// Inflated where it was compressed.
    length: u64,
    compressed: bool,
    complete: bool,
    /// Neither `text` nor `data_base64` where the message is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// What is binary, or is not UTF-8 although it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<Base64<'a>>,
    /// There is more of it than is printed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

impl<'a> MessageLine<'a> {
    pub(super) fn new(place: &Place, message: &'a Message<'a>, context: &'a LineContext) -> Self {
        let shown = message.complete && context.payload != Payload::None;
        let payload = if shown { message.payload } else { &[] };
        let cut = payload.get(..payload.len().min(context.payload.bytes())).unwrap_or_default();
        let text = text_of(message, cut).filter(|_| shown);
        let printed = text.map_or(cut.len(), str::len);
        Self {
            session: place.session.0,
            message: message.number,
            from: Word(message.from.name()),
            time: context.times.rfc3339(message.first.time),
            packet: message.first.packet.0,
            last_packet: message.last.packet.0,
            file: context.file(message.first),
            last_file: context.last_file(message.first, message.last),
            kind: Word(message.kind.name()),
            frames: message.frames,
            first_frame: message.first_frame,
            wire_length: message.wire_length,
            length: message.length,
            compressed: message.inflation != Inflation::None,
            complete: message.complete,
            text,
            data_base64: (shown && text.is_none()).then_some(Base64(cut)),
            truncated: shown && (printed as u64) < message.length,
        }
    }
}

/// The message's beginning as text, cut where a character ends.
fn text_of<'a>(message: &Message<'_>, cut: &'a [u8]) -> Option<&'a str> {
    if message.kind == MessageKind::Binary || message.invalid_utf8.is_some() {
        return None;
    }
    text_so_far(cut)
}

/// A finding, with the figures of its kind as fields of their own.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "finding")]
pub(super) struct FindingLine<'a> {
    id: &'static str,
    severity: &'static str,
    class: &'static str,
    certainty: &'static str,
    summary: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rfc: &'static str,
    time: Rfc3339<'a>,
    packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<bool>,
    #[serde(flatten)]
    fields: FindingFields<'a>,
}

/// The figures of a finding.
#[derive(Debug)]
struct FindingFields<'a>(&'a [(&'static str, Value)]);

impl Serialize for FindingFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            match value {
                Value::Number(number) => map.serialize_entry(name, number)?,
                Value::Text(text) => map.serialize_entry(name, text)?,
                Value::Flag(flag) => map.serialize_entry(name, flag)?,
            }
        }
        map.end()
    }
}

impl<'a> FindingLine<'a> {
    pub(super) fn new(finding: &'a Finding, context: &'a LineContext) -> Self {
        Self {
            id: finding.id.name(),
            severity: finding.severity.name(),
            class: finding.class.name(),
            certainty: finding.certainty.name(),
            summary: &finding.summary,
            rfc: finding.id.entry().rfc,
            time: context.times.rfc3339(finding.stamp.time),
            packet: finding.stamp.packet.0,
            file: context.file(finding.stamp),
            connection: finding.connection.map(|id| id.0),
            session: finding.session.map(|id| id.0),
            from: finding.from.map(crate::model::Peer::name),
            frame: finding.frame,
            waiting: None,
            fields: FindingFields(&finding.fields),
        }
    }

    /// A finding reported while the wait it is about continues.
    pub(super) fn of_waiting(finding: &'a Finding, context: &'a LineContext) -> Self {
        Self { waiting: Some(true), ..Self::new(finding, context) }
    }
}

/// A session in figures; `packet` and `time` are those of its first packet.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "session")]
pub(super) struct SessionLine<'a> {
    session: u64,
    connection: u64,
    client: Displayed<SocketAddr>,
    server: Displayed<SocketAddr>,
    via: &'static str,
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
    duration_ms: Millis,
    frames: Sides,
    messages: Sides,
    bytes: Sides,
    pings: PingCounts,
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
    pub(super) fn new(session: &'a SessionSummary, context: &'a LineContext) -> Self {
        let asked = session.asked.as_deref();
        Self {
            session: session.place.session.0,
            connection: session.place.connection.0,
            via: session.place.attempt.stream().map_or("http/1.1", |_| "http/2"),
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
            duration_ms: Millis(session.last.time.since(session.first.time)),
            frames: session.frames.into(),
            messages: session.messages.into(),
            bytes: session.bytes.into(),
            pings: PingCounts {
                sent: session.pings_sent,
                answered: session.pings_answered,
                rtt_ms: session.round_trips.map(|trips| Rtt {
                    min: Millis(trips.min),
                    median: Millis(trips.median),
                    max: Millis(trips.max),
                }),
            },
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

/// The capture in figures.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename = "summary")]
pub(super) struct SummaryLine {
    packets: u64,
    bytes: u64,
    segments: u64,
    skipped: Counts<&'static str>,
    connections: u64,
    sessions: u64,
    upgrades: Counts<&'static str>,
    frames: Counts<crate::ws::Opcode>,
    messages: u64,
    payload_bytes: u64,
    findings: Counts<crate::findings::Id>,
    /// Absent without TLS.
    #[serde(skip_serializing_if = "Counts::is_empty")]
    tls: Counts<&'static str>,
    #[serde(skip_serializing_if = "is_zero")]
    unread_inputs: u64,
    #[serde(skip_serializing_if = "is_zero")]
    unmatched_packets: u64,
    #[serde(skip_serializing_if = "is_zero")]
    repeated_packets: u64,
    /// Absent without a filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Omitted>,
    capture_ns: u64,
}

/// What a filter left out.
#[derive(Debug, serde::Serialize)]
pub(super) struct Omitted {
    sessions: u64,
    upgrades: u64,
    findings: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SummaryLine {
    pub(super) fn new(summary: &Summary) -> Self {
        Self {
            packets: summary.packets,
            bytes: summary.bytes,
            segments: summary.segments,
            skipped: Counts(summary.skipped.iter().map(|(reason, n)| (reason.name(), *n)).collect()),
            connections: summary.connections,
            sessions: summary.sessions,
            upgrades: Counts(summary.upgrades.iter().map(|(outcome, n)| (outcome.name(), *n)).collect()),
            frames: Counts(summary.frames.iter().map(|(opcode, n)| (*opcode, *n)).collect()),
            messages: summary.messages,
            payload_bytes: summary.payload_bytes,
            findings: Counts(summary.findings.iter().map(|(id, n)| (*id, *n)).collect()),
            tls: Counts(summary.tls.iter().map(|(readable, n)| (readable.name(), *n)).collect()),
            unread_inputs: summary.unread_inputs,
            unmatched_packets: summary.unmatched_packets,
            repeated_packets: summary.repeated_packets,
            left_out: summary.left_out.as_ref().map(|left_out| Omitted {
                sessions: left_out.sessions,
                upgrades: left_out.upgrades,
                findings: left_out.findings.values().sum(),
            }),
            capture_ns: u64::try_from(summary.duration().as_nanos()).unwrap_or(u64::MAX),
        }
    }
}
