//! Judges whether clients ask with a new key each time (RFC 6455 §4.1: "selected randomly for each connection").

use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use super::words::quoted;
use crate::model::{ConnectionId, Count, PacketNumber, Peer, Stamp};
use crate::upgrade::{Request, Upgrade, accept_for};
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::net::IpAddr;

/// One key on this many connections is not a coincidence.
const REUSED: u64 = 3;

/// Keys that are remembered, the latest ones.
const KEPT: usize = 4096;

/// A longer key is none.
const LONGEST: usize = 64;

/// Clients that are remembered with one key.
const CLIENTS: usize = 64;

/// What one client did with a key.
#[derive(Debug)]
struct UsedKey {
    client: IpAddr,
    /// Connections on which it asked with it.
    count: u64,
    connection: ConnectionId,
    /// The latest attempt.
    first: Stamp,
    last: Stamp,
    /// Whether that was counted.
    is_counted: bool,
    /// What it asked for, if it was refused: who asks for just that again tries again.
    refused: Option<u64>,
    /// The first attempt that had a used key.
    again: Option<(Stamp, ConnectionId)>,
}

impl UsedKey {
    /// Whether the attempt from `first` to `last` lies inside the latest one of this client.
    fn encloses(&self, first: Stamp, last: Stamp) -> bool {
        self.first.time <= first.time && last.time <= self.last.time
    }

    /// Whether the latest attempt of this client lies inside the one from `first` to `last`.
    fn lies_in(&self, first: Stamp, last: Stamp) -> bool {
        first.time <= self.first.time && self.last.time <= last.time
    }

    /// Its latest attempt does not count.
    fn discount(&mut self) {
        if std::mem::take(&mut self.is_counted) {
            self.count -= 1;
            self.again = self.again.filter(|_| self.count > 1);
        }
    }
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
    used: BTreeMap<Box<[u8]>, Vec<UsedKey>>,
    order: VecDeque<Box<[u8]>>,
}

impl UsedKeys {
    /// `client` asked for a WebSocket. A proxy whose upstream fails tries the next one, and a client follows a redirect, with
    /// the key that it has: that counts once.
    pub(super) fn asked(&mut self, client: IpAddr, connection: ConnectionId, upgrade: &Upgrade) {
        let Some(request) = upgrade.request.whole() else { return };
        let key = request.head.value("sec-websocket-key");
        let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= LONGEST) else { return };
        let is_redirected =
            upgrade.response.whole().is_some_and(|response| matches!(response.status, 300..=399));
        let refused = Some(digest(request)).filter(|_| !upgrade.is_switched());
        let (first, last) = (upgrade.first, upgrade.last);
        if !self.used.contains_key(key) {
            self.make_room();
            self.order.push_back(key.into());
        }
        let clients = self.used.entry(key.into()).or_default();
        // A proxy passes its client's key on: what it asks for lies inside the attempt of its client.
        clients
            .iter_mut()
            .filter(|used| used.client != client && used.lies_in(first, last))
            .for_each(UsedKey::discount);
        let is_passed_on = clients.iter().any(|used| used.client != client && used.encloses(first, last));
        let is_counted = !is_passed_on && !is_redirected;
        let Some(used) = clients.iter_mut().find(|used| used.client == client) else {
            if clients.len() < CLIENTS {
                let count = u64::from(is_counted);
                let again = None;
                clients.push(UsedKey { client, count, connection, first, last, is_counted, refused, again });
            }
            return;
        };
        // An attempt that lies inside another one is the same attempt, captured on both sides of a proxy or of a NAT.
        let is_leg = used.lies_in(first, last) || used.encloses(first, last);
        let is_retry = used.refused.is_some_and(|before| before == digest(request));
        if used.connection != connection && !is_leg {
            (used.connection, used.first, used.last, used.refused) = (connection, first, last, refused);
            if !is_retry {
                used.is_counted = is_counted;
                used.count += u64::from(is_counted);
                if is_counted && used.count > 1 {
                    used.again.get_or_insert((first, connection));
                }
            }
        }
    }

    /// Forgets the oldest key, if there are many; what was found stays.
    fn make_room(&mut self) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
            && self.used.get(&oldest).is_some_and(|used| used.iter().all(|used| used.count < REUSED))
        {
            self.used.remove(&oldest);
        }
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
        let (_, used) = self.used.iter().find(|(key, _)| accept_for(key).as_bytes() == found)?;
        let used = used.first()?;
        Some(Replayed { request: used.first.packet, answer: used.last.packet })
    }

    /// The capture is over: reports keys that were used again.
    pub(super) fn finish(&self, out: &mut dyn FnMut(Finding)) {
        let all = self.used.iter().flat_map(|(key, clients)| clients.iter().map(move |used| (key, used)));
        let mut findings: Vec<Finding> = all
            .filter(|(_, used)| used.count >= REUSED)
            .filter_map(|(key, used)| {
                let client = used.client;
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

/// What tells one request from another.
fn digest(request: &Request) -> u64 {
    let lines: Vec<(&[u8], &[u8])> =
        request.head.headers.iter().map(|line| (line.name, line.value)).collect();
    FixedState::default().hash_one((&request.method, &request.target, lines))
}
