//! What is remembered of each stream (RFC 9113 §5.1).

use super::StreamId;
use super::window::Window;
use crate::model::{Footprint, Peer, PerPeer, Stamp};
use std::collections::{BTreeMap, VecDeque};

/// Changes of all windows that are remembered one by one, for streams that have not taken them over; what older ones come to is
/// taken over at once.
const REMEMBERED: usize = 16;
/// Streams that both sides ended and that are remembered.
const FINISHED: usize = 32;

/// A stream that is not over.
#[derive(Debug)]
pub(super) struct Stream {
    /// Who sent a head of it, other than an interim one.
    pub(super) headed: PerPeer<bool>,
    /// Who will send nothing more.
    pub(super) ended: PerPeer<bool>,
    /// What each side may still send.
    pub(super) window: PerPeer<Window>,
    /// The latest change of all windows that this stream has taken over.
    shifted: PerPeer<Shift>,
    /// By how much its windows are smaller already because of changes that have yet to be acknowledged.
    known: PerPeer<i64>,
    /// How often the connection's bytes of each side had been lost when this stream last heard of that.
    pub(super) losses: PerPeer<u32>,
    /// Its DATA frames so far, where they are told; boxed, as few readings want to know.
    pub(super) data: Option<Box<PerPeer<DataCount>>>,
}

/// DATA frames of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DataCount {
    pub(super) frames: u64,
    /// Bytes of their content.
    pub(super) content: u64,
}

/// The streams of a connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<StreamId, Stream>,
    /// The highest number so far of those that each side begins.
    highest: PerPeer<StreamId>,
    /// The highest number that a server has promised.
    promised: StreamId,
    /// Changes of the windows of what each side sends, of all of them. Each stream takes them over when it is looked at: a peer
    /// that announces windows again and again does not make work of all streams.
    shifts: PerPeer<Shifts>,
    /// The latest that both sides ended.
    finished: VecDeque<StreamId>,
}

/// The side that begins streams with such numbers: odd ones the client, even ones the server (RFC 9113 §5.1.1).
pub(super) const fn opener(stream: StreamId) -> Peer {
    if stream.0 % 2 == 1 { Peer::Client } else { Peer::Server }
}

/// How far all windows were shifted up to some change.
#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    /// How many changes there were.
    number: u64,
    by: i64,
}

/// The changes of all windows.
#[derive(Debug, Default)]
struct Shifts {
    latest: Shift,
    recent: VecDeque<(Shift, Stamp)>,
}

impl Shifts {
    fn push(&mut self, by: i64, stamp: Stamp) {
        if by == 0 {
            return;
        }
        self.latest = Shift { number: self.latest.number + 1, by: self.latest.by.saturating_add(by) };
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((self.latest, stamp));
    }
}

impl Stream {
    /// A stream with these windows, for which so much is known that others have yet to acknowledge, and whose sides' bytes were
    /// lost so often before it began.
    pub(super) fn new(window: PerPeer<Window>, known: PerPeer<i64>, losses: PerPeer<u32>) -> Self {
        Self {
            headed: PerPeer::default(),
            ended: PerPeer::default(),
            window,
            shifted: PerPeer::default(),
            known,
            losses,
            data: None,
        }
    }

    /// Takes over how all windows were changed since it last did. A window that was closed and opened meanwhile was closed.
    fn catch_up(&mut self, shifts: &PerPeer<Shifts>) {
        for peer in Peer::BOTH {
            let Shifts { latest, recent } = shifts.of(peer);
            let shifted = self.shifted.of_mut(peer);
            let number = shifted.number;
            if number == latest.number {
                continue;
            }
            for (shift, stamp) in recent.iter().filter(|(shift, _)| shift.number > number) {
                let before = std::mem::replace(shifted, *shift);
                let by = shift.by.saturating_sub(before.by);
                let known = self.known.of_mut(peer);
                let already = by.min(0).max(*known);
                *known -= already;
                self.window.of_mut(peer).change(by.saturating_sub(already), *stamp);
            }
        }
    }

    /// The sides change their roles.
    pub(super) const fn flip(&mut self) {
        const fn swap<T>(PerPeer { client, server }: &mut PerPeer<T>) {
            std::mem::swap(client, server);
        }
        swap(&mut self.headed);
        swap(&mut self.ended);
        swap(&mut self.window);
        swap(&mut self.shifted);
        swap(&mut self.known);
        swap(&mut self.losses);
        if let Some(data) = &mut self.data {
            swap(data);
        }
    }
}

impl Streams {
    /// Bytes of memory they take, roughly.
    pub(super) fn memory(&self) -> usize {
        let finished = Footprint::allocation(self.finished.capacity() * size_of::<StreamId>());
        self.open.len() * Footprint::entry::<StreamId, Stream>() + finished
    }

    pub(super) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.open.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        let stream = self.open.get_mut(&id)?;
        stream.catch_up(&self.shifts);
        Some(stream)
    }

    /// The windows of what `sender` sends change on all streams.
    pub(super) fn shift(&mut self, sender: Peer, by: i64, stamp: Stamp) {
        self.shifts.of_mut(sender).push(by, stamp);
    }

    /// The sides change their roles.
    pub(super) fn flip(&mut self) {
        let PerPeer { client, server } = &mut self.shifts;
        std::mem::swap(client, server);
        self.open.values_mut().for_each(Stream::flip);
    }

    /// Whether the stream was open once, and is not any more, as far as its number tells.
    pub(super) fn is_past(&self, id: StreamId) -> bool {
        id <= *self.highest.of(opener(id)) && !self.open.contains_key(&id)
    }

    /// A server promises to begin a stream: from then on either side may speak of it (RFC 9113 §5.1).
    pub(super) fn promise(&mut self, id: StreamId) {
        self.promised = self.promised.max(id);
    }

    /// Whether nobody has begun the stream, nor promised to.
    pub(super) fn is_idle(&self, id: StreamId) -> bool {
        let promised = if opener(id) == Peer::Server { self.promised } else { StreamId(0) };
        id > promised.max(*self.highest.of(opener(id)))
    }

    /// Both sides said that they send nothing more on it: a frame on it is one too many (RFC 9113 §5.1).
    pub(super) fn finish(&mut self, id: StreamId) {
        if self.finished.len() == FINISHED {
            self.finished.pop_front();
        }
        self.finished.push_back(id);
    }

    /// Whether both sides ended it, as far as that is remembered. Frames may still come on a stream that was reset.
    pub(super) fn has_finished(&self, id: StreamId) -> bool {
        self.finished.contains(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn insert(&mut self, id: StreamId, mut stream: Stream) {
        // Its windows are as wide as was announced last.
        stream.shifted = PerPeer { client: self.shifts.client.latest, server: self.shifts.server.latest };
        let highest = self.highest.of_mut(opener(id));
        *highest = (*highest).max(id);
        self.open.insert(id, stream);
    }

    pub(super) fn remove(&mut self, id: StreamId) {
        self.open.remove(&id);
    }

    /// The numbers of all open ones that are like that.
    pub(super) fn ids_where(&mut self, is_so: impl Fn(&Stream) -> bool) -> Vec<StreamId> {
        let Self { open, shifts, .. } = self;
        let mut found = Vec::new();
        for (id, stream) in open {
            stream.catch_up(shifts);
            if is_so(stream) {
                found.push(*id);
            }
        }
        found
    }

    /// The numbers of all open ones.
    pub(super) fn ids(&self) -> Vec<StreamId> {
        self.open.keys().copied().collect()
    }
}
