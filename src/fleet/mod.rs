//! Captures of many hosts: which files belong together, their analyses side by side, and tables that are read as one.
//!
//! [`find`] turns words of the command line into files, [`rings`] puts those together that one capture wrote in turn.
//! [`run`] analyzes each ring on one of several threads. What an analysis writes is staged in the [`Store`] and appears when it
//! is whole, with an entry in the manifest. [`overview_of`] reads the tables back and counts what they tell in sum. [`Split`] distributes packets by connection, for rings that are too large for one
//! analysis.

mod durations;
mod found;
mod host;
mod manifest;
mod most;
mod news;
mod overview;
mod part;
mod remembered;
mod ring;
mod run;
mod split;
mod store;
mod tables;
mod tally;

pub use found::{Found, FoundFile, PassedOver, find, is_matched, is_several};
pub use host::{HostFrom, UnknownHost, plain};
pub use manifest::{Entry, Fault, FileEntry, PartEntry, Progress};
pub use ring::{Ring, in_turn, rings};
pub use run::{Analyze, Ended, Outcome, Rerun, Run, Told, run};
pub use split::Split;
pub use store::{Appending, Staging, Store, StoreError};
pub use tables::{NoTables, TablesError, TablesRead, overview_of};
