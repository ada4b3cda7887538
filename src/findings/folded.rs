//! Judges what only many connections together show: probes, refusals, repeated failures, and what `keys` and `endings` do.
//!
//! Each is reported once, at the end, with its count: a scanner must not hide the one session that matters.

mod count;
mod probes;

pub(crate) use self::probes::ProbeKind;

use self::count::FoldedCount;
use self::probes::{Probes, probe, tls_on_plain_port};
use super::catalog::{Id, Severity};
use super::endings::{Endings, SessionEnd};
use super::field::FindingField;
use super::finding::Finding;
use super::keys::{AskedOn, Replayed, UsedKeys};
use super::reconnects::{Reconnects, ShortLived, usual_interval};
use super::refusals::{ConnectAttempt, HopCounts, Refusals};
use super::tls::{Aftermath, BrokenHandshake};
use super::transport;
use super::tunnels::{TunnelRefusal, Tunnels};
use crate::model::{
    ConnectionId, Count, Limit, Limits, Notice, Peer, PerPeer, Stamp, Thousands, Timestamp, phrase,
};
use crate::upgrade::Upgrade;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// This many failed attempts by one client at one server, one after the other, are reported together.
const REPEATED: u64 = 5;
/// One unanswered SYN is reported after this long.
const PATIENCE: Duration = Duration::from_secs(3);
/// This many SYNs are reported at once.
const SYNS: u64 = 2;
/// Times kept of each client's retries.
const TIMES_KEPT: usize = 256;

/// Attempts that began this soon after another one, which had not failed, are made at once, as a page opens several.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Attempts one after the other. Those made at once are no retries.
#[derive(Debug, Default)]
struct Retries {
    count: u64,
    /// When the latest of them began, and when it had failed.
    latest: (Timestamp, Timestamp),
    began: Vec<Timestamp>,
}

impl Retries {
    /// An attempt that began at `began` had failed at `failed`.
    fn note(&mut self, began: Timestamp, failed: Timestamp) {
        let (earlier, over) = self.latest;
        if self.count > 0 && began < over && began.since(earlier) < AT_ONCE {
            return;
        }
        self.count += 1;
        self.latest = (began, failed);
        if self.began.len() < TIMES_KEPT {
            self.began.push(began);
        }
    }
}

/// Connections whose SYNs had no answer, or none that arrived.
#[derive(Clone, Copy, Debug)]
struct SilentServer {
    syns: FoldedCount,
    /// SYN-ACKs that the client did not acknowledge.
    answers: u64,
    connections: u64,
    /// The longest wait.
    waited: Option<Duration>,
    /// What ICMP said last about one of them.
    notice: Option<Notice>,
}

impl SilentServer {
    /// No SYN was sent again.
    const fn is_given_up(&self) -> bool {
        self.syns.times == self.connections
    }
}

#[derive(Debug, Default)]
struct Client {
    /// It asked for a WebSocket.
    upgrades: bool,
    /// A TLS handshake of it at that server came to its end.
    has_secured: bool,
    probes: Probes,
    refusals: Refusals,
    unanswered: Option<SilentServer>,
    failed: Option<FoldedCount>,
    broken: Option<Box<(FoldedCount, BrokenHandshake)>>,
    one_sided: Option<Box<(FoldedCount, Peer)>>,
    retries: Retries,
    reconnects: Reconnects,
    tunnels: Tunnels,
}

#[derive(Debug, Default)]
struct Server {
    speaks_websocket: bool,
    speaks_tls: bool,
    /// The user named it.
    is_chosen: bool,
    /// Those of its packets that opened WebSockets.
    hops: HopCounts,
    clients: BTreeMap<IpAddr, Client>,
    endings: Endings,
}

/// Remembers what is to be reported together.
#[derive(Debug)]
pub(crate) struct Folded {
    servers: BTreeMap<SocketAddr, Server>,
    /// Servers of whose connections the capture misses bytes, as many as are remembered.
    lossy: BTreeSet<SocketAddr>,
    keys: UsedKeys,
    known_ports: Vec<u16>,
    /// Servers of which the capture has no packet in some connection, as many as are remembered.
    unheard: BTreeSet<IpAddr>,
    /// How many servers and clients may be remembered.
    cap: usize,
    remembered: usize,
    /// Some were not.
    forgot: Option<Stamp>,
}

impl Folded {
    /// Nothing yet; servers on `known_ports` are taken to speak WebSocket.
    pub(crate) fn new(limits: &Limits, known_ports: &[u16]) -> Self {
        Self {
            servers: BTreeMap::new(),
            lossy: BTreeSet::new(),
            keys: UsedKeys::default(),
            known_ports: known_ports.to_vec(),
            unheard: BTreeSet::new(),
            cap: usize::try_from(limits.remembered_peers).unwrap_or(usize::MAX),
            remembered: 0,
            forgot: None,
        }
    }

    /// Whether `server` is known to speak WebSocket.
    pub(crate) fn speaks_websocket(&self, server: SocketAddr) -> bool {
        self.known_ports.contains(&server.port())
            || self.servers.get(&server).is_some_and(|server| server.speaks_websocket)
    }

    /// A client asked for a WebSocket.
    pub(crate) fn upgrades(&mut self, ends: &PerPeer<SocketAddr>, stamp: Stamp) {
        if let Some(client) = self.client(ends, stamp) {
            client.upgrades = true;
        }
    }

    /// An upgrade at `server` was accepted.
    pub(crate) fn accepted(&mut self, server: SocketAddr, stamp: Stamp) {
        if let Some(server) = self.server(server, stamp) {
            server.speaks_websocket = true;
        }
    }

    /// An upgrade failed or was refused.
    pub(crate) fn failed(&mut self, ends: &PerPeer<SocketAddr>, connection: ConnectionId, upgrade: &Upgrade) {
        let stamp = upgrade.first;
        let Some(client) = self.client(ends, stamp) else { return };
        add(&mut client.failed, connection, stamp);
        client.retries.note(stamp.time, upgrade.last.time);
    }

    /// A connection ended that never asked for a WebSocket.
    pub(crate) fn probe(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        connection: ConnectionId,
        stamp: Stamp,
        kind: ProbeKind,
    ) {
        let Some(client) = self.client(ends, stamp) else { return };
        client.probes.note(kind, connection, stamp);
    }

    /// A server answered in TLS.
    pub(crate) fn secured(&mut self, server: SocketAddr, stamp: Stamp) {
        if let Some(server) = self.server(server, stamp) {
            server.speaks_tls = true;
        }
    }

    /// A client ended its TLS handshake.
    pub(crate) fn has_secured(&mut self, ends: &PerPeer<SocketAddr>, stamp: Stamp) {
        if let Some(client) = self.client(ends, stamp) {
            client.has_secured = true;
        }
    }

    /// A TLS handshake was broken off.
    pub(crate) fn broken(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        connection: ConnectionId,
        (handshake, stamp): (BrokenHandshake, Stamp),
        is_chosen: bool,
    ) {
        let Some(client) = self.client(ends, stamp) else { return };
        let fresh = || Box::new((FoldedCount::begin(connection, stamp), handshake));
        client.broken.get_or_insert_with(fresh).0.times += 1;
        if let Some(server) = self.servers.get_mut(&ends.server) {
            server.is_chosen |= is_chosen;
        }
    }

    /// The capture has no packet of a server in a connection in which it took part.
    pub(crate) fn unheard(&mut self, server: IpAddr) {
        if self.unheard.len() < self.cap {
            self.unheard.insert(server);
        }
    }

    /// Of a connection whose TLS could not be read the capture has no packet of a side.
    pub(crate) fn one_sided(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        connection: ConnectionId,
        (side, stamp): (Peer, Stamp),
        is_chosen: bool,
    ) {
        let Some(client) = self.client(ends, stamp) else { return };
        let fresh = || Box::new((FoldedCount::begin(connection, stamp), side));
        client.one_sided.get_or_insert_with(fresh).0.times += 1;
        if let Some(server) = self.servers.get_mut(&ends.server) {
            server.is_chosen |= is_chosen;
        }
    }

    /// A SYN was answered by a reset with this hop count.
    pub(crate) fn refused(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        attempt: ConnectAttempt,
        connection: ConnectionId,
        (stamp, hops): (Stamp, u8),
    ) {
        if let Some(client) = self.client(ends, stamp) {
            client.refusals.refused(attempt, connection, (stamp, hops));
        }
    }

    /// A server that speaks WebSocket opened a connection in a packet with this hop count.
    pub(crate) fn hears(&mut self, server: SocketAddr, hops: u8) {
        if let Some(server) = self.servers.get_mut(&server) {
            server.hops.note(hops);
        }
    }

    /// A SYN was accepted.
    pub(crate) fn opened(&mut self, ends: &PerPeer<SocketAddr>, attempt: ConnectAttempt) {
        let server = self.servers.get_mut(&ends.server);
        if let Some(client) = server.and_then(|server| server.clients.get_mut(&ends.client.ip())) {
            client.refusals.opened(attempt);
        }
    }

    /// SYNs had no answer by the end of the capture, or the client none of as many `answers`, as far as it shows.
    pub(crate) fn unanswered(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        connection: ConnectionId,
        stamp: Stamp,
        (syns, answers): (u64, u64),
        waited: Option<Duration>,
        notice: Option<&Notice>,
    ) {
        let is_soon = waited.is_none_or(|waited| waited < PATIENCE);
        if syns < SYNS && is_soon && notice.is_none() {
            return;
        }
        // One that is answered may be on its way, and one that is sent but once may be forged (a SYN flood).
        if answers > 0 && (syns.min(answers) < SYNS || is_soon) {
            return;
        }
        let Some(client) = self.client(ends, stamp) else { return };
        let fresh = SilentServer {
            syns: FoldedCount::begin(connection, stamp),
            answers: 0,
            connections: 0,
            waited: None,
            notice: None,
        };
        let unanswered = client.unanswered.get_or_insert(fresh);
        unanswered.syns.times += syns;
        unanswered.answers += answers;
        unanswered.connections += 1;
        unanswered.waited = unanswered.waited.max(waited);
        unanswered.notice = notice.copied().or(unanswered.notice);
    }

    /// A client asked for a WebSocket.
    pub(crate) fn asked(&mut self, on: &AskedOn, upgrade: &Upgrade) {
        self.keys.asked(on, upgrade);
    }

    /// A proxy refused a tunnel.
    pub(crate) fn tunnel_refused(
        &mut self,
        ends: &PerPeer<SocketAddr>,
        connection: ConnectionId,
        refusal: TunnelRefusal,
    ) {
        if let Some(client) = self.client(ends, refusal.stamp) {
            client.tunnels.refused(connection, refusal);
        }
    }

    /// A proxy opened a tunnel to `target`.
    pub(crate) fn tunnel_opened(&mut self, ends: &PerPeer<SocketAddr>, target: &str) {
        let server = self.servers.get_mut(&ends.server);
        if let Some(client) = server.and_then(|server| server.clients.get_mut(&ends.client.ip())) {
            client.tunnels.opened(target);
        }
    }

    /// The capture misses bytes of a connection.
    pub(crate) fn miss(&mut self, ends: &PerPeer<SocketAddr>) {
        if self.lossy.len() < self.cap {
            self.lossy.insert(ends.server);
        }
        let server = self.servers.get_mut(&ends.server);
        if let Some(client) = server.and_then(|server| server.clients.get_mut(&ends.client.ip())) {
            client.tunnels.miss();
        }
    }

    /// A session is over.
    pub(crate) fn parted(&mut self, ends: &PerPeer<SocketAddr>, session: ShortLived) {
        if let Some(client) = self.client(ends, session.ended) {
            client.reconnects.note(session);
        }
    }

    /// The earlier request that a wrong answer is the right one for.
    pub(crate) fn replayed(&mut self, upgrade: &Upgrade) -> Option<Replayed> {
        self.keys.replayed(upgrade)
    }

    /// A session of `server` ended.
    pub(crate) fn ended(&mut self, server: SocketAddr, ended: SessionEnd) {
        if let Some(server) = self.server(server, ended.at) {
            server.endings.note(ended);
        }
    }

    fn server(&mut self, server: SocketAddr, stamp: Stamp) -> Option<&mut Server> {
        if !self.servers.contains_key(&server) {
            if self.remembered >= self.cap {
                self.forgot.get_or_insert(stamp);
                return None;
            }
            self.remembered += 1;
        }
        Some(self.servers.entry(server).or_default())
    }

    fn client(&mut self, ends: &PerPeer<SocketAddr>, stamp: Stamp) -> Option<&mut Client> {
        let (full, ip) = (self.remembered >= self.cap, ends.client.ip());
        let known = self.servers.get(&ends.server).is_some_and(|server| server.clients.contains_key(&ip));
        if full && !known {
            self.forgot.get_or_insert(stamp);
            return None;
        }
        self.remembered += usize::from(!known);
        Some(self.server(ends.server, stamp)?.clients.entry(ip).or_default())
    }

    /// The capture is over: reports everything, server by server.
    pub(crate) fn finish(&self, out: &mut dyn FnMut(Finding)) {
        for (address, server) in &self.servers {
            let speaks = self.speaks_websocket(*address);
            for (ip, client) in &server.clients {
                client.refusals.finish(*ip, *address, speaks, server.hops, out);
                if let Some(unanswered) = &client.unanswered {
                    // Where its answers to others were not captured, this one may not have been either.
                    let is_doubtful = self.unheard.contains(&address.ip());
                    out(connect_unanswered(*ip, *address, unanswered, speaks).tentative_if(is_doubtful));
                }
                if let Some(failed) = client.failed.filter(|_| client.retries.count >= REPEATED) {
                    out(repeated(*ip, *address, &failed, &client.retries.began));
                }
                // That a port was named does not show that it speaks plain WebSocket.
                let is_plain = server.speaks_websocket && !server.speaks_tls;
                let is_told = |kind| speaks && (kind != ProbeKind::Tls || is_plain);
                let concerns =
                    |broken: &BrokenHandshake| speaks || server.is_chosen || broken.may_be_distrust();
                let is_worth_it = |broken: &BrokenHandshake| concerns(broken) || broken.is_failure();
                if let Some((count, broken)) =
                    client.broken.as_deref().filter(|(_, broken)| is_worth_it(broken) && !is_plain)
                {
                    let came_back = client.upgrades || client.has_secured;
                    let sequel = if came_back { Aftermath::CameBack } else { Aftermath::Nothing };
                    let finding = broken.finding((*ip, *address), count.times, count.first, sequel);
                    // That the client came back may be in what the capture misses.
                    let finding = finding.tentative_if(self.lossy.contains(address));
                    let finding = if concerns(broken) { finding } else { finding.severity(Severity::Note) };
                    out(Finding { connection: Some(count.connection), ..finding });
                }
                if let Some((count, side)) = client.one_sided.as_deref() {
                    let is_warning = speaks || server.is_chosen;
                    let severity = if is_warning { Severity::Warning } else { Severity::Note };
                    out(one_sided(*ip, *address, count, *side).severity(severity));
                }
                if let Some(count) = client.probes.misunderstood() {
                    // That a port was named does not show that others speak plain WebSocket with it.
                    let is_stranger = server.speaks_websocket && !client.upgrades;
                    let severity = if is_stranger { Severity::Note } else { Severity::Warning };
                    // A WebSocket of others, which makes it a note, may be among what the capture misses.
                    let is_asked = server.clients.values().any(|other| other.upgrades);
                    let is_lossy = is_asked || self.lossy.contains(address);
                    let is_doubtful = !server.speaks_websocket && !client.upgrades && is_lossy;
                    out(tls_on_plain_port(*ip, *address, count).severity(severity).tentative_if(is_doubtful));
                }
                client.tunnels.finish(*ip, *address, out);
                client.reconnects.finish(*ip, *address, out);
                for (kind, count) in client.probes.told(client.upgrades).filter(|(kind, _)| is_told(*kind)) {
                    out(probe(*ip, *address, kind, &count));
                }
            }
            server.endings.finish(*address, out);
        }
        self.keys.finish(out);
        if let Some(stamp) = self.forgot {
            let summary = format!(
                "more than {} servers and clients: probes, refusals and repeated failures of later ones are not counted",
                Thousands(self.cap as u64)
            );
            out(Finding::new(Id::LimitReached, stamp, summary)
                .with(FindingField::Limit, Limit::RememberedPeers));
        }
    }
}

fn add(count: &mut Option<FoldedCount>, connection: ConnectionId, stamp: Stamp) {
    count.get_or_insert(FoldedCount::begin(connection, stamp)).times += 1;
}

fn connect_unanswered(ip: IpAddr, server: SocketAddr, unanswered: &SilentServer, speaks: bool) -> Finding {
    let SilentServer { syns, answers, connections, waited, notice } = unanswered;
    let on = if *connections == 1 {
        "one connection".to_owned()
    } else {
        Count(*connections, "connection").to_string()
    };
    let sent = if syns.times == 1 { "one SYN".to_owned() } else { Count(syns.times, "SYN").to_string() };
    let within = phrase(" in ", *waited, "");
    let said = notice.map(|notice| transport::said(&notice));
    let summary = if *answers == 0 {
        let why = said.unwrap_or_else(|| {
            let guess = if unanswered.is_given_up() {
                "it was not sent again, as TCP does after a second: the client gave up, or the capture lacks the answer"
            } else {
                "the packets or the answers are dropped on the way"
            };
            guess.to_owned()
        });
        format!(
            "the server {server} did not answer the client {ip}: {sent} on {on}, and neither a SYN-ACK nor a reset{within}: {why}"
        )
    } else {
        let why = said.unwrap_or_else(|| "the answers are dropped on the way back".to_owned());
        let answered = Count(*answers, "SYN-ACK");
        format!(
            "no answer of the server {server} arrived at the client {ip}: {sent} on {on}, {answered} in answer, and no \
             acknowledgment of them{within}: {why}"
        )
    };
    let severity = if speaks { Severity::Warning } else { Severity::Note };
    let finding = syns.told(Id::ConnectUnanswered, summary).with(FindingField::Connections, *connections);
    match notice {
        Some(notice) => finding.noticed(notice).severity(severity),
        None => finding.severity(severity).tentative_if(unanswered.is_given_up()),
    }
}

fn one_sided(ip: IpAddr, server: SocketAddr, count: &FoldedCount, side: Peer) -> Finding {
    let (connections, carried) = if count.times == 1 {
        ("a TLS connection".to_owned(), "it carries a WebSocket")
    } else {
        (format!("{} TLS connections", count.times), "they carry WebSockets")
    };
    let summary = format!(
        "the capture has no packet from the {side} in {connections} from {ip} to {server}: whether {carried} is not known"
    );
    count.told(Id::DirectionMissing, summary).with(FindingField::Side, side.name())
}

fn repeated(ip: IpAddr, server: SocketAddr, failed: &FoldedCount, at: &[Timestamp]) -> Finding {
    let interval = usual_interval(at);
    let summary = format!(
        "{} from the client {ip} to {server} failed{}: it keeps trying",
        Count(failed.times, "upgrade"),
        phrase(", one every ", interval, "")
    );
    // Whose fault it is, the findings of the attempts say.
    failed.told(Id::UpgradeFailuresRepeated, summary).lasting(FindingField::IntervalMs, interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Certainty;

    #[test]
    fn a_port_that_was_named_is_no_server_of_others() {
        let ends: PerPeer<SocketAddr> =
            PerPeer { client: "10.0.0.1:4000".parse().unwrap(), server: "10.0.0.2:80".parse().unwrap() };
        let severity = |is_spoken: bool| {
            let mut folded = Folded::new(&Limits::default(), &[80]);
            if is_spoken {
                folded.accepted(ends.server, Stamp::default());
            }
            folded.probe(&ends, ConnectionId(1), Stamp::default(), ProbeKind::Misunderstood);
            let mut found = Vec::new();
            folded.finish(&mut |finding| found.push((finding.id, finding.severity)));
            found.into_iter().find(|(id, _)| *id == Id::TlsOnPlainPort).unwrap().1
        };
        assert_eq!(severity(false), Severity::Warning, "whoever names the port looks for this");
        assert_eq!(severity(true), Severity::Note);
    }

    #[test]
    fn who_was_not_heard_elsewhere_may_have_answered() {
        let ends: PerPeer<SocketAddr> =
            PerPeer { client: "10.0.0.1:4000".parse().unwrap(), server: "10.0.0.2:443".parse().unwrap() };
        let certainty = |unheard: &str| {
            let mut folded = Folded::new(&Limits::default(), &[]);
            folded.unanswered(
                &ends,
                ConnectionId(1),
                Stamp::default(),
                (3, 0),
                Some(Duration::from_secs(7)),
                None,
            );
            folded.unheard(unheard.parse().unwrap());
            let mut found = Vec::new();
            folded.finish(&mut |finding| found.push((finding.id, finding.certainty)));
            found
        };
        assert_eq!(certainty("10.0.0.3"), [(Id::ConnectUnanswered, Certainty::Certain)]);
        assert_eq!(certainty("10.0.0.2"), [(Id::ConnectUnanswered, Certainty::Tentative)]);
    }
}
