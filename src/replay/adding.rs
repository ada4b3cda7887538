//! Adds to the index what loading tells, on a thread of its own: adding can pause while reading continues.

use super::shared::{LoadState, frames};
use crate::index::{Addition, Index};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError, RwLock};
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

/// What the thread holds.
pub(super) struct Adding {
    pub(super) index: Arc<RwLock<Index>>,
    pub(super) shared: Arc<LoadState>,
}

impl Adding {
    /// Adds until nothing more is reported, for a moment at a time: those who read the index get their turn in
    /// between.
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
        let (all, before) = (additions.len(), frames(additions.as_slice()));
        while !additions.as_slice().is_empty() && begun.elapsed() < MOMENT {
            additions.by_ref().take(STEP).for_each(|addition| index.apply(addition));
        }
        let added = (all - additions.len()) as u64;
        self.shared.gate.admit(added, before - frames(additions.as_slice()));
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
