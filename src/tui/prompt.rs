//! Questions in the last line: a line of text, or one of a few letters.

use super::request::Saved;
use super::text::{columns, count, shown};
use std::path::PathBuf;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Words that rows must hold, or an expression; the rows follow while it is typed.
    Filter {
        line: String,
        /// The filter that was there before.
        before: String,
    },
    /// What to look for.
    Search(String),
    /// The session to go to, and a frame of it.
    GoTo(String),
    /// Which capture to show.
    File(String),
    /// What to copy.
    Copy,
    /// What to save.
    Save,
    /// Where to save it.
    Path(Saved, String),
    /// Whether to replace the file.
    Replace(Saved, PathBuf),
    /// Whether to end although nothing of a live capture is saved.
    Quit,
}

impl Prompt {
    /// The line that is being typed, where one is.
    pub(super) const fn line_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Filter { line, .. }
            | Self::Search(line)
            | Self::GoTo(line)
            | Self::File(line)
            | Self::Path(_, line) => Some(line),
            Self::Copy | Self::Save | Self::Replace(..) | Self::Quit => None,
        }
    }

    /// How it asks in so many columns: what stands before the answer, and the answer so far.
    pub(super) fn words(&self, width: usize) -> (String, &str) {
        match self {
            Self::Filter { line, .. } => ("filter: ".to_owned(), line),
            Self::Search(line) => ("search (text, /regex/, 0x hex): ".to_owned(), line),
            Self::GoTo(line) => ("go to session, or session/frame: ".to_owned(), line),
            Self::File(line) => ("open (Tab completes): ".to_owned(), line),
            Self::Path(Saved::Packets(sessions), line) => {
                (format!("save the packets of {} as: ", count(sessions.len() as u64, "session")), line)
            }
            Self::Path(_, line) => ("save as: ".to_owned(), line),
            Self::Copy => ("copy: p payload · h hex · j JSON · t tshark filter".to_owned(), ""),
            Self::Save => {
                let words = "save: s session · r marked range · p payload · c client's messages · v server's";
                let short = "save: s session · r range · p payload · c client · v server";
                let words = if columns(words) < width { words } else { short };
                (words.to_owned(), "")
            }
            Self::Quit => {
                let words = "the live capture is not saved: q quits · Esc stays";
                (words.to_owned(), "")
            }
            Self::Replace(_, path) => {
                let path = shown(path.to_string_lossy().as_bytes());
                (format!("{path} exists: replace it? y/n"), "")
            }
        }
    }
}
