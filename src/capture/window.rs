//! The stretch of a capture that is in memory: packets are borrowed from it, so that none is copied.

use super::compression::Compression;
use super::kept::Copier;
use super::pieces::{Piece, Pieces};
use super::record::ReadFault;
use std::io::{self, Read};
use std::mem;
use std::time::Duration;

/// A buffer that slides over the decompressed bytes of an input.
pub(super) struct ReadWindow<R: Read> {
    pieces: Pieces<R>,
    buffer: Vec<u8>,
    /// The next byte to be looked at.
    start: usize,
    end: usize,
    /// Where `end` lies in the stream.
    end_offset: u64,
    ended: bool,
    compression: Option<Compression>,
    /// Takes what is read, so that it can be read again.
    copier: Option<Copier>,
    /// How long to wait for bytes.
    patience: Option<Duration>,
}

impl<R: Read> ReadWindow<R> {
    /// Over an input that is read no further than needed.
    pub(super) fn new(input: R) -> Self {
        Self::over(Pieces::here(input))
    }

    fn over(pieces: Pieces<R>) -> Self {
        Self {
            pieces,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            end_offset: 0,
            ended: false,
            compression: None,
            copier: None,
            patience: None,
        }
    }

    /// Waits no longer than this for bytes, and then fails with [`ReadFault::Pause`]; whoever wants them may try again.
    pub(super) const fn pause_after(&mut self, silence: Duration) {
        self.patience = Some(silence);
    }

    /// Shows `copier` everything that is read.
    pub(super) fn copy_to(&mut self, copier: Copier) {
        self.copier = Some(copier);
    }

    /// Where the next byte lies in the decompressed stream.
    #[inline]
    pub(super) const fn offset(&self) -> u64 {
        self.end_offset - (self.end - self.start) as u64
    }

    /// Where the bytes that are known so far end in the decompressed stream.
    pub(super) const fn end_offset(&self) -> u64 {
        self.end_offset
    }

    /// Bytes read from the input, compressed as they are there.
    pub(super) fn read_so_far(&self) -> u64 {
        self.pieces.read_so_far()
    }

    /// What the input is compressed with, known once something was read.
    pub(super) const fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// The next bytes without consuming them: at least `wanted`, fewer only at the end.
    #[inline]
    pub(super) fn ahead(&mut self, wanted: usize) -> Result<&[u8], ReadFault> {
        if self.end - self.start < wanted {
            self.fill(wanted)?;
        }
        Ok(self.at_hand())
    }

    /// The next bytes, as many as there are without waiting for more.
    #[inline]
    pub(super) fn at_hand(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Consumes `head` bytes and `length` more, if all of them are at hand; gives the place of the latter in the buffer
    /// and in the decompressed stream.
    #[inline]
    pub(super) fn take(&mut self, head: usize, length: usize) -> Option<(usize, u64)> {
        let left = (self.end - self.start).checked_sub(head + length)?;
        let start = self.start + head;
        self.start = self.end - left;
        Some((start, self.end_offset - (left + length) as u64))
    }

    /// Consumes bytes. They stay where they are until [`ReadWindow::ahead`] is called again.
    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        self.start = self.end.min(self.start.saturating_add(bytes));
    }

    /// Where the next byte lies in the buffer: what [`ReadWindow::slice`] takes.
    pub(super) const fn position(&self) -> usize {
        self.start
    }

    /// Bytes of the buffer, consumed or not.
    #[inline]
    pub(super) fn slice(&self, start: usize, length: usize) -> &[u8] {
        self.buffer.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    /// Reads until `wanted` bytes are there, and no longer: a pipe may have nothing else to give for hours.
    #[cold]
    fn fill(&mut self, wanted: usize) -> Result<(), ReadFault> {
        while self.end - self.start < wanted && !self.ended {
            let Some(mut piece) = self.pieces.next(self.patience)? else { break };
            self.compression = piece.compression;
            if let Some(fault) = piece.fault.take() {
                return Err(fault);
            }
            if piece.is_last() {
                self.ended = true;
                break;
            }
            let fresh = piece.buffer.get(Piece::ROOM..piece.end).unwrap_or_default();
            if let Some(copier) = &mut self.copier {
                copier.take(fresh, piece.compression.is_some());
            }
            self.end_offset += fresh.len() as u64;
            self.append(piece);
        }
        Ok(())
    }

    /// Adds the bytes of `piece` to what is left, copying the smaller of the two. A bogus length field costs no memory
    /// until the bytes have actually come.
    fn append(&mut self, mut piece: Piece) {
        let (rest, fresh) = (self.end - self.start, piece.end - Piece::ROOM);
        if rest <= fresh && rest <= Piece::ROOM {
            let start = Piece::ROOM - rest;
            if let Some(front) = piece.buffer.get_mut(start..Piece::ROOM) {
                front.copy_from_slice(self.buffer.get(self.start..self.end).unwrap_or_default());
            }
            mem::swap(&mut self.buffer, &mut piece.buffer);
            (self.start, self.end) = (start, piece.end);
        } else {
            if self.buffer.len() - self.end < fresh {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, rest);
            }
            let end = self.end + fresh;
            if self.buffer.len() < end {
                self.buffer.resize(end.max(2 * self.buffer.len()), 0);
            }
            if let Some(behind) = self.buffer.get_mut(self.end..end) {
                behind.copy_from_slice(piece.buffer.get(Piece::ROOM..piece.end).unwrap_or_default());
            }
            self.end = end;
        }
        self.pieces.give_back(piece.buffer);
    }
}

impl<R: Read + Send + 'static> ReadWindow<R> {
    /// Over an input that a thread reads ahead.
    pub(super) fn read_ahead(input: R) -> io::Result<Self> {
        Pieces::ahead(input).map(Self::over)
    }
}
