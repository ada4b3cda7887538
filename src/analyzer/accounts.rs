//! The accounts of a connection's sessions, by the attempt that each began with.

use super::session::Account;
use crate::model::{Attempt, Footprint, SessionId};
use std::collections::BTreeMap;

/// The account of one session.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) attempt: Attempt,
    pub(super) session: SessionId,
    pub(super) account: Account,
}

/// The accounts of a connection: the only one that most have is here, others are elsewhere.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    first: Option<Entry>,
    others: BTreeMap<Attempt, Entry>,
}

impl Accounts {
    /// That of the session of `attempt`.
    #[inline]
    pub(super) fn of_mut(&mut self, attempt: Attempt) -> Option<&mut Entry> {
        let Self { first, others } = self;
        match first {
            Some(entry) if entry.attempt == attempt => Some(entry),
            _ => others.get_mut(&attempt),
        }
    }

    /// A session began.
    pub(super) fn insert(&mut self, entry: Entry) {
        if self.first.is_none() {
            self.first = Some(entry);
        } else {
            self.others.insert(entry.attempt, entry);
        }
    }

    /// All of them, in the order of their attempts.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.first.iter_mut().chain(self.others.values_mut())
    }

    /// Whether no session began.
    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The latest one.
    pub(super) fn last_mut(&mut self) -> Option<&mut Entry> {
        let Self { first, others } = self;
        others.last_entry().map(std::collections::btree_map::OccupiedEntry::into_mut).or(first.as_mut())
    }

    /// All of them, in the order of their attempts.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Entry> {
        self.first.into_iter().chain(self.others.into_values())
    }

    /// Something of the first one, so that it is on its way from memory.
    #[inline]
    pub(super) fn glance(&self) -> u64 {
        self.first.as_ref().map_or(0, |entry| entry.account.glance())
    }

    /// What they take of memory besides themselves.
    #[inline]
    pub(super) fn footprint(&self) -> Footprint {
        let first = self.first.as_ref().map_or(Footprint::default(), |entry| entry.account.footprint());
        if self.others.is_empty() {
            return first;
        }
        let other = |entry: &Entry| Footprint::of::<Entry>() + entry.account.footprint();
        first + self.others.values().map(other).sum()
    }
}
