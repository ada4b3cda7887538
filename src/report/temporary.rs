//! Temporary files for what waits until it is known what stands in front of it.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// A file without a name, which is gone at the end. Errors say where it is: it is not the place of the output that is
/// full.
#[derive(Debug)]
pub(super) struct TemporaryFile(File);

impl TemporaryFile {
    /// Makes one.
    ///
    /// # Errors
    /// There is no place for it.
    pub(super) fn new() -> io::Result<Self> {
        tempfile::tempfile().map(Self).map_err(placed)
    }

    /// What was written, to be read.
    pub(super) const fn file(&self) -> &File {
        &self.0
    }
}

impl Write for TemporaryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(placed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(placed)
    }
}

/// A temporary file cannot be made or written.
#[derive(Debug, thiserror::Error)]
#[error("a temporary file in {}: {error}", folder.display())]
struct PlacedError {
    folder: PathBuf,
    error: io::Error,
}

fn placed(error: io::Error) -> io::Error {
    // Who writes tries again.
    if error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    io::Error::new(error.kind(), PlacedError { folder: std::env::temp_dir(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_where_the_file_is() {
        let told = placed(io::ErrorKind::StorageFull.into()).to_string();
        assert!(told.starts_with("a temporary file in ") && told.ends_with(": no storage space"), "{told}");
        assert!(told.contains(&*std::env::temp_dir().to_string_lossy()), "{told}");
    }
}
