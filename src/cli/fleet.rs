//! Tables of the captures of many hosts: each ring of files analyzed by itself, as many at once as there are cores.

use super::args::{Analyze, Format};
use super::inputs::{CommandInputs, Words, count, in_short, nothing_in};
use super::keys::KeySources;
use super::progress::ProgressMeter;
use super::status::{ExitStatus, complain, or_complain};
use super::{analyze, choice, output};
use crate::capture::{CaptureError, Progress};
use crate::filter::Filter;
use crate::fleet::{
    self, Ended, FileEntry, FileFault, HostFrom, Plan, Rerun, Ring, RingOutcome, Staging, TableFolder, Told,
};
use crate::model::escape;
use crate::pipeline::Overlaps;
use crate::report::{self, Chosen, DailyTables, InputNames, Payload, Sink, TableFormat};
use sha2::{Digest as _, Sha256};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The least share of the memory that an analysis gets, in bytes.
const LEAST_MEMORY: u64 = 16 << 20;

/// Pairs of files with the same packets that are told of each ring.
const SHARED_SHOWN: usize = 3;

/// Whether the command line asks for tables of folders or patterns.
pub(super) fn is_wanted(args: &Analyze) -> bool {
    // Then all words are a filter of packets.
    #[cfg(feature = "live")]
    if !args.live.interface.is_empty() {
        return false;
    }
    let is_several = || Words::of(args).is_ok_and(|words| words.are_several(args.host_from.as_ref()));
    format(args).is_some() && is_several()
}

fn format(args: &Analyze) -> Option<TableFormat> {
    match args.format()? {
        Format::Csv => Some(TableFormat::Csv),
        Format::Parquet => Some(TableFormat::Parquet),
        #[cfg(feature = "tui")]
        Format::Tui => None,
        Format::Text
        | Format::Json
        | Format::Summary
        | Format::Junit
        | Format::Html
        | Format::Pcapng
        | Format::Har => None,
    }
}

/// Analyzes what the words stand for.
///
/// # Errors
/// No thread could be started.
pub(super) fn analyze(args: &Analyze) -> io::Result<ExitStatus> {
    let Some(fleet) = or_complain(Fleet::find(args)) else { return Ok(ExitStatus::Unable) };
    fleet.run()
}

/// What is analyzed, and how.
struct Fleet<'a> {
    args: &'a Analyze,
    format: TableFormat,
    packet_filter: Option<String>,
    filter: Option<Filter>,
    tables: TableFolder,
    rings: Vec<Ring>,
    jobs: NonZeroUsize,
    /// The worst that happened before.
    ending: ExitStatus,
    /// What was said once.
    said: Mutex<BTreeSet<String>>,
}

impl<'a> Fleet<'a> {
    /// Finds the captures, and says what there is to say about them.
    fn find(args: &'a Analyze) -> Result<Self, String> {
        let format = format(args).ok_or("this format has no tables")?;
        if let Some(refused) = refused(args) {
            return Err(format!(
                "{refused} does not work with the tables of folders and patterns (docs/FLEET.md)"
            ));
        }
        let folder = args.output.as_deref().ok_or("there is no folder for the tables")?;
        let Words { captures, filter: packet_filter } = Words::of(args)?;
        let filter = choice::filter(&args.choice, &args.times.zone())?;
        let hosts = args.host_from.as_ref().unwrap_or(&HostFrom::Folder);
        let found = fleet::find(&captures, Some(folder))?;
        if !found.passed_over.is_empty() {
            complain(found.passed_over);
        }
        let ending = if found.unlisted.is_empty() { ExitStatus::Done } else { ExitStatus::Unable };
        found.unlisted.into_iter().for_each(complain);
        let rings = fleet::rings(found.files, hosts).map_err(|error| error.to_string())?;
        if rings.is_empty() {
            return Err(nothing_in(&captures));
        }
        if args.host_from.is_none() {
            namesakes(&rings).into_iter().for_each(complain);
        }
        let tables = TableFolder::open(folder)
            .map_err(|error| format!("the tables cannot be written there: {error}"))?;
        if let Some((file, host)) = tables.claimed(&rings).map_err(|error| error.to_string())? {
            return Err(format!(
                "{file}: these tables already hold it under host {host}, by another --host-from; its rows would be there \
                 twice: make new tables, in another folder"
            ));
        }
        let jobs = args.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let jobs = jobs.min(NonZeroUsize::new(rings.len()).unwrap_or(jobs));
        let said = Mutex::default();
        Ok(Self { args, format, packet_filter, filter, tables, rings, jobs, ending, said })
    }

    fn run(self) -> io::Result<ExitStatus> {
        let options = fingerprint(self.args, self.packet_filter.as_deref());
        let total = self.rings.iter().flat_map(|ring| &ring.files);
        let total = total.map(|file| file.path.metadata().map_or(0, |data| data.len())).sum();
        let mut progress = Progress { total: Some(total), ..Progress::default() };
        let mut meter = ProgressMeter::with_end();
        let bar = meter.bar().clone();
        let say = |message: String| bar.suspend(|| complain(message));
        let mut ending = self.ending;
        let mut counts = [0_u64; 3];
        let mut tell = |told: Told| {
            match told {
                Told::Read(bytes) => progress.read += bytes,
                Told::Ended(ended) => {
                    if let RingOutcome::Unchanged = ended.outcome {
                        progress.read += ended.size;
                    }
                    if !self.tell(&ended, &say) {
                        ending = ExitStatus::Unable;
                    }
                    let [analyzed, unchanged, failed] = &mut counts;
                    *match ended.outcome {
                        RingOutcome::Analyzed => analyzed,
                        RingOutcome::Unchanged => unchanged,
                        RingOutcome::FilesGone(_) | RingOutcome::Failed(_) => failed,
                    } += 1;
                }
            }
            meter.look(|| progress);
        };
        let plan = Plan {
            rings: &self.rings,
            tables: &self.tables,
            format: self.format,
            options: &options,
            rerun: if self.args.force { Rerun::Always } else { Rerun::WholeRings },
            jobs: self.jobs,
        };
        let analyze =
            |ring: &Ring, staging: &mut Staging, read: &dyn Fn(u64)| self.ring(ring, staging, read, &say);
        fleet::run(plan, &analyze, &mut tell)?;
        self.tables.close();
        meter.clear();
        let hosts: BTreeSet<&str> = self.rings.iter().map(|ring| ring.host.as_str()).collect();
        let [analyzed, unchanged, failed] = counts;
        let parts = [
            Some(format!("{analyzed} analyzed")),
            (unchanged > 0).then(|| format!("{unchanged} unchanged since an earlier run")),
            (failed > 0).then(|| format!("{failed} failed")),
        ];
        let captures = count(self.rings.len() as u64, "capture");
        let hosts = count(hosts.len() as u64, "host");
        let told: Vec<String> = parts.into_iter().flatten().collect();
        complain(format_args!("{captures} of {hosts}: {}", told.join(", ")));
        Ok(ending)
    }

    /// Tells what is wrong with a ring. Returns whether nothing is.
    fn tell(&self, ended: &Ended, say: &dyn Fn(String)) -> bool {
        let name = self.rings.get(ended.ring).map(Ring::shown).unwrap_or_default();
        match &ended.outcome {
            RingOutcome::Analyzed => {}
            RingOutcome::Unchanged => {
                if !ended.faults.is_empty() {
                    say(format!("{name}: unchanged; still unreadable:"));
                }
            }
            RingOutcome::FilesGone(gone) => say(format!(
                "{name}: {} in its tables no longer {}, so it was not analyzed again; --force replaces its tables by those of \
                 the files that exist",
                count(*gone as u64, "file"),
                if *gone == 1 { "exists" } else { "exist" }
            )),
            RingOutcome::Failed(reason) => say(format!("{name}: it has no new tables: {reason}")),
        }
        let is_well = matches!(ended.outcome, RingOutcome::Analyzed | RingOutcome::Unchanged);
        if is_well {
            ended.faults.iter().for_each(|fault| say(fault.reason.clone()));
        }
        is_well && ended.faults.is_empty()
    }

    /// Analyzes one ring.
    fn ring(
        &self,
        ring: &Ring,
        staging: &mut Staging,
        read: &dyn Fn(u64),
        say: &dyn Fn(String),
    ) -> Result<Vec<FileFault>, String> {
        let Self { args, filter, .. } = self;
        let captures =
            CommandInputs { inputs: ring.inputs(), filter: self.packet_filter.clone(), remarks: Vec::new() };
        let keys = KeySources::find(args, &captures.inputs, &mut |message| self.say_once(message, say))
            .ok_or("a key log cannot be read")?;
        let mut config = analyze::config(args, &keys, &captures.inputs);
        let jobs = u64::try_from(self.jobs.get()).unwrap_or(u64::MAX);
        let memory = &mut config.limits.memory_bytes;
        *memory = (*memory / jobs).max(LEAST_MEMORY.min(*memory));
        if let Some(filter) = filter {
            analyze::keep_for(filter, &mut config);
        }
        let (limits, overlaps) = (config.limits.clone(), Overlaps::default());
        let names: Vec<String> = captures.inputs.iter().map(ToString::to_string).collect();
        let unwritable = |error: io::Error| format!("they cannot be written: {error}");
        let open = |overlaps: &Overlaps| captures.open(&limits, overlaps);

        let (id, payload) = (ring.id(), Payload::from(args.payload()));
        let tables = DailyTables::new(
            (&id, self.format),
            payload,
            InputNames(names.clone()),
            output::kinds(args),
            |part| staging.begin(part),
        );
        let mut sink: Box<dyn Sink + '_> = match filter {
            None => Box::new(tables),
            Some(filter) => {
                let chosen = Chosen::new(filter, InputNames(names.clone()), tables);
                Box::new(if report::needs_the_end(filter) {
                    let stored = open(&Overlaps::default())?;
                    let ends = analyze::first_reading(args, stored, config.clone(), filter, &names);
                    chosen.after(ends.map_err(|error| error.to_string())?)
                } else {
                    chosen
                })
            }
        };
        let mut pipeline = open(&overlaps)?.pipeline(config, None).map_err(|error| error.to_string())?;
        let (mut faults, so_far, mut written) = (Vec::new(), Cell::new(0), Ok(()));
        while let Some(step) = pipeline.step(&mut |output| {
            if written.is_ok() {
                written = sink.output(output);
            }
        }) {
            std::mem::replace(&mut written, Ok(())).map_err(unwritable)?;
            faults.extend(step.fault.as_ref().filter(is_wrong).map(FileFault::new));
            read(step.progress.read.saturating_sub(so_far.replace(step.progress.read)));
        }
        pipeline.finish(&mut |output| {
            if written.is_ok() {
                written = sink.output(output);
            }
        });
        written.and_then(|()| sink.finish()).map_err(unwritable)?;
        let shared = captures.shared(&overlaps);
        let more = shared.len().saturating_sub(SHARED_SHOWN);
        shared.into_iter().take(SHARED_SHOWN).for_each(say);
        if more > 0 {
            say(format!("{}: {more} more pairs of its files do the same", ring.shown()));
        }
        Ok(faults)
    }

    fn say_once(&self, message: String, say: &dyn Fn(String)) {
        let is_new = self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone());
        if is_new {
            say(message);
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as `filter` wants it")]
fn is_wrong(error: &&CaptureError) -> bool {
    !error.is_note()
}

/// The option that has no meaning for many analyses at once, if there is one.
fn refused(args: &Analyze) -> Option<&'static str> {
    [
        (args.redact, "--redact: hosts are names of folders, so it"),
        (args.write.is_some(), "-w"),
        (args.follow, "--follow"),
        (args.count.is_some(), "--count"),
        (args.fail_on.is_some(), "--fail-on"),
    ]
    .into_iter()
    .find_map(|(is_there, name)| is_there.then_some(name))
}

/// What to say about folders that have one name: they may be those of several hosts.
fn namesakes(rings: &[Ring]) -> Vec<String> {
    let mut folders: BTreeMap<&str, BTreeSet<&Path>> = BTreeMap::new();
    for ring in rings {
        folders.entry(&ring.host).or_default().insert(&ring.folder);
    }
    let told = |(host, folders): (&str, BTreeSet<&Path>)| {
        let names: Vec<String> =
            folders.iter().map(|folder| escape(folder.as_os_str().as_encoded_bytes())).collect();
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        (names.len() > 1).then(|| {
            format!(
                "{} folders are called {host} ({}) and count as one host; --host-from says which part of a path is the host",
                names.len(),
                in_short(&names)
            )
        })
    };
    folders.into_iter().filter_map(told).collect()
}

/// A hash of all that shapes rows besides the captures. Every option is named here, so that none is forgotten.
fn fingerprint(args: &Analyze, packet_filter: Option<&str>) -> String {
    let Analyze {
        files: _,
        read: _,
        follow: _,
        count: _,
        format: _,
        output: _,
        force: _,
        // The host is a part of what identifies a ring.
        host_from: _,
        jobs: _,
        redact: _,
        #[cfg(feature = "tui")]
            light: _,
        only,
        oneline: _,
        times,
        write: _,
        payload: _,
        fail_on: _,
        ignore,
        severity,
        port,
        keys,
        no_secrets: _,
        limit,
        choice,
        // Its filter of packets is given.
        #[cfg(feature = "live")]
            live: _,
    } = args;
    let environment = std::env::var_os("SSLKEYLOGFILE").map(PathBuf::from).filter(|_| keys.is_empty());
    let keys: Vec<FileEntry> = keys.iter().chain(&environment).map(|path| FileEntry::of(path)).collect();
    let (format, payload) = (format(args), args.payload());
    let shaping = format!(
        "{} {format:?} {only:?} {times:?} {payload:?} {ignore:?} {severity:?} {port:?} {keys:?} {limit:?} {choice:?} \
         {packet_filter:?}",
        env!("CARGO_PKG_VERSION"),
    );
    let hash = hex::encode(Sha256::digest(shaping));
    hash.get(..16).unwrap_or_default().to_owned()
}
