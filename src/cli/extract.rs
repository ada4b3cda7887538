//! Saves the connections of what was chosen (`-w` with files).

use super::args::Analyze;
use super::destination::{OtherFiles, OutputFile, WriteOption};
use super::inputs::{CommandInputs, count};
use super::keys::key_logs;
use super::noting::Noting;
use super::redacting::{RedactedCopy, Redacting};
use crate::capture::{Copying, Files, Input, SavedSecrets, keep_private};
use crate::model::{Escaped, Limits};
use crate::pipeline::{Connections, Overlaps};
use crate::report::Sink;
use crate::tls::Secrets;
use std::cell::RefCell;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The file that is written, and what goes there. It comes into being whole, and only if something was chosen.
pub(super) struct Extract {
    path: PathBuf,
    file: OutputFile,
    connections: Rc<RefCell<Connections>>,
    secrets: SavedSecrets,
}

impl Extract {
    /// Opens the file first, so that a problem with it is reported before anything is read.
    ///
    /// # Errors
    /// It cannot be written, is there already, or is one of the files to read: the sentence is for the user.
    pub(super) fn create(path: &Path, args: &Analyze, inputs: &[Input]) -> Result<Self, String> {
        if inputs.iter().any(|input| *input == Input::Stdin || input.is_pipe()) {
            let reason = "-w reads the capture twice, which standard input or a pipe cannot be; save it to a file first";
            return Err(reason.to_owned());
        }
        let others = OtherFiles { captures: inputs, keys: &key_logs(args), packets: None };
        let file = OutputFile::create(path, WriteOption::Packets, args.replace(), others)?;
        Ok(Self { path: path.to_owned(), file, connections: Rc::default(), secrets: args.saved_secrets() })
    }

    /// The file that has to go if the program ends before it is whole.
    pub(super) fn unfinished(&self) -> Option<PathBuf> {
        self.file.unfinished()
    }

    /// Puts a recorder behind the filter: the connections of what `sink` receives are saved.
    pub(super) fn chosen(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        Box::new(Noting { note: Connections::want, notes: Rc::clone(&self.connections), sink })
    }

    /// Puts a recorder before the filter, where it sees every output.
    pub(super) fn all(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        Box::new(Noting { note: Connections::note, notes: Rc::clone(&self.connections), sink })
    }

    /// Saves the packets, redacted if so. Returns what there is to say.
    ///
    /// # Errors
    /// The file cannot be written: the sentence is for the user.
    pub(super) fn save(
        self,
        named: &CommandInputs,
        secrets: &Secrets,
        limits: &Limits,
        redacting: Option<&Redacting>,
    ) -> Result<String, String> {
        let name = match self.path.as_os_str().as_encoded_bytes() {
            b"-" => Escaped(b"standard output"),
            path => Escaped(path),
        };
        let connections = self.connections.borrow();
        if connections.wanted() == 0 {
            return Ok(format!("{name}: not written, as no connection was chosen"));
        }
        let save = || -> io::Result<u64> {
            let mut copying =
                Copying::new(Files::new(named.inputs.clone()), BufWriter::new(self.file.writer()?))?;
            let redacted = redacting.map(|redacting| redacting.learn(&named.inputs));
            if let Some(redacted) = &redacted {
                copying = redacted.through(copying, |_| Ok(Vec::new()));
            }
            // What they open is not there.
            if self.secrets == SavedSecrets::Kept && redacted.is_none() {
                for name in connections.names() {
                    let lines = secrets.lines(name);
                    if !lines.is_empty() {
                        keep_private(&self.file.writer()?);
                        copying.secrets(lines.as_bytes())?;
                    }
                }
            }
            let again = || Ok(Files::new(named.inputs.clone()));
            let sift = || named.sift(limits, &Overlaps::default()).map_err(io::Error::other);
            let packets = connections.copy(copying, again, sift, limits)?;
            redacted.iter().for_each(RedactedCopy::say_what_is_left_out);
            Ok(packets)
        };
        let packets = save().map_err(|error| format!("{name}: packets cannot be saved there: {error}"))?;
        self.file.keep()?;
        let connections = count(connections.wanted() as u64, "connection");
        Ok(format!("{name}: {} of {connections} saved", count(packets, "packet")))
    }
}
