//! What the end of a connection or of a session says.

use super::overlap_conflict;
use crate::analyzer::Out;
use crate::analyzer::accounts::SessionEntry;
use crate::analyzer::case::{Case, FollowedConnection, LayeredConnection, by_role};
use crate::analyzer::dark;
use crate::analyzer::ledger::Ledger;
use crate::analyzer::legs::LegEnd;
use crate::analyzer::output::{Output, Place, SessionSummary};
use crate::analyzer::session::{Account, ToldCounts};
use crate::analyzer::trust::{GapAge, Trust};
use crate::findings::{self, Carrier, Finding, FindingField, Id, Parting, ProbeKind, Severity, ShortLived};
use crate::model::{ConnectionId, Count, Peer, PerPeer, SessionId, Stamp};
use crate::tcp::Connection;

impl Ledger {
    /// A connection is over.
    pub(in crate::analyzer) fn closed(
        &mut self,
        connection: &Connection,
        followed: FollowedConnection,
        out: &mut Out<'_>,
    ) {
        let Some(inside) = followed.inside else {
            // Who goes on sending SYNs has no answer, whoever sent it one.
            let is_connecting = connection.syns > 1 && connection.syn_answers > 0;
            let seen = connection.start_seen.client && connection.seen.client && connection.seen.server;
            let established = seen && !is_connecting;
            let silent_end = followed.beforehand.as_ref().and_then(|before| before.end);
            if let Some((_, end)) = silent_end.filter(|_| established) {
                self.folded.probe(&connection.addresses, connection.id, end.stamp, ProbeKind::Empty);
            }
            let watched = self.summary.span.map_or(connection.last, |(_, last)| last);
            // The answer to a SYN that was captured late came before it.
            let is_unanswered = connection.syns > 0 && !connection.seen.server;
            if (is_unanswered || is_connecting) && !connection.two_clocks {
                let begun = connection.opened.time;
                let tried = connection.last.time.passed_since(begun);
                let waited = tried.and(watched.time.max(connection.last.time).passed_since(begun));
                let Connection { addresses, id, opened, syns, syn_answers, notice, .. } = connection;
                let handshake = (u64::from(*syns), u64::from(*syn_answers));
                self.folded.unanswered(addresses, *id, *opened, handshake, waited, notice.as_deref());
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
            let beside = (case.place.connection, self.opened);
            let path = case.path.take();
            let facts = dark::in_context(facts, missing, beside, path.as_deref());
            case.path = path;
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
        self.settle_all(&mut case, out);
        self.tell_holes(&mut case, connection, out);
        let Case { place, trust, flipped, mut accounts, asked, probe, path, .. } = case;
        if !asked {
            self.summary.cut_packets += connection.cut_packets;
        }
        if connection.cut_packets > 0 && asked {
            let summary = format!(
                "the capture's snap length cut {} packets of this connection, {} payload bytes in all: record with \
                 a larger one (tcpdump -s 0)",
                connection.cut_packets, connection.cut_bytes
            );
            let finding = Finding::new(Id::PacketTruncated, connection.last, summary)
                .with(FindingField::Packets, connection.cut_packets)
                .with(FindingField::Bytes, connection.cut_bytes);
            let session = accounts.last_mut().map(|entry| entry.session);
            self.tell_of_connection(connection.id, session, finding, out);
        }
        let session = accounts.last_mut().map(|entry| entry.session);
        if let (None, false, Some(path), Some((_, is_chosen))) = (session, asked, path, unread)
            && (is_chosen || self.folded.speaks_websocket(place.addresses.server))
        {
            path.tell(&mut |finding| {
                if let Some(finding) = trust.weigh(finding) {
                    self.tell_of_connection(connection.id, None, finding, out);
                }
            });
        }
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
        if let (Some((kind, stamp)), false) = (probe.as_deref().copied(), asked)
            && (kind != ProbeKind::Http2 || missing.is_none())
        {
            self.folded.probe(&connection.addresses, connection.id, stamp, kind);
        }
        let acked = by_role(&connection.acked, flipped);
        let again = by_role(&connection.sent_again, flipped);
        for SessionEntry { attempt, session, account, .. } in accounts.into_iter() {
            let place = Place { session, attempt, ..place };
            self.end_account(connection.last, (place, trust), account, (&acked, &again), out);
        }
    }

    /// Tells, of the latest session, what bytes of a connection that is over the capture misses, if nothing else told that.
    fn tell_holes(&mut self, case: &mut Case, connection: &Connection, out: &mut Out<'_>) {
        // Where nothing was answered, it may have been an answer.
        let is_answered = !case.accounts.is_empty();
        let session = case.accounts.last_mut().map(|entry| entry.session);
        for from in Peer::BOTH {
            let side = case.role(from);
            let Some(gap) = case.tcp_hole.of_mut(from).take().filter(|_| case.asked) else { continue };
            let age = if is_answered { case.age_of(side, &gap) } else { GapAge::Within };
            if let Some(finding) = findings::gap(side, &gap, None) {
                self.tell_of_connection(connection.id, session, age.weigh(finding), out);
            }
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
            .with(FindingField::OtherClient, first.client.to_string())
            .with(FindingField::OtherServer, first.server.to_string())
            .with(FindingField::Count, pairs.len() as u64);
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
        let is_stray = *connection.strays.of(side);
        let stray =
            if is_stray { " (one seems to be of an older connection between the same ends)" } else { "" };
        let summary = format!(
            "the capture has no packet from the {side} in this connection{stray}{bytes}: nothing that needs the {side}'s \
            packets is judged"
        );
        let finding = Finding::new(Id::DirectionMissing, connection.last, summary)
            .with(FindingField::Side, side.name())
            .tentative_if(is_stray);
        self.tell_of_connection(connection.id, session, finding, out);
    }

    /// A session is over, with the packet `last` or one before.
    pub(super) fn end_account(
        &mut self,
        last: Stamp,
        (place, trust): (Place, Trust),
        account: Account,
        (acked, again): (&PerPeer<u64>, &PerPeer<u64>),
        out: &mut Out<'_>,
    ) {
        let cap = self.config.limits.findings_per_session;
        let mut finished = account.finish(place, last, acked, again, cap, &mut |told, finding| {
            let finding = self.legs.about_proxy(place.session, finding);
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
            // Of an answer that cannot be read nobody knows whether it opened anything.
            let is_known = finished.summary.sealed.is_none_or(|sealed| dark::goes_on(&sealed.records));
            if let Some(opened) = ended.opened.filter(|_| is_known) {
                let (connection, first) = (place.connection, finished.summary.first);
                let carrier = place.attempt.stream().map_or(Carrier::Tcp, |_| Carrier::Stream);
                let parting = parting(&finished.summary);
                let provoked = finished.provocation.filter(|(stamp, _)| *stamp <= ended.at);
                // Clocks that are a little apart turn the two around; what the last packet acknowledges tells them apart.
                let is_provoked = parting.is_some_and(|parting| {
                    finished.is_provoked || provoked.is_some_and(|(_, by)| by != parting.by())
                });
                let session =
                    ShortLived { connection, carrier, first, opened, ended: ended.at, parting, is_provoked };
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
            for finding in told.untold(cap, last).collect::<Vec<_>>() {
                self.tell_of(place, finding, &mut told, out);
            }
            let (count, worst) = told.sum();
            summary.findings += count;
            summary.worst = summary.worst.max(worst);
        }
        out(&Output::Session(&finished.summary));
    }
}

/// How a session ended, if not in order.
fn parting(summary: &SessionSummary) -> Option<Parting> {
    match (&summary.close, summary.end, summary.ended_by) {
        (Some(close), ..) => {
            let code = close.code.filter(|code| code.is_abnormal())?;
            Some(Parting::Close(close.by, code))
        }
        // A client that got an answer and leaves has had what it came for, as a health check has.
        (None, _, Some(Peer::Client)) if summary.messages.client > 0 && summary.messages.server > 0 => None,
        // That a Close is missing was said, unless nobody can know it.
        (None, cause, Some(by)) if summary.worst >= Some(Severity::Warning) => Some(Parting::End(by, cause)),
        (None, ..) => None,
    }
}
