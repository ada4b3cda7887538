//! Judges what the ends of many sessions of a server have in common: the same silence before, the same age, or the same moment.

use super::catalog::Id;
use super::catalog::Severity;
use super::field::FindingField;
use super::finding::Finding;
use super::words::millis;
use crate::model::{ConnectionId, Count, Peer, Stamp, Timestamp, in_words};
use std::net::SocketAddr;
use std::time::Duration;

/// If this many sessions end alike, a timer ends them.
const ALIKE: usize = 3;
/// Nothing shorter than this is taken for a timer.
const SHORTEST: Duration = Duration::from_secs(5);
/// Sessions that end without a Close within this time of one another end because of one event.
const AT_ONCE: Duration = Duration::from_millis(100);
/// Ends kept of each server.
const KEPT: usize = 256;

/// How a session ended.
#[derive(Clone, Copy, Debug)]
pub struct SessionEnd {
    /// The connection that carried it.
    pub connection: ConnectionId,
    /// Who left first; nobody where something in between ended it, or both sides did at once.
    pub by: Option<Peer>,
    /// Whether the other side may have left before, in what cannot be read.
    pub doubtful: bool,
    /// Whether that was with a Close frame.
    pub farewell: Farewell,
    /// The packet with the Close or, without one, with the end of TCP.
    pub at: Stamp,
    /// When it was opened, if the capture holds that.
    pub opened: Option<Timestamp>,
    /// When its last frame before came or, without one, its upgrade was over.
    pub last_word: Option<Timestamp>,
    /// The pause before that last frame.
    pub last_pause: Duration,
    /// The longest pause between two frames before.
    pub longest_pause: Duration,
}

/// How a side leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Farewell {
    /// With a Close frame.
    Close,
    /// With a Close frame whose code or reason names another cause than time.
    Explained,
    /// By ending TCP.
    None,
    /// By ending TCP at the same time as the other side.
    Together,
}

/// The time between two moments, unless their times are too coarse to say.
fn between(from: Timestamp, to: Timestamp) -> Option<Duration> {
    let passed = to.since(from);
    (passed >= SHORTEST && !(from.is_whole_seconds() && to.is_whole_seconds())).then_some(passed)
}

impl SessionEnd {
    /// Whether time may be why it ended: a client that says goodbye has reasons of its own.
    fn is_sudden(&self) -> bool {
        match self.farewell {
            Farewell::Close => self.by != Some(Peer::Client),
            Farewell::Explained | Farewell::Together => false,
            Farewell::None => true,
        }
    }

    /// How long it was silent before, if that was longer than ever before.
    fn silence(&self) -> Option<Duration> {
        let silence = between(self.last_word?, self.at.time);
        let silence = if self.was_forgotten() { Some(self.last_pause) } else { silence };
        silence.filter(|silence| self.is_sudden() && (*silence > self.longest_pause || self.was_forgotten()))
    }

    /// Whether something in between had forgotten it in its longest pause, and answered the first frame after that with a reset.
    fn was_forgotten(&self) -> bool {
        /// The reset is the answer to what came so soon before it.
        const ANSWERED: Duration = Duration::from_secs(1);
        let is_answer = self.last_word.is_some_and(|word| self.at.time.since(word) <= ANSWERED);
        let is_longest = self.last_pause >= SHORTEST && self.last_pause == self.longest_pause;
        self.by.is_none() && self.farewell == Farewell::None && is_answer && is_longest
    }

    /// How old it was.
    fn age(&self) -> Option<Duration> {
        between(self.opened?, self.at.time).filter(|_| self.is_sudden() && !self.is_concluded())
    }

    /// Whether a Close came right behind a last word, where words are few: what was to be said was said.
    fn is_concluded(&self) -> bool {
        const RIGHT_BEHIND: Duration = Duration::from_millis(10);
        let passed = self.last_word.and_then(|word| self.at.time.passed_since(word));
        let is_right_behind = |passed: Duration| passed <= RIGHT_BEHIND && passed * 20 < self.longest_pause;
        self.farewell == Farewell::Close && passed.is_some_and(is_right_behind)
    }
}

/// How sessions of one server ended.
#[derive(Debug, Default)]
pub(super) struct Endings(Vec<SessionEnd>);

impl Endings {
    /// A session ended.
    pub(super) fn note(&mut self, ended: SessionEnd) {
        if self.0.len() < KEPT && (ended.age().is_some() || ended.silence().is_some()) {
            self.0.push(ended);
        }
    }

    /// The capture is over: reports what these sessions have in common.
    pub(super) fn finish(&self, server: SocketAddr, out: &mut dyn FnMut(Finding)) {
        for by in [None, Some(Peer::Client), Some(Peer::Server)] {
            let mut ends: Vec<SessionEnd> = self.0.iter().filter(|ended| ended.by == by).copied().collect();
            // Silence explains an age, if all were silent for as long; not the other way round, unless their ages are far more alike.
            let aged = alike(&ends, 0.02, SessionEnd::age).filter(|(aged, _)| {
                let silent = alike(aged, 0.05, SessionEnd::silence);
                silent.is_none_or(|(silent, _)| silent.len() < aged.len() || is_of_age(&silent))
            });
            if let Some((aged, age)) = aged {
                ends.retain(|ended| !aged.iter().any(|other| other.at == ended.at));
                out(lifetime_limit(server, by, &aged, age));
            }
            if let Some((silent, silence)) = alike(&ends, 0.05, SessionEnd::silence) {
                ends.retain(|ended| !silent.iter().any(|other| other.at == ended.at));
                out(idle_timeout(server, by, &silent, silence));
            }
            if let Some(together) = together(&ends) {
                out(ended_together(server, by, &together));
            }
        }
    }
}

/// The largest group of ends whose times lie within ±`margin` of one another, if it is large enough, and the middle time.
fn alike(
    ends: &[SessionEnd],
    margin: f64,
    time: impl Fn(&SessionEnd) -> Option<Duration>,
) -> Option<(Vec<SessionEnd>, Duration)> {
    let mut sorted: Vec<(Duration, SessionEnd)> =
        ends.iter().filter_map(|ended| Some((time(ended)?, *ended))).collect();
    sorted.sort_by_key(|(time, ended)| (*time, ended.at));
    let group = (0..sorted.len())
        .map(|start| {
            let rest = sorted.get(start..).unwrap_or_default();
            let shortest = rest.first().map(|(time, _)| time.as_secs_f64()).unwrap_or_default();
            let longest = shortest * (1.0 + margin) / (1.0 - margin);
            let size = rest.iter().take_while(|(time, _)| time.as_secs_f64() <= longest).count();
            rest.get(..size).unwrap_or_default()
        })
        .max_by_key(|group| group.len())
        .filter(|group| group.len() >= ALIKE && !ended_at_once(group))?;
    let (middle, _) = group.get(group.len() / 2)?;
    Some((group.iter().map(|(_, ended)| *ended).collect(), *middle))
}

/// The most ends without a Close that lie within [`AT_ONCE`] of one another, if they are many enough.
fn together(ends: &[SessionEnd]) -> Option<Vec<SessionEnd>> {
    let mut abrupt: Vec<SessionEnd> =
        ends.iter().filter(|ended| ended.farewell == Farewell::None).copied().collect();
    abrupt.sort_by_key(|ended| (ended.at.time, ended.at));
    let from = |start: usize| {
        let rest = abrupt.get(start..).unwrap_or_default();
        let first = rest.first().map_or(Timestamp::default(), |ended| ended.at.time);
        let size = rest.iter().take_while(|ended| ended.at.time.since(first) <= AT_ONCE).count();
        rest.get(..size).unwrap_or_default()
    };
    let group = (0..abrupt.len()).map(from).max_by_key(|group| group.len())?;
    let is_coarse = group.iter().all(|ended| ended.at.time.is_whole_seconds());
    (group.len() >= ALIKE && !is_coarse).then(|| group.to_vec())
}

/// Whether the ages of these sessions lie so much closer together than their silences that it is their age at which a timer ended them.
/// Silences that differ by less than a hundredth differ by what a packet more or less makes of them.
fn is_of_age(ends: &[SessionEnd]) -> bool {
    let spread = |time: fn(&SessionEnd) -> Option<Duration>| {
        let times = || ends.iter().filter_map(time);
        times().max().unwrap_or_default().saturating_sub(times().min().unwrap_or_default())
    };
    let silences = spread(SessionEnd::silence);
    let longest = ends.iter().filter_map(SessionEnd::silence).max().unwrap_or_default();
    spread(SessionEnd::age) * 4 < silences && longest < silences * 100
}

/// Whether these sessions ended closer together than their times are alike. That is no timer but one event, such as a
/// restart: what timers end lies as far apart as what they began with. Where all heard the same last word at once, their ends and
/// their silences are alike for either reason; then it is one event if they were opened further apart than they ended.
fn ended_at_once(group: &[(Duration, SessionEnd)]) -> bool {
    /// What began within this time of one another may end in one turn of an event loop, or by one tick of its clock.
    const TICK: Duration = Duration::from_millis(30);
    let (Some((shortest, _)), Some((longest, _))) = (group.first(), group.last()) else { return false };
    let span = span(group.iter().map(|(_, ended)| ended.at.time));
    let opened = self::span(group.iter().filter_map(|(_, ended)| ended.opened));
    let spread = longest.saturating_sub(*shortest);
    let ended_before = |other: Duration| span * 2 < other && other > TICK;
    ended_before(spread) || spread * 2 >= span && ended_before(opened)
}

/// From the earliest of these times to the latest.
fn span(times: impl Iterator<Item = Timestamp> + Clone) -> Duration {
    times.clone().max().unwrap_or_default().since(times.min().unwrap_or_default())
}

/// Who ended these sessions, in words.
fn ended_by(by: Option<Peer>) -> String {
    match by {
        Some(peer) => format!("were ended by the {peer}"),
        None => "were ended by a reset from something in between".to_owned(),
    }
}

fn first(ends: &[SessionEnd]) -> Stamp {
    ends.iter().map(|ended| ended.at).min().unwrap_or_default()
}

fn idle_timeout(server: SocketAddr, by: Option<Peer>, ends: &[SessionEnd], silence: Duration) -> Finding {
    let whose = match by {
        Some(Peer::Client) => "an idle timeout, of the client or of something in front of it",
        Some(Peer::Server) => "an idle timeout, of the server or of something in front of it",
        None => "its idle timeout",
    };
    let summary = format!(
        "{} of {server} {} after the same silence of {}: {whose}",
        Count(ends.len() as u64, "session"),
        ended_by(by),
        in_words(silence)
    );
    about(by, ends, Finding::new(Id::IdleTimeout, first(ends), summary))
        .with(FindingField::IdleMs, millis(silence))
        .with(FindingField::Sessions, ends.len() as u64)
}

fn lifetime_limit(server: SocketAddr, by: Option<Peer>, ends: &[SessionEnd], age: Duration) -> Finding {
    let summary = format!(
        "{} of {server} {} at the same age of {}, whatever was sent in them: a limit on how long a \
         connection or request may last",
        Count(ends.len() as u64, "session"),
        ended_by(by),
        in_words(age)
    );
    about(by, ends, Finding::new(Id::LifetimeLimit, first(ends), summary))
        .with(FindingField::AgeMs, millis(age))
        .with(FindingField::Sessions, ends.len() as u64)
}

fn ended_together(server: SocketAddr, by: Option<Peer>, ends: &[SessionEnd]) -> Finding {
    let within = span(ends.iter().map(|ended| ended.at.time));
    let when = if within.is_zero() {
        "at the same time".to_owned()
    } else {
        format!("within {} of one another", in_words(within))
    };
    let summary = format!(
        "{} of {server} {} {when}, without a Close frame: one event, as a restart or a reload is; libraries report this as 1006",
        Count(ends.len() as u64, "session"),
        ended_by(by)
    );
    // Of each of them it is told as well.
    about(by, ends, Finding::new(Id::CloseMissing, first(ends), summary).severity(Severity::Note))
        .with(FindingField::Sessions, ends.len() as u64)
}

/// What is found in these ends, about who ended them. Who may have left before is not known of all.
fn about(by: Option<Peer>, ends: &[SessionEnd], finding: Finding) -> Finding {
    let first = ends.iter().min_by_key(|ended| ended.at).map(|ended| ended.connection);
    let finding = Finding { connection: first, from: by, ..finding };
    finding.tentative_if(ends.iter().any(|ended| ended.doubtful))
}
