//! What the two formats hand to the reader, and how they fail.

use super::appearance::Appearance;
use super::compression::{Compression, Foreign};
use super::error::Damage;
use crate::model::{LinkType, Timestamp};
use std::io;

/// One thing found in a capture.
#[derive(Debug)]
pub(super) enum CaptureRecord {
    /// A packet.
    Packet(PacketSpan),
    /// A block that Wireshark gives a packet number although it holds no packet.
    Numbered,
    /// The source's clock reached this time.
    Clock(Timestamp),
    /// Packets were dropped.
    Drops {
        /// On which interface.
        interface: Option<String>,
        /// How many more.
        dropped: u64,
    },
    /// The text of a TLS key log.
    Secrets(Vec<u8>),
}

/// A packet whose bytes lie in the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacketSpan {
    /// Where its bytes begin in the window's buffer.
    pub start: usize,
    /// How many were captured.
    pub length: usize,
    /// Where they begin in the (decompressed) file.
    pub offset: u64,
    /// When it was captured; a simple packet block does not say.
    pub time: Option<Timestamp>,
    /// What it begins with.
    pub link: LinkType,
    /// Its length on the wire.
    pub wire_length: u32,
    /// The number of its interface in the section; 0 if there are none.
    pub interface: u32,
}

/// Why a capture cannot be read on; the reader adds the file's name and the place.
#[derive(Debug)]
pub(super) enum Fault {
    /// There are no bytes at all.
    Empty,
    /// It is something else, which begins so.
    NotACapture { appearance: Appearance, first_bytes: Vec<u8> },
    /// The bytes end inside something.
    Ends(FilePart),
    /// The bytes at `offset` contradict themselves.
    Damaged { offset: u64, damage: Damage },
    /// No more bytes can be had.
    Read(ReadFault),
}

/// A part of a file that can be cut off.
#[derive(Clone, Copy, Debug)]
pub(super) enum FilePart {
    /// The file header.
    Header,
    /// A packet.
    Packet,
    /// A pcapng block without a packet.
    Block,
}

/// Why no more bytes can be had.
#[derive(Debug)]
pub(super) enum ReadFault {
    /// The operating system says so.
    Os(io::Error),
    /// The data is compressed in a way that is left to other programs.
    Foreign(Foreign),
    /// The compressed data ends early.
    CutOff(Compression),
    /// The compressed data contradicts itself.
    Corrupt(Compression, String),
    /// There are none yet.
    Pause,
}

impl From<ReadFault> for Fault {
    fn from(fault: ReadFault) -> Self {
        Self::Read(fault)
    }
}
