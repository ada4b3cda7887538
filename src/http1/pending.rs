//! A request, while it waits for its answer.

use crate::model::{Footprint, Stamp};
use crate::upgrade::{HeadPart, Request};

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) request: HeadPart<Request>,
    pub(super) first: Stamp,
    pub(super) last: Stamp,
    /// Where its head ends in the client's TCP stream; 0 where that is not known.
    pub(super) end: u64,
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
        Self { request, first, last, end: 0, interim: Vec::new(), kind }
    }

    /// Bytes of memory it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        let interim = Footprint::allocation(self.interim.capacity() * size_of::<u16>());
        self.request.whole().map_or(0, Request::memory) + interim
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Ordinary,
    Upgrade,
    Connect,
}
