//! Live capture: packets from interfaces, through libpcap.
//!
//! [`open`] opens the interfaces, which needs privileges; [`privileges`] gives them up, and [`confine`] leaves the
//! process nothing else to open; [`Live::start`] begins to capture. A thread for each interface empties the
//! kernel's buffer into a bounded `queue`; [`Live`] hands the packets on in the order of their time, saves them, and
//! reports the time while none come. What is dropped on the way is counted by [`Counters`] and told.

mod batch;
pub mod confine;
mod counters;
mod device;
mod drain;
mod error;
mod filter;
mod interfaces;
mod options;
pub mod privileges;
mod queue;
mod save;
mod sift;
mod source;

pub use counters::{Counters, InterfaceCounters};
pub use device::{OpenInterfaces, open};
pub use error::LiveError;
pub use interfaces::{Interface, interfaces};
pub use options::Options;
pub use save::{Rotation, Save};
pub use sift::PacketFilter;
pub use source::{Live, Stopper};
