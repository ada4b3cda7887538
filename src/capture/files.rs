//! The inputs of the command line, one after another.

use super::error::CaptureError;
use super::growing::{GrowingFile, LOOK, Succession};
use super::input::Input;
use super::kept::{Copier, Keeper, PositionedFile};
use super::reader::{PendingRecord, Reader};
use super::source::{Progress, Source};

use crate::model::{Captured, FileId, Packet, Timestamp};
use std::fs::{self, File};
use std::io::{self, Read, Stdin};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;
use std::vec;

/// Reads several inputs in turn, each with its own [`FileId`] (its place on the command line, from 0) and packet
/// numbers from 1.
///
/// An input that cannot be read, or not to its end, gives one error; the next call continues with the next input.
pub struct Files {
    inputs: vec::IntoIter<FileSource>,
    /// The id of the next input.
    next_id: FileId,
    current: Option<Reader<OpenInput>>,
    /// Bytes of the inputs that are done with.
    finished: u64,
    total: Option<u64>,
    /// Makes them readable a second time.
    keeper: Option<Arc<Keeper>>,
    /// How long to wait for bytes before saying that there are none yet.
    patience: Option<Duration>,
    /// The last one grows until this is set.
    is_over: Option<Arc<AtomicBool>>,
    /// The one that grows, while it is read.
    growing: Option<Growing>,
    /// What became of it, until that is told.
    rotated: Option<CaptureError>,
}

/// A file that grows, and what has become of it.
struct Growing {
    id: FileId,
    path: PathBuf,
    rotation: Arc<OnceLock<Succession>>,
}

/// Where to read from.
enum FileSource {
    Input(Input),
    /// What was read before.
    Again {
        id: FileId,
        name: String,
        at: PositionedFile,
    },
}

enum OpenInput {
    File(File),
    Growing(GrowingFile),
    Stdin(Stdin),
    Again(PositionedFile),
}

impl Read for OpenInput {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(out),
            Self::Growing(file) => file.read(out),
            Self::Stdin(stdin) => stdin.read(out),
            Self::Again(at) => at.read(out),
        }
    }
}

impl Files {
    /// Reads `inputs` in this order. Nothing is opened yet.
    pub fn new(inputs: Vec<Input>) -> Self {
        Self::of(inputs, None)
    }

    /// Reads the inputs in turn, and keeps them so that they can be read again.
    pub(super) fn kept(inputs: Vec<Input>, keeper: Arc<Keeper>) -> Self {
        Self::of(inputs, Some(keeper))
    }

    fn of(inputs: Vec<Input>, keeper: Option<Arc<Keeper>>) -> Self {
        let total = inputs.iter().map(size).sum();
        Self::from_sources(inputs.into_iter().map(FileSource::Input).collect(), total, keeper)
    }

    fn from_sources(sources: Vec<FileSource>, total: Option<u64>, keeper: Option<Arc<Keeper>>) -> Self {
        Self {
            inputs: sources.into_iter(),
            next_id: FileId(0),
            current: None,
            finished: 0,
            total,
            keeper,
            patience: None,
            is_over: None,
            growing: None,
            rotated: None,
        }
    }

    /// Waits for more where the last input ends, if it is a file, until `is_over` is set.
    pub fn follow(&mut self, is_over: Arc<AtomicBool>) {
        self.is_over = Some(is_over);
        self.total = None;
    }

    /// Reads what was read before.
    pub(super) fn again(kept: Vec<(FileId, String, PositionedFile)>) -> Self {
        let total = Some(kept.iter().map(|(_, _, at)| at.length()).sum());
        let again = |(id, name, at)| FileSource::Again { id, name, at };
        Self::from_sources(kept.into_iter().map(again).collect(), total, None)
    }

    fn open(&mut self, origin: FileSource) -> Result<Reader<OpenInput>, CaptureError> {
        let input = match origin {
            FileSource::Input(input) => input,
            // Not ahead: of a copy that grows, the bytes are taken that are there when they are needed.
            FileSource::Again { id, name, at } => return Ok(Reader::named(OpenInput::Again(at), id, name)),
        };
        let id = self.next_id;
        self.next_id = FileId(id.0.saturating_add(1));
        let name = input.to_string();
        let path = match input {
            Input::Stdin => return self.reader(OpenInput::Stdin(io::stdin()), id, name, false),
            Input::File(path) => path,
        };
        // Opening a directory succeeds on some systems, and reading it then fails in words of their own.
        match self.opened(&path).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((data, _)) if data.is_dir() => Err(CaptureError::Directory { input: name }),
            Ok((data, file)) => {
                let is_file = data.is_file();
                let stays = match (&self.keeper, is_file) {
                    (Some(keeper), true) => file.try_clone().and_then(|file| keeper.keep_in_place(id, file)),
                    _ => Ok(()),
                };
                let is_last = self.inputs.as_slice().is_empty();
                let opened = match self.is_over.as_ref().filter(|_| is_last && is_file) {
                    Some(is_over) => {
                        let rotation = Arc::<OnceLock<Succession>>::default();
                        let told = Arc::clone(&rotation);
                        self.growing = Some(Growing { id, path: path.clone(), rotation });
                        OpenInput::Growing(GrowingFile::new(file, path, Arc::clone(is_over), told))
                    }
                    None => OpenInput::File(file),
                };
                match stays {
                    Ok(()) => self.reader(opened, id, name, is_file),
                    Err(error) => Err(CaptureError::Open { input: name, error }),
                }
            }
            Err(_) if path.is_dir() => Err(CaptureError::Directory { input: name }),
            Err(error) => Err(CaptureError::Open { input: name, error }),
        }
    }

    /// Opens a file. The last one that is followed need not be there yet: its writer may begin later.
    fn opened(&self, path: &Path) -> io::Result<File> {
        let is_last = self.inputs.as_slice().is_empty();
        let followed = self.is_over.as_ref().filter(|_| is_last);
        loop {
            match (File::open(path), followed) {
                (Err(error), Some(is_over))
                    if error.kind() == io::ErrorKind::NotFound && !is_over.load(Ordering::Relaxed) =>
                {
                    thread::sleep(LOOK);
                }
                (opened, _) => return opened,
            }
        }
    }

    /// A reader whose bytes are copied where they are kept for another reading.
    fn reader(
        &self,
        opened: OpenInput,
        id: FileId,
        name: String,
        is_file: bool,
    ) -> Result<Reader<OpenInput>, CaptureError> {
        let input = name.clone();
        // Any other file always has its next bytes.
        let is_awaited = !is_file || matches!(opened, OpenInput::Growing(_));
        let mut reader =
            Reader::ahead(opened, id, name).map_err(|error| CaptureError::Open { input, error })?;
        if let Some(silence) = self.patience.filter(|_| is_awaited) {
            reader.pause_after(silence);
        }
        if let Some(keeper) = &self.keeper {
            reader.copy_to(Copier::new(Arc::clone(keeper), id, is_file));
        }
        Ok(reader)
    }

    /// Finds the next record, in the next inputs if this one has no more.
    #[inline(never)]
    pub(super) fn find(&mut self) -> Result<Option<PendingRecord>, CaptureError> {
        loop {
            let Some(reader) = &mut self.current else {
                if let Some(rotated) = self.rotated.take() {
                    return Err(rotated);
                }
                let Some(input) = self.inputs.next() else { return Ok(None) };
                self.current = Some(self.open(input)?);
                continue;
            };
            match reader.find() {
                Ok(Some(waiting)) => return Ok(Some(waiting)),
                Ok(None) => self.close(),
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
    }

    /// Finds the next record that is not a packet, or the next packet that is wanted.
    pub(super) fn find_where(
        &mut self,
        wants: &mut dyn FnMut(&Packet<'_>) -> Result<bool, String>,
    ) -> Result<Option<PendingRecord>, CaptureError> {
        while let Some(waiting) = self.find()? {
            let (PendingRecord::Packet(found), Some(reader)) = (&waiting, &self.current) else {
                return Ok(Some(waiting));
            };
            match wants(&reader.packet(*found)) {
                Ok(true) => return Ok(Some(waiting)),
                Ok(false) => {}
                Err(reason) => {
                    let error = reader.unsifted(reason);
                    self.close();
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// What reads the input that the last record was found in.
    pub(super) fn current(&self) -> Option<&Reader<impl Read + use<>>> {
        self.current.as_ref()
    }

    /// What was found, borrowed from the buffer.
    pub(super) fn show(&self, waiting: PendingRecord) -> Option<Captured<'_>> {
        self.current.as_ref().map(|reader| reader.show(waiting))
    }

    fn close(&mut self) {
        let read = self.current.take().map_or(0, |reader| reader.read_so_far());
        self.finished = self.finished.saturating_add(read);
        self.go_on();
    }

    /// Where the file that grew has a successor, that is read next.
    fn go_on(&mut self) {
        let Some(Growing { id, path, rotation }) = self.growing.take() else { return };
        let Some(rotation) = rotation.get().copied() else { return };
        if let (Some(keeper), Succession::Emptied) = (&self.keeper, rotation) {
            keeper.forget(id);
        }
        let input = Input::File(path);
        self.rotated = Some(CaptureError::Rotated { input: input.to_string(), rotation });
        self.inputs = vec![FileSource::Input(input)].into_iter();
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

/// The time of an input's first packet, where it can be looked at without using it up.
pub fn begins(input: &Input) -> Option<Timestamp> {
    let Input::File(path) = input else { return None };
    // To open a pipe would wait for its writer, and take what it writes.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    first_time(path).ok()?
}

/// The time of the first packet in the file at `path`; `None` where it is a capture without packets.
///
/// # Errors
/// It cannot be read so far, or is no capture.
pub fn first_time(path: &Path) -> Result<Option<Timestamp>, CaptureError> {
    let name = Input::File(path.to_owned()).to_string();
    let file = File::open(path).map_err(|error| CaptureError::Open { input: name.clone(), error })?;
    let mut reader = Reader::named(file, FileId::default(), name);
    loop {
        match reader.next()? {
            None => return Ok(None),
            Some(Captured::Packet(packet)) => return Ok(Some(packet.stamp.time)),
            Some(Captured::Drops(_) | Captured::Clock(_) | Captured::Secrets(_) | Captured::Pause) => {}
        }
    }
}

impl Source for Files {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what is read of a packet then stays in registers")]
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError> {
        if let Some(found) = self.current.as_mut().and_then(Reader::at_hand) {
            return Ok(self.current.as_ref().map(|reader| Captured::Packet(reader.packet(found))));
        }
        let Some(waiting) = self.find()? else { return Ok(None) };
        Ok(self.show(waiting))
    }

    fn pause_after(&mut self, silence: Duration) {
        self.patience = Some(silence);
    }

    fn progress(&self) -> Progress {
        let current = self.current.as_ref().map_or(0, Reader::read_so_far);
        Progress { read: self.finished.saturating_add(current), total: self.total, ..Progress::default() }
    }
}
