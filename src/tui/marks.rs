//! Marked rows: what can be marked, and how many marks there are.

use super::action::Tab;
use super::model::{Mark, Model, RowKind, SessionItem};
use super::sessions::ListRow;
use crate::index::Index;

/// What a mark would be on.
pub(super) fn markable(model: &Model, index: &Index) -> Option<Mark> {
    match &model.open {
        Some(open) => Some(match open.selected(index) {
            SessionItem::Frame(place) => {
                (open.session, Some(index.frames(open.session).get(place)?.number()))
            }
            SessionItem::Message(place) => {
                (open.session, Some(index.messages(open.session).get(place)?.first_frame))
            }
            SessionItem::Whole => (open.session, None),
            SessionItem::End(_) => return None,
        }),
        None if model.tab == Tab::Sessions => Some((model.sessions.selected()?, None)),
        None => None,
    }
}

/// How many rows are marked in the list in view, and how many of those a filter hides.
pub(super) fn counted(model: &Model, index: &Index) -> (usize, usize) {
    let (mut all, mut hidden) = (0, 0);
    for (session, number) in &model.marks {
        let is_listed = match (&model.open, number) {
            (Some(open), Some(number)) if open.session == *session => {
                let place = index.frame_row(*session, *number);
                let item = match open.kind {
                    RowKind::Frames => place.map(SessionItem::Frame),
                    RowKind::Messages => place
                        .and_then(|place| index.messages(*session).index_at(place))
                        .map(SessionItem::Message),
                };
                item.is_some_and(|item| open.row_of(item, index).is_some())
            }
            (None, None) if model.tab == Tab::Sessions => {
                model.sessions.rows.contains(&ListRow::Session(*session))
            }
            (Some(_) | None, _) => continue,
        };
        all += 1;
        hidden += usize::from(!is_listed);
    }
    (all, hidden)
}

/// Marks what is selected, or takes the mark away.
pub(super) fn mark(model: &mut Model, index: &Index) {
    match markable(model, index) {
        Some(mark) if !model.marks.remove(&mark) => {
            model.marks.insert(mark);
            model.notice = Some("marked; ' goes to the next mark".to_owned());
        }
        Some(_) => model.notice = Some("no longer marked".to_owned()),
        None => model.notice = Some("only sessions and frames can be marked".to_owned()),
    }
}
