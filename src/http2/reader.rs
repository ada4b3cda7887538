//! One side's bytes to frames: where each begins, what it holds, where it ends.

use super::frame::{FrameHeader, FrameType};
use super::search::{FoundFrame, FrameSearch, SearchContext};
use crate::model::{Chunk, Gap, Missing, Peer, Stamp};

/// What a client sends first (RFC 9113 §3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A length beyond this shows that no frame begins here, unless the receiver announced that it takes frames this large, which none
/// does.
const IMPLAUSIBLE: u32 = 4 << 20;
/// How often a frame boundary is searched for because something else stood where a header belongs. After that, the peer
/// could not read the stream either.
const LOST: u32 = 16;

/// What comes next in one side's bytes.
#[derive(Debug)]
pub(super) enum FramePart<'a> {
    /// The preface is over.
    Preface(Stamp),
    /// A frame begins.
    Begins(FrameHeader, Stamp),
    /// Bytes of its payload.
    Payload(Chunk<'a>),
    /// Bytes of its payload that the capture does not hold.
    Missing(Gap),
    /// The frame is over.
    Ends(Stamp),
    /// Where the next frame begins is not known.
    Lost,
    /// What stands where a header belongs is none, though nothing is missing before: its first bytes, and the packet with the first one.
    /// Where the next frame begins is not known.
    Unframed([u8; FrameHeader::SIZE], Stamp),
    /// It is known again.
    FoundFrame(FoundFrame),
    /// What stands there is not HTTP/2, or cannot be read any more: its first bytes.
    Foreign(Chunk<'a>),
}

#[derive(Debug)]
enum State {
    /// This many bytes of the preface came.
    Preface(usize),
    /// This many bytes of a header came.
    Header {
        bytes: [u8; FrameHeader::SIZE],
        have: usize,
        first: Stamp,
    },
    /// This many bytes of a payload are to come.
    Payload(u32),
    /// A frame is over; nothing was said about that yet.
    Over,
    Searching(Box<FrameSearch>),
    Foreign,
}

/// Reads one side's bytes.
#[derive(Debug)]
pub(super) struct FrameReader {
    from: Peer,
    state: State,
    lost: u32,
    /// No frame was read yet.
    is_new: bool,
}

impl State {
    /// Not a byte of the next header came.
    fn between() -> Self {
        Self::Header { bytes: [0; FrameHeader::SIZE], have: 0, first: Stamp::default() }
    }
}

impl FrameReader {
    /// A side that begins with its first byte: a client with the preface.
    pub(super) fn new(from: Peer) -> Self {
        let state = if from == Peer::Client { State::Preface(0) } else { State::between() };
        Self { from, state, lost: 0, is_new: true }
    }

    /// A side that the capture began inside of.
    pub(super) fn midstream(from: Peer) -> Self {
        Self { from, state: State::Searching(Box::default()), lost: 0, is_new: false }
    }

    /// Bytes of memory it takes besides.
    pub(super) fn memory(&self) -> usize {
        match &self.state {
            State::Searching(search) => size_of::<FrameSearch>() + search.memory(),
            State::Preface(_) | State::Header { .. } | State::Payload(_) | State::Over | State::Foreign => 0,
        }
    }

    /// The header of the frame that `chunk` begins with, if that is one of DATA, all in this chunk, without padding, and not the last
    /// one of its stream.
    pub(super) fn whole_data(&self, chunk: &Chunk<'_>) -> Option<FrameHeader> {
        const PLAIN: u8 = !(FrameHeader::PADDED | FrameHeader::END_STREAM);
        let State::Header { have: 0, .. } = self.state else { return None };
        let header = FrameHeader::parse(chunk.bytes.first_chunk()?);
        let is_whole = chunk.bytes.len() - FrameHeader::SIZE >= header.length as usize;
        let is_plain = header.kind == FrameType::Data && header.flags & PLAIN == header.flags;
        (is_plain && is_whole && header.length > 0 && header.length <= IMPLAUSIBLE).then_some(header)
    }

    /// The frame that [`whole_data`](Self::whole_data) found was taken.
    pub(super) const fn pass(&mut self) {
        self.is_new = false;
    }

    /// Takes the next of what `chunk` holds.
    pub(super) fn next<'a>(
        &mut self,
        chunk: &mut Chunk<'a>,
        known: SearchContext<'_>,
    ) -> Option<FramePart<'a>> {
        loop {
            if let State::Over = self.state {
                self.state = State::between();
                return Some(FramePart::Ends(chunk.stamp));
            }
            if chunk.bytes.is_empty() {
                return None;
            }
            match &mut self.state {
                State::Preface(have) => {
                    let rest = PREFACE.get(*have..).unwrap_or_default();
                    let same = rest.iter().zip(chunk.bytes).take_while(|(a, b)| a == b).count();
                    if same < rest.len() && same < chunk.bytes.len() {
                        self.state = State::Foreign;
                        return Some(FramePart::Foreign(*chunk));
                    }
                    *have += same;
                    *chunk = chunk.advance(same);
                    if same == rest.len() {
                        self.state = State::between();
                        return Some(FramePart::Preface(chunk.stamp));
                    }
                }
                State::Header { bytes, have, first } => {
                    if *have == 0 {
                        *first = chunk.stamp;
                    }
                    let (head, tail) = chunk.split_at(FrameHeader::SIZE - *have);
                    if let Some(place) = bytes.get_mut(*have..*have + head.bytes.len()) {
                        place.copy_from_slice(head.bytes);
                    }
                    *have += head.bytes.len();
                    if *have < FrameHeader::SIZE {
                        *chunk = tail;
                        return None;
                    }
                    let (header, first) = (FrameHeader::parse(bytes), *first);
                    if header.length > IMPLAUSIBLE.max(known.max_frame_size) {
                        if self.is_new || self.lost == LOST {
                            self.state = State::Foreign;
                            return Some(FramePart::Foreign(*chunk));
                        }
                        self.lost += 1;
                        let bytes = *bytes;
                        // The search begins behind it, wherever segments cut it.
                        *chunk = tail;
                        self.state = State::Searching(Box::default());
                        return Some(FramePart::Unframed(bytes, first));
                    }
                    *chunk = tail;
                    self.is_new = false;
                    self.state = if header.length == 0 { State::Over } else { State::Payload(header.length) };
                    return Some(FramePart::Begins(header, first));
                }
                State::Payload(left) => {
                    let (head, tail) = chunk.split_at(*left as usize);
                    *chunk = tail;
                    *left -= u32::try_from(head.bytes.len()).unwrap_or(*left);
                    if *left == 0 {
                        self.state = State::Over;
                    }
                    return Some(FramePart::Payload(head));
                }
                State::Searching(search) => {
                    let found = search.push(self.from, *chunk, known);
                    *chunk = chunk.advance(chunk.bytes.len());
                    let found = found?;
                    self.state = State::between();
                    return Some(FramePart::FoundFrame(found));
                }
                State::Over => {}
                State::Foreign => return None,
            }
        }
    }

    /// Whether the beginning of its next frame is searched for.
    pub(super) const fn is_searching(&self) -> bool {
        matches!(self.state, State::Searching(_))
    }

    /// Looks for a frame once more, with more known, where one is searched for.
    pub(super) fn look_again(&mut self, known: SearchContext<'_>) -> Option<FoundFrame> {
        let State::Searching(search) = &mut self.state else { return None };
        let found = search.look_again(self.from, known)?;
        self.state = State::between();
        Some(found)
    }

    /// The capture misses bytes. What becomes of what was being read: at most two things.
    pub(super) fn gap(&mut self, gap: Gap) -> [Option<FramePart<'static>>; 2] {
        match (&mut self.state, gap.missing) {
            (State::Foreign, _) => [None, None],
            (State::Payload(left), Missing::Bytes(missing)) if missing <= u64::from(*left) => {
                *left -= u32::try_from(missing).unwrap_or(*left);
                let is_over = *left == 0;
                if is_over {
                    self.state = State::between();
                }
                [Some(FramePart::Missing(gap)), is_over.then_some(FramePart::Ends(gap.stamp))]
            }
            (State::Payload(_), Missing::Bytes(_) | Missing::Unknown) => {
                // This much of it at least, and nobody knows how much of the stream beyond.
                self.state = State::Searching(Box::default());
                [Some(FramePart::Missing(Gap { missing: Missing::Unknown, ..gap })), Some(FramePart::Lost)]
            }
            (State::Preface(_) | State::Header { .. } | State::Over | State::Searching(_), _) => {
                self.state = State::Searching(Box::default());
                [Some(FramePart::Lost), None]
            }
        }
    }
}
