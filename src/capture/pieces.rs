//! The bytes of an input in pieces as they come: read where they are needed, or ahead on a thread of their own.

use super::compression::Compression;
use super::record::ReadFault;
use super::tap::TapMeter;
use super::unpack::Unpacked;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;

/// How much is asked of the system at once: enough to make calls rare, little enough to stay in the cache.
const STEP: usize = 256 << 10;

/// Pieces that may wait to be looked at.
const AHEAD: usize = 2;

/// Some bytes of the stream, with room before them.
#[derive(Debug)]
pub(super) struct Piece {
    /// [`Piece::ROOM`] bytes of no meaning, then those of the piece up to `end`, then no meaning again.
    pub(super) buffer: Vec<u8>,
    /// Where they end in `buffer`.
    pub(super) end: usize,
    /// What the input is compressed with, as far as that is known.
    pub(super) compression: Option<Compression>,
    /// Why there are no more.
    pub(super) fault: Option<ReadFault>,
}

impl Piece {
    /// Bytes left free in front, for what is left of the piece before.
    pub(super) const ROOM: usize = 64 << 10;

    fn read<R: Read>(stream: &mut Unpacked<R>, buffer: Option<Vec<u8>>) -> Self {
        let mut buffer = buffer.unwrap_or_else(|| vec![0; Self::ROOM + STEP]);
        let (read, fault) = match stream.pour(buffer.get_mut(Self::ROOM..).unwrap_or_default()) {
            Ok(read) => (read, None),
            Err(fault) => (0, Some(fault)),
        };
        Self { buffer, end: Self::ROOM + read, compression: stream.compression(), fault }
    }

    /// Whether there is nothing in it: the stream has ended, or cannot be read on.
    pub(super) const fn is_last(&self) -> bool {
        self.end == Self::ROOM
    }
}

/// Where pieces come from.
pub(super) enum Pieces<R: Read> {
    /// They are read when they are asked for.
    Here { stream: Box<Unpacked<R>>, spent: Option<Vec<u8>>, meter: Arc<TapMeter> },
    /// A thread reads them.
    Ahead { pieces: Receiver<Piece>, spent: Sender<Vec<u8>>, meter: Arc<TapMeter> },
}

impl<R: Read> Pieces<R> {
    /// Reads no further than it is asked to.
    pub(super) fn here(input: R) -> Self {
        let stream = Box::new(Unpacked::new(input));
        let meter = Arc::clone(stream.meter());
        Self::Here { stream, spent: None, meter }
    }

    /// The next bytes that can be had; waits for them, no longer than `patience` if a thread reads. `Ok(None)` after the
    /// last piece.
    pub(super) fn next(&mut self, patience: Option<Duration>) -> Result<Option<Piece>, ReadFault> {
        match (self, patience) {
            (Self::Here { stream, spent, .. }, _) => Ok(Some(Piece::read(stream, spent.take()))),
            (Self::Ahead { pieces, .. }, None) => Ok(pieces.recv().ok()),
            (Self::Ahead { pieces, .. }, Some(patience)) => match pieces.recv_timeout(patience) {
                Ok(piece) => Ok(Some(piece)),
                Err(RecvTimeoutError::Timeout) => Err(ReadFault::Pause),
                Err(RecvTimeoutError::Disconnected) => Ok(None),
            },
        }
    }

    /// Gives back a buffer that is no longer needed.
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        // One that had to grow for a huge packet is let go.
        if buffer.len() != Piece::ROOM + STEP {
            return;
        }
        match self {
            Self::Here { spent, .. } => *spent = Some(buffer),
            // Nobody may be there any more to use it.
            Self::Ahead { spent, .. } => drop(spent.send(buffer)),
        }
    }

    /// Bytes read from the input, compressed as they are there.
    pub(super) fn read_so_far(&self) -> u64 {
        match self {
            Self::Here { meter, .. } | Self::Ahead { meter, .. } => meter.read(),
        }
    }
}

impl<R: Read + Send + 'static> Pieces<R> {
    /// Reads on a thread, a little further than it is asked to. The thread goes when the stream ends, or this does.
    pub(super) fn ahead(input: R) -> io::Result<Self> {
        let mut stream = Unpacked::new(input);
        let meter = Arc::clone(stream.meter());
        let (sender, pieces) = mpsc::sync_channel(AHEAD);
        let (spent, buffers) = mpsc::channel();
        thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || read(&mut stream, &sender, &buffers))?;
        Ok(Self::Ahead { pieces, spent, meter })
    }
}

/// What the thread does.
fn read<R: Read>(stream: &mut Unpacked<R>, pieces: &SyncSender<Piece>, spent: &Receiver<Vec<u8>>) {
    loop {
        let piece = Piece::read(stream, spent.try_recv().ok());
        let is_last = piece.is_last();
        if pieces.send(piece).is_err() || is_last {
            return;
        }
    }
}
