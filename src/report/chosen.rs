//! Lets only those outputs through that a filter chooses, and the upgrade and the session they belong to.

use super::dto::{FindingLine, FrameLine, LineContext, MessageLine, SessionLine, TlsLine, UpgradeLine};
use super::gather::{Paths, gather};
use super::kinds::Kind;
use super::left_out::LeftOutCounts;
use super::pings::OpenPings;
use super::question::{OpenQuestion, Question};
use super::sink::{InputNames, Payload, Relay, Sink};
use super::times::Times;
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::filter::{Field, FieldValues, Filter, Value};
use crate::findings::Finding;
use crate::model::{Peer, SessionId, Timestamp};
use crate::upgrade::Upgrade;
use crate::ws::{Frame, Opcode};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

/// How many attempts are remembered at once. Most are forgotten with their session; those without a session are
/// followed by nothing but findings, soon after.
const REMEMBERED: usize = 100_000;

/// Fields of a session that its upgrade has: they are known from its beginning.
const FROM_UPGRADE: [&str; 3] = ["session.target", "session.host", "session.subprotocol"];

/// Whether `filter` asks of a session what is known only at its end: to choose its frames by that, the capture has to be
/// read twice.
pub fn needs_the_end(filter: &Filter) -> bool {
    filter.fields().iter().any(is_known_at_the_end)
}

fn is_known_at_the_end(field: &Field) -> bool {
    field.parts().0 == Some(Kind::Session.name()) && !FROM_UPGRADE.contains(&field.path())
}

/// The values of fields, by their places in [`Filter::fields`].
type ValuesByField = Vec<(usize, Value)>;

/// What sessions were like at their end, by their numbers: from a first reading of the same capture with the same
/// options.
#[derive(Debug)]
pub struct SessionEnds {
    wanted: Vec<(usize, Field)>,
    context: LineContext,
    sessions: BTreeMap<SessionId, ValuesByField>,
}

impl SessionEnds {
    /// Remembers of sessions what `filter` asks for.
    pub fn new(filter: &Filter, inputs: InputNames) -> Self {
        let fields = filter.fields().iter().cloned().enumerate();
        let wanted = fields.filter(|(_, field)| is_known_at_the_end(field)).collect();
        Self { wanted, context: context(inputs), sessions: BTreeMap::new() }
    }

    /// Takes the next output of the first reading.
    pub fn observe(&mut self, output: &Output<'_>) {
        if let Output::Session(session) = output {
            let values = named(&SessionLine::new(session, &self.context), &self.wanted);
            self.sessions.insert(session.place.session, values);
        }
    }
}

fn context(inputs: InputNames) -> LineContext {
    LineContext { payload: Payload::Full, inputs, times: Times::default() }
}

/// The values that a line has in fields of its type.
fn named(line: &impl Serialize, fields: &[(usize, Field)]) -> ValuesByField {
    let names = Paths::new(fields.iter().map(|(_, field)| field.parts().1.to_owned()).collect());
    let mut values = Vec::new();
    gather(line, &names, &mut values);
    fields.iter().zip(values).filter_map(|((at, _), value)| Some((*at, value?))).collect()
}

/// What is known about attempts.
type Attempts = BTreeMap<SessionId, KnownAttempt>;

/// What is known about an attempt and its session.
#[derive(Debug)]
struct KnownAttempt {
    place: Place,
    /// Its upgrade, until it is reported.
    untold: Option<Box<Upgrade>>,
    /// Whether something of it was chosen.
    is_chosen: bool,
    /// Findings about it that were not.
    left_out: u64,
    values: ValuesByField,
    /// Its pings, whether they are chosen or not.
    pings: OpenPings,
}

/// Hands on what a filter chooses.
#[derive(Debug)]
pub struct Chosen<S> {
    asked: FilterPlan,
    context: LineContext,
    ends: BTreeMap<SessionId, ValuesByField>,
    known: Attempts,
    /// What was chosen in figures: counts add up, whatever the filter.
    counted: Summary,
    /// What was not.
    left_out: LeftOutCounts,
    inner: S,
}

impl<S: Sink> Chosen<S> {
    /// Hands on to `inner` what `filter` chooses.
    pub fn new(filter: &Filter, inputs: InputNames, inner: S) -> Self {
        Self {
            asked: FilterPlan::new(filter),
            context: context(inputs),
            ends: BTreeMap::new(),
            known: Attempts::new(),
            counted: Summary::default(),
            left_out: LeftOutCounts::default(),
            inner,
        }
    }

    /// The same after a first reading.
    #[must_use]
    pub fn after(mut self, ends: SessionEnds) -> Self {
        self.ends = ends.sessions;
        self
    }

    /// Where it goes.
    pub const fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    fn upgrade(&mut self, place: &Place, upgrade: &Upgrade) -> io::Result<()> {
        let fields = self.asked.fields.iter().cloned().enumerate();
        let of_upgrade = |field: &Field| {
            field.parts().0 == Some(Kind::Upgrade.name()) || FROM_UPGRADE.contains(&field.path())
        };
        let wanted: Vec<(usize, Field)> = fields.filter(|(_, field)| of_upgrade(field)).collect();
        let line = UpgradeLine::new(place, upgrade, &self.context);
        let mut values = named(&line, &wanted);
        values.extend(self.ends.remove(&place.session).unwrap_or_default());
        if self.known.len() >= REMEMBERED {
            self.known.pop_first();
        }
        let pings = OpenPings::default();
        let known =
            KnownAttempt { place: *place, untold: None, is_chosen: false, left_out: 0, values, pings };
        self.known.insert(place.session, known);
        let moment = (Kind::Upgrade, upgrade.first.time);
        let is_chosen = self.asked.chooses(moment, Some(place.session), &self.known, || line);
        if let Some(known) = self.known.get_mut(&place.session) {
            known.is_chosen = is_chosen;
            known.untold = (!is_chosen).then(|| Box::new(upgrade.clone()));
        }
        if is_chosen { self.hand_on(&Output::Upgrade(place, upgrade)) } else { Ok(()) }
    }

    /// Hands on what was chosen, and counts it.
    fn hand_on(&mut self, output: &Output<'_>) -> io::Result<()> {
        let counted = &mut self.counted;
        match output {
            Output::Upgrade(_, upgrade) => *counted.upgrades.entry(upgrade.outcome).or_default() += 1,
            Output::Frame(_, frame) => {
                *counted.frames.entry(frame.header.opcode).or_default() += 1;
                counted.payload_bytes += frame.received;
            }
            Output::Message(..) => counted.messages += 1,
            Output::Finding(finding) | Output::Counted(finding) => {
                *counted.findings.entry(finding.id).or_default() += 1;
            }
            Output::Session(_) => counted.sessions += 1,
            Output::Dark(..)
            | Output::Tls(..)
            | Output::Waiting(_)
            | Output::Summary(_)
            | Output::Secrets(..)
            | Output::Data(..) => {}
        }
        self.inner.output(output)
    }

    /// The figures of the capture, with those of what was chosen where they are about events, and what was not.
    fn summary(&mut self, whole: &Summary) -> io::Result<()> {
        let counted = std::mem::take(&mut self.counted);
        let left_out = Some(self.left_out.of(whole, &counted));
        let Summary { sessions, upgrades, frames, messages, payload_bytes, findings, .. } = counted;
        let chosen = Summary {
            sessions,
            upgrades,
            frames,
            messages,
            payload_bytes,
            findings,
            left_out,
            ..whole.clone()
        };
        self.inner.output(&Output::Summary(&chosen))
    }

    /// A session is over: it is handed on with word of the findings about it that were not.
    fn session(&mut self, session: &SessionSummary) -> io::Result<()> {
        let id = session.place.session;
        let line = || SessionLine::new(session, &self.context);
        let is_chosen = self.asked.chooses((Kind::Session, session.first.time), Some(id), &self.known, line);
        let known = self.known.remove(&id);
        if let Some((place, upgrade)) =
            known.as_ref().and_then(|known| Some((known.place, known.untold.as_ref()?)))
            && is_chosen
        {
            self.hand_on(&Output::Upgrade(&place, upgrade))?;
        }
        if !is_chosen && !known.as_ref().is_some_and(|known| known.is_chosen) {
            return Ok(());
        }
        match known.map_or(0, |known| known.left_out) {
            0 => self.hand_on(&Output::Session(session)),
            left_out => self.hand_on(&Output::Session(&SessionSummary { left_out, ..session.clone() })),
        }
    }

    /// An event was chosen: it is handed on after the upgrade that it belongs to.
    fn chosen(&mut self, session: Option<SessionId>, output: &Output<'_>) -> io::Result<()> {
        let known = session.and_then(|session| self.known.get_mut(&session));
        let untold = known.and_then(|known| {
            known.is_chosen = true;
            Some((known.place, known.untold.take()?))
        });
        if let Some((place, upgrade)) = untold {
            self.hand_on(&Output::Upgrade(&place, &upgrade))?;
        }
        self.hand_on(output)
    }

    fn finding(&mut self, finding: &Finding, output: &Output<'_>) -> io::Result<()> {
        let line = || FindingLine::new(finding, &self.context);
        if self.asked.chooses((Kind::Finding, finding.stamp.time), finding.session, &self.known, line) {
            return self.chosen(finding.session, output);
        }
        if !matches!(output, Output::Waiting(_)) {
            self.left_out.leave_out(finding);
            if let Some(known) = finding.session.and_then(|session| self.known.get_mut(&session)) {
                known.left_out += 1;
            }
        }
        Ok(())
    }
}

impl<S: Sink> Relay for Chosen<S> {
    fn behind(&mut self) -> &mut dyn Sink {
        &mut self.inner
    }

    fn relay(&mut self, output: &Output<'_>) -> io::Result<()> {
        let Self { asked, known, context, .. } = self;
        let (session, is_chosen) = match output {
            Output::Frame(place, frame) => {
                let line = || FrameLine::new(place, frame, context);
                let session = Some(place.session);
                let is_chosen = asked.chooses_frame(frame, session, known, line);
                if matches!(frame.header.opcode, Opcode::Ping | Opcode::Pong)
                    && let Some(known) = known.get_mut(&place.session)
                    && let Some(time) = known.pings.round_trip(frame)
                    && is_chosen
                {
                    self.inner.answer_took(time);
                }
                (session, is_chosen)
            }
            Output::Message(place, message) => {
                let line = || MessageLine::new(place, message, context);
                let session = Some(place.session);
                (session, asked.chooses((Kind::Message, message.first.time), session, known, line))
            }
            Output::Dark(place, facts) => {
                let line = || TlsLine::of_dark(place, facts, context);
                let session = Some(place.session);
                (session, asked.chooses((Kind::Tls, facts.stamp.time), session, known, line))
            }
            Output::Tls(place, facts) => {
                let line = || TlsLine::new(place, facts, context);
                (None, asked.chooses((Kind::Tls, facts.stamp.time), None, known, line))
            }
            Output::Finding(finding) | Output::Waiting(finding) | Output::Counted(finding) => {
                return self.finding(finding, output);
            }
            Output::Upgrade(place, upgrade) => return self.upgrade(place, upgrade),
            Output::Session(session) => return self.session(session),
            Output::Summary(summary) => return self.summary(summary),
            Output::Secrets(..) | Output::Data(..) => return Ok(()),
        };
        if is_chosen { self.chosen(session, output) } else { Ok(()) }
    }
}

/// A filter, and what it asks of each type of output.
#[derive(Debug)]
struct FilterPlan {
    fields: Vec<Field>,
    questions: [Question; Kind::ALL.len()],
    /// What was answered about frames, by opcode and sender, where nothing else is asked of them.
    frames: Option<[Option<bool>; 32]>,
}

/// What most filters of frames ask for.
const OF_FRAME_KINDS: [&str; 3] = ["frame.opcode", "frame.from", "from"];

impl FilterPlan {
    fn new(filter: &Filter) -> Self {
        let questions = Kind::ALL.map(|kind| Question::new(filter, kind));
        let frames = match questions.get(Kind::Frame as usize) {
            Some(Question::Open(question)) => {
                let mut fields = question.filter.fields().iter();
                fields.all(|field| OF_FRAME_KINDS.contains(&field.path())).then_some([None; 32])
            }
            Some(Question::Settled(_)) | None => None,
        };
        Self { fields: filter.fields().to_vec(), questions, frames }
    }

    /// Whether a frame of this session is chosen.
    #[inline]
    fn chooses_frame<L: Serialize>(
        &mut self,
        frame: &Frame<'_>,
        session: Option<SessionId>,
        attempts: &Attempts,
        line: impl FnOnce() -> L,
    ) -> bool {
        let kind = usize::from(frame.header.opcode.bits()) | usize::from(frame.from == Peer::Server) << 4;
        let known = self.frames.as_ref().and_then(|answers| answers.get(kind).copied().flatten());
        known.unwrap_or_else(|| {
            let holds = self.chooses((Kind::Frame, frame.first.time), session, attempts, line);
            if let Some(answer) = self.frames.as_mut().and_then(|answers| answers.get_mut(kind)) {
                *answer = Some(holds);
            }
            holds
        })
    }

    /// Whether an output of this type and time, of this session, with this line is chosen.
    #[inline]
    fn chooses<L: Serialize>(
        &mut self,
        (kind, time): (Kind, Timestamp),
        session: Option<SessionId>,
        attempts: &Attempts,
        line: impl FnOnce() -> L,
    ) -> bool {
        match self.questions.get_mut(kind as usize) {
            None => false,
            Some(Question::Settled(holds)) => *holds,
            Some(Question::Open(question)) => {
                question.look_at(line);
                let output = FilteredOutput { question, fields: &self.fields, time, session, attempts };
                question.filter.matches(&output)
            }
        }
    }
}

/// An output as the filter sees it: its own fields, and those of its session.
struct FilteredOutput<'a> {
    question: &'a OpenQuestion,
    /// The fields that attempts know the values of.
    fields: &'a [Field],
    time: Timestamp,
    session: Option<SessionId>,
    attempts: &'a Attempts,
}

impl FieldValues for FilteredOutput<'_> {
    fn value(&self, field: &Field) -> Option<Cow<'_, Value>> {
        let path = field.path();
        if path == "time" {
            return Some(Cow::Owned(Value::Time(self.time)));
        }
        if let Some(value) = self.question.value(field) {
            return Some(Cow::Borrowed(value));
        }
        let known = self.attempts.get(&self.session?)?;
        let addresses = known.place.addresses;
        Some(Cow::Owned(match path {
            "client" => Value::Text(addresses.client.to_string()),
            "client.ip" => Value::Text(addresses.client.ip().to_string()),
            "client.port" => Value::Number(addresses.client.port().into()),
            "server" => Value::Text(addresses.server.to_string()),
            "server.ip" => Value::Text(addresses.server.ip().to_string()),
            "server.port" => Value::Number(addresses.server.port().into()),
            #[expect(clippy::cast_precision_loss, reason = "numbers of connections are below 2^53")]
            "connection" => Value::Number(known.place.connection.0 as f64),
            _ => {
                let place = self.fields.iter().position(|known| known.path() == path)?;
                let (_, value) = known.values.iter().find(|(at, _)| *at == place)?;
                return Some(Cow::Borrowed(value));
            }
        }))
    }
}
