//! What a connection speaks, and what is inside it: from bytes of TCP to upgrades and WebSockets, through tunnels.
//!
//! [`Layers`] follows one connection from its first byte. It does no I/O and never fails: whatever the bytes are, it
//! says what it saw as [`Event`]s and continues.
//!
//! ```
//! use wsight::layers::{Event, Layers, Options};
//! use wsight::model::{Chunk, Peer, Stamp, StreamEvent};
//! use wsight::ws;
//!
//! let mut layers = Layers::new(Options::default());
//! let mut seen = Vec::new();
//! let mut push = |from, bytes: &[u8]| {
//!     // Only whoever compares with TCP acknowledgments has to say where in the stream the bytes are.
//!     let chunk = Chunk::plain(bytes, Stamp::default(), 0);
//!     layers.push(from, StreamEvent::Data(chunk), &mut |event| match event {
//!         Event::Upgrade(_, upgrade) => seen.push(format!("upgrade {}", upgrade.outcome.name())),
//!         Event::WebSocket(_, ws::Event::Message(message)) => {
//!             seen.push(format!("{}: {}", message.from, message.kind.name()));
//!         }
//!         _ => {}
//!     });
//! };
//! push(Peer::Client, b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
//! push(Peer::Server, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//!     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x05Hello");
//! assert_eq!(seen, ["upgrade accepted", "server: text"]);
//! ```
//!
//! # How a layer leads to another
//! The layer at work is an enum whose variants hold their data. Each takes a
//! [`StreamEvent`](crate::model::StreamEvent) and may say that another layer follows, with the bytes it held back, in
//! the order in which they came, and what of the event it did not take. Those wait in a list until the new layer has
//! taken them, so tunnels in tunnels are not deeper than one: the bytes never choose how deep the stack is. A tunnel
//! (CONNECT, SOCKS, a PROXY line) ends in a new `Opening`, which asks again what this is.
//!
//! # HTTP/2
//! `Opening` recognizes the connection preface, `http1` the upgrade to h2c, and where the capture begins inside of a
//! connection, `Middle` looks for frames. The layer holds a [`WebSocket`](crate::ws::WebSocket) for each stream that
//! RFC 8441 opened, and gives it the stream's `StreamEvent`s: `END_STREAM` is a FIN, `RST_STREAM` a RST. Its events carry
//! the stream's number in an [`Attempt`](crate::model::Attempt) of their own kind.

mod connection;
mod context;
mod event;
mod http2;
mod input;
#[cfg(test)]
mod laws;
mod middle;
mod opening;
mod options;
mod prelude;
pub(crate) mod proxy;
mod secured;
pub(crate) mod socks;

pub use connection::Layers;
pub use event::{Coverage, Event, Wait};
pub use options::Options;
pub use secured::TlsKeys;

/// Takes the facts as they appear.
pub type Out<'o> = dyn FnMut(Event<'_>) + 'o;
