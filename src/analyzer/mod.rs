//! Packets in, events and findings out: the core put together.

mod capture;
mod output;
mod session;

pub use capture::{Analyzer, Config, Only};
pub use output::{CloseSummary, Output, Place, RoundTrips, SessionSummary, Summary};
