//! What the packets of a connection leave in doubt, whatever its bytes seem to show.

use crate::findings::{Certainty, Class, Finding, Id, Severity, TimeBasis};
use crate::model::{Gap, GapCause, Peer, PerPeer};
use crate::tcp::{Connection, StreamDoubt};

/// Whether bytes that are missing were sent while the capture ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GapAge {
    /// They were.
    Within,
    /// They may have been on their way when it began.
    PerhapsBefore,
}

impl GapAge {
    /// The finding, which is only worth a note if it is that such bytes are missing.
    pub(super) fn weigh(self, finding: Finding) -> Finding {
        match self {
            Self::PerhapsBefore if finding.id == Id::TcpGap => finding.severity(Severity::Note).tentative(),
            Self::PerhapsBefore | Self::Within => finding,
        }
    }
}

/// How far a connection's bytes and times can be trusted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trust {
    /// Sides, by TCP's roles, of whose bytes there are several versions, or only a damaged one.
    disputed: PerPeer<bool>,
    /// Sides, by TCP's roles, the capture of which begins behind what the other side had been told.
    headless: PerPeer<bool>,
    /// Bytes of either side are not in the capture, and the other one may have had them.
    lossy: bool,
    /// Bytes may go through other connections.
    multipath: bool,
    /// Times of the two sides cannot be compared.
    two_clocks: bool,
}

impl Trust {
    /// How it stands when the connection's first bytes come.
    pub(super) const fn new(connection: &Connection) -> Self {
        Self {
            disputed: connection.disputed,
            headless: connection.headless,
            lossy: false,
            multipath: connection.multipath,
            two_clocks: connection.two_clocks,
        }
    }

    /// There is a reason for doubt.
    pub(super) const fn doubt(&mut self, from: Peer, doubt: StreamDoubt) {
        match doubt {
            StreamDoubt::Damaged => self.dispute(from),
            StreamDoubt::Headless => *self.headless.of_mut(from) = true,
            StreamDoubt::Multipath => self.multipath = true,
            StreamDoubt::Clocks => self.two_clocks = true,
            // Only those who judge the end have to know.
            StreamDoubt::OneSided => {}
        }
    }

    /// There are two versions of bytes of this side, and nobody knows which one was received.
    pub(super) const fn dispute(&mut self, from: Peer) {
        *self.disputed.of_mut(from) = true;
    }

    /// The capture lacks bytes of a side, for this reason.
    pub(super) const fn lose(&mut self, cause: GapCause) {
        self.lossy |= match cause {
            GapCause::Lost | GapCause::Unseen | GapCause::Snaplen | GapCause::Limit => true,
            // Nobody can have complained of what did not arrive; the others are no bytes of TCP that are missing.
            GapCause::Unacknowledged | GapCause::Sealed | GapCause::RecordLost | GapCause::Unframed => false,
        };
    }

    /// Whether there are two versions of bytes of either side.
    pub(super) const fn is_disputed(self) -> bool {
        self.disputed.client || self.disputed.server
    }

    /// Whether the capture of this side, by TCP's roles, begins behind what the other one had been told.
    pub(super) const fn is_headless(self, peer: Peer) -> bool {
        *self.headless.of(peer)
    }

    /// Whether the bytes of this side, by TCP's roles, that are missing in this gap came before the first that was captured: they may
    /// have been on their way when the capture began.
    pub(super) const fn may_be_older(self, from: Peer, gap: &Gap) -> bool {
        self.is_headless(from) && gap.extent.start == 0
    }

    /// Whether bytes may have gone through other connections.
    pub(super) const fn is_multipath(self) -> bool {
        self.multipath
    }

    /// Whether times of the two sides can be compared.
    pub(super) const fn in_time(self) -> bool {
        !self.two_clocks
    }

    /// Whether the finding would lose its certainty if bytes that it rests on came in another version.
    pub(super) fn may_lose(self, finding: &Finding) -> bool {
        is_accusation(finding) && finding.certainty == Certainty::Certain && !self.is_disputed()
    }

    /// The finding, weakened as far as it cannot be trusted; `None` if it cannot be trusted at all.
    #[cold]
    pub(super) fn weigh(self, mut finding: Finding) -> Option<Finding> {
        let basis = finding.id.time_basis();
        if self.two_clocks && basis == TimeBasis::Measured {
            return None;
        }
        if !is_accusation(&finding) {
            return Some(finding);
        }
        // What the other side did wrong may be in what is missing, or may have come before, by a clock that is right.
        if self.is_disputed() || ((self.lossy || self.two_clocks) && finding.is_complaint()) {
            finding.certainty = Certainty::Tentative;
        }
        let is_headless = self.headless.client || self.headless.server;
        if is_headless && matches!(finding.class, Class::Violation | Class::Failure) {
            finding.certainty = Certainty::Tentative;
        }
        if self.two_clocks && basis == TimeBasis::Waited {
            finding.certainty = Certainty::Tentative;
        }
        if self.multipath && matches!(finding.class, Class::Violation | Class::Failure) {
            finding.certainty = Certainty::Tentative;
            finding.summary.push_str(" (with Multipath TCP bytes may have gone over another subflow)");
        }
        Some(finding)
    }
}

/// Whether it says that somebody does something wrong, on the strength of bytes. That there are two versions of some is
/// certain.
fn is_accusation(finding: &Finding) -> bool {
    matches!(finding.class, Class::Violation | Class::Failure | Class::Anomaly)
        && finding.id != Id::TcpOverlapConflict
}
