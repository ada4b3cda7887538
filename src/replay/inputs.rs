//! The inputs, read for the first time and again: each time, what several of them hold counts once.

use crate::capture::{Files, Input, Sift, Sifted, Source, Spool, SpoolError};
use crate::model::Limits;
use crate::pipeline::{Overlaps, Repeats};
use std::fs::File;
use std::sync::Arc;

/// What is loaded, and read again.
#[derive(Debug)]
pub(super) struct Inputs {
    spool: Arc<Spool>,
    /// Those that are compared.
    compared: Vec<Input>,
    limits: Limits,
    overlaps: Overlaps,
}

impl Inputs {
    /// Stored captures.
    pub(super) fn stored(inputs: Vec<Input>, limits: Limits) -> Self {
        let compared = if inputs.len() < 2 { Vec::new() } else { inputs.clone() };
        Self { spool: Spool::new(inputs), compared, limits, overlaps: Overlaps::default() }
    }

    /// What others copy to a file while they capture it; messages call it `name`.
    pub(super) fn copied(name: &str, copy: File, limits: Limits) -> Self {
        let spool = Spool::copied(name, copy);
        Self { spool, compared: Vec::new(), limits, overlaps: Overlaps::default() }
    }

    /// The files for the first time, as they are.
    pub(super) fn files(&self) -> Files {
        self.spool.first()
    }

    /// What to read of the [files](Self::files).
    pub(super) fn first(&self, files: Files) -> Box<dyn Source + Send> {
        self.once(files, self.overlaps.clone())
    }

    /// Reads again what was read so far.
    ///
    /// # Errors
    /// An input has changed, or could not be copied.
    pub(super) fn again(&self) -> Result<Box<dyn Source + Send>, SpoolError> {
        Ok(self.once(self.files_again()?, Overlaps::default()))
    }

    /// The same, with the packets that several inputs hold.
    ///
    /// # Errors
    /// As [`Inputs::again`].
    pub(super) fn files_again(&self) -> Result<Files, SpoolError> {
        self.spool.again()
    }

    /// What tells packets that an earlier input holds as well, for one reading.
    pub(super) fn sift(&self, overlaps: Overlaps) -> Option<Box<dyn Sift>> {
        if self.compared.is_empty() {
            return None;
        }
        Some(Box::new(Repeats::new(&self.compared, &self.limits, overlaps, None)))
    }

    /// What the inputs have in common, as far as they were read.
    pub(super) const fn overlaps(&self) -> &Overlaps {
        &self.overlaps
    }

    fn once(&self, files: Files, overlaps: Overlaps) -> Box<dyn Source + Send> {
        match self.sift(overlaps) {
            None => Box::new(files),
            Some(sift) => Box::new(Sifted::new(files, sift)),
        }
    }
}
