//! The records of a TLS session, and what takes their place: records of the same lengths, sealed with secrets of wsight's own.

use super::handshake::{self, Layout};
use super::heads::{Accepts, http};
use super::pseudonymous_keys::PseudonymousKeys;
use super::strange::{NOTHING, put};
use crate::model::{Peer, PerPeer};
use crate::tls::{
    Beginning, ContentType, OpenedRecord, RecordReading, Seal, Sealer, Sealing, SeenRecord, beginning,
    told_length,
};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of a record's header.
const HEADER: usize = 5;

/// Seals that may be in use at the same time: each side changes its own, and goes back to none.
const LATEST: usize = 8;

/// The records of a session, as far as they were found.
#[derive(Default)]
pub(super) struct Records {
    /// By the side of what carries the session, as all that follows: where it begins, if a record stands there,
    /// and it does not at once.
    expected: PerPeer<usize>,
    /// In the order in which they stand there.
    sides: PerPeer<Vec<RecordAt>>,
    /// What they were sealed with.
    seals: Vec<Seal<'static>>,
    /// Bytes of plaintexts.
    texts: u64,
}

/// A record in the stream of one side.
struct RecordAt {
    place: Range<usize>,
    inside: Inside,
}

/// What is in a record.
enum Inside {
    /// What its header says, in the clear.
    Clear(ContentType),
    /// Nobody knows.
    Closed,
    /// Something that was encrypted.
    Sealed(SealedText),
}

/// What was encrypted in a record.
struct SealedText {
    content: ContentType,
    text: TextAt,
    /// How long it is.
    length: usize,
    /// Where it stands in the record.
    start: usize,
    number: u64,
    /// What sealed it: one of the session's seals.
    seal: usize,
}

/// Where a plaintext is kept.
enum TextAt {
    /// In what the session carries, in the stream of this side.
    Carried(Peer, usize),
    Here(Vec<u8>),
}

impl Records {
    /// Those of a session that is expected to begin here.
    pub(super) fn new(expected: PerPeer<usize>) -> Self {
        Self { expected, ..Self::default() }
    }

    /// Takes a record of `side`. If it has data of the application, that goes to `carried` in the stream of its sender.
    pub(super) fn push(&mut self, side: Peer, record: &SeenRecord<'_>, carried: usize) {
        let bounds = (usize::try_from(record.extent.start), usize::try_from(record.extent.end));
        let (Ok(start), Ok(end)) = bounds else { return };
        let inside = match record.reading {
            RecordReading::Clear(content) => Inside::Clear(content),
            RecordReading::Closed => Inside::Closed,
            RecordReading::Opened(opened) => {
                Inside::Sealed(self.sealed(&opened, Some((record.from, carried))))
            }
            RecordReading::Discarded(opened) => Inside::Sealed(self.sealed(&opened, None)),
        };
        let records = self.sides.of_mut(side);
        // One stands behind another. Early data that is thrown away is told before those in front of it, and once more later.
        let at = records.partition_point(|other| other.place.end <= start);
        if start < end && records.get(at).is_none_or(|next| end <= next.place.start) {
            records.insert(at, RecordAt { place: start..end, inside });
        }
    }

    /// What was sealed; data of the application begins in what is `carried` here, unless it is not.
    fn sealed(&mut self, opened: &OpenedRecord<'_>, carried: Option<(Peer, usize)>) -> SealedText {
        let OpenedRecord { content, text, start, number, seal } = *opened;
        // One of those that are in use.
        let latest = self.seals.len().saturating_sub(LATEST);
        let known = (latest..self.seals.len()).rfind(|at| self.seals.get(*at) == Some(seal));
        let seal = known.unwrap_or_else(|| {
            self.seals.push(seal.to_owned());
            self.seals.len() - 1
        });
        let length = text.len();
        let text = match carried {
            Some((from, at)) if content == ContentType::APPLICATION_DATA => TextAt::Carried(from, at),
            Some(_) | None => {
                self.texts += text.len() as u64;
                TextAt::Here(text.to_vec())
            }
        };
        SealedText { content, text, length, start, number, seal }
    }

    /// Bytes that are kept of it.
    pub(super) fn kept(&self) -> u64 {
        let records = (self.sides.client.len() + self.sides.server.len()) * size_of::<RecordAt>();
        self.texts + (records + self.seals.len() * size_of::<Seal<'_>>()) as u64
    }

    /// Where in the stream of `side` the session begins.
    pub(super) fn begin(&self, side: Peer, stream: &[u8]) -> usize {
        let is_record = |at: &usize| {
            let rest = stream.get(*at..).unwrap_or_default();
            told_length(rest).is_some() && beginning(rest) != Beginning::Other
        };
        let expected = [0, *self.expected.of(side)].into_iter().find(is_record);
        let told = self.sides.of(side).first().map(|record| record.place.start);
        let first = match (expected, told) {
            (Some(expected), told) => told.map_or(expected, |told| told.min(expected)),
            (None, Some(told)) => told,
            (None, None) => next_record(stream),
        };
        first.min(stream.len())
    }

    /// What takes the place of the session in the stream of `side`, which is `stream`; `carried` takes the place of what it carries.
    pub(super) fn redacted(
        &self,
        side: Peer,
        stream: &[u8],
        carried: &PerPeer<Vec<u8>>,
        keys: &mut PseudonymousKeys<'_>,
    ) -> Vec<u8> {
        let begin = self.begin(side, stream);
        let mut made = vec![NOTHING; stream.len()];
        let handshake = self.handshake(side, stream, keys);
        let mut covered = begin;
        let mut latest = (usize::MAX, None);
        for (at, record) in self.sides.of(side).iter().enumerate() {
            let place = record.place.clone();
            let Some(bytes) = stream.get(place.clone()).filter(|_| place.start >= begin) else { continue };
            keep_headers(stream, covered..place.start, &mut made);
            covered = place.end;
            let (before, rest) = made.split_at_mut(place.start);
            let Some(made) = rest.get_mut(..bytes.len()) else { continue };
            put(made, 0, bytes.get(..HEADER).unwrap_or_default());
            let text = |content, original: &[u8]| match content {
                ContentType::HANDSHAKE => handshake.get(&at).cloned().unwrap_or_default(),
                _ => small(content, original),
            };
            match &record.inside {
                Inside::Closed => {}
                Inside::Clear(content) => {
                    put(made, HEADER, &text(*content, bytes.get(HEADER..).unwrap_or_default()));
                }
                Inside::Sealed(sealed) => {
                    let text = match &sealed.text {
                        // Early data that is thrown away asks for something, if it can be understood alone.
                        TextAt::Here(original) if sealed.content == ContentType::APPLICATION_DATA => {
                            http(original, keys.names, &mut Accepts::default())
                        }
                        TextAt::Here(original) => text(sealed.content, original),
                        TextAt::Carried(from, at) => {
                            let text = carried.of(*from).get(*at..at.saturating_add(sealed.length));
                            text.unwrap_or_default().to_vec()
                        }
                    };
                    put(made, sealed.start, &text);
                    if latest.0 != sealed.seal {
                        let seal = self.seals.get(sealed.seal);
                        latest = (sealed.seal, seal.and_then(|seal| keys.sealer(seal)));
                    }
                    seal(sealed, latest.1.as_ref(), before, made);
                }
            }
        }
        keep_headers(stream, covered..stream.len(), &mut made);
        made.split_off(begin)
    }

    /// What takes the place of handshake messages of `side`, by the record of each part.
    fn handshake(
        &self,
        side: Peer,
        stream: &[u8],
        keys: &mut PseudonymousKeys<'_>,
    ) -> HashMap<usize, Vec<u8>> {
        let mut made = HashMap::new();
        let mut run = HandshakeRun::default();
        let mut end = 0;
        for (at, record) in self.sides.of(side).iter().enumerate() {
            let (seal, text) = match &record.inside {
                Inside::Clear(ContentType::HANDSHAKE) => (None, stream.get(record.place.clone())),
                Inside::Sealed(SealedText { content, text: TextAt::Here(text), seal, .. })
                    if *content == ContentType::HANDSHAKE =>
                {
                    (Some(*seal), Some(text.as_slice()))
                }
                Inside::Clear(_) | Inside::Closed | Inside::Sealed(_) => continue,
            };
            // A message does not go on with other keys, nor behind what is missing.
            if seal != run.seal || record.place.start != end {
                run.finish(self, keys, &mut made);
                run.seal = seal;
            }
            end = record.place.end;
            let header = if seal.is_none() { HEADER } else { 0 };
            run.add(at, text.and_then(|text| text.get(header..)).unwrap_or_default());
        }
        run.finish(self, keys, &mut made);
        made
    }
}

/// Handshake messages in a row, which records cut anywhere.
#[derive(Default)]
struct HandshakeRun {
    seal: Option<usize>,
    bytes: Vec<u8>,
    /// How much of them each record has.
    parts: Vec<(usize, usize)>,
}

impl HandshakeRun {
    fn add(&mut self, record: usize, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.parts.push((record, text.len()));
    }

    /// Adds what takes their place, by the record.
    fn finish(
        &mut self,
        records: &Records,
        keys: &mut PseudonymousKeys<'_>,
        made: &mut HashMap<usize, Vec<u8>>,
    ) {
        let Self { seal, bytes, parts } = std::mem::take(self);
        let is_tls13 = seal.and_then(|seal| records.seals.get(seal)).is_some_and(Seal::is_tls13);
        let layout = if is_tls13 { Layout::Tls13 } else { Layout::Older };
        let redacted = handshake::messages(&bytes, layout, keys.names, &mut keys.randoms);
        let mut rest = redacted.as_slice();
        for (record, length) in parts {
            let (part, behind) = rest.split_at(length.min(rest.len()));
            made.insert(record, part.to_vec());
            rest = behind;
        }
    }
}

/// Seals a record that has its plaintext. Where that fails it is as closed as one that nobody opened.
fn seal(text: &SealedText, sealer: Option<&Sealer>, before: &[u8], record: &mut [u8]) {
    let SealedText { content, number, start, length, .. } = *text;
    let sealing = Sealing { content, text: start..start.saturating_add(length), number };
    if sealer.and_then(|sealer| sealer.seal(before, record, &sealing)).is_none() {
        record.get_mut(HEADER..).unwrap_or_default().fill(NOTHING);
    }
}

/// What takes the place of a record's content that is neither data nor of a handshake.
fn small(content: ContentType, text: &[u8]) -> Vec<u8> {
    let is_alert = text.len().is_multiple_of(2) && text.chunks(2).all(|alert| matches!(alert, [1 | 2, _]));
    let is_known = match content {
        ContentType::ALERT => is_alert,
        ContentType::CHANGE_CIPHER_SPEC => text == [1],
        _ => false,
    };
    if is_known { text.to_vec() } else { vec![NOTHING; text.len()] }
}

/// Keeps the headers of records that nobody told, as they are not there as a whole, or behind bytes that are missing: where one
/// ends, the next one may begin, and else one is searched.
fn keep_headers(stream: &[u8], range: Range<usize>, made: &mut [u8]) {
    let mut at = range.start;
    while at < range.end {
        let rest = stream.get(at..range.end).unwrap_or_default();
        let is_cut = rest.len() < HEADER && beginning(rest) == Beginning::Unknown;
        let Some(length) = told_length(rest).or(is_cut.then_some(rest.len())) else {
            at += 1 + next_record(rest.get(1..).unwrap_or_default());
            continue;
        };
        // What a session begins with is known by its first message.
        let kept = match beginning(rest) {
            Beginning::ClientHello | Beginning::ServerHello => HEADER + 1,
            Beginning::Record | Beginning::Other | Beginning::Unknown => HEADER.min(rest.len()),
        };
        put(made, at, rest.get(..kept).unwrap_or_default());
        at = at.saturating_add(length);
    }
}

/// Where the next record seems to begin: at its end there is another one, or nothing more.
fn next_record(stream: &[u8]) -> usize {
    let begins = |at: &usize| {
        let rest = stream.get(*at..).unwrap_or_default();
        let behind = told_length(rest).filter(|length| *length > HEADER).map(|length| rest.get(length..));
        let is_last = |behind: &[u8]| behind.is_empty() || told_length(behind).is_some();
        behind.is_some_and(|behind| behind.is_none_or(is_last))
    };
    (0..stream.len()).find(begins).unwrap_or(stream.len())
}

#[cfg(test)]
mod tests {
    use super::super::names::Names;
    use super::*;
    use crate::model::Extent;
    use crate::tls::Secrets;

    fn redacted(records: &Records, stream: &[u8]) -> Vec<u8> {
        let (mut names, secrets) = (Names::new(10), Secrets::default());
        let mut keys = PseudonymousKeys::new(&mut names, &secrets);
        records.redacted(Peer::Client, stream, &PerPeer::default(), &mut keys)
    }

    fn push(records: &mut Records, start: u64, length: u64, reading: RecordReading<'_>) {
        let extent = Extent::new(start, length);
        records.push(Peer::Client, &SeenRecord { from: Peer::Client, extent, reading }, 0);
    }

    #[test]
    fn closed_records_keep_their_headers_and_so_does_one_that_is_cut() {
        let stream = b"CONNECT\r\n\x17\x03\x03\0\x06secret\x15\x03\x03\0\x02\x01\x00\x17\x03\x03\0\x09secr";
        let mut records = Records::default();
        push(&mut records, 9, 11, RecordReading::Closed);
        push(&mut records, 20, 7, RecordReading::Clear(ContentType::ALERT));
        assert_eq!(records.begin(Peer::Client, stream), 9);
        let made = redacted(&records, stream);
        assert_eq!(made, b"\x17\x03\x03\0\x06xxxxxx\x15\x03\x03\0\x02\x01\x00\x17\x03\x03\0\x09xxxx");
    }

    #[test]
    fn headers_behind_what_is_missing_are_kept_where_records_follow_each_other() {
        let stream =
            b"\x16\x03\x03\0\x09\x02secr\0\0\0\0\0\0\0\0ret\x17\x03\x03\0\x03abc\x17\x03\x03\0\x09ab";
        let made = redacted(&Records::default(), stream);
        assert_eq!(made, b"\x16\x03\x03\0\x09\x02xxxxxxxxxxxxxxx\x17\x03\x03\0\x03xxx\x17\x03\x03\0\x09xx");
    }

    #[test]
    fn what_is_not_what_it_says_is_nothing() {
        let stream = b"\x15\x03\x03\0\x06secret\x14\x03\x03\0\x02ab\x18\x03\x03\0\x03abc";
        let mut records = Records::default();
        for (start, length, content) in [(0, 11, 21), (11, 7, 20), (18, 8, 24)] {
            push(&mut records, start, length, RecordReading::Clear(ContentType(content)));
        }
        // One that overlaps another, and one beyond the stream.
        push(&mut records, 20, 3, RecordReading::Closed);
        push(&mut records, 40, 20, RecordReading::Closed);
        let made = redacted(&records, stream);
        assert_eq!(made, b"\x15\x03\x03\0\x06xxxxxx\x14\x03\x03\0\x02xx\x18\x03\x03\0\x03xxx");
    }

    #[test]
    fn a_handshake_message_is_one_however_records_cut_it() {
        let update = b"\x18\0\0\x01\x01";
        let stream = [b"\x16\x03\x03\0\x02", &update[..2], b"\x16\x03\x03\0\x03", &update[2..]].concat();
        let mut records = Records::default();
        push(&mut records, 0, 7, RecordReading::Clear(ContentType::HANDSHAKE));
        push(&mut records, 7, 8, RecordReading::Clear(ContentType::HANDSHAKE));
        assert_eq!(redacted(&records, &stream), stream);
    }

    #[test]
    fn without_a_record_all_of_it_is_in_the_clear() {
        assert_eq!(Records::default().begin(Peer::Server, b"HTTP/1.1 400 Bad Request"), 24);
        assert_eq!(Records::default().begin(Peer::Client, b"\x16\x03\x01\x02\0\x01\0"), 0);
    }
}
