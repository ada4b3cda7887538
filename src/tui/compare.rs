//! What is compared.

use super::request::{ReplayRequest, RowKind};

/// Two things that are compared: sessions by their places, what is in them by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Sessions(usize, usize),
    Frames((usize, u64), (usize, u64)),
    Messages((usize, u64), (usize, u64)),
}

impl Compared {
    /// What has to be read for it.
    pub(super) fn requests(self) -> Vec<ReplayRequest> {
        let request = |kind, (session, number)| match kind {
            RowKind::Frames => ReplayRequest::Frame { session, number },
            RowKind::Messages => ReplayRequest::Message { session, number },
        };
        match self {
            Self::Sessions(..) => Vec::new(),
            Self::Frames(one, other) => vec![request(RowKind::Frames, one), request(RowKind::Frames, other)],
            Self::Messages(one, other) => {
                vec![request(RowKind::Messages, one), request(RowKind::Messages, other)]
            }
        }
    }
}
