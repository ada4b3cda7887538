//! Small things in words.

use super::clock::Clock;
use super::text::{count, size};
use crate::findings::EndKind;
use crate::index::{EndRow, Index, MessageRow, SessionRow};
use crate::model::{EndCause, Peer, Timestamp, phrase};
use crate::ws::Opcode;
use std::time::Duration;

/// Why bytes of a payload are not there.
pub(super) const BEYOND_LIMIT: &str = "the limit message-bytes keeps no more";

/// What ended a session that was not closed.
pub(super) const fn ending(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Fin => "ended: FIN",
        EndCause::Rst | EndCause::RstByPeer => "ended: RST",
        EndCause::Open | EndCause::Unseen => "open",
    }
}

/// A silence that is worth words, and a row of a ladder.
pub(super) const SILENCE: Duration = Duration::from_secs(1);

/// How a side ended what carried the session.
pub(super) fn of_end(row: &EndRow, silence: Option<Duration>) -> String {
    let from = row.from;
    let what = match row.kind {
        EndKind::Fin => format!("the {from} ended TCP"),
        EndKind::Rst => format!("the {from} reset TCP"),
        EndKind::ForeignRst => "something in between reset TCP".to_owned(),
        EndKind::EndStream => format!("the {from} ended the HTTP/2 stream"),
        EndKind::RstStream => format!("the {from} reset the HTTP/2 stream"),
    };
    what + &phrase(" after ", silence.filter(|silence| *silence >= SILENCE), " of silence")
}

/// The flag that ends a side's stream, in at most six columns: what `END_STREAM` and `RST_STREAM` of HTTP/2 do is the same
/// (RFC 8441 §5).
pub(super) const fn end_flag(kind: EndKind) -> &'static str {
    match kind {
        EndKind::Fin | EndKind::EndStream => "FIN",
        EndKind::Rst | EndKind::ForeignRst | EndKind::RstStream => "RST",
    }
}

/// The time from whatever came last before an end, a frame or the other end, to it, if that is known.
pub(super) fn silence_before(index: &Index, session: usize, end: &EndRow) -> Option<Duration> {
    let at = end.stamp();
    let frame = end.frames_before().checked_sub(1).and_then(|place| index.frames(session).get(place));
    let other = index.ends(session).iter().map(EndRow::stamp).filter(|other| *other < at).max();
    let start = index.sessions().get(session).map(|row| row.first().time);
    let before = [frame.map(|row| row.time()), other.map(|other| other.time), start];
    let before = before.into_iter().flatten().filter(|time| *time <= at.time).max();
    before.and_then(|time| at.time.passed_since(time))
}

/// The opcode in at most six columns.
pub(super) fn opcode(opcode: Opcode) -> String {
    match opcode {
        Opcode::Continuation => "cont".to_owned(),
        Opcode::Reserved(bits) => format!("res-{bits}"),
        Opcode::Text | Opcode::Binary | Opcode::Close | Opcode::Ping | Opcode::Pong => opcode.to_string(),
    }
}

/// How much of the times at which sessions began has to be told, so that they can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StartForm {
    /// All of them began on one day: `14:02:05`.
    #[default]
    OneDay,
    /// In one year: `01-31 14:02`.
    OneYear,
    /// In several: `2026-01-31 14:02`.
    Years,
}

impl StartForm {
    /// The one for all sessions there are.
    pub(super) fn of(index: &Index, clock: &Clock) -> Self {
        let Some((first, last)) = index.begun() else { return Self::OneDay };
        let (first, last) = (clock.day(first), clock.day(last));
        if first == last {
            Self::OneDay
        } else if first.get(..4) == last.get(..4) {
            Self::OneYear
        } else {
            Self::Years
        }
    }

    /// The columns that it takes.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::OneDay => 8,
            Self::OneYear => 11,
            Self::Years => 16,
        }
    }

    /// When a session began.
    pub(super) fn show(self, row: &SessionRow, clock: &Clock) -> String {
        let time = clock.show(row.first().time);
        let part = match self {
            Self::OneDay => 11..19,
            Self::OneYear => 5..16,
            Self::Years => 0..16,
        };
        time.get(part).unwrap_or_default().replace('T', " ")
    }
}

/// A time since something, in seconds with as many decimals as fit into nine columns.
pub(super) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..100 => format!("{seconds}.{:06}", duration.subsec_micros()),
        100..100_000 => format!("{seconds}.{:03}", duration.subsec_millis()),
        _ => format!("{seconds}"),
    }
}

/// The time since something, in seconds, as far as it is known.
pub(super) fn seconds_since(time: Timestamp, earlier: Timestamp) -> String {
    match time.offset_from(earlier) {
        Some((apart, false)) => seconds(apart),
        Some((apart, true)) => format!("-{}", seconds(apart)),
        None => "–".to_owned(),
    }
}

/// The arrow of a side.
pub(super) const fn arrow(from: Peer) -> &'static str {
    match from {
        Peer::Client => "→",
        Peer::Server => "←",
    }
}

/// How a message was sent, in few columns: in how many frames, to how many bytes it was compressed, and `<` where it is not
/// whole.
pub(super) fn sent(row: &MessageRow) -> String {
    let mut words = Vec::new();
    if row.frames > 1 {
        words.push(format!("×{}", row.frames));
    }
    if row.is_compressed() {
        words.push(format!("{}z", size(row.wire_length)));
    }
    if !row.complete {
        words.push("<".to_owned());
    }
    words.join(" ")
}

/// How a message was sent.
pub(super) fn of_message(row: &MessageRow) -> String {
    let mut words = Vec::new();
    if row.frames > 1 {
        words.push(count(row.frames, "frame"));
    }
    if row.is_compressed() {
        words.push(format!("{} compressed", size(row.wire_length)));
    }
    if !row.complete {
        words.push("not whole".to_owned());
    }
    words.join(", ")
}
