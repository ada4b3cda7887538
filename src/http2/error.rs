//! Why a stream or a connection ends (RFC 9113 §7).

use std::fmt;

/// An error code as `RST_STREAM` and GOAWAY carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorCode(pub u32);

impl ErrorCode {
    /// No error: a stream is not needed any more, or a connection ends in order.
    pub const NO_ERROR: Self = Self(0);
    /// The peer broke a rule.
    pub const PROTOCOL_ERROR: Self = Self(1);
    /// The sender failed.
    pub const INTERNAL_ERROR: Self = Self(2);
    /// The peer sent more than a window allowed, or let a window grow beyond 2³¹-1 bytes.
    pub const FLOW_CONTROL_ERROR: Self = Self(3);
    /// The peer sent on a stream that was closed.
    pub const STREAM_CLOSED: Self = Self(5);
    /// The peer sent a frame of a wrong size.
    pub const FRAME_SIZE_ERROR: Self = Self(6);
    /// Nothing was done with the request: it can be sent again.
    pub const REFUSED_STREAM: Self = Self(7);
    /// The stream is not needed any more.
    pub const CANCEL: Self = Self(8);
    /// A head cannot be decompressed.
    pub const COMPRESSION_ERROR: Self = Self(9);
    /// The peer causes too much work.
    pub const ENHANCE_YOUR_CALM: Self = Self(11);

    /// The name of the code, where it has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NO_ERROR",
            1 => "PROTOCOL_ERROR",
            2 => "INTERNAL_ERROR",
            3 => "FLOW_CONTROL_ERROR",
            4 => "SETTINGS_TIMEOUT",
            5 => "STREAM_CLOSED",
            6 => "FRAME_SIZE_ERROR",
            7 => "REFUSED_STREAM",
            8 => "CANCEL",
            9 => "COMPRESSION_ERROR",
            10 => "CONNECT_ERROR",
            11 => "ENHANCE_YOUR_CALM",
            12 => "INADEQUATE_SECURITY",
            13 => "HTTP_1_1_REQUIRED",
            _ => return None,
        })
    }

    /// Whether its sender says with it that its peer did something wrong.
    pub(crate) const fn blames_peer(self) -> bool {
        matches!(
            self,
            Self::PROTOCOL_ERROR
                | Self::FLOW_CONTROL_ERROR
                | Self::STREAM_CLOSED
                | Self::FRAME_SIZE_ERROR
                | Self::COMPRESSION_ERROR
                | Self::ENHANCE_YOUR_CALM
        )
    }

    /// What its sender says with it, to follow upon its name.
    pub const fn meaning(self) -> &'static str {
        match self.0 {
            0 => "which says that nothing is wrong",
            1 => "which says that its peer broke a rule of HTTP/2",
            2 => "which says that it failed itself",
            3 => "which says that its peer sent more than a window allows, or let one grow too large",
            4 => "which says that its peer did not acknowledge the settings in time",
            5 => "which says that its peer sent on a stream that was closed",
            6 => "which says that its peer sent a frame of a wrong size",
            7 => "which says that it did nothing with the request, so that it can be sent again",
            8 => "which says that it does not need the stream any more",
            9 => "which says that it cannot read the compressed heads any more",
            10 => "which says that the connection behind the CONNECT failed",
            11 => "which says that its peer causes too much work",
            12 => "which says that the encryption is too weak for HTTP/2",
            13 => "which says that the request needs HTTP/1.1",
            _ => "a code that no specification gives a meaning",
        }
    }
}

/// The name and the number, as in `CANCEL (8)`.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => self.0.fmt(f),
        }
    }
}
