//! Packets in, events and findings out.

mod output;

pub use output::{CloseSummary, Output, Place, RoundTrips, SessionSummary, Summary};
