//! Captures in, report out.

use super::args::{Analyze, Color, Format, HowMuch};
use super::output;
use super::progress::Meter;
use super::{Ending, complain};
use std::fs;
use std::io::{self, IsTerminal};
use wsight::analyzer::{Analyzer, Config, Output};
use wsight::capture::{Captured, Files, Input, Source};
use wsight::model::{Limits, Stamp};
use wsight::report::{Payload, Sink};

/// Analyzes the files of the command line.
///
/// # Errors
/// The output cannot be written.
pub(super) fn analyze(args: &Analyze, color: Color) -> io::Result<Ending> {
    if args.files.is_empty() {
        complain(hint(io::stdin().is_terminal()));
        return Ok(Ending::Unable);
    }
    let inputs: Vec<Input> = args.files.iter().map(|file| Input::from_argument(file)).collect();
    let config = config(args);
    let mut meter = Meter::new();
    let mut report = Report {
        sink: output::sink(args, color, &config.limits, &inputs, meter.bar()),
        is_awaited: inputs.contains(&Input::Stdin) && !stdin_is_file(),
        wrote: false,
        result: Ok(()),
    };
    let mut analyzer = Analyzer::new(config);
    let names: Vec<String> = inputs.iter().map(ToString::to_string).collect();
    let mut sequence = Sequence::default();
    let mut files = Files::new(inputs);
    let mut ending = Ending::Done;
    loop {
        match files.next() {
            Ok(None) => break,
            Ok(Some(Captured::Packet(packet))) => {
                if let Some(hint) = sequence.step_back(packet.stamp, &names) {
                    meter.bar().suspend(|| complain(hint));
                }
                analyzer.push(&packet, &mut |output| report.take(output));
            }
            Ok(Some(Captured::Clock(now))) => analyzer.advance_to(now, &mut |output| report.take(output)),
            Ok(Some(Captured::Drops(drops))) => {
                let interface = drops.interface.as_deref();
                analyzer.drops(interface, drops.dropped, drops.stamp, &mut |output| report.take(output));
            }
            Err(error) => {
                // What was found so far comes first, as it does in the file.
                report.sink.flush()?;
                meter.bar().suspend(|| complain(error));
                ending = Ending::Unable;
                analyzer.input_failed();
            }
        }
        report.check()?;
        meter.step(|| files.progress());
    }
    meter.clear();
    analyzer.finish(&mut |output| report.take(output));
    report.check()?;
    report.sink.finish()?;
    if ending == Ending::Done && args.fail_on.is_some_and(|level| analyzer.worst() >= Some(level)) {
        ending = Ending::Matched;
    }
    Ok(ending)
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
        let begun = self.begun.filter(|begun| begun.file == stamp.file);
        let before = self.begun.replace(begun.unwrap_or(stamp)).filter(|_| begun.is_none())?;
        if stamp.time >= before.time || std::mem::replace(&mut self.told, true) {
            return None;
        }
        let name = |stamp: Stamp| names.get(usize::from(stamp.file.0)).map_or("an input", String::as_str);
        Some(format!(
            "{} begins earlier than {}, which is named before it; if they are parts of one capture, name them in order of \
             time",
            name(stamp),
            name(before),
        ))
    }
}

/// Where the analyzer's outputs go.
struct Report {
    sink: Box<dyn Sink>,
    /// Packets come as they happen, so what they show is handed on at once.
    is_awaited: bool,
    wrote: bool,
    result: io::Result<()>,
}

impl Report {
    fn take(&mut self, output: &Output<'_>) {
        self.wrote = true;
        if self.result.is_ok() {
            self.result = self.sink.output(output);
        }
    }

    fn check(&mut self) -> io::Result<()> {
        if !self.wrote {
            return Ok(());
        }
        self.wrote = false;
        std::mem::replace(&mut self.result, Ok(()))?;
        if self.is_awaited { self.sink.flush() } else { Ok(()) }
    }
}

pub(super) fn config(args: &Analyze) -> Config {
    let mut limits = Limits::default();
    for (name, value) in &args.limit {
        // The command line took only names that exist.
        let _ = limits.set(name, *value);
    }
    let keep = match (args.format, args.payload) {
        (Some(Format::Summary), _) | (_, HowMuch::None) => 0,
        (_, HowMuch::Preview) => Payload::PREVIEW as u64,
        (_, HowMuch::Full) => limits.message_bytes,
    };
    Config {
        limits,
        server_ports: args.port.clone(),
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
        "no capture named; try `wsight trace.pcapng`, or `wsight --help` for examples"
    } else {
        "no capture named; to read it from standard input say so: `wsight -`"
    }
}

/// Whether standard input is a file, which waits for nobody.
fn stdin_is_file() -> bool {
    fs::metadata("/dev/stdin").is_ok_and(|data| data.is_file())
}
