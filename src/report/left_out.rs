//! What a filter leaves out, in figures: a report that shows less than there is says so.

use crate::analyzer::{LeftOut, Summary};
use crate::findings::{Finding, Id, Severity};
use std::collections::BTreeMap;

/// Counts what is left out.
#[derive(Debug, Default)]
pub(super) struct Tally {
    findings: BTreeMap<(Id, Severity), u64>,
    /// Of each kind the worst finding, left out or not.
    worst: BTreeMap<Id, Severity>,
}

impl Tally {
    /// There is a finding, left out or not.
    pub(super) fn see(&mut self, finding: &Finding) {
        let worst = self.worst.entry(finding.id).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }

    /// It is left out.
    pub(super) fn leave_out(&mut self, finding: &Finding) {
        *self.findings.entry((finding.id, finding.severity)).or_default() += 1;
    }

    /// What is missing from `chosen`, which is a part of `whole`.
    pub(super) fn of(&self, whole: &Summary, chosen: &Summary) -> LeftOut {
        let mut findings: BTreeMap<Severity, u64> = BTreeMap::new();
        for ((_, severity), count) in &self.findings {
            *findings.entry(*severity).or_default() += count;
        }
        // Those that were only counted: who knows how severe they are.
        for (id, all) in &whole.findings {
            let seen: u64 =
                self.findings.iter().filter(|((other, _), _)| other == id).map(|(_, count)| count).sum();
            let shown = chosen.findings.get(id).copied().unwrap_or_default();
            let rest = all.saturating_sub(seen + shown);
            if let Some(worst) = self.worst.get(id).filter(|_| rest > 0) {
                *findings.entry(*worst).or_default() += rest;
            }
        }
        let attempts = |summary: &Summary| summary.upgrades.values().sum::<u64>();
        LeftOut {
            sessions: whole.sessions.saturating_sub(chosen.sessions),
            upgrades: attempts(whole).saturating_sub(attempts(chosen)),
            findings,
        }
    }
}
