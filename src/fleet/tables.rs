//! The tables of many hosts, read back: which parts there are, what is wrong with them, and what their rows tell in sum.

use super::caps::Caps;
use super::counts::Seen;
use super::manifest::{PartEntry, Placement, RingEntry};
use super::overview;
use super::part::{Part, PartError};
use super::table_folder::{TableFolder, TableFolderError};
use super::tally::Tally;
use crate::model::{Thousands, escape};
use crate::report::{Capped, Example, Overview, Table, TableFormat, Timeline, Totals, UnreadOverview};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What could not be read that the page lists.
const UNREAD: usize = 50;

/// Files that a command names one by one.
const NAMED_FILES: usize = 8;

/// The tables whose rows are counted, in the order in which those of a ring are.
const COUNTED: [Table; 3] = [Table::Findings, Table::Upgrades, Table::Sessions];

/// Why there is nothing to tell of a folder.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// There is no manifest in it.
    #[error("{folder}: {}", .found.words(.folder))]
    NoTables {
        /// The folder, fit for a terminal.
        folder: String,
        /// What is there instead.
        found: NoTables,
    },
    /// The manifest cannot be listed.
    #[error("{0}")]
    Manifest(#[from] TableFolderError),
    /// Something is wrong with every part.
    #[error("{folder}: none of its tables can be read: {first}")]
    Unreadable {
        /// The folder, fit for a terminal.
        folder: String,
        /// What is wrong with the first one.
        first: String,
    },
}

/// What a folder is that has no tables of many hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTables {
    /// There is no such folder.
    NotThere,
    /// It has the tables of one capture.
    OfOneCapture,
    /// Parts are in it, but no manifest.
    NoManifest,
    /// Nothing that wsight would write.
    Nothing,
    /// Its manifest knows no capture.
    Empty,
    /// It has only tables that are not counted.
    Uncounted,
}

impl NoTables {
    fn words(self, folder: &str) -> String {
        match self {
            Self::NotThere => "there is no such folder".to_owned(),
            Self::OfOneCapture => {
                "it has the tables of one capture, whose page is made from the capture: wsight -o report.html CAPTURE".to_owned()
            }
            Self::NoManifest => format!(
                "it has tables, but no manifest, which says which parts belong to them; copy {folder}/manifest as well, or make \
                 the tables anew: wsight -f parquet -o TABLES CAPTURES"
            ),
            Self::Nothing => "there are no tables in it; make them from folders of captures: wsight -f parquet -o TABLES CAPTURES".to_owned(),
            Self::Empty => "its tables have no capture yet; make them: wsight -f parquet -o TABLES CAPTURES".to_owned(),
            Self::Uncounted => {
                "it has none of the tables findings, upgrades and sessions; make them anew without --only".to_owned()
            }
        }
    }
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, Default)]
pub struct TablesRead {
    /// Bytes of parts that were read.
    pub read: u64,
    /// Bytes of all parts to read.
    pub total: u64,
}

/// Reads the tables in `folder`. What of them cannot be read is in [`Overview::left_out`].
///
/// # Errors
/// There is nothing to tell: the sentence is for the user.
pub fn overview_of(folder: &Path, tell: &mut dyn FnMut(TablesRead)) -> Result<Overview, TablesError> {
    let name = escape(folder.as_os_str().as_encoded_bytes());
    let nothing = |found| TablesError::NoTables { folder: name.clone(), found };
    let folder = TableFolder::existing(folder).ok_or_else(|| nothing(without_manifest(folder)))?;
    let mut left_out = Vec::new();
    let rings = Rings::find(&folder, &mut left_out)?;
    if rings.entries.is_empty() && left_out.is_empty() {
        return Err(nothing(NoTables::Empty));
    }
    if rings.has_other && rings.tables.is_empty() {
        return Err(nothing(NoTables::Uncounted));
    }
    let format = rings.format();
    let has = |table: Table| rings.tables.contains(&table);
    let attempts = if has(Table::Upgrades) { Table::Upgrades } else { Table::Sessions };
    let mut tally = Tally::new(attempts, Caps::USUAL);
    let parts_read = rings.count(&mut tally, tell, &mut left_out);
    if parts_read == 0
        && let Some(first) = left_out.first()
    {
        return Err(TablesError::Unreadable { folder: name, first: first.reason.clone() });
    }
    let absent = COUNTED.into_iter().filter(|table| !has(*table) && !rings.tables.is_empty());
    let mut overview = Overview {
        folder: name,
        format,
        absent: absent.collect(),
        span: None,
        timeline: Timeline::default(),
        totals: rings.totals(),
        faults: rings.faults(),
        left_out: Capped::first(left_out, UNREAD),
        remarks: rings.remarks(),
        kinds: Vec::new(),
        news: Vec::new(),
        hosts: Capped::default(),
        causes: Capped::default(),
        ends: Capped::default(),
        answers: Vec::new(),
        slowest: None,
        clients: Capped::default(),
        servers: Capped::default(),
    };
    overview::fill(&mut overview, &tally, &mut |seen| rings.example(seen));
    Ok(overview)
}

/// What is in a folder that has no manifest.
fn without_manifest(folder: &Path) -> NoTables {
    if !folder.is_dir() {
        return NoTables::NotThere;
    }
    for table in Table::ALL {
        let path = folder.join(table.name());
        if path.is_dir() {
            return NoTables::NoManifest;
        }
        if [TableFormat::Parquet, TableFormat::Csv]
            .iter()
            .any(|format| path.with_extension(format.name()).is_file())
        {
            return NoTables::OfOneCapture;
        }
    }
    NoTables::Nothing
}

/// The rings whose tables are whole, and the parts to read.
struct Rings {
    entries: Vec<RingEntry>,
    parts: Vec<ListedPart>,
    /// The tables that there are parts of, among those that are counted.
    tables: HashSet<Table>,
    /// There are parts of others.
    has_other: bool,
}

/// A part that the manifest lists.
struct ListedPart {
    /// Its ring, among the entries.
    ring: usize,
    table: Table,
    format: TableFormat,
    path: PathBuf,
    listed: PartEntry,
}

impl Rings {
    fn find(folder: &TableFolder, left_out: &mut Vec<UnreadOverview>) -> Result<Self, TableFolderError> {
        let mut rings =
            Self { entries: Vec::new(), parts: Vec::new(), tables: HashSet::new(), has_other: false };
        for ring in folder.rings()? {
            let entry = match folder.entry(&ring) {
                Ok(Some(entry)) => entry,
                // It was there when the manifest was listed.
                Ok(None) => continue,
                Err(error) => {
                    left_out.push(UnreadOverview { host: String::new(), reason: error.to_string() });
                    continue;
                }
            };
            match entry.progress {
                Placement::Done => rings.add(folder, entry),
                Placement::Placing => {
                    let reason = format!(
                        "{}: its parts were being put in their places when that was broken off, or they are right now; the \
                         command that makes the tables goes on with it",
                        entry.captures
                    );
                    left_out.push(UnreadOverview { host: entry.host, reason });
                }
            }
        }
        Ok(rings)
    }

    fn add(&mut self, folder: &TableFolder, entry: RingEntry) {
        let ring = self.entries.len();
        let mut parts = Vec::new();
        for listed in &entry.parts {
            let table = listed.path.split('/').next();
            let table = COUNTED.into_iter().find(|known| table == Some(known.name()));
            let format = [TableFormat::Parquet, TableFormat::Csv].into_iter();
            let extension = listed.path.rsplit_once('.').map(|(_, extension)| extension);
            let format = format.into_iter().find(|format| extension == Some(format.name()));
            match table.zip(format) {
                Some((table, format)) => {
                    self.tables.insert(table);
                    let (path, listed) = (folder.path(listed), listed.clone());
                    parts.push(ListedPart { ring, table, format, path, listed });
                }
                None => self.has_other = true,
            }
        }
        // In the order in which they are counted, and by their days.
        parts.sort_by(|a, b| {
            order(a.table).cmp(&order(b.table)).then_with(|| a.listed.path.cmp(&b.listed.path))
        });
        self.parts.extend(parts);
        self.entries.push(entry);
    }

    fn format(&self) -> TableFormat {
        self.parts.first().map_or(TableFormat::Parquet, |part| part.format)
    }

    /// Counts the rows of all parts. Returns how many could be read.
    fn count(
        &self,
        tally: &mut Tally,
        tell: &mut dyn FnMut(TablesRead),
        left_out: &mut Vec<UnreadOverview>,
    ) -> usize {
        let mut read = TablesRead { read: 0, total: self.parts.iter().map(|part| part.listed.size).sum() };
        let mut parts_read = 0;
        let mut numbered = self.parts.iter().enumerate().peekable();
        for (ring, entry) in self.entries.iter().enumerate() {
            tally.ring(&entry.host);
            while let Some((number, part)) = numbered.next_if(|(_, part)| part.ring == ring) {
                tally.part(number);
                let mut rows = 0_u64;
                let result = part.read(Tally::columns(part.table), &mut |number, row| {
                    rows += 1;
                    tally.row(part.table, number, row);
                });
                match result {
                    Ok(()) => parts_read += 1,
                    Err(error) => left_out.push(UnreadOverview {
                        host: entry.host.clone(),
                        reason: format!(
                            "{}: {error}; {}. Make it anew: wsight --force -f {} -o TABLES CAPTURES",
                            part.shown(),
                            match rows {
                                0 => "none of its rows is counted".to_owned(),
                                rows => format!("its first {} rows are counted", Thousands(rows)),
                            },
                            part.format.name(),
                        ),
                    }),
                }
                read.read += part.listed.size;
                tell(read);
            }
        }
        parts_read
    }

    fn totals(&self) -> Totals {
        let hosts: BTreeSet<&str> = self.entries.iter().map(|entry| entry.host.as_str()).collect();
        Totals {
            hosts: hosts.len() as u64,
            captures: self.entries.len() as u64,
            files: self.entries.iter().map(|entry| entry.files.len() as u64).sum(),
            file_bytes: self.entries.iter().map(RingEntry::size).sum(),
            ..Totals::default()
        }
    }

    fn faults(&self) -> Capped<UnreadOverview> {
        let faults = self.entries.iter().flat_map(|entry| {
            let unread =
                |reason: &String| UnreadOverview { host: entry.host.clone(), reason: reason.clone() };
            entry.faults.iter().map(move |fault| unread(&fault.reason))
        });
        Capped::first(faults.collect(), UNREAD)
    }

    fn remarks(&self) -> Vec<String> {
        let mut choices: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in &self.entries {
            *choices.entry(&entry.options).or_default() += 1;
        }
        let several = (choices.len() > 1).then(|| {
            format!(
                "The captures were analyzed with {} different choices of options, keys or versions, so their figures may not be \
                 comparable.",
                choices.len()
            )
        });
        several.into_iter().collect()
    }

    /// What an example says, and the command that shows it.
    fn example(&self, seen: &Seen) -> Example {
        let part = self.parts.get(seen.part);
        let entry = part.and_then(|part| self.entries.get(part.ring));
        let session = seen.session.zip(entry);
        Example {
            host: entry.map(|entry| entry.host.clone()).unwrap_or_default(),
            file: escape(seen.file.as_bytes()),
            packet: seen.packet,
            time: seen.time,
            words: part.map(|part| part.words(seen.row)).unwrap_or_default(),
            command: session.and_then(|(session, entry)| {
                Some(format!("wsight -f text --session {session} {}", self.files(entry)?))
            }),
        }
    }

    /// The files of a ring, as words of a command line: each by its name, or together by a pattern that no other file has.
    fn files(&self, entry: &RingEntry) -> Option<String> {
        let paths: Vec<&str> = entry.files.iter().map(|file| file.path.as_str()).collect();
        if paths.len() <= NAMED_FILES {
            let quoted: Vec<String> = paths.iter().map(|path| quoted(path)).collect();
            return Some(quoted.join(" "));
        }
        let pattern = pattern(&paths)?;
        let compiled = glob::Pattern::new(&pattern).ok()?;
        let folder = pattern.rsplit_once('/').map(|(folder, _)| folder);
        let in_folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder) == folder;
        let all = self.entries.iter().flat_map(|entry| &entry.files);
        let matched = all.filter(|file| in_folder(&file.path) && compiled.matches(&file.path)).count();
        (matched == paths.len()).then(|| quoted(&pattern))
    }
}

const fn order(table: Table) -> usize {
    match table {
        Table::Findings => 0,
        Table::Upgrades => 1,
        Table::Sessions => 2,
        Table::Tls | Table::Frames | Table::Messages => 3,
    }
}

impl ListedPart {
    fn shown(&self) -> String {
        escape(self.path.as_os_str().as_encoded_bytes())
    }

    fn read(
        &self,
        columns: &[&'static str],
        row: &mut dyn FnMut(u64, &super::part::Row<'_>),
    ) -> Result<(), PartError> {
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(PartError::Missing),
            Err(error) => return Err(PartError::Unreadable(error)),
        };
        let (found, listed) = (found.len(), self.listed.size);
        if found != listed {
            return Err(PartError::Length { found, listed });
        }
        self.part(columns).read(&|_| true, row)
    }

    fn part<'a>(&'a self, columns: &'a [&'static str]) -> Part<'a> {
        Part { path: &self.path, table: self.table, format: self.format, columns }
    }

    /// What the row with this number says: the sentence of a finding, what an attempt asked for and was answered, or what a
    /// session was about.
    fn words(&self, wanted: u64) -> String {
        let columns: &[&'static str] = match self.table {
            Table::Findings => &["summary"],
            Table::Upgrades => &["target", "host_header", "origin", "status", "reason"],
            Table::Sessions => &["target", "host_header", "close_reason"],
            Table::Tls | Table::Frames | Table::Messages => &[],
        };
        let mut words = Vec::new();
        let mut take = |number: u64, row: &super::part::Row<'_>| {
            if number != wanted {
                return;
            }
            for (at, column) in columns.iter().enumerate() {
                let value = row.text(at).filter(|text| !text.is_empty()).map(|text| escape(text.as_bytes()));
                let value = value.or_else(|| row.whole(at).map(|value| value.to_string()));
                words.extend(value.map(|value| match *column {
                    "host_header" => format!("Host: {value}"),
                    "origin" => format!("Origin: {value}"),
                    "close_reason" => format!("reason “{value}”"),
                    _ => value,
                }));
            }
        };
        // It could be read before; what cannot any more has nothing to say.
        let _ = self.part(columns).read(&|rows| rows.contains(&wanted), &mut take);
        words.join(", ")
    }
}

/// A word of a command line that the shell leaves as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A pattern for files whose names differ in one place.
fn pattern(paths: &[&str]) -> Option<String> {
    let first = *paths.first()?;
    let common = |of: &dyn Fn(&str) -> usize| paths.iter().map(|path| of(path)).min().unwrap_or_default();
    let begin = common(&|path| {
        let same = first.char_indices().zip(path.chars()).take_while(|((_, a), b)| a == b);
        same.last().map_or(0, |((at, letter), _)| at + letter.len_utf8())
    });
    let (begin, rest) = first.split_at_checked(begin)?;
    let end = common(&|path| {
        let path = path.get(begin.len()..).unwrap_or_default();
        let same = rest.chars().rev().zip(path.chars().rev()).take_while(|(a, b)| a == b);
        same.map(|(letter, _)| letter.len_utf8()).sum()
    });
    let (middle, end) = rest.split_at_checked(rest.len() - end)?;
    let is_in_name = !middle.contains('/') && !end.contains('/');
    is_in_name.then(|| format!("{}*{}", glob::Pattern::escape(begin), glob::Pattern::escape(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_ring_have_a_pattern_if_their_names_differ_in_one_place() {
        let of = |paths: &[&str]| pattern(paths);
        assert_eq!(of(&["/a/ring_1.pcap", "/a/ring_22.pcap"]).unwrap(), "/a/ring_*.pcap");
        assert_eq!(of(&["/a/t.pcap", "/a/t.pcap1", "/a/t.pcap10"]).unwrap(), "/a/t.pcap*");
        assert_eq!(of(&["/a[1]/é1.pcap", "/a[1]/é2.pcap"]).unwrap(), "/a[[]1[]]/é*.pcap");
        // The days are folders, which a `*` does not lead into.
        assert_eq!(of(&["/2026-11-27/x.pcap", "/2026-11-28/x.pcap"]), None);
        assert_eq!(quoted("/it's"), r"'/it'\''s'");
    }
}
