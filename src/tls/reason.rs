//! Why something could not be read: a closed list, each with what would help.

use std::fmt;

use crate::model::{ConnectionId, GapCause, Peer};

use super::secret::{LogLines, Random};
use super::suite::Suite;
use super::version::Version;

/// Why not all of a TLS session could be read. Each follows from the capture and the secrets alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// There are no secrets at all.
    NoSecrets {
        /// What the key logs hold instead; `None` if there is no key log.
        log: Option<LogLines>,
    },
    /// There are secrets, and none for this connection.
    NoSecretForThisClientRandom {
        /// What names the connection.
        random: Random,
        /// How many connections there are secrets for.
        others: u64,
        /// Another connection of the capture that they open.
        opened: Option<OpenedConnection>,
    },
    /// There are secrets of this connection, but not those that open its data.
    LabelMissing {
        /// The label that is missing.
        label: &'static str,
    },
    /// The secret of one side is there, that of the other is not.
    SecretsOnlyForOneSide {
        /// The side that can be read.
        side: Peer,
    },
    /// The line of a key log that would help is damaged.
    LineDamaged {
        /// Its number, from 1.
        line: u64,
    },
    /// The secret of this connection opens nothing.
    SecretDoesNotFit,
    /// The capture lacks the `ClientHello`.
    ClientHelloLost,
    /// The capture lacks the `ServerHello`.
    ServerHelloLost,
    /// The capture has no packet of one side.
    DirectionMissing {
        /// The side.
        side: Peer,
    },
    /// The capture begins after the handshake.
    HandshakeNotCaptured,
    /// Packets were cut short by the snap length.
    PacketsCut,
    /// The capture lacks records.
    RecordsLost,
    /// Records do not authenticate.
    RecordDamaged,
    /// A side ended inside a record: what there is of that does not authenticate.
    RecordUnfinished,
    /// A later handshake (renegotiation, RFC 5246 §7.4.1.1) agreed on keys that are not known.
    RenegotiationUnread {
        /// What names it in a key log, which has no secret for it; `None` if the capture lacks some of it.
        random: Option<Random>,
    },
    /// The suite is not one that can be read.
    CipherNotSupported {
        /// Its number.
        number: u16,
    },
    /// The version is not one that can be read.
    VersionNotSupported {
        /// The version.
        version: Version,
    },
    /// The `ClientHello` was encrypted, so that the secrets are logged under another client random.
    EncryptedClientHello,
    /// Secrets were waited for, and a limit was reached first.
    SecretsTooLate,
    /// The handshake was broken off before anything was said in it.
    HandshakeBroken,
    /// What a side said in the handshake never arrived.
    HandshakeCutOff,
    /// The server answered in something else than TLS.
    ServerSpeaksNoTls,
    /// This build has no ciphers: the crate's feature `tls` was left out.
    DecryptionLeftOut,
}

/// Another connection of the capture that secrets open, as one sees it that they do not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedConnection {
    /// Its number.
    pub connection: ConnectionId,
    /// It began before the other one: secrets were being logged by then.
    pub is_earlier: bool,
    /// The handshake of the other one was complete, after which secrets are logged: its client sent more than one record behind the
    /// handshake's keys.
    pub is_complete: bool,
    /// The other one continues an earlier session of TLS 1.2 or older, and has its master secret.
    pub is_resumption: bool,
}

impl fmt::Display for OpenedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, is_earlier, is_complete, is_resumption } = self;
        if *is_resumption && *is_earlier {
            return write!(
                f,
                "they open connection {connection} of this capture, and this one resumes an earlier session: the line of the \
                 connection in which that began has the same secret; repeat it with this one's client random"
            );
        }
        let (order, why) = if *is_earlier {
            ("earlier", "its lines are missing from the key log")
        } else {
            ("later", "came before logging began")
        };
        let broken = if *is_complete { "" } else { ", was broken off in its handshake" };
        write!(
            f,
            "they open connection {connection} of this capture, which began {order}: this one is another process's{broken}, or {why}"
        )
    }
}

impl Reason {
    /// Whether secrets that come later would help.
    pub const fn is_lack(self) -> bool {
        matches!(
            self,
            Self::NoSecrets { .. }
                | Self::NoSecretForThisClientRandom { .. }
                | Self::LabelMissing { .. }
                | Self::SecretsOnlyForOneSide { .. }
                | Self::RenegotiationUnread { random: Some(_) }
        )
    }

    /// As JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSecrets { .. } => "no-secrets",
            Self::NoSecretForThisClientRandom { .. } => "no-secret-for-this-client-random",
            Self::LabelMissing { .. } => "label-missing",
            Self::SecretsOnlyForOneSide { .. } => "secrets-only-for-one-side",
            Self::LineDamaged { .. } => "line-damaged",
            Self::SecretDoesNotFit => "secret-does-not-fit",
            Self::ClientHelloLost => "client-hello-lost",
            Self::ServerHelloLost => "server-hello-lost",
            Self::DirectionMissing { .. } => "direction-missing",
            Self::HandshakeNotCaptured => "handshake-not-captured",
            Self::PacketsCut => "packets-cut",
            Self::RecordsLost => "records-lost",
            Self::RecordDamaged => "record-damaged",
            Self::RecordUnfinished => "record-unfinished",
            Self::RenegotiationUnread { .. } => "renegotiation-unread",
            Self::CipherNotSupported { .. } => "cipher-not-supported",
            Self::VersionNotSupported { .. } => "version-not-supported",
            Self::EncryptedClientHello => "encrypted-client-hello",
            Self::SecretsTooLate => "secrets-too-late",
            Self::HandshakeBroken | Self::HandshakeCutOff => "handshake-broken",
            Self::ServerSpeaksNoTls => "server-speaks-no-tls",
            Self::DecryptionLeftOut => "decryption-left-out",
        }
    }
}

/// What is said of a handshake that a peer broke off.
const BROKEN_OFF: &str = "the handshake was broken off before anything was said that secrets could show; look for the reason in what the \
                          peer that left has logged";
/// What is said of a handshake of which packets never arrived.
const CUT_OFF: &str = "the handshake never came to its end, as packets of it were never acknowledged: no secret would show more; look for \
                       what is in the way of them";

/// A sentence without its full stop: what is the matter, and what would help.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSecrets { log: None } => {
                f.write_str("there are no TLS secrets; have a peer log them and pass the file with --keys")
            }
            Self::NoSecrets { log: Some(LogLines { comments: 0, others: 0 }) } => f.write_str(
                "the key log is empty; set SSLKEYLOGFILE in the environment of the program that speaks TLS, before it starts",
            ),
            Self::NoSecrets { log: Some(LogLines { others: 0, .. }) } => f.write_str(
                "the key log has comments and no secrets; let the peers connect again while it is written, and pass the whole file",
            ),
            Self::NoSecrets { log: Some(LogLines { others, .. }) } => write!(
                f,
                "the key log ({others} {}) holds no TLS secret; useful lines begin with CLIENT_RANDOM or \
                 CLIENT_TRAFFIC_SECRET_0",
                if *others == 1 { "line" } else { "lines" }
            ),
            Self::NoSecretForThisClientRandom { random, others, opened } => {
                let short: String = random.to_string().chars().take(8).collect();
                let connections = if *others == 1 { "connection" } else { "connections" };
                write!(
                    f,
                    "there are secrets for {others} {connections}, but none for this client random {short}…; "
                )?;
                match opened {
                    None => f.write_str("they are another process's, or logging began later"),
                    Some(opened) => opened.fmt(f),
                }
            }
            Self::LabelMissing { label } => {
                write!(f, "the secrets of this connection lack {label}; log again and pass the whole file")
            }
            Self::SecretsOnlyForOneSide { side } => {
                write!(f, "only the {side}'s traffic secret is there; log again and pass the whole file")
            }
            Self::LineDamaged { line } => write!(
                f,
                "line {line} of the key log, which should have the secret, is damaged or was still being written; copy it again"
            ),
            Self::SecretDoesNotFit => {
                f.write_str("the secret logged for this connection does not open it; the key log is damaged, or belongs to other traffic")
            }
            Self::ClientHelloLost => f.write_str(
                "the capture lacks the ClientHello, which names the connection; start capturing before it",
            ),
            Self::ServerHelloLost => f.write_str(
                "the capture lacks the ServerHello, without which no key can be derived; capture without \
                dropping packets",
            ),
            Self::DirectionMissing { side: Peer::Client } => f.write_str(
                "the capture has no packet from the client, whose ClientHello names the connection; capture both directions",
            ),
            Self::DirectionMissing { side: Peer::Server } => f.write_str(
                "the capture has no packet from the server; capture both directions",
            ),
            Self::HandshakeNotCaptured => f.write_str(
                "the capture begins after the handshake, and secrets are found by what is in it; start the capture \
                before the connection opens",
            ),
            Self::PacketsCut => f.write_str("packets were cut short; capture with a larger snap length (-s 0)"),
            Self::RecordsLost => f.write_str("the capture lacks some records; capture without dropping \
                packets"),
            Self::RecordDamaged => f.write_str("some records do not authenticate; their bytes differ from \
                those sent, in the capture alone or, where their receiver complains of them, before it"),
            Self::RecordUnfinished => f.write_str("a record never became whole, and only whole ones can be read; look for what \
                ended its side, or the capture, inside it"),
            Self::RenegotiationUnread { random: Some(random) } => {
                let short: String = random.to_string().chars().take(8).collect();
                write!(
                    f,
                    "a later handshake (renegotiation) changed the keys, and there is no secret for its client random {short}…; \
                     pass the whole key log"
                )
            }
            Self::RenegotiationUnread { random: None } => f.write_str(
                "a later handshake (renegotiation) changed the keys, and the capture lacks some of it; capture without dropping \
                packets",
            ),
            Self::CipherNotSupported { number } => match Suite::of(*number) {
                Some(suite) => write!(f, "{} cannot be decrypted; let the peers choose an AEAD suite", suite.name),
                None => write!(f, "cipher suite 0x{number:04X} is not known; let the peers choose an AEAD suite"),
            },
            Self::VersionNotSupported { version } => {
                write!(f, "{} (0x{:04X}) cannot be decrypted; let the peers use TLS 1.2 or 1.3", version.name(), version.0)
            }
            Self::EncryptedClientHello => f.write_str(
                "the ClientHello was encrypted, so the secrets are logged under another client random; turn off encrypted \
                ClientHello",
            ),
            Self::SecretsTooLate => f.write_str(
                "its secrets did not come before a limit was reached; read the capture from a file, or raise --limit tls-held-bytes",
            ),
            Self::HandshakeBroken => f.write_str(BROKEN_OFF),
            Self::HandshakeCutOff => f.write_str(CUT_OFF),
            Self::ServerSpeaksNoTls => f.write_str(
                "the server answered in plain text; use ws:// in the client's URL, or a port that speaks TLS",
            ),
            Self::DecryptionLeftOut => {
                f.write_str("this build of wsight cannot decrypt; build it with the feature tls")
            }
        }
    }
}

/// Why records of a direction with keys stay closed.
pub(super) const fn lost_reason(cause: Option<GapCause>) -> Reason {
    match cause {
        Some(GapCause::Snaplen) => Reason::PacketsCut,
        Some(
            GapCause::Lost
            | GapCause::Unacknowledged
            | GapCause::RecordLost
            | GapCause::Limit
            | GapCause::Sealed
            | GapCause::Unseen
            | GapCause::Unframed,
        ) => Reason::RecordsLost,
        None => Reason::RecordDamaged,
    }
}
