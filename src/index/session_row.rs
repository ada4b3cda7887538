//! An attempt, and the session that followed it, as a list shows it.

use super::packed::{PackedAttempt, PackedEnds, PackedStamp};
use super::sentence::Sentence;
use crate::analyzer::{LegOf, Place, SessionSummary};
use crate::findings::Severity;
use crate::model::{ConnectionId, EndCause, Escaped, Peer, PerPeer, SessionId, Stamp};
use crate::upgrade::{Outcome, Request, Upgrade};
use crate::ws::{CloseCode, Deflate};
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

/// One attempt and what came of it. It is complete once its state is not [`SessionState::Open`].
///
/// Hundreds of thousands of them are kept at once, so packets and addresses are packed; read them through the methods.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its number.
    pub session: SessionId,
    /// The TCP connection's number.
    pub connection: ConnectionId,
    attempt: PackedAttempt,
    opened: PackedStamp,
    first: PackedStamp,
    last: PackedStamp,
    ends: PackedEnds,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// What to call it.
    pub label: Arc<SessionLabel>,
    /// Frames each side sent so far.
    pub frames: PerPeer<u32>,
    /// Messages each side sent so far.
    pub messages: PerPeer<u32>,
    /// Payload bytes each side sent so far, on the wire.
    pub bytes: PerPeer<u64>,
    /// In nanoseconds.
    median_rtt: Option<NonZeroU64>,
    /// Whether it is still open, and how it ended.
    pub state: SessionState,
    close_story: Option<Sentence>,
    /// Another session that carries the same WebSocket, once it is over; boxed, as few have one.
    pub leg_of: Option<Box<LegOf>>,
    /// Findings told about it so far.
    pub findings: u32,
    /// The worst of them.
    pub worst: Option<Severity>,
}

/// What to call a session. Captured text in it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionLabel {
    /// The request target: `/chat?room=1`.
    pub target: Option<Arc<str>>,
    /// The `Host` header.
    pub host: Option<Arc<str>>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<Arc<str>>,
    /// The compression in force.
    pub compression: Option<Compressed>,
    /// Whether it is inside TLS.
    pub is_secure: bool,
    /// Why there is no session.
    pub failure: Option<AttemptFailure>,
}

/// How messages are compressed (RFC 7692 §7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compressed {
    /// Messages of both sides refer back to earlier ones.
    Kept,
    /// Those of neither side do.
    Reset,
    /// The client begins each one anew.
    ResetByClient,
    /// The server begins each one anew.
    ResetByServer,
}

impl Compressed {
    const fn new(deflate: Deflate) -> Self {
        match (deflate.client.takeover, deflate.server.takeover) {
            (true, true) => Self::Kept,
            (false, false) => Self::Reset,
            (false, true) => Self::ResetByClient,
            (true, false) => Self::ResetByServer,
        }
    }

    /// In a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "deflate",
            Self::Reset => "deflate, reset each message",
            Self::ResetByClient => "deflate, reset by the client",
            Self::ResetByServer => "deflate, reset by the server",
        }
    }
}

/// Why an attempt led to no session, with the status of the answer where there was one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttemptFailure {
    /// The server refused it.
    Rejected(Option<u16>),
    /// The handshake went wrong.
    Failed(Option<u16>),
    /// The client did not ask for a WebSocket.
    NotAsked,
}

impl AttemptFailure {
    fn of(upgrade: &Upgrade) -> Option<Self> {
        let status = upgrade.response.whole().map(|response| response.status);
        match upgrade.outcome {
            Outcome::Accepted | Outcome::Unseen | Outcome::Dark => None,
            Outcome::Rejected => Some(Self::Rejected(status)),
            Outcome::Failed => Some(Self::Failed(status)),
            Outcome::NotWebSocket => Some(Self::NotAsked),
        }
    }

    /// The status of the answer.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Rejected(status) | Self::Failed(status) => status,
            Self::NotAsked => None,
        }
    }

    /// As short as can be, for a narrow column.
    pub fn in_short(self) -> String {
        match self {
            Self::Rejected(Some(status)) => format!("rejected {status}"),
            Self::Rejected(None) => "rejected".to_owned(),
            Self::Failed(Some(status)) => format!("failed, answered {status}"),
            Self::Failed(None) => "no answer".to_owned(),
            Self::NotAsked => "no upgrade".to_owned(),
        }
    }
}

/// In words: `rejected with 401`.
impl fmt::Display for AttemptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(Some(status)) => write!(f, "rejected with {status}"),
            Self::Rejected(None) => f.write_str("rejected"),
            Self::Failed(Some(status)) => write!(f, "failed, answered {status}"),
            Self::Failed(None) => f.write_str("failed, no answer"),
            Self::NotAsked => f.write_str("no upgrade asked for"),
        }
    }
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// Frames may follow.
    Open,
    /// There was a Close frame, with or without a code.
    Closed {
        /// Who sent the first.
        by: Peer,
        /// Its code, if it had one.
        code: Option<CloseCode>,
        /// Whether the other side sent one as well.
        answered: bool,
    },
    /// TCP ended without a Close frame, or the capture did.
    Ended {
        /// What ended it.
        cause: EndCause,
        /// Who ended it first.
        by: Option<Peer>,
    },
    /// There never was a session.
    Failed,
}

impl SessionRow {
    pub(super) fn new(place: Place, upgrade: &Upgrade) -> Self {
        let follows = upgrade.goes_on();
        Self {
            session: place.session,
            connection: place.connection,
            attempt: place.attempt.into(),
            opened: place.opened.into(),
            first: upgrade.first.into(),
            last: upgrade.last.into(),
            ends: place.addresses.into(),
            outcome: upgrade.outcome,
            label: Arc::new(SessionLabel { is_secure: place.is_secure, ..SessionLabel::new(upgrade) }),
            frames: PerPeer::default(),
            messages: PerPeer::default(),
            bytes: PerPeer::default(),
            median_rtt: None,
            state: if follows { SessionState::Open } else { SessionState::Failed },
            close_story: None,
            leg_of: None,
            findings: 0,
            worst: None,
        }
    }

    /// Its number, its connection, who asked whom, without places in the file.
    pub fn place(&self) -> Place {
        Place {
            session: self.session,
            connection: self.connection,
            opened: self.opened(),
            attempt: self.attempt.into(),
            is_secure: self.label.is_secure,
            addresses: self.addresses(),
        }
    }

    /// The median of the round trips of pings, once it is over.
    pub fn median_rtt(&self) -> Option<Duration> {
        self.median_rtt.map(|nanos| Duration::from_nanos(nanos.get()))
    }

    /// Who closed, with what, and what came of it, in a sentence, once it is over. Escaped.
    pub fn close_story(&self) -> Option<String> {
        self.close_story.as_ref().map(Sentence::text)
    }

    /// The connection's first packet, without its place in the file.
    pub const fn opened(&self) -> Stamp {
        self.opened.stamp()
    }

    /// The first packet of the attempt, or of what the capture holds of it, without its place in the file.
    pub const fn first(&self) -> Stamp {
        self.first.stamp()
    }

    /// The last packet so far, without its place in the file.
    pub const fn last(&self) -> Stamp {
        self.last.stamp()
    }

    /// Who asked for the WebSocket, and who was asked.
    pub fn addresses(&self) -> PerPeer<SocketAddr> {
        self.ends.ends()
    }

    /// Notes a packet of it.
    pub(super) fn extend_to(&mut self, stamp: Stamp) {
        self.last = self.last().max(stamp).into();
    }

    /// The session is over: its own figures replace those counted so far.
    pub(super) fn finish(&mut self, summary: SessionSummary) {
        self.first = summary.first.into();
        self.last = summary.last.into();
        self.frames = short(summary.frames);
        self.messages = short(summary.messages);
        self.bytes = summary.bytes;
        // A round trip that took no time at all is as good as none that is measurable.
        self.median_rtt = summary.round_trips.map(|round_trips| {
            let nanos = u64::try_from(round_trips.median.as_nanos()).unwrap_or(u64::MAX);
            NonZeroU64::new(nanos).unwrap_or(NonZeroU64::MIN)
        });
        self.state = match summary.close {
            Some(close) => SessionState::Closed { by: close.by, code: close.code, answered: close.answered },
            None => SessionState::Ended { cause: summary.end, by: summary.ended_by },
        };
        self.close_story = Some(Sentence::new(&summary.close_story.to_string()));
        self.leg_of = summary.leg_of.map(Box::new);
        self.findings = u32::try_from(summary.findings).unwrap_or(u32::MAX);
        self.worst = summary.worst;
    }

    /// Whether another reading saw its attempt as this one.
    pub(crate) fn is_attempt(&self, upgrade: &Upgrade) -> bool {
        (self.first, self.outcome) == (upgrade.first.into(), upgrade.outcome)
    }

    /// Whether another reading counted in it what this one did, once it is over.
    pub(crate) fn is_summed_up(&self, summary: &SessionSummary) -> bool {
        let counts = (self.frames, self.messages, self.bytes);
        let packets = (self.first, self.last);
        counts == (short(summary.frames), short(summary.messages), summary.bytes)
            && packets == (summary.first.into(), summary.last.into())
    }

    /// Bytes allocated; of texts that it shares with others its part.
    pub(super) fn bytes_held(&self) -> usize {
        let label = &self.label;
        let texts = [&label.target, &label.host, &label.subprotocol];
        let texts = texts.into_iter().flatten().map(|text| share(text, text.len())).sum::<usize>();
        self.ends.bytes_held()
            + self.close_story.as_ref().map_or(0, Sentence::bytes_held)
            + self.leg_of.as_ref().map_or(0, |_| size_of::<LegOf>())
            + share(&self.label, size_of::<SessionLabel>() + texts)
    }
}

fn short(counts: PerPeer<u64>) -> PerPeer<u32> {
    PerPeer::from_fn(|peer| u32::try_from(*counts.of(peer)).unwrap_or(u32::MAX))
}

/// What falls upon each holder of something of this many bytes, the two counters included.
fn share<T: ?Sized>(shared: &Arc<T>, bytes: usize) -> usize {
    (bytes + 2 * size_of::<usize>()) / Arc::strong_count(shared).max(1)
}

/// The labels that sessions had last: most are those of another session, whole or in part.
#[derive(Debug, Default)]
pub(super) struct Labels {
    whole: HashSet<Arc<SessionLabel>>,
    texts: HashSet<Arc<str>>,
}

/// Labels and texts that are remembered, each. More are not looked for: where many differ, few are the same.
const KEPT: usize = 4096;

impl Labels {
    /// Has a label share its memory with an equal one, or at least its texts.
    pub(super) fn share(&mut self, label: &mut Arc<SessionLabel>) {
        if let Some(known) = self.whole.get(label) {
            *label = Arc::clone(known);
            return;
        }
        let one = Arc::make_mut(label);
        let texts = [&mut one.target, &mut one.host, &mut one.subprotocol];
        for text in texts.into_iter().flatten() {
            remember(&mut self.texts, text);
        }
        remember(&mut self.whole, label);
    }
}

fn remember<T: ?Sized + Eq + Hash>(known: &mut HashSet<Arc<T>>, one: &mut Arc<T>) {
    if let Some(same) = known.get(one) {
        *one = Arc::clone(same);
        return;
    }
    if known.len() >= KEPT {
        known.clear();
    }
    known.insert(Arc::clone(one));
}

impl SessionLabel {
    fn new(upgrade: &Upgrade) -> Self {
        let request = upgrade.request.whole();
        let response = upgrade.response.whole();
        let escaped = |text: &[u8]| Arc::from(Escaped(text).to_string());
        Self {
            target: request.and_then(Request::known_target).map(|target| escaped(target.as_bytes())),
            host: request.and_then(Request::host).map(escaped),
            subprotocol: response
                .and_then(|response| response.head.value("sec-websocket-protocol"))
                .map(escaped),
            compression: upgrade.deflate().map(Compressed::new),
            is_secure: false,
            failure: AttemptFailure::of(upgrade),
        }
    }
}
