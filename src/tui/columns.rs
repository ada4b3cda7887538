//! The columns of the list of sessions: which are shown, in which order, and by which the rows are sorted.

use super::action::Towards;

/// A column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionColumn {
    /// The number of the session.
    Number,
    /// The worst finding, and how many there are.
    Worst,
    /// When the session began.
    #[default]
    Start,
    /// Client and server.
    Peers,
    /// The host that was asked.
    Host,
    /// What was asked for.
    Target,
    /// How it stands: open, or how it ended.
    State,
    /// How long it lasted.
    Duration,
    /// TLS, subprotocol and compression.
    Negotiated,
    /// Frames each way.
    Frames,
    /// Bytes each way.
    Bytes,
    /// The median round trip.
    RoundTrip,
    /// Bytes over time.
    Activity,
}

impl SessionColumn {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Number,
        Self::Worst,
        Self::Start,
        Self::Peers,
        Self::Host,
        Self::Target,
        Self::State,
        Self::Duration,
        Self::Negotiated,
        Self::Frames,
        Self::Bytes,
        Self::RoundTrip,
        Self::Activity,
    ];

    /// How the configuration calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Worst => "found",
            Self::Start => "start",
            Self::Peers => "peers",
            Self::Host => "host",
            Self::Target => "target",
            Self::State => "state",
            Self::Duration => "lasted",
            Self::Negotiated => "negotiated",
            Self::Frames => "frames",
            Self::Bytes => "bytes",
            Self::RoundTrip => "rtt",
            Self::Activity => "activity",
        }
    }

    /// What stands above it.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Number => "no.",
            Self::Peers => "client → server",
            Self::Worst
            | Self::Start
            | Self::Host
            | Self::Target
            | Self::State
            | Self::Duration
            | Self::Negotiated
            | Self::Frames
            | Self::Bytes
            | Self::RoundTrip
            | Self::Activity => self.name(),
        }
    }

    /// What it shows.
    pub(super) const fn shows(self) -> &'static str {
        match self {
            Self::Number => "the number of the session",
            Self::Worst => "the worst finding, and how many there are",
            Self::Start => "when the session began",
            Self::Peers => "the addresses of client and server",
            Self::Host => "the host that was asked",
            Self::Target => "what was asked for",
            Self::State => "open, the close code, how TCP ended, why it failed",
            Self::Duration => "how long it lasted",
            Self::Negotiated => "TLS, subprotocol, compression",
            Self::Frames => "frames each way",
            Self::Bytes => "payload bytes each way",
            Self::RoundTrip => "the median round trip of pings",
            Self::Activity => "bytes over time",
        }
    }

    /// Whether the most comes first: of figures, and of how bad it is.
    const fn is_falling(self) -> bool {
        matches!(self, Self::Worst | Self::Duration | Self::Frames | Self::Bytes | Self::RoundTrip)
    }

    /// Whether rows can be sorted by it.
    pub(super) const fn is_sortable(self) -> bool {
        !matches!(self, Self::Negotiated | Self::Activity)
    }
}

/// The columns as they stand. The configuration holds them, and what a user changes is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Those shown where there is room, from the left.
    pub shown: Vec<SessionColumn>,
    /// What rows are sorted by.
    pub sort: SessionColumn,
    /// Whether the order is turned around.
    pub is_reversed: bool,
}

impl Default for Columns {
    fn default() -> Self {
        let is_shown =
            |column: &SessionColumn| !matches!(column, SessionColumn::Number | SessionColumn::Host);
        let shown = SessionColumn::ALL.into_iter().filter(is_shown).collect();
        Self { shown, sort: SessionColumn::default(), is_reversed: false }
    }
}

impl Columns {
    /// Those shown, then the others: what there is to choose from.
    pub(super) fn choice(&self) -> Vec<SessionColumn> {
        let others = SessionColumn::ALL.into_iter().filter(|column| !self.shown.contains(column));
        self.shown.iter().copied().chain(others).collect()
    }

    /// Shows a column as the last one, or hides it. The last one that is shown stays.
    pub(super) fn show(&mut self, column: SessionColumn) {
        match self.shown.iter().position(|shown| *shown == column) {
            Some(at) if self.shown.len() > 1 => drop(self.shown.remove(at)),
            Some(_) => {}
            None => self.shown.push(column),
        }
    }

    /// Moves a column by one place. Returns whether there was one.
    pub(super) fn shift(&mut self, column: SessionColumn, towards: Towards) -> bool {
        let Some(at) = self.shown.iter().position(|shown| *shown == column) else { return false };
        let other = match towards {
            Towards::Left => at.checked_sub(1),
            Towards::Right => Some(at + 1).filter(|other| *other < self.shown.len()),
        };
        other.is_some_and(|other| {
            self.shown.swap(at, other);
            true
        })
    }

    /// Sorts by a column; by the same one again, the other way around.
    pub(super) fn sort_by(&mut self, column: SessionColumn) {
        self.is_reversed = self.sort == column && !self.is_reversed;
        self.sort = column;
    }

    /// The sign of the order: whether the values of the column grow from row to row or shrink.
    pub(super) const fn arrow(&self) -> &'static str {
        if self.sort.is_falling() == self.is_reversed { "▲" } else { "▼" }
    }

    /// Sorts by the next of these columns to one side, around the ends.
    pub(super) fn sort_towards(&mut self, towards: Towards, among: &[SessionColumn]) {
        let columns: Vec<SessionColumn> =
            among.iter().copied().filter(|column| column.is_sortable()).collect();
        let at = columns.iter().position(|column| *column == self.sort).unwrap_or(0);
        let by = match towards {
            Towards::Left => columns.len().saturating_sub(1),
            Towards::Right => 1,
        };
        self.sort = columns.into_iter().cycle().nth(at + by).unwrap_or(self.sort);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shown_hidden_and_moved() {
        let mut columns = Columns::default();
        assert!(
            columns.shift(SessionColumn::Start, Towards::Left)
                && !columns.shift(SessionColumn::Start, Towards::Left)
        );
        assert_eq!(columns.shown[..2], [SessionColumn::Start, SessionColumn::Worst]);
        columns.show(SessionColumn::Start);
        assert!(!columns.shown.contains(&SessionColumn::Start));
        columns.show(SessionColumn::Host);
        assert_eq!(columns.shown.last(), Some(&SessionColumn::Host));
        assert_eq!(columns.choice().len(), SessionColumn::ALL.len());
        for column in columns.shown.clone() {
            columns.show(column);
        }
        assert_eq!(columns.shown.len(), 1);
    }

    #[test]
    fn sorting_goes_around_and_turns() {
        let mut columns = Columns::default();
        columns.sort_towards(Towards::Left, &SessionColumn::ALL);
        columns.sort_towards(Towards::Right, &SessionColumn::ALL);
        assert_eq!((columns.sort, columns.is_reversed), (SessionColumn::Start, false));
        assert_eq!(columns.arrow(), "▲", "the earliest comes first");
        columns.sort_by(SessionColumn::Start);
        assert!(columns.is_reversed && columns.arrow() == "▼");
        columns.sort_by(SessionColumn::Bytes);
        assert_eq!((columns.sort, columns.is_reversed), (SessionColumn::Bytes, false));
        assert_eq!(columns.arrow(), "▼", "the most comes first");
    }
}
