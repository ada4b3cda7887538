//! Ordinary HTTP exchanges that wait until it is known whether their server speaks WebSocket.

use super::output::Place;
use crate::model::Stamp;
use crate::upgrade::Upgrade;

/// Bytes of them to remember: their heads may be long.
const ORDINARY_BYTES: usize = 8 << 20;

/// Those that wait, in order.
#[derive(Debug, Default)]
pub(super) struct Ordinary {
    waiting: Vec<(Place, Upgrade)>,
    bytes: usize,
    /// The first of those that were too many to remember.
    left_out: Option<Stamp>,
}

impl Ordinary {
    /// Remembers one, if `most` do not wait already.
    pub(super) fn wait(&mut self, place: Place, upgrade: &Upgrade, most: u64) {
        if (self.waiting.len() as u64) < most && self.bytes < ORDINARY_BYTES {
            self.bytes += upgrade.memory();
            self.waiting.push((place, upgrade.clone()));
        } else {
            self.left_out.get_or_insert(upgrade.first);
        }
    }

    /// Those that waited: nothing more comes.
    pub(super) fn take(&mut self) -> Vec<(Place, Upgrade)> {
        std::mem::take(&mut self.waiting)
    }

    /// The first one that is not among them.
    pub(super) const fn left_out(&self) -> Option<Stamp> {
        self.left_out
    }
}
