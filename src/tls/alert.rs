//! Alerts: why a peer ended TLS (RFC 8446 §6, RFC 5246 §7.2).

use crate::model::{EndPlace, Peer, Said, Stamp};

/// How serious a peer called it. In TLS 1.3 the description alone decides (RFC 8446 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertLevel {
    /// The session continues.
    Warning,
    /// It does not.
    Fatal,
}

impl AlertLevel {
    /// `warning` or `fatal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Fatal => "fatal",
        }
    }
}

/// An alert that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who sent it.
    pub from: Peer,
    /// How serious it is.
    pub level: AlertLevel,
    /// What it says.
    pub description: AlertDescription,
    /// Whether it came before or after the handshake.
    pub phase: AlertPhase,
    /// What the handshake had come to, on which its meaning depends.
    pub context: AlertContext,
    /// The packet that completes it.
    pub stamp: Stamp,
    /// Where it stands between the two streams, if that is known.
    pub place: Option<EndPlace>,
    /// What the other side had sent before in place of a record.
    pub answers: Option<NoRecord>,
    /// The packet with the first record of the other side that did not authenticate here, either, where keys were there for it.
    pub damaged: Option<Stamp>,
}

/// Bytes that a peer wrote into the stream past its TLS, where a record should begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRecord {
    bytes: [u8; Self::KEPT],
    length: usize,
}

impl NoRecord {
    /// Bytes that are kept of it.
    const KEPT: usize = 8;

    /// Of these bytes the first ones.
    pub(crate) fn of<'b>(bytes: impl IntoIterator<Item = &'b u8>) -> Self {
        let mut kept = Self::default();
        for (place, byte) in kept.bytes.iter_mut().zip(bytes) {
            *place = *byte;
            kept.length += 1;
        }
        kept
    }

    /// Its first bytes, at most eight.
    pub fn preview(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Where in a TLS session something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertPhase {
    /// Before both peers had finished the handshake.
    Handshake,
    /// After that.
    Data,
}

/// What a handshake had come to when an alert ended it, as far as the capture shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlertContext {
    /// The server had chosen nothing yet; a `HelloRetryRequest` (RFC 8446 §4.1.4) chooses no group.
    #[default]
    Choosing,
    /// The server had chosen version and cipher suite.
    Chosen,
    /// It had asked for a client certificate as well (RFC 8446 §4.3.2, RFC 5246 §7.4.4).
    CertificateWanted,
    /// And the client had answered that it has none.
    CertificateMissing,
    /// And the client had sent one.
    CertificateSent,
    /// Something of the handshake is missing from the capture.
    Unknown,
}

impl Alert {
    /// When and where it was said.
    pub(crate) const fn said(&self) -> Said {
        Said { stamp: self.stamp, place: self.place }
    }

    /// Whether it may do no more than complain that the other side ended TCP without a word.
    pub(crate) const fn may_be_about_end(&self) -> bool {
        matches!(self.phase, AlertPhase::Data) && self.description.may_be_about_end()
    }

    /// What its sender means by it, as a clause that fits after "the server says that".
    pub fn meaning(&self) -> &'static str {
        let is_server = self.from == Peer::Server;
        // handshake_failure; and bad_certificate, which says the same of a certificate that never came.
        match (self.description.0, self.context) {
            (40 | 42, AlertContext::CertificateMissing) if is_server => {
                "it had asked for a client certificate, and the client sent none"
            }
            (40, AlertContext::CertificateSent) if is_server => {
                "it does not accept what came after the choice of the cipher suite: most likely the client certificate"
            }
            (
                40,
                AlertContext::Chosen
                | AlertContext::CertificateWanted
                | AlertContext::CertificateMissing
                | AlertContext::CertificateSent,
            ) => "it does not accept what came after the choice of the cipher suite, which both accept",
            (40, AlertContext::Unknown) => {
                "it does not accept something in the handshake, of which a part was not captured"
            }
            (
                70,
                AlertContext::Chosen
                | AlertContext::CertificateWanted
                | AlertContext::CertificateMissing
                | AlertContext::CertificateSent,
            ) => "what it received bears another version than the one agreed on, or is no record of TLS",
            // Only a client has to show who issued its certificate where the other one complains.
            (48, context) if is_server && context != AlertContext::Unknown => {
                "no authority that it trusts issued the client's certificate (self-signed, or an intermediate is missing)"
            }
            _ => self.description.meaning(),
        }
    }
}

/// The number of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertDescription(pub u8);

impl AlertDescription {
    /// The sender sends nothing more: the orderly end.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// The sender gives up the handshake for a reason of its own (RFC 8446 §6.1): no error by itself.
    pub const USER_CANCELED: Self = Self(90);
    /// The sender does not want to renegotiate (RFC 5246 §7.2.2): the session continues.
    pub const NO_RENEGOTIATION: Self = Self(100);

    /// Whether the session is over with it, whatever level it bears.
    pub const fn ends_the_session(self, level: AlertLevel) -> bool {
        match self {
            Self::CLOSE_NOTIFY | Self::USER_CANCELED | Self::NO_RENEGOTIATION => false,
            _ => matches!(level, AlertLevel::Fatal),
        }
    }

    /// Its name in the RFCs, or `unknown`.
    pub fn name(self) -> &'static str {
        self.entry().map_or("unknown", |entry| entry.1)
    }

    /// What a peer means by it, as a clause that fits after "the server says that".
    pub fn meaning(self) -> &'static str {
        self.entry().map_or("something went wrong that no RFC has a number for", |entry| entry.2)
    }

    /// Whether an RFC has it.
    pub fn is_known(self) -> bool {
        self.entry().is_some()
    }

    /// Whether programs say so as well where TCP ended without `close_notify`: OpenSSL 3 `decode_error`, Java `internal_error`.
    const fn may_be_about_end(self) -> bool {
        matches!(self.0, 50 | 80)
    }

    fn entry(self) -> Option<&'static (u8, &'static str, &'static str)> {
        ALERTS.iter().find(|entry| entry.0 == self.0)
    }
}

/// Number, name, meaning (RFC 8446 §6, RFC 5246 §7.2.2, RFC 7301 §3.2, RFC 7507 §3, RFC 9849 §11.3).
static ALERTS: &[(u8, &str, &str)] = &[
    (0, "close_notify", "it sends nothing more"),
    (10, "unexpected_message", "a message came that does not belong there"),
    (20, "bad_record_mac", "a record does not authenticate: it was damaged, or the keys differ"),
    (21, "decryption_failed", "a record does not decrypt"),
    (22, "record_overflow", "a record is longer than allowed"),
    (30, "decompression_failure", "a record does not decompress"),
    (40, "handshake_failure", "the two share no cipher suite, group or signature algorithm that both accept"),
    (41, "no_certificate", "it has no certificate to show"),
    (
        42,
        "bad_certificate",
        "it does not accept the certificate: it may be for another name, or not trusted, or broken",
    ),
    (43, "unsupported_certificate", "the certificate is of a type it does not support, or not for this use"),
    (44, "certificate_revoked", "the certificate was revoked"),
    (45, "certificate_expired", "the certificate has expired or is not valid yet (or the clock is wrong)"),
    (
        46,
        "certificate_unknown",
        "it does not accept the certificate: it may not be trusted, or for another name, or a check of its own failed",
    ),
    (
        47,
        "illegal_parameter",
        "a field of the handshake has a value that is not allowed or fits nothing else",
    ),
    (
        48,
        "unknown_ca",
        "no authority that it trusts issued the certificate (self-signed, or an intermediate is missing)",
    ),
    (49, "access_denied", "the certificate is valid, and access is refused"),
    (
        50,
        "decode_error",
        "a message cannot be decoded, or TCP ended without a close_notify: OpenSSL says this of both",
    ),
    (51, "decrypt_error", "a signature or a Finished message does not verify"),
    (60, "export_restriction", "the cipher is not allowed for export"),
    (70, "protocol_version", "the two share no version of TLS"),
    (71, "insufficient_security", "it wants stronger ciphers than those that were offered"),
    (80, "internal_error", "something unrelated to the peer failed inside it"),
    (86, "inappropriate_fallback", "the client fell back to an older version than both support"),
    (90, "user_canceled", "it gives up the handshake for a reason of its own"),
    (100, "no_renegotiation", "it does not renegotiate"),
    (109, "missing_extension", "a mandatory extension is missing"),
    (110, "unsupported_extension", "an extension came that nobody asked for"),
    (111, "certificate_unobtainable", "the certificate could not be fetched"),
    (112, "unrecognized_name", "it has no site of the name that the client asked for (SNI)"),
    (113, "bad_certificate_status_response", "the stapled OCSP response is not valid"),
    (114, "bad_certificate_hash_value", "the certificate's hash does not match"),
    (115, "unknown_psk_identity", "it does not know the pre-shared key"),
    (116, "certificate_required", "it wants a client certificate, and none came"),
    (120, "no_application_protocol", "the two share no application protocol (ALPN)"),
    (121, "ech_required", "encrypted ClientHello was not accepted, and it insists on it"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_meanings() {
        assert_eq!(AlertDescription(48).name(), "unknown_ca");
        assert!(AlertDescription(116).meaning().contains("client certificate"));
        assert_eq!(AlertDescription(200).name(), "unknown");
    }

    #[test]
    fn a_handshake_fails_for_another_reason_once_a_suite_was_chosen() {
        let meaning = |from, code, context| {
            let (level, phase) = (AlertLevel::Fatal, AlertPhase::Handshake);
            let description = AlertDescription(code);
            Alert {
                from,
                level,
                description,
                phase,
                context,
                stamp: Stamp::default(),
                place: None,
                answers: None,
                damaged: None,
            }
            .meaning()
        };
        assert!(meaning(Peer::Server, 40, AlertContext::Choosing).contains("share no cipher suite"));
        for context in [
            AlertContext::Chosen,
            AlertContext::CertificateWanted,
            AlertContext::CertificateMissing,
            AlertContext::CertificateSent,
            AlertContext::Unknown,
        ] {
            for from in Peer::BOTH {
                assert!(!meaning(from, 40, context).contains("share no"), "{from} {context:?}");
            }
        }
        let missing = AlertContext::CertificateMissing;
        for code in [40, 42] {
            assert!(meaning(Peer::Server, code, missing).contains("the client sent none"), "{code}");
        }
        assert!(!meaning(Peer::Client, 42, missing).contains("sent none"), "it speaks of the server's");
    }

    // OpenSSL says bad_certificate of a name that differs, GnuTLS of whatever it does not accept; Java and Chromium say
    // certificate_unknown of that.
    #[test]
    fn an_alert_that_stands_for_many_reasons_names_none_as_certain() {
        for code in [42, 46] {
            let meaning = AlertDescription(code).meaning();
            assert!(meaning.contains("may") && meaning.contains("another name"), "{meaning}");
            assert!(meaning.contains("trusted"), "{meaning}");
        }
    }

    #[test]
    fn what_ends_a_session() {
        assert!(AlertDescription(40).ends_the_session(AlertLevel::Fatal));
        assert!(!AlertDescription(112).ends_the_session(AlertLevel::Warning));
        assert!(!AlertDescription::CLOSE_NOTIFY.ends_the_session(AlertLevel::Warning));
    }
}
