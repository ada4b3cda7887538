//! Where sessions stand in the index, for another reading that tells of them.

use super::Index;
use crate::model::SessionKey;
use std::collections::HashMap;

/// Finds sessions of the index by what identifies them in any reading.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    by_key: HashMap<SessionKey, usize>,
    /// How many sessions of the index were looked at.
    looked_at: usize,
}

impl Positions {
    /// Takes over the sessions that the index has got since the last time.
    pub(crate) fn update(&mut self, index: &Index) {
        let sessions = index.sessions();
        for (position, row) in (self.looked_at..).zip(sessions.from(self.looked_at)) {
            self.by_key.insert(row.place().key(), position);
        }
        self.looked_at = sessions.len();
    }

    /// Where a session stands, if it is listed.
    pub(crate) fn get(&self, key: &SessionKey) -> Option<usize> {
        self.by_key.get(key).copied()
    }
}
