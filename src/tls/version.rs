//! Protocol versions.

/// A version of TLS, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// SSL 3.0, which RFC 7568 forbids.
    pub const SSL30: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS10: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS11: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS12: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS13: Self = Self(0x0304);

    /// Whether records of this version can be read with the right secrets.
    pub const fn is_supported(self) -> bool {
        matches!(self, Self::TLS10 | Self::TLS11 | Self::TLS12 | Self::TLS13)
    }

    /// As in `TLS 1.3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SSL30 => "SSL 3.0",
            Self::TLS10 => "TLS 1.0",
            Self::TLS11 => "TLS 1.1",
            Self::TLS12 => "TLS 1.2",
            Self::TLS13 => "TLS 1.3",
            _ => "an unknown version of TLS",
        }
    }
}
