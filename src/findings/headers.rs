//! What a frame's header shows waits for what stands behind the frame. Where no other one begins there, the bytes may have
//! been no header at all, but the rest of something that another writer wrote into.

use super::catalog::Certainty;
use super::finding::Finding;
use crate::model::{Footprint, Peer, PerPeer};

/// What was found in the latest header of each side, until it is known where its frame ends; boxed, as few have anything.
#[derive(Debug, Default)]
pub(super) struct HeaderFindings(Option<Box<PerPeer<Vec<Finding>>>>);

impl HeaderFindings {
    /// Whether nothing waits.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes of memory that it takes besides itself.
    pub(super) fn memory(&self) -> usize {
        let Some(held) = &self.0 else { return 0 };
        let of = |held: &Vec<Finding>| {
            let findings: usize = held.iter().map(Finding::memory).sum();
            findings + held.capacity() * size_of::<Finding>() + Footprint::ALLOCATION
        };
        size_of_val(&**held) + Footprint::ALLOCATION + of(&held.client) + of(&held.server)
    }

    /// Takes what was found when the header of this frame of `from` came. What is about another one, or doubtful anyway, does
    /// not wait.
    #[cold]
    pub(super) fn take(&mut self, from: Peer, frame: u64, finding: Finding, out: &mut dyn FnMut(Finding)) {
        if finding.frame == Some(frame) && finding.certainty == Certainty::Certain {
            self.0.get_or_insert_default().of_mut(from).push(finding);
        } else {
            out(finding);
        }
    }

    /// The latest frame of this side is followed by another one, or by nothing: what was found in its header is told.
    #[cold]
    pub(super) fn settle(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        self.tell(from, &mut |finding| out(finding));
    }

    /// This frame of `from` does not end where its length says.
    #[cold]
    pub(super) fn doubt(&mut self, from: Peer, frame: u64, out: &mut dyn FnMut(Finding)) {
        self.tell(from, &mut |finding| {
            let is_of_it = finding.frame == Some(frame);
            out(finding.tentative_if(is_of_it));
        });
    }

    fn tell(&mut self, from: Peer, out: &mut dyn FnMut(Finding)) {
        let Some(held) = &mut self.0 else { return };
        let due = std::mem::take(held.of_mut(from));
        self.0.take_if(|held| held.client.is_empty() && held.server.is_empty());
        due.into_iter().for_each(out);
    }

    /// Nothing follows.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Finding)) {
        for from in Peer::BOTH {
            self.settle(from, out);
        }
    }
}
