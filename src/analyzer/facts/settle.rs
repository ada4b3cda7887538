//! Tells accusations as soon as it is settled which bytes they rest on.

use crate::analyzer::Out;
use crate::analyzer::accounts::SessionEntry;
use crate::analyzer::case::{Case, by_role};
use crate::analyzer::ledger::Ledger;
use crate::analyzer::output::{Output, Place};
use crate::analyzer::session::ToldCounts;
use crate::analyzer::trust::Trust;
use crate::analyzer::unsettled::{Basis, EndedSession, FailedAttempt, HeldFinding, Settled, Unsettled};
use crate::findings::Finding;
use crate::model::{Attempt, Peer, PerPeer, Stamp};
use crate::upgrade::Upgrade;

impl Ledger {
    /// Tells what was found in the session at `place`, or waits until it is settled which bytes it rests on.
    #[cold]
    pub(super) fn tell_or_wait(
        &mut self,
        (place, trust): (Place, Trust),
        (unsettled, rests_on): (&mut Option<Box<Unsettled>>, Basis),
        finding: Finding,
        told: &mut ToldCounts,
        out: &mut Out<'_>,
    ) {
        let (attempt, finding) = (Some(place.attempt), place.about(finding));
        let Some(finding) = hold((unsettled, rests_on), attempt, trust, finding) else { return };
        if let Some(finding) = trust.weigh(finding) {
            self.tell(finding, told, out);
        }
    }

    /// Tells what was found in a connection, or waits likewise: about the session that `attempt` began, if it did and is
    /// not over.
    pub(super) fn tell_of_case(
        &mut self,
        case: &mut Case,
        attempt: Option<Attempt>,
        mut finding: Finding,
        out: &mut Out<'_>,
    ) {
        finding.connection = Some(case.place.connection);
        if let Some(entry) = attempt.and_then(|attempt| case.accounts.of_mut(attempt)) {
            finding.session.get_or_insert(entry.session);
        }
        let waits = (&mut case.unsettled, Basis::bytes(&case.read));
        if let Some(finding) = hold(waits, attempt, case.trust, finding) {
            self.tell_weighed(case, attempt, finding, out);
        }
    }

    /// Tells an attempt that no session follows, and what was found in it.
    pub(super) fn tell_failed(
        &mut self,
        case: &mut Case,
        upgrade: &Upgrade,
        findings: Vec<Finding>,
        out: &mut Out<'_>,
    ) {
        let (place, cap) = (case.place, self.config.limits.findings_per_session);
        let waiting = case.unsettled.as_ref().map_or(0, |unsettled| unsettled.len());
        // What was found is told together with it, whatever other connections do meanwhile.
        let first_waits =
            findings.first().is_some_and(|finding| must_wait(case.unsettled.as_deref(), case.trust, finding));
        if !first_waits {
            out(&Output::Upgrade(&place, upgrade));
        }
        // It has no account in which what waits can be counted when it is told.
        let mut made = ToldCounts::default();
        let mut beyond = Vec::new();
        for finding in findings.into_iter().filter_map(|finding| self.regrade(finding)).collect::<Vec<_>>() {
            let finding = place.about(finding);
            if made.admit(&finding, cap) {
                self.tell_of_case(case, Some(place.attempt), finding, out);
            } else {
                beyond.push(finding);
            }
        }
        for finding in beyond.into_iter().filter_map(|finding| case.trust.weigh(finding)) {
            self.count_only(&finding, out);
        }
        for finding in made.untold(cap, upgrade.last) {
            self.tell_of_case(case, Some(place.attempt), place.about(finding), out);
        }
        if first_waits {
            let failed = Box::new(FailedAttempt { place, upgrade: upgrade.clone() });
            let told = match &mut case.unsettled {
                Some(unsettled) => unsettled.hold_attempt(waiting, failed),
                None => Some(failed),
            };
            if let Some(FailedAttempt { place, upgrade }) = told.as_deref() {
                out(&Output::Upgrade(place, upgrade));
            }
        }
    }

    /// An event is over, in which a segment of a side up to this place was `read`, or none: what was found in it waits, unless
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
                if let Some((from, end)) = read {
                    unsettled.note(from, end);
                }
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
        take: impl FnOnce(&mut Unsettled) -> Settled,
        out: &mut Out<'_>,
    ) {
        let Some(unsettled) = &mut case.unsettled else { return };
        let Settled { findings, mut ended } = take(unsettled);
        case.unsettled.take_if(|unsettled| unsettled.is_empty());
        for HeldFinding { attempt, finding, failed, .. } in findings {
            if let Some(FailedAttempt { place, upgrade }) = failed.as_deref() {
                out(&Output::Upgrade(place, upgrade));
            }
            let over =
                ended.iter_mut().map(|ended| &mut ended.entry).find(|entry| Some(entry.attempt) == attempt);
            match over.filter(|entry| finding.session == Some(entry.session)) {
                Some(entry) => {
                    if let Some(finding) = case.weigh(finding) {
                        self.tell(finding, entry.account.told(), out);
                    }
                }
                None => self.tell_weighed(case, attempt, finding, out),
            }
        }
        for EndedSession { entry, last, .. } in ended {
            self.end_session(case, entry, last, out);
        }
    }

    /// The session that `attempt` began is over, with the packet `last`: tells that, or waits until it is settled.
    pub(super) fn session_ends(&mut self, case: &mut Case, attempt: Attempt, last: Stamp, out: &mut Out<'_>) {
        let rests_on = Basis::bytes(&case.read);
        let is_full = case.unsettled.as_ref().is_some_and(|unsettled| unsettled.is_full());
        let is_found = case.unsettled.as_ref().is_some_and(|unsettled| unsettled.has(attempt));
        let is_in_order =
            case.accounts.of_mut(attempt).is_some_and(|entry| entry.account.judge().0.has_closed());
        let is_settled = case.trust.is_disputed()
            || is_full
            || is_in_order && !is_found
            || rests_on.is_settled(&case.acked);
        if is_settled {
            self.settle_session(case, attempt, out);
        }
        let missing = case.missing();
        let Some(mut entry) = case.accounts.remove(attempt) else { return };
        entry.account.judge().0.misses(missing);
        if is_settled {
            self.end_session(case, entry, last, out);
        } else {
            case.unsettled.get_or_insert_default().end(entry, last, rests_on);
        }
    }

    fn end_session(&mut self, case: &Case, entry: SessionEntry, last: Stamp, out: &mut Out<'_>) {
        let SessionEntry { session, attempt, account, .. } = entry;
        let place = Place { session, attempt, ..case.place };
        let (acked, again) = (by_role(&case.acked, case.flipped), by_role(&case.again, case.flipped));
        self.end_account(last, (place, case.trust), account, (&acked, &again), out);
    }

    /// Tells a finding as certain as it can be, and counts it in its session.
    fn tell_weighed(
        &mut self,
        case: &mut Case,
        attempt: Option<Attempt>,
        finding: Finding,
        out: &mut Out<'_>,
    ) {
        let Some(finding) = case.weigh(finding) else { return };
        let Case { accounts, unsettled, .. } = case;
        let entry = attempt.and_then(|attempt| match accounts.of_mut(attempt) {
            Some(entry) => Some(entry),
            None => unsettled.as_mut()?.ended_mut(attempt),
        });
        match entry.filter(|entry| finding.session == Some(entry.session)) {
            Some(entry) => self.tell(finding, entry.account.told(), out),
            None => self.tell(finding, &mut ToldCounts::default(), out),
        }
    }
}

/// Has a finding wait where it could lose its certainty, or where others wait. Returns it if it does not wait.
fn hold(
    (unsettled, rests_on): (&mut Option<Box<Unsettled>>, Basis),
    attempt: Option<Attempt>,
    trust: Trust,
    finding: Finding,
) -> Option<Finding> {
    if !must_wait(unsettled.as_deref(), trust, &finding) {
        return Some(finding);
    }
    unsettled.get_or_insert_default().hold(attempt, finding, rests_on);
    None
}

/// Whether a finding waits: where it could lose its certainty, or where others wait.
fn must_wait(unsettled: Option<&Unsettled>, trust: Trust, finding: &Finding) -> bool {
    match unsettled {
        Some(unsettled) => !unsettled.is_full(),
        None => trust.may_lose(finding),
    }
}
