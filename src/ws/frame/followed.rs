//! Headers that break a rule behind other bytes of the same packet: the fault of one frame, or a place where none begins.
//!
//! After a frame whose rest was never written, or in which another one stands, a frame is looked for in the middle of
//! something else. What is there breaks a rule soon, but need not break two at once. What follows it tells the two
//! apart: behind a frame with a fault stand others, and its sender wrote it to its end; behind a wrong place the next
//! one is wrong as well.

use super::state::{Further, State};
use super::{Coverage, FrameReader};
use crate::ws::Out;
use crate::ws::header::FrameHeader;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{PLAUSIBLE_LENGTH, evidence};

/// So many frames in a row are no coincidence: one header in fifty could be any bytes.
const IN_A_ROW: usize = 2;
/// No more bytes than these are held: a long frame has a header that other bytes seldom look like.
const HELD: usize = 4096;

/// What follows a header that breaks a rule shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Followed {
    /// It is the header of a frame.
    Frame,
    /// No frame begins there.
    Misplaced,
    /// The stream ends inside the frame that it would be.
    Cut,
    /// That is known when so many bytes have come.
    Perhaps(usize),
}

impl FrameReader {
    /// Whether the place of a header behind other bytes is wrong, as far as what is before it shows.
    pub(super) fn may_be_misplaced(&self, header: &FrameHeader, shared: &BothReaders) -> bool {
        self.before.is_some_and(|before| before.came == Coverage::Whole)
            && self.new_faults(header, shared) != 0
    }

    /// Decides what a header that breaks a rule is by what follows it, as soon as that is known.
    pub(super) fn settle_followed(&mut self, further: Further, shared: &mut BothReaders, out: &mut Out<'_>) {
        let State::Strange(strange) = &mut self.state else { return };
        let (buffer, number) = (std::mem::take(&mut strange.buffer), strange.number);
        let Some(header) = FrameHeader::parse(buffer.bytes()) else { return };
        let followed = self.followed(&header, buffer.bytes(), further, shared);
        match followed {
            Followed::Frame => self.begin_held(header, number, &buffer, shared, out),
            Followed::Misplaced | Followed::Cut => {
                let first = buffer.chunks_from(0).next().map(|chunk| chunk.stamp).unwrap_or_default();
                let mut lost = self.misplaced(buffer.bytes(), first);
                lost.told.doubtful |= followed == Followed::Cut;
                shared.give_back(number);
                self.lose_place();
                self.state = State::Lost(lost);
                buffer.chunks_from(0).for_each(|mut chunk| self.push(&mut chunk, shared, out));
            }
            Followed::Perhaps(enough) => {
                if let State::Strange(strange) = &mut self.state {
                    (strange.buffer, strange.enough) = (buffer, enough);
                }
            }
        }
    }

    /// What follows the frame with this `header`, which `bytes` begin with.
    fn followed(
        &self,
        header: &FrameHeader,
        bytes: &[u8],
        further: Further,
        shared: &BothReaders,
    ) -> Followed {
        let (suspect, mut header, mut at, mut whole) = (header, *header, 0_usize, 0);
        if !suspect.is_minimal() || suspect.length > PLAUSIBLE_LENGTH {
            return Followed::Misplaced;
        }
        loop {
            at = at
                .saturating_add(header.size())
                .saturating_add(usize::try_from(header.length).unwrap_or(usize::MAX));
            let Some(rest) = bytes.get(at..) else {
                return match further {
                    Further::Nothing | Further::MayCome if whole > 0 => Followed::Frame,
                    Further::Nothing => Followed::Cut,
                    Further::IsHere | Further::MayCome if at > HELD => Followed::Frame,
                    Further::IsHere | Further::MayCome => Followed::Perhaps(at),
                };
            };
            whole += 1;
            if rest.is_empty() && further != Further::IsHere || whole > IN_A_ROW {
                return Followed::Frame;
            }
            let Some(next) = FrameHeader::parse(rest) else {
                return match further {
                    Further::Nothing => Followed::Frame,
                    Further::IsHere | Further::MayCome => Followed::Perhaps(bytes.len() + 1),
                };
            };
            if !self.may_follow(suspect, &next, rest, shared) {
                return Followed::Misplaced;
            }
            header = next;
        }
    }

    /// Whether a frame with the header `next`, which `bytes` begin with, can be sent after one whose header is `suspect`: who
    /// makes a mistake may make it again.
    fn may_follow(
        &self,
        suspect: &FrameHeader,
        next: &FrameHeader,
        bytes: &[u8],
        shared: &BothReaders,
    ) -> bool {
        let faults = self.faults(next, shared);
        if faults != 0 {
            let is_same = next.rsv == suspect.rsv && faults == self.faults(suspect, shared);
            return is_same && next.is_minimal() && next.length <= PLAUSIBLE_LENGTH;
        }
        let size = next.length.saturating_add(next.size() as u64);
        let frame = usize::try_from(size).ok().and_then(|size| bytes.get(..size)).unwrap_or(bytes);
        evidence(frame, self.rules(shared)).is_some()
    }
}
