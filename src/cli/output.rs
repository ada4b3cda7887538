//! Opens what the format that was asked for is written to.

use super::args::{Analyze, Color, Format};
use super::destination::{Destination, OutputFile};
use super::extract::Extract;
use super::noting::WorstSeverity;
use super::redacting::Redacting;
use crate::capture::{Input, OWN_COMMENT, annotate};
use crate::filter::Filter;
use crate::findings::Severity;
use crate::model::Limits;
use crate::report::{
    self, Comments, CsvTables, Figures, Har, Html, InputNames, JUnit, JsonLines, KeptComments, Kinds, Look,
    Named, OneLine, OnlyKinds, ParquetTables, Payload, PlacedWriter, Redacted, SessionEnds, Sink, Text,
    TextOptions,
};
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use std::io::{self, BufWriter, IsTerminal, LineWriter, Write};
#[cfg(feature = "otlp")]
use {super::watching::Gathering, crate::telemetry::SpanGatherer};

/// Bytes that are written at once.
const PIECE: usize = 64 << 10;

/// What to print.
pub(super) struct OutputFilter {
    pub(super) filter: Filter,
    /// What a first reading showed.
    pub(super) ends: Option<SessionEnds>,
}

/// What becomes of outputs.
pub(super) struct To<'a> {
    pub(super) medium: Medium,
    /// The files, for a format that reads them once more.
    pub(super) captures: Vec<Input>,
    /// What of them to print.
    pub(super) chosen: Option<OutputFilter>,
    /// Notes what to save.
    pub(super) extract: Option<&'a Extract>,
    /// Where the output goes.
    pub(super) destination: Destination,
    /// What is redacted with, if it is.
    pub(super) redacting: Option<Redacting>,
    /// What gathers spans, if any are pushed.
    #[cfg(feature = "otlp")]
    pub(super) spans: Option<SpanGatherer>,
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// Files and pipes.
    Stored,
    /// Interfaces.
    #[cfg(feature = "live")]
    Live,
}

/// The types of output that are wanted.
pub(super) fn kinds(args: &Analyze) -> Kinds {
    if args.only.is_empty() { Kinds::ALL } else { args.only.iter().copied().collect() }
}

/// The sink for `args`, which notes the worst finding if someone asks for that. A progress bar that may be on the screen
/// makes way for what is written.
pub(super) fn sink(
    args: &Analyze,
    color: Color,
    limits: &Limits,
    inputs: &[String],
    to: To<'_>,
    worst: &WorstSeverity,
    bar: &ProgressBar,
) -> io::Result<(Box<dyn Sink>, Destination)> {
    let payload = Payload::from(args.payload());
    let kinds = kinds(args);
    // Packets of all interfaces are numbered together.
    let To {
        medium,
        captures,
        chosen,
        extract,
        destination,
        redacting,
        #[cfg(feature = "otlp")]
        spans,
    } = to;
    let (look, out) = open(args, color, &destination, bar)?;
    let is_stored = medium == Medium::Stored;
    let stored = |names: &[String]| InputNames(if is_stored { names.to_vec() } else { Vec::new() });
    // A filter knows files by their names.
    let names = stored(inputs);
    let shown: Vec<String> = if args.redact {
        (1..=inputs.len()).map(|number| format!("input-{number}")).collect()
    } else {
        inputs.to_vec()
    };
    let inputs = stored(&shown);
    let (report_name, all_names) = (shown.join(" "), shown);
    let text = |out, inputs| {
        let (at_once, zone) = (!is_stored, args.times.zone());
        let options = TextOptions { look, payload, kinds, inputs, at_once, zone, ..TextOptions::new(limits) };
        Box::new(Text::new(out, options))
    };
    let sink: Box<dyn Sink> = match args.format() {
        Some(Format::Json) => Box::new(OnlyKinds::new(kinds, JsonLines::new(out, payload, inputs))),
        Some(Format::Summary) => Box::new(Figures::new(out, look, inputs).in_zone(args.times.zone())),
        _ if args.oneline => Box::new(OneLine::new(out, look, payload, kinds).in_zone(args.times.zone())),
        Some(Format::Text) | None => text(out, inputs),
        Some(Format::Junit) => {
            let options = TextOptions { payload, kinds, inputs: inputs.clone(), ..TextOptions::new(limits) };
            let fails = args.fail_on.unwrap_or(Severity::Error);
            Box::new(JUnit::new(out, fails, report_name, options)?)
        }
        Some(Format::Html) => {
            let zone = args.times.zone();
            let options = TextOptions { payload, inputs, zone, ..TextOptions::new(limits) };
            Box::new(Html::new(out, all_names, options)?)
        }
        Some(Format::Pcapng) => {
            let redacting = redacting.clone();
            let secrets = args.saved_secrets();
            let write = move |comments: KeptComments| match redacting {
                None => annotate(&captures, secrets, comments.remark(), &mut |place| comments.of(place), out),
                Some(redacting) => redacting.annotate(&captures, comments, out),
            };
            Box::new(Comments::new(OWN_COMMENT, write)?)
        }
        Some(Format::Har) => Box::new(Har::new(out, payload)?),
        Some(Format::Csv) => {
            Box::new(CsvTables::new(payload, inputs, kinds, |table| destination.table(table))?)
        }
        Some(Format::Parquet) => {
            Box::new(ParquetTables::new(payload, inputs, kinds, |table| destination.table(table))?)
        }
        // The terminal UI prints nothing.
        #[cfg(feature = "tui")]
        Some(Format::Tui) => text(out, inputs),
    };
    // Chosen and redacted like what is printed.
    #[cfg(feature = "otlp")]
    let sink: Box<dyn Sink> = match spans {
        Some(spans) => Box::new(Gathering { spans, sink }),
        None => sink,
    };
    // The one place through which everything goes that a format sees.
    let sink: Box<dyn Sink> = match &redacting {
        Some(redacting) => Box::new(Redacted::new(redacting.names.clone(), sink)),
        None => sink,
    };
    let sink = match extract {
        Some(extract) => extract.chosen(sink),
        None => sink,
    };
    // Behind the filter: what it hides is not judged.
    let sink: Box<dyn Sink> = match args.fail_on {
        Some(_) => worst.noting(sink),
        None => sink,
    };
    let is_filtered = chosen.is_some();
    let sink: Box<dyn Sink> = match chosen {
        None => sink,
        Some(OutputFilter { filter, ends: None }) => Box::new(report::Chosen::new(&filter, names, sink)),
        Some(OutputFilter { filter, ends: Some(ends) }) => {
            Box::new(report::Chosen::new(&filter, names, sink).after(ends))
        }
    };
    let sink = match extract {
        Some(extract) => extract.all(sink),
        None => sink,
    };
    // In front of the filter: neither packets nor pseudonyms depend on it.
    let sink = match &redacting {
        Some(redacting) => redacting.changed.noting(sink),
        None => sink,
    };
    let sink: Box<dyn Sink> = match redacting {
        Some(redacting) if is_filtered => Box::new(Named::new(redacting.names, sink)),
        Some(_) | None => sink,
    };
    Ok((sink, destination))
}

/// What text goes to, and what can be shown there.
fn open(
    args: &Analyze,
    color: Color,
    destination: &Destination,
    bar: &ProgressBar,
) -> io::Result<(Look, Box<dyn Write>)> {
    let plain = Look { color: false, width: None };
    Ok(match destination {
        // Packets go there.
        Destination::Stdout if args.writes_packets_to_stdout() => (plain, Box::new(io::sink())),
        Destination::Stdout | Destination::Folder(_) => (look(color), writer(look(color), bar)),
        Destination::File(file) => (plain, whole(file)?),
    })
}

/// What standard output can show.
pub(super) fn look(color: Color) -> Look {
    let stdout = io::stdout();
    let color = match color {
        Color::Auto => AutoStream::choice(&stdout) != ColorChoice::Never,
        Color::Always => true,
        Color::Never => false,
    };
    let width = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    Look { color, width: width.filter(|_| stdout.is_terminal()) }
}

/// Standard output: in whole lines for a terminal, in large pieces for anything else.
fn writer(look: Look, bar: &ProgressBar) -> Box<dyn Write> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    // Old consoles of Windows want calls instead of escape sequences; elsewhere this adds nothing.
    let out: Box<dyn Write> =
        if look.color { Box::new(AutoStream::new(stdout, ColorChoice::Always)) } else { Box::new(stdout) };
    let out = PlacedWriter::new(out, "standard output: the output cannot be written there".to_owned());
    if is_terminal {
        Box::new(LineWriter::with_capacity(PIECE, BesideProgressBar { out, bar: bar.clone() }))
    } else {
        Box::new(BufWriter::with_capacity(PIECE, out))
    }
}

/// A file, in large pieces.
fn whole(file: &OutputFile) -> io::Result<Box<dyn Write>> {
    Ok(Box::new(BufWriter::with_capacity(PIECE, file.placed_writer()?)))
}

/// Writes while the progress bar is off the screen.
struct BesideProgressBar {
    out: PlacedWriter<Box<dyn Write>>,
    bar: ProgressBar,
}

impl Write for BesideProgressBar {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let out = &mut self.out;
        self.bar.suspend(|| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
