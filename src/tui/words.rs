//! Small things in words.

use super::text::{count, size};
use crate::index::MessageRow;
use crate::model::{EndCause, Peer, Timestamp};
use crate::ws::Opcode;
use std::time::Duration;

/// What ended a session that was not closed.
pub(super) const fn ending(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Fin => "ended: FIN",
        EndCause::Rst | EndCause::RstByPeer => "ended: RST",
        EndCause::Open | EndCause::Unseen => "open",
    }
}

/// The opcode in at most six columns.
pub(super) fn opcode(opcode: Opcode) -> String {
    match opcode {
        Opcode::Continuation => "cont".to_owned(),
        Opcode::Reserved(bits) => format!("res-{bits}"),
        opcode => opcode.to_string(),
    }
}

/// The time of day, in UTC.
pub(super) fn time_of_day(time: Timestamp) -> String {
    time.to_string().get(11..19).unwrap_or("--:--:--").to_owned()
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

/// The arrow of a side.
pub(super) const fn arrow(from: Peer) -> &'static str {
    match from {
        Peer::Client => "→",
        Peer::Server => "←",
    }
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
