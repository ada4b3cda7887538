//! How a SOCKS proxy says that it opens no tunnel.

/// The answer of a SOCKS proxy that opens no tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocksRefusal {
    /// The result code of SOCKS 4, which has no RFC: 91 to 93.
    Result(u8),
    /// None of the methods of authentication that the client offers is acceptable: method 255 (RFC 1928 §3).
    NoMethod,
    /// The status that answers a user name and a password, other than 0 (RFC 1929 §2).
    Status(u8),
    /// The reply to a request of SOCKS 5, other than 0 (RFC 1928 §6).
    Reply(u8),
}

impl SocksRefusal {
    /// What it refuses, as the JSON output spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Result(_) => "socks4-request",
            Self::NoMethod => "socks5-methods",
            Self::Status(_) => "socks5-password",
            Self::Reply(_) => "socks5-request",
        }
    }

    /// The byte that says so.
    pub const fn code(self) -> u8 {
        match self {
            Self::Result(code) | Self::Status(code) | Self::Reply(code) => code,
            Self::NoMethod => 0xff,
        }
    }

    /// What the byte means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Result(92) => "the proxy reached no identd at the client",
            Self::Result(93) => "the client's identd names another user",
            Self::Result(_) => "request rejected or failed",
            Self::NoMethod => "none of the client's methods of authentication is acceptable",
            Self::Status(_) => "user name or password not accepted",
            Self::Reply(1) => "general failure of the proxy",
            Self::Reply(2) => "not allowed by the proxy's rules",
            Self::Reply(3) => "network unreachable",
            Self::Reply(4) => "host unreachable",
            Self::Reply(5) => "connection refused by the target",
            Self::Reply(6) => "TTL expired",
            Self::Reply(7) => "command not supported",
            Self::Reply(8) => "address type not supported",
            Self::Reply(_) => "a code that RFC 1928 does not assign",
        }
    }
}
