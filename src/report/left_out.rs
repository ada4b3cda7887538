//! What a filter leaves out, in figures: a report that shows less than there is says so.

use crate::analyzer::{LeftOut, Summary};
use crate::findings::{Finding, Id, Severity};
use std::collections::BTreeMap;

/// Counts what is left out.
#[derive(Debug, Default)]
pub(super) struct LeftOutCounts {
    findings: BTreeMap<Severity, u64>,
    limits: Vec<String>,
    is_too_large_told: bool,
}

impl LeftOutCounts {
    /// A finding is left out.
    pub(super) fn leave_out(&mut self, finding: &Finding) {
        *self.findings.entry(finding.severity).or_default() += 1;
        // Each limit is told once, but those that every session has; of messages that are too large the first will do.
        let is_limit = finding.id == Id::LimitReached && finding.session.is_none();
        let is_too_large = finding.id == Id::MessageTooLarge;
        if is_limit || is_too_large && !std::mem::replace(&mut self.is_too_large_told, true) {
            self.limits.push(finding.summary.clone());
        }
    }

    /// What is missing from `chosen`, which is a part of `whole`.
    pub(super) fn of(&self, whole: &Summary, chosen: &Summary) -> LeftOut {
        let attempts = |summary: &Summary| summary.upgrades.values().sum::<u64>();
        LeftOut {
            sessions: whole.sessions.saturating_sub(chosen.sessions),
            upgrades: attempts(whole).saturating_sub(attempts(chosen)),
            findings: self.findings.clone(),
            limits: self.limits.clone(),
        }
    }
}
