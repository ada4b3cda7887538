//! An attempt, and the session that followed it, as a list shows it.

use super::activity::Activity;
use crate::analyzer::{Place, SessionSummary};
use crate::findings::Severity;
use crate::model::{EndCause, Escaped, Peer, PerPeer, Stamp};
use crate::ws::{CloseCode, Deflate, Outcome, Upgrade};
use std::time::Duration;

/// One attempt and what came of it. It is complete once its state is not [`SessionState::Open`].
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its number, its connection, who asked whom.
    pub place: Place,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// What to call it.
    pub label: SessionLabel,
    /// The first packet of the attempt, or of what the capture holds of it.
    pub first: Stamp,
    /// The last packet so far.
    pub last: Stamp,
    /// Frames each side sent so far.
    pub frames: PerPeer<u32>,
    /// Messages each side sent so far.
    pub messages: PerPeer<u32>,
    /// Payload bytes each side sent so far, on the wire.
    pub bytes: PerPeer<u64>,
    /// The median of the round trips of pings, once it is over.
    pub median_rtt: Option<Duration>,
    /// Whether it goes on, and how it ended.
    pub state: SessionState,
    /// Who closed, with what, and what came of it, in a sentence, once it is over. Escaped.
    pub close_story: Option<Box<str>>,
    /// Payload bytes over its time.
    pub activity: Activity,
    /// Findings told about it so far.
    pub findings: u32,
    /// The worst of them.
    pub worst: Option<Severity>,
}

/// What to call a session. Captured text in it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionLabel {
    /// The request target: `/chat?room=1`.
    pub target: Option<Box<str>>,
    /// The `Host` header.
    pub host: Option<Box<str>>,
    /// The subprotocol that the server chose.
    pub subprotocol: Option<Box<str>>,
    /// The compression in force: `deflate`, with the sides that reset it named.
    pub compression: Option<&'static str>,
    /// Why there is no session: `rejected with 401`.
    pub failure: Option<Box<str>>,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let follows = upgrade.is_switched() || upgrade.outcome == Outcome::Unseen;
        Self {
            place,
            outcome: upgrade.outcome,
            label: SessionLabel::new(upgrade),
            first: upgrade.first,
            last: upgrade.last,
            frames: PerPeer::default(),
            messages: PerPeer::default(),
            bytes: PerPeer::default(),
            median_rtt: None,
            state: if follows { SessionState::Open } else { SessionState::Failed },
            close_story: None,
            activity: Activity::starting_at(upgrade.first.time),
            findings: 0,
            worst: None,
        }
    }

    /// The session is over: its own figures replace those counted so far.
    pub(super) fn finish(&mut self, summary: SessionSummary) {
        let short = |counts: PerPeer<u64>| {
            PerPeer::from_fn(|peer| u32::try_from(*counts.of(peer)).unwrap_or(u32::MAX))
        };
        self.first = summary.first;
        self.last = summary.last;
        self.frames = short(summary.frames);
        self.messages = short(summary.messages);
        self.bytes = summary.bytes;
        self.median_rtt = summary.round_trips.map(|round_trips| round_trips.median);
        self.state = match summary.close {
            Some(close) => SessionState::Closed { by: close.by, code: close.code, answered: close.answered },
            None => SessionState::Ended { cause: summary.end, by: summary.ended_by },
        };
        self.close_story = Some(summary.close_story.into_boxed_str());
        self.findings = u32::try_from(summary.findings).unwrap_or(u32::MAX);
        self.worst = summary.worst;
    }

    /// Bytes of its texts.
    pub(super) fn text_bytes(&self) -> usize {
        let label = &self.label;
        [&label.target, &label.host, &label.subprotocol, &label.failure, &self.close_story]
            .into_iter()
            .map(|text| text.as_ref().map_or(0, |text| text.len()))
            .sum()
    }
}

impl SessionLabel {
    fn new(upgrade: &Upgrade) -> Self {
        let request = upgrade.request.whole();
        let response = upgrade.response.whole();
        let escaped = |text: &[u8]| Escaped(text).to_string().into_boxed_str();
        Self {
            target: request.map(|request| escaped(request.target.as_bytes())),
            host: request.and_then(|request| request.head.value("host")).map(escaped),
            subprotocol: response
                .and_then(|response| response.head.value("sec-websocket-protocol"))
                .map(escaped),
            compression: upgrade.deflate().map(compression),
            failure: failure(upgrade).map(String::into_boxed_str),
        }
    }
}

const fn compression(deflate: Deflate) -> &'static str {
    match (deflate.client.takeover, deflate.server.takeover) {
        (true, true) => "deflate",
        (false, false) => "deflate, reset each message",
        (false, true) => "deflate, reset by the client",
        (true, false) => "deflate, reset by the server",
    }
}

fn failure(upgrade: &Upgrade) -> Option<String> {
    Some(match upgrade.outcome {
        Outcome::Accepted | Outcome::Unseen => return None,
        Outcome::Rejected => match upgrade.response.whole() {
            Some(response) => format!("rejected with {}", response.status),
            None => "rejected".to_owned(),
        },
        Outcome::Failed => match upgrade.response.whole() {
            Some(response) => format!("failed, answered {}", response.status),
            None => "failed, no answer".to_owned(),
        },
        Outcome::NotWebSocket => "no upgrade asked for".to_owned(),
    })
}
