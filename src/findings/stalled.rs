//! Judges frames of which nothing came for a while.

use super::catalog::Id;
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::left_out::left_out_length;
use super::words::millis;
use crate::model::{Count, Thousands, in_words};
use crate::ws::Frame;
use std::time::Duration;

/// A frame that makes no progress for this long is stalled.
pub(super) const STALLED: Duration = Duration::from_secs(5);

/// What is to be said of a frame of which nothing came for so long, before it went on or its stream ended.
pub(super) fn stalled_by(frame: &Frame<'_>, waited: Duration, doubt: &Doubt) -> Option<Finding> {
    // Who may not send does not stall: see `receiver-stalled`.
    let closed = doubt.path.as_ref().and_then(|path| path.closed(!frame.from));
    let is_free = closed.is_none_or(|closed| closed.until.time <= frame.last.time);
    (waited > STALLED && is_free).then(|| stalled(frame, waited, "").because(doubt.hindrance(frame.from)))
}

/// The same of a frame that may still go on, with what is to be said behind it.
pub(super) fn stalled(frame: &Frame<'_>, waited: Duration, and: &str) -> Finding {
    let left_out = left_out_length(frame).unwrap_or_default();
    let summary = format!(
        "frame {} from the {}: {} of {} came, then nothing for {}{and}{left_out}",
        frame.number,
        frame.from,
        Thousands(frame.received),
        Count(frame.header.length, "payload byte"),
        in_words(waited)
    );
    Finding::new(Id::FrameStalled, frame.last, summary)
        .from(frame.from)
        .frame(frame.number)
        .with(FindingField::Declared, frame.header.length)
        .with(FindingField::Received, frame.received)
        .with(FindingField::WaitedMs, millis(waited))
}
