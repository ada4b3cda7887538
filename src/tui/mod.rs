//! The terminal UI: from a capture to the byte that is wrong.
//!
//! What happens ([`Happening`]) goes through `update` into the [`Model`]; what it wants done comes back as
//! [`Effect`]s; `draw` puts it on the screen. Neither does I/O. `keys` is the one table of keys, `run` the loop,
//! `worker` the thread that reads payloads again, `terminal` takes the screen and gives it back.

mod about;
mod action;
mod answer;
mod area;
mod back;
mod choice;
mod clock;
mod columns;
mod compare;
mod comparing;
mod completion;
mod config;
mod copy;
mod diff;
mod draw;
mod facts;
mod filter;
mod findings;
mod folding;
mod happening;
mod jump;
mod key;
mod keymap;
pub mod keys;
mod kinds;
mod list;
mod marks;
mod model;
mod mouse;
mod named;
mod opened;
mod order;
mod pairs;
mod panes;
mod payloads;
mod picking;
mod picks;
mod plot;
mod prompt;
mod request;
mod resize;
mod rows;
mod run;
mod save;
mod scroll;
mod sessions;
mod sieve;
mod terminal;
mod text;
mod theme;
mod tree;
mod update;
mod wake;
mod words;
mod worker;

#[cfg(test)]
mod tests;

pub use action::{Action, Motion, Tab, Towards};
pub use clock::{Clock, ZoneChoice};
pub use columns::{Columns, SessionColumn};
pub use config::{ConfigError, UserConfig};
pub use draw::draw;
pub use happening::{Effect, Happening};
pub use key::{Key, KeyError};
pub use model::{Loading, Model};
pub use opened::{CaptureOpener, Opened, Remarks, Wanted};
pub use request::{Existing, FilteredList, Pick, ReadProgress, ReplayRequest, Reply, Saved};
pub use run::{Exit, Options, run};
pub use theme::{Background, Depth, Theme};
pub use update::update;
pub use wake::end_by;
