//! Turns facts about a connection into outputs: upgrades, frames and findings.

mod ends;
mod settle;
mod tls;

use super::Out;
use super::accounts::SessionEntry;
use super::case::{Case, by_role};
use super::invited::Invited;
use super::ledger::Ledger;
use super::legs::Recall;
use super::output::{Output, Place};
use super::session::{Account, ToldCounts};
use super::trust::GapAge;
use super::unsettled::Basis;
use crate::findings::{
    self, Announced, Arrival, AskedOn, Finding, FindingField, Id, Judge, OpenSessions, Path, ProbeKind,
    Severity, Surroundings, TunnelRefusal, judge_alert, sent_before_refusal, undeterred,
};
use crate::http2::{ErrorCode, GoAway, StreamFact};
use crate::layers::{Coverage, Event};
use crate::model::{
    Attempt, Count, Gap, Limit, OVERDUE, Peer, SessionId, Stamp, StreamId, Timestamp, Trouble,
};
use crate::tcp::Conflict;
use crate::upgrade::{HeadPart, Outcome, Sequel, Upgrade};
use crate::ws;

/// How many GOAWAY frames of a connection are reported. Two are usual if a server ends in order (RFC 9113 §6.8).
const GOAWAYS: u8 = 8;

/// Connections that are remembered because more waited in them for secrets than the limit.
const GIVEN_UP: usize = 64;

impl Ledger {
    /// Takes a fact of a connection.
    pub(super) fn fact(&mut self, case: &mut Case, event: &Event<'_>, out: &mut Out<'_>) {
        match event {
            Event::WebSocket(attempt, event) => self.fact_of_session(case, *attempt, event, out),
            Event::Upgrade(attempt, upgrade) => self.upgrade(case, *attempt, upgrade, out),
            Event::Flipped => case.flip(),
            // Until there is an attempt nobody knows whether it concerns one.
            Event::Gap { from, gap } if case.place.session == SessionId(0) => case.miss(*from, gap),
            Event::Gap { from, gap } => self.tell_gap(case, *from, (gap, GapAge::Within), out),
            Event::Undeterred(client) => {
                let has_seen_it = by_role(&case.acked, case.flipped).server >= client.answer_end;
                let told = if has_seen_it { undeterred } else { sent_before_refusal };
                let finding = case.place.about(told(client.status, client.header, client.stamp));
                self.tell_of_case(case, Some(case.place.attempt), finding, out);
            }
            Event::Tunnel(target) => self.folded.tunnel_opened(&case.place.addresses, target),
            Event::SocksRefused { target, refusal, stamp } => {
                let refusal = TunnelRefusal::of_socks(*target, *refusal, *stamp);
                self.folded.tunnel_refused(&case.place.addresses, case.place.connection, refusal);
            }
            Event::Secured => case.place.is_secure = true,
            Event::ServerName(name) => out(&Output::ServerName(&case.place, name)),
            // Only redaction asks for these.
            Event::Record(_) | Event::Carried(..) | Event::Agreed(_) | Event::Placed(..) => {}
            Event::Secrets(lines) => {
                self.opened.get_or_insert(case.place.connection);
                out(&Output::Secrets(&case.place, lines));
            }
            Event::Alert(alert) => self.of_tls(case, judge_alert(alert, case.roles), out),
            Event::SecretsGivenUp(random, stamp) => {
                if self.given_up.len() < GIVEN_UP {
                    self.given_up.push((*random, *stamp));
                }
            }
            Event::Sealed(facts, stamp) => self.sealed(case, facts, *stamp, out),
            // What a server says unasked is no deed of its client's, and a subflow begins in the middle (RFC 8684 §3.2).
            Event::Stranger(stranger) => {
                if stranger.from == Peer::Client && !case.trust.is_multipath() {
                    let kind = || ProbeKind::of(stranger.preview);
                    case.probe.get_or_insert_with(|| Box::new((kind(), stranger.stamp)));
                }
            }
            Event::Stream(attempt, fact) => {
                if let StreamFact::Exceeded { from, .. } = fact {
                    *case.http2_broken.of_mut(*from) = true;
                }
                let missing = case.missing();
                let Case { place, trust, accounts, read, unsettled, .. } = case;
                let Some(SessionEntry { session, account, .. }) = accounts.of_mut(*attempt) else {
                    return;
                };
                let place = Place { session: *session, attempt: *attempt, ..*place };
                let (judge, told) = account.judge();
                judge.misses(missing);
                judge.observe_stream(fact, &mut |finding| {
                    self.tell_or_wait((place, *trust), (unsettled, Basis::bytes(read)), finding, told, out);
                });
            }
            Event::Data(attempt, from, frame) => {
                if let Some(SessionEntry { session, .. }) = case.accounts.of_mut(*attempt) {
                    let place = Place { session: *session, attempt: *attempt, ..case.place };
                    out(&Output::Data(&place, *from, frame));
                }
            }
            Event::Over(attempt, stamp) => self.session_ends(case, *attempt, *stamp, out),
            Event::GoAway { from, gone, debug, coverage } => {
                self.goaway(case, (*from, *gone, debug), *coverage, out);
            }
            // Some servers reset the stream of a malformed request, others end the connection.
            Event::Asked { request, is_known } => {
                case.http2_broken.client |= *is_known && findings::is_malformed(request);
            }
            // What is not in the capture may have been the settings.
            Event::SettingsAwaited(stamp) => {
                if !case.has_missed(Peer::Server) {
                    case.probe.get_or_insert_with(|| Box::new((ProbeKind::Http2, *stamp)));
                }
            }
            Event::HeadBroken { from, stream, fault, stamp } => {
                let finding = findings::head_broken(*from, *stream, *fault, *stamp);
                if fault.rests_on_receiver() && case.has_missed(!*from) {
                    case.suspect(*from, finding);
                } else {
                    self.http2_broken(case, (*from, *stream), finding, out);
                }
            }
            Event::FrameInvalid { from, header, fault, stamp } => {
                let finding = findings::frame_invalid(*from, *header, *fault, *stamp);
                if fault.rests_on_receiver() && case.has_missed(!*from) {
                    case.suspect(*from, finding);
                } else {
                    self.http2_broken(case, (*from, header.stream), finding, out);
                }
            }
            Event::Unframed { from, preview, stamp } => {
                let finding = findings::unframed(*from, preview, *stamp);
                self.http2_broken(case, (*from, StreamId(0)), finding, out);
            }
            Event::LimitReached { on, shortage, stamp } => {
                let finding = findings::limit_reached(*on, *shortage, *stamp);
                let finding = Finding { connection: Some(case.place.connection), ..finding };
                self.tell_limit(shortage.limit(), finding, out);
            }
        }
    }

    /// Tells, of the latest attempt, that the capture misses bytes of its HTTP.
    fn tell_gap(&mut self, case: &mut Case, from: Peer, (gap, age): (&Gap, GapAge), out: &mut Out<'_>) {
        case.tell_missed(from, gap);
        if let Some(finding) = findings::gap(from, gap, case.path.as_deref()) {
            let finding = age.weigh(finding);
            self.tell_of(case.place, finding, &mut ToldCounts::default(), out);
        }
    }

    /// Takes a fact of the WebSocket of `attempt`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly all facts are this, and come from one place")]
    pub(super) fn fact_of_session(
        &mut self,
        case: &mut Case,
        attempt: Attempt,
        event: &ws::Event<'_>,
        out: &mut Out<'_>,
    ) {
        let mut age = GapAge::Within;
        if let ws::Event::Gap { from, gap, .. } = event {
            case.tell_missed(*from, gap);
            age = case.age_of(*from, gap);
        }
        let Case { place, trust, accounts, read, unsettled, .. } = case;
        let Some(SessionEntry { session, account, .. }) = accounts.of_mut(attempt) else { return };
        (place.session, place.attempt) = (*session, attempt);
        match event {
            ws::Event::Frame(frame) => {
                self.count_frame(frame);
                account.count_frame(frame);
                if self.legs.is_watching() {
                    self.legs.frame(place.session, frame);
                }
                out(&Output::Frame(place, frame));
            }
            ws::Event::Message(message) => {
                self.summary.messages += 1;
                let ordinal = account.count_message(message.from);
                if self.legs.is_watching_message(ordinal)
                    && self.legs.message(place.session, message, ordinal) == Recall::Short
                {
                    self.legs_forget(message.last, out);
                }
                if self.wants_whole_messages() && message.is_cut() {
                    self.cut(message, out);
                }
                out(&Output::Message(place, message));
            }
            ws::Event::PartialHeader(_)
            | ws::Event::Gap { .. }
            | ws::Event::Resynchronized { .. }
            | ws::Event::Foreign { .. }
            | ws::Event::LostFraming(_)
            | ws::Event::Misaligned { .. } => self.legs.miss(place.session),
            ws::Event::Header(_) | ws::Event::Stalled { .. } | ws::Event::End { .. } => {}
        }
        let (judge, told) = account.judge();
        judge.observe(event, &mut |finding| {
            let finding = age.weigh(self.legs.about_proxy(place.session, finding));
            self.tell_or_wait((*place, *trust), (unsettled, Basis::bytes(read)), finding, told, out);
        });
    }

    /// One side of an HTTP/2 connection takes no more streams.
    fn goaway(
        &mut self,
        case: &mut Case,
        (from, gone, debug): (Peer, GoAway, &[u8]),
        coverage: Coverage,
        out: &mut Out<'_>,
    ) {
        let before = *case.goaways.of(from);
        if before >= GOAWAYS || !case.asked {
            return;
        }
        *case.goaways.of_mut(from) += 1;
        // What a side counts are the streams of its peer (RFC 9113 §6.8), and a server opens none.
        let is_kept = |attempt: Attempt| {
            from == Peer::Client || attempt.stream().is_none_or(|stream| stream <= gone.last)
        };
        let is_open = |entry: &SessionEntry| entry.account.is_open();
        let kept = case.accounts.attempts(|entry| is_open(entry) && is_kept(entry.attempt));
        let given_up = case.accounts.attempts(|entry| is_open(entry) && !is_kept(entry.attempt));
        // Either side may have ended any of them in what it said.
        let open = match coverage {
            Coverage::OneSided => OpenSessions::Unknown,
            Coverage::Whole | Coverage::Lossy => {
                OpenSessions::Known { kept: kept.len() as u64, given_up: given_up.len() as u64 }
            }
        };
        let announced = if before > 0 { Announced::Before } else { Announced::Now };
        let Some(finding) = findings::goaway(from, gone, debug, open, announced) else { return };
        // A side has to end a connection in which the other one broke a rule.
        if gone.code != ErrorCode::NO_ERROR {
            let open = case.accounts.iter_mut().filter(|entry| entry.account.is_open());
            open.for_each(|entry| entry.account.judge().0.connection_is_given_up(from));
        }
        let is_owed = gone.code != ErrorCode::NO_ERROR && *case.http2_broken.of(!from);
        if is_owed && let Some(suspected) = case.http2_suspected.of_mut(!from).take() {
            self.tell_of_case(case, None, *suspected, out);
        }
        let finding = if is_owed { finding.severity(Severity::Note) } else { finding };
        // What is missing may have ended the sessions that seem to be open.
        let attempts: Vec<Attempt> = given_up.into_iter().chain(kept).collect();
        let is_unknown = open == OpenSessions::Unknown;
        if is_unknown && gone.code == ErrorCode::NO_ERROR {
            // Of sessions that this side has ended itself nothing needs to be said. A client that ends the connection in order says
            // nothing of them, unless in words.
            let is_telling = from == Peer::Server || !debug.is_empty();
            if is_telling && !attempts.is_empty() {
                self.tell_of_case(case, None, finding.tentative(), out);
            }
            return;
        }
        let finding = finding.tentative_if(coverage != Coverage::Whole && !attempts.is_empty());
        if attempts.is_empty() {
            return self.tell_of_case(case, None, finding, out);
        }
        // Each of their sessions ends with it, and is to show that.
        for attempt in attempts {
            self.tell_of_case(case, Some(attempt), finding.clone(), out);
        }
    }

    /// A side sent what its peer has to end the connection for: what follows is its consequence.
    fn http2_broken(
        &mut self,
        case: &mut Case,
        (from, stream): (Peer, StreamId),
        finding: Finding,
        out: &mut Out<'_>,
    ) {
        // Its peer may leave any session for that.
        for entry in case.accounts.iter_mut().filter(|entry| entry.account.is_open()) {
            entry.account.judge().0.connection_is_broken(&finding);
        }
        *case.http2_broken.of_mut(from) = true;
        if std::mem::replace(case.http2_told.of_mut(from), true) {
            return;
        }
        if !case.asked && !self.folded.speaks_websocket(case.place.addresses.server) {
            *case.http2_untold.of_mut(from) = Some(Box::new(finding));
            return;
        }
        // What is about the whole connection is told of its session, if that is the only one.
        let mut open = case.accounts.attempts(|entry| entry.account.is_open()).into_iter();
        let only = open.next().filter(|_| stream == StreamId(0) && open.next().is_none());
        self.tell_of_case(case, Some(only.unwrap_or(Attempt::Stream(stream))), finding, out);
    }

    /// There are more attempts that wait for what their client makes of the answer than can be kept.
    #[cold]
    fn invitations_overflow(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let summary = "more refused attempts wait to be repeated than the limit: later ones are reported without what \
                       follows them";
        self.limit(Limit::InvitedBytes, stamp, summary.to_owned(), out);
    }

    /// There are more legs of WebSockets than can be compared.
    #[cold]
    fn legs_forget(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let summary = "more messages on their way through proxies than the limit: from here on it is not judged \
                       whether all came out";
        self.limit(Limit::LegMessages, stamp, summary.to_owned(), out);
    }

    /// TCP shows something of a connection's way.
    pub(super) fn trouble(&mut self, case: &mut Case, from: Peer, trouble: &Trouble, out: &mut Out<'_>) {
        let (from, trust) = (case.role(from), case.trust);
        if let Some(SessionEntry { session, attempt, account, .. }) = case.accounts.last_mut() {
            let place = Place { session: *session, attempt: *attempt, ..case.place };
            let (judge, told) = account.judge();
            judge.trouble(from, trouble, &mut |finding| {
                // It rests on no bytes of a stream.
                let waits = (&mut case.unsettled, Basis::Nothing);
                self.tell_or_wait((place, trust), waits, finding, told, out);
            });
            self.settle_after(case, None, out);
            return;
        }
        // What did not arrive of a request whose attempt has been told.
        if let (Some(session), Trouble::Unacknowledged(_), Peer::Client) = (case.unarrived, trouble, from) {
            let mut path = Path::default();
            path.note(from, trouble);
            path.tell(&mut |finding| {
                if let Some(finding) = trust.weigh(finding) {
                    let place = Place { session, ..case.place };
                    self.tell_of(place, finding, &mut ToldCounts::default(), out);
                }
            });
        }
        case.path.get_or_insert_default().note(from, trouble);
    }

    /// A request was answered, or will not be.
    fn upgrade(&mut self, case: &mut Case, attempt: Attempt, upgrade: &Upgrade, out: &mut Out<'_>) {
        if case.is_dark {
            self.comes_to_light(case, upgrade.first, out);
        }
        case.place.attempt = attempt;
        // The client has received what is not in the capture: it may have been the answer.
        let is_missed = upgrade.response == HeadPart::Absent && case.has_missed_answer(upgrade);
        let missed = is_missed.then(|| Upgrade { response: HeadPart::Lost, ..upgrade.clone() });
        let upgrade = missed.as_ref().unwrap_or(upgrade);
        if upgrade.outcome == Outcome::NotWebSocket {
            let status = upgrade.response.whole().map_or(0, |response| response.status);
            // With a protocol (RFC 8441 §4) it asks for something else than a tunnel.
            let is_tunnel = upgrade.request.whole().is_some_and(|request| {
                request.method == "CONNECT" && request.head.value(":protocol").is_none()
            });
            // Over HTTP/1.1 the tunnel itself is told.
            if let Some(request) = upgrade.request.whole().filter(|_| is_tunnel && status < 300)
                && upgrade.via.http2().is_some()
            {
                self.folded.tunnel_opened(&case.place.addresses, &request.target);
            }
            if is_tunnel
                && status >= 300
                && let Some(refusal) = TunnelRefusal::of_connect(upgrade)
            {
                self.folded.tunnel_refused(&case.place.addresses, case.place.connection, refusal);
            }
            // An answer that the capture lacks may have been as good as any.
            let may_be_served = (200..400).contains(&status) || upgrade.response == HeadPart::Lost;
            let kind = if may_be_served { ProbeKind::Served } else { ProbeKind::Http };
            case.probe.get_or_insert_with(|| Box::new((kind, upgrade.first)));
            self.ordinary(Place { session: SessionId(0), ..case.place }, upgrade, out);
        } else {
            case.asked = true;
            self.folded.upgrades(&case.place.addresses, upgrade.first);
            let (addresses, connection, numbers) =
                (case.place.addresses, case.place.connection, case.initial_numbers);
            self.folded.asked(&AskedOn { addresses, connection, numbers }, upgrade);
            let (place, trust, path) = (case.place, case.trust, case.path.take());
            let acked = case.acked_of_client();
            let arrival =
                if acked < upgrade.request_end { Arrival::Unacknowledged } else { Arrival::Acknowledged };
            self.passes(upgrade.first.time, out);
            for invited in self.invited.taken_up(&place, upgrade) {
                self.tell_invited(invited, Sequel::TakenUp, out);
            }
            self.invited.asks(&place, upgrade);
            // A reading that follows one connection only repeats what was reported already.
            if self.config.only.is_none() && upgrade.invitation().is_some() {
                if self.invited.has_room(upgrade, self.config.limits.invited_bytes) {
                    self.invited.keep(Invited { place, trust, upgrade: upgrade.clone(), path });
                    return;
                }
                self.invitations_overflow(upgrade.last, out);
                // What follows may be that the client takes it up.
                let doubtful = Upgrade { doubtful: true, ..upgrade.clone() };
                self.tell_invited(Invited { place, trust, upgrade: doubtful, path }, Sequel::None, out);
                return;
            }
            case.place.session = self.next_attempt();
            let is_provoked = case.http2_broken.client;
            let (account, mut findings) =
                self.attempt(case.place, upgrade, path, (Sequel::None, arrival, is_provoked));
            let untold = std::mem::take(&mut case.http2_untold);
            findings.extend([untold.client, untold.server].into_iter().flatten().map(|finding| *finding));
            let follows = account.is_some();
            case.unarrived =
                Some(case.place.session).filter(|_| !follows && arrival == Arrival::Unacknowledged);
            if let Some(mut account) = account {
                out(&Output::Upgrade(&case.place, upgrade));
                if !trust.in_time() {
                    account.judge().0.clocks_differ();
                }
                case.accounts.insert(SessionEntry::new(attempt, case.place.session, account));
                for finding in findings {
                    self.tell_of_case(case, Some(attempt), finding, out);
                }
            } else {
                self.tell_failed(case, upgrade, findings, out);
            }
            for from in Peer::BOTH {
                if let Some(gap) = case.http_hole.of_mut(from).take() {
                    // What is missing may be the answer of an attempt that has none.
                    let is_answered =
                        upgrade.outcome == Outcome::Accepted || upgrade.request == HeadPart::Lost;
                    let age = if is_answered { case.age_of(from, &gap) } else { GapAge::Within };
                    self.tell_gap(case, from, (&gap, age), out);
                }
            }
            if follows {
                self.folded.hears(case.place.addresses.server, case.hops_of_server());
            }
            if follows && trust.in_time() && self.config.only.is_none() {
                if self.legs.begin(&case.place, case.initial_numbers, upgrade) == Recall::Short {
                    self.legs_forget(upgrade.last, out);
                }
                let upstream = self.legs.stripped(case.place.session);
                if let Some((upstream, entry)) = upstream.zip(case.accounts.of_mut(attempt)) {
                    entry.account.judge().0.lacks_extensions_of(upstream);
                }
            }
        }
    }

    /// Capture time reached `now`: tells the attempts that have waited for long enough.
    pub(super) fn passes(&mut self, now: Timestamp, out: &mut Out<'_>) {
        for invited in self.invited.given_up(now) {
            self.tell_invited(invited, Sequel::None, out);
        }
    }

    /// Tells an attempt that waited for what the client would make of its answer.
    pub(super) fn tell_invited(&mut self, invited: Invited, sequel: Sequel, out: &mut Out<'_>) {
        let Invited { place, trust, upgrade, path } = invited;
        let place = Place { session: self.next_attempt(), ..place };
        // That it was answered shows that it arrived.
        out(&Output::Upgrade(&place, &upgrade));
        let (_, findings) = self.attempt(place, &upgrade, path, (sequel, Arrival::Acknowledged, false));
        let mut told = ToldCounts::default();
        for finding in findings.into_iter().filter_map(|finding| trust.weigh(finding)) {
            self.tell_of(place, finding, &mut told, out);
        }
        let cap = self.config.limits.findings_per_session;
        for finding in told.untold(cap, upgrade.last).collect::<Vec<_>>() {
            self.tell_of(place, finding, &mut told, out);
        }
    }

    /// Judges an attempt. Returns the account of the session that follows, if one does, and what is found in the attempt.
    fn attempt(
        &mut self,
        place: Place,
        upgrade: &Upgrade,
        path: Option<Box<Path>>,
        (sequel, arrival, is_provoked): (Sequel, Arrival, bool),
    ) -> (Option<Account>, Vec<Finding>) {
        *self.summary.upgrades.entry(upgrade.outcome).or_default() += 1;
        let mut findings = Vec::new();
        let replayed = self.folded.replayed(upgrade);
        let around = Surroundings { path: path.as_deref(), sequel, arrival, replayed, is_provoked };
        Judge::attempt(upgrade, around, &mut |finding| findings.push(finding));
        let follows = upgrade.goes_on();
        if follows && upgrade.outcome != Outcome::Dark {
            self.folded.accepted(place.addresses.server, upgrade.last);
        }
        let is_in_vain = matches!(upgrade.outcome, Outcome::Failed | Outcome::Rejected) && !may_come(upgrade);
        if is_in_vain && sequel == Sequel::None && !upgrade.doubtful {
            self.folded.failed(&place.addresses, place.connection, upgrade);
        }
        let account = follows.then(|| {
            self.summary.sessions += 1;
            Account::new(upgrade, path, &self.config.limits)
        });
        (account, findings)
    }

    /// Bytes of this side are those of a damaged packet.
    pub(super) fn damaged(&mut self, case: &mut Case, from: Peer, stamp: Stamp, out: &mut Out<'_>) {
        let from = case.role(from);
        if let Some(SessionEntry { session, account, .. }) = case.accounts.last_mut() {
            case.place.session = *session;
            self.tell_of(case.place, only_damaged(from, stamp), account.told(), out);
        }
    }

    /// Bytes came in two versions.
    pub(super) fn conflict(&mut self, case: &mut Case, conflict: &Conflict, out: &mut Out<'_>) {
        if !conflict.settled {
            case.trust.dispute(conflict.from);
            self.invited.distrust(&case.place, case.trust);
            self.settle_all(case, out);
        }
        let from = case.role(conflict.from);
        if let Some(SessionEntry { session, account, .. }) = case.accounts.last_mut() {
            case.place.session = *session;
            self.tell_of(case.place, overlap_conflict(from, conflict), account.told(), out);
        } else {
            case.conflict.get_or_insert_with(|| Box::new(*conflict));
        }
    }
}

/// That bytes of this side are known from a damaged packet alone.
fn only_damaged(from: Peer, stamp: Stamp) -> Finding {
    let summary = format!(
        "a packet of the {from} is not in the capture as the {} got it: the one that is has a wrong checksum, so its receiver dropped \
         it, yet its bytes were acknowledged",
        !from
    );
    Finding::new(Id::TcpGap, stamp, summary).from(from)
}

/// That bytes of this side came in two versions.
fn overlap_conflict(from: Peer, conflict: &Conflict) -> Finding {
    let Conflict { bytes, stamp, cut, settled, .. } = *conflict;
    let which = if settled {
        "the first ones were acknowledged before and are used"
    } else {
        "the first to come are used, but which ones were received is not known"
    };
    let sent = Count(bytes, "byte");
    if cut {
        let summary = format!(
            "the {from}'s {sent} came again with other content, or damaged, as the checksum of a packet that the snap length cut \
             is not known: {which}"
        );
        let finding = Finding::new(Id::TcpOverlapConflict, stamp, summary).with(FindingField::Bytes, bytes);
        return finding.severity(Severity::Note).tentative();
    }
    let summary = format!("the {from} sent {sent} again with other content: {which}");
    Finding::new(Id::TcpOverlapConflict, stamp, summary).from(from).with(FindingField::Bytes, bytes)
}

/// Whether an answer may come where the capture ends: nobody has left, and the client has not waited for long.
fn may_come(upgrade: &Upgrade) -> bool {
    let is_open = |peer| upgrade.ends.of(peer).is_none_or(|end| !end.cause.is_captured());
    let until = upgrade.ends.server.map_or(upgrade.last.time, |end| end.at);
    upgrade.response == HeadPart::Absent
        && Peer::BOTH.into_iter().all(is_open)
        && until.since(upgrade.requested.time) < OVERDUE
}
