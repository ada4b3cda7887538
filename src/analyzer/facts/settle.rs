//! Tells accusations as soon as it is settled which bytes they rest on.

use crate::analyzer::Out;
use crate::analyzer::case::Case;
use crate::analyzer::ledger::Ledger;
use crate::analyzer::output::Place;
use crate::analyzer::session::ToldCounts;
use crate::analyzer::trust::Trust;
use crate::analyzer::unsettled::{HeldFinding, Unsettled};
use crate::findings::Finding;
use crate::model::{Attempt, Peer, PerPeer};

impl Ledger {
    /// Tells what was found in a session, or waits until it is settled which bytes it rests on.
    #[cold]
    pub(super) fn tell_or_wait(
        &mut self,
        (place, trust): (Place, Trust),
        unsettled: &mut Option<Box<Unsettled>>,
        finding: Finding,
        told: &mut ToldCounts,
        out: &mut Out<'_>,
    ) {
        let waits = trust.may_lose(&finding) || unsettled.is_some();
        if waits && unsettled.as_ref().is_none_or(|unsettled| !unsettled.is_full()) {
            unsettled.get_or_insert_default().hold(place, finding);
        } else if let Some(finding) = trust.weigh(finding) {
            self.tell_of(place, finding, told, out);
        }
    }

    /// An event is over, in which bytes of a side up to this place were `read`, or none: what was found in them waits, unless
    /// it is settled already.
    #[cold]
    pub(in crate::analyzer) fn settle_after(
        &mut self,
        case: &mut Case,
        read: Option<(Peer, u64)>,
        out: &mut Out<'_>,
    ) {
        let acked = case.acked;
        self.tell_held(
            case,
            |unsettled| {
                unsettled.note(read);
                unsettled.take_settled(&acked)
            },
            out,
        );
    }

    /// So many bytes of each side are acknowledged: tells what rests on them.
    #[cold]
    pub(in crate::analyzer) fn settle(&mut self, case: &mut Case, acked: PerPeer<u64>, out: &mut Out<'_>) {
        self.tell_held(case, |unsettled| unsettled.take_settled(&acked), out);
    }

    /// Tells everything that waits: nothing more is learnt of the bytes.
    pub(in crate::analyzer) fn settle_all(&mut self, case: &mut Case, out: &mut Out<'_>) {
        self.tell_held(case, Unsettled::take_all, out);
    }

    /// Tells everything that waits in the session that `attempt` began.
    pub(super) fn settle_session(&mut self, case: &mut Case, attempt: Attempt, out: &mut Out<'_>) {
        self.tell_held(case, |unsettled| unsettled.take_of(attempt), out);
    }

    fn tell_held(
        &mut self,
        case: &mut Case,
        take: impl FnOnce(&mut Unsettled) -> Vec<HeldFinding>,
        out: &mut Out<'_>,
    ) {
        let Some(unsettled) = &mut case.unsettled else { return };
        let due = take(unsettled);
        case.unsettled.take_if(|unsettled| unsettled.is_empty());
        for HeldFinding { place, finding, .. } in due {
            if let Some(finding) = case.trust.weigh(finding)
                && let Some(entry) = case.accounts.of_mut(place.attempt)
            {
                self.tell_of(place, finding, entry.account.told(), out);
            }
        }
    }
}
