//! The closed list of facts that a WebSocket can give.

use super::header::FrameHeader;
use super::looks::Looks;
use crate::model::{End, EndCause, Gap, GapCause, Peer, Stamp};
use std::time::Duration;

/// A fact about one WebSocket, in the order in which the peers saw it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A frame's header is complete; its payload follows.
    Header(&'a Frame<'a>),
    /// A frame's payload continued, or ended, after a pause of at least a second.
    Stalled {
        /// As it stood during the pause: [`FrameEnd::Pending`], or [`FrameEnd::Cut`] if its stream ended then.
        frame: &'a Frame<'a>,
        /// How long the pause was.
        waited: Duration,
    },
    /// A frame is over.
    Frame(&'a Frame<'a>),
    /// The stream ended inside a frame header.
    PartialHeader(&'a PartialHeader),
    /// A message is over.
    Message(&'a Message<'a>),
    /// The capture misses bytes.
    Gap {
        /// The side that sent them.
        from: Peer,
        /// How many are missing, and why.
        gap: Gap,
        /// They hide where the next frame begins.
        sync_lost: bool,
    },
    /// The boundary of a frame was found again.
    Resynchronized {
        /// In whose stream.
        from: Peer,
        /// Captured bytes that were skipped.
        skipped: u64,
        /// The packet with the boundary.
        stamp: Stamp,
    },
    /// Something other than a frame stands where a frame belongs; the rest of that direction is not read.
    Foreign {
        /// Who sent it.
        from: Peer,
        /// What it looks like.
        looks_like: Looks,
        /// Its first bytes, at most 64.
        preview: &'a [u8],
        /// The packet with the first of them.
        stamp: Stamp,
        /// The number it would have had as a frame.
        frame: u64,
    },
    /// Where a frame should begin there is none, by its sender's own fault.
    LostFraming(&'a LostFraming),
    /// A frame's length is wrong by a few bytes: the next frames begin elsewhere than it declares.
    Misaligned {
        /// In whose stream.
        from: Peer,
        /// The frame.
        frame: u64,
        /// Its declared length in bytes.
        declared: u64,
        /// The length at which the next frame begins.
        actual: u64,
        /// The packet in which that is seen.
        stamp: Stamp,
    },
    /// One direction ended.
    End {
        /// The side whose stream ends.
        from: Peer,
        /// How it ends.
        end: End,
    },
}

/// A frame, or as much of it as there is yet.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its number in the session, from 1, in the order of first bytes.
    pub number: u64,
    /// Who sent it.
    pub from: Peer,
    /// Its header.
    pub header: FrameHeader,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with its last byte so far.
    pub last: Stamp,
    /// Payload bytes received.
    pub received: u64,
    /// Payload bytes that were sent, but that the capture does not hold.
    pub lost: u64,
    /// How it stands.
    pub end: FrameEnd,
    /// The first payload bytes, unmasked: all of a control frame's (up to 4096), a preview of others.
    pub payload: &'a [u8],
    /// Where what carried the frame's latest byte ends in the sender's TCP stream (see
    /// [`Extent`](crate::model::Extent)): once that much is acknowledged, so is the frame.
    pub extent_end: u64,
    /// How many bytes of the other side's stream the packet acknowledges that carries that byte
    /// ([`Extent::acknowledged`](crate::model::Extent::acknowledged)).
    pub acknowledged: u64,
}

impl Frame<'_> {
    /// Whether every declared byte was received.
    pub fn is_complete(&self) -> bool {
        self.end == FrameEnd::Complete
    }

    /// Whether a side ended the stream inside of it, and the capture holds all of it that was sent before.
    pub const fn is_cut(&self) -> bool {
        let is_ended = matches!(self.end, FrameEnd::Cut(EndCause::Fin | EndCause::Rst | EndCause::RstByPeer));
        is_ended && self.lost == 0
    }

    /// Declared payload bytes that were not received.
    pub const fn missing(&self) -> u64 {
        self.header.length - self.received
    }

    /// Declared payload bytes that may still come.
    pub(super) const fn left(&self) -> u64 {
        self.header.length - self.received - self.lost
    }

    /// All but the payload, which may be gone before the frame's end comes.
    pub(crate) const fn without_payload(&self) -> Frame<'static> {
        Frame {
            number: self.number,
            from: self.from,
            header: self.header,
            first: self.first,
            last: self.last,
            received: self.received,
            lost: self.lost,
            end: self.end,
            payload: &[],
            extent_end: self.extent_end,
            acknowledged: self.acknowledged,
        }
    }
}

/// How a frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameEnd {
    /// Its payload is still coming.
    Pending,
    /// All of it came.
    Complete,
    /// The stream ended before it did.
    Cut(EndCause),
    /// The capture misses some of it.
    Lost(GapCause),
}

/// The beginning of a header whose rest never came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialHeader {
    /// The number it would have had as a frame.
    pub number: u64,
    /// Who sent it.
    pub from: Peer,
    /// What came of it: 1 to 13 bytes.
    pub bytes: Vec<u8>,
    /// The packet with its first byte.
    pub first: Stamp,
    /// How it ended: [`FrameEnd::Cut`] or [`FrameEnd::Lost`].
    pub end: FrameEnd,
    /// The packet at which it ended.
    pub last: Stamp,
}

/// How a side lost the framing of its own stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostFraming {
    /// The side that sent it.
    pub from: Peer,
    /// The last frame whose header is one; 0 where no frame came before.
    pub frame: u64,
    /// How many bytes it declares.
    pub declared: u64,
    /// What the bytes show.
    pub shape: LostShape,
    /// The first bytes of what is not a frame, at most 64.
    pub preview: Vec<u8>,
    /// The packet where that begins.
    pub stamp: Stamp,
    /// How many bytes after the declared end the next frame begins, where one was found.
    pub resumed: Option<u64>,
    /// It is only likely: the capture misses bytes of that frame, or the stream ends before more shows it.
    pub doubtful: bool,
}

/// What lost framing looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostShape {
    /// A whole frame stands in the payload, and the rest of the payload after it.
    Interleaved {
        /// At this byte of the payload, counted from 0.
        at: u64,
    },
    /// A whole frame begins in the payload: the rest of the payload was never written, or comes later.
    Inside {
        /// At this byte of the payload, counted from 0.
        at: u64,
        /// Others may begin before it: only the latest bytes of the payload were kept.
        or_before: bool,
    },
    /// The frame was cut off, and whole frames stand in what came of it: it carries them, as a tunnel does, or its rest was
    /// never written.
    InCut {
        /// At this byte of the payload, counted from 0.
        at: u64,
        /// Others may begin before it: only the latest bytes of the payload were kept.
        or_before: bool,
    },
    /// Ends of lines stand where a frame belongs.
    LineEnds,
    /// NUL bytes stand between two frames, or behind the last one.
    Padding,
    /// The mask bit is not set, but a key follows, and the payload is masked with it: frames end where they should if the
    /// key is read as one.
    KeyWithoutBit,
    /// The same of the frame before, which was read as if it had no key: its last four bytes stand behind it.
    KeyAsPayload,
    /// Some bytes that are not a frame.
    Unknown,
}

impl LostShape {
    /// Whether all frames can be read in spite of it.
    pub const fn is_legible(self) -> bool {
        matches!(self, Self::InCut { .. } | Self::LineEnds | Self::Padding | Self::KeyWithoutBit)
    }
}

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

impl MessageKind {
    /// `text` or `binary`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}

/// What became of a compressed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inflation {
    /// It was not compressed.
    None,
    /// It was inflated.
    Whole,
    /// Its data is not what DEFLATE allows.
    Failed,
    /// It grew beyond the cap.
    TooLarge,
    /// Reserved bits say that an extension changed it that wsight does not know.
    Foreign,
    /// It refers to earlier messages that the capture does not hold whole, or that could not be inflated.
    NoContext,
}

/// What a strict receiver would not inflate, though it could be inflated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeflateFlaw {
    /// The message ends with the bytes 00 00 ff ff that its sender has to remove (RFC 7692 §7.2.1).
    TailKept,
    /// It ends inside a block (RFC 7692 §7.2.1).
    Unfinished,
    /// It ends with a block that says it is the last one, without the empty one that has to follow (RFC 7692 §7.2.3.4).
    LastBlock,
    /// RSV1 is set on a message without a byte (RFC 7692 §7.2.3.6).
    Empty,
    /// It refers to bytes further back than the window that was agreed (RFC 7692 §7.1.2).
    Window,
    /// It refers to earlier messages, although its sender has to forget them (RFC 7692 §7.1.1).
    Context,
}

/// Whether a frame can be believed to end where its length says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Nothing speaks against it.
    #[default]
    Sound,
    /// What is wrong with the message may be another frame's bytes in it: what stands after it will show.
    Doubtful,
}

/// A whole message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its number in the session, from 1, in the order of last bytes.
    pub number: u64,
    /// Who sent it.
    pub from: Peer,
    /// Text or binary.
    pub kind: MessageKind,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with its last byte.
    pub last: Stamp,
    /// The number of its first frame.
    pub first_frame: u64,
    /// The number of its last frame.
    pub last_frame: u64,
    /// How many frames it came in.
    pub frames: u64,
    /// Payload bytes on the wire.
    pub wire_length: u64,
    /// Payload bytes after inflating.
    pub length: u64,
    /// How inflating went.
    pub inflation: Inflation,
    /// What is wrong with its compression although it could be inflated.
    pub flaw: Option<DeflateFlaw>,
    /// Whether its last frame can be believed to end where its length says.
    pub framing: Framing,
    /// Whether the capture holds all of it, and it could be inflated.
    pub complete: bool,
    /// For text: where the first byte is that is not UTF-8, counted from 0.
    pub invalid_utf8: Option<u64>,
    /// Its first bytes, as many as were asked for; nothing unless `complete`.
    pub payload: &'a [u8],
    /// The first payload bytes of its last frame: [`Frame::payload`].
    pub last_payload: &'a [u8],
    /// Where what carried the message's last byte ends in the sender's TCP stream: [`Frame::extent_end`].
    pub extent_end: u64,
}

impl Message<'_> {
    /// Whether `payload` ends early: the capture has more of the message, which was not kept.
    pub const fn is_cut(&self) -> bool {
        matches!(self.inflation, Inflation::TooLarge)
            || self.complete && (self.payload.len() as u64) < self.length
    }
}
