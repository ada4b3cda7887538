//! The closed list of what a capture holds.

use super::{Packet, Stamp, Timestamp};

/// What a source gives next.
///
/// It is taken apart by a `match` that names every kind. So a new kind compiles only once everyone who takes records has
/// said what to do with it.
#[derive(Clone, Debug)]
pub enum Captured<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Packets were lost while capturing; boxed because it is rare.
    Drops(Box<Drops>),
    /// The source's clock reached this time, and no packet with an earlier time follows.
    Clock(Timestamp),
    /// Keys of encrypted connections; boxed because they are rare.
    Secrets(Box<SecretsBlock>),
    /// Nothing came for a while, and more may come: a moment to look at what else has changed.
    Pause,
}

/// Packets that the kernel or the interface dropped while capturing.
///
/// A pcapng file tells this in two ways: a total per interface in its statistics blocks, and a count on the packet
/// before which packets were lost. Each dropped packet is reported once: the statistics speak only of what the
/// packets have not reported already, and of what has come since the interface's last statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drops {
    /// The name the capture gives the interface. It is captured text: escape it before it reaches a terminal.
    pub interface: Option<String>,
    /// How many more packets were dropped.
    pub dropped: u64,
    /// The last packet before the report of it; if there is none, only `file` is set.
    pub stamp: Stamp,
}

/// Secrets of TLS connections, as a Decryption Secrets Block holds them: the text of a key log file
/// (`NSS Key Log Format`, one secret a line).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretsBlock {
    /// The text, as captured: nothing has checked it.
    pub log: Vec<u8>,
    /// The last packet before it; if there is none, only `file` is set.
    pub stamp: Stamp,
}
