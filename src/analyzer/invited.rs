//! Attempts whose response invites the client to try again. They wait briefly, so that they can be reported together
//! with what the client did.

use super::output::Place;
use super::trust::Trust;
use crate::findings::Path;
use crate::model::{Peer, Stamp, Timestamp};
use crate::upgrade::{SameConnection, Upgrade};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

/// How long a client may take to try again.
const PATIENCE: Duration = Duration::from_secs(3);

/// An attempt, and where it was made.
#[derive(Debug)]
pub(super) struct Invited {
    pub(super) place: Place,
    pub(super) trust: Trust,
    pub(super) upgrade: Upgrade,
    pub(super) path: Option<Box<Path>>,
}

/// How many of the latest requests are remembered.
const REMEMBERED: usize = 32;

/// Those that wait, in the order in which they were answered.
#[derive(Debug, Default)]
pub(super) struct Invitations {
    waiting: Vec<Invited>,
    /// The latest requests of all clients that were answered, invited or not: an answer may be captured after the
    /// request that takes it up.
    asked: VecDeque<(IpAddr, Stamp)>,
}

impl Invitations {
    /// Whether an attempt can be kept, if all of them together may take `most` bytes.
    pub(super) fn has_room(&self, upgrade: &Upgrade, most: u64) -> bool {
        let bytes: usize = self.waiting.iter().map(|invited| invited.upgrade.memory()).sum();
        (bytes + upgrade.memory()) as u64 <= most
    }

    /// Keeps one.
    pub(super) fn keep(&mut self, mut invited: Invited) {
        let Invited { place, upgrade, .. } = &mut invited;
        let client = place.addresses.client.ip();
        let is_between =
            |(ip, at): &(IpAddr, Stamp)| *ip == client && upgrade.requested < *at && *at < upgrade.last;
        // A request that was captured after its answer: the next one may have been captured before it.
        let is_late = upgrade.requested > upgrade.last;
        upgrade.doubtful |= is_late || self.asked.iter().any(is_between);
        self.waiting.push(invited);
    }

    /// Remembers that a client asked for a WebSocket.
    pub(super) fn asks(&mut self, place: &Place, upgrade: &Upgrade) {
        if self.asked.len() == REMEMBERED {
            self.asked.pop_front();
        }
        self.asked.push_back((place.addresses.client.ip(), upgrade.first));
    }

    /// Removes the attempts that have waited for too long by `now`, in order.
    pub(super) fn given_up(&mut self, now: Timestamp) -> Vec<Invited> {
        // Of two clocks, the server's may be behind.
        let since = |upgrade: &Upgrade| upgrade.requested.time.max(upgrade.last.time);
        self.waiting.extract_if(.., |invited| now.since(since(&invited.upgrade)) > PATIENCE).collect()
    }

    /// Removes the attempts whose invitation `next`, made at `place`, takes up.
    pub(super) fn taken_up(&mut self, place: &Place, next: &Upgrade) -> Vec<Invited> {
        let is_answer = |invited: &mut Invited| {
            let is_same = invited.place.connection == place.connection;
            let on = if is_same { SameConnection::Yes } else { SameConnection::No };
            invited.place.addresses.client.ip() == place.addresses.client.ip()
                && invited.upgrade.is_taken_up_by(next, on)
        };
        self.waiting.extract_if(.., is_answer).collect()
    }

    /// The capture misses bytes of `from` on the connection at `place`: what the client made of an answer may be among
    /// them, on the same connection or on another one.
    pub(super) fn miss(&mut self, place: &Place, from: Peer) {
        let client = place.addresses.client.ip();
        for Invited { place: other, upgrade, .. } in &mut self.waiting {
            let may_try_again = from == Peer::Client && other.addresses.client.ip() == client;
            upgrade.doubtful |= other.connection == place.connection || may_try_again;
        }
    }

    /// The bytes of the connection at `place` can be trusted less than before.
    pub(super) fn distrust(&mut self, place: &Place, trust: Trust) {
        let of_it = |invited: &&mut Invited| invited.place.connection == place.connection;
        self.waiting.iter_mut().filter(of_it).for_each(|invited| invited.trust = trust);
    }

    /// Removes all attempts, at the end of the capture.
    pub(super) fn all(&mut self) -> Vec<Invited> {
        std::mem::take(&mut self.waiting)
    }
}
