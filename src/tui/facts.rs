//! Rows of the lists as the filter language sees them: what the index knows, under the names of the JSON output.
//!
//! Fields are known by their paths, which no `match` can be complete over. A field that `is_known` leaves out is read from
//! the capture once more, which takes longer and chooses the same rows; that this holds for every field of the language,
//! and that one which is claimed here has a value, `every_field_chooses_the_same_rows_as_on_the_command_line` shows.

use super::picks::key_of;
use super::request::FilteredList;
use crate::filter::{Field, FieldValues, Value};
use crate::findings::Finding;
use crate::index::{EndRow, FrameRow, Index, MessageRow, SessionRow, SessionState};
use crate::model::{Peer, PerPeer, Timestamp};
use crate::upgrade::Outcome;
use std::borrow::Cow;

/// A row of a list.
#[derive(Clone, Copy)]
pub(super) enum RowFacts<'a> {
    /// A session, with the findings about it.
    Session(&'a SessionRow, &'a Index),
    Frame(&'a FrameRow, &'a SessionRow),
    Message(&'a MessageRow, &'a SessionRow),
    /// The end of TCP.
    End(&'a EndRow, &'a SessionRow),
    Finding(&'a Finding, Option<&'a SessionRow>),
}

/// What is known of every session.
const OF_SESSIONS: [&str; 24] = [
    "session",
    "connection",
    "client",
    "client.ip",
    "client.port",
    "server",
    "server.ip",
    "server.port",
    "session.target",
    "session.host",
    "session.subprotocol",
    "upgrade.outcome",
    "upgrade.target",
    "upgrade.host",
    "upgrade.subprotocol",
    "upgrade.tls",
    "session.duration_ms",
    "session.findings",
    "session.pings.rtt_ms.median",
    "session.close.by",
    "session.close.code",
    "session.close.answered",
    "session.messages.client",
    "session.messages.server",
];

/// What is known of sessions besides where all of them are listed: figures, and the findings between them.
const OF_SESSION_LIST: [&str; 9] = [
    "session.frames.client",
    "session.frames.server",
    "session.bytes.client",
    "session.bytes.server",
    "finding.id",
    "finding.severity",
    "finding.class",
    "finding.certainty",
    "finding.from",
];

/// What a finding about no session has of its connection, which may have none: the index does not know that.
const OF_CONNECTIONS: [&str; 7] =
    ["client", "client.ip", "client.port", "server", "server.ip", "server.port", "session.host"];

/// Whether the rows of a list have a field. A session has many packets and times: whether one of them fits, only its
/// events say. For others the capture has to be read once more.
pub(super) fn is_known(field: &Field, list: FilteredList) -> bool {
    let path = field.path();
    let own: &[&str] = match list {
        FilteredList::Sessions => return OF_SESSIONS.contains(&path) || OF_SESSION_LIST.contains(&path),
        FilteredList::Findings => &[
            "finding.id",
            "finding.severity",
            "finding.class",
            "finding.certainty",
            "finding.summary",
            "finding.from",
            "finding.frame",
        ],
        FilteredList::Frames(_) => &[
            "frame.frame",
            "frame.from",
            "frame.opcode",
            "frame.fin",
            "frame.rsv",
            "frame.masked",
            "frame.length",
            "frame.received",
            "frame.complete",
        ],
        FilteredList::Messages(_) => &[
            "message.message",
            "message.from",
            "message.kind",
            "message.frames",
            "message.length",
            "message.wire_length",
            "message.compressed",
            "message.complete",
        ],
    };
    let of_connection = matches!(list, FilteredList::Findings) && OF_CONNECTIONS.contains(&path);
    let of_session = OF_SESSIONS.contains(&path) && !of_connection;
    own.contains(&path) || matches!(path, "type" | "from" | "packet" | "time") || of_session
}

impl RowFacts<'_> {
    /// What the row is known by where another reading chooses rows.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Session(row, _) => Index::position(row.session).map(|place| place as u64),
            Self::Frame(row, _) => Some(row.number()),
            Self::Message(row, _) => Some(row.number),
            Self::End(..) => None,
            Self::Finding(finding, _) => Some(key_of(finding)),
        }
    }
}

impl FieldValues for RowFacts<'_> {
    fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
        let path = field.path();
        let value = match self {
            Self::Session(row, index) => of_session(row, path).or_else(|| found(row, index, path)),
            Self::Frame(frame, row) => of_frame(frame, path).or_else(|| of_owner(row, path)),
            Self::Message(message, row) => of_message(message, path).or_else(|| of_owner(row, path)),
            Self::End(end, row) => of_end(end, path).or_else(|| of_owner(row, path)),
            Self::Finding(finding, row) => {
                of_finding(finding, path).or_else(|| row.and_then(|row| of_owner(row, path)))
            }
        };
        value.map(Cow::Owned)
    }
}

fn text(text: &impl ToString) -> Value {
    Value::Text(text.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "figures of captures are below 2^53")]
fn number(number: impl Into<u64>) -> Value {
    Value::Number(number.into() as f64)
}

fn millis(from: Timestamp, to: Timestamp) -> Option<Value> {
    Some(Value::Number(to.passed_since(from)?.as_secs_f64() * 1e3))
}

fn side<T: Copy + Into<u64>>(sides: &PerPeer<T>, name: &str) -> Option<Value> {
    let peer = Peer::BOTH.into_iter().find(|peer| peer.name() == name)?;
    Some(number(*sides.of(peer)))
}

/// What all outputs of a session have in common with it.
fn of_owner(row: &SessionRow, path: &str) -> Option<Value> {
    match path {
        "type" | "time" | "packet" | "from" => None,
        _ => of_session(row, path),
    }
}

fn of_session(row: &SessionRow, path: &str) -> Option<Value> {
    let (addresses, label) = (row.addresses(), &row.label);
    // An attempt that failed has no figures: there was no session.
    let was_session = row.state != SessionState::Failed;
    // Of one of which nothing can be read they are not known.
    let is_counted = was_session && row.outcome != Outcome::Dark;
    if let Some(name) = path.strip_prefix("session.frames.") {
        return side(&row.frames, name).filter(|_| is_counted);
    }
    if let Some(name) = path.strip_prefix("session.messages.") {
        return side(&row.messages, name).filter(|_| is_counted);
    }
    if let Some(name) = path.strip_prefix("session.bytes.") {
        return side(&row.bytes, name).filter(|_| is_counted);
    }
    let close = match row.state {
        SessionState::Closed { by, code, answered } => Some((by, code, answered)),
        SessionState::Open | SessionState::Ended { .. } | SessionState::Failed => None,
    };
    match path {
        "type" => Some(text(&"session")),
        "session" => Some(number(row.session.0)),
        "connection" => Some(number(row.connection.0)),
        "client" => Some(text(&addresses.client)),
        "client.ip" => Some(text(&addresses.client.ip())),
        "client.port" => Some(number(addresses.client.port())),
        "server" => Some(text(&addresses.server)),
        "server.ip" => Some(text(&addresses.server.ip())),
        "server.port" => Some(number(addresses.server.port())),
        "session.target" | "upgrade.target" => Some(text(&label.target.as_deref()?)),
        "session.host" | "upgrade.host" => Some(text(&label.host.as_deref()?)),
        "session.subprotocol" | "upgrade.subprotocol" => Some(text(&label.subprotocol.as_deref()?)),
        "upgrade.outcome" => Some(text(&row.outcome.name())),
        "upgrade.tls" => Some(Value::Flag(label.is_secure)),
        "upgrade.status" => Some(number(label.failure?.status()?)),
        "session.duration_ms" if was_session => millis(row.first().time, row.last().time),
        "session.findings" if was_session => Some(number(row.findings)),
        "session.pings.rtt_ms.median" => row.median_rtt().map(|time| Value::Number(time.as_secs_f64() * 1e3)),
        "session.close.by" => Some(text(&close?.0.name())),
        "session.close.code" => Some(number(close?.1?.0)),
        "session.close.answered" => Some(Value::Flag(close?.2)),
        "session.end" => match row.state {
            SessionState::Ended { cause, .. } => Some(text(&cause.name())),
            SessionState::Open | SessionState::Closed { .. } | SessionState::Failed => None,
        },
        _ => None,
    }
}

/// What the findings about a session have between them.
fn found(row: &SessionRow, index: &Index, path: &str) -> Option<Value> {
    let name = path.strip_prefix("finding.")?;
    let of = |finding: &Finding| match name {
        "id" => Some(finding.id.name()),
        "severity" => Some(finding.severity.name()),
        "class" => Some(finding.class.name()),
        "certainty" => Some(finding.certainty.name()),
        "from" => finding.from.map(Peer::name),
        _ => None,
    };
    let findings = index.findings_of(Index::position(row.session)?);
    let values: Vec<String> =
        findings.filter_map(|at| of(index.findings().get(at)?)).map(str::to_owned).collect();
    (!values.is_empty()).then_some(Value::List(values))
}

fn of_frame(row: &FrameRow, path: &str) -> Option<Value> {
    let header = row.header();
    match path {
        "type" => Some(text(&"frame")),
        "time" => Some(Value::Time(row.time())),
        "packet" => Some(number(row.first_packet().0)),
        "from" | "frame.from" => Some(text(&row.from().name())),
        "frame.frame" => Some(number(row.number())),
        "frame.opcode" => Some(text(&row.opcode().name())),
        "frame.fin" => Some(Value::Flag(header.fin)),
        "frame.rsv" => Some(number(header.rsv)),
        "frame.masked" => Some(Value::Flag(header.mask.is_some())),
        "frame.length" => Some(number(row.length())),
        "frame.received" => Some(number(row.received())),
        "frame.complete" => Some(Value::Flag(row.is_complete())),
        _ => None,
    }
}

fn of_message(row: &MessageRow, path: &str) -> Option<Value> {
    match path {
        "type" => Some(text(&"message")),
        "time" => Some(Value::Time(row.time)),
        "packet" => Some(number(row.first_packet.0)),
        "from" | "message.from" => Some(text(&row.from.name())),
        "message.message" => Some(number(row.number)),
        "message.kind" => Some(text(&row.kind.name())),
        "message.frames" => Some(number(row.frames)),
        "message.length" => Some(number(row.length)),
        "message.wire_length" => Some(number(row.wire_length)),
        "message.compressed" => Some(Value::Flag(row.is_compressed())),
        "message.complete" => Some(Value::Flag(row.complete)),
        _ => None,
    }
}

/// The end of TCP has no line of its own in the JSON output: it has what all events have.
fn of_end(row: &EndRow, path: &str) -> Option<Value> {
    match path {
        "time" => Some(Value::Time(row.stamp().time)),
        "packet" => Some(number(row.stamp().packet.0)),
        "from" => Some(text(&row.from.name())),
        _ => None,
    }
}

fn of_finding(finding: &Finding, path: &str) -> Option<Value> {
    match path {
        "type" => Some(text(&"finding")),
        "time" => Some(Value::Time(finding.stamp.time)),
        "packet" => Some(number(finding.stamp.packet.0)),
        "from" | "finding.from" => Some(text(&finding.from?.name())),
        "session" => Some(number(finding.session?.0)),
        "connection" => Some(number(finding.connection?.0)),
        "finding.id" => Some(text(&finding.id.name())),
        "finding.severity" => Some(text(&finding.severity.name())),
        "finding.class" => Some(text(&finding.class.name())),
        "finding.certainty" => Some(text(&finding.certainty.name())),
        "finding.summary" => Some(text(&finding.summary)),
        "finding.frame" => Some(number(finding.frame?)),
        _ => None,
    }
}
