//! A segment as its connection's health is watched by it.

use super::lane::Act;
use super::pulse::Pulse;
use crate::model::{Extent, Peer, PerPeer, SegmentHeader};

/// A segment as it is watched, before its bytes are taken.
#[derive(Debug)]
pub(super) struct Beat<'a> {
    pub(super) from: Peer,
    pub(super) header: &'a SegmentHeader,
    /// Its payload bytes on the wire.
    pub(super) length: u64,
    pub(super) act: Act,
    /// It was sent before another that was captured earlier: it acknowledges less, or stands before bytes that came.
    pub(super) is_old: bool,
    /// What was known of both sides before it.
    pub(super) pulses: PerPeer<Pulse>,
    /// Bytes of each side that the other one acknowledged.
    pub(super) acked: PerPeer<u64>,
    /// Bytes of each side that were captured.
    pub(super) sent: PerPeer<u64>,
    /// For how many bytes its sender has room; nothing where the scale of that is not known.
    pub(super) room: Option<u32>,
    /// Of bytes of the other side behind some that are missing, those that it acknowledges selectively in one block.
    pub(super) block: Option<Extent>,
    /// If it is sent again, the length of the longest of its sender's latest segments that was acknowledged.
    pub(super) longest_acked: Option<u64>,
}

impl Beat<'_> {
    /// Whether the other side has acknowledged all of it already.
    pub(super) fn is_acknowledged(&self) -> bool {
        let end = *self.sent.of(self.from) + self.length;
        self.act == Act::New && self.length > 0 && end <= *self.acked.of(self.from)
    }
}
