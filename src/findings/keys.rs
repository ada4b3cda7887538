//! Judges whether clients ask with a new key each time (RFC 6455 §4.1: "selected randomly for each connection").

use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use super::words::quoted;
use crate::model::{ConnectionId, Count, PacketNumber, Peer, PerPeer, Stamp};
use crate::upgrade::{Head, Request, Response, Upgrade, accept_for};
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// One key on this many connections is not a coincidence.
const REUSED: u64 = 3;

/// A proxy that is refused tries the next server sooner than this.
const RETRY: Duration = Duration::from_secs(1);

/// Keys that are remembered, the latest ones.
const KEPT: usize = 4096;

/// A longer key is none.
const LONGEST: usize = 64;

/// Clients that are remembered with one key.
const CLIENTS: usize = 64;

/// Clients that are named where several have one key.
const NAMED: usize = 3;

/// What one client did with a key.
#[derive(Debug)]
struct UsedKey {
    client: IpAddr,
    /// Connections on which it asked with it.
    count: u64,
    /// The latest attempt.
    latest: UseOfKey,
    /// Whether that was counted.
    is_counted: bool,
    /// What it asked for, if it was refused: who asks for just that again tries again.
    refused: Option<u64>,
    /// Its first attempt with the key.
    first: (Stamp, ConnectionId),
    /// The first attempt that had a used key.
    again: Option<(Stamp, ConnectionId)>,
}

/// An attempt in which a key was sent.
#[derive(Clone, Copy, Debug)]
struct UseOfKey {
    connection: ConnectionId,
    server: SocketAddr,
    first: Stamp,
    last: Stamp,
    /// It was answered, or given up.
    is_over: bool,
    /// What was asked and answered: the same in all copies of an attempt, whatever its addresses are translated to.
    words: u64,
    /// The sequence numbers that its connection began with: translating addresses leaves them.
    numbers: Option<PerPeer<u32>>,
}

/// The connection of an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedOn {
    /// Its ends.
    pub(crate) addresses: PerPeer<SocketAddr>,
    /// Its number.
    pub(crate) connection: ConnectionId,
    /// The sequence numbers that it began with.
    pub(crate) numbers: Option<PerPeer<u32>>,
}

impl UseOfKey {
    fn new(on: &AskedOn, upgrade: &Upgrade) -> Self {
        let (connection, server, numbers) = (on.connection, on.addresses.server, on.numbers);
        let has_ended = |peer| upgrade.ends.of(peer).is_some_and(|end| end.cause.is_captured());
        let is_over = upgrade.response.whole().is_some() || Peer::BOTH.into_iter().any(has_ended);
        let words = FixedState::default()
            .hash_one((upgrade.request.whole().map(digest), upgrade.response.whole().map(digest_of_answer)));
        Self { connection, server, first: upgrade.first, last: upgrade.last, is_over, words, numbers }
    }

    /// Whether it lies inside of another one.
    fn lies_in(&self, other: &Self) -> bool {
        is_by(other.first, self.first) && is_by(self.last, other.last)
    }

    /// Whether the two may be one WebSocket, which a proxy passes on: they are under way at the same time, and lead to different
    /// servers. Which began or ended first is not asked, as packets may be out of order.
    fn may_be_passed_on(&self, other: &Self) -> bool {
        let begins_within = |one: &Self, other: &Self| !other.is_over || is_by(one.first, other.last);
        self.server != other.server && begins_within(self, other) && begins_within(other, self)
    }

    /// Whether it is the same connection with other addresses, whatever the clocks say where the two were captured.
    fn is_translated(&self, other: &Self) -> bool {
        self.numbers.is_some() && self.numbers == other.numbers && self.words == other.words
    }

    /// Whether it is the same attempt as another one, captured on both sides of a proxy or of a NAT.
    fn is_leg_of(&self, other: &Self) -> bool {
        self.lies_in(other) || other.lies_in(self) || self.may_be_passed_on(other)
    }
}

/// Whether a packet came by the time of another one: where packets have no times, by their order.
fn is_by(one: Stamp, other: Stamp) -> bool {
    if one.time.is_unknown() || other.time.is_unknown() {
        one.packet <= other.packet
    } else {
        one.time <= other.time
    }
}

impl UsedKey {
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
    pub(super) fn asked(&mut self, on: &AskedOn, upgrade: &Upgrade) {
        let (client, connection) = (on.addresses.client.ip(), on.connection);
        let Some(request) = upgrade.request.whole() else { return };
        let key = request.head.value("sec-websocket-key");
        let Some(key) = key.filter(|key| !key.is_empty() && key.len() <= LONGEST) else { return };
        let is_redirected =
            upgrade.response.whole().is_some_and(|response| matches!(response.status, 300..=399));
        let refused = Some(digest(request)).filter(|_| !upgrade.is_switched());
        let latest = UseOfKey::new(on, upgrade);
        if !self.used.contains_key(key) {
            self.make_room();
            self.order.push_back(key.into());
        }
        let clients = self.used.entry(key.into()).or_default();
        // A proxy passes its client's key on: what it asks for lies inside the attempt of its client.
        clients
            .iter_mut()
            .filter(|used| used.client != client && used.latest.lies_in(&latest))
            .for_each(UsedKey::discount);
        let is_passed_on = clients.iter().any(|used| {
            let is_leg = latest.lies_in(&used.latest) || latest.may_be_passed_on(&used.latest);
            used.client != client && is_leg && !used.latest.lies_in(&latest)
        });
        let is_counted = !is_passed_on && !is_redirected;
        let Some(used) = clients.iter_mut().find(|used| used.client == client) else {
            if clients.len() < CLIENTS {
                let count = u64::from(is_counted);
                let (first, again) = ((latest.first, connection), None);
                // A key has one client, as a rule.
                clients.reserve_exact(1);
                clients.push(UsedKey { client, count, latest, is_counted, refused, first, again });
            }
            return;
        };
        let is_leg = latest.is_leg_of(&used.latest);
        let is_soon = latest.first.time.since(used.latest.last.time) < RETRY;
        let is_retry = is_soon && used.refused.is_some_and(|before| before == digest(request));
        if used.latest.connection != connection && !is_leg {
            (used.latest, used.refused) = (latest, refused);
            if !is_retry {
                used.is_counted = is_counted;
                used.count += u64::from(is_counted);
                if is_counted && used.count > 1 {
                    used.again.get_or_insert((latest.first, connection));
                }
            }
        }
    }

    /// Forgets the oldest key, if there are many; what was found stays.
    fn make_room(&mut self) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
            && self.used.get(&oldest).is_some_and(|used| connections(used) < REUSED)
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
        let UseOfKey { first, last, .. } = used.latest;
        Some(Replayed { request: first.packet, answer: last.packet })
    }

    /// The capture is over: reports keys that were used again.
    pub(super) fn finish(&self, out: &mut dyn FnMut(Finding)) {
        let reused = self.used.iter().filter(|(_, clients)| connections(clients) >= REUSED);
        let mut findings: Vec<Finding> =
            reused.filter_map(|(key, clients)| self::reused(key, clients)).collect();
        findings.sort_by_key(|finding| finding.stamp);
        findings.into_iter().for_each(out);
    }
}

/// On how many connections `clients` asked with a key.
fn connections(clients: &[UsedKey]) -> u64 {
    independent(clients).map(|used| used.count).sum()
}

/// The clients that do not only pass on what another one asked, or are another one with a translated address: where the places of
/// capture have clocks of their own, times do not show that.
fn independent(clients: &[UsedKey]) -> impl Iterator<Item = &UsedKey> {
    let is_copy = |at: usize, used: &UsedKey| {
        let mut earlier = clients.iter().take(at);
        earlier.any(|other| used.latest.is_translated(&other.latest) && used.count <= other.count)
    };
    clients
        .iter()
        .enumerate()
        .filter(move |(at, used)| !is_copy(*at, used) && !passes_on(used, clients))
        .map(|(_, used)| used)
}

/// Whether this client is the server of another one, which asked as often, and so on to one that is nobody's server.
fn passes_on(used: &UsedKey, clients: &[UsedKey]) -> bool {
    let asker = |proxy: &UsedKey| {
        let (ip, count) = (proxy.client, proxy.count);
        clients
            .iter()
            .find(move |other| other.latest.server.ip() == ip && other.client != ip && other.count >= count)
    };
    let Some(mut first) = asker(used) else { return false };
    for _ in clients {
        match asker(first) {
            Some(before) => first = before,
            None => return true,
        }
    }
    false
}

/// The finding that `key` was used on several connections.
fn reused(key: &[u8], clients: &[UsedKey]) -> Option<Finding> {
    let used: Vec<&UsedKey> = independent(clients).filter(|used| used.count > 0).collect();
    let count = connections(clients);
    let sent = format!("sent the same Sec-WebSocket-Key on {}, {}", Count(count, "connection"), quoted(key));
    if let [used] = used[..] {
        let summary = format!("the client {} {sent}: it has to be random on each", used.client);
        return Some(key_reused(used.again?, count, summary));
    }
    let named: Vec<String> = used.iter().take(NAMED).map(|used| used.client.to_string()).collect();
    let others = match used.len() - named.len() {
        0 => String::new(),
        others => format!(" and {}", Count(others as u64, "other")),
    };
    let least = if clients.len() < CLIENTS { "" } else { "at least " };
    let summary = format!(
        "{least}{} clients {sent}: it has to be random on each; they are {}{others}",
        used.len(),
        named.join(", ")
    );
    let mut attempts: Vec<(Stamp, ConnectionId)> =
        used.iter().flat_map(|used| [Some(used.first), used.again]).flatten().collect();
    attempts.sort_by_key(|(stamp, _)| *stamp);
    let is_sure = used.iter().any(|used| used.count >= REUSED) || are_apart(&used);
    let finding = key_reused(*attempts.get(1)?, count, summary).tentative_if(!is_sure);
    Some(finding.with(FindingField::Clients, used.len() as u64))
}

fn key_reused((stamp, connection): (Stamp, ConnectionId), count: u64, summary: String) -> Finding {
    let finding =
        Finding::new(Id::KeyReused, stamp, summary).from(Peer::Client).with(FindingField::Count, count);
    Finding { connection: Some(connection), ..finding }
}

/// Whether enough attempts of different clients are certainly no copies of each other, captured in places whose clocks differ:
/// they lead to one server, as the legs of a proxy do not, and differ in their words, as address translation leaves them.
fn are_apart(clients: &[&UsedKey]) -> bool {
    let at = |server: SocketAddr| {
        let there = clients.iter().filter(|used| used.latest.server == server);
        there.map(|used| used.latest.words).collect::<BTreeSet<u64>>().len() as u64
    };
    clients.iter().any(|used| at(used.latest.server) >= REUSED)
}

/// What tells one request from another.
fn digest(request: &Request) -> u64 {
    FixedState::default().hash_one((&request.method, &request.target, lines(&request.head)))
}

/// And one answer.
fn digest_of_answer(response: &Response) -> u64 {
    FixedState::default().hash_one((response.status, &response.reason, lines(&response.head)))
}

fn lines(head: &Head) -> Vec<(&[u8], &[u8])> {
    head.headers.iter().map(|line| (line.name, line.value)).collect()
}
