//! Data that a client sends before the handshake is over, and what becomes of it (RFC 8446 §4.2.10).

use crate::model::{Chunk, Peer};

use super::alert::AlertContext;
use super::direction_keys::{DirectionKeys, KeyStage, RecordKey};
use super::early_trial::EarlyTrial;
use super::facts::EarlyData;
use super::opening::Fate;
use super::reason::Reason;
use super::record::ContentType;
use super::secret::Label;
use super::secrets::Secrets;
use super::session::{Event, RecordEvent, Tls, WaitingFor};
use super::suite::Suite;

impl Tls {
    /// The server may have taken early data, and what it says of that comes next, encrypted.
    pub(super) fn await_early(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let Some(keys) = self.early_keys(secrets) else { return };
        let is_whole = self.lanes.client.lost.is_none();
        if keys.is_empty() || !is_whole || !matches!(self.hold, WaitingFor::Nothing | WaitingFor::Early) {
            return self.try_early(secrets, out);
        }
        self.hold = WaitingFor::Early;
        let mut trial = EarlyTrial::new(keys);
        let told = self.held.iter().find_map(|(from, item)| match item {
            RecordEvent::Record(record) if *from == Peer::Client => trial.take(record),
            RecordEvent::Gap(_) if *from == Peer::Client => Some(EarlyData::Offered),
            RecordEvent::Record(_) | RecordEvent::Gap(_) | RecordEvent::End(_) => None,
        });
        self.trial = Some(Box::new(trial));
        self.conclude(told, secrets, out);
    }

    /// The keys of early data, as far as they are known; `None` where it is not known what they are for.
    fn early_keys(&self, secrets: &Secrets) -> Option<DirectionKeys> {
        let (random, suite) = (self.facts.client_random?, self.facts.suite.and_then(Suite::of)?);
        let known = secrets.about(&random);
        let mut keys = DirectionKeys::default();
        for entry in known.with(Label::ClientEarlyTraffic) {
            keys.extend(RecordKey::of_traffic_secret(KeyStage::Early, suite, &entry.secret));
        }
        Some(keys)
    }

    /// The server throws early data away: tells what that says, as far as it waits here and opens.
    fn discard_early(&self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let Some(mut keys) = self.early_keys(secrets).filter(|keys| !keys.is_empty()) else { return };
        for (from, item) in &self.held {
            let (Peer::Client, RecordEvent::Record(record)) = (from, item) else { continue };
            if record.content != ContentType::APPLICATION_DATA {
                continue;
            }
            let mut record = record.clone();
            let Some(found) = keys.open(&mut record) else { return };
            let text = record.bytes.get(found.opened.range.clone()).unwrap_or_default();
            if found.opened.content == ContentType::APPLICATION_DATA {
                let place = (*from, record.extent);
                self.tell_opened(place, text, &found, Fate::Discarded, out);
                out(Event::Discarded(Chunk { bytes: text, stamp: record.stamp, extent: record.extent }));
            }
        }
    }

    /// The client's next record or gap is held with its early data: it may tell what became of that.
    pub(super) fn try_held(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        let (Some(trial), Some((Peer::Client, item))) = (&mut self.trial, self.held.back()) else { return };
        let told = match item {
            RecordEvent::Record(record) => trial.take(record),
            RecordEvent::Gap(_) => Some(EarlyData::Offered),
            RecordEvent::End(_) => None,
        };
        self.conclude(told, secrets, out);
    }

    fn conclude(&mut self, told: Option<EarlyData>, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        match told {
            None => {}
            Some(EarlyData::Offered) => self.try_early(secrets, out),
            Some(decision @ (EarlyData::Accepted | EarlyData::Rejected)) => {
                self.decide_early(decision, secrets, out);
            }
        }
    }

    /// Nobody can know what becomes of early data: whatever opens is shown.
    fn try_early(&mut self, secrets: &Secrets, out: &mut dyn FnMut(Event<'_>)) {
        self.trial = None;
        self.tries_early = true;
        self.lanes.client.revision = None;
        if self.hold == WaitingFor::Early {
            self.hold = WaitingFor::Nothing;
            self.release(secrets, out);
        }
    }

    /// Nothing of the server's choice was captured: what the client said behind its early data shows which suite that was, and
    /// what became of the early data; `None` where it does not.
    fn infer_early(&mut self, secrets: &Secrets) -> Option<EarlyData> {
        let of_client = |held: &(Peer, RecordEvent)| {
            let (Peer::Client, RecordEvent::Record(record)) = held else { return None };
            Some(record.clone())
        };
        let records: Vec<_> = self.held.iter().filter_map(of_client).collect();
        for record in &records {
            if self.facts.suite.is_none() {
                self.infer_suite(Peer::Client, record, secrets);
            }
        }
        let mut trial = EarlyTrial::new(self.early_keys(secrets).filter(|keys| !keys.is_empty())?);
        let told = records.iter().find_map(|record| trial.take(record));
        told.filter(|told| *told != EarlyData::Offered)
    }

    /// Whether a record of this length that did not open most likely is early data that the server may have taken. What else a
    /// client seals before data of TLS 1.3 is known by its length: `EndOfEarlyData`, and its Finished message (RFC 8446 §4.5, §4.4.4).
    pub(super) fn is_like_early(&self, from: Peer, length: u64) -> bool {
        let is_possible = from == Peer::Client
            && matches!(self.facts.early_data, Some(EarlyData::Offered | EarlyData::Accepted))
            && !self.lanes.client.finished;
        let Some(suite) = self.facts.suite.and_then(Suite::of).filter(|_| is_possible) else { return false };
        let empty = self.facts.alert_length() - 2 + 4;
        length != empty && length != empty + suite.derivation().length() as u64
    }

    /// The first record of a direction's data opened: what did not open before is of the handshake, or early data.
    pub(super) fn pass_unfit(&mut self, from: Peer, secrets: &Secrets) {
        let why = (self.lanes.of(from).unread_early > 0).then(|| self.why_no_early(secrets));
        let lane = self.lanes.of_mut(from);
        let of_handshake = std::mem::take(&mut lane.unfit) - lane.unread_early;
        self.facts.sides.of_mut(from).sealed -= of_handshake;
        lane.reason = why;
    }

    /// Why early data that the server may have taken stays closed.
    pub(super) fn why_no_early(&self, secrets: &Secrets) -> Reason {
        let label = Label::ClientEarlyTraffic;
        let known = self.facts.client_random.map(|random| secrets.about(&random)).unwrap_or_default();
        match known.damaged(label) {
            Some(damaged) => Reason::LineDamaged { line: damaged.line },
            None if known.with(label).next().is_some() => Reason::SecretDoesNotFit,
            None => Reason::LabelMissing { label: label.name() },
        }
    }

    /// It is known what becomes of early data.
    pub(super) fn decide_early(
        &mut self,
        decision: EarlyData,
        secrets: &Secrets,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        if self.hold == WaitingFor::Early
            && decision == EarlyData::Offered
            && self.came_to == AlertContext::Choosing
            && let Some(told) = self.infer_early(secrets)
        {
            return self.decide_early(told, secrets, out);
        }
        self.tries_early |= self.trial.take().is_some() && decision == EarlyData::Offered;
        if self.facts.early_data == Some(EarlyData::Offered) {
            self.facts.early_data = Some(decision);
            self.lanes.client.revision = None;
            if decision == EarlyData::Rejected && self.hold == WaitingFor::Early {
                self.discard_early(secrets, out);
            }
        }
        if self.hold == WaitingFor::Early {
            // Nothing more is taken for early data, even where nothing is known of the decision.
            self.hold = if decision == EarlyData::Offered { WaitingFor::Over } else { WaitingFor::Nothing };
            self.release(secrets, out);
        }
    }
}
