//! The rows of a session that a filter lets through, found a piece at a time.

use super::facts::RowFacts;
use super::filter::ListFilter;
use super::model::{OpenSession, RowKind, SessionItem};
use super::picks::Picks;
use super::sieve::Sieve;
use crate::findings::Severity;
use crate::index::{EndRow, FrameRow, Index, MessageRow, SessionRow};
use crate::model::Zone;

/// Rows that are looked at in one step: some milliseconds.
const STEP: usize = 50_000;

/// The same where a row takes longer: a word with a digit can be part of a number, messages are put together from frames.
const SHORT_STEP: usize = 20_000;

/// Shows only the rows that this filter, with times in this zone, lets through, as soon as they are known.
pub(super) fn filter(open: &mut OpenSession, index: &Index, (zone, picks): (&Zone, &Picks), line: String) {
    let is_none = ListFilter::parse(&line, zone, open.listing(), picks).is_empty();
    open.filter = line;
    open.making = (!is_none).then(Sieve::default);
    if is_none && open.rows.is_some() {
        let selected = open.selected(index);
        (open.rows, open.ends) = (None, None);
        keep(open, index, selected);
    }
}

/// Looks at some more rows. Returns whether there is more to do at once.
pub(super) fn refresh(open: &mut OpenSession, index: &Index, (zone, picks): (&Zone, &Picks)) -> bool {
    let (selected, list) = (open.selected(index), open.listing());
    let OpenSession { session, kind, making, rows, ends, filter, .. } = open;
    let Some(sieve) = making.as_mut().or(rows.as_mut()) else { return false };
    let filter = ListFilter::parse(filter, zone, list, picks);
    let from = sieve.looked();
    let Some(owner) = index.sessions().get(*session) else { return false };
    let rows_of = match kind {
        RowKind::Frames => {
            let mut known = FilterAnswers::new(&filter, owner);
            let step = if filter.looks_at_figures() { SHORT_STEP } else { STEP };
            let frames = index.frames(*session);
            frames.range(from..from + step).for_each(|row| sieve.push(known.lets_through(&row)));
            frames.len()
        }
        RowKind::Messages => {
            let messages = index.messages(*session);
            let step = messages.range(from..from + SHORT_STEP);
            step.for_each(|row| sieve.push(lets_message_through(&filter, &row, owner)));
            messages.len()
        }
    };
    let is_done = sieve.looked() >= rows_of;
    if is_done {
        let is_new = making.is_some();
        *rows = making.take().or(rows.take());
        let listed = index.ends(*session).iter().enumerate();
        *ends =
            Some(listed.filter(|(_, end)| lets_end_through(&filter, end, owner)).map(|(at, _)| at).collect());
        if is_new {
            keep(open, index, selected);
        }
    }
    !is_done
}

/// What was selected stays selected if it is still there, and in its place.
fn keep(open: &mut OpenSession, index: &Index, selected: SessionItem) {
    let row = open.row_of(selected, index).unwrap_or(0);
    open.list.keep(row);
}

fn lets_end_through(filter: &ListFilter, end: &EndRow, owner: &SessionRow) -> bool {
    filter.lets_through(RowFacts::End(end, owner), |judge| {
        judge(&[("end", &end.kind.name().to_lowercase()), ("from", end.from.name())]);
    })
}

/// What a filter says to frames that differ in nothing but their number: it is asked once for each kind.
struct FilterAnswers<'a> {
    filter: &'a ListFilter,
    owner: &'a SessionRow,
    looks_at_figures: bool,
    answers: [Option<bool>; 256],
}

impl<'a> FilterAnswers<'a> {
    fn new(filter: &'a ListFilter, owner: &'a SessionRow) -> Self {
        Self { filter, owner, looks_at_figures: filter.looks_at_figures(), answers: [None; 256] }
    }

    fn lets_through(&mut self, row: &FrameRow) -> bool {
        let ask = || {
            self.filter.lets_through(RowFacts::Frame(row, self.owner), |judge| {
                judge(&[
                    ("opcode", &row.opcode().to_string()),
                    ("from", row.from().name()),
                    ("number", &row.number().to_string()),
                    ("severity", row.severity().map_or("clean", Severity::name)),
                ]);
            })
        };
        let kind = usize::from(row.opcode().bits()) << 3
            | usize::from(row.from() == crate::model::Peer::Server) << 2
            | row.severity().map_or(0, |severity| severity as usize + 1);
        match self.answers.get_mut(kind) {
            Some(answer) if !self.looks_at_figures => *answer.get_or_insert_with(ask),
            _ => ask(),
        }
    }
}

fn lets_message_through(filter: &ListFilter, row: &MessageRow, owner: &SessionRow) -> bool {
    filter.lets_through(RowFacts::Message(row, owner), |judge| {
        judge(&[
            ("opcode", row.kind.name()),
            ("from", row.from.name()),
            ("number", &row.number.to_string()),
            ("severity", row.severity.map_or("clean", Severity::name)),
        ]);
    })
}
