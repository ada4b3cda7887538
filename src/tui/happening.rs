//! What happens to the terminal UI, and what it wants done outside of its model.

use super::action::Motion;
use super::key::Key;
use super::model::Loading;
use super::opened::Wanted;
use super::request::{ReplayRequest, Reply};
use std::path::PathBuf;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size: columns and rows.
    Resize(u16, u16),
    /// The wheel was turned, over this column and row.
    Wheel(Motion, u16, u16),
    /// A button was pressed, over this column and row.
    Click(u16, u16),
    /// The worker answers.
    Reply(Reply),
    /// The capture is read so far.
    Loaded(Loading),
    /// Another capture is shown now, of this name, which is escaped, and with this key log.
    Opened(String, Option<PathBuf>),
    /// It could not be opened, for this reason.
    NotOpened(String),
    /// The path that is being typed goes on like this.
    Completed(String),
    /// The mouse was moved with a button pressed, to this column and row.
    Drag(u16, u16),
}

/// Something to do outside of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// Stop until the shell resumes it.
    Suspend,
    /// Show nothing new.
    Pause,
    /// Show what is new.
    Resume,
    /// Give this to the terminal's clipboard.
    Copy(String),
    /// Ask the worker.
    Ask(ReplayRequest),
    /// Show another capture.
    Open(Wanted),
    /// Find out how a path goes on.
    Complete(String),
}
