//! Keys while a question is asked, and what the answers do.

use super::action::Tab;
use super::copy::{self, Copied, Text};
use super::findings;
use super::happening::Effect;
use super::jump;
use super::key::Key;
use super::model::{Hunt, Model, SessionItem};
use super::opened::Wanted;
use super::prompt::Prompt;
use super::request::{Request, Saved};
use super::rows;
use super::sessions::ListRow;
use crate::index::Index;
use crate::replay::Needle;
use crossterm::event::KeyCode;
use std::path::PathBuf;

/// The filter of the rows in view.
pub(super) fn filter(model: &Model) -> &str {
    match (&model.open, model.tab) {
        (Some(open), _) => &open.filter,
        (None, Tab::Findings) => &model.findings.filter,
        (None, _) => &model.sessions.filter,
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
        (Some(open), _) => rows::filter(open, index, line),
        (None, Tab::Findings) => {
            model.findings.filter = line;
            findings::make(model, index);
        }
        (None, _) => {
            model.sessions.filter = line;
            model.sessions.make(index);
        }
    }
}

/// A key while a question is asked.
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
            KeyCode::Tab => match &mut model.prompt {
                Some(Prompt::Filter { line, .. }) => {
                    let Some(completed) = super::filter::completed(line) else { return };
                    *line = completed;
                }
                Some(Prompt::File(line) | Prompt::Path(_, line)) => {
                    return effects.push(Effect::Complete(line.clone()));
                }
                _ => return,
            },
            KeyCode::Enter => return entered(model, index, effects),
            _ => return,
        }
        return typed(model, index);
    }
    let KeyCode::Char(c) = key.code else { return };
    match (model.prompt.take(), c) {
        (Some(Prompt::Quit), 'q' | 'y') => effects.push(Effect::Quit),
        (Some(Prompt::Copy), 'p') => copied(model, index, Copied::Payload, effects),
        (Some(Prompt::Copy), 'h') => copied(model, index, Copied::Hex, effects),
        (Some(Prompt::Copy), 'j') => copied(model, index, Copied::Json, effects),
        (Some(Prompt::Copy), 't') => copied(model, index, Copied::Filter, effects),
        (Some(Prompt::Save), 's' | 'p') => ask_for_path(model, index, c),
        (Some(Prompt::Replace(what, path)), 'y') => {
            effects.push(Effect::Ask(Request::Save { what, path, replace: true }));
        }
        (Some(Prompt::Replace(..)), 'n') => model.notice = Some("nothing was saved".to_owned()),
        (prompt, _) => model.prompt = prompt,
    }
}

fn entered(model: &mut Model, index: &Index, effects: &mut Vec<Effect>) {
    match model.prompt.take() {
        // What is wrong stands above it.
        Some(Prompt::Filter { line, before }) if super::filter::fault(&line).is_some() => {
            model.prompt = Some(Prompt::Filter { line, before });
        }
        Some(Prompt::Search(typed)) if !typed.is_empty() => {
            model.hunt = Some(Hunt {
                needle: Needle::parse(&typed).ok(),
                typed: typed.clone(),
                hits: Vec::new(),
                is_over: false,
                done: None,
                doubt: None,
                at: None,
            });
            effects.push(Effect::Ask(Request::Search(typed)));
        }
        Some(Prompt::File(path)) if !path.is_empty() => {
            effects.push(Effect::Open(Wanted::File(PathBuf::from(path))));
        }
        Some(Prompt::GoTo(typed)) => jump::to_typed(model, index, &typed),
        Some(Prompt::Path(what, path)) if !path.is_empty() => {
            effects.push(Effect::Ask(Request::Save { what, path: PathBuf::from(path), replace: false }));
        }
        _ => {}
    }
}

fn copied(model: &mut Model, index: &Index, what: Copied, effects: &mut Vec<Effect>) {
    match copy::copied(model, index, what) {
        Ok(Text::There(text)) => copy(model, Ok(text), effects),
        Ok(Text::Asked(request)) => effects.push(Effect::Ask(request)),
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

/// Asks where to save the packets of the marked sessions; where none is marked, of those that are listed.
pub(super) fn save_listed(model: &mut Model) {
    let listed = model.sessions.rows.iter().filter_map(|row| match row {
        ListRow::Session(place) => Some(*place),
        ListRow::Noise(_) => None,
    });
    let marked: Vec<usize> =
        model.marks.iter().filter(|(_, frame)| frame.is_none()).map(|(place, _)| *place).collect();
    let sessions = if marked.is_empty() { listed.collect() } else { marked };
    if sessions.is_empty() {
        model.notice = Some("no session to save".to_owned());
    } else {
        let name = match sessions.as_slice() {
            [_] => "session.pcapng".to_owned(),
            sessions => format!("{}-sessions.pcapng", sessions.len()),
        };
        model.prompt = Some(Prompt::Path(Saved::Packets(sessions), name));
    }
}

fn ask_for_path(model: &mut Model, index: &Index, what: char) {
    let Some(open) = &model.open else { return };
    let Some(session) = index.sessions().get(open.session) else { return };
    let id = session.session;
    let (what, path) = match (what, open.selected(index)) {
        ('s', _) => (Saved::Packets(vec![open.session]), format!("session-{id}.pcapng")),
        (_, SessionItem::Frame(place)) => {
            let Some(row) = index.frames(open.session).get(place) else { return };
            (Saved::Frame(open.session, row.number()), format!("session-{id}-frame-{}.bin", row.number()))
        }
        (_, SessionItem::Message(place)) => {
            let Some(row) = index.messages(open.session).get(place) else { return };
            (Saved::Message(open.session, row.number), format!("session-{id}-message-{}.bin", row.number))
        }
        (_, SessionItem::Whole | SessionItem::End(_)) => {
            model.notice = Some("choose a frame first".to_owned());
            return;
        }
    };
    model.prompt = Some(Prompt::Path(what, path));
}
