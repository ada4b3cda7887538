//! What TLS computes: keys from secrets, and records opened and sealed with them.
//!
//! Only with the feature `tls`. Without it `crypto_left_out` takes its place.

mod cipher;
mod key_block;
mod schedule;
mod seal;

#[cfg(test)]
pub(super) use cipher::KeyLengths;
pub(super) use cipher::Opener;
pub(super) use key_block::master_secret;
#[cfg(test)]
pub(super) use schedule::{Hidden, expand_label, hmac, prf};
pub(super) use schedule::{next_traffic_secret, session_hash};
pub use seal::{Sealer, Sealing};

/// Whether records can be opened at all.
pub(super) const DECRYPTS: bool = true;
