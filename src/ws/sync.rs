//! Finding a frame boundary in bytes of which the beginning is unknown: after a gap, or where a capture starts late.
//!
//! A candidate is a chain of frames, each beginning where the one before says it ends. Every fact that other bytes
//! would seldom show counts as evidence, in bits; a chain is believed when it has enough of them, which is for the
//! caller to say. Chains that come to the same place go on as one, so every byte is looked at once for each kind of
//! chain, of which there are six: the search is linear.

mod evidence;

use super::header::{FrameHeader, LengthForm};
use super::opcode::Opcode;
use crate::model::{Chunk, Extent, Footprint, Peer, PerPeer, Stamp};
use evidence::{FrameWeight, LOOKED_AT, is_enough, is_repetition, may_follow};
pub(crate) use evidence::{PLAUSIBLE_LENGTH, Rules, evidence, evidence_if_miscounted, frame_evidence};
use std::collections::BTreeMap;

/// Evidence that is enough if nothing else says that a connection carries frames.
pub(crate) const ENOUGH_FOR_STRANGER: i32 = 22;
/// The evidence needed if the connection is known to carry frames, so that only the place is in question.
pub(crate) const ENOUGH_IN_SESSION: i32 = 12;

/// What a frame that begins where no segment does has to make up for: senders seldom begin a frame there, and there
/// are that many more places to try.
const NOT_AT_SEGMENT: i32 = 16;
/// What speaks for a frame that begins where one is expected.
const EXPECTED: i32 = 8;
/// Places at which chains may wait for their next frame at once; beyond that, only segments begin new ones.
const WAITING: usize = 4096;
/// What speaks for a frame that is as long as its segments, if its length has more than seven bits: that much is no chance.
const WHOLE_SEGMENTS: i32 = 20;
/// So many frames in a row that each begin with a segment were written one by one: they are not what one frame holds.
const ONE_BY_ONE: u8 = 4;
/// Bytes kept while looking for a boundary: at least these, at most twice as many.
const KEPT: usize = 80 << 10;

/// One of the segments that bytes came in.
#[derive(Clone, Copy, Debug)]
struct SegmentMark {
    /// Where it begins, counted from the first byte ever pushed.
    start: u64,
    stamp: Stamp,
    extent: Extent,
}

/// Bytes, and the segments they came in.
#[derive(Debug, Default)]
pub(crate) struct SearchBuffer {
    bytes: Vec<u8>,
    segments: Vec<SegmentMark>,
    /// Where in the stream `bytes` begins.
    base: u64,
}

impl SearchBuffer {
    /// Adds the next bytes; lets go of old ones when there are too many.
    pub(crate) fn push(&mut self, chunk: Chunk<'_>) {
        if self.bytes.len() > 2 * KEPT {
            let keep_from = self.end() - KEPT as u64;
            let segments = self.segments.partition_point(|piece| piece.start <= keep_from).saturating_sub(1);
            self.segments.drain(..segments);
            let base = self.segments.first().map_or(self.base, |piece| piece.start);
            self.bytes.drain(..usize::try_from(base - self.base).unwrap_or(0));
            self.base = base;
        }
        self.segments.push(SegmentMark { start: self.end(), stamp: chunk.stamp, extent: chunk.extent });
        self.bytes.extend_from_slice(chunk.bytes);
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of memory it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        let segments = Footprint::allocation(self.segments.capacity() * size_of::<SegmentMark>());
        Footprint::allocation(self.bytes.capacity()) + segments
    }

    /// Whether nothing was let go.
    pub(super) const fn is_whole(&self) -> bool {
        self.base == 0
    }

    /// How many bytes are here.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Where in the stream the bytes end.
    pub(crate) const fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    fn from(&self, at: u64) -> &[u8] {
        at.checked_sub(self.base)
            .and_then(|index| self.bytes.get(usize::try_from(index).ok()?..))
            .unwrap_or_default()
    }

    fn is_segment(&self, at: u64) -> bool {
        self.segments.binary_search_by_key(&at, |piece| piece.start).is_ok()
    }

    /// Whether another packet than what is before it brought what begins there in the stream.
    pub(crate) fn begins_packet(&self, at: u64) -> bool {
        let before = |index: usize| self.segments.get(index.checked_sub(1)?);
        let found = self.segments.binary_search_by_key(&at, |piece| piece.start).ok();
        found.is_some_and(|index| {
            let begins = self.segments.get(index).map(|piece| piece.stamp);
            before(index).is_some_and(|before| Some(before.stamp) != begins)
        })
    }

    /// The bytes from `at` in the stream on, in the segments they came in.
    pub(crate) fn chunks_from(&self, at: u64) -> impl Iterator<Item = Chunk<'_>> {
        self.segments.iter().enumerate().filter_map(move |(index, &SegmentMark { start, stamp, extent })| {
            let stop = self.segments.get(index + 1).map_or(self.end(), |next| next.start);
            let length = usize::try_from(stop - start).ok()?;
            let behind = usize::try_from(at.saturating_sub(start)).ok()?;
            let bytes = self.from(start).get(..length)?;
            let chunk = Chunk { bytes, stamp, extent }.advance(behind);
            (!chunk.bytes.is_empty()).then_some(chunk)
        })
    }

    /// What carried the last of the first `count` bytes that are here.
    pub(crate) fn extent_of(&self, count: usize) -> Option<Extent> {
        let mut left = count;
        self.chunks_from(self.base).find_map(|chunk| {
            let head = chunk.split_at(left).0;
            left -= head.bytes.len();
            (left == 0).then_some(head.extent)
        })
    }
}

/// Frames, each beginning where the one before ends, that nothing contradicts yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    /// Where the first one begins.
    start: u64,
    /// Whether a segment begins there.
    begins_segment: bool,
    /// Where the next one has to begin.
    next: u64,
    /// Whether a fragmented message is open, once that is known.
    fragmented: Option<bool>,
    /// The latest header.
    last: Option<FrameHeader>,
    /// Who sent them, by their mask.
    pub(crate) from: Peer,
    /// What speaks for them, in bits.
    pub(crate) evidence: i32,
    /// What will speak for them if a segment ends at `next`.
    at_segment_end: i32,
    /// The first one begins right behind the header of a frame that begins with a segment, and that would end here.
    inside: Option<u64>,
    /// How many frames up to the latest one begin with a segment.
    one_by_one: u8,
}

impl Chain {
    /// Whether its latest frame, which would be as long as the segments that carry it, has the whole `other` chain in its payload, as
    /// where one WebSocket goes through another.
    fn holds(&self, other: &Self) -> bool {
        let Some(header) = self.last.filter(|_| self.begins_segment && self.next == other.next) else {
            return false;
        };
        let payload = self.next.saturating_sub(header.length);
        // A short length may be right by chance, unless all of the payload is frames.
        other.start == payload && self.at_segment_end > 0
            || other.start >= payload && self.at_segment_end >= WHOLE_SEGMENTS
    }

    /// Whether it may yet turn out to be the payload of a frame.
    fn may_be_inside(&self) -> bool {
        self.inside.is_some_and(|end| self.next < end)
    }
}

/// Looks for frames in the stream of one side.
#[derive(Debug, Default)]
pub(crate) struct BoundarySearch {
    held: SearchBuffer,
    /// The chains by where their next frame begins.
    chains: BTreeMap<u64, Vec<Chain>>,
    /// Places of which too few bytes are here.
    undecided: Vec<u64>,
    /// The chains with the most evidence that nothing contradicted yet.
    best: PerPeer<Option<Chain>>,
    segments: u32,
    /// Where the payload of a frame would begin and end whose length has more than seven bits, and with which a segment begins.
    payloads: Vec<(u64, u64)>,
    /// Where segments begin says nothing; a frame is expected in these places.
    expected: Option<Vec<u64>>,
}

impl BoundarySearch {
    /// A search by what the bytes say, wherever segments begin, that believes in a frame at one of the `expected` places
    /// more easily.
    pub(super) fn expecting(expected: Vec<u64>) -> Self {
        Self { expected: Some(expected), ..Self::default() }
    }

    /// Bytes of memory it takes besides itself.
    pub(crate) fn memory(&self) -> usize {
        /// A place at which chains wait: its entry in the map, and room for the fewest that a list makes room for.
        const PLACE: usize =
            Footprint::entry::<u64, Vec<Chain>>() + Footprint::allocation(4 * size_of::<Chain>());
        let undecided = Footprint::allocation(self.undecided.capacity() * size_of::<u64>());
        let payloads = Footprint::allocation(self.payloads.capacity() * size_of::<(u64, u64)>());
        self.held.memory() + self.chains.len() * PLACE + undecided + payloads
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, chunk: Chunk<'_>, rules: Rules) {
        let before = self.held.end();
        self.held.push(chunk);
        self.segments = self.segments.saturating_add(1);
        for at in std::mem::take(&mut self.undecided).into_iter().chain(before..self.held.end()) {
            self.look(at, rules);
        }
        if self.expected.is_some() {
            return;
        }
        let mut ends = self.chains.get_mut(&self.held.end()).map(std::mem::take).unwrap_or_default();
        if let Some(whole) = ends.iter().copied().find(|chain| ends.iter().any(|other| chain.holds(other))) {
            ends.retain(|chain| !whole.holds(chain));
            for best in [&mut self.best.client, &mut self.best.server] {
                best.take_if(|best| whole.holds(best));
            }
        }
        for mut chain in ends {
            chain.evidence += std::mem::take(&mut chain.at_segment_end);
            self.wait(chain);
        }
    }

    /// The chain of frames of `from` that has the most evidence.
    pub(crate) fn best(&self, from: Peer) -> Option<&Chain> {
        self.best.of(from).as_ref()
    }

    /// Where frames can be read from, if those of `chain` are believed.
    pub(crate) fn boundary(&self, chain: &Chain) -> Option<u64> {
        let at = if chain.start >= self.held.base { chain.start } else { chain.next };
        (at <= self.held.end()).then_some(at)
    }

    /// The bytes.
    pub(crate) const fn held(&self) -> &SearchBuffer {
        &self.held
    }

    /// What begins at `at`: continues with the chains that come there, and begins a new one.
    fn look(&mut self, at: u64, rules: Rules) {
        let bytes = self.held.from(at);
        let possible = bytes.first().is_some_and(|first| may_begin(*first, rules.rsv1));
        let header = FrameHeader::parse(bytes);
        if possible && header.is_none_or(|header| !is_enough(&header, bytes)) {
            self.undecided.push(at);
            return;
        }
        let arrived = self.chains.remove(&at).unwrap_or_default();
        for best in [&mut self.best.client, &mut self.best.server] {
            if best.is_some_and(|best| best.next == at) {
                *best = None;
            }
        }
        let (true, Some(header)) = (possible, header) else { return };
        let from = if header.mask.is_some() { Peer::Client } else { Peer::Server };
        if rules.from.is_some_and(|expected| expected != from) {
            return;
        }
        let is_segment = match &self.expected {
            None => self.held.is_segment(at),
            Some(places) => places.contains(&at) || self.is_behind_head(at),
        };
        // The more segments began with something else, the less likely is one that begins with a frame.
        let tried = 2 * self.segments.max(1).ilog2().cast_signed();
        let prior = match (is_segment, &self.expected) {
            (true, Some(_)) => -EXPECTED,
            (true, None) => tried.min(NOT_AT_SEGMENT),
            (false, _) => NOT_AT_SEGMENT,
        };
        let new = Chain {
            start: at,
            begins_segment: is_segment && self.expected.is_none(),
            next: at,
            fragmented: None,
            last: None,
            from,
            evidence: -prior,
            at_segment_end: 0,
            inside: self.payloads.iter().find(|(start, _)| *start == at).map(|(_, end)| *end),
            one_by_one: 0,
        };
        // Two NUL bytes would be a fragment of nothing. Payloads are full of them, and would lead to whatever follows.
        let is_nothing = from == Peer::Server && header.opcode == Opcode::Continuation && header.length == 0;
        let is_new = (is_segment || self.chains.len() < WAITING) && (header.fin || !is_nothing);
        let new = is_new.then_some(new);
        let inside_character = !is_segment && self.is_inside_character(at);
        let payload = self.held.from(at + header.size() as u64);
        let payload = payload.get(..LOOKED_AT.min(payload.len())).unwrap_or_default();
        let Some(evidence) = FrameWeight::of(&header, payload, rules.rsv1) else { return };
        if is_segment && self.expected.is_none() && header.form != LengthForm::Bits7 {
            self.hold_payload(at + header.size() as u64, header.length);
        }
        for chain in arrived.into_iter().filter(|chain| chain.from == from).chain(new) {
            if !may_follow(&header, chain.fragmented) {
                continue;
            }
            let fragmented = if header.opcode.is_control() { chain.fragmented } else { Some(!header.fin) };
            let known = header.opcode != Opcode::Continuation || chain.fragmented == Some(true);
            // In UTF-8 text, bytes as those that begin frames are parts of characters. And a few bytes before a frame
            // may by chance say that they are one that ends there: they shall not gain by that.
            let doubtful = inside_character && from == Peer::Server;
            let by_chance = chain.next == chain.start && !is_segment;
            let repeats = !is_segment && chain.last.is_some_and(|last| is_repetition(&last, &header));
            let head = if !known || doubtful || by_chance || repeats { 0 } else { evidence.head };
            let said = if !known || doubtful { 0 } else { evidence.said };
            let one_by_one = if is_segment { chain.one_by_one.saturating_add(1) } else { 0 };
            self.wait(Chain {
                next: at + header.size() as u64 + header.length,
                fragmented,
                last: Some(header),
                evidence: chain.evidence + head + said,
                at_segment_end: evidence.at_segment_end,
                inside: chain.inside.filter(|_| one_by_one < ONE_BY_ONE),
                one_by_one,
                ..chain
            });
        }
    }

    /// A segment begins with the header of what may be a frame with this payload.
    fn hold_payload(&mut self, start: u64, length: u64) {
        /// More of them at once are not frames.
        const MOST: usize = 16;
        self.payloads.retain(|(_, end)| *end >= start);
        if length <= KEPT as u64 && self.payloads.len() < MOST {
            self.payloads.push((start, start + length));
        }
    }

    /// Lets a chain wait for its next frame. Of two that agree in all that matters for it, the better one continues.
    fn wait(&mut self, chain: Chain) {
        let waiting = self.chains.entry(chain.next).or_default();
        let same = |other: &&mut Chain| {
            let is_apart = chain.holds(other) || other.holds(&chain);
            (other.from, other.fragmented) == (chain.from, chain.fragmented) && !is_apart
        };
        match waiting.iter_mut().find(same) {
            // What goes on in the payload of a frame is no beginning by itself.
            Some(other) if other.evidence > chain.evidence => return,
            Some(other) => *other = chain,
            None => waiting.push(chain),
        }
        if !chain.may_be_inside() {
            self.prefer(chain);
        }
    }

    /// Takes a chain for the best one, if no other has more evidence.
    fn prefer(&mut self, chain: Chain) {
        let best = self.best.of_mut(chain.from);
        if best.is_none_or(|best| best.evidence <= chain.evidence) {
            *best = Some(chain);
        }
    }

    /// Nothing follows: frames to the end that may be the payload of a frame are that of one that was never finished.
    pub(crate) fn end(&mut self) {
        let waiting = self.chains.values().flatten().filter(|chain| chain.may_be_inside());
        let Some(inner) = waiting.max_by_key(|chain| chain.evidence).copied() else { return };
        let holds_inner = |outer: &&Chain| {
            outer.begins_segment
                && outer.last.is_some_and(|header| outer.next.checked_sub(header.length) == Some(inner.start))
        };
        let outer = inner.inside.and_then(|end| self.chains.get(&end)?.iter().find(holds_inner).copied());
        match outer {
            Some(outer) => self.prefer(Chain { evidence: inner.evidence, ..outer }),
            None => self.prefer(Chain { inside: None, ..inner }),
        }
    }

    /// Whether an HTTP head ends there, as the answer of a server that does not know of the WebSocket.
    fn is_behind_head(&self, at: u64) -> bool {
        at.checked_sub(4).is_some_and(|start| self.held.from(start).starts_with(b"\r\n\r\n"))
    }

    /// Whether a character of UTF-8 text that begins before `at` goes on there.
    fn is_inside_character(&self, at: u64) -> bool {
        (1..4).any(|back| {
            let bytes = at.checked_sub(back).map_or(&[][..], |start| self.held.from(start));
            let width = match bytes.first() {
                Some(0xc2..=0xdf) => 2,
                Some(0xe0..=0xef) => 3,
                Some(0xf0..=0xf4) => 4,
                _ => return false,
            };
            width as u64 > back && bytes.get(..width).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok())
        })
    }
}

/// Whether a frame can begin with this byte: about one in twenty can.
pub(super) const fn may_begin(first: u8, rsv1: bool) -> bool {
    match first {
        0x00..=0x02 | 0x80..=0x82 | 0x88..=0x8a => true,
        0x41 | 0x42 | 0xc1 | 0xc2 => rsv1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bytes: &[u8], rules: Rules) -> Option<u64> {
        let mut search = BoundarySearch::default();
        search.push(Chunk::plain(bytes, Stamp::default(), 0), rules);
        let chain = Peer::BOTH.into_iter().filter_map(|peer| search.best(peer)).max_by_key(|c| c.evidence)?;
        if chain.evidence < ENOUGH_IN_SESSION { None } else { search.boundary(chain) }
    }

    const SERVER: Rules = Rules { from: Some(Peer::Server), rsv1: false };

    #[test]
    fn a_chain_of_frames_is_found_behind_rubbish() {
        let mut bytes = b"the tail of a lost frame".to_vec();
        let at = bytes.len() as u64;
        for text in ["hello there", "and once more", "and again"] {
            bytes.extend([0x81, u8::try_from(text.len()).unwrap()]);
            bytes.extend(text.bytes());
        }
        assert_eq!(find(&bytes, SERVER), Some(at));
        assert_eq!(find(&bytes, Rules { from: Some(Peer::Client), rsv1: false }), None);
    }

    #[test]
    fn text_of_other_protocols_is_no_chain() {
        let http = b"GET / HTTP/1.1\r\nHost: example.test\r\nUser-Agent: x\r\n\r\n".repeat(20);
        assert_eq!(find(&http, Rules { from: None, rsv1: true }), None);
    }
}
