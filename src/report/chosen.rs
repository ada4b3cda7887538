//! Lets only those outputs through that a filter chooses, and the upgrade and the session they belong to.

use super::dto::{Context, FindingLine, FrameLine, MessageLine, SessionLine, UpgradeLine};
use super::gather::gather;
use super::kinds::Kind;
use super::left_out::Tally;
use super::sink::{Inputs, Payload, Sink};
use super::times::Times;
use super::tls::TlsLine;
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::filter::{Facts, Field, Filter, Value};
use crate::http1::Upgrade;
use crate::model::SessionId;
use serde::Serialize;
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

/// The values of fields, by their paths.
type Values = Vec<(String, Value)>;

/// What sessions were like at their end, by their numbers: from a first reading of the same capture with the same
/// options.
#[derive(Debug)]
pub struct Ends {
    wanted: Vec<Field>,
    context: Context,
    sessions: BTreeMap<SessionId, Values>,
}

impl Ends {
    /// Remembers of sessions what `filter` asks for.
    pub fn new(filter: &Filter, inputs: Inputs) -> Self {
        let wanted = filter.fields().iter().filter(|field| is_known_at_the_end(field)).cloned().collect();
        Self { wanted, context: context(inputs), sessions: BTreeMap::new() }
    }

    /// Takes the next output of the first reading.
    pub fn observe(&mut self, output: &Output<'_>) {
        if let Output::Session(session) = output {
            let line = SessionLine::new(session, &self.context);
            self.sessions.insert(session.place.session, named(&line, Kind::Session, &self.wanted));
        }
    }
}

fn context(inputs: Inputs) -> Context {
    Context { payload: Payload::Full, inputs, times: Times::default() }
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
    values: Values,
}

/// Hands on what a filter chooses.
#[derive(Debug)]
pub struct Chosen<S> {
    filter: Filter,
    context: Context,
    ends: BTreeMap<SessionId, Values>,
    known: BTreeMap<SessionId, KnownAttempt>,
    /// What was chosen in figures: counts add up, whatever the filter.
    counted: Summary,
    /// What was not.
    left_out: Tally,
    inner: S,
}

impl<S: Sink> Chosen<S> {
    /// Hands on to `inner` what `filter` chooses.
    pub fn new(filter: Filter, inputs: Inputs, inner: S) -> Self {
        Self {
            filter,
            context: context(inputs),
            ends: BTreeMap::new(),
            known: BTreeMap::new(),
            counted: Summary::default(),
            left_out: Tally::default(),
            inner,
        }
    }

    /// The same after a first reading.
    #[must_use]
    pub fn after(mut self, ends: Ends) -> Self {
        self.ends = ends.sessions;
        self
    }

    fn upgrade(&mut self, place: &Place, upgrade: &Upgrade) -> io::Result<()> {
        let line = UpgradeLine::new(place, upgrade, &self.context);
        let mut values = named(&line, Kind::Upgrade, self.filter.fields());
        for path in FROM_UPGRADE {
            let name = path.trim_start_matches("session.");
            let value = gather(&line, &[name]).pop().flatten();
            values.extend(value.map(|value| (path.to_owned(), value)));
        }
        values.extend(self.ends.remove(&place.session).unwrap_or_default());
        let known = KnownAttempt { place: *place, untold: None, is_chosen: false, left_out: 0, values };
        let is_chosen = self.filter.matches(&Event { kind: Kind::Upgrade, own: &[], known: Some(&known) });
        if self.known.len() >= REMEMBERED {
            self.known.pop_first();
        }
        let untold = (!is_chosen).then(|| Box::new(upgrade.clone()));
        self.known.insert(place.session, KnownAttempt { untold, is_chosen, ..known });
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
            Output::Finding(finding) => *counted.findings.entry(finding.id).or_default() += 1,
            Output::Session(_) => counted.sessions += 1,
            Output::Dark(..)
            | Output::Tls(..)
            | Output::Waiting(_)
            | Output::Summary(_)
            | Output::Secrets(..) => {}
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
        let own = named(&SessionLine::new(session, &self.context), Kind::Session, self.filter.fields());
        match self.known.get(&id).map_or(0, |known| known.left_out) {
            0 => self.event(Kind::Session, Some(id), &own, &Output::Session(session))?,
            left_out => {
                let session = SessionSummary { left_out, ..session.clone() };
                self.event(Kind::Session, Some(id), &own, &Output::Session(&session))?;
            }
        }
        self.known.remove(&id);
        Ok(())
    }

    /// Hands an output on if it is chosen, after the upgrade that it belongs to.
    fn event(
        &mut self,
        kind: Kind,
        session: Option<SessionId>,
        own: &[(String, Value)],
        output: &Output<'_>,
    ) -> io::Result<()> {
        let known = session.and_then(|session| self.known.get_mut(&session));
        let is_chosen = self.filter.matches(&Event { kind, own, known: known.as_deref() });
        let is_brought = kind == Kind::Session && known.as_ref().is_some_and(|known| known.is_chosen);
        if !is_chosen && !is_brought {
            if let Output::Finding(finding) = output {
                self.left_out.leave_out(finding);
                if let Some(known) = known {
                    known.left_out += 1;
                }
            }
            return Ok(());
        }
        let untold = known.and_then(|known| {
            known.is_chosen = true;
            Some((known.place, known.untold.take()?))
        });
        if let Some((place, upgrade)) = untold {
            self.hand_on(&Output::Upgrade(&place, &upgrade))?;
        }
        self.hand_on(output)
    }
}

impl<S: Sink> Sink for Chosen<S> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let fields = self.filter.fields();
        let context = &self.context;
        match output {
            Output::Upgrade(place, upgrade) => self.upgrade(place, upgrade),
            Output::Frame(place, frame) => {
                let own = named(&FrameLine::new(place, frame, context), Kind::Frame, fields);
                self.event(Kind::Frame, Some(place.session), &own, output)
            }
            Output::Message(place, message) => {
                let own = named(&MessageLine::new(place, message, context), Kind::Message, fields);
                self.event(Kind::Message, Some(place.session), &own, output)
            }
            Output::Finding(finding) | Output::Waiting(finding) => {
                if let Output::Finding(finding) = output {
                    self.left_out.see(finding);
                }
                let own = named(&FindingLine::new(finding, context), Kind::Finding, fields);
                self.event(Kind::Finding, finding.session, &own, output)
            }
            Output::Secrets(..) => Ok(()),
            Output::Dark(place, facts) => {
                let own = named(&TlsLine::of_dark(place, facts, context), Kind::Tls, fields);
                self.event(Kind::Tls, Some(place.session), &own, output)
            }
            Output::Tls(place, facts) => {
                let own = named(&TlsLine::new(place, facts, context), Kind::Tls, fields);
                self.event(Kind::Tls, None, &own, output)
            }
            Output::Session(session) => self.session(session),
            Output::Summary(summary) => self.summary(summary),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.inner.finish()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The values of those of `fields` that a line of this type has.
fn named(line: &impl Serialize, kind: Kind, fields: &[Field]) -> Values {
    let own = |field: &&Field| field.parts().0.is_none_or(|owner| owner == kind.name());
    let (paths, names): (Vec<&str>, Vec<&str>) =
        fields.iter().filter(own).map(|field| (field.path(), field.parts().1)).unzip();
    if names.is_empty() {
        return Vec::new();
    }
    let values = gather(line, &names);
    let with_path = |(path, value): (&str, Option<Value>)| Some((path.to_owned(), value?));
    paths.into_iter().zip(values).filter_map(with_path).collect()
}

/// An output as the filter sees it: its own fields, and those of its session.
struct Event<'a> {
    kind: Kind,
    own: &'a [(String, Value)],
    known: Option<&'a KnownAttempt>,
}

impl Facts for Event<'_> {
    fn value(&self, field: &Field) -> Option<Value> {
        let path = field.path();
        let find = |values: &[(String, Value)]| {
            values.iter().find(|(name, _)| name == path).map(|(_, value)| value.clone())
        };
        if path == "type" {
            return Some(Value::Text(self.kind.name().to_owned()));
        }
        if let Some(value) = find(self.own) {
            return Some(value);
        }
        let known = self.known?;
        let addresses = known.place.addresses;
        match path {
            "client" => Some(Value::Text(addresses.client.to_string())),
            "client.ip" => Some(Value::Text(addresses.client.ip().to_string())),
            "client.port" => Some(Value::Number(addresses.client.port().into())),
            "server" => Some(Value::Text(addresses.server.to_string())),
            "server.ip" => Some(Value::Text(addresses.server.ip().to_string())),
            "server.port" => Some(Value::Number(addresses.server.port().into())),
            #[expect(clippy::cast_precision_loss, reason = "numbers of connections are below 2^53")]
            "connection" => Some(Value::Number(known.place.connection.0 as f64)),
            // What an upgrade has in common with other outputs is its own, not that of its session's events.
            _ if field.parts().0.is_none() && self.kind != Kind::Upgrade => None,
            _ => find(&known.values),
        }
    }
}
