//! A request, while it waits for its answer.

use super::head::{HeadPart, Request};
use crate::model::Stamp;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: HeadPart<Request>,
    pub(super) first: Stamp,
    pub(super) last: Stamp,
    pub(super) interim: Vec<u16>,
    pub(super) kind: RequestKind,
}

impl Pending {
    /// A request of this kind, whose bytes came in the packets from `first` to `last`.
    pub(super) const fn new(
        request: HeadPart<Request>,
        kind: RequestKind,
        first: Stamp,
        last: Stamp,
    ) -> Self {
        Self { request, first, last, interim: Vec::new(), kind }
    }

    /// Bytes of memory it takes.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>()
            + self.request.whole().map_or(0, |request| request.head.memory() + request.target.len())
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Ordinary,
    Upgrade,
    Connect,
}
