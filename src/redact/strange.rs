//! What takes the place of bytes that belong to no frame and to no head.

use super::mask;
use crate::ws::{Looks, looks_like};

/// Bytes that look the same from outside. Of what nobody knows only the length is left.
pub(super) fn strange(bytes: &[u8]) -> Vec<u8> {
    // Ends of lines and padding, which findings are about.
    if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return bytes.to_vec();
    }
    let kept = match looks_like(bytes) {
        Some(Looks::Tls) => 3,
        Some(Looks::Ssh | Looks::Greeting) => 4,
        Some(Looks::ProxyLine) if bytes.starts_with(b"PROXY ") => return proxy_line(bytes),
        Some(Looks::ProxyLine) => 12,
        Some(Looks::Html) => {
            if bytes.starts_with(b"<html") {
                5
            } else {
                9
            }
        }
        Some(Looks::LastChunk | Looks::Chunk | Looks::Stomp) => {
            bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1)
        }
        Some(Looks::Http2Preface) => 14,
        Some(Looks::HttpRequest) => bytes.iter().position(|byte| *byte == b' ').map_or(0, |end| end + 1),
        Some(Looks::HttpResponse | Looks::Mqtt) => 8,
        Some(Looks::Json) | None => 0,
    };
    let (kept, rest) = bytes.split_at(kept.min(bytes.len()));
    let masked = if std::str::from_utf8(rest).is_ok() { mask::text(rest) } else { vec![b'x'; rest.len()] };
    [kept, &masked].concat()
}

/// A line that names addresses: one that names none, and is as long (PROXY protocol §2.1).
fn proxy_line(bytes: &[u8]) -> Vec<u8> {
    const UNKNOWN: &[u8] = b"PROXY UNKNOWN ";
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    let (line, rest) = bytes.split_at(end);
    let text = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let words = UNKNOWN.iter().chain(std::iter::repeat(&b'x')).take(text);
    words
        .chain(line.iter().skip(text))
        .copied()
        .chain(if rest.is_empty() { Vec::new() } else { strange(rest) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_the_same_and_says_nothing() {
        for (bytes, left) in [
            (&b"{\"user\": \"zoe\", \"on\": true}"[..], &b"{\"xxxx\": \"xxx\", \"xx\": true}"[..]),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", b"PROXY UNKNOWN xxxxxxxxxxxxxxxxxx\r\n"),
            (b"\r\n\0", b"\r\n\0"),
            (b"SSH-2.0-acme", b"SSH-1.1-xxxx"),
            (b"\xff\x01\x02secret", b"xxxxxxxxx"),
            (b"\x16\x03\x01\xff\xff", b"\x16\x03\x01xx"),
        ] {
            let found = strange(bytes);
            assert_eq!(found, left, "{}", String::from_utf8_lossy(&found));
        }
    }
}
