//! Sessions that began lately: what a proxy may have to do with a WebSocket besides its two legs.

use crate::findings::{Company, Leg};
use crate::model::{PerPeer, SessionId, Timestamp};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// As many are remembered: of a proxy with more it is not known what belongs together.
const KEPT: usize = 64;

/// The sessions that began last, over or not.
#[derive(Debug, Default)]
pub(super) struct BegunSessions(VecDeque<BegunSession>);

/// One of them.
#[derive(Debug)]
struct BegunSession {
    session: SessionId,
    addresses: PerPeer<SocketAddr>,
    /// When it was over, and with which other one it was a leg.
    over: Option<(Timestamp, Option<SessionId>)>,
}

impl BegunSessions {
    /// A session begins.
    pub(super) fn begin(&mut self, session: SessionId, addresses: PerPeer<SocketAddr>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(BegunSession { session, addresses, over: None });
    }

    /// A session is over, which was a leg of the same WebSocket as another one, or of none.
    pub(super) fn end(&mut self, session: SessionId, at: Timestamp, leg_of: Option<SessionId>) {
        if let Some(begun) = self.0.iter_mut().find(|begun| begun.session == session) {
            begun.over = Some((at, leg_of));
        }
    }

    /// Whether a proxy with these addresses in front and behind, between these two sessions, has, since a moment, another one on the
    /// side of this leg that may have to do with them. `leg_of` tells of a session that is not over with which other one it is a leg.
    pub(super) fn company(
        &self,
        between: (SessionId, SessionId),
        proxy: &PerPeer<SocketAddr>,
        leg: Leg,
        since: Timestamp,
        leg_of: impl Fn(SessionId) -> Option<SessionId>,
    ) -> Company {
        let is_own = |session: SessionId| session == between.0 || session == between.1;
        let is_beside = |other: &BegunSession| {
            let meets = match leg {
                Leg::Downstream => other.addresses.server == proxy.client,
                Leg::Upstream => other.addresses.client.ip() == proxy.server.ip(),
            };
            let is_open = other.over.is_none_or(|(over, _)| over >= since);
            let of = || other.over.map_or_else(|| leg_of(other.session), |(_, leg_of)| leg_of);
            meets && is_open && !is_own(other.session) && of().is_none_or(is_own)
        };
        if self.0.len() == KEPT || self.0.iter().any(is_beside) { Company::Others } else { Company::Alone }
    }
}
