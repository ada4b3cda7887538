//! Counts the rows of tables, ring by ring. However many rows there are, what it keeps has `caps`.

use super::caps::{Caps, Reached};
use super::counts::{CauseTally, EndTally, HostTally, KindTally, Seen, Share, Span};
use super::durations::Durations;
use super::most::{Attempted, Most};
use super::part::Row;
use super::remembered::{Faults, Known, Subject, Subjects};
use crate::findings::{Class, Id, Severity};
use crate::model::{EndCause, Peer, Timestamp};
use crate::report::{Cause, KindOverview, SessionEnding, Table};
use crate::upgrade::Outcome;
use foldhash::fast::RandomState;
use std::collections::BTreeMap;

/// A table with a fast hash.
pub(super) type Map<K, V> = std::collections::HashMap<K, V, RandomState>;

/// Nanoseconds of an hour.
pub(super) const HOUR: i64 = 3_600_000_000_000;

/// Findings of a kind that are kept as examples, each of another host.
const EXAMPLES: usize = 3;

/// Kinds of findings about connections that never came to a request, if they are about no session.
const BEFORE_REQUEST: [Id; 6] = [
    Id::ConnectionRefused,
    Id::ConnectUnanswered,
    Id::TlsAlert,
    Id::TlsHandshakeBroken,
    Id::TlsOnPlainPort,
    Id::TunnelRefused,
];

/// Names of kinds that this version does not know.
const STRANGE: usize = 20;

/// What is counted.
#[derive(Debug)]
pub(super) struct Tally {
    caps: Caps,
    place: Place,
    /// Those of the ring.
    faults: Faults,
    subjects: Subjects,
    /// What has a row for each attempt.
    attempts: Table,
    pub(super) hosts: Vec<HostTally>,
    numbers: Map<String, u32>,
    pub(super) kinds: BTreeMap<Id, KindTally>,
    pub(super) on_hosts: Map<(Id, u32), Share>,
    pub(super) causes: Map<Cause, CauseTally>,
    pub(super) cause_hosts: Map<(Cause, u32), Share>,
    /// Attempts by host and hour since 1970.
    pub(super) hours: Map<(u32, i64), u64>,
    kind_hours: usize,
    pub(super) ends: Map<SessionEnding, EndTally>,
    pub(super) answers: Durations,
    pub(super) slowest: Option<Seen>,
    pub(super) clients: Most,
    pub(super) servers: Most,
    pub(super) findings: [u64; 3],
    pub(super) payload_bytes: u64,
    /// Rows without a time.
    pub(super) timeless: u64,
    /// Findings of kinds that this version does not know.
    pub(super) strange: BTreeMap<String, u64>,
    pub(super) reached: Reached,
}

/// Where rows are from.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    host: u32,
    part: usize,
}

impl Tally {
    /// Counts attempts by the rows of this table: that of upgrades, or that of sessions where there is none.
    pub(super) fn new(attempts: Table, caps: Caps) -> Self {
        Self {
            caps,
            place: Place::default(),
            faults: Faults::new(caps.sessions),
            subjects: Subjects::new(caps.sessions),
            attempts,
            hosts: Vec::new(),
            numbers: Map::default(),
            kinds: BTreeMap::new(),
            on_hosts: Map::default(),
            causes: Map::default(),
            cause_hosts: Map::default(),
            hours: Map::default(),
            kind_hours: 0,
            ends: Map::default(),
            answers: Durations::default(),
            slowest: None,
            clients: Most::new(caps.parties),
            servers: Most::new(caps.parties),
            findings: [0; 3],
            payload_bytes: 0,
            timeless: 0,
            strange: BTreeMap::new(),
            reached: Reached::default(),
        }
    }

    /// The rows of a ring follow: all findings, then attempts, then sessions.
    pub(super) fn ring(&mut self, host: &str) {
        self.faults.clear();
        self.subjects.clear();
        let known = self.numbers.get(host).copied();
        self.place.host = known.unwrap_or_else(|| {
            let is_full = self.hosts.len() >= self.caps.hosts;
            self.reached.hosts |= is_full;
            let name = if is_full { "other hosts" } else { host };
            let next = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
            // All hosts for which there is no room share a place.
            let number = if is_full { self.numbers.get(name).copied().unwrap_or(next) } else { next };
            if number == next {
                self.hosts.push(HostTally { name: name.to_owned(), ..HostTally::default() });
                self.numbers.insert(name.to_owned(), number);
            }
            number
        });
        if let Some(host) = self.hosts.get_mut(self.place.host as usize) {
            host.captures += 1;
        }
    }

    /// The rows of this part follow.
    pub(super) const fn part(&mut self, part: usize) {
        self.place.part = part;
    }

    /// The columns of the rows of `table` that are counted.
    pub(super) const fn columns(table: Table) -> &'static [&'static str] {
        match table {
            Table::Findings => &["time", "file", "packet", "session", "connection", "id", "severity"],
            Table::Upgrades => &[
                "time",
                "file",
                "packet",
                "session",
                "client_ip",
                "server",
                "duration_us",
                "outcome",
                "status",
            ],
            Table::Sessions => &[
                "time",
                "file",
                "packet",
                "session",
                "client_ip",
                "server",
                "duration_us",
                "frames_client",
                "bytes_client",
                "bytes_server",
                "close_by",
                "close_code",
                "end",
                "ended_by",
            ],
            Table::Tls | Table::Frames | Table::Messages => &[],
        }
    }

    /// Counts a row of `table`.
    pub(super) fn row(&mut self, table: Table, number: u64, row: &Row<'_>) {
        let time = row.whole(0).map(Timestamp::from_nanos).filter(|time| !time.is_unknown());
        self.timeless += u64::from(time.is_none());
        if let Some(host) = self.hosts.get_mut(self.place.host as usize) {
            host.span.add(time);
        }
        let seen = RowSeen { number, row, time };
        match table {
            Table::Findings => self.finding(seen),
            Table::Upgrades => self.upgrade(seen),
            Table::Sessions => self.session(seen),
            Table::Tls | Table::Frames | Table::Messages => {}
        }
    }

    fn finding(&mut self, seen: RowSeen<'_>) {
        let RowSeen { row, time, .. } = seen;
        let (session, connection) = (row.count(3), row.count(4));
        let (Some(name), Some(severity)) = (row.text(5), row.text(6).and_then(severity)) else { return };
        let Some(id) = Id::from_name(name) else {
            if self.strange.len() < STRANGE || self.strange.contains_key(name) {
                *self.strange.entry(name.to_owned()).or_default() += 1;
            }
            return;
        };
        let host = self.place.host;
        if let Some(count) = self.findings.get_mut(severity as usize) {
            *count += 1;
        }
        let is_fault = KindOverview::is_fault(id, severity);
        if is_fault && let Some(session) = session {
            self.reached.sessions |= !self.faults.add(session, severity, id);
        }
        let subject = session.map(Subject::Session).or(connection.map(Subject::Connection));
        let known = subject.map_or(Known::New, |subject| self.subjects.add(id, subject));
        self.reached.sessions |= known == Known::Untold;
        let is_new = known == Known::New;
        let place = self.place;
        let kind = self.kinds.entry(id).or_insert_with(|| KindTally {
            severity,
            count: 0,
            affected: 0,
            at_least: false,
            span: Span::default(),
            hours: BTreeMap::new(),
            examples: Vec::new(),
        });
        kind.severity = kind.severity.max(severity);
        kind.count += 1;
        kind.affected += u64::from(is_new);
        kind.at_least |= known == Known::Untold;
        kind.span.add(time);
        if kind.examples.len() < EXAMPLES && kind.examples.iter().all(|example| example.host != place.host) {
            kind.examples.push(seen.kept(place));
        }
        if let Some(hour) = time.map(hour) {
            let is_full = self.kind_hours >= self.caps.hours;
            match kind.hours.get_mut(&hour) {
                Some(count) => *count += 1,
                None if is_full => self.reached.kind_hours = true,
                None => {
                    kind.hours.insert(hour, 1);
                    self.kind_hours += 1;
                }
            }
        }
        let is_attached = subject.is_some();
        self.share_of_kind((id, host), time, is_new && is_attached);
        if id.class() == Class::Capture
            && let Some(host) = self.hosts.get_mut(host as usize)
        {
            host.lost += 1;
        }
        if is_new && session.is_none() && BEFORE_REQUEST.contains(&id) {
            self.cause(Cause::Connection(id), seen);
        }
    }

    fn share_of_kind(&mut self, key: (Id, u32), time: Option<Timestamp>, is_affected: bool) {
        if self.on_hosts.len() >= self.caps.pairs && !self.on_hosts.contains_key(&key) {
            self.reached.pairs = true;
            return;
        }
        let share = self.on_hosts.entry(key).or_default();
        share.count += 1;
        share.affected += u64::from(is_affected);
        share.span.add(time);
    }

    fn upgrade(&mut self, seen: RowSeen<'_>) {
        let row = seen.row;
        let outcome =
            row.text(7).and_then(|name| Outcome::ALL.into_iter().find(|outcome| outcome.name() == name));
        let failed = match outcome {
            Some(Outcome::Rejected | Outcome::Failed) => true,
            Some(Outcome::Accepted | Outcome::Unseen | Outcome::Dark) => false,
            Some(Outcome::NotWebSocket) | None => return,
        };
        let fault = self.attempt(seen, failed);
        if failed {
            let status = row.count(8).and_then(|status| u16::try_from(status).ok());
            let cause = match status.filter(|_| outcome == Some(Outcome::Rejected)) {
                Some(status) => Cause::Status(status),
                None => fault.map_or(Cause::Unknown, Cause::Finding),
            };
            self.cause(cause, seen);
        }
        let Some(micros) = row.count(6) else { return };
        if self.slowest.is_none() || micros > self.answers.longest() {
            self.slowest = Some(seen.kept(self.place));
        }
        self.answers.add(micros);
        if let Some(host) = self.hosts.get_mut(self.place.host as usize) {
            host.answers.add(micros);
        }
    }

    /// Counts an attempt. Returns the worst fault that it and its session have.
    fn attempt(&mut self, seen: RowSeen<'_>, failed: bool) -> Option<Id> {
        let RowSeen { row, time, .. } = seen;
        let fault = row.count(3).and_then(|session| self.faults.worst(session));
        let attempted = Attempted { failed, faulty: fault.is_some() };
        let number = self.place.host;
        if let Some(host) = self.hosts.get_mut(number as usize) {
            host.attempts += 1;
            host.failed += u64::from(failed);
            host.faulty += u64::from(attempted.faulty);
        }
        if let Some(client) = row.text(4) {
            self.clients.add(client, attempted);
        }
        if let Some(server) = row.text(5) {
            self.servers.add(server, attempted);
        }
        if let Some(hour) = time.map(hour) {
            let is_full = self.hours.len() >= self.caps.hours;
            match self.hours.get_mut(&(number, hour)) {
                Some(count) => *count += 1,
                None if is_full => self.reached.hours = true,
                None => drop(self.hours.insert((number, hour), 1)),
            }
        }
        fault
    }

    fn cause(&mut self, cause: Cause, seen: RowSeen<'_>) {
        let place = self.place;
        let tally = self.causes.entry(cause).or_default();
        tally.count += 1;
        tally.span.add(seen.time);
        tally.example.get_or_insert_with(|| seen.kept(place));
        let key = (cause, place.host);
        if self.cause_hosts.len() >= self.caps.pairs && !self.cause_hosts.contains_key(&key) {
            self.reached.pairs = true;
            return;
        }
        let share = self.cause_hosts.entry(key).or_default();
        share.count += 1;
        share.span.add(seen.time);
    }

    fn session(&mut self, seen: RowSeen<'_>) {
        let row = seen.row;
        if self.attempts == Table::Sessions {
            self.attempt(seen, false);
        }
        let bytes = [8, 9].into_iter().filter_map(|column| row.count(column));
        self.payload_bytes = bytes.fold(self.payload_bytes, u64::saturating_add);
        let end = match row.text(12) {
            Some("fin") => EndCause::Fin,
            Some("rst") => EndCause::Rst,
            Some(_) | None => EndCause::Open,
        };
        if let Some(host) = self.hosts.get_mut(self.place.host as usize) {
            host.sessions += 1;
            let at = match end {
                EndCause::Fin => 0,
                EndCause::Rst | EndCause::RstByPeer => 1,
                EndCause::Open | EndCause::Unseen => 2,
            };
            if let Some(count) = host.ends.get_mut(at) {
                *count += 1;
            }
        }
        let ending = match row.text(10).and_then(peer) {
            Some(by) => {
                SessionEnding::Close { by, code: row.count(11).and_then(|code| u16::try_from(code).ok()) }
            }
            None => {
                SessionEnding::Tcp { end, by: row.text(13).and_then(peer), is_sealed: row.count(7).is_none() }
            }
        };
        let is_known = self.ends.len() < self.caps.endings || self.ends.contains_key(&ending);
        self.reached.endings |= !is_known;
        let place = self.place;
        let tally = self.ends.entry(if is_known { ending } else { SessionEnding::Other }).or_default();
        tally.count += 1;
        tally.lasted.add(row.count(6).unwrap_or_default());
        tally.example.get_or_insert_with(|| seen.kept(place));
    }
}

/// A row, and what is known of it.
#[derive(Clone, Copy)]
struct RowSeen<'a> {
    number: u64,
    row: &'a Row<'a>,
    time: Option<Timestamp>,
}

impl RowSeen<'_> {
    fn kept(self, place: Place) -> Seen {
        let row = self.row;
        Seen {
            host: place.host,
            part: place.part,
            row: self.number,
            file: row.text(1).unwrap_or_default().into(),
            packet: row.count(2),
            session: row.count(3),
            time: self.time,
        }
    }
}

const fn hour(time: Timestamp) -> i64 {
    time.as_nanos().div_euclid(HOUR)
}

fn severity(name: &str) -> Option<Severity> {
    [Severity::Note, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.name() == name)
}

fn peer(name: &str) -> Option<Peer> {
    Peer::BOTH.into_iter().find(|peer| peer.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::part::Part;
    use crate::report::TableFormat;
    use std::fmt::Write as _;

    /// Counts a ring of a host that has this many sessions, a minute apart, of a client each; each has `pong-mismatch`, and ends
    /// with another code.
    fn ring(tally: &mut Tally, host: &str, sessions: u64) {
        tally.ring(host);
        let folder = tempfile::tempdir().unwrap();
        for table in [Table::Findings, Table::Upgrades, Table::Sessions] {
            let columns = Tally::columns(table);
            let mut text = columns.join(",") + "\n";
            for session in 0..sessions {
                let at = format!("2026-11-27T{:02}:{:02}:00.5Z", session / 60, session % 60);
                let cell = |column: &&str| match *column {
                    "time" => at.clone(),
                    "session" => session.to_string(),
                    "id" => "pong-mismatch".to_owned(),
                    "severity" => "error".to_owned(),
                    "client_ip" => format!("10.0.0.{session}"),
                    "outcome" => "accepted".to_owned(),
                    "close_by" => "server".to_owned(),
                    "close_code" => (4_000 + session).to_string(),
                    "duration_us" => "1000".to_owned(),
                    _ => String::new(),
                };
                let _ = writeln!(text, "{}", columns.iter().map(cell).collect::<Vec<_>>().join(","));
            }
            let path = folder.path().join(table.name());
            std::fs::write(&path, text).unwrap();
            let part = Part { path: &path, table, format: TableFormat::Csv, columns };
            part.read(&|_| true, &mut |number, row| tally.row(table, number, row)).unwrap();
        }
    }

    #[test]
    fn sums_stay_right_whatever_cap_is_reached_and_each_is_told() {
        let (hosts, sessions) = (5, 150);
        let counted = |caps: Caps| {
            let mut tally = Tally::new(Table::Upgrades, caps);
            (0..hosts).for_each(|host| ring(&mut tally, &format!("web{host}"), sessions));
            tally
        };
        let sum = |tally: &Tally, of: fn(&HostTally) -> u64| tally.hosts.iter().map(of).sum::<u64>();
        let whole = counted(Caps::USUAL);
        let kind =
            |tally: &Tally| tally.kinds.values().map(|kind| (kind.count, kind.affected)).collect::<Vec<_>>();
        assert_eq!(kind(&whole), [(hosts * sessions, hosts * sessions)]);
        assert_eq!((whole.hosts.len(), whole.ends.len(), whole.hours.len()), (5, 150, 15));
        assert_eq!(sum(&whole, |host| host.faulty), hosts * sessions);
        assert!(whole.clients.missing().is_none());

        let none = |reached: Reached| {
            let Reached { hosts, pairs, hours, kind_hours, sessions, endings } = reached;
            !(hosts || pairs || hours || kind_hours || sessions || endings)
        };
        assert!(none(whole.reached));
        let low = counted(Caps { hosts: 3, ..Caps::USUAL });
        let names: Vec<(&str, u64)> =
            low.hosts.iter().map(|host| (host.name.as_str(), host.captures)).collect();
        assert!(low.reached.hosts);
        assert_eq!(names, [("web0", 1), ("web1", 1), ("web2", 1), ("other hosts", 2)]);
        let low = counted(Caps { pairs: 2, ..Caps::USUAL });
        assert!(low.reached.pairs && low.on_hosts.len() == 2);
        let low = counted(Caps { hours: 4, ..Caps::USUAL });
        assert!(low.reached.hours && low.hours.len() == 4);
        let low = counted(Caps { hours: 2, ..Caps::USUAL });
        assert!(low.reached.kind_hours && low.kinds.values().all(|kind| kind.hours.len() == 2));
        let low = counted(Caps { endings: 10, ..Caps::USUAL });
        assert!(low.reached.endings && low.ends.len() == 11);
        assert_eq!(low.ends.values().map(|end| end.count).sum::<u64>(), hosts * sessions);
        let low = counted(Caps { parties: 20, ..Caps::USUAL });
        assert!(low.clients.missing().is_some());
        let low = counted(Caps { sessions: 2, ..Caps::USUAL });
        assert!(low.reached.sessions && low.kinds.values().all(|kind| kind.at_least));
        // At least those that are remembered, in two places; the findings themselves are all counted.
        assert_eq!(kind(&low), [(hosts * sessions, hosts * 2 * 64)]);
        assert_eq!(sum(&low, |host| host.faulty), hosts * 2 * 8);
        assert_eq!(sum(&low, |host| host.attempts), hosts * sessions);
    }
}
