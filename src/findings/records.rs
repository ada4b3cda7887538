//! Records of TLS of which only a part came: none of it can be read, and the frames in it are missing.

use super::catalog::Id;
use super::doubt::Doubt;
use super::field::FindingField;
use super::finding::Finding;
use super::stalled::STALLED;
use super::words::millis;
use crate::model::{Count, EndCause, Peer, Thousands, in_words};
use crate::tls::{Complaint, ContentType, Facts, UnfinishedRecord};
use std::time::Duration;

/// A record of TLS of which only a part came, and the end of its stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutRecord {
    /// Who sent it.
    pub(crate) from: Peer,
    /// What came of it.
    pub(crate) record: UnfinishedRecord,
    /// What ended the stream.
    pub(crate) cause: EndCause,
    /// From the last byte that came to that end.
    pub(crate) waited: Duration,
}

impl CutRecord {
    /// The one that a TLS session shows at the end of what `from` sent in it, if it most likely is data.
    pub(crate) fn of(facts: &Facts, from: Peer) -> Option<Self> {
        let side = facts.sides.of(from);
        let record = side.unfinished.filter(|record| record.content == ContentType::APPLICATION_DATA)?;
        // A side that had said that it ends may have gone on in vain; and who refuses the other's TLS says so.
        let is_refused = facts.alert.is_some() && facts.complaint() == Complaint::No;
        if side.close_notify.is_some() || is_refused {
            return None;
        }
        let (cause, end) = side.end?;
        let waited = end.stamp.time.since(record.last.time);
        Some(Self { from, record, cause, waited })
    }

    /// Whether nothing of it came for so long that it is stalled.
    pub(super) fn is_stalled(&self) -> bool {
        self.waited > STALLED
    }

    /// What is to be said of it if it stood still before its stream ended.
    pub(super) fn stalled(&self, doubt: &Doubt) -> Option<Finding> {
        let Self { from, record, waited, .. } = *self;
        // See `stalled_by`.
        let closed = doubt.path.as_ref().and_then(|path| path.closed(!from));
        let is_free = closed.is_none_or(|closed| closed.until.time <= record.last.time);
        if !self.is_stalled() || !is_free {
            return None;
        }
        let whole =
            record.declared.map_or("its header".to_owned(), |declared| Count(declared, "byte").to_string());
        let summary = format!(
            "a TLS record from the {from}, which can be read only as a whole: {} of {whole} came, then nothing for {}",
            Thousands(record.received),
            in_words(waited)
        );
        let mut finding = Finding::new(Id::FrameStalled, record.last, summary).from(from);
        if let Some(declared) = record.declared {
            finding = finding.with(FindingField::Declared, declared);
        }
        let finding = finding
            .with(FindingField::Received, record.received)
            .with(FindingField::WaitedMs, millis(waited));
        Some(finding.tentative_if(doubt.of(from)).because(doubt.hindrance(from)))
    }
}
