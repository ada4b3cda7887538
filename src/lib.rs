//! wsight reads packet captures and tells which side of a WebSocket did what wrong.
#![forbid(unsafe_code)]

pub mod analyzer;
pub mod capture;
pub mod findings;
pub mod index;
#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod net;
pub mod pipeline;
pub mod replay;
pub mod report;
pub mod tcp;
#[cfg(feature = "tui")]
pub mod tui;
pub mod ws;
