//! What lies between the threads that capture and the one that analyzes: a lane for each interface, one bound for all.

use super::batch::PacketBatch;
use super::counters::Counters;
use crate::model::Timestamp;
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Emptied batches kept for reuse in each lane.
const SPENT: usize = 4;

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    lanes: Mutex<Vec<InterfaceQueue>>,
    filled: Condvar,
    /// Bytes that may wait.
    room: u64,
    stop: AtomicBool,
    pub(super) counters: Arc<Counters>,
}

/// What one interface has given and nobody has taken yet.
#[derive(Debug, Default)]
struct InterfaceQueue {
    batches: VecDeque<PacketBatch>,
    spent: Vec<PacketBatch>,
    news: InterfaceNews,
}

/// What is known about an interface besides its packets.
#[derive(Clone, Debug, Default)]
pub(super) struct InterfaceNews {
    /// No packet of an earlier time follows.
    pub(super) clock: Timestamp,
    /// Whether no packet follows at all, and why, where that is an error.
    pub(super) end: Option<Result<(), String>>,
}

impl Queue {
    pub(super) fn new(counters: Arc<Counters>, room: u64) -> Self {
        let lanes = counters.interfaces().iter().map(|_| InterfaceQueue::default()).collect();
        let stop = AtomicBool::default();
        Self { lanes: Mutex::new(lanes), filled: Condvar::new(), room, stop, counters }
    }

    /// Asks the threads to end.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<InterfaceQueue>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `batch` into a lane and an empty one in its place. Returns how many packets were dropped because there is no
    /// room for them.
    pub(super) fn put(&self, lane: usize, batch: &mut PacketBatch, news: InterfaceNews) -> u64 {
        let mut lanes = self.lock();
        let Some(lane) = lanes.get_mut(lane) else { return 0 };
        lane.news = news;
        let mut dropped = 0;
        let waiting = self.counters.waiting.load(Ordering::Relaxed);
        if batch.packets() > 0 && waiting.saturating_add(batch.size()) > self.room {
            dropped = batch.packets() as u64;
            batch.let_go();
        }
        if !batch.is_empty() {
            self.counters.waiting.fetch_add(batch.size(), Ordering::Relaxed);
            let empty = lane.spent.pop().unwrap_or_default();
            lane.batches.push_back(mem::replace(batch, empty));
        }
        drop(lanes);
        self.filled.notify_one();
        dropped
    }

    /// Takes what is known about a lane, and its next batch, for the emptied one. News are about what comes after the
    /// last batch: as long as there is one, they are not given.
    pub(super) fn take(
        &self,
        lane: usize,
        spent: &mut Option<PacketBatch>,
    ) -> (Option<PacketBatch>, Option<InterfaceNews>) {
        let mut lanes = self.lock();
        let Some(lane) = lanes.get_mut(lane) else { return (None, None) };
        if let Some(mut batch) = spent.take() {
            batch.clear();
            if lane.spent.len() < SPENT {
                lane.spent.push(batch);
            }
        }
        let batch = lane.batches.pop_front();
        if let Some(batch) = &batch {
            self.counters.waiting.fetch_sub(batch.size(), Ordering::Relaxed);
        }
        let news = lane.batches.is_empty().then(|| lane.news.clone());
        (batch, news)
    }

    /// Waits until something is put in, or for this long.
    pub(super) fn wait(&self, patience: Duration) {
        let lanes = self.lock();
        if lanes.iter().all(|lane| lane.batches.is_empty()) {
            drop(self.filled.wait_timeout(lanes, patience));
        }
    }
}
