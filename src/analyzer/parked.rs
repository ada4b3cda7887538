//! Connections that are over while TLS secrets may still come, which open what was sent in them, or would have.

use super::case::FollowedConnection;
use crate::model::{Stamp, Timestamp};
use crate::tcp::Connection;
use std::collections::VecDeque;
use std::time::Duration;

/// All of them may take as much memory as so many connections that wait while they are open.
const AT_ONCE: u64 = 16;

/// Whoever watches live is told after this time without secrets.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that is over.
#[derive(Debug)]
pub(super) struct ParkedConnection {
    pub(super) connection: Connection,
    pub(super) followed: FollowedConnection,
    /// What it takes of memory.
    weight: u64,
}

impl ParkedConnection {
    /// Whether records of it wait for secrets.
    pub(super) fn is_waiting(&self) -> bool {
        let inside = self.followed.inside.as_ref();
        inside.is_some_and(|inside| inside.layers.is_waiting_for_secrets())
    }
}

/// Those that wait, in the order in which they ended.
#[derive(Debug, Default)]
pub(super) struct Parked {
    connections: VecDeque<ParkedConnection>,
    /// What they take of memory.
    weight: u64,
}

/// Whether secrets that come now change what is told of a connection.
pub(super) fn is_concerned(followed: &FollowedConnection) -> bool {
    followed.inside.as_ref().is_some_and(|inside| inside.layers.is_concerned_by_secrets())
}

impl Parked {
    /// Parks a connection. Returns those that have to leave for it, with its last packet: their records may take up to
    /// `held_bytes` for each connection.
    pub(super) fn add(
        &mut self,
        connection: &Connection,
        mut followed: FollowedConnection,
        held_bytes: u64,
    ) -> (Vec<ParkedConnection>, Stamp) {
        // As of now: when it was weighed last depends on what shares a batch with its packets.
        let weight = followed.inside.as_mut().map_or(0, |inside| inside.footprint().total());
        self.weight += weight;
        self.connections.push_back(ParkedConnection { connection: connection.clone(), followed, weight });
        let most = held_bytes.saturating_mul(AT_ONCE);
        let mut leaving = Vec::new();
        while self.weight > most
            && let Some(oldest) = self.connections.pop_front()
        {
            self.weight = self.weight.saturating_sub(oldest.weight);
            leaving.push(oldest);
        }
        (leaving, connection.last)
    }

    /// All that are parked, to go on with what waits.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut ParkedConnection> {
        self.connections.iter_mut()
    }

    /// Takes those out that no more secrets concern.
    pub(super) fn opened(&mut self) -> Vec<ParkedConnection> {
        self.take(|parked| !is_concerned(&parked.followed))
    }

    /// Takes those out that ended long before `now`.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Vec<ParkedConnection> {
        self.take(|parked| now.since(parked.connection.last.time) >= PATIENCE)
    }

    /// Takes all out.
    pub(super) fn all(&mut self) -> Vec<ParkedConnection> {
        self.take(|_| true)
    }

    fn take(&mut self, leaves: impl Fn(&ParkedConnection) -> bool) -> Vec<ParkedConnection> {
        if !self.connections.iter().any(&leaves) {
            return Vec::new();
        }
        let (leaving, staying): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.connections).into_iter().partition(leaves);
        self.weight = staying.iter().map(|parked| parked.weight).sum();
        self.connections = staying.into();
        leaving
    }
}
