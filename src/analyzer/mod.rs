//! Packets in, events and findings out: the core put together.
//!
//! [`Analyzer`] takes a packet and reports what it shows. It is made of two halves, which may work at the same time:
//! [`Transport`] follows TCP and fills a [`Batch`], [`Sessions`] take it.

mod accounts;
mod batch;
mod budget;
mod capture;
mod case;
mod config;
mod dark;
mod facts;
mod invited;
mod ledger;
mod legs;
mod ordinary;
mod output;
mod parked;
mod session;
mod sessions;
mod transport;
mod trust;
mod unsettled;

pub use batch::Batch;
pub use capture::Analyzer;
pub use config::{BetweenEnds, Config};
pub use output::{
    CloseSummary, LeftOut, LegOf, LegRole, Output, Place, RoundTrips, SealedTraffic, SessionSummary, Summary,
    UpgradeDigest,
};
pub use sessions::Sessions;
pub use transport::Transport;

/// Takes what there is to tell.
pub type Out<'o> = dyn FnMut(&Output<'_>) + 'o;
