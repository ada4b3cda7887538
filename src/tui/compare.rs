//! What is compared.

use super::request::{Kind, Request};

/// Two things that are compared: sessions by their places, what is in them by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Sessions(usize, usize),
    Frames((usize, u64), (usize, u64)),
    Messages((usize, u64), (usize, u64)),
}

impl Compared {
    /// What has to be read for it.
    pub(super) fn requests(self) -> Vec<Request> {
        let request = |kind, (session, number)| match kind {
            Kind::Frames => Request::Frame { session, number },
            Kind::Messages => Request::Message { session, number },
        };
        match self {
            Self::Sessions(..) => Vec::new(),
            Self::Frames(one, other) => vec![request(Kind::Frames, one), request(Kind::Frames, other)],
            Self::Messages(one, other) => vec![request(Kind::Messages, one), request(Kind::Messages, other)],
        }
    }
}
