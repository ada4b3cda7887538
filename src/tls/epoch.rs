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
    /// The first bytes of the encrypted premaster secret, where RSA carries it.
    pub(super) premaster: Option<[u8; 8]>,
    /// The hash over its messages, which the extended master secret needs.
    pub(super) session_hash: Vec<u8>,
}

impl Epoch {
    /// What it takes of memory, in an allocation of its own.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + 2 * Footprint::ALLOCATION + self.session_hash.capacity()
    }
}
