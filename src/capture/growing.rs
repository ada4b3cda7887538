//! A file that is still being written: where it ends, more is waited for, or another file has taken its place.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Time between two looks at its end.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// How a file came to its end although its writer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Succession {
    /// There is another file of its name.
    Replaced,
    /// It was emptied, and is written anew.
    Emptied,
}

/// Reads a file, and what is written to it later.
#[derive(Debug)]
pub(super) struct GrowingFile {
    file: File,
    path: PathBuf,
    /// Bytes read so far.
    read: u64,
    /// Once it is set, the end is the end.
    is_over: Arc<AtomicBool>,
    /// Why it ended before.
    rotation: Arc<OnceLock<Succession>>,
}

impl GrowingFile {
    /// Follows `file`, which was opened at `path`, until `is_over`, or until what it says in `rotation`.
    pub(super) const fn new(
        file: File,
        path: PathBuf,
        is_over: Arc<AtomicBool>,
        rotation: Arc<OnceLock<Succession>>,
    ) -> Self {
        Self { file, path, read: 0, is_over, rotation }
    }

    /// What has become of it; nothing while nobody has created the next one.
    fn rotation(&self) -> io::Result<Option<Succession>> {
        let own = self.file.metadata()?;
        if own.len() < self.read {
            return Ok(Some(Succession::Emptied));
        }
        let is_another = fs::metadata(&self.path).is_ok_and(|named| !is_same_file(&own, &named));
        Ok(is_another.then_some(Succession::Replaced))
    }
}

/// Whether both are about the same file.
#[cfg(unix)]
pub(crate) fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere nothing tells.
#[cfg(not(unix))]
pub(crate) const fn is_same_file(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

impl Read for GrowingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            // Asked first: what was written before is still read.
            let is_over = self.is_over.load(Ordering::Relaxed);
            let rotation = self.rotation()?;
            let read = self.file.read(out)?;
            self.read += read as u64;
            if read > 0 || is_over || out.is_empty() {
                return Ok(read);
            }
            if let Some(rotation) = rotation {
                // It is set once: there is no more of this file.
                let _ = self.rotation.set(rotation);
                return Ok(0);
            }
            thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn growing(file: &tempfile::NamedTempFile) -> (GrowingFile, Arc<AtomicBool>, Arc<OnceLock<Succession>>) {
        let (is_over, rotation) = <(Arc<AtomicBool>, Arc<OnceLock<Succession>>)>::default();
        let path = file.path().to_owned();
        let growing =
            GrowingFile::new(file.reopen().unwrap(), path, Arc::clone(&is_over), Arc::clone(&rotation));
        (growing, is_over, rotation)
    }

    #[test]
    fn what_is_written_later_is_read_until_it_is_over() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one").unwrap();
        let (mut growing, is_over, rotation) = growing(&file);
        let mut read = [0; 3];
        growing.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"one");
        // It waits, while another thread writes.
        let waiting = thread::spawn(move || {
            let mut rest = String::new();
            growing.read_to_string(&mut rest).map(|_| rest)
        });
        file.write_all(b"two").unwrap();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(waiting.join().unwrap().unwrap(), "two");
        assert_eq!(rotation.get(), None);
    }

    #[test]
    fn it_ends_where_another_file_takes_its_name_or_it_is_emptied() {
        for rotated in [Succession::Replaced, Succession::Emptied] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(b"old").unwrap();
            let (mut growing, _, rotation) = growing(&file);
            let mut first = [0; 2];
            growing.read_exact(&mut first).unwrap();
            if rotated == Succession::Replaced {
                fs::rename(file.path(), file.path().with_extension("1")).unwrap();
                fs::write(file.path(), b"new").unwrap();
            } else {
                file.as_file().set_len(0).unwrap();
            }
            let mut rest = String::new();
            growing.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, if rotated == Succession::Replaced { "d" } else { "" });
            assert_eq!(rotation.get(), Some(&rotated));
            let _ = fs::remove_file(file.path().with_extension("1"));
        }
    }
}
