//! What every origin of packets has in common.

use super::CaptureError;
use crate::model::{Packet, Stamp, Timestamp};

/// What a source gives next.
#[derive(Clone, Debug)]
pub enum Captured<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Word of packets that were never captured; boxed, as it is rare.
    Drops(Box<Drops>),
    /// The source's clock: so late it is, and no packet of an earlier time follows.
    Clock(Timestamp),
}

/// Packets that the kernel or the interface dropped while capturing.
///
/// A pcapng file tells this in two ways: a total per interface in its statistics blocks, and a count on the packet
/// before which packets were lost. Each dropped packet is told once: the statistics speak only of what the packets
/// have not told already, and of what has come since the interface's last statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drops {
    /// The name the capture gives the interface. It is captured text: escape it before it reaches a terminal.
    pub interface: Option<String>,
    /// How many more packets were dropped.
    pub dropped: u64,
    /// The last packet before the word of it; before the first packet only `file` is set.
    pub stamp: Stamp,
}

/// Where packets come from.
pub trait Source {
    /// The next packet, in file order; `Ok(None)` at the end.
    ///
    /// After an error the input it names is done with. A source of several inputs ([`Files`](super::Files)) goes on
    /// with the next input when it is asked again; any other then says `Ok(None)`.
    fn next(&mut self) -> Result<Option<Captured<'_>>, CaptureError>;

    /// How much of the inputs was read.
    fn progress(&self) -> Progress;
}

/// How much of the inputs was read, for a progress bar: bytes as they are stored, compressed ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub read: u64,
    /// Bytes of all inputs together; unknown when one of them is a pipe.
    pub total: Option<u64>,
}

impl Progress {
    /// How much of the inputs was read, in thousandths; unknown for a pipe.
    pub fn thousandths(self) -> Option<u16> {
        let total = self.total?;
        let done = u128::from(self.read) * 1000 / u128::from(total.max(1));
        u16::try_from(done.min(1000)).ok()
    }
}
