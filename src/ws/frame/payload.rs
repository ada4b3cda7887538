//! The payload of a frame: unmasked as far as somebody looks at it, kept as far as it is shown.

#![expect(clippy::inline_always, reason = "see `frame`")]

use super::state::OFF_BY;
use super::{FrameReader, SMALL};
use crate::model::{Chunk, Stamp};
use crate::ws::event::Frame;
use crate::ws::intruder::Intruder;
use crate::ws::mask::unmask;
use crate::ws::shared::BothReaders;

/// Payload bytes kept of a control frame: they may not have more than 125, but some do.
const CONTROL_KEPT: u64 = 4096;

/// Payload bytes unmasked at once.
const BLOCK: usize = 1024;

impl FrameReader {
    /// Takes the next bytes of a payload.
    pub(super) fn take_payload(&mut self, frame: &mut Frame<'_>, chunk: Chunk<'_>, shared: &BothReaders) {
        let bytes = chunk.bytes;
        let begins_packet = frame.last != chunk.stamp;
        frame.last = chunk.stamp;
        self.came_in(chunk.extent);
        match frame.header.mask {
            None => self.keep_and_take(frame, bytes, bytes.len(), shared),
            Some(key) if bytes.len() <= SMALL => self.take_masked::<SMALL>(frame, key, bytes, shared),
            Some(key) => self.take_masked::<BLOCK>(frame, key, bytes, shared),
        }
        if self.message.is_invalid() {
            self.suspect_intruder(frame, bytes, chunk.stamp);
        }
        self.tail.push(bytes);
        let is_tail = begins_packet && bytes.len() <= OFF_BY;
        self.tail.latest = if is_tail { u8::try_from(bytes.len()).unwrap_or(0) } else { 0 };
    }

    /// A text is not UTF-8: perhaps another frame begins there. Takes the bytes on the wire that came last.
    #[cold]
    pub(super) fn suspect_intruder(&mut self, frame: &Frame<'_>, bytes: &[u8], stamp: Stamp) {
        if !frame.header.opcode.is_data() || frame.lost > 0 {
            return;
        }
        if let Some(intruder) = self.intruder.as_mut().filter(|intruder| intruder.frame == frame.number) {
            intruder.push(bytes);
        } else if let Some(at) = self.message.invalid_at(frame.received) {
            let before = frame.received - bytes.len() as u64;
            let (of, latest) = ((frame.number, frame.header.mask), [self.tail.as_bytes(), bytes]);
            self.intruder = Some(Box::new(Intruder::new(of, at, before, latest, stamp)));
        }
    }

    /// Unmasks what somebody looks at, a block at a time: an idle session keeps no buffer.
    fn take_masked<const SIZE: usize>(
        &mut self,
        frame: &mut Frame<'_>,
        key: [u8; 4],
        bytes: &[u8],
        shared: &BothReaders,
    ) {
        let mut block = [0; SIZE];
        for masked in bytes.chunks(SIZE) {
            let needed = if self.wants_payload(frame, shared) {
                masked.len()
            } else {
                masked.len().min(self.room(frame, shared))
            };
            let plain = block.get_mut(..needed).unwrap_or_default();
            plain.copy_from_slice(masked.get(..needed).unwrap_or_default());
            unmask(key, frame.received + frame.lost, plain);
            self.keep_and_take(frame, plain, masked.len(), shared);
        }
    }

    /// Whether the message looks at the frame's payload.
    fn wants_payload(&self, frame: &Frame<'_>, shared: &BothReaders) -> bool {
        frame.header.opcode.is_data() && self.message.wants_bytes(shared)
    }

    /// How many more bytes of the frame are to be kept.
    pub(super) fn room(&self, frame: &Frame<'_>, shared: &BothReaders) -> usize {
        let least = if frame.header.opcode.is_control() { CONTROL_KEPT } else { 0 };
        let keep = shared.preview.max(least);
        // Bytes after a gap are not the next ones, so none of them is kept.
        let room = if frame.lost == 0 { keep.saturating_sub(self.kept.len() as u64) } else { 0 };
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Keeps of `plain` what is to be shown, and takes it.
    fn keep_and_take(&mut self, frame: &mut Frame<'_>, plain: &[u8], length: usize, shared: &BothReaders) {
        let room = self.room(frame, shared);
        self.kept.extend_from_slice(plain.get(..plain.len().min(room)).unwrap_or_default());
        self.take_plain(frame, plain, length, shared);
    }

    /// Takes `length` payload bytes, of which `plain` are those somebody looks at.
    #[inline(always)]
    pub(super) fn take_plain(
        &mut self,
        frame: &mut Frame<'_>,
        plain: &[u8],
        length: usize,
        shared: &BothReaders,
    ) {
        if self.wants_payload(frame, shared) {
            self.message.push(plain, shared);
        } else if frame.header.opcode.is_data() {
            self.message.skip(length as u64);
        }
        frame.received += length as u64;
    }
}
