//! Prepares a live capture: opens what needs privileges, gives them up, and begins.

use super::args::Analyze;
use super::destination::{OtherFiles, WriteOption};
use super::keys::{KeySources, key_logs};
use super::status::complain;
use super::watching::{self, PreparedWatching, Watching};
use crate::capture::{CaptureError, Progress, Source};
use crate::live::confine::{Confinement, confine};
use crate::live::{
    self, Counters, Live, LiveError, OpenInterfaces, Options, Rotation, Save, Stopper, privileges,
};
use crate::model::{Captured, Limits, Timestamp};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The least time between two reports of dropped packets.
const PAUSE: Duration = Duration::from_secs(1);

/// What is open before root is given up.
pub(super) struct Prepared {
    opened: OpenInterfaces,
    saves: Vec<Save>,
    watching: PreparedWatching,
}

/// Where files are made once root is given up and the process is confined.
#[derive(Debug, Default)]
pub(super) struct Writable {
    /// What was asked for.
    pub(super) folders: Vec<PathBuf>,
    /// The folder of files that are read back, and gone at the end.
    pub(super) scratch: Option<PathBuf>,
}

/// Opens everything that `args` asks for, then gives root up and confines the process. `output` opens what belongs to
/// the user who is left, and says where else files are made.
///
/// # Errors
/// Something cannot be opened: the sentence is for the user.
pub(super) fn prepare<T>(
    args: &Analyze,
    keys: &KeySources,
    temporary: Option<Save>,
    output: impl FnOnce() -> Result<(T, Writable), String>,
) -> Result<(Prepared, T), String> {
    let options = &args.live;
    let opened = live::open(&wanted(args)?).map_err(|error| error.to_string())?;
    let listener = watching::listen(options)?;
    let explain = |error: LiveError| error.to_string();
    privileges::give_up_root(options.user.as_deref()).map_err(explain)?;
    let mut saves: Vec<Save> = temporary.into_iter().collect();
    let (output, Writable { folders: mut writable, scratch }) = output()?;
    if let Some(path) = &args.write {
        let others = OtherFiles { keys: &key_logs(args), ..OtherFiles::default() };
        others.keep_from(path, WriteOption::Packets)?;
        let save = Save::create(path, rotation(args), args.replace(), keys.saved(args)).map_err(explain)?;
        writable.extend(save.folder().map(Path::to_owned));
        saves.push(save);
    }
    let watching = PreparedWatching {
        listener,
        #[cfg(feature = "otlp")]
        pusher: watching::pusher(options)?,
    };
    let interfaces = opened.names().map(str::to_owned).collect();
    confine(&Confinement { writable, scratch, interfaces, ports: Vec::new() }).map_err(explain)?;
    Ok((Prepared { opened, saves, watching }, output))
}

impl Prepared {
    /// Begins to capture.
    ///
    /// # Errors
    /// A file cannot be written, or a thread not be started: the sentence is for the user.
    pub(super) fn start(self, args: &Analyze, limits: &Limits) -> Result<(Live, Watching), String> {
        let live =
            Live::start(self.opened, self.saves, limits, args.count).map_err(|error| error.to_string())?;
        let watching = self.watching.begin(live.counters()).map_err(|error| error.to_string())?;
        Ok((live, watching))
    }
}

/// What to capture.
fn wanted(args: &Analyze) -> Result<Options, String> {
    let options = &args.live;
    let mut words = Vec::new();
    for word in &args.files {
        words.push(word.to_str().ok_or("the capture filter is not UTF-8")?);
    }
    let filter = match (&options.filter, words.is_empty()) {
        (Some(_), false) => {
            return Err(
                "the capture filter was given twice: with --filter and as words after the options".to_owned()
            );
        }
        (Some(filter), true) => filter.clone(),
        (None, _) => words.join(" "),
    };
    Ok(Options {
        interfaces: options.interface.clone(),
        filter,
        snaplen: options.snapshot_length,
        buffer: options.buffer_size << 10,
        promiscuous: !options.no_promiscuous_mode,
        immediate: options.immediate_mode,
    })
}

fn rotation(args: &Analyze) -> Rotation {
    let options = &args.live;
    Rotation {
        bytes: options.file_size.map(|size| size.saturating_mul(1_000_000)),
        time: options.rotate,
        files: options.files_kept,
    }
}

/// Says on standard error what is captured. From that line on, packets are captured.
pub(super) fn announce(args: &Analyze) {
    let names = args.live.interface.join(", ");
    let names = crate::model::escape(names.as_bytes());
    complain(format_args!("capturing on {names}; press Ctrl-C to stop and print the summary"));
}

/// A live capture that ends when a signal or the clock says so, and reports dropped packets when they are.
pub(super) struct Watched {
    live: Live,
    stopper: Stopper,
    counters: Arc<Counters>,
    until: Option<Instant>,
    signalled: Arc<AtomicBool>,
    /// Dropped packets that were reported, and when.
    told: (u64, Option<Instant>),
}

impl Watched {
    /// Ends `live` after `duration`.
    pub(super) fn new(live: Live, duration: Option<Duration>) -> Self {
        Self {
            stopper: live.stopper(),
            counters: live.counters(),
            live,
            until: duration.map(|duration| Instant::now() + duration),
            signalled: Arc::default(),
            told: (0, None),
        }
    }

    /// Stops on SIGINT, SIGTERM and SIGHUP. The second of them ends the process.
    #[cfg(unix)]
    pub(super) fn listen(&self) -> io::Result<()> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::flag;
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            flag::register_conditional_default(signal, Arc::clone(&self.signalled))?;
            flag::register(signal, Arc::clone(&self.signalled))?;
        }
        Ok(())
    }

    /// There is no such thing here.
    #[cfg(not(unix))]
    pub(super) fn listen(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_to_end(&self) -> bool {
        self.signalled.load(Ordering::Relaxed) || self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Says how many packets were dropped, unless that was said a moment ago.
    pub(super) fn tell_drops_at_times(&mut self) {
        if self.told.1.is_none_or(|when| when.elapsed() >= PAUSE) {
            self.tell_drops();
        }
    }

    /// Says how many packets were dropped, if they are more than was said, and what helps.
    pub(super) fn tell_drops(&mut self) {
        let dropped = self.counters.dropped();
        if dropped == self.told.0 {
            return;
        }
        self.told = (dropped, Some(Instant::now()));
        for interface in self.counters.interfaces().iter().filter(|interface| interface.dropped() > 0) {
            let name = crate::model::escape(interface.name().as_bytes());
            let (kernel, device, queue) =
                (interface.by_kernel(), interface.by_interface(), interface.by_queue());
            complain(format_args!(
                "{name}: {} packets dropped so far, {} captured: {kernel} by the kernel (its buffer was full: -B), {device} by \
                 the interface, {queue} by wsight (--limit queue-bytes); a narrower filter helps in all cases",
                interface.dropped(),
                interface.taken(),
            ));
        }
    }
}

impl Source for Watched {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        if self.is_to_end() {
            self.stopper.stop();
        }
        self.live.next()
    }

    fn progress(&self) -> Progress {
        self.live.progress()
    }

    fn keep_secrets(&mut self, lines: &[u8], opened: Timestamp) {
        self.live.keep_secrets(lines, opened);
    }
}
