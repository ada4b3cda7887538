//! A report as a page of HTML: one file that loads nothing, to hand to somebody else.
//!
//! What there is to say of a session is written to a temporary file when it is over, because the verdict stands in front
//! of it. Memory holds what is open, as for text, and 24 bytes for each session that is over: where it is in the file.

#[cfg(feature = "parquet")]
mod bars;
mod bytes;
mod card;
#[cfg(feature = "parquet")]
mod grid;
mod ladder;
#[cfg(feature = "parquet")]
mod overview;
mod page;
mod plot;
mod prose;
#[cfg(feature = "parquet")]
mod questions;
mod session;
mod wireshark;

#[cfg(feature = "parquet")]
pub use overview::write_overview;

use super::ended::EndedAttempt;
use super::placed::TemporaryFile;
use super::repeats::RepeatedAttempts;
use super::sink::Sink;
use super::story::Story;
use super::style::{Look, sentence};
use super::text::TextOptions;
use super::tls::write_tls;
use super::verdict::{Verdict, write_caveats};
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::findings::catalog::evidence_of;
use crate::findings::{Evidence, Finding, Id, Severity};
use crate::index::Traffic;
use crate::model::{ConnectionId, Count, SessionId, escape, in_words};
use crate::tls::{Facts, Readable};
use crate::upgrade::Outcome;
use askama::Template;
use card::{Card, Clause, anchor, mark};
use foldhash::fast::FixedState;
use page::{KindView, PageBegin, PageEnd, PlaceView, VerdictLink};
use prose::Prose;
use session::{SessionView, Shown, ToldSession};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// Sessions that are drawn; of more, what was found stands in a line each. A browser holds so many with ease.
const DRAWN: u64 = 1_000;

/// Bytes that are read and written at once.
const PIECE: usize = 64 << 10;

/// Places that the explanation of a kind lists.
const PLACES: usize = 20;

/// TLS sessions that stayed dark and are listed one by one.
const DARK: u64 = 100;

/// Writes a page.
pub struct Html<W: Write> {
    out: W,
    /// What was read.
    names: Vec<String>,
    options: TextOptions,
    open: HashMap<SessionId, Box<UnwrittenSession>, FixedState>,
    ended: EndedAttempt,
    /// Frames and findings that all open sessions keep.
    frames: u64,
    findings: u64,
    written: SessionFile,
    repeats: RepeatedAttempts,
    /// Sessions that were drawn, and those with nothing worse than a note.
    drawn: u64,
    quiet: u64,
    verdict: Verdict,
    kinds: BTreeMap<Id, KindPlaces>,
    traffic: Traffic,
    elsewhere: Elsewhere,
    dark: Vec<String>,
    dark_count: u64,
    /// The last TLS session that ended, in words, for the session that ends with it.
    secured: Option<(ConnectionId, String)>,
    summary: Option<Summary>,
}

/// A session, or an attempt, under way.
#[derive(Debug, Default)]
struct UnwrittenSession {
    story: Story,
    findings: Vec<Finding>,
    /// Findings beyond those.
    more: u64,
}

/// Sessions that are over.
#[derive(Debug)]
struct SessionFile {
    file: BufWriter<TemporaryFile>,
    length: u64,
    /// Where each of them is: its number, where it begins, and how long it is.
    places: Vec<(SessionId, u64, u64)>,
}

/// Where findings of a kind are.
#[derive(Debug)]
struct KindPlaces {
    worst: Severity,
    count: u64,
    places: Vec<PlaceView>,
}

/// Findings outside of sessions.
#[derive(Debug, Default)]
struct Elsewhere {
    findings: Vec<Finding>,
    untold: BTreeMap<Id, u64>,
}

impl<W: Write> Html<W> {
    /// Writes to `out` at the end, about what has these names. Stories are told as `options` say.
    ///
    /// # Errors
    /// There is no temporary file.
    pub fn new(out: W, names: Vec<String>, options: TextOptions) -> io::Result<Self> {
        Ok(Self {
            out,
            names,
            options,
            open: HashMap::default(),
            ended: EndedAttempt::default(),
            frames: 0,
            findings: 0,
            written: SessionFile {
                file: BufWriter::with_capacity(PIECE, TemporaryFile::temporary()?),
                length: 0,
                places: Vec::new(),
            },
            repeats: RepeatedAttempts::default(),
            drawn: 0,
            quiet: 0,
            verdict: Verdict::default(),
            kinds: BTreeMap::new(),
            traffic: Traffic::default(),
            elsewhere: Elsewhere::default(),
            dark: Vec::new(),
            dark_count: 0,
            secured: None,
            summary: None,
        })
    }

    /// Something goes on in a session, which may keep more frames than before, or fewer.
    fn go_on<T>(&mut self, session: SessionId, go_on: impl FnOnce(&mut Story) -> T) -> T {
        let story = &mut self.open.entry(session).or_default().story;
        let before = story.rows();
        let result = go_on(story);
        self.frames = self.frames + story.rows() - before;
        result
    }

    fn finding(&mut self, finding: &Finding) {
        let at = match finding.session {
            Some(session) => {
                // Findings take more than frames.
                let is_full = self.findings >= self.options.story_total_frames / 2;
                let open = self.open.entry(session).or_default();
                let at = open.findings.len();
                if is_full && at > 0 {
                    open.more += 1;
                } else {
                    open.story.finding(finding);
                    open.findings.push(finding.clone());
                    self.findings += 1;
                }
                at
            }
            None => self.elsewhere.add(finding, self.options.findings_per_kind),
        };
        let kind = self.kinds.entry(finding.id).or_insert(KindPlaces {
            worst: finding.severity,
            count: 0,
            places: Vec::new(),
        });
        kind.worst = kind.worst.max(finding.severity);
        kind.count += 1;
        if kind.places.len() < PLACES {
            let session = finding.session.map(|session| format!(", session {session}")).unwrap_or_default();
            let file = self.options.inputs.file(finding.stamp).map(|file| format!(" of {file}"));
            let words = format!("packet {}{}{session}", finding.stamp.packet, file.unwrap_or_default());
            let (anchor, summary) = (anchor(finding.session, at), Prose::new(&sentence(&finding.summary)));
            kind.places.push(PlaceView { anchor, summary, words });
        }
    }

    /// A TLS session is over: its words go with the session inside it, and what stayed dark is listed.
    fn tls(&mut self, place: &Place, facts: &Facts) -> io::Result<()> {
        self.secured = Some((place.connection, facts.in_words()));
        if facts.readable == Readable::All && facts.reason.is_none() {
            return Ok(());
        }
        self.dark_count += 1;
        if self.dark_count <= DARK {
            let mut words = String::new();
            write_tls(&mut words, place, facts, Look::default()).map_err(io::Error::other)?;
            self.dark.push(words);
        }
        Ok(())
    }

    /// Writes a session, or an attempt, that is over.
    fn end(&mut self, id: SessionId, summary: Option<&SessionSummary>) -> io::Result<()> {
        let Some(open) = self.open.remove(&id) else { return Ok(()) };
        let UnwrittenSession { story, findings, more } = *open;
        self.frames -= story.rows();
        self.findings -= findings.len() as u64;
        let is_news = story.attempt().is_none_or(|attempt| self.repeats.is_news(id, attempt));
        let is_quiet =
            summary.is_some_and(|summary| summary.worst.is_none_or(|worst| worst == Severity::Note));
        self.quiet += u64::from(is_quiet);
        let shown = if !is_news {
            Shown::Brief("It failed as others did that are drawn.")
        } else if is_quiet && self.quiet > self.options.quiet_stories {
            Shown::Brief(
                "Nothing is wrong with it, so it is not drawn: --limit quiet-stories=N draws more of them.",
            )
        } else if self.drawn >= DRAWN {
            Shown::Brief("1,000 sessions are drawn, and this one is not among them: --session N draws it.")
        } else {
            self.drawn += 1;
            Shown::Drawn
        };
        let secured = self
            .secured
            .as_ref()
            .filter(|(connection, _)| summary.is_some_and(|summary| summary.place.connection == *connection));
        let told = ToldSession {
            number: id.0,
            story: &story,
            findings: &findings,
            more,
            summary,
            secured: secured.map(|(_, words)| words.as_str()),
            shown,
        };
        let view = SessionView::new(&told, self.options.payload, (&self.options.inputs, &self.options.zone));
        let text = view.map_err(io::Error::other)?.render().map_err(io::Error::other)?;
        self.written.add(id, &text)
    }

    fn begin(&mut self, summary: &Summary) -> Result<PageBegin, fmt::Error> {
        let (inputs, look) = (&self.options.inputs, Look::default());
        let subject = self.verdict.subject(inputs);
        let mut text = String::new();
        match &subject {
            Some(subject) => writeln!(text, "{}", subject.sentence)?,
            None => self.verdict.write_sentence(&mut text, summary, inputs, look)?,
        }
        write_caveats(&mut text, summary, look)?;
        let mut lines = text.lines().map(str::trim);
        let first = lines.next().unwrap_or_default();
        // The mark stands beside it.
        let verdict = first.trim_start_matches(['✓', '·', '🔒']).trim_start();
        let (class, sign) = match &subject {
            Some(subject) => (subject.severity.name(), mark(subject.severity)),
            None if first.starts_with('✓') => ("fine", "✓"),
            None => ("note", "•"),
        };
        let failed = [Outcome::Rejected, Outcome::Failed];
        let failed: u64 = failed.iter().filter_map(|outcome| summary.upgrades.get(outcome)).sum();
        let [notes, warnings, errors] = self.verdict.counts(summary);
        let figures = [
            ("sessions", summary.sessions),
            ("failed upgrades", failed),
            ("messages", summary.messages),
            ("packets", summary.packets),
            ("errors", errors),
            ("warnings", warnings),
            ("notes", notes),
        ];
        let mut figures: Vec<(&'static str, String)> =
            figures.map(|(name, count)| page::figure(name, count)).into();
        if let Some(lasted) = summary.duration() {
            figures.insert(4, ("captured", in_words(lasted)));
        }
        Ok(PageBegin {
            policy: page::policy(),
            style: page::style(),
            name: title(&self.names),
            names: self
                .names
                .iter()
                .filter(|_| self.names.len() > TITLE)
                .map(|name| escape(name.as_bytes()))
                .collect(),
            version: env!("CARGO_PKG_VERSION"),
            class,
            mark: sign,
            verdict: Prose::new(verdict),
            remarks: lines.map(Prose::new).collect(),
            about: subject.map(|subject| VerdictLink {
                place: subject.place,
                id: subject.id.map(Id::name),
                session: subject.session.map(|session| session.0),
            }),
            begun: summary.span.map(|(first, last)| {
                let zone = &self.options.zone;
                (zone.spoken(first.time), zone.spoken(last.time))
            }),
            figures,
            kinds: self.kinds(summary),
            plots: plot::plots(&self.traffic),
            sessions: self.written.places.len() as u64,
        })
    }

    /// The kinds of findings, the worst first.
    fn kinds(&mut self, summary: &Summary) -> Vec<KindView> {
        let mut kinds: Vec<(Id, KindPlaces)> = std::mem::take(&mut self.kinds).into_iter().collect();
        kinds.sort_by_key(|(id, kind)| (Reverse(kind.worst), *id));
        let view = |(id, kind): (Id, KindPlaces)| {
            let entry = id.entry();
            let count = summary.findings.get(&id).copied().unwrap_or(kind.count);
            KindView {
                severity: kind.worst.name(),
                mark: mark(kind.worst),
                id: id.name(),
                class: id.class().name(),
                title: entry.title,
                count: Count(count, "finding").to_string(),
                meaning: Prose::new(entry.meaning),
                causes: entry.causes.iter().map(|point| Prose::new(point)).collect(),
                advice: entry.advice.iter().map(|point| Prose::new(point)).collect(),
                messages: entry.messages,
                evidence: evidence_of(id)
                    .map(|Evidence { certain, tentative }| (Prose::new(certain), Prose::new(tentative))),
                clause: Clause::of(id),
                more: count.saturating_sub(kind.places.len() as u64),
                places: kind.places,
            }
        };
        kinds.into_iter().map(view).collect()
    }

    fn rest(&mut self) -> PageEnd {
        let Elsewhere { findings, untold } = std::mem::take(&mut self.elsewhere);
        let inputs = &self.options.inputs;
        let cards = findings.iter().enumerate().map(|(at, finding)| Card::new(finding, None, at, inputs));
        PageEnd {
            sessions: self.written.places.len() as u64,
            elsewhere: cards.collect(),
            untold: untold.into_iter().map(|(id, count)| (id.name(), count)).collect(),
            dark: std::mem::take(&mut self.dark),
            dark_more: self.dark_count.saturating_sub(DARK),
            version: env!("CARGO_PKG_VERSION"),
            script: page::script(),
        }
    }
}

/// Inputs that the title names one by one.
const TITLE: usize = 3;

/// What was read, in a line: names without their folders.
fn title(names: &[String]) -> String {
    let short = |name: &String| {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        escape(name.as_bytes())
    };
    match names {
        [first, others @ ..] if names.len() > TITLE => {
            format!("{} and {} more captures", short(first), others.len())
        }
        names => names.iter().map(short).collect::<Vec<_>>().join(", "),
    }
}

impl Elsewhere {
    /// Keeps a finding, or counts it where there are as many of its kind. Returns its place.
    fn add(&mut self, finding: &Finding, most: u64) -> usize {
        let told = self.findings.iter().filter(|kept| kept.id == finding.id).count() as u64;
        if told < most {
            self.findings.push(finding.clone());
            self.findings.len() - 1
        } else {
            *self.untold.entry(finding.id).or_default() += 1;
            self.findings.len()
        }
    }
}

impl SessionFile {
    fn add(&mut self, session: SessionId, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        let length = text.len() as u64;
        self.places.push((session, self.length, length));
        self.length += length;
        Ok(())
    }

    /// Writes them all, in the order of their numbers.
    fn copy(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.file.flush()?;
        self.places.sort_unstable_by_key(|(session, ..)| *session);
        let mut file = BufReader::with_capacity(PIECE, self.file.get_ref().get_ref());
        file.rewind()?;
        let mut at = 0;
        for (_, start, length) in &self.places {
            // What follows in the file is there already.
            file.seek_relative(start.cast_signed() - at)?;
            io::copy(&mut (&mut file).take(*length), out)?;
            at = (start + length).cast_signed();
        }
        Ok(())
    }
}

impl<W: Write> Sink for Html<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        if let Some(ended) = self.ended.before(output) {
            self.end(ended, None)?;
        }
        self.verdict.output(output);
        let telling = self.options.telling(self.frames, self.open.len());
        match output {
            Output::Upgrade(place, upgrade) => {
                self.open.entry(place.session).or_default().story.upgrade(place, upgrade, telling);
            }
            Output::Frame(place, frame) => {
                let trip = self.go_on(place.session, |story| story.frame(place, frame, None, telling));
                self.traffic.add(frame.from, frame.first.time, frame.received, trip);
            }
            Output::Message(place, message) => {
                self.go_on(place.session, |story| story.message(message, telling));
                self.traffic.add_size(message.from, message.length);
            }
            Output::Finding(finding) => self.finding(finding),
            Output::Tls(place, facts) => return self.tls(place, facts),
            Output::Session(summary) => {
                self.open.entry(summary.place.session).or_default();
                return self.end(summary.place.session, Some(summary));
            }
            Output::Summary(summary) => self.summary = Some((*summary).clone()),
            Output::Waiting(_)
            | Output::Counted(_)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Secrets(..)
            | Output::Data(..) => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut open: Vec<SessionId> = self.open.keys().copied().collect();
        open.sort_unstable();
        open.into_iter().try_for_each(|session| self.end(session, None))?;
        let summary = self.summary.take().unwrap_or_default();
        self.begin(&summary).map_err(io::Error::other)?.write_into(&mut self.out)?;
        self.written.copy(&mut self.out)?;
        let rest = self.rest();
        rest.write_into(&mut self.out)?;
        // Templates end without a line feed.
        self.out.write_all(b"\n")?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> fmt::Debug for Html<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Html").field("open", &self.open.len()).finish_non_exhaustive()
    }
}
