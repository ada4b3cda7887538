//! What a scenario says, line by line, before it is played.

use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;
use wsight::model::Peer;

/// One thing a line says.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Something that holds from here on.
    Setting(Setting),
    /// Something that holds for one connection that has not begun yet.
    ConnectionSetting(u32, Setting),
    /// A step of one side of one connection.
    Step(Step),
}

/// A line that sends nothing itself.
#[derive(Clone, Debug)]
pub enum Setting {
    /// Time passes.
    Wait(Duration),
    /// The clock of the capture steps back.
    Back(Duration),
    /// How much time every packet takes.
    Pace(Duration),
    /// Where one side is: address, port or both.
    Endpoint(Peer, Option<IpAddr>, Option<u16>),
    /// Connections begin in mid-stream.
    NoHandshake,
    /// The first sequence number of both sides.
    FirstSequence(u32),
    /// VLAN tags, outer first.
    Vlan(Vec<u16>),
    /// IPv6 addresses in place of the default IPv4 ones.
    Ipv6,
    /// No packet keeps more bytes than this.
    Snaplen(u32),
    /// Only this side's packets are captured from here on.
    Tap(Peer),
    /// A packet of any bytes, link header first.
    Packet(Vec<u8>),
    /// The hop count of one side's packets from here on.
    Hops(Peer, u8),
    /// The receive window of one side's packets from here on, as it stands in the header.
    Window(Peer, u16),
    /// How far ahead the clock is that stamps this side's packets from here on; the capture is merged by time.
    Skew(Peer, Duration),
    /// TCP options of every SYN besides the maximum segment size.
    SynOptions(Vec<u8>),
    /// How many packets the interface says it dropped (pcapng only).
    Drops(u64),
}

/// What one side does in one step.
#[derive(Clone, Debug)]
pub struct Step {
    /// On which connection.
    pub connection: u32,
    /// Which side.
    pub peer: Peer,
    /// What happens to its packets on the way.
    pub transport: Transport,
    /// What it sends.
    pub action: Action,
}

/// What a step sends.
#[derive(Clone, Debug)]
pub enum Action {
    /// A SYN, or the answer to one.
    Syn,
    /// The answer to a SYN.
    SynAck,
    /// A pure acknowledgment.
    Ack,
    /// A TCP keep-alive: nothing, one byte before the next. Probes of a closed window look the same.
    KeepAlive,
    /// A reset.
    Rst,
    /// One that acknowledges nothing, as a host answers that has no connection: it stands where the latest packet of the other side
    /// acknowledges this one.
    BareRst,
    /// Bytes, a FIN, or both.
    Data(Vec<Item>),
}

/// A part of the bytes of a step.
#[derive(Clone, Debug)]
pub enum Item {
    /// A WebSocket frame.
    Frame(Frame),
    /// An HTTP head and its body.
    Head(Head),
    /// A frame of HTTP/2, or several.
    Http2(Http2),
    /// Any bytes.
    Raw(Vec<u8>),
    /// The end of this direction, on the last segment.
    Fin,
    /// Here one segment ends and another begins.
    Border,
}

/// What is sent over HTTP/2, right or wrong (RFC 9113 §6).
#[derive(Clone, Debug)]
pub enum Http2 {
    /// The client's preface, and its first settings.
    Preface {
        /// By number.
        settings: Vec<(u16, u32)>,
    },
    /// Settings, or their acknowledgment.
    Settings {
        /// Whether it is the latter.
        ack: bool,
        /// By number.
        settings: Vec<(u16, u32)>,
    },
    /// A head, compressed with what its sender sent before.
    Head {
        /// Of this stream.
        stream: u32,
        /// Whether the stream ends with it.
        end: bool,
        /// In so many frames.
        pieces: usize,
        /// Names in lower case, and values.
        fields: Vec<(String, Vec<u8>)>,
    },
    /// Content.
    Data {
        /// Of this stream.
        stream: u32,
        /// Whether the stream ends with it.
        end: bool,
        /// Bytes of padding, where there is any.
        padding: Option<u8>,
        /// Bytes of content in a frame, where there are several.
        size: Option<usize>,
        /// What is sent.
        content: Option<Box<Item>>,
    },
    /// The end of a stream.
    Reset {
        /// Which.
        stream: u32,
        /// Why.
        code: u32,
    },
    /// The end of a connection.
    GoAway {
        /// The last stream that was looked at.
        last: u32,
        /// Why.
        code: u32,
        /// In words.
        debug: Vec<u8>,
    },
    /// More bytes may be sent.
    Window {
        /// On this stream; 0 is the connection.
        stream: u32,
        /// So many.
        bytes: u32,
    },
    /// Any frame.
    Frame {
        /// Its type.
        kind: u8,
        /// Its flags.
        flags: u8,
        /// Its stream.
        stream: u32,
        /// What it holds.
        payload: Vec<u8>,
    },
}

/// A WebSocket frame, right or wrong (RFC 6455 §5.2).
#[derive(Clone, Debug)]
pub struct Frame {
    /// The FIN bit.
    pub fin: bool,
    /// RSV1 to RSV3 as a number: 4, 2, 1.
    pub rsv: u8,
    /// 0 to 15.
    pub opcode: u8,
    /// Whether and how it is masked.
    pub mask: Mask,
    /// The declared length, where it is not the payload's.
    pub declared: Option<u64>,
    /// The form of the length, where it is not the shortest.
    pub form: Option<Form>,
    /// Whether the payload is to be compressed.
    pub deflate: Deflate,
    /// The payload before masking and compression.
    pub payload: Vec<u8>,
}

/// The masking of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// As the sender's side demands: clients mask, servers do not (RFC 6455 §5.3).
    BySide,
    /// Masked with a key of its own.
    Auto,
    /// Not masked.
    Absent,
    /// Masked with this key.
    Key([u8; 4]),
}

/// The three forms of a frame's length (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the second byte.
    Short,
    /// In 16 bits.
    Bits16,
    /// In 64 bits.
    Bits64,
}

/// The compression of a frame's payload (RFC 7692 §7.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deflate {
    /// Sent as it is.
    Off,
    /// Compressed with what this side has sent so far as context.
    Continued,
    /// Compressed without context.
    Fresh,
}

/// An HTTP head and its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// What its first line is made of.
    pub start: Start,
    /// `HTTP/1.1`, mostly.
    pub version: String,
    /// Changes to the headers a proper one has, in order.
    pub edits: Vec<Edit>,
    /// What follows the head.
    pub body: Vec<u8>,
}

/// The first line of an HTTP head.
#[derive(Clone, Debug)]
pub enum Start {
    /// A request for a WebSocket (RFC 6455 §4.1).
    Upgrade {
        /// `GET` in a proper one.
        method: String,
        /// The path.
        target: String,
    },
    /// An ordinary request.
    Request {
        /// `GET` and others.
        method: String,
        /// The path.
        target: String,
    },
    /// The answer that opens the WebSocket (RFC 6455 §4.2.2).
    Switching,
    /// Any other answer.
    Response {
        /// 100 to 599.
        status: u16,
    },
}

/// A change to the headers.
#[derive(Clone, Debug)]
pub enum Edit {
    /// `-Name`: without it.
    Drop(String),
    /// `=Name: value`: with another value, in its place.
    Replace(String, Vec<u8>),
    /// `+Name: value`: added at the end.
    Add(String, Vec<u8>),
}

/// What happens to a step's packets on the way and in the capture.
#[derive(Clone, Debug)]
pub struct Transport {
    /// How often the step is done.
    pub times: u32,
    /// Where its bytes are cut into segments.
    pub split: Split,
    /// Which segments are sent, in which order.
    pub order: Order,
    /// The first segment is sent again after the acknowledgment, with this many last bytes inverted.
    pub again: Option<usize>,
    /// The first segment is sent again so often, after waits that double from this one.
    pub resend: Option<(u32, Duration)>,
    /// What is lost.
    pub loss: Loss,
    /// How often each packet is captured.
    pub copies: Copies,
    /// The hop count of the step's packets, where it is not the side's.
    pub hops: Option<u8>,
    /// How many bytes of each packet the capture keeps.
    pub snap: Option<u32>,
    /// What becomes of the receiver's acknowledgments.
    pub acks: Acks,
    /// How many packets earlier each packet is captured than it was sent.
    pub early: usize,
    /// What the packets go with.
    pub with: With,
}

/// What the bytes of a step go with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// Packets of their own.
    Nothing,
    /// The SYN (RFC 7413).
    Syn,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            times: 1,
            split: Split::BySize,
            order: Order::InTurn,
            again: None,
            resend: None,
            loss: Loss::Nothing,
            copies: Copies::One,
            hops: None,
            snap: None,
            acks: Acks::Captured,
            early: 0,
            with: With::Nothing,
        }
    }
}

/// Where a step's bytes are cut into segments, besides at the maximum segment size.
#[derive(Clone, Debug)]
pub enum Split {
    /// Nowhere else.
    BySize,
    /// Each time after this many bytes.
    Every(usize),
    /// Before these bytes, counted from 0.
    At(Vec<usize>),
}

/// In which order a step's segments are sent.
#[derive(Clone, Debug)]
pub enum Order {
    /// Each once, the first one first.
    InTurn,
    /// The same, but the second one before the first.
    Swapped,
    /// These.
    Given(Vec<Sending>),
}

/// One sending of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    /// Which, from 0.
    pub segment: usize,
    /// How many of its last bytes are inverted.
    pub inverted: usize,
}

/// What is lost of a step.
#[derive(Clone, Debug)]
pub enum Loss {
    /// Nothing.
    Nothing,
    /// The receiver has it all, the capture nothing.
    Capture,
    /// The receiver has it all, the capture misses these bytes.
    CapturePart(Range<usize>),
    /// Neither the receiver nor the capture has it.
    Network,
    /// The capture has it, the receiver does not: it is lost beyond the place of the capture.
    Behind,
    /// The same for these bytes.
    BehindPart(Range<usize>),
}

/// How often a packet is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Once.
    One,
    /// Twice, as a mirror port that sees both ways in does.
    Two,
    /// First with a wrong byte, which its checksum shows and the receiver drops; then as it is.
    Damaged,
}

/// What becomes of the receiver's pure acknowledgments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// One after each data packet.
    Captured,
    /// Sent, not captured.
    Lost,
    /// Not sent: the receiver's next packet acknowledges.
    Withheld,
    /// Captured, with the first bytes that arrived beyond those that are missing (RFC 2018).
    Selective,
    /// Captured before the packet they acknowledge, as captures on several queues do.
    Early,
}
