//! Questions in the last line: a line of text, or one of a few letters.

use super::request::Saved;
use std::path::PathBuf;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Words that rows must hold; the rows follow while they are typed.
    Filter(String),
    /// What to look for.
    Search(String),
    /// What to copy.
    Copy,
    /// What to save.
    Save,
    /// Where to save it.
    Path(Saved, String),
    /// Whether to replace the file.
    Replace(Saved, PathBuf),
}

impl Prompt {
    /// The line that is being typed, where one is.
    pub(super) const fn line_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Filter(line) | Self::Search(line) | Self::Path(_, line) => Some(line),
            Self::Copy | Self::Save | Self::Replace(..) => None,
        }
    }

    /// How it asks: what stands before the answer, and the answer so far.
    pub(super) fn words(&self) -> (String, &str) {
        match self {
            Self::Filter(line) => ("filter: ".to_owned(), line),
            Self::Search(line) => ("search (text, /regex/, 0x hex): ".to_owned(), line),
            Self::Path(_, line) => ("save as: ".to_owned(), line),
            Self::Copy => ("copy: p payload · h hex · j JSON · t tshark filter".to_owned(), ""),
            Self::Save => ("save: s the session's packets (pcapng) · p the payload".to_owned(), ""),
            Self::Replace(_, path) => {
                let path = super::text::shown(path.to_string_lossy().as_bytes());
                (format!("{path} exists: replace it? y/n"), "")
            }
        }
    }
}
