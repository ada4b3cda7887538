//! The heads of requests and responses, and what may become of one (RFC 9112 §2, §5). Those of HTTP/2 are kept alike.

use crate::model::{Footprint, Stamp};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::fmt;

/// A header line's name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name as sent.
    pub name: &'a [u8],
    /// The value without the white space around it; any bytes but line ends.
    pub value: &'a [u8],
}

/// Header lines in order, in two pieces of memory however many they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// Names and values, one after the other.
    bytes: Box<[u8]>,
    /// Where each name and each value ends.
    ends: Box<[(usize, usize)]>,
}

impl Headers {
    /// Holds what `lines` have.
    pub fn new<'h>(lines: impl ExactSizeIterator<Item = Header<'h>> + Clone) -> Self {
        let mut bytes =
            Vec::with_capacity(lines.clone().map(|line| line.name.len() + line.value.len()).sum());
        let mut ends = Vec::with_capacity(lines.len());
        for line in lines {
            bytes.extend_from_slice(line.name);
            let name = bytes.len();
            bytes.extend_from_slice(line.value);
            ends.push((name, bytes.len()));
        }
        Self { bytes: bytes.into(), ends: ends.into() }
    }

    /// The lines in order.
    pub fn iter(&self) -> impl Iterator<Item = Header<'_>> {
        let mut start = 0;
        self.ends.iter().map(move |&(name, value)| {
            let part = |from, to| self.bytes.get(from..to).unwrap_or_default();
            let header = Header { name: part(start, name), value: part(name, value) };
            start = value;
            header
        })
    }

    /// Bytes of memory they take.
    const fn memory(&self) -> usize {
        Footprint::allocation(self.bytes.len()) + Footprint::allocation(size_of_val(&*self.ends))
    }
}

/// A version of HTTP, as a head names it (RFC 9112 §2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpVersion {
    /// 1 of HTTP/1.0.
    pub major: u8,
    /// 0 of HTTP/1.0.
    pub minor: u8,
}

impl HttpVersion {
    /// HTTP/1.1, the first one with an `Upgrade` (RFC 9110 §7.8).
    pub const ONE_ONE: Self = Self { major: 1, minor: 1 };
    /// HTTP/2, whose heads are no lines.
    pub const TWO: Self = Self { major: 2, minor: 0 };
}

impl fmt::Display for HttpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP/{}.{}", self.major, self.minor)
    }
}

/// What a request and a response have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The version that its first line names.
    pub version: HttpVersion,
    /// The header lines in order.
    pub headers: Headers,
    /// What a strict peer would refuse in it, each kind once.
    pub flaws: Box<[HeadFlaw]>,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with its last byte.
    pub last: Stamp,
}

/// What a strict peer refuses in a head, and others take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadFlaw {
    /// A header line goes on in the next line, which begins with white space (RFC 9112 §5.2).
    Folded,
    /// White space stands between a header's name and its colon (RFC 9112 §5.1).
    SpaceBeforeColon,
    /// A header line has no colon (RFC 9112 §5).
    NoColon,
    /// A header's name has this byte, which no token has (RFC 9110 §5.6.2).
    Name(u8),
    /// A header's value has this control character (RFC 9110 §5.5).
    Value(u8),
    /// The first line has this byte where none such belongs (RFC 9112 §3, §4).
    FirstLine(u8),
    /// A line ends with a line feed alone (RFC 9112 §2.2).
    LineFeed,
    /// It is written as HTTP/1.x is, and names this version (RFC 9112 §2.3).
    Version(HttpVersion),
    /// The byte order mark of UTF-8 stands in front of it.
    ByteOrderMark,
    /// It passes a limit of common peers.
    TooLarge {
        /// What there is too much of.
        what: HeadExcess,
        /// The limit.
        limit: u64,
        /// How much there is.
        found: u64,
    },
}

impl Head {
    /// The values of all lines with this name, whatever its case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let is_meant = |header: &Header<'_>| header.name.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().filter(is_meant).map(|header| header.value)
    }

    /// The value of the first line with this name.
    pub fn value<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// That value as text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// The comma-separated elements of all lines with this name, without white space.
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// Whether one of the elements is `token`, whatever its case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.elements(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Bytes of memory it takes besides itself.
    pub(crate) const fn memory(&self) -> usize {
        self.headers.memory() + Footprint::allocation(size_of_val(&*self.flaws))
    }

    /// Whether any header belongs to the WebSocket handshake alone (RFC 6455 §11.3).
    pub fn has_websocket_header(&self) -> bool {
        const PREFIX: &[u8] = b"sec-websocket-";
        let is_one = |name: &[u8]| name.get(..PREFIX.len()).is_some_and(|n| n.eq_ignore_ascii_case(PREFIX));
        self.headers.iter().any(|header| is_one(header.name))
    }
}

/// A request head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method; empty where a head of HTTP/2 has none.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The rest.
    pub head: Head,
}

impl Request {
    /// Whether it asks for a WebSocket, well or badly: an `Upgrade: websocket`, any `Sec-WebSocket-*` header, or over
    /// HTTP/2 the `:protocol`.
    pub fn asks_for_websocket(&self) -> bool {
        match self.head.value(":protocol") {
            Some(protocol) => protocol.eq_ignore_ascii_case(b"websocket"),
            None => self.head.has_token("upgrade", "websocket") || self.head.has_websocket_header(),
        }
    }

    /// Bytes of memory it takes besides itself.
    pub(crate) const fn memory(&self) -> usize {
        let texts =
            Footprint::allocation(self.method.capacity()) + Footprint::allocation(self.target.capacity());
        self.head.memory() + texts
    }

    /// The settings that a request to continue with HTTP/2 carries (RFC 7540 §3.2.1).
    pub(crate) fn http2_settings(&self) -> Vec<u8> {
        let settings = self.head.value("http2-settings").unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.decode(settings.trim_ascii_end()).unwrap_or_default()
    }

    /// The target, if it is known: over HTTP/2 it may be what the capture lost.
    pub fn known_target(&self) -> Option<&str> {
        Some(self.target.as_str()).filter(|target| !target.is_empty())
    }

    /// The method, if it has one.
    pub fn known_method(&self) -> Option<&str> {
        Some(self.method.as_str()).filter(|method| !method.is_empty())
    }

    /// Whether it asks for a WebSocket as HTTP/2 has it (RFC 8441 §4), if perhaps without a method.
    pub fn is_extended_connect(&self) -> bool {
        self.known_method().is_none_or(|method| method == "CONNECT") && self.head.value(":protocol").is_some()
    }

    /// The host it asks, and the port where one is named.
    pub fn host(&self) -> Option<&[u8]> {
        self.head.value("host").or_else(|| self.head.value(":authority"))
    }

    /// Whether it asks in the way of the draft hixie-76 of 2010: with two keys, and eight bytes behind the head.
    pub fn is_hixie(&self) -> bool {
        self.head.value("sec-websocket-key1").is_some() && self.head.value("sec-websocket-key").is_none()
    }
}

/// A response head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The rest.
    pub head: Head,
}

impl Response {
    /// Bytes of memory it takes besides itself.
    pub(crate) const fn memory(&self) -> usize {
        self.head.memory() + Footprint::allocation(self.reason.capacity())
    }
}

/// What became of a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadPart<T> {
    /// Not a byte of it came.
    #[default]
    Absent,
    /// It was cut off.
    Partial {
        /// How many bytes came.
        received: u64,
        /// The packet with the first.
        first: Stamp,
        /// Whether a header in it belongs to the WebSocket handshake.
        websocket: bool,
    },
    /// It is not an HTTP/1.x head.
    Malformed {
        /// Its first bytes, at most 64.
        preview: Vec<u8>,
        /// What is wrong with it.
        fault: HeadFault,
        /// The packet with the first byte.
        first: Stamp,
        /// Whether a header in it belongs to the WebSocket handshake.
        websocket: bool,
    },
    /// It passed a limit.
    TooLarge {
        /// What there was too much of.
        what: HeadExcess,
        /// The limit.
        limit: u64,
        /// How much there was when it was passed.
        found: u64,
        /// The packet with its first byte.
        first: Stamp,
        /// Whether a header in it belongs to the WebSocket handshake.
        websocket: bool,
    },
    /// The capture does not hold it.
    Lost,
    /// It arrived whole.
    Whole(T),
}

/// What is wrong with a head (RFC 9112 §2 to §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadFault {
    /// It begins as no head does.
    NoHead,
    /// A character that no header name has.
    HeaderName,
    /// A character that no header value has.
    HeaderValue,
    /// A line ends where none may.
    LineEnd,
    /// The status code is none.
    Status,
    /// A character that no first line has.
    FirstLine,
    /// More headers than there is room for.
    HeaderCount,
    /// A version that is not 1.0 or 1.1.
    Version,
}

impl HeadFault {
    /// The fault in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoHead => "no HTTP/1.x head",
            Self::HeaderName => "an invalid character in a header name",
            Self::HeaderValue => "an invalid character in a header value",
            Self::LineEnd => "a line end in the wrong place",
            Self::Status => "an invalid status code",
            Self::FirstLine => "an invalid character in the first line",
            Self::HeaderCount => "too many headers",
            Self::Version => "an HTTP version other than 1.0 and 1.1",
        }
    }
}

impl fmt::Display for HeadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a head has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadExcess {
    /// Header lines: more than [`Limits::head_lines`](crate::model::Limits::head_lines).
    Lines,
    /// Bytes in one line: more than [`Limits::head_line_bytes`](crate::model::Limits::head_line_bytes).
    LineBytes,
    /// Bytes: more than [`Limits::head_bytes`](crate::model::Limits::head_bytes), after which it is not read further.
    Bytes,
}

impl HeadExcess {
    /// What is counted, in the plural: `header lines`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lines => "header lines",
            Self::LineBytes => "bytes in one line",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for HeadExcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<T> HeadPart<T> {
    /// Whether what came of a head that is not whole belongs to a WebSocket handshake.
    pub(crate) const fn hints_at_websocket(&self) -> bool {
        match self {
            Self::Partial { websocket, .. }
            | Self::Malformed { websocket, .. }
            | Self::TooLarge { websocket, .. } => *websocket,
            Self::Absent | Self::Lost | Self::Whole(_) => false,
        }
    }

    /// The head itself, if it arrived whole.
    pub(crate) fn into_whole(self) -> Option<T> {
        match self {
            Self::Whole(head) => Some(head),
            Self::Absent
            | Self::Partial { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::Lost => None,
        }
    }

    /// The head, if it arrived whole.
    pub const fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(head) => Some(head),
            Self::Absent
            | Self::Partial { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::Lost => None,
        }
    }
}

/// The byte order mark of UTF-8 (RFC 3629 §6), which some servers send in front of a head.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a token may have this byte (RFC 9110 §5.6.2).
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}
