//! The capture in figures, for people: what was there, what was found, how it ended.

use super::sink::{InputNames, Sink};
use super::style::{Look, STRONG};
use super::verdict::Verdict;
use crate::analyzer::{Output, Summary};
use crate::model::{Count, Thousands, Zone};
use std::fmt::{self, Write as _};
use std::io::{self, Write};

/// Writes the capture in figures.
#[derive(Debug)]
pub struct Figures<W> {
    out: W,
    look: Look,
    inputs: InputNames,
    verdict: Verdict,
    zone: Zone,
}

impl<W: Write> Figures<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look, inputs: InputNames) -> Self {
        Self { out, look, inputs, verdict: Verdict::default(), zone: Zone::UTC }
    }

    /// The same with times in this zone.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    #[cold]
    fn write(&mut self, summary: &Summary) -> io::Result<()> {
        let text = self.text(summary).map_err(io::Error::other)?;
        self.out.write_all(text.as_bytes())
    }

    fn text(&self, summary: &Summary) -> Result<String, fmt::Error> {
        let mut out = String::new();
        let look = self.look;
        if let Some((first, last)) = summary.span {
            writeln!(out, "{}", look.paint(STRONG, "Capture"))?;
            writeln!(out, "  from {}", self.zone.rfc3339(first.time))?;
            writeln!(out, "  to   {}", self.zone.rfc3339(last.time))?;
            let (packets, bytes) = (Count(summary.packets, "packet"), Count(summary.bytes, "byte"));
            writeln!(out, "  {packets}, {bytes}, {}", Count(summary.connections, "TCP connection"))?;
            if summary.left_out.is_some() {
                writeln!(
                    out,
                    "  The figures of upgrades, frames and messages are of what the filter chose."
                )?;
            }
        }
        let skipped = summary.skipped.iter().map(|(reason, count)| (reason.name().to_owned(), *count));
        write_table(&mut out, "Packets without a TCP segment", skipped, look)?;
        let upgrades = summary.upgrades.iter().map(|(outcome, count)| (outcome.name().to_owned(), *count));
        write_table(&mut out, "Upgrades", upgrades, look)?;
        let frames = summary.frames.iter().map(|(opcode, count)| (opcode.to_string(), *count));
        write_table(&mut out, "Frames", frames, look)?;
        if summary.messages > 0 {
            let rows = [
                ("messages".to_owned(), summary.messages),
                ("bytes of payload".to_owned(), summary.payload_bytes),
            ];
            write_table(&mut out, "Messages", rows.into_iter(), look)?;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        self.verdict.write(&mut out, summary, &self.inputs, look)?;
        Ok(out)
    }
}

fn write_table(
    out: &mut String,
    title: &str,
    rows: impl Iterator<Item = (String, u64)>,
    look: Look,
) -> fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_some() {
        writeln!(out, "{}", look.paint(STRONG, title))?;
    }
    rows.try_for_each(|(name, count)| writeln!(out, "  {:>15}  {name}", Thousands(count)))
}

impl<W: Write> Sink for Figures<W> {
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        self.verdict.output(output);
        if let Output::Summary(summary) = output {
            self.write(summary)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
