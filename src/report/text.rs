//! Text for people: every session as a short story, then what lies outside of sessions, then the verdict.

use super::ended::EndedAttempt;
use super::kinds::{Kind, Kinds};
use super::remark::Remark;
use super::repeats::RepeatedAttempts;
use super::row::{MARGIN, ShownTime, write_margin};
use super::sink::{InputNames, Payload, Sink};
use super::story::{Story, Telling};
use super::style::{FAINT, Look, STRONG};
use super::tls::write_tls;
use super::verdict::Verdict;
use crate::analyzer::{Output, Place, SessionSummary, Summary};
use crate::findings::{Finding, Id, Severity};
use crate::model::{ConnectionId, Count, Limits, SessionId, Timestamp, Zone};
use crate::tls::{Facts, Readable, Reason};
use foldhash::fast::FixedState;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::time::Duration;

/// TLS sessions that stayed dark and are listed one by one; on an ordinary machine that covers most of them.
const DARK: u64 = 20;

/// How to tell.
#[derive(Clone, Debug)]
pub struct TextOptions {
    /// The screen.
    pub look: Look,
    /// How much payload to show.
    pub payload: Payload,
    /// What to tell of.
    pub kinds: Kinds,
    /// The inputs, to tell their packets apart.
    pub inputs: InputNames,
    /// Frames of a session to keep ([`Limits::story_frames`]).
    pub story_frames: u64,
    /// Frames of all open sessions together, and twice their findings ([`Limits::story_total_frames`]).
    pub story_total_frames: u64,
    /// Sessions with nothing worse than a note whose stories are shown ([`Limits::quiet_stories`]).
    pub quiet_stories: u64,
    /// Findings of one kind outside of sessions to tell one by one ([`Limits::findings_per_session`]).
    pub findings_per_kind: u64,
    /// Tell warnings and errors at once, ahead of the story that they are part of: a live session may go on for days.
    pub at_once: bool,
    /// The zone of all times.
    pub zone: Zone,
}

impl TextOptions {
    /// Everything, for a file, within `limits`.
    pub fn new(limits: &Limits) -> Self {
        Self {
            look: Look::default(),
            payload: Payload::default(),
            kinds: Kinds::ALL,
            inputs: InputNames::default(),
            story_frames: limits.story_frames,
            story_total_frames: limits.story_total_frames,
            quiet_stories: limits.quiet_stories,
            findings_per_kind: limits.findings_per_session,
            at_once: false,
            zone: Zone::UTC,
        }
    }
}

impl TextOptions {
    /// How stories are told while those that are open keep so many frames.
    pub(super) fn telling(&self, frames: u64, open: usize) -> Telling {
        Telling {
            look: self.look,
            payload: self.payload,
            kinds: self.kinds,
            frames: usize::try_from(self.frames_a_story(frames, open)).unwrap_or(usize::MAX),
        }
    }

    /// With many sessions open at once each keeps fewer frames.
    fn frames_a_story(&self, frames: u64, open: usize) -> u64 {
        const ALWAYS: u64 = 4;
        let total = self.story_total_frames;
        if frames >= total {
            return 0;
        }
        let share = total / (open as u64).max(1);
        self.story_frames.min(share.max(ALWAYS))
    }
}

/// Writes text.
#[derive(Debug)]
pub struct Text<W> {
    out: W,
    options: TextOptions,
    /// Boxed: a table grows by copying itself.
    stories: HashMap<SessionId, Box<Story>, FixedState>,
    /// A failed attempt whose findings may still come: they come with it, before anything else is reported.
    ended: EndedAttempt,
    /// Frames that all stories together keep.
    frames: u64,
    /// Findings that all stories together keep.
    findings: u64,
    elsewhere: Vec<Remark>,
    /// What is to be reported at once: of which session, and when it was.
    news: Vec<Announcement>,
    /// TLS sessions that stayed dark, told one by one.
    dark: String,
    /// How many of them there were.
    dark_count: u64,
    /// Some of them had no secret when nothing had been opened yet.
    has_unmatched: bool,
    /// The first connection that secrets opened.
    opened: Option<ConnectionId>,
    /// The last TLS session that ended, in words, for the story that ends with it.
    secured: Option<(ConnectionId, String)>,
    /// Findings outside of sessions that are not reported one by one.
    untold: BTreeMap<Id, u64>,
    repeats: RepeatedAttempts,
    /// Sessions with nothing worse than a note so far.
    quiet: u64,
    verdict: Verdict,
    /// When the first thing told of happened.
    start: Option<Timestamp>,
    /// How long the ping waited that the next frame answers, where a filter may have left it out.
    waited: Option<Duration>,
    line: String,
}

/// Something to report at once.
#[derive(Debug)]
struct Announcement {
    session: Option<SessionId>,
    time: Timestamp,
    what: Happened,
}

#[derive(Debug)]
enum Happened {
    Found(Remark),
    /// A session is dark: who speaks, and why nothing can be read.
    Dark(String),
}

impl<W: Write> Text<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W, options: TextOptions) -> Self {
        Self {
            out,
            options,
            stories: HashMap::default(),
            ended: EndedAttempt::default(),
            frames: 0,
            findings: 0,
            elsewhere: Vec::new(),
            news: Vec::new(),
            dark: String::new(),
            dark_count: 0,
            has_unmatched: false,
            opened: None,
            secured: None,
            untold: BTreeMap::new(),
            repeats: RepeatedAttempts::default(),
            quiet: 0,
            verdict: Verdict::default(),
            start: None,
            waited: None,
            line: String::new(),
        }
    }

    fn telling(&self) -> Telling {
        self.options.telling(self.frames, self.stories.len())
    }

    fn story(&mut self, session: SessionId) -> &mut Story {
        self.stories.entry(session).or_default()
    }

    /// Something goes on in a session: its story may keep more rows, or fewer.
    fn continue_story(&mut self, place: &Place, go_on: impl FnOnce(&mut Story)) {
        let story = self.story(place.session);
        let before = story.rows();
        go_on(story);
        let now = story.rows();
        self.frames = self.frames + now - before;
    }

    /// Notes what is wrong, to report it while the session is still open.
    fn note(&mut self, finding: &Finding) {
        let is_minor = finding.severity == Severity::Note;
        if self.options.at_once && !is_minor && self.options.kinds.contains(Kind::Finding) {
            let (session, time) = (finding.session, finding.stamp.time);
            self.news.push(Announcement { session, time, what: Happened::Found(Remark::new(finding, 0)) });
        }
    }

    /// Notes that nothing of a session can be read, so that whoever watches need not wait for its end.
    fn note_dark(&mut self, place: &Place, facts: &Facts) -> io::Result<()> {
        if self.options.at_once && self.options.kinds.contains(Kind::Tls) {
            let mut lines = String::new();
            printed(write_tls(&mut lines, place, facts, self.options.look))?;
            let what = Happened::Dark(lines);
            self.news.push(Announcement { session: Some(place.session), time: facts.stamp.time, what });
        }
        Ok(())
    }

    /// Reports what is wrong in sessions that are still open.
    fn tell_news(&mut self) -> io::Result<()> {
        let look = self.options.look;
        self.line.clear();
        for Announcement { session, time, what } in std::mem::take(&mut self.news) {
            let session = session.map(|session| format!(" session {session}")).unwrap_or_default();
            let lead = format!("{}{session}", self.options.zone.rfc3339_millis(time));
            printed(writeln!(self.line, "{}", look.paint(FAINT, lead)))?;
            match what {
                Happened::Found(remark) => {
                    printed(write!(self.line, "{:MARGIN$}", ""))?;
                    printed(remark.write(&mut self.line, remark.frame(), look))?;
                }
                Happened::Dark(lines) => self.line.push_str(&lines),
            }
        }
        self.out.write_all(self.line.as_bytes())
    }

    fn finding(&mut self, finding: &Finding) {
        if let Some(session) = finding.session {
            // Findings take more than frames.
            let is_full = self.findings >= self.options.story_total_frames / 2;
            let story = self.story(session);
            let before = story.findings();
            // Where the findings of a few stories take all the room there is, each keeps its first one.
            if is_full && before > 0 {
                story.leave_out_finding();
            } else {
                story.finding(finding);
            }
            let now = story.findings();
            self.findings += now - before;
            return;
        }
        let told = self.elsewhere.iter().filter(|remark| remark.id() == finding.id).count() as u64;
        if told < self.options.findings_per_kind {
            self.elsewhere.push(Remark::new(finding, 0));
        } else {
            *self.untold.entry(finding.id).or_default() += 1;
        }
    }

    /// A TLS session is over: its words go with the story inside it, and what stayed dark is reported at the end.
    fn tls(&mut self, place: &Place, facts: &Facts) -> io::Result<()> {
        self.secured = Some((place.connection, facts.in_words()));
        if facts.origin.is_some() {
            self.opened.get_or_insert(place.connection);
        }
        self.has_unmatched |=
            matches!(facts.reason, Some(Reason::NoSecretForThisClientRandom { opened: None, .. }));
        if is_finding(facts) || facts.readable == Readable::All && facts.reason.is_none() {
            return Ok(());
        }
        self.dark_count += 1;
        if self.dark_count <= DARK {
            printed(write_tls(&mut self.dark, place, facts, self.options.look))?;
        }
        Ok(())
    }

    fn write_dark(&mut self) -> fmt::Result {
        if self.dark_count == 0 || !self.options.kinds.contains(Kind::Tls) {
            return Ok(());
        }
        let look = self.options.look;
        writeln!(
            self.line,
            "{}",
            look.paint(STRONG, "TLS sessions that could not be decrypted, or only in part")
        )?;
        self.line.push_str(&std::mem::take(&mut self.dark));
        let more = std::mem::take(&mut self.dark_count).saturating_sub(DARK);
        if more > 0 {
            let line = format!("⋮ {} (`-f json --only tls` lists them all)", Count(more, "more TLS session"));
            writeln!(self.line, "{}", look.paint(FAINT, line))?;
        }
        if let Some(opened) = self.opened.filter(|_| self.has_unmatched) {
            let words = format!(
                "The secrets open connection {opened} of this capture: connections without one are another process's, were \
                 broken off in their handshake, or have no lines in the key log, as where they came before logging began."
            );
            writeln!(self.line, "{}", look.wrap(&words, 0, 0))?;
        }
        self.line.push('\n');
        Ok(())
    }

    fn tell(&mut self, session: SessionId, summary: Option<&SessionSummary>) -> io::Result<()> {
        let Some(story) = self.stories.remove(&session) else { return Ok(()) };
        self.frames -= story.rows();
        self.findings -= story.findings();
        self.news.retain(|news| news.session != Some(session));
        let telling = self.telling();
        self.line.clear();
        let is_news = story.attempt().is_none_or(|attempt| self.repeats.is_news(session, attempt));
        let is_quiet = |summary: &SessionSummary| summary.worst.is_none_or(|worst| worst == Severity::Note);
        self.quiet += u64::from(summary.is_some_and(is_quiet));
        let is_crowd = summary.is_some_and(is_quiet) && self.quiet > self.options.quiet_stories;
        if is_news && !is_crowd && story.is_worth_telling(summary, telling.kinds) {
            let secured = self.secured.as_ref().filter(|(connection, _)| {
                summary.is_some_and(|summary| summary.place.connection == *connection)
            });
            let secured =
                secured.map(|(_, words)| words.as_str()).filter(|_| telling.kinds.contains(Kind::Tls));
            let names = (&self.options.inputs, &self.options.zone);
            printed(story.tell(&mut self.line, (session.0, secured), summary, telling, names))?;
        }
        self.out.write_all(self.line.as_bytes())
    }

    /// Tells the stories whose end did not come, and what belongs to none.
    fn tell_rest(&mut self) -> io::Result<()> {
        let mut open: Vec<SessionId> = self.stories.keys().copied().collect();
        open.sort_unstable();
        open.into_iter().try_for_each(|session| self.tell(session, None))?;
        self.line.clear();
        printed(self.repeats.write(&mut self.line, self.options.look))?;
        printed(self.write_crowd())?;
        printed(self.write_dark())?;
        printed(self.write_elsewhere())?;
        self.out.write_all(self.line.as_bytes())
    }

    /// Says how many sessions were not reported because they are many and nothing is wrong with them.
    fn write_crowd(&mut self) -> fmt::Result {
        let crowd = self.quiet.saturating_sub(self.options.quiet_stories);
        if crowd == 0 || !self.options.kinds.contains(Kind::Session) {
            return Ok(());
        }
        let line = format!(
            "⋮ {} with nothing worse than a note (`--limit quiet-stories={}` shows them all)",
            Count(crowd, "more session"),
            self.quiet
        );
        writeln!(self.line, "{}\n", self.options.look.paint(FAINT, line))
    }

    fn write_elsewhere(&mut self) -> fmt::Result {
        let look = self.options.look;
        if self.elsewhere.is_empty() || !self.options.kinds.contains(Kind::Finding) {
            return Ok(());
        }
        writeln!(self.line, "{}", look.paint(STRONG, "Elsewhere in the capture"))?;
        let first = self.elsewhere.iter().map(|remark| remark.stamp().time).min().unwrap_or_default();
        let last = self.elsewhere.iter().map(|remark| remark.stamp().time).max().unwrap_or(first);
        let clock = ShownTime::new(self.start.unwrap_or(first).min(first), last);
        for remark in std::mem::take(&mut self.elsewhere) {
            write_margin(&mut self.line, remark.stamp(), clock, look)?;
            remark.write(&mut self.line, None, look)?;
        }
        for (id, count) in std::mem::take(&mut self.untold) {
            let more = look.paint(FAINT, format!("⋮ {} more of {id}", Count(count, "finding")));
            writeln!(self.line, "{:MARGIN$}{more}", "")?;
        }
        self.line.push('\n');
        Ok(())
    }

    fn close(&mut self, summary: &Summary) -> io::Result<()> {
        self.start = summary.span.map(|(first, _)| first.time);
        self.tell_rest()?;
        if !self.options.kinds.contains(Kind::Summary) {
            return Ok(());
        }
        self.line.clear();
        printed(self.verdict.write(&mut self.line, summary, &self.options.inputs, self.options.look))?;
        self.out.write_all(self.line.as_bytes())
    }
}

impl<W: Write> Sink for Text<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        if let Some(ended) = self.ended.before(output) {
            self.tell(ended, None)?;
        }
        self.verdict.output(output);
        let telling = self.telling();
        match output {
            Output::Upgrade(place, upgrade) => {
                self.story(place.session).upgrade(place, upgrade, telling);
            }
            Output::Frame(place, frame) => {
                let waited = self.waited.take();
                self.continue_story(place, |story| {
                    story.frame(place, frame, waited, telling);
                });
            }
            Output::Message(place, message) => {
                self.continue_story(place, |story| story.message(message, telling));
            }
            Output::Finding(finding) => {
                self.finding(finding);
                self.note(finding);
            }
            Output::Waiting(finding) => self.note(finding),
            Output::Counted(_) | Output::ServerName(..) | Output::Secrets(..) | Output::Data(..) => {}
            Output::Dark(place, facts) => return self.note_dark(place, facts),
            Output::Tls(place, facts) => return self.tls(place, facts),
            Output::Session(summary) => {
                self.story(summary.place.session);
                return self.tell(summary.place.session, Some(summary));
            }
            Output::Summary(summary) => return self.close(summary),
        }
        Ok(())
    }

    fn answer_took(&mut self, time: Duration) {
        self.waited = Some(time);
    }

    fn finish(&mut self) -> io::Result<()> {
        self.tell_rest()?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tell_news()?;
        self.out.flush()
    }
}

/// A failure to format, which cannot happen to a `String`, as an error of writing.
fn printed(result: fmt::Result) -> io::Result<()> {
    result.map_err(io::Error::other)
}

/// Whether a finding says already why not all of it could be read.
fn is_finding(facts: &Facts) -> bool {
    match facts.reason {
        Some(Reason::ServerSpeaksNoTls) => true,
        Some(Reason::DirectionMissing { .. }) => facts.readable != Readable::Nothing,
        Some(
            Reason::NoSecrets { .. }
            | Reason::NoSecretForThisClientRandom { .. }
            | Reason::LabelMissing { .. }
            | Reason::SecretsOnlyForOneSide { .. }
            | Reason::LineDamaged { .. }
            | Reason::SecretDoesNotFit
            | Reason::ClientHelloLost
            | Reason::ServerHelloLost
            | Reason::HandshakeNotCaptured
            | Reason::PacketsCut
            | Reason::RecordsLost
            | Reason::RecordDamaged
            | Reason::RecordUnfinished
            | Reason::RenegotiationUnread { .. }
            | Reason::CipherNotSupported { .. }
            | Reason::VersionNotSupported { .. }
            | Reason::EncryptedClientHello
            | Reason::SecretsTooLate
            | Reason::HandshakeBroken
            | Reason::HandshakeCutOff
            | Reason::DecryptionLeftOut,
        )
        | None => false,
    }
}
