//! The whole capture: packets to connections, connections to sessions, everything to the output.

use super::output::{Output, Place, Summary};
use super::session::{Account, Told};
use crate::findings::{Finding, Folded, Id, Judge, ProbeKind, Severity};
use crate::model::{
    Decoded, EndCause, Limits, Packet, PerPeer, Segment, SessionId, Stamp, StreamEvent, Timestamp,
};
use crate::net::Net;
use crate::tcp::{Connection, ConnectionEvent, Interest, Table};
use crate::ws::{Event, Options, Outcome, Session, Upgrade, Wait};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// Capture time between two looks at everything that waits: there may be many connections.
const LOOK: Duration = Duration::from_millis(250);

/// What to look for and how much to remember.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The caps.
    pub limits: Limits,
    /// Ports whose servers are taken to speak WebSocket.
    pub server_ports: Vec<u16>,
    /// Bytes of each message to keep for [`Message::payload`](crate::ws::Message::payload).
    pub keep: u64,
    /// Bytes of each frame's payload to keep for [`Frame::payload`](crate::ws::Frame::payload), where that is more than
    /// what is kept anyway: 64, of control frames 4096.
    pub keep_frames: u64,
    /// Follow only these connections.
    pub only: Option<Only>,
    /// Findings that are not told.
    pub ignore: BTreeSet<Id>,
    /// Findings told with another severity.
    pub severity: BTreeMap<Id, Severity>,
}

/// Connections between two ends, to look at again what was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    /// The two ends, whoever opened the connection.
    pub ends: [SocketAddr; 2],
    /// The first packet that counts: those before it belong to earlier connections between the same ends.
    pub from: Stamp,
}

impl Only {
    fn lets_through(&self, segment: &Segment<'_>) -> bool {
        let [a, b] = self.ends;
        let ends = [segment.source, segment.destination];
        let place = |stamp: Stamp| (stamp.file, stamp.packet);
        (ends == [a, b] || ends == [b, a]) && place(segment.stamp) >= place(self.from)
    }
}

/// What the allocator adds to a piece of memory.
const ALLOCATION: usize = 16;

/// Bytes of ordinary exchanges to remember: their heads may be long.
const ORDINARY_BYTES: usize = 8 << 20;

/// Takes what there is to tell.
type Out<'o> = dyn FnMut(&Output<'_>) + 'o;

/// Analyzes one capture. Nothing it reads can make it fail.
#[derive(Debug)]
pub struct Analyzer {
    net: Net,
    table: Table<Followed>,
    ledger: Ledger,
    /// When somebody last looked at what waits.
    looked: Option<Timestamp>,
}

/// What is remembered of a connection besides TCP.
#[derive(Debug, Default)]
struct Followed {
    inside: Option<Box<Inside>>,
    /// It ended here, without a byte from either side.
    silent_end: Option<Stamp>,
}

#[derive(Debug)]
struct Inside {
    session: Session,
    account: Option<Account>,
    /// It asked for a WebSocket at least once.
    asked: bool,
    memory: Memory,
    /// What it did instead.
    probe: Option<(ProbeKind, Stamp)>,
    /// The request of which it was told that it waits for its answer.
    answer_told: Option<Stamp>,
}

/// Bytes of memory that sessions take, roughly.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    /// Even if they hold nothing.
    least: u64,
    /// What they hold besides, …
    held: u64,
    /// … and of that what nobody would miss.
    idle: u64,
}

impl Memory {
    const fn total(self) -> u64 {
        self.least + self.held
    }

    /// One of those summed up here takes other memory than before.
    const fn replace(&mut self, before: Self, now: Self) {
        self.least = self.least + now.least - before.least;
        self.held = self.held + now.held - before.held;
        self.idle = self.idle + now.idle - before.idle;
    }
}

impl Followed {
    /// What it can give back: first what nobody misses.
    fn memory(&self) -> (u64, u64) {
        self.inside.as_ref().map_or((0, 0), |inside| (inside.memory.idle, inside.memory.held))
    }
}

impl Inside {
    /// Bytes of memory that it takes even if it holds nothing.
    const LEAST_MEMORY: u64 =
        (size_of::<Self>() - size_of::<Session>() + Session::LEAST_MEMORY + 2 * ALLOCATION) as u64;
}

/// What concerns the whole capture.
#[derive(Debug)]
struct Ledger {
    config: Config,
    summary: Summary,
    folded: Folded,
    /// Attempts so far.
    attempts: u64,
    ordinary: Vec<(Place, Upgrade)>,
    /// The first of those that were too many to remember.
    ordinary_left_out: Option<Stamp>,
    ordinary_bytes: usize,
    memory: Memory,
    limits_told: BTreeSet<&'static str>,
    worst: Option<Severity>,
    /// When the capture last said that it dropped packets.
    dropped_at: Option<Timestamp>,
}

impl Analyzer {
    /// Ready for the first packet.
    pub fn new(config: Config) -> Self {
        Self {
            net: Net::new(&config.limits),
            table: Table::new(&config.limits, &config.server_ports),
            ledger: Ledger {
                summary: Summary::default(),
                folded: Folded::new(&config.limits, &config.server_ports),
                attempts: 0,
                ordinary: Vec::new(),
                ordinary_left_out: None,
                ordinary_bytes: 0,
                memory: Memory::default(),
                limits_told: BTreeSet::new(),
                worst: None,
                dropped_at: None,
                config,
            },
            looked: None,
        }
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Out<'_>) {
        let Self { net, table, ledger, .. } = self;
        ledger.count_packet(packet);
        net.push(packet, &mut |decoded| match decoded {
            Decoded::Segment(segment) => {
                ledger.summary.segments += 1;
                if ledger.config.only.is_some_and(|only| !only.lets_through(segment)) {
                    // Its time counts all the same: a connection that waits for missing bytes waits in capture time.
                    table.advance_to(segment.stamp.time, &mut |connection, followed, event| {
                        ledger.connection_event(connection, followed, event, out)
                    });
                    return;
                }
                table.push(segment, &mut |connection, followed, event| {
                    ledger.connection_event(connection, followed, event, out)
                });
            }
            Decoded::Skipped(reason) => *ledger.summary.skipped.entry(*reason).or_default() += 1,
        });
        if net.datagrams_over_limit() > 0 {
            let summary = "more IP datagrams in fragments than the limit: the oldest are let go";
            ledger.limit("fragment-datagrams", packet.stamp, summary.to_owned(), out);
        }
        self.keep_to_memory(packet.stamp, out);
    }

    /// Where connections take more memory than they may, has some give back what they can.
    fn keep_to_memory(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        /// Connections that give back at each packet: more than a packet can make them take.
        const AT_ONCE: usize = 4;
        /// What takes less is no use to shorten.
        const SMALL: u64 = 512;
        let Self { table, ledger, .. } = self;
        for _ in 0..AT_ONCE {
            if table.memory() + ledger.memory.total() <= ledger.config.limits.memory_bytes {
                return;
            }
            let inside = table.heaviest(&Followed::memory).and_then(|followed| followed.inside.as_mut());
            let mut gave = false;
            if let Some(inside) = inside {
                if inside.memory.idle >= SMALL {
                    inside.session.rest();
                    gave = true;
                } else if ledger.memory.idle > ledger.memory.total() / 32 {
                    // Others have memory to give that costs nothing; they come next.
                    gave = true;
                } else if inside.memory.held >= SMALL {
                    inside.session.shed();
                    inside.account.iter_mut().for_each(Account::shed);
                    gave = true;
                    let summary = "connections would take more memory than the limit: of those that take most less is \
                                   told, and compressed messages may not be inflated";
                    ledger.limit("memory-bytes", stamp, summary.to_owned(), out);
                }
                ledger.weigh(inside);
            }
            if !gave {
                table.make_room("memory-bytes", stamp, &mut |connection, followed, event| {
                    ledger.connection_event(connection, followed, event, out)
                });
            }
        }
    }

    /// Capture time reached `now`, and no packet before it is missing: what waits for bytes, waits so long.
    pub fn advance_to(&mut self, now: Timestamp, out: &mut Out<'_>) {
        let Self { table, ledger, .. } = self;
        table.advance_to(now, &mut |connection, followed, event| {
            ledger.connection_event(connection, followed, event, out)
        });
    }

    /// … and somebody looks on: tells once of everything that has waited for long, as [`Output::Waiting`], and lets idle
    /// connections go. What is told so is judged again when the wait is over, or the capture. It may be called as often as
    /// the clock is known, and looks around four times a second.
    pub fn tick(&mut self, now: Timestamp, out: &mut Out<'_>) {
        self.advance_to(now, out);
        let Self { table, ledger, looked, .. } = self;
        if looked.is_some_and(|looked| now >= looked && now.since(looked) < LOOK) {
            return;
        }
        *looked = Some(now);
        table.sweep(&mut |connection, followed, event| {
            ledger.connection_event(connection, followed, event, out)
        });
        table.each(&mut |connection, followed| ledger.waits(connection, followed, now, out));
    }

    /// The kernel or an interface dropped packets while capturing, by the time of `stamp`. What has not come up to then
    /// may be among them.
    pub fn drops(&mut self, interface: Option<&str>, dropped: u64, stamp: Stamp, out: &mut Out<'_>) {
        self.ledger.dropped_at = self.ledger.dropped_at.max(Some(stamp.time));
        self.table.each(&mut |_, followed| {
            if let Some(account) = followed.inside.as_mut().and_then(|inside| inside.account.as_mut()) {
                account.drops();
            }
        });
        let of =
            interface.map_or(String::new(), |name| format!(" on {}", crate::model::escape(name.as_bytes())));
        let summary = format!(
            "the capture dropped {dropped} packets{of}: what is missing below may be missing in the capture alone"
        );
        let mut finding = Finding::new(Id::CaptureDrops, stamp, summary).with("dropped", dropped);
        if let Some(name) = interface {
            finding = finding.with("interface", name);
        }
        self.ledger.tell(finding, &mut Told::default(), out);
    }

    /// An input could not be read, or not to its end.
    pub const fn input_failed(&mut self) {
        self.ledger.summary.unread_inputs += 1;
    }

    /// The capture is over: tells what is still open, then the summary.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        let Self { table, ledger, .. } = self;
        table.finish(&mut |connection, followed, event| {
            ledger.connection_event(connection, followed, event, out)
        });
        ledger.summary.connections = table.opened();
        ledger.tell_ordinary(out);
        let mut findings = Vec::new();
        ledger.folded.finish(&mut |finding| findings.push(finding));
        for finding in findings {
            ledger.tell(finding, &mut Told::default(), out);
        }
        out(&Output::Summary(&ledger.summary));
    }

    /// The worst severity of all findings told so far.
    pub const fn worst(&self) -> Option<Severity> {
        self.ledger.worst
    }
}

impl Ledger {
    fn count_packet(&mut self, packet: &Packet<'_>) {
        self.summary.packets += 1;
        self.summary.bytes += packet.bytes.len() as u64;
        self.summary.span.get_or_insert((packet.stamp, packet.stamp)).1 = packet.stamp;
    }

    fn connection_event(
        &mut self,
        connection: &Connection,
        followed: &mut Followed,
        event: ConnectionEvent<'_>,
        out: &mut Out<'_>,
    ) -> Interest {
        match event {
            ConnectionEvent::Opened => {}
            ConnectionEvent::Stream { from, event } => {
                if let (None, StreamEvent::End(end)) = (&followed.inside, event) {
                    if matches!(end.cause, EndCause::Fin | EndCause::Rst) {
                        followed.silent_end.get_or_insert(end.stamp);
                    }
                    return Interest::Keep;
                }
                let inside = followed.inside.get_or_insert_with(|| Box::new(self.inside(connection)));
                let Inside { session, account, asked, probe, .. } = &mut **inside;
                let flipped = session.is_flipped();
                session.push(from, event, &mut |event| {
                    self.fact(connection, flipped, account, asked, probe, &event, out);
                });
                let is_interested = session.is_interested();
                self.weigh(inside);
                if !is_interested {
                    return Interest::Ignore;
                }
            }
            ConnectionEvent::Conflict { from, bytes, stamp } => {
                if let Some(account) = followed.inside.as_mut().and_then(|inside| inside.account.as_mut()) {
                    let summary = format!(
                        "the {from} sent {bytes} bytes again with other content; the first to come are used"
                    );
                    let finding =
                        Finding::new(Id::TcpOverlapConflict, stamp, summary).from(from).with("bytes", bytes);
                    self.tell_of(account.place, finding, account.told(), out);
                }
            }
            ConnectionEvent::Refused { stamp } => {
                self.folded.refused(&connection.addresses, connection.id, stamp);
            }
            ConnectionEvent::LimitReached { limit, stamp } => {
                let summary = match limit {
                    "connections" => {
                        "more connections at once than the limit: those silent longest are let go"
                    }
                    "memory-bytes" => {
                        "connections would take more memory than the limit: those silent longest are let go"
                    }
                    _ => {
                        "more out-of-order bytes at once than the limit: connections go on without what they wait for"
                    }
                };
                self.limit(limit, stamp, summary.to_owned(), out);
            }
            ConnectionEvent::Closed => self.closed(connection, followed, out),
        }
        Interest::Keep
    }

    /// Notes how much memory a connection takes now.
    fn weigh(&mut self, inside: &mut Inside) {
        let account = inside.account.as_ref().map_or(0, Account::memory);
        let held = (inside.session.memory() + account) as u64;
        let now = Memory { least: Inside::LEAST_MEMORY, held, idle: inside.session.idle_memory() as u64 };
        self.memory.replace(std::mem::replace(&mut inside.memory, now), now);
    }

    /// Tells what has waited for long in a connection of which both sides' packets come.
    fn waits(&mut self, connection: &Connection, followed: &mut Followed, now: Timestamp, out: &mut Out<'_>) {
        let Some(inside) = followed.inside.as_deref_mut() else { return };
        if !(connection.seen.client && connection.seen.server) {
            return;
        }
        let Inside { session, account, answer_told, .. } = inside;
        let mut findings = Vec::new();
        session.waits(&mut |wait| match (wait, &mut *account) {
            (Wait::Answer(requested), _) if *answer_told != Some(requested) => {
                if let Some(finding) = Judge::unanswered(requested, now) {
                    *answer_told = Some(requested);
                    findings.push(finding);
                }
            }
            (Wait::Payload(frame), Some(account)) => {
                account.stalls(frame, now, &mut |finding| findings.push(finding));
            }
            _ => {}
        });
        if let Some(account) = account {
            account.pings_wait(now, &mut |finding| findings.push(finding));
        }
        for mut finding in findings {
            finding.session = account.as_ref().map(|account| account.place.session);
            finding.connection = Some(connection.id);
            // What should have come may be among the packets that the capture dropped.
            let may_be_lost = self.dropped_at.is_some_and(|dropped_at| finding.stamp.time <= dropped_at);
            if !may_be_lost && let Some(finding) = self.regrade(finding) {
                out(&Output::Waiting(&finding));
            }
        }
    }

    fn inside(&self, connection: &Connection) -> Inside {
        let options = Options {
            midstream: PerPeer::from_fn(|peer| !connection.start_seen.of(peer)),
            ..Options::new(&self.config.limits, self.config.keep)
        };
        let options = Options { preview: options.preview.max(self.config.keep_frames), ..options };
        Inside {
            session: Session::new(options),
            account: None,
            asked: false,
            memory: Memory::default(),
            probe: None,
            answer_told: None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a connection, borrowed apart")]
    fn fact(
        &mut self,
        connection: &Connection,
        flipped: bool,
        account: &mut Option<Account>,
        asked: &mut bool,
        probe: &mut Option<(ProbeKind, Stamp)>,
        event: &Event<'_>,
        out: &mut Out<'_>,
    ) {
        if let Event::Upgrade(upgrade) = event {
            if let Some(account) = account.take() {
                self.finish_account(connection, flipped, account, out);
            }
            if upgrade.outcome == Outcome::NotWebSocket {
                probe.get_or_insert((ProbeKind::Http, upgrade.first));
                self.ordinary(connection, upgrade, out);
            } else {
                *asked = true;
                *account = self.attempt(connection, flipped, upgrade, out);
            }
            return;
        }
        if let Event::Stranger { preview, stamp, .. } = event {
            probe.get_or_insert((ProbeKind::of(preview), *stamp));
            return;
        }
        let Some(account) = account else { return };
        match event {
            Event::Frame(frame) => {
                *self.summary.frames.entry(frame.header.opcode).or_default() += 1;
                self.summary.payload_bytes += frame.received;
                out(&Output::Frame(&account.place, frame));
            }
            Event::Message(message) => {
                self.summary.messages += 1;
                out(&Output::Message(&account.place, message));
            }
            _ => {}
        }
        account.observe(event, &mut |place, told, finding| self.tell_of(place, finding, told, out));
    }

    /// Tells an attempt. Returns the account of the session that follows, if one does.
    fn attempt(
        &mut self,
        connection: &Connection,
        flipped: bool,
        upgrade: &Upgrade,
        out: &mut Out<'_>,
    ) -> Option<Account> {
        self.attempts += 1;
        let addresses = by_role(&connection.addresses, flipped);
        let place = Place {
            session: SessionId(self.attempts),
            connection: connection.id,
            opened: connection.opened,
            addresses,
        };
        *self.summary.upgrades.entry(upgrade.outcome).or_default() += 1;
        out(&Output::Upgrade(&place, upgrade));
        let mut told = Told::default();
        Judge::attempt(upgrade, &mut |finding| self.tell_of(place, finding, &mut told, out));
        let follows = upgrade.is_switched() || upgrade.outcome == Outcome::Unseen;
        if follows {
            self.folded.accepted(addresses.server, upgrade.last);
        }
        if matches!(upgrade.outcome, Outcome::Failed | Outcome::Rejected) {
            self.folded.failed(&addresses, connection.id, upgrade.first);
        }
        if !follows {
            let cap = self.config.limits.findings_per_session;
            for finding in told.untold(cap, upgrade.last).collect::<Vec<_>>() {
                self.tell_of(place, finding, &mut told, out);
            }
        }
        follows.then(|| {
            self.summary.sessions += 1;
            Account::new(place, upgrade, told, &self.config.limits)
        })
    }

    /// An ordinary HTTP exchange: of interest only where the server speaks WebSocket.
    fn ordinary(&mut self, connection: &Connection, upgrade: &Upgrade, out: &mut Out<'_>) {
        let place = Place {
            session: SessionId(0),
            connection: connection.id,
            opened: connection.opened,
            addresses: connection.addresses,
        };
        if self.folded.speaks_websocket(place.addresses.server) {
            self.tell_not_websocket(place, upgrade, out);
        } else if (self.ordinary.len() as u64) < self.config.limits.ordinary_exchanges
            && self.ordinary_bytes < ORDINARY_BYTES
        {
            self.ordinary_bytes += upgrade.memory();
            self.ordinary.push((place, upgrade.clone()));
        } else {
            self.ordinary_left_out.get_or_insert(upgrade.first);
        }
    }

    /// The servers are known now: tells the exchanges that waited for that.
    fn tell_ordinary(&mut self, out: &mut Out<'_>) {
        for (place, upgrade) in std::mem::take(&mut self.ordinary) {
            if self.folded.speaks_websocket(place.addresses.server) {
                self.tell_not_websocket(place, &upgrade, out);
            }
        }
        // Without a WebSocket in the capture none of them would have been told.
        if let Some(stamp) = self.ordinary_left_out.filter(|_| self.summary.sessions > 0) {
            let summary = "more ordinary HTTP exchanges than the limit came before their servers were known to speak \
                           WebSocket: later ones are not told as such";
            self.limit("ordinary-exchanges", stamp, summary.to_owned(), out);
        }
    }

    /// Tells an exchange; it gets its number only now.
    fn tell_not_websocket(&mut self, place: Place, upgrade: &Upgrade, out: &mut Out<'_>) {
        self.attempts += 1;
        *self.summary.upgrades.entry(upgrade.outcome).or_default() += 1;
        out(&Output::Upgrade(&Place { session: SessionId(self.attempts), ..place }, upgrade));
    }

    fn closed(&mut self, connection: &Connection, followed: &mut Followed, out: &mut Out<'_>) {
        let Some(inside) = followed.inside.take() else {
            let established =
                connection.start_seen.client && connection.seen.client && connection.seen.server;
            if let Some(stamp) = followed.silent_end.filter(|_| established) {
                self.folded.probe(&connection.addresses, connection.id, stamp, ProbeKind::Empty);
            }
            return;
        };
        self.memory.replace(inside.memory, Memory::default());
        let flipped = inside.session.is_flipped();
        if connection.cut_packets > 0 && inside.asked {
            let summary = format!(
                "the capture's snap length cut {} packets of this connection, {} payload bytes in all: record with \
                 a larger one (tcpdump -s 0)",
                connection.cut_packets, connection.cut_bytes
            );
            let mut finding = Finding::new(Id::PacketTruncated, connection.last, summary)
                .with("packets", connection.cut_packets)
                .with("bytes", connection.cut_bytes);
            finding.connection = Some(connection.id);
            finding.session = inside.account.as_ref().map(|account| account.place.session);
            self.tell(finding, &mut Told::default(), out);
        }
        if let (Some((kind, stamp)), false) = (inside.probe, inside.asked) {
            self.folded.probe(&connection.addresses, connection.id, stamp, kind);
        }
        if let Some(account) = inside.account {
            self.finish_account(connection, flipped, account, out);
        }
    }

    fn finish_account(
        &mut self,
        connection: &Connection,
        flipped: bool,
        account: Account,
        out: &mut Out<'_>,
    ) {
        let place = account.place;
        let acked = by_role(&connection.acked, flipped);
        let cap = self.config.limits.findings_per_session;
        let (summary, silence) = account.finish(connection, &acked, cap, &mut |told, finding| {
            self.tell_of(place, finding, told, out);
        });
        if let Some((silence, stamp)) = silence {
            self.folded.silent_end(place.addresses.server, silence, stamp);
        }
        out(&Output::Session(&summary));
    }

    fn limit(&mut self, limit: &'static str, stamp: Stamp, summary: String, out: &mut Out<'_>) {
        if self.limits_told.insert(limit) {
            let finding = Finding::new(Id::LimitReached, stamp, summary).with("limit", limit);
            self.tell(finding, &mut Told::default(), out);
        }
    }

    fn tell_of(&mut self, place: Place, mut finding: Finding, told: &mut Told, out: &mut Out<'_>) {
        finding.session = Some(place.session);
        finding.connection = Some(place.connection);
        self.tell(finding, told, out);
    }

    /// The finding as the user wants it told, if at all.
    fn regrade(&self, mut finding: Finding) -> Option<Finding> {
        if let Some(severity) = self.config.severity.get(&finding.id) {
            finding.severity = *severity;
        }
        (!self.config.ignore.contains(&finding.id)).then_some(finding)
    }

    fn tell(&mut self, finding: Finding, told: &mut Told, out: &mut Out<'_>) {
        let Some(finding) = self.regrade(finding) else { return };
        *self.summary.findings.entry(finding.id).or_default() += 1;
        self.worst = self.worst.max(Some(finding.severity));
        if told.admit(&finding, self.config.limits.findings_per_session) {
            out(&Output::Finding(&finding));
        }
    }
}

/// Values by TCP's roles, by the session's.
fn by_role<T: Copy>(values: &PerPeer<T>, flipped: bool) -> PerPeer<T> {
    if flipped { PerPeer { client: values.server, server: values.client } } else { *values }
}
