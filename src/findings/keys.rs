//! Judges whether clients ask with a new key each time (RFC 6455 §4.1: "selected randomly for each connection").

use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use super::words::quoted;
use crate::model::{ConnectionId, Count, PacketNumber, Peer, Stamp};
use crate::upgrade::{Upgrade, accept_for};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// One key on this many connections is not a coincidence.
const REUSED: u64 = 3;

/// Keys that are remembered, the latest ones.
const KEPT: usize = 4096;

/// A longer key is none.
const LONGEST: usize = 64;

type SentKey = (IpAddr, Box<[u8]>);

#[derive(Debug)]
struct Used {
    count: u64,
    connection: ConnectionId,
    /// The attempt that was counted last.
    first: Stamp,
    last: Stamp,
    /// The first attempt that had a used key.
    again: Option<(Stamp, ConnectionId)>,
}

/// Wrong answers whose right request is looked for.
const SEARCHES: u32 = 64;

/// A wrong `Sec-WebSocket-Accept` that is the right one for another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The packet with that request.
    pub request: PacketNumber,
    /// The packet with its answer.
    pub answer: PacketNumber,
}

/// The keys that clients sent.
#[derive(Debug, Default)]
pub(super) struct UsedKeys {
    searches: u32,
    used: BTreeMap<SentKey, Used>,
    order: VecDeque<SentKey>,
}

impl UsedKeys {
    /// `client` asked for a WebSocket.
    pub(super) fn asked(&mut self, client: IpAddr, connection: ConnectionId, upgrade: &Upgrade) {
        let key = upgrade.request.whole().and_then(|request| request.head.value("sec-websocket-key"));
        let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= LONGEST) else { return };
        let (first, last) = (upgrade.first, upgrade.last);
        let asked = (client, Box::from(key));
        if let Some(used) = self.used.get_mut(&asked) {
            // An attempt that lies inside another one is the same attempt, captured on both sides of a proxy or of a
            // NAT.
            let is_leg = first.time <= used.first.time && used.last.time <= last.time
                || used.first.time <= first.time && last.time <= used.last.time;
            if used.connection != connection && !is_leg {
                used.count += 1;
                (used.connection, used.first, used.last) = (connection, first, last);
                used.again.get_or_insert((first, connection));
            }
            return;
        }
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            // What was found stays.
            if self.used.get(&oldest).is_some_and(|used| used.count < REUSED) {
                self.used.remove(&oldest);
            }
        }
        self.order.push_back(asked.clone());
        self.used.insert(asked, Used { count: 1, connection, first, last, again: None });
    }

    /// The earlier request that a wrong answer is the right one for. Only a few are looked for, as each means to compute
    /// the answer to every key.
    pub(super) fn replayed(&mut self, upgrade: &Upgrade) -> Option<Replayed> {
        let response = upgrade.response.whole().filter(|_| upgrade.is_switched())?;
        let (found, expected) = (response.head.value("sec-websocket-accept")?, upgrade.expected_accept()?);
        if found == expected.as_bytes() || self.searches >= SEARCHES {
            return None;
        }
        self.searches += 1;
        let (_, used) = self.used.iter().find(|((_, key), _)| accept_for(key).as_bytes() == found)?;
        Some(Replayed { request: used.first.packet, answer: used.last.packet })
    }

    /// The capture is over: reports keys that were used again.
    pub(super) fn finish(&self, out: &mut dyn FnMut(Finding)) {
        let reused = self.used.iter().filter(|(_, used)| used.count >= REUSED);
        let mut findings: Vec<Finding> = reused
            .filter_map(|((client, key), used)| {
                let (stamp, connection) = used.again?;
                let summary = format!(
                    "the client {client} sent the same Sec-WebSocket-Key on {}, {}: it has to be random \
                    on each",
                    Count(used.count, "connection"),
                    quoted(key)
                );
                let mut finding = Finding::new(Id::KeyReused, stamp, summary)
                    .from(Peer::Client)
                    .with(FindingField::Count, used.count);
                finding.connection = Some(connection);
                Some(finding)
            })
            .collect();
        findings.sort_by_key(|finding| finding.stamp);
        findings.into_iter().for_each(out);
    }
}
