//! Close frames and their codes (RFC 6455 §5.5.1, §7.4).

use std::fmt;

/// A close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Whether an endpoint may put it into a Close frame: 1000 to 1003 and 1007 to 1014 as registered, 3000 to 4999.
    /// 1004 is reserved; 1005, 1006 and 1015 "MUST NOT be set" (RFC 6455 §7.4.1).
    pub const fn is_allowed(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether the sender may report a failure by it: what a code of an application or a library means, it alone knows.
    pub const fn is_abnormal(self) -> bool {
        matches!(self.0, 1002 | 1003 | 1007..=1014 | 3000..=4999)
    }

    /// Whether its sender says by it that the other side is at fault (RFC 6455 §7.4.1).
    pub const fn blames_peer(self) -> bool {
        matches!(self.0, 1002 | 1003 | 1007 | 1009 | 1010)
    }

    /// Whether its sender says by it that something failed where it is, and not that the other side is at fault.
    pub const fn admits_failure(self) -> bool {
        matches!(self.0, 1011 | 1014)
    }

    /// Its name in the IANA registry, or what its range is for.
    pub const fn meaning(self) -> &'static str {
        match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no status received",
            1006 => "abnormal closure",
            1007 => "invalid frame payload data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "mandatory extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake failure",
            3000 => "unauthorized",
            3003 => "forbidden",
            3008 => "timeout",
            3001..=3002 | 3004..=3007 | 3009..=3999 => "registered by a library or framework",
            4000..=4999 => "private to the application",
            1004 | 1016..=2999 => "reserved",
            _ => "not a close code",
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a Close frame's payload says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosePayload<'a> {
    /// Nothing: endpoints report this as 1005.
    Empty,
    /// A code and a reason.
    Code(CloseCode, &'a [u8]),
    /// A single byte, which cannot be a code.
    TooShort(u8),
}

impl<'a> ClosePayload<'a> {
    /// Parses a whole payload.
    pub fn parse(payload: &'a [u8]) -> Self {
        match payload {
            [] => Self::Empty,
            [byte] => Self::TooShort(*byte),
            [high, low, reason @ ..] => Self::Code(CloseCode(u16::from_be_bytes([*high, *low])), reason),
        }
    }
}
