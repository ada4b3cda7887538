//! Gives up what waits, where memory is short.

use crate::model::{GapCause, Peer, PerPeer};

use super::reason::lost_reason;
use super::secrets::Secrets;
use super::session::{Event, Tls, WaitingFor};

impl Tls {
    /// Gives back memory: what waits stays closed, and how the sides ended meanwhile is told.
    ///
    /// What came is known all the same: that a side has finished its handshake, changed its keys, or ended.
    pub(crate) fn shed(&mut self, out: &mut dyn FnMut(Event<'_>)) {
        let reason = match self.hold {
            WaitingFor::Secrets => self.wanting,
            WaitingFor::Early => Some(lost_reason(Some(GapCause::Limit))),
            WaitingFor::Nothing | WaitingFor::GivenUp | WaitingFor::Over => return,
        };
        let before = PerPeer::from_fn(|peer| self.lanes.of(peer).reason);
        let tried = self.inference.without;
        for peer in Peer::BOTH {
            let lane = self.lanes.of_mut(peer);
            lane.reason = lane.reason.or(reason);
        }
        self.hold = WaitingFor::GivenUp;
        self.release(&Secrets::default(), out);
        // None of that says anything about the secrets that there are.
        self.inference.without = tried;
        for peer in Peer::BOTH {
            let is_dark = self.facts.sides.of(peer).dark_since.is_some();
            let lane = self.lanes.of_mut(peer);
            lane.revision = None;
            lane.gap_told = false;
            if !is_dark {
                lane.reason = *before.of(peer);
            }
        }
    }
}
