//! Finding a frame's beginning where it is not known: after lost bytes, or where a capture starts late.
//!
//! What a header says that other bytes would seldom say counts as evidence, in bits, and so does each header that stands
//! where the one before says it ends.

use super::StreamId;
use super::frame::{FrameHeader, FrameType};
use super::stream::Streams;
use crate::model::{Chunk, Extent, HeldChunk, Peer, Stamp};

/// Evidence that is enough at the beginning of a segment, where most frames begin.
const ENOUGH: i32 = 32;
/// Evidence that is enough elsewhere.
const ENOUGH_ELSEWHERE: i32 = 48;
/// Evidence that is enough if nothing else says that a connection speaks HTTP/2.
const ENOUGH_FOR_STRANGER: i32 = 46;
/// What it is worth that a frame at the beginning of a segment ends with the segment, to the byte.
const ENDS_ALIKE: i32 = 10;
/// Headers looked at in a row.
const CHAIN: usize = 6;
/// Places that wait for more bytes; more at once are not frames.
const UNDECIDED: usize = 128;
/// Bytes kept: at least these, at most twice as many.
const KEPT: usize = 48 << 10;

/// What is known about the connection.
#[derive(Clone, Copy)]
pub(super) struct SearchContext<'k> {
    /// Whether it speaks HTTP/2.
    pub(super) http2: bool,
    /// The largest frame that its receiver takes.
    pub(super) max_frame_size: u32,
    /// The streams that are open, as far as there are any.
    pub(super) streams: Option<&'k Streams>,
}

/// Looks for a frame in the stream of one side.
#[derive(Debug, Default)]
pub(super) struct FrameSearch {
    bytes: Vec<u8>,
    /// Where in `bytes` each piece begins, and what carried it.
    pieces: Vec<(usize, Stamp, Extent)>,
    /// Places that wait for more bytes.
    undecided: Vec<usize>,
    /// The first place not looked at.
    next: usize,
    /// Bytes that were let go.
    gone: u64,
}

/// A frame was found.
#[derive(Debug)]
pub(super) struct FoundFrame {
    /// Captured bytes before it.
    pub(super) skipped: u64,
    /// The packet with its first byte.
    pub(super) stamp: Stamp,
    /// The bytes from there on.
    pub(super) held: Vec<HeldChunk>,
}

/// What stands at a place.
enum Candidate {
    Frame,
    Nothing,
    Undecided,
}

impl FrameSearch {
    /// Bytes of memory it takes, roughly.
    pub(super) fn memory(&self) -> usize {
        let pieces = self.pieces.capacity() * size_of::<(usize, Stamp, Extent)>();
        self.bytes.capacity() + pieces + self.undecided.capacity() * size_of::<usize>()
    }

    /// Takes the next bytes of `from`.
    pub(super) fn push(
        &mut self,
        from: Peer,
        chunk: Chunk<'_>,
        known: SearchContext<'_>,
    ) -> Option<FoundFrame> {
        self.let_go();
        self.pieces.push((self.bytes.len(), chunk.stamp, chunk.extent));
        self.bytes.extend_from_slice(chunk.bytes);
        let places = std::mem::take(&mut self.undecided).into_iter().chain(self.next..self.bytes.len());
        self.look_at(places, from, known)
    }

    /// Looks once more, with more known, at what came so far from `from`.
    pub(super) fn look_again(&mut self, from: Peer, known: SearchContext<'_>) -> Option<FoundFrame> {
        let places = std::mem::take(&mut self.undecided).into_iter();
        self.look_at(places, from, known)
    }

    fn look_at(
        &mut self,
        places: impl Iterator<Item = usize>,
        from: Peer,
        known: SearchContext<'_>,
    ) -> Option<FoundFrame> {
        let mut found = None;
        let mut undecided = Vec::new();
        for at in places {
            match self.look(at, known) {
                Candidate::Frame => {
                    found = Some(at);
                    break;
                }
                Candidate::Undecided if undecided.len() < UNDECIDED => undecided.push(at),
                Candidate::Undecided | Candidate::Nothing => {}
            }
        }
        self.undecided = undecided;
        self.next = self.bytes.len();
        found.map(|at| self.found(from, at))
    }

    /// Lets go of old bytes when there are too many.
    fn let_go(&mut self) {
        if self.bytes.len() <= 2 * KEPT {
            return;
        }
        let keep_from = self.bytes.len() - KEPT;
        let pieces = self.pieces.partition_point(|(start, ..)| *start < keep_from);
        let cut = self.pieces.get(pieces).map_or(self.bytes.len(), |(start, ..)| *start);
        self.pieces.drain(..pieces);
        self.bytes.drain(..cut);
        self.gone += cut as u64;
        self.pieces.iter_mut().for_each(|(start, ..)| *start -= cut);
        self.undecided.retain(|at| *at >= cut);
        self.undecided.iter_mut().for_each(|at| *at -= cut);
        self.next = self.next.saturating_sub(cut);
    }

    fn look(&self, at: usize, known: SearchContext<'_>) -> Candidate {
        let begins_piece = self.begins_piece(at);
        let enough = match (known.http2, begins_piece) {
            // Records of other protocols, small numbers in a row, may look like frames from some place on.
            (false, false) => return Candidate::Nothing,
            (false, true) => ENOUGH_FOR_STRANGER,
            (true, true) => ENOUGH,
            (true, false) => ENOUGH_ELSEWHERE,
        };
        let (mut place, mut evidence) = (at, 0);
        for link in 0..CHAIN {
            let Some(bytes) = self.bytes.get(place..).and_then(<[u8]>::first_chunk) else {
                // A few bytes that could be anything are not worth waiting for where no frame is likely to begin.
                let is_open = link > 0 || begins_piece || self.bytes.get(at) == Some(&0);
                return if is_open { Candidate::Undecided } else { Candidate::Nothing };
            };
            let Some(worth) = worth(FrameHeader::parse(bytes), known) else { return Candidate::Nothing };
            evidence += worth;
            // One header alone can be chance, where HTTP/2 itself is in question.
            if evidence >= enough && (known.http2 || link > 0) {
                return Candidate::Frame;
            }
            let length = FrameHeader::parse(bytes).length;
            place = place.saturating_add(FrameHeader::SIZE + length as usize);
            let ends_alike = begins_piece && length > 0 && place == self.bytes.len();
            if known.http2 && ends_alike && evidence + ENDS_ALIKE >= enough {
                return Candidate::Frame;
            }
        }
        Candidate::Nothing
    }

    fn begins_piece(&self, at: usize) -> bool {
        self.pieces.binary_search_by_key(&at, |(start, ..)| *start).is_ok()
    }

    fn found(&mut self, from: Peer, at: usize) -> FoundFrame {
        let ends = self.pieces.iter().skip(1).map(|(start, ..)| *start).chain([self.bytes.len()]);
        let pieces = self.pieces.iter().zip(ends).filter(|(_, end)| *end > at);
        let chunks = pieces.filter_map(|(&(start, stamp, extent), end)| {
            let chunk = Chunk { bytes: self.bytes.get(start..end)?, stamp, extent };
            Some(chunk.advance(at.saturating_sub(start)).hold(from))
        });
        let held: Vec<HeldChunk> = chunks.collect();
        let stamp = held.first().map(|held| held.chunk().stamp).unwrap_or_default();
        FoundFrame { skipped: self.gone + at as u64, stamp, held }
    }
}

/// Whether `bytes`, the beginning of a segment, may be a frame of a connection of which nothing else is known.
pub(crate) fn may_begin(bytes: &[u8]) -> bool {
    let known = SearchContext { http2: false, max_frame_size: 16_384, streams: None };
    bytes.first_chunk().is_some_and(|bytes| worth(FrameHeader::parse(bytes), known).is_some())
}

/// What a header is worth as evidence, in bits; `None` if no endpoint would send it.
fn worth(header: FrameHeader, known: SearchContext<'_>) -> Option<i32> {
    let FrameHeader { length, kind, flags, stream, reserved } = header;
    let on_stream = stream != StreamId(0);
    let is = |right: bool, bits| right.then_some(bits);
    // Which flags may be set, and what the length being right is worth.
    let (allowed, exact) = match kind {
        FrameType::Data => (0x09, is(on_stream && (length > 0 || flags != 0), 0)?),
        FrameType::Headers => (0x2d, is(on_stream && length > 0, 0)?),
        FrameType::Priority => (0, is(on_stream && length == 5, 12)?),
        FrameType::RstStream => (0, is(on_stream && length == 4, 12)?),
        FrameType::Settings => (1, is(!on_stream && length % 6 == 0 && (flags == 0 || length == 0), 6)?),
        FrameType::PushPromise => (0x0c, is(on_stream && length > 4, 0)?),
        FrameType::Ping => (1, is(!on_stream && length == 8, 12)?),
        FrameType::GoAway => (0, is(!on_stream && length >= 8, 4)?),
        FrameType::WindowUpdate => (0, is(length == 4, 12)?),
        FrameType::Continuation => (0x04, is(on_stream, 0)?),
        // Of an extension: nothing speaks for it.
        FrameType::Other(_) => {
            return (known.http2 && length <= known.max_frame_size && !reserved).then_some(0);
        }
    };
    if reserved || flags & !allowed != 0 || length > known.max_frame_size {
        return None;
    }
    // Small numbers stand everywhere: they are worth half of what they would be among random bytes.
    let length_bits = (24 - (length | 0xfff).ilog2().cast_signed() - 1) / 2;
    let stream_bits = match stream.0 {
        0 => 14,
        _ if known.streams.is_some_and(|streams| streams.get(stream).is_some()) => 20,
        number => (31 - (number | 0xff).ilog2().cast_signed() - 1) / 2,
    };
    let flag_bits = (8 - allowed.count_ones().cast_signed()) / 2;
    Some(4 + length_bits + stream_bits + flag_bits + exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where frames are found in one segment.
    fn find(bytes: &[u8], http2: bool) -> Option<u64> {
        let known = SearchContext { http2, max_frame_size: 16_384, streams: None };
        let chunk = Chunk::plain(bytes, Stamp::default(), 0);
        FrameSearch::default().push(Peer::Client, chunk, known).map(|found| found.skipped)
    }

    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const DATA: [u8; 14] = [0, 0, 5, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5];

    #[test]
    fn frames_in_a_row_are_found() {
        assert_eq!(find(&PING, true), Some(0));
        assert_eq!(find(&[&b"rest of a frame"[..], &PING, &DATA].concat(), true), Some(15));
        assert_eq!(find(&[&PING[..], &DATA, &DATA].concat(), false), Some(0));
        assert_eq!(find(&PING, false), None);
    }

    /// A head alone in its segment; behind other bytes, or with a rest to come, it may be anything.
    #[test]
    fn a_frame_that_fills_its_segment_is_found() {
        const HEAD: [u8; 13] = [0, 0, 4, 1, 4, 0, 0, 0, 3, 0x82, 0x86, 0x84, 0x87];
        assert_eq!(find(&HEAD, true), Some(0));
        assert_eq!(find(&HEAD[..12], true), None);
        assert_eq!(find(&[&b"rest"[..], &HEAD].concat(), true), None);
        assert_eq!(find(&HEAD, false), None);
    }

    #[test]
    fn other_bytes_are_not() {
        assert_eq!(find(&[0; 400], false), None);
        assert_eq!(find(&b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n".repeat(9), false), None);
        let records: Vec<u8> = (0..200).flat_map(|n| [0, 0, 0, 16, 0, 0, 0, n]).collect();
        assert_eq!(find(&records, false), None);
    }
}
