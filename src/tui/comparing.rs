//! Comparing what is marked.

use super::compare::Compared;
use super::marks::markable;
use super::model::{Mark, Model, PageSubject, RowKind, TextPage};
use super::request::ReplayRequest;
use crate::index::Index;

/// Shows two marked rows beside each other, or the marked one and the selected one.
pub(super) fn begin(model: &mut Model, index: &Index) {
    let mut marks: Vec<Mark> = model.marks.iter().copied().collect();
    if let [mark] = *marks.as_slice() {
        marks.extend(markable(model, index).filter(|here| *here != mark));
    }
    let kind = model.open.as_ref().map_or(RowKind::Frames, |open| open.kind);
    let compared = match *marks.as_slice() {
        [(one, None), (other, None)] => Some(Compared::Sessions(one, other)),
        [(one, Some(first)), (other, Some(second))] => match kind {
            RowKind::Frames => Some(Compared::Frames((one, first), (other, second))),
            RowKind::Messages => {
                let number = |session: usize, frame: u64| {
                    let messages = index.messages(session);
                    let row = messages.get(messages.index_at(index.frame_row(session, frame)?)?)?;
                    Some((session, row.number))
                };
                number(one, first)
                    .zip(number(other, second))
                    .map(|(one, other)| Compared::Messages(one, other))
            }
        },
        _ => None,
    };
    if let Some(compared) = compared {
        model.page = Some(TextPage { subject: PageSubject::Compared(compared), scroll: 0 });
    } else {
        let words = "mark two rows of one kind with Space, or one, and go to the other";
        model.notice = Some(words.to_owned());
    }
}

/// The next payload that is needed. One after the other: a request takes the place of the one before it.
pub(super) fn wanted(model: &mut Model, compared: Compared) -> Vec<ReplayRequest> {
    let payloads = &mut model.payloads;
    let missing = compared.requests().into_iter().find(|request| !payloads.has(request));
    missing.and_then(|request| payloads.want(request)).into_iter().collect()
}
