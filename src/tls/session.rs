//! One TLS session as an observer sees it: bytes of both sides and secrets in, plaintext and facts out.

use std::collections::VecDeque;

use crate::model::{
    Chunk, End, Extent, Footprint, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent,
};

use super::alert::{Alert, AlertContext};
use super::direction_keys::DirectionKeys;
use super::early_trial::EarlyTrial;
use super::epoch::Epoch;
use super::facts::Facts;
use super::handshake::{ClientHello, HandshakeMessages};
use super::reason::Reason;
use super::record::{ContentType, Framed, Framer, Record};
use super::rhythm::{Likeness, text_within};
use super::secret::{Random, Secret};
use super::secrets::Secrets;
use super::seen::SeenRecord;
use super::suite::Suite;
use super::version::Version;

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
    /// The name of the server that the client asks for (RFC 6066 §3), before anything of what is inside.
    ServerName(&'a str),
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
    /// Those of them that most likely are early data, which the server may have taken.
    pub(super) unread_early: u64,
    pub(super) reason: Option<Reason>,
    /// The reader of its plaintext knows that something is missing.
    pub(super) gap_told: bool,
}

impl Direction {
    /// The capture has no packet of it.
    pub(super) fn is_unseen(&self) -> bool {
        self.gap.is_some_and(|gap| gap.cause == GapCause::Unseen)
    }

    /// What it said first is missing: the capture has no packet of it, or there is no secret for its early data.
    pub(super) fn has_begun_unread(&self) -> bool {
        self.is_unseen() || self.unread_early > 0
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
/// authenticate, except in suites without encryption where no key fits that would check them.
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
    /// Its messages, while the extended master secret may be made of them and a premaster secret.
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
    pub(super) fn weight(&self) -> u64 {
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
            let is_alert = record.content == ContentType::ALERT
                || self.facts.version == Some(Version::TLS13) && length == self.facts.alert_length();
            let likeness = if is_alert { Likeness::Alert } else { Likeness::Word };
            let text = text.filter(|_| is_data);
            self.facts.rhythm.observe(from, (length, record.stamp), text.as_ref(), likeness);
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
}

/// Something of the plaintext is missing, and nobody knows how much.
pub(super) const fn unknown_gap(stamp: Stamp, extent: Extent) -> Gap {
    Gap { missing: Missing::Unknown, cause: GapCause::Sealed, stamp, extent }
}
