//! The rows of the list of findings: sorted and filtered in steps, keys in between.

use super::area;
use super::facts::RowFacts;
use super::filter::ListFilter;
use super::kinds::{Findings, Judged};
use super::model::Model;
use super::order::{Occasion, Order};
use super::picks::Picks;
use super::request::FilteredList;
use crate::findings::Finding;
use crate::index::Index;
use crate::model::{Peer, Zone};
use std::cmp::Reverse;

/// Has the findings sorted and filtered anew.
pub(super) fn make(model: &mut Model, index: &Index) {
    begin(&mut model.findings, index, (model.clock.zone(), &model.picks), Occasion::Asked);
}

fn begin(findings: &mut Findings, index: &Index, (zone, picks): (&Zone, &Picks), occasion: Occasion) {
    // Findings are only added: those known before need not be looked at again.
    for (at, finding) in index.findings().iter().enumerate().skip(findings.seen) {
        findings.firsts.entry(finding.id).or_insert(at);
    }
    findings.seen = index.findings().len();
    let filter = ListFilter::parse(&findings.filter, zone, FilteredList::Findings, picks);
    let order = Order::new(findings.seen);
    findings.making = Some(Judged { order, filter, turns: 0, occasion });
}

/// Goes on sorting and filtering the findings, and begins anew where there are more. Returns whether there is more to do
/// at once.
pub(super) fn refresh(model: &mut Model, index: &Index) -> bool {
    let page = area::rows(model);
    let findings = &mut model.findings;
    if findings.making.is_none() && index.findings().len() != findings.seen {
        if findings.pause > 0 && !model.loading.is_over {
            findings.pause -= 1;
            return false;
        }
        begin(findings, index, (model.clock.zone(), &model.picks), Occasion::Grown);
    }
    let Some(mut making) = findings.making.take() else { return false };
    making.turns += 1;
    let (filter, firsts) = (&making.filter, &findings.firsts);
    let is_done = making.order.step(|at| {
        let finding = index.findings().get(at).filter(|finding| lets_through(filter, finding, index))?;
        Some((Reverse(finding.severity), firsts.get(&finding.id).copied().unwrap_or(at)))
    });
    if !is_done {
        findings.making = Some(making);
        return true;
    }
    findings.pause = making.turns - 1;
    findings.take(making.order.into_rows(), index);
    match making.occasion {
        Occasion::Asked => findings.list.reveal(findings.rows.len(), page),
        Occasion::Grown => findings.list.show(findings.rows.len(), page),
    }
    false
}

fn lets_through(filter: &ListFilter, finding: &Finding, index: &Index) -> bool {
    let row = finding.session.and_then(Index::position).and_then(|at| index.sessions().get(at));
    filter.is_empty()
        || filter.lets_through(RowFacts::Finding(finding, row), |judge| {
            judge(&[
                ("finding", finding.id.name()),
                ("severity", finding.severity.name()),
                ("from", finding.from.map_or("", Peer::name)),
                ("says", &finding.summary.to_lowercase()),
            ]);
        })
}
