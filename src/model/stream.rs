//! The one currency between byte-stream layers: data, a gap, the end.

use super::{Footprint, Peer, PerPeer, Stamp, Timestamp};
use std::time::Duration;

/// What happens next in one direction of a byte stream.
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent<'a> {
    /// Bytes, in order, each exactly once.
    Data(Chunk<'a>),
    /// Bytes that were sent and that the capture does not hold.
    Gap(Gap),
    /// Nothing follows.
    End(End),
}

impl StreamEvent<'_> {
    /// The packet that shows it.
    pub const fn stamp(&self) -> Stamp {
        match self {
            Self::Data(chunk) => chunk.stamp,
            Self::Gap(gap) => gap.stamp,
            Self::End(end) => end.stamp,
        }
    }
}

/// A stretch of the sender's TCP stream, in bytes from its first one (or the first one captured), gaps included: what
/// TCP acknowledgments are compared with.
///
/// Whatever layers lie between, this is the only measure of what was delivered: lengths of plaintext say nothing of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins.
    pub start: u64,
    /// Where it ends: the position after its last byte.
    pub end: u64,
    /// How many bytes of the other stream the packet acknowledges that carries the last of it, a FIN counted as one more; 0 where
    /// that is none, or not known.
    pub acknowledged: u64,
}

impl Extent {
    /// The stretch of `length` bytes that begins at `start`.
    #[inline]
    pub const fn new(start: u64, length: u64) -> Self {
        Self { start, end: start.saturating_add(length), acknowledged: 0 }
    }

    /// The same stretch, in a packet that acknowledges so many bytes of the other stream.
    #[inline]
    #[must_use]
    pub const fn acknowledging(self, acknowledged: u64) -> Self {
        Self { acknowledged, ..self }
    }

    /// How many bytes long it is.
    #[inline]
    pub const fn length(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// From the beginning of this one to the end of `later`.
    #[must_use]
    pub const fn to(self, later: Self) -> Self {
        Self { start: self.start, ..later }
    }

    /// Where its last byte stands between the two streams, if it has one: who has not acknowledged that has not seen all of it.
    pub fn place(self) -> Option<EndPlace> {
        let at = self.end.checked_sub(1).filter(|_| self.length() > 0)?;
        Some(EndPlace { at, acknowledged: Some(self.acknowledged).filter(|acknowledged| *acknowledged > 0) })
    }
}

/// Consecutive bytes, and what carried them.
///
/// Bytes of TCP itself are exactly as many as their extent is long, and dividing the chunk divides the extent. Bytes
/// taken out of something else, such as a TLS record or an HTTP/2 DATA frame, are fewer than the bytes that carried
/// them. Each part of them keeps the whole extent, because none of it could be read before all of it had arrived.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The packet that carried them; of a carrier in several packets the one that completes it.
    pub stamp: Stamp,
    /// Where in the sender's TCP stream that is.
    pub extent: Extent,
}

impl<'a> Chunk<'a> {
    /// Bytes of the TCP stream itself, which begin at `start` in it.
    #[inline]
    pub const fn plain(bytes: &'a [u8], stamp: Stamp, start: u64) -> Self {
        Self { bytes, stamp, extent: Extent::new(start, bytes.len() as u64) }
    }

    /// Takes off the first `count` bytes, or all if there are no more: the one way to advance.
    #[inline]
    #[must_use]
    pub const fn split_to(&mut self, count: usize) -> Self {
        let is_plain = self.extent.length() == self.bytes.len() as u64;
        let (head, tail) =
            self.bytes.split_at(if count < self.bytes.len() { count } else { self.bytes.len() });
        let mut first = Self { bytes: head, ..*self };
        self.bytes = tail;
        if is_plain {
            first.extent.end = first.extent.start + head.len() as u64;
            self.extent.start = first.extent.end;
        }
        first
    }

    /// The first `count` bytes, or all if there are no more, and what follows them.
    #[inline]
    #[must_use]
    pub const fn split_at(mut self, count: usize) -> (Self, Self) {
        let head = self.split_to(count);
        (head, self)
    }

    /// What follows the first `count` bytes.
    #[inline]
    #[must_use]
    pub const fn advance(self, count: usize) -> Self {
        self.split_at(count).1
    }

    /// When and where its last byte was said.
    pub fn said(&self) -> Said {
        Said { stamp: self.stamp, place: self.extent.place() }
    }

    /// A copy of the bytes, which `from` sent, so that they can wait.
    pub fn hold(&self, from: Peer) -> HeldChunk {
        HeldChunk { from, bytes: self.bytes.into(), stamp: self.stamp, extent: self.extent }
    }
}

/// A [`Chunk`] that waits until it is known what it is.
#[derive(Clone, Debug)]
pub struct HeldChunk {
    /// Who sent it.
    pub from: Peer,
    bytes: Box<[u8]>,
    stamp: Stamp,
    extent: Extent,
}

impl HeldChunk {
    /// The chunk.
    pub const fn chunk(&self) -> Chunk<'_> {
        Chunk { bytes: &self.bytes, stamp: self.stamp, extent: self.extent }
    }

    /// Bytes of memory it takes.
    pub(crate) const fn memory(&self) -> usize {
        size_of::<Self>() + Footprint::allocation(self.bytes.len())
    }
}

/// A stretch of the stream that the capture does not hold: never the sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How many bytes are missing.
    pub missing: Missing,
    /// Why the capture does not hold them.
    pub cause: GapCause,
    /// The packet at which wsight stopped waiting for the bytes.
    pub stamp: Stamp,
    /// Where in the sender's TCP stream it is.
    pub extent: Extent,
}

impl Gap {
    /// Bytes of the TCP stream itself are missing: all of `extent`.
    pub const fn plain(cause: GapCause, stamp: Stamp, extent: Extent) -> Self {
        Self { missing: Missing::Bytes(extent.length()), cause, stamp, extent }
    }
}

/// How many bytes a [`Gap`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// This many.
    Bytes(u64),
    /// The missing bytes carried other bytes, and nobody can say how many: a lost TLS record, for example. Nothing
    /// after it can be found by counting.
    Unknown,
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapCause {
    /// The capture missed packets.
    Lost,
    /// They are not in the capture, and the other side never acknowledged them: they got lost on the way to it, or the capture missed
    /// them and their acknowledgment.
    Unacknowledged,
    /// The capture holds no packet of this direction at all.
    Unseen,
    /// The snap length cut packets.
    Snaplen,
    /// wsight dropped them because a memory cap was reached.
    Limit,
    /// They are encrypted, and nothing opens them.
    Sealed,
    /// The capture missed packets with a record of TLS, or with a part of one: what was in it cannot be counted.
    RecordLost,
    /// The capture holds them, between frames of HTTP/2 that are none: what was meant by them nobody can tell.
    Unframed,
}

/// What a peer owes, the rest of a head, an answer or a Close, is overdue after this long: a capture that is stopped right behind
/// a question shows nothing, but hardly any peer that goes on takes as long.
pub const OVERDUE: Duration = Duration::from_secs(5);

/// The end of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// What ended it.
    pub cause: EndCause,
    /// The packet that ended it; for [`EndCause::Open`] the connection's last one.
    pub stamp: Stamp,
    /// When that was: the packet's time; for [`EndCause::Open`] the capture time up to which nothing more came.
    pub at: Timestamp,
    /// Where a FIN or RST of TCP stands between the two streams, if that is known; for [`EndCause::RstByPeer`] in its sender's.
    pub place: Option<EndPlace>,
}

impl End {
    /// A packet ended it.
    pub const fn by_packet(cause: EndCause, stamp: Stamp) -> Self {
        Self { cause, stamp, at: stamp.time, place: None }
    }

    /// A packet of TCP ended it, which stands at this place.
    pub const fn at_place(cause: EndCause, stamp: Stamp, place: Option<EndPlace>) -> Self {
        Self { place, ..Self::by_packet(cause, stamp) }
    }

    /// Whether the capture went on for long after the last packet of a connection that nothing ended.
    pub fn has_stopped(&self) -> bool {
        self.cause == EndCause::Open && self.at.since(self.stamp.time) > OVERDUE
    }

    /// When and where it was said.
    pub const fn said(&self) -> Said {
        Said { stamp: self.stamp, place: self.place }
    }

    /// The place of a FIN.
    pub fn fin(&self) -> Option<EndPlace> {
        self.place.filter(|_| self.cause == EndCause::Fin)
    }

    /// Whether this FIN and the other side's crossed on their way: neither acknowledges the other, so that neither side
    /// left because the other had (RFC 9293 §3.6, case 3). Which was captured first says nothing then.
    pub fn crosses(&self, other: &Self) -> bool {
        match (self.fin(), other.fin()) {
            (Some(own), Some(other)) => own.knows_not(&other) && other.knows_not(&own),
            _ => false,
        }
    }
}

/// The side that ended first: the one whose end was told `first`, unless that answers the end of the other side.
pub fn ended_first(first: Peer, ends: &PerPeer<Option<End>>) -> Peer {
    let own = |peer: Peer| ends.of(peer).filter(|end| matches!(end.cause, EndCause::Fin | EndCause::Rst));
    let answers = own(first).zip(own(!first)).is_some_and(|(end, other)| end.said().answers(&other.said()));
    if answers { !first } else { first }
}

/// When and where a side said something: its packet, and its place between the two streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The packet.
    pub stamp: Stamp,
    /// Its place, if that is known.
    pub place: Option<EndPlace>,
}

impl Said {
    /// Whether this is said in answer to what the `other` side said, or after having seen it.
    pub fn answers(&self, other: &Self) -> bool {
        self.place.zip(other.place).is_some_and(|(own, other)| own.answers(&other))
    }

    /// Whether this came before what the other side said. Whatever a side acknowledges was there before it spoke; only where
    /// neither acknowledges the other one does it count which was captured first.
    pub fn precedes(&self, other: &Self) -> bool {
        other.answers(self) || !self.answers(other) && self.stamp < other.stamp
    }
}

/// Where an end stands between the two streams: what it is ordered by, as clocks and the order of packets prove little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndPlace {
    /// How many bytes of its sender's stream came before it.
    pub at: u64,
    /// How many bytes of the other stream it acknowledges; the FIN of that side counts as one more. `None` where it acknowledges
    /// nothing, or that is not known.
    pub acknowledged: Option<u64>,
}

impl EndPlace {
    /// Whether what stands here acknowledges what stands there, on the other side.
    pub fn answers(&self, other: &Self) -> bool {
        self.acknowledged.is_some_and(|up_to| up_to > other.at)
    }

    /// Whether it was sent before that had come.
    pub fn knows_not(&self, other: &Self) -> bool {
        self.acknowledged.is_some_and(|up_to| up_to <= other.at)
    }
}

/// What ended one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndCause {
    /// The sender closed its direction in order (FIN).
    Fin,
    /// The sender reset the connection (RST).
    Rst,
    /// The other side reset the connection (RST).
    RstByPeer,
    /// Nothing did: the capture ends, or wsight forgot an idle connection.
    Open,
    /// The capture holds no packet of this direction at all.
    Unseen,
}

impl EndCause {
    /// `fin`, `rst` or `open`, as JSON prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst | Self::RstByPeer => "rst",
            Self::Open | Self::Unseen => "open",
        }
    }

    /// Whether a packet shows this end, and not only that nothing more was captured.
    pub const fn is_captured(self) -> bool {
        match self {
            Self::Fin | Self::Rst | Self::RstByPeer => true,
            Self::Open | Self::Unseen => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The extents of both parts of ten bytes that `extent` carried, divided after `count`.
    fn parts(extent: Extent, count: usize) -> [(usize, u64, u64); 2] {
        let chunk = Chunk { bytes: &[0; 10], stamp: Stamp::default(), extent };
        let (head, tail) = chunk.split_at(count);
        [head, tail].map(|part| (part.bytes.len(), part.extent.start, part.extent.end))
    }

    #[test]
    fn plain_bytes_move_their_extent_and_others_keep_what_carried_them() {
        assert_eq!(parts(Extent::new(100, 10), 4), [(4, 100, 104), (6, 104, 110)]);
        assert_eq!(parts(Extent::new(100, 10), 11), [(10, 100, 110), (0, 110, 110)]);
        // A TLS record: five bytes of header and sixteen of tag besides.
        assert_eq!(parts(Extent::new(100, 31), 4), [(4, 100, 131), (6, 100, 131)]);
    }

    #[test]
    fn who_acknowledges_came_second_whatever_was_captured_first() {
        let said = |seconds: i64, at, acknowledged| Said {
            stamp: Stamp { time: Timestamp::from_nanos(seconds * 1_000_000_000), ..Stamp::default() },
            place: Some(EndPlace { at, acknowledged }),
        };
        let fin = said(2, 10, Some(5));
        assert!(!said(1, 5, Some(11)).precedes(&fin) && fin.precedes(&said(1, 5, Some(11))));
        // Neither had seen the other one, or nothing is known: what was captured first is.
        for acknowledged in [Some(10), None] {
            assert!(said(1, 5, acknowledged).precedes(&fin));
            assert!(!said(3, 5, acknowledged).precedes(&fin));
        }
        let end = |cause, said: Said| Some(End::at_place(cause, said.stamp, said.place));
        for (acknowledged, first) in [(11, Peer::Server), (10, Peer::Client)] {
            let client = said(1, 5, Some(acknowledged));
            let ends = PerPeer { client: end(EndCause::Fin, client), server: end(EndCause::Fin, fin) };
            assert_eq!(ended_first(Peer::Client, &ends), first);
            // What the other side sent says nothing of this one's end.
            let reset = PerPeer { client: end(EndCause::RstByPeer, client), ..ends };
            assert_eq!(ended_first(Peer::Client, &reset), Peer::Client);
        }
    }
}
