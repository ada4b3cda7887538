//! An attempt to turn an HTTP connection, or a stream of one, into a WebSocket, over HTTP/1.1 or HTTP/2 (RFC 6455 §4,
//! RFC 8441).
//!
//! [`Upgrade`] is what was seen of one. Whoever reads HTTP makes it: [`http1`](crate::http1), and
//! [`layers`](crate::layers) for the streams of HTTP/2.

mod attempt;
mod extension;
mod head;
mod reason;
mod sequel;

pub use attempt::{Agreement, ForeignAnswer, Outcome, OverHttp2, Upgrade, Via, accept_for};
pub use extension::{Extension, OfferFault};
pub(crate) use head::{BYTE_ORDER_MARK, is_token};
pub use head::{
    Head, HeadExcess, HeadFault, HeadFlaw, HeadPart, Header, Headers, HttpVersion, Request, Response,
};
pub(crate) use reason::is_usual_reason;
pub use sequel::{Invitation, SameConnection, Sequel};
