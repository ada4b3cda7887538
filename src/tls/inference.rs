//! What a lost hello said, as far as keys depend on it: records themselves may show it.
//!
//! That is the cipher suite that a `ServerHello` chose, or the connection that a `ClientHello` named. A record that
//! authenticates leaves no doubt about either. In TLS 1.2 keys need the randoms of both, but for suites without encryption.

use crate::model::Peer;

use super::direction_keys::{KeyStage, RecordKey, label_of};
use super::record::{HEADER, Record};
use super::secret::Label;
use super::secrets::Secrets;
use super::session::{Sealing, Tls};
use super::suite::Suite;
use super::version::Version;

/// Bytes that may be tried in vain for one session.
const PATIENCE: u64 = 16 << 20;
/// As many bytes could be tried while a key is made of a secret.
const KEY: u64 = 2 << 10;
/// Connections of which one may be meant, at most.
const CONNECTIONS: u64 = 1_024;

/// The stages with a secret that may open a record. Early data says nothing about what the server chose.
fn labels(from: Peer) -> impl Iterator<Item = (KeyStage, Label)> + Clone {
    let stages = [KeyStage::Handshake, KeyStage::Application];
    stages.into_iter().filter_map(move |stage| Some((stage, label_of(from, stage)?)))
}

impl Tls {
    /// A record that cannot be opened without the server's answer came before it. The secrets of TLS 1.3 depend on nothing else
    /// in that answer than the cipher suite.
    pub(super) fn infer_suite(&mut self, from: Peer, record: &Record, secrets: &Secrets) {
        let revision = secrets.revision();
        let Some(random) = self.facts.client_random else { return };
        if self.inference.vain > PATIENCE || self.inference.without == Some(revision) {
            return;
        }
        let known = secrets.about(&random);
        let candidates: Vec<_> = labels(from)
            .flat_map(|(stage, label)| known.with(label).map(move |entry| (stage, &entry.secret)))
            .collect();
        if candidates.is_empty() {
            self.inference.without = Some(revision);
            return;
        }
        let mut record = record.clone();
        for suite in Suite::of_tls13() {
            let keys = candidates
                .iter()
                .filter_map(|(stage, secret)| RecordKey::of_traffic_secret(*stage, suite, secret))
                .collect();
            match self.lanes.of(from).keys.would_open(keys, &mut record) {
                Ok(()) => return self.agree(Version::TLS13, suite.number),
                Err(vain) => self.inference.vain += vain,
            }
        }
    }

    /// A Finished message (RFC 5246 §7.4.9) that can be read, where the capture lacks the server's choice: that was a suite without
    /// encryption, and the length of the MAC is all that records depend on.
    pub(super) fn infer_no_encryption(&mut self, from: Peer, record: &Record) {
        /// With the message's header, in all versions since TLS 1.0.
        const FINISHED: usize = 4 + 12;
        let text = record.bytes.get(HEADER..).unwrap_or_default();
        if self.lanes.of(from).sealing != Sealing::ByChangeCipherSpec || !text.starts_with(&[20, 0, 0, 12]) {
            return;
        }
        let fits = |suite: &&'static Suite| FINISHED + suite.hash.length() == text.len();
        let Some(suite) = Suite::without_encryption().find(fits) else { return };
        self.facts.version = Some(record.version);
        let offered = self.hello.as_ref().map(|hello| hello.unencrypted.as_slice()).unwrap_or_default();
        let mut offered = offered.iter().copied().filter(fits);
        if let (Some(only), None) = (offered.next(), offered.next()) {
            self.facts.suite = Some(only.number);
        }
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            lane.framer.expect(record.version);
            lane.keys.extend(RecordKey::without_key(suite));
        }
    }

    /// A record came of a connection whose `ClientHello` is missing, by which secrets are looked up: those of all connections are
    /// tried, if there are few.
    pub(super) fn infer_connection(&mut self, from: Peer, record: &Record, secrets: &Secrets) {
        let revision = secrets.revision();
        let Some(suite) = self.facts.suite.and_then(Suite::of) else { return };
        if self.inference.vain > PATIENCE || self.inference.without == Some(revision) {
            return;
        }
        let names = secrets.names(CONNECTIONS);
        if names.is_empty() {
            self.inference.without = Some(revision);
            return;
        }
        let mut record = record.clone();
        for name in names {
            let known = secrets.about(&name);
            let candidates = labels(from)
                .flat_map(|(stage, label)| known.with(label).map(move |entry| (stage, &entry.secret)));
            let keys: Vec<_> = candidates
                .filter_map(|(stage, secret)| RecordKey::of_traffic_secret(stage, suite, secret))
                .collect();
            let memory = keys.len() as u64 * KEY;
            match self.lanes.of(from).keys.would_open(keys, &mut record) {
                Ok(()) => {
                    self.facts.client_random = Some(name);
                    for peer in Peer::BOTH {
                        self.lanes.of_mut(peer).revision = None;
                    }
                    return;
                }
                Err(vain) => self.inference.vain += vain + memory,
            }
            if self.inference.vain > PATIENCE {
                return;
            }
        }
    }
}
