//! The stretch of a capture that is in memory: packets are borrowed from it, so that none is copied.

use super::compression::Compression;
use super::record::ReadFault;
use super::spool::Copier;
use super::unpack::Unpacked;
use std::io::Read;

/// How much is asked of the system at once: enough to make calls rare, little enough to stay in the cache.
const STEP: usize = 256 << 10;

/// A buffer that slides over the decompressed bytes of an input.
pub(super) struct Window<R: Read> {
    stream: Unpacked<R>,
    buffer: Vec<u8>,
    /// The next byte to be looked at.
    start: usize,
    end: usize,
    /// Where the buffer begins in the stream.
    base: u64,
    ended: bool,
    /// Takes what is read, so that it can be read again.
    copier: Option<Copier>,
}

impl<R: Read> Window<R> {
    pub(super) fn new(inner: R) -> Self {
        let stream = Unpacked::new(inner);
        Self { stream, buffer: Vec::new(), start: 0, end: 0, base: 0, ended: false, copier: None }
    }

    /// Shows `copier` everything that is read.
    pub(super) fn copy_to(&mut self, copier: Copier) {
        self.copier = Some(copier);
    }

    /// Where the next byte lies in the decompressed stream.
    pub(super) const fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Where the bytes that are known so far end in the decompressed stream.
    pub(super) const fn end_offset(&self) -> u64 {
        self.base + self.end as u64
    }

    /// Bytes read from the input, compressed as they are there.
    pub(super) fn read_so_far(&self) -> u64 {
        self.stream.read_so_far()
    }

    /// What the input is compressed with, known once something was read.
    pub(super) const fn compression(&self) -> Option<Compression> {
        self.stream.compression()
    }

    /// The next bytes without consuming them: at least `wanted`, fewer only at the end.
    pub(super) fn ahead(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        if self.end - self.start < wanted {
            self.fill(wanted)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// Consumes bytes. They stay where they are until [`Window::ahead`] is called again.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.start = self.end.min(self.start.saturating_add(bytes));
    }

    /// Where the next byte lies in the buffer: what [`Window::slice`] takes.
    pub(super) const fn position(&self) -> usize {
        self.start
    }

    /// Bytes of the buffer, consumed or not.
    pub(super) fn slice(&self, start: usize, length: usize) -> &[u8] {
        self.buffer.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    /// Reads until `wanted` bytes are there, and no longer: a pipe may have nothing else to give for hours.
    #[cold]
    fn fill(&mut self, wanted: usize) -> Result<(), ReadFault> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        while self.end < wanted && !self.ended {
            if self.end == self.buffer.len() {
                // Doubled only when full: a length field that lies costs no memory until its bytes have come.
                self.buffer.resize(STEP.max(self.buffer.len().saturating_mul(2)), 0);
            }
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.stream.pour(room)? {
                0 => self.ended = true,
                n => {
                    if let Some(copier) = &mut self.copier {
                        let fresh = room.get(..n).unwrap_or_default();
                        copier.take(fresh, self.stream.compression().is_some());
                    }
                    self.end += n;
                }
            }
        }
        Ok(())
    }
}
