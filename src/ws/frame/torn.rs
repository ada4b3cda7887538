//! Frames inside the payload of a frame whose rest was never written: where the payload is binary, nothing in it shows
//! that until the framing is lost, or the stream ends.

use super::{FrameReader, SMALL};
use crate::model::{End, Stamp};
use crate::ws::event::LostShape;
use crate::ws::header::FrameHeader;
use crate::ws::opcode::Opcode;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{Rules, evidence, may_begin};

/// Bytes of a payload that are kept: enough for a few small frames.
const KEPT: usize = 512;
/// Evidence for the frames of a chain that nothing contradicts: no payload has that by chance.
const CERTAIN: i32 = 40;
/// Evidence that is enough if the frames were sent one by one.
const POSSIBLE: i32 = 20;
/// So many frames have to be whole.
const WHOLE: usize = 2;

/// Whether a payload may be any bytes, and enough of them. A text shows by itself where it is none.
#[inline]
pub(super) const fn is_opaque(header: &FrameHeader) -> bool {
    header.length > SMALL as u64
        && (matches!(header.opcode, Opcode::Binary) || header.rsv != 0 && header.opcode.is_data())
}

/// The latest bytes on the wire of a payload.
#[derive(Debug)]
pub(super) struct LatestPayload {
    /// The frame.
    pub(super) frame: u64,
    /// How many bytes of its payload have come.
    end: u64,
    bytes: Vec<u8>,
    /// The packets that carried them, each with the place in the payload where its bytes begin.
    packets: Vec<(u64, Stamp)>,
}

/// Frames that stand in a payload to its end, or to where it was cut.
#[derive(Clone, Debug)]
pub(super) struct FramesInside {
    /// The byte of the payload at which the first of them begins, of those that are known.
    at: u64,
    /// Bytes of the payload before those that are known may hold others.
    or_before: bool,
    /// The packet.
    pub(super) stamp: Stamp,
    /// How many bytes behind the payload the last of them ends.
    pub(super) over: u64,
    /// Up to 64 bytes from there on.
    pub(super) preview: Vec<u8>,
    /// What else speaks for them.
    standing: Standing,
}

/// What a chain of frames in a payload shows of who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// They were sent one by one, or a Close is the very last of them: they are frames of this connection.
    OfTheirOwn,
    /// They may be what the payload says: a tunnel carries frames, and other formats look like them.
    Content,
    /// The bytes repeat themselves, and are a chain as soon as they look like one frame.
    Repetition,
}

impl FramesInside {
    /// What the bytes behind the payload show to be frames of this connection.
    pub(super) const fn shape(&self) -> LostShape {
        LostShape::Inside { at: self.at, or_before: self.or_before }
    }

    /// The same of a payload that just ends, if they are worth telling: nothing but these frames shows then that anything
    /// is wrong. After the end of the capture more of it may come.
    pub(super) const fn shape_in_cut(&self, end: End) -> Option<LostShape> {
        match self.standing {
            Standing::OfTheirOwn if end.cause.is_captured() => Some(self.shape()),
            Standing::OfTheirOwn | Standing::Content => {
                Some(LostShape::InCut { at: self.at, or_before: self.or_before })
            }
            Standing::Repetition => None,
        }
    }
}

impl LatestPayload {
    pub(super) const fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity() + self.packets.capacity() * size_of::<(u64, Stamp)>()
    }

    fn push(&mut self, bytes: &[u8], stamp: Stamp) {
        let new = bytes.get(bytes.len().saturating_sub(KEPT)..).unwrap_or_default();
        let dropped = (self.bytes.len() + new.len()).saturating_sub(KEPT).min(self.bytes.len());
        self.bytes.drain(..dropped);
        self.bytes.extend_from_slice(new);
        self.packets.push((self.end, stamp));
        self.end += bytes.len() as u64;
        let start = self.end - self.bytes.len() as u64;
        let past = self.packets.iter().skip(1).take_while(|(begin, _)| *begin <= start).count();
        self.packets.drain(..past);
    }

    /// The first of the frames that stand here one after another, with what came `behind`.
    fn find(&self, behind: &[u8], rules: Rules) -> Option<FramesInside> {
        let bytes = [self.bytes.as_slice(), behind].concat();
        let start = self.end - self.bytes.len() as u64;
        let found = (0..self.bytes.len()).find_map(|place| {
            let chain = bytes.get(place..)?;
            chain.first().filter(|first| may_begin(**first, rules.rsv1))?;
            let within = self.bytes.len() - place;
            let frames = Chain::of(chain, within);
            (frames.whole >= WHOLE).then_some(())?;
            let sent_so = self.are_of_their_own(&frames, start + place as u64, within);
            let enough = if sent_so { POSSIBLE } else { CERTAIN };
            evidence(chain, rules).filter(|bits| *bits >= enough)?;
            let once = period(chain).and_then(|period| chain.get(..period)).unwrap_or(chain);
            let standing = if sent_so {
                Standing::OfTheirOwn
            } else if Chain::of(once, within.min(once.len())).whole >= WHOLE
                && evidence(once, rules).is_some_and(|bits| bits >= CERTAIN)
            {
                Standing::Content
            } else {
                Standing::Repetition
            };
            let over = (place as u64).saturating_add(frames.size).saturating_sub(self.bytes.len() as u64);
            Some((place as u64, over, standing))
        });
        let (place, over, standing) = found?;
        let at = start + place;
        let (_, stamp) = self.packets.iter().take_while(|(begin, _)| *begin <= at).last()?;
        let preview = bytes.iter().skip(usize::try_from(place).ok()?).take(64).copied().collect();
        Some(FramesInside { at, or_before: start > 0, stamp: *stamp, over, preview, standing })
    }

    /// Whether `frames`, which begin at this place of the payload and of which so many bytes came, are frames of this
    /// connection.
    fn are_of_their_own(&self, frames: &Chain, at: u64, came: usize) -> bool {
        let sent: Vec<u64> = self.packets.iter().filter_map(|(begin, _)| begin.checked_sub(at)).collect();
        let one_by_one = sent.len() >= WHOLE && sent.iter().all(|begin| frames.starts.contains(begin));
        frames.size == came as u64 && (one_by_one || frames.last == Some(Opcode::Close))
    }
}

/// Frames one after another.
#[derive(Debug, Default)]
struct Chain {
    /// Where each of them begins.
    starts: Vec<u64>,
    /// How many are whole.
    whole: usize,
    /// How many bytes all of them have.
    size: u64,
    last: Option<Opcode>,
}

impl Chain {
    /// Those that begin in the first `within` bytes.
    fn of(bytes: &[u8], within: usize) -> Self {
        let mut chain = Self::default();
        while chain.size < within as u64
            && let Some(header) =
                usize::try_from(chain.size).ok().and_then(|at| FrameHeader::parse(bytes.get(at..)?))
        {
            chain.starts.push(chain.size);
            chain.size = chain.size.saturating_add(header.size() as u64).saturating_add(header.length);
            chain.whole += usize::from(chain.size <= bytes.len() as u64);
            chain.last = Some(header.opcode);
        }
        chain
    }
}

/// After how many bytes the bytes repeat themselves to their end, if they do.
fn period(bytes: &[u8]) -> Option<usize> {
    (1..=bytes.len() / 2).find(|period| bytes.iter().zip(bytes.iter().skip(*period)).all(|(a, b)| a == b))
}

impl FrameReader {
    /// Keeps the latest bytes of the payload of `frame`, of which so many had come before.
    #[inline(never)]
    pub(super) fn keep_latest(&mut self, frame: u64, before: u64, bytes: &[u8], stamp: Stamp) {
        let fresh = || Box::new(LatestPayload { frame, end: before, bytes: Vec::new(), packets: Vec::new() });
        let latest = self.latest.get_or_insert_with(fresh);
        if latest.frame != frame || latest.end != before {
            *latest = fresh();
        }
        latest.push(bytes, stamp);
    }

    /// Frames that stand in the payload of `frame`, and go on with the bytes `behind` it.
    pub(super) fn frames_inside(
        &self,
        frame: u64,
        behind: &[u8],
        shared: &BothReaders,
    ) -> Option<FramesInside> {
        let latest = self.latest.as_deref().filter(|latest| latest.frame == frame)?;
        latest.find(behind, self.rules(shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Peer;

    #[test]
    fn what_repeats_itself_is_no_chain_of_frames() {
        let rules = Rules { from: Some(Peer::Server), rsv1: false };
        let mut latest = LatestPayload { frame: 1, end: 0, bytes: Vec::new(), packets: Vec::new() };
        latest.push(&[0x82, 2, 0x10, 0x20].repeat(120), Stamp::default());
        assert_eq!(latest.find(&[], rules).map(|found| found.standing), Some(Standing::Repetition));
        let frames: Vec<u8> =
            (0..9_u8).flat_map(|n| [&[0x81, 6][..], b"hello", &[b'0' + n]].concat()).collect();
        let mut latest = LatestPayload { frame: 1, end: 0, bytes: Vec::new(), packets: Vec::new() };
        latest.push(&frames, Stamp::default());
        assert_eq!(latest.find(&[], rules).map(|found| found.standing), Some(Standing::Content));
        latest.push(&[0x88, 2, 3, 0xe8], Stamp::default());
        assert_eq!(latest.find(&[], rules).map(|found| found.standing), Some(Standing::OfTheirOwn));
    }

    #[test]
    fn bytes_that_declare_an_impossible_length_are_no_frames() {
        let frame = [&[0x81, 5][..], b"hello"].concat();
        let huge = [&[0x82, 127][..], &[0xff; 8]].concat();
        let mut latest = LatestPayload { frame: 1, end: 0, bytes: Vec::new(), packets: Vec::new() };
        latest.push(&[frame.repeat(9), huge].concat(), Stamp::default());
        let rules = Rules { from: Some(Peer::Server), rsv1: false };
        assert!(latest.find(b"more", rules).is_none(), "no endpoint sends such a length (RFC 6455 §5.2)");
    }
}
