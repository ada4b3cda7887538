//! The WebSocket protocol as an observer sees it: bytes of both sides in, facts out (RFC 6455, RFC 7692).
//!
//! [`Session`] follows one connection from its first byte: the HTTP exchange, upgrades, frames, messages. It does no
//! I/O and never fails: whatever the bytes are, it says what it saw as [`Event`]s and goes on. It does not judge;
//! [`findings`](crate::findings) does.
//!
//! It needs no capture. Bytes of a log or of a proxy serve as well:
//!
//! ```
//! use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
//! use wsight::ws::{Event, Options, Session};
//!
//! let mut session = Session::new(Options::default());
//! let mut seen = Vec::new();
//! let mut push = |from, bytes: &[u8]| {
//!     let chunk = Chunk::plain(bytes, Stamp::default(), 0);
//!     session.push(from, StreamEvent::Data(chunk), &mut |event| match event {
//!         Event::Upgrade(upgrade) => seen.push(format!("upgrade {}", upgrade.outcome.name())),
//!         Event::Message(message) => seen.push(format!("{}: {}", message.from, message.kind.name())),
//!         _ => {}
//!     });
//! };
//! push(Peer::Client, b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
//! push(Peer::Server, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x05Hello");
//! assert_eq!(seen, ["upgrade accepted", "server: text"]);
//! ```

mod body;
mod close;
mod deflate;
mod event;
mod exchange;
mod extension;
mod frame;
mod header;
mod http;
mod intruder;
mod looks;
mod mask;
mod message;
mod opcode;
mod reach;
mod session;
mod sync;
mod upgrade;
mod utf8;

pub use close::{CloseCode, ClosePayload};
pub use event::{
    DeflateFlaw, Event, Frame, FrameEnd, Framing, Inflation, LostFraming, LostShape, Message, MessageKind,
    PartialHeader, Wait,
};
pub use extension::{Deflate, DeflateSide, Extension, OfferFault};
pub use header::{FrameHeader, LengthForm};
pub use http::{Head, HeadPart, Header, Headers, Request, Response};
pub use looks::looks_like;
pub use opcode::Opcode;
pub use session::{Options, Session};
pub use upgrade::{Outcome, Upgrade, accept_for};
