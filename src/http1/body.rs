//! The bodies that stand between HTTP heads: how long they are, so that the next head is found (RFC 9112 §6, §7.1).

use crate::model::Missing;
use crate::upgrade::{Head, Response};

/// How much of a body is still to come (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// This many bytes.
    Length(u64),
    /// Chunks.
    Chunked(ChunkState),
    /// Everything up to the end of the stream.
    UntilEnd,
}

/// Where in a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChunkState {
    /// In the size line, which says so much up to now; after the digits come extensions.
    Size { size: u64, digits_over: bool },
    /// This many bytes of data and line end are left.
    Data(u64),
    /// In the trailer, in a line of this many bytes.
    Trailer(u64),
}

impl Body {
    /// The body that follows a request head.
    pub(super) fn of_request(head: &Head) -> Self {
        Self::from_headers(head).unwrap_or(Self::Length(0))
    }

    /// The body that follows the response to a request with this method.
    pub(super) fn of_response(response: &Response, method: Option<&str>) -> Self {
        match response.status {
            _ if method == Some("HEAD") => Self::Length(0),
            100..=199 | 204 | 304 => Self::Length(0),
            _ => Self::from_headers(&response.head).unwrap_or(Self::UntilEnd),
        }
    }

    fn from_headers(head: &Head) -> Option<Self> {
        if head.has_token("transfer-encoding", "chunked") {
            return Some(Self::Chunked(ChunkState::Size { size: 0, digits_over: false }));
        }
        let length = std::str::from_utf8(head.value("content-length")?).ok()?;
        length.parse().ok().map(Self::Length)
    }

    /// Whether it is over.
    pub(super) fn is_over(self) -> bool {
        self == Self::Length(0)
    }

    /// Takes bytes of the body, and gives what is not the framing of chunks to `data`; returns how many belong to it.
    pub(super) fn push(&mut self, bytes: &[u8], data: &mut dyn FnMut(&[u8])) -> usize {
        match self {
            Self::UntilEnd => {
                data(bytes);
                bytes.len()
            }
            Self::Length(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                data(bytes.get(..taken).unwrap_or_default());
                taken
            }
            Self::Chunked(_) => {
                let mut taken = 0;
                while let (Self::Chunked(chunk), Some(&byte)) = (&mut *self, bytes.get(taken)) {
                    if let ChunkState::Data(left) = chunk
                        && *left > 0
                    {
                        let rest = bytes.len() - taken;
                        let skip = rest.min(usize::try_from(*left).unwrap_or(usize::MAX));
                        // The line end behind the data is counted with it.
                        let of_data = skip.min(usize::try_from(left.saturating_sub(2)).unwrap_or(usize::MAX));
                        data(bytes.get(taken..taken + of_data).unwrap_or_default());
                        *left -= skip as u64;
                        taken += skip;
                        if *left == 0 {
                            *chunk = ChunkState::Size { size: 0, digits_over: false };
                        }
                        continue;
                    }
                    taken += 1;
                    if chunk.step(byte) {
                        *self = Self::Length(0);
                    }
                }
                taken
            }
        }
    }

    /// Bytes of the body are missing in the capture. Returns how many of the missing ones lie after the body; `None`
    /// if that is unknown.
    pub(super) fn skip(&mut self, missing: Missing) -> Option<u64> {
        match (self, missing) {
            (Self::UntilEnd, _) => Some(0),
            (Self::Length(left) | Self::Chunked(ChunkState::Data(left)), Missing::Bytes(missing)) => {
                let taken = missing.min(*left);
                *left -= taken;
                Some(missing - taken)
            }
            (Self::Length(_) | Self::Chunked(_), _) => None,
        }
    }
}

impl ChunkState {
    /// Takes one byte outside the data. Returns whether the body is over.
    fn step(&mut self, byte: u8) -> bool {
        match self {
            Self::Size { size, digits_over } => {
                if byte == b'\n' {
                    // The data's own line end comes with it.
                    *self = if *size == 0 { Self::Trailer(0) } else { Self::Data(size.saturating_add(2)) };
                } else if let (false, Some(digit)) = (*digits_over, char::from(byte).to_digit(16)) {
                    *size = size.saturating_mul(16).saturating_add(u64::from(digit));
                } else {
                    *digits_over = true;
                }
                false
            }
            Self::Data(_) => false,
            Self::Trailer(length) => match byte {
                b'\n' if *length == 0 => true,
                b'\n' => {
                    *length = 0;
                    false
                }
                b'\r' => false,
                _ => {
                    *length += 1;
                    false
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_end_where_they_say() {
        let mut body = Body::Chunked(ChunkState::Size { size: 0, digits_over: false });
        let text = b"4;x=y\r\nWiki\r\nc\r\n\r\nin chunks.\r\n0\r\nTrailer: 1\r\n\r\nGET /";
        let mut data = Vec::new();
        assert_eq!(body.push(text, &mut |bytes| data.extend_from_slice(bytes)), text.len() - 5);
        assert!(body.is_over());
        assert_eq!(data, b"Wiki\r\nin chunks.");
        let mut body = Body::Length(4);
        assert_eq!((body.push(b"abcdef", &mut |_| {}), body.is_over()), (4, true));
    }
}
