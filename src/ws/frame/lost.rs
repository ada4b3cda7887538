//! What stands where a frame belongs and looks like none: another frame, something else, or the framing is lost.

use super::keyless::KEY;
use super::misaligned::{Alignment, Behind, WrongLength};
use super::state::{DeclaredLengths, Place, Question};
use super::strays::Padding;
use super::{Coverage, FrameReader, Further, InFlight, Lost, OFF_BY, State};
use crate::model::{Chunk, End, Peer, Stamp};
use crate::ws::Out;
use crate::ws::event::{Event, Frame, LostFraming, LostShape};
use crate::ws::header::{FrameHeader, LengthForm};
use crate::ws::intruder::{Intruder, IntrudingFrame};
use crate::ws::looks::looks_like;
use crate::ws::message::Integrity;
use crate::ws::opcode::Opcode;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{BoundarySearch, ENOUGH_IN_SESSION, SearchBuffer, evidence};

impl FrameReader {
    /// Decides what the bytes after a strange header are, as soon as that is known; at the end, or at a gap, from
    /// what there is.
    pub(super) fn settle_strange(&mut self, further: Further, shared: &mut BothReaders, out: &mut Out<'_>) {
        let State::Strange(strange) = &mut self.state else { return };
        if further != Further::Nothing && strange.buffer.len() < strange.enough {
            return;
        }
        if strange.question == Question::Followers {
            return self.settle_followed(further, shared, out);
        }
        let (buffer, number, place) = (std::mem::take(&mut strange.buffer), strange.number, strange.place);
        let bytes = buffer.bytes().get(..buffer.len().min(strange.enough)).unwrap_or_default();
        let first = buffer.chunks_from(0).next().map(|chunk| chunk.stamp).unwrap_or_default();
        if self.is_leftover(bytes, shared) && (further == Further::Nothing || bytes.len() > KEY) {
            shared.give_back(number);
            self.state = self.between();
            self.skip_leftover(&buffer, first, shared, out);
            return;
        }
        let more = FrameHeader::parse(bytes).map_or(0, |header| self.enough(&header, shared));
        if further != Further::Nothing
            && self.enough_for_leftover(bytes, shared).is_some()
            && more > bytes.len()
        {
            self.state = State::strange(buffer, number, more, place);
            return;
        }
        if let Some(header) = FrameHeader::parse(bytes)
            && self.forgets_bit
            && let Some(key) = self.key_without_bit(&header, bytes)
        {
            self.begin_with_key(header, key, number, &buffer, shared, out);
            return;
        }
        if further != Further::Nothing
            && let Some(enough) = self.enough_for_line_ends(bytes)
        {
            self.state = State::strange(buffer, number, enough, place);
            return;
        }
        let padding = match self.padding(bytes, shared) {
            Padding::None => None,
            Padding::Perhaps(enough) if further != Further::Nothing => {
                self.state = State::strange(buffer, number, enough, place);
                return;
            }
            Padding::Perhaps(_) if bytes.iter().any(|byte| *byte != 0) => None,
            Padding::Perhaps(_) => Some(bytes.len()),
            Padding::Bytes(count) => Some(count),
        };
        let padding = padding.map(|count| self.strays(LostShape::Padding, bytes, first, count));
        if let Some(told) = padding.or_else(|| self.line_ends(bytes, first, shared)) {
            shared.give_back(number);
            out(Event::LostFraming(&told));
            self.state = self.between();
            for mut chunk in buffer.chunks_from(told.resumed.unwrap_or_default()) {
                self.push(&mut chunk, shared, out);
            }
            return;
        }
        let behind = Behind::new(bytes, &buffer, place, further);
        if further != Further::Nothing
            && let Alignment::Perhaps(enough) = self.alignment(behind, shared)
        {
            self.state = State::strange(buffer, number, enough, place);
            return;
        }
        if let Some(lost) = self.lost_framing(behind, bytes, first, place, shared) {
            shared.give_back(number);
            self.lose_place();
            let held = buffer.chunks_from(0);
            self.state = State::Lost(lost);
            held.for_each(|mut chunk| self.push(&mut chunk, shared, out));
            return;
        }
        // A length that is wrong by a few bytes leaves the reader anywhere in the next frame, as in its JSON.
        if let Some(wrong) = self.length_before(first)
            && let Some(realigned) = self.misaligned(behind, shared)
        {
            shared.give_back(number);
            self.realign(realigned, &buffer, wrong, shared, out);
            return;
        }
        if let Some(looks_like) = looks_like(bytes) {
            out(Event::Foreign { from: self.from, looks_like, preview: bytes, stamp: first, frame: number });
            self.lose_place();
            self.state = if looks_like.may_end() {
                State::Searching { search: Box::new(BoundarySearch::expecting(Vec::new())), after_gap: false }
            } else {
                State::Foreign
            };
            buffer.chunks_from(0).for_each(|mut chunk| self.push(&mut chunk, shared, out));
            return;
        }
        let Some(header) = FrameHeader::parse(bytes) else { return };
        match self.key_without_bit(&header, bytes) {
            Some(key) => self.begin_with_key(header, key, number, &buffer, shared, out),
            None if place == Place::Behind && self.may_be_misplaced(&header, shared) => {
                self.state = State::followed(buffer, number);
                self.settle_followed(further, shared, out);
            }
            None => self.begin_held(header, number, &buffer, shared, out),
        }
    }

    /// Begins a frame whose mask bit is missing, and whose key is there.
    fn begin_with_key(
        &mut self,
        mut header: FrameHeader,
        key: [u8; 4],
        number: u64,
        buffer: &SearchBuffer,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let first = buffer.chunks_from(0).next().map(|chunk| chunk.stamp).unwrap_or_default();
        header.mask = Some(key);
        self.forgets_bit = true;
        let told = LostFraming {
            frame: number,
            declared: header.length,
            ..self.strays(
                LostShape::KeyWithoutBit,
                buffer.bytes().get(..64).unwrap_or(buffer.bytes()),
                first,
                0,
            )
        };
        out(Event::LostFraming(&told));
        self.begin_held(header, number, buffer, shared, out);
    }

    /// Begins a frame whose header is held.
    pub(super) fn begin_held(
        &mut self,
        header: FrameHeader,
        number: u64,
        buffer: &SearchBuffer,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let first = buffer.chunks_from(0).next().map(|chunk| chunk.stamp).unwrap_or_default();
        if self.before.is_some() {
            // It stands where the length of the one before says.
            self.lengths = DeclaredLengths::Right;
        }
        self.state = self.between();
        if let Some(extent) = buffer.extent_of(header.size()) {
            self.came_in(extent);
        }
        let mut nothing = Chunk { bytes: &[], stamp: first, extent: self.latest_extent() };
        self.begin(header, number, first, &mut nothing, shared, out);
        if self.from == Peer::Client && header.mask.is_none() {
            // Its content is not judged before it is known whether a key stands in front of it.
            self.message.doubt_framing();
        }
        for mut chunk in buffer.chunks_from(header.size() as u64) {
            self.push(&mut chunk, shared, out);
        }
    }

    /// Whether the `bytes` that stand where a frame belongs show that the framing is lost, and not that one frame has a
    /// fault.
    fn lost_framing(
        &self,
        behind: Behind<'_>,
        bytes: &[u8],
        stamp: Stamp,
        place: Place,
        shared: &BothReaders,
    ) -> Option<Box<Lost>> {
        let (number, length) = self.before.map_or((0, 0), |before| (before.number, before.length));
        let lost = |shape, stamp, expected, intruder| {
            let (from, preview) = (self.from, bytes.to_vec());
            let doubtful = self.before.is_some_and(|before| before.came == Coverage::InPart);
            let told = LostFraming {
                from,
                frame: number,
                declared: length,
                shape,
                preview,
                stamp,
                resumed: None,
                doubtful,
            };
            Some(Box::new(Lost { told, search: BoundarySearch::expecting(expected), intruder, place }))
        };
        if self.before.is_none() && !self.is_first {
            // The capture misses what came before.
            return None;
        }
        let header = FrameHeader::parse(bytes)?;
        let whole = self.before.filter(|before| before.came == Coverage::Whole);
        if let Some(inside) = whole.and_then(|before| self.frames_inside(before.number, bytes, shared)) {
            return lost(inside.shape(), inside.stamp, vec![inside.over], None);
        }
        let intruder = self.intruder_before(&header, shared);
        if intruder.is_none_or(|(_, found)| length - found.at <= OFF_BY as u64)
            && (looks_like(bytes).is_some() || self.misaligned(behind, shared).is_some())
        {
            return None;
        }
        if let Some((stamp, found)) = intruder {
            // Either the rest of the payload or more frames follow it.
            let expected = [Some(found.size), (found.at + found.size).checked_sub(length)];
            let shape = LostShape::Inside { at: found.at, or_before: false };
            return lost(
                shape,
                stamp,
                expected.into_iter().flatten().collect(),
                Some((found.size, found.at)),
            );
        }
        // Text has letters where a header has its bits and its length.
        let is_text = header.rsv != 0 && bytes.iter().take(2).all(|byte| matches!(byte, b' '..=b'~'));
        let is_invalid = !header.is_minimal() || header.is_length_invalid();
        let is_control = matches!(header.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong);
        let is_cut = is_control && (!header.fin || header.length > 125);
        let more = u32::from(is_text) + u32::from(is_invalid) + u32::from(is_cut);
        let new = self.new_faults(&header, shared);
        let broken = self.before.is_some_and(|before| before.content == Integrity::Broken);
        let is_lost = new != 0 && (broken || new.count_ones() + more > 1);
        if is_lost { lost(LostShape::Unknown, stamp, Vec::new(), None) } else { None }
    }

    /// The `bytes` that stand where a frame belongs are none, as what follows them shows.
    pub(super) fn misplaced(&self, bytes: &[u8], stamp: Stamp) -> Box<Lost> {
        const SHOWN: usize = 64;
        let told = LostFraming {
            resumed: None,
            ..self.strays(LostShape::Unknown, bytes.get(..SHOWN).unwrap_or(bytes), stamp, 0)
        };
        Box::new(Lost {
            told,
            search: BoundarySearch::expecting(Vec::new()),
            intruder: None,
            place: Place::Behind,
        })
    }

    /// What is strange about a header and was not about the one before: who always makes the same mistake sends frames
    /// all the same.
    pub(super) fn new_faults(&self, header: &FrameHeader, shared: &BothReaders) -> u8 {
        self.faults(header, shared) & !self.before.map_or(0, |before| before.faults)
    }

    /// Another frame in the payload of the one before, if this strange header can be its consequence: the packet where
    /// it begins, and where that is.
    pub(super) fn intruder_before(
        &self,
        header: &FrameHeader,
        shared: &BothReaders,
    ) -> Option<(Stamp, IntrudingFrame)> {
        let before = self.before?;
        let intruder = self.intruder.as_ref().filter(|intruder| intruder.frame == before.number)?;
        let found = intruder.find(self.rules(shared)).filter(|found| found.at < before.length)?;
        (self.new_faults(header, shared) != 0).then_some((intruder.stamp, found))
    }

    /// A text is over that is not UTF-8. If another frame stands in it, its end is not where its length says.
    #[cold]
    pub(super) fn suspect_framing(&mut self, frame: &Frame<'_>, shared: &BothReaders) {
        let rules = self.rules(shared);
        let Some(intruder) = self.intruder.as_deref().filter(|intruder| intruder.frame == frame.number)
        else {
            return;
        };
        if !intruder.is_possible(rules) {
            return;
        }
        self.message.doubt_framing();
        if let Some(found) = intruder.find(rules).filter(IntrudingFrame::is_within) {
            let declared = frame.header.length;
            let expected = [Some(found.size), (found.at + found.size).checked_sub(declared)];
            let told = LostFraming {
                from: self.from,
                frame: frame.number,
                declared,
                shape: LostShape::Inside { at: found.at, or_before: false },
                preview: intruder.preview(found.at),
                stamp: intruder.stamp,
                resumed: None,
                doubtful: frame.lost > 0,
            };
            let search = BoundarySearch::expecting(expected.into_iter().flatten().collect());
            let intruder = Some((found.size, found.at));
            self.state = State::Lost(Box::new(Lost { told, search, intruder, place: Place::First }));
        }
    }

    /// Looks for the next frame after a place where none stands.
    pub(super) fn look_behind_loss(
        &mut self,
        mut lost: Box<Lost>,
        chunk: Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        let new = chunk.bytes.len();
        lost.search.push(chunk, self.rules(shared));
        if let Some(realigned) = self.misaligned_behind(&lost, new, shared) {
            let LostFraming { frame, declared, stamp, .. } = lost.told;
            let wrong = WrongLength { frame, declared, came: declared, stamp };
            self.realign(realigned, lost.search.held(), wrong, shared, out);
            return;
        }
        let believed = lost.search.best(self.from).filter(|chain| chain.evidence >= ENOUGH_IN_SESSION);
        let Some(at) = believed.and_then(|chain| lost.search.boundary(chain)) else {
            if lost.search.held().is_whole() {
                self.state = State::Lost(lost);
            } else {
                // So much of it is not a frame that nothing more is needed to say so.
                self.lose_place();
                lost.look();
                out(Event::LostFraming(&lost.told));
                self.state = State::Searching { search: Box::new(lost.search), after_gap: false };
            }
            return;
        };
        // Where a frame belongs there is one: nothing but the suspicion spoke for another frame in the one before.
        if at > 0 || lost.intruder.is_none() {
            self.lose_place();
            lost.resume(at);
            out(Event::LostFraming(&lost.told));
        }
        for mut chunk in lost.search.held().chunks_from(at) {
            self.push(&mut chunk, shared, out);
        }
    }

    /// What came before the next bytes says nothing about them.
    pub(super) fn lose_place(&mut self) {
        self.message.lose_sync();
        self.before = None;
    }

    /// No more will come of what follows a frame in which another one was suspected. If it is nothing, or frames, that was
    /// wrong.
    pub(super) fn settle_suspicion(&mut self, shared: &mut BothReaders, out: &mut Out<'_>) {
        let State::Lost(lost) = &self.state else { return };
        let held = lost.search.held();
        let is_wrong = lost.intruder.is_some()
            && held.is_whole()
            && evidence(held.bytes(), self.rules(shared))
                .is_some_and(|bits| bits > 0 || held.bytes().is_empty());
        if is_wrong && let State::Lost(lost) = std::mem::replace(&mut self.state, State::Between) {
            for mut chunk in lost.search.held().chunks_from(0) {
                self.push(&mut chunk, shared, out);
            }
        }
    }

    /// A frame does not arrive whole, and whole frames stand in what came of it.
    pub(super) fn torn(&self, in_flight: &InFlight, end: End, shared: &BothReaders) -> Option<LostFraming> {
        let InFlight { frame, wire, .. } = in_flight;
        let rules = self.rules(shared);
        let suspected = self.intruder.as_deref().filter(|intruder| intruder.frame == frame.number);
        let found = suspected.and_then(|intruder| intruder.find(rules));
        // It is all that came behind 126 bytes, two of which were taken for a length in two bytes.
        let left_out = |found: &IntrudingFrame| {
            matches!(frame.header.form, LengthForm::Bits16)
                && (found.at, found.at + found.size) == (124, frame.received)
        };
        let is_doubtful = found.is_some_and(|found| !found.is_certain());
        let found = found.filter(|found| found.is_certain() || left_out(found));
        // A length that is invalid has been told.
        let is_valid = frame.header.is_minimal() && !frame.header.is_length_invalid();
        let told = |shape, preview, stamp| LostFraming {
            from: self.from,
            frame: frame.number,
            declared: frame.header.length,
            shape,
            preview,
            stamp,
            resumed: None,
            doubtful: frame.lost > 0 || found.is_some() && is_doubtful,
        };
        let beginning = |at| LostShape::Inside { at, or_before: false };
        if let Some((intruder, found)) = suspected.zip(found) {
            return Some(told(beginning(found.at), intruder.preview(found.at), intruder.stamp));
        }
        if !is_valid {
            return None;
        }
        let later = self.frames_inside(frame.number, &[], shared).filter(|_| frame.lost == 0);
        let shape_at_end = later.as_ref().and_then(|inside| inside.shape_in_cut(end));
        // What is text shows by itself where it is none.
        let is_broken_text = self.message.is_invalid();
        if let Some((intruder, found)) = Intruder::at_start(frame.number, wire, frame.first, rules)
            .filter(|_| is_broken_text || shape_at_end.is_some())
        {
            let shape = match shape_at_end {
                Some(LostShape::InCut { .. }) if !is_broken_text => {
                    LostShape::InCut { at: found.at, or_before: false }
                }
                _ => beginning(found.at),
            };
            return Some(told(shape, intruder.preview(found.at), intruder.stamp));
        }
        later.zip(shape_at_end).map(|(inside, shape)| told(shape, inside.preview, inside.stamp))
    }
}

impl Lost {
    /// Takes what is shown of the bytes that are no frame from all that came.
    pub(super) fn look(&mut self) {
        const SHOWN: usize = 64;
        if self.told.shape == LostShape::Unknown {
            let stray = self.told.resumed.and_then(|stray| usize::try_from(stray).ok()).unwrap_or(SHOWN);
            let held = self.search.held().bytes();
            self.told.preview = held.get(..stray.min(SHOWN).min(held.len())).unwrap_or_default().to_vec();
        }
    }

    /// Frames continue this many bytes after the place where one should begin.
    pub(super) fn resume(&mut self, at: u64) {
        self.told.resumed = Some(at);
        self.look();
        if let Some((size, before)) = self.intruder
            && at == size
            && before < self.told.declared
        {
            self.told.shape = LostShape::Interleaved { at: before };
        }
    }
}
