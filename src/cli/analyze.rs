//! Packets in, report out.

use super::args::{Analyze, Color, Format, HowMuch, STDOUT};
use super::choice;
use super::destination::Destination;
use super::extract::Extract;
use super::inputs::{CommandInputs, StoredCaptures};
use super::keys::KeySources;
#[cfg(feature = "live")]
use super::live::{self, Watched, Writable};
use super::noting::WorstSeverity;
use super::output::{self, Medium, OutputFilter, To};
use super::progress::ProgressMeter;
use super::redacting::{ChangedMessages, Redacting};
use super::signals;
use super::status::{ExitStatus, complain, or_complain};
use crate::analyzer::{Analyzer, Config, Output, Summary};
use crate::capture::{CaptureError, Input, Progress, Source};
use crate::filter::Filter;
use crate::model::{Escaped, Limits, Stamp, Timestamp};
use crate::pipeline::{Fed, Overlaps, Pipeline, Whole, feed};
use crate::redact::SharedNames;
use crate::report::{self, InputNames, Payload, SessionEnds, Sink};
use crate::tls::Secret;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Analyzes the files of the command line, or what is captured live.
///
/// # Errors
/// The output cannot be written.
pub(super) fn analyze(args: &Analyze, color: Color) -> io::Result<ExitStatus> {
    if args.redact {
        complain(STAYS);
    }
    #[cfg(feature = "live")]
    if !args.live.interface.is_empty() {
        return capture(args, color);
    }
    let (limits, overlaps) = (limits(args), Overlaps::default());
    let asked = CommandInputs::of(args).and_then(|captures| {
        let stored = captures.open(&limits, &overlaps)?;
        Ok((stored, captures, choice::filter(&args.choice, &args.times.zone())?))
    });
    let Some((stored, captures, filter)) = or_complain(asked) else { return Ok(ExitStatus::Unable) };
    let inputs = &captures.inputs;
    if inputs.is_empty() {
        complain(hint(io::stdin().is_terminal()));
        return Ok(ExitStatus::Unable);
    }
    remark(args, &captures);
    let extract = args.write.as_deref().map(|path| Extract::create(path, args, inputs)).transpose();
    let Some(extract) = or_complain(extract) else { return Ok(ExitStatus::Unable) };
    let Some(destination) = or_complain(Destination::create(args, output::kinds(args), inputs)) else {
        return Ok(ExitStatus::Unable);
    };
    let mut unfinished = destination.unfinished();
    unfinished.files.extend(extract.as_ref().and_then(Extract::unfinished));
    let is_awaited = args.follow || inputs.iter().any(Input::is_pipe);
    let is_over = if is_awaited {
        Some(signals::interrupted(unfinished)?)
    } else {
        signals::remove_if_ended(unfinished)?;
        None
    };
    let names: Vec<String> = inputs.iter().map(ToString::to_string).collect();
    let Some(keys) = KeySources::find(args, inputs, &mut complain) else { return Ok(ExitStatus::Unable) };
    let config = config(args, &keys, inputs);
    let mut chosen = filter.map(|filter| OutputFilter { filter, ends: None });
    if let Some(chosen) = chosen.as_mut().filter(|chosen| report::needs_the_end(&chosen.filter)) {
        if is_awaited || inputs.contains(&Input::Stdin) {
            complain(AT_THE_END);
        } else {
            let Ok(stored) = captures.open(&limits, &Overlaps::default()) else {
                return Ok(ExitStatus::Unable);
            };
            chosen.ends = Some(first_reading(args, stored, config.clone(), &chosen.filter, &names)?);
        }
    }

    let redacting = redacting(args, &limits, &keys);
    let to = To {
        medium: Medium::Stored,
        captures: inputs.clone(),
        chosen,
        extract: extract.as_ref(),
        destination,
        redacting: redacting.clone(),
        #[cfg(feature = "otlp")]
        spans: None,
    };
    let work = AnalysisRun::new(args, color, names, config, to)?;
    if !is_awaited {
        let ending = match stored {
            StoredCaptures::All(files) => work.all(files),
            StoredCaptures::Some(sifted) => work.all(sifted),
        }?;
        captures.shared(&overlaps).into_iter().for_each(complain);
        let Some(extract) = extract else { return Ok(ending) };
        let saved = extract.save(&captures, &keys.secrets, &limits, redacting.as_ref());
        complain(saved.as_ref().unwrap_or_else(|error| error));
        return Ok(if saved.is_ok() { ending } else { ExitStatus::Unable });
    }
    let mut stored = stored;
    let is_over = is_over.unwrap_or_default();
    if args.follow {
        stored.follow(Arc::clone(&is_over));
    }
    stored.pause_after(LAST_WORDS);
    let mut stored = keys.follow(stored);
    let mut work = Awaited::new(work, AwaitedFrom::Pipe);
    while !work.is_enough() && work.step(&mut stored)? {
        // The writer of a pipe was interrupted by the same key: what it still has to say is read.
        if work.is_quiet && is_over.load(Ordering::Relaxed) {
            break;
        }
    }
    let ending = work.finish()?;
    captures.shared(&overlaps).into_iter().for_each(complain);
    Ok(ending)
}

/// Says what is noteworthy about the inputs before they are read.
fn remark(args: &Analyze, captures: &CommandInputs) {
    captures.remarks.iter().for_each(complain);
    if let Some(Input::File(path)) = captures.inputs.last().filter(|_| args.follow)
        && !path.exists()
    {
        let name = Escaped(path.as_os_str().as_encoded_bytes());
        complain(format_args!("{name}: not there yet; waiting for it"));
    }
    let hints = [captures.repeated(), captures.numbering().map(str::to_owned), choice::slashes(&args.choice)];
    hints.into_iter().flatten().for_each(complain);
}

/// Analyzes what is captured live.
#[cfg(feature = "live")]
fn capture(args: &Analyze, color: Color) -> io::Result<ExitStatus> {
    let Some(filter) = or_complain(choice::filter(&args.choice, &args.times.zone())) else {
        return Ok(ExitStatus::Unable);
    };
    if filter.as_ref().is_some_and(report::needs_the_end) {
        complain(AT_THE_END);
    }
    let chosen = filter.map(|filter| OutputFilter { filter, ends: None });
    let Some(keys) = KeySources::find(args, &[], &mut complain) else { return Ok(ExitStatus::Unable) };
    let config = config(args, &keys, &[]);
    let output = || {
        let destination = Destination::create(args, output::kinds(args), &[])?;
        let folders = destination.folder().map(Path::to_owned).into_iter().collect();
        let scratch = args.format().is_some_and(Format::keeps_aside).then(std::env::temp_dir);
        Ok((destination, Writable { folders, scratch }))
    };
    let begun = live::prepare(args, &keys, None, output)
        .and_then(|(prepared, destination)| Ok((prepared.start(args, &config.limits)?, destination)));
    let Some(((live, watching), destination)) = or_complain(begun) else { return Ok(ExitStatus::Unable) };
    let mut work = Awaited::new(
        AnalysisRun::new(
            args,
            color,
            args.live.interface.clone(),
            config,
            To {
                medium: Medium::Live,
                captures: Vec::new(),
                chosen,
                extract: None,
                destination,
                redacting: redacting(args, &limits(args), &keys),
                #[cfg(feature = "otlp")]
                spans: watching.gatherer(),
            },
        )?,
        AwaitedFrom::Live,
    );
    work.counting = Some(Box::new(watching.counting()));
    let mut watched = keys.follow(Watched::new(live, args.live.duration));
    watched.source.listen()?;
    live::announce(args);
    let to_the_end = || {
        while work.step(&mut watched)? {
            watched.source.tell_drops_at_times();
            watching.tell_trouble();
        }
        watched.source.tell_drops();
        work.finish()
    };
    let ending = to_the_end();
    watching.finish(ending)
}

/// What is redacted with, if it is.
fn redacting(args: &Analyze, limits: &Limits, keys: &KeySources) -> Option<Redacting> {
    args.redact.then(|| Redacting {
        names: SharedNames::new(limits),
        limits: limits.clone(),
        ports: args.port.clone(),
        secrets: Arc::clone(&keys.secrets),
        changed: ChangedMessages::default(),
    })
}

/// What cannot be redacted, as whoever hands on the output has to know it.
const STAYS: &str = "redacted: addresses, names, header values and payloads; times, ports, lengths, close codes and the \
    structure of messages stay as they were captured, see docs/OUTPUT.md";

/// Once the user has ended it, a pipe is read until nothing has come for this long.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The error if a filter asks for what only the end of a session shows, and the input cannot be read twice.
const AT_THE_END: &str = "the filter asks for a session's duration, close or totals, which are known only \
    at its end: in packets that can be read only once, it can choose sessions, but not their frames and \
    messages";

/// Reads the files for what `filter` has to know of the ends of sessions. What is wrong with them is told by the
/// reading that prints.
pub(super) fn first_reading(
    args: &Analyze,
    stored: StoredCaptures,
    config: Config,
    filter: &Filter,
    names: &[String],
) -> io::Result<SessionEnds> {
    let mut ends = SessionEnds::new(filter, InputNames(names.to_vec()));
    let mut pipeline = stored.pipeline(config, args.count)?;
    while pipeline.step(&mut |output| ends.observe(output)).is_some() {}
    pipeline.finish(&mut |output| ends.observe(output));
    Ok(ends)
}

/// One run: what the analysis tells goes to the report, what it cannot read to standard error.
struct AnalysisRun<'a> {
    args: &'a Analyze,
    config: Config,
    report: Report,
    worst: WorstSeverity,
    meter: ProgressMeter,
    names: Vec<String>,
    sequence: Sequence,
    ending: ExitStatus,
    destination: Destination,
}

impl<'a> AnalysisRun<'a> {
    fn new(
        args: &'a Analyze,
        color: Color,
        names: Vec<String>,
        mut config: Config,
        to: To<'_>,
    ) -> io::Result<Self> {
        if let Some(chosen) = &to.chosen {
            keep_for(&chosen.filter, &mut config);
        }
        let meter = match to.medium {
            Medium::Stored => ProgressMeter::with_end(),
            #[cfg(feature = "live")]
            Medium::Live => ProgressMeter::hidden(),
        };
        let worst = WorstSeverity::default();
        let (sink, destination) = output::sink(args, color, &config.limits, &names, to, &worst, meter.bar())?;
        Ok(Self {
            args,
            config,
            report: Report {
                sink,
                left_out: Progress::default(),
                unread_inputs: 0,
                wrote: false,
                result: Ok(()),
            },
            worst,
            meter,
            names,
            sequence: Sequence::default(),
            ending: ExitStatus::Done,
            destination,
        })
    }

    /// Analyzes all that `files` give, as fast as they can be read.
    fn all(mut self, files: impl Source + Send + 'static) -> io::Result<ExitStatus> {
        let mut pipeline = Pipeline::new(files, self.config.clone(), self.args.count)?;
        while let Some(step) = pipeline.step(&mut |output| self.report.take(output)) {
            self.report.check()?;
            if let Some(stamp) = step.begun {
                self.begins(stamp);
            }
            if let Some(error) = step.fault {
                self.fails(error)?;
            }
            self.report.left_out = step.progress;
            self.meter.look(|| step.progress);
        }
        self.meter.clear();
        pipeline.finish(&mut |output| self.report.take(output));
        self.end()
    }

    /// An input begins with the packet at `stamp`.
    fn begins(&mut self, stamp: Stamp) {
        if let Some(hint) = self.sequence.step_back(stamp, &self.names) {
            self.meter.bar().suspend(|| complain(hint));
        }
    }

    /// An input cannot be read, or not to its end.
    fn fails(&mut self, error: CaptureError) -> io::Result<()> {
        // What was found so far comes first, as it does in the file.
        self.report.sink.flush()?;
        if !error.is_note() {
            self.ending = ExitStatus::Unable;
        }
        self.meter.bar().suspend(|| complain(error));
        Ok(())
    }

    /// Everything has been reported.
    fn end(mut self) -> io::Result<ExitStatus> {
        self.report.check()?;
        self.report.sink.finish()?;
        let unread_inputs = self.report.unread_inputs;
        drop(self.report);
        if self.ending == ExitStatus::Unable && self.sequence.begun.is_none() {
            self.destination.discard().into_iter().for_each(complain);
        } else if let Err(error) = self.destination.keep(unread_inputs) {
            complain(error);
            self.ending = ExitStatus::Unable;
        }
        let is_match = self.args.fail_on.is_some_and(|level| self.worst.severity() >= Some(level));
        // A log of a build has nothing else.
        let output = self.args.output.as_deref().filter(|path| *path != Path::new(STDOUT));
        if let Some((worst, output)) = self.worst.severity().zip(output).filter(|_| is_match) {
            let output = Escaped(output.as_os_str().as_encoded_bytes());
            complain(format_args!("there is a finding of severity {}: see {output}", worst.name()));
        }
        Ok(if self.ending == ExitStatus::Done && is_match { ExitStatus::Matched } else { self.ending })
    }
}

/// How packets come that are waited for.
enum AwaitedFrom {
    /// From a pipe: what they show is handed on at once.
    Pipe,
    /// From an interface, whose clock goes on without them: what they show is handed on when it ticks, and what waits is
    /// looked for now and then.
    #[cfg(feature = "live")]
    Live,
}

impl AwaitedFrom {
    /// Whether the source's clock tells how long nothing came.
    const fn has_clock(&self) -> bool {
        match self {
            Self::Pipe => false,
            #[cfg(feature = "live")]
            Self::Live => true,
        }
    }
}

/// Counts one thing that is told.
#[cfg(feature = "live")]
type Counting = dyn Fn(&Output<'_>);

/// A run that tells what a packet shows before it waits for the next one.
struct Awaited<'a> {
    work: AnalysisRun<'a>,
    analyzer: Analyzer,
    pace: AwaitedFrom,
    packets: u64,
    /// Nothing has come for a while.
    is_quiet: bool,
    /// Counts what is told.
    #[cfg(feature = "live")]
    counting: Option<Box<Counting>>,
}

impl<'a> Awaited<'a> {
    fn new(work: AnalysisRun<'a>, pace: AwaitedFrom) -> Self {
        Self {
            analyzer: Analyzer::new(work.config.clone()),
            work,
            pace,
            packets: 0,
            is_quiet: false,
            #[cfg(feature = "live")]
            counting: None,
        }
    }

    /// Whether there were as many packets as were asked for.
    fn is_enough(&self) -> bool {
        self.work.args.count.is_some_and(|count| self.packets >= count)
    }

    /// Takes the next thing that the source gives. Returns whether there was one.
    fn step(&mut self, source: &mut dyn Source) -> io::Result<bool> {
        let Self { work, analyzer, .. } = self;
        let mut secrets: Vec<(Timestamp, Secret)> = Vec::new();
        #[cfg(feature = "live")]
        let counting = self.counting.as_deref();
        let report = &mut work.report;
        let mut out = |output: &Output<'_>| {
            #[cfg(feature = "live")]
            if let Some(count) = counting {
                count(output);
            }
            if let Output::Secrets(place, lines) = output {
                secrets.push((place.opened.time, (*lines).clone()));
            }
            report.take(output);
        };
        let (mut is_tick, mut is_quiet) = (false, false);
        match feed(source, &mut Whole { analyzer, out: &mut out }) {
            Fed::End => {
                work.report.left_out = source.progress();
                return Ok(false);
            }
            Fed::Packet(stamp) => {
                self.packets += 1;
                work.begins(stamp);
            }
            Fed::Clock(now) => {
                is_tick = true;
                if self.pace.has_clock() {
                    analyzer.tick(now, &mut out);
                }
            }
            Fed::Pause => is_quiet = true,
            Fed::Drops | Fed::Secrets => {}
            Fed::Failed(error) => work.fails(error)?,
        }
        self.is_quiet = is_quiet;
        for (opened, lines) in &secrets {
            source.keep_secrets(lines.bytes(), *opened);
        }
        work.report.check()?;
        if is_tick || matches!(self.pace, AwaitedFrom::Pipe) {
            work.report.hand_on()?;
        }
        work.meter.step(|| source.progress());
        Ok(true)
    }

    /// Nothing follows.
    fn finish(mut self) -> io::Result<ExitStatus> {
        self.work.meter.clear();
        self.analyzer.finish(&mut |output| self.work.report.take(output));
        self.work.end()
    }
}

/// Where the inputs begin, to notice those that are named in the wrong order: a shell sorts the rotated files of
/// `tcpdump -C` as `x`, `x1`, `x10`, `x2`.
#[derive(Debug, Default)]
struct Sequence {
    begun: Option<Stamp>,
    told: bool,
}

impl Sequence {
    /// What to say when the packet at `stamp` is the first of an input that begins before the one in front of it.
    fn step_back(&mut self, stamp: Stamp, names: &[String]) -> Option<String> {
        if self.begun.is_some_and(|begun| begun.file == stamp.file) {
            return None;
        }
        let before = self.begun.replace(stamp)?;
        if stamp.time >= before.time || std::mem::replace(&mut self.told, true) {
            return None;
        }
        let name = |stamp: Stamp| names.get(usize::from(stamp.file.0)).map_or("an input", String::as_str);
        Some(format!(
            "{} begins earlier than {}, which was named before it; name the parts of one capture in order of \
             time",
            name(stamp),
            name(before),
        ))
    }
}

/// Where the analyzer's outputs go.
struct Report {
    sink: Box<dyn Sink>,
    /// Packets that were kept from the analysis, in figures.
    left_out: Progress,
    /// Inputs that could not be read to their end.
    unread_inputs: u64,
    /// Whether there is something that was not handed on.
    wrote: bool,
    result: io::Result<()>,
}

impl Report {
    fn take(&mut self, output: &Output<'_>) {
        self.wrote = true;
        if self.result.is_err() {
            return;
        }
        self.result = if let Output::Summary(summary) = output {
            let Progress { unmatched: unmatched_packets, repeated: repeated_packets, .. } = self.left_out;
            self.unread_inputs = summary.unread_inputs;
            let summary = Summary { unmatched_packets, repeated_packets, ..(*summary).clone() };
            self.sink.output(&Output::Summary(&summary))
        } else {
            self.sink.output(output)
        };
    }

    fn check(&mut self) -> io::Result<()> {
        std::mem::replace(&mut self.result, Ok(()))
    }

    /// Flushes what there is, for those who watch.
    fn hand_on(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.wrote, false) { self.sink.flush() } else { Ok(()) }
    }
}

/// Has whole messages kept, where `filter` looks into them.
pub(super) fn keep_for(filter: &Filter, config: &mut Config) {
    if filter.fields().iter().any(|field| field.path() == "message.text") {
        config.keep = config.limits.message_bytes;
    }
}

pub(super) fn limits(args: &Analyze) -> Limits {
    let mut limits = Limits::default();
    for (limit, value) in &args.limit {
        *limits.of_mut(*limit) = *value;
    }
    limits
}

/// What to look for in `inputs`; where they are live, there are none.
pub(super) fn config(args: &Analyze, keys: &KeySources, inputs: &[Input]) -> Config {
    let limits = limits(args);
    let expecting = keys.expecting(&limits, inputs);
    let keep = match args.payload() {
        _ if args.format() == Some(Format::Summary) => 0,
        HowMuch::None => 0,
        HowMuch::Preview => Payload::PREVIEW as u64,
        HowMuch::Full => limits.message_bytes,
    };
    Config {
        limits,
        server_ports: args.port.clone(),
        server_names: args.choice.host.clone(),
        secrets: Arc::clone(&keys.secrets),
        expecting,
        keep,
        ignore: args.ignore.iter().copied().collect(),
        severity: args.severity.iter().copied().collect(),
        ..Config::default()
    }
}

/// What to do where no file was named. Standard input is not read unasked: a program that silently waits for it looks
/// broken, and scripts run with one that is not a terminal.
pub(super) fn hint(at_terminal: bool) -> &'static str {
    if at_terminal {
        "no capture file given; try `wsight trace.pcapng`, or `wsight --help` for examples"
    } else {
        "no capture file given; to read standard input, use `wsight -`"
    }
}
