//! The beginning of a connection, or of what a tunnel carries: what is it?

use super::proxy::{self, ProxyHeader};
use crate::model::{Held, Peer, StreamEvent};
use crate::tls::{Beginning, beginning};

/// What the client's first bytes begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// What follows a PROXY protocol header, which was taken.
    Proxy,
    /// SOCKS 4 or 5, it seems.
    Socks,
    /// A `ClientHello` of TLS.
    Tls,
    /// HTTP/1.x, or something else that its reader will name.
    Http,
}

/// Holds the client's first bytes until it can be told what they begin. Whatever else comes first settles it.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: Vec<u8>,
    held: Vec<Held>,
}

impl Opening {
    /// Takes what comes next, or tells what follows: what was held back, and what of `event` lies behind the beginning.
    pub(super) fn push<'c>(
        &mut self,
        from: Peer,
        event: StreamEvent<'c>,
    ) -> Option<(Begins, Vec<Held>, StreamEvent<'c>)> {
        let StreamEvent::Data(chunk) = event else { return Some(self.leave(Begins::Http, event)) };
        if from == Peer::Server {
            return Some(self.leave(Begins::Http, event));
        }
        let had = self.bytes.len();
        let header = if had == 0 {
            proxy::header(chunk.bytes)
        } else {
            self.bytes.extend_from_slice(chunk.split_at(proxy::LONGEST).0.bytes);
            proxy::header(&self.bytes)
        };
        let so_far = if had == 0 { chunk.bytes } else { self.bytes.as_slice() };
        let tls = beginning(so_far);
        match header {
            ProxyHeader::None if tls == Beginning::Unknown => {
                if had == 0 {
                    self.bytes.extend_from_slice(chunk.bytes);
                }
                self.held.push(chunk.hold(from));
                None
            }
            ProxyHeader::None if tls == Beginning::ClientHello => Some(self.leave(Begins::Tls, event)),
            ProxyHeader::More => {
                if had == 0 {
                    self.bytes.extend_from_slice(chunk.bytes);
                }
                self.held.push(chunk.hold(from));
                None
            }
            ProxyHeader::Whole(length) => {
                self.held.clear();
                let rest = StreamEvent::Data(chunk.advance(length.saturating_sub(had)));
                Some(self.leave(Begins::Proxy, rest))
            }
            ProxyHeader::None => {
                let first = self.bytes.first().or_else(|| chunk.bytes.first());
                let begins = if matches!(first, Some(4 | 5)) { Begins::Socks } else { Begins::Http };
                Some(self.leave(begins, event))
            }
        }
    }

    fn leave<'c>(&mut self, begins: Begins, event: StreamEvent<'c>) -> (Begins, Vec<Held>, StreamEvent<'c>) {
        (begins, std::mem::take(&mut self.held), event)
    }

    /// Bytes of memory it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.held.iter().map(Held::memory).sum::<usize>()
    }
}
