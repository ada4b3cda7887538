//! A length that is wrong by a few bytes: frames go on shortly before or behind the place that it points to.

use super::FrameReader;
use super::state::{Coverage, InFlight, Lost, OFF_BY, State};
use crate::model::{Chunk, End, Extent, Stamp};
use crate::ws::Out;
use crate::ws::event::{Event, FrameEnd, LostFraming, LostShape};
use crate::ws::message::Integrity;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{SearchBuffer, evidence};

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

impl FrameReader {
    /// The same as [`misaligned`](Self::misaligned), now that more is known of what follows.
    pub(super) fn misaligned_behind(&self, lost: &Lost, shared: &BothReaders) -> Option<usize> {
        /// Bytes behind the place that are looked at: two small frames.
        const NEAR: usize = 256;
        let LostFraming { frame, shape, doubtful, .. } = lost.told;
        let held = lost.search.held();
        if shape != LostShape::Unknown || frame == 0 || doubtful || held.len() > NEAR {
            return None;
        }
        self.realigned(held.bytes(), shared)
    }

    /// Where frames go on if the frame before declared a few bytes too many or too few: a place in its last bytes and
    /// `bytes` together.
    pub(super) fn misaligned(&self, bytes: &[u8], shared: &BothReaders) -> Option<usize> {
        self.before.filter(|before| before.came == Coverage::Whole)?;
        self.realigned(bytes, shared)
    }

    /// A place in the last bytes of the frame before and `bytes` together at which frames begin, but for the one between them.
    fn realigned(&self, bytes: &[u8], shared: &BothReaders) -> Option<usize> {
        /// More than one readable header gives: after a wrong place, three of four bytes of a masked text are still
        /// right.
        const EVIDENCE: i32 = 22;
        let bytes = [self.tail.as_bytes(), bytes].concat();
        let here = self.tail.as_bytes().len();
        let places = (0..=here + OFF_BY).filter(|at| *at != here);
        let evidence =
            |at: usize| evidence(bytes.get(at..)?, self.rules(shared)).filter(|bits| *bits >= EVIDENCE);
        let found = places.filter_map(|at| Some((evidence(at)?, std::cmp::Reverse(at.abs_diff(here)), at)));
        found.max().map(|(_, _, at)| at)
    }

    /// Goes on at another place than the frame before declared.
    pub(super) fn realign(
        &mut self,
        at: usize,
        buffer: &SearchBuffer,
        wrong: WrongLength,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        self.tell_wrong_length(at, wrong, out);
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
        self.state = State::Between;
        if let Some(bytes) = tail.get(at..).filter(|bytes| !bytes.is_empty()) {
            // What carried them is known by its end only.
            let extent = Extent::new(self.extent_end, 0);
            self.push(&mut Chunk { bytes, stamp, extent }, shared, out);
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
                if let Some(before) = self.before
                    && let Some(at) = self.misaligned(&half.bytes, shared)
                {
                    let mut buffer = SearchBuffer::default();
                    buffer.push(Chunk { bytes: &half.bytes, stamp: half.first, extent: half.extent });
                    shared.give_back(half.number);
                    let wrong = WrongLength {
                        frame: before.number,
                        declared: before.length,
                        came: before.length,
                        stamp: half.first,
                    };
                    self.realign(at, &buffer, wrong, shared, out);
                }
            }
            State::Between => {
                // That its text is not UTF-8 is what speaks against its length.
                let intruder = self.intruder.as_deref().map(|intruder| (intruder.frame, intruder.stamp));
                if let Some(before) = self.before.filter(|before| before.content == Integrity::Broken)
                    && let Some((_, stamp)) = intruder.filter(|(frame, _)| *frame == before.number)
                    && let Some(at) = self.misaligned(&[], shared)
                {
                    let (declared, came) = (before.length, before.length);
                    let wrong = WrongLength { frame: before.number, declared, came, stamp };
                    self.realign(at, &SearchBuffer::default(), wrong, shared, out);
                }
            }
            State::Payload(in_flight) if end.cause.is_captured() => {
                let InFlight { frame, .. } = **in_flight;
                let is_near = frame.lost == 0 && frame.left() <= OFF_BY as u64;
                if frame.header.opcode.is_data()
                    && is_near
                    && let Some(at) = self.realigned(&[], shared)
                {
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
