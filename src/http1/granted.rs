//! A proxy's tunnel whose grant the capture lost: that it was granted shows in what comes next.

use super::exchange::Exchange;
use super::pending::{Pending, RequestKind};
use super::transition::Transition;
use crate::model::{Chunk, Gap, Peer};
use crate::ws::Start;

impl Exchange {
    /// The answer to a CONNECT may be in this gap. Returns whether it may.
    pub(super) fn may_be_granted_in(&mut self, gap: Gap) -> bool {
        let waits = self.pending.front().is_some_and(|pending| pending.kind == RequestKind::Connect);
        if waits {
            self.grant_gap.get_or_insert(gap);
        }
        waits
    }

    /// Whether this chunk shows that a CONNECT was granted in what is missing: a client says nothing before that, and what the
    /// server says then is said inside of the tunnel. Where nothing of the server was captured, the client alone has to show it.
    pub(super) fn shows_grant(&mut self, from: Peer, chunk: &Chunk<'_>) -> bool {
        match from {
            Peer::Client => self.unheard && self.grant_gap.is_some(),
            Peer::Server if self.grant_gap.is_none() => false,
            Peer::Server if self.early.is_empty() => {
                // It is the answer itself.
                self.grant_gap = self.grant_gap.filter(|_| !Self::begins_answer(chunk));
                false
            }
            Peer::Server => true,
        }
    }

    /// The tunnel whose grant was lost.
    pub(super) fn granted(&mut self) -> Transition {
        let (pending, gap) = (self.pending.pop_front(), self.grant_gap.take());
        self.tunnel(pending, gap)
    }

    /// The tunnel that was asked for, with what the client has said in it.
    pub(super) fn tunnel(&mut self, asked: Option<Pending>, gap: Option<Gap>) -> Transition {
        let target = asked.and_then(|asked| asked.request.into_whole()).map(|request| request.target);
        Transition::Tunnel {
            target: target.unwrap_or_default(),
            is_whole: self.early.start() == Start::Frame,
            held: self.early.take(),
            gap,
        }
    }
}
