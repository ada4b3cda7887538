//! From files and standard input to [`Packet`](crate::model::Packet)s.
//!
//! Reads pcap and pcapng, plain or compressed with gzip, zstd or lz4; what a file is, its bytes say, never its name.
//! Bytes flow through four small stages, each of which knows only the one before it:
//!
//! `tap` (counts what is read) → `unpack` (decompresses) → `pieces` (ahead, on a thread) → `window` (the stretch in memory) → `pcap` or `pcapng`
//! (records) → [`Reader`] (packets with their stamps) → [`Files`] (several inputs in turn).
//!
//! [`Writer`] goes the other way, from packets to pcapng. A [`Spool`] beside them makes inputs readable a second time.

mod annotated;
mod appearance;
mod compression;
mod copying;
mod dealing;
mod error;
mod files;
mod growing;
mod gunzip;
mod input;
mod interface;
mod kept;
mod order;
mod pcap;
mod pcapng;
mod pieces;
#[cfg(any(feature = "cli", feature = "live"))]
mod private;
mod reader;
mod record;
mod secrets;
mod sifted;
mod source;
mod spool;
mod tap;
mod unpack;
mod window;
mod writer;

#[cfg(test)]
mod tests;

pub use annotated::{OWN_COMMENT, annotate};
pub use appearance::Appearance;
pub use compression::{Compression, Foreign};
pub use copying::{Changed, Copying};
pub use dealing::{Deal, Dealing, DealtRecord};
pub use error::{CaptureError, CutIn, Damage, FileOffset};
pub use files::{Files, begins, first_time};
pub use growing::Succession;
pub(crate) use growing::is_same_file;
pub use input::{Input, LastInput};
pub(crate) use kept::PositionedFile;
pub use kept::SpoolError;
#[cfg(any(feature = "cli", feature = "live"))]
pub(crate) use private::keep_private;
pub use reader::Reader;
pub use secrets::{can_be_looked_through, secrets_in};
pub use sifted::{Sift, Sifted};
pub use source::{Progress, Source};
pub use spool::Spool;
pub use writer::{Described, Replace, SavedSecrets, Statistics, Writer};
