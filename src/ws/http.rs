//! HTTP/1.x heads, read as they arrive (RFC 9112).

use crate::model::Stamp;

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
    /// Names and values, one behind the other.
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
        self.bytes.len() + size_of_val(&*self.ends)
    }
}

/// What a request and a response have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The minor version: 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The header lines in order.
    pub headers: Headers,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with its last byte.
    pub last: Stamp,
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

    /// Bytes of memory it takes.
    pub(super) const fn memory(&self) -> usize {
        self.headers.memory()
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
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The rest.
    pub head: Head,
}

impl Request {
    /// Whether it asks for a WebSocket, well or badly: an `Upgrade: websocket` or any `Sec-WebSocket-*` header.
    pub fn asks_for_websocket(&self) -> bool {
        self.head.has_token("upgrade", "websocket") || self.head.has_websocket_header()
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

/// What became of a head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// It is no HTTP/1.x head.
    Malformed {
        /// Its first bytes, at most 64.
        preview: Vec<u8>,
        /// What is wrong with it.
        fault: &'static str,
        /// The packet with the first byte.
        first: Stamp,
        /// Whether a header in it belongs to the WebSocket handshake.
        websocket: bool,
    },
    /// It passed a limit.
    TooLarge {
        /// What there was too much of: `header lines` or `bytes in one line`.
        what: &'static str,
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
    /// It came whole.
    Whole(T),
}

impl<T> HeadPart<T> {
    /// Whether what came of a head that is not whole belongs to a WebSocket handshake.
    pub(super) const fn hints_at_websocket(&self) -> bool {
        match self {
            Self::Partial { websocket, .. }
            | Self::Malformed { websocket, .. }
            | Self::TooLarge { websocket, .. } => *websocket,
            Self::Absent | Self::Lost | Self::Whole(_) => false,
        }
    }

    /// The head, if it came whole.
    pub const fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(head) => Some(head),
            _ => None,
        }
    }
}

/// The caps on a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadLimits {
    pub(super) lines: u64,
    pub(super) line_bytes: u64,
}

/// Collects one head.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    bytes: Vec<u8>,
    first: Stamp,
    lines: u64,
    /// Where in `bytes` the latest line begins.
    line: usize,
    /// The limit that was passed first: what, limit, found.
    excess: Option<(&'static str, u64, u64)>,
    /// It is no head: why. Its first bytes are still collected, to say what it is instead.
    rubbish: Option<&'static str>,
}

/// Bytes shown of what is no head.
const PREVIEW: usize = 64;

/// Bytes by which it is known that something is no head.
const START: usize = 16;

/// Most heads are no longer.
const ORDINARY: usize = 1 << 10;

/// A head that passes a limit is still read to its end, to know what it was, but not for ever.
const HEAD_BYTES: usize = 256 << 10;

/// How far a head has come.
pub(super) enum Step<T> {
    /// More bytes are needed; all were taken.
    More,
    /// The head ended, well or badly; so many of the given bytes belong to it.
    Done(HeadPart<T>, usize),
}

/// Turns the whole bytes of a head into its parts.
pub(super) trait ParseHead: Sized {
    /// Whether a head of this kind can begin with `bytes`.
    fn may_begin(bytes: &[u8]) -> bool;
    fn parse(bytes: &[u8], lines: usize) -> Result<Self, httparse::Error>;
    fn head_mut(&mut self) -> &mut Head;
}

impl HeadReader {
    /// Bytes of memory it takes.
    pub(super) const fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// Whether not a byte of a head came yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The stream ends, or bytes are missing.
    pub(super) fn cut<T>(&self) -> HeadPart<T> {
        if self.bytes.is_empty() {
            HeadPart::Absent
        } else if let Some(fault) = self.rubbish {
            let (preview, websocket) = (self.bytes.clone(), self.hints_at_websocket());
            HeadPart::Malformed { preview, fault, first: self.first, websocket }
        } else {
            let (received, websocket) = (self.bytes.len() as u64, self.hints_at_websocket());
            HeadPart::Partial { received, first: self.first, websocket }
        }
    }

    fn hints_at_websocket(&self) -> bool {
        let has = |needle: &[u8]| self.bytes.windows(needle.len()).any(|w| w.eq_ignore_ascii_case(needle));
        has(b"\nsec-websocket-") || has(b"\nupgrade: w") || has(b"\nupgrade:w")
    }

    /// Takes the next bytes.
    pub(super) fn push<T: ParseHead>(&mut self, bytes: &[u8], stamp: Stamp, limits: HeadLimits) -> Step<T> {
        if self.rubbish.is_some() {
            return self.collect_rubbish(bytes);
        }
        let mut used = 0;
        if self.bytes.is_empty() {
            // Empty lines before a request line are to be ignored (RFC 9112 §2.2).
            used = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.first = stamp;
            self.bytes.reserve((bytes.len() - used).min(ORDINARY));
        }
        for line in bytes.get(used..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            let had = self.bytes.len();
            let line = line.get(..line.len().min(HEAD_BYTES + 1 - had)).unwrap_or_default();
            self.bytes.extend_from_slice(line);
            used += line.len();
            if had < START && !T::may_begin(self.bytes.get(..START).unwrap_or(&self.bytes)) {
                self.rubbish = Some("no HTTP/1.x head");
                self.bytes.truncate(PREVIEW);
                return self.collect_rubbish(bytes.get(used..).unwrap_or_default());
            }
            let length = without_end(self.bytes.get(self.line..).unwrap_or_default()).len() as u64;
            if length > limits.line_bytes {
                self.exceed("bytes in one line", limits.line_bytes, length);
            }
            if self.bytes.len() > HEAD_BYTES {
                return self.too_large();
            }
            if !line.ends_with(b"\n") {
                break;
            }
            self.line = self.bytes.len();
            self.lines += 1;
            if self.bytes.ends_with(b"\n\r\n") || self.bytes.ends_with(b"\n\n") {
                return if self.excess.is_some() { self.too_large() } else { self.finish(used, stamp) };
            }
            // The first line is no header.
            if self.lines - 1 > limits.lines {
                self.exceed("header lines", limits.lines, self.lines - 1);
            }
        }
        Step::More
    }

    fn collect_rubbish<T>(&mut self, bytes: &[u8]) -> Step<T> {
        let room = PREVIEW.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if self.bytes.len() < PREVIEW { Step::More } else { Step::Done(self.cut(), 0) }
    }

    fn malformed<T>(&mut self, fault: &'static str) -> Step<T> {
        let websocket = self.hints_at_websocket();
        let mut preview = std::mem::take(&mut self.bytes);
        preview.truncate(PREVIEW);
        Step::Done(HeadPart::Malformed { preview, fault, first: self.first, websocket }, 0)
    }

    /// A limit is passed, by so much.
    fn exceed(&mut self, what: &'static str, limit: u64, found: u64) {
        match &mut self.excess {
            Some(excess) if excess.0 == what => excess.2 = found,
            Some(_) => {}
            excess @ None => *excess = Some((what, limit, found)),
        }
    }

    fn too_large<T>(&mut self) -> Step<T> {
        let whole = std::mem::take(self);
        let (what, limit, found) =
            whole.excess.unwrap_or(("bytes", HEAD_BYTES as u64, whole.bytes.len() as u64));
        let websocket = whole.hints_at_websocket();
        Step::Done(HeadPart::TooLarge { what, limit, found, first: whole.first, websocket }, 0)
    }

    fn finish<T: ParseHead>(&mut self, used: usize, stamp: Stamp) -> Step<T> {
        let lines = usize::try_from(self.lines).unwrap_or(usize::MAX);
        match T::parse(&self.bytes, lines) {
            Ok(mut whole) => {
                let first = std::mem::take(self).first;
                let head = whole.head_mut();
                (head.first, head.last) = (first, stamp);
                Step::Done(HeadPart::Whole(whole), used)
            }
            Err(error) => self.malformed(fault(error)),
        }
    }
}

/// A line, as far as it has come, without the bytes that end it.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// What httparse objects to, in words.
fn fault(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "an invalid character in a header name",
        httparse::Error::HeaderValue => "an invalid character in a header value",
        httparse::Error::NewLine => "a line end in the wrong place",
        httparse::Error::Status => "an invalid status code",
        httparse::Error::Token => "an invalid character in the first line",
        httparse::Error::TooManyHeaders => "too many headers",
        httparse::Error::Version => "an HTTP version other than 1.0 and 1.1",
    }
}

fn head(minor_version: Option<u8>, headers: &[httparse::Header<'_>]) -> Head {
    let lines = headers.iter().map(|h| Header { name: h.name.as_bytes(), value: h.value.trim_ascii() });
    let headers = Headers::new(lines);
    Head { minor_version: minor_version.unwrap_or(0), headers, ..Head::default() }
}

impl ParseHead for Request {
    fn may_begin(bytes: &[u8]) -> bool {
        let method = bytes.iter().take_while(|byte| byte.is_ascii_uppercase() || **byte == b'-').count();
        method == bytes.len() || (method >= 3 && bytes.get(method) == Some(&b' '))
    }

    fn parse(bytes: &[u8], lines: usize) -> Result<Self, httparse::Error> {
        let mut headers = vec![httparse::EMPTY_HEADER; lines];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(bytes)?;
        Ok(Self {
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            head: head(request.version, request.headers),
        })
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
}

impl ParseHead for Response {
    fn may_begin(bytes: &[u8]) -> bool {
        let start = b"HTTP/1.";
        bytes.iter().zip(start).all(|(a, b)| a == b)
    }

    fn parse(bytes: &[u8], lines: usize) -> Result<Self, httparse::Error> {
        let mut headers = vec![httparse::EMPTY_HEADER; lines];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(bytes)?;
        Ok(Self {
            status: response.code.unwrap_or(0),
            reason: response.reason.unwrap_or_default().to_owned(),
            head: head(response.version, response.headers),
        })
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { lines: 3, line_bytes: 40 };

    /// Reads a head whole and byte by byte, which must agree.
    fn read<T: ParseHead + PartialEq + std::fmt::Debug>(text: &[u8]) -> Option<(HeadPart<T>, usize)> {
        let whole = match HeadReader::default().push(text, Stamp::default(), LIMITS) {
            Step::More => None,
            Step::Done(part, used) => Some((part, used)),
        };
        let mut reader = HeadReader::default();
        let mut stepped = None;
        for (index, byte) in text.iter().enumerate() {
            if let Step::Done(part, used) = reader.push::<T>(&[*byte], Stamp::default(), LIMITS) {
                stepped = Some((part, index + used));
                break;
            }
        }
        match (&whole, &stepped) {
            (Some((HeadPart::Whole(a), used)), Some((HeadPart::Whole(b), at))) => {
                assert_eq!((a, *used), (b, *at));
            }
            (a, b) => assert_eq!(a.is_some(), b.is_some(), "{text:?}: {a:?} {b:?}"),
        }
        whole
    }

    #[test]
    fn a_line_is_as_long_however_it_is_cut() {
        // A carriage return is a part of the line where no line feed follows.
        let text = b"GET / HTTP/1.1\r\nA: 0123456789012345678901234567890123456789\r012\r\n\r\n";
        for split in 0..text.len() {
            let mut reader = HeadReader::default();
            let (first, second) = text.split_at(split);
            let more = reader.push::<Request>(first, Stamp::default(), LIMITS);
            assert!(matches!(more, Step::More), "split at {split}");
            match reader.push::<Request>(second, Stamp::default(), LIMITS) {
                Step::Done(HeadPart::TooLarge { found, .. }, _) => assert_eq!(found, 47, "split at {split}"),
                _ => panic!("split at {split}"),
            }
        }
    }

    #[test]
    fn a_head_ends_at_the_empty_line_and_leaves_the_rest() {
        let Some((HeadPart::Whole(request), used)) =
            read::<Request>(b"GET /a HTTP/1.1\r\nUpgrade: h2c, WebSocket\r\n\r\nrest")
        else {
            panic!("no head")
        };
        assert_eq!((used, request.target.as_str()), (44, "/a"));
        assert!(request.asks_for_websocket());
        assert!(!request.head.has_token("upgrade", "socket"));
    }

    #[test]
    fn limits_are_those_of_the_lines_and_the_bytes() {
        let part = read::<Response>(b"HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n").unwrap().0;
        assert!(
            matches!(part, HeadPart::TooLarge { what: "header lines", limit: 3, found: 4, .. }),
            "{part:?}"
        );
        let part = read::<Request>(format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(40)).as_bytes()).unwrap().0;
        // "GET /", 40 times x, " HTTP/1.1": the whole line is told, not only that it passed the limit.
        assert!(matches!(part, HeadPart::TooLarge { limit: 40, found: 54, .. }), "{part:?}");
        assert!(matches!(
            read::<Response>(b"HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n"),
            Some((HeadPart::Whole(_), _))
        ));
    }

    #[test]
    fn what_cannot_be_a_head_is_known_at_once() {
        let mut reader = HeadReader::default();
        assert!(matches!(reader.push::<Response>(b"SSH-2", Stamp::default(), LIMITS), Step::More));
        assert!(
            matches!(reader.cut::<Response>(), HeadPart::Malformed { preview, .. } if preview == b"SSH-2")
        );
        assert!(
            matches!(read::<Request>(&[0x16; 100]), Some((HeadPart::Malformed { preview, .. }, 0)) if preview.len() == 64)
        );
        assert!(read::<Request>(b"GET /").is_none());
    }
}
