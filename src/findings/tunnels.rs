//! Judges tunnels that a proxy refuses to open (RFC 9110 §9.3.6, RFC 1928 §6): without one no WebSocket gets through.

use super::catalog::{Id, Severity};
use super::field::FindingField;
use super::finding::Finding;
use super::words::{quoted, reason_phrase, times};
use crate::model::{ConnectionId, Peer, SocksRefusal, Stamp};
use crate::upgrade::Upgrade;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Targets that are remembered of each client.
const KEPT: usize = 16;

/// How a proxy answered.
#[derive(Debug)]
enum TunnelAnswer {
    /// To CONNECT: with this status and reason phrase.
    Connect(u16, String),
    /// To a SOCKS handshake.
    Socks(SocksRefusal),
}

/// A tunnel that a proxy did not open.
#[derive(Debug)]
pub(crate) struct TunnelRefusal {
    /// The `host:port` asked for; `None` if it was refused before the client named one.
    target: Option<String>,
    answer: TunnelAnswer,
    /// The packet with the answer.
    pub(super) stamp: Stamp,
}

impl TunnelRefusal {
    /// A request for a tunnel was answered with another status than 2xx; `None` if one of the two was not captured.
    pub(crate) fn of_connect(upgrade: &Upgrade) -> Option<Self> {
        let (request, response) = upgrade.request.whole().zip(upgrade.response.whole())?;
        Some(Self {
            target: Some(request.target.clone()).filter(|target| !target.is_empty()),
            answer: TunnelAnswer::Connect(response.status, response.reason.clone()),
            stamp: response.head.first,
        })
    }

    /// A SOCKS proxy answered with `refusal`.
    pub(crate) fn of_socks(target: Option<&str>, refusal: SocksRefusal, stamp: Stamp) -> Self {
        Self { target: target.map(str::to_owned), answer: TunnelAnswer::Socks(refusal), stamp }
    }
}

#[derive(Debug)]
struct RefusedTunnel {
    count: u64,
    answer: TunnelAnswer,
    first: Stamp,
    connection: ConnectionId,
}

/// What a proxy refused to one client.
#[derive(Debug, Default)]
pub(super) struct Tunnels {
    /// By target, if one was named.
    refused: BTreeMap<Option<String>, RefusedTunnel>,
    /// The capture misses bytes between the two, in which a tunnel may have been opened.
    is_lossy: bool,
}

impl Tunnels {
    /// The proxy did not open a tunnel.
    pub(super) fn refused(&mut self, connection: ConnectionId, refusal: TunnelRefusal) {
        let TunnelRefusal { target, answer, stamp } = refusal;
        if self.refused.len() >= KEPT && !self.refused.contains_key(&target) {
            return;
        }
        let fresh = RefusedTunnel { count: 0, answer, first: stamp, connection };
        self.refused.entry(target).or_insert(fresh).count += 1;
    }

    /// A tunnel to `target` was opened after all: the refusal was the first half of an exchange, as with credentials.
    pub(super) fn opened(&mut self, target: &str) {
        self.refused.retain(|refused, _| refused.as_deref().is_some_and(|refused| refused != target));
    }

    /// The capture misses bytes of a connection between the two.
    pub(super) const fn miss(&mut self) {
        self.is_lossy = true;
    }

    /// The capture is over: reports what this proxy refused to this client.
    pub(super) fn finish(&self, client: IpAddr, proxy: SocketAddr, out: &mut dyn FnMut(Finding)) {
        for (target, RefusedTunnel { count, answer, first, connection }) in &self.refused {
            let (kind, with) = match answer {
                TunnelAnswer::Connect(status, reason) => {
                    ("a proxy", format!("{status}{}", reason_phrase(reason)))
                }
                TunnelAnswer::Socks(refusal) => {
                    ("a SOCKS proxy", format!("code {}, {}", refusal.code(), refusal.meaning()))
                }
            };
            let (to, there) = match target {
                Some(target) => (format!(" to {}", quoted(target.as_bytes())), "there"),
                None => (String::new(), "through"),
            };
            let summary = format!(
                "the server {proxy}, as {kind}, refused the client {client} a tunnel{to} with {with} ({}): \
                 without it no WebSocket gets {there}",
                times(*count)
            );
            let finding = Finding::new(Id::TunnelRefused, *first, summary).from(Peer::Server);
            let finding = match answer {
                // Whoever looks for open proxies gets such answers from servers that are none.
                TunnelAnswer::Connect(status, _) if !matches!(status, 401 | 403 | 407 | 502..=504) => {
                    finding.severity(Severity::Note).with(FindingField::Status, u64::from(*status))
                }
                TunnelAnswer::Connect(status, _) => finding.with(FindingField::Status, u64::from(*status)),
                TunnelAnswer::Socks(refusal) => finding
                    .with(FindingField::Stage, refusal.name())
                    .with(FindingField::Code, u64::from(refusal.code())),
            };
            let finding = match target {
                Some(target) => finding.with(FindingField::Target, target.as_str()),
                None => finding,
            };
            let mut finding = finding.with(FindingField::Count, *count).tentative_if(self.is_lossy);
            finding.connection = Some(*connection);
            out(finding);
        }
    }
}
