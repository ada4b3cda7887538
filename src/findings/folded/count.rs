//! How often something happened, and where first: what is reported once for many connections.

use crate::findings::catalog::Id;
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::model::{ConnectionId, Stamp};

/// How often something happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoldedCount {
    pub(super) times: u64,
    /// The first packet that shows it, and its connection.
    pub(super) first: Stamp,
    pub(super) connection: ConnectionId,
}

impl FoldedCount {
    /// Nothing yet, of what begins here.
    pub(super) const fn begin(connection: ConnectionId, first: Stamp) -> Self {
        Self { times: 0, first, connection }
    }

    /// The finding about it.
    pub(super) fn told(&self, id: Id, summary: String) -> Finding {
        let mut finding = Finding::new(id, self.first, summary).with(FindingField::Count, self.times);
        finding.connection = Some(self.connection);
        finding
    }
}
