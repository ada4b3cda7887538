//! Frame headers (RFC 9113 §4.1).

use super::StreamId;
use crate::model::Stamp;

/// What a frame is for (RFC 9113 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameType {
    /// Bytes of a stream's content.
    Data,
    /// The beginning of a head.
    Headers,
    /// Deprecated priorities.
    Priority,
    /// A stream ends at once.
    RstStream,
    /// What the sender wants its peer to know.
    Settings,
    /// A request that the server makes in the client's name.
    PushPromise,
    /// A ping, or the answer to one.
    Ping,
    /// The sender takes no more streams.
    GoAway,
    /// The sender takes more bytes.
    WindowUpdate,
    /// The rest of a head.
    Continuation,
    /// Of an extension: to be ignored by those that do not know it (RFC 9113 §5.5).
    Other(u8),
}

impl FrameType {
    /// As RFC 9113 §6 spells it; `None` if it is of an extension.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Data => "DATA",
            Self::Headers => "HEADERS",
            Self::Priority => "PRIORITY",
            Self::RstStream => "RST_STREAM",
            Self::Settings => "SETTINGS",
            Self::PushPromise => "PUSH_PROMISE",
            Self::Ping => "PING",
            Self::GoAway => "GOAWAY",
            Self::WindowUpdate => "WINDOW_UPDATE",
            Self::Continuation => "CONTINUATION",
            Self::Other(_) => return None,
        })
    }

    const fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Data,
            1 => Self::Headers,
            2 => Self::Priority,
            3 => Self::RstStream,
            4 => Self::Settings,
            5 => Self::PushPromise,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            other => Self::Other(other),
        }
    }
}

/// What makes a frame one that no peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameFault {
    /// Its type belongs to a stream, and it names none.
    NoStream,
    /// Its type belongs to the connection, and it names a stream.
    OnStream,
    /// Its length is not one that its type can have.
    Size,
    /// It is larger than its receiver ever announced to take (RFC 9113 §4.2).
    TooLarge,
    /// Its padding is as long as its payload, or longer (RFC 9113 §6.1).
    Padding,
    /// It adds nothing to a window (RFC 9113 §6.9).
    NoIncrement,
    /// It lets a window grow beyond 2³¹-1 bytes (RFC 9113 §6.9.1, §6.5.2).
    WindowTooLarge,
    /// It is on a stream that nobody has begun, and does not begin it (RFC 9113 §5.1).
    IdleStream,
    /// It is DATA after its sender had ended the stream (RFC 9113 §5.1).
    EndedStream,
    /// It announces a value that its setting cannot have (RFC 9113 §6.5.2, RFC 8441 §3).
    Setting(SettingFault),
}

/// What makes the value of a setting one that no peer may announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingFault {
    /// `SETTINGS_ENABLE_PUSH` is neither 0 nor 1.
    EnablePush(u32),
    /// A server says that it takes pushed requests, which only a client does.
    PushOfServer,
    /// `SETTINGS_MAX_FRAME_SIZE` is below 16,384 or above 16,777,215.
    MaxFrameSize(u32),
    /// `SETTINGS_ENABLE_CONNECT_PROTOCOL` is neither 0 nor 1.
    EnableConnectProtocol(u32),
    /// A server takes back that it takes extended CONNECT.
    ConnectProtocolWithdrawn,
}

impl FrameFault {
    /// Whether it is one only as long as the receiver has not allowed it, or used up the window. A frame on a stream that
    /// nobody has begun is not told at all where its receiver may have.
    pub(crate) const fn rests_on_receiver(self) -> bool {
        match self {
            Self::TooLarge | Self::WindowTooLarge => true,
            Self::NoStream
            | Self::OnStream
            | Self::Size
            | Self::Padding
            | Self::NoIncrement
            | Self::IdleStream
            | Self::EndedStream
            | Self::Setting(_) => false,
        }
    }

    /// Such as `no-stream`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoStream => "no-stream",
            Self::OnStream => "on-stream",
            Self::Size => "size",
            Self::TooLarge => "too-large",
            Self::Padding => "padding",
            Self::NoIncrement => "no-increment",
            Self::WindowTooLarge => "window-too-large",
            Self::IdleStream => "idle-stream",
            Self::EndedStream => "ended-stream",
            Self::Setting(SettingFault::ConnectProtocolWithdrawn) => "setting-withdrawn",
            Self::Setting(
                SettingFault::EnablePush(_)
                | SettingFault::PushOfServer
                | SettingFault::MaxFrameSize(_)
                | SettingFault::EnableConnectProtocol(_),
            ) => "setting-value",
        }
    }
}

/// The nine bytes before a frame's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Bytes of payload, at most 2^24 − 1.
    pub length: u32,
    /// What the frame is for.
    pub kind: FrameType,
    /// Flags; what they mean depends on the type.
    pub flags: u8,
    /// The stream it belongs to, 0 for the connection.
    pub stream: StreamId,
    /// Whether the bit before the stream's number is set, which has to be ignored.
    pub reserved: bool,
}

/// A DATA frame, as it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFrame {
    /// Its header.
    pub header: FrameHeader,
    /// Its number among those that its sender sent on its stream, from 1.
    pub number: u64,
    /// How many bytes of content the ones before it carried.
    pub offset: u64,
    /// Bytes of content that it carries: its payload without padding.
    pub content: u32,
    /// The packet with its first byte.
    pub first: Stamp,
}

impl DataFrame {
    /// Where its content ends in what its sender sends on the stream.
    pub fn end(&self) -> u64 {
        self.offset + u64::from(self.content)
    }

    /// The names of its flags (RFC 9113 §6.1).
    pub fn flags(&self) -> impl Iterator<Item = &'static str> {
        let known = [(FrameHeader::END_STREAM, "END_STREAM"), (FrameHeader::PADDED, "PADDED")];
        let header = self.header;
        known.into_iter().filter(move |(flag, _)| header.has(*flag)).map(|(_, name)| name)
    }
}

impl FrameHeader {
    /// Bytes of a header.
    pub const SIZE: usize = 9;
    /// On DATA and HEADERS: nothing follows in this direction of the stream.
    pub const END_STREAM: u8 = 0x01;
    /// On SETTINGS and PING: this is the answer.
    pub const ACK: u8 = 0x01;
    /// On HEADERS, `PUSH_PROMISE` and CONTINUATION: the head ends here.
    pub const END_HEADERS: u8 = 0x04;
    /// On DATA, HEADERS and `PUSH_PROMISE`: the payload has padding.
    pub const PADDED: u8 = 0x08;
    /// On HEADERS: the payload has a priority.
    pub const PRIORITY: u8 = 0x20;

    /// Reads a header.
    pub const fn parse(bytes: &[u8; Self::SIZE]) -> Self {
        let [high, middle, low, kind, flags, stream @ ..] = *bytes;
        let stream = u32::from_be_bytes(stream);
        Self {
            length: u32::from_be_bytes([0, high, middle, low]),
            kind: FrameType::from_bits(kind),
            flags,
            stream: StreamId(stream & !(1 << 31)),
            reserved: stream >> 31 == 1,
        }
    }

    /// Whether `flag` is set.
    pub const fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// What makes it a frame that no peer may send, as its header alone shows (RFC 9113 §4.2, §6).
    pub(super) const fn fault(self) -> Option<FrameFault> {
        let on_stream = self.stream.0 != 0;
        // The length of the padding, a priority, the number of a promised stream.
        let padding = if self.has(Self::PADDED) { 1 } else { 0 };
        let priority = if self.has(Self::PRIORITY) { 5 } else { 0 };
        let (belongs, has_size) = match self.kind {
            FrameType::Data => (on_stream, self.length >= padding),
            FrameType::Headers => (on_stream, self.length >= padding + priority),
            FrameType::Priority => (on_stream, self.length == 5),
            FrameType::PushPromise => (on_stream, self.length >= padding + 4),
            FrameType::Continuation => (on_stream, true),
            FrameType::RstStream => (on_stream, self.length == 4),
            FrameType::Settings if self.has(Self::ACK) => (!on_stream, self.length == 0),
            FrameType::Settings => (!on_stream, self.length.is_multiple_of(6)),
            FrameType::Ping => (!on_stream, self.length == 8),
            FrameType::GoAway => (!on_stream, self.length >= 8),
            FrameType::WindowUpdate => (true, self.length == 4),
            FrameType::Other(_) => (true, true),
        };
        match (belongs, has_size) {
            (true, true) => None,
            (false, _) if on_stream => Some(FrameFault::OnStream),
            (false, _) => Some(FrameFault::NoStream),
            (true, false) => Some(FrameFault::Size),
        }
    }

    /// Whether the payload is a part of a head, or begins with one.
    pub(super) const fn is_head(self) -> bool {
        matches!(self.kind, FrameType::Headers | FrameType::PushPromise | FrameType::Continuation)
    }
}

/// Whether `bytes` begin with a SETTINGS frame that announces something, as a server of HTTP/2 does (RFC 9113 §3.4), or
/// may do so if they are fewer than its header has.
pub(crate) fn may_begin_with_settings(bytes: &[u8]) -> bool {
    /// More settings than there are.
    const MOST: u32 = 6 * 64;
    let fits = |(index, byte): (usize, &u8)| match index {
        0 | 4..=8 => *byte == 0,
        3 => *byte == 4,
        _ => true,
    };
    let whole = bytes.first_chunk().map(FrameHeader::parse);
    bytes.iter().take(FrameHeader::SIZE).enumerate().all(fits)
        && whole.is_none_or(|header| header.length.is_multiple_of(6) && header.length <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_place_and_size() {
        let fault = |kind: u8, flags: u8, stream: u8, length: u8| {
            FrameHeader::parse(&[0, 0, length, kind, flags, 0, 0, 0, stream]).fault()
        };
        let (no_stream, on_stream, size) =
            (Some(FrameFault::NoStream), Some(FrameFault::OnStream), Some(FrameFault::Size));
        for (kind, length) in [(0, 1), (1, 1), (2, 5), (3, 4), (5, 4), (9, 0)] {
            assert_eq!((fault(kind, 0, 1, length), fault(kind, 0, 0, length)), (None, no_stream), "{kind}");
        }
        for (kind, length) in [(4, 6), (6, 8), (7, 8)] {
            assert_eq!((fault(kind, 0, 0, length), fault(kind, 0, 1, length)), (None, on_stream), "{kind}");
        }
        assert_eq!((fault(8, 0, 0, 4), fault(8, 0, 1, 4), fault(8, 0, 1, 5)), (None, None, size));
        assert_eq!(
            (fault(3, 0, 1, 8), fault(4, 0, 0, 7), fault(6, 0, 0, 4), fault(7, 0, 0, 4)),
            (size, size, size, size)
        );
        assert_eq!((fault(4, 1, 0, 0), fault(4, 1, 0, 6), fault(0xbe, 0, 9, 3)), (None, size, None));
        // What flags announce has to be there.
        assert_eq!((fault(2, 0, 1, 4), fault(5, 0, 1, 3)), (size, size));
        assert_eq!((fault(0, 8, 1, 0), fault(0, 8, 1, 1), fault(0, 0, 1, 0)), (size, None, None));
        assert_eq!((fault(1, 0x20, 1, 4), fault(1, 0x20, 1, 5), fault(1, 0x28, 1, 5)), (size, None, size));
    }

    #[test]
    fn a_header_is_nine_bytes() {
        let header = FrameHeader::parse(&[0, 0x40, 1, 1, 0x25, 0x80, 0, 0, 7]);
        assert_eq!((header.length, header.kind, header.stream), (0x4001, FrameType::Headers, StreamId(7)));
        assert!(header.reserved && header.has(FrameHeader::END_STREAM) && header.has(FrameHeader::PRIORITY));
        assert!(!header.has(FrameHeader::PADDED));
    }
}
