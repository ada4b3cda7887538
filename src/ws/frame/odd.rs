//! Headers that are not there as a whole, or that no reasonable endpoint would send.

use super::FrameReader;
use super::state::{DeclaredLengths, Further, HalfHeader, OFF_BY, Place, State};
use crate::model::{Chunk, Peer, Stamp};
use crate::ws::Out;
use crate::ws::header::FrameHeader;
use crate::ws::intruder::IntrudingFrame;
use crate::ws::message::{Integrity, MessageCompression};
use crate::ws::opcode::Opcode;
use crate::ws::shared::BothReaders;
use crate::ws::sync::SearchBuffer;

/// The fault of a header that is masked, or not, as only the other side's may be.
pub(super) const WRONG_SIDE: u8 = 1 << 2;

/// The reserved bits that a blank has where a header begins.
const BLANK: u8 = 2;

impl FrameReader {
    /// Takes what `chunk` begins with: half a header, or a strange one.
    #[cold]
    pub(super) fn read_odd_header(
        &mut self,
        header: Option<FrameHeader>,
        number: u64,
        place: Place,
        chunk: &mut Chunk<'_>,
        shared: &BothReaders,
    ) {
        let enough = self
            .begins_with_line_end(chunk.bytes)
            .or_else(|| header.map(|header| self.enough_of(&header, chunk.bytes, chunk.bytes.len(), shared)));
        self.state = if let Some(enough) = enough {
            State::strange(SearchBuffer::default(), number, enough, place)
        } else {
            let Chunk { bytes, stamp: first, extent } = chunk.split_to(usize::MAX);
            State::Header(Box::new(HalfHeader { bytes: bytes.to_vec(), first, extent, number, place }))
        };
    }

    /// Takes bytes of a header that came in pieces.
    pub(super) fn collect_header(
        &mut self,
        mut half: Box<HalfHeader>,
        chunk: &mut Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let had = half.bytes.len();
        for &byte in chunk.bytes.iter().take(FrameHeader::MAX_SIZE) {
            half.bytes.push(byte);
            let header = FrameHeader::parse(&half.bytes);
            let line_end = self.begins_with_line_end(&half.bytes);
            if header.is_none() && line_end.is_none() {
                continue;
            }
            let HalfHeader { bytes: start, first, extent, number, place } = *half;
            let last = chunk.split_to(start.len() - had);
            let here = start.len() + chunk.bytes.len();
            let enough = line_end.or_else(|| Some(self.enough_of(&header?, &start, here, shared)));
            if let Some(enough) = enough.filter(|_| {
                self.doubts_place() || header.is_none_or(|header| self.is_strange(&header, shared))
            }) {
                let mut buffer = SearchBuffer::default();
                let bytes = start.get(..had).unwrap_or_default();
                buffer.push(Chunk { bytes, stamp: first, extent });
                buffer.push(last);
                self.state = State::strange(buffer, number, enough, place);
                self.settle_strange(Further::behind(chunk), shared, out);
                return;
            }
            let Some(header) = header else { return };
            self.came_in(last.extent);
            return self.begin(header, number, first, chunk, shared, out);
        }
        half.extent = half.extent.to(chunk.split_to(usize::MAX).extent);
        self.state = State::Header(half);
    }

    /// The same, of which so many are `here`. A header at which nothing is strange but its place waits for no more than those.
    fn enough_of(&self, header: &FrameHeader, bytes: &[u8], here: usize, shared: &BothReaders) -> usize {
        let enough = self.enough_at_first(header, bytes, shared);
        let is_only_misplaced = self.lengths != DeclaredLengths::Right || !self.is_strange(header, shared);
        if is_only_misplaced { enough.min(here).max(header.size()) } else { enough }
    }

    /// How many bytes of a strange header are looked at first.
    pub(super) fn enough_at_first(&self, header: &FrameHeader, bytes: &[u8], shared: &BothReaders) -> usize {
        match self.enough_for_leftover(bytes, shared) {
            Some(enough) => enough.max(header.size()),
            None => self.enough(header, shared),
        }
    }

    /// How many bytes tell what a strange header is: up to 64, or all of the frame if it has fewer. Where it is known
    /// already that something is wrong with what came before, the header is enough.
    pub(super) fn enough(&self, header: &FrameHeader, shared: &BothReaders) -> usize {
        const PREVIEW: usize = 64;
        let is_far = |(_, found): (Stamp, IntrudingFrame)| {
            self.before.is_some_and(|before| before.length - found.at > OFF_BY as u64)
        };
        if let Some(enough) = self.enough_for_key(header) {
            enough
        } else if self.intruder_before(header, shared).is_some_and(is_far) {
            header.size()
        } else if !header.fin
            && (matches!(header.opcode, Opcode::Pong | Opcode::Reserved(13))
                || self.is_first && (header.opcode, header.rsv) == (Opcode::Continuation, BLANK))
        {
            // Most likely a line feed, a carriage return or a blank: then the length is that of something else.
            PREVIEW
        } else {
            usize::try_from(header.length)
                .map_or(PREVIEW, |length| length.saturating_add(header.size()).min(PREVIEW))
        }
    }

    /// Whether no reasonable endpoint would send this header, so that it may be something else.
    pub(super) fn is_strange(&self, header: &FrameHeader, shared: &BothReaders) -> bool {
        // A line feed looks like the beginning of a pong that is not final (control frames are not fragmented), a NUL like that of a continuation, and the
        // second byte of a server's header like that of anything.
        let may_be_stray = !header.fin
            && (header.opcode.is_control()
                || header.opcode == Opcode::Continuation && !self.message.is_open()
                || self.before.is_some_and(|before| before.content == Integrity::Broken));
        self.faults(header, shared) != 0 || may_be_stray
    }

    /// What is strange about a header: a bit for each kind of fault.
    pub(super) fn faults(&self, header: &FrameHeader, shared: &BothReaders) -> u8 {
        let allowed = if shared.foreign_extension {
            7
        } else if self.message.compression == MessageCompression::Off || header.opcode.is_control() {
            0
        } else {
            FrameHeader::RSV1
        };
        let wrong_side = header.mask.is_some() != (self.from == Peer::Client);
        u8::from(header.rsv & !allowed != 0)
            | u8::from(matches!(header.opcode, Opcode::Reserved(_))) << 1
            | if wrong_side { WRONG_SIDE } else { 0 }
    }
}
