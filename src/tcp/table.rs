//! All connections of a capture: finds a segment's connection, opens new ones, forgets old ones.

mod beginnings;
mod entry;
mod forget;
mod slot;
mod translated;

use super::connection::{Connection, ConnectionEvent};
use super::ends::{FourTuple, KeyEnd, Seed};
use super::handshake::{Aside, KeptSegment, in_order, is_enough};
use super::reassembly::{Common, Opens, Reassembly};
use super::watch::Watch;
use crate::model::{
    ConnectionId, Footprint, Hand, Limits, Notice, Peer, PerPeer, Segment, SegmentHeader, Shortage,
    StreamEvent, Timestamp,
};
use beginnings::Beginnings;
use entry::{Entry, Remembered, Tracked};
use hashbrown::HashTable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

pub use slot::Slot;

/// How many deadlines may be out of date before they are removed.
const OLD_DEADLINES: usize = 16;

/// At every packet whose number is a multiple of this, one slot is checked for a connection to forget.
const SWEEP_EVERY: u64 = 4;

/// Takes the events of every connection.
pub type Out<'o> = dyn FnMut(Slot, &Connection, ConnectionEvent<'_>) + 'o;

/// Where a segment probably belongs: what [`ConnectionTable::find`] finds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundConnection {
    sender: KeyEnd,
    /// There was this connection when it was looked for.
    known: Option<(Slot, ConnectionId)>,
}

/// What a segment's connection is looked for by.
#[derive(Debug)]
struct Sought {
    key: FourTuple,
    sender: KeyEnd,
    hash: u64,
    /// Where it may be.
    slot: Option<Slot>,
}

/// Every connection being followed.
#[derive(Debug)]
pub struct ConnectionTable {
    common: Common,
    /// Ports that belong to servers if the SYN was not captured.
    server_ports: Vec<u16>,
    entries: Vec<Option<Entry>>,
    /// How many of them are over.
    over: usize,
    free: Vec<Slot>,
    /// The slots by the keys in them.
    index: HashTable<Slot>,
    seed: Seed,
    /// A buffer for [`find`](Self::find), kept between calls.
    sought: Vec<Sought>,
    /// When which connection gives up waiting; entries may be out of date.
    deadlines: BinaryHeap<Reverse<(Timestamp, Slot, ConnectionId)>>,
    opened: u64,
    held_bytes: u64,
    /// The slot to look at next for something to forget.
    hand: Hand,
    watch: Watch,
    packets: u64,
    /// Connections whose first packets wait for a SYN.
    beginning: usize,
    /// Those that began last, to know them again behind address translation.
    beginnings: Beginnings,
}

/// This many connections at once may wait for their SYN.
const BEGINNING: usize = 1024;

impl ConnectionTable {
    /// An empty table.
    pub fn new(limits: &Limits, server_ports: &[u16]) -> Self {
        Self::seeded(limits, server_ports, Seed::random())
    }

    pub(super) fn seeded(limits: &Limits, server_ports: &[u16], seed: Seed) -> Self {
        Self {
            seed,
            common: Common::new(limits),
            server_ports: server_ports.to_vec(),
            entries: Vec::new(),
            over: 0,
            free: Vec::new(),
            index: HashTable::new(),
            sought: Vec::new(),
            deadlines: BinaryHeap::new(),
            opened: 0,
            held_bytes: 0,
            hand: Hand::default(),
            watch: Watch::default(),
            packets: 0,
            beginning: 0,
            beginnings: Beginnings::default(),
        }
    }

    /// How many connections there were so far.
    pub const fn opened(&self) -> u64 {
        self.opened
    }

    /// How many segments so far repeat what was captured because they were captured twice. Those without payload, SYN and FIN
    /// are not among them, nor those of connections that are of no further interest.
    pub const fn copied_segments(&self) -> u64 {
        self.common.copied_segments
    }

    /// Looks up the connections of segments that are about to come, and adds where they are to `found`.
    ///
    /// With many connections open, most of the time is spent waiting for memory. So no lookup here depends on the
    /// result of another one, and their memory accesses overlap.
    pub(crate) fn find<'s>(
        &mut self,
        segments: impl Iterator<Item = &'s SegmentHeader>,
        found: &mut Vec<FoundConnection>,
    ) {
        let mut sought = std::mem::take(&mut self.sought);
        sought.extend(segments.map(|segment| {
            let (key, sender) = FourTuple::of(segment);
            let hash = self.seed.hash(&key);
            // Most likely it is this one.
            let slot = self.index.find(hash, |_| true).copied();
            Sought { key, sender, hash, slot }
        }));
        for Sought { slot, .. } in &sought {
            black_box(slot.and_then(|slot| self.followed(slot)).map(Tracked::glance));
        }
        found.extend(sought.iter().map(|Sought { key, sender, hash, slot }| {
            let entry = slot.and_then(|slot| self.followed(slot)).filter(|entry| entry.key == *key);
            let known = match (slot, entry) {
                (Some(slot), Some(entry)) => Some((*slot, entry.connection.id)),
                (Some(_), None) | (None, _) => self.look_up(key, *hash),
            };
            FoundConnection { sender: *sender, known }
        }));
        sought.clear();
        self.sought = sought;
    }

    #[inline(never)]
    fn look_up(&self, key: &FourTuple, hash: u64) -> Option<(Slot, ConnectionId)> {
        let slot =
            *self.index.find(hash, |slot| self.entry(*slot).is_some_and(|entry| entry.key() == key))?;
        Some((slot, self.entry(slot)?.id()))
    }

    /// Takes the next segment of the capture.
    pub fn push(&mut self, segment: &Segment<'_>, out: &mut Out<'_>) {
        let (key, sender) = FourTuple::of(segment.header);
        let known = self.look_up(&key, self.seed.hash(&key));
        self.push_found(segment, FoundConnection { sender, known }, &mut |slot, connection, event| {
            out(slot, connection, event);
        });
    }

    /// Takes what ICMP says about a segment: it is remembered with its connection, which alone knows what it is worth.
    pub fn notice(&mut self, notice: &Notice) {
        let (key, sender) = FourTuple::between(notice.source, notice.destination);
        let Some((slot, _)) = self.look_up(&key, self.seed.hash(&key)) else { return };
        let Some(entry) = self.followed_mut(slot) else { return };
        let from = entry.peer(sender);
        if entry.reassembly.has_sent(from, notice.sequence) {
            entry.connection.notice = Some(Box::new(*notice));
            entry.reassembly.is_noticed();
        }
    }

    /// The same for a segment that was [looked for](Self::find) before.
    #[inline]
    pub(crate) fn push_found(
        &mut self,
        segment: &Segment<'_>,
        found: FoundConnection,
        out: &mut impl FnMut(Slot, &Connection, ConnectionEvent<'_>),
    ) {
        self.watch.begin(segment.header.stamp);
        self.advance_to(segment.header.stamp.time, out);
        self.packets += 1;
        if self.packets.is_multiple_of(SWEEP_EVERY) {
            self.sweep_one(segment.header.stamp.time, out);
        }
        // What came since it was looked for may have let it go.
        if let Some((slot, id)) = found.known
            && let Some(Some(Entry::Followed(entry))) = self.entries.get_mut(slot.index())
            && entry.connection.id == id
        {
            let from = entry.peer(found.sender);
            let Tracked { connection, reassembly, .. } = &mut **entry;
            if reassembly.push_expected(connection, from, segment, &mut self.common.copies) {
                if !segment.payload.is_empty() {
                    let event = StreamEvent::Data(connection.delivered_by(from, segment));
                    out(slot, connection, ConnectionEvent::Stream { from, event });
                }
                return;
            }
        }
        self.push_unexpected(segment, out);
    }

    /// The same for a segment that is not simply the next one of a connection in which nothing waits.
    fn push_unexpected(&mut self, segment: &Segment<'_>, out: &mut Out<'_>) {
        let (key, sender) = FourTuple::of(segment.header);
        let flags = segment.header.flags;
        let Some((slot, _)) = self.look_up(&key, self.seed.hash(&key)) else {
            let slot = self.open_anew(key, sender, segment, out);
            if flags.syn() || flags.rst() || self.beginning >= BEGINNING {
                return self.take(slot, sender, segment, out);
            }
            self.beginning += 1;
            return self.put_beside(slot, Aside::first(segment));
        };
        let entry = match self.entries.get_mut(slot.index()) {
            Some(Some(Entry::Followed(entry))) => entry,
            Some(Some(Entry::Over(entry))) if !flags.syn() || flags.rst() => {
                entry.last = segment.header.stamp.time;
                return;
            }
            Some(Some(Entry::Over(entry))) => {
                entry.last = segment.header.stamp.time;
                let opens = entry.place(sender, segment.header);
                return self.take_as(opens, slot, (key, sender), segment, out);
            }
            Some(None) | None => return,
        };
        let from = entry.peer(sender);
        match entry.beside.as_deref_mut() {
            Some(Aside::First { held, .. }) => {
                held.push(KeptSegment::new(segment));
                if is_enough(held) {
                    self.begin(slot, out);
                }
                return;
            }
            Some(beside) if beside.is_answered_by(segment.header, from, &entry.reassembly) => {
                let Some(beside) = entry.beside.take() else { return };
                self.forget(slot, out);
                let slot = self.open_anew(key, sender, segment, out);
                let Aside::Again(first) = *beside else { return };
                let held = in_order(vec![first, KeptSegment::new(segment)]);
                return self.take_all(slot, held, out);
            }
            Some(Aside::Again(_)) | None => {}
        }
        let opens = if flags.syn() && !flags.rst() {
            entry.reassembly.place(&entry.connection, from, segment.header)
        } else {
            Opens::This
        };
        self.take_as(opens, slot, (key, sender), segment, out);
    }

    /// Takes a segment as what it is to the connection in `slot`.
    fn take_as(
        &mut self,
        opens: Opens,
        slot: Slot,
        (key, sender): (FourTuple, KeyEnd),
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) {
        match opens {
            Opens::This => self.take(slot, sender, segment, out),
            Opens::Another => {
                // The ports are used again.
                self.forget(slot, out);
                let slot = self.open_anew(key, sender, segment, out);
                self.take(slot, sender, segment, out);
            }
            Opens::Perhaps => self.put_beside(slot, Aside::Again(KeptSegment::new(segment))),
        }
    }

    /// Changes the connection in `slot`, if it is followed. What it holds is counted, and once it is over, only what shows
    /// its late packets is remembered.
    fn change<T>(&mut self, slot: Slot, change: impl FnOnce(&mut Tracked, &mut Common) -> T) -> Option<T> {
        let place = self.entries.get_mut(slot.index())?.as_mut()?;
        let tracked = place.followed_mut()?;
        let held = tracked.reassembly.held_bytes();
        let changed = change(tracked, &mut self.common);
        self.held_bytes = self.held_bytes + tracked.reassembly.held_bytes() - held;
        if tracked.is_over() {
            self.reduce(slot);
        }
        Some(changed)
    }

    /// A connection is over: of it only what shows its late packets is remembered.
    #[cold]
    fn reduce(&mut self, slot: Slot) {
        if let Some(Some(place)) = self.entries.get_mut(slot.index())
            && let Some(tracked) = place.followed()
        {
            *place = Entry::Over(Box::new(tracked.remembered()));
            self.over += 1;
        }
    }

    /// Gives the segment to the connection in `slot`.
    fn take(&mut self, slot: Slot, sender: KeyEnd, segment: &Segment<'_>, out: &mut Out<'_>) {
        let new = self.change(slot, |entry, common| {
            let from = entry.peer(sender);
            let Tracked { connection, reassembly, .. } = entry;
            let deadline = reassembly.deadline();
            reassembly.push(connection, from, segment, common, &mut |connection, event| {
                out(slot, connection, event);
            });
            let new = reassembly.deadline().filter(|new| deadline != Some(*new));
            new.map(|new| (new, connection.id))
        });
        if let Some((new, id)) = new.flatten() {
            self.remind(new, slot, id);
        }
        if segment.header.flags.syn() || segment.payload.is_empty() && self.lacks_syn_answer(slot) {
            self.note_syn(slot, sender, segment.header, out);
        }
        if self.held_bytes > self.common.limits.reorder_total_bytes {
            self.let_go_of_held(slot, out);
        }
    }

    /// Gives first packets to the connection in `slot`, the roles of which are those of its SYN.
    fn take_all(&mut self, slot: Slot, held: Vec<KeptSegment>, out: &mut Out<'_>) {
        let Some(first) = held.first() else { return };
        if first.header.flags.syn() {
            let from = if first.header.flags.ack() { Peer::Server } else { Peer::Client };
            let (source, destination) = (first.header.source, first.header.destination);
            let (_, sender) = FourTuple::of(&first.header);
            let Some(entry) = self.followed_mut(slot) else { return };
            entry.client = sender.client_beside(from);
            entry.connection.addresses =
                PerPeer::from_fn(|peer| if peer == from { source } else { destination });
        }
        for held in held {
            let (_, sender) = FourTuple::of(&held.header);
            self.take(slot, sender, &held.segment(), out);
        }
    }

    /// Keeps something beside the connection in `slot`.
    fn put_beside(&mut self, slot: Slot, beside: Aside) {
        let Some(entry) = self.followed_mut(slot) else { return };
        entry.beside = Some(Box::new(beside));
        let id = entry.connection.id;
        if let Some(Aside::First { until, .. }) = entry.beside.as_deref() {
            let until = *until;
            self.remind(until, slot, id);
        }
    }

    /// The first packets of the connection in `slot` have waited for a SYN, or it has come.
    fn begin(&mut self, slot: Slot, out: &mut Out<'_>) {
        let Some(entry) = self.followed_mut(slot) else { return };
        if let Some(Aside::First { held, .. }) = entry.beside.take().map(|beside| *beside) {
            self.beginning -= 1;
            self.take_all(slot, in_order(held), out);
        }
    }

    /// Notes that something in the connection in `slot` waits until `deadline`.
    fn remind(&mut self, deadline: Timestamp, slot: Slot, id: ConnectionId) {
        self.deadlines.push(Reverse((deadline, slot, id)));
        if self.deadlines.len() > 2 * self.index.len() + OLD_DEADLINES {
            self.drop_old_deadlines();
        }
    }

    /// Nothing more is to be reported about this connection, if it is still in `slot`: only [`ConnectionEvent::Closed`]
    /// follows.
    pub(crate) fn ignore(&mut self, slot: Slot, id: ConnectionId, out: &mut Out<'_>) {
        if self.entry(slot).is_some_and(|entry| entry.id() == id) {
            self.change(slot, |Tracked { connection, reassembly, .. }, _| {
                reassembly.ignore(connection, &mut |connection, event| out(slot, connection, event));
            });
        }
    }

    #[inline]
    fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot.index()).and_then(Option::as_ref)
    }

    /// The connection in `slot`, if it is not over.
    #[inline]
    fn followed(&self, slot: Slot) -> Option<&Tracked> {
        self.entry(slot)?.followed()
    }

    fn followed_mut(&mut self, slot: Slot) -> Option<&mut Tracked> {
        self.entries.get_mut(slot.index())?.as_mut()?.followed_mut()
    }

    /// How many connections are followed.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// What all of it takes of memory: the lists by their capacity. What the consumer remembers of connections is not in it.
    pub(crate) fn footprint(&self) -> Footprint {
        // The index never had more in it than there are slots, and is at most seven eighths full, with a byte for each place
        // besides. What it allocated depends on its seed, on which no output may depend.
        let index = (self.entries.len() * 8 / 7).next_power_of_two() * (size_of::<Slot>() + 1);
        let lists = self.entries.capacity() * size_of::<Option<Entry>>()
            + self.free.capacity() * size_of::<Slot>()
            + index
            + self.deadlines.capacity() * size_of::<Reverse<(Timestamp, Slot, ConnectionId)>>();
        let held = usize::try_from(self.held_bytes).unwrap_or(usize::MAX);
        let remembered = self.over * size_of::<Remembered>();
        let followed = Footprint::of::<Tracked>().times(self.index.len().saturating_sub(self.over));
        followed.and_least(lists + remembered).and_held(held)
    }

    /// Where capture time stands still no deadline passes, and those of waits that are over pile up.
    fn drop_old_deadlines(&mut self) {
        let mut deadlines = std::mem::take(&mut self.deadlines).into_vec();
        deadlines.retain(|Reverse((deadline, slot, id))| {
            self.followed(*slot)
                .is_some_and(|entry| entry.connection.id == *id && entry.deadline() == Some(*deadline))
        });
        deadlines.sort_unstable();
        deadlines.dedup();
        self.deadlines = deadlines.into();
    }

    /// Capture time reached `now`: connections that waited long enough for missing bytes go on without them.
    #[inline]
    pub fn advance_to(&mut self, now: Timestamp, out: &mut Out<'_>) {
        self.watch.advance(now);
        while self.deadlines.peek().is_some_and(|Reverse((deadline, ..))| *deadline <= now) {
            self.expire_first(out);
        }
    }

    /// The first deadline passes.
    fn expire_first(&mut self, out: &mut Out<'_>) {
        let Some(Reverse((deadline, slot, id))) = self.deadlines.pop() else { return };
        if deadline.is_apart(self.watch.now()) {
            // The clock was set. How long that wait was is not known: it ends with later packets, or at the end.
            return;
        }
        let Some(entry) = self.followed(slot) else { return };
        if entry.connection.id != id || entry.deadline() != Some(deadline) {
            return;
        }
        if matches!(entry.beside.as_deref(), Some(Aside::First { .. })) {
            return self.begin(slot, out);
        }
        self.expire(slot, out);
    }

    /// The connection in `slot` goes on without what it waits for.
    fn expire(&mut self, slot: Slot, out: &mut Out<'_>) {
        self.change(slot, |Tracked { connection, reassembly, .. }, common| {
            reassembly.expire(connection, common, &mut |connection, event| out(slot, connection, event));
        });
    }

    /// Shows every connection that is not over, in no order.
    pub(crate) fn each(&self, look: &mut dyn FnMut(Slot, &Connection)) {
        for slot in self.slots() {
            if let Some(entry) = self.followed(slot) {
                look(slot, &entry.connection);
            }
        }
    }

    /// The connections that are followed, in the order in which they began.
    pub(crate) fn in_order(&self) -> Vec<Slot> {
        let mut order: Vec<(ConnectionId, Slot)> =
            self.slots().filter_map(|slot| self.entry(slot).map(|entry| (entry.id(), slot))).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, slot)| slot).collect()
    }

    fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).map(Slot)
    }

    /// The capture ended: finishes every connection, in the order in which they began.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        for slot in self.in_order() {
            self.forget(slot, out);
        }
    }

    /// The slot of a new connection, for which there may have to be made room.
    fn open_anew(
        &mut self,
        key: FourTuple,
        sender: KeyEnd,
        segment: &Segment<'_>,
        out: &mut Out<'_>,
    ) -> Slot {
        if self.index.len() as u64 >= self.common.limits.connections {
            self.make_room(Shortage::Connections, segment.header.stamp, out);
        }
        self.open(key, sender, segment)
    }

    fn open(&mut self, key: FourTuple, sender: KeyEnd, segment: &Segment<'_>) -> Slot {
        self.opened += 1;
        let (source, destination) = (segment.header.source, segment.header.destination);
        let from = self.sender_of_first(segment);
        let client = sender.client_beside(from);
        let addresses = PerPeer::from_fn(|peer| if peer == from { source } else { destination });
        let mut connection = Connection::new(ConnectionId(self.opened), addresses, segment.header.stamp);
        connection.two_clocks = self.watch.is_behind(segment.header.stamp.time);
        let reassembly = Reassembly::default();
        let tracked = Tracked { key, client, connection, reassembly, beside: None };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            // There are no more than a cap allows, which counts in tens of thousands.
            Slot(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
        });
        if let Some(place) = self.entries.get_mut(slot.index()) {
            *place = Some(Entry::Followed(Box::new(tracked)));
        }
        let hash = |slot: &Slot| {
            let entry = self.entries.get(slot.index()).and_then(Option::as_ref);
            entry.map_or(0, |entry| self.seed.hash(entry.key()))
        };
        self.index.insert_unique(self.seed.hash(&key), slot, hash);
        slot
    }

    /// Who sent the first packet captured of a connection, as far as one can tell.
    fn sender_of_first(&self, segment: &Segment<'_>) -> Peer {
        let (source, destination) = (segment.header.source.port(), segment.header.destination.port());
        let is_client = match (self.server_ports.contains(&source), self.server_ports.contains(&destination))
        {
            _ if segment.header.flags.syn() => !segment.header.flags.ack(),
            (true, false) => false,
            (false, true) => true,
            (true, true) | (false, false) => destination < source,
        };
        if is_client { Peer::Client } else { Peer::Server }
    }
}
