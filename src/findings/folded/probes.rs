//! What connections that never asked for a WebSocket did instead.

use super::count::FoldedCount;
use crate::findings::catalog::Id;
use crate::findings::field::FindingField;
use crate::findings::finding::Finding;
use crate::findings::words::times;
use crate::model::{ConnectionId, Peer, Stamp};
use crate::ws::{Looks, looks_like};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// What a connection that never asked for a WebSocket did instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub(crate) enum ProbeKind {
    /// Nothing: connected and went away.
    Empty,
    /// Asked for ordinary HTTP.
    Http,
    /// Asked for ordinary HTTP and got what it asked for: none, if it is a client that asks for WebSockets as well.
    Served,
    /// Spoke TLS.
    Tls,
    /// Spoke TLS, and was answered in plain text: that is more than a probe.
    Misunderstood,
    /// Began HTTP/2, in which the server never answered.
    Http2,
    /// Something else.
    Other,
}

impl ProbeKind {
    /// What the first bytes of a connection that is not HTTP show.
    pub(crate) fn of(preview: &[u8]) -> Self {
        match looks_like(preview) {
            _ if preview.is_empty() => Self::Empty,
            Some(Looks::Tls) => Self::Tls,
            Some(
                Looks::HttpResponse
                | Looks::Http2Preface
                | Looks::Http2Settings
                | Looks::HttpRequest
                | Looks::Ssh
                | Looks::ProxyLine
                | Looks::LastChunk
                | Looks::Chunk
                | Looks::Html
                | Looks::Json
                | Looks::Greeting
                | Looks::Stomp
                | Looks::Mqtt,
            )
            | None => Self::Other,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Http | Self::Served => "http",
            Self::Tls | Self::Misunderstood => "tls",
            Self::Http2 => "http2",
            Self::Other => "other",
        }
    }

    const fn deed(self) -> &'static str {
        match self {
            Self::Empty => "connected and sent nothing",
            Self::Http | Self::Served => "asked for ordinary HTTP, not for a WebSocket",
            Self::Tls | Self::Misunderstood => "spoke TLS to a port that speaks plain WebSocket",
            Self::Http2 => {
                "began HTTP/2 and waited for the server's SETTINGS, which never came: the server does not speak HTTP/2 there"
            }
            Self::Other => "sent something that is neither HTTP nor WebSocket",
        }
    }
}

/// What one client did at one server, by kind.
#[derive(Debug, Default)]
pub(super) struct Probes(BTreeMap<ProbeKind, FoldedCount>);

impl Probes {
    /// A connection ended that did this.
    pub(super) fn note(&mut self, kind: ProbeKind, connection: ConnectionId, stamp: Stamp) {
        self.0.entry(kind).or_insert(FoldedCount::begin(connection, stamp)).times += 1;
    }

    /// Connections that spoke TLS, and were answered in plain text.
    pub(super) fn misunderstood(&self) -> Option<&FoldedCount> {
        self.0.get(&ProbeKind::Misunderstood)
    }

    /// What is to be reported of a client that asks for WebSockets as well, or does not. Socket.IO polls before it upgrades,
    /// `SockJS` asks for `/info`.
    pub(super) fn told(&self, upgrades: bool) -> impl Iterator<Item = (ProbeKind, FoldedCount)> {
        let served = self.0.get(&ProbeKind::Served).filter(|_| !upgrades);
        let both = served.map(|served| match self.0.get(&ProbeKind::Http) {
            None => *served,
            Some(http) => {
                let first = if http.first < served.first { http } else { served };
                FoldedCount { times: http.times + served.times, ..*first }
            }
        });
        let others = self.0.iter().map(|(kind, count)| (*kind, *count));
        let others = others.filter(move |(kind, _)| match kind {
            ProbeKind::Http => both.is_none(),
            ProbeKind::Served | ProbeKind::Misunderstood => false,
            ProbeKind::Empty | ProbeKind::Tls | ProbeKind::Http2 | ProbeKind::Other => true,
        });
        both.map(|count| (ProbeKind::Http, count)).into_iter().chain(others)
    }
}

/// That a client probes a server.
pub(super) fn probe(ip: IpAddr, server: SocketAddr, kind: ProbeKind, count: &FoldedCount) -> Finding {
    let summary = format!("the client {ip} {} ({} at {server})", kind.deed(), times(count.times));
    count.told(Id::Probe, summary).from(Peer::Client).with(FindingField::Kind, kind.name())
}

/// That a client speaks TLS to a port that does not.
pub(super) fn tls_on_plain_port(ip: IpAddr, server: SocketAddr, count: &FoldedCount) -> Finding {
    let summary = format!(
        "the client {ip} began TLS, and the server {server} answered in plain text ({}): the client's URL is wss://, but \
         the port serves ws://",
        times(count.times)
    );
    count.told(Id::TlsOnPlainPort, summary).from(Peer::Client)
}
