//! What a key press or a mouse event means.

/// Something the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Undoes the last layer: a page, a pane, a search, a filter, a session, a list. Never ends the program.
    Back,
    /// Leaves the screen; in the list of sessions the program, which asks first where a live capture is not saved.
    Leave,
    /// Ends the program.
    Quit,
    /// Stops the program until the shell resumes it.
    Suspend,
    /// Shows the keys.
    Help,
    /// Goes to a list.
    Show(Tab),
    /// Goes to the next list, or the other pane of a session.
    Switch,
    /// Opens what is selected.
    Open,
    /// Moves the selection, or scrolls.
    Move(Motion),
    /// Scrolls the detail pane while the list keeps the keys.
    Scroll(Motion),
    /// Sorts by the column to the left.
    SortLeft,
    /// Sorts by the column to the right.
    SortRight,
    /// Turns the order around.
    Reverse,
    /// Asks for words that rows must hold.
    Filter,
    /// Asks what to look for in payloads.
    Search,
    /// Goes to the next payload that holds what was searched.
    NextHit,
    /// Goes to the previous one.
    PreviousHit,
    /// Goes to the next finding anywhere.
    NextFinding,
    /// Goes to the previous one.
    PreviousFinding,
    /// Explains the finding.
    Explain,
    /// Shows the payload in the next way.
    NextView,
    /// Shows it in the previous way.
    PreviousView,
    /// Shows a level less of a tree.
    FoldLevel,
    /// Shows a level more.
    UnfoldLevel,
    /// Folds or unfolds a node of it.
    FoldNode,
    /// Changes between frames and messages.
    Messages,
    /// Draws the session as a ladder, or as a list again.
    Ladder,
    /// Unfolds or folds what never was a WebSocket, or the findings of a kind.
    Unfold,
    /// Shows the choice of columns.
    Columns,
    /// Shows or hides the column.
    ShowColumn,
    /// Moves the column.
    MoveColumn(Towards),
    /// Sorts by the column, or the other way around.
    SortBy,
    /// Asks for the number of a session.
    GoTo,
    /// Moves the cursor of the plots.
    Cursor(Towards),
    /// Looks at less of the time.
    ZoomIn,
    /// Looks at more of it.
    ZoomOut,
    /// Looks at all of it.
    ZoomWhole,
    /// Shows two marked rows beside each other.
    Compare,
    /// Asks which capture to show.
    OpenFile,
    /// Reads the capture again.
    Reload,
    /// Enlarges the focused pane.
    Grow,
    /// Shrinks it.
    Shrink,
    /// Toggles full screen for it.
    Full,
    /// Changes between UTC and the local time zone.
    TimeZone,
    /// Hides payloads and addresses, or shows them again.
    Hide,
    /// Asks what to copy.
    Copy,
    /// Asks what to save.
    Export,
    /// Marks the row, or takes the mark away.
    Mark,
    /// Goes to the next marked row.
    NextMark,
    /// Keeps the last row in view while rows arrive.
    Follow,
    /// Freezes everything while packets arrive, or resumes.
    Pause,
}

/// A way sideways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    /// To the left.
    Left,
    /// To the right.
    Right,
}

/// A list to go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Sessions and failed upgrades.
    #[default]
    Sessions,
    /// Findings of the whole capture.
    Findings,
    /// The traffic over time.
    Plots,
}

impl Tab {
    /// All of them, from the left.
    pub const ALL: [Self; 3] = [Self::Sessions, Self::Findings, Self::Plots];

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions",
            Self::Findings => "Findings",
            Self::Plots => "Plots",
        }
    }
}

/// A way to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    First,
    /// To the end.
    Last,
}

impl Motion {
    /// Where it leads from `at` among `rows` rows, of which a page shows `page`.
    pub const fn from(self, at: usize, rows: usize, page: usize) -> usize {
        let last = rows.saturating_sub(1);
        let page = if page > 1 { page - 1 } else { 1 };
        let to = match self {
            Self::Up => at.saturating_sub(1),
            Self::Down => at.saturating_add(1),
            Self::PageUp => at.saturating_sub(page),
            Self::PageDown => at.saturating_add(page),
            Self::First => 0,
            Self::Last => last,
        };
        if to < last { to } else { last }
    }
}
