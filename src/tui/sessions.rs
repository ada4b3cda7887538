//! The rows of the list of sessions: sorted, filtered, with what never was a WebSocket folded into one row.

use super::columns::{Columns, SessionColumn};
use super::facts::RowFacts;
use super::filter::ListFilter;
use super::list::List;
use super::order::{Occasion, Order};
use super::picks::Picks;
use super::request::FilteredList;
use crate::findings::{Id, Severity};
use crate::index::{AttemptFailure, Compressed, Index, SessionRow, SessionState};
use crate::model::{Peer, Stamp, Zone};
use crate::upgrade::Outcome;
use std::cmp::Reverse;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The list of sessions.
#[derive(Debug, Default)]
pub(super) struct SessionList {
    pub(super) list: List,
    pub(super) rows: Vec<ListRow>,
    pub(super) columns: Columns,
    pub(super) filter: String,
    pub(super) is_unfolded: bool,
    /// What the rows, or those in the making, were made of.
    seen: ListBasis,
    making: Option<Making>,
    /// Turns until the rows are made anew: as many as it took to make them.
    pause: usize,
}

/// How much of the capture was there: sessions, and what changes them.
type ListBasis = (usize, Option<(u64, usize)>);

/// Rows in the making; the old ones are shown until they are done.
#[derive(Debug)]
struct Making {
    order: Order<SortKey>,
    filter: ListFilter,
    noise: usize,
    turns: usize,
    occasion: Occasion,
}

/// How rows are sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Rising(ColumnValue),
    Falling(Reverse<ColumnValue>),
}

/// What stands in a column, as far as its order goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ColumnValue {
    Session(u64),
    Start(Stamp),
    Number(Reverse<u64>),
    Worst(Reverse<(Option<Severity>, u32)>),
    Address(SocketAddr),
    Text(Option<Arc<str>>),
    Time(Reverse<Option<Duration>>),
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListRow {
    /// A place in [`Index::sessions`].
    Session(usize),
    /// This many connections that never were a WebSocket.
    Noise(usize),
}

impl SessionColumn {
    /// What stands in it; nothing where rows cannot be sorted by it.
    fn value(self, row: &SessionRow) -> ColumnValue {
        match self {
            Self::Number => ColumnValue::Session(row.session.0),
            Self::Host => ColumnValue::Text(row.label.host.clone()),
            Self::Negotiated | Self::Activity => ColumnValue::Text(None),
            Self::Start => ColumnValue::Start(row.first()),
            Self::Worst => ColumnValue::Worst(Reverse((row.worst, row.findings))),
            Self::Peers => ColumnValue::Address(row.addresses().client),
            Self::Target => ColumnValue::Text(row.label.target.clone()),
            Self::State => ColumnValue::Text(Some(state(row).into())),
            Self::Duration => ColumnValue::Time(Reverse(duration(row))),
            Self::Frames => ColumnValue::Number(Reverse(sum(&row.frames))),
            Self::Bytes => ColumnValue::Number(Reverse(sum(&row.bytes))),
            Self::RoundTrip => ColumnValue::Time(Reverse(row.median_rtt())),
        }
    }

    /// Whether it never changes once a session is listed.
    const fn is_lasting(self) -> bool {
        matches!(self, Self::Number | Self::Start | Self::Peers | Self::Target | Self::Host)
    }
}

fn sum<T: Copy + Into<u64>>(sides: &crate::model::PerPeer<T>) -> u64 {
    Peer::BOTH.iter().map(|peer| (*sides.of(*peer)).into()).fold(0, u64::saturating_add)
}

/// How long a session lasted so far; nothing where there never was one, or where that is not known.
pub(super) fn duration(row: &SessionRow) -> Option<Duration> {
    row.last().time.passed_since(row.first().time).filter(|_| row.state != SessionState::Failed)
}

/// The state of a session in a few words.
pub(super) fn state(row: &SessionRow) -> String {
    match &row.state {
        SessionState::Open => "open".to_owned(),
        SessionState::Closed { code: Some(code), .. } => format!("closed {code}"),
        SessionState::Closed { code: None, .. } => "closed".to_owned(),
        SessionState::Ended { cause, .. } => super::words::ending(*cause).to_owned(),
        // The column is narrow: the session's own screen says it in full.
        SessionState::Failed => {
            row.label.failure.map_or_else(|| "failed".to_owned(), AttemptFailure::in_short)
        }
    }
}

/// The code that an application is told and no frame carries: 1005 for a Close without one, 1006 where the finding about an end
/// without a Close says so (RFC 6455 §7.4.1).
fn code_told(row: &SessionRow, found: &[&str]) -> &'static str {
    if found.contains(&Id::CloseMissing.name()) {
        return "1006";
    }
    match &row.state {
        SessionState::Closed { code: None, .. } => "1005",
        SessionState::Ended { .. }
        | SessionState::Closed { code: Some(_), .. }
        | SessionState::Open
        | SessionState::Failed => "",
    }
}

/// Whether a filter lets a session through.
fn lets_through(filter: &ListFilter, row: &SessionRow, index: &Index) -> bool {
    if filter.is_empty() {
        return true;
    }
    let small = |text: Option<&str>| text.map(str::to_lowercase).unwrap_or_default();
    let (addresses, label) = (row.addresses(), &row.label);
    filter.lets_through(RowFacts::Session(row, index), |judge| {
        let found = Index::position(row.session).into_iter().flat_map(|place| index.findings_of(place));
        let found: Vec<&str> =
            found.filter_map(|at| index.findings().get(at)).map(|finding| finding.id.name()).collect();
        judge(&[
            ("finding", &found.join(" ")),
            ("client", &addresses.client.to_string()),
            ("server", &addresses.server.to_string()),
            ("state", &state(row).to_lowercase()),
            ("state", code_told(row, &found)),
            ("outcome", row.outcome.name()),
            ("severity", row.worst.map_or("clean", Severity::name)),
            ("target", &small(label.target.as_deref())),
            ("host", &small(label.host.as_deref())),
            ("protocol", &small(label.subprotocol.as_deref())),
            ("protocol", label.compression.map_or("", Compressed::name)),
        ]);
    })
}

impl SessionList {
    /// An empty list with these columns.
    pub(super) fn new(columns: Columns) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Has the rows made anew, as they are sorted and filtered now; the filter's times are in this zone.
    pub(super) fn make(&mut self, index: &Index, zone: &Zone, picks: &Picks) {
        self.begin(index, (zone, picks), Occasion::Asked);
    }

    fn begin(&mut self, index: &Index, (zone, picks): (&Zone, &Picks), occasion: Occasion) {
        self.seen = self.now(index);
        self.making = Some(Making {
            order: Order::new(index.sessions().len()),
            filter: ListFilter::parse(&self.filter, zone, FilteredList::Sessions, picks),
            noise: 0,
            turns: 0,
            occasion,
        });
    }

    fn now(&self, index: &Index) -> ListBasis {
        let is_lasting = self.columns.sort.is_lasting() && self.filter.trim().is_empty();
        let changes = (!is_lasting).then(|| (index.frames_total(), index.findings().len()));
        (index.sessions().len(), changes)
    }

    /// Goes on making the rows, and begins anew where the capture has more than they say; while it is being read not
    /// all the time. What is selected stays selected, and in its place. Returns whether there is more to do at once.
    pub(super) fn refresh(
        &mut self,
        index: &Index,
        (zone, picks): (&Zone, &Picks),
        page: usize,
        is_loaded: bool,
    ) -> bool {
        if self.making.is_none() && self.seen != self.now(index) {
            if self.pause > 0 && !is_loaded {
                self.pause -= 1;
                return false;
            }
            self.begin(index, (zone, picks), Occasion::Grown);
        }
        let Some(mut making) = self.making.take() else { return false };
        making.turns += 1;
        let (sort, is_reversed, is_unfolded) =
            (self.columns.sort, self.columns.is_reversed, self.is_unfolded);
        let Making { order, filter, noise, .. } = &mut making;
        let is_done = order.step(|place| {
            let row = index.sessions().get(place).filter(|row| lets_through(filter, row, index))?;
            if row.outcome == Outcome::NotWebSocket && !is_unfolded {
                *noise += 1;
                return None;
            }
            let value = sort.value(row);
            Some(if is_reversed { SortKey::Falling(Reverse(value)) } else { SortKey::Rising(value) })
        });
        if is_done {
            self.take(making, page);
        } else {
            self.making = Some(making);
        }
        !is_done
    }

    /// Shows the rows that are done.
    fn take(&mut self, made: Making, page: usize) {
        // A short list follows every change.
        self.pause = made.turns - 1;
        let selected = self.rows.get(self.list.selected).copied();
        self.rows = made.order.into_rows().into_iter().map(ListRow::Session).collect();
        if made.noise > 0 {
            self.rows.push(ListRow::Noise(made.noise));
        }
        let stays = selected.and_then(|entry| {
            self.rows.iter().position(|row| match (row, entry) {
                (ListRow::Noise(_), ListRow::Noise(_)) => true,
                (row, entry) => *row == entry,
            })
        });
        if let Some(row) = stays {
            self.list.keep(row);
        }
        match made.occasion {
            Occasion::Asked => self.list.reveal(self.rows.len(), page),
            Occasion::Grown => self.list.show(self.rows.len(), page),
        }
    }

    /// The session that is selected, as a place in [`Index::sessions`].
    pub(super) fn selected(&self) -> Option<usize> {
        match self.rows.get(self.list.selected)? {
            ListRow::Session(place) => Some(*place),
            ListRow::Noise(_) => None,
        }
    }
}
