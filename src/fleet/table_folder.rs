//! The folder of the tables: parts are staged in it, and put in their places once all of a ring are whole.
//!
//! Every part that is in its place stands in the entry of its ring. Whatever breaks a run off, the next one knows which parts
//! it may have left, and replaces them.

use super::manifest::{FileEntry, PartEntry, Placement, RingEntry};
use super::ring::Ring;
use crate::model::escape;
use crate::report::{TableFormat, TablePart};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where parts wait until they are whole. Databases leave out names that begin with a dot.
const STAGING: &str = ".staging";

/// Where the entries are.
const MANIFEST: &str = "manifest";

/// The folder of the tables.
#[derive(Clone, Debug)]
pub struct TableFolder {
    folder: PathBuf,
}

/// Something in the folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", escape(.path.as_os_str().as_encoded_bytes()))]
pub struct TableFolderError {
    /// Where.
    pub path: PathBuf,
    /// The reason.
    pub error: io::Error,
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, TableFolderError> {
    result.map_err(|error| TableFolderError { path: path.to_owned(), error })
}

impl TableFolder {
    /// Tables in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> Result<Self, TableFolderError> {
        let manifest = folder.join(MANIFEST);
        at(&manifest, fs::create_dir_all(&manifest))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The tables that this folder has, which are only read; `None` where there is no manifest in it.
    pub fn existing(folder: &Path) -> Option<Self> {
        folder.join(MANIFEST).is_dir().then(|| Self { folder: folder.to_owned() })
    }

    /// Where a part is.
    pub fn path(&self, part: &PartEntry) -> PathBuf {
        self.folder.join(&part.path)
    }

    /// What the manifest says of a ring; `None` where it has not been analyzed.
    ///
    /// # Errors
    /// There is an entry, and it cannot be read.
    pub fn entry(&self, ring: &str) -> Result<Option<RingEntry>, TableFolderError> {
        let path = self.entry_path(ring);
        match fs::read(&path) {
            Ok(bytes) => at(&path, serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TableFolderError { path, error }),
        }
    }

    /// A file of one of these rings that the tables have as one of another ring, and the host that it is from there: analyzed
    /// once more, its rows would be there twice.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn claimed(&self, rings: &[Ring]) -> Result<Option<(String, String)>, TableFolderError> {
        let ids: BTreeMap<String, String> = rings
            .iter()
            .flat_map(|ring| {
                let id = ring.id();
                ring.files.iter().map(move |file| (FileEntry::of(&file.path).path, id.clone()))
            })
            .collect();
        for ring in self.rings()? {
            let Some(entry) = self.entry(&ring)? else { continue };
            let is_claimed = |file: &&FileEntry| ids.get(&file.path).is_some_and(|id| *id != entry.ring);
            if let Some(file) = entry.files.iter().find(is_claimed) {
                return Ok(Some((file.path.clone(), entry.host)));
            }
        }
        Ok(None)
    }

    /// The rings that the manifest knows, in order of their names.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub fn rings(&self) -> Result<Vec<String>, TableFolderError> {
        let folder = self.folder.join(MANIFEST);
        let mut rings = Vec::new();
        for listed in at(&folder, fs::read_dir(&folder))? {
            let name = at(&folder, listed)?.file_name();
            rings.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
        }
        rings.sort_unstable();
        Ok(rings)
    }

    /// A place for the parts of a ring of this host. What an earlier run left there is removed.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn stage(&self, ring: &str, host: &str, format: TableFormat) -> Result<Staging, TableFolderError> {
        let folder = self.folder.join(STAGING).join(ring);
        if folder.exists() {
            at(&folder, fs::remove_dir_all(&folder))?;
        }
        at(&folder, fs::create_dir_all(&folder))?;
        let host = partition_value(host);
        Ok(Staging { folder, ring: ring.to_owned(), host, format, parts: Vec::new() })
    }

    /// Puts what was staged in its place and removes what `before` had besides. Returns the entry, which is in the manifest
    /// then.
    ///
    /// # Errors
    /// A file cannot be written. The manifest then knows of all parts that may be there.
    pub fn keep(
        &self,
        staging: &Staging,
        before: Option<&RingEntry>,
        mut entry: RingEntry,
    ) -> Result<RingEntry, TableFolderError> {
        let mut parts = Vec::with_capacity(staging.parts.len());
        for path in &staging.parts {
            let staged = staging.folder.join(path);
            let size = at(
                &staged,
                File::options().append(true).open(&staged).and_then(|file| {
                    file.sync_all()?;
                    Ok(file.metadata()?.len())
                }),
            )?;
            parts.push(PartEntry { path: path.clone(), size });
        }
        parts.sort_unstable();
        let old = before.map(|before| before.parts.clone()).unwrap_or_default();
        let new: BTreeSet<&String> = parts.iter().map(|part| &part.path).collect();
        let left: Vec<PartEntry> = old.into_iter().filter(|part| !new.contains(&part.path)).collect();

        entry.progress = Placement::Placing;
        entry.parts = [parts.clone(), left.clone()].concat();
        self.write(&entry)?;
        for PartEntry { path, .. } in &left {
            self.remove(path)?;
        }
        for PartEntry { path, .. } in &parts {
            let place = self.folder.join(path);
            let folder = place.parent().unwrap_or(&self.folder);
            at(folder, fs::create_dir_all(folder))?;
            at(&place, fs::rename(staging.folder.join(path), &place))?;
        }
        entry.progress = Placement::Done;
        entry.parts = parts;
        self.write(&entry)?;
        // Nothing but empty folders is left in it.
        let _ = fs::remove_dir_all(&staging.folder);
        Ok(entry)
    }

    /// Removes the folder of what is staged, if nothing is.
    pub fn close(&self) {
        // Another run may be at work.
        let _ = fs::remove_dir(self.folder.join(STAGING));
    }

    fn entry_path(&self, ring: &str) -> PathBuf {
        self.folder.join(MANIFEST).join(format!("{ring}.json"))
    }

    fn write(&self, entry: &RingEntry) -> Result<(), TableFolderError> {
        let path = self.entry_path(&entry.ring);
        let staged = self.folder.join(STAGING).join(format!("{}.json", entry.ring));
        let write = || {
            let mut line = serde_json::to_vec(entry)?;
            line.push(b'\n');
            let mut file = File::create(&staged)?;
            file.write_all(&line)?;
            file.sync_all()?;
            fs::rename(&staged, &path)
        };
        at(&path, write())
    }

    /// Removes a part, and the folders that are empty then.
    fn remove(&self, part: &str) -> Result<(), TableFolderError> {
        let path = self.folder.join(part);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(TableFolderError { path, error });
            }
            Ok(()) | Err(_) => {}
        }
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|folder| *folder != self.folder) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        Ok(())
    }
}

/// Where the parts of a ring wait.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    ring: String,
    /// As the name of a folder has it.
    host: String,
    format: TableFormat,
    /// Paths in the folder.
    parts: Vec<String>,
}

impl Staging {
    /// Begins a file for a part.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(&mut self, part: TablePart) -> io::Result<Appending> {
        let TablePart { table, day, number } = part;
        let Self { ring, host, format, .. } = self;
        let folder = format!("{}/host={host}/day={day}", table.name());
        let path = match number {
            0 => format!("{folder}/{ring}.{}", format.name()),
            _ => format!("{folder}/{ring}.{number}.{}", format.name()),
        };
        fs::create_dir_all(self.folder.join(&folder))?;
        let file = self.folder.join(&path);
        File::create(&file)?;
        self.parts.push(path);
        Ok(Appending { file })
    }
}

/// Writes to the end of a file, which is open only meanwhile: there may be hundreds of them.
#[derive(Debug)]
pub struct Appending {
    file: PathBuf,
}

impl Write for Appending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        File::options().append(true).open(&self.file)?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value in the name of a folder, as Hive writes it: what may not stand there, as `%` and two digits.
fn partition_value(value: &str) -> String {
    let mut escaped = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&hex::encode_upper([byte]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_host_leaves_its_folder() {
        assert_eq!(partition_value("web-1.example"), "web-1.example");
        assert_eq!(partition_value("../../etc"), "..%2F..%2Fetc");
        assert_eq!(partition_value("a=b c\u{e9}"), "a%3Db%20c%C3%A9");
    }
}
