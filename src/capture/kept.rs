//! What is kept of inputs so that they can be read again, and how it comes to be.

use crate::model::FileId;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// First bytes of a file that are compared to know it again.
const HEAD: usize = 512;

/// What is kept of the inputs that were opened so far.
#[derive(Debug, Default)]
pub(super) struct Keeper(Mutex<Vec<(FileId, Kept)>>);

/// Where an input can be read again.
#[derive(Debug)]
enum Kept {
    /// Where it was, as long as it does not change.
    InPlace { file: Arc<File>, length: u64, modified: Option<SystemTime>, head: Vec<u8> },
    /// In a temporary file, if it could be written.
    Copy(Result<Arc<File>, io::ErrorKind>),
}

/// Why an input cannot be read again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// It is shorter than it was.
    #[error("{input}: it has become shorter since it was read: payloads can no longer be shown")]
    Shrunk {
        /// Its name.
        input: String,
    },
    /// It is not what it was.
    #[error("{input}: it has changed since it was read: payloads can no longer be shown")]
    Changed {
        /// Its name.
        input: String,
    },
    /// The copy could not be written.
    #[error(
        "{input}: its temporary copy could not be written ({reason}): payloads cannot be shown; \
        set TMPDIR to a place with room"
    )]
    NoCopy {
        /// Its name.
        input: String,
        /// The system's reason.
        reason: io::ErrorKind,
    },
    /// The system does not give it.
    #[error("{input}: it cannot be read again: {error}")]
    Read {
        /// Its name.
        input: String,
        /// The system's reason.
        error: io::Error,
    },
}

impl Keeper {
    /// Opens everything again, by the names of the inputs.
    pub(super) fn open(
        &self,
        name: impl Fn(FileId) -> String,
    ) -> Result<Vec<(FileId, String, PositionedFile)>, SpoolError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(id, kept)| Ok((*id, name(*id), kept.open(name(*id))?))).collect()
    }

    /// Notes what others copy to a file while they capture it.
    pub(super) fn keep_copy(&self, id: FileId, copy: File) {
        self.keep(id, Kept::Copy(Ok(Arc::new(copy))));
    }

    /// Notes a file that can be read again where it is.
    pub(super) fn keep_in_place(&self, id: FileId, file: File) -> io::Result<()> {
        let data = file.metadata()?;
        let file = Arc::new(file);
        let head = head(&file)?;
        let kept = Kept::InPlace { length: data.len(), modified: data.modified().ok(), head, file };
        self.keep(id, kept);
        Ok(())
    }

    /// What was read of it is not there any more.
    pub(super) fn forget(&self, id: FileId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| *other != id);
    }

    fn keep(&self, id: FileId, kept: Kept) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(other, _)| *other != id);
        all.push((id, kept));
    }
}

impl Kept {
    fn open(&self, input: String) -> Result<PositionedFile, SpoolError> {
        let file = match self {
            Self::Copy(Ok(file)) => file,
            Self::Copy(Err(reason)) => return Err(SpoolError::NoCopy { input, reason: *reason }),
            Self::InPlace { file, length, modified, head: known } => {
                let look = || Ok((file.metadata()?, head(file)?));
                let (data, head) = match look() {
                    Ok(found) => found,
                    Err(error) => return Err(SpoolError::Read { input, error }),
                };
                if data.len() < *length {
                    return Err(SpoolError::Shrunk { input });
                }
                // A capture that is still being written grows: what has been read of it does not change.
                let is_touched = data.len() == *length && data.modified().ok() != *modified;
                if is_touched || !head.starts_with(known) {
                    return Err(SpoolError::Changed { input });
                }
                file
            }
        };
        Ok(PositionedFile { file: Arc::clone(file), position: 0 })
    }
}

fn head(file: &Arc<File>) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    PositionedFile { file: Arc::clone(file), position: 0 }.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Copies what is read of one input, where that is needed.
#[derive(Debug)]
pub(super) struct Copier {
    keeper: Arc<Keeper>,
    id: FileId,
    /// Only if the input is compressed: it stays where it is otherwise.
    is_file: bool,
    copy: Option<Arc<File>>,
    failed: bool,
}

impl Copier {
    pub(super) const fn new(keeper: Arc<Keeper>, id: FileId, is_file: bool) -> Self {
        Self { keeper, id, is_file, copy: None, failed: false }
    }

    /// Takes the next bytes, decompressed. A copy that fails is reported when it is needed: what is read serves
    /// without.
    pub(super) fn take(&mut self, bytes: &[u8], is_compressed: bool) {
        if self.failed || (self.is_file && !is_compressed) {
            return;
        }
        if let Err(error) = self.write(bytes) {
            self.failed = true;
            self.copy = None;
            self.keeper.keep(self.id, Kept::Copy(Err(error.kind())));
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = if let Some(file) = &self.copy {
            file
        } else {
            let file = Arc::new(tempfile::tempfile()?);
            self.keeper.keep(self.id, Kept::Copy(Ok(Arc::clone(&file))));
            self.copy.insert(file)
        };
        (&**file).write_all(bytes)
    }
}

/// Reads a file from its start, whoever else reads or writes it at another place.
#[derive(Debug)]
pub(crate) struct PositionedFile {
    file: Arc<File>,
    position: u64,
}

impl PositionedFile {
    /// From this position on.
    pub(crate) const fn new(file: Arc<File>, position: u64) -> Self {
        Self { file, position }
    }

    /// How many bytes there are now.
    pub(super) fn length(&self) -> u64 {
        self.file.metadata().map_or(0, |data| data.len())
    }
}

impl Read for PositionedFile {
    #[cfg(unix)]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, out, self.position)?;
        self.position += read as u64;
        Ok(read)
    }

    #[cfg(windows)]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, out, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}
