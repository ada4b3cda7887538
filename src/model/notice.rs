//! What routers and hosts say in ICMP about TCP segments that went no further (RFC 792, RFC 4443).

use super::Stamp;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// An ICMP message about a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its packet.
    pub stamp: Stamp,
    /// The host that says so.
    pub reporter: IpAddr,
    /// Where the segment came from.
    pub source: SocketAddr,
    /// Where it was to go.
    pub destination: SocketAddr,
    /// The segment's sequence number.
    pub sequence: u32,
    /// What became of it.
    pub problem: Problem,
}

/// Why a segment went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It was too large for the next link, and must not be divided (RFC 1191, RFC 8201).
    TooBig {
        /// What fits, headers included; 0 where an old router does not say.
        mtu: u32,
    },
    /// There is no way to its network or host.
    NoRoute,
    /// Its host refuses that port.
    NoPort,
    /// A firewall does not let it through.
    Prohibited,
    /// Its hop limit ran out: a routing loop, or too many hops.
    TimeExceeded,
}

impl Problem {
    /// As a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooBig { .. } => "too-big",
            Self::NoRoute => "no-route",
            Self::NoPort => "no-port",
            Self::Prohibited => "prohibited",
            Self::TimeExceeded => "time-exceeded",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { mtu: 0 } => f.write_str("packets are too large for the path"),
            Self::TooBig { mtu } => write!(f, "only packets of up to {mtu} bytes fit the path"),
            Self::NoRoute => f.write_str("there is no route to the host"),
            Self::NoPort => f.write_str("the port is unreachable"),
            Self::Prohibited => f.write_str("a firewall prohibits it"),
            Self::TimeExceeded => f.write_str("packets go round in circles until their time to live is over"),
        }
    }
}
