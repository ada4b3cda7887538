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
use crate::model::{ConnectionId, Peer, PerPeer, SessionId, Timestamp};
use crate::upgrade::{Outcome, Request, Upgrade};
use crate::ws::{Frame, Opcode};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

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

/// What is known about attempts, and about the connections in which they are made.
#[derive(Debug, Default)]
struct KnownEvents {
    attempts: BTreeMap<SessionId, KnownAttempt>,
    connections: BTreeMap<ConnectionId, KnownConnection>,
}

/// What is known about a connection, for what is about no single attempt in it.
#[derive(Debug)]
struct KnownConnection {
    addresses: PerPeer<SocketAddr>,
    /// The name that its client asks for in TLS.
    sni: Option<Value>,
    /// What the latest attempt in it asks for.
    host: Option<Value>,
}

/// What an output is about.
#[derive(Clone, Copy, Debug)]
enum Subject {
    Session(SessionId),
    /// A connection, and no single session in it.
    Connection(ConnectionId),
    /// More than that.
    Capture,
}

impl Subject {
    fn of(finding: &Finding) -> Self {
        let of_connection = || finding.connection.map_or(Self::Capture, Self::Connection);
        finding.session.map_or_else(of_connection, Self::Session)
    }
}

impl KnownEvents {
    /// The connection at this place; of those that are remembered too long the first is forgotten.
    fn connection(&mut self, place: &Place) -> &mut KnownConnection {
        if self.connections.len() >= REMEMBERED && !self.connections.contains_key(&place.connection) {
            self.connections.pop_first();
        }
        let fresh = || KnownConnection { addresses: place.addresses, sni: None, host: None };
        let connection = self.connections.entry(place.connection).or_insert_with(fresh);
        connection.addresses = place.addresses;
        connection
    }

    /// In TLS, the client of the connection at this place asks for a server of this name.
    fn ask_for(&mut self, place: &Place, name: &str) {
        self.connection(place).sni = Some(Value::Text(name.to_owned()));
    }
}

impl KnownConnection {
    /// The value of a field, where what is about the whole connection has it.
    fn value(&self, path: &str) -> Option<&Value> {
        match path {
            "tls.sni" => self.sni.as_ref(),
            // Without a request, it is the name that the client asks for.
            "session.host" => self.host.as_ref().or(self.sni.as_ref()),
            _ => None,
        }
    }
}

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

impl KnownAttempt {
    /// The value of one of `fields`.
    fn value(&self, fields: &[Field], path: &str) -> Option<&Value> {
        let place = fields.iter().position(|known| known.path() == path)?;
        self.values.iter().find(|(at, _)| *at == place).map(|(_, value)| value)
    }
}

/// Hands on what a filter chooses.
#[derive(Debug)]
pub struct Chosen<S> {
    asked: FilterPlan,
    context: LineContext,
    ends: BTreeMap<SessionId, ValuesByField>,
    known: KnownEvents,
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
            known: KnownEvents::default(),
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
        if self.asked.about_connections {
            let host = upgrade.request.whole().and_then(Request::host);
            let host = host.map(|host| Value::Text(String::from_utf8_lossy(host).into_owned()));
            let connection = self.known.connection(place);
            if let Some(at) = self.asked.place_of("session.host").filter(|_| upgrade.outcome == Outcome::Dark)
            {
                values.extend(connection.sni.clone().map(|sni| (at, sni)));
            }
            connection.host = host.or(connection.host.take());
        }
        if self.known.attempts.len() >= REMEMBERED {
            self.known.attempts.pop_first();
        }
        let pings = OpenPings::default();
        let known =
            KnownAttempt { place: *place, untold: None, is_chosen: false, left_out: 0, values, pings };
        self.known.attempts.insert(place.session, known);
        let moment = (Kind::Upgrade, upgrade.first.time);
        let is_chosen = self.asked.chooses(moment, Subject::Session(place.session), &self.known, || line);
        if let Some(known) = self.known.attempts.get_mut(&place.session) {
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
            Output::ServerName(..)
            | Output::Dark(..)
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
        let is_chosen =
            self.asked.chooses((Kind::Session, session.first.time), Subject::Session(id), &self.known, line);
        let known = self.known.attempts.remove(&id);
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
        let known = session.and_then(|session| self.known.attempts.get_mut(&session));
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
        let moment = (Kind::Finding, finding.stamp.time);
        if self.asked.chooses(moment, Subject::of(finding), &self.known, line) {
            return self.chosen(finding.session, output);
        }
        if !matches!(output, Output::Waiting(_)) {
            self.left_out.leave_out(finding);
            if let Some(known) = finding.session.and_then(|session| self.known.attempts.get_mut(&session)) {
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
                let is_chosen = asked.chooses_frame(frame, Subject::Session(place.session), known, line);
                if matches!(frame.header.opcode, Opcode::Ping | Opcode::Pong)
                    && let Some(known) = known.attempts.get_mut(&place.session)
                    && let Some(time) = known.pings.round_trip(frame)
                    && is_chosen
                {
                    self.inner.answer_took(time);
                }
                (session, is_chosen)
            }
            Output::Message(place, message) => {
                let line = || MessageLine::new(place, message, context);
                let moment = (Kind::Message, message.first.time);
                let subject = Subject::Session(place.session);
                (Some(place.session), asked.chooses(moment, subject, known, line))
            }
            Output::Dark(place, facts) => {
                let line = || TlsLine::of_dark(place, facts, context);
                let subject = Subject::Session(place.session);
                (Some(place.session), asked.chooses((Kind::Tls, facts.stamp.time), subject, known, line))
            }
            Output::Tls(place, facts) => {
                let line = || TlsLine::new(place, facts, context);
                if asked.about_connections {
                    known.connection(place);
                }
                let subject = Subject::Connection(place.connection);
                (None, asked.chooses((Kind::Tls, facts.stamp.time), subject, known, line))
            }
            Output::Finding(finding) | Output::Waiting(finding) | Output::Counted(finding) => {
                return self.finding(finding, output);
            }
            Output::Upgrade(place, upgrade) => return self.upgrade(place, upgrade),
            Output::Session(session) => return self.session(session),
            Output::Summary(summary) => return self.summary(summary),
            Output::ServerName(place, name) => {
                if asked.about_connections {
                    known.ask_for(place, name);
                }
                return Ok(());
            }
            Output::Secrets(..) | Output::Data(..) => return Ok(()),
        };
        if is_chosen { self.chosen(session, output) } else { Ok(()) }
    }
}

/// A filter, and what it asks of each type of output.
#[derive(Debug)]
struct FilterPlan {
    fields: Vec<Field>,
    /// Whether it asks for what a connection has, whatever is inside.
    about_connections: bool,
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
        let about_connections = filter.fields().iter().any(|field| {
            let (owner, name) = field.parts();
            let is_address = |side: &str| name.split('.').next() == Some(side);
            field.path() == "tls.sni"
                || field.path() == "session.host"
                || owner.is_none() && ["client", "server"].into_iter().any(is_address)
        });
        Self { fields: filter.fields().to_vec(), about_connections, questions, frames }
    }

    /// Where it asks for this field, if it does.
    fn place_of(&self, path: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.path() == path)
    }

    /// Whether a frame of this session is chosen.
    #[inline]
    fn chooses_frame<L: Serialize>(
        &mut self,
        frame: &Frame<'_>,
        subject: Subject,
        known: &KnownEvents,
        line: impl FnOnce() -> L,
    ) -> bool {
        let kind = usize::from(frame.header.opcode.bits()) | usize::from(frame.from == Peer::Server) << 4;
        let answer = self.frames.as_ref().and_then(|answers| answers.get(kind).copied().flatten());
        answer.unwrap_or_else(|| {
            let holds = self.chooses((Kind::Frame, frame.first.time), subject, known, line);
            if let Some(answer) = self.frames.as_mut().and_then(|answers| answers.get_mut(kind)) {
                *answer = Some(holds);
            }
            holds
        })
    }

    /// Whether an output of this type and time, about this, with this line is chosen.
    #[inline]
    fn chooses<L: Serialize>(
        &mut self,
        (kind, time): (Kind, Timestamp),
        subject: Subject,
        known: &KnownEvents,
        line: impl FnOnce() -> L,
    ) -> bool {
        match self.questions.get_mut(kind as usize) {
            None => false,
            Some(Question::Settled(holds)) => *holds,
            Some(Question::Open(question)) => {
                question.look_at(line);
                let output = FilteredOutput { question, fields: &self.fields, time, subject, known };
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
    subject: Subject,
    known: &'a KnownEvents,
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
        let KnownEvents { attempts, connections } = self.known;
        let attempt = match self.subject {
            Subject::Session(session) => Some(attempts.get(&session)?),
            Subject::Connection(_) => None,
            Subject::Capture => return None,
        };
        let connection = match (self.subject, attempt) {
            (Subject::Connection(connection), _) => connections.get(&connection),
            (Subject::Session(_) | Subject::Capture, attempt) => connections.get(&attempt?.place.connection),
        };
        let addresses =
            attempt.map(|attempt| attempt.place.addresses).or(connection.map(|known| known.addresses))?;
        Some(Cow::Owned(match path {
            "client" => Value::Text(addresses.client.to_string()),
            "client.ip" => Value::Text(addresses.client.ip().to_string()),
            "client.port" => Value::Number(addresses.client.port().into()),
            "server" => Value::Text(addresses.server.to_string()),
            "server.ip" => Value::Text(addresses.server.ip().to_string()),
            "server.port" => Value::Number(addresses.server.port().into()),
            #[expect(clippy::cast_precision_loss, reason = "numbers of connections are below 2^53")]
            "connection" => Value::Number(attempt?.place.connection.0 as f64),
            _ => {
                let value = match attempt.filter(|_| path != "tls.sni") {
                    Some(attempt) => attempt.value(self.fields, path),
                    None => connection.and_then(|connection| connection.value(path)),
                };
                return value.map(Cow::Borrowed);
            }
        }))
    }
}
