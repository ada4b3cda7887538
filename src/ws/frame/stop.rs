//! Where a stream stops: a gap, behind which the next frame is looked for, and its end.

use super::FrameReader;
use super::state::{Further, State};
use crate::model::{Chunk, End, Gap, Missing};
use crate::ws::Out;
use crate::ws::event::{Event, FrameEnd};
use crate::ws::negotiated::Start;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{BoundarySearch, ENOUGH_IN_SESSION, SearchBuffer};

impl FrameReader {
    /// The capture misses bytes here.
    pub(in crate::ws) fn gap(&mut self, gap: Gap, shared: &mut BothReaders, out: &mut Out<'_>) {
        let from = self.from;
        self.settle_suspicion(shared, out);
        self.settle_all_strange(shared, out);
        self.came_in(gap.extent);
        let state = std::mem::replace(&mut self.state, State::Between);
        let sync_lost = !matches!(state, State::Foreign | State::Ended);
        match state {
            State::Payload(mut in_flight) => {
                let frame = &mut in_flight.frame;
                let left = frame.left();
                let (inside, is_inside) = match gap.missing {
                    Missing::Bytes(missing) => (missing.min(left), missing <= left),
                    // Where the frame ends cannot be counted any more: the rest of it counts as lost.
                    Missing::Unknown => (left, false),
                };
                frame.lost += inside;
                in_flight.cause = gap.cause;
                if frame.header.opcode.is_data() && inside > 0 {
                    self.message.lose(inside);
                }
                if is_inside {
                    out(Event::Gap { from, gap, sync_lost: false });
                }
                if !self.finish_if_whole(&in_flight, shared, out) {
                    self.state = State::Payload(in_flight);
                }
                if is_inside {
                    return;
                }
                out(Event::Gap { from, gap, sync_lost });
            }
            State::Header(half) => {
                out(Event::Gap { from, gap, sync_lost });
                out(Event::PartialHeader(&half.partial(from, FrameEnd::Lost(gap.cause), gap.stamp)));
            }
            State::Searching { .. } => out(Event::Gap { from, gap, sync_lost }),
            State::Lost(mut lost) => {
                lost.look();
                out(Event::LostFraming(&lost.told));
                out(Event::Gap { from, gap, sync_lost });
            }
            state
            @ (State::Between | State::Doubtful | State::Strange(_) | State::Foreign | State::Ended) => {
                out(Event::Gap { from, gap, sync_lost });
                self.state = state;
            }
        }
        if sync_lost {
            self.before = None;
            self.message.lose_sync();
            self.begin_at(Start::AfterGap);
        }
    }

    /// Decides what the strange headers are that are held, one after another: no more bytes will tell.
    fn settle_all_strange(&mut self, shared: &mut BothReaders, out: &mut Out<'_>) {
        let mut held = usize::MAX;
        while let State::Strange(strange) = &self.state
            && strange.buffer.len() < held
        {
            held = strange.buffer.len();
            self.settle_strange(Further::Nothing, shared, out);
        }
    }

    /// Looks for a boundary in what came since it was lost.
    pub(super) fn search(
        &mut self,
        mut search: Box<BoundarySearch>,
        after_gap: bool,
        chunk: Chunk<'_>,
        shared: &mut BothReaders,
        out: &mut Out<'_>,
    ) {
        search.push(chunk, self.rules(shared));
        let believed = search.best(self.from).filter(|chain| chain.evidence >= ENOUGH_IN_SESSION);
        let Some(at) = believed.and_then(|chain| search.boundary(chain)) else {
            self.state = State::Searching { search, after_gap };
            return;
        };
        let mut chunks = search.held().chunks_from(at).peekable();
        if after_gap {
            let stamp = chunks.peek().map_or(chunk.stamp, |first| first.stamp);
            out(Event::Resynchronized { from: self.from, skipped: at, stamp });
        }
        for mut chunk in chunks {
            self.push(&mut chunk, shared, out);
        }
    }

    /// The stream ends.
    pub(in crate::ws) fn end(&mut self, end: End, shared: &mut BothReaders, out: &mut Out<'_>) {
        let (from, cut) = (self.from, FrameEnd::Cut(end.cause));
        if let State::Header(half) = &self.state
            && self.is_leftover(&half.bytes, shared)
        {
            let mut buffer = SearchBuffer::default();
            buffer.push(Chunk { bytes: &half.bytes, stamp: half.first, extent: half.extent });
            self.state = State::strange(buffer, half.number, half.bytes.len(), half.place);
        }
        self.settle_suspicion(shared, out);
        self.settle_all_strange(shared, out);
        self.end_misaligned(end, shared, out);
        self.settle_all_strange(shared, out);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Payload(in_flight) => {
                self.tell_pause(&in_flight, (end.at, cut), out);
                if let Some(told) = self.torn(&in_flight, end, shared) {
                    out(Event::LostFraming(&told));
                }
                out(Event::Frame(&self.so_far(&in_flight, cut)));
            }
            State::Header(half) => match self.last_line_ends(&half) {
                Some(told) => out(Event::LostFraming(&told)),
                None => out(Event::PartialHeader(&half.partial(from, cut, end.stamp))),
            },
            State::Lost(mut lost) => {
                lost.resume(lost.search.held().end());
                lost.told.resumed = None;
                lost.look();
                out(Event::LostFraming(&lost.told));
            }
            State::Ended => return,
            State::Between
            | State::Doubtful
            | State::Strange(_)
            | State::Searching { .. }
            | State::Foreign => {}
        }
        out(Event::End { from, end });
    }
}
