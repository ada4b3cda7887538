//! Records in a byte stream (RFC 8446 §5.1, RFC 5246 §6.2.1), also behind a gap.

use std::ops::Range;

use crate::model::{Chunk, Extent, Missing, Stamp};

use super::version::Version;

/// Bytes of a record's header.
pub(super) const HEADER: usize = 5;
/// The longest encrypted fragment: 2^14 and 2,048 bytes (RFC 5246 §6.2.3); TLS 1.3 allows 2^14 and 256.
pub(super) const LONGEST: usize = (1 << 14) + 2_048;
/// A record of which less than one part in so many came gets no memory for the rest of it.
const SPARSE: usize = 16;
/// The shortest record that an AEAD suite makes: a header, a content type, a tag. It bounds how many records a loss
/// of so many bytes can be.
pub(super) const SHORTEST: u64 = 22;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType(pub u8);

impl ContentType {
    /// From here on the sender uses other keys (TLS 1.2 and older).
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// An alert.
    pub const ALERT: Self = Self(21);
    /// Handshake messages.
    pub const HANDSHAKE: Self = Self(22);
    /// Data of the application, and in TLS 1.3 everything that is encrypted.
    pub const APPLICATION_DATA: Self = Self(23);
}

/// A complete record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) content: ContentType,
    pub(super) version: Version,
    /// All of it, the header included.
    pub(super) bytes: Vec<u8>,
    /// The packet that completes it.
    pub(super) stamp: Stamp,
    /// Where it stands in the stream that carries it.
    pub(super) extent: Extent,
    /// Whether it is certain that it begins there.
    pub(super) boundary: Boundary,
}

/// What an opened record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plaintext {
    /// What it is; in TLS 1.3 only the encrypted part says so.
    pub(super) content: ContentType,
    /// Where it now stands in the record's bytes.
    pub(super) range: Range<usize>,
}

/// How it is known where a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    /// The one before ends there.
    Known,
    /// Bytes are missing before it, and it looks like a record.
    Guessed,
}

/// A record that is not whole, of which some came, gapless, before its stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedRecord {
    /// What its header says it holds.
    pub content: ContentType,
    /// How many bytes its header says follow it; `None` where not all of the header came.
    pub declared: Option<u64>,
    /// How many of those came, or of the header's own.
    pub received: u64,
    /// The packet with its first byte.
    pub first: Stamp,
    /// The packet with the last byte that came.
    pub last: Stamp,
}

/// What comes next in a stream.
#[derive(Debug)]
pub(super) enum Framed {
    /// A record.
    Record(Record),
    /// No record begins where one should; from here on the next one is searched.
    Strange,
}

/// Finds the records of one direction.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    /// What carried the bytes in `buffer`.
    extent: Extent,
    /// The first packet they came in.
    begun: Stamp,
    /// The last packet they came in.
    stamp: Stamp,
    /// Bytes still to come of a record that a gap has broken.
    broken: u64,
    place: Alignment,
    /// What records of this session say, once that is known: it makes searching more certain.
    version: Option<Version>,
    /// How many records there were.
    records: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Alignment {
    /// The buffer begins with a record's header.
    #[default]
    Known,
    /// It probably does.
    Guessed,
    /// It may be anywhere.
    Lost,
}

impl Framer {
    /// How many records came.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// Where what came so far ends in the stream that carries it.
    pub(super) const fn end(&self) -> u64 {
        self.extent.end
    }

    /// Bytes held of a record that is not complete.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether something is there of a record that is not complete.
    pub(super) fn is_inside(&self) -> bool {
        self.place == Alignment::Known && (!self.buffer.is_empty() || self.broken > 0)
    }

    /// The record that is not complete, where it is certain that one begins there and nothing of it is missing in between.
    pub(super) fn unfinished(&self) -> Option<UnfinishedRecord> {
        let content = ContentType(*self.buffer.first().filter(|_| self.is_inside())?);
        let (declared, received) = match self.buffer.split_first_chunk() {
            Some((header, rest)) => (Some(length_of(*header) as u64), rest.len()),
            // What begins otherwise is no record.
            None if beginning(&self.buffer) == Beginning::Unknown => (None, self.buffer.len()),
            None => return None,
        };
        let (first, last) = (self.begun, self.stamp);
        Some(UnfinishedRecord { content, declared, received: received as u64, first, last })
    }

    /// The bytes at the beginning that are no record.
    pub(super) fn preview(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes bytes off `chunk` up to the end of a record, or all.
    pub(super) fn next(&mut self, chunk: &mut Option<Chunk<'_>>) -> Option<Framed> {
        if self.broken > 0 {
            let all = (*chunk)?;
            let count = usize::try_from(self.broken).unwrap_or(usize::MAX).min(all.bytes.len());
            self.broken -= count as u64;
            *chunk = Some(all.advance(count)).filter(|rest| !rest.bytes.is_empty());
        }
        loop {
            if self.place == Alignment::Lost {
                if let Some(all) = chunk.take() {
                    self.append(all);
                }
                self.search();
                if self.place == Alignment::Lost {
                    return None;
                }
            }
            let wanted = match self.header(chunk.as_ref()) {
                None => HEADER,
                Some(header) if is_plausible(header, None) => HEADER + length_of(header),
                Some(_) => {
                    let known = self.place == Alignment::Known;
                    self.place = Alignment::Lost;
                    if known {
                        return Some(Framed::Strange);
                    }
                    continue;
                }
            };
            // An empty fragment is legal (RFC 5246 §6.2.1).
            if self.buffer.len() >= wanted.max(HEADER) {
                return Some(Framed::Record(self.cut(wanted)));
            }
            let all = chunk.take()?;
            let (head, tail) = all.split_at(wanted - self.buffer.len());
            // A record takes its memory at once, unless a peer announces much and sends next to nothing.
            if head.bytes.len() >= wanted / SPARSE {
                self.buffer.reserve_exact(wanted - self.buffer.len());
            }
            self.append(head);
            *chunk = Some(tail).filter(|tail| !tail.bytes.is_empty());
        }
    }

    /// The header of the next record, as far as it came; `chunk` comes next.
    fn header(&self, chunk: Option<&Chunk<'_>>) -> Option<[u8; HEADER]> {
        let bytes = if self.buffer.is_empty() { chunk?.bytes } else { &self.buffer };
        bytes.first_chunk().copied()
    }

    fn append(&mut self, chunk: Chunk<'_>) {
        if self.buffer.is_empty() {
            (self.extent, self.begun) = (chunk.extent, chunk.stamp);
        } else {
            self.extent = self.extent.to(chunk.extent);
        }
        self.stamp = chunk.stamp;
        self.buffer.extend_from_slice(chunk.bytes);
    }

    fn cut(&mut self, length: usize) -> Record {
        let rest = self.buffer.split_off(length);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.begun = self.stamp;
        let boundary = if self.place == Alignment::Known { Boundary::Known } else { Boundary::Guessed };
        let version = bytes.get(1..3).and_then(|v| v.try_into().ok()).map_or(0, u16::from_be_bytes);
        let content = ContentType(bytes.first().copied().unwrap_or_default());
        self.records += 1;
        // Bytes of a carrier keep all of its extent.
        let mut extent = self.extent;
        if extent.length() == (bytes.len() + self.buffer.len()) as u64 {
            extent = Extent { end: extent.start + length as u64, ..extent };
            self.extent.start = extent.end;
        }
        Record { content, version: Version(version), bytes, stamp: self.stamp, extent, boundary }
    }

    /// What the records of this session say their version is.
    pub(super) const fn expect(&mut self, version: Version) {
        self.version = Some(version);
    }

    /// The last record was one.
    pub(super) fn confirm(&mut self) {
        if self.place == Alignment::Guessed {
            self.place = Alignment::Known;
        }
    }

    /// The last record was none: its bytes are searched again, from the second one.
    pub(super) fn reject(&mut self, record: &Record) {
        let plain = record.extent.length() == record.bytes.len() as u64;
        self.extent = if self.buffer.is_empty() { record.extent } else { record.extent.to(self.extent) };
        self.extent.start += u64::from(plain);
        let mut bytes = record.bytes.get(1..).unwrap_or_default().to_vec();
        bytes.append(&mut self.buffer);
        self.buffer = bytes;
        self.place = Alignment::Lost;
        self.search();
    }

    /// Bytes are missing.
    pub(super) fn gap(&mut self, missing: Missing) {
        let rest = match self.buffer.first_chunk() {
            _ if self.place != Alignment::Known => None,
            Some(header) => Some((HEADER + length_of(*header)).saturating_sub(self.buffer.len()) as u64),
            None if self.buffer.is_empty() && self.broken > 0 => Some(self.broken),
            None => None,
        };
        self.buffer.clear();
        self.broken = 0;
        match (rest, missing) {
            // The rest of the record that is broken tells where the next one begins.
            (Some(rest), Missing::Bytes(count)) if count <= rest => self.broken = rest - count,
            (_, Missing::Bytes(_) | Missing::Unknown) => self.place = Alignment::Lost,
        }
    }

    /// Looks for what is probably a record.
    fn search(&mut self) {
        let found = self.buffer.windows(HEADER).position(|window| {
            window
                .first_chunk()
                .is_some_and(|header| is_plausible(*header, self.version) && length_of(*header) > 0)
        });
        let keep = found.unwrap_or_else(|| self.buffer.len().saturating_sub(HEADER - 1));
        if self.extent.length() == self.buffer.len() as u64 {
            self.extent.start += keep as u64;
        }
        self.buffer.drain(..keep);
        if found.is_some() {
            self.place = Alignment::Guessed;
        }
    }
}

/// Whether these bytes can be a record's header.
pub(super) fn is_plausible(header: [u8; HEADER], version: Option<Version>) -> bool {
    let [kind, major, minor, ..] = header;
    let is_expected = version.is_none_or(|Version(number)| number == u16::from_be_bytes([major, minor]));
    (20..=24).contains(&kind) && major == 3 && minor <= 4 && is_expected && length_of(header) <= LONGEST
}

pub(super) fn length_of(header: [u8; HEADER]) -> usize {
    let [_, _, _, high, low] = header;
    usize::from(u16::from_be_bytes([high, low]))
}

/// How long the record is that begins here, its header included; `None` where none does.
pub fn told_length(bytes: &[u8]) -> Option<usize> {
    let header = *bytes.first_chunk()?;
    is_plausible(header, None).then(|| HEADER + length_of(header))
}

/// What the first bytes of a stream say about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Beginning {
    /// A `ClientHello`.
    ClientHello,
    /// A `ServerHello`.
    ServerHello,
    /// A record of a session that began before.
    Record,
    /// Not TLS.
    Other,
    /// More bytes would tell.
    Unknown,
}

/// Says what the first bytes of a stream are.
pub fn beginning(bytes: &[u8]) -> Beginning {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        let fits = bytes.iter().zip([20..=23, 3..=3, 0..=4]).all(|(byte, range)| range.contains(byte));
        return if fits { Beginning::Unknown } else { Beginning::Other };
    };
    let strict = is_plausible(*header, None) && (1..=LONGEST).contains(&length_of(*header));
    match (strict, header, rest.first()) {
        (false, ..) => Beginning::Other,
        (_, [22, ..], None) => Beginning::Unknown,
        (_, [22, ..], Some(1)) => Beginning::ClientHello,
        (_, [22, ..], Some(2)) => Beginning::ServerHello,
        _ => Beginning::Record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[kind, 3, 3, high, low], content].concat()
    }

    fn push(framer: &mut Framer, bytes: &[u8], start: u64) -> Vec<(u8, usize, Boundary)> {
        let mut chunk = Some(Chunk::plain(bytes, Stamp::default(), start));
        let mut found = Vec::new();
        while let Some(step) = framer.next(&mut chunk) {
            match step {
                Framed::Record(record) => found.push((record.content.0, record.bytes.len(), record.boundary)),
                Framed::Strange => found.push((0, 0, Boundary::Guessed)),
            }
        }
        found
    }

    #[test]
    fn records_are_found_however_the_bytes_are_cut() {
        let stream = [record(22, &[1; 30]), record(23, &[]), record(23, &[2; 300])].concat();
        for piece in [1, 2, 5, 6, 36, 1_000] {
            let mut framer = Framer::default();
            let mut found = Vec::new();
            for (at, bytes) in stream.chunks(piece).enumerate() {
                found.extend(push(&mut framer, bytes, (at * piece) as u64));
            }
            let known = Boundary::Known;
            assert_eq!(found, [(22, 35, known), (23, 5, known), (23, 305, known)], "pieces of {piece}");
        }
    }

    #[test]
    fn a_version_that_no_record_can_have_finds_none() {
        let mut framer = Framer::default();
        framer.expect(Version(0x0909));
        framer.gap(Missing::Unknown);
        assert_eq!(push(&mut framer, &[23, 9, 9, 0, 2, 1, 1, 23, 9, 9, 0, 2, 1, 1], 0), []);
    }

    #[test]
    fn a_gap_inside_a_record_costs_that_record() {
        let stream = [record(23, &[1; 100]), record(23, &[2; 50])].concat();
        let mut framer = Framer::default();
        assert_eq!(push(&mut framer, &stream[..40], 0), []);
        framer.gap(Missing::Bytes(30));
        assert_eq!(push(&mut framer, &stream[70..], 70), [(23, 55, Boundary::Known)]);
    }

    #[test]
    fn behind_a_longer_gap_a_record_is_searched() {
        let stream = [record(23, &[1; 100]), record(23, &[2; 50]), record(23, &[3; 60])].concat();
        let mut framer = Framer::default();
        framer.expect(Version::TLS12);
        assert_eq!(push(&mut framer, &stream[..40], 0), []);
        framer.gap(Missing::Bytes(80));
        assert_eq!(push(&mut framer, &stream[120..], 120), [(23, 65, Boundary::Guessed)]);
        framer.confirm();
        assert_eq!(push(&mut framer, &stream[105..160], 225), [(23, 55, Boundary::Known)]);
    }

    #[test]
    fn what_was_no_record_is_searched_again() {
        let stream = [&[23, 3, 3, 0, 20][..], &record(23, &[4; 10]), &[23, 3, 3, 0, 1]].concat();
        let mut framer = Framer::default();
        framer.gap(Missing::Unknown);
        let mut chunk = Some(Chunk::plain(&stream, Stamp::default(), 0));
        let Some(Framed::Record(first)) = framer.next(&mut chunk) else { panic!("no record") };
        assert_eq!((first.bytes.len(), first.boundary), (25, Boundary::Guessed));
        framer.reject(&first);
        let Some(Framed::Record(second)) = framer.next(&mut chunk) else { panic!("no record") };
        assert_eq!(
            (second.bytes.len(), second.boundary, second.extent),
            (15, Boundary::Guessed, Extent::new(5, 15))
        );
    }

    #[test]
    fn beginnings() {
        assert_eq!(beginning(&[22, 3, 1, 2, 0, 1]), Beginning::ClientHello);
        assert_eq!(beginning(&[22, 3, 3, 0, 100, 2]), Beginning::ServerHello);
        assert_eq!(beginning(&[23, 3, 3, 0, 100]), Beginning::Record);
        assert_eq!(beginning(&[22, 3]), Beginning::Unknown);
        assert_eq!(beginning(b"GET / HTTP/1.1"), Beginning::Other);
        assert_eq!(beginning(b"\x16\x03\x01\xff\xff\x01"), Beginning::Other);
    }
}
