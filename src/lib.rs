//! wsight reads packet captures and tells which side of a WebSocket did what wrong.
#![forbid(unsafe_code)]
// A new variant must not compile until every `match` has said what it means there. Tests may look at one alone.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

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
#[allow(clippy::wildcard_enum_match_arm, reason = "most keys and actions mean nothing in most places")]
pub mod tui;
pub mod ws;
