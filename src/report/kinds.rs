//! The types of output, as `--only` names them.

use crate::analyzer::Output;
use std::str::FromStr;

/// A type of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Attempts to upgrade.
    Upgrade,
    /// TLS sessions.
    Tls,
    /// Frames.
    Frame,
    /// Messages.
    Message,
    /// Findings.
    Finding,
    /// Sessions in figures.
    Session,
    /// The capture in figures.
    Summary,
}

impl Kind {
    /// Every type, in the order the documentation has them.
    pub const ALL: [Self; 7] =
        [Self::Upgrade, Self::Tls, Self::Frame, Self::Message, Self::Finding, Self::Session, Self::Summary];

    /// The name JSON prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Tls => "tls",
            Self::Frame => "frame",
            Self::Message => "message",
            Self::Finding => "finding",
            Self::Session => "session",
            Self::Summary => "summary",
        }
    }

    /// The type of `output`; what nothing prints has none.
    pub const fn of(output: &Output<'_>) -> Option<Self> {
        Some(match output {
            Output::Upgrade(..) => Self::Upgrade,
            Output::Tls(..) | Output::Dark(..) => Self::Tls,
            Output::Frame(..) => Self::Frame,
            Output::Message(..) => Self::Message,
            Output::Finding(_) | Output::Waiting(_) => Self::Finding,
            Output::Session(_) => Self::Session,
            Output::Summary(_) => Self::Summary,
            Output::Counted(_) | Output::ServerName(..) | Output::Secrets(..) | Output::Data(..) => {
                return None;
            }
        })
    }
}

/// There is no such type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the types are upgrade, tls, frame, message, finding, session and summary")]
pub struct UnknownKind;

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// All of them.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `kind` is among them.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | 1 << kind as u8))
    }
}
