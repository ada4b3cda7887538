//! What the threads of loading share: how far it is, what went wrong, and where additions wait.

use crate::index::Addition;
use crate::tls::Secrets;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

/// All TLS secrets that came up to now.
pub(super) type LatestSecrets = Arc<RwLock<Arc<Secrets>>>;

/// What the threads tell.
#[derive(Debug, Default)]
pub(super) struct LoadState {
    pub(super) read: AtomicU64,
    pub(super) total: Mutex<Option<u64>>,
    pub(super) done: AtomicBool,
    pub(super) gate: Gate,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) errors: Mutex<Vec<String>>,
    /// What is worth knowing although nothing went wrong.
    pub(super) notes: Mutex<Vec<String>>,
}

impl LoadState {
    pub(super) fn tell(&self, error: String) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    pub(super) fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }

    /// Waits while more is read than can be added: what waits takes more memory than what was added.
    pub(super) fn wait_for_room(&self) {
        let is_over = || self.stop.load(Ordering::Relaxed) || self.done.load(Ordering::Relaxed);
        while self.gate.is_behind() && !is_over() {
            thread::sleep(TURN);
        }
    }
}

/// Where additions wait while nothing may be added.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_closed: Mutex<bool>,
    opened: Condvar,
    /// Frames that were reported and are not added yet.
    frames: AtomicU64,
    /// The same of all additions.
    waiting: AtomicU64,
    /// It was opened because as many waited as may.
    has_overflowed: AtomicBool,
}

/// Additions that may wait while the gate is open: what is read in the time that others look at the index for.
const BACKLOG: u64 = 1 << 16;

/// How long a reader waits before it looks whether there is room again.
const TURN: Duration = Duration::from_millis(1);

/// What happens where as many additions wait at the gate as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// Whoever reports more waits until it is open.
    Waits,
    /// It opens.
    Opens,
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

    /// Whether it was opened since the last time this was asked, because as many additions waited as may.
    pub(super) fn has_overflowed(&self) -> bool {
        self.has_overflowed.swap(false, Ordering::Relaxed)
    }

    /// Whether much waits although the gate is open.
    fn is_behind(&self) -> bool {
        let is_open = || !*self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.load(Ordering::Relaxed) > BACKLOG && is_open()
    }

    /// So many additions, so many frames among them, were added.
    pub(super) fn admit(&self, additions: u64, frames: u64) {
        self.frames.fetch_sub(frames, Ordering::Relaxed);
        self.waiting.fetch_sub(additions, Ordering::Relaxed);
    }

    /// Additions are on their way. While it is closed, no more than `most` wait.
    pub(super) fn expect(&self, additions: &[Addition], most: u64, overflow: Overflow) {
        self.frames.fetch_add(frames(additions), Ordering::Relaxed);
        let before = self.waiting.fetch_add(additions.len() as u64, Ordering::Relaxed);
        if before < most {
            return;
        }
        match overflow {
            Overflow::Waits => drop(self.pass()),
            Overflow::Opens => {
                let mut is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
                if std::mem::take(&mut *is_closed) {
                    self.has_overflowed.store(true, Ordering::Relaxed);
                    self.opened.notify_all();
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzer::{Output, Summary};
    use crate::index::Addition;

    fn additions() -> Vec<Addition> {
        vec![Addition::of(&Output::Summary(&Summary::default())).unwrap()]
    }

    #[test]
    fn a_pause_of_what_comes_as_it_happens_ends_where_as_many_rows_wait_as_may() {
        let gate = Gate::default();
        gate.close();
        gate.expect(&additions(), 1, Overflow::Opens);
        assert!(!gate.has_overflowed());
        gate.expect(&additions(), 1, Overflow::Opens);
        assert!(gate.has_overflowed() && !gate.has_overflowed());
        // It is open: this does not wait.
        assert!(!*gate.pass());
        gate.admit(2, 0);
        gate.close();
        gate.expect(&additions(), 1, Overflow::Opens);
        assert!(!gate.has_overflowed(), "what was added waits no more");
    }

    #[test]
    fn files_are_not_read_on_until_the_gate_opens() {
        let gate = Gate::default();
        gate.close();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                gate.expect(&additions(), 0, Overflow::Waits);
            });
            gate.open();
            reader.join().unwrap();
        });
        assert!(!gate.has_overflowed());
    }
}
