//! Output whose errors say where it goes.

use super::status::complain;
use std::error::Error;
use std::io::{self, Write};

/// Writes to a place that has a name.
#[derive(Debug)]
pub(super) struct PlacedWriter<W> {
    out: W,
    /// What cannot be done if it cannot be written to, behind its name, which is fit for a terminal.
    failure: String,
}

/// A place cannot be written to: the sentence is for the user.
#[derive(Debug, thiserror::Error)]
#[error("{failure}: {error}")]
struct Unwritable {
    failure: String,
    error: io::Error,
}

impl<W> PlacedWriter<W> {
    /// Writes to `out`; if that fails, `failure` is what it means.
    pub(super) const fn new(out: W, failure: String) -> Self {
        Self { out, failure }
    }

    fn placed(&self, error: io::Error) -> io::Error {
        // Who writes tries again.
        if error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        io::Error::new(error.kind(), Unwritable { failure: self.failure.clone(), error })
    }
}

impl<W: Write> Write for PlacedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| self.placed(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.placed(error))
    }
}

/// Says why the output cannot be written, and where, if that is known: formats put errors into their own.
pub(super) fn say_why(error: &io::Error) {
    let mut inner: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = inner {
        if let Some(placed) = error.downcast_ref::<Unwritable>() {
            return complain(placed);
        }
        inner = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|error| error as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    complain(format_args!("the output cannot be written: {error}"));
}
