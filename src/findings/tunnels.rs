//! Judges tunnels that a proxy refuses to open (RFC 9110 §9.3.6): without one no WebSocket gets through.

use super::catalog::{Id, Severity};
use super::finding::Finding;
use super::words::{quoted, reason_phrase, times};
use crate::http1::Upgrade;
use crate::model::{ConnectionId, Peer, Stamp};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Targets that are remembered of each client.
const KEPT: usize = 16;

#[derive(Debug)]
struct RefusedTunnel {
    count: u64,
    status: u16,
    /// Its reason phrase, as sent.
    reason: String,
    first: Stamp,
    connection: ConnectionId,
}

/// What a proxy refused to one client.
#[derive(Debug, Default)]
pub(super) struct Tunnels {
    /// By target.
    refused: BTreeMap<String, RefusedTunnel>,
    /// The capture misses bytes between the two, in which a tunnel may have been opened.
    is_lossy: bool,
}

impl Tunnels {
    /// A request for a tunnel was answered with another status than 2xx.
    pub(super) fn refused(&mut self, connection: ConnectionId, upgrade: &Upgrade) {
        let Some((request, response)) = upgrade.request.whole().zip(upgrade.response.whole()) else { return };
        if self.refused.len() >= KEPT && !self.refused.contains_key(&request.target) {
            return;
        }
        let refusal = self.refused.entry(request.target.clone()).or_insert_with(|| RefusedTunnel {
            count: 0,
            status: response.status,
            reason: response.reason.clone(),
            first: response.head.first,
            connection,
        });
        refusal.count += 1;
    }

    /// A tunnel to `target` was opened after all: the refusal was the first half of an exchange, as with credentials.
    pub(super) fn opened(&mut self, target: &str) {
        self.refused.remove(target);
    }

    /// The capture misses bytes of a connection between the two.
    pub(super) const fn miss(&mut self) {
        self.is_lossy = true;
    }

    /// The capture is over: reports what this proxy refused to this client.
    pub(super) fn finish(&self, client: IpAddr, proxy: SocketAddr, out: &mut dyn FnMut(Finding)) {
        for (target, RefusedTunnel { count, status, reason, first, connection }) in &self.refused {
            let reason = reason_phrase(reason);
            let summary = format!(
                "the server {proxy}, as a proxy, refused the client {client} a tunnel to {} with {status}{reason} ({}): \
                 without it no WebSocket gets through",
                quoted(target.as_bytes()),
                times(*count)
            );
            // Whoever looks for open proxies gets such answers from servers that are none.
            let is_proxy = matches!(status, 401 | 403 | 407 | 502..=504);
            let mut finding = Finding::new(Id::TunnelRefused, *first, summary)
                .from(Peer::Server)
                .severity(if is_proxy { Severity::Warning } else { Severity::Note })
                .with("status", u64::from(*status))
                .with("target", target.as_str())
                .with("count", *count)
                .tentative_if(self.is_lossy);
            finding.connection = Some(*connection);
            out(finding);
        }
    }
}
