//! The JSON objects: documented shapes of their own, so that the domain types can change and scripts go on working.
//! A field that has nothing to say is left out.

mod finding;
mod frame;
mod session;
mod summary;
mod tls;
mod upgrade;
mod value;

pub(super) use finding::FindingLine;
pub(super) use frame::{FrameLine, MessageLine};
pub(super) use session::SessionLine;
pub(super) use summary::SummaryLine;
pub(super) use tls::TlsLine;
pub(super) use upgrade::UpgradeLine;
pub(super) use value::LineContext;
