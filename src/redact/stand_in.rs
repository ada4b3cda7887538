//! The bytes that take the place of a connection's.

use super::compressed::deflated;
use super::connection::{ConnectionContent, FrameAt, MessageSeen, Opaque, PayloadEnd, SecuredContent};
use super::echoes::{Echoes, xor};
use super::heads::{Accepts, begins_head, http};
use super::http2::{self, Pieces};
use super::mask;
use super::names::Names;
use super::pseudonymous_keys::PseudonymousKeys;
use super::strange::{self, NOTHING, put, strange};
use crate::layers::socks;
use crate::model::{Peer, PerPeer, StreamId};
use crate::tls::Secrets;
use crate::ws::{FrameHeader, Inflation, Opcode, inflate_beginning};
use std::collections::BTreeMap;
use std::ops::Range;

/// What takes the place of both streams of a connection.
#[derive(Debug)]
pub(super) struct StandIn {
    origins: PerPeer<Option<u32>>,
    /// What was captured, and what takes its place.
    streams: PerPeer<(Vec<u8>, Vec<u8>)>,
    /// Why there is nothing.
    pub(super) opaque: Option<Opaque>,
    /// The lines of a key log that open what takes the place of TLS.
    pub(super) key_lines: String,
}

/// What bytes are redacted with.
pub(super) struct Redactor<'r> {
    pub(super) names: &'r mut Names,
    /// The secrets that open TLS.
    pub(super) secrets: &'r Secrets,
    /// The longest message that is inflated.
    pub(super) message_bytes: u64,
}

/// A frame's payload that was put together with those of other frames.
type PayloadRange = Range<usize>;

impl StandIn {
    pub(super) fn new(
        origins: PerPeer<Option<u32>>,
        mut seen: ConnectionContent,
        redactor: &mut Redactor<'_>,
    ) -> Self {
        let mut key_lines = String::new();
        let redacted = redacted(&mut seen, redactor, &mut key_lines);
        let ConnectionContent { streams, opaque, .. } = seen;
        let streams =
            PerPeer { client: (streams.client, redacted.client), server: (streams.server, redacted.server) };
        Self { origins, streams, opaque, key_lines }
    }

    /// What takes the place of the bytes of a segment of `from` that begins at this sequence number.
    pub(super) fn of_segment(&self, from: Peer, sequence: u32, payload: &[u8]) -> Vec<u8> {
        let (captured, redacted) = self.streams.of(from);
        let Some(origin) = *self.origins.of(from) else { return vec![NOTHING; payload.len()] };
        let at = |ahead: usize| {
            #[expect(clippy::cast_possible_truncation, reason = "sequence numbers are offsets modulo 2^32")]
            let offset = sequence.wrapping_sub(origin).wrapping_add(ahead as u32) as usize;
            Some((captured.get(offset)?, redacted.get(offset)?))
        };
        let byte = |(ahead, found): (usize, &u8)| match at(ahead) {
            // Another copy of what was captured before.
            Some((captured, redacted)) => redacted ^ u8::from(captured != found),
            None => NOTHING,
        };
        payload.iter().enumerate().map(byte).collect()
    }
}

/// What takes the place of both streams: of what is in the clear, and of the TLS behind it. What opens that is added to `key_lines`.
fn redacted(
    seen: &mut ConnectionContent,
    redactor: &mut Redactor<'_>,
    key_lines: &mut String,
) -> PerPeer<Vec<u8>> {
    let mut redacted = in_the_clear(seen, redactor);
    if let Some(SecuredContent { records, inside }) = seen.secured.as_deref_mut() {
        let carried = self::redacted(&mut inside.seen, redactor, key_lines);
        let mut keys = PseudonymousKeys::new(redactor.names, redactor.secrets);
        for side in Peer::BOTH {
            let sealed = records.redacted(side, seen.streams.of(side), &carried, &mut keys);
            redacted.of_mut(side).extend(sealed);
        }
        key_lines.push_str(&keys.lines());
    }
    redacted
}

/// What takes the place of what both sides sent in the clear, whatever carried it.
fn in_the_clear(seen: &mut ConnectionContent, redactor: &mut Redactor<'_>) -> PerPeer<Vec<u8>> {
    seen.complete();
    let contents = contents(seen, redactor);
    let Redactor { names, message_bytes, .. } = redactor;
    let (mut accepts, mut echoes) = (Accepts::default(), Echoes::default());
    let controls: Vec<Option<Vec<u8>>> =
        seen.frames.iter().map(|frame| control(seen, frame, &mut echoes)).collect();
    let mut redacted = |side| {
        let mut frames: Vec<(&FrameAt, &Option<Vec<u8>>)> =
            seen.frames.iter().zip(&controls).filter(|(frame, _)| frame.from == side).collect();
        frames.sort_by_key(|(frame, _)| frame.start);
        let mut redacted = side_of(seen, side, &frames, names, &mut accepts, *message_bytes);
        let sent = (&**seen.streams.of(side), &**seen.holes.of(side));
        redacted.extend(http2::stand_in(&seen.http2, side, sent, &contents, (names, &mut echoes)));
        redacted
    };
    // The client's keys come before the server's answers to them.
    PerPeer { client: redacted(Peer::Client), server: redacted(Peer::Server) }
}

/// What takes the place of what the streams of HTTP/2 carry.
fn contents(
    seen: &mut ConnectionContent,
    redactor: &mut Redactor<'_>,
) -> BTreeMap<StreamId, PerPeer<Vec<u8>>> {
    let ConnectionContent { streams, holes, http2, websockets, .. } = seen;
    let content = |(stream, pieces): (&StreamId, &mut PerPeer<Pieces>)| {
        let content = match websockets.get_mut(stream) {
            Some(websocket) => in_the_clear(websocket, redactor),
            None => {
                PerPeer::from_fn(|side| http2::body(pieces.of_mut(side), (streams.of(side), holes.of(side))))
            }
        };
        (*stream, content)
    };
    http2.streams.iter_mut().map(content).collect()
}

/// Where the payload of a frame stands in its stream, as far as it was captured: in two parts where another frame stands
/// in it.
fn payload_of(seen: &ConnectionContent, frame: &FrameAt) -> [PayloadRange; 2] {
    let stream = seen.streams.of(frame.from);
    let start = frame.start.saturating_add(frame.header.size());
    let length = |length: u64| usize::try_from(length).unwrap_or(usize::MAX);
    let captured =
        |from: usize, to: usize| from.min(stream.len())..to.min(stream.len()).max(from.min(stream.len()));
    let end = start.saturating_add(length(frame.header.length));
    match seen.ends.get(&(frame.from, frame.number)) {
        None => [captured(start, end), 0..0],
        Some(PayloadEnd::After(actual)) => [captured(start, start.saturating_add(length(*actual))), 0..0],
        Some(PayloadEnd::Around(at)) => {
            let at = start.saturating_add(length(*at));
            let inside = seen.frames.iter().find(|other| other.from == frame.from && other.start == at);
            let size =
                inside.map_or(0, |inside| length(inside.header.length).saturating_add(inside.header.size()));
            [captured(start, at), captured(at.saturating_add(size), end.saturating_add(size))]
        }
    }
}

/// A key as it stands over bytes that begin so far behind the first one.
fn rotated(mut key: [u8; 4], behind: usize) -> [u8; 4] {
    key.rotate_left(behind % 4);
    key
}

fn key_of(header: &FrameHeader) -> [u8; 4] {
    header.mask.unwrap_or_default()
}

/// What takes the place of a control frame's payload, without the mask.
fn control(seen: &ConnectionContent, frame: &FrameAt, echoes: &mut Echoes) -> Option<Vec<u8>> {
    let stream = seen.streams.of(frame.from);
    let key = key_of(&frame.header);
    let [payload, _] = payload_of(seen, frame);
    let payload = xor(stream.get(payload).unwrap_or_default(), key);
    Some(match frame.header.opcode {
        Opcode::Ping => echoes.ping(&payload, key),
        Opcode::Pong => echoes.pong(&payload),
        Opcode::Close => {
            let (code, reason) = payload.split_at_checked(2).unwrap_or((&payload, &[]));
            [code, &mask::reason(reason)].concat()
        }
        Opcode::Text | Opcode::Binary | Opcode::Continuation | Opcode::Reserved(_) => return None,
    })
}

/// A range of a stream, in parts: a head or a frame that stands behind a hole begins one, and what stands before the hole has
/// nothing to do with it.
fn parts(stream: &[u8], holes: &[Range<usize>], range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    for (at, hole) in holes.iter().enumerate() {
        if hole.end <= start || hole.end >= range.end {
            continue;
        }
        let end = holes.get(at + 1).map_or(range.end, |next| next.start.min(range.end));
        let behind = stream.get(hole.end..end).unwrap_or_default();
        if begins_head(behind) || strange::begins_frame(behind) {
            parts.push(start..hole.end);
            start = hole.end;
        }
    }
    parts.push(start..range.end);
    parts
}

/// Whether the capture goes on here behind a hole, or begins.
fn begins_anew(holes: &[Range<usize>], at: usize) -> bool {
    at == 0 || holes.iter().any(|hole| hole.end == at)
}

/// What takes the place of frames that `side` sent behind a hole; `None` if none may stand there. Where frames were found in
/// the connection, the last one counts even if it is cut.
fn frames_behind(seen: &ConnectionContent, side: Peer, bytes: &[u8]) -> Option<Vec<u8>> {
    let frames =
        || if seen.frames.is_empty() { strange::frames(bytes) } else { strange::cut_frames(bytes, side) };
    strange::begins_frame(bytes).then(frames)
}

/// What takes the place of one side's bytes, up to TLS or the first frame of HTTP/2.
fn side_of(
    seen: &ConnectionContent,
    side: Peer,
    frames: &[(&FrameAt, &Option<Vec<u8>>)],
    names: &mut Names,
    accepts: &mut Accepts,
    limit: u64,
) -> Vec<u8> {
    let stream = seen.in_front(side);
    let mut redacted = vec![NOTHING; stream.len()];
    let mut put = |at: usize, bytes: &[u8]| put(&mut redacted, at, bytes);
    let bytes = |part: PayloadRange| stream.get(part).unwrap_or_default();
    // What stands between frames, and before the first one.
    let first = frames.first().map_or(stream.len(), |(frame, _)| frame.start);
    let partial = seen.partial.of(side).clone();
    let first = partial.as_ref().map_or(first, |partial| partial.start.min(first));
    let begin = match socks::handshake(&seen.streams.client, &seen.streams.server) {
        Some(handshake) => {
            let begin = *handshake.used.of(side);
            put(0, bytes(0..begin));
            for name in handshake.names.of(side) {
                put(name.start, &vec![NOTHING; name.len()]);
            }
            begin
        }
        None => 0,
    };
    let holes = seen.holes.of(side);
    for part in parts(stream, holes, begin..first.max(begin)) {
        let bytes = bytes(part.clone());
        let frames = begins_anew(holes, part.start).then(|| frames_behind(seen, side, bytes)).flatten();
        put(part.start, &frames.unwrap_or_else(|| http(bytes, names, accepts)));
    }
    // What is like `between` takes the place of this range, but of frames behind holes.
    let put_between = |range: Range<usize>,
                       between: fn(&[u8]) -> Vec<u8>,
                       put: &mut dyn FnMut(usize, &[u8])| {
        for part in parts(stream, holes, range) {
            let bytes = bytes(part.clone());
            let frames = begins_anew(holes, part.start).then(|| frames_behind(seen, side, bytes)).flatten();
            put(part.start, &frames.unwrap_or_else(|| between(bytes)));
        }
    };
    let mut covered = first;
    // Behind a payload that was never finished stand frames that nobody reports.
    let mut between: fn(&[u8]) -> Vec<u8> = strange;
    for (frame, _) in frames {
        if frame.start > covered {
            put_between(covered..frame.start, between, &mut put);
        }
        between = match seen.ends.get(&(side, frame.number)) {
            Some(PayloadEnd::After(_)) => strange::frames,
            Some(PayloadEnd::Around(_)) | None => strange,
        };
        let [payload, rest] = payload_of(seen, frame);
        covered = covered.max(payload.end).max(rest.end);
    }
    if let Some(partial) = partial.filter(|partial| partial.start >= covered) {
        put_between(covered..partial.start, between, &mut put);
        put(partial.start, bytes(partial.clone()));
        covered = partial.end;
    }
    put_between(covered.min(stream.len())..stream.len(), between, &mut put);
    let mut message = Assembled::default();
    let mut parts = Vec::new();
    for (frame, control) in frames {
        parts.push((frame.start, bytes(frame.start..frame.start + frame.header.size()).to_vec()));
        let [place, rest] = payload_of(seen, frame);
        let key = key_of(&frame.header);
        if let Some(control) = control {
            parts.push((place.start, xor(control, key)));
            continue;
        }
        let is_new = frame.header.opcode != Opcode::Continuation;
        if is_new {
            message.finish(&mut parts, limit);
            message.begin(frame, seen.messages.get(&(side, frame.number)).copied());
        }
        let length = place.len();
        for (place, key) in [(place, key), (rest, rotated(key, length))] {
            message.payload.extend(xor(bytes(place.clone()), key));
            message.places.push((place, key));
        }
        if frame.header.fin {
            message.finish(&mut parts, limit);
        }
    }
    message.finish(&mut parts, limit);
    // A frame that stands in the payload of another one comes later, and stays.
    parts.sort_by_key(|(at, _)| *at);
    for (at, bytes) in parts {
        put(at, &bytes);
    }
    redacted
}

/// The payloads of a message's frames.
#[derive(Default)]
struct Assembled {
    payload: Vec<u8>,
    places: Vec<(PayloadRange, [u8; 4])>,
    opcode: Option<Opcode>,
    rsv: u8,
    seen: Option<MessageSeen>,
}

impl Assembled {
    const fn begin(&mut self, frame: &FrameAt, seen: Option<MessageSeen>) {
        self.opcode = Some(frame.header.opcode);
        self.rsv = frame.header.rsv;
        self.seen = seen;
    }

    /// Adds what takes the place of the payload, where it stands.
    fn finish(&mut self, parts: &mut Vec<(usize, Vec<u8>)>, limit: u64) {
        let Self { payload, places, opcode, rsv, seen } = std::mem::take(self);
        let redacted = match (seen, opcode) {
            (Some(MessageSeen { inflation: Inflation::Foreign, .. }), _) => vec![NOTHING; payload.len()],
            (Some(MessageSeen { inflation, flaw }), _) => deflated(payload.len(), inflation, flaw, limit),
            (None, _) if rsv & FrameHeader::RSV1 != 0 => {
                deflated(payload.len(), Inflation::Whole, None, limit)
            }
            (None, Some(Opcode::Text)) => text(&payload, &places),
            // A finding says so of those that no bit calls compressed.
            (None, Some(Opcode::Binary)) if is_deflated(&payload) => {
                deflated(payload.len(), Inflation::Whole, None, limit)
            }
            (None, None) => mask::any(&payload),
            (None, Some(_)) => vec![NOTHING; payload.len()],
        };
        let mut rest = &redacted[..];
        for (place, key) in places {
            let (part, behind) = rest.split_at(place.len().min(rest.len()));
            parts.push((place.start, xor(part, key)));
            rest = behind;
        }
    }
}

/// What takes the place of the payload of a text that stands at these places, under these keys. If it is no text, but what was
/// sent is, its sender did not mask it.
fn text(payload: &[u8], places: &[(PayloadRange, [u8; 4])]) -> Vec<u8> {
    if let [(_, key), (rest, _)] = places
        && rest.is_empty()
        && std::str::from_utf8(payload).is_err()
        && let sent = xor(payload, *key)
        && std::str::from_utf8(&sent).is_ok()
    {
        return xor(&mask::text(&sent), *key);
    }
    mask::text(payload)
}

/// Whether a payload looks like compressed text, as far as its beginning shows.
fn is_deflated(payload: &[u8]) -> bool {
    const LEAST: usize = 24;
    let begins_block = payload.first().is_some_and(|first| matches!(first & 0b111, 0b010 | 0b100));
    if !begins_block {
        return false;
    }
    let text = inflate_beginning(payload.get(..64).unwrap_or(payload));
    text.len() >= LEAST && text.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Limits;

    fn stand_in(origins: PerPeer<Option<u32>>, seen: ConnectionContent) -> StandIn {
        let (mut names, secrets) = (Names::new(Limits::default().pseudonyms), Secrets::default());
        let mut redactor = Redactor { names: &mut names, secrets: &secrets, message_bytes: 1 << 20 };
        StandIn::new(origins, seen, &mut redactor)
    }

    /// What takes the place of what a client sent.
    fn redacted(seen: ConnectionContent) -> Vec<u8> {
        let origins = PerPeer { client: Some(1), server: None };
        let payload = seen.streams.client.clone();
        stand_in(origins, seen).of_segment(Peer::Client, 1, &payload)
    }

    #[test]
    fn a_header_that_was_never_finished_stays_and_nothing_behind_it() {
        let sent = b"\x81\xfe\x01my secret".to_vec();
        let streams = PerPeer { client: sent, server: Vec::new() };
        let partial = PerPeer { client: Some(0..3), server: None };
        let left = redacted(ConnectionContent { streams, partial, ..ConnectionContent::default() });
        assert_eq!(left, b"\x81\xfe\x01xx xxxxxx");
    }

    #[test]
    fn frames_behind_a_hole_keep_their_headers_and_nothing_else_does() {
        let sent = b"\x05\x01\0\0\0\0\x82\x06secret\0\0GET /secret HTTP/1.1\r\n".to_vec();
        let streams = PerPeer { client: sent, server: Vec::new() };
        let holes = PerPeer { client: vec![3..6, 14..16], server: Vec::new() };
        let left = redacted(ConnectionContent { streams, holes, ..ConnectionContent::default() });
        assert_eq!(left, b"??????\x82\x06xxxxxx\0\0GET /noooo1 HTTP/1.1\r\n");
    }

    #[test]
    fn a_frame_that_is_cut_behind_a_hole_keeps_its_header_if_the_peer_sends_frames() {
        // 202 bytes are declared.
        let sent = b"\0\0\0\x82\x7e\0\xcasecret".to_vec();
        let answer = b"\x81\x02Hi".to_vec();
        let seen = |frames| ConnectionContent {
            streams: PerPeer { client: answer.clone(), server: sent.clone() },
            holes: PerPeer { client: Vec::new(), server: std::iter::once(0..3).collect() },
            frames,
            ..ConnectionContent::default()
        };
        let left = |seen: ConnectionContent| {
            let origins = PerPeer { client: Some(1), server: Some(1) };
            stand_in(origins, seen).of_segment(Peer::Server, 4, &sent[3..])
        };
        let header = FrameHeader::parse(&answer).unwrap();
        let frame = FrameAt { from: Peer::Client, number: 1, header, start: 0 };
        assert_eq!(left(seen(vec![frame])), b"\x82\x7e\0\xcaxxxxxx");
        assert_eq!(left(seen(Vec::new())), b"xxxxxxxxxx");
    }

    #[test]
    fn other_copies_stay_other_and_nothing_unknown_is_told() {
        let streams = PerPeer { client: b"GET /secret HTTP/1.1\r\n".to_vec(), server: Vec::new() };
        let origins = PerPeer { client: Some(u32::MAX), server: None };
        let stand_in = stand_in(origins, ConnectionContent { streams, ..ConnectionContent::default() });
        let of = |sequence, payload: &[u8]| stand_in.of_segment(Peer::Client, sequence, payload);
        assert_eq!(of(u32::MAX, b"GET /sec"), b"GET /noo");
        // Beyond 2^32, with another byte, and behind what was captured.
        assert_eq!(of(0, b"ET /"), b"ET /");
        assert_eq!(of(0, b"EX /"), b"EU /");
        assert_eq!(of(18, b"1\r\nmore"), b"1\r\nxxxx");
        assert_eq!(of(u32::MAX - 1, b"?G"), b"xG");
        assert_eq!(stand_in.of_segment(Peer::Server, 1, b"secret"), b"xxxxxx");
    }
}
