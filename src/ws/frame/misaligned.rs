//! Lengths that are wrong by a few bytes, of one frame or of all: frames go on shortly before or behind the place that the
//! length points to.
//!
//! Such a place is weighed by what its bytes say, and by where packets begin. TCP may cut a stream anywhere, but it does so where a
//! sender's write begins unless bytes of an earlier one still wait, and senders write whole frames. So a packet that begins at one place,
//! where none begins at the other, is evidence of how the bytes were written, which the bytes alone do not have: a binary frame
//! whose length is one too small shows that by nothing else.
//!
//! Other borders can therefore lead to another reading, but not to any: they are asked for only where the frame before is broken or
//! what follows it breaks a rule, and they never decide alone. What a border is worth ([`BEGINS_PACKET`]) is less than what is needed
//! ([`ENOUGH`]): the bytes there have to look like frames, or earlier lengths have to be wrong by as much, nothing may contradict that,
//! and all of it has to be worth more than what speaks for the place that the length points to. A stream that is cut elsewhere loses
//! that evidence, and a wrong length is told as lost framing; a cut at a wrong place adds it only where a header seems to stand as well.

use super::FrameReader;
use super::state::{Coverage, DeclaredLengths, Further, InFlight, Lost, OFF_BY, Place, State};
use crate::model::{Chunk, End, Peer, Stamp};
use crate::ws::Out;
use crate::ws::event::{Event, FrameEnd, LostFraming, LostShape};
use crate::ws::header::FrameHeader;
use crate::ws::message::Integrity;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{SearchBuffer, evidence_if_miscounted};
use std::cmp::Reverse;

/// Evidence for frames at another place: more than one readable header gives, as after a wrong place three of four bytes of a
/// masked text are still right.
const ENOUGH: i32 = 22;
/// Evidence that is worth waiting for more.
const PROMISING: i32 = 12;
/// What speaks for a place where a packet begins, though the frame before ends, by its length, inside of one: senders write
/// whole frames.
const BEGINS_PACKET: i32 = 12;
/// What speaks for the place at which the text of the frame before stops being UTF-8. What a wrong key unmasks may be text for a
/// few bytes.
const TEXT_ENDS: i32 = 8;
const MASKED_TEXT_ENDS: i32 = 5;
/// What speaks for a length that is wrong by as much as another one of the same side, or as all of them.
const WRONG_BEFORE: i32 = 8;
const ALWAYS_WRONG: i32 = 17;
/// The most bytes behind a frame that are waited for to know where the next one begins.
const MOST_AWAITED: usize = 512;
/// A frame at another place has to be this much more likely than one that stands where it belongs.
const BETTER: i32 = 5;

/// A frame whose length is wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongLength {
    pub(super) frame: u64,
    pub(super) declared: u64,
    /// Bytes of its payload up to the place where the next frame was looked for.
    pub(super) came: u64,
    /// The packet that shows it.
    pub(super) stamp: Stamp,
}

/// Where frames go on, as far as the last bytes of the frame before and those behind it show.
#[derive(Clone, Copy, Debug)]
pub(super) enum Alignment {
    /// Nothing speaks for another place than the one where they belong.
    Unknown,
    /// Perhaps elsewhere; so many bytes behind the frame tell.
    Perhaps(usize),
    /// Elsewhere.
    At(Realigned),
}

/// A place in the last bytes of a frame and those behind them, taken together, at which the next frame begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Realigned {
    at: usize,
    lengths: DeclaredLengths,
}

/// Such a place that nothing contradicts.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    realigned: Realigned,
    /// What speaks for it, whether the lengths are known to be wrong so, and how near it is.
    rank: (i32, bool, Reverse<usize>),
    /// How many bytes behind the frame tell more.
    enough: Option<usize>,
}

/// What stands behind a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind<'b> {
    /// The number of the frame, and its length.
    ended: Option<(u64, u64)>,
    bytes: &'b [u8],
    /// The same bytes with the packets that they came in, where the first of them begins none.
    packets: Option<&'b SearchBuffer>,
    further: Further,
}

impl<'b> Behind<'b> {
    /// The bytes that `buffer` begins with, which stand at this place of what one packet brought.
    pub(super) fn new(bytes: &'b [u8], buffer: &'b SearchBuffer, place: Place, further: Further) -> Self {
        let packets = Some(buffer).filter(|_| place == Place::Behind);
        Self { ended: None, bytes, packets, further }
    }

    /// Bytes behind which the stream ends.
    const fn last(bytes: &'b [u8]) -> Self {
        Self { ended: None, bytes, packets: None, further: Further::Nothing }
    }
}

impl FrameReader {
    /// What the state between two frames is.
    pub(super) const fn between(&self) -> State {
        match self.lengths {
            DeclaredLengths::Right => State::Between,
            DeclaredLengths::WrongOnce(_) | DeclaredLengths::Wrong(_) => State::Doubtful,
        }
    }

    /// Whether a header is looked at more closely, however it looks: the frame before seems to end elsewhere.
    pub(super) fn doubts_place(&self) -> bool {
        self.lengths != DeclaredLengths::Right
            || self.before.is_some_and(|before| before.content == Integrity::Broken)
    }

    /// What is wrong with the content of a frame may be that it ends elsewhere: the next one is looked at twice.
    #[cold]
    pub(super) fn doubt_end(&mut self) {
        if let State::Between = self.state {
            self.state = State::Doubtful;
        }
    }

    /// The same as [`misaligned`](Self::misaligned), now that more is known of what follows.
    pub(super) fn misaligned_behind(
        &self,
        lost: &Lost,
        new: usize,
        shared: &BothReaders,
    ) -> Option<Realigned> {
        /// Bytes behind the place that are looked at: a few small frames.
        const NEAR: usize = 1024;
        let LostFraming { frame, declared, shape, doubtful, .. } = lost.told;
        let held = lost.search.held();
        if shape != LostShape::Unknown || frame == 0 || doubtful || held.len() > NEAR.saturating_add(new) {
            return None;
        }
        let bytes = held.bytes().get(..NEAR).unwrap_or(held.bytes());
        let behind = Behind {
            ended: Some((frame, declared)),
            ..Behind::new(bytes, held, lost.place, Further::MayCome)
        };
        self.realigned(behind, shared)
    }

    /// The length of the frame before, of which the packet at `stamp` shows that it is wrong.
    pub(super) fn length_before(&self, stamp: Stamp) -> Option<WrongLength> {
        self.before.map(|before| WrongLength {
            frame: before.number,
            declared: before.length,
            came: before.length,
            stamp,
        })
    }

    /// Where frames go on if the frame before declared a few bytes too many or too few.
    pub(super) fn misaligned(&self, behind: Behind<'_>, shared: &BothReaders) -> Option<Realigned> {
        match self.alignment(behind, shared) {
            Alignment::At(realigned) => Some(realigned),
            Alignment::Unknown | Alignment::Perhaps(_) => None,
        }
    }

    /// The same, or how many bytes are needed to know it.
    pub(super) fn alignment(&self, behind: Behind<'_>, shared: &BothReaders) -> Alignment {
        match self.before.filter(|before| before.came == Coverage::Whole) {
            Some(before) => {
                self.align(Behind { ended: Some((before.number, before.length)), ..behind }, shared)
            }
            None => Alignment::Unknown,
        }
    }

    fn realigned(&self, behind: Behind<'_>, shared: &BothReaders) -> Option<Realigned> {
        match self.align(behind, shared) {
            Alignment::At(realigned) => Some(realigned),
            Alignment::Unknown | Alignment::Perhaps(_) => None,
        }
    }

    /// A place in the last bytes of the frame before and those `behind` together at which frames begin, but for the one between
    /// them.
    fn align(&self, behind: Behind<'_>, shared: &BothReaders) -> Alignment {
        let (tail, rules) = (self.tail.as_bytes(), self.rules(shared));
        let (bytes, here) = ([tail, behind.bytes].concat(), tail.len());
        if let Some(alignment) = self.align_as_before(&bytes, here, behind) {
            return alignment;
        }
        let there = FrameHeader::parse(behind.bytes);
        let end_there = there.and_then(|header| end_of(&header, here, 0));
        let candidate = |at: usize| {
            let (rest, by) = (bytes.get(at..)?, too_large(here, at)?);
            let header = FrameHeader::parse(rest)?;
            // What would be a frame where one belongs ends there as well.
            let begins_packet = end_there != Some(at) && self.begins_packet(at, here, behind.packets);
            let told = self.end_tells(by, behind.ended)? + if begins_packet { BEGINS_PACKET } else { 0 };
            let weigh = |lengths, each: i8| {
                let evidence = told + evidence_if_miscounted(rest, each, rules)?;
                let is_known = lengths == self.lengths;
                let rank = (evidence, is_known, Reverse(at.abs_diff(here)));
                // The first two bytes of the next one tell whether it ends there.
                let enough = end_of(&header, at, each).and_then(|end| (end + 2).checked_sub(here));
                Some(Candidate { realigned: Realigned { at, lengths }, rank, enough })
            };
            let weighed = [weigh(DeclaredLengths::Wrong(by), by), weigh(DeclaredLengths::WrongOnce(by), 0)];
            weighed.into_iter().flatten().max_by_key(|candidate| candidate.rank)
        };
        let places = (0..=here + OFF_BY).filter(|at| *at != here);
        let best = places.filter_map(candidate).max_by_key(|candidate| candidate.rank);
        let is_usual = there.is_some_and(|header| !self.is_strange(&header, shared));
        let is_cut_there = behind.packets.is_some()
            && behind.further == Further::MayCome
            && behind.bytes.len() <= OFF_BY
            && end_there.is_none_or(|end| end > bytes.len());
        if is_usual && is_cut_there && best.is_none_or(|best| best.rank.0 < ENOUGH) {
            // Senders write whole frames: the next packet tells whether one begins with it, and the frame that may stand here is not
            // waited for beyond its end.
            let whole = end_there.map_or(usize::MAX, |end| end - here);
            return Alignment::Perhaps(whole.min(behind.bytes.len() + FrameHeader::MAX_SIZE));
        }
        let least = evidence_if_miscounted(behind.bytes, 0, rules).filter(|_| is_usual);
        match best {
            Some(Candidate { rank: (evidence, ..), .. })
                if least.is_some_and(|least| evidence <= least + BETTER) =>
            {
                Alignment::Unknown
            }
            Some(Candidate { rank: (ENOUGH.., ..), realigned, .. }) => Alignment::At(realigned),
            // What a packet begins with is a frame as a rule, with a fault of its own.
            Some(Candidate { rank: (PROMISING.., ..), enough: Some(enough), .. })
                if behind.packets.is_some() && (behind.bytes.len() + 1..=MOST_AWAITED).contains(&enough) =>
            {
                Alignment::Perhaps(enough)
            }
            Some(_) | None => Alignment::Unknown,
        }
    }

    /// Where too few `bytes` are to read a header that stands where the latest wrong length tells: what is known all the same.
    fn align_as_before(&self, bytes: &[u8], here: usize, behind: Behind<'_>) -> Option<Alignment> {
        let by = self.lengths.is_wrong_by()?;
        let at = here.checked_add_signed(-isize::from(by))?;
        let rest = bytes.get(at..).unwrap_or_default();
        if FrameHeader::parse(rest).is_some() {
            return None;
        }
        match behind.further {
            Further::Nothing if at == bytes.len() => {
                Some(Alignment::At(Realigned { at, lengths: self.lengths }))
            }
            Further::Nothing => None,
            Further::IsHere | Further::MayCome => {
                Some(Alignment::Perhaps(behind.bytes.len() + FrameHeader::MAX_SIZE))
            }
        }
    }

    /// Whether a packet begins at this place, though none does `here`.
    fn begins_packet(&self, at: usize, here: usize, packets: Option<&SearchBuffer>) -> bool {
        packets.is_some_and(|packets| match at.checked_sub(here) {
            Some(behind) => packets.begins_packet(behind as u64),
            None => usize::from(self.tail.latest) == here - at,
        })
    }

    /// What else speaks for a length that is too large by this much; `None` if something contradicts it.
    fn end_tells(&self, by: i8, ended: Option<(u64, u64)>) -> Option<i32> {
        let known = match self.lengths {
            DeclaredLengths::Wrong(known) if known == by => ALWAYS_WRONG,
            DeclaredLengths::WrongOnce(known) if known == by => WRONG_BEFORE,
            DeclaredLengths::Right | DeclaredLengths::WrongOnce(_) | DeclaredLengths::Wrong(_) => 0,
        };
        let intruder = self.intruder.as_deref();
        let broken = ended.and_then(|(number, length)| {
            intruder.filter(|intruder| intruder.frame == number).map(|intruder| (intruder.broken_at, length))
        });
        let (Some((broken_at, length)), true) = (broken, by > 0) else { return Some(known) };
        let end = length.checked_add_signed(-i64::from(by))?;
        let text_ends = match self.from {
            _ if broken_at < end => return None,
            Peer::Client => MASKED_TEXT_ENDS,
            Peer::Server if broken_at == end => TEXT_ENDS,
            Peer::Server => 0,
        };
        Some(known + text_ends)
    }

    /// Goes on at another place than the frame before declared.
    pub(super) fn realign(
        &mut self,
        realigned: Realigned,
        buffer: &SearchBuffer,
        wrong: WrongLength,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let Realigned { at, lengths } = realigned;
        self.tell_wrong_length(at, wrong, out);
        self.lengths = match (self.lengths, lengths) {
            // What is wrong by the same again is wrong always.
            (DeclaredLengths::WrongOnce(before), DeclaredLengths::WrongOnce(by)) if before == by => {
                DeclaredLengths::Wrong(by)
            }
            (_, lengths) => lengths,
        };
        self.read_again(at, buffer, wrong.stamp, shared, out);
    }

    /// Frames continue `at` this place of the last bytes and those behind them.
    fn tell_wrong_length(&self, at: usize, wrong: WrongLength, out: &mut Out<'_>) {
        let WrongLength { frame, declared, came, stamp } = wrong;
        let actual = (came + at as u64).saturating_sub(self.tail.as_bytes().len() as u64);
        out(Event::Misaligned { from: self.from, frame, declared, actual, stamp });
    }

    /// Reads on `at` this place of the last bytes and those behind them, which are in `buffer`.
    fn read_again(
        &mut self,
        at: usize,
        buffer: &SearchBuffer,
        stamp: Stamp,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let tail = std::mem::take(&mut self.tail);
        let tail = tail.as_bytes();
        self.before = None;
        self.state = self.between();
        if let Some(bytes) = tail.get(at..).filter(|bytes| !bytes.is_empty()) {
            self.push(&mut Chunk { bytes, stamp, extent: self.latest_extent() }, shared, out);
        }
        for mut chunk in buffer.chunks_from(at.saturating_sub(tail.len()) as u64) {
            self.push(&mut chunk, shared, out);
        }
    }

    /// The stream ends. The last frame's length may be a few bytes too large: then the frames behind it, most often a
    /// Close, were taken for the end of its payload.
    pub(super) fn end_misaligned(&mut self, end: End, shared: &mut BothReaders, out: &mut Out<'_>) {
        match &self.state {
            State::Header(half) => {
                if let Some(wrong) = self.length_before(half.first)
                    && let Some(realigned) = self.misaligned(Behind::last(&half.bytes), shared)
                {
                    let mut buffer = SearchBuffer::default();
                    buffer.push(Chunk { bytes: &half.bytes, stamp: half.first, extent: half.extent });
                    shared.give_back(half.number);
                    self.realign(realigned, &buffer, wrong, shared, out);
                }
            }
            State::Between | State::Doubtful => {
                // That its text is not UTF-8 is what speaks against its length.
                let intruder = self.intruder.as_deref().map(|intruder| (intruder.frame, intruder.stamp));
                if let Some(before) = self.before.filter(|before| before.content == Integrity::Broken)
                    && let Some((_, stamp)) = intruder.filter(|(frame, _)| *frame == before.number)
                    && let Some(realigned) = self.misaligned(Behind::last(&[]), shared)
                {
                    let (declared, came) = (before.length, before.length);
                    let wrong = WrongLength { frame: before.number, declared, came, stamp };
                    self.realign(realigned, &SearchBuffer::default(), wrong, shared, out);
                }
            }
            State::Payload(in_flight) if end.cause.is_captured() => {
                let InFlight { frame, .. } = **in_flight;
                let is_near = frame.lost == 0 && frame.left() <= OFF_BY as u64;
                if !frame.header.opcode.is_data() || !is_near {
                    return;
                }
                let is_whole =
                    self.lengths.is_wrong_by().is_some_and(|by| u64::try_from(by) == Ok(frame.left()));
                let at = if is_whole {
                    Some(self.tail.as_bytes().len())
                } else {
                    self.realigned(Behind::last(&[]), shared).map(|realigned| realigned.at)
                };
                if let Some(at) = at {
                    let (declared, came, stamp) = (frame.header.length, frame.received, frame.last);
                    let wrong = WrongLength { frame: frame.number, declared, came, stamp };
                    self.tell_wrong_length(at, wrong, out);
                    out(Event::Frame(&self.so_far(in_flight, FrameEnd::Cut(end.cause))));
                    self.message.lose_sync();
                    self.read_again(at, &SearchBuffer::default(), stamp, shared, out);
                }
            }
            State::Payload(_)
            | State::Strange(_)
            | State::Searching { .. }
            | State::Lost(_)
            | State::Foreign
            | State::Ended => {}
        }
    }
}

/// By how much a length is too large if frames go on `at` a place, and not `here`.
fn too_large(here: usize, at: usize) -> Option<i8> {
    i8::try_from(here.cast_signed() - at.cast_signed()).ok()
}

/// Where a frame ends that begins at this place, if its length is too large by this much.
fn end_of(header: &FrameHeader, at: usize, by: i8) -> Option<usize> {
    let length = header.length.checked_add_signed(-i64::from(by))?;
    at.checked_add(header.size())?.checked_add(usize::try_from(length).ok()?)
}
