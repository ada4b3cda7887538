//! Scenarios: texts that read like the trace they stand for, compiled to real packets.
//!
//! ```text
//! C> upgrade /chat
//! S< 101
//! C> ping 01 02
//! S< pong 01 03
//! ```
//!
//! A line has steps of the client (`C>`) and the server (`S<`), or one setting; several steps may share a line; `#`
//! begins a comment. A step is made of words about the transport, in any order, and an action. `2C>` and `2S<`
//! are connection 2; without a number it is connection 1. A mistake in a scenario panics with its line.
//!
//! # What happens by itself
//! A connection opens (SYN, SYN-ACK, ACK) before its first step. Data is cut at the maximum segment size (1460 bytes,
//! 1440 over IPv6); the receiver acknowledges every data packet with a packet of its own. Client frames are masked,
//! each with another key; server frames are not. Every packet takes 1 ms, captured or not, from
//! 2023-11-14T22:13:20Z on. Connection N is 10.0.0.1:40000+N to 10.0.0.2:8080; its SYNs have the sequence numbers
//! 1000000 + 10000 N and 5000000 + 10000 N.
//!
//! # Actions
//! | action | what is sent |
//! |---|---|
//! | `upgrade [METHOD] [/path] [HTTP/1.0] [header changes]` | a proper request with a new key, then changed |
//! | `101 [HTTP/1.0] [header changes]` | the proper answer to the last key, then changed |
//! | `http [METHOD] [/path] [HTTP/1.0] [payload] [header changes]` | an ordinary request; the payload is its body |
//! | `http STATUS [HTTP/1.0] [payload] [header changes]` | an ordinary answer with Content-Length |
//! | `text`, `binary`, `continuation`, `ping`, `pong` `[options] [payload]` | a frame |
//! | `close [options] [CODE] [payload]` | a Close frame; the code has 3 to 5 digits, the payload is the reason |
//! | `text-part`, `binary-part`, `continuation-part` (any frame) | with FIN off |
//! | `text-deflate [fresh]`, `continuation-deflate`, `text-deflate-part` (any frame) | compressed; RSV1 unless a continuation; `fresh` forgets the context, else each side keeps its own |
//! | `frame [options] [payload]` | a frame by its numbers, a text by default |
//! | `raw payload` | any bytes |
//! | `fin` | the end of this direction |
//! | `rst`, `ack`, `keepalive`, `syn`, `synack` | packets without data; `S< rst` right after `C> syn` refuses the connection |
//! | `rst-bare` | a reset that acknowledges nothing, with the number that the other side's latest packet acknowledges: a host answers so that has no connection |
//! | `[ a \| b \|\| c ]` | several actions with data in one step: after `\|` in the same segment, after `\|\|` in the next; `fin` goes onto the last |
//!
//! | `preface [settings]` | HTTP/2: the client's preface and its settings |
//! | `settings [ack] [settings]` | a SETTINGS frame: `connect-protocol` (`SETTINGS_ENABLE_CONNECT_PROTOCOL`), `window=N`, `frame=N`, `table=N`, `streams=N`, or by number |
//! | `connect N [/path] [end] [pieces=K] [header changes]` | the request for a WebSocket on stream N (RFC 8441), in K frames |
//! | `request N [METHOD] [/path] [open] [header changes]` | an ordinary request, with `END_STREAM` unless `open` |
//! | `answer N STATUS [end] [pieces=K] [header changes]`, `trailers N [header changes]` | a response; trailers |
//! | `on N [end] [pad=K] [size=K] [action]` | the bytes of another action in DATA frames of stream N, padded by K bytes, at most K bytes in each |
//! | `reset N CODE`, `goaway LAST CODE [payload]`, `window N BYTES` | `RST_STREAM`, GOAWAY, `WINDOW_UPDATE` (stream 0 is the connection) |
//! | `h2-frame TYPE FLAGS N [payload]` | any frame of HTTP/2 |
//!
//! Header changes: `-Name` drops, `=Name: value` replaces in place, `+Name: value` adds at the end; `deflate` stands for
//! `+Sec-WebSocket-Extensions: permessage-deflate`. A value goes on to the next change; quoted, it is taken as it is.
//!
//! Frame options: `fin=0`, `rsv=4` (RSV1 is 4, RSV2 2, RSV3 1), `opcode=3`, `mask=none|auto|01020304`, `len=202` (or `0x…`;
//! declared, whatever the payload has), `form=7|16|64`.
//!
//! Payload: any number of `"…"` (escapes `\n \r \t \0 \\ \" \xNN \u{…}`), hex bytes (`0102 ff`) and repetitions of both
//! (`70000*ab`, `3*"ha"`).
//!
//! # Transport, before the action
//! | words | what happens |
//! |---|---|
//! | `times N` | the step is done N times |
//! | `split N`, `split-at 2,5` | cut into segments of N bytes; cut before bytes 2 and 5, from 0 |
//! | `swap` | the second segment is sent, and captured, before the first |
//! | `order 2 1 2~3` | these segments are sent in this order, from 1; `2~3`: with the last 3 bytes inverted |
//! | `dup` | captured twice, each packet |
//! | `retransmit` | the first segment is sent again after its acknowledgment |
//! | `overlap-conflict N` | the same with its last N bytes inverted |
//! | `lose` | received, not captured |
//! | `lose-part 10..20` | bytes 10 to 19 of the step received, not captured (in segments of their own) |
//! | `drop` | neither received nor captured |
//! | `vanish` | captured, not received |
//! | `vanish-part 10..20` | bytes 10 to 19 of the step captured, not received (in segments of their own) |
//! | `resend N 200ms` | the first segment is sent N times more, the waits before doubling: with `vanish` in vain |
//! | `ttl N` | these packets have another hop count |
//! | `cut N` | the capture keeps N bytes of each packet (headers have 54) |
//! | `noack`, `lose-ack` | no acknowledgment; one that is not captured |
//! | `sack` | acknowledgments name the first bytes beyond a hole (RFC 2018) |
//! | `late` | captured after its own acknowledgment |
//! | `early N` | captured N packets before its time |
//! | `damage` | captured with a wrong byte and checksum first, which the receiver drops, then as it is |
//! | `on-syn` | the first step's bytes go with the SYN (TCP Fast Open) |
//!
//! # Settings, one a line
//! | line | what it says |
//! |---|---|
//! | `wait 5.5s`, `wait -2ms` | time passes; the clock steps back |
//! | `step 10us` | each packet from here on takes this long |
//! | `client 10.0.0.7`, `server 9000`, `server [fd00::9]:80` | where later connections are; `2: server 9000` (or `2: port 9000`) for connection 2 |
//! | `no-handshake`, `isn 4294967290`, `ipv6` | later connections begin in mid-stream; with this sequence number on both sides; over IPv6 (each also as `2: …`) |
//! | `ttl server 57`, `window client 0` | hop count (64) and receive window (65535) of a side's later packets; a SYN keeps its window |
//! | `vlan 7`, `vlan 7 8` | later packets carry these tags |
//! | `tap client` | of later packets only this side's are captured |
//! | `snaplen 96` | no later packet keeps more bytes |
//! | `packet payload` | a packet of these bytes, Ethernet header first |
//! | `skew server 500ms` | the clock that stamps a side's later packets is ahead; the capture is merged by time |
//! | `syn-options 1e0c0001…` | TCP options of every SYN, in words of four bytes |
//! | `drops 17` | the interface says it dropped 17 packets (in the pcapng file only) |
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code, of which each test crate uses its own part"
)]

mod burst;
mod capture;
pub mod cases;
mod connection;
mod frame;
mod http;
mod http2;
mod link;
mod parse;
mod play;
pub mod program;
mod step;
mod words;

pub use capture::OwnedPacket;

/// What is wrong with a line, in words.
type Result<T> = std::result::Result<T, String>;

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    packets: Vec<OwnedPacket>,
    dropped: Option<u64>,
}

impl Scenario {
    /// Compiles `text`.
    ///
    /// # Panics
    /// A line means nothing; the message has its number and text.
    pub fn parse(text: &str) -> Self {
        let mut world = play::Player::new();
        for (number, line) in (1..).zip(text.lines()) {
            let played =
                parse::line(line).and_then(|entries| entries.iter().try_for_each(|entry| world.play(entry)));
            if let Err(error) = played {
                panic!("scenario line {number}: {error}: {}", line.trim());
            }
        }
        let (packets, dropped) = world.finish();
        Self { packets, dropped }
    }

    /// What the capture holds, in its order.
    pub fn packets(&self) -> &[OwnedPacket] {
        &self.packets
    }

    /// The same file of other packets.
    pub fn pcap_of(packets: &[OwnedPacket]) -> Vec<u8> {
        capture::pcap(packets)
    }

    /// A little-endian pcap file with nanoseconds.
    pub fn to_pcap(&self) -> Vec<u8> {
        capture::pcap(&self.packets)
    }

    /// A little-endian pcapng file with nanoseconds, and with interface statistics if the scenario says `drops`.
    pub fn to_pcapng(&self) -> Vec<u8> {
        capture::pcapng(&self.packets, self.dropped)
    }
}
