//! Questions in the last line: a line of text, or one of a few letters.

use super::request::Saved;
use super::text::{columns, count, shown};
use crate::filter::Continuation;
use std::path::PathBuf;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Words that rows must hold, or an expression; the rows follow while it is typed.
    Filter {
        line: String,
        /// The filter that was there before.
        before: String,
        /// What Tab offered last; nothing once something else is typed.
        offered: Option<Offered>,
    },
    /// What to look for.
    Search(String),
    /// The session to go to, and a frame of it.
    GoTo(String),
    /// Which capture to show.
    File(String),
    /// What to copy.
    Copy,
    /// What to save of the open session.
    Save,
    /// What to save of these sessions, or the whole capture where it is live and nobody saves it.
    SaveListed { sessions: Vec<usize>, whole: Option<Saved> },
    /// Where to save it.
    Path(Saved, String),
    /// Whether to replace the file.
    Replace(Saved, PathBuf),
    /// Whether to end although this of a live capture is not saved.
    Quit(Unsaved),
}

/// What of a live capture nobody saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsaved {
    Everything,
    /// What came since it was saved.
    Later,
}

/// One of the words with which a line may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    /// The line as it was typed.
    typed: String,
    /// Which of the words.
    at: usize,
}

/// Which way Tab goes through the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Next,
    Previous,
}

impl Prompt {
    /// Completes a filter as far as all words agree, and then has it go on with one word after another.
    pub(super) fn complete(&mut self, turn: Turn) {
        let Self::Filter { line, offered, .. } = self else { return };
        let typed = offered.as_ref().map_or_else(|| line.clone(), |offered| offered.typed.clone());
        let Some(found) = Continuation::of(&typed) else { return };
        if offered.is_none()
            && let Some(agreed) = found.agreed()
        {
            *line = agreed;
            return;
        }
        let words = found.words.len();
        let at = match (offered.as_ref(), turn) {
            (None, Turn::Next) => 0,
            (None, Turn::Previous) => words.saturating_sub(1),
            (Some(offered), Turn::Next) => offered.at + 1,
            (Some(offered), Turn::Previous) => offered.at + words.saturating_sub(1),
        };
        let Some(at) = at.checked_rem(words) else { return };
        if let Some(word) = found.words.get(at) {
            *line = format!("{}{word}", found.before);
            *offered = Some(Offered { typed, at });
        }
    }

    /// How a filter that is being typed can go on, and which of the words it has already.
    pub(super) fn continuation(&self) -> Option<(Continuation<'_>, Option<usize>)> {
        let Self::Filter { line, offered, .. } = self else { return None };
        let typed = offered.as_ref().map_or(line, |offered| &offered.typed);
        Some((Continuation::of(typed)?, offered.as_ref().map(|offered| offered.at)))
    }

    /// The line that is being typed, where one is.
    pub(super) const fn line_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Filter { line, .. }
            | Self::Search(line)
            | Self::GoTo(line)
            | Self::File(line)
            | Self::Path(_, line) => Some(line),
            Self::Copy | Self::Save | Self::SaveListed { .. } | Self::Replace(..) | Self::Quit(_) => None,
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
            Self::Path(Saved::Messages(sessions, from), line) if sessions.len() > 1 => {
                let sessions = count(sessions.len() as u64, "session");
                (format!("save the {from}'s messages in {sessions} as: "), line)
            }
            Self::Path(Saved::Capture(_), line) => ("save the whole capture as: ".to_owned(), line),
            Self::Path(_, line) => ("save as: ".to_owned(), line),
            Self::Copy => ("copy: p payload · h hex · j JSON · t tshark filter".to_owned(), ""),
            Self::Save => {
                let words = "save: s session · r marked range · p payload · c client's messages · v server's";
                let short = "save: s session · r range · p payload · c client · v server";
                let words = if columns(words) < width { words } else { short };
                (words.to_owned(), "")
            }
            Self::SaveListed { sessions, whole } => {
                if sessions.is_empty() {
                    return ("save: a all that was captured".to_owned(), "");
                }
                let (all, all_short) =
                    if whole.is_some() { (" · a all that was captured", " · a all") } else { ("", "") };
                let sessions = count(sessions.len() as u64, "session");
                let words =
                    format!("save of {sessions}: s packets · c client's messages · v server's messages{all}");
                let short = format!("{sessions}: s packets · c client · v server{all_short}");
                (if columns(&words) < width { words } else { short }, "")
            }
            Self::Quit(unsaved) => {
                let what = match unsaved {
                    Unsaved::Everything => "this capture",
                    Unsaved::Later => "what came since",
                };
                (format!("{what} is not saved: w saves · q quits · Esc stays"), "")
            }
            Self::Replace(_, path) => {
                let path = shown(path.to_string_lossy().as_bytes());
                (format!("{path} exists: replace it? y/n"), "")
            }
        }
    }
}
