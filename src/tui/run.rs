//! The loop: what happens goes to the model, what the model wants is done, and the screen is drawn.

use super::columns::Columns;
use super::completion::completed;
use super::config::UserConfig;
use super::draw::draw;
use super::happening::{Effect, Happening};
use super::model::{Loading, Model};
use super::opened::{CaptureOpener, Opened, Remarks, Wanted};
use super::request::ReplayRequest;
use super::terminal::{self, Screen};
use super::text::shown;
use super::update::update;
use super::wake::{self, Wake};
use super::worker::Worker;
use crate::capture::{LastInput, SavedSecrets};
use crate::findings::Severity;
use crate::index::Index;
use crate::replay::Load;
use crate::report::{InputNames, captured_twice};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

/// How often the screen follows what is loaded.
const TICK: Duration = Duration::from_millis(100);

/// How long the loop leaves the index to the loading thread, between two steps of its own work.
const BREAK: Duration = Duration::from_millis(1);

/// How often it looks around when nothing happens.
const REST: Duration = Duration::from_secs(1);

/// What to show, and how.
pub struct Options<'a> {
    /// What is shown first.
    pub opened: Opened,
    /// Opens other captures; what is captured live stays open.
    pub opening: Option<CaptureOpener<'a>>,
    /// How the captures end.
    pub last: LastInput,
    /// How many packets were dropped so far, where packets come as they happen.
    pub dropped: Option<Box<dyn Fn() -> u64>>,
    /// What of the TLS secrets is saved with packets.
    pub secrets: SavedSecrets,
    /// Packets come as they happen, and nobody saves them.
    pub is_unsaved: bool,
    /// What the lists show at first: words or an expression; empty for everything.
    pub filter: String,
    /// How it looks, and what its keys do.
    pub user_config: UserConfig,
}

/// How it ended.
#[derive(Debug, Default)]
pub struct Exit {
    /// What could not be read, in sentences.
    pub errors: Vec<String>,
    /// The worst finding so far.
    pub worst: Option<Severity>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The columns, where the user changed them.
    pub columns: Option<Columns>,
}

/// Shows the captures until the user has seen enough.
///
/// # Errors
/// The terminal cannot be set up or written.
pub fn run(options: Options<'_>) -> io::Result<Exit> {
    let Opened { load, name, inputs, key_log, remarks } = options.opened;
    let screen = Screen::new()?;
    let size = screen.terminal.size()?;
    let before = options.user_config.columns.clone();
    let model = Model::new(options.user_config, (size.width, size.height), shown(name.as_bytes()))
        .unsaved(options.is_unsaved)
        .filtered(options.filter)
        .with_key_log(key_log);
    let (wake, woken) = mpsc::channel();
    let source = ShownCapture::start((load, remarks), inputs, options.secrets, (0, &wake))?;
    wake::listen(wake.clone())?;
    wake::signals(wake.clone())?;
    let Options { opening, last, dropped, secrets, .. } = options;
    let mut shown = Showing { source, opened: 0, opening, last, dropped, secrets, wake, screen, model };
    let ending = shown.run(&woken);
    // The terminal is given back.
    let Showing { source, dropped, model, screen, .. } = shown;
    drop(screen);
    let load = &source.load;
    let columns = Some(model.columns().clone()).filter(|columns| *columns != before);
    if dropped.is_some() {
        // What is saved has its end, and the figures are whole.
        load.finish();
    }
    let index = look(load);
    let found = index.findings().iter().map(|finding| Some(finding.severity));
    // Some of the findings of a session may only be counted.
    let worst = found.chain(index.sessions().iter().map(|row| row.worst)).max().flatten();
    drop(index);
    let signal = match ending? {
        ExitCause::Signal(signal) => Some(signal),
        ExitCause::Wanted => None,
    };
    Ok(Exit { errors: load.errors(), worst, signal, columns })
}

/// What is shown, with the thread that reads payloads of it.
struct ShownCapture {
    load: Arc<Load>,
    remarks: Remarks,
    begun: Instant,
    ask: Sender<ReplayRequest>,
    look_up: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl ShownCapture {
    /// Begins to answer requests about what is loaded; the answers have the number under which it was opened.
    fn start(
        (load, remarks): (Load, Remarks),
        inputs: InputNames,
        secrets: SavedSecrets,
        (number, wake): (usize, &Sender<Wake>),
    ) -> io::Result<Self> {
        let (load, wake) = (Arc::new(load), wake.clone());
        let (ask, asked) = mpsc::channel();
        let worker = Worker::new(Arc::clone(&load), inputs, secrets, move |reply| {
            // Where the loop has ended nobody waits for it.
            let _ = wake.send(Wake::Reply(number, reply));
        });
        let (stop, look_up) = (worker.stop_flag(), worker.look_flag());
        thread::Builder::new().name("replay".to_owned()).spawn(move || worker.run(&asked))?;
        Ok(Self { load, remarks, begun: Instant::now(), ask, look_up, stop })
    }
}

impl Drop for ShownCapture {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.load.stop();
    }
}

fn look(load: &Load) -> RwLockReadGuard<'_, Index> {
    load.index.read().unwrap_or_else(PoisonError::into_inner)
}

/// Why the loop ends.
enum ExitCause {
    Wanted,
    Signal(i32),
}

/// All that the loop holds.
struct Showing<'a> {
    source: ShownCapture,
    /// How many captures were opened before this one.
    opened: usize,
    opening: Option<CaptureOpener<'a>>,
    last: LastInput,
    dropped: Option<Box<dyn Fn() -> u64>>,
    secrets: SavedSecrets,
    wake: Sender<Wake>,
    screen: Screen,
    model: Model,
}

impl Showing<'_> {
    fn run(&mut self, woken: &Receiver<Wake>) -> io::Result<ExitCause> {
        loop {
            let dropped = self.dropped.as_ref().map(|dropped| dropped());
            let loading = Loading { last: self.last, ..loading(&self.source, &self.model.loading, dropped) };
            if let Some(ending) = self.take(Wake::Happening(Happening::Loaded(loading)))? {
                return Ok(ending);
            }
            if terminal::is_broken() {
                return Err(io::Error::other("a thread ended unexpectedly"));
            }
            let index = look(&self.source.load);
            self.screen.terminal.draw(|frame| draw(&self.model, &index, frame))?;
            drop(index);
            let patience = match (self.model.is_busy, self.model.loading.is_over) {
                // The thread that adds to the index waits while the loop reads it: without a break it would hardly ever
                // get its turn.
                (true, false) => BREAK,
                (true, true) => Duration::ZERO,
                (false, true) => REST,
                (false, false) => TICK,
            };
            let first = match woken.recv_timeout(patience) {
                Ok(wake) => wake,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(ExitCause::Wanted),
            };
            // Everything that waits is taken in before the screen is drawn once.
            for wake in std::iter::once(first).chain(woken.try_iter()) {
                if let Some(ending) = self.take(wake)? {
                    return Ok(ending);
                }
            }
        }
    }

    fn take(&mut self, wake: Wake) -> io::Result<Option<ExitCause>> {
        let happening = match wake {
            Wake::Happening(happening) => happening,
            // What was asked about another capture is of no use any more.
            Wake::Reply(number, _) if number != self.opened => return Ok(None),
            Wake::Reply(_, reply) => Happening::Reply(reply),
            Wake::Gone => return Ok(Some(ExitCause::Wanted)),
            Wake::Stop => return self.suspend().map(|()| None),
            Wake::Signal(signal) => return Ok(Some(ExitCause::Signal(signal))),
        };
        let effects = update(&mut self.model, &look(&self.source.load), happening);
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Some(ExitCause::Wanted)),
                Effect::Suspend => self.suspend()?,
                Effect::Pause => self.source.load.pause(),
                Effect::Resume => self.source.load.resume(),
                Effect::Copy(text) => terminal::copy(&text)?,
                // The worker ends only by a panic, which ends the loop as well.
                Effect::Ask(request) => {
                    drop(self.source.ask.send(request));
                    self.source.look_up.store(true, Ordering::Relaxed);
                }
                Effect::Open(wanted) => {
                    let happening = self.open(wanted);
                    self.take(Wake::Happening(happening))?;
                }
                Effect::Complete(path) => {
                    self.take(Wake::Happening(Happening::Completed(completed(&path))))?;
                }
            }
        }
        Ok(None)
    }

    /// Shows another capture, if it can be opened.
    fn open(&mut self, wanted: Wanted) -> Happening {
        let Some(opening) = &mut self.opening else {
            return Happening::NotOpened("a live capture stays open; Q ends it".to_owned());
        };
        let opened = opening(wanted).and_then(|opened| {
            let Opened { load, name, inputs, key_log, remarks } = opened;
            let number = (self.opened + 1, &self.wake);
            let source = ShownCapture::start((load, remarks), inputs, self.secrets, number);
            Ok((source.map_err(|error| error.to_string())?, name, key_log))
        });
        match opened {
            Ok((source, name, key_log)) => {
                self.source = source;
                self.opened += 1;
                Happening::Opened(shown(name.as_bytes()), key_log)
            }
            Err(reason) => Happening::NotOpened(shown(reason.as_bytes())),
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.screen.leave(wake::stop)?;
        let size = self.screen.terminal.size()?;
        let resized = Happening::Resize(size.width, size.height);
        self.take(Wake::Happening(resized)).map(drop)
    }
}

/// How far loading has come since `before`.
fn loading(source: &ShownCapture, before: &Loading, dropped: Option<u64>) -> Loading {
    let load = &source.load;
    // Asked first: what is reported after the end would be missed the other way around.
    let is_over = load.is_done();
    let progress = load.progress();
    let done = progress.thousandths();
    let elapsed = source.begun.elapsed();
    let remaining = done
        .filter(|done| *done >= 20 && elapsed > Duration::from_millis(500))
        .map(|done| elapsed.mul_f64(f64::from(1000 - done.min(1000)) / f64::from(done)));
    let remarks = if before.is_over {
        before.remarks.clone()
    } else {
        let mut at_the_end = if is_over { (source.remarks)() } else { Vec::new() };
        at_the_end.extend(look(load).summary().filter(|_| is_over).and_then(captured_twice));
        load.notes().iter().chain(&at_the_end).map(|remark| shown(remark.as_bytes())).collect()
    };
    let errors = load.errors().iter().map(|error| shown(error.as_bytes())).collect();
    Loading {
        is_over,
        done,
        read: progress.read,
        remaining,
        held: load.held(),
        has_resumed: load.has_resumed(),
        errors,
        remarks,
        dropped,
        last: LastInput::Complete,
    }
}
