//! A refused attempt, until the beginning of the answer's body has come: it often says why.

use crate::model::Footprint;
use crate::upgrade::Upgrade;

/// Bytes of a body that are kept.
const KEPT: usize = 512;

/// An answer that refused an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Where its head ends in the server's TCP stream.
    pub(super) end: u64,
}

/// An attempt that was refused with a body.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) upgrade: Upgrade,
    /// No more of the body is wanted, or can be had.
    is_complete: bool,
}

impl Refused {
    pub(super) const fn new(upgrade: Upgrade) -> Self {
        Self { upgrade, is_complete: false }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        Footprint::allocation(size_of::<Self>() - size_of::<Upgrade>()) + self.upgrade.memory()
    }

    /// Takes the next bytes of the body.
    pub(super) fn take(&mut self, data: &[u8]) {
        let room = KEPT.saturating_sub(self.upgrade.body.len()).min(data.len());
        self.upgrade.body.extend_from_slice(data.get(..room).unwrap_or_default());
        self.is_complete |= self.upgrade.body.len() >= KEPT;
    }

    /// The rest of the body is not in the capture.
    pub(super) const fn miss(&mut self) {
        self.is_complete = true;
    }

    /// Whether it can be reported now.
    pub(super) const fn is_complete(&self) -> bool {
        self.is_complete
    }
}
