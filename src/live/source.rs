//! Packets of all interfaces in the order of their time.

use super::batch::{Dropped, PacketBatch, Taken};
use super::counters::Counters;
use super::device::OpenInterfaces;
use super::drain::Drain;
use super::error::LiveError;
use super::queue::{InterfaceNews, Queue};
use super::save::{Save, SavedInterface};
use crate::capture::{CaptureError, Progress, Source, Statistics};
use crate::model::{
    Captured, Drops, FileId, Limits, LinkType, Packet, PacketNumber, Stamp, Timestamp, escape,
};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How much capture time passes between two reports of the time.
const TICK: Duration = Duration::from_millis(50);

/// How long to wait for packets before looking again at the clock of the others.
const PATIENCE: Duration = Duration::from_millis(20);

/// A live capture: a [`Source`] that ends when it is stopped, or when no interface is left.
pub struct Live {
    queue: Arc<Queue>,
    lanes: Vec<InterfaceState>,
    interfaces: Vec<SavedInterface>,
    saves: Vec<Save>,
    threads: Vec<JoinHandle<()>>,
    stamp: Stamp,
    /// The time that was reported last.
    told: Timestamp,
    /// Packets after which it ends.
    count: u64,
    /// Captured bytes so far.
    bytes: u64,
    /// The packet that was given last, and its lane, until it is saved: secrets that it makes known stand before it.
    unsaved: Option<(usize, Taken)>,
    /// What went wrong and is still to be reported.
    problems: VecDeque<CaptureError>,
    is_over: bool,
}

/// Ends a live capture, from any thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Queue>);

impl Stopper {
    /// Asks the capture to end: what the kernel has taken until now still comes.
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// What there is of an interface.
#[derive(Debug, Default)]
struct InterfaceState {
    batch: Option<PacketBatch>,
    /// The batch's next packet.
    next: usize,
    /// What is known beyond the batch.
    news: InterfaceNews,
    is_over: bool,
}

impl InterfaceState {
    fn head(&self) -> Option<Taken> {
        self.batch.as_ref()?.packet(self.next)
    }

    /// No packet of an earlier time follows; of one that is over, none at all.
    fn clock(&self) -> Timestamp {
        match (self.head(), self.is_over) {
            (Some(head), _) => head.time,
            (None, true) => Timestamp::from_nanos(i64::MAX),
            (None, false) => self.news.clock,
        }
    }
}

/// What comes next; packets are borrowed only then.
enum Arrival {
    Packet(usize, Taken),
    Drops(usize, Dropped),
    Clock(Timestamp),
    End,
}

impl Live {
    /// Begins to capture from these interfaces, `count` packets at most. What comes is also saved to `saves`.
    ///
    /// # Errors
    /// A file cannot be written, or no thread be started.
    pub fn start(
        opened: OpenInterfaces,
        saves: Vec<Save>,
        limits: &Limits,
        count: Option<u64>,
    ) -> Result<Self, LiveError> {
        let counters = Arc::new(Counters::new(opened.devices.iter().map(|device| device.name.clone())));
        let queue = Arc::new(Queue::new(counters, limits.queue_bytes));
        let filter = opened.filter;
        let described = |device: &super::device::Device| SavedInterface {
            name: device.name.clone(),
            link: device.link,
            snaplen: device.snaplen,
            filter: filter.clone(),
            totals: Statistics::default(),
        };
        let mut live = Self {
            lanes: opened.devices.iter().map(|_| InterfaceState::default()).collect(),
            interfaces: opened.devices.iter().map(described).collect(),
            saves,
            threads: Vec::new(),
            stamp: Stamp { file: FileId(0), ..Stamp::default() },
            told: Timestamp::default(),
            count: count.unwrap_or(u64::MAX),
            bytes: 0,
            unsaved: None,
            problems: VecDeque::new(),
            is_over: false,
            queue,
        };
        for save in &mut live.saves {
            save.describe(&live.interfaces).map_err(|error| LiveError::Save { path: save.name(), error })?;
        }
        for (lane, device) in opened.devices.into_iter().enumerate() {
            let drain = Drain::new(Arc::clone(&live.queue), lane, device);
            let thread = thread::Builder::new().name("capture".to_owned()).spawn(move || drain.run());
            live.threads.push(thread.map_err(LiveError::Thread)?);
        }
        Ok(live)
    }

    /// What ends the capture.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.queue))
    }

    /// What is counted.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.queue.counters)
    }

    /// Finds what comes next; waits for it, and meanwhile tells the time.
    fn find(&mut self) -> Arrival {
        if self.stamp.packet.0 >= self.count {
            return Arrival::End;
        }
        loop {
            if let Some(next) = self.ready() {
                return next;
            }
            // A lane without a packet may have more by now.
            for at in 0..self.lanes.len() {
                self.refill(at);
            }
            if let Some(next) = self.ready() {
                return next;
            }
            if self.lanes.iter().all(|lane| lane.is_over) {
                return Arrival::End;
            }
            let now = self.now();
            if now >= self.told.plus(TICK) {
                return Arrival::Clock(now);
            }
            self.save(&mut |save, _| save.flush());
            self.queue.wait(PATIENCE);
        }
    }

    /// The next thing that nothing earlier can come before.
    fn ready(&self) -> Option<Arrival> {
        let dropped = self.lanes.iter().position(|lane| {
            lane.head().is_none() && lane.batch.as_ref().is_some_and(|batch| batch.dropped.total() > 0)
        });
        if let Some(at) = dropped {
            let dropped = self.lanes.get(at).and_then(|lane| lane.batch.as_ref()).map(|batch| batch.dropped);
            return Some(Arrival::Drops(at, dropped.unwrap_or_default()));
        }
        let heads = self.lanes.iter().enumerate().filter_map(|(at, lane)| Some((at, lane.head()?)));
        let (at, head) = heads.min_by_key(|(_, head)| head.time)?;
        if head.time > self.now() {
            return None;
        }
        if head.time >= self.told.plus(TICK) {
            return Some(Arrival::Clock(head.time));
        }
        Some(Arrival::Packet(at, head))
    }

    /// No packet of an earlier time follows from any interface.
    fn now(&self) -> Timestamp {
        self.lanes.iter().map(InterfaceState::clock).min().unwrap_or_default()
    }

    /// Takes what waits for a lane that has nothing to give.
    fn refill(&mut self, at: usize) {
        let Some(lane) = self.lanes.get_mut(at) else { return };
        if lane.head().is_some() || lane.is_over {
            return;
        }
        let (batch, news) = self.queue.take(at, &mut lane.batch);
        (lane.batch, lane.next) = (batch, 0);
        let Some(news) = news else { return };
        if let (None, Some(end)) = (&lane.batch, &news.end) {
            lane.is_over = true;
            if let (Err(reason), Some(interface)) = (end, self.interfaces.get(at)) {
                self.problems.push_back(CaptureError::Interface {
                    input: escape(interface.name.as_bytes()),
                    reason: escape(reason.as_bytes()),
                    packets: self.stamp.packet.0,
                });
            }
        }
        lane.news = news;
    }

    /// Does something with all files to save to. One that fails is given up and told.
    fn save(&mut self, act: &mut dyn FnMut(&mut Save, &[SavedInterface]) -> io::Result<()>) {
        let interfaces = &self.interfaces;
        let failed = self.saves.extract_if(.., |save| match act(save, interfaces) {
            Ok(()) => false,
            Err(error) => {
                let (file, packets) = (save.name(), save.packets());
                self.problems.push_back(CaptureError::Save { file, error, packets });
                true
            }
        });
        failed.for_each(drop);
    }

    fn end(&mut self) {
        self.save_packet();
        self.is_over = true;
        self.queue.stop();
        let until = self.told.max(self.stamp.time);
        self.save(&mut |save, interfaces| save.finish(until, interfaces));
        for save in &self.saves {
            if let Some(connections) = save.secrets_behind() {
                self.problems.push_back(CaptureError::SecretsBehind { file: save.name(), connections });
            }
        }
        for thread in self.threads.drain(..) {
            // A thread that panicked has ended its lane by that.
            drop(thread.join());
        }
    }

    fn link(&self, lane: usize) -> LinkType {
        self.interfaces.get(lane).map_or(LinkType(0), |interface| interface.link)
    }

    /// Notes that a packet is handed out.
    fn hand_out(&mut self, at: usize, taken: Taken) {
        self.stamp.packet = PacketNumber(self.stamp.packet.0 + 1);
        self.stamp.time = taken.time;
        if let Some(interface) = self.interfaces.get_mut(at) {
            interface.totals.received += 1;
        }
        let Some(lane) = self.lanes.get_mut(at) else { return };
        lane.next += 1;
        self.bytes += lane.batch.as_ref().map_or(0, |batch| batch.bytes(taken).len()) as u64;
        self.unsaved = Some((at, taken));
    }

    /// Saves the packet that was given last.
    fn save_packet(&mut self) {
        let Some((at, taken)) = self.unsaved.take() else { return };
        let link = self.link(at);
        let Some(batch) = self.lanes.get_mut(at).and_then(|lane| lane.batch.take()) else { return };
        let packet =
            Packet { stamp: self.stamp, link, wire_length: taken.wire_length, bytes: batch.bytes(taken) };
        self.save(&mut |save, interfaces| save.packet(at, &packet, interfaces));
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.batch = Some(batch);
        }
    }
}

impl Source for Live {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        self.save_packet();
        if let Some(problem) = self.problems.pop_front() {
            return Err(problem);
        }
        if self.is_over {
            return Ok(None);
        }
        match self.find() {
            Arrival::Clock(now) => {
                self.told = now;
                self.save(&mut |save, _| save.flush());
                Ok(Some(Captured::Clock(now)))
            }
            Arrival::Drops(at, dropped) => {
                if let Some(batch) = self.lanes.get_mut(at).and_then(|lane| lane.batch.as_mut()) {
                    batch.dropped = Dropped::default();
                }
                let interface = self.interfaces.get_mut(at).map(|interface| {
                    interface.drop(dropped);
                    interface.name.clone()
                });
                let stamp = self.stamp;
                self.save(&mut |save, interfaces| save.statistics(at, stamp.time, interfaces));
                let drops = Drops { interface, dropped: dropped.total(), stamp };
                Ok(Some(Captured::Drops(Box::new(drops))))
            }
            Arrival::Packet(at, taken) => {
                self.hand_out(at, taken);
                let link = self.link(at);
                let batch = self.lanes.get(at).and_then(|lane| lane.batch.as_ref());
                Ok(batch.map(|batch| {
                    let bytes = batch.bytes(taken);
                    Captured::Packet(Packet {
                        stamp: self.stamp,
                        link,
                        wire_length: taken.wire_length,
                        bytes,
                    })
                }))
            }
            Arrival::End => {
                self.end();
                self.problems.pop_front().map_or(Ok(None), Err)
            }
        }
    }

    fn progress(&self) -> Progress {
        Progress { read: self.bytes, ..Progress::default() }
    }

    fn keep_secrets(&mut self, lines: &[u8], opened: Timestamp) {
        self.save(&mut |save, _| save.secrets(lines, opened));
    }
}

/// Whoever lets go of it before its end keeps what was saved: the threads go with it, and the files are ended.
impl Drop for Live {
    fn drop(&mut self) {
        if !self.is_over {
            self.end();
        }
    }
}
