//! An HTTP archive (HAR 1.2), as Chrome's developer tools write and read it: an entry for each attempt, with the
//! messages of its session in `_webSocketMessages`. What is wsight's own begins with `_` as well.
//!
//! An entry is written when its session is over. Messages of sessions that are still open are kept in a temporary file,
//! so memory does not grow with them.

use super::cookies::{self, Cookie};
use super::ended::EndedAttempt;
use super::placed::TemporaryFile;
use super::sink::{Payload, Sink};
use super::verdict::unread;
use crate::analyzer::{Output, Place, SessionSummary};
use crate::findings::Finding;
use crate::model::{Peer, SessionId, Stamp, Timestamp};
use crate::upgrade::{Head, HeadPart, Outcome, Request, Response, Upgrade, Via};
use crate::ws::{Frame, Message, MessageKind};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Bytes of messages that a session keeps in memory.
const BLOCK: usize = 16 << 10;

/// Writes an archive.
pub struct Har<W: Write> {
    out: W,
    payload: Payload,
    is_first: bool,
    open: BTreeMap<SessionId, OpenEntry>,
    kept: ScratchFile,
    /// Findings that are about no session.
    others: Objects,
    /// The attempt that failed last: its findings come next.
    ended: EndedAttempt,
    /// Inputs that could not be read to their end.
    unread_inputs: u64,
}

/// What is kept of sessions that are open.
#[derive(Debug)]
struct ScratchFile {
    file: TemporaryFile,
    length: u64,
}

/// JSON objects with commas between, in blocks of the file and in memory.
#[derive(Debug, Default)]
struct Objects {
    blocks: Vec<(u64, u64)>,
    rest: Vec<u8>,
}

impl Objects {
    fn push(&mut self, object: &impl Serialize, kept: &mut ScratchFile) -> io::Result<()> {
        if !self.rest.is_empty() || !self.blocks.is_empty() {
            self.rest.push(b',');
        }
        serde_json::to_writer(&mut self.rest, object)?;
        if self.rest.len() >= BLOCK {
            kept.file.get_ref().seek(SeekFrom::Start(kept.length))?;
            kept.file.write_all(&self.rest)?;
            let length = self.rest.len() as u64;
            self.blocks.push((kept.length, length));
            kept.length += length;
            self.rest.clear();
        }
        Ok(())
    }

    fn write(&self, out: &mut impl Write, kept: &mut ScratchFile) -> io::Result<()> {
        for (start, length) in &self.blocks {
            let mut file = kept.file.get_ref();
            file.seek(SeekFrom::Start(*start))?;
            io::copy(&mut file.take(*length), out)?;
        }
        out.write_all(&self.rest)
    }
}

#[derive(Debug, Default)]
struct OpenEntry {
    place: Option<Place>,
    upgrade: Option<Box<Upgrade>>,
    messages: Objects,
    control: Objects,
    findings: Objects,
}

/// A message as Chrome has it.
#[derive(Serialize)]
struct ArchivedMessage<'a> {
    #[serde(rename = "type")]
    direction: &'static str,
    /// Seconds since 1970.
    time: f64,
    opcode: u8,
    data: &'a str,
    /// It was cut at `--payload`, or could not be read whole.
    #[serde(rename = "_truncated", skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    #[serde(rename = "_length")]
    length: u64,
    #[serde(rename = "_packet")]
    packet: u64,
}

#[derive(Serialize)]
struct ArchivedControl {
    #[serde(rename = "type")]
    direction: &'static str,
    time: f64,
    opcode: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    packet: u64,
}

#[derive(Serialize)]
struct ArchivedFinding<'a> {
    id: &'static str,
    severity: &'static str,
    certainty: &'static str,
    summary: &'a str,
    packet: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
}

#[derive(Serialize)]
struct NameAndValue {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArchivedRequest {
    method: String,
    url: String,
    http_version: String,
    cookies: Vec<Cookie>,
    headers: Vec<NameAndValue>,
    query_string: Vec<NameAndValue>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArchivedResponse {
    status: u16,
    status_text: String,
    http_version: String,
    cookies: Vec<Cookie>,
    headers: Vec<NameAndValue>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: usize,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// In milliseconds.
#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

impl<W: Write> Har<W> {
    /// Writes to `out`, which should be buffered, with as much payload as that. Frames and messages have to bring it along.
    ///
    /// # Errors
    /// `out` cannot be written, or there is no temporary file.
    pub fn new(mut out: W, payload: Payload) -> io::Result<Self> {
        let version = env!("CARGO_PKG_VERSION");
        write!(
            out,
            "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"wsight\",\"version\":\"{version}\"}},\"pages\":[],\"entries\":["
        )?;
        let kept = ScratchFile { file: TemporaryFile::temporary()?, length: 0 };
        Ok(Self {
            out,
            payload,
            is_first: true,
            open: BTreeMap::new(),
            kept,
            others: Objects::default(),
            ended: EndedAttempt::default(),
            unread_inputs: 0,
        })
    }

    fn entry(&mut self, session: SessionId) -> (&mut OpenEntry, &mut ScratchFile) {
        (self.open.entry(session).or_default(), &mut self.kept)
    }

    fn message(&mut self, place: &Place, message: &Message<'_>) -> io::Result<()> {
        let payload = message.payload;
        let shown = payload.get(..self.payload.bytes()).unwrap_or(payload);
        let (entry, kept) = self.entry(place.session);
        let is_text = message.kind == MessageKind::Text && message.invalid_utf8.is_none();
        // Chrome has binary messages in Base64.
        let (opcode, data) = if is_text {
            (1, crate::model::text_so_far(shown).unwrap_or_default().to_owned())
        } else {
            (2, BASE64_STANDARD.encode(shown))
        };
        let archived = ArchivedMessage {
            direction: direction(message.from),
            time: seconds(message.last.time),
            opcode,
            data: &data,
            truncated: !message.complete || (shown.len() as u64) < message.length,
            length: message.length,
            packet: message.first.packet.0,
        };
        entry.messages.push(&archived, kept)
    }

    fn frame(&mut self, place: &Place, frame: &Frame<'_>) -> io::Result<()> {
        if !frame.header.opcode.is_control() {
            return Ok(());
        }
        let data = (self.payload != Payload::None).then(|| BASE64_STANDARD.encode(frame.payload));
        let (entry, kept) = self.entry(place.session);
        let archived = ArchivedControl {
            direction: direction(frame.from),
            time: seconds(frame.last.time),
            opcode: frame.header.opcode.bits(),
            data,
            packet: frame.first.packet.0,
        };
        entry.control.push(&archived, kept)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let archived = ArchivedFinding {
            id: finding.id.name(),
            severity: finding.severity.name(),
            certainty: finding.certainty.name(),
            summary: &finding.summary,
            packet: finding.stamp.packet.0,
            frame: finding.frame,
            // An entry has one.
            connection: if finding.session.is_none() {
                finding.connection.map(|connection| connection.0)
            } else {
                None
            },
        };
        let Self { open, kept, others, .. } = self;
        let findings = match finding.session {
            Some(session) => &mut open.entry(session).or_default().findings,
            None => others,
        };
        findings.push(&archived, kept)
    }

    /// Writes an entry that is over.
    fn end(&mut self, id: SessionId, summary: Option<&SessionSummary>) -> io::Result<()> {
        let Some(entry) = self.open.remove(&id) else { return Ok(()) };
        let Self { out, payload, is_first, kept, .. } = self;
        let OpenEntry { place, upgrade, messages, control, findings } = entry;
        let place = summary.map(|summary| summary.place).or(place);
        let upgrade = upgrade.as_deref();
        let Some(first) = upgrade.map(|upgrade| upgrade.first).or(summary.map(|summary| summary.first))
        else {
            return Ok(());
        };
        out.write_all(if std::mem::take(is_first) { b"\n" } else { b",\n" })?;
        let answered = upgrade.and_then(|upgrade| Some(upgrade.response.whole()?.head.last));
        let last = summary.map(|summary| summary.last).or(answered).unwrap_or(first);
        let time = millis_between(first, last);
        write!(out, "{{\"startedDateTime\":\"{}\",\"time\":{time},\"request\":", first.time)?;
        serde_json::to_writer(&mut *out, &request(upgrade, place))?;
        out.write_all(b",\"response\":")?;
        serde_json::to_writer(&mut *out, &response(upgrade, *payload))?;
        out.write_all(b",\"cache\":{},\"timings\":")?;
        serde_json::to_writer(&mut *out, &timings(upgrade, time))?;
        if let Some(Place { addresses, connection, .. }) = place {
            write!(
                out,
                ",\"serverIPAddress\":\"{}\",\"connection\":\"{connection}\"",
                addresses.server.ip()
            )?;
        }
        let kind = if is_ordinary(upgrade) { "other" } else { "websocket" };
        write!(out, ",\"_resourceType\":\"{kind}\",\"_session\":{id},\"_webSocketMessages\":[")?;
        messages.write(out, kept)?;
        out.write_all(b"],\"_controlFrames\":[")?;
        control.write(out, kept)?;
        out.write_all(b"],\"_findings\":[")?;
        findings.write(out, kept)?;
        out.write_all(b"]}")
    }
}

impl<W: Write> Sink for Har<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        if let Some(ended) = self.ended.before(output) {
            self.end(ended, None)?;
        }
        match output {
            Output::Upgrade(place, upgrade) => {
                let (entry, _) = self.entry(place.session);
                (entry.place, entry.upgrade) = (Some(**place), Some(Box::new((*upgrade).clone())));
                Ok(())
            }
            Output::Message(place, message) => self.message(place, message),
            Output::Frame(place, frame) => self.frame(place, frame),
            Output::Finding(finding) => self.finding(finding),
            Output::Session(summary) => {
                self.entry(summary.place.session);
                self.end(summary.place.session, Some(summary))
            }
            Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::Data(..)
            | Output::Secrets(..) => Ok(()),
            Output::Summary(summary) => {
                self.unread_inputs = summary.unread_inputs;
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        while let Some((session, _)) = self.open.first_key_value() {
            let session = *session;
            self.end(session, None)?;
        }
        let Self { out, kept, others, unread_inputs, .. } = self;
        out.write_all(b"\n],\"_findings\":[")?;
        others.write(out, kept)?;
        out.write_all(b"]")?;
        if *unread_inputs > 0 {
            write!(out, ",\"_unreadInputs\":{unread_inputs},\"comment\":")?;
            serde_json::to_writer(&mut *out, &unread(*unread_inputs))?;
        }
        out.write_all(b"}}\n")?;
        out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> fmt::Debug for Har<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Har").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

const fn direction(from: Peer) -> &'static str {
    match from {
        Peer::Client => "send",
        Peer::Server => "receive",
    }
}

#[expect(clippy::cast_precision_loss, reason = "what Chrome has: microseconds fit")]
fn seconds(time: Timestamp) -> f64 {
    (time.as_nanos() / 1_000) as f64 / 1e6
}

fn millis_between(from: Stamp, to: Stamp) -> f64 {
    to.time.since(from.time).as_secs_f64() * 1e3
}

fn headers(head: &Head) -> Vec<NameAndValue> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    head.headers
        .iter()
        .map(|header| NameAndValue { name: text(header.name), value: text(header.value) })
        .collect()
}

fn version(upgrade: Option<&Upgrade>) -> String {
    upgrade
        .map_or("HTTP/1.1", |upgrade| match upgrade.via {
            Via::Http1 => "HTTP/1.1",
            Via::Http2(_) => "h2",
        })
        .to_owned()
}

/// Whether nobody asked for a WebSocket.
fn is_ordinary(upgrade: Option<&Upgrade>) -> bool {
    upgrade.is_some_and(|upgrade| upgrade.outcome == Outcome::NotWebSocket)
}

fn request(upgrade: Option<&Upgrade>, place: Option<Place>) -> ArchivedRequest {
    let whole: Option<&Request> = upgrade.and_then(|upgrade| upgrade.request.whole());
    let target = whole.map_or("/", |request| request.known_target().unwrap_or("/"));
    let scheme = match (is_ordinary(upgrade), place.is_some_and(|place| place.is_secure)) {
        (false, false) => "ws",
        (false, true) => "wss",
        (true, false) => "http",
        (true, true) => "https",
    };
    let host = whole.and_then(Request::host).map(|host| String::from_utf8_lossy(host).into_owned());
    let host = host.or_else(|| place.map(|place| place.addresses.server.to_string()));
    let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        NameAndValue { name: name.to_owned(), value: value.to_owned() }
    };
    ArchivedRequest {
        method: whole.map_or("GET", |request| request.method.as_str()).to_owned(),
        url: format!("{scheme}://{}{target}", host.unwrap_or_else(|| "unknown".to_owned())),
        http_version: version(upgrade),
        cookies: whole.map(|request| cookies::sent(&request.head)).unwrap_or_default(),
        headers: whole.map(|request| headers(&request.head)).unwrap_or_default(),
        query_string: query.split('&').filter(|part| !part.is_empty()).map(pair).collect(),
        headers_size: -1,
        body_size: 0,
    }
}

/// A status of 0 says that there was no answer, as in Chrome.
fn response(upgrade: Option<&Upgrade>, payload: Payload) -> ArchivedResponse {
    let whole: Option<&Response> = upgrade.and_then(|upgrade| upgrade.response.whole());
    let mime_type = whole.and_then(|response| response.head.text("content-type"));
    let body = upgrade.and_then(Upgrade::body_text);
    ArchivedResponse {
        status: whole.map_or(0, |response| response.status),
        status_text: whole.map_or(String::new(), |response| response.reason.clone()),
        http_version: version(upgrade),
        cookies: whole.map(|response| cookies::set(&response.head)).unwrap_or_default(),
        headers: whole.map(|response| headers(&response.head)).unwrap_or_default(),
        content: Content {
            size: body.map_or(0, str::len),
            mime_type: mime_type.unwrap_or_else(|| "x-unknown".to_owned()),
            text: body.filter(|_| payload != Payload::None).map(str::to_owned),
        },
        redirect_url: whole.and_then(|response| response.head.text("location")).unwrap_or_default(),
        headers_size: -1,
        body_size: -1,
    }
}

fn timings(upgrade: Option<&Upgrade>, time: f64) -> Timings {
    let heads = upgrade.and_then(|upgrade| {
        let HeadPart::Whole(request) = &upgrade.request else { return None };
        Some((&request.head, &upgrade.response.whole()?.head))
    });
    heads.map_or(Timings { send: 0.0, wait: 0.0, receive: time }, |(request, response)| {
        let (send, wait) =
            (millis_between(request.first, request.last), millis_between(request.last, response.first));
        Timings { send, wait, receive: (time - send - wait).max(0.0) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_in_a_file_comes_back_in_order() {
        let mut kept = ScratchFile { file: TemporaryFile::temporary().unwrap(), length: 0 };
        let (mut one, mut other) = (Objects::default(), Objects::default());
        for number in 0..20_000_u32 {
            one.push(&number, &mut kept).unwrap();
            other.push(&(number + 1), &mut kept).unwrap();
        }
        assert!(kept.length > 4 * BLOCK as u64, "most of it is in the file");
        for (objects, first) in [(one, 0), (other, 1)] {
            let mut json = b"[".to_vec();
            objects.write(&mut json, &mut kept).unwrap();
            json.push(b']');
            let numbers: Vec<u32> = serde_json::from_slice(&json).unwrap();
            assert_eq!(numbers, (first..first + 20_000).collect::<Vec<_>>());
        }
    }
}
