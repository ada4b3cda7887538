//! What was made of each ring: an entry of one line, in a file of its own, so that rings need not wait for each other.

use super::ring::Ring;
use crate::capture::CaptureError;
use crate::model::{Timestamp, escape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is known of a ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingEntry {
    /// The name of its parts.
    pub ring: String,
    /// Its host.
    pub host: String,
    /// Its folder, and what the names of its files have in common.
    pub captures: String,
    /// How far it is.
    pub progress: Placement,
    /// What shaped the rows besides the files: the version and the options, as a hash.
    pub options: String,
    /// Its files as they were when they were read, in order.
    pub files: Vec<FileEntry>,
    /// Its parts.
    pub parts: Vec<PartEntry>,
    /// What could not be read.
    pub faults: Vec<FileFault>,
}

/// How far the tables of a ring are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Its parts are being put in their places. If that was broken off, any of them may be there or not.
    Placing,
    /// All of them are there, and nothing else is.
    Done,
}

/// A file of a ring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path, absolute, fit for a terminal.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: String,
}

/// A file with rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its path in the folder of the tables, with `/` between folders.
    pub path: String,
    /// Its length in bytes.
    pub size: u64,
}

/// Why a file could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFault {
    /// The file, fit for a terminal.
    pub file: String,
    /// The byte of the capture, decompressed, behind which nothing was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// A sentence that names both.
    pub reason: String,
}

impl FileFault {
    /// What is wrong with an input.
    pub fn new(error: &CaptureError) -> Self {
        Self {
            file: error.input().to_owned(),
            offset: error.at().map(|at| at.offset),
            reason: error.to_string(),
        }
    }
}

impl FileEntry {
    /// The file as it is now; what cannot be looked at has neither length nor time.
    pub fn of(path: &Path) -> Self {
        let data = fs::metadata(path).ok();
        let since = data.as_ref().and_then(|data| data.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        let nanos = since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
        Self {
            path: escape(super::host::plain(path).as_os_str().as_encoded_bytes()),
            size: data.map_or(0, |data| data.len()),
            modified: Timestamp::from_nanos(nanos).to_string(),
        }
    }
}

impl RingEntry {
    /// An entry for what is about to be made of a ring whose files are as they are now.
    pub fn begin(ring: &Ring, options: &str) -> Self {
        Self {
            ring: ring.id(),
            host: ring.host.clone(),
            captures: escape(ring.folder.join(&ring.name).as_os_str().as_encoded_bytes()),
            progress: Placement::Placing,
            options: options.to_owned(),
            files: ring.files.iter().map(|file| FileEntry::of(&file.path)).collect(),
            parts: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// How many bytes its files have.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Whether the tables have what would be made of `now`.
    pub fn is_current(&self, now: &Self) -> bool {
        let of = |entry: &Self| entry.files.iter().cloned().collect::<BTreeSet<FileEntry>>();
        self.progress == Placement::Done && self.options == now.options && of(self) == of(now)
    }

    /// How many of its files are no longer there in `now`.
    pub fn gone(&self, now: &Self) -> usize {
        let there: BTreeSet<&str> = now.files.iter().map(|file| file.path.as_str()).collect();
        self.files.iter().filter(|file| !there.contains(file.path.as_str())).count()
    }
}
