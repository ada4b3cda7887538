//! What the analyzer tells.

use crate::findings::{CloseStory, Finding, Id, Severity};
use crate::http2::DataFrame;
use crate::model::{
    Attempt, ConnectionId, Delivered, EndCause, Footprint, LinkType, Peer, PerPeer, SessionId, SessionKey,
    SkipReason, Stamp,
};
use crate::tls::{Facts, Readable, Reason, Secret};
use crate::upgrade::{Outcome, Request, Upgrade};
use crate::ws::{CloseCode, Frame, Message, Opcode};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// One thing to tell, in capture order.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Output<'a> {
    /// An attempt to upgrade ended.
    Upgrade(&'a Place, &'a Upgrade),
    /// A frame is over.
    Frame(&'a Place, &'a Frame<'a>),
    /// A message is over.
    Message(&'a Place, &'a Message<'a>),
    /// Something is worth reporting.
    Finding(&'a Finding),
    /// The same beyond the limit `findings-per-session`: it is counted, and nobody prints it. It is for those who judge, or
    /// count by their own measure.
    Counted(&'a Finding),
    /// A wait that has become long and may end in a finding. It is not counted; if the wait ends well, nothing more is
    /// said about it.
    Waiting(&'a Finding),
    /// The client of the connection at this place asks for a server of this name in TLS. It is told before everything else about the
    /// connection but what its TCP shows, and for those who choose: the TLS session has it, too.
    ServerName(&'a Place, &'a str),
    /// Secrets open a TLS session of the connection at this place, as lines of a key log: for saving with the packets, never
    /// for printing. They are reported once, with the packet that first needs them.
    Secrets(&'a Place, &'a Secret),
    /// A DATA frame of HTTP/2 begins, which carries what the session's peer says next. It is told only where one connection is read
    /// ([`Config::only`](super::Config::only)).
    Data(&'a Place, Peer, &'a DataFrame),
    /// No secret opens the TLS session of an attempt that was just reported as dark: what is known of it so far. At its end
    /// it is reported as [`Tls`](Self::Tls).
    Dark(&'a Place, &'a Facts),
    /// A TLS session is over. Its place has no session number.
    Tls(&'a Place, &'a Facts),
    /// A session (accepted or unseen upgrade) is over.
    Session(&'a SessionSummary),
    /// The capture is over.
    Summary(&'a Summary),
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The attempt's number.
    pub session: SessionId,
    /// The TCP connection's number.
    pub connection: ConnectionId,
    /// The connection's first packet.
    pub opened: Stamp,
    /// Which of the connection's attempts it is.
    pub attempt: Attempt,
    /// Whether it is inside TLS.
    pub is_secure: bool,
    /// Who asked for the WebSocket, and who was asked.
    pub addresses: PerPeer<SocketAddr>,
}

impl Place {
    /// How another reading finds the session.
    pub const fn key(&self) -> SessionKey {
        SessionKey { file: self.opened.file, packet: self.opened.packet, attempt: self.attempt }
    }

    /// The finding, about what is here.
    pub(super) fn about(&self, finding: Finding) -> Finding {
        Finding { session: Some(self.session), connection: Some(self.connection), ..finding }
    }
}

/// A session in figures.
#[derive(Clone, Debug)]
pub struct SessionSummary {
    /// The session and its connection.
    pub place: Place,
    /// The first packet of its upgrade, or of what the capture holds of it.
    pub first: Stamp,
    /// The last packet of its connection.
    pub last: Stamp,
    /// The packets of the two sides bear the times of different clocks: no time between the two means anything.
    pub two_clocks: bool,
    /// Frames each side sent, incomplete ones included.
    pub frames: PerPeer<u64>,
    /// Whole messages each side sent.
    pub messages: PerPeer<u64>,
    /// Payload bytes each side sent in frames, on the wire.
    pub bytes: PerPeer<u64>,
    /// What each side sent, where nothing of that can be read: then frames, messages and bytes are not known, and above they are 0.
    pub sealed: Option<SealedTraffic>,
    /// Pings both sides sent.
    pub pings_sent: u64,
    /// Pings that a pong acknowledged.
    pub pings_answered: u64,
    /// Pings that got no pong although there was time for one, for which no finding blames anybody.
    pub pings_lost: u64,
    /// Their round trips, if there were any.
    pub round_trips: Option<RoundTrips>,
    /// The first Close frame, if there was one.
    pub close: Option<CloseSummary>,
    /// Packets in which each side retransmitted what the capture holds already, on the whole connection.
    pub sent_again: PerPeer<u64>,
    /// What took longest to arrive and had to be retransmitted, if that was long, and who sent it.
    pub delivered: Option<(Peer, Delivered)>,
    /// What ended the TCP connection.
    pub end: EndCause,
    /// Who ended it first.
    pub ended_by: Option<Peer>,
    /// One sentence about its end.
    pub close_story: CloseStory,
    /// What its upgrade asked for; `None` where the capture does not hold that.
    pub asked: Option<Box<UpgradeDigest>>,
    /// Another session that carries the same WebSocket, if the capture holds one.
    pub leg_of: Option<LegOf>,
    /// Findings made about it.
    pub findings: u64,
    /// The worst of them.
    pub worst: Option<Severity>,
    /// How many of them whoever passes this on has left out; the analyzer leaves out none.
    pub left_out: u64,
}

/// What was sent in TLS that no secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedTraffic {
    /// Encrypted records of each side. In TLS 1.3 those of the handshake are among them.
    pub records: PerPeer<u64>,
    /// Their bytes, with headers.
    pub bytes: PerPeer<u64>,
}

/// Another session that carries the same WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegOf {
    /// The other leg.
    pub session: SessionId,
    /// What this one is to it.
    pub role: LegRole,
}

/// What a session is to another one that carries the same WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LegRole {
    /// The leg between a reverse proxy and the server; the other one is nearer to the client.
    Upstream,
    /// The leg between the client and a proxy; the other one is nearer to the server.
    Downstream,
    /// The same connection, captured where it has another address.
    Same,
}

impl LegRole {
    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
            Self::Same => "same",
        }
    }
}

/// One sentence about it.
impl fmt::Display for LegOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, role } = self;
        match role {
            LegRole::Upstream => {
                write!(f, "session {session} is the same WebSocket on the client's side of a proxy")
            }
            LegRole::Downstream => {
                write!(f, "session {session} is the same WebSocket on the server's side of a proxy")
            }
            LegRole::Same => write!(f, "session {session} is the same connection with another address"),
        }
    }
}

/// What the upgrade of a session was about: its URL, and what both sides agreed to speak. Text is as captured, with
/// what is not UTF-8 replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpgradeDigest {
    /// The target of the request: path and query.
    pub target: Option<Box<str>>,
    /// The header Host.
    pub host: Option<Box<str>>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<Box<str>>,
}

impl UpgradeDigest {
    /// What the capture holds of an upgrade.
    pub(super) fn of(upgrade: &Upgrade) -> Option<Box<Self>> {
        let text = |bytes: &[u8]| Box::from(String::from_utf8_lossy(bytes));
        let (request, response) = (upgrade.request.whole(), upgrade.response.whole());
        let asked = Self {
            target: request.and_then(Request::known_target).map(Into::into),
            host: request.and_then(Request::host).map(text),
            subprotocol: response
                .and_then(|response| response.head.value("sec-websocket-protocol"))
                .map(text),
        };
        (asked != Self::default()).then(|| Box::new(asked))
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        let texts = [&self.target, &self.host, &self.subprotocol];
        let allocations = (1 + texts.len()) * Footprint::ALLOCATION;
        allocations + size_of::<Self>() + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>()
    }
}

/// Round trips of pings and their pongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrips {
    /// The shortest.
    pub min: Duration,
    /// The median.
    pub median: Duration,
    /// The longest.
    pub max: Duration,
}

/// How a session was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseSummary {
    /// Who sent the first Close frame.
    pub by: Peer,
    /// Its code, if it had one.
    pub code: Option<CloseCode>,
    /// Its reason, as sent.
    pub reason: Vec<u8>,
    /// Whether the other side sent one as well.
    pub answered: bool,
}

/// The capture in figures.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Packets read.
    pub packets: u64,
    /// Their captured bytes.
    pub bytes: u64,
    /// Packets that were TCP segments; the others are in `skipped`.
    pub segments: u64,
    /// Segments whose bytes, SYN or FIN the capture holds already because it has the same packet twice: no peer sent them
    /// again. Those of connections that are of no further interest are not counted.
    pub copied_segments: u64,
    /// Packets that gave no segment, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Those of a link type that could not be read, by that.
    pub unread_links: BTreeMap<LinkType, u64>,
    /// TCP connections.
    pub connections: u64,
    /// Sessions: accepted and unseen upgrades, and failed ones after which frames followed.
    pub sessions: u64,
    /// Attempts by outcome.
    pub upgrades: BTreeMap<Outcome, u64>,
    /// Frames by opcode, incomplete ones included.
    pub frames: BTreeMap<Opcode, u64>,
    /// Messages, incomplete ones included.
    pub messages: u64,
    /// Payload bytes of frames that were received.
    pub payload_bytes: u64,
    /// TLS sessions by how much of them could be read.
    pub tls: BTreeMap<Readable, u64>,
    /// Those that stayed dark.
    pub dark: u64,
    /// The first of them, with why.
    pub first_dark: Option<(Stamp, Reason)>,
    /// Findings by kind.
    pub findings: BTreeMap<Id, u64>,
    /// Inputs that could not be read, or not to their end: the rest is about what came before that.
    pub unread_inputs: u64,
    /// The earliest packet and the latest, by their times.
    pub span: Option<(Stamp, Stamp)>,
    /// Packets that the snap length cut, of connections that showed no WebSocket.
    pub cut_packets: u64,
    /// Packets that a packet filter kept from the analysis. No other figure has them.
    pub unmatched_packets: u64,
    /// Packets that an earlier input holds as well, counted once; whoever sifts them counts them.
    pub repeated_packets: u64,
    /// What whoever passes this on has left out of the sessions, upgrades, frames, messages and findings above; the
    /// analyzer leaves out nothing.
    pub left_out: Option<LeftOut>,
}

/// What a filter left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Sessions.
    pub sessions: u64,
    /// Attempts to upgrade, those with sessions included.
    pub upgrades: u64,
    /// Findings, those included that were only counted.
    pub findings: BTreeMap<Severity, u64>,
    /// What those of them say that are about limits reached: something may have been missed for that reason.
    pub limits: Vec<String>,
}

impl SessionSummary {
    /// From its first packet to its last, if that is known.
    pub fn duration(&self) -> Option<Duration> {
        self.last.time.passed_since(self.first.time)
    }

    /// The same for sentences: nothing as well where a clock of whole seconds shows that none passed.
    pub fn told_duration(&self) -> Option<Duration> {
        self.last.time.told_since(self.first.time)
    }
}

impl Summary {
    /// From the earliest packet to the latest, if that is known.
    pub fn duration(&self) -> Option<Duration> {
        self.span.map_or(Some(Duration::ZERO), |(first, last)| last.time.passed_since(first.time))
    }

    /// The same for sentences: nothing as well where a clock of whole seconds shows that none passed.
    pub fn told_duration(&self) -> Option<Duration> {
        self.span.map_or(Some(Duration::ZERO), |(first, last)| last.time.told_since(first.time))
    }
}
