//! JSON lines: one object an output, flat, in the fields that docs/OUTPUT.md lists.

use super::dto::{Context, FindingLine, FrameLine, MessageLine, SessionLine, SummaryLine, UpgradeLine};
use super::sink::{Inputs, Payload, Sink};
use crate::analyzer::Output;
use crate::model::is_visible;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
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
        Self { out, context: Context { payload, inputs }, line: Vec::new() }
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

fn write(out: &mut Vec<u8>, line: &impl Serialize) -> io::Result<()> {
    line.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Printable(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// Escapes as `\u….` also what JSON may carry raw and a terminal would obey or hide: the same value, safe to look at.
struct Printable(CompactFormatter);

impl Formatter for Printable {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // JSON has control characters below U+0020 escaped already; DEL is the only other one in ASCII.
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return self.0.write_string_fragment(out, fragment);
        }
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !is_visible(*c)) {
            out.write_all(fragment.get(written..at).unwrap_or_default().as_bytes())?;
            c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))?;
            written = at + c.len_utf8();
        }
        out.write_all(fragment.get(written..).unwrap_or_default().as_bytes())
    }
}
