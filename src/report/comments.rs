//! What was found as comments on packets: each finding on the packet that shows it, and how a session went on its first.
//!
//! The words are written to a temporary file. Memory holds 32 bytes for each, as packets have to be asked for in their
//! order.

use super::placed::TemporaryFile;
use super::sink::Sink;
use super::style::sentence;
use super::upgrade::failure;
use super::verdict::unread;
use crate::analyzer::{Output, SessionSummary};
use crate::findings::{Certainty, Finding};
use crate::model::{Count, Escaped, PacketPlace};
use std::fmt;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

/// Collects comments, and hands them to a function at the end.
pub struct Comments<F> {
    /// Those up to now, and the function, until it is called.
    kept: Option<(KeptComments, F)>,
    /// What begins each of them.
    start: &'static str,
}

/// The comments of all packets.
#[derive(Debug)]
pub struct KeptComments {
    file: BufWriter<TemporaryFile>,
    length: u64,
    /// The packet of each, where it begins, and how long it is.
    index: Vec<(PacketPlace, u64, u32)>,
    remark: Option<String>,
}

impl KeptComments {
    fn add(&mut self, place: PacketPlace, words: &str) -> io::Result<()> {
        self.file.write_all(words.as_bytes())?;
        let length = u32::try_from(words.len()).map_err(io::Error::other)?;
        self.index.push((place, self.length, length));
        self.length += u64::from(length);
        Ok(())
    }

    /// What the whole capture is to have for a comment: that an input could not be read to its end.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// Those of a packet, in the order in which they were made.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn of(&self, place: PacketPlace) -> io::Result<Vec<String>> {
        let from = self.index.partition_point(|(known, ..)| *known < place);
        let here = self.index.iter().skip(from).take_while(|(known, ..)| *known == place);
        let mut file = self.file.get_ref().get_ref();
        here.map(|(_, start, length)| {
            file.seek(SeekFrom::Start(*start))?;
            let mut words = String::new();
            file.take(u64::from(*length)).read_to_string(&mut words)?;
            Ok(words)
        })
        .collect()
    }
}

impl<F> Comments<F>
where
    F: FnOnce(KeptComments) -> io::Result<()>,
{
    /// Each comment begins with `start`; `write` gets all of them at the end.
    ///
    /// # Errors
    /// There is no temporary file.
    pub fn new(start: &'static str, write: F) -> io::Result<Self> {
        let file = BufWriter::new(TemporaryFile::temporary()?);
        Ok(Self {
            kept: Some((KeptComments { file, length: 0, index: Vec::new(), remark: None }, write)),
            start,
        })
    }

    fn add(&mut self, place: PacketPlace, words: &str) -> io::Result<()> {
        let Some((kept, _)) = &mut self.kept else { return Ok(()) };
        kept.add(place, &format!("{}{words}", self.start))
    }
}

impl<F> Sink for Comments<F>
where
    F: FnOnce(KeptComments) -> io::Result<()>,
{
    fn output(&mut self, output: &Output<'_>) -> io::Result<()> {
        match output {
            Output::Finding(finding) => self.add(finding.stamp.place(), &of_finding(finding)),
            Output::Session(summary) => self.add(summary.first.place(), &of_session(summary)),
            Output::Upgrade(place, upgrade) => match failure(upgrade).filter(|_| !upgrade.goes_on()) {
                Some(failure) => {
                    self.add(upgrade.first.place(), &format!("session {}: {failure}", place.session))
                }
                None => Ok(()),
            },
            Output::Frame(..)
            | Output::Message(..)
            | Output::Waiting(_)
            | Output::Counted(_)
            | Output::ServerName(..)
            | Output::Dark(..)
            | Output::Tls(..)
            | Output::Secrets(..)
            | Output::Data(..) => Ok(()),
            Output::Summary(summary) => {
                if let Some((kept, _)) = self.kept.as_mut().filter(|_| summary.unread_inputs > 0) {
                    kept.remark = Some(unread(summary.unread_inputs));
                }
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let Some((mut kept, write)) = self.kept.take() else { return Ok(()) };
        kept.file.flush()?;
        kept.index.sort_unstable();
        write(kept)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F> fmt::Debug for Comments<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.as_ref().map(|(kept, _)| kept.index.len());
        f.debug_struct("Comments").field("kept", &kept).finish_non_exhaustive()
    }
}

/// `error pong-mismatch: The server's pong … RFC 6455 §5.5.3`
fn of_finding(finding: &Finding) -> String {
    let doubt = if finding.certainty == Certainty::Tentative { " (tentative)" } else { "" };
    let rfc = finding.id.entry().rfc;
    let words = format!("{} {}{doubt}: {}", finding.severity.name(), finding.id, sentence(&finding.summary));
    if rfc.is_empty() { words } else { format!("{words} {rfc}") }
}

/// `session 3, /chat: 2 findings, the worst an error. The client closed …`
fn of_session(summary: &SessionSummary) -> String {
    let target = summary.asked.as_ref().and_then(|asked| asked.target.as_deref());
    let target = target.map(|target| format!(", {}", Escaped(target.as_bytes()))).unwrap_or_default();
    let found = match summary.worst {
        None => "nothing found".to_owned(),
        Some(worst) => {
            format!("{}, the worst of severity {}", Count(summary.findings, "finding"), worst.name())
        }
    };
    let close = sentence(&summary.close_story.to_string());
    format!("session {}{target}: {found}. {close}", summary.place.session)
}
