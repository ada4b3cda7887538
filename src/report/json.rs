//! JSON lines: one object an output, flat, in the fields that docs/OUTPUT.md lists.

use super::dto::{Context, FindingLine, FrameLine, MessageLine, SessionLine, SummaryLine, UpgradeLine};
use super::line::write;
use super::sink::{Inputs, Payload, Sink};
use super::times::Times;
use crate::analyzer::Output;
use std::io::{self, Write};

/// Writes JSON lines.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    context: Context,
    /// The line in the making: many small writes are cheaper into memory.
    line: Vec<u8>,
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W, payload: Payload, inputs: Inputs) -> Self {
        Self { out, context: Context { payload, inputs, times: Times::default() }, line: Vec::new() }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        let (out, context) = (&mut self.line, &self.context);
        out.clear();
        match output {
            Output::Upgrade(place, upgrade) => write(out, &UpgradeLine::new(place, upgrade, context)),
            Output::Frame(place, frame) => write(out, &FrameLine::new(place, frame, context)),
            Output::Message(place, message) => write(out, &MessageLine::new(place, message, context)),
            Output::Finding(finding) => write(out, &FindingLine::new(finding, context)),
            Output::Waiting(finding) => write(out, &FindingLine::of_waiting(finding, context)),
            Output::Session(session) => write(out, &SessionLine::new(session, context)),
            Output::Summary(summary) => write(out, &SummaryLine::new(summary)),
        }?;
        self.out.write_all(&self.line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
