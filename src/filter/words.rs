//! The words that some fields are limited to, so that a typing error is an error and does not choose nothing.

use super::error::nearest;
use crate::findings::Id;

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
pub(super) const SIDES: Words = Words::Listed(&["client", "server"]);
pub(super) const VERSIONS: Words = Words::Listed(&["http/1.1", "http/2"]);
pub(super) const OUTCOMES: Words =
    Words::Listed(&["accepted", "rejected", "failed", "not-websocket", "unseen", "dark"]);
pub(super) const EARLY_DATA: Words = Words::Listed(&["offered", "accepted", "rejected"]);
pub(super) const READABLE: Words = Words::Listed(&["all", "client", "server", "part", "none"]);
pub(super) const DARK: Words = Words::Listed(&[
    "no-secrets",
    "no-secret-for-this-client-random",
    "label-missing",
    "secrets-only-for-one-side",
    "line-damaged",
    "secret-does-not-fit",
    "client-hello-lost",
    "server-hello-lost",
    "handshake-not-captured",
    "packets-cut",
    "records-lost",
    "record-damaged",
    "cipher-not-supported",
    "version-not-supported",
    "encrypted-client-hello",
    "secrets-too-late",
    "server-speaks-no-tls",
    "decryption-left-out",
]);
pub(super) const ORIGINS: Words = Words::Listed(&["keylog", "pcapng"]);
pub(super) const TLS_ENDS: Words = Words::Listed(&["close-notify", "alert", "fin", "rst", "open"]);
pub(super) const ALERTS: Words = Words::Ranked(&["warning", "fatal"]);
/// RFC 6455 §5.2 reserves five opcodes for data and five for control.
pub(super) const OPCODES: Words = Words::Listed(&[
    "text",
    "binary",
    "continuation",
    "close",
    "ping",
    "pong",
    "reserved-3",
    "reserved-4",
    "reserved-5",
    "reserved-6",
    "reserved-7",
    "reserved-11",
    "reserved-12",
    "reserved-13",
    "reserved-14",
    "reserved-15",
]);
pub(super) const KINDS: Words = Words::Listed(&["text", "binary"]);
pub(super) const SEVERITIES: Words = Words::Ranked(&["note", "warning", "error"]);
pub(super) const CLASSES: Words = Words::Listed(&["violation", "failure", "anomaly", "capture", "noise"]);
pub(super) const CERTAINTIES: Words = Words::Listed(&["certain", "tentative"]);
pub(super) const ENDS: Words = Words::Listed(&["fin", "rst", "open"]);

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
            _ => format!("`{path}` is never `{written}`; docs/FILTERS.md says what it can be"),
        })
    }
}
