//! The accounts of a connection's sessions, by the attempt that each began with.

use super::session::Account;
use crate::model::{Attempt, Footprint, SessionId};
use std::collections::BTreeMap;

/// The account of one session.
#[derive(Debug)]
pub(super) struct SessionEntry {
    pub(super) attempt: Attempt,
    pub(super) session: SessionId,
    pub(super) account: Account,
    /// What it took of memory when it was last asked.
    weight: Footprint,
}

impl SessionEntry {
    pub(super) fn new(attempt: Attempt, session: SessionId, account: Account) -> Self {
        Self { attempt, session, account, weight: Footprint::default() }
    }

    fn weigh(&self) -> Footprint {
        Footprint::of_entry::<Attempt, Self>() + self.account.footprint()
    }
}

/// The accounts of a connection. Most connections have only one, which is stored inline; any others are in a map.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    first: Option<SessionEntry>,
    others: BTreeMap<Attempt, SessionEntry>,
    /// What the others took when they were last asked. One connection may have thousands of them.
    weight: Footprint,
    /// Which of them may take more by now.
    touched: Touched,
}

/// Accounts that may take more memory than they did.
#[derive(Debug, Default)]
enum Touched {
    #[default]
    None,
    One(Attempt),
    All,
}

impl Accounts {
    /// The account of the session that `attempt` began.
    #[inline]
    pub(super) fn of_mut(&mut self, attempt: Attempt) -> Option<&mut SessionEntry> {
        let is_first = self.first.as_ref().is_some_and(|entry| entry.attempt == attempt);
        if is_first { self.first.as_mut() } else { self.other_mut(attempt) }
    }

    fn other_mut(&mut self, attempt: Attempt) -> Option<&mut SessionEntry> {
        if self.others.is_empty() {
            return None;
        }
        if !matches!(self.touched, Touched::One(touched) if touched == attempt) {
            self.weigh();
            self.touched = Touched::One(attempt);
        }
        self.others.get_mut(&attempt)
    }

    /// Updates the memory use of those that were touched.
    fn weigh(&mut self) {
        match std::mem::take(&mut self.touched) {
            Touched::None => {}
            Touched::One(attempt) => {
                if let Some(entry) = self.others.get_mut(&attempt) {
                    let now = entry.weigh();
                    self.weight = self.weight - std::mem::replace(&mut entry.weight, now) + now;
                }
            }
            Touched::All => {
                self.others.values_mut().for_each(|entry| entry.weight = entry.weigh());
                self.weight = self.others.values().map(|entry| entry.weight).sum();
            }
        }
    }

    /// A session began.
    pub(super) fn insert(&mut self, entry: SessionEntry) {
        if self.first.is_none() {
            self.first = Some(entry);
            return;
        }
        self.weigh();
        self.touched = Touched::One(entry.attempt);
        self.others.insert(entry.attempt, entry);
    }

    /// A session is over before its connection is.
    pub(super) fn remove(&mut self, attempt: Attempt) -> Option<SessionEntry> {
        if let Some(first) = self.first.take_if(|first| first.attempt == attempt) {
            self.first = self.remove_other(|others| others.pop_first().map(|(_, entry)| entry));
            return Some(first);
        }
        self.remove_other(|others| others.remove(&attempt))
    }

    fn remove_other(
        &mut self,
        remove: impl FnOnce(&mut BTreeMap<Attempt, SessionEntry>) -> Option<SessionEntry>,
    ) -> Option<SessionEntry> {
        self.weigh();
        let entry = remove(&mut self.others)?;
        self.weight = self.weight - entry.weight;
        Some(entry)
    }

    /// The attempts whose sessions' accounts match, in order.
    pub(super) fn attempts(&self, matches: impl Fn(&SessionEntry) -> bool) -> Vec<Attempt> {
        let matching = self.first.iter().chain(self.others.values()).filter(|entry| matches(entry));
        matching.map(|entry| entry.attempt).collect()
    }

    /// All of them, in the order of their attempts.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut SessionEntry> {
        self.touched = Touched::All;
        self.first.iter_mut().chain(self.others.values_mut())
    }

    /// Whether no session began.
    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The latest one.
    pub(super) fn last_mut(&mut self) -> Option<&mut SessionEntry> {
        match self.others.last_key_value().map(|(attempt, _)| *attempt) {
            Some(attempt) => self.other_mut(attempt),
            None => self.first.as_mut(),
        }
    }

    /// All of them, in the order of their attempts.
    pub(super) fn into_iter(self) -> impl Iterator<Item = SessionEntry> {
        self.first.into_iter().chain(self.others.into_values())
    }

    /// Touches the first account, so that it is already on its way from memory when it is needed.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.first.as_ref().map_or(0, |entry| entry.account.glance())
    }

    /// What they take of memory besides themselves.
    #[inline]
    pub(super) fn footprint(&mut self) -> Footprint {
        let first = self.first.as_ref().map_or(Footprint::default(), |entry| entry.account.footprint());
        if self.others.is_empty() {
            return first;
        }
        self.weigh();
        first + self.weight
    }
}
