//! Judges a 101 that chooses none of the subprotocols that the client offered (RFC 6455 §4.2.2, step 5.5).

use super::catalog::{Id, Severity};
use super::endings::Farewell;
use super::field::FindingField;
use super::finding::Finding;
use super::words::quoted;
use crate::model::{Footprint, Peer, Stamp, in_words};
use crate::upgrade::{Outcome, Upgrade};
use std::time::Duration;

/// A client that leaves this soon after the 101 does so because of it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A 101 without a subprotocol, for a client that offered some. It is legal; what the client does next shows whether
/// it minds.
#[derive(Debug)]
pub(super) struct Unchosen {
    /// What the client offered, as in a sentence.
    offered: String,
    /// The packet with the end of the 101.
    answered: Stamp,
}

impl Unchosen {
    /// Bytes of memory that it takes, in a box.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + 2 * Footprint::ALLOCATION + self.offered.capacity()
    }

    /// The doubt about this upgrade, if there is any.
    pub(super) fn of(upgrade: &Upgrade) -> Option<Self> {
        let (request, response) = (upgrade.request.whole()?, upgrade.response.whole()?);
        let offers: Vec<String> = request.head.elements("sec-websocket-protocol").map(quoted).collect();
        // What is not known of the answer may have chosen one.
        let is_known = upgrade.via.http2().is_none_or(|over| over.subprotocol_known);
        let unchosen = upgrade.outcome == Outcome::Accepted
            && is_known
            && !offers.is_empty()
            && response.head.value("sec-websocket-protocol").is_none();
        unchosen.then(|| Self { offered: offers.join(", "), answered: response.head.last })
    }

    fn finding(self, then: &str) -> Finding {
        let summary = format!(
            "the server chose none of the subprotocols that the client offered ({}){then}",
            self.offered
        );
        Finding::new(Id::SubprotocolUnchosen, self.answered, summary)
            .from(Peer::Server)
            .with(FindingField::Offered, self.offered)
    }

    /// The client continues.
    pub(super) fn accepted(self) -> Finding {
        self.finding("; the client carries on without one")
    }

    /// The session is over, and the client sent nothing in it, but for a Close perhaps: who left first, and when, if times
    /// say anything. Returns as well whether the client refused the answer.
    pub(super) fn judge(self, (by, _): (Option<Peer>, Farewell), at: Option<Stamp>) -> (Finding, bool) {
        if by != Some(Peer::Client) {
            return (self.finding(""), false);
        }
        match at.and_then(|at| at.time.passed_since(self.answered.time)) {
            Some(left) if left <= AT_ONCE => {
                let then = format!("; the client left {} later, as browsers must", in_words(left));
                (self.finding(&then).severity(Severity::Warning), true)
            }
            Some(_) => (self.finding(""), false),
            None => (self.finding("; the client left, perhaps for that reason"), true),
        }
    }
}
