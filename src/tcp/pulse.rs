//! What tells one sender's packets from another's: their times, their IPv4 identification and their time to live.

use crate::model::{ForeignReset, OtherPath, ResetMark, SegmentHeader, Stamp, Timestamp};
use std::time::Duration;

/// The same bytes this soon after each other are one packet captured twice, if nothing else tells them apart.
pub(super) const TOGETHER: Duration = Duration::from_millis(10);

/// The same for SYNs: nobody sends one again within a second (RFC 6298 §2), and clocks of two places are closer than this.
const SYN_TOGETHER: Duration = Duration::from_millis(500);

/// Places where one traffic is captured are seldom further apart, and nobody sends again so soon (RFC 6298 §2.4).
const APART: Duration = Duration::from_millis(100);

/// Between two packets of a connection, hosts that count identifications up count no further than this.
const FAR: u16 = 2048;

/// What is remembered of a side's packets, whatever they carry. Every packet updates it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    /// When its latest packet came.
    pub(super) heard: Timestamp,
    /// IPv4's identification of that.
    identification: u16,
    /// The first identification of its packets that is not 0: where it never changes, it tells no packets apart.
    first_identification: u16,
    /// The time to live of packets that were captured once more, at a place that lies further away or nearer; 0 while there
    /// is none.
    copied_hops: u8,
    /// The lowest time to live of its packets; 0 before the first.
    lowest: u8,
    /// The highest time to live of its packets.
    highest: u8,
}

impl Pulse {
    /// Whether packets of this side came with such a time to live.
    #[inline]
    pub(super) const fn is_usual(&self, hops: u8) -> bool {
        self.lowest <= hops && hops <= self.highest
    }

    /// What is strange about the first bytes of this side, if they came by another path than its packets before.
    pub(super) fn other_path(&self, header: &SegmentHeader) -> Option<OtherPath> {
        let (hops, usual) = (header.marks.hops, self.lowest);
        let is_other = hops != 0 && usual != 0 && usual == self.highest && hops != usual;
        is_other.then_some(OtherPath { stamp: header.stamp, hops, usual })
    }

    /// A packet of this side came.
    pub(super) fn beat(&mut self, header: &SegmentHeader) {
        let hops = header.marks.hops;
        if self.lowest == 0 {
            (self.lowest, self.highest, self.heard) = (hops, hops, header.stamp.time);
        } else if !self.is_usual(hops) {
            self.lowest = self.lowest.min(hops);
            self.highest = self.highest.max(hops);
        }
        if self.first_identification == 0 {
            self.first_identification = header.marks.identification;
        }
        self.beat_as_usual(header);
    }

    /// A packet of this side came, with a time to live that is [usual](Self::is_usual).
    #[inline]
    pub(super) const fn beat_as_usual(&mut self, header: &SegmentHeader) {
        let new = header.marks.identification;
        // A packet that is captured once more is no sign of life.
        if !self.is_earlier(new) {
            self.heard = header.stamp.time;
        }
        // If two packets were captured in the wrong order, the later identification counts.
        self.identification = new;
    }

    /// Whether this identification is that of a packet shortly before the latest one: hosts count them up, unless they give
    /// all packets the same (RFC 6864 §4.1 demands no more than that those of fragments differ).
    #[inline]
    const fn is_earlier(&self, identification: u16) -> bool {
        const RECENT: u16 = 256;
        let behind = self.identification.wrapping_sub(identification);
        identification != 0 && behind != 0 && behind < RECENT
    }

    /// Whether this was sent before the latest one, as its identification shows.
    pub(super) const fn is_older(&self, header: &SegmentHeader) -> bool {
        self.is_earlier(header.marks.identification)
    }

    /// Whether this, which repeats what was captured, is a packet that was captured before: at another place, on another
    /// interface, or by a file that was merged twice. One that is sent again has a higher identification; where those tell
    /// nothing, it is the hop count or the time that tells.
    pub(super) fn is_copy(&self, header: &SegmentHeader) -> bool {
        let (identification, latest) = (header.marks.identification, self.identification);
        if !self.is_identified(header) {
            let near = if header.flags.syn() { SYN_TOGETHER } else { TOGETHER };
            return self.is_of_other_place(header) || header.stamp.time.since(self.heard) < near;
        }
        let is_known = identification == latest || self.is_earlier(identification);
        // Hosts that choose identifications at random leave it to the hop count.
        is_known || identification.wrapping_sub(latest) > FAR && self.is_of_other_place(header)
    }

    /// Whether identifications tell this packet from others: not in IPv6, and not where all have the same.
    pub(super) const fn is_identified(&self, header: &SegmentHeader) -> bool {
        let (identification, latest) = (header.marks.identification, self.identification);
        identification != 0 && (identification != latest || self.first_identification != latest)
    }

    /// Whether its hop count is another one than that of the packet which it repeats, as far as is known.
    pub(super) const fn is_of_other_place(&self, header: &SegmentHeader) -> bool {
        let hops = header.marks.hops;
        if self.copied_hops != 0 {
            return hops == self.copied_hops;
        }
        let is_only_one = self.lowest == self.highest;
        self.lowest != 0 && hops != 0 && !(is_only_one && hops == self.lowest)
    }

    /// The latest packet of this side was captured before; `before` is what was known then. The later identification counts,
    /// unless it is so long ago that it may have been captured too early.
    pub(super) fn was_copy(&mut self, before: &Self, header: &SegmentHeader) {
        let passed = header.stamp.time.passed_since(before.heard);
        if before.identification != 0 && passed.is_some_and(|passed| passed < APART) {
            self.identification = before.identification;
        }
    }

    /// The same of one that repeats what was captured: shows what tells such packets.
    pub(super) const fn note_copy(&mut self, before: &Self, header: &SegmentHeader) {
        if before.is_of_other_place(header) {
            self.copied_hops = header.marks.hops;
        }
    }

    /// What is strange about a reset in the name of this side, if anything is. Before its first packet nobody knows, and
    /// [`compare`](Self::compare) tells later.
    pub(super) fn foreign_reset(&self, header: &SegmentHeader) -> Option<ForeignReset> {
        let hops = header.marks.hops;
        let silence = self.silence(header.stamp);
        let may_be = hops > 0 && (self.lowest == 0 || !self.is_usual(hops));
        may_be.then(|| ForeignReset {
            stamp: header.stamp,
            mark: ResetMark::HopCount,
            hops,
            usual: self.usual(hops),
            silence,
        })
    }

    /// A reset in the name of this side that is strange whatever its hop count is.
    pub(super) fn marked_reset(&self, stamp: Stamp, mark: ResetMark) -> ForeignReset {
        let silence = self.silence(stamp);
        ForeignReset { stamp, mark, hops: self.highest, usual: self.highest, silence }
    }

    /// The time since this side's last packet.
    fn silence(&self, stamp: Stamp) -> Option<Duration> {
        stamp.time.passed_since(self.heard).filter(|_| self.lowest > 0)
    }

    /// The hop count that is usual for this side, and nearest to this one; 0 before its first packet.
    const fn usual(&self, hops: u8) -> u8 {
        if hops < self.lowest { self.lowest } else { self.highest }
    }

    /// The same reset, if it is still strange now that this side's packets are known.
    pub(super) fn compare(&self, reset: ForeignReset) -> Option<ForeignReset> {
        if reset.mark != ResetMark::HopCount {
            return Some(reset);
        }
        let usual = if reset.usual == 0 { self.usual(reset.hops) } else { reset.usual };
        (usual != 0 && usual != reset.hops && !self.is_usual(reset.hops))
            .then_some(ForeignReset { usual, ..reset })
    }
}
