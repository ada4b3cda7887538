//! Which findings are about what is on the screen, and which session a finding is about. Only reads.

use super::action::Tab;
use super::model::{Model, OpenSession, SessionItem};
use crate::findings::Finding;
use crate::index::Index;
use std::cmp::Reverse;

/// The place of a finding's session.
pub(super) fn session_of(finding: &Finding) -> Option<usize> {
    Index::position(finding.session?)
}

/// The finding that the screen is about.
pub(super) fn finding_in_view(model: &Model, index: &Index) -> Option<usize> {
    let Some(open) = &model.open else {
        return (model.tab == Tab::Findings)
            .then(|| model.findings.rows.get(model.findings.list.selected).copied())
            .flatten();
    };
    findings_in_view(open, index).first().copied()
}

/// The findings about what is selected in a session, the worst first.
pub(super) fn findings_in_view(open: &OpenSession, index: &Index) -> Vec<usize> {
    findings_about(open, open.selected(), index)
}

/// The findings about a row of a session, the worst first; those about no frame belong to the session.
pub(super) fn findings_about(open: &OpenSession, item: SessionItem, index: &Index) -> Vec<usize> {
    let number = match item {
        SessionItem::Frame(place) => {
            index.frames(open.session).get(place).map(|row| row.number()..=row.number())
        }
        SessionItem::Message(place) => {
            index.messages(open.session).get(place).map(|row| row.first_frame..=row.last_frame)
        }
        SessionItem::Whole => None,
    };
    let known = |number: u64| index.frame_row(open.session, number).is_some();
    let mut found: Vec<usize> = index
        .findings_of(open.session)
        .filter(|at| match (index.findings().get(*at).map(|finding| finding.frame), &number) {
            (Some(Some(frame)), Some(numbers)) => numbers.contains(&frame),
            // The header of such a frame never came: it has no row.
            (Some(Some(frame)), None) => !known(frame),
            (Some(None), None) => true,
            _ => false,
        })
        .collect();
    found.sort_by_key(|at| index.findings().get(*at).map(|finding| (Reverse(finding.severity), *at)));
    found
}
