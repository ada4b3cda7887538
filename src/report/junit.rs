//! A report of tests as CI systems read it (`JUnit` XML): a case for each session and for each attempt that failed, with
//! its findings as a failure and its story as output.
//!
//! The cases are written to a temporary file first, because their number stands before them.

use super::ended::EndedAttempt;
use super::placed::TemporaryFile;
use super::sink::Sink;
use super::text::{Text, TextOptions};
use super::verdict::unread;
use crate::analyzer::{Output, Place, SessionSummary, UpgradeDigest};
use crate::findings::{Finding, Severity};
use crate::model::{Count, SessionId, Timestamp};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufWriter, Seek, Write};
use std::rc::Rc;
use std::time::Duration;

/// Findings that the failure of a case lists; more are counted.
const LISTED: usize = 100;

/// Writes a report of tests.
pub struct JUnit<W: Write> {
    out: W,
    cases: Writer<BufWriter<TemporaryFile>>,
    /// What is worse than this, or as bad, is a failure.
    fails: Severity,
    name: String,
    /// Tells the stories, into `told`.
    stories: Text<CaseBuffer>,
    told: CaseBuffer,
    open: BTreeMap<SessionId, TestCase>,
    /// What is about no session.
    elsewhere: TestCase,
    /// The attempt that failed last: its findings come next.
    ended: EndedAttempt,
    counts: Counts,
}

/// What is told of a session goes here first.
#[derive(Clone, Debug, Default)]
struct CaseBuffer(Rc<RefCell<Vec<u8>>>);

impl Write for CaseBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Counts {
    cases: u64,
    failed: u64,
    /// Of those of which that is known.
    seconds: Option<Duration>,
    first: Option<Timestamp>,
    /// Inputs that could not be read to their end.
    unread_inputs: u64,
}

/// A session or an attempt under way.
#[derive(Debug, Default)]
struct TestCase {
    name: String,
    failures: Vec<Failure>,
    /// Failures beyond those.
    more: u64,
}

#[derive(Debug)]
struct Failure {
    kind: &'static str,
    summary: String,
    advice: &'static [&'static str],
}

impl<W: Write> JUnit<W> {
    /// Writes to `out` at the end. Findings as bad as `fails`, or worse, are failures. The report has this name;
    /// stories are told as `options` say.
    ///
    /// # Errors
    /// There is no temporary file.
    pub fn new(out: W, fails: Severity, name: String, options: TextOptions) -> io::Result<Self> {
        let told = CaseBuffer::default();
        Ok(Self {
            out,
            cases: Writer::new_with_indent(BufWriter::new(TemporaryFile::temporary()?), b' ', 2),
            fails,
            name,
            stories: Text::new(told.clone(), options),
            told,
            open: BTreeMap::new(),
            elsewhere: TestCase { name: "the rest of the capture".to_owned(), ..TestCase::default() },
            ended: EndedAttempt::default(),
            counts: Counts::default(),
        })
    }

    fn case(&mut self, place: &Place) -> &mut TestCase {
        self.open
            .entry(place.session)
            .or_insert_with(|| TestCase { name: name(place), ..TestCase::default() })
    }

    fn finding(&mut self, finding: &Finding) {
        if finding.severity < self.fails {
            return;
        }
        let known = finding.session.and_then(|session| self.open.get_mut(&session));
        let case = known.unwrap_or(&mut self.elsewhere);
        if case.failures.len() < LISTED {
            let summary = format!("packet {}: {}", finding.stamp.packet, finding.summary);
            let advice = finding.id.entry().advice;
            case.failures.push(Failure { kind: finding.id.name(), summary, advice });
        } else {
            case.more += 1;
        }
    }

    /// Writes a case that is over.
    fn end(&mut self, case: &TestCase, lasted: Option<Duration>) -> io::Result<()> {
        let story = std::mem::take(&mut *self.told.0.borrow_mut());
        let seconds = lasted.map(in_seconds);
        self.counts.cases += 1;
        self.counts.failed += u64::from(!case.failures.is_empty());
        if let Some(lasted) = lasted {
            *self.counts.seconds.get_or_insert_default() += lasted;
        }
        let mut attributes = vec![("name", case.name.as_str()), ("classname", self.name.as_str())];
        attributes.extend(seconds.as_deref().map(|seconds| ("time", seconds)));
        self.cases.write_event(Event::Start(start("testcase", &attributes)))?;
        self.failure(case)?;
        if !story.is_empty() {
            self.cases.write_event(Event::Start(BytesStart::new("system-out")))?;
            self.text(&String::from_utf8_lossy(&story))?;
            self.cases.write_event(Event::End(BytesEnd::new("system-out")))?;
        }
        self.cases.write_event(Event::End(BytesEnd::new("testcase")))
    }

    /// Writes the failure of a case, if it has one, with all that is wrong: of several failures Jenkins and others show the first.
    fn failure(&mut self, case: &TestCase) -> io::Result<()> {
        let Some((first, others)) = case.failures.split_first() else { return Ok(()) };
        let message = match others.len() as u64 + case.more {
            0 => first.summary.clone(),
            more => format!("{} (and {more} more)", first.summary),
        };
        let attributes = [("type", first.kind), ("message", message.as_str())];
        self.cases.write_event(Event::Start(start("failure", &attributes)))?;
        let told = |Failure { kind, summary, advice }: &Failure| {
            format!("{summary}\nWhat to do (wsight explain {kind}):\n{}\n", advice.join("\n"))
        };
        let mut told: Vec<String> = case.failures.iter().map(told).collect();
        if case.more > 0 {
            told.push(format!("{}\n", Count(case.more, "more finding")));
        }
        self.text(&told.join("\n"))?;
        self.cases.write_event(Event::End(BytesEnd::new("failure")))
    }

    /// Writes a case that says that there is more than could be read: without it a damaged capture would pass.
    fn unread(&mut self) -> io::Result<()> {
        self.counts.cases += 1;
        let attributes = [("name", "all inputs can be read"), ("classname", self.name.as_str())];
        self.cases.write_event(Event::Start(start("testcase", &attributes)))?;
        let message = unread(self.counts.unread_inputs);
        let attributes = [("type", "unread-input"), ("message", message.as_str())];
        self.cases.write_event(Event::Empty(start("error", &attributes)))?;
        self.cases.write_event(Event::End(BytesEnd::new("testcase")))
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        self.cases.write_event(Event::Text(BytesText::new(&legal(text))))
    }

    /// What the attempt that failed last had to say was said.
    fn end_failed(&mut self, session: SessionId) -> io::Result<()> {
        match self.open.remove(&session) {
            Some(case) => self.end(&case, None),
            None => Ok(()),
        }
    }

    fn session(&mut self, session: &SessionSummary) -> io::Result<()> {
        let mut case = std::mem::take(self.case(&session.place));
        self.open.remove(&session.place.session);
        case.name.push_str(&url(session.asked.as_deref()));
        self.end(&case, session.duration())
    }
}

/// Seconds with three decimals, as Maven writes them: Jenkins takes no others.
fn in_seconds(lasted: Duration) -> String {
    format!("{:.3}", lasted.as_secs_f64())
}

impl<W: Write> Sink for JUnit<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let ended = self.ended.before(output);
        self.stories.output(output)?;
        if let Some(ended) = ended {
            self.end_failed(ended)?;
        }
        match output {
            Output::Upgrade(place, upgrade) => {
                self.counts.first.get_or_insert(upgrade.first.time);
                let case = self.case(place);
                // That of a session is known at its end, also where it is dark.
                if let Some(request) = upgrade.request.whole().filter(|_| !upgrade.goes_on()) {
                    let host = request.host().map(String::from_utf8_lossy).unwrap_or_default();
                    let url = format!(" {host}{}", request.target);
                    case.name.push_str(&url);
                }
                Ok(())
            }
            Output::Finding(finding) => {
                self.finding(finding);
                Ok(())
            }
            Output::Session(session) => self.session(session),
            Output::Frame(..)
            | Output::Message(..)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::Data(..)
            | Output::Secrets(..) => Ok(()),
            Output::Summary(summary) => {
                self.counts.unread_inputs = summary.unread_inputs;
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.stories.finish()?;
        for case in std::mem::take(&mut self.open).into_values() {
            self.end(&case, None)?;
        }
        let elsewhere = std::mem::take(&mut self.elsewhere);
        let verdict = if elsewhere.failures.is_empty() {
            std::mem::take(&mut *self.told.0.borrow_mut())
        } else {
            self.end(&elsewhere, None)?;
            Vec::new()
        };
        let errors = if self.counts.unread_inputs > 0 {
            self.unread()?;
            "1"
        } else {
            "0"
        };
        let mut whole = Writer::new_with_indent(&mut self.out, b' ', 2);
        whole.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let Counts { cases, failed, seconds, first, unread_inputs: _ } = &self.counts;
        let (cases, failed, seconds) = (cases.to_string(), failed.to_string(), seconds.map(in_seconds));
        let first = first.map(|time| time.to_string());
        let mut attributes = vec![
            ("name", self.name.as_str()),
            ("tests", cases.as_str()),
            ("failures", failed.as_str()),
            ("errors", errors),
        ];
        attributes.extend(seconds.as_deref().map(|seconds| ("time", seconds)));
        whole.write_event(Event::Start(start("testsuites", &attributes)))?;
        attributes.push(("skipped", "0"));
        attributes.extend(first.as_deref().map(|first| ("timestamp", first)));
        whole.write_event(Event::Start(start("testsuite", &attributes)))?;
        let cases = self.cases.get_mut();
        cases.flush()?;
        let mut cases = cases.get_ref().get_ref();
        cases.rewind()?;
        whole.get_mut().write_all(b"\n")?;
        io::copy(&mut cases, whole.get_mut())?;
        if !verdict.is_empty() {
            whole.write_event(Event::Start(BytesStart::new("system-out")))?;
            whole.write_event(Event::Text(BytesText::new(&legal(&String::from_utf8_lossy(&verdict)))))?;
            whole.write_event(Event::End(BytesEnd::new("system-out")))?;
        }
        whole.write_event(Event::End(BytesEnd::new("testsuite")))?;
        whole.write_event(Event::End(BytesEnd::new("testsuites")))?;
        whole.get_mut().write_all(b"\n")?;
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> fmt::Debug for JUnit<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JUnit").field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// `session 3: 10.0.0.7:51234 to 10.0.0.1:80`
fn name(place: &Place) -> String {
    format!("session {}: {} to {}", place.session, place.addresses.client, place.addresses.server)
}

/// The URL of a session, with a space before it.
fn url(asked: Option<&UpgradeDigest>) -> String {
    let Some(UpgradeDigest { target, host, .. }) = asked else { return String::new() };
    format!(" {}{}", host.as_deref().unwrap_or_default(), target.as_deref().unwrap_or_default())
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, legal(value).as_str()));
    }
    start
}

/// The text without characters that XML cannot hold (XML 1.0 §2.2): they are written as `\u{…}`.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut legal = String::with_capacity(text.len());
    for c in text.chars() {
        if is_legal(c) { legal.push(c) } else { legal.extend(c.escape_unicode()) }
    }
    legal
}
