//! What the analyzer tells, in a form that can wait: loading collects additions and adds many at a time, so that those
//! who read the index never wait long.

use super::frame_row::FrameRow;
use super::message_row::EndedMessage;
use super::pings::PingOrPong;
use super::session_row::SessionRow;
use crate::analyzer::{Output, SessionSummary, Summary};
use crate::findings::Finding;
use crate::model::{ConnectionId, Count, Peer, SessionId};
use crate::tls::{Facts, Readable, Rhythm};
use crate::ws::{Frame, Opcode};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// What payloads of pings are hashed with. Whoever sends them must not be able to choose two that collide, as pings would get
/// the wrong round trips then.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// One thing to add to an [`Index`](super::Index).
#[derive(Debug)]
pub(crate) enum Addition {
    Session(Box<SessionRow>),
    Frame(SessionId, FrameRow, Option<PingOrPong>),
    Message(SessionId, EndedMessage),
    Finding(Box<Finding>),
    /// What may become a finding when the wait it is about is over.
    Waiting(Box<Finding>),
    End(Box<SessionSummary>),
    /// What is known of a connection's TLS, and why not all of it can be read.
    Tls(ConnectionId, Box<str>),
    Summary(Box<Summary>),
}

impl Addition {
    /// What the index keeps of an output, if anything.
    pub(crate) fn of(output: &Output<'_>) -> Option<Self> {
        Some(match output {
            Output::Upgrade(place, upgrade) => Self::Session(Box::new(SessionRow::new(**place, upgrade))),
            Output::Frame(place, frame) => Self::Frame(place.session, FrameRow::new(frame), beat(frame)),
            Output::Message(place, message) => Self::Message(place.session, EndedMessage::new(message)),
            Output::Finding(finding) => Self::Finding(Box::new((*finding).clone())),
            Output::Waiting(finding) => Self::Waiting(Box::new((*finding).clone())),
            Output::Session(summary) => Self::End(Box::new((*summary).clone())),
            Output::Summary(summary) => Self::Summary(Box::new((*summary).clone())),
            Output::Tls(place, facts) | Output::Dark(place, facts) => {
                Self::Tls(place.connection, tls_words(facts))
            }
            // The session's figures have them.
            Output::Counted(_) | Output::ServerName(..) | Output::Secrets(..) | Output::Data(..) => {
                return None;
            }
        })
    }
}

fn tls_words(facts: &Facts) -> Box<str> {
    let mut words = facts.in_words();
    if let (Readable::Nothing, Rhythm { records, bytes, .. }) = (facts.readable, facts.rhythm)
        && records.client + records.server > 0
    {
        let of =
            |peer| format!("{} ({})", Count(*records.of(peer), "record"), Count(*bytes.of(peer), "byte"));
        let (client, server) = (of(Peer::Client), of(Peer::Server));
        let sent = format!("; the client sent {client}, the server {server}, in which frames cannot be seen");
        words.push_str(&sent);
    }
    if let Some(darkness) = facts.darkness_in_words() {
        words.push_str("; ");
        words.push_str(&darkness);
    }
    words.into()
}

/// The ping or pong that a frame is, if it is a whole and valid one.
fn beat(frame: &Frame<'_>) -> Option<PingOrPong> {
    let is_pong = match frame.header.opcode {
        Opcode::Ping => false,
        Opcode::Pong => true,
        Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Close | Opcode::Reserved(_) => {
            return None;
        }
    };
    let time = if is_pong { frame.first.time } else { frame.last.time };
    let is_whole = frame.is_complete() && frame.header.fin && frame.header.length <= 125;
    is_whole.then(|| PingOrPong { payload: SEED.hash_one(frame.payload), time, is_pong })
}
