//! Payloads again, by their address: the capture is read a second time, for one connection only.
//!
//! The index holds no payload (it would not fit into memory). What a person looks at is found by reading the capture
//! again, with the same analyzer, for the packets of one connection. Where a limit was reached the two readings may have
//! let go of different things. So a session is found by a [key](crate::model::SessionKey) that does not depend on that,
//! and everything is compared with its row before it is shown.

mod adding;
mod again;
mod cache;
mod carriers;
mod error;
mod fact;
mod inputs;
mod latest;
mod load;
mod needle;
mod payload;
mod payloads;
mod run;
mod search;
mod seen;
mod shared;
mod target;

#[cfg(test)]
mod tests;

pub use crate::pipeline::PacketRange;
pub use again::Rereading;
pub use carriers::Carried;
pub use error::ReplayError;
pub use fact::Fact;
pub use load::{Load, Tee};
pub use needle::{LetterCase, Needle, NeedleError};
pub use payload::{FramePayload, MessagePayload, header_bytes};
pub use payloads::Replay;
pub use search::{Hit, Search};
pub(crate) use seen::{Listed, Sighting};
