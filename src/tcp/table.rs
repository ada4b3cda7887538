//! All connections of a capture: finds a segment's connection, opens new ones, forgets old ones.

use super::connection::{Connection, ConnectionEvent, Interest, Reassembly};
use crate::model::{ConnectionId, FileId, GapCause, Limits, Peer, PerPeer, Segment, Stamp, Timestamp};
use foldhash::fast::FixedState;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How long a closed connection is remembered, so that its late packets do not open a new one.
const TIME_WAIT: Duration = Duration::from_secs(60);

/// How many connections are looked at to find the one that should go.
const LOOKED_AT: usize = 16;

/// One slot in this many is looked at a packet, in turn, for connections to forget.
const SWEEP_EVERY: u64 = 4;

/// Takes the events of every connection, with the consumer's own state of it.
pub type Out<'o, T> = dyn FnMut(&Connection, &mut T, ConnectionEvent<'_>) -> Interest + 'o;

/// Both ends of a connection, whichever sends: IPv4 addresses as IPv4-mapped IPv6 ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    low: u128,
    high: u128,
    ports: u32,
}

/// An end in a form that compares and hashes fast.
#[inline]
fn end_bits(end: SocketAddr) -> (u128, u16) {
    let ip = match end.ip() {
        IpAddr::V4(ip) => 0xffff_0000_0000 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    };
    (ip, end.port())
}

impl Key {
    /// The key of a segment's connection, and whether the segment comes from the lower end.
    #[inline]
    fn of(segment: &Segment<'_>) -> (Self, bool) {
        let (a, b) = (end_bits(segment.source), end_bits(segment.destination));
        let from_low = a <= b;
        let (low, high) = if from_low { (a, b) } else { (b, a) };
        (Self { low: low.0, high: high.0, ports: u32::from(low.1) << 16 | u32::from(high.1) }, from_low)
    }
}

#[derive(Debug)]
struct Entry<T> {
    key: Key,
    /// Which end of the key is the client's.
    client_is_low: bool,
    connection: Connection,
    reassembly: Reassembly,
    state: T,
}

/// Several captures that follow each other within this are one that was written in pieces.
const SEAM: Duration = Duration::from_secs(1);

/// The stretch of capture time that was watched without a break up to now: of the time between two captures nothing is
/// known.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    file: Option<FileId>,
    since: Timestamp,
    now: Timestamp,
}

impl Watch {
    /// A packet comes: with the first of another file the watch begins anew, unless it goes on where the last one ended.
    fn begin(&mut self, stamp: Stamp) {
        if self.file.replace(stamp.file) != Some(stamp.file) {
            let is_next = stamp.time >= self.now && stamp.time.since(self.now) <= SEAM;
            if !is_next {
                (self.since, self.now) = (stamp.time, stamp.time);
            }
        }
    }

    /// Until when it is known that nothing came after a packet at `last`.
    fn until(&self, last: Timestamp) -> Timestamp {
        if last >= self.since { self.now.max(last) } else { last }
    }
}

/// Every connection being followed; `T` is what the consumer remembers of each.
#[derive(Debug)]
pub struct Table<T> {
    limits: Limits,
    /// Ports that are servers' where the SYN was not captured.
    server_ports: Vec<u16>,
    entries: Vec<Option<Box<Entry<T>>>>,
    free: Vec<usize>,
    index: HashMap<Key, usize, FixedState>,
    /// The slot of the segment before: the next one often belongs to the same connection.
    latest: usize,
    /// When which connection gives up waiting; entries may be out of date.
    deadlines: BinaryHeap<Reverse<(Timestamp, usize, ConnectionId)>>,
    opened: u64,
    held_bytes: u64,
    /// The slot to look at next for something to forget.
    hand: usize,
    watch: Watch,
    packets: u64,
}

impl<T> Entry<T> {
    /// The peer at the lower or the higher end of the key.
    const fn peer(&self, is_low: bool) -> Peer {
        if is_low == self.client_is_low { Peer::Client } else { Peer::Server }
    }
}

impl<T: Default> Table<T> {
    /// An empty table.
    pub fn new(limits: &Limits, server_ports: &[u16]) -> Self {
        Self {
            limits: limits.clone(),
            server_ports: server_ports.to_vec(),
            entries: Vec::new(),
            free: Vec::new(),
            index: HashMap::default(),
            latest: 0,
            deadlines: BinaryHeap::new(),
            opened: 0,
            held_bytes: 0,
            hand: 0,
            watch: Watch::default(),
            packets: 0,
        }
    }

    /// How many connections there were so far.
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// Takes the next segment of the capture.
    pub fn push(&mut self, segment: &Segment<'_>, out: &mut Out<'_, T>) {
        self.watch.begin(segment.stamp);
        self.advance_to(segment.stamp.time, out);
        self.packets += 1;
        if self.packets.is_multiple_of(SWEEP_EVERY) {
            self.sweep_one(segment.stamp.time, out);
        }
        let (key, from_low) = Key::of(segment);
        let slot = self.slot(key, from_low, segment, out);
        self.latest = slot;
        let Some(entry) = self.entries.get_mut(slot).and_then(Option::as_mut) else { return };
        let from = entry.peer(from_low);
        let Entry { connection, reassembly, state, .. } = &mut **entry;
        let (held, deadline) = (reassembly.held_bytes(), reassembly.deadline());
        reassembly.push(connection, from, segment, &self.limits, &mut |connection, event| {
            out(connection, state, event)
        });
        self.held_bytes = self.held_bytes + reassembly.held_bytes() - held;
        if let Some(new) = reassembly.deadline()
            && deadline != Some(new)
        {
            self.deadlines.push(Reverse((new, slot, connection.id)));
            if self.deadlines.len() > 2 * self.index.len() + LOOKED_AT {
                self.drop_old_deadlines();
            }
        }
        if self.held_bytes > self.limits.reorder_total_bytes {
            self.let_go_of_held(slot, out);
        }
    }

    /// Bytes of memory that connections take besides what the consumer remembers, roughly.
    pub fn memory(&self) -> u64 {
        /// Its place in the index, in the list, and what the allocator adds.
        const PLACE: usize = size_of::<(Key, usize)>() * 3 / 2 + 2 * size_of::<usize>() + 16;
        self.held_bytes + (self.index.len() * (size_of::<Entry<T>>() + PLACE)) as u64
    }

    /// Shows the one for which `weigh` says most, among the next few connections and the one of the latest segment.
    pub fn heaviest<W: Ord>(&mut self, weigh: &dyn Fn(&T) -> W) -> Option<&mut T> {
        let weight =
            |slot: usize| self.entries.get(slot).and_then(Option::as_ref).map(|entry| weigh(&entry.state));
        let mut heaviest = (weight(self.latest), self.latest);
        let mut left = LOOKED_AT;
        for _ in 0..self.entries.len().min(4 * LOOKED_AT) {
            self.hand = if self.hand + 1 < self.entries.len() { self.hand + 1 } else { 0 };
            let candidate = (weight(self.hand), self.hand);
            left -= usize::from(candidate.0.is_some());
            if candidate.0 > heaviest.0 {
                heaviest = candidate;
            }
            if left == 0 {
                break;
            }
        }
        self.entries.get_mut(heaviest.1)?.as_mut().map(|entry| &mut entry.state)
    }

    /// Where capture time stands still no deadline passes, and those of waits that are over pile up.
    fn drop_old_deadlines(&mut self) {
        let mut deadlines = std::mem::take(&mut self.deadlines).into_vec();
        deadlines.retain(|Reverse((deadline, slot, id))| {
            self.entries.get(*slot).and_then(Option::as_ref).is_some_and(|entry| {
                entry.connection.id == *id && entry.reassembly.deadline() == Some(*deadline)
            })
        });
        deadlines.sort_unstable();
        deadlines.dedup();
        self.deadlines = deadlines.into();
    }

    /// Capture time reached `now`: connections that waited long enough for missing bytes go on without them.
    pub fn advance_to(&mut self, now: Timestamp, out: &mut Out<'_, T>) {
        self.watch.now = self.watch.now.max(now);
        while let Some(Reverse((deadline, slot, id))) = self.deadlines.peek().copied()
            && deadline <= now
        {
            self.deadlines.pop();
            let Some(entry) = self.entries.get_mut(slot).and_then(Option::as_mut) else { continue };
            if entry.connection.id != id || entry.reassembly.deadline() != Some(deadline) {
                continue;
            }
            let Entry { connection, reassembly, state, .. } = &mut **entry;
            let held = reassembly.held_bytes();
            reassembly.expire(connection, &mut |connection, event| out(connection, state, event));
            self.held_bytes = self.held_bytes + reassembly.held_bytes() - held;
        }
    }

    /// Nothing came for a while, as the source's clock tells: lets every connection go that is over or idle for too
    /// long, which otherwise later packets would do one by one.
    pub fn sweep(&mut self, out: &mut Out<'_, T>) {
        for _ in 0..self.entries.len() {
            self.sweep_one(self.watch.now, out);
        }
    }

    /// Shows every connection, in no order.
    pub fn each(&mut self, look: &mut dyn FnMut(&Connection, &mut T)) {
        for entry in self.entries.iter_mut().flatten() {
            look(&entry.connection, &mut entry.state);
        }
    }

    /// The capture ended: finishes every connection, in the order in which they began.
    pub fn finish(&mut self, out: &mut Out<'_, T>) {
        let mut order: Vec<(ConnectionId, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(slot, entry)| entry.as_ref().map(|entry| (entry.connection.id, slot)))
            .collect();
        order.sort_unstable();
        for (_, slot) in order {
            self.forget(slot, out);
        }
    }

    /// The slot of the segment's connection, opened if need be.
    #[inline]
    fn slot(&mut self, key: Key, from_low: bool, segment: &Segment<'_>, out: &mut Out<'_, T>) -> usize {
        let latest = self.entries.get(self.latest).and_then(Option::as_ref);
        let known = match latest.filter(|entry| entry.key == key) {
            Some(_) => Some(self.latest),
            None => self.index.get(&key).copied(),
        };
        if let Some(slot) = known {
            if !segment.flags.syn || segment.flags.rst {
                return slot;
            }
            let Some(entry) = self.entries.get(slot).and_then(Option::as_ref) else { return slot };
            let from = entry.peer(from_low);
            let known = if segment.flags.ack {
                entry.reassembly.answered_by(from, segment.sequence)
            } else {
                entry.reassembly.opened_by(from, segment.sequence)
            };
            if known {
                return slot;
            }
            // The ports are used again.
            self.forget(slot, out);
        }
        if self.index.len() as u64 >= self.limits.connections {
            self.make_room("connections", segment.stamp, out);
        }
        self.open(key, from_low, segment, out)
    }

    fn open(&mut self, key: Key, from_low: bool, segment: &Segment<'_>, out: &mut Out<'_, T>) -> usize {
        self.opened += 1;
        let (source, destination) = (segment.source, segment.destination);
        let from_client = self.is_from_client(segment);
        let client_is_low = from_low == from_client;
        let addresses = if from_client {
            PerPeer { client: source, server: destination }
        } else {
            PerPeer { client: destination, server: source }
        };
        let connection = Connection {
            id: ConnectionId(self.opened),
            addresses,
            opened: segment.stamp,
            last: segment.stamp,
            start_seen: PerPeer::default(),
            seen: PerPeer::default(),
            delivered: PerPeer::default(),
            acked: PerPeer::default(),
            cut_packets: 0,
            cut_bytes: 0,
        };
        let mut state = T::default();
        out(&connection, &mut state, ConnectionEvent::Opened);
        let reassembly = Reassembly::default();
        let entry = Some(Box::new(Entry { key, client_is_low, connection, reassembly, state }));
        let slot = if let Some(slot) = self.free.pop() {
            slot
        } else {
            self.entries.push(None);
            self.entries.len() - 1
        };
        if let Some(place) = self.entries.get_mut(slot) {
            *place = entry;
        }
        self.index.insert(key, slot);
        slot
    }

    /// Whether the first packet captured of a connection comes from its client, as far as one can tell.
    fn is_from_client(&self, segment: &Segment<'_>) -> bool {
        if segment.flags.syn {
            return !segment.flags.ack;
        }
        let (source, destination) = (segment.source.port(), segment.destination.port());
        match (self.server_ports.contains(&source), self.server_ports.contains(&destination)) {
            (true, false) => false,
            (false, true) => true,
            _ => destination < source,
        }
    }

    /// Finishes the connection in `slot` and frees the slot.
    fn forget(&mut self, slot: usize, out: &mut Out<'_, T>) {
        let Some(mut entry) = self.entries.get_mut(slot).and_then(Option::take) else { return };
        let Entry { key, connection, reassembly, state, .. } = &mut *entry;
        self.held_bytes -= reassembly.held_bytes();
        let until = self.watch.until(connection.last.time);
        reassembly.finish(connection, until, &mut |connection, event| out(connection, state, event));
        self.index.remove(key);
        self.free.push(slot);
    }

    /// Looks at one connection and forgets it if it is over or idle for too long.
    fn sweep_one(&mut self, now: Timestamp, out: &mut Out<'_, T>) {
        self.hand = if self.hand + 1 < self.entries.len() { self.hand + 1 } else { 0 };
        let idle = self.limits.idle();
        let over = self.entries.get(self.hand).and_then(Option::as_ref).is_some_and(|entry| {
            now.since(entry.connection.last.time)
                > if entry.reassembly.is_closed() { TIME_WAIT } else { idle }
        });
        if over {
            self.forget(self.hand, out);
        }
    }

    /// There is no room, by `limit`: forgets the connection that was quiet longest among the next few, closed ones first.
    pub fn make_room(&mut self, limit: &'static str, stamp: Stamp, out: &mut Out<'_, T>) {
        let mut victim: Option<(bool, Timestamp, usize)> = None;
        let mut found = 0;
        for _ in 0..self.entries.len() {
            self.hand = if self.hand + 1 < self.entries.len() { self.hand + 1 } else { 0 };
            let Some(entry) = self.entries.get(self.hand).and_then(Option::as_ref) else { continue };
            let candidate = (!entry.reassembly.is_closed(), entry.connection.last.time, self.hand);
            victim = Some(victim.map_or(candidate, |best| best.min(candidate)));
            found += 1;
            if found == LOOKED_AT {
                break;
            }
        }
        let Some((open, _, slot)) = victim else { return };
        if open && let Some(entry) = self.entries.get_mut(slot).and_then(Option::as_mut) {
            let event = ConnectionEvent::LimitReached { limit, stamp };
            out(&entry.connection, &mut entry.state, event);
        }
        self.forget(slot, out);
    }

    /// Too many bytes wait in all connections together: this one goes on without what it waits for.
    fn let_go_of_held(&mut self, slot: usize, out: &mut Out<'_, T>) {
        let Some(entry) = self.entries.get_mut(slot).and_then(Option::as_mut) else { return };
        let Entry { connection, reassembly, state, .. } = &mut **entry;
        let event = ConnectionEvent::LimitReached { limit: "reorder-total-bytes", stamp: connection.last };
        out(connection, state, event);
        let held = reassembly.held_bytes();
        reassembly.give_up(connection, true, GapCause::Limit, &mut |connection, event| {
            out(connection, state, event)
        });
        self.held_bytes = self.held_bytes + reassembly.held_bytes() - held;
    }
}
