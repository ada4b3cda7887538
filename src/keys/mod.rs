//! TLS secrets where files hold them: looked up when a connection asks, and not kept.
//!
//! A key log may be far larger than all captures, and most captures hold no TLS at all. So a [`KeyLogFile`] knows only
//! where the lines of each connection stand, and [`Ahead`] looks into captures once somebody asks.

mod ahead;
mod log;

pub use ahead::Ahead;
pub use log::{KeyLogFile, LogChange, read_key_log};
