//! Captures of many hosts: which files belong together, their analyses side by side, and tables that are read as one.
//!
//! [`find`] turns words of the command line into files, [`rings`] puts those together that one capture wrote in turn.
//! [`run`] analyzes each ring on one of several threads. What an analysis writes is staged in the [`TableFolder`] and appears
//! when it is whole, with an entry in the manifest. [`overview_of`] reads the tables back and counts what they tell in sum.
//! [`Splitter`] distributes packets by connection, for rings that are too large for one analysis.

mod caps;
mod counts;
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
mod table_folder;
mod tables;
mod tally;

pub use found::{Found, FoundFile, PassedOver, find, is_matched, is_several};
pub use host::{HostFrom, UnknownHost, plain};
pub use manifest::{FileEntry, FileFault, PartEntry, Placement, RingEntry};
pub use ring::{Ring, in_turn, rings};
pub use run::{AnalyzeRing, Ended, Plan, Rerun, RingOutcome, Told, run};
pub use split::Splitter;
pub use table_folder::{Appending, Staging, TableFolder, TableFolderError};
pub use tables::{NoTables, TablesError, TablesRead, overview_of};
