//! The words every other room speaks: time, packets, segments, byte streams and the caps on memory.
//!
//! Nothing here depends on another room, does I/O or can fail.

mod captured;
mod escape;
mod figures;
mod footprint;
mod hand;
mod ids;
mod limits;
mod notice;
mod packet;
mod peer;
mod segment;
mod socks;
mod stream;
mod time;
mod trouble;
mod zone;

pub use captured::{Captured, Drops, SecretsBlock};
pub use escape::{Escaped, escape, is_visible, text_so_far};
pub use figures::{Count, Thousands};
pub use footprint::Footprint;
pub(crate) use hand::Hand;
pub use ids::{Attempt, ConnectionId, Endpoints, FileId, PacketNumber, SessionId, SessionKey, StreamId};
pub use limits::{LayerShortage, Limit, Limits, Shortage, UnknownLimit};
pub use notice::{Notice, Problem};
pub use packet::{LinkType, Packet, PacketPlace, Stamp};
pub use peer::{Peer, PerPeer};
pub use segment::{Checksum, Decoded, Flags, Marks, Segment, SegmentHeader, SkipReason, TcpOptions};
pub use socks::SocksRefusal;
pub use stream::{
    Chunk, End, EndCause, EndPlace, Extent, Gap, GapCause, HeldChunk, Missing, OVERDUE, Said, StreamEvent,
    ended_first,
};
pub use time::{Day, Timestamp, in_words, phrase};
pub use trouble::{
    Delivered, ForeignReset, Heard, OtherPath, ResetMark, Retransmitted, SynRetries, Trouble, Unacknowledged,
    WindowClosed,
};
pub use zone::Zone;
