//! One direction of a connection: where its stream stands, what waits in it, and what was reported of it last.

use super::assembler::Assembler;
use super::health::Pulse;
use crate::model::Stamp;
use foldhash::fast::FixedState;
use std::hash::BuildHasher;

/// An end of the stream that waits for the bytes before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) at: u64,
    pub(super) stamp: Stamp,
    pub(super) needs: u64,
}

/// How far two positions may lie apart before one of them cannot belong to this stream: sequence numbers wrap at 2^32.
const REACH: i64 = 1 << 30;

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The sequence number of offset 0, once known.
    pub(super) origin: Option<u32>,
    /// The origin comes from a packet without data in mid-stream, which may have been a keep-alive: one too low.
    pub(super) loose: bool,
    pub(super) bytes: Assembler,
    /// The other side may be reported up to what it knew of this offset, although the bytes are not here.
    pub(super) released: u64,
    /// Boxed, as most connections are nowhere near their end.
    pub(super) fin: Option<Box<Mark>>,
    pub(super) rst: Option<Box<Mark>>,
    /// The packet that acknowledged bytes of this lane which are not here; boxed, as it is rare.
    pub(super) proof: Option<Box<Stamp>>,
    pub(super) ended: bool,
    pub(super) recent: Recent,
    pub(super) pulse: Pulse,
}

impl Lane {
    /// The sequence number of the next byte, once known.
    #[inline]
    pub(super) fn expected(&self) -> Option<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "sequence numbers are offsets modulo 2^32")]
        self.origin.map(|origin| origin.wrapping_add(self.bytes.next() as u32))
    }

    /// The offset that `sequence` stands for; negative before the captured start.
    #[inline]
    pub(super) fn offset(&self, sequence: u32) -> Option<i64> {
        let ahead = i64::from(sequence.wrapping_sub(self.expected()?).cast_signed());
        let offset = self.bytes.next().cast_signed() + ahead;
        (-REACH..=REACH).contains(&ahead).then_some(offset)
    }

    /// Whether the next segment finds everything before it reported, `acked` bytes of which the other side has.
    pub(super) fn is_steady(&self, acked: u64) -> bool {
        let begun = self.origin.is_some() && !self.loose;
        begun && !self.ended && self.is_quiet() && acked <= self.bytes.next()
    }

    /// Whether nothing waits for its turn.
    pub(super) fn is_quiet(&self) -> bool {
        self.bytes.is_empty() && self.fin.is_none() && self.rst.is_none()
    }

    /// How far the other side's packets may be reported that had seen bytes of this lane.
    pub(super) fn floor(&self) -> u64 {
        self.bytes.next().max(self.released)
    }

    /// The bytes of this lane that an acknowledgment `acked` proves: a FIN counts as one in TCP, but is no byte.
    pub(super) fn proven(&self, acked: u64) -> u64 {
        self.fin.as_ref().map_or(acked, |fin| acked.min(fin.at))
    }
}

/// The latest reported segments, to notice that a retransmission carries other bytes.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// A ring; those without length are still free.
    segments: [Reported; Self::KEPT],
    at: u8,
}

/// A segment as it is remembered: two of the same place and length, but with other bytes, have another hash, but for
/// one in four billion.
#[derive(Clone, Copy, Debug, Default)]
struct Reported {
    /// Modulo 2^32, as sequence numbers are: the latest few are no 4 GiB apart.
    offset: u32,
    length: u32,
    hash: u32,
}

impl Reported {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "offsets modulo 2^32; a segment is shorter than 4 GiB; half of the hash will do"
    )]
    fn new(offset: u64, bytes: &[u8]) -> Self {
        let hash = FixedState::default().hash_one(bytes);
        Self { offset: offset as u32, length: bytes.len() as u32, hash: (hash >> 32) as u32 }
    }
}

impl Recent {
    const KEPT: usize = 8;

    pub(super) fn note(&mut self, offset: u64, bytes: &[u8]) {
        if let Some(slot) = self.segments.get_mut(usize::from(self.at) % Self::KEPT) {
            *slot = Reported::new(offset, bytes);
        }
        self.at = self.at.wrapping_add(1);
    }

    /// Whether the very range was reported with other bytes. Retransmissions with other borders cannot be compared.
    pub(super) fn contradicts(&self, offset: u64, bytes: &[u8]) -> bool {
        // A keep-alive repeats one byte, and not always the right one (RFC 9293 §3.8.4).
        if bytes.len() <= 1 {
            return false;
        }
        let now = Reported::new(offset, bytes);
        let same = |then: &&Reported| (then.offset, then.length) == (now.offset, now.length);
        self.segments.iter().find(same).is_some_and(|then| then.hash != now.hash)
    }
}
