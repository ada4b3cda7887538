//! What peers agree on, as the messages of their handshakes come; with the alerts that end it.

use crate::model::{Peer, Said};

use super::alert::{Alert, AlertContext, AlertDescription, AlertLevel, AlertPhase};
use super::crypto;
use super::direction_keys::KeyStage;
use super::epoch::Epoch;
use super::facts::EarlyData;
use super::handshake::{self, MessageType};
use super::record::Record;
use super::secret::{Label, Random};
use super::secrets::Secrets;
use super::session::{Event, Expecting, Sealing, Tls};
use super::suite::{KeyExchange, Suite};
use super::version::Version;

/// Handshake messages kept for the extended master secret, in bytes.
const TRANSCRIPT: usize = 128 << 10;

impl Tls {
    pub(super) fn change_cipher_spec(&mut self, from: Peer) {
        // A client of TLS 1.3 may send one before the server answers (RFC 8446 §D.4).
        if self.facts.version.is_some() || from == Peer::Server || self.hello.is_none() || self.is_older {
            self.tell_resumption(from);
            self.seal(from, Sealing::ByChangeCipherSpec);
        }
    }

    pub(super) fn alert(&mut self, from: Peer, record: &Record, text: &[u8], out: &mut dyn FnMut(Event<'_>)) {
        let client = &self.facts.sides.client;
        // Of a client that has sent data the handshake is over, whatever was captured of the server.
        let is_over = from == Peer::Client
            && client.data
            && (self.facts.early_data.is_none() || self.lanes.client.finished);
        let phase =
            if self.facts.sides.server.data || is_over { AlertPhase::Data } else { AlertPhase::Handshake };
        // An alert has two bytes (RFC 8446 §5.1 has one a record), and where it may have been lost that a side encrypts by now, it
        // is one there is: what looks like plain text is neither then.
        let is_whole = Peer::BOTH.into_iter().all(|peer| self.lanes.of(peer).lost.is_none());
        let is_one = |pair: &[u8]| matches!(pair, [1 | 2, description] if is_whole || AlertDescription(*description).is_known());
        if !text.len().is_multiple_of(2) || !text.chunks(2).all(is_one) {
            return;
        }
        let said = Said { stamp: record.stamp, place: record.extent.place() };
        for pair in text.chunks_exact(2) {
            let [level, description] = *pair else { continue };
            let level = if level == 1 { AlertLevel::Warning } else { AlertLevel::Fatal };
            let description = AlertDescription(description);
            let context = self.alert_context();
            let Said { stamp, place } = said;
            let other = self.facts.sides.of(!from);
            let (answers, damaged) = (other.no_record.map(|(bytes, _)| bytes), other.damaged_at);
            let alert = Alert { from, level, description, phase, context, stamp, place, answers, damaged };
            if description == AlertDescription::CLOSE_NOTIFY {
                self.facts.sides.of_mut(from).close_notify.get_or_insert(said);
                continue;
            }
            if !description.ends_the_session(level) {
                self.facts.warning.get_or_insert(alert);
                continue;
            }
            if self.facts.alert.is_none() {
                self.facts.alert = Some(alert);
                self.alert_end = record.extent.end;
            }
            // What comes after the other side's end complains about that end.
            if self.facts.sides.of(!from).end.is_none() && !alert.may_be_about_end() {
                out(Event::Alert(alert));
            }
        }
    }

    /// What the handshake has come to.
    pub(super) fn alert_context(&self) -> AlertContext {
        let is_missing = Peer::BOTH.into_iter().any(|peer| self.lanes.of(peer).lost.is_some());
        let is_unknown = self.came_to == AlertContext::Choosing && (is_missing || self.hello.is_none());
        if is_unknown { AlertContext::Unknown } else { self.came_to }
    }

    pub(super) fn message(
        &mut self,
        from: Peer,
        kind: MessageType,
        message: &[u8],
        stage: Option<KeyStage>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        self.remember(kind, message);
        match kind {
            MessageType::CLIENT_HELLO if from == Peer::Client => self.client_hello(message, out),
            MessageType::SERVER_HELLO if from == Peer::Server => self.server_hello(message, secrets, out),
            MessageType::ENCRYPTED_EXTENSIONS if stage == Some(KeyStage::Handshake) => {
                let (alpn, early) = handshake::encrypted_extensions(message);
                self.facts.alpn = alpn.or(self.facts.alpn.take());
                if self.facts.early_data.is_some() {
                    let decision = if early { EarlyData::Accepted } else { EarlyData::Rejected };
                    self.decide_early(decision, secrets, out);
                }
            }
            MessageType::CERTIFICATE_REQUEST if from == Peer::Server => {
                self.came_to = AlertContext::CertificateWanted;
            }
            // Clients send one only where it is asked for.
            MessageType::CERTIFICATE if from == Peer::Client => {
                self.came_to = if handshake::is_certificate_missing(message) {
                    AlertContext::CertificateMissing
                } else {
                    AlertContext::CertificateSent
                };
            }
            MessageType::SERVER_HELLO_DONE if from == Peer::Server => {
                self.facts.resumed.get_or_insert(false);
            }
            MessageType::CLIENT_KEY_EXCHANGE if from == Peer::Client => self.client_key_exchange(message),
            MessageType::END_OF_EARLY_DATA => self.lanes.of_mut(from).keys.pass(KeyStage::Early),
            MessageType::FINISHED => {
                let lane = self.lanes.of_mut(from);
                lane.finished = true;
                if stage == Some(KeyStage::Handshake) {
                    lane.keys.pass(KeyStage::Early);
                    lane.keys.pass(KeyStage::Handshake);
                }
            }
            MessageType::KEY_UPDATE if stage == Some(KeyStage::Application) => {
                self.lanes.of_mut(from).keys.update();
            }
            _ => {}
        }
    }

    /// Keeps the messages of a handshake up to the client's key exchange (RFC 7627 §3).
    fn remember(&mut self, kind: MessageType, message: &[u8]) {
        if kind == MessageType::CLIENT_HELLO {
            self.transcript = Some(Vec::new());
        }
        if let Some(transcript) = &mut self.transcript {
            if message.is_empty() || transcript.len() + message.len() > TRANSCRIPT {
                self.transcript = None;
            } else if kind.0 != 0 {
                transcript.extend_from_slice(message);
            }
        }
    }

    fn client_hello(&mut self, message: &[u8], out: &mut dyn FnMut(Event<'_>)) {
        let Some(hello) = handshake::client_hello(message) else { return };
        self.renegotiates |= self.facts.sides.client.data || self.facts.sides.server.data;
        // Only the first one names the connection; later ones answer a HelloRetryRequest or renegotiate.
        if self.facts.client_random.is_none() {
            self.facts.client_random = Some(hello.random);
            self.facts.sni.clone_from(&hello.sni);
            self.facts.alpn_offered.clone_from(&hello.alpn);
            self.facts.early_data = hello.early_data.then_some(EarlyData::Offered);
            if let Some(name) = &hello.sni {
                out(Event::ServerName(name));
            }
        }
        self.came_to = AlertContext::Choosing;
        self.hello = Some(Box::new(hello));
    }

    fn server_hello(&mut self, message: &[u8], secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let Some((hello, alpn)) = handshake::server_hello(message) else { return };
        let suite = Suite::of(hello.suite);
        self.agree(hello.version, hello.suite);
        self.facts.alpn = alpn.or(self.facts.alpn.take());
        if hello.version == Version::TLS13 {
            if hello.is_retry() {
                self.decide_early(EarlyData::Rejected, secrets, out);
                return;
            }
            self.came_to = AlertContext::Chosen;
            self.facts.resumed = Some(hello.psk);
            let known = secrets.about(&self.facts.client_random.unwrap_or(Random([0; 32])));
            let unread = known.with(Label::ServerHandshakeTraffic).next().is_none();
            if self.facts.early_data == Some(EarlyData::Offered) {
                if !hello.psk {
                    self.decide_early(EarlyData::Rejected, secrets, out);
                } else if unread && self.expecting == Expecting::Nothing {
                    self.await_early(secrets, out);
                }
            }
            self.make_keys(Peer::Server, secrets, out);
            return;
        }
        self.came_to = AlertContext::Chosen;
        self.decide_early(EarlyData::Rejected, secrets, out);
        let random = self.hello.as_ref().map(|hello| hello.random);
        let has_premaster = |random| secrets.about(&random).with(Label::ClientPremaster).next().is_some();
        let by_rsa = suite.is_some_and(|suite| suite.exchange == KeyExchange::Rsa);
        let is_needed = by_rsa || hello.extended_master_secret && random.is_some_and(has_premaster);
        self.transcript = self.transcript.take().filter(|_| is_needed);
        self.epoch = match (random, suite) {
            (Some(random), Some(suite)) if hello.version.is_supported() && hello.compression == 0 => {
                Some(Box::new(Epoch {
                    random,
                    server: hello,
                    suite,
                    premaster: None,
                    session_hash: Vec::new(),
                }))
            }
            _ => None,
        };
    }

    /// It is known what the server chose.
    pub(super) fn agree(&mut self, version: Version, suite: u16) {
        self.facts.version = Some(version);
        self.facts.suite = Some(suite);
        let on_records = Version(version.0.min(Version::TLS12.0));
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            lane.framer.expect(on_records);
            lane.revision = None;
        }
        if version == Version::TLS13 {
            self.transcript = None;
        }
    }

    fn client_key_exchange(&mut self, message: &[u8]) {
        self.is_older = true;
        let transcript = self.transcript.take();
        if let Some(epoch) = &mut self.epoch {
            let version = epoch.server.version;
            if epoch.suite.exchange == KeyExchange::Rsa {
                epoch.premaster = handshake::encrypted_premaster(message, version);
            }
            if let Some(messages) = transcript {
                epoch.session_hash = crypto::session_hash(version, epoch.suite.derivation(), &messages);
            }
        }
    }

    /// A server that encrypts before it says that its flight is done continues an earlier session (RFC 5246 §7.3).
    fn tell_resumption(&mut self, from: Peer) {
        if from == Peer::Server && self.hello.is_some() && self.lanes.server.lost.is_none() {
            self.facts.resumed.get_or_insert(true);
        }
    }
}
