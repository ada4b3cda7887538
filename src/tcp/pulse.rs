//! What tells one sender's packets from another's: their times, their IPv4 identification and their time to live.

use crate::model::{ForeignReset, ResetMark, SegmentHeader, Stamp, Timestamp};
use std::time::Duration;

/// The same bytes this soon after each other are one packet captured twice, if nothing else tells them apart.
const TOGETHER: Duration = Duration::from_millis(10);

/// What is remembered of a side's packets, whatever they carry. Every packet updates it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    /// When its latest packet came.
    pub(super) heard: Timestamp,
    /// IPv4's identification of that.
    identification: u16,
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

    /// A packet of this side came.
    pub(super) fn beat(&mut self, header: &SegmentHeader) {
        let hops = header.marks.hops;
        if self.lowest == 0 {
            (self.lowest, self.highest, self.heard) = (hops, hops, header.stamp.time);
        } else if !self.is_usual(hops) {
            self.lowest = self.lowest.min(hops);
            self.highest = self.highest.max(hops);
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

    /// Whether this may be a packet that was captured before: one that is sent again has a higher identification.
    pub(super) fn is_copy(&self, header: &SegmentHeader) -> bool {
        let identification = header.marks.identification;
        let tells = identification != 0 && identification != self.identification;
        if tells { self.is_earlier(identification) } else { header.stamp.time.since(self.heard) < TOGETHER }
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
