//! Output whose errors say where it goes.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};

/// Writes to a place that has a name.
#[derive(Debug)]
pub struct PlacedWriter<W> {
    out: W,
    failure: String,
}

/// A place cannot be written to: the sentence is for the user.
#[derive(Debug, thiserror::Error)]
#[error("{failure}: {error}")]
pub struct PlacedError {
    failure: String,
    error: io::Error,
}

/// A file without a name, which is gone at the end: for what waits until it is known what stands in front of it.
pub(super) type TemporaryFile = PlacedWriter<File>;

impl<W> PlacedWriter<W> {
    /// Writes to `out`; `failure` says what cannot be done if that fails, behind the name of the place, which is fit for a
    /// terminal.
    pub const fn new(out: W, failure: String) -> Self {
        Self { out, failure }
    }

    /// What is written to.
    pub const fn get_ref(&self) -> &W {
        &self.out
    }
}

impl PlacedWriter<File> {
    /// Makes one. Its errors say where: it is not the place of the output that is full.
    ///
    /// # Errors
    /// There is no place for it.
    pub(super) fn temporary() -> io::Result<Self> {
        let folder = std::env::temp_dir();
        let name = crate::model::Escaped(folder.as_os_str().as_encoded_bytes());
        let failure = format!("{name}: no temporary file can be written there");
        match tempfile::tempfile() {
            Ok(out) => Ok(Self { out, failure }),
            Err(error) => Err(placed(&failure, error)),
        }
    }
}

impl<W: Write> Write for PlacedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| placed(&self.failure, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| placed(&self.failure, error))
    }
}

impl PlacedError {
    /// The one that led to `error`, which formats put into errors of their own; `None` where the place is not known.
    pub fn within(error: &io::Error) -> Option<&Self> {
        let mut inner: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = inner {
            if let Some(placed) = error.downcast_ref() {
                return Some(placed);
            }
            inner = match error.downcast_ref::<io::Error>() {
                Some(error) => error.get_ref().map(|error| error as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }
}

fn placed(failure: &str, error: io::Error) -> io::Error {
    // Who writes tries again.
    if error.kind() == io::ErrorKind::Interrupted {
        return error;
    }
    io::Error::new(error.kind(), PlacedError { failure: failure.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes nothing.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn errors_say_where_whatever_they_are_put_into() {
        let mut out = PlacedWriter::new(Full, "there: it cannot be written".to_owned());
        let error = out.write(b"a").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let wrapped = io::Error::other(io::Error::other(error));
        let told = PlacedError::within(&wrapped).unwrap().to_string();
        assert_eq!(told, "there: it cannot be written: no storage space");
        assert!(PlacedError::within(&io::ErrorKind::StorageFull.into()).is_none());
    }

    #[test]
    fn the_folder_of_temporary_files_is_named() {
        let file = TemporaryFile::temporary().unwrap();
        assert!(file.failure.starts_with(&*std::env::temp_dir().to_string_lossy()), "{}", file.failure);
    }
}
