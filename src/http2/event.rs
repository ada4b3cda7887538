//! The closed list of facts that a connection can give.

use super::StreamId;
use super::error::ErrorCode;
use super::frame::{DataFrame, FrameFault, FrameHeader, FrameType};
use super::head::Headed;
use super::hpack::{HeadStrings, HpackFault};
use super::settings::Settings;
use super::window::Stall;
use crate::model::{EndPlace, Gap, LayerShortage, Peer, Stamp, StreamEvent};

/// A fact about one connection, in the order in which the peers saw it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The client's preface is over.
    Preface(Stamp),
    /// The client turns out to be the side that was taken for the server: from here on events name the right one.
    Flipped,
    /// One side announced settings.
    Settings {
        /// The side that announced them.
        from: Peer,
        /// All that hold from now on.
        settings: &'a Settings,
        /// The packet that completes them.
        stamp: Stamp,
    },
    /// A request, a response or trailers of a stream.
    Head(Headed<'a>),
    /// What happens next in one direction of a stream: bytes of its DATA frames, a gap, the end. The end is
    /// `END_STREAM` (a FIN, RFC 8441 §5), a reset (a RST) or that of the connection.
    Stream {
        /// The stream.
        stream: StreamId,
        /// Who sent it.
        from: Peer,
        /// What happens next.
        event: StreamEvent<'a>,
    },
    /// A DATA frame begins, whose content follows; only with [`Options::data_frames`](super::Options::data_frames).
    Data {
        /// Who sends it.
        from: Peer,
        /// The frame.
        frame: DataFrame,
    },
    /// What stands where in a side's bytes, before anything else is told of it; only with
    /// [`Options::places`](super::Options::places).
    Placed {
        /// Who sent it.
        from: Peer,
        /// What it is.
        placed: Placed<'a>,
    },
    /// A stream was reset; its ends follow.
    Reset {
        /// The stream.
        stream: StreamId,
        /// Who reset it.
        from: Peer,
        /// The reason its sender gives.
        code: ErrorCode,
        /// The packet that says so.
        stamp: Stamp,
        /// Where it stands between the two streams of what carries the connection, if that is known.
        place: Option<EndPlace>,
    },
    /// One side takes no more streams.
    GoAway {
        /// The side that sent the GOAWAY.
        from: Peer,
        /// The first stream that it does not take, and why.
        gone: GoAway,
        /// What it says besides, at most 256 bytes.
        debug: &'a [u8],
    },
    /// A window stayed closed for at least a second while its sender had something to send, or until the end.
    Stalled {
        /// Who could not send.
        from: Peer,
        /// The stream with the closed window; `None` where it was the connection's.
        scope: Option<StreamId>,
        /// The stream with the bytes that waited, where some came.
        waited: Option<StreamId>,
        /// How long it lasted.
        stall: Stall,
        /// Where it was the connection's: streams whose own windows stayed closed as well, which are told by themselves.
        told: &'a [StreamId],
    },
    /// One side sent more than a window allowed.
    Exceeded {
        /// The side that sent too much.
        from: Peer,
        /// The stream that it sent on.
        stream: StreamId,
        /// Whose window it was: the stream's, or else the connection's.
        of_stream: bool,
        /// This many bytes more.
        beyond: u64,
        /// The packet with the frame's first byte.
        stamp: Stamp,
    },
    /// A head is wrong so that nobody can read those after it. That is told only where the capture misses nothing before.
    HeadBroken {
        /// Who sent it.
        from: Peer,
        /// Its stream.
        stream: StreamId,
        /// What is wrong.
        fault: HeadFault,
        /// The packet that shows it.
        stamp: Stamp,
    },
    /// A frame is one that no peer may send. That is told only where the capture misses nothing before.
    FrameInvalid {
        /// Who sent it.
        from: Peer,
        /// Its header.
        header: FrameHeader,
        /// What is wrong with it.
        fault: FrameFault,
        /// The packet with its first byte.
        stamp: Stamp,
    },
    /// Where a frame belongs stands something else. That is told only where the capture misses nothing before.
    Unframed {
        /// Who sent it.
        from: Peer,
        /// Its first bytes, at most 64.
        preview: &'a [u8],
        /// The packet with the first one.
        stamp: Stamp,
    },
    /// The capture misses bytes.
    Gap {
        /// The side that sent them.
        from: Peer,
        /// How many are missing, and why.
        gap: Gap,
        /// They hide where the next frame begins.
        sync_lost: bool,
    },
    /// A frame's beginning was found again.
    Resynchronized {
        /// The side whose frames go on.
        from: Peer,
        /// Captured bytes that were skipped.
        skipped: u64,
        /// The packet with the beginning.
        stamp: Stamp,
    },
    /// What one side sends is not HTTP/2, or cannot be read any more.
    Foreign {
        /// The side that sent it.
        from: Peer,
        /// The first bytes that are not HTTP/2, at most 64.
        preview: &'a [u8],
        /// The packet with them.
        stamp: Stamp,
    },
    /// A cap was reached; what it concerns is no longer told.
    LimitReached {
        /// Who began the stream, or sent the head.
        from: Peer,
        /// The stream with which it was reached.
        stream: StreamId,
        /// What there was too much of.
        shortage: LayerShortage,
        /// The packet that reached it.
        stamp: Stamp,
    },
}

/// What stands where in the bytes of a side.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Placed<'a> {
    /// A frame, of any type.
    Frame {
        /// Its header.
        header: FrameHeader,
        /// Where its payload begins in its sender's TCP stream, which is right behind the header.
        payload: u64,
    },
    /// The strings in the head that the latest frame of this side completes.
    Head(&'a HeadStrings),
}

/// A stream was reset (RFC 9113 §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// Who did that.
    pub from: Peer,
    /// The reason its sender gives.
    pub code: ErrorCode,
    /// The packet that says so.
    pub stamp: Stamp,
    /// Where it stands between the two streams of what carries the connection, if that is known.
    pub place: Option<EndPlace>,
}

/// A side takes no more streams (RFC 9113 §6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoAway {
    /// The last stream that it may have looked at.
    pub last: StreamId,
    /// The reason its sender gives.
    pub code: ErrorCode,
    /// The packet that says so.
    pub stamp: Stamp,
}

/// What happens to a stream, besides what it carries.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum StreamFact {
    /// It was reset; its ends follow.
    Reset(Reset),
    /// The connection ends, and the stream with it.
    ConnectionEnds {
        /// The side that ended the connection first.
        first: Peer,
    },
    /// A window stayed closed although its sender had something to send, or until the end.
    Stalled {
        /// Who could not send.
        from: Peer,
        /// Whose window it was.
        scope: Scope,
        /// From when to when.
        stall: Stall,
        /// It may be that its sender had something to send on this stream; otherwise another stream showed that the connection's
        /// window was closed.
        wanted: bool,
    },
    /// More was sent than a window allowed.
    Exceeded {
        /// Who sent it.
        from: Peer,
        /// Whose window it was.
        scope: Scope,
        /// This many bytes more.
        beyond: u64,
        /// The packet with the frame's first byte.
        stamp: Stamp,
    },
}

/// What is wrong with the frames that carry a head, or with what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadFault {
    /// A frame of this type stands between it and its rest (RFC 9113 §6.10).
    Interrupted(FrameType),
    /// The rest of a head, of which there is no beginning (RFC 9113 §6.10).
    Headless,
    /// It cannot be decompressed (RFC 9113 §4.3).
    Hpack(HpackFault),
}

impl HeadFault {
    /// `interrupted`, `headless` or `not-decompressed`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupted(_) => "interrupted",
            Self::Headless => "headless",
            Self::Hpack(_) => "not-decompressed",
        }
    }

    /// Whether it is one only as long as the receiver has not allowed it.
    pub(crate) const fn rests_on_receiver(self) -> bool {
        match self {
            Self::Hpack(HpackFault::TableSize) => true,
            Self::Interrupted(_)
            | Self::Headless
            | Self::Hpack(HpackFault::Index | HpackFault::Huffman | HpackFault::Number) => false,
        }
    }
}

/// What a window of HTTP/2 limits (RFC 9113 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One stream.
    Stream,
    /// All streams of the connection together.
    Connection,
}

impl Scope {
    /// `stream` or `connection`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Connection => "connection",
        }
    }
}
