//! Opens standard output for the format that was asked for.

use super::args::{Analyze, Color, Format};
use super::extract::Extract;
use super::noting::WorstSeverity;
use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use std::io::{self, BufWriter, IsTerminal, LineWriter, Write};
use wsight::filter::Filter;
use wsight::model::Limits;
use wsight::report::{
    self, Figures, Inputs, JsonLines, Kinds, Look, OneLine, Only, Payload, SessionEnds, Sink, Text,
    TextOptions,
};

/// What to print.
pub(super) struct Chosen {
    pub(super) filter: Filter,
    /// What a first reading showed.
    pub(super) ends: Option<SessionEnds>,
}

/// What becomes of outputs.
pub(super) struct To<'a> {
    pub(super) medium: Medium,
    /// What of them to print.
    pub(super) chosen: Option<Chosen>,
    /// Notes what to save.
    pub(super) extract: Option<&'a Extract>,
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
) -> Box<dyn Sink> {
    let look = look(color);
    let out = writer(look, bar);
    let payload = Payload::from(args.payload);
    let kinds = if args.only.is_empty() { Kinds::ALL } else { args.only.iter().copied().collect() };
    // Packets of all interfaces are numbered together.
    let To { medium, chosen, extract } = to;
    let is_stored = medium == Medium::Stored;
    let inputs = Inputs(if is_stored { inputs.to_vec() } else { Vec::new() });
    let names = inputs.clone();
    let text = |out, inputs| {
        let (at_once, zone) = (!is_stored, args.times.zone());
        let options = TextOptions { look, payload, kinds, inputs, at_once, zone, ..TextOptions::new(limits) };
        Box::new(Text::new(out, options))
    };
    let sink: Box<dyn Sink> = match args.format {
        Some(Format::Json) => Box::new(Only::new(kinds, JsonLines::new(out, payload, inputs))),
        Some(Format::Summary) => Box::new(Figures::new(out, look, inputs).in_zone(args.times.zone())),
        _ if args.oneline => Box::new(OneLine::new(out, look, payload, kinds).in_zone(args.times.zone())),
        Some(Format::Text) | None => text(out, inputs),
        // The terminal UI prints nothing.
        #[cfg(feature = "tui")]
        Some(Format::Tui) => text(out, inputs),
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
    let sink: Box<dyn Sink> = match chosen {
        None => sink,
        Some(Chosen { filter, ends: None }) => Box::new(report::Chosen::new(&filter, names, sink)),
        Some(Chosen { filter, ends: Some(ends) }) => {
            Box::new(report::Chosen::new(&filter, names, sink).after(ends))
        }
    };
    match extract {
        Some(extract) => extract.all(sink),
        None => sink,
    }
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
    const PIECE: usize = 64 << 10;
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    // Old consoles of Windows want calls instead of escape sequences; elsewhere this adds nothing.
    let out: Box<dyn Write> =
        if look.color { Box::new(AutoStream::new(stdout, ColorChoice::Always)) } else { Box::new(stdout) };
    if is_terminal {
        Box::new(LineWriter::with_capacity(PIECE, BesideProgressBar { out, bar: bar.clone() }))
    } else {
        Box::new(BufWriter::with_capacity(PIECE, out))
    }
}

/// Writes while the progress bar is off the screen.
struct BesideProgressBar {
    out: Box<dyn Write>,
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
