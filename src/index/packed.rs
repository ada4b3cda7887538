//! Small facts as bits.

use crate::findings::Severity;
use crate::model::{Attempt, EndCause, FileId, GapCause, PacketNumber, PerPeer, Stamp, StreamId, Timestamp};
use crate::ws::{FrameEnd, Inflation, LengthForm};
use std::net::{SocketAddr, SocketAddrV4};

/// An input and a packet in it: the file's number in the upper 16 bits, the packet's in the lower 48.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PacketAt(u64);

const PACKET_BITS: u32 = 48;
const LAST_PACKET: u64 = (1 << PACKET_BITS) - 1;

impl PacketAt {
    pub(super) const fn packet(self) -> PacketNumber {
        PacketNumber(self.0 & LAST_PACKET)
    }

    pub(super) const fn file(self) -> FileId {
        let [high, low, ..] = self.0.to_be_bytes();
        FileId(u16::from_be_bytes([high, low]))
    }
}

impl From<Stamp> for PacketAt {
    fn from(stamp: Stamp) -> Self {
        Self(u64::from(stamp.file.0) << PACKET_BITS | stamp.packet.0.min(LAST_PACKET))
    }
}

/// Which attempt of its connection: a number of 31 bits, and whether that is a stream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedAttempt(u32);

impl PackedAttempt {
    const STREAM: u32 = 1 << 31;
}

impl From<Attempt> for PackedAttempt {
    fn from(attempt: Attempt) -> Self {
        Self(match attempt {
            Attempt::Ordinal(number) => number.min(Self::STREAM - 1),
            Attempt::Stream(StreamId(number)) => number | Self::STREAM,
        })
    }
}

impl From<PackedAttempt> for Attempt {
    fn from(PackedAttempt(bits): PackedAttempt) -> Self {
        match bits & PackedAttempt::STREAM {
            0 => Self::Ordinal(bits),
            _ => Self::Stream(StreamId(bits & !PackedAttempt::STREAM)),
        }
    }
}

/// A packet and its time, without its place in the file: half of the bytes of a [`Stamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedStamp {
    at: PacketAt,
    time: Timestamp,
}

impl PackedStamp {
    pub(super) const fn at(self) -> PacketAt {
        self.at
    }

    pub(super) const fn time(self) -> Timestamp {
        self.time
    }

    /// The offset is 0.
    pub(super) const fn stamp(self) -> Stamp {
        Stamp { file: self.at.file(), packet: self.at.packet(), time: self.time, offset: 0 }
    }
}

impl From<Stamp> for PackedStamp {
    fn from(stamp: Stamp) -> Self {
        Self { at: PacketAt::from(stamp), time: stamp.time }
    }
}

/// Both addresses of a connection, in a quarter of their bytes where they are of IPv4.
#[derive(Clone, Debug)]
pub(super) enum PackedEnds {
    V4(PerPeer<SocketAddrV4>),
    Other(Box<PerPeer<SocketAddr>>),
}

impl PackedEnds {
    pub(super) fn ends(&self) -> PerPeer<SocketAddr> {
        match self {
            Self::V4(ends) => PerPeer::from_fn(|peer| SocketAddr::V4(*ends.of(peer))),
            Self::Other(ends) => **ends,
        }
    }

    /// Bytes allocated.
    pub(super) const fn bytes_held(&self) -> usize {
        match self {
            Self::V4(_) => 0,
            Self::Other(_) => size_of::<PerPeer<SocketAddr>>(),
        }
    }
}

impl From<PerPeer<SocketAddr>> for PackedEnds {
    fn from(ends: PerPeer<SocketAddr>) -> Self {
        match (ends.client, ends.server) {
            (SocketAddr::V4(client), SocketAddr::V4(server)) => Self::V4(PerPeer { client, server }),
            _ => Self::Other(Box::new(ends)),
        }
    }
}

/// Functions that number values and find them by their number, from one table: a value that has no number does not
/// compile. Numbers that the table lacks, which are never written, stand for the value behind `else`.
macro_rules! numbered {
    ($bits_of:ident, $of_bits:ident: $of:ty,
     { $($bits:literal => $outer:path $(, $inner:path)?;)* } else $other:expr) => {
        pub(super) const fn $bits_of(value: $of) -> u32 {
            match value {
                $($outer $(($inner))? => $bits,)*
            }
        }

        pub(super) const fn $of_bits(bits: u32) -> $of {
            match bits {
                $($bits => $outer $(($inner))?,)*
                _ => $other,
            }
        }
    };
}

numbered! {
    bits_of_end, end_of_bits: FrameEnd, {
        0 => FrameEnd::Pending;
        1 => FrameEnd::Complete;
        2 => FrameEnd::Cut, EndCause::Fin;
        3 => FrameEnd::Cut, EndCause::Rst;
        4 => FrameEnd::Cut, EndCause::RstByPeer;
        5 => FrameEnd::Cut, EndCause::Open;
        6 => FrameEnd::Cut, EndCause::Unseen;
        7 => FrameEnd::Lost, GapCause::Lost;
        8 => FrameEnd::Lost, GapCause::Snaplen;
        9 => FrameEnd::Lost, GapCause::Limit;
        10 => FrameEnd::Lost, GapCause::Sealed;
        11 => FrameEnd::Lost, GapCause::Unseen;
        12 => FrameEnd::Lost, GapCause::RecordLost;
        13 => FrameEnd::Lost, GapCause::Unacknowledged;
        14 => FrameEnd::Lost, GapCause::Unframed;
    } else FrameEnd::Pending
}

numbered! {
    bits_of_severity, severity_of_bits: Option<Severity>, {
        0 => None;
        1 => Some, Severity::Note;
        2 => Some, Severity::Warning;
        3 => Some, Severity::Error;
    } else None
}

numbered! {
    bits_of_form, form_of_bits: LengthForm, {
        0 => LengthForm::Bits7;
        1 => LengthForm::Bits16;
        2 => LengthForm::Bits64;
    } else LengthForm::Bits7
}

numbered! {
    bits_of_inflation, inflation_of_bits: Inflation, {
        0 => Inflation::None;
        1 => Inflation::Whole;
        2 => Inflation::Failed;
        3 => Inflation::TooLarge;
        4 => Inflation::NoContext;
        5 => Inflation::Foreign;
    } else Inflation::None
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MessageFate {
    pub(super) inflation: Inflation,
    pub(super) complete: bool,
    pub(super) is_invalid_utf8: bool,
}

impl MessageFate {
    /// Never 0: 0 says that no message ended.
    pub(super) const fn bits(self) -> u32 {
        let Self { inflation, complete, is_invalid_utf8 } = self;
        1 | (complete as u32) << 1 | (is_invalid_utf8 as u32) << 2 | bits_of_inflation(inflation) << 3
    }

    pub(super) const fn of_bits(bits: u32) -> Self {
        Self {
            inflation: inflation_of_bits(bits >> 3),
            complete: bits & 2 != 0,
            is_invalid_utf8: bits & 4 != 0,
        }
    }
}
