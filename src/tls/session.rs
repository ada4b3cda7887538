//! One TLS session as an observer sees it: bytes of both sides and secrets in, plaintext and facts out.

use std::collections::VecDeque;

use crate::model::{
    Chunk, End, EndCause, Extent, Footprint, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent,
};

use super::alert::{Alert, AlertContext, NoRecord};
use super::direction_keys::DirectionKeys;
use super::early_trial::EarlyTrial;
use super::epoch::Epoch;
use super::facts::{EarlyData, Facts};
use super::handshake::{ClientHello, HandshakeMessages};
use super::reason::{Reason, lost_reason};
use super::record::{ContentType, Framed, Framer, Record};
use super::rhythm::text_within;
use super::secret::{Random, Secret};
use super::secrets::Secrets;
use super::seen::SeenRecord;
use super::suite::Suite;
use super::version::Version;

/// How many bytes a peer sends before the other one answers, at most: what early data waits for its key with.
const EARLY: u64 = 1 << 20;
/// How much is shown of bytes that are no TLS.
const PREVIEW: usize = 64;

/// What a session tells.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The lines of a key log that open what follows, and nothing that was told before.
    Secrets(&'a Secret),
    /// What a peer sent inside TLS. Bytes bear the packet that completes their record, and its extent.
    Stream(Peer, StreamEvent<'a>),
    /// A record, before what is in it is told.
    Record(&'a SeenRecord<'a>),
    /// What the client said in early data that the server throws away (RFC 8446 §4.2.10): nobody reads it, unless it is said again.
    Discarded(Chunk<'a>),
    /// What both sides agreed to speak inside TLS (ALPN, RFC 7301), before anything of it.
    Protocol(&'a str),
    /// An alert that ends the session. One that may only complain about the other side's end is among the facts alone, as it takes
    /// that end to understand it.
    Alert(Alert),
    /// A record stays closed, or waits for a secret: what is known up to this packet. Nothing that is encrypted was opened.
    Sealed(&'a Facts, Stamp),
    /// With the record of this packet more waits for secrets than the limit: from here on nothing does. The random names the
    /// connection.
    GaveUp(Random, Stamp),
    /// Where the handshake should be, a peer sent something else, which begins so.
    Foreign(Peer, Chunk<'a>),
}

/// Whether secrets may still come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expecting {
    /// All are there.
    #[default]
    Nothing,
    /// More may come: what they would open is held.
    Secrets {
        /// Bytes of records held for them at most.
        held_bytes: u64,
    },
}

/// What happens in a direction: records, and what lies between them.
#[derive(Debug)]
pub(super) enum RecordEvent {
    Record(Record),
    Gap(Gap),
    End(End),
}

/// What records wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WaitingFor {
    #[default]
    Nothing,
    /// The client's early data, for what the server decides.
    Early,
    /// Everything, for secrets.
    Secrets,
    /// They did not come before the limit was reached: nothing is held any more.
    GivenUp,
    /// Nothing that could be waited for can come any more.
    Over,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) framer: Framer,
    pub(super) messages: HandshakeMessages,
    pub(super) keys: DirectionKeys,
    /// The secrets that `keys` was made of.
    pub(super) revision: Option<u64>,
    /// Where its keys come from (TLS 1.2 and older), once it uses them.
    pub(super) epoch: Option<Box<Epoch>>,
    /// Whether it encrypts (TLS 1.2 and older).
    pub(super) sealing: Sealing,
    /// It finished its handshake.
    pub(super) finished: bool,
    /// Its first bytes are missing.
    pub(super) is_headless: bool,
    /// Something is missing in front of the next record.
    pub(super) gap: Option<Gap>,
    /// The capture lost something of it.
    pub(super) lost: Option<GapCause>,
    /// Records that did not open while keys were there of which none had opened anything.
    pub(super) unfit: u64,
    pub(super) reason: Option<Reason>,
    /// The reader of its plaintext knows that something is missing.
    pub(super) gap_told: bool,
}

impl Direction {
    /// The capture has no packet of it.
    pub(super) fn is_unseen(&self) -> bool {
        self.gap.is_some_and(|gap| gap.cause == GapCause::Unseen)
    }
}

/// Since when a direction of TLS 1.2 or older is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sealing {
    /// It is not yet.
    #[default]
    No,
    /// Data shows that it is, which is never sent in the clear.
    ByData,
    /// It said so (RFC 5246 §7.1).
    ByChangeCipherSpec,
}

/// Follows one TLS session.
///
/// It never fails: whatever the bytes are, it says what it could read and why not more. Nothing is shown that does not
/// authenticate, except in suites without encryption when no key is there to check them.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about what came so far")]
pub struct Tls {
    pub(super) expecting: Expecting,
    pub(super) facts: Facts,
    pub(super) lanes: PerPeer<Direction>,
    pub(super) over: PerPeer<bool>,
    /// The last `ClientHello`.
    pub(super) hello: Option<Box<ClientHello>>,
    /// What the handshake under way agrees on (TLS 1.2 and older).
    pub(super) epoch: Option<Box<Epoch>>,
    /// Its messages, while the extended master secret of an RSA exchange may need them.
    pub(super) transcript: Option<Vec<u8>>,
    pub(super) hold: WaitingFor,
    pub(super) held: VecDeque<(Peer, RecordEvent)>,
    /// What all of it takes of memory.
    pub(super) held_bytes: u64,
    /// The secrets that were there when something began to wait.
    pub(super) revision: u64,
    /// The secrets that were told.
    pub(super) told: ToldSecrets,
    /// Why what waits cannot be read yet.
    pub(super) wanting: Option<Reason>,
    pub(super) begun: bool,
    pub(super) inference: Inference,
    /// What the handshake has come to.
    pub(super) came_to: AlertContext,
    /// Where the alert that ended it ends in its sender's stream.
    pub(super) alert_end: u64,
    /// What each side first sent where a record should begin, behind others.
    pub(super) no_record: PerPeer<Option<NoRecord>>,
    /// The client's part of a key exchange came, which TLS 1.3 does not have.
    pub(super) is_older: bool,
    /// A handshake began, or went on, after data (TLS 1.2 and older).
    pub(super) renegotiates: bool,
    /// What the server decides about early data is encrypted: the client's own records may show it.
    pub(super) trial: Option<Box<EarlyTrial>>,
    /// Nothing shows what the server decided about early data: it is tried whether that opens.
    pub(super) tries_early: bool,
    /// What is spoken inside was told.
    pub(super) protocol_told: bool,
}

/// Which secrets were told.
#[derive(Debug, Default)]
pub(super) struct ToldSecrets {
    /// The connection that they belong to.
    pub(super) random: Option<Random>,
    /// How many there were.
    pub(super) entries: usize,
    pub(super) premaster: Option<[u8; 8]>,
}

/// What was tried to find out what a lost `ServerHello` chose, or which connection a lost `ClientHello` began.
#[derive(Debug, Default)]
pub(super) struct Inference {
    /// The secrets among which there was none for this session.
    pub(super) without: Option<u64>,
    /// Bytes that were tried in vain.
    pub(super) vain: u64,
}

impl RecordEvent {
    /// What it takes of memory while it waits, whatever is in it: an empty record takes more than its bytes.
    fn weight(&self) -> u64 {
        let bytes = match self {
            Self::Record(record) => Footprint::ALLOCATION + record.bytes.len(),
            Self::Gap(_) | Self::End(_) => 0,
        };
        (size_of::<(Peer, Self)>() + bytes) as u64
    }
}

impl Tls {
    /// A session whose first bytes come next.
    pub fn new(expecting: Expecting) -> Self {
        Self {
            expecting,
            facts: Facts::default(),
            lanes: PerPeer::default(),
            over: PerPeer::default(),
            hello: None,
            epoch: None,
            transcript: None,
            hold: WaitingFor::Nothing,
            held: VecDeque::new(),
            held_bytes: 0,
            revision: 0,
            told: ToldSecrets::default(),
            wanting: None,
            begun: false,
            inference: Inference::default(),
            came_to: AlertContext::Choosing,
            alert_end: 0,
            no_record: PerPeer::default(),
            is_older: false,
            renegotiates: false,
            trial: None,
            tries_early: false,
            protocol_told: false,
        }
    }

    /// A session that is long under way: the next bytes of either side are from somewhere in the middle of its records, all of
    /// which are encrypted.
    pub fn midway(expecting: Expecting) -> Self {
        let mut session = Self::new(expecting);
        for peer in Peer::BOTH {
            let lane = session.lanes.of_mut(peer);
            lane.framer.expect(Version::TLS12);
            lane.framer.gap(Missing::Unknown);
            lane.sealing = Sealing::ByData;
        }
        session
    }

    /// Takes what happens next in what `from` sends.
    pub fn push(
        &mut self,
        from: Peer,
        event: StreamEvent<'_>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        if !self.begun {
            self.begun = true;
            self.facts.stamp = event.stamp();
        }
        self.unlock(secrets, out);
        match event {
            StreamEvent::Data(chunk) => {
                let mut rest = Some(chunk).filter(|chunk| !chunk.bytes.is_empty());
                while let Some(step) = self.lanes.of_mut(from).framer.next(&mut rest) {
                    match step {
                        Framed::Record(record) => {
                            self.note_rhythm(from, &record);
                            self.take(from, RecordEvent::Record(record), secrets, out);
                        }
                        Framed::Strange => self.strange(from, rest.unwrap_or(chunk), out),
                    }
                }
            }
            StreamEvent::Gap(gap) => {
                self.lanes.of_mut(from).framer.gap(gap.missing);
                self.take(from, RecordEvent::Gap(gap), secrets, out);
            }
            StreamEvent::End(end) => self.take(from, RecordEvent::End(end), secrets, out),
        }
    }

    /// An encrypted record came: whoever cannot open any more of them has to be content with that.
    fn note_rhythm(&mut self, from: Peer, record: &Record) {
        if self.was_opened() {
            return;
        }
        let is_data = record.content == ContentType::APPLICATION_DATA;
        if is_data || self.lanes.of(from).sealing != Sealing::No {
            let suite = self.facts.suite.and_then(Suite::of);
            let length = record.bytes.len() as u64;
            let text = text_within(self.facts.version, suite, length);
            self.facts.rhythm.observe(from, length, text.filter(|_| is_data).as_ref());
            if self.facts.version == Some(Version::TLS13) {
                self.facts.sealed_finish.observe(from, length, record.stamp);
            }
        }
    }

    /// Whether anything was opened besides a handshake of TLS 1.3.
    const fn was_opened(&self) -> bool {
        self.facts.sides.client.opened + self.facts.sides.server.opened > 0
    }

    /// Tells that nothing can be read up to the packet at `stamp`.
    pub(super) fn tell_sealed(&mut self, stamp: Stamp, out: &mut dyn FnMut(Event<'_>)) {
        if !self.was_opened() {
            self.settle();
            out(Event::Sealed(&self.facts, stamp));
        }
    }

    /// Goes on with what waits for secrets, if more have come.
    pub fn unlock(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        if secrets.revision() == self.revision {
            return;
        }
        match self.hold {
            WaitingFor::Secrets => {
                self.hold = WaitingFor::Nothing;
                self.release(secrets, out);
            }
            WaitingFor::GivenUp => {
                self.revision = secrets.revision();
                self.come_too_late(secrets);
            }
            WaitingFor::Nothing | WaitingFor::Early | WaitingFor::Over => {}
        }
    }

    /// No more secrets will come: what waits for them is told without.
    pub fn expect_no_more(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        self.expecting = Expecting::Nothing;
        if self.hold == WaitingFor::Secrets {
            self.hold = WaitingFor::Over;
            self.release(secrets, out);
        }
    }

    /// Whether records wait for secrets.
    pub fn is_waiting(&self) -> bool {
        self.hold == WaitingFor::Secrets
    }

    /// Whether secrets that come now change what is told of it: records wait for them, or did until they were let go, and that
    /// these came too late is why they stay closed.
    pub fn is_concerned(&self) -> bool {
        let lacks = |peer| self.lanes.of(peer).reason.is_some_and(Reason::is_lack);
        self.is_waiting() || self.hold == WaitingFor::GivenUp && Peer::BOTH.into_iter().any(lacks)
    }

    /// Records were let go for want of secrets that are there by now.
    fn come_too_late(&mut self, secrets: &Secrets) {
        let is_there = |random| !secrets.about(&random).entries.is_empty();
        if !self.facts.client_random.is_some_and(is_there) {
            return;
        }
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            if lane.reason.is_some_and(Reason::is_lack) {
                lane.reason = Some(Reason::SecretsTooLate);
            }
        }
    }

    /// What is known about it up to here.
    pub fn facts(&mut self) -> &Facts {
        self.settle();
        &self.facts
    }

    /// What it takes of memory besides itself.
    pub fn footprint(&self) -> Footprint {
        let lanes = Peer::BOTH.map(|peer| {
            let lane = self.lanes.of(peer);
            let keys = lane.keys.memory() + lane.epoch.as_ref().map_or(0, |epoch| epoch.memory());
            Footprint::default().and_least(keys).and_held(lane.framer.held() + lane.messages.held())
        });
        let hello = self.hello.as_ref().map_or(0, |hello| hello.memory());
        let epoch = self.epoch.as_ref().map_or(0, |epoch| epoch.memory());
        let trial = self.trial.as_ref().map_or(0, |trial| trial.memory());
        let transcript = self.transcript.as_ref().map_or(0, Vec::capacity);
        let waiting = usize::try_from(self.held_bytes).unwrap_or(usize::MAX);
        let spare = (self.held.capacity() - self.held.len()) * size_of::<(Peer, RecordEvent)>();
        lanes
            .into_iter()
            .sum::<Footprint>()
            .and_least(hello + epoch + trial + self.facts.memory())
            .and_held(transcript + waiting + spare)
    }

    fn take(&mut self, from: Peer, item: RecordEvent, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let ends = matches!(item, RecordEvent::End(_));
        let waits = match self.hold {
            WaitingFor::Secrets => true,
            WaitingFor::Early => from == Peer::Client,
            WaitingFor::Nothing | WaitingFor::GivenUp | WaitingFor::Over => false,
        };
        if waits {
            self.hold_back(from, item, secrets, out);
            if self.hold == WaitingFor::Early {
                self.try_held(secrets, out);
            }
        } else if let Some(item) = self.follow(from, item, secrets, out) {
            self.hold_back(from, item, secrets, out);
        }
        *self.over.of_mut(from) |= ends;
        let may_come = self.hold == WaitingFor::Secrets && self.expecting != Expecting::Nothing;
        if self.over.client && self.over.server && !self.held.is_empty() && !may_come {
            // What waits is told without.
            self.hold = WaitingFor::Over;
            self.release(secrets, out);
        }
    }

    /// Holds an item until it can be read.
    fn hold_back(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let mut came = None;
        if let RecordEvent::Record(record) = &item {
            came = Some(record.stamp);
        }
        self.held_bytes += item.weight();
        self.held.push_back((from, item));
        let most = match (self.hold, self.expecting) {
            (WaitingFor::Secrets, Expecting::Secrets { held_bytes }) => held_bytes,
            (WaitingFor::Secrets, Expecting::Nothing)
            | (
                WaitingFor::Nothing | WaitingFor::Early | WaitingFor::GivenUp | WaitingFor::Over,
                Expecting::Nothing | Expecting::Secrets { .. },
            ) => EARLY,
        };
        if self.held_bytes > most {
            if let (WaitingFor::Secrets, Some(stamp), Some(random)) =
                (self.hold, came, self.facts.client_random)
            {
                out(Event::GaveUp(random, stamp));
            }
            self.hold = WaitingFor::GivenUp;
            self.tries_early |= self.trial.take().is_some();
            self.release(secrets, out);
        } else if let Some(stamp) = came.filter(|_| self.hold == WaitingFor::Secrets) {
            self.tell_sealed(stamp, out);
        }
    }

    /// Follows what was held, until something has to wait again.
    pub(super) fn release(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        while let Some((from, item)) = self.held.pop_front() {
            let weight = item.weight();
            self.held_bytes = self.held_bytes.saturating_sub(weight);
            if let Some(item) = self.follow(from, item, secrets, out) {
                self.held_bytes += weight;
                self.held.push_front((from, item));
                return;
            }
        }
        // The room of what waited is not kept for what may never wait again.
        self.held = VecDeque::new();
    }

    /// Follows an item, or gives it back because it has to wait.
    fn follow(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Option<RecordEvent> {
        match item {
            RecordEvent::Record(record) => self.record(from, record, secrets, out).map(RecordEvent::Record),
            RecordEvent::Gap(gap) => {
                self.lose(from, gap, out);
                None
            }
            RecordEvent::End(end) => {
                self.end(from, end, secrets, out);
                None
            }
        }
    }

    fn lose(&mut self, from: Peer, gap: Gap, out: &mut dyn FnMut(Event<'_>)) {
        let other_is_read = self.facts.sides.of(!from).data;
        let lane = self.lanes.of_mut(from);
        let bytes = match gap.missing {
            Missing::Bytes(count) => count,
            Missing::Unknown => 1 << 16,
        };
        lane.keys.lose(bytes);
        lane.messages.lose();
        lane.lost = Some(gap.cause);
        self.facts.sides.of_mut(from).lost = true;
        let cause = if gap.cause == GapCause::Lost { GapCause::RecordLost } else { gap.cause };
        let gap = Gap { missing: Missing::Unknown, cause, ..gap };
        lane.gap.get_or_insert(gap);
        // No record will come that tells of it: the other side's reader has to know that this one said something.
        if lane.is_unseen() && other_is_read && !std::mem::replace(&mut lane.gap_told, true) {
            out(Event::Stream(from, StreamEvent::Gap(gap)));
        }
        lane.is_headless |= lane.framer.records() == 0;
        self.transcript = None;
        // Where data has come before, data is missing: what the other side says next may be an answer to that.
        if self.facts.sides.of(from).data {
            self.tell_loss(from, out);
        }
    }

    fn end(&mut self, from: Peer, end: End, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        // The server can no longer take early data.
        if self.hold == WaitingFor::Early {
            self.decide_early(EarlyData::Offered, secrets, out);
        }
        let other = self.facts.sides.of(!from);
        let is_read = other.data;
        let has_ended = other.end.is_some_and(|(cause, _)| matches!(cause, EndCause::Fin | EndCause::Rst));
        let has_alert = self.facts.alert.is_some_and(|alert| alert.from != from);
        let is_answer =
            has_ended || has_alert || other.close_notify.is_some() || other.sealed_alert.is_some();
        let lane = self.lanes.of_mut(from);
        let side = self.facts.sides.of_mut(from);
        side.end = Some((end.cause, end.said()));
        side.end_answers = is_answer;
        side.cut = lane.framer.is_inside();
        let acknowledged = end.place.and_then(|place| place.acknowledged);
        let has_seen = |alert_end| acknowledged.is_some_and(|up_to| up_to >= alert_end);
        if self.facts.alert.is_some_and(|alert| alert.from != from) && has_seen(self.alert_end) {
            self.facts.is_alert_first = true;
        }
        if side.dark_since.is_some() {
            lane.reason.get_or_insert(lost_reason(lane.lost));
        }
        side.lost_last = lane.gap.is_some_and(|gap| gap.cause != GapCause::Sealed);
        // A reader of this plaintext has to be told that some of it is missing.
        if let Some(gap) = lane.gap.take().filter(|_| (is_read || side.data) && !lane.gap_told) {
            out(Event::Stream(from, StreamEvent::Gap(gap)));
        }
        out(Event::Stream(from, StreamEvent::End(end)));
    }

    /// Bytes that are not a record where one should begin.
    fn strange(&mut self, from: Peer, rest: Chunk<'_>, out: &mut dyn FnMut(Event<'_>)) {
        let lane = self.lanes.of_mut(from);
        if lane.framer.records() > 0 {
            if lane.lost.is_none() {
                let bytes = NoRecord::of(lane.framer.preview().iter().chain(rest.bytes));
                self.no_record.of_mut(from).get_or_insert(bytes);
            }
            lane.keys.lose(1 << 14);
            lane.gap.get_or_insert(unknown_gap(rest.stamp, rest.extent));
            return;
        }
        self.facts.foreign.get_or_insert(from);
        let mut bytes = lane.framer.preview().to_vec();
        bytes.extend(rest.bytes.iter().take(PREVIEW));
        out(Event::Foreign(from, Chunk { bytes: &bytes, ..rest }));
    }
}

/// Something of the plaintext is missing, and nobody knows how much.
pub(super) const fn unknown_gap(stamp: Stamp, extent: Extent) -> Gap {
    Gap { missing: Missing::Unknown, cause: GapCause::Sealed, stamp, extent }
}
