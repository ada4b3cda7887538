//! Reads HTTP/1.x heads as they arrive (RFC 9112).

use crate::model::{Limits, Stamp};
use crate::upgrade::{
    BYTE_ORDER_MARK, Head, HeadExcess, HeadFault, HeadFlaw, HeadPart, Header, Headers, HttpVersion, Request,
    Response, is_token,
};
use crate::ws::{Looks, looks_like};

/// The caps on a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// [`Limits::head_lines`].
    pub lines: u64,
    /// [`Limits::head_line_bytes`].
    pub line_bytes: u64,
    /// [`Limits::head_bytes`].
    pub bytes: u64,
}

impl HeadLimits {
    /// Those of `limits`.
    pub const fn new(limits: &Limits) -> Self {
        Self { lines: limits.head_lines, line_bytes: limits.head_line_bytes, bytes: limits.head_bytes }
    }
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
    excess: Option<(HeadExcess, u64, u64)>,
    /// It is not a head: why. Its first bytes are still collected, to say what it is instead.
    rubbish: Option<HeadFault>,
}

/// Bytes shown of what is not a head.
const PREVIEW: usize = 64;

/// Bytes by which it is known that something is not a head.
const START: usize = 16;

/// Most heads are no longer.
const ORDINARY: usize = 1 << 10;

/// How far a head has come.
pub(super) enum HeadProgress<T> {
    /// More bytes are needed; all were taken.
    More,
    /// The head ended, well or badly; this many of the given bytes belong to it.
    Done(HeadPart<T>, usize),
}

/// Turns the whole bytes of a head into its parts.
pub(super) trait ParseHead: Sized {
    /// Whether a head of this kind can begin with `bytes`.
    fn may_begin(bytes: &[u8]) -> bool;
    fn parse(bytes: &[u8], lines: usize) -> Result<Self, httparse::Error>;
    /// Reads what a lenient peer reads where [`parse`](Self::parse) finds a fault.
    fn parse_leniently(bytes: &[u8]) -> Option<Self>;
    fn head_mut(&mut self) -> &mut Head;
}

impl HeadReader {
    /// Bytes of memory it takes.
    pub(super) const fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// The status of an answer whose first line has come.
    pub(super) fn status(&self) -> Option<u16> {
        let line = self.bytes.split_inclusive(|byte| *byte == b'\n').next()?.strip_suffix(b"\n")?;
        let (version, rest) = without_mark(line).split_at_checked(b"HTTP/1.1".len())?;
        http_version(version)?;
        std::str::from_utf8(rest.strip_prefix(b" ")?.get(..3)?).ok()?.parse().ok()
    }

    /// Whether not a byte of a head came yet.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether what came so far, as the head of an answer, and then these `bytes` begin with the method of a request and the blank
    /// behind it.
    pub(super) fn asks_with(&self, bytes: &[u8]) -> bool {
        let skipped = if self.bytes.is_empty() { empty_lines(bytes) } else { 0 };
        let behind = bytes.iter().skip(skipped);
        let start: Vec<u8> = self.bytes.iter().chain(behind).take(START).copied().collect();
        self.bytes.len() < START && looks_like(&start) == Some(Looks::HttpRequest)
    }

    /// What came so far was read as a head of another kind than `T`.
    pub(super) fn reconsider<T: ParseHead>(&mut self) {
        self.rubbish = self.rubbish.filter(|_| !T::may_begin(&self.bytes));
    }

    /// Whether what came so far is no head.
    pub(super) const fn is_rubbish(&self) -> bool {
        self.rubbish.is_some()
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
    pub(super) fn push<T: ParseHead>(
        &mut self,
        bytes: &[u8],
        stamp: Stamp,
        limits: HeadLimits,
    ) -> HeadProgress<T> {
        if self.rubbish.is_some() {
            return self.collect_rubbish(bytes);
        }
        let most = usize::try_from(limits.bytes).unwrap_or(usize::MAX);
        let mut used = 0;
        if self.bytes.is_empty() {
            used = empty_lines(bytes);
            self.first = stamp;
            self.bytes.reserve((bytes.len() - used).min(ORDINARY));
        }
        for line in bytes.get(used..).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            let had = self.bytes.len();
            let line = line.get(..line.len().min(most.saturating_add(1) - had)).unwrap_or_default();
            self.bytes.extend_from_slice(line);
            used += line.len();
            if had < START && !T::may_begin(self.bytes.get(..START).unwrap_or(&self.bytes)) {
                self.rubbish = Some(HeadFault::NoHead);
                self.bytes.truncate(PREVIEW);
                return self.collect_rubbish(bytes.get(used..).unwrap_or_default());
            }
            let length = without_end(self.bytes.get(self.line..).unwrap_or_default()).len() as u64;
            if length > limits.line_bytes {
                self.exceed(HeadExcess::LineBytes, limits.line_bytes, length);
            }
            if self.bytes.len() > most {
                return self.too_large(limits.bytes);
            }
            if !line.ends_with(b"\n") {
                break;
            }
            self.line = self.bytes.len();
            self.lines += 1;
            if self.bytes.ends_with(b"\n\r\n") || self.bytes.ends_with(b"\n\n") {
                return self.finish(used, stamp);
            }
            // The first line is not a header.
            if self.lines - 1 > limits.lines {
                self.exceed(HeadExcess::Lines, limits.lines, self.lines - 1);
            }
        }
        HeadProgress::More
    }

    fn collect_rubbish<T>(&mut self, bytes: &[u8]) -> HeadProgress<T> {
        let room = PREVIEW.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if self.bytes.len() < PREVIEW { HeadProgress::More } else { HeadProgress::Done(self.cut(), 0) }
    }

    fn malformed<T>(&mut self, fault: HeadFault) -> HeadProgress<T> {
        let websocket = self.hints_at_websocket();
        let mut preview = std::mem::take(&mut self.bytes);
        preview.truncate(PREVIEW);
        HeadProgress::Done(HeadPart::Malformed { preview, fault, first: self.first, websocket }, 0)
    }

    /// A limit is passed, by so much.
    fn exceed(&mut self, what: HeadExcess, limit: u64, found: u64) {
        match &mut self.excess {
            Some(excess) if excess.0 == what => excess.2 = found,
            Some(_) => {}
            excess @ None => *excess = Some((what, limit, found)),
        }
    }

    /// It is longer than `most` bytes: the rest of it is not read.
    fn too_large<T>(&mut self, most: u64) -> HeadProgress<T> {
        let whole = std::mem::take(self);
        let (what, limit, found) =
            whole.excess.unwrap_or((HeadExcess::Bytes, most, whole.bytes.len() as u64));
        let websocket = whole.hints_at_websocket();
        HeadProgress::Done(HeadPart::TooLarge { what, limit, found, first: whole.first, websocket }, 0)
    }

    fn finish<T: ParseHead>(&mut self, used: usize, stamp: Stamp) -> HeadProgress<T> {
        let lines = usize::try_from(self.lines).unwrap_or(usize::MAX);
        let text = without_mark(&self.bytes);
        let mut whole = match T::parse(text, lines) {
            Ok(whole) => whole,
            Err(error) => match T::parse_leniently(text) {
                Some(whole) => whole,
                None => return self.malformed(fault(error)),
            },
        };
        let Self { bytes, first, excess, .. } = std::mem::take(self);
        let head = whole.head_mut();
        (head.first, head.last) = (first, stamp);
        let excess = excess.map(|(what, limit, found)| HeadFlaw::TooLarge { what, limit, found });
        let line_feed = has_bare_line_feed(&bytes).then_some(HeadFlaw::LineFeed);
        let mark = bytes.starts_with(BYTE_ORDER_MARK).then_some(HeadFlaw::ByteOrderMark);
        let version = (head.version.major > 1).then_some(HeadFlaw::Version(head.version));
        let whole_head = [mark, version, line_feed, excess];
        if whole_head.iter().any(Option::is_some) {
            head.flaws = head.flaws.iter().copied().chain(whole_head.into_iter().flatten()).collect();
        }
        HeadProgress::Done(HeadPart::Whole(whole), used)
    }
}

/// How many `bytes` in front of a request line are to be ignored: those of empty lines (RFC 9112 §2.2).
fn empty_lines(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// A head without the byte order mark in front of it.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// A line, as far as it has come, without the bytes that end it.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a line ends with a line feed alone.
fn has_bare_line_feed(bytes: &[u8]) -> bool {
    let mut before = 0;
    bytes.iter().any(|&byte| std::mem::replace(&mut before, byte) != b'\r' && byte == b'\n')
}

/// What httparse objects to.
const fn fault(error: httparse::Error) -> HeadFault {
    match error {
        httparse::Error::HeaderName => HeadFault::HeaderName,
        httparse::Error::HeaderValue => HeadFault::HeaderValue,
        httparse::Error::NewLine => HeadFault::LineEnd,
        httparse::Error::Status => HeadFault::Status,
        httparse::Error::Token => HeadFault::FirstLine,
        httparse::Error::TooManyHeaders => HeadFault::HeaderCount,
        httparse::Error::Version => HeadFault::Version,
    }
}

fn head(minor: Option<u8>, headers: &[httparse::Header<'_>]) -> Head {
    let lines = headers.iter().map(|h| Header { name: h.name.as_bytes(), value: h.value.trim_ascii() });
    let headers = Headers::new(lines);
    Head { version: HttpVersion { major: 1, minor: minor.unwrap_or(0) }, headers, ..Head::default() }
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

    fn parse_leniently(bytes: &[u8]) -> Option<Self> {
        let Lines { first, head } = Lines::read(bytes);
        let start = first.iter().rposition(|byte| *byte == b' ')?;
        let (before, version) = first.split_at_checked(start)?;
        let (method, target) = before.split_at_checked(before.iter().position(|byte| *byte == b' ')?)?;
        let target = target.trim_ascii();
        let version = http_version(version.trim_ascii())?;
        if method == HTTP2_PREFACE {
            return None;
        }
        let odd = target.iter().find(|byte| !byte.is_ascii_graphic()).map(|byte| HeadFlaw::FirstLine(*byte));
        Some(Self {
            method: std::str::from_utf8(method).ok()?.to_owned(),
            target: String::from_utf8_lossy(target).into_owned(),
            head: Head { version, flaws: head.flaws.iter().copied().chain(odd).collect(), ..head },
        })
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
}

impl ParseHead for Response {
    fn may_begin(bytes: &[u8]) -> bool {
        let bytes = if BYTE_ORDER_MARK.starts_with(bytes) { b"" } else { without_mark(bytes) };
        let fits = |(byte, pattern): (&u8, &u8)| byte == pattern || *pattern == b'1' && byte.is_ascii_digit();
        bytes.iter().zip(b"HTTP/1.").all(fits)
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

    fn parse_leniently(bytes: &[u8]) -> Option<Self> {
        let Lines { first, head } = Lines::read(bytes);
        let (version, rest) = first.split_at_checked(first.iter().position(|byte| *byte == b' ')?)?;
        let (status, reason) = rest.trim_ascii_start().split_first_chunk::<3>()?;
        let status = std::str::from_utf8(status).ok()?.parse().ok()?;
        let odd = reason.iter().find(|byte| byte.is_ascii_control() && **byte != b'\t');
        let odd = odd.map(|byte| HeadFlaw::FirstLine(*byte));
        let version = http_version(version)?;
        Some(Self {
            status,
            reason: String::from_utf8_lossy(reason.trim_ascii()).into_owned(),
            head: Head { version, flaws: head.flaws.iter().copied().chain(odd).collect(), ..head },
        })
    }

    fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }
}

/// The method with which the preface of HTTP/2 begins, which is no request (RFC 9113 §3.4).
const HTTP2_PREFACE: &[u8] = b"PRI";

/// The version that a first line names. Any is read as 1.1 is: which of them a peer takes is its own affair.
fn http_version(version: &[u8]) -> Option<HttpVersion> {
    match version.strip_prefix(b"HTTP/")? {
        [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
            Some(HttpVersion { major: major - b'0', minor: minor - b'0' })
        }
        _ => None,
    }
}

/// The lines of a head, as a lenient peer reads them.
struct Lines<'a> {
    first: &'a [u8],
    /// All but the version.
    head: Head,
}

impl<'a> Lines<'a> {
    fn read(bytes: &'a [u8]) -> Self {
        let mut lines =
            bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().unwrap_or_default();
        let mut headers: Vec<(&[u8], Vec<u8>)> = Vec::new();
        let mut flaws: Vec<HeadFlaw> = Vec::new();
        let mut note = |flaw: HeadFlaw| {
            if !flaws.contains(&flaw) {
                flaws.push(flaw);
            }
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            if let (Some(b' ' | b'\t'), Some((_, value))) = (line.first(), headers.last_mut()) {
                note(HeadFlaw::Folded);
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
                continue;
            }
            let Some((name, value)) =
                line.iter().position(|byte| *byte == b':').and_then(|colon| line.split_at_checked(colon))
            else {
                note(HeadFlaw::NoColon);
                continue;
            };
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            if name.last().is_some_and(u8::is_ascii_whitespace) {
                note(HeadFlaw::SpaceBeforeColon);
            }
            let name = name.trim_ascii();
            if name.is_empty() {
                note(HeadFlaw::Name(b':'));
            }
            name.iter()
                .find(|byte| !is_token(**byte))
                .into_iter()
                .for_each(|byte| note(HeadFlaw::Name(*byte)));
            let control = value.iter().find(|byte| byte.is_ascii_control() && **byte != b'\t');
            if let Some(byte) = control {
                note(HeadFlaw::Value(*byte));
            }
            headers.push((name, value.to_vec()));
        }
        let headers = Headers::new(headers.iter().map(|(name, value)| Header { name, value }));
        Self { first, head: Head { headers, flaws: flaws.into(), ..Head::default() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { lines: 3, line_bytes: 40, bytes: 4_096 };

    /// Reads a head whole and byte by byte, which must agree.
    fn read<T: ParseHead + PartialEq + std::fmt::Debug>(text: &[u8]) -> Option<(HeadPart<T>, usize)> {
        let whole = match HeadReader::default().push(text, Stamp::default(), LIMITS) {
            HeadProgress::More => None,
            HeadProgress::Done(part, used) => Some((part, used)),
        };
        let mut reader = HeadReader::default();
        let mut stepped = None;
        for (index, byte) in text.iter().enumerate() {
            if let HeadProgress::Done(part, used) = reader.push::<T>(&[*byte], Stamp::default(), LIMITS) {
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
            assert!(matches!(more, HeadProgress::More), "split at {split}");
            match reader.push::<Request>(second, Stamp::default(), LIMITS) {
                HeadProgress::Done(HeadPart::Whole(request), _) => {
                    let too_large = request.head.flaws.iter().find_map(|flaw| match flaw {
                        HeadFlaw::TooLarge { found, .. } => Some(*found),
                        _ => None,
                    });
                    assert_eq!(too_large, Some(47), "split at {split}");
                }
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
        let flaws = [HeadFlaw::TooLarge { what: HeadExcess::Lines, limit: 3, found: 4 }];
        assert_eq!(*part.whole().unwrap().head.flaws, flaws);
        let part = read::<Request>(format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(40)).as_bytes()).unwrap().0;
        // "GET /", 40 times x, " HTTP/1.1": the whole line is reported, not only that it passed the limit.
        let flaws = [HeadFlaw::TooLarge { what: HeadExcess::LineBytes, limit: 40, found: 54 }];
        assert_eq!(*part.whole().unwrap().head.flaws, flaws);
        assert!(matches!(
            read::<Response>(b"HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n"),
            Some((HeadPart::Whole(_), _))
        ));
    }

    #[test]
    fn a_head_is_read_as_lenient_peers_read_it() {
        let lenient = |lines: &str| {
            let text = format!("HTTP/1.1 101 Switching\r\n{lines}\r\nB: 2\r\n\r\n");
            let Some((HeadPart::Whole(response), _)) = read::<Response>(text.as_bytes()) else {
                panic!("{text:?}")
            };
            assert_eq!((response.status, response.head.value("b")), (101, Some(&b"2"[..])), "{text:?}");
            (response.head.text("a").unwrap_or_default(), response.head.flaws.to_vec())
        };
        assert_eq!(lenient("A: one\r\n two"), ("one two".to_owned(), vec![HeadFlaw::Folded]));
        assert_eq!(lenient("A : one"), ("one".to_owned(), vec![HeadFlaw::SpaceBeforeColon]));
        assert_eq!(lenient("A: one\r\nno colon"), ("one".to_owned(), vec![HeadFlaw::NoColon]));
        assert_eq!(lenient("A: o\0e"), ("o\0e".to_owned(), vec![HeadFlaw::Value(0)]));
        assert_eq!(lenient("A: 1\r\nä: 2"), ("1".to_owned(), vec![HeadFlaw::Name(0xc3)]));
        assert_eq!(lenient("A: ä"), ("ä".to_owned(), vec![]));
        assert_eq!(lenient("A: 1\nC: 3"), ("1".to_owned(), vec![HeadFlaw::LineFeed]));
        let Some((HeadPart::Whole(request), _)) = read::<Request>(b"GET /a b HTTP/1.2\r\nA: 1\r\n\r\n")
        else {
            panic!("no head")
        };
        assert_eq!((request.target.as_str(), request.head.version.minor), ("/a b", 2));
        assert_eq!(*request.head.flaws, [HeadFlaw::FirstLine(b' ')]);
        assert!(matches!(read::<Response>(b"HTTP/1.x 101 A\r\n\r\n"), Some((HeadPart::Malformed { .. }, _))));
        let two = HttpVersion { major: 2, minor: 0 };
        for (text, flaws) in [
            (&b"HTTP/2.0 101 A\r\n\r\n"[..], &[HeadFlaw::Version(two)][..]),
            (b"HTTP/0.9 101 A\r\n\r\n", &[]),
            (b"\xef\xbb\xbfHTTP/1.1 101 A\r\n\r\n", &[HeadFlaw::ByteOrderMark]),
        ] {
            let Some((HeadPart::Whole(response), used)) = read::<Response>(text) else { panic!("{text:?}") };
            assert_eq!((used, response.status, &*response.head.flaws), (text.len(), 101, flaws));
        }
        let preface = read::<Request>(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert!(matches!(preface, Some((HeadPart::Malformed { .. }, _))));
    }

    #[test]
    fn what_cannot_be_a_head_is_known_at_once() {
        let mut reader = HeadReader::default();
        assert!(matches!(reader.push::<Response>(b"SSH-2", Stamp::default(), LIMITS), HeadProgress::More));
        assert!(
            matches!(reader.cut::<Response>(), HeadPart::Malformed { preview, .. } if preview == b"SSH-2")
        );
        assert!(
            matches!(read::<Request>(&[0x16; 100]), Some((HeadPart::Malformed { preview, .. }, 0)) if preview.len() == 64)
        );
        assert!(read::<Request>(b"GET /").is_none());
    }
}
