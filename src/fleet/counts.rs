//! What is counted of each host, kind of finding, cause and way to end.

use super::durations::Durations;
use crate::findings::Severity;
use crate::model::Timestamp;
use std::collections::BTreeMap;

/// A row that is an example.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) host: u32,
    /// The part, by the number that [`Tally::part`](super::tally::Tally::part) was told.
    pub(super) part: usize,
    pub(super) row: u64,
    pub(super) file: Box<str>,
    pub(super) packet: Option<u64>,
    pub(super) session: Option<u64>,
    pub(super) time: Option<Timestamp>,
}

/// The first and the last moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span(pub(super) Option<(Timestamp, Timestamp)>);

impl Span {
    pub(super) fn add(&mut self, time: Option<Timestamp>) {
        let Some(time) = time else { return };
        self.0 = Some(self.0.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
    }

    pub(super) fn first(self) -> Option<Timestamp> {
        self.0.map(|(first, _)| first)
    }
}

#[derive(Debug, Default)]
pub(super) struct HostTally {
    pub(super) name: String,
    pub(super) captures: u64,
    pub(super) attempts: u64,
    pub(super) failed: u64,
    pub(super) faulty: u64,
    pub(super) sessions: u64,
    pub(super) ends: [u64; 3],
    pub(super) lost: u64,
    pub(super) span: Span,
    pub(super) answers: Durations,
}

#[derive(Debug)]
pub(super) struct KindTally {
    pub(super) severity: Severity,
    pub(super) count: u64,
    pub(super) affected: u64,
    pub(super) at_least: bool,
    pub(super) span: Span,
    /// Findings by hour since 1970.
    pub(super) hours: BTreeMap<i64, u64>,
    pub(super) examples: Vec<Seen>,
}

/// What of a kind, or a cause, is on one host.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub(super) count: u64,
    /// Sessions, attempts and connections.
    pub(super) affected: u64,
    pub(super) span: Span,
}

#[derive(Debug, Default)]
pub(super) struct CauseTally {
    pub(super) count: u64,
    pub(super) span: Span,
    pub(super) example: Option<Seen>,
}

#[derive(Debug, Default)]
pub(super) struct EndTally {
    pub(super) count: u64,
    pub(super) lasted: Durations,
    pub(super) example: Option<Seen>,
}
