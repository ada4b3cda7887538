//! One record as an observer saw it: where it stands, what is in it, and what sealed it. Whoever has this can seal something
//! else in its place, with secrets of his own.

use std::borrow::Cow;

use crate::model::{Extent, Peer};

use super::crypto::{self, Sealer};
use super::direction_keys::{KeyStage, label_of};
use super::epoch::Epoch;
use super::record::ContentType;
use super::secret::{Label, Random, Secret};
use super::secrets::Secrets;
use super::suite::Suite;

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct SeenRecord<'a> {
    /// Who sent it.
    pub from: Peer,
    /// Where it stands in the stream that carries it.
    pub extent: Extent,
    /// What could be read of it.
    pub reading: RecordReading<'a>,
}

/// What could be read of a record.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RecordReading<'a> {
    /// It is not encrypted: what it holds.
    Clear(ContentType),
    /// It was opened.
    Opened(OpenedRecord<'a>),
    /// It was opened, and has early data that the server throws away: nothing of it is carried.
    Discarded(OpenedRecord<'a>),
    /// It stays closed.
    Closed,
}

/// A record that was opened.
#[derive(Clone, Copy, Debug)]
pub struct OpenedRecord<'a> {
    /// What it holds.
    pub content: ContentType,
    /// Its plaintext, without padding.
    pub text: &'a [u8],
    /// Where in the record that begins, in bytes from the first one of its header.
    pub start: usize,
    /// The number under which it was sealed.
    pub number: u64,
    /// What it was sealed with, besides a secret.
    pub seal: &'a Seal<'a>,
}

/// What the keys of one direction are made of, besides a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal<'a> {
    from: Peer,
    derivation: KeyDerivation<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyDerivation<'a> {
    /// A traffic secret of TLS 1.3, after so many updates (RFC 8446 §7.2).
    Traffic { random: Option<Random>, suite: &'static Suite, stage: KeyStage, generation: u32 },
    /// The master secret of an older version.
    Master(Cow<'a, Epoch>),
    /// None: nothing is encrypted, and the capture lacks what the hellos said. This suite has a MAC of the same length.
    Nothing { suite: Option<&'static Suite> },
}

impl<'a> Seal<'a> {
    pub(super) const fn of_traffic_secret(
        from: Peer,
        random: Option<Random>,
        suite: &'static Suite,
        (stage, generation): (KeyStage, u32),
    ) -> Self {
        Self { from, derivation: KeyDerivation::Traffic { random, suite, stage, generation } }
    }

    pub(super) const fn of_epoch(from: Peer, epoch: &'a Epoch) -> Self {
        Self { from, derivation: KeyDerivation::Master(Cow::Borrowed(epoch)) }
    }

    pub(super) const fn of_nothing(from: Peer, suite: Option<&'static Suite>) -> Self {
        Self { from, derivation: KeyDerivation::Nothing { suite } }
    }

    /// The same, to be kept.
    pub fn to_owned(&self) -> Seal<'static> {
        let derivation = match &self.derivation {
            KeyDerivation::Traffic { random, suite, stage, generation } => {
                KeyDerivation::Traffic { random: *random, suite, stage: *stage, generation: *generation }
            }
            KeyDerivation::Master(epoch) => KeyDerivation::Master(Cow::Owned(epoch.clone().into_owned())),
            KeyDerivation::Nothing { suite } => KeyDerivation::Nothing { suite: *suite },
        };
        Seal { from: self.from, derivation }
    }

    /// The random of the client, by which a key log names its secret.
    pub fn random(&self) -> Option<Random> {
        match &self.derivation {
            KeyDerivation::Traffic { random, .. } => *random,
            KeyDerivation::Master(epoch) => Some(epoch.random),
            KeyDerivation::Nothing { .. } => None,
        }
    }

    /// Whether it is of TLS 1.3, whose handshake messages differ from those of older versions.
    pub const fn is_tls13(&self) -> bool {
        matches!(self.derivation, KeyDerivation::Traffic { .. })
    }

    /// What its secret is called in a key log; a premaster secret stands for the master secret.
    pub fn label(&self) -> Option<Label> {
        match &self.derivation {
            KeyDerivation::Traffic { stage, .. } => label_of(self.from, *stage),
            KeyDerivation::Master(_) => Some(Label::ClientRandom),
            KeyDerivation::Nothing { .. } => None,
        }
    }

    /// That secret, or one of several that it may have been. `None` where there is none, and nothing was encrypted.
    pub fn secret(&self, secrets: &Secrets) -> Option<Secret> {
        let known = secrets.about(&self.random()?);
        let logged = known.with(self.label()?).next().map(|entry| entry.secret.clone());
        let premaster = match &self.derivation {
            KeyDerivation::Traffic { .. } | KeyDerivation::Nothing { .. } => None,
            KeyDerivation::Master(epoch) => {
                let logged = known.with(Label::ClientPremaster).next().map(|entry| &entry.secret);
                let master = logged.map(|premaster| crypto::master_secret(epoch, premaster));
                master.or_else(|| Some(secrets.premaster(epoch.premaster?)?.1))
            }
        };
        logged.or(premaster)
    }

    /// How many times the secret was replaced by its successor before (RFC 8446 §7.2).
    pub const fn generation(&self) -> u32 {
        match &self.derivation {
            KeyDerivation::Traffic { generation, .. } => *generation,
            KeyDerivation::Master(_) | KeyDerivation::Nothing { .. } => 0,
        }
    }

    /// The successor of a secret in its place.
    pub fn successor(&self, secret: &Secret) -> Secret {
        match &self.derivation {
            KeyDerivation::Traffic { suite, .. } => crypto::next_traffic_secret(suite, secret),
            KeyDerivation::Master(_) | KeyDerivation::Nothing { .. } => secret.clone(),
        }
    }

    /// What seals as these keys would, had the secret and the randoms been others: `secret` is of its generation, and `None` where
    /// nothing was encrypted; `rename` gives another random for each.
    pub fn sealer(
        &self,
        secret: Option<&Secret>,
        rename: &mut dyn FnMut([u8; 32]) -> [u8; 32],
    ) -> Option<Sealer> {
        match &self.derivation {
            KeyDerivation::Traffic { suite, .. } => Sealer::of_traffic_secret(suite, secret?.bytes()),
            KeyDerivation::Master(epoch) => {
                let Some(secret) = secret else { return Sealer::without_key(epoch.suite) };
                let mut epoch = epoch.clone().into_owned();
                epoch.random = Random(rename(epoch.random.0));
                epoch.server.random = rename(epoch.server.random);
                Sealer::of_master(&epoch, self.from, secret.bytes())
            }
            KeyDerivation::Nothing { suite } => Sealer::without_key((*suite)?),
        }
    }
}
