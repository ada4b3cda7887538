//! Turns facts about a connection into outputs: upgrades, frames, findings and ends.

use super::Out;
use super::accounts::SessionEntry;
use super::case::{Case, FollowedConnection, LayeredConnection, by_role};
use super::dark;
use super::invited::Invited;
use super::ledger::Ledger;
use super::legs::{LegEnd, Recall};
use super::output::{Output, Place, SessionSummary};
use super::session::{Account, ToldCounts};
use super::trust::Trust;
use crate::findings::{
    self, Announced, BrokenHandshake, Finding, Id, InsideTls, Judge, OpenSessions, Parting, Path, ProbeKind,
    Severity, ShortLived, Surroundings, TunnelRefusal, judge_alert, judge_tls, undeterred,
};
use crate::http1::{Outcome, Sequel, Upgrade};
use crate::http2::{self, GoAway};
use crate::layers::Event;
use crate::model::{
    Attempt, ConnectionId, Count, Limit, Peer, PerPeer, SessionId, Stamp, StreamId, Timestamp, Trouble,
};
use crate::tcp::{Conflict, Connection};
use crate::tls::{Facts, Random, Readable, Reason, Secrets};
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
            Event::Undeterred { status, preview, stamp } => {
                let Some(finding) = case.trust.weigh(undeterred(*status, preview, *stamp)) else { return };
                self.tell_of(case.place, finding, &mut ToldCounts::default(), out);
            }
            Event::Tunnel(target) => self.folded.tunnel_opened(&case.place.addresses, target),
            Event::SocksRefused { target, refusal, stamp } => {
                let refusal = TunnelRefusal::of_socks(*target, *refusal, *stamp);
                self.folded.tunnel_refused(&case.place.addresses, case.place.connection, refusal);
            }
            Event::Secured => case.place.is_secure = true,
            Event::Secrets(lines) => {
                self.opened.get_or_insert(case.place.connection);
                out(&Output::Secrets(&case.place, lines));
            }
            Event::Alert(alert) => self.of_tls(case, judge_alert(alert), out),
            Event::SecretsGivenUp(random, stamp) => {
                if self.given_up.len() < GIVEN_UP {
                    self.given_up.push((*random, *stamp));
                }
            }
            Event::Sealed(facts, stamp) => self.sealed(case, facts, *stamp, out),
            // What a server says unasked is no deed of its client's, and a subflow begins in the middle (RFC 8684 §3.2).
            Event::Stranger { from, preview, stamp } => {
                if *from == Peer::Client && !case.trust.is_multipath() {
                    case.probe.get_or_insert_with(|| Box::new((ProbeKind::of(preview), *stamp)));
                }
            }
            Event::Stream(attempt, fact) => {
                let Some(SessionEntry { session, account, .. }) = case.accounts.of_mut(*attempt) else {
                    return;
                };
                let place = Place { session: *session, attempt: *attempt, ..case.place };
                let (judge, told) = account.judge();
                judge.observe_stream(fact, &mut |finding| self.tell_of(place, finding, told, out));
            }
            Event::Data(attempt, from, frame) => {
                if let Some(SessionEntry { session, .. }) = case.accounts.of_mut(*attempt) {
                    let place = Place { session: *session, attempt: *attempt, ..case.place };
                    out(&Output::Data(&place, *from, frame));
                }
            }
            Event::Over(attempt, stamp) => {
                let Some(SessionEntry { session, account, .. }) = case.accounts.remove(*attempt) else {
                    return;
                };
                let place = Place { session, attempt: *attempt, ..case.place };
                let (acked, again) = (by_role(&case.acked, case.flipped), by_role(&case.again, case.flipped));
                self.end_account(*stamp, (place, case.trust), account, (&acked, &again), out);
            }
            Event::GoAway { from, gone, debug, is_lossy } => {
                self.goaway(case, (*from, *gone, debug), *is_lossy, out);
            }
            Event::HeadBroken { from, stream, fault, stamp } => {
                let finding = findings::head_broken(*from, *stream, *fault, *stamp);
                self.http2_broken(case, (*from, *stream), finding, out);
            }
            Event::FrameInvalid { from, header, fault, stamp } => {
                let finding = findings::frame_invalid(*from, *header, *fault, *stamp);
                self.http2_broken(case, (*from, header.stream), finding, out);
            }
            Event::LimitReached { shortage, stamp } => {
                let summary = match shortage {
                    http2::StreamShortage::Streams => {
                        "more HTTP/2 streams at once than the limit: later ones are not followed"
                    }
                    http2::StreamShortage::HeadBytes => {
                        "an HTTP/2 head larger than the limit: what is beyond it is not read, nor what later heads refer to in it"
                    }
                    http2::StreamShortage::TableBytes => {
                        "a table of HTTP/2 heads larger than the limit: what later heads refer to in its oldest part is not known"
                    }
                };
                self.limit(shortage.limit(), *stamp, summary.to_owned(), out);
            }
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
        let Case { place, trust, accounts, .. } = case;
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
                if self.legs.is_watching()
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
            if let Some(finding) = trust.weigh(finding) {
                self.tell_of(*place, finding, told, out);
            }
        });
    }

    /// One side of an HTTP/2 connection takes no more streams.
    fn goaway(
        &mut self,
        case: &mut Case,
        (from, gone, debug): (Peer, GoAway, &[u8]),
        is_lossy: bool,
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
        let kept = case.accounts.sessions(|entry| is_open(entry) && is_kept(entry.attempt));
        let given_up = case.accounts.sessions(|entry| is_open(entry) && !is_kept(entry.attempt));
        let open = OpenSessions { kept: kept.len() as u64, given_up: given_up.len() as u64 };
        let announced = if before > 0 { Announced::Before } else { Announced::Now };
        if let Some(mut finding) = findings::goaway(from, gone, debug, open, announced) {
            // What is missing may have ended the sessions that seem to be open.
            let sessions: Vec<SessionId> = given_up.into_iter().chain(kept).collect();
            finding = finding.tentative_if(is_lossy && !sessions.is_empty());
            finding.connection = Some(case.place.connection);
            if sessions.is_empty() {
                return self.tell(finding, &mut ToldCounts::default(), out);
            }
            // Each of them ends with it, and is to show that.
            for session in sessions {
                self.tell(
                    Finding { session: Some(session), ..finding.clone() },
                    &mut ToldCounts::default(),
                    out,
                );
            }
        }
    }

    /// A side sent what its peer has to end the connection for: what follows is its consequence.
    fn http2_broken(
        &mut self,
        case: &mut Case,
        (from, stream): (Peer, StreamId),
        mut finding: Finding,
        out: &mut Out<'_>,
    ) {
        let concerns = case.asked || self.folded.speaks_websocket(case.place.addresses.server);
        if !concerns || std::mem::replace(case.http2_broken.of_mut(from), true) {
            return;
        }
        finding.connection = Some(case.place.connection);
        finding.session = case.accounts.of_mut(Attempt::Stream(stream)).map(|entry| entry.session);
        if let Some(finding) = case.trust.weigh(finding) {
            self.tell(finding, &mut ToldCounts::default(), out);
        }
    }

    /// There are more legs of WebSockets than can be compared.
    #[cold]
    fn legs_forget(&mut self, stamp: Stamp, out: &mut Out<'_>) {
        let summary = "more messages on their way through proxies than the limit: from here on it is not judged \
                       whether all came out";
        self.limit(Limit::LegMessages, stamp, summary.to_owned(), out);
    }

    /// Secrets came: perhaps too late for what was let go.
    pub(super) fn secrets_come(&mut self, secrets: &Secrets, out: &mut Out<'_>) {
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

    /// TCP shows something of a connection's way.
    pub(super) fn trouble(&mut self, case: &mut Case, from: Peer, trouble: &Trouble, out: &mut Out<'_>) {
        let (from, trust) = (case.role(from), case.trust);
        match case.accounts.last_mut() {
            Some(SessionEntry { session, account, .. }) => {
                let place = Place { session: *session, ..case.place };
                let (judge, told) = account.judge();
                judge.trouble(from, trouble, &mut |finding| {
                    if let Some(finding) = trust.weigh(finding) {
                        self.tell_of(place, finding, told, out);
                    }
                });
            }
            None => case.path.get_or_insert_default().note(from, trouble),
        }
    }

    /// A request was answered, or will not be.
    fn upgrade(&mut self, case: &mut Case, attempt: Attempt, upgrade: &Upgrade, out: &mut Out<'_>) {
        if case.is_dark {
            self.comes_to_light(case, upgrade.first, out);
        }
        case.place.attempt = attempt;
        if upgrade.outcome == Outcome::NotWebSocket {
            let status = upgrade.response.whole().map_or(0, |response| response.status);
            // With a protocol (RFC 8441 §4) it asks for something else than a tunnel.
            let is_tunnel = upgrade.request.whole().is_some_and(|request| {
                request.method == "CONNECT" && request.head.value(":protocol").is_none()
            });
            if is_tunnel
                && status >= 300
                && let Some(refusal) = TunnelRefusal::of_connect(upgrade)
            {
                self.folded.tunnel_refused(&case.place.addresses, case.place.connection, refusal);
            }
            let kind = if (200..400).contains(&status) { ProbeKind::Served } else { ProbeKind::Http };
            case.probe.get_or_insert_with(|| Box::new((kind, upgrade.first)));
            self.ordinary(Place { session: SessionId(0), ..case.place }, upgrade, out);
        } else {
            case.asked = true;
            self.folded.upgrades(&case.place.addresses, upgrade.first);
            self.folded.asked(&case.place.addresses, case.place.connection, upgrade);
            let (place, trust, path) = (case.place, case.trust, case.path.take());
            self.passes(upgrade.first.time, out);
            for invited in self.invited.taken_up(&place, upgrade) {
                self.tell_invited(invited, Sequel::TakenUp, out);
            }
            self.invited.asks(&place, upgrade);
            // A reading that follows one connection only repeats what was reported already.
            if self.config.only.is_none() && self.invited.takes(upgrade) {
                self.invited.keep(Invited { place, trust, upgrade: upgrade.clone(), path });
                return;
            }
            case.place.session = self.next_attempt();
            if let Some(mut account) = self.attempt((case.place, trust), upgrade, path, Sequel::None, out) {
                if !trust.in_time() {
                    account.judge().0.clocks_differ();
                } else if self.config.only.is_none()
                    && self.legs.begin(&case.place, case.initial_numbers, upgrade) == Recall::Short
                {
                    self.legs_forget(upgrade.last, out);
                }
                case.accounts.insert(SessionEntry::new(attempt, case.place.session, account));
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
        let session = self.next_attempt();
        self.attempt((Place { session, ..place }, trust), &upgrade, path, sequel, out);
    }

    /// Tells an attempt. Returns the account of the session that follows, if one does.
    fn attempt(
        &mut self,
        (place, trust): (Place, Trust),
        upgrade: &Upgrade,
        path: Option<Box<Path>>,
        sequel: Sequel,
        out: &mut Out<'_>,
    ) -> Option<Account> {
        *self.summary.upgrades.entry(upgrade.outcome).or_default() += 1;
        out(&Output::Upgrade(&place, upgrade));
        let mut told = ToldCounts::default();
        let around = Surroundings { path: path.as_deref(), sequel, replayed: self.folded.replayed(upgrade) };
        Judge::attempt(upgrade, around, &mut |finding| {
            if let Some(finding) = trust.weigh(finding) {
                self.tell_of(place, finding, &mut told, out);
            }
        });
        let follows = upgrade.is_switched() || upgrade.outcome.is_unread();
        if follows && upgrade.outcome != Outcome::Dark {
            self.folded.accepted(place.addresses.server, upgrade.last);
        }
        let is_in_vain = matches!(upgrade.outcome, Outcome::Failed | Outcome::Rejected);
        if is_in_vain && sequel == Sequel::None && !upgrade.doubtful {
            self.folded.failed(&place.addresses, place.connection, upgrade.first);
        }
        if !follows {
            let cap = self.config.limits.findings_per_session;
            for finding in told.untold(cap, upgrade.last).collect::<Vec<_>>() {
                self.tell_of(place, finding, &mut told, out);
            }
        }
        follows.then(|| {
            self.summary.sessions += 1;
            Account::new(upgrade, path, told, &self.config.limits)
        })
    }

    /// Bytes came in two versions.
    pub(super) fn conflict(&mut self, case: &mut Case, conflict: &Conflict, out: &mut Out<'_>) {
        if !conflict.settled {
            case.trust.dispute(conflict.from);
        }
        let from = case.role(conflict.from);
        if let Some(SessionEntry { session, account, .. }) = case.accounts.last_mut() {
            case.place.session = *session;
            self.tell_of(case.place, overlap_conflict(from, conflict), account.told(), out);
        } else {
            case.conflict.get_or_insert_with(|| Box::new(*conflict));
        }
    }

    /// A connection is over.
    pub(super) fn closed(
        &mut self,
        connection: &Connection,
        followed: FollowedConnection,
        out: &mut Out<'_>,
    ) {
        let Some(inside) = followed.inside else {
            let established =
                connection.start_seen.client && connection.seen.client && connection.seen.server;
            if let Some(stamp) = followed.silent_end.filter(|_| established) {
                self.folded.probe(&connection.addresses, connection.id, *stamp, ProbeKind::Empty);
            }
            let watched = self.summary.span.map_or(connection.last, |(_, last)| last);
            // The answer to a SYN that was captured late came before it.
            if connection.syns > 0 && !connection.seen.server && !connection.two_clocks {
                let waited = watched.time.max(connection.last.time).since(connection.opened.time);
                let Connection { addresses, id, opened, syns, notice, .. } = connection;
                self.folded.unanswered(addresses, *id, *opened, u64::from(*syns), waited, notice.as_deref());
            }
            return;
        };
        let LayeredConnection { mut layers, mut case, .. } = *inside;
        let missing = Peer::BOTH.into_iter().find(|peer| !connection.seen.of(*peer));
        if missing == Some(Peer::Server) {
            self.folded.unheard(connection.addresses.server.ip());
        }
        let missing = missing.map(|side| case.role(side));
        let mut unread = None;
        layers.each_tls(&mut |facts| {
            let facts = dark::in_context(facts, missing, (case.place.connection, self.opened));
            if facts.sides.client.opened + facts.sides.server.opened == 0 {
                let is_chosen = dark::is_chosen(&facts, &case.place, &self.config);
                unread = unread.or(Some((facts.stamp, is_chosen)));
            }
            self.tls(&mut case, &facts, out);
        });
        if let Some(conflict) = case.conflict.take().filter(|_| case.asked || !case.accounts.is_empty()) {
            let finding = overlap_conflict(case.role(conflict.from), &conflict);
            let session = case.accounts.last_mut().map(|entry| entry.session);
            self.tell_of_connection(connection.id, session, finding, out);
        }
        let Case { place, trust, flipped, mut accounts, asked, probe, .. } = case;
        if connection.cut_packets > 0 && asked {
            let summary = format!(
                "the capture's snap length cut {} packets of this connection, {} payload bytes in all: record with \
                 a larger one (tcpdump -s 0)",
                connection.cut_packets, connection.cut_bytes
            );
            let finding = Finding::new(Id::PacketTruncated, connection.last, summary)
                .with("packets", connection.cut_packets)
                .with("bytes", connection.cut_bytes);
            let session = accounts.last_mut().map(|entry| entry.session);
            self.tell_of_connection(connection.id, session, finding, out);
        }
        let session = accounts.last_mut().map(|entry| entry.session);
        if asked || session.is_some() {
            self.translated(&place, session, (connection, flipped), out);
        }
        match (missing, unread) {
            (Some(side), _) if asked || session.is_some() => {
                self.direction_missing(connection, session, side, out);
            }
            (Some(side), Some((stamp, is_chosen))) => {
                self.folded.one_sided(&place.addresses, connection.id, (side, stamp), is_chosen);
            }
            _ => {}
        }
        if let (Some((kind, stamp)), false) = (probe.as_deref().copied(), asked) {
            self.folded.probe(&connection.addresses, connection.id, stamp, kind);
        }
        let acked = by_role(&connection.acked, flipped);
        let again = by_role(&connection.sent_again, flipped);
        for SessionEntry { attempt, session, account, .. } in accounts.into_iter() {
            let place = Place { session, attempt, ..place };
            self.end_account(connection.last, (place, trust), account, (&acked, &again), out);
        }
    }

    /// Tells what concerns a whole connection, and the session that it is for its readers.
    fn tell_of_connection(
        &mut self,
        connection: ConnectionId,
        session: Option<SessionId>,
        finding: Finding,
        out: &mut Out<'_>,
    ) {
        let finding = Finding { connection: Some(connection), session, ..finding };
        self.tell(finding, &mut ToldCounts::default(), out);
    }

    /// A connection was captured with other addresses as well.
    fn translated(
        &mut self,
        place: &Place,
        session: Option<SessionId>,
        (connection, flipped): (&Connection, bool),
        out: &mut Out<'_>,
    ) {
        let Some(pairs) = connection.translated.as_deref() else { return };
        let Some(first) = pairs.first().map(|pair| by_role(pair, flipped)) else { return };
        let others: Vec<String> = pairs
            .iter()
            .map(|pair| by_role(pair, flipped))
            .map(|PerPeer { client, server }| format!("{client} → {server}"))
            .collect();
        let PerPeer { client, server } = place.addresses;
        let summary = format!(
            "the capture has this connection, {client} → {server}, with other addresses as well: {} (address \
             translation); it is shown once",
            others.join(", ")
        );
        let finding = Finding::new(Id::AddressTranslated, connection.opened, summary)
            .with("other_client", first.client.to_string())
            .with("other_server", first.server.to_string())
            .with("count", pairs.len() as u64);
        self.tell_of_connection(connection.id, session, finding, out);
    }

    /// Of a connection with a WebSocket only one side's packets were captured.
    fn direction_missing(
        &mut self,
        connection: &Connection,
        session: Option<SessionId>,
        side: Peer,
        out: &mut Out<'_>,
    ) {
        let bytes = match *connection.acked.of(side) {
            0 => String::new(),
            bytes => {
                format!(", whose {} the {} acknowledged (a FIN counts as one)", Count(bytes, "byte"), !side)
            }
        };
        let summary = format!(
            "the capture has no packet from the {side} in this connection{bytes}: nothing that needs the {side}'s \
            packets is judged"
        );
        let finding = Finding::new(Id::DirectionMissing, connection.last, summary).with("side", side.name());
        self.tell_of_connection(connection.id, session, finding, out);
    }

    /// A TLS session is over.
    fn tls(&mut self, case: &mut Case, facts: &Facts, out: &mut Out<'_>) {
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
        if facts.version.is_none() && !is_refused && facts.sides.server.sealed == 0 && !is_one_sided {
            // The server did not answer in TLS.
            let is_plain = facts.foreign == Some(Peer::Server);
            let kind = if is_plain { ProbeKind::Misunderstood } else { ProbeKind::Tls };
            case.probe.get_or_insert_with(|| Box::new((kind, facts.stamp)));
        }
        if facts.version.is_some() {
            self.folded.secured(case.place.addresses.server, facts.stamp);
        }
        if let Some(broken) = BrokenHandshake::of(facts) {
            let is_chosen = dark::is_chosen(facts, &case.place, &self.config);
            let Place { addresses, connection, .. } = &case.place;
            self.folded.broken(addresses, *connection, (broken, facts.stamp), is_chosen);
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
            account.count_sealed(&facts.rhythm);
            let (judge, told) = account.judge();
            dark::ends(facts, &mut |event| {
                judge.observe(event, &mut |finding| self.tell_of(place, finding, told, out));
            });
        }
        let mut findings = Vec::new();
        let inside = if case.asked || case.is_dark { InsideTls::Session } else { InsideTls::Other };
        judge_tls(facts, inside, &mut |finding| findings.push(finding));
        for finding in findings {
            self.of_tls(case, finding, out);
        }
    }

    /// A record of TLS stays closed: tells the TLS session as the session that it may be, once its records show that.
    pub(super) fn sealed(&mut self, case: &mut Case, facts: &Facts, stamp: Stamp, out: &mut Out<'_>) {
        if case.is_dark
            && let Some(SessionEntry { account, .. }) = case.accounts.last_mut()
        {
            account.count_sealed(&facts.rhythm);
        }
        if case.is_dark || case.asked {
            return;
        }
        let Some(upgrade) = dark::attempt(facts, stamp, &case.place, &self.config) else { return };
        // Nothing that can be read came before it.
        let attempt = Attempt::Ordinal(0);
        case.is_dark = true;
        case.place.attempt = attempt;
        case.place.session = self.next_attempt();
        let path = case.path.take();
        let Some(mut account) = self.attempt((case.place, case.trust), &upgrade, path, Sequel::None, out)
        else {
            return;
        };
        out(&Output::Dark(&case.place, facts));
        account.ask_for(facts.sni.as_deref());
        account.count_sealed(&facts.rhythm);
        let (judge, told) = account.judge();
        dark::gaps(facts, &mut |event| {
            judge.observe(event, &mut |finding| self.tell_of(case.place, finding, told, out));
        });
        case.accounts.insert(SessionEntry::new(attempt, case.place.session, account));
    }

    /// Secrets came for what was told as dark: with the packet at `stamp` begins what can be read, a session of its own.
    fn comes_to_light(&mut self, case: &mut Case, stamp: Stamp, out: &mut Out<'_>) {
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
    fn of_tls(&mut self, case: &mut Case, finding: Finding, out: &mut Out<'_>) {
        let Some(finding) = case.trust.weigh(finding) else { return };
        if let Some(SessionEntry { session, account, .. }) = case.accounts.last_mut() {
            let place = Place { session: *session, ..case.place };
            return self.tell_of(place, finding, account.told(), out);
        }
        let connection = Some(case.place.connection);
        self.tell(Finding { connection, ..finding }, &mut ToldCounts::default(), out);
    }

    /// A session is over, with the packet `last` or one before.
    fn end_account(
        &mut self,
        last: Stamp,
        (place, trust): (Place, Trust),
        account: Account,
        (acked, again): (&PerPeer<u64>, &PerPeer<u64>),
        out: &mut Out<'_>,
    ) {
        let cap = self.config.limits.findings_per_session;
        let mut finished = account.finish(place, last, acked, again, cap, &mut |told, finding| {
            if let Some(finding) = trust.weigh(finding) {
                self.tell_of(place, finding, told, out);
            }
        });
        if !trust.in_time() {
            finished.summary.two_clocks = true;
            finished.summary.round_trips = None;
        }
        if let Some(ended) = finished.ended.filter(|_| trust.in_time()) {
            self.folded.ended(place.addresses.server, ended);
            if let Some(opened) = ended.opened {
                let (connection, first) = (place.connection, finished.summary.first);
                let parting = parting(&finished.summary);
                let session = ShortLived { connection, first, opened, ended: ended.at, parting };
                self.folded.parted(&place.addresses, session);
            }
        }
        if self.legs.is_watching() {
            let LegEnd { leg_of, findings } = self.legs.end(place.session, &finished);
            let summary = &mut finished.summary;
            summary.leg_of = leg_of;
            let mut told = ToldCounts::default();
            for finding in findings.into_iter().filter_map(|finding| trust.weigh(finding)) {
                self.tell_of(place, finding, &mut told, out);
            }
            let (count, worst) = told.sum();
            summary.findings += count;
            summary.worst = summary.worst.max(worst);
        }
        out(&Output::Session(&finished.summary));
    }
}

/// That bytes of this side came in two versions.
fn overlap_conflict(from: Peer, conflict: &Conflict) -> Finding {
    let Conflict { bytes, stamp, settled, .. } = *conflict;
    let which = if settled {
        "the first ones were acknowledged before and are used"
    } else {
        "the first to come are used, but which ones were received is not known"
    };
    let sent = Count(bytes, "byte");
    let summary = format!("the {from} sent {sent} again with other content: {which}");
    Finding::new(Id::TcpOverlapConflict, stamp, summary).from(from).with("bytes", bytes)
}

/// How a session ended, if not in order.
fn parting(summary: &SessionSummary) -> Option<Parting> {
    match (&summary.close, summary.end, summary.ended_by) {
        (Some(close), ..) => {
            let code = close.code.filter(|code| code.is_abnormal())?;
            Some(Parting::Close(close.by, code))
        }
        // That a Close is missing was said, unless nobody can know it.
        (None, cause, Some(by)) if summary.worst >= Some(Severity::Warning) => Some(Parting::Tcp(by, cause)),
        (None, ..) => None,
    }
}
