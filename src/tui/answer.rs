//! Keys while a question is asked, and what the answers do.

use super::action::Tab;
use super::copy::{self, Copied, TextSource};
use super::findings;
use super::happening::Effect;
use super::jump;
use super::key::Key;
use super::model::{Hunt, Model, OpenSession, SessionItem};
use super::opened::Wanted;
use super::prompt::{Prompt, Turn};
use super::request::{Existing, FilteredList, ReadProgress, ReplayRequest, Saved, SoFar};
use super::rows;
use super::sessions::ListRow;
use super::words::BEYOND_LIMIT;
use crate::index::Index;
use crate::model::Peer;
use crate::replay::Needle;
use crossterm::event::KeyCode;
use std::path::PathBuf;

/// The filter of the rows in view.
pub(super) fn filter(model: &Model) -> &str {
    match (&model.open, model.tab) {
        (Some(open), _) => &open.filter,
        (None, Tab::Findings) => &model.findings.filter,
        (None, Tab::Sessions | Tab::Plots) => &model.sessions.filter,
    }
}

/// The line of the question changed.
pub(super) fn typed(model: &mut Model, index: &Index) {
    if let Some(Prompt::Filter { line, .. }) = &model.prompt {
        let line = line.clone();
        set_filter(model, index, line);
    }
}

/// Shows the rows that this filter lets through.
pub(super) fn set_filter(model: &mut Model, index: &Index, line: String) {
    match (&mut model.open, model.tab) {
        (Some(open), _) => rows::filter(open, index, (model.clock.zone(), &model.picks), line),
        (None, Tab::Findings) => {
            model.findings.filter = line;
            findings::make(model, index);
        }
        (None, Tab::Sessions | Tab::Plots) => {
            model.sessions.filter = line;
            model.sessions.make(index, model.clock.zone(), &model.picks);
        }
    }
}

/// Has the rows of all lists judged anew: the times in their filters are in another zone now.
pub(super) fn filter_again(model: &mut Model, index: &Index) {
    model.sessions.make(index, model.clock.zone(), &model.picks);
    findings::make(model, index);
    if let Some(open) = &mut model.open {
        let line = open.filter.clone();
        rows::filter(open, index, (model.clock.zone(), &model.picks), line);
    }
}

/// What another reading of the capture is wanted for: what filters ask for that no row has.
pub(super) fn readings(model: &mut Model, index: &Index) -> Option<ReplayRequest> {
    let zone = model.clock.zone();
    let of = |line: &str, list| super::filter::readings(line, zone, list);
    let mut wanted = of(&model.sessions.filter, FilteredList::Sessions);
    wanted.extend(of(&model.findings.filter, FilteredList::Findings));
    if let Some(open) = &model.open {
        wanted.extend(of(&open.filter, open.listing()));
    }
    model.picks.want(wanted, zone, (index.frames_total(), model.loading.is_over))
}

/// Another reading chose rows of a list.
pub(super) fn picked(model: &mut Model, index: &Index, list: FilteredList) {
    match list {
        FilteredList::Sessions => model.sessions.make(index, model.clock.zone(), &model.picks),
        FilteredList::Findings => findings::make(model, index),
        FilteredList::Frames(_) | FilteredList::Messages(_) => {
            if let Some(open) = model.open.as_mut().filter(|open| open.listing() == list) {
                let line = open.filter.clone();
                rows::filter(open, index, (model.clock.zone(), &model.picks), line);
            }
        }
    }
}

/// A key while a question is asked.
#[expect(clippy::wildcard_enum_match_arm, reason = "most keys mean nothing in a line")]
pub(super) fn answer(model: &mut Model, index: &Index, key: Key, effects: &mut Vec<Effect>) {
    if key.ctrl && key.code == KeyCode::Char('c') || key.code == KeyCode::Esc {
        if let Some(Prompt::Filter { before, .. }) = model.prompt.take() {
            set_filter(model, index, before);
        }
        return;
    }
    if let Some(line) = model.prompt.as_mut().and_then(Prompt::line_mut) {
        match key.code {
            KeyCode::Backspace => drop(line.pop()),
            KeyCode::Char('u') if key.ctrl => line.clear(),
            KeyCode::Char(c) if !key.ctrl => line.push(c),
            KeyCode::Tab | KeyCode::BackTab => match &mut model.prompt {
                Some(prompt @ Prompt::Filter { .. }) => {
                    let turn = if key.code == KeyCode::Tab { Turn::Next } else { Turn::Previous };
                    prompt.complete(turn);
                    return typed(model, index);
                }
                Some(Prompt::File(line) | Prompt::Path(_, line)) => {
                    return effects.push(Effect::Complete(line.clone()));
                }
                Some(
                    Prompt::Quit(_)
                    | Prompt::Copy
                    | Prompt::Save
                    | Prompt::SaveListed { .. }
                    | Prompt::Replace(..)
                    | Prompt::Search(_)
                    | Prompt::GoTo(_),
                )
                | None => return,
            },
            KeyCode::Enter => return entered(model, index, effects),
            _ => return,
        }
        if let Some(Prompt::Filter { offered, .. }) = &mut model.prompt {
            *offered = None;
        }
        return typed(model, index);
    }
    let KeyCode::Char(c) = key.code else { return };
    match (model.prompt.take(), c) {
        (Some(Prompt::Quit(_)), 'q') => effects.push(Effect::Quit),
        (Some(Prompt::Quit(_)), 'w') => save_capture(model, Saved::Capture(so_far(index))),
        (Some(Prompt::Copy), 'p') => copied(model, index, Copied::Payload, effects),
        (Some(Prompt::Copy), 'h') => copied(model, index, Copied::Hex, effects),
        (Some(Prompt::Copy), 'j') => copied(model, index, Copied::Json, effects),
        (Some(Prompt::Copy), 't') => copied(model, index, Copied::Filter, effects),
        (Some(Prompt::Save), 's') => {
            save_session(model, index, |open| Ok(Saved::Packets(vec![open.session])));
        }
        (Some(Prompt::Save), 'c') => {
            save_session(model, index, |open| Ok(Saved::Messages(vec![open.session], Peer::Client)));
        }
        (Some(Prompt::Save), 'v') => {
            save_session(model, index, |open| Ok(Saved::Messages(vec![open.session], Peer::Server)));
        }
        (Some(Prompt::SaveListed { sessions, .. }), 's') if !sessions.is_empty() => {
            save_sessions(model, Saved::Packets(sessions));
        }
        (Some(Prompt::SaveListed { sessions, .. }), 'c') if !sessions.is_empty() => {
            save_sessions(model, Saved::Messages(sessions, Peer::Client));
        }
        (Some(Prompt::SaveListed { sessions, .. }), 'v') if !sessions.is_empty() => {
            save_sessions(model, Saved::Messages(sessions, Peer::Server));
        }
        (Some(Prompt::SaveListed { whole: Some(whole), .. }), 'a') => save_capture(model, whole),
        (Some(Prompt::Save), 'r') => {
            let range = marked_range(model, index);
            save_session(model, index, |open| {
                let (first, last) =
                    range.ok_or("mark a frame with Space first: the range goes from there to here")?;
                Ok(Saved::Range(open.session, first, last))
            });
        }
        (Some(Prompt::Save), 'p') => save_session(model, index, |open| payload(open, index)),
        (Some(Prompt::Replace(what, path)), 'y') => {
            effects.push(Effect::Ask(ReplayRequest::Save { what, path, existing: Existing::Replaced }));
        }
        (Some(Prompt::Replace(..)), 'n') => model.notice = Some("nothing was saved".to_owned()),
        // Another key leaves the question where it is; a line that is typed was handled above.
        (
            prompt @ (Some(
                Prompt::Quit(_)
                | Prompt::Copy
                | Prompt::Save
                | Prompt::SaveListed { .. }
                | Prompt::Replace(..)
                | Prompt::Filter { .. }
                | Prompt::Search(_)
                | Prompt::File(_)
                | Prompt::GoTo(_)
                | Prompt::Path(..),
            )
            | None),
            _,
        ) => model.prompt = prompt,
    }
}

fn entered(model: &mut Model, index: &Index, effects: &mut Vec<Effect>) {
    match model.prompt.take() {
        // What is wrong stands above it.
        Some(Prompt::Filter { line, before, .. })
            if super::filter::fault(&line, model.clock.zone()).is_some() =>
        {
            model.prompt = Some(Prompt::Filter { line, before, offered: None });
        }
        Some(Prompt::Search(typed)) if !typed.is_empty() => {
            model.hunt = Some(Hunt {
                needle: Needle::parse(&typed).ok(),
                typed: typed.clone(),
                hits: Vec::new(),
                progress: ReadProgress::Reading(None),
                doubt: None,
                at: None,
            });
            effects.push(Effect::Ask(ReplayRequest::Search(typed)));
        }
        Some(Prompt::File(path)) if !path.is_empty() => {
            effects.push(Effect::Open(Wanted::File(PathBuf::from(path))));
        }
        Some(Prompt::GoTo(typed)) => jump::to_typed(model, index, &typed),
        Some(Prompt::Path(what, path)) if !path.is_empty() => {
            effects.push(Effect::Ask(ReplayRequest::Save {
                what,
                path: PathBuf::from(path),
                existing: Existing::Stays,
            }));
        }
        // An empty line asks for nothing, and a letter was answered above.
        Some(
            Prompt::Filter { .. }
            | Prompt::Search(_)
            | Prompt::File(_)
            | Prompt::Path(..)
            | Prompt::Copy
            | Prompt::Save
            | Prompt::SaveListed { .. }
            | Prompt::Replace(..)
            | Prompt::Quit(_),
        )
        | None => {}
    }
}

fn copied(model: &mut Model, index: &Index, what: Copied, effects: &mut Vec<Effect>) {
    match copy::copied(model, index, what) {
        Ok(TextSource::There(text, cut)) => {
            copy(model, Ok(text), effects);
            if let Some(notice) = model.notice.as_mut().filter(|_| cut > 0) {
                notice.push_str("; ");
                notice.push_str(BEYOND_LIMIT);
            }
        }
        Ok(TextSource::Asked(request)) => effects.push(Effect::Ask(request)),
        Err(reason) => copy(model, Err(reason), effects),
    }
}

/// Gives a text to the terminal, or says why there is none.
pub(super) fn copy(model: &mut Model, text: Result<String, String>, effects: &mut Vec<Effect>) {
    match text {
        Ok(text) => {
            model.notice = Some(format!("{} copied", super::text::count(text.len() as u64, "byte")));
            effects.push(Effect::Copy(text));
        }
        Err(reason) => model.notice = Some(reason),
    }
}

/// Asks what to save of the marked sessions that are listed; where none is, of all that are listed. What a filter hides is not
/// saved. Of a live capture that nobody saves, all may be saved as well.
pub(super) fn save_listed(model: &mut Model, index: &Index) {
    let listed_rows = model.sessions.rows.iter().filter_map(|row| match row {
        ListRow::Session(place) => Some(*place),
        ListRow::Noise(_) => None,
    });
    let rows: Vec<usize> = listed_rows.collect();
    let is_marked = |place: &usize| model.marks.contains(&(*place, None));
    let marked: Vec<usize> = rows.iter().copied().filter(is_marked).collect();
    let sessions = if marked.is_empty() { rows } else { marked };
    let whole = model.is_unsaved.then(|| Saved::Capture(so_far(index)));
    if sessions.is_empty() && whole.is_none() {
        model.notice = Some("no session to save".to_owned());
    } else {
        model.prompt = Some(Prompt::SaveListed { sessions, whole });
    }
}

/// How much is listed by now.
pub(super) fn so_far(index: &Index) -> SoFar {
    SoFar { sessions: index.sessions().len(), frames: index.frames_total() }
}

/// Asks where to save something of listed sessions.
fn save_sessions(model: &mut Model, what: Saved) {
    let (Saved::Packets(sessions) | Saved::Messages(sessions, _)) = &what else { return };
    let name = match sessions.as_slice() {
        [_] => format!("session{}", ending(&what)),
        sessions => format!("{}-sessions{}", sessions.len(), ending(&what)),
    };
    model.prompt = Some(Prompt::Path(what, name));
}

/// Asks where to save all of a live capture.
fn save_capture(model: &mut Model, what: Saved) {
    let name = format!("capture{}", ending(&what));
    model.prompt = Some(Prompt::Path(what, name));
}

/// Asks where to save something of the open session.
fn save_session(
    model: &mut Model,
    index: &Index,
    what: impl FnOnce(&OpenSession) -> Result<Saved, &'static str>,
) {
    let Some(open) = &model.open else { return };
    let Some(session) = index.sessions().get(open.session) else { return };
    match what(open) {
        Ok(what) => {
            let name = format!("session-{}{}", session.session, ending(&what));
            model.prompt = Some(Prompt::Path(what, name));
        }
        Err(reason) => model.notice = Some(reason.to_owned()),
    }
}

/// How the name of a file ends that has something of a session.
fn ending(what: &Saved) -> String {
    match what {
        Saved::Packets(_) | Saved::Capture(_) => ".pcapng".to_owned(),
        Saved::Range(_, first, last) => format!("-frames-{first}-{last}.pcapng"),
        Saved::Frame(_, number) => format!("-frame-{number}.bin"),
        Saved::Message(_, number) => format!("-message-{number}.bin"),
        Saved::Messages(_, from) => format!("-{}.jsonl", from.name()),
    }
}

/// The payload of what is selected.
fn payload(open: &OpenSession, index: &Index) -> Result<Saved, &'static str> {
    let gone = "the row is gone";
    match open.selected(index) {
        SessionItem::Frame(place) => {
            let row = index.frames(open.session).get(place).ok_or(gone)?;
            Ok(Saved::Frame(open.session, row.number()))
        }
        SessionItem::Message(place) => {
            let row = index.messages(open.session).get(place).ok_or(gone)?;
            Ok(Saved::Message(open.session, row.number))
        }
        SessionItem::Whole | SessionItem::End(_) => Err("choose a frame first"),
    }
}

/// The frames from the first mark in the session to its last one; with one mark, from there to what is selected.
fn marked_range(model: &Model, index: &Index) -> Option<(u64, u64)> {
    let open = model.open.as_ref()?;
    let marks = model.marks.range((open.session, Some(0))..=(open.session, Some(u64::MAX)));
    let mut numbers: Vec<u64> = marks.filter_map(|(_, number)| *number).collect();
    if numbers.len() == 1 {
        numbers.extend(match open.selected(index) {
            SessionItem::Frame(place) => index.frames(open.session).get(place).map(|row| row.number()),
            SessionItem::Message(place) => index.messages(open.session).get(place).map(|row| row.last_frame),
            SessionItem::Whole | SessionItem::End(_) => None,
        });
    }
    numbers.iter().copied().min().zip(numbers.iter().copied().max())
}
