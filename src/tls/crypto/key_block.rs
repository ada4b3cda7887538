//! Keys of TLS 1.2 and older: the master secret, and the key block that follows from it (RFC 5246 §6.3, §8.1).

use crate::model::Peer;
use crate::tls::epoch::Epoch;
use crate::tls::secret::Secret;

use super::cipher::{KeyLengths, KeyParts, MacOrder, Opener};
use super::schedule::{self, Hidden};

/// Bytes of a master secret.
const MASTER: usize = 48;

impl Opener {
    /// With a master secret of TLS 1.2 or older.
    pub(in crate::tls) fn of_master(epoch: &Epoch, from: Peer, master: &[u8]) -> Option<Self> {
        let version = epoch.server.version;
        let lengths = KeyLengths::of(epoch.suite, version);
        let whole = 2 * (lengths.mac + lengths.key + lengths.iv);
        let seed: [&[u8]; 2] = [&epoch.server.random, &epoch.random.0];
        let block = schedule::prf(version, epoch.suite.derivation(), master, "key expansion", &seed, whole);
        let mut rest = block.as_slice();
        let mut pair = |length| {
            let (client, tail) = rest.split_at_checked(length)?;
            let (server, tail) = tail.split_at_checked(length)?;
            rest = tail;
            Some(if from == Peer::Client { client } else { server })
        };
        let parts = KeyParts { mac: pair(lengths.mac)?, key: pair(lengths.key)?, iv: pair(lengths.iv)? };
        let order =
            if epoch.server.encrypt_then_mac { MacOrder::EncryptThenMac } else { MacOrder::MacThenEncrypt };
        Self::of_key_block(epoch.suite, version, order, &parts)
    }

    /// With a premaster secret.
    pub(in crate::tls) fn of_premaster(epoch: &Epoch, from: Peer, premaster: &[u8]) -> Option<Self> {
        Self::of_master(epoch, from, &master(epoch, premaster))
    }
}

/// The master secret that follows from a premaster secret.
pub(in crate::tls) fn master_secret(epoch: &Epoch, premaster: &Secret) -> Secret {
    Secret::new(&master(epoch, premaster.bytes()))
}

/// The master secret (RFC 5246 §8.1), or the extended one (RFC 7627 §4).
fn master(epoch: &Epoch, premaster: &[u8]) -> Hidden {
    let (version, hash) = (epoch.server.version, epoch.suite.derivation());
    if epoch.server.extended_master_secret {
        let seed: [&[u8]; 1] = [&epoch.session_hash];
        return schedule::prf(version, hash, premaster, "extended master secret", &seed, MASTER);
    }
    let seed: [&[u8]; 2] = [&epoch.random.0, &epoch.server.random];
    schedule::prf(version, hash, premaster, "master secret", &seed, MASTER)
}
