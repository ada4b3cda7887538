//! Reads and analyzes on a thread, and has an index filled that others can look at meanwhile.

use super::adding::{Adding, BATCH, Gate};
use super::{Needle, Replay, ReplayError, Search};
use crate::analyzer::{Analyzer, Config};
use crate::capture::{Captured, Input, Progress, Source, Spool};
use crate::index::{Addition, Index};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

/// Packets between two looks at the clock.
const PACKETS: u32 = 128;

/// How long additions may wait before they are added.
const PATIENCE: Duration = Duration::from_millis(30);

/// Loading in progress, or done. When it goes, loading stops.
#[derive(Debug)]
pub struct Load {
    /// What was found so far. Lock it for reading, and for a moment only.
    pub index: Arc<RwLock<Index>>,
    shared: Arc<Shared>,
    spool: Arc<Spool>,
    config: Config,
}

/// What the threads tell.
#[derive(Debug, Default)]
pub(super) struct Shared {
    read: AtomicU64,
    total: Mutex<Option<u64>>,
    pub(super) done: AtomicBool,
    pub(super) gate: Gate,
    stop: AtomicBool,
    errors: Mutex<Vec<String>>,
}

impl Load {
    /// Begins to read `inputs`.
    pub fn start(inputs: Vec<Input>, config: Config) -> Self {
        let index = Arc::<RwLock<Index>>::default();
        let shared = Arc::<Shared>::default();
        let spool = Spool::new(inputs);
        let (out, told) = mpsc::channel();
        let adding = Adding { index: Arc::clone(&index), shared: Arc::clone(&shared) };
        let work = Work {
            out,
            shared: Arc::clone(&shared),
            waiting: Vec::new(),
            due: Instant::now() + PATIENCE,
        };
        let (source, limits) = (Arc::clone(&spool), config.clone());
        let thread = |name: &str| thread::Builder::new().name(name.to_owned());
        let started = thread("index")
            .spawn(move || adding.run(&told))
            .and_then(|_| thread("load").spawn(move || work.run(&source, limits)));
        if let Err(error) = started {
            shared.tell(format!("loading cannot begin: {error}"));
            shared.done.store(true, Ordering::Release);
        }
        Self { index, shared, spool, config }
    }

    /// How much of the inputs was read.
    pub fn progress(&self) -> Progress {
        let total = *self.shared.total.lock().unwrap_or_else(PoisonError::into_inner);
        Progress { read: self.shared.read.load(Ordering::Relaxed), total }
    }

    /// Whether everything was read, or loading was stopped.
    pub fn is_done(&self) -> bool {
        self.shared.done.load(Ordering::Acquire)
    }

    /// What went wrong so far, in sentences.
    pub fn errors(&self) -> Vec<String> {
        self.shared.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds nothing more to the index until [`Load::resume`]. Reading goes on; what is found meanwhile waits, in
    /// about twice the memory that it will take in the index.
    pub fn pause(&self) {
        self.shared.gate.close();
    }

    /// Adds what waits, and what follows.
    pub fn resume(&self) {
        self.shared.gate.open();
    }

    /// How many frames were found that are not in the index yet.
    pub fn held(&self) -> u64 {
        self.shared.gate.frames()
    }

    /// Reads no further. What was found stays.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.resume();
    }

    /// Reads payloads of what was loaded.
    pub fn replay(&self) -> Replay {
        Replay::new(Arc::clone(&self.spool), Arc::clone(&self.index), self.config.clone())
    }

    /// Looks for something in all payloads that were loaded so far.
    ///
    /// # Errors
    /// An input cannot be read again.
    pub fn search(&self, needle: Needle) -> Result<Search, ReplayError> {
        self.replay().search(needle)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    pub(super) fn tell(&self, error: String) {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

/// What the reading thread holds.
struct Work {
    out: Sender<Vec<Addition>>,
    shared: Arc<Shared>,
    waiting: Vec<Addition>,
    due: Instant,
}

impl Work {
    fn run(mut self, spool: &Arc<Spool>, config: Config) {
        let mut files = spool.first();
        let mut analyzer = Analyzer::new(config);
        let total = files.progress().total;
        *self.shared.total.lock().unwrap_or_else(PoisonError::into_inner) = total;
        // Where packets come as they happen, the next one may be hours away.
        let is_awaited = total.is_none();
        let mut packets = 0_u32;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let waiting = &mut self.waiting;
            match files.next() {
                Ok(None) => break,
                Ok(Some(Captured::Packet(packet))) => {
                    analyzer.push(&packet, &mut |output| waiting.push(Addition::of(output)));
                }
                Ok(Some(Captured::Clock(now))) => {
                    analyzer.advance_to(now, &mut |output| waiting.push(Addition::of(output)));
                }
                Ok(Some(Captured::Drops(drops))) => {
                    let interface = drops.interface.as_deref();
                    analyzer.drops(interface, drops.dropped, drops.stamp, &mut |output| {
                        waiting.push(Addition::of(output));
                    });
                }
                Err(error) => self.shared.tell(error.to_string()),
            }
            packets = packets.wrapping_add(1);
            if packets.is_multiple_of(PACKETS) || is_awaited {
                self.shared.read.store(files.progress().read, Ordering::Relaxed);
                self.add_if_due(is_awaited);
            }
        }
        let waiting = &mut self.waiting;
        analyzer.finish(&mut |output| waiting.push(Addition::of(output)));
        self.shared.read.store(files.progress().read, Ordering::Relaxed);
        self.add();
    }

    fn add_if_due(&mut self, is_awaited: bool) {
        if self.waiting.is_empty() {
            return;
        }
        if is_awaited || self.waiting.len() >= BATCH {
            self.add();
        } else {
            let now = Instant::now();
            if now >= self.due {
                self.add();
                self.due = now + PATIENCE;
            }
        }
    }

    /// Hands on what waits.
    fn add(&mut self) {
        self.shared.gate.expect(&self.waiting);
        if self.out.send(std::mem::take(&mut self.waiting)).is_err() {
            // The adding thread ended, and told why.
            self.shared.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shared.tell("loading ended unexpectedly: what follows is missing".to_owned());
        }
    }
}
