//! Spans that wait to be pushed: so many at most, as nobody may wait for a collector.

use super::session_span::SessionSpan;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many spans may wait, and how many are pushed at once, as in the SDK of OpenTelemetry (`OTEL_BSP_*`).
pub(super) const ROOM: usize = 2048;
pub(super) const BATCH: usize = 512;

/// The queue between whoever gathers spans and the thread that pushes them.
#[derive(Debug, Default)]
pub(super) struct SpanQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    waiting: VecDeque<SessionSpan>,
    is_over: bool,
}

impl SpanQueue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a span wait. Returns whether there was room for it.
    pub(super) fn push(&self, span: SessionSpan) -> bool {
        let mut state = self.state();
        let has_room = state.waiting.len() < ROOM;
        if has_room {
            state.waiting.push_back(span);
            if state.waiting.len() == BATCH {
                self.changed.notify_all();
            }
        }
        has_room
    }

    /// No span follows.
    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.changed.notify_all();
    }

    /// Waits until `until`, or until no span follows; also, with `for_batch`, until a whole batch waits. Returns whether no
    /// span follows.
    pub(super) fn wait(&self, until: Instant, for_batch: bool) -> bool {
        let mut state = self.state();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.is_over || left.is_zero() || (for_batch && state.waiting.len() >= BATCH) {
                return state.is_over;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes out the next batch.
    pub(super) fn take(&self) -> Vec<SessionSpan> {
        let mut state = self.state();
        let count = state.waiting.len().min(BATCH);
        state.waiting.drain(..count).collect()
    }
}
