//! What a terminal UI lists: fixed-size rows of sessions, frames, messages and ends, without any payload.
//!
//! [`Index`] grows by what the analyzer tells. [`Load`](crate::replay::Load) fills one on a thread. A payload is read again from the
//! capture when someone looks at it: that is [`replay`](crate::replay)'s matter.

mod activity;
mod addition;
mod chunked;
mod end_row;
mod frame_row;
mod message_row;
mod packed;
mod pings;
mod positions;
mod sentence;
mod session;
mod session_row;
mod traffic;

#[cfg(test)]
mod tests;

pub use activity::Activity;
pub(crate) use addition::Addition;
pub use chunked::{RowRefs, Rows};
pub use end_row::EndRow;
pub use frame_row::FrameRow;
pub(crate) use message_row::EndedMessage;
pub use message_row::{MessageRow, MessageRows};
pub(crate) use positions::Positions;
pub use session_row::{AttemptFailure, Compressed, SessionLabel, SessionRow, SessionState};
pub use traffic::{Stretches, Traffic};

use crate::analyzer::{Output, Summary};
use crate::findings::{Finding, Id};
use crate::model::{ConnectionId, SessionId, Stamp, Timestamp};
use chunked::Chunked;
use session::Contents;
use session_row::Labels;
use std::collections::BTreeMap;

/// Everything that was found in a capture, but payloads. Sessions are counted from 0 here: session `n` of the
/// analyzer is `sessions()[n - 1]`.
#[derive(Debug, Default)]
pub struct Index {
    sessions: Chunked<SessionRow>,
    contents: Chunked<Contents>,
    findings: Vec<Finding>,
    /// Findings that a wait may still become, by their place.
    waits: BTreeMap<OpenWait, u32>,
    summary: Option<Summary>,
    frames: u64,
    labels: Labels,
    /// What is known of TLS, by connection.
    tls: BTreeMap<ConnectionId, Box<str>>,
    traffic: Traffic,
    /// When the first session began, and when the last one did.
    begun: Option<(Timestamp, Timestamp)>,
}

/// Connections whose TLS is remembered: web pages may have very many that nobody looks at.
const TLS: usize = 1 << 16;

/// What a wait is about, and the finding that it becomes.
type OpenWait = (Id, Option<ConnectionId>, Option<u64>);

impl Index {
    /// Takes the next thing that the analyzer tells.
    pub fn add(&mut self, output: &Output<'_>) {
        if let Some(addition) = Addition::of(output) {
            self.apply(addition);
        }
    }

    pub(crate) fn apply(&mut self, addition: Addition) {
        match addition {
            Addition::Session(mut row) => {
                self.labels.share(&mut row.label);
                let time = row.first().time;
                let (first, last) = self.begun.unwrap_or((time, time));
                self.begun = Some((first.min(time), last.max(time)));
                self.sessions.push(*row);
                self.contents.push(Contents::default());
            }
            Addition::Frame(id, frame, beat) => {
                self.frames += 1;
                let Some((row, contents)) = find(&mut self.sessions, &mut self.contents, id) else { return };
                let from = frame.from();
                *row.frames.of_mut(from) = row.frames.of(from).saturating_add(1);
                *row.bytes.of_mut(from) += frame.received();
                row.extend_to(Stamp { packet: frame.last_packet(), ..frame.first_stamp() });
                let frame = contents.add_frame(frame, beat, row.first().time);
                self.traffic.add_frame(&frame);
            }
            Addition::Message(id, message) => {
                let Some((row, contents)) = find(&mut self.sessions, &mut self.contents, id) else { return };
                let count = row.messages.of_mut(message.from);
                *count = count.saturating_add(1);
                contents.add_message(&message);
                self.traffic.add_size(message.from, message.length);
            }
            Addition::Finding(finding) => self.add_finding(*finding),
            Addition::Waiting(finding) => {
                let place = u32::try_from(self.findings.len()).unwrap_or(u32::MAX);
                let wait = wait_of(&finding);
                self.add_finding(*finding);
                self.waits.insert(wait, place);
            }
            Addition::End(summary) => {
                let id = summary.place.session;
                let Some((row, contents)) = find(&mut self.sessions, &mut self.contents, id) else { return };
                contents.finish(&summary.close_story.ends());
                row.finish(*summary);
            }
            Addition::Tls(connection, words) => {
                if self.tls.len() < TLS {
                    self.tls.insert(connection, words);
                }
            }
            Addition::Summary(summary) => self.summary = Some(*summary),
        }
    }

    /// What is known of a connection's TLS, in words, once it is over.
    pub fn tls(&self, connection: ConnectionId) -> Option<&str> {
        self.tls.get(&connection).map(AsRef::as_ref)
    }

    /// Adds a finding; one that a wait became takes its place.
    fn add_finding(&mut self, finding: Finding) {
        let known = self.waits.remove(&wait_of(&finding));
        let index = known.unwrap_or(u32::try_from(self.findings.len()).unwrap_or(u32::MAX));
        if let Some(waited) = known.and_then(|place| self.findings.get_mut(place as usize)) {
            if waited.session == finding.session {
                *waited = finding;
                return;
            }
            *waited = finding.clone();
        } else {
            self.findings.push(finding.clone());
        }
        let session = finding.session.and_then(|id| find(&mut self.sessions, &mut self.contents, id));
        if let Some((row, contents)) = session {
            row.findings = row.findings.saturating_add(1);
            row.worst = row.worst.max(Some(finding.severity));
            contents.add_finding(index);
            if let Some(frame) = finding.frame {
                contents.mark(frame, finding.severity);
            }
        }
    }

    /// Where a session stands in [`Index::sessions`].
    pub fn position(id: SessionId) -> Option<usize> {
        usize::try_from(id.0.checked_sub(1)?).ok()
    }

    /// Every attempt, whatever came of it, in the order of telling.
    pub const fn sessions(&self) -> RowRefs<'_, SessionRow> {
        RowRefs::new(&self.sessions)
    }

    /// When the first session began, and when the last one did.
    pub const fn begun(&self) -> Option<(Timestamp, Timestamp)> {
        self.begun
    }

    /// The frames of a session, in the order of telling: that of last bytes.
    pub fn frames(&self, session: usize) -> Rows<'_, FrameRow> {
        self.contents.at(session).map_or(Rows::new(None), Contents::frames)
    }

    /// The messages of a session, in the order of telling.
    pub fn messages(&self, session: usize) -> MessageRows<'_> {
        self.contents.at(session).map_or(MessageRows::new(None, Rows::new(None)), Contents::messages)
    }

    /// How each side ended TCP, once the session is over, in the order of packets.
    pub fn ends(&self, session: usize) -> &[EndRow] {
        self.contents.at(session).map_or(&[], Contents::ends)
    }

    /// Where the frame of this number stands in [`Index::frames`].
    pub fn frame_row(&self, session: usize, number: u64) -> Option<usize> {
        self.contents.at(session)?.row_of(number)
    }

    /// Every finding, in the order of telling.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings of a session: indexes into [`Index::findings`].
    pub fn findings_of(&self, session: usize) -> impl Iterator<Item = usize> {
        let findings = self.contents.at(session).map_or(&[][..], Contents::findings);
        findings.iter().filter_map(|index| usize::try_from(*index).ok())
    }

    /// The capture in figures, once it is over.
    pub const fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// The payload bytes of a session over its time.
    pub fn activity(&self, session: usize) -> Option<Activity> {
        let start = self.sessions.at(session)?.first().time;
        self.contents.at(session).map(|contents| contents.activity(start))
    }

    /// The traffic of all sessions over time.
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// The frames of all sessions together.
    pub const fn frames_total(&self) -> u64 {
        self.frames
    }

    /// Bytes of memory that the rows of sessions, frames and messages take, without findings.
    pub fn bytes_held(&self) -> usize {
        let contents: usize = RowRefs::new(&self.contents).iter().map(Contents::bytes_held).sum();
        let rows: usize = self.sessions().iter().map(SessionRow::bytes_held).sum();
        contents + rows + self.sessions.bytes_held() + self.contents.bytes_held()
    }
}

fn find<'a>(
    sessions: &'a mut Chunked<SessionRow>,
    contents: &'a mut Chunked<Contents>,
    id: SessionId,
) -> Option<(&'a mut SessionRow, &'a mut Contents)> {
    let at = Index::position(id)?;
    Some((sessions.at_mut(at)?, contents.at_mut(at)?))
}

const fn wait_of(finding: &Finding) -> OpenWait {
    (finding.id, finding.connection, finding.frame)
}
