//! Judgement: which facts are worth reporting, how bad they are and how sure. One file a subject.

mod carrier;
pub mod catalog;
mod close;
mod cut;
mod doubt;
mod endings;
mod field;
mod finding;
mod folded;
mod frames;
mod hop;
mod http2;
mod judge;
mod keys;
mod likeness;
mod messages;
mod ping_pong;
mod reconnects;
mod subprotocol;
mod tls;
mod transport;
mod tunnels;
mod upgrade;
mod words;

pub(crate) use catalog::TimeBasis;
pub use catalog::{CatalogEntry, Certainty, Class, Evidence, Id, Severity};
pub use close::{CloseStory, EndKind, StreamEnd};
pub use endings::{Farewell, SessionEnd};
pub use field::FindingField;
pub use finding::{Finding, FindingValue};
pub(crate) use folded::{Folded, ProbeKind};
pub(crate) use hop::{Hop, Leg, Passed};
pub(crate) use http2::{
    Announced, OpenSessions, frame_invalid, goaway, head_broken, limit_reached as http2_limit_reached,
};
pub use judge::{Judge, SessionOutcome};
pub use keys::Replayed;
pub(crate) use reconnects::{Parting, ShortLived};
pub(crate) use tls::{BrokenHandshake, InsideTls, judge_alert, judge_tls};
pub(crate) use transport::Path;
pub(crate) use tunnels::TunnelRefusal;
pub use upgrade::Surroundings;
pub(crate) use upgrade::undeterred;
pub(crate) use words::quoted;
