//! Gathers what becomes a span: an attempt with the findings about it and its end.

use super::delivery::Deliveries;
use super::session_span::{AttemptFacts, Findings, SessionSpan};
use super::span_queue::SpanQueue;
use crate::analyzer::Output;
use crate::findings::Finding;
use crate::model::SessionId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most findings that are kept for all sessions that are open, about 5 MB; more are only counted.
const MOST_KEPT: usize = 100_000;

/// The most open sessions that are remembered, the newest ones: a filter may hide the ends of the others. The span of one
/// that was forgotten has no findings, and nothing about the attempt.
const REMEMBERED: usize = 100_000;

/// Takes what the analyzer tells, and hands a span over when a session is over or an attempt has failed. It never waits.
#[derive(Debug)]
pub struct SpanGatherer {
    queue: Arc<SpanQueue>,
    deliveries: Arc<Deliveries>,
    open: BTreeMap<SessionId, OpenSession>,
    /// Findings that `open` keeps.
    kept: usize,
    /// The attempt that failed last, as long as findings about it may come.
    failed: Option<SessionSpan>,
}

/// What is known of a session that goes on.
#[derive(Debug)]
struct OpenSession {
    attempt: AttemptFacts,
    findings: Findings,
}

impl SpanGatherer {
    pub(super) fn new(queue: Arc<SpanQueue>, deliveries: Arc<Deliveries>) -> Self {
        Self { queue, deliveries, open: BTreeMap::new(), kept: 0, failed: None }
    }

    /// Takes what comes next.
    pub fn take(&mut self, output: &Output<'_>) {
        let about = match output {
            Output::Finding(finding) | Output::Counted(finding) => finding.session,
            // These come on the way, and say nothing about the attempt.
            Output::Secrets(..) | Output::Data(..) => return,
            Output::Upgrade(..)
            | Output::Frame(..)
            | Output::Message(..)
            | Output::Waiting(_)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Session(_)
            | Output::Summary(_) => None,
        };
        if self.failed.as_ref().is_some_and(|failed| about != Some(failed.place.session)) {
            self.hand_over_failed();
        }
        match output {
            Output::Upgrade(place, upgrade) if upgrade.goes_on() => {
                if self.open.len() >= REMEMBERED
                    && let Some((_, forgotten)) = self.open.pop_first()
                {
                    self.kept -= forgotten.findings.kept.len();
                }
                let open = OpenSession { attempt: AttemptFacts::of(upgrade), findings: Findings::default() };
                self.open.insert(place.session, open);
            }
            Output::Upgrade(place, upgrade) => self.failed = Some(SessionSpan::failed(place, upgrade)),
            Output::Finding(finding) => self.finding(finding, true),
            Output::Counted(finding) => self.finding(finding, false),
            Output::Session(summary) => {
                let open = self.open.remove(&summary.place.session);
                let (attempt, findings) =
                    open.map_or_else(Default::default, |open| (Some(open.attempt), open.findings));
                self.kept -= findings.kept.len();
                self.hand_over(SessionSpan::ended(attempt, summary, findings));
            }
            Output::Frame(..)
            | Output::Message(..)
            | Output::Waiting(_)
            | Output::Secrets(..)
            | Output::Data(..)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Summary(_) => {}
        }
    }

    /// No finding about an attempt that has failed follows for now.
    pub fn flush(&mut self) {
        self.hand_over_failed();
    }

    fn finding(&mut self, finding: &Finding, is_told: bool) {
        if let Some(failed) = &mut self.failed {
            // It is about this one, as it has not been handed over.
            failed.findings.add(finding, is_told);
            return;
        }
        let open = finding.session.and_then(|session| self.open.get_mut(&session));
        if open.is_some_and(|open| open.findings.add(finding, is_told && self.kept < MOST_KEPT)) {
            self.kept += 1;
        }
    }

    fn hand_over_failed(&mut self) {
        if let Some(failed) = self.failed.take() {
            self.hand_over(failed);
        }
    }

    fn hand_over(&self, span: SessionSpan) {
        self.deliveries.hand_over(self.queue.push(span));
    }
}

#[cfg(test)]
mod tests {
    use super::super::session_span::{Asked, MOST_FINDINGS};
    use super::super::span_queue::{BATCH, ROOM};
    use super::*;
    use crate::analyzer::Place;
    use crate::findings::{Id, Severity};
    use crate::model::{Attempt, ConnectionId, PerPeer, Stamp};

    fn span() -> SessionSpan {
        let address = "192.0.2.1:1".parse().unwrap();
        let place = Place {
            session: SessionId(1),
            connection: ConnectionId(1),
            opened: Stamp::default(),
            attempt: Attempt::Ordinal(1),
            is_secure: false,
            addresses: PerPeer { client: address, server: address },
        };
        SessionSpan {
            place,
            first: Stamp::default(),
            last: Stamp::default(),
            attempt: None,
            asked: Asked::default(),
            traffic: None,
            findings: Findings::default(),
        }
    }

    #[test]
    fn what_has_no_room_to_wait_is_counted_and_the_rest_goes_in_batches() {
        let (queue, deliveries) = (Arc::new(SpanQueue::default()), Arc::new(Deliveries::default()));
        let gatherer = SpanGatherer::new(Arc::clone(&queue), Arc::clone(&deliveries));
        for _ in 0..ROOM + 3 {
            gatherer.hand_over(span());
        }
        assert_eq!(
            deliveries.by_state().map(|(state, count)| (state.name(), count)),
            [("sent", 0), ("refused", 0), ("dropped", 3)]
        );
        assert_eq!(deliveries.all(), ROOM as u64 + 3);
        let batches = std::iter::repeat_with(|| queue.take().len()).take_while(|count| *count > 0);
        assert_eq!(batches.collect::<Vec<_>>(), [BATCH; ROOM / BATCH]);
    }

    #[test]
    fn the_worst_finding_is_known_even_where_it_is_not_kept() {
        let mut findings = Findings::default();
        for _ in 0..=MOST_FINDINGS {
            findings.add(&Finding::new(Id::FrameMaskWeak, Stamp::default(), ""), true);
        }
        for id in [Id::PongMismatch, Id::UpgradeRejected] {
            assert!(!findings.add(&Finding::new(id, Stamp::default(), ""), true));
        }
        assert_eq!((findings.kept.len(), findings.left_out), (MOST_FINDINGS, 3));
        assert_eq!(findings.count, MOST_FINDINGS as u64 + 3);
        assert_eq!(findings.worst, Some((Severity::Error, Id::PongMismatch)));
    }
}
