//! One session's account: its judge, its counters, what was told of it.

use super::dark;
use super::output::{CloseSummary, Place, RoundTrips, SealedTraffic, SessionSummary, UpgradeDigest};
use crate::findings::{Finding, FindingField, Id, Judge, Path, SessionEnd, Severity};
use crate::model::{EndCause, Footprint, Limit, Limits, Peer, PerPeer, Stamp, Timestamp};
use crate::tls::{Facts, Rhythm};
use crate::upgrade::Upgrade;
use crate::ws::{Frame, Opcode};
use std::time::Duration;

/// A session that is still open.
#[derive(Debug)]
pub(super) struct Account {
    judge: Judge,
    asked: Option<Box<UpgradeDigest>>,
    first: Stamp,
    /// When the upgrade was over, if the capture holds it.
    opened: Option<Timestamp>,
    /// The last frame's last packet.
    last_frame: Option<Stamp>,
    /// When the last frame ended that was no Close, before the first of them the upgrade.
    last_word: Option<Timestamp>,
    /// The pause before that, and the longest one between two of these, in nanoseconds.
    last_pause: u64,
    longest_pause: u64,
    frames: PerPeer<u64>,
    messages: PerPeer<u64>,
    bytes: PerPeer<u64>,
    /// What shows of it if nothing can be read; boxed, as most sessions can be read.
    sealed: Option<Box<Rhythm>>,
    told: ToldCounts,
}

/// A session that is over.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) summary: SessionSummary,
    /// How it ended, if it did.
    pub(super) ended: Option<SessionEnd>,
    /// A receiver that did not read, or a path that was dead, held up what was said.
    pub(super) is_troubled: bool,
    /// The first reason that a side gave the other one to leave, and who gave it.
    pub(super) provocation: Option<(Stamp, Peer)>,
    /// Who left first had seen a violation of the protocol by the other side.
    pub(super) is_provoked: bool,
}

/// Findings told of one session or attempt, so that one kind does not drown the others.
#[derive(Debug, Default)]
pub(super) struct ToldCounts(Option<Box<FindingTally>>);

/// Findings by their kind; boxed, as most sessions have none.
#[derive(Debug, Default)]
struct FindingTally {
    /// In order.
    by_id: Vec<(Id, u64)>,
    count: u64,
    worst: Option<Severity>,
    /// The first reason that a side gave the other one to leave, and who gave it.
    provocation: Option<(Stamp, Peer)>,
}

impl ToldCounts {
    /// Counts a finding. Returns whether it is to be reported.
    pub(super) fn admit(&mut self, finding: &Finding, cap: u64) -> bool {
        let tally = self.0.get_or_insert_default();
        tally.count += 1;
        tally.worst = tally.worst.max(Some(finding.severity));
        let at = tally.by_id.binary_search_by_key(&finding.id, |(id, _)| *id).unwrap_or_else(|at| {
            tally.by_id.insert(at, (finding.id, 0));
            at
        });
        if let Some(from) = finding.from.filter(|_| finding.provokes()) {
            tally.provocation = tally.provocation.into_iter().chain([(finding.stamp, from)]).min();
        }
        tally.by_id.get_mut(at).is_some_and(|(_, count)| {
            *count += 1;
            *count <= cap
        })
    }

    /// Whether a finding of this kind was made.
    pub(super) fn has(&self, id: Id) -> bool {
        self.0.as_ref().is_some_and(|tally| tally.by_id.binary_search_by_key(&id, |(id, _)| *id).is_ok())
    }

    /// How many findings were made, and the worst severity of them.
    pub(super) fn sum(&self) -> (u64, Option<Severity>) {
        self.0.as_ref().map_or((0, None), |tally| (tally.count, tally.worst))
    }

    /// The first reason that a side gave the other one to leave, and who gave it.
    fn provocation(&self) -> Option<(Stamp, Peer)> {
        self.0.as_ref().and_then(|tally| tally.provocation)
    }

    /// Bytes of memory that it takes besides itself.
    fn memory(&self) -> usize {
        self.0.as_ref().map_or(0, |tally| {
            let by_id = Footprint::allocation(tally.by_id.capacity() * size_of::<(Id, u64)>());
            Footprint::allocation(size_of::<FindingTally>()) + by_id
        })
    }

    /// One finding for each kind of which more were made than told.
    pub(super) fn untold(&self, cap: u64, stamp: Stamp) -> impl Iterator<Item = Finding> {
        let counts = self.0.iter().flat_map(|tally| &tally.by_id);
        counts.filter(move |(_, count)| *count > cap).map(move |(id, count)| {
            let summary = format!(
                "{count} findings of the kind {id} were made; the last {} are only counted",
                count - cap
            );
            Finding::new(Id::LimitReached, stamp, summary)
                .with(FindingField::Limit, Limit::FindingsPerSession)
        })
    }
}

impl Account {
    pub(super) fn new(upgrade: &Upgrade, path: Option<Box<Path>>, limits: &Limits) -> Self {
        let opened = Some(upgrade.last.time).filter(|_| !upgrade.outcome.is_unread());
        Self {
            judge: Judge::new(upgrade, path, limits),
            asked: UpgradeDigest::of(upgrade),
            first: upgrade.first,
            opened,
            last_frame: None,
            last_word: opened,
            last_pause: 0,
            longest_pause: 0,
            frames: PerPeer::default(),
            messages: PerPeer::default(),
            bytes: PerPeer::default(),
            sealed: None,
            told: ToldCounts::default(),
        }
    }

    /// The client asked for a server of this name.
    pub(super) fn ask_for(&mut self, host: Option<&str>) {
        self.asked =
            host.map(|host| Box::new(UpgradeDigest { host: Some(host.into()), ..UpgradeDigest::default() }));
    }

    /// Notes what shows of it while nothing can be read.
    pub(super) fn note_sealed(&mut self, facts: &Facts) {
        let is_whole = facts.client_random.is_some() || facts.version.is_some();
        self.opened = is_whole.then_some(facts.stamp.time);
        *self.sealed.get_or_insert_default().as_mut() = facts.rhythm;
    }

    /// Counts a frame that is over.
    #[inline]
    pub(super) fn count_frame(&mut self, frame: &Frame<'_>) {
        *self.frames.of_mut(frame.from) += 1;
        *self.bytes.of_mut(frame.from) += frame.received;
        self.last_frame = Some(frame.last);
        if frame.header.opcode != Opcode::Close {
            if let Some(last) = self.last_word {
                self.last_pause = frame.first.time.nanos_since(last);
                self.longest_pause = self.longest_pause.max(self.last_pause);
            }
            self.last_word = Some(frame.last.time);
        }
    }

    /// Counts a message. Returns how many of its side there were so far.
    #[inline]
    pub(super) const fn count_message(&mut self, from: Peer) -> u64 {
        *self.messages.of_mut(from) += 1;
        *self.messages.of(from)
    }

    /// Who judges it, and what was told of it.
    pub(super) const fn judge(&mut self) -> (&mut Judge, &mut ToldCounts) {
        (&mut self.judge, &mut self.told)
    }

    /// What it takes of memory besides itself.
    #[inline]
    pub(super) fn footprint(&self) -> Footprint {
        let sealed = if self.sealed.is_some() { size_of::<Rhythm>() + Footprint::ALLOCATION } else { 0 };
        let asked = self.asked.as_ref().map_or(0, |asked| asked.memory());
        self.judge.footprint().and_least(self.told.memory() + asked + sealed)
    }

    /// Gives back what memory it can.
    pub(super) fn shed(&mut self) {
        self.judge.shed();
    }

    /// Whether it is a session, and neither side has begun to end it: where the client has to refuse the answer, frames show that it
    /// did not.
    pub(super) fn is_open(&self) -> bool {
        self.judge.is_open() && (!self.judge.must_be_refused() || self.last_frame.is_some())
    }

    /// A frame waits for its rest.
    pub(super) fn stalls(&mut self, frame: &Frame<'_>, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        self.judge.stalls(frame, now, out);
    }

    /// Reports pings that wait for their pong.
    pub(super) fn pings_wait(&mut self, now: Timestamp, acked: &PerPeer<u64>, out: &mut dyn FnMut(Finding)) {
        self.judge.pings_wait(now, acked, out);
    }

    /// Reports what was found in frames and waits for what stands behind them.
    pub(super) fn headers_wait(&mut self, now: Timestamp, out: &mut dyn FnMut(Finding)) {
        self.judge.headers_wait(now, out);
    }

    /// The capture dropped packets.
    pub(super) fn drops(&mut self) {
        self.judge.drops();
    }

    /// Touches the account, so that it is already on its way from memory.
    #[inline]
    pub(super) const fn glance(&self) -> u64 {
        self.frames.client ^ self.frames.server
    }

    /// Counts a finding that was made elsewhere about this session.
    pub(super) const fn told(&mut self) -> &mut ToldCounts {
        &mut self.told
    }

    /// The session is over, with the packet `last` at the latest. `acked` are the acknowledged bytes and `again` the packets sent again, by the session's
    /// roles. Returns what there is to say about all of it.
    pub(super) fn finish(
        mut self,
        place: Place,
        last: Stamp,
        acked: &PerPeer<u64>,
        again: &PerPeer<u64>,
        cap: u64,
        out: &mut dyn FnMut(&mut ToldCounts, Finding),
    ) -> Finished {
        let told = &mut self.told;
        let verdict =
            self.judge.finish(self.last_word, &self.messages, acked, &mut |finding| out(told, finding));
        let at = self.last_frame.unwrap_or(last);
        for finding in self.told.untold(cap, at).collect::<Vec<_>>() {
            out(&mut self.told, finding);
        }
        let (findings, worst) = self.told.sum();
        let (end, ended_by) = verdict.end;
        let ended_at = verdict.ended_at.unwrap_or(last);
        let (by, farewell) = verdict.left;
        let ended = (end != EndCause::Open).then_some(SessionEnd {
            connection: place.connection,
            by,
            doubtful: verdict.left_doubtful,
            farewell,
            at: ended_at,
            opened: self.opened,
            last_word: self.last_word,
            last_pause: Duration::from_nanos(self.last_pause),
            longest_pause: Duration::from_nanos(self.longest_pause),
        });
        let sealed = self.sealed.as_deref();
        let ended = ended.map(|ended| sealed.map_or(ended, |rhythm| dark::ended(ended, rhythm)));
        let summary = SessionSummary {
            place,
            first: self.first,
            last,
            two_clocks: false,
            frames: self.frames,
            messages: self.messages,
            bytes: self.bytes,
            sealed: sealed
                .map(|Rhythm { records, bytes, .. }| SealedTraffic { records: *records, bytes: *bytes }),
            pings_sent: verdict.pings.0,
            pings_answered: verdict.pings.1,
            pings_lost: verdict.lost_pings,
            round_trips: verdict.round_trips.map(|(min, median, max)| RoundTrips { min, median, max }),
            close: verdict.close.map(|(by, code, reason, answered)| CloseSummary {
                by,
                code,
                reason,
                answered,
            }),
            sent_again: *again,
            delivered: verdict.delivered,
            end,
            ended_by,
            close_story: verdict.story,
            asked: self.asked,
            leg_of: None,
            findings,
            worst,
            left_out: 0,
        };
        let is_troubled = [Id::ReceiverStalled, Id::DataUnacknowledged].iter().any(|id| self.told.has(*id));
        Finished {
            summary,
            ended,
            is_troubled,
            provocation: self.told.provocation(),
            is_provoked: verdict.left_provoked,
        }
    }
}
