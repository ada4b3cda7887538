//! What is shown: captures that are loaded, or being loaded.

use crate::replay::Load;
use crate::report::InputNames;
use std::path::PathBuf;

/// Captures that are opened.
pub struct Opened {
    /// What is being loaded.
    pub load: Load,
    /// What to call it, not escaped.
    pub name: String,
    /// The inputs, of which JSON names the one that a packet is in.
    pub inputs: InputNames,
    /// The key log that opens TLS, for commands of other programs.
    pub key_log: Option<PathBuf>,
    /// What there is to say about it once it is read, in sentences.
    pub remarks: Remarks,
}

/// Says what is worth knowing of captures that are read, not escaped.
pub type Remarks = Box<dyn Fn() -> Vec<String>>;

/// What to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The same once more, as it is now.
    Again,
    /// This file.
    File(PathBuf),
}

/// Opens captures, or says why it cannot.
pub type CaptureOpener<'a> = Box<dyn FnMut(Wanted) -> Result<Opened, String> + 'a>;
