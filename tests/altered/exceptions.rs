//! What altered captures are known to say today and should not. This list only shrinks.

use super::alteration::Kind;
use wsight::findings::Id;

/// Breaches that are known, and why they are still there.
pub struct Exception {
    /// What was done to the capture.
    pub kinds: &'static [Kind],
    /// What it is then accused of.
    pub ids: &'static [Id],
    /// What the capture is called, at least in part.
    pub capture: &'static str,
    /// Why.
    pub because: &'static str,
}

impl Exception {
    /// Whether it is one of them, in all of these captures.
    pub fn covers(&self, kind: Kind, id: Id, captures: &[&str]) -> bool {
        let is_meant = captures.iter().all(|name| name.contains(self.capture));
        self.kinds.contains(&kind) && self.ids.contains(&id) && is_meant
    }
}

/// All of them.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        kinds: &[Kind::OneDropped, Kind::TwoDropped, Kind::Moved],
        ids: &[Id::MessageInvalidUtf8],
        capture: "tcp-overlap-conflict",
        because: "of two versions of the same bytes the capture holds one, or the other comes when the first is told",
    },
    Exception {
        kinds: &[Kind::Skewed],
        ids: &[Id::CloseMissing, Id::ConnectionReset],
        capture: "data-unacknowledged",
        because: "with clocks so far apart it is not seen that what is sent again was never acknowledged",
    },
    Exception {
        kinds: &[Kind::OneDropped, Kind::TwoDropped],
        ids: &[Id::ConnectionReset],
        capture: "victims-tungstenite",
        because: "the FIN before the reset, by which the same side had left already, is what was lost",
    },
    Exception {
        kinds: &[Kind::OneDropped, Kind::TwoDropped, Kind::Moved],
        ids: &[Id::UpgradeRejected, Id::UpgradeFailuresRepeated],
        capture: "upgrade-rejected",
        because: "the server did refuse: that the client then went to another server is seen by its request there alone",
    },
];
