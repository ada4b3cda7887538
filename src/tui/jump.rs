//! Going to something: a session, a finding's frame, a hit, a mark.

use super::about::{row_about, session_of};
use super::action::Tab;
use super::marks::markable;
use super::model::{Model, OpenSession, Pane, RowKind, SessionItem};
use super::sessions::ListRow;
use super::{area, filter, rows, scroll};
use crate::index::Index;
use std::cmp::Reverse;

/// What is said where a filter hides what was gone to.
const SET_ASIDE: &str = "the filter hides this, so it is set aside; Esc brings it back";

/// Opens a session from the list: where the list's filter asks for frames or messages, it goes along and leads to the first
/// of them.
pub(super) fn open_listed(model: &mut Model, index: &Index, session: usize) {
    let line = model.sessions.filter.clone();
    let Some(kind) = filter::kind_of_rows(&line, model.clock.zone()) else {
        return open_session(model, index, session);
    };
    let mut open = OpenSession { kind, seeks_first: true, ..OpenSession::new(session) };
    rows::filter(&mut open, index, (model.clock.zone(), &model.picks), line);
    model.open = Some(open);
    model.notice = Some("the filter of the list came along; Esc takes it away here".to_owned());
}

/// Opens a session: at the worst of its findings, if it has one.
pub(super) fn open_session(model: &mut Model, index: &Index, session: usize) {
    let worst = index
        .findings_of(session)
        .filter_map(|at| index.findings().get(at).map(|finding| (Reverse(finding.severity), at)))
        .min()
        .map(|(_, at)| at);
    if let Some(at) = worst {
        to_finding(model, index, at);
    } else {
        // Where nothing is wrong, what was said matters most.
        let kind = if index.messages(session).is_empty() { RowKind::Frames } else { RowKind::Messages };
        model.open = Some(OpenSession { kind, ..OpenSession::new(session) });
    }
}

/// Goes to the row that a finding is about, its frame or the end of TCP; if there is none, to its session; if there is none,
/// to its row in the list.
pub(super) fn to_finding(model: &mut Model, index: &Index, at: usize) {
    model.findings.current = Some(at);
    model.page = None;
    let Some(finding) = index.findings().get(at) else { return };
    let page = area::rows(model);
    let findings = &mut model.findings;
    if let (Some(row), Some(place)) = (findings.row_of(at), findings.all.iter().position(|all| *all == at)) {
        findings.list.select(row, findings.rows.len(), page);
        model.notice = Some(format!("finding {} of {}", place + 1, findings.all.len()));
    }
    if let Some(session) = session_of(finding) {
        to_item(model, index, session, row_about(finding, session, index));
    } else {
        model.open = None;
        model.tab = Tab::Findings;
    }
}

/// Goes to a frame of a session, or to the session itself.
pub(super) fn to_frame(model: &mut Model, index: &Index, session: usize, number: Option<u64>) {
    let place = number.and_then(|number| index.frame_row(session, number));
    to_item(model, index, session, place.map_or(SessionItem::Whole, SessionItem::Frame));
}

/// Goes to what was typed: the number of a session, or of a session and a frame of it.
pub(super) fn to_typed(model: &mut Model, index: &Index, typed: &str) {
    let typed = typed.trim();
    let (session, frame) =
        typed.split_once('/').map_or((typed, None), |(session, frame)| (session, Some(frame)));
    let known = |id: &str| index.sessions().iter().position(|row| row.session.to_string() == id);
    match (known(session), frame.map(|frame| frame.trim().parse::<u64>().ok())) {
        (Some(session), None) => open_session(model, index, session),
        (Some(session), Some(Some(number))) if index.frame_row(session, number).is_some() => {
            to_frame(model, index, session, Some(number));
        }
        (Some(_), Some(_)) => model.notice = Some(format!("session {session} has no such frame")),
        (None, _) if typed.is_empty() => {}
        (None, _) => {
            let typed = super::text::shown(typed.as_bytes());
            model.notice = Some(format!("there is no session {typed}; type a number, such as 23 or 23/5"));
        }
    }
}

/// Goes to a row of a session: the session itself, a frame, or an end.
fn to_item(model: &mut Model, index: &Index, session: usize, item: SessionItem) {
    if model.tab == Tab::Plots {
        model.tab = Tab::Sessions;
    }
    if let Some(row) = model.sessions.rows.iter().position(|row| *row == ListRow::Session(session)) {
        let page = area::rows(model);
        model.sessions.list.select(row, model.sessions.rows.len(), page);
    }
    let mut open = match model.open.take() {
        Some(open) if open.session == session => open,
        _ => OpenSession::new(session),
    };
    // A filter that hides it, or may, goes for now: going there matters more.
    let mut is_set_aside = false;
    if open.kind != RowKind::Frames {
        open.turn();
        is_set_aside = open.set_filter_aside();
    }
    open.pane = Pane::Rows;
    open.scroll = 0;
    let mut row = open.row_of(item, index);
    if row.is_none() {
        is_set_aside = open.set_filter_aside();
        row = open.row_of(item, index);
    }
    model.open = Some(open);
    if is_set_aside {
        model.notice = Some(SET_ASIDE.to_owned());
    }
    let page = area::rows(model);
    if let Some(open) = &mut model.open {
        open.list.select(row.unwrap_or(0), open.len(index), page);
    }
}

/// Which way to go along a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Next,
    Previous,
}

/// Goes to the next finding, or the previous one, in the order of the list.
pub(super) fn finding(model: &mut Model, index: &Index, step: Jump) {
    let rows = &model.findings.all;
    if rows.is_empty() {
        model.notice = Some(if model.loading.is_over { "no findings" } else { "no findings yet" }.to_owned());
        return;
    }
    let at = model.findings.current.and_then(|current| rows.iter().position(|row| *row == current));
    if let Some(at) = next(at, rows.len(), step).and_then(|next| rows.get(next).copied()) {
        to_finding(model, index, at);
    }
}

/// Goes to the next hit of the search, or the previous one.
pub(super) fn hit(model: &mut Model, index: &Index, step: Jump) {
    let Some(hunt) = &mut model.hunt else {
        model.notice = Some("no search yet; / starts one".to_owned());
        return;
    };
    hunt.at = next(hunt.at, hunt.hits.len(), step);
    let hit = hunt.at.and_then(|at| hunt.hits.get(at).copied());
    if let Some((session, number)) = hit {
        to_frame(model, index, session, Some(number));
        show_hit(model, index, number);
    }
}

/// Shows the payload that was searched: of a message in several frames, or compressed, that is the message's.
fn show_hit(model: &mut Model, index: &Index, number: u64) {
    let page = area::rows(model);
    let Some(open) = &mut model.open else { return };
    open.is_sought = true;
    open.is_ladder = false;
    let messages = index.messages(open.session);
    let place = index.frame_row(open.session, number).and_then(|place| messages.index_at(place));
    let message = place.and_then(|place| messages.get(place)).filter(|message| message.first_frame == number);
    if let (Some(place), Some(message)) = (place, message)
        && (message.frames > 1 || message.is_compressed())
    {
        open.turn();
        if open.set_filter_aside() {
            model.notice = Some(SET_ASIDE.to_owned());
        }
        let row = open.row_of(SessionItem::Message(place), index).unwrap_or(0);
        open.list.select(row, open.len(index), page);
    }
}

/// Brings what was searched for into view, once the payload is there.
pub(super) fn reveal_hit(model: &mut Model, index: &Index) {
    let Some(open) = model.open.as_ref().filter(|open| open.is_sought) else { return };
    let session = open.session;
    let is_read = match open.selected(index) {
        SessionItem::Frame(place) => index
            .frames(session)
            .get(place)
            .is_some_and(|row| model.payloads.frame(session, row.number()).is_some()),
        SessionItem::Message(place) => index
            .messages(session)
            .get(place)
            .is_some_and(|row| model.payloads.message(session, row.number).is_some()),
        SessionItem::Whole | SessionItem::End(_) => true,
    };
    if !is_read {
        return;
    }
    let (line, height) = scroll::found(model, index);
    if let Some(open) = &mut model.open {
        open.is_sought = false;
        open.scroll = line.filter(|line| *line >= height).map_or(0, |line| line - height / 2);
    }
}

/// The place after or before `at`, around the ends.
fn next(at: Option<usize>, len: usize, step: Jump) -> Option<usize> {
    let last = len.checked_sub(1)?;
    Some(match (at, step) {
        (None, Jump::Next) => 0,
        (None | Some(0), Jump::Previous) => last,
        (Some(at), Jump::Next) => {
            if at < last {
                at + 1
            } else {
                0
            }
        }
        (Some(at), Jump::Previous) => at - 1,
    })
}

/// Goes to the next mark.
pub(super) fn next_mark(model: &mut Model, index: &Index) {
    let here = markable(model, index);
    let after = here.and_then(|here| model.marks.iter().find(|mark| **mark > here));
    let Some((session, number)) = after.or_else(|| model.marks.first()).copied() else {
        model.notice = Some("no marks; Space marks a row".to_owned());
        return;
    };
    to_frame(model, index, session, number);
}
