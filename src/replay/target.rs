//! Where in a capture a session is.

use crate::index::{Index, SessionState};
use crate::model::{PacketPlace, SessionId, SessionKey, Stamp};
use std::net::SocketAddr;

/// All that is needed to find a session again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) session: SessionId,
    pub(super) key: SessionKey,
    pub(super) ends: [SocketAddr; 2],
    /// The first packet of its connection.
    pub(super) opened: Stamp,
    /// The last packet that says something about it; `None` while it is open.
    pub(super) last: Option<PacketPlace>,
}

impl Target {
    pub(super) fn find(index: &Index, session: SessionId) -> Option<Self> {
        let row = index.sessions().get(Index::position(session)?)?;
        let addresses = row.addresses();
        let is_over = !matches!(row.state, SessionState::Open);
        Some(Self {
            session,
            key: row.place().key(),
            ends: [addresses.client, addresses.server],
            opened: row.opened(),
            last: is_over.then_some(row.last().place()),
        })
    }
}
