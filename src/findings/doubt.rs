//! What a judge cannot be sure of.

use super::carrier::Carrier;
use super::transport::Path;
use crate::model::{Peer, PerPeer, Stamp};

/// What cannot be known for certain, because the capture lost bytes or began late.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// This side's frames were found by guessing where one begins.
    pub(super) guessed: PerPeer<bool>,
    /// Where the next frame of this side begins is not known now: what did not come may be there.
    pub(super) blind: PerPeer<bool>,
    /// A gap, or where the capture begins, has hidden where frames of this side begin.
    pub(super) gapped: PerPeer<bool>,
    /// The other side never had what hides frames of this one: they got lost on the way.
    pub(super) unreceived: PerPeer<bool>,
    /// What was missing last of this side is in the capture, and could not be decrypted.
    pub(super) sealed: PerPeer<bool>,
    /// The frame of this side that cannot be believed to end where its length says, or 0: what is wrong with it has
    /// been reported with that.
    pub(super) unframed: PerPeer<u64>,
    /// What was agreed on is not known: how messages are compressed shows in their frames alone.
    pub(super) unagreed: bool,
    /// The capture misses what this side sent before its first frame here: messages may refer to some in that.
    pub(super) headless: PerPeer<bool>,
    /// What ends where the session does.
    pub(super) carrier: Carrier,
    /// The times of the two sides cannot be compared.
    pub(super) two_clocks: bool,
    /// The capture has no packet of one side, which may have ended the connection first.
    pub(super) one_sided: bool,
    /// What TCP showed of the way between the two; boxed, as most sessions have nothing of it.
    pub(super) path: Option<Box<Path>>,
}

impl Doubt {
    /// Whether what this side's bytes say is a good guess only.
    pub(super) const fn of(&self, peer: Peer) -> bool {
        *self.guessed.of(peer)
    }

    /// Whether what this side's compressed messages hold is a good guess only.
    pub(super) const fn of_compressed(&self, peer: Peer) -> bool {
        self.of(peer) || self.unagreed || *self.headless.of(peer)
    }

    /// Whether frames of this side may have been missed up to now.
    pub(super) const fn is_blind(&self, peer: Peer) -> bool {
        *self.blind.of(peer)
    }

    /// Whether the other side may have got frames of this one that were missed up to now.
    pub(super) const fn hides_received(&self, peer: Peer) -> bool {
        self.is_blind(peer) && !*self.unreceived.of(peer)
    }

    /// Why bytes of this side may not have come as far as they should, as an addition to a sentence.
    pub(super) fn hindrance(&self, peer: Peer) -> Option<String> {
        self.path.as_ref()?.hindrance(peer)
    }

    /// The same of what ended with this packet.
    pub(super) fn hindrance_until(&self, peer: Peer, end: Stamp) -> Option<String> {
        self.path.as_ref()?.hindrance_until(peer, end)
    }

    /// The same, of what was in their way before anybody ended the connection.
    pub(super) fn obstruction(&self, peer: Peer) -> Option<String> {
        self.path.as_ref()?.obstruction(peer)
    }

    /// Whether a reset that neither side sent ended the connection.
    pub(super) fn is_cut_off(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.foreign_reset().is_some())
    }
}
