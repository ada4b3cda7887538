//! The PROXY protocol's header, which a load balancer may put before the client's bytes (versions 1 and 2).

/// The longest header: 16 bytes and a 16-bit length.
pub(super) const LONGEST: usize = 16 + 0xffff;

/// A header at the beginning of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyHeader {
    /// That is not known yet.
    More,
    /// There is none.
    None,
    /// It has this many bytes.
    Whole(usize),
}

/// The header that `bytes` begin with.
pub(crate) fn header(bytes: &[u8]) -> ProxyHeader {
    const V1: &[u8] = b"PROXY ";
    const V1_MOST: usize = 107;
    const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    if V1.starts_with(bytes) || V2.starts_with(bytes) {
        return ProxyHeader::More;
    }
    if bytes.starts_with(V1) {
        let end = bytes.iter().take(V1_MOST).position(|byte| *byte == b'\n');
        return match end {
            Some(end) => ProxyHeader::Whole(end + 1),
            None if bytes.len() < V1_MOST => ProxyHeader::More,
            None => ProxyHeader::None,
        };
    }
    if !bytes.starts_with(V2) {
        return ProxyHeader::None;
    }
    let Some(&[_, _, high, low]) = bytes.get(V2.len()..).and_then(<[u8]>::first_chunk) else {
        return ProxyHeader::More;
    };
    let length = V2.len() + 4 + usize::from(u16::from_be_bytes([high, low]));
    if bytes.len() >= length { ProxyHeader::Whole(length) } else { ProxyHeader::More }
}

#[cfg(test)]
mod tests {
    use super::{ProxyHeader, header};

    #[test]
    fn both_versions_are_found_whole_and_nothing_else_is() {
        let lines = b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /";
        let binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c123456789012GET /";
        for (bytes, length) in [(&lines[..], 34), (&binary[..], 28)] {
            for end in 0..length {
                assert_eq!(header(&bytes[..end]), ProxyHeader::More, "{end}");
            }
            assert_eq!(header(bytes), ProxyHeader::Whole(length));
        }
        assert_eq!(header(b"GET / HTTP/1.1\r\n"), ProxyHeader::None);
        assert_eq!(header(&[b"PROXY ".as_slice(), &[b'x'; 200]].concat()), ProxyHeader::None);
    }
}
