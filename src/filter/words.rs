//! The words that some fields are limited to, so that a typing error is an error and does not choose nothing.

use super::error::nearest;
use crate::findings::{Certainty, Class, Id, Severity};
use crate::model::{EndCause, Peer};
use crate::tls::{AlertLevel, Closure, EarlyData, Origin, Readable};
use crate::upgrade::Outcome;
use crate::ws::{MessageKind, Opcode};

/// What the values of a field are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Words {
    /// These, in no order.
    Listed(&'static [&'static str]),
    /// These, from the least to the most: they can be compared with `<` and `>`.
    Ranked(&'static [&'static str]),
    /// The ids of findings.
    FindingIds,
}

pub(super) const TYPES: Words = Words::Listed(&["upgrade", "tls", "frame", "message", "finding", "session"]);
pub(super) const SIDES: Words = Words::Listed(&[Peer::Client.name(), Peer::Server.name()]);
pub(super) const VERSIONS: Words = Words::Listed(&["http/1.1", "http/2"]);
pub(super) const OUTCOMES: Words = Words::Listed(&{
    let [a, b, c, d, e, f] = Outcome::ALL;
    [a.name(), b.name(), c.name(), d.name(), e.name(), f.name()]
});
pub(super) const EARLY_DATA: Words =
    Words::Listed(&[EarlyData::Offered.name(), EarlyData::Accepted.name(), EarlyData::Rejected.name()]);
pub(super) const READABLE: Words = Words::Listed(&[
    Readable::All.name(),
    Readable::Client.name(),
    Readable::Server.name(),
    Readable::Part.name(),
    Readable::Nothing.name(),
]);
pub(super) const DARK: Words = Words::Listed(&[
    "no-secrets",
    "no-secret-for-this-client-random",
    "label-missing",
    "secrets-only-for-one-side",
    "line-damaged",
    "secret-does-not-fit",
    "client-hello-lost",
    "server-hello-lost",
    "direction-missing",
    "handshake-not-captured",
    "packets-cut",
    "records-lost",
    "record-damaged",
    "record-unfinished",
    "renegotiation-unread",
    "cipher-not-supported",
    "version-not-supported",
    "encrypted-client-hello",
    "secrets-too-late",
    "handshake-broken",
    "server-speaks-no-tls",
    "decryption-left-out",
]);
pub(super) const ORIGINS: Words = Words::Listed(&[Origin::KeyLog.name(), Origin::Capture.name()]);
pub(super) const TLS_ENDS: Words = Words::Listed(&[
    Closure::CloseNotify.name(),
    Closure::Alert.name(),
    EndCause::Fin.name(),
    EndCause::Rst.name(),
    EndCause::Open.name(),
]);
pub(super) const ALERTS: Words = Words::Ranked(&[AlertLevel::Warning.name(), AlertLevel::Fatal.name()]);
/// RFC 6455 §5.2 reserves five opcodes for data and five for control.
pub(super) const OPCODES: Words = Words::Listed(&[
    Opcode::Text.name(),
    Opcode::Binary.name(),
    Opcode::Continuation.name(),
    Opcode::Close.name(),
    Opcode::Ping.name(),
    Opcode::Pong.name(),
    Opcode::Reserved(3).name(),
    Opcode::Reserved(4).name(),
    Opcode::Reserved(5).name(),
    Opcode::Reserved(6).name(),
    Opcode::Reserved(7).name(),
    Opcode::Reserved(11).name(),
    Opcode::Reserved(12).name(),
    Opcode::Reserved(13).name(),
    Opcode::Reserved(14).name(),
    Opcode::Reserved(15).name(),
]);
pub(super) const KINDS: Words = Words::Listed(&[MessageKind::Text.name(), MessageKind::Binary.name()]);
pub(super) const SEVERITIES: Words =
    Words::Ranked(&[Severity::Note.name(), Severity::Warning.name(), Severity::Error.name()]);
pub(super) const CLASSES: Words = Words::Listed(&[
    Class::Violation.name(),
    Class::Failure.name(),
    Class::Anomaly.name(),
    Class::Capture.name(),
    Class::Noise.name(),
]);
pub(super) const CERTAINTIES: Words =
    Words::Listed(&[Certainty::Certain.name(), Certainty::Tentative.name()]);
pub(super) const ENDS: Words =
    Words::Listed(&[EndCause::Fin.name(), EndCause::Rst.name(), EndCause::Open.name()]);

impl Words {
    /// All of them.
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Listed(words) | Self::Ranked(words) => words.to_vec(),
            Self::FindingIds => Id::ALL.iter().map(|id| id.name()).collect(),
        }
    }

    /// Whether they have an order.
    pub const fn is_ranked(self) -> bool {
        matches!(self, Self::Ranked(_))
    }

    /// Checks that `written` is one of them. Returns its rank.
    ///
    /// # Errors
    /// It is none: a sentence about the field `path`, with what was probably meant.
    pub(super) fn rank(self, path: &str, written: &str) -> Result<usize, String> {
        let words = self.all();
        if let Some(rank) = words.iter().position(|word| *word == written) {
            return Ok(rank);
        }
        // Wireshark has them as numbers.
        let number =
            written.strip_prefix("0x").map_or(written.parse().ok(), |hex| u8::from_str_radix(hex, 16).ok());
        let opcode = number.filter(|number| *number < 16).map(|number| Opcode::from_bits(number).to_string());
        if let Some(opcode) = opcode.filter(|opcode| words.contains(&opcode.as_str())) {
            return Err(format!("`{path}` is a word: here `{written}` is `{opcode}`"));
        }
        if let Some(near) = nearest(written, words.iter().copied()) {
            return Err(format!("`{path}` is never `{written}`; did you mean `{near}`?"));
        }
        Err(match (self, words.split_last()) {
            (Self::Listed(_) | Self::Ranked(_), Some((last, others))) if others.len() < 8 => {
                format!("`{path}` is never `{written}`: it is {} or {last}", others.join(", "))
            }
            (Self::FindingIds, _) => {
                format!("there is no finding `{written}`; `wsight explain` lists them all")
            }
            (Self::Listed(_) | Self::Ranked(_), _) => {
                format!("`{path}` is never `{written}`; `wsight explain {path}` says what it can be")
            }
        })
    }
}
