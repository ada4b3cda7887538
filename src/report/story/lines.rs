//! The lines of a session's story.

use super::parts::{FoldedRows, StoryPart};
use crate::analyzer::{RoundTrips, SealedTraffic, SessionSummary};
use crate::model::{Count, Peer, Stamp, in_words};
use crate::report::remark::Remark;
use crate::report::row::{MARGIN, ShownTime, write_margin};
use crate::report::sink::Payload;
use crate::report::style::{FAINT, Look, sentence};
use std::fmt::{self, Write};

/// The lines of a story as they are being written.
pub(super) struct StoryLines<'a> {
    pub(super) out: &'a mut String,
    pub(super) clock: ShownTime,
    pub(super) look: Look,
    /// What the last line was about.
    pub(super) packet: Option<Stamp>,
    /// What the rows are.
    pub(super) unit: &'static str,
}

impl StoryLines<'_> {
    pub(super) fn write(&mut self, part: &StoryPart<'_>, payload: Payload) -> fmt::Result {
        match part {
            StoryPart::Opening(line) => {
                line.write(self.out, self.clock, self.look)?;
                self.packet = Some(line.stamp());
                Ok(())
            }
            StoryPart::Row(row) => {
                row.write(self.out, self.clock, self.look, payload)?;
                self.packet = Some(row.stamp());
                Ok(())
            }
            StoryPart::Beneath(noted) => self.write_beneath(noted.remark, None),
            StoryPart::Alone(noted) => self.write_alone(noted.remark),
            StoryPart::Folded(count, what) => {
                let quiet = if *what == FoldedRows::Quiet { " without findings" } else { "" };
                self.write_faint(&format!("⋮ {}{quiet}", Count(*count, self.unit)))
            }
            StoryPart::Alike(count) => {
                self.write_faint(&format!("⋮ the same of {count} more {}s", self.unit))
            }
        }
    }

    fn write_faint(&mut self, words: &str) -> fmt::Result {
        writeln!(self.out, "{:MARGIN$}{}", "", self.look.paint(FAINT, words))
    }

    fn write_beneath(&mut self, remark: &Remark, frame: Option<u64>) -> fmt::Result {
        write!(self.out, "{:MARGIN$}", "")?;
        remark.write(self.out, frame, self.look)
    }

    /// A finding without a frame to stand beneath.
    fn write_alone(&mut self, remark: &Remark) -> fmt::Result {
        if self.packet.replace(remark.stamp()) == Some(remark.stamp()) {
            return self.write_beneath(remark, remark.frame());
        }
        write_margin(self.out, remark.stamp(), self.clock, self.look)?;
        remark.write(self.out, remark.frame(), self.look)
    }
}

/// How it ended, and its figures.
pub(super) fn write_end(out: &mut String, summary: &SessionSummary, look: Look) -> fmt::Result {
    for words in ending(summary) {
        writeln!(out, "  {}", look.wrap(&words, 2, 2))?;
    }
    writeln!(out, "  {}", look.paint(FAINT, look.wrap(&figures(summary)?, 2, 2)))
}

/// How a session ended, and which other one carries the same WebSocket.
pub(in crate::report) fn ending(summary: &SessionSummary) -> impl Iterator<Item = String> {
    let leg_of = summary.leg_of.map(|leg_of| sentence(&leg_of.to_string()));
    [sentence(&summary.close_story.to_string())].into_iter().chain(leg_of)
}

/// The figures of a session, in a row.
pub(in crate::report) fn figures(summary: &SessionSummary) -> Result<String, fmt::Error> {
    let unseen = summary.close_story.unseen();
    let mut figures = String::new();
    for peer in Peer::BOTH {
        let separator = if figures.is_empty() { "" } else { "; " };
        if unseen == Some(peer) {
            write!(figures, "{separator}no packet of the {peer} is in the capture")?;
            continue;
        }
        let (things, bytes) = match &summary.sealed {
            Some(SealedTraffic { records, bytes }) => (Count(*records.of(peer), "record"), *bytes.of(peer)),
            None => (Count(*summary.frames.of(peer), "frame"), *summary.bytes.of(peer)),
        };
        write!(figures, "{separator}the {peer} sent {things}, {}", Count(bytes, "byte"))?;
    }
    if summary.sealed.is_some() {
        figures.push_str("; frames cannot be seen in them");
    }
    if summary.pings_sent > 0 && unseen.is_none() {
        write!(figures, "; {} of {} answered", summary.pings_answered, Count(summary.pings_sent, "ping"))?;
        // A clock of whole seconds shows no shorter time.
        let is_shown = |trips: &RoundTrips| !(trips.max.is_zero() && summary.first.time.is_whole_seconds());
        if let Some(trips) = summary.round_trips.filter(is_shown) {
            write!(figures, " in {}", in_words(trips.median))?;
            if trips.min != trips.max {
                write!(figures, " (median), {} (longest)", in_words(trips.max))?;
            }
        }
    }
    for peer in Peer::BOTH.into_iter().filter(|peer| *summary.sent_again.of(*peer) > 0) {
        write!(figures, "; the {peer} retransmitted {}", Count(*summary.sent_again.of(peer), "packet"))?;
    }
    Ok(figures)
}
