//! Packets on their way from an interface to the analysis, many at a time.

use crate::model::Timestamp;

/// Some packets of one interface, in the order in which they came, and what was dropped before the next ones.
#[derive(Debug, Default)]
pub(super) struct PacketBatch {
    bytes: Vec<u8>,
    packets: Vec<Taken>,
    /// Packets dropped after these.
    pub(super) dropped: Dropped,
}

/// Packets that were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// By the interface or its driver.
    pub(super) by_interface: u64,
    /// By the kernel, or by wsight, which had no room for them.
    pub(super) by_system: u64,
}

impl Dropped {
    pub(super) const fn total(self) -> u64 {
        self.by_interface + self.by_system
    }
}

/// A packet of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// When it was captured.
    pub(super) time: Timestamp,
    /// How many bytes it had on the wire.
    pub(super) wire_length: u32,
    start: usize,
    length: usize,
}

impl PacketBatch {
    pub(super) fn push(&mut self, time: Timestamp, wire_length: u32, bytes: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.packets.push(Taken { time, wire_length, start, length: bytes.len() });
    }

    pub(super) fn packet(&self, at: usize) -> Option<Taken> {
        self.packets.get(at).copied()
    }

    pub(super) fn bytes(&self, packet: Taken) -> &[u8] {
        self.bytes.get(packet.start..packet.start + packet.length).unwrap_or_default()
    }

    /// When its last packet was captured.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.packets.last().map(|packet| packet.time)
    }

    pub(super) fn packets(&self) -> usize {
        self.packets.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty() && self.dropped == Dropped::default()
    }

    /// What it takes in memory, in bytes.
    pub(super) fn size(&self) -> u64 {
        (self.bytes.len() + self.packets.len() * size_of::<Taken>()) as u64
    }

    /// Empties it, for the next packets.
    pub(super) fn clear(&mut self) {
        self.let_go();
        self.dropped = Dropped::default();
    }

    /// Lets its packets go.
    pub(super) fn let_go(&mut self) {
        self.bytes.clear();
        self.packets.clear();
    }
}
