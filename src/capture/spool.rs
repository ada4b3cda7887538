//! Inputs that can be read a second time: files where they are, everything else from a private copy.

use super::files::Files;
use super::input::Input;
use super::kept::{Keeper, SpoolError};
use crate::model::FileId;
use std::fs::File;
use std::sync::Arc;

/// Remembers, while inputs are read for the first time, what is needed to read them again.
///
/// A plain file stays open and is read again in place. Standard input, pipes and compressed files are copied,
/// decompressed, to a temporary file that only this user can read and that has no name: it is gone with the process,
/// however that ends.
#[derive(Debug)]
pub struct Spool {
    inputs: Vec<Input>,
    keeper: Arc<Keeper>,
}

impl Spool {
    /// For these inputs; none is opened yet.
    pub fn new(inputs: Vec<Input>) -> Arc<Self> {
        Arc::new(Self { inputs, keeper: Arc::default() })
    }

    /// For what others copy to a file while they capture it; messages call it `name`.
    pub fn copied(name: &str, copy: File) -> Arc<Self> {
        let spool = Self::new(vec![Input::File(name.into())]);
        spool.keeper.keep_copy(FileId(0), copy);
        spool
    }

    /// Reads the inputs for the first time.
    pub fn first(&self) -> Files {
        Files::kept(self.inputs.clone(), Arc::clone(&self.keeper))
    }

    /// Reads again what has been read so far; while the first reading continues, up to where it is.
    ///
    /// # Errors
    /// An input has changed, or could not be copied.
    pub fn again(&self) -> Result<Files, SpoolError> {
        let name =
            // The successors of a file that is followed have its name.
            |id: FileId| self.inputs.get(usize::from(id.0)).or(self.inputs.last());
        let name = |id| name(id).map_or_else(String::new, ToString::to_string);
        Ok(Files::again(self.keeper.open(name)?))
    }
}
