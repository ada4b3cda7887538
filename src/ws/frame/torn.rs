//! Frames inside the payload of a frame whose rest was never written: where the payload is binary, nothing in it shows
//! that until the framing is lost, or the stream ends.

use super::{FrameReader, SMALL};
use crate::model::Stamp;
use crate::ws::event::LostShape;
use crate::ws::header::FrameHeader;
use crate::ws::opcode::Opcode;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{Rules, evidence, may_begin};

/// Bytes of a payload that are kept: enough for a few small frames.
const KEPT: usize = 512;
/// Evidence for the frames of a chain that nothing contradicts: no payload has that by chance.
const CERTAIN: i32 = 40;
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
}

impl FramesInside {
    pub(super) const fn shape(&self) -> LostShape {
        LostShape::Inside { at: self.at, or_before: self.or_before }
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
            let (whole, size) = chain_length(chain, self.bytes.len() - place);
            let is_chain = whole >= WHOLE && evidence(chain, rules).is_some_and(|bits| bits >= CERTAIN);
            let over = (place as u64).saturating_add(size).saturating_sub(self.bytes.len() as u64);
            is_chain.then_some((place as u64, over))
        });
        let (place, over) = found?;
        let at = start + place;
        let (_, stamp) = self.packets.iter().take_while(|(begin, _)| *begin <= at).last()?;
        let preview = bytes.iter().skip(usize::try_from(place).ok()?).take(64).copied().collect();
        Some(FramesInside { at, or_before: start > 0, stamp: *stamp, over, preview })
    }
}

/// How many whole frames begin in the first `within` bytes, and how many bytes all that begin there have.
fn chain_length(bytes: &[u8], within: usize) -> (usize, u64) {
    let (mut whole, mut size) = (0, 0_u64);
    while size < within as u64
        && let Some(header) = usize::try_from(size).ok().and_then(|at| FrameHeader::parse(bytes.get(at..)?))
    {
        size = size.saturating_add(header.size() as u64).saturating_add(header.length);
        whole += usize::from(size <= bytes.len() as u64);
    }
    (whole, size)
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
    fn bytes_that_declare_an_impossible_length_are_no_frames() {
        let frame = [&[0x81, 5][..], b"hello"].concat();
        let huge = [&[0x82, 127][..], &[0xff; 8]].concat();
        let mut latest = LatestPayload { frame: 1, end: 0, bytes: Vec::new(), packets: Vec::new() };
        latest.push(&[frame.repeat(9), huge].concat(), Stamp::default());
        let rules = Rules { from: Some(Peer::Server), rsv1: false };
        assert!(latest.find(b"more", rules).is_none(), "no endpoint sends such a length (RFC 6455 §5.2)");
    }
}
