//! Finding a frame boundary in bytes of which the beginning is unknown: after a gap, or where a capture starts late.
//!
//! A candidate is a chain of frames, each beginning where the one before says it ends. Every fact that random bytes
//! would seldom show counts as evidence, in bits; a candidate is believed when it has enough of them.

use super::close::{CloseCode, ClosePayload};
use super::header::FrameHeader;
use super::mask::unmask;
use super::opcode::Opcode;
use crate::model::{Chunk, Peer, Stamp};

/// What may stand in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whose stream it is, where that is known: a client masks, a server does not.
    pub(super) from: Option<Peer>,
    /// Whether RSV1 may be set (a compressed message), as far as that is known.
    pub(super) rsv1: bool,
}

/// A believable place for frames to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Boundary {
    /// Where in the buffer the first frame begins.
    pub(super) at: usize,
    /// Whether the frames are masked: the sender is a client.
    pub(super) masked: bool,
}

/// Evidence needed for a place where a segment begins, which senders like, …
const ENOUGH_AT_SEGMENT: u32 = 20;
/// … and for any other place.
const ENOUGH_ANYWHERE: u32 = 34;
/// A frame longer than this is not believed without proof.
const PLAUSIBLE_LENGTH: u64 = 16 << 20;

/// Bytes kept while looking for a boundary.
const KEPT: usize = 64 << 10;

/// The bytes in which a boundary is looked for, and the segments they came in.
#[derive(Debug, Default)]
pub(super) struct SearchBuffer {
    bytes: Vec<u8>,
    /// Where in `bytes` each segment begins.
    segments: Vec<usize>,
    stamps: Vec<Stamp>,
    skipped: u64,
}

impl SearchBuffer {
    /// Adds the next bytes; lets go of the old ones when there are too many.
    pub(super) fn push(&mut self, chunk: Chunk<'_>) {
        if self.bytes.len() + chunk.bytes.len() > KEPT {
            self.skipped += self.bytes.len() as u64;
            self.bytes.clear();
            self.segments.clear();
            self.stamps.clear();
        }
        self.segments.push(self.bytes.len());
        self.stamps.push(chunk.stamp);
        self.bytes.extend_from_slice(chunk.bytes);
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes are here.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many bytes were let go of.
    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The bytes from `at` on, in the segments they came in.
    pub(super) fn chunks_from(&self, at: usize) -> impl Iterator<Item = Chunk<'_>> {
        self.segments.iter().zip(&self.stamps).enumerate().filter_map(move |(index, (&start, &stamp))| {
            let stop = self.segments.get(index + 1).copied().unwrap_or(self.bytes.len());
            let bytes = self.bytes.get(start.max(at)..stop.max(at))?;
            (!bytes.is_empty()).then_some(Chunk { bytes, stamp })
        })
    }

    /// Finds the first believable boundary: where a segment begins, or anywhere in the last two segments (earlier
    /// ones had their turn, which keeps the search linear).
    pub(super) fn find(&self, rules: Rules) -> Option<Boundary> {
        let recent = self.segments.len().checked_sub(2).and_then(|index| self.segments.get(index)).copied();
        let mut segments = self.segments.iter();
        segments.find_map(|&at| self.believe(at, rules, ENOUGH_AT_SEGMENT)).or_else(|| {
            (recent.unwrap_or(0)..self.bytes.len()).find_map(|at| self.believe(at, rules, ENOUGH_ANYWHERE))
        })
    }

    /// The evidence for frames from `at` on, if nothing contradicts it.
    pub(super) fn evidence(&self, at: usize, rules: Rules) -> Option<u32> {
        chain(&self.bytes, at, &self.segments, rules)
    }

    fn believe(&self, at: usize, rules: Rules, enough: u32) -> Option<Boundary> {
        let masked = FrameHeader::parse(self.bytes.get(at..)?)?.mask.is_some();
        let side = if masked { Peer::Client } else { Peer::Server };
        if rules.from.is_some_and(|from| from != side) {
            return None;
        }
        let evidence = chain(&self.bytes, at, &self.segments, Rules { from: Some(side), ..rules })?;
        (evidence >= enough).then_some(Boundary { at, masked })
    }
}

/// The evidence for frames from `at` on, in bits; `None` if something contradicts it.
fn chain(bytes: &[u8], mut at: usize, segments: &[usize], rules: Rules) -> Option<u32> {
    let mut evidence = 0;
    let mut fragmented = None;
    while let Some(header) = bytes.get(at..).and_then(FrameHeader::parse) {
        evidence += plausible(&header, rules, &mut fragmented)?;
        let start = at + header.size();
        let Ok(length) = usize::try_from(header.length) else { return None };
        let end = start.checked_add(length)?;
        let payload = bytes.get(start..end.min(bytes.len()))?;
        evidence += payload_evidence(&header, payload, end <= bytes.len())?;
        if end > bytes.len() {
            return Some(evidence);
        }
        let ends_segment = end == bytes.len() || segments.binary_search(&end).is_ok();
        if ends_segment && length > 0 {
            // To end where a segment ends is a matter of chance once in many lengths.
            evidence += 8;
        }
        at = end;
    }
    Some(evidence)
}

/// What a header is worth; `None` if no endpoint would send it here.
fn plausible(header: &FrameHeader, rules: Rules, fragmented: &mut Option<bool>) -> Option<u32> {
    let compressed =
        header.rsv == FrameHeader::RSV1 && matches!(header.opcode, Opcode::Text | Opcode::Binary);
    let side_fits = rules.from.is_none_or(|from| (from == Peer::Client) == header.mask.is_some());
    if !side_fits
        || !header.is_minimal()
        || header.length > PLAUSIBLE_LENGTH
        || !(header.rsv == 0 || (compressed && rules.rsv1))
    {
        return None;
    }
    match header.opcode {
        Opcode::Reserved(_) => return None,
        Opcode::Close | Opcode::Ping | Opcode::Pong if !header.fin || header.length > 125 => return None,
        Opcode::Continuation if *fragmented == Some(false) => return None,
        Opcode::Text | Opcode::Binary if *fragmented == Some(true) => return None,
        Opcode::Continuation | Opcode::Text | Opcode::Binary => *fragmented = Some(!header.fin),
        _ => {}
    }
    // About 12 of the 256 first bytes are left, and half of the mask bits. But a stretch of zeros is no chain of
    // empty continuations: only what says something counts.
    Some(if header.length > 0 && header.opcode != Opcode::Continuation { 5 } else { 0 })
}

/// What a payload says; `None` if it cannot belong to its header.
fn payload_evidence(header: &FrameHeader, payload: &[u8], whole: bool) -> Option<u32> {
    let readable =
        header.rsv == 0 && header.opcode != Opcode::Binary && header.opcode != Opcode::Continuation;
    if !readable {
        return Some(0);
    }
    let mut plain = payload.get(..payload.len().min(512)).unwrap_or_default().to_vec();
    if let Some(key) = header.mask {
        unmask(key, 0, &mut plain);
    }
    match header.opcode {
        Opcode::Close if whole => match ClosePayload::parse(&plain) {
            ClosePayload::Code(CloseCode(code), reason) => {
                (CloseCode(code).is_allowed() && std::str::from_utf8(reason).is_ok()).then_some(10)
            }
            ClosePayload::Empty => Some(1),
            ClosePayload::TooShort(_) => None,
        },
        Opcode::Text => {
            // A text that is cut here, or one that is fragmented, may end inside a character.
            let tolerated = 3;
            match std::str::from_utf8(&plain) {
                Err(error)
                    if error.valid_up_to() + tolerated < plain.len() || error.error_len().is_some() =>
                {
                    None
                }
                _ => {
                    // Printable ASCII is much rarer among random bytes than valid UTF-8.
                    let printable = plain.iter().filter(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
                    let share = printable.count() * 4 >= plain.len() * 3;
                    Some(if share { u32::try_from(plain.len()).unwrap_or(u32::MAX).min(12) } else { 0 })
                }
            }
        }
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bytes: &[u8], rules: Rules) -> Option<Boundary> {
        let mut buffer = SearchBuffer::default();
        buffer.push(Chunk { bytes, stamp: Stamp::default() });
        buffer.find(rules)
    }

    const SERVER: Rules = Rules { from: Some(Peer::Server), rsv1: false };

    #[test]
    fn a_chain_of_frames_is_found_behind_rubbish() {
        let mut bytes = b"the tail of a lost frame".to_vec();
        let at = bytes.len();
        for text in ["hello there", "and once more", "and again"] {
            bytes.extend([0x81, u8::try_from(text.len()).unwrap()]);
            bytes.extend(text.bytes());
        }
        assert_eq!(find(&bytes, SERVER), Some(Boundary { at, masked: false }));
        assert_eq!(find(&bytes, Rules { from: Some(Peer::Client), rsv1: false }), None);
    }

    #[test]
    fn text_of_other_protocols_is_no_chain() {
        let http = b"GET / HTTP/1.1\r\nHost: example.test\r\nUser-Agent: x\r\n\r\n".repeat(20);
        assert_eq!(find(&http, Rules { from: None, rsv1: true }), None);
    }
}
