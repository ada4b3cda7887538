//! The inputs of the command line, one after another.

use super::error::CaptureError;
use super::input::Input;
use super::reader::Reader;
use super::source::{Captured, Progress, Source};
use crate::model::FileId;
use std::fs::{self, File};
use std::io::{self, Read, Stdin};
use std::vec;

/// Reads several inputs in turn, each with its own [`FileId`] (its place on the command line, from 0) and packet
/// numbers from 1.
///
/// An input that cannot be read, or not to its end, gives one error; the next call goes on with the next input.
pub struct Files {
    inputs: vec::IntoIter<Input>,
    /// The id of the next input.
    next_id: FileId,
    current: Option<Reader<Opened>>,
    /// Bytes of the inputs that are done with.
    finished: u64,
    total: Option<u64>,
}

enum Opened {
    File(File),
    Stdin(Stdin),
}

impl Read for Opened {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(out),
            Self::Stdin(stdin) => stdin.read(out),
        }
    }
}

impl Files {
    /// Reads `inputs` in this order. Nothing is opened yet.
    pub fn new(inputs: Vec<Input>) -> Self {
        let total = inputs.iter().map(size).sum();
        Self { inputs: inputs.into_iter(), next_id: FileId(0), current: None, finished: 0, total }
    }

    fn open(&mut self, input: &Input) -> Result<Reader<Opened>, CaptureError> {
        let id = self.next_id;
        self.next_id = FileId(id.0.saturating_add(1));
        let name = input.to_string();
        let path = match input {
            Input::Stdin => return Ok(Reader::named(Opened::Stdin(io::stdin()), id, name)),
            Input::File(path) => path,
        };
        // Opening a directory succeeds on some systems, and reading it then fails in words of their own.
        match File::open(path).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((data, _)) if data.is_dir() => Err(CaptureError::Directory { input: name }),
            Ok((_, file)) => Ok(Reader::named(Opened::File(file), id, name)),
            Err(_) if path.is_dir() => Err(CaptureError::Directory { input: name }),
            Err(error) => Err(CaptureError::Open { input: name, error }),
        }
    }

    fn close(&mut self) {
        let read = self.current.take().map_or(0, |reader| reader.read_so_far());
        self.finished = self.finished.saturating_add(read);
    }
}

/// How many bytes an input has, where that can be known. What cannot be opened adds nothing.
fn size(input: &Input) -> Option<u64> {
    match input {
        Input::Stdin => None,
        Input::File(path) => match fs::metadata(path) {
            Ok(data) if data.is_file() => Some(data.len()),
            Ok(data) if !data.is_dir() => None,
            _ => Some(0),
        },
    }
}

impl Source for Files {
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        let waiting = loop {
            let Some(reader) = &mut self.current else {
                let Some(input) = self.inputs.next() else { return Ok(None) };
                self.current = Some(self.open(&input)?);
                continue;
            };
            match reader.find() {
                Ok(Some(waiting)) => break waiting,
                Ok(None) => self.close(),
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        };
        Ok(self.current.as_ref().map(|reader| reader.show(waiting)))
    }

    fn progress(&self) -> Progress {
        let current = self.current.as_ref().map_or(0, Reader::read_so_far);
        Progress { read: self.finished.saturating_add(current), total: self.total }
    }
}
