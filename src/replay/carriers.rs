//! Which DATA frames of HTTP/2 carried a frame.

use crate::http2::DataFrame;
use crate::ws::{Frame, FrameEnd};
use std::collections::VecDeque;
use std::collections::vec_deque::Iter;

/// DATA frames that are remembered until it is known which frames they carried.
const REMEMBERED: usize = 4_096;
/// DATA frames told of one frame.
const TOLD: usize = 4;

/// The DATA frames that carried a frame: none unless it came over HTTP/2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The first ones.
    pub first: Vec<DataFrame>,
    /// How many come after those.
    pub more: u64,
}

/// The DATA frames of one side, and where in their content the next frame begins.
#[derive(Debug, Default)]
pub(super) struct Carriers {
    frames: VecDeque<DataFrame>,
    next: u64,
    /// The capture misses some of it: frames are found by their packets.
    is_lossy: bool,
}

impl Carriers {
    /// A DATA frame begins.
    pub(super) fn begins(&mut self, frame: DataFrame) {
        if self.frames.len() == REMEMBERED {
            self.frames.pop_front();
        }
        self.frames.push_back(frame);
    }

    /// A frame is over: what carried it.
    pub(super) fn carry(&mut self, frame: &Frame<'_>) -> Carried {
        let size = frame.header.size() as u64 + frame.received + frame.lost;
        let (start, end) = (self.next, self.next + size);
        let (first, last) = (frame.first.packet, frame.last.packet);
        let is_at = |data: &DataFrame| data.offset < end && start < data.end();
        // What it begins in came with its first packet at the latest, the next one no earlier, and what it ends in with its last one.
        let fits = |mut frames: Iter<'_, DataFrame>| {
            let begun = frames.find(|data| is_at(data))?;
            let next = frames.clone().next();
            let last_one = frames.rfind(|data| is_at(data)).unwrap_or(begun);
            let is_next_later = next.is_none_or(|next| next.first.packet >= first);
            Some(begun.first.packet <= first && is_next_later && last_one.first.packet <= last)
        };
        let fits = fits(self.frames.iter()).unwrap_or(self.frames.is_empty());
        self.is_lossy |= !fits || frame.end != FrameEnd::Complete;
        let is_around = |data: &DataFrame| first <= data.first.packet && data.first.packet <= last;
        let is_one = |data: &&DataFrame| if self.is_lossy { is_around(data) } else { is_at(data) };
        let count = self.frames.iter().filter(is_one).count();
        let carried = Carried {
            first: self.frames.iter().filter(is_one).take(TOLD).copied().collect(),
            more: count.saturating_sub(TOLD) as u64,
        };
        self.next = end;
        let is_past =
            |data: &DataFrame| if self.is_lossy { data.first.packet < first } else { data.end() <= end };
        while self.frames.front().is_some_and(is_past) {
            self.frames.pop_front();
        }
        carried
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http2::FrameHeader;
    use crate::model::{PacketNumber, Peer, Stamp};
    use crate::ws::FrameHeader as Header;

    fn at(packet: u64) -> Stamp {
        Stamp { packet: PacketNumber(packet), ..Stamp::default() }
    }

    /// Takes DATA frames: for each the offset, bytes of content, and the packet.
    fn take(carriers: &mut Carriers, frames: &[(u64, u32, u64)]) {
        for (number, (offset, content, packet)) in (1..).zip(frames) {
            let [_, high, middle, low] = content.to_be_bytes();
            let header = FrameHeader::parse(&[high, middle, low, 0, 0, 0, 0, 0, 1]);
            let (offset, content, first) = (*offset, *content, at(*packet));
            carriers.begins(DataFrame { header, number, offset, content, first });
        }
    }

    /// The numbers of the DATA frames that carried a server's frame of this length, and how many more there were.
    fn carried(carriers: &mut Carriers, length: u8, (first, last): (u64, u64)) -> (Vec<u64>, u64) {
        let frame = Frame {
            number: 1,
            from: Peer::Server,
            header: Header::parse(&[0x82, length]).unwrap(),
            first: at(first),
            last: at(last),
            received: length.into(),
            lost: 0,
            end: FrameEnd::Complete,
            payload: &[],
            extent_end: 0,
            acknowledged: 0,
        };
        let Carried { first, more } = carriers.carry(&frame);
        (first.iter().map(|data| data.number).collect(), more)
    }

    #[test]
    fn several_frames_of_a_packet_are_told_apart() {
        let mut carriers = Carriers::default();
        take(&mut carriers, &[(0, 12, 3), (12, 30, 3), (42, 5, 4)]);
        assert_eq!(carried(&mut carriers, 10, (3, 3)), (vec![1], 0));
        assert_eq!(carried(&mut carriers, 3, (3, 3)), (vec![2], 0));
        assert_eq!(carried(&mut carriers, 28, (3, 4)), (vec![2, 3], 0));
        assert!(carriers.frames.is_empty());
    }

    #[test]
    fn where_something_is_lost_packets_tell_what_is_around() {
        let mut carriers = Carriers::default();
        take(&mut carriers, &[(0, 12, 3), (12, 12, 8), (24, 12, 9)]);
        assert_eq!(carried(&mut carriers, 10, (9, 9)), (vec![3], 0), "the first two are lost");
        take(&mut carriers, &[(36, 12, 12)]);
        assert_eq!(carried(&mut carriers, 10, (12, 12)), (vec![1], 0));
    }

    #[test]
    fn of_many_the_first_ones_are_told() {
        let mut carriers = Carriers::default();
        let small: Vec<_> = (0..102).map(|offset| (offset, 1, 2)).collect();
        take(&mut carriers, &small);
        assert_eq!(carried(&mut carriers, 100, (2, 2)), (vec![1, 2, 3, 4], 98));
    }
}
