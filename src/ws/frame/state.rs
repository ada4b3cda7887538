//! What the reader of frames remembers between two packets.

use crate::model::{Chunk, Extent, GapCause, Peer, Stamp};
use crate::ws::event::{Frame, FrameEnd, LostFraming, PartialHeader};
use crate::ws::intruder::Intruder;
use crate::ws::message::Integrity;
use crate::ws::sync::{BoundarySearch, SearchBuffer, may_begin};

/// State that is not needed between two frames is boxed, because that is where most sessions are most of the time.
#[derive(Debug)]
pub(super) enum State {
    /// Between frames.
    Between,
    /// The same, but what stands next is looked at before it is believed to be a frame: the one before seems to end elsewhere.
    Doubtful,
    Header(Box<HalfHeader>),
    Payload(Box<InFlight>),
    Strange(Box<Strange>),
    /// Where the next frame begins is not known.
    Searching {
        search: Box<BoundarySearch>,
        after_gap: bool,
    },
    /// Where the next frame begins is not known, by the sender's own fault; that has not been reported yet.
    Lost(Box<Lost>),
    /// Something other than frames.
    Foreign,
    Ended,
}

/// Whether more bytes may follow those that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Further {
    /// What carried the latest of them carried more.
    IsHere,
    MayCome,
    /// The stream ends, or the capture misses what follows.
    Nothing,
}

impl Further {
    /// What follows the bytes that were taken off `chunk`.
    pub(super) const fn behind(chunk: &Chunk<'_>) -> Self {
        if chunk.bytes.is_empty() { Self::MayCome } else { Self::IsHere }
    }
}

impl State {
    /// The state at a header that no reasonable endpoint sends, until this many bytes of it have come.
    pub(super) fn strange(buffer: SearchBuffer, number: u64, enough: usize, place: Place) -> Self {
        Self::Strange(Box::new(Strange { buffer, number, enough, place, question: Question::Itself }))
    }

    /// The same at a header of which only what follows it tells what it is.
    pub(super) fn followed(buffer: SearchBuffer, number: u64) -> Self {
        let (enough, place, question) = (buffer.len(), Place::Behind, Question::Followers);
        Self::Strange(Box::new(Strange { buffer, number, enough, place, question }))
    }
}

/// Where a header begins in the bytes that one packet, or whatever carried it, brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the first of them: what a sender writes at once most often begins with a frame.
    First,
    /// Behind others.
    Behind,
}

/// What decides what a strange header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// What it looks like itself, with the bytes right behind it.
    Itself,
    /// Whether frames follow the one that it would be.
    Followers,
}

/// A header whose rest is coming.
#[derive(Debug)]
pub(super) struct HalfHeader {
    pub(super) bytes: Vec<u8>,
    pub(super) first: Stamp,
    pub(super) extent: Extent,
    pub(super) number: u64,
    pub(super) place: Place,
}

impl HalfHeader {
    /// The rest of the header never comes.
    pub(super) fn partial(self, from: Peer, end: FrameEnd, last: Stamp) -> PartialHeader {
        let Self { bytes, first, extent: _, number, place: _ } = self;
        PartialHeader { number, from, bytes, first, end, last }
    }
}

/// A header that no reasonable endpoint would send, with too few bytes so far to know whether it is something else.
#[derive(Debug)]
pub(super) struct Strange {
    pub(super) buffer: SearchBuffer,
    pub(super) number: u64,
    pub(super) enough: usize,
    pub(super) place: Place,
    pub(super) question: Question,
}

/// A place where no frame stands, and what comes there.
#[derive(Debug)]
pub(super) struct Lost {
    /// What is known so far.
    pub(super) told: LostFraming,
    pub(super) search: BoundarySearch,
    /// The size of the whole frame that stands in the payload of the one before, and how much of that payload came
    /// before it.
    pub(super) intruder: Option<(u64, u64)>,
    /// Where the place is in what one packet brought.
    pub(super) place: Place,
}

/// The frame before, while the next one is not known to be one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PreviousFrame {
    pub(super) number: u64,
    pub(super) length: u64,
    /// What was strange about its header.
    pub(super) faults: u8,
    pub(super) content: Integrity,
    pub(super) came: Coverage,
}

/// What is known of the lengths that a side declares. A number of bytes is what they are too large by, or too small by where
/// it is negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum DeclaredLengths {
    /// Nothing speaks against them.
    #[default]
    Right,
    /// The latest one was wrong.
    WrongOnce(i8),
    /// All are, since some frame.
    Wrong(i8),
}

impl DeclaredLengths {
    /// What the latest one was too large by.
    pub(super) const fn is_wrong_by(self) -> Option<i8> {
        match self {
            Self::Right => None,
            Self::WrongOnce(by) | Self::Wrong(by) => Some(by),
        }
    }
}

/// Whether the capture holds a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    Whole,
    /// It misses bytes of it.
    InPart,
}

/// A frame whose payload is coming.
#[derive(Debug)]
pub(super) struct InFlight {
    /// All but its payload, of which the reader keeps the first bytes.
    pub(super) frame: Frame<'static>,
    /// Why the capture misses bytes of it, should it do so.
    pub(super) cause: GapCause,
    /// The first bytes of its payload on the wire, as far as [`Intruder`] looks at them.
    pub(super) wire: Vec<u8>,
}

impl InFlight {
    /// More of a payload came that is not whole: other frames may stand where it should, if it begins as one.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        let is_start = self.frame.received == bytes.len() as u64;
        let may_be_frames = if is_start {
            bytes.first().is_some_and(|byte| may_begin(*byte, true))
        } else {
            !self.wire.is_empty()
        };
        if !may_be_frames {
            return;
        }
        let room = Intruder::KEPT.saturating_sub(self.wire.len());
        if room > 0 && self.frame.lost == 0 && self.frame.header.opcode.is_data() {
            self.wire.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        }
    }
}

/// How far the length of a frame may be wrong for its successor still to be found.
pub(super) const OFF_BY: usize = 16;

/// The last bytes of a frame, at most [`OFF_BY`].
#[derive(Debug, Default)]
pub(super) struct LastBytes {
    pub(super) bytes: [u8; OFF_BY],
    pub(super) length: u8,
    /// How many of them came last, in one piece; 0 if the whole frame did, or more.
    pub(super) latest: u8,
}

impl LastBytes {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(OFF_BY - usize::from(self.length)..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if let Some(last) = bytes.last_chunk() {
            self.bytes = *last;
        } else {
            self.bytes.copy_within(bytes.len().., 0);
            if let Some(place) = self.bytes.get_mut(OFF_BY - bytes.len()..) {
                place.copy_from_slice(bytes);
            }
        }
        let length = OFF_BY.min(usize::from(self.length) + bytes.len());
        self.length = u8::try_from(length).unwrap_or(u8::MAX);
    }
}
