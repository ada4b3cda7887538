//! Captures altered as networks, taps and capture files alter them, and what may not follow from that.
//!
//! `original` has the captures, `alteration` what is done to them, `wire` the bytes of a packet. `verdict` says whom an
//! analysis accuses and what an altered capture may not add; `exceptions` is what is known to add it today.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

pub mod alteration;
pub mod exceptions;
pub mod original;
pub mod verdict;
mod wire;
