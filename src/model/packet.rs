//! A captured packet and where it stands in its capture.

use super::{FileId, PacketNumber, Timestamp};
use std::fmt;

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

/// Where a packet is: its input, and its number there.
pub type PacketPlace = (FileId, PacketNumber);

impl Stamp {
    /// Where the packet is.
    pub const fn place(self) -> PacketPlace {
        (self.file, self.packet)
    }
}

/// A link-layer header type, as numbered by tcpdump.org's registry (`LINKTYPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

/// What its packets are, in words.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "Ethernet frames",
            3..=8 | 10 | 11 | 99 | 100 => "frames of an old network (AX.25, Token Ring, FDDI, ARCNET, ATM)",
            105 | 119 | 127 | 163 | 192 => "802.11 frames",
            107 => "Frame Relay frames",
            147..=162 => return write!(f, "packets of the private link type {}", self.0),
            187 | 201 | 251 | 254 | 255 => "Bluetooth packets",
            186 | 189 | 220 | 249 | 266 | 288 => "USB packets",
            195 | 215 | 230 | 283 => "802.15.4 frames",
            190 | 227 => "CAN frames",
            197 => "ERF records",
            122 | 224 | 225 => "Fibre Channel frames",
            243 => "MPEG transport packets",
            253 => "netlink messages",
            _ => return write!(f, "packets of link type {}", self.0),
        })
    }
}

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
