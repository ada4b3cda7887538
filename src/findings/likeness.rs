//! What bytes are like that should have been something else: the field `looks_like` of findings.

use super::finding::FindingValue;
use crate::ws::Looks;

/// What the bytes are like that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Something that is known by its first bytes.
    Known(Looks),
    /// Frames, at another place than the length before them says.
    MisplacedFrames,
    /// A whole frame inside another one's payload, which goes on after it.
    InterleavedFrame,
    /// A frame inside the payload of one that was never finished.
    FrameInPayload,
    /// A frame where a request belongs.
    Frame,
    /// A frame that was masked a second time.
    MaskedTwice,
    /// Line ends after the HTTP head.
    LineEndsAfterHead,
    /// Line ends between frames.
    LineEndsBetween,
    /// NULs between frames.
    Padding,
    /// Text that is in no frame.
    BareText,
    /// Nothing that wsight knows.
    Unknown,
}

impl Likeness {
    /// What to call it, as JSON prints it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Known(looks) => looks.name(),
            Self::MisplacedFrames => "frames that begin elsewhere than the length before them says",
            Self::InterleavedFrame => "a whole frame inside another frame's payload",
            Self::FrameInPayload => "a frame that begins inside another frame's payload",
            Self::Frame => "a WebSocket frame",
            Self::MaskedTwice => "a frame masked twice",
            Self::LineEndsAfterHead => "line ends after the HTTP head",
            Self::LineEndsBetween => "line ends between frames",
            Self::Padding => "NUL bytes between frames",
            Self::BareText => "text without a frame around it",
            Self::Unknown => "bytes that are not a frame",
        }
    }
}

impl From<Likeness> for FindingValue {
    fn from(likeness: Likeness) -> Self {
        likeness.name().into()
    }
}
