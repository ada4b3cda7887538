//! One TLS session as an observer sees it: bytes of both sides and secrets in, plaintext and facts out.

use std::collections::VecDeque;

use crate::model::{Chunk, End, Extent, Gap, GapCause, Missing, Peer, PerPeer, Stamp, StreamEvent};

use super::alert::{Alert, AlertDescription, AlertLevel, Phase};
use super::crypto;
use super::epoch::Epoch;
use super::facts::{EarlyData, Facts, Readable};
use super::handshake::{self, ClientHello, MessageType, Messages};
use super::ladder::{Ladder, Rung, Stage};
use super::reason::Reason;
use super::record::{Boundary, ContentType, Framed, Framer, HEADER, Record};
use super::secret::{Label, Random, Secrets};
use super::suite::{Cipher, KeyExchange, Suite};
use super::version::Version;

/// How many bytes a peer sends before the other one answers, at most: what early data waits for its key with.
const EARLY: u64 = 1 << 20;
/// Handshake messages kept for the extended master secret.
const TRANSCRIPT: usize = 128 << 10;
/// How much is shown of bytes that are no TLS.
const PREVIEW: usize = 64;

/// What a session tells.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Output<'a> {
    /// What a peer sent inside TLS. Bytes bear the packet that completes their record, and its extent.
    Stream(Peer, StreamEvent<'a>),
    /// An alert that ends the session.
    Alert(Alert),
    /// Where the handshake should be, a peer sent something else, which begins so.
    Foreign(Peer, Chunk<'a>),
}

/// Whether secrets may still come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
enum RecordEvent {
    Record(Record),
    Gap(Gap),
    End(End),
}

/// What records wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum WaitingFor {
    #[default]
    Nothing,
    /// The client's early data, for what the server decides.
    Early,
    /// Everything, for secrets.
    Secrets,
    /// They have not come: nothing is held any more.
    GivenUp,
}

/// One direction.
#[derive(Debug, Default)]
struct Direction {
    framer: Framer,
    messages: Messages,
    ladder: Ladder,
    /// The secrets that `ladder` was made of.
    revision: Option<u64>,
    /// Where its keys come from (TLS 1.2 and older), once it uses them.
    epoch: Option<Box<Epoch>>,
    /// Whether it encrypts (TLS 1.2 and older).
    sealing: Sealing,
    /// It finished its handshake.
    finished: bool,
    /// Its first bytes are missing.
    is_headless: bool,
    /// Something is missing in front of the next record.
    gap: Option<Gap>,
    /// The capture lost something of it.
    lost: Option<GapCause>,
    /// Records that did not open while keys were there of which none had opened anything.
    unfit: u64,
    reason: Option<Reason>,
    /// The reader of its plaintext knows that something is missing.
    gap_told: bool,
}

/// Since when a direction of TLS 1.2 or older is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sealing {
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
pub struct Tls {
    expecting: Expecting,
    facts: Facts,
    lanes: PerPeer<Direction>,
    over: PerPeer<bool>,
    /// The last `ClientHello`.
    hello: Option<Box<ClientHello>>,
    /// What the handshake under way agrees on (TLS 1.2 and older).
    epoch: Option<Box<Epoch>>,
    /// Its messages, while the extended master secret of an RSA exchange may need them.
    transcript: Option<Vec<u8>>,
    hold: WaitingFor,
    held: VecDeque<(Peer, RecordEvent)>,
    held_bytes: u64,
    /// The secrets that were there when something began to wait.
    revision: u64,
    begun: bool,
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
            begun: false,
        }
    }

    /// Takes what happens next in what `from` sends.
    pub fn push(
        &mut self,
        from: Peer,
        event: StreamEvent<'_>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) {
        if !self.begun {
            self.begun = true;
            self.facts.stamp = event.stamp();
        }
        if self.hold == WaitingFor::Secrets && secrets.revision() != self.revision {
            self.hold = WaitingFor::Nothing;
            self.release(secrets, out);
        }
        match event {
            StreamEvent::Data(chunk) => {
                let mut rest = Some(chunk).filter(|chunk| !chunk.bytes.is_empty());
                while let Some(step) = self.lanes.of_mut(from).framer.next(&mut rest) {
                    match step {
                        Framed::Record(record) => self.take(from, RecordEvent::Record(record), secrets, out),
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

    /// No more secrets come: what waits for them is told without.
    pub fn give_up(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        if self.hold != WaitingFor::GivenUp {
            self.hold = WaitingFor::GivenUp;
            self.release(secrets, out);
        }
    }

    /// Gives back memory: what waits for secrets is lost.
    pub fn shed(&mut self) {
        if matches!(self.hold, WaitingFor::Early | WaitingFor::Secrets) {
            self.hold = WaitingFor::GivenUp;
            self.held = VecDeque::new();
            self.held_bytes = 0;
        }
    }

    /// What is known of it up to here.
    pub fn facts(&mut self) -> &Facts {
        self.settle();
        &self.facts
    }

    /// Bytes of memory that it holds besides itself, roughly.
    pub fn held(&self) -> u64 {
        let lanes = Peer::BOTH.map(|peer| {
            let lane = self.lanes.of(peer);
            lane.framer.held() + lane.messages.held()
        });
        let transcript = self.transcript.as_ref().map_or(0, Vec::capacity);
        lanes.into_iter().sum::<usize>() as u64 + transcript as u64 + self.held_bytes
    }

    fn take(&mut self, from: Peer, item: RecordEvent, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        let ends = matches!(item, RecordEvent::End(_));
        let waits = match self.hold {
            WaitingFor::Secrets => true,
            WaitingFor::Early => from == Peer::Client,
            WaitingFor::Nothing | WaitingFor::GivenUp => false,
        };
        if waits {
            self.hold_back(from, item, secrets, out);
        } else if let Some(item) = self.follow(from, item, secrets, out) {
            self.hold_back(from, item, secrets, out);
        }
        *self.over.of_mut(from) |= ends;
        if self.over.client && self.over.server && !self.held.is_empty() {
            self.give_up(secrets, out);
        }
    }

    /// Holds an item until it can be read.
    fn hold_back(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) {
        if let RecordEvent::Record(record) = &item {
            self.held_bytes += record.bytes.len() as u64;
        }
        self.held.push_back((from, item));
        let most = match (self.hold, self.expecting) {
            (WaitingFor::Secrets, Expecting::Secrets { held_bytes }) => held_bytes,
            _ => EARLY,
        };
        if self.held_bytes > most {
            self.give_up(secrets, out);
        }
    }

    /// Follows what was held, until something has to wait again.
    fn release(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        while let Some((from, item)) = self.held.pop_front() {
            let length = if let RecordEvent::Record(record) = &item { record.bytes.len() as u64 } else { 0 };
            self.held_bytes = self.held_bytes.saturating_sub(length);
            if let Some(item) = self.follow(from, item, secrets, out) {
                self.held_bytes += length;
                self.held.push_front((from, item));
                return;
            }
        }
    }

    /// Follows an item, or gives it back because it has to wait.
    fn follow(
        &mut self,
        from: Peer,
        item: RecordEvent,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) -> Option<RecordEvent> {
        match item {
            RecordEvent::Record(record) => self.record(from, record, secrets, out).map(RecordEvent::Record),
            RecordEvent::Gap(gap) => {
                self.lose(from, gap);
                None
            }
            RecordEvent::End(end) => {
                self.end(from, end, secrets, out);
                None
            }
        }
    }

    fn lose(&mut self, from: Peer, gap: Gap) {
        let lane = self.lanes.of_mut(from);
        let bytes = match gap.missing {
            Missing::Bytes(count) => count,
            Missing::Unknown => 1 << 16,
        };
        lane.ladder.lose(bytes);
        lane.messages.lose();
        lane.lost = Some(gap.cause);
        lane.gap.get_or_insert(Gap { missing: Missing::Unknown, ..gap });
        lane.is_headless |= lane.framer.records() == 0;
        self.transcript = None;
    }

    fn end(&mut self, from: Peer, end: End, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        // The server can no longer take early data.
        if self.hold == WaitingFor::Early {
            self.decide_early(EarlyData::Offered, secrets, out);
        }
        let lane = self.lanes.of_mut(from);
        let side = self.facts.sides.of_mut(from);
        side.end = Some((end.cause, end.stamp));
        side.cut = lane.framer.is_inside();
        if let Some(gap) = lane.gap.take().filter(|_| side.data && !lane.gap_told) {
            out(Output::Stream(from, StreamEvent::Gap(gap)));
        }
        out(Output::Stream(from, StreamEvent::End(end)));
    }

    /// Bytes that are no record where one should begin.
    fn strange(&mut self, from: Peer, rest: Chunk<'_>, out: &mut dyn FnMut(Output<'_>)) {
        let lane = self.lanes.of_mut(from);
        if lane.framer.records() > 0 {
            lane.ladder.lose(1 << 14);
            lane.gap.get_or_insert(unknown_gap(rest.stamp, rest.extent));
            return;
        }
        self.facts.foreign.get_or_insert(from);
        let mut bytes = lane.framer.preview().to_vec();
        bytes.extend(rest.bytes.iter().take(PREVIEW));
        out(Output::Foreign(from, Chunk { bytes: &bytes, ..rest }));
    }

    fn record(
        &mut self,
        from: Peer,
        mut record: Record,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) -> Option<Record> {
        let is_tls13 = self.facts.version == Some(Version::TLS13);
        let is_sealed = self.lanes.of(from).sealing != Sealing::No;
        let sealed = match record.content {
            ContentType::APPLICATION_DATA if is_tls13 => true,
            // Once a direction is encrypted, nothing but a record without meaning is not (RFC 8446 §5).
            ContentType::CHANGE_CIPHER_SPEC if is_tls13 => false,
            _ if is_tls13 => self.facts.sides.of(from).last_sealed.is_some(),
            ContentType::APPLICATION_DATA if self.may_be_early(from) => {
                self.hold = WaitingFor::Early;
                return Some(record);
            }
            // Where the ChangeCipherSpec was lost, data tells that there was one: it is never sent in the clear.
            ContentType::APPLICATION_DATA => {
                if !is_sealed {
                    self.seal(from, Sealing::ByData);
                }
                true
            }
            _ => is_sealed,
        };
        if sealed {
            return self.open(from, record, secrets, out);
        }
        self.lanes.of_mut(from).framer.confirm();
        let content = record.content;
        let bytes = std::mem::take(&mut record.bytes);
        let text = bytes.get(HEADER..).unwrap_or_default();
        self.content(from, &record, content, text, None, secrets, out);
        None
    }

    /// Whether encrypted bytes of the client can be early data that waits for the server's answer.
    fn may_be_early(&self, from: Peer) -> bool {
        from == Peer::Client
            && self.facts.version.is_none()
            && self.hold == WaitingFor::Nothing
            && self.facts.early_data == Some(EarlyData::Offered)
            && !self.over.server
    }

    /// From here on a direction of TLS 1.2 or older is encrypted with what the handshake agreed on.
    fn seal(&mut self, from: Peer, sealing: Sealing) {
        let lane = self.lanes.of_mut(from);
        lane.sealing = sealing;
        if let Some(epoch) = &self.epoch {
            let renewed = lane.epoch.as_ref().is_none_or(|own| own.server != epoch.server);
            if renewed {
                lane.epoch = Some(epoch.clone());
                lane.ladder.replace(Vec::new());
                lane.revision = None;
            }
        }
    }

    /// Opens an encrypted record, or gives it back because a secret may come for it.
    fn open(
        &mut self,
        from: Peer,
        mut record: Record,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) -> Option<Record> {
        self.climb(from, secrets);
        let lane = self.lanes.of_mut(from);
        let length = record.bytes.len() as u64;
        let is_first = !lane.ladder.fits();
        if let Some(mut found) = lane.ladder.open(&mut record) {
            lane.framer.confirm();
            if is_first && lane.epoch.is_some() && found.opened.content == ContentType::APPLICATION_DATA {
                // One record before the first data is the Finished message.
                found.skipped = found.skipped.saturating_sub(1);
            }
            let side = self.facts.sides.of_mut(from);
            if found.stage != Stage::Handshake {
                side.sealed += 1;
                side.opened += 1;
            }
            side.last_sealed = Some(length);
            if found.skipped == 0 && found.stage == Stage::Application {
                // What did not open before is of an earlier stage: nothing is missing of this one.
                let unfit = std::mem::take(&mut lane.unfit);
                if unfit > 0 {
                    side.sealed -= unfit;
                    lane.reason = None;
                }
            }
            let gap = lane.gap.take().filter(|_| found.skipped > 0 && found.stage == Stage::Application);
            if let Some(gap) = gap {
                lane.reason.get_or_insert(lost_reason(lane.lost));
                lane.messages.lose();
                if !std::mem::replace(&mut lane.gap_told, true) {
                    out(Output::Stream(from, StreamEvent::Gap(gap)));
                }
            }
            if found.stage != Stage::Early {
                self.early_is_over(from);
            }
            let bytes = std::mem::take(&mut record.bytes);
            let text = bytes.get(found.opened.range.clone()).unwrap_or_default();
            self.content(from, &record, found.opened.content, text, Some(found.stage), secrets, out);
            return None;
        }
        if lane.ladder.is_empty()
            || !lane.ladder.has(Stage::Application) && record.boundary == Boundary::Known
        {
            if self.waits_for_secrets(secrets) {
                return Some(record);
            }
        } else if record.boundary == Boundary::Guessed {
            lane.framer.reject(&record);
            return None;
        }
        self.leave(from, &record, secrets, out);
        None
    }

    /// A record stays closed.
    fn leave(&mut self, from: Peer, record: &Record, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        let is_rejected = from == Peer::Client
            && self.facts.early_data == Some(EarlyData::Rejected)
            && !self.lanes.client.ladder.fits();
        if is_rejected {
            return;
        }
        let why = self.why(from, secrets);
        let other_is_read = !self.lanes.of(!from).ladder.is_empty();
        let lane = self.lanes.of_mut(from);
        let side = self.facts.sides.of_mut(from);
        let length = record.bytes.len() as u64;
        side.sealed += 1;
        side.last_sealed = Some(length);
        if record.content == ContentType::ALERT {
            side.sealed_alert = Some(record.stamp);
        }
        lane.framer.confirm();
        lane.reason.get_or_insert(why);
        let gap = unknown_gap(record.stamp, record.extent);
        if lane.ladder.is_empty() {
            // The other side's reader has to know that this one said something.
            if other_is_read && !std::mem::replace(&mut lane.gap_told, true) {
                out(Output::Stream(from, StreamEvent::Gap(gap)));
            }
            return;
        }
        lane.ladder.fail(length);
        lane.gap.get_or_insert(gap);
        if lane.ladder.fits() {
            side.damaged += 1;
        } else {
            lane.unfit += 1;
        }
    }

    /// Whether a secret that is missing may still come. Then everything waits for it.
    fn waits_for_secrets(&mut self, secrets: &Secrets) -> bool {
        let is_possible = match self.facts.suite.and_then(Suite::of) {
            Some(suite) => suite.cipher != Cipher::Unsupported,
            None => false,
        };
        let waits = crypto::DECRYPTS
            && matches!(self.expecting, Expecting::Secrets { .. })
            && matches!(self.hold, WaitingFor::Nothing | WaitingFor::Secrets)
            && is_possible
            && self.facts.client_random.is_some();
        if waits {
            self.hold = WaitingFor::Secrets;
            self.revision = secrets.revision();
        }
        waits
    }

    /// Makes keys of the secrets that are there, unless they are made.
    fn climb(&mut self, from: Peer, secrets: &Secrets) {
        let lane = self.lanes.of_mut(from);
        if lane.revision == Some(secrets.revision()) {
            return;
        }
        lane.revision = Some(secrets.revision());
        if let Some(epoch) = &lane.epoch {
            if lane.ladder.is_empty() {
                let (rungs, origins): (Vec<_>, Vec<_>) = epoch.rungs(from, secrets).into_iter().unzip();
                lane.ladder.extend(rungs);
                self.facts.origin = self.facts.origin.or_else(|| origins.into_iter().flatten().next());
            }
            return;
        }
        let (Some(random), Some(suite)) = (self.facts.client_random, self.facts.suite.and_then(Suite::of))
        else {
            return;
        };
        if self.facts.version != Some(Version::TLS13) {
            return;
        }
        for stage in [Stage::Early, Stage::Handshake, Stage::Application] {
            let is_over = stage != Stage::Application && lane.finished
                || stage == Stage::Early && self.facts.early_data != Some(EarlyData::Accepted);
            if is_over || lane.ladder.has(stage) || stage == Stage::Early && !lane.ladder.is_empty() {
                continue;
            }
            let Some(label) = label_of(from, stage) else { continue };
            for entry in secrets.of(&random).iter().filter(|entry| entry.label == label) {
                lane.ladder.extend(Rung::of_traffic_secret(stage, suite, &entry.secret));
                self.facts.origin.get_or_insert(entry.origin);
            }
        }
    }

    /// What an opened or plain record holds.
    #[expect(clippy::too_many_arguments, reason = "a record, what opened it, and what every step takes")]
    fn content(
        &mut self,
        from: Peer,
        record: &Record,
        content: ContentType,
        text: &[u8],
        stage: Option<Stage>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) {
        match content {
            ContentType::APPLICATION_DATA if stage.is_some() => {
                self.facts.sides.of_mut(from).data = true;
                // What either side does not show from here on, has to be told anew.
                self.lanes.client.gap_told = false;
                self.lanes.server.gap_told = false;
                if !text.is_empty() {
                    let chunk = Chunk { bytes: text, stamp: record.stamp, extent: record.extent };
                    out(Output::Stream(from, StreamEvent::Data(chunk)));
                }
            }
            ContentType::HANDSHAKE => {
                let mut messages = std::mem::take(&mut self.lanes.of_mut(from).messages);
                messages.push(text, |kind, message| self.message(from, kind, message, stage, secrets, out));
                self.lanes.of_mut(from).messages = messages;
            }
            ContentType::ALERT => self.alert(from, record, text, out),
            ContentType::CHANGE_CIPHER_SPEC if self.facts.version != Some(Version::TLS13) => {
                self.change_cipher_spec(from);
            }
            _ => {}
        }
    }

    fn change_cipher_spec(&mut self, from: Peer) {
        // A client of TLS 1.3 may send one before the server answers (RFC 8446 §D.4).
        if self.facts.version.is_some() || from == Peer::Server || self.hello.is_none() {
            self.tell_resumption(from);
            self.seal(from, Sealing::ByChangeCipherSpec);
        }
    }

    fn alert(&mut self, from: Peer, record: &Record, text: &[u8], out: &mut dyn FnMut(Output<'_>)) {
        let phase = if self.facts.sides.server.data { Phase::Data } else { Phase::Handshake };
        // An alert has two bytes (RFC 8446 §5.1 has one a record), and is one there is: where it was lost that a side
        // encrypts by now, what looks like plain text is neither.
        let is_one =
            |pair: &[u8]| matches!(pair, [1 | 2, description] if AlertDescription(*description).is_known());
        if !text.len().is_multiple_of(2) || !text.chunks(2).all(is_one) {
            return;
        }
        for pair in text.chunks_exact(2) {
            let [level, description] = *pair else { continue };
            let level = if level == 1 { AlertLevel::Warning } else { AlertLevel::Fatal };
            let description = AlertDescription(description);
            let alert = Alert { from, level, description, phase, stamp: record.stamp };
            if description == AlertDescription::CLOSE_NOTIFY {
                self.facts.sides.of_mut(from).close_notify.get_or_insert(record.stamp);
                continue;
            }
            if description.ends_the_session(level) {
                self.facts.alert.get_or_insert(alert);
                // What comes after the other side's end complains about that end.
                if self.facts.sides.of(!from).end.is_none() {
                    out(Output::Alert(alert));
                }
            }
        }
    }

    fn message(
        &mut self,
        from: Peer,
        kind: MessageType,
        message: &[u8],
        stage: Option<Stage>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Output<'_>),
    ) {
        self.remember(kind, message);
        match kind {
            MessageType::CLIENT_HELLO if from == Peer::Client => self.client_hello(message),
            MessageType::SERVER_HELLO if from == Peer::Server => self.server_hello(message, secrets, out),
            MessageType::ENCRYPTED_EXTENSIONS if stage == Some(Stage::Handshake) => {
                let (alpn, early) = handshake::encrypted_extensions(message);
                self.facts.alpn = alpn.or(self.facts.alpn.take());
                if self.facts.early_data.is_some() {
                    let decision = if early { EarlyData::Accepted } else { EarlyData::Rejected };
                    self.decide_early(decision, secrets, out);
                }
            }
            MessageType::SERVER_HELLO_DONE if from == Peer::Server => {
                self.facts.resumed.get_or_insert(false);
            }
            MessageType::CLIENT_KEY_EXCHANGE if from == Peer::Client => self.client_key_exchange(message),
            MessageType::END_OF_EARLY_DATA => self.lanes.of_mut(from).ladder.pass(Stage::Early),
            MessageType::FINISHED => {
                let lane = self.lanes.of_mut(from);
                lane.finished = true;
                if stage == Some(Stage::Handshake) {
                    lane.ladder.pass(Stage::Early);
                    lane.ladder.pass(Stage::Handshake);
                }
            }
            MessageType::KEY_UPDATE if stage == Some(Stage::Application) => {
                self.lanes.of_mut(from).ladder.update();
            }
            _ => {}
        }
    }

    /// Keeps the messages of a handshake up to the client's key exchange (RFC 7627 §3).
    fn remember(&mut self, kind: MessageType, message: &[u8]) {
        if kind == MessageType::CLIENT_HELLO {
            self.transcript = Some(Vec::new());
        }
        if let Some(transcript) = &mut self.transcript {
            if message.is_empty() || transcript.len() + message.len() > TRANSCRIPT {
                self.transcript = None;
            } else if kind.0 != 0 {
                transcript.extend_from_slice(message);
            }
        }
    }

    fn client_hello(&mut self, message: &[u8]) {
        let Some(hello) = handshake::client_hello(message) else { return };
        // Only the first one names the connection; later ones answer a HelloRetryRequest or renegotiate.
        if self.facts.client_random.is_none() {
            self.facts.client_random = Some(hello.random);
            self.facts.sni.clone_from(&hello.sni);
            self.facts.alpn_offered.clone_from(&hello.alpn);
            self.facts.early_data = hello.early_data.then_some(EarlyData::Offered);
        }
        self.hello = Some(Box::new(hello));
    }

    fn server_hello(&mut self, message: &[u8], secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        let Some((hello, alpn)) = handshake::server_hello(message) else { return };
        let suite = Suite::of(hello.suite);
        self.facts.version = Some(hello.version);
        self.facts.suite = Some(hello.suite);
        self.facts.alpn = alpn.or(self.facts.alpn.take());
        let on_records = Version(hello.version.0.min(Version::TLS12.0));
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            lane.framer.expect(on_records);
            lane.revision = None;
        }
        if hello.version == Version::TLS13 {
            self.transcript = None;
            if hello.is_retry() {
                self.decide_early(EarlyData::Rejected, secrets, out);
                return;
            }
            self.facts.resumed = Some(hello.psk);
            let unread = !secrets
                .of(&self.facts.client_random.unwrap_or(Random([0; 32])))
                .iter()
                .any(|entry| entry.label == Label::ServerHandshakeTraffic);
            if self.facts.early_data == Some(EarlyData::Offered) {
                if !hello.psk {
                    self.decide_early(EarlyData::Rejected, secrets, out);
                } else if unread && self.expecting == Expecting::Nothing {
                    // What the server decides is encrypted: whatever opens is taken as accepted.
                    self.decide_early(EarlyData::Accepted, secrets, out);
                }
            }
            return;
        }
        self.decide_early(EarlyData::Rejected, secrets, out);
        if suite.is_none_or(|suite| suite.exchange != KeyExchange::Rsa) {
            self.transcript = None;
        }
        let random = self.hello.as_ref().map(|hello| hello.random);
        self.epoch = match (random, suite) {
            (Some(random), Some(suite)) if hello.version.is_supported() && hello.compression == 0 => {
                Some(Box::new(Epoch {
                    random,
                    server: hello,
                    suite,
                    premaster: None,
                    session_hash: Vec::new(),
                }))
            }
            _ => None,
        };
    }

    fn client_key_exchange(&mut self, message: &[u8]) {
        let transcript = self.transcript.take();
        if let Some(epoch) = &mut self.epoch
            && epoch.suite.exchange == KeyExchange::Rsa
        {
            let version = epoch.server.version;
            epoch.premaster = handshake::encrypted_premaster(message, version);
            if let Some(messages) = transcript {
                epoch.session_hash = crypto::session_hash(version, epoch.suite.derivation(), &messages);
            }
        }
    }

    /// A server that encrypts before it says that its flight is done continues an earlier session (RFC 5246 §7.3).
    fn tell_resumption(&mut self, from: Peer) {
        if from == Peer::Server && self.hello.is_some() && self.lanes.server.lost.is_none() {
            self.facts.resumed.get_or_insert(true);
        }
    }

    /// It is known what becomes of early data.
    fn decide_early(&mut self, decision: EarlyData, secrets: &Secrets, out: &mut dyn FnMut(Output<'_>)) {
        if self.facts.early_data == Some(EarlyData::Offered) {
            self.facts.early_data = Some(decision);
            self.lanes.client.revision = None;
        }
        if self.hold == WaitingFor::Early {
            // Nothing more is taken for early data, even where nothing is known of the decision.
            self.hold =
                if decision == EarlyData::Offered { WaitingFor::GivenUp } else { WaitingFor::Nothing };
            self.release(secrets, out);
        }
    }

    /// The client encrypts with keys of the handshake or after it.
    fn early_is_over(&mut self, from: Peer) {
        if from == Peer::Client {
            self.lanes.client.ladder.pass(Stage::Early);
        }
    }

    /// Why a record of this direction stays closed.
    fn why(&self, from: Peer, secrets: &Secrets) -> Reason {
        if !crypto::DECRYPTS {
            return Reason::DecryptionLeftOut;
        }
        let lane = self.lanes.of(from);
        let cut = Peer::BOTH.into_iter().any(|peer| self.lanes.of(peer).lost == Some(GapCause::Snaplen));
        let Some(random) = self.facts.client_random else {
            let saw_handshake = self.facts.version.is_some()
                || Peer::BOTH
                    .map(|peer| self.lanes.of(peer))
                    .into_iter()
                    .any(|lane| lane.is_headless || lane.sealing == Sealing::ByChangeCipherSpec);
            return match (cut, saw_handshake) {
                (true, _) => Reason::PacketsCut,
                (_, true) => Reason::ClientHelloLost,
                (_, false) => Reason::HandshakeNotCaptured,
            };
        };
        let (Some(version), Some(number)) = (self.facts.version, self.facts.suite) else {
            return if cut { Reason::PacketsCut } else { Reason::ServerHelloLost };
        };
        let suite = Suite::of(number);
        if !version.is_supported() {
            return Reason::VersionNotSupported { version };
        }
        if suite.is_none_or(|suite| suite.cipher == Cipher::Unsupported) {
            return Reason::CipherNotSupported { number };
        }
        let is_complete = version != Version::TLS13 || lane.ladder.has(Stage::Application);
        if lane.ladder.fits() && is_complete {
            return match lane.lost {
                Some(cause) => lost_reason(Some(cause)),
                None => Reason::RecordDamaged,
            };
        }
        if !lane.ladder.is_empty() && is_complete {
            return Reason::SecretDoesNotFit;
        }
        self.why_no_key(from, random, version, secrets)
    }

    fn why_no_key(&self, from: Peer, random: Random, version: Version, secrets: &Secrets) -> Reason {
        let wanted = if version == Version::TLS13 {
            label_of(from, Stage::Application).unwrap_or(Label::ClientTraffic)
        } else {
            Label::ClientRandom
        };
        let entries = secrets.of(&random);
        if let Some(damaged) = secrets.damaged(&random, wanted) {
            return Reason::LineDamaged { line: damaged.line };
        }
        if self.hold == WaitingFor::GivenUp && matches!(self.expecting, Expecting::Secrets { .. }) {
            return Reason::SecretsTooLate;
        }
        if entries.is_empty() {
            return match secrets.connections() {
                0 => Reason::NoSecrets,
                _ if secrets.has_encrypted_hello(&random) => Reason::EncryptedClientHello,
                others => Reason::NoSecretForThisClientRandom { random, others },
            };
        }
        let other = label_of(!from, Stage::Application);
        if version == Version::TLS13 && entries.iter().any(|entry| Some(entry.label) == other) {
            return Reason::SecretsOnlyForOneSide { side: !from };
        }
        if entries.iter().any(|entry| entry.label == wanted) {
            return Reason::SecretDoesNotFit;
        }
        Reason::LabelMissing { label: wanted.name() }
    }

    /// Brings together what both sides tell.
    fn settle(&mut self) {
        let read = Peer::BOTH.map(|peer| {
            let side = self.facts.sides.of(peer);
            (side.sealed, side.opened, self.lanes.of(peer).reason)
        });
        let [(client, client_opened, client_reason), (server, server_opened, server_reason)] = read;
        let opened = client_opened + server_opened;
        let is_whole = client == client_opened && server == server_opened;
        self.facts.reason = client_reason.or(server_reason);
        self.facts.readable = match () {
            () if is_whole && self.facts.reason.is_none() => Readable::All,
            () if opened == 0 => Readable::Nothing,
            () if server_opened == 0 && client == client_opened => Readable::Client,
            () if client_opened == 0 && server == server_opened => Readable::Server,
            () => Readable::Part,
        };
        if opened == 0 {
            self.facts.origin = None;
        }
    }
}

/// Something of the plaintext is missing, and nobody knows how much.
const fn unknown_gap(stamp: Stamp, extent: Extent) -> Gap {
    Gap { missing: Missing::Unknown, cause: GapCause::Sealed, stamp, extent }
}

/// The label of a traffic secret.
const fn label_of(from: Peer, stage: Stage) -> Option<Label> {
    Some(match (from, stage) {
        (Peer::Client, Stage::Early) => Label::ClientEarlyTraffic,
        (Peer::Client, Stage::Handshake) => Label::ClientHandshakeTraffic,
        (Peer::Client, Stage::Application) => Label::ClientTraffic,
        (Peer::Server, Stage::Handshake) => Label::ServerHandshakeTraffic,
        (Peer::Server, Stage::Application) => Label::ServerTraffic,
        (Peer::Server, Stage::Early) => return None,
    })
}

const fn lost_reason(cause: Option<GapCause>) -> Reason {
    match cause {
        Some(GapCause::Snaplen) => Reason::PacketsCut,
        Some(_) => Reason::RecordsLost,
        None => Reason::RecordDamaged,
    }
}
