//! A captured packet and where it stands in its capture.

use super::{FileId, PacketNumber, Timestamp};

/// Where and when a packet was captured: enough to find it again in Wireshark or in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Which input.
    pub file: FileId,
    /// Its number in that input, from 1.
    pub packet: PacketNumber,
    /// When it was captured.
    pub time: Timestamp,
    /// Where its captured bytes begin in the (uncompressed) file, in bytes.
    pub offset: u64,
}

/// A link-layer header type, as numbered by tcpdump.org's registry (`LINKTYPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u32);

/// One packet as captured.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Where and when.
    pub stamp: Stamp,
    /// What its bytes begin with.
    pub link: LinkType,
    /// How many bytes it had on the wire; more than `bytes` holds when the snap length cut it.
    pub wire_length: u32,
    /// The captured bytes, link header first.
    pub bytes: &'a [u8],
}
