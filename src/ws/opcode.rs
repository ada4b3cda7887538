//! Opcodes (RFC 6455 §5.2, §11.8).

use std::fmt;

/// What a frame is. In memory it is its bits, so that they are read off it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with a fragmented message (0).
    Continuation = 0,
    /// Begins a text message (1).
    Text = 1,
    /// Begins a binary message (2).
    Binary = 2,
    /// Closes the session (8).
    Close = 8,
    /// Asks for a pong (9).
    Ping = 9,
    /// Answers a ping, or a heartbeat of its own (10).
    Pong = 10,
    /// Not assigned: 3 to 7, 11 to 15.
    Reserved(u8) = 16,
}

impl Opcode {
    /// The name that JSON prints: `text`, `reserved-3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Continuation => "continuation",
            Self::Text => "text",
            Self::Binary => "binary",
            Self::Close => "close",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Reserved(3) => "reserved-3",
            Self::Reserved(4) => "reserved-4",
            Self::Reserved(5) => "reserved-5",
            Self::Reserved(6) => "reserved-6",
            Self::Reserved(7) => "reserved-7",
            Self::Reserved(11) => "reserved-11",
            Self::Reserved(12) => "reserved-12",
            Self::Reserved(13) => "reserved-13",
            Self::Reserved(14) => "reserved-14",
            Self::Reserved(_) => "reserved-15",
        }
    }

    /// The opcode in the low four bits of `bits`.
    pub const fn from_bits(bits: u8) -> Self {
        match bits & 0x0f {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            other => Self::Reserved(other),
        }
    }

    /// Its four bits.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
            Self::Reserved(bits) => bits,
        }
    }

    /// Whether it is a data frame's: one that carries a message, or a part of one (RFC 6455 §5.6).
    pub const fn is_data(self) -> bool {
        matches!(self, Self::Continuation | Self::Text | Self::Binary)
    }

    /// Whether it is a control frame's: its highest bit says so, reserved ones included (RFC 6455 §5.5).
    pub const fn is_control(self) -> bool {
        self.bits() & 0x08 != 0
    }
}

/// `text`, `continuation`, `reserved-3`, …, as JSON prints it.
impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
