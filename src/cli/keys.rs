//! TLS secrets: where to look for them, and how to follow key logs that are still growing.

use super::args::Analyze;
use crate::capture::{CaptureError, Input, Progress, Source, can_be_looked_through};
use crate::keys::{Ahead, KeyLogFile, LogChange, read_key_log};
use crate::model::{Captured, Escaped, Limits, Timestamp};
use crate::tls::{Expecting, Secrets};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where many programs write their secrets, and where they are looked for when nothing else is said.
const VARIABLE: &str = "SSLKEYLOGFILE";

/// Time between two looks at a key log that may grow: shorter than packets take from an interface to the analysis, so
/// that the secrets are there first.
const LOOK: Duration = Duration::from_millis(5);

/// Time without packets after which key logs are looked at all the same.
const PAUSE: Duration = Duration::from_millis(50);

/// What to do about a key log that a program will only begin to write: it is opened before privileges and files are
/// given up, so that it cannot be waited for.
const TOUCH: &str = "; to follow one that is written later, create it first: an empty file will do (touch)";

/// The key log that the environment names.
fn variable() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).map(PathBuf::from)
}

/// Whether packets come as they happen, so that secrets may come later.
fn is_awaited(args: &Analyze, inputs: &[Input]) -> bool {
    inputs.is_empty() || args.follow || inputs.iter().any(Input::is_pipe)
}

/// The key logs that may be read: those that were named, or else the one that the environment names.
pub(super) fn key_logs(args: &Analyze) -> Vec<PathBuf> {
    if args.keys.is_empty() { variable().into_iter().collect() } else { args.keys.clone() }
}

/// The secrets there are, and where more may come from.
#[derive(Clone, Debug, Default)]
pub(super) struct KeySources {
    pub(super) secrets: Arc<Secrets>,
    /// Key logs that may grow.
    logs: Vec<Arc<KeyLogFile>>,
    /// The first key log, for commands of other programs.
    #[cfg(feature = "tui")]
    pub(super) path: Option<PathBuf>,
    /// Not all captures can be looked through beforehand.
    captures_have_more: bool,
}

impl KeySources {
    /// All that `args` and `inputs` speak of; `None` where a key log that was named cannot be read, which is said.
    pub(super) fn find(args: &Analyze, inputs: &[Input], say: &mut dyn FnMut(String)) -> Option<Self> {
        let mut secrets = Secrets::default();
        let mut logs = Vec::new();
        for path in &args.keys {
            let known = secrets.connections();
            if let Err(error) = open(path, &mut secrets, &mut logs) {
                let may_come = error.kind() == io::ErrorKind::NotFound && is_awaited(args, inputs);
                let hint = if may_come { TOUCH } else { "" };
                say(format!("--keys {}: {error}{hint}", name(path)));
                return None;
            }
            if secrets.connections() == known && !may_fill(args, path, inputs) {
                say(format!("{}: it holds no TLS secrets: {}", name(path), why_none(path)));
            }
        }
        let unasked = variable().filter(|path| {
            args.keys.is_empty()
                && path.is_file()
                && open(path, &mut secrets, &mut logs).is_ok()
                && (secrets.connections() > 0 || inputs.is_empty())
        });
        if let Some(path) =
            variable().filter(|path| args.keys.is_empty() && is_awaited(args, inputs) && !path.exists())
        {
            say(format!("{VARIABLE} names {}, which is not there{TOUCH}", name(&path)));
        }
        if let Some(path) = &unasked {
            say(format!("using the TLS secrets in {} ({VARIABLE})", name(path)));
        }
        let (ahead, others): (Vec<&Input>, Vec<&Input>) =
            inputs.iter().partition(|input| is_looked_through(input) && !is_followed(args, inputs, input));
        let path = |input: &Input| if let Input::File(path) = input { Some(path.clone()) } else { None };
        let ahead: Vec<PathBuf> = ahead.into_iter().filter_map(path).collect();
        if !ahead.is_empty() {
            secrets.ask(Arc::new(Ahead::new(ahead)));
        }
        Some(Self {
            secrets: Arc::new(secrets),
            logs,
            #[cfg(feature = "tui")]
            path: args
                .keys
                .first()
                .cloned()
                .or(unasked)
                .map(|path| std::path::absolute(&path).unwrap_or(path)),
            captures_have_more: !others.is_empty(),
        })
    }

    /// Whether more may come while `inputs` are read; where they are live, `inputs` is empty.
    pub(super) fn expecting(&self, limits: &Limits, inputs: &[Input]) -> Expecting {
        let is_live = inputs.is_empty();
        if self.captures_have_more || is_live && !self.logs.is_empty() {
            Expecting::Secrets { held_bytes: limits.tls_held_bytes }
        } else {
            Expecting::Nothing
        }
    }

    /// What `-w` saves with packets that come as they happen. Without a key log no secrets can come, so no packet has to
    /// wait for them.
    #[cfg(feature = "live")]
    pub(super) fn saved(&self, args: &Analyze) -> crate::capture::SavedSecrets {
        if self.logs.is_empty() { crate::capture::SavedSecrets::LeftOut } else { args.saved_secrets() }
    }

    /// Has the key logs looked at while `source` gives packets, and while it has none to give.
    pub(super) fn follow<S: Source>(&self, mut source: S) -> Following<S> {
        if !self.logs.is_empty() {
            source.pause_after(PAUSE);
        }
        Following { source, logs: self.logs.clone(), looked: Instant::now(), lost: VecDeque::new() }
    }
}

/// A source of packets that come as they happen, while key logs grow.
pub(super) struct Following<S> {
    pub(super) source: S,
    logs: Vec<Arc<KeyLogFile>>,
    looked: Instant,
    /// Key logs that are no longer read, to be told.
    lost: VecDeque<CaptureError>,
}

impl<S: Source> Source for Following<S> {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        let Self { source, logs, looked, lost } = self;
        if let Some(error) = lost.pop_front() {
            return Err(error);
        }
        let next = source.next();
        // The packet may have been waited for: its secrets may have come meanwhile.
        if !logs.is_empty() && looked.elapsed() >= LOOK {
            // A key log that cannot be read any more has no more secrets.
            logs.retain(|log| match log.look() {
                Ok(LogChange::Lost) => {
                    lost.push_back(CaptureError::KeyLogLost { file: name(log.path()).to_string() });
                    true
                }
                Ok(LogChange::Grown | LogChange::Replaced) => true,
                Err(_) => false,
            });
            *looked = Instant::now();
        }
        next
    }

    fn progress(&self) -> Progress {
        self.source.progress()
    }

    fn keep_secrets(&mut self, lines: &[u8], opened: Timestamp) {
        self.source.keep_secrets(lines, opened);
    }
}

fn open(path: &Path, secrets: &mut Secrets, logs: &mut Vec<Arc<KeyLogFile>>) -> io::Result<()> {
    match KeyLogFile::open(path)? {
        Ok(log) => {
            let log = Arc::new(log);
            secrets.ask(Arc::<KeyLogFile>::clone(&log));
            logs.push(log);
            Ok(())
        }
        Err(file) => read_key_log(file, secrets),
    }
}

/// Whether a capture is searched for secrets before it is read.
fn is_looked_through(input: &Input) -> bool {
    matches!(input, Input::File(path) if can_be_looked_through(path))
}

/// Whether secrets may still be written to a capture.
fn is_followed(args: &Analyze, inputs: &[Input], input: &Input) -> bool {
    args.follow && inputs.last() == Some(input)
}

/// Whether a key log is empty so far, and packets come as they happen: its secrets may come with them.
fn may_fill(args: &Analyze, path: &Path, inputs: &[Input]) -> bool {
    let is_live = args.follow || inputs.is_empty() || !inputs.iter().all(is_looked_through);
    is_live && path.metadata().is_ok_and(|about| about.len() == 0)
}

/// Why a key log that was named has no secrets. No more of it is shown than its label, as the rest may be secret.
fn why_none(path: &Path) -> String {
    const START: u64 = 4096;
    const LONGEST: usize = 24;
    let mut start = Vec::new();
    // A pipe has been read to its end, and cannot be read again.
    if path.is_file()
        && let Ok(file) = File::open(path)
    {
        // What cannot be read is not shown.
        let _ = file.take(START).read_to_end(&mut start);
    }
    let text = String::from_utf8_lossy(&start);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    if lines.peek().is_none() {
        return "it is empty".to_owned();
    }
    let Some(line) = lines.find(|line| !line.starts_with('#')) else {
        return "there are only comments in it".to_owned();
    };
    if is_of_other_secret(line) {
        return "its secrets open no records; lines that help begin with CLIENT_RANDOM or CLIENT_TRAFFIC_SECRET_0"
            .to_owned();
    }
    let words: Vec<&str> = line.split_whitespace().take_while(|word| word.len() <= LONGEST).take(6).collect();
    let more = if words.iter().map(|word| word.len() + 1).sum::<usize>() > line.len() { "" } else { " …" };
    let shown = format!("{}{more}", words.join(" "));
    format!("it is not a key log; its first line is `{}`", Escaped(shown.trim().as_bytes()))
}

/// Whether a line has the shape of those of a key log: what it has of a connection may serve something else, such as
/// `EXPORTER_SECRET` (RFC 8446 §7.5).
fn is_of_other_secret(line: &str) -> bool {
    let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words: Vec<&str> = line.split_whitespace().collect();
    matches!(words.as_slice(), [_, random, secret] if random.len() == 64 && is_hex(random) && is_hex(secret))
}

fn name(path: &Path) -> Escaped<'_> {
    Escaped(path.as_os_str().as_encoded_bytes())
}
