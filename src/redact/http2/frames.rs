//! What takes the place of the frames of HTTP/2 (RFC 9113 §6): the same frames, with other payloads.

use super::header_blocks::header_block;
use super::pieces::{Pieces, padding};
use super::settings::settings;
use super::{FrameAt, Http2Places};
use crate::http2::{FrameHeader, FrameType};
use crate::model::{Peer, PerPeer, StreamId};
use crate::redact::echoes::Echoes;
use crate::redact::names::Names;
use crate::redact::strange::{NOTHING, put, unknown};
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands between frames: none begins with it, as none may be that long.
const NO_FRAME: u8 = 0xff;

/// The bytes of one side, and where they have holes.
type Sent<'s> = (&'s [u8], &'s [Range<usize>]);

/// What takes the place of what `side` sent from its first frame on. `contents` are what takes the place of the content of each
/// stream.
pub(in crate::redact) fn stand_in(
    places: &Http2Places,
    side: Peer,
    sent: Sent<'_>,
    contents: &BTreeMap<StreamId, PerPeer<Vec<u8>>>,
    (names, echoes): (&mut Names, &mut Echoes),
) -> Vec<u8> {
    let (bytes, _) = sent;
    let mut redacted = Redacted { sent, bytes: vec![NOTHING; bytes.len()] };
    let mut covered = places.begin(side).unwrap_or(bytes.len());
    let mut head = Vec::new();
    for frame in &places.sides.of(side).frames {
        redacted.fill(covered..frame.start(), NO_FRAME);
        covered = frame.payload.end.min(bytes.len());
        redacted.put_header(frame);
        redacted.put_payload(frame, echoes);
        if let Some(fragment) = fragment(frame, sent) {
            if frame.header.kind != FrameType::Continuation {
                head.clear();
            }
            head.push(fragment);
        }
        if let Some(strings) = &frame.head {
            let block: Vec<u8> = head.iter().flat_map(|place| redacted.captured(place)).copied().collect();
            if block.len() == strings.length {
                redacted.scatter(&head, &header_block(&block, strings, names));
            }
        }
    }
    redacted.fill(covered..bytes.len(), NO_FRAME);
    for (stream, pieces) in &places.streams {
        if let Some(content) = contents.get(stream) {
            pieces.of(side).spread(sent, content.of(side), |at, part| redacted.put(at, part));
        }
    }
    let begin = places.begin(side).unwrap_or(bytes.len());
    redacted.bytes.split_off(begin.min(bytes.len()))
}

/// What takes the place of the content of a stream that is no WebSocket.
pub(in crate::redact) fn body(pieces: &mut Pieces, sent: Sent<'_>) -> Vec<u8> {
    let (mut content, mut holes) = (Vec::new(), Vec::new());
    pieces.take(sent, (&mut content, &mut holes));
    unknown(&content)
}

/// Where the part of a head stands that a frame carries; `None` where it carries none. Before it stand the length of the padding, and
/// a priority or the number of a promised stream (RFC 9113 §6.2, §6.6).
fn fragment(frame: &FrameAt, (bytes, holes): Sent<'_>) -> Option<Range<usize>> {
    let FrameAt { header, payload, .. } = frame;
    let before = match header.kind {
        FrameType::Continuation => return Some(payload.clone()),
        FrameType::PushPromise => 4,
        FrameType::Headers if header.has(FrameHeader::PRIORITY) => 5,
        FrameType::Headers => 0,
        FrameType::Data
        | FrameType::Priority
        | FrameType::RstStream
        | FrameType::Settings
        | FrameType::Ping
        | FrameType::GoAway
        | FrameType::WindowUpdate
        | FrameType::Other(_) => return None,
    };
    let (own, padding) = if header.has(FrameHeader::PADDED) {
        (1, padding(bytes, holes, payload.start).unwrap_or_default())
    } else {
        (0, 0)
    };
    let start = (payload.start + own + before).min(payload.end);
    Some(start..payload.end.saturating_sub(padding).max(start))
}

/// The bytes of one side that are being made.
struct Redacted<'s> {
    sent: Sent<'s>,
    bytes: Vec<u8>,
}

impl Redacted<'_> {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        put(&mut self.bytes, at, bytes);
    }

    /// A header stays. Of a frame of no known type, whose header may be none at all, the length stays, and what is as small as the numbers
    /// of types and streams are.
    fn put_header(&mut self, frame: &FrameAt) {
        let header = self.captured(&(frame.start()..frame.payload.start));
        let left = match (frame.header.kind, header) {
            (FrameType::Other(_), [high, middle, low, kind, _, stream @ ..]) => {
                /// Types and streams are smaller; text begins here.
                const SPACE: u8 = b' ';
                let mut left = vec![*high, *middle, *low, if *kind < SPACE { *kind } else { NO_FRAME }, 0];
                let (first, rest) = stream.split_first().unwrap_or((&0, &[]));
                let is_small = matches!(first, 0 | 0x80);
                left.push(if is_small { *first } else { first & 0x80 | 0x7f });
                left.extend(rest.iter().map(|byte| if is_small { *byte } else { NO_FRAME }));
                left
            }
            (_, header) => header.to_vec(),
        };
        self.put(frame.start(), &left);
    }

    fn fill(&mut self, place: Range<usize>, byte: u8) {
        let end = place.end.min(self.bytes.len());
        self.bytes.get_mut(place.start..end).unwrap_or_default().fill(byte);
    }

    /// What was captured of a range.
    fn captured(&self, place: &Range<usize>) -> &[u8] {
        let (bytes, _) = self.sent;
        bytes.get(place.start..place.end.min(bytes.len())).unwrap_or_default()
    }

    /// Puts bytes where these ranges are, one after the other.
    fn scatter(&mut self, places: &[Range<usize>], mut bytes: &[u8]) {
        for place in places {
            let (part, rest) = bytes.split_at(place.len().min(bytes.len()));
            self.put(place.start, part);
            bytes = rest;
        }
    }

    /// What takes the place of a payload, as far as it is no content of a stream and no head.
    fn put_payload(&mut self, frame: &FrameAt, echoes: &mut Echoes) {
        let FrameAt { header, payload, .. } = frame;
        let sent = self.captured(payload);
        let beginning = |length: usize| sent.get(..length).unwrap_or(sent);
        let is_padded = header.has(FrameHeader::PADDED);
        let left = match header.kind {
            FrameType::RstStream | FrameType::WindowUpdate => beginning(4).to_vec(),
            FrameType::Priority => beginning(5).to_vec(),
            FrameType::Settings => settings(sent),
            FrameType::Ping if header.has(FrameHeader::ACK) => echoes.pong(sent),
            FrameType::Ping => echoes.ping(sent, [0; 4]),
            FrameType::GoAway => {
                let debug = sent.get(8..).unwrap_or_default();
                [beginning(8), &unknown(debug)].concat()
            }
            FrameType::Data | FrameType::Headers | FrameType::PushPromise => {
                let before = match fragment(frame, self.sent) {
                    Some(fragment) => fragment.start.saturating_sub(payload.start),
                    None => usize::from(is_padded),
                };
                beginning(before).to_vec()
            }
            FrameType::Continuation | FrameType::Other(_) => Vec::new(),
        };
        if is_padded && matches!(header.kind, FrameType::Data | FrameType::Headers | FrameType::PushPromise) {
            self.put_padding(payload);
        }
        self.put(payload.start, &left);
    }

    /// Padding is zeros (RFC 9113 §6.1).
    fn put_padding(&mut self, payload: &Range<usize>) {
        let (bytes, holes) = self.sent;
        let length = padding(bytes, holes, payload.start).unwrap_or_default();
        let start = payload.end.saturating_sub(length).max(payload.start.saturating_add(1));
        self.fill(start..payload.end, 0);
    }
}
