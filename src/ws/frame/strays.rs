//! What stands between two frames and belongs to none: NULs, and line ends.

use super::state::HalfHeader;
use super::{Coverage, FrameReader};
use crate::model::{Peer, Stamp};
use crate::ws::event::{LostFraming, LostShape};
use crate::ws::header::FrameHeader;
use crate::ws::message::Integrity;
use crate::ws::shared::BothReaders;
use crate::ws::sync::{ENOUGH_IN_SESSION, evidence, may_begin};

/// Whether bytes are NULs between two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// They are not.
    None,
    /// That is known when so many bytes have come.
    Perhaps(usize),
    /// So many of them are.
    Bytes(usize),
}

impl FrameReader {
    /// NUL bytes where a frame belongs. No frame can begin with one, unless a message goes on.
    pub(super) fn padding(&self, bytes: &[u8], shared: &BothReaders) -> Padding {
        /// So many are enough.
        const MANY: usize = 64;
        let is_sound = self.before.is_some_and(|before| before.content == Integrity::Sound);
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if zeros == 0 || !(is_sound || self.is_first) || self.message.is_open() {
            return Padding::None;
        }
        let rules = self.rules(shared);
        let behind = bytes.get(zeros..).unwrap_or_default();
        let [first, second, ..] = behind else {
            let has_come = bytes.len() >= MANY && behind.is_empty();
            return if has_come {
                Padding::Bytes(zeros)
            } else {
                Padding::Perhaps(bytes.len() + 2 - behind.len())
            };
        };
        let masked = if self.from == Peer::Client { 0x80 } else { 0 };
        if !may_begin(*first, rules.rsv1) || second & 0x80 != masked {
            return Padding::None;
        }
        // One alone may be the beginning of a frame that has no message to continue.
        let may_be_frame =
            zeros == 1 && FrameHeader::parse(bytes).is_none_or(|header| self.faults(&header, shared) == 0);
        if !may_be_frame {
            return Padding::Bytes(zeros);
        }
        let whole = FrameHeader::parse(behind).map_or(MANY, |header| {
            usize::try_from(header.length).unwrap_or(MANY).saturating_add(zeros + header.size())
        });
        match evidence(behind, rules) {
            Some(evidence) if evidence >= ENOUGH_IN_SESSION => Padding::Bytes(zeros),
            Some(_) if bytes.len() < whole.min(MANY) => Padding::Perhaps(whole.min(MANY)),
            _ => Padding::None,
        }
    }

    /// What stands between the frame before and the next one, `count` bytes of it.
    pub(super) fn strays(&self, shape: LostShape, bytes: &[u8], stamp: Stamp, count: usize) -> LostFraming {
        let (frame, declared) = self.before.map_or((0, 0), |before| (before.number, before.length));
        LostFraming {
            from: self.from,
            frame,
            declared,
            shape,
            preview: bytes.to_vec(),
            stamp,
            resumed: Some(count as u64),
            doubtful: self.before.is_some_and(|before| before.came == Coverage::InPart),
        }
    }

    /// A line end where a frame belongs, and the frame behind it.
    pub(super) fn line_ends(&self, bytes: &[u8], stamp: Stamp, shared: &BothReaders) -> Option<LostFraming> {
        let before = self.before.filter(|before| before.content == Integrity::Sound);
        if !self.is_first && before.is_none() {
            return None;
        }
        let end = self.line_end(bytes, shared)?;
        Some(self.strays(LostShape::LineEnds, bytes, stamp, end))
    }

    /// Nothing but a line end, or a NUL, follows the last frame.
    pub(super) fn last_line_ends(&self, half: &HalfHeader) -> Option<LostFraming> {
        let before = self.before.filter(|before| before.came == Coverage::Whole)?;
        let shape = match half.bytes[..] {
            [b'\n' | b'\r'] | [b'\r', b'\n'] => LostShape::LineEnds,
            [0] if !self.message.is_open() => LostShape::Padding,
            _ => return None,
        };
        Some(LostFraming {
            from: self.from,
            frame: before.number,
            declared: before.length,
            shape,
            preview: half.bytes.clone(),
            stamp: half.first,
            resumed: None,
            doubtful: false,
        })
    }

    /// Whether `bytes`, of which there are two, are a line end where a frame belongs, as their side sends nothing else
    /// that begins like that: a server masks nothing, and 13 is not an opcode. How many bytes, two of another
    /// frame included, then show that.
    pub(super) fn begins_with_line_end(&self, bytes: &[u8]) -> Option<usize> {
        match (self.from, bytes) {
            (Peer::Server, [b'\n' | b'\r', second, ..]) if second & 0x80 != 0 => Some(3),
            // Two line feeds would be a pong without FIN and without a mask.
            (_, [b'\r' | b'\n', b'\n', ..]) => Some(4),
            _ => None,
        }
    }

    /// How long the line ends are, one or two, that stand before what can be a frame. Behind a head a blank counts as one.
    fn line_end(&self, bytes: &[u8], shared: &BothReaders) -> Option<usize> {
        let blank = || bytes.strip_prefix(b" ").filter(|_| self.is_first);
        let one = without_line_end(bytes).or_else(blank)?;
        let ends = [without_line_end(one), Some(one)].into_iter().flatten();
        ends.into_iter()
            .find(|behind| self.fits_behind_line_end(bytes, behind, shared))
            .map(|behind| bytes.len() - behind.len())
    }

    /// How many bytes show what stands behind two line ends, if these `bytes` are their beginning and no more.
    pub(super) fn enough_for_line_ends(&self, bytes: &[u8]) -> Option<usize> {
        self.begins_with_line_end(bytes)?;
        let behind = without_line_end(without_line_end(bytes)?)?;
        let enough = bytes.len() - behind.len() + 2;
        (behind.len() < 2).then_some(enough)
    }

    /// Whether `behind`, which stands behind the line ends of `bytes`, can be a frame.
    fn fits_behind_line_end(&self, bytes: &[u8], behind: &[u8], shared: &BothReaders) -> bool {
        let is_certain = self.begins_with_line_end(bytes).is_some();
        let rules = self.rules(shared);
        match behind {
            [first, second, ..] if is_certain => {
                let masked = if self.from == Peer::Client { 0x80 } else { 0 };
                may_begin(*first, rules.rsv1) && second & 0x80 == masked
            }
            _ => evidence(behind, rules).is_some_and(|evidence| evidence >= ENOUGH_IN_SESSION),
        }
    }
}

/// What stands behind the line end that `bytes` begin with.
const fn without_line_end(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'\r', b'\n', behind @ ..] | [b'\r' | b'\n', behind @ ..] => Some(behind),
        _ => None,
    }
}
