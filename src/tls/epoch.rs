//! Keys of TLS 1.2 and older: what a handshake agrees on, and the key block that follows from it (RFC 5246 §6.3, §8.1).

use crate::model::Peer;

use super::cipher::{KeyLengths, KeyParts, MacOrder, Opener};
use super::handshake::ServerHello;
use super::ladder::Rung;
use super::schedule::{self, Hidden};
use super::secret::{Label, Origin, Random, Secrets};
use super::suite::{Cipher, Suite};

/// Bytes of a master secret.
const MASTER: usize = 48;

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
    /// Every key that the secrets allow, usually one, with where its secret came from.
    pub(super) fn rungs(&self, from: Peer, secrets: &Secrets) -> Vec<(Rung, Option<Origin>)> {
        let masters = secrets.of(&self.random).iter().filter(|entry| entry.label == Label::ClientRandom);
        let mut rungs: Vec<_> = masters
            .filter_map(|entry| Some((self.rung(from, entry.secret.bytes())?, Some(entry.origin))))
            .collect();
        if let Some((origin, premaster)) = self.premaster.and_then(|encrypted| secrets.premaster(encrypted)) {
            let master = self.master(premaster.bytes());
            rungs.extend(self.rung(from, &master).map(|rung| (rung, Some(*origin))));
        }
        if rungs.is_empty() && self.suite.cipher == Cipher::Null {
            rungs.extend(Opener::without_key(self.suite).map(|opener| (Rung::of_epoch(opener), None)));
        }
        rungs
    }

    /// The master secret (RFC 5246 §8.1), or the extended one (RFC 7627 §4).
    fn master(&self, premaster: &[u8]) -> Hidden {
        let (version, hash) = (self.server.version, self.suite.derivation());
        if self.server.extended_master_secret {
            let seed: [&[u8]; 1] = [&self.session_hash];
            return schedule::prf(version, hash, premaster, "extended master secret", &seed, MASTER);
        }
        let seed: [&[u8]; 2] = [&self.random.0, &self.server.random];
        schedule::prf(version, hash, premaster, "master secret", &seed, MASTER)
    }

    fn rung(&self, from: Peer, master: &[u8]) -> Option<Rung> {
        let version = self.server.version;
        let lengths = KeyLengths::of(self.suite, version);
        let whole = 2 * (lengths.mac + lengths.key + lengths.iv);
        let seed: [&[u8]; 2] = [&self.server.random, &self.random.0];
        let block = schedule::prf(version, self.suite.derivation(), master, "key expansion", &seed, whole);
        let mut rest = block.as_slice();
        let mut pair = |length| {
            let (client, tail) = rest.split_at_checked(length)?;
            let (server, tail) = tail.split_at_checked(length)?;
            rest = tail;
            Some(if from == Peer::Client { client } else { server })
        };
        let parts = KeyParts { mac: pair(lengths.mac)?, key: pair(lengths.key)?, iv: pair(lengths.iv)? };
        let order =
            if self.server.encrypt_then_mac { MacOrder::EncryptThenMac } else { MacOrder::MacThenEncrypt };
        Opener::of_key_block(self.suite, version, order, &parts).map(Rung::of_epoch)
    }
}
