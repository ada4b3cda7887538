//! The second half of the analysis: turns connection events into outputs.

use super::Out;
use super::accounts::SessionEntry;
use super::batch::{Batch, BatchEvent, BatchReply, BytesAt, ConnectionFact, part};
use super::budget::Budget;
use super::case::{Beforehand, Case, FollowedConnection, LayeredConnection, by_role};
use super::config::Config;
use super::ledger::Ledger;
use super::output::Output;
use super::parked::{self, Parked, ParkedConnection};
use super::session::ToldCounts;
use crate::findings::{Finding, FindingField, Id, Judge, quoted};
use crate::layers::{TlsKeys, Wait};
use crate::model::{
    Chunk, Drops, End, EndCause, Extent, Footprint, Gap, Limit, Peer, SessionId, Shortage, Stamp,
    StreamEvent, Timestamp, Trouble,
};
use crate::tcp::{Connection, Slot, StreamDoubt};
use crate::tls::{Expecting, KeyLog, Origin, Secrets};
use std::hint::black_box;
use std::sync::Arc;

/// Events whose sessions are fetched from memory together.
const TOGETHER: usize = 32;

/// Follows what connections carry, as [`Transport`](super::Transport) tells it.
#[derive(Debug)]
pub struct Sessions {
    pub(super) followed: Vec<FollowedConnection>,
    pub(super) ledger: Ledger,
    pub(super) budget: Budget,
    /// Connections that are over and wait for secrets.
    parked: Parked,
    secrets: Arc<Secrets>,
    expecting: Expecting,
    /// The revision of the secrets that everything waiting has been given.
    revision: u64,
}

impl Sessions {
    /// Ready for the first batch.
    pub fn new(config: Config) -> Self {
        let budget = Budget::new(config.limits.memory_bytes);
        let (secrets, expecting) = (Arc::clone(&config.secrets), config.expecting);
        let ledger = Ledger::new(config);
        let parked = Parked::default();
        Self { followed: Vec::new(), ledger, budget, parked, secrets, expecting, revision: 0 }
    }

    /// Takes a batch that [`Transport`](super::Transport) settled, and leaves in it what there is to say to that.
    pub fn take(&mut self, batch: &mut Batch, out: &mut Out<'_>) {
        self.ledger.count(&batch.seen);
        if self.expecting != Expecting::Nothing {
            self.unlock(out);
        }
        let mut reply = std::mem::take(&mut batch.reply);
        for group in batch.happenings.chunks(TOGETHER) {
            // With many sessions, most of the time is spent waiting for one to come from memory. If several are touched
            // before the first one is processed, they are all fetched at once.
            for happening in group {
                black_box(self.inside(happening).map(LayeredConnection::glance));
            }
            for happening in group {
                black_box(self.inside(happening).map(|inside| inside.layers.glance(happening.from)));
            }
            let (mut group, mut events) = (group.iter().peekable(), 0);
            while let Some(happening) = group.next() {
                self.happen(happening, batch, &mut reply, out);
                events += 1;
                // Of events of one connection that follow each other, the last one shows how much memory it takes.
                if group.peek().is_none_or(|next| next.slot != happening.slot) {
                    self.weigh(happening, std::mem::take(&mut events), batch.tcp, out);
                }
            }
        }
        self.budget.reply(&mut reply);
        batch.reply = reply;
    }

    #[inline]
    fn inside(&self, happening: &BatchEvent) -> Option<&LayeredConnection> {
        self.followed.get(happening.slot.index()).and_then(|followed| followed.inside.as_deref())
    }

    #[inline]
    fn happen(&mut self, happening: &BatchEvent, batch: &Batch, reply: &mut BatchReply, out: &mut Out<'_>) {
        let BatchEvent { slot, from, what } = happening;
        if self.followed.len() <= slot.index() {
            self.followed.resize_with(slot.index() + 1, FollowedConnection::default);
        }
        let event = match what {
            ConnectionFact::Data { place, stamp, start, acknowledged, .. } => {
                let bytes = match place {
                    BytesAt::Payload(place) => part(&batch.payloads, place),
                    BytesAt::Late(place) => part(&batch.late, place),
                };
                let extent = Extent::new(*start, bytes.len() as u64).acknowledging(*acknowledged);
                StreamEvent::Data(Chunk { bytes, stamp: *stamp, extent })
            }
            ConnectionFact::Gap(gap) => StreamEvent::Gap(*gap),
            ConnectionFact::End(end) => StreamEvent::End(*end),
            rare @ (ConnectionFact::Begins(_)
            | ConnectionFact::Conflict(_)
            | ConnectionFact::Doubtful(..)
            | ConnectionFact::Acked(_)
            | ConnectionFact::Refused { .. }
            | ConnectionFact::Closed(_)
            | ConnectionFact::Trouble(_)
            | ConnectionFact::Limit { .. }
            | ConnectionFact::Drops(_)
            | ConnectionFact::Secrets(_)) => return self.happen_rarely(*slot, *from, rare, batch, out),
        };
        let Self { followed, ledger, secrets, expecting, .. } = self;
        let Some(followed) = followed.get_mut(slot.index()) else { return };
        let Some(inside) = &mut followed.inside else {
            if let StreamEvent::End(end) = event
                && matches!(end.cause, EndCause::Fin | EndCause::Rst)
            {
                followed.beforehand.get_or_insert_default().end.get_or_insert((*from, end));
            }
            return;
        };
        let LayeredConnection { layers, case, is_ignored, .. } = &mut **inside;
        if let ConnectionFact::Data { acked, again, .. } = what {
            *case.acked.of_mut(!*from) = *acked;
            *case.again.of_mut(*from) = *again;
            if case.unsettled.is_some() {
                ledger.settle(case, case.acked, out);
            }
        }
        if let StreamEvent::Data(Chunk { extent, .. }) | StreamEvent::Gap(Gap { extent, .. }) = &event {
            *case.read.of_mut(*from) = extent.end;
        }
        if let StreamEvent::Gap(gap) = event {
            case.lose(*from, gap);
            ledger.invited.miss(&case.place, case.role(*from));
            ledger.folded.miss(&case.place.addresses);
        }
        if let Some((attempt, from, websocket)) = layers.websocket(*from) {
            websocket.push(from, event, &mut |event| ledger.fact_of_session(case, attempt, &event, out));
        } else {
            let keys = TlsKeys { secrets: Some(&**secrets), expecting: *expecting };
            layers.push_with(*from, event, keys, &mut |event| ledger.fact(case, &event, out));
            if !layers.is_interested() && !std::mem::replace(is_ignored, true) {
                reply.ignore.push((*slot, case.place.connection));
            }
        }
        if case.unsettled.is_some() {
            let is_data = matches!(what, ConnectionFact::Data { .. });
            let read = is_data.then(|| (*from, *case.read.of(*from)));
            ledger.settle_after(case, read, out);
            let is_reset =
                matches!(what, ConnectionFact::End(End { cause: EndCause::Rst | EndCause::RstByPeer, .. }));
            if is_reset {
                // Nothing is sent again, and nothing acknowledged.
                ledger.settle_all(case, out);
            }
        }
    }

    /// Asks the connection of the latest of some events how much memory it takes now. If that is too much, with what TCP
    /// takes, some give back what they can.
    #[inline]
    fn weigh(&mut self, latest: &BatchEvent, events: usize, tcp: Footprint, out: &mut Out<'_>) {
        let Self { followed, ledger, budget, .. } = self;
        let inside = followed.get_mut(latest.slot.index()).and_then(|followed| followed.inside.as_mut());
        let Some(inside) = inside else { return };
        budget.weigh(inside);
        if !budget.is_exceeded(tcp) {
            budget.relax();
        } else if let Some(stamp) = latest.what.stamp() {
            budget.give_back(followed, ledger, (latest.slot.index(), events), tcp, stamp, out);
        }
    }

    /// What is not the next thing in a stream.
    fn happen_rarely(
        &mut self,
        slot: Slot,
        from: Peer,
        what: &ConnectionFact,
        batch: &Batch,
        out: &mut Out<'_>,
    ) {
        let connection = |number: &usize| batch.connections.get(*number);
        let Self { followed, ledger, budget, secrets, expecting, .. } = self;
        let Some(followed) = followed.get_mut(slot.index()) else { return };
        match what {
            ConnectionFact::Begins(number) => {
                if let Some(connection) = connection(number) {
                    ledger.accepted(connection);
                    let mut inside = Box::new(LayeredConnection::new(connection, &ledger.config));
                    let Beforehand { end, sent_again } =
                        followed.beforehand.take().map(|before| *before).unwrap_or_default();
                    let LayeredConnection { layers, case, .. } = &mut *inside;
                    for peer in Peer::BOTH {
                        if let Some(stamp) = *sent_again.of(peer) {
                            ledger.trouble(case, peer, &Trouble::SentAgain(stamp), out);
                        }
                    }
                    if let Some((peer, end)) = end {
                        let keys = TlsKeys { secrets: Some(&**secrets), expecting: *expecting };
                        let end = StreamEvent::End(end);
                        layers.push_with(peer, end, keys, &mut |event| ledger.fact(case, &event, out));
                    }
                    budget.begin(&mut inside);
                    followed.inside = Some(inside);
                }
            }
            ConnectionFact::Closed(number) => {
                let followed = std::mem::take(followed);
                if let Some(inside) = &followed.inside {
                    budget.end(inside);
                }
                if let Some(connection) = connection(number) {
                    self.closed(connection, followed, out);
                }
            }
            ConnectionFact::Conflict(conflict) => {
                if let Some(inside) = &mut followed.inside {
                    ledger.conflict(&mut inside.case, conflict, out);
                }
            }
            ConnectionFact::Trouble(number) => match (batch.troubles.get(*number), &mut followed.inside) {
                (Some(trouble), Some(inside)) => ledger.trouble(&mut inside.case, from, trouble, out),
                (Some(Trouble::SentAgain(stamp)), None) => {
                    let before = followed.beforehand.get_or_insert_default();
                    *before.sent_again.of_mut(from) = Some(*stamp);
                }
                (Some(_) | None, None) | (None, Some(_)) => {}
            },
            ConnectionFact::Acked(bytes) => {
                if let Some(inside) = &mut followed.inside {
                    *inside.case.acked.of_mut(from) = *bytes;
                }
            }
            ConnectionFact::Doubtful(doubt, stamp) => {
                if let Some(inside) = &mut followed.inside {
                    inside.case.doubt(from, *doubt);
                    if *doubt == StreamDoubt::Damaged {
                        ledger.damaged(&mut inside.case, from, *stamp, out);
                    }
                }
            }
            ConnectionFact::Refused { connection: number, stamp } => {
                if let Some(connection) = connection(number) {
                    ledger.refused(connection, *stamp);
                }
            }
            ConnectionFact::Limit { shortage, stamp } => {
                let accounts = followed.inside.as_mut().map(|inside| &mut inside.case.accounts);
                let first = accounts.and_then(|accounts| accounts.iter_mut().next());
                if let Some(summary) = reached(*shortage, first.map(|entry| entry.session)) {
                    ledger.limit(shortage.limit(), *stamp, summary, out);
                }
            }
            ConnectionFact::Secrets(number) => {
                if let Some(log) = batch.secrets.get(*number) {
                    self.secrets(log);
                    if self.expecting != Expecting::Nothing {
                        self.unlock(out);
                    }
                }
            }
            ConnectionFact::Drops(number) => {
                if let Some(drops) = batch.drops.get(*number) {
                    self.drops(drops, out);
                }
            }
            ConnectionFact::Data { .. } | ConnectionFact::Gap(_) | ConnectionFact::End(_) => {}
        }
    }

    /// A connection is over. If secrets that may still come concern it, it waits on.
    fn closed(&mut self, connection: &Connection, followed: FollowedConnection, out: &mut Out<'_>) {
        match self.expecting {
            Expecting::Secrets { held_bytes } if parked::is_concerned(&followed) => {
                let (leaving, stamp) = self.parked.add(connection, followed, held_bytes);
                if leaving.iter().any(ParkedConnection::is_waiting) {
                    let summary = "more connections that are over wait for TLS secrets than the limit allows: those that ended \
                                   first are told without";
                    self.ledger.limit(Limit::TlsHeldBytes, stamp, summary.to_owned(), out);
                }
                self.let_go(leaving, out);
            }
            Expecting::Secrets { .. } | Expecting::Nothing => {
                self.ledger.closed(connection, followed, out);
            }
        }
    }

    /// Tells of connections that were over and waited.
    fn let_go(&mut self, leaving: Vec<ParkedConnection>, out: &mut Out<'_>) {
        let Self { ledger, secrets, expecting, .. } = self;
        let keys = TlsKeys { secrets: Some(&**secrets), expecting: *expecting };
        for ParkedConnection { connection, mut followed, .. } in leaving {
            if let Some(inside) = &mut followed.inside {
                let LayeredConnection { layers, case, .. } = &mut **inside;
                layers.expect_no_more(keys, &mut |event| ledger.fact(case, &event, out));
            }
            ledger.closed(&connection, followed, out);
        }
    }

    /// No more secrets will come.
    pub(super) fn expect_no_more(&mut self, out: &mut Out<'_>) {
        let leaving = self.parked.all();
        self.let_go(leaving, out);
        let Self { followed, ledger, secrets, expecting, .. } = self;
        if std::mem::take(expecting) == Expecting::Nothing {
            return;
        }
        let keys = TlsKeys { secrets: Some(&**secrets), expecting: *expecting };
        for inside in followed.iter_mut().filter_map(|followed| followed.inside.as_mut()) {
            let LayeredConnection { layers, case, .. } = &mut **inside;
            layers.expect_no_more(keys, &mut |event| ledger.fact(case, &event, out));
        }
    }

    /// The capture holds secrets of TLS connections.
    fn secrets(&mut self, log: &[u8]) {
        let mut more = Secrets::default();
        let mut reader = KeyLog::new(Origin::Capture);
        reader.push(log, &mut more);
        reader.finish(&mut more);
        // Most are known already: secrets in files are looked up beforehand.
        if !self.secrets.covers(&more) {
            Arc::make_mut(&mut self.secrets).merge(more);
        }
    }

    /// All secrets that came up to now.
    pub(super) const fn secrets_so_far(&self) -> &Arc<Secrets> {
        &self.secrets
    }

    /// Goes on with everything that waits for secrets, if more have come.
    fn unlock(&mut self, out: &mut Out<'_>) {
        let revision = self.secrets.revision();
        if std::mem::replace(&mut self.revision, revision) == revision {
            return;
        }
        let Self { followed, ledger, budget, parked, secrets, expecting, .. } = self;
        let keys = TlsKeys { secrets: Some(&**secrets), expecting: *expecting };
        for inside in followed.iter_mut().filter_map(|followed| followed.inside.as_mut()) {
            let LayeredConnection { layers, case, .. } = &mut **inside;
            layers.unlock(keys, &mut |event| ledger.fact(case, &event, out));
            budget.weigh(inside);
        }
        for ParkedConnection { followed, .. } in parked.iter_mut() {
            if let Some(inside) = &mut followed.inside {
                let LayeredConnection { layers, case, .. } = &mut **inside;
                layers.unlock(keys, &mut |event| ledger.fact(case, &event, out));
            }
        }
        ledger.secrets_come(secrets, out);
        let leaving = parked.opened();
        self.let_go(leaving, out);
    }

    /// The capture dropped packets. What has not come up to then may be among them.
    fn drops(&mut self, drops: &Drops, out: &mut Out<'_>) {
        let Drops { interface, dropped, stamp } = drops;
        self.ledger.dropped_at = self.ledger.dropped_at.max(Some(stamp.time));
        for inside in self.followed.iter_mut().filter_map(|followed| followed.inside.as_mut()) {
            inside.case.accounts.iter_mut().for_each(|entry| entry.account.drops());
        }
        let of = interface.as_ref().map_or(String::new(), |name| format!(" on {}", quoted(name.as_bytes())));
        let summary = format!(
            "the capture dropped {dropped} packets{of}: what is missing elsewhere may be missing only from the \
            capture"
        );
        let mut finding =
            Finding::new(Id::CaptureDrops, *stamp, summary).with(FindingField::Dropped, *dropped);
        if let Some(name) = interface {
            finding = finding.with(FindingField::Interface, name.as_str());
        }
        self.ledger.tell(finding, &mut ToldCounts::default(), out);
    }

    /// Reports what has waited for long, `now`: what somebody should have answered, in a connection of which both sides' packets come,
    /// and what was found in frames.
    pub(super) fn waits(&mut self, slot: Slot, connection: &Connection, now: Timestamp, out: &mut Out<'_>) {
        let Self { followed, ledger, .. } = self;
        let inside = followed.get_mut(slot.index()).and_then(|followed| followed.inside.as_mut());
        let Some(inside) = inside else { return };
        let mut findings = Vec::new();
        if connection.seen.client && connection.seen.server {
            findings = Self::unanswered(ledger, inside, connection, now, out);
        } else {
            // Nobody acknowledges anything.
            ledger.settle_all(&mut inside.case, out);
        }
        let Case { place, accounts, .. } = &mut inside.case;
        for SessionEntry { session, account, .. } in accounts.iter_mut() {
            account.headers_wait(now, &mut |finding| findings.push(of_session(finding, *session)));
        }
        for mut finding in findings {
            finding.connection = Some(place.connection);
            if let Some(finding) = ledger.regrade(finding) {
                out(&Output::Waiting(&finding));
            }
        }
    }

    /// What has waited for long for the other side, `now`.
    fn unanswered(
        ledger: &mut Ledger,
        inside: &mut LayeredConnection,
        connection: &Connection,
        now: Timestamp,
        out: &mut Out<'_>,
    ) -> Vec<Finding> {
        if inside.case.place.is_secure {
            let LayeredConnection { layers, case, .. } = &mut *inside;
            let now = Stamp { time: now, ..connection.last };
            layers.each_tls(&mut |facts| {
                if facts.is_waiting {
                    ledger.sealed(case, facts, now, out);
                }
            });
        }
        ledger.settle(&mut inside.case, connection.acked, out);
        let acked = by_role(&connection.acked, inside.case.flipped);
        let LayeredConnection { layers, case: Case { accounts, answer_told, .. }, .. } = inside;
        let mut findings = Vec::new();
        layers.waits(&mut |wait| match wait {
            Wait::Answer(requested) if answer_told.as_deref() != Some(&requested) => {
                if let Some(finding) = Judge::unanswered(requested, now) {
                    *answer_told = Some(Box::new(requested));
                    findings.push(finding);
                }
            }
            Wait::Answer(_) => {}
            Wait::Payload(attempt, frame) => {
                if let Some(SessionEntry { session, account, .. }) = accounts.of_mut(attempt) {
                    account.stalls(frame, now, &mut |finding| findings.push(of_session(finding, *session)));
                }
            }
        });
        for SessionEntry { session, account, .. } in accounts.iter_mut() {
            // What gets through no more has no answer, and what has not come is told of when it is over.
            if !connection.hampered {
                account.pings_wait(now, &acked, &mut |finding| findings.push(of_session(finding, *session)));
            }
        }
        // What should have come may be among the packets that the capture dropped.
        let dropped_at = ledger.dropped_at;
        findings.retain(|finding| dropped_at.is_none_or(|dropped_at| finding.stamp.time > dropped_at));
        findings
    }

    /// Capture time reached `now`: tells what does not wait any longer for what else comes.
    pub(super) fn passes(&mut self, now: Timestamp, out: &mut Out<'_>) {
        let overdue = self.parked.overdue(now);
        self.let_go(overdue, out);
        self.ledger.passes(now, out);
    }

    /// The capture is over, and every batch taken: reports what only all of it shows, then the summary.
    pub fn finish(&mut self, out: &mut Out<'_>) {
        self.expect_no_more(out);
        self.ledger.finish(out);
    }

    /// The caps reached so far, except those on how much is reported about one session.
    pub fn limits_reached(&self) -> impl Iterator<Item = Limit> {
        self.ledger.limits_reached()
    }
}

fn of_session(mut finding: Finding, session: SessionId) -> Finding {
    finding.session = Some(session);
    finding
}

/// What it costs that a limit of TCP is reached, in a connection with this first session; nothing where what is forgotten is no
/// session.
fn reached(shortage: Shortage, session: Option<SessionId>) -> Option<String> {
    let summary = match shortage {
        Shortage::Idle => {
            return session.map(|session| {
                format!(
                    "session {session} had no packet for longer than the limit idle-seconds, and is forgotten: if it \
                     continues, it is reported as another one, as any other session that is idle for as long"
                )
            });
        }
        Shortage::Connections => "more connections at once than the limit: those idle longest are forgotten",
        Shortage::Memory => {
            "connections would need more memory than the limit: those idle longest are forgotten"
        }
        Shortage::Fragments => {
            "more fragmented IP datagrams at once than the limit: the oldest are forgotten"
        }
        Shortage::Skew => {
            "the packets of the client and those of the server bear times that lie further apart than the limit: of \
             the side that comes later, what was given up by then is not read"
        }
        Shortage::Reorder | Shortage::ReorderTotal => {
            "more out-of-order bytes at once than the limit: connections continue without the bytes they wait for"
        }
    };
    Some(summary.to_owned())
}
