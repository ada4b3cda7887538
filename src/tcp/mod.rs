//! TCP: from segments in any order to two byte streams a connection, each byte exactly once.
//!
//! [`ConnectionTable`] finds the connection of a segment, puts its bytes in order and reports [`ConnectionEvent`]s. Order is
//! taken from TCP itself, not from the capture: a segment that acknowledges bytes of the other side is reported after
//! those bytes, so a capture on several queues, where answers may stand before questions, tells the same story.

mod assembler;
mod beat;
mod connection;
mod copies;
mod damaged;
mod ends;
mod handshake;
mod health;
mod lane;
#[cfg(test)]
mod laws;
mod patience;
mod pulse;
mod reassembly;
mod table;
mod watch;
mod window;

pub use connection::{Conflict, Connection, ConnectionEvent, StreamDoubt};
pub(crate) use copies::COMPARED_SEGMENTS;
pub(crate) use table::FoundConnection;
pub use table::{ConnectionTable, Out, Slot};
