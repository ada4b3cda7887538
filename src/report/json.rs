//! JSON lines: one object an output, flat, in the fields that docs/OUTPUT.md lists.

use super::dto::{
    FindingLine, FrameLine, LineContext, MessageLine, SessionLine, SummaryLine, TlsLine, UpgradeLine,
};
use super::line::Line;
use super::sink::{InputNames, Payload, Sink};
use super::times::Times;
use crate::analyzer::Output;
use std::io::{self, Write};

/// Writes JSON lines.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    context: LineContext,
    /// The line in the making: many small writes are cheaper into memory.
    line: Line,
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W, payload: Payload, inputs: InputNames) -> Self {
        Self { out, context: LineContext { payload, inputs, times: Times::default() }, line: Line::default() }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let (line, context) = (&mut self.line, &self.context);
        match output {
            Output::Counted(_) | Output::ServerName(..) | Output::Secrets(..) | Output::Data(..) => {
                return Ok(());
            }
            Output::Upgrade(place, upgrade) => line.set(&UpgradeLine::new(place, upgrade, context)),
            Output::Dark(place, facts) => line.set(&TlsLine::of_dark(place, facts, context)),
            Output::Tls(place, facts) => line.set(&TlsLine::new(place, facts, context)),
            Output::Frame(place, frame) => line.set(&FrameLine::new(place, frame, context)),
            Output::Message(place, message) => line.set(&MessageLine::new(place, message, context)),
            Output::Finding(finding) => line.set(&FindingLine::new(finding, context)),
            Output::Waiting(finding) => line.set(&FindingLine::of_waiting(finding, context)),
            Output::Session(session) => line.set(&SessionLine::new(session, context)),
            Output::Summary(summary) => line.set(&SummaryLine::new(summary)),
        }?;
        self.out.write_all(self.line.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
