//! The WebSocket protocol as an observer sees it: bytes of both sides in, facts out (RFC 6455, RFC 7692).
//!
//! [`WebSocket`] begins after the handshake: it takes the bytes of both sides and says what it saw as [`Event`]s. It
//! does no I/O and never fails: whatever the bytes are, it continues. It does not judge;
//! [`findings`](crate::findings) does. Where the handshake has to be read as well, [`layers`](crate::layers) follows
//! a connection from its first byte.
//!
//! It needs no capture. Bytes of a log or of a proxy serve as well:
//!
//! ```
//! use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
//! use wsight::ws::{Deflate, Event, Extensions, Negotiated, Options, WebSocket};
//!
//! // What the 101 says: here permessage-deflate without parameters, and nothing else.
//! let extensions = Extensions::Seen { deflate: Some(Deflate::default()), foreign: false };
//! let mut websocket = WebSocket::new(&Negotiated::new(extensions), &Options::default());
//! let mut seen = Vec::new();
//! let mut push = |from, bytes: &[u8]| {
//!     // Only whoever compares with TCP acknowledgments has to say where in the stream the bytes are.
//!     let chunk = Chunk::plain(bytes, Stamp::default(), 0);
//!     websocket.push(from, StreamEvent::Data(chunk), &mut |event| {
//!         if let Event::Message(message) = event {
//!             seen.push((message.from, String::from_utf8_lossy(message.payload).into_owned()));
//!         }
//!     });
//! };
//! // RFC 6455 §5.7: a masked text; RFC 7692 §7.2.3.1: a compressed one, in two segments.
//! push(Peer::Client, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
//! push(Peer::Server, b"\xc1\x07\xf2\x48");
//! push(Peer::Server, b"\xcd\xc9\xc9\x07\x00");
//! assert_eq!(seen, [(Peer::Client, "Hello".to_owned()), (Peer::Server, "Hello".to_owned())]);
//! ```

mod close;
mod deflate;
mod event;
mod frame;
mod header;
mod intruder;
mod looks;
mod mask;
mod message;
mod negotiated;
mod opcode;
mod reach;
mod reason;
mod shared;
mod sync;
mod utf8;
mod websocket;

pub use close::{CloseCode, ClosePayload};
pub use deflate::inflate_beginning;
pub use event::{
    DeflateFlaw, Event, Frame, FrameEnd, Framing, Inflation, LostFraming, LostShape, Message, MessageKind,
    PartialHeader,
};
pub use header::{FrameHeader, LengthForm};
pub use looks::{Looks, looks_like};
pub use negotiated::{Deflate, DeflateSide, Extensions, Negotiated, Start};
pub use opcode::Opcode;
#[cfg(feature = "report")]
pub(crate) use reason::telling_word;
pub(crate) use reason::{names_ping, names_time, names_trouble, says_nothing};
#[cfg(feature = "report")]
pub(crate) use sync::evidence;
pub(crate) use sync::{BoundarySearch, Chain, ENOUGH_FOR_STRANGER, ENOUGH_IN_SESSION, Rules};
pub use websocket::{Options, WebSocket};

/// Takes the facts as they appear.
pub type Out<'o> = dyn FnMut(Event<'_>) + 'o;
