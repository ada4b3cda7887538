//! Attempts whose response invites the client to try again. They wait briefly, so that they can be reported together
//! with what the client did.

use super::output::Place;
use super::trust::Trust;
use crate::findings::Path;
use crate::http1::{SameConnection, Upgrade};
use crate::model::{Peer, Timestamp};
use std::time::Duration;

/// How long a client may take to try again.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many attempts may wait at once, and how many bytes their heads may have in total.
const WAITING: usize = 64;
const BYTES: usize = 1 << 20;

/// An attempt, and where it was made.
#[derive(Debug)]
pub(super) struct Invited {
    pub(super) place: Place,
    pub(super) trust: Trust,
    pub(super) upgrade: Upgrade,
    pub(super) path: Option<Box<Path>>,
}

/// Those that wait, in the order in which they were answered.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Invited>);

impl Waiting {
    /// Whether an attempt is to be kept, and can be.
    pub(super) fn takes(&self, upgrade: &Upgrade) -> bool {
        let bytes: usize = self.0.iter().map(|invited| invited.upgrade.memory()).sum();
        upgrade.invitation().is_some() && self.0.len() < WAITING && bytes + upgrade.memory() <= BYTES
    }

    /// Keeps one.
    pub(super) fn keep(&mut self, invited: Invited) {
        self.0.push(invited);
    }

    /// Removes the attempts that have waited for too long by `now`, in order.
    pub(super) fn given_up(&mut self, now: Timestamp) -> Vec<Invited> {
        // Of two clocks, the server's may be behind.
        let since = |upgrade: &Upgrade| upgrade.requested.time.max(upgrade.last.time);
        self.0.extract_if(.., |invited| now.since(since(&invited.upgrade)) > PATIENCE).collect()
    }

    /// Removes the attempts whose invitation `next`, made at `place`, takes up.
    pub(super) fn taken_up(&mut self, place: &Place, next: &Upgrade) -> Vec<Invited> {
        let is_answer = |invited: &mut Invited| {
            let is_same = invited.place.connection == place.connection;
            let on = if is_same { SameConnection::Yes } else { SameConnection::No };
            invited.place.addresses.client.ip() == place.addresses.client.ip()
                && invited.upgrade.is_taken_up_by(next, on)
        };
        self.0.extract_if(.., is_answer).collect()
    }

    /// The capture misses bytes of `from` on the connection at `place`: what the client made of an answer may be among
    /// them, on the same connection or on another one.
    pub(super) fn miss(&mut self, place: &Place, from: Peer) {
        let client = place.addresses.client.ip();
        for Invited { place: other, upgrade, .. } in &mut self.0 {
            let may_try_again = from == Peer::Client && other.addresses.client.ip() == client;
            upgrade.doubtful |= other.connection == place.connection || may_try_again;
        }
    }

    /// Removes all attempts, at the end of the capture.
    pub(super) fn all(&mut self) -> Vec<Invited> {
        std::mem::take(&mut self.0)
    }
}
