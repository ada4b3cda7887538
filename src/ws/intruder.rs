//! Another frame's bytes inside the payload of one: two writers without a lock, or a frame whose rest was never written.
//!
//! A text that stops being UTF-8 shows where it begins: the first byte of a final frame is none that a character can
//! begin with.

use super::header::FrameHeader;
use super::mask::unmask;
use super::sync::{Rules, evidence, frame_evidence, may_begin};
use crate::model::{Stamp, text_so_far};

/// How far before the byte that is not UTF-8 the frame may begin: what unmasks to a few right characters is a header
/// of 14 bytes at most, and nearly always its very first byte is wrong.
const LOOK_BACK: u64 = 12;

/// Bytes kept from there on: enough for several small frames.
const KEPT: usize = Intruder::KEPT;

/// Bytes of text behind a frame that show that the payload goes on there: a wrong place, or a wrong length, unmasks them
/// to something else.
const RESUMED: usize = 12;
/// Evidence of that.
const RESUMES: i32 = 30;

/// Evidence without which nothing is taken for a frame inside a frame.
const POSSIBLE: i32 = 5;
/// Evidence that is enough if nothing else shows that framing is lost.
const CERTAIN: i32 = 30;
/// The same for frames that stand at the beginning of a payload whose rest never came.
const CERTAIN_AT_START: i32 = 20;

/// The bytes on the wire around the place where a text stops being UTF-8.
#[derive(Debug)]
pub(super) struct Intruder {
    /// The frame in whose payload they are.
    pub(super) frame: u64,
    /// The packet that carried the first wrong one.
    pub(super) stamp: Stamp,
    /// Where in the payload the first byte is that is not UTF-8.
    pub(super) broken_at: u64,
    /// Where in the payload `bytes` begins.
    start: u64,
    /// The key that the payload is masked with.
    key: Option<[u8; 4]>,
    bytes: Vec<u8>,
}

/// A frame found there.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntrudingFrame {
    /// Where in the payload it begins.
    pub(super) at: u64,
    /// How long it is, header included.
    pub(super) size: u64,
    evidence: i32,
    /// How many bytes of words stand around it, if the text is known to go on behind it.
    resumed: Option<usize>,
}

impl IntrudingFrame {
    /// Whether the text that it stands in goes on behind it.
    pub(super) const fn is_within(&self) -> bool {
        self.resumed.is_some()
    }

    /// Whether it is a frame, whatever follows.
    pub(super) const fn is_certain(&self) -> bool {
        self.evidence >= CERTAIN
    }
}

impl Intruder {
    /// Bytes of a payload that are looked at.
    pub(super) const KEPT: usize = 1024;

    /// Whole frames at the beginning of a payload that did not come to its end, of which these are the first bytes.
    pub(super) fn at_start(
        frame: u64,
        bytes: &[u8],
        stamp: Stamp,
        rules: Rules,
    ) -> Option<(Self, IntrudingFrame)> {
        let start = Self { frame, stamp, broken_at: 0, start: 0, key: None, bytes: bytes.to_vec() };
        let found = start.find(rules).filter(|found| found.evidence >= CERTAIN_AT_START)?;
        Some((start, found))
    }

    /// The payload of a frame with this number and key is not UTF-8 at `at`. `pieces` are its latest bytes: the second
    /// piece begins at `before`.
    pub(super) fn new(
        (frame, key): (u64, Option<[u8; 4]>),
        at: u64,
        before: u64,
        pieces: [&[u8]; 2],
        stamp: Stamp,
    ) -> Self {
        let [earlier, latest] = pieces;
        let here = before.saturating_sub(earlier.len() as u64);
        let start = at.saturating_sub(LOOK_BACK).max(here);
        let skipped = usize::try_from(start - here).unwrap_or(usize::MAX);
        let bytes = earlier.iter().chain(latest).skip(skipped).take(KEPT).copied().collect();
        Self { frame, stamp, broken_at: at, start, key, bytes }
    }

    /// Takes the bytes that come next.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
    }

    /// Bytes of memory it takes, roughly.
    pub(super) const fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    /// The frame that most likely begins here.
    pub(super) fn find(&self, rules: Rules) -> Option<IntrudingFrame> {
        let places = 0..=usize::try_from(2 * LOOK_BACK).unwrap_or_default().min(self.bytes.len());
        let found = places.filter_map(|place| {
            let bytes = self.bytes.get(place..)?;
            let header = FrameHeader::parse(bytes)?;
            bytes.first().filter(|first| may_begin(**first, rules.rsv1))?;
            let size = header.length.saturating_add(header.size() as u64);
            let alone = frame_evidence(bytes, rules);
            let resumed = alone.and_then(|_| self.resumed(place, size));
            // Others after it speak for it; where none stands, it may be the rest of the payload.
            let evidence = match resumed {
                Some(_) => Some(RESUMES),
                None => evidence(bytes, rules).or(alone),
            };
            let evidence = evidence.filter(|evidence| *evidence >= POSSIBLE)?;
            Some(IntrudingFrame { at: self.start + place as u64, size, evidence, resumed })
        });
        // The more of the text is left, the less else has to be explained.
        found.max_by_key(|found| (found.resumed, found.evidence, std::cmp::Reverse(found.at)))
    }

    /// How many bytes of words stand around a frame of this `size` at this `place`, if all of them are text again once it
    /// is left out. Nearly right is not enough: with a key whose bytes are much alike a wrong place unmasks to ASCII, too.
    fn resumed(&self, place: usize, size: u64) -> Option<usize> {
        let (key, size) = (self.key?, usize::try_from(size).ok()?);
        let (before, rest) = (self.bytes.get(..place)?, self.bytes.get(place.checked_add(size)?..)?);
        let mut text = [before, rest].concat();
        unmask(key, self.start, &mut text);
        // It may begin and end inside a character.
        let begun = text.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
        let text = text_so_far(text.get(begun..)?)?;
        let is_readable = text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
        let words = text.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace());
        (rest.len() >= RESUMED && is_readable).then(|| words.map(char::len_utf8).sum())
    }

    /// Whether a frame may begin here, even one of which only the first bytes are in the payload, or that ends with it.
    pub(super) fn is_possible(&self, rules: Rules) -> bool {
        let is_cut = |start: usize| {
            let end = self.bytes.get(start..).unwrap_or_default();
            end.first().is_some_and(|first| may_begin(*first, rules.rsv1))
                && FrameHeader::parse(end).is_none_or(|header| {
                    header.length.saturating_add(header.size() as u64) >= end.len() as u64
                })
        };
        let last = self.bytes.len().saturating_sub(FrameHeader::MAX_SIZE);
        self.find(rules).is_some() || (last..self.bytes.len()).any(is_cut)
    }

    /// Up to 64 bytes from this place of the payload on.
    pub(super) fn preview(&self, at: u64) -> Vec<u8> {
        let skipped = usize::try_from(at.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.iter().skip(skipped).take(64).copied().collect()
    }
}
