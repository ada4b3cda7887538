//! What TLS around a session says, and what is told of one that no secret opens.

use crate::analyzer::Out;
use crate::analyzer::accounts::SessionEntry;
use crate::analyzer::case::{Case, by_role};
use crate::analyzer::dark;
use crate::analyzer::ledger::Ledger;
use crate::analyzer::output::{Output, Place};
use crate::findings::{Arrival, BrokenHandshake, CutRecord, Finding, InsideTls, ProbeKind, judge_tls};
use crate::model::{Attempt, Limit, Peer, PerPeer, SessionId, Stamp};
use crate::tls::{Facts, HandshakeProgress, Random, Readable, Reason, Secrets};
use crate::upgrade::{Sequel, Upgrade};

impl Ledger {
    /// Secrets came: perhaps too late for what was let go.
    pub(in crate::analyzer) fn secrets_come(&mut self, secrets: &Secrets, out: &mut Out<'_>) {
        let is_late = |(random, _): &&(Random, Stamp)| !secrets.about(random).entries.is_empty();
        let late = self.given_up.iter().find(is_late).map(|(_, stamp)| *stamp);
        if let Some(stamp) = late {
            // It is told once.
            self.given_up = Vec::new();
            let summary = "more encrypted records of a connection waited for its TLS secrets than the limit, and were let go \
                           when these came";
            self.limit(Limit::TlsHeldBytes, stamp, summary.to_owned(), out);
        }
    }

    /// A TLS session is over.
    pub(super) fn tls(&mut self, case: &mut Case, facts: &Facts, out: &mut Out<'_>) {
        *self.summary.tls.entry(facts.readable).or_default() += 1;
        if let (Readable::Nothing, Some(reason)) = (facts.readable, facts.reason)
            && reason != Reason::ServerSpeaksNoTls
        {
            self.summary.dark += 1;
            if self.summary.first_dark.is_none() {
                self.summary.first_dark = Some((facts.stamp, reason));
                self.first_dark = Some((case.place.connection, Box::new(facts.clone())));
            }
        }
        let is_refused = facts.alert.is_some_and(|alert| alert.from == Peer::Server);
        let is_one_sided = matches!(facts.reason, Some(Reason::DirectionMissing { .. }));
        if is_refused && facts.is_client_silent() {
            // The alert says no more than that the client left.
            case.probe.get_or_insert_with(|| Box::new((ProbeKind::Empty, facts.stamp)));
        }
        if facts.version.is_none() && !is_refused && facts.sides.server.sealed == 0 && !is_one_sided {
            // The server did not answer in TLS.
            let is_plain = facts.foreign == Some(Peer::Server);
            let kind = if is_plain { ProbeKind::Misunderstood } else { ProbeKind::Tls };
            case.probe.get_or_insert_with(|| Box::new((kind, facts.stamp)));
        }
        if facts.version.is_some() {
            self.folded.secured(case.place.addresses.server, facts.stamp);
        }
        let broken = BrokenHandshake::of(facts, case.path.as_deref());
        if facts.progress == HandshakeProgress::Finished && broken.is_none() {
            self.folded.has_secured(&case.place.addresses, facts.stamp);
        }
        if let Some(broken) = broken {
            let is_chosen = dark::is_chosen(facts, &case.place, &self.config);
            let Place { addresses, connection, .. } = &case.place;
            self.folded.broken(addresses, *connection, (broken, facts.stamp), is_chosen);
        }
        if !case.is_dark
            && !case.asked
            && let Some(upgrade) = dark::attempt_at_end(facts, &case.place, &self.config)
        {
            self.begin_dark(case, facts, &upgrade, out);
        }
        let place = Place { session: SessionId(0), ..case.place };
        out(&Output::Tls(&place, facts));
        let notices = PerPeer::from_fn(|peer| facts.end_notice(peer));
        for SessionEntry { account, .. } in case.accounts.iter_mut() {
            account.judge().0.tls_ends(notices);
        }
        if case.is_dark
            && let Some(SessionEntry { session, account, .. }) = case.accounts.last_mut()
        {
            let place = Place { session: *session, ..case.place };
            account.note_sealed(facts);
            let (judge, told) = account.judge();
            dark::ends(facts, &mut |event| {
                judge.observe(event, &mut |finding| self.tell_of(place, finding, told, out));
            });
        }
        self.records_fall_short(case, facts, out);
        let mut findings = Vec::new();
        let inside = if case.asked || case.is_dark { InsideTls::Session } else { InsideTls::Other };
        judge_tls(facts, case.roles, inside, &mut |finding| findings.push(finding));
        for finding in findings {
            self.of_tls(case, finding, out);
        }
    }

    /// Tells what the end of TLS inside a record is to the session in it. Over HTTP/2 nothing shows whose that record is.
    fn records_fall_short(&mut self, case: &mut Case, facts: &Facts, out: &mut Out<'_>) {
        let Some(SessionEntry { session, attempt: Attempt::Ordinal(_), account, .. }) =
            case.accounts.last_mut()
        else {
            return;
        };
        let place = Place { session: *session, ..case.place };
        for record in Peer::BOTH.into_iter().filter_map(|peer| CutRecord::of(facts, peer)) {
            let (judge, told) = account.judge();
            judge.record_falls_short(record, &mut |finding| self.tell_of(place, finding, told, out));
        }
    }

    /// A record of TLS stays closed: tells the TLS session as the session that it may be, once its records show that.
    pub(in crate::analyzer) fn sealed(
        &mut self,
        case: &mut Case,
        facts: &Facts,
        stamp: Stamp,
        out: &mut Out<'_>,
    ) {
        if case.is_dark
            && let Some(SessionEntry { account, .. }) = case.accounts.last_mut()
        {
            account.note_sealed(facts);
        }
        if case.is_dark || case.asked {
            return;
        }
        if let Some(upgrade) = dark::attempt(facts, stamp, &case.place, &self.config) {
            self.begin_dark(case, facts, &upgrade, out);
        }
    }

    /// A TLS session is told as the session that it may be.
    fn begin_dark(&mut self, case: &mut Case, facts: &Facts, upgrade: &Upgrade, out: &mut Out<'_>) {
        // Nothing that can be read came before it.
        let attempt = Attempt::Ordinal(0);
        case.is_dark = true;
        case.place.attempt = attempt;
        case.place.session = self.next_attempt();
        let path = case.path.take();
        let told_with = (Sequel::None, Arrival::Acknowledged, false);
        out(&Output::Upgrade(&case.place, upgrade));
        let (account, findings) = self.attempt(case.place, upgrade, path, told_with);
        let Some(mut account) = account else { return };
        out(&Output::Dark(&case.place, facts));
        account.ask_for(facts.sni.as_deref());
        account.note_sealed(facts);
        let (judge, told) = account.judge();
        dark::gaps(facts, &mut |event| {
            judge.observe(event, &mut |finding| self.tell_of(case.place, finding, told, out));
        });
        case.accounts.insert(SessionEntry::new(attempt, case.place.session, account));
        for finding in findings {
            self.tell_of_case(case, Some(attempt), finding, out);
        }
    }

    /// Secrets came for what was told as dark: with the packet at `stamp` begins what can be read, a session of its own.
    pub(super) fn comes_to_light(&mut self, case: &mut Case, stamp: Stamp, out: &mut Out<'_>) {
        case.is_dark = false;
        let Some(SessionEntry { session, attempt, mut account, .. }) =
            case.accounts.remove(Attempt::Ordinal(0))
        else {
            return;
        };
        account.judge().0.comes_to_light();
        let place = Place { session, attempt, ..case.place };
        let (acked, again) = (by_role(&case.acked, case.flipped), by_role(&case.again, case.flipped));
        self.end_account(stamp, (place, case.trust), account, (&acked, &again), out);
    }

    /// Reports a finding about a TLS session; if there is a WebSocket inside, as a finding about that.
    pub(super) fn of_tls(&mut self, case: &mut Case, finding: Finding, out: &mut Out<'_>) {
        let attempt = case.accounts.last_mut().map(|entry| entry.attempt);
        self.tell_of_case(case, attempt, finding, out);
    }
}
