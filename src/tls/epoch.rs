//! What a handshake of TLS 1.2 or older agrees on, and the keys that the secrets allow for it.

use crate::model::Peer;

use super::crypto::Opener;
use super::handshake::ServerHello;
use super::ladder::Rung;
use super::secret::{ConnectionSecrets, Label, Origin, Random, Secrets};
use super::suite::{Cipher, Suite};

/// What a handshake agreed on.
#[derive(Clone, Debug)]
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
    /// Every key that the secrets allow, usually one, with where its secret came from. `known` is what there is about the
    /// epoch's own random.
    pub(super) fn rungs(
        &self,
        from: Peer,
        known: &ConnectionSecrets,
        secrets: &Secrets,
    ) -> Vec<(Rung, Option<Origin>)> {
        let mut openers: Vec<_> = known
            .with(Label::ClientRandom)
            .filter_map(|entry| {
                Some((Opener::of_master(self, from, entry.secret.bytes())?, Some(entry.origin)))
            })
            .collect();
        if let Some((origin, premaster)) = self.premaster.and_then(|encrypted| secrets.premaster(encrypted)) {
            let opener = Opener::of_premaster(self, from, premaster.bytes());
            openers.extend(opener.map(|opener| (opener, Some(origin))));
        }
        if openers.is_empty() && self.suite.cipher == Cipher::Null {
            openers.extend(Opener::without_key(self.suite).map(|opener| (opener, None)));
        }
        openers.into_iter().map(|(opener, origin)| (Rung::of_epoch(opener), origin)).collect()
    }
}
