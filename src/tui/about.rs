//! Which findings are about what is on the screen, and which session a finding is about. Only reads.

use super::action::Tab;
use super::model::{Model, OpenSession, SessionItem};
use crate::findings::Finding;
use crate::index::{EndRow, Index};
use std::cmp::Reverse;

/// The place of a finding's session.
pub(super) fn session_of(finding: &Finding) -> Option<usize> {
    Index::position(finding.session?)
}

/// The finding that the screen is about.
pub(super) fn finding_in_view(model: &Model, index: &Index) -> Option<usize> {
    let Some(open) = &model.open else {
        return (model.tab == Tab::Findings).then(|| model.findings.selected()).flatten();
    };
    findings_in_view(model, open, index).first().copied()
}

/// The findings about what is selected in a session: the one that was gone to, then the worst.
pub(super) fn findings_in_view(model: &Model, open: &OpenSession, index: &Index) -> Vec<usize> {
    let mut found = findings_about(open, open.selected(index), index);
    if let Some(at) = found.iter().position(|at| Some(*at) == model.findings.current) {
        let first = found.remove(at);
        found.insert(0, first);
    }
    found
}

/// The row of a session that a finding is about: its frame, or the end of TCP in its packet; else the session.
pub(super) fn row_about(finding: &Finding, session: usize, index: &Index) -> SessionItem {
    if let Some(place) = finding.frame.and_then(|number| index.frame_row(session, number)) {
        return SessionItem::Frame(place);
    }
    let at = (finding.stamp.file, finding.stamp.packet);
    let is_there = |end: &EndRow| (end.stamp().file, end.stamp().packet) == at;
    index.ends(session).iter().position(is_there).map_or(SessionItem::Whole, SessionItem::End)
}

/// The findings about a row of a session, the worst first.
pub(super) fn findings_about(open: &OpenSession, item: SessionItem, index: &Index) -> Vec<usize> {
    let number = match item {
        SessionItem::Frame(place) => {
            index.frames(open.session).get(place).map(|row| row.number()..=row.number())
        }
        SessionItem::Message(place) => {
            index.messages(open.session).get(place).map(|row| row.first_frame..=row.last_frame)
        }
        SessionItem::Whole | SessionItem::End(_) => None,
    };
    let is_about = |finding: &Finding| match (finding.frame, &number) {
        (Some(frame), Some(numbers)) => numbers.contains(&frame),
        (None, Some(_)) => false,
        (_, None) => row_about(finding, open.session, index) == item,
    };
    let mut found: Vec<usize> = index
        .findings_of(open.session)
        .filter(|at| index.findings().get(*at).is_some_and(is_about))
        .collect();
    found.sort_by_key(|at| index.findings().get(*at).map(|finding| (Reverse(finding.severity), *at)));
    found
}
