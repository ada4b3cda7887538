//! What explains the worst thing that was found, and leads instead of it.

use super::worst::WorstFinding;
use crate::findings::{Explains, Finding, FindingField, Id, Severity};
use crate::model::SessionId;

/// Findings that may explain others.
#[derive(Debug, Default)]
pub(super) struct Causes(Vec<Cause>);

/// What may be why other things went wrong.
#[derive(Debug)]
struct Cause {
    finding: WorstFinding,
    /// The two legs of a session through a proxy, if it is about one.
    legs: [Option<u64>; 2],
}

impl Cause {
    /// As many of a kind are remembered.
    const MOST: usize = 16;

    fn explains(&self, worst: &WorstFinding) -> bool {
        let finding = &self.finding;
        let is_session = finding.session.is_some() && finding.session == worst.session;
        let is_about_leg = || {
            let leg = worst.session.map(|session| session.0);
            leg.is_some() && self.legs.contains(&leg)
        };
        let Some(how) = finding.id.zip(worst.id).and_then(|(id, other)| id.explains(other)) else {
            return false;
        };
        // What harmed nobody explains nothing that did.
        let is_serious = finding.rank.0 > Severity::Note;
        match how {
            Explains::End => finding.stamp == worst.stamp || is_about_leg(),
            Explains::Attempt => is_session,
            Explains::LegEnd => worst.rank.0 < Severity::Error && is_about_leg(),
            Explains::DoubtfulBytes => worst.is_doubtful() && is_session && finding.from == worst.from,
            Explains::Afterwards => {
                let is_leg =
                    |own: &WorstFinding, other: &WorstFinding| own.leg.is_some() && own.leg == other.session;
                let is_related = is_session || is_leg(finding, worst) || is_leg(worst, finding);
                is_serious && is_related && finding.stamp <= worst.stamp
            }
            // What the receiver acknowledged was there, and only the capture lacks it.
            Explains::Capture => {
                is_serious && is_session && (worst.is_doubtful() || worst.id != Some(Id::TcpGap))
            }
        }
    }
}

impl Causes {
    /// Keeps what leads instead of that which it explains.
    pub(super) fn note(&mut self, finding: &Finding, rank: (Severity, bool)) {
        let may_explain = || Id::ALL.iter().any(|other| finding.id.explains(*other).is_some());
        let alike = || self.0.iter().filter(|cause| cause.finding.id == Some(finding.id));
        let is_same = |cause: &Cause| finding.session.is_some() && cause.finding.session == finding.session;
        if may_explain() && alike().count() < Cause::MOST && !alike().any(is_same) {
            let legs = [FindingField::Downstream, FindingField::Upstream].map(|field| finding.number(field));
            self.0.push(Cause { finding: WorstFinding::new(finding, rank, finding.summary.clone()), legs });
        }
    }

    /// These two sessions are legs of one WebSocket.
    pub(super) fn are_legs(&mut self, session: SessionId, other: SessionId) {
        let findings = self.0.iter_mut().map(|cause| &mut cause.finding);
        findings
            .filter(|finding| finding.session == Some(session))
            .for_each(|finding| finding.leg = Some(other));
    }

    /// What explains the worst thing, or else that itself.
    pub(super) fn of<'a>(&'a self, worst: &'a WorstFinding) -> &'a WorstFinding {
        let cause_of = |effect: &WorstFinding| self.0.iter().find(|cause| cause.explains(effect));
        let mut cause = worst;
        // A cause may have one itself.
        for _ in &self.0 {
            match cause_of(cause) {
                Some(Cause { finding, .. }) => cause = finding,
                None => break,
            }
        }
        cause
    }
}
