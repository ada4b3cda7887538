//! What the threads of loading share: how far it is, what went wrong, and where additions wait.

use crate::index::Addition;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What the threads tell.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) read: AtomicU64,
    pub(super) total: Mutex<Option<u64>>,
    pub(super) done: AtomicBool,
    pub(super) gate: Gate,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) errors: Mutex<Vec<String>>,
}

impl Shared {
    pub(super) fn tell(&self, error: String) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

/// Where additions wait while nothing may be added.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
    /// Frames that were reported and are not added yet.
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

    /// This many frames were added.
    pub(super) fn admit(&self, frames: u64) {
        self.frames.fetch_sub(frames, Ordering::Relaxed);
    }

    /// Additions are on their way.
    pub(super) fn expect(&self, additions: &[Addition]) {
        self.frames.fetch_add(frames(additions), Ordering::Relaxed);
    }

    /// Waits until it is open, and keeps it open as long as what this returns.
    pub(super) fn pass(&self) -> MutexGuard<'_, bool> {
        let mut is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_closed {
            is_closed = self.opened.wait(is_closed).unwrap_or_else(PoisonError::into_inner);
        }
        is_closed
    }
}

/// How many of them are frames.
pub(super) fn frames(additions: &[Addition]) -> u64 {
    additions.iter().filter(|addition| matches!(addition, Addition::Frame(..))).count() as u64
}
