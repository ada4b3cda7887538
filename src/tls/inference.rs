//! What a server chose whose answer the capture lacks: in TLS 1.3 the records themselves show it.

use crate::model::Peer;

use super::ladder::{KeyStage, Rung, label_of};
use super::record::Record;
use super::secret::Secrets;
use super::session::Tls;
use super::suite::Suite;
use super::version::Version;

/// Bytes that may be tried in vain for one session.
const PATIENCE: u64 = 16 << 20;

impl Tls {
    /// A record that cannot be opened without the server's answer came before it. The secrets of TLS 1.3 depend on nothing else
    /// in that answer than the cipher suite, and a record that authenticates leaves no doubt about that. In TLS 1.2 keys need
    /// the server's random as well.
    pub(super) fn infer_suite(&mut self, from: Peer, record: &Record, secrets: &Secrets) {
        let revision = secrets.revision();
        let Some(random) = self.facts.client_random else { return };
        if self.inference.vain > PATIENCE || self.inference.without == Some(revision) {
            return;
        }
        // Early data says nothing about what the server chose.
        let stages = [KeyStage::Handshake, KeyStage::Application];
        let labels = stages.into_iter().filter_map(|stage| Some((stage, label_of(from, stage)?)));
        let known = secrets.about(&random);
        let candidates: Vec<_> = labels
            .flat_map(|(stage, label)| known.with(label).map(move |entry| (stage, &entry.secret)))
            .collect();
        if candidates.is_empty() {
            self.inference.without = Some(revision);
            return;
        }
        let mut record = record.clone();
        for suite in Suite::of_tls13() {
            let rungs = candidates
                .iter()
                .filter_map(|(stage, secret)| Rung::of_traffic_secret(*stage, suite, secret))
                .collect();
            match self.lanes.of(from).ladder.would_open(rungs, &mut record) {
                Ok(()) => return self.agree(Version::TLS13, suite.number),
                Err(vain) => self.inference.vain += vain,
            }
        }
    }
}
