//! Many rings, each analyzed by itself, as many at once as there may be.

use super::manifest::{FileFault, RingEntry};
use super::ring::Ring;
use super::table_folder::{Staging, TableFolder, TableFolderError};
use crate::report::TableFormat;
use std::cmp::Reverse;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Files that one analysis can number.
const MOST_FILES: usize = u16::MAX as usize;

/// Analyzes a ring into tables, and says how many more bytes it has read now and then. It returns what could not be read.
///
/// # Errors
/// Something other than captures is wrong: the sentence is for the user.
pub type AnalyzeRing<'a> =
    dyn Fn(&Ring, &mut Staging, &dyn Fn(u64)) -> Result<Vec<FileFault>, String> + Sync + 'a;

/// Whether a ring is analyzed again of which the tables tell more than its files do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rerun {
    /// Only if all files are there that were there before: otherwise rows would be lost.
    WholeRings,
    /// Yes.
    Always,
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The rings.
    pub rings: &'a [Ring],
    /// Where their tables are.
    pub tables: &'a TableFolder,
    /// How their files are written.
    pub format: TableFormat,
    /// What shapes rows besides the files, as a hash.
    pub options: &'a str,
    /// What becomes of rings whose files are gone.
    pub rerun: Rerun,
    /// How many analyses run at once.
    pub jobs: NonZeroUsize,
}

/// What is told of a run meanwhile.
#[derive(Debug)]
pub enum Told {
    /// So many bytes of captures more were read.
    Read(u64),
    /// A ring is through.
    Ended(Ended),
}

/// How a ring ended.
#[derive(Debug)]
pub struct Ended {
    /// Its place in the list.
    pub ring: usize,
    /// What became of it.
    pub outcome: RingOutcome,
    /// What could not be read of it, now or when it was read.
    pub faults: Vec<FileFault>,
    /// How many bytes it has.
    pub size: u64,
}

/// What became of a ring.
#[derive(Debug)]
pub enum RingOutcome {
    /// It was analyzed.
    Analyzed,
    /// It was analyzed before, and nothing has changed.
    Unchanged,
    /// So many files are gone that its tables tell of.
    FilesGone(usize),
    /// Its tables could not be written: why.
    Failed(String),
}

/// Analyzes all rings, the largest first, and tells what becomes of each.
///
/// # Errors
/// No thread could be started.
pub fn run(plan: Plan<'_>, analyze: &AnalyzeRing<'_>, tell: &mut dyn FnMut(Told)) -> io::Result<()> {
    let mut order: Vec<(u64, usize, RingEntry)> = (0..)
        .zip(plan.rings)
        .map(|(at, ring)| {
            let entry = RingEntry::begin(ring, plan.options);
            (entry.size(), at, entry)
        })
        .collect();
    order.sort_unstable_by_key(|(size, at, _)| (Reverse(*size), *at));
    let (sender, told) = mpsc::channel();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..plan.jobs.get().min(order.len()) {
            let sender: Sender<Told> = sender.clone();
            let (order, next) = (&order, &next);
            let work = move || {
                while let Some((size, ring, entry)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (outcome, faults) = one(plan, *ring, entry, analyze, &sender);
                    // Whoever started the run waits for it.
                    let _ = sender.send(Told::Ended(Ended { ring: *ring, outcome, faults, size: *size }));
                }
            };
            thread::Builder::new().name("ring".to_owned()).spawn_scoped(scope, work)?;
        }
        drop(sender);
        told.iter().for_each(tell);
        Ok(())
    })
}

/// Analyzes a ring, if that is needed.
fn one(
    plan: Plan<'_>,
    at: usize,
    now: &RingEntry,
    analyze: &AnalyzeRing<'_>,
    sender: &Sender<Told>,
) -> (RingOutcome, Vec<FileFault>) {
    let Some(ring) = plan.rings.get(at) else { return (RingOutcome::Unchanged, Vec::new()) };
    if ring.files.len() > MOST_FILES {
        let reason = format!("{}: it has more than {MOST_FILES} files; name fewer of them", ring.shown());
        return (RingOutcome::Failed(reason), Vec::new());
    }
    let before = match plan.tables.entry(&now.ring) {
        Ok(before) => before,
        Err(error) => return (RingOutcome::Failed(error.to_string()), Vec::new()),
    };
    if let Some(before) = &before {
        if before.is_current(now) {
            return (RingOutcome::Unchanged, before.faults.clone());
        }
        let gone = before.gone(now);
        if gone > 0 && plan.rerun == Rerun::WholeRings {
            return (RingOutcome::FilesGone(gone), before.faults.clone());
        }
    }
    let stored = |error: TableFolderError| error.to_string();
    let work = || {
        let mut staging = plan.tables.stage(&now.ring, &now.host, plan.format).map_err(stored)?;
        let read = |bytes| drop(sender.send(Told::Read(bytes)));
        let faults = analyze(ring, &mut staging, &read)?;
        let entry = RingEntry { faults: faults.clone(), ..now.clone() };
        plan.tables.keep(&staging, before.as_ref(), entry).map_err(stored)?;
        Ok(faults)
    };
    match work() {
        Ok(faults) => (RingOutcome::Analyzed, faults),
        Err(reason) => (RingOutcome::Failed(reason), Vec::new()),
    }
}
