//! Reads and analyzes on a thread, and has an index filled that others can look at meanwhile.

use super::adding::{Adding, BATCH};
use super::inputs::Inputs;
use super::shared::{LatestSecrets, LoadState, Overflow};
use super::{Needle, Replay, ReplayError, Search};
use crate::analyzer::{Analyzer, Config, Output};
use crate::capture::{Input, LastInput, Progress, Source};
use crate::index::{Addition, Index};
use crate::model::Timestamp;
use crate::pipeline::{Fed, Overlaps, Whole, feed};
use crate::tls::Secret;
use std::fs::File;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
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
    shared: Arc<LoadState>,
    inputs: Arc<Inputs>,
    config: Config,
    secrets: LatestSecrets,
    /// The reading thread, until somebody waits for it.
    reading: Mutex<Option<JoinHandle<()>>>,
}

/// Takes what the analyzer tells, beside the index.
pub type Tee = Box<dyn FnMut(&Output<'_>) + Send>;

impl Load {
    /// Begins to read `inputs`.
    pub fn start(inputs: Vec<Input>, config: Config) -> Self {
        Self::start_by_way_of(inputs, LastInput::Complete, config, |source| source)
    }

    /// Begins to read `inputs`, by way of what `wrap` makes of them. Packets that several of them hold count once.
    pub fn start_by_way_of(
        inputs: Vec<Input>,
        last: LastInput,
        config: Config,
        wrap: impl FnOnce(Box<dyn Source + Send>) -> Box<dyn Source + Send>,
    ) -> Self {
        let inputs = Inputs::stored(inputs, config.limits.clone());
        let (mut files, shared) = (inputs.files(), Arc::<LoadState>::default());
        if last == LastInput::Growing {
            files.follow(Arc::clone(&shared.stop));
        }
        let source = wrap(inputs.first(files));
        Self::of(source, inputs, config, shared, (Pace::Stored, Box::new(|_| {})))
    }

    /// Begins to take what `source` captures live, of which `copy` holds everything that it has given so far: payloads are
    /// read again from there. Messages call it `name`.
    pub fn live(source: Box<dyn Source + Send>, name: &str, copy: File, config: Config, beside: Tee) -> Self {
        let inputs = Inputs::copied(name, copy, config.limits.clone());
        Self::of(source, inputs, config, Arc::default(), (Pace::Live, beside))
    }

    fn of(
        source: Box<dyn Source + Send>,
        inputs: Inputs,
        config: Config,
        shared: Arc<LoadState>,
        (pace, beside): (Pace, Tee),
    ) -> Self {
        let index = Arc::<RwLock<Index>>::default();
        let secrets = LatestSecrets::new(RwLock::new(Arc::clone(&config.secrets)));
        let (out, told) = mpsc::channel();
        let adding = Adding { index: Arc::clone(&index), shared: Arc::clone(&shared) };
        let work = Loader {
            out,
            shared: Arc::clone(&shared),
            due: Instant::now() + PATIENCE,
            pace,
            noted: Noted { waiting: Vec::new(), secrets: Vec::new(), beside, room: config.limits.index_rows },
            secrets: Arc::clone(&secrets),
            has_more_secrets: false,
            most: config.limits.paused_rows,
        };
        let analyzer = Analyzer::new(config.clone());
        let thread = |name: &str| thread::Builder::new().name(name.to_owned());
        let started = thread("index")
            .spawn(move || adding.run(&told))
            .and_then(|_| thread("load").spawn(move || work.run(source, analyzer)));
        let reading = started.map_err(|error| {
            shared.tell(format!("loading cannot begin: {error}"));
            shared.done.store(true, Ordering::Release);
        });
        Self { index, shared, inputs: Arc::new(inputs), config, secrets, reading: Mutex::new(reading.ok()) }
    }

    /// How much of the inputs was read.
    pub fn progress(&self) -> Progress {
        let total = *self.shared.total.lock().unwrap_or_else(PoisonError::into_inner);
        Progress { read: self.shared.read.load(Ordering::Relaxed), total, ..Progress::default() }
    }

    /// Whether everything was read, or loading was stopped.
    pub fn is_done(&self) -> bool {
        self.shared.done.load(Ordering::Acquire)
    }

    /// What the inputs have in common, as far as they were read.
    pub fn overlaps(&self) -> Overlaps {
        self.inputs.overlaps().clone()
    }

    /// What went wrong so far, in sentences.
    pub fn errors(&self) -> Vec<String> {
        self.shared.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is worth knowing so far although nothing went wrong, in sentences.
    pub fn notes(&self) -> Vec<String> {
        self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds nothing more to the index until [`Load::resume`]. Reading continues; what is found meanwhile waits, in
    /// about twice the memory that it will take in the index, up to
    /// [`Limits::paused_rows`](crate::model::Limits::paused_rows): then files are not read further, and a pause of what comes
    /// as it happens ends.
    pub fn pause(&self) {
        self.shared.gate.close();
    }

    /// Adds what waits, and what follows.
    pub fn resume(&self) {
        self.shared.gate.open();
    }

    /// Whether a pause has ended by itself since the last time this was asked.
    pub fn has_resumed(&self) -> bool {
        self.shared.gate.has_overflowed()
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

    /// Stops reading, and waits until everything that was read has been reported and the source is closed.
    pub fn finish(&self) {
        self.stop();
        let reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Where the thread panicked, it told so.
        drop(reading.map(JoinHandle::join));
    }

    /// Reads payloads of what was loaded.
    pub fn replay(&self) -> Replay {
        Replay::new(
            Arc::clone(&self.inputs),
            Arc::clone(&self.index),
            self.config.clone(),
            Arc::clone(&self.secrets),
        )
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

/// How packets come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// From files, as fast as they can be read.
    Stored,
    /// As they happen, from a pipe: the next one may be hours away.
    Awaited,
    /// As they happen, from a source that tells the time while none come.
    Live,
}

/// What the reading thread holds.
struct Loader {
    out: Sender<Vec<Addition>>,
    shared: Arc<LoadState>,
    due: Instant,
    pace: Pace,
    noted: Noted,
    secrets: LatestSecrets,
    /// Secrets came that those who read again do not know yet.
    has_more_secrets: bool,
    /// Additions that may wait in a pause.
    most: u64,
}

/// What was reported and is not handed on yet.
struct Noted {
    waiting: Vec<Addition>,
    /// Secrets to be saved with the packets that they open.
    secrets: Vec<(Timestamp, Secret)>,
    beside: Tee,
    /// Rows that the index may still get.
    room: u64,
}

impl Noted {
    fn take(&mut self, output: &Output<'_>) {
        (self.beside)(output);
        if let Output::Secrets(place, lines) = output {
            self.secrets.push((place.opened.time, (*lines).clone()));
        }
        let is_row = matches!(output, Output::Upgrade(..) | Output::Frame(..) | Output::Finding(_));
        if self.room > 0 || matches!(output, Output::Session(_) | Output::Summary(_)) {
            self.room -= u64::from(is_row);
            self.waiting.extend(Addition::of(output));
        }
    }
}

impl Loader {
    fn run(mut self, mut source: Box<dyn Source + Send>, mut analyzer: Analyzer) {
        let total = source.progress().total;
        *self.shared.total.lock().unwrap_or_else(PoisonError::into_inner) = total;
        if self.pace == Pace::Stored && total.is_none() {
            self.pace = Pace::Awaited;
        }
        let mut packets = 0_u32;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let noted = &mut self.noted;
            let had_room = noted.room > 0;
            let mut is_tick = false;
            let mut out = |output: &Output<'_>| noted.take(output);
            match feed(&mut *source, &mut Whole { analyzer: &mut analyzer, out: &mut out }) {
                Fed::End => break,
                Fed::Clock(now) => {
                    is_tick = true;
                    match self.pace {
                        Pace::Live => analyzer.tick(now, &mut out),
                        Pace::Stored | Pace::Awaited => {}
                    }
                }
                Fed::Packet(_) | Fed::Drops | Fed::Pause => {}
                Fed::Secrets => self.has_more_secrets = true,
                Fed::Failed(error) if error.is_note() => self.shared.note(error.to_string()),
                Fed::Failed(error) => self.shared.tell(error.to_string()),
            }
            for (opened, lines) in noted.secrets.drain(..) {
                source.keep_secrets(lines.bytes(), opened);
            }
            if had_room && noted.room == 0 {
                self.shared.tell(
                    "there are more rows than the limit index-rows: the rest is counted but not shown"
                        .to_owned(),
                );
            }
            packets = packets.wrapping_add(1);
            let is_due = is_tick || self.pace == Pace::Awaited;
            if packets.is_multiple_of(PACKETS) || is_due {
                self.shared.read.store(source.progress().read, Ordering::Relaxed);
                if !self.noted.waiting.is_empty() {
                    self.pass_on_secrets(&analyzer);
                }
                self.add_if_due(is_due);
            }
        }
        self.pass_on_secrets(&analyzer);
        let noted = &mut self.noted;
        analyzer.finish(&mut |output| noted.take(output));
        self.shared.read.store(source.progress().read, Ordering::Relaxed);
        self.add();
    }

    /// What is told may be read again at once, with the secrets that opened it.
    fn pass_on_secrets(&mut self, analyzer: &Analyzer) {
        if std::mem::take(&mut self.has_more_secrets) {
            let secrets = Arc::clone(analyzer.secrets_so_far());
            *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets;
        }
    }

    fn add_if_due(&mut self, is_due: bool) {
        if self.noted.waiting.is_empty() {
            return;
        }
        if is_due || self.noted.waiting.len() >= BATCH {
            self.add();
        } else if self.pace == Pace::Stored {
            let now = Instant::now();
            if now >= self.due {
                self.add();
                self.due = now + PATIENCE;
            }
        }
    }

    /// Hands on what waits.
    fn add(&mut self) {
        let waiting = std::mem::take(&mut self.noted.waiting);
        let overflow = match self.pace {
            Pace::Stored => Overflow::Waits,
            Pace::Awaited | Pace::Live => Overflow::Opens,
        };
        self.shared.gate.expect(&waiting, self.most, overflow);
        if self.out.send(waiting).is_err() {
            // The adding thread ended, and told why.
            self.shared.stop.store(true, Ordering::Relaxed);
        }
        if self.pace == Pace::Stored {
            self.shared.wait_for_room();
        }
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shared.tell("loading ended unexpectedly: what follows is missing".to_owned());
        }
    }
}
