//! The books of the whole capture: what is reported passes here, is counted, and gets its number.

use super::Out;
use super::batch::{PacketCounts, widen};
use super::config::Config;
use super::dark;
use super::invited::Invitations;
use super::legs::Legs;
use super::ordinary::Ordinary;
use super::output::{Output, Place, Summary};
use super::session::ToldCounts;
use crate::findings::{ConnectAttempt, Finding, FindingField, Folded, Id};
use crate::model::{ConnectionId, Count, Limit, Peer, SessionId, Stamp, Timestamp};
use crate::tcp::Connection;
use crate::tls::{Facts, Random, Reason};
use crate::upgrade::{Sequel, Upgrade};
use crate::ws::{Frame, Inflation, Message, Opcode};
use std::collections::BTreeSet;

/// What concerns the whole capture.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) config: Config,
    pub(super) summary: Summary,
    pub(super) folded: Folded,
    /// Attempts so far.
    attempts: u64,
    ordinary: Ordinary,
    /// Attempts that are told with what the client makes of their answer.
    pub(super) invited: Invitations,
    /// Sessions that may be legs of one WebSocket.
    pub(super) legs: Legs,
    /// Frames by the bits of their opcodes.
    frames: [u64; 16],
    limits_told: BTreeSet<Limit>,
    /// The first connection that secrets opened.
    pub(super) opened: Option<ConnectionId>,
    /// The first that could not be read.
    pub(super) first_dark: Option<(ConnectionId, Box<Facts>)>,
    /// Connections in which more waited for secrets than the limit, and the packets that showed it.
    pub(super) given_up: Vec<(Random, Stamp)>,
    /// When the capture last said that it dropped packets.
    pub(super) dropped_at: Option<Timestamp>,
}

impl Ledger {
    pub(super) fn new(config: Config) -> Self {
        Self {
            summary: Summary::default(),
            folded: Folded::new(&config.limits, &config.server_ports),
            attempts: 0,
            ordinary: Ordinary::default(),
            invited: Invitations::default(),
            legs: Legs::new(config.limits.leg_messages),
            frames: [0; 16],
            limits_told: BTreeSet::new(),
            opened: None,
            first_dark: None,
            given_up: Vec::new(),
            dropped_at: None,
            config,
        }
    }

    /// The caps that were reached, except those on how much is reported about one session.
    pub(super) fn limits_reached(&self) -> impl Iterator<Item = Limit> {
        self.limits_told.iter().copied()
    }

    /// Counts packets.
    pub(super) fn count(&mut self, seen: &PacketCounts) {
        let summary = &mut self.summary;
        summary.packets += seen.packets;
        summary.bytes += seen.bytes;
        summary.segments += seen.segments;
        for (reason, count) in &seen.skipped {
            *summary.skipped.entry(*reason).or_default() += count;
        }
        for (link, count) in &seen.links {
            *summary.unread_links.entry(*link).or_default() += count;
        }
        if let Some(span) = seen.span {
            widen(&mut summary.span, span);
        }
        summary.connections = seen.connections;
        summary.copied_segments = seen.copied_segments;
        summary.unread_inputs += seen.unread_inputs;
    }

    /// Counts a frame.
    #[inline]
    pub(super) fn count_frame(&mut self, frame: &Frame<'_>) {
        if let Some(count) = self.frames.get_mut(usize::from(frame.header.opcode.bits())) {
            *count += 1;
        }
        self.summary.payload_bytes += frame.received;
    }

    /// The capture is over: reports what only all of it shows, then the figures.
    pub(super) fn finish(&mut self, out: &mut Out<'_>) {
        for invited in self.invited.all() {
            self.tell_invited(invited, Sequel::None, out);
        }
        self.tell_ordinary(out);
        let mut findings = Vec::new();
        // Where a cap was reached, sessions may be missing that went another way, or a client that came back.
        let is_doubtful = !self.limits_told.is_empty();
        self.folded.finish(&mut |finding| {
            let rests_on_others = matches!(
                finding.id,
                Id::ReconnectLoop | Id::UpgradeFailuresRepeated | Id::TlsHandshakeBroken
            );
            findings.push(finding.tentative_if(rests_on_others && is_doubtful));
        });
        for finding in findings {
            self.tell(finding, &mut ToldCounts::default(), out);
        }
        if let Some((_, Reason::NoSecretForThisClientRandom { opened, .. })) = &mut self.summary.first_dark {
            let seen = self.first_dark.as_ref().zip(self.opened);
            *opened = seen.map(|((own, facts), opened)| dark::opened_beside(facts, *own, opened));
        }
        let counted = (0..).map(Opcode::from_bits).zip(self.frames);
        self.summary.frames = counted.filter(|(_, count)| *count > 0).collect();
        out(&Output::Summary(&self.summary));
    }

    /// A connection's SYN was answered by a reset.
    pub(super) fn refused(&mut self, connection: &Connection, stamp: Stamp) {
        if let Some(attempt) = attempt_of(connection) {
            let reset = (stamp, connection.hops.server);
            self.folded.refused(&connection.addresses, attempt, connection.id, reset);
        }
    }

    /// A connection's SYN was accepted.
    pub(super) fn accepted(&mut self, connection: &Connection) {
        if let Some(attempt) = attempt_of(connection) {
            self.folded.opened(&connection.addresses, attempt);
        }
    }

    /// The number of the next attempt.
    pub(super) const fn next_attempt(&mut self) -> SessionId {
        self.attempts += 1;
        SessionId(self.attempts)
    }

    /// An ordinary HTTP exchange: of interest only where the server speaks WebSocket.
    pub(super) fn ordinary(&mut self, place: Place, upgrade: &Upgrade, out: &mut Out<'_>) {
        // A reading that follows one connection only repeats what was reported already.
        if self.config.only.is_some() || self.folded.speaks_websocket(place.addresses.server) {
            self.tell_not_websocket(place, upgrade, out);
        } else {
            self.ordinary.wait(place, upgrade, self.config.limits.ordinary_exchanges);
        }
    }

    /// The servers are known now: reports the exchanges that waited for that.
    fn tell_ordinary(&mut self, out: &mut Out<'_>) {
        for (place, upgrade) in self.ordinary.take() {
            if self.folded.speaks_websocket(place.addresses.server) {
                self.tell_not_websocket(place, &upgrade, out);
            }
        }
        // Without a WebSocket in the capture none of them would have been reported.
        if let Some(stamp) = self.ordinary.left_out().filter(|_| self.summary.sessions > 0) {
            let summary = "more ordinary HTTP exchanges than the limit came before their servers were \
                           known to speak WebSocket: later ones are not listed";
            self.limit(Limit::OrdinaryExchanges, stamp, summary.to_owned(), out);
        }
    }

    /// Reports an exchange; it gets its number only now.
    fn tell_not_websocket(&mut self, place: Place, upgrade: &Upgrade, out: &mut Out<'_>) {
        let session = self.next_attempt();
        *self.summary.upgrades.entry(upgrade.outcome).or_default() += 1;
        out(&Output::Upgrade(&Place { session, ..place }, upgrade));
    }

    pub(super) fn limit(&mut self, limit: Limit, stamp: Stamp, summary: String, out: &mut Out<'_>) {
        let finding = Finding::new(Id::LimitReached, stamp, summary).with(FindingField::Limit, limit);
        self.tell_limit(limit, finding, out);
    }

    /// Reports that a cap was reached, the first time.
    pub(super) fn tell_limit(&mut self, limit: Limit, finding: Finding, out: &mut Out<'_>) {
        if self.limits_told.insert(limit) {
            self.tell(finding, &mut ToldCounts::default(), out);
        }
    }

    /// Whether as much is kept of messages as the limit allows, rather than a preview.
    #[inline]
    pub(super) const fn wants_whole_messages(&self) -> bool {
        self.config.keep >= self.config.limits.message_bytes
    }

    /// A message of which all was wanted is larger than what is kept of it.
    #[cold]
    pub(super) fn cut(&mut self, message: &Message<'_>, out: &mut Out<'_>) {
        let most = self.config.limits.message_bytes;
        if message.inflation == Inflation::TooLarge {
            // There is a finding for that.
            self.limits_told.insert(Limit::MessageBytes);
            return;
        }
        // Less of it is kept where memory ran out, which is told as well.
        if (message.payload.len() as u64) < most {
            return;
        }
        let summary = format!(
            "a message of {} is longer than the limit: only its first {} can be printed or searched",
            Count(message.length, "byte"),
            Count(message.payload.len() as u64, "byte")
        );
        self.limit(Limit::MessageBytes, message.last, summary, out);
    }

    #[cold]
    pub(super) fn tell_of(
        &mut self,
        place: Place,
        finding: Finding,
        told: &mut ToldCounts,
        out: &mut Out<'_>,
    ) {
        self.tell(place.about(finding), told, out);
    }

    /// The finding as the user wants it told, if at all.
    pub(super) fn regrade(&self, mut finding: Finding) -> Option<Finding> {
        if let Some(severity) = self.config.severity.get(&finding.id) {
            finding.severity = *severity;
        }
        (!self.config.ignore.contains(&finding.id)).then_some(finding)
    }

    pub(super) fn tell(&mut self, finding: Finding, told: &mut ToldCounts, out: &mut Out<'_>) {
        let Some(finding) = self.regrade(finding) else { return };
        if told.admit(&finding, self.config.limits.findings_per_session) {
            *self.summary.findings.entry(finding.id).or_default() += 1;
            out(&Output::Finding(&finding));
        } else {
            self.count_only(&finding, out);
        }
    }

    /// Counts a finding of a kind of which enough were told.
    pub(super) fn count_only(&mut self, finding: &Finding, out: &mut Out<'_>) {
        *self.summary.findings.entry(finding.id).or_default() += 1;
        out(&Output::Counted(finding));
    }
}

/// By what the client's TCP knows its attempt to connect, if the capture shows that.
fn attempt_of(connection: &Connection) -> Option<ConnectAttempt> {
    let initial = connection.initial_number(Peer::Client)?;
    Some(ConnectAttempt { port: connection.addresses.client.port(), initial })
}
