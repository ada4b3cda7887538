//! Opens the records of a session with what keys there are, and says what was in them.

use crate::model::{Chunk, Extent, Peer, StreamEvent};

use super::crypto;
use super::direction_keys::{KeyStage, RecordKey, Unsealed, label_of};
use super::facts::EarlyData;
use super::reason::{Reason, lost_reason};
use super::record::{Boundary, ContentType, HEADER, Record};
use super::secret::{self, Random, Secret};
use super::secrets::{ConnectionSecrets, Secrets};
use super::seen::{OpenedRecord, RecordReading, Seal, SeenRecord};
use super::session::{Event, Expecting, Sealing, Tls, WaitingFor, unknown_gap};
use super::suite::{Cipher, Suite};
use super::version::Version;

/// What becomes of a record that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its receiver reads it.
    Read,
    /// Its receiver throws it away.
    Discarded,
}

impl Tls {
    pub(super) fn record(
        &mut self,
        from: Peer,
        mut record: Record,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) -> Option<Record> {
        if let (Some(protocol), false) = (&self.facts.alpn, self.protocol_told) {
            self.protocol_told = true;
            out(Event::Protocol(protocol));
        }
        if self.facts.alert.is_some_and(|alert| alert.from != from) {
            self.facts.is_alert_first = true;
        }
        if self.facts.version.is_none() {
            match record.content {
                ContentType::APPLICATION_DATA => self.infer_suite(from, &record, secrets),
                ContentType::HANDSHAKE => self.infer_no_encryption(from, &record),
                _ => {}
            }
        }
        let is_tls13 = self.facts.version == Some(Version::TLS13);
        if is_tls13 && self.facts.client_random.is_none() && record.content == ContentType::APPLICATION_DATA {
            self.infer_connection(from, &record, secrets);
        }
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
        out(Event::Record(&SeenRecord {
            from,
            extent: record.extent,
            reading: RecordReading::Clear(content),
        }));
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
    pub(super) fn seal(&mut self, from: Peer, sealing: Sealing) {
        let lane = self.lanes.of_mut(from);
        lane.sealing = sealing;
        if let Some(epoch) = &self.epoch {
            let renewed = lane.epoch.as_ref().is_none_or(|own| own.server != epoch.server);
            if renewed {
                lane.epoch = Some(epoch.clone());
                lane.keys.replace(Vec::new());
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
        out: &mut dyn FnMut(Event<'_>),
    ) -> Option<Record> {
        self.make_keys(from, secrets, out);
        let lane = self.lanes.of_mut(from);
        let length = record.bytes.len() as u64;
        let is_first = !lane.keys.fits();
        if let Some(mut found) = lane.keys.open(&mut record) {
            lane.framer.confirm();
            if is_first && lane.epoch.is_some() && found.opened.content == ContentType::APPLICATION_DATA {
                // One record before the first data is the Finished message.
                found.skipped = found.skipped.saturating_sub(1);
            }
            let side = self.facts.sides.of_mut(from);
            self.facts.origin = self.facts.origin.or(found.origin);
            if found.stage != KeyStage::Handshake {
                side.sealed += 1;
                side.opened += 1;
            }
            side.last_sealed = Some((length, record.stamp));
            side.dark_since = None;
            let is_data = found.stage == KeyStage::Application;
            if is_data && lane.reason == Some(Reason::SecretDoesNotFit) {
                // It does: it was the records that did not.
                lane.reason = Some(lost_reason(lane.lost));
            }
            if found.skipped == 0 && is_data && lane.unfit > 0 {
                self.pass_unfit(from, secrets);
            }
            let lane = self.lanes.of_mut(from);
            let misses_early = lane.unread_early > 0;
            let misses = found.skipped > 0 || misses_early;
            // Early data that is missing is told in front of the data that follows, not of the handshake's end.
            let gap = lane.gap.take_if(|_| is_data || !misses_early).filter(|_| misses && is_data);
            if is_data {
                lane.unread_early = 0;
            }
            if let Some(gap) = gap {
                lane.reason.get_or_insert(lost_reason(lane.lost));
                lane.messages.lose();
                if !std::mem::replace(&mut lane.gap_told, true) {
                    out(Event::Stream(from, StreamEvent::Gap(gap)));
                }
            }
            if found.stage != KeyStage::Early {
                self.early_is_over(from);
            }
            let bytes = std::mem::take(&mut record.bytes);
            let text = bytes.get(found.opened.range.clone()).unwrap_or_default();
            self.tell_opened((from, record.extent), text, &found, Fate::Read, out);
            self.content(from, &record, found.opened.content, text, Some(found.stage), secrets, out);
            return None;
        }
        if lane.keys.is_empty() || !lane.keys.has(KeyStage::Application) && record.boundary == Boundary::Known
        {
            if self.waits_for_secrets(from, secrets) {
                return Some(record);
            }
        } else if record.boundary == Boundary::Guessed {
            lane.framer.reject(&record);
            self.facts.sides.of_mut(from).dark_since.get_or_insert(record.stamp);
            return None;
        }
        self.leave(from, &record, secrets, out);
        None
    }

    /// Tells what opened a record, in which this is: as read, or as thrown away.
    pub(super) fn tell_opened(
        &self,
        (from, extent): (Peer, Extent),
        text: &[u8],
        found: &Unsealed,
        fate: Fate,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let seal = match (&self.lanes.of(from).epoch, self.facts.suite.and_then(Suite::of)) {
            (Some(epoch), _) => Seal::of_epoch(from, epoch),
            (None, Some(suite)) if suite.cipher != Cipher::Null => {
                let place = (found.stage, found.generation);
                Seal::of_traffic_secret(from, self.facts.client_random, suite, place)
            }
            (None, Some(_) | None) => {
                // What is left of a record that is not encrypted is its MAC.
                let size = usize::try_from(extent.end - extent.start).unwrap_or_default();
                let mac = size.checked_sub(HEADER + text.len());
                Seal::of_nothing(
                    from,
                    Suite::without_encryption().find(|suite| Some(suite.hash.length()) == mac),
                )
            }
        };
        let (content, start) = (found.opened.content, found.opened.range.start);
        let opened = OpenedRecord { content, text, start, number: found.number, seal: &seal };
        let reading = match fate {
            Fate::Read => RecordReading::Opened(opened),
            Fate::Discarded => RecordReading::Discarded(opened),
        };
        out(Event::Record(&SeenRecord { from, extent, reading }));
    }

    /// Data of `from` is missing.
    pub(super) fn tell_loss(&mut self, from: Peer, out: &mut dyn FnMut(Event<'_>)) {
        let lane = self.lanes.of_mut(from);
        let Some(gap) = lane.gap.take() else { return };
        lane.reason.get_or_insert(lost_reason(lane.lost));
        if !std::mem::replace(&mut lane.gap_told, true) {
            out(Event::Stream(from, StreamEvent::Gap(gap)));
        }
    }

    /// A record stays closed.
    fn leave(&mut self, from: Peer, record: &Record, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        out(Event::Record(&SeenRecord { from, extent: record.extent, reading: RecordReading::Closed }));
        let is_rejected = from == Peer::Client
            && self.facts.early_data == Some(EarlyData::Rejected)
            && !self.lanes.client.keys.fits();
        if is_rejected {
            return;
        }
        let why = match self.lanes.of(from).reason {
            Some(reason) if self.missing_for_handshake(from).is_none() => reason,
            Some(_) | None => self.why(from, secrets),
        };
        let other_is_read = !self.lanes.of(!from).keys.is_empty();
        let is_of_handshake = self.missing_for_handshake(from).is_some();
        let lane = self.lanes.of_mut(from);
        let side = self.facts.sides.of_mut(from);
        let length = record.bytes.len() as u64;
        side.sealed += 1;
        side.last_sealed = Some((length, record.stamp));
        side.dark_since.get_or_insert(record.stamp);
        if record.content == ContentType::ALERT {
            side.sealed_alert = Some(record.stamp);
        }
        lane.framer.confirm();
        if matches!(lane.reason, Some(Reason::LabelMissing { .. })) && why == Reason::SecretDoesNotFit {
            // There are too many for a handshake.
            lane.reason = None;
        }
        lane.reason.get_or_insert(why);
        let gap = unknown_gap(record.stamp, record.extent);
        if lane.keys.is_empty() {
            lane.keys.miss(length);
            lane.gap.get_or_insert(gap);
            // The other side's reader has to know that this one said something.
            if other_is_read && !std::mem::replace(&mut lane.gap_told, true) {
                out(Event::Stream(from, StreamEvent::Gap(gap)));
            }
            return self.tell_sealed(record.stamp, out);
        }
        let is_handshake = matches!(record.content, ContentType::HANDSHAKE | ContentType::CHANGE_CIPHER_SPEC);
        let is_older = self.facts.version.is_some_and(|version| version < Version::TLS13);
        self.renegotiates |= is_handshake && is_older && side.data;
        lane.keys.fail(length);
        lane.gap.get_or_insert(gap);
        let is_unfit = is_of_handshake || !lane.keys.fits();
        if is_unfit {
            lane.unfit += 1;
        } else {
            side.damaged += 1;
            if lane.lost.is_none() {
                side.damaged_at.get_or_insert(record.stamp);
            }
        }
        if is_unfit && self.is_like_early(from, length) {
            self.lanes.of_mut(from).unread_early += 1;
        }
        self.tell_sealed(record.stamp, out);
    }

    /// Whether a secret that is missing may still come. Then everything waits for it.
    fn waits_for_secrets(&mut self, from: Peer, secrets: &Secrets) -> bool {
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
            if self.hold != WaitingFor::Secrets {
                self.wanting = Some(self.why(from, secrets));
            }
            self.hold = WaitingFor::Secrets;
            self.revision = secrets.revision();
        }
        waits
    }

    /// Makes keys of the secrets that are there, unless they are made.
    pub(super) fn make_keys(&mut self, from: Peer, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let lane = self.lanes.of_mut(from);
        if lane.revision == Some(secrets.revision()) {
            return;
        }
        lane.revision = Some(secrets.revision());
        let was_ready = !lane.keys.is_empty();
        let (random, known, premaster) = if let Some(epoch) = &lane.epoch {
            if was_ready {
                return;
            }
            let known = secrets.about(&epoch.random);
            lane.keys.extend(RecordKey::of_epoch(epoch, from, &known, secrets));
            (epoch.random, known, epoch.premaster)
        } else {
            let suite = self.facts.suite.and_then(Suite::of);
            if let Some(open) = suite.filter(|suite| suite.cipher == Cipher::Null && !was_ready) {
                // Whose ClientHello is missing, too.
                lane.keys.extend(RecordKey::without_key(open));
            }
            let (Some(random), Some(suite)) = (self.facts.client_random, suite) else { return };
            if self.facts.version != Some(Version::TLS13) {
                return;
            }
            let known = secrets.about(&random);
            for stage in [KeyStage::Early, KeyStage::Handshake, KeyStage::Application] {
                let is_over = stage != KeyStage::Application && lane.finished
                    || stage == KeyStage::Early
                        && self.facts.early_data != Some(EarlyData::Accepted)
                        && !self.tries_early;
                if is_over || lane.keys.has(stage) || stage == KeyStage::Early && !lane.keys.is_empty() {
                    continue;
                }
                let Some(label) = label_of(from, stage) else { continue };
                let logged = known.with(label);
                lane.keys.extend(logged.filter_map(|entry| RecordKey::of_logged(stage, suite, entry)));
            }
            (random, known, None)
        };
        let is_ready = !lane.keys.is_empty();
        if is_ready
            && !was_ready
            && self.hold == WaitingFor::GivenUp
            && lane.reason.is_some_and(Reason::is_lack)
        {
            lane.reason = Some(Reason::SecretsTooLate);
        }
        if is_ready {
            self.tell_secrets(random, &known, premaster, secrets, out);
        }
    }

    /// Tells the lines of a key log that were not told yet.
    fn tell_secrets(
        &mut self,
        random: Random,
        known: &ConnectionSecrets,
        premaster: Option<[u8; 8]>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let told = &mut self.told;
        if told.random.replace(random) != Some(random) {
            told.entries = 0;
        }
        let mut lines = known.lines(&random, told.entries);
        told.entries = known.entries.len();
        if let Some(encrypted) = premaster.filter(|_| told.premaster != premaster)
            && let Some((_, secret)) = secrets.premaster(encrypted)
        {
            told.premaster = premaster;
            secret::add_line(&mut lines, "RSA", &encrypted, &secret);
        }
        if !lines.is_empty() {
            out(Event::Secrets(&Secret::new(lines.as_bytes())));
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
        stage: Option<KeyStage>,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        match content {
            ContentType::APPLICATION_DATA if stage.is_some() => {
                self.facts.sides.of_mut(from).data = true;
                // If records of either side stay closed from here on, that has to be reported again.
                for peer in Peer::BOTH {
                    let lane = self.lanes.of_mut(peer);
                    lane.gap_told &= lane.has_begun_unread();
                }
                // It had been told when there was nobody to tell.
                let other = self.lanes.of_mut(!from);
                if other.has_begun_unread()
                    && let Some(gap) = other.gap
                    && !std::mem::replace(&mut other.gap_told, true)
                {
                    out(Event::Stream(!from, StreamEvent::Gap(gap)));
                }
                if !text.is_empty() {
                    let chunk = Chunk { bytes: text, stamp: record.stamp, extent: record.extent };
                    out(Event::Stream(from, StreamEvent::Data(chunk)));
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

    /// The client encrypts with keys of the handshake or after it.
    pub(super) fn early_is_over(&mut self, from: Peer) {
        if from == Peer::Client {
            self.lanes.client.keys.pass(KeyStage::Early);
        }
    }
}
