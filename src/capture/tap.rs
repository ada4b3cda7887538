//! The raw bytes of an input, counted, with a small buffer to look ahead in.

use super::record::ReadFault;
use std::io::{self, BufRead, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Large enough that reading compressed data costs few system calls.
const BUFFER: usize = 128 << 10;

/// Reads an input and notes on its [`TapMeter`] what happened.
pub(super) struct Tap<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    meter: Arc<TapMeter>,
}

/// What can be known about a [`Tap`] while a decoder owns it.
#[derive(Debug, Default)]
pub(super) struct TapMeter {
    read: AtomicU64,
    starved: AtomicBool,
    failure: Mutex<Option<io::Error>>,
}

impl TapMeter {
    /// Bytes read so far.
    pub(super) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether a reader asked for more bytes than there were.
    pub(super) fn starved(&self) -> bool {
        self.starved.load(Ordering::Relaxed)
    }

    /// The input's own failure. Decoders wrap it in theirs, so it is kept here.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R: Read> Tap<R> {
    pub(super) fn new(inner: R) -> Self {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        Self { inner, buffer, start: 0, end: 0, meter: Arc::default() }
    }

    pub(super) fn meter(&self) -> &Arc<TapMeter> {
        &self.meter
    }

    /// The next bytes without consuming them: at least `wanted`, fewer only at the end.
    pub(super) fn peek(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        if self.end - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end < self.start.saturating_add(wanted) {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match pull(&mut self.inner, room, &self.meter).map_err(|error| self.explain(error))? {
                0 => break,
                n => self.end += n,
            }
        }
        Ok(self.buffered())
    }

    /// The next bytes, into `out`; 0 at the end. Nothing is copied twice: large reads bypass the buffer.
    pub(super) fn pour(&mut self, out: &mut [u8]) -> Result<usize, ReadFault> {
        self.read(out).map_err(|error| self.explain(error))
    }

    fn explain(&self, error: io::Error) -> ReadFault {
        ReadFault::Os(self.meter.take_failure().unwrap_or(error))
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn note_end(&self, bytes: usize) {
        if bytes == 0 {
            self.meter.starved.store(true, Ordering::Relaxed);
        }
    }
}

fn pull<R: Read>(inner: &mut R, room: &mut [u8], meter: &TapMeter) -> io::Result<usize> {
    loop {
        match inner.read(room) {
            Ok(n) => {
                meter.read.fetch_add(n as u64, Ordering::Relaxed);
                return Ok(n);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let kind = error.kind();
                *meter.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(kind.into());
            }
        }
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let n = if self.start == self.end && out.len() >= BUFFER {
            pull(&mut self.inner, out, &self.meter)?
        } else {
            let n = self.fill_buf()?.read(out)?;
            self.consume(n);
            n
        };
        self.note_end(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Tap<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.end = pull(&mut self.inner, &mut self.buffer, &self.meter)?;
            self.note_end(self.end);
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, amount: usize) {
        self.start = self.end.min(self.start.saturating_add(amount));
    }
}
