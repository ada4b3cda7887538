//! What a handshake of TLS 1.2 or older agrees on.

use crate::model::Footprint;

use super::handshake::ServerHello;
use super::secret::Random;
use super::suite::Suite;

/// What a handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) random: Random,
    pub(super) server: ServerHello,
    pub(super) suite: &'static Suite,
    /// The first bytes of the encrypted premaster secret, where RSA carries it: some key logs name it by them.
    pub(super) premaster: Option<[u8; 8]>,
    /// The hash over its messages, which the extended master secret needs.
    pub(super) session_hash: Vec<u8>,
}

impl Epoch {
    /// Whether the master secret follows from the premaster secret: the extended one takes the handshake's messages as well
    /// (RFC 7627 §4).
    pub(super) const fn has_what_its_master_takes(&self) -> bool {
        !self.server.extended_master_secret || !self.session_hash.is_empty()
    }

    /// What it takes of memory, in an allocation of its own.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + 2 * Footprint::ALLOCATION + self.session_hash.capacity()
    }
}
