//! Adds to the index what loading tells, on a thread of its own: adding can pause while reading goes on.

use super::load::Shared;
use crate::index::{Addition, Index};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};
use std::vec::IntoIter;

/// Additions that are handed on at once.
pub(super) const BATCH: usize = 8192;

/// How long additions are added at once: what readers wait at most.
const MOMENT: Duration = Duration::from_millis(2);

/// Additions between two looks at the clock: frames take a tenth of a microsecond each, sessions some microseconds.
const STEP: usize = 64;

/// How long readers get their turn. A lock goes to who asks first, and those who wait have to be woken up before they
/// can ask: without this it would hardly ever be theirs.
const TURN: Duration = Duration::from_micros(50);

/// Where additions wait while nothing may be added.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
    /// Frames that were told and are not added yet.
    frames: AtomicU64,
}

impl Gate {
    /// What is being added is added first, which takes a moment.
    pub(super) fn close(&self) {
        *self.is_closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(super) fn open(&self) {
        *self.is_closed.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.opened.notify_all();
    }

    /// How many frames wait.
    pub(super) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Additions are on their way.
    pub(super) fn expect(&self, additions: &[Addition]) {
        self.frames.fetch_add(frames(additions), Ordering::Relaxed);
    }

    /// Waits until it is open, and keeps it open as long as what this returns.
    fn pass(&self) -> MutexGuard<'_, bool> {
        let mut is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_closed {
            is_closed = self.opened.wait(is_closed).unwrap_or_else(PoisonError::into_inner);
        }
        is_closed
    }
}

fn frames(additions: &[Addition]) -> u64 {
    additions.iter().filter(|addition| matches!(addition, Addition::Frame(..))).count() as u64
}

/// What the thread holds.
pub(super) struct Adding {
    pub(super) index: Arc<RwLock<Index>>,
    pub(super) shared: Arc<Shared>,
}

impl Adding {
    /// Adds until nothing more is told, for a moment at a time: those who read the index get their turn in between.
    pub(super) fn run(self, told: &Receiver<Vec<Addition>>) {
        for additions in told {
            let mut additions = additions.into_iter();
            while !additions.as_slice().is_empty() {
                self.add(&mut additions);
                thread::sleep(TURN);
            }
        }
    }

    fn add(&self, additions: &mut IntoIter<Addition>) {
        let _passing = self.shared.gate.pass();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let begun = Instant::now();
        let before = frames(additions.as_slice());
        while !additions.as_slice().is_empty() && begun.elapsed() < MOMENT {
            additions.by_ref().take(STEP).for_each(|addition| index.apply(addition));
        }
        let added = before - frames(additions.as_slice());
        self.shared.gate.frames.fetch_sub(added, Ordering::Relaxed);
    }
}

/// However the thread ends, nobody waits for it any longer.
impl Drop for Adding {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shared.tell("loading ended unexpectedly: what follows is missing".to_owned());
        }
        self.shared.done.store(true, Ordering::Release);
    }
}
