//! The loop: what happens goes to the model, what the model wants is done, and the screen is drawn.

use super::columns::Columns;
use super::config::Settings;
use super::draw::draw;
use super::happening::{Effect, Happening};
use super::model::{Loading, Model};
use super::request::Request;
use super::terminal::{self, Screen};
use super::text::shown;
use super::update::update;
use super::wake::{self, Wake};
use super::worker::Worker;
use crate::capture::SavedSecrets;
use crate::findings::Severity;
use crate::index::Index;
use crate::replay::Load;
use crate::report::Inputs;
use std::io;
use std::path::PathBuf;
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
pub struct Options {
    /// What is being loaded.
    pub load: Load,
    /// What to call it, not escaped.
    pub name: String,
    /// The inputs, of which JSON names the one that a packet is in.
    pub inputs: Inputs,
    /// How many packets were dropped so far, where packets come as they happen.
    pub dropped: Option<Box<dyn Fn() -> u64>>,
    /// What of the TLS secrets is saved with packets.
    pub secrets: SavedSecrets,
    /// The key log that opens TLS, for commands of other programs.
    pub key_log: Option<PathBuf>,
    /// Packets come as they happen, and nobody saves them.
    pub is_unsaved: bool,
    /// How it looks, and what its keys do.
    pub settings: Settings,
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
pub fn run(options: Options) -> io::Result<Exit> {
    let load = Arc::new(options.load);
    let screen = Screen::new()?;
    let size = screen.terminal.size()?;
    let before = options.settings.columns.clone();
    let model = Model::new(options.settings, (size.width, size.height), shown(options.name.as_bytes()))
        .unsaved(options.is_unsaved)
        .with_key_log(options.key_log);
    let (wake, woken) = mpsc::channel();
    let (ask, asked) = mpsc::channel();
    let replies = wake.clone();
    let worker = Worker::new(Arc::clone(&load), options.inputs, options.secrets, move |reply| {
        // Where the loop has ended nobody waits for it.
        let _ = replies.send(Wake::Happening(Happening::Reply(reply)));
    });
    let (stop, look_up) = (worker.stop_flag(), worker.look_flag());
    thread::Builder::new().name("replay".to_owned()).spawn(move || worker.run(&asked))?;
    wake::listen(wake.clone())?;
    wake::signals(wake)?;
    let (begun, dropped) = (Instant::now(), options.dropped);
    let mut shown = Shown { load: Arc::clone(&load), begun, dropped, screen, model, ask, look_up };
    let ending = shown.run(&woken);
    stop.store(true, Ordering::Relaxed);
    let is_live = shown.dropped.is_some();
    let columns = Some(shown.model.columns().clone()).filter(|columns| *columns != before);
    drop(shown);
    if is_live {
        // What is saved has its end, and the figures are whole.
        load.finish();
    }
    let index = look(&load);
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

fn look(load: &Load) -> RwLockReadGuard<'_, Index> {
    load.index.read().unwrap_or_else(PoisonError::into_inner)
}

/// Why the loop ends.
enum ExitCause {
    Wanted,
    Signal(i32),
}

/// All that the loop holds.
struct Shown {
    load: Arc<Load>,
    begun: Instant,
    dropped: Option<Box<dyn Fn() -> u64>>,
    screen: Screen,
    model: Model,
    ask: Sender<Request>,
    look_up: Arc<AtomicBool>,
}

impl Shown {
    fn run(&mut self, woken: &Receiver<Wake>) -> io::Result<ExitCause> {
        loop {
            let dropped = self.dropped.as_ref().map(|dropped| dropped());
            let loading = loading(&self.load, self.begun, dropped);
            if let Some(ending) = self.take(Wake::Happening(Happening::Loaded(loading)))? {
                return Ok(ending);
            }
            if terminal::is_broken() {
                return Err(io::Error::other("a thread ended unexpectedly"));
            }
            let index = look(&self.load);
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
            Wake::Gone => return Ok(Some(ExitCause::Wanted)),
            Wake::Stop => return self.suspend().map(|()| None),
            Wake::Signal(signal) => return Ok(Some(ExitCause::Signal(signal))),
        };
        let effects = update(&mut self.model, &look(&self.load), happening);
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Some(ExitCause::Wanted)),
                Effect::Suspend => self.suspend()?,
                Effect::Pause => self.load.pause(),
                Effect::Resume => self.load.resume(),
                Effect::Copy(text) => terminal::copy(&text)?,
                // The worker ends only by a panic, which ends the loop as well.
                Effect::Ask(request) => {
                    drop(self.ask.send(request));
                    self.look_up.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok(None)
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.screen.leave(wake::stop)?;
        let size = self.screen.terminal.size()?;
        let resized = Happening::Resize(size.width, size.height);
        self.take(Wake::Happening(resized)).map(drop)
    }
}

fn loading(load: &Load, begun: Instant, dropped: Option<u64>) -> Loading {
    // Asked first: what is reported after the end would be missed the other way around.
    let is_over = load.is_done();
    let progress = load.progress();
    let done = progress.thousandths();
    let elapsed = begun.elapsed();
    let remaining = done
        .filter(|done| *done >= 20 && elapsed > Duration::from_millis(500))
        .map(|done| elapsed.mul_f64(f64::from(1000 - done.min(1000)) / f64::from(done)));
    let errors = load.errors().iter().map(|error| shown(error.as_bytes())).collect();
    Loading { is_over, done, read: progress.read, remaining, held: load.held(), errors, dropped }
}
