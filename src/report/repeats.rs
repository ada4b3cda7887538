//! Attempts that fail the same way again and again: a client in a retry loop must not bury everything else.

use super::style::{FAINT, Look};
use crate::findings::Id;
use crate::model::{Count, SessionId};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// How many of a kind are shown in full.
const IN_FULL: u64 = 3;

/// Kinds to tell apart; attempts of later kinds are all told.
const KINDS: usize = 1_024;

/// What makes two failed attempts alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FoldedAttempt {
    pub(super) client: IpAddr,
    pub(super) server: SocketAddr,
    pub(super) target: Option<String>,
    pub(super) failure: String,
    pub(super) findings: Vec<Id>,
}

/// The attempts that failed so far.
#[derive(Debug, Default)]
pub(super) struct RepeatedAttempts(BTreeMap<FoldedAttempt, RepeatedAttempt>);

#[derive(Debug)]
struct RepeatedAttempt {
    count: u64,
    /// The last one that was reported.
    told: SessionId,
}

impl RepeatedAttempts {
    /// Counts an attempt; says whether it is new enough to be reported.
    pub(super) fn is_news(&mut self, session: SessionId, attempt: FoldedAttempt) -> bool {
        if self.0.len() >= KINDS && !self.0.contains_key(&attempt) {
            return true;
        }
        let repeated = self.0.entry(attempt).or_insert(RepeatedAttempt { count: 0, told: session });
        repeated.count += 1;
        if repeated.count <= IN_FULL {
            repeated.told = session;
        }
        repeated.count <= IN_FULL
    }

    /// Says what was not reported.
    pub(super) fn write(&mut self, out: &mut String, look: Look) -> fmt::Result {
        let mut folded = false;
        for (attempt, repeated) in std::mem::take(&mut self.0) {
            let more = repeated.count.saturating_sub(IN_FULL);
            if more > 0 {
                folded = true;
                let FoldedAttempt { client, server, failure, .. } = attempt;
                let line =
                    format!("⋮ {} as session {}: {failure}", Count(more, "more session"), repeated.told);
                writeln!(out, "{} ({client} → {server})", look.paint(FAINT, line))?;
            }
        }
        if folded {
            out.push('\n');
        }
        Ok(())
    }
}
