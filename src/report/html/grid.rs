//! Tables of a page. On a narrow screen each row is a block, in which the heads stand beside their cells.

use super::card::mark;
use crate::findings::{Id, Severity};

/// A section of the page that is a table.
#[derive(Debug)]
pub(super) struct Grid {
    /// What links lead to it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) heads: Vec<&'static str>,
    /// The first cell of each is what the row is about.
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that there is no room for.
    pub(super) more: u64,
    pub(super) ask: Vec<Ask>,
}

/// What to ask to see the rows behind figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    /// What it shows.
    pub(super) what: String,
    /// SQL, or a command.
    pub(super) text: String,
}

/// A cell.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) text: String,
    /// A kind of finding, which is explained above, and the sign of its severity.
    pub(super) id: Option<&'static str>,
    pub(super) severity: Option<(&'static str, &'static str)>,
    /// What stands below.
    pub(super) below: String,
    pub(super) command: Option<String>,
}

impl Cell {
    pub(super) fn text(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// A name from outside.
    pub(super) fn name(text: String) -> Self {
        Self { class: "name", text, ..Self::default() }
    }

    pub(super) fn code(text: String) -> Self {
        Self { class: "code", text, ..Self::default() }
    }

    pub(super) fn number(text: String) -> Self {
        Self { class: "number", text, ..Self::default() }
    }

    pub(super) fn time(text: String) -> Self {
        Self { class: "time", text, ..Self::default() }
    }

    /// What a row says, which takes room.
    pub(super) fn example(text: String) -> Self {
        Self { class: "example", text, ..Self::default() }
    }

    pub(super) fn id(id: Id) -> Self {
        Self { id: Some(id.name()), ..Self::default() }
    }

    pub(super) fn kind(id: Id, severity: Severity) -> Self {
        Self { severity: Some((severity.name(), mark(severity))), ..Self::id(id) }
    }

    pub(super) fn and(self, below: &str) -> Self {
        Self { below: below.to_owned(), ..self }
    }

    pub(super) fn with_command(self, command: String) -> Self {
        Self { command: Some(command), ..self }
    }
}
