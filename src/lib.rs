//! wsight reads packet captures and tells which side of a WebSocket did what wrong.
#![forbid(unsafe_code)]

pub mod analyzer;
#[cfg(feature = "capture")]
pub mod capture;
#[cfg(feature = "report")]
pub mod filter;
pub mod findings;
pub mod http1;
#[cfg(feature = "replay")]
pub mod index;
pub mod layers;
#[cfg(feature = "live")]
pub mod live;
pub mod model;
pub mod net;
#[cfg(feature = "capture")]
pub mod pipeline;
#[cfg(feature = "replay")]
pub mod replay;
#[cfg(feature = "report")]
pub mod report;
pub mod tcp;
pub mod tls;
#[cfg(feature = "tui")]
pub mod tui;
pub mod ws;
