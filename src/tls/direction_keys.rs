//! The keys of one direction in the order in which they come, and finding the place among them again.
//!
//! A record that authenticates under a key and a number was sealed with them. That alone decides where a direction
//! stands: behind a gap, behind a message that was lost, and where the secrets of an earlier stage are missing.

use std::ops::Range;

use crate::model::Peer;

use super::crypto::{self, Opener};
use super::epoch::Epoch;
use super::record::{Plaintext, Record, SHORTEST};
use super::secret::{Label, LoggedSecret, Origin, Secret};
use super::secrets::{ConnectionSecrets, Secrets};
use super::suite::{Cipher, Suite};

/// Bytes that may be tried for one record with numbers that it might have.
const PATIENCE: u64 = 4 << 20;
/// Bytes that may be tried for one direction in vain; then records are tried with the next number only.
const VAIN: u64 = 64 << 20;
/// How many key updates may be missing after a gap.
const UPDATES: usize = 8;

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyStage {
    /// Data before the handshake is over (RFC 8446 §2.3).
    Early,
    /// The handshake of TLS 1.3.
    Handshake,
    /// All that follows it, and in older versions everything.
    Application,
}

/// The label of a traffic secret in key logs.
pub(super) const fn label_of(from: Peer, stage: KeyStage) -> Option<Label> {
    Some(match (from, stage) {
        (Peer::Client, KeyStage::Early) => Label::ClientEarlyTraffic,
        (Peer::Client, KeyStage::Handshake) => Label::ClientHandshakeTraffic,
        (Peer::Client, KeyStage::Application) => Label::ClientTraffic,
        (Peer::Server, KeyStage::Handshake) => Label::ServerHandshakeTraffic,
        (Peer::Server, KeyStage::Application) => Label::ServerTraffic,
        (Peer::Server, KeyStage::Early) => return None,
    })
}

/// A key and the number of its next record.
#[derive(Debug)]
pub(super) struct RecordKey {
    pub(super) stage: KeyStage,
    opener: Opener,
    next: u64,
    /// How many keys of the same stage came before it.
    generation: u32,
    /// What the next key is made of (RFC 8446 §7.2).
    successor: Option<(&'static Suite, Secret)>,
    /// Where its secret came from.
    origin: Option<Origin>,
}

impl RecordKey {
    /// A traffic secret of TLS 1.3.
    pub(super) fn of_traffic_secret(stage: KeyStage, suite: &'static Suite, secret: &Secret) -> Option<Self> {
        let opener = Opener::of_traffic_secret(suite, secret.bytes())?;
        let successor = (stage == KeyStage::Application).then(|| (suite, secret.clone()));
        Some(Self { stage, opener, next: 0, generation: 0, successor, origin: None })
    }

    /// A logged traffic secret of TLS 1.3.
    pub(super) fn of_logged(stage: KeyStage, suite: &'static Suite, logged: &LoggedSecret) -> Option<Self> {
        let key = Self::of_traffic_secret(stage, suite, &logged.secret)?;
        Some(Self { origin: Some(logged.origin), ..key })
    }

    /// Keys of an older version.
    const fn of_opener(opener: Opener, origin: Option<Origin>) -> Self {
        Self { stage: KeyStage::Application, opener, next: 0, generation: 0, successor: None, origin }
    }

    /// What opens records that are not encrypted: a NULL suite needs no key for that.
    pub(super) fn without_key(suite: &Suite) -> Option<Self> {
        Opener::without_key(suite).map(|opener| Self::of_opener(opener, None))
    }

    /// Every key that the secrets allow for an epoch, usually one. `known` is what there is about the epoch's own random. A suite
    /// without encryption is read without a key if none fits.
    pub(super) fn of_epoch(
        epoch: &Epoch,
        from: Peer,
        known: &ConnectionSecrets,
        secrets: &Secrets,
    ) -> Vec<Self> {
        let masters = known.with(Label::ClientRandom).filter_map(|entry| {
            let opener = Opener::of_master(epoch, from, entry.secret.bytes())?;
            Some(Self::of_opener(opener, Some(entry.origin)))
        });
        let of_premaster = |(origin, premaster): (Origin, Secret)| {
            let opener = Opener::of_premaster(epoch, from, premaster.bytes())?;
            Some(Self::of_opener(opener, Some(origin)))
        };
        let logged = known.with(Label::ClientPremaster).map(|entry| (entry.origin, entry.secret.clone()));
        let premasters = logged.filter(|_| epoch.has_what_its_master_takes());
        let by_rsa = epoch.premaster.and_then(|encrypted| secrets.premaster(encrypted));
        let unencrypted = (epoch.suite.cipher == Cipher::Null).then(|| Self::without_key(epoch.suite));
        masters
            .chain(premasters.chain(by_rsa).filter_map(of_premaster))
            .chain(unencrypted.flatten())
            .collect()
    }

    /// The key after a `KeyUpdate`.
    fn successor(&self) -> Option<Self> {
        let (suite, secret) = self.successor.as_ref()?;
        let next = crypto::next_traffic_secret(suite, secret);
        let key = Self::of_traffic_secret(self.stage, suite, &next)?;
        Some(Self { generation: self.generation.saturating_add(1), origin: self.origin, ..key })
    }
}

/// What opened a record.
#[derive(Debug)]
pub(super) struct Unsealed {
    pub(super) stage: KeyStage,
    pub(super) opened: Plaintext,
    /// The number under which it was sealed.
    pub(super) number: u64,
    /// How many keys of the same stage came before the one that opened it.
    pub(super) generation: u32,
    /// How many records before it were not opened under the same key.
    pub(super) skipped: u64,
    /// Where the secret came from that opened it; `None` where it took none.
    pub(super) origin: Option<Origin>,
}

/// The keys of one direction.
#[derive(Debug, Default)]
pub(super) struct DirectionKeys {
    keys: Vec<RecordKey>,
    /// Bytes that passed since the last record that opened.
    lost: u64,
    vain: u64,
    /// Whether anything opened with these keys.
    fits: bool,
    /// Whether anything opened with one of those for data.
    fits_data: bool,
}

impl DirectionKeys {
    /// Whether one of these keys opens a record that comes now in this direction: keys that it may have. Returns how many bytes
    /// were tried in vain if none does.
    pub(super) fn would_open(&self, keys: Vec<RecordKey>, record: &mut Record) -> Result<(), u64> {
        let mut trial = Self { keys, lost: self.lost, vain: 0, fits: false, fits_data: false };
        trial.open(record).map(|_| ()).ok_or(trial.vain)
    }

    /// What the keys take of memory.
    pub(super) fn memory(&self) -> usize {
        let openers = self.keys.iter().map(|key| key.opener.memory()).sum::<usize>();
        self.keys.capacity() * size_of::<RecordKey>() + openers
    }

    /// Whether there is a key.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there is a key for this stage.
    pub(super) fn has(&self, stage: KeyStage) -> bool {
        self.keys.iter().any(|key| key.stage == stage)
    }

    /// Whether anything opened with these keys.
    pub(super) const fn fits(&self) -> bool {
        self.fits
    }

    /// Whether anything opened with one of those for data.
    pub(super) const fn fits_data(&self) -> bool {
        self.fits_data
    }

    /// Keys that come after those that are there.
    pub(super) fn extend(&mut self, keys: impl IntoIterator<Item = RecordKey>) {
        self.keys.extend(keys);
        self.keys.sort_by_key(|key| key.stage);
    }

    /// Other keys in place of all that are there.
    pub(super) fn replace(&mut self, keys: Vec<RecordKey>) {
        *self = Self { keys, lost: self.lost, vain: self.vain, fits: false, fits_data: false };
    }

    /// A stage is over.
    pub(super) fn pass(&mut self, stage: KeyStage) {
        if stage < KeyStage::Application {
            self.keys.retain(|key| key.stage > stage);
        }
    }

    /// The sender uses the next generation of its keys from here on (RFC 8446 §4.6.3).
    pub(super) fn update(&mut self) {
        if let Some(first) = self.keys.first_mut()
            && let Some(next) = first.successor()
        {
            *first = next;
        }
    }

    /// This many bytes of records are missing or did not open.
    pub(super) fn lose(&mut self, bytes: u64) {
        self.lost = self.lost.saturating_add(bytes);
        self.keys.iter_mut().for_each(|key| key.opener.lose());
    }

    /// So many bytes of records passed before there was a key for them.
    pub(super) const fn miss(&mut self, bytes: u64) {
        self.lost = self.lost.saturating_add(bytes);
    }

    /// A record did not open: it took a number.
    pub(super) const fn fail(&mut self, bytes: u64) {
        if self.fits {
            self.lost = self.lost.saturating_add(bytes);
        }
    }

    /// Opens a record with the key that is in use, or else with one that follows it.
    pub(super) fn open(&mut self, record: &mut Record) -> Option<Unsealed> {
        let length = record.bytes.len() as u64;
        let window = self.window(length);
        let missing = if self.lost > 0 { MANY } else { 0 };
        for at in 0..self.keys.len() {
            let Some(key) = self.keys.get_mut(at) else { break };
            let numbers = key.next..key.next.saturating_add(window);
            if let Some(found) = try_open(key, record, numbers, missing) {
                self.keys.drain(..at);
                self.keep_those_that_authenticate();
                return Some(self.found(found));
            }
        }
        self.open_updated(record, window)
    }

    /// Once a key authenticates something, what it does not is not read without.
    fn keep_those_that_authenticate(&mut self) {
        if self.keys.len() > 1 && self.keys.first().is_some_and(|key| key.opener.authenticates()) {
            self.keys.retain(|key| key.opener.authenticates());
        }
    }

    /// Opens a record with a later generation of the key that is in use: the update itself is missing.
    fn open_updated(&mut self, record: &mut Record, window: u64) -> Option<Unsealed> {
        let first = self.keys.first().filter(|_| self.lost > 0 && self.fits);
        let mut later = first.and_then(RecordKey::successor);
        for _ in 0..UPDATES {
            let Some(mut key) = later else { break };
            if let Some(mut found) = try_open(&mut key, record, 0..window, MANY) {
                // The update was a record, too.
                found.skipped += 1;
                if let Some(first) = self.keys.first_mut() {
                    *first = key;
                }
                return Some(self.found(found));
            }
            later = key.successor();
        }
        self.vain = self.vain.saturating_add(record.bytes.len() as u64 * window);
        None
    }

    fn found(&mut self, found: Unsealed) -> Unsealed {
        (self.lost, self.vain, self.fits) = (0, self.vain / 2, true);
        self.fits_data |= found.stage == KeyStage::Application;
        found
    }

    /// How many numbers a record may have.
    const fn window(&self, length: u64) -> u64 {
        // Both ends of what is missing may have been inside a record.
        let possible = if self.lost > 0 { self.lost / SHORTEST + 3 } else { 1 };
        let affordable = PATIENCE / (length + 64) + 1;
        match (self.vain > VAIN, possible < affordable) {
            (true, _) => 1,
            (false, true) => possible,
            (false, false) => affordable,
        }
    }
}

/// What stands for a number of records that nobody knows: more than the one in front of the first data.
const MANY: u64 = 2;

/// Opens a record with this key under one of `numbers`. Where nothing authenticates, nothing tells how many records are
/// missing before it: then it is `missing`.
fn try_open(key: &mut RecordKey, record: &mut Record, numbers: Range<u64>, missing: u64) -> Option<Unsealed> {
    let expected = key.next;
    let (number, opened) = key.opener.open(record, numbers)?;
    key.next = number.saturating_add(1);
    let skipped = if key.opener.authenticates() { number - expected } else { missing };
    let RecordKey { stage, generation, origin, .. } = *key;
    Some(Unsealed { stage, opened, number, generation, skipped, origin })
}
