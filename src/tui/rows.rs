//! The rows of a session that a filter lets through, found a piece at a time.

use super::area;
use super::facts::RowFacts;
use super::filter::ListFilter;
use super::model::{Model, OpenSession, RowKind, SessionItem};
use super::picks::Picks;
use super::sieve::Sieve;
use crate::findings::Severity;
use crate::index::{EndRow, FrameRow, Index, MessageRow, SessionRow};
use crate::model::Zone;
use std::collections::BTreeMap;

/// Rows that are looked at in one step: some milliseconds.
const STEP: usize = 50_000;

/// The same where a row takes longer: a word with a digit can be part of a number, messages are put together from frames.
const SHORT_STEP: usize = 20_000;

/// Shows only the rows that this filter, with times in this zone, lets through, as soon as they are known.
pub(super) fn filter(open: &mut OpenSession, index: &Index, (zone, picks): (&Zone, &Picks), line: String) {
    let is_none = ListFilter::parse(&line, zone, open.listing(), picks).is_empty();
    if !line.is_empty() {
        open.set_aside = None;
    }
    open.filter = line;
    open.making = (!is_none).then(Sieve::default);
    if is_none && open.rows.is_some() {
        let selected = open.selected(index);
        (open.rows, open.ends) = (None, None);
        keep(open, index, selected);
    }
}

/// Lists messages in the place of frames, or frames in the place of messages, at what was selected. Each has a filter of its
/// own.
pub(super) fn turn(model: &mut Model, index: &Index) {
    let page = area::rows(model);
    let Some(open) = &mut model.open else { return };
    let (frames, messages) = (index.frames(open.session), index.messages(open.session));
    // The message of the frame, or the first frame of the message; an end is in both lists.
    let item = match open.selected(index) {
        SessionItem::Frame(place) => messages
            .index_at(place)
            .filter(|at| {
                let number = frames.get(place).map(|frame| frame.number());
                let numbers = messages.get(*at).map(|message| message.first_frame..=message.last_frame);
                numbers.zip(number).is_some_and(|(numbers, number)| numbers.contains(&number))
            })
            .map(SessionItem::Message),
        SessionItem::Message(place) => messages
            .get(place)
            .and_then(|message| index.frame_row(open.session, message.first_frame))
            .map(SessionItem::Frame),
        item @ (SessionItem::Whole | SessionItem::End(_)) => Some(item),
    };
    open.turn();
    let row = item.and_then(|item| open.row_of(item, index)).unwrap_or(0);
    open.list.select(row, open.len(index), page);
    if !open.other_filter.is_empty() {
        let other = open.kind.other().name();
        model.notice = Some(format!("the filter of the {other} stays there"));
    }
    let line = open.filter.clone();
    filter(open, index, (model.clock.zone(), &model.picks), line);
}

/// Looks at some more rows. Returns whether there is more to do at once.
pub(super) fn refresh(open: &mut OpenSession, index: &Index, (zone, picks): (&Zone, &Picks)) -> bool {
    let (selected, list) = (open.selected(index), open.listing());
    let OpenSession { session, kind, making, rows, ends, filter, .. } = open;
    let Some(sieve) = making.as_mut().or(rows.as_mut()) else { return false };
    let filter = ListFilter::parse(filter, zone, list, picks);
    let from = sieve.looked();
    let Some(owner) = index.sessions().get(*session) else { return false };
    let found = found_by_frame(index, *session);
    let rows_of = match kind {
        RowKind::Frames => {
            let mut known = FilterAnswers::new(&filter, owner, &found);
            let step = if filter.looks_at_figures() { SHORT_STEP } else { STEP };
            let frames = index.frames(*session);
            frames.range(from..from + step).for_each(|row| sieve.push(known.lets_through(&row)));
            frames.len()
        }
        RowKind::Messages => {
            let messages = index.messages(*session);
            let step = messages.range(from..from + SHORT_STEP);
            step.for_each(|row| sieve.push(lets_message_through(&filter, &row, owner, &found)));
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
            select_first(open, index);
        }
    }
    !is_done
}

/// Selects the first frame or message that the filter lets through, where that is wanted.
fn select_first(open: &mut OpenSession, index: &Index) {
    let is_row =
        |row: &usize| matches!(open.item(*row, index), SessionItem::Frame(_) | SessionItem::Message(_));
    if open.seeks_first
        && let Some(row) = (1..open.len(index)).find(is_row)
    {
        open.list.selected = row;
        open.seeks_first = false;
    }
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

/// The names of findings, by the frames that they are about.
type NamesByFrame = BTreeMap<u64, String>;

fn found_by_frame(index: &Index, session: usize) -> NamesByFrame {
    let mut found = NamesByFrame::new();
    for finding in index.findings_of(session).filter_map(|at| index.findings().get(at)) {
        if let Some(frame) = finding.frame {
            let names = found.entry(frame).or_default();
            names.push_str(finding.id.name());
            names.push(' ');
        }
    }
    found
}

/// What a filter says to frames that differ in nothing but their number: it is asked once for each kind, and for each frame that
/// findings are about.
struct FilterAnswers<'a> {
    filter: &'a ListFilter,
    owner: &'a SessionRow,
    found: &'a NamesByFrame,
    looks_at_figures: bool,
    answers: [Option<bool>; 256],
}

impl<'a> FilterAnswers<'a> {
    fn new(filter: &'a ListFilter, owner: &'a SessionRow, found: &'a NamesByFrame) -> Self {
        Self { filter, owner, found, looks_at_figures: filter.looks_at_figures(), answers: [None; 256] }
    }

    fn lets_through(&mut self, row: &FrameRow) -> bool {
        let found = row.severity().and_then(|_| self.found.get(&row.number()));
        let ask = || {
            self.filter.lets_through(RowFacts::Frame(row, self.owner), |judge| {
                judge(&[
                    ("opcode", &row.opcode().to_string()),
                    ("from", row.from().name()),
                    ("number", &row.number().to_string()),
                    ("severity", row.severity().map_or("clean", Severity::name)),
                    ("finding", found.map_or("", String::as_str)),
                ]);
            })
        };
        let kind = usize::from(row.opcode().bits()) << 3
            | usize::from(row.from() == crate::model::Peer::Server) << 2
            | row.severity().map_or(0, |severity| severity as usize + 1);
        match self.answers.get_mut(kind) {
            Some(answer) if !self.looks_at_figures && found.is_none() => *answer.get_or_insert_with(ask),
            _ => ask(),
        }
    }
}

fn lets_message_through(
    filter: &ListFilter,
    row: &MessageRow,
    owner: &SessionRow,
    found: &NamesByFrame,
) -> bool {
    filter.lets_through(RowFacts::Message(row, owner), |judge| {
        let names: String = if row.first_frame <= row.last_frame {
            found.range(row.first_frame..=row.last_frame).map(|(_, names)| names.as_str()).collect()
        } else {
            String::new()
        };
        judge(&[
            ("opcode", row.kind.name()),
            ("from", row.from.name()),
            ("number", &row.number.to_string()),
            ("severity", row.severity.map_or("clean", Severity::name)),
            ("finding", &names),
        ]);
    })
}
