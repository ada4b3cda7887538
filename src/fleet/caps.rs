//! How much is kept of what tables tell, however many rows they have.

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    /// Hosts that are counted by themselves.
    pub(super) hosts: usize,
    /// Hosts of all kinds of findings together, and of all causes.
    pub(super) pairs: usize,
    /// Hours of all hosts together in which attempts are counted, and hours of all kinds in which findings are.
    pub(super) hours: usize,
    /// Places for the sessions of one ring that have a fault, and for what findings of each kind are about.
    pub(super) sessions: usize,
    /// Clients, and servers.
    pub(super) parties: usize,
    /// Ways in which sessions ended.
    pub(super) endings: usize,
}

impl Caps {
    /// Together below 300 MiB.
    pub(super) const USUAL: Self = Self {
        hosts: 10_000,
        pairs: 100_000,
        hours: 1_000_000,
        sessions: 1_800_000,
        parties: 100_000,
        endings: 256,
    };
}

/// The caps that were reached.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a cap of its own")]
pub(super) struct Reached {
    pub(super) hosts: bool,
    pub(super) pairs: bool,
    pub(super) hours: bool,
    pub(super) kind_hours: bool,
    pub(super) sessions: bool,
    pub(super) endings: bool,
}
