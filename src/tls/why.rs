//! Why not all of a session can be read.

use crate::model::{GapCause, Peer, PerPeer};

use super::alert::AlertPhase;
use super::crypto;
use super::direction_keys::{KeyStage, label_of};
use super::facts::{HandshakeProgress, Readable};
use super::reason::{Reason, lost_reason};
use super::secret::{Label, Random};
use super::secrets::Secrets;
use super::session::{Sealing, Tls, WaitingFor};
use super::suite::{Cipher, Suite};
use super::version::Version;

/// Records that the encrypted part of a handshake of TLS 1.3 usually has at most (RFC 8446 §2): a certificate, what it signs, and
/// the Finished message.
const HANDSHAKE_RECORDS: u64 = 3;

impl Tls {
    /// Why a record of this direction stays closed.
    pub(super) fn why(&self, from: Peer, secrets: &Secrets) -> Reason {
        if !crypto::DECRYPTS {
            return Reason::DecryptionLeftOut;
        }
        let lane = self.lanes.of(from);
        let cut = Peer::BOTH.into_iter().any(|peer| self.lanes.of(peer).lost == Some(GapCause::Snaplen));
        let Some(random) = self.facts.client_random else {
            let saw_handshake = self.facts.version.is_some()
                || Peer::BOTH
                    .map(|peer| self.lanes.of(peer))
                    .into_iter()
                    .any(|lane| lane.is_headless || lane.sealing == Sealing::ByChangeCipherSpec);
            // In TLS 1.3 secrets would do without it.
            let lacks_secrets = self.facts.version == Some(Version::TLS13) && secrets.connections() == 0;
            return match () {
                () if cut => Reason::PacketsCut,
                () if lacks_secrets => Reason::NoSecrets { log: secrets.log_lines() },
                () if saw_handshake => Reason::ClientHelloLost,
                () => Reason::HandshakeNotCaptured,
            };
        };
        let (Some(version), Some(number)) = (self.facts.version, self.facts.suite) else {
            // What a client seals first without a key exchange is TLS 1.3, for which secrets are enough.
            let is_tls13 = from == Peer::Client && !self.is_older && lane.sealing == Sealing::ByData;
            let is_unnamed = || secrets.about(&random).entries.is_empty();
            return match () {
                () if cut => Reason::PacketsCut,
                () if is_tls13 && is_unnamed() => Self::why_no_key(from, random, Version::TLS13, secrets),
                () => Reason::ServerHelloLost,
            };
        };
        let suite = Suite::of(number);
        if !version.is_supported() {
            return Reason::VersionNotSupported { version };
        }
        if suite.is_none_or(|suite| suite.cipher == Cipher::Unsupported) {
            return Reason::CipherNotSupported { number };
        }
        if let Some(label) = self.missing_for_handshake(from).filter(|_| lane.unfit < HANDSHAKE_RECORDS) {
            return Reason::LabelMissing { label };
        }
        if lane.unread_early > 0 && !lane.finished && lane.keys.has(KeyStage::Handshake) {
            return self.why_no_early(secrets);
        }
        let is_complete = version != Version::TLS13 || lane.keys.has(KeyStage::Application);
        // A traffic secret of TLS 1.3 may be wrong beside one of the handshake that is right.
        let is_data_unfit = version == Version::TLS13 && lane.finished && !lane.keys.fits_data();
        if lane.keys.fits() && is_complete {
            return match lane.lost {
                Some(cause) => lost_reason(Some(cause)),
                None if is_data_unfit => Reason::SecretDoesNotFit,
                None => Reason::RecordDamaged,
            };
        }
        if !lane.keys.is_empty() && is_complete {
            return Reason::SecretDoesNotFit;
        }
        let latest = lane.epoch.as_ref().map_or(random, |epoch| epoch.random);
        let reason = Self::why_no_key(from, latest, version, secrets);
        let is_unnamed = matches!(reason, Reason::NoSecretForThisClientRandom { .. });
        if is_unnamed && latest != random {
            Reason::RenegotiationUnread { random: Some(latest) }
        } else {
            reason
        }
    }

    /// The label of the secret that this side seals the rest of its handshake with, if there are others and that is missing.
    pub(super) fn missing_for_handshake(&self, from: Peer) -> Option<&'static str> {
        let keys = &self.lanes.of(from).keys;
        let may_be_of_handshake =
            self.facts.version == Some(Version::TLS13) && !self.lanes.of(from).finished && !keys.fits_data();
        let has_others = keys.has(KeyStage::Application) && !keys.has(KeyStage::Handshake);
        let label = label_of(from, KeyStage::Handshake).filter(|_| may_be_of_handshake && has_others)?;
        Some(label.name())
    }

    fn why_no_key(from: Peer, random: Random, version: Version, secrets: &Secrets) -> Reason {
        let wanted = if version == Version::TLS13 {
            label_of(from, KeyStage::Application).unwrap_or(Label::ClientTraffic)
        } else {
            Label::ClientRandom
        };
        let known = secrets.about(&random);
        if let Some(damaged) = known.damaged(wanted) {
            return Reason::LineDamaged { line: damaged.line };
        }
        let entries = &known.entries;
        if entries.is_empty() {
            return match secrets.connections() {
                0 => Reason::NoSecrets { log: secrets.log_lines() },
                _ if known.has_encrypted_hello => Reason::EncryptedClientHello,
                others => Reason::NoSecretForThisClientRandom { random, others, opened: None },
            };
        }
        let other = label_of(!from, KeyStage::Application);
        if version == Version::TLS13 && entries.iter().any(|entry| Some(entry.label) == other) {
            return Reason::SecretsOnlyForOneSide { side: !from };
        }
        if entries.iter().any(|entry| entry.label == wanted) {
            return Reason::SecretDoesNotFit;
        }
        // That of the other side is not there, either.
        let label = match version {
            Version::TLS13 => "CLIENT_TRAFFIC_SECRET_0 and SERVER_TRAFFIC_SECRET_0",
            _ => wanted.name(),
        };
        Reason::LabelMissing { label }
    }

    /// How far the handshake got.
    fn progress(&self) -> HandshakeProgress {
        let PerPeer { client, server } = &self.lanes;
        let is_missing = client.lost.is_some() || server.lost.is_some() || self.hello.is_none();
        // A client that does not like what it sees sends nothing that is encrypted, or an alert.
        let last = self.facts.sides.client.last_sealed;
        let has_gone_on = last.is_some_and(|(length, _)| length != self.facts.alert_length())
            || self.facts.rhythm.records.client > 1;
        match self.facts.version {
            _ if is_missing => HandshakeProgress::Unknown,
            // Both had gone on: the capture lacks what the server said first. Early data needs no answer.
            None if self.has_gone_on_unseen() => HandshakeProgress::Unknown,
            None => HandshakeProgress::ClientHello,
            Some(version) if version < Version::TLS13 && self.awaits_server() => {
                HandshakeProgress::ClientFinished
            }
            Some(_) if client.finished || has_gone_on || self.facts.sides.client.sealed > 0 => {
                HandshakeProgress::Finished
            }
            Some(_) => HandshakeProgress::ServerHello,
        }
    }

    /// Whether the client encrypts, with more than an alert, and the server has not begun to (TLS 1.2 and older): in a handshake that
    /// resumes nothing its Finished message comes last (RFC 5246 §7.3).
    fn awaits_server(&self) -> bool {
        let PerPeer { client, server } = &self.facts.sides;
        let has_finished = client.sealed > 1 || client.sealed == 1 && client.sealed_alert.is_none();
        has_finished && self.lanes.server.sealing == Sealing::No && server.sealed == 0
    }

    /// Whether a side encrypts although nothing of the server's choice was captured.
    fn has_gone_on_unseen(&self) -> bool {
        let PerPeer { client, server } = &self.facts.sides;
        server.sealed > 0 || client.sealed > 0 && self.facts.early_data.is_none()
    }

    /// Brings together what both sides tell.
    pub(super) fn settle(&mut self) {
        let read = Peer::BOTH.map(|peer| {
            let side = self.facts.sides.of(peer);
            (side.sealed, side.opened, self.lanes.of(peer).reason)
        });
        let [(client, client_opened, client_reason), (server, server_opened, server_reason)] = read;
        self.facts.progress = self.progress();
        self.facts.came_to = self.alert_context();
        let opened = client_opened + server_opened;
        let is_whole = client == client_opened && server == server_opened;
        self.facts.is_waiting = self.hold == WaitingFor::Secrets;
        let wanting = self.wanting.filter(|_| self.facts.is_waiting);
        // Of records that are cut nothing shows whether they could be read.
        let is_cut = Peer::BOTH.into_iter().any(|peer| self.lanes.of(peer).lost == Some(GapCause::Snaplen));
        let cut = Some(Reason::PacketsCut).filter(|_| is_cut && client_opened + server_opened == 0);
        // Early data is not all that the client says.
        let is_of_early =
            client_reason == Some(Reason::LabelMissing { label: Label::ClientEarlyTraffic.name() });
        let of_sides =
            if is_of_early { server_reason.or(client_reason) } else { client_reason.or(server_reason) };
        self.facts.reason = of_sides.or(wanting).or(cut);
        if self.facts.foreign == Some(Peer::Server) && self.facts.version.is_none() && client + server == 0 {
            self.facts.reason = Some(Reason::ServerSpeaksNoTls);
        }
        let is_refused = self.facts.alert.is_some_and(|alert| alert.phase == AlertPhase::Handshake);
        let is_broken = is_refused || self.facts.broken_off().is_some();
        if self.facts.reason.is_some_and(Reason::is_lack) && opened == 0 && is_broken {
            self.facts.reason = Some(Reason::HandshakeBroken);
        }
        let turned_dark = self.facts.turned_dark().next().is_some();
        if let Some(Reason::RecordsLost | Reason::RecordDamaged) = self.facts.reason
            && self.renegotiates
            && turned_dark
        {
            self.facts.reason = Some(Reason::RenegotiationUnread { random: None });
        }
        let is_cut_inside = Peer::BOTH.into_iter().any(|peer| self.facts.sides.of(peer).unfinished.is_some());
        if is_cut_inside && opened > 0 {
            self.facts.reason.get_or_insert(Reason::RecordUnfinished);
        }
        self.facts.readable = match () {
            () if is_whole && self.facts.reason.is_none() => Readable::All,
            () if opened == 0 => Readable::Nothing,
            () if server_opened == 0 && client == client_opened => Readable::Client,
            () if client_opened == 0 && server == server_opened => Readable::Server,
            () => Readable::Part,
        };
        if opened == 0 {
            self.facts.origin = None;
        }
    }
}
