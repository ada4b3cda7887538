//! From words of the command line to the files they stand for: files, folders with captures in them, and patterns.

use crate::capture::{CaptureError, first_time};
use crate::model::{Timestamp, escape};
use glob::{MatchOptions, glob_with};
use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// How patterns are read: as a shell does.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// What the words stand for.
#[derive(Debug, Default)]
pub struct Found {
    /// The captures, each of them once.
    pub files: Vec<FoundFile>,
    /// What else was in folders.
    pub passed_over: PassedOver,
    /// Folders that cannot be listed, with the reason: sentences for the user.
    pub unlisted: Vec<String>,
}

/// A capture that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is, as the words have it.
    pub path: PathBuf,
    /// When its first packet was captured; `None` where there is none, or it cannot be read.
    pub begins: Option<Timestamp>,
}

/// Files in folders that are not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// They are no captures.
    pub others: u64,
    /// There is nothing in them.
    pub empty: u64,
    /// They are compressed in a way that is not undone, and may be captures.
    pub compressed: u64,
}

impl PassedOver {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// `passed over in folders: 3 files that are no captures, 1 empty file`.
impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let told: Vec<String> = [
            several(self.others, "file that is no capture", "files that are no captures"),
            several(self.empty, "empty file", "empty files"),
            several(
                self.compressed,
                "file compressed in a way that wsight does not read",
                "files compressed in ways that wsight does not read",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        write!(f, "passed over in folders: {}", told.join(", "))
    }
}

/// Whether a word stands for more than itself: a folder, or a pattern that is not the name of a file.
pub fn is_several(word: &OsStr) -> bool {
    Path::new(word).is_dir() || pattern(word).is_some()
}

/// A word that is a pattern, as text.
fn pattern(word: &OsStr) -> Option<&str> {
    let text = word.to_str()?;
    let is_pattern = text.contains(['*', '?', '[']);
    (is_pattern && fs::symlink_metadata(word).is_err()).then_some(text)
}

/// Whether a word is a pattern that some path matches.
pub fn is_matched(word: &OsStr) -> bool {
    let found = pattern(word).and_then(|pattern| glob_with(pattern, AS_A_SHELL).ok());
    found.is_some_and(|mut matches| matches.next().is_some())
}

/// Finds the captures that `words` stand for. In folders, and all below them, files are captures by their contents; hidden
/// ones are left alone, and so is the folder `out`. Files that are named, or match a pattern, are captures whatever is in
/// them: it is told when they are read.
///
/// # Errors
/// A pattern is none, or nothing matches it, or a word cannot be read more than once: the sentence is for the user.
pub fn find(words: &[&OsStr], out: Option<&Path>) -> Result<Found, String> {
    let mut finder = Finder { out: out.and_then(|out| out.canonicalize().ok()), ..Finder::default() };
    for word in words {
        let shown = escape(word.as_encoded_bytes());
        if *word == "-" {
            return Err(
                "standard input cannot be read beside folders and patterns; save it to a file".to_owned()
            );
        }
        let Some(pattern) = pattern(word) else {
            finder.named(Path::new(word));
            continue;
        };
        let matches =
            glob_with(pattern, AS_A_SHELL).map_err(|error| format!("`{shown}` is no pattern: {error}"))?;
        let mut is_matched = false;
        for path in matches {
            is_matched = true;
            match path {
                Ok(path) => finder.named(&path),
                Err(error) => finder.unlisted(error.path(), error.error()),
            }
        }
        if !is_matched {
            return Err(format!("`{shown}` matches no file"));
        }
    }
    Ok(finder.found)
}

#[derive(Default)]
struct Finder {
    out: Option<PathBuf>,
    found: Found,
    /// Files and folders that were seen, by where links lead.
    seen: HashSet<PathBuf>,
}

impl Finder {
    /// A file or a folder that was named, or matches a pattern.
    fn named(&mut self, path: &Path) {
        if path.is_dir() {
            self.folder(path);
        } else if self.is_new(path) {
            let begins = if path.is_file() { first_time(path).ok().flatten() } else { None };
            self.found.files.push(FoundFile { path: path.to_owned(), begins });
        }
    }

    fn is_new(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    /// All captures in a folder and below it. Links come last: what is there under its own name is found by that.
    fn folder(&mut self, folder: &Path) {
        let mut folders = vec![folder.to_owned()];
        let mut links: VecDeque<PathBuf> = VecDeque::new();
        loop {
            let Some(folder) = folders.pop() else {
                let Some(link) = links.pop_front() else { return };
                if link.is_dir() {
                    folders.push(link);
                } else {
                    self.in_folder(link);
                }
                continue;
            };
            let is_out = self.out.is_some() && folder.canonicalize().ok() == self.out;
            if is_out || !self.is_new(&folder) {
                continue;
            }
            let listed = fs::read_dir(&folder).and_then(|entries| {
                entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()
            });
            let mut paths = match listed {
                Ok(paths) => paths,
                Err(error) => {
                    self.unlisted(&folder, &error);
                    continue;
                }
            };
            paths.sort_unstable();
            let is_hidden = |path: &PathBuf| {
                path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
            };
            for path in paths.into_iter().filter(|path| !is_hidden(path)) {
                if path.is_symlink() {
                    links.push_back(path);
                } else if path.is_dir() {
                    folders.push(path);
                } else {
                    self.in_folder(path);
                }
            }
        }
    }

    /// A file in a folder, which may be anything.
    fn in_folder(&mut self, path: PathBuf) {
        // To open a named pipe would wait.
        if !path.is_file() {
            self.found.passed_over.others += 1;
            return;
        }
        if !self.is_new(&path) {
            return;
        }
        let passed_over = &mut self.found.passed_over;
        let begins = match first_time(&path) {
            Ok(begins) => begins,
            Err(CaptureError::NotACapture { .. }) => {
                passed_over.others += 1;
                return;
            }
            Err(CaptureError::Empty { .. }) => {
                passed_over.empty += 1;
                return;
            }
            Err(CaptureError::UnsupportedCompression { .. }) => {
                passed_over.compressed += 1;
                return;
            }
            // It may be one, and is told when it is read.
            Err(
                CaptureError::Open { .. }
                | CaptureError::Directory { .. }
                | CaptureError::Unsifted { .. }
                | CaptureError::Truncated { .. }
                | CaptureError::Damaged { .. }
                | CaptureError::Read { .. }
                | CaptureError::CompressedTruncated { .. }
                | CaptureError::Corrupt { .. }
                | CaptureError::Interface { .. }
                | CaptureError::Rotated { .. }
                | CaptureError::Save { .. }
                | CaptureError::KeyLogLost { .. }
                | CaptureError::SecretsBehind { .. },
            ) => None,
        };
        self.found.files.push(FoundFile { path, begins });
    }

    fn unlisted(&mut self, folder: &Path, error: &std::io::Error) {
        let name = escape(folder.as_os_str().as_encoded_bytes());
        self.found.unlisted.push(format!("{name}: this folder cannot be listed: {error}"));
    }
}
