//! What takes the place of bytes that belong to no frame and to no head.

use super::echoes::xor;
use super::mask;
use crate::model::Peer;
use crate::ws::{FrameHeader, Looks, Opcode, Rules, evidence, looks_like};

/// What stands for what nobody knows: no frame, no head and no record begins with it.
pub(super) const NOTHING: u8 = b'x';

/// Puts bytes into those that are `made`, if there is room for them.
pub(super) fn put(made: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = made.get_mut(at..).and_then(|made| made.get_mut(..bytes.len())) {
        place.copy_from_slice(bytes);
    }
}

/// Bytes that look the same from outside. Of what nobody knows only the length is left.
pub(super) fn strange(bytes: &[u8]) -> Vec<u8> {
    // Ends of lines and padding, which findings are about.
    if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return bytes.to_vec();
    }
    let kept = match looks_like(bytes) {
        Some(Looks::Tls) => 3,
        Some(Looks::Ssh | Looks::Greeting) => 4,
        Some(Looks::ProxyLine) => return proxy_header(bytes),
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
        Some(Looks::Http2Settings) => 9,
        Some(Looks::HttpRequest) => bytes.iter().position(|byte| *byte == b' ').map_or(0, |end| end + 1),
        Some(Looks::HttpResponse | Looks::Mqtt) => 8,
        Some(Looks::Json) | None => 0,
    };
    let (kept, rest) = bytes.split_at(kept.min(bytes.len()));
    [kept, &unknown(rest)].concat()
}

/// Bytes that may be anything: text stays text, and of all else only the length is left.
pub(super) fn unknown(bytes: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(bytes).is_ok() { mask::text(bytes) } else { vec![b'x'; bytes.len()] }
}

/// A PROXY header, which names addresses: one that names none, and is as long. `bytes` may be its beginning, or hold more
/// behind it.
pub(super) fn proxy_header(bytes: &[u8]) -> Vec<u8> {
    const UNKNOWN: &[u8] = b"PROXY UNKNOWN ";
    /// Of version 2: the signature, and the version with the command (PROXY protocol §2.2).
    const COMMAND_END: usize = 13;
    const LENGTH_END: usize = 16;
    if !bytes.starts_with(b"PROXY ") {
        let mut header = bytes.to_vec();
        // Of no family of addresses; what follows is then skipped.
        header.get_mut(COMMAND_END..).unwrap_or_default().iter_mut().take(1).for_each(|family| *family = 0);
        header.get_mut(LENGTH_END..).unwrap_or_default().fill(0);
        return header;
    }
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

/// Frames that stand one after another where the payload of another one should go on, as far as they do: their headers
/// stay.
pub(super) fn frames(bytes: &[u8]) -> Vec<u8> {
    let (mut redacted, rest) = whole_frames(bytes);
    redacted.extend(strange(rest));
    redacted
}

/// The same of bytes that are whole frames to their end; `None` if they are not.
pub(super) fn only_frames(bytes: &[u8]) -> Option<Vec<u8>> {
    let (redacted, rest) = whole_frames(bytes);
    rest.is_empty().then_some(redacted)
}

/// The same of frames that `from` sent, of which the last one may be cut: its header stays as well, if it is one that nothing
/// contradicts.
pub(super) fn cut_frames(bytes: &[u8], from: Peer) -> Vec<u8> {
    let (mut redacted, rest) = whole_frames(bytes);
    let cut =
        FrameHeader::parse(rest).filter(|_| evidence(rest, Rules { from: Some(from), rsv1: true }).is_some());
    match cut.and_then(|header| Some((header, rest.split_at_checked(header.size())?))) {
        Some((header, (head, wire))) => {
            redacted.extend_from_slice(head);
            redacted.extend(payload(&header, wire));
        }
        None => redacted.extend(strange(rest)),
    }
    redacted
}

/// What takes the place of the frames that `bytes` begin with, and what follows them.
fn whole_frames(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut redacted = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((header, head, wire)) = frame(rest) {
        redacted.extend_from_slice(head);
        redacted.extend(payload(&header, wire));
        rest = rest.get(head.len() + wire.len()..).unwrap_or_default();
    }
    (redacted, rest)
}

/// What takes the place of a payload, or of the beginning of one.
fn payload(header: &FrameHeader, wire: &[u8]) -> Vec<u8> {
    let key = header.mask.unwrap_or_default();
    let payload = xor(wire, key);
    let masked = match header.opcode {
        Opcode::Text => mask::text(&payload),
        Opcode::Close => {
            let (code, reason) = payload.split_at_checked(2).unwrap_or((&payload, &[]));
            [code, &mask::reason(reason)].concat()
        }
        Opcode::Continuation | Opcode::Binary | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => {
            vec![b'x'; payload.len()]
        }
    };
    xor(&masked, key)
}

/// Whether a frame may begin here: no text does as a frame of a whole message does, or a control frame.
pub(super) fn begins_frame(bytes: &[u8]) -> bool {
    FrameHeader::parse(bytes).is_some_and(|header| header.fin && is_known(&header))
}

/// Whether it says nothing that only an extension of nobody's could mean.
const fn is_known(header: &FrameHeader) -> bool {
    header.rsv & !FrameHeader::RSV1 == 0 && !matches!(header.opcode, Opcode::Reserved(_))
}

/// The frame that `bytes` begin with, if all of it is there: its header, the bytes of that, and those of its payload.
fn frame(bytes: &[u8]) -> Option<(FrameHeader, &[u8], &[u8])> {
    let header = FrameHeader::parse(bytes).filter(is_known)?;
    let (head, behind) = bytes.split_at_checked(header.size())?;
    let payload = behind.get(..usize::try_from(header.length).ok()?)?;
    Some((header, head, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_the_same_and_says_nothing() {
        for (bytes, left) in [
            (&b"{\"user\": \"zoe\", \"on\": true}"[..], &b"{\"xxxx\": \"xxx\", \"xx\": true}"[..]),
            (b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", b"PROXY UNKNOWN xxxxxxxxxxxxxxxxxx\r\n"),
            (
                b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\0\x01\0\x02",
                b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0",
            ),
            (b"\r\n\0", b"\r\n\0"),
            (b"SSH-2.0-acme", b"SSH-1.1-xxxx"),
            (b"\xff\x01\x02secret", b"xxxxxxxxx"),
            (b"\x16\x03\x01\xff\xff", b"\x16\x03\x01xx"),
        ] {
            let found = strange(bytes);
            assert_eq!(found, left, "{}", String::from_utf8_lossy(&found));
        }
    }

    #[test]
    fn frames_in_a_row_keep_their_headers_and_nothing_else_does() {
        let row =
            [&b"\x81\x06secret\x82\x81\x01\x02\x03\x04\x62\x88\x05\x03\xe8why"[..], b"\x81\x7eand\x01more"]
                .concat();
        let left = frames(&row);
        assert_eq!(left.len(), row.len());
        let kept =
            [&b"\x81\x06xxxxxx\x82\x81\x01\x02\x03\x04\x79\x88\x05\x03\xe8xxx"[..], b"xxxxxxxxxx"].concat();
        assert_eq!(left, kept);
    }
}
