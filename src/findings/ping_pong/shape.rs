//! How a pong differs from its ping: which often names the bug.

use crate::findings::words::{bytes_of, spaced_hex};

/// How a pong differs from what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It has no payload.
    Empty,
    /// The ping's payload as it stood on the wire.
    StillMasked,
    /// The payload up to its first NUL.
    NulTruncated,
    /// The beginning of the payload.
    Truncated,
    /// The payload, and more.
    Extended,
    /// None of these.
    Other,
}

impl Shape {
    pub(super) fn of(expected: &[u8], key: Option<[u8; 4]>, found: &[u8]) -> Self {
        let is_masked = |key: [u8; 4]| {
            let masked = expected.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
            found.len() == expected.len() && masked.eq(found.iter().copied())
        };
        let nul = expected.iter().position(|byte| *byte == 0);
        if found.is_empty() {
            Self::Empty
        } else if key.is_some_and(is_masked) {
            Self::StillMasked
        } else if nul == Some(found.len()) && expected.starts_with(found) {
            Self::NulTruncated
        } else if expected.starts_with(found) {
            Self::Truncated
        } else if found.starts_with(expected) && !expected.is_empty() {
            Self::Extended
        } else {
            Self::Other
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::StillMasked => "still-masked",
            Self::NulTruncated => "nul-truncated",
            Self::Truncated => "truncated",
            Self::Extended => "extended",
            Self::Other => "other",
        }
    }

    /// Whether it shows the ping's own bytes, so that it is not a heartbeat but an echo that went wrong.
    pub(super) const fn is_damaged_echo(self) -> bool {
        !matches!(self, Self::Empty | Self::Other)
    }

    pub(super) fn in_words(self, expected: &[u8], found: &[u8]) -> String {
        let short = expected.len().saturating_sub(found.len());
        let cut = bytes_of(short as u64);
        match self {
            Self::NulTruncated => format!(": it ends where the ping has its first NUL, {cut} short"),
            Self::Truncated => format!(": its last {cut} {} cut off", if short == 1 { "is" } else { "are" }),
            Self::Extended => {
                format!(": {} more than the ping had", found.len().saturating_sub(expected.len()))
            }
            Self::StillMasked => ": the ping's payload was echoed without unmasking it".to_owned(),
            Self::Empty | Self::Other => String::new(),
        }
    }
}

pub(super) fn bytes_in_words(bytes: &[u8]) -> String {
    if bytes.is_empty() { "no bytes".to_owned() } else { format!("`{}`", spaced_hex(bytes)) }
}
