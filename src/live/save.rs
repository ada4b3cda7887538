//! Saves what is captured as pcapng, in one file or in several of which the oldest go.

use super::batch::Dropped;
use super::error::LiveError;
use crate::capture::{Described, Replace, SavedSecrets, Statistics, Writer, keep_private};
use crate::model::{LinkType, Packet, Timestamp, escape};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long packets wait for the secrets that open them, at least; twice that at most. Programs write their key log while
/// they shake hands. What waits is lost if the process is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of packets that wait so.
const WAITING: usize = 8 << 20;

/// When to begin the next file, and how many to keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes after which a file is full.
    pub bytes: Option<u64>,
    /// Capture time after which a file is full.
    pub time: Option<Duration>,
    /// Files to keep; older ones are removed.
    pub files: Option<u64>,
}

impl Rotation {
    const fn is_wanted(self) -> bool {
        self.bytes.is_some() || self.time.is_some()
    }

    /// A file of an earlier capture that would be written over without being asked: the file at `path`, or with a rotation
    /// one of those whose names carry a number. The files of a ring come and go, and devices and pipes are no files.
    fn in_the_way(self, path: &Path) -> Option<PathBuf> {
        if !self.is_wanted() {
            return fs::metadata(path).is_ok_and(|there| there.is_file()).then(|| path.to_owned());
        }
        if self.files.is_some() {
            return None;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let there = fs::read_dir(folder).ok()?.flatten().map(|entry| path.with_file_name(entry.file_name()));
        there.filter(|there| is_numbered(there, path)).min()
    }
}

/// An interface whose packets are saved.
#[derive(Clone, Debug)]
pub(super) struct SavedInterface {
    pub(super) name: String,
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
    pub(super) filter: String,
    /// What became of its packets up to now.
    pub(super) totals: Statistics,
}

impl SavedInterface {
    pub(super) const fn drop(&mut self, dropped: Dropped) {
        self.totals.dropped_by_interface += dropped.by_interface;
        self.totals.dropped_by_system += dropped.by_system;
    }
}

/// Where captured packets are saved.
#[derive(Debug)]
pub struct Save {
    path: PathBuf,
    rotation: Rotation,
    secrets: SavedSecrets,
    /// The most bytes of a file that does not rotate.
    limit: u64,
    /// Files that are there, the oldest first.
    files: VecDeque<PathBuf>,
    /// Files that were begun.
    begun: u64,
    writer: Writer<File>,
    /// When it was last looked at what waits, how many bytes were written by then, and the time of the last packet in them.
    looked: (Instant, u64, Timestamp),
    /// The time of the last packet saved, and of the last that waits no longer.
    last: Timestamp,
    handed_on: Option<Timestamp>,
    /// Connections whose secrets came when some of their packets were handed on.
    behind: u64,
    /// What the interfaces had counted when the file was begun: each file counts for itself.
    base: Vec<Statistics>,
    /// When the file's first packet was captured.
    since: Option<Timestamp>,
    packets: u64,
}

impl Save {
    /// Saves to the file at `path`; with a rotation, to files beside it whose names carry a number: `trace.pcapng` becomes
    /// `trace.00001.pcapng`, `trace.00002.pcapng`, …. A ring, of which only the newest files are kept, takes the place of the
    /// files of an earlier one; otherwise what is there stays, unless it may be replaced.
    ///
    /// # Errors
    /// The file cannot be written, or is there and may not be replaced.
    pub fn create(
        path: &Path,
        rotation: Rotation,
        replace: Replace,
        secrets: SavedSecrets,
    ) -> Result<Self, LiveError> {
        let first = if rotation.is_wanted() { numbered(path, 1) } else { path.to_owned() };
        if replace == Replace::Never
            && let Some(there) = rotation.in_the_way(path)
        {
            return Err(LiveError::Exists { path: escape(there.as_os_str().as_encoded_bytes()) });
        }
        let writer = open(&first, rotation)
            .and_then(|file| begin(file, secrets))
            .map_err(|error| LiveError::Save { path: escape(first.as_os_str().as_encoded_bytes()), error })?;
        Ok(Self { secrets, ..Self::of(path, rotation, u64::MAX, first, writer) })
    }

    /// Saves to a temporary file of at most `limit` bytes, without secrets.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn temporary(file: File, limit: u64) -> io::Result<Self> {
        let path = Path::new("the temporary copy (in TMPDIR)");
        Ok(Self::of(path, Rotation::default(), limit, path.to_owned(), Writer::new(file)?))
    }

    fn of(path: &Path, rotation: Rotation, limit: u64, first: PathBuf, writer: Writer<File>) -> Self {
        Self {
            path: path.to_owned(),
            rotation,
            secrets: SavedSecrets::LeftOut,
            limit,
            files: VecDeque::from([first]),
            begun: 1,
            writer,
            looked: (Instant::now(), 0, Timestamp::default()),
            last: Timestamp::default(),
            handed_on: None,
            behind: 0,
            base: Vec::new(),
            since: None,
            packets: 0,
        }
    }

    /// The folder in which files are made while capturing continues, if that is so.
    pub fn folder(&self) -> Option<&Path> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        self.rotation.is_wanted().then(|| folder.unwrap_or(Path::new(".")))
    }

    /// Packets saved so far.
    pub(super) const fn packets(&self) -> u64 {
        self.packets
    }

    /// The file's name, as messages show it.
    pub(super) fn name(&self) -> String {
        let path = self.files.back().unwrap_or(&self.path);
        escape(path.as_os_str().as_encoded_bytes())
    }

    /// Begins the file: says which interfaces there are.
    pub(super) fn describe(&mut self, interfaces: &[SavedInterface]) -> io::Result<()> {
        for interface in interfaces {
            let filter = Some(interface.filter.as_str()).filter(|filter| !filter.is_empty());
            self.writer.interface(&Described {
                name: Some(&interface.name),
                link: interface.link,
                snaplen: interface.snaplen,
                filter,
            })?;
        }
        self.base = interfaces.iter().map(|interface| interface.totals).collect();
        self.writer.flush()
    }

    /// Saves a packet of the interface with this number.
    pub(super) fn packet(
        &mut self,
        interface: usize,
        packet: &Packet<'_>,
        all: &[SavedInterface],
    ) -> io::Result<()> {
        let time = packet.stamp.time;
        let since = *self.since.get_or_insert(time);
        let is_full = self.rotation.bytes.is_some_and(|bytes| self.writer.written() >= bytes)
            || self.rotation.time.is_some_and(|patience| time.since(since) >= patience);
        if is_full {
            self.rotate(time, all)?;
        }
        if self.writer.written().saturating_add(packet.bytes.len() as u64) > self.limit {
            let reason = format!("it has reached its limit of {} bytes (--limit spool-bytes)", self.limit);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        let interface = u32::try_from(interface).map_err(io::Error::other)?;
        self.writer.packet(interface, packet)?;
        self.packets += 1;
        self.last = time;
        self.note_handed_on();
        Ok(())
    }

    /// Saves secrets, if they are to be kept.
    pub(super) fn secrets(&mut self, lines: &[u8], opened: Timestamp) -> io::Result<()> {
        match self.secrets {
            SavedSecrets::Kept => {
                // In a file that came before there is no place for them at all.
                self.behind += u64::from(self.handed_on.is_some_and(|handed_on| handed_on >= opened));
                self.writer.secrets(lines)
            }
            SavedSecrets::LeftOut => Ok(()),
        }
    }

    /// How many connections there are whose secrets stand behind packets that they open, if any.
    pub(super) fn secrets_behind(&self) -> Option<u64> {
        Some(self.behind).filter(|behind| *behind > 0)
    }

    /// Takes note that nothing waits any more.
    fn note_handed_on(&mut self) {
        if self.packets > 0 && !self.writer.has_waiting() {
            self.handed_on = Some(self.last);
        }
    }

    /// Saves what became of an interface's packets up to `until`.
    pub(super) fn statistics(
        &mut self,
        interface: usize,
        until: Timestamp,
        all: &[SavedInterface],
    ) -> io::Result<()> {
        let (Some(saved), Some(base)) = (all.get(interface), self.base.get(interface)) else { return Ok(()) };
        let of_file = Statistics {
            received: saved.totals.received - base.received,
            dropped_by_interface: saved.totals.dropped_by_interface - base.dropped_by_interface,
            dropped_by_system: saved.totals.dropped_by_system - base.dropped_by_system,
        };
        self.writer.statistics(u32::try_from(interface).map_err(io::Error::other)?, until, of_file)
    }

    /// Hands packets to the system, so that others can read them: those that have waited for their secrets.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.secrets == SavedSecrets::LeftOut {
            return self.writer.flush();
        }
        let (looked, written, last) = self.looked;
        if looked.elapsed() < PATIENCE {
            return Ok(());
        }
        self.looked = (Instant::now(), self.writer.written(), self.last);
        if last > Timestamp::default() {
            self.handed_on = self.handed_on.max(Some(last));
        }
        self.writer.flush_up_to(written)
    }

    /// Ends the file with the statistics of all interfaces up to `until`.
    pub(super) fn finish(&mut self, until: Timestamp, all: &[SavedInterface]) -> io::Result<()> {
        for interface in 0..all.len() {
            self.statistics(interface, until, all)?;
        }
        self.writer.flush()
    }

    fn rotate(&mut self, time: Timestamp, all: &[SavedInterface]) -> io::Result<()> {
        self.finish(time, all)?;
        self.begun += 1;
        let next = numbered(&self.path, self.begun);
        self.writer = begin(open(&next, self.rotation)?, self.secrets)?;
        self.handed_on = Some(self.last);
        self.looked = (Instant::now(), 0, Timestamp::default());
        self.files.push_back(next);
        self.since = Some(time);
        self.describe(all)?;
        let keep = self.rotation.files.unwrap_or(u64::MAX).max(1);
        while self.files.len() as u64 > keep {
            let Some(oldest) = self.files.pop_front() else { break };
            // Somebody else may have moved it.
            let _ = fs::remove_file(oldest);
        }
        Ok(())
    }
}

/// Opens a file to save to. One with a number is new: a link of its name goes, and is not followed.
fn open(path: &Path, rotation: Rotation) -> io::Result<File> {
    if !rotation.is_wanted() {
        return File::create(path);
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Begins to write a file.
fn begin(file: File, secrets: SavedSecrets) -> io::Result<Writer<File>> {
    if secrets == SavedSecrets::Kept {
        keep_private(&file);
    }
    let writer = Writer::new(file)?;
    Ok(match secrets {
        SavedSecrets::Kept => writer.waiting_for_secrets(WAITING),
        SavedSecrets::LeftOut => writer,
    })
}

/// The name of the file with this number.
fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number:05}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// Whether this is the name of a file of the rotation of `path`.
fn is_numbered(name: &Path, path: &Path) -> bool {
    let number = name.file_stem().map(Path::new).and_then(Path::extension).and_then(|number| number.to_str());
    number.and_then(|number| number.parse().ok()).is_some_and(|number| numbered(path, number) == name)
}
